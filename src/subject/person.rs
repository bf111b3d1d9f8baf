//! One person's identifiers, found in text however they are written.
//!
//! In: national ids, e-mail addresses, phone numbers and names, as typed. Out: the places of a text that hold one; and
//! the fingerprints that an earlier scan gave to the same values. Nothing here prints an identifier: not in errors either.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::Path;

use regex::Regex;

use crate::detect::{Detectors, narrow};
use crate::mask::Key;
use crate::patterns::{self, Mistake};

/// Between the characters of a number: separators of any kind, line ends, and what encodes them.
const GAP: &str = r"(?:[\s\p{Pd}./+·_()\u{AD}\u{200B}-\u{200D}\u{2060}\u{FEFF}]|%2D|%20|&nbsp;|&#45;){0,4}";
const CENTURY: &str = "(?:1[89]|20)";
const AT: &str = r"(?:\s{0,2}(?:@|＠|%40|&#64;|[\[({](?:at|a|snabel-a)[\])}]|snabel-?a|krøllalfa|alfakrøll|kanelbulle|miukumauku|_at_)\s{0,2}|\s(?:at|ät)\s)";
const DOT: &str = r"(?:\.|\s?[\[({](?:dot|punktum|punkt)[\])}]\s?|\s(?:dot|punktum|punkt|piste|prik)\s)";
/// Between a given name and a family name: white space, cells, and what file names and addresses have.
const JOINT: &str = r#"(?:[\s;|"'’._\p{Pd}]{1,4}|,[ \t"]?)"#;
/// Names and initials in between, with a capital letter.
const MIDDLE: &str = r"(?:[ \t\u{A0}._-](?-i:\p{Lu})[\p{L}\p{M}]*\.?){0,2}";

/// What an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ident {
    /// A national identification number.
    Id,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A name.
    Name,
}

impl Ident {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::Id, Self::Email, Self::Phone, Self::Name];

    /// What files and options call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
        }
    }

    /// Who finds it, in records.
    pub fn detector(self) -> &'static str {
        match self {
            Self::Id => "subject.id",
            Self::Email => "subject.email",
            Self::Phone => "subject.phone",
            Self::Name => "subject.name",
        }
    }
}

/// The person asked for.
pub struct Person {
    marks: Vec<(Ident, Regex)>,
    typed: Vec<(Ident, String)>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person")
    }
}

impl Person {
    /// A person of these identifiers; `user` is a folder of further patterns. An error says which identifier is wrong by its
    /// kind and number, and does not quote it.
    pub fn new(typed: Vec<(Ident, String)>, user: Option<&Path>) -> Result<Self, String> {
        let field = field(user).map_err(|mistake| mistake.to_string())?;
        let mut marks = Vec::new();
        let mut counts = [0; Ident::ALL.len()];
        for (ident, text) in &typed {
            let number = counts.get_mut(*ident as usize).map_or(0, |n| {
                *n += 1;
                *n
            });
            let wrong = |what: &str| format!("--{} number {number}: {what}", ident.word());
            for pattern in forms(*ident, text.trim(), &field).map_err(wrong)? {
                let regex = Regex::new(&format!("(?i){pattern}")).map_err(|_| wrong("it cannot be looked for"))?;
                marks.push((*ident, regex));
            }
        }
        if marks.is_empty() {
            return Err("nobody to look for: give --id, --email, --phone, --name or --subject-file".to_owned());
        }
        Ok(Self { marks, typed })
    }

    /// Where the person is mentioned in a text, in order. Of what overlaps, the first and then the longest counts.
    pub fn mentions(&self, written: &str) -> Vec<(Range<usize>, Ident)> {
        let text = narrow(written);
        let mut found: Vec<(Range<usize>, Ident)> = Vec::new();
        for (ident, regex) in &self.marks {
            let mut from = 0;
            while let Some(hit) = regex.find_at(&text, from) {
                if stands_alone(&text, &hit.range(), *ident) {
                    found.push((as_written(written, hit.range()), *ident));
                    from = hit.end();
                } else {
                    from = text.ceil_char_boundary(hit.start() + 1);
                }
            }
        }
        found.sort_by_key(|(at, _)| (at.start, std::cmp::Reverse(at.end)));
        let mut end = 0;
        found.retain(|(at, _)| {
            let free = at.start >= end;
            end = end.max(at.end);
            free
        });
        found
    }

    /// Detector and fingerprint of every identifier, as a scan with this key gives them.
    pub fn fingerprints(&self, detectors: &Detectors, key: &Key) -> BTreeSet<(String, String)> {
        let mut prints = BTreeSet::new();
        for (ident, typed) in &self.typed {
            for detector in detectors.list() {
                let of = match ident {
                    Ident::Id => detector.category == "national_id",
                    _ => detector.id == ident.word(),
                };
                if of {
                    let normal = detector.normal.of(&in_order(typed));
                    prints.insert((detector.id.clone(), key.fingerprint(&detector.id, &normal)));
                }
            }
        }
        prints
    }
}

/// A family name written first, behind its given name.
fn in_order(typed: &str) -> String {
    let typed = typed.trim();
    typed.split_once(',').map_or_else(|| typed.to_owned(), |(last, first)| format!("{} {}", first.trim(), last.trim()))
}

/// What stands between two parts of a name in fields of their own (`Fornavn: Mette`, `"efternavn": "Hansen"`), perhaps with
/// a third one between them. `patterns/names/labels.toml` says what such fields are called.
fn field(user: Option<&Path>) -> Result<String, Mistake> {
    let mut labels: BTreeSet<String> = BTreeSet::new();
    for source in patterns::files("names", "toml", user)? {
        if source.file.ends_with("labels.toml") {
            let words: BTreeMap<String, Vec<String>> = source.parse()?;
            labels.extend(words.values().flatten().map(|label| regex::escape(label).replace(' ', "[ _-]?")));
        }
    }
    let labels: Vec<String> = labels.into_iter().collect();
    let label = format!(
        r#"["'’]?[ \t]{{0,2}}[,;|]?\s{{0,16}}["']?[\p{{L}}._-]{{0,16}}?(?:{})["']?[ \t]{{0,2}}[:=][ \t]{{0,2}}["']?"#,
        labels.join("|")
    );
    Ok(format!(r"(?:{label}(?:[\p{{L}}\p{{M}}'’ .-]{{0,30}}?{label})?)"))
}

fn forms(ident: Ident, typed: &str, field: &str) -> Result<Vec<String>, &'static str> {
    match ident {
        Ident::Id => id(typed),
        Ident::Phone => phone(typed),
        Ident::Email => email(typed),
        Ident::Name => name(typed, field),
    }
}

/// The characters with gaps between them; a century in front or before the year, and a zero that a table has lost.
fn id(typed: &str) -> Result<Vec<String>, &'static str> {
    let characters: Vec<char> = typed.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let text: String = characters.iter().collect();
    if !(9..=13).contains(&characters.len()) {
        return Err("a national id has ten or eleven digits");
    }
    let mut forms: BTreeSet<String> = BTreeSet::from([text.clone()]);
    if characters.len() == 12 && characters.iter().all(char::is_ascii_digit) {
        let century = |at: usize| text.get(at..at + 2).filter(|c| matches!(*c, "18" | "19" | "20"));
        if century(0).is_some() {
            forms.insert(text.get(2..).unwrap_or_default().to_owned());
        }
        if century(4).is_some() {
            forms.insert(format!("{}{}", text.get(..4).unwrap_or_default(), text.get(6..).unwrap_or_default()));
        }
    }
    Ok(forms.iter().map(|form| id_form(form)).collect())
}

fn id_form(form: &str) -> String {
    let lost = form.strip_prefix('0').filter(|_| form.len() == 10);
    // A gap only behind what is there: the number begins with a character of its own.
    let mut pattern = format!("(?:{CENTURY}{GAP})?{}", lost.map(|_| format!("(?:0{GAP})?")).unwrap_or_default());
    let digits = lost.unwrap_or(form);
    for (n, c) in digits.chars().enumerate() {
        if n > 0 {
            pattern.push_str(GAP);
        }
        // The year of a CPR number with its century written out.
        if form.len() == 10 && n + (form.len() - digits.len()) == 4 {
            pattern.push_str(&format!("(?:{CENTURY}{GAP})?"));
        }
        pattern.push(c);
    }
    pattern
}

/// The national number, with or without what is dialled before it.
fn phone(typed: &str) -> Result<Vec<String>, &'static str> {
    let normal = crate::detect::Normal::Phone.of(typed);
    let digits = normal.trim_start_matches('+');
    let country = ["358", "354", "298", "299", "45", "46", "47"].iter().find(|code| digits.starts_with(**code));
    let country = country.filter(|_| normal.starts_with('+'));
    let national = country.and_then(|code| digits.strip_prefix(code)).unwrap_or(digits).trim_start_matches('0');
    if national.len() < 5 {
        return Err("a phone number has five digits or more");
    }
    let before = country.map_or(r"(?:\+|00)\d{1,3}".to_owned(), |code| format!(r"(?:(?:\+|00){GAP})?{code}"));
    let number: Vec<String> = national.chars().map(String::from).collect();
    Ok(vec![format!("(?:{before}{GAP})?(?:0{GAP})?{}", number.join(GAP))])
}

fn email(typed: &str) -> Result<Vec<String>, &'static str> {
    let normal = crate::detect::Normal::Email.of(typed);
    if !normal.contains('@') {
        return Err("an e-mail address has an @");
    }
    let piece = |c: char| match c {
        '@' => AT.to_owned(),
        '.' => DOT.to_owned(),
        c => regex::escape(c.encode_utf8(&mut [0; 4])),
    };
    Ok(vec![normal.chars().map(piece).collect()])
}

/// The first and the last of a name, either way round, with what may stand between them: a `field` too.
fn name(typed: &str, field: &str) -> Result<Vec<String>, &'static str> {
    let name = in_order(typed);
    let words: Vec<String> = name.split_whitespace().map(spelt).collect();
    match words.as_slice() {
        [] => Err("it is empty"),
        [one] => Ok(vec![format!("{one}(?:['’]?s)?")]),
        [first, between @ .., last] => {
            let whole = between.iter().fold(first.clone(), |name, word| format!("{name}{JOINT}{word}"));
            Ok(vec![
                format!("(?:{whole}|{first}{MIDDLE})(?:{JOINT}|{field}){last}(?:['’]?s)?"),
                format!(r#"{last}(?:"?[,;\t |_]{{1,3}}"?|{field}){first}"#),
            ])
        }
    }
}

/// A word of a name, however its letters are spelt.
fn spelt(word: &str) -> String {
    let letter = |c: char| match c.to_lowercase().next().unwrap_or(c) {
        'ø' | 'ö' => "(?:ø|ö|o\u{308}|oe|o)".to_owned(),
        'å' => "(?:å|a\u{30A}|aa|a)".to_owned(),
        'æ' | 'ä' => "(?:æ|ä|a\u{308}|ae|a)".to_owned(),
        'é' => "(?:é|e\u{301}|e)".to_owned(),
        'ü' => "(?:ü|u\u{308}|ue|u|y)".to_owned(),
        'o' => "[oøö]".to_owned(),
        'a' => "[aåäæ]".to_owned(),
        'e' => "[eé]".to_owned(),
        c => regex::escape(c.encode_utf8(&mut [0; 4])),
    };
    word.chars().map(letter).collect()
}

/// All that was written of what was found: the bracket before `45) 32 12 34 56`, the last digit where it is a wide one.
fn as_written(text: &str, at: Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(at.end);
    let closed =
        text.get(at.start..end).is_some_and(|found| found.split_once(')').is_some_and(|(b, _)| !b.contains('(')));
    let opened = closed && text.get(..at.start).is_some_and(|before| before.ends_with('('));
    at.start - usize::from(opened)..end
}

/// Is what was found the whole of it, and not a part of a longer number, address or word?
fn stands_alone(text: &str, at: &Range<usize>, ident: Ident) -> bool {
    let (head, tail) = (text.get(..at.start).unwrap_or_default(), text.get(at.end..).unwrap_or_default());
    let (before, mut after) = (head.chars().next_back(), tail.chars());
    let next = after.next();
    let is = |c: Option<char>, of: fn(char) -> bool| c.is_some_and(of);
    match ident {
        Ident::Id | Ident::Phone => {
            let letters = text.get(at.clone()).is_some_and(|t| t.ends_with(char::is_alphabetic));
            let digit = |c: char| c.is_ascii_digit();
            // An encoded blank ends in a digit, and looks like a century.
            let blank = before == Some('%') && text.get(at.clone()).is_some_and(|found| found.starts_with("20"));
            let before = before.filter(|_| !head.ends_with("%20"));
            let longer = blank || is(before, digit) || is(next, digit) || letters && is(next, char::is_alphabetic);
            !longer
        }
        Ident::Email => {
            let more = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let longer = next == Some('.') && after.next().is_some_and(char::is_alphanumeric);
            !before.is_some_and(|c| more(c) || matches!(c, '.' | '+')) && !next.is_some_and(more) && !longer
        }
        Ident::Name => {
            let alone = !is(before, char::is_alphanumeric) && !is(next, char::is_alphabetic);
            // `Bo Hansen, Anna Jensen` are two people.
            let reversed = text.get(at.clone()).is_some_and(|t| t.contains(','));
            let capital = |word: &str| word.starts_with(char::is_uppercase);
            let word = head.trim_end_matches(' ').rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
            let two = reversed && head.ends_with(' ') && capital(word) && tail.strip_prefix(' ').is_some_and(capital);
            alone && !two
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ident: Ident, typed: &str, text: &str) -> usize {
        Person::new(vec![(ident, typed.to_owned())], None).unwrap().mentions(text).len()
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for text in [
            "010190-1234",
            "0101901234",
            "01 01 90 1234",
            "cpr:01.01.90-1234.",
            "01011990-1234",
            "010190\n-1234",
            "0 1 0 1 9 0 1 2 3 4",
            "０１０１９０-1234",
            "010190\u{2011}1234",
            "010190%2D1234",
            "101901234",
        ] {
            assert_eq!(found(Ident::Id, "010190-1234", text), 1, "{text}");
        }
        for text in ["010190-12345", "9010190-1234", "010191-1234", "10190123"] {
            assert_eq!(found(Ident::Id, "010190-1234", text), 0, "{text}");
        }
        for typed in ["900602-2397", "19900602-2397", "199006022397"] {
            assert_eq!(found(Ident::Id, typed, "9006022397, 19900602-2397 og 900602-2397"), 3, "{typed}");
        }
        assert_eq!(found(Ident::Id, "131052-308T", "131052-308t 131052308T 131052-308TA"), 2);
        for text in ["32 12 34 56", "+45 32123456", "004532123456", "(+45) 3212-3456", "tlf.32123456"] {
            assert_eq!(found(Ident::Phone, "+4532123456", text), 1, "{text}");
            assert_eq!(found(Ident::Phone, "32 12 34 56", text), 1, "{text}");
        }
        for text in ["070-174 06 05", "+46 70 174 06 05", "+46 (0)70 1740605", "0046701740605"] {
            assert_eq!(found(Ident::Phone, "0701740605", text), 1, "{text}");
        }
        assert_eq!(found(Ident::Phone, "32123456", "321234567 032123456123"), 0);
    }

    #[test]
    fn a_number_begins_with_its_own_characters() {
        let cell = |ident, typed: &str, text: &str| {
            let mentions = Person::new(vec![(ident, typed.to_owned())], None).unwrap().mentions(text);
            assert_eq!(mentions.len(), 1, "{text}");
            text[mentions[0].0.clone()].to_owned()
        };
        for before in ["", " ", "\n", "Ida\t", "{\"cpr\": ", "(", "tel.", "nr. -", "%20"] {
            for number in
                ["010190-1234", "01 01 90 1234", "19010190-1234", "101901234", "01011990-1234", "０１０１９０１２３４"]
            {
                assert_eq!(cell(Ident::Id, "010190-1234", &format!("{before}{number}")), number, "{before}");
            }
            for number in ["32123456", "+45 32123456", "0045 32123456", "(+45) 3212-3456", "(0045)32123456"] {
                assert_eq!(cell(Ident::Phone, "+4532123456", &format!("{before}{number}")), number, "{before}");
                assert_eq!(cell(Ident::Phone, "32123456", &format!("{before}{number}")), number, "{before}");
            }
            assert_eq!(cell(Ident::Phone, "0701740605", &format!("{before}(070) 174 06 05")), "(070) 174 06 05");
        }
    }

    #[test]
    fn addresses_and_names_are_found_however_they_are_written() {
        for text in [
            "Anna.Hansen@EXAMPLE.dk",
            "<anna.hansen@example.dk>",
            "anna.hansen (at) example.dk",
            "anna.hansen%40example.dk",
        ] {
            assert_eq!(found(Ident::Email, "anna.hansen@example.dk", text), 1, "{text}");
        }
        for text in ["joanna.hansen@example.dk", "x.anna.hansen@example.dk", "anna.hansen@example.dk.org"] {
            assert_eq!(found(Ident::Email, "anna.hansen@example.dk", text), 0, "{text}");
        }
        for text in [
            "Søren Ågård",
            "SØREN ÅGÅRD",
            "Ågård, Søren",
            "Søren Peter H. Ågård",
            "Sørens mor og Søren\nÅgårds far",
            "soeren.aagaard@x.dk",
            "Soren_Agard_CV.pdf",
            "Søren;Ågård",
            "\"Ågård\",\"Søren\"",
            "So\u{308}ren A\u{30A}ga\u{30A}rd",
            "Fornavn: Søren\r\nEfternavn: Ågård",
            "{\"firstName\": \"Søren\", \"lastName\": \"Ågård\"}",
            "sukunimi: Ågård\netunimi: Søren",
            "patient.fornavne=Søren Peter; patient.efternavn=Ågård",
            "first_name='Søren'\nmiddle_name='von'\nlast_name='Ågård'",
        ] {
            assert_eq!(found(Ident::Name, "Søren Ågård", text), 1, "{text}");
            assert_eq!(found(Ident::Name, "Ågård, Søren", text), 1, "{text}");
        }
        for text in [
            "Søren og Bo Ågård",
            "Bo Ågård, Søren Jensen",
            "Sørensen Ågård",
            "Søren Ågårdsvej",
            "Fornavn: Søren\nBy: Ågård",
        ] {
            assert_eq!(found(Ident::Name, "Søren Ågård", text), 0, "{text}");
        }
        assert_eq!(found(Ident::Name, "Anna Marie Hansen", "Anna Marie Hansen, Anna Hansen, Anna M. Hansen"), 3);
    }

    #[test]
    fn what_is_wrong_is_told_and_not_quoted() {
        let wrong = |ident, typed: &str| Person::new(vec![(ident, typed.to_owned())], None).unwrap_err();
        assert_eq!(wrong(Ident::Id, "12345"), "--id number 1: a national id has ten or eleven digits");
        assert!(!wrong(Ident::Email, "hemmelig").contains("hemmelig"));
        assert!(Person::new(Vec::new(), None).unwrap_err().contains("--subject-file"));
    }
}
