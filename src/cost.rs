//! `sporhund detectors --cost`: what each detector costs, a user's own above all.
//!
//! In: a text, or what the detectors' own examples make. Out: for each detector how much faster the text is read
//! without it. Words that only hang in the tables all detectors share cost nothing by themselves.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::civil::Date;

use crate::cli::UsageError;
use crate::detect::{Detectors, Labels};
use crate::extract::{Place, Text};
use crate::list::table;
use crate::patterns;

/// The best of so many runs counts: whatever else the machine does makes none faster.
const RUNS: usize = 7;
/// Bytes of the sample, most of them prose.
const SAMPLE: usize = 192 << 10;

/// Measures, and prints a table, the dearest first.
pub fn cost(file: Option<&Path>, user: Option<&Path>, today: Date, output: &mut impl Write) -> Result<(), UsageError> {
    let text = match file {
        Some(file) => {
            let bytes = std::fs::read(file)
                .map_err(|error| UsageError(format!("{} cannot be read: {}", file.display(), error.kind())))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.get(..text.floor_char_boundary(4 * SAMPLE)).unwrap_or_default().to_owned()
        }
        None => sample(user)?,
    };
    let built_in: BTreeSet<String> = Detectors::load(None, today)?.list().map(|d| d.id.to_string()).collect();
    let mut detectors = Detectors::load(user, today)?;
    let ids: Vec<String> = detectors.list().filter(|d| d.on).map(|d| d.id.to_string()).collect();
    time(&detectors, &text); // fills the tables
    let all = (0..RUNS).map(|_| time(&detectors, &text)).min().unwrap_or_default();
    let megabyte = |time: Duration| time.as_secs_f64() * 1e3 / (text.len().max(1) as f64 / 1e6);
    let mut costs = Vec::new();
    for id in ids {
        let (mut with, mut without) = (Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            detectors.select(&[], std::slice::from_ref(&id)).map_err(UsageError)?;
            without = without.min(time(&detectors, &text));
            detectors.switch_on(|other| other == id);
            with = with.min(time(&detectors, &text));
        }
        costs.push((with.saturating_sub(without), id));
    }
    costs.sort_by(|a, b| b.cmp(a));
    let row = |id: String, time: Duration| {
        let share = 100.0 * time.as_secs_f64() / all.as_secs_f64().max(1e-9);
        let yours = if id == ALL || built_in.contains(&id) { "" } else { "  yours" };
        [id, format!("{:9.2} ms/MB", megabyte(time)), format!("{share:4.0} %{yours}")]
    };
    let rows = costs.into_iter().map(|(time, id)| row(id, time));
    table(output, std::iter::once(row(ALL.to_owned(), all)).chain(rows).collect())
}

/// What the first line is called.
const ALL: &str = "all together";

/// A text in which every detector has something to look at: the examples of all, and the prose of the policies.
fn sample(user: Option<&Path>) -> Result<String, UsageError> {
    let files = patterns::files("detectors", "toml", user)?;
    let mut text: String = Detectors::examples(&files)?.into_iter().map(|example| example.text + "\n").collect();
    let policies = patterns::files("policies", "toml", None)?;
    for policy in policies.iter().cycle().take(10_000) {
        if text.len() > SAMPLE {
            break;
        }
        text.push_str(&policy.text);
    }
    Ok(text)
}

/// How long it takes to find what there is.
fn time(detectors: &Detectors, text: &str) -> Duration {
    let begin = Instant::now();
    let text = Text { str: text, own: 0..text.len(), place: &|_| Place::default(), cells: &|_, _, _| (), rows: false };
    detectors.find(&text, &Labels::default(), false, None, &mut |_| ());
    begin.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_is_tried_everywhere_is_dear() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("detectors")).unwrap();
        let own = "[[detector]]\nid = \"own.slow\"\ntitle = \"Ours\"\ncategory = \"personal\"\nsensitivity = \"ordinary\"\n\
            source = \"our handbook\"\npattern = '[a-zæøå]{2,12} [a-zæøå]{2,12}'\n\
            confidence = { plausible = 0.5 }\nmatch = [\"det er\"]\n";
        std::fs::write(folder.path().join("detectors/own.toml"), own).unwrap();
        let text = folder.path().join("text");
        std::fs::write(&text, "hun skrev en lang og kedelig sag om det hele uden at blive færdig\n".repeat(200))
            .unwrap();
        let mut told = Vec::new();
        cost(Some(&text), Some(folder.path()), jiff::civil::date(2026, 11, 20), &mut told).unwrap();
        let told = String::from_utf8(told).unwrap();
        // On a busy machine another may seem dearer.
        let own = told.lines().find(|line| line.starts_with("own.slow ")).unwrap();
        let share: u32 = own.split_whitespace().nth(3).unwrap().parse().unwrap();
        assert!(own.ends_with("yours") && share > 20, "{told}");
    }
}
