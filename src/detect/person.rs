//! Names of people: put together from given names, family names, initials, particles and titles.
//!
//! In: the dictionary's sights of one piece, and the numbers and addresses found there. Out: names with log-odds.
//! Keywords about people are `special`'s.

mod shapes;

use std::cell::Cell;
use std::ops::Range;

use smallvec::SmallVec;

use crate::detect::endings::Endings;
use crate::detect::fields::Field;
use crate::detect::words::Meaning;

pub use crate::detect::person::shapes::Shapes;

/// A term of the dictionary that stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Its bytes.
    pub at: Range<usize>,
    /// What it means.
    pub meaning: Meaning,
}

/// A name.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// Its bytes.
    pub at: Range<usize>,
    /// Log-odds that it is a person's.
    pub odds: f32,
    /// Why.
    pub note: &'static str,
}

/// Organisations are called by so many capitals, in bytes.
const ACRONYM: usize = 5;
/// Initials take no more bytes.
const INITIALS: usize = 12;

/// Weights of what speaks for a name, as log-odds.
mod weight {
    pub const START: f32 = -1.1;
    pub const NAME: f32 = 2.6;
    pub const ORDINARY: f32 = 1.0;
    pub const FATHER: f32 = 1.9;
    pub const ENDING: f32 = 1.1;
    pub const UNKNOWN_FIRST: f32 = -1.1;
    pub const INITIAL: f32 = 0.6;
    pub const TITLE: f32 = 2.2;
    pub const CONTACT: f32 = 1.1;
    pub const ALONE: f32 = 0.9;
    pub const FIELD: f32 = 1.7;
    pub const LISTED: f32 = 1.2;
    pub const REVERSED: f32 = -0.4;
    pub const CAPITALS: f32 = -0.4;
    pub const NO_PERSON: f32 = -5.0;
}

/// A word of a possible name.
#[derive(Debug, Clone)]
struct Word {
    at: Range<usize>,
    given: Option<bool>,
    family: Option<bool>,
    particle: bool,
    initial: bool,
    ending: f32,
}

/// Puts the names of a piece together. `sights` are in the order of the text, and so are `people`: ids and addresses.
/// `is_label` knows the words that stand before values: they are no names.
pub fn names(
    text: &str,
    sights: &[Sight],
    people: &[Range<usize>],
    shapes: &Shapes,
    is_label: &dyn Fn(&str) -> bool,
) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let piece = Piece { text, sights, people, shapes, is_label, near: Cell::new(0) };
    for sight in sights {
        let free = found.last().map_or(0, |name| name.at.end);
        let name = match sight.meaning {
            _ if sight.at.start < free && !matches!(sight.meaning, Meaning::Title) => None,
            Meaning::Given(_) if capital(text, &sight.at) => {
                let ahead = || piece.family_first(&sight.at, free);
                piece.reversed(&sight.at, free).or_else(|| piece.name(sight.at.start, false)).or_else(ahead)
            }
            Meaning::Surname(ordinary) if capital(text, &sight.at) => {
                let initials = || piece.initials_before(sight.at.start, free).filter(|_| !ordinary);
                let before = piece.word_before(sight.at.start, free).or_else(initials);
                before.and_then(|before| piece.name(before, false))
            }
            Meaning::Title => piece
                .behind_title(sight.at.end)
                .and_then(|begin| piece.name(begin, true).or_else(|| piece.honoured(&sight.at, begin))),
            _ => None,
        };
        if let Some(name) = name.filter(|name| name.at.start >= free) {
            found.push(name);
        }
    }
    found
}

/// A part of a name in a field for such: `Fornavn: Anna`. Nothing else need say that it is one.
pub fn part(text: &str, sights: &[Sight], field: Field, is_label: &dyn Fn(&str) -> bool) -> Option<Name> {
    let Field { at, hint, .. } = field;
    let value = text.get(at.clone())?;
    let letters = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '.' | '\'' | '’');
    let label = value.split(' ').any(is_label);
    // `SURNAME = ObjectIdentifier("2.5.4.4")`
    let call = text.as_bytes().get(at.end) == Some(&b'(');
    if call || !value.starts_with(char::is_uppercase) || !value.chars().all(letters) || label {
        return None;
    }
    let from = sights.partition_point(|sight| sight.at.start < at.start);
    let mut listed = false;
    for sight in sights.iter().skip(from).take_while(|sight| sight.at.start < at.end) {
        match sight.meaning {
            Meaning::Given(_) | Meaning::Surname(_) => listed = true,
            // The next field of a form that nobody filled in.
            Meaning::Label(_) | Meaning::Hint(_) | Meaning::Title => return None,
            _ => {}
        }
    }
    let known = if listed { weight::LISTED } else { 0.0 };
    (listed || !hint).then_some(Name { at, odds: weight::FIELD + known, note: "a field for a part of a name" })
}

/// A piece of text with what was seen in it.
struct Piece<'t> {
    text: &'t str,
    sights: &'t [Sight],
    people: &'t [Range<usize>],
    shapes: &'t Shapes,
    is_label: &'t dyn Fn(&str) -> bool,
    /// The sight that was asked for last: the next one is near.
    near: Cell<usize>,
}

impl Piece<'_> {
    /// The name that begins here, if one does.
    fn name(&self, begin: usize, titled: bool) -> Option<Name> {
        // Most given names stand alone.
        let first = word_at(self.text, begin)?;
        let dot = usize::from(self.text.as_bytes().get(first.end) == Some(&b'.'));
        let second = next_word(self.text, first.end)
            .or_else(|| next_word(self.text, first.end + dot))
            .or_else(|| word_at(self.text, first.end + dot).filter(|_| dot == 1 && first.len() == 1))?;
        let hyphen = self.text.as_bytes().get(first.end) == Some(&b'-');
        if !hyphen && !capital(self.text, &second) && !self.is_particle(&second) {
            return None;
        }
        let words = self.words(begin);
        let last = words.last().filter(|_| words.len() > 1)?;
        // `Anne-Sofie` alone is a given name.
        let bytes = self.text.as_bytes().get(begin..last.at.end)?;
        if !bytes.contains(&b' ') && !self.text.get(begin..last.at.end)?.contains('\u{A0}') {
            return None;
        }
        // `E-mail`
        if words.first().is_some_and(|w| w.initial && self.text.get(w.at.end..).is_some_and(|r| r.starts_with('-'))) {
            return None;
        }
        let at = begin..last.at.end;
        let (mut odds, mut note) = self.odds(&words);
        if titled {
            odds += weight::TITLE;
            note = "a title or label stands before it";
        }
        Some(Name { odds: odds + self.around(&at), at, note })
    }

    /// A family name by itself behind what one calls people: `Fru Holm`.
    fn honoured(&self, title: &Range<usize>, begin: usize) -> Option<Name> {
        let title = folded(self.text.get(title.clone())?.trim_end_matches('.'));
        let word = self.word(word_at(self.text, begin)?);
        if !self.shapes.honorifics.holds(&title) || word.family.is_none() || !capital(self.text, &word.at) {
            return None;
        }
        let at = word.at.clone();
        let (odds, _) = self.odds(&[word]);
        // `Fru Holms Gade`, `Hr. Nielsen A/S`
        let odds = odds - weight::UNKNOWN_FIRST + weight::TITLE + weight::ORDINARY + self.around(&at);
        Some(Name { odds, at, note: "a title and a family name" })
    }

    /// `Family, Given`, at the beginning of a line or cell or behind a label.
    fn reversed(&self, given: &Range<usize>, free: usize) -> Option<Name> {
        let before = self.text.get(free..given.start)?.strip_suffix(", ")?;
        let line = before.rsplit(['\n', '\t', ';', '|', ':', '"']).next()?.trim_start();
        let begin = free + before.len() - line.len();
        if line.is_empty() || line.split([' ', '-']).count() > 3 {
            return None;
        }
        let family = self.words(begin);
        let mut words = self.words(given.start);
        let last = words.last()?;
        let at = begin..last.at.end;
        // `Virtasen Matti, Matti Korhonen`: two of them.
        let another = family.iter().any(|w| w.given == Some(false) && w.family.is_none());
        // `Winther, Birgitte Thorup`, but not `Holm, Anna Lund og Per`.
        let ends = self.text.get(at.end..)?.chars().next().is_none_or(|c| is_edge(c) && !matches!(c, ',' | ':'));
        // `HK, Peter Holm`: somebody's whole name, behind what is nobody's.
        let short =
            line.len() <= ACRONYM && line.chars().all(char::is_uppercase) && family.iter().all(|w| w.family.is_none());
        let whole = words.iter().skip(1).any(|w| w.family.is_some()) && short;
        // `Ansøgeren, Ali Mahmoud`, `Saco, Eva Rask`
        let role = |s: &Sight| {
            let member = matches!(s.meaning, Meaning::Member(..) | Meaning::Keyword(..));
            member || matches!(s.meaning, Meaning::Person(_) | Meaning::General(_) | Meaning::Title)
        };
        let closing = |w: &Word| self.shapes.closings.holds(&folded(self.text.get(w.at.clone()).unwrap_or_default()));
        if family.is_empty()
            || another
            || whole
            || family.last().is_some_and(closing)
            || self.sights_at(begin).any(role)
            || family.last()?.at.end != begin + line.len()
            || !ends && words.iter().any(|w| w.family == Some(false) && w.given.is_none())
        {
            return None;
        }
        words.extend(family);
        let (odds, _) = self.odds(&words);
        Some(Name { odds: odds + weight::REVERSED + self.around(&at), at, note: "family name, given name" })
    }

    /// `Family Given`, in a line or cell of its own or behind a label: `Deltagare: Bergström Leif`.
    fn family_first(&self, given: &Range<usize>, free: usize) -> Option<Name> {
        let rest = self.text.get(given.end..)?;
        if !rest.starts_with("  ") && !rest.chars().next().is_none_or(is_edge) {
            return None;
        }
        let begin = self.word_before(given.start, free)?;
        // `12. Andersson Kerstin`
        let item = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ')' | '-' | '•' | '*');
        let before = self.text.get(..begin)?.trim_end_matches(item).chars().next_back();
        if !before.is_none_or(|c| is_edge(c) && c != ',') {
            return None;
        }
        let (given, family) = (self.word(given.clone()), self.word(word_at(self.text, begin)?));
        let certain = family.family == Some(false) || given.given == Some(false) && family.ending > 0.0;
        if !certain || given.family.is_some() || family.given.is_some() {
            return None;
        }
        let at = begin..given.at.end;
        let (odds, _) = self.odds(&[given, family]);
        Some(Name { odds: odds + weight::REVERSED + self.around(&at), at, note: "family name, given name" })
    }

    /// What the words themselves say.
    fn odds(&self, words: &[Word]) -> (f32, &'static str) {
        let of = |listed: Option<bool>| {
            listed.map_or(0.0, |ordinary| if ordinary { weight::ORDINARY } else { weight::NAME })
        };
        let given = words.first().map_or(0.0, |w| of(w.given));
        let family = words.iter().skip(1).map(|w| of(w.family).max(w.ending)).fold(0.0, f32::max);
        let initial = if words.iter().any(|w| w.initial) { weight::INITIAL } else { 0.0 };
        let first = if given == 0.0 { weight::UNKNOWN_FIRST } else { 0.0 };
        let capitals = words.iter().all(|w| {
            let word = self.text.get(w.at.clone()).unwrap_or_default();
            !word.chars().any(char::is_lowercase) && characters(word) > 1
        });
        let shout = if capitals { weight::CAPITALS } else { 0.0 };
        // `Jens Gade`, but not `Hans Broges Gade` or `Sct. Hans Gade`.
        let begin = words.first().map_or(0, |word| word.at.start);
        let surname = |at: usize, word: &Word| {
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            let saint = || self.shapes.saints.end(self.text.get(..begin).unwrap_or_default());
            word.family.is_some()
                && !saint()
                && before.is_some_and(|w| w.given.is_some() || w.initial || w.family == Some(false))
        };
        let ends_otherwise = words
            .iter()
            .enumerate()
            .any(|(at, w)| w.given.is_none() && !surname(at, w) && self.is_no_person(w.at.clone()));
        let nobody = if ends_otherwise { weight::NO_PERSON } else { 0.0 };
        let note = match (given > 0.0, family > 0.0) {
            (true, true) => "given and family name",
            (true, false) => "given name and a capitalised word",
            _ => "capitalised words",
        };
        (weight::START + given + family + initial + first + shout + nobody, note)
    }

    /// What stands around a name.
    fn around(&self, at: &Range<usize>) -> f32 {
        let behind = next_token(self.text, at.end);
        // `Signe Holm, Lægehuset Havnen`: where she works. `Holm, A/S` is a firm.
        let comma = self.text.as_bytes().get(at.end) == Some(&b',');
        let behind = if comma && behind.len() > 4 { "" } else { behind };
        // None of those words is as long.
        let next = if behind.len() <= 24 { folded(behind) } else { Folded::new() };
        let number = behind.starts_with(|c: char| c.is_ascii_digit())
            && behind.len() <= 4
            && self.text.get(at.end..).is_some_and(|rest| rest.starts_with(' '));
        let mut odds = 0.0;
        if self.shapes.no_person.holds(&next) {
            odds += weight::NO_PERSON;
        } else if number {
            odds += weight::NO_PERSON / 2.0;
        }
        let before = self.text.get(..at.start).unwrap_or_default();
        let near = before.get(before.ceil_char_boundary(before.len().saturating_sub(16))..).unwrap_or_default();
        let last = near.strip_suffix(' ').and_then(|near| near.rsplit([' ', '\n', '(']).next()).unwrap_or_default();
        if (2..=10).contains(&last.len()) && self.shapes.houses.holds(&folded(last)) {
            odds += weight::NO_PERSON;
        }
        if before.ends_with("& ") || self.text.get(at.end..).is_some_and(|rest| rest.starts_with(" & ")) {
            odds += weight::NO_PERSON / 2.0;
        }
        if self.has_contact(at) {
            odds += weight::CONTACT;
        }
        let opens = before.trim_end_matches([' ', '"']);
        let closes = self.text.get(at.end..).unwrap_or_default().trim_start_matches([' ', '"']);
        let edge = |c: Option<char>| c.is_none_or(is_edge);
        if edge(opens.chars().next_back()) && edge(closes.chars().next()) {
            odds += weight::ALONE;
        }
        odds
    }

    /// An id or an address stands in the same line.
    fn has_contact(&self, at: &Range<usize>) -> bool {
        // None of a line's stands farther away, with what is left of a character.
        let (first, last) = (at.start.saturating_sub(LINE + 4), at.end + LINE + 4);
        let from = self.people.partition_point(|person| person.end <= first);
        let near = self.people.iter().skip(from).take_while(|person| person.start < last);
        if near.clone().next().is_none() {
            return false;
        }
        let line = line_of(self.text, at);
        near.into_iter().any(|person| person.start < line.end && person.end > line.start)
    }

    fn is_no_person(&self, at: Range<usize>) -> bool {
        let word = folded(self.text.get(at).unwrap_or_default());
        self.shapes.no_person.holds(&word) || self.shapes.places.of(&word).any(|end| word.len() > end.len())
    }

    /// The capitalised words and particles from here on that could be a name.
    fn words(&self, begin: usize) -> SmallVec<[Word; 3]> {
        let mut words: SmallVec<[Word; 3]> = SmallVec::new();
        let mut next = word_at(self.text, begin);
        while let Some(at) = next {
            let hyphen = words.last().is_some_and(|last| self.text.get(last.at.end..at.start) == Some("-"));
            let fits = hyphen || capital(self.text, &at) || !words.is_empty() && self.is_particle(&at);
            if !fits || words.len() == 5 {
                break;
            }
            let word = self.word(at.clone());
            let closed = words.len() > 1
                && words.last().is_some_and(|last| last.family == Some(false) || last.ending >= weight::FATHER)
                && !hyphen
                && word.family.is_none()
                && word.ending < weight::FATHER;
            let text = self.text.get(at.clone()).unwrap_or_default();
            let short = (2..=4).contains(&characters(text)) && !text.chars().any(char::is_lowercase);
            let shouted = || {
                words.iter().all(|w| !self.text.get(w.at.clone()).unwrap_or_default().chars().any(char::is_lowercase))
            };
            // `Fornavn: Abdi Etternavn: Warsame`
            let known = |s: &Sight| s.at.end == at.end && matches!(s.meaning, Meaning::Label(_) | Meaning::Title);
            let titled = || self.text.as_bytes().get(at.end) == Some(&b':') && self.sights_at(at.start).any(known);
            let listed = word.given.is_some() || word.family.is_some();
            let other = !listed && (titled() || (self.is_label)(text) || self.is_other(&at, &words));
            if other || closed || (short && word.family.is_none() && !shouted()) {
                break;
            }
            let end = at.end + usize::from(word.initial && self.text.as_bytes().get(at.end) == Some(&b'.'));
            let initial = word.initial;
            words.push(Word { at: at.start..end, ..word });
            // `J.P. Hansen`
            let joined = || word_at(self.text, end).filter(|_| initial && end > at.end);
            next = next_word(self.text, end).or_else(joined);
        }
        while words.last().is_some_and(|w| w.particle && w.family.is_none() || w.initial) {
            words.pop();
        }
        words
    }

    /// In a row of words with capitals the name has ended: `ANNA BERG HAR DIABETES`.
    fn is_other(&self, at: &Range<usize>, words: &[Word]) -> bool {
        let said = |s: &Sight| matches!(s.meaning, Meaning::Keyword(_, true, _) | Meaning::Tie(_));
        words.len() > 1 && self.shapes.verbs.holds(&folded(self.text.get(at.clone()).unwrap_or_default()))
            // `James Parkinson`, `David M. Gay`
            || complete(words) && self.sights_at(at.start).any(said)
    }

    fn is_particle(&self, at: &Range<usize>) -> bool {
        self.sights_at(at.start).any(|s| s.meaning == Meaning::Particle && s.at.end == at.end)
    }

    /// The sights that begin at a place.
    fn sights_at(&self, start: usize) -> impl Iterator<Item = &Sight> {
        let mut from = self.near.get();
        let earlier = |at: usize| self.sights.get(at).is_some_and(|sight| sight.at.start < start);
        while from.checked_sub(1).is_some_and(|before| !earlier(before)) {
            from -= 1;
        }
        while earlier(from) {
            from += 1;
        }
        self.near.set(from);
        self.sights.iter().skip(from).take_while(move |sight| sight.at.start == start)
    }

    fn word(&self, at: Range<usize>) -> Word {
        let text = self.text.get(at.clone()).unwrap_or_default();
        let lower = folded(text);
        let (mut given, mut family, mut particle) = (None, None, false);
        for sight in self.sights_at(at.start) {
            // `Larsens`: the family name and its genitive.
            let whole = sight.at.end == at.end;
            let genitive = sight.at.end + 1 == at.end && lower.last() == Some(&b's');
            match sight.meaning {
                Meaning::Given(ordinary) if whole || genitive => given = Some(given.unwrap_or(true) && ordinary),
                Meaning::Surname(ordinary) if whole || genitive => family = Some(family.unwrap_or(true) && ordinary),
                Meaning::Particle if whole => particle = true,
                _ => {}
            }
        }
        let stem = lower.strip_suffix(b"s");
        let length = lower.iter().filter(|byte| !matches!(byte, 0x80..=0xBF)).count();
        let has = |endings: &Endings| endings.end(&lower) || stem.is_some_and(|stem| endings.end(stem));
        let ending = if length > 5 && has(&self.shapes.patronymic) || length > 6 && self.shapes.finnish.end(&lower) {
            weight::FATHER
        } else if length > 5 && has(&self.shapes.family) {
            weight::ENDING
        } else {
            0.0
        };
        // `Gitte Aa. Møller`
        let short = || self.text.as_bytes().get(at.end) == Some(&b'.') && self.shapes.short.holds(text);
        Word { initial: characters(text) == 1 || short(), at, given, family, particle, ending }
    }

    /// The capitalised word right before a family name: where a name that no list knows begins.
    fn word_before(&self, at: usize, free: usize) -> Option<usize> {
        let before = self.text.get(free..at)?;
        let bare = before.strip_suffix([' ', '\u{A0}'])?;
        let word = bare.rsplit(|c: char| !c.is_alphabetic() && !matches!(c, '-' | '\'')).next()?;
        let begin = free + bare.len() - word.len();
        let greets = self.shapes.greetings.holds(&folded(word));
        (characters(word) > 2 && !greets && capital(self.text, &(begin..at))).then_some(begin)
    }

    /// Where initials right before a family name begin: `J.P. Hansen`, `A. Nielsen`.
    fn initials_before(&self, at: usize, free: usize) -> Option<usize> {
        let before = self.text.get(free.max(at.saturating_sub(INITIALS))..at)?;
        let mut begin = None;
        let mut rest = before.strip_suffix(' ')?;
        while let Some(bare) = rest.strip_suffix('.') {
            let initial = bare.rsplit(|c: char| !c.is_alphabetic()).next()?;
            let one = characters(initial) == 1 && initial.starts_with(char::is_uppercase);
            rest = bare.strip_suffix(initial).filter(|_| one || self.shapes.short.holds(initial))?;
            begin = Some(at - before.len() + rest.len());
            rest = rest.strip_suffix(' ').filter(|rest| rest.ends_with('.')).unwrap_or(rest);
        }
        begin.filter(|_| !rest.ends_with(char::is_alphanumeric))
    }

    /// Where a name begins behind a title or a label.
    fn behind_title(&self, end: usize) -> Option<usize> {
        let rest = self.text.get(end..)?;
        let bare = rest.trim_start_matches([' ', '.', ':', '\t', '"', '\u{A0}', ';']);
        let begin = end + rest.len() - bare.len();
        (begin > end && begin - end <= 24 && bare.starts_with(char::is_uppercase)).then_some(begin)
    }
}

/// There is a family name among them.
fn complete(words: &[Word]) -> bool {
    words.iter().skip(1).any(|word| word.family.is_some() || word.ending > 0.0)
}

/// What stands around lines, cells and values.
fn is_edge(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | ';' | '|' | ',' | ':')
}

/// A name that a father's or mother's name makes in Icelandic, and nothing else.
#[inline]
pub fn is_patronymic(word: &[u8]) -> bool {
    word.len() > 8
        && word.first().is_some_and(|b| b.is_ascii_uppercase() || *b == 0xC3)
        && (word.ends_with("dóttir".as_bytes()) || word.ends_with(b"sson"))
}

/// A word in lower case, as bytes of UTF-8.
pub type Folded = SmallVec<[u8; 32]>;

/// A word in lower case.
pub fn folded(word: &str) -> Folded {
    let mut folded = Folded::from_slice(word.as_bytes());
    folded.make_ascii_lowercase();
    if !word.is_ascii() {
        // Letters of Latin-1 but × and ÷: the second byte has the bit of the case.
        if !word.bytes().all(|byte| matches!(byte, 0..=0xBF | 0xC3)) {
            return Folded::from_slice(word.to_lowercase().as_bytes());
        }
        let mut first = 0;
        for byte in &mut folded {
            if first == 0xC3 && matches!(byte, 0x80..=0x96 | 0x98..=0x9E) {
                *byte |= 0x20;
            }
            first = *byte;
        }
    }
    folded
}

/// How many characters a word has.
fn characters(word: &str) -> usize {
    if word.is_ascii() { word.len() } else { word.chars().count() }
}

/// The word begins with a capital.
fn capital(text: &str, at: &Range<usize>) -> bool {
    text.get(at.clone()).and_then(|word| word.chars().next()).is_some_and(char::is_uppercase)
}

/// Bytes of a line on either side of a place.
const LINE: usize = 160;

/// The line that holds a place, within [`LINE`] bytes on either side.
pub fn line_of(text: &str, at: &Range<usize>) -> Range<usize> {
    let from = text.floor_char_boundary(at.start.saturating_sub(LINE));
    let to = text.ceil_char_boundary((at.end + LINE).min(text.len()));
    let before = text.get(from..at.start).unwrap_or_default();
    let after = text.get(at.end..to).unwrap_or_default();
    at.start - before.len() + memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |end| end + 1)
        ..at.end + memchr::memchr(b'\n', after.as_bytes()).unwrap_or(after.len())
}

/// The word at a place; an apostrophe may stand within.
fn word_at(text: &str, start: usize) -> Option<Range<usize>> {
    let word = text.get(start..)?;
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let letters = letters + latin(word.as_bytes().get(letters..).unwrap_or_default());
    if word.as_bytes().get(letters).is_none_or(|b| b.is_ascii() && *b != b'\'') {
        return (letters > 0).then_some(start..start + letters);
    }
    let mut chars = word.char_indices().peekable();
    let mut length = 0;
    while let Some((i, c)) = chars.next() {
        let inside = matches!(c, '\'' | '’') && i > 0 && chars.peek().is_some_and(|(_, next)| next.is_uppercase());
        if !c.is_alphabetic() && !inside {
            break;
        }
        length = i + c.len_utf8();
    }
    (length > 0).then_some(start..start + length)
}

/// How many bytes letters of ASCII and Latin-1 take here.
fn latin(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match bytes.get(at..).unwrap_or_default() {
            [first, ..] if first.is_ascii_alphabetic() => 1,
            // All but × and ÷.
            [0xC3, 0x80..=0x96 | 0x98..=0xB6 | 0xB8..=0xBF, ..] => 2,
            _ => return at,
        };
    }
}

/// The word that follows behind one space or hyphen.
fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let separator = text.get(from..)?.chars().next().filter(|c| matches!(c, ' ' | '-' | '\u{A0}'))?;
    word_at(text, from + separator.len_utf8())
}

fn next_token(text: &str, from: usize) -> &str {
    text.get(from..)
        .unwrap_or_default()
        .strip_prefix([' ', ','])
        .unwrap_or_default()
        .trim_start_matches(' ')
        .split([' ', '\n', '\t', ',', '.', ')', ';'])
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_as_they_are_elsewhere() {
        for c in '\0'..'\u{2100}' {
            for word in [format!("{c}"), format!("A{c}b"), format!("É{c}É"), format!("{c}Å{c}")] {
                assert_eq!(&folded(&word)[..], word.to_lowercase().as_bytes(), "{word}");
            }
        }
    }

    #[test]
    fn a_word_is_all_its_letters() {
        for c in '\0'..'\u{2100}' {
            for word in [format!("a{c}b"), format!("Å{c}b"), format!("{c}"), format!("ab{c}"), format!("{c}å")] {
                let letters: String = word.chars().take_while(|c| c.is_alphabetic()).collect();
                let found = word_at(&word, 0).map_or("", |at| &word[at]);
                if !matches!(c, '\'' | '’') {
                    assert_eq!(found, letters, "{word}");
                }
            }
        }
        assert_eq!(word_at("D’Angelo", 0), Some(0..10));
        assert_eq!(word_at("O'Brien's", 0), Some(0..7));
    }
}
