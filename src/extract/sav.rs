//! Tables of SPSS (SAV, ZSAV): research keeps people's numbers and diagnoses in them.
//!
//! In: header, dictionary and cases, of any size. Out: one line a case, each value under what its variable is called,
//! placed by variable and case; coded answers with what they are labelled; what
//! the file and its variables are called, and the notes.
//! Source: GNU PSPP developers guide, "System File Format".

use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::sync::Arc;

use compact_str::format_compact;
use encoding_rs::UTF_8;
use flate2::bufread::ZlibDecoder;
use smallvec::SmallVec;

use crate::extract::charset::{self, Charset};
use crate::extract::marked::{Marked, Place};
use crate::extract::{Content, Format, Head, Match, Out, mapi, ooxml, sweep};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;

/// Tables, with packed ones.
pub const FORMATS: &[Format] = &[Format { name: "sav", kind: Kind::Document, sniff, read }];

/// The largest part of a dictionary that is held, in bytes, and the most parts of one kind.
const MOST: usize = 16 << 20;
const MANY: usize = 1 << 20;
/// The longest text that a variable can hold, in bytes.
const WIDEST: usize = 32_767;
/// A text of so many bytes more is one variable more.
const SEGMENT: usize = 252;
/// From the beginning of the Gregorian calendar, from which seconds are counted, to 1970.
const EPOCH: f64 = 12_219_379_200.0;
/// Formats in which numbers are dates.
const DATES: &[i32] = &[20, 22, 23, 24, 28, 29, 30, 38, 39, 41];
/// The format in which numbers have zeros before them.
const ZEROS: i32 = 16;
/// Codes in a row that say nothing; there are fewer.
const PADDING: usize = 64;

fn sniff(head: &Head<'_>) -> Match {
    let layout = head.bytes.get(64..68);
    let known = head.starts(b"$FL2") || head.starts(b"$FL3");
    if known && matches!(layout, Some([2 | 3, 0, 0, 0] | [0, 0, 0, 2 | 3])) { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut file = Source { reader: BufReader::new(content.reader()), big: false };
    let mut text = Marked::new();
    let ended = table(&mut file, &mut text, out);
    text.emit(out)?;
    if ended.as_ref().is_err_and(|fault| fault.reason == Reason::Corrupt) {
        // What stands behind the damage is text, most of it.
        let mut rest = Vec::new();
        file.reader.take(MOST as u64).read_to_end(&mut rest).map_err(Fault::io)?;
        out.charge(rest.len() as u64)?;
        text.push(&sweep::runs(&rest, Charset::Known(UTF_8)));
        text.emit(out)?;
    }
    ended
}

fn table(file: &mut Source<impl BufRead>, text: &mut Marked, out: &mut Out<'_>) -> Result<(), Fault> {
    let head = file.bytes(176)?;
    file.big = head.get(64) == Some(&0);
    let (packed, bias) = (file.number(&head, 72), file.float(head.get(84..92).unwrap_or_default()));
    let mut table = Table::read(file)?;
    table.expected = u64::try_from(file.number(&head, 80)).ok();
    text.at(ooxml::part("properties"));
    text.line(table.charset.decode(head.get(109..173).unwrap_or_default()).trim_end());
    let described = table.variables.iter().filter(|variable| !variable.described.is_empty());
    described.for_each(|variable| text.line(&table.charset.decode(&variable.described)));
    if !table.notes.is_empty() {
        text.at(ooxml::part("notes"));
        table.notes.iter().for_each(|note| text.line(table.charset.decode(note).trim_end()));
    }
    match packed {
        0 => table.cases(file, None, text, out),
        1 => table.cases(file, Some(Packed::new(bias)), text, out),
        2 => {
            // Where this stands, where the list of blocks does, and its length.
            let ends = file.bytes(24)?;
            let offset =
                |at: usize| ends.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map(u64::from_le_bytes);
            let length = offset(8).zip(offset(0)).and_then(|(end, here)| end.checked_sub(here)?.checked_sub(24));
            let Some(length) = length else { return Err(damaged()) };
            let blocks = Blocks(Some(ZlibDecoder::new((&mut file.reader).take(length))));
            let mut unpacked = Source { reader: BufReader::new(blocks), big: file.big };
            table.cases(&mut unpacked, Some(Packed::new(bias)), text, out)
        }
        _ => Err(damaged()),
    }
}

fn damaged() -> Fault {
    Fault::corrupt("the table is damaged")
}

/// Where numbers are read from, in the order of their bytes that the file has.
struct Source<R> {
    reader: R,
    big: bool,
}

impl<R: BufRead> Source<R> {
    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        if count > MOST {
            return Err(damaged());
        }
        self.reader.by_ref().take(count as u64).read_to_end(&mut bytes).map_err(Fault::io)?;
        if bytes.len() == count { Ok(bytes) } else { Err(Fault::corrupt("it is cut off")) }
    }

    /// A value, or eight codes: most of a table is read so.
    fn eight(&mut self) -> Result<[u8; 8], Fault> {
        let mut eight = [0; 8];
        match self.reader.read_exact(&mut eight) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Fault::corrupt("it is cut off")),
            read => read.map(|()| eight).map_err(Fault::io),
        }
    }

    fn next(&mut self) -> Result<i32, Fault> {
        let bytes = self.bytes(4)?;
        Ok(self.number(&bytes, 0))
    }

    /// How many there are of something, each of so many bytes.
    fn count(&mut self, each: usize) -> Result<usize, Fault> {
        let count = usize::try_from(self.next()?).map_err(|_| damaged())?;
        if count <= MANY && count.saturating_mul(each) <= MOST { Ok(count) } else { Err(damaged()) }
    }

    fn number(&self, bytes: &[u8], at: usize) -> i32 {
        let four = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        if self.big { i32::from_be_bytes(four) } else { i32::from_le_bytes(four) }
    }

    fn float(&self, bytes: &[u8]) -> f64 {
        let eight = bytes.first_chunk().copied().unwrap_or_default();
        if self.big { f64::from_be_bytes(eight) } else { f64::from_le_bytes(eight) }
    }

    fn has_more(&mut self) -> Result<bool, Fault> {
        self.reader.fill_buf().map(|rest| !rest.is_empty()).map_err(Fault::io)
    }
}

/// A variable.
#[derive(Default)]
struct Variable {
    /// Its name of eight bytes.
    short: Vec<u8>,
    name: String,
    /// What people call it, or its name.
    label: Arc<str>,
    described: Vec<u8>,
    /// Bytes of a text; 0 for a number.
    width: usize,
    /// It goes on with the text of the one before it: longer ones than 255 bytes are several.
    goes_on: bool,
    date: bool,
    /// So many digits are shown at least.
    digits: usize,
    /// What values stand for.
    values: Arc<Labels>,
}

/// What values of eight bytes stand for, by their bits.
type Labels = HashMap<u64, Vec<u8>, foldhash::fast::RandomState>;

/// What a dictionary says.
struct Table {
    variables: Vec<Variable>,
    notes: Vec<Vec<u8>>,
    charset: Charset,
    /// So many cases should be there, if the file says.
    expected: Option<u64>,
}

impl Table {
    fn read<R: BufRead>(file: &mut Source<R>) -> Result<Self, Fault> {
        let mut table = Self {
            variables: Vec::new(),
            notes: Vec::new(),
            charset: Charset::Known(encoding_rs::WINDOWS_1252),
            expected: None,
        };
        // By their numbers, with those that go on with a text.
        let (mut numbered, mut values) = (Vec::new(), Arc::<Labels>::default());
        let (mut names, mut widths) = (Vec::new(), Vec::new());
        loop {
            match file.next()? {
                2 => {
                    if numbered.len() >= MANY {
                        return Err(damaged());
                    }
                    numbered.push(table.variables.len());
                    match variable(file)? {
                        Some(variable) => table.variables.push(variable),
                        // It belongs to the one before it.
                        None => *numbered.last_mut().ok_or_else(damaged)? = table.variables.len().saturating_sub(1),
                    }
                }
                3 => {
                    let mut labels = Labels::default();
                    for _ in 0..file.count(16)? {
                        let value = file.bytes(8)?;
                        let length = file.bytes(1)?.first().copied().map_or(0, usize::from);
                        let label = file.bytes((1 + length).next_multiple_of(8) - 1)?;
                        labels.insert(file.float(&value).to_bits(), label.get(..length).unwrap_or_default().to_vec());
                    }
                    values = Arc::new(labels);
                }
                4 => {
                    for _ in 0..file.count(4)? {
                        let number = usize::try_from(file.next()?).ok().and_then(|number| number.checked_sub(1));
                        let variable = number.and_then(|number| table.variables.get_mut(*numbered.get(number)?));
                        variable.into_iter().for_each(|variable| variable.values = Arc::clone(&values));
                    }
                }
                6 => {
                    for _ in 0..file.count(80)? {
                        table.notes.push(file.bytes(80)?);
                    }
                    if table.notes.len() * 80 > MOST {
                        return Err(damaged());
                    }
                }
                7 => {
                    let kind = file.next()?;
                    let size = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
                    let (each, count) = (size(file.next()?), size(file.next()?));
                    let data = file.bytes(each.saturating_mul(count))?;
                    match kind {
                        3 => {
                            let page = mapi::code_page(file.number(&data, 28).into());
                            table.charset = page.and_then(|page| charset::named(&page)).unwrap_or(table.charset);
                        }
                        13 => names = data,
                        14 => widths = data,
                        20 => table.charset = charset::named(&charset::decode(&data, None)).unwrap_or(table.charset),
                        _ => {}
                    }
                }
                999 => {
                    file.next()?;
                    break;
                }
                _ => return Err(damaged()),
            }
        }
        table.name(&names, &widths);
        Ok(table)
    }

    /// Names variables, now that the encoding is known: `NAVN=Efternavn`, parted by tabs; and likewise their widths, where
    /// they are several.
    fn name(&mut self, names: &[u8], widths: &[u8]) {
        let (names, widths) = (self.charset.decode(names).into_owned(), self.charset.decode(widths).into_owned());
        let pairs = |text: &'_ str| -> HashMap<String, String> {
            let pairs = text.split('\t').filter_map(|one| one.trim_matches('\0').split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.trim_end_matches('\0').to_owned())).collect()
        };
        let (long, widths) = (pairs(&names), pairs(&widths));
        let mut before: Option<(String, Arc<str>, usize)> = None;
        for variable in &mut self.variables {
            if let Some((name, label, more @ 1..)) = &mut before {
                (variable.name, variable.label, variable.goes_on) = (name.clone(), Arc::clone(label), true);
                *more -= 1;
                continue;
            }
            let short = self.charset.decode(&variable.short).trim().to_owned();
            variable.name = long.get(&short).unwrap_or(&short).clone();
            let described = self.charset.decode(&variable.described);
            let label = if described.trim().is_empty() { &variable.name } else { described.trim() };
            let label: Arc<str> = Arc::from(label);
            let width =
                widths.get(&short).and_then(|width| width.parse::<usize>().ok()).filter(|width| *width <= WIDEST);
            let width = width.unwrap_or_default();
            before = Some((variable.name.clone(), Arc::clone(&label), width.div_ceil(SEGMENT).saturating_sub(1)));
            variable.label = label;
        }
    }

    fn cases<R: BufRead>(
        &self,
        file: &mut Source<R>,
        mut packed: Option<Packed>,
        text: &mut Marked,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        let (mut case, mut joined) = (0u64, Vec::new());
        while !self.variables.is_empty() && file.has_more()? {
            case += 1;
            // A table may be cases without end that hold nothing.
            out.charge(1 + self.variables.len() as u64 / 8)?;
            for (number, variable) in self.variables.iter().enumerate() {
                let (mut value, begin) = (None, joined.len());
                for part in 0..variable.width.div_ceil(8).max(1) {
                    value = match &mut packed {
                        Some(packed) => packed.next(file)?,
                        None => Some(Value::of(file.eight()?, file)),
                    };
                    let Some(value) = &value else {
                        // The end stands where a case would begin.
                        return if number == 0 && part == 0 { self.ended(case - 1) } else { Err(damaged()) };
                    };
                    joined.extend(value.bytes);
                }
                joined.truncate(begin + variable.width);
                if self.variables.get(number + 1).is_some_and(|next| next.goes_on) {
                    continue;
                }
                let shown = match &value {
                    _ if variable.width > 0 => {
                        let text = std::mem::take(&mut joined);
                        let code = value.filter(|_| text.len() <= 8).map(|value| value.bytes);
                        let shown = self.charset.decode(&text).trim_matches([' ', '\0']).to_owned();
                        variable.labelled(shown, code.map(|code| file.float(&code).to_bits()), self.charset)
                    }
                    Some(Value { number: Some(number), .. }) => variable.shown(*number, self.charset),
                    _ => String::new(),
                };
                if shown.is_empty() {
                    continue;
                }
                out.charge(shown.len() as u64)?;
                let cell = Some(format_compact!("{}:{case}", variable.name));
                let position = Position { cell, ..Position::default() };
                text.cell(Place { position, label: Some(Arc::clone(&variable.label)) }, &shown);
            }
            text.end_line();
            if text.full() {
                text.emit(out)?;
            }
        }
        self.ended(case)
    }

    fn ended(&self, cases: u64) -> Result<(), Fault> {
        let short = !self.variables.is_empty() && self.expected.is_some_and(|expected| cases < expected);
        if short { Err(Fault::corrupt("it is cut off")) } else { Ok(()) }
    }
}

/// A variable of the dictionary; `None` for what goes on with a text.
fn variable<R: BufRead>(file: &mut Source<R>) -> Result<Option<Variable>, Fault> {
    let head = file.bytes(28)?;
    let (width, labelled, missing) = (file.number(&head, 0), file.number(&head, 4), file.number(&head, 8));
    let mut described = Vec::new();
    if labelled == 1 {
        let length = file.count(1)?;
        described = file.bytes(length.next_multiple_of(4))?;
        described.truncate(length);
    }
    file.bytes(missing.unsigned_abs().min(3) as usize * 8)?;
    let Ok(width) = usize::try_from(width) else { return Ok(None) };
    let format = file.number(&head, 12);
    let date = DATES.contains(&(format >> 16 & 0xFF));
    let digits = if format >> 16 & 0xFF == ZEROS { (format >> 8 & 0xFF) as usize } else { 0 };
    let short = head.get(20..).unwrap_or_default().to_vec();
    Ok(Some(Variable { short, described, width: width.min(255), date, digits, ..Variable::default() }))
}

impl Variable {
    /// What a person sees of a number.
    fn shown(&self, number: f64, charset: Charset) -> String {
        let day = || jiff::Timestamp::from_second((number - EPOCH) as i64).ok();
        let shown = match self.date.then(day).flatten() {
            Some(day) => day.strftime("%F").to_string(),
            None => format!("{number:0>digits$}", digits = self.digits),
        };
        self.labelled(shown, Some(number.to_bits()), charset)
    }

    /// A value, and what it stands for.
    fn labelled(&self, shown: String, code: Option<u64>, charset: Charset) -> String {
        let label = code.and_then(|code| self.values.get(&code)).map(|label| charset.decode(label));
        match label.as_deref().map(str::trim).filter(|label| !label.is_empty()) {
            Some(label) => format!("{shown} {label}"),
            None => shown,
        }
    }
}

/// Eight bytes of a case.
struct Value {
    bytes: [u8; 8],
    /// As a number, if it is not missing.
    number: Option<f64>,
}

impl Value {
    fn of<R: BufRead>(bytes: [u8; 8], file: &Source<R>) -> Self {
        let number = Some(file.float(&bytes)).filter(|number| *number > f64::MIN && number.is_finite());
        Self { bytes, number }
    }
}

/// Cases that are packed: a byte says what each value is.
struct Packed {
    bias: f64,
    codes: smallvec::IntoIter<[u8; 8]>,
}

impl Packed {
    fn new(bias: f64) -> Self {
        Self { bias, codes: SmallVec::new().into_iter() }
    }

    /// `None` at the end.
    fn next<R: BufRead>(&mut self, file: &mut Source<R>) -> Result<Option<Value>, Fault> {
        let (spaces, mut padding) = (*b"        ", 0);
        loop {
            let Some(code) = self.codes.next() else {
                if !file.has_more()? {
                    return Ok(None);
                }
                self.codes = SmallVec::from(file.eight()?).into_iter();
                continue;
            };
            return Ok(Some(match code {
                0 => {
                    padding += 1;
                    if padding > PADDING {
                        return Err(damaged());
                    }
                    continue;
                }
                252 => return Ok(None),
                253 => Value::of(file.eight()?, file),
                254 | 255 => Value { bytes: spaces, number: None },
                code => Value { bytes: spaces, number: Some(f64::from(code) - self.bias) },
            }));
        }
    }
}

/// Blocks of zlib, one behind the other.
struct Blocks<R>(Option<ZlibDecoder<R>>);

impl<R: BufRead> Read for Blocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while let Some(decoder) = &mut self.0 {
            let read = decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let mut rest = self.0.take().map(ZlibDecoder::into_inner);
            let more = rest.as_mut().map_or(Ok(false), |rest| rest.fill_buf().map(|rest| !rest.is_empty()))?;
            self.0 = rest.filter(|_| more).map(ZlibDecoder::new);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::{Seen, read};

    const PLAIN: &[u8] = include_bytes!("../../tests/extract/database/people.sav");
    const PACKED: &[u8] = include_bytes!("../../tests/extract/database/people-packed.sav");
    const ZLIB: &[u8] = include_bytes!("../../tests/extract/database/people.zsav");

    fn seen(bytes: &[u8]) -> Seen {
        read("people", bytes)
    }

    #[test]
    fn every_value_stands_under_what_its_variable_is_called() {
        for file in [PLAIN, PACKED, ZLIB] {
            let seen = seen(file);
            let long = "x".repeat(260);
            assert_eq!(
                (seen.format, seen.text.as_str()),
                (
                    "sav",
                    format!(
                        "Om Jens\nPersonnummer\nDiagnose ved indlæggelse\nFødt\nRing til Søren\n\
                         211162-9997\tMette Hansen\t1 Kræft i brystet\t34\t1962-11-21\t{long} slut\tK Kvinde\n\
                         010190-1234\tÅse Kjær\t35.5\tkort\n"
                    )
                    .as_str()
                )
            );
            assert!(seen.ended.is_none() && seen.damage.is_empty());
            assert_eq!(seen.place("Ring").position.part.as_deref(), Some("notes"));
            let (diagnosis, cpr) = (seen.place("1 Kræft"), seen.place("010190"));
            assert_eq!(diagnosis.label.as_deref(), Some("Diagnose ved indlæggelse"));
            assert_eq!(diagnosis.position.cell.as_deref(), Some("diagnose:1"));
            assert_eq!((cpr.label.as_deref(), cpr.position.cell.as_deref()), (Some("Personnummer"), Some("cpr:2")));
            assert_eq!((seen.label("1962"), seen.label("34")), ("Født", "alder"));
        }
    }

    #[test]
    fn what_is_cut_off_is_told_and_what_came_before_is_read() {
        for file in [PLAIN, PACKED, ZLIB] {
            for length in (80..file.len() - 1).step_by(7) {
                let seen = seen(&file[..length]);
                let cases = seen.text.lines().count();
                assert!(seen.format == "sav" && (seen.ended.is_some() || cases > 6), "{length} of {}", file.len());
            }
        }
        assert!(seen(&PLAIN[..PLAIN.len() - 200]).text.contains("211162-9997"));
        let mut damaged = PLAIN.to_vec();
        damaged[180..184].fill(0xFF);
        let seen = seen(&damaged);
        assert!(seen.ended.is_some() && seen.text.contains("211162-9997"), "{}", seen.text);
    }
}
