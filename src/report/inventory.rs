//! What personal data there is, and where: category × place × owner, with how many, how old, and what the register says
//! it is for. The start of a record of processing (GDPR art. 30).
//!
//! In: the items of a run, and the register of its policies; or the rows of earlier runs, which add up. Out: [`Row`]s.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::item::{INSIDE, Item};
use crate::policy::{Categories, Place, Policies};
use crate::record::Record;

/// Rows that are counted apart; what comes after them is counted together.
const ROWS: usize = 20_000;
/// Where that is.
const ELSEWHERE: &str = "(other places)";

/// One category of data in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The path of the register's entry, as written; else the source's folder or mailbox. A `location` like any
    /// record's.
    #[serde(rename = "location")]
    pub place: String,
    /// What kind of data.
    pub category: String,
    /// Who answers for the place, or else owns the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Findings.
    pub count: u64,
    /// Items that have them.
    pub items: u64,
    /// The day of the oldest of these: received or sent, or else modified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Date>,
    /// What the register says it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// On what legal basis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// How long it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
}

impl Row {
    fn grow(&mut self, count: u64, items: u64, oldest: Option<Date>) {
        self.count += count;
        self.items += items;
        self.oldest = [self.oldest, oldest].into_iter().flatten().min();
    }
}

/// What decides where an item is counted.
#[derive(Debug)]
pub struct Survey<'p> {
    policies: &'p Policies,
    categories: Categories,
    /// The sources of the run, as locations begin.
    sources: Vec<String>,
    zone: TimeZone,
    hash: Option<blake3::Hash>,
}

impl<'p> Survey<'p> {
    /// `categories` says what detectors find; days are those of `zone`.
    pub fn new(policies: &'p Policies, categories: Categories, sources: Vec<String>, zone: TimeZone) -> Self {
        let sources: Vec<String> = sources.iter().map(|source| source.trim_end_matches('/').to_owned()).collect();
        let hash = zone.to_fixed_offset().map(|offset| offset.to_string()).ok().or(zone.iana_name().map(str::to_owned));
        let hash = hash.map(|zone| {
            let mut hasher = blake3::Hasher::new();
            for text in policies.texts().chain(sources.iter().map(String::as_str)).chain([zone.as_str()]) {
                hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            }
            hasher.finalize()
        });
        Self { policies, categories, sources, zone, hash }
    }

    /// Two surveys of the same hash count the same, and their policies judge the same. `None`: the zone has no name.
    pub fn hash(&self) -> Option<&blake3::Hash> {
        self.hash.as_ref()
    }

    /// The place of an item that no entry of the register covers: the folder just below the source, or the mailbox and
    /// the folder in it.
    fn folder(&self, item: &Item) -> String {
        let location = &item.location;
        let (outer, inside) =
            location.split_once(INSIDE).map_or((location.as_str(), false), |(outer, _)| (outer, true));
        if let Some(folder) = item.mail.as_ref().and_then(|mail| mail.folder.as_deref()) {
            return format!("{outer}{INSIDE}{folder}");
        }
        let below = |source: &String| Some((source.len(), outer.strip_prefix(source.as_str())?.strip_prefix('/')?));
        match self.sources.iter().filter_map(below).max() {
            Some((source, rest)) => match rest.split_once('/') {
                Some((folder, _)) => outer.get(..source + 1 + folder.len()).unwrap_or(outer).to_owned(),
                None if inside => outer.to_owned(),
                None => outer.get(..source).unwrap_or(outer).to_owned(),
            },
            None => outer.to_owned(),
        }
    }
}

/// A row's place, owner and category.
type Key = (String, Option<String>, String);

/// Sums of what passes.
#[derive(Debug)]
pub struct Inventory<'s> {
    survey: &'s Survey<'s>,
    rows: BTreeMap<Key, Row>,
    /// The order in which they came.
    came: Vec<Key>,
    /// Entries of the register that covered something.
    covered: BTreeSet<String>,
    /// Rules that applied to something.
    applied: BTreeSet<String>,
}

/// An inventory of some items, as it is remembered.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    rows: Vec<Row>,
    covered: BTreeSet<String>,
    applied: BTreeSet<String>,
}

impl<'s> Inventory<'s> {
    /// Nothing yet.
    pub fn new(survey: &'s Survey<'s>) -> Self {
        let (rows, came, covered, applied) = Default::default();
        Self { survey, rows, came, covered, applied }
    }

    /// As it is remembered: rows in the order in which they came.
    pub fn counted(mut self) -> Counted {
        let rows = self.came.iter().filter_map(|key| self.rows.remove(key)).collect();
        Counted { rows, covered: self.covered, applied: self.applied }
    }

    /// Takes a record in: items are counted, rows of earlier runs added.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::Repeat(repeat) => {
                let Counted { rows, covered, applied } = &repeat.sums.counted;
                rows.iter().for_each(|row| self.row(row.clone()));
                self.covered.extend(covered.iter().cloned());
                self.applied.extend(applied.iter().cloned());
            }
            Record::Item(item) => self.item(item),
            Record::Inventory(row) => self.row(row.clone()),
            Record::Breach(breach) if self.applied.contains(&breach.rule) => {}
            Record::Breach(breach) => drop(self.applied.insert(breach.rule.clone())),
            Record::Undecided { rule } => drop(self.applied.insert(rule.clone())),
            Record::Exempt { why } => {
                self.applied.extend(why.split(',').next().map(str::to_owned));
            }
            _ => {}
        }
    }

    fn item(&mut self, item: &Item) {
        let survey = self.survey;
        let place = survey.policies.place(&item.location);
        if let Some(place) = place {
            self.covered.insert(place.path.written());
        }
        if item.counts.is_empty() {
            return;
        }
        let (mut counts, mut rows) = (BTreeMap::<&str, u64>::new(), Vec::new());
        for (detector, n) in item.counts.totals() {
            let category = survey.categories.get(detector).map_or(detector, |(category, _)| category);
            *counts.entry(category).or_default() += n;
        }
        let mail = item.mail.as_ref();
        let at = mail.and_then(|mail| mail.received.or(mail.sent)).or(item.file.modified);
        let oldest = at.map(|at| at.to_zoned(survey.zone.clone()).date());
        let name = place.map_or_else(|| survey.folder(item), |place| place.path.written());
        // Records of earlier versions do not say who is responsible.
        let owner = place.and_then(|place| place.owner.as_deref()).or(item.whose()).map(str::to_owned);
        let mut key = (name, owner, String::new());
        for (category, count) in counts {
            key.2.clear();
            key.2.push_str(category);
            if let Some(row) = self.rows.get_mut(&key) {
                row.grow(count, 1, oldest);
                continue;
            }
            let (place_name, owner, category) = key.clone();
            rows.push(Row {
                place: place_name,
                category,
                owner,
                count,
                items: 1,
                oldest,
                purpose: place.and_then(|place| place.purpose.clone()),
                basis: place.and_then(|place| place.basis.clone()),
                retention: place.and_then(Place::retention),
            });
        }
        rows.into_iter().for_each(|row| self.row(row));
    }

    fn row(&mut self, mut row: Row) {
        let key = |row: &Row| (row.place.clone(), row.owner.clone(), row.category.clone());
        if self.rows.len() >= ROWS && !self.rows.contains_key(&key(&row)) {
            let (category, count, items, oldest) = (row.category, row.count, row.items, row.oldest);
            let (owner, purpose, basis, retention) = Default::default();
            row = Row { place: ELSEWHERE.to_owned(), category, owner, count, items, oldest, purpose, basis, retention };
        }
        match self.rows.get_mut(&key(&row)) {
            Some(sum) => sum.grow(row.count, row.items, row.oldest),
            None => {
                self.came.push(key(&row));
                self.rows.insert(key(&row), row);
            }
        }
    }

    /// The rows, by place, owner and category.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// Entries of the register that covered nothing, as written.
    pub fn uncovered(&self) -> Vec<String> {
        let entries = self.survey.policies.iter().flat_map(|policy| policy.register.places());
        let mut bare: Vec<String> =
            entries.map(|place| place.path.written()).filter(|path| !self.covered.contains(path)).collect();
        bare.sort();
        bare
    }

    /// Rules that are awake and applied to nothing, as `policy/rule`.
    pub fn idle(&self) -> Vec<String> {
        let policies = self.survey.policies.iter();
        let of = policies.flat_map(|policy| policy.rules().map(move |(rule, asleep)| (policy, rule, asleep)));
        let mut idle: Vec<String> = of
            .filter(|(_, rule, asleep)| asleep.is_none() && !self.applied.contains(rule.id.get_ref()))
            .map(|(policy, rule, _)| format!("{}/{}", policy.id, rule.id.get_ref()))
            .collect();
        idle.sort();
        idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{Kind, Mail, Sensitivity};

    fn item(location: &str, day: &str) -> Item {
        let mut item = Item::new(location.to_owned(), Kind::Document);
        item.counts.add("email", 1.0);
        item.counts.add("phone", 1.0);
        item.file.modified = Some(format!("{day}T12:00:00Z").parse().unwrap());
        item
    }

    #[test]
    fn categories_add_up_by_place_and_rows_of_runs_too() {
        let policies = Policies::default();
        let contact = || ("contact".to_owned(), Sensitivity::Ordinary);
        let categories: Categories =
            [("email".to_owned(), contact()), ("phone".to_owned(), contact())].into_iter().collect();
        let sources = vec!["share".to_owned(), "mail".to_owned()];
        let survey = Survey::new(&policies, categories, sources, TimeZone::UTC);
        let mut inventory = Inventory::new(&survey);
        for (location, day) in [
            ("share/hr/a/b.txt", "2020-01-01"),
            ("share/hr/c.zip!/d/e.txt", "2019-05-06"),
            ("share/f.txt", "2020-01-01"),
            ("mail/anna.mbox!/17", "2020-01-01"),
        ] {
            inventory.add(&Record::Item(item(location, day)));
        }
        let mut message = item("mail/bo!/Kunder/1", "2020-01-01");
        message.mail = Some(Mail { folder: Some("Kunder".to_owned()), ..Mail::default() });
        inventory.add(&Record::Item(message));
        let again: Vec<Record> = inventory.rows().cloned().map(Record::Inventory).collect();
        let told = |inventory: &Inventory<'_>| -> Vec<(String, u64, u64)> {
            inventory.rows().map(|row| (row.place.clone(), row.count, row.items)).collect()
        };
        let places = ["mail/anna.mbox", "mail/bo!/Kunder", "share", "share/hr"];
        let counts = [(2, 1), (2, 1), (2, 1), (4, 2)];
        let expected: Vec<_> =
            places.iter().zip(counts).map(|(place, (count, items))| ((*place).to_owned(), count, items)).collect();
        assert_eq!(told(&inventory), expected);
        assert_eq!(inventory.rows().last().unwrap().oldest.unwrap().to_string(), "2019-05-06");
        again.iter().for_each(|record| inventory.add(record));
        assert_eq!(told(&inventory).last().unwrap(), &("share/hr".to_owned(), 8, 4));
    }
}
