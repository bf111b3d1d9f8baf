//! The cells of one sheet → text, with the place of each.

use crate::extract::Out;
use crate::extract::headers::{Headers, cell_name};
use crate::extract::marked::{Marked, PIECE, Place};
use crate::item::Fault;
use crate::record::Position;

/// The text of one sheet, while its cells come in, row by row.
pub struct Cells<'n> {
    sheet: &'n str,
    text: Marked,
    headers: Headers,
    row: Option<u32>,
}

impl<'n> Cells<'n> {
    /// An empty sheet.
    pub fn new(sheet: &'n str) -> Self {
        Self { sheet, text: Marked::new(), headers: Headers::default(), row: None }
    }

    /// Adds a cell. Rows and columns count from 0. Hands over what there is when it is much.
    pub fn cell(&mut self, row: u32, column: u32, text: &str, out: &mut Out<'_>) -> Result<(), Fault> {
        if text.is_empty() {
            return Ok(());
        }
        match self.row {
            Some(current) if current == row => self.text.push("\t"),
            Some(current) => {
                self.headers.end_row();
                if row > current.saturating_add(1) {
                    self.headers.end_row(); // an empty one
                }
                self.text.push("\n");
                if self.text.len() >= PIECE {
                    self.text.emit(out)?;
                }
            }
            None => {}
        }
        self.row = Some(row);
        let position =
            Position { sheet: Some(self.sheet.to_owned()), cell: Some(cell_name(row, column)), ..Position::default() };
        self.text.mark(Place { position, label: self.headers.label(column) });
        self.text.push(text);
        self.headers.cell(column, text);
        // One row can be long as well.
        if self.text.len() >= 2 * PIECE { self.text.emit(out) } else { Ok(()) }
    }

    /// Hands over the rest.
    pub fn emit(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        self.text.end_line();
        self.text.emit(out)
    }
}
