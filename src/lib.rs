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
//! Modules in the order in which data flows:

pub mod allow; // what somebody answers for
pub mod baseline; // what an earlier run's records already hold
pub mod budget; // the limits of one job
pub mod cli; // arguments, environment and clock → options
pub mod compare; // `report --compare`: what changed between two runs
pub mod config; // sporhund.toml: other defaults of options
pub mod cost; // `detectors --cost`
pub mod detect; // text → findings
mod eight; // eight bytes at once
pub mod engine; // the only threads and processes
pub mod evaluate; // how good the detectors are, on labelled texts
pub mod extract; // bytes → text, mail facts, children
pub mod item; // what was met
pub mod job; // what to read and what it is called
pub mod list; // `detectors` and `policies`
pub mod mask; // personal data prints itself masked
pub mod merge; // `report`: records of several runs → reports
pub mod ocr; // text in pictures
pub mod patterns;
pub mod policy; // item + findings → breaches
pub mod record; // what leaves a stage: the contract's lines
pub mod redact; // a copy without the personal data
pub mod report; // records → what people and programs read
pub mod run; // `scan` from start to end
pub mod scan; // START HERE: one job's journey
pub mod source; // where jobs come from: folders, files, standard input // patterns/ and the user's own: detectors, words, policies
pub mod store; // what was scanned before
pub mod subject; // everything about one person
