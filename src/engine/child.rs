//! Worker processes from outside: jobs in, records out, whatever becomes of the process meanwhile.
//!
//! A crash, a hang or memory without end costs the one item that caused it: the worker is replaced and the job goes on
//! behind it (`journey.rs`). Deliberately elsewhere: deadlines (`watch.rs`) and the worker itself (`worker.rs`).

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::mem;
use std::path::PathBuf;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;

use crate::budget::Limits;
use crate::cli::{KEY, PASSWORD};
use crate::engine::journey::{Emit, Heard, Journey, here};
use crate::engine::watch::{Watch, Watched};
use crate::item::Reason;
use crate::job::{Input, Job};
use crate::mask::Key;
use crate::record::{Found, Record};
use crate::scan::Context;

/// Job lines that are written before records are read: they must fit into a pipe, or both sides wait for each other.
const EXCHANGE: usize = 32 << 10;
/// How long a worker may be in coming: it compiles what is looked for first, on a machine that has more to do.
const STARTING: Duration = Duration::from_secs(60);
/// For so long after the beginning whoever finds no worker idle waits for one: what is read meanwhile by the first is
/// often all there is, and each that is started reads its patterns for a processor's thirtieth of a second.
const PATIENCE: Duration = Duration::from_millis(60);
/// Whoever shoots so many workers before they begin lets none live.
const UNBORN: u32 = 100;
/// The longest record that a worker of ours writes.
const RECORD: usize = 64 << 20;

/// Workers that are idle, and how to start more: as many as there are threads that run jobs.
pub struct Workers {
    program: PathBuf,
    arguments: Vec<OsString>,
    key: Option<Key>,
    /// How long one may be silent.
    silence: Duration,
    stop: Arc<AtomicBool>,
    watch: Watch,
    idle: Mutex<Vec<Worker>>,
    /// One has become idle.
    freed: Condvar,
    begun: Instant,
    /// How many were started.
    started: AtomicUsize,
}

impl Workers {
    /// Workers that are this program itself, with these arguments. They fingerprint with this key.
    pub fn new(arguments: Vec<OsString>, limits: &Limits, key: Option<Key>, stop: Arc<AtomicBool>) -> io::Result<Self> {
        let watch = Watch::begin(Arc::clone(&stop));
        // A worker notices by itself that it takes too long, but for where it cannot: then it is this long in coming.
        let silence = limits.silence + (limits.silence / 8).max(Duration::from_secs(2));
        let program = std::env::current_exe()?;
        Ok(Self {
            program,
            arguments,
            key,
            silence,
            stop,
            watch,
            idle: Mutex::default(),
            freed: Condvar::new(),
            begun: Instant::now(),
            started: AtomicUsize::new(0),
        })
    }

    /// Starts one before there is something to do: it reads its patterns while whoever asks reads theirs.
    pub fn prepare(&self) {
        // Where none can be started, that is told of the first job.
        self.start(false).into_iter().for_each(|worker| self.free(worker));
    }

    /// Does jobs, one after the other. Each ends in its item record, unless all is stopped before it begins.
    pub fn run(&self, jobs: Vec<Job>, ctx: &Context, emit: Emit<'_>) {
        let mut jobs = VecDeque::from(jobs);
        let mut journey = Journey::default();
        // After a death jobs are sent one by one: then it is known which of them is to blame.
        let mut alone = 0usize;
        // Workers that were shot before they had begun: no job is to blame for that.
        let mut unborn = 0u32;
        while let Some(mut job) = jobs.pop_front() {
            if self.stopped() {
                return;
            }
            if !is_sent(&job) {
                here(job, ctx, emit);
                continue;
            }
            job.resume = journey.resume().cloned();
            let inherits = job.input == Input::Stdin;
            jobs.push_front(job);
            let worker = if inherits { self.start(true) } else { self.idle().map_or_else(|| self.start(false), Ok) };
            let died = match worker {
                Err(_) => journey.died(Some(Reason::Crashed)),
                Ok(mut worker) => match worker.exchange(&mut jobs, &mut journey, alone > 0, ctx, emit) {
                    Ok(()) if inherits => None,
                    Ok(()) => {
                        unborn = 0;
                        alone = alone.saturating_sub(1);
                        self.free(worker);
                        None
                    }
                    Err(Gone) if journey.is_told() => {
                        jobs.pop_front();
                        journey = Journey::default();
                        None
                    }
                    Err(Gone) if self.stopped() && journey.is_fresh() => return,
                    // What was read of standard input is gone.
                    Err(Gone) if inherits => Some(worker.reason(self.stopped()).unwrap_or(Reason::Crashed)),
                    Err(Gone) => match worker.reason(self.stopped()) {
                        None if !worker.begun && unborn < UNBORN => {
                            unborn += 1;
                            None
                        }
                        reason => {
                            alone = jobs.len();
                            journey.died(reason)
                        }
                    },
                },
            };
            if let Some((reason, job)) = died.and_then(|reason| Some((reason, jobs.pop_front()?))) {
                mem::take(&mut journey).give_up(job, reason, ctx, emit);
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// One that is idle, or becomes so while there is [`PATIENCE`].
    fn idle(&self) -> Option<Worker> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let left = PATIENCE.saturating_sub(self.begun.elapsed());
        let none = |idle: &mut Vec<Worker>| idle.is_empty() && self.started.load(Ordering::Relaxed) > 0;
        let (mut idle, _) = self.freed.wait_timeout_while(idle, left, none).unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn free(&self, worker: Worker) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        self.freed.notify_one();
    }

    /// Starts a worker that takes jobs, or one that inherits standard input as its only job.
    fn start(&self, inherits: bool) -> io::Result<Worker> {
        let mut command = Command::new(&self.program);
        command.arg("worker").arg("--supervised").args(&self.arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if inherits {
            command.arg("--stdin").stdin(Stdio::inherit());
        }
        // Who reads what others wrote need not know how to get at more of it.
        command.env_remove(PASSWORD).env_remove(KEY);
        match &self.key {
            Some(key) if inherits => command.env(KEY, key.hex()),
            Some(_) => command.arg("--keyed"),
            None => &mut command,
        };
        // Ctrl-C is for the supervisor alone; but only who is in its group may read from the terminal.
        #[cfg(unix)]
        if !inherits {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut process = command.spawn()?;
        self.started.fetch_add(1, Ordering::Relaxed);
        let mut input = process.stdin.take();
        if let (Some(input), Some(key)) = (&mut input, &self.key) {
            // Who is dead already will be found so.
            let _ = writeln!(input, "{}", key.hex());
        }
        let (Some(output), Some(errors)) = (process.stdout.take(), process.stderr.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let process = Arc::new(Watched::new(process));
        self.watch.add(&process);
        let output = BufReader::with_capacity(64 << 10, output);
        let (line, found, findings) = Default::default();
        Ok(Worker { process, input, output, errors, line, found, findings, silence: self.silence, begun: false })
    }
}

/// Something of it is to be read, in a process that may die of it.
fn is_sent(job: &Job) -> bool {
    job.container.is_none() && !matches!(job.input, Input::Failed(_))
}

/// The process has ended, or is of no use any more.
struct Gone;

impl From<io::Error> for Gone {
    fn from(_: io::Error) -> Self {
        Self
    }
}

struct Worker {
    process: Arc<Watched>,
    /// None: it inherits its only job.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    errors: ChildStderr,
    line: Vec<u8>,
    /// Lines of findings that nobody has to look at, until it is said what they come to.
    found: Vec<u8>,
    /// How many they are.
    findings: u64,
    silence: Duration,
    /// It has said that it is there: until then, no item is to blame for its silence.
    begun: bool,
}

impl Worker {
    /// Sends as many jobs as may be sent at once, and takes those off that are done.
    fn exchange(
        &mut self,
        jobs: &mut VecDeque<Job>,
        journey: &mut Journey,
        alone: bool,
        ctx: &Context,
        emit: Emit<'_>,
    ) -> Result<(), Gone> {
        let (mut lines, mut sent) = (Vec::new(), 0u32);
        for job in jobs.iter().take_while(|job| is_sent(job)) {
            if job.input == Input::Stdin {
                sent += u32::from(sent == 0 && self.input.is_none());
                break;
            }
            let line = job.line();
            if sent > 0 && (alone || lines.len() + line.len() > EXCHANGE) {
                break;
            }
            lines.extend(line);
            sent += 1;
        }
        let silence = self.silence();
        if let Some(input) = &mut self.input {
            self.process.within(silence, || input.write_all(&lines))?;
        }
        while sent > 0 {
            match journey.hear(self.record(ctx)?, ctx, emit) {
                Heard::More => {}
                Heard::Nonsense => return Err(Gone),
                Heard::Done => {
                    jobs.pop_front();
                    *journey = Journey::default();
                    sent -= 1;
                    if sent > 0 && ctx.stop.load(Ordering::Relaxed) {
                        return Err(Gone);
                    }
                }
            }
        }
        Ok(())
    }

    fn silence(&self) -> Duration {
        if self.begun { self.silence } else { self.silence.max(STARTING) }
    }

    /// The next record. Findings come as lines and then their sum: of the two one is of use.
    fn record(&mut self, ctx: &Context) -> Result<Record, Gone> {
        loop {
            self.next_line()?;
            if ctx.lines && self.line.starts_with(Found::BEGIN) {
                // A worker that a file has taken over could write anything: a report stays JSON.
                let line = str::from_utf8(&self.line).map_err(|_| Gone)?;
                serde_json::from_str::<IgnoredAny>(line).map_err(|_| Gone)?;
                self.found.append(&mut self.line);
                self.findings += 1;
                if self.found.len() > RECORD {
                    return Err(Gone);
                }
                continue;
            }
            match Record::parse(&self.line).map_err(|_| Gone)? {
                Record::Found(_) if !ctx.lines => {}
                Record::Found(Found { sums, .. }) => {
                    let found = Found { lines: mem::take(&mut self.found), sums };
                    if found.len() != mem::take(&mut self.findings) {
                        return Err(Gone);
                    }
                    return Ok(Record::Found(found));
                }
                record if self.found.is_empty() => return Ok(record),
                _ => return Err(Gone),
            }
        }
    }

    /// Reads a line. Silence counts only while there is nothing to read: who is slow to take the records is not the
    /// worker.
    fn next_line(&mut self) -> Result<(), Gone> {
        self.line.clear();
        while self.line.last() != Some(&b'\n') {
            if self.output.buffer().is_empty() {
                let (silence, output) = (self.silence(), &mut self.output);
                self.process.within(silence, || output.fill_buf().map(drop))?;
                self.begun = true;
            }
            let ready = self.output.buffer();
            let part = memchr::memchr(b'\n', ready).and_then(|end| ready.get(..=end)).unwrap_or(ready);
            if part.is_empty() || self.line.len() > RECORD {
                return Err(Gone);
            }
            self.line.extend_from_slice(part);
            let taken = part.len();
            self.output.consume(taken);
        }
        Ok(())
    }

    /// Why it died; `None`: somebody else ended it.
    fn reason(&mut self, stopped: bool) -> Option<Reason> {
        let status = self.process.end();
        if self.process.was_silent() {
            return Some(Reason::Timeout);
        }
        if stopped {
            return Some(Reason::Interrupted);
        }
        // What it wrote may quote what it read: it is looked at and never shown.
        let mut said = Vec::new();
        let _ = (&mut self.errors).take(EXCHANGE as u64).read_to_end(&mut said);
        if memchr::memmem::find(&said, b"memory allocation of").is_some() {
            return Some(Reason::Memory);
        }
        if status.is_some_and(was_shot) { None } else { Some(Reason::Crashed) }
    }
}

/// It was ended from outside: by a person, a service manager, or a system without memory.
#[cfg(unix)]
fn was_shot(status: std::process::ExitStatus) -> bool {
    use rustix::process::Signal;
    let shots = [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    shots.iter().any(|shot| Some(shot.as_raw()) == signal)
}

#[cfg(not(unix))]
fn was_shot(_: std::process::ExitStatus) -> bool {
    false
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.end();
    }
}
