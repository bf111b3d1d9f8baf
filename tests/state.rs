//! `--state`: the second run reads only what changed, and reports what a full scan would.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use support::{IN_BREACH, KEY, Run, VALUE, command, records, sporhund, write};
use tempfile::TempDir;

const MAIL: &str = "From: anna.hansen@example.dk\nTo: bo.berg@elsewhere.se\nSubject: CPR 010190-9992\n\
    Date: Fri, 20 Feb 2026 10:00:00 +0100\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n\
    --x\nContent-Type: text/plain\n\nhej\n--x\nContent-Type: text/plain\n\
    Content-Disposition: attachment; filename=a.txt\n\nCPR 010190-9992, depression\n--x--\n";
const ORGANISATION: &str = "extends = \"nordic-gdpr\"\n[organisation]\ndomains = [\"example.dk\"]\n\
    restricted = [\"s/b.csv\"]\n[sensitivity]\n\"email\" = \"confidential\"\n";

fn share() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/Inbox/1.eml", MAIL);
    write(folder.path(), "s/a.txt", IN_BREACH);
    write(folder.path(), "s/b.csv", "navn;cpr\nMette;010190-9992\n");
    write(folder.path(), "s/c.bin", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    write(folder.path(), "own.toml", ORGANISATION);
    std::thread::sleep(Duration::from_millis(60)); // what was written just now is not trusted
    folder
}

fn many(share: &Path, count: u32) {
    for number in 0..count {
        write(share, &format!("s/many/{number}.txt"), format!("{IN_BREACH} {number}"));
    }
}

fn lines(run: &Run) -> Vec<String> {
    assert_eq!(run.err, "");
    let mut lines: Vec<String> = run.out.lines().map(str::to_owned).collect();
    let summary = lines.pop().unwrap();
    let mut summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    summary["seconds"] = 0.into();
    lines.push(summary.to_string());
    lines
}

/// With the state and without it: the same.
fn same(folder: &Path, options: &[&str]) -> Vec<String> {
    let full = lines(&sporhund(folder, &[&["scan"], options, &["s"]].concat()));
    let kept = lines(&sporhund(folder, &[&["scan", "--state", "st"], options, &["s"]].concat()));
    assert_eq!(kept, full, "{options:?}");
    full
}

#[test]
fn every_day_and_policy_gives_what_a_full_scan_gives() {
    let share = share();
    let mut seen = Vec::new();
    for now in ["2026-02-21", "2026-02-21", "2026-09-01", "2040-01-01"] {
        for policy in ["nordic-gdpr", "ikano-bolig", "own.toml", "dke"] {
            seen.push(same(share.path(), &["--now", now, "--policy", policy]));
        }
    }
    assert_eq!(seen[0], seen[4]);
    // What findings are as lines is as good as what they are.
    for format in ["csv", "sarif", "html", "human", "junit"] {
        let told = |more: &[&str]| sporhund(share.path(), &[&["scan", "--format", format], more, &["s"]].concat()).out;
        let timed =
            |line: &&str| ["second", "  read: ", "<testsuite", "read in full"].iter().any(|word| line.contains(word));
        let seconds = |report: String| report.lines().filter(|line| !timed(line)).collect::<String>();
        // Told one by one, and as a whole.
        for _ in 0..2 {
            assert_eq!(
                seconds(told(&["--now", "2026-11-20", "--state", "st2"])),
                seconds(told(&["--now", "2026-11-20"])),
                "{format}"
            );
        }
        fs::remove_file(share.path().join("st2")).unwrap();
    }
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 5, "days and policies make a difference: {}", seen.len());
}

/// All clocks that a rule can have, a dispensation and a term of the register, each with a last day.
const AGES: &str = "id = \"ages\"\nlanguage = \"en\"\n\
    [[place]]\npath = [\"s/kept/**\"]\nkeep = \"1 year from modified\"\nkeep_until = \"2026-06-10\"\nreason = \"audit\"\n\
    [[exempt]]\npath = [\"s/exempt/**\"]\nreason = \"moving\"\nuntil = \"2026-06-05\"\n\
    [[rule]]\nid = \"old\"\nwhen = {}\nage = \"3 months from modified\"\nseverity = \"low\"\nmessage = \"since {since}\"\n\
    [[rule]]\nid = \"hours\"\nwhen = { path = [\"s/hours/**\"] }\nage = \"30 hours from modified\"\nseverity = \"low\"\nmessage = \"x\"\n\
    [[rule]]\nid = \"path\"\nwhen = { path = [\"s/paths/**\"] }\nage = \"1 month from path_date\"\nseverity = \"low\"\nmessage = \"x\"\n\
    [[rule]]\nid = \"kept\"\nwhen = {}\nage = \"keep\"\nseverity = \"low\"\nmessage = \"x\"\n\
    [[rule]]\nid = \"mail\"\nwhen = { kind = [\"message\"] }\nage = \"2 weeks from received\"\nseverity = \"low\"\nmessage = \"x {received}\"\n";

/// What is told as a whole holds as long as every rule says the same, and not a day longer; nor before it was judged.
#[test]
fn every_rule_with_an_age_is_asked_on_its_day() {
    let share = tempfile::tempdir().unwrap();
    let at = share.path();
    write(at, "ages.toml", AGES);
    let file = |name: &str, text: &str, day: &str| {
        write(at, name, text);
        let time: jiff::Timestamp = format!("{day}:00Z").parse().unwrap();
        fs::File::options().write(true).open(at.join(name)).unwrap().set_modified(time.into()).unwrap();
    };
    file("s/a/1.txt", IN_BREACH, "2026-02-28T09:00");
    file("s/exempt/1.txt", "hej", "2026-03-01T09:00");
    file("s/hours/1.txt", "hej", "2026-06-01T10:00");
    file("s/kept/1.txt", "hej", "2025-05-31T09:00");
    file("s/paths/2026-05-04/2027/1.txt", "hej", "2026-06-03T09:00");
    file("s/mail/1.eml", &MAIL.replace("20 Feb", "30 May"), "2026-06-01T09:00");
    std::thread::sleep(Duration::from_millis(60));
    let days = [
        "2026-05-20",
        "2026-05-30",
        "2026-05-31",
        "2026-06-01",
        "2026-06-01T18:00:00+02:00[Europe/Copenhagen]",
        "2026-06-02",
        "2026-06-02T18:00:00+02:00[Europe/Copenhagen]",
    ];
    let later = [
        "2026-06-03",
        "2026-06-04",
        "2026-06-05",
        "2026-06-06",
        "2026-06-10",
        "2026-06-11",
        "2026-06-13",
        "2026-06-14",
    ];
    let last = ["2026-09-03", "2027-02-01", "2028-02-01", "2026-06-06", "2026-05-25"];
    let mut seen: Vec<_> = days
        .iter()
        .chain(&later)
        .chain(&last)
        .map(|day| {
            let options = ["--now", day, "--policy", "ages.toml"];
            assert_eq!(same(at, &options), same(at, &options));
            same(at, &options)
        })
        .collect();
    seen.sort();
    seen.dedup();
    assert!(seen.len() >= 12, "days make a difference: {}", seen.len());
}

/// Names decide where jobs are taken together: what comes, goes or changes in their midst moves none but its own.
#[test]
fn what_comes_and_goes_among_many_is_seen() {
    let share = share();
    let at = share.path();
    many(at, 300);
    std::thread::sleep(Duration::from_millis(60));
    let options = ["--now", "2026-11-20"];
    let first = same(at, &options);
    assert_eq!(same(at, &options), first);
    write(at, "s/many/1000.txt", IN_BREACH);
    write(at, "s/many/17.txt", "hej");
    fs::remove_file(at.join("s/many/231.txt")).unwrap();
    let second = same(at, &options);
    assert_ne!(second, first);
    assert_eq!(same(at, &options), second);
    // A batch of which one cannot be remembered is told rightly too.
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo").arg(at.join("s/many/18.fifo")).status().unwrap();
        assert!(made.success());
        assert_ne!(same(at, &options), second);
        same(at, &options);
    }
    let size = |at: &Path| fs::metadata(at.join("st")).unwrap().len();
    let before = size(at);
    fs::remove_dir_all(at.join("s/many")).unwrap();
    same(at, &options);
    many(at, 300);
    std::thread::sleep(Duration::from_millis(60));
    same(at, &options);
    assert!(size(at) <= before * 3 / 2, "what is gone is forgotten");
}

#[test]
fn changes_are_seen() {
    let share = share();
    let at = share.path();
    let options = ["--now", "2026-11-20"];
    let first = same(at, &options);
    write(at, "s/d.txt", IN_BREACH);
    fs::remove_file(at.join("s/b.csv")).unwrap();
    assert_ne!(same(at, &options), first);
    // The same size and the same time, and yet another text.
    let before = fs::metadata(at.join("s/a.txt")).unwrap();
    let file = fs::File::options().write(true).open(at.join("s/a.txt")).unwrap();
    std::io::Write::write_all(&mut &file, &vec![b'x'; before.len() as usize]).unwrap();
    file.set_times(fs::FileTimes::new().set_modified(before.modified().unwrap())).unwrap();
    drop(file);
    assert!(!same(at, &options).iter().any(|l| l.contains("\"finding\"") && l.contains("s/a.txt")));
    fs::rename(at.join("s/d.txt"), at.join("s/e.txt")).unwrap();
    same(at, &options);
    for options in
        [&["--min-confidence", "0.9"][..], &["--no-detector", "dk.cpr"], &["--explain"], &["--max-depth", "0"]]
    {
        same(at, &[&["--now", "2026-11-20"], options].concat());
    }
}

/// A file that says something else once it is read by a program without the fault format.
#[cfg(debug_assertions)]
#[test]
fn what_did_not_change_is_not_read() {
    let share = share();
    write(share.path(), "s/f.txt", "sporhund-fault: tell\nhej\n");
    std::thread::sleep(Duration::from_millis(60));
    let run = |state: bool, faults: bool| {
        let mut run = command(share.path());
        // How many workers there are changes nothing.
        run.args(["scan", "--now", "2026-11-20", "--jobs", if faults { "1" } else { "8" }, "s"]);
        run.args(state.then_some("--state=st"));
        if faults {
            run.env("SPORHUND_FAULTS", "1");
        }
        Run::of(run.output().unwrap()).items().contains(&"s/f.txt!/told".to_owned())
    };
    assert!(run(true, true) && run(true, false) && !run(false, false));
    write(share.path(), "s/f.txt", "sporhund-fault: tell\nhej igen\n");
    assert!(!run(true, false));
}

#[test]
fn lists_of_ones_own_that_change_are_seen() {
    let share = share();
    write(share.path(), "s/bolig.txt", "Hun bor Rævekløften 7.\n\nAnna Berg Zalon åbner.\n");
    std::fs::create_dir(share.path().join("own")).unwrap();
    let without = same(share.path(), &["--patterns", "own"]);
    for (file, text) in
        [("streets.toml", "endings = [\"kløften\"]\n"), ("names/shapes.toml", "no_person = [\"zalon\"]\n")]
    {
        write(share.path(), &format!("own/{file}"), text);
        assert!(same(share.path(), &["--patterns", "own"]) != without, "{file}");
        std::fs::remove_file(share.path().join("own").join(file)).unwrap();
    }
}

/// A share that is not mounted is an empty folder. What was known of it is known when it comes again.
#[cfg(debug_assertions)]
#[test]
fn a_share_that_goes_away_is_not_forgotten() {
    let share = share();
    write(share.path(), "s/f.txt", "sporhund-fault: tell\nhej\n");
    std::thread::sleep(Duration::from_millis(60));
    let known = |faults: bool| {
        let mut run = command(share.path());
        run.args(["scan", "--now", "2026-11-20", "--state=st", "s"]);
        if faults {
            run.env("SPORHUND_FAULTS", "1");
        }
        Run::of(run.output().unwrap()).items().contains(&"s/f.txt!/told".to_owned())
    };
    assert!(known(true));
    fs::rename(share.path().join("s"), share.path().join("away")).unwrap();
    fs::create_dir(share.path().join("s")).unwrap();
    assert!(!known(false));
    fs::remove_dir(share.path().join("s")).unwrap();
    fs::rename(share.path().join("away"), share.path().join("s")).unwrap();
    assert!(known(false));
}

/// What a power cut or a failing disk makes of the state is not told as if it had been found.
#[test]
fn a_damaged_state_tells_nothing_wrong() {
    let share = share();
    many(share.path(), 40);
    std::thread::sleep(Duration::from_millis(60));
    let full = lines(&sporhund(share.path(), &["scan", "--now", "2026-11-20", "s"]));
    let scan = || sporhund(share.path(), &["scan", "--now", "2026-11-20", "--state", "st", "s"]);
    assert_eq!(lines(&scan()), full);
    let state = share.path().join("st");
    let whole = fs::read(&state).unwrap();
    for step in 1..12 {
        let mut bytes = whole.clone();
        // Every so often a bit, but for the first page, where SQLite keeps what the file is.
        (16384..bytes.len()).step_by(97 * step).for_each(|at| bytes[at] ^= 1 << (at % 8));
        fs::write(&state, bytes).unwrap();
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(share.path().join(format!("st{end}")));
        }
        let run = scan();
        let told: Vec<&str> = run.out.lines().collect();
        if run.err.is_empty() || !told.is_empty() {
            let count = full.len() - 1;
            assert_eq!(told.len(), full.len());
            assert!(told.iter().zip(&full).take(count).all(|(a, b)| a == b), "{step}");
        }
        assert!(run.err.lines().count() <= 1, "{}", run.err);
    }
}

#[test]
fn the_state_is_private_and_holds_no_value() {
    let share = share();
    let mut run = command(share.path());
    let run = run.args(["scan", "--state", "st", "--explain", "s"]).env("SPORHUND_KEY", KEY).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    let state = fs::read(share.path().join("st")).unwrap();
    assert!(state.len() > 4096);
    for secret in [VALUE, "0101909992", "anna.hansen", "bo.berg", KEY, "depression"] {
        assert!(memchr::memmem::find(&state, secret.as_bytes()).is_none(), "{secret}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(share.path().join("st")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_state_among_what_is_scanned_is_no_part_of_it() {
    let share = share();
    let options = ["scan", "--now", "2026-11-20", "--state", "s/st", "s"];
    let first = sporhund(share.path(), &options);
    assert_eq!(sporhund(share.path(), &options).items(), first.items());
    assert!(!first.items().contains(&"s/st".to_owned()));
}

#[test]
fn what_is_no_state_is_left_alone() {
    let share = share();
    write(share.path(), "other", "not a database, but long enough to be looked at as one. ".repeat(99));
    let file = share.path().join("other");
    #[cfg(unix)]
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let rights = fs::metadata(&file).unwrap().permissions();
    sporhund(share.path(), &["scan", "--state", "other", "s"]).refused("other: this is no state");
    assert_eq!(fs::metadata(&file).unwrap().permissions(), rights);
    assert!(fs::read_to_string(share.path().join("other")).unwrap().starts_with("not a"));
}

/// Killed at many moments, it goes on where it was and tells the same in the end.
#[cfg(unix)]
#[test]
fn a_killed_run_is_resumed() {
    let share = share();
    many(share.path(), 400);
    std::thread::sleep(Duration::from_millis(60));
    let expected = lines(&sporhund(share.path(), &["scan", "--now", "2026-11-20", "s"]));
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    for time in 0..10u32 {
        let wait = u64::from(seed.wrapping_mul(2_654_435_761).rotate_left(3 * time) % 400);
        let mut run = command(share.path());
        run.args(["scan", "--now", "2026-11-20", "--state", "st", "s"]).stdout(Stdio::null());
        let mut run = run.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let run = sporhund(share.path(), &["scan", "--now", "2026-11-20", "--state", "st", "s"]);
    assert_eq!(lines(&run), expected, "seed {seed}");
    assert_eq!(records(&run.out).len(), expected.len());
}

/// Without room on the disk: the report is whole, and one line says that the state is not.
#[cfg(unix)]
#[test]
fn a_full_disk_costs_the_state_and_not_the_report() {
    let share = share();
    for number in 0..200 {
        write(share.path(), &format!("s/many/{number}.txt"), format!("{IN_BREACH} {number}"));
    }
    let full = lines(&sporhund(share.path(), &["scan", "--now", "2026-11-20", "s"]));
    let run = support::cramped(share.path(), 256, &["scan", "--now", "2026-11-20", "--state", "st", "s"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("st: the state") && run.err.lines().count() == 1, "{}", run.err);
    let told: Vec<&str> = run.out.lines().collect();
    assert_eq!(told.get(..told.len() - 1).unwrap(), full.get(..full.len() - 1).unwrap());
    same(share.path(), &["--now", "2026-11-20"]);
}
