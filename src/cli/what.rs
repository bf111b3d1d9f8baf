//! Options that say what to look for and how much it may cost: those of `scan`, and all that a worker has.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{FailOn, HERE, Options, UsageError, confidence, folder, key, now, zone};
use crate::budget::Limits;
use crate::report::Verbosity;
use crate::source::Access;

/// Findings below this confidence are not reported, if nothing else is said (contract).
const USUAL: f64 = 0.5;

/// What to look for, and how: the same for `scan` and its workers.
#[derive(Args, Default)]
pub(super) struct What {
    /// Rules to judge by: a built-in name or a TOML file (repeatable)
    #[arg(long, value_name = "NAME|FILE", default_value = "nordic-gdpr", help_heading = "Rules")]
    pub(super) policy: Vec<String>,
    /// The date that ages are counted from: 2026-11-20, or 2026-11-20T09:00:00+01:00 [default: the clock]
    #[arg(long, value_name = "DATE", value_parser = now, help_heading = "Rules")]
    pub(super) now: Option<Zoned>,

    /// Use these detectors only: an id, or a glob such as 'dk.*' (repeatable)
    #[arg(long, value_name = "ID", help_heading = "Detectors")]
    pub(super) detector: Vec<String>,
    /// Do not use these detectors (repeatable)
    #[arg(long, value_name = "ID", help_heading = "Detectors")]
    pub(super) no_detector: Vec<String>,
    /// Report findings of this confidence or more, from 0 to 1
    #[arg(long, value_name = "N", default_value_t = USUAL, value_parser = confidence, help_heading = "Detectors")]
    pub(super) min_confidence: f64,
    /// Further detectors, keywords and folder names, laid out as in patterns/
    #[arg(long, value_name = "DIR", value_parser = folder(), help_heading = "Detectors")]
    pub(super) patterns: Option<PathBuf>,

    /// Read text in pictures and scanned pages too, with the program tesseract, if it is installed
    #[arg(long, help_heading = "Run")]
    pub(super) ocr: bool,

    /// Print personal data as found; without it every value is masked
    #[arg(long, help_heading = "Report")]
    pub(super) show_values: bool,
    /// Show what is in folders and files marked private too; without it their findings come without context or first letters
    #[arg(long, help_heading = "Report")]
    pub(super) show_private: bool,
    /// Say why, for each finding
    #[arg(long, help_heading = "Report")]
    pub(super) explain: bool,
    /// The key of fingerprints, 64 hexadecimal digits; or set SPORHUND_KEY
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(super) key_file: Option<PathBuf>,

    /// Memory that one worker may use [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    pub(super) max_memory: Option<u64>,
    /// Seconds that an item may take without yielding anything [default: 120]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    pub(super) max_time: Option<u32>,
    /// What one item may unpack to [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    pub(super) max_size: Option<u64>,
    /// How deep containers may lie in containers [default: 24]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100), help_heading = "Limits")]
    pub(super) max_depth: Option<u32>,
    /// How many items one container may hold [default: 10000000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(super) max_items: Option<u32>,
    /// Fetch files that lie elsewhere (OneDrive, iCloud, tape): without it their placeholders are listed, not read
    #[arg(long, help_heading = "Limits")]
    pub(super) fetch: bool,
    /// How many findings of each detector are reported of one item; all are counted [default: 10000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(super) max_findings: Option<u64>,
    /// Containers above this are shared by several workers
    #[arg(long, value_name = "SIZE", value_parser = size, hide = true)]
    pub(super) cut_above: Option<u64>,
    /// Threads that may look at one large text.
    #[arg(long, value_name = "N", hide = true)]
    pub(super) threads: Option<usize>,
    /// Tell of each item what it is judged by, too
    #[arg(long, hide = true)]
    pub(super) facts: bool,
}

/// The options of a worker: what to look for, and nothing of where.
pub(super) fn worker(typed: What) -> Result<Options, UsageError> {
    zone()?;
    let key = key(typed.key_file)?;
    let usual = Limits::default();
    let limits = Limits {
        memory: typed.max_memory.unwrap_or(usual.memory),
        silence: typed.max_time.map_or(usual.silence, |seconds| Duration::from_secs(seconds.into())),
        item: typed.max_size.unwrap_or(usual.item),
        depth: typed.max_depth.unwrap_or(usual.depth),
        children: typed.max_items.unwrap_or(usual.children),
        fetch: typed.fetch,
        findings: typed.max_findings.unwrap_or(usual.findings),
        cut_above: typed.cut_above.unwrap_or(usual.cut_above),
        threads: typed.threads.unwrap_or(usual.threads),
        ..usual
    };
    Ok(Options {
        sources: Vec::new(),
        shard: None,
        listed: false,
        policies: typed.policy,
        now: typed.now.unwrap_or_else(Zoned::now),
        outputs: Vec::new(),
        min_confidence: typed.min_confidence,
        reveal: typed.show_values,
        show_private: typed.show_private,
        request: None,
        only: typed.detector,
        without: typed.no_detector,
        fail_on: FailOn::Never,
        baseline: None,
        allow: None,
        state: None,
        facts: typed.facts,
        key,
        ocr: typed.ocr,
        explain: typed.explain,
        patterns: typed.patterns,
        jobs: 1,
        isolated: false,
        limits,
        access: Access::default(),
        progress: Verbosity::Nothing,
        lang: None,
        locale: None,
        separator: ';',
    })
}

impl Options {
    /// The options that leave out what is found without them, as typed.
    pub fn narrowing(&self) -> Vec<String> {
        let less = (self.min_confidence > USUAL).then(|| format!("--min-confidence {}", self.min_confidence));
        let only = self.only.iter().map(|id| format!("--detector {id}"));
        let without = self.without.iter().map(|id| format!("--no-detector {id}"));
        let records = self.request.as_ref().is_some_and(|request| !request.records.is_empty());
        let records = records.then(|| "--records, which do not hold who sent and received a mail".to_owned());
        less.into_iter().chain(only).chain(without).chain(records).collect()
    }

    /// The arguments of a worker that is to look for the same. The key is no argument: arguments can be seen.
    pub fn for_worker(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut add = |name: &str, value: &OsStr| {
            let mut argument = OsString::from(format!("--{name}="));
            argument.push(value);
            arguments.push(argument);
        };
        let local = self.now.time_zone() == &TimeZone::system();
        let now = if local { format!("{}{HERE}", self.now.timestamp()) } else { self.now.to_string() };
        add("now", now.as_ref());
        for (name, values) in [("policy", &self.policies), ("detector", &self.only), ("no-detector", &self.without)] {
            values.iter().for_each(|value| add(name, value.as_ref()));
        }
        for (name, number) in [
            ("min-confidence", self.min_confidence.to_string()),
            ("max-memory", self.limits.memory.to_string()),
            ("max-time", self.limits.silence.as_secs().to_string()),
            ("max-size", self.limits.item.to_string()),
            ("max-depth", self.limits.depth.to_string()),
            ("max-items", self.limits.children.to_string()),
            ("max-findings", self.limits.findings.to_string()),
            ("threads", self.limits.threads.to_string()),
        ] {
            add(name, number.as_ref());
        }
        if let Some(folder) = &self.patterns {
            add("patterns", folder.as_os_str());
        }
        arguments.extend(self.reveal.then(|| "--show-values".into()));
        arguments.extend(self.show_private.then(|| "--show-private".into()));
        arguments.extend(self.explain.then(|| "--explain".into()));
        arguments.extend(self.limits.fetch.then(|| "--fetch".into()));
        arguments.extend(self.ocr.then(|| "--ocr".into()));
        arguments.extend(self.facts.then(|| "--facts".into()));
        arguments
    }
}

/// A number of bytes, perhaps with `K`, `M` or `G` behind it.
fn size(typed: &str) -> Result<u64, String> {
    let (number, unit) = match typed.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (typed.get(..at), 1 << 10),
        Some((at, 'm' | 'M')) => (typed.get(..at), 1 << 20),
        Some((at, 'g' | 'G')) => (typed.get(..at), 1 << 30),
        _ => (Some(typed), 1u64),
    };
    let size = number.and_then(|number| number.parse::<u64>().ok()).and_then(|number| number.checked_mul(unit));
    size.filter(|size| *size > 0).ok_or_else(|| "a size is written 512M or 1G".to_owned())
}
