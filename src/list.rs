//! `sporhund detectors` and `sporhund policies`: what it knows, as a plain table.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::cli::UsageError;
use crate::detect::Detectors;
use crate::policy::{self, Policies};
use crate::report::harmless;

/// The detectors, a user's own included.
pub fn detectors(user: Option<&Path>, today: Date, output: &mut impl Write) -> Result<(), UsageError> {
    let detectors = Detectors::load(user, today)?;
    table(output, detectors.list().map(|d| [d.id.to_string(), d.title.to_string(), d.source.to_string()]).collect())
}

/// The built-in policies.
pub fn policies(output: &mut impl Write) -> Result<(), UsageError> {
    let policies = Policies::built_in()?;
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
    let mut lines = Vec::new();
    let mut wrong = false;
    for file in files {
        let mistakes = policy::check(file, user, &categories)?;
        wrong |= !mistakes.is_empty();
        lines.extend(mistakes.iter().map(|mistake| harmless(&mistake.to_string())));
        if mistakes.is_empty() {
            lines.push(harmless(&format!("{}: no mistakes", file.display())));
        }
    }
    told(lines.iter().try_for_each(|line| writeln!(output, "{line}")).and_then(|()| output.flush()))?;
    Ok(u8::from(wrong))
}

/// The JSON Schema of policy files.
pub fn schema(output: &mut impl Write) -> Result<(), UsageError> {
    told(writeln!(output, "{}", policy::schema()).and_then(|()| output.flush()))
}

fn table(output: &mut impl Write, rows: Vec<[String; 3]>) -> Result<(), UsageError> {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| console::measure_text_width(cell)).max().unwrap_or(0)
    };
    let (id, title) = (width(0), width(1));
    let written: io::Result<()> = rows.iter().try_for_each(|[a, b, c]| writeln!(output, "{a:id$}  {b:title$}  {c}"));
    told(written.and_then(|()| output.flush()))
}

/// Nobody reading any more is no mistake.
fn told(written: io::Result<()>) -> Result<(), UsageError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(UsageError(format!("standard output cannot be written: {}", error.kind())))
        }
        _ => Ok(()),
    }
}
