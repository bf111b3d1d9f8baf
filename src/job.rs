//! A job: what to read, and what its records will be called.

use std::path::PathBuf;

use crate::item::{Fault, FileFacts, Mail};

/// What a job reads.
#[derive(Debug)]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Bytes that a source already has.
    Bytes(Vec<u8>),
    /// Standard input, read to its end.
    Stdin,
    /// Something that could not even be opened: an unreadable folder, a device. It ends as an `item` record all the same.
    Failed(Fault),
}

/// One unit of work.
#[derive(Debug)]
pub struct Job {
    /// The name of its item.
    pub location: String,
    /// What to read.
    pub input: Input,
    /// What the source knows of a mail before it is read: the folder and its role, and the date by the file's name.
    pub mail: Option<Mail>,
    /// What the file system says, where the source has asked already.
    pub file: FileFacts,
    /// Bytes, where the source knows.
    pub size: Option<u64>,
    /// A folder or mailbox that is itself an item: nothing is read.
    pub container: Option<&'static str>,
}

impl Job {
    /// A job of a given name.
    pub fn new(location: String, input: Input) -> Self {
        Self { location, input, mail: None, file: FileFacts::default(), size: None, container: None }
    }
}
