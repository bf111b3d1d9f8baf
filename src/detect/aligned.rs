//! Headers of tables in plain text whose columns are parted by spaces: `Reg.nr.  Kontonr.` above `4711     1234567890`.
//!
//! In: a text and where a value stands in it, in the order of the text. Out: the header above the value. Tables with
//! delimiters are `extract`'s.

use std::ops::Range;
use std::sync::Arc;

use crate::detect::cells::line_before;

/// Rows and headers are no longer, in bytes,
const LINE: usize = 400;
/// and so many rows belong to a header.
const ROWS: usize = 2000;
/// A header of one column has no more bytes.
const LABEL: usize = 48;
/// A header has no number of so many digits.
const DIGITS: usize = 4;

/// The table that was looked at last.
#[derive(Default)]
pub struct Aligned {
    /// Where the rows that were looked at end.
    read: usize,
    /// Its header: where each cell begins, in characters, and what it says.
    header: Vec<(usize, Arc<str>)>,
    rows: usize,
}

impl Aligned {
    /// The header above the value at `at`, which begins a cell. Values come in the order of the text.
    pub fn label(&mut self, text: &str, at: &Range<usize>) -> Option<Arc<str>> {
        let row = line_before(text, at.start, LINE);
        // The value begins its line, and two spaces stand behind it, or before it.
        let first = || row.trim().is_empty() && text.get(at.end..).is_some_and(|rest| rest.starts_with("  "));
        if !(row.ends_with("  ") && !row.trim().is_empty() || first()) {
            return None;
        }
        let begin = at.start - row.len();
        self.read_to(text, begin);
        let column = row.chars().count();
        // Numbers may stand a little to the right of their header.
        let (_, label) = self.header.iter().rfind(|(start, _)| *start <= column + 1)?;
        Some(Arc::clone(label))
    }

    /// Looks at the lines before a row.
    fn read_to(&mut self, text: &str, begin: usize) {
        if begin < self.read {
            return;
        }
        // Of what is long ago nothing is known.
        let near = text.ceil_char_boundary(begin.saturating_sub(LINE * 8));
        if near > self.read {
            self.read = text.get(near..begin).and_then(|lines| lines.find('\n')).map_or(begin, |end| near + end + 1);
            self.header.clear();
        }
        for line in text.get(self.read..begin).unwrap_or_default().split_inclusive('\n') {
            self.line(line.trim_end());
        }
        self.read = begin;
    }

    fn line(&mut self, line: &str) {
        self.rows += 1;
        let apart = line.len() < LINE && memchr::memmem::find(line.trim_start().as_bytes(), b"  ").is_some();
        if !self.header.is_empty() {
            let rule = || line.len() > 2 && line.bytes().all(|b| b"-=+ ".contains(&b));
            // A row goes on, anything else ends the table.
            if self.rows > ROWS || !apart && !rule() {
                self.header.clear();
            }
        } else if apart && line.as_bytes().split(|b| !b.is_ascii_digit()).all(|run| run.len() < DIGITS) {
            self.header = cells(line);
            self.rows = 0;
        }
    }
}

/// The cells of a line: where they begin, in characters.
fn cells(line: &str) -> Vec<(usize, Arc<str>)> {
    let mut column = 0;
    let mut cells = Vec::new();
    for part in line.split("  ") {
        let cell = part.trim();
        if !cell.is_empty() && cell.len() <= LABEL {
            let lead = part.chars().take_while(|c| *c == ' ').count();
            cells.push((column + lead, Arc::from(cell)));
        }
        column += part.chars().count() + 2;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_above() {
        let text = "Navn          Reg.nr.  Kontonr.\n------------------------------\nBo Vik        4711     1234567890\n\
                    Åse Moen      4712     1234567891\nSlut\nBo  4713     1234567892\n";
        let mut aligned = Aligned::default();
        let mut label = |value: &str| {
            let at = text.find(value).unwrap();
            aligned.label(text, &(at..at + value.len())).map(|label| label.to_string())
        };
        assert_eq!(label("4711").as_deref(), Some("Reg.nr."));
        assert_eq!(label("1234567890").as_deref(), Some("Kontonr."));
        assert_eq!(label("1234567891").as_deref(), Some("Kontonr."));
        assert_eq!(label("1234567892"), None);
    }
}
