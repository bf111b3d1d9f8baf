//! One self-contained page for people with a browser: the answer first, then pictures, then tables to search.
//!
//! In: records. Out: HTML that loads nothing and runs no script but its own (its policy holds their hashes). Sums count
//! everything; the tables hold rows up to a limit and say so. What is above the tables needs no script: `page.rs` writes
//! it; `page.js` draws the tables from the rows, which `rows.rs` writes as JSON.

mod page;
mod rows;

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::civil::Date;

use self::rows::Rows;
use crate::item::{Item, Kind, Sensitivity, Status};
use crate::record::{Record, Severity};
use crate::report::join::{About, Join};
use crate::report::place::folder;
use crate::report::same::Same;
use crate::report::{Reporter, Screen, Setting};

/// Findings of one item that its details show.
const OF_ITEM: usize = 2_000;
/// Places and owners that are counted apart; the rest are counted together.
const PLACES: usize = 20_000;

/// A page under construction.
struct Html {
    output: Box<dyn Write + Send>,
    setting: Setting,
    join: Join,
    sums: Sums,
    rows: Rows,
}

/// What the pictures show: everything that was met, counted.
#[derive(Debug, Default)]
struct Sums {
    /// By policy and rule.
    rules: BTreeMap<(String, String), Broken>,
    /// By owner; no name: not known.
    owners: BTreeMap<String, Worklist>,
    /// By folder or mailbox.
    places: BTreeMap<String, Place>,
    /// Items with personal data by age: not past a limit, past one.
    ages: [(u64, u64); AGES.len() + 2],
    /// Equal content in several places.
    same: Same,
    /// Mentions of the person, if it is about one.
    mentions: u64,
    in_breach: u64,
    holding: u64,
    holding_special: u64,
    /// A value was printed as found.
    shown: bool,
}

/// Days up to which an age belongs to a class: a month, half a year, …; then older, then unknown.
const AGES: [i32; 5] = [31, 183, 365, 731, 1826];

#[derive(Debug)]
struct Broken {
    severity: Severity,
    reference: Option<String>,
    count: u64,
    oldest: Option<Date>,
}

#[derive(Debug, Default)]
struct Worklist {
    items: u64,
    /// From critical to low.
    breaches: [u64; 4],
    oldest: Option<Date>,
}

#[derive(Debug, Default)]
struct Place {
    items: u64,
    breaches: u64,
    /// By category.
    findings: BTreeMap<String, u64>,
    sensitivity: Sensitivity,
    oldest: Option<Date>,
    newest: Option<Date>,
}

/// A report as a page.
pub fn make(output: Box<dyn Write + Send>, _: Screen, setting: &Setting) -> Box<dyn Reporter> {
    let rows = Rows::default();
    Box::new(Html { output, setting: setting.clone(), join: Join::new(OF_ITEM), sums: Sums::default(), rows })
}

impl Reporter for Html {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Finding(finding) => {
                self.sums.shown |= finding.shown.is_some();
                self.sums.mentions += finding.count;
                let place = room(&mut self.sums.places, folder(&finding.location));
                *place.findings.entry(finding.category.to_string()).or_default() += 1;
                place.sensitivity = place.sensitivity.max(finding.sensitivity);
                self.join.finding(finding);
            }
            Record::Breach(breach) => {
                self.sums.rule(breach);
                self.join.breach(breach);
            }
            Record::Item(item) => {
                let about = self.join.close(&item.location);
                self.item(item, &about);
            }
            Record::Summary(summary) => {
                for (location, about) in self.join.rest() {
                    let mut item = Item::new(location, Kind::Document);
                    item.sensitivity = about.findings.iter().map(|f| f.sensitivity).max().unwrap_or_default();
                    self.item(&item, &about);
                }
                page::write(&mut self.output, &self.setting, &self.sums, &self.rows, summary)?;
                return self.output.flush();
            }
            _ => {}
        }
        Ok(())
    }
}

impl Html {
    fn item(&mut self, item: &Item, about: &About) {
        let date = self.setting.date(item);
        for (id, n) in &item.omitted {
            let place = room(&mut self.sums.places, folder(&item.location));
            let category = self.setting.detectors.get(id).map_or(id.as_str(), |detector| &detector.category);
            *place.findings.entry(category.to_owned()).or_default() += n;
        }
        self.sums.item(item, about, date, self.setting.now.date());
        if !about.findings.is_empty() || !about.breaches.is_empty() || item.status != Status::Scanned {
            self.rows.item(item, about, date, &self.setting);
        }
    }
}

impl Sums {
    fn rule(&mut self, breach: &crate::record::Breach) {
        let broken = self.rules.entry((breach.policy.clone(), breach.rule.clone())).or_insert_with(|| Broken {
            severity: breach.severity,
            reference: breach.reference.clone(),
            count: 0,
            oldest: None,
        });
        broken.count += 1;
        broken.severity = broken.severity.max(breach.severity);
        broken.oldest = earlier(broken.oldest, breach.since);
        room(&mut self.places, folder(&breach.location)).breaches += 1;
    }

    fn item(&mut self, item: &Item, about: &About, date: Option<Date>, today: Date) {
        let holds = !about.findings.is_empty();
        self.same.add(item);
        if !about.breaches.is_empty() {
            self.in_breach += 1;
            let owner = item.whose().unwrap_or_default();
            let list = room(&mut self.owners, owner);
            list.items += 1;
            for breach in &about.breaches {
                if let Some(n) = list.breaches.get_mut(3 - breach.severity as usize) {
                    *n += 1;
                }
                list.oldest = earlier(list.oldest, breach.since);
            }
        }
        if !holds {
            return;
        }
        self.holding += 1;
        self.holding_special += u64::from(item.sensitivity == Sensitivity::Special);
        let days = date.and_then(|date| today.since(date).ok()).map(|span| span.get_days());
        let class =
            days.map_or(AGES.len() + 1, |days| AGES.iter().position(|most| days <= *most).unwrap_or(AGES.len()));
        if let Some((within, past)) = self.ages.get_mut(class) {
            let over = about.breaches.iter().any(|breach| breach.since.is_some());
            *(if over { past } else { within }) += 1;
        }
        let place = room(&mut self.places, folder(&item.location));
        place.items += 1;
        place.oldest = earlier(place.oldest, date);
        place.newest = place.newest.max(date);
    }
}

/// The entry of this name, or where there is no room for another one, that of all the rest.
fn room<'a, T: Default>(map: &'a mut BTreeMap<String, T>, name: &str) -> &'a mut T {
    let full = map.len() >= PLACES && !map.contains_key(name);
    map.entry(if full { "…" } else { name }.to_owned()).or_default()
}

fn earlier(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    a.into_iter().chain(b).min()
}
