//! Text in pictures: `--ocr` with the program tesseract, where it is installed, and without it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "clippy does not see that helpers are tests"
)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::Run;

const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/extract/ocr");

/// A scan of a folder with these arguments; `path` is where programs are looked for.
fn scan(folder: &Path, arguments: &[&str], path: Option<&Path>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sporhund"));
    command.args(["scan", "--show-values", "--explain", "--now", "2026-11-20", "--fail-on", "never"]);
    command.args(["--format", "jsonl"]).args(arguments).arg(folder);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    Run::of(command.output().unwrap())
}

/// The program is there, with all languages.
fn is_installed() -> bool {
    let listed = Command::new("tesseract").arg("--list-langs").output().map(|output| output.stdout).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let all = ["dan", "swe", "nor", "fin", "eng", "osd"].iter().all(|name| listed.lines().any(|line| line == *name));
    if !all {
        eprintln!("SKIPPED: tesseract is not installed with dan, swe, nor, fin, eng and osd");
    }
    all
}

/// Location behind the folder, value and position of the findings of national numbers.
fn numbers(run: &Run) -> Vec<(String, String, Value)> {
    let findings = run.all("finding").into_iter().filter(|finding| finding["category"] == "national_id");
    findings
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            let location = text("location").rsplit_once("/ocr/").unwrap().1.to_owned();
            (location, text("value"), finding["position"].clone())
        })
        .collect()
}

#[test]
fn numbers_in_pictures_are_found_where_they_stand() {
    if !is_installed() {
        return;
    }
    let run = scan(Path::new(PICTURES), &["--ocr"], None);
    let picture = |line: u32| json!({"line": line, "part": "picture"});
    let expected = [
        ("brev.docx!/word/media/image1.png", "010190-1235", picture(2)),
        ("da.png", "010190-1235", picture(2)),
        ("en.png", "020290-1238", picture(2)),
        ("fax.tif", "030390-1230", json!({"page": 2, "part": "picture"})),
        ("fi.png", "131052-308T", picture(2)),
        ("nb.png", "010190 12480", picture(2)),
        ("scan.pdf", "030390-1230", json!({"page": 2})),
        ("sv.png", "811228-9874", picture(2)),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(at, value, place)| (at.to_owned(), value.to_owned(), place)).collect();
    assert_eq!(numbers(&run), expected);
    let why = |finding: &Value| finding["why"].as_str().unwrap().contains("read in a picture");
    assert!(run.all("finding").iter().all(why));
    let summary = &run.all("summary")[0];
    assert_eq!((&summary["ocr"], &summary["unseen"]), (&json!("dan+swe+nor+fin+eng"), &Value::Null));
    assert!(run.all("item").iter().all(|item| item["status"] == "scanned"));

    let alone = scan(Path::new(PICTURES), &["--ocr", "--isolation", "none"], None);
    assert_eq!(numbers(&alone), expected);
}

#[test]
fn what_is_wrong_or_much_beside_a_picture_does_not_keep_it_from_being_read() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("ocr");
    std::fs::create_dir(&at).unwrap();
    let png = std::fs::read(format!("{PICTURES}/da.png")).unwrap();
    image::open(format!("{PICTURES}/da.png")).unwrap().into_luma8().save(at.join("exif.jpg")).unwrap();
    let jpg = std::fs::read(at.join("exif.jpg")).unwrap();
    // The first directory lies nowhere.
    let exif = b"\xFF\xE1\x00\x10Exif\0\0II*\0\xFF\xFF\xFF\x7F";
    std::fs::write(at.join("exif.jpg"), [&jpg[..2], exif, &jpg[2..]].concat()).unwrap();
    std::fs::write(at.join("long.png"), [&png[..], &vec![0; 9 << 20]].concat()).unwrap();
    let run = scan(&at, &["--ocr", "--max-size", "5M"], None);
    let picture = json!({"line": 2, "part": "picture"});
    let expected = ["exif.jpg", "long.png"].map(|name| (name.to_owned(), "010190-1235".to_owned(), picture.clone()));
    assert_eq!(numbers(&run), expected);
    assert_eq!(run.item(&at.join("exif.jpg").display().to_string())["reason"], "corrupt");
}

#[test]
fn what_was_not_read_is_counted() {
    let run = scan(Path::new(PICTURES), &[], None);
    let summary = &run.all("summary")[0];
    // Five pictures, one of them in a letter too, and two pages each of a fax and a scan.
    assert_eq!((&summary["ocr"], &summary["unseen"]), (&Value::Null, &json!(10)));
    assert_eq!(run.code, 3);
    let item = run.item(&format!("{PICTURES}/scan.pdf"));
    assert_eq!(
        (&item["status"], &item["reason"], &item["unseen"]),
        (&json!("skipped"), &json!("unsupported"), &json!(2))
    );
}

#[test]
fn without_the_program_the_scan_goes_on_and_says_so() {
    let nothing = tempfile::tempdir().unwrap();
    let run = scan(Path::new(PICTURES), &["--ocr"], Some(nothing.path()));
    assert_eq!(run.code, 3);
    assert!(run.err.starts_with("sporhund: --ocr: tesseract is not installed"), "{}", run.err);
    assert_eq!((&run.all("summary")[0]["ocr"], &run.all("summary")[0]["unseen"]), (&json!("missing"), &json!(10)));
}

/// A program that is called tesseract, and does this with a picture.
#[cfg(unix)]
fn other(script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tesseract");
    let listing = "if [ \"$1\" = --list-langs ]; then echo dan; exit 0; fi";
    std::fs::write(&path, format!("#!/bin/sh\n{listing}\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[cfg(unix)]
#[test]
fn a_picture_that_takes_too_long_costs_itself_only() {
    let slow = other("exec /bin/sleep 30");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(format!("{PICTURES}/da.png"), folder.path().join("a.png")).unwrap();
    std::fs::write(folder.path().join("b.txt"), support::IN_BREACH).unwrap();
    let run = scan(folder.path(), &["--ocr", "--max-time", "2"], Some(slow.path()));
    let item = run.item(&folder.path().join("a.png").display().to_string());
    assert_eq!((&item["reason"], &item["unseen"]), (&json!("timeout"), &json!(1)));
    assert_eq!(run.found().len(), 1, "the next item is read");
}

/// What was not read for want of a reader is read when there is one.
#[cfg(unix)]
#[test]
fn pictures_that_a_state_knows_as_unread_are_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("s")).unwrap();
    std::fs::copy(format!("{PICTURES}/da.png"), folder.path().join("s/a.png")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(60)); // what was written just now is not trusted
    let (said, nothing) = (other("/bin/cat > /dev/null; echo 'CPR 010190-1235'"), tempfile::tempdir().unwrap());
    let run = |ocr: &[&str], path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sporhund"));
        command.args(["scan", "--state", "st", "--fail-on", "never", "--format", "jsonl", "s"]).args(ocr);
        let run = Run::of(command.current_dir(folder.path()).env("PATH", path).output().unwrap());
        assert_eq!(run.all("item").len(), 1, "{}", run.err);
        run.found().len()
    };
    assert_eq!(run(&[], said.path()), 0);
    assert_eq!(run(&["--ocr"], nothing.path()), 0);
    assert_eq!(run(&["--ocr"], said.path()), 1);
    assert_eq!(run(&["--ocr"], said.path()), 1);
}

#[cfg(unix)]
#[test]
fn misreadings_are_put_right_and_are_less_sure() {
    let said = other("/bin/cat > /dev/null; echo 'nummer O1O190-1235'; echo 'nummer 110380-0095'");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(format!("{PICTURES}/da.png"), folder.path().join("a.png")).unwrap();
    let run = scan(folder.path(), &["--ocr", "--min-confidence", "0.1"], Some(said.path()));
    let found = run.found();
    assert_eq!((&found[0]["value"], &found[1]["value"]), (&json!("010190-1235"), &json!("110380-0095")));
    assert!(found[0]["why"].as_str().unwrap().contains("misreadings put right"));
    assert!(found[0]["confidence"].as_f64() < found[1]["confidence"].as_f64(), "{found:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_reads_pictures_writes_nothing_and_knows_no_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(format!("{PICTURES}/da.png"), folder.path().join("a.png")).unwrap();
    let left = folder.path().join("left");
    let script = format!(
        "/bin/cat > /dev/null; echo x > '{}'; echo \"key ${{SPORHUND_KEY:-none}}\"; echo 'CPR 010190-1235'",
        left.display()
    );
    let nosy = other(&script);
    let mut command = Command::new(env!("CARGO_BIN_EXE_sporhund"));
    command.args(["scan", "--ocr", "--show-values", "--fail-on", "never", "--format", "jsonl"]).arg(folder.path());
    let run = Run::of(command.env("PATH", nosy.path()).env("SPORHUND_KEY", support::KEY).output().unwrap());
    assert_eq!(run.found().len(), 1, "{}", run.out);
    assert!(!run.out.contains(support::KEY));
    // Where the kernel has no Landlock, no file may grow at least.
    assert!(std::fs::read(&left).unwrap_or_default().is_empty());
}

#[cfg(unix)]
#[test]
fn pictures_that_are_none_harm_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let png = std::fs::read(format!("{PICTURES}/da.png")).unwrap();
    let tif = std::fs::read(format!("{PICTURES}/fax.tif")).unwrap();
    let mut huge = png.clone();
    // Width and height in the header, and its sum, which readers may ignore.
    huge[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    std::fs::write(folder.path().join("huge.png"), &huge).unwrap();
    std::fs::write(folder.path().join("cut.png"), &png[..png.len() / 2]).unwrap();
    for n in 0..40 {
        let mut broken = tif.clone();
        let at = n * broken.len() / 40;
        broken[at] ^= 0xFF;
        std::fs::write(folder.path().join(format!("{n}.tif")), &broken).unwrap();
    }
    let run = scan(folder.path(), &["--ocr"], Some(other("/bin/cat > /dev/null; echo x").path()));
    assert_eq!(run.all("item").len(), 42);
    assert!(run.all("item").iter().all(|item| item["reason"] != "crashed"), "{}", run.out);
}
