//! What changed between two runs, for people.
//!
//! In: `change` records and a summary. Out: one page, at the end: what is new, moved and gone, by item.

use std::collections::BTreeMap;
use std::io::{self, Write};

use console::Style;

use crate::compare::{Change, How};
use crate::record::{Record, Summary};
use crate::report::page::{Page, number};
use crate::report::{Reporter, Screen, Setting};

struct Changes {
    output: Box<dyn Write + Send>,
    screen: Screen,
    all: BTreeMap<How, Vec<Item>>,
}

/// An item in which something changed.
struct Item {
    location: String,
    from: Option<String>,
    /// Detectors and rules, and how often.
    what: BTreeMap<String, u64>,
}

/// A report for people.
pub fn make(output: Box<dyn Write + Send>, screen: Screen, _: &Setting) -> Box<dyn Reporter> {
    Box::new(Changes { output, screen, all: BTreeMap::new() })
}

impl Reporter for Changes {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Change(change) => self.add(change),
            Record::Summary(summary) => return self.write(summary),
            _ => {}
        }
        Ok(())
    }
}

impl Changes {
    fn add(&mut self, change: &Change) {
        let what = change.detector.as_ref().or(change.rule.as_ref()).cloned().unwrap_or_default();
        let items = self.all.entry(change.change).or_default();
        let same = |last: &&mut Item| last.location == change.location && last.from == change.from;
        match items.last_mut().filter(same) {
            Some(item) => *item.what.entry(what).or_default() += 1,
            None => items.push(Item {
                location: change.location.clone(),
                from: change.from.clone(),
                what: BTreeMap::from([(what, 1)]),
            }),
        }
    }

    fn write(&mut self, summary: &Summary) -> io::Result<()> {
        let mut page = Page::new(&mut self.output, self.screen);
        if !summary.complete {
            page.styled(
                0,
                "One of the runs was interrupted: what it did not come to looks gone, or new.",
                Style::new().red().bold(),
            )?;
        }
        for (how, title) in [(How::New, "New"), (How::Moved, "Moved"), (How::Gone, "Gone")] {
            page.heading(&format!("{title}: {}", number(summary.changes.get(&how).copied().unwrap_or(0))))?;
            for Item { location, from, what } in self.all.remove(&how).unwrap_or_default() {
                page.name(2, &location)?;
                if let Some(from) = from {
                    page.name(4, &format!("from {from}"))?;
                }
                let what: Vec<String> = what.iter().map(|(what, n)| format!("{what} {}", number(*n))).collect();
                page.line(4, &what.join(", "))?;
            }
        }
        page.end()
    }
}
