//! What was met: an item, its facts, and how reading it ended.
//!
//! In: facts from sources and extractors. Out: the `item` record, and what policies judge.
//! Deliberately elsewhere: findings (`record.rs`) and the reading itself (`scan.rs`).

mod counts;
mod line;

use std::borrow::Cow;
use std::collections::BTreeMap;

use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::counts::{Counts, by_confidence};
use crate::mask::{self, Personal};

/// Separates a container from what is inside it in a location.
pub const INSIDE: &str = "!/";

/// What an item is to a person.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema, Pack, Unpack,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file, or a file in an archive.
    Document,
    /// A mail.
    Message,
    /// A file that came with a mail.
    Attachment,
    /// An archive or a mailbox: it holds other items.
    Container,
}

impl Kind {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Message => "message",
            Self::Attachment => "attachment",
            Self::Container => "container",
        }
    }
}

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
}

impl Reason {
    /// Every reason there is.
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
    fn unread(self) -> Status {
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
            ErrorKind::OutOfMemory => Self::new(Reason::TooLarge, "unpacking it takes more memory than the limit"),
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

/// How sensitive data is in law.
#[derive(
    Debug,
    Default,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    Pack,
    Unpack,
)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// No personal data.
    #[default]
    None,
    /// GDPR art. 6.
    Ordinary,
    /// National law asks for more: identification numbers (art. 87), accounts.
    Confidential,
    /// GDPR art. 9 and 10.
    Special,
}

impl Sensitivity {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ordinary => "ordinary",
            Self::Confidential => "confidential",
            Self::Special => "special",
        }
    }
}

/// The role of a mail folder, whatever it is called.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema, Pack, Unpack,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Where mail arrives.
    Inbox,
    /// What was sent.
    Sent,
    /// What waits to be sent.
    Outbox,
    /// Deleted mail.
    Trash,
    /// Unfinished mail.
    Drafts,
    /// Unwanted mail.
    Junk,
    /// Put away by the mail program.
    Archive,
    /// Made by the user.
    User,
}

/// What somebody has marked an item as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema, Pack, Unpack,
)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Its owner's own affair, by the name of its file or of a folder that it is in: counted, not shown.
    Private,
    /// Processed for limited purposes only (GDPR art. 18), by the policy's list.
    Restricted,
}

/// How a message is protected.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema, Pack, Unpack,
)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// S/MIME or PGP encryption.
    Encrypted,
    /// A rights-protected body (rpmsg).
    Rights,
    /// A sensitivity label (`msip_labels`).
    Label,
    /// `Sensitivity: Private`.
    Private,
    /// `Sensitivity: Company-Confidential`.
    Confidential,
}

/// How important its sender holds a message to be.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema, Pack, Unpack,
)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    /// Less than others.
    Low,
    /// More than others.
    High,
}

/// What the file system says.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
pub struct FileFacts {
    /// The real file, where it is more than the location's first part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The document's own property where it has one, else the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[borsh(serialize_with = "moment::write", deserialize_with = "moment::read")]
    pub modified: Option<Timestamp>,
    /// When the file was written last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[borsh(serialize_with = "moment::write", deserialize_with = "moment::read")]
    pub file_modified: Option<Timestamp>,
    /// When the file was made, where the file system knows. A fact for rules: a copy has another one.
    #[serde(skip)]
    #[borsh(serialize_with = "moment::write", deserialize_with = "moment::read")]
    pub created: Option<Timestamp>,
    /// The owner's name in the file system, or the number where there is no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Every account of the system can read the file (POSIX `o+r`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub world_readable: bool,
}

/// What a mail says of itself, for rules.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
pub struct Mail {
    /// The folder's path in its mailbox, parts joined by `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The folder's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// When it arrived: the newest `Received` header, else `Date`, else the container's or the file's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[borsh(serialize_with = "moment::write", deserialize_with = "moment::read")]
    pub received: Option<Timestamp>,
    /// When it was sent, by its `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[borsh(serialize_with = "moment::write", deserialize_with = "moment::read")]
    pub sent: Option<Timestamp>,
    /// The subject; prints masked.
    #[serde(default, rename = "subject_masked", skip_serializing_if = "Option::is_none")]
    pub subject: Option<Personal>,
    /// How it is protected, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// It carries a signature (S/MIME or PGP).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed: bool,
    /// Somebody has, or has not, opened it, where the mailbox says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// It was never sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// What its sender says, where that is out of the ordinary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// Bytes, where the mailbox says so and nobody else can.
    #[serde(skip)]
    #[borsh(skip)]
    pub size: Option<u64>,
    /// Addresses in From and Sender, lower case. Facts for rules, never printed.
    #[serde(skip)]
    pub from: Vec<String>,
    /// Addresses in To, Cc and Bcc, lower case. Facts for rules, never printed.
    #[serde(skip)]
    pub to: Vec<String>,
    /// Names in the same fields. Facts for rules, never printed.
    #[serde(skip)]
    #[borsh(skip)]
    pub names: Vec<String>,
    /// The categories that somebody put it in, as hashes: people write names there. Facts for rules, never printed.
    #[serde(skip)]
    pub categories: Vec<u64>,
}

impl Mail {
    /// The same with nothing shown of its subject.
    pub fn veiled(mut self) -> Self {
        self.subject = self.subject.map(|_| Personal::with_mask("", mask::MASKED.to_string()));
        self
    }
}

/// A moment in the state.
mod moment {
    use std::io::{Error, ErrorKind, Read, Result, Write};

    use borsh::{BorshDeserialize, BorshSerialize};
    use jiff::Timestamp;

    /// Nanoseconds.
    pub fn write<W: Write>(at: &Option<Timestamp>, output: &mut W) -> Result<()> {
        at.map(|at| at.as_nanosecond()).serialize(output)
    }

    /// The same back.
    pub fn read<R: Read>(input: &mut R) -> Result<Option<Timestamp>> {
        let at: Option<i128> = Option::deserialize_reader(input)?;
        at.map(Timestamp::from_nanosecond).transpose().map_err(|_| Error::from(ErrorKind::InvalidData))
    }
}

/// What rules ask of an item and its record does not hold, without personal data: of addresses only the domains,
/// because no rule asks for more.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    #[serde(with = "by_confidence", default, skip_serializing_if = "Counts::is_empty")]
    counts: Counts,
    #[serde(with = "by_confidence", default, skip_serializing_if = "Counts::is_empty")]
    attached: Counts,
    #[serde(with = "by_confidence", default, skip_serializing_if = "Counts::is_empty")]
    others: Counts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    /// For a mail and what is inside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail: Option<MailFacts>,
}

/// Domains of senders and of recipients, and dates as they are written: which of them lie in the future is for the
/// day to say.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct MailFacts {
    from: Vec<String>,
    to: Vec<String>,
    received: Option<Timestamp>,
    sent: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<u64>,
}

/// A category of a mail, without case, as a number: rules ask for some by name, and nobody needs the others.
pub fn category(name: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(name.trim().to_lowercase().as_bytes()).as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Facts {
    /// What this item's record will not hold.
    pub fn of(item: &Item) -> Self {
        let domains = |addresses: &[String]| {
            let mut domains: Vec<String> =
                addresses.iter().map(|a| format!("@{}", a.rsplit_once('@').unwrap_or_default().1)).collect();
            domains.sort();
            domains.dedup();
            domains
        };
        let mail = item.mail.as_ref().map(|mail| MailFacts {
            from: domains(&mail.from),
            to: domains(&mail.to),
            received: mail.received,
            sent: mail.sent,
            categories: mail.categories.clone(),
        });
        Self {
            counts: item.counts.clone(),
            attached: item.attached.clone(),
            others: item.others.clone(),
            created: item.file.created,
            mail,
        }
    }

    /// The item that was read from its record, as it was when it was judged.
    pub fn restore(self, item: &mut Item) {
        item.counts = self.counts;
        item.attached = self.attached;
        item.others = self.others;
        item.file.created = self.created;
        item.mail = match (self.mail, item.mail.take()) {
            (Some(MailFacts { from, to, received, sent, categories }), mail) => {
                Some(Mail { from, to, received, sent, categories, ..mail.unwrap_or_default() })
            }
            (None, _) => None,
        };
    }
}

/// There are none: not worth a word.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Something that was met: a file, a mail, an attachment, an archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Pack, Unpack)]
#[serde(from = "line::Line")]
pub struct Item {
    /// The path as given and the way inside; the same in every run.
    pub location: String,
    /// What it is to a person.
    pub kind: Kind,
    /// The format's name (`FORMATS`), `unknown` where no reader knows it.
    pub format: Cow<'static, str>,
    /// How reading it ended.
    pub status: Status,
    /// Why it was not, or not wholly, read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Cow<'static, str>>,
    /// Bytes; for something inside an archive, unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What the file system or the archive says.
    #[serde(flatten)]
    pub file: FileFacts,
    /// What the mail says, for a message and what is inside it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
    /// What it is marked as.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// The fingerprint of its text, where it was read whole and has findings: equal content in many places is one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The highest sensitivity of its findings.
    pub sensitivity: Sensitivity,
    /// Findings by detector.
    pub counts: Counts,
    /// Findings that are counted and not reported, by detector: it has more of them than the limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub omitted: BTreeMap<String, u64>,
    /// Pictures and scanned pages in it whose text was not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unseen: u64,
    /// Findings of the attachments of a message, for rules about the message.
    #[serde(skip)]
    pub attached: Counts,
    /// Findings in a message that are about neither its sender nor a recipient, for rules.
    #[serde(skip)]
    pub others: Counts,
}

impl Item {
    /// An item that was just met.
    pub fn new(location: String, kind: Kind) -> Self {
        Self {
            location,
            kind,
            format: Cow::Borrowed("unknown"),
            status: Status::Scanned,
            reason: None,
            message: None,
            size: None,
            file: FileFacts::default(),
            mail: None,
            marks: Vec::new(),
            content: None,
            sensitivity: Sensitivity::None,
            counts: Counts::default(),
            omitted: BTreeMap::new(),
            unseen: 0,
            attached: Counts::default(),
            others: Counts::default(),
        }
    }

    /// An item inside this one. A message hands its facts on to its attachments, a file those of the file system.
    pub fn child(&self, name: &str, kind: Kind) -> Self {
        let mut child = Self::new(format!("{}{INSIDE}{name}", self.location), kind);
        child.file = FileFacts { modified: None, created: None, ..self.file.clone() };
        child.mail = self.mail.clone();
        child
    }

    /// A part of it could not be read. The first fault is the one that is told.
    pub fn damaged(&mut self, fault: Fault) {
        if self.reason.is_none() {
            self.status = Status::Partial;
            self.reason = Some(fault.reason);
            self.message = Some(fault.message);
        }
    }

    /// Reading has ended. `read` says whether anything came out of it before a fault.
    pub fn close(&mut self, ended: Result<(), Fault>, read: bool) {
        if let Err(fault) = ended {
            self.status = if read { Status::Partial } else { fault.reason.unread() };
            self.reason = Some(fault.reason);
            self.message = Some(fault.message);
        } else if self.status == Status::Partial && !read {
            self.status = self.reason.map_or(Status::Failed, Reason::unread);
        }
    }
}
