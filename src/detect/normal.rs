//! One form for each value: what is counted as the same, and what fingerprints are made of.

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
    /// The ten digits of a CPR number, without a century written in the middle.
    Cpr,
    /// The ten digits of a personnummer, without the century in front.
    Personnummer,
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
    pub fn of(self, value: &str) -> String {
        let keep = |f: fn(&char) -> bool| {
            if value.is_ascii() {
                let mut kept = Vec::with_capacity(value.len());
                kept.extend(value.bytes().filter(|byte| f(&char::from(*byte))));
                return String::from_utf8(kept).unwrap_or_default();
            }
            let mut kept = String::with_capacity(value.len());
            kept.extend(value.chars().filter(f));
            kept
        };
        match self {
            Self::Letters if value.is_ascii() => keep(char::is_ascii_alphanumeric).to_ascii_uppercase(),
            Self::Letters => keep(|c| c.is_alphanumeric()).to_uppercase(),
            Self::Digits => keep(char::is_ascii_digit),
            Self::Cpr => {
                let digits = keep(char::is_ascii_digit);
                match (digits.len(), digits.get(..4), digits.get(6..)) {
                    (12, Some(date), Some(rest)) => format!("{date}{rest}"),
                    _ => digits,
                }
            }
            Self::Personnummer => {
                let digits = keep(char::is_ascii_digit);
                digits.len().checked_sub(10).and_then(|at| digits.get(at..)).unwrap_or(&digits).to_owned()
            }
            Self::Hetu => keep(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-')).to_ascii_uppercase(),
            Self::Email => super::contact::normal_email(value),
            Self::Phone => super::contact::normal_phone(value),
            Self::Words => value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_form_however_written() {
        for cpr in ["010190-1234", "0101901234", "01 01 90 1234", "01011990-1234"] {
            assert_eq!(Normal::Cpr.of(cpr), "0101901234");
        }
        for personnummer in ["900602-2397", "19900602-2397", "199006022397"] {
            assert_eq!(Normal::Personnummer.of(personnummer), "9006022397");
        }
        assert_ne!(Normal::Hetu.of("131052-308T"), Normal::Hetu.of("131052A308T"));
        for mail in ["Anna.Hansen@Example.DK", "anna.hansen%40example.dk", "anna.hansen (at) example [dot] dk"] {
            assert_eq!(Normal::Email.of(mail), "anna.hansen@example.dk");
        }
        assert_eq!(Normal::Phone.of("32 12 34 56"), Normal::Phone.of("+45 3212 3456"));
    }
}
