//! `sporhund detectors` and `sporhund policies`: what it knows, as a plain table.

use std::io::{self, Write};
use std::path::Path;

use jiff::civil::Date;

use crate::cli::UsageError;
use crate::detect::Detectors;
use crate::policy::Policies;

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

fn table(output: &mut impl Write, rows: Vec<[String; 3]>) -> Result<(), UsageError> {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| console::measure_text_width(cell)).max().unwrap_or(0)
    };
    let (id, title) = (width(0), width(1));
    let written: io::Result<()> = rows.iter().try_for_each(|[a, b, c]| writeln!(output, "{a:id$}  {b:title$}  {c}"));
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(UsageError(format!("standard output cannot be written: {}", error.kind())))
        }
        _ => Ok(()),
    }
}
