//! Brings together what is said of an item: its findings and breaches come before the item's own record does.
//!
//! In: findings and breaches as they come. Out: what was said of an item, when it closes. Few items are open at a time,
//! and of a huge one not everything is kept.

use std::collections::HashMap;
use std::mem;

use crate::record::{Breach, Finding};

/// What was said of an item.
#[derive(Debug, Default)]
pub struct About {
    /// Its findings, or the first of them.
    pub findings: Vec<Finding>,
    /// Its breaches.
    pub breaches: Vec<Breach>,
    /// Findings that were not kept.
    pub more: u64,
}

/// What was said of items that are still open.
#[derive(Debug)]
pub struct Join {
    open: HashMap<String, About>,
    most: usize,
}

impl Join {
    /// Keeps so many findings of an item.
    pub fn new(most: usize) -> Self {
        Self { open: HashMap::new(), most }
    }

    /// Keeps a finding; false: its item has too many already.
    pub fn finding(&mut self, finding: &Finding) -> bool {
        let most = self.most;
        let about = self.about(&finding.location);
        let keep = about.findings.len() < most;
        if keep {
            about.findings.push(finding.clone());
        } else {
            about.more += 1;
        }
        keep
    }

    /// Keeps a breach.
    pub fn breach(&mut self, breach: &Breach) {
        self.about(&breach.location).breaches.push(breach.clone());
    }

    /// The item is closed.
    pub fn close(&mut self, location: &str) -> About {
        self.open.remove(location).unwrap_or_default()
    }

    /// What was said of items that never closed, by location: the run was broken off, or another tool made the records.
    pub fn rest(&mut self) -> Vec<(String, About)> {
        let mut rest: Vec<_> = mem::take(&mut self.open).into_iter().collect();
        rest.sort_by(|(a, _), (b, _)| a.cmp(b));
        rest
    }

    fn about(&mut self, location: &str) -> &mut About {
        if !self.open.contains_key(location) {
            self.open.insert(location.to_owned(), About::default());
        }
        self.open.entry(location.to_owned()).or_default()
    }
}
