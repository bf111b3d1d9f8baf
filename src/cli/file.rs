//! The command line over `sporhund.toml` and the environment.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, FromArgMatches, Parser};

use super::{Typed, Typing, UsageError, one_line};
use crate::config::{self, Config};
use crate::report;

/// The command line, with what `sporhund.toml` and the environment say where it says nothing.
pub(super) fn typed(arguments: Vec<OsString>) -> Result<Typed, Refused> {
    // A mistake in what was typed comes before one in the file.
    let first = Typed::try_parse_from(&arguments)?;
    let warn = |file: &Path| {
        let why = "is passed over, others may write it: chmod go-w, or give --config to use it";
        report::tell(&format!("{} {why}", file.display()));
    };
    let Some(file) = first.file(warn)? else { return Ok(first) };
    let config = Config::read(file.as_deref(), &Typed::command(), |name| env::var(name).ok())?;
    let matches = config.apply(Typed::command()).try_get_matches_from(arguments).map_err(|error| {
        let UsageError(line) = one_line(&error, "config");
        let file = file.map(|file| format!("{}, or the environment: ", file.display())).unwrap_or_default();
        UsageError(format!("{file}{line}"))
    })?;
    Ok(Typed::from_arg_matches(&matches)?)
}

/// Why a command line cannot be obeyed: as clap has it, which may only be a wish for help, or as we do.
pub(super) enum Refused {
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
    /// `passed` is told of nearer ones that are not trusted.
    pub(super) fn file(&self, passed: impl FnMut(&Path)) -> Result<Option<Option<PathBuf>>, UsageError> {
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
            None => env::current_dir().ok().and_then(|here| config::nearest(&here, passed)),
        }))
    }
}

/// What is in force, or the schema of the file.
pub(super) fn configuration(file: Option<&Path>, schema: bool) -> Result<String, UsageError> {
    let program = Typed::command();
    if schema {
        return Ok(config::schema(&program));
    }
    let config = Config::read(file, &program, |name| env::var(name).ok())?;
    let named = file.map_or_else(|| format!("no {}", config::FILE), |file| file.display().to_string());
    Ok(format!("# {named}\n\n{}", config.page(&program)))
}
