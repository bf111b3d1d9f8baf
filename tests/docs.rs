//! The README leaves nothing out: every option of `scan`, every reason, every detector that reports by default.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use sporhund::item::Reason;

const README: &str = include_str!("../README.md");

/// The words that the README sets as code.
fn told(word: &str) -> bool {
    README.match_indices(word).any(|(at, _)| {
        let before = README[..at].chars().next_back();
        let after = README[at + word.len()..].chars().next();
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_');
        ends(before) && ends(after)
    })
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
