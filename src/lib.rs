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
//! Modules in the order in which data flows:

pub mod allow; // what somebody answers for
pub mod baseline; // what an earlier run's records already hold
pub mod budget; // the limits of one job
pub mod cli; // arguments, environment and clock → options
pub mod compare; // `report --compare`: what changed between two runs
pub mod config; // sporhund.toml: other defaults of options
pub mod detect; // text → findings
pub mod engine; // the only threads and processes
pub mod evaluate; // how good the detectors are, on labelled texts
pub mod extract; // bytes → text, mail facts, children
pub mod item; // what was met
pub mod job; // what to read and what it is called
pub mod list; // `detectors` and `policies`
pub mod mask; // personal data prints itself masked
pub mod merge; // `report`: records of several runs → reports
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
