//! Given names in other forms than the dictionary has them: `Mettes diabetes`, `Eetulla on diabetes`.
//!
//! In: a part of a sentence. Out: whether such a name stands there. Asked for only where nobody else was found.

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::key::Key;
use crate::detect::language::Tongues;
use crate::detect::person::Shapes;
use crate::detect::words::{Meaning, Words};

/// What follows the name of whoever an illness is called by, not of whoever has it: `Edwards syndrom`.
const CALLED: &[&str] = &["syndrom", "syndromet", "syndrome", "sygdom", "sygdommen", "sykdom", "sjukdom", "disease"];

/// The declined given names between two places of a text. Those before a capital are a firm's, a title's, a street's:
/// `Annas Blomster`.
pub fn names<'t>(
    text: &'t str,
    part: Range<usize>,
    words: &'t Words,
    shapes: &'t Shapes,
) -> impl Iterator<Item = Range<usize>> + 't {
    let begin = part.start;
    let part = text.get(part).unwrap_or_default();
    let joins = |c: char| c.is_alphabetic() || c == '-';
    let capital = move |(at, c): &(usize, char)| {
        c.is_uppercase() && !part.get(..*at).is_some_and(|before| before.ends_with(joins))
    };
    let each = part.char_indices().filter(capital).map(move |(at, _)| {
        let word = part.get(at..).and_then(|rest| rest.split(|c| !joins(c)).next()).unwrap_or_default();
        (word, begin + at..begin + at + word.len())
    });
    each.filter(move |(word, at)| {
        let next = || {
            let rest = text.get(at.end..).unwrap_or_default();
            let rest = rest.strip_prefix(' ').unwrap_or_default();
            rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default()
        };
        // A part may end within a word.
        let ends = || !text.get(at.end..).is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        ends()
            && (genitive(word, words, shapes) && Tongues::of("da").fit(text, at)
                || case(word, words, shapes) && Tongues::of("fi").fit(text, at))
            && !is_title(next())
            && !CALLED.contains(&next())
    })
    .map(|(_, at)| at)
}

/// It begins with a capital, but is no abbreviation (`ADHD`).
fn is_title(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && !letters.next().is_some_and(char::is_uppercase)
}

/// `Mettes`, in Danish, Swedish and Norwegian.
fn genitive(word: &str, words: &Words, shapes: &Shapes) -> bool {
    shapes.genitive.of(word).any(|ending| is_given(word.strip_suffix(ending).unwrap_or_default(), words))
}

/// `Eetulla`, `Matin`, `Mikaelille`, `Markuksen` in Finnish.
fn case(word: &str, words: &Words, shapes: &Shapes) -> bool {
    shapes.cases.of(word).filter_map(|ending| word.strip_suffix(ending)).any(|stem| {
        let plain = stem.strip_suffix('i').filter(|plain| !plain.ends_with(VOWELS));
        let long = stem.strip_suffix("kse").map(|begin| format!("{begin}s"));
        let all = [Some(Cow::from(stem)), plain.map(Cow::from), strong(stem).map(Cow::from), long.map(Cow::from)];
        all.into_iter().flatten().any(|name| is_given(&name, words))
    })
}

const VOWELS: &[char] = &['a', 'e', 'i', 'o', 'u', 'y', 'ä', 'ö'];

/// The stem with the consonant that endings make weak as strong as it was: `Mati` was Matti, `Sadu` Satu.
fn strong(stem: &str) -> Option<String> {
    let (last, vowel) = stem.char_indices().next_back()?;
    let begin = stem.get(..last)?;
    let weak = begin.chars().next_back()?;
    match weak {
        'k' | 'p' | 't' => Some(format!("{begin}{weak}{vowel}")),
        'd' => Some(format!("{}t{vowel}", begin.strip_suffix('d')?)),
        _ => None,
    }
}

/// It is a given name, and no other word.
fn is_given(name: &str, words: &Words) -> bool {
    let mut given = false;
    let key = Key::of(name.as_bytes(), 0, name.len());
    words.look(name, 0..name.len(), key, &mut |at, meaning| {
        given |= meaning == Meaning::Given(false) && at.len() == name.len();
    });
    given
}
