//! `scan` from start to end: sources → engine → baseline → reports → exit code.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::mem::{self, ManuallyDrop};
use std::ops::ControlFlow;
use std::panic;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use jiff::Zoned;

use crate::allow::Allow;
use crate::baseline::Baseline;
use crate::budget::Limits;
use crate::cli::{Evaluate, FailOn, Options, UsageError, plainly};
use crate::detect::Detectors;
use crate::engine::{self, Emit, Workers};
use crate::evaluate::Evaluation;
use crate::extract::mailbox::Folders;
use crate::item::{Reason, Status};
use crate::job::{Input, Job, Resume, Told};
use crate::mask::Key;
use crate::ocr::{self, Ocr, Tesseract};
use crate::patterns::{Mistake, Source};
use crate::policy::Policies;
use crate::record::{Record, Summary};
use crate::redact;
use crate::report::{self, Inventory, Output, Progress, Reports, Setting, Survey, texts};
use crate::scan::Context;
use crate::source::{self, Jobs, Met};
use crate::store::Store;
use crate::subject;

/// Jobs that a worker is given at once, and how large the files of them are together, at most.
const BATCH: usize = 128;
const BATCH_BYTES: u64 = 1 << 20;
/// One name of so many ends a batch.
const ENDS: u32 = 64;
/// Records that are handed to the reports at once: waking who waits for them costs more than a record does.
const TOGETHER: usize = 512;
/// Bytes of so many records.
const MESSAGE: usize = 16 << 10;

/// Scans and reports. Returns the exit code; an error means that nothing could be run, or no report be written.
pub fn scan(options: &Options, stop: Arc<AtomicBool>) -> Result<u8, UsageError> {
    let started = Instant::now();
    let workers = workers(options, &stop).transpose();
    let workers =
        workers.map_err(|_| UsageError("the program does not find itself: give --isolation none".to_owned()))?;
    // Of what was not changed nothing is to be read, and perhaps all is.
    if let Some(workers) = workers.as_ref().filter(|_| options.state.is_none()) {
        workers.prepare();
    }
    // Its thousands of words are not given back one by one when the program is about to end.
    let mut ctx = ManuallyDrop::new(context(options, stop)?);
    let languages = pictures(options, &mut ctx);
    let standing = source::standing(&options.sources);
    let jobs = jobs(options)?;
    let baseline = match (&options.baseline, &options.key) {
        (Some(file), Some(key)) => Baseline::read(file, key)?,
        _ => Baseline::default(),
    };
    let keyed = options.key.is_some();
    let today = options.now.date();
    let allow =
        options.allow.as_deref().map_or_else(|| Ok(Allow::default()), |file| Allow::read(file, today, keyed))?;
    let open = |state| Store::open(state, options, languages.as_deref());
    let store = options.state.as_deref().map(open).transpose()?;
    let mut reports = Reports::open(&options.outputs, &setting(options, &ctx)?)?;
    let reported = reports.files();
    let own = |job: &Job| reads(job, &reported) || store.as_ref().is_some_and(|store| store.is_read_by(job));
    let jobs = jobs.filter(|met| !own(&met.job));

    // Nobody looks at single records, or else at single findings.
    let whole = baseline.is_empty()
        && allow.is_empty()
        && options.request.is_none()
        && options.progress != report::Verbosity::Each;
    ctx.lines = whole && reports.are_lines();
    let counted = options.sources.clone();
    let mut progress = Progress::new(options.progress, move || source::bytes(&counted));
    let mut summary = Summary {
        sleeping: ctx.policies.sleeping(),
        narrowed: options.narrowing(),
        expired: allow.expired.clone(),
        key: ctx.key.as_ref().map(Key::name),
        ..Summary::default()
    };
    let sources = options.sources.iter().map(|source| source::name(source)).collect();
    let zone = ctx.now.time_zone().clone();
    let survey = Survey::new(&ctx.policies, subject::categories(&ctx.detectors), sources, zone);
    let mut inventory = Inventory::new(&survey);
    let mut written = Ok(());
    let mut shared = Told::default();
    let read = |mut batch: Vec<Job>, emit: Emit<'_>| {
        source::fetch(&mut batch);
        match &workers {
            Some(workers) => workers.run(batch, &ctx, emit),
            None => batch.into_iter().for_each(|job| engine::here(job, &ctx, emit)),
        }
    };
    let mut take = |record, outermost| {
        inventory.add(&record);
        if baseline.knows(&record) {
            summary.known += 1;
            return ControlFlow::Continue(());
        }
        if let Some(why) = allow.why(&record) {
            *summary.allowed.entry(why.to_owned()).or_default() += 1;
            return ControlFlow::Continue(());
        }
        summary.count(&record, outermost);
        if options.request.is_some() && !subject::concerns(&record) {
            return ControlFlow::Continue(());
        }
        match &record {
            Record::Item(item) => progress.show(summary.items.values().sum(), summary.bytes, item),
            Record::Repeat(repeat) => progress.at(summary.items.values().sum(), summary.bytes, &repeat.sums.last),
            _ => {}
        }
        written = reports.record(&record);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let mut told = true;
    if let Some(request) = &options.request {
        told = subject::earlier(request, &ctx, &mut |record| {
            // A report that cannot be written ends the run below.
            let _ = take(record, false);
        })?;
    }
    engine::run(
        Batches(jobs),
        options.jobs,
        &ctx.stop,
        |mut batch, emit| {
            // The own item of what others share is told where all they told has come together.
            let own = batch.pop_if(|met| met.job.container.is_some());
            let (mut told, mut weight) = (Vec::new(), 0);
            let mut tell = |record: Record, own| {
                weight += record.weight();
                told.push(Said::Record(record, own));
                if weight >= TOGETHER {
                    weight = 0;
                    emit(mem::take(&mut told));
                }
            };
            match &store {
                Some(store) => store.run(batch, &ctx, whole.then_some(&survey), &read, &mut tell),
                None => read(batch.into_iter().map(|met| met.job).collect(), &mut tell),
            }
            told.extend(own.map(|met| Said::Close(Box::new(met.job))));
            emit(told);
        },
        |told| 1 + told.iter().map(Said::bytes).sum::<usize>() / MESSAGE,
        |told| {
            told.into_iter().try_for_each(|said| match said {
                Said::Record(Record::Part { told, .. }, _) => {
                    shared.merge(*told);
                    ControlFlow::Continue(())
                }
                Said::Record(record, own) => take(record, own),
                Said::Close(mut job) => {
                    job.resume = Some(Resume { told: vec![mem::take(&mut shared)], ..Resume::default() });
                    let mut flow = ControlFlow::Continue(());
                    engine::here(*job, &ctx, &mut |record, own| {
                        if flow.is_continue() && !matches!(record, Record::Facts(_)) {
                            flow = take(record, own);
                        }
                    });
                    flow
                }
            })
        },
    )
    .map_err(|_| UsageError(format!("{} workers cannot be started: give fewer with --jobs", options.jobs)))?;
    progress.clear();

    if summary.items.is_empty() && !options.sources.is_empty() && !ctx.stop.load(Ordering::Relaxed) {
        report::tell("nothing was looked at: there is no file in what was named");
    }
    if !baseline.is_empty() {
        summary.only_listed();
    }
    let stopped = ctx.stop.load(Ordering::Relaxed);
    let code = exit_code(&summary, options.fail_on, stopped || !told);
    match &options.request {
        Some(request) => summary.deadline = subject::deadline(request.asked, &ctx),
        None => (summary.uncovered, summary.idle) = (inventory.uncovered(), inventory.idle()),
    }
    let mut rows = inventory.rows().cloned().map(Record::Inventory);
    written = written.and_then(|()| rows.try_for_each(|row| reports.record(&row)));
    // What was not there may be a share that went away, and come again with it.
    let away = [Reason::Missing, Reason::Unreadable].iter().any(|reason| summary.reasons.contains_key(reason));
    let all = !stopped && !away;
    summary.ocr = languages;
    summary.complete = !stopped && told && source::standing(&options.sources) == standing;
    summary.seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    match written.and_then(|()| reports.record(&Record::Summary(summary))).and_then(|()| reports.finish()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(UsageError(error.to_string())),
        _ => {} // nobody reading any more is no mistake
    }
    store.map_or(Ok(()), |store| store.finish(all)).map(|()| code)
}

/// Writes the jobs of all sources, for workers elsewhere: what `scan` would read, in the order of its report. Paths are
/// whole ones, because a worker may run in another folder; locations are those of a scan here.
pub fn list(options: &Options, stop: &AtomicBool) -> Result<u8, UsageError> {
    if let Some(folder) = options.patterns.as_deref() {
        folders(Some(folder))?.install();
    }
    let jobs = jobs(options)?;
    let [Output { to, .. }] = options.outputs.as_slice() else {
        return Err(UsageError("--list-only writes one listing: give --output once".to_owned()));
    };
    let name = to.as_ref().map_or_else(|| "standard output".to_owned(), |to| to.display().to_string());
    let cannot = |error: io::Error| UsageError(format!("{name}: the listing cannot be written: {}", plainly(&error)));
    let (output, pending) = report::place(to.as_deref()).map_err(cannot)?;
    let mut output = BufWriter::with_capacity(64 << 10, output);
    let own: Vec<OsString> = pending.iter().filter_map(report::Pending::name).collect();
    let written = jobs.map(|met| met.job).filter(|job| !reads(job, &own)).try_for_each(|mut job| {
        match &mut job.input {
            Input::Stdin => return Err(io::ErrorKind::Unsupported.into()),
            Input::Path(path) => *path = std::path::absolute(&*path)?,
            _ => {}
        }
        if stop.load(Ordering::Relaxed) {
            Err(io::ErrorKind::Interrupted.into())
        } else {
            output.write_all(&job.line())
        }
    });
    match written.and_then(|()| output.flush()).and_then(|()| pending.map_or(Ok(()), report::Pending::finish)) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0), // nobody reading any more is no mistake
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            Err(UsageError("standard input cannot be listed: nobody else can read it".to_owned()))
        }
        written => written.map(|()| 0).map_err(cannot),
    }
}

/// Measures the detectors on labelled texts.
pub fn evaluate(options: Evaluate, stop: Arc<AtomicBool>, output: &mut impl Write) -> Result<(), UsageError> {
    let now = options.now.unwrap_or_else(Zoned::now);
    let mut detectors = Detectors::load(options.patterns.as_deref(), now.date())?;
    detectors.select(&options.detector, &options.no_detector).map_err(UsageError)?;
    let ctx = Context {
        reveal: options.show_values,
        show_private: true,
        explain: true,
        stop,
        ..Context::new(detectors, now)
    };
    let mut evaluation = Evaluation::new(ctx);
    for path in &options.labelled {
        let told = |error: io::Error| UsageError(format!("{}: {error}", path.display()));
        let open = || File::open(path).map_err(|error| UsageError::unreadable(path.display(), &error));
        let labelled: Box<dyn BufRead> =
            if path.as_os_str() == "-" { Box::new(io::stdin().lock()) } else { Box::new(BufReader::new(open()?)) };
        evaluation.read(labelled).map_err(told)?;
    }
    match evaluation.write(output).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(UsageError(error.to_string())),
        _ => Ok(()),
    }
}

/// The processes that scan, where they are wanted; none of them runs yet.
fn workers(options: &Options, stop: &Arc<AtomicBool>) -> Option<io::Result<Workers>> {
    let new = || Workers::new(options.for_worker(), &options.limits, options.key.clone(), Arc::clone(stop));
    options.isolated.then(new)
}

/// All that is compiled and shared.
fn context(options: &Options, stop: Arc<AtomicBool>) -> Result<Context, UsageError> {
    let user = options.patterns.as_deref();
    folders(user)?.install();
    let mut detectors = Detectors::load(user, options.now.date())?;
    let categories = detectors.list().map(|d| (d.id.to_string(), (d.category.to_string(), d.sensitivity))).collect();
    detectors.select(&options.only, &options.without).map_err(UsageError)?;
    Ok(Context {
        detectors: Arc::new(detectors),
        policies: Policies::load(&options.policies, user, &categories)?,
        limits: options.limits.clone(),
        now: options.now.clone(),
        min_confidence: options.min_confidence,
        key: options.key.clone(),
        reveal: options.reveal,
        show_private: options.show_private,
        person: options.request.as_ref().map(|request| Arc::clone(&request.person)),
        explain: options.explain,
        lines: false,
        facts: options.facts,
        ocr: None,
        stop,
    })
}

/// Makes a copy without personal data, and tells what was changed on standard error.
pub fn redact(options: &Options, redact: &redact::Options, stop: Arc<AtomicBool>) -> Result<u8, UsageError> {
    let ctx = context(options, stop)?;
    let changed = redact::redact(redact, &ctx)?;
    let told: Vec<String> = changed.iter().map(|(detector, n)| format!("{detector} {n}")).collect();
    let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
    // Who has closed standard error does not want to know.
    report::tell(&format!("taken out: {told}"));
    Ok(0)
}

/// What reports are told.
fn setting(options: &Options, ctx: &Context) -> Result<Setting, UsageError> {
    let language = ctx.policies.iter().map(|policy| policy.language.as_str()).next().unwrap_or_default();
    Ok(Setting {
        texts: texts::choose(options.lang.as_ref(), language, options.locale.as_ref())?,
        now: options.now.clone(),
        detectors: report::described(&ctx.detectors),
        separator: options.separator,
        about_one: options.request.is_some(),
        findings_fail: options.fail_on == FailOn::Finding,
    })
}

/// What mail folders are called, by a user's file too.
fn folders(user: Option<&Path>) -> Result<Folders, Mistake> {
    let file = user.map(|user| user.join("folders.toml")).filter(|file| file.exists());
    Folders::load(file.map(|file| Source::read(&file)).transpose()?.as_ref())
}

/// The jobs of all sources, one source after the other.
fn jobs(options: &Options) -> Result<impl Iterator<Item = Met> + Send + use<>, UsageError> {
    let sources: Vec<Jobs> =
        options.sources.iter().map(|source| source::jobs(source, &options.access)).collect::<Result<_, _>>()?;
    let shard = options.shard;
    let jobs = sources.into_iter().flatten();
    let jobs = jobs.filter(move |job| shard.is_none_or(|shard| shard.holds(&job.location)));
    Ok(source::cut(jobs, options.limits.cut_above))
}

/// What comes of jobs, in their order.
#[allow(clippy::large_enum_variant, reason = "nearly all are records, moved once")]
enum Said {
    /// A record; the flag says that it closes its job.
    Record(Record, bool),
    /// A container whose own item comes now.
    Close(Box<Job>),
}

impl Said {
    /// Bytes of the lines that it holds.
    fn bytes(&self) -> usize {
        match self {
            Self::Record(record, _) => record.bytes(),
            Self::Close(_) => 0,
        }
    }
}

/// This job would read a report that is being written.
fn reads(job: &Job, reported: &[OsString]) -> bool {
    matches!(&job.input, Input::Path(path) if reported.iter().any(|name| path.file_name() == Some(name)))
}

/// Jobs that are done one after the other: a worker is asked less often than there are small files. A container whose
/// own item is to be told ends a batch.
struct Batches<J>(J);

impl<J: Iterator<Item = Met>> Iterator for Batches<J> {
    type Item = Vec<Met>;

    fn next(&mut self) -> Option<Vec<Met>> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(met) = self.0.next() else { break };
            bytes += match &met.job.input {
                Input::Bytes(bytes) => bytes.len() as u64,
                Input::Imap(_) => met.job.size.unwrap_or(0),
                _ => met.file.as_ref().map_or(0, Metadata::len),
            };
            // Where batches end is for the names to say, as far as can be: one that is new moves none but its own.
            let ends = met.job.container.is_some() || crc32fast::hash(met.job.location.as_bytes()).is_multiple_of(ENDS);
            batch.push(met);
            if ends {
                break;
            }
        }
        (!batch.is_empty()).then_some(batch)
    }
}

/// Is a worker: does the jobs that come on standard input, or has them done by a worker of its own, which may crash.
/// The program's own ends with whoever started it.
pub fn work(options: &Options, stop: Arc<AtomicBool>, supervised: bool, stdin: bool) -> Result<u8, UsageError> {
    // What a panic says may quote what was read, and somebody may be listening.
    panic::set_hook(Box::new(|_| {}));
    #[cfg(target_os = "linux")]
    if supervised {
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    }
    let workers = workers(options, &stop);
    let mut ctx = ManuallyDrop::new(context(options, stop)?);
    ctx.lines = supervised || workers.is_some();
    if let Some(workers) = workers {
        let served = workers.and_then(|workers| engine::relay::serve(io::stdin(), io::stdout(), &workers, &ctx));
        return served.map(|()| 0).map_err(|error| UsageError(format!("the worker could not go on: {}", error.kind())));
    }
    // Before this process may run no programs any more.
    ctx.ocr = options.ocr.then(|| Ocr::there(&ctx.limits)).flatten().map(Arc::new);
    engine::limits::apply(&ctx.limits);
    if supervised {
        #[cfg(debug_assertions)]
        crate::extract::start_late();
        // It takes its time to come so far; from here on silence is the silence of an item.
        let _ = Record::Alive.write(&mut io::stdout()).and_then(|()| io::stdout().flush());
    }
    // With a stack like those of the threads that scan where there is no worker.
    let served = thread::scope(|scope| {
        let serve = || {
            let job = stdin.then(source::standard_input);
            engine::worker::serve(job, io::stdin(), io::stdout(), &ctx)
        };
        let thread = thread::Builder::new().stack_size(engine::STACK).spawn_scoped(scope, serve);
        thread.map(|thread| thread.join())
    });
    let ended = |how: &str| UsageError(how.to_owned());
    match served {
        // Records that cannot be written: nor can a message, as a process that may write no files dies of it.
        Ok(Ok(Err(error))) if error.kind() != io::ErrorKind::BrokenPipe => Ok(2),
        Ok(Ok(_)) => Ok(0),
        Ok(Err(_)) => Err(ended("the worker could not go on")),
        // In the words of the allocator, by which the supervisor knows what was lacking.
        Err(_) => Err(ended("memory allocation of a stack failed: --max-memory is too little")),
    }
}

/// Finds out who reads pictures, if that was asked for: the languages, or that there is nobody, for the summary.
fn pictures(options: &Options, ctx: &mut Context) -> Option<String> {
    if !options.ocr {
        return None;
    }
    let Some(program) = Tesseract::find(&ctx.limits) else {
        report::tell(
            "--ocr: tesseract is not installed (Debian: tesseract-ocr, tesseract-ocr-dan and so on): \
             pictures and scanned pages are listed as not read",
        );
        return Some("missing".to_owned());
    };
    if !options.isolated {
        ctx.ocr = Ocr::here(&ctx.limits).map(Arc::new);
    }
    Some(program.languages().to_owned())
}

/// Reads pictures for a worker.
pub fn ocr(limits: &Limits) -> Result<(), UsageError> {
    engine::limits::apply_to_runner(limits);
    // Whoever asked is gone.
    let _ = ocr::serve(limits, io::stdin(), io::stdout());
    Ok(())
}

/// Prints a new key.
pub fn key() -> Result<(), UsageError> {
    let key = Key::random().map_err(|_| UsageError("the system gives no random numbers".to_owned()))?;
    tell(&format!("{}\n", key.hex()))
}

/// Writes a text to standard output; who has closed it does not want to know.
pub fn tell(text: &str) -> Result<(), UsageError> {
    let mut output = io::stdout();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(UsageError(format!("standard output: it cannot be written: {}", plainly(&error))))
        }
        _ => Ok(()),
    }
}

/// Says what version this is and, by doing it to this very process, what limits workers can put on themselves.
pub fn verbose() {
    let force = engine::limits::apply(&Limits::default());
    let _ = writeln!(io::stdout(), "sporhund {}\nworkers, here:\n  {}", env!("CARGO_PKG_VERSION"), force.join("\n  "));
}

/// What was found outweighs what could not be read.
fn exit_code(summary: &Summary, fail_on: FailOn, stopped: bool) -> u8 {
    let found = match fail_on {
        FailOn::Never => false,
        FailOn::Finding => !summary.findings.is_empty(),
        FailOn::Breach => !summary.breaches.is_empty(),
    };
    let unread = summary.items.keys().any(|status| *status != Status::Scanned);
    match (found, unread || stopped) {
        (true, _) => 1,
        (false, true) => 3,
        (false, false) => 0,
    }
}
