//! What programs that read pictures usually get wrong in numbers: O for 0, l and I for 1, S for 5; blanks inside, and
//! the wrong dash. In: lines as they were read. Out: the same with numbers put right, and which ones those are: they
//! are less sure than what was read as it stands.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Lines, and the parts of them that were put right.
#[derive(Debug, Default, PartialEq)]
pub struct Lines {
    /// The text.
    pub text: String,
    /// In the order of the text.
    pub corrected: Vec<Range<usize>>,
}

impl Lines {
    /// Some of these bytes were put right.
    pub fn is_corrected(&self, at: &Range<usize>) -> bool {
        self.corrected.iter().any(|corrected| corrected.start < at.end && at.start < corrected.end)
    }
}

/// Numbers with blanks or an odd dash in them: six or eight digits and four, as people have them in Denmark, Sweden and
/// Iceland; six and three and a letter (Finland); and accounts, groups of which a dash was seen between. In all of them
/// letters may stand for digits.
static BROKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&digits_in(concat!(
        r"(?P<date>(?:19|20)?#(?: ?#){5})(?P<dash> ?[-–—~_=] ?|[+A-F])(?P<rest># ?# ?# ?[#A-Y])",
        r"|(?P<iban>(?:DK|NO|SE|FI|IS) ?#{2}(?:[- ]{1,2}#{1,4}){3,7})"
    )))
    .ok()
});
/// A number with letters in it.
static MIXED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&digits_in("#(?:[-./+ ]?#){3,}")).ok());

/// Letters that stand for digits, and digits.
fn digits_in(form: &str) -> String {
    form.replace("[#", "[0-9OoQIl|").replace('#', "[0-9OoQDIl|SBZ]")
}

/// Puts numbers right.
pub fn correct(read: &str) -> Lines {
    let mut lines = Lines::default();
    for line in read.lines() {
        let line = line.trim_end_matches('\u{C}').replace(['©', '®'], "@");
        let (line, broken) = replace(&line, BROKEN.as_ref(), whole);
        // Digit for letter: nothing moves.
        let (line, mixed) = replace(&line, MIXED.as_ref(), digits);
        let from = lines.text.len();
        lines.corrected.extend(broken.into_iter().chain(mixed).map(|at| from + at.start..from + at.end));
        lines.text.push_str(&line);
        lines.text.push('\n');
    }
    lines
}

/// Replaces what `by` makes something else of. Where, in the new text.
fn replace(
    text: &str,
    what: Option<&Regex>,
    by: impl Fn(&Captures<'_>) -> Option<String>,
) -> (String, Vec<Range<usize>>) {
    let (mut new, mut places, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    for found in what.into_iter().flat_map(|what| what.captures_iter(text)) {
        let Some(all) = found.get(0) else { continue };
        let beside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '_'));
        let (before, after) = text.split_at(all.start());
        let within =
            beside(before.chars().next_back()) || beside(after.get(all.len()..).and_then(|rest| rest.chars().next()));
        let digits_before = before.ends_with(' ') && before.trim_end().ends_with(|c: char| c.is_ascii_digit());
        let Some(right) = by(&found).filter(|right| !within && right != all.as_str()) else { continue };
        if digits_before && right.len() < all.len() {
            continue; // groups of a longer number
        }
        new.push_str(text.get(at..all.start()).unwrap_or_default());
        places.push(new.len()..new.len() + right.len());
        new.push_str(&right);
        at = all.end();
    }
    new.push_str(text.get(at..).unwrap_or_default());
    (new, places)
}

/// A number that has letters among at least twice as many digits.
fn digits(found: &Captures<'_>) -> Option<String> {
    let read = found.get(0)?.as_str();
    (is_mixed(read)).then(|| read.chars().map(digit).collect())
}

fn is_mixed(read: &str) -> bool {
    let digits = read.chars().filter(char::is_ascii_digit).count();
    let letters = read.chars().filter(|c| digit(*c) != *c).count();
    letters > 0 && digits >= 2 * letters && digits >= 3
}

fn digit(read: char) -> char {
    match read {
        'O' | 'o' | 'Q' | 'D' => '0',
        'I' | 'l' | '|' => '1',
        'S' => '5',
        'B' => '8',
        'Z' => '2',
        other => other,
    }
}

/// A number without what does not belong into it.
fn whole(found: &Captures<'_>) -> Option<String> {
    let bare = |name| found.name(name).map(|part| part.as_str().replace(' ', ""));
    let right = |part: &str| -> Option<String> {
        let sure = is_mixed(part) || !part.contains(|c| digit(c) != c);
        sure.then(|| part.chars().map(digit).collect())
    };
    if let Some(iban) = found.name("iban") {
        let (country, rest) = iban.as_str().split_at_checked(2)?;
        return Some(format!("{country}{}", right(&rest.replace(['-', ' '], ""))?));
    }
    let (date, dash, mut rest) = (bare("date")?, bare("dash")?, bare("rest")?);
    let last = rest.pop()?;
    let last = if matches!(last, 'O' | 'o' | 'Q' | 'I' | 'l' | '|') { digit(last) } else { last };
    let dash = if dash.starts_with(|c: char| c == '+' || c.is_ascii_uppercase()) { dash } else { "-".to_owned() };
    let number = right(&format!("{date}{rest}"))?;
    let (date, rest) = number.split_at_checked(date.len())?;
    Some(format!("{date}{dash}{rest}{last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_put_right_and_told_of() {
        for (read, right) in [
            ("CPR O1O19O-1234", "CPR 010190-1234"),
            ("CPR: 01 0190 - 12 34.", "CPR: 010190-1234."),
            ("nr 010190—1234", "nr 010190-1234"),
            ("tlf. 2l 4B 61 O0", "tlf. 21 48 61 00"),
            ("IBAN DK50-0040 0440-1162 43", "IBAN DK5000400440116243"),
            ("hetu 131O52-308T", "hetu 131052-308T"),
            ("hetu 131052 -3O8T", "hetu 131052-308T"),
        ] {
            let lines = correct(read);
            assert_eq!(lines.text, format!("{right}\n"));
            let number = right.find(|c: char| c.is_ascii_digit()).unwrap();
            assert!(lines.is_corrected(&(number..number + 3)), "{read}: {lines:?}");
            assert!(!lines.is_corrected(&(0..2)), "{read}");
        }
    }

    #[test]
    fn what_is_right_stays() {
        for read in
            ["CPR 010190-1234", "SOLO BIDS 100", "AB 12 345", "20 12 34 56 - 2012", "tlf. 21 48 61 00", "IBS-2019 x"]
        {
            assert_eq!(correct(read), Lines { text: format!("{read}\n"), corrected: Vec::new() });
        }
        assert_eq!(correct("anna©example.dk").text, "anna@example.dk\n");
    }
}
