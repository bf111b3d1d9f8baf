//! What an earlier run's records already hold, so that it is not reported again.
//!
//! In: a file of JSON lines. Out: is this record known? A finding is known by its place, detector and fingerprint, a
//! breach by its place, policy and rule; items and the summary are never left out. Only hashes are kept: an earlier
//! run may have found millions of values.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::cli::UsageError;
use crate::mask::{Key, OTHER_KEY};
use crate::record::Record;

/// The records of an earlier run, as hashes.
#[derive(Debug, Default)]
pub struct Baseline(HashSet<[u8; 16]>);

/// A line of which only what tells records apart is read; other lines and fields are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    record: String,
    location: String,
    detector: String,
    fingerprint: Option<String>,
    policy: String,
    rule: String,
    key: Option<String>,
}

impl Baseline {
    /// Reads the records of an earlier run with this key.
    pub fn read(file: &Path, key: &Key) -> Result<Self, UsageError> {
        let name = file.display();
        let open = File::open(file).map_err(|error| UsageError::unreadable(&name, &error))?;
        Self::parse(BufReader::new(open), key).map_err(|(number, what)| UsageError(format!("{name}:{number}: {what}")))
    }

    /// Reads lines; a mistake is the line's number and what is wrong, never the line itself.
    fn parse(lines: impl BufRead, key: &Key) -> Result<Self, (usize, &'static str)> {
        let mut known = HashSet::new();
        for (number, line) in (1..).zip(lines.split(b'\n')) {
            let line = line.map_err(|_| (number, "reading it gave an error"))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            let line: Line = serde_json::from_slice(&line).map_err(|_| (number, "this is no record of a scan"))?;
            match (line.record.as_str(), &line.fingerprint) {
                ("finding", Some(print)) => known.insert(hash(&["finding", &line.location, &line.detector, print])),
                ("finding", None) => return Err((number, "no fingerprint here: make the baseline with a key, too")),
                ("summary", _) if key.is_other(line.key.as_deref()) => return Err((number, OTHER_KEY)),
                ("breach", _) => known.insert(hash(&["breach", &line.location, &line.policy, &line.rule])),
                _ => continue,
            };
        }
        Ok(Self(known))
    }

    /// It holds nothing: nothing was reported before.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Was it reported before?
    pub fn knows(&self, record: &Record) -> bool {
        match record {
            // Most runs have none, and hashing is what it costs.
            _ if self.0.is_empty() => false,
            Record::Finding(f) => f
                .fingerprint
                .as_ref()
                .is_some_and(|print| self.0.contains(&hash(&["finding", &f.location, &f.detector, print]))),
            Record::Breach(b) => self.0.contains(&hash(&["breach", &b.location, &b.policy, &b.rule])),
            _ => false,
        }
    }
}

/// One short value for these parts, in this order.
pub(crate) fn hash(parts: &[&str]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut hash = [0; 16];
    hasher.finalize_xof().fill(&mut hash);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Breach, Severity};

    fn breach(location: &str) -> Record {
        Record::Breach(Breach {
            location: location.to_owned(),
            policy: "p".to_owned(),
            rule: "r".to_owned(),
            severity: Severity::Low,
            message: String::new(),
            message_en: None,
            reference: None,
            since: None,
        })
    }

    #[test]
    fn a_breach_is_known_by_place_policy_and_rule() {
        let mut lines = Vec::new();
        breach("a/b").write(&mut lines).unwrap();
        lines.extend_from_slice(b"\n{\"record\":\"later\",\"x\":[1]}\n");
        let known = Baseline::parse(&lines[..], &key()).unwrap();
        assert!(known.knows(&breach("a/b")));
        assert!(!known.knows(&breach("a/c")));
    }

    fn key() -> Key {
        Key::parse(&"1".repeat(64)).unwrap()
    }

    #[test]
    fn fingerprints_of_another_key_are_no_baseline() {
        let parse = |name: &str| {
            let summary = format!(r#"{{"record":"summary","key":"{name}"}}"#);
            Baseline::parse(summary.as_bytes(), &key()).map_err(|(line, _)| line)
        };
        assert!(parse(&key().name()).is_ok());
        assert_eq!(parse(&Key::parse(&"2".repeat(64)).unwrap().name()).unwrap_err(), 1);
    }

    #[test]
    fn a_mistake_is_told_by_its_line_and_not_quoted() {
        assert_eq!(Baseline::parse(&b"{}\n010190-1234"[..], &key()).unwrap_err(), (2, "this is no record of a scan"));
        let without = br#"{"record":"finding","location":"a","detector":"d"}"#;
        assert_eq!(Baseline::parse(&without[..], &key()).unwrap_err().0, 1);
    }
}
