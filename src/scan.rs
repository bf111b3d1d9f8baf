//! START HERE: one job's whole journey, from bytes to records, on one screen.
//!
//! In: a [`Job`] and the [`Context`] that all jobs share. Out: records, through `emit`. There is no error: what goes
//! wrong is a record. Deliberately elsewhere: threads (`engine`), printing (`report`).

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::{Timestamp, Zoned};

use crate::budget::{Budget, Limits};
use crate::detect::{Detectors, Held};
use crate::extract::{self, Child, Content, Part};
use crate::item::{Fault, Item, Kind, Mail, Reason};
use crate::job::{Input, Job};
use crate::mask::Key;
use crate::policy::Policies;
use crate::record::Record;
use crate::source;

/// All that is compiled and shared: made once, never changed.
pub struct Context {
    /// What is looked for.
    pub detectors: Detectors,
    /// What it is judged by.
    pub policies: Policies,
    /// What one job may use.
    pub limits: Limits,
    /// The moment that ages are counted from, and the zone whose days count.
    pub now: Zoned,
    /// Findings below this are not reported.
    pub min_confidence: f64,
    /// The key of fingerprints.
    pub key: Option<Key>,
    /// `--show-values`.
    pub reveal: bool,
    /// `--explain`.
    pub explain: bool,
    /// Set to end everything: Ctrl-C, or nobody reads the output any more.
    pub stop: Arc<AtomicBool>,
}

/// Reads one job and reports all that is in it.
/// For every item: its findings, what is inside it, its breaches, then its own `item` record, always last.
pub fn scan(job: Job, ctx: &Context, emit: &mut dyn FnMut(Record)) {
    let budget = Budget::new(&ctx.limits, Arc::clone(&ctx.stop));
    let mut emit = |record| budget.pause(|| emit(record));
    let known = job.mail.clone();
    let (item, content) = open(job);
    scan_item(item, content, known, ctx, &budget, &mut emit);
}

/// Makes a job's item and opens its content. `None`: a folder or mailbox, of which nothing is to be read.
fn open(job: Job) -> (Item, Option<Result<Content<'static>, Fault>>) {
    let mut item = Item::new(job.location, if job.container.is_some() { Kind::Container } else { Kind::Document });
    item.file = job.file;
    // What folders say holds for a mail only; in a Maildir, whose items have a path of their own, all are mail.
    item.mail = job.mail.filter(|_| item.file.path.is_some());
    item.size = job.size;
    if let Some(format) = job.container {
        item.format = Cow::Borrowed(format);
    }
    let content = match job.input {
        Input::Failed(fault) => Some(Err(fault)),
        _ if job.container.is_some() => None,
        Input::Bytes(bytes) => Some(Ok(Content::bytes(bytes))),
        Input::Stdin => Some(Ok(Content::stream(std::io::stdin()))),
        Input::Path(path) => Some(source::open(&path).and_then(|file: File| {
            let meta = file.metadata().map_err(Fault::io)?;
            source::facts(&path, &meta, &mut item);
            Ok(Content::file(file, meta.len()))
        })),
    };
    (item, content)
}

/// One item: what is it, what is in it, is it allowed to be here? Returns the item as it ended.
fn scan_item(
    mut item: Item,
    content: Option<Result<Content<'_>, Fault>>,
    known: Option<Mail>,
    ctx: &Context,
    budget: &Budget,
    emit: &mut dyn FnMut(Record),
) -> Item {
    let mut held = Held::default();
    let mut children = Children::default();
    let mut read = false;
    if let Some(Ok(content)) = &content {
        item.size = item.size.or(content.size());
    }
    let name = item.location.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();

    let ended = match content {
        None => Ok(()),
        Some(Err(fault)) => Err(fault),
        Some(Ok(content)) => {
            let format = Cell::new(None);
            let mut push = |part: Part<'_>| -> Result<(), Fault> {
                match part {
                    Part::Mail(mail) => item.mail = Some(ctx.detectors.mask_subject(in_time(mail, &ctx.now))),
                    Part::Format(found) => format.set(Some(found)),
                    Part::Modified(at) => item.file.modified = Some(at),
                    Part::Text(text) => {
                        read = true;
                        ctx.detectors.find(&text, &mut |sight| held.add(sight, &mut item, ctx, emit));
                    }
                    Part::Child(child) => {
                        read = true;
                        held.flush(&mut item, ctx, emit);
                        children.scan(child, &mut item, ctx, budget, emit)?;
                    }
                    Part::Damage(fault) => item.damaged(fault),
                }
                budget.heard()
            };
            let ended = extract::extract(
                content,
                &name,
                known.as_ref(),
                budget,
                &mut |found| format.set(Some(found)),
                &mut push,
            );
            if let Some(format) = format.get() {
                item.format = Cow::Borrowed(format.name);
                if item.kind == Kind::Document {
                    item.kind = format.kind;
                }
                read |= ended.is_ok() && item.reason.is_none();
            }
            ended
        }
    };
    held.flush(&mut item, ctx, emit);
    children.tell(&mut item);
    item.close(ended, read);

    for record in ctx.policies.judge(&item, &ctx.now) {
        emit(record);
    }
    emit(Record::Item(item.clone()));
    item
}

/// The items inside an open one: names given before, and how many could be read.
#[derive(Default)]
struct Children {
    names: HashMap<String, u32>,
    met: u64,
    encrypted: u64,
}

impl Children {
    /// Scans one. A name met again in the same container gets `#2`, `#3`.
    fn scan(
        &mut self,
        child: Child<'_>,
        item: &mut Item,
        ctx: &Context,
        budget: &Budget,
        emit: &mut dyn FnMut(Record),
    ) -> Result<(), Fault> {
        self.met += 1;
        if self.met > budget.limits().children {
            return Err(Fault::new(Reason::Bomb, "it holds more items than the limit"));
        }
        let name = clean(&child.name);
        let times = self.names.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        let name = if *times > 1 { format!("{name}#{times}") } else { name };
        let mut inside = item.child(&name, child.kind);
        if child.modified.is_some() {
            inside.file.modified = child.modified;
        }
        if child.mail.is_some() {
            inside.mail = child.mail;
        }
        let known = inside.mail.clone();
        let ended = match budget.enter() {
            Ok(outer) => {
                let content = child.content;
                let ended = scan_item(inside, Some(content), known, ctx, budget, emit);
                budget.leave(outer);
                ended
            }
            Err(fault) => scan_item(inside, Some(Err(fault)), known, ctx, budget, emit),
        };
        self.encrypted += u64::from(ended.reason == Some(Reason::Encrypted));
        if ended.kind == Kind::Attachment {
            item.attached.merge(&ended.counts);
            item.attached.merge(&ended.attached);
        }
        Ok(())
    }

    /// An archive with encrypted members was not wholly read; one with nothing else was not read at all.
    fn tell(&self, item: &mut Item) {
        if self.encrypted > 0 && item.reason.is_none() && item.kind == Kind::Container {
            item.damaged(Fault::new(Reason::Encrypted, "it holds encrypted members"));
            if self.encrypted == self.met {
                item.status = crate::item::Status::Skipped;
            }
        }
    }
}

/// A date in the future, or before there was such mail, is unknown: it is not guessed at.
fn in_time(mut mail: Mail, now: &Zoned) -> Mail {
    let sane = |at: &Timestamp| *at <= now.timestamp() && *at >= EARLIEST;
    mail.received = mail.received.filter(sane);
    mail.sent = mail.sent.filter(sane);
    mail
}

/// The beginning of 1980.
const EARLIEST: Timestamp = Timestamp::constant(315_532_800, 0);

/// A name as part of a location: one line, without what a terminal would obey.
fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
