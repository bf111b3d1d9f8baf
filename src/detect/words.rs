//! The dictionary: keywords of nine categories, names, and words that point at a person, looked up word by word.
//!
//! In: a word's place in a text. Out: the terms that stand there. Each term hangs on its first word: whole words by a
//! hash of their ends and their length, prefixes (`sygemeld*`) by their first bytes. All else is compared only then.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use compact_str::{CompactString, ToCompactString};
use serde::Deserialize;
use smallvec::SmallVec;

use crate::detect::key::{Filter, Hashed, Key, Ready, STEMS, Window, edges, low, spread};
use crate::detect::keywords::Keywords;
use crate::detect::language::Tongues;
use crate::detect::term::{Term, first_word, is_lower};
use crate::detect::whose;
use crate::eight::{CASE, TOPS, within};
use crate::patterns::{self, Mistake, Source};

/// What a term means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    /// A keyword of a detector; strong or weak.
    Keyword(u16, bool, Tongues),
    /// A keyword only with one of the detector's [`Tie`](Meaning::Tie)s in its sentence: `HK`, `Venstre`.
    Member(u16, Tongues),
    /// What ties such a term to somebody: `medlem`, `kontingent`.
    Tie(u16),
    /// A field or a column whose values are a detector's: `Diagnose`.
    Label(u16),
    /// A field whose values may say something about a person: its known words do. `Helbred`
    Hint(u16),
    /// A phrase that holds a keyword but means no person.
    Neutral,
    /// A given name; an ordinary word too?
    Given(bool),
    /// A family name; an ordinary word too?
    Surname(bool),
    /// A word for one certain person: `hun`, `min`; for anybody where a condition stands before it (`patienten`)?
    Person(bool),
    /// A particle between names: `af`, `von`.
    Particle,
    /// What stands before a name: `overlæge`, `Navn`.
    Title,
    /// A word of general talk: `medarbejdere`, `politik`; of case files too (`skolen`)?
    General(bool),
    /// What leads to whom a notice says to turn to: `kontakt`, `bestil på`.
    Addressee,
    /// A word that says no.
    Negation,
    /// A literal of a detector's pattern, which is tried around it.
    Anchor(u16),
}

/// About as many as there are: room for them is made once.
const TERMS: usize = 1 << 15;

/// All terms.
#[derive(Debug)]
pub struct Words {
    terms: Vec<Term>,
    whole: HashMap<u64, First, BuildHasherDefault<Hashed>>,
    /// Phrases by their first word and four bytes behind it: common words begin dozens.
    phrases: HashMap<u64, SmallVec<[Phrase; 1]>, BuildHasherDefault<Hashed>>,
    stems: HashMap<u64, SmallVec<[Stem; 1]>, BuildHasherDefault<Ready>>,
    /// Most words of a text end at these: terms of one word, names, which have a capital, first words of phrases, those
    /// with what stands behind them, and stems.
    wholes: Filter<{ 16 << 10 }>,
    names: Filter<{ 4 << 10 }>,
    firsts: Filter<{ 2 << 10 }>,
    seconds: Filter<{ 4 << 10 }>,
    starts: Filter<{ 2 << 10 }>,
    /// What words begin with that stand behind a digit in a term: `3F`.
    behind_digits: u32,
    /// What walks over other texts have asked for: one for each worker in the end.
    seen: Mutex<Vec<Seen>>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            terms: Vec::with_capacity(TERMS),
            whole: HashMap::with_capacity_and_hasher(TERMS / 2, BuildHasherDefault::default()),
            phrases: HashMap::with_capacity_and_hasher(TERMS / 4, BuildHasherDefault::default()),
            stems: HashMap::with_capacity_and_hasher(TERMS / 8, BuildHasherDefault::default()),
            wholes: Filter::new(),
            names: Filter::new(),
            firsts: Filter::new(),
            seconds: Filter::new(),
            starts: Filter::new(),
            behind_digits: 0,
            seen: Mutex::default(),
        }
    }
}

/// The terms that begin with a word.
#[derive(Debug, Default)]
struct First {
    /// In which ways.
    ways: u64,
    alone: SmallVec<[Whole; 1]>,
    /// Those that [`Words::phrases`] knows.
    phrases: SmallVec<[u32; 2]>,
}

/// A term of several words, and what is [`further`] behind its first.
#[derive(Debug)]
struct Phrase {
    term: u32,
    further: Option<u32>,
}

/// A term by its first word, and by the [`two`] bytes behind that.
#[derive(Debug)]
struct Whole {
    term: u32,
    behind: u16,
}

/// The two bytes at `at` in lower case, if they are ASCII and no more than one of them is white space, a simple one;
/// else 0.
fn two(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..) {
        Some([first @ (b' ' | b'!'..=b'~'), second @ b'!'..=b'~', ..]) => {
            u16::from_le_bytes([first.to_ascii_lowercase(), second.to_ascii_lowercase()])
        }
        _ => 0,
    }
}

/// Four bytes behind a word, as far as the word goes that begins at the second of them, with the bit of the case set; if
/// they do not begin with two of white space, and none is of a character that is not seen or whose case is another
/// matter. Other white space is a space. Zeros stand for what is beyond the text's end.
#[cold]
#[inline(never)]
fn four([first, second, third, fourth]: [u8; 4]) -> Option<u32> {
    let part = |byte: u8| PARTS.get(usize::from(byte)).copied().unwrap_or_default();
    let clear = first.is_ascii() && (first > b' ' || second > b' ');
    let (there, third_too) = (part(second), part(third));
    let fourth_too = part(fourth);
    if !clear || (there | third_too | fourth_too) & FOREIGN != 0 {
        return None;
    }
    let third_too = if second <= b' ' { 0 } else { third_too };
    let mask = 0xFFFF | u32::from(third_too) << 16 | u32::from(third_too & fourth_too) << 24;
    Some((u32::from_le_bytes([first.max(b' '), second.max(b' '), third, fourth]) | CASE as u32) & mask)
}

/// The four bytes behind those four, with the bit of the case set, if the word that begins at the second byte goes on as
/// far: `har dør…` begins like dozens of phrases.
fn further(behind: &[u8]) -> Option<u32> {
    let [_, word @ ..]: [u8; 8] = *behind.first_chunk()?;
    let part = |byte: &u8| PARTS.get(usize::from(*byte)) == Some(&0xFF);
    let last = word.last_chunk().filter(|_| word.iter().all(part))?;
    Some(u32::from_le_bytes(*last) | CASE as u32)
}

/// What [`four`] says, if a byte of ASCII and a word of ASCII stand there: most words have such behind them.
#[inline(always)]
fn word_behind(four: [u8; 4]) -> Option<u32> {
    /// What is looked at: two bytes, or as many more as go on with the word.
    const AS_FAR: [u32; 4] = [0xFFFF, 0xFF_FFFF, 0xFFFF, 0xFFFF_FFFF];
    let there = u32::from_le_bytes(four);
    let folded = there | CASE as u32;
    let parts = (within(folded.into(), b'a', b'z') | within(there.into(), b'0', b'9')) as u32;
    if there & TOPS as u32 | !parts & 0x8000 != 0 {
        return None;
    }
    let mask = AS_FAR.get((parts >> 23 & 1 | parts >> 30 & 2) as usize).copied().unwrap_or_default();
    Some((folded & !0xFF | (there & 0xFF).max(u32::from(b' ')) | u32::from(b' ')) & mask)
}

/// Of a byte: all ones if it is a part of a word, or [`FOREIGN`]: of a character that is not seen or whose case is another
/// matter.
#[expect(clippy::indexing_slicing, reason = "the compiler runs it")]
static PARTS: [u16; 256] = {
    let (mut table, mut byte) = ([0; 256], 0u8);
    loop {
        table[byte as usize] = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | 0x80..=0xBF | 0xC3 => 0xFF,
            0..=0x7F => 0,
            _ => FOREIGN,
        };
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};
const FOREIGN: u16 = 0x100;

/// A bit for each letter of ASCII, whatever its case.
#[inline]
fn letter(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// A prefix, by as many of its first eight bytes as it has.
#[derive(Debug)]
struct Stem {
    bytes: u64,
    mask: u64,
    term: u32,
}

impl Stem {
    /// A word with this key may begin with it.
    fn begins(&self, key: Key) -> bool {
        (key.first ^ self.bytes) & self.mask == 0
    }
}

/// Ways in which terms may begin with a word: the whole word, a name, the first of a phrase, and by the bytes that it
/// has in common with a prefix (bits 4, 6 and 8).
const ALONE: u64 = 1;
const NAME: u64 = 2;
const FIRST: u64 = 4;
const FATHER: u64 = 8;
/// Of a whole word: what stands behind it may be a digit.
const NUMBERED: u64 = 1 << 5;
const STEM: u64 = 1;
/// As many bits as they need.
const WAYS: u64 = (1 << 9) - 1;

/// Some of them.
#[derive(Debug, Clone, Copy)]
pub struct Ways(u64);

impl Ways {
    /// Perhaps it is a name that a father's or mother's name makes.
    pub fn patronymic(self) -> bool {
        self.0 & FATHER != 0
    }
}

/// The ways of the words that were asked for last: few words make most of a text. They belong to one [`Words`].
#[derive(Debug)]
pub struct Seen(Box<[u64; PLACES]>);

/// Places for words: with fewer, words that are asked for again and again take each other's.
const PLACES: usize = 1 << 16;

impl Default for Seen {
    fn default() -> Self {
        let mut places: Box<[u64; PLACES]> = vec![0; PLACES].try_into().unwrap_or_else(|_| Box::new([0; PLACES]));
        // The top bits are those of a place's number: nothing is in its place yet.
        places.first_mut().into_iter().for_each(|first| *first = u64::MAX);
        Self(places)
    }
}

impl Seen {
    /// The ways of the word with this hash: each place has most of a hash and, in the lowest bits, ways.
    #[inline(always)]
    fn ways(&mut self, hash: u64, ask: impl FnOnce() -> u64) -> u64 {
        let Some(place) = self.0.get_mut((hash >> (u64::BITS - PLACES.ilog2())) as usize) else { return WAYS };
        if (*place ^ hash) > WAYS {
            *place = hash & !WAYS | ask();
        }
        *place & WAYS
    }
}

/// A file whose words would mean nothing.
fn no_list(source: &Source) -> Mistake {
    source.mistake("", "no list of names is called so: see `names/` in patterns/README.md")
}

/// Words by language.
#[derive(Debug, Deserialize)]
struct ByLanguage {
    #[serde(flatten)]
    languages: BTreeMap<String, Vec<String>>,
}

impl Words {
    /// Adds a category; `detector` is its number.
    pub fn add_keywords(&mut self, keywords: &Keywords, detector: u16) {
        for terms in keywords.languages.values() {
            terms.ties.iter().for_each(|term| self.add(term, Meaning::Tie(detector)));
            terms.labels.iter().for_each(|term| self.add(term, Meaning::Label(detector)));
            terms.hints.iter().for_each(|term| self.add(term, Meaning::Hint(detector)));
        }
        for kind in [None, Some(false), Some(true)] {
            // One term of several languages is one.
            let mut numbers: HashMap<&str, usize, foldhash::fast::FixedState> = HashMap::default();
            let mut all: Vec<(&str, Tongues)> = Vec::new();
            for (language, terms) in &keywords.languages {
                let tongue = Tongues::of(language);
                for term in terms.of(kind) {
                    let number = *numbers.entry(term).or_insert(all.len());
                    match all.get_mut(number) {
                        Some((_, tongues)) => tongues.add(tongue),
                        None => all.push((term, tongue)),
                    }
                }
            }
            for (term, tongues) in all {
                let strength = |strong| Meaning::Keyword(detector, strong, tongues);
                self.add(term, kind.map_or(Meaning::Member(detector, tongues), strength));
            }
        }
        keywords.neutral.iter().for_each(|term| self.add(term, Meaning::Neutral));
    }

    /// Adds names and the words for persons from `patterns/names`; `detector` is the number of names.
    pub fn add_names(&mut self, user: Option<&std::path::Path>, detector: Option<u16>) -> Result<(), Mistake> {
        for source in patterns::files("names", "txt", user)? {
            let file = source.name();
            for entry in source.entries() {
                let (name, ordinary) = entry.strip_suffix('~').map_or((entry, false), |name| (name, true));
                match file {
                    given if given.starts_with("given") => self.add(name, Meaning::Given(ordinary)),
                    family if family.starts_with("surnames") => self.add(name, Meaning::Surname(ordinary)),
                    "firms.txt" => self.add(name, Meaning::Neutral),
                    "particles.txt" => self.add(name, Meaning::Particle),
                    // Read where they are asked for.
                    elsewhere if whose::FILES.contains(&elsewhere) => {}
                    "roles.txt" | "authorities.txt" if source.is_built_in() => {}
                    _ => return Err(no_list(&source)),
                }
            }
        }
        for source in patterns::files("names", "toml", user)? {
            // Read where they are asked for.
            if source.name() == "shapes.toml" || whose::FILES.contains(&source.name()) {
                continue;
            }
            let words: ByLanguage = source.parse()?;
            let meaning = match source.name() {
                "titles.toml" => Meaning::Title,
                "general.toml" | "persons.toml" => {
                    let meaning = if source.name() == "general.toml" { Meaning::General } else { Meaning::Person };
                    for word in words.languages.values().flatten() {
                        let (word, marked) = word.strip_suffix('~').map_or((&**word, false), |word| (word, true));
                        self.add(word, meaning(marked));
                    }
                    continue;
                }
                "addressees.toml" => Meaning::Addressee,
                "negations.toml" => Meaning::Negation,
                "labels.toml" => match detector {
                    Some(detector) => Meaning::Label(detector),
                    None => continue,
                },
                _ => return Err(no_list(&source)),
            };
            words.languages.values().flatten().for_each(|word| self.add(word, meaning));
        }
        Ok(())
    }

    /// Adds a literal that begins with a letter: a word, or with `*` the beginning of words.
    pub fn add_anchor(&mut self, literal: &str, number: u16) {
        self.add(literal, Meaning::Anchor(number));
    }

    fn add(&mut self, written: &str, meaning: Meaning) {
        let (written, exact) = written.strip_prefix('=').map_or((written, false), |rest| (rest, true));
        let (written, prefix) = written.strip_suffix('*').map_or((written, false), |rest| (rest, true));
        let text: CompactString =
            if exact || is_lower(written) { written.into() } else { written.to_lowercase().to_compact_string() };
        let Some((lead, behind)) = first_word(&text) else { return };
        let word = text.get(lead..behind).unwrap_or_default();
        if lead.checked_sub(1).and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit) {
            self.behind_digits |= word.bytes().next().map_or(0, letter);
        }
        let number = self.terms.len() as u32;
        let last_word = behind == text.len();
        let key = Key::of(word.as_bytes(), 0, word.len());
        if let Some(length) = STEMS.into_iter().rfind(|length| prefix && last_word && word.len() >= *length) {
            self.starts.add(spread(key.stem(length)));
            let stem = Stem { bytes: key.first, mask: low(word.len()), term: number };
            self.stems.entry(key.stem(length)).or_default().push(stem);
        } else {
            let first = self.whole.entry(key.hash()).or_default();
            // A phrase that ends within four bytes ends as its second word does.
            let rest = text.as_bytes().get(behind..).unwrap_or_default();
            let mut next = [b' '; 4];
            next.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
            let keyed = if prefix { rest.len() >= 4 } else { rest.len() > 1 };
            match four(next).filter(|_| keyed) {
                Some(four) => {
                    first.ways |= FIRST;
                    first.phrases.push(number);
                    let both = key.hash() ^ u64::from(four);
                    self.firsts.add(key.hash());
                    self.seconds.add(spread(both));
                    let further = further(rest);
                    self.phrases.entry(both).or_default().push(Phrase { term: number, further });
                }
                None => {
                    let digit = prefix && last_word || rest.first().is_some_and(u8::is_ascii_digit);
                    first.ways |= if digit { NUMBERED } else { 0 };
                    first.alone.push(Whole { term: number, behind: two(text.as_bytes(), behind) });
                    // Abbreviations keep their case: `HIV`.
                    let name = matches!(meaning, Meaning::Given(_) | Meaning::Surname(_));
                    if name || exact && word.starts_with(|c: char| !c.is_ascii() || c.is_ascii_uppercase()) {
                        first.ways |= NAME;
                        self.names.add(key.hash());
                    } else {
                        first.ways |= ALONE;
                        self.wholes.add(key.hash());
                    }
                }
            }
        }
        // What no byte of which could be an `÷`, and no capital.
        let simple = |byte: u8| matches!(byte, 0..=0x7F | 0xC3 | 0xA0..=0xB6 | 0xB8..=0xBE);
        let plain = !prefix && word.len() == text.len() && word.bytes().all(simple);
        self.terms.push(Term { text, lead, prefix, exact, plain, meaning });
    }

    /// What another text's words were, to be [kept](Self::keep) for the next one's.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps what words were.
    pub fn keep(&self, seen: Seen) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    /// The ways in which terms may begin with the word at `start..end`.
    pub fn may_begin(&self, bytes: &[u8], start: usize, end: usize, seen: &mut Seen) -> Option<(Key, Ways)> {
        let there = |at: usize| bytes.get(at).copied().unwrap_or_default();
        let behind = [there(end), there(end + 1), there(end + 2), there(end + 3)];
        self.may_be(Key::of(bytes, start, end), seen, || (there(start), behind))
    }

    /// The ways in which terms may begin with the word that stands in a window: most words of a text end here.
    #[inline(always)]
    pub fn may_stand(&self, window: &Window, by: usize, length: usize, seen: &mut Seen) -> Option<(Key, Ways)> {
        self.may_be(Key::within(window, by, length), seen, || edges(window, by, length))
    }

    /// The ways in which terms may begin with a word of this key; `edges` tells its first byte and the four behind it.
    #[inline(always)]
    fn may_be(&self, key: Key, seen: &mut Seen, edges: impl FnOnce() -> (u8, [u8; 4])) -> Option<(Key, Ways)> {
        let hash = key.hash();
        let mut ways = seen.ways(hash, || self.ways(key));
        if ways == 0 {
            return None;
        }
        let (first, behind) = edges();
        if ways & NAME != 0 && first.is_ascii_lowercase() {
            ways &= !NAME;
        }
        if ways & FIRST != 0 && !self.may_go_on(behind, hash) {
            ways &= !FIRST;
        }
        // `v1`, `E20`
        if behind.first().is_some_and(u8::is_ascii_digit) && ways & NUMBERED == 0 {
            ways &= !(ALONE | NAME);
        }
        ways &= !NUMBERED;
        (ways != 0).then_some((key, Ways(ways)))
    }

    /// Whether some term has the word at `start` right behind a digit.
    #[inline]
    pub fn may_follow_digit(&self, bytes: &[u8], start: usize) -> bool {
        bytes.get(start).is_none_or(|byte| !byte.is_ascii() || self.behind_digits & letter(*byte) != 0)
    }

    /// The ways in which terms may begin with a word: those in which [`look_in`](Self::look_in) would find nothing to
    /// compare, whatever stands behind the word, are not among them.
    #[inline(never)]
    fn ways(&self, key: Key) -> u64 {
        let hash = key.hash();
        let way = |way: u64, is: bool| if is { way } else { 0 };
        let whole =
            way(ALONE, self.wholes.has(hash)) | way(NAME, self.names.has(hash)) | way(FIRST, self.firsts.has(hash));
        let stems = STEMS.map(|length| {
            let stem = key.stem(length);
            let is = key.length >= length as u64 && self.starts.has(spread(stem)) && self.has_stem(key, stem);
            way(STEM << length, is)
        });
        // What passes the filters only is looked up once, not each time.
        (if whole == 0 { 0 } else { self.whole.get(&hash).map_or(0, |first| first.ways & (whole | NUMBERED)) })
            | way(FATHER, key.may_be_patronymic())
            | stems.into_iter().sum::<u64>()
    }

    /// Whether there is a prefix under `stem` that has its first bytes in common with a word.
    fn has_stem(&self, key: Key, stem: u64) -> bool {
        self.stems.get(&stem).is_some_and(|stems| stems.iter().any(|stem| stem.begins(key)))
    }

    /// Whether what stands behind a word may go on with a phrase that begins with it.
    #[inline(always)]
    fn may_go_on(&self, behind: [u8; 4], hash: u64) -> bool {
        let four = match word_behind(behind) {
            Some(four) => four,
            None => match four(behind) {
                Some(four) => four,
                None => return true,
            },
        };
        self.seconds.has(spread(hash ^ u64::from(four)))
    }

    /// Whether a phrase begins with the word.
    pub fn begins_phrase(&self, key: Key) -> bool {
        let begins = |first: &First| !first.phrases.is_empty() || first.alone.iter().any(|whole| whole.behind != 0);
        self.whole.get(&key.hash()).is_some_and(begins)
    }

    /// Calls `found` for each term whose first word is the one at `word`: with its bytes and its meaning.
    pub fn look(&self, text: &str, word: Range<usize>, key: Key, found: &mut dyn FnMut(Range<usize>, Meaning)) {
        self.look_in(text, word, (key, Ways(WAYS)), found);
    }

    /// [`look`](Self::look) for a word of which some ways are known not to be.
    pub fn look_in(
        &self,
        text: &str,
        word: Range<usize>,
        (key, ways): (Key, Ways),
        found: &mut dyn FnMut(Range<usize>, Meaning),
    ) {
        let hash = key.hash();
        let may = |ways_of: u64| ways.0 & ways_of != 0;
        if may(ALONE | NAME | FIRST)
            && let Some(first) = self.whole.get(&hash)
        {
            if may(ALONE | NAME) {
                let behind = two(text.as_bytes(), word.end);
                for whole in &first.alone {
                    if behind == 0 || whole.behind == 0 || behind == whole.behind {
                        self.verify(text, &word, whole.term, found);
                    }
                }
            }
            if may(FIRST) && !first.phrases.is_empty() {
                let behind = text.as_bytes().get(word.end..).unwrap_or_default();
                match behind.first_chunk().and_then(|behind| word_behind(*behind).or_else(|| four(*behind))) {
                    Some(four) => {
                        let there = further(behind);
                        let may_be =
                            |phrase: &&Phrase| phrase.further.zip(there).is_none_or(|(own, there)| own == there);
                        let phrases = self.phrases.get(&(hash ^ u64::from(four))).into_iter().flatten();
                        phrases.filter(may_be).for_each(|phrase| self.verify(text, &word, phrase.term, found));
                    }
                    None => first.phrases.iter().for_each(|term| self.verify(text, &word, *term, found)),
                }
            }
        }
        for length in STEMS {
            if may(STEM << length)
                && let Some(stems) = self.stems.get(&key.stem(length))
            {
                for stem in stems.iter().filter(|stem| stem.begins(key)) {
                    self.verify(text, &word, stem.term, found);
                }
            }
        }
    }

    /// Whether the term stands there indeed.
    fn verify(&self, text: &str, word: &Range<usize>, number: u32, found: &mut dyn FnMut(Range<usize>, Meaning)) {
        let Some(term) = self.terms.get(number as usize) else { return };
        // Names have a capital: most ordinary words that are names too end here.
        if matches!(term.meaning, Meaning::Given(_) | Meaning::Surname(_))
            && text.as_bytes().get(word.start).is_some_and(u8::is_ascii_lowercase)
        {
            return;
        }
        let after = text.as_bytes().get(word.end).copied().unwrap_or(b' ');
        if term.plain && after.is_ascii() {
            if !after.is_ascii_digit() && text.as_bytes().get(word.clone()).is_some_and(|there| term.is(there)) {
                found(word.clone(), term.meaning);
            }
        } else if let Some(end) = term.ends(text, word.start) {
            found(word.start - term.lead..end, term.meaning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::cluster::is_invisible;
    use crate::random::random;

    fn found(terms: &[&str], text: &str) -> Vec<String> {
        let mut words = Words::default();
        terms.iter().for_each(|term| words.add(term, Meaning::Neutral));
        let (mut seen, mut asked) = (Vec::new(), Seen::default());
        let mut at = 0;
        for word in text.split_inclusive(|c: char| !c.is_alphabetic() && !is_invisible(c)) {
            let end = at + word.trim_end_matches(|c: char| !c.is_alphabetic()).len();
            if let Some(key) = words.may_begin(text.as_bytes(), at, end, &mut asked) {
                words.look_in(text, at..end, key, &mut |range, _| seen.push(text[range].to_owned()));
            }
            at += word.len();
        }
        seen
    }

    #[test]
    fn terms_are_found_as_words_prefixes_and_phrases() {
        assert_eq!(found(&["sygemeldt"], "Hun er SYGEMELDT nu"), ["SYGEMELDT"]);
        assert!(found(&["sygemeldt"], "sygemeldte").is_empty());
        assert_eq!(found(&["sygemeld*"], "en sygemelding"), ["sygemelding"]);
        assert_eq!(found(&["etnisk oprindelse"], "Etnisk\n  oprindelse: x"), ["Etnisk\n  oprindelse"]);
        assert_eq!(found(&["etnisk baggrund*"], "etnisk baggrunden"), ["etnisk baggrunden"]);
        assert_eq!(
            found(&["Crohn's disease"], "Crohn’s disease, Crohn's Disease"),
            ["Crohn’s disease", "Crohn's Disease"]
        );
        assert_eq!(found(&["ÆGTESKAB"], "ægteskab"), ["ægteskab"]);
        // Alike in four bytes behind `har`, and not in the next four.
        assert_eq!(
            found(
                &["har dørmøde", "har dørmåtte*", "har dømt", "har dørmødet"],
                "har DØRMØDE, har dørmåtten, har dør\u{AD}møde, har dømt, Har Dørmødet: har  dørmøde har dørmøder"
            ),
            ["har DØRMØDE", "har dørmåtten", "har dør\u{AD}møde", "har dømt", "Har Dørmødet", "har  dørmøde"]
        );
        assert_eq!(found(&["§ 50-undersøgelse"], "en § 50-undersøgelse af"), ["§ 50-undersøgelse"]);
    }

    #[test]
    fn what_words_were_leaves_nothing_out() {
        let mut words = Words::default();
        let terms = [
            "sygemeld*",
            "kommunistpart*",
            "syge",
            "=HIV",
            "=Å",
            "hiv-positiv",
            "§ 50-undersøgelse",
            "i/s",
            "år",
            "og",
            "i dag",
            "i den",
            "i d*",
            "i gården",
            "og så videre",
            "Crohn's disease",
            "ÆGTESKAB",
            "sygehusvæsenet",
            "sygehusvæsenerne",
            "fagforeningskontingent",
            "fagforeningskontingenter",
            "o\u{DF}",
            "straffeattest*",
            "x y",
            "dø*",
            "a4",
        ];
        terms.iter().for_each(|term| words.add(term, Meaning::Neutral));
        ["Hansen", "Så", "Å", "Sygemeld", "ørsted"].iter().for_each(|name| words.add(name, Meaning::Given(false)));
        // What is not there has a place in the filters too.
        for word in ["gården", "væsenet", "disease", "hansens", "kommunis", "kommunistiske", "ægteskaber"] {
            let key = Key::of(word.as_bytes(), 0, word.len());
            words.wholes.add(key.hash());
            words.names.add(key.hash());
            words.firsts.add(key.hash());
            words.starts.add(spread(key.stem(4)));
        }
        let mut parts: Vec<String> = Vec::new();
        for term in terms {
            let term = term.trim_matches(['*', '=']);
            parts.extend([term.to_owned(), term.to_uppercase(), format!("{term}er")]);
            let half = term.ceil_char_boundary(term.len() / 2);
            parts.extend([term[..half].to_owned(), term.replace(' ', "\n"), term.replace(' ', "  ")]);
            parts.extend(term.split(' ').map(str::to_owned));
        }
        parts.extend(
            ["Hansen", "hansen", "HANSEN", "Hansens", "sygemeld", "Sygemeld", "Ørsted", "ørsted", "kommunistiske"]
                .map(str::to_owned),
        );
        parts.extend(
            [" ", " ", " ", " ", ", ", "-", "\u{A0}", "\u{AD}", "’", "\n", "1", "\u{1F600}"].map(str::to_owned),
        );
        let (mut random, mut used) = (random(7), Seen::default());
        let mut found_any = 0;
        for _ in 0..20_000 {
            let text: String = (0..random(12))
                .flat_map(|_| {
                    [parts[random(parts.len())].as_str(), if random(3) > 0 { " " } else { "" }].map(str::to_owned)
                })
                .collect();
            let mut fresh = Seen::default();
            let mut at = 0;
            for word in text.split_inclusive(|c: char| !c.is_alphabetic() && !is_invisible(c)) {
                let end = at + word.trim_end_matches(|c: char| !c.is_alphabetic()).len();
                let look = |ways: Option<(Key, Ways)>| {
                    let mut found = Vec::new();
                    if let Some(ways) = ways {
                        words.look_in(&text, at..end, ways, &mut |range, meaning| found.push((range, meaning)));
                    }
                    found
                };
                if end > at {
                    let all = look(Some((Key::of(text.as_bytes(), at, end), Ways(WAYS))));
                    found_any += all.len();
                    for seen in [&mut fresh, &mut used] {
                        assert_eq!(look(words.may_begin(text.as_bytes(), at, end, seen)), all, "{text:?} at {at}");
                    }
                }
                at += word.len();
            }
        }
        assert!(found_any > 10_000, "{found_any}");
    }

    #[test]
    fn a_word_behind_is_what_four_bytes_are() {
        let (mut random, mut told) = (random(9), 0);
        for _ in 0..200_000 {
            // Most of them letters, some any byte.
            let bytes: [u8; 4] = std::array::from_fn(|_| match random(4) {
                0 => random(256) as u8,
                1 => b" ,\n9zZaA"[random(8)],
                _ => b'a' + random(26) as u8,
            });
            if let Some(word) = word_behind(bytes) {
                told += 1;
                assert_eq!(four(bytes), Some(word), "{bytes:?}");
            }
        }
        assert!(told > 50_000, "{told}");
    }

    #[test]
    fn abbreviations_keep_their_case() {
        assert_eq!(found(&["=HIV"], "HIV og hiv"), ["HIV"]);
    }
}
