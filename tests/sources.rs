//! Sources: what is met in a folder, what it is called, and in which order.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]
#![allow(clippy::print_stderr, reason = "a test that could not run says so")]

mod support;

use std::fs;
use std::path::Path;

use support::{IN_BREACH, sporhund, write};

#[test]
fn hidden_and_ignored_files_count() {
    let here = tempfile::tempdir().unwrap();
    for name in [".gitignore", ".ignore", ".git/info/exclude"] {
        write(here.path(), &format!("s/{name}"), "*\n");
    }
    write(here.path(), "s/.skjult/løn.txt", IN_BREACH);
    write(here.path(), "s/a.txt", "a");
    let run = sporhund(here.path(), &["scan", "s"]);
    assert_eq!(run.items(), ["s/.git/info/exclude", "s/.gitignore", "s/.ignore", "s/.skjult/løn.txt", "s/a.txt"]);
}

#[test]
fn names_are_sorted_and_locations_are_as_given() {
    let here = tempfile::tempdir().unwrap();
    for name in ["s/b/z.txt", "s/b.txt", "s/a.txt", "s/c/a.txt", "s/B.txt"] {
        write(here.path(), name, "x");
    }
    let expected = ["B.txt", "a.txt", "b/z.txt", "b.txt", "c/a.txt"];
    for (given, prefix) in [("s", "s/"), ("s/", "s/"), ("./s", "./s/"), ("s/../s", "s/../s/")] {
        let items = sporhund(here.path(), &["scan", given]).items();
        assert_eq!(items, expected.map(|name| format!("{prefix}{name}")), "{given}");
    }
    let absolute = here.path().join("s/a.txt");
    assert_eq!(sporhund(here.path(), &["scan", absolute.to_str().unwrap()]).items(), [absolute.to_str().unwrap()]);
    assert_eq!(sporhund(&here.path().join("s"), &["scan", "."]).items()[1], "./a.txt");
    assert_eq!(sporhund(here.path(), &["scan", "s/c", "s/c/a.txt"]).items(), ["s/c/a.txt", "s/c/a.txt"]);
    fs::create_dir(here.path().join("empty")).unwrap();
    assert!(sporhund(here.path(), &["scan", "empty"]).items().is_empty());
}

#[test]
fn what_the_file_system_says_is_told() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "a.txt", "abc");
    let file = fs::File::options().write(true).open(here.path().join("a.txt")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).unwrap();
    let item = sporhund(here.path(), &["scan", "a.txt"]).item("a.txt");
    assert_eq!(item["size"], 3);
    assert_eq!(item["file_modified"], "2023-11-14T22:13:20Z");
    assert_eq!(item["modified"], "2023-11-14T22:13:20Z");
    assert!(item["path"].is_null(), "the location says it already");
    #[cfg(unix)]
    assert!(item["owner"].is_string());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    #[test]
    fn links_are_followed_only_as_sources() {
        let here = tempfile::tempdir().unwrap();
        write(here.path(), "s/a.txt", IN_BREACH);
        write(here.path(), "outside/b.txt", IN_BREACH);
        symlink("a.txt", here.path().join("s/link")).unwrap();
        symlink("../outside", here.path().join("s/linked")).unwrap();
        symlink(".", here.path().join("s/loop")).unwrap();
        symlink("nowhere", here.path().join("s/dangling")).unwrap();
        let items = |source| sporhund(here.path(), &["scan", source]).items();
        assert_eq!(items("s"), ["s/a.txt"]);
        assert_eq!(items("s/linked"), ["s/linked/b.txt"]);
        let run = sporhund(here.path(), &["scan", "s/link"]);
        assert_eq!((run.items(), run.code), (vec!["s/link".to_owned()], 1));
        sporhund(here.path(), &["scan", "s/dangling"]).refused("s/dangling");
    }

    #[test]
    fn special_files_are_never_opened() {
        let here = tempfile::tempdir().unwrap();
        write(here.path(), "s/a.txt", "a");
        rustix::fs::mknodat(rustix::fs::CWD, here.path().join("s/fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        let _socket = UnixListener::bind(here.path().join("s/socket")).unwrap();
        let run = sporhund(here.path(), &["scan", "s", "s/fifo", "/dev/zero"]);
        assert_eq!(run.code, 3);
        assert_eq!(run.items(), ["s/a.txt", "s/fifo", "s/socket", "s/fifo", "/dev/zero"]);
        for special in run.all("item").iter().skip(1) {
            assert_eq!((&special["status"], &special["reason"]), (&"skipped".into(), &"special".into()));
        }
    }

    #[test]
    fn what_may_not_be_read_is_an_item() {
        if rustix::process::geteuid().is_root() {
            eprintln!("SKIPPED what_may_not_be_read_is_an_item: nothing is forbidden to root");
            return;
        }
        let here = tempfile::tempdir().unwrap();
        write(here.path(), "s/locked/a.txt", "a");
        write(here.path(), "s/secret.txt", "a");
        let forbid = |name: &str, mode| {
            fs::set_permissions(here.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        forbid("s/locked", 0);
        forbid("s/secret.txt", 0);
        let run = sporhund(here.path(), &["scan", "s"]);
        forbid("s/locked", 0o700);
        assert_eq!(run.code, 3);
        assert_eq!(run.items(), ["s/locked", "s/secret.txt"]);
        let folder = run.item("s/locked");
        assert_eq!((&folder["kind"], &folder["format"]), (&"container".into(), &"folder".into()));
        assert!(run.all("item").iter().all(|item| item["reason"] == "permission" && item["status"] == "failed"));
    }

    #[test]
    fn names_that_are_no_text_are_spelt_out() {
        let here = tempfile::tempdir().unwrap();
        let folder = here.path().join(OsStr::from_bytes(b"l\xf8n"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(OsStr::from_bytes(b"\xe6.txt")), IN_BREACH).unwrap();
        let run = sporhund(here.path(), &["scan", "."]);
        assert_eq!(run.items(), ["./l\\xf8n/\\xe6.txt"]);
        assert_eq!(run.code, 1);
    }
}

#[test]
fn a_mailbox_in_a_folder_stands_in_its_place() {
    let here = tempfile::tempdir().unwrap();
    let mail = "From: a@example.dk\r\nTo: b@example.dk\r\nSubject: x\r\n\r\ntekst\r\n";
    write(here.path(), "undated/a.eml", mail);
    let undated = sporhund(here.path(), &["scan", "undated"]).item("undated/a.eml");
    assert_eq!(undated["received"], undated["file_modified"], "as old as its file");
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(here.path().join("s/mail").join(folder)).unwrap();
    }
    write(here.path(), "s/mail/cur/1700000000.M1P1.host:2,S", mail);
    write(here.path(), "s/a.txt", "a");
    write(here.path(), "s/z.txt", "z");
    write(here.path(), "s/gemt/Indbakke/brev.eml", mail);
    write(here.path(), "s/gemt/sager/brev.eml", mail);
    let run = sporhund(here.path(), &["scan", "s"]);
    let expected = [
        "s/a.txt",
        "s/gemt/Indbakke/brev.eml",
        "s/gemt/sager/brev.eml",
        "s/mail!/INBOX/1700000000.M1P1.host",
        "s/mail",
        "s/z.txt",
    ];
    assert_eq!(run.items(), expected);
    assert_eq!(run.item("s/mail!/INBOX/1700000000.M1P1.host")["path"], "s/mail/cur/1700000000.M1P1.host:2,S");
    let inside = run.item("s/mail!/INBOX/1700000000.M1P1.host");
    assert_eq!((&inside["kind"], &inside["format"]), (&"message".into(), &"eml".into()));
    assert_eq!(run.item("s/gemt/Indbakke/brev.eml")["folder"], "Indbakke");
    assert_eq!(run.item("s/gemt/Indbakke/brev.eml")["role"], "inbox");
    assert!(run.item("s/gemt/sager/brev.eml")["role"].is_null());
}

#[test]
fn deep_trees_are_walked() {
    let here = tempfile::tempdir().unwrap();
    let deep = format!("s/{}a.txt", "d/".repeat(500));
    write(here.path(), &deep, IN_BREACH);
    assert_eq!(sporhund(here.path(), &["scan", "s"]).items(), [deep]);
}

/// Two thousand files of many kinds, made from nothing but their number.
fn mixed(folder: &Path) {
    for n in 0..2000u32 {
        let name = format!("s/{}/{:x}-{n}", n % 37, n.wrapping_mul(2_654_435_761));
        let text = match n % 7 {
            0 => String::new(),
            1 => IN_BREACH.to_owned(),
            2 => format!("navn;nummer\nAnna;{IN_BREACH}\n").repeat(n as usize % 50),
            3 => "\u{1}\u{0}\u{2}".repeat(100),
            4 => format!("{{\"nummer\": \"{IN_BREACH}\"}}"),
            5 => format!("<p>{IN_BREACH}</p>").repeat(n as usize % 100),
            _ => "bare tekst\n".repeat(n as usize % 500),
        };
        let ending = ["txt", "txt", "csv", "bin", "json", "html", "log"][n as usize % 7];
        write(folder, &format!("{name}.{ending}"), text);
    }
}

#[test]
fn any_number_of_workers_says_the_same() {
    let here = tempfile::tempdir().unwrap();
    mixed(here.path());
    let run = |jobs| {
        let run = sporhund(here.path(), &["scan", "--now", "2026-11-20", "--jobs", jobs, "s"]);
        assert_eq!(run.items().len(), 2000);
        let (records, summary) = run.out.trim_end().rsplit_once('\n').unwrap();
        let mut summary: serde_json::Value = serde_json::from_str(summary).unwrap();
        summary["seconds"].take();
        (records.to_owned(), summary)
    };
    let one = run("1");
    assert!(one == run("2") && one == run("8"));
}

/// A shell's `<(…)` is not silently nothing.
#[cfg(target_os = "linux")]
#[test]
fn pipes_that_are_given_are_read_or_refused() {
    let here = tempfile::tempdir().unwrap();
    let run = support::fed(here.path(), &["scan", "/dev/stdin"], IN_BREACH.as_bytes());
    assert_eq!((run.items(), run.code), (vec!["-".to_owned()], 1), "{}", run.err);
    let pipe = here.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink(&pipe, here.path().join("link")).unwrap();
    sporhund(here.path(), &["scan", "link"]).refused("link: it is a pipe: give -");
}

#[test]
fn national_numbers_in_names_are_findings() {
    let share = tempfile::tempdir().unwrap();
    for name in [
        "s/Sag 010190-9992.txt",
        "s/211162-9997 Bo/kontrakt.txt",
        "s/Scan_20231105123456.txt",
        "s/IMG-20231105-1234.txt",
        "s/Rapport 2023-11-05 v1.2 (1234567890).txt",
    ] {
        write(share.path(), name, "intet");
    }
    write(share.path(), "s/Brev 010190-9992 igen.txt", "CPR-nr. 010190-9992 og igen");
    let run = sporhund(share.path(), &["scan", "--format", "jsonl", "s"]);
    let found: Vec<(String, u64, String)> = run
        .all("finding")
        .iter()
        .map(|f| {
            let part = f["position"]["part"].as_str().unwrap_or_default();
            (f["location"].as_str().unwrap().to_owned(), f["count"].as_u64().unwrap(), part.to_owned())
        })
        .collect();
    let name = |location: &str, count| (location.to_owned(), count, "name".to_owned());
    let expected = [
        name("s/211162-9997 Bo/kontrakt.txt", 1),
        name("s/Brev 010190-9992 igen.txt", 2),
        name("s/Sag 010190-9992.txt", 1),
    ];
    assert_eq!(found, expected);
    assert!(run.all("finding").iter().all(|f| f["masked"] == "••••••-••••"), "{}", run.out);
}
