//! What some jobs told together: while none of them is changed, it is told again as a whole, and nothing of it is
//! looked at.
//!
//! In: the records of the jobs, as they are told. Out: their lines and their sums, and how long they hold: a rule with
//! an age may say something else tomorrow. What holds no more is told job by job, and kept anew (`store.rs`).

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use crate::item::Item;
use crate::record::{Record, Repeat, Summary, Sums};
use crate::report::{Inventory, Survey};
use crate::scan::Context;

/// Lines of jobs that are more than this together are not kept as a whole.
const LINES: usize = 4 << 20;

/// What is kept beside the lines.
#[derive(Serialize, Deserialize)]
pub struct Terms {
    /// What the lines come to.
    pub sums: Sums,
    judged: Timestamp,
    /// The day on which they may be judged otherwise.
    turns: Option<Date>,
}

impl Terms {
    /// Judged at this moment they would be what they are.
    pub fn hold(&self, now: &Zoned) -> bool {
        now.timestamp() >= self.judged && self.turns.is_none_or(|day| now.date() < day)
    }
}

/// The records of some jobs on their way.
pub struct Whole<'s> {
    lines: Vec<u8>,
    summary: Summary,
    inventory: Inventory<'s>,
    turns: Option<Date>,
    last: String,
    /// Jobs that were told to their ends.
    closed: usize,
    /// Nothing spoke against it yet.
    kept: bool,
}

impl<'s> Whole<'s> {
    /// Nothing yet.
    pub fn new(survey: &'s Survey<'s>) -> Self {
        let (lines, summary, turns, last) = Default::default();
        Self { lines, summary, inventory: Inventory::new(survey), turns, last, closed: 0, kept: true }
    }

    /// They cannot be told again as a whole.
    pub fn spoil(&mut self) {
        self.kept = false;
        self.lines = Vec::new();
    }

    /// An item, as it was before it was judged.
    pub fn judging(&mut self, item: &Item, ctx: &Context) {
        let turns = ctx.policies.turns(item, &ctx.now);
        self.turns = [self.turns, turns].into_iter().flatten().min();
    }

    /// Takes in what is told; the flag says that it closes its job.
    pub fn add(&mut self, record: &Record, own: bool) {
        if !self.kept {
            return;
        }
        self.inventory.add(record);
        self.summary.count(record, own);
        self.closed += usize::from(own);
        if let Record::Item(item) = record {
            self.last.clone_from(&item.location);
        }
        // What is told of a part is for the container to tell.
        let told = !matches!(record, Record::Part { .. });
        if !told || record.is_reported() && record.line(&mut self.lines).is_err() || self.lines.len() > LINES {
            self.spoil();
        }
    }

    /// The whole of what so many jobs told, and its terms. `None`: it is not to be kept.
    pub fn end(self, jobs: usize, now: &Zoned) -> Option<(Terms, Vec<u8>)> {
        if !self.kept || self.closed < jobs || self.turns.is_some_and(|day| day <= now.date()) {
            return None;
        }
        let sums = Sums { summary: self.summary, counted: self.inventory.counted(), last: self.last };
        Some((Terms { sums, judged: now.timestamp(), turns: self.turns }, self.lines))
    }
}

impl From<(Terms, Vec<u8>)> for Record {
    fn from((terms, lines): (Terms, Vec<u8>)) -> Self {
        Self::Repeat(Box::new(Repeat { lines, sums: terms.sums }))
    }
}
