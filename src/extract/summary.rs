//! The properties of a legacy document: title, author, comments, and what people add themselves.
//!
//! In: the streams `SummaryInformation` and `DocumentSummaryInformation` of a compound file. Out: their texts, each under
//! its name where it has one, and the date of modification. Source: MS-OLEPS.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::extract::bytes::{f64_at, size_at, slice, u16_at, u32_at, utf16};
use crate::extract::cfb::Storage;
use crate::extract::{Marked, Out, Place, charset, mapi, ooxml, sweep};
use crate::item::Fault;

/// Values in one property, and properties in one set, that are looked at.
const MANY: usize = 10_000;

/// FMTID_UserDefinedProperties, FMTID_SummaryInformation: how their GUIDs begin.
const CUSTOM: u32 = 0xD5CD_D505;
const SUMMARY: u32 = 0xF29F_85E0;

/// Hands over the properties of the document in a storage.
pub fn read(storage: &Storage<'_, '_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut text = Marked::new();
    for name in ["\u{5}SummaryInformation", "\u{5}DocumentSummaryInformation"] {
        match storage.bytes(name, out) {
            Ok(Some(bytes)) => sets(&bytes, &mut text, out)?,
            Ok(None) => {}
            Err(fault) => out.damage(fault)?,
        }
    }
    text.emit(out)
}

fn sets(bytes: &[u8], text: &mut Marked, out: &mut Out<'_>) -> Result<(), Fault> {
    let count = size_at(bytes, 24).unwrap_or(0).min(4);
    for at in (0..count).map(|n| 28 + n * 20) {
        let (Some(id), Some(offset)) = (u32_at(bytes, at), size_at(bytes, at + 16)) else { break };
        let set = bytes.get(offset..).unwrap_or_default();
        set_of(id, set, text, out)?;
    }
    Ok(())
}

fn set_of(id: u32, set: &[u8], text: &mut Marked, out: &mut Out<'_>) -> Result<(), Fault> {
    let count = size_at(set, 4).unwrap_or(0).min(MANY);
    let entries = (0..count).map(|n| 8 + n * 8).map_while(|at| Some((u32_at(set, at)?, size_at(set, at + 4)?)));
    let entries: Vec<(u32, usize)> = entries.collect();
    let page = entries.iter().find(|(id, _)| *id == 1).and_then(|(_, at)| u16_at(set, at.checked_add(4)?));
    let page = page.unwrap_or(1252);
    let names = entries.iter().find(|(id, _)| *id == 0).map(|(_, at)| names(slice(set, *at, set.len()), page));
    let names = names.unwrap_or_default();
    for (property, at) in &entries {
        let value = slice(set, *at, set.len());
        if id == SUMMARY && *property == 13 {
            if let Some(at) = value.get(4..12).and_then(mapi::filetime) {
                out.modified(at)?;
            }
            continue;
        }
        // Template, revision, and the name of the program say nothing of people.
        if matches!(property, 0 | 1 | 0x8000_0000..) || id == SUMMARY && matches!(property, 7 | 9 | 18) {
            continue;
        }
        let mut read = Values { page, numbers: id == CUSTOM, left: MANY, found: Vec::new() };
        read.value(value, 0);
        let label = names.get(property);
        for value in read.found.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
            let position = ooxml::part("properties");
            if let Some(name) = label {
                text.mark(Place { position: position.clone(), label: None });
                text.push(name);
                text.push("\t");
            }
            text.mark(Place { position, label: label.cloned() });
            text.line(value);
        }
    }
    Ok(())
}

/// The dictionary of a set: what its properties are called.
fn names(data: &[u8], page: u16) -> BTreeMap<u32, Arc<str>> {
    let mut names = BTreeMap::new();
    let mut at = 4;
    for _ in 0..size_at(data, 0).unwrap_or(0).min(MANY) {
        let (Some(id), Some(length)) = (u32_at(data, at), size_at(data, at + 4)) else { break };
        let bytes = if page == 1200 { length.saturating_mul(2) } else { length };
        names.insert(id, decode(slice(data, at + 8, bytes), page).into());
        at = at.saturating_add(8).saturating_add(if page == 1200 { bytes.next_multiple_of(4) } else { bytes });
    }
    names
}

/// The texts in values, and their numbers where they are wanted.
struct Values {
    page: u16,
    numbers: bool,
    /// So many more are looked at.
    left: usize,
    found: Vec<String>,
}

impl Values {
    /// Reads a value behind its type. Returns how long both are.
    fn value(&mut self, data: &[u8], depth: u8) -> Option<usize> {
        let kind = u16_at(data, 0)?;
        Some(4 + self.typed(kind, data.get(4..)?, depth)?)
    }

    fn number(&mut self, value: Option<String>) {
        self.found.extend(value.filter(|_| self.numbers));
    }

    fn typed(&mut self, kind: u16, data: &[u8], depth: u8) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        if kind & 0x1000 != 0 {
            if depth > 2 {
                return None;
            }
            let mut at = 4;
            for _ in 0..size_at(data, 0)? {
                let rest = data.get(at..)?;
                at += if kind == 0x100C {
                    self.value(rest, depth + 1)?
                } else {
                    self.typed(kind & 0xFFF, rest, depth + 1)?
                };
            }
            return Some(at);
        }
        Some(match kind {
            0x1E | 0x08 => {
                let size = size_at(data, 0)?;
                self.found.push(decode(slice(data, 4, size), self.page));
                4usize.checked_add(size)?.next_multiple_of(4)
            }
            0x1F => {
                let size = size_at(data, 0)?.checked_mul(2)?;
                self.found.push(decode(slice(data, 4, size), 1200));
                4usize.checked_add(size)?.next_multiple_of(4)
            }
            0x41 | 0x46 => {
                // Links are kept in a blob.
                let size = size_at(data, 0)?;
                self.found.push(sweep::wide(slice(data, 4, size)));
                4usize.checked_add(size)?.next_multiple_of(4)
            }
            0x02 => {
                self.number(u16_at(data, 0).map(|n| (n as i16).to_string()));
                4
            }
            0x03 | 0x13 | 0x16 => {
                self.number(u32_at(data, 0).map(|n| (n as i32).to_string()));
                4
            }
            0x05 => {
                self.number(f64_at(data, 0).map(|n| n.to_string()));
                8
            }
            0x40 | 0x14 | 0x15 | 0x06 | 0x07 => 8,
            0x04 | 0x0A | 0x0B | 0x12 | 0x10 | 0x11 | 0x17 => 4,
            0 | 1 => 0,
            _ => return None,
        })
    }
}

fn decode(bytes: &[u8], page: u16) -> String {
    let text = match page {
        1200 => utf16(bytes),
        65001 => String::from_utf8_lossy(bytes).into_owned(),
        page => charset::decode(bytes, mapi::code_page(page.into()).as_deref()).into_owned(),
    };
    text.trim_end_matches('\0').replace(['\r', '\0'], "\n")
}
