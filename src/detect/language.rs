//! In which country's words is a text written? It decides where a number has the form of several countries' numbers.
//!
//! In: the text around a value. Out: log-odds for each country. Counts small words and letters that only one language
//! has, and the country codes and domains that stand there; asked for ambiguous candidates only.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::LazyLock;

use crate::detect::classes::{BLOCK, Between, Block, Set, classify};
use crate::detect::key::{Key, Window, low, spread, window};
use crate::detect::person::folded;
use crate::eight::{self, CASE};

/// A country, by the prefix of its detectors' ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// `dk.`
    Denmark,
    /// `se.`
    Sweden,
    /// `no.`
    Norway,
    /// `fi.`
    Finland,
    /// `is.`
    Iceland,
}

use Country::{Denmark, Finland, Iceland, Norway, Sweden};

const COUNTRIES: [Country; 5] = [Denmark, Sweden, Norway, Finland, Iceland];

impl Country {
    /// The country of a detector, if it is one's.
    pub fn of(detector: &str) -> Option<Self> {
        match detector.as_bytes() {
            [b'd', b'k', b'.', ..] => Some(Denmark),
            [b's', b'e', b'.', ..] => Some(Sweden),
            [b'n', b'o', b'.', ..] => Some(Norway),
            [b'f', b'i', b'.', ..] => Some(Finland),
            [b'i', b's', b'.', ..] => Some(Iceland),
            _ => None,
        }
    }
}

/// Words of one language, or of few, and whose.
const WORDS: &[(&str, &[Country])] = &[
    ("og", &[Denmark, Norway, Iceland]),
    ("jeg har er der ikke som tlf navn", &[Denmark, Norway]),
    ("efter blev", &[Denmark, Sweden]),
    ("af mellem nej lejer vedr hvad sags cvr cpr", &[Denmark]),
    ("av", &[Sweden, Norway]),
    ("etter ble hva mellom nei leietaker fnr bokmål fødselsnummer", &[Norway]),
    ("och är inte från för", &[Sweden]),
    ("på kr", &[Denmark, Sweden, Norway]),
    ("jag personnummer hyresgäst tfn org enligt namn vänlig vänliga hälsning hälsningar", &[Sweden]),
    ("ja on ei että mukaan puh hetu henkilötunnus oy", &[Finland]),
    ("að ekki kennitala kt sími ehf frá", &[Iceland]),
];

/// Bytes of the longest word.
const LONGEST: usize = 16;

/// The words of [`WORDS`].
fn ours() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|(words, _)| words.split(' '))
}

/// Slots for the words: many more than there are, so that most other words meet none.
const SLOTS: usize = 1 << 9;

/// Parts of what a word says, so that shares of it are whole numbers: sums are the same in any order.
const PARTS: u32 = 12;

/// How much was seen for each country, in [`PARTS`]; as many as a vector has.
type Sums = [u32; 8];

/// The words by the hash of their first bytes, and what letters say by the second byte of Latin-1 letters in UTF-8.
struct Lookup {
    /// The first bytes of each word, in its slot or in the first free one behind it; 0 where there is none.
    firsts: [u64; SLOTS + LONGEST],
    /// What the word of each slot says.
    words: Vec<(Option<Key>, Sums)>,
    letters: [Sums; 64],
}

static LOOKUP: LazyLock<Lookup> = LazyLock::new(|| {
    const SIZE: usize = SLOTS + LONGEST;
    let words = vec![(None, Sums::default()); SIZE];
    let mut lookup = Lookup { firsts: [0; SIZE], words, letters: [[0; 8]; 64] };
    for (words, countries) in WORDS {
        for word in words.split(' ') {
            let key = Key::of(word.as_bytes(), 0, word.len());
            let slots = lookup.firsts.iter_mut().zip(&mut lookup.words).skip(slot(key.first));
            if let Some((first, known)) = slots.into_iter().find(|(first, _)| **first == 0) {
                (*first, *known) = (key.first, (Some(key), shares(countries, PARTS)));
            }
        }
    }
    // The letter of U+00C0 is C3 80.
    for (c, shares) in ('\u{C0}'..).zip(&mut lookup.letters) {
        *shares = letter(c);
    }
    lookup
});

/// The slot of a word's first bytes, not one of the last few.
#[inline]
fn slot(first: u64) -> usize {
    (spread(first) >> (u64::BITS - SLOTS.ilog2())) as usize
}

/// What is said for each of these countries, if they share `much`.
fn shares(countries: &[Country], much: u32) -> Sums {
    let mut sums = Sums::default();
    for country in countries {
        if let Some(sum) = sums.get_mut(*country as usize) {
            *sum += much / countries.len() as u32;
        }
    }
    sums
}

/// Adds shares to sums, country by country.
#[inline]
fn add(sums: &mut Sums, shares: &Sums) {
    sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
}

impl Lookup {
    /// Adds what a word says, whose letters are of ASCII or Latin-1: of one that is no longer than [`LONGEST`], the key
    /// is all.
    #[inline(always)]
    fn add_word(&self, key: Key, sums: &mut Sums) {
        let mut slot = slot(key.first);
        while let Some(first) = self.firsts.get(slot).filter(|first| **first != 0) {
            if *first == key.first
                && let Some((Some(word), shares)) = self.words.get(slot)
                && *word == key
            {
                add(sums, shares);
            }
            slot += 1;
        }
    }

    /// Adds what the letters of a run say, if they are of ASCII and Latin-1, and says whether they are; `wide` tells
    /// which of its bytes are not of ASCII.
    fn add_latin(&self, run: &[u8], mut wide: u64, sums: &mut Sums) -> bool {
        let mut letters = Sums::default();
        while wide != 0 {
            let Some([0xC3, second, ..]) = run.get(wide.trailing_zeros() as usize..) else { return false };
            // × and ÷ are no letters.
            if matches!(second, 0x97 | 0xB7) {
                return false;
            }
            if let Some(shares) = self.letters.get(usize::from(second & 0x3F)) {
                add(&mut letters, shares);
            }
            wide &= wide - 1;
            wide &= wide - 1;
        }
        add(sums, &letters);
        true
    }

    /// Adds what the words and letters say of any run of letters and what is not of ASCII.
    #[cold]
    fn add_any(&self, run: &str, sums: &mut Sums) {
        for part in run.split(|c: char| !c.is_alphabetic()) {
            if part.len() <= LONGEST {
                let lower = part.to_lowercase();
                // What is no word of ours in lower case could have its key all the same.
                if ours().any(|word| word == lower) {
                    self.add_word(Key::of(lower.as_bytes(), 0, lower.len()), sums);
                }
            }
            part.chars().filter(|c| !c.is_ascii()).for_each(|c| add(sums, &letter(c)));
        }
    }
}

/// Letters that few languages have say half of what a word says.
fn letter(c: char) -> Sums {
    let countries: &[Country] = match c {
        'æ' | 'Æ' => &[Denmark, Norway, Iceland],
        'ø' | 'Ø' => &[Denmark, Norway],
        'ä' | 'Ä' => &[Sweden, Finland],
        'ö' | 'Ö' => &[Sweden, Finland, Iceland],
        'þ' | 'Þ' | 'ð' | 'Ð' | 'ý' => &[Iceland],
        _ => &[],
    };
    shares(countries, PARTS / 2)
}

/// What names a country by itself, behind a full stop or a plus sign.
const SIGNS: &[(u8, &[u8], Country)] = &[
    (b'.', b"dk", Denmark),
    (b'+', b"45", Denmark),
    (b'.', b"se", Sweden),
    (b'+', b"46", Sweden),
    (b'.', b"no", Norway),
    (b'+', b"47", Norway),
    (b'.', b"fi", Finland),
    (b'+', b"358", Finland),
    (b'.', b"is", Iceland),
    (b'+', b"354", Iceland),
];

/// What they begin with.
static BEFORE_SIGNS: LazyLock<Set> = LazyLock::new(|| {
    let mut set = Set::default();
    SIGNS.iter().for_each(|(begin, ..)| set.add(*begin));
    set
});

/// How much a text speaks for each country, asked by detector.
#[derive(Debug, Default, Clone, Copy)]
pub struct Language(Sums);

impl Language {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let (mut sums, lookup, bytes) = (Sums::default(), &*LOOKUP, text.as_bytes());
        let mut blocks = Vec::new();
        classify(bytes, &BEFORE_SIGNS, &mut blocks);
        let (mut before, mut rest) = (Block::default(), blocks.as_slice());
        let (mut base, none) = (0, Block::default());
        while let Some((block, behind)) = rest.split_first() {
            let around = Between { before: &before, block, behind: behind.first().unwrap_or(&none) };
            let mut starts = around.begins();
            let mut edge = [0; size_of::<Window>()];
            let window = window(bytes, base, &mut edge);
            let plain = block.wide | around.behind.wide == 0;
            while starts != 0 {
                let by = starts.trailing_zeros();
                starts &= starts - 1;
                let start = base + by as usize;
                let length = around.letters(by);
                if length >= u64::BITS {
                    // No word of ours is as long, and what is may have any letters.
                    let rest = text.get(start..).unwrap_or_default();
                    let end = rest.bytes().position(|b| b.is_ascii() && !b.is_ascii_alphabetic());
                    lookup.add_any(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default(), &mut sums);
                    continue;
                }
                if !plain {
                    let wide = around.from(by, |block| block.wide) & ((1 << length) - 1);
                    let run = start..start + length as usize;
                    if wide != 0 && !lookup.add_latin(bytes.get(run.clone()).unwrap_or_default(), wide, &mut sums) {
                        lookup.add_any(text.get(run).unwrap_or_default(), &mut sums);
                        continue;
                    }
                }
                if length as usize <= LONGEST {
                    lookup.add_word(Key::within(window, by as usize, length as usize), &mut sums);
                }
            }
            let mut chosen = block.chosen;
            while chosen != 0 {
                let at = base + chosen.trailing_zeros() as usize;
                chosen &= chosen - 1;
                let (first, behind) = (bytes.get(at), bytes.get(at + 1..).unwrap_or_default());
                // Most full stops end a sentence.
                if behind.first().is_some_and(u8::is_ascii_alphanumeric) {
                    for (begin, sign, country) in SIGNS {
                        if first == Some(begin) && behind.starts_with(sign) {
                            add(&mut sums, &shares(&[*country], PARTS));
                        }
                    }
                }
            }
            (before, rest) = (*block, behind);
            base += BLOCK;
        }
        Self(sums)
    }

    /// Log-odds that this text is about that country's numbers: 0 where it says nothing.
    pub fn odds(&self, country: Country) -> f32 {
        let seen = |parts: u32| parts as f32 / PARTS as f32;
        let all = seen(self.0.iter().sum());
        let own = seen(self.0.get(country as usize).copied().unwrap_or_default());
        // Two of a kind are taken for granted, so that a single word decides little.
        let share = (own + 0.4) / (all + 0.4 * COUNTRIES.len() as f32);
        (share * COUNTRIES.len() as f32).ln().clamp(-2.5, 1.2)
    }
}

/// The languages of a text, part by part: values that stand in one part have one language.
pub struct Languages<'t> {
    text: &'t str,
    /// Parts that were read last, in their order.
    parts: VecDeque<(usize, Language)>,
    /// The pair of parts that was asked for last, and the language around it.
    last: Option<(usize, Language)>,
}

/// Bytes of a part; a value's language is that of its part, of the one before and of the two behind, as pairs go.
const PART: usize = 512;

impl<'t> Languages<'t> {
    /// Nothing is read before it is asked for.
    pub fn new(text: &'t str) -> Self {
        Self { text, parts: VecDeque::new(), last: None }
    }

    /// The language around a place: places are asked for in the order of the text.
    pub fn around(&mut self, at: usize) -> Language {
        let pair = at / (2 * PART) * 2;
        if let Some((last, language)) = self.last
            && last == pair
        {
            return language;
        }
        let parts = pair.saturating_sub(1)..pair + 3;
        self.parts.retain(|(part, _)| parts.contains(part));
        let mut sum = Language::default();
        for part in parts {
            let known = self.parts.iter().find(|(known, _)| *known == part).map(|(_, language)| *language);
            let language = known.unwrap_or_else(|| {
                let language = Language::of(self.text.get(self.edge(part)..self.edge(part + 1)).unwrap_or_default());
                self.parts.push_back((part, language));
                language
            });
            add(&mut sum.0, &language.0);
        }
        self.last = Some((pair, sum));
        sum
    }

    /// Where a part begins: not within a word, if none is absurdly long.
    fn edge(&self, part: usize) -> usize {
        let at = self.text.floor_char_boundary((part * PART).min(self.text.len()));
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let word = rest.iter().take(LONGEST).take_while(|b| b.is_ascii_alphabetic()).count();
        self.text.floor_char_boundary(at + word)
    }
}

/// Languages that a word belongs to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tongues(u8);

/// Small words by which a text tells its language, by family: one language's words in another's text are another word.
const SMALL: [(&[&str], &[&str]); 4] = [
    (
        &["en"],
        &[
            "the", "of", "and", "to", "is", "was", "with", "that", "this", "are", "not", "from", "it", "be", "has",
            "by", "in", "as", "or", "an", "if", "when", "can", "will", "but", "which", "on", "after", "you", "your",
            "we", "have",
        ],
    ),
    (
        &["da", "nb", "nn", "sv"],
        &[
            "og", "och", "er", "är", "ikke", "ikkje", "inte", "det", "som", "på", "med", "af", "av", "til", "till",
            "han", "hun", "hon", "ho", "den", "har", "jeg", "jag", "eg", "fra", "från", "frå",
        ],
    ),
    (&["fi"], &["ja", "on", "ei", "että", "hän", "oli", "mutta", "myös", "ovat", "sekä", "kun", "joka"]),
    (&["is"], &["og", "að", "er", "ekki", "sem", "með", "til", "hann", "hún", "það", "frá"]),
];

/// The small words by the first bytes of their keys, each with a one in the byte of each family that has it, in as many
/// slots as none of them stands far from its own.
static SMALL_WORDS: LazyLock<[(u64, u32); SMALL_SLOTS]> = LazyLock::new(|| {
    let mut slots = [(0, 0); SMALL_SLOTS];
    for (family, (_, small)) in (0u32..).zip(&SMALL) {
        for word in *small {
            let first = Key::of(word.as_bytes(), 0, word.len()).first;
            let free = slots.iter_mut().skip(small_slot(first)).find(|(there, _)| *there == 0 || *there == first);
            debug_assert!(free.is_some(), "no slot for {word}");
            if let Some((there, families)) = free {
                (*there, *families) = (first, *families | 1 << (8 * family));
            }
        }
    }
    slots
});

/// Slots of the small words.
const SMALL_SLOTS: usize = 512;

/// Where a small word stands, or before it: not among the last slots.
#[inline(always)]
fn small_slot(first: u64) -> usize {
    (spread(first) >> (u64::BITS - SMALL_SLOTS.ilog2())) as usize
}

/// Adds the families that have a word with these first bytes.
#[inline(always)]
fn add_small(first: u64, seen: &mut u32) {
    let there = SMALL_WORDS.iter().skip(small_slot(first)).take_while(|(there, _)| *there != 0);
    *seen += there.filter(|(there, _)| *there == first).map(|(_, families)| families).sum::<u32>();
}

/// No small word has more bytes.
const SMALLEST: usize = 5;

/// How far around a word its text's small words are counted, in bytes.
const AROUND: usize = 200;

/// Adds the families of the words in a run that is not all of ASCII.
fn add_wide(run: &str, seen: &mut u32) {
    let mut before = 0;
    let latin = run.bytes().all(|byte| {
        let letter = byte.is_ascii() || byte == 0xC3 || before == 0xC3 && !matches!(byte, 0x97 | 0xB7);
        before = byte;
        letter
    });
    if latin && run.len() > SMALLEST {
        return;
    }
    for word in run.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() <= SMALLEST) {
        add_small(eight::load(&folded(word)) | CASE & low(word.len()), seen);
    }
}

impl Tongues {
    /// A language, by its code.
    pub fn of(language: &str) -> Self {
        let bit = |(bit, (codes, _)): (usize, &(&[&str], _))| u8::from(codes.contains(&language)) << bit;
        Self(SMALL.iter().enumerate().map(bit).sum())
    }

    /// Adds others.
    pub fn add(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether a word of these languages may stand in this text: not if the text is clearly in another.
    pub fn fit(self, text: &str, at: &Range<usize>) -> bool {
        if self.0 == 0 {
            return true;
        }
        let from = text.floor_char_boundary(at.start.saturating_sub(AROUND));
        let to = text.ceil_char_boundary((at.end + AROUND).min(text.len()));
        // A byte for each family: so short a text has fewer words than it can count.
        let (mut seen, mut blocks) = (0, Vec::new());
        for part in [text.get(from..at.start), text.get(at.end..to)].into_iter().flatten() {
            classify(part.as_bytes(), &Set::default(), &mut blocks);
            let (mut before, none) = (Block::default(), Block::default());
            for (number, block) in blocks.iter().enumerate() {
                let around = Between { before: &before, block, behind: blocks.get(number + 1).unwrap_or(&none) };
                let mut starts = around.begins();
                while starts != 0 {
                    let by = starts.trailing_zeros();
                    starts &= starts - 1;
                    let (start, length) = (number * BLOCK + by as usize, around.letters(by));
                    if length >= u64::BITS || around.from(by, |block| block.wide) & ((1 << length) - 1) != 0 {
                        let rest = part.get(start..).unwrap_or_default();
                        let end = rest.bytes().position(|b| b.is_ascii() && !b.is_ascii_alphabetic());
                        add_wide(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default(), &mut seen);
                    } else if length as usize <= SMALLEST {
                        add_small(Key::of(part.as_bytes(), start, start + length as usize).first, &mut seen);
                    }
                }
                before = *block;
            }
        }
        let own = |family: u8| self.0 >> family & 1 == 1;
        let of = |mine| (0..).zip(seen.to_le_bytes()).filter(|(family, _)| own(*family) == mine).map(|(_, n)| n).max();
        let (own, others) = (of(true).unwrap_or(0), of(false).unwrap_or(0));
        others < 2 || u32::from(own) * 3 >= u32::from(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    fn likeliest(text: &str) -> Country {
        let language = Language::of(text);
        COUNTRIES.into_iter().max_by(|a, b| language.odds(*a).total_cmp(&language.odds(*b))).unwrap()
    }

    #[test]
    fn a_sentence_tells_its_country() {
        assert_eq!(likeliest("Lejer er flyttet ud af lejemålet efter aftale"), Denmark);
        assert_eq!(likeliest("Hyresgästen är inte hemma och har flyttat från lägenheten"), Sweden);
        assert_eq!(likeliest("Leietaker ble ikke varslet etter avtale"), Norway);
        assert_eq!(likeliest("Vuokralainen ja puoliso on kutsuttu"), Finland);
        assert_eq!(likeliest("Leigjandi er ekki heima að sögn"), Iceland);
    }

    /// Word by word.
    fn fits_plainly(family: usize, text: &str, at: &Range<usize>) -> bool {
        let from = text.floor_char_boundary(at.start.saturating_sub(AROUND));
        let to = text.ceil_char_boundary((at.end + AROUND).min(text.len()));
        let words =
            |part: &str| -> Vec<String> { part.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase).collect() };
        let words = [words(&text[from..at.start]), words(&text[at.end..to])].concat();
        let of = |(_, small): &(&[&str], &[&str])| words.iter().filter(|word| small.contains(&word.as_str())).count();
        let own = of(&SMALL[family]);
        let others = (0..SMALL.len()).filter(|other| *other != family).map(|other| of(&SMALL[other])).max().unwrap();
        others < 2 || own * 3 >= others
    }

    #[test]
    fn a_word_fits_where_it_does_word_by_word() {
        let mut parts: Vec<&str> = SMALL.iter().flat_map(|(_, small)| *small).copied().collect();
        let upper: Vec<String> = parts.iter().map(|word| word.to_uppercase()).collect();
        parts.extend(upper.iter().map(String::as_str));
        let odd = [
            "×",
            "÷",
            "–",
            "日",
            "\u{A0}",
            "1",
            "xyz",
            "ååååååå",
            "ß",
            "Ÿ",
            "е",
            "kommunens",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzæøåÆØÅ",
        ];
        parts.extend(odd);
        parts.resize(parts.len() * 2, " ");
        let (mut random, mut fitting) = (random(3), [0; 2]);
        for _ in 0..20_000 {
            // Mostly of one language.
            let (family, other) = (random(SMALL.len()), random(SMALL.len()));
            let text: String = (0..random(90))
                .map(|_| match random(6) {
                    0 => parts[random(parts.len())],
                    1 | 2 => SMALL[other].1[random(SMALL[other].1.len())],
                    _ => " ",
                })
                .collect();
            let begin = text.floor_char_boundary(random(text.len() + 1));
            let at = begin..text.ceil_char_boundary((begin + random(9)).min(text.len()));
            let fits = fits_plainly(family, &text, &at);
            fitting[usize::from(fits)] += 1;
            assert_eq!(Tongues(1 << family).fit(&text, &at), fits, "{text:?} {at:?}");
        }
        assert!(fitting.iter().all(|times| *times > 2000), "{fitting:?}");
    }

    #[test]
    fn small_words_are_counted_in_any_case_and_between_any_signs() {
        assert!(SMALL.iter().flat_map(|(_, small)| *small).all(|word| word.len() <= SMALLEST));
        let finnish = Tongues::of("fi");
        for text in ["HÄN OLI, ETTÄ Kurd", "hän\u{A0}oli–että kurd", "(Hän) 1oli2että3 kurd"] {
            let at = text.len() - 4..text.len();
            assert!(finnish.fit(text, &at) && !Tongues::of("en").fit(text, &at), "{text}");
        }
        assert!(Tongues::of("en").fit("hänolietta kurd", &(11..15)));
    }

    #[test]
    fn a_word_fits_its_own_language() {
        let fits = |language: &str, text: &str, word: &str| {
            let tongues = Tongues::of(language);
            let at = text.find(word).unwrap();
            tongues.fit(text, &(at..at + word.len()))
        };
        assert!(!fits("sv", "it has the same content and was made by the same man", "same"));
        assert!(fits("sv", "hon är same och bor i Kiruna", "same"));
        assert!(fits("da", "Sygemeldt", "Sygemeldt"));
        assert!(!fits("en", "Hun er in love og går ikke på arbejde", "love"));
    }

    /// Letter by letter.
    fn plainly(text: &str) -> Sums {
        let mut sums = Sums::default();
        for run in text.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic()) {
            for word in run.split(|c: char| !c.is_alphabetic()) {
                let lower = word.to_lowercase();
                let whose = WORDS.iter().find(|(words, _)| words.split(' ').any(|ours| ours == lower));
                whose.into_iter().for_each(|(_, countries)| add(&mut sums, &shares(countries, PARTS)));
                word.chars().filter(|c| !c.is_ascii()).for_each(|c| add(&mut sums, &letter(c)));
            }
        }
        for (begin, sign, country) in SIGNS {
            let stands = |at: &usize| text.as_bytes()[*at] == *begin && text.as_bytes()[at + 1..].starts_with(sign);
            (0..text.len()).filter(stands).for_each(|_| add(&mut sums, &shares(&[*country], PARTS)));
        }
        sums
    }

    #[test]
    fn a_text_says_what_it_says_letter_by_letter() {
        let mut parts: Vec<&str> = vec![
            " ", ". ", "-", "1", "x", "kl", "dk", ".dk", "+45", "+358", "é", "É", "ÿ", "ß", "×", "÷", "–", "日",
            "\u{C6}",
        ];
        let upper: Vec<String> = ours().map(str::to_uppercase).collect();
        parts.extend(ours().map(|word| -> &str { word }));
        parts.extend(upper.iter().map(String::as_str));
        parts.extend(["lejerens", "ålænge", "personnummeret", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]);
        parts.resize(parts.len() * 2, " ");
        let mut random = random(5);
        for length in [4, 40, 400] {
            for _ in 0..20_000 / length {
                let text: String = (0..random(length)).map(|_| parts[random(parts.len())]).collect();
                assert_eq!(Language::of(&text).0, plainly(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn numbers_alone_say_nothing() {
        assert!(Language::of("010190-1234;5678").odds(Denmark).abs() < 0.01);
    }
}
