//! Boxes at post offices, and the addresses that are nobody's because every privacy notice names them.
//!
//! In: what stands before a number, and behind it. Out: where such an address begins and ends. Streets are `street`'s.

use std::sync::LazyLock;

use regex::Regex;

use crate::detect::contact::AUTHORITIES;
use crate::detect::endings::Endings;
use crate::detect::person::folded;

/// The box's number, perhaps a post office, postcode and town.
static BOX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^
        (?P<house> [1-9]\d{0,4} ) \b (?: \ \p{Lu}\p{L}+ ){0,2}
        (?: (?: \s*,\s* | \s*\n\s* | [;\t|]\s* | \s{1,3} ) (?: [A-Z]{1,3}- )? (?: \d{4} | \d{5} | \d{3}\s\d{2} )
          | (?: \s*,\s* | \s*\n\s* ) [1-9]\d{2} ) [\ \u{A0}]{1,2}
        (?: \p{Lu}\p{L}{0,3}\.\ ? )? \p{Lu}\p{L}+ (?: [\ \u{A0}-] \p{Lu}\p{L}*\b ){0,2}"#,
    )
    .ok()
});

/// Where one of the words for a box begins that ends a line.
pub fn post_box(line: &str, boxes: &Endings) -> Option<usize> {
    let line = line.trim_end_matches(['\u{A0}', ' ']);
    let word = line.rsplit(' ').next()?;
    if !boxes.holds(&folded(word)) {
        return None;
    }
    let office = line.strip_suffix(word)?.trim_end_matches(' ');
    let po = word.eq_ignore_ascii_case("box") && ["P.O.", "PO", "P. O."].iter().any(|po| office.ends_with(po));
    let begin = if po { office.rfind('P')? } else { line.len() - word.len() };
    (word.starts_with(char::is_uppercase) || word.len() > 3).then_some(begin)
}

/// How far an address goes behind the word for a box.
pub fn behind(number: &str) -> Option<usize> {
    BOX.as_ref()?.find(number).map(|found| found.end())
}

/// An authority's address begins so.
pub fn authority(address: &str) -> bool {
    AUTHORITIES.iter().any(|known| {
        let rest = address.strip_prefix(known.as_str());
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}
