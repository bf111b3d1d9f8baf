//! Excel's binary workbooks: `xls` (BIFF5 and 8) and `xlsb`.
//!
//! In: an open file. Out: the cells that calamine reads and the names that the workbook defines; of an `xls` also what
//! `biff.rs` finds, of an `xlsb` its XML parts. Number formats, comments and text boxes of an `xlsb` are not read.

use std::fmt::Display;
use std::io::{Cursor, Read};

use calamine::{Data, ExcelDateTime, Range, Reader, Xls, XlsError, Xlsb, XlsbError};

use crate::extract::flow::Flow;
use crate::extract::ooxml::{OFFICE, part, rest};
use crate::extract::package::{Package, locked};
use crate::extract::sheet::biff::Biff;
use crate::extract::sheet::cells::Cells;
use crate::extract::sheet::numbers::Shown;
use crate::extract::sheet::xlsx::without_codes;
use crate::extract::{Out, ReadSeek};
use crate::item::{Fault, Reason};
use crate::record::Position;

/// Reads a legacy workbook: the file, and its `Workbook` stream.
pub fn read_xls<'a>(reader: Box<dyn ReadSeek + 'a>, stream: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
    let mut book = Xls::new(reader).map_err(|error| match error {
        XlsError::Password => locked(),
        _ => Fault::corrupt("the workbook is damaged"),
    })?;
    sheets(&mut book, &Biff::read(stream), out)
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
    for name in package.unread().iter().filter(|name| name.ends_with(".bin") && !name.contains("/embeddings/")) {
        package.weigh(name, out)?;
    }
    match Xlsb::new(Cursor::new(bytes.as_slice())) {
        Ok(mut book) => sheets(&mut book, &Biff::default(), out)?,
        Err(XlsbError::Password) => return Err(locked()),
        Err(_) => out.damage(Fault::corrupt("the workbook is damaged"))?,
    }
    let mut flow = Flow::new(&OFFICE);
    rest(&mut package, &mut flow, out)
}

fn sheets<R: std::io::Read + std::io::Seek, B>(book: &mut B, biff: &Biff, out: &mut Out<'_>) -> Result<(), Fault>
where
    B: Reader<R>,
    B::Error: Display,
{
    for (number, sheet) in book.sheet_names().into_iter().enumerate() {
        match book.worksheet_range(&sheet) {
            Ok(range) => cells(&sheet, &range, |row, column| biff.shown(number, row, column), out)?,
            Err(_) => out.damage(Fault::corrupt("a sheet is damaged"))?,
        }
    }
    let mut flow = Flow::new(&OFFICE);
    for (sheet, name) in biff.sheets.iter().zip(book.sheet_names()) {
        for (called, text) in &sheet.texts {
            flow.part(&OFFICE, Position { sheet: Some(name.clone()), ..part(called) }, false);
            flow.line(&if *called == "header" { without_codes(text) } else { text.clone() });
        }
    }
    flow.part(&OFFICE, part("names"), false);
    for (name, value) in book.defined_names() {
        flow.line(name);
        flow.line(value);
    }
    flow.emit(out)
}

fn cells<'s>(
    sheet: &str,
    range: &Range<Data>,
    shown: impl Fn(u32, u32) -> &'s Shown,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let (top, left) = range.start().unwrap_or_default();
    let mut cells = Cells::new(sheet);
    for (row, column, value) in range.used_cells() {
        let (row, column) = (top.saturating_add(row as u32), left.saturating_add(column as u32));
        let text = match value {
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
            Data::Float(number) => shown(row, column).show(&number.to_string(), false),
            Data::Int(number) => shown(row, column).show(&number.to_string(), false),
            Data::Bool(true) => "TRUE".to_owned(),
            Data::Bool(false) => "FALSE".to_owned(),
            Data::DateTime(at) => date(at),
            _ => continue,
        };
        cells.cell(row, column, &text, out)?;
    }
    cells.emit(out)
}

/// A date as everywhere, but for those that count from 1904: only calamine knows which these are.
fn date(at: &ExcelDateTime) -> String {
    let text = Shown::Date.show(&at.as_f64().to_string(), false);
    if !at.is_datetime() || !(1.0..2_950_000.0).contains(&at.as_f64()) {
        return text;
    }
    let (year, month, day, ..) = at.to_ymd_hms_milli();
    let time = text.get(10..).unwrap_or_default();
    format!("{year:04}-{month:02}-{day:02}{time}")
}
