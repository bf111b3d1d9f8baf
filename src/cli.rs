//! Arguments as typed → [`Options`], checked: the only reader of the command line, the environment and the clock.
//!
//! In: `argv`, `SPORHUND_KEY`, `SPORHUND_PASSWORD` and the other `SPORHUND_…`, `NO_COLOR`, `COLUMNS`, `TERM`, the clock. Out: a [`Command`],
//! or a [`UsageError`] of one line. The words of the options are `contract.md`'s.

mod access;
mod file;
mod look;
mod paths;
mod redact;
mod reporting;
mod subject;
mod what;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, stderr, stdout};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned, civil};

pub use self::access::PASSWORD;

/// The key of fingerprints, in the environment.
pub const KEY: &str = "SPORHUND_KEY";

use self::access::{Entry, access};
use self::file::{Refused, configuration, typed};
use self::look::{Look, colour, locale, outputs, path};
use self::paths::{apart, once, overlap};
use self::redact::{Redact, redact};
use self::reporting::{Reporting, reporting};
use self::subject::{Subject, subject};
use self::what::{What, worker};
use crate::budget::Limits;
use crate::mask::Key;
use crate::merge;
use crate::report::texts::Texts;
use crate::report::{Output, Verbosity};
use crate::source::{Access, Shard};

/// Why nothing could be run, and what to do: one line for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl UsageError {
    /// What is called so cannot be read, or not to its end.
    pub fn unreadable(name: impl fmt::Display, error: &io::Error) -> Self {
        Self(format!("{name}: it cannot be read: {}", plainly(error)))
    }
}

/// Why the system refused something, in words for people.
pub fn plainly(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        kind => kind.to_string(),
    }
}

impl From<crate::patterns::Mistake> for UsageError {
    fn from(mistake: crate::patterns::Mistake) -> Self {
        Self(mistake.to_string())
    }
}

/// What is to be done.
pub enum Command {
    /// Scan and report.
    Scan(Box<Options>),
    /// Find one person, and report.
    Subject(Box<Options>),
    /// Make a copy without personal data.
    Redact(Box<Options>, crate::redact::Options),
    /// Be a worker of another process: jobs on standard input, records on standard output. The flag says that it is
    /// the program's own, and ends with it; the second, that standard input is itself its job.
    Worker(Box<Options>, bool, bool),
    /// Make a key of fingerprints.
    Key,
    /// Read pictures for a worker, within these limits.
    Ocr(Limits),
    /// Say what version this is and what limits workers can put on themselves.
    Verbose,
    /// Make reports out of records.
    Report(Box<merge::Options>),
    /// List the detectors, those of this folder included, as of this day; perhaps as JSON.
    Detectors(Option<PathBuf>, civil::Date, bool),
    /// Tell every mistake of these detector files.
    CheckDetectors(Vec<PathBuf>, Option<PathBuf>, civil::Date),
    /// Measure what the detectors cost, on this text, those of this folder included.
    Cost(Option<PathBuf>, Option<PathBuf>, civil::Date),
    /// List the built-in policies; perhaps as JSON.
    Policies(bool),
    /// List the rules of these policies, as of this day.
    Rules(Vec<String>, Option<PathBuf>, civil::Date),
    /// Tell every mistake of these policy files.
    Check(Vec<PathBuf>, Option<PathBuf>, civil::Date),
    /// Print the JSON Schema of policy files.
    Schema,
    /// Measure the detectors on labelled texts.
    Evaluate(Box<Evaluate>),
    /// Print this: help, the version, completions, a manual page.
    Tell(String),
}

/// What `scan` is to do: checked, and complete.
#[derive(Debug)]
pub struct Options {
    /// What to scan, as typed.
    pub sources: Vec<OsString>,
    /// Only this share of it.
    pub shard: Option<Shard>,
    /// The jobs are written, and not done.
    pub listed: bool,
    /// What to judge by: names and files.
    pub policies: Vec<String>,
    /// The moment that ages are counted from, and the zone whose days count.
    pub now: Zoned,
    /// Where reports go, and in which format.
    pub outputs: Vec<Output>,
    /// The words of reports for people, as asked for.
    pub lang: Option<Texts>,
    /// The words of the environment's language, for when neither this nor a policy asks for another than English.
    pub locale: Option<Texts>,
    /// What stands between the columns of CSV.
    pub separator: char,
    /// Findings below this are not reported.
    pub min_confidence: f64,
    /// Personal data is printed as found.
    pub reveal: bool,
    /// Only this is looked for.
    pub request: Option<crate::subject::Request>,
    /// What is marked private is shown like the rest.
    pub show_private: bool,
    /// Detectors to use; none: all. Ids and globs.
    pub only: Vec<String>,
    /// Detectors not to use. Ids and globs.
    pub without: Vec<String>,
    /// What makes the exit code 1.
    pub fail_on: FailOn,
    /// An earlier run's records.
    pub baseline: Option<PathBuf>,
    /// What somebody answers for.
    pub allow: Option<PathBuf>,
    /// Where to remember what was scanned.
    pub state: Option<PathBuf>,
    /// Records tell of each item what it is judged by, too: what is remembered is judged again.
    pub facts: bool,
    /// The key of fingerprints.
    pub key: Option<Key>,
    /// Text in pictures is read too.
    pub ocr: bool,
    /// Each finding says why.
    pub explain: bool,
    /// A folder with further patterns.
    pub patterns: Option<PathBuf>,
    /// Worker threads.
    pub jobs: usize,
    /// Items are read by processes of their own.
    pub isolated: bool,
    /// What one job may use.
    pub limits: Limits,
    /// How to get into sources on a server.
    pub access: Access,
    /// What standard error tells of the progress.
    pub progress: Verbosity,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Nothing.
    Never,
    /// A finding.
    Finding,
    /// A breach.
    Breach,
}

/// Finds personal data in files and mailboxes, and what breaks written policies.
#[derive(Parser)]
#[command(
    name = "sporhund",
    bin_name = "sporhund",
    version,
    arg_required_else_help = false,
    disable_help_subcommand = true
)]
#[command(after_help = "Exit codes:\n  0  ran, nothing to fail on\n  1  ran, and what --fail-on names was found\n  \
    2  could not run\n  3  ran, but some items could not be read (they are in the records)\n\n\
    'sporhund scan --help' lists the options of scan.")]
struct Typed {
    #[command(subcommand)]
    command: Typing,
}

#[derive(Subcommand)]
enum Typing {
    /// Scan and report (the main job)
    #[command(after_help = "Examples:\n  sporhund scan /srv/share\n  \
        sporhund scan --policy ikano-bolig --now 2026-11-20 mail/\n  \
        sporhund scan -o report.txt -o records.jsonl /srv/share\n  \
        pg_dump crm | sporhund scan --fail-on finding -")]
    Scan(Box<Scan>),
    /// Everything that mentions one person (access and erasure requests)
    #[command(
        after_help = "Examples:\n  sporhund subject --subject-file request-17.txt --request-date 2026-11-20 /srv/share\n  \
        sporhund subject --email anna@example.dk --name 'Anna Hansen' --key-file key --records friday.jsonl\n\n\
        A subject file has one identifier on each line: 'id: …', 'email: …', 'phone: …' or 'name: …'.\n\
        What stands on the command line can be seen by others on this machine; what stands in a file cannot."
    )]
    Subject(Box<Subject>),
    /// A copy of a text, CSV, JSON, XML or mail export without the personal data
    #[command(after_help = "Examples:\n  sporhund redact -o customers-redacted.csv customers.csv\n  \
        sporhund redact --pseudonyms --key-file key dump.json > safe.json\n\n\
        The copy is scanned before it is handed over: nothing that 'sporhund scan' reports is left in it.")]
    Redact(Box<Redact>),
    /// Take jobs on standard input, a line of JSON each, and print their records
    Worker {
        #[command(flatten)]
        what: Box<What>,
        /// Read items in a process of its own, so that a crash costs one record and not the worker: process or none
        #[arg(long, value_name = "HOW", value_enum, default_value = "none", hide_possible_values = true)]
        isolation: Isolation,
        #[arg(long, hide = true)]
        supervised: bool,
        #[arg(long, hide = true)]
        stdin: bool,
        /// The key comes first on standard input.
        #[arg(long, hide = true)]
        keyed: bool,
    },
    /// Make a key of fingerprints
    Key,
    /// Read pictures for a worker
    #[command(hide = true)]
    Ocr {
        #[arg(long)]
        max_memory: u64,
        #[arg(long)]
        max_time: u64,
    },
    /// Make reports out of the records (JSON Lines) of one run or several
    #[command(after_help = "Examples:\n  sporhund report -o report.html records.jsonl\n  \
        sporhund report --severity high --format csv monday.jsonl tuesday.jsonl > urgent.csv\n  \
        sporhund report --split-by owner -o worklist.html records.jsonl\n  \
        sporhund report --compare monday.jsonl tuesday.jsonl")]
    Report(Box<Reporting>),
    /// List the detectors, with their sources; or tell every mistake of a detector file, or what each detector costs
    #[command(after_help = "Examples:\n  \
        sporhund detectors --patterns ours\n  \
        sporhund detectors --check ours/detectors/staff.toml\n  \
        sporhund detectors --patterns ours --cost")]
    Detectors {
        /// Tell every mistake of this file of detectors and run its examples (repeatable)
        #[arg(long, value_name = "FILE", conflicts_with = "json")]
        check: Vec<PathBuf>,
        /// Measure what each detector costs, on this text or on the detectors' own examples
        #[arg(long, value_name = "TEXT", conflicts_with_all = ["json", "check"])]
        cost: Option<Option<PathBuf>>,
        /// Further detectors
        #[arg(long, value_name = "DIR", value_parser = folder())]
        patterns: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List the built-in policies, with their sources; or the rules of one, and what they wait for
    Policies(Policies),
    /// Measure the detectors on labelled texts: precision, recall, calibration
    #[command(after_help = "A labelled text is one JSON line; start and end count characters:\n  \
        {\"text\": \"CPR 010190-1234\", \"lang\": \"da\", \"spans\": [{\"start\": 4, \"end\": 15, \"detector\": \"dk.cpr\"}]}")]
    Evaluate(Box<Evaluate>),
    /// Print which options are in force without being typed, and where they come from
    #[command(after_help = "sporhund.toml holds options of scan and report, for example:\n\n  \
        [scan]\n  policy = [\"ours.toml\"]\n  fail-on = \"never\"\n\n\
        The nearest one from the working directory upwards counts, if it is yours or root's and nobody else may write it.\n\
        The command line outweighs the environment (SPORHUND_FAIL_ON=never), and that the file.")]
    Config {
        /// This file instead of the nearest sporhund.toml; '' is none
        #[arg(long, value_name = "FILE", value_parser = path)]
        config: Option<PathBuf>,
        /// Print the JSON Schema of the file instead
        #[arg(long)]
        schema: bool,
    },
    /// Print what a shell needs to complete commands and options
    #[command(after_help = "Examples:\n  \
        sporhund completions bash > ~/.local/share/bash-completion/completions/sporhund\n  \
        sporhund completions zsh > ~/.zfunc/_sporhund\n  \
        sporhund completions fish > ~/.config/fish/completions/sporhund.fish\n  \
        sporhund completions powershell | Out-String | Invoke-Expression")]
    Completions {
        /// bash, zsh, fish, elvish or powershell
        #[arg(value_name = "SHELL", hide_possible_values = true)]
        shell: Shell,
    },
    /// Print the manual page of the program or of a command (roff)
    #[command(after_help = "Example:\n  sporhund man scan > sporhund-scan.1 && man ./sporhund-scan.1")]
    Man {
        /// The command; none: the program
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
struct Policies {
    #[command(subcommand)]
    what: Option<Asked>,
    /// List the rules of this policy: a built-in name or a TOML file (repeatable)
    #[arg(long, value_name = "NAME|FILE")]
    policy: Vec<String>,
    /// Further detectors and policies
    #[arg(long, value_name = "DIR", value_parser = folder())]
    patterns: Option<PathBuf>,
    /// As JSON
    #[arg(long, conflicts_with = "policy")]
    json: bool,
}

#[derive(Subcommand)]
enum Asked {
    /// Tell every mistake of a policy file, and run its examples
    Check {
        /// Policy files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Further detectors and policies
        #[arg(long, value_name = "DIR", value_parser = folder())]
        patterns: Option<PathBuf>,
    },
    /// Print the JSON Schema of policy files, for editors
    Schema,
}

/// What `evaluate` is to measure.
#[derive(Args)]
pub struct Evaluate {
    /// Files of labelled texts (JSON Lines); '-' is standard input
    #[arg(value_name = "LABELLED", required = true)]
    pub labelled: Vec<PathBuf>,
    /// The day that dates of birth are judged by [default: the clock]
    #[arg(long, value_name = "DATE", value_parser = now)]
    pub now: Option<Zoned>,
    /// Use these detectors only: an id, or a glob such as 'dk.*' (repeatable)
    #[arg(long, value_name = "ID")]
    pub detector: Vec<String>,
    /// Do not use these detectors (repeatable)
    #[arg(long, value_name = "ID")]
    pub no_detector: Vec<String>,
    /// Further detectors, keywords and folder names, laid out as in patterns/
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub patterns: Option<PathBuf>,
    /// List all misses and false alarms, with the text around them
    #[arg(long)]
    pub show_values: bool,
}

#[derive(Args)]
struct Scan {
    /// Files, folders, mailboxes, archives; imaps://USER@HOST/; '-' is standard input
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<OsString>,

    #[command(flatten)]
    what: What,

    /// What makes the exit code 1: never, finding or breach
    #[arg(long, value_name = "WHAT", value_enum, default_value = "breach", hide_possible_values = true)]
    #[arg(help_heading = "Rules")]
    fail_on: FailOn,
    /// Do not report what this earlier run's records (JSON Lines) already hold; needs the key
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    baseline: Option<PathBuf>,
    /// Count and do not report what this file allows: fingerprints or places, with owner, reason and last day
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    allow: Option<PathBuf>,

    #[command(flatten)]
    look: Look,

    /// Only this share of the files and messages, by location: 1/4 to 4/4 are everything, each once
    #[arg(long, value_name = "I/N", help_heading = "Run")]
    shard: Option<Shard>,
    /// Write the jobs, a line of JSON each, and do nothing of them: what 'sporhund worker' takes
    #[arg(long, conflicts_with_all = ["state", "baseline", "format"], help_heading = "Run")]
    list_only: bool,
    #[command(flatten)]
    entry: Entry,

    /// Remember what was scanned; the next run reads only what changed
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    state: Option<PathBuf>,
    /// No progress on standard error
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Run")]
    quiet: bool,
    /// Name each file or message on standard error when it is done
    #[arg(short, long, help_heading = "Run")]
    verbose: bool,
    /// Workers [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Run")]
    jobs: Option<u16>,
    /// Read items in processes of their own, which may crash alone: process or none
    #[arg(long, value_name = "HOW", value_enum, default_value = "process", hide_possible_values = true)]
    #[arg(help_heading = "Run")]
    isolation: Isolation,
}

/// Where items are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Isolation {
    /// In processes of their own.
    Process,
    /// In this one.
    None,
}

/// Reads the command line; the first argument is the program's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = arguments.get(1).and_then(|first| first.to_str()).unwrap_or_default().to_owned();
    let verbose = arguments.iter().any(|argument| argument == "--verbose");
    match typed(arguments) {
        Ok(Typed { command: Typing::Scan(typed) }) => Ok(Command::Scan(Box::new(options(*typed)?))),
        Ok(Typed { command: Typing::Worker { what, isolation, supervised, stdin, keyed } }) => {
            let options = Options { isolated: isolation == Isolation::Process, ..worker(*what)? };
            let options = if keyed { Options { key: handed(), ..options } } else { options };
            Ok(Command::Worker(Box::new(options), supervised, stdin))
        }
        Ok(Typed { command: Typing::Key }) => Ok(Command::Key),
        Ok(Typed { command: Typing::Ocr { max_memory: memory, max_time } }) => {
            Ok(Command::Ocr(Limits { memory, silence: Duration::from_secs(max_time), ..Limits::default() }))
        }
        Ok(Typed { command: Typing::Report(typed) }) => {
            reporting(*typed).map(|options| Command::Report(Box::new(options)))
        }
        Ok(Typed { command: Typing::Detectors { check, cost, patterns, json } }) => {
            let today = Zoned::now().date();
            Ok(match cost {
                Some(text) => Command::Cost(text, patterns, today),
                None if check.is_empty() => Command::Detectors(patterns, today, json),
                None => Command::CheckDetectors(check, patterns, today),
            })
        }
        Ok(Typed { command: Typing::Subject(typed) }) => Ok(Command::Subject(Box::new(subject(*typed)?))),
        Ok(Typed { command: Typing::Redact(typed) }) => {
            redact(*typed).map(|(options, what)| Command::Redact(Box::new(options), what))
        }
        Ok(Typed { command: Typing::Policies(typed) }) => Ok(match typed.what {
            Some(Asked::Check { files, patterns }) => Command::Check(files, patterns, Zoned::now().date()),
            Some(Asked::Schema) => Command::Schema,
            None if typed.policy.is_empty() => Command::Policies(typed.json),
            None => Command::Rules(typed.policy, typed.patterns, Zoned::now().date()),
        }),
        Ok(Typed { command: Typing::Evaluate(typed) }) => Ok(Command::Evaluate(typed)),
        Ok(Typed { command: Typing::Completions { shell } }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Typed::command(), "sporhund", &mut script);
            Ok(Command::Tell(String::from_utf8_lossy(&script).into_owned()))
        }
        Ok(Typed { command: Typing::Man { command } }) => manual(command.as_deref()).map(Command::Tell),
        Ok(Typed { command: Typing::Config { config, schema } }) => {
            let file = Typed { command: Typing::Config { config, schema } }.file(|_| {})?.flatten();
            configuration(file.as_deref(), schema).map(Command::Tell)
        }
        Err(Refused::Usage(error)) => Err(error),
        Err(Refused::Clap(told)) if told.kind() == ErrorKind::DisplayVersion && verbose => Ok(Command::Verbose),
        Err(Refused::Clap(told)) if !told.use_stderr() => {
            let text = told.render();
            Ok(Command::Tell(if colour() { text.ansi().to_string() } else { text.to_string() }))
        }
        Err(Refused::Clap(error)) => Err(one_line(&error, &command)),
    }
}

/// The manual page of a command, as roff.
fn manual(of: Option<&str>) -> Result<String, UsageError> {
    let mut program = Typed::command();
    program.build();
    let command = match of {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| UsageError(format!("there is no command '{name}': see 'sporhund --help'")))?,
    };
    let mut page = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command).render(&mut page);
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A mistake in the arguments of a command, on one line.
fn one_line(error: &clap::Error, command: &str) -> UsageError {
    if error.kind() == ErrorKind::MissingSubcommand {
        return UsageError("name a command, as in 'sporhund scan FOLDER' (see 'sporhund --help')".to_owned());
    }
    let text = error.render().to_string();
    let mut line = String::new();
    let lines = text.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more"));
    for part in lines.filter(|part| !part.is_empty() && !part.starts_with("tip: to pass")) {
        if !line.is_empty() {
            line.push_str(if line.ends_with(':') { " " } else { "; " });
        }
        line.push_str(part);
    }
    let known = Typed::command().find_subcommand(command).is_some();
    let command = if known { format!("sporhund {command}") } else { "sporhund".to_owned() };
    let line = line.replace("invalid digit found in string", "this is no whole number");
    UsageError(format!("{} (see '{command} --help')", line.trim_start_matches("error: ")))
}

fn options(typed: Scan) -> Result<Options, UsageError> {
    if typed.state.is_some() && typed.what.show_values {
        return Err(UsageError("--state holds no personal data: leave out --show-values, or the state".to_owned()));
    }
    let beside = [&typed.what.key_file, &typed.allow, &typed.state, &typed.baseline].into_iter().flatten().cloned();
    let read: Vec<PathBuf> = beside.chain(typed.what.policy.iter().map(PathBuf::from)).collect();
    let what = worker(typed.what)?;
    if typed.baseline.is_some() && what.key.is_none() {
        return Err(UsageError(
            "--baseline compares fingerprints and needs their key: give --key-file FILE or set SPORHUND_KEY".to_owned(),
        ));
    }
    let outputs = outputs(typed.look.output, typed.look.format)?;
    if let Some(told) = overlap(&once(&typed.sources)?) {
        crate::report::tell(&told);
    }
    let read = typed.sources.iter().map(Path::new).chain(read.iter().map(PathBuf::as_path));
    apart(read, outputs.iter().filter_map(|output| output.to.as_deref()))?;
    let lines_on_screen = outputs.iter().any(|o| o.to.is_none() && o.format.name != "human") && stdout().is_terminal();
    let jobs =
        typed.jobs.map(usize::from).or_else(|| thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let threads = jobs.min(AT_ONE_TEXT).min((what.limits.memory / A_THREAD) as usize).max(1);
    Ok(Options {
        access: access(typed.entry, &typed.sources, what.limits.whole)?,
        sources: typed.sources,
        shard: typed.shard,
        listed: typed.list_only,
        fail_on: typed.fail_on,
        baseline: typed.baseline,
        allow: typed.allow,
        facts: typed.state.is_some(),
        state: typed.state,
        jobs,
        limits: Limits { threads, ..what.limits },
        isolated: typed.isolation == Isolation::Process,
        progress: match (typed.quiet, typed.verbose) {
            (true, _) => Verbosity::Nothing,
            (_, true) => Verbosity::Each,
            _ if stderr().is_terminal() && !lines_on_screen => Verbosity::Line,
            _ => Verbosity::Nothing,
        },
        outputs,
        lang: typed.look.lang,
        locale: locale(),
        separator: typed.look.separator,
        ..what
    })
}

/// Days are those of the system's zone: one that is misspelt must not become another.
fn zone() -> Result<(), UsageError> {
    match env::var("TZ") {
        Ok(name) if !name.is_empty() && TimeZone::try_system().is_err() => {
            Err(UsageError(format!("TZ: '{name}' is no time zone that is known here (Europe/Copenhagen is one)")))
        }
        _ => Ok(()),
    }
}

/// A folder that is there.
fn folder() -> impl TypedValueParser<Value = PathBuf> {
    let there = |folder: PathBuf| if folder.is_dir() { Ok(folder) } else { Err("there is no such folder") };
    PathBufValueParser::new().try_map(there)
}

/// The key of fingerprints. What is wrong with one is told without quoting it.
fn key(file: Option<PathBuf>) -> Result<Option<Key>, UsageError> {
    let (name, text) = match (file, env::var("SPORHUND_KEY")) {
        (Some(file), _) => {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file)
                .map_err(|error| UsageError(format!("{name}: the key cannot be read: {}", plainly(&error))))?;
            (name, text)
        }
        (None, Ok(text)) if !text.is_empty() => ("SPORHUND_KEY".to_owned(), text),
        (None, Err(env::VarError::NotUnicode(_))) => ("SPORHUND_KEY".to_owned(), String::new()),
        (None, _) => return Ok(None),
    };
    let key = Key::parse(&text).ok_or_else(|| UsageError(format!("{name}: a key is 64 hexadecimal digits")))?;
    Ok(Some(key))
}

/// The key that a supervisor hands to its worker: an environment can be listed.
fn handed() -> Option<Key> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok()?;
    Key::parse(&line)
}

fn confidence(typed: &str) -> Result<f64, String> {
    typed.parse().ok().filter(|n| (0.0..=1.0).contains(n)).ok_or_else(|| "a number from 0 to 1".to_owned())
}

/// Behind a moment: in the local zone, even where that has no name.
const HERE: &str = "[local]";
/// So many threads look at one large text at most: finding its places goes in order, and takes a third of the time.
const AT_ONE_TEXT: usize = 4;
/// A worker that may use less memory than this for each thread has fewer.
const A_THREAD: u64 = 64 << 20;

/// A date is its noon in the local zone; a date-time with an offset is that moment, in the zone that is named behind it
/// (`[Europe/Oslo]`), else in the local one if that has the same offset then (it has another one half a year before),
/// else in one that always has it.
fn now(typed: &str) -> Result<Zoned, String> {
    let wrong = || "a date is written 2026-11-20, a moment 2026-11-20T09:00:00+01:00".to_owned();
    if let Some(moment) = typed.strip_suffix(HERE) {
        return moment.parse::<Timestamp>().map(|at| at.to_zoned(TimeZone::system())).map_err(|_| wrong());
    }
    let extended = typed.as_bytes().get(4) == Some(&b'-') && typed.as_bytes().get(7) == Some(&b'-');
    let pieces = Pieces::parse(typed).ok().filter(|_| extended).ok_or_else(wrong)?;
    let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else {
        let day = pieces.time().is_none() && pieces.to_numeric_offset().is_none();
        let noon = pieces.date().to_datetime(civil::time(12, 0, 0, 0)).to_zoned(TimeZone::system());
        return noon.ok().filter(|_| day).ok_or_else(wrong);
    };
    let at = offset.to_timestamp(pieces.date().to_datetime(time)).map_err(|_| wrong())?;
    let here = TimeZone::system();
    let zone = match pieces.to_time_zone().map_err(|_| wrong())? {
        Some(named) => named,
        None if here.to_offset(at) == offset => here,
        None => TimeZone::fixed(offset),
    };
    Ok(at.to_zoned(zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_a_day_here_or_a_moment_there() {
        assert_eq!(now("2026-11-20").unwrap().datetime(), civil::date(2026, 11, 20).at(12, 0, 0, 0));
        let there = now("2026-11-20T23:30:00+02:00").unwrap();
        assert_eq!(there.timestamp().to_string(), "2026-11-20T21:30:00Z");
        assert_eq!(there.date(), civil::date(2026, 11, 20));
        assert!(now("2026-11-20T00:00:00Z").is_ok());
        let named = now("2026-11-20T09:00:00+01:00[Europe/Oslo]").unwrap();
        assert_eq!((named.hour(), named.time_zone().iana_name()), (9, Some("Europe/Oslo")));
        let local = now("2026-11-20").unwrap();
        assert_eq!(
            now(&local.timestamp().to_zoned(TimeZone::system()).strftime("%FT%T%:z").to_string()).unwrap(),
            local
        );
        assert!(now("2026-11-20T09:00:00+01:00[Europe/Nowhere]").is_err());
        for wrong in ["", "20261120", "2026-11-31", "yesterday", "2026-11-20T09:00:00", "20.11.2026"] {
            assert!(now(wrong).is_err(), "{wrong}");
        }
    }
}
