//! What pattern files say of themselves holds: every `match` and `no_match` of a detector.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;
mod support;

use std::sync::Arc;

use sporhund::detect::Detectors;
use support::{records, sporhund, write};

#[test]
fn every_example_of_every_detector_holds() {
    let mut ctx = common::context(0.5);
    Arc::get_mut(&mut ctx.detectors).unwrap().select(&["*".to_owned()], &[]).unwrap();
    let mut wrong = Vec::new();
    for example in Detectors::examples(&sporhund::patterns::files("detectors", "toml", None).unwrap()).unwrap() {
        let findings = common::named("test", example.text.as_bytes(), &ctx);
        let found = findings.iter().any(|f| f.detector == example.detector);
        if found != example.found {
            let seen: Vec<_> =
                findings.iter().map(|f| format!("{} {} {:?} {:?}", f.detector, f.confidence, f.shown, f.why)).collect();
            wrong.push(format!(
                "{}: {:?} should be {}; found {seen:?}",
                example.detector,
                example.text,
                if example.found { "found" } else { "left alone" }
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_folder_of_ones_own_adds_to_every_list() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "Hun bor Rævekløften 7.\n\nZyxwina Olesbro ringede.\n\nAnna Berg Zalon åbner.\n\nLars Holm er fnidderramt.\n";
    write(folder.path(), "s/a.txt", text);
    let found = || -> Vec<String> {
        let run = sporhund(folder.path(), &["scan", "--show-values", "--patterns", "own", "s"]);
        assert_eq!(run.err, "");
        let findings = records(&run.out).into_iter().filter(|record| record["record"] == "finding");
        findings.map(|f| f["value"].as_str().unwrap().to_owned()).collect()
    };
    std::fs::create_dir(folder.path().join("own")).unwrap();
    assert_eq!(found(), ["Anna Berg Zalon", "Lars Holm"]);
    write(folder.path(), "own/streets.toml", "endings = [\"kløften\"]\n");
    write(folder.path(), "own/names/shapes.toml", "no_person = [\"zalon\"]\n");
    write(folder.path(), "own/names/given-own.txt", "Zyxwina\n");
    let keywords = "id = \"keyword.own\"\ntitle = \"Own\"\ncategory = \"health\"\nsensitivity = \"special\"\n\
        source = \"test\"\n[da]\nstrong = [\"fnidderramt\"]\n";
    write(folder.path(), "own/keywords/own.toml", keywords);
    assert_eq!(found(), ["Rævekløften 7", "Zyxwina Olesbro", "Lars Holm", "fnidderramt"]);
}

#[test]
fn a_list_that_nothing_asks_for_is_a_mistake() {
    for (file, text, wrong) in [
        ("streets.toml", "first = [\"x\"]\nendnings = [\"sti\"]\n", "streets.toml:2: no list is called `endnings`"),
        ("names/shapes.toml", "families = [\"sti\"]\n", "shapes.toml:1: no list is called `families`"),
        ("names/mine.txt", "Zyxwina\n", "mine.txt: no list of names is called so"),
        ("names/roles.txt", "kiosk\n", "roles.txt: no list of names is called so"),
        ("names/people.toml", "da = [\"hun\"]\n", "people.toml: no list of names is called so"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &format!("own/{file}"), text);
        let run = sporhund(folder.path(), &["scan", "--patterns", "own", "own"]);
        assert!(run.err.contains(wrong) && run.err.lines().count() == 1, "{}", run.err);
        assert_eq!((run.out.as_str(), run.code), ("", 2), "{file}");
    }
}
