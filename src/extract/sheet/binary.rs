//! Excel's binary workbooks: `xls` (BIFF5 and 8) and `xlsb`.
//!
//! In: an open file. Out: the cells that calamine reads and the names that the workbook defines; of an `xls` also what
//! `biff.rs` finds, of an `xlsb` what `xlsb.rs` finds and its XML parts.

use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::cfb::{CompoundFile, Version};
use calamine::{Data, ExcelDateTime, Reader, Xls, XlsError, Xlsb, XlsbError};

use crate::extract::cfb::{self, Storage};
use crate::extract::flow::Flow;
use crate::extract::headers::cell_name;
use crate::extract::ooxml::{OFFICE, part, rest};
use crate::extract::package::{Package, locked};
use crate::extract::sheet::biff::{Beside, Biff, drawings, pivot};
use crate::extract::sheet::cells::Cells;
use crate::extract::sheet::numbers::Shown;
use crate::extract::sheet::room;
use crate::extract::sheet::xlsb::Book;
use crate::extract::sheet::xlsx::without_codes;
use crate::extract::{Out, ReadSeek, art, macros, summary};
use crate::item::{Fault, Reason};
use crate::record::Position;

/// The cells that calamine may lay out at once: it keeps every sheet of a legacy workbook as a full rectangle.
const AREA: u64 = 8 << 20;

/// Reads the legacy workbook in a storage.
pub fn read_xls(storage: &Storage<'_, '_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let name = if storage.has("Workbook") { "Workbook" } else { "Book" };
    let stream = storage.bytes(name, out)?.unwrap_or_default();
    let biff = Biff::read(&stream);
    if biff.locked {
        return Err(locked());
    }
    let mut names = Vec::new();
    let mut damage = None;
    let mut sized = stream.clone();
    if room::make(&mut sized) > AREA {
        damage = Some(Fault::new(Reason::TooLarge, "its cells lie too far apart to be held in memory"));
    } else {
        let reader = alone(name, &sized)?;
        drop(sized);
        match caught(|| Xls::new(reader)) {
            Ok(Ok(mut book)) => {
                names = book.sheet_names();
                for (number, name) in names.iter().enumerate() {
                    let Ok(Ok(range)) = caught(|| book.worksheet_range(name)) else {
                        out.damage(Fault::corrupt("a sheet is damaged"))?;
                        continue;
                    };
                    let (top, left) = range.start().unwrap_or_default();
                    let mut cells = Cells::new(name);
                    for (row, column, value) in range.used_cells() {
                        let (row, column) = (top.saturating_add(row as u32), left.saturating_add(column as u32));
                        cells.cell(row, column, &show(value, biff.shown(number, row, column)), out)?;
                    }
                    cells.emit(out)?;
                }
                defined(book.defined_names(), out)?;
            }
            Ok(Err(XlsError::Password)) => return Err(locked()),
            Ok(Err(_)) => damage = Some(Fault::corrupt("the workbook is damaged")),
            Err(fault) => damage = Some(fault),
        }
    }
    let mut flow = Flow::new(&OFFICE);
    for (number, sheet) in biff.sheets.iter().enumerate() {
        sheet.texts.iter().for_each(|text| text.tell(names.get(number), &mut flow));
    }
    biff.texts.iter().for_each(|text| text.tell(None, &mut flow));
    let pivots = storage.inside("_SX_DB_CUR");
    for name in pivots.list(true) {
        let stream = pivots.bytes(&name, out)?.unwrap_or_default();
        pivot(&stream).iter().for_each(|text| text.tell(None, &mut flow));
    }
    flow.part(&OFFICE, part("properties"), false);
    names.iter().for_each(|name| flow.line(name));
    flow.emit(out)?;
    if let Some(fault) = damage {
        out.damage(fault)?;
    }
    summary::read(storage, out)?;
    macros::read(&storage.inside("_VBA_PROJECT_CUR"), out)?;
    art::children(&drawings(&stream), out)?;
    cfb::objects(storage, "MBD", out)
}

impl Beside {
    /// Writes it where it belongs.
    fn tell(&self, sheet: Option<&String>, flow: &mut Flow) {
        let cell = self.cell.map(|(row, column)| cell_name(row, column));
        flow.part(&OFFICE, Position { sheet: sheet.map(Into::into), cell, ..part(self.part) }, false);
        let codes = matches!(self.part, "header" | "footer");
        flow.line(&if codes { without_codes(&self.text) } else { self.text.clone() });
    }
}

/// A compound file with nothing but the workbook: calamine looks for one at the root, and ours may be an object in a
/// document.
fn alone(name: &str, stream: &[u8]) -> Result<Cursor<Vec<u8>>, Fault> {
    let mut file = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new())).map_err(Fault::io)?;
    file.create_stream(format!("/{name}")).and_then(|mut to| to.write_all(stream)).map_err(Fault::io)?;
    file.flush().map_err(Fault::io)?;
    Ok(file.into_inner())
}

/// Reads a binary workbook in a package.
pub fn read_xlsb<'a>(reader: Box<dyn ReadSeek + 'a>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    let limit = out.budget().limits().whole;
    let mut reader = reader;
    reader.seek(std::io::SeekFrom::Start(0)).map_err(Fault::io)?;
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Fault::io)?;
    if bytes.len() as u64 > limit {
        return Err(Fault::new(
            Reason::TooLarge,
            "it is larger than the limit for a format that has to be held in memory",
        ));
    }
    let mut package = Package::open(Box::new(Cursor::new(bytes.as_slice())))?;
    let own = |name: &&String| name.ends_with(".bin") && !name.contains("/embeddings/") && !macros::is_project(name);
    for name in package.unread().iter().filter(own) {
        package.weigh(name, out)?;
    }
    // Parts that were weighed are known to fit; what is read of them is looked at again.
    let mut beside = Book::default();
    match caught(|| Xlsb::new(Cursor::new(bytes.as_slice()))) {
        Ok(Ok(mut book)) => {
            beside = Book::read(&mut package, out)?;
            for name in book.sheet_names() {
                let read = caught(|| sheet(&mut book, &beside, &name, out)).unwrap_or_else(|fault| out.damage(fault));
                read?;
            }
            defined(book.defined_names(), out)?;
        }
        Ok(Err(XlsbError::Password)) => return Err(locked()),
        Ok(Err(_)) => out.damage(Fault::corrupt("the workbook is damaged"))?,
        Err(fault) => out.damage(fault)?,
    }
    let mut flow = Flow::new(&OFFICE);
    for (name, sheet) in &beside.sheets {
        sheet.texts.iter().for_each(|text| text.tell(Some(name), &mut flow));
    }
    beside.texts.iter().for_each(|text| text.tell(None, &mut flow));
    flow.part(&OFFICE, part("properties"), false);
    beside.sheets.iter().for_each(|(name, _)| flow.line(name));
    rest(&mut package, &mut flow, out)
}

/// One sheet, cell by cell.
fn sheet(book: &mut Xlsb<Cursor<&[u8]>>, beside: &Book, name: &str, out: &mut Out<'_>) -> Result<(), Fault> {
    let Ok(mut reader) = book.worksheet_cells_reader(name) else {
        return out.damage(Fault::corrupt("a sheet is damaged"));
    };
    let mut cells = Cells::new(name);
    loop {
        match reader.next_cell() {
            Ok(Some(cell)) => {
                let (row, column) = cell.get_position();
                let text = show(&Data::from(cell.get_value().clone()), beside.shown(name, (row, column)));
                out.charge(text.len() as u64)?;
                cells.cell(row, column, &text, out)?;
            }
            Ok(None) => return cells.emit(out),
            Err(_) => {
                cells.emit(out)?;
                return out.damage(Fault::corrupt("a sheet is damaged"));
            }
        }
    }
}

/// The names that a workbook defines, and what they stand for.
fn defined(names: &[(String, String)], out: &mut Out<'_>) -> Result<(), Fault> {
    let mut flow = Flow::new(&OFFICE);
    flow.part(&OFFICE, part("names"), false);
    for (name, value) in names {
        flow.line(name);
        flow.line(value);
    }
    flow.emit(out)
}

/// calamine panics on some damage (4 of 1,500 damaged files): the rest of the workbook goes on.
fn caught<T>(read: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| Fault::corrupt("the workbook is damaged"))
}

/// A value as it is seen.
fn show(value: &Data, shown: &Shown) -> String {
    match value {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Float(number) => shown.show(&number.to_string(), false).into_owned(),
        Data::Int(number) => shown.show(&number.to_string(), false).into_owned(),
        Data::Bool(true) => "TRUE".to_owned(),
        Data::Bool(false) => "FALSE".to_owned(),
        Data::DateTime(at) => date(at),
        _ => String::new(),
    }
}

/// A date as everywhere, but for those that count from 1904: only calamine knows which these are.
fn date(at: &ExcelDateTime) -> String {
    let text = Shown::Date.show(&at.as_f64().to_string(), false).into_owned();
    if !at.is_datetime() || !(1.0..2_950_000.0).contains(&at.as_f64()) {
        return text;
    }
    let (year, month, day, ..) = at.to_ymd_hms_milli();
    let time = text.get(10..).unwrap_or_default();
    format!("{year:04}-{month:02}-{day:02}{time}")
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::take_apart;

    #[test]
    fn every_corner_of_a_legacy_workbook_has_its_place() {
        let seen = take_apart(include_bytes!("../../../tests/extract/xls/corners.xls"), "a.xls");
        assert_eq!((seen.format, &seen.ended, seen.damage.len()), ("xls", &None, 0));
        for (piece, cell, part) in [
            ("Søren Zażółć", Some("A2"), None),
            ("010190-1234", Some("B2"), None),
            ("0202901234", Some("B3"), None),
            ("1990-01-01", Some("C2"), None),
            ("comment110190 æøå", Some("A2"), Some("comments")),
            ("mailto:link110190@example.dk", Some("A3"), Some("links")),
            ("shape110190", None, Some("drawing")),
            ("header110190", None, Some("header")),
            ("footer110190", None, Some("footer")),
            ("prompt110190", None, Some("validation")),
            ("navn110190", None, Some("names")),
            ("title110190", None, Some("properties")),
        ] {
            let position = &seen.place(piece).position;
            assert_eq!((position.cell.as_deref(), position.part.as_deref()), (cell, part), "{piece}");
        }
        assert_eq!(seen.place("hidden110190").position.sheet.as_deref(), Some("Skjult"));
        assert_eq!(seen.place("comment110190 æøå").position.sheet.as_deref(), Some("Løn"));
        assert_eq!(seen.place("010190-1234").label.as_deref(), Some("CPR"));
    }
}
