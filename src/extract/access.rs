//! Microsoft Access databases (MDB, ACCDB): the rows of every table, each value under its column.
//!
//! In: the whole file. Out: one line a row, placed by table and row. Linked tables lie elsewhere; queries, forms, reports
//! and macros are not read. Pages are taken apart by the crate `jetdb`.

use std::io::Cursor;
use std::sync::Arc;

use compact_str::format_compact;
use jetdb::{FileError, PageReader, Value, read_catalog, read_table_def, read_table_rows};

use crate::extract::marked::{Marked, Place};
use crate::extract::package::locked;
use crate::extract::{Content, Format, Head, Match, Out, charset, text};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Access 97 and later.
pub const FORMATS: &[Format] = &[Format { name: "mdb", kind: Kind::Document, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    let mark = head.bytes.get(4..).unwrap_or_default();
    let known = [&b"Standard Jet DB\0"[..], b"Standard ACE DB\0"].iter().any(|name| mark.starts_with(name));
    if known { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let damaged = |_| Fault::corrupt("a part of the database is damaged");
    let mut file = match PageReader::open_reader(Cursor::new(content.whole()?.into_owned())) {
        Err(FileError::PasswordRequired) => return Err(locked()),
        file => file.map_err(damaged)?,
    };
    let mut marked = Marked::new();
    for entry in read_catalog(&mut file).map_err(damaged)? {
        // Page 0 is the file's header: what is no table, or lies elsewhere, has none.
        if entry.is_system() || entry.object_type != jetdb::ObjectType::Table || entry.table_page == 0 {
            continue;
        }
        let rows = read_table_def(&mut file, &entry.name, entry.table_page)
            .and_then(|table| read_table_rows(&mut file, &table).map(|rows| (table, rows)));
        let Ok((table, rows)) = rows else {
            out.damage(Fault::corrupt("a table is damaged"))?;
            continue;
        };
        let columns: Vec<Arc<str>> = table.columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        for (row, number) in rows.rows.iter().zip(1u64..) {
            for (value, column) in row.iter().zip(&columns) {
                let Some(shown) = shown(value) else { continue };
                out.charge(shown.len() as u64)?;
                let position = Position {
                    sheet: Some(entry.name.as_str().into()),
                    cell: Some(format_compact!("{column}:{number}")),
                    ..Position::default()
                };
                marked.cell(Place { position, label: Some(Arc::clone(column)) }, &shown);
            }
            marked.end_line();
            if marked.full() {
                marked.emit(out)?;
            }
        }
        marked.emit(out)?;
        if rows.skipped_rows > 0 {
            out.damage(Fault::corrupt("rows of a table are damaged"))?;
        }
    }
    Ok(())
}

/// What a person sees of a value.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Bool(_) | Value::Guid(_) => return None,
        Value::Byte(number) => number.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Long(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) | Value::Money(text) | Value::Numeric(text) | Value::DateTimeExtended(text) => text.clone(),
        Value::Timestamp(days) => day(*days)?,
        Value::Binary(bytes) if text::is_text(bytes) => charset::decode(bytes, None).into_owned(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The day so many days after 30 December 1899.
fn day(days: f64) -> Option<String> {
    let span = jiff::Span::new().try_days(days.floor() as i64).ok()?;
    Some(jiff::civil::date(1899, 12, 30).checked_add(span).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    #[test]
    fn what_is_no_database_is_told() {
        let mut bytes = b"\0\x01\0\0Standard Jet DB\0".to_vec();
        assert!(read("x", &bytes).ended.is_some());
        bytes.resize(20_000, 1);
        assert!(read("x", &bytes).ended.is_some());
        assert_eq!(super::day(32_874.5).as_deref(), Some("1990-01-01"));
    }
}
