//! Columns of running text, each read down to its end before the next.
//!
//! In: the lines of a page from top to bottom, with their cells. Out: the same, those that columns stand side by side in
//! taken apart. Tables stay as they are: their cells are short, or were drawn row by row.

use super::lines::{Cell, Line};

/// So many lines a column has at least,
const LINES: usize = 4;
/// each of so many characters and words, on average,
const CHARS: usize = 20;
const WORDS: usize = 3;
/// and so much room beside it, in units of the page (1/72 inch).
const GUTTER: f64 = 5.0;
/// So many of a hundred of the lines of one column are drawn before those of the other.
const DRAWN: usize = 90;
/// Columns are looked for within so many lines; a page has some sixty.
const MOST: usize = 200;
/// And between so many of the cells of a line.
const GAPS: usize = 4;
/// So many times may columns stand in columns.
const DEPTH: u8 = 4;

/// The lines in the order in which they are read.
pub fn read_down(lines: Vec<Line>) -> Vec<Line> {
    down(lines, DEPTH)
}

fn down(lines: Vec<Line>, depth: u8) -> Vec<Line> {
    // From which line on so many lines stand in columns, and what parts these.
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(rest) = lines.get(from..).filter(|rest| depth > 0 && rest.len() >= LINES) {
        let columns = columns(rest);
        found.extend(columns.map(|(count, at)| (from, count, at)));
        from += columns.map_or(1, |(count, _)| count);
    }
    let mut done = Vec::with_capacity(lines.len());
    let mut lines = lines.into_iter();
    let mut gone = 0;
    for (from, count, at) in found {
        done.extend(lines.by_ref().take(from - gone));
        let (left, right): (Vec<_>, Vec<_>) = lines.by_ref().take(count).map(|line| line.split(at)).unzip();
        for column in [left, right] {
            done.extend(down(column.into_iter().filter(|line| !line.cells.is_empty()).collect(), depth - 1));
        }
        gone = from + count;
    }
    done.extend(lines);
    done
}

/// How many of the lines, from the first one, stand in two columns, and what parts them.
fn columns(lines: &[Line]) -> Option<(usize, f64)> {
    let first = lines.first()?;
    let cells = |line: &Line| line.cells.iter().map(|cell| (cell.u.start, cell.u.end)).collect::<Vec<_>>();
    let mut above = cells(first);
    if above.len() < 2 {
        // The lines of two columns need not be level.
        above.extend(lines.get(1).filter(|next| next.angle == first.angle).map(cells).unwrap_or_default());
        above.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let gaps = above.iter().zip(above.iter().skip(1)).map(|(left, right)| (left.1, right.0));
    let found = gaps.take(GAPS).filter_map(|gap| Some(Beside::below(lines, gap)).filter(Beside::is_text));
    found.max_by_key(|beside| beside.lines).map(|beside| (beside.lines, (beside.gap.0 + beside.gap.1) / 2.0))
}

/// What stands to both sides of a gap that goes down through a number of lines.
struct Beside {
    gap: (f64, f64),
    lines: usize,
    left: Side,
    right: Side,
}

/// What stands to one side.
#[derive(Default)]
struct Side {
    cells: usize,
    chars: usize,
    words: usize,
    /// Where in the order of drawing each cell stands.
    drawn: Vec<usize>,
}

impl Beside {
    fn below(lines: &[Line], gap: (f64, f64)) -> Self {
        let mut beside = Self { gap, lines: 0, left: Side::default(), right: Side::default() };
        let angle = lines.first().map(|line| line.angle);
        for line in lines.iter().take(MOST).take_while(|line| Some(line.angle) == angle) {
            let (mut left, mut right) = beside.gap;
            let middle = (left + right) / 2.0;
            for cell in &line.cells {
                if (cell.u.start + cell.u.end) / 2.0 < middle {
                    left = left.max(cell.u.end);
                } else {
                    right = right.min(cell.u.start);
                }
            }
            if right - left < GUTTER {
                break;
            }
            beside.gap = (left, right);
            beside.lines += 1;
            for cell in &line.cells {
                let side = if cell.u.end <= left { &mut beside.left } else { &mut beside.right };
                side.add(cell, line);
            }
        }
        beside
    }

    /// These are columns of text.
    fn is_text(&self) -> bool {
        if !self.left.is_text() || !self.right.is_text() {
            return false;
        }
        // Drawn one after the other, whichever was first: the share of one before most of the other.
        let before = |one: &Side, other: &Side| {
            let first = other.drawn.iter().min().copied().unwrap_or_default();
            one.drawn.iter().filter(|at| **at < first).count() * 100 >= DRAWN * one.cells
        };
        before(&self.left, &self.right) || before(&self.right, &self.left)
    }
}

impl Side {
    fn add(&mut self, cell: &Cell, line: &Line) {
        let text = line.said(cell);
        self.cells += 1;
        self.chars += text.chars().count();
        self.words += text.split_whitespace().count();
        self.drawn.push(cell.drawn);
    }

    fn is_text(&self) -> bool {
        self.cells >= LINES && self.chars >= CHARS * self.cells && self.words >= WORDS * self.cells
    }
}
