//! Dates of birth without a label: in short, right behind a name (`Anna Holm, f. 12.03.1985`; one letter is no literal that a
//! pattern could be tried around, a name is), and in the cell behind it in a list without a header.
//!
//! In: a text and the names in it. Out: spans of the detector of dates of birth, by its own pattern.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::detect::Detectors;
use crate::detect::cells;
use crate::detect::detector::Detector;
use crate::detect::form::Form;
use crate::detect::person::Name;
use crate::detect::span::Span;

/// The detector of dates of birth, a label of its, and how much behind a name may be one.
const BIRTH: &str = "birth_date";
const BORN: &str = "born ";
const BORN_REACH: usize = 32;
/// So many people with dates behind them make a list.
const LIST: usize = 3;
/// Dates of birth lie so many years apart, and many of them so many years back: those of bookings do not.
const APART: i16 = 8;
/// See [`APART`].
const GROWN: i16 = 12;

impl Detectors {
    /// A date of birth in short, right behind a name: `Anna Holm, f. 12.03.1985`; or in a list of people.
    pub(super) fn births(&self, text: &str, names: &[Name], found: &mut Vec<Span>) {
        let births = self.list.iter().zip(0u16..).find(|(detector, _)| detector.id == BIRTH && detector.on);
        let Some((detector, number)) = births else { return };
        let mut listed: Vec<(Range<usize>, i16)> = Vec::new();
        let mut begin = None;
        let mut people: BTreeSet<&str> = BTreeSet::new();
        for name in names.iter().filter(|name| name.odds > 0.0) {
            let rest = text.get(name.at.end..).unwrap_or_default();
            let word = rest.trim_start_matches([' ', ',', '(', ';', '|', '\t', '–', '-', '"']);
            if let Some(date) = ["f.", "f ", "b.", "s."].iter().find_map(|short| word.strip_prefix(short)) {
                let start = text.len() - date.trim_start_matches(' ').len();
                if let Some(at) = born(text, start, BORN_REACH, detector) {
                    self.birth(text, at, detector, number, found);
                }
            } else if may_begin_date(word)
                // Two spaces are less than a delimiter: dates of signatures stand behind them.
                && cells::ends(text, name.at.end)
                && !rest.starts_with("  ")
            {
                let start = text.len() - word.len();
                // A date that goes on in the next cell or line fills none, and to look for it there is dear.
                let cell = word.find(['\t', '\n']).unwrap_or(word.len());
                if let Some(at) = born(text, start, cell.min(BORN_REACH), detector).filter(|at| cells::fills(text, at))
                    && let Some(year) = text.get(at.clone()).and_then(year)
                {
                    begin = begin.or(Some(name.at.start));
                    people.extend(text.get(name.at.clone()));
                    listed.push((at, year));
                }
            }
        }
        let years = || listed.iter().map(|(_, year)| *year);
        let apart = years().max().zip(years().min()).is_some_and(|(last, first)| {
            last <= self.today.year() && last - first >= APART && first > self.today.year() - 110
        });
        let grown = years().filter(|year| *year < self.today.year() - GROWN).count();
        if people.len() >= LIST.max(listed.len() / 2)
            && apart
            && 2 * grown > listed.len()
            && begin.is_some_and(|at| !has_header(text, at))
        {
            for (at, _) in listed {
                self.birth(text, at, detector, number, found);
            }
        }
    }

    fn birth(&self, text: &str, at: Range<usize>, detector: &Detector, number: u16, found: &mut Vec<Span>) {
        let form = Form { detector: number, number: 0, odds: 0.0 };
        let value = text.get(at.clone()).unwrap_or_default();
        if let Some(reading) = self.reading(detector, form, value, || 0.0, &LazyCell::new(Vec::new)) {
            found.push(Span { at, readings: vec![reading] });
        }
    }
}

/// A date begins with a day or a year.
fn may_begin_date(text: &str) -> bool {
    matches!(text.bytes().take_while(u8::is_ascii_digit).count(), 1 | 2 | 4)
}

/// The date that begins at `start`. The pattern is compiled only where there is one.
fn born(text: &str, start: usize, reach: usize, detector: &Detector) -> Option<Range<usize>> {
    let pattern = detector.pattern.as_ref()?;
    let date = text.get(start..)?;
    let line = format!("{BORN}{}", date.get(..date.floor_char_boundary(reach)).unwrap_or_default());
    let (_, value) = pattern.find(&line).filter(|(_, value)| value.start == BORN.len())?;
    Some(start..start + value.len())
}

fn year(date: &str) -> Option<i16> {
    let year = date.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 4)?;
    year.parse().ok()
}

/// The line before the one that holds `at` has cells too, and no digits: it names the columns.
fn has_header(text: &str, at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rfind('\n')).unwrap_or(0);
    let before = text.get(..line).and_then(|before| before.trim_end().rsplit('\n').next()).unwrap_or_default();
    before.contains([';', ',', '|', '\t']) && !before.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_behind_people_in_a_list_are_of_birth_if_they_lie_apart() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let dates = |text: &str| detectors.spans_of(text, BIRTH).len();
        assert_eq!(dates("Anna Holm;12.03.1985;x\nBo Vik;1.10.1947;x\nEva Moen;4. marts 2007;x\n"), 3);
        assert_eq!(dates("Anna Holm;12.03.2025;x\nBo Vik;1.10.2025;x\nEva Moen;4.3.2026;x\n"), 0);
        assert_eq!(dates("navn;ansat\nAnna Holm;12.03.1985\nBo Vik;1.10.1999\nEva Moen;4.3.2007\n"), 0);
        assert_eq!(dates("Anna Holm | f. 12/03-1985 | x"), 1);
    }
}
