//! Records → what people and programs read.
//!
//! In: records in order, the summary last. Out: one report per [`Output`]. A report in a file is written beside its
//! place, readable by its owner only, and moved there when it is whole: a run that dies leaves no half report.
//!
//! A new format is a file here and its row in `FORMATS`.

mod changes;
mod csv;
mod html;
mod human;
mod inventory;
mod join;
mod jsonl;
mod junit;
mod page;
mod parquet;
mod place;
mod progress;
mod same;
mod sarif;
mod subject;
pub mod texts;

pub use inventory::{Counted, Inventory, Row, Survey};
pub use page::{fit, harmless, tell};
pub use progress::{Progress, Verbosity};

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use tempfile::NamedTempFile;

use crate::cli::{UsageError, plainly};
use crate::detect::Detectors;
use crate::item::Item;
use crate::record::Record;
use crate::report::texts::Texts;

/// Something that writes a report.
pub trait Reporter {
    /// Takes the next record. The summary is the last one: everything is written out before it returns.
    fn record(&mut self, record: &Record) -> io::Result<()>;
}

/// Begins a report that goes there.
type Make = fn(Box<dyn Write + Send>, Screen, &Setting) -> Box<dyn Reporter>;

/// A report format.
pub struct Format {
    /// The contract's word.
    pub name: &'static str,
    /// The endings of files that hold it.
    pub endings: &'static [&'static str],
    make: Make,
}

/// For people.
pub static HUMAN: Format = Format { name: "human", endings: &["txt"], make: human::make };
/// For programs: the contract's lines.
pub static JSONL: Format = Format { name: "jsonl", endings: &["jsonl", "json"], make: jsonl::make };

/// For people, about one person.
pub static SUBJECT: Format = Format { name: "human", endings: &["txt"], make: subject::make };
/// For people, about what changed between two runs.
pub static CHANGES: Format = Format { name: "human", endings: &["txt"], make: changes::make };
/// For spreadsheets.
static CSV: Format = Format { name: "csv", endings: &["csv"], make: csv::make };
/// For code scanning.
static SARIF: Format = Format { name: "sarif", endings: &["sarif", "sarif.json"], make: sarif::make };
/// For people with a browser.
static HTML: Format = Format { name: "html", endings: &["html", "htm"], make: html::make };
/// For pipelines.
static JUNIT: Format = Format { name: "junit", endings: &["xml"], make: junit::make };
/// For data teams.
static PARQUET: Format = Format { name: "parquet", endings: &["parquet"], make: parquet::make };

/// An ending that holds a dot comes before its last part.
static FORMATS: &[&Format] = &[&HUMAN, &SARIF, &JSONL, &CSV, &HTML, &JUNIT, &PARQUET];

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The format of this name.
pub fn by_name(name: &str) -> Result<&'static Format, String> {
    let names = || FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    let found = FORMATS.iter().find(|format| format.name == name).copied();
    found.ok_or_else(|| format!("no such format: use one of {}", names()))
}

/// The endings of all formats, for people.
pub fn endings() -> String {
    let endings = FORMATS.iter().filter_map(|format| format.endings.first());
    endings.map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(", ")
}

/// The format that a file's ending asks for; `None` if it says nothing.
pub fn by_ending(file: &Path) -> Option<&'static Format> {
    let name = file.file_name()?.to_str()?.to_lowercase();
    let asks = |ending: &str| name.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.'));
    FORMATS.iter().find(|format| format.endings.iter().any(|ending| asks(ending))).copied()
}

/// What every report of a run is told.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The words of reports for people.
    pub texts: Texts,
    /// The moment that ages are counted to, and the zone whose days count.
    pub now: Zoned,
    /// Detectors by id.
    pub detectors: BTreeMap<String, Described>,
    /// What stands between the columns of CSV.
    pub separator: char,
    /// It is about one person: no rules were judged.
    pub about_one: bool,
    /// A finding alone makes the run fail.
    pub findings_fail: bool,
}

impl Setting {
    /// The day of a moment.
    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.now.time_zone().clone()).date()
    }

    /// The day on which an item was received or last changed.
    fn date(&self, item: &Item) -> Option<Date> {
        let received = item.mail.as_ref().and_then(|mail| mail.received);
        received.or(item.file.modified).or(item.file.file_modified).map(|at| self.day(at))
    }
}

/// A detector, for people.
#[derive(Debug, Clone)]
pub struct Described {
    /// What it finds.
    pub title: String,
    /// Where its rules come from.
    pub source: String,
    /// The kind of data.
    pub category: String,
}

/// What is to be told of all detectors.
pub fn described(detectors: &Detectors) -> BTreeMap<String, Described> {
    let described = detectors.list().map(|d| {
        let (title, source, category) = (d.title.clone(), d.source.clone(), d.category.clone());
        (d.id.clone(), Described { title, source, category })
    });
    described.collect()
}

/// What the place of a report can show. The default is a file's: any width, no colours.
#[derive(Debug, Default, Clone, Copy)]
pub struct Screen {
    /// Columns; `None`: lines may have any length.
    pub width: Option<usize>,
    /// Colours are welcome.
    pub colour: bool,
}

/// A report that was asked for.
#[derive(Debug)]
pub struct Output {
    /// Its format.
    pub format: &'static Format,
    /// The file; `None`: standard output.
    pub to: Option<PathBuf>,
    /// What can be shown there.
    pub screen: Screen,
}

/// All reports of a run.
pub struct Reports(Vec<Report>);

struct Report {
    reporter: Box<dyn Reporter>,
    name: String,
    lines: bool,
    pending: Option<Pending>,
}

/// A file being written, and where it goes when it is whole.
pub struct Pending {
    file: NamedTempFile,
    to: PathBuf,
}

impl Reports {
    /// Opens every place, before anything is scanned.
    pub fn open(outputs: &[Output], setting: &Setting) -> Result<Self, UsageError> {
        outputs.iter().map(|output| Report::open(output, setting)).collect::<Result<_, _>>().map(Self)
    }

    /// All of them are the contract's lines.
    pub fn are_lines(&self) -> bool {
        self.0.iter().all(|report| report.lines)
    }

    /// Hands a record to every report, but for what is only counted. An error of kind `BrokenPipe` means that nobody
    /// reads any more.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        if !record.is_reported() {
            return Ok(());
        }
        for report in &mut self.0 {
            report.record(record).map_err(|error| report.named(error))?;
        }
        Ok(())
    }

    /// Moves the finished files to their places.
    pub fn finish(self) -> io::Result<()> {
        for mut report in self.0 {
            if let Some(pending) = report.pending.take() {
                pending.finish().map_err(|error| report.named(error))?;
            }
        }
        Ok(())
    }

    /// The names of the files being written: no part of what is scanned, though they may lie in its midst.
    pub fn files(&self) -> Vec<OsString> {
        self.0.iter().filter_map(|report| report.pending.as_ref()).filter_map(Pending::name).collect()
    }
}

impl Pending {
    /// The file's name while it is written.
    pub fn name(&self) -> Option<OsString> {
        self.file.path().file_name().map(OsString::from)
    }

    /// Moves the file to its place.
    pub fn finish(self) -> io::Result<()> {
        self.file.persist(self.to).map(drop).map_err(|error| error.error)
    }
}

/// The files of every [`Pending`], for who ends the program at once.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes what is being written and has no place yet: the program ends without going through its end.
pub fn abandon() {
    let pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    // What was moved to its place is no longer there.
    pending.iter().for_each(|file| drop(fs::remove_file(file)));
}

/// A writer, and what is to be moved at the end. What is no plain file (`/dev/null`) is written as it is.
pub fn place(to: Option<&Path>) -> io::Result<(Box<dyn Write + Send>, Option<Pending>)> {
    let Some(to) = to else { return Ok((Box::new(io::stdout()), None)) };
    let to = fs::canonicalize(to).unwrap_or_else(|_| to.to_owned());
    if fs::metadata(&to).is_ok_and(|meta| !meta.is_file()) {
        return Ok((Box::new(OpenOptions::new().write(true).open(to)?), None));
    }
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".sporhund-").suffix(".part").tempfile_in(folder)?;
    PENDING.lock().unwrap_or_else(PoisonError::into_inner).push(file.path().to_owned());
    Ok((Box::new(file.reopen()?), Some(Pending { file, to })))
}

impl Report {
    fn open(output: &Output, setting: &Setting) -> Result<Self, UsageError> {
        let name = output.to.as_ref().map_or_else(|| "standard output".to_owned(), |to| to.display().to_string());
        let (writer, pending) = place(output.to.as_deref())
            .map_err(|error| UsageError(format!("{name}: the report cannot be written: {}", plainly(&error))))?;
        let writer = Box::new(BufWriter::with_capacity(64 << 10, writer));
        let lines = std::ptr::eq(output.format, &JSONL);
        Ok(Self { reporter: (output.format.make)(writer, output.screen, setting), name, lines, pending })
    }

    /// A report that is no lines is told what was told again one by one.
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Repeat(repeat) if !self.lines => {
                repeat.records().try_for_each(|record| self.reporter.record(&record?))
            }
            _ => self.reporter.record(record),
        }
    }

    fn named(&self, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: the report cannot be written: {}", self.name, error.kind()))
    }
}
