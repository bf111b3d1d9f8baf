//! What isolation is worth: items that crash, hang or eat memory, in the middle of archives and mailboxes, cost
//! themselves and nothing else. The misbehaving format is `src/extract/fault.rs`, which only debug builds have.
#![cfg(all(unix, debug_assertions))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;
mod support;

use std::io::{Cursor, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use sporhund::job::{Input, Job};
use sporhund::record::Record;
use sporhund::scan::scan;
use support::{IN_BREACH, Run, command, records, write};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn fault(words: &str) -> String {
    format!("sporhund-fault: {words}\n{IN_BREACH}")
}

fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn mail(subject: &str, attached: &str) -> String {
    format!(
        "From anna@example.dk Fri Nov 20 10:00:00 2026\nFrom: anna@example.dk\nTo: bo@elsewhere.se\n\
        Subject: {subject}\nDate: Fri, 20 Nov 2026 10:00:00 +0100\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\n{IN_BREACH}\n\
        --x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n{IN_BREACH}\n\
        --x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n{attached}\n--x--\n\n"
    )
}

/// Archives and mailboxes with this fault in the middle, and files before and after them.
fn share(words: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let good = || IN_BREACH.as_bytes().to_vec();
    let bad = || fault(words).into_bytes();
    let inner = zip(&[("1.txt", good()), ("2.txt", bad()), ("3.txt", good())]);
    let outer = zip(&[("a.txt", good()), ("in.zip", inner), ("bad.txt", bad()), ("c.txt", good()), ("z.txt", good())]);
    write(folder.path(), "s/a.txt", IN_BREACH);
    write(folder.path(), "s/b.zip", outer);
    write(folder.path(), "s/c.mbox", [mail("1", "x"), mail("2", &fault(words)), mail("3", IN_BREACH)].concat());
    write(folder.path(), "s/d.txt", fault(words));
    write(folder.path(), "s/e.txt", IN_BREACH);
    folder
}

/// However slow the machine is, no time is up.
fn scanned(folder: &Path, more: &[&str]) -> Run {
    scanned_within("3600", folder, more)
}

/// For so many seconds an item may be silent.
fn scanned_within(seconds: &str, folder: &Path, more: &[&str]) -> Run {
    let mut run = command(folder);
    run.args(["scan", "--now", "2026-11-20", "--max-time", seconds, "--max-memory", "256M"]).args(more).arg("s");
    Run::of(run.env("SPORHUND_FAULTS", "1").output().unwrap())
}

/// The records but for those of items that are at fault, and for the summary; without sizes and times.
fn innocent(run: &Run) -> Vec<String> {
    let guilty = ["in.zip!/2.txt", "b.zip!/bad.txt", "c.mbox!/2!/a.txt#2", "s/d.txt", "2.txt!/told", "bad.txt!/told"];
    let guilty = |record: &Value| {
        let summed = record["record"] == "inventory";
        summed
            || record["location"]
                .as_str()
                .is_none_or(|at| guilty.iter().any(|end| at.ends_with(end)) || at.ends_with("told"))
    };
    let mut records: Vec<Value> = run.records().into_iter().filter(|record| !guilty(record)).collect();
    for record in records.iter_mut().filter_map(Value::as_object_mut) {
        ["size", "modified", "file_modified"].iter().for_each(|field| drop(record.remove(*field)));
    }
    // What a message is judged by holds the findings of its attachments, read or not.
    records.retain(|record| record["record"] != "breach" || record["location"] != "s/c.mbox!/2");
    records.iter().map(Value::to_string).collect()
}

fn reasons(run: &Run) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = run.all("item").into_iter().filter(|item| !item["reason"].is_null());
    items.map(|item| (word(&item["location"]), word(&item["reason"]))).collect()
}

fn same(these: &[String], those: &[String]) {
    let differ = these.iter().zip(those).find(|(this, that)| this != that);
    assert_eq!(differ, None);
    assert_eq!(these.len(), those.len());
}

/// Every fault costs the items that have it: all else is as if they had none.
fn costs_itself_only(words: &str, reason: &str) {
    let (calm, share) = (share("none"), share(words));
    // Time enough for what does not hang, on a machine that has more to do.
    let seconds = if reason == "timeout" { "6" } else { "3600" };
    let (calm, run) = (scanned(calm.path(), &[]), scanned_within(seconds, share.path(), &[]));
    assert_eq!(run.err, "");
    let guilty = ["s/b.zip!/in.zip!/2.txt", "s/b.zip!/bad.txt", "s/c.mbox!/2!/a.txt#2", "s/d.txt"];
    assert_eq!(reasons(&run), guilty.map(|at| (at.to_owned(), reason.to_owned())), "{words}");
    let mut items = run.items();
    items.retain(|at| !at.ends_with("told"));
    let mut expected = calm.items();
    expected.retain(|at| !at.ends_with("told"));
    assert_eq!(items, expected, "{words}");
    same(&innocent(&run), &innocent(&calm));
}

#[test]
fn an_abort() {
    costs_itself_only("abort", "crashed");
    // Three findings of its own and three of the attachment that was closed before the worker died.
    let share = share("abort");
    let breaches = scanned(share.path(), &[]).all("breach");
    let told = |breach: &&Value| breach["location"] == "s/c.mbox!/2" && breach["rule"] == "mail-unprotected";
    assert!(breaches.iter().find(told).unwrap()["message"].as_str().unwrap().ends_with("(findings: 6)"));
}

#[test]
fn an_exit() {
    costs_itself_only("exit", "crashed");
}

#[test]
fn a_panic() {
    costs_itself_only("panic", "crashed");
}

#[test]
fn a_stack_overflow() {
    costs_itself_only("overflow", "crashed");
}

#[test]
fn memory_without_end() {
    costs_itself_only("memory", "memory");
}

#[test]
fn an_endless_loop() {
    costs_itself_only("loop", "timeout");
}

#[test]
fn a_worker_that_is_slow_to_start_is_not_the_fault_of_an_item() {
    let share = share("none");
    let mut run = command(share.path());
    run.args(["scan", "--now", "2026-11-20", "--max-time", "1", "--jobs", "1", "s"]);
    let run = Run::of(run.env("SPORHUND_FAULTS", "late").output().unwrap());
    assert_eq!(reasons(&run), []);
    assert!(run.items().len() > 10);
}

#[test]
fn what_was_told_before_stands() {
    costs_itself_only("tell abort", "crashed");
    let share = share("tell abort");
    let run = scanned(share.path(), &[]);
    let item = run.item("s/d.txt");
    assert_eq!((&item["status"], &item["counts"]["dk.cpr"]), (&"partial".into(), &1.into()));
    assert_eq!(run.item("s/d.txt!/told")["status"], "scanned");
    let summary = run.records().pop().unwrap();
    assert_eq!(summary["findings"]["dk.cpr"], run.all("finding").iter().filter(|f| f["detector"] == "dk.cpr").count());
}

#[test]
fn records_are_the_same_with_and_without_workers() {
    let share = share("panic");
    let bytes = |more: &[&str]| {
        let run = scanned(share.path(), more);
        run.out.lines().filter(|line| !line.contains("\"summary\"")).collect::<Vec<_>>().join("\n")
    };
    let expected = bytes(&["--jobs", "1"]);
    assert_eq!(bytes(&["--jobs", "8"]), expected);
    let mut run = command(share.path());
    run.args(["scan", "--now", "2026-11-20", "--isolation", "none", "s"]).env("SPORHUND_FAULTS", "1");
    let run = Run::of(run.output().unwrap());
    assert_eq!(run.out.lines().filter(|l| !l.contains("\"summary\"")).collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn many_deaths_end_the_job_with_a_record_for_each_item_met() {
    let folder = tempfile::tempdir().unwrap();
    let members: Vec<_> = (0..40).map(|n| (format!("{n}.txt"), fault("abort").into_bytes())).collect();
    let members: Vec<_> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    write(folder.path(), "s/a.zip", zip(&members));
    write(folder.path(), "s/b.txt", IN_BREACH);
    let run = scanned(folder.path(), &[]);
    let expected = (0..32).map(|n| format!("s/a.zip!/{n}.txt")).chain(["s/a.zip".to_owned(), "s/b.txt".to_owned()]);
    assert_eq!(run.items(), expected.collect::<Vec<_>>());
    assert_eq!(
        (&run.item("s/a.zip")["reason"], &run.item("s/a.zip")["status"]),
        (&"crashed".into(), &"partial".into())
    );
}

/// The workers of a process.
fn workers(of: u32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let mut all: Vec<i32> = children.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    for task in std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten() {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(children.split_whitespace().map(|pid| pid.parse::<i32>().unwrap()));
    }
    all.sort();
    all.dedup();
    all
}

fn begun(folder: &Path) -> std::process::Child {
    let mut run = command(folder);
    run.args(["scan", "--now", "2026-11-20", "--max-time", "3600", "--jobs", "1", "s"]).env("SPORHUND_FAULTS", "1");
    run.stdout(Stdio::piped()).spawn().unwrap()
}

fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(target_os = "linux")]
fn kill(pid: i32, signal: rustix::process::Signal) {
    let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal);
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_somebody_kills_changes_nothing() {
    let (calm, share) = (share("none"), share("nap"));
    let calm = innocent(&scanned(calm.path(), &[]));
    let run = begun(share.path());
    for wait in [900, 1700] {
        let worker = until(|| workers(run.id()).pop());
        std::thread::sleep(Duration::from_millis(wait));
        kill(worker, rustix::process::Signal::KILL);
        std::thread::sleep(Duration::from_millis(50));
    }
    let run = Run::of(run.wait_with_output().unwrap());
    assert_eq!(reasons(&run), []);
    same(&innocent(&run), &calm);
}

/// What anybody can list of a process says where it looks for what, and nothing of what it may have found.
#[cfg(target_os = "linux")]
#[test]
fn no_list_of_processes_shows_the_key_or_a_name_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/Mette Hansen.txt", fault("nap"));
    let mut run = command(folder.path());
    run.args(["scan", "--now", "2026-11-20", "--jobs", "1", "s"]).env("SPORHUND_FAULTS", "1");
    let run = run.env("SPORHUND_KEY", support::KEY).stdout(Stdio::piped()).spawn().unwrap();
    let worker = until(|| workers(run.id()).pop());
    let told = |of: &str| std::fs::read(format!("/proc/{worker}/{of}")).unwrap_or_default();
    // Before it is the program it is what it was forked from.
    until(|| memchr::memmem::find(&told("cmdline"), b"--supervised").map(drop));
    for of in ["cmdline", "environ", "comm", "status"] {
        let told = String::from_utf8_lossy(&told(of)).into_owned();
        assert!(!told.contains(support::KEY) && !told.contains("Mette"), "{of}: {told}");
    }
    let limits = String::from_utf8(told("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let run = Run::of(run.wait_with_output().unwrap());
    assert!(run.found()[0]["fingerprint"].is_string(), "it has the key");
}

/// Whoever is shot is replaced, and goes on where the other was.
#[cfg(target_os = "linux")]
#[test]
fn workers_killed_at_random_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..300 {
        // What looks like the inside of a container is told at once, and done a moment later.
        write(folder.path(), &format!("s/s!/{number}.txt"), format!("{IN_BREACH} {number}"));
    }
    let members: Vec<_> = (0..100).map(|n| (format!("{n}.txt"), IN_BREACH.as_bytes().to_vec())).collect();
    let members: Vec<_> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    write(folder.path(), "s/a.zip", zip(&members));
    // Long enough for a shot to be fired on a fast machine.
    write(folder.path(), "s/150 nap.txt", format!("sporhund-fault: nap\n{IN_BREACH}"));
    let options = ["scan", "--now", "2026-11-20", "--jobs", "2", "s"];
    let lines =
        |run: &Run| run.out.lines().filter(|line| !line.contains("\"summary\"")).map(str::to_owned).collect::<Vec<_>>();
    let scan = || {
        let mut scan = command(folder.path());
        scan.args(options).env("SPORHUND_FAULTS", "1");
        scan
    };
    let calm = Run::of(scan().output().unwrap());
    let mut run = scan().stdout(std::fs::File::create(folder.path().join("out")).unwrap()).spawn().unwrap();
    let (mut shots, mut wait) = (0, 7u64);
    while run.try_wait().unwrap().is_none() && shots < 12 {
        wait = wait.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis(20 + (wait >> 33) % 300));
        if let Some(worker) = workers(run.id()).pop() {
            kill(worker, rustix::process::Signal::KILL);
            shots += 1;
        }
    }
    run.wait().unwrap();
    let out = std::fs::read_to_string(folder.path().join("out")).unwrap();
    let shot = Run { code: 0, out, err: String::new() };
    assert!(shots > 0);
    // At most four shots at one place are forgiven: more are taken for the system's, out of memory.
    if reasons(&shot).is_empty() {
        same(&lines(&shot), &lines(&calm));
    }
    assert_eq!(shot.items(), calm.items());
}

#[cfg(target_os = "linux")]
#[test]
fn workers_end_with_the_program() {
    let share = share("sleep");
    let mut run = begun(share.path());
    let worker = until(|| workers(run.id()).pop());
    std::thread::sleep(Duration::from_millis(500));
    kill(run.id() as i32, rustix::process::Signal::KILL);
    run.wait().unwrap();
    until(|| {
        let state = std::fs::read_to_string(format!("/proc/{worker}/stat")).unwrap_or_default();
        (state.is_empty() || state.contains(") Z ")).then_some(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_hanging_worker_with_a_report() {
    let share = share("sleep");
    let run = begun(share.path());
    until(|| workers(run.id()).pop());
    // Long enough for a worker on a busy machine to come to the item that hangs.
    std::thread::sleep(Duration::from_secs(10));
    kill(run.id() as i32, rustix::process::Signal::INT);
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let records = records(&String::from_utf8(output.stdout).unwrap());
    let summary = records.last().unwrap();
    assert_eq!((&summary["record"], &summary["complete"]), (&"summary".into(), &false.into()));
    let open: Vec<_> = records.iter().filter(|r| r["reason"] == "interrupted").map(|r| &r["location"]).collect();
    assert_eq!(open, ["s/b.zip!/in.zip!/2.txt", "s/b.zip!/in.zip", "s/b.zip"]);
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_twice_ends_at_once_and_leaves_no_part_of_a_report() {
    let share = share("sleep");
    let mut run = command(share.path());
    run.args(["scan", "--isolation", "none", "-o", "out.jsonl", "s"]).env("SPORHUND_FAULTS", "1");
    let mut run = run.stdout(Stdio::null()).spawn().unwrap();
    let files = || {
        let names = std::fs::read_dir(share.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).filter(|name| name != "s").collect::<Vec<_>>()
    };
    assert!(until(|| files().pop()).ends_with(".part"));
    // Long enough for a busy machine to come to the item that hangs: once does not end that.
    for wait in [10_000, 500] {
        std::thread::sleep(Duration::from_millis(wait));
        kill(run.id() as i32, rustix::process::Signal::INT);
    }
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(files().is_empty(), "{:?}", files());
}

#[test]
fn standard_input_may_crash_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/a.txt", IN_BREACH);
    let mut run = command(folder.path());
    run.args(["scan", "-", "s"]).env("SPORHUND_FAULTS", "1").stdin(Stdio::piped());
    let mut run = run.spawn().unwrap();
    run.stdin.take().unwrap().write_all(fault("tell abort").as_bytes()).unwrap();
    let run = Run::of(run.wait_with_output().unwrap());
    assert_eq!(run.items(), ["-!/told", "-", "s/a.txt"]);
    assert_eq!(reasons(&run), [("-".to_owned(), "crashed".to_owned())]);
}

#[test]
fn a_worker_speaks_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.zip", zip(&[("x.txt", IN_BREACH.into()), ("y.txt", b"hej".to_vec())]));
    let mut child = command(folder.path());
    let mut child = child.args(["worker", "--now", "2026-11-20"]).stdin(Stdio::piped()).spawn().unwrap();
    let jobs = "{\"path\":\"a.zip\"}\nnonsense\n\n{\"location\":\"b\",\"bytes\":\"aGVq\"}\n";
    child.stdin.take().unwrap().write_all(jobs.as_bytes()).unwrap();
    let run = Run::of(child.wait_with_output().unwrap());
    let told = |r: &Value| format!("{} {}", r["record"].as_str().unwrap(), r["location"].as_str().unwrap_or_default());
    let mut lines: Vec<String> = run.records().iter().map(told).collect();
    lines.retain(|line| !line.starts_with("finding") && !line.starts_with("breach") && !line.starts_with("undecided"));
    let expected = "start a.zip,start a.zip!/x.txt,item a.zip!/x.txt,start a.zip!/y.txt,item a.zip!/y.txt,item a.zip,\
        done ,start -,item -,done ,start b,item b,done ";
    assert_eq!(lines.join(","), expected);
    assert_eq!(run.all("start")[1]["at"], serde_json::json!([0]));
}

/// Panics outside readers: in what is held, in judging, at the very start.
#[test]
fn every_job_ends_in_one_item_wherever_it_panics() {
    let ctx = common::context(0.5);
    let bytes = zip(&[("x.txt", IN_BREACH.into()), ("y.txt", IN_BREACH.into())]);
    let kinds: [fn(&Record) -> bool; 4] = [
        |record| matches!(record, Record::Finding(_)),
        |record| matches!(record, Record::Breach(_)),
        |record| matches!(record, Record::Start { at, .. } if at.is_empty()),
        |record| matches!(record, Record::Start { at, .. } if !at.is_empty()),
    ];
    for kind in kinds {
        let mut items = Vec::new();
        let job = Job::new("t".to_owned(), Input::Bytes(bytes.clone()));
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let ended = catch_unwind(AssertUnwindSafe(|| {
            scan(job, &ctx, &mut |record| {
                assert!(!kind(&record), "injected");
                if let Record::Item(item) = record {
                    items.push(item.location);
                }
            });
        }));
        std::panic::set_hook(hook);
        assert!(ended.is_ok());
        assert_eq!(items.iter().filter(|at| *at == "t").count(), 1);
        items.sort();
        let before = items.len();
        items.dedup();
        assert_eq!(items.len(), before);
    }
}
