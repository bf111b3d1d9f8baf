//! Options of sources on a server: whom to trust, and the password, which is never an argument.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal as _, stdin};
use std::path::PathBuf;

use clap::Args;

use super::{UsageError, plainly};
use crate::source::{Access, Secret};

/// The variable that may hold the password; workers do not get it.
pub const PASSWORD: &str = "SPORHUND_PASSWORD";

/// How to get in.
#[derive(Default, Args)]
#[command(next_help_heading = "Mail server")]
pub(super) struct Entry {
    /// The password of an imaps:// source, the first line of this file; or set SPORHUND_PASSWORD [default: asked for]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Trust the certificates in this file (PEM) and no others [default: those that the system trusts]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// The password, from the file, the environment or whoever sits at the terminal; only where a source asks for one.
pub(super) fn access(typed: Entry, sources: &[OsString], limit: u64) -> Result<Access, UsageError> {
    let remote = |source: &OsString| {
        let name = source.to_string_lossy().to_ascii_lowercase();
        name.starts_with("imap://") || name.starts_with("imaps://")
    };
    let mut access = Access { ca: typed.ca, password: None, limit };
    if !sources.iter().any(remote) {
        return Ok(access);
    }
    let password = match (typed.password_file, env::var(PASSWORD)) {
        (Some(file), _) => {
            let told =
                |error| UsageError(format!("{}: the password cannot be read: {}", file.display(), plainly(&error)));
            let text = fs::read_to_string(&file).map_err(told)?;
            Some(text.lines().next().unwrap_or_default().to_owned())
        }
        (None, Ok(password)) => Some(password),
        (None, Err(_)) if stdin().is_terminal() => {
            let terminal = console::Term::stderr();
            let asked = terminal.write_str("Password of the mailbox: ").and_then(|()| terminal.read_secure_line());
            asked.ok()
        }
        (None, Err(_)) => None,
    };
    access.password = password.filter(|password| !password.is_empty()).map(Secret::new);
    Ok(access)
}
