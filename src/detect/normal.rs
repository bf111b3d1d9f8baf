//! One form for each value: what is counted as the same, and what fingerprints are made of.

use compact_str::{CompactString, CompactStringExt, ToCompactString};
use serde::Deserialize;

/// How a detector's values are made one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normal {
    /// Letters and digits, upper case.
    #[default]
    Letters,
    /// Digits only.
    Digits,
    /// The ten digits of a CPR number, without a century written in the middle, with a zero that was lost in front.
    Cpr,
    /// The ten digits of a personnummer, without the century in front, with a zero that was lost.
    Personnummer,
    /// The eleven digits of a fødselsnummer, with a zero that was lost in front.
    #[serde(rename = "fødselsnummer")]
    Fodselsnummer,
    /// As it is, but for the kind of hyphen and the case: the sign of a henkilötunnus tells people apart.
    Hetu,
    /// Lower case, `@` and dots decoded.
    Email,
    /// E.164.
    Phone,
    /// Lower case, one space between words.
    Words,
}

impl Normal {
    /// The one form of a value. `value` has its separators already made one (`Cluster::ascii`), or is as found.
    pub fn of(self, value: &str) -> CompactString {
        let ascii = value.is_ascii();
        match self {
            Self::Letters if ascii => kept(value, u8::is_ascii_alphanumeric, u8::to_ascii_uppercase),
            Self::Letters => value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect(),
            Self::Digits => digits(value),
            Self::Cpr => {
                let digits = digits(value);
                match (digits.len(), digits.get(..4), digits.get(6..)) {
                    (12, Some(date), Some(rest)) => [date, rest].concat_compact(),
                    _ => padded(digits, 10),
                }
            }
            Self::Personnummer => {
                let digits = digits(value);
                match digits.len().checked_sub(10).and_then(|at| digits.get(at..)) {
                    Some(last) => CompactString::new(last),
                    None => padded(digits, 10),
                }
            }
            Self::Fodselsnummer => padded(digits(value), 11),
            Self::Hetu => {
                let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-');
                kept(value, part, u8::to_ascii_uppercase)
            }
            Self::Email => super::contact::normal_email(value),
            Self::Phone => super::contact::normal_phone(value),
            Self::Words => {
                // No white space but single ones: of letters outside ASCII, Latin-1 has none.
                let plain = |byte: u8| matches!(byte, b' '..=b'~' | 0x80..=0xBF | 0xC3);
                let single = value.bytes().all(plain) && !value.contains("  ");
                match single {
                    true if ascii => {
                        let mut words = CompactString::new(value.trim_ascii());
                        words.make_ascii_lowercase();
                        words
                    }
                    true => value.trim_ascii().to_lowercase().to_compact_string(),
                    false => value.split_whitespace().join_compact(" ").to_lowercase().to_compact_string(),
                }
            }
        }
    }
}

/// With the zero in front that a number of so many digits loses where it is taken for one to reckon with.
fn padded(digits: CompactString, length: usize) -> CompactString {
    if digits.len() + 1 == length { ["0", &digits].concat_compact() } else { digits }
}

fn digits(value: &str) -> CompactString {
    // Many are nothing else.
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.into();
    }
    kept(value, u8::is_ascii_digit, |digit| *digit)
}

/// The bytes of ASCII that are kept, made into others.
fn kept(value: &str, keep: impl Fn(&u8) -> bool, make: impl Fn(&u8) -> u8) -> CompactString {
    // Most values are short.
    let mut short = [0; 32];
    if value.len() > short.len() {
        let all = value.bytes().filter(|byte| byte.is_ascii() && keep(byte));
        return all.map(|byte| char::from(make(&byte))).collect();
    }
    let mut length = 0;
    for byte in value.bytes() {
        if let Some(place) = short.get_mut(length) {
            *place = make(&byte);
            length += usize::from(byte.is_ascii() && keep(&byte));
        }
    }
    short.get(..length).and_then(|kept| str::from_utf8(kept).ok()).map(CompactString::new).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_form_however_written() {
        for cpr in ["010190-1234", "0101901234", "01 01 90 1234", "01011990-1234", "101901234"] {
            assert_eq!(Normal::Cpr.of(cpr), "0101901234");
        }
        for personnummer in ["900602-2397", "19900602-2397", "199006022397"] {
            assert_eq!(Normal::Personnummer.of(personnummer), "9006022397");
        }
        assert_eq!(Normal::Personnummer.of("106159387"), Normal::Personnummer.of("20010615-9387"));
        assert_eq!(Normal::Fodselsnummer.of("6026324074"), Normal::Fodselsnummer.of("060263 24074"));
        assert_ne!(Normal::Hetu.of("131052-308T"), Normal::Hetu.of("131052A308T"));
        for mail in ["Anna.Hansen@Example.DK", "anna.hansen%40example.dk", "anna.hansen (at) example [dot] dk"] {
            assert_eq!(Normal::Email.of(mail), "anna.hansen@example.dk");
        }
        for name in ["Åse Møller", " åse  møller", "ÅSE\u{a0}MØLLER", "Åse\nMøller "] {
            assert_eq!(Normal::Words.of(name), "åse møller");
        }
        assert_eq!(Normal::Words.of("Anna Hansen"), Normal::Words.of("ANNA\tHANSEN"));
        assert_eq!(Normal::Phone.of("32 12 34 56"), Normal::Phone.of("+45 3212 3456"));
    }
}
