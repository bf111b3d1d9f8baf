//! The answer to a request about one person, for the one who has to give it: where the person is mentioned, what to act
//! on and until when, and what could not be looked into.
//!
//! In: the records of `sporhund subject`. Out: one page, at the end.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use console::Style;

use crate::item::{Reason, Status};
use crate::record::{Finding, Record, Summary};
use crate::report::page::{Page, number};
use crate::report::place::position;
use crate::report::{Reporter, Row, Screen, Setting};

/// Excerpts that are shown of one item.
const EXCERPTS: usize = 5;

struct Subject {
    output: Box<dyn Write + Send>,
    screen: Screen,
    open: HashMap<String, Item>,
    items: Vec<(String, Item)>,
    rows: Vec<Row>,
    unread: BTreeMap<Reason, Vec<String>>,
}

/// The mentions in one item.
#[derive(Default)]
struct Item {
    count: u64,
    excerpts: Vec<String>,
}

/// A report for people.
pub fn make(output: Box<dyn Write + Send>, screen: Screen, _: &Setting) -> Box<dyn Reporter> {
    let (open, items, rows, unread) = Default::default();
    Box::new(Subject { output, screen, open, items, rows, unread })
}

impl Reporter for Subject {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Finding(finding) => self.finding(finding),
            Record::Item(item) => {
                if let Some(found) = self.open.remove(&item.location) {
                    self.items.push((item.location.clone(), found));
                }
                if let (Some(reason), true) = (item.reason, item.status != Status::Scanned) {
                    self.unread.entry(reason).or_default().push(item.location.clone());
                }
            }
            Record::Inventory(row) => self.rows.push(row.clone()),
            Record::Summary(summary) => return self.write(summary),
            _ => {}
        }
        Ok(())
    }
}

impl Subject {
    fn finding(&mut self, finding: &Finding) {
        let item = self.open.entry(finding.location.clone()).or_default();
        item.count += finding.count;
        if item.excerpts.len() < EXCERPTS {
            let what = finding.detector.trim_start_matches("subject.");
            let context = if finding.context.is_empty() { "(not shown)" } else { finding.context.as_str() };
            let place = position(&finding.position);
            let told: Vec<&str> = [what, &place].into_iter().filter(|told| !told.is_empty()).collect();
            item.excerpts.push(format!("{}: {context}", told.join(" ")));
        }
    }

    fn write(&mut self, summary: &Summary) -> io::Result<()> {
        let mut page = Page::new(&mut self.output, self.screen);
        if !summary.complete {
            page.styled(
                0,
                "Not everything could be looked into: this is a part of the truth.",
                Style::new().red().bold(),
            )?;
        }
        if !summary.narrowed.is_empty() {
            let what = summary.narrowed.join(", ");
            page.styled(0, &format!("Only a part is looked into: {what}"), Style::new().yellow())?;
        }
        let mentions: u64 = self.items.iter().map(|(_, item)| item.count).sum();
        page.heading(&format!("Mentions: {} in {} items", number(mentions), number(self.items.len() as u64)))?;
        for (location, item) in &self.items {
            page.name(2, location)?;
            for excerpt in &item.excerpts {
                page.line(4, excerpt)?;
            }
            match item.count.saturating_sub(item.excerpts.len() as u64) {
                0 => {}
                more => page.line(4, &format!("and {} more", number(more)))?,
            }
        }
        if let Some(day) = summary.deadline {
            page.heading(&format!("To act on, and to answer by {day}"))?;
        }
        for row in &self.rows {
            page.counted(0, row.count, &row.place)?;
            let told = [
                Some(format!("in {} items", number(row.items))),
                row.owner.as_ref().map(|owner| format!("ask {owner}")),
                row.purpose.as_ref().map(|purpose| format!("for {purpose}")),
                row.basis.clone(),
                row.retention.as_ref().map(|retention| format!("kept {retention}")),
            ];
            page.line(9, &told.into_iter().flatten().collect::<Vec<_>>().join("; "))?;
        }
        if !self.unread.is_empty() {
            page.heading("Not, or not wholly, read: look into these by other means")?;
        }
        for (reason, locations) in &self.unread {
            page.line(2, &format!("{}: {}", reason.word(), number(locations.len() as u64)))?;
            locations.iter().try_for_each(|location| page.name(4, location))?;
        }
        page.end()
    }
}
