//! For tests: takes bytes apart and keeps what comes out; makes small archives.

use std::io::{Cursor, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::budget::{Budget, Limits};
use crate::extract::{Content, Part, Place, extract};
use crate::item::Fault;

/// What came out of an item.
#[derive(Default)]
pub struct Seen {
    pub format: &'static str,
    /// Every piece between tabs and newlines, with the place of its first byte.
    pub pieces: Vec<(String, Place)>,
    pub text: String,
    /// Names of children, with their text, format or fault.
    pub children: Vec<(String, Result<Seen, Fault>)>,
    pub modified: Option<String>,
    pub damage: Vec<Fault>,
    pub ended: Option<Fault>,
}

impl Seen {
    /// Where a piece stands.
    pub fn place(&self, piece: &str) -> &Place {
        let found = self.pieces.iter().find(|(text, _)| text == piece);
        &found.unwrap_or_else(|| panic!("{piece:?} is not in {:?}", self.text)).1
    }

    /// The names of the children.
    pub fn names(&self) -> Vec<&str> {
        self.children.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// Takes an item apart.
pub fn take_apart(bytes: &[u8], name: &str) -> Seen {
    let budget = Budget::new(&Limits { item: 8 << 20, ..Limits::default() }, Arc::new(AtomicBool::new(false)));
    inside(Content::bytes(bytes), name, &budget)
}

fn inside(content: Content<'_>, name: &str, budget: &Budget) -> Seen {
    let mut seen = Seen::default();
    let told = std::cell::Cell::new("unknown");
    let ended = extract(content, name, None, budget, &mut |format| told.set(format.name), &mut |part| {
        match part {
            Part::Format(format) => told.set(format.name),
            Part::Text(text) => {
                let own = &text.str[text.own.clone()];
                let mut at = text.own.start;
                for piece in own.split_inclusive(['\t', '\n']) {
                    seen.pieces.push((piece.trim_end_matches(['\t', '\n']).to_owned(), (text.place)(at)));
                    at += piece.len();
                }
                seen.text.push_str(own);
            }
            Part::Child(child) => {
                let outer = budget.enter()?;
                let content = child.content.map(|content| inside(content, &child.name, budget));
                budget.leave(outer);
                seen.children.push((child.name, content));
            }
            Part::Modified(at) => seen.modified = Some(at.to_string()),
            Part::Damage(fault) | Part::Unseen(fault) => seen.damage.push(fault),
            Part::Mail(_) | Part::Passed(_) | Part::Soon(_) | Part::Seen(..) => {}
        }
        budget.heard()
    });
    seen.format = told.get();
    seen.ended = ended.err();
    seen
}

/// An archive of these members.
pub fn archive(members: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
