//! JSON and JSON Lines of any size (RFC 8259), read as it flows: strings with their escapes undone, each value under
//! the key that governs it, for array elements the key of the array.
//!
//! The text handed over is `key: value`, a line each. What is no JSON is handed over as it stands: a damaged line
//! costs labels, never text.

mod keys;
mod written;

use std::collections::VecDeque;

use crate::eight::{CASE, TOPS, equal, first};
use crate::extract::json::keys::{Key, Keys};
use crate::extract::json::written::{Mark, Written};
use crate::extract::marked::{PIECE, STRIDE, announce};
use crate::extract::{Content, Format, Head, Match, Out, text};
use crate::item::{Fault, Kind};

/// JSON and JSON Lines.
pub const FORMATS: &[Format] = &[Format { name: "json", kind: Kind::Document, sniff, read }];

/// Keys are remembered down to this depth.
const DEPTH: usize = 512;
/// What is no longer is written in one step: its mark is near enough to all of it.
const SHORT: usize = STRIDE / 2;
/// The longest escape: two halves of a character, `\ud83d\ude00`.
const ESCAPE: usize = 12;

fn sniff(head: &Head<'_>) -> Match {
    let Some(text) = head.text().map(str::trim_start) else { return Match::No };
    let named = head.named(&["json", "jsonl", "ndjson", "geojson", "jsonld", "har", "ipynb", "webmanifest", "map"]);
    match text {
        text if text.starts_with(['{', '[']) && plausible(text, head.bytes.len() >= super::HEAD) => Match::ByContent,
        text if named && text.starts_with(['{', '[', '"']) => Match::ByName,
        _ => Match::No,
    }
}

/// Structure where structure belongs: `{` or `[`, then strings, numbers and words of JSON between `,`, `:` and brackets.
fn plausible(text: &str, cut: bool) -> bool {
    let mut scalars = 0;
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', ':', '{', '}', '[', ']']);
        let Some(first) = rest.chars().next() else { return scalars > 0 || text.len() <= 4 };
        let end = if first == '"' {
            string_end(rest)
        } else {
            let word = rest.find([' ', '\t', '\r', '\n', ',', ':', '{', '}', '[', ']', '"']).unwrap_or(rest.len());
            let scalar = rest.get(..word).unwrap_or_default();
            let known = matches!(scalar, "true" | "false" | "null") || scalar.parse::<f64>().is_ok();
            if !(known || cut && word == rest.len()) {
                return false;
            }
            Some(word)
        };
        // Text in brackets: `[1] See there`, `[2026-01-01 12:00] login` have no string, and `{x` none that ends.
        match end {
            Some(end) => rest = rest.get(end..).unwrap_or_default(),
            None => return cut,
        }
        scalars += 1;
    }
}

/// Where a string ends that begins here, behind its quote.
fn string_end(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        let found = memchr::memchr3(b'"', b'\\', b'\n', text.as_bytes().get(at..)?)? + at;
        match text.as_bytes().get(found)? {
            b'"' => return Some(found + 1),
            b'\\' => at = found + 2,
            _ => return None,
        }
    }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut reader = Reader::default();
    text::blocks(content, &mut |text, last| {
        let used = reader.feed(text, last, out)?;
        text.drain(..used);
        if last { reader.emit(true, out) } else { Ok(()) }
    })
}

/// What the reader is inside of.
#[derive(Default, Clone, Copy, PartialEq)]
enum State {
    /// Between values.
    #[default]
    Between,
    /// A string.
    String,
    /// A number, a word, or no JSON at all.
    Bare,
}

/// One open object or array.
struct Open {
    object: bool,
    /// The key it stands under.
    under: Key,
}

/// Where it is in the file, what is open there, and what it has written.
struct Reader {
    state: State,
    open: Vec<Open>,
    /// How many more are open than are remembered.
    deeper: u64,
    /// The key of the value that follows.
    key: Key,
    /// The string being read is a key, which began here in the text.
    in_key: Option<usize>,
    expects_key: bool,
    line: u64,
    column: u64,
    written: Written,
    /// What was announced, in its order.
    announced: VecDeque<Written>,
    keys: Keys,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            state: State::Between,
            open: Vec::new(),
            deeper: 0,
            key: Key::NONE,
            in_key: None,
            expects_key: false,
            line: 1,
            column: 1,
            written: Written::default(),
            announced: VecDeque::new(),
            keys: Keys::default(),
        }
    }
}

impl Reader {
    /// Reads a block; says how much of it was used. A rest that may be half an escape waits for the next block.
    fn feed(&mut self, text: &str, last: bool, out: &mut Out<'_>) -> Result<usize, Fault> {
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.state {
                State::Between => match self.simple(rest) {
                    0 => self.between(rest),
                    used => used,
                },
                State::Bare => self.bare(rest),
                State::String => match self.string(rest, last) {
                    0 => break,
                    used => used,
                },
            };
            if self.written.is_full() && (self.state == State::Between || self.written.text.len() > 8 * PIECE) {
                self.in_key = None;
                self.emit(false, out)?;
                self.mark();
            }
        }
        Ok(at)
    }

    /// Hands over what was written; of a large file it is announced first.
    fn emit(&mut self, last: bool, out: &mut Out<'_>) -> Result<(), Fault> {
        if out.ahead() == 0 || last && self.announced.is_empty() {
            self.written.give(&self.keys, out)?;
            self.written.clear();
        } else {
            announce(&self.written.text, out)?;
            self.announced.push_back(std::mem::take(&mut self.written));
            self.give_all_but(if last { 0 } else { out.ahead() }, out)?;
        }
        if self.keys.are_many() {
            self.give_all_but(0, out)?;
            self.keys.renew(self.open.iter_mut().map(|open| &mut open.under).chain([&mut self.key]));
        }
        Ok(())
    }

    fn give_all_but(&mut self, rest: usize, out: &mut Out<'_>) -> Result<(), Fault> {
        while self.announced.len() > rest {
            let Some(written) = self.announced.pop_front() else { break };
            written.give(&self.keys, out)?;
        }
        Ok(())
    }

    /// As much as is simple, in one go: structure, numbers, words, and strings without escapes. It does what the steps
    /// below do one by one, and stops before what the block cuts.
    fn simple(&mut self, text: &str) -> usize {
        let bytes = text.as_bytes();
        // Where the last value ended.
        let (mut at, mut behind) = (0, 0);
        while let Some(first) = bytes.get(at).filter(|_| !self.written.is_full()) {
            match first {
                b' ' | b'\t' | b'\r' | b'\n' | b'{' | b'[' | b'}' | b']' | b',' | b':' => {
                    self.structure(*first);
                    at += 1;
                }
                _ => {
                    let Some((value, characters, quote)) = text.get(at..).and_then(scalar) else { break };
                    let key = quote == 1 && self.expects_key;
                    if !key {
                        self.keys.learn(text.get(behind..at).unwrap_or_default());
                    }
                    self.column += quote; // the mark stands behind it
                    self.mark();
                    self.written.add(value);
                    self.column += characters + quote;
                    at += value.len() + 2 * quote as usize;
                    if key {
                        self.key = self.keys.of(value);
                        self.expects_key = false;
                        self.written.add(": ");
                    } else {
                        self.written.end_line();
                        at += self.steps(text.get(at..).unwrap_or_default());
                        behind = at;
                    }
                }
            }
        }
        at
    }

    /// Behind a value: as many more as come by the steps by which they came before. It does what `simple` does, and says
    /// how far it came.
    fn steps(&mut self, text: &str) -> usize {
        let under = match self.open.last() {
            Some(open) if open.object && self.deeper == 0 => open.under,
            _ => return 0,
        };
        // In an array or on lines of their own objects follow each other.
        let outer = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        let objects = outer.is_none_or(|outer| !outer.object);
        let mut at = 0;
        while let Some(step) = self.keys.step().filter(|_| !self.written.is_full()) {
            let raw = step.raw.len();
            let there = text.as_bytes().get(at..at + raw);
            if !there.is_some_and(|there| equal(there, step.raw.as_bytes())) || step.object && !objects {
                break;
            }
            let Some((value, characters, quote)) = text.get(at + raw..).and_then(scalar) else { break };
            let lines = step.lines;
            (self.line, self.column) = (self.line + lines, if lines == 0 { self.column } else { 1 } + step.column);
            self.written.mark(Mark { at: self.written.text.len(), line: self.line, column: self.column, key: under });
            self.written.add(&step.written);
            self.key = step.key;
            self.column += step.behind + quote;
            self.mark();
            self.written.add(value);
            self.written.add("\n");
            self.column += characters + quote;
            at += raw + value.len() + 2 * quote as usize;
            self.keys.take(self.key);
            self.expects_key = false;
        }
        at
    }

    /// One structural character, white space, or the beginning of a value.
    fn between(&mut self, rest: &str) -> usize {
        let Some(first) = rest.bytes().next() else { return 0 };
        match first {
            b'"' => {
                self.column += 1; // the mark stands behind the quote
                self.mark();
                self.in_key = self.expects_key.then_some(self.written.text.len());
                self.state = State::String;
                1
            }
            b' ' | b'\t' | b'\r' | b'\n' | b'{' | b'[' | b'}' | b']' | b',' | b':' => {
                self.structure(first);
                1
            }
            _ => {
                self.mark();
                self.state = State::Bare;
                self.bare(rest)
            }
        }
    }

    /// A structural character, or white space.
    #[inline]
    fn structure(&mut self, byte: u8) {
        match byte {
            b'\n' => (self.line, self.column) = (self.line + 1, 0),
            b'{' | b'[' => self.enter(byte == b'{'),
            b'}' | b']' => self.leave(),
            b',' => {
                self.expects_key = self.deeper == 0 && self.open.last().is_some_and(|open| open.object);
                if self.expects_key {
                    self.key = self.open.last().map_or(Key::NONE, |open| open.under);
                }
            }
            _ => {}
        }
        self.column += 1;
    }

    /// Anything up to the next structure.
    fn bare(&mut self, rest: &str) -> usize {
        let (end, characters) = bare(rest.as_bytes());
        self.write(rest.get(..end).unwrap_or_default());
        self.column += characters;
        if end < rest.len() {
            self.state = State::Between;
            self.written.end_line();
        }
        end
    }

    /// Part of a string: a plain run, an escape, or its end. 0: the rest may be half an escape.
    fn string(&mut self, rest: &str, last: bool) -> usize {
        let (run, characters) = plain(rest.as_bytes());
        if run > 0 {
            self.write(rest.get(..run).unwrap_or_default());
            self.column += characters;
            return run;
        }
        if rest.starts_with('\\') {
            if rest.len() < ESCAPE && !last {
                return 0;
            }
            let (c, used) = unescape(rest);
            self.write(c.encode_utf8(&mut [0; 4]));
            self.column += used as u64;
            self.mark();
            return used;
        }
        // A quote; or a line end, which no string may hold: the next line is read afresh.
        self.state = State::Between;
        match self.in_key.take() {
            Some(begin) => {
                self.key = self.keys.of(self.written.text.get(begin..).unwrap_or_default());
                self.expects_key = false;
                self.write(": ");
            }
            None => self.written.end_line(),
        }
        (self.line, self.column) =
            if rest.starts_with('\n') { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        1
    }

    fn enter(&mut self, object: bool) {
        self.written.end_line();
        if self.open.len() < DEPTH {
            self.open.push(Open { object, under: self.key });
            self.expects_key = object;
        } else {
            self.deeper += 1;
            self.expects_key = false;
        }
    }

    fn leave(&mut self) {
        self.written.end_line();
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.key = self.open.pop().map_or(Key::NONE, |open| open.under);
        }
        self.expects_key = false;
    }

    /// What follows stands here, under the current key.
    #[inline]
    fn mark(&mut self) {
        self.written.mark(Mark { at: self.written.text.len(), line: self.line, column: self.column, key: self.key });
    }

    /// Adds text; what is long gets marks within, so that a place in it is not counted from far away each time.
    fn write(&mut self, text: &str) {
        let mut rest = text;
        while let Some((near, far)) =
            rest.split_at_checked(rest.floor_char_boundary(STRIDE)).filter(|_| rest.len() > STRIDE)
        {
            self.written.push(near);
            rest = far;
        }
        self.written.push(rest);
    }
}

/// How many bytes of a string stand for themselves, and how many characters they are.
#[inline]
fn plain(bytes: &[u8]) -> (usize, u64) {
    let ends = |eight: u64| first(eight, b'"') | first(eight, b'\\') | first(eight, b'\n');
    run(bytes, ends, |rest| memchr::memchr3(b'"', b'\\', b'\n', rest))
}

/// The same of anything that is no string.
#[inline]
fn bare(bytes: &[u8]) -> (usize, u64) {
    let ends = |eight: u64| {
        let brackets = first(eight | CASE, b'{') | first(eight | CASE, b'}');
        brackets | first(eight, b',') | first(eight, b'"') | first(eight, b'\r') | first(eight, b'\n')
    };
    let end = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b'"' | b'\r' | b'\n');
    run(bytes, ends, |rest| rest.iter().position(end))
}

/// How many bytes stand before one that ends them, and how many characters they are. Most runs are too short for a vector
/// search to pay: eight bytes at a time do, of which the first that ends is told; the `rest` is searched as a whole.
#[inline(always)]
fn run(bytes: &[u8], ends: impl Fn(u64) -> u64, rest: impl Fn(&[u8]) -> Option<usize>) -> (usize, u64) {
    // Bytes that go on with a character.
    let further = |x: u64| u64::from((x & !(x << 1) & TOPS).count_ones());
    let (mut at, mut more) = (0, 0);
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk).filter(|_| at < 32) {
        let eight = u64::from_le_bytes(*eight);
        match ends(eight) {
            0 => {
                at += 8;
                more += if eight & TOPS == 0 { 0 } else { further(eight) };
            }
            found => {
                let before = eight & ((found & found.wrapping_neg()) - 1);
                at += found.trailing_zeros() as usize / 8;
                more += if before & TOPS == 0 { 0 } else { further(before) };
                return (at, at as u64 - more);
            }
        }
    }
    let far = bytes.get(at..).unwrap_or_default();
    let far = far.get(..rest(far).unwrap_or(far.len())).unwrap_or_default();
    more += far.iter().filter(|byte| matches!(byte, 0x80..0xC0)).count() as u64;
    at += far.len();
    (at, at as u64 - more)
}

/// A short string without escapes, or what is none, that ends in this text: itself, its characters, and its quotes on
/// either side.
#[inline]
fn scalar(text: &str) -> Option<(&str, u64, u64)> {
    let bytes = text.as_bytes();
    let quotes = usize::from(bytes.first()? == &b'"');
    let rest = bytes.get(quotes..).unwrap_or_default();
    let (length, characters) = if quotes == 1 { plain(rest) } else { bare(rest) };
    let end = rest.get(length)?;
    let whole = length <= SHORT
        && if quotes == 1 { *end == b'"' } else { length > 0 && !matches!(rest.first(), Some(b' ' | b'\t' | b':')) };
    Some((text.get(quotes..quotes + length).filter(|_| whole)?, characters, quotes as u64))
}

/// The character an escape stands for, and the escape's length. What is no escape stands for itself.
fn unescape(text: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    match text.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b' | b'f') => (' ', 2),
        Some(b'"') => ('"', 2),
        Some(b'\\') => ('\\', 2),
        Some(b'/') => ('/', 2),
        Some(b'u') => match (unit(0), unit(6)) {
            (Some(high @ 0xD800..=0xDBFF), Some(low)) => match char::decode_utf16([high, low]).next() {
                Some(Ok(c)) => (c, 12),
                _ => ('\u{FFFD}', 6),
            },
            (Some(one), _) => (char::from_u32(one.into()).unwrap_or('\u{FFFD}'), 6),
            _ => ('\\', 1),
        },
        _ => ('\\', 1),
    }
}

#[cfg(test)]
mod tests;
