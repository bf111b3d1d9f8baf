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
    let mut lines = read_down(lines);
    mend(&mut lines);
    let mut lines = lines.into_iter();
    let Some(mut above) = lines.next() else { return written };
    for mut line in lines {
        above.join(&mut line);
        above.write(&mut written);
        above = line;
    }
    above.write(&mut written);
    written
}

/// A value is broken over no more lines of a cell,
const BROKEN: usize = 4;
/// each of which begins as far left as the one above, nearly.
const ALIGNED: f64 = 2.0;

/// Puts numbers and addresses together that were broken over lines of a narrow cell: `2111`, `62-`, `9997`. Each line of a
/// page is written from cell to cell, and what goes on below would be far away.
fn mend(lines: &mut [Line]) {
    for from in 0..lines.len() {
        let Some((first, below)) = lines.get_mut(from..).and_then(|rest| rest.split_first_mut()) else { return };
        // What stands alone is read from line to line.
        if first.cells.len() < 2 {
            continue;
        }
        let angle = first.angle;
        for cell in &mut first.cells {
            let upper = first.text.get(cell.text.clone()).unwrap_or_default();
            let last = upper.rsplit(' ').next().unwrap_or_default();
            let digits = last.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let alone = last.len() == upper.len();
            // `7466` at the end of an IBAN goes on nowhere, nor does a sentence that ends in `cand.jur.`
            let begun = alone || digits && last.ends_with('-') || last.contains('@');
            if !begun || !may_go_on(last) {
                continue;
            }
            let (mut whole, mut parts) = (last.to_owned(), Vec::new());
            for (n, line) in below.iter().take(BROKEN - 1).enumerate().take_while(|(_, line)| line.angle == angle) {
                let at = line.cells.partition_point(|under| under.u.start <= cell.u.start - ALIGNED);
                let under = line.cells.get(at).filter(|under| under.u.start < cell.u.start + ALIGNED);
                let Some(said) = under.map(|under| line.said(under)) else { break };
                let next = said.split(' ').next().unwrap_or_default();
                // The first line of a cell is full.
                if digits && next.len() > last.len() + 1 {
                    break;
                }
                // An address by itself is another one, but below a hyphen.
                if !digits && is_whole(next) && !whole.ends_with(['-', '_']) {
                    break;
                }
                whole.push_str(next);
                parts.push((n, at, next.len()));
                if is_whole(&whole) {
                    cell.broken = whole.get(last.len()..).map(str::to_owned);
                    for (n, at, length) in parts {
                        let gone = below.get_mut(n).and_then(|line| line.cells.get_mut(at));
                        gone.into_iter().for_each(|cell| cell.text.start += length);
                    }
                    break;
                }
                if next.len() < said.len() || !may_go_on(&whole) {
                    break;
                }
            }
        }
    }
}

/// What begins a number with a hyphen, or an address, and may go on in the line below.
fn may_go_on(word: &str) -> bool {
    let number = word.len() < 12 && word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let bare = word.trim_end_matches(['.', ',', ';', ':']);
    let begun = word.split_once('@').map_or(word.ends_with(['.', '-', '_']), |(_, domain)| {
        // What ends a sentence ends an address.
        bare.len() == word.len() && !is_domain(domain)
            || domain.ends_with('.') && !domain.trim_end_matches('.').contains('.')
    });
    !word.is_empty() && (number || begun && word.starts_with(char::is_alphanumeric))
}

/// A date of six or eight digits, a hyphen and four more; or an address.
fn is_whole(word: &str) -> bool {
    if let Some((local, domain)) = word.split_once('@') {
        return !local.is_empty() && is_domain(domain);
    }
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    word.split_once('-').is_some_and(|(date, serial)| {
        let date =
            if date.len() == 8 && date.starts_with(['1', '2']) { date.get(2..).unwrap_or_default() } else { date };
        let two = |from: usize| date.get(from..from + 2).and_then(|two| two.parse::<u8>().ok()).unwrap_or_default();
        let dated = (1..=12).contains(&two(2)) && ((1..=31).contains(&two(0)) || (1..=31).contains(&two(4)));
        date.len() == 6 && digits(date) && dated && serial.len() == 4 && serial.get(..3).is_some_and(digits)
    })
}

/// Labels with full stops between them, the last one of letters.
fn is_domain(domain: &str) -> bool {
    domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        && domain.rsplit_once('.').is_some_and(|(first, last)| {
            !first.is_empty() && last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic())
        })
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
                && cell.broken.is_none()
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
