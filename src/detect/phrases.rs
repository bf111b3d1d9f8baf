//! Where words and phrases of a list stand in a text: of those that begin first the longest, then on behind it. Within
//! words only some of them are looked for.
//!
//! In: a list. Out: which of them stands where. An automaton takes longer to make than a mailbox to read, and its states
//! fill no near cache. Here a bit for each four bytes that a phrase may begin with tells most places from those few that
//! are looked up in the list. Case is folded.

use std::cmp::Ordering;
use std::ops::Range;

use crate::eight::CASE;

/// Bits of a byte's class.
const BITS: usize = 5;
/// Classes of three bytes, and of four.
const CLASSES3: usize = 1 << (3 * BITS);
const CLASSES4: usize = 1 << (4 * BITS);
/// Bits for classes of four bytes: some share one.
const SHARED: usize = 1 << 16;

/// A list of words and phrases, in lower case.
#[derive(Debug)]
pub struct Phrases {
    texts: Vec<String>,
    all: Begins,
    /// Those that may stand within a word.
    within: Begins,
}

/// Phrases by what they begin with.
#[derive(Debug)]
struct Begins {
    /// By the class of the first two bytes: the phrases that may begin so, in the order of their folded bytes.
    phrases: Vec<Vec<Phrase>>,
    /// A bit for each class of three bytes that a phrase of no more bytes may begin with.
    short: Box<[u64; CLASSES3 / 64]>,
    /// Bits for classes of four bytes that other phrases begin with.
    long: Box<[u64; SHARED / 64]>,
}

/// A phrase among those of its beginning.
#[derive(Debug, Clone, Copy)]
struct Phrase {
    number: usize,
    head: u64,
    /// Bits of the head that are not its own.
    free: u32,
    /// Where the longest one stands that it begins with.
    shorter: Option<usize>,
}

impl Begins {
    /// Those of some of the texts, in the order of their folded bytes.
    fn of<'t>(sorted: impl Iterator<Item = (usize, &'t str)>, texts: &[String]) -> Self {
        let phrases = vec![Vec::new(); 1 << (2 * BITS)];
        let mut begins = Self { phrases, short: Box::new([0; CLASSES3 / 64]), long: Box::new([0; SHARED / 64]) };
        for (number, text) in sorted {
            let bytes = text.as_bytes();
            // Anything may stand behind a short one.
            let classes = |at: usize| match bytes.get(at) {
                Some(byte) => class(*byte)..class(*byte) + 1,
                None => 0..1 << BITS,
            };
            for begin in classes(0).flat_map(|first| classes(1).map(move |second| first << BITS | second)) {
                let Some(phrases) = begins.phrases.get_mut(begin) else { continue };
                let is_begun = |other: &Phrase| {
                    let other = texts.get(other.number).map_or("", String::as_str).as_bytes();
                    other.len() <= bytes.len() && folded(other).eq(folded(bytes).take(other.len()))
                };
                let mut shorter = phrases.len().checked_sub(1);
                while let Some(other) = shorter.and_then(|at| phrases.get(at)).filter(|other| !is_begun(other)) {
                    shorter = other.shorter;
                }
                let free = 64 - 8 * bytes.len().min(8) as u32;
                phrases.push(Phrase { number, head: head(bytes), free, shorter });
                for begin in classes(2).map(|third| begin << BITS | third) {
                    let place = bytes.get(3).map(|fourth| shared(begin << BITS | class(*fourth)));
                    let bits = match place {
                        Some(place) => begins.long.get_mut(place / 64),
                        None => begins.short.get_mut(begin / 64),
                    };
                    bits.into_iter().for_each(|bits| *bits |= 1 << (place.unwrap_or(begin) % 64));
                }
            }
        }
        begins
    }

    /// A phrase may begin with four bytes of this class.
    #[inline]
    fn may(&self, four: usize) -> bool {
        let bit = |bits: &[u64], at: usize| bits.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1);
        bit(&*self.long, shared(four)) || bit(&*self.short, four >> BITS)
    }
}

/// Which of the shared bits is that of four bytes of this class.
#[inline]
fn shared(four: usize) -> usize {
    (four as u32).wrapping_mul(0x9E37_79B1) as usize >> (u32::BITS - SHARED.ilog2())
}

impl Phrases {
    /// A list. `within` tells which of them are looked for inside of words too, others where a word may begin.
    pub fn new(texts: Vec<String>, within: impl Fn(&str) -> bool) -> Self {
        let mut sorted: Vec<(usize, &str)> = texts.iter().map(String::as_str).enumerate().collect();
        sorted.retain(|(_, text)| !text.is_empty());
        sorted.sort_by(|(_, one), (_, other)| folded(one.as_bytes()).cmp(folded(other.as_bytes())));
        let all = Begins::of(sorted.iter().copied(), &texts);
        let within = Begins::of(sorted.iter().copied().filter(|(_, text)| within(text)), &texts);
        Self { texts, all, within }
    }

    /// A phrase's text.
    pub fn text(&self, number: usize) -> &str {
        self.texts.get(number).map_or("", String::as_str)
    }

    /// The phrases in a text from a place on, with their numbers.
    pub fn find<'t>(&'t self, text: &'t str, from: usize) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        let mut at = from;
        std::iter::from_fn(move || {
            let (number, found) = self.first(text, at)?;
            at = found.end;
            Some((number, found))
        })
    }

    /// The first one from a place on.
    fn first(&self, text: &str, from: usize) -> Option<(usize, Range<usize>)> {
        let bytes = text.as_bytes().get(from..)?;
        let class_of = |at: usize| bytes.get(at).map_or(0, |byte| class(*byte));
        let mut four = class_of(0) << (2 * BITS) | class_of(1) << BITS | class_of(2);
        let mut behind_letter = from > 0 && ends_in_letter(text.get(..from)?);
        let mut look = |fourth: usize, at: usize| {
            four = (four << BITS | fourth) % CLASSES4;
            let phrases = if behind_letter { &self.within } else { &self.all };
            behind_letter = match four >> (3 * BITS) {
                FOREIGN => text.get(..=at).is_none_or(ends_in_letter),
                class => class <= LETTERS,
            };
            if !phrases.may(four) {
                return None;
            }
            let (number, length) = self.longest(phrases, text.get(at..)?, four >> (2 * BITS))?;
            Some((number, at..at + length))
        };
        // Nothing stands behind the last three.
        let end = text.len().saturating_sub(3).max(from);
        let first = bytes.iter().skip(3).zip(from..).find_map(|(byte, at)| look(class(*byte), at));
        first.or_else(|| (end..text.len()).find_map(|at| look(0, at)))
    }

    /// The longest one that a text begins with, whose first two bytes have this class.
    #[inline(never)]
    fn longest(&self, phrases: &Begins, text: &str, begin: usize) -> Option<(usize, usize)> {
        let phrases = phrases.phrases.get(begin)?;
        let (head, bytes) = (head(text.as_bytes()), text.as_bytes());
        // What it begins with comes before it in the order, and all between them begin with that too.
        let no_later = |phrase: &Phrase| match phrase.head.cmp(&head) {
            Ordering::Equal => {
                let rest = self.text(phrase.number).as_bytes().get(HEAD..).unwrap_or_default();
                folded(rest).le(folded(bytes).skip(HEAD).take(rest.len()))
            }
            order => order == Ordering::Less,
        };
        let mut place = phrases.partition_point(no_later).checked_sub(1);
        while let Some(phrase) = place.and_then(|at| phrases.get(at)) {
            if (phrase.head ^ head) >> phrase.free == 0
                && let Some(length) = prefix(self.text(phrase.number), text)
            {
                return Some((phrase.number, length));
            }
            place = phrase.shorter;
        }
        None
    }
}

/// Bytes of a head.
const HEAD: usize = 8;

/// The first bytes, in their order and folded. What a short text has too few of is no more than any byte.
fn head(bytes: &[u8]) -> u64 {
    let head = bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut head = [0; HEAD];
        head.iter_mut().zip(bytes).for_each(|(head, byte)| *head = *byte);
        head
    });
    let head = u64::from_be_bytes(head);
    // All ones where a byte has its top bit.
    let wide = ((head >> 7) & (u64::MAX / 255)) * 255;
    head | CASE | wide
}

/// Bytes whose case is folded, and too much at that: outside ASCII they are all the same.
fn folded(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.iter().map(|byte| if byte.is_ascii() { byte | CASE as u8 } else { u8::MAX })
}

/// The class of a byte: letters of ASCII have one each.
#[inline]
fn class(byte: u8) -> usize {
    CLASSES.get(usize::from(byte)).copied().map_or(0, usize::from)
}

/// The classes of letters of ASCII are 1 to this.
const LETTERS: usize = 26;
/// The class of bytes outside ASCII.
const FOREIGN: usize = 31;

#[expect(clippy::indexing_slicing, reason = "the compiler runs it")]
static CLASSES: [u8; 256] = {
    let mut classes = [FOREIGN as u8; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => byte & 31,
            b'0'..=b'9' => 27,
            b' ' => 28,
            b'-' => 29,
            _ => 30,
        };
        byte += 1;
    }
    classes
};

fn ends_in_letter(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphabetic)
}

fn fold(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

/// How many bytes of a text a phrase is that it begins with.
fn prefix(phrase: &str, text: &str) -> Option<usize> {
    let mut rest = text.chars();
    let begins = phrase.chars().all(|c| rest.next().map(fold) == Some(c));
    begins.then(|| text.len() - rest.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    #[test]
    fn of_those_that_begin_first_the_longest() {
        let list =
            ["a.k", "ip", "konto", "konto nr", "kontonummer", "n", "numme", "nummer på", "ø", "økonomi", "škoda", "§"];
        let phrases = Phrases::new(list.iter().map(|text| (*text).to_owned()).collect(), |_| true);
        let found = |text: &str| -> Vec<(&str, Range<usize>)> {
            phrases.find(text, 0).map(|(number, at)| (list[number], at)).collect()
        };
        assert_eq!(found("Skip KONTO Nr. 12"), [("ip", 2..4), ("konto nr", 5..13)]);
        assert_eq!(found("kontonumme"), [("konto", 0..5), ("numme", 5..10)]);
        assert_eq!(found("Nummer PÅ"), [("nummer på", 0..10)]);
        assert_eq!(found("numme på §"), [("numme", 0..5), ("§", 10..12)]);
        assert_eq!(found("ØKONO A.K"), [("ø", 0..2), ("n", 4..5), ("a.k", 7..10)]);
        assert_eq!(found("ŠKODA"), [("škoda", 0..6)]);
        assert!(found("").is_empty() && found("x").is_empty() && found("k").is_empty());
        assert_eq!(found("n"), [("n", 0..1)]);
    }

    #[test]
    fn within_words_stand_only_those_that_may() {
        let list = ["ip", "konto", "nr", "år"];
        let phrases = Phrases::new(list.iter().map(|text| (*text).to_owned()).collect(), |text| text == "konto");
        let found = |text: &str| -> Vec<&str> { phrases.find(text, 0).map(|(number, _)| list[number]).collect() };
        assert_eq!(found("skip lønkonto kontonr nr. ip"), ["konto", "konto", "nr", "ip"]);
        assert_eq!(found("blåår år 1nr –ip ønr"), ["år", "nr", "ip"]);
    }

    /// Texts of pieces of the list, against looking for every phrase at every place.
    #[test]
    fn as_by_looking_for_each_at_each_place() {
        let mut next = random(7);
        let letters = ["a", "b", "å", "š", " ", ".", "1", "–"];
        let mut word = |most: usize| -> String {
            let length = 1 + next(most);
            (0..length).map(|_| letters[next(letters.len())]).collect()
        };
        for _ in 0..200 {
            let mut list: Vec<String> = (0..30).map(|_| word(5)).collect();
            list.sort();
            list.dedup();
            let text = word(200);
            let mut naive = Vec::new();
            let mut at = 0;
            while at < text.len() {
                let here = text.get(at..).unwrap_or_default();
                let letter = text.get(..at).is_some_and(|before| before.ends_with(char::is_alphabetic));
                let may = |phrase: &str| !letter || phrase.len() > 2;
                let longest = list.iter().enumerate().filter(|(_, phrase)| here.starts_with(*phrase) && may(phrase));
                let longest = longest.max_by_key(|(_, phrase)| phrase.len());
                naive.extend(longest.map(|(number, phrase)| (number, at..at + phrase.len())));
                at += longest.map_or(1, |(_, phrase)| phrase.len());
            }
            let phrases = Phrases::new(list, |phrase| phrase.len() > 2);
            assert_eq!(phrases.find(&text.to_uppercase(), 0).collect::<Vec<_>>(), naive, "{text:?}");
        }
    }
}
