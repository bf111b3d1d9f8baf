//! Terms that count by where they stand: members beside what ties them to somebody, values of fields, cells of a list.
//!
//! In: the dictionary's sights of a piece. Out: the same, with what their surroundings make of them.

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::cells;
use crate::detect::language::Tongues;
use crate::detect::person::Sight;
use crate::detect::special::sentence::sentence;
use crate::detect::special::{LIST_OF_MEMBERS, MANY, Piece, REACH, TIE_REACH, around, within};
use crate::detect::words::Meaning;

/// The sights with what its surroundings make a keyword: a member near its tie, and the value of a field, of which those
/// that are keywords already are strong.
pub fn telling<'p>(piece: &Piece<'p>) -> Cow<'p, [Sight]> {
    let Piece { text, sights, people, fields, .. } = *piece;
    if fields.is_empty() && !sights.iter().any(|s| matches!(s.meaning, Meaning::Member(..))) {
        return Cow::Borrowed(sights);
    }
    let field = |at: &Range<usize>, detector: u16| {
        let before = fields.partition_point(|field| field.at.start <= at.start);
        let nearest = fields.iter().take(before).rev().take(MANY).find(|field| field.detector == detector);
        nearest.is_some_and(|field| at.end <= field.at.end)
    };
    let tied = |at: &Range<usize>, detector: u16| {
        let mut ties = around(sights, at, TIE_REACH)
            .filter(|s| s.meaning == Meaning::Tie(detector) && (s.at.end <= at.start || s.at.start >= at.end))
            .peekable();
        let sentence = ties.peek().is_some().then(|| sentence(text, at));
        sentence.is_some_and(|sentence| ties.any(|tie| tie.at.end > sentence.start && tie.at.start < sentence.end))
    };
    // A list of members: each in a cell of its own on somebody's line, in a text about membership or with others.
    let listed = |at: &Range<usize>, detector: u16| {
        if !cells::fills(text, at) || !on_line(text, at, people) {
            return false;
        }
        let of = |meaning: Meaning| matches!(meaning, Meaning::Tie(d) | Meaning::Label(d) | Meaning::Keyword(d, true, _) if d == detector);
        let apart = |s: &&Sight| s.at.end <= at.start || s.at.start >= at.end;
        let others = || {
            around(sights, at, LIST_OF_MEMBERS)
                .filter(apart)
                .filter(|s| matches!(s.meaning, Meaning::Member(d, _) | Meaning::Keyword(d, ..) if d == detector))
                .filter(|s| cells::fills(text, &s.at))
        };
        let word = |at: &Range<usize>| text.get(at.clone()).unwrap_or_default();
        // `FI` in a column of countries is no party.
        let different = || at.len() > 2 && others().any(|s| word(&s.at) != word(at)) && others().nth(1).is_some();
        around(sights, at, LIST_OF_MEMBERS).filter(apart).any(|s| of(s.meaning)) || different()
    };
    let mut telling: Vec<Sight> = Vec::with_capacity(sights.len() + fields.len());
    for sight in sights {
        let meaning = match sight.meaning {
            // What stands in such a field is what its label says, in any language.
            Meaning::Keyword(detector, ..) | Meaning::Member(detector, _)
                if !fields.is_empty() && field(&sight.at, detector) =>
            {
                Meaning::Keyword(detector, true, Tongues::default())
            }
            Meaning::Member(detector, tongues) if tied(&sight.at, detector) => {
                Meaning::Keyword(detector, true, tongues)
            }
            Meaning::Member(detector, _) | Meaning::Keyword(detector, true, _) if listed(&sight.at, detector) => {
                Meaning::Keyword(detector, true, Tongues::default())
            }
            meaning => meaning,
        };
        telling.push(Sight { at: sight.at.clone(), meaning });
    }
    let keyword = |s: &Sight, wanted: u16| matches!(s.meaning, Meaning::Keyword(d, ..) if d == wanted);
    let new: Vec<Sight> = fields
        .iter()
        .filter(|field| !field.hint)
        .filter(|field| {
            let (start, end) = (field.at.start, field.at.end);
            !around(&telling, &field.at, 0).any(|s| keyword(s, field.detector) && s.at.start < end && s.at.end > start)
        })
        .map(|field| Sight {
            at: field.at.clone(),
            meaning: Meaning::Keyword(field.detector, true, Tongues::default()),
        })
        .collect();
    if !new.is_empty() {
        telling.extend(new);
        telling.sort_by_key(|s| (s.at.start, s.at.end));
    }
    Cow::Owned(telling)
}

/// It stands in a heading: each of the next two lines that say something names somebody.
pub fn heads_list(text: &str, at: &Range<usize>, people: &[Range<usize>]) -> bool {
    let near = text.as_bytes().get(at.end..text.len().min(at.end + REACH - 1)).unwrap_or_default();
    let Some(end) = memchr::memchr(b'\n', near) else { return false };
    let mut begin = at.end + end + 1;
    let lines = text.get(begin..).unwrap_or_default().split_inclusive('\n').map(|line| {
        begin += line.len();
        (begin - line.len()..begin, line)
    });
    let named = |line: Range<usize>| {
        let from = people.partition_point(|person| person.end <= line.start);
        people.get(from).is_some_and(|person| person.start < line.end)
    };
    let mut behind = lines.filter(|(_, line)| !line.trim().is_empty()).take(2).map(|(line, _)| named(line));
    behind.next() == Some(true) && behind.next() == Some(true)
}

/// Somebody stands on its line.
fn on_line(text: &str, at: &Range<usize>, people: &[Range<usize>]) -> bool {
    within(people, at, REACH).any(|person| {
        let gap = if person.end <= at.start { person.end..at.start } else { at.end..person.start };
        text.get(gap).is_some_and(|gap| !gap.contains('\n'))
    })
}
