//! SARIF 2.1.0 for code-scanning pages.
//!
//! In: records. Out: a result for each breach and each finding, and a notification for each item that was not, or not
//! wholly, read. Results are written as they come; what they refer to follows them, as the order of members is free.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::item::{INSIDE, Item, Sensitivity, Status};
use crate::record::{Breach, Finding, Record, Severity, Summary};
use crate::report::place::position;
use crate::report::{Reporter, Screen, Setting};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Items that are named as not read; the rest are counted.
const NAMED: usize = 10_000;

struct Sarif {
    output: Box<dyn Write + Send>,
    setting: Setting,
    /// Descriptions of rules, in the order of first sight, and where each is.
    rules: Vec<Value>,
    index: BTreeMap<String, usize>,
    unread: Vec<Value>,
    unnamed: u64,
    begun: bool,
}

/// A report for code scanning.
pub fn make(output: Box<dyn Write + Send>, _: Screen, setting: &Setting) -> Box<dyn Reporter> {
    let (rules, index, unread) = Default::default();
    Box::new(Sarif { output, setting: setting.clone(), rules, index, unread, unnamed: 0, begun: false })
}

impl Reporter for Sarif {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Finding(finding) => {
                let result = self.finding(finding);
                self.result(&result)
            }
            Record::Breach(breach) => {
                let result = self.breach(breach);
                self.result(&result)
            }
            Record::Item(item) => {
                self.item(item);
                Ok(())
            }
            Record::Summary(summary) => self.end(summary),
            _ => Ok(()),
        }
    }
}

impl Sarif {
    fn finding(&mut self, finding: &Finding) -> Value {
        let id = finding.detector.as_str();
        let known = self.setting.detectors.get(id);
        let (title, source) =
            known.map_or_else(|| (id.to_owned(), String::new()), |d| (d.title.clone(), d.source.clone()));
        // Its own severity is that of the rules it breaks: a finding alone is for information, unless it is what fails.
        let level = if self.setting.findings_fail { "error" } else { "note" };
        let severity = if finding.sensitivity == Sensitivity::Special { "4.0" } else { "2.0" };
        let rule = self.rule(id, || {
            let help = format!("{title} was found: see whether it belongs here, and delete or move it if not.");
            rule(id, &title, &help, level, severity, address(&source))
        });
        let value = finding.shown.as_deref().unwrap_or(finding.value.masked());
        let mut text = format!("{title}: {value}");
        if finding.count > 1 {
            text.push_str(&format!(", {} times", finding.count));
        }
        let place = position(&finding.position);
        if !place.is_empty() {
            text.push_str(&format!(" ({place})"));
        }
        let same = identity(&[&finding.location, id, finding.value.masked(), &place]);
        let mut result = json!({
            "ruleId": id, "ruleIndex": rule, "level": level, "message": { "text": text },
            "locations": [location(&finding.location, Some(finding))],
            "partialFingerprints": { "primaryLocationLineHash": same },
            "properties": {
                "category": finding.category, "sensitivity": finding.sensitivity.word(),
                "confidence": finding.confidence, "count": finding.count,
            },
        });
        if let (Some(print), Some(result)) = (&finding.fingerprint, result.as_object_mut()) {
            result.insert("fingerprints".to_owned(), json!({ "sporhund/v1": print }));
        }
        result
    }

    fn breach(&mut self, breach: &Breach) -> Value {
        let id = format!("{}/{}", breach.policy, breach.rule);
        let (level, severity) = match breach.severity {
            Severity::Critical => ("error", "9.5"),
            Severity::High => ("error", "8.0"),
            Severity::Medium => ("warning", "5.5"),
            Severity::Low => ("note", "3.0"),
        };
        let texts = &self.setting.texts;
        let (title, todo) = (texts.rule(&breach.rule).to_owned(), texts.todo(&breach.rule).to_owned());
        let reference = breach.reference.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
        let rule = self.rule(&id, || rule(&id, &title, &format!("{todo}{reference}"), level, severity, None));
        json!({
            "ruleId": id, "ruleIndex": rule, "level": level, "message": { "text": breach.message },
            "locations": [location(&breach.location, None)],
            "partialFingerprints": {
                "primaryLocationLineHash": identity(&[&breach.location, &breach.policy, &breach.rule]),
            },
            "properties": { "severity": breach.severity, "since": breach.since, "reference": breach.reference },
        })
    }

    fn item(&mut self, item: &Item) {
        if !item.omitted.is_empty() {
            let omitted: Vec<String> = item.omitted.iter().map(|(detector, n)| format!("{detector} {n}")).collect();
            let text = format!("counted and not listed: {}", omitted.join(", "));
            self.notify(item, "omitted", "note", &text);
        }
        if item.status == Status::Scanned {
            return;
        }
        let reason = item.reason.map_or("unknown", |reason| reason.word());
        let message = item.message.as_deref().unwrap_or(reason);
        let level = if item.status == Status::Failed { "error" } else { "warning" };
        self.notify(item, reason, level, &format!("{}: {message}", item.status.word()));
    }

    fn notify(&mut self, item: &Item, id: &str, level: &str, text: &str) {
        if self.unread.len() == NAMED {
            self.unnamed += 1;
            return;
        }
        self.unread.push(json!({
            "descriptor": { "id": id }, "level": level, "message": { "text": text },
            "locations": [location(&item.location, None)],
        }));
    }

    fn rule(&mut self, id: &str, describe: impl FnOnce() -> Value) -> usize {
        if let Some(known) = self.index.get(id) {
            return *known;
        }
        let new = self.rules.len();
        self.rules.push(describe());
        self.index.insert(id.to_owned(), new);
        new
    }

    fn result(&mut self, result: &Value) -> io::Result<()> {
        let before: &[u8] = if self.begun { b",\n" } else { b"" };
        self.begin()?;
        self.output.write_all(before)?;
        serde_json::to_writer(&mut self.output, result)?;
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        writeln!(self.output, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"results\":[")
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.begin()?;
        if self.unnamed > 0 {
            let text = format!("{} more items were not, or not wholly, read", self.unnamed);
            self.unread.push(json!({ "level": "warning", "message": { "text": text } }));
        }
        let tool = json!({ "driver": {
            "name": "sporhund", "version": env!("CARGO_PKG_VERSION"), "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": self.rules,
        } });
        let invocation = json!({
            "executionSuccessful": summary.complete, "toolExecutionNotifications": self.unread,
        });
        writeln!(
            self.output,
            "\n],\"tool\":{tool},\"invocations\":[{invocation}],\"columnKind\":\"unicodeCodePoints\",\"language\":\"{}\"}}]}}",
            self.setting.texts.language
        )?;
        self.output.flush()
    }
}

/// The description of a rule. `security-severity` is what GitHub sorts by.
fn rule(id: &str, title: &str, help: &str, level: &str, severity: &str, source: Option<&str>) -> Value {
    let mut rule = json!({
        "id": id, "name": id, "shortDescription": { "text": title }, "fullDescription": { "text": help },
        "help": { "text": help }, "defaultConfiguration": { "level": level },
        "properties": { "tags": ["privacy", "security"], "security-severity": severity, "precision": "high" },
    });
    if let (Some(source), Some(rule)) = (source, rule.as_object_mut()) {
        rule.insert("helpUri".to_owned(), Value::String(source.to_owned()));
    }
    rule
}

/// The address with which a source begins, if it does.
fn address(source: &str) -> Option<&str> {
    source.split([' ', ';', ',']).next().filter(|first| first.starts_with("https://"))
}

/// The file that a person can open, and the way inside it as a logical location.
fn location(of: &str, finding: Option<&Finding>) -> Value {
    let (file, inside) = of.split_once(INSIDE).map_or((of, false), |(file, _)| (file, true));
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), json!({ "uri": uri(file) }));
    if let Some(line) = finding.and_then(|f| f.position.line).filter(|_| !inside) {
        let column = finding.and_then(|f| f.position.column);
        let region =
            column.map_or_else(|| json!({ "startLine": line }), |c| json!({ "startLine": line, "startColumn": c }));
        physical.insert("region".to_owned(), region);
    }
    json!({
        "physicalLocation": physical,
        "logicalLocations": [{ "fullyQualifiedName": of, "kind": "resource" }],
    })
}

/// A path as a URI reference: relative as it is, absolute with its scheme, everything else than plain characters encoded.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// Tells results apart from one run to the next.
fn identity(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("share/løn 1.txt"), "share/l%C3%B8n%201.txt");
        assert_eq!(uri("/srv/a:b#c?.txt"), "file:///srv/a%3Ab%23c%3F.txt");
        let inside = location("a.zip!/b.txt", None);
        assert_eq!(inside["physicalLocation"]["artifactLocation"]["uri"], "a.zip");
        assert_eq!(inside["logicalLocations"][0]["fullyQualifiedName"], "a.zip!/b.txt");
    }
}
