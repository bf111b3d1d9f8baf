//! The words around a candidate: do they say what it is, or what else it is?
//!
//! In: a text and where a value stands in it. Out: for each detector, log-odds and the word they come from. One
//! list holds the words of all detectors; it is looked for in a few dozen bytes around candidates only.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use foldhash::fast::FixedState;

use crate::detect::confidence::{AGAINST, AGAINST_LABEL, BOTH, LABEL, NEAR, OTHER_LINE};
use crate::detect::detector::Detector;
use crate::detect::phrases::Phrases;

/// How far back words are looked for, in bytes.
const BEFORE: usize = 72;
/// How far ahead.
const AFTER: usize = 36;
/// Lines are read whole if they end this near, in bytes.
const LINE: usize = 256;
/// Words of so many bytes may end compounds: `kundepersonnummer`.
const LONG: usize = 8;
/// Words of so many bytes are looked for without their accents too.
const FOLDED: usize = 8;
/// A preposition leads to a value from a word this far before it.
const LED: usize = 48;
const LEADING: &[&str] = &[
    "på ",
    "til ",
    "till ",
    "på nr ",
    "via ",
    "on ",
    "at ",
    "to ",
    "into ",
    "numeroon ",
    "numerosta ",
    "numerossa ",
    "numerolla ",
    "tilille ",
];
/// A word against counts this near.
const AGAINST_NEAR: usize = 30;

/// The words of all detectors.
#[derive(Debug)]
pub struct Nearby {
    /// For which detectors each word speaks, and against which.
    words: Vec<Vec<(u16, bool)>>,
    /// Their texts, under the same numbers.
    phrases: Phrases,
    /// Of each detector: what it finds is a thing's, and not reported.
    things: Vec<bool>,
    /// Of each detector: it has words at all.
    has_words: Vec<bool>,
}

/// A word of some detector that stands near a value.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    word: usize,
    distance: usize,
    /// Right before the value, on its line, or its label.
    label: bool,
    /// Values stand between that are all written in another way: what it says of them, it does not say of this one.
    past: bool,
    same_line: bool,
    /// It stands behind the value.
    after: bool,
    /// A preposition leads from it to the value: `ring til Anna på …`, `overfør pengene til …`.
    led: bool,
}

/// What the words around a value say for a detector.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Said {
    /// Log-odds.
    pub odds: f32,
    /// The word that says most, by number.
    pub word: Option<usize>,
    /// It stands right before the value or is its label.
    pub label: bool,
}

/// Where on the lines of values the words of detectors stand: values that stand close together, as in a table, have the
/// same words around them, and mostly none.
#[derive(Debug, Default)]
pub struct Lines(RefCell<Read>);

/// Lines that were read, and the words on them, in the order of the text.
#[derive(Debug, Default)]
struct Read {
    parts: Vec<Range<usize>>,
    words: Vec<Seen>,
}

/// A word's letters, wherever they stand.
#[derive(Debug)]
struct Seen {
    number: usize,
    at: Range<usize>,
    /// Where the letters behind it end, or the digit that is glued to it.
    reach: usize,
    /// It is a word, and no part of another one.
    whole: bool,
}

impl Read {
    fn knows(&self, part: &Range<usize>) -> bool {
        let at = self.parts.partition_point(|known| known.end < part.end);
        self.parts.get(at).is_some_and(|known| known.start <= part.start)
    }
}

impl Lines {
    /// These lines if a value stands on one of them, or others.
    pub fn or<'l>(&'l self, others: &'l Self, text: &str, at: &Range<usize>) -> &'l Self {
        if self.0.borrow().knows(&near(text, at)) { self } else { others }
    }

    /// Reads the lines of a part of a text. False: they are too long to be read for its sake. Parts come in the order of the
    /// text; at one that does not, what was read before is forgotten.
    fn read(&self, nearby: &Nearby, text: &str, part: &Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let mut read = self.0.borrow_mut();
        if read.knows(part) {
            return true;
        }
        if read.parts.last().is_some_and(|last| part.start < last.start) {
            *read = Read::default();
        }
        let begin = match read.parts.last() {
            Some(last) if part.start < last.end => last.end,
            _ => {
                let near = part.start.saturating_sub(LINE);
                let before = bytes.get(near..part.start).and_then(|before| memchr::memrchr(b'\n', before));
                match before {
                    Some(end) => near + end + 1,
                    None if near == 0 => 0,
                    None => return false,
                }
            }
        };
        let far = (part.end + LINE).min(bytes.len());
        let end = match bytes.get(part.end..far).and_then(|behind| memchr::memchr(b'\n', behind)) {
            Some(end) => part.end + end + 1,
            None if far == bytes.len() => far,
            None => return false,
        };
        let new = text.get(begin..end).unwrap_or_default();
        read.words.extend(nearby.phrases.find(new, 0).filter_map(|(number, at)| {
            let behind = new.get(at.end..)?;
            let letters: usize = behind.chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
            let glued = usize::from(behind.starts_with(|c: char| c.is_ascii_digit()));
            let whole = is_whole(new, &at);
            let at = begin + at.start..begin + at.end;
            Some(Seen { number, reach: at.end + letters + glued, at, whole })
        }));
        match read.parts.last_mut().filter(|last| last.end == begin) {
            Some(last) => last.end = end,
            None => read.parts.push(begin..end),
        }
        true
    }

    /// The whole words in this part, looked at by itself. `None`: one is cut at its edges. (What is found from the
    /// beginning of a line is what is found from any place that cuts no match.)
    fn words(&self, part: &Range<usize>) -> Option<Vec<(usize, Range<usize>)>> {
        let read = self.0.borrow();
        let mut words = Vec::new();
        let first = read.words.partition_point(|word| word.at.end <= part.start);
        for word in read.words.iter().skip(first).take_while(|word| word.at.start < part.end) {
            if word.at.start <= part.start || word.reach > part.end {
                return None;
            }
            if word.whole {
                words.push((word.number, word.at.start - part.start..word.at.end - part.start));
            }
        }
        Some(words)
    }
}

/// For which detectors a word speaks, and against which.
type ByText = HashMap<String, Vec<(u16, bool)>, FixedState>;

impl Nearby {
    /// Compiles the words of all detectors.
    pub fn new(detectors: &[Detector]) -> Self {
        let mut by_text = ByText::default();
        let mut ends: HashSet<String, FixedState> = HashSet::default();
        for (number, detector) in detectors.iter().enumerate() {
            for (words, speaks_for) in [(&detector.near, true), (&detector.against, false)] {
                for word in words {
                    let word = word.trim_end_matches('.').to_lowercase();
                    let compound = word.strip_prefix('*').map(str::to_owned);
                    ends.extend(compound.clone());
                    let word = compound.unwrap_or(word);
                    for word in folded(&word).into_iter().chain([word]) {
                        let speaks = by_text.entry(word).or_default();
                        if !speaks.contains(&(number as u16, speaks_for)) {
                            speaks.push((number as u16, speaks_for));
                        }
                    }
                }
            }
        }
        let mut texts: Vec<String> = by_text.keys().cloned().collect();
        texts.sort_unstable();
        // `*konto` is `arrangementskonto` too.
        let may_end = |text: &str| text.len() >= LONG || ends.contains(text);
        let word = |text: &String| by_text.get(text).map(|said| inherit(text, said, &by_text)).unwrap_or_default();
        let things = detectors.iter().map(|detector| !detector.report).collect();
        let has_words = detectors.iter().map(|d| !d.near.is_empty() || !d.against.is_empty()).collect();
        Self { words: texts.iter().map(word).collect(), phrases: Phrases::new(texts, may_end), things, has_words }
    }

    /// All words near the value at `at`. `lines` remembers what stands on its line, for other values there.
    pub fn around(&self, text: &str, at: &Range<usize>, lines: &Lines) -> Vec<Hit> {
        let mut hits = Vec::new();
        let Range { start: from, end: to } = near(text, at);
        let known = lines.read(self, text, &(from..to));
        let words = |part: Range<usize>| {
            let words = if known { lines.words(&part) } else { None };
            words.unwrap_or_else(|| self.words_in(text, part).collect())
        };
        let before = text.get(from..at.start).unwrap_or_default();
        let value = text.get(at.clone()).unwrap_or_default();
        for (word, found) in words(from..at.start) {
            let gap = before.get(found.end..).unwrap_or_default();
            let same_line = !gap.contains('\n');
            // `kt. 120364 9529, +354 721 4258`: what a plus sign begins is not the next of a list of other numbers.
            let other = text.as_bytes().get(at.start) == Some(&b'+') && gap.contains(|c: char| c.is_ascii_digit());
            let label = (!other || gap.contains('+')) && is_label(gap);
            let led = !label && same_line && leads(gap);
            let past = label && !alike(gap, value);
            hits.push(Hit { word, distance: gap.len(), label, past, same_line, after: false, led });
        }
        let after = text.get(at.end..to).unwrap_or_default().split(['\n', '\t']).next().unwrap_or_default();
        for (word, found) in words(at.end..at.end + after.len()) {
            // `…, tlf. 12345678`: a label of the next value says nothing of this one.
            let behind = after.get(found.end..).unwrap_or_default().trim_start_matches([' ', '.', ':', '=', '"']);
            if behind.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')) {
                continue;
            }
            // `41 11 80 21  847,00 kr.`: a unit is that of the number right before it.
            if after.get(..found.start).is_some_and(|gap| gap.contains(|c: char| c.is_ascii_digit())) {
                continue;
            }
            let (label, past, led) = (false, false, false);
            hits.push(Hit { word, distance: found.start, label, past, same_line: true, after: true, led });
        }
        hits
    }

    /// The words in a label: a column header, a key, a field's name.
    pub fn in_label(&self, label: &str) -> Vec<Hit> {
        let (written, spaced) = (label.to_lowercase(), spaced(label));
        let again = if spaced == written { "" } else { &spaced };
        self.whole_words(&written)
            .chain(self.whole_words(again))
            .map(|(word, _)| Hit {
                word,
                distance: 0,
                label: true,
                past: false,
                same_line: true,
                after: false,
                led: false,
            })
            .collect()
    }

    /// Whether a word is one of some detector's.
    pub fn speaks(&self, word: &str) -> bool {
        // One capital, in front: there are no words within it.
        let simple = word.bytes().skip(1).all(|b| b.is_ascii_lowercase());
        if simple { self.whole_words(word).next().is_some() } else { !self.in_label(word).is_empty() }
    }

    /// A detector has words at all: for one that has none they need not be looked for.
    pub fn has_words(&self, detector: u16) -> bool {
        self.has_words.get(usize::from(detector)).copied().unwrap_or_default()
    }

    /// What these words say for a detector: the strongest word for it, and the nearest one against it.
    pub fn said(&self, hits: &[Hit], detector: u16) -> Said {
        let speaks = |hit: &Hit| {
            self.words.get(hit.word).and_then(|said| said.iter().find(|(d, _)| *d == detector)).map(|(_, s)| *s)
        };
        let thing = self.things.get(usize::from(detector)).copied().unwrap_or_default();
        // A list that begins with other numbers (`Tlf. 20304050, 060198-1645`) is not all what its label says.
        let nearest = |wanted: bool| {
            let hits = hits.iter().filter(|hit| speaks(hit) == Some(wanted));
            let hits = hits.map(|hit| Hit { label: hit.label && (wanted && !thing || !hit.past), ..*hit });
            hits.min_by_key(|hit| (!hit.label, hit.distance))
        };
        let (good, bad) = (nearest(true), nearest(false).filter(|hit| hit.same_line));
        match (good, bad) {
            // `CPR-nr./CVR-nr.: `: one of both.
            (Some(good), Some(bad)) if good.label && bad.label && self.joined(&good, &bad) => {
                Said { odds: NEAR, word: Some(good.word), label: true }
            }
            (Some(good), Some(bad)) if good.label && bad.label && bad.distance < good.distance => {
                Said { odds: AGAINST_LABEL, word: Some(bad.word), label: true }
            }
            (Some(good), _) if good.label => Said { odds: LABEL, word: Some(good.word), label: true },
            (_, Some(bad)) if bad.label => Said { odds: AGAINST_LABEL, word: Some(bad.word), label: true },
            // A unit or the like: `12 345 678 kr.`
            (_, Some(bad)) if bad.after && bad.distance <= 1 => {
                Said { odds: AGAINST_LABEL, word: Some(bad.word), label: false }
            }
            (Some(good), bad) => {
                let against = if bad.is_some_and(|bad| bad.distance < AGAINST_NEAR) { AGAINST } else { 0.0 };
                let near = match good {
                    Hit { led: true, .. } => BOTH,
                    Hit { same_line: true, .. } => NEAR,
                    _ => OTHER_LINE,
                };
                Said { odds: near + against, word: Some(good.word), label: false }
            }
            (None, Some(bad)) if bad.distance < AGAINST_NEAR => {
                Said { odds: AGAINST, word: Some(bad.word), label: false }
            }
            _ => Said::default(),
        }
    }

    /// Next to nothing stands between two words before a value, the first of which is `first`.
    fn joined(&self, first: &Hit, second: &Hit) -> bool {
        let between = first.distance.checked_sub(second.distance + self.word(second.word).len());
        between.is_some_and(|between| (1..=3).contains(&between)) && second.distance > 0
    }

    /// A word's text, for `--explain`.
    pub fn word(&self, number: usize) -> &str {
        self.phrases.text(number)
    }

    /// The words in a text.
    fn whole_words<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        self.words_in(text, 0..text.len())
    }

    /// The words in a part of a text, and where in the part. Of a word that is cut at its beginning only those that may end
    /// a compound are words; what is cut at its end is one as it stands there.
    fn words_in<'t>(&'t self, text: &'t str, part: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        let text = text.get(..part.end).unwrap_or_default();
        let found = self.phrases.find(text, part.start).filter(move |(_, found)| is_whole(text, found));
        found.map(move |(word, found)| (word, found.start - part.start..found.end - part.start))
    }
}

/// Whether a match is a whole word or, as far as it goes on, nearly: a short ending may follow a longer word
/// (`personnummeret`).
fn is_whole(text: &str, found: &Range<usize>) -> bool {
    let Some(rest) = text.get(found.end..) else { return false };
    let ending = rest.chars().take_while(|c| c.is_alphabetic()).count();
    let glued = rest.starts_with(|c: char| c.is_ascii_digit());
    (ending == 0 || found.len() >= 5 && ending <= 4) && !glued
}

/// The part of a text in which words near a value are looked for.
fn near(text: &str, at: &Range<usize>) -> Range<usize> {
    let from = text.floor_char_boundary(at.start.saturating_sub(BEFORE));
    from..text.ceil_char_boundary((at.end + AFTER).min(text.len()))
}

/// A label in lower case and as words: `kundeTelefon_2` is `kunde telefon 2`.
pub fn spaced(label: &str) -> String {
    let mut words = String::with_capacity(label.len() + 4);
    let mut before = ' ';
    for c in label.chars() {
        let new = before.is_lowercase() && c.is_uppercase() || before.is_alphabetic() && c.is_ascii_digit();
        if new {
            words.push(' ');
        }
        before = if c == '_' { ' ' } else { c };
        words.extend(before.to_lowercase());
    }
    words
}

/// A long word as programs name their fields: `fodselsnummer`, `foedselsnummer`.
fn folded(word: &str) -> Vec<String> {
    if word.is_ascii() || word.len() < FOLDED || word.contains(' ') {
        return Vec::new();
    }
    let fold = |letters: [(&str, &str); 8]| letters.iter().fold(word.to_owned(), |word, (of, to)| word.replace(of, to));
    let bare = [("æ", "ae"), ("ø", "o"), ("å", "a"), ("ä", "a"), ("ö", "o"), ("é", "e"), ("í", "i"), ("ú", "u")];
    let long = [("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ä", "ae"), ("ö", "oe"), ("é", "e"), ("í", "i"), ("ú", "u")];
    vec![fold(bare), fold(long)]
}

/// A longer word says what a shorter one that it begins with says, unless it says otherwise: of `kontonr` and `konto`
/// only the longer is found, where a word may begin.
fn inherit(text: &str, speaks: &[(u16, bool)], all: &ByText) -> Vec<(u16, bool)> {
    let mut speaks = speaks.to_vec();
    for (at, _) in text.char_indices().skip(2) {
        // `kontonr` is a kind of `konto`, but a card no car.
        let apart = at >= 5 || text.get(at..).is_some_and(|rest| !rest.starts_with(char::is_alphabetic));
        for said in text.get(..at).filter(|_| apart).and_then(|shorter| all.get(shorter)).into_iter().flatten() {
            if !speaks.iter().any(|(detector, _)| *detector == said.0) {
                speaks.push(*said);
            }
        }
    }
    speaks
}

/// Words between a verb and the number that it is about: they end in a preposition, and no sentence ends in them.
fn leads(gap: &str) -> bool {
    let led =
        LEADING.iter().any(|word| gap.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with(' ')));
    led && gap.len() <= LED
        && !gap.contains(|c: char| c.is_ascii_digit() || matches!(c, ';' | '|' | '\t'))
        && !gap.contains(". ")
}

/// Whether one of the values between a label and this one, if there are any, is written as it is.
fn alike(gap: &str, value: &str) -> bool {
    fn form(value: &str) -> impl Iterator<Item = char> {
        let digits = value.trim_matches(|c: char| !c.is_ascii_digit());
        digits.chars().map(|c| if c.is_ascii_digit() { '#' } else { c })
    }
    let others = gap.split([',', '/', '&']).flat_map(|part| part.split(char::is_alphabetic));
    let mut others = others.filter(|other| other.contains(|c: char| c.is_ascii_digit())).peekable();
    others.peek().is_none() || others.any(|other| form(other).eq(form(value)))
}

/// Between a label and its value stand punctuation, dots that lead to it, and at most one short word (`nr`, `er`); or
/// further values of a list (`Ordre 1234, 1235 og 1236`).
fn is_label(gap: &str) -> bool {
    let quiet = |gap: &str| {
        gap.chars().filter(|c| !matches!(c, '.' | '_' | ' ')).map(char::len_utf8).sum::<usize>() <= 12
            && (gap.len() <= 16 || gap.contains("..") || gap.contains("__") || gap.trim().len() <= 2)
            && !gap.contains(|c: char| c.is_numeric() || c == ';')
            && gap.chars().filter(|c| c.is_alphabetic()).count() <= 6
            && gap.matches('\n').count() <= 1
            && gap.matches('\t').count() <= 1
    };
    let list = || {
        gap.contains([',', '/', '&', 'o', 'j', 'a'])
            && !gap.contains(['\n', '\t', ';', ':'])
            && gap.split([' ', ',', '.']).filter(|part| !part.is_empty()).all(|part| {
                part.contains(|c: char| c.is_ascii_digit())
                    || matches!(part, "og" | "och" | "ja" | "and" | "eller" | "/" | "&")
            })
    };
    quiet(gap) || list()
}
