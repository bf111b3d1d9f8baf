//! The README says what is so: its `$ sporhund` blocks print what they show.
//!
//! `UPDATE=1 cargo test --test readme` writes the output into the README, shortened: `…` stands for any lines.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

use std::process::Command;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
/// Lines of output that the README shows from the beginning and from the end.
const SHOWN: (usize, usize) = (38, 14);

/// What a command of the README prints, as wide as the README shows it.
fn output(command: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_sporhund"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TZ", "Europe/Copenhagen")
        .env("COLUMNS", "100")
        .args(command.split_whitespace().skip(1))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // Times differ, and so does who may read a checkout.
    text.lines().filter(|line| !line.contains(" in 0.") && !line.contains("B/s")).map(str::to_owned).collect()
}

/// The shown lines stand in the output, in their order; where there is no `…`, one right after the other.
fn shows(shown: &[&str], printed: &[String]) -> Result<(), String> {
    let mut rest = printed.iter();
    let mut gap = false;
    for line in shown {
        if *line == "…" {
            gap = true;
            continue;
        }
        let found = if gap { rest.any(|p| p == line) } else { rest.next().is_some_and(|p| p == line) };
        if !found {
            return Err(format!("not printed: {line:?}"));
        }
        gap = false;
    }
    if gap || rest.next().is_none() { Ok(()) } else { Err("more is printed than shown".to_owned()) }
}

#[test]
fn every_block_prints_what_it_shows() {
    let readme = std::fs::read_to_string(README).unwrap();
    let mut updated = String::new();
    let mut blocks = 0;
    let mut parts = readme.split("```console\n$ sporhund");
    updated.push_str(parts.next().unwrap());
    for part in parts {
        blocks += 1;
        let (block, behind) = part.split_once("\n```").unwrap();
        let (arguments, shown) = block.split_once('\n').unwrap_or((block, ""));
        let printed = output(&format!("sporhund{arguments}"));
        if std::env::var_os("UPDATE").is_some() {
            let (first, last) = SHOWN;
            let shown: Vec<&str> = if printed.len() <= first + last {
                printed.iter().map(String::as_str).collect()
            } else {
                let all = || printed.iter().map(String::as_str);
                all().take(first).chain(["…"]).chain(all().skip(printed.len() - last)).collect()
            };
            updated.push_str(&format!("```console\n$ sporhund{arguments}\n{}\n```{behind}", shown.join("\n")));
        } else if let Err(wrong) = shows(&shown.lines().collect::<Vec<_>>(), &printed) {
            panic!("sporhund{arguments}: {wrong}\nUPDATE=1 cargo test --test readme writes it anew");
        }
    }
    assert!(blocks > 0);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(README, updated).unwrap();
    }
}
