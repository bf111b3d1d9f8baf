//! Digits and what holds them together: `010190-1234`, `(+45) 32 12 34 56`, `131052A308T`, `2 1 1 1 6 2 9 9 9 7`.
//!
//! In: a text and the place of a digit. Out: a [`Cluster`]: groups of letters and digits joined by single separators,
//! with every way of writing a hyphen, a space or a digit made one. Whether any of it means something is decided by
//! the forms that detectors declare.

use std::ops::Range;

/// Groups in one cluster; longer runs go on in the next.
pub const GROUPS: usize = 24;
/// Boxes that a form has for a number, at least.
const BOXES: usize = 9;
/// Letters and digits of a value that a slash parts from another.
const VALUE: usize = 7;
/// Letters and digits in one group; a longer run is a hash or the like.
const LETTERS: usize = 40;

/// A run of letters and digits with at least one digit.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its bytes in the text.
    pub at: Range<usize>,
    /// Its characters in [`Cluster::ascii`].
    pub in_ascii: Range<usize>,
    /// What stands before it within the cluster: `-`, space, `.`, `/`, `+`, newline; 0 for the first.
    pub joined_by: u8,
}

/// Groups joined by single separators.
#[derive(Debug, Default)]
pub struct Cluster {
    /// The groups as ASCII with their separators: digits, upper-case letters, `-`, space, `.`, `/`, `+`, newline.
    pub ascii: Vec<u8>,
    /// The groups.
    pub groups: Vec<Group>,
    /// A plus sign or `00` stands in front: an international phone number. Holds where the sign begins.
    pub plus: Option<usize>,
    /// A letter outside ASCII is glued to the first group.
    pub glued_before: bool,
    /// A letter outside ASCII is glued to the last group.
    pub glued_after: bool,
    /// A hyphen, full stop or slash with a digit before it stands in front of the first group: it continues a
    /// longer run.
    pub continues: bool,
    /// The run of groups goes on behind the last one, beyond what one cluster holds.
    pub continued: bool,
}

impl Cluster {
    /// Reads the cluster that holds the digit at `at`, not going back beyond `least`. Returns where it ends.
    pub fn read(&mut self, text: &str, at: usize, least: usize) -> usize {
        let bytes = text.as_bytes();
        self.ascii.clear();
        self.groups.clear();
        self.continued = false;

        let mut start = at;
        while start > least && bytes.get(start - 1).is_some_and(u8::is_ascii_alphanumeric) {
            start -= 1;
        }
        let escaped = escape(bytes, start).filter(|end| *end <= at);
        start = escaped.unwrap_or(start);
        let before = text.get(..start).unwrap_or_default();
        let mut back = before.chars().rev().take(4);
        let (last, last_but_one) = (back.next(), back.next());
        self.glued_before = escaped.is_none() && last.is_some_and(|c| c.is_alphabetic());
        self.continues = last.is_some_and(|c| matches!(c, '.' | '/') || is_hyphen(c))
            && last_but_one.is_some_and(|c| c.is_ascii_digit());
        self.plus = match (last, last_but_one) {
            // `%2B4528903317`
            _ if escaped.is_some() && ["%2B", "%2b"].iter().any(|plus| before.ends_with(plus)) => Some(start - 3),
            (Some('+' | '＋'), Some('(')) => Some(start - 2),
            (Some('+' | '＋'), _) => Some(before.len() - last.map_or(0, char::len_utf8)),
            // `+ 45 50 333 777`, but no sum.
            (Some(' '), Some('+')) if is_code(bytes.get(start..)) && !back.any(|c| c.is_ascii_digit()) => {
                Some(start - 2)
            }
            _ if bytes.get(start..).is_some_and(|b| b.starts_with(b"00"))
                && !bytes.get(start..).is_some_and(|b| b.starts_with(b"000")) =>
            {
                Some(start)
            }
            _ => None,
        };

        let mut joined_by = 0;
        let mut next = start;
        loop {
            let end = self.group(text, next, joined_by);
            if self.groups.len() == GROUPS {
                self.continued = true;
                return end;
            }
            let wide = || self.wide_gap(text, end).or_else(|| self.two_boxes(text, end));
            let Some((separator, begin)) = separator(text, end, self.plus.is_some()).or_else(wide) else {
                self.glued_after =
                    text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphabetic);
                return end;
            };
            // An IBAN may have a group of letters only.
            let digit_follows = has_digit(bytes, begin) || (self.iban() && run(bytes, begin).count() == 4);
            let lines_join = separator != b'\n' || self.lines_join(run(bytes, begin).count());
            // `051197-2409 – trausti78@example.is`, `lejl. 2B – 010190-1234`: a dash between two things.
            let last = self.groups.last().and_then(|group| self.ascii.get(group.in_ascii.clone())).unwrap_or_default();
            let apart = separator == b'-'
                && text.get(end..begin).is_some_and(|gap| gap.starts_with(is_space) && gap.ends_with(is_space))
                && bytes.get(begin).into_iter().chain(last).any(u8::is_ascii_alphabetic);
            // `UJP-167 – 046 656 0182`: a number plate ends before it.
            let apart = apart
                || separator == b'-'
                    && text.get(end..begin).is_some_and(|gap| gap.len() > 1)
                    && self.groups.first().is_some_and(|first| is_plate(bytes, first.at.start, end));
            if !digit_follows || !lines_join || apart {
                self.glued_after = false;
                return end;
            }
            self.ascii.push(separator);
            joined_by = separator;
            next = begin;
        }
    }

    /// It is several values, parted by slashes.
    pub fn is_list(&self) -> bool {
        is_list(self.groups.iter().map(|group| (group.joined_by, group.in_ascii.len())))
    }

    /// Begins like an IBAN: two letters and two digits.
    fn iban(&self) -> bool {
        matches!(self.ascii.as_slice(), [a, b, c, d, ..] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit())
    }

    /// The gap that a form leaves between the boxes of a date and those of a serial number: `2 3 0 9 7 1  1 2 0 6`.
    fn wide_gap(&self, text: &str, at: usize) -> Option<(u8, usize)> {
        let boxes = self.groups.iter().all(|group| group.in_ascii.len() == 1);
        if !boxes || !matches!(self.groups.len(), 6 | 8) {
            return None;
        }
        let behind = text.as_bytes().get(at..)?.trim_ascii_start();
        let begin = text.len() - behind.len();
        let alone = matches!(behind, [digit, b' ', next, ..] if digit.is_ascii_digit() && next.is_ascii_digit());
        let gap = text.get(at..begin)?;
        let wide = (2..=4).contains(&gap.len()) && gap.bytes().all(|b| b == b' ') || gap == "\t";
        (alone && wide).then_some((b' ', begin))
    }

    /// The gap between the two boxes of a national number, behind what says that there is one: `CPR-nr.: 211162⇥9997`.
    fn two_boxes(&self, text: &str, at: usize) -> Option<(u8, usize)> {
        let [only] = self.groups.as_slice() else { return None };
        let behind = text.get(at..)?.trim_start_matches([' ', '\t']);
        let begin = text.len() - behind.len();
        let gap = text.get(at..begin)?;
        let wide = (2..=6).contains(&gap.len()) && !gap.contains('\t') || gap == "\t";
        let serial = behind.bytes().take_while(u8::is_ascii_digit).count() == 4;
        let rest = behind.get(4..).unwrap_or_default();
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-')
            && !rest.trim_start_matches([' ', '\t']).starts_with(|c: char| c.is_ascii_digit());
        let before = text.get(..only.at.start)?.trim_end_matches([' ', '\t']);
        let said = [":", "nr", "nr.", "CPR", "cpr"].iter().any(|label| before.ends_with(label));
        (wide && serial && ends && said && only.at.len() == 6).then_some((b' ', begin))
    }

    /// The last group ended a line: is it the date of a number that the line end has cut?
    fn lines_join(&self, following: usize) -> bool {
        self.groups.last().is_some_and(|group| matches!(group.in_ascii.len(), 6 | 8)) && matches!(following, 4 | 5)
    }

    /// Adds the run of letters and digits at `from`; returns where it ends.
    fn group(&mut self, text: &str, from: usize, joined_by: u8) -> usize {
        let bytes = text.as_bytes();
        let begin = self.ascii.len();
        let mut end = from;
        loop {
            match bytes.get(end) {
                Some(b) if b.is_ascii_alphanumeric() => {
                    if self.ascii.len() - begin < LETTERS {
                        self.ascii.push(b.to_ascii_uppercase());
                    }
                    end += 1;
                }
                // Soft hyphens and the like vanish, if the run goes on behind them.
                Some(0xC2 | 0xE2 | 0xEF) => match invisible(text, end) {
                    Some(behind) if bytes.get(behind).is_some_and(u8::is_ascii_alphanumeric) => end = behind,
                    _ => break,
                },
                _ => break,
            }
        }
        self.groups.push(Group { at: from..end, in_ascii: begin..self.ascii.len(), joined_by });
        end
    }

    /// The ASCII of some neighbouring groups with the separators between them.
    pub fn ascii_of(&self, groups: Range<usize>) -> &str {
        let from = self.groups.get(groups.start).map_or(0, |g| g.in_ascii.start);
        let to = groups.end.checked_sub(1).and_then(|last| self.groups.get(last)).map_or(from, |g| g.in_ascii.end);
        self.ascii.get(from..to).and_then(|ascii| std::str::from_utf8(ascii).ok()).unwrap_or_default()
    }

    /// Single digits in boxes, as forms print them: the cluster with the gaps taken out, or `None` if it is not that.
    /// Hyphens stay.
    pub fn unboxed(&self) -> Option<Cluster> {
        let single = |group: &Group| group.in_ascii.len() == 1 && matches!(group.joined_by, 0 | b' ' | b'-');
        if self.groups.len() < BOXES || !self.groups.iter().all(single) {
            return None;
        }
        let mut joined = Cluster::default();
        for group in &self.groups {
            let digit = self.ascii.get(group.in_ascii.clone()).unwrap_or_default();
            match joined.groups.last_mut() {
                Some(last) if group.joined_by == b' ' => {
                    joined.ascii.extend_from_slice(digit);
                    last.at.end = group.at.end;
                    last.in_ascii.end = joined.ascii.len();
                }
                _ => {
                    if group.joined_by == b'-' {
                        joined.ascii.push(b'-');
                    }
                    let begin = joined.ascii.len();
                    joined.ascii.extend_from_slice(digit);
                    joined.groups.push(Group { in_ascii: begin..joined.ascii.len(), ..group.clone() });
                }
            }
        }
        Some(joined)
    }
}

/// Whether slashes part values that are long enough to be phones or national numbers, as those of couples and offices are
/// written (`211162-9997/010190-1235`, `86123456/20304051`), but not `040/123 4567`: of each group what joins it to the one
/// before, and its length.
pub fn is_list(groups: impl Iterator<Item = (u8, usize)>) -> bool {
    let (mut slashes, mut short, mut part) = (0, 0, 0);
    for (joint, length) in groups.chain([(b'/', 0)]) {
        if joint == b'/' {
            (slashes, short, part) = (slashes + 1, short + usize::from(part < VALUE), 0);
        }
        part += length;
    }
    slashes > 1 && short == 0
}

/// The run of letters and digits around the digit at `at`.
pub fn run_around(bytes: &[u8], at: usize, least: usize) -> Range<usize> {
    let mut start = at;
    while start > least && bytes.get(start - 1).is_some_and(u8::is_ascii_alphanumeric) {
        start -= 1;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    start..at + rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len())
}

/// Where a percent-escape ends whose digits begin here, if it stands for a separator: they are no part of what stands
/// behind it, as in `?q=cpr%20211162-9997` (RFC 3986, 2.1).
pub fn escape(bytes: &[u8], digits: usize) -> Option<usize> {
    let (b'%', rest) = bytes.get(digits.checked_sub(1)?..)?.split_first()? else { return None };
    let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    (byte.is_ascii() && !byte.is_ascii_alphanumeric()).then_some(digits + 2)
}

/// Whether a cluster that begins with this run is certainly no international number and no IBAN, and nothing is glued to
/// it: what [`follows`] is all there is to it.
#[inline]
pub fn begins_simply(bytes: &[u8], run: &Range<usize>) -> bool {
    let before = run.start.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
    before.is_ascii()
        && !matches!(before, b'+' | b'%')
        && match bytes.get(run.clone()) {
            Some([b'0', b'0', ..]) => false,
            Some([a, b, rest @ ..]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                !rest.first().is_some_and(u8::is_ascii_digit)
            }
            _ => true,
        }
}

/// What follows a run of letters and digits in its cluster.
#[derive(Debug, PartialEq)]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// Another run, behind one hyphen, full stop, slash or plus sign.
    Run(u8, Range<usize>),
    /// Something that must be read.
    Unsure,
}

/// What follows this run: most numbers in a text are certainly by themselves.
#[inline]
pub fn follows(bytes: &[u8], run: &Range<usize>) -> Follows {
    let cut = matches!(run.len(), 6 | 8);
    let at = |at: usize| bytes.get(at).copied().unwrap_or(b';');
    let alone = match (at(run.end), at(run.end + 1)) {
        (0x80.. | b'%' | b'&', _) => false,
        // `(016) 640 324`
        (b')', _) => run.start.checked_sub(1).map(at) != Some(b'(') || at(run.start) != b'0',
        (b'\n' | b'\r' | b'\t', _) | (b' ', b'\n' | b'\r' | b' ') => !cut,
        (b' ' | b'-' | b'.' | b'/' | b'+', 0x80..) | (b' ', b'0'..=b'9') => false,
        (joint @ (b' ' | b'-' | b'.' | b'/' | b'+'), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => {
            match has_digit(bytes, run.end + 1) {
                true if joint == b' ' => false,
                true => return Follows::Run(joint, run_around(bytes, run.end + 1, run.end + 1)),
                false => true,
            }
        }
        (b' ', b'-') | (b'-', b' ' | b'\n' | b'\r') => false,
        _ => true,
    };
    if alone { Follows::Nothing } else { Follows::Unsure }
}

/// A Nordic country's code stands here, and a space.
fn is_code(rest: Option<&[u8]>) -> bool {
    let codes: [&[u8]; 7] = [b"45 ", b"46 ", b"47 ", b"358 ", b"354 ", b"298 ", b"299 "];
    rest.is_some_and(|rest| codes.iter().any(|code| rest.starts_with(code)))
}

/// The letters and digits from `at` on.
fn run(bytes: &[u8], at: usize) -> impl Iterator<Item = u8> + '_ {
    bytes.get(at..).unwrap_or_default().iter().copied().take_while(u8::is_ascii_alphanumeric).take(LETTERS)
}

/// One of them is a digit.
#[inline]
fn has_digit(bytes: &[u8], at: usize) -> bool {
    let run = bytes.get(at..).unwrap_or_default();
    let ends = run.iter().take(LETTERS).find(|b| !b.is_ascii_alphabetic());
    ends.is_some_and(u8::is_ascii_digit)
}

/// Every way of writing a hyphen.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// Every way of writing a space within a line, but the tab: that parts cells.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// Where an invisible character at `at` ends, if there is one.
fn invisible(text: &str, at: usize) -> Option<usize> {
    let c = text.get(at..)?.chars().next()?;
    is_invisible(c).then(|| at + c.len_utf8())
}

/// Characters that are not seen and mean nothing: soft hyphen, zero width, direction marks.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Spellings of separators in URLs, HTML and quoted-printable that were never decoded.
const ENCODED: &[(&str, u8)] = &[
    ("%2D", b'-'),
    ("%2d", b'-'),
    ("%20", b' '),
    ("&#8209;", b'-'),
    ("&#8211;", b'-'),
    ("&#x2011;", b'-'),
    ("&#x2013;", b'-'),
    ("&ndash;", b'-'),
    ("&minus;", b'-'),
    ("&shy;-", b'-'),
    ("&nbsp;", b' '),
    ("&#160;", b' '),
];

/// The separator at `at`, and where it ends. `None`: the cluster ends here.
fn separator(text: &str, at: usize, international: bool) -> Option<(u8, usize)> {
    let rest = text.get(at..)?;
    if let [one @ (b'-' | b'.' | b'/' | b' '), second, ..] = rest.as_bytes()
        && second.is_ascii_alphanumeric()
    {
        return Some((*one, at + 1));
    }
    let mut chars = rest.char_indices().filter(|(_, c)| !is_invisible(*c));
    let (_, first) = chars.next()?;
    if first.is_ascii_alphabetic() {
        return None;
    }
    let behind = |i: usize, c: char| at + i + c.len_utf8();
    if matches!(first, '%' | '&') {
        return ENCODED
            .iter()
            .find(|(spelling, _)| rest.starts_with(spelling))
            .map(|(spelling, class)| (*class, at + spelling.len()));
    }
    if first == '\n' || first == '\r' {
        return over_line(text, at, b'\n');
    }
    if international && matches!(first, ')' | '(' | ' ') {
        let trimmed = rest.trim_start_matches([' ', '\u{A0}', '(', ')', '-']);
        let trimmed = trimmed.strip_prefix("0)").map_or(trimmed, |t| t.trim_start_matches([' ', '\u{A0}', '-']));
        let taken = rest.len() - trimmed.len();
        return (taken <= 5).then_some((b' ', at + taken));
    }
    if first == ')' && is_area(text, at) {
        let number = rest.get(1..)?.trim_start_matches([' ', '\u{A0}', '-']);
        let taken = rest.len() - number.len();
        return (taken <= 3 && number.starts_with(|c: char| c.is_ascii_digit())).then_some((b' ', at + taken));
    }
    let (second_at, second) = chars.next()?;
    let one = match first {
        c if is_hyphen(c) => b'-',
        c if is_space(c) => b' ',
        '.' | '/' | '+' => first as u8,
        _ => return None,
    };
    // Between first and second there may be invisible ones: the separator ends where the second begins.
    if second.is_ascii_alphanumeric() {
        return Some((one, at + second_at));
    }
    let (third_at, third) = chars.next().unwrap_or((rest.len(), '\0'));
    match one {
        // ` - `, ` -`
        b' ' if is_hyphen(second) && third.is_ascii_alphanumeric() => Some((b'-', at + third_at)),
        b' ' if is_hyphen(second) && is_space(third) => Some((b'-', behind(third_at, third))),
        b' ' if is_hyphen(second) && matches!(third, '\n' | '\r') => over_line(text, at + third_at, b'-'),
        // `- `, and a line end behind the hyphen
        b'-' if is_space(second) && third.is_ascii_alphanumeric() => Some((b'-', at + third_at)),
        b'-' if matches!(second, '\n' | '\r') => over_line(text, at + second_at, b'-'),
        b' ' if second == '\n' || second == '\r' => over_line(text, at + second_at, b'\n'),
        _ => None,
    }
}

/// What ends here begins with two or three capitals and has a plate's digits: `UJP-167`, `PP 80984`, `AB 12 345`.
fn is_plate(bytes: &[u8], digits: usize, end: usize) -> bool {
    let joint = digits.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or_default();
    let before = bytes.get(..digits.saturating_sub(1)).unwrap_or_default();
    let letters = before.iter().rev().take_while(|b| b.is_ascii_uppercase()).take(4).count();
    let count = bytes.get(digits..end).unwrap_or_default().iter().filter(|b| b.is_ascii_digit()).count();
    match joint {
        b'-' => matches!(letters, 2 | 3) && count <= 3,
        b' ' => matches!((letters, count), (2, 5) | (3, 3)),
        _ => false,
    }
}

/// An area code in brackets ends here: `(016) 640 324`.
fn is_area(text: &str, at: usize) -> bool {
    let inside = text.get(..at).and_then(|before| before.get(before.rfind('(')? + 1..)).unwrap_or_default();
    (2..=4).contains(&inside.len()) && inside.starts_with('0') && inside.bytes().all(|b| b.is_ascii_digit())
}

/// A line end (LF, CR LF, CR) and up to six characters of indentation.
fn over_line(text: &str, at: usize, class: u8) -> Option<(u8, usize)> {
    let rest = text.get(at..)?;
    let line = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']))?;
    let trimmed = line.trim_start_matches(is_space);
    let next = trimmed.chars().next()?;
    (line.len() - trimmed.len() <= 6 && next.is_ascii_alphanumeric()).then(|| (class, text.len() - trimmed.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Cluster) {
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let mut cluster = Cluster::default();
        cluster.read(text, at, 0);
        (String::from_utf8(cluster.ascii.clone()).unwrap(), cluster)
    }

    #[test]
    fn every_way_of_writing_a_separator_becomes_one() {
        for written in [
            "010190-1234",
            "010190\u{2011}1234",
            "010190 \u{2013} 1234",
            "010190-\n1234",
            "010190-\r\n   1234",
            "010190\u{AD}-1234",
            "010190\u{200B}-1234",
            "010190%2D1234",
            "010190&#8209;1234",
            "010190&ndash;1234",
            "010190 -1234",
        ] {
            assert_eq!(read(written).0, "010190-1234", "{written:?}");
        }
        for written in ["010190 1234", "010190\u{A0}1234", "010190\u{202F}1234", "010190&nbsp;1234"] {
            assert_eq!(read(written).0, "010190 1234", "{written:?}");
        }
        for written in ["?cpr%20010190-1234", "%3A010190-1234&a=b", "%2f010190%2D1234"] {
            let mut cluster = Cluster::default();
            cluster.read(written, written.find("0190").unwrap(), 0);
            assert_eq!(cluster.ascii, b"010190-1234", "{written}");
            assert!(!cluster.glued_before);
        }
        assert_eq!(read("%C3%B8").0, "C3");
        let mut phone = Cluster::default();
        phone.read("?phone=%2B4528903317", 10, 0);
        assert_eq!((phone.ascii.as_slice(), phone.plus), (&b"4528903317"[..], Some(7)));
        assert_eq!(read("051197-2409 – trausti78@example.is").0, "051197-2409");
        assert_eq!(read("131052a308t.").0, "131052A308T");
        assert_eq!(read("211162\n9997").0, "211162\n9997");
    }

    #[test]
    fn a_cluster_ends_where_no_digit_is_joined() {
        assert_eq!(read("010190-1234, 55").0, "010190-1234");
        assert_eq!(read("12. maj 2020").0, "12");
        assert_eq!(read("1234567890\n2345678901").0, "1234567890");
        assert!(read("æ010190").1.glued_before);
        assert!(read("010190-1234ø").1.glued_after);
    }

    #[test]
    fn an_international_number_is_one_cluster() {
        for written in ["+45 32 12 34 56", "(+45) 32 12 34 56", "+45 (0) 32 12 34 56"] {
            let (ascii, cluster) = read(written);
            assert_eq!((ascii.as_str(), cluster.plus), ("45 32 12 34 56", Some(0)), "{written:?}");
        }
    }

    #[test]
    fn boxes_are_taken_away() {
        let joined = read("2 1 1 1 6 2 - 9 9 9 7").1.unboxed().unwrap();
        assert_eq!(joined.ascii_of(0..2), "211162-9997");
        assert_eq!(joined.groups[1].at, 14..21);
        assert_eq!(read("2 1 1 1 6 2  9 9 9 7").1.unboxed().unwrap().ascii_of(0..1), "2111629997");
        assert!(read("12 34 56 78").1.unboxed().is_none());
        assert_eq!(read("2 1 1 1  6 2 9 9 9 7").0, "2 1 1 1");
        assert_eq!(read("2 1 1 1 6 2\t9 9 9 7").1.unboxed().unwrap().ascii_of(0..1), "2111629997");
        for written in ["CPR: 211162\t9997\n", "CPR-nr. 211162  9997, Bo", "cpr\t211162   9997"] {
            assert_eq!(read(written).0, "211162 9997", "{written:?}");
        }
        for written in ["Antal\t211162\t9997", "Nr: 211162\t9997\t12", "Nr: 211162\t99970"] {
            assert_eq!(read(written).0, "211162", "{written:?}");
        }
    }
}
