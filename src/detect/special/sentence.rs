//! The sentence that a keyword stands in: where it begins and ends, to whom it speaks, and where it turns to something else.

use std::ops::Range;

use crate::detect::whose::Whose;

/// A sentence begins and ends no farther away, in bytes.
const REACH: usize = 240;
/// Words for whom a letter is to.
const YOU: &[&str] = &[
    "you",
    "your",
    "du",
    "din",
    "dit",
    "ditt",
    "dine",
    "dina",
    "dig",
    "deg",
    "jer",
    "jeres",
    "dere",
    "sinä",
    "sinun",
    "sinulla",
    "sinulle",
    "teillä",
    "teidän",
    "teille",
    "olette",
    "poikanne",
    "tyttärenne",
    "lapsenne",
];

/// The sentence that holds a place: to the next full stop before a space, or line end.
pub fn sentence(text: &str, at: &Range<usize>) -> Range<usize> {
    let from = text.floor_char_boundary(at.start.saturating_sub(REACH));
    let to = text.ceil_char_boundary((at.end + REACH).min(text.len()));
    let before = text.get(from..at.start).unwrap_or_default();
    let after = text.get(at.end..to).unwrap_or_default();
    // What the place itself begins with is a word of its sentence; a label goes on with the one before it.
    let own = if after.starts_with(':') { at.start } else { to };
    let stops = |byte: &u8| matches!(byte, b'.' | b'!' | b'?' | b'\n' | b'\t');
    let begins = before.bytes().enumerate().rev().filter(|(_, byte)| stops(byte)).find(|(i, stop)| {
        let rest = text.get(from + i + 1..own).unwrap_or_default();
        let line = || before.get(..*i).unwrap_or_default();
        *stop == b'\t'
            || *stop == b'\n' && !wraps(line(), rest)
            || rest.starts_with(' ') && rest.trim_start().starts_with(char::is_uppercase) && ends_word(line())
    });
    let ends = after.bytes().enumerate().filter(|(_, byte)| stops(byte)).find(|(i, stop)| {
        let (line, rest) = (after.get(..*i).unwrap_or_default(), after.get(i + 1..).unwrap_or_default());
        match stop {
            b'.' => rest.starts_with(' '),
            b'\n' => !wraps(if line.is_empty() { before } else { line }, rest),
            _ => true,
        }
    });
    from + begins.map_or(0, |(i, _)| i + 1)..at.end + ends.map_or(after.len(), |(i, _)| i)
}

/// The line behind a line end goes on with the sentence: one of a program's code does not.
fn wraps(before: &str, line: &str) -> bool {
    let open = |c: char| c.is_alphanumeric() || matches!(c, ',' | '-' | '–' | ')' | '\r');
    line.trim_start_matches(' ').starts_with(char::is_lowercase) && before.ends_with(open)
}

/// The full stop behind this ends a sentence: behind an initial or a short abbreviation it does not.
fn ends_word(before: &str) -> bool {
    let token = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    // `2400 København NV`
    let compass = token.len() == 2 && token.bytes().all(|b| b.is_ascii_uppercase());
    compass || token.contains('@') || before.chars().rev().take_while(|c| c.is_alphanumeric()).count() > 2
}

/// The sentence speaks to somebody.
pub fn is_addressed(sentence: &str) -> bool {
    sentence.split(|c: char| !c.is_alphabetic()).any(|word| word.len() <= 12 && YOU.contains(&&*word.to_lowercase()))
}

/// Between a negation and somebody another clause begins.
pub fn begins_clause(between: &str) -> bool {
    between.contains(',') || [" at ", " att ", " that ", " että "].iter().any(|word| between.contains(word))
}

/// Between a negation and a keyword it says something else: `not diabetes, but high blood pressure`.
pub fn is_turned(between: &str, whose: &Whose) -> bool {
    between.contains(';')
        || between.split_once(',').is_some_and(|(clause, _)| whose.tells_absence(clause))
        || [", men ", ", but ", ", mutta ", ", utan "].iter().any(|turn| between.contains(turn))
}
