//! Values that wait until their item has been read, in as little memory as they need: tens of thousands do.
//!
//! In: what a value may be, and what a report would show of it. Out: the same. What all have is side by side in a few
//! long lists, not in a box each. Deliberately elsewhere: which values wait, and for what (`held`).

use std::ops::Range;

use crate::detect::{Candidate, Reading};
use crate::mask::MASKED;
use crate::record::Position;

/// Stands for [`MASKED`], which is three bytes long and most of a context.
pub const HIDDEN: char = '\u{1}';

/// Values, in the order in which they came.
#[derive(Default)]
pub struct Waiting {
    entries: Vec<Entry>,
    readings: Vec<Reading>,
    /// Values as written, each with its context behind it.
    text: String,
    /// Positions that are more than a line and a column.
    positions: Vec<Position>,
}

/// A value.
pub struct Entry {
    /// Under what it stands.
    pub column: usize,
    /// How often it stood there.
    pub count: u64,
    readings: Range<u32>,
    shown: Option<Shown>,
}

/// Where that is which a report shows of a value.
#[derive(Clone, Copy)]
struct Shown {
    begin: usize,
    value: u32,
    context: u32,
    at: Spot,
    /// Its context has [`HIDDEN`] for [`MASKED`].
    hidden: bool,
}

/// A position.
#[derive(Clone, Copy)]
enum Spot {
    Line(u32, u32),
    /// One that is kept as it is.
    Kept(u32),
}

/// What a report shows of a value.
pub struct Report<'w> {
    /// As it stands there.
    pub value: &'w str,
    /// Where.
    pub position: Position,
    /// Among what.
    pub context: String,
}

impl Waiting {
    /// How many values.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// All of them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One of them.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut Entry> {
        self.entries.get_mut(number)
    }

    /// What one of them may be.
    pub fn readings(&self, entry: &Entry) -> &[Reading] {
        self.readings.get(entry.readings.start as usize..entry.readings.end as usize).unwrap_or_default()
    }

    /// Adds a value. `shown`: a report shows it, in full (`Some(true)`) or masked; else it is only counted.
    pub fn add(&mut self, candidate: Candidate<'_>, column: usize, shown: Option<bool>) {
        let shown = shown.map(|reveal| self.keep(&candidate, reveal));
        let readings = append(&mut self.readings, candidate.readings);
        self.entries.push(Entry { column, count: 1, readings, shown });
    }

    /// One of them stands elsewhere too, and there says more of what it may be.
    pub fn replace(&mut self, number: usize, readings: Vec<Reading>, column: usize) {
        let Some(entry) = self.entries.get_mut(number) else { return };
        entry.column = column;
        let held = self.readings.get_mut(entry.readings.start as usize..entry.readings.end as usize);
        match held.filter(|held| held.len() == readings.len()) {
            Some(held) => held.iter_mut().zip(readings).for_each(|(held, reading)| *held = reading),
            None => entry.readings = append(&mut self.readings, readings),
        }
    }

    fn keep(&mut self, candidate: &Candidate<'_>, reveal: bool) -> Shown {
        let (begin, value) = (self.text.len(), candidate.value);
        self.text.push_str(value);
        let hidden = !candidate.stands_among(HIDDEN as u8);
        candidate.context(reveal, if hidden { HIDDEN } else { MASKED }, &mut self.text);
        // A piece of text is far shorter than four gigabytes.
        let context = (self.text.len() - begin - value.len()) as u32;
        let at = self.spot(&candidate.place.position);
        Shown { begin, value: value.len() as u32, context, at, hidden }
    }

    fn spot(&mut self, position: &Position) -> Spot {
        let few = |n: Option<u64>| n.and_then(|n| u32::try_from(n).ok());
        if let Some((line, column)) = few(position.line).zip(few(position.column))
            && *position == in_line(line, column)
        {
            return Spot::Line(line, column);
        }
        self.positions.push(position.clone());
        Spot::Kept(self.positions.len() as u32 - 1)
    }

    /// What a report shows of a value; `None` where it is only counted.
    pub fn report(&self, entry: &Entry) -> Option<Report<'_>> {
        let shown = entry.shown?;
        let middle = shown.begin + shown.value as usize;
        let context = self.text.get(middle..middle + shown.context as usize).unwrap_or_default();
        Some(Report {
            value: self.text.get(shown.begin..middle).unwrap_or_default(),
            position: match shown.at {
                Spot::Line(line, column) => in_line(line, column),
                Spot::Kept(number) => self.positions.get(number as usize).cloned().unwrap_or_default(),
            },
            context: if shown.hidden { unhidden(context) } else { context.to_owned() },
        })
    }
}

/// A context with [`MASKED`] again.
fn unhidden(context: &str) -> String {
    const RUN: &str = "••••••••••••••••";
    let width = MASKED.len_utf8();
    let mut whole = String::with_capacity(context.len() * width);
    let mut rest = context;
    while !rest.is_empty() {
        let hidden = rest.bytes().take(RUN.len() / width).take_while(|byte| *byte == HIDDEN as u8).count();
        whole.push_str(RUN.get(..hidden * width).unwrap_or_default());
        rest = rest.get(hidden..).unwrap_or_default();
        let shown = rest.bytes().position(|byte| byte == HIDDEN as u8).unwrap_or(rest.len());
        let (shown, behind) = rest.split_at_checked(shown).unwrap_or((rest, ""));
        whole.push_str(shown);
        rest = behind;
    }
    whole
}

/// Adds readings to others; where they are.
fn append(all: &mut Vec<Reading>, readings: Vec<Reading>) -> Range<u32> {
    let begin = all.len() as u32;
    all.extend(readings);
    begin..all.len() as u32
}

/// A line and a column.
fn in_line(line: u32, column: u32) -> Position {
    Position { line: Some(line.into()), column: Some(column.into()), ..Position::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Place;

    #[test]
    fn what_is_shown_is_what_was_kept() {
        let mut waiting = Waiting::default();
        let sheet = Position { sheet: Some("Løn".into()), ..in_line(3, 1) };
        let far = Position { line: Some(1 << 40), ..in_line(0, 7) };
        let shown = [
            ("cpr\t010190-1234  på", 4..15, in_line(2, 5), "cpr ••••••-•••• på"),
            ("7\u{1}8 en gammel fil", 7..13, sheet, "•\u{1}• en •••••• fil"),
            ("", 0..0, far, ""),
            ("\n b 9 Åse a@b.dk\n", 2..3, Position::default(), "• • Åse •@•.••"),
        ];
        let candidate = |(text, at, position, _): &(&'static str, Range<usize>, Position, &str)| Candidate {
            readings: Vec::new(),
            value: text.get(at.clone()).unwrap(),
            place: Place { position: position.clone(), label: None },
            text,
            at: at.clone(),
            others: Box::leak(Box::new([at.clone()])),
        };
        for one in &shown {
            waiting.add(candidate(one), 0, Some(false));
        }
        waiting.add(candidate(&shown[0]), 0, None);
        let kept: Vec<_> = waiting.entries().iter().map(|entry| waiting.report(entry)).collect();
        assert_eq!(kept.len(), 5);
        assert!(kept[4].is_none());
        for (kept, (text, at, position, context)) in kept.iter().flatten().zip(&shown) {
            assert_eq!((kept.value, &kept.position, kept.context.as_str()), (&text[at.clone()], position, *context));
        }
    }
}
