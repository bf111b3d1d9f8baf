//! `--allow`: what somebody answers for, so that it is counted and not reported.
//!
//! In: a TOML file of entries, each with fingerprints or places, an owner, a reason and a last day; and the records of a
//! run. Out: does an entry allow this record? After its last day an entry allows nothing, and is told. Deliberately
//! elsewhere: what an earlier run reported (`baseline.rs`), and a policy's own dispensations (`policy/places.rs`).

use std::collections::HashMap;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use crate::cli::UsageError;
use crate::patterns::{self, Mistake, Source};
use crate::policy::Globs;
use crate::record::Record;

/// The entries that hold, and those that held.
#[derive(Debug, Default)]
pub struct Allow {
    places: Vec<Entry>,
    /// Fingerprint → who answers for it and why.
    prints: HashMap<String, Vec<Entry>>,
    /// Entries whose last day is past: where they stand, and what they said.
    pub expired: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Spanned<Written>>,
}

/// An entry as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    fingerprint: Vec<Spanned<String>>,
    path: Option<Globs>,
    #[serde(default)]
    detector: Vec<String>,
    #[serde(default)]
    rule: Vec<String>,
    owner: String,
    reason: String,
    #[serde(deserialize_with = "patterns::day")]
    until: Date,
}

#[derive(Debug, Clone)]
struct Entry {
    path: Option<Globs>,
    detector: Vec<String>,
    rule: Vec<String>,
    why: String,
}

impl Allow {
    /// Reads a file of entries. `keyed`: the run makes fingerprints.
    pub fn read(path: &Path, today: Date, keyed: bool) -> Result<Self, UsageError> {
        Ok(Self::parse(&Source::read(path)?, today, keyed)?)
    }

    fn parse(source: &Source, today: Date, keyed: bool) -> Result<Self, Mistake> {
        let mut allow = Self::default();
        for entry in source.parse::<File>()?.allow {
            let (at, entry) = (entry.span().start, entry.into_inner());
            let wrong = |at: usize, message: &str| {
                Err(Mistake { file: source.file.clone(), line: Some(source.line(at)), message: message.to_owned() })
            };
            if entry.fingerprint.is_empty() && entry.path.is_none() {
                return wrong(at, "this allows nothing: give it `fingerprint` or `path`");
            }
            if entry.owner.trim().is_empty() || entry.reason.trim().is_empty() {
                return wrong(at, "`owner` says who answers for this, and `reason` why: neither may be empty");
            }
            for print in &entry.fingerprint {
                let (at, print) = (print.span().start, print.get_ref());
                if print.len() != 32 || !print.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return wrong(at, "a fingerprint is 32 hexadecimal digits, as records have it");
                }
                if !keyed {
                    return wrong(at, "fingerprints need their key: give --key-file FILE or set SPORHUND_KEY");
                }
            }
            let why = format!("{} ({}), until {}", entry.reason, entry.owner, entry.until);
            if entry.until < today {
                allow.expired.push(format!("{}:{}: {why}", source.file, source.line(at)));
                continue;
            }
            let prints = entry.fingerprint;
            let entry = Entry { path: entry.path, detector: entry.detector, rule: entry.rule, why };
            if prints.is_empty() {
                allow.places.push(entry);
            } else {
                for print in prints {
                    allow.prints.entry(print.into_inner().to_lowercase()).or_default().push(entry.clone());
                }
            }
        }
        Ok(allow)
    }

    /// It allows nothing.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.prints.is_empty()
    }

    /// Who allows this record, and why. Items are never left out.
    pub fn why(&self, record: &Record) -> Option<&str> {
        let entry = match record {
            Record::Finding(finding) => {
                let by_print = finding.fingerprint.as_ref().and_then(|print| self.prints.get(print));
                let mut entries = by_print.into_iter().flatten().chain(&self.places);
                entries.find(|entry| entry.covers(&finding.location, &finding.detector, &entry.detector, &entry.rule))
            }
            Record::Breach(breach) => {
                let mut entries = self.places.iter();
                entries.find(|entry| entry.covers(&breach.location, &breach.rule, &entry.rule, &entry.detector))
            }
            _ => None,
        };
        entry.map(|entry| entry.why.as_str())
    }
}

impl Entry {
    /// `own` names what of its kind is allowed; where only the `other` kind is named, nothing of this one is.
    fn covers(&self, location: &str, name: &str, own: &[String], other: &[String]) -> bool {
        let named = if own.is_empty() { other.is_empty() } else { own.iter().any(|allowed| allowed == name) };
        named && self.path.as_ref().is_none_or(|path| path.cover(location))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn parse(text: &str, keyed: bool) -> Result<Allow, String> {
        let source = Source { file: "a.toml".to_owned(), text: Cow::Owned(text.to_owned()) };
        Allow::parse(&source, jiff::civil::date(2026, 11, 20), keyed).map_err(|mistake| mistake.to_string())
    }

    fn breach(location: &str, rule: &str) -> Record {
        let text = format!(
            r#"{{"record":"breach","location":"{location}","policy":"p","rule":"{rule}","severity":"low","message":""}}"#
        );
        Record::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_place_is_allowed_until_its_last_day() {
        let entry = |until: &str, more: &str| {
            format!("[[allow]]\npath = [\"hr/**\"]\nowner = \"anna\"\nreason = \"so\"\nuntil = \"{until}\"\n{more}")
        };
        let allow = parse(&entry("2026-11-20", "rule = [\"r\"]"), false).unwrap();
        assert_eq!(allow.why(&breach("s/hr/a.txt", "r")), Some("so (anna), until 2026-11-20"));
        assert_eq!(allow.why(&breach("s/hr/a.txt", "q")), None);
        assert_eq!(allow.why(&breach("s/it/a.txt", "r")), None);
        let allow = parse(&entry("2026-11-19", ""), false).unwrap();
        assert_eq!(allow.why(&breach("s/hr/a.txt", "r")), None);
        assert_eq!(allow.expired, ["a.toml:1: so (anna), until 2026-11-19"]);
        let allow = parse(&entry("2026-11-20", "detector = [\"email\"]"), false).unwrap();
        assert_eq!(allow.why(&breach("s/hr/a.txt", "r")), None, "it is about findings");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let entry = "\n[[allow]]\nowner = \"anna\"\nreason = \"so\"\nuntil = \"2027-01-01\"\n";
        let wrong = |more: &str| parse(&format!("{entry}{more}"), false).unwrap_err();
        assert!(wrong("").starts_with("a.toml:2: this allows nothing"));
        assert!(wrong("fingerprint = [\"12\"]").starts_with("a.toml:6: a fingerprint is 32"));
        assert!(wrong(&format!("fingerprint = [\"{}\"]", "a".repeat(32))).starts_with("a.toml:6: fingerprints need"));
        assert!(wrong("pathh = []").starts_with("a.toml:6: unknown field"));
        for no_day in ["\"soon\"", "7", "12:00:00"] {
            let wrong = parse(&format!("[[allow]]\npath=[\"a\"]\nowner=\"o\"\nreason=\"r\"\nuntil={no_day}"), false);
            assert!(wrong.unwrap_err().contains("this is no day"), "{no_day}");
        }
        assert!(parse("[[allow]]\npath=[\"a\"]\nowner=\"o\"\nreason=\"r\"\nuntil=2027-01-01", false).is_ok());
    }
}
