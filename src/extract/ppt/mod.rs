//! PowerPoint presentations of 97–2003.
//!
//! In: a storage with a `PowerPoint Document` stream. Out: slides in their order with their number, notes, comments,
//! masters, links, what earlier savings left behind, properties, and embedded files.
//! Deliberately elsewhere: the edits and where their objects lie (`edits.rs`). Source: MS-PPT.

mod edits;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use self::edits::Edits;
use crate::extract::art::records;
use crate::extract::bytes::{size_at, slice, u16_at, u32_at, utf16};
use crate::extract::cfb::{Storage, swept};
use crate::extract::package::locked;
use crate::extract::{Child, Content, Marked, Out, art, macros, ooxml, summary, sweep};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Kinds of records (MS-PPT 2.13.24).
mod kind {
    pub const NOTES: u16 = 0x03F0;
    pub const MASTER: u16 = 0x03F8;
    pub const HANDOUT: u16 = 0x0FC9;
    pub const SLIDE_PERSIST: u16 = 0x03F3;
    pub const VBA_INFO: u16 = 0x0400;
    pub const SLIDE_LIST: u16 = 0x0FF0;
    pub const NOTES_ATOM: u16 = 0x03F1;
    pub const TEXT_CHARS: u16 = 0x0FA0;
    pub const TEXT_BYTES: u16 = 0x0FA8;
    pub const C_STRING: u16 = 0x0FBA;
    pub const COMMENT: u16 = 0x2EE0;
    pub const HYPERLINK: u16 = 0x0FD7;
    pub const HEADERS_FOOTERS: u16 = 0x0FD9;
    pub const OLE_STORAGE: u16 = 0x1011;
}

/// Reads the presentation in a storage.
pub fn read(storage: &Storage<'_, '_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let current = storage.bytes("Current User", out)?.unwrap_or_default();
    // The header's token (MS-PPT 2.3.2).
    if u32_at(&current, 12) == Some(0xF3D1_C4DF) || storage.has("EncryptedSummary") {
        return Err(locked());
    }
    let Some(stream) = storage.bytes("PowerPoint Document", out)? else {
        let stream = storage.bytes("PP40", out)?.unwrap_or_default();
        swept(&stream, out)?;
        summary::read(storage, out)?;
        return Err(Fault::corrupt("it is of PowerPoint 95: only some of its text was found"));
    };
    let mut show = Show::new(&stream);
    let ended = match Edits::read(&stream, size_at(&current, 16)) {
        Some(edits) if edits.locked => return Err(locked()),
        Some(edits) => {
            show.live(&edits);
            show.earlier();
            show.text.emit(out)
        }
        None => {
            // Its records may be there all the same.
            show.all();
            show.text.emit(out)?;
            out.damage(Fault::corrupt("its list of slides is damaged"))
        }
    };
    ended?;
    summary::read(storage, out)?;
    show.objects(out)?;
    art::children(&storage.bytes("Pictures", out)?.unwrap_or_default(), out)
}

/// A presentation while it is read.
struct Show<'s> {
    stream: &'s [u8],
    text: Marked,
    /// What was written, so that earlier versions of the same are not told again.
    seen: BTreeSet<String>,
    macros: BTreeSet<usize>,
}

impl<'s> Show<'s> {
    fn new(stream: &'s [u8]) -> Self {
        Self { stream, text: Marked::new(), seen: BTreeSet::new(), macros: BTreeSet::new() }
    }

    /// The record at a place, with its header.
    fn record(&self, at: usize) -> &'s [u8] {
        let size = size_at(self.stream, at.saturating_add(4)).unwrap_or(0);
        slice(self.stream, at, size.saturating_add(8))
    }

    /// What the newest edit shows: slides in order, their notes, masters, then all else of the document.
    fn live(&mut self, edits: &Edits) {
        let Some(document) = edits.document.and_then(|id| edits.objects.get(&id)).map(|at| self.record(*at)) else {
            return self.all();
        };
        let mut lists = Vec::new();
        let mut rest = Vec::new();
        parts(document, &mut lists, &mut rest, &mut self.macros, edits);
        lists.sort_by_key(|(which, _)| [0u16, 2, 1].iter().position(|order| order == which));
        let mut slides: BTreeMap<u32, u32> = BTreeMap::new();
        for (which, list) in lists {
            let mut position = Position::default();
            let mut number = 0u32;
            records(list, |instance, kind, data| {
                if kind != kind::SLIDE_PERSIST {
                    // Texts of the outline stand with their slide.
                    self.write(instance, kind, data, &position);
                    return;
                }
                number += 1;
                let at = u32_at(data, 0).and_then(|id| edits.objects.get(&id));
                let record = at.map(|at| self.record(*at)).unwrap_or_default();
                position = match which {
                    0 => {
                        slides.extend(u32_at(data, 12).map(|id| (id, number)));
                        Position { slide: Some(number), ..Position::default() }
                    }
                    2 => Position {
                        slide: notes_of(record).and_then(|id| slides.get(&id).copied()),
                        ..ooxml::part("notes")
                    },
                    _ => ooxml::part("master"),
                };
                self.walk(record, &position);
            });
        }
        for (part, record) in rest {
            self.walk(record, &part.map_or_else(Position::default, ooxml::part));
        }
    }

    /// Every object that the document does not list and that says something new: masters of notes and handouts, and
    /// what earlier edits showed. Directories keep the deleted.
    fn earlier(&mut self) {
        let mut at = 0;
        while let Some(kind) = u16_at(self.stream, at + 2) {
            let record = self.record(at);
            let master = matches!(kind, kind::MASTER | kind::HANDOUT)
                || kind == kind::NOTES && notes_of(record).is_none_or(|id| id == 0);
            if kind != kind::OLE_STORAGE {
                self.fresh(record, &ooxml::part(if master { "master" } else { "earlier" }));
            }
            at += record.len().max(8);
        }
    }

    /// All texts in the order of the file.
    fn all(&mut self) {
        self.walk(self.stream, &Position::default());
    }

    fn walk(&mut self, record: &[u8], position: &Position) {
        let mut part = position.clone();
        let mut inside = 0;
        let end = record.as_ptr_range().end as usize;
        records(record, |instance, kind, data| {
            let begin = data.as_ptr() as usize;
            if begin >= inside {
                part = position.clone();
            }
            if let Some(name) = named(kind) {
                part.part = Some(name.into());
                inside = (begin + data.len()).min(end);
            }
            self.write(instance, kind, data, &part);
        });
    }

    fn fresh(&mut self, record: &[u8], position: &Position) {
        records(record, |_, kind, data| {
            if let Some(text) = text(kind, data).filter(|text| !self.seen.contains(text)) {
                self.put(text, position);
            }
        });
    }

    fn write(&mut self, count: u16, kind: u16, data: &[u8], position: &Position) {
        if let Some(text) = text(kind, data) {
            self.put(text, position);
        } else if matches!(kind, 0xF00B | 0xF121 | 0xF122) {
            let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let head = [&(count << 4).to_le_bytes()[..], &kind.to_le_bytes(), &size.to_le_bytes()].concat();
            art::texts(&[&head, data].concat()).into_iter().for_each(|text| self.put(text, position));
        }
    }

    fn put(&mut self, text: String, position: &Position) {
        if !text.trim().is_empty() {
            self.text.end_line();
            self.text.at(position.clone());
            self.text.line(text.trim());
            self.seen.insert(text);
        }
    }

    /// Embedded objects: compound files, mostly compressed.
    fn objects(&self, out: &mut Out<'_>) -> Result<(), Fault> {
        let (mut at, mut number) = (0, 0);
        while let (Some(head), Some(kind)) = (u16_at(self.stream, at), u16_at(self.stream, at + 2)) {
            let record = self.record(at);
            if kind == kind::OLE_STORAGE {
                let data = record.get(8..).unwrap_or_default();
                let packed = data.get(4..).unwrap_or_default();
                let content = if head >> 4 == 1 {
                    Content::stream(flate2::read::ZlibDecoder::new(packed).take(out.budget().limits().whole))
                } else {
                    Content::bytes(data)
                };
                if self.macros.contains(&at) {
                    match content.whole() {
                        Ok(project) => macros::file(project.into_owned(), out)?,
                        Err(fault) => out.damage(fault)?,
                    }
                } else {
                    number += 1;
                    out.child(Child::new(format!("object{number}"), Kind::Document, content))?;
                }
            }
            at += record.len().max(8);
        }
        Ok(())
    }
}

/// Takes a document apart: lists of slides, and everything else by its part.
fn parts<'a>(
    document: &'a [u8],
    lists: &mut Vec<(u16, &'a [u8])>,
    rest: &mut Vec<(Option<&'static str>, &'a [u8])>,
    macros: &mut BTreeSet<usize>,
    edits: &Edits,
) {
    let inside = document.get(8..).unwrap_or_default();
    let mut at = 0;
    while let (Some(head), Some(kind), Some(size)) =
        (u16_at(inside, at), u16_at(inside, at + 2), size_at(inside, at + 4))
    {
        let record = slice(inside, at, size.saturating_add(8));
        if kind == kind::SLIDE_LIST {
            lists.push((head >> 4, record.get(8..).unwrap_or_default()));
        } else {
            records(record, |_, kind, data| {
                if kind == kind::VBA_INFO {
                    macros.extend(u32_at(data, 0).and_then(|id| edits.objects.get(&id)));
                }
            });
            rest.push((Some(named(kind).unwrap_or("document")), record));
        }
        at += record.len().max(8);
    }
}

/// What a person calls a record.
fn named(kind: u16) -> Option<&'static str> {
    Some(match kind {
        kind::COMMENT => "comments",
        kind::HYPERLINK => "links",
        kind::HEADERS_FOOTERS => "header",
        _ => return None,
    })
}

/// The slide that notes belong to.
fn notes_of(notes: &[u8]) -> Option<u32> {
    let mut slide = None;
    records(notes, |_, kind, data| {
        if kind == kind::NOTES_ATOM {
            slide = slide.or(u32_at(data, 0));
        }
    });
    slide
}

/// The text that a record is. Names of the program's own lists are none.
fn text(kind: u16, data: &[u8]) -> Option<String> {
    let text = match kind {
        kind::TEXT_CHARS | kind::C_STRING => utf16(data),
        kind::TEXT_BYTES => data.iter().map(|byte| char::from(*byte)).collect(),
        // Links by value, in a presentation of a later version: nothing but text is of interest.
        0x0FD3 => sweep::wide(data),
        _ => return None,
    };
    let text = text.trim_end_matches('\0').replace(['\r', '\u{0B}'], "\n");
    (!text.starts_with("___PPT")).then_some(text)
}

#[cfg(test)]
mod tests;
