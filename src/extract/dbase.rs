//! dBase tables (III, IV, FoxPro): rows, each value under its field.
//!
//! In: the table; its memos are another file and an item of its own (`memo.rs`). Out: one line a row, placed by row and field, in
//! the code page that the header names or else the bytes suggest. Deleted rows are still there, and are read.
//! Source: dBASE table file format (Library of Congress, fdd000325).

use std::io::Read;
use std::sync::Arc;

use compact_str::format_compact;

use crate::extract::charset::{self, Charset};
use crate::extract::marked::{Marked, Place};
use crate::extract::{Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Tables.
pub const FORMATS: &[Format] = &[Format { name: "dbf", kind: Kind::Document, sniff, read }];

/// One field.
struct Field {
    name: Arc<str>,
    kind: u8,
    width: usize,
}

/// A version, a date, a header of whole fields, and a name that fits: no single sign tells.
fn sniff(head: &Head<'_>) -> Match {
    let version =
        matches!(head.bytes.first(), Some(0x02 | 0x03 | 0x30..=0x32 | 0x43 | 0x63 | 0x83 | 0x8B | 0xCB | 0xF5 | 0xFB));
    let date = matches!(head.bytes.get(2..4), Some([1..=12, 1..=31]));
    match version && date && head.named(&["dbf"]) && layout(head.bytes).is_some() {
        true => Match::ByContent,
        false => Match::No,
    }
}

/// The length of the header and of a row, and the fields.
fn layout(head: &[u8]) -> Option<(usize, usize, Vec<Field>)> {
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?)));
    let (header, row) = (short(8)?, short(10)?);
    let mut fields = Vec::new();
    for field in head.get(32..header.min(head.len()))?.chunks_exact(32) {
        if field.first() == Some(&0x0D) {
            break;
        }
        let name = field.get(..11)?.split(|b| *b == 0).next()?;
        let (kind, mut width) = (*field.get(11)?, usize::from(*field.get(16)?));
        if kind == b'C' {
            width += usize::from(*field.get(17)?) << 8;
        }
        if !kind.is_ascii_alphanumeric() && !matches!(kind, b'+' | b'@') {
            return None;
        }
        fields.push(Field { name: charset::decode(name, None).into(), kind, width });
    }
    let sum: usize = fields.iter().map(|field| field.width).sum();
    (!fields.is_empty() && header >= 33 && sum < row + 1 && row > 1).then_some((header, row, fields))
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut reader = content.reader();
    let mut head = vec![0; 32];
    reader.read_exact(&mut head).map_err(Fault::io)?;
    let length = head.get(8..10).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes);
    reader.by_ref().take(u64::from(length).saturating_sub(32)).read_to_end(&mut head).map_err(Fault::io)?;
    let Some((_, width, fields)) = layout(&head) else { return Err(Fault::corrupt("its header is damaged")) };
    let rows = head.get(4..8).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes);
    let mut charset = code_page(head.get(29).copied().unwrap_or_default());

    let mut marked = Marked::new();
    let mut row = vec![0; width];
    for number in 1..=u64::from(rows) {
        if let Err(error) = reader.read_exact(&mut row) {
            marked.emit(out)?;
            return Err(Fault::io(error));
        }
        // Without a declared code page the first bytes that are not ASCII tell.
        if charset.is_none() && !row.is_ascii() {
            charset = Some(charset::guess(&row).0);
        }
        let mut at = 1;
        for field in &fields {
            let value = row.get(at..at + field.width).unwrap_or_default();
            at += field.width;
            let text = charset.unwrap_or(Charset::Known(encoding_rs::UTF_8)).decode(value);
            let text = text.trim_matches([' ', '\0']);
            // Memos stand elsewhere; binary fields hold numbers of programs.
            if text.is_empty()
                || matches!(field.kind, b'M' | b'G' | b'P' | b'B' | b'I' | b'T' | b'Y' | b'0' | b'@' | b'+')
            {
                continue;
            }
            let position = Position { cell: Some(format_compact!("{}:{number}", field.name)), ..Position::default() };
            let place = Place { position, label: Some(Arc::clone(&field.name)) };
            match (field.kind, text.get(..4), text.get(4..6), text.get(6..8)) {
                (b'D', Some(year), Some(month), Some(day)) => marked.cell(place, &format!("{year}-{month}-{day}")),
                _ => marked.cell(place, text),
            }
        }
        marked.end_line();
        if marked.full() {
            marked.emit(out)?;
        }
    }
    marked.emit(out)
}

/// The code page by the number of its language driver.
fn code_page(driver: u8) -> Option<Charset> {
    match driver {
        0x01 | 0x02 | 0x08 | 0x09 | 0x0A | 0x0B | 0x0D..=0x1D | 0x36 | 0x65..=0x67 => Some(Charset::Dos),
        0x03 | 0x57..=0x59 => Some(Charset::Known(encoding_rs::WINDOWS_1252)),
        0x04 => Some(Charset::Known(encoding_rs::MACINTOSH)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    /// As dBase III writes it.
    fn table(driver: u8, rows: &[(&[u8], &[u8], &[u8])]) -> Vec<u8> {
        let mut bytes = vec![3, 126, 11, 20];
        bytes.extend((rows.len() as u32).to_le_bytes());
        bytes.extend((32 + 3 * 32 + 1u16).to_le_bytes());
        bytes.extend((1 + 10 + 11 + 8u16).to_le_bytes());
        bytes.resize(32, 0);
        bytes[29] = driver;
        for (name, kind, width) in [("NAVN", b'C', 10), ("CPR", b'C', 11), ("FOEDT", b'D', 8)] {
            let start = bytes.len();
            bytes.extend(name.bytes());
            bytes.resize(start + 11, 0);
            bytes.push(kind);
            bytes.resize(start + 16, 0);
            bytes.push(width);
            bytes.resize(start + 32, 0);
        }
        bytes.push(13);
        for (name, cpr, born) in rows {
            bytes.push(b' ');
            for (value, width) in [(name, 10), (cpr, 11), (born, 8)] {
                bytes.extend_from_slice(value);
                bytes.resize(bytes.len() + width - value.len(), b' ');
            }
        }
        bytes.push(0x1A);
        bytes
    }

    #[test]
    fn values_stand_under_their_fields() {
        for (driver, name) in [(0x65, b"\x8Fse S\x9Br."), (0x57, b"\xC5se S\xF8r."), (0, b"\xC5se S\xF8r.")] {
            let rows: &[(&[u8], &[u8], &[u8])] = &[(name, b"010190-1234", b"19900101"), (b"Bo", b"020290-1234", b"")];
            let seen = read("a.dbf", &table(driver, rows));
            assert_eq!((seen.format, seen.ended.clone()), ("dbf", None));
            assert_eq!(seen.text, "Åse Sør.\t010190-1234\t1990-01-01\nBo\t020290-1234\n");
            assert_eq!((seen.label("020290"), seen.label("1990-01-01")), ("CPR", "FOEDT"));
            assert_eq!(seen.place("020290").position.cell.as_deref(), Some("CPR:2"));
        }
    }

    #[test]
    fn a_cut_table_is_read_as_far_as_it_goes() {
        let rows: &[(&[u8], &[u8], &[u8])] = &[(b"Bo", b"010190-1234", b""), (b"Bo", b"020290-1234", b"")];
        let whole = table(0, rows);
        let seen = read("a.dbf", &whole[..whole.len() - 5]);
        assert!(seen.text.contains("010190-1234") && seen.ended.is_some());
        for cut in 0..130 {
            read("a.dbf", &whole[..cut]);
        }
    }
}
