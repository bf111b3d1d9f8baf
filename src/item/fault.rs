//! How reading an item ended, and what went wrong.
//!
//! In: what extractors and the system say. Out: the `status`, `reason` and `message` of records. The words are the contract's.

use std::borrow::Cow;

use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use serde::{Deserialize, Serialize};

/// How reading an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Pack, Unpack)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All of it was read.
    Scanned,
    /// Some of it was read.
    Partial,
    /// It was not read, on purpose or because it cannot be: encrypted, unsupported, too large.
    Skipped,
    /// Reading it was tried and failed.
    Failed,
}

impl Status {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scanned => "scanned",
            Self::Partial => "partial",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// Why an item was not, or not wholly, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Pack, Unpack)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It asks for a password or a key.
    Encrypted,
    /// It is larger than the limit for its format.
    TooLarge,
    /// It is nested deeper than the limit.
    TooDeep,
    /// It took longer than the limit.
    Timeout,
    /// It needed more memory than the limit.
    Memory,
    /// It is damaged, or not what it says it is.
    Corrupt,
    /// No reader for this format.
    Unsupported,
    /// The system does not let us read it.
    Permission,
    /// It is gone, or was never there.
    Missing,
    /// Reading it gave an error.
    Unreadable,
    /// It was written while it was read.
    Changed,
    /// A placeholder of a file that lies elsewhere: it was not fetched.
    Away,
    /// A device, a pipe or a socket: never opened.
    Special,
    /// Its reader crashed.
    Crashed,
    /// It unpacks to far more than its size.
    Bomb,
    /// The scan was stopped while it was read.
    Interrupted,
    /// A word of a newer version, in its records; the message says more.
    #[serde(other)]
    Other,
}

impl Reason {
    /// Every reason that we give.
    pub const ALL: [Self; 16] = [
        Self::Encrypted,
        Self::TooLarge,
        Self::TooDeep,
        Self::Timeout,
        Self::Memory,
        Self::Corrupt,
        Self::Unsupported,
        Self::Permission,
        Self::Missing,
        Self::Unreadable,
        Self::Changed,
        Self::Away,
        Self::Special,
        Self::Crashed,
        Self::Bomb,
        Self::Interrupted,
    ];

    /// The contract's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::Permission => "permission",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Changed => "changed",
            Self::Away => "away",
            Self::Special => "special",
            Self::Crashed => "crashed",
            Self::Bomb => "bomb",
            Self::Interrupted => "interrupted",
            Self::Other => "other",
        }
    }

    /// The fault of an item whose worker died over it.
    pub fn of_death(self) -> Fault {
        let message = match self {
            Self::Timeout => "it took longer than the limit",
            Self::Memory => "it needed more memory than the limit",
            Self::Interrupted => "the scan was stopped",
            _ => "its reader crashed",
        };
        Fault::new(self, message)
    }

    /// The status of an item of which nothing was read, for this reason.
    pub(super) fn unread(self) -> Status {
        match self {
            Self::Encrypted
            | Self::TooLarge
            | Self::TooDeep
            | Self::Unsupported
            | Self::Special
            | Self::Away
            | Self::Interrupted => Status::Skipped,
            _ => Status::Failed,
        }
    }
}

/// Something that went wrong, as a value. The message is a sentence of ours, never the file's or a library's words:
/// those may carry personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, Pack, Unpack)]
#[error("{}: {message}", reason.word())]
pub struct Fault {
    /// What kind of thing it was.
    pub reason: Reason,
    /// One sentence for people.
    pub message: Cow<'static, str>,
}

impl Fault {
    /// A fault with a sentence of our own.
    pub fn new(reason: Reason, message: &'static str) -> Self {
        Self { reason, message: Cow::Borrowed(message) }
    }

    /// The fault behind an I/O error: one of ours that came back through a library, or what the system said.
    pub fn io(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => Self::new(Reason::Missing, "the file is no longer there"),
            ErrorKind::PermissionDenied => Self::new(Reason::Permission, "the system does not let us read it"),
            ErrorKind::UnexpectedEof => Self::new(Reason::Corrupt, "it ends too early"),
            ErrorKind::WouldBlock | ErrorKind::ResourceBusy => {
                Self::new(Reason::Unreadable, "another program has it locked")
            }
            ErrorKind::OutOfMemory | ErrorKind::FileTooLarge => {
                Self::new(Reason::TooLarge, "unpacking it takes more memory than the limit")
            }
            ErrorKind::InvalidData | ErrorKind::InvalidInput => Self::new(Reason::Corrupt, "its data is damaged"),
            // The system's errors have other kinds: this one is ours, or a library that could not make sense of the data.
            ErrorKind::Other => error.downcast::<Fault>().unwrap_or_else(|_| Self::corrupt("its data is damaged")),
            _ => Self::new(Reason::Unreadable, "reading it gave an error"),
        }
    }

    /// A damaged item, with a sentence that says what is damaged.
    pub fn corrupt(message: &'static str) -> Self {
        Self::new(Reason::Corrupt, message)
    }
}

impl From<Fault> for std::io::Error {
    fn from(fault: Fault) -> Self {
        Self::other(fault)
    }
}
