//! What the tests of the program share: running it, and reading its records.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "clippy does not see that these are tests"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A text with one value in it, in breach of the default policy.
pub const IN_BREACH: &str = "Sygemelding for Mette, CPR 010190-9992, depression";
/// The value.
pub const VALUE: &str = "010190-9992";
/// Who finds it.
pub const DETECTOR: &str = "dk.cpr";
/// A key of fingerprints.
pub const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn records(&self) -> Vec<Value> {
        records(&self.out)
    }

    /// The records of this type.
    pub fn all(&self, record: &str) -> Vec<Value> {
        self.records().into_iter().filter(|r| r["record"] == record).collect()
    }

    /// The findings of [`DETECTOR`].
    pub fn found(&self) -> Vec<Value> {
        self.all("finding").into_iter().filter(|finding| finding["detector"] == DETECTOR).collect()
    }

    /// Locations of all items, in order.
    pub fn items(&self) -> Vec<String> {
        self.all("item").iter().map(|item| item["location"].as_str().unwrap().to_owned()).collect()
    }

    pub fn item(&self, location: &str) -> Value {
        let mut items = self.all("item").into_iter().filter(|item| item["location"] == location);
        let item = items.next().unwrap_or_else(|| panic!("no item {location} in {}", self.out));
        assert!(items.next().is_none(), "two items {location}");
        item
    }

    /// It could not run: nothing on standard output, one line on standard error that says this.
    pub fn refused(&self, saying: &str) {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        assert!(self.err.starts_with("sporhund: ") && self.err.ends_with('\n'), "{}", self.err);
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        assert!(self.err.contains(saying), "{}", self.err);
    }
}

pub fn records(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The program, in a folder, in an environment that says nothing.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sporhund"));
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_clear().env("TZ", "Europe/Copenhagen");
    command
}

pub fn sporhund(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(command(folder).args(arguments).output().unwrap())
}

/// The same where no file may grow beyond so many KiB: a full disk that needs no disk.
#[cfg(unix)]
pub fn cramped(folder: &Path, kib: u32, arguments: &[&str]) -> Run {
    let mut run = Command::new("bash");
    run.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\""), "-", env!("CARGO_BIN_EXE_sporhund")]);
    run.args(arguments).current_dir(folder).stdin(Stdio::null());
    Run::of(run.env_clear().env("TZ", "Europe/Copenhagen").output().unwrap())
}

/// The same with something on standard input.
pub fn fed(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command(folder).args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Run::of(child.wait_with_output().unwrap())
}

pub fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
