//! Records as the rows of one Parquet table, for data teams: `record` says which kind a row is, a field of the contract
//! is a column, and what has no column of its own is in `more`, as JSON. Format: <https://parquet.apache.org/docs/>.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::{Map, Value};

use crate::record::Record;
use crate::report::{Reporter, Screen, Setting};

/// Rows held before they are written as a group.
const GROUP: usize = 16 << 10;

/// Columns, in the contract's order. Whatever is not text or a number is written as JSON.
const COLUMNS: &[(&str, Physical)] = &[
    ("record", Physical::BYTE_ARRAY),
    ("location", Physical::BYTE_ARRAY),
    ("kind", Physical::BYTE_ARRAY),
    ("format", Physical::BYTE_ARRAY),
    ("status", Physical::BYTE_ARRAY),
    ("reason", Physical::BYTE_ARRAY),
    ("message", Physical::BYTE_ARRAY),
    ("size", Physical::INT64),
    ("path", Physical::BYTE_ARRAY),
    ("modified", Physical::BYTE_ARRAY),
    ("file_modified", Physical::BYTE_ARRAY),
    ("owner", Physical::BYTE_ARRAY),
    ("folder", Physical::BYTE_ARRAY),
    ("received", Physical::BYTE_ARRAY),
    ("subject_masked", Physical::BYTE_ARRAY),
    ("sensitivity", Physical::BYTE_ARRAY),
    ("counts", Physical::BYTE_ARRAY),
    ("detector", Physical::BYTE_ARRAY),
    ("category", Physical::BYTE_ARRAY),
    ("confidence", Physical::DOUBLE),
    ("masked", Physical::BYTE_ARRAY),
    ("value", Physical::BYTE_ARRAY),
    ("count", Physical::INT64),
    ("fingerprint", Physical::BYTE_ARRAY),
    ("position", Physical::BYTE_ARRAY),
    ("context", Physical::BYTE_ARRAY),
    ("why", Physical::BYTE_ARRAY),
    ("policy", Physical::BYTE_ARRAY),
    ("rule", Physical::BYTE_ARRAY),
    ("severity", Physical::BYTE_ARRAY),
    ("reference", Physical::BYTE_ARRAY),
    ("since", Physical::BYTE_ARRAY),
    (MORE, Physical::BYTE_ARRAY),
];

/// The column of what has none.
const MORE: &str = "more";

struct Table {
    /// `None` once it is closed, or could not be begun.
    file: Option<SerializedFileWriter<Box<dyn Write + Send>>>,
    rows: Vec<Map<String, Value>>,
}

/// A report as a Parquet table.
pub fn make(output: Box<dyn Write + Send>, _: Screen, _: &Setting) -> Box<dyn Reporter> {
    let properties = WriterProperties::builder().set_compression(Compression::GZIP(Default::default())).build();
    let file = schema().and_then(|schema| SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties)));
    Box::new(Table { file: file.ok(), rows: Vec::new() })
}

fn schema() -> Result<Type, ParquetError> {
    let column = |&(name, physical): &(&str, Physical)| {
        let text = if physical == Physical::BYTE_ARRAY { ConvertedType::UTF8 } else { ConvertedType::NONE };
        let column = Type::primitive_type_builder(name, physical).with_converted_type(text);
        column.with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
    };
    let columns = COLUMNS.iter().map(column).collect::<Result<_, _>>()?;
    Type::group_type_builder("records").with_fields(columns).build()
}

impl Reporter for Table {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        if let Value::Object(mut row) = serde_json::to_value(record)? {
            let known = |name: &str| COLUMNS.iter().any(|(column, _)| *column == name);
            let (row, more) = mem::take(&mut row).into_iter().partition::<Map<_, _>, _>(|(name, _)| known(name));
            self.rows.push(row);
            if let (Some(row), false) = (self.rows.last_mut(), more.is_empty()) {
                row.insert(MORE.to_owned(), Value::Object(more));
            }
        }
        let last = matches!(record, Record::Summary(_));
        if last || self.rows.len() >= GROUP {
            self.group().map_err(io::Error::other)?;
        }
        match last.then(|| self.file.take()).flatten() {
            Some(file) => file.into_inner().map_err(io::Error::other)?.flush(),
            None => Ok(()),
        }
    }
}

impl Table {
    /// Writes the rows held so far.
    fn group(&mut self) -> Result<(), ParquetError> {
        let rows = mem::take(&mut self.rows);
        let file = self.file.as_mut().ok_or_else(|| ParquetError::General("the table is closed".to_owned()))?;
        let mut group = file.next_row_group()?;
        let mut columns = COLUMNS.iter();
        while let (Some(mut column), Some((name, _))) = (group.next_column()?, columns.next()) {
            let cells = rows.iter().map(|row| row.get(*name));
            let filled: Vec<i16> = cells.clone().map(|cell| i16::from(cell.is_some())).collect();
            match column.untyped() {
                ColumnWriter::ByteArrayColumnWriter(column) => {
                    let values: Vec<ByteArray> = cells.flatten().map(text).collect();
                    column.write_batch(&values, Some(&filled), None)?;
                }
                ColumnWriter::Int64ColumnWriter(column) => {
                    let values: Vec<i64> = cells.flatten().map(|cell| cell.as_i64().unwrap_or(i64::MAX)).collect();
                    column.write_batch(&values, Some(&filled), None)?;
                }
                ColumnWriter::DoubleColumnWriter(column) => {
                    let values: Vec<f64> = cells.flatten().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect();
                    column.write_batch(&values, Some(&filled), None)?;
                }
                _ => return Err(ParquetError::General("a column of no type of ours".to_owned())),
            }
            column.close()?;
        }
        group.close().map(drop)
    }
}

fn text(cell: &Value) -> ByteArray {
    match cell {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into_bytes().into(),
    }
}
