//! Keywords that are parts of something else's name: an identifier's, a link's, a firm's, a street's, a job's, a person's.

use std::ops::Range;

use crate::detect::beside::FIRMS;
use crate::detect::whose::Whose;

/// How far before a keyword in a link it may begin, in bytes.
const LINK: usize = 200;
/// What the names of streets end in, and no other words do.
const ROADS: &[&str] =
    &["vej", "vejen", "gade", "gaden", "gatan", "gata", "vägen", "veien", "vegen", "stræde", "vangen", "katu", "kuja"];
/// What leads to where somebody is or goes: `ligger på kreftavdelingen`.
const WHERE: &[&str] = &[
    "på", "hos", "i", "til", "till", "ved", "vid", "inom", "av", "af", "från", "fra", "from", "to", "at", "with",
    "med", "søgt", "sökt", "søkt", "besøgte", "besøger", "besökte", "besöker", "besøkte", "besøker", "visited",
    "visits",
];

/// A part of an identifier: `freeglut_stroke_mono`, `Splash::stroke(`.
pub fn in_code(text: &str, at: &Range<usize>) -> bool {
    let (before, after) = (text.get(..at.start).unwrap_or_default(), text.get(at.end..).unwrap_or_default());
    before.ends_with(['_', '&', '$'])
        || before.ends_with("::")
        || after.starts_with(['_', '('])
        || after.starts_with("::")
}

/// A part of a link: `https://www.sundhed.dk/borger/depression/`.
pub fn in_link(text: &str, at: &Range<usize>) -> bool {
    let before = text.get(text.floor_char_boundary(at.start.saturating_sub(LINK))..at.start).unwrap_or_default();
    let begin = before.rsplit(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')')).next();
    begin.is_some_and(|begin| begin.contains("://") || begin.starts_with("www."))
}

/// It stands in a firm's name: `Hemtjänst Eken AB`.
pub fn in_firm(text: &str, at: &Range<usize>) -> bool {
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    if !text.get(at.clone()).is_some_and(capital) {
        return false;
    }
    let rest = text.get(at.end..text.floor_char_boundary((at.end + 48).min(text.len()))).unwrap_or_default();
    let line = rest.split(['\n', ',', ';', '.', '(']).next().unwrap_or_default();
    let Some(words) = line.strip_prefix(' ') else { return false };
    let mut words = words.split(' ').take_while(|word| capital(word) || matches!(*word, "og" | "och" | "ja" | "&"));
    words.any(|word| FIRMS.contains(&word))
}

/// A street has it: `Synagogevej`.
pub fn is_place(text: &str, at: &Range<usize>) -> bool {
    let word = text.get(at.clone()).unwrap_or_default();
    word.starts_with(char::is_uppercase) && !word.contains(' ') && ROADS.iter().any(|road| word.ends_with(road))
}

/// It names whose job it is: `Kari Lie, kreftsykepleier`. Where somebody goes is another matter: `går hos …`.
pub fn is_job(text: &str, at: &Range<usize>, whose: &Whose) -> bool {
    let word = text.get(at.clone()).unwrap_or_default();
    let before = || {
        let before = text.get(..at.start)?.strip_suffix(' ')?;
        before.rsplit(|c: char| !c.is_alphabetic()).next()
    };
    !word.contains(' ') && whose.is_job(word) && before().is_none_or(|word| !WHERE.contains(&word))
}

/// One word with a capital beside another on its line: `Ran Benita`, `Andy Gay`.
pub fn namelike(text: &str, at: &Range<usize>, people: &[Range<usize>]) -> bool {
    // `Epäilty Matti Virtanen`
    let label = people.binary_search_by_key(&(at.end + 1), |person| person.start).is_ok();
    let titled = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    };
    let before =
        text.get(..at.start).and_then(|t| t.strip_suffix(' ')).and_then(|t| t.rsplit(char::is_whitespace).next());
    let after = text.get(at.end..).and_then(|t| t.strip_prefix(' ')).and_then(|t| t.split(char::is_whitespace).next());
    let word = text.get(at.clone()).unwrap_or_default();
    let beside =
        |word: Option<&str>| word.is_some_and(|w| titled(w) && w.chars().all(|c| c.is_alphabetic() || c == '-'));
    !label
        && titled(word)
        && !word.contains(' ')
        && (beside(before) || beside(after.map(|w| w.trim_end_matches([',', '.']))))
}
