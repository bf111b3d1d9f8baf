//! The command line, as the contract has it: options, exit codes, and the one line that says what is wrong.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use support::{DETECTOR, IN_BREACH, KEY, Run, VALUE, command, fed, records, sporhund, write};
use tempfile::TempDir;

/// A file in breach, one without anything, and on demand one that cannot be read.
fn share() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/clean.txt", "ingenting\n");
    write(folder.path(), "s/bad.txt", IN_BREACH);
    write(folder.path(), "binary/x.bin", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    folder
}

fn code(folder: &Path, arguments: &[&str]) -> i32 {
    let run = sporhund(folder, arguments);
    assert_eq!(run.err, "", "{arguments:?}");
    run.code
}

#[test]
fn exit_codes() {
    let share = share();
    let at = share.path();
    assert_eq!(code(at, &["scan", "s/clean.txt"]), 0);
    assert_eq!(code(at, &["scan", "s"]), 1);
    assert_eq!(code(at, &["scan", "binary"]), 3);
    assert_eq!(code(at, &["scan", "binary", "s"]), 1, "1 wins over 3");
    assert_eq!(code(at, &["scan", "--fail-on", "finding", "s"]), 1);
    assert_eq!(code(at, &["scan", "--fail-on", "never", "s"]), 0);
    assert_eq!(code(at, &["scan", "--fail-on", "never", "s", "binary"]), 3);
    sporhund(at, &["scan", "s", "gone"]).refused("gone: there is no such file or folder");
}

#[test]
fn usage_errors_are_one_line() {
    let share = share();
    let refused = |arguments: &[&str], saying| sporhund(share.path(), arguments).refused(saying);
    refused(&[], "name a command");
    refused(&["snifff"], "unrecognized subcommand");
    refused(&["scan"], "<SOURCE>");
    refused(&["scan", "--nope", "s"], "'--nope'");
    refused(&["scan", "--format", "xml", "s"], "human, sarif, jsonl, csv, html, junit, parquet");
    refused(&["scan", "--lang", "de", "s"], "da, sv, nb, fi");
    refused(&["scan", "--separator", "x", "s"], "tab");
    refused(&["scan", "--fail-on", "me", "s"], "never, finding, breach");
    refused(&["scan", "--jobs", "0", "s"], "--jobs");
    refused(&["scan", "--min-confidence", "1.1", "s"], "from 0 to 1");
    refused(&["scan", "--min-confidence", "nan", "s"], "from 0 to 1");
    refused(&["scan", "--now", "tomorrow", "s"], "2026-11-20");
    refused(&["scan", "--policy", "no-such", "s"], "no-such");
    refused(&["scan", "--detector", "xx.*", "s"], "xx.*");
    refused(&["scan", "--no-detector", "nothing", "s"], "nothing");
    for command in [&["scan", "s"][..], &["evaluate", "s/clean.txt"], &["detectors"], &["policies"], &["report", "-"]] {
        refused(&[command, &["--patterns", "gone"]].concat(), "there is no such folder");
    }
    refused(&["scan", "--state", "x.db", "--show-values", "s"], "--show-values");
    refused(&["scan", "--state", "gone/x.db", "s"], "gone/x.db");
    refused(&["scan", "-o", "gone/r.txt", "s"], "gone/r.txt");
    refused(&["scan", "-o", "r.txt", "-o", "r.txt", "s"], "twice");
    refused(&["scan", "-o", "s/clean.txt", "s/clean.txt"], "s/clean.txt: this is what is read");
    std::fs::write(share.path().join("k"), support::KEY).unwrap();
    refused(&["scan", "--key-file", "k", "-o", "k", "s"], "k: this is what is read");
    refused(&["scan", "--policy", "./k", "-o", "k", "s"], "k: ");
    assert_eq!(std::fs::read_to_string(share.path().join("k")).unwrap(), support::KEY);
    refused(&["redact", "-o", "./s/clean.txt", "s/clean.txt"], "s/clean.txt: this is what is read");
    refused(&["report", "-o", "s/clean.txt", "s/clean.txt"], "s/clean.txt: this is what is read");
    refused(&["scan", "s", "s"], "s: it is given twice");
    refused(&["scan", "s", "./s"], "./s: it is s, which is given too");
    let told = sporhund(share.path(), &["scan", "s/clean.txt", "s"]).err;
    assert!(told.contains("s/clean.txt: it lies in s, which is given too"), "{told}");
    refused(&["scan", "-o", "r.pdf", "s"], "no report has this ending");
    refused(&["scan", "--max-time", "1h", "s"], "no whole number");
    refused(&["scan", "--key-file", "nowhere", "s"], "nowhere: the key cannot be read: there is no such file");
    refused(&["report", "-", "-"], "-: it is given twice");
    refused(&["scan", "imap://mail.example.dk"], "names no user");
    refused(&["scan", "webdav://mail.example.dk/"], "webdav:// sources are not there yet");
    refused(&["scan", "no\u{1b}[31m"], "no\\u{1b}[31m");
    let zone = command(share.path()).args(["scan", "s"]).env("TZ", "Europe/Kopenhagen").output().unwrap();
    Run::of(zone).refused("'Europe/Kopenhagen' is no time zone");
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_no_success() {
    let share = share();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["key"][..], &["config"], &["man"], &["scan", "s"], &["report", "s/none.jsonl"]] {
        write(share.path(), "s/none.jsonl", "");
        let status = command(share.path()).args(arguments).stdout(full()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
    for isolation in ["none", "process"] {
        let mut child = command(share.path());
        let child = child.args(["worker", "--isolation", isolation]).stdin(Stdio::piped()).stdout(full());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"{\"path\":\"s/clean.txt\"}\n").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(2), "{isolation}");
    }
}

#[test]
fn help_and_version() {
    let here = tempfile::tempdir().unwrap();
    let version = sporhund(here.path(), &["--version"]);
    assert_eq!((version.code, version.out), (0, format!("sporhund {}\n", env!("CARGO_PKG_VERSION"))));
    assert!(sporhund(here.path(), &["--help"]).out.contains("Exit codes"));
    let help = sporhund(here.path(), &["scan", "--help"]);
    let options = "--policy --now --format --output --min-confidence --show-values --detector --no-detector --fail-on \
        --baseline --key-file --state --explain --patterns --jobs";
    for option in options.split_whitespace() {
        assert!(help.out.contains(&format!("{option} ")) || help.out.contains(&format!("{option}\n")), "{option}");
    }
}

#[test]
fn lists() {
    let here = tempfile::tempdir().unwrap();
    assert!(sporhund(here.path(), &["detectors"]).out.lines().any(|line| line.starts_with(DETECTOR)));
    assert!(sporhund(here.path(), &["policies"]).out.lines().any(|line| line.starts_with("nordic-gdpr")));
}

#[test]
fn lists_are_json_too() {
    let here = tempfile::tempdir().unwrap();
    let list = |what| serde_json::from_str::<serde_json::Value>(&sporhund(here.path(), &[what, "--json"]).out).unwrap();
    let detectors = list("detectors");
    let cpr = detectors.as_array().unwrap().iter().find(|d| d["id"] == DETECTOR).unwrap();
    assert_eq!((&cpr["category"], &cpr["sensitivity"]), (&"national_id".into(), &"confidential".into()));
    assert!(list("policies").as_array().unwrap().iter().any(|p| p["id"] == "nordic-gdpr"));
}

#[test]
fn shells_and_man_are_told_what_there_is() {
    let here = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = sporhund(here.path(), &["completions", shell]);
        assert!(script.code == 0 && script.out.contains("min-confidence"), "{shell}");
    }
    assert!(sporhund(here.path(), &["man"]).out.contains(".TH sporhund 1"));
    let page = sporhund(here.path(), &["man", "scan"]).out;
    assert!(page.contains(".TH sporhund-scan 1") && page.contains("show\\-values"), "{page}");
    sporhund(here.path(), &["man", "nothing"]).refused("no command 'nothing'");
}

#[test]
fn verbose_names_each_item_and_quiet_nothing() {
    let share = share();
    let told = sporhund(share.path(), &["scan", "-v", "s", "binary"]).err;
    assert_eq!(told, "scanned: s/bad.txt\nscanned: s/clean.txt\nskipped (unsupported): binary/x.bin\n");
    assert_eq!(sporhund(share.path(), &["scan", "--quiet", "s"]).err, "");
    sporhund(share.path(), &["scan", "-q", "-v", "s"]).refused("cannot be used with");
}

#[test]
fn records_end_with_the_summary() {
    let share = share();
    let run = sporhund(share.path(), &["scan", "s", "binary", "-"]);
    assert_eq!(run.items(), ["s/bad.txt", "s/clean.txt", "binary/x.bin", "-"]);
    let finding = &run.found()[0];
    assert_eq!(finding["location"], "s/bad.txt");
    let summary = run.records().pop().unwrap();
    assert_eq!(summary["record"], "summary");
    assert_eq!(summary["items"], serde_json::json!({"scanned": 3, "skipped": 1}));
    assert_eq!(summary["findings"][DETECTOR], 1);
    assert_eq!(summary["reasons"]["unsupported"], 1);
    assert_eq!(summary["bytes"], 500 + 10 + IN_BREACH.len());
    assert_eq!(summary["complete"], true);
}

#[test]
fn values_are_masked_unless_shown() {
    let share = share();
    for format in ["human", "jsonl"] {
        let masked = sporhund(share.path(), &["scan", "--explain", "--format", format, "s"]);
        assert!(!masked.out.contains(VALUE), "{}", masked.out);
        let shown = sporhund(share.path(), &["scan", "--show-values", "--format", format, "s"]);
        assert!(shown.out.contains(VALUE), "{}", shown.out);
    }
    let explained = sporhund(share.path(), &["scan", "--explain", "s"]);
    assert!(explained.found()[0]["why"].is_string());
    assert!(sporhund(share.path(), &["scan", "s"]).found()[0]["why"].is_null());
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_without_room_to_begin_lacks_memory() {
    let share = share();
    let run = sporhund(share.path(), &["scan", "--max-memory", "1M", "--format", "jsonl", "s"]);
    let reasons: Vec<_> = run.all("item").iter().map(|item| item["reason"].clone()).collect();
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| reason == "memory"), "{}", run.out);
}

/// A flat spreadsheet with two sheets.
const SHEETS: &str = r#"<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
  xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
  office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body><office:spreadsheet>
  <table:table table:name="Jens Hansen 251259-0082"><table:table-row><table:table-cell><text:p>CPR 010190-9992</text:p>
  </table:table-cell></table:table-row></table:table>
  <table:table table:name="Løn 2026"><table:table-row><table:table-cell><text:p>CPR 020280-1113</text:p>
  </table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document>"#;

/// A table that was imported without a header has its first row for one.
#[test]
fn names_of_columns_are_masked() {
    let here = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(here.path().join("a.db")).unwrap();
    let sql = "create table kunder (\"211162-9997\", ord); insert into kunder values ('010190-9992', 'x')";
    database.execute_batch(sql).unwrap();
    drop(database);
    let cell = |more: &[&str]| {
        let run = sporhund(here.path(), &[&["scan", "--detector", "dk.cpr"], more, &["a.db"]].concat());
        run.found().iter().find_map(|found| found["position"]["cell"].as_str().map(str::to_owned)).unwrap()
    };
    assert_eq!(cell(&[]), "••••••-••••:1");
    assert_eq!(cell(&["--show-values"]), "211162-9997:1");
}

#[test]
fn names_of_sheets_are_searched_and_masked() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.fods", SHEETS);
    let sheets = |run: &Run| -> Vec<String> {
        run.found().iter().filter_map(|f| f["position"]["sheet"].as_str().map(str::to_owned)).collect()
    };
    let run = sporhund(folder.path(), &["scan", "--format", "jsonl", "a.fods"]);
    assert_eq!(sheets(&run), ["•••• •••••• ••••••-••••", "Løn 2026"], "{}", run.out);
    assert_eq!(run.item("a.fods")["counts"]["dk.cpr"], 3);
    assert!(!run.out.contains("Hansen") && !run.out.contains("251259"), "{}", run.out);
    let run = sporhund(folder.path(), &["scan", "--format", "jsonl", "--show-values", "a.fods"]);
    assert_eq!(sheets(&run), ["Jens Hansen 251259-0082", "Løn 2026"]);
    let asked = ["subject", "--id", "010190-9992", "--show-values", "--format", "jsonl", "a.fods"];
    let run = sporhund(folder.path(), &asked);
    assert_eq!(run.all("finding").len(), 1);
    assert!(!run.out.contains("Hansen") && !run.out.contains("251259"), "{}", run.out);
}

#[test]
fn detectors_are_chosen() {
    let share = share();
    let findings = |arguments: &[&str]| sporhund(share.path(), &[&["scan"], arguments, &["s"]].concat()).found().len();
    assert_eq!(findings(&["--detector", DETECTOR]), 1);
    assert_eq!(findings(&["--no-detector", DETECTOR]), 0);
    assert_eq!(findings(&["--detector", "dk.*", "--min-confidence", "0.1"]), 1);
    assert_eq!(sporhund(share.path(), &["scan", "--no-detector", "*", "s"]).all("finding").len(), 0);
}

#[test]
fn standard_input_is_one_item() {
    let here = tempfile::tempdir().unwrap();
    let run = fed(here.path(), &["scan", "-"], IN_BREACH.as_bytes());
    assert_eq!((run.code, run.items()), (1, vec!["-".to_owned()]));
}

#[test]
fn reports_go_to_files() {
    let share = share();
    let at = share.path();
    let run = sporhund(at, &["scan", "s", "-o", "s/r.jsonl", "--output", "r.txt"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    let lines = records(&fs::read_to_string(at.join("s/r.jsonl")).unwrap());
    assert_eq!(lines.iter().filter(|r| r["record"] == "item").count(), 2, "the report itself is not scanned");
    assert!(fs::read_to_string(at.join("r.txt")).unwrap().starts_with("Breaches: "));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(at.join("r.txt")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(code(at, &["scan", "s", "-o", "/dev/null"]), 1);
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
    let both = sporhund(at, &["scan", "binary", "--format", "human", "-o", "-", "-o", "b.jsonl"]);
    assert!(both.out.contains("unsupported"));
    assert!(at.join("b.jsonl").exists());
    let left: Vec<_> = fs::read_dir(at).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains("sporhund")), "{left:?}");
}

#[test]
fn a_report_that_fails_leaves_the_old_one() {
    let share = share();
    write(share.path(), "r.jsonl", "old");
    sporhund(share.path(), &["scan", "gone", "-o", "r.jsonl"]).refused("gone");
    assert_eq!(fs::read_to_string(share.path().join("r.jsonl")).unwrap(), "old");
}

#[test]
fn a_baseline_hides_what_is_known() {
    let share = share();
    let at = share.path();
    write(at, "key", format!("  {KEY}\n"));
    assert_eq!(code(at, &["scan", "s", "--key-file", "key", "-o", "old.jsonl"]), 1);
    let again = sporhund(at, &["scan", "s", "--key-file", "key", "--baseline", "old.jsonl"]);
    assert_eq!((again.code, again.all("finding").len(), again.all("breach").len()), (0, 0, 0));
    assert_eq!(again.items().len(), 2, "items are always told");

    write(at, "s/new.txt", IN_BREACH);
    let run = command(at).args(["scan", "s", "--baseline", "old.jsonl"]).env("SPORHUND_KEY", KEY).output().unwrap();
    let new = records(&String::from_utf8(run.stdout).unwrap());
    let found: Vec<_> = new.iter().filter(|r| r["record"] == "finding").collect();
    assert!(!found.is_empty() && found.iter().all(|r| r["location"] == "s/new.txt"));
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn a_baseline_needs_the_key() {
    let share = share();
    let at = share.path();
    let refused = |arguments: &[&str], saying| sporhund(at, &[&["scan", "s"], arguments].concat()).refused(saying);
    refused(&["--baseline", "old.jsonl"], "give --key-file FILE or set SPORHUND_KEY");
    refused(&["--key-file", "gone"], "gone: the key cannot be read");
    write(at, "key", KEY);
    write(at, "secret", "hemmelig");
    refused(&["--key-file", "secret"], "secret: a key is 64 hexadecimal digits");
    assert!(!sporhund(at, &["scan", "s", "--key-file", "secret"]).err.contains("hemmelig"));
    refused(&["--key-file", "key", "--baseline", "gone.jsonl"], "gone.jsonl: it cannot be read");
    write(at, "text", "no record 010190-1234\n");
    refused(&["--key-file", "key", "--baseline", "text"], "text:1: this is no record of a scan");
    sporhund(at, &["scan", "s", "-o", "unkeyed.jsonl"]);
    refused(&["--key-file", "key", "--baseline", "unkeyed.jsonl"], "no fingerprint");
    let wrong = command(at).args(["scan", "s"]).env("SPORHUND_KEY", "hemmelig").output().unwrap();
    assert_eq!(String::from_utf8(wrong.stderr).unwrap(), "sporhund: SPORHUND_KEY: a key is 64 hexadecimal digits\n");
}

#[test]
fn fingerprints_come_with_a_key_only() {
    let share = share();
    write(share.path(), "key", KEY);
    assert!(sporhund(share.path(), &["scan", "s"]).found()[0]["fingerprint"].is_null());
    let keyed = sporhund(share.path(), &["scan", "s", "--key-file", "key"]);
    assert_eq!(keyed.found()[0]["fingerprint"].as_str().unwrap().len(), 32);
}

#[test]
fn a_narrow_terminal_is_survived() {
    let share = share();
    write(share.path(), &format!("s/{}/løn\u{202e}.txt", "en meget lang mappe ".repeat(8)), IN_BREACH);
    for columns in ["1", "20", "40"] {
        let mut run = command(share.path());
        run.args(["scan", "--format", "human", "s", "binary"]).env("COLUMNS", columns);
        let out = String::from_utf8(run.output().unwrap().stdout).unwrap();
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
        let width = columns.parse().unwrap();
        if width >= 20 {
            assert!(out.lines().all(|line| line.chars().count() <= width), "{out}");
        }
    }
}

#[test]
fn nobody_reading_is_no_mistake() {
    let share = share();
    for number in 0..2000 {
        write(share.path(), &format!("s/many/{number}.txt"), IN_BREACH);
    }
    let mut child = command(share.path()).args(["scan", "s"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(1), ""));
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_a_scheduler_s_signal_end_with_a_report() {
    use rustix::process::Signal;
    [Signal::INT, Signal::TERM].into_iter().for_each(ends_with_a_report);
}

#[cfg(unix)]
fn ends_with_a_report(signal: rustix::process::Signal) {
    use rustix::process::{Pid, kill_process};
    use std::time::Duration;
    let share = share();
    let mut child = command(share.path()).args(["scan", "-", "s/clean.txt"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"begun\n").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), signal).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(input);
    let output = child.wait_with_output().unwrap();
    let last = records(&String::from_utf8(output.stdout).unwrap()).pop().unwrap();
    assert_eq!((&last["record"], &last["complete"]), (&"summary".into(), &false.into()));
    assert_eq!(output.status.code(), Some(3));
}
