//! A table for spreadsheets: a row for each breach, each finding, and each item that was not, or not wholly, read.
//!
//! UTF-8 with a byte order mark, lines end in CR LF (RFC 4180), every cell quoted: Excel in a Nordic locale opens it
//! right with the default separator. No cell can become a formula, see [`inert`].

use std::io::{self, Write};

use jiff::Timestamp;

use crate::item::{Item, Status};
use crate::record::{Breach, Finding, Record};
use crate::report::join::{About, Join};
use crate::report::place::position;
use crate::report::{Reporter, Screen, Setting, harmless};

const COLUMNS: [&str; 28] = [
    "record",
    "location",
    "owner",
    "severity",
    "rule",
    "policy",
    "message",
    "reference",
    "since",
    "detector",
    "category",
    "sensitivity",
    "confidence_percent",
    "masked",
    "value",
    "count",
    "position",
    "context",
    "why",
    "fingerprint",
    "kind",
    "format",
    "status",
    "reason",
    "size",
    "modified",
    "received",
    "folder",
];

/// Findings of an item that wait for its record, so that their rows tell its owner; further ones do without.
const WAITING: usize = 10_000;

struct Csv {
    output: Box<dyn Write + Send>,
    setting: Setting,
    join: Join,
    begun: bool,
}

/// A report as a table.
pub fn make(output: Box<dyn Write + Send>, _: Screen, setting: &Setting) -> Box<dyn Reporter> {
    Box::new(Csv { output, setting: setting.clone(), join: Join::new(WAITING), begun: false })
}

impl Reporter for Csv {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.output.write_all("\u{feff}".as_bytes())?;
            self.row(&COLUMNS.map(|name| (name, name.to_owned())))?;
        }
        match record {
            Record::Finding(finding) if self.join.finding(finding) => Ok(()),
            Record::Finding(finding) => self.finding(finding, &[]),
            Record::Breach(breach) => {
                self.join.breach(breach);
                Ok(())
            }
            Record::Item(item) => {
                let about = self.join.close(&item.location);
                let facts = facts(item, &self.setting);
                self.about(&about, &facts)?;
                for (detector, n) in &item.omitted {
                    let message = "counted and not listed: the item has too many".to_owned();
                    self.item(item, &facts, message, &[("detector", detector.clone()), ("count", n.to_string())])?;
                }
                if item.status == Status::Scanned {
                    return Ok(());
                }
                self.item(item, &facts, item.message.as_deref().unwrap_or_default().to_owned(), &[])
            }
            Record::Summary(_) => {
                for (_, about) in self.join.rest() {
                    self.about(&about, &[])?;
                }
                self.output.flush()
            }
            _ => Ok(()),
        }
    }
}

/// A cell and the column that it belongs in.
type Cell = (&'static str, String);

impl Csv {
    fn about(&mut self, about: &About, facts: &[Cell]) -> io::Result<()> {
        about.breaches.iter().try_for_each(|breach| self.breach(breach, facts))?;
        about.findings.iter().try_for_each(|finding| self.finding(finding, facts))
    }

    fn finding(&mut self, finding: &Finding, facts: &[Cell]) -> io::Result<()> {
        let mut cells = vec![
            ("record", "finding".to_owned()),
            ("location", finding.location.clone()),
            ("detector", finding.detector.to_string()),
            ("category", finding.category.to_string()),
            ("sensitivity", finding.sensitivity.word().to_owned()),
            ("confidence_percent", format!("{:.0}", finding.confidence * 100.0)),
            ("masked", finding.value.masked().to_owned()),
            ("value", finding.shown.clone().unwrap_or_default()),
            ("count", finding.count.to_string()),
            ("position", position(&finding.position)),
            ("context", finding.context.clone()),
            ("why", finding.why.clone().unwrap_or_default()),
            ("fingerprint", finding.fingerprint.clone().unwrap_or_default()),
        ];
        cells.extend_from_slice(facts);
        self.row(&cells)
    }

    fn item(&mut self, item: &Item, facts: &[Cell], message: String, more: &[Cell]) -> io::Result<()> {
        let mut cells = vec![("record", "item".to_owned()), ("location", item.location.clone()), ("message", message)];
        cells.extend_from_slice(more);
        cells.extend_from_slice(facts);
        self.row(&cells)
    }

    fn breach(&mut self, breach: &Breach, facts: &[Cell]) -> io::Result<()> {
        let mut cells = vec![
            ("record", "breach".to_owned()),
            ("location", breach.location.clone()),
            ("severity", breach.severity.word().to_owned()),
            ("rule", breach.rule.clone()),
            ("policy", breach.policy.clone()),
            ("message", breach.message.clone()),
            ("reference", breach.reference.clone().unwrap_or_default()),
            ("since", breach.since.map(|day| day.to_string()).unwrap_or_default()),
        ];
        cells.extend_from_slice(facts);
        self.row(&cells)
    }

    /// Writes a row: every column, in order.
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for (n, column) in COLUMNS.iter().enumerate() {
            if n > 0 {
                write!(self.output, "{}", self.setting.separator)?;
            }
            let text = cells.iter().find(|(name, _)| name == column).map_or("", |(_, text)| text);
            write!(self.output, "\"{}\"", inert(text).replace('"', "\"\""))?;
        }
        self.output.write_all(b"\r\n")
    }
}

/// What an item's record adds to the rows of its findings and breaches.
fn facts(item: &Item, setting: &Setting) -> Vec<Cell> {
    let day = |at: Option<Timestamp>| at.map(|at| setting.day(at).to_string()).unwrap_or_default();
    let mail = item.mail.as_ref();
    vec![
        ("owner", item.whose().unwrap_or_default().to_owned()),
        ("kind", item.kind.word().to_owned()),
        ("format", item.format.to_string()),
        ("status", item.status.word().to_owned()),
        ("reason", item.reason.map(|reason| reason.word().to_owned()).unwrap_or_default()),
        ("size", item.size.map(|size| size.to_string()).unwrap_or_default()),
        ("modified", day(item.file.modified.or(item.file.file_modified))),
        ("received", day(mail.and_then(|mail| mail.received))),
        ("folder", mail.and_then(|mail| mail.folder.clone()).unwrap_or_default()),
    ]
}

/// A text that no spreadsheet takes for a formula: an apostrophe goes before `=`, `+`, `-` and `@` (and their full-width
/// forms) where a cell begins, or would begin for a program that splits at another separator or at quotes.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn inert(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    let mut begins = true;
    for c in harmless(text).chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            inert.push('\'');
        }
        begins = matches!(c, ',' | ';' | '"' | '|') || (begins && c.is_whitespace());
        inert.push(c);
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (name, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+•• •• ••", "'+•• •• ••"),
            (" \t@SUM(A1)", " \\u{9}@SUM(A1)"),
            ("a,=1", "a,'=1"),
            ("a\";-1", "a\";'-1"),
            ("＝1+1", "'＝1+1"),
            ("share/a-b=c.txt", "share/a-b=c.txt"),
            ("x\r\n=1", "x\\u{d}\\u{a}=1"),
        ] {
            assert_eq!(inert(name), expected);
        }
    }
}
