//! Reading without touching, and without believing what is read: files that change meanwhile, access times, and what
//! other programs can see of a scan.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use support::{IN_BREACH, KEY, Run, VALUE, command, cramped, sporhund, write};

#[test]
fn reading_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["s/a.txt", "s/b.csv", "s/c.eml"];
    // Older than the last change, as a system that keeps few access times would renew it.
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    for name in names {
        write(folder.path(), name, format!("From: a@example.dk\n\n{IN_BREACH}"));
        let file = fs::File::options().write(true).open(folder.path().join(name)).unwrap();
        file.set_times(fs::FileTimes::new().set_accessed(old)).unwrap();
    }
    let touched = |name: &str| fs::metadata(folder.path().join(name)).unwrap().accessed().unwrap() != old;
    assert_eq!(sporhund(folder.path(), &["scan", "s"]).items(), names);
    if cfg!(target_os = "linux") {
        assert!(!names.iter().any(|name| touched(name)));
    }
}

/// Scans a file while something is done to it over and over. The fault format naps for a second and a half over it.
#[cfg(debug_assertions)]
fn scanned_while(mut done: impl FnMut(&Path)) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/a.txt", format!("sporhund-fault: nap\n{IN_BREACH}"));
    let mut run = command(folder.path());
    let mut run = run.args(["scan", "s"]).env("SPORHUND_FAULTS", "1").spawn().unwrap();
    while run.try_wait().unwrap().is_none() {
        done(&folder.path().join("s/a.txt"));
        std::thread::sleep(Duration::from_millis(50));
    }
    let item = Run::of(run.wait_with_output().unwrap()).item("s/a.txt");
    assert_eq!(item["counts"]["dk.cpr"], 1);
    item
}

#[cfg(debug_assertions)]
#[test]
fn what_changes_while_it_is_read_says_so() {
    use std::io::Write;
    let item = scanned_while(|file| {
        let mut file = fs::File::options().append(true).open(file).unwrap();
        file.write_all(b"\nmore").unwrap();
    });
    assert_eq!((&item["status"], &item["reason"]), (&"partial".into(), &"changed".into()));
    // What is put in its place is another file: the one that was read was read as it was.
    let item = scanned_while(|file| {
        fs::copy(file, file.with_extension("part")).unwrap();
        fs::rename(file.with_extension("part"), file).unwrap();
    });
    assert_eq!((&item["status"], &item["reason"]), (&"scanned".into(), &serde_json::Value::Null));
}

#[test]
fn a_report_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..300 {
        write(folder.path(), &format!("s/{number}.txt"), format!("{IN_BREACH} {number}"));
    }
    write(folder.path(), "r/old.csv", "what was there before");
    let options = ["scan", "-o", "r/new.jsonl", "-o", "r/old.csv", "-o", "r/new.html", "s"];
    let run = cramped(folder.path(), 64, &options);
    run.refused("the report cannot be written");
    let left: Vec<_> = fs::read_dir(folder.path().join("r")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["old.csv"]);
    assert_eq!(fs::read_to_string(folder.path().join("r/old.csv")).unwrap(), "what was there before");
    if Path::new("/dev/full").exists() {
        sporhund(folder.path(), &["scan", "s", "-o", "/dev/full"]).refused("/dev/full: the report cannot be written");
    }
}

#[cfg(all(target_os = "linux", debug_assertions))]
#[test]
fn others_see_nothing_of_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/a.txt", format!("sporhund-fault: nap nap\n{IN_BREACH}"));
    let mut run = command(folder.path());
    run.args(["scan", "--jobs", "1", "s"]).env("SPORHUND_FAULTS", "1").env("SPORHUND_KEY", KEY);
    let run = run.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let mut processes = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let cmdline = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let cwd = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        if cwd != fs::canonicalize(folder.path()).unwrap() {
            continue;
        }
        processes += 1;
        let comm = fs::read(entry.path().join("comm")).unwrap_or_default();
        let limits = fs::read_to_string(entry.path().join("limits")).unwrap_or_default();
        for seen in [&cmdline, &comm] {
            for secret in [VALUE, "Mette", "depression", KEY] {
                assert!(memchr::memmem::find(seen, secret.as_bytes()).is_none());
            }
        }
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        assert!(memchr::memmem::find(&environ, VALUE.as_bytes()).is_none());
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
    assert_eq!(processes, 2, "the program and its worker");
    Run::of(run.wait_with_output().unwrap()).item("s/a.txt");
}
