//! What an extractor hands over, collected: for the tests of all formats.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Content, Part, Place, extract};
use crate::budget::{Budget, Limits};
use crate::item::{Fault, Kind};

/// Bytes, a few at a time.
pub struct Drops<'a>(pub &'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = buffer.len().min(self.0.len()).min(1013);
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// Everything that came out of one item.
#[derive(Default)]
pub struct Seen {
    /// The format that claimed it.
    pub format: &'static str,
    /// All text, each byte once.
    pub text: String,
    /// The place of every byte of it; in large pieces, only of the bytes that begin a number.
    pub places: BTreeMap<usize, Place>,
    /// Name, kind and bytes of what is inside.
    pub children: Vec<(String, Kind, Result<Vec<u8>, Fault>)>,
    /// Parts that could not be read.
    pub damage: Vec<Fault>,
    /// How it ended.
    pub ended: Option<Fault>,
}

impl Seen {
    /// The place of the first occurrence.
    pub fn place(&self, of: &str) -> &Place {
        &self.places[&self.text.find(of).unwrap_or_else(|| panic!("no {of} in {:?}", self.text))]
    }

    /// Line and column of the first occurrence.
    pub fn at(&self, of: &str) -> (u64, u64) {
        let position = &self.place(of).position;
        (position.line.unwrap(), position.column.unwrap())
    }

    /// The label of the first occurrence, empty without one.
    pub fn label(&self, of: &str) -> &str {
        self.place(of).label.as_deref().unwrap_or_default()
    }
}

/// Line and column of the first occurrence in a source.
pub fn find(of: &str, source: &str) -> (u64, u64) {
    let before = &source[..source.find(of).unwrap()];
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
}

/// Reads bytes as an item of this name.
pub fn read(name: &str, bytes: &[u8]) -> Seen {
    let budget = Budget::new(&Limits::default(), Arc::new(AtomicBool::new(false)));
    let (mut seen, format) = (Seen::default(), Cell::new("unknown"));
    let mut push = |part: Part<'_>| {
        match part {
            Part::Text(text) => {
                let begin = seen.text.len();
                seen.text.push_str(&text.str[text.own.clone()]);
                let bytes = text.str.as_bytes();
                let number = |at: usize| bytes[at].is_ascii_digit() && (at == 0 || bytes[at - 1] == b' ');
                let small = text.own.len() < 64 << 10;
                let asked = text.own.clone().filter(|at| text.str.is_char_boundary(*at) && (small || number(*at)));
                seen.places.extend(asked.map(|at| (begin + at - text.own.start, (text.place)(at))));
            }
            Part::Child(child) => {
                let mut bytes = Vec::new();
                let content =
                    child.content.and_then(|c| c.reader().read_to_end(&mut bytes).map_err(Fault::io)).map(|_| bytes);
                seen.children.push((child.name, child.kind, content));
            }
            Part::Damage(fault) | Part::Unseen(fault) => seen.damage.push(fault),
            Part::Format(found) => format.set(found.name),
            Part::Mail(_) | Part::Modified(_) | Part::Passed(_) | Part::Soon(_) | Part::Seen(..) => {}
        }
        Ok(())
    };
    let ended = extract(Content::bytes(bytes), name, None, &budget, &mut |found| format.set(found.name), &mut push);
    seen.ended = ended.err();
    seen.format = format.get();
    seen
}

/// The texts of an item and of all that is inside it.
pub fn texts(bytes: &[u8]) -> Vec<String> {
    fn inside(content: Content<'_>, budget: &Budget, texts: &mut Vec<String>) {
        let at = texts.len();
        texts.push(String::new());
        let mut push = |part: Part<'_>| {
            match part {
                Part::Text(text) => texts[at].push_str(&text.str[text.own.clone()]),
                Part::Child(child) => child.content.into_iter().for_each(|content| inside(content, budget, texts)),
                _ => {}
            }
            Ok(())
        };
        // How it ended is not asked for.
        let _ = extract(content, "", None, budget, &mut |_| {}, &mut push);
    }
    let mut texts = Vec::new();
    inside(Content::bytes(bytes), &Budget::new(&Limits::default(), Arc::default()), &mut texts);
    texts
}
