//! Examples in a policy file: facts that break a rule, and facts that do not.
//!
//! In: `breach` and `fine` of a `[[rule]]`. Out: the item that they describe.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::item::{Item, Kind, Mail, Mark, Protection, Role, category};

/// The day on which examples are judged.
pub const TODAY: Date = jiff::civil::date(2026, 11, 20);

/// The facts of an item; days are days in UTC, counts are findings without doubt.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    kind: Kind,
    #[serde(default)]
    location: String,
    #[serde(default)]
    format: String,
    folder: Option<Role>,
    received: Option<Date>,
    sent: Option<Date>,
    modified: Option<Date>,
    created: Option<Date>,
    protection: Option<Protection>,
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    mail_category: Vec<String>,
    owner: Option<String>,
    #[serde(default)]
    readable_by_everyone: bool,
    #[serde(default)]
    found: BTreeMap<String, u64>,
    #[serde(default)]
    attached: BTreeMap<String, u64>,
    #[serde(default)]
    others: BTreeMap<String, u64>,
    #[serde(default)]
    marks: Vec<Mark>,
}

impl Facts {
    /// The item that they describe.
    pub fn item(&self) -> Item {
        let at = |day: Option<Date>| -> Option<Timestamp> { Some(day?.to_zoned(TimeZone::UTC).ok()?.timestamp()) };
        let mut item = Item::new(self.location.clone(), self.kind);
        item.format = self.format.clone().into();
        item.file.modified = at(self.modified);
        item.file.created = at(self.created);
        item.marks.clone_from(&self.marks);
        item.file.owner.clone_from(&self.owner);
        item.file.world_readable = self.readable_by_everyone;
        if matches!(self.kind, Kind::Message | Kind::Attachment) {
            item.mail = Some(Mail {
                role: self.folder,
                received: at(self.received),
                sent: at(self.sent),
                protection: self.protection,
                from: self.from.clone(),
                to: self.to.clone(),
                categories: self.mail_category.iter().map(|name| category(name)).collect(),
                ..Mail::default()
            });
        }
        for (found, counts) in
            [(&self.found, &mut item.counts), (&self.attached, &mut item.attached), (&self.others, &mut item.others)]
        {
            for (detector, n) in found {
                counts.add_many(detector, 1.0, *n);
            }
        }
        item
    }
}
