//! Options of `report`.

use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;

use super::look::{Look, locale, outputs};
use super::paths::{apart, once};
use super::{UsageError, folder, now, zone};
use crate::merge::{self, Filter};
use crate::record::Severity;
use crate::report;

#[derive(Args)]
pub(super) struct Reporting {
    /// Files of records; '-' is standard input
    #[arg(value_name = "RECORDS", required_unless_present = "compare")]
    records: Vec<PathBuf>,
    /// Say what is new, moved and gone in the records NEW since those of an earlier run
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], help_heading = "Report")]
    #[arg(conflicts_with_all = ["records", "owner", "place", "rule", "severity", "split_by"])]
    compare: Option<Vec<PathBuf>>,

    /// Only items of this owner (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    owner: Vec<String>,
    /// Only items in this folder, file or mailbox, as records call it (repeatable)
    #[arg(long, value_name = "PLACE", help_heading = "Filters")]
    place: Vec<String>,
    /// Only breaches of this rule, and the items that break it: RULE or POLICY/RULE (repeatable)
    #[arg(long, value_name = "RULE", help_heading = "Filters")]
    rule: Vec<String>,
    /// Only breaches of this severity or worse, and their items: low, medium, high or critical
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Filters")]
    severity: Option<Severity>,
    /// A report for each owner, with nothing but that owner's items: list.html becomes list-NAME.html
    #[arg(long, value_name = "WHAT", value_parser = ["owner"], hide_possible_values = true, requires = "output")]
    #[arg(help_heading = "Report")]
    split_by: Option<String>,

    /// What was scanned by workers, as locations begin: their records have no sums, so these are made here (repeatable)
    #[arg(long, value_name = "SOURCE", help_heading = "Workers")]
    #[arg(conflicts_with_all = ["owner", "place", "rule", "severity", "split_by"])]
    source: Vec<String>,
    /// What they judged by: a built-in name or a TOML file (repeatable)
    #[arg(long, value_name = "NAME|FILE", default_value = "nordic-gdpr", help_heading = "Workers")]
    policy: Vec<String>,

    #[command(flatten)]
    pub(super) look: Look,

    /// The date that ages are counted to: 2026-11-20, or 2026-11-20T09:00:00+01:00 [default: the clock]
    #[arg(long, value_name = "DATE", value_parser = now, help_heading = "Report")]
    now: Option<Zoned>,
    /// The folder of further detectors that the run had, for their titles
    #[arg(long, value_name = "DIR", value_parser = folder(), help_heading = "Report")]
    patterns: Option<PathBuf>,
}

/// What was typed, checked.
pub(super) fn reporting(typed: Reporting) -> Result<merge::Options, UsageError> {
    let split = typed.split_by.is_some();
    let mut outputs = outputs(typed.look.output, typed.look.format)?;
    if typed.compare.is_some() {
        for output in &mut outputs {
            match output.format.name {
                "human" => output.format = &report::CHANGES,
                "jsonl" => {}
                other => return Err(UsageError(format!("--compare reports as human or jsonl, not as {other}"))),
            }
        }
    }
    let (compare, records) = (typed.compare.is_some(), typed.compare.unwrap_or(typed.records));
    if split && outputs.iter().any(|output| output.to.is_none()) {
        return Err(UsageError("--split-by writes files: name one with --output".to_owned()));
    }
    zone()?;
    // A run is equal to itself, but standard input can be read once.
    if !compare || records.iter().any(|path| path.as_os_str() == "-") {
        once(&records)?;
    }
    apart(records.iter().map(PathBuf::as_path), outputs.iter().filter_map(|output| output.to.as_deref()))?;
    let (owners, places, rules) = (typed.owner, typed.place, typed.rule);
    Ok(merge::Options {
        records,
        compare,
        outputs,
        filter: Filter { owners, places, rules, severity: typed.severity },
        split,
        lang: typed.look.lang,
        locale: locale(),
        separator: typed.look.separator,
        now: typed.now.unwrap_or_else(Zoned::now),
        patterns: typed.patterns,
        sources: typed.source,
        policies: typed.policy,
    })
}

fn severity(typed: &str) -> Result<Severity, String> {
    let all = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.into_iter().find(|s| s.word() == typed).ok_or_else(|| "low, medium, high or critical".to_owned())
}
