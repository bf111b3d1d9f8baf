//! An item as its record is read: one flat list of fields.
//!
//! In: a line of JSON. Out: an [`Item`]. What an item is made of is flattened where it is written; read that way each
//! field is kept and looked at twice, and a supervisor reads every item that its workers tell of.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Counts, FileFacts, Item, Kind, Mail, Mark, Protection, Reason, Role, Sensitivity, Status};
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
    marks: Vec<Mark>,
    sensitivity: Sensitivity,
    counts: Counts,
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
            ..Mail::default()
        };
        Self {
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
            marks: line.marks,
            sensitivity: line.sensitivity,
            counts: line.counts,
            ..Self::new(line.location, line.kind)
        }
    }
}
