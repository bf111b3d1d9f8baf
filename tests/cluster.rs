//! What a cluster needs of the program, without one: listings, shares, workers that survive their items, and reports
//! made of what these wrote. With one: tests/spark.sh.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use support::{IN_BREACH, Run, command, records, sporhund, write};
use tempfile::TempDir;

const MAIL: &str = "From: a@example.dk\nTo: b@example.dk\nDate: Mon, 04 Mar 2024 10:00:00 +0100\n\nCPR 010190-9992\n";

/// Files, a Maildir, a mail without a date, and in the midst one that aborts its worker.
fn share() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..20 {
        write(folder.path(), &format!("s/hr/løn {n}.txt"), IN_BREACH);
    }
    write(folder.path(), "s/hr/løn 10b.txt", format!("sporhund-fault: abort\n{IN_BREACH}"));
    write(folder.path(), "s/mail/cur/1700000000.M1P1.host:2,S", MAIL);
    write(folder.path(), "s/mail/.Sendt post/cur/1700000001.M1P1.host:2,S", MAIL);
    ["s/mail/new", "s/mail/tmp"].iter().for_each(|empty| fs::create_dir(folder.path().join(empty)).unwrap());
    write(folder.path(), "s/x.bin", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    folder
}

fn sorted(lines: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    lines
}

fn listing(folder: &Path, more: &[&str]) -> String {
    let run = sporhund(folder, &[&["scan", "--list-only", "s"], more].concat());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    run.out
}

fn worked(folder: &Path, jobs: &str) -> Run {
    let mut worker = command(folder);
    worker.args(["worker", "--isolation", "process", "--now", "2026-11-20"]).env("SPORHUND_FAULTS", "1");
    let mut worker = worker.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = worker.stdin.take().unwrap();
    let jobs = jobs.to_owned();
    let sent = std::thread::spawn(move || input.write_all(jobs.as_bytes()).unwrap());
    let run = Run::of(worker.wait_with_output().unwrap());
    sent.join().unwrap();
    run
}

#[test]
fn a_scan_by_workers_elsewhere_is_the_scan() {
    let share = share();
    let mut local = command(share.path());
    local.args(["scan", "--now", "2026-11-20", "--format", "jsonl", "s"]).env("SPORHUND_FAULTS", "1");
    let local = Run::of(local.output().unwrap()).out;
    let crashed: Vec<Value> = records(&local).into_iter().filter(|record| record["reason"] == "crashed").collect();
    assert_eq!(crashed.len(), 1, "the poison was none");

    let jobs = listing(share.path(), &[]);
    let elsewhere = tempfile::tempdir().unwrap();
    let (mut ahead, mut behind) = (String::new(), String::new());
    for (n, job) in jobs.lines().enumerate() {
        *(if n % 2 == 0 { &mut ahead } else { &mut behind }) += &format!("{job}\n");
    }
    for (part, jobs) in [("1.jsonl", behind), ("2.jsonl", ahead)] {
        let run = worked(elsewhere.path(), &jobs);
        assert_eq!(run.code, 0);
        assert_eq!(run.all("done").len(), jobs.lines().count());
        assert!(run.all("start").is_empty());
        write(elsewhere.path(), part, run.out);
    }
    let report = ["report", "--now", "2026-11-20", "--source", "s", "1.jsonl", "2.jsonl", "--format", "jsonl"];
    let merged = sporhund(elsewhere.path(), &report);
    assert_eq!((merged.code, merged.err.as_str()), (0, ""));
    let told = |text: &str| {
        let mut summary = records(text).pop().unwrap();
        summary.as_object_mut().unwrap().remove("seconds");
        summary
    };
    assert_eq!(told(&merged.out), told(&local));
    let but_summary = |text: &str| text.lines().filter(|l| !l.contains("\"summary\"")).collect::<Vec<_>>().join("\n");
    assert_eq!(sorted(&but_summary(&merged.out)), sorted(&but_summary(&local)));

    // What has sums is not summed again, and half a part is not a whole one.
    write(elsewhere.path(), "local.jsonl", local);
    sporhund(elsewhere.path(), &["report", "--source", "s", "-o", "again.jsonl", "local.jsonl"])
        .refused("leave out --source");
    let half = fs::read_to_string(elsewhere.path().join("1.jsonl")).unwrap();
    let half: String = half.lines().take(3).map(|line| format!("{line}\n")).collect();
    write(elsewhere.path(), "1.jsonl", half);
    assert_eq!(told(&sporhund(elsewhere.path(), &report).out)["complete"], false);
}

#[test]
fn a_listing_is_what_would_be_scanned_in_its_order() {
    let share = share();
    let local = sporhund(share.path(), &["scan", "--format", "jsonl", "s"]).items();
    let jobs = records(&listing(share.path(), &[]));
    let listed: Vec<&str> = jobs.iter().map(|job| job["location"].as_str().unwrap()).collect();
    assert_eq!(listed, local);
    assert!(jobs.iter().filter_map(|job| job["path"].as_str()).all(|path| Path::new(path).is_absolute()));
    listing(share.path(), &["-o", "s/jobs.jsonl"]);
    let written = fs::read_to_string(share.path().join("s/jobs.jsonl")).unwrap();
    assert_eq!(records(&written), jobs, "it does not list itself");
    sporhund(share.path(), &["scan", "--list-only", "-"]).refused("standard input");
    sporhund(share.path(), &["scan", "--list-only", "--state", "x", "s"]).refused("--state");
}

#[test]
fn shares_are_everything_each_once() {
    let share = share();
    let part = |shard: &str| listing(share.path(), &["--shard", shard]);
    let parts = ["1/3", "2/3", "3/3"].map(part);
    assert!(parts.iter().all(|part| part.lines().count() > 2));
    assert_eq!(sorted(&parts.concat()), sorted(&listing(share.path(), &[])));
    let scanned = sporhund(share.path(), &["scan", "--format", "jsonl", "--shard", "2/3", "s"]).items();
    let listed: Vec<Value> = records(&parts[1]).into_iter().map(|mut job| job["location"].take()).collect();
    assert_eq!(scanned, listed);
    sporhund(share.path(), &["scan", "--shard", "0/3", "s"]).refused("count from 1");
}

/// A scheduler may send a job only when the last one is done.
#[test]
fn a_worker_does_not_wait_for_more_jobs() {
    use std::io::{BufRead, BufReader};
    let share = share();
    let mut worker = command(share.path());
    worker.args(["worker", "--isolation", "process"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut worker = worker.spawn().unwrap();
    let mut input = worker.stdin.take().unwrap();
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    for job in listing(share.path(), &[]).lines().take(3) {
        writeln!(input, "{job}").unwrap();
        assert!(lines.by_ref().any(|line| line.unwrap() == "{\"record\":\"done\"}"));
    }
    drop(input);
    assert!(worker.wait().unwrap().success());
}
