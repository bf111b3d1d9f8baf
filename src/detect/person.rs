//! People in a text: names, and keywords that are about somebody.
//!
//! In: the dictionary's sights of one piece, and the numbers and addresses found there. Out: spans for the detector
//! `name` and for the nine keyword categories. Source: identifiers.md 9.1 and 12.

use std::ops::Range;

use crate::detect::confidence::logit;
use crate::detect::words::Meaning;

/// A term of the dictionary that stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Its bytes.
    pub at: Range<usize>,
    /// What it means.
    pub meaning: Meaning,
}

/// A name: given names, initials and particles, and a family name.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// Its bytes.
    pub at: Range<usize>,
    /// Log-odds that it is a person's.
    pub odds: f32,
}

/// Endings of names that a father's name makes.
const PATRONYMIC: &[&str] = &["sen", "son", "sson", "dóttir", "dottir", "datter", "dotter"];
/// What stands behind a name that is a company's or a street's.
const NO_PERSON: &[&str] = &[
    "a/s",
    "aps",
    "ab",
    "as",
    "asa",
    "oy",
    "oyj",
    "hf",
    "ehf",
    "i/s",
    "k/s",
    "vej",
    "vejen",
    "gade",
    "gatan",
    "vägen",
    "gate",
    "veien",
    "plads",
    "torv",
    "allé",
    "skole",
    "skolen",
    "skolan",
    "fonden",
    "stiftelsen",
    "kirke",
    "hospital",
];

/// Puts the names of a piece together. `sights` are in the order of the text.
pub fn names(text: &str, sights: &[Sight]) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for (i, sight) in sights.iter().enumerate() {
        let Meaning::Given(ordinary) = sight.meaning else { continue };
        if !capital(text, &sight.at) || found.last().is_some_and(|name| name.at.end > sight.at.start) {
            continue;
        }
        let rest = sights.get(i + 1..).unwrap_or_default();
        if let Some(name) = name(text, sight, ordinary, rest) {
            found.push(name);
        }
    }
    found
}

/// The name that begins with this given name, if one does.
fn name(text: &str, given: &Sight, ordinary: bool, rest: &[Sight]) -> Option<Name> {
    let meant = |at: &Range<usize>, wanted: fn(Meaning) -> bool| {
        rest.iter().take_while(|s| s.at.start <= at.start).any(|s| s.at == *at && wanted(s.meaning))
    };
    let mut end = given.at.end;
    let mut best: Option<(usize, f64)> = None;
    for _ in 0..4 {
        let Some(next) = next_word(text, end) else { break };
        let particle = meant(&next, |m| m == Meaning::Particle);
        if !capital(text, &next) && !particle {
            break;
        }
        let word = text.get(next.clone()).unwrap_or_default();
        let initial = word.chars().count() == 1;
        let surname = meant(&next, |m| matches!(m, Meaning::Surname(_)));
        let patronymic = word.len() > 5 && word.chars().count() > 5 && {
            let word = word.to_lowercase();
            PATRONYMIC.iter().any(|ending| word.ends_with(ending))
        };
        let another = meant(&next, |m| matches!(m, Meaning::Given(_)));
        let genitive = word.strip_suffix('s').is_some_and(|_| {
            rest.iter().take_while(|s| s.at.start <= next.start).any(|s| {
                s.at.start == next.start && s.at.end + 1 == next.end && matches!(s.meaning, Meaning::Surname(_))
            })
        });
        if !particle && !initial {
            let p: f64 = match (ordinary, surname || genitive, patronymic) {
                (false, true, _) => 0.93,
                (false, _, true) => 0.88,
                (true, true, _) => 0.72,
                (true, _, true) => 0.6,
                (false, ..) if another => 0.6,
                (false, ..) => 0.4,
                (true, ..) => 0.15,
            };
            if best.is_none_or(|(_, b)| p >= b) || another {
                best = Some((next.end, best.map_or(p, |(_, b)| b.max(p))));
            }
        }
        end = next.end + usize::from(initial && text.as_bytes().get(next.end) == Some(&b'.'));
    }
    let (end, p) = best?;
    let behind = next_token(text, end);
    let no_person = NO_PERSON.iter().any(|word| behind.eq_ignore_ascii_case(word))
        || behind.starts_with(|c: char| c.is_ascii_digit()) && behind.len() <= 4 && p < 0.9;
    Some(Name { at: given.at.start..end, odds: logit(p) - if no_person { 3.0 } else { 0.0 } })
}

/// The word begins with a capital.
fn capital(text: &str, at: &Range<usize>) -> bool {
    text.get(at.clone()).and_then(|word| word.chars().next()).is_some_and(char::is_uppercase)
}

/// The word that follows behind one space or hyphen (and perhaps a full stop behind an initial).
fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let separator = rest.chars().next().filter(|c| matches!(c, ' ' | '-' | '\u{A0}'))?;
    let start = from + separator.len_utf8();
    let word = text.get(start..)?;
    let length: usize = word.chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
    (length > 0).then_some(start..start + length)
}

fn next_token(text: &str, from: usize) -> &str {
    text.get(from..)
        .unwrap_or_default()
        .strip_prefix([' ', ','])
        .unwrap_or_default()
        .trim_start()
        .split([' ', '\n', '\t', ',', '.', ')'])
        .next()
        .unwrap_or_default()
}

/// A keyword that may be about somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyword {
    /// Its bytes.
    pub at: Range<usize>,
    /// Its detector.
    pub detector: u16,
    /// Log-odds that it says something about a person.
    pub odds: f32,
    /// Why: what stands near.
    pub near: &'static str,
}

/// How near a person makes a keyword personal, in bytes.
const REACH: usize = 120;
/// The same for a word like `patienten`.
const WORD_REACH: usize = 60;

/// Judges the keywords of a piece. `people` are the places of ids, names and addresses, in the order of the text.
pub fn keywords(sights: &[Sight], people: &[Range<usize>]) -> Vec<Keyword> {
    let neutral: Vec<&Range<usize>> = sights.iter().filter(|s| s.meaning == Meaning::Neutral).map(|s| &s.at).collect();
    let words: Vec<Range<usize>> =
        sights.iter().filter(|s| s.meaning == Meaning::Person).map(|s| s.at.clone()).collect();
    let mut found = Vec::new();
    for sight in sights {
        let Meaning::Keyword(detector, strong) = sight.meaning else { continue };
        let around = neutral.partition_point(|n| n.start + 200 < sight.at.start);
        if neutral
            .iter()
            .skip(around)
            .take_while(|n| n.start <= sight.at.start)
            .any(|n| n.end >= sight.at.end && n.len() > sight.at.len())
        {
            continue;
        }
        let base = logit(if strong { 0.4 } else { 0.12 });
        let (more, near) = if is_near(people, &sight.at, REACH) {
            (2.5, "a person is named near it")
        } else if is_near(&words, &sight.at, WORD_REACH) {
            (if strong { 1.2 } else { 1.0 }, "it is said of somebody")
        } else {
            (0.0, "no person stands near it")
        };
        found.push(Keyword { at: sight.at.clone(), detector, odds: base + more, near });
    }
    found
}

/// One of these places lies within reach of `at`.
fn is_near(places: &[Range<usize>], at: &Range<usize>, reach: usize) -> bool {
    let from = places.partition_point(|place| place.end + reach < at.start);
    places
        .iter()
        .skip(from)
        .take_while(|place| place.start <= at.end + reach)
        .any(|place| place.end + reach >= at.start)
}
