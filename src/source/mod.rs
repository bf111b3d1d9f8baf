//! Where jobs come from.
//!
//! In: one SOURCE of the command line. Out: an iterator of jobs, in the order of the walk. Nothing is read here but
//! folders: an unreadable one is a job that ends as an `item` record like any other. What lies on a server is taken by
//! [`fetch`] when its turn comes.

mod cut;
mod files;
pub mod imap;
pub mod maildir;
mod patient;
mod shard;

pub use cut::{Met, cut};
pub use files::{access, facts, is_hollow, name, open, patient, standing, was_changed};
pub use imap::fetch;
pub use shard::Shard;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::cli::UsageError;
use crate::job::{Input, Job};

/// Jobs, in the order of the walk.
pub type Jobs = Box<dyn Iterator<Item = Job> + Send>;

/// How to get into what lies on a server.
#[derive(Debug, Default)]
pub struct Access {
    /// The only authorities to trust, instead of the system's.
    pub ca: Option<PathBuf>,
    /// The password.
    pub password: Option<Secret>,
    /// Bytes that one item may have, because it is held in memory.
    pub limit: u64,
}

/// A password: it prints itself as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a password.
    pub fn new(password: String) -> Self {
        Self(password)
    }

    /// For the server that it is for.
    fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The jobs of one source. What is not there is a usage error, told before anything is scanned.
pub fn jobs(argument: &OsStr, access: &Access) -> Result<Jobs, UsageError> {
    if argument == "-" || argument == "/dev/stdin" && is_pipe(Path::new(argument)) {
        return Ok(Box::new(std::iter::once(standard_input())));
    }
    if let Some(jobs) = argument.to_str().and_then(|typed| imap::jobs(typed, access)) {
        return jobs;
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
    // A shell's `<(…)`: workers have no such file.
    if is_pipe(path) && path.is_symlink() {
        return Err(UsageError(format!("{name}: it is a pipe: give - and pipe into the program")));
    }
    Ok(files::jobs(path, name))
}

/// It, or what it leads to, is a pipe.
fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(path).is_ok_and(|meta| std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type()));
    #[cfg(not(unix))]
    return false;
}

/// How many bytes lie in these sources, for an estimate. `None`: that cannot be told without reading them.
pub fn bytes(arguments: &[OsString]) -> Option<u64> {
    arguments.iter().map(|argument| files::bytes(Path::new(argument))).sum()
}

/// The job that is standard input.
pub fn standard_input() -> Job {
    Job::new("-".to_owned(), Input::Stdin)
}
