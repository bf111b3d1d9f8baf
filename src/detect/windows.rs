//! Patterns around their literals.
//!
//! In: the places of a pattern's literals. Out: its values there. A pattern is tried near its literals only; where they
//! stand close together what is near them is read once, not for each: a list of cars is all words of vehicles.

use std::ops::Range;

use crate::detect::cluster::is_invisible;
use crate::detect::pattern::Pattern;

/// How far around a literal its pattern is tried, in bytes.
const REACH: (usize, usize) = (96, 288);
/// So many bytes are read at once, unless one window is larger.
const MOST: usize = 4 << 10;

/// Windows around neighbouring literals of a pattern, and what matches there.
#[derive(Default)]
pub struct Windows {
    /// From the first of the literals to behind the last one.
    literals: Range<usize>,
    /// Matches in their order: the whole, and its value.
    found: Vec<(Range<usize>, Range<usize>)>,
}

impl Windows {
    /// Those of the first of these literals, and of as many others as overlap. Literals are in the order of the text.
    pub fn of<'l>(text: &str, mut literals: impl Iterator<Item = &'l Range<usize>>, pattern: &Pattern) -> Self {
        let Some(first) = literals.next() else { return Self::default() };
        let mut windows = Self { literals: first.clone(), found: Vec::new() };
        let Some(mut all) = window(text, first, pattern) else { return windows };
        for literal in literals.take_while(|literal| literal.start < first.start + MOST) {
            match window(text, literal, pattern).filter(|window| window.start < all.end) {
                Some(window) => all.end = all.end.max(window.end),
                None => break,
            }
            windows.literals.end = windows.literals.end.max(literal.end);
        }
        windows.read(text, all, pattern);
        windows
    }

    /// Of a match only the named group is the value, if there is one (`value`, or of several the one that took part): the
    /// rest is its label.
    fn read(&mut self, text: &str, window: Range<usize>, pattern: &Pattern) {
        let begin = window.start;
        let window = text.get(window).unwrap_or_default();
        let seen = visible(window);
        let shown = seen.as_ref().map_or(window, |(shown, _)| shown);
        let place = |at: usize| seen.as_ref().map_or(Some(at), |(_, places)| places.get(at).copied());
        let placed = |at: Range<usize>| Some(begin + place(at.start)?..begin + place(at.end.checked_sub(1)?)? + 1);
        let mut from = 0;
        for spot in pattern.may_begin(shown) {
            from = from.max(spot.start);
            let end = around(shown, &spot).end;
            while let Some((whole, value)) = pattern.find_in(shown, from..spot.end, end) {
                from = whole.end.max(from + 1);
                let (Some(whole), Some(value)) = (placed(whole), placed(value)) else { continue };
                if whole.start >= self.literals.end {
                    return;
                }
                self.found.push((whole, value));
            }
        }
    }

    /// This literal is one of theirs.
    pub fn know(&self, literal: &Range<usize>) -> bool {
        self.literals.start <= literal.start && literal.end <= self.literals.end
    }

    /// The values of the match that has this literal in it.
    pub fn values(&self, literal: &Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let (literal, first) = (literal.clone(), self.found.partition_point(|(whole, _)| whole.end < literal.end));
        let near = self.found.iter().skip(first);
        near.take_while(move |(whole, _)| whole.start <= literal.start).map(|(_, value)| value.clone())
    }
}

/// The window of a literal, if it has the digits that its pattern may need.
fn window(text: &str, literal: &Range<usize>, pattern: &Pattern) -> Option<Range<usize>> {
    let window = around(text, literal);
    pattern.has_digits(text.get(window.clone())?).then_some(window)
}

/// As much around a place as is looked at.
fn around(text: &str, at: &Range<usize>) -> Range<usize> {
    let from = text.floor_char_boundary(at.start.saturating_sub(REACH.0));
    from..text.ceil_char_boundary((at.end + REACH.1).min(text.len()))
}

/// A text without what is not seen (soft hyphens, spaces of no width), and where each of its bytes stands. `None`: all of
/// it is seen.
pub fn visible(text: &str) -> Option<(String, Vec<usize>)> {
    // Their first bytes tell that most texts have none.
    if memchr::memchr3(0xC2, 0xE2, 0xEF, text.as_bytes()).is_none() || !text.contains(is_invisible) {
        return None;
    }
    let (mut shown, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    for (at, c) in text.char_indices().filter(|(_, c)| !is_invisible(*c)) {
        shown.push(c);
        places.extend(at..at + c.len_utf8());
    }
    Some((shown, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    /// Against the pattern itself, tried over the window.
    #[test]
    fn what_is_found_is_what_the_pattern_finds_in_the_window() {
        let patterns = [
            r"\bsent\b.{1,200}?\b(?P<v>\d{6})\b",
            r"\bsent\b[^\n]{1,280}?(?P<v>[A-Z]{2}\d{2})\b",
            r"(?i)\bsent (?P<v>[a-z0-9]+?)\b",
            r"sent(?: en|er)?: ?(?P<v>\d{2}\b|\d{3}[^\n]{90}\d)",
        ]
        .map(Pattern::new);
        let parts = [
            "sent",
            "Sent ",
            "sent: ",
            "sent en: ",
            "123456",
            "1234567",
            "AB12",
            "ab",
            "12",
            "345",
            " ",
            ". ",
            "\n",
            "å",
            "en lang sætning uden tal i sig som fylder ",
            "abcdefghijklmnopqrstuvwxyz",
        ];
        let mut random = random(11);
        let mut matched = 0;
        for _ in 0..20_000 {
            let text: String = (0..random(16)).map(|_| parts[random(parts.len())]).collect();
            let literals: Vec<_> = text.match_indices("sent").map(|(at, word)| at..at + word.len()).collect();
            for pattern in &patterns {
                let Some(first) = literals.first() else { continue };
                let Some(all) = window(&text, first, pattern) else { continue };
                let windows = Windows::of(&text, [first.clone()].iter(), pattern);
                let caught = pattern.regex().unwrap().captures_iter(&text[all.clone()]);
                let expected: Vec<_> = caught
                    .map(|caught| (caught.get_match().unwrap().range(), caught.get_group_by_name("v").unwrap().range()))
                    .map(|(whole, v)| {
                        (all.start + whole.start..all.start + whole.end, all.start + v.start..all.start + v.end)
                    })
                    .take_while(|(whole, _)| whole.start < first.end)
                    .collect();
                matched += expected.len();
                assert_eq!(windows.found, expected, "{text:?}");
            }
        }
        assert!(matched > 1000, "{matched}");
    }
}
