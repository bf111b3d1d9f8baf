//! `sporhund detectors` and `sporhund policies`: what it knows, as a plain table or as JSON.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::cli::{UsageError, plainly};
use crate::detect::{self, Detectors};
use crate::patterns::Mistake;
use crate::policy::{self, Policies};
use crate::report::harmless;

/// The detectors, a user's own included.
pub fn detectors(user: Option<&Path>, today: Date, json: bool, output: &mut impl Write) -> Result<(), UsageError> {
    let detectors = Detectors::load(user, today)?;
    if json {
        let all = detectors.list().map(|d| {
            json!({
                "id": d.id, "title": d.title, "category": d.category, "sensitivity": d.sensitivity,
                "source": d.source, "on": d.on,
            })
        });
        return lines(output, all);
    }
    let title = |on: bool, title: &str| if on { title.to_owned() } else { format!("{title} (off)") };
    table(output, detectors.list().map(|d| [d.id.to_string(), title(d.on, &d.title), d.source.to_string()]).collect())
}

/// Every mistake of detector files. Returns the exit code: 1 if there is one.
pub fn check_detectors(
    files: &[PathBuf],
    user: Option<&Path>,
    today: Date,
    output: &mut impl Write,
) -> Result<u8, UsageError> {
    told(files, output, |file| Ok(detect::check::check(file, user, today)?))
}

/// The built-in policies.
pub fn policies(json: bool, output: &mut impl Write) -> Result<(), UsageError> {
    let policies = Policies::built_in()?;
    if json {
        let all = policies.iter().map(|p| json!({ "id": p.id, "title": p.title, "source": p.source }));
        return lines(output, all);
    }
    table(output, policies.iter().map(|p| [p.id.to_string(), p.title.to_string(), p.source.to_string()]).collect())
}

/// The rules of policies, and what those wait for that cannot fire; and dispensations that have run out.
pub fn rules(names: &[String], user: Option<&Path>, today: Date, output: &mut impl Write) -> Result<(), UsageError> {
    let policies = Policies::load(names, user, &Detectors::load(user, today)?.categories())?;
    let mut rows = Vec::new();
    for policy in policies.iter() {
        for (rule, waits) in policy.rules() {
            let state = waits.map_or("awake".to_owned(), |fact| format!("asleep, for want of {fact}"));
            rows.push([format!("{}/{}", policy.id, rule.id.get_ref()), rule.severity.word().to_owned(), state]);
        }
        for exemption in &policy.exempt {
            let state = if exemption.until < today { "has run out" } else { "holds" };
            let what = format!("{state}, until {}: {}", exemption.until, exemption.reason);
            rows.push([format!("{}/exempt", policy.id), "-".to_owned(), what]);
        }
    }
    table(output, rows)
}

/// Every mistake of policy files. Returns the exit code: 1 if there is one.
pub fn check(files: &[PathBuf], user: Option<&Path>, today: Date, output: &mut impl Write) -> Result<u8, UsageError> {
    let categories = Detectors::load(user, today)?.categories();
    told(files, output, |file| Ok(policy::check(file, user, &categories)?))
}

/// The mistakes of files, a line each.
fn told(
    files: &[PathBuf],
    output: &mut impl Write,
    check: impl Fn(&Path) -> Result<Vec<Mistake>, UsageError>,
) -> Result<u8, UsageError> {
    let mut lines = Vec::new();
    let mut wrong = false;
    for file in files {
        let mistakes = check(file)?;
        wrong |= !mistakes.is_empty();
        lines.extend(mistakes.iter().map(|mistake| harmless(&mistake.to_string())));
        if mistakes.is_empty() {
            lines.push(harmless(&format!("{}: no mistakes", file.display())));
        }
    }
    written(lines.iter().try_for_each(|line| writeln!(output, "{line}")), output)?;
    Ok(u8::from(wrong))
}

/// The JSON Schema of policy files.
pub fn schema(output: &mut impl Write) -> Result<(), UsageError> {
    written(writeln!(output, "{}", policy::schema()), output)
}

/// An array with an entry on each line.
fn lines(output: &mut impl Write, entries: impl Iterator<Item = Value>) -> Result<(), UsageError> {
    let entries: Vec<_> = entries.map(|entry| format!("  {entry}")).collect();
    written(writeln!(output, "[\n{}\n]", entries.join(",\n")), output)
}

pub(crate) fn table(output: &mut impl Write, rows: Vec<[String; 3]>) -> Result<(), UsageError> {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| console::measure_text_width(cell)).max().unwrap_or(0)
    };
    let (id, title) = (width(0), width(1));
    let rows_written = rows.iter().try_for_each(|[a, b, c]| writeln!(output, "{a:id$}  {b:title$}  {c}"));
    written(rows_written, output)
}

fn written(written: io::Result<()>, output: &mut impl Write) -> Result<(), UsageError> {
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(UsageError(format!("standard output cannot be written: {}", plainly(&error))))
        }
        _ => Ok(()),
    }
}
