//! What a job was when it was read: as it was asked for, and as the file system had it.
//!
//! In: a job, and what the file system says of its file. Out: bytes that are the same as long as nothing has changed;
//! `None` for what cannot be remembered. Deliberately elsewhere: what is remembered (`store.rs`).

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use borsh::BorshSerialize;

use crate::job::{Input, Job};
use crate::source::{self, Met};

/// How finely file systems tell the time.
const TICK: Duration = Duration::from_millis(20);

/// One job.
pub struct Stamp {
    /// The name of what was asked for.
    pub id: i64,
    /// All of it, and the state of the file.
    pub state: Vec<u8>,
    /// Where the file is; none: it is no file.
    path: Option<PathBuf>,
}

/// Of a job's state, what was asked for; the file's follows.
const ASKED: usize = 32;

impl Stamp {
    /// The stamp of a job as it was met.
    pub fn of(met: &Met) -> Option<Self> {
        let mut bytes = Vec::with_capacity(256);
        asked(&met.job, &mut bytes)?;
        let asked = blake3::hash(&bytes);
        let id = asked.as_bytes().first_chunk().copied().map(i64::from_le_bytes)?;
        bytes.clear();
        bytes.extend_from_slice(asked.as_bytes());
        let path = path(&met.job);
        if let Some(path) = path {
            state(path, met.file.as_ref()?, &mut bytes)?;
        }
        Some(Self { id, state: bytes, path: path.map(Path::to_owned) })
    }

    /// The file is still what it was when this was made, and was not written so shortly before that a second change
    /// could have the same time.
    pub fn holds(&self) -> bool {
        let Some(path) = &self.path else { return true };
        let Ok(file) = fs::symlink_metadata(path) else { return false };
        let age = latest(&file).and_then(|at| SystemTime::now().duration_since(at).ok());
        let mut now = Vec::with_capacity(self.state.len());
        state(path, &file, &mut now).is_some()
            && self.state.get(ASKED..) == Some(&now)
            && age.is_some_and(|age| age > TICK)
    }
}

/// The stamps of several jobs in one, with what else decides what they tell.
pub fn together(jobs: &[Met], with: &blake3::Hash) -> Option<blake3::Hash> {
    let mut bytes = Vec::with_capacity(256 * jobs.len());
    bytes.extend_from_slice(with.as_bytes());
    for met in jobs {
        let begin = bytes.len();
        asked(&met.job, &mut bytes)?;
        if let Some(path) = path(&met.job) {
            state(path, met.file.as_ref()?, &mut bytes)?;
        }
        // Where one ends and the next one begins.
        bytes.extend_from_slice(&(bytes.len() - begin).to_le_bytes());
    }
    Some(blake3::hash(&bytes))
}

fn path(job: &Job) -> Option<&Path> {
    match &job.input {
        Input::Path(path) => Some(path),
        _ => None,
    }
}

/// What was asked for.
fn asked(job: &Job, bytes: &mut Vec<u8>) -> Option<()> {
    let Job { location, input, mail, file, size, container, range, resume: _ } = job;
    (location, mail, file, size, container).serialize(bytes).ok()?;
    match input {
        Input::Path(path) => bytes.extend_from_slice(path.as_os_str().as_encoded_bytes()),
        // A message never changes, and what its flags say is part of what was asked.
        Input::Imap(message) => bytes.extend(format!("{:?}", message.identity()).as_bytes()),
        _ => return None,
    }
    bytes.extend(range.iter().flat_map(|range| format!("{range:?}").into_bytes()));
    Some(())
}

/// The file as the file system has it.
fn state(path: &Path, meta: &Metadata, bytes: &mut Vec<u8>) -> Option<()> {
    if !meta.is_file() {
        return None;
    }
    identity(meta).iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    // Accounts are renamed and folders opened without a trace on the file itself.
    let (owner, open) = source::access(path, meta);
    bytes.push(open.into());
    bytes.extend_from_slice(owner.unwrap_or_default().as_bytes());
    Some(())
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> [i64; 8] {
    use std::os::unix::fs::MetadataExt;
    let numbers = [meta.size(), meta.ino(), meta.dev(), meta.mode().into()].map(|number| number as i64);
    let [size, inode, device, mode] = numbers;
    [size, inode, device, mode, meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()]
}

#[cfg(unix)]
fn latest(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(
        u64::try_from(meta.ctime()).ok()?.checked_mul(1_000_000_000)?.checked_add(meta.ctime_nsec() as u64)?,
    ))?;
    meta.modified().ok().map(|modified| modified.max(changed))
}

#[cfg(not(unix))]
fn identity(meta: &Metadata) -> [i64; 2] {
    let written = meta.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    [meta.len() as i64, written.map_or(0, |at| at.as_nanos() as i64)]
}

#[cfg(not(unix))]
fn latest(meta: &Metadata) -> Option<SystemTime> {
    meta.modified().ok()
}
