//! Candidates wait here until their item's text has been read: a value is one finding however often it stands there,
//! and a column speaks for or against all its values.
//!
//! In: sights of one item. Out: finding records, in the order of first sight.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault};
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::quality::RandomState;

use crate::detect::checks::Verdict;
use crate::detect::confidence::{self, probability};
use crate::detect::detector::Detector;
use crate::detect::key::{Hashed, Ready};
use crate::detect::population::Tally;
use crate::detect::settled::{AROUND, Outcome, Rest, Settled, Sorted};
use crate::detect::waiting::Waiting;
use crate::detect::{Ahead, Candidate, Detectors, Labels, Reading, Sight};

use crate::extract::Text;
use crate::item::{Counts, Item, Sensitivity};
use crate::mask::Personal;
use crate::ocr::Lines;
use crate::record::{Finding, Position, Record};
use crate::scan::Context;

/// Different values held at most; beyond it what is held goes out, and a value may be reported again.
const MOST: usize = 50_000;
/// Values that are known at most of those that were counted and let go: a hash is all that is held of each.
const MOST_KNOWN: usize = 1 << 18;
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
/// A table is long from so many bytes on: rows that are like those before need not be read.
const LONG_TABLE: usize = 1 << 20;
/// So many values are held before it is looked at what came of them.
const LESSON: usize = 1 << 13;
/// So many tokens of a column say all that the others could.
const FAIR: u32 = 1000;
/// Confidences in percent.
const PERCENTS: usize = 101;
/// A form of such odds says nothing by itself.
const COMMON: f32 = -4.5;
/// So many columns are tried before the label is looked up.
const FEW: usize = 16;
/// So many columns are told apart: who has more has a key of its own for every value.
const COLUMNS: usize = 1 << 14;

/// Names of sheets and columns that are remembered.
const NAMES: usize = 1 << 10;

/// The values of one open item.
#[derive(Default)]
pub struct Held {
    waiting: Waiting,
    /// By the hash of detector and value. The hash is keyed: values are chosen by strangers.
    index: HashMap<u64, usize, BuildHasherDefault<Ready>>,
    keyed: RandomState,
    columns: Vec<Column>,
    /// Where in `columns` a label's stands.
    by_label: HashMap<Option<Arc<str>>, usize>,
    /// How many findings were reported, by detector.
    told: Vec<u64>,
    /// How much of tables was read.
    read: usize,
    rows: Table,
    /// Shared with what takes in what is found.
    labels: Rc<Labels>,
    /// Values that were counted and will not be reported, by their hash.
    counted: HashSet<u64, BuildHasherDefault<Hashed>>,
    /// How many of them stand in rows that were not read, by detector and confidence.
    unread: Vec<[u64; PERCENTS]>,
    /// From a value's hash as it is written to that of its one form.
    written: HashMap<u64, u64, BuildHasherDefault<Hashed>>,
    /// Of values that stand in cells of a sort: which entry, the sorts, and the bytes around the value.
    sorted: Vec<(usize, Sorted, (u8, u8))>,
    /// Names of sheets and columns that findings are in, and as they may be told.
    names: HashMap<CompactString, CompactString, foldhash::fast::FixedState>,
}

/// Whether an item's text is a long table.
#[derive(Default)]
enum Table {
    /// Not yet.
    #[default]
    Short,
    Long(Box<Settled>),
    /// It is long, and its rows all differ.
    Restless,
}

/// The cell that a value stands in: its sorts, and how much of it stands before and behind the value.
type Within = Option<(Sorted, (u8, u8))>;

/// What stands under one label.
struct Column {
    label: Option<Arc<str>>,
    /// By detector and form.
    tallies: HashMap<u32, Tally, BuildHasherDefault<Ready>>,
}

impl Held {
    /// Reads a piece of the item's text, and takes in what stands there. `seen` are the lines of a
    /// picture that it was read in.
    pub fn read(
        &mut self,
        text: &Text<'_>,
        seen: Option<&Lines>,
        ahead: &mut Ahead,
        item: &mut Item,
        ctx: &Context,
        emit: &mut dyn FnMut(Record),
    ) {
        let labels = Rc::clone(&self.labels);
        let Some(rest) = self.settled_rows(text, ctx) else {
            return ctx.detectors.find(text, &labels, item.mail.is_some(), Some(ahead), &mut |mut sight| {
                if let (Some(lines), Sight::Candidate(candidate)) = (seen, &mut sight) {
                    candidate.seen(lines.is_corrected(&candidate.at()));
                }
                self.take(sight, None, item, ctx, emit);
            });
        };
        let mut cells = rest.cells.into_iter().peekable();
        for part in rest.parts {
            let from = text.str.floor_char_boundary(part.start.saturating_sub(AROUND));
            let to = text.str.ceil_char_boundary((part.end + AROUND).min(text.str.len()));
            // The last cell that a value stood in.
            let mut last: Option<(Sorted, usize)> = None;
            let mut each = |sight: Sight<'_>| {
                let mut within = None;
                if let Sight::Candidate(candidate) = &sight {
                    let at = candidate.at();
                    let at = at.start + from..at.end + from;
                    while let Some((_, key)) = cells.next_if(|(cell, _)| cell.end <= at.start) {
                        self.learn(key, None);
                    }
                    if let Some((cell, key)) = cells.next_if(|(cell, _)| cell.start < at.end) {
                        let margin = |bytes: usize| u8::try_from(bytes).ok();
                        let margins = at.start.checked_sub(cell.start).zip(cell.end.checked_sub(at.end));
                        within = margins.and_then(|(lead, tail)| Some((key, (margin(lead)?, margin(tail)?))));
                        if within.is_none() {
                            self.unlearn(key);
                        }
                        last = Some((key, cell.end));
                    } else if let Some((key, _)) = last.filter(|(_, end)| at.start < *end) {
                        self.unlearn(key);
                    }
                }
                self.take(sight, within, item, ctx, emit);
            };
            text.part(part.clone(), from..to, |piece| ctx.detectors.find(&piece, &labels, false, None, &mut each));
            while let Some((_, key)) = cells.next_if(|(cell, _)| cell.end <= part.end) {
                self.learn(key, None);
            }
        }
        if self.sorted.len() >= LESSON {
            self.learn_all(ctx);
        }
    }

    /// Counts the rows of a piece that need not be read. `None`: all is to be read, and nothing learned.
    fn settled_rows(&mut self, text: &Text<'_>, ctx: &Context) -> Option<Rest> {
        if !text.rows {
            return None;
        }
        self.read += text.own.len();
        if matches!(self.rows, Table::Short) && self.read > LONG_TABLE {
            self.rows = Settled::new(&ctx.detectors).map_or(Table::Restless, |settled| Table::Long(Box::new(settled)));
        }
        let Table::Long(settled) = &mut self.rows else { return None };
        let (told, index, keyed) = (&self.told, &self.index, &self.keyed);
        let (waiting, counted, unread) = (&mut self.waiting, &mut self.counted, &mut self.unread);
        let written = &mut self.written;
        // What is only counted is told apart as it is written: in one column all is written alike.
        let mut may_count = |found: Outcome, value: &str| {
            let as_written = keyed.hash_one((found.detector, value));
            if is_full(told, found.detector, ctx) {
                return Some(as_written);
            }
            let key = *written.entry(as_written).or_insert_with(|| {
                let normal = ctx.detectors.get(found.detector).map(|detector| detector.normal.of(value));
                keyed.hash_one((found.detector, normal.unwrap_or_default().as_str()))
            });
            index.contains_key(&key).then_some(key)
        };
        let rest = settled.rows(text, &ctx.detectors, &self.labels, &mut may_count, &mut |found, key| {
            if let Some(held) = index.get(&key).and_then(|held| waiting.get_mut(*held)) {
                held.count += 1;
                return;
            }
            if count(counted, key) {
                let number = usize::from(found.detector);
                if unread.len() <= number {
                    unread.resize(number + 1, [0; PERCENTS]);
                }
                let of = unread.get_mut(number).and_then(|all| all.get_mut(usize::from(found.percent)));
                of.into_iter().for_each(|times| *times += 1);
            }
        });
        if self.written.len() >= MOST {
            self.written.clear();
        }
        if settled.is_restless() {
            self.rows = Table::Restless;
        }
        rest
    }

    fn learn(&mut self, sorts: Sorted, found: Option<Outcome>) {
        if let Table::Long(settled) = &mut self.rows {
            settled.learn(sorts, found);
        }
    }

    fn unlearn(&mut self, sorts: Sorted) {
        if let Table::Long(settled) = &mut self.rows {
            settled.unlearn(sorts);
        }
    }

    /// Takes a sight in.
    fn take(&mut self, sight: Sight<'_>, within: Within, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        match sight {
            Sight::Failed { detector, form, label } => {
                let column = self.column(&label);
                self.tally(column, detector, form, Verdict::Invalid);
            }
            Sight::Candidate(candidate) => self.hold(candidate, within, item, ctx, emit),
        }
    }

    fn hold(
        &mut self,
        candidate: Candidate<'_>,
        within: Within,
        item: &mut Item,
        ctx: &Context,
        emit: &mut dyn FnMut(Record),
    ) {
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
            if let Some((key, _)) = within {
                self.learn(key, None);
            }
            return;
        }
        let mut key = self.keyed.hash_one((first.detector, first.normal.as_str()));
        while let Some((place, entry)) = self.index.get(&key).and_then(|i| Some((*i, self.waiting.entries().get(*i)?)))
        {
            let held = self.waiting.readings(entry).first();
            let same = |held: &Reading| held.detector == first.detector && held.normal == first.normal;
            if !held.is_some_and(same) {
                key = key.wrapping_add(1);
                continue;
            }
            let before = held.map_or(f32::MIN, |held| held.odds + held.base);
            if entry.column == column && before == odds {
                self.sorted.extend(within.map(|(sort, margins)| (place, sort, margins)));
            }
            if let Some(entry) = self.waiting.get_mut(place) {
                entry.count += 1;
            }
            if before < odds {
                self.waiting.replace(place, candidate.readings, column);
            }
            return;
        }
        // Rows that are not read tell values apart as they are written.
        let written = match self.read {
            0 => key,
            _ => self.keyed.hash_one((first.detector, candidate.value)),
        };
        if self.counted.contains(&key) || written != key && self.counted.contains(&written) {
            return;
        }
        if self.waiting.len() >= MOST {
            self.flush(item, ctx, emit);
        }
        let full = |reading: &Reading| is_full(&self.told, reading.detector, ctx);
        let number = self.waiting.len();
        self.index.insert(key, number);
        self.index.entry(written).or_insert(number);
        self.sorted.extend(within.map(|(sort, margins)| (number, sort, margins)));
        let shown = (!candidate.readings.iter().all(full)).then_some(ctx.reveal);
        self.waiting.add(candidate, column, shown);
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
        if let Some(at) = self.by_label.get(label) {
            return *at;
        }
        // Beyond that none has a label.
        if label.is_some() && self.columns.len() >= COLUMNS {
            return self.column(&None);
        }
        self.by_label.insert(label.clone(), self.columns.len());
        self.columns.push(Column { label: label.clone(), tallies: HashMap::default() });
        self.columns.len() - 1
    }

    fn tally(&mut self, column: usize, detector: u16, form: u16, verdict: Verdict) {
        let Some(column) = self.columns.get_mut(column) else { return };
        let tally = column.tallies.entry(part(detector, form)).or_default();
        // Where rows are passed over, those that are read are no fair sample.
        if tally.seen < FAIR || !matches!(&self.rows, Table::Long(settled) if settled.has_passed()) {
            tally.add(verdict);
        }
    }

    /// What comes of the cells whose values are held.
    fn learn_all(&mut self, ctx: &Context) {
        let Table::Long(settled) = &mut self.rows else { return };
        let mut said = Said::default();
        for (entry, sorts, margins) in self.sorted.drain(..) {
            let entry = self.waiting.entries().get(entry);
            let found = entry
                .and_then(|entry| best(self.waiting.readings(entry), entry.column, &self.columns, &mut said, ctx))
                .and_then(|(odds, reading, _)| {
                    let confidence = probability(odds);
                    let detector = ctx.detectors.get(reading.detector)?;
                    let percent = (confidence * CENT).round() as u8;
                    let found = Outcome { detector: reading.detector, percent, margins };
                    (detector.report && confidence >= ctx.min_confidence).then_some(found)
                });
            settled.learn(sorts, found);
        }
        settled.next_round();
    }

    /// A place as it may be told.
    fn veiled(&mut self, mut place: Position, ctx: &Context) -> Position {
        if !ctx.reveal {
            place.veil(|name| {
                if self.names.len() >= NAMES {
                    self.names.clear();
                }
                match self.names.get(name) {
                    Some(masked) => masked.clone(),
                    None => self.names.entry(name.into()).or_insert_with(|| ctx.detectors.mask(name).into()).clone(),
                }
            });
        }
        place
    }

    /// Turns what is held into findings. The columns' tallies stay.
    pub fn flush(&mut self, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        self.learn_all(ctx);
        let (mut counts, mut people, mut most) = (Counts::default(), Counts::default(), Sensitivity::None);
        // By detector and confidence: how many in all, and how many that are only counted.
        let mut found: HashMap<u64, (u64, u64), BuildHasherDefault<Ready>> = HashMap::default();
        // What a column says of a verdict, it says of all its values.
        let mut said = Said::default();
        let unread = mem::take(&mut self.unread);
        let unread = unread.iter().flatten().zip(0..).filter(|(more, _)| **more > 0);
        for (more, place) in unread {
            let (number, percent) = (place / PERCENTS, place % PERCENTS);
            found.insert((number as u64) << 32 | percent as u64, (*more, *more));
            let Some(detector) = ctx.detectors.get(number as u16) else { continue };
            let sensitivity = ctx.policies.sensitivity(&detector.id).unwrap_or(detector.sensitivity);
            item.sensitivity = item.sensitivity.max(sensitivity);
            most = most.max(sensitivity);
        }
        let waiting = mem::take(&mut self.waiting);
        // What came of them.
        let mut gone: Vec<Option<u16>> = vec![None; waiting.len()];
        for (entry, gone) in waiting.entries().iter().zip(&mut gone) {
            let best = best(waiting.readings(entry), entry.column, &self.columns, &mut said, ctx);
            let Some((odds, reading, column)) = best else { continue };
            let confidence = probability(odds);
            let reported = |d: &&Detector| d.report && confidence >= ctx.min_confidence;
            let Some(detector) = ctx.detectors.get(reading.detector).filter(reported) else { continue };
            let sensitivity = ctx.policies.sensitivity(&detector.id).unwrap_or(detector.sensitivity);
            let counted = u64::from(reading.detector) << 32 | (confidence * CENT).round() as u64;
            let (all, omitted) = found.entry(counted).or_default();
            *all += 1;
            *gone = Some(reading.detector);
            item.sensitivity = item.sensitivity.max(sensitivity);
            let full = is_full(&self.told, reading.detector, ctx);
            let Some(shown) = (!full).then(|| waiting.report(entry)).flatten() else {
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
                shown: ctx.reveal.then(|| shown.value.to_owned()),
                value: Personal::new(shown.value),
                count: entry.count,
                fingerprint: ctx.key.as_ref().map(|key| key.fingerprint(&detector.id, &reading.normal)),
                position: self.veiled(shown.position, ctx),
                context: shown.context,
                why: ctx.explain.then(|| ctx.detectors.why(reading, column)),
            }));
        }
        let is_known = |number: usize| {
            let of = gone.get(number).copied().flatten();
            of.is_some_and(|detector| is_full(&self.told, detector, ctx))
        };
        let known = self.index.drain().filter(|(_, number)| is_known(*number));
        let mut known: Vec<_> = known.map(|(key, number)| (number, key)).collect();
        known.sort_unstable();
        known.into_iter().for_each(|(_, key)| _ = count(&mut self.counted, key));
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

/// What columns say, by column, form, verdict, and whether their labels name them.
type Said = HashMap<u64, (Option<Tally>, Option<(f32, f32)>), BuildHasherDefault<Ready>>;

/// What a value is likeliest, with its odds and what its column counted.
fn best<'r>(
    readings: &'r [Reading],
    number: usize,
    columns: &[Column],
    said: &mut Said,
    ctx: &Context,
) -> Option<(f32, &'r Reading, Option<Tally>)> {
    let column = columns.get(number).map(|column| &column.tallies);
    let judged = readings.iter().map(|reading| {
        let named = reading.label && reading.said > NAMED;
        let form = u64::from(part(reading.detector, reading.form)) << 3;
        let key = (number as u64) << 35 | form | (reading.verdict as u64) << 1 | u64::from(named);
        let (column, says) = *said.entry(key).or_insert_with(|| {
            let (chance, column) =
                (ctx.detectors.chance(reading.detector), column.and_then(|c| tally(c, reading, &ctx.detectors)));
            let says = column.zip(chance).and_then(|(tally, chance)| tally.odds(chance, reading.verdict, named));
            (column, says)
        });
        (odds(reading, says, &ctx.detectors), reading, column)
    });
    judged.max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Notes that a value was counted; `false`: it was before.
fn count(counted: &mut HashSet<u64, BuildHasherDefault<Hashed>>, key: u64) -> bool {
    if counted.len() >= MOST_KNOWN {
        counted.clear();
    }
    counted.insert(key)
}

/// Nothing of this detector is reported any more. `told`: how many findings were, by detector.
fn is_full(told: &[u64], detector: u16, ctx: &Context) -> bool {
    let told = told.get(usize::from(detector)).copied().unwrap_or_default();
    told >= ctx.limits.findings || ctx.detectors.get(detector).is_none_or(|d| !d.report)
}

/// What was counted of a reading's form; where that is little, of all its detector's forms: people write as they like.
/// Not of those that nearly all numbers have which are something else.
fn tally(
    column: &HashMap<u32, Tally, BuildHasherDefault<Ready>>,
    reading: &Reading,
    detectors: &Detectors,
) -> Option<Tally> {
    let own = column.get(&part(reading.detector, reading.form)).copied();
    if own.is_none_or(Tally::tells) {
        return own;
    }
    let forms = detectors.get(reading.detector).map(|detector| detector.forms.as_slice()).unwrap_or_default();
    let common =
        |form: u16| form != reading.form && forms.get(usize::from(form)).is_some_and(|(_, odds)| *odds < COMMON);
    let counts = |key: u32| key >> 16 == u32::from(reading.detector) && !common(key as u16);
    Some(column.iter().filter(|(key, _)| counts(**key)).map(|(_, tally)| *tally).sum())
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
