//! Tables as text: fields between commas, semicolons, tabs or bars, quoted where they hold one (RFC 4180, and what
//! spreadsheets make of it in countries with a decimal comma). Any size, in pieces.
//!
//! The text is handed over as it stands; a value's label is the header cell above it. A field with line breaks in it
//! has no label, never a wrong position. Of a row with too many fields a delimiter before a space is none: somebody's
//! `Storgata 13, 2. etasje` that nobody quoted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::eight;
use crate::extract::{Content, Format, Head, Match, Out, charset, text};
use crate::item::{Fault, Kind};

/// CSV and TSV.
pub const FORMATS: &[Format] = &[Format { name: "csv", kind: Kind::Document, sniff, read }];

/// How many lines of the head are looked at for delimiter and header.
const LINES: usize = 200;

fn sniff(head: &Head<'_>) -> Match {
    let Some(text) = head.text() else { return Match::No };
    let named = head.named(&["csv", "tsv", "tab"]);
    match Layout::guess(text, named) {
        Some(_) if named => Match::ByName,
        Some(layout) if layout.certain => Match::ByContent,
        _ => Match::No,
    }
}

fn read(mut content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let Some(layout) = Layout::guess(&charset::decode(content.head()?, None), true) else {
        return text::stream(content, out, &|_, _, _| None);
    };
    let delimiters = RefCell::new(Vec::new());
    let label = |line: &str, at, new| layout.label(line, at, new, &mut delimiters.borrow_mut());
    text::table(content, out, &label, &|lines, wanted, each| layout.cells(lines, wanted, each))
}

/// How a table is written.
struct Layout {
    delimiter: u8,
    header: Vec<Option<Arc<str>>>,
    /// It would be taken for a table whatever its name.
    certain: bool,
}

impl Layout {
    /// Tells the layout from the first lines: the delimiter that cuts most of them into the same number of fields.
    fn guess(head: &str, named: bool) -> Option<Self> {
        let (head, told) = separator_line(head);
        // The last line may be cut.
        let whole = head.rsplit_once('\n').map_or(head, |(whole, _)| whole);
        let lines = whole.split('\n').take(LINES).map(|l| l.trim_end_matches('\r')).filter(|l| !l.trim().is_empty());
        let delimiters = told.map_or([b';', b'\t', b',', b'|'], |delimiter| [delimiter; 4]);
        let all: Vec<&str> = lines.collect();
        let (mut lines, mut counts) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
        let mut agreed = Agreement::default();
        for (seen, line) in all.iter().enumerate() {
            let Some(fields) = fields(line, delimiters) else { continue };
            agreed.add(&fields);
            lines.push(*line);
            counts.push(fields);
            // Even if all further lines agreed, they would not be enough: most texts end here.
            let further = all.len() - seen - 1;
            if !named && told.is_none() && !is_consistent(agreed.most + further, lines.len() + further) {
                return None;
            }
        }
        let (delimiter, fields, same) = (0..delimiters.len())
            .filter_map(|nth| {
                let (fields, same) = agreed.with(nth)?;
                Some((*delimiters.get(nth)?, fields, same))
            })
            .max_by_key(|(delimiter, fields, same)| (*same, *fields, *delimiter != b','))?;
        if !is_consistent(same, lines.len()) && !named && told.is_none() {
            return None;
        }
        let nth = delimiters.iter().position(|one| *one == delimiter).unwrap_or_default();
        let rows =
            lines.iter().zip(&counts).filter(|(_, counts)| counts.get(nth) == Some(&fields)).map(|(line, _)| *line);
        let header = rows.clone().next().map(|line| header(line, delimiter)).unwrap_or_default();
        let certain = told.is_some() || (same >= 3 && !prose(rows, delimiter, fields));
        Some(Self { delimiter, header, certain })
    }

    /// The cells of these lines under a header that is wanted.
    fn cells(&self, lines: &str, wanted: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(Range<usize>, &Arc<str>)) {
        let columns: Vec<Option<&Arc<str>>> =
            self.header.iter().map(|label| label.as_ref().filter(|label| wanted(label))).collect();
        if columns.iter().all(Option::is_none) {
            return;
        }
        let (mut begin, mut delimiters) = (0, Vec::new());
        while let Some(rest) = lines.get(begin..).filter(|rest| !rest.is_empty()) {
            let end = memchr::memchr(b'\n', rest.as_bytes());
            let row = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim_end_matches('\r');
            self.delimiters(row, &mut delimiters);
            if delimiters.len() + 1 == columns.len() {
                let starts = std::iter::once(0).chain(delimiters.iter().map(|at| at + 1));
                let ends = delimiters.iter().copied().chain([row.len()]);
                for ((start, end), column) in starts.zip(ends).zip(&columns) {
                    let Some(label) = column else { continue };
                    let cell = row.get(start..end).unwrap_or_default();
                    let around = |byte: &u8| matches!(byte, b'"' | b' ');
                    let lead = cell.bytes().take_while(around).count();
                    let tail = cell.bytes().rev().take_while(around).count();
                    each(begin + start + lead..begin + end.saturating_sub(tail).max(start + lead), label);
                }
            }
            begin += end.map_or(rest.len(), |end| end + 1);
        }
    }

    /// The header cell above this place of a line. Of a line that is `new` the delimiters are looked for.
    fn label(&self, line: &str, at: usize, new: bool, delimiters: &mut Vec<usize>) -> Option<Arc<str>> {
        if self.header.is_empty() {
            return None;
        }
        if new {
            self.delimiters(line.trim_end_matches('\r'), delimiters);
        }
        if delimiters.len() + 1 != self.header.len() {
            return None; // part of a field that spans lines, or of no table
        }
        self.header.get(delimiters.partition_point(|delimiter| *delimiter < at))?.clone()
    }

    /// Where the delimiters of a row stand.
    fn delimiters(&self, row: &str, delimiters: &mut Vec<usize>) {
        delimiters.clear();
        if memchr::memchr(b'"', row.as_bytes()).is_none() {
            places(row.as_bytes(), self.delimiter, delimiters);
        } else {
            let mut quoted = false;
            for (at, byte) in row.bytes().enumerate() {
                quoted ^= byte == b'"';
                if byte == self.delimiter && !quoted {
                    delimiters.push(at);
                }
            }
        }
        if delimiters.len() >= self.header.len() {
            delimiters.retain(|at| row.as_bytes().get(at + 1) != Some(&b' '));
        }
    }
}

/// Adds the places of a byte. Eight bytes at a time: cells are so short that a search for each next one takes longer.
fn places(row: &[u8], byte: u8, places: &mut Vec<usize>) {
    let (eights, rest) = row.as_chunks();
    for (at, eight) in (0..).step_by(8).zip(eights) {
        let mut same = eight::same(u64::from_le_bytes(*eight), byte);
        while same != 0 {
            places.push(at + same.trailing_zeros() as usize / 8);
            same &= same - 1;
        }
    }
    let behind = row.len() - rest.len();
    places.extend(rest.iter().enumerate().filter(|(_, other)| **other == byte).map(|(at, _)| behind + at));
}

/// A first line `sep=;`, by which Excel is told the delimiter: what follows it, and the delimiter.
fn separator_line(head: &str) -> (&str, Option<u8>) {
    let told = head.get(..4).filter(|s| s.eq_ignore_ascii_case("sep=")).and_then(|_| head.as_bytes().get(4).copied());
    match told {
        Some(delimiter) if delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() => {
            (head.split_once('\n').map_or("", |(_, rest)| rest), Some(delimiter))
        }
        _ => (head, None),
    }
}

/// How many fields a line has with each of these delimiters. `None`: one that is opened on it does not end on it.
fn fields(line: &str, delimiters: [u8; 4]) -> Option<[usize; 4]> {
    if memchr::memchr(b'"', line.as_bytes()).is_none() {
        return Some(delimiters.map(|delimiter| 1 + memchr::memchr_iter(delimiter, line.as_bytes()).count()));
    }
    let closed = memchr::memchr_iter(b'"', line.as_bytes()).count().is_multiple_of(2);
    closed.then(|| delimiters.map(|delimiter| cells(line, delimiter).count()))
}

/// The fields of a line, as they stand. An empty line has one.
fn cells(line: &str, delimiter: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let mut quoted = false;
        let end = memchr::memchr2_iter(delimiter, b'"', line.as_bytes()).find(|at| {
            quoted ^= line.as_bytes().get(*at) == Some(&b'"');
            !quoted && line.as_bytes().get(*at) == Some(&delimiter)
        });
        let (cell, after) = end.map_or((line, None), |at| (line.get(..at).unwrap_or_default(), line.get(at + 1..)));
        rest = after;
        Some(cell)
    })
}

/// So many lines of all that there are have the same number of fields: a table.
fn is_consistent(same: usize, all: usize) -> bool {
    same * 5 >= all * 4
}

/// How many lines have so many fields, two at least, with each of the delimiters.
#[derive(Default)]
struct Agreement {
    lines: [BTreeMap<usize, usize>; 4],
    /// The largest number of lines.
    most: usize,
}

impl Agreement {
    fn add(&mut self, fields: &[usize; 4]) {
        for (lines, fields) in self.lines.iter_mut().zip(fields).filter(|(_, fields)| **fields >= 2) {
            let same = lines.entry(*fields).or_default();
            *same += 1;
            self.most = self.most.max(*same);
        }
    }

    /// The number of fields that most lines have with a delimiter, and how many lines those are.
    fn with(&self, nth: usize) -> Option<(usize, usize)> {
        let lines = self.lines.get(nth)?.iter().map(|(fields, same)| (*fields, *same));
        lines.max_by_key(|(fields, same)| (*same, *fields))
    }
}

/// Sentences and code have delimiters too: most of them before a space or at the end of the line, or indenting it.
fn prose<'l>(rows: impl Iterator<Item = &'l str>, delimiter: u8, fields: usize) -> bool {
    let (mut odd, mut all) = (0, 0);
    for line in rows {
        let mut cells = cells(line, delimiter);
        let indented = cells.next().is_some_and(|c| delimiter == b'\t' && c.is_empty());
        let (mut ends, mut spaced) = (false, delimiter != b'|');
        for cell in cells {
            ends = fields == 2 && cell.trim().is_empty();
            spaced &= cell.is_empty() || cell.starts_with(' ');
        }
        odd += usize::from(indented || ends || spaced);
        all += 1;
    }
    odd * 2 > all
}

/// The header, if the line's cells look like names; else nothing.
fn header(line: &str, delimiter: u8) -> Vec<Option<Arc<str>>> {
    let cells: Vec<&str> = cells(line, delimiter).map(|c| c.trim().trim_matches('"').trim()).collect();
    let name = |cell: &&str| {
        let digits = cell.bytes().filter(u8::is_ascii_digit).count();
        cell.chars().any(char::is_alphabetic) && digits < 6 && !cell.contains('@') && cell.len() <= 200
    };
    if cells.iter().all(|cell| cell.is_empty() || name(cell)) && cells.iter().any(|cell| !cell.is_empty()) {
        cells.into_iter().map(|cell| (!cell.is_empty()).then(|| Arc::from(cell))).collect()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    #[test]
    fn a_value_stands_under_its_header() {
        let seen =
            read("a.csv", "Navn;\"CPR; nr.\";;E-mail\r\nBo Å;010190-1234;x;bo@x.dk\r\n\"B; C\";1;2;3\r\n".as_bytes());
        assert_eq!(seen.format, "csv");
        assert_eq!(seen.label("010190-1234"), "CPR; nr.");
        assert_eq!(seen.at("010190-1234"), (2, 6));
        assert_eq!(seen.label("bo@x.dk"), "E-mail");
        assert_eq!(seen.label("x;bo"), "");
        assert_eq!(seen.label("C\""), "Navn");
    }

    #[test]
    fn told_by_content_with_any_delimiter_and_encoding() {
        for delimiter in [";", ",", "\t", "|"] {
            let text = "Navn,Født,Postnr\nÅse,1990-01-01,8000\nBo,1991-01-01,8000\n".replace(',', delimiter);
            let utf16: Vec<u8> = format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            let latin = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
            for bytes in [text.clone().into_bytes(), utf16, latin] {
                let seen = read("data", &bytes);
                assert_eq!((seen.format, seen.label("1990-01-01")), ("csv", "Født"), "{delimiter:?}");
            }
        }
    }

    #[test]
    fn delimiters_stand_where_they_are() {
        let row = "a;;b;\u{BA};:;;<;\u{BB}c;".repeat(3);
        for end in (0..=row.len()).filter(|end| row.is_char_boundary(*end)) {
            let (row, mut found) = (&row.as_bytes()[..end], Vec::new());
            super::places(row, b';', &mut found);
            let there: Vec<usize> = (0..end).filter(|at| row[*at] == b';').collect();
            assert_eq!(found, there, "{end}");
        }
    }

    #[test]
    fn prose_is_no_table() {
        for text in [
            "Kære Anna,\nTak, det er fint.\nVi ses, Bo\n",
            "Hej Bo,\n\ntak for mailen, den var god.\nMvh, Anna\n",
            "fn main() {\n\tlet a = 1;\n\tlet b = 2;\n\tlet c = 3;\n}\n",
            "en, to\ntre, fire\nfem, seks\n",
            "",
        ] {
            assert_eq!(read("a.txt", text.as_bytes()).format, "text", "{text}");
        }
    }

    #[test]
    fn excels_separator_line_is_obeyed() {
        let seen = read("a.csv", b"sep=,\r\nnavn,cpr\r\n\"a;b\",010190-1234\r\n");
        assert_eq!((seen.label("010190-1234"), seen.at("010190-1234")), ("cpr", (3, 7)));
    }

    #[test]
    fn data_in_the_first_line_is_no_header() {
        let seen = read("a.csv", b"Bo;010190-1234\nAnna;020290-1234\n");
        assert_eq!((seen.format, seen.label("020290")), ("csv", ""));
    }

    #[test]
    fn a_field_with_a_delimiter_that_nobody_quoted_costs_no_label() {
        let text = b"navn,adresse,cpr\nBo,Vej 1,010190-1234\nIb,Vej 2, 3. th,020290-1234\nA,b,c,d,030390-1234\n";
        let seen = read("a.csv", text);
        assert_eq!((seen.label("020290"), seen.at("020290")), ("cpr", (3, 17)));
        assert_eq!((seen.label("Vej 2"), seen.label("030390")), ("adresse", ""));
    }

    #[test]
    fn a_field_over_several_lines_loses_its_label_only() {
        let seen = read("a.csv", b"id;note;cpr\n1;\"line\nof 020290-1234\nend\";010190-1234\n2;x;030390-1234\n");
        assert_eq!((seen.label("020290"), seen.at("020290")), ("", (3, 4)));
        assert_eq!((seen.label("030390"), seen.at("030390")), ("cpr", (5, 5)));
    }
}
