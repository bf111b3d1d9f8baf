//! The write-ahead log of an SQLite database: rows that are written and not yet in the file beside it.
//!
//! In: the log, pages of the database in the order in which they were written. Out: the rows of the newest version of
//! each page, numbered; what their columns are called stands in the database. Source: sqlite.org/fileformat2 4.

use std::collections::BTreeMap;
use std::io::Cursor;

use compact_str::format_compact;

use super::{Database, damaged, u16_at, u32_at};
use crate::extract::marked::{Marked, Place};
use crate::extract::{Content, Out};
use crate::item::{Fault, Reason};
use crate::record::Position;

/// How a log begins, whichever way its sums are counted.
pub const MARKS: [&[u8]; 2] = [b"\x37\x7F\x06\x82", b"\x37\x7F\x06\x83"];
const HEADER: usize = 32;
const FRAME: usize = 24;

/// Reads a log.
pub fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = content.whole()?;
    let size = u32_at(&bytes, 8).map(|size| size as usize).unwrap_or_default();
    if !size.is_power_of_two() || !(512..=65_536).contains(&size) {
        return Err(damaged());
    }
    let mut pages: BTreeMap<u32, &[u8]> = BTreeMap::new();
    let frames = bytes.get(HEADER..).unwrap_or_default().chunks_exact(FRAME + size);
    let whole = frames.remainder().is_empty();
    for frame in frames {
        if let (Some(number @ 1..), Some(page)) = (u32_at(frame, 0), frame.get(FRAME..)) {
            pages.insert(number, page);
        }
    }
    // Long values go on on other pages: what is known of the database is laid out as it will be.
    let last = pages.last_key_value().map_or(0, |(number, _)| *number as usize);
    if (last * size) as u64 > out.budget().limits().whole {
        return Err(Fault::new(Reason::TooLarge, "the database of this log is larger than the limit"));
    }
    out.charge((last * size) as u64)?;
    let mut image = vec![0; last * size];
    for (number, page) in &pages {
        let at = (*number as usize - 1) * size;
        if let Some(place) = image.get_mut(at..at + size) {
            place.copy_from_slice(page);
        }
    }
    let mut database =
        Database { file: Box::new(Cursor::new(image)), page: size, usable: size, charset: encoding_rs::UTF_8 };
    let mut text = Marked::new();
    // The first page is that of the schema; in the leaves of tables (13) are rows.
    for page in pages.iter().filter(|(number, page)| **number > 1 && page.first() == Some(&13)).map(|(_, page)| page) {
        for n in 0..usize::from(u16_at(page, 3).unwrap_or_default()) {
            let cell = u16_at(page, 8 + 2 * n).and_then(|at| page.get(usize::from(at)..));
            let Some(Ok((id, row))) = cell.map(|cell| database.record(cell, true, out)) else { continue };
            for value in row.iter().filter_map(super::Value::shown) {
                let cell = Some(format_compact!("?:{}", id.unwrap_or_default()));
                let position = Position { part: Some("log".into()), cell, ..Position::default() };
                text.cell(Place { position, label: None }, &value);
            }
            text.end_line();
        }
        if text.full() {
            text.emit(out)?;
        }
    }
    text.emit(out)?;
    if whole { Ok(()) } else { out.damage(Fault::corrupt("it ends too early")) }
}
