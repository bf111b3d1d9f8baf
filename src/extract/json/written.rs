//! What was read of JSON: text and marks.
//!
//! In: keys and values with their places. Out: text in pieces, with its cells and places. How they are read is `json`'s.

use std::ops::Range;
use std::sync::Arc;

use crate::extract::Out;
use crate::extract::json::keys::{Key, Keys};
use crate::extract::marked::{MARKS, PIECE, Place, STRIDE, advance, pieces};
use crate::item::Fault;
use crate::record::Position;

/// A place in the file, for what was written from `at` on.
pub struct Mark {
    /// The first byte of the text that it is of.
    pub at: usize,
    /// Its line, and
    pub line: u64,
    /// its column.
    pub column: u64,
    /// What stands there stands under this key.
    pub key: Key,
}

/// The text handed over next. A [`Marked`](crate::extract::Marked) of small marks: JSON has one for every word or two.
#[derive(Default)]
pub struct Written {
    /// It.
    pub text: String,
    marks: Vec<Mark>,
}

impl Written {
    /// What follows stands here.
    #[inline]
    pub fn mark(&mut self, mark: Mark) {
        match self.marks.last_mut() {
            Some(last) if last.at == mark.at => *last = mark,
            _ => self.marks.push(mark),
        }
    }

    /// Adds what is short and stands right behind a mark.
    #[inline]
    pub fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds text; if the last mark is far, with another one behind it.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(last) = self.marks.last()
            && last.at + STRIDE <= self.text.len()
        {
            let (line, column) = self.from(last, self.text.len());
            self.marks.push(Mark { at: self.text.len(), line, column, key: last.key });
        }
    }

    /// Ends the line, if something stands on it.
    #[inline]
    pub fn end_line(&mut self) {
        // A byte, not a text: comparing what was just written with more than that waits for it.
        if self.text.as_bytes().last().is_some_and(|last| *last != b'\n') {
            self.text.push('\n');
        }
    }

    /// Hands it over in pieces.
    pub fn give(&self, keys: &Keys, out: &mut Out<'_>) -> Result<(), Fault> {
        let cells =
            |own: &Range<usize>, wanted: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(Range<usize>, &Arc<str>)| {
                self.cells(own, keys, wanted, each);
            };
        pieces(&self.text, &|at| self.place(at, keys), &cells, false, out)
    }

    /// Enough for a piece.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.text.len() >= PIECE || self.marks.len() >= MARKS
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.text.clear();
        self.marks.clear();
    }

    /// Line and column of a byte behind a mark.
    fn from(&self, mark: &Mark, at: usize) -> (u64, u64) {
        let (lines, column) = advance(self.text.get(mark.at..at).unwrap_or_default());
        (mark.line + lines, if lines == 0 { mark.column + column } else { 1 + column })
    }

    /// The values in a part of the text under a key that is wanted: from a mark to the next, or to a tab or line end.
    fn cells(
        &self,
        own: &Range<usize>,
        keys: &Keys,
        wanted: &dyn Fn(&str) -> bool,
        each: &mut dyn FnMut(Range<usize>, &Arc<str>),
    ) {
        // Most marks stand under no such key: each is asked of once.
        let known: Vec<Option<&Arc<str>>> =
            keys.labels().map(|label| Some(label).filter(|label| wanted(label))).collect();
        if known.iter().all(Option::is_none) {
            return;
        }
        let first = self.marks.partition_point(|mark| mark.at < own.start);
        let marks = self.marks.get(first..).unwrap_or_default();
        let ends = marks.iter().skip(1).map(|mark| mark.at).chain([self.text.len()]);
        for (mark, end) in marks.iter().zip(ends).take_while(|(mark, _)| mark.at < own.end) {
            let label = mark.key.index().and_then(|at| known.get(at).copied().flatten());
            let Some(label) = label else { continue };
            let cell = self.text.get(mark.at..end).unwrap_or_default();
            let length = cell.find(['\t', '\n']).unwrap_or(cell.len());
            each(mark.at..mark.at + length, label);
        }
    }

    /// The place of a byte of it.
    pub fn place(&self, at: usize, keys: &Keys) -> Place {
        let index = self.marks.partition_point(|mark| mark.at <= at);
        let Some(mark) = index.checked_sub(1).and_then(|i| self.marks.get(i)) else { return Place::default() };
        let (line, column) = self.from(mark, at);
        let position = Position { line: Some(line), column: Some(column), ..Position::default() };
        Place { position, label: keys.label(mark.key) }
    }
}
