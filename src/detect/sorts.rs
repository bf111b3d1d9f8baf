//! Sorts of cells: all that a cell says by itself, as a number. Two cells of one column and one sort are read alike.
//!
//! In: a cell and its column. Out: its sort, if what it says by itself is known without reading it in its place: for digits
//! their shape, and what the check of each detector makes of it that has a form like it; for an address of e-mail its
//! check; for words which of them are names, and the others themselves. Deliberately elsewhere: what came of cells of a
//! sort (`settled`).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::detect::Detectors;
use crate::detect::address;
use crate::detect::checks::{Check, Verdict};
use crate::detect::cluster::Cluster;
use crate::detect::detector::Detector;
use crate::detect::key::{Hashed, Key, Ready};
use crate::detect::labels::Label;
use crate::detect::normal::Normal;
use crate::detect::person::is_patronymic;
use crate::detect::table::FRACTION;
use crate::detect::words::Meaning;
use crate::eight::{self, EACH};

/// A longer cell is a story.
const LONGEST: usize = 48;
/// Letters in a row that belong to a number: a country's, a check letter.
const LETTERS: usize = 2;
/// So many cells of a sort that has no words of its own have to be read.
const OFTEN: u64 = 4;
/// The same of one whose words weigh: they say something or not by what stands around them.
const WEIGHTY: u64 = 50;
/// So many shapes and words are remembered.
const SHAPES: usize = 1 << 16;
/// See [`SHAPES`].
const WORDS: usize = 1 << 16;
/// So many cells of words are remembered.
const CELLS: usize = 1 << 14;
/// What a check says that does not let a value pass.
const NOTHING: u64 = 1;
/// Born so many years back: what is younger or older is weighed otherwise.
const AGES: [i16; 2] = [12, 110];

/// What a label makes of all cells below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Under {
    /// A number may go on in the next cell.
    parts: bool,
    /// It is a field's: what else would be nothing is its value.
    field: bool,
    /// Keywords stand below it.
    telling: bool,
}

/// What is looked at in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Digits, of a shape under a label, as a number.
    Number(u64),
    /// An address of e-mail.
    Address,
    /// Words.
    Words,
}

/// A sort of cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sort {
    /// Its number.
    pub key: u64,
    /// So many cells of it have to be read before the others need not be.
    pub often: u64,
}

/// The sorts of one item's cells.
pub struct Sorts {
    /// Keyed: cells are chosen by strangers.
    keyed: RandomState,
    email: Option<u16>,
    shapes: HashMap<u64, Option<Shape>, BuildHasherDefault<Ready>>,
    words: HashMap<u64, Word, BuildHasherDefault<Ready>>,
    /// Of cells of words that were looked at before.
    cells: HashMap<u64, Option<Sort>, BuildHasherDefault<Hashed>>,
    /// What the checks said of the last cell of digits.
    said: Vec<Option<u64>>,
}

/// A cell but for its digits.
struct Shape {
    asks: Box<[Ask]>,
    /// See [`Sort`].
    often: u64,
    /// Which detector found something in such cells, if any did; `None`: none of them was read yet.
    lead: Option<Option<u16>>,
}

/// A part of a cell that has a form of a detector.
struct Ask {
    at: Range<usize>,
    detector: u16,
    check: Option<Check>,
    /// Of a national number: one of these in a column of other things is what must not be passed over.
    national: bool,
    /// If it is no such thing after all, a part of it may be.
    whole: bool,
}

/// A cell of digits. Each check is asked once at most.
pub struct Digits<'s> {
    key: u64,
    cell: &'s str,
    shape: &'s Shape,
    keyed: &'s RandomState,
    said: &'s mut [Option<u64>],
}

/// What a word says by itself.
#[derive(Clone, Copy)]
struct Word {
    says: Says,
    /// Phrases begin with it.
    begins: bool,
}

#[derive(Clone, Copy)]
enum Says {
    /// A name, of a kind.
    Name(u64),
    /// What it says, only it says.
    Itself,
    /// The same, and what stands around it decides whether it says anything.
    Weighty,
    /// It says something of what stands around it.
    More,
}

/// Classes of bytes.
mod byte {
    pub const DIGIT: u8 = 1;
    pub const LETTER: u8 = 2;
    pub const HIGH: u8 = 4;
    pub const AT: u8 = 8;
    /// Between words, between groups of digits.
    pub const JOINS: u8 = 16;
    pub const ODD: u8 = 32;
}

/// The class of each byte.
#[expect(clippy::indexing_slicing, reason = "a constant: what is out of bounds does not compile")]
const CLASS: [u8; 256] = {
    let mut class = [byte::ODD; 256];
    let mut at = 0;
    while at < 256 {
        class[at] = match at as u8 {
            b'0'..=b'9' => byte::DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => byte::LETTER,
            b'@' => byte::AT,
            b' ' | b'-' | b'.' | b'/' | b'+' | b',' | b':' => byte::JOINS,
            // What begins punctuation outside ASCII is odd.
            0xC2 | 0xE2..=0xEF => byte::ODD,
            0x80..=0xFF => byte::HIGH,
            _ => byte::ODD,
        };
        at += 1;
    }
    class
};

impl Sorts {
    /// Knows no cells. `None`: cells have no sorts, for somebody's own patterns are tried everywhere.
    pub fn new(detectors: &Detectors) -> Option<Self> {
        let anywhere = |d: &Detector| d.on && d.anchors.is_empty() && d.pattern.is_some();
        if detectors.list.iter().any(anywhere) || detectors.tables().anchors.has_numbers() {
            return None;
        }
        let email = detectors.list.iter().position(|d| d.normal == Normal::Email && d.on);
        Some(Self {
            keyed: RandomState::default(),
            email: email.map(|n| n as u16),
            shapes: HashMap::default(),
            words: HashMap::default(),
            cells: HashMap::default(),
            said: Vec::new(),
        })
    }

    /// What is looked at in a cell under the label with this number. `None`: it has to be read.
    pub fn kind(&self, column: u32, under: Under, cell: &str) -> Option<Kind> {
        let bytes = cell.as_bytes();
        if bytes.len() > LONGEST {
            return None;
        }
        let classes = bytes.iter().fold(0, |all, byte| all | class(*byte));
        if classes & byte::ODD != 0 {
            return None;
        }
        if classes & byte::AT != 0 {
            return Some(Kind::Address);
        }
        if classes & byte::DIGIT == 0 {
            return Some(Kind::Words);
        }
        if under.telling || under.parts && (matches!(bytes.len(), 4 | 6 | 8) || cell.ends_with(FRACTION)) {
            return None;
        }
        let mut shape = self.keyed.build_hasher();
        shape.write_u32(column);
        for eight in bytes.chunks(8).map(eight::load) {
            let digits = eight::whole(eight::within(eight, b'0', b'9'));
            shape.write_u64(eight & !digits | digits & (u64::from(b'#') * EACH));
        }
        Some(Kind::Number(shape.finish()))
    }

    /// A cell with digits of this shape. `None`: it has to be read.
    pub fn digits<'s>(&'s mut self, detectors: &Detectors, key: u64, cell: &'s str) -> Option<Digits<'s>> {
        let full = self.shapes.len() >= SHAPES;
        let shape = match self.shapes.entry(key) {
            Entry::Occupied(shape) => shape.into_mut(),
            Entry::Vacant(_) if full => return None,
            Entry::Vacant(new) => new.insert(asked(detectors, cell)),
        };
        let shape = shape.as_ref()?;
        self.said.clear();
        self.said.resize(shape.asks.len(), None);
        Some(Digits { key, cell, shape, keyed: &self.keyed, said: &mut self.said })
    }

    /// A cell of this shape was read, and this detector found something in it, or none.
    pub fn lead(&mut self, shape: u64, detector: Option<u16>) {
        if let Some(Some(shape)) = self.shapes.get_mut(&shape) {
            shape.lead = Some(shape.lead.flatten().or(detector));
        }
    }

    /// The sort of a cell that is an address of e-mail.
    pub fn address(&self, detectors: &Detectors, column: u32, cell: &str) -> Option<Sort> {
        let mut hasher = self.keyed.build_hasher();
        hasher.write_u32(column);
        if !address::fills(cell) {
            return None;
        }
        hasher.write_u64(fact(detectors, detectors.get(self.email?)?.check, cell));
        Some(Sort { key: hasher.finish(), often: OFTEN })
    }

    /// The sort of a cell of words: which of them are names. `None` where one tells of others.
    pub fn words(&mut self, detectors: &Detectors, column: u32, under: Under, cell: &str) -> Option<Sort> {
        let key = self.keyed.hash_one((column, cell));
        if let Some(known) = self.cells.get(&key) {
            return *known;
        }
        let sort = self.words_of(detectors, column, under, cell);
        if self.cells.len() < CELLS {
            self.cells.insert(key, sort);
        }
        sort
    }

    fn words_of(&mut self, detectors: &Detectors, column: u32, under: Under, cell: &str) -> Option<Sort> {
        let mut hasher = self.keyed.build_hasher();
        hasher.write_u64(u64::from(column) << 1 | 1);
        let bytes = cell.as_bytes();
        let (mut begin, mut itself, mut weighty) = (0, false, under.telling);
        for end in 0..=bytes.len() {
            let joint = bytes.get(end).copied();
            if joint.is_some_and(|byte| class(byte) != byte::JOINS) {
                continue;
            }
            if let Some(word) = cell.get(begin..end).filter(|word| !word.is_empty()) {
                let hash = self.keyed.hash_one(word);
                let known = match self.words.get(&hash) {
                    Some(known) => *known,
                    None => {
                        let known = of_word(detectors, word);
                        if self.words.len() < WORDS {
                            self.words.insert(hash, known);
                        }
                        known
                    }
                };
                let phrase = known.begins && begins_phrase(detectors, cell, begin..end);
                weighty |= phrase || matches!(known.says, Says::Weighty);
                match known.says {
                    Says::Name(kind) if !phrase && !under.field && !under.telling => hasher.write_u64(kind),
                    Says::More => return None,
                    _ => {
                        hasher.write_u64(hash);
                        itself = true;
                    }
                }
            }
            if joint.is_some_and(|joint| joint != b' ') && detectors.tables().anchors.stands_at(bytes, end) {
                return None;
            }
            hasher.write_u8(joint.unwrap_or_default());
            begin = end + 1;
        }
        Some(Sort { key: hasher.finish(), often: often(itself, weighty) })
    }
}

/// How many cells of a sort have to be read: its words are like nothing but themselves, or weigh.
fn often(itself: bool, weighty: bool) -> u64 {
    match (itself, weighty) {
        (_, true) => WEIGHTY,
        (true, _) => 1,
        _ => OFTEN,
    }
}

fn class(byte: u8) -> u8 {
    CLASS.get(usize::from(byte)).copied().unwrap_or(byte::ODD)
}

impl Ask {
    fn new(detectors: &Detectors, at: Range<usize>, number: u16) -> Self {
        let check = detectors.get(number).and_then(|detector| detector.check);
        Self { at, detector: number, check, national: detectors.chance(number).is_some(), whole: false }
    }
}

impl Digits<'_> {
    /// Its sort: what all checks say that have a form like it.
    pub fn sort(&mut self, detectors: &Detectors, under: Under) -> Option<Sort> {
        let mut hasher = self.keyed.build_hasher();
        hasher.write_u64(self.key);
        if under.field {
            ranges(self.cell, &mut hasher);
        }
        self.ask(detectors, &mut hasher, |_| true)?;
        Some(Sort { key: hasher.finish(), often: self.shape.often })
    }

    /// The same as that detector sees it which found something in cells of its shape, and those of national numbers.
    pub fn led(&mut self, detectors: &Detectors, under: Under) -> Option<u64> {
        let lead = self.shape.lead.filter(|_| !under.field)?;
        if lead.is_some_and(|lead| self.shape.asks.iter().all(|ask| ask.detector != lead)) {
            return None;
        }
        let mut hasher = self.keyed.build_hasher();
        hasher.write_u64(!self.key);
        hasher.write_u16(lead.unwrap_or(u16::MAX));
        self.ask(detectors, &mut hasher, |ask| ask.national || Some(ask.detector) == lead)?;
        Some(hasher.finish())
    }

    /// The same as that detector alone sees it. `None`: there is none, or it lets nothing in the cell pass.
    pub fn alone(&mut self, detectors: &Detectors, under: Under) -> Option<u64> {
        let lead = self.shape.lead.flatten().filter(|_| !under.field)?;
        let mut hasher = self.keyed.build_hasher();
        hasher.write_u64(self.key.rotate_left(32));
        hasher.write_u16(lead);
        self.ask(detectors, &mut hasher, |ask| ask.detector == lead)?.then(|| hasher.finish())
    }

    /// What the checks say that are wanted: whether one lets something pass. `None`: the cell has to be read.
    fn ask(&mut self, detectors: &Detectors, hasher: &mut impl Hasher, wanted: impl Fn(&Ask) -> bool) -> Option<bool> {
        let mut passes = false;
        for (ask, said) in self.shape.asks.iter().zip(&mut *self.said).filter(|(ask, _)| wanted(ask)) {
            let value = self.cell.get(ask.at.clone())?;
            let said = *said.get_or_insert_with(|| fact(detectors, ask.check, value));
            if ask.whole && said == NOTHING {
                return None;
            }
            passes |= said != NOTHING;
            hasher.write_u64(said);
        }
        Some(passes)
    }
}

/// What a check says of a value, as a number.
fn fact(detectors: &Detectors, check: Option<Check>, value: &str) -> u64 {
    let Some(checked) = check.map(|check| check(value, detectors.today)) else { return 0 };
    if checked.verdict == Verdict::Invalid {
        return NOTHING;
    }
    let age = checked.born.map(|born| detectors.today.year() - born);
    let ages = AGES.iter().filter(|limit| age.is_some_and(|age| age >= **limit)).count();
    // As stamps and phones begin.
    let begin = matches!(value.as_bytes(), [b'0', b'4' | b'5' | b'7' | b'8', ..] | [b'2', b'0', ..]);
    let rest = (checked.verdict as u64) << 4 | (ages as u64) << 2 | u64::from(begin) << 1 | u64::from(checked.test);
    (checked.kind.as_ptr() as u64) << 8 | rest
}

/// In what ranges the numbers in a cell lie: days, months, years.
fn ranges(cell: &str, hasher: &mut impl Hasher) {
    for number in cell.split(|c: char| !c.is_ascii_digit()).filter(|number| matches!(number.len(), 1 | 2 | 4)) {
        hasher.write_u8(match number.parse::<u16>() {
            Ok(1..=12) => 1,
            Ok(13..=31) => 2,
            Ok(1900..=1999) => 3,
            Ok(year @ 2000..=2039) => 4 + (year - 2000) as u8,
            _ => 0,
        });
    }
}

/// What is asked of a cell of this shape. `None`: it has to be read.
fn asked(detectors: &Detectors, cell: &str) -> Option<Shape> {
    let (bytes, mut from) = (cell.as_bytes(), 0);
    let (mut itself, mut weighty) = (false, false);
    for run in cell.split(|c: char| !c.is_alphabetic()) {
        let word = from..from + run.len();
        from = word.end + cell.get(word.end..)?.chars().next().map_or(0, char::len_utf8);
        if run.is_empty() {
            continue;
        }
        let known = of_word(detectors, run);
        // A country's letters, or a check letter.
        if matches!(known.says, Says::More) || run.len() <= LETTERS && !matches!(known.says, Says::Itself) {
            return None;
        }
        itself |= run.len() > LETTERS;
        weighty |= matches!(known.says, Says::Weighty) || known.begins && begins_phrase(detectors, cell, word);
    }
    let hexadecimal = |group: &str| group.len() > 2 && cell.contains(':');
    if (0..bytes.len()).any(|at| detectors.tables().anchors.stands_at(bytes, at)) || cell.split(':').any(hexadecimal) {
        return None;
    }
    let (mut asked, mut cluster, mut at) = (Vec::new(), Cluster::default(), 0);
    while let Some(next) = bytes.iter().skip(at).position(u8::is_ascii_digit) {
        let least = at;
        at = cluster.read(cell, at + next, least).max(at + next + 1);
        if cluster.unboxed().is_some() {
            return None;
        }
        // A number of another country is as many groups as make one.
        if let Some(plus) = cluster.plus {
            let written = cell.strip_prefix('+').unwrap_or(cell).as_bytes();
            let phone = detectors.list.iter().position(|d| d.normal == Normal::Phone && d.on)?;
            if plus > 0 || written != cluster.ascii {
                return None;
            }
            asked.push(Ask { whole: true, ..Ask::new(detectors, 0..cell.len(), phone as u16) });
            break;
        }
        let mut same = true;
        detectors.tables().forms.look(&cluster, |groups, forms| {
            let (Some(first), Some(last)) = (cluster.groups.get(groups.start), cluster.groups.get(groups.end - 1))
            else {
                return;
            };
            let part = first.at.start..last.at.end;
            let written = cell.get(part.clone()).unwrap_or_default();
            same &= cluster.ascii_of(groups).eq_ignore_ascii_case(written);
            for form in forms.iter().filter(|form| detectors.get(form.detector).is_some_and(|d| d.on)) {
                if !asked.iter().any(|ask: &Ask| ask.at == part && ask.detector == form.detector) {
                    asked.push(Ask::new(detectors, part.clone(), form.detector));
                }
            }
        });
        if !same {
            return None;
        }
    }
    Some(Shape { asks: asked.into_boxed_slice(), often: often(itself, weighty), lead: None })
}

/// What a word says by itself.
fn of_word(detectors: &Detectors, word: &str) -> Word {
    let key = Key::of(word.as_bytes(), 0, word.len());
    let tables = detectors.tables();
    let father = is_patronymic(word.as_bytes());
    let (mut kinds, mut name, mut itself) = (0u64, father, false);
    let (mut weighty, mut more) = (false, tables.nearby.speaks(word));
    tables.words.look(word, 0..word.len(), key, &mut |_, meaning| match meaning {
        Meaning::Given(false) => (kinds, name) = (kinds | 1, true),
        Meaning::Surname(false) => (kinds, name) = (kinds | 2, true),
        Meaning::Given(true) | Meaning::Surname(true) | Meaning::Particle => itself = true,
        Meaning::Anchor(_) => more = true,
        _ => weighty = true,
    });
    // `ANNA`, `Anna`, `A`: letters in both cases, and how many capitals.
    let capitals = word.chars().filter(|c| c.is_uppercase()).count().min(3) as u64;
    let small = u64::from(word.chars().any(char::is_lowercase));
    let first = u64::from(word.starts_with(char::is_uppercase));
    let says = if more {
        Says::More
    } else if weighty {
        Says::Weighty
    } else if name && !itself && word.len() > LETTERS {
        Says::Name(kinds | u64::from(father) << 2 | capitals << 3 | small << 5 | first << 6)
    } else {
        Says::Itself
    };
    Word { says, begins: tables.words.begins_phrase(key) }
}

/// A phrase of the dictionary begins with this word of a cell.
fn begins_phrase(detectors: &Detectors, cell: &str, word: Range<usize>) -> bool {
    let key = Key::of(cell.as_bytes(), word.start, word.end);
    let mut phrase = false;
    detectors.tables().words.look(cell, word.clone(), key, &mut |at, _| phrase |= at != word);
    phrase
}

impl Detectors {
    /// What a label makes of the cells below it.
    pub(super) fn under(&self, label: &str, known: &Label) -> Under {
        let column = known.column(self, label);
        // Names are told apart as in any column.
        let telling = known.telling(self, label).is_some_and(|detector| Some(detector) != self.name);
        Under { parts: column.is_parted(), field: column.tells(), telling }
    }
}
