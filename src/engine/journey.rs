//! What a supervisor knows of a job that a worker does: which items are open and what was told of them; and so, when
//! the worker dies, which item it died over and where to go on.
//!
//! In: the worker's records. Out: the same without those that are for the supervisor only; after a death a
//! [`Resume`], or the records of the items that nobody will close any more. Nothing is told twice and nothing is lost.

use std::mem;

use crate::item::{Item, Kind, Reason};
use crate::job::{Job, Resume, Told};
use crate::record::{Record, Sum};
use crate::scan::{self, Context};

/// After so many deaths over one job it is given up.
const MOST: u32 = 32;
/// Who shoots so often at the same place is the system, out of memory.
const SHOTS: u32 = 4;

/// Where records go; the flag says that this one closes the job.
pub type Emit<'e> = &'e mut dyn FnMut(Record, bool);

/// One job on its way.
#[derive(Default)]
pub struct Journey {
    open: Vec<Open>,
    resume: Option<Resume>,
    /// The items that were open at the last death, until the last of them is met again.
    lost: Vec<Open>,
    /// Its own item was told: there is no more to come but the word that it is done.
    told: bool,
    deaths: u32,
    /// Where workers were shot by somebody else, and how often.
    shot: (Vec<u32>, u32),
}

/// An item that was started and not closed.
struct Open {
    location: String,
    at: Vec<u32>,
    told: Told,
    /// How many of its children are closed.
    children: u32,
}

/// What a record means to the supervisor.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// There is more to come.
    More,
    /// The job is done.
    Done,
    /// No worker of ours says that.
    Nonsense,
}

impl Journey {
    /// Where the worker is to go on, if another one died before.
    pub fn resume(&self) -> Option<&Resume> {
        self.resume.as_ref()
    }

    /// Nothing was heard of it yet.
    pub fn is_fresh(&self) -> bool {
        self.open.is_empty() && self.deaths == 0
    }

    /// All was told of it, and whoever dies now need not do it again.
    pub fn is_told(&self) -> bool {
        self.told
    }

    /// Takes a record in, and passes it on if it is for others too.
    pub fn hear(&mut self, record: Record, ctx: &Context, emit: Emit<'_>) -> Heard {
        match record {
            Record::Start { location, at } => return self.started(location, at),
            Record::Alive => return Heard::More,
            Record::Done => return if self.open.is_empty() { Heard::Done } else { Heard::Nonsense },
            Record::Inventory(_) | Record::Change(_) | Record::Summary(_) | Record::Repeat(_) => {
                return Heard::Nonsense;
            }
            Record::Item(item) => return self.closed(item, ctx, emit),
            Record::Part { .. } => return self.parted(record, ctx, emit),
            Record::Finding(_)
            | Record::Found(_)
            | Record::Breach(_)
            | Record::Undecided { .. }
            | Record::Exempt { .. }
            | Record::Omitted { .. }
            | Record::Facts(_) => {}
        }
        let Some(open) = self.open.last_mut() else { return Heard::Nonsense };
        open.told.skip += if let Record::Found(found) = &record { found.len() } else { 1 };
        if let Record::Finding(finding) = &record {
            open.told.counts.add(&finding.detector, finding.confidence);
            open.told.sensitivity = open.told.sensitivity.max(finding.sensitivity);
            open.told.read = true;
        }
        if let Record::Found(found) = &record {
            for Sum { detector, confidence, sensitivity, n } in &found.sums {
                open.told.counts.add_many(detector, *confidence, *n);
                open.told.sensitivity = open.told.sensitivity.max(*sensitivity);
            }
            open.told.read = true;
        }
        if let Record::Omitted { counts, sensitivity, .. } = &record {
            open.told.counts.merge(counts);
            for (detector, n) in counts.totals() {
                *open.told.omitted.entry(detector.to_owned()).or_default() += n;
            }
            open.told.sensitivity = open.told.sensitivity.max(*sensitivity);
            open.told.read = true;
        }
        emit(record, false);
        Heard::More
    }

    fn started(&mut self, location: String, at: Vec<u32>) -> Heard {
        if at.len() != self.open.len() || self.told {
            return Heard::Nonsense;
        }
        let before = self.resume.as_ref().filter(|resume| resume.at.starts_with(&at));
        let mut told = before.and_then(|resume| resume.told.get(at.len())).cloned().unwrap_or_default();
        let children = before.and_then(|resume| resume.at.get(at.len())).copied().unwrap_or(0);
        if let Some(lost) = self.lost.pop_if(|lost| lost.at == at) {
            // What it counts again it is not to tell again.
            told = lost.told;
            self.lost.clear();
        }
        self.open.push(Open { location, at, told, children });
        Heard::More
    }

    fn closed(&mut self, item: Item, ctx: &Context, emit: Emit<'_>) -> Heard {
        let Some(open) = self.open.pop().filter(|open| open.location == item.location) else { return Heard::Nonsense };
        self.missed(&open, ctx, emit);
        if let Some(outer) = self.open.last_mut() {
            outer.children = open.at.last().map_or(0, |number| number.saturating_add(1));
            outer.told.read = true;
            outer.told.skip = 0;
            outer.told.encrypted += u64::from(item.reason == Some(Reason::Encrypted));
            if item.kind == Kind::Attachment {
                outer.told.attached.merge(&open.told.counts);
                outer.told.attached.merge(&open.told.attached);
            }
        }
        self.told = self.open.is_empty();
        emit(Record::Item(item), self.told);
        Heard::More
    }

    /// A part of the job's item is done.
    fn parted(&mut self, part: Record, ctx: &Context, emit: Emit<'_>) -> Heard {
        let Some(open) = self.open.pop().filter(|open| part.closes(&open.location) && open.at.is_empty()) else {
            return Heard::Nonsense;
        };
        self.missed(&open, ctx, emit);
        self.told = true;
        emit(part, true);
        Heard::More
    }

    /// Closes what was open in an item at a death and was not met again: the file is another one than before.
    fn missed(&mut self, open: &Open, ctx: &Context, emit: Emit<'_>) {
        if self.lost.last().is_some_and(|lost| lost.at.starts_with(&open.at)) {
            let lost = mem::take(&mut self.lost).into_iter().skip(open.at.len() + 1);
            close(lost.collect(), Reason::Crashed, ctx, emit);
        }
    }

    /// The worker is dead; without a reason, somebody else shot it. Returns why the job is to be given up; else it is
    /// to be sent again.
    pub fn died(&mut self, reason: Option<Reason>) -> Option<Reason> {
        self.deaths += 1;
        let blamed = reason.unwrap_or(Reason::Memory);
        let mut at = self.open.last().map(|open| open.at.clone()).unwrap_or_default();
        let again = reason.is_none() && self.shots(&at) < SHOTS;
        if reason == Some(Reason::Interrupted) || self.deaths >= MOST {
            return Some(blamed);
        }
        if !self.lost.is_empty() || self.open.is_empty() {
            // On the way back to where another died, or before it began.
            self.open.clear();
            return (self.deaths > 1 && !again).then_some(blamed);
        }
        let mut told: Vec<Told> = self.open.iter().map(|open| open.told.clone()).collect();
        let last = self.open.last()?;
        if again && last.children > 0 {
            // It goes on behind the last child that was closed.
            at.push(last.children);
        } else if again {
            // It is read once more, from the beginning.
            told.pop();
            told.push(Told { skip: last.told.skip, ..Told::default() });
        } else if at.is_empty() {
            return Some(blamed);
        }
        self.resume = Some(Resume { at, reason: (!again).then_some(blamed), told });
        self.lost = mem::take(&mut self.open);
        None
    }

    /// How often somebody shot at this place, this time included.
    fn shots(&mut self, at: &[u32]) -> u32 {
        if self.shot.0 != at {
            self.shot = (at.to_vec(), 0);
        }
        self.shot.1 += 1;
        self.shot.1
    }

    /// Closes all that is open, the job last.
    pub fn give_up(self, mut job: Job, reason: Reason, ctx: &Context, emit: Emit<'_>) {
        let mut open = if self.lost.len() > self.open.len() { self.lost } else { self.open };
        let inside = open.split_off(open.len().min(1));
        close(inside, reason, ctx, emit);
        let told = open.pop().map(|open| open.told).into_iter().collect();
        job.resume = Some(Resume { at: Vec::new(), reason: Some(reason), told });
        here(job, ctx, emit);
    }
}

/// Scans a job in this process.
pub fn here(job: Job, ctx: &Context, emit: Emit<'_>) {
    let location = job.location.clone();
    scan::scan(job, ctx, &mut |record| {
        if !matches!(record, Record::Start { .. } | Record::Alive) {
            let own = record.closes(&location);
            emit(record, own);
        }
    });
}

/// Closes items inside a job, of which nothing is known but what was told, the innermost first.
fn close(items: Vec<Open>, reason: Reason, ctx: &Context, emit: Emit<'_>) {
    for open in items.into_iter().rev() {
        let mut item = Item::new(open.location, Kind::Document);
        (item.counts, item.attached, item.sensitivity) = (open.told.counts, open.told.attached, open.told.sensitivity);
        item.omitted = open.told.omitted;
        item.close(Err(reason.of_death()), open.told.read);
        scan::close(item, ctx, &mut |record| emit(record, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detectors;

    #[test]
    fn who_dies_after_the_last_record_has_done_the_job() {
        let now: jiff::Zoned = "2026-11-20T12:00[UTC]".parse().unwrap();
        let ctx = Context::new(Detectors::load(None, now.date()).unwrap(), now);
        let mut journey = Journey::default();
        let mut told = 0;
        let mut hear = |journey: &mut Journey, record| journey.hear(record, &ctx, &mut |_, _| told += 1);
        let start = || Record::Start { location: "a".to_owned(), at: Vec::new() };
        assert_eq!(hear(&mut journey, start()), Heard::More);
        assert!(!journey.is_told());
        assert_eq!(hear(&mut journey, Record::Item(Item::new("a".to_owned(), Kind::Document))), Heard::More);
        assert!(journey.is_told(), "it need not be sent again");
        assert_eq!(hear(&mut journey, start()), Heard::Nonsense);
        assert_eq!(told, 1);
    }
}
