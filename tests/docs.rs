//! The README leaves nothing out: every option of `scan`, every reason, every detector that reports by default.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use sporhund::item::Reason;

const README: &str = include_str!("../README.md");

/// The README sets it as code, by itself or within.
fn told(word: &str) -> bool {
    let code =
        README.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2));
    let mut words = code.flat_map(|code| code.split([' ', '=', '[', ']', '|', ',']));
    words.any(|code| code == word)
}

#[test]
fn every_option_of_scan_is_told() {
    let help = Command::new(env!("CARGO_BIN_EXE_sporhund")).args(["scan", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let options: BTreeSet<&str> = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .flat_map(|line| line.split([' ', ',']).filter(|word| word.starts_with("--")))
        .filter(|option| !matches!(*option, "--help" | "--version"))
        .collect();
    assert!(options.len() > 15, "{options:?}");
    let missing: Vec<&&str> = options.iter().filter(|option| !told(option)).collect();
    assert!(missing.is_empty(), "the README does not tell of {missing:?}");
}

#[test]
fn every_reason_is_told() {
    for reason in Reason::ALL {
        assert!(told(reason.word()), "the README does not tell of `{}`", reason.word());
    }
}

#[test]
fn every_detector_is_told() {
    let ctx = common::context(0.5);
    for detector in ctx.detectors.list().filter(|detector| detector.on && detector.report) {
        assert!(told(&detector.id), "the README does not tell of `{}`", detector.id);
    }
}
