//! The walk: what lies below a folder, by name.
//!
//! In: a folder. Out: one step after the other. A folder is met before what it holds, and what it holds comes next if
//! the caller enters it. Each folder is listed as a whole and closed again: no depth uses up open files, and nothing
//! is asked of a file but what the listing says. Links are met and never followed. Deliberately elsewhere: what is
//! made of all that (`files.rs`).

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

/// What a walk meets.
pub enum Step {
    /// Something of this kind, with its name.
    Met(PathBuf, OsString, FileType),
    /// What could not be listed, wholly or in part: the folder that was entered last.
    Failed(io::Error),
    /// All in the folder that was entered last, and not left yet, was met.
    Left,
}

/// A walk on its way.
#[derive(Default)]
pub struct Walk(Vec<Listing>);

/// What is still to be met in a folder, the next one last.
struct Listing {
    folder: PathBuf,
    failed: Vec<io::Error>,
    names: Vec<(OsString, FileType)>,
}

impl Walk {
    /// What this folder holds comes next.
    pub fn enter(&mut self, folder: PathBuf) {
        let (mut failed, mut names) = (Vec::new(), Vec::new());
        match fs::read_dir(&folder) {
            Err(error) => failed.push(error),
            Ok(entries) => {
                for entry in entries {
                    match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
                        Ok((kind, entry)) => names.push((entry.file_name(), kind)),
                        Err(error) => failed.push(error),
                    }
                }
            }
        }
        names.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
        self.0.push(Listing { folder, failed, names });
    }

    /// The folder that was entered last.
    pub fn folder(&self) -> Option<&Path> {
        self.0.last().map(|listing| listing.folder.as_path())
    }
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let listing = self.0.last_mut()?;
        if let Some(error) = listing.failed.pop() {
            return Some(Step::Failed(error));
        }
        match listing.names.pop() {
            Some((name, kind)) => Some(Step::Met(listing.folder.join(&name), name, kind)),
            None => self.0.pop().map(|_| Step::Left),
        }
    }
}
