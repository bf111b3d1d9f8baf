//! The first pass: one walk over the bytes finds where anything could start: clusters of digits, literals of patterns,
//! words of the dictionary. Everything exact is done there and only there.
//!
//! In: a piece of text. Out: [`Sights`]. The text is taken in tiles that stay in the nearest cache: each is classified
//! by [`classes`](crate::detect::classes), and each block of it is gone through for digits, literals and words.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::detect::classes::{BLOCK, Between, Block, Set, classify};
use crate::detect::cluster::{self, Cluster};
use crate::detect::key::{Key, Window, window};
use crate::detect::nearby::Lines;
use crate::detect::number::Nothing;
use crate::detect::person;
use crate::detect::span::Span;
use crate::detect::street;
use crate::detect::words::{Meaning, Seen, Ways, Words};
use crate::detect::{Detectors, Tables};

/// Bytes classified at once, and gone through for words.
const TILE: usize = 4 << 10;

/// What the walk over a text comes upon.
#[derive(Default)]
pub struct Sights {
    /// Values.
    pub spans: Vec<Span>,
    /// Words of the dictionary.
    pub words: Vec<person::Sight>,
    /// Where numbers begin that a word stands before: house numbers, perhaps.
    pub numbers: Vec<usize>,
    /// Literals of patterns, with their detectors.
    pub anchors: Vec<(Range<usize>, u16)>,
    /// Tokens of a detector's form that cannot be what it looks for: where, detector, form.
    pub failed: Vec<(usize, u16, u16)>,
    /// The words around values.
    pub lines: Lines,
}

/// Literals that patterns are tried around. Those that begin with a letter are found as words are, by the dictionary;
/// others by a byte of theirs that is neither letter nor digit.
pub struct Anchors {
    set: Set,
    /// By the byte: the literal, where in it the byte stands, and the detector.
    literals: [Literals; 128],
    /// Literals without such a byte.
    others: Vec<(Finder<'static>, u16)>,
}

/// The literals that are found by one byte, in sets of as many as a word has bits.
#[derive(Default)]
struct Literals(Vec<Literals64>);

struct Literals64 {
    all: Vec<(Box<[u8]>, usize, u16)>,
    /// Which of them may stand where this byte stands right before theirs, or right behind it: most places end here.
    before: [u64; 256],
    behind: [u64; 256],
}

impl Default for Anchors {
    fn default() -> Self {
        let literals = std::array::from_fn(|_| Literals::default());
        Self { set: Set::default(), literals, others: Vec::new() }
    }
}

impl Literals {
    fn add(&mut self, literal: &[u8], at: usize, detector: u16) {
        if self.0.last().is_none_or(|set| set.all.len() == 64) {
            self.0.push(Literals64 { all: Vec::new(), before: [0; 256], behind: [0; 256] });
        }
        let Some(set) = self.0.last_mut() else { return };
        let bit = 1 << set.all.len();
        let before = at.checked_sub(1).and_then(|at| literal.get(at));
        let mark = |table: &mut [u64; 256], there: Option<&u8>| {
            for (byte, bits) in (0..=u8::MAX).zip(table) {
                *bits |= if there.is_none_or(|there| there.eq_ignore_ascii_case(&byte)) { bit } else { 0 };
            }
        };
        mark(&mut set.before, before);
        mark(&mut set.behind, literal.get(at + 1));
        set.all.push((literal.into(), at, detector));
    }
}

impl Anchors {
    /// Adds a literal of a detector.
    pub fn add(&mut self, literal: &str, detector: u16, words: &mut Words) {
        let word = literal.trim_end_matches('*');
        if let Some((at, byte)) = word.bytes().enumerate().find(|(_, b)| b.is_ascii() && !b.is_ascii_alphanumeric()) {
            self.set.add(byte);
            if let Some(literals) = self.literals.get_mut(usize::from(byte)) {
                literals.add(literal.as_bytes(), at, detector);
            }
        } else if literal.starts_with(char::is_alphabetic) {
            words.add_anchor(literal, detector);
        } else {
            self.others.push((Finder::new(literal).into_owned(), detector));
        }
    }

    /// There are literals of ASCII that begin with a digit: they are looked for everywhere.
    pub fn has_numbers(&self) -> bool {
        self.others.iter().any(|(finder, _)| finder.needle().is_ascii())
    }

    /// A literal has its byte at `at`.
    pub fn stands_at(&self, bytes: &[u8], at: usize) -> bool {
        let mut found = Vec::new();
        self.around(bytes, at, &mut found);
        !found.is_empty()
    }

    /// The literals that have their byte at `at`.
    #[inline]
    fn around(&self, bytes: &[u8], at: usize, found: &mut Vec<(Range<usize>, u16)>) {
        let Some(literals) = bytes.get(at).and_then(|byte| self.literals.get(usize::from(*byte))) else { return };
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or_default();
        let behind = bytes.get(at + 1).copied().unwrap_or_default();
        for set in &literals.0 {
            let bits = |table: &[u64; 256], byte: u8| table.get(usize::from(byte)).copied().unwrap_or_default();
            let mut may = bits(&set.before, before) & bits(&set.behind, behind);
            while may != 0 {
                let literal = set.all.get(may.trailing_zeros() as usize);
                may &= may - 1;
                found.extend(literal.and_then(|(literal, offset, detector)| {
                    let place = at.checked_sub(*offset)?..at + literal.len() - offset;
                    bytes.get(place.clone())?.eq_ignore_ascii_case(literal).then_some((place, *detector))
                }));
            }
        }
    }
}

/// The walk's state between blocks.
struct Walk<'t> {
    tables: &'t Tables,
    text: &'t str,
    sights: Sights,
    cluster: Cluster,
    /// Clusters that were read: their letters are no words.
    clusters: Vec<Range<usize>>,
    /// Where the last cluster ended.
    least: usize,
    seen: Seen,
}

impl Detectors {
    /// The first pass.
    pub(super) fn walk(&self, text: &str) -> Sights {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("lzcnt")
        {
            // SAFETY: the processor has the instructions: asked right above. What is called is the same safe code.
            #[allow(unsafe_code, reason = "every word of a scan is found so: a tenth of the time that prose takes")]
            return unsafe { self.walk_by_bits(text) };
        }
        self.walk_plainly(text)
    }

    /// With instructions that find, count and cut off bits.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "bmi1,bmi2,lzcnt")]
    fn walk_by_bits(&self, text: &str) -> Sights {
        self.walk_plainly(text)
    }

    #[inline(always)]
    fn walk_plainly(&self, text: &str) -> Sights {
        let mut walk = Walk {
            tables: self.tables(),
            text,
            sights: Sights::default(),
            cluster: Cluster::default(),
            clusters: Vec::new(),
            least: 0,
            seen: self.tables().words.seen(),
        };
        self.tiles(&mut walk);
        self.tables().words.keep(walk.seen);
        for (finder, detector) in &self.tables().anchors.others {
            let length = finder.needle().len();
            let found = finder.find_iter(text.as_bytes()).map(|at| (at..at + length, *detector));
            walk.sights.anchors.extend(found);
        }
        walk.sights.anchors.sort_by_key(|(at, _)| at.start);
        walk.sights
    }

    /// Tile by tile.
    #[inline(always)]
    fn tiles(&self, walk: &mut Walk<'_>) {
        let (mut before, mut block) = (Block::default(), Block::default());
        let mut blocks = Vec::with_capacity(TILE.min(walk.text.len()) / BLOCK + 1);
        let mut base = 0usize.wrapping_sub(BLOCK);
        for tile in walk.text.as_bytes().chunks(TILE) {
            classify(tile, &walk.tables.anchors.set, &mut blocks);
            for behind in &blocks {
                self.block(walk, base, Between { before: &before, block: &block, behind });
                (before, block) = (block, *behind);
                base = base.wrapping_add(BLOCK);
            }
        }
        self.block(walk, base, Between { before: &before, block: &block, behind: &Block::default() });
    }

    /// What begins in a block, which stands at `base`.
    #[inline(always)]
    fn block(&self, walk: &mut Walk<'_>, base: usize, around: Between<'_>) {
        self.digits(walk, base, around);
        let mut chosen = around.block.chosen;
        while chosen != 0 {
            let at = base + chosen.trailing_zeros() as usize;
            chosen &= chosen - 1;
            walk.tables.anchors.around(walk.text.as_bytes(), at, &mut walk.sights.anchors);
        }
        self.words_of(walk, base, around);
    }

    /// Clusters of digits to the forms.
    #[inline(always)]
    fn digits(&self, walk: &mut Walk<'_>, base: usize, around: Between<'_>) {
        let bytes = walk.text.as_bytes();
        let digits = around.block.digits;
        let mut starts = digits & !(digits << 1 | around.before.digits >> 63);
        while starts != 0 {
            let by = starts.trailing_zeros();
            starts &= starts - 1;
            let at = base + by as usize;
            if at < walk.least {
                continue;
            }
            if let Some(end) = cluster::escape(bytes, at) {
                // Of `%3A211162` the number begins where digits do.
                if bytes.get(end - 1..=end).is_some_and(|two| two.iter().all(u8::is_ascii_digit)) {
                    self.cluster(walk, end);
                }
                continue;
            }
            if street::may_begin(bytes, at) {
                walk.sights.numbers.push(at);
            }
            match walk.tables.forms.none(bytes, at, walk.least, around, by) {
                Some(Nothing::Run(end)) => walk.least = end,
                Some(Nothing::Cluster(end)) => {
                    walk.least = end;
                    walk.clusters.push(at..end);
                }
                None => self.cluster(walk, at),
            }
        }
    }

    /// A cluster to the forms.
    fn cluster(&self, walk: &mut Walk<'_>, at: usize) {
        let end = walk.cluster.read(walk.text, at, walk.least).max(at + 1);
        walk.least = end;
        walk.clusters.push(at..end);
        self.forms_of(walk.text, &walk.cluster, &mut walk.sights);
        if let Some(joined) = walk.cluster.unboxed() {
            self.forms_of(walk.text, &joined, &mut walk.sights);
        }
    }

    /// Where words begin and end.
    #[inline(always)]
    fn words_of(&self, walk: &mut Walk<'_>, base: usize, around: Between<'_>) {
        let mut starts = around.begins();
        if starts == 0 {
            return;
        }
        let dictionary = &walk.tables.words;
        let bytes = walk.text.as_bytes();
        let mut edge = [0; size_of::<Window>()];
        let window = window(bytes, base, &mut edge);
        // What stands in most blocks is letters, digits and punctuation of ASCII, and letters of Latin-1.
        let odd = around.block.odd | around.behind.odd != 0;
        let behind_digits = starts & (around.block.digits << 1 | around.before.digits >> 63);
        let careful = odd || behind_digits != 0;
        while starts != 0 {
            let by = starts.trailing_zeros();
            starts &= starts - 1;
            let start = base + by as usize;
            let length = around.letters(by);
            if length >= u64::BITS {
                self.split(walk, start);
                continue;
            }
            if careful {
                if around.from(by, |b| b.odd) & ((1 << length) - 1) != 0 {
                    self.split(walk, start);
                    continue;
                }
                // Most are pieces of hashes, of `v1` and `srv02`.
                let glued = behind_digits >> by & 1 != 0 && length <= 8;
                if glued && !dictionary.may_follow_digit(bytes, start) && !behind_escape(bytes, start) {
                    continue;
                }
            }
            let length = length as usize;
            if let Some(found) = dictionary.may_stand(window, by as usize, length, &mut walk.seen) {
                self.word(walk, start..start + length, found);
            }
        }
    }

    /// One word, wherever it stands.
    fn one(&self, walk: &mut Walk<'_>, start: usize, end: usize) {
        if let Some(found) = walk.tables.words.may_begin(walk.text.as_bytes(), start, end, &mut walk.seen) {
            self.word(walk, start..end, found);
        }
    }

    /// The terms that begin with a word.
    #[inline(never)]
    fn word(&self, walk: &mut Walk<'_>, word: Range<usize>, key: (Key, Ways)) {
        let Walk { tables, text, sights, clusters, .. } = walk;
        let (start, bytes) = (word.start, text.as_bytes());
        // Patronymics are too many for a list.
        if key.1.patronymic() && bytes.get(word.clone()).is_some_and(person::is_patronymic) {
            sights.words.push(person::Sight { at: word.clone(), meaning: Meaning::Surname(false) });
        }
        // Letters behind digits belong to a number or a hash: `131052A308T`.
        let behind = start.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit)
            && bytes.get(start).is_some_and(u8::is_ascii_alphabetic)
            && !behind_escape(bytes, start);
        tables.words.look_in(text, word, key, &mut |at, meaning| {
            // A term that has the digits in it (`3F`) is not theirs.
            if at.start >= start && (behind || in_cluster(start, clusters)) {
                return;
            }
            match meaning {
                Meaning::Anchor(detector) => sights.anchors.push((at, detector)),
                meaning => sights.words.push(person::Sight { at, meaning }),
            }
        });
    }

    /// A run of letters with bytes that may be punctuation outside ASCII, or a long one: several words, perhaps.
    fn split(&self, walk: &mut Walk<'_>, from: usize) {
        let rest = walk.text.get(from..).unwrap_or_default();
        let end = rest.bytes().position(|b| b.is_ascii() && !b.is_ascii_alphabetic()).unwrap_or(rest.len());
        let mut begin = None;
        for (i, c) in rest.get(..end).unwrap_or_default().char_indices().chain([(end, ' ')]) {
            match (c.is_alphabetic() || cluster::is_invisible(c), begin) {
                (true, None) => begin = Some(from + i),
                (false, Some(start)) => {
                    self.one(walk, start, from + i);
                    begin = None;
                }
                _ => {}
            }
        }
    }
}

/// A percent-escape ends here: `%20Mette`.
fn behind_escape(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(2).and_then(|digits| cluster::escape(bytes, digits)).is_some()
}

/// A word that belongs to a number in groups: `DK50 ABCD 1234`.
fn in_cluster(start: usize, clusters: &[Range<usize>]) -> bool {
    // Words are asked for in their order: few clusters begin behind them.
    clusters.iter().rev().find(|cluster| cluster.start <= start).is_some_and(|cluster| start < cluster.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    /// Byte by byte, every cluster read, every word looked up.
    fn naive(detectors: &Detectors, text: &str) -> Sights {
        let (mut sights, mut cluster) = (Sights::default(), Cluster::default());
        let bytes = text.as_bytes();
        let (mut at, mut least) = (0, 0);
        while at < bytes.len() {
            if let Some(end) = cluster::escape(bytes, at).filter(|_| bytes[at].is_ascii_digit()) {
                at = end - usize::from(bytes[end - 1].is_ascii_alphabetic());
            } else if bytes[at].is_ascii_digit() {
                at = cluster.read(text, at, least).max(at + 1);
                least = at;
                detectors.forms_of(text, &cluster, &mut sights);
                if let Some(joined) = cluster.unboxed() {
                    detectors.forms_of(text, &joined, &mut sights);
                }
            } else if bytes[at].is_ascii_alphabetic() || !bytes[at].is_ascii() {
                let letters = bytes[at..].iter().take_while(|b| b.is_ascii_alphabetic() || !b.is_ascii());
                let end = at + letters.count();
                let (mut begin, run) = (at, &text[at..end]);
                for (i, c) in run.char_indices().chain([(run.len(), ' ')]) {
                    if !c.is_alphabetic() && !cluster::is_invisible(c) {
                        let key = Key::of(bytes, begin, at + i);
                        // The letter of an escape, and what is glued to it: `%2Dmin`.
                        let digit = begin > 0 && bytes[begin - 1].is_ascii_digit() && !behind_escape(bytes, begin);
                        if digit && bytes[begin].is_ascii_alphabetic() {
                            begin = at + i + c.len_utf8();
                            continue;
                        }
                        detectors.tables().words.look(text, begin..at + i, key, &mut |at, meaning| {
                            if !matches!(meaning, Meaning::Anchor(_)) {
                                sights.words.push(person::Sight { at, meaning });
                            }
                        });
                        begin = at + i + c.len_utf8();
                    }
                }
                at = end;
            } else {
                at += 1;
            }
        }
        sights
    }

    #[test]
    fn the_fast_walk_finds_what_a_naive_one_finds() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let parts = [
            "0",
            "1",
            "12",
            "45",
            "010190",
            "211162",
            "9997",
            "1234",
            "32 12 34 56",
            "900602-2397",
            "131052A308T",
            "DK50",
            "0040",
            "+45",
            "+",
            "00",
            "-",
            "-",
            " ",
            " ",
            " ",
            " ",
            ".",
            "/",
            "\n",
            "\r\n",
            ", ",
            ";",
            "(",
            ")",
            "a",
            "F",
            "sygemeldt",
            "Mette",
            "Hansen",
            "HIV",
            "kræft",
            "§ 56",
            "aftale",
            "min",
            "\u{AD}",
            "\u{A0}",
            "–",
            "é",
            "Å",
            "%2D",
            "%20",
            "%3A",
            "&nbsp;",
            "ord",
            "bygningen",
            "日",
            "CPR",
            "\t",
            "8.8.8.8",
            "5edf4b47fce0f6d6",
            "1670217819.218",
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789",
            "x",
        ];
        let mut random = random(3);
        for length in [3, 40, 200, 20_000] {
            for _ in 0..(20_000 / length).max(1) {
                let text: String = (0..random(length)).map(|_| parts[random(parts.len())]).collect();
                let (fast, slow) = (detectors.walk(&text), naive(&detectors, &text));
                let plain = detectors.walk_plainly(&text);
                assert_eq!((&fast.words, &fast.anchors, &fast.failed), (&plain.words, &plain.anchors, &plain.failed));
                assert_eq!(fast.numbers, plain.numbers, "{text:?}");
                let spans = |sights: &Sights| -> Vec<(Range<usize>, usize)> {
                    sights.spans.iter().map(|s| (s.at.clone(), s.readings.len())).collect()
                };
                assert_eq!(spans(&fast), spans(&slow), "{text:?}");
                assert_eq!(fast.words, slow.words, "{text:?}");
                assert_eq!(fast.failed, slow.failed, "{text:?}");
            }
        }
    }

    #[test]
    fn a_term_may_begin_with_a_digit() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        assert!(detectors.walk("medlem af 3F").words.iter().any(|sight| sight.at == (10..12)));
    }

    #[test]
    fn patronymics_beside_punctuation_outside_ascii_are_names() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        for text in ["Halldóra Brynjúlfsdóttir", "Halldóra\u{A0}Brynjúlfsdóttir", "–Brynjúlfsdóttir – formand"]
        {
            let words = detectors.walk(text).words;
            let is = |sight: &person::Sight| text[sight.at.clone()] == *"Brynjúlfsdóttir";
            assert!(words.iter().any(|sight| is(sight) && sight.meaning == Meaning::Surname(false)), "{text}");
        }
    }
}
