//! What was met: an item, its facts, and how reading it ended.
//!
//! In: facts from sources and extractors. Out: the `item` record, and what policies judge.
//! Deliberately elsewhere: findings (`record.rs`) and the reading itself (`scan.rs`).

mod counts;
mod fault;
mod line;
mod mail;

use std::borrow::Cow;
use std::collections::BTreeMap;

use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::counts::{Counts, by_confidence};
pub use self::fault::{Fault, Reason, Status};
pub use self::mail::{Importance, Mail, Protection, Role, category};

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
    /// Who answers for the place, where the policy's register names somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
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
            responsible: None,
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

    /// On whose list it belongs: who answers for the place, or else owns the file.
    pub fn whose(&self) -> Option<&str> {
        self.responsible.as_deref().or(self.file.owner.as_deref())
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
