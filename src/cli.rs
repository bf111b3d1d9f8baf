//! Arguments as typed → [`Options`], checked: the only reader of the command line, the environment and the clock.
//!
//! In: `argv`, `SPORHUND_KEY` and the other `SPORHUND_…`, `NO_COLOR`, `COLUMNS`, `TERM`, the clock. Out: a [`Command`], or a [`UsageError`] of one
//! line. The words of the options are `contract.md`'s.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal, stderr, stdout};
use std::path::{Path, PathBuf};
use std::thread;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Zoned, civil};

use crate::config::{self, Config};
use crate::mask::Key;
use crate::merge::{self, Filter};
use crate::record::Severity;
use crate::report::texts::Texts;
use crate::report::{self, Output, Screen, Told};

/// Why nothing could be run, and what to do: one line for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl From<crate::patterns::Mistake> for UsageError {
    fn from(mistake: crate::patterns::Mistake) -> Self {
        Self(mistake.to_string())
    }
}

/// What is to be done.
pub enum Command {
    /// Scan and report.
    Scan(Box<Options>),
    /// Make reports out of records.
    Report(Box<merge::Options>),
    /// List the detectors, those of this folder included, as of this day; perhaps as JSON.
    Detectors(Option<PathBuf>, civil::Date, bool),
    /// List the built-in policies; perhaps as JSON.
    Policies(bool),
    /// Print this: help, the version, completions, a manual page.
    Tell(String),
}

/// What `scan` is to do: checked, and complete.
#[derive(Debug)]
pub struct Options {
    /// What to scan, as typed.
    pub sources: Vec<OsString>,
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
    /// Detectors to use; none: all. Ids and globs.
    pub only: Vec<String>,
    /// Detectors not to use. Ids and globs.
    pub without: Vec<String>,
    /// What makes the exit code 1.
    pub fail_on: FailOn,
    /// An earlier run's records.
    pub baseline: Option<PathBuf>,
    /// The key of fingerprints.
    pub key: Option<Key>,
    /// Each finding says why.
    pub explain: bool,
    /// A folder with further patterns.
    pub patterns: Option<PathBuf>,
    /// Worker threads.
    pub jobs: usize,
    /// What standard error tells of the progress.
    pub progress: Told,
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
    /// Make reports out of the records (JSON Lines) of one run or several
    #[command(after_help = "Examples:\n  sporhund report -o report.html records.jsonl\n  \
        sporhund report --severity high --format csv monday.jsonl tuesday.jsonl > urgent.csv\n  \
        sporhund report --split-by owner -o worklist.html records.jsonl")]
    Report(Box<Reporting>),
    /// List the detectors, with their sources
    Detectors {
        /// Further detectors
        #[arg(long, value_name = "DIR")]
        patterns: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List the built-in policies, with their sources
    Policies {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
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
struct Scan {
    /// Files, folders, mailboxes, archives; '-' is standard input
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<OsString>,

    /// Rules to judge by: a built-in name or a TOML file (repeatable)
    #[arg(long, value_name = "NAME|FILE", default_value = "nordic-gdpr", help_heading = "Rules")]
    policy: Vec<String>,
    /// The date that ages are counted from: 2026-11-20, or 2026-11-20T09:00:00+01:00 [default: the clock]
    #[arg(long, value_name = "DATE", value_parser = now, help_heading = "Rules")]
    now: Option<Zoned>,
    /// What makes the exit code 1: never, finding or breach
    #[arg(long, value_name = "WHAT", value_enum, default_value = "breach", hide_possible_values = true)]
    #[arg(help_heading = "Rules")]
    fail_on: FailOn,
    /// Do not report what this earlier run's records (JSON Lines) already hold; needs the key
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    baseline: Option<PathBuf>,

    /// Use these detectors only: an id, or a glob such as 'dk.*' (repeatable)
    #[arg(long, value_name = "ID", help_heading = "Detectors")]
    detector: Vec<String>,
    /// Do not use these detectors (repeatable)
    #[arg(long, value_name = "ID", help_heading = "Detectors")]
    no_detector: Vec<String>,
    /// Report findings of this confidence or more, from 0 to 1
    #[arg(long, value_name = "N", default_value = "0.5", value_parser = confidence, help_heading = "Detectors")]
    min_confidence: f64,
    /// Further detectors, keywords and folder names, laid out as in patterns/
    #[arg(long, value_name = "DIR", help_heading = "Detectors")]
    patterns: Option<PathBuf>,

    #[command(flatten)]
    look: Look,
    /// Print personal data as found; without it every value is masked
    #[arg(long, help_heading = "Report")]
    show_values: bool,
    /// Say why, for each finding
    #[arg(long, help_heading = "Report")]
    explain: bool,
    /// The key of fingerprints, 64 hexadecimal digits; or set SPORHUND_KEY
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    key_file: Option<PathBuf>,

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
}

/// Where reports go and what they look like.
#[derive(Args)]
#[command(next_help_heading = "Report")]
struct Look {
    /// human, jsonl, csv, html, sarif or junit [default: human on a terminal, jsonl otherwise]
    #[arg(long, value_name = "FORMAT", value_parser = report::by_name)]
    format: Option<&'static report::Format>,
    /// Where the report goes instead of standard output; the ending says the format: .html, .csv, .sarif, .xml (JUnit),
    /// .jsonl, .txt (repeatable)
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// The language of the HTML report: da, sv, nb, fi or en [default: the policy's, or the locale's]
    #[arg(long, value_name = "LANG", value_parser = texts)]
    lang: Option<Texts>,
    /// What stands between the columns of CSV; 'tab' is a tab
    #[arg(long, value_name = "CHAR", default_value = ";", value_parser = separator)]
    separator: char,
    /// Take the options that are not given here from this file instead of the nearest sporhund.toml; '' is none
    #[arg(long, value_name = "FILE", value_parser = path)]
    config: Option<PathBuf>,
}

#[derive(Args)]
struct Reporting {
    /// Files of records; '-' is standard input
    #[arg(value_name = "RECORDS", required = true)]
    records: Vec<PathBuf>,

    /// Only items of this owner (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    owner: Vec<String>,
    /// Only items in this folder, file or mailbox, as records call it (repeatable)
    #[arg(long, value_name = "PLACE", help_heading = "Filters")]
    place: Vec<String>,
    /// Only breaches of this rule, and the items that break it: RULE or POLICY/RULE (repeatable)
    #[arg(long, value_name = "RULE", help_heading = "Filters")]
    rule: Vec<String>,
    /// Only breaches of this severity or worse, and their items: low, medium, high or critical
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Filters")]
    severity: Option<Severity>,
    /// A report for each owner, with nothing but that owner's items: list.html becomes list-NAME.html
    #[arg(long, value_name = "WHAT", value_parser = ["owner"], hide_possible_values = true, requires = "output")]
    #[arg(help_heading = "Report")]
    split_by: Option<String>,

    #[command(flatten)]
    look: Look,

    /// The date that ages are counted to: 2026-11-20, or 2026-11-20T09:00:00+01:00 [default: the clock]
    #[arg(long, value_name = "DATE", value_parser = now, help_heading = "Report")]
    now: Option<Zoned>,
    /// The folder of further detectors that the run had, for their titles
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    patterns: Option<PathBuf>,
}

/// Reads the command line; the first argument is the program's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = arguments.get(1).and_then(|first| first.to_str()).unwrap_or_default().to_owned();
    match typed(arguments) {
        Ok(Typed { command: Typing::Scan(typed) }) => Ok(Command::Scan(Box::new(options(*typed)?))),
        Ok(Typed { command: Typing::Report(typed) }) => Ok(Command::Report(Box::new(reporting(*typed)?))),
        Ok(Typed { command: Typing::Detectors { patterns, json } }) => {
            Ok(Command::Detectors(patterns, Zoned::now().date(), json))
        }
        Ok(Typed { command: Typing::Policies { json } }) => Ok(Command::Policies(json)),
        Ok(Typed { command: Typing::Completions { shell } }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Typed::command(), "sporhund", &mut script);
            Ok(Command::Tell(String::from_utf8_lossy(&script).into_owned()))
        }
        Ok(Typed { command: Typing::Man { command } }) => manual(command.as_deref()).map(Command::Tell),
        Ok(Typed { command: Typing::Config { config, schema } }) => {
            let file = Typed { command: Typing::Config { config, schema } }.file()?.flatten();
            configuration(file.as_deref(), schema).map(Command::Tell)
        }
        Err(Refused::Usage(error)) => Err(error),
        Err(Refused::Clap(told)) if !told.use_stderr() => {
            let text = told.render();
            Ok(Command::Tell(if colour() { text.ansi().to_string() } else { text.to_string() }))
        }
        Err(Refused::Clap(error)) => Err(one_line(&error, &command)),
    }
}

/// The command line, with what `sporhund.toml` and the environment say where it says nothing.
fn typed(arguments: Vec<OsString>) -> Result<Typed, Refused> {
    // A mistake in what was typed comes before one in the file.
    let first = Typed::try_parse_from(&arguments)?;
    let Some(file) = first.file()? else { return Ok(first) };
    let config = Config::read(file.as_deref(), &Typed::command(), |name| env::var(name).ok())?;
    let matches = config.apply(Typed::command()).try_get_matches_from(arguments).map_err(|error| {
        let UsageError(line) = one_line(&error, "config");
        let file = file.map(|file| format!("{}, or the environment: ", file.display())).unwrap_or_default();
        UsageError(format!("{file}{line}"))
    })?;
    Ok(Typed::from_arg_matches(&matches)?)
}

/// Why a command line cannot be obeyed: as clap has it, which may only be a wish for help, or as we do.
enum Refused {
    Clap(clap::Error),
    Usage(UsageError),
}

impl From<clap::Error> for Refused {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

impl From<UsageError> for Refused {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl Typed {
    /// The file of defaults, for commands that have any: `--config`, `SPORHUND_CONFIG` or the nearest; empty is none.
    fn file(&self) -> Result<Option<Option<PathBuf>>, UsageError> {
        let given = match &self.command {
            Typing::Scan(typed) => &typed.look.config,
            Typing::Report(typed) => &typed.look.config,
            Typing::Config { config, .. } => config,
            _ => return Ok(None),
        };
        let given = given.clone().or_else(|| env::var_os("SPORHUND_CONFIG").map(PathBuf::from));
        Ok(Some(match given {
            Some(none) if none.as_os_str().is_empty() => None,
            Some(file) => Some(file),
            None => env::current_dir().ok().and_then(|here| config::nearest(&here)),
        }))
    }
}

/// What is in force, or the schema of the file.
fn configuration(file: Option<&Path>, schema: bool) -> Result<String, UsageError> {
    let program = Typed::command();
    if schema {
        return Ok(config::schema(&program));
    }
    let config = Config::read(file, &program, |name| env::var(name).ok())?;
    let named = file.map_or_else(|| format!("no {}", config::FILE), |file| file.display().to_string());
    Ok(format!("# {named}\n\n{}", config.page(&program)))
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
    let text = error.render().to_string();
    let mut line = String::new();
    let lines = text.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more"));
    for part in lines.filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push_str(if line.ends_with(':') { " " } else { "; " });
        }
        line.push_str(part);
    }
    let known = Typed::command().find_subcommand(command).is_some();
    let command = if known { format!("sporhund {command}") } else { "sporhund".to_owned() };
    UsageError(format!("{} (see '{command} --help')", line.trim_start_matches("error: ")))
}

fn options(typed: Scan) -> Result<Options, UsageError> {
    if typed.state.is_some() {
        return Err(UsageError("--state is not there yet: leave it out".to_owned()));
    }
    let key = key(typed.key_file)?;
    if typed.baseline.is_some() && key.is_none() {
        return Err(UsageError(
            "--baseline compares fingerprints and needs their key: give --key-file FILE or set SPORHUND_KEY".to_owned(),
        ));
    }
    if let Some(folder) = typed.patterns.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(UsageError(format!("{}: there is no such folder (--patterns)", folder.display())));
    }
    let outputs = outputs(typed.look.output, typed.look.format)?;
    let lines_on_screen = outputs.iter().any(|o| o.to.is_none() && o.format.name != "human") && stdout().is_terminal();
    let look = (typed.look.lang, typed.look.separator);
    Ok(Options {
        sources: typed.sources,
        policies: typed.policy,
        now: typed.now.unwrap_or_else(Zoned::now),
        min_confidence: typed.min_confidence,
        reveal: typed.show_values,
        only: typed.detector,
        without: typed.no_detector,
        fail_on: typed.fail_on,
        baseline: typed.baseline,
        key,
        explain: typed.explain,
        patterns: typed.patterns,
        jobs: typed.jobs.map(usize::from).or_else(|| thread::available_parallelism().ok().map(Into::into)).unwrap_or(1),
        progress: match (typed.quiet, typed.verbose) {
            (true, _) => Told::Nothing,
            (_, true) => Told::Each,
            _ if stderr().is_terminal() && !lines_on_screen => Told::Line,
            _ => Told::Nothing,
        },
        outputs,
        lang: look.0,
        locale: locale(),
        separator: look.1,
    })
}

fn reporting(typed: Reporting) -> Result<merge::Options, UsageError> {
    let split = typed.split_by.is_some();
    let outputs = outputs(typed.look.output, typed.look.format)?;
    if split && outputs.iter().any(|output| output.to.is_none()) {
        return Err(UsageError("--split-by writes files: name one with --output".to_owned()));
    }
    if typed.records.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(UsageError("standard input can be read once: give '-' once".to_owned()));
    }
    let (owners, places, rules) = (typed.owner, typed.place, typed.rule);
    Ok(merge::Options {
        records: typed.records,
        outputs,
        filter: Filter { owners, places, rules, severity: typed.severity },
        split,
        lang: typed.look.lang,
        locale: locale(),
        separator: typed.look.separator,
        now: typed.now.unwrap_or_else(Zoned::now),
        patterns: typed.patterns,
    })
}

/// Where reports go. One report is in the format asked for; of several, each in that of its ending, where it has one.
fn outputs(files: Vec<PathBuf>, format: Option<&'static report::Format>) -> Result<Vec<Output>, UsageError> {
    let shown = || {
        let format = format.unwrap_or(if stdout().is_terminal() { &report::HUMAN } else { &report::JSONL });
        Output { format, to: None, screen: screen() }
    };
    if files.is_empty() {
        return Ok(vec![shown()]);
    }
    let one = format.filter(|_| files.len() == 1);
    let mut outputs: Vec<Output> = Vec::new();
    for file in files {
        let output = match one {
            _ if file.as_os_str() == "-" => shown(),
            Some(format) => Output { format, to: Some(file), screen: Screen::default() },
            None => {
                let format = report::by_ending(&file).or(format).unwrap_or(&report::JSONL);
                Output { format, to: Some(file), screen: Screen::default() }
            }
        };
        if outputs.iter().any(|other| other.to == output.to) {
            return Err(UsageError("--output names the same place twice".to_owned()));
        }
        outputs.push(output);
    }
    Ok(outputs)
}

/// What standard output can show.
fn screen() -> Screen {
    let told = env::var("COLUMNS").ok().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
    let terminal = console::Term::stdout();
    let width = told.or_else(|| terminal.size_checked().map(|(_, columns)| usize::from(columns)));
    Screen { width, colour: colour() }
}

fn colour() -> bool {
    let refused =
        env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || env::var_os("TERM").is_some_and(|v| v == "dumb");
    stdout().is_terminal() && !refused
}

/// The key of fingerprints. What is wrong with one is told without quoting it.
fn key(file: Option<PathBuf>) -> Result<Option<Key>, UsageError> {
    let (name, text) = match (file, env::var("SPORHUND_KEY")) {
        (Some(file), _) => {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file)
                .map_err(|error| UsageError(format!("{name}: the key cannot be read: {}", error.kind())))?;
            (name, text)
        }
        (None, Ok(text)) if !text.is_empty() => ("SPORHUND_KEY".to_owned(), text),
        (None, Err(env::VarError::NotUnicode(_))) => ("SPORHUND_KEY".to_owned(), String::new()),
        (None, _) => return Ok(None),
    };
    let key = Key::parse(&text).ok_or_else(|| UsageError(format!("{name}: a key is 64 hexadecimal digits")))?;
    Ok(Some(key))
}

/// The language of the environment, if there are words in it.
fn locale() -> Option<Texts> {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    let language = set?.split(['_', '.', '@']).next().map(str::to_owned)?;
    texts(if language == "no" { "nb" } else { &language }).ok()
}

fn texts(typed: &str) -> Result<Texts, String> {
    let none = || "there are texts in da, sv, nb, fi and en".to_owned();
    Texts::load(typed).map_err(|mistake| mistake.to_string())?.ok_or_else(none)
}

/// A path that may be empty.
fn path(typed: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(typed))
}

fn separator(typed: &str) -> Result<char, String> {
    match typed {
        "," | ";" | "|" => Ok(typed.chars().next().unwrap_or(';')),
        "tab" | "\t" => Ok('\t'),
        _ => Err("use ';', ',', '|' or tab".to_owned()),
    }
}

fn confidence(typed: &str) -> Result<f64, String> {
    typed.parse().ok().filter(|n| (0.0..=1.0).contains(n)).ok_or_else(|| "a number from 0 to 1".to_owned())
}

fn severity(typed: &str) -> Result<Severity, String> {
    let all = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.into_iter().find(|s| s.word() == typed).ok_or_else(|| "low, medium, high or critical".to_owned())
}

/// A date is its noon in the local zone; a date-time with an offset is that moment in that zone.
fn now(typed: &str) -> Result<Zoned, String> {
    let wrong = || "a date is written 2026-11-20, a moment 2026-11-20T09:00:00+01:00".to_owned();
    let extended = typed.as_bytes().get(4) == Some(&b'-') && typed.as_bytes().get(7) == Some(&b'-');
    let pieces = Pieces::parse(typed).ok().filter(|_| extended).ok_or_else(wrong)?;
    let zone = match (pieces.time(), pieces.to_numeric_offset()) {
        (Some(_), Some(offset)) => TimeZone::fixed(offset),
        (None, None) => TimeZone::system(),
        _ => return Err(wrong()),
    };
    let time = pieces.time().unwrap_or(civil::time(12, 0, 0, 0));
    pieces.date().to_datetime(time).to_zoned(zone).map_err(|_| wrong())
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
        for wrong in ["", "20261120", "2026-11-31", "yesterday", "2026-11-20T09:00:00", "20.11.2026"] {
            assert!(now(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_ending_says_the_format_of_one_of_several_reports() {
        let names = |files: &[&str], format| {
            let outputs = outputs(files.iter().map(PathBuf::from).collect(), format).unwrap();
            outputs.iter().map(|o| o.format.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["a.txt", "b.jsonl", "c"], None), ["human", "jsonl", "jsonl"]);
        assert_eq!(names(&["a.txt"], Some(&report::JSONL)), ["jsonl"]);
        assert_eq!(names(&["a.jsonl", "-"], Some(&report::HUMAN)), ["jsonl", "human"]);
        assert_eq!(names(&["a.csv", "b.sarif.json", "c.HTM", "d.xml"], None), ["csv", "sarif", "html", "junit"]);
    }
}
