//! Values in a text: which of those that claim the same characters stays, and how a value is quoted.

use std::ops::Range;

use crate::detect::confidence;
use crate::detect::reading::{Reading, rank};
use crate::extract::Place;

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

/// What is not shown around a value: spans without overlaps, and other places. In the order of the text.
pub fn covered(spans: &[Span], hidden: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = spans.iter().map(|span| span.at.clone()).collect();
    if !hidden.is_empty() {
        places.extend(hidden);
        places.sort_by_key(|place| place.start);
        places.dedup_by(|next, place| {
            let overlap = next.start < place.end;
            place.end = if overlap { place.end.max(next.end) } else { place.end };
            overlap
        });
    }
    places
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

    /// Writes the line around the value. Without `reveal` everything that was found in it is masked, and all that could
    /// be a number or an address: `masked` stands for each character.
    pub fn context(&self, reveal: bool, masked: char, into: &mut String) {
        let part = self.line();
        if reveal {
            let words = self.text.get(part).unwrap_or_default().split_whitespace();
            words.enumerate().for_each(|(at, word)| into.extend([if at > 0 { " " } else { "" }, word]));
            return;
        }
        let near = self.others.partition_point(|other| other.end <= part.start);
        let far = self.others.partition_point(|other| other.start < part.end);
        quote(self.text, part, self.others.get(near..far).unwrap_or_default(), masked, into);
    }

    /// What a character of the line around the value is.
    pub fn stands_among(&self, byte: u8) -> bool {
        memchr::memchr(byte, self.text.as_bytes().get(self.line()).unwrap_or_default()).is_some()
    }

    /// The line around the value, or what is near of it.
    fn line(&self) -> Range<usize> {
        let from = self.text.floor_char_boundary(self.at.start.saturating_sub(QUOTE));
        let to = self.text.ceil_char_boundary((self.at.end + QUOTE).min(self.text.len()));
        let before = self.text.get(from..self.at.start).unwrap_or_default();
        let after = self.text.get(self.at.end..to).unwrap_or_default();
        let from = from + memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |end| end + 1);
        from..self.at.end + memchr::memchr(b'\n', after.as_bytes()).unwrap_or(after.len())
    }
}

/// Writes a part of a text with these places masked, and all that could be a number or an address; white space, and
/// zeros, made one space. `masked` stands for each character that is not shown.
pub fn quote(text: &str, part: Range<usize>, places: &[Range<usize>], masked: char, into: &mut String) {
    let simple = u8::try_from(masked).ok().and_then(|masked| simple_quote(text, &part, places, masked, into));
    if simple.is_some() {
        return;
    }
    let begin = into.len();
    let mut quote = Quote { into, masked, spaced: true };
    let mut at = part.start;
    for place in places {
        let (start, end) = (place.start.clamp(at, part.end), place.end.clamp(at, part.end));
        quote.careful(text.get(at..start).unwrap_or_default());
        quote.add(text.get(start..end).unwrap_or_default(), char::is_alphanumeric);
        at = end;
    }
    quote.careful(text.get(at..part.end).unwrap_or_default());
    if quote.spaced && into.len() > begin {
        into.pop();
    }
}

/// [`quote`] for most of what is quoted, a byte for a byte: no more than [`SIMPLE`] bytes, ASCII and letters of Latin-1,
/// without white space side by side, and no `@` but in the places. `None`: it is not that, and nothing was written.
fn simple_quote(text: &str, part: &Range<usize>, places: &[Range<usize>], masked: u8, into: &mut String) -> Option<()> {
    /// A byte of a character that is masked already.
    const GONE: u8 = 0;
    let bytes = text.as_bytes().get(part.clone())?;
    // All of the array each time: the processor does many bytes at once.
    let mut quoted = [b'.'; SIMPLE];
    quoted.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let is_space = |byte: u8| byte <= b' ';
    let (mut odd, mut before) = (0, b'.');
    for byte in quoted {
        let control = is_space(byte) & (byte != b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
        // C3 97 and C3 B7 are no letters.
        let wide = (byte == 0x97) | (byte == 0xB7) | (byte >= 0xC0) & (byte != 0xC3);
        odd |= u8::from(control | wide | is_space(byte) & is_space(before));
        before = byte;
    }
    if odd != 0 {
        return None;
    }
    for byte in &mut quoted {
        *byte = if byte.wrapping_sub(b'0') < 10 { masked } else { (*byte).max(b' ') };
    }
    let line = quoted.get_mut(..bytes.len())?;
    let mut at = 0;
    for place in places.iter().chain([&(part.end..part.end)]) {
        let (start, end) = (place.start.clamp(at + part.start, part.end), place.end.clamp(at + part.start, part.end));
        let (start, end) = (start - part.start, end - part.start);
        if line.get(at..start)?.contains(&b'@') {
            return None;
        }
        for byte in line.get_mut(start..end)? {
            let letter = ((*byte | 0x20).wrapping_sub(b'a') < 26) | (*byte == 0xC3);
            let rest = if (*byte & 0xC0) == 0x80 { GONE } else { *byte };
            *byte = if letter { masked } else { rest };
        }
        at = end;
    }
    let mut length = line.len();
    if !bytes.is_ascii() {
        length = 0;
        for at in 0..line.len() {
            let byte = *line.get(at)?;
            *line.get_mut(length)? = byte;
            length += usize::from(byte != GONE);
        }
    }
    let line = str::from_utf8(line.get(..length)?).ok()?;
    let line = line.strip_prefix(' ').unwrap_or(line);
    into.push_str(line.strip_suffix(' ').unwrap_or(line));
    Some(())
}

/// Bytes of a line around a value that is no longer than most.
const SIMPLE: usize = 192;

/// A quotation under construction.
struct Quote<'q> {
    into: &'q mut String,
    masked: char,
    /// It ends with a space, or has nothing yet.
    spaced: bool,
}

impl Quote<'_> {
    /// What [`mask_text`](crate::mask::mask_text) leaves of it.
    fn careful(&mut self, text: &str) {
        for word in text.split_inclusive(char::is_whitespace) {
            if word.contains('@') {
                self.add(word, char::is_alphanumeric);
            } else {
                self.add(word, char::is_numeric);
            }
        }
    }

    fn add(&mut self, text: &str, hide: impl Fn(char) -> bool) {
        for c in text.chars() {
            // Zeros fill a log that was emptied while it was written.
            let space = c.is_whitespace() || c == '\0';
            if !space {
                self.into.push(if hide(c) { self.masked } else { c });
            } else if !self.spaced {
                self.into.push(' ');
            }
            self.spaced = space;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::waiting::HIDDEN;
    use crate::mask::MASKED;
    use crate::random::random;

    #[test]
    fn places_that_overlap_are_one() {
        let span = |at: Range<usize>| Span { at, readings: Vec::new() };
        let spans = [span(2..5), span(8..9)];
        assert_eq!(covered(&spans, Vec::new()), [2..5, 8..9]);
        assert_eq!(covered(&spans, vec![0..1, 4..8, 20..21]), [0..1, 2..8, 8..9, 20..21]);
        let around = covered(&spans, vec![3..4, 1..30]);
        assert_eq!((around.len(), around.first()), (1, Some(&(1..30))));
    }

    #[test]
    fn the_simple_way_of_quoting_is_the_other_one() {
        let parts = [
            "a",
            "Å",
            "ø",
            "9",
            " ",
            " ",
            "\t",
            "\n",
            "@",
            "a@b.dk",
            "×",
            "²",
            "\u{A0}",
            "€",
            "\0",
            "010190-1234",
            "ord",
        ];
        let mut random = random(5);
        let mut simple = 0;
        for _ in 0..20_000 {
            // Most have only what the simple way takes.
            let some = if random(4) == 0 { parts.len() } else { 10 };
            let pieces: Vec<&str> = (0..random(12)).map(|_| *parts.get(random(some)).unwrap()).collect();
            let text = pieces.concat();
            let (mut places, mut at) = (Vec::new(), 0);
            for piece in &pieces {
                if random(3) == 0 {
                    places.push(at..at + piece.len());
                }
                at += piece.len();
            }
            let part = text.floor_char_boundary(random(5))..text.len();
            let (mut one, mut other) = ("x ".to_owned(), "x ".to_owned());
            if part.start > part.end {
                continue;
            }
            quote(&text, part.clone(), &places, HIDDEN, &mut one);
            quote(&text, part.clone(), &places, MASKED, &mut other);
            assert_eq!(one.replace(HIDDEN, &MASKED.to_string()), other, "{text:?} {part:?} {places:?}");
            simple += usize::from(simple_quote(&text, &part, &places, HIDDEN as u8, &mut one).is_some());
        }
        assert!(simple > 5000, "{simple}");
    }
}
