//! What only its column's header makes something: `104233` under `Medlemsnr.`, and numbers that stand in two cells.
//!
//! In: the cells that stand under labels of interest. Out: spans. Which labels those are, detector files say: the
//! anchors of patterns whose value is a group of theirs, and the words of national numbers.

use std::cell::LazyCell;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use crate::detect::Detectors;
use crate::detect::cluster::Cluster;
use crate::detect::form::Form;
use crate::detect::labels::Labels;
use crate::detect::nearby::{Hit, spaced};
use crate::detect::span::{Span, add};
use crate::extract::Text;

/// A cell of a table longer than this holds no number.
const LONGEST: usize = 64;

/// What programs put behind a number that they take for a fraction.
pub const FRACTION: &str = ".0";

/// The form of an account behind its bank's registration number.
const ACCOUNT: &str = "####-#{6,10}";

/// What stands under a label.
#[derive(Default)]
pub struct Column {
    /// The label, as words.
    label: String,
    /// Detectors whose pattern the label may begin.
    fields: Vec<u16>,
    /// Detectors of national numbers that it speaks for.
    numbers: Vec<u16>,
    /// Detectors of accounts behind a registration number.
    accounts: Vec<u16>,
    /// Detectors of accounts whose forms fill its cells.
    filled: Vec<u16>,
}

impl Column {
    /// Numbers begin in its cells that go on in the next ones.
    pub fn is_parted(&self) -> bool {
        !self.numbers.is_empty() || !self.accounts.is_empty()
    }

    /// Its label makes values of its cells.
    pub fn tells(&self) -> bool {
        !self.fields.is_empty()
    }
}

impl Detectors {
    /// Values that their column's header makes values.
    pub(super) fn cells(&self, text: &Text<'_>, labels: &Labels, spans: &mut Vec<Span>) {
        let wanted = |label: &str| {
            let known = labels.get(self, label);
            let column = known.column(self, label);
            !column.fields.is_empty() || !column.numbers.is_empty() || !column.filled.is_empty()
        };
        let before = spans.len();
        let mut cluster = Cluster::default();
        (text.cells)(&text.own, &wanted, &mut |at: Range<usize>, label: &Arc<str>| {
            let Some(cell) = text.str.get(at.clone()) else { return };
            if cell.len() > LONGEST || !cell.contains(|c: char| c.is_alphanumeric()) {
                return;
            }
            let (seen, known) = (spans.len(), labels.get(self, label));
            let (column, hits) = (known.column(self, label), &known.hits);
            for number in &column.fields {
                self.field(cell, at.start, (column, hits), *number, spans);
            }
            if !column.filled.is_empty() {
                self.whole_cell(cell, at.start, (&column.filled, hits), &mut cluster, spans);
            }
            // A column of numbers with gaps was one of fractions on its way.
            if !column.numbers.is_empty()
                && let Some(whole) = cell.strip_suffix(FRACTION)
            {
                self.whole_cell(whole, at.start, (&column.numbers, hits), &mut cluster, spans);
            }
            // What else may stand there hears of the label before the likeliest is chosen.
            if spans.len() > seen {
                let first = spans.get(..before).unwrap_or_default().partition_point(|span| span.at.end <= at.start);
                for span in spans.iter_mut().take(before).skip(first).take_while(|span| span.at.start < at.end) {
                    span.readings = self.labelled(mem::take(&mut span.readings), hits);
                }
            }
            if !column.numbers.is_empty() || !column.accounts.is_empty() {
                self.split_cells(text.str, &at, (column, hits), spans);
            }
        });
    }

    /// What a label says of the cells below it.
    pub(super) fn column(&self, label: &str, hits: &[Hit]) -> Column {
        let label = spaced(label);
        let inner = label.char_indices().filter(|(_, c)| !c.is_alphabetic()).map(|(at, c)| at + c.len_utf8());
        let mut column = Column::default();
        for word in [0].into_iter().chain(inner).filter_map(|at| label.get(at..)) {
            let anchors = word.bytes().next().and_then(|first| self.tables().labels.get(&first));
            let begins =
                |anchor: &str| word.strip_prefix(anchor).is_some_and(|behind| !behind.starts_with(char::is_alphabetic));
            let of = anchors.into_iter().flatten().filter(|(anchor, _)| begins(anchor)).map(|(_, number)| *number);
            column.fields.extend(of.filter(|number| self.get(*number).is_some_and(|d| d.on)));
        }
        column.fields.sort_unstable();
        column.fields.dedup();
        for (detector, number) in self.list.iter().zip(0u16..).filter(|(d, _)| d.on) {
            let named = || self.tables().nearby.said(hits, number).odds > 0.0;
            if detector.category == "account" && !detector.forms.is_empty() && named() {
                column.filled.push(number);
                if label.contains("reg") && detector.forms.iter().any(|(form, _)| form == ACCOUNT) {
                    column.accounts.push(number);
                }
            }
            if detector.category == "national_id" && named() {
                column.numbers.push(number);
            }
        }
        Column { label, ..column }
    }

    /// The whole cell behind its label has a detector's pattern.
    fn field(&self, cell: &str, start: usize, (column, hits): (&Column, &[Hit]), number: u16, spans: &mut Vec<Span>) {
        let Some(detector) = self.get(number) else { return };
        let Some(pattern) = &detector.pattern else { return };
        let line = format!("{}: {cell}", column.label);
        let begin = line.len() - cell.len();
        let Some((_, at)) = pattern.find(&line) else { return };
        let (Some(value), Some(rest)) = (line.get(at.clone()), line.get(at.end..)) else { return };
        if at.start != begin || !rest.trim().is_empty() {
            return;
        }
        let hits = LazyCell::new(|| hits.to_vec());
        let form = Form { detector: number, number: 0, odds: 0.0 };
        if let Some(reading) = self.reading(detector, form, value, || 0.0, &hits) {
            add(spans, start..start + value.len(), reading);
        }
    }

    /// The whole cell has a form of a detector that its label names, whatever a part of it may be.
    fn whole_cell(
        &self,
        cell: &str,
        start: usize,
        (wanted, hits): (&[u16], &[Hit]),
        cluster: &mut Cluster,
        spans: &mut Vec<Span>,
    ) {
        if !cell.starts_with(|c: char| c.is_ascii_digit()) || cluster.read(cell, 0, 0) < cell.len() {
            return;
        }
        self.tables().forms.look(cluster, |groups, forms| {
            if groups != (0..cluster.groups.len()) {
                return;
            }
            for form in forms.iter().filter(|form| wanted.contains(&form.detector)) {
                let Some(detector) = self.get(form.detector) else { continue };
                let hits = LazyCell::new(|| hits.to_vec());
                let value = cluster.ascii_of(groups.clone());
                if let Some(reading) = self.reading(detector, *form, value, || form.odds, &hits) {
                    spans.push(Span { at: start..start + cell.len(), readings: vec![reading] });
                }
            }
        });
    }

    /// A national number in two cells, the first of which stands under its label: `211162 | 9997`.
    fn split_cells(&self, text: &str, at: &Range<usize>, (column, hits): (&Column, &[Hit]), spans: &mut Vec<Span>) {
        let date = text.get(at.clone()).unwrap_or_default();
        if !matches!(date.len(), 4 | 6 | 8) || !date.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let rest = text.get(at.end..).unwrap_or_default();
        let next = rest.trim_start_matches(['"', ' ']);
        let Some(cell) = next.strip_prefix([';', ',', '\t', '|']) else { return };
        let cell = cell.trim_start_matches(['"', ' ']);
        let account = date.len() == 4;
        // An account may be in groups: `8745;813 9723`.
        let part = |c: char| c.is_ascii_alphanumeric() || (account && c == ' ');
        let written = cell.get(..cell.find(|c| !part(c)).unwrap_or(cell.len())).unwrap_or_default().trim_end();
        let end = at.end + (rest.len() - cell.len()) + written.len();
        let serial = written.replace(' ', "");
        let closed = cell.get(written.len()..).is_some_and(|rest| {
            rest.trim_start_matches(['"', ' ']).chars().next().is_none_or(|c| ";,\t|\r\n".contains(c))
        });
        if !closed || !(if account { 6..=10 } else { 4..=5 }).contains(&serial.len()) {
            return;
        }
        let joined = format!("{date}-{serial}");
        if account && !serial.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let template: String = joined
            .chars()
            .map(|c| {
                if c.is_ascii_digit() {
                    '#'
                } else if c == '-' {
                    '-'
                } else {
                    'A'
                }
            })
            .collect();
        let template = if account { ACCOUNT.to_owned() } else { template };
        for number in if account { &column.accounts } else { &column.numbers } {
            let Some(detector) = self.get(*number) else { continue };
            let forms = detector.forms.iter().zip(0u16..).find(|((written, _), _)| *written == template);
            let Some(((_, odds), form)) = forms else { continue };
            let form = Form { detector: *number, number: form, odds: *odds };
            let hits = LazyCell::new(|| hits.to_vec());
            if let Some(reading) = self.reading(detector, form, &joined, || *odds, &hits) {
                add(spans, at.start..end, reading);
            }
        }
    }
}
