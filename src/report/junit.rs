//! JUnit XML for pipelines: a failure for each breach, an error or a skipped test for each item that could not be read.
//!
//! The counts stand before the cases in this format: the cases wait in a nameless temporary file. The layout is that of
//! the schema that Ant and Jenkins share; findings that break no rule are no failures, and not told,
//! unless it is findings that fail: then they are, by item and detector.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::mem;

use crate::item::{Item, Status};
use crate::record::{Breach, Record, Summary};
use crate::report::{Reporter, Screen, Setting, harmless};

/// How many findings of each detector.
type Found = BTreeMap<String, u64>;

struct Junit {
    output: Box<dyn Write + Send>,
    cases: Option<BufWriter<File>>,
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
    /// Those of items that are still open, where findings fail.
    found: HashMap<String, Found>,
    setting: Setting,
}

/// A report for pipelines.
pub fn make(output: Box<dyn Write + Send>, _: Screen, setting: &Setting) -> Box<dyn Reporter> {
    let (tests, failures, errors, skipped, found) = Default::default();
    Box::new(Junit { output, cases: None, tests, failures, errors, skipped, found, setting: setting.clone() })
}

impl Reporter for Junit {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        match record {
            Record::Breach(breach) => self.breach(breach),
            Record::Finding(finding) if self.setting.findings_fail => {
                let of = self.found.entry(finding.location.clone()).or_default();
                *of.entry(finding.detector.to_string()).or_default() += 1;
                Ok(())
            }
            Record::Item(item) => self.item(item),
            Record::Summary(summary) => self.end(summary),
            _ => Ok(()),
        }
    }
}

impl Junit {
    fn breach(&mut self, breach: &Breach) -> io::Result<()> {
        self.failures += 1;
        let reference = breach.reference.as_ref().map(|r| format!("\n{r}")).unwrap_or_default();
        let since = breach.since.map(|day| format!("\nsince {day}")).unwrap_or_default();
        let class = format!("{}.{}", breach.policy, breach.rule);
        let told = format!("{}{reference}{since}\n{}", breach.message, breach.location);
        let (kind, message) = (breach.severity.word(), breach.message.as_str());
        self.case(&class, &breach.location, "failure", kind, message, &told)
    }

    /// The findings of an item that is closed.
    fn findings(&mut self, location: &str, found: Found) -> io::Result<()> {
        for (id, n) in found {
            self.failures += 1;
            let title = self.setting.detectors.get(&id).map_or(id.as_str(), |detector| &detector.title);
            let message = if n == 1 { format!("{title}: 1 finding") } else { format!("{title}: {n} findings") };
            self.case(&format!("sporhund.finding.{id}"), location, "failure", "finding", &message, &message)?;
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> io::Result<()> {
        let mut found = self.found.remove(&item.location).unwrap_or_default();
        if self.setting.findings_fail {
            item.omitted.iter().for_each(|(id, n)| *found.entry(id.clone()).or_default() += n);
        }
        self.findings(&item.location, found)?;
        if item.status == Status::Scanned {
            return Ok(());
        }
        let reason = item.reason.map_or("unknown", |reason| reason.word());
        let message = item.message.as_deref().unwrap_or(reason);
        // Partly read and failed items hide something; skipped ones are known not to be readable.
        let outcome = if item.status == Status::Skipped { "skipped" } else { "error" };
        let count = if item.status == Status::Skipped { &mut self.skipped } else { &mut self.errors };
        *count += 1;
        self.case("sporhund.coverage", &item.location, outcome, reason, message, message)
    }

    fn case(
        &mut self,
        class: &str,
        name: &str,
        outcome: &str,
        kind: &str,
        message: &str,
        told: &str,
    ) -> io::Result<()> {
        self.tests += 1;
        let cases = match &mut self.cases {
            Some(cases) => cases,
            none => none.insert(BufWriter::new(tempfile::tempfile()?)),
        };
        write!(cases, "    <testcase name=\"{}\" classname=\"{}\" time=\"0\">", escape(name), escape(class))?;
        if outcome == "skipped" {
            write!(cases, "<skipped message=\"{}: {}\"/>", escape(kind), escape(message))?;
        } else {
            let (kind, message, told) = (escape(kind), escape(message), escape(told));
            write!(cases, "<{outcome} type=\"{kind}\" message=\"{message}\">{told}</{outcome}>")?;
        }
        writeln!(cases, "</testcase>")
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        // Of items that never closed: the run was broken off.
        let rest: BTreeMap<String, Found> = mem::take(&mut self.found).into_iter().collect();
        rest.into_iter().try_for_each(|(location, found)| self.findings(&location, found))?;
        let all = summary.items.values().sum::<u64>();
        let scanned = summary.items.get(&Status::Scanned).copied().unwrap_or_default();
        // What went well is one test, so that a clean run is not an empty one.
        let tests = self.tests + 1;
        let counts = format!("tests=\"{tests}\" failures=\"{}\" errors=\"{}\"", self.failures, self.errors);
        let seconds = summary.seconds;
        writeln!(self.output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(self.output, "<testsuites name=\"sporhund\" {counts} time=\"{seconds}\">")?;
        writeln!(
            self.output,
            "  <testsuite name=\"sporhund\" {counts} skipped=\"{}\" time=\"{seconds}\" id=\"0\" package=\"sporhund\" \
                timestamp=\"{}T00:00:00\" hostname=\"localhost\">\n    <properties/>",
            self.skipped,
            self.setting.now.date()
        )?;
        if let Some(cases) = self.cases.take() {
            let mut cases = cases.into_inner().map_err(|error| io::Error::from(error.error().kind()))?;
            cases.rewind()?;
            io::copy(&mut BufReader::new(cases), &mut self.output)?;
        }
        let name = format!("{scanned} of {all} items read in full");
        writeln!(self.output, "    <testcase name=\"{name}\" classname=\"sporhund.coverage\" time=\"{seconds}\"/>")?;
        let end = if summary.complete { "" } else { "The scan was interrupted: this is a part of the truth." };
        writeln!(self.output, "    <system-out>{end}</system-out>\n    <system-err/>\n  </testsuite>\n</testsuites>")?;
        self.output.flush()
    }
}

/// Text in XML, in an element or an attribute: nothing is markup, and nothing is a character that XML does not allow.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            escaped.push('\n');
        }
        for c in harmless(line).chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
                c => escaped.push(c),
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escape("<a b=\"c\">\u{1b}&]]>"), "&lt;a b=&quot;c&quot;&gt;\\u{1b}&amp;]]&gt;");
    }
}
