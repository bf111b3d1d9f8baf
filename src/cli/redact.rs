//! Options of `redact`.

use std::path::PathBuf;

use clap::Args;

use super::access::Entry;
use super::look::Look;
use super::paths::apart;
use super::{FailOn, Isolation, Options, Scan, UsageError, What, confidence, folder, options};
use crate::redact;

#[derive(Args)]
pub(super) struct Redact {
    /// The file to copy; '-' is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the copy goes instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace values by pseudonyms: the same for the same value, so that joins and counts stay right; needs the key
    #[arg(long)]
    pseudonyms: bool,
    /// The key of pseudonyms, 64 hexadecimal digits; or set SPORHUND_KEY
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Take out the findings of these detectors only: an id, or a glob such as 'dk.*' (repeatable)
    #[arg(long, value_name = "ID")]
    detector: Vec<String>,
    /// Leave the findings of these detectors (repeatable)
    #[arg(long, value_name = "ID")]
    no_detector: Vec<String>,
    /// Take out findings of this confidence or more, from 0 to 1; less where that is safer
    #[arg(long, value_name = "N", default_value = "0.5", value_parser = confidence)]
    min_confidence: f64,
    /// Further detectors, keywords and folder names, laid out as in patterns/
    #[arg(long, value_name = "DIR", value_parser = folder())]
    patterns: Option<PathBuf>,
}

/// A scan of one file, and what is done with what it finds.
pub(super) fn redact(typed: Redact) -> Result<(Options, redact::Options), UsageError> {
    let options = options(Scan {
        sources: vec![typed.file.clone().into_os_string()],
        what: What {
            policy: Vec::new(),
            now: None,
            detector: typed.detector,
            no_detector: typed.no_detector,
            min_confidence: typed.min_confidence,
            patterns: typed.patterns,
            show_values: false,
            show_private: true,
            key_file: typed.key_file,
            ..What::default()
        },
        fail_on: FailOn::Never,
        baseline: None,
        allow: None,
        entry: Entry::default(),
        look: Look { format: None, output: Vec::new(), lang: None, separator: ';', config: None },
        shard: None,
        list_only: false,
        state: None,
        quiet: true,
        verbose: false,
        jobs: None,
        // Values do not leave a worker: what is found is needed here.
        isolation: Isolation::None,
    })?;
    if typed.pseudonyms && options.key.is_none() {
        return Err(UsageError("--pseudonyms needs a key: give --key-file FILE or set SPORHUND_KEY".to_owned()));
    }
    apart(std::iter::once(&*typed.file), typed.output.as_deref().into_iter())?;
    let pseudonyms = options.key.clone().filter(|_| typed.pseudonyms);
    Ok((options, redact::Options { file: typed.file, output: typed.output, pseudonyms }))
}
