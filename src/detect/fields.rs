//! Values of fields that name a category: `Diagnose: Mb. Whipple`, a cell under `Fagforening`. They need be no keyword.
//!
//! In: the dictionary's sights of one piece (the labels are data), and the cells of tables. Out: values with their
//! detectors. Whether they are about somebody, `special` says.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use foldhash::fast::FixedState;

use crate::detect::Detectors;
use crate::detect::key::Key;
use crate::detect::labels::Labels;
use crate::detect::nearby::spaced;
use crate::detect::person::{Sight, folded};
use crate::detect::words::Meaning;
use crate::extract::Text;

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its bytes.
    pub at: Range<usize>,
    /// The detector that its label belongs to.
    pub detector: u16,
    /// Only known words in it are keywords, or names.
    pub hint: bool,
}

/// A longer value is a story, not a value.
const LONGEST: usize = 70;
/// The same in words.
const WORDS: usize = 8;
/// The same of a value on a line below its label.
const BELOW: usize = 4;
/// A label of a column has no more bytes.
const LABEL: usize = 48;
/// So many digits in a row are no header's.
const DATA: usize = 5;
/// Lines that are looked at behind a header in plain text.
const ROWS: usize = 500;
/// A header's line has fewer bytes.
const HEADER: usize = 1000;
/// Where a value ends is looked for so far: a longer one is none.
const FAR: usize = 256;
/// None of [`BLANK`] has more bytes.
const BLANKEST: usize = 10;
/// What stands in fields that say nothing, in lower case.
static BLANK: LazyLock<HashSet<&[u8], FixedState>> = LazyLock::new(|| {
    let words = [
        "ja",
        "nej",
        "nei",
        "yes",
        "no",
        "kyllä",
        "ei",
        "ingen",
        "inga",
        "inget",
        "intet",
        "ikke",
        "ikkje",
        "inte",
        "none",
        "not",
        "nil",
        "na",
        "ukendt",
        "okänd",
        "okänt",
        "ukjent",
        "tuntematon",
        "unknown",
        "uoplyst",
        "se",
        "see",
        "vælg",
        "skriv",
        "angiv",
        "ange",
        "angi",
        "oppgi",
        "select",
        "enter",
        "normal",
        "rask",
        "frisk",
        "terve",
        "healthy",
        "ren",
        "true",
        "false",
        "null",
        "tom",
        "nihil",
        "ohne",
        "x",
        "nn",
        "tbd",
        "todo",
        "string",
        "text",
        "varchar",
        "yksityinen",
        "privat",
        "dato",
        "date",
        "navn",
        "namn",
        "nimi",
        "name",
    ];
    words.into_iter().map(str::as_bytes).collect()
});

impl Detectors {
    /// The cells of a table that stand under such labels.
    pub(super) fn telling_cells(&self, text: &Text<'_>, labels: &Labels) -> Vec<Field> {
        let detector = |label: &str| labels.get(self, label).telling(self, label);
        let mut fields = Vec::new();
        (text.cells)(&text.own, &|label| detector(label).is_some(), &mut |at: Range<usize>, label: &Arc<str>| {
            // The header is a row too.
            if let Some(detector) = detector(label)
                && let Some(at) = plausible(text.str, at)
                && text.str.get(at.clone()) != Some(label)
            {
                fields.push(Field { at, detector, hint: false });
            }
        });
        fields.sort_by_key(|field| field.at.start);
        fields
    }

    /// The detector that a column's header belongs to.
    pub(super) fn labelled_by(&self, label: &str) -> Option<u16> {
        if label.len() > LABEL {
            return None;
        }
        let label = spaced(label);
        let mut detector = None;
        let mut at = 0;
        for word in label.split_inclusive(|c: char| !c.is_alphabetic()) {
            let end = at + word.trim_end_matches(|c: char| !c.is_alphabetic()).len();
            if end > at {
                let key = Key::of(label.as_bytes(), at, end);
                self.tables().words.look(&label, at..end, key, &mut |_, meaning| {
                    if let Meaning::Label(number) = meaning {
                        detector = Some(number);
                    }
                });
            }
            at += word.len();
        }
        detector
    }
}

/// Adds the values behind labels and under headers in plain text, in the order of the text. A header by itself is no
/// keyword: `Nimi;Hetu;Liitto`. `name` is the detector of names.
pub fn values(
    text: &str,
    sights: &mut Vec<Sight>,
    people: &[Range<usize>],
    name: Option<u16>,
    fields: &mut Vec<Field>,
) {
    let before = fields.len();
    let mut headers: Vec<Range<usize>> = Vec::new();
    let mut known = Columns::default();
    for (number, sight) in sights.iter().enumerate() {
        let (detector, hint) = match sight.meaning {
            Meaning::Label(detector) => (detector, false),
            Meaning::Hint(detector) => (detector, true),
            _ => continue,
        };
        if let Some(at) = behind(text, sight.at.end) {
            let at = up_to_label(text, at, sights.get(number + 1..).unwrap_or_default());
            fields.push(Field { at, detector, hint });
        } else if known.under(text, &sight.at, detector, &mut |at| fields.push(Field { at, detector, hint })) {
            headers.push(sight.at.clone());
        } else if let Some(at) = below(text, &sight.at) {
            // Any word has the form of a name, that of the next field too.
            fields.push(Field { at, detector, hint: hint || Some(detector) == name });
            headers.push(sight.at.clone());
        }
    }
    if !headers.is_empty() {
        // They are in the order of the text, and none is as long.
        let header = |at: &Range<usize>| {
            let to = headers.partition_point(|header| header.start < at.end);
            let mut near = headers.iter().take(to).rev().take_while(|header| header.start + FAR > at.start);
            near.any(|header| at.start < header.end)
        };
        sights.retain(|sight| !matches!(sight.meaning, Meaning::Keyword(..)) || !header(&sight.at));
    }
    if fields.len() > before {
        fields.sort_by_key(|field| (field.at.start, field.at.end));
        fields.dedup();
    }
    fields.retain(|field| {
        let to = people.partition_point(|person| person.start < field.at.end);
        people.iter().take(to).next_back().is_none_or(|person| person.end <= field.at.start)
    });
}

/// A value up to the next label on its line: `Fornavn: Abdi Etternavn: Warsame`.
fn up_to_label(text: &str, at: Range<usize>, sights: &[Sight]) -> Range<usize> {
    let inside = |sight: &&Sight| sight.at.start < at.end;
    let label = |sight: &&Sight| {
        matches!(sight.meaning, Meaning::Label(_) | Meaning::Hint(_))
            && sight.at.start > at.start
            && text.as_bytes().get(sight.at.end) == Some(&b':')
    };
    let Some(next) = sights.iter().take_while(inside).find(label) else { return at };
    let value = text.get(at.start..next.at.start).unwrap_or_default().trim_end();
    at.start..at.start + value.len()
}

/// What stands behind a label and its colon: `Diagnose (ICD-10): KOL`.
fn behind(text: &str, end: usize) -> Option<Range<usize>> {
    let rest = text.get(end..)?;
    // `Fagforening....: PROSA`
    let mut colon = rest.trim_start_matches(['"', '\'', '*', ' ', '.', '_', '…']);
    if let Some(bracket) = colon.strip_prefix('(') {
        let near = bracket.get(..bracket.floor_char_boundary(LABEL)).unwrap_or_default();
        colon = near.find([')', '\n']).and_then(|at| bracket.get(at..)?.strip_prefix(')'))?;
    }
    let value = colon.trim_start_matches(['*', ' ']).strip_prefix([':', '='])?;
    let value = value.trim_start_matches([' ', '\t', '\u{A0}', '"', '\'', '*']);
    let start = text.len() - value.len();
    let value = value.get(..value.floor_char_boundary(FAR)).unwrap_or_default();
    let length = value.find(['\n', '\r', '\t', ';', '|', ',', '"', '(']).unwrap_or(value.len());
    // `Mb. Crohn` goes on.
    let letters = |before: &str| before.chars().rev().take_while(|c| c.is_alphanumeric()).count();
    let stop = |(at, _): &(usize, &str)| letters(value.get(..*at).unwrap_or_default()) > 2;
    let length = value.match_indices(". ").find(stop).map_or(length, |(at, _)| at.min(length));
    plausible(text, start..start + length)
}

/// The line below a label that fills its own, as forms are copied: `Faglig organisation⏎FOA⏎`.
fn below(text: &str, label: &Range<usize>) -> Option<Range<usize>> {
    let before = text.get(..label.start)?.trim_end_matches(|c: char| c != '\n' && c.is_whitespace());
    let rest = text.get(label.end..)?.trim_start_matches([' ', '\r']).strip_prefix('\n')?;
    let near = rest.get(..rest.floor_char_boundary(FAR))?;
    let value = near.get(..near.find('\n').unwrap_or(near.len()))?.trim_end();
    let short = value.split(' ').count() <= BELOW && !value.ends_with([':', '.', '?', '!', ',']);
    let start = text.len() - rest.len();
    if (before.is_empty() || before.ends_with('\n')) && short {
        plausible(text, start..start + value.len())
    } else {
        None
    }
}

/// Columns under headers of plain text: detector, number, and how far they go.
#[derive(Default)]
struct Columns(Vec<(u16, usize, usize)>);

impl Columns {
    /// The cells of the lines below a header, which have as many: of tables in plain text. Whether it is a header. Where
    /// such a label stands under one of its own, its cells are given already.
    fn under(&mut self, text: &str, label: &Range<usize>, detector: u16, each: &mut dyn FnMut(Range<usize>)) -> bool {
        let bytes = text.as_bytes();
        let far = text.ceil_char_boundary(label.start.saturating_sub(HEADER));
        let end = text.floor_char_boundary(label.end + HEADER);
        let begin = match text.get(far..label.start).and_then(|near| near.rfind('\n')) {
            Some(at) => far + at + 1,
            None if far == 0 => 0,
            None => return false,
        };
        let header = text.get(begin..end).and_then(|near| near.split_inclusive('\n').next());
        let Some(header) = header.filter(|line| line.len() < HEADER) else { return false };
        let lines = text.get(begin + header.len()..).unwrap_or_default().split_inclusive('\n');
        let Some(delimiter) = bytes.get(label.end).copied().filter(|b| b"\t;|,".contains(b)).or_else(|| {
            let before = text.get(begin..label.start)?.trim_end_matches(' ').bytes().next_back()?;
            (b"\t;|,".contains(&before) && matches!(bytes.get(label.end), None | Some(b'\r' | b'\n' | b' ')))
                .then_some(before)
        }) else {
            return false;
        };
        let count = |line: &str| memchr::memchr_iter(delimiter, line.as_bytes()).count();
        let cells = count(header);
        let column = text.get(begin..label.start).map(count).unwrap_or_default();
        self.0.retain(|(.., end)| *end > begin);
        if self.0.iter().any(|(of, number, _)| *of == detector && *number == column) {
            return true;
        }
        // A row of data, of which one cell happens to be a label.
        if header.contains('@') || header.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= DATA) {
            return false;
        }
        // A list in a sentence, or a row of two: `Diagnose, behandling`.
        if cells < if delimiter == b',' { 3 } else { 1 } || header.contains(". ") {
            return false;
        }
        let (mut at, mut rows, mut ends) = (begin + header.len(), 0, Vec::with_capacity(cells + 1));
        for line in lines.take(ROWS) {
            ends.clear();
            ends.extend(memchr::memchr_iter(delimiter, line.as_bytes()));
            let rule = line.trim().bytes().all(|b| b"-|:+= ".contains(&b));
            if ends.len() != cells && !rule {
                break;
            }
            rows += usize::from(!rule);
            let start = column.checked_sub(1).map_or(Some(0), |before| ends.get(before).map(|end| end + 1));
            let end = ends.get(column).copied().unwrap_or_else(|| line.trim_end_matches(['\r', '\n']).len());
            if let Some(start) = start
                && let Some(value) = plausible(text, at + start..at + end)
            {
                each(value);
            }
            at += line.len();
        }
        if rows > 0 {
            self.0.push((detector, column, at));
        }
        rows > 0
    }
}

/// The value without quotes and spaces, if it says something.
fn plausible(text: &str, at: Range<usize>) -> Option<Range<usize>> {
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '*' | '.' | ',');
    let written = text.get(at.clone())?;
    let value = written.trim_start_matches(quotes);
    let start = at.start + written.len() - value.len();
    let value = value.trim_end_matches(quotes);
    // Most cells of a table are numbers.
    if value.len() > LONGEST || !value.starts_with(char::is_alphabetic) {
        return None;
    }
    // C2 begins the controls that are not of ASCII.
    let odd =
        |byte| matches!(byte, b'@' | b'_' | b'{' | b'}' | b'<' | b'>' | b'=' | b'\\' | b'?' | b'/' | 0..b' ' | 0x7F);
    let (mut spaces, mut any_odd, mut wide) = (0, false, false);
    for byte in value.bytes() {
        spaces += usize::from(byte == b' ');
        any_odd |= odd(byte);
        wide |= byte == 0xC2;
    }
    if any_odd || spaces >= WORDS || wide && value.contains(char::is_control) {
        return None;
    }
    let first = value.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let abbreviation = first.len() == 2 && first.starts_with(|c: char| c.is_ascii_uppercase());
    let word = abbreviation || first.chars().nth(2).is_some();
    let blank = || first.len() <= BLANKEST && BLANK.contains(&*folded(first));
    (word && !blank()).then(|| start..start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        use crate::job::{Input, Job};
        use crate::record::Record;
        use crate::scan::{Context, scan};
        let now: jiff::Zoned = "2026-11-20T12:00[Europe/Copenhagen]".parse().unwrap();
        let ctx = Context::new(Detectors::load(None, now.date()).unwrap(), now);
        let mut found = Vec::new();
        scan(Job::new("x.txt".to_owned(), Input::Bytes(text.as_bytes().to_vec())), &ctx, &mut |record| {
            if let Record::Finding(finding) = record
                && finding.detector.starts_with("keyword.")
                && finding.confidence >= 0.5
            {
                found.push((finding.detector.to_string(), finding.value.reveal().unwrap_or_default().to_owned()));
            }
        });
        found
    }

    #[test]
    fn what_says_nothing_is_no_value() {
        assert!(BLANK.iter().all(|blank| blank.len() <= BLANKEST));
        for none in ["a@b.dk", "Se\u{85}her", "Tuntematon", "Ingen, tak", "4711", "en to tre fire fem seks syv otte ni"]
        {
            assert_eq!(plausible(none, 0..none.len()), None, "{none:?}");
        }
        for (text, value) in
            [(" \"Mb. Crohn\", ", "Mb. Crohn"), ("§", ""), ("MS", "MS"), ("Åndenød–svær", "Åndenød–svær")]
        {
            assert_eq!(plausible(text, 0..text.len()).map_or("", |at| &text[at]), value);
        }
    }

    #[test]
    fn a_field_that_names_a_category_makes_its_value_one() {
        let one = |detector: &str, value: &str| (detector.to_owned(), value.to_owned());
        let form = "Navn: Anna Holm\nCPR: 010190-1235\nDiagnose: Mb. Whipple\n";
        assert!(found(form).contains(&one("keyword.health", "Mb. Whipple")));
        let table = "namn;fack;avgift\nEva Ström;Kommunal;311\nErik Ek;-;0\n";
        assert_eq!(found(table), [one("keyword.union", "Kommunal")]);
        assert!(found("Navn: Anna Holm\nCPR: 010190-1235\nDiagnose: nej\n").is_empty());
    }

    /// A label that stands in every row is data, and the rows are gone through once.
    #[test]
    fn a_label_in_every_row_heads_no_columns() {
        let rows = "Diagnose;\n".repeat(400) + "KOL;\n";
        let words = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let mut sights = words.walk(&rows).words;
        let mut fields = Vec::new();
        values(&rows, &mut sights, &[], None, &mut fields);
        assert_eq!(fields.len(), 400, "each once, but for the first");
        assert!(!sights.iter().any(|sight| matches!(sight.meaning, Meaning::Keyword(..)) && sight.at.start < 3000));
    }

    #[test]
    fn members_in_lists_and_below_labels() {
        let values = |text: &str| found(text).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(
            values("Navn\nAnna Holm\nCPR\n010190-1235\nFaglig organisation\nFarmakonomforeningen\n"),
            ["Farmakonomforeningen"]
        );
        let list =
            "Liste fra tillidsrepræsentanten\nAnna Holm – Krifa – lokal 12\nBo Vik – Jordemoderforeningen – lokal 13\n";
        let found = values(list);
        assert!(found.contains(&"Krifa".to_owned()) && found.contains(&"Jordemoderforeningen".to_owned()), "{found:?}");
        assert!(values("Anna Holm;FI\nBo Vik;FI\nEva Moen;FI\n").is_empty());
    }

    #[test]
    fn a_member_needs_what_ties_it() {
        let politics = |text: &str| found(text).iter().any(|(detector, _)| detector == "keyword.politics");
        assert!(politics("Anna Holm er kredsformand i Venstre."));
        assert!(!politics("Anna Holm går til Venstre ved lyset."));
    }
}
