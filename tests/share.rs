//! The sample share, scanned by the program: what was planted is found, what only looks like it is left alone, and the
//! records are those that were checked in.
//!
//! `UPDATE=1 cargo test --test share` writes the expected records anew: read the difference before you commit it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const EXPECTED: &str = "tests/support/share.expected.jsonl";

/// The records of a scan of the share, as it would be on any machine.
fn scan(options: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_sporhund"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TZ", "Europe/Copenhagen")
        .env_remove("SPORHUND_KEY")
        .args(["scan", "tests/share", "--now", "2026-11-20", "--format", "jsonl"])
        .args(options)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Takes out what differs from checkout to checkout: the files' times, owners and modes.
fn portable(mut record: Value) -> Option<Value> {
    if record["rule"] == "readable-by-everyone" {
        return None;
    }
    let fields = record.as_object_mut().unwrap();
    // What a place holds is summed from items that are here themselves, with owners and dates of this machine.
    if fields.get("record").is_some_and(|record| record == "inventory") {
        return None;
    }
    // A document's own date may happen to be its file's.
    for field in ["modified", "file_modified", "owner", "world_readable", "seconds", "idle"] {
        fields.remove(field);
    }
    if let Some(breaches) = fields.get_mut("breaches").and_then(Value::as_object_mut) {
        breaches.remove("readable-by-everyone");
    }
    Some(record)
}

#[test]
fn the_records_are_those_checked_in() {
    let found: Vec<String> =
        scan(&["--explain"]).into_iter().filter_map(portable).map(|record| record.to_string()).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPECTED);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found.join("\n") + "\n").unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let expected: Vec<&str> = expected.lines().collect();
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "record {}", i + 1);
    }
    assert_eq!(found.len(), expected.len());
}

/// Letters and digits: values are compared however they are written.
fn core(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What was planted and is not found yet, with the reason: by detector or by item. Shorten it.
const NOT_YET: &[&str] = &[
    // The table's author thought of .tar.gz as one container; it is two.
    "lejere-1998.tar.gz!/lejere-1998/kartotek.txt",
];

#[test]
fn what_was_planted_is_found() {
    let records = scan(&["--show-values"]);
    let mut findings: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
    let mut items: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut paths: BTreeMap<&str, &str> = BTreeMap::new();
    let mut since: BTreeMap<&str, &str> = BTreeMap::new();
    for record in &records {
        let location = record["location"].as_str().unwrap_or_default();
        match record["record"].as_str().unwrap() {
            "finding" => {
                let found = (record["detector"].as_str().unwrap(), core(record["value"].as_str().unwrap()));
                findings.entry(location).or_default().push(found);
            }
            "item" => {
                assert!(items.insert(location, record).is_none(), "two items {location}");
                if let Some(path) = record["path"].as_str() {
                    paths.insert(path, location);
                }
            }
            "breach" if record["rule"] == "mail-standard-folder-age" => {
                since.insert(location, record["since"].as_str().unwrap());
            }
            _ => {}
        }
    }
    let (mut rows, mut wrong) = (0, BTreeSet::new());
    for row in include_str!("support/share.tsv").lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [path, detector, value, ..] = cells[..] else { panic!("{row}") };
        if NOT_YET.iter().any(|later| path.contains(later)) {
            continue;
        }
        rows += 1;
        let path = format!("tests/share/{path}");
        let (file, inside) =
            path.split_once("!/").map_or((path.as_str(), String::new()), |(f, i)| (f, format!("!/{i}")));
        let location = paths.get(file).map_or(path.clone(), |location| format!("{location}{inside}"));
        let Some(item) = items.get(location.as_str()) else {
            wrong.insert(format!("no item {location}"));
            continue;
        };
        let of_item = findings.get(location.as_str()).map(Vec::as_slice).unwrap_or_default();
        let field = |name: &str| item[name].as_str().unwrap_or("unknown").to_owned();
        let holds = match detector {
            "@role" => field("role") == value,
            "@folder" => field("folder") == value,
            "@since" => since.get(location.as_str()).copied().unwrap_or("none") == value,
            "@received" if value == "unknown" => field("received") == value,
            // A day in Copenhagen.
            "@received" => {
                let at: jiff::Timestamp = field("received").parse().unwrap();
                at.in_tz("Europe/Copenhagen").unwrap().date().to_string() == value
            }
            "@protection" => match value {
                "company-confidential" => field("protection") == "confidential",
                "smime" => field("protection") == "encrypted",
                _ => field("protection").replace("unknown", "none") == value,
            },
            "@status" => {
                let (status, reason) = value.split_once(' ').unwrap_or((value, ""));
                let read = item["status"] == status || status == "not-failed" && item["status"] == "scanned";
                read || item["reason"] == reason
            }
            not if not.starts_with('!') => {
                let not = &not[1..];
                let same =
                    |found: &str| found == not || not.strip_suffix('*').is_some_and(|begin| found.starts_with(begin));
                !of_item.iter().any(|(found, seen)| same(found) && (value == "*" || *seen == core(value)))
            }
            _ => of_item
                .iter()
                .any(|(found, seen)| *found == detector && (*seen == core(value) || seen.contains(&core(value)))),
        };
        if !holds {
            wrong.insert(format!("{detector} {value} in {location}"));
        }
    }
    assert!(rows > 700, "only {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn no_planted_value_is_shown() {
    let records: String = scan(&["--explain"])
        .iter()
        .map(|record| {
            // Where a file lies is told as it is: names of files and folders are not masked.
            let mut record = record.clone();
            let fields = record.as_object_mut().unwrap();
            fields.remove("location");
            fields.remove("path");
            record.to_string()
        })
        .collect();
    for row in include_str!("support/share.tsv").lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let personal = |detector: &str| {
            !detector.starts_with(['!', '@'])
                && !detector.starts_with("keyword")
                && detector != "address"
                && detector != "plate"
        };
        if personal(cells[1]) {
            assert!(!records.contains(cells[2]), "{} {} stands in the records", cells[1], cells[2]);
        }
    }
}
