//! E-mail addresses written plainly: found from their `@` outwards, byte by byte.
//!
//! In: a text and the place of an `@`. Out: the address around it, exactly as the pattern of `patterns/detectors`
//! would find it; or that only the pattern can tell. A regex over the surroundings of each `@` costs a microsecond.

use std::ops::Range;

/// What stands around an `@`.
#[derive(Debug, PartialEq)]
pub enum Plain {
    /// An address.
    Address(Range<usize>),
    /// No address.
    None,
    /// Something unusual: the pattern decides.
    Unsure,
}

/// Longer local parts are left to the pattern.
const LOCAL: usize = 80;

/// The address around the `@` at `at`.
pub fn plain(text: &str, at: usize) -> Plain {
    match read(text, at) {
        Ok(Some(address)) => Plain::Address(address),
        Ok(None) => Plain::None,
        Err(Unsure) => Plain::Unsure,
    }
}

/// The whole text is an address.
pub fn fills(text: &str) -> bool {
    let whole = |at| plain(text, at) == Plain::Address(0..text.len());
    fills_simply(text) || memchr::memchr(b'@', text.as_bytes()).is_some_and(whole)
}

/// The same of ASCII, but for Latin-1 letters before the `@`: most that fill a cell are such. `false` says nothing.
fn fills_simply(text: &str) -> bool {
    let Some((local, rest)) = memchr::memchr(b'@', text.as_bytes()).and_then(|at| text.as_bytes().split_at_checked(at))
    else {
        return false;
    };
    let begins = local.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | 0xC3));
    let (mut before, mut simple) = (0, begins && local.len() <= LOCAL);
    for byte in local {
        simple &= match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'+' => {
                before != b'_' || !matches!(byte, b'a' | b'A')
            }
            b'_' | 0xC3 => true,
            // Its second byte: `×` and `÷` are no letters.
            0x80..=0xBF => before == 0xC3 && !matches!(byte, 0x97 | 0xB7),
            _ => false,
        };
        before = *byte;
    }
    // Bytes and letters of a label, which begins with these, and labels before it.
    let (mut bytes, mut letters, mut labels, mut before) = (0, 0, 0, b'.');
    for byte in rest.get(1..).unwrap_or_default() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => letters += 1,
            b'0'..=b'9' => {}
            b'-' => simple &= !matches!(before, b'.' | b'-'),
            b'.' => simple &= bytes > 0,
            _ => return false,
        }
        bytes += 1;
        if *byte == b'.' {
            (bytes, letters, labels) = (0, 0, labels + 1);
        }
        before = *byte;
    }
    simple && labels > 0 && letters >= 2 && letters == bytes
}

struct Unsure;

/// Words for a full stop.
const STOPS: [&str; 5] = ["dot", "punktum", "punkt", "piste", "prik"];

fn ends(text: &str, word: &str) -> bool {
    text.len().checked_sub(word.len()).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

fn read(text: &str, at: usize) -> Result<Option<Range<usize>>, Unsure> {
    let before = text.get(..at).ok_or(Unsure)?;
    let mut start = None;
    for (i, c) in before.char_indices().rev() {
        match c {
            _ if at - i > LOCAL => return Err(Unsure),
            _ if c == '.' || c.is_ascii_digit() || letter(c)? => start = Some(i),
            '!' | '#' | '$' | '\'' | '*' | '+' | '^' | '`' | '~' | '-' => {}
            '_' if !before.get(i..i + 4).is_some_and(|s| s.eq_ignore_ascii_case("_at_")) => {}
            // An address may end here, or begin in another way.
            '_' | '@' | '%' | ')' | ']' | '{' | '}' => return Err(Unsure),
            ';' if ends(before.get(..=i).unwrap_or_default(), "&#64;") => return Err(Unsure),
            // Behind a full stop that is spelled out another address goes on.
            _ if STOPS.iter().any(|stop| ends(before.get(..i).unwrap_or_default(), stop)) => return Err(Unsure),
            _ => break,
        }
    }
    let Some(start) = start else { return Ok(None) };
    let length = domain(text.get(at + 1..).unwrap_or_default())?;
    Ok(length.map(|length| start..at + 1 + length))
}

/// The length of a domain: labels and full stops, and at last two letters or more.
fn domain(text: &str) -> Result<Option<usize>, Unsure> {
    let (mut from, mut end) = (0, None);
    loop {
        let rest = text.get(from..).unwrap_or_default();
        let (mut length, mut leading, mut letters) = (0, 0, 0);
        for c in rest.chars() {
            if letter(c)? {
                letters += usize::from(leading == length);
                leading += if leading == length { c.len_utf8() } else { 0 };
            } else if !c.is_ascii_digit() && (c != '-' || length == 0) {
                break;
            }
            length += c.len_utf8();
        }
        let behind = rest.as_bytes().get(length..).unwrap_or_default();
        if rest.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("xn--")) || spelled(behind) {
            return Err(Unsure);
        }
        if from > 0 && letters >= 2 {
            end = Some(from + leading);
        }
        if length == 0 || behind.first() != Some(&b'.') {
            return Ok(end);
        }
        from += length + 1;
    }
}

/// A full stop may be spelled out here: ` dot `, ` punktum `, `[dot]`.
fn spelled(text: &[u8]) -> bool {
    match text {
        [b'(' | b'[', ..] => true,
        [space, b'(' | b'[', ..] => space.is_ascii_whitespace(),
        [space, word @ ..] if space.is_ascii_whitespace() || *space == 0x0B => {
            STOPS.iter().any(|s| word.get(..s.len()).is_some_and(|w| w.eq_ignore_ascii_case(s.as_bytes())))
        }
        _ => false,
    }
}

/// Letters of ASCII and of Latin; others are left to the pattern.
fn letter(c: char) -> Result<bool, Unsure> {
    match c {
        '\0'..='\x7F' => Ok(c.is_ascii_alphabetic()),
        'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{24F}' => Ok(true),
        _ => Err(Unsure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detectors;
    use crate::random::random;
    use regex_automata::meta::Regex;

    /// The pattern, as it is tried.
    fn by_pattern(pattern: &Regex, text: &str, at: usize) -> Option<Range<usize>> {
        pattern.find_iter(text).map(|found| found.range()).find(|range| range.contains(&at))
    }

    #[test]
    fn it_finds_what_the_pattern_finds() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let pattern = detectors.list().find(|d| d.id == "email").and_then(|d| d.pattern.as_ref()?.regex()).unwrap();
        let parts = [
            "anna", "b", ".", "-", "_", "@", "@", "dk", "example", " ", "å", "1", "xn--", "\n", "<", "_at_", "+", "é",
            "c", "(at)", "–", "%40", "dot", " dot ", "[dot]", ".dk", ",",
        ];
        let mut random = random(7);
        let (mut sure, mut whole) = (0, 0);
        for _ in 0..20_000 {
            let mut text: String = (0..random(12)).map(|_| parts[random(parts.len())]).collect();
            if random(2) == 0 {
                let local = ["anna", "b", ".", "-", "_", "+", "å", "×", "1", "_at_", "É"];
                text = (0..1 + random(3)).map(|_| local[random(local.len())]).collect();
                text.push('@');
                let domain = ["dk", "example", ".dk", ".a", ".org", ".", "-", "1", "xn--", "å"];
                text.extend((0..1 + random(6)).map(|_| domain[random(domain.len())]));
            }
            if fills_simply(&text) {
                whole += 1;
                assert_eq!(plain(&text, text.find('@').unwrap()), Plain::Address(0..text.len()), "{text:?}");
            }
            for (at, _) in text.match_indices('@') {
                let found = match plain(&text, at) {
                    Plain::Address(range) => Some(range),
                    Plain::None => None,
                    Plain::Unsure => continue,
                };
                sure += 1;
                assert_eq!(found, by_pattern(pattern, &text, at), "{text:?} {at}");
            }
        }
        assert!(sure > 3000 && whole > 100, "{sure} {whole}");
    }
}
