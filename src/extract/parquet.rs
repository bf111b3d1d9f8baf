//! Parquet tables, as data teams export them: each value under its column.
//!
//! In: the whole file. Out: one line a row, placed by column and row; of what is nested, each value under its own name.
//! Pages are taken apart by the crate `parquet`, without Arrow. Format: <https://parquet.apache.org/docs/file-format/>.

mod packed;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use compact_str::format_compact;
use parquet::basic::{Compression, LogicalType, TimeUnit};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use crate::extract::marked::{Marked, Place};
use crate::extract::package::locked;
use crate::extract::parquet::packed::Packed;
use crate::extract::{Content, Format, Head, Match, Out, charset, text};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;

/// Tables; those that begin with `PARE` are encrypted.
pub const FORMATS: &[Format] = &[Format { name: "parquet", kind: Kind::Document, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"PAR1") || head.starts(b"PARE") { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = content.whole()?.into_owned();
    if bytes.starts_with(b"PARE") {
        return Err(locked());
    }
    let bytes = Bytes::from(bytes);
    let file =
        SerializedFileReader::new(bytes.clone()).map_err(|_| Fault::corrupt("its table of contents is damaged"))?;
    let groups = file.metadata().row_groups();
    let any = |codec: fn(Compression) -> bool| {
        groups.iter().flat_map(RowGroupMetaData::columns).any(|column| codec(column.compression()))
    };
    if any(|codec| codec == Compression::LZO) {
        return Err(Fault::new(Reason::Unsupported, "it is packed with LZO, which is not read here"));
    }
    let (zstd, most) = (any(|codec| matches!(codec, Compression::ZSTD(_))), out.budget().limits().whole);
    let open = |number: usize| -> parquet::errors::Result<Box<dyn RowGroupReader + '_>> {
        if zstd {
            Ok(Box::new(Packed::new(bytes.clone(), file.metadata().row_group(number).clone(), most)))
        } else {
            file.get_row_group(number)
        }
    };
    let (mut table, mut first) = (Table::default(), 1);
    let schema = file.metadata().file_metadata().schema();
    for column in file.metadata().file_metadata().schema_descr().columns() {
        if let Some(LogicalType::Timestamp(kind)) = column.logical_type_ref()
            && kind.unit == TimeUnit::NANOS
        {
            table.nanoseconds.insert(column.name().to_owned());
        }
    }
    for (number, group) in groups.iter().enumerate() {
        let begin = first;
        first += u64::try_from(group.num_rows()).unwrap_or_default();
        table.row = begin;
        if table.rows(|| open(number), None, begin..first, out)? {
            continue;
        }
        out.damage(Fault::corrupt("a part of the table is damaged"))?;
        // One damaged page stops its rows: the other columns are read by themselves.
        let reached = table.row;
        for column in schema.get_fields() {
            table.row = begin;
            let alone = Type::group_type_builder(schema.name()).with_fields(vec![Arc::clone(column)]).build();
            if let Ok(alone) = alone {
                table.rows(|| open(number), Some(alone), reached..first, out)?;
            }
        }
    }
    table.text.emit(out)
}

/// A table on its way.
#[derive(Default)]
struct Table {
    text: Marked,
    /// The number of the next row, from 1.
    row: u64,
    /// What columns are called.
    labels: HashMap<String, Arc<str>>,
    /// Columns of moments that the crate takes for numbers: pandas writes them.
    nanoseconds: HashSet<String>,
}

impl Table {
    /// Adds these rows of a group, or of one column of it. False: not all of them can be read. (The crate panics on some
    /// damage: 22 of 3,000 damaged files.)
    fn rows<'g>(
        &mut self,
        group: impl FnOnce() -> parquet::errors::Result<Box<dyn RowGroupReader + 'g>>,
        column: Option<Type>,
        wanted: Range<u64>,
        out: &mut Out<'_>,
    ) -> Result<bool, Fault> {
        let read = catch_unwind(AssertUnwindSafe(|| {
            let group = group().ok();
            let rows = group.as_ref().and_then(|group| group.get_row_iter(column).ok());
            for row in rows.into_iter().flatten().map_while(Result::ok) {
                if wanted.contains(&self.row) {
                    self.add(&row, out)?;
                }
                self.row += 1;
            }
            Ok(self.row >= wanted.end)
        }));
        read.unwrap_or(Ok(false))
    }

    fn add(&mut self, row: &Row, out: &mut Out<'_>) -> Result<(), Fault> {
        // A table may claim rows without end that hold nothing.
        out.charge(1)?;
        self.group(row, out)?;
        self.text.end_line();
        if self.text.full() { self.text.emit(out) } else { Ok(()) }
    }

    fn group(&mut self, row: &Row, out: &mut Out<'_>) -> Result<(), Fault> {
        row.get_column_iter().try_for_each(|(name, field)| self.field(name, field, out))
    }

    /// How deep fields are nested, the schema says: the crate has gone down there before us.
    fn field(&mut self, name: &str, field: &Field, out: &mut Out<'_>) -> Result<(), Fault> {
        match field {
            Field::Group(row) => return self.group(row, out),
            Field::ListInternal(list) => {
                return list.elements().iter().try_for_each(|field| self.field(name, field, out));
            }
            Field::MapInternal(map) => {
                return map.entries().iter().try_for_each(|(key, value)| {
                    self.field(name, key, out)?;
                    self.field(name, value, out)
                });
            }
            _ => {}
        }
        let nanoseconds = match field {
            Field::Long(at) if self.nanoseconds.contains(name) => day(at.div_euclid(1_000_000_000)),
            _ => None,
        };
        let Some(shown) = nanoseconds.or_else(|| shown(field)) else { return Ok(()) };
        out.charge(shown.len() as u64)?;
        let label = match self.labels.get(name) {
            Some(label) => Arc::clone(label),
            None => Arc::clone(self.labels.entry(name.to_owned()).or_insert_with(|| Arc::from(name))),
        };
        let cell = Some(format_compact!("{name}:{}", self.row));
        self.text.cell(Place { position: Position { cell, ..Position::default() }, label: Some(label) }, &shown);
        Ok(())
    }
}

/// The day of so many seconds after the beginning of 1970.
fn day(seconds: i64) -> Option<String> {
    Some(jiff::Timestamp::from_second(seconds).ok()?.strftime("%F").to_string())
}

/// What a person sees of a value.
fn shown(field: &Field) -> Option<String> {
    let shown = match field {
        Field::Byte(number) => number.to_string(),
        Field::Short(number) => number.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::UByte(number) => number.to_string(),
        Field::UShort(number) => number.to_string(),
        Field::UInt(number) => number.to_string(),
        Field::ULong(number) => number.to_string(),
        Field::Float(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        Field::Decimal(_) => field.to_string().trim_end_matches('.').to_owned(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) if text::is_text(bytes.data()) => charset::decode(bytes.data(), None).into_owned(),
        Field::Date(days) => day(i64::from(*days) * 86_400)?,
        Field::TimestampMillis(at) => day(at.div_euclid(1000))?,
        Field::TimestampMicros(at) => day(at.div_euclid(1_000_000))?,
        _ => return None,
    };
    (!shown.trim().is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::basic::Compression;
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use crate::extract::testing::{Seen, read};
    use crate::item::Reason;

    /// Two row groups of two rows: a number, a date and a list of texts.
    fn table(codec: Compression) -> Vec<u8> {
        let schema = "message people { required int64 cpr; optional int32 birth (DATE);
            required group who { repeated binary phones (UTF8); } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = WriterProperties::builder().set_compression(codec).build();
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
        for n in [0, 2] {
            let mut group = file.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int64Type>().write_batch(&[2_111_629_997 + n, 101_901_234], None, None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int32Type>().write_batch(&[7305], Some(&[0, 1]), None).unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let phones = ["28 90 33 17", "+45 28903318", "Bo"].map(ByteArray::from);
            column.typed::<ByteArrayType>().write_batch(&phones, Some(&[1, 1, 1]), Some(&[0, 1, 0])).unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        file.close().unwrap();
        bytes
    }

    fn seen(bytes: &[u8]) -> Seen {
        read("export.parquet", bytes)
    }

    #[test]
    fn every_value_stands_under_its_column() {
        for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::LZ4_RAW] {
            let seen = seen(&table(codec));
            assert_eq!(
                (seen.format, seen.text.as_str()),
                (
                    "parquet",
                    "2111629997\t28 90 33 17\t+45 28903318\n101901234\t1990-01-01\tBo\n\
                     2111629999\t28 90 33 17\t+45 28903318\n101901234\t1990-01-01\tBo\n"
                )
            );
            assert_eq!((seen.label("2111629997"), seen.label("28 90")), ("cpr", "phones"));
            assert_eq!(seen.place("2111629999").position.cell.as_deref(), Some("cpr:3"));
            assert_eq!(seen.label("1990-01-01"), "birth");
            assert!(seen.damage.is_empty() && seen.ended.is_none());
        }
    }

    #[test]
    fn pages_packed_with_zstandard_are_unpacked() {
        let first = include_bytes!("../../tests/extract/database/people-zstd.parquet");
        let second = include_bytes!("../../tests/extract/database/people-zstd-pages-2.parquet");
        for bytes in [&first[..], second] {
            let seen = seen(bytes);
            assert_eq!(
                seen.text,
                "211162-9997\t1962-11-21\t2111629997\t28 90 33 17\n010190-1234\t7\n\
                 211162-9997\t1990-01-01\t8\t+45 28903318\tBo\n"
            );
            assert!(seen.damage.is_empty() && seen.ended.is_none());
            // Wherever a byte is broken, it is told, or another value is read, and nothing panics.
            for at in 4..bytes.len() {
                let mut broken = bytes.to_vec();
                broken.get_mut(at).into_iter().for_each(|byte| *byte ^= 0x55);
                read("export.parquet", &broken);
            }
        }
    }

    #[test]
    fn moments_in_nanoseconds_are_dates_and_keys_of_maps_are_text() {
        let schema = "message people { required int64 born (TIMESTAMP(NANOS,false));
            required group who (MAP) { repeated group key_value { required binary key (UTF8); optional int32 value; } } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
        let mut group = file.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[-224_467_200_000_000_000], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&["010190-1234".into()], Some(&[1]), Some(&[0])).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[], Some(&[1]), Some(&[0])).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        file.close().unwrap();
        assert_eq!(seen(&bytes).text, "1962-11-21\t010190-1234\n");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let reason = |bytes: &[u8]| seen(bytes).ended.map(|fault| fault.reason);
        assert_eq!(reason(b"PARE and more"), Some(Reason::Encrypted));
        assert_eq!(reason(b"PAR1 cut"), Some(Reason::Corrupt));
        let mut bytes = table(Compression::UNCOMPRESSED);
        // The header of the first column's first page.
        bytes.get_mut(4..24).unwrap().fill(0xFF);
        let seen = seen(&bytes);
        assert_eq!(
            seen.text,
            "1990-01-01\n28 90 33 17\t+45 28903318\nBo\n\
             2111629999\t28 90 33 17\t+45 28903318\n101901234\t1990-01-01\tBo\n"
        );
        let cell = |of: &str| seen.place(of).position.cell.clone().unwrap();
        assert_eq!((seen.damage.len(), cell("2111629999"), cell("1990")), (1, "cpr:3".into(), "birth:2".into()));
    }
}
