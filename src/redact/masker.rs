//! Raw text of a format → the same with personal data masked or replaced by pseudonyms.
//!
//! In: a piece of text, what a scan found in the whole file, and values that an earlier round left. Out: the piece with
//! its structure untouched. Deliberately elsewhere: cutting a file into pieces (`stream.rs`), mail (`mail.rs`).

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::seen::Seen;
use super::view::{Form, View};
use crate::detect::Detectors;
use crate::mask::Key;

/// Stands for a letter or digit: it is ASCII, needs no escape in any format, and no detector reads it.
const MASK: char = '*';
/// Never a valid number of any kind.
const NUMBER: &str = "1000000000";

/// What takes personal data out.
pub struct Masker<'d> {
    /// What finds it.
    pub detectors: &'d Detectors,
    /// What a scan of the whole file found.
    pub seen: Seen,
    /// What is as probable as this by itself is taken out too.
    pub probability: f64,
    /// Values as they stood, that the last round left.
    pub literals: Option<AhoCorasick>,
    /// Pseudonyms by this key, instead of masks.
    pub pseudonyms: Option<Key>,
    /// What was changed, by detector.
    pub changed: BTreeMap<String, u64>,
}

/// Changes of raw bytes, by where they begin: where they end, and what takes their place.
#[derive(Default)]
struct Edits(BTreeMap<usize, (usize, String)>);

impl Edits {
    /// Adds a change, unless a part of it is changed already.
    fn add(&mut self, at: Range<usize>, with: String) -> bool {
        let before = self.0.range(..at.end).next_back();
        let free = before.is_none_or(|(_, (end, _))| *end <= at.start);
        if free {
            self.0.insert(at.start, (at.end, with));
        }
        free
    }
}

impl Masker<'_> {
    /// The piece with personal data taken out; `None`: nothing was in it. `before` is the text before it, for what words
    /// there say; `quoted` says whether the piece begins inside a JSON string.
    pub fn text(&mut self, before: &str, raw: &str, form: Form, quoted: bool) -> Option<String> {
        let whole = format!("{before}{raw}");
        let from = before.len();
        let mut edits = Edits::default();
        self.view(&View::new(&whole, form), &whole, form, from, &mut edits);
        if form == Form::Markup {
            self.view(&View::untagged(&whole), &whole, form, from, &mut edits);
        }
        if edits.0.is_empty() {
            return None;
        }
        if form == Form::Json {
            edits = numbers(&whole, from, quoted, edits);
        }
        let mut text = String::with_capacity(raw.len());
        let mut at = from;
        for (start, (end, with)) in edits.0 {
            text.push_str(whole.get(at..start).unwrap_or_default());
            text.push_str(&with);
            at = end;
        }
        text.push_str(whole.get(at..).unwrap_or_default());
        Some(text)
    }

    fn view(&mut self, view: &View<'_>, whole: &str, form: Form, from: usize, edits: &mut Edits) {
        for place in self.detectors.places(&view.text) {
            let seen = |(detector, normal): &&(String, String)| self.seen.has(detector, normal);
            let likely = || place.readings.first().filter(|_| place.probability >= self.probability);
            if let Some((detector, normal)) = place.readings.iter().find(seen).or_else(likely) {
                let category = self.detectors.list().find(|d| d.id == *detector).map_or("", |d| d.category.as_str());
                let words = detector.starts_with("keyword.");
                let name = self.pseudonyms.as_ref().filter(|_| !words).map(|key| pseudonym(key, category, normal));
                if edit(view, whole, &place.at, form, from, name, edits) {
                    *self.changed.entry(detector.clone()).or_default() += 1;
                }
            }
        }
        for hit in self.literals.iter().flat_map(|literals| literals.find_iter(view.text.as_ref())) {
            if edit(view, whole, &hit.range(), form, from, None, edits) {
                *self.changed.entry("the same again".to_owned()).or_default() += 1;
            }
        }
    }

    /// Takes out every letter and digit of a value that is personal whatever it is: a name in a mail's address field.
    pub fn all(&self, text: &str) -> String {
        text.chars().map(|c| if c.is_alphanumeric() { MASK } else { c }).collect()
    }

    /// An address, as it is taken out wherever it stands.
    pub fn address(&mut self, address: &str) -> String {
        *self.changed.entry("email".to_owned()).or_default() += 1;
        let normal = crate::detect::Normal::Email.of(address);
        match self.pseudonyms.as_ref().map(|key| pseudonym(key, "contact", &normal)) {
            Some(name) => name,
            None => self.all(address),
        }
    }
}

/// Changes one place: to a pseudonym if it stands there in one piece, else each letter and digit to a mask. False:
/// nothing was left to change.
fn edit(
    view: &View<'_>,
    whole: &str,
    at: &Range<usize>,
    form: Form,
    from: usize,
    name: Option<String>,
    edits: &mut Edits,
) -> bool {
    let text = view.text.get(at.clone()).unwrap_or_default();
    let raw: Vec<(char, Range<usize>)> =
        text.char_indices().map(|(n, c)| (c, view.raw(at.start + n, c.len_utf8()))).collect();
    let Some(place) = raw.first().zip(raw.last()).map(|((_, first), (_, last))| first.start..last.end) else {
        return false;
    };
    let one_piece = raw.windows(2).all(|two| matches!(two, [(_, a), (_, b)] if a.end == b.start));
    let harmless = |c: char| !form.holds(c) || form == Form::Json && c == '\\' || form == Form::Markup && c == '&';
    let source = whole.get(place.clone()).unwrap_or_default();
    match name.filter(|_| one_piece && place.start >= from && source.chars().all(harmless)) {
        Some(name) => edits.add(place, name),
        None => {
            let mut changed = false;
            for (_, at) in raw.into_iter().filter(|(c, at)| c.is_alphanumeric() && at.start >= from) {
                changed |= edits.add(at, MASK.to_string());
            }
            changed
        }
    }
}

/// One for each value of a category, whichever of its detectors found it. Letters only: digits could be read as a number
/// again.
fn pseudonym(key: &Key, category: &str, normal: &str) -> String {
    let print = key.fingerprint(category, normal);
    let letters = print.chars().take(12).filter_map(|c| c.to_digit(16)).filter_map(|n| char::from_u32(0x61 + n));
    format!("{category}_{}", letters.collect::<String>())
}

/// What stands for a number that was to become this: pseudonyms stay as many as they were. No identifier of fifteen digits
/// begins with a 1.
fn number(with: &str) -> String {
    let letters = with.rsplit_once('_').map_or("", |(_, letters)| letters);
    let digits = letters.bytes().fold(0u64, |number, letter| number << 4 | u64::from(letter.wrapping_sub(b'a') & 15));
    if letters.is_empty() { NUMBER.to_owned() } else { format!("1{:014}", digits % 100_000_000_000_000) }
}

/// JSON numbers must stay numbers: one that is changed anywhere is changed as a whole.
fn numbers(whole: &str, from: usize, quoted: bool, edits: Edits) -> Edits {
    let bytes = whole.as_bytes();
    let strings = strings(bytes.get(from..).unwrap_or_default(), quoted);
    let inside = |at: usize| {
        let at = at.saturating_sub(from);
        strings.get(strings.partition_point(|string| string.end <= at)).is_some_and(|string| string.start <= at)
    };
    let part = |byte: &&u8| byte.is_ascii_digit() || matches!(**byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let mut changed = Edits::default();
    for (start, (end, with)) in edits.0 {
        if inside(start) {
            changed.add(start..end, with);
            continue;
        }
        let before = bytes.get(from..start).unwrap_or_default().iter().rev().take_while(part).count();
        let after = bytes.get(start..).unwrap_or_default().iter().take_while(part).count();
        if after > 0 {
            changed.add(start - before..start + after, number(&with));
        }
    }
    changed
}

/// The strings of a piece of JSON.
fn strings(bytes: &[u8], mut quoted: bool) -> Vec<Range<usize>> {
    let (mut strings, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => {
                if quoted {
                    strings.push(start..at);
                }
                (start, quoted) = (at, !quoted);
            }
            _ => {}
        }
    }
    if quoted {
        strings.push(start..bytes.len());
    }
    strings
}

/// Does a piece of JSON end inside a string?
pub fn ends_quoted(text: &str, quoted: bool) -> bool {
    let bytes = text.as_bytes();
    strings(bytes, quoted).last().is_some_and(|last| last.end == bytes.len())
}
