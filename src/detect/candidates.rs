//! The first pass: one walk over the bytes finds where anything could start: clusters of digits, literals of patterns,
//! words of the dictionary. Everything exact is done there and only there.

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::cluster::{self, Cluster};
use crate::detect::detector::Detector;
use crate::detect::form::Form;
use crate::detect::normal::Normal;
use crate::detect::span::{Span, add};
use crate::detect::words::Meaning;
use crate::detect::{Detectors, address, confidence, person};

/// How far around a literal its pattern is tried, in bytes.
const ANCHOR_REACH: (usize, usize) = (96, 288);

/// What the walk over a text comes upon.
#[derive(Default)]
pub struct Sights {
    /// Values.
    pub spans: Vec<Span>,
    /// Words of the dictionary.
    pub words: Vec<person::Sight>,
    /// Where numbers begin that a word stands before: house numbers, perhaps.
    pub numbers: Vec<usize>,
    /// Tokens of a detector's form that cannot be what it looks for: where, detector, form.
    pub failed: Vec<(usize, u16, u16)>,
}

impl Detectors {
    /// The first pass: words to the dictionary, clusters of digits to the forms.
    pub(super) fn walk(&self, text: &str) -> Sights {
        let mut sights = Sights::default();
        let bytes = text.as_bytes();
        let mut cluster = Cluster::default();
        let (mut at, mut least) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            match class(*byte) {
                Class::Other => at += 1,
                Class::Digit => {
                    if address::may_begin(bytes, at) {
                        sights.numbers.push(at);
                    }
                    at = cluster.read(text, at, least).max(at + 1);
                    least = at;
                    self.forms_of(text, &cluster, &mut sights);
                    if let Some(joined) = cluster.unboxed() {
                        self.forms_of(text, &joined, &mut sights);
                    }
                }
                Class::Letter => {
                    let length = bytes
                        .get(at..)
                        .unwrap_or_default()
                        .iter()
                        .take_while(|b| matches!(class(**b), Class::Letter))
                        .count();
                    self.word(text, at..at + length, &mut sights.words);
                    at += length;
                }
            }
        }
        sights
    }

    /// A run of letters and of bytes outside ASCII: usually a word; where punctuation outside ASCII is in it, several.
    fn word(&self, text: &str, run: Range<usize>, sights: &mut Vec<person::Sight>) {
        let mut look = |word: Range<usize>| {
            // Patronymics are too many for a list.
            if text.get(word.clone()).is_some_and(person::is_patronymic) {
                sights.push(person::Sight { at: word.clone(), meaning: Meaning::Surname(false) });
            }
            self.words.look(text, word, &mut |at, meaning| sights.push(person::Sight { at, meaning }))
        };
        let Some(letters) = text.get(run.clone()) else { return };
        if !letters.bytes().any(|b| matches!(b, 0xC2 | 0xE2..=0xEF)) {
            return look(run);
        }
        let mut begin = None;
        for (i, c) in letters.char_indices().chain([(letters.len(), ' ')]) {
            match (c.is_alphabetic() || cluster::is_invisible(c), begin) {
                (true, None) => begin = Some(i),
                (false, Some(from)) => {
                    look(run.start + from..run.start + i);
                    begin = None;
                }
                _ => {}
            }
        }
    }

    /// The readings of a cluster by the forms it has.
    fn forms_of(&self, text: &str, cluster: &Cluster, sights: &mut Sights) {
        if cluster.plus.is_some() && self.international(text, cluster, &mut sights.spans) {
            return;
        }
        self.forms.look(cluster, |groups, forms| {
            let (Some(first), Some(last)) = (cluster.groups.get(groups.start), cluster.groups.get(groups.end - 1))
            else {
                return;
            };
            let Some(bounded) = bounds(cluster, &groups) else { return };
            let at = first.at.start..last.at.end;
            let mut hits = None;
            for form in forms {
                let Some(detector) = self.get(form.detector).filter(|d| d.on) else { continue };
                let ascii = cluster.ascii_of(groups.clone());
                let crowded = bounded.crowded && ascii.contains(' ');
                let path = text.get(..at.start).is_some_and(|before| before.ends_with('/'));
                let odds = form.odds
                    + if crowded { confidence::CROWDED } else { 0.0 }
                    + if path { confidence::PATH } else { 0.0 };
                let hits = hits.get_or_insert_with(|| self.nearby.around(text, &at));
                let reading = self.reading(detector, *form, ascii, odds, hits);
                match reading {
                    Some(reading) => add(&mut sights.spans, at.clone(), reading),
                    None if detector.chance.is_some() => sights.failed.push((at.start, form.detector, form.number)),
                    None => {}
                }
            }
        });
        self.glued(text, cluster, &mut sights.spans);
    }

    /// A label glued to its value: `CPR2111629997`. Only the label's word makes it one.
    fn glued(&self, text: &str, cluster: &Cluster, spans: &mut Vec<Span>) {
        let Some(first) = cluster.groups.first() else { return };
        let letters =
            text.get(first.at.clone()).unwrap_or_default().bytes().take_while(u8::is_ascii_alphabetic).count();
        if letters < 2 || letters >= first.in_ascii.len() {
            return;
        }
        let mut tail = Cluster {
            ascii: cluster.ascii.clone(),
            groups: cluster.groups.clone(),
            continued: cluster.continued,
            glued_after: cluster.glued_after,
            ..Cluster::default()
        };
        if let Some(first) = tail.groups.first_mut() {
            first.at.start += letters;
            first.in_ascii.start += letters;
        }
        self.forms.look(&tail, |groups, forms| {
            let (Some(first), Some(last)) = (tail.groups.get(groups.start), tail.groups.get(groups.end - 1)) else {
                return;
            };
            if groups.start > 0 || bounds(&tail, &groups).is_none() {
                return;
            }
            let at = first.at.start..last.at.end;
            let hits = self.nearby.around(text, &at);
            for form in forms {
                let Some(detector) = self.get(form.detector).filter(|d| d.on) else { continue };
                if let Some(reading) = self.reading(detector, *form, tail.ascii_of(groups.clone()), form.odds, &hits)
                    && reading.label
                    && reading.odds > 0.0
                {
                    add(spans, at.clone(), reading);
                }
            }
        });
    }

    /// A number behind a plus sign or 00: as many groups of the cluster as make a number of the country it names.
    fn international(&self, text: &str, cluster: &Cluster, spans: &mut Vec<Span>) -> bool {
        let (Some(begin), Some(number)) =
            (cluster.plus, self.list.iter().position(|d| d.normal == Normal::Phone && d.on))
        else {
            return false;
        };
        let Some(detector) = self.list.get(number) else { return false };
        let plus = text.get(begin..).is_some_and(|rest| !rest.starts_with('0'));
        for groups in (1..=cluster.groups.len()).rev() {
            let ascii = cluster.ascii_of(0..groups);
            if ascii.bytes().any(|b| b.is_ascii_alphabetic() || b == b'\n')
                || !(7..=17).contains(&ascii.bytes().filter(u8::is_ascii_digit).count())
            {
                continue;
            }
            let written = if plus { format!("+{ascii}") } else { ascii.to_owned() };
            let end = cluster.groups.get(groups - 1).map_or(begin, |g| g.at.end);
            let form = Form { detector: number as u16, number: u16::MAX, odds: 0.0 };
            // Behind 00 stand numbers of every kind; a phone is written in groups.
            let odds = if plus || groups > 1 { 0.0 } else { confidence::BARE };
            let hits = self.nearby.around(text, &(begin..end));
            if let Some(reading) = self.reading(detector, form, &written, odds, &hits) {
                add(spans, begin..end, reading);
                return true;
            }
        }
        plus
    }

    /// The patterns: around their literals, or over everything.
    pub(super) fn patterns(&self, text: &str, sights: &[person::Sight], spans: &mut Vec<Span>) {
        let mut take = |number: u16, detector: &Detector, at: Range<usize>| {
            let value = text.get(at.clone()).unwrap_or_default();
            let hits = self.nearby.around(text, &at);
            let form = Form { detector: number, number: 0, odds: 0.0 };
            if let Some(reading) = self.reading(detector, form, value, 0.0, &hits) {
                add(spans, at, reading);
            }
        };
        let literals = self.anchors.iter().flat_map(|(automaton, owners)| {
            automaton.find_iter(text).filter_map(|l| Some((owners.get(l.pattern().as_usize()).copied()?, l.range())))
        });
        let words = sights.iter().filter_map(|sight| match sight.meaning {
            Meaning::Anchor(detector) => Some((detector, sight.at.clone())),
            _ => None,
        });
        for (number, literal) in literals.chain(words) {
            let Some(detector) = self.get(number).filter(|d| d.on) else { continue };
            let Some(pattern) = &detector.pattern else { continue };
            let from = text.floor_char_boundary(literal.start.saturating_sub(ANCHOR_REACH.0));
            let to = text.ceil_char_boundary((literal.end + ANCHOR_REACH.1).min(text.len()));
            let window = text.get(from..to).unwrap_or_default();
            // Of a match only the group `value` is the value, if there is one: the rest is its label.
            for found in pattern.captures_iter(window) {
                let (Some(whole), Some(value)) = (found.get(0), found.name("value").or(found.get(0))) else { continue };
                if from + whole.start() <= literal.start && literal.end <= from + whole.end() {
                    take(number, detector, from + value.start()..from + value.end());
                }
            }
        }
        for (number, detector) in self.list.iter().enumerate().filter(|(_, d)| d.on && d.anchors.is_empty()) {
            for found in detector.pattern.iter().flat_map(|p| p.find_iter(text)).filter(|f| !f.is_empty()) {
                take(number as u16, detector, found.range());
            }
        }
    }
}

/// Full-width digits made narrow. Each is three bytes long and becomes a digit and a soft hyphen, which is three bytes
/// too and is not seen: every place in the text stays where it is.
pub fn narrow(text: &str) -> Cow<'_, str> {
    let wide = |c: char| matches!(c, '０'..='９');
    if memchr::memmem::find(text.as_bytes(), b"\xEF\xBC").is_none() || !text.contains(wide) {
        return Cow::Borrowed(text);
    }
    let mut narrow = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(u32::from('０')).filter(|_| wide(c)).and_then(|n| char::from_digit(n, 10)) {
            Some(digit) => narrow.extend([digit, '\u{AD}']),
            None => narrow.push(c),
        }
    }
    Cow::Owned(narrow)
}

enum Class {
    Digit,
    Letter,
    Other,
}

fn class(byte: u8) -> Class {
    match byte {
        b'0'..=b'9' => Class::Digit,
        b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => Class::Letter,
        _ => Class::Other,
    }
}

/// What stands around some groups of a cluster.
struct Bounds {
    /// Further groups of digits stand beside them, parted by spaces.
    crowded: bool,
}

/// Whether these groups stand for themselves: nothing glued to them, and no digits joined to them by a hyphen, full
/// stop or slash.
fn bounds(cluster: &Cluster, groups: &Range<usize>) -> Option<Bounds> {
    let joins = |separator: u8| matches!(separator, b'-' | b'.' | b'/' | b'+');
    let before = cluster.groups.get(groups.start).map_or(0, |g| g.joined_by);
    let after = cluster.groups.get(groups.end).map_or(0, |g| g.joined_by);
    let first = groups.start == 0 && (cluster.glued_before || cluster.continues);
    let last = groups.end == cluster.groups.len() && (cluster.glued_after || cluster.continued);
    if first || last || joins(before) || joins(after) {
        return None;
    }
    Some(Bounds { crowded: before == b' ' || after == b' ' })
}
