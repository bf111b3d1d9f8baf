//! Candidates wait here until their item's text has been read: a value is one finding however often it stands there,
//! and a column speaks for or against all its values.
//!
//! In: sights of one item. Out: finding records, in the order of first sight.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;

use crate::detect::checks::Verdict;
use crate::detect::confidence::probability;
use crate::detect::population::Tally;
use crate::detect::words::Ready;
use crate::detect::{Candidate, Detectors, Reading, Sight};
use crate::item::Item;
use crate::mask::Personal;
use crate::record::{Finding, Position, Record};
use crate::scan::Context;

/// Different values held at most; beyond it what is held goes out, and a value may be reported again.
const MOST: usize = 50_000;
/// Nothing that a column could still say makes more of a candidate than this.
const HOPELESS: f32 = -7.0;

/// The values of one open item.
#[derive(Default)]
pub struct Held {
    entries: Vec<Entry>,
    /// By the hash of detector and value. The hash is keyed: values are chosen by strangers.
    index: HashMap<u64, usize, BuildHasherDefault<Ready>>,
    keyed: RandomState,
    /// By label; and then by detector and form.
    columns: HashMap<Option<Arc<str>>, Column>,
}

type Column = HashMap<u32, Tally, BuildHasherDefault<Ready>>;

/// A value, with what it may be.
struct Entry {
    readings: Vec<Reading>,
    label: Option<Arc<str>>,
    value: Box<str>,
    position: Position,
    context: String,
    count: u64,
}

impl Held {
    /// Takes a sight in.
    pub fn add(&mut self, sight: Sight<'_>, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        match sight {
            Sight::Failed { detector, form, label } => self.tally(&label, detector, form, Verdict::Invalid),
            Sight::Candidate(candidate) => self.hold(candidate, item, ctx, emit),
        }
    }

    fn hold(&mut self, candidate: Candidate<'_>, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        let label = &candidate.place.label;
        for reading in &candidate.readings {
            if let Some(chance) = ctx.detectors.chance(reading.detector) {
                self.tally(label, reading.detector, reading.form, chance.counted(reading.verdict));
            }
        }
        let Some(first) = candidate.readings.first() else { return };
        let columns = candidate.readings.iter().any(|r| ctx.detectors.chance(r.detector).is_some());
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
                entry.label = label.clone();
                entry.readings = candidate.readings;
            }
            return;
        }
        if self.entries.len() >= MOST {
            self.flush(item, ctx, emit);
        }
        self.index.insert(key, self.entries.len());
        self.entries.push(Entry {
            value: candidate.value.into(),
            context: candidate.context(ctx.reveal),
            readings: candidate.readings,
            label: candidate.place.label,
            position: candidate.place.position,
            count: 1,
        });
    }

    fn tally(&mut self, label: &Option<Arc<str>>, detector: u16, form: u16, verdict: Verdict) {
        let column = match self.columns.get_mut(label) {
            Some(column) => column,
            None => self.columns.entry(label.clone()).or_default(),
        };
        column.entry(part(detector, form)).or_default().add(verdict);
    }

    /// Turns what is held into findings. The columns' tallies stay.
    pub fn flush(&mut self, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        self.index.clear();
        for entry in self.entries.drain(..) {
            let column = self.columns.get(&entry.label);
            let best = entry
                .readings
                .iter()
                .map(|reading| {
                    let column = column.and_then(|c| c.get(&part(reading.detector, reading.form))).copied();
                    let odds = odds(reading, column, &ctx.detectors);
                    (odds, reading, column)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((odds, reading, column)) = best else { continue };
            let confidence = probability(odds);
            if confidence < ctx.min_confidence {
                continue;
            }
            let Some(detector) = ctx.detectors.get(reading.detector).filter(|d| d.report) else { continue };
            let sensitivity = ctx.policies.sensitivity(&detector.id).unwrap_or(detector.sensitivity);
            item.counts.add(&detector.id, confidence);
            item.sensitivity = item.sensitivity.max(sensitivity);
            emit(Record::Finding(Finding {
                location: item.location.clone(),
                detector: detector.id.clone().into(),
                category: detector.category.clone().into(),
                sensitivity,
                confidence,
                shown: ctx.reveal.then(|| entry.value.clone().into()),
                value: Personal::new(&entry.value),
                count: entry.count,
                fingerprint: ctx.key.as_ref().map(|key| key.fingerprint(&detector.id, &reading.normal)),
                position: entry.position,
                context: entry.context,
                why: ctx.explain.then(|| ctx.detectors.why(reading, column)),
            }));
        }
    }
}

/// A detector's form, as a key.
fn part(detector: u16, form: u16) -> u32 {
    u32::from(detector) << 16 | u32::from(form)
}

/// All the evidence: the column's word takes the place of the check's own, the longer the column the more so.
fn odds(reading: &Reading, column: Option<Tally>, detectors: &Detectors) -> f32 {
    match column.zip(detectors.chance(reading.detector)).and_then(|(tally, chance)| tally.odds(chance, reading.verdict))
    {
        Some((says, weight)) => reading.odds + reading.base * (1.0 - weight) + says * weight,
        None => reading.odds + reading.base,
    }
}
