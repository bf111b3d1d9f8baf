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

/// An address with a blank beside its `@`, a comma or a blank for a point in its domain, or in which the `@`, which
/// the Nordic models hardly know, was taken for something else.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<local>[\w+-]+(?:\.[\w+-]+)*)(?: ?@@? ?|[&€£¢])(?P<domain>[\w-]+(?:[.,] ?[\w-]+)*? ?[., ] ?",
        r"(?:dk|se|no|fi|is|eu|com|org|net|gl|fo|ax|de|io|info))",
        r"|(?P<seen>[a-z0-9]+(?:[._-][a-z0-9]+)*)[QEG](?P<at>[a-z][a-z0-9-]+(?:\.[a-z0-9-]+)*\.",
        r"(?:dk|se|no|fi|is|eu|com|org|net))"
    ))
    .ok()
});

/// Letters that stand for digits, and digits.
fn digits_in(form: &str) -> String {
    form.replace("[#", "[0-9OoQIl|").replace('#', "[0-9OoQDIl|SBZ]")
}

/// Puts numbers and addresses right.
pub fn correct(read: &str) -> Lines {
    let mut lines = Lines::default();
    for line in read.lines() {
        let text = line.trim_end_matches('\u{C}').replace(['©', '®'], "@").replace("TIf", "Tlf");
        let line = Lines { text, corrected: Vec::new() };
        let line = line.replace(ADDRESS.as_ref(), address);
        let line = line.replace(BROKEN.as_ref(), whole).replace(MIXED.as_ref(), digits);
        let from = lines.text.len();
        lines.corrected.extend(line.corrected.into_iter().map(|at| from + at.start..from + at.end));
        lines.text.push_str(&line.text);
        lines.text.push('\n');
    }
    lines
}

impl Lines {
    /// Replaces what `by` makes something else of, and keeps track of what was replaced before.
    fn replace(mut self, what: Option<&Regex>, by: impl Fn(&Captures<'_>) -> Option<String>) -> Self {
        let text = self.text;
        let (mut new, mut at) = (String::with_capacity(text.len()), 0);
        let (mut places, mut edits) = (Vec::new(), Vec::new());
        for found in what.into_iter().flat_map(|what| what.captures_iter(&text)) {
            let Some(all) = found.get(0) else { continue };
            let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '_'));
            let (before, after) = text.split_at(all.start());
            let behind = after.get(all.len()..).unwrap_or_default();
            // A part of a word, or groups of a longer number.
            let group = before.ends_with(' ') && before.trim_end().ends_with(|c: char| c.is_ascii_digit());
            let within = part(before.chars().next_back()) || part(behind.chars().next());
            let Some(right) = by(&found).filter(|right| !within && right != all.as_str()) else { continue };
            if group && right.len() < all.len() {
                continue;
            }
            new.push_str(text.get(at..all.start()).unwrap_or_default());
            edits.push((all.end(), right.len(), all.len()));
            places.push(new.len()..new.len() + right.len());
            new.push_str(&right);
            at = all.end();
        }
        new.push_str(text.get(at..).unwrap_or_default());
        for place in &mut self.corrected {
            let before = edits.iter().filter(|(end, ..)| *end <= place.start);
            let (put, taken) = before.fold((0, 0), |(put, taken), (_, new, old)| (put + new, taken + old));
            *place = place.start + put - taken..place.end + put - taken;
        }
        self.corrected.append(&mut places);
        Self { text: new, ..self }
    }
}

/// An address without blanks.
fn address(found: &Captures<'_>) -> Option<String> {
    if let (Some(local), Some(domain)) = (found.name("seen"), found.name("at")) {
        return Some(format!("{}@{}", local.as_str(), domain.as_str()));
    }
    let read = found.name("domain")?.as_str();
    let domain = read.replace([',', ' '], ".").replace("..", ".");
    Some(format!("{}@{domain}", found.name("local")?.as_str()))
}

/// A number that has letters among at least twice as many digits.
fn digits(found: &Captures<'_>) -> Option<String> {
    let read = found.get(0)?.as_str();
    (is_mixed(read) && !is_checked(read)).then(|| read.chars().map(digit).collect())
}

/// Its last letter is one: the check character of a Finnish number (detect/checks/finland.rs).
fn is_checked(read: &str) -> bool {
    let (Some(digits), Some(check)) = (read.get(..read.len() - 1), read.bytes().last()) else { return false };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let place = digits.parse().ok().filter(|_| digits.len() == 9).map_or(usize::MAX, |number: usize| number % 31);
    check.is_ascii_uppercase() && b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(place) == Some(&check)
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
            ("tlf. 2l 48 61 O0", "tlf. 21 48 61 00"),
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
        for read in [
            "CPR 010190-1234",
            "hetu 241178-164S",
            "SOLO BIDS 100",
            "AB 12 345",
            "20 12 34 56 - 2012",
            "tlf. 21 48 61 00",
            "IBS-2019 x",
        ] {
            assert_eq!(correct(read), Lines { text: format!("{read}\n"), corrected: Vec::new() });
        }
        assert_eq!(correct("anna©example.dk").text, "anna@example.dk\n");
        assert_eq!(correct("til anna.h3 @example,dk, hvis").text, "til anna.h3@example.dk, hvis\n");
        assert_eq!(correct("ole.holmQfirma.no, bo&firma dk").text, "ole.holm@firma.no, bo@firma.dk\n");
        assert_eq!(correct("vi ses @ Bo. I dag").text, "vi ses @ Bo. I dag\n");
    }
}
