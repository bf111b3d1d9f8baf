//! Everything about one person: what a request for access or erasure asks for (GDPR art. 12, 15 and 17).
//!
//! In: the person's identifiers, and the texts, headers and names of items that `scan` reads; or the records of earlier
//! runs, by fingerprint. Out: a finding for each mention, with everybody else masked. Deliberately elsewhere: how an
//! identifier is written (`person.rs`), the run itself (`run.rs`), and the page for people (`report/subject.rs`).

mod person;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;

pub use self::person::{Ident, Person};
use crate::cli::UsageError;
use crate::detect::Detectors;
use crate::extract::Text;
use crate::item::{Counts, INSIDE, Item, Mail, Sensitivity, Status};
use crate::mask::{Key, OTHER_KEY, Personal};
use crate::record::{Finding, Position, Record};
use crate::scan::Context;

/// What is asked.
#[derive(Debug)]
pub struct Request {
    /// About whom.
    pub person: Arc<Person>,
    /// Records of earlier runs to look through.
    pub records: Vec<PathBuf>,
    /// When it was asked.
    pub asked: Date,
}

/// Reads identifiers from a file: one on each line, as `id: 010190-1234`. A mistake is told by its line, not quoted.
pub fn read(file: &Path) -> Result<Vec<(Ident, String)>, UsageError> {
    let name = file.display();
    let text = fs::read_to_string(file).map_err(|e| UsageError::unreadable(&name, &e))?;
    // Windows writes a mark before UTF-8.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let lines = text.lines().map(str::trim).zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let parse = |(line, number): (&str, usize)| {
        let (word, value) = line.split_once(':')?;
        let ident = Ident::ALL.into_iter().find(|ident| ident.word().eq_ignore_ascii_case(word.trim()));
        ident.map(|ident| (ident, value.trim().to_owned())).ok_or(number).ok()
    };
    lines
        .map(|line| {
            let wrong = || format!("{name}:{}: write `id:`, `email:`, `phone:` or `name:` and then the value", line.1);
            parse(line).ok_or_else(|| UsageError(wrong()))
        })
        .collect()
}

/// Is this a record of what was asked for: a mention, what holds one, or what could not be read?
pub fn concerns(record: &Record) -> bool {
    match record {
        Record::Item(item) => item.status != Status::Scanned || !item.counts.is_empty(),
        _ => true,
    }
}

impl Person {
    /// Finds the person in a piece of an item's text.
    pub fn in_text(&self, text: &Text<'_>, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        for (at, ident) in self.mentions(text.str) {
            if text.own.contains(&at.start) {
                let position = (text.place)(at.start).position;
                mention(item, ident, text.str, &at, position, ctx, emit);
            }
        }
    }

    /// Finds the person among the sender and the recipients of a message.
    pub fn in_mail(&self, mail: &Mail, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        for value in mail.from.iter().chain(&mail.to).chain(&mail.names) {
            self.whole(value, "header", item, ctx, emit);
        }
    }

    /// Finds the person in an item's own name.
    pub fn in_name(&self, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        let name = item.location.rsplit(INSIDE).next().unwrap_or_default().to_owned();
        self.whole(&name, "name", item, ctx, emit);
    }

    fn whole(&self, value: &str, part: &str, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        if let Some((at, ident)) = self.mentions(value).into_iter().next() {
            let position = Position { part: Some(part.into()), ..Position::default() };
            mention(item, ident, value, &at, position, ctx, emit);
        }
    }
}

fn mention(
    item: &mut Item,
    ident: Ident,
    text: &str,
    at: &Range<usize>,
    mut position: Position,
    ctx: &Context,
    emit: &mut dyn FnMut(Record),
) {
    let value = text.get(at.clone()).unwrap_or_default();
    // They may be called after somebody else.
    position.veil(|name| ctx.detectors.mask(name).into());
    item.counts.add(ident.detector(), 1.0);
    item.sensitivity = item.sensitivity.max(Sensitivity::Ordinary);
    emit(Record::Finding(Finding {
        location: item.location.clone(),
        detector: ident.detector().into(),
        category: "subject".into(),
        sensitivity: Sensitivity::Ordinary,
        confidence: 1.0,
        value: Personal::new(value),
        shown: ctx.reveal.then(|| value.to_owned()),
        count: 1,
        fingerprint: None,
        position,
        context: ctx.detectors.quote_strictly(text, at, ctx.reveal),
        why: None,
    }));
}

/// Looks for the person in the records of earlier runs. What was quoted then is masked once more. `false`: some of them
/// do not tell all that was found.
pub fn earlier(request: &Request, ctx: &Context, emit: &mut dyn FnMut(Record)) -> Result<bool, UsageError> {
    let Some(key) = &ctx.key else {
        let needed = "--records compares fingerprints and needs their key: give --key-file FILE or set SPORHUND_KEY";
        return if request.records.is_empty() { Ok(true) } else { Err(UsageError(needed.to_owned())) };
    };
    let prints = request.person.fingerprints(&ctx.detectors, key);
    let mut all = true;
    for file in &request.records {
        all &= records(file, key, &prints, ctx, emit)?;
    }
    Ok(all)
}

fn records(
    file: &Path,
    key: &Key,
    prints: &BTreeSet<(String, String)>,
    ctx: &Context,
    emit: &mut dyn FnMut(Record),
) -> Result<bool, UsageError> {
    let name = file.display();
    let open = File::open(file).map_err(|e| UsageError::unreadable(&name, &e))?;
    let mut mentioned = BTreeMap::new();
    // A run ends with its summary, a worker with `done`.
    let (mut all, mut ended) = (true, false);
    for (number, line) in (1..).zip(BufReader::new(open).split(b'\n')) {
        let wrong = |what: &str| UsageError(format!("{name}:{number}: {what}"));
        let line = line.map_err(|_| wrong("reading it gave an error"))?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        ended = false;
        let Ok(record) = serde_json::from_slice::<Record>(&line) else {
            let record: serde_json::Value = serde_json::from_slice(&line).map_err(|_| wrong("this is no record"))?;
            match record.get("record").and_then(serde_json::Value::as_str) {
                None | Some("finding" | "item") => return Err(wrong("this is no record of a scan")),
                Some(_) => continue,
            }
        };
        match record {
            Record::Finding(finding) if finding.fingerprint.is_none() => {
                return Err(wrong("no fingerprint here: scan with --key-file, and give the same key now"));
            }
            Record::Finding(finding) => {
                if let Some(found) = known(finding, prints, ctx) {
                    let counts: &mut Counts = mentioned.entry(found.location.clone()).or_default();
                    counts.add(&found.detector, 1.0);
                    emit(Record::Finding(found));
                }
            }
            Record::Summary(summary) if key.is_other(summary.key.as_deref()) => {
                return Err(wrong(OTHER_KEY));
            }
            Record::Summary(summary) => {
                ended = true;
                // Who was only counted may be the one.
                all &= summary.complete && summary.omitted.is_empty();
            }
            Record::Done => ended = true,
            Record::Item(mut item) => {
                item.counts = mentioned.remove(&item.location).unwrap_or_default();
                item.mail = item.mail.map(Mail::veiled);
                emit(Record::Item(item));
            }
            _ => {}
        }
    }
    Ok(all && ended)
}

/// A finding of the person's own, as it may be shown.
fn known(mut finding: Finding, prints: &BTreeSet<(String, String)>, ctx: &Context) -> Option<Finding> {
    let print = finding.fingerprint.clone()?;
    if !prints.contains(&(finding.detector.to_string(), print)) {
        return None;
    }
    let ident = match &*finding.detector {
        "email" => Ident::Email,
        "phone" => Ident::Phone,
        "name" => Ident::Name,
        _ => Ident::Id,
    };
    finding.detector = ident.detector().into();
    finding.category = "subject".into();
    finding.shown = finding.shown.filter(|_| ctx.reveal);
    finding.context = ctx.detectors.strict(&finding.context);
    finding.position.veil(|name| ctx.detectors.mask(name).into());
    Some(finding)
}

/// The last day to answer: a month after the request (GDPR art. 12(3)), or as a policy says.
pub fn deadline(asked: Date, ctx: &Context) -> Option<Date> {
    let month = || asked.checked_add(jiff::Span::new().months(1)).ok();
    ctx.policies.iter().filter_map(|policy| policy.answer_by(asked)).min().or_else(month)
}

/// Detector → what it finds, for the inventory of mentions.
pub fn categories(detectors: &Detectors) -> crate::policy::Categories {
    let own = Ident::ALL.map(|ident| (ident.detector().to_owned(), ("subject".to_owned(), Sensitivity::Ordinary)));
    detectors.categories().into_iter().chain(own).collect()
}
