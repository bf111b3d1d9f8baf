//! Text that is shown though it may be about people whom nobody asked for: all that could be theirs is masked.
//!
//! In: a text, and the places in it that may be shown. Out: the text with everything else masked that a detector finds
//! at all, every name of the lists, every word with a capital letter, every digit and address.

use std::ops::Range;

use super::key::Key;
use super::span::covered;
use super::words::Meaning;
use super::{Detectors, Known, Spans};
use crate::mask::{MASKED, mask_text};

/// How much of a line is quoted on either side, in bytes.
const QUOTE: usize = 60;

impl Detectors {
    /// What stands around a place, on its line, with all masked that could be about others. The place itself is masked
    /// too, unless `show`.
    pub fn quote_strictly(&self, text: &str, at: &Range<usize>, show: bool) -> String {
        let from = text.floor_char_boundary(at.start.saturating_sub(QUOTE));
        let to = text.ceil_char_boundary((at.end + QUOTE).min(text.len()));
        let before = text.get(from..at.start).unwrap_or_default();
        let after = text.get(at.end..to).unwrap_or_default();
        // What is cut off may be the end of a name or number: whole words only.
        let before = before.rsplit('\n').next().unwrap_or_default();
        let before = if before.len() == at.start - from && from > 0 { after_space(before) } else { before };
        let after = after.split('\n').next().unwrap_or_default();
        let after = if after.len() == to - at.end && to < text.len() { before_space(after) } else { after };
        let own = text.get(at.clone()).unwrap_or_default();
        let own = if show { own.to_owned() } else { hide(own) };
        let quoted = format!("{}{own}{}", self.strict(before), self.strict(after));
        quoted.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// A text with all masked that a detector finds in it, and nothing else.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        let Spans { spans, hidden, .. } = self.spans(text, Known::default());
        for place in covered(&spans, hidden) {
            let (start, end) = (place.start.max(at), place.end.max(at));
            masked.push_str(text.get(at..start).unwrap_or_default());
            masked.push_str(&hide(text.get(start..end).unwrap_or_default()));
            at = end;
        }
        masked.push_str(text.get(at..).unwrap_or_default());
        masked
    }

    /// A text with all masked that could be about anybody.
    pub fn strict(&self, text: &str) -> String {
        let masked = self.mask(text);
        let mut strict = String::with_capacity(masked.len());
        let mut rest = masked.as_str();
        while let Some(start) = rest.find(char::is_alphabetic) {
            let (gap, words) = rest.split_at(start);
            let (word, after) = words.split_at(words.find(|c: char| !c.is_alphabetic()).unwrap_or(words.len()));
            strict.push_str(gap);
            strict.push_str(&if self.may_be_name(word) { hide(word) } else { word.to_owned() });
            rest = after;
        }
        strict.push_str(rest);
        mask_text(&strict)
    }

    fn may_be_name(&self, word: &str) -> bool {
        let mut name = word.starts_with(char::is_uppercase);
        // The dictionary takes only what has a capital for a name; here a name may have lost it.
        let word: String = word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
        let word = word.as_str();
        let key = Key::of(word.as_bytes(), 0, word.len());
        self.tables().words.look(word, 0..word.len(), key, &mut |_, meaning| {
            name |= matches!(meaning, Meaning::Given(false) | Meaning::Surname(false));
        });
        name
    }
}

fn hide(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { MASKED } else { c }).collect()
}

fn after_space(text: &str) -> &str {
    text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest)
}

fn before_space(text: &str) -> &str {
    text.rsplit_once(char::is_whitespace).map_or("", |(rest, _)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_asked_for_place_is_shown() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let text = "første linje\nmødte Anna Hansen og kirsten Xylander i Ølby, ring 32 12 34 56 eller k@x.dk";
        let at = text.find("Anna").unwrap();
        let at = at..at + "Anna Hansen".len();
        let quoted = detectors.quote_strictly(text, &at, true);
        assert!(quoted.starts_with("mødte Anna Hansen og "), "{quoted}");
        for other in ["kirsten", "Xylander", "Ølby", "32", "k@x"] {
            assert!(!quoted.contains(other), "{quoted}");
        }
        assert!(!detectors.quote_strictly(text, &at, false).contains("Anna"));
    }
}
