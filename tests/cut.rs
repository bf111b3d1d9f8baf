//! Large mailboxes and archives are shared by all workers: the records are those of one worker that reads all, byte for
//! byte, whatever becomes of the workers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::{Value, json};
use support::{IN_BREACH, Run, command, fed, sporhund, write};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What makes everything above a kilobyte a large file.
const SHARE: &str = "--cut-above=1K";
/// And what makes nothing one.
const WHOLE: &str = "--cut-above=1G";

fn mail(n: usize, attached: &str) -> String {
    let filler = "Kære Åse, tak for sidst.\n>From here on\n".repeat(n * 7 % 60);
    format!(
        "From anna@example.dk Fri Nov 20 10:00:00 2026\nFrom: anna@example.dk\nTo: bo@elsewhere.se\n\
        Subject: {n}\nDate: Fri, 20 Nov 2026 10:00:00 +0100\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\n{filler}{IN_BREACH}\n\
        --x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n{attached}\n--x--\n\n"
    )
}

fn zip(members: &[(String, Vec<u8>)], password: bool) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    let mut bytes = zip.finish().unwrap().into_inner();
    // Every member says that it asks for a password.
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let all: Vec<usize> = memchr::memmem::find_iter(&bytes, signature).collect();
        all.into_iter().filter(|_| password).for_each(|at| bytes[at + flags] |= 1);
    }
    bytes
}

/// Mailboxes and archives among files; of each the middle holds this.
fn folder(middle: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mails: String = (0..40).map(|n| mail(n, if n == 20 { middle } else { IN_BREACH })).collect();
    let text = |n: usize| if n == 20 { middle.to_owned() } else { format!("{n} {IN_BREACH}").repeat(20) };
    let members: Vec<_> = (0..40).map(|n| (format!("dir/{n}.txt"), text(n).into_bytes())).collect();
    write(folder.path(), "s/a.txt", IN_BREACH);
    write(folder.path(), "s/b.mbox", &mails);
    write(folder.path(), "s/Indbakke/c", mails.replace('\n', "\r\n"));
    write(folder.path(), "s/d.zip", zip(&members, false));
    write(folder.path(), "s/e.zip", zip(&members, true));
    write(folder.path(), "s/f.zip", same_names(&zip(&members[..9], false)));
    write(folder.path(), "s/g.txt", IN_BREACH);
    folder
}

/// The same with one name twice.
fn same_names(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(at) = memchr::memmem::find(&bytes, b"dir/8.txt") {
        bytes[at + 4] = b'7';
    }
    bytes
}

/// Nothing here hangs: however slow the machine is, no time is up.
fn scanned(folder: &Path, more: &[&str]) -> Run {
    let mut run = command(folder);
    run.args(["scan", "--now", "2026-11-20", "--max-time", "3600"]).args(more).arg("s");
    Run::of(run.env("SPORHUND_FAULTS", "1").output().unwrap())
}

/// All lines but the last, which has the time it took in it.
fn lines(run: &Run) -> Vec<String> {
    let mut lines: Vec<String> = run.out.lines().map(str::to_owned).collect();
    let summary: Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    lines.push(format!("{} {} {}", summary["items"], summary["bytes"], summary["findings"]));
    lines
}

fn same(these: &[String], those: &[String]) {
    let differ = these.iter().zip(those).find(|(this, that)| this != that);
    assert_eq!(differ, None);
    assert_eq!(these.len(), those.len());
}

#[test]
fn records_are_those_of_a_whole_that_nobody_shared() {
    for middle in [IN_BREACH, "sporhund-fault: panic\nx"] {
        let folder = folder(middle);
        let expected = lines(&scanned(folder.path(), &[WHOLE, "--jobs=1", "--isolation=none"]));
        assert_eq!(expected.iter().filter(|line| line.contains(r#""record":"item""#)).count(), 256);
        for more in
            [["--jobs=1", "--isolation=none"], ["--jobs=4", "--isolation=none"], ["--jobs=1", "--isolation=process"]]
        {
            same(&lines(&scanned(folder.path(), &[&[SHARE][..], &more].concat())), &expected);
        }
        same(&lines(&scanned(folder.path(), &[SHARE, "--jobs=4"])), &expected);
        same(&lines(&scanned(folder.path(), &[WHOLE, "--jobs=4"])), &expected);
    }
}

#[cfg(debug_assertions)]
#[test]
fn a_worker_that_dies_costs_the_item_it_died_over() {
    for words in ["abort", "tell abort"] {
        let folder = folder(&format!("sporhund-fault: {words}\n{IN_BREACH}"));
        let expected = lines(&scanned(folder.path(), &[WHOLE, "--jobs=1"]));
        let crashed = expected.iter().filter(|line| line.contains("crashed") || line.contains("timeout")).count();
        assert_eq!(crashed, 3, "{words}");
        same(&lines(&scanned(folder.path(), &[SHARE, "--jobs=4"])), &expected);
    }
}

#[test]
fn what_was_shared_is_remembered() {
    let folder = folder(IN_BREACH);
    let state = folder.path().join("state");
    let state = format!("--state={}", state.display());
    let expected = lines(&scanned(folder.path(), &[WHOLE]));
    std::thread::sleep(std::time::Duration::from_millis(50));
    for _ in 0..2 {
        same(&lines(&scanned(folder.path(), &[SHARE, &state])), &expected);
    }
    let mut mails = std::fs::read(folder.path().join("s/b.mbox")).unwrap();
    mails.extend_from_slice(mail(40, IN_BREACH).as_bytes());
    write(folder.path(), "s/b.mbox", mails);
    same(&lines(&scanned(folder.path(), &[SHARE, &state])), &lines(&scanned(folder.path(), &[WHOLE])));
}

#[test]
fn a_mailbox_that_cannot_be_read_to_its_end_is_one_item() {
    let folder = folder(IN_BREACH);
    let more = ["--max-items=25"];
    let expected = lines(&scanned(folder.path(), &[WHOLE, more[0]]));
    assert_eq!(expected.iter().filter(|line| line.contains("bomb")).count(), 4);
    same(&lines(&scanned(folder.path(), &[SHARE, more[0], "--jobs=4"])), &expected);
}

/// A distributed engine sends ranges to workers of its own.
#[test]
fn workers_take_ranges() {
    let folder = folder(IN_BREACH);
    let whole = sporhund(folder.path(), &["scan", "--now", "2026-11-20", "--isolation=none", WHOLE, "s/d.zip"]);
    let jobs: String =
        (0..4).map(|n| format!("{}\n", json!({"path": "s/d.zip", "range": [n * 10, n * 10 + 10]}))).collect();
    let run = fed(folder.path(), &["worker", "--now", "2026-11-20"], jobs.as_bytes());
    let (mut items, parts) = (run.items(), run.all("part"));
    assert_eq!(
        (parts.len(), parts[3]["location"].as_str(), &parts[3]["told"]["met"]),
        (4, Some("s/d.zip"), &json!(40))
    );
    items.push("s/d.zip".to_owned());
    assert_eq!(items, whole.items());
}
