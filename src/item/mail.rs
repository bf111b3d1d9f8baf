//! What rules ask of a mail: where it lies, when it came, from whom and to whom, how it is protected.
//!
//! In: facts from mailboxes and messages. Out: the mail's part of an item and of its record; addresses, names and
//! categories are for rules and never printed.

use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::moment;
use crate::mask::{self, Personal};

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

/// A category of a mail, without case, as a number: rules ask for some by name, and nobody needs the others.
pub fn category(name: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(name.trim().to_lowercase().as_bytes()).as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
