//! Sporhund finds and classifies personal data where Nordic organisations forget it, and flags what breaches their
//! written rules.
//!
//! Sources make jobs; [`scan::scan`] takes a job apart into texts, finds what is in them, asks the policies, and emits
//! records; everything else feeds it or prints what it emits:
//!
//! ```text
//!   source ──Job──▶ engine ──▶ scan ──┬─ extract   bytes → text, mail facts, what is inside
//!                                     ├─ detect    text → findings
//!                                     └─ policy    item + findings → breaches
//!                                        │
//!                    report ◀──Record────┘
//! ```
//!
//! A program of one's own that looks for personal data in bytes, a field of a form for instance:
//!
//! ```
//! use sporhund::detect::Detectors;
//! use sporhund::job::{Input, Job};
//! use sporhund::record::Record;
//! use sporhund::scan::{Context, scan};
//!
//! let now: jiff::Zoned = "2026-11-20T12:00[Europe/Copenhagen]".parse()?;
//! let ctx = Context::new(Detectors::load(None, now.date())?, now); // once: it takes milliseconds
//! let mut found = Vec::new();
//! let job = Job::new("form 17".to_owned(), Input::Bytes(b"My CPR number is 010190-1235.".to_vec()));
//! scan(job, &ctx, &mut |record| {
//!     if let Record::Finding(finding) = record {
//!         found.push((finding.detector.to_string(), finding.value.to_string()));
//!     }
//! });
//! assert_eq!(found, [("dk.cpr".to_owned(), "••••••-••••".to_owned())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! And one that judges a folder by a policy, as `sporhund scan` does: the same jobs, on as many threads as are wanted,
//! the records in the order of the files' names.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use sporhund::detect::Detectors;
//! use sporhund::policy::Policies;
//! use sporhund::record::Record;
//! use sporhund::scan::{Context, scan};
//! use sporhund::{engine, source};
//!
//! let now: jiff::Zoned = "2026-11-20T12:00[Europe/Copenhagen]".parse()?;
//! let detectors = Detectors::load(None, now.date())?;
//! let policies = Policies::load(&["nordic-gdpr".to_owned()], None, &detectors.categories())?;
//! let ctx = Context { policies, ..Context::new(detectors, now) };
//! # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/share/Postkasser");
//! let (mut items, mut breaches) = (0, 0);
//! engine::run(
//!     source::jobs(folder.as_ref(), &source::Access::default())?,
//!     2,
//!     &ctx.stop,
//!     |job, emit| scan(job, &ctx, emit),
//!     |_| 1,
//!     |record| {
//!         match record {
//!             Record::Breach(_) => breaches += 1,
//!             Record::Item(_) => items += 1,
//!             _ => {}
//!         }
//!         ControlFlow::Continue(())
//!     },
//! )?;
//! assert!(items > 50 && breaches > 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way that data flows:
//!
//! - `source`: where jobs come from: folders, files, standard input
//! - `engine`: the only threads and processes
//! - `scan`: START HERE: one job's journey
//! - `extract`: bytes → text, mail facts, children
//! - `ocr`: text in pictures
//! - `detect`: text → findings
//! - `policy`: item + findings → breaches
//! - `report`: records → what people and programs read
//!
//! The commands:
//!
//! - `cli`: arguments, environment and clock → options
//! - `config`: sporhund.toml: other defaults of options
//! - `run`: `scan` from start to end
//! - `merge`: `report`: records of several runs → reports
//! - `compare`: `report --compare`: what changed between two runs
//! - `subject`: everything about one person
//! - `redact`: a copy without the personal data
//! - `list`: `detectors` and `policies`
//! - `cost`: `detectors --cost`
//! - `evaluate`: how good the detectors are, on labelled texts
//!
//! What is known beforehand:
//!
//! - `patterns`: patterns/ and the user's own: detectors, words, policies
//! - `baseline`: what an earlier run's records already hold
//! - `allow`: what somebody answers for
//! - `store`: what was scanned before
//!
//! What all of them speak of:
//!
//! - `job`: what to read and what it is called
//! - `item`: what was met
//! - `record`: what leaves a stage: the contract's lines
//! - `mask`: personal data prints itself masked
//! - `budget`: the limits of one job
//! - `eight`: eight bytes at once

pub mod allow;
pub mod baseline;
pub mod budget;
pub mod cli;
pub mod compare;
pub mod config;
pub mod cost;
pub mod detect;
mod eight;
pub mod engine;
pub mod evaluate;
pub mod extract;
pub mod item;
pub mod job;
pub mod list;
pub mod mask;
pub mod merge;
pub mod ocr;
pub mod patterns;
pub mod policy;
#[cfg(test)]
mod random;
pub mod record;
pub mod redact;
pub mod report;
pub mod run;
pub mod scan;
pub mod source;
pub mod store;
pub mod subject;
