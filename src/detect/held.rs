//! Candidates wait here until their item's text has been read: a value is one finding however often it stands there,
//! and a column speaks for or against all its values.
//!
//! In: sights of one item. Out: finding records, in the order of first sight.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::mem;
use std::sync::Arc;

use foldhash::quality::RandomState;

use crate::detect::checks::Verdict;
use crate::detect::confidence::{self, probability};
use crate::detect::key::Ready;
use crate::detect::population::Tally;
use crate::detect::{Candidate, Detectors, Reading, Sight};
use crate::item::{Counts, Item, Sensitivity};
use crate::mask::Personal;
use crate::record::{Finding, Position, Record};
use crate::scan::Context;

/// Different values held at most; beyond it what is held goes out, and a value may be reported again.
const MOST: usize = 50_000;
/// Nothing that a column could still say makes more of a candidate than this.
const HOPELESS: f32 = -7.0;
/// From these odds on, and with this weight, a column says more than its header.
const CERTAIN: f32 = 4.0;
/// See [`CERTAIN`].
const LONG: f32 = 0.9;
/// Confidences have two decimals.
const CENT: f64 = 100.0;
/// From these odds on a label names what its values are.
const NAMED: f32 = 2.0;
/// So many columns are tried before the label is looked up.
const FEW: usize = 16;

/// The values of one open item.
#[derive(Default)]
pub struct Held {
    entries: Vec<Entry>,
    /// By the hash of detector and value. The hash is keyed: values are chosen by strangers.
    index: HashMap<u64, usize, BuildHasherDefault<Ready>>,
    keyed: RandomState,
    columns: Vec<Column>,
    /// Where in `columns` a label's stands.
    labels: HashMap<Option<Arc<str>>, usize>,
    /// How many findings were reported, by detector.
    told: Vec<u64>,
}

/// What stands under one label.
struct Column {
    label: Option<Arc<str>>,
    /// By detector and form.
    tallies: HashMap<u32, Tally, BuildHasherDefault<Ready>>,
}

/// A value, with what it may be.
struct Entry {
    readings: Box<[Reading]>,
    column: usize,
    /// What is reported of it; `None` where it will only be counted.
    shown: Option<Box<Shown>>,
    count: u64,
}

/// What a report shows of a value.
struct Shown {
    value: Box<str>,
    position: Position,
    context: Box<str>,
}

impl Held {
    /// Takes a sight in.
    pub fn add(&mut self, sight: Sight<'_>, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        match sight {
            Sight::Failed { detector, form, label } => {
                let column = self.column(&label);
                self.tally(column, detector, form, Verdict::Invalid);
            }
            Sight::Candidate(candidate) => self.hold(candidate, item, ctx, emit),
        }
    }

    fn hold(&mut self, candidate: Candidate<'_>, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        let column = self.column(&candidate.place.label);
        let mut columns = false;
        for reading in &candidate.readings {
            if let Some(chance) = ctx.detectors.chance(reading.detector) {
                columns = true;
                self.tally(column, reading.detector, reading.form, chance.counted(reading.verdict));
            }
        }
        let Some(first) = candidate.readings.first() else { return };
        let least = if columns { HOPELESS } else { -1.0 };
        let odds = first.odds + first.base;
        if odds < least && probability(odds) < ctx.min_confidence {
            return;
        }
        let mut key = self.keyed.hash_one((first.detector, first.normal.as_str()));
        while let Some(entry) = self.index.get(&key).and_then(|i| self.entries.get_mut(*i)) {
            let same = |held: &Reading| held.detector == first.detector && held.normal == first.normal;
            if !entry.readings.first().is_some_and(same) {
                key = key.wrapping_add(1);
                continue;
            }
            entry.count += 1;
            if entry.readings.first().is_some_and(|held| held.odds + held.base < odds) {
                entry.column = column;
                entry.readings = exact(candidate.readings);
            }
            return;
        }
        if self.entries.len() >= MOST {
            self.flush(item, ctx, emit);
        }
        let full = |reading: &Reading| self.is_full(reading.detector, ctx);
        let shown = if candidate.readings.iter().all(full) {
            None
        } else {
            let (value, context) = (candidate.value.into(), candidate.context(ctx.reveal).into());
            Some(Box::new(Shown { value, position: candidate.place.position, context }))
        };
        self.index.insert(key, self.entries.len());
        // Much is held: nothing more than it takes.
        self.entries.push(Entry { readings: exact(candidate.readings), column, shown, count: 1 });
    }

    /// Nothing of this detector is reported any more.
    fn is_full(&self, detector: u16, ctx: &Context) -> bool {
        let told = self.told.get(usize::from(detector)).copied().unwrap_or_default();
        told >= ctx.limits.findings || ctx.detectors.get(detector).is_none_or(|d| !d.report)
    }

    /// The column of a label. Tables have few, which are tried first, and by their place in memory.
    fn column(&mut self, label: &Option<Arc<str>>) -> usize {
        let same = |column: &Column| match (&column.label, label) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        if let Some(at) = self.columns.iter().take(FEW).position(same) {
            return at;
        }
        if let Some(at) = self.labels.get(label) {
            return *at;
        }
        self.labels.insert(label.clone(), self.columns.len());
        self.columns.push(Column { label: label.clone(), tallies: HashMap::default() });
        self.columns.len() - 1
    }

    fn tally(&mut self, column: usize, detector: u16, form: u16, verdict: Verdict) {
        if let Some(column) = self.columns.get_mut(column) {
            column.tallies.entry(part(detector, form)).or_default().add(verdict);
        }
    }

    /// Turns what is held into findings. The columns' tallies stay.
    pub fn flush(&mut self, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        self.index.clear();
        let (mut counts, mut people, mut most) = (Counts::default(), Counts::default(), Sensitivity::None);
        // By detector and confidence: how many in all, and how many that are only counted.
        let mut found: HashMap<u64, (u64, u64), BuildHasherDefault<Ready>> = HashMap::default();
        // What a column says of a verdict, it says of all its values.
        let mut said: HashMap<u64, _, BuildHasherDefault<Ready>> = HashMap::default();
        for entry in mem::take(&mut self.entries) {
            let column = self.columns.get(entry.column).map(|column| &column.tallies);
            let best = entry
                .readings
                .iter()
                .map(|reading| {
                    let named = reading.label && reading.said > NAMED;
                    let form = u64::from(part(reading.detector, reading.form)) << 3;
                    let key = (entry.column as u64) << 35 | form | (reading.verdict as u64) << 1 | u64::from(named);
                    let (column, says) = *said.entry(key).or_insert_with(|| {
                        let (chance, column) =
                            (ctx.detectors.chance(reading.detector), column.and_then(|c| tally(c, reading)));
                        let says =
                            column.zip(chance).and_then(|(tally, chance)| tally.odds(chance, reading.verdict, named));
                        (column, says)
                    });
                    (odds(reading, says, &ctx.detectors), reading, column)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((odds, reading, column)) = best else { continue };
            let confidence = probability(odds);
            if confidence < ctx.min_confidence {
                continue;
            }
            let Some(detector) = ctx.detectors.get(reading.detector).filter(|d| d.report) else { continue };
            let sensitivity = ctx.policies.sensitivity(&detector.id).unwrap_or(detector.sensitivity);
            let counted = u64::from(reading.detector) << 32 | (confidence * CENT).round() as u64;
            let (all, omitted) = found.entry(counted).or_default();
            *all += 1;
            item.sensitivity = item.sensitivity.max(sensitivity);
            let Some(shown) = entry.shown.filter(|_| !self.is_full(reading.detector, ctx)) else {
                *omitted += 1;
                most = most.max(sensitivity);
                continue;
            };
            let number = usize::from(reading.detector);
            if self.told.len() <= number {
                self.told.resize(number + 1, 0);
            }
            if let Some(told) = self.told.get_mut(number) {
                *told += 1;
            }
            emit(Record::Finding(Finding {
                location: item.location.clone(),
                detector: detector.id.clone().into(),
                category: detector.category.clone().into(),
                sensitivity,
                confidence,
                shown: ctx.reveal.then(|| shown.value.clone().into()),
                value: Personal::new(&shown.value),
                count: entry.count,
                fingerprint: ctx.key.as_ref().map(|key| key.fingerprint(&detector.id, &reading.normal)),
                position: shown.position,
                context: shown.context.into(),
                why: ctx.explain.then(|| ctx.detectors.why(reading, column)),
            }));
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable();
        for (key, (all, omitted)) in found {
            let Some(detector) = ctx.detectors.get((key >> 32) as u16) else { continue };
            let confidence = f64::from(key as u32) / CENT;
            item.counts.add_many(&detector.id, confidence, all);
            if omitted > 0 {
                counts.add_many(&detector.id, confidence, omitted);
                if matches!(&*detector.category, "name" | "address" | "contact" | "national_id") {
                    people.add_many(&detector.id, confidence, omitted);
                }
            }
        }
        if !counts.is_empty() {
            for (detector, n) in counts.totals() {
                *item.omitted.entry(detector.to_owned()).or_default() += n;
            }
            emit(Record::Omitted { counts, people, sensitivity: most });
        }
    }
}

/// What was counted of a reading's form; where that is little, of all its detector's forms: people write as they like.
fn tally(column: &HashMap<u32, Tally, BuildHasherDefault<Ready>>, reading: &Reading) -> Option<Tally> {
    let own = column.get(&part(reading.detector, reading.form)).copied();
    if own.is_none_or(Tally::tells) {
        return own;
    }
    let detector = u32::from(reading.detector);
    Some(column.iter().filter(|(key, _)| **key >> 16 == detector).map(|(_, tally)| *tally).sum())
}

/// In memory of its own size. Cutting off what was too much in place would leave holes that nothing fits in.
fn exact(readings: Vec<Reading>) -> Box<[Reading]> {
    let mut all = Vec::with_capacity(readings.len());
    all.extend(readings);
    all.into_boxed_slice()
}

/// A detector's form, as a key.
fn part(detector: u16, form: u16) -> u32 {
    u32::from(detector) << 16 | u32::from(form)
}

/// All the evidence: the column's word takes the place of the check's own, the longer the column the more so.
fn odds(reading: &Reading, column: Option<(f32, f32)>, detectors: &Detectors) -> f32 {
    match column {
        Some((says, weight)) => {
            // A long column that nearly all passes is what it is, whatever its header calls it and however it is written.
            let certain = says > CERTAIN && weight > LONG;
            let form = detectors.get(reading.detector).and_then(|d| d.forms.get(usize::from(reading.form)));
            let form = form.map_or(0.0, |(_, odds)| odds.min(0.0));
            let rival = if reading.rival { confidence::STAMP } else { 0.0 };
            let pardon = if certain { -form - rival - reading.said.min(0.0) } else { 0.0 };
            reading.odds + pardon + reading.base * (1.0 - weight) + says * weight
        }
        None => reading.odds + reading.base,
    }
}
