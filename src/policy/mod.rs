//! Item + counts → breaches: the written policies, as rules.
//!
//! In: names of built-in policies or files of the user's, and items that are closed. Out: a breach for every rule that an
//! item breaks. The layout of a file is `file.rs`; a rule is `rule.rs`, its conditions `when.rs`, ages `period.rs`, the register and the
//! organisation `places.rs`. Deliberately elsewhere: what is found (`detect`), and the policies themselves, which are
//! data (`patterns/policies/`).

mod example;
mod file;
mod message;
mod period;
mod places;
mod rule;
#[cfg(test)]
mod tests;
mod when;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::Zoned;
use jiff::tz::TimeZone;

pub use self::file::BuiltIn;
use self::file::File;
pub use self::places::{Globs, Organisation, Place, Purpose, Register};
use self::rule::Case;
pub use self::rule::{Categories, Rule};
pub use self::when::When;
use crate::item::{Item, Sensitivity};
use crate::patterns::Mistake;
use crate::record::Record;

/// A policy, ready to judge.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name in breaches.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The language of its messages.
    pub language: String,
    /// The organisation.
    pub organisation: Organisation,
    /// The register.
    pub register: Register,
    /// Rules that can fire.
    rules: Vec<Rule>,
    /// Rules that cannot, with what they wait for.
    sleeping: Vec<(Rule, &'static str)>,
    /// How sensitive this policy holds a detector's findings to be, where it says so.
    sensitivity: BTreeMap<String, Sensitivity>,
    /// What detectors find, and how sensitive that is to this policy.
    categories: Categories,
}

/// The loaded policies.
#[derive(Debug, Default, Clone)]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// Loads policies by name (built in, or in `policies/` of the user's folder) or by file, in the order given.
    /// `categories` says what each detector finds, and how sensitive the law holds that to be.
    pub fn load(names: &[String], user: Option<&Path>, categories: &Categories) -> Result<Self, Mistake> {
        let mut policies: Vec<Policy> = Vec::new();
        for name in names {
            let policy = Policy::new(File::load(name, user)?, categories).map_err(|_| Mistake {
                file: name.clone(),
                line: None,
                message: "the paths of its register are too large together: use fewer or simpler globs".to_owned(),
            })?;
            if !policies.iter().any(|known| known.id == policy.id) {
                policies.push(policy);
            }
        }
        Ok(Self(policies))
    }

    /// All built-in policies, by name, for `sporhund policies`.
    pub fn built_in() -> Result<Vec<BuiltIn>, Mistake> {
        file::built_in()
    }

    /// The policies, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.0.iter()
    }

    /// Judges an item that is closed: its breaches, by policy and rule, and the rules that an unknown date left undecided.
    pub fn judge(&self, item: &Item, now: &Zoned) -> Vec<Record> {
        self.0.iter().flat_map(|policy| policy.judge(item, now)).collect()
    }

    /// How sensitive the policies hold a detector's findings to be, where one says so: the highest.
    pub fn sensitivity(&self, detector: &str) -> Option<Sensitivity> {
        self.0.iter().filter_map(|policy| policy.sensitivity.get(detector)).max().copied()
    }

    /// Rules that cannot fire, as `policy/rule`, and what they wait for.
    pub fn sleeping(&self) -> BTreeMap<String, String> {
        let of = |policy: &Policy, (rule, fact): &(Rule, &'static str)| {
            (format!("{}/{}", policy.id, rule.id.get_ref()), (*fact).to_owned())
        };
        self.0.iter().flat_map(|policy| policy.sleeping.iter().map(move |rule| of(policy, rule))).collect()
    }

    /// Judges the examples of the rules that are awake. Every example that comes out otherwise is a sentence.
    pub fn examples(&self) -> Vec<String> {
        let Ok(now) = example::TODAY.to_zoned(TimeZone::UTC) else { return Vec::new() };
        let mut wrong = Vec::new();
        for policy in &self.0 {
            for rule in &policy.rules {
                let examples = rule.breach.iter().map(|e| (e, true)).chain(rule.fine.iter().map(|e| (e, false)));
                for (example, breach) in examples {
                    let judged = rule.judge(&policy.id, &policy.case(&example.item(), &now));
                    if matches!(judged, Some(Record::Breach(_))) != breach {
                        let should = if breach { "should break it" } else { "should be fine" };
                        wrong.push(format!("{}/{}: {example:?} {should}", policy.id, rule.id.get_ref()));
                    }
                }
            }
        }
        wrong
    }
}

impl Policy {
    fn new(file: File, categories: &Categories) -> Result<Self, globset::Error> {
        let mut categories = categories.clone();
        for (detector, (_, sensitivity)) in &mut categories {
            *sensitivity = file.sensitivity.get(detector).copied().unwrap_or(*sensitivity);
        }
        let mut places = file.place;
        places.iter_mut().for_each(|place| place.inherit(&file.purpose));
        let (mut rules, mut sleeping) = (Vec::new(), Vec::new());
        for mut rule in file.rule {
            rule.conditions().for_each(|when| when.compile(&categories));
            match rule.waits_for(&file.organisation, &places) {
                Some(fact) => sleeping.push((rule, fact)),
                None => rules.push(rule),
            }
        }
        Ok(Self {
            id: file.id.unwrap_or_default(),
            title: file.title.unwrap_or_default(),
            language: file.language.unwrap_or_default(),
            organisation: file.organisation,
            register: Register::new(places)?,
            rules,
            sleeping,
            sensitivity: file.sensitivity,
            categories,
        })
    }

    fn case<'a>(&'a self, item: &'a Item, now: &'a Zoned) -> Case<'a> {
        Case {
            item,
            now,
            organisation: &self.organisation,
            register: &self.register,
            categories: &self.categories,
            entry: OnceCell::new(),
        }
    }

    fn judge(&self, item: &Item, now: &Zoned) -> Vec<Record> {
        let case = self.case(item, now);
        self.rules.iter().filter_map(|rule| rule.judge(&self.id, &case)).collect()
    }
}
