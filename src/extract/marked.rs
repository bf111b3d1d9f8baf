//! Text with marks: what stands where, so that a finding can be gone to.
//!
//! Extractors of structured formats write text and marks into a [`Marked`]; a detector sees [`Text`] pieces of at most
//! [`PIECE`] bytes, each with context before and after, and asks for a [`Place`] only where it has found something.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use crate::extract::Out;
use crate::item::Fault;
use crate::record::Position;

/// The largest piece of text that detectors see at once, in bytes.
pub const PIECE: usize = 256 << 10;
/// How much of its surroundings a piece carries on either side, in bytes.
pub const CONTEXT: usize = 1 << 10;

/// How many marks a text under construction holds before it is [`Marked::full`]: a mark costs more than a word.
pub const MARKS: usize = 1 << 16;

/// How far from its mark, in bytes, a place is counted on.
pub const STRIDE: usize = 4 << 10;

/// How many labels of a text are remembered while its cells are gone through.
const KNOWN: usize = 64;

/// Where something stands, and under what label: a column header, a JSON key, a form field.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Place {
    /// The position a person can go to.
    pub position: Position,
    /// What the value is called there.
    pub label: Option<Arc<str>>,
}

/// A piece of text.
pub struct Text<'a> {
    /// The piece with its context.
    pub str: &'a str,
    /// The part that is its own: a finding belongs to the piece in which its first byte lies.
    pub own: Range<usize>,
    /// The place of a byte of `str`. Asked for candidates only.
    pub place: &'a dyn Fn(usize) -> Place,
    /// The cells that stand under labels.
    pub cells: Cells<'a>,
    /// They are those of a table, row after row, each on its line with nothing but delimiters around them.
    pub rows: bool,
}

impl Text<'_> {
    /// A text by itself, in this part.
    pub fn alone<T>(text: &str, part: &'static str, take: impl FnOnce(Text<'_>) -> T) -> T {
        let position = Position { part: Some(part.into()), ..Position::default() };
        let place = |_| Place { position: position.clone(), label: None };
        take(Text { str: text, own: 0..text.len(), place: &place, cells: &|_, _, _| {}, rows: false })
    }

    /// Hands over a part as a text: of what stands in `all` that in `own` is its own.
    pub fn part<T>(&self, own: Range<usize>, all: Range<usize>, take: impl FnOnce(Text<'_>) -> T) -> T {
        let from = all.start;
        take(Text {
            str: self.str.get(all).unwrap_or_default(),
            own: own.start - from..own.end - from,
            place: &|at| (self.place)(from + at),
            cells: &|part, wanted, each| {
                let part = part.start + from..part.end + from;
                (self.cells)(&part, wanted, &mut |at, label| each(at.start - from..at.end - from, label));
            },
            rows: self.rows,
        })
    }
}

/// Calls back with the cells of a table in a part of a text, whole lines of it, that stand under a label for which the
/// first function holds.
pub type Cells<'a> = &'a dyn Fn(&Range<usize>, &dyn Fn(&str) -> bool, &mut dyn FnMut(Range<usize>, &Arc<str>));

/// Text under construction. Between cells, fields and the like write a tab; between lines and paragraphs a newline:
/// numbers are not put together over them unless a label asks for it.
#[derive(Debug, Default)]
pub struct Marked {
    text: String,
    marks: Vec<(usize, Place)>,
}

impl Marked {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What follows stands here. A place with a line is counted on from: later lines and columns follow by themselves.
    pub fn mark(&mut self, place: Place) {
        let at = self.text.len();
        match self.marks.last_mut() {
            Some(last) if last.0 == at => last.1 = place,
            _ => self.marks.push((at, place)),
        }
    }

    /// What follows stands at this position, under no label.
    pub fn at(&mut self, position: Position) {
        self.mark(Place { position, label: None });
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some((near, far)) =
            rest.split_at_checked(rest.floor_char_boundary(STRIDE)).filter(|_| rest.len() > STRIDE)
        {
            self.text.push_str(near);
            self.remark();
            rest = far;
        }
        self.text.push_str(rest);
        self.remark();
    }

    /// Keeps marks near, so that the place of something in a long line is not counted from far away each time.
    fn remark(&mut self) {
        let far = |(start, place): &(usize, Place)| place.position.line.is_some() && start + STRIDE <= self.text.len();
        if self.marks.last().is_some_and(far) {
            let here = self.place(self.text.len());
            self.marks.push((self.text.len(), here));
        }
    }

    /// Adds text and then a newline, unless there is one.
    pub fn line(&mut self, text: &str) {
        self.push(text);
        self.end_line();
    }

    /// Adds a value behind the others of its row.
    pub fn cell(&mut self, place: Place, text: &str) {
        if !self.text.is_empty() && !self.text.ends_with(['\n', '\t']) {
            self.text.push('\t');
        }
        self.mark(place);
        self.push(text);
    }

    /// Ends the line, if something stands on it.
    pub fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Enough for a piece: a format that makes much text emits at the next good place.
    pub fn full(&self) -> bool {
        self.text.len() >= PIECE || self.marks.len() >= MARKS
    }

    /// What follows stands under this label, in the same part or page as what came before.
    pub fn label(&mut self, label: Option<Arc<str>>) {
        let position =
            self.marks.last().map(|(_, place)| Position { line: None, column: None, ..place.position.clone() });
        self.mark(Place { position: position.unwrap_or_default(), label });
    }

    /// Nothing was written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Hands over what was written, in pieces, and begins anew.
    pub fn emit(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        let place = |at: usize| self.place(at);
        let cells =
            |own: &Range<usize>, wanted: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(Range<usize>, &Arc<str>)| {
                self.cells(own, wanted, each);
            };
        let ended = pieces(&self.text, &place, &cells, false, out);
        self.text.clear();
        self.marks.clear();
        ended
    }

    /// The cells in a part of the text under a label that is wanted.
    fn cells(&self, own: &Range<usize>, wanted: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(Range<usize>, &Arc<str>)) {
        let first = self.marks.partition_point(|(start, _)| *start < own.start);
        let marks = self.marks.iter().skip(first).map(|(start, place)| (*start, place.label.as_ref()));
        cells_at(&self.text, marks, own, wanted, each);
    }

    fn place(&self, at: usize) -> Place {
        let index = self.marks.partition_point(|(start, _)| *start <= at);
        let Some((start, place)) = index.checked_sub(1).and_then(|i| self.marks.get(i)) else {
            return Place::default();
        };
        let mut place = place.clone();
        if let Some(line) = place.position.line {
            let (lines, column) = advance(self.text.get(*start..at).unwrap_or_default());
            place.position.line = Some(line + lines);
            place.position.column =
                place.position.column.map(|from| if lines == 0 { from + column } else { 1 + column });
        }
        place
    }
}

/// The cells that begin in a part of a text, under labels that are wanted: from a mark to the next, or to a tab or line end.
pub fn cells_at<'m>(
    text: &str,
    marks: impl Iterator<Item = (usize, Option<&'m Arc<str>>)> + Clone,
    own: &Range<usize>,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(Range<usize>, &Arc<str>),
) {
    // A column has one label, which is asked about once.
    let mut known: Vec<(&Arc<str>, bool)> = Vec::new();
    let mut is_wanted = |label: &'m Arc<str>| {
        if let Some((_, wanted)) = known.iter().find(|(known, _)| Arc::ptr_eq(known, label)) {
            return *wanted;
        }
        let wanted = wanted(label);
        if known.len() < KNOWN {
            known.push((label, wanted));
        }
        wanted
    };
    let ends = marks.clone().skip(1).map(|(start, _)| start).chain([text.len()]);
    for ((start, label), end) in marks.zip(ends).take_while(|((start, _), _)| *start < own.end) {
        let Some(label) = label.filter(|label| is_wanted(label)) else { continue };
        let cell = text.get(start..end).unwrap_or_default();
        each(start..start + cell.find(['\t', '\n']).unwrap_or(cell.len()), label);
    }
}

/// Counts lines and characters from some start to wherever it is asked for. Places are asked for in the order of the
/// text, so it goes on from where it stood: a piece with a thousand values is counted once, not a thousand times.
#[derive(Debug, Default)]
pub struct Walk(Cell<(usize, usize, u64, u64)>);

impl Walk {
    /// What [`advance`] says of `text[start..at]`.
    pub fn to(&self, text: &str, start: usize, at: usize) -> (u64, u64) {
        let at = text.floor_char_boundary(at);
        let (mut from, mut lines, mut column) = (start, 0, 0);
        if let (begun, stood, down, along) = self.0.get()
            && begun == start
            && (start..=at).contains(&stood)
        {
            (from, lines, column) = (stood, down, along);
        }
        let (more, along) = advance(text.get(from..at).unwrap_or_default());
        (lines, column) = (lines + more, if more == 0 { column + along } else { along });
        self.0.set((start, at, lines, column));
        (lines, column)
    }
}

/// How many lines a text goes down, and how many characters stand after the last line end.
pub fn advance(text: &str) -> (u64, u64) {
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
    let last = memchr::memrchr(b'\n', text.as_bytes()).map_or(text, |at| text.get(at + 1..).unwrap_or_default());
    (lines, last.chars().count() as u64)
}

/// The pieces of a text: of at most [`PIECE`] bytes, each with [`CONTEXT`] bytes before and after. The part that is its
/// own, and all of it.
fn cut(text: &str) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + '_ {
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = text.ceil_char_boundary((start + PIECE).min(text.len()));
        let from = text.floor_char_boundary(start.saturating_sub(CONTEXT));
        let to = text.ceil_char_boundary((end + CONTEXT).min(text.len()));
        let piece = (start..end, from..to);
        (std::mem::replace(&mut start, end) < end).then_some(piece)
    })
}

/// Announces the pieces that [`pieces`] will hand over.
pub fn announce(text: &str, out: &mut Out<'_>) -> Result<(), Fault> {
    cut(text).try_for_each(|(_, all)| out.soon(&text.get(all).unwrap_or_default().into()))
}

/// Hands over a text in pieces. `place` takes offsets in the whole text; `rows` says that it is a table.
pub fn pieces(
    text: &str,
    place: &dyn Fn(usize) -> Place,
    cells: Cells<'_>,
    rows: bool,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let whole = Text { str: text, own: 0..text.len(), place, cells, rows };
    cut(text).try_for_each(|(own, all)| whole.part(own, all, |piece| out.text(piece)))
}
