//! START HERE: one job's whole journey, from bytes to records, on one screen.
//!
//! In: a [`Job`] and the [`Context`] that all jobs share. Out: records, through `emit`. There is no error: what goes
//! wrong is a record. Deliberately elsewhere: threads (`engine`), printing (`report`).

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fs::Metadata;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::{Timestamp, Zoned};

use crate::budget::{Budget, Limits};
use crate::detect::{Ahead, Detectors, Held};
use crate::extract::{self, Child, Content, Part, Text, mailbox};
use crate::item::{Facts, Fault, INSIDE, Item, Kind, Mail, Mark, Reason, Sensitivity, Status};
use crate::job::{Input, Job, Range, Resume, Told};
use crate::mask::Key;
use crate::ocr::Ocr;
use crate::policy::{Passing, Policies};
use crate::record::{Found, Record};
use crate::source;
use crate::subject::Person;

/// Findings that are told together have so many bytes of lines.
const TOGETHER: usize = 16 << 10;

/// All that is compiled and shared: made once, never changed.
pub struct Context {
    /// What is looked for.
    pub detectors: Arc<Detectors>,
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
    /// `--show-private`.
    pub show_private: bool,
    /// Only this person is looked for.
    pub person: Option<Arc<Person>>,
    /// `--explain`.
    pub explain: bool,
    /// Nobody looks at single findings: they are told together, as [`Record::Found`].
    pub lines: bool,
    /// Before each item's record comes what rules ask of it besides, so that it can be judged again unread.
    pub facts: bool,
    /// Who reads text in pictures, if somebody is to.
    pub ocr: Option<Arc<Ocr>>,
    /// Set to end everything: Ctrl-C, or nobody reads the output any more.
    pub stop: Arc<AtomicBool>,
}

impl Context {
    /// Looks for what these detectors know, judges by no policy, masks what it finds, and counts ages from `now`.
    /// Whatever else is wanted is a field to set.
    pub fn new(detectors: Detectors, now: Zoned) -> Self {
        Self {
            detectors: Arc::new(detectors),
            policies: Policies::default(),
            limits: Limits::default(),
            now,
            min_confidence: 0.5,
            key: None,
            reveal: false,
            show_private: false,
            person: None,
            explain: false,
            lines: false,
            facts: false,
            ocr: None,
            stop: Arc::default(),
        }
    }

    /// How sensitive the loaded policies, or else the law, hold a detector's findings to be.
    pub fn sensitivity(&self, detector: &str) -> Sensitivity {
        let law = || self.detectors.list().find(|d| d.id == detector).map(|d| d.sensitivity);
        self.policies.sensitivity(detector).or_else(law).unwrap_or_default()
    }
}

/// Reads one job and reports all that is in it. For every item: its start, its findings, what is inside it, its
/// breaches, then its own `item` record, always last: whatever happens, the job ends in one of its location; or, if it
/// asks for a part of a container, in a `part` record.
pub fn scan(job: Job, ctx: &Context, emit: &mut dyn FnMut(Record)) {
    let budget = Budget::new(&ctx.limits, Arc::clone(&ctx.stop)).with_ocr(ctx.ocr.clone());
    let (location, kind) = (job.location.clone(), job.kind());
    let (range, closed) = (job.range, Cell::new(false));
    let mut found = Found::default();
    let mut emit = |record: Record| {
        let single = match record {
            Record::Finding(finding) if ctx.lines => {
                // Room for them all is made once.
                if found.is_empty() {
                    found.lines.reserve(2 * TOGETHER);
                }
                found.add(&finding).is_err().then_some(Record::Finding(finding))
            }
            record => Some(record),
        };
        if single.is_some() && !found.is_empty() || found.lines.len() > TOGETHER {
            budget.pause(|| emit(Record::Found(mem::take(&mut found))));
        }
        if let Some(record) = single {
            closed.set(closed.get() || record.closes(&location));
            budget.pause(|| emit(record));
        }
    };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let resume = job.resume.clone();
        let resume = resume.as_ref().map(|resume| (resume.at.as_slice(), resume));
        let known = job.mail.clone();
        let (item, content, file) = open(job, ctx);
        let way = Way { at: Vec::new(), range, resume, known, file };
        scan_item(item, content, way, ctx, &budget, &mut emit);
    }));
    if ended.is_err() && !closed.get() {
        if range.is_some() {
            let told = Box::new(Told { ended: Some(Reason::Crashed.of_death()), ..Told::default() });
            return emit(Record::Part { location: location.clone(), told });
        }
        let mut item = Item::new(location.clone(), kind);
        item.close(Err(Reason::Crashed.of_death()), false);
        emit(Record::Item(item));
    }
}

/// Where an item is in its job: the numbers of the children, from 0, that lead to it, and, on the way to where a
/// worker died before, how it goes on from here.
struct Way<'r> {
    at: Vec<u32>,
    /// The children that are asked for; none: all.
    range: Option<Range>,
    resume: Option<(&'r [u32], &'r Resume)>,
    /// What the source or the container says of it as a mail.
    known: Option<Mail>,
    /// The file that is the job's own item, as it was when it was opened.
    file: Opened,
}

impl<'r> Way<'r> {
    /// The way to a child. `None`: it was closed before, or is not asked for.
    fn child(&self, number: u32, known: Option<Mail>) -> Option<Self> {
        if self.is_closed(number) || self.range.is_some_and(|range| !range.contains(number)) {
            return None;
        }
        let resume = match self.resume {
            Some(([first, rest @ ..], resume)) if number == *first => Some((rest, resume)),
            _ => None,
        };
        let at = self.at.iter().copied().chain([number]).collect();
        Some(Self { at, range: None, resume, known, file: None })
    }

    /// What was told of the item before.
    fn told(&self) -> Told {
        self.resume.and_then(|(_, resume)| resume.told.get(self.at.len())).cloned().unwrap_or_default()
    }

    /// Why the item is not to be read.
    fn refused(&self) -> Option<Fault> {
        self.resume.filter(|(rest, _)| rest.is_empty()).and_then(|(_, resume)| resume.reason).map(Reason::of_death)
    }

    /// This child was told before.
    fn is_closed(&self, number: u32) -> bool {
        matches!(self.resume, Some(([first, ..], _)) if number < *first)
    }

    /// Its text was told before, as was what lies before this child.
    fn is_behind(&self, number: u32) -> bool {
        matches!(self.resume, Some(([first, ..], _)) if number <= *first)
    }
}

/// A file as it was when it was opened.
type Opened = Option<(PathBuf, Metadata)>;

/// Makes a job's item and opens its content. `None`: a folder or mailbox, of which nothing is to be read.
fn open(job: Job, ctx: &Context) -> (Item, Option<Result<Content<'static>, Fault>>, Opened) {
    let mut item = Item::new(job.location.clone(), job.kind());
    item.file = job.file;
    // What folders say holds for a mail only; in a Maildir, whose items have a path of their own, and on a mail server
    // all are mail.
    item.mail = job.mail.filter(|_| item.file.path.is_some() || !matches!(job.input, Input::Path(_)));
    item.size = job.size;
    let empty = job.container.is_some();
    if let Some(format) = job.container {
        item.format = format;
    }
    let mut opened = None;
    let content = match job.input {
        Input::Failed(fault) => Some(Err(fault)),
        _ if empty => None,
        Input::Bytes(bytes) => Some(Ok(Content::bytes(bytes))),
        Input::Imap(_) => Some(Err(Fault::new(Reason::Unreadable, "it was not taken from its server"))),
        Input::Stdin => Some(Ok(Content::stream(std::io::stdin()))),
        Input::Path(path) => Some(source::open(&path, ctx.limits.fetch).and_then(|(file, meta)| {
            source::facts(&path, &meta, &mut item);
            if source::is_hollow(&meta) {
                return Err(Fault::new(Reason::Bomb, "hardly any of its bytes are on the disk"));
            }
            let size = meta.len();
            let content = Content::file(source::patient(file, &path), size).part(job.range);
            opened = Some((path, meta));
            Ok(content)
        })),
    };
    (item, content, opened)
}

/// The national numbers in an item's name, and in that of the folder or container that it is in: a file about somebody is
/// often called so. Other digits in names are dates and versions too often.
fn named(location: &str, detectors: &Detectors) -> Vec<String> {
    /// The shortest national number has as many.
    const DIGITS: usize = 9;
    let from = location.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
    let name = location.get(from..).unwrap_or_default();
    if name.bytes().filter(u8::is_ascii_digit).count() < DIGITS { Vec::new() } else { detectors.numbers_in(name) }
}

/// One item: what is it, what is in it, is it allowed to be here? Returns the item as it ended.
fn scan_item(
    mut item: Item,
    content: Option<Result<Content<'_>, Fault>>,
    way: Way<'_>,
    ctx: &Context,
    budget: &Budget,
    emit: &mut dyn FnMut(Record),
) -> Item {
    emit(Record::Start { location: item.location.clone(), at: way.at.clone() });
    let told = way.told();
    let skip = Cell::new(if way.refused().is_some() { 0 } else { told.skip });
    let emit: &mut dyn FnMut(Record) = &mut |record| match record {
        Record::Start { .. } | Record::Alive => emit(record),
        _ if skip.get() > 0 => skip.set(skip.get() - 1),
        _ => emit(record),
    };
    mark(&mut item, way.known.as_ref(), ctx);
    let veil = item.marks.contains(&Mark::Private) && !ctx.show_private;
    let mut passing = Passing::new(veil);
    // What is marked private is counted only, and not told apart.
    let key = ctx.key.as_ref().filter(|_| !veil && ctx.person.is_none());
    let mut fingerprint = key.map(|key| key.hasher("content"));
    let mut held = Held::default();
    let mut ahead = Ahead::new(Arc::clone(&ctx.detectors), ctx.limits.threads.saturating_sub(1));
    let mut children = Children { encrypted: told.encrypted, ..Children::default() };
    children.met = u32::try_from(told.met).unwrap_or(u32::MAX);
    let mut read = told.read;
    told.damage.into_iter().for_each(|fault| item.damaged(fault));
    (item.counts, item.attached, item.sensitivity) = (told.counts, told.attached, told.sensitivity);
    item.omitted = told.omitted;
    if let Some(Ok(content)) = &content {
        item.size = item.size.or(content.size());
    }
    // What is told of a container itself is told once.
    if way.range.is_none_or(|range| range.first == 0) && told.met == 0 {
        let emit = &mut |record| emit(passing.look(record));
        match &ctx.person {
            Some(person) => person.in_name(&mut item, ctx, emit),
            None if way.is_behind(0) => {}
            None => {
                for number in named(&item.location, &ctx.detectors) {
                    Text::alone(&number, "name", |text| held.read(&text, None, &mut ahead, &mut item, ctx, emit));
                }
            }
        }
    }
    let name = item.location.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();

    let content = way.refused().map_or(content, |fault| Some(Err(fault)));
    let ended = match content {
        None => told.ended.map_or(Ok(()), Err),
        Some(Err(fault)) => Err(fault),
        Some(Ok(content)) => {
            let format = Cell::new(None);
            let mut push = |part: Part<'_>| -> Result<(), Fault> {
                match part {
                    Part::Mail(mail) => {
                        if let Some(person) = &ctx.person {
                            person.in_mail(&mail, &mut item, ctx, &mut |record| emit(passing.look(record)));
                        }
                        item.size = item.size.or(mail.size);
                        let veil = veil || ctx.person.is_some();
                        item.mail = Some(if veil { mail.veiled() } else { ctx.detectors.mask_subject(mail) });
                    }
                    Part::Format(found) => format.set(Some(found)),
                    Part::Modified(at) => item.file.modified = Some(at),
                    Part::Soon(piece) => {
                        if ctx.person.is_none() && !way.is_behind(children.met) {
                            ahead.add(piece);
                        }
                    }
                    Part::Text(_) | Part::Seen(..) => {
                        let (text, seen) = match part {
                            Part::Seen(text, lines) => (text, Some(lines)),
                            Part::Text(text) => (text, None),
                            _ => return Ok(()),
                        };
                        read = true;
                        if let (Some(fingerprint), Some(own)) = (&mut fingerprint, text.str.get(text.own.clone())) {
                            fingerprint.update(own.as_bytes());
                        }
                        let emit = &mut |record| emit(passing.look(record));
                        match &ctx.person {
                            Some(person) => person.in_text(&text, &mut item, ctx, emit),
                            None if way.is_behind(children.met) => {}
                            None => held.read(&text, seen, &mut ahead, &mut item, ctx, emit),
                        }
                        if budget.beat() {
                            emit(Record::Alive);
                        }
                    }
                    Part::Child(child) => {
                        read = true;
                        held.flush(&mut item, ctx, &mut |record| emit(passing.look(record)));
                        if !way.is_closed(children.met) {
                            skip.set(0);
                        }
                        children.scan(child, &mut item, &way, ctx, budget, emit)?;
                    }
                    Part::Passed(number) => children.met = children.met.saturating_add(number),
                    Part::Damage(fault) => item.damaged(fault),
                    Part::Unseen(fault) => {
                        item.unseen += 1;
                        item.damaged(fault);
                    }
                }
                budget.heard()
            };
            let ended = extract::extract(
                content,
                &name,
                way.known.as_ref(),
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
    if way.range.is_some() {
        let (counts, attached, sensitivity) = (item.counts.clone(), item.attached.clone(), item.sensitivity);
        let (encrypted, met, ended) = (children.encrypted, children.met.into(), ended.err());
        let damage = item.reason.zip(item.message.clone()).map(|(reason, message)| Fault { reason, message });
        let omitted = item.omitted.clone();
        let told = Told { counts, attached, omitted, sensitivity, encrypted, read, skip: 0, met, damage, ended };
        emit(Record::Part { location: item.location.clone(), told: Box::new(told) });
        return item;
    }
    let closed = catch_unwind(AssertUnwindSafe(|| {
        held.flush(&mut item, ctx, &mut |record| emit(passing.look(record)));
        children.tell(&mut item);
        if way.file.as_ref().is_some_and(|(path, read)| source::was_changed(path, read)) {
            item.damaged(Fault::new(Reason::Changed, "it was written while it was read"));
        }
        item.close(ended, read);
    }));
    if closed.is_err() {
        item.close(Err(Reason::Crashed.of_death()), read);
    }
    if let Some(fingerprint) = fingerprint.filter(|_| item.status == Status::Scanned && !item.counts.is_empty()) {
        item.content = Some(Key::digits(&fingerprint));
    }
    if let (Kind::Message, Some(mail)) = (item.kind, &item.mail) {
        item.others = passing.others(mail);
    }
    close(item, ctx, emit)
}

/// The end of an item: its breaches, and its record. Returns it as it was judged.
pub fn close(item: Item, ctx: &Context, emit: &mut dyn FnMut(Record)) -> Item {
    if ctx.facts {
        emit(Record::Facts(Facts::of(&item)));
    }
    let item = judge(item, ctx, emit);
    emit(Record::Item(item.clone()));
    item
}

/// An item's breaches. Returns it as it was judged.
pub fn judge(mut item: Item, ctx: &Context, emit: &mut dyn FnMut(Record)) -> Item {
    // A message that is a file of its own is as old as that.
    let alone = item.kind == Kind::Message && !item.location.contains(INSIDE);
    let written = item.file.file_modified.filter(|_| alone);
    item.mail = item.mail.take().map(|mail| in_time(Mail { received: mail.received.or(written), ..mail }, &ctx.now));
    let judged = catch_unwind(AssertUnwindSafe(|| {
        item.responsible = ctx.policies.place(&item.location).and_then(|place| place.owner.clone());
        if ctx.person.is_none() {
            ctx.policies.judge(&item, &ctx.now).into_iter().for_each(&mut *emit);
        }
    }));
    if judged.is_err() {
        item.damaged(Reason::Crashed.of_death());
    }
    item
}

/// What the item is marked as, by where it stands.
fn mark(item: &mut Item, known: Option<&Mail>, ctx: &Context) {
    let folder = item.mail.as_ref().or(known).and_then(|mail| mail.folder.as_deref());
    if mailbox::marked_private(&item.location) || folder.is_some_and(mailbox::marked_private) {
        item.marks.push(Mark::Private);
    }
    if ctx.policies.restrict(&item.location) {
        item.marks.push(Mark::Restricted);
    }
}

/// The items inside an open one: names given before, and how many could be read.
#[derive(Default)]
struct Children {
    names: HashMap<String, u32>,
    met: u32,
    encrypted: u64,
}

impl Children {
    /// Scans one. A name met again in the same container gets `#2`, `#3`.
    fn scan(
        &mut self,
        child: Child<'_>,
        item: &mut Item,
        way: &Way<'_>,
        ctx: &Context,
        budget: &Budget,
        emit: &mut dyn FnMut(Record),
    ) -> Result<(), Fault> {
        let number = self.met;
        if number >= budget.limits().children {
            return Err(Fault::new(Reason::Bomb, "it holds more items than the limit"));
        }
        budget.count()?;
        self.met += 1;
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
        if child.owner.is_some() {
            inside.file.owner = child.owner;
        }
        let Some(way) = way.child(number, inside.mail.clone()) else { return Ok(()) };
        let ended = match budget.enter() {
            Ok(outer) => {
                let content = child.content;
                let ended = scan_item(inside, Some(content), way, ctx, budget, emit);
                budget.leave(outer);
                ended
            }
            Err(fault) => scan_item(inside, Some(Err(fault)), way, ctx, budget, emit),
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
            if self.encrypted == u64::from(self.met) {
                item.status = crate::item::Status::Skipped;
            }
        }
    }
}

/// A date in the future, or before there was such mail, is unknown: it is not guessed at. Today is no future, to its
/// end: ages count days, and `now` may be a day of which nobody said how late it is.
fn in_time(mut mail: Mail, now: &Zoned) -> Mail {
    let passed = |at: &Timestamp| *at <= now.timestamp() || at.to_zoned(now.time_zone().clone()).date() <= now.date();
    let sane = |at: &Timestamp| *at >= EARLIEST && passed(at);
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
