//! The cells of one sheet → text, with the place of each.

use std::ops::Range;
use std::sync::Arc;

use crate::extract::Out;
use crate::extract::headers::{Headers, cell_name};
use crate::extract::marked::{PIECE, Place, cells_at, pieces};
use crate::item::Fault;
use crate::record::Position;

/// The text of one sheet, while its cells come in, row by row.
pub struct Cells<'n> {
    sheet: &'n str,
    text: String,
    marks: Vec<Mark>,
    headers: Headers,
    row: Option<u32>,
}

/// A cell: where its text begins, its row and column, what it stands under.
struct Mark {
    at: usize,
    row: u32,
    column: u32,
    label: Option<Arc<str>>,
}

impl<'n> Cells<'n> {
    /// An empty sheet.
    pub fn new(sheet: &'n str) -> Self {
        Self { sheet, text: String::new(), marks: Vec::new(), headers: Headers::default(), row: None }
    }

    /// Adds a cell. Rows and columns count from 0. Hands over what there is when it is much.
    pub fn cell(&mut self, row: u32, column: u32, text: &str, out: &mut Out<'_>) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        match self.row {
            Some(current) if current == row => self.text.push('\t'),
            Some(current) => {
                self.headers.end_row();
                if row > current.saturating_add(1) {
                    self.headers.end_row(); // an empty one
                }
                self.text.push('\n');
                if self.text.len() >= PIECE {
                    self.hand(out)?;
                }
            }
            None => {}
        }
        self.row = Some(row);
        self.marks.push(Mark { at: self.text.len(), row, column, label: self.headers.label(column) });
        self.text.push_str(text);
        self.headers.cell(column, text);
        // One row can be long as well.
        if self.text.len() >= 2 * PIECE { self.hand(out) } else { Ok(()) }
    }

    /// Hands over the rest.
    pub fn emit(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.hand(out)
    }

    fn hand(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        let place = |at: usize| {
            let index = self.marks.partition_point(|mark| mark.at <= at);
            let Some(mark) = index.checked_sub(1).and_then(|i| self.marks.get(i)) else { return Place::default() };
            let (sheet, cell) = (Some(self.sheet.into()), Some(cell_name(mark.row, mark.column)));
            Place { position: Position { sheet, cell, ..Position::default() }, label: mark.label.clone() }
        };
        let cells = |own: &Range<usize>, wanted: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(_, &Arc<str>)| {
            let first = self.marks.partition_point(|mark| mark.at < own.start);
            let marks = self.marks.iter().skip(first).map(|mark| (mark.at, mark.label.as_ref()));
            cells_at(&self.text, marks, own, wanted, each);
        };
        let ended = pieces(&self.text, &place, &cells, true, out);
        self.text.clear();
        self.marks.clear();
        ended
    }
}
