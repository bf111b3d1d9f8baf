//! In which country's words is a text written? It decides where a number has the form of several countries' numbers.
//!
//! In: the text around a value. Out: log-odds for each country. Counts small words and letters that only one language
//! has, and the country codes and domains that stand there; asked for ambiguous candidates only.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::LazyLock;

use crate::detect::classes::{BLOCK, Set, classify};
use crate::detect::key::Key;

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
    ("jeg har er der ikke som tlf", &[Denmark, Norway]),
    ("efter blev", &[Denmark, Sweden]),
    ("af mellem nej lejer vedr hvad sags cvr cpr", &[Denmark]),
    ("av", &[Sweden, Norway]),
    ("etter ble hva mellom nei leietaker fnr bokmål fødselsnummer", &[Norway]),
    ("och är inte från för", &[Sweden]),
    ("på kr", &[Denmark, Sweden, Norway]),
    ("jag personnummer hyresgäst tfn org enligt", &[Sweden]),
    ("ja on ei että mukaan puh hetu henkilötunnus oy", &[Finland]),
    ("að ekki kennitala kt sími ehf frá", &[Iceland]),
];

/// Bytes of the longest word.
const LONGEST: usize = 16;

/// Slots for the words: many more than there are, so that most other words meet none.
const SLOTS: usize = 1 << 10;

/// A word and whose it is.
type Owned = (&'static str, &'static [Country]);

/// The words by their hash, and which lengths those have that begin with each byte: most words of a text end there.
struct Lookup {
    /// Each in its slot or in the first free one behind it.
    words: Vec<Option<Owned>>,
    lengths: [u32; 256],
}

impl Lookup {
    /// Some word begins as this one does and is as long.
    #[inline]
    fn may_have(&self, word: &[u8]) -> bool {
        let folded = word.first().map_or(0, u8::to_ascii_lowercase);
        let lengths = self.lengths.get(usize::from(folded)).copied().unwrap_or_default();
        lengths.checked_shr(word.len() as u32).is_some_and(|lengths| lengths & 1 == 1)
    }
}

static LOOKUP: LazyLock<Lookup> = LazyLock::new(|| {
    let mut lookup = Lookup { words: vec![None; SLOTS], lengths: [0; 256] };
    for (words, countries) in WORDS {
        for word in words.split(' ') {
            let free = lookup.words.iter_mut().skip(slot(word.as_bytes(), 0..word.len())).find(|slot| slot.is_none());
            if let Some(free) = free {
                *free = Some((word, countries));
            }
            if let Some(lengths) = lookup.lengths.get_mut(usize::from(word.as_bytes().first().copied().unwrap_or(0))) {
                *lengths |= 1 << word.len();
            }
        }
    }
    lookup
});

/// The slot of a word, not one of the last few.
fn slot(text: &[u8], at: Range<usize>) -> usize {
    Key::of(text, at.start, at.end).hash() as usize % (SLOTS - 16)
}

/// Whose word it is.
#[inline]
fn word(lookup: &Lookup, text: &str, at: Range<usize>) -> &'static [Country] {
    let bytes = text.as_bytes().get(at.clone()).unwrap_or_default();
    let is = |found: &str| {
        bytes.eq_ignore_ascii_case(found.as_bytes())
            || !bytes.is_ascii() && text.get(at.clone()).is_some_and(|word| word.to_lowercase() == found)
    };
    let near = lookup.words.get(slot(text.as_bytes(), at.clone())..).unwrap_or_default();
    near.iter().map_while(Option::as_ref).find(|(found, _)| is(found)).map_or(&[], |(_, countries)| countries)
}

/// Letters of ASCII and Latin-1: all that a run of letters has, mostly.
#[inline]
fn is_latin(run: &[u8]) -> bool {
    // In UTF-8 those of Latin-1 begin with C3, but × and ÷ do too.
    run.iter().all(|byte| !matches!(byte, 0x97 | 0xB7 | 0xC0..=0xC2 | 0xC4..))
}

/// Letters that few languages have.
fn letter(c: char) -> &'static [Country] {
    match c {
        'æ' | 'Æ' => &[Denmark, Norway, Iceland],
        'ø' | 'Ø' => &[Denmark, Norway],
        'ä' | 'Ä' => &[Sweden, Finland],
        'ö' | 'Ö' => &[Sweden, Finland, Iceland],
        'þ' | 'Þ' | 'ð' | 'Ð' | 'ý' => &[Iceland],
        _ => &[],
    }
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
pub struct Language([f32; 5]);

impl Language {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let mut seen = [0f32; 5];
        let mut add = |countries: &[Country], much: f32| {
            for country in countries {
                if let Some(seen) = seen.get_mut(*country as usize) {
                    *seen += much / countries.len() as f32;
                }
            }
        };
        let (lookup, bytes) = (&*LOOKUP, text.as_bytes());
        let mut run = |at: Range<usize>| {
            let run = bytes.get(at.clone()).unwrap_or_default();
            let ascii = run.is_ascii();
            if ascii || is_latin(run) {
                if lookup.may_have(run) {
                    add(word(lookup, text, at), 1.0);
                }
                if !ascii {
                    // The letter of U+00C0 is C3 80.
                    let second = |two: &[u8]| two.last().filter(|_| two.first() == Some(&0xC3)).copied();
                    run.windows(2).filter_map(second).for_each(|byte| add(letter(char::from(byte + 0x40)), 0.5));
                }
                return;
            }
            let run = text.get(at.clone()).unwrap_or_default();
            for part in run.split(|c: char| !c.is_alphabetic()) {
                let begin = at.start + part.as_ptr() as usize - run.as_ptr() as usize;
                if part.len() <= LONGEST {
                    add(word(lookup, text, begin..begin + part.len()), 1.0);
                }
                part.chars().filter(|c| !c.is_ascii()).for_each(|c| add(letter(c), 0.5));
            }
        };
        let mut signs = [0u16; SIGNS.len()];
        let mut blocks = Vec::new();
        classify(bytes, &BEFORE_SIGNS, &mut blocks);
        let (mut open, mut carry) = (None, 0);
        for (base, block) in (0..).step_by(BLOCK).zip(&blocks) {
            let mut edges = block.letters ^ (block.letters << 1 | carry);
            carry = block.letters >> 63;
            while edges != 0 {
                let at = base + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                match open.take() {
                    Some(begin) => run(begin..at),
                    None => open = Some(at),
                }
            }
            let mut chosen = block.chosen;
            while chosen != 0 {
                let at = base + chosen.trailing_zeros() as usize;
                chosen &= chosen - 1;
                let (first, behind) = (bytes.get(at), bytes.get(at + 1..).unwrap_or_default());
                for (seen, (begin, sign, _)) in signs.iter_mut().zip(SIGNS) {
                    *seen += u16::from(first == Some(begin) && behind.starts_with(sign));
                }
            }
        }
        if let Some(begin) = open {
            run(begin..bytes.len());
        }
        for (times, (_, _, country)) in signs.iter().zip(SIGNS) {
            add(&[*country], f32::from(*times));
        }
        Self(seen)
    }

    /// Log-odds that this text is about that country's numbers: 0 where it says nothing.
    pub fn odds(&self, country: Country) -> f32 {
        let all: f32 = self.0.iter().sum();
        let own = self.0.get(country as usize).copied().unwrap_or_default();
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
            sum.0.iter_mut().zip(language.0).for_each(|(sum, one)| *sum += one);
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

/// The small words, each with a bit for each family that has it.
struct SmallWords {
    all: HashMap<&'static str, u8, foldhash::fast::FixedState>,
    longest: usize,
}

static SMALL_WORDS: LazyLock<SmallWords> = LazyLock::new(|| {
    let mut words = SmallWords { all: HashMap::default(), longest: 0 };
    for (bit, (_, small)) in SMALL.iter().enumerate() {
        for word in *small {
            *words.all.entry(*word).or_default() |= 1 << bit;
            words.longest = words.longest.max(word.len());
        }
    }
    words
});

/// How far around a word its text's small words are counted, in bytes.
const AROUND: usize = 200;

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
        let from = text.floor_char_boundary(at.start.saturating_sub(AROUND));
        let to = text.ceil_char_boundary((at.end + AROUND).min(text.len()));
        let mut seen = [0u32; SMALL.len()];
        let parts = [text.get(from..at.start), text.get(at.end..to)];
        for word in parts.into_iter().flatten().flat_map(|part| part.split(|c: char| !c.is_alphabetic())) {
            if word.len() <= SMALL_WORDS.longest {
                let small = SMALL_WORDS.all.get(word.to_lowercase().as_str()).copied().unwrap_or_default();
                (0..).zip(&mut seen).for_each(|(bit, seen)| *seen += u32::from(small >> bit & 1));
            }
        }
        let own = |bit: usize| self.0 >> bit & 1 == 1;
        let of = |mine: bool| seen.iter().enumerate().filter(|(bit, _)| own(*bit) == mine).map(|(_, n)| *n).max();
        of(true).unwrap_or(0) * 3 >= of(false).unwrap_or(0) || of(false).unwrap_or(0) < 2 || self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn numbers_alone_say_nothing() {
        assert!(Language::of("010190-1234;5678").odds(Denmark).abs() < 0.01);
    }
}
