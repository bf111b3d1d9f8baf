//! Drawings in Word, PowerPoint and Excel of 97–2003: the texts that are properties of shapes.
//!
//! In: a run of OfficeArt records. Out: WordArt, alternative texts, tooltips, addresses of links. Deliberately
//! elsewhere: the text of text boxes, which each program stores in its own way. Source: MS-ODRAW 2.2, 2.3.

use crate::extract::bytes::{size_at, slice, u16_at, utf16};
use crate::extract::sweep;

/// Walks records of two numbers and a size, containers and what is in them in their order: a container's first record
/// follows its header, so nothing nests. Calls `on` with instance, kind and data.
pub fn records<'a>(data: &'a [u8], mut on: impl FnMut(u16, u16, &'a [u8])) {
    let mut at = 0;
    while let (Some(head), Some(kind), Some(size)) = (u16_at(data, at), u16_at(data, at + 2), size_at(data, at + 4)) {
        let inside = slice(data, at + 8, size);
        on(head >> 4, kind, inside);
        // PowerPoint's BinaryTagDataBlob holds records, though it does not say so.
        at = if head & 0xF == 0xF || kind == 0x138B { at + 8 } else { at + 8 + inside.len() };
    }
}

/// The texts of all shapes in these records.
pub fn texts(data: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    records(data, |count, kind, table| {
        if matches!(kind, 0xF00B | 0xF121 | 0xF122) {
            shape(usize::from(count), table, &mut texts);
        }
    });
    texts
}

/// One table of properties: six bytes for each, then the data of those that are longer.
fn shape(count: usize, table: &[u8], texts: &mut Vec<String>) {
    let mut data = count.saturating_mul(6);
    for at in (0..count).map(|n| n * 6) {
        let (Some(id), Some(size)) = (u16_at(table, at), size_at(table, at + 2)) else { return };
        if id & 0x8000 == 0 {
            continue;
        }
        let value = slice(table, data, size);
        data = data.saturating_add(size);
        let text = match id & 0x3FFF {
            // gtextUNICODE, wzDescription, wzTooltip
            0x00C0 | 0x0381 | 0x038D => utf16(value).trim_end_matches('\0').replace('\r', "\n"),
            // pihlShape
            0x0382 => sweep::wide(value),
            _ => continue,
        };
        texts.push(text);
    }
}
