//! An item as its record is read: one flat list of fields.
//!
//! In: a line of JSON. Out: an [`Item`]. What an item is made of is flattened where it is written; read that way each
//! field is kept and looked at twice, and a supervisor reads every item that its workers tell of. Every field is named
//! here, so that a new one cannot be forgotten.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Counts, FileFacts, Importance, Item, Kind, Mail, Mark, Protection, Reason, Role, Sensitivity, Status};
use crate::mask::Personal;

/// The fields of an `item` record.
#[derive(Deserialize)]
pub(super) struct Line {
    location: String,
    kind: Kind,
    format: Cow<'static, str>,
    status: Status,
    reason: Option<Reason>,
    message: Option<Cow<'static, str>>,
    size: Option<u64>,
    path: Option<String>,
    modified: Option<Timestamp>,
    file_modified: Option<Timestamp>,
    owner: Option<String>,
    #[serde(default)]
    world_readable: bool,
    folder: Option<String>,
    role: Option<Role>,
    received: Option<Timestamp>,
    sent: Option<Timestamp>,
    subject_masked: Option<Personal>,
    protection: Option<Protection>,
    #[serde(default)]
    signed: bool,
    read: Option<bool>,
    #[serde(default)]
    draft: bool,
    importance: Option<Importance>,
    responsible: Option<String>,
    #[serde(default)]
    marks: Vec<Mark>,
    content: Option<String>,
    sensitivity: Sensitivity,
    counts: Counts,
    #[serde(default)]
    omitted: BTreeMap<String, u64>,
    #[serde(default)]
    unseen: u64,
}

impl From<Line> for Item {
    fn from(line: Line) -> Self {
        let mail = Mail {
            folder: line.folder,
            role: line.role,
            received: line.received,
            sent: line.sent,
            subject: line.subject_masked,
            protection: line.protection,
            signed: line.signed,
            read: line.read,
            draft: line.draft,
            importance: line.importance,
            size: None,
            from: Vec::new(),
            to: Vec::new(),
            names: Vec::new(),
            categories: Vec::new(),
        };
        Self {
            location: line.location,
            kind: line.kind,
            format: line.format,
            status: line.status,
            reason: line.reason,
            message: line.message,
            size: line.size,
            file: FileFacts {
                path: line.path,
                modified: line.modified,
                file_modified: line.file_modified,
                created: None,
                owner: line.owner,
                world_readable: line.world_readable,
            },
            mail: (mail != Mail::default()).then_some(mail),
            responsible: line.responsible,
            marks: line.marks,
            content: line.content,
            sensitivity: line.sensitivity,
            counts: line.counts,
            omitted: line.omitted,
            unseen: line.unseen,
            attached: Counts::default(),
            others: Counts::default(),
        }
    }
}
