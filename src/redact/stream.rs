//! A file of any size, piece by piece, in whatever encoding: decoded, changed, and encoded as it was.
//!
//! In: bytes and the form of the text. Out: bytes. A piece in which nothing is changed goes out as it came in. Pieces end
//! with a line where lines are not absurdly long; a value broken over the end of one is what the next round, with pieces
//! of another size, is for.

use std::io::{self, Read, Write};

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::masker::{Masker, ends_quoted};
use super::view::Form;
use crate::extract::charset::{self, Charset};

/// What is kept of the text before a piece, in bytes: words there speak for what stands in it.
const BEFORE: usize = 512;

/// How bytes stand for text.
enum Codec {
    Utf8,
    /// One byte, one character.
    Table(Box<[char; 256]>),
    /// Big end first?
    Utf16(bool),
}

impl Codec {
    /// By a mark or the look of the bytes; `declared` counts where UTF-8 does not fit.
    fn guess(bytes: &[u8], declared: Option<Charset>) -> Self {
        let charset = match charset::guess(bytes).0 {
            Charset::Known(utf16) if utf16 == UTF_16LE || utf16 == UTF_16BE => return Self::Utf16(utf16 == UTF_16BE),
            _ if str::from_utf8(bytes).is_ok() => return Self::Utf8,
            guessed => declared.unwrap_or(guessed),
        };
        let read = |byte: u8| {
            let byte_alone = [byte];
            let decoded = charset.decode(&byte_alone);
            let mut chars = decoded.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) if c != '\u{FFFD}' => c,
                // What the encoding does not know is itself, in a corner of Unicode that nobody uses.
                _ => char::from_u32(0xF700 + u32::from(byte)).unwrap_or('\u{FFFD}'),
            }
        };
        let mut table = Box::new(['\0'; 256]);
        for (entry, byte) in table.iter_mut().zip(0u8..=255) {
            *entry = read(byte);
        }
        Self::Table(table)
    }

    fn decode(&self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Table(table) => bytes.iter().filter_map(|byte| table.get(usize::from(*byte))).collect(),
            Self::Utf16(big) => {
                let unit = |pair: &[u8]| {
                    <[u8; 2]>::try_from(pair).map(if *big { u16::from_be_bytes } else { u16::from_le_bytes })
                };
                String::from_utf16_lossy(&bytes.chunks(2).filter_map(|pair| unit(pair).ok()).collect::<Vec<_>>())
            }
        }
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Table(table) => text.chars().map(|c| byte(table, c)).collect(),
            Self::Utf16(big) => {
                text.encode_utf16().flat_map(if *big { u16::to_be_bytes } else { u16::to_le_bytes }).collect()
            }
        }
    }

    /// Where a piece may end: behind a line, else behind a word, else behind a character.
    fn cut(&self, bytes: &[u8]) -> usize {
        let tail = bytes.len().saturating_sub(64 << 10);
        let wide = matches!(self, Self::Utf16(_));
        let step = if wide { 2 } else { 1 };
        let behind = |of: &[u8]| {
            (tail / 2 * 2..bytes.len()).step_by(step).rev().find_map(|at| {
                let unit = bytes.get(at..at + step)?;
                (unit.iter().all(|b| of.contains(b) || wide && *b == 0) && unit != [0, 0]).then_some(at + step)
            })
        };
        let character =
            || (0..4).map(|n| bytes.len().saturating_sub(n)).find(|at| bytes.get(*at).is_none_or(|b| b & 0xC0 != 0x80));
        behind(b"\n")
            .or_else(|| behind(b" ,;\t"))
            .or_else(|| character().filter(|_| !wide))
            .unwrap_or(bytes.len() / 2 * 2)
    }
}

fn byte(table: &[char; 256], c: char) -> u8 {
    if c.is_ascii() && table.get(c as usize) == Some(&c) {
        return c as u8;
    }
    table.iter().position(|known| *known == c).and_then(|at| u8::try_from(at).ok()).unwrap_or(b'*')
}

/// Changes a text of any size. `piece` is how much is held at once.
pub fn text(
    mut input: impl Read,
    output: &mut dyn Write,
    form: Form,
    declared: Option<Charset>,
    piece: usize,
    masker: &mut Masker<'_>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut codec: Option<Codec> = None;
    let (mut before, mut quoted) = (String::new(), false);
    loop {
        let wanted = piece.saturating_sub(bytes.len());
        let read = input.by_ref().take(wanted as u64).read_to_end(&mut bytes)?;
        let last = read < wanted;
        let codec = match &mut codec {
            // An encoding that shows itself late.
            Some(Codec::Utf8) if str::from_utf8(&bytes).is_err_and(|error| error.error_len().is_some()) => {
                codec.insert(Codec::guess(&bytes, declared))
            }
            Some(codec) => codec,
            None => {
                let whole = bytes.get(..charset_cut(&bytes)).unwrap_or_default();
                codec.insert(Codec::guess(whole, declared))
            }
        };
        let cut = if last { bytes.len() } else { codec.cut(&bytes).clamp(1.min(bytes.len()), bytes.len()) };
        let own = bytes.get(..cut).unwrap_or_default();
        let raw = codec.decode(own);
        match masker.text(&before, &raw, form, quoted) {
            Some(changed) => output.write_all(&codec.encode(&changed))?,
            None => output.write_all(own)?,
        }
        if last {
            return Ok(());
        }
        quoted = form == Form::Json && ends_quoted(&raw, quoted);
        before = raw.get(raw.floor_char_boundary(raw.len().saturating_sub(BEFORE))..).unwrap_or_default().to_owned();
        bytes.drain(..cut);
    }
}

/// Without a character at the end that the piece cuts in two.
fn charset_cut(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}
