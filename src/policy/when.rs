//! The conditions of a rule: [`When`] lists every one there is.
//!
//! In: `when` and `unless` of a `[[rule]]`, and one item with its counts. Out: whether they hold, and which facts of the
//! organisation they cannot do without. All that are given must hold; the values of one are alternatives.

use std::collections::HashSet;

use globset::GlobSet;
use schemars::JsonSchema;
use serde::Deserialize;

use super::places::{Globs, Organisation, outside_eea};
use super::rule::{Case, Categories, needed};
use crate::item::{Counts, Importance, Item, Kind, Mark, Role, Sensitivity, category};

/// A finding of this confidence counts, where a rule does not say otherwise.
const LIKELY: f64 = 0.5;

/// The conditions.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// What the item is.
    pub kind: Vec<Kind>,
    /// Its format.
    pub format: Vec<String>,
    /// The role of the mail folder that it is in.
    pub folder: Vec<Role>,
    /// Globs on its location.
    pub path: Option<Globs>,
    /// What the organisation says of the place that it is in.
    pub place: Vec<Whereabouts>,
    /// What the place is registered for.
    pub purpose: Vec<String>,
    /// The message is, or is not, protected.
    pub protected: Option<bool>,
    /// The message is, or is not, signed.
    pub signed: Option<bool>,
    /// Somebody has, or has not, opened the message; where the mailbox does not say, neither holds.
    pub read: Option<bool>,
    /// The message was never sent, or was.
    pub draft: Option<bool>,
    /// How important its sender says it is.
    pub importance: Vec<Importance>,
    /// A category that somebody put the message in: one of Outlook's, or a keyword in its header. Without case.
    pub mail_category: Vec<MailCategory>,
    /// Somebody who wrote the message; holds too where nobody is named.
    pub sender: Vec<Side>,
    /// Somebody who gets the message.
    pub recipient: Vec<Side>,
    /// Who answers for the place, or else owns the file.
    pub owner: Vec<Owner>,
    /// What it is marked as.
    pub mark: Vec<Mark>,
    /// Every account of the system can, or cannot, read the file.
    pub readable_by_everyone: Option<bool>,

    /// Findings that count: by detector (`dk.*`), and not by these, of these categories, as sensitive as this.
    pub detector: Option<Names>,
    /// Detectors whose findings do not count.
    pub except: Option<Names>,
    /// Categories whose findings count.
    pub category: Vec<String>,
    /// Sensitivities whose findings count.
    pub sensitivity: Vec<Sensitivity>,
    /// Confidence from which a finding counts.
    pub confidence: Option<Confidence>,
    /// How many must count.
    pub count: Option<u64>,
    /// Findings in the attachments of a message count too.
    pub attached: bool,
    /// Of a message, only findings count that are about neither its sender nor a recipient.
    pub third_party: bool,
    /// How many different persons it must be about, at least: as many as there are different national ids, or
    /// e-mail addresses if those are more; names only where there is neither.
    pub persons: Option<u64>,
    /// What else must hold of the same item: other findings.
    pub with: Option<Box<When>>,

    /// The detectors whose findings count.
    #[serde(skip)]
    counted: HashSet<String>,
}

/// What the organisation says of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    /// An entry of the register covers it.
    Registered,
    /// None does, and it is in no case system.
    Unregistered,
    /// Its entry names the categories of all findings that count.
    Allowed,
    /// Its entry names categories, and a finding that counts is of another.
    NotAllowed,
    /// It is in a case system.
    CaseSystem,
    /// It is in a shared folder.
    Shared,
}

/// Where somebody belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// To the organisation.
    Inside,
    /// To somebody else.
    Outside,
    /// To somebody else, under the domain of a country outside the EU and the EEA.
    OutsideEea,
}

/// What is known of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Nobody, or an account that is gone.
    Missing,
    /// Somebody who has left.
    Departed,
}

/// The name of a mail's category.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String")]
pub struct MailCategory(u64);

impl From<String> for MailCategory {
    fn from(name: String) -> Self {
        Self(category(&name))
    }
}

/// A confidence from 0 to 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub struct Confidence(f64);

impl TryFrom<f64> for Confidence {
    type Error = &'static str;

    fn try_from(confidence: f64) -> Result<Self, Self::Error> {
        (0.0..=1.0).contains(&confidence).then_some(Self(confidence)).ok_or("a confidence lies from 0 to 1")
    }
}

/// Names with `*`, such as `dk.*`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Names(GlobSet);

impl TryFrom<Vec<String>> for Names {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        let mut set = GlobSet::builder();
        for name in &names {
            set.add(
                globset::Glob::new(name).map_err(|error| format!("`{name}` is no name with `*`: {}", error.kind()))?,
            );
        }
        set.build().map(Self).map_err(|_| "these names are too large together: use fewer or simpler ones".to_owned())
    }
}

impl When {
    /// Works out which detectors count, as sensitive as this policy holds their findings to be.
    pub fn compile(&mut self, categories: &Categories) {
        let counts = |name: &str, (category, sensitivity): &(String, Sensitivity)| {
            self.detector.as_ref().is_none_or(|names| names.0.is_match(name))
                && !self.except.as_ref().is_some_and(|names| names.0.is_match(name))
                && any(&self.category, |named| named == category)
                && any(&self.sensitivity, |named| named == sensitivity)
        };
        self.counted = categories.iter().filter(|(name, of)| counts(name, of)).map(|(name, _)| name.clone()).collect();
        if let Some(with) = &mut self.with {
            with.compile(categories);
        }
    }

    /// Do all conditions hold? The cheap ones come first.
    pub fn hold(&self, case: &Case<'_>) -> bool {
        let (item, mail) = (case.item, case.item.mail.as_ref());
        any(&self.kind, |kind| *kind == item.kind)
            && any(&self.folder, |role| mail.and_then(|mail| mail.role) == Some(*role))
            && any(&self.format, |format| *format == item.format)
            && self.protected.is_none_or(|yes| mail.is_some_and(|mail| mail.protection.is_some() == yes))
            && self.signed.is_none_or(|yes| mail.is_some_and(|mail| mail.signed == yes))
            && self.read.is_none_or(|yes| mail.and_then(|mail| mail.read) == Some(yes))
            && self.draft.is_none_or(|yes| mail.is_some_and(|mail| mail.draft == yes))
            && any(&self.importance, |how| mail.and_then(|mail| mail.importance) == Some(*how))
            && any(&self.mail_category, |of| mail.is_some_and(|mail| mail.categories.contains(&of.0)))
            && any(&self.mark, |mark| item.marks.contains(mark))
            && self.readable_by_everyone.is_none_or(|yes| item.file.world_readable == yes)
            && (!self.asks_for_findings() || self.findings(item) >= self.count.unwrap_or(1))
            && self.persons.is_none_or(|least| self.persons(case) >= least)
            && any(&self.recipient, |side| {
                mail.is_some_and(|mail| mail.to.iter().any(|to| side.of(to, case.organisation)))
            })
            && any(&self.sender, |side| {
                mail.is_some_and(|mail| {
                    mail.from.is_empty() || mail.from.iter().any(|from| side.of(from, case.organisation))
                })
            })
            && self.path.as_ref().is_none_or(|globs| globs.cover(&item.location))
            && any(&self.place, |place| self.in_place(*place, case))
            && any(&self.purpose, |purpose| {
                let registered = case.place().and_then(|place| place.purpose.as_ref());
                registered.is_some_and(|of| of.to_lowercase() == purpose.to_lowercase())
            })
            && any(&self.owner, |owner| owner.is(case))
            && self.with.as_ref().is_none_or(|with| with.hold(case))
    }

    fn asks_for_findings(&self) -> bool {
        self.detector.is_some()
            || self.except.is_some()
            || !self.category.is_empty()
            || !self.sensitivity.is_empty()
            || self.confidence.is_some()
            || self.count.is_some()
            || self.third_party
    }

    /// How many different persons the item is about, at least. A finding is one value, however often it stands there.
    fn persons(&self, case: &Case<'_>) -> u64 {
        let counted = |of: &dyn Fn(&str, &str) -> bool| -> u64 {
            let one = |(detector, n)| {
                let (category, _) = case.categories.get(detector)?;
                of(detector, category).then_some(n)
            };
            self.likely(case.item).filter_map(one).sum()
        };
        let ids = counted(&|_, category| category == "national_id");
        let known = ids.max(counted(&|detector, _| detector == "email"));
        if known > 0 { known } else { counted(&|_, category| category == "name") }
    }

    /// How many findings count.
    pub fn findings(&self, item: &Item) -> u64 {
        self.found(item).map(|(_, n)| n).sum()
    }

    /// The findings that count, with their detectors.
    fn found<'c>(&'c self, item: &'c Item) -> impl Iterator<Item = (&'c str, u64)> {
        self.likely(item).filter(|(detector, _)| self.counted.contains(*detector))
    }

    /// All findings that are likely enough, with their detectors, each of which may come several times.
    fn likely<'c>(&'c self, item: &'c Item) -> impl Iterator<Item = (&'c str, u64)> {
        let confidence = self.confidence.map_or(LIKELY, |confidence| confidence.0);
        let own = if self.third_party { &item.others } else { &item.counts };
        let attached = self.attached.then_some(&item.attached);
        std::iter::once(own).chain(attached).flat_map(move |counts: &Counts| counts.likely(confidence))
    }

    fn in_place(&self, whereabouts: Whereabouts, case: &Case<'_>) -> bool {
        let location = &case.item.location;
        let allows = || case.place().and_then(|place| place.allows.as_ref());
        let in_case_system = || case.organisation.case_systems.as_ref().is_some_and(|globs| globs.cover(location));
        let named = |detector: &str, allowed: &[String]| {
            case.categories.get(detector).is_some_and(|(category, _)| allowed.contains(category))
        };
        match whereabouts {
            Whereabouts::Registered => case.place().is_some(),
            Whereabouts::Unregistered => case.place().is_none() && !in_case_system(),
            Whereabouts::Allowed => {
                allows().is_some_and(|allowed| self.found(case.item).all(|(d, _)| named(d, allowed)))
            }
            Whereabouts::NotAllowed => {
                allows().is_some_and(|allowed| self.found(case.item).any(|(d, _)| !named(d, allowed)))
            }
            Whereabouts::CaseSystem => in_case_system(),
            Whereabouts::Shared => case.organisation.shared.as_ref().is_some_and(|globs| globs.cover(location)),
        }
    }

    /// Which fact of the organisation, or the register, it cannot do without.
    pub fn waits_for(&self, organisation: &Organisation, register: Option<&'static str>) -> Option<&'static str> {
        let sides = self.recipient.first().or(self.sender.first());
        let domains = sides
            .and_then(|_| needed(organisation.domains.is_empty(), "`domains` in [organisation]: its own mail domains"));
        let place = all(&self.place, |place| match place {
            Whereabouts::CaseSystem => needed(
                organisation.case_systems.is_none(),
                "`case_systems` in [organisation]: where national ids belong",
            ),
            Whereabouts::Shared => needed(organisation.shared.is_none(), "`shared` in [organisation]: shared folders"),
            _ => register,
        });
        let mark = self.mark.contains(&Mark::Restricted) && self.mark.len() == 1 && organisation.restricted.is_none();
        let mark = needed(mark, "`restricted` in [organisation]: places that may be used for limited purposes only");
        let purpose = self.purpose.first().and(register);
        let staff = needed(
            organisation.departed.is_empty() && organisation.staff.is_empty(),
            "[[place]] entries, or `staff` or `departed` in [organisation]",
        );
        let owner = all(&self.owner, |owner| match owner {
            Owner::Missing => register.and(staff),
            Owner::Departed => staff,
        });
        let with = self.with.as_ref().and_then(|with| with.waits_for(organisation, register));
        domains.or(place).or(mark).or(purpose).or(owner).or(with)
    }
}

/// A list of alternatives holds if it is empty or one of them does.
fn any<T>(alternatives: &[T], holds: impl FnMut(&T) -> bool) -> bool {
    alternatives.is_empty() || alternatives.iter().any(holds)
}

/// What alternatives wait for: nothing, if one of them can be decided.
fn all<T>(alternatives: &[T], mut waits: impl FnMut(&T) -> Option<&'static str>) -> Option<&'static str> {
    let mut waiting = None;
    for alternative in alternatives {
        waiting = Some(waits(alternative)?);
    }
    waiting
}

impl Side {
    fn of(self, address: &str, organisation: &Organisation) -> bool {
        let inside = organisation.inside(address);
        match self {
            Self::Inside => inside,
            Self::Outside => !inside,
            Self::OutsideEea => !inside && outside_eea(address),
        }
    }
}

impl Owner {
    fn is(self, case: &Case<'_>) -> bool {
        let registered = case.place().and_then(|place| place.owner.as_deref());
        let owner = registered.or(case.item.file.owner.as_deref());
        match self {
            // A number stands for an account that has no name any more.
            Self::Missing => owner.is_none_or(|owner| owner.bytes().all(|b| b.is_ascii_digit())),
            Self::Departed => owner.is_some_and(|owner| case.organisation.departed(owner)),
        }
    }
}
