//! Values in a text: which of those that claim the same characters stays, and how a value is quoted.

use std::ops::Range;

use crate::detect::confidence;
use crate::detect::reading::{Reading, rank};
use crate::extract::Place;
use crate::mask;

/// How much of the line is quoted on either side of a value, in bytes.
const QUOTE: usize = 48;

/// A value that may be something.
pub struct Candidate<'t> {
    /// What it may be, likeliest first.
    pub readings: Vec<Reading>,
    /// The characters as found.
    pub value: &'t str,
    /// Where.
    pub place: Place,
    pub(super) text: &'t str,
    pub(super) at: Range<usize>,
    pub(super) others: &'t [Range<usize>],
}

/// A value in the text, with what it may be.
pub struct Span {
    /// Its bytes.
    pub at: Range<usize>,
    /// What it may be, likeliest first.
    pub readings: Vec<Reading>,
}

impl Span {
    /// The log-odds of its likeliest reading.
    pub fn odds(&self) -> f32 {
        self.readings.first().map_or(f32::MIN, |r| r.odds + r.base)
    }
}

/// Adds a reading to the span of the same characters, or makes one.
pub fn add(spans: &mut Vec<Span>, at: Range<usize>, reading: Reading) {
    match spans.iter_mut().rev().take(8).find(|span| span.at == at) {
        Some(span) => {
            span.readings.push(reading);
            rank(&mut span.readings);
        }
        None => {
            // Most values have one reading or two.
            let mut readings = Vec::with_capacity(2);
            readings.push(reading);
            spans.push(Span { at, readings });
        }
    }
}

/// Of spans that overlap the likeliest stays; of equal ones the longer, then the first. In the order of the text.
pub fn settle(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.at.start.cmp(&b.at.start).then(b.at.end.cmp(&a.at.end)));
    let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        let rivals = kept.iter().rev().take_while(|k| k.at.end > span.at.start).count();
        let loses = kept.iter().rev().take(rivals).any(|k| k.odds() >= span.odds());
        if !loses {
            kept.truncate(kept.len() - rivals);
            kept.push(span);
        }
    }
    kept
}

impl Candidate<'_> {
    /// Where it stands in its text.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// It was read in a picture; `corrected`: and likely misread, so that it is less sure.
    pub fn seen(&mut self, corrected: bool) {
        for reading in &mut self.readings {
            reading.seen = if corrected { "read in a picture, misreadings put right" } else { "read in a picture" };
            reading.odds -= if corrected { confidence::MISREAD } else { 0.0 };
        }
    }

    /// The line around the value. Without `reveal` everything that was found in it is masked, and all that could be a
    /// number or an address.
    pub fn context(&self, reveal: bool) -> String {
        let from = self.text.floor_char_boundary(self.at.start.saturating_sub(QUOTE));
        let to = self.text.ceil_char_boundary((self.at.end + QUOTE).min(self.text.len()));
        let before = self.text.get(from..self.at.start).unwrap_or_default();
        let after = self.text.get(self.at.end..to).unwrap_or_default();
        let from = from + memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |end| end + 1);
        let to = self.at.end + memchr::memchr(b'\n', after.as_bytes()).unwrap_or(after.len());
        if reveal {
            return self.text.get(from..to).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        }
        let near = self.others.partition_point(|other| other.end <= from);
        let far = self.others.partition_point(|other| other.start < to);
        quote(self.text, from..to, self.others.get(near..far).unwrap_or_default())
    }
}

/// A part of a text with these places masked, and all that could be a number or an address; white space made one space.
pub fn quote(text: &str, part: Range<usize>, places: &[Range<usize>]) -> String {
    let mut quote = Quote(String::with_capacity(2 * part.len()));
    let mut at = part.start;
    for place in places {
        let (start, end) = (place.start.clamp(at, part.end), place.end.clamp(at, part.end));
        quote.careful(text.get(at..start).unwrap_or_default());
        quote.masked(text.get(start..end).unwrap_or_default(), char::is_alphanumeric);
        at = end;
    }
    quote.careful(text.get(at..part.end).unwrap_or_default());
    if quote.0.ends_with(' ') {
        quote.0.pop();
    }
    quote.0
}

/// A quotation under construction.
struct Quote(String);

impl Quote {
    /// What [`mask::mask_text`] leaves of it.
    fn careful(&mut self, text: &str) {
        if memchr::memchr(b'@', text.as_bytes()).is_none() {
            return self.masked(text, char::is_numeric);
        }
        for word in text.split_inclusive(char::is_whitespace) {
            if word.contains('@') {
                self.masked(word, char::is_alphanumeric);
            } else {
                self.masked(word, char::is_numeric);
            }
        }
    }

    #[inline]
    fn masked(&mut self, text: &str, hide: impl Fn(char) -> bool) {
        for c in text.chars() {
            if hide(c) {
                self.0.push(mask::MASKED);
            } else if !c.is_whitespace() {
                self.0.push(c);
            } else if !self.0.is_empty() && !self.0.ends_with(' ') {
                self.0.push(' ');
            }
        }
    }
}
