//! A rule: conditions on an item's facts, perhaps an age, and what it says when it is broken.
//!
//! In: `[[rule]]` of a policy file, and an item with its counts. Out: a breach, or that it cannot be decided.
//! [`When`] lists every condition there is; all that are given must hold, the values of one are alternatives.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSet;
use jiff::Zoned;
use serde::Deserialize;

use super::example::Facts;
use super::message::Message;
use super::period::{Age, Clock, Moment, Period, path_date};
use super::places::{Globs, Organisation, Place, outside_eea};
use crate::item::{Counts, Item, Kind, Role, Sensitivity};
use crate::record::{Breach, Record, Severity};

/// Category and sensitivity, by detector.
pub type Categories = BTreeMap<String, (String, Sensitivity)>;

/// A finding of this confidence counts, where a rule does not say otherwise.
const LIKELY: f64 = 0.5;

/// A rule, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: the same in every policy that has the rule.
    pub id: toml::Spanned<String>,
    /// What must hold.
    pub when: When,
    /// Exceptions: none of these may hold.
    #[serde(default)]
    pub unless: Vec<When>,
    /// How old the item must be.
    pub age: Option<Limit>,
    /// How bad it is.
    pub severity: Severity,
    /// The section of the policy's text.
    pub reference: Option<String>,
    /// What is wrong, in the policy's language.
    pub message: Message,
    /// The same in English.
    pub message_en: Option<Message>,
    /// Facts that break the rule.
    #[serde(default)]
    pub breach: Vec<Facts>,
    /// Facts that do not.
    #[serde(default)]
    pub fine: Vec<Facts>,
}

/// How long something may be kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub enum Limit {
    /// `6 months from received`.
    Period(Period),
    /// `keep`: as the register's entry for the place says.
    Keep,
}

impl TryFrom<String> for Limit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.trim() {
            "keep" => Ok(Self::Keep),
            _ => Period::try_from(text)
                .map(Self::Period)
                .map_err(|form| format!("{form}; or `keep`, as the register says")),
        }
    }
}

/// The conditions.
#[derive(Debug, Default, Clone, Deserialize)]
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
    /// Somebody who wrote the message; holds too where nobody is named.
    pub sender: Vec<Side>,
    /// Somebody who gets the message.
    pub recipient: Vec<Side>,
    /// Who answers for the place, or else owns the file.
    pub owner: Vec<Owner>,
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
    pub confidence: Option<f64>,
    /// How many must count.
    pub count: Option<u64>,
    /// Findings in the attachments of a message count too.
    pub attached: bool,
    /// What else must hold of the same item: other findings.
    pub with: Option<Box<When>>,

    /// The detectors whose findings count.
    #[serde(skip)]
    counted: BTreeSet<String>,
}

/// What the organisation says of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Nobody, or an account that is gone.
    Missing,
    /// Somebody who has left.
    Departed,
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

/// One item before one policy.
pub struct Case<'a> {
    /// The item.
    pub item: &'a Item,
    /// When it is judged.
    pub now: &'a Zoned,
    /// The organisation.
    pub organisation: &'a Organisation,
    /// The register; the first entry that covers a location counts.
    pub register: &'a [Place],
    /// What detectors find.
    pub categories: &'a Categories,
    /// The register's entry for the item, once it was looked for.
    pub place: OnceCell<Option<&'a Place>>,
}

impl<'a> Case<'a> {
    fn place(&self) -> Option<&'a Place> {
        *self.place.get_or_init(|| self.register.iter().find(|place| place.path.cover(&self.item.location)))
    }

    fn moment(&self, clock: Clock) -> Option<Moment> {
        let (item, mail) = (self.item, self.item.mail.as_ref());
        match clock {
            Clock::Received => mail?.received.map(Moment::At),
            Clock::Sent => mail?.sent.map(Moment::At),
            Clock::Modified => item.file.modified.or(item.file.file_modified).map(Moment::At),
            Clock::PathDate => path_date(&item.location, self.now.date()),
            Clock::End => self.place()?.end.map(|end| Moment::Between(end, end)),
        }
    }
}

impl Rule {
    /// Judges one item.
    pub fn judge(&self, policy: &str, case: &Case<'_>) -> Option<Record> {
        if !self.when.hold(case) || self.unless.iter().any(|exception| exception.hold(case)) {
            return None;
        }
        let mut reference = &self.reference;
        let age = match &self.age {
            None => None,
            Some(Limit::Period(period)) => Some(period.age(case.moment(period.clock), case.now)),
            Some(Limit::Keep) => {
                let place = case.place()?;
                let keep = place.keep.as_ref()?;
                // What it is kept for has not ended yet.
                let running = keep.clock == Clock::End && place.end.is_none();
                if running || place.keep_until.is_some_and(|day| day >= case.now.date()) {
                    return None;
                }
                reference = if place.reference.is_some() { &place.reference } else { reference };
                Some(keep.age(case.moment(keep.clock), case.now))
            }
        };
        let since = match age {
            Some(Age::Unknown) => return Some(Record::Undecided { rule: (*self.id.get_ref()).clone() }),
            Some(Age::Young) => return None,
            Some(Age::Since(day)) => Some(day),
            None => None,
        };
        Some(Record::Breach(Breach {
            location: case.item.location.clone(),
            policy: policy.to_owned(),
            rule: self.id.get_ref().clone(),
            severity: self.severity,
            message: self.message.fill(case, since, self.when.findings(case.item)),
            reference: reference.clone(),
            since,
        }))
    }

    /// All its conditions.
    pub fn conditions(&mut self) -> impl Iterator<Item = &mut When> {
        std::iter::once(&mut self.when).chain(&mut self.unless)
    }

    /// What the organisation has not told and the rule cannot do without.
    pub fn waits_for(&self, organisation: &Organisation, register: &[Place]) -> Option<&'static str> {
        let keep =
            matches!(self.age, Some(Limit::Keep)).then(|| needed(!register.iter().any(|p| p.keep.is_some()), KEEP));
        let register = needed(register.is_empty(), REGISTER);
        // An exception for registered places does without a register: then there are none.
        let exceptions = self.unless.iter().find_map(|unless| unless.waits_for(organisation, None));
        self.when.waits_for(organisation, register).or(exceptions).or(keep.flatten())
    }
}

const REGISTER: &str = "[[place]] entries: the register of places";
const KEEP: &str = "`keep` in a [[place]] entry: how long its data is kept";

fn needed(missing: bool, what: &'static str) -> Option<&'static str> {
    missing.then_some(what)
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
    fn hold(&self, case: &Case<'_>) -> bool {
        let (item, mail) = (case.item, case.item.mail.as_ref());
        any(&self.kind, |kind| *kind == item.kind)
            && any(&self.folder, |role| mail.and_then(|mail| mail.role) == Some(*role))
            && any(&self.format, |format| *format == item.format)
            && self.protected.is_none_or(|yes| mail.is_some_and(|mail| mail.protection.is_some() == yes))
            && self.readable_by_everyone.is_none_or(|yes| item.file.world_readable == yes)
            && (!self.asks_for_findings() || self.findings(item) >= self.count.unwrap_or(1))
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
    }

    /// How many findings count.
    fn findings(&self, item: &Item) -> u64 {
        self.found(item).map(|(_, n)| n).sum()
    }

    /// The detectors whose findings count, with their number.
    fn found<'c>(&'c self, item: &'c Item) -> impl Iterator<Item = (&'c str, u64)> {
        let confidence = self.confidence.unwrap_or(LIKELY);
        let attached = self.attached.then_some(&item.attached);
        std::iter::once(&item.counts)
            .chain(attached)
            .flat_map(move |counts: &Counts| {
                counts.totals().map(move |(detector, _)| (detector, counts.of(detector, confidence)))
            })
            .filter(|(detector, n)| *n > 0 && self.counted.contains(*detector))
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

    fn waits_for(&self, organisation: &Organisation, register: Option<&'static str>) -> Option<&'static str> {
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
        domains.or(place).or(purpose).or(owner).or(with)
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
