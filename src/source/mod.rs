//! Where jobs come from.
//!
//! In: one SOURCE of the command line. Out: an iterator of jobs, in the order of the walk. Nothing is read here but
//! folders: an unreadable one is a job that ends as an `item` record like any other.

mod files;
pub mod maildir;

pub use files::{facts, is_hollow, name, open};

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::cli::UsageError;
use crate::job::{Input, Job};

/// Jobs, in the order of the walk.
pub type Jobs = Box<dyn Iterator<Item = Job> + Send>;

/// The jobs of one source. What is not there is a usage error, told before anything is scanned.
pub fn jobs(argument: &OsStr) -> Result<Jobs, UsageError> {
    if argument == "-" {
        return Ok(Box::new(std::iter::once(standard_input())));
    }
    let path = Path::new(argument);
    let name = files::name(argument);
    if let Err(error) = fs::metadata(path) {
        let what = match (name.split_once("://"), error.kind()) {
            (Some((scheme, _)), _) => format!("{scheme}:// sources are not there yet"),
            (None, ErrorKind::NotFound | ErrorKind::NotADirectory) => "there is no such file or folder".to_owned(),
            (None, kind) => format!("it cannot be reached: {kind}"),
        };
        return Err(UsageError(format!("{name}: {what}")));
    }
    Ok(files::jobs(path, name))
}

/// How many bytes lie in these sources, for an estimate. `None`: that cannot be told without reading them.
pub fn bytes(arguments: &[OsString]) -> Option<u64> {
    arguments.iter().map(|argument| files::bytes(Path::new(argument))).sum()
}

/// The job that is standard input.
pub fn standard_input() -> Job {
    Job::new("-".to_owned(), Input::Stdin)
}
