//! What values that stand together say of each other: a number right behind a name or an e-mail address, and one in a
//! row of others (`86108156` in a list of phones that are mostly written so that nobody doubts them).
//!
//! In: the spans of a text, in its order. Out: the same, with the doubtful ones weighed anew. Columns that have a header
//! are `population`'s and `nearby`'s: this needs none.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::mem;

use crate::detect::cells::{self, Cell};
use crate::detect::checks::Verdict;
use crate::detect::normal::Normal;
use crate::detect::reading::{Reading, rank};
use crate::detect::span::Span;
use crate::detect::words::Meaning;
use crate::detect::{Detectors, confidence, contact, person};

/// From these odds on a value needs no help.
const SURE: f32 = 1.5;
/// So many sure values to either side are looked at.
const NEIGHBOURS: usize = 8;
/// So many of them in its place make a value one of them.
const ENOUGH: usize = 2;
/// Digits of a stamp: `202511201530`.
const STAMPED: usize = 12;
/// What somebody is, in bytes: `Driftsleder`, `ejendomsfunktionær`.
const ROLE: usize = 32;

/// Words that lead from somebody to their number.
const PREPOSITIONS: &[&str] =
    &[" på ", " on ", " at ", " via ", " hos ", " numerossa ", " numerosta ", " numeroon ", " numerolla "];
/// A noun has as many letters.
const NOUN: usize = 5;
/// Between two phones of somebody.
const SECOND: &[&str] = &[" / ", "/", " eller ", " or ", " tai ", " og ", " och ", " and ", " ja ", " & "];
/// What a phone is called that is in no plan.
const NO_PLAN: &str = "number in no plan";
/// Why a phone further on in a line is somebody's.
const ON_LINE: &str = "a name stands before it on its line";
/// So many cells behind a name are looked at, and so many bytes between two.
const CELLS: usize = 6;
/// See [`CELLS`].
const RECORD: usize = 96;

impl Detectors {
    /// An address ends where a name begins: `2100 København Lars Holm`.
    pub(super) fn before_names(&self, text: &str, names: &[person::Name], spans: &mut [Span]) {
        let address = |span: &&mut Span| span.readings.first().is_some_and(|r| Some(r.detector) == self.address);
        for span in spans.iter_mut().filter(address) {
            let from = names.partition_point(|name| name.at.start <= span.at.start);
            let cuts = |name: &&person::Name| name.odds > 0.0 && name.at.end > span.at.end;
            let Some(name) = names.iter().skip(from).take_while(|n| n.at.start < span.at.end).find(cuts) else {
                continue;
            };
            span.at.end = span.at.start + text.get(span.at.start..name.at.start).unwrap_or_default().trim_end().len();
        }
    }

    /// A number right behind a name is rather that person's: `Anna Holm, 61424037`.
    pub(super) fn beside_names(&self, text: &str, names: &[person::Name], spans: &mut [Span]) {
        for name in names.iter().filter(|name| name.odds > 0.0) {
            let from = spans.partition_point(|span| span.at.start < name.at.end);
            self.record(text, name.at.end, spans.get_mut(from..).unwrap_or_default());
            let Some(span) = spans.get_mut(from).filter(|span| {
                span.at.start - name.at.end <= 3 || text.get(name.at.end..span.at.start).is_some_and(leads)
            }) else {
                continue;
            };
            let first = self.likeliest(span);
            let number = first.is_some_and(|d| d.category == "national_id");
            let gap = text.get(name.at.end..span.at.start).unwrap_or_default();
            if number && matches!(gap, " " | ", " | " (" | ": " | " - ") {
                for reading in span.readings.iter_mut().filter(|r| !r.label) {
                    if self.get(reading.detector).is_some_and(|d| d.category == "national_id") {
                        reading.odds += confidence::SOMEBODY;
                        // `Alice Nilsson, 201609261720` is no stamp.
                        if span.at.len() == STAMPED && mem::take(&mut reading.rival) {
                            reading.odds -= confidence::STAMP;
                        }
                        reading.note = "a name stands right before it";
                    }
                }
            }
            // What only explains a number away (an ISBN without its label) says less than a name.
            let label = span.readings.first().is_some_and(|r| r.label);
            if first.is_none_or(|d| d.category != "contact" && (d.report || label)) {
                continue;
            }
            let blank = gap.chars().all(char::is_whitespace);
            let line = || text.get(span.at.end..).is_none_or(|rest| rest.is_empty() || rest.starts_with(['\n', '\r']));
            let cell = if blank { gap.ends_with('\n') && line() } else { closes(text, span.at.end) };
            for reading in &mut span.readings {
                // An e-mail address needs no such help, an international number in one piece does.
                let sure = reading.verdict == Verdict::Plausible
                    || reading.kind.starts_with("international")
                    || reading.kind == NO_PLAN && (cell || PREPOSITIONS.contains(&gap));
                let contact = self.get(reading.detector).is_some_and(|d| d.category == "contact");
                // `Maiken Svendsen on 60 060 684`; or a word stands near as well: `contact Liam King, 23316379`.
                let near = if PREPOSITIONS.contains(&gap) {
                    confidence::LABEL
                } else if reading.said >= confidence::NEAR {
                    confidence::BOTH
                } else {
                    confidence::NEAR
                };
                // `Ole Vik (990 46 205), …`, whatever is spoken of behind it.
                let least = if gap == " (" { confidence::AGAINST } else { 0.0 };
                if contact && (least..near).contains(&reading.said) && sure && reading.note != ON_LINE {
                    reading.odds += near - reading.said;
                    reading.note = "a name stands right before it";
                }
            }
            rank(&mut span.readings);
        }
    }

    /// A noun right before a number that no check digit vouches for says what it is: `Tilbud 170207-6014`. Words for
    /// somebody and names, which `sights` hold, do not.
    pub(super) fn behind_nouns(&self, text: &str, sights: &[person::Sight], spans: &mut [Span]) {
        for span in spans {
            let Some(reading) = span.readings.first_mut() else { continue };
            let national = self.get(reading.detector).is_some_and(|d| d.category == "national_id");
            if !national || reading.verdict != Verdict::Doubtful || reading.word.is_some() {
                continue;
            }
            let before = text.get(..span.at.start).and_then(|before| before.strip_suffix(' ')).unwrap_or_default();
            let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
            let at = before.len() - word.len();
            let known = |sight: &person::Sight| {
                let person = matches!(
                    sight.meaning,
                    Meaning::Given(_) | Meaning::Surname(_) | Meaning::Person(_) | Meaning::Title
                );
                person && sight.at.start == at
            };
            let from = sights.partition_point(|sight| sight.at.start < at);
            let somebody = sights.iter().skip(from).take_while(|sight| sight.at.start == at).any(known);
            if word.chars().count() >= NOUN && !somebody {
                reading.odds += confidence::NOUN;
            }
        }
    }

    /// Cells behind a name are that person's, as far as the line goes: `Anna Holm;010190-1235;anna@example.dk;6166060`.
    /// `spans` begin behind the name.
    fn record(&self, text: &str, mut from: usize, spans: &mut [Span]) {
        let mut known = false;
        for (number, span) in spans.iter_mut().take(CELLS).enumerate() {
            let Some(gap) = text.get(from..span.at.start) else { return };
            let phone = |r: &Reading| self.get(r.detector).is_some_and(|d| d.normal == Normal::Phone);
            let other = !span.readings.iter().any(phone);
            if !are_cells(gap, other) {
                return;
            }
            if other {
                let first = self.likeliest(span);
                let sure = span.odds() > 0.0;
                known |= sure && first.is_some_and(|d| matches!(&*d.category, "national_id" | "contact" | "vehicle"));
                from = if sure { span.at.end } else { from };
                continue;
            }
            // Right behind the name it is that, and no cell.
            if (number == 0 && gap.len() <= 3) || span.odds() > SURE || !closes(text, span.at.end) {
                return;
            }
            // Ten digits in one piece are much else.
            let value = text.get(span.at.clone()).unwrap_or_default();
            if value.starts_with('0') && value.bytes().all(|b| b.is_ascii_digit()) && !agrees(text, span.at.start) {
                return;
            }
            let record = if known { confidence::SOMEBODY } else { 0.0 };
            for reading in span.readings.iter_mut().filter(|r| phone(r)) {
                let may = reading.verdict == Verdict::Plausible || reading.kind == NO_PLAN;
                if may && (0.0..confidence::NEAR).contains(&reading.said) {
                    reading.odds += confidence::NEAR - reading.said + record;
                    reading.note = ON_LINE;
                }
            }
            rank(&mut span.readings);
            return;
        }
    }

    /// A phone right behind an e-mail address or a postal one: `anna@example.dk, 61424037`.
    pub(super) fn beside_mail(&self, text: &str, spans: &mut [Span]) {
        let is = |span: &Span, normal: Normal| self.likeliest(span).is_some_and(|d| d.normal == normal);
        for at in 1..spans.len() {
            let Some((mail, rest)) = spans.split_at_mut_checked(at) else { continue };
            let (Some(mail), Some(phone)) = (mail.last(), rest.first_mut()) else { continue };
            // In a list or a table it is another column's.
            let near = text.get(mail.at.end..phone.at.start).is_some_and(|gap| {
                matches!(
                    gap,
                    ", " | "', '"
                        | "\", \""
                        | " "
                        | " / "
                        | " eller "
                        | " or "
                        | " tai "
                        | " og "
                        | " och "
                        | ">, "
                        | "), "
                        | " | "
                        | " · "
                )
            });
            let gap = text.get(mail.at.end..phone.at.start).unwrap_or_default();
            // `Mobil mor/far: 81928962 / 86096517`
            if is(mail, Normal::Phone) && is(phone, Normal::Phone) && mail.odds() > 0.0 && SECOND.contains(&gap) {
                for reading in phone.readings.iter_mut().filter(|r| (0.0..confidence::LABEL).contains(&r.said)) {
                    reading.odds += confidence::LABEL - reading.said;
                    reading.note = "a phone stands right before it";
                }
            }
            let address = mail.readings.first().is_some_and(|r| Some(r.detector) == self.address);
            // `8000 Aarhus C⏎24338393`
            let below = address && matches!(gap, "\n" | "\r\n") && ends_line(text, phone.at.end);
            let near = near || below;
            let before = if is(mail, Normal::Email) {
                "an e-mail address stands right before it"
            } else {
                "an address stands right before it"
            };
            if near && (is(mail, Normal::Email) || address) && mail.odds() > 0.0 && is(phone, Normal::Phone) {
                let may = |r: &&mut Reading| {
                    (r.verdict == Verdict::Plausible || below && r.kind == NO_PLAN)
                        && r.word.is_none()
                        && r.note != ON_LINE
                };
                for reading in phone.readings.iter_mut().filter(may) {
                    reading.odds += confidence::NEAR;
                    reading.note = before;
                }
            }
        }
    }

    /// Doubtful numbers in a row of sure ones.
    pub(super) fn beside_rows(&self, text: &str, spans: &mut [Span]) {
        let number = |detector: u16| self.get(detector).is_some_and(|d| matches!(&*d.category, "contact" | "account"));
        let sure: Vec<(usize, u16)> = spans
            .iter()
            .filter(|span| span.odds() > SURE)
            .filter_map(|span| Some((span.at.start, span.readings.first()?.detector)))
            .filter(|(_, detector)| number(*detector))
            .collect();
        if sure.len() < ENOUGH {
            return;
        }
        // In the order of the text: each looks at those around it, whose cells are found once.
        let mut next = 0;
        let cells: Vec<OnceCell<Option<Cell>>> = sure.iter().map(|_| OnceCell::new()).collect();
        for span in spans.iter_mut().filter(|span| span.odds() <= SURE) {
            while sure.get(next).is_some_and(|(at, _)| *at < span.at.start) {
                next += 1;
            }
            let around = next.saturating_sub(NEIGHBOURS)..(next + NEIGHBOURS).min(sure.len());
            let cells = cells.get(around.clone()).unwrap_or_default();
            let around = sure.get(around).unwrap_or_default();
            // `4520304051` is an order's number as well.
            let fits = |r: &Reading| r.said >= 0.0 && r.kind != contact::UNSIGNED;
            let may = |detector: u16| span.readings.iter().any(|r| r.detector == detector && fits(r));
            if around.iter().filter(|(_, detector)| may(*detector)).take(ENOUGH).count() < ENOUGH {
                continue;
            }
            let Some(cell) = cells::cell(text, span.at.start) else { continue };
            let is = |(at, known): (usize, &OnceCell<Option<Cell>>)| {
                known.get_or_init(|| cells::cell(text, at)).as_ref() == Some(&cell)
            };
            let with = around.iter().zip(cells);
            let mut same = with.filter(|((at, _), known)| is((*at, known))).map(|(sure, _)| sure);
            let Some((_, first)) = same.next() else { continue };
            if !may(*first) || same.clone().count() + 1 < ENOUGH || same.any(|(_, detector)| detector != first) {
                continue;
            }
            for reading in span.readings.iter_mut().filter(|r| r.detector == *first) {
                reading.odds += confidence::NEAR;
                reading.note = "others stand above or below it";
            }
            rank(&mut span.readings);
        }
    }
}

/// What stands between two cells of a line: further ones that are short. A label may begin the last: `, born `.
fn are_cells(gap: &str, labelled: bool) -> bool {
    // Most stand side by side.
    if matches!(gap, ";" | "," | "\t" | "|" | ", " | "; " | " | ") {
        return true;
    }
    if gap.len() > RECORD || gap.contains('\n') {
        return false;
    }
    let bare = |c: char| matches!(c, ' ' | '"' | '\'' | '(' | '+' | '\u{A0}');
    let dashed = gap.as_bytes().windows(3).any(|part| part == b" - ");
    let gap = if dashed { Cow::Owned(gap.replace(" - ", "|")) } else { Cow::Borrowed(gap) };
    let mut parts = gap.split([';', ',', '|', '\t', '–', '·']).peekable();
    let (mut number, mut all) = (0, true);
    while let Some(part) = parts.next() {
        let edge = number == 0 || parts.peek().is_none();
        let inner = part.trim_matches(bare);
        all &= if edge {
            inner.is_empty() || number == 0 && inner == ")" || number > 0 && labelled && is_label(inner)
        } else {
            inner.len() <= ROLE && inner.split(' ').count() <= 4 && !is_number(inner)
        };
        number += 1;
    }
    all && number > 1
}

/// A short word, as `f.` and `born`.
fn is_label(word: &str) -> bool {
    word.len() <= 12 && word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | ':'))
}

/// Some number, of which a phone may be the second half: `4584;03671291`.
fn is_number(cell: &str) -> bool {
    cell.len() > 2 && cell.bytes().all(|b| b.is_ascii_digit())
}

/// The cells above and below begin as a number with its trunk zero does, if there are any: in a column of numbers of ten
/// digits some do by chance.
fn agrees(text: &str, at: usize) -> bool {
    let Some(Cell { delimiter, number }) = cells::cell(text, at) else { return true };
    let begin = text.get(..at).and_then(|before| before.rfind('\n'));
    let above = begin.and_then(|end| text.get(..end)).and_then(|before| before.rsplit('\n').next());
    let rest = text.get(at..).unwrap_or_default();
    let below = rest.find('\n').and_then(|end| rest.get(end + 1..)).and_then(|rest| rest.split('\n').next());
    above.into_iter().chain(below).filter(|line| line.len() < cells::LINE).all(|line| {
        let cell = line.split(char::from(delimiter)).nth(number).unwrap_or_default();
        let digits = cell.bytes().filter(u8::is_ascii_digit).count();
        digits < 7 || cell.trim_start_matches([' ', '"', '\'']).starts_with(['0', '+', '('])
    })
}

/// A line ends here, or goes on with an e-mail address or the like.
fn ends_line(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    rest.is_empty() || [", ", " |", " ·", "\n", "\r"].iter().any(|end| rest.starts_with(end))
}

/// A cell or a sentence ends here.
fn closes(text: &str, end: usize) -> bool {
    let stops = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\n', '\r']);
    cells::ends(text, end) || text.get(end..).and_then(|rest| rest.strip_prefix('.')).is_some_and(stops)
}

/// What may stand between somebody's name and phone: `på`, or what they are (`, formand: `, ` (mamma) `, a line of a
/// signature).
fn leads(gap: &str) -> bool {
    if PREPOSITIONS.contains(&gap) || matches!(gap, " – " | " — " | " - " | " | " | " · " | "\r\n") {
        return true;
    }
    // `Olle Henriksson har nyckel, 0791345028`
    let said = gap.strip_prefix(' ').and_then(|rest| rest.strip_suffix(", "));
    if said.is_some_and(|said| said.len() <= ROLE && said.chars().all(|c| c.is_lowercase() || c == ' ')) {
        return true;
    }
    let before = [", ", " (", "\n", " – ", " - "].iter().find_map(|lead| gap.strip_prefix(lead));
    let inner = before.and_then(|rest| {
        [", ", ": ", ") ", "): ", "), ", " (", " | ", " – "].iter().find_map(|end| rest.strip_suffix(end))
    });
    inner.is_some_and(|role| {
        (2..=ROLE).contains(&role.len()) && role.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use crate::detect::Detectors;

    #[test]
    fn a_phone_behind_somebody_is_theirs() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let phones = |text: &str| detectors.spans_of(text, "phone").iter().any(|s| s.odds() > 0.0);
        for text in [", ægtefælle, ", " (mamma) ", "\nDriftsleder, ", " på ", ", formand: ", "  "] {
            assert!(phones(&format!("Omar Hansen{text}42 27 14 13")), "{text:?}");
        }
        assert!(!phones("Omar Hansen, ordrenr. 42 27 14 13"));
    }

    #[test]
    fn a_number_among_sure_ones_is_one() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let phones = |text: &str| {
            let spans = detectors.look(text).spans;
            spans.iter().filter(|s| s.odds() > 0.0).map(|s| text[s.at.clone()].to_owned()).collect::<Vec<_>>()
        };
        let list = "a;41 11 80 21;7\nb;+45 48 89 41 66;7\nc;86108156;71985092\n";
        assert_eq!(phones(list), ["41 11 80 21", "+45 48 89 41 66", "86108156"]);
        assert_eq!(phones("a;41 11 80 21;7\nb;86108156;7\n"), ["41 11 80 21"]);
    }

    #[test]
    fn a_number_further_on_a_line_is_somebody_s() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let phone = |text: &str, value: &str| {
            let phones = detectors.spans_of(text, "phone").into_iter().filter(|s| s.odds() > 0.0);
            phones.map(|s| &text[s.at]).any(|phone| phone == value)
        };
        assert!(phone("Arvid Holm – 3 plasser – KH75787 – 48321410", "48321410"));
        assert!(phone("Erja Holm, born 3 September 1943, 0401586374, x@y.fi", "0401586374"));
        assert!(phone("Freyja Jónsdóttir;120460-7149;freyja@simnet.is;6166060", "6166060"));
        assert!(phone("Bo Holm\nKystvejen 38\n8000 Aarhus C\n24338393\n", "24338393"));
        assert!(phone("Mobil: 81928962 / 86096517", "86096517"));
        assert!(!phone("Anna Holm;4584;24338393;x", "24338393"));
        let many = "1,'Anna Holm','a@example.se',0709056530,'x'\n2,'Bo Vik','b@example.se',5409056530,'x'\n";
        assert!(!phone(many, "0709056530"));
    }
}
