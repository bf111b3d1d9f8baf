//! Rows that need not be read: in a long table, once the reports of an item are full, those whose every cell is of a sort
//! of which it is known what comes are counted only.
//!
//! In: the pieces of an item's text, and what was found in the rows that were read. Out: which parts are to be read, and the
//! values in the others. A sort of cells is known when many of its column were read and the same came of all of them;
//! what then stands in a column is what stood there before. Deliberately elsewhere: what a sort is (`sorts`).

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use crate::detect::Detectors;
use crate::detect::key::Ready;
use crate::detect::labels::Labels;
use crate::detect::sorts::{Kind, Sorts, Under};
use crate::extract::Text;

/// So many sorts are remembered.
const MOST: usize = 1 << 16;
/// So many cells are read before fewer checks are asked of others.
const SURE: u64 = 500;
/// So many are asked fewer checks before others are asked only that of the detector which finds something in them.
const CERTAIN: u64 = 2000;
/// Confidences that differ by no more than this are the same, in percent: languages around a value weigh a little.
const SAME: u8 = 10;
/// How much of the rows around one is read for its sake, in bytes.
pub const AROUND: usize = 256;
/// Columns of one item.
const COLUMNS: usize = 1 << 12;
/// Where in so many pieces next to nothing settles, nothing will.
const PATIENCE: u32 = 12;

/// What comes of a cell: a finding of a detector, of some confidence in percent, within so many bytes of the cell's ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The detector.
    pub detector: u16,
    /// Its confidence.
    pub percent: u8,
    /// Bytes of the cell before it, and behind it.
    pub margins: (u8, u8),
}

impl Outcome {
    /// The value in a cell.
    fn value<'t>(&self, text: &'t str, cell: &Range<usize>) -> &'t str {
        let (lead, tail) = self.margins;
        text.get(cell.start + usize::from(lead)..cell.end.saturating_sub(usize::from(tail))).unwrap_or_default()
    }
}

/// What came of the cells of a sort.
#[derive(Debug, Clone, Copy)]
struct Known {
    found: Option<Outcome>,
    /// Their confidences together.
    percents: u64,
    times: u64,
    /// When: what came later is right.
    round: u32,
    /// This and that came of them.
    mixed: bool,
}

/// The sorts that a cell is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sorted {
    key: u64,
    /// Digits have a shape,
    shape: Option<u64>,
    /// a sort as that detector sees them that finds something in cells of their shape, and few others,
    led: Option<u64>,
    /// and as it alone sees them.
    alone: Option<u64>,
}

impl Sorted {
    fn keys(self) -> impl Iterator<Item = u64> {
        [Some(self.key), self.led, self.alone].into_iter().flatten()
    }
}

/// A cell of a row that is being looked at.
struct Cell {
    at: Range<usize>,
    sorts: Option<Sorted>,
    /// What comes of it, and the value's number.
    found: Option<(Outcome, u64)>,
}

/// What is known of an item's cells.
pub struct Settled {
    sorts: Sorts,
    columns: Vec<(Arc<str>, Under)>,
    /// The column of the last cell.
    column: usize,
    known: HashMap<u64, Known, BuildHasherDefault<Ready>>,
    round: u32,
    /// Pieces in a row in which hardly anything had settled.
    restless: u32,
    /// Rows were passed over.
    passed: bool,
}

/// What is to be read of a piece, and the cells in it that are learned from.
#[derive(Default)]
pub struct Rest {
    /// Parts of the text, in its order.
    pub parts: Vec<Range<usize>>,
    /// Cells in these parts, with their sorts.
    pub cells: Vec<(Range<usize>, Sorted)>,
}

impl Settled {
    /// Knows nothing. `None`: nothing can settle.
    pub fn new(detectors: &Detectors) -> Option<Self> {
        Some(Self {
            sorts: Sorts::new(detectors)?,
            columns: Vec::new(),
            column: 0,
            known: HashMap::default(),
            round: 0,
            restless: 0,
            passed: false,
        })
    }

    /// What came of a cell of these sorts that was read.
    pub fn learn(&mut self, sorted: Sorted, found: Option<Outcome>) {
        for key in sorted.keys() {
            self.note(key, found);
        }
        if let Some(shape) = sorted.shape {
            self.sorts.lead(shape, found.map(|found| found.detector));
        }
    }

    fn note(&mut self, key: u64, found: Option<Outcome>) {
        let full = self.known.len() >= MOST;
        let new = Known { found, percents: 0, times: 0, round: self.round, mixed: false };
        let known = match self.known.get_mut(&key) {
            Some(known) => known,
            None if full => return,
            None => self.known.entry(key).or_insert(new),
        };
        let same = same(known.found, found);
        if known.round != self.round && !same {
            *known = new;
        }
        (known.round, known.mixed) = (self.round, known.mixed || !same && known.times > 0);
        known.percents += u64::from(found.map_or(0, |found| found.percent));
        known.times += 1;
    }

    /// Nobody knows what comes of such cells.
    pub fn unlearn(&mut self, sorted: Sorted) {
        for key in sorted.keys() {
            // Where no more are remembered nothing is known of it anyway.
            if self.known.len() >= MOST && !self.known.contains_key(&key) {
                continue;
            }
            self.known.insert(key, Known { found: None, percents: 0, times: 1, round: self.round, mixed: true });
        }
    }

    /// What was held is judged: from here on counts what comes later.
    pub fn next_round(&mut self) {
        self.round += 1;
    }

    /// Rows were passed over: what is read from now on is no fair sample of the columns.
    pub fn has_passed(&self) -> bool {
        self.passed
    }

    /// Nothing settles.
    pub fn is_restless(&self) -> bool {
        self.restless >= PATIENCE
    }

    /// Goes through the rows of a piece; `None`: it has none. `may_count` gives the number of a value that need not be
    /// reported; `count` takes those in rows that need not be read.
    pub fn rows(
        &mut self,
        text: &Text<'_>,
        detectors: &Detectors,
        labels: &Labels,
        may_count: &mut dyn FnMut(Outcome, &str) -> Option<u64>,
        count: &mut dyn FnMut(Outcome, u64),
    ) -> Option<Rest> {
        let mut rows = Rows {
            rest: Rest::default(),
            cells: Vec::new(),
            ready: 0,
            ready_from: text.own.start,
            begin: text.own.start,
            settled: true,
            passed: false,
        };
        let (mut at, mut any) = (text.own.start, false);
        (text.cells)(&text.own, &|_| true, &mut |cell, label| {
            let gap = text.str.as_bytes().get(at..cell.start).unwrap_or(b"?");
            (at, any) = (cell.end, true);
            rows.gap(gap, cell.start, count);
            if cell.is_empty() {
                return;
            }
            let (sorts, found) = self.look(detectors, labels, label, text.str.get(cell.clone()).unwrap_or_default());
            let known = found.is_some();
            let found = found.flatten().map(|found| (found, may_count(found, found.value(text.str, &cell))));
            rows.settled &= known && found.is_none_or(|(_, value)| value.is_some());
            let found = found.and_then(|(found, value)| Some((found, value?)));
            rows.cells.push(Cell { at: cell, sorts, found });
        });
        if !any {
            self.restless += 1;
            return None;
        }
        rows.gap(text.str.as_bytes().get(at..text.own.end).unwrap_or(b"?"), text.own.end, count);
        rows.close(text.own.end, count);
        rows.commit(count);
        self.passed |= rows.passed;
        let read: usize = rows.rest.parts.iter().map(Range::len).sum();
        self.restless = if read * 10 > text.own.len() * 9 { self.restless + 1 } else { 0 };
        Some(rows.rest)
    }

    /// The sorts that a cell is of, and what comes of it if that is known.
    fn look(
        &mut self,
        detectors: &Detectors,
        labels: &Labels,
        label: &Arc<str>,
        cell: &str,
    ) -> (Option<Sorted>, Option<Option<Outcome>>) {
        let Some((column, under)) = self.column(detectors, labels, label) else { return (None, None) };
        let (sort, shape, led, alone) = match self.sorts.kind(column, under, cell) {
            Some(Kind::Number(shape)) => {
                let Some(mut digits) = self.sorts.digits(detectors, shape, cell) else { return (None, None) };
                let alone = digits.alone(detectors, under);
                let known = alone.and_then(|alone| self.known.get(&alone)).filter(|known| known.is(CERTAIN));
                if let Some(known) = known {
                    return (None, Some(known.found()));
                }
                let led = digits.led(detectors, under);
                let known = led.and_then(|led| self.known.get(&led)).filter(|known| known.is(SURE));
                if let Some(found) = known.map(Known::found) {
                    if let Some(alone) = alone {
                        self.note(alone, found);
                    }
                    return (None, Some(found));
                }
                (digits.sort(detectors, under), Some(shape), led, alone)
            }
            Some(Kind::Address) => (self.sorts.address(detectors, column, cell), None, None, None),
            Some(Kind::Words) => (self.sorts.words(detectors, column, under, cell), None, None, None),
            None => (None, None, None, None),
        };
        let Some(sort) = sort else { return (None, None) };
        let known = self.known.get(&sort.key).filter(|known| known.is(sort.often)).map(Known::found);
        if let Some(found) = known {
            // What is known of a sort is so of the wider ones that it belongs to.
            [led, alone].into_iter().flatten().for_each(|wider| self.note(wider, found));
        }
        (Some(Sorted { key: sort.key, shape, led, alone }), known)
    }

    /// The number of a label, and what it makes of the cells below it.
    fn column(&mut self, detectors: &Detectors, labels: &Labels, label: &Arc<str>) -> Option<(u32, Under)> {
        // The cells of a row come in the order of the columns.
        let is = |number: &usize| self.columns.get(*number).is_some_and(|(one, _)| Arc::ptr_eq(one, label));
        let known = [self.column + 1, 0].into_iter().find(is);
        let known = known.or_else(|| self.columns.iter().position(|(one, _)| Arc::ptr_eq(one, label)));
        let number = known.or_else(|| {
            if self.columns.len() >= COLUMNS {
                return None;
            }
            self.columns.push((Arc::clone(label), detectors.under(label, &labels.get(detectors, label))));
            Some(self.columns.len() - 1)
        })?;
        self.column = number;
        self.columns.get(number).map(|(_, under)| (number as u32, *under))
    }
}

impl Known {
    /// What came of them, with the mean of their confidences.
    fn found(&self) -> Option<Outcome> {
        let percent = self.percents.checked_div(self.times).and_then(|mean| u8::try_from(mean).ok());
        self.found.map(|found| Outcome { percent: percent.unwrap_or(found.percent), ..found })
    }

    /// The same came of so many of them.
    fn is(&self, often: u64) -> bool {
        !self.mixed && self.times >= often
    }
}

fn same(one: Option<Outcome>, other: Option<Outcome>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.detector == other.detector
                && one.margins == other.margins
                && one.percent.abs_diff(other.percent) <= SAME
        }
        (one, other) => one == other,
    }
}

/// The rows of a piece, one after the other.
struct Rows {
    rest: Rest,
    /// The cells of rows that need not be read, unless one near them is: then they are read for its sake. Behind them those
    /// of the row that is being looked at.
    cells: Vec<Cell>,
    ready: usize,
    ready_from: usize,
    /// Where that row begins, and whether it need not be read.
    begin: usize,
    settled: bool,
    passed: bool,
}

impl Rows {
    /// Something that is no cell, up to `end`.
    fn gap(&mut self, gap: &[u8], end: usize, count: &mut dyn FnMut(Outcome, u64)) {
        let clean = |bytes: &[u8]| {
            bytes.iter().all(|byte| {
                matches!(byte, b';' | b',' | b'\t' | b'|' | b'"' | b'\'' | b'(' | b')' | b' ' | b'\r' | b'\n')
            })
        };
        if let [b';' | b',' | b'\t'] = gap {
            return;
        }
        self.settled &= clean(gap);
        if let Some(line) = gap.iter().rposition(|byte| *byte == b'\n') {
            let begin = end - gap.len() + line + 1;
            self.close(begin, count);
            self.settled = clean(gap.get(line..).unwrap_or_default());
        }
    }

    /// A row ends here.
    fn close(&mut self, end: usize, count: &mut dyn FnMut(Outcome, u64)) {
        if self.begin == end {
            return;
        }
        if mem::replace(&mut self.settled, true) {
            if self.ready == 0 {
                self.ready_from = self.begin;
            }
            self.ready = self.cells.len();
            if end - self.ready_from > AROUND {
                self.commit(count);
            }
        } else {
            match self.rest.parts.last_mut().filter(|part| self.begin - part.end <= AROUND) {
                Some(part) => part.end = end,
                None => {
                    self.commit(count);
                    self.rest.parts.push(self.begin..end);
                }
            }
            let learned = self.cells.drain(..).filter_map(|cell| Some((cell.at, cell.sorts?)));
            self.rest.cells.extend(learned);
            self.ready = 0;
        }
        self.begin = end;
    }

    /// Counts what stands in rows that need not be read.
    fn commit(&mut self, count: &mut dyn FnMut(Outcome, u64)) {
        self.passed |= self.ready > 0;
        for (found, value) in self.cells.drain(..mem::take(&mut self.ready)).filter_map(|cell| cell.found) {
            count(found, value);
        }
    }
}
