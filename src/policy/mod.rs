//! Item + counts → breaches: the written policies, as rules.
//!
//! In: names of built-in policies or files of the user's, and items that are closed. Out: a breach for every rule that an
//! item breaks. The layout of a file is `file.rs`; a rule is `rule.rs`, its conditions `when.rs`, ages `period.rs`, the register and the
//! organisation `places.rs`. Deliberately elsewhere: what is found (`detect`), and the policies themselves, which are
//! data (`patterns/policies/`).

#[cfg(test)]
mod ages;
mod check;
mod example;
mod file;
mod message;
mod party;
mod period;
mod places;
mod rule;
mod schema;
#[cfg(test)]
mod tests;
mod when;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use self::check::{check, explain};
use self::example::Facts;
pub use self::file::BuiltIn;
use self::file::File;
pub use self::party::Passing;
use self::period::Within;
pub use self::places::{Exemption, Globs, Notify, Organisation, Place, Purpose, Register};
use self::rule::Case;
pub use self::rule::{Categories, Rule};
pub use self::schema::schema;
pub use self::when::When;
use crate::item::{Item, Sensitivity};
use crate::patterns::Mistake;
use crate::record::{Record, Severity};

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
    /// Dispensations.
    pub exempt: Vec<Exemption>,
    /// What is to be done at once about a critical breach.
    pub notify: Notify,
    answer_within: Option<Within>,
    /// Rules that can fire.
    rules: Vec<Rule>,
    /// Rules that cannot, with what they wait for.
    sleeping: Vec<(Rule, &'static str)>,
    /// How sensitive this policy holds a detector's findings to be, where it says so.
    sensitivity: BTreeMap<String, Sensitivity>,
    /// What detectors find, and how sensitive that is to this policy.
    categories: Categories,
    /// All that was written of it.
    text: String,
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
                message: file::TOO_LARGE.to_owned(),
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

    /// The first later day on which an item that is not changed may be judged otherwise; this very day, if it may be
    /// before that is over. Dates are those that were read, also such as lie in the future: they are unknown until then.
    pub fn turns(&self, item: &Item, now: &Zoned) -> Option<Date> {
        let mail = item.mail.as_ref();
        let ahead = mail.into_iter().flat_map(|mail| [mail.received, mail.sent]).flatten();
        let ahead = ahead.map(|at| at.to_zoned(now.time_zone().clone()).date()).filter(|day| *day > now.date());
        ahead.chain(self.0.iter().filter_map(|policy| policy.turns(item, now))).min()
    }

    /// The policies as they are written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|policy| policy.text.as_str())
    }

    /// How sensitive the policies hold a detector's findings to be, where one says so: the highest.
    pub fn sensitivity(&self, detector: &str) -> Option<Sensitivity> {
        self.0.iter().filter_map(|policy| policy.sensitivity.get(detector)).max().copied()
    }

    /// The register's entry for a location, of the first policy that has one.
    pub fn place(&self, location: &str) -> Option<&Place> {
        self.0.iter().find_map(|policy| policy.register.find(location))
    }

    /// Does a policy restrict the use of what stands here?
    pub fn restrict(&self, location: &str) -> bool {
        self.0.iter().any(|policy| policy.organisation.restricted.as_ref().is_some_and(|globs| globs.cover(location)))
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
        let of = |policy: &Policy| {
            let told = policy.examples().map(|(_, rule, should)| (rule.id.get_ref().clone(), should));
            told.map(|(rule, should)| format!("{}/{rule}: an example {should} it", policy.id)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).collect()
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
            exempt: file.exempt,
            notify: file.notify,
            answer_within: file.answer_within,
            rules,
            sleeping,
            sensitivity: file.sensitivity,
            categories,
            text: file.text,
        })
    }

    /// The last day to answer a request about a person, where it says how long that may take.
    pub fn answer_by(&self, asked: Date) -> Option<Date> {
        self.answer_within.as_ref()?.after(asked)
    }

    /// Its rules, with what those wait for that cannot fire.
    pub fn rules(&self) -> impl Iterator<Item = (&Rule, Option<&'static str>)> {
        let asleep = self.sleeping.iter().map(|(rule, fact)| (rule, Some(*fact)));
        self.rules.iter().map(|rule| (rule, None)).chain(asleep)
    }

    /// The examples that come out otherwise: where they stand in their file, their rule, and what they should do.
    fn examples(&self) -> impl Iterator<Item = (usize, &Rule, &'static str)> {
        let now = example::TODAY.to_zoned(TimeZone::UTC).ok();
        let wrong = move |rule: &Rule, facts: &Facts| {
            let judged = rule.judge(&self.id, &self.case(&facts.item(), now.as_ref()?));
            Some(matches!(judged, Some(Record::Breach(_))))
        };
        self.rules.iter().flat_map(move |rule| {
            let breach = rule.breach.iter().map(|example| (example, true, "should break"));
            let examples = breach.chain(rule.fine.iter().map(|example| (example, false, "should not break")));
            let failed = examples.filter(|(example, should, _)| wrong(rule, example.get_ref()) == Some(!should));
            failed.map(move |(example, _, should)| (example.span().start, rule, should)).collect::<Vec<_>>()
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
        let judged = self.rules.iter().filter_map(|rule| rule.judge(&self.id, &case));
        judged.map(|record| self.temper(record, now.date())).collect()
    }

    /// No rule is asked whether it applies: a day too early is no harm.
    fn turns(&self, item: &Item, now: &Zoned) -> Option<Date> {
        let case = self.case(item, now);
        let exempt = self.exempt.iter().map(|exemption| exemption.until);
        let kept = self.register.places().iter().filter_map(|place| place.keep_until);
        let last = exempt.chain(kept).filter(|last| *last >= now.date()).filter_map(|last| last.tomorrow().ok());
        last.chain(self.rules.iter().filter_map(|rule| rule.turns(&case))).min()
    }

    /// A breach with what the policy says of all breaches: that a dispensation covers it, or whom to tell at once.
    fn temper(&self, record: Record, today: Date) -> Record {
        let Record::Breach(mut breach) = record else { return record };
        if let Some(exemption) = self.exempt.iter().find(|e| e.holds(&breach.rule, &breach.location, today)) {
            return rule::exempt(&breach.rule, &exemption.reason, exemption.until);
        }
        if breach.severity == Severity::Critical {
            self.notify.add(&mut breach.message, self.notify.message.as_ref());
            if let Some(english) = &mut breach.message_en {
                self.notify.add(english, self.notify.message_en.as_ref().or(self.notify.message.as_ref()));
            }
        }
        Record::Breach(breach)
    }
}
