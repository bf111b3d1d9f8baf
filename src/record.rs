//! The one currency: everything that leaves a stage is a [`Record`], and a record is a line of the contract's JSON.

mod line;

use std::collections::BTreeMap;
use std::io::{self, Write};

use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

use crate::compare::{Change, How};
use crate::item::{Counts, Facts, Item, Sensitivity, Status, by_confidence, is_zero};
use crate::job::Told;
use crate::mask::{self, Personal};
use crate::record::line::Line;
use crate::report::{Counted, Row};

/// Where in an item, in whatever terms its format has. Everything counts from 1.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, Pack, Unpack)]
pub struct Position {
    /// Line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Sheet, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<CompactString>,
    /// Cell, as `B12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<CompactString>,
    /// Slide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slide: Option<u32>,
    /// Part of the item: `header`, `footnotes`, `comments`, `subject`, `properties`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<CompactString>,
}

impl Position {
    /// Masks the names in it: sheets are called after people, and where a table has no header the names of its columns are
    /// its first row.
    pub fn veil(&mut self, mut mask: impl FnMut(&str) -> CompactString) {
        if let Some(sheet) = &mut self.sheet {
            *sheet = mask(sheet);
        }
        // A database's column and row; other cells are called `B12`.
        if let Some((name, row)) = self.cell.as_ref().and_then(|cell| cell.rsplit_once(':')) {
            self.cell = Some(format_compact!("{}:{row}", mask(name)));
        }
    }
}

/// One value found in one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
pub struct Finding {
    /// The item.
    pub location: String,
    /// Who found it.
    pub detector: CompactString,
    /// What kind of data it is: `national_id`, `contact`, `health`, …
    pub category: CompactString,
    /// How sensitive the loaded policy, or else the law, holds it to be.
    pub sensitivity: Sensitivity,
    /// The probability that it is what the detector says, two decimals.
    pub confidence: f64,
    /// The value; prints masked.
    #[serde(rename = "masked")]
    pub value: Personal,
    /// The characters as found, for `--show-values`.
    #[serde(default, rename = "value", skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// How often in this item.
    pub count: u64,
    /// Keyed hash of the normalised value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The first place.
    pub position: Position,
    /// The text around the first place, masked.
    pub context: String,
    /// The evidence, with `--explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Finding {
    /// Takes out what it shows of its value and of the text around it: it counts, and no more.
    pub fn veil(&mut self) {
        let hidden = |c: char| if c.is_alphanumeric() { mask::MASKED } else { c };
        let masked = self.value.masked().chars().map(hidden).collect();
        self.value = Personal::with_mask("", masked);
        self.shown = None;
        self.context.clear();
    }
}

/// An item that breaks a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// The item.
    pub location: String,
    /// The policy's id.
    pub policy: String,
    /// The rule's id.
    pub rule: String,
    /// How bad the policy holds it to be.
    pub severity: Severity,
    /// What is wrong, in the policy's language.
    pub message: String,
    /// The same in English, where that is another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_en: Option<String>,
    /// The section of the policy's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The first day on which it was a breach, where the rule has an age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<jiff::civil::Date>,
}

/// How bad a breach is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be looked at.
    Low,
    /// To be put right.
    Medium,
    /// To be put right soon.
    High,
    /// To be put right now.
    Critical,
}

impl Severity {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The last line of a run.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Items by status.
    pub items: BTreeMap<Status, u64>,
    /// Findings by detector.
    pub findings: BTreeMap<String, u64>,
    /// Breaches by rule.
    pub breaches: BTreeMap<String, u64>,
    /// Items by format and status: what was covered.
    #[serde(default)]
    pub formats: BTreeMap<String, BTreeMap<Status, u64>>,
    /// Items that were not, or not wholly, read, by reason.
    #[serde(default)]
    pub reasons: BTreeMap<crate::item::Reason, u64>,
    /// The same by format: what of each was not read, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, BTreeMap<crate::item::Reason, u64>>,
    /// Findings that are counted and not listed, by detector: their items have more of them than the limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub omitted: BTreeMap<String, u64>,
    /// Pictures and scanned pages whose text was not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unseen: u64,
    /// Where text in pictures was to be read: the languages, as `tesseract` calls them, or `missing` where it is not
    /// installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocr: Option<String>,
    /// Rules with an age whose item has no known date: rule → items.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undecided: BTreeMap<String, u64>,
    /// What a dispensation or a legal reason keeps from being a breach: why → items.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exempt: BTreeMap<String, u64>,
    /// Findings and breaches that an entry of the allow-list keeps out of the report: why → records.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed: BTreeMap<String, u64>,
    /// Options that left out something that was found: of everything else it is not known whether there is any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrowed: Vec<String>,
    /// Records that are not reported again, as the baseline holds them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub known: u64,
    /// Entries of the allow-list that hold no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<String>,
    /// Of a comparison of two runs: what is new, moved and gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<How, u64>,
    /// Rules that cannot fire, with what they wait for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sleeping: BTreeMap<String, String>,
    /// Entries of the register that covered nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncovered: Vec<String>,
    /// Rules that are awake and applied to nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<String>,
    /// The last day to answer the request, of a search for one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<jiff::civil::Date>,
    /// What tells the key of the run's fingerprints from other keys; of several runs that have several, `several`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Bytes of the items that are files.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// False after an interruption.
    pub complete: bool,
}

/// The key of runs that have not the same one.
const SEVERAL: &str = "several";

impl Summary {
    /// Counts a record; `outermost`: its item is a file, and not something inside one.
    pub fn count(&mut self, record: &Record, outermost: bool) {
        match record {
            Record::Finding(finding) => add(&mut self.findings, &finding.detector, 1),
            Record::Found(found) => {
                found.sums.iter().for_each(|sum| add(&mut self.findings, &sum.detector, sum.n));
            }
            Record::Breach(breach) => add(&mut self.breaches, &breach.rule, 1),
            Record::Undecided { rule } => *self.undecided.entry(rule.clone()).or_default() += 1,
            Record::Item(item) => {
                *self.items.entry(item.status).or_default() += 1;
                let of = match self.formats.get_mut(&*item.format) {
                    Some(of) => of,
                    None => self.formats.entry(item.format.to_string()).or_default(),
                };
                *of.entry(item.status).or_default() += 1;
                if let Some(reason) = item.reason {
                    *self.reasons.entry(reason).or_default() += 1;
                    *self.unread.entry(item.format.to_string()).or_default().entry(reason).or_default() += 1;
                }
                for (detector, n) in &item.omitted {
                    add(&mut self.findings, detector, *n);
                    add(&mut self.omitted, detector, *n);
                }
                self.unseen += item.unseen;
                if outermost {
                    self.bytes += item.size.unwrap_or(0);
                }
            }
            Record::Exempt { why } => *self.exempt.entry(why.clone()).or_default() += 1,
            Record::Repeat(repeat) => self.tally(&repeat.sums.summary),
            _ => {}
        }
    }

    /// Counts only what is listed: of what is not, nobody knows whether it is new.
    pub fn only_listed(&mut self) {
        for (detector, n) in &self.omitted {
            if let Some(of) = self.findings.get_mut(detector) {
                *of = of.saturating_sub(*n);
            }
        }
        self.findings.retain(|_, n| *n > 0);
    }

    /// Adds what was counted elsewhere.
    fn tally(&mut self, other: &Self) {
        fn sum<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, n) in from {
                *to.entry(key.clone()).or_default() += n;
            }
        }
        sum(&mut self.items, &other.items);
        sum(&mut self.findings, &other.findings);
        sum(&mut self.breaches, &other.breaches);
        sum(&mut self.reasons, &other.reasons);
        sum(&mut self.omitted, &other.omitted);
        sum(&mut self.undecided, &other.undecided);
        sum(&mut self.exempt, &other.exempt);
        sum(&mut self.allowed, &other.allowed);
        sum(&mut self.changes, &other.changes);
        for (format, reasons) in &other.unread {
            sum(self.unread.entry(format.clone()).or_default(), reasons);
        }
        for (format, statuses) in &other.formats {
            sum(self.formats.entry(format.clone()).or_default(), statuses);
        }
        self.unseen += other.unseen;
        self.known += other.known;
        self.bytes += other.bytes;
    }

    /// Adds what another run counted. What is complete in one and not in the other is not complete.
    pub fn add(&mut self, other: &Self) {
        self.tally(other);
        self.sleeping.extend(other.sleeping.iter().map(|(rule, why)| (rule.clone(), why.clone())));
        // Of several runs, what did nothing in one is told; the records say of which.
        for (mine, theirs) in [
            (&mut self.uncovered, &other.uncovered),
            (&mut self.idle, &other.idle),
            (&mut self.expired, &other.expired),
            (&mut self.narrowed, &other.narrowed),
        ] {
            mine.extend(theirs.iter().cloned());
            mine.sort();
            mine.dedup();
        }
        // A rule that broke in one of them applied to something.
        let broken = |rule: &String| rule.rsplit('/').next().is_some_and(|id| self.breaches.contains_key(id));
        self.idle.retain(|rule| !broken(rule));
        self.deadline = [self.deadline, other.deadline].into_iter().flatten().min();
        self.key = match (self.key.take(), &other.key) {
            (Some(one), Some(other)) if one != *other => Some(SEVERAL.to_owned()),
            (one, other) => one.or_else(|| other.clone()),
        };
        self.ocr = self.ocr.take().or_else(|| other.ocr.clone());
        self.seconds += other.seconds;
        self.complete &= other.complete;
    }
}

/// Adds to the number of something, whose name is nearly always there.
fn add(to: &mut BTreeMap<String, u64>, name: &str, n: u64) {
    match to.get_mut(name) {
        Some(sum) => *sum += n,
        None => drop(to.insert(name.to_owned(), n)),
    }
}

/// A line of the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "most records are findings and items, moved once")]
pub enum Record {
    /// Something that was met.
    Item(Item),
    /// Something that was found in it.
    Finding(Finding),
    /// A rule that it breaks.
    Breach(Breach),
    /// A rule that could not be decided for want of a date; folded into the summary, never printed.
    Undecided {
        /// The rule's id.
        rule: String,
    },
    /// What personal data there is in a place; after the items, before the summary.
    Inventory(Row),
    /// What changed between two runs.
    Change(Change),
    /// A breach that the policy exempts until a day; folded into the summary, never printed.
    Exempt {
        /// Rule, place, reason and day, for people.
        why: String,
    },
    /// The end.
    Summary(Summary),
    /// Findings of the item that is being read which are counted and not reported: it has more of them than the limit.
    /// Folded into the item's record, never printed.
    Omitted {
        /// All of them.
        #[serde(with = "by_confidence")]
        counts: Counts,
        /// Those that may be about others than a message's parties.
        #[serde(with = "by_confidence")]
        people: Counts,
        /// The highest sensitivity of them.
        sensitivity: Sensitivity,
    },
    /// Findings of the item that is being read, where nobody looks at single ones.
    Found(Found),
    /// From the state: all that was told of some jobs that were not changed.
    #[serde(skip)]
    Repeat(Box<Repeat>),
    /// From a worker: an item is being opened.
    Start {
        /// The item.
        location: String,
        /// The numbers of the children, from 0, that lead to it; none for the job's own.
        at: Vec<u32>,
    },
    /// From a worker: the part of a container that the job asked for is done. Takes the place of the container's item,
    /// which the last job tells.
    Part {
        /// The container.
        location: String,
        /// What there is to tell of the container itself.
        told: Box<Told>,
    },
    /// From a worker: nothing to tell yet, and still at it.
    Alive,
    /// From a worker: what rules ask of the item that comes next and its record does not hold.
    Facts(Facts),
    /// From a worker: the job is done.
    Done,
}

/// Findings as their lines, and what they come to: a tenth of what it costs to hand them on one by one, to other threads
/// and out of workers. So findings are remembered, too.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
pub struct Found {
    /// Their lines, as [`Record::write`] writes them. A worker writes them before this record.
    #[serde(skip)]
    pub lines: Vec<u8>,
    /// What they come to.
    pub sums: Vec<Sum>,
}

/// So many findings of a detector that are alike in what is counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
pub struct Sum {
    /// Who found them.
    pub detector: CompactString,
    /// How sure they are.
    pub confidence: f64,
    /// How sensitive.
    pub sensitivity: Sensitivity,
    /// How many.
    pub n: u64,
}

impl Found {
    /// How every line begins.
    pub const BEGIN: &[u8] = br#"{"record":"finding","location":""#;

    /// Adds a finding, which comes after those that it has.
    pub fn add(&mut self, finding: &Finding) -> io::Result<()> {
        Line(&mut self.lines).finding(finding)?;
        self.lines.push(b'\n');
        let Finding { detector, confidence, sensitivity, .. } = finding;
        self.sum(Sum { detector: detector.clone(), confidence: *confidence, sensitivity: *sensitivity, n: 1 });
        Ok(())
    }

    /// Adds those of another, behind its own.
    pub fn merge(&mut self, other: &Self) {
        self.lines.extend_from_slice(&other.lines);
        other.sums.iter().for_each(|sum| self.sum(sum.clone()));
    }

    fn sum(&mut self, more: Sum) {
        let alike = |sum: &&mut Sum| {
            sum.confidence == more.confidence && sum.sensitivity == more.sensitivity && sum.detector == more.detector
        };
        match self.sums.iter_mut().find(alike) {
            Some(sum) => sum.n += more.n,
            None => self.sums.push(more),
        }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.sums.iter().fold(0, |all, sum| all.saturating_add(sum.n))
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// Writes what they come to as a record, behind their lines.
    pub fn write_sums(&self, output: &mut Vec<u8>) -> io::Result<()> {
        #[derive(Serialize)]
        #[serde(tag = "record", rename = "found")]
        struct Sums<'s> {
            sums: &'s [Sum],
        }
        serde_json::to_writer(&mut *output, &Sums { sums: &self.sums })?;
        output.push(b'\n');
        Ok(())
    }

    /// The findings themselves.
    pub fn findings(&self) -> impl Iterator<Item = serde_json::Result<Finding>> {
        self.lines.split_inclusive(|byte| *byte == b'\n').map(serde_json::from_slice)
    }
}

/// What some jobs told in an earlier run, and would tell again.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Repeat {
    /// The lines of all records, as [`Record::write`] writes them.
    pub lines: Vec<u8>,
    /// What they come to.
    pub sums: Sums,
}

impl Repeat {
    /// The records themselves.
    pub fn records(&self) -> impl Iterator<Item = serde_json::Result<Record>> {
        self.lines.split_inclusive(|byte| *byte == b'\n').map(Record::parse)
    }
}

/// What records come to.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// For the summary.
    pub summary: Summary,
    /// For the inventory.
    pub counted: Counted,
    /// The item that was told last.
    pub last: String,
}

/// [`Record::Omitted`] by itself.
#[derive(Deserialize)]
struct Omitted {
    #[serde(with = "by_confidence")]
    counts: Counts,
    #[serde(with = "by_confidence")]
    people: Counts,
    sensitivity: Sensitivity,
}

/// What kind of record a line is.
#[derive(Deserialize)]
struct Tag<'l> {
    record: &'l str,
}

/// [`Record::Part`], where the keys of maps are numbers.
#[derive(Deserialize)]
struct Part {
    location: String,
    told: Box<Told>,
}

impl Record {
    /// Reads a line that [`Self::write`] wrote. Told apart first and read then: a tagged enum is read twice as slowly.
    pub fn parse(line: &[u8]) -> serde_json::Result<Self> {
        // Looked at as a whole, which is quicker than string by string.
        let line = str::from_utf8(line).map_err(serde::de::Error::custom)?;
        // The name comes first in what we write, and what comes first need not be looked for.
        let written = line.strip_prefix(r#"{"record":""#).and_then(|rest| rest.split_once('"'));
        let name = match written {
            Some((name, _)) => name,
            None => serde_json::from_str::<Tag<'_>>(line)?.record,
        };
        match name {
            "item" => serde_json::from_str(line).map(Self::Item),
            "finding" => serde_json::from_str(line).map(Self::Finding),
            // Not only for speed: in a tagged enum the keys of maps can be no numbers.
            "part" => serde_json::from_str::<Part>(line).map(|Part { location, told }| Self::Part { location, told }),
            "facts" => serde_json::from_str(line).map(Self::Facts),
            "omitted" => serde_json::from_str::<Omitted>(line)
                .map(|Omitted { counts, people, sensitivity }| Self::Omitted { counts, people, sensitivity }),
            _ => serde_json::from_str(line),
        }
    }

    /// Bytes of the lines that it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Found(found) => found.lines.len(),
            Self::Repeat(repeat) => repeat.lines.len(),
            _ => 0,
        }
    }

    /// It is the last one of the job of this location.
    pub fn closes(&self, job: &str) -> bool {
        match self {
            Self::Item(item) => item.location == job,
            Self::Part { .. } => true,
            _ => false,
        }
    }

    /// How many records it stands for.
    pub fn weight(&self) -> usize {
        match self {
            Self::Found(found) => usize::try_from(found.len()).unwrap_or(usize::MAX),
            _ => 1,
        }
    }

    /// It belongs in a report; the others are between workers and whoever runs them.
    pub fn is_reported(&self) -> bool {
        matches!(
            self,
            Self::Item(_)
                | Self::Finding(_)
                | Self::Found(_)
                | Self::Repeat(_)
                | Self::Breach(_)
                | Self::Inventory(_)
                | Self::Change(_)
                | Self::Summary(_)
        )
    }

    /// Writes the record as one line of JSON; findings that are told again as theirs.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Found(found) => return output.write_all(&found.lines),
            Self::Repeat(repeat) => return output.write_all(&repeat.lines),
            _ => {}
        }
        // One write: a record is some fifty pieces, and writing into memory can be compiled away.
        let mut line = Vec::with_capacity(1 << 10);
        self.line(&mut line)?;
        output.write_all(&line)
    }

    /// The same into memory, behind what is there.
    pub fn line(&self, lines: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Found(found) => {
                lines.extend_from_slice(&found.lines);
                return Ok(());
            }
            Self::Repeat(repeat) => {
                lines.extend_from_slice(&repeat.lines);
                return Ok(());
            }
            Self::Finding(finding) => Line(lines).finding(finding)?,
            Self::Item(item) => Line(lines).item(item)?,
            Self::Breach(breach) => Line(lines).breach(breach)?,
            _ => serde_json::to_writer(&mut *lines, self)?,
        }
        lines.push(b'\n');
        Ok(())
    }
}
