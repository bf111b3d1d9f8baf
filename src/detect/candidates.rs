//! What stands at a place that the first pass has come upon: clusters of digits against the forms, patterns around
//! their literals.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::detect::address::{self, Plain};
use crate::detect::beside::{
    amid_groups, behind_area, behind_firm, behind_key, behind_letter, behind_numbered, in_path, in_payment, is_amount,
    is_message_id, is_version,
};
use crate::detect::cells;
use crate::detect::checks::{self, Verdict};
use crate::detect::cluster::{self, Cluster};
use crate::detect::detector::Detector;
use crate::detect::form::Form;
use crate::detect::nearby::Lines;
use crate::detect::normal::Normal;
use crate::detect::pass::Sights;
use crate::detect::pattern::Pattern;
use crate::detect::span::{Span, add};
use crate::detect::windows::{Windows, visible};
use crate::detect::{Detectors, confidence};

/// Digits of 00 and a country's code.
const CODE: usize = 5;
/// Beginnings of international numbers of the Nordic countries.
const NORDIC: &[&str] = &["0045", "0046", "0047", "00358", "00354", "00298", "00299"];
/// A phone has no fewer digits.
const FEWEST: usize = 7;

impl Detectors {
    /// The readings of a cluster by the forms it has.
    pub(super) fn forms_of(&self, text: &str, cluster: &Cluster, sights: &mut Sights) {
        if cluster.plus.is_some() && self.international(text, cluster, sights) {
            return;
        }
        let broken = cluster.ascii.contains(&b'\n');
        self.tables().forms.look(cluster, |groups, forms| {
            let (Some(first), Some(last)) = (cluster.groups.get(groups.start), cluster.groups.get(groups.end - 1))
            else {
                return;
            };
            let Some(bounded) = bounds(cluster, &groups) else { return };
            let at = first.at.start..last.at.end;
            let hits = LazyCell::new(|| self.tables().nearby.around(text, &at, &sights.lines));
            let ascii = cluster.ascii_of(groups.clone());
            for form in forms {
                let Some(detector) = self.get(form.detector).filter(|d| d.on) else { continue };
                let odds = || {
                    let spaced = ascii.contains(' ');
                    let tab = |at: Option<usize>| at.and_then(|i| text.as_bytes().get(i)) == Some(&b'\t');
                    let crowded = spaced && bounded.crowded && !tab(at.start.checked_sub(1)) && !tab(Some(at.end));
                    let part = crowded && detector.normal == Normal::Phone && is_part(text, cluster, &groups);
                    let amid = spaced && amid_groups(text, &at);
                    // Of numbers parted by slashes, the first says.
                    let begin = if first.joined_by == b'/' { cluster.groups.first() } else { Some(first) };
                    let path = begin.is_some_and(|first| in_path(text.as_bytes(), first.at.start))
                        || (spaced || groups.len() > 1) && behind_area(text, at.start);
                    let version = ascii.contains('.') && is_version(text.as_bytes(), &at);
                    let firm = detector.normal == Normal::Phone && behind_firm(text, at.start);
                    // `RF74 6833 3515`: a creditor reference (ISO 11649), or an IBAN that is none.
                    let reference = detector.normal == Normal::Phone
                        && groups.start.checked_sub(1).and_then(|before| cluster.groups.get(before)).is_some_and(|group| {
                            let begin = cluster.ascii.get(group.in_ascii.clone()).unwrap_or_default();
                            matches!(begin, [a, b, c, d] if [a, b].iter().all(|l| l.is_ascii_alphabetic()) && [c, d].iter().all(|n| n.is_ascii_digit()))
                        });
                    let range = detector.normal == Normal::Phone
                        && ascii.contains('-')
                        && text.get(at.clone()).is_some_and(|value| value.contains(" -") || value.contains(" – "));
                    let sizes = detector.normal == Normal::Phone && spaced && is_row_of_sizes(ascii);
                    form.odds
                        + if sizes { confidence::AMID } else { 0.0 }
                        + if is_amount(text.as_bytes(), at.end) { confidence::AMOUNT } else { 0.0 }
                        + if reference { confidence::AMOUNT } else { 0.0 }
                        + if range || firm { confidence::RANGE } else { 0.0 }
                        + if crowded { confidence::CROWDED } else { 0.0 }
                        + if part { confidence::PART } else { 0.0 }
                        + if amid { confidence::AMID } else { 0.0 }
                        + if path { confidence::PATH } else { 0.0 }
                        // `CVE-2024-6655`
                        + if path && ascii.contains('-') && detector.normal == Normal::Phone { confidence::VERSION } else { 0.0 }
                        + if version { confidence::VERSION } else { 0.0 }
                };
                let reading = if broken {
                    self.reading(detector, *form, ascii, odds, &hits)
                } else {
                    self.line_reading(detector, *form, ascii, ascii, odds, &hits)
                };
                match reading {
                    Some(mut reading) => {
                        let bare = groups.len() == 1 && detector.chance.is_some() && reading.word.is_none();
                        if bare && behind_key(text, at.start) {
                            reading.base += confidence::KEYED;
                        }
                        let key = text.as_bytes().get(at.start.wrapping_sub(1)) == Some(&b'=');
                        if key && groups.len() > 1 && reading.verdict == Verdict::Doubtful && behind_key(text, at.start) {
                            reading.odds += if reading.word.is_none() { confidence::KEYED } else { 0.0 };
                        }
                        // `Medlemsnr: 211162-9997` is one nevertheless: written as one, and its check holds.
                        let unsaid = reading.word.is_none() && (groups.len() == 1 || reading.verdict != Verdict::Valid);
                        if unsaid && detector.category == "national_id" && behind_numbered(text, at.start) {
                            reading.base += confidence::NUMBERED;
                        }
                        let phone = groups.len() == 1 && detector.normal == Normal::Phone;
                        let bare = phone && !reading.label;
                        if bare && behind_numbered(text, at.start) {
                            reading.odds += confidence::NUMBERED;
                        }
                        // `rhost=83.47.31.72`, `93.25.72.92 - - [`
                        let logged = ascii.contains('.')
                            && (text.as_bytes().get(at.start.wrapping_sub(1)) == Some(&b'=')
                                || text.get(at.end..).is_some_and(|rest| rest.starts_with(" - ")));
                        if logged && reading.kind == checks::PAIRS {
                            reading.odds -= confidence::RANGE * 1.5;
                        } else if logged && detector.normal == Normal::Phone {
                            reading.odds += confidence::VERSION;
                        }
                        let little =
                            detector.normal == Normal::Phone && (0.0..confidence::NEAR).contains(&reading.said);
                        if little && behind_letter(text, at.start) {
                            reading.odds += confidence::NEAR - reading.said;
                            reading.note = "a letter for a phone stands before it";
                        }
                        // Behind its label it is one, in a plan or not: `call me on 7371548`.
                        if phone && reading.label && reading.verdict == Verdict::Doubtful && reading.said > confidence::NEAR {
                            reading.odds += confidence::LABELLED;
                        }
                        add(&mut sights.spans, at.clone(), reading);
                    }
                    None if detector.chance.is_some() => sights.failed.push((at.start, form.detector, form.number)),
                    None => {}
                }
            }
        });
        self.glued(text, cluster, sights);
    }

    /// A label glued to its value: `CPR2111629997`. Only the label's word makes it one.
    fn glued(&self, text: &str, cluster: &Cluster, sights: &mut Sights) {
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
        self.tables().forms.look(&tail, |groups, forms| {
            let (Some(first), Some(last)) = (tail.groups.get(groups.start), tail.groups.get(groups.end - 1)) else {
                return;
            };
            if groups.start > 0 || bounds(&tail, &groups).is_none() {
                return;
            }
            let at = first.at.start..last.at.end;
            let hits = LazyCell::new(|| self.tables().nearby.around(text, &at, &sights.lines));
            for form in forms {
                let Some(detector) = self.get(form.detector).filter(|d| d.on) else { continue };
                if let Some(reading) = self.reading(detector, *form, tail.ascii_of(groups.clone()), || form.odds, &hits)
                    && reading.label
                    && reading.odds > 0.0
                {
                    add(&mut sights.spans, at.clone(), reading);
                }
            }
        });
    }

    /// A number behind a plus sign or 00: as many groups of the cluster as make a number of the country it names.
    fn international(&self, text: &str, cluster: &Cluster, sights: &mut Sights) -> bool {
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
            let odds = match NORDIC.iter().any(|code| ascii.starts_with(code)) {
                _ if plus || groups > 2 => 0.0,
                // `0045 32123456`, but not `004532-1234`.
                _ if groups > 1 && cluster.groups.first().is_some_and(|g| g.in_ascii.len() <= CODE) => 0.0,
                true => confidence::BARE_NORDIC,
                false => confidence::BARE,
            };
            let odds = odds + if in_payment(text, begin) { confidence::AMOUNT } else { 0.0 };
            let hits = LazyCell::new(|| self.tables().nearby.around(text, &(begin..end), &sights.lines));
            if let Some(reading) = self.reading(detector, form, &written, || odds, &hits) {
                add(&mut sights.spans, begin..end, reading);
                return true;
            }
        }
        // `?q=CPR+211162-9997`: there it is a space.
        plus && !text.get(..begin).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphabetic() || c == '='))
    }

    /// The patterns: around their literals, or over everything. `known` are the lines of numbers.
    pub(super) fn patterns(&self, text: &str, anchors: &[(Range<usize>, u16)], known: &Lines, spans: &mut Vec<Span>) {
        let lines = Lines::default();
        let mut take = |number: u16, detector: &Detector, mut at: Range<usize>| {
            at.start = cluster::escape(text.as_bytes(), at.start).map_or(at.start, |end| end.min(at.end));
            let value = text.get(at.clone()).unwrap_or_default();
            let seen = visible(value);
            let hits = LazyCell::new(|| self.tables().nearby.around(text, &at, known.or(&lines, text, &at)));
            let form = Form { detector: number, number: 0, odds: 0.0 };
            let value = seen.as_ref().map_or(value, |(seen, _)| seen);
            if let Some(reading) = self.reading(detector, form, value, || 0.0, &hits) {
                add(spans, at, reading);
            }
        };
        let mut windows: BTreeMap<u16, Windows> = BTreeMap::new();
        for (place, (literal, number)) in anchors.iter().enumerate() {
            let Some(detector) = self.get(*number).filter(|d| d.on) else { continue };
            if detector.id == "email" && literal.len() == 1 {
                match address::plain(text, literal.start) {
                    Plain::Address(at) if is_message_id(text, at.start) => continue,
                    Plain::Address(at) => {
                        take(*number, detector, at);
                        continue;
                    }
                    Plain::None => continue,
                    Plain::Unsure => {}
                }
            }
            let Some(pattern) = &detector.pattern else { continue };
            let windows = windows.entry(*number).or_default();
            if !windows.know(literal) {
                let next = anchors.iter().skip(place).filter(|(_, of)| of == number).map(|(literal, _)| literal);
                *windows = Windows::of(text, next, pattern);
            }
            windows.values(literal).for_each(|value| take(*number, detector, value));
        }
        for (number, detector) in self.list.iter().enumerate().filter(|(_, d)| d.on && d.anchors.is_empty()) {
            let pattern = detector.pattern.as_ref().and_then(Pattern::regex);
            for found in pattern.into_iter().flat_map(|p| p.find_iter(text)).filter(|f| !f.is_empty()) {
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

/// Four numbers that grow by little: sizes, stitches, minutes. `38 40 42 44`
fn is_row_of_sizes(digits: &str) -> bool {
    /// No two neighbours are farther apart.
    const STEP: u32 = 16;
    let numbers: Vec<u32> = digits.split(' ').filter(|two| two.len() == 2).filter_map(|two| two.parse().ok()).collect();
    let steps = numbers.iter().zip(numbers.iter().skip(1));
    numbers.len() == 4 && digits.len() == 11 && steps.clone().all(|(a, b)| a < b && b - a <= STEP)
}

/// These groups are a part of what fills a cell of its own, and the rest of it is too short for a second phone:
/// `2537 5925 916 989`.
fn is_part(text: &str, cluster: &Cluster, groups: &Range<usize>) -> bool {
    let (Some(first), Some(last)) = (cluster.groups.first(), cluster.groups.last()) else { return false };
    let digits = |groups: Range<usize>| cluster.ascii_of(groups).bytes().filter(u8::is_ascii_digit).count();
    // `14:26:00  97 53 70 60` began like an international one.
    let spaced = cluster.plus.is_none() && cluster.groups.iter().skip(1).all(|group| group.joined_by == b' ');
    let few = digits(0..groups.start) < FEWEST && digits(groups.end..cluster.groups.len()) < FEWEST;
    spaced && few && cells::fills(text, &(first.at.start..last.at.end))
}

/// What stands around some groups of a cluster.
struct Bounds {
    /// Further groups of digits stand beside them, parted by spaces.
    crowded: bool,
}

/// Whether these groups stand for themselves: nothing glued to them, and no digits joined to them by a hyphen, full
/// stop or slash.
fn bounds(cluster: &Cluster, groups: &Range<usize>) -> Option<Bounds> {
    let joins = |separator: u8| matches!(separator, b'-' | b'.' | b'+') || separator == b'/' && !cluster.is_list();
    let before = cluster.groups.get(groups.start).map_or(0, |g| g.joined_by);
    let after = cluster.groups.get(groups.end).map_or(0, |g| g.joined_by);
    let first = groups.start == 0 && (cluster.glued_before || cluster.continues);
    let last = groups.end == cluster.groups.len() && (cluster.glued_after || cluster.continued);
    if first || last || joins(before) || joins(after) {
        return None;
    }
    Some(Bounds { crowded: before == b' ' || after == b' ' })
}

#[cfg(test)]
mod tests {
    use crate::detect::Detectors;

    #[test]
    fn sizes_in_a_row_are_no_phone() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let phones = |text: &str| detectors.spans_of(text, "phone").iter().filter(|span| span.odds() > 0.0).count();
        assert_eq!(phones("Kjole, str. 38 40 42 44"), 0);
        assert_eq!(phones("Kjole, se 38 40 12 44"), 1);
        assert_eq!(phones("Tlf. 38 40 42 44"), 1);
    }

    #[test]
    fn what_is_not_seen_parts_no_address() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let text = "Skriv til mette@nord\u{AD}firma.dk, o\u{200B}le@nordfirma.dk\u{200B} eller anna@example.dk.";
        let found: Vec<_> = detectors.look(text).spans.into_iter().map(|span| &text[span.at]).collect();
        assert_eq!(found, ["mette@nord\u{AD}firma.dk", "o\u{200B}le@nordfirma.dk", "anna@example.dk"]);
    }
}
