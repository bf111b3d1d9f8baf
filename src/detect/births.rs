//! Dates of birth in short, right behind a name: `Anna Holm, f. 12.03.1985`. One letter is no literal that a pattern could
//! be tried around, a name is.
//!
//! In: a text and the names in it. Out: spans of the detector of dates of birth, by its own pattern.

use std::cell::LazyCell;

use crate::detect::Detectors;
use crate::detect::detector::Pattern;
use crate::detect::form::Form;
use crate::detect::person::Name;
use crate::detect::span::Span;

/// The detector of dates of birth, a label of its, and how much behind a name may be one.
const BIRTH: &str = "birth_date";
const BORN: &str = "born ";
const BORN_REACH: usize = 32;
impl Detectors {
    /// A date of birth in short, right behind a name: `Anna Holm, f. 12.03.1985`.
    pub(super) fn births(&self, text: &str, names: &[Name], found: &mut Vec<Span>) {
        let births = self.list.iter().zip(0u16..).find(|(detector, _)| detector.id == BIRTH && detector.on);
        let Some((detector, number)) = births else { return };
        for name in names.iter().filter(|name| name.odds > 0.0) {
            let rest = text.get(name.at.end..).unwrap_or_default();
            let word = rest.trim_start_matches([' ', ',', '(']);
            let Some(date) = ["f.", "f ", "b.", "s."].iter().find_map(|short| word.strip_prefix(short)) else {
                continue;
            };
            // Compiled only where there is one.
            let Some(pattern) = detector.pattern.as_ref().and_then(Pattern::regex) else { return };
            let date = date.trim_start_matches(' ');
            let start = text.len() - date.len();
            let line = format!("{BORN}{}", date.get(..date.floor_char_boundary(BORN_REACH)).unwrap_or_default());
            let value = pattern.captures(&line).and_then(|seen| seen.name("value"));
            let Some(value) = value.filter(|value| value.start() == BORN.len()) else { continue };
            let form = Form { detector: number, number: 0, odds: 0.0 };
            if let Some(reading) = self.reading(detector, form, value.as_str(), || 0.0, &LazyCell::new(Vec::new)) {
                found.push(Span { at: start..start + value.len(), readings: vec![reading] });
            }
        }
    }
}
