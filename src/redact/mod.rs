//! `sporhund redact`: a copy of an export in which personal data is masked or replaced by pseudonyms, and the structure
//! is untouched.
//!
//! In: a text, CSV, JSON, XML, EML or mbox file of any size. Out: the copy, and what was changed. It is scanned before, to
//! know what is personal, and after: what a scan would still report goes in another round, and a copy that holds any
//! is never handed over. Deliberately elsewhere: what is found (`scan`).

mod mail;
mod masker;
mod seen;
mod stream;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, MatchKind};
use tempfile::NamedTempFile;

use self::masker::Masker;
use self::seen::Seen;
use self::view::Form;
use crate::cli::{UsageError, plainly};
use crate::extract::{self, HEAD, Head, charset};
use crate::job::{Input, Job};
use crate::mask::Key;
use crate::record::Record;
use crate::scan::{self, Context};

/// Rounds until nothing is left, after which it is given up.
const ROUNDS: usize = 5;
/// How much of a file is held at once, in bytes; other in each round, so that no value is broken twice.
const PIECE: usize = 1 << 20;
const OTHER: usize = 37 << 10;
/// Values that a round left, which the next one looks for as they stood.
const LEFT: usize = 100_000;
/// What is as probable as this where it stands is taken out, though a scan might not report it.
const PROBABLE: f64 = 0.3;

/// What is to be done.
#[derive(Debug)]
pub struct Options {
    /// The file; `-` is standard input.
    pub file: PathBuf,
    /// Where the copy goes; `None`: standard output.
    pub output: Option<PathBuf>,
    /// Pseudonyms by this key, instead of masks.
    pub pseudonyms: Option<Key>,
}

/// Makes the copy. Returns what was changed, by detector.
pub fn redact(options: &Options, ctx: &Context) -> Result<BTreeMap<String, u64>, UsageError> {
    let failed = |error: io::Error| UsageError(format!("the copy cannot be written: {}", plainly(&error)));
    let name = options.file.display().to_string();
    let unreadable = |error: io::Error| UsageError::unreadable(&name, &error);
    let held = match &*name {
        "-" => Some(keep(io::stdin().lock()).map_err(failed)?),
        // A pipe tells what it has only once.
        _ if fs::metadata(&options.file).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) => {
            Some(File::open(&options.file).and_then(keep).map_err(unreadable)?)
        }
        _ => None,
    };
    // `-`, a device or a pipe is written as it is.
    let output = options.output.as_deref().filter(|to| *to != Path::new("-"));
    let special = |to: &&Path| fs::metadata(to).is_ok_and(|meta| !meta.is_file());
    let (folder_of, output) = (output.filter(|to| !special(to)), output);
    let path = held.as_ref().map_or(options.file.as_path(), NamedTempFile::path);

    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head)).map_err(unreadable)?;
    let known = if name == "-" { "" } else { name.as_str() };
    let form = form_of(known, &head).ok_or_else(|| {
        UsageError(format!("{name}: redact copies text, CSV, JSON, XML, EML and mbox: convert it to one of these"))
    })?;

    if mixed(path, &head).map_err(unreadable)? {
        let what = "it has parts in another encoding (UTF-16), where nothing could be found";
        return Err(UsageError(format!("{name}: {what}: there is no copy; save it in one encoding first")));
    }

    let mut masker = Masker {
        detectors: &ctx.detectors,
        seen: Seen::new(),
        probability: PROBABLE.min(ctx.min_confidence),
        literals: None,
        pseudonyms: options.pseudonyms.clone(),
        changed: BTreeMap::new(),
    };
    let mut left = look(path, known, ctx, &mut masker.seen)?;
    let folder = folder_of.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let copy = |from: &Path, round: usize, masker: &mut Masker<'_>| -> io::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new();
        file.prefix(".sporhund-").suffix(".part");
        let copy = match folder {
            Some(folder) => file.tempfile_in(folder)?,
            None if folder_of.is_some() => file.tempfile_in(".")?,
            None => file.tempfile()?,
        };
        let mut output = BufWriter::new(copy.as_file());
        let input = BufReader::new(File::open(from)?);
        let piece = PIECE + round * OTHER;
        match form {
            Some(form) => stream::text(input, &mut output, form, None, piece, masker)?,
            None => mail::mail(input, &mut output, piece, masker)?,
        }
        output.flush()?;
        drop(output);
        Ok(copy)
    };
    let mut done = copy(path, 0, &mut masker).map_err(failed)?;
    for round in 1..ROUNDS {
        left = look(done.path(), known, ctx, &mut masker.seen)?;
        if left.is_empty() {
            break;
        }
        masker.literals = literals(&left);
        done = copy(done.path(), round, &mut masker).map_err(failed)?;
    }
    if !left.is_empty() {
        left = look(done.path(), known, ctx, &mut masker.seen)?;
    }
    if !left.is_empty() {
        return Err(UsageError(format!("{name}: {} values could not be taken out: there is no copy", left.len())));
    }
    hand_over(done, output).map_err(failed)?;
    Ok(masker.changed)
}

/// The file is not wholly in the encoding that its beginning is in: characters of two bytes have zeros here, those of one
/// have none.
fn mixed(path: &Path, head: &[u8]) -> io::Result<bool> {
    if charset::is_wide(head) {
        return Ok(head.len() > 2 && !head.contains(&0));
    }
    let mut file = BufReader::with_capacity(HEAD.max(64 << 10), File::open(path)?);
    loop {
        let block = file.fill_buf()?;
        let (length, zero) = (block.len(), memchr::memchr(0, block).is_some());
        if length == 0 || zero {
            return Ok(zero);
        }
        file.consume(length);
    }
}

/// How a file is to be read; a mail has no one form. `None`: it is nothing that can be copied.
fn form_of(name: &str, head: &[u8]) -> Option<Option<Form>> {
    let head = head.get(..HEAD).unwrap_or(head);
    match extract::sniff(&Head::new(name, head))?.name {
        "text" | "sql" => Some(Some(Form::Plain)),
        "csv" => Some(Some(Form::Csv)),
        "json" => Some(Some(Form::Json)),
        "xml" | "html" => Some(Some(Form::Markup)),
        "eml" | "mbox" => Some(None),
        _ => None,
    }
}

/// Scans a file: every value goes into the set. Returns the values, as many as can be looked for.
fn look(path: &Path, name: &str, ctx: &Context, seen: &mut Seen) -> Result<BTreeSet<String>, UsageError> {
    let file = File::open(path).map_err(|error| UsageError::unreadable(name, &error))?;
    let mut values = BTreeSet::new();
    let mut job = Job::new(name.to_owned(), Input::Path(path.to_owned()));
    job.size = file.metadata().ok().map(|meta| meta.len());
    scan::scan(job, ctx, &mut |record| {
        if let Record::Finding(finding) = record
            && let Some(value) = finding.value.reveal()
        {
            if let Some(detector) = ctx.detectors.list().find(|detector| detector.id == finding.detector) {
                seen.add(&detector.id, &detector.normal.of(value));
            }
            if values.len() < LEFT {
                values.insert(value.to_owned());
            }
        }
    });
    Ok(values)
}

fn literals(values: &BTreeSet<String>) -> Option<AhoCorasick> {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok()
}

/// What can be read only once, kept to be read twice.
fn keep(mut input: impl Read) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    io::copy(&mut input, &mut file)?;
    file.flush()?;
    Ok(file)
}

fn hand_over(mut copy: NamedTempFile, output: Option<&Path>) -> io::Result<()> {
    match output {
        Some(to) if fs::metadata(to).is_ok_and(|meta| !meta.is_file()) => {
            copy.rewind()?;
            io::copy(copy.as_file_mut(), &mut OpenOptions::new().write(true).open(to)?).map(drop)
        }
        Some(to) => copy.persist(to).map(drop).map_err(|error| error.error),
        None => {
            copy.rewind()?;
            match io::copy(copy.as_file_mut(), &mut io::stdout().lock()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                _ => Ok(()),
            }
        }
    }
}
