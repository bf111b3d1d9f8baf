//! Every mistake of a detector file at once, for `sporhund detectors --check`.
//!
//! In: a file of somebody's own. Out: its mistakes, in the order of its lines: what cannot be read, what would cost too
//! much, and the examples that do not hold, run as a scan would run them beside all other detectors.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::budget::Limits;
use crate::detect::Detectors;
use crate::detect::detector::{Declared, File};
use crate::job::{Input, Job};
use crate::patterns::{self, Mistake, Source};
use crate::policy::{self, Policies};
use crate::record::Record;
use crate::scan::{Context, scan};

/// Findings count from this confidence on, as they do in a scan unless told otherwise.
const REPORTED: f64 = 0.5;
/// Mistakes of one entry that are looked for.
const MOST: usize = 20;

/// All mistakes of a detector file. An error: it cannot be read at all.
pub fn check(path: &Path, user: Option<&Path>, today: Date) -> Result<Vec<Mistake>, Mistake> {
    let source = Source::read(path)?;
    let mut mistakes = Vec::new();
    let mut declared: Vec<Declared> = Vec::new();
    let mut against = Vec::new();
    for part in parts(&source) {
        if let Some(file) = lenient(&part, &mut mistakes) {
            against.extend(file.against);
            declared.extend(file.detectors);
        }
    }
    if declared.is_empty() && mistakes.is_empty() {
        mistakes.push(source.mistake("", "it declares no detector: begin one with `[[detector]]`"));
    }
    for detector in &declared {
        mistakes.extend(detector.mistakes(&source));
        if detector.examples().filter(|example| example.found).count() == 0 && !detector.explains() {
            mistakes.push(source.mistake(&detector.quoted(), "give it a `match`: a text in which it finds something"));
        }
    }
    if mistakes.is_empty() {
        mistakes = together(&source, path, user, today)?;
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes.dedup();
    Ok(mistakes)
}

/// The file's head and each of its entries by itself, every line where it stood: one entry's mistake hides no other's.
fn parts(source: &Source) -> Vec<Source> {
    let begins = |line: &str| line.trim() == "[[detector]]";
    let entries = source.text.lines().filter(|line| begins(line)).count();
    let part = |wanted: usize| {
        let mut entry = 0;
        let mut text = String::with_capacity(source.text.len());
        for line in source.text.lines() {
            entry += usize::from(begins(line));
            text.push_str(if entry == wanted { line } else { "" });
            text.push('\n');
        }
        Source { file: source.file.clone(), text: text.into() }
    };
    (0..=entries).map(part).collect()
}

/// Parses a part. Behind a line with a mistake it goes on without that line.
fn lenient(part: &Source, mistakes: &mut Vec<Mistake>) -> Option<File> {
    let mut part = part.clone();
    for _ in 0..MOST {
        match part.parse::<File>() {
            Ok(file) => return Some(file),
            Err(mistake) => {
                let line = mistake.line;
                let again = mistakes.last().is_some_and(|last| last.line == line);
                if !again {
                    let message = policy::explain(&mistake.message);
                    mistakes.push(Mistake { message, ..mistake });
                }
                // A missing key is told at the entry's first line: nothing behind it can be believed.
                let number = line.filter(|_| !again)?;
                let wrong = part.text.lines().nth(number - 1)?;
                if !wrong.contains('=') {
                    return None;
                }
                let text: String = part
                    .text
                    .lines()
                    .enumerate()
                    .map(|(i, l)| if i + 1 == number { "\n".to_owned() } else { format!("{l}\n") })
                    .collect();
                part.text = text.into();
            }
        }
    }
    None
}

/// What shows only beside all other detectors: an id taken already, and examples that do not hold.
fn together(source: &Source, path: &Path, user: Option<&Path>, today: Date) -> Result<Vec<Mistake>, Mistake> {
    let same = |other: &Source| path.ends_with(&other.file) || other.text == source.text;
    let mut files = patterns::files("detectors", "toml", user)?;
    files.retain(|other| !same(other));
    files.push(source.clone());
    let mut detectors = match Detectors::of(&files, user, today) {
        Ok(detectors) => detectors,
        Err(mistake) => return Ok(vec![mistake]),
    };
    // Those of the file are tried even if they are off.
    let examples = Detectors::examples(std::slice::from_ref(source))?;
    detectors.switch_on(|id| examples.iter().any(|example| example.detector == id));
    let ctx = context(detectors, today);
    let mut mistakes = Vec::new();
    for example in examples {
        let mut found = false;
        let job = Job::new("example".to_owned(), Input::Bytes(example.text.clone().into_bytes()));
        scan(job, &ctx, &mut |record| {
            found |= matches!(record, Record::Finding(finding) if *finding.detector == *example.detector);
        });
        if found != example.found {
            let told = if found { "something is found in it" } else { "nothing is found in it" };
            let message = format!("detector `{}`: this example does not hold: {told}", example.detector);
            mistakes.push(source.mistake(&example.written, message));
        }
    }
    Ok(mistakes)
}

fn context(detectors: Detectors, today: Date) -> Context {
    Context {
        detectors: detectors.into(),
        policies: Policies::default(),
        limits: Limits::default(),
        now: today.to_zoned(TimeZone::UTC).unwrap_or_default(),
        min_confidence: REPORTED,
        key: None,
        reveal: false,
        show_private: true,
        person: None,
        explain: false,
        lines: false,
        facts: false,
        ocr: None,
        stop: Arc::new(AtomicBool::new(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, text).unwrap();
        let found = check(&path, None, jiff::civil::date(2026, 11, 20)).unwrap();
        found.iter().map(|m| format!("{}: {}", m.line.unwrap_or(0), m.message)).collect()
    }

    const GOOD: &str = "[[detector]]\nid = \"own.nr\"\ntitle = \"Ours\"\ncategory = \"personal\"\nsensitivity = \"ordinary\"\n\
        source = \"our handbook\"\nlabelled = true\nconfidence = { plausible = 0.3 }\nnear = [\"ournr\"]\nmatch = [\"ournr 12345-67\"]\nno_match = [\"12345-67\"]\n\
        [detector.forms]\n\"#####-##\" = 0.0\n";

    #[test]
    fn the_files_of_the_program_have_no_mistakes() {
        for source in crate::patterns::files("detectors", "toml", None).unwrap() {
            let file: File = source.parse().unwrap();
            for detector in &file.detectors {
                assert_eq!(detector.mistakes(&source), [], "{}", source.file);
            }
        }
    }

    #[test]
    fn a_good_file_has_no_mistakes() {
        assert_eq!(mistakes(GOOD), Vec::<String>::new());
    }

    #[test]
    fn mistakes_of_all_entries_are_told_at_once() {
        let text = format!(
            "{}\n{}",
            GOOD.replace("labelled = true", "labeled = true\nrepport = false"),
            GOOD.replace("own.nr", "own.two").replace("#####-##", "#####~##")
        );
        let told = mistakes(&text);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("7: there is no key `labeled`"), "{told:?}");
        assert!(told[1].starts_with("8: ") && told[2].contains("neither `#`"), "{told:?}");
    }

    #[test]
    fn an_example_that_does_not_hold_is_told_at_its_line() {
        let told = mistakes(&GOOD.replace("no_match = [\"12345-67\"]", "no_match = [\"ournr 76543-21\"]"));
        assert_eq!(told, ["11: detector `own.nr`: this example does not hold: something is found in it"]);
        let taken = mistakes(&GOOD.replace("own.nr", "dk.cpr"));
        assert!(taken[0].contains("declared in"), "{taken:?}");
    }

    #[test]
    fn what_would_make_a_scan_explode_is_refused() {
        let pattern = |p: &str, more: &str| {
            GOOD.replace("[detector.forms]\n\"#####-##\" = 0.0\n", &format!("pattern = '{p}'\n{more}\n"))
        };
        for (text, why) in [
            (pattern(r"((\w{1,200}){1,200}){1,200}x", ""), "does not compile"),
            (pattern("(a|)*", ""), "nothing at all"),
            (pattern(r"o\d+", "anchors = [\"o\"]"), "everywhere"),
            (GOOD.replace("#####-##", "#{1,32} #{1,32} #{1,32}"), "1000 shapes"),
        ] {
            let told = mistakes(&text);
            assert!(told.iter().any(|m| m.contains(why)), "{why}: {told:?}");
        }
    }

    #[test]
    fn patterns_take_time_in_proportion_to_the_text() {
        // Exponential where patterns backtrack.
        let text = GOOD.replace("[detector.forms]\n\"#####-##\" = 0.0\n", "pattern = '(?:x+x+)+y'\n");
        let source = Source { file: "own.toml".to_owned(), text: text.into() };
        let detectors = Detectors::of(&[source], None, jiff::civil::date(2026, 11, 20)).unwrap();
        let ctx = context(detectors, jiff::civil::date(2026, 11, 20));
        let begin = std::time::Instant::now();
        scan(Job::new("x".to_owned(), Input::Bytes(vec![b'x'; 200_000])), &ctx, &mut |_| {});
        assert!(begin.elapsed().as_secs() < 1200, "{:?}", begin.elapsed());
    }
}
