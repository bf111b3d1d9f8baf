//! Policies as the program applies them: to mail and files, by the records that come out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Run, sporhund, write};
use tempfile::TempDir;

const OWN: &str = r#"
extends = "ikano-bolig"
exempt  = [
    { path = ["undtaget/**"], rule = ["id-outside-case-system"], reason = "aftale 7", until = "2026-11-20" },
    { path = ["udløbet/**"], reason = "aftale 1", until = "2026-11-19" },
]
[notify]
contact = "dpo@example.dk"
[organisation]
domains      = ["example.dk"]
case_systems = ["ESDH/**"]
restricted   = ["share/sag 7/**"]
[[place]]
path       = ["share/gammelt/**"]
keep       = "1 year from path_date"
keep_until = "2027-01-01"
reason     = "bogføringsloven § 12"
[[rule]]
id       = "many"
when     = { persons = 3 }
severity = "low"
message  = "mange"
[[rule]]
id       = "marked"
when     = { mark = ["restricted"], detector = ["*"] }
severity = "low"
message  = "begrænset"
"#;

fn share() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "own.toml", OWN);
    folder
}

fn judged(folder: &Path, options: &[&str]) -> Run {
    let fixed = ["scan", "--policy", "own.toml", "--now", "2026-11-20", "--format", "jsonl", "--fail-on", "never"];
    let run = sporhund(folder, &[&fixed, options].concat());
    assert_eq!(run.err, "");
    run
}

/// The rules that an item breaks.
fn broken(run: &Run, location: &str) -> Vec<String> {
    let of = |breach: &Value| breach["location"].as_str().unwrap() == location;
    run.all("breach").iter().filter(|b| of(b)).map(|b| b["rule"].as_str().unwrap().to_owned()).collect()
}

fn mail(folder: &Path, name: &str, from: &str, to: &str, body: &str) {
    let head = format!("From: {from}\nTo: {to}\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <1@x>\nSubject: Hej\n");
    write(folder, name, format!("{head}Content-Type: text/plain; charset=utf-8\n\n{body}\n"));
}

#[test]
fn a_mail_that_mentions_others() {
    let share = share();
    let at = share.path();
    let (anna, bo) = ("Anna Hansen <ah@example.dk>", "bo.jensen@example.dk");
    mail(at, "m/own.eml", anna, bo, "Kære Bo Jensen\n\nVi ses. Skriv til bo.jensen@example.dk\n\nHilsen Anna Hansen");
    mail(at, "m/name.eml", anna, bo, "Kære Bo\n\nKirsten Nielsen har ringet.\n\nHilsen Anna Hansen");
    mail(at, "m/id.eml", anna, bo, "CPR-nummer: 010190-9992");
    mail(at, "m/address.eml", anna, bo, "Skriv til kirsten.nielsen@firma.dk");
    let run = judged(at, &["m"]);
    let third = |name: &str| broken(&run, name).iter().any(|rule| rule == "mail-third-party");
    assert!(!third("m/own.eml"), "{}", run.out);
    for name in ["m/name.eml", "m/id.eml", "m/address.eml"] {
        assert!(third(name), "{name}: {}", run.out);
    }
}

#[test]
fn what_is_private_is_counted_and_not_shown() {
    let share = share();
    let text = "CPR-nummer: 010190-9992 anna.hansen@firma.dk";
    write(share.path(), "s/Privat/a.txt", text);
    write(share.path(), "s/privat.txt", text);
    write(share.path(), "s/a.txt", text);
    let run = judged(share.path(), &["--show-values", "s"]);
    for (location, marks) in [("s/Privat/a.txt", 1), ("s/privat.txt", 1), ("s/a.txt", 0)] {
        let item = run.item(location);
        assert_eq!(item["marks"].as_array().map_or(0, Vec::len), marks, "{location}");
        assert_eq!(item["counts"]["dk.cpr"], 1);
        for finding in run.all("finding").iter().filter(|f| f["location"] == location) {
            let shown = !finding["context"].as_str().unwrap().is_empty() || finding["value"].is_string();
            assert_eq!(shown, marks == 0, "{finding}");
            assert_eq!(finding["masked"].as_str().unwrap().starts_with('a'), marks == 0 && finding["detector"] == "email");
        }
    }
    let asked = judged(share.path(), &["--show-values", "--show-private", "s"]);
    assert!(asked.all("finding").iter().all(|f| f["value"].is_string()), "{}", asked.out);
}

#[test]
fn dispensations_hold_until_their_day_and_are_told() {
    let share = share();
    for folder in ["undtaget", "udløbet"] {
        write(share.path(), &format!("s/{folder}/a.txt"), "CPR-nummer: 010190-9992");
    }
    write(share.path(), "share/gammelt/2020/a.txt", "x");
    let run = judged(share.path(), &["s", "share"]);
    assert!(!broken(&run, "s/undtaget/a.txt").contains(&"id-outside-case-system".to_owned()));
    assert!(broken(&run, "s/udløbet/a.txt").contains(&"id-outside-case-system".to_owned()));
    assert_eq!(broken(&run, "share/gammelt/2020/a.txt"), [""; 0]);
    let exempt = &run.all("summary")[0]["exempt"];
    assert_eq!(exempt["id-outside-case-system, aftale 7, until 2026-11-20"], 1, "{exempt}");
    assert_eq!(exempt["retention-expired, bogføringsloven § 12, until 2027-01-01"], 1, "{exempt}");
    let later = sporhund(
        share.path(),
        &["scan", "--policy", "own.toml", "--now", "2027-01-02", "--format", "jsonl", "s", "share"],
    );
    assert!(broken(&later, "s/undtaget/a.txt").contains(&"id-outside-case-system".to_owned()));
    assert_eq!(broken(&later, "share/gammelt/2020/a.txt"), ["retention-expired"]);
}

#[test]
fn critical_breaches_say_whom_to_tell() {
    let share = share();
    mail(share.path(), "m/a.eml", "anna@example.dk", "x@firma.us", "CPR-nummer: 010190-9992");
    let run = judged(share.path(), &["m"]);
    let breaches = run.all("breach");
    let critical: Vec<_> = breaches.iter().filter(|b| b["severity"] == "critical").collect();
    assert_eq!(critical.len(), 1);
    assert!(critical[0]["message"].as_str().unwrap().ends_with(". Meld det straks til dpo@example.dk"));
    assert!(critical[0]["message_en"].as_str().unwrap().ends_with(". Report it at once to dpo@example.dk"));
    assert!(breaches.iter().filter(|b| b["severity"] != "critical").all(|b| !b.to_string().contains("dpo@")));
}

#[test]
fn persons_are_counted_and_restricted_places_marked() {
    let share = share();
    let ids = ["010190-9992", "020280-1113", "030370-1115"];
    write(share.path(), "s/two.txt", format!("CPR {}\nCPR {0}\nCPR {}\n", ids[0], ids[1]));
    write(share.path(), "s/mail.txt", "a.b@firma.dk\nc.d@firma.dk\ne.f@firma.dk\n");
    write(share.path(), "share/sag 7/a.txt", "a.b@firma.dk");
    let run = judged(share.path(), &["s", "share"]);
    assert!(!broken(&run, "s/two.txt").contains(&"many".to_owned()));
    assert!(broken(&run, "s/mail.txt").contains(&"many".to_owned()), "{}", run.out);
    assert!(broken(&run, "share/sag 7/a.txt").contains(&"marked".to_owned()));
    assert_eq!(run.item("share/sag 7/a.txt")["marks"][0], "restricted");
}
