//! The dictionary: keywords of nine categories, names, and words that point at a person, looked up word by word.
//!
//! In: a word's place in a text. Out: the terms that stand there. Each term hangs on its first word: whole words by a
//! hash of all their letters, prefixes (`sygemeld*`) by their first four. The rest of a phrase is compared only then.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use serde::Deserialize;

use crate::detect::cluster::is_invisible;
use crate::item::Sensitivity;
use crate::patterns::{self, Mistake};

/// What a term means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    /// A keyword of a detector; strong or weak.
    Keyword(u16, bool),
    /// A phrase that holds a keyword but means no person.
    Neutral,
    /// A given name; an ordinary word too?
    Given(bool),
    /// A family name; an ordinary word too?
    Surname(bool),
    /// A word for one certain person: `patienten`, `hun`, `min`.
    Person,
    /// A particle between names: `af`, `von`.
    Particle,
    /// What stands before a name: `overlæge`, `Navn`.
    Title,
    /// A word of general talk: `medarbejdere`, `politik`.
    General,
    /// A word that says no.
    Negation,
    /// A word that stands in every match of a detector's pattern.
    Anchor(u16),
}

#[derive(Debug)]
struct Term {
    /// Case folded, but for `exact` ones.
    text: Box<str>,
    /// Bytes before its first word.
    lead: usize,
    prefix: bool,
    exact: bool,
    meaning: Meaning,
}

/// Letters that a prefix is looked up by.
const STEM: usize = 4;

/// All terms.
#[derive(Debug, Default)]
pub struct Words {
    terms: Vec<Term>,
    whole: HashMap<u64, Vec<u32>, BuildHasherDefault<Ready>>,
    stems: HashMap<u64, Vec<u32>, BuildHasherDefault<Ready>>,
    /// One bit for each of the low bits of a hash: most words of a text end here.
    filter: Vec<u64>,
}

/// A file of keywords.
#[derive(Debug, Deserialize)]
pub struct Keywords {
    /// The detector's id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The category.
    pub category: String,
    /// How sensitive the law holds it to be.
    pub sensitivity: Sensitivity,
    /// The law.
    pub source: String,
    /// Phrases that hold a keyword but mean no person.
    #[serde(default)]
    pub neutral: Vec<String>,
    /// Terms by language.
    #[serde(flatten)]
    pub languages: std::collections::BTreeMap<String, Terms>,
}

/// The terms of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// On its own such a word says something about a person.
    #[serde(default)]
    pub strong: Vec<String>,
    /// It does so near a person or an id only.
    #[serde(default)]
    pub weak: Vec<String>,
}

/// Words by language.
#[derive(Debug, Deserialize)]
struct ByLanguage {
    #[serde(flatten)]
    languages: std::collections::BTreeMap<String, Vec<String>>,
}

impl Words {
    /// Adds a category; `detector` is its number.
    pub fn add_keywords(&mut self, keywords: &Keywords, detector: u16) {
        for terms in keywords.languages.values() {
            terms.strong.iter().for_each(|term| self.add(term, Meaning::Keyword(detector, true)));
            terms.weak.iter().for_each(|term| self.add(term, Meaning::Keyword(detector, false)));
        }
        keywords.neutral.iter().for_each(|term| self.add(term, Meaning::Neutral));
    }

    /// Adds names and the words for persons from `patterns/names`.
    pub fn add_names(&mut self, user: Option<&std::path::Path>) -> Result<(), Mistake> {
        for source in patterns::files("names", "txt", user)? {
            let file = source.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            for entry in source.entries() {
                let (name, ordinary) = entry.strip_suffix('~').map_or((entry, false), |name| (name, true));
                match file.as_str() {
                    given if given.starts_with("given") => self.add(name, Meaning::Given(ordinary)),
                    family if family.starts_with("surnames") => self.add(name, Meaning::Surname(ordinary)),
                    "particles.txt" => self.add(name, Meaning::Particle),
                    _ => {}
                }
            }
        }
        for source in patterns::files("names", "toml", user)? {
            let words: ByLanguage = source.parse()?;
            let meaning = match source.file.rsplit(['/', '\\']).next().unwrap_or_default() {
                "titles.toml" => Meaning::Title,
                "general.toml" => Meaning::General,
                "negations.toml" => Meaning::Negation,
                _ => Meaning::Person,
            };
            words.languages.values().flatten().for_each(|word| self.add(word, meaning));
        }
        Ok(())
    }

    /// Adds a term.
    pub fn add(&mut self, written: &str, meaning: Meaning) {
        let (written, exact) = written.strip_prefix('=').map_or((written, false), |rest| (rest, true));
        let (written, prefix) = written.strip_suffix('*').map_or((written, false), |rest| (rest, true));
        let text = if exact { written.to_owned() } else { written.to_lowercase() };
        let Some(lead) = text.find(|c: char| c.is_alphabetic()) else { return };
        let word: String = text.get(lead..).unwrap_or_default().chars().take_while(|c| c.is_alphabetic()).collect();
        let number = self.terms.len() as u32;
        let last_word = lead + word.len() == text.len();
        let hash = if prefix && last_word { stem(&word) } else { hash(&word) };
        let table = if prefix && last_word { &mut self.stems } else { &mut self.whole };
        table.entry(hash).or_default().push(number);
        self.filter.resize(FILTER / 64, 0);
        if let Some(bits) = self.filter.get_mut(hash as usize % FILTER / 64) {
            *bits |= 1 << (hash % 64);
        }
        self.terms.push(Term { text: text.into(), lead, prefix, exact, meaning });
    }

    /// Calls `found` for each term whose first word is the one at `word`: with its bytes and its meaning.
    pub fn look(&self, text: &str, word: Range<usize>, found: &mut dyn FnMut(Range<usize>, Meaning)) {
        let Some(letters) = text.get(word.clone()) else { return };
        let (whole, begin) = hashes(letters.as_bytes());
        for (hash, table) in [(whole, &self.whole), (begin, &self.stems)] {
            if self.filter.get(hash as usize % FILTER / 64).is_none_or(|bits| bits >> (hash % 64) & 1 == 0) {
                continue;
            }
            for number in table.get(&hash).into_iter().flatten() {
                if let Some(term) = self.terms.get(*number as usize)
                    && let Some(end) = term.ends(text, word.start)
                {
                    found(word.start - term.lead..end, term.meaning);
                }
            }
        }
    }
}

impl Term {
    /// Where the term ends in `text`, if it stands there with its first word at `at`.
    fn ends(&self, text: &str, at: usize) -> Option<usize> {
        let begin = at.checked_sub(self.lead)?;
        if self.lead > 0 && text.get(..begin)?.chars().next_back().is_some_and(char::is_alphanumeric) {
            return None;
        }
        let rest = text.get(begin..)?;
        let mut there = rest.char_indices().filter(|(_, c)| !is_invisible(*c)).peekable();
        for wanted in self.text.chars() {
            let (_, c) = there.next()?;
            if wanted == ' ' {
                // Any white space, one line end among it.
                if !c.is_whitespace() {
                    return None;
                }
                while there.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            } else if c != wanted && (self.exact || !c.to_lowercase().eq([wanted])) {
                return None;
            }
        }
        if self.prefix {
            while there.next_if(|(_, c)| c.is_alphabetic()).is_some() {}
        } else if there.peek().is_some_and(|(_, c)| c.is_alphanumeric()) {
            return None;
        }
        Some(begin + there.peek().map_or(rest.len(), |(i, _)| *i))
    }
}

const FILTER: usize = 1 << 18;
const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a over letters with their case folded as far as two bytes allow: ASCII, and Latin-1 letters in UTF-8. Other
/// letters keep their case; exactness comes with the comparison. Returns the hash of all, and of the first [`STEM`].
fn hashes(word: &[u8]) -> (u64, u64) {
    let (mut hash, mut begin) = (SEED, 0);
    let mut lead = 0;
    let mut count = 0;
    for &byte in word {
        let folded = match byte {
            b'A'..=b'Z' => byte | 0x20,
            0x80..=0x9E if lead == 0xC3 && byte != 0x97 => byte | 0x20,
            _ => byte,
        };
        hash = (hash ^ u64::from(folded)).wrapping_mul(PRIME);
        lead = byte;
        count += 1;
        if count == STEM {
            begin = hash;
        }
    }
    (mix(hash), mix(if count < STEM { hash } else { begin }))
}

fn hash(word: &str) -> u64 {
    hashes(word.as_bytes()).0
}

/// The hash of the first [`STEM`] bytes; a shorter stem stands for itself only.
fn stem(word: &str) -> u64 {
    hashes(word.as_bytes()).1
}

fn mix(hash: u64) -> u64 {
    hash ^ hash >> 29
}

/// The keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, key: u64) {
        self.0 = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(terms: &[&str], text: &str) -> Vec<String> {
        let mut words = Words::default();
        terms.iter().for_each(|term| words.add(term, Meaning::Neutral));
        let mut seen = Vec::new();
        let mut at = 0;
        for word in text.split_inclusive(|c: char| !c.is_alphabetic() && !is_invisible(c)) {
            let end = at + word.trim_end_matches(|c: char| !c.is_alphabetic()).len();
            words.look(text, at..end, &mut |range, _| seen.push(text[range].to_owned()));
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
        assert_eq!(found(&["ÆGTESKAB"], "ægteskab"), ["ægteskab"]);
        assert_eq!(found(&["§ 50-undersøgelse"], "en § 50-undersøgelse af"), ["§ 50-undersøgelse"]);
    }

    #[test]
    fn abbreviations_keep_their_case() {
        assert_eq!(found(&["=HIV"], "HIV og hiv"), ["HIV"]);
    }
}
