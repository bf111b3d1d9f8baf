//! Text in pictures, read by the program `tesseract` where it is installed (`--ocr`).
//!
//! In: a picture in shades of grey, as extractors draw it; what is hostile about a picture's file they have dealt with.
//! Out: its lines, with the usual misreadings put right and told of (`misread.rs`). Workers may run no programs: one of
//! theirs has a helper, started before it was locked in (`helper.rs`), that may. Nothing is written to the disk.

mod address;
mod agree;
mod grey;
mod helper;
mod misread;
mod skew;
mod tesseract;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

pub use grey::{Grey, MOST, is_small, luma};
pub use helper::serve;
pub use misread::{Lines, correct};
pub use tesseract::Tesseract;

use crate::budget::Limits;
use crate::item::Fault;
use helper::Helper;

/// Pictures that are known again: the logo under every mail, on every slide.
const KNOWN: usize = 256;
/// Texts longer than this are not kept for that.
const LOGO: usize = 4 << 10;

/// Reads pictures.
pub struct Ocr {
    reader: Reader,
    /// What was read lately, by the hash of the picture.
    known: Mutex<HashMap<[u8; 32], String>>,
}

enum Reader {
    /// The program, run by this process.
    Here(Tesseract),
    /// The program, run by a process that may.
    There(Mutex<Helper>),
}

impl Ocr {
    /// Runs the program from this process. `None`: it is not installed.
    pub fn here(limits: &Limits) -> Option<Self> {
        Tesseract::find(limits).map(|program| Self::new(Reader::Here(program)))
    }

    /// Has a helper run the program; to be asked for before this process is locked in. `None`: it is not installed.
    pub fn there(limits: &Limits) -> Option<Self> {
        Helper::start(limits).map(|helper| Self::new(Reader::There(Mutex::new(helper))))
    }

    fn new(reader: Reader) -> Self {
        Self { reader, known: Mutex::default() }
    }

    /// The lines of a picture.
    pub fn read(&self, picture: Grey) -> Result<String, Fault> {
        let hash = *blake3::hash(picture.pixels()).as_bytes();
        if let Some(text) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&hash) {
            return Ok(text.clone());
        }
        let picture = skew::level(picture.readable());
        let text = match &self.reader {
            Reader::Here(program) => program.read(&picture),
            Reader::There(helper) => helper.lock().unwrap_or_else(PoisonError::into_inner).read(&picture),
        }?;
        if text.len() <= LOGO {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= KNOWN {
                known.clear();
            }
            known.insert(hash, text.clone());
        }
        Ok(text)
    }
}
