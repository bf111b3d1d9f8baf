//! Numbers as Excel displays them, where it matters: leading zeros, separators between digits, dates.
//!
//! In: a number format code (`000000-0000`, `yyyy\-mm\-dd`) and a stored value. Out: what a person sees; dates in ISO
//! form, and no thousands separators, currencies or rounding: those hide digits. Source: ECMA-376 part 1, 18.8.30.

use std::borrow::Cow;

use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan};

/// How the cells of a style show their numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// As they are.
    General,
    /// As a moment.
    Date,
    /// Digits in given places, with characters between them.
    Mask(Vec<Place>),
}

/// A place in a mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// A digit; with `true` a zero where there is none.
    Digit(bool),
    /// This character.
    Literal(char),
}

impl Shown {
    /// By the number of a format: the built-in ones have no code.
    pub fn of(id: u32, code: Option<&str>) -> Self {
        match (id, code) {
            (_, Some(code)) => Self::parse(code),
            (14..=22 | 27..=36 | 45..=47 | 50..=58, None) => Self::Date,
            _ => Self::General,
        }
    }

    /// By a code; its first section is that of positive numbers.
    fn parse(code: &str) -> Self {
        let mut places = Vec::new();
        let mut chars = code.chars();
        while let Some(char) = chars.next() {
            match char {
                ';' => break,
                '0' => places.push(Place::Digit(true)),
                '#' | '?' => places.push(Place::Digit(false)),
                '"' => places.extend(chars.by_ref().take_while(|c| *c != '"').map(Place::Literal)),
                '\\' => places.extend(chars.next().map(Place::Literal)),
                '_' => {
                    chars.next();
                    places.push(Place::Literal(' '));
                }
                '*' => {
                    chars.next();
                }
                '[' => {
                    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    if !inside.is_empty() && inside.chars().all(|c| "hmsHMS".contains(c)) {
                        return Self::Date;
                    }
                }
                'G' | 'g' | 'E' | 'e' | '.' | ',' | '%' | '/' | '@' => return Self::General,
                'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return Self::Date,
                literal => places.push(Place::Literal(literal)),
            }
        }
        // One place for all digits says nothing of how they are grouped.
        let digits = places.iter().filter(|place| matches!(place, Place::Digit(_))).count();
        if digits > 1 { Self::Mask(places) } else { Self::General }
    }

    /// A stored number as it is seen.
    pub fn show<'r>(&self, raw: &'r str, since_1904: bool) -> Cow<'r, str> {
        if matches!(self, Self::General) && is_short(raw) {
            return Cow::Borrowed(raw);
        }
        let raw = raw.trim();
        let Ok(value) = raw.parse::<f64>() else { return Cow::Borrowed(raw) };
        let shown = match self {
            Self::Date => date(value, since_1904),
            Self::Mask(places) if (0.0..1e15).contains(&value) => Some(mask(places, value.round() as u64)),
            _ => None,
        };
        Cow::Owned(shown.unwrap_or_else(|| plain(value)))
    }
}

/// Written as anybody would, and exact: most numbers are.
fn is_short(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let point = bytes.iter().position(|b| !b.is_ascii_digit());
    let (whole, fraction) = bytes.split_at(point.unwrap_or(bytes.len()));
    let exact = match fraction {
        [] => true,
        [b'.', digits @ .., last] => digits.iter().chain([last]).all(u8::is_ascii_digit) && *last != b'0',
        _ => false,
    };
    raw.len() <= 15 && exact && !whole.is_empty() && (whole.len() == 1 || !whole.starts_with(b"0"))
}

/// A number without exponent; one that is an integer but for the last bits is an integer.
fn plain(value: f64) -> String {
    if value.abs() < 1e15 && (value - value.round()).abs() < 1e-6 * value.abs().max(1.0) * f64::EPSILON.sqrt() {
        (value.round() as i64).to_string()
    } else {
        value.to_string()
    }
}

/// Fills the places from the right; the leftmost takes all digits that are left.
fn mask(places: &[Place], value: u64) -> String {
    let mut digits: Vec<char> = value.to_string().chars().collect();
    if value == 0 {
        digits.clear();
    }
    let first = places.iter().position(|place| matches!(place, Place::Digit(_)));
    let mut shown: Vec<char> = Vec::new();
    for (at, place) in places.iter().enumerate().rev() {
        match place {
            Place::Literal(char) => shown.push(*char),
            Place::Digit(zero) => {
                shown.extend(digits.pop().or(zero.then_some('0')));
                if Some(at) == first {
                    shown.extend(digits.drain(..).rev());
                }
            }
        }
    }
    shown.iter().rev().collect()
}

/// Days since the last day of 1899, with the 29 February 1900 that Lotus counted; or since 1904.
fn date(serial: f64, since_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    let days = serial.floor();
    let seconds = ((serial - days) * 86_400.0).round();
    let begin: DateTime = match (since_1904, days < 60.0) {
        (true, _) => DateTime::constant(1904, 1, 1, 0, 0, 0, 0),
        (false, true) => DateTime::constant(1899, 12, 31, 0, 0, 0, 0),
        (false, false) => DateTime::constant(1899, 12, 30, 0, 0, 0, 0),
    };
    let at =
        begin.checked_add((days as i64).days()).ok()?.checked_add(SignedDuration::from_secs(seconds as i64)).ok()?;
    Some(match (days == 0.0, seconds == 0.0) {
        (true, _) => at.time().to_string(),
        (false, true) => at.date().to_string(),
        (false, false) => format!("{} {}", at.date(), at.time()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(code: &str, raw: &str) -> String {
        Shown::of(164, Some(code)).show(raw, false).into_owned()
    }

    #[test]
    fn a_number_keeps_its_zeros_and_hyphen() {
        assert_eq!(show("000000-0000", "101901234"), "010190-1234");
        assert_eq!(show("000000\\-0000", "1.01901234E+8"), "010190-1234");
        assert_eq!(show("0000000000", "101901234"), "0101901234");
        assert_eq!(show("\"CPR \"000000\"-\"0000;@", "3112991234"), "CPR 311299-1234");
        assert_eq!(show("00 00 00 00", "12345678"), "12 34 56 78");
        assert_eq!(show("##0", "1234"), "1234");
        assert_eq!(show("00", "123"), "123");
    }

    #[test]
    fn other_numbers_are_plain() {
        assert_eq!(show("General", "1.0199012340000001E9"), "1019901234.0000001".split('.').next().unwrap());
        assert_eq!(show("#,##0.00", "1234567.5"), "1234567.5");
        assert_eq!(show("0", "123456789012345"), "123456789012345");
        assert_eq!(show("0%", "0.5"), "0.5");
        for raw in ["0", "7", "1234.56", "0.05", "123456789012.25", "007", "1.50", "00.5", ".5", "5."] {
            assert_eq!(show("General", raw), raw.parse::<f64>().unwrap().to_string());
        }
        assert_eq!(show("0.00", "-3"), "-3");
        assert_eq!(show("000000-0000", "abc"), "abc");
    }

    #[test]
    fn dates_are_iso() {
        assert_eq!(show("dd/mm/yyyy", "32874"), "1990-01-01");
        assert_eq!(show("[$-406]d. mmmm yyyy;@", "32874.5"), "1990-01-01 12:00:00");
        assert_eq!(show("h:mm", "0.25"), "06:00:00");
        assert_eq!(Shown::of(14, None).show("1", false), "1900-01-01");
        assert_eq!(Shown::of(14, None).show("1", true), "1904-01-02");
        assert_eq!(Shown::of(14, None).show("1e99", false).len(), 100);
    }
}
