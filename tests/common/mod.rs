//! What the tests share: a context like the program's, and a scan of bytes in memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sporhund::budget::Limits;
use sporhund::detect::Detectors;
use sporhund::job::{Input, Job};
use sporhund::policy::Policies;
use sporhund::record::{Finding, Record};
use sporhund::scan::{Context, scan};

/// The moment that all expectations are made for.
pub const NOW: &str = "2026-11-20T12:00:00[Europe/Copenhagen]";

pub fn context(min_confidence: f64) -> Context {
    let now: jiff::Zoned = NOW.parse().unwrap();
    Context {
        detectors: Detectors::load(None, now.date()).unwrap_or_else(|mistake| panic!("{mistake}")),
        policies: Policies::default(),
        limits: Limits::default(),
        now,
        min_confidence,
        key: None,
        reveal: true,
        show_private: false,
        person: None,
        explain: true,
        facts: false,
        stop: Arc::new(AtomicBool::new(false)),
    }
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
