//! Between runs: what is allowed, what was known, and what is new, moved and gone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::fs;
use std::path::Path;

use support::{IN_BREACH, KEY, Run, command, sporhund, write};

const NOW: &str = "2026-11-20";

fn keyed(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(command(folder).args(arguments).env("SPORHUND_KEY", KEY).output().unwrap())
}

#[test]
fn a_baseline_survives_moved_lines_and_reformatting() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/a.txt", IN_BREACH);
    assert_eq!(keyed(folder.path(), &["scan", "--now", NOW, "-o", "known.jsonl", "s"]).code, 1);
    let again = ["scan", "--now", NOW, "--baseline", "known.jsonl", "--fail-on", "finding", "s"];
    for text in [
        format!("En overskrift\n\nog mere\n{IN_BREACH}"),
        "Sygemelding for Mette, CPR 0101909992, depression".to_owned(),
        "Sygemelding\nfor Mette,\n\n   CPR 010190 9992, depression\n".to_owned(),
    ] {
        write(folder.path(), "s/a.txt", &text);
        let run = keyed(folder.path(), &again);
        assert_eq!((run.code, run.all("finding")), (0, vec![]), "{text}");
    }
    write(folder.path(), "s/a.txt", format!("{IN_BREACH}\nCPR 020290-2222"));
    let run = keyed(folder.path(), &again);
    assert_eq!((run.code, run.found().len()), (1, 1));
}

#[test]
fn an_allow_list_holds_until_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "s/hr/a.txt", IN_BREACH);
    write(at, "s/it/b.txt", "Ring til CPR 010190-9992");
    let first = keyed(at, &["scan", "--now", NOW, "s"]);
    let print = first.found()[0]["fingerprint"].as_str().unwrap().to_owned();
    assert!(first.all("breach").iter().any(|breach| breach["location"] == "s/hr/a.txt"));
    let entries = format!(
        "[[allow]]\nfingerprint = [\"{print}\"]\nowner = \"anna\"\nreason = \"test number\"\nuntil = \"2026-12-31\"\n\
        [[allow]]\npath = [\"hr/**\"]\nowner = \"hr\"\nreason = \"sick leave\"\nuntil = \"2026-11-20\"\n"
    );
    write(at, "allow.toml", entries);
    let run = keyed(at, &["scan", "--now", NOW, "--allow", "allow.toml", "--fail-on", "finding", "s/hr", "s/it"]);
    assert!(run.found().is_empty() && !run.all("breach").iter().any(|breach| breach["location"] == "s/hr/a.txt"));
    assert_eq!(run.item("s/hr/a.txt")["counts"]["dk.cpr"], 1, "it is there all the same");
    let summary = run.records().pop().unwrap();
    assert_eq!(summary["allowed"]["test number (anna), until 2026-12-31"], 2);
    assert!(summary["allowed"]["sick leave (hr), until 2026-11-20"].as_u64().unwrap() > 0);
    assert_eq!(summary.get("expired"), None);
    let run = keyed(at, &["scan", "--now", "2026-11-21", "--allow", "allow.toml", "s"]);
    assert!(run.all("breach").iter().any(|breach| breach["location"] == "s/hr/a.txt"));
    assert_eq!(run.records().pop().unwrap()["expired"][0], "allow.toml:6: sick leave (hr), until 2026-11-20");
    for (day, told) in [("2026-11-20", "test number (anna)"), ("2026-11-21", "allow.toml:6: sick leave (hr)")] {
        let page = keyed(at, &["scan", "--now", day, "--allow", "allow.toml", "--format", "html", "s"]);
        assert!(page.out.contains(told), "{told}");
    }
    let human = keyed(at, &["scan", "--now", "2026-11-21", "--allow", "allow.toml", "--format", "human", "s"]);
    assert!(human.out.contains("allowed no more: allow.toml:6: sick leave (hr)"), "{}", human.out);
    sporhund(at, &["scan", "--allow", "allow.toml", "s"]).refused("allow.toml:2: fingerprints need their key");
    write(at, "allow.toml", "[[allow]]\npath = [\"x\"]\nowner = \"a\"\nreason = \"b\"\n");
    sporhund(at, &["scan", "--allow", "allow.toml", "s"]).refused("allow.toml:1: missing field `until`");
}

#[test]
fn two_runs_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "s/a.txt", IN_BREACH);
    write(at, "s/b.txt", "CPR 020290-2222");
    write(at, "s/stays.txt", IN_BREACH);
    keyed(at, &["scan", "--now", NOW, "-o", "old.jsonl", "s"]);
    fs::create_dir(at.join("s/x")).unwrap();
    fs::rename(at.join("s/a.txt"), at.join("s/x/a.txt")).unwrap();
    fs::remove_file(at.join("s/b.txt")).unwrap();
    write(at, "s/c.txt", "CPR 030390-3333, 040490-4444");
    keyed(at, &["scan", "--now", NOW, "-o", "new.jsonl", "s"]);
    let run = sporhund(at, &["report", "--compare", "old.jsonl", "new.jsonl", "--format", "jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let changes = run.all("change");
    let told = |how: &str, at: &str| {
        changes.iter().filter(|change| change["change"] == how && change["location"] == at).count()
    };
    assert_eq!(told("new", "s/c.txt"), changes.iter().filter(|change| change["change"] == "new").count());
    assert_eq!(told("gone", "s/b.txt"), changes.iter().filter(|change| change["change"] == "gone").count());
    assert!(told("new", "s/c.txt") >= 2 && told("gone", "s/b.txt") >= 1);
    let moved: Vec<_> = changes.iter().filter(|change| change["change"] == "moved").collect();
    assert!(moved.iter().all(|change| change["from"] == "s/a.txt" && change["location"] == "s/x/a.txt"));
    assert!(moved.iter().any(|change| change["detector"] == "dk.cpr" && change["fingerprint"].is_string()));
    assert!(moved.iter().any(|change| change["rule"].is_string()), "breaches go with their item");
    let summary = run.records().pop().unwrap();
    assert_eq!((&summary["complete"], &summary["changes"]["moved"]), (&true.into(), &moved.len().into()));
    let human = sporhund(at, &["report", "--compare", "old.jsonl", "new.jsonl", "--format", "human"]);
    assert!(human.out.contains("  s/x/a.txt\n    from s/a.txt\n"), "{}", human.out);
    let same = sporhund(at, &["report", "--compare", "new.jsonl", "new.jsonl"]);
    assert_eq!(same.all("change"), [] as [serde_json::Value; 0]);
    sporhund(at, &["report", "--compare", "old.jsonl", "new.jsonl", "-o", "x.csv"]).refused("human or jsonl");
    sporhund(at, &["report", "--compare", "old.jsonl", "new.jsonl", "--place", "s"]).refused("cannot be used with");
    let other = "0".repeat(64);
    let scan = ["scan", "--now", NOW, "-o", "other.jsonl", "s"];
    Run::of(command(at).args(scan).env("SPORHUND_KEY", &other).output().unwrap());
    sporhund(at, &["report", "--compare", "old.jsonl", "other.jsonl"]).refused("two keys made these fingerprints");
    let run = command(at).args(["scan", "--baseline", "old.jsonl", "s"]).env("SPORHUND_KEY", other).output().unwrap();
    Run::of(run).refused("another key made these fingerprints");
    // Without a key: by place and detector.
    for (name, text) in [("old2.jsonl", "CPR 020290-2222"), ("new2.jsonl", "CPR 030390-3333")] {
        write(at, "s2/a.txt", text);
        sporhund(at, &["scan", "--now", NOW, "-o", name, "s2"]);
    }
    assert!(sporhund(at, &["report", "--compare", "old2.jsonl", "new2.jsonl"]).all("change").is_empty());
}

#[test]
fn what_moved_comes_from_where_most_of_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "s/a.txt", "CPR 020290-2222");
    write(at, "s/b.txt", "CPR 020290-2222, mette@firma.dk, tlf. 20 30 40 51");
    keyed(at, &["scan", "--now", NOW, "-o", "old.jsonl", "s"]);
    fs::remove_file(at.join("s/a.txt")).unwrap();
    fs::rename(at.join("s/b.txt"), at.join("s/c.txt")).unwrap();
    keyed(at, &["scan", "--now", NOW, "-o", "new.jsonl", "s"]);
    let changes = sporhund(at, &["report", "--compare", "old.jsonl", "new.jsonl", "--format", "jsonl"]).all("change");
    let moved: Vec<_> = changes.iter().filter(|change| change["change"] == "moved").collect();
    assert!(moved.len() >= 3 && moved.iter().all(|change| change["from"] == "s/b.txt"), "{changes:?}");
    assert!(changes.iter().any(|change| change["change"] == "gone" && change["location"] == "s/a.txt"));
}
