//! `sporhund detectors` and `sporhund policies`: what it knows, as a plain table or as JSON.

use std::io::{self, Write};
use std::path::Path;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::cli::UsageError;
use crate::detect::Detectors;
use crate::policy::Policies;

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
    table(output, detectors.list().map(|d| [d.id.to_string(), d.title.to_string(), d.source.to_string()]).collect())
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

/// An array with an entry on each line.
fn lines(output: &mut impl Write, entries: impl Iterator<Item = Value>) -> Result<(), UsageError> {
    let entries: Vec<_> = entries.map(|entry| format!("  {entry}")).collect();
    written(writeln!(output, "[\n{}\n]", entries.join(",\n")), output)
}

fn table(output: &mut impl Write, rows: Vec<[String; 3]>) -> Result<(), UsageError> {
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
            Err(UsageError(format!("standard output cannot be written: {}", error.kind())))
        }
        _ => Ok(()),
    }
}
