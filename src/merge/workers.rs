//! Records of workers: what one scan of the same would have reported, though no scan has summed them.
//!
//! In: records as `worker` wrote them, in any order of jobs. Out: reports with the inventory and the sums; and of a
//! container that several jobs shared, its own records, which need what all of them told. Deliberately elsewhere:
//! records of scans, which have sums of their own (`merge.rs`).

use std::collections::BTreeMap;
use std::io;
use std::mem;

use super::{Input, Line, Options, done, each};
use crate::cli::UsageError;
use crate::detect::Detectors;
use crate::engine;
use crate::item::Item;
use crate::job::{self, Job, Resume, Told};
use crate::policy::Policies;
use crate::record::{Record, Summary};
use crate::report::{Inventory, Reports, Setting, Survey};
use crate::scan::Context;
use crate::subject;

/// What was told of containers that were shared.
type Shared = BTreeMap<String, Told>;

/// Everything that workers wrote.
pub(super) fn report(
    inputs: &[Input],
    options: &Options,
    detectors: Detectors,
    setting: &Setting,
) -> Result<(), UsageError> {
    let categories = subject::categories(&detectors);
    let policies = Policies::load(&options.policies, options.patterns.as_deref(), &categories)?;
    let mut reports = Reports::open(&options.outputs, setting)?;
    let ctx = Context { policies, ..Context::new(detectors, options.now.clone()) };
    let mut sum = Summary { complete: true, sleeping: ctx.policies.sleeping(), ..Summary::default() };
    let zone = ctx.now.time_zone().clone();
    let survey = Survey::new(&ctx.policies, categories, options.sources.clone(), zone);
    let mut inventory = Inventory::new(&survey);
    let mut take = |record: Record| {
        inventory.add(&record);
        sum.count(&record, false);
        reports.record(&record)
    };

    let mut shared = shared(inputs)?;
    // The bytes of the item told last: of a job's own, once the job is done.
    let (mut bytes, mut whole, mut complete) = (0, 0, true);
    // Records that do not say whose they are stand before their item.
    let mut waiting = Vec::new();
    each(inputs, |line| {
        match line {
            Line::Record(Record::Summary(_) | Record::Inventory(_)) => {
                return Err(io::Error::other("these records have sums of their own: leave out --source"));
            }
            Line::Record(Record::Done) => whole += mem::take(&mut bytes),
            Line::Record(Record::Part { .. }) => bytes = 0,
            Line::Record(record @ (Record::Undecided { .. } | Record::Exempt { .. })) => waiting.push(record),
            Line::Record(Record::Breach(breach)) if shared.contains_key(&breach.location) => {}
            Line::Record(Record::Item(item)) => {
                bytes = item.size.unwrap_or(0);
                let Some(told) = shared.remove(&item.location) else {
                    waiting.drain(..).try_for_each(&mut take)?;
                    return take(Record::Item(item));
                };
                waiting.clear();
                return close(item, told, &ctx, &mut take);
            }
            Line::Record(record) => return take(record),
            Line::End { complete: ended, .. } => complete &= ended,
        }
        Ok(())
    })?;
    (sum.uncovered, sum.idle) = (inventory.uncovered(), inventory.idle());
    (sum.bytes, sum.complete) = (whole, complete && shared.is_empty());
    let mut rows = inventory.rows().cloned().map(Record::Inventory);
    done(rows.try_for_each(|row| reports.record(&row)))?;
    done(reports.record(&Record::Summary(sum)).and_then(|()| reports.finish()))
}

/// What the parts of containers told of them, brought together in the order of the parts.
fn shared(inputs: &[Input]) -> Result<Shared, UsageError> {
    let mut parts: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    each(inputs, |line| {
        if let Line::Record(Record::Part { location, told }) = line {
            parts.entry(location).or_default().push(*told);
        }
        Ok(())
    })?;
    let together = |mut parts: Vec<Told>| {
        parts.sort_by_key(|told| told.met);
        parts.into_iter().fold(Told::default(), |mut all, told| {
            all.merge(told);
            all
        })
    };
    Ok(parts.into_iter().map(|(location, parts)| (location, together(parts))).collect())
}

/// The own records of a container, of which its last job alone knew nothing.
fn close(item: Item, told: Told, ctx: &Context, take: &mut dyn FnMut(Record) -> io::Result<()>) -> io::Result<()> {
    let resume = Resume { told: vec![told], ..Resume::default() };
    let own = Job {
        container: Some(item.format),
        file: item.file,
        size: item.size,
        mail: item.mail,
        resume: Some(resume),
        ..Job::new(item.location, job::Input::Bytes(Vec::new()))
    };
    let mut taken = Ok(());
    engine::here(own, ctx, &mut |record, _| {
        if taken.is_ok() && !matches!(record, Record::Facts(_)) {
            taken = take(record);
        }
    });
    taken
}
