//! Options of `subject`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Zoned;

use super::access::Entry;
use super::look::Look;
use super::{FailOn, Isolation, Options, Scan, UsageError, What, folder, now, options};
use crate::report;
use crate::subject::{self, Ident, Person, Request};

#[derive(Args)]
pub(super) struct Subject {
    /// Files, folders, mailboxes, archives; imaps://USER@HOST/; '-' is standard input
    #[arg(value_name = "SOURCE", required_unless_present = "records")]
    sources: Vec<OsString>,

    /// A national identification number of the person (repeatable)
    #[arg(long, value_name = "NUMBER", help_heading = "The person")]
    id: Vec<String>,
    /// An e-mail address (repeatable)
    #[arg(long, value_name = "ADDRESS", help_heading = "The person")]
    email: Vec<String>,
    /// A phone number (repeatable)
    #[arg(long, value_name = "NUMBER", help_heading = "The person", allow_hyphen_values = true)]
    phone: Vec<String>,
    /// A name, given and family name (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "The person")]
    name: Vec<String>,
    /// A file with one identifier on each line: 'id: …', 'email: …', 'phone: …', 'name: …' (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "The person")]
    subject_file: Vec<PathBuf>,

    /// The records (JSON Lines) of an earlier scan to look through, made with the same key (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "The request")]
    records: Vec<PathBuf>,
    /// When the request came: the time to answer runs from it [default: --now]
    #[arg(long, value_name = "DATE", value_parser = now, help_heading = "The request")]
    request_date: Option<Zoned>,
    /// Whose register says who answers for a place and why it is kept: a built-in name or a TOML file (repeatable)
    #[arg(long, value_name = "NAME|FILE", default_value = "nordic-gdpr", help_heading = "The request")]
    policy: Vec<String>,
    /// Today [default: the clock]
    #[arg(long, value_name = "DATE", value_parser = now, help_heading = "The request")]
    now: Option<Zoned>,

    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    entry: Entry,
    /// Print the person's own data as found; everybody else stays masked
    #[arg(long, help_heading = "Report")]
    show_values: bool,
    /// Show what is in folders and files marked private too
    #[arg(long, help_heading = "Report")]
    show_private: bool,
    /// The key of fingerprints, for --records; or set SPORHUND_KEY
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    key_file: Option<PathBuf>,

    /// Further detectors, keywords and folder names, laid out as in patterns/
    #[arg(long, value_name = "DIR", value_parser = folder(), help_heading = "Run")]
    patterns: Option<PathBuf>,
    /// Workers [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Run")]
    jobs: Option<u16>,
}

/// A search for one person: a scan that looks for nothing else.
pub(super) fn subject(typed: Subject) -> Result<Options, UsageError> {
    let mut idents = Vec::new();
    for (ident, values) in Ident::ALL.into_iter().zip([typed.id, typed.email, typed.phone, typed.name]) {
        idents.extend(values.into_iter().map(|value| (ident, value)));
    }
    for file in &typed.subject_file {
        idents.extend(subject::read(file)?);
    }
    let person = Person::new(idents, typed.patterns.as_deref()).map_err(UsageError)?;
    let mut options = options(Scan {
        sources: typed.sources,
        what: What {
            policy: typed.policy,
            now: typed.now,
            detector: Vec::new(),
            no_detector: Vec::new(),
            min_confidence: 0.0,
            patterns: typed.patterns,
            show_values: typed.show_values,
            show_private: typed.show_private,
            key_file: typed.key_file,
            ..What::default()
        },
        fail_on: FailOn::Never,
        baseline: None,
        allow: None,
        look: typed.look,
        shard: None,
        list_only: false,
        entry: typed.entry,
        state: None,
        quiet: false,
        verbose: false,
        jobs: typed.jobs,
        // Arguments of a process can be seen: whom is looked for stays in this one.
        isolation: Isolation::None,
    })?;
    for output in options.outputs.iter_mut().filter(|output| output.format.name == report::HUMAN.name) {
        output.format = &report::SUBJECT;
    }
    let asked = typed.request_date.as_ref().unwrap_or(&options.now).date();
    options.request = Some(Request { person: Arc::new(person), records: typed.records, asked });
    Ok(options)
}
