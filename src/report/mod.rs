//! Records → what people and programs read.
//!
//! In: records in order, the summary last. Out: one report per [`Output`]. A report in a file is written beside its
//! place, readable by its owner only, and moved there when it is whole: a run that dies leaves no half report.
//!
//! A new format is a file here and its row in `FORMATS`.

mod human;
mod jsonl;
mod page;
mod progress;

pub use page::{fit, harmless};
pub use progress::Progress;

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::UsageError;
use crate::record::Record;

/// Something that writes a report.
pub trait Reporter {
    /// Takes the next record. The summary is the last one: everything is written out before it returns.
    fn record(&mut self, record: &Record) -> io::Result<()>;
}

/// A report format.
pub struct Format {
    /// The contract's word.
    pub name: &'static str,
    /// The endings of files that hold it.
    pub endings: &'static [&'static str],
    make: fn(Box<dyn Write>, Screen) -> Box<dyn Reporter>,
}

/// For people.
pub static HUMAN: Format = Format { name: "human", endings: &["txt"], make: human::make };
/// For programs: the contract's lines.
pub static JSONL: Format = Format { name: "jsonl", endings: &["jsonl", "json"], make: jsonl::make };

static FORMATS: &[&Format] = &[&HUMAN, &JSONL];
/// In the contract, with no writer yet.
const PLANNED: &[&str] = &["csv", "sarif", "html"];

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The format of this name.
pub fn by_name(name: &str) -> Result<&'static Format, String> {
    FORMATS.iter().find(|format| format.name == name).copied().ok_or_else(|| refused(name))
}

/// The format that a file's ending asks for; `None` if it says nothing.
pub fn by_ending(file: &Path) -> Result<Option<&'static Format>, String> {
    let Some(ending) = file.extension().and_then(|e| e.to_str()).map(str::to_lowercase) else { return Ok(None) };
    if PLANNED.contains(&ending.as_str()) {
        return Err(format!("{}: {}", file.display(), refused(&ending)));
    }
    Ok(FORMATS.iter().find(|format| format.endings.contains(&ending.as_str())).copied())
}

fn refused(name: &str) -> String {
    let there =
        if PLANNED.contains(&name) { format!("{name} reports are not there yet") } else { "no such format".into() };
    format!("{there}: use human or jsonl")
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
    pending: Option<Pending>,
}

/// A file being written, and where it goes when it is whole.
struct Pending {
    file: NamedTempFile,
    to: PathBuf,
}

impl Reports {
    /// Opens every place, before anything is scanned.
    pub fn open(outputs: &[Output]) -> Result<Self, UsageError> {
        outputs.iter().map(Report::open).collect::<Result<_, _>>().map(Self)
    }

    /// Hands a record to every report, but for what is only counted. An error of kind `BrokenPipe` means that nobody
    /// reads any more.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        if !record.is_reported() {
            return Ok(());
        }
        for report in &mut self.0 {
            report.reporter.record(record).map_err(|error| report.named(error))?;
        }
        Ok(())
    }

    /// Moves the finished files to their places.
    pub fn finish(self) -> io::Result<()> {
        for mut report in self.0 {
            if let Some(Pending { file, to }) = report.pending.take() {
                file.persist(to).map_err(|error| report.named(error.error))?;
            }
        }
        Ok(())
    }

    /// The names of the files being written: no part of what is scanned, though they may lie in its midst.
    pub fn files(&self) -> Vec<OsString> {
        let pending = self.0.iter().filter_map(|report| report.pending.as_ref());
        pending.filter_map(|pending| pending.file.path().file_name()).map(OsString::from).collect()
    }
}

impl Report {
    fn open(output: &Output) -> Result<Self, UsageError> {
        let name = output.to.as_ref().map_or_else(|| "standard output".to_owned(), |to| to.display().to_string());
        let (writer, pending) = Self::place(output.to.as_deref())
            .map_err(|error| UsageError(format!("{name}: the report cannot be written: {}", error.kind())))?;
        let writer = Box::new(BufWriter::with_capacity(64 << 10, writer));
        Ok(Self { reporter: (output.format.make)(writer, output.screen), name, pending })
    }

    /// A writer, and what is to be moved at the end. What is no plain file (`/dev/null`) is written as it is.
    fn place(to: Option<&Path>) -> io::Result<(Box<dyn Write>, Option<Pending>)> {
        let Some(to) = to else { return Ok((Box::new(io::stdout()), None)) };
        let to = fs::canonicalize(to).unwrap_or_else(|_| to.to_owned());
        if fs::metadata(&to).is_ok_and(|meta| !meta.is_file()) {
            return Ok((Box::new(OpenOptions::new().write(true).open(to)?), None));
        }
        let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".sporhund-").suffix(".part").tempfile_in(folder)?;
        Ok((Box::new(file.reopen()?), Some(Pending { file, to })))
    }

    fn named(&self, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: the report cannot be written: {}", self.name, error.kind()))
    }
}
