//! What nobody would make and everybody has: bombs, loops, damaged files, impossible names. Each item has one record,
//! no reader crashes, and the rest of the scan goes on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use support::{IN_BREACH, Run, command, sporhund, write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

/// Every location has one record and none says that a reader crashed.
fn sound(run: &Run) -> BTreeMap<String, Value> {
    assert_eq!(run.err, "");
    assert_ne!(run.code, 2);
    let mut items = BTreeMap::new();
    for item in run.all("item") {
        let at = item["location"].as_str().unwrap().to_owned();
        let reason = item["reason"].as_str().unwrap_or_default();
        assert!(!["crashed", "timeout", "memory"].contains(&reason), "{at}: {reason}");
        assert!(items.insert(at, item.clone()).is_none(), "two records: {item}");
    }
    items
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut folders = vec![tests.join("share"), tests.join("extract")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    // Bombs have a test of their own.
    files.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("bomb")));
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// Scans a folder in which `change` has made files of every sample.
fn changed(times: usize, seed: u64, mut change: impl FnMut(&mut Vec<u8>, &mut Dice)) {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(seed);
    let mut expected = Vec::new();
    for (number, (name, bytes)) in samples().into_iter().enumerate() {
        for time in 0..times {
            let mut bytes = bytes.clone();
            change(&mut bytes, &mut dice);
            let at = format!("s/{number:03}-{time}/{name}");
            write(folder.path(), &at, bytes);
            expected.push(at);
        }
    }
    let items = sound(&sporhund(folder.path(), &["scan", "--max-time", "3600", "s"]));
    let mut missing = expected;
    missing.retain(|at| !items.contains_key(at));
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn truncated_samples() {
    changed(4, 1, |bytes, dice| bytes.truncate(dice.roll(bytes.len())));
}

#[test]
fn samples_with_flipped_bits() {
    changed(4, 2, |bytes, dice| {
        for _ in 0..=dice.roll(20) {
            let (at, bit) = (dice.roll(bytes.len()), dice.roll(8));
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
        }
    });
}

#[test]
fn samples_with_blocks_moved_and_numbers_blown_up() {
    changed(4, 3, |bytes, dice| {
        let (from, to) = (dice.roll(bytes.len()), dice.roll(bytes.len()));
        let length = dice.roll(512.min(bytes.len() - from.max(to).min(bytes.len())));
        bytes.copy_within(from..from + length, to);
        for _ in 0..4 {
            let at = dice.roll(bytes.len());
            let value = [0, 0xff, 0x7f, 0x80][dice.roll(4)];
            bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = value);
        }
    });
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn member(name: &str, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.to_owned(), bytes.into())
}

#[test]
fn bombs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let zeros = vec![b'0'; 40 << 20];
    write(at, "s/bomb.txt.gz", gzip(&zeros));
    write(at, "s/bomb.zip", zip(&[member("a.txt", IN_BREACH), member("b.txt", zeros), member("c.txt", IN_BREACH)]));
    let mut deep = zip(&[member("a.txt", IN_BREACH)]);
    for _ in 0..40 {
        deep = zip(&[member("in.zip", deep), member("a.txt", IN_BREACH)]);
    }
    write(at, "s/deep.zip", deep);
    let many: Vec<_> = (0..300).map(|n| member(&format!("{n}.txt"), "x")).collect();
    write(at, "s/many.zip", zip(&many));
    // No archive in it holds more than 30.
    let leaves: Vec<_> = (0..30).map(|n| member(&format!("{n}.txt"), "x")).collect();
    let branches: Vec<_> = (0..30).map(|n| member(&format!("{n}.zip"), zip(&leaves))).collect();
    write(at, "s/tree.zip", zip(&branches));
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1)).collect();
    write(at, "s/laughs.xml", format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY l0 \"ha\">{laughs}]><a>&l29;</a>"));
    write(at, "s/z.txt", IN_BREACH);
    let items = sound(&sporhund(at, &["scan", "--max-size", "16M", "--max-items", "200", "s"]));
    let reason = |at: &str| items[at]["reason"].as_str().unwrap_or_default().to_owned();
    assert_eq!(reason("s/bomb.zip!/b.txt"), "bomb");
    assert_eq!((reason("s/bomb.zip!/a.txt"), reason("s/bomb.zip!/c.txt")), (String::new(), String::new()));
    assert!(items.iter().any(|(at, item)| at.starts_with("s/bomb.txt.gz") && item["reason"] == "bomb"));
    assert!(items.values().any(|item| item["reason"] == "too_deep"));
    assert_eq!(items["s/tree.zip"]["reason"], "bomb");
    assert_eq!(items.keys().filter(|at| at.starts_with("s/tree.zip!/")).count(), 800);
    assert_eq!(reason("s/many.zip"), "bomb");
    assert_eq!(items.keys().filter(|at| at.starts_with("s/many.zip!/")).count(), 200);
    assert_eq!(reason("s/z.txt"), "");
}

#[test]
fn nesting_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let many = |what: &str| what.repeat(200_000);
    write(at, "s/a.json", many("["));
    write(at, "s/b.json", many("{\"a\":"));
    write(at, "s/a.html", format!("<html><body>{}", many("<div>")));
    write(at, "s/b.html", format!("<html><body>{}", many("<table><tr><td>")));
    write(at, "s/a.xml", format!("<?xml version=\"1.0\"?>{}", many("<a>")));
    write(at, "s/a.rtf", format!("{{\\rtf1 {}", many("{")));
    write(at, "s/a.csv", format!("a;b\n{}", many("\"")));
    write(at, "s/a.mbox", many("From a Fri Nov 20 10:00:00 2026\n\n").get(..1_000_000).unwrap());
    write(at, "s/a.pdf", format!("%PDF-1.7\n1 0 obj\n{}", many("[<<")));
    write(at, "s/long.txt", "010190-9992 ".repeat(50_000));
    let nested =
        (0..500).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect::<String>();
    write(at, "s/a.eml", format!("From: a@example.dk\nMIME-Version: 1.0\n{nested}"));
    let within = "Content-Type: message/rfc822\n\nFrom: a@example.dk\nSubject: x\nMIME-Version: 1.0\n".repeat(500);
    write(at, "s/b.eml", format!("From: a@example.dk\nSubject: x\nMIME-Version: 1.0\n{within}\n\nhej\n"));
    let items = sound(&sporhund(at, &["scan", "--max-time", "3600", "s"]));
    assert_eq!(items.keys().filter(|at| !at.contains("!/")).count(), 12);
}

#[cfg(unix)]
#[test]
fn names_of_every_kind() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("s");
    fs::create_dir(&share).unwrap();
    let mut names: Vec<Vec<u8>> = (1..=255).filter(|byte| *byte != b'/').map(|byte| vec![b'a', byte]).collect();
    names.extend(
        [
            &b"l\xf8n.txt"[..],
            b"l\xc3\xb8n.txt",
            b"lo\xcc\x88n",
            b"\xed\xa0\x80",
            b"\xff\xfe",
            b"$(id)",
            b"-rf",
            b"a!/b",
        ]
        .map(|name| name.iter().copied().filter(|byte| *byte != b'/').collect()),
    );
    names.push("\u{202e}txt.exe\u{1b}[31m".into());
    names.push("x".repeat(255).into());
    for name in &names {
        fs::write(share.join(OsStr::from_bytes(name)), IN_BREACH).unwrap();
    }
    let run = sporhund(folder.path(), &["scan", "s"]);
    let items = sound(&run);
    assert_eq!(items.len(), names.len());
    assert!(items.values().all(|item| item["status"] == "scanned" && item["counts"]["dk.cpr"] == 1));
    assert!(!run.out.contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn a_thousand_levels_and_paths_too_long_for_the_system() {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let folder = tempfile::tempdir().unwrap();
    for (root, name) in [("s/short", "d".to_owned()), ("s/long", "d".repeat(100))] {
        fs::create_dir_all(folder.path().join(root)).unwrap();
        let mut here = openat(CWD, folder.path().join(root), OFlags::DIRECTORY, Mode::empty()).unwrap();
        for level in 0..1000 {
            mkdirat(&here, name.as_str(), Mode::RWXU).unwrap();
            here = openat(&here, name.as_str(), OFlags::DIRECTORY, Mode::empty()).unwrap();
            if level % 100 == 5 {
                let file = openat(&here, "a.txt", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR | Mode::WUSR).unwrap();
                rustix::io::write(&file, IN_BREACH.as_bytes()).unwrap();
            }
        }
    }
    write(folder.path(), "s/z.txt", IN_BREACH);
    let items = sound(&sporhund(folder.path(), &["scan", "s"]));
    let read = |root: &str| items.iter().filter(|(at, i)| at.starts_with(root) && i["status"] == "scanned").count();
    assert_eq!((read("s/short"), read("s/z.txt")), (10, 1));
    assert!(items.iter().any(|(at, item)| at.starts_with("s/long") && item["status"] != "scanned"), "it is told");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_and_links_that_go_round() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "s/a/x.txt", IN_BREACH);
    write(at, "secret.txt", IN_BREACH);
    for (to, link) in
        [("..", "s/a/up"), ("loop", "s/loop"), ("../secret.txt", "s/out"), ("/dev/zero", "s/zero"), ("/", "s/root")]
    {
        symlink(to, at.join(link)).unwrap();
    }
    assert!(command(at).arg("--version").status().unwrap().success());
    assert!(std::process::Command::new("mkfifo").arg(at.join("s/pipe")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(at.join("s/socket")).unwrap();
    let items = sound(&sporhund(at, &["scan", "s"]));
    assert_eq!(items.keys().collect::<Vec<_>>(), ["s/a/x.txt", "s/pipe", "s/socket"]);
    assert_eq!(items["s/pipe"]["reason"], "special");
}

#[cfg(unix)]
#[test]
fn a_sparse_giant_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/a.txt", IN_BREACH);
    let file = fs::File::options().write(true).open(folder.path().join("s/a.txt")).unwrap();
    file.set_len(1 << 42).unwrap();
    let begun = std::time::Instant::now();
    let items = sound(&sporhund(folder.path(), &["scan", "s"]));
    assert_eq!(items["s/a.txt"]["reason"], "bomb");
    assert!(begun.elapsed().as_secs() < 1200);
}

#[test]
fn many_files_in_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5000 {
        write(folder.path(), &format!("s/{number}.txt"), "x");
    }
    assert_eq!(sound(&sporhund(folder.path(), &["scan", "--jobs", "3", "s"])).len(), 5000);
}

/// Whoever is root may read everything: then there is nothing to see.
#[cfg(unix)]
#[test]
fn folders_that_may_not_be_read_have_a_record() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for name in ["s/a.txt", "s/closed/b.txt", "s/deep/closed/c.txt", "s/z.txt"] {
        write(folder.path(), name, IN_BREACH);
    }
    let close = |mode: u32| {
        for name in ["s/closed", "s/deep/closed"] {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    close(0o000);
    let may_read_all = fs::read_dir(folder.path().join("s/closed")).is_ok();
    let run = sporhund(folder.path(), &["scan", "s"]);
    close(0o755);
    if may_read_all {
        eprintln!("SKIPPED: root reads every folder");
        return;
    }
    let items = sound(&run);
    assert_eq!(items.keys().collect::<Vec<_>>(), ["s/a.txt", "s/closed", "s/deep/closed", "s/z.txt"]);
    assert_eq!(items["s/deep/closed"]["reason"], "permission");
}

#[test]
fn findings_beyond_the_limit_are_counted_and_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..300).map(|n| format!("{n};person{n}@eksempel.dk\n")).collect();
    write(folder.path(), "s/a.csv", format!("nr;e-mail\n{rows}"));
    write(folder.path(), "s/b.csv", "nr;e-mail\n1;person1@eksempel.dk\n");
    let scan = |more: &[&str]| {
        let run = sporhund(folder.path(), &[&["scan", "--max-findings", "10", "s"], more].concat());
        let emails = |location: &str| {
            run.all("finding").iter().filter(|f| f["detector"] == "email" && f["location"] == location).count()
        };
        assert_eq!((emails("s/a.csv"), emails("s/b.csv")), (10, 1));
        let (a, b) = (run.item("s/a.csv"), run.item("s/b.csv"));
        assert_eq!((&a["counts"]["email"], &a["omitted"]["email"]), (&300.into(), &290.into()));
        assert_eq!((&b["counts"]["email"], b.get("omitted")), (&1.into(), None));
        let summary = run.all("summary").remove(0);
        assert_eq!(summary["findings"]["email"], 301);
        assert!(run.all("omitted").is_empty());
        let records = run.out.lines().filter(|line| !line.contains("\"summary\"")).map(str::to_owned);
        records.collect::<Vec<_>>()
    };
    let one = scan(&["--jobs", "1", "--isolation", "none"]);
    assert_eq!(scan(&["--jobs", "2", "--isolation", "process"]), one);
    fs::write(folder.path().join("records.jsonl"), one.join("\n")).unwrap();
    let merged = sporhund(folder.path(), &["report", "--format", "jsonl", "records.jsonl"]);
    let summary = merged.all("summary").remove(0);
    assert_eq!((&summary["findings"]["email"], &summary["omitted"]["email"]), (&301.into(), &290.into()));
    // Every report says so, and none of what was left out before is new.
    for (format, saying) in [
        ("human", "counted and not listed, where an item has too many: email 290"),
        ("csv", "\"email\";\"\";\"\";\"\";\"\";\"\";\"290\""),
        ("sarif", "counted and not listed: email 290"),
        ("html", "Counted and not listed"),
    ] {
        let run = sporhund(folder.path(), &["scan", "--max-findings", "10", "--lang", "en", "--format", format, "s"]);
        assert!(run.out.contains(saying), "{format}: {}", run.out);
    }
    let again = |more: &[&str]| {
        let mut run = command(folder.path());
        run.args(["scan", "--max-findings", "10", "--fail-on", "finding", "s"]).args(more);
        Run::of(run.env("SPORHUND_KEY", support::KEY).output().unwrap())
    };
    fs::write(folder.path().join("records.jsonl"), again(&[]).out).unwrap();
    let again = again(&["--baseline", "records.jsonl"]);
    assert_eq!((again.code, &again.all("summary")[0]["findings"]), (0, &serde_json::json!({})));
}

/// A text that is referred to often, and a form that draws a form that draws a form: little is said, and much comes of it.
/// What was read until then stands.
#[test]
fn references_are_no_way_around_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = format!("<sst><si><t>{IN_BREACH}</t></si><si><t>{}</t></si></sst>", "lorem ".repeat(5_000));
    let cells = format!("<row><c t='s'><v>0</v></c></row>{}", "<row><c t='s'><v>1</v></c></row>".repeat(2_500));
    let workbook = zip(&[
        member("[Content_Types].xml", ""),
        member("xl/workbook.xml", "<w/>"),
        member("xl/sharedStrings.xml", text),
        member("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{cells}</sheetData></worksheet>")),
    ]);
    write(at, "s/often.zip", zip(&[member("often.xlsx", workbook)]));

    let form = |number: u32, content: &str, extra: &str| {
        let length = content.len();
        format!("{number} 0 obj\n<</Length {length}{extra}>>stream\n{content}\nendstream\nendobj\n")
    };
    let ten = "/X Do ".repeat(10);
    let mut pdf = "%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
                   2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
                   3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<\
                   /Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</X 5 0 R>>>>>>\nendobj\n"
        .to_owned();
    pdf += &form(4, &format!("BT /F 10 Tf 50 700 Td (CPR 010190-1234) Tj ET {ten}"), "");
    let resources = |next| format!("/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {next} 0 R>>>>");
    pdf.extend((5..25).map(|number| form(number, &ten, &resources(number + 1))));
    pdf += &form(25, "", "/Subtype/Form/BBox[0 0 9 9]");
    write(at, "s/laughs.pdf", pdf + "trailer<</Root 1 0 R>>\n%%EOF");

    let items = sound(&sporhund(at, &["scan", "s"]));
    for at in ["s/often.zip!/often.xlsx", "s/laughs.pdf"] {
        let item = &items[at];
        assert_eq!((item["status"].as_str(), item["reason"].as_str()), (Some("partial"), Some("bomb")), "{item}");
        assert_eq!(item["counts"]["dk.cpr"], 1, "{item}");
    }
}

/// What is packed alone is read as it flows: its limit grows with the packed bytes, those of a bomb are few.
#[test]
fn a_large_stream_is_no_bomb() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut dice = Dice(7);
    let mut log: String = (0..60_000).map(|_| format!("{} er modtaget\n", dice.roll(1 << 30))).collect();
    log.push_str(IN_BREACH);
    write(at, "s/log.txt.gz", gzip(log.as_bytes()));
    write(at, "s/bomb.txt.gz", gzip(&vec![b'0'; 40 << 20]));
    write(at, "s/twice.txt.gz.gz", gzip(&gzip(&vec![b'0'; 40 << 20])));
    let run = sporhund(at, &["scan", "--max-size", "64K", "s"]);
    let items = sound(&run);
    assert_eq!(items["s/log.txt.gz!/log.txt"]["status"], "scanned");
    assert!(run.all("finding").iter().any(|found| found["location"] == "s/log.txt.gz!/log.txt"));
    assert_eq!(items["s/bomb.txt.gz!/bomb.txt"]["reason"], "bomb");
    assert!(items.iter().any(|(at, item)| at.starts_with("s/twice.txt.gz.gz!/") && item["reason"] == "bomb"));
}

#[test]
fn of_a_subject_without_end_a_line_is_shown_and_all_is_read() {
    let share = tempfile::tempdir().unwrap();
    // The number stands where the subject is cut off.
    let subject = format!("{} CPR 010190-9992 {}", "x".repeat(990), "ord ".repeat(3000));
    let mail = format!("From: a@x.dk\nTo: b@x.dk\nSubject: {subject} anna.ek@firma.dk\n\nhej\n");
    write(share.path(), "a.eml", &mail);
    let run = sporhund(share.path(), &["scan", "--format", "jsonl", "a.eml"]);
    let item = &run.all("item")[0];
    let shown = item["subject_masked"].as_str().unwrap();
    assert!(shown.ends_with("x CPR •••••…"), "{shown}");
    assert_eq!((&item["counts"]["dk.cpr"], &item["counts"]["email"]), (&1.into(), &1.into()), "{item}");
}
