//! What the cells of a table stand under: the header row, found while the rows go by.
//!
//! In: cells, row by row. Out: the label of a column. The header is the first row of a table that has names and no
//! data; a title above it does not count, and after an empty row a new one may follow.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

/// A label is a name, not a paragraph.
const LONGEST: usize = 120;
/// From this many digits on, a cell holds data: `Telefon 2` and `2019` may be headers, `20190` is not.
const DIGITS: usize = 5;

/// The columns of one table.
#[derive(Debug, Default)]
pub struct Headers {
    /// By their columns.
    labels: Vec<(u32, Arc<str>)>,
    row: Vec<(u32, Arc<str>)>,
    filled: usize,
    data: bool,
    settled: bool,
}

impl Headers {
    /// A cell of the current row.
    pub fn cell(&mut self, column: u32, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        if self.settled {
            return;
        }
        self.data |= text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS;
        if text.len() <= LONGEST && text.chars().any(char::is_alphabetic) {
            self.row.push((column, text.into()));
        }
    }

    /// The current row has ended.
    pub fn end_row(&mut self) {
        let mut row = std::mem::take(&mut self.row);
        if self.filled == 0 {
            self.settled = false;
        } else if !self.settled {
            let named = !self.data && row.len() * 2 > self.filled;
            self.settled = !named || self.filled > 1;
            if named {
                row.sort_by_key(|(column, _)| *column);
                self.labels = row;
            }
        }
        (self.filled, self.data) = (0, false);
    }

    /// What a column is called.
    pub fn label(&self, column: u32) -> Option<Arc<str>> {
        // In most tables all columns have one.
        let there = self.labels.get(column as usize).filter(|(of, _)| *of == column);
        let found = || self.labels.get(self.labels.binary_search_by_key(&column, |(of, _)| *of).ok()?);
        there.or_else(found).map(|(_, label)| Arc::clone(label))
    }
}

/// A cell's name: `B12`. Both count from 0.
pub fn cell_name(row: u32, column: u32) -> CompactString {
    // From its end; 32 bits have ten digits at most, and seven letters.
    let mut name = SmallVec::<[u8; 17]>::new();
    let mut rest = u64::from(row) + 1;
    while rest > 0 {
        name.push(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        name.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    name.reverse();
    CompactString::from_utf8(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Headers {
        let mut headers = Headers::default();
        for row in rows {
            for (column, text) in row.iter().enumerate() {
                headers.cell(column as u32, text);
            }
            headers.end_row();
        }
        headers
    }

    #[test]
    fn the_header_is_the_row_of_names() {
        let label = |of: &Headers, column| of.label(column).map(|label| label.to_string());
        let below_title = rows(&[&["Ansatte 2019"], &["Navn", "CPR"], &["Ida", "010190-1234"], &["Per", "København"]]);
        assert_eq!(label(&below_title, 1).as_deref(), Some("CPR"));
        assert_eq!(label(&rows(&[&["Ida", "010190-1234"], &["Per", "Oslo"]]), 1), None);
        assert_eq!(label(&rows(&[&["CPR"], &["010190-1234"]]), 0).as_deref(), Some("CPR"));
        let second = rows(&[&["Navn", "CPR"], &["Ida", "010190-1234"], &[""], &["Konto", "Beløb"], &["1234567", "8"]]);
        assert_eq!(label(&second, 0).as_deref(), Some("Konto"));
    }

    #[test]
    fn cells_are_named_as_excel_does() {
        assert_eq!(
            [cell_name(0, 0), cell_name(11, 25), cell_name(0, 26), cell_name(1, 16_383)],
            ["A1", "Z12", "AA1", "XFD2"]
        );
    }
}
