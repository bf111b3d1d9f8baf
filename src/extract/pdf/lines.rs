//! Runs of glyphs put into lines.
//!
//! In: the runs of a page, in the order of drawing. Out: its lines, cells and columns parted by tabs. A word that was
//! broken over two lines is put together in the first, column by column. Columns of text are read one by one (columns.rs).

use std::ops::Range;

use super::columns::read_down;
use super::text::{BACK, CELL, Run, SPACE};

/// A gap this wide parts columns that were not drawn line by line.
const COLUMN: f64 = 0.7;
/// How far two baselines may be apart within one line.
const LINE: f64 = 0.4;

/// The lines of a page whose runs these are, upright text first.
pub fn write(runs: &mut [Run], text: &str) -> String {
    runs.sort_by(|a, b| a.angle.cmp(&b.angle).then(a.v.total_cmp(&b.v)));
    let mut rest = runs;
    let mut lines = Vec::new();
    while let Some(first) = rest.first() {
        let (angle, v, size) = (first.angle, first.v, first.size);
        let fits = |run: &Run| run.angle == angle && run.v - v <= LINE * run.size.min(size);
        let n = rest.iter().position(|run| !fits(run)).unwrap_or(rest.len()).max(1);
        let (here, after) = rest.split_at_mut(n);
        here.sort_by(|a, b| a.u.start.total_cmp(&b.u.start));
        lines.extend(Some(Line::of(here, text)).filter(|line| !line.cells.is_empty()));
        rest = after;
    }
    let mut written = String::with_capacity(text.len() + text.len() / 8);
    let mut lines = read_down(lines).into_iter();
    let Some(mut above) = lines.next() else { return written };
    for mut line in lines {
        above.join(&mut line);
        above.write(&mut written);
        above = line;
    }
    above.write(&mut written);
    written
}

/// A line whose cells are known, kept until the one below it is: the end of its last word may stand there.
#[derive(Default)]
pub struct Line {
    pub angle: i32,
    text: String,
    pub cells: Vec<Cell>,
}

/// What stands between two gaps as wide as columns'.
pub struct Cell {
    /// Where it begins and ends in its line.
    pub u: Range<f64>,
    text: Range<usize>,
    /// How much of the page's text was drawn before it.
    pub drawn: usize,
    /// The end of its last word, which stood in the line below.
    broken: Option<String>,
}

impl Line {
    /// Runs that stand on one line, sorted, with what their gaps mean between them.
    fn of(runs: &[Run], text: &str) -> Self {
        let mut line = Self::default();
        let mut before: Option<(&Run, &str)> = None;
        for run in runs {
            let piece = text.get(run.text.clone()).unwrap_or_default();
            if piece.trim().is_empty() {
                continue;
            }
            let mut next = true;
            if let Some((last, said)) = before {
                let size = run.size.min(last.size);
                if said == piece && (run.u.start - last.u.start).abs() < 0.2 * size {
                    continue; // drawn twice
                }
                let gap = (run.u.start - last.u.end) / size;
                // Columns may stand close; then their text was not drawn one after the other.
                next = gap > if run.text.start == last.text.end { CELL } else { COLUMN };
                if !next && (!(-BACK..=SPACE).contains(&gap) || piece.starts_with(' ') || said.ends_with(' ')) {
                    line.text.push(' ');
                }
            }
            let start = line.text.len();
            line.text.push_str(piece.trim());
            let end = line.text.len();
            match line.cells.last_mut().filter(|_| !next) {
                Some(cell) => (cell.u.end, cell.text.end) = (run.u.end, end),
                None => {
                    line.cells.push(Cell { u: run.u.clone(), text: start..end, drawn: run.text.start, broken: None })
                }
            }
            (line.angle, before) = (run.angle, Some((run, piece)));
        }
        line
    }

    /// The text of one of its cells.
    pub fn said(&self, cell: &Cell) -> &str {
        self.text.get(cell.text.clone()).unwrap_or_default()
    }

    /// What stands left and right of here.
    pub fn split(self, at: f64) -> (Self, Self) {
        let (left, right) = self.cells.into_iter().partition(|cell| cell.u.end <= at);
        let text = self.text.clone();
        (Self { angle: self.angle, text: self.text, cells: left }, Self { angle: self.angle, text, cells: right })
    }

    /// Puts words together that were broken over this line and the one below, column by column.
    fn join(&mut self, below: &mut Self) {
        if self.angle != below.angle {
            return;
        }
        let mut under = below.cells.iter_mut().peekable();
        for cell in &mut self.cells {
            while under.next_if(|under| under.u.end < cell.u.start).is_some() {}
            let Some(under) = under.peek_mut().filter(|under| under.u.start < cell.u.end) else { continue };
            let upper = self.text.get(cell.text.clone()).unwrap_or_default();
            let lower = below.text.get(under.text.clone()).unwrap_or_default();
            let broken = upper.strip_suffix(['-', '\u{2010}']).filter(|word| word.ends_with(char::is_lowercase));
            if let Some(word) = broken
                && lower.starts_with(char::is_lowercase)
            {
                let end = lower.split(' ').next().unwrap_or_default();
                cell.text.end = cell.text.start + word.len();
                cell.broken = Some(end.to_owned());
                under.text.start += end.len();
            }
        }
    }

    /// Writes the line, cells parted by tabs.
    fn write(&self, to: &mut String) {
        let start = to.len();
        for cell in &self.cells {
            let text = self.text.get(cell.text.clone()).unwrap_or_default().trim_start();
            if !text.is_empty() {
                if to.len() > start {
                    to.push('\t');
                }
                to.push_str(text);
                to.push_str(cell.broken.as_deref().unwrap_or_default());
            }
        }
        if to.len() > start {
            to.push('\n');
        }
    }
}
