//! SQLite databases: the rows of every table, each value under its column.
//!
//! In: pages, read as they are reached and never written, locked or recovered: a write-ahead log beside the file is an
//! item of its own (`wal.rs`). Out: one line a row, placed by table and row. A damaged page costs its own rows; deleted ones are not
//! looked for. Large values in pieces, binary ones only if they are text. Source: <https://www.sqlite.org/fileformat2.html>

mod schema;
mod wal;

use std::collections::HashSet;
use std::io::SeekFrom;
use std::sync::Arc;

use compact_str::format_compact;

use crate::extract::marked::{Marked, Place};
use crate::extract::{Content, Format, Head, Match, Out, ReadSeek, charset, text};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;
use schema::Table;

/// SQLite 3.
pub const FORMATS: &[Format] = &[
    Format { name: "sqlite", kind: Kind::Document, sniff, read },
    Format {
        name: "sqlite-wal",
        kind: Kind::Document,
        sniff: |head| if wal::MARKS.iter().any(|mark| head.starts(mark)) { Match::ByContent } else { Match::No },
        read: wal::read,
    },
];

/// Trees are hardly ever deeper than five pages.
const DEPTH: usize = 24;
/// The largest value that is read.
const VALUE: u64 = 64 << 20;

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"SQLite format 3\0") { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut file = Database::open(content.seekable()?)?;
    let mut schema = Vec::new();
    let mut marked = Marked::new();
    // The schema is a table as well: type, name, table, root page, and the statement that made it.
    file.rows(1, out, &mut |_, row, _| {
        schema.extend(Table::of(row));
        said(row, &mut marked);
        Ok(())
    })?;
    marked.emit(out)?;
    for table in &schema {
        let sheet = Some(table.name.as_str().into());
        let mut number = 0u64;
        file.rows(table.root, out, &mut |id, row, out| {
            number += 1;
            let line = id.and_then(|id| u64::try_from(id).ok()).unwrap_or(number);
            for (n, value) in row.iter().enumerate() {
                let column = table.columns.get(table.order.get(n).copied().unwrap_or(n));
                // The row's number is not written again where a column is another name for it.
                let Some(shown) = value.shown() else { continue };
                let label = column.cloned();
                let position = Position {
                    sheet: sheet.clone(),
                    cell: Some(format_compact!("{}:{line}", label.as_deref().unwrap_or("?"))),
                    ..Position::default()
                };
                // A newline in a value ends no row.
                marked.cell(Place { position, label }, &shown);
            }
            marked.end_line();
            if marked.full() { marked.emit(out) } else { Ok(()) }
        })?;
        marked.emit(out)?;
    }
    Ok(())
}

/// A value of a row.
pub enum Value {
    /// Nothing, or what is no text.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
}

impl Value {
    fn shown(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Integer(n) => Some(n.to_string()),
            Self::Real(n) => Some(n.to_string()),
            Self::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        }
    }
}

/// Takes the number and the values of a row.
type EachRow<'e> = &'e mut dyn FnMut(Option<i64>, &[Value], &mut Out<'_>) -> Result<(), Fault>;

/// An open file.
struct Database<'a> {
    file: Box<dyn ReadSeek + 'a>,
    page: usize,
    usable: usize,
    charset: &'static encoding_rs::Encoding,
}

impl<'a> Database<'a> {
    fn open(mut file: Box<dyn ReadSeek + 'a>) -> Result<Self, Fault> {
        let mut head = [0; 100];
        file.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
        file.read_exact(&mut head).map_err(Fault::io)?;
        let size = match u16_at(&head, 16) {
            Some(1) => 65_536,
            size => usize::from(size.unwrap_or_default()),
        };
        let usable = size.saturating_sub(usize::from(head.get(20).copied().unwrap_or_default()));
        if !size.is_power_of_two() || size < 512 || usable < 480 {
            return Err(Fault::corrupt("its header is damaged"));
        }
        let charset = match head.get(56..60) {
            Some([0, 0, 0, 2]) => encoding_rs::UTF_16LE,
            Some([0, 0, 0, 3]) => encoding_rs::UTF_16BE,
            _ => encoding_rs::UTF_8,
        };
        Ok(Self { file, page: size, usable, charset })
    }

    /// The bytes of a page; pages count from 1.
    fn page(&mut self, number: u32) -> Result<Vec<u8>, Fault> {
        let at = u64::from(number.checked_sub(1).ok_or_else(damaged)?) * self.page as u64;
        let mut bytes = vec![0; self.page];
        self.file.seek(SeekFrom::Start(at)).map_err(Fault::io)?;
        self.file.read_exact(&mut bytes).map_err(Fault::io)?;
        Ok(bytes)
    }

    /// Walks the tree of a table. What cannot be read in it is damage.
    fn rows(&mut self, root: u32, out: &mut Out<'_>, each: EachRow<'_>) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        self.walk(root, 0, &mut seen, out, each)
    }

    fn walk(
        &mut self,
        number: u32,
        depth: usize,
        seen: &mut HashSet<u32>,
        out: &mut Out<'_>,
        each: EachRow<'_>,
    ) -> Result<(), Fault> {
        if depth > DEPTH || !seen.insert(number) {
            return out.damage(damaged());
        }
        let page = match self.page(number) {
            Ok(page) => page,
            Err(fault) => return out.damage(fault),
        };
        let start = if number == 1 { 100 } else { 0 };
        let kind = page.get(start).copied().unwrap_or_default();
        let cells = usize::from(u16_at(&page, start + 3).unwrap_or_default());
        let inner = matches!(kind, 2 | 5);
        if !matches!(kind, 2 | 5 | 10 | 13) {
            return out.damage(damaged());
        }
        let pointers = start + if inner { 12 } else { 8 };
        for n in 0..cells {
            let Some(cell) = u16_at(&page, pointers + 2 * n).and_then(|at| page.get(usize::from(at)..)) else {
                out.damage(damaged())?;
                break;
            };
            let mut rest = cell;
            if inner {
                let Some(child) = u32_at(cell, 0) else { continue };
                self.walk(child, depth + 1, seen, out, each)?;
                rest = cell.get(4..).unwrap_or_default();
            }
            if kind == 5 {
                continue;
            }
            match self.record(rest, kind == 13, out) {
                Ok((id, row)) => each(id, &row, out)?,
                Err(fault) if fault.reason == Reason::Corrupt || fault.reason == Reason::TooLarge => {
                    out.damage(fault)?
                }
                Err(fault) => return Err(fault),
            }
        }
        match u32_at(&page, start + 8).filter(|_| inner) {
            Some(last) => self.walk(last, depth + 1, seen, out, each),
            None => Ok(()),
        }
    }

    /// The row that a cell holds, with its number if it is in a table's leaf.
    fn record(&mut self, cell: &[u8], numbered: bool, out: &Out<'_>) -> Result<(Option<i64>, Vec<Value>), Fault> {
        let mut rest = cell;
        let size = varint(&mut rest).ok_or_else(damaged)?;
        let id = if numbered { Some(varint(&mut rest).ok_or_else(damaged)? as i64) } else { None };
        if size > VALUE {
            return Err(Fault::new(Reason::TooLarge, "a value in it is larger than the limit"));
        }
        let payload = self.payload(rest, size as usize, numbered, out)?;
        let mut types = payload.as_slice();
        let before = types.len();
        let header = varint(&mut types).ok_or_else(damaged)? as usize;
        let length = header.checked_sub(before - types.len()).ok_or_else(damaged)?;
        let mut types = types.get(..length).ok_or_else(damaged)?;
        let mut values = payload.get(header..).ok_or_else(damaged)?;
        let mut row = Vec::new();
        while !types.is_empty() {
            let kind = varint(&mut types).ok_or_else(damaged)?;
            row.push(self.value(kind, &mut values).ok_or_else(damaged)?);
        }
        Ok((id, row))
    }

    /// All bytes of a record: what stands in the cell, and the chain of pages on which the rest is.
    fn payload(&mut self, cell: &[u8], size: usize, leaf: bool, out: &Out<'_>) -> Result<Vec<u8>, Fault> {
        let most = if leaf { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        if size <= most {
            return Ok(cell.get(..size).ok_or_else(damaged)?.to_vec());
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let kept = least + (size - least) % (self.usable - 4);
        let local = if kept <= most { kept } else { least };
        let mut bytes = cell.get(..local).ok_or_else(damaged)?.to_vec();
        let mut next = u32_at(cell, local).ok_or_else(damaged)?;
        while bytes.len() < size {
            let page = self.page(next)?;
            next = u32_at(&page, 0).ok_or_else(damaged)?;
            let take = (size - bytes.len()).min(self.usable - 4);
            out.charge(take as u64)?;
            bytes.extend_from_slice(page.get(4..4 + take).ok_or_else(damaged)?);
        }
        Ok(bytes)
    }

    fn value(&self, kind: u64, bytes: &mut &[u8]) -> Option<Value> {
        let mut take = |n: usize| {
            let (value, rest) = bytes.split_at_checked(n)?;
            *bytes = rest;
            Some(value)
        };
        let integer = |value: &[u8]| {
            let sign = value.first().is_some_and(|byte| *byte & 0x80 != 0);
            value.iter().fold(if sign { -1i64 } else { 0 }, |n, byte| n << 8 | i64::from(*byte))
        };
        Some(match kind {
            0 | 10 | 11 => Value::Null,
            1..=4 => Value::Integer(integer(take(kind as usize)?)),
            5 => Value::Integer(integer(take(6)?)),
            6 => Value::Integer(integer(take(8)?)),
            7 => Value::Real(f64::from_be_bytes(take(8)?.try_into().ok()?)),
            8 | 9 => Value::Integer(kind as i64 - 8),
            kind if kind % 2 == 1 => {
                let bytes = take(usize::try_from((kind - 13) / 2).ok()?)?;
                Value::Text(self.charset.decode_without_bom_handling(bytes).0.into_owned())
            }
            kind => {
                let bytes = take(usize::try_from((kind - 12) / 2).ok()?)?;
                // Programs that know no better store text so.
                let readable = text::is_text(bytes) && !bytes.is_empty();
                if readable { Value::Text(charset::decode(bytes, None).into_owned()) } else { Value::Null }
            }
        })
    }
}

fn damaged() -> Fault {
    Fault::corrupt("a part of the database is damaged")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// A number of one to nine bytes.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for n in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if n == 8 {
            return Some(number << 8 | u64::from(*byte));
        }
        number = number << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

/// The statement of a row of the schema, if somebody wrote values or remarks in it: a view, a default, a check.
fn said(row: &[Value], marked: &mut Marked) {
    if let (Some(Value::Text(name)), Some(Value::Text(statement))) = (row.get(1), row.get(4))
        && (statement.contains(['\'', '"']) || statement.contains("--") || statement.contains("/*"))
        && !marked.full()
    {
        marked.at(Position { sheet: Some(name.as_str().into()), part: Some("schema".into()), ..Position::default() });
        marked.line(statement);
    }
}

impl Table {
    /// The table that a row of the schema tells of.
    fn of(row: &[Value]) -> Option<Self> {
        let text = |n: usize| match row.get(n) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let root = match row.get(3) {
            Some(Value::Integer(root)) => u32::try_from(*root).ok().filter(|root| *root > 0)?,
            _ => return None,
        };
        if text(0)? != "table" {
            return None;
        }
        let (columns, order) = schema::columns(text(4).unwrap_or_default());
        Some(Self { name: text(1)?.to_owned(), root, columns: columns.into_iter().map(Arc::from).collect(), order })
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/database/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn every_row_of_every_table_is_read_under_its_columns() {
        for name in ["people.sqlite", "people-utf16.sqlite"] {
            let seen = read("x", &fixture(name));
            assert_eq!((seen.format, seen.ended.clone(), seen.damage.len()), ("sqlite", None, 0));
            assert_eq!(seen.text.matches("010190-").count(), 500, "{name}");
            let place = seen.place("010190-0500");
            assert_eq!((seen.label("010190-0500"), place.position.sheet.as_deref()), ("cpr nr", Some("folk")));
            assert_eq!(place.position.cell.as_deref(), Some("cpr nr:500"));
            assert_eq!(seen.label("020290-0001"), "note");
            assert!(seen.text.contains("slutning 030390-0001"), "overflow pages");
            // A table without row numbers has its key first.
            assert_eq!((seen.label("040490-0001"), seen.label("nøgle 7")), ("værdi", "nøgle"));
            assert_eq!(seen.label("050590-0001"), "data", "text in a blob");
            assert!(!seen.text.contains("slettet"));
        }
    }

    #[test]
    fn damage_costs_its_own_rows() {
        let bytes = fixture("people.sqlite");
        let mut broken = bytes.clone();
        let at = memchr::memmem::find(&bytes, b"010190-0250").unwrap() / 1024 * 1024;
        broken[at..at + 100].fill(0xFF);
        let seen = read("x", &broken);
        assert!(!seen.damage.is_empty() && seen.ended.is_none());
        assert!(seen.text.matches("010190-").count() > 400);
        let seen = read("x", &bytes[..bytes.len() * 2 / 3]);
        assert!(!seen.damage.is_empty());
        assert!(seen.text.contains("010190-0001"));
        assert!(read("x", &bytes[..60]).ended.is_some());
    }

    #[test]
    fn loops_end() {
        let mut bytes = fixture("people.sqlite");
        // Every inner page points to itself.
        for number in 1..bytes.len() / 1024 {
            let at = number * 1024;
            if bytes[at] == 5 {
                bytes[at + 8..at + 12].copy_from_slice(&(number as u32 + 1).to_be_bytes());
            }
        }
        assert!(!read("x", &bytes).damage.is_empty());
    }
}
