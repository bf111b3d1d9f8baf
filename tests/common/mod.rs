//! What the tests share: a context like the program's, and a scan of bytes in memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]
#![allow(dead_code, reason = "each test file uses a part")]

use sporhund::detect::Detectors;
use sporhund::job::{Input, Job};
use sporhund::record::{Finding, Record};
use sporhund::scan::{Context, scan};

/// The moment that all expectations are made for.
pub const NOW: &str = "2026-11-20T12:00:00[Europe/Copenhagen]";

pub fn context(min_confidence: f64) -> Context {
    let now: jiff::Zoned = NOW.parse().unwrap();
    let detectors = Detectors::load(None, now.date()).unwrap_or_else(|mistake| panic!("{mistake}"));
    Context { min_confidence, reveal: true, explain: true, ..Context::new(detectors, now) }
}

/// The findings in bytes of this name.
pub fn named(name: &str, bytes: &[u8], ctx: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    scan(Job::new(name.to_owned(), Input::Bytes(bytes.to_vec())), ctx, &mut |record| {
        if let Record::Finding(finding) = record {
            findings.push(finding);
        }
    });
    findings
}
