//! A rule: conditions on an item's facts, perhaps an age, and what it says when it is broken.
//!
//! In: `[[rule]]` of a policy file, and an item with its counts. Out: a breach, or that it cannot be decided.
//! Deliberately elsewhere: the conditions (`when.rs`), counting days (`period.rs`).

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::Zoned;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::example::Facts;
use super::message::Message;
use super::period::{Age, Clock, Moment, Period, path_date};
use super::places::{Organisation, Place, Register};
use super::when::When;
use crate::item::{Item, Sensitivity};
use crate::record::{Breach, Record, Severity};

/// Category and sensitivity, by detector.
pub type Categories = BTreeMap<String, (String, Sensitivity)>;

/// A rule, as written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: the same in every policy that has the rule.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
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
    #[schemars(with = "Vec<Facts>")]
    pub breach: Vec<Spanned<Facts>>,
    /// Facts that do not.
    #[serde(default)]
    #[schemars(with = "Vec<Facts>")]
    pub fine: Vec<Spanned<Facts>>,
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

/// One item before one policy.
pub struct Case<'a> {
    /// The item.
    pub item: &'a Item,
    /// When it is judged.
    pub now: &'a Zoned,
    /// The organisation.
    pub organisation: &'a Organisation,
    /// The register.
    pub register: &'a Register,
    /// What detectors find.
    pub categories: &'a Categories,
    /// The register's entry for the item, once it was looked for.
    pub entry: OnceCell<Option<&'a Place>>,
}

impl<'a> Case<'a> {
    /// The register's entry that covers the item.
    pub fn place(&self) -> Option<&'a Place> {
        *self.entry.get_or_init(|| self.register.find(&self.item.location))
    }

    fn moment(&self, clock: Clock) -> Option<Moment> {
        let (item, mail) = (self.item, self.item.mail.as_ref());
        match clock {
            Clock::Received => mail?.received.map(Moment::At),
            Clock::Sent => mail?.sent.map(Moment::At),
            Clock::Created => item.file.created.map(Moment::At),
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
        let mut kept = None;
        let age = match &self.age {
            None => None,
            Some(Limit::Period(period)) => Some(period.age(case.moment(period.clock), case.now)),
            Some(Limit::Keep) => {
                let place = case.place()?;
                let keep = place.keep.as_ref()?;
                // What it is kept for has not ended yet.
                let running = keep.clock == Clock::End && place.end.is_none();
                if running {
                    return None;
                }
                kept = place.keep_until.filter(|day| *day >= case.now.date()).map(|day| (day, place.reason.as_deref()));
                reference = if place.reference.is_some() { &place.reference } else { reference };
                Some(keep.age(case.moment(keep.clock), case.now))
            }
        };
        if let Some((day, reason)) = kept {
            let too_old = matches!(age, Some(Age::Since(_)));
            return too_old.then(|| exempt(self.id.get_ref(), reason.unwrap_or("`keep_until` of the register"), day));
        }
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
            message: self.message.fill(case, since, &self.when),
            message_en: self.message_en.as_ref().map(|text| text.fill(case, since, &self.when)),
            reference: reference.clone(),
            since,
        }))
    }

    /// The first later day on which the item may have come of age, by whatever it is counted from.
    pub fn turns(&self, case: &Case<'_>) -> Option<Date> {
        let period = match self.age.as_ref()? {
            Limit::Period(period) => period,
            Limit::Keep => case.place()?.keep.as_ref()?,
        };
        match period.clock {
            // Which numbers are years is for the day to say.
            Clock::PathDate => case.now.date().tomorrow().ok(),
            clock => period.turns(case.moment(clock), case.now),
        }
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

/// What would be a breach but for a reason that holds up to and including a day.
pub fn exempt(rule: &str, reason: &str, until: Date) -> Record {
    Record::Exempt { why: format!("{rule}, {reason}, until {until}") }
}

const REGISTER: &str = "[[place]] entries: the register of places";
const KEEP: &str = "`keep` in a [[place]] entry: how long its data is kept";

/// What is needed, if it is missing.
pub fn needed(missing: bool, what: &'static str) -> Option<&'static str> {
    missing.then_some(what)
}
