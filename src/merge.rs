//! `report`: records of one run or several in, reports out.
//!
//! In: files of JSON lines, as `scan` or `worker` wrote them. Out: the reports that were asked for, of everything or of
//! what passes the filters, in one file or in one per owner. What is known of an item comes last, so filters read the
//! records twice: once to see which items pass, once to hand them on. Only hashes of locations are kept between.

mod workers;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::cli::{UsageError, plainly};
use crate::compare;
use crate::detect::Detectors;
use crate::item::{INSIDE, Sensitivity, Status};
use crate::policy::{Categories, Policies};
use crate::record::{Breach, Record, Severity, Summary};
use crate::report::{self, Inventory, Output, Reports, Setting, Survey, texts, texts::Texts};

/// What `report` is to do.
#[derive(Debug)]
pub struct Options {
    /// Files of records; `-` is standard input.
    pub records: Vec<PathBuf>,
    /// Where reports go, and in which format.
    pub outputs: Vec<Output>,
    /// What is told.
    pub filter: Filter,
    /// A file for each owner.
    pub split: bool,
    /// Of two files of records, only what changed from the first to the second.
    pub compare: bool,
    /// The words of reports for people, as asked for and of the environment.
    pub lang: Option<Texts>,
    /// The words of the environment's language.
    pub locale: Option<Texts>,
    /// What stands between the columns of CSV.
    pub separator: char,
    /// The moment that ages are counted to.
    pub now: Zoned,
    /// A folder with further patterns.
    pub patterns: Option<PathBuf>,
    /// What was scanned, as locations begin: the records are those of workers, and what a scan counts is counted here.
    pub sources: Vec<String>,
    /// What workers judged by.
    pub policies: Vec<String>,
}

/// What is told: everything that is given must hold; of several values of one, any.
#[derive(Debug, Default)]
pub struct Filter {
    /// Owners, exactly.
    pub owners: Vec<String>,
    /// Places, with what is below and inside them.
    pub places: Vec<String>,
    /// Rules: `rule` or `policy/rule`.
    pub rules: Vec<String>,
    /// Breaches that are at least so severe.
    pub severity: Option<Severity>,
}

/// Owners whose files are written in one go; more are further readings of the records.
const TOGETHER: usize = 32;
/// Owners that are named to somebody who asked for one that there is not.
const OWNERS: usize = 8;

/// Writes reports. An error means that records cannot be read, or a report not be written.
pub fn report(options: &Options) -> Result<(), UsageError> {
    let inputs: Vec<Input> = options.records.iter().map(|path| Input::open(path)).collect::<Result<_, _>>()?;
    let detectors = Detectors::load(options.patterns.as_deref(), options.now.date())?;
    let setting = Setting {
        texts: texts::choose(options.lang.as_ref(), "", options.locale.as_ref())?,
        now: options.now.clone(),
        detectors: report::described(&detectors),
        separator: options.separator,
        about_one: false,
        findings_fail: false,
    };
    if let (true, [old, new]) = (options.compare, inputs.as_slice()) {
        return changes(old, new, options, &setting);
    }
    if !options.split && options.filter.is_empty() {
        return if options.sources.is_empty() {
            whole(&inputs, options, &setting)
        } else {
            workers::report(&inputs, options, detectors, &setting)
        };
    }
    let known = Known::read(&inputs, &options.filter)?;
    known.has(&options.filter)?;
    if !options.split {
        let mut parts = [Part::open(None, &options.outputs, &setting)?];
        hand_out(&inputs, &options.filter, &known, &mut parts)?;
        return parts.into_iter().try_for_each(|part| part.finish(&options.filter));
    }
    let mut taken = HashSet::new();
    let owners: Vec<_> = known.worklists.iter().map(|owner| (owner, file_name(owner, &mut taken))).collect();
    for some in owners.chunks(TOGETHER) {
        let mut parts = Vec::new();
        for (owner, name) in some {
            let outputs: Vec<Output> = options.outputs.iter().map(|output| of_owner(output, name)).collect();
            parts.push(Part::open(Some(owner), &outputs, &setting)?);
        }
        hand_out(&inputs, &options.filter, &known, &mut parts)?;
        parts.into_iter().try_for_each(|part| part.finish(&options.filter))?;
    }
    Ok(())
}

/// Everything, in one reading. Where a run ended without a summary, its records are counted.
fn whole(inputs: &[Input], options: &Options, setting: &Setting) -> Result<(), UsageError> {
    let mut reports = Reports::open(&options.outputs, setting)?;
    let mut sum = Summary { complete: true, ..Summary::default() };
    let mut counted = Summary { complete: true, ..Summary::default() };
    let policies = Policies::default();
    let survey = Survey::new(&policies, Categories::new(), Vec::new(), TimeZone::UTC);
    let mut inventory = Inventory::new(&survey);
    each(inputs, |line| {
        match line {
            Line::Record(Record::Summary(summary)) => {
                sum.add(&summary);
                counted = Summary { complete: true, ..Summary::default() };
            }
            Line::Record(row @ Record::Inventory(_)) => inventory.add(&row),
            Line::Record(record) => {
                counted.count(&record, outermost(&record));
                return reports.record(&record);
            }
            Line::End { complete, empty } => {
                counted.complete = complete && !empty;
                sum.add(&counted);
                counted = Summary { complete: true, ..Summary::default() };
            }
        }
        Ok(())
    })?;
    let mut rows = inventory.rows().cloned().map(Record::Inventory);
    done(rows.try_for_each(|row| reports.record(&row)))?;
    done(reports.record(&Record::Summary(sum)).and_then(|()| reports.finish()))
}

/// What changed from one run to another.
fn changes(old: &Input, new: &Input, options: &Options, setting: &Setting) -> Result<(), UsageError> {
    let mut reports = Reports::open(&options.outputs, setting)?;
    let (changes, complete) = compare::compare(old, new)?;
    let sum = Summary { complete, changes: compare::sums(&changes), ..Summary::default() };
    let mut records = changes.into_iter().map(Record::Change).chain([Record::Summary(sum)]);
    done(records.try_for_each(|record| reports.record(&record)).and_then(|()| reports.finish()))
}

/// Hands the records that pass to the reports they belong in.
fn hand_out(inputs: &[Input], filter: &Filter, known: &Known, parts: &mut [Part]) -> Result<(), UsageError> {
    each(inputs, |line| {
        let record = match line {
            Line::Record(Record::Summary(summary)) => {
                // Of the run; what was met is counted here.
                let Summary { complete, seconds, sleeping, known, allowed, narrowed, .. } = summary;
                let run = Summary { complete, seconds, sleeping, known, allowed, narrowed, ..Summary::default() };
                parts.iter_mut().for_each(|part| part.summary.add(&run));
                return Ok(());
            }
            Line::Record(record) => record,
            Line::End { complete, empty } => {
                parts.iter_mut().for_each(|part| part.summary.complete &= complete && !empty);
                return Ok(());
            }
        };
        let Some(location) = location(&record) else { return Ok(()) };
        let owner = known.owner(location);
        let passes = filter.place(location)
            && (filter.all_breaches() || known.broken(location))
            && (filter.owners.is_empty() || filter.owners.iter().any(|wanted| wanted == owner))
            && !matches!(&record, Record::Breach(breach) if !filter.breach(breach));
        let of = |part: &&mut Part| part.owner.as_deref().is_none_or(|whose| whose == owner);
        for part in parts.iter_mut().filter(of).filter(|_| passes) {
            part.summary.count(&record, outermost(&record));
            part.reports.record(&record)?;
        }
        Ok(())
    })
}

/// A report of its own, with its own sums.
struct Part {
    owner: Option<String>,
    reports: Reports,
    summary: Summary,
}

impl Part {
    fn open(owner: Option<&str>, outputs: &[Output], setting: &Setting) -> Result<Self, UsageError> {
        let summary = Summary { complete: true, ..Summary::default() };
        Ok(Self { owner: owner.map(str::to_owned), reports: Reports::open(outputs, setting)?, summary })
    }

    fn finish(mut self, filter: &Filter) -> Result<(), UsageError> {
        let owner = self.owner.iter().map(|owner| format!("--owner {owner}"));
        let narrowed = filter.told().chain(owner).collect();
        self.summary.add(&Summary { complete: true, narrowed, ..Summary::default() });
        done(self.reports.record(&Record::Summary(self.summary)).and_then(|()| self.reports.finish()))
    }
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.owners.is_empty() && self.places.is_empty() && self.all_breaches()
    }

    /// The options that it was made of.
    fn told(&self) -> impl Iterator<Item = String> {
        let named = |option: &'static str, values: &[String]| -> Vec<String> {
            values.iter().map(|value| format!("--{option} {value}")).collect()
        };
        let severity = self.severity.map(|severity| format!("--severity {}", severity.word()));
        [named("owner", &self.owners), named("place", &self.places), named("rule", &self.rules)]
            .into_iter()
            .flatten()
            .chain(severity)
    }

    /// No breach is filtered out.
    fn all_breaches(&self) -> bool {
        self.rules.is_empty() && self.severity.is_none()
    }

    fn breach(&self, breach: &Breach) -> bool {
        let named = |rule: &String| {
            rule == &breach.rule
                || rule.split_once('/').is_some_and(|(policy, id)| policy == breach.policy && id == breach.rule)
        };
        (self.rules.is_empty() || self.rules.iter().any(named)) && self.severity.is_none_or(|s| breach.severity >= s)
    }

    fn place(&self, location: &str) -> bool {
        self.places.is_empty() || self.places.iter().any(|place| is_in(location, place))
    }
}

/// It is there, or below or inside of it.
fn is_in(location: &str, place: &str) -> bool {
    let rest = location.strip_prefix(place.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with(INSIDE))
}

/// What the first reading learns: on whose list an item belongs, and whether it breaks a rule that the filter lets through.
#[derive(Default)]
struct Known {
    names: Vec<String>,
    owners: HashMap<Hash, usize>,
    broken: HashSet<Hash>,
    /// Owners of whose items there is something to tell.
    worklists: BTreeSet<String>,
    /// Those of the filter's places in which there is something.
    places: HashSet<String>,
}

type Hash = [u8; 16];

impl Known {
    fn read(inputs: &[Input], filter: &Filter) -> Result<Self, UsageError> {
        let mut known = Self { names: vec![String::new()], ..Self::default() };
        let mut numbers = HashMap::from([(String::new(), 0)]);
        each(inputs, |line| {
            match line {
                Line::Record(Record::Breach(breach)) if filter.breach(&breach) => {
                    known.broken.insert(hash(&breach.location));
                }
                Line::Record(Record::Item(item)) => {
                    let owner = item.whose().unwrap_or_default().to_owned();
                    let number = *numbers.entry(owner.clone()).or_insert_with(|| {
                        known.names.push(owner.clone());
                        known.names.len() - 1
                    });
                    known.owners.insert(hash(&item.location), number);
                    for place in filter.places.iter().filter(|place| is_in(&item.location, place)) {
                        if !known.places.contains(place) {
                            known.places.insert(place.clone());
                        }
                    }
                    let told = item.sensitivity != Sensitivity::None || item.status != Status::Scanned;
                    let broken = known.broken(&item.location);
                    if filter.place(&item.location)
                        && (filter.owners.is_empty() || filter.owners.contains(&owner))
                        && (broken || (told && filter.all_breaches()))
                    {
                        known.worklists.insert(owner);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(known)
    }

    /// What is asked for is there at all: an empty report would say that all is well.
    fn has(&self, filter: &Filter) -> Result<(), UsageError> {
        if let Some(owner) = filter.owners.iter().find(|owner| !self.names.contains(owner)) {
            let some: Vec<&str> =
                self.names.iter().filter(|name| !name.is_empty()).take(OWNERS).map(|n| &**n).collect();
            let some = if some.is_empty() { "nobody's name is known".to_owned() } else { some.join(", ") };
            return Err(UsageError(format!("--owner {owner}: nothing in these records is theirs; owners are: {some}")));
        }
        match filter.places.iter().find(|place| !self.places.contains(*place)) {
            Some(place) => Err(UsageError(format!("--place {place}: there is no such place in these records"))),
            None => Ok(()),
        }
    }

    /// The owner of an item; nothing if it is not known.
    fn owner(&self, location: &str) -> &str {
        let number = self.owners.get(&hash(location)).copied().unwrap_or_default();
        self.names.get(number).map_or("", String::as_str)
    }

    /// It, or what it is inside of, breaks a rule: a message's rules see what is attached to it.
    fn broken(&self, location: &str) -> bool {
        let mut ends = location.match_indices(INSIDE).map(|(at, _)| at).chain([location.len()]);
        ends.any(|end| location.get(..end).is_some_and(|outer| self.broken.contains(&hash(outer))))
    }
}

/// Records to be read, more than once if need be.
pub struct Input {
    name: String,
    from: From,
}

/// Where they are. There may be more parts of a run than files may be open.
enum From {
    File(PathBuf),
    /// What a pipe gave: it can be read once only.
    Copy(File),
}

impl Input {
    fn open(path: &Path) -> Result<Self, UsageError> {
        let name = path.display().to_string();
        let cannot = |error: io::Error| UsageError::unreadable(&name, &error);
        let mut from: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(path).map_err(cannot)?;
            let meta = file.metadata().map_err(cannot)?;
            if meta.is_dir() {
                return Err(UsageError(format!("{name}: this is a folder: name the files of records in it")));
            }
            if meta.is_file() {
                return Ok(Self { name, from: From::File(path.to_owned()) });
            }
            Box::new(file)
        };
        let mut file = tempfile::tempfile().map_err(cannot)?;
        io::copy(&mut from, &mut file).map_err(cannot)?;
        Ok(Self { name, from: From::Copy(file) })
    }

    /// At its beginning.
    fn reader(&self) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(match &self.from {
            From::File(path) => Box::new(BufReader::new(File::open(path)?)),
            From::Copy(file) => {
                let mut file = file;
                file.rewind()?;
                Box::new(BufReader::new(file))
            }
        })
    }
}

/// What an input says.
#[allow(clippy::large_enum_variant, reason = "moved once; nearly all are records")]
pub enum Line {
    /// A record.
    Record(Record),
    /// The input has ended; false: in the midst of a run, which ends with a summary, or, for a worker, with `done`.
    End {
        /// It was told to its end.
        complete: bool,
        /// There was nothing at all: a run that never began, or a worker without jobs.
        empty: bool,
    },
}

/// Only this of a line is read where it is no record that we know.
#[derive(Deserialize)]
struct Unknown {
    record: String,
}

/// Reads every input from its beginning. A mistake is the line's number and what is wrong, never the line itself.
pub fn each(inputs: &[Input], mut take: impl FnMut(Line) -> io::Result<()>) -> Result<(), UsageError> {
    for input in inputs {
        let name = &input.name;
        let wrong = |number: usize, what: &str| UsageError(format!("{name}:{number}: {what}"));
        let lines = input.reader().map_err(|error| wrong(1, &format!("it cannot be read: {}", plainly(&error))))?;
        let (mut complete, mut empty) = (true, true);
        for (number, line) in (1..).zip(lines.split(b'\n')) {
            let line = line.map_err(|_| wrong(number, "reading it gave an error"))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            empty = false;
            match Record::parse(&line) {
                Ok(record) => {
                    complete = match &record {
                        Record::Summary(_) | Record::Done => true,
                        record => complete && !record.is_reported(),
                    };
                    done(take(Line::Record(record)))?;
                }
                Err(_) => match serde_json::from_slice::<Unknown>(&line) {
                    Ok(Unknown { record }) if !["item", "finding", "breach", "summary"].contains(&record.as_str()) => {
                        complete |= record == "done";
                    }
                    _ => return Err(wrong(number, "this is no record of a scan")),
                },
            }
        }
        done(take(Line::End { complete, empty }))?;
    }
    Ok(())
}

/// Nobody reading any more is no mistake.
fn done(written: io::Result<()>) -> Result<(), UsageError> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(UsageError(error.to_string())),
        _ => Ok(()),
    }
}

fn location(record: &Record) -> Option<&str> {
    match record {
        Record::Item(item) => Some(&item.location),
        Record::Finding(finding) => Some(&finding.location),
        Record::Breach(breach) => Some(&breach.location),
        _ => None,
    }
}

/// Its item is a file, and not something inside one.
fn outermost(record: &Record) -> bool {
    location(record).is_some_and(|location| !location.contains(INSIDE))
}

fn hash(location: &str) -> Hash {
    let mut hash = [0; 16];
    blake3::Hasher::new().update(location.as_bytes()).finalize_xof().fill(&mut hash);
    hash
}

/// A report's place for one owner: `list.html` becomes `list-anna.html`.
fn of_owner(output: &Output, name: &str) -> Output {
    let to = output.to.as_ref().map(|to| {
        let mut file = OsString::from(to.file_stem().unwrap_or_default());
        file.push("-");
        file.push(name);
        if let Some(ending) = to.extension() {
            file.push(".");
            file.push(ending);
        }
        to.with_file_name(file)
    });
    Output { format: output.format, to, screen: output.screen }
}

/// An owner's name as part of a file's: nothing that leads elsewhere or that a system refuses, and for each another one.
fn file_name(owner: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '@') { c } else { '_' };
    let name: String = owner.chars().take(60).map(plain).collect();
    let name = if name.is_empty() { "unknown".to_owned() } else { name };
    let mut unique = name.clone();
    let mut n = 1;
    // File systems may not tell capitals from small letters.
    while !taken.insert(unique.to_lowercase()) {
        n += 1;
        unique = format!("{name}-{n}");
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_what_is_below_and_inside_it() {
        let filter = Filter { places: vec!["share/hr/".into(), "anna.mbox".into()], ..Filter::default() };
        for (location, passes) in [
            ("share/hr/a.txt", true),
            ("share/hr", true),
            ("share/hr2/a.txt", false),
            ("anna.mbox!/17", true),
            ("anna.mbox2", false),
        ] {
            assert_eq!(filter.place(location), passes, "{location}");
        }
    }

    #[test]
    fn an_owner_cannot_choose_where_the_list_goes() {
        let mut taken = HashSet::new();
        assert_eq!(file_name("../../etc/x", &mut taken), "______etc_x");
        assert_eq!(file_name("ANNA", &mut taken), "ANNA");
        assert_eq!(file_name("anna", &mut taken), "anna-2");
        assert_eq!(file_name("", &mut taken), "unknown");
    }
}
