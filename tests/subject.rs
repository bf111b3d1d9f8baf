//! `sporhund subject`: one person is found in every written form and format, and nobody else is shown.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use support::{KEY, Run, sporhund, write};
use tempfile::TempDir;

/// Nothing of these may stand in a report.
const OTHERS: &[&str] =
    &["Kirsten", "kirsten", "Nielsen", "nielsen", "020280-", "280-1113", "40 11 22 33", "Xylander", "Strandvejen"];

const REQUEST: &str =
    "# sag 17\nid: 010190-9992\nemail: soren.agard@example.dk\nphone: +45 32 12 34 56\nname: Søren Ågård\n";

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn mail(from: &str, to: &str, kind: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: {to}\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <1@x>\nSubject: Om Kirsten Nielsen\n{kind}\n\n{body}\n"
    )
}

/// Files that mention the person.
fn planted() -> Vec<(&'static str, Vec<u8>)> {
    let other = "Kirsten Nielsen (020280-1113, kirsten@firma.dk, 40 11 22 33)";
    let text = |text: &str| format!("{other}\n{other} og {text} bor på Strandvejen 4\n{other}\n").into_bytes();
    let plain = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8";
    let base64 = base64::engine::general_purpose::STANDARD.encode("Om S\u{f8}ren \u{c5}g\u{e5}rd og Kirsten Nielsen");
    let docx = "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>\
        <w:p><w:r><w:t>Kirsten Nielsen og S</w:t></w:r><w:r><w:t>øren Ågård</w:t></w:r></w:p></w:body></w:document>";
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/word/document.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let docx = zip(&[("[Content_Types].xml", types.as_bytes()), ("word/document.xml", docx.as_bytes())]);
    let latin: Vec<u8> = "Kirsten Nielsen\nAftale med S\u{f8}ren \u{c5}g\u{e5}rd\n".chars().map(|c| c as u8).collect();
    let multipart = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHej Kirsten\n--b\n\
         Content-Type: application/zip; name=a.zip\nContent-Disposition: attachment; filename=a.zip\n\
         Content-Transfer-Encoding: base64\n\n{}\n--b--",
        base64::engine::general_purpose::STANDARD.encode(zip(&[("dybt/a.txt", &text("010190 9992"))]))
    );
    vec![
        ("s/id.txt", text("010190-9992")),
        ("s/id2.txt", text("0101909992")),
        ("s/id3.txt", text("01 01 90 9992")),
        ("s/id4.txt", text("CPR01011990-9992")),
        ("s/id.csv", b"navn;cpr\nKirsten Nielsen;020280-1113\nx;101909992\n".to_vec()),
        ("s/phone.txt", text("3212 3456")),
        ("s/phone2.txt", text("0045-32123456")),
        ("s/email.txt", text("Soren.Agard@Example.dk")),
        ("s/email2.txt", text("soren.agard (at) example.dk")),
        ("s/name.txt", text("SØREN ÅGÅRD")),
        ("s/name2.txt", text("Ågård, Søren Peter")),
        ("s/latin.txt", latin),
        ("s/name.json", r#"[{"navn":"S\u00f8ren \u00c5g\u00e5rd"},{"navn":"Kirsten Nielsen"}]"#.into()),
        ("s/name.html", "<html><body><p>Kirsten Nielsen</p><p>S&oslash;ren &Aring;g&aring;rd</p></body></html>".into()),
        ("s/name.xml", "<?xml version=\"1.0\"?><a><b navn=\"Kirsten Nielsen\">S&#248;ren Ågård</b></a>".into()),
        ("s/a.docx", docx),
        ("s/Søren Ågård/billede.txt", b"x".to_vec()),
        (
            "s/from.eml",
            mail("=?utf-8?q?S=C3=B8ren_=C3=85g=C3=A5rd?= <x@y.dk>", "kirsten@firma.dk", plain, "Hej").into(),
        ),
        ("s/to.eml", mail("kirsten@firma.dk", "soren.agard@example.dk", plain, "Hej").into()),
        (
            "s/base64.eml",
            mail("a@b.dk", "c@d.dk", &format!("{plain}\nContent-Transfer-Encoding: base64"), &base64).into(),
        ),
        (
            "s/qp.eml",
            mail(
                "a@b.dk",
                "c@d.dk",
                &format!("{plain}\nContent-Transfer-Encoding: quoted-printable"),
                "S=C3=B8ren =C3=85g=\n=C3=A5rd",
            )
            .into(),
        ),
        ("s/attached.eml", mail("a@b.dk", "c@d.dk", &multipart, "").replacen("\n\nMIME", "\nMIME", 1).into()),
    ]
}

fn share() -> (TempDir, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    let planted = planted();
    for (name, bytes) in &planted {
        write(folder.path(), name, bytes);
    }
    for n in 0..200 {
        write(
            folder.path(),
            &format!("s/fyld/{n}.txt"),
            "Kirsten Nielsen, CPR 020280-1113, ring 40 11 22 33 til Xylander\n",
        );
    }
    write(folder.path(), "request.txt", REQUEST);
    (folder, planted.into_iter().map(|(name, _)| name.to_owned()).collect())
}

fn asked(folder: &Path, options: &[&str]) -> Run {
    let run =
        sporhund(folder, &[&["subject", "--subject-file", "request.txt", "--now", "2026-11-20"], options].concat());
    assert_eq!(run.err, "", "{options:?}");
    run
}

#[test]
fn every_mention_is_found_and_nobody_else_is_shown() {
    let (share, planted) = share();
    for options in [&["--format", "jsonl", "s"][..], &["--format", "jsonl", "--show-values", "s"]] {
        let run = asked(share.path(), options);
        assert_eq!(run.code, 0);
        let outer = |location: &str| location.split("!/").next().unwrap().to_owned();
        let found: BTreeSet<String> =
            run.all("finding").iter().map(|f| outer(f["location"].as_str().unwrap())).collect();
        assert_eq!(found, planted, "{}", run.out);
        assert!(run.items().iter().all(|item| planted.contains(&outer(item))), "{}", run.out);
        for other in OTHERS {
            assert!(!run.out.contains(other), "{other}: {}", run.out.lines().find(|l| l.contains(other)).unwrap());
        }
        assert_eq!(run.out.contains("3212 3456"), options.contains(&"--show-values"), "{}", run.out);
        assert_eq!(run.all("summary")[0]["deadline"], "2026-12-20");
    }
}

#[test]
fn the_page_says_where_what_to_do_and_until_when() {
    let (share, planted) = share();
    let own = "extends = 'nordic-gdpr'\nanswer_within = '30 days'\n[[place]]\npath = ['s/id*.txt']\nowner = 'hr'\npurpose = 'løn'\n\
        keep_until = '2031-12-31'\nreason = 'bogføringsloven'\n";
    write(share.path(), "own.toml", own);
    write(share.path(), "s/locked.bin", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    let run = asked(share.path(), &["--format", "human", "--policy", "own.toml", "--request-date", "2026-11-18", "s"]);
    assert_eq!(run.code, 3, "something could not be read");
    for name in &planted {
        assert!(run.out.contains(name.as_str()), "{name}: {}", run.out);
    }
    assert!(run.out.contains("\n    id line 2: "), "{}", run.out);
    assert!(run.out.contains("answer by 2026-12-18"), "{}", run.out);
    assert!(run.out.contains("ask hr; for løn; kept until 2031-12-31 (bogføringsloven)"), "{}", run.out);
    assert!(run.out.contains("unsupported: 1\n    s/locked.bin"), "{}", run.out);
    for hidden in OTHERS.iter().chain(&["010190", "9992", "Agard"]) {
        assert!(!run.out.contains(hidden), "{hidden}: {}", run.out);
    }
}

#[test]
fn records_of_an_earlier_run_are_searched_by_fingerprint() {
    let (share, _) = share();
    let at = share.path();
    write(at, "key", KEY);
    let scan = ["scan", "--key-file", "key", "--fail-on", "never", "-o", "records.jsonl", "s"];
    assert_eq!(sporhund(at, &scan).err, "");
    std::fs::remove_dir_all(at.join("s")).unwrap();
    let run = asked(at, &["--format", "jsonl", "--key-file", "key", "--records", "records.jsonl"]);
    let found: BTreeSet<String> = run.items().into_iter().collect();
    for name in ["s/id.txt", "s/id2.txt", "s/phone2.txt", "s/email.txt", "s/attached.eml!/a.zip!/dybt/a.txt"] {
        assert!(found.contains(name), "{name}: {}", run.out);
    }
    assert!(!run.out.contains("fyld"));
    for other in OTHERS {
        assert!(!run.out.contains(other), "{other}: {}", run.out);
    }
    let refused = |options: &[&str], saying| {
        sporhund(at, &[&["subject", "--subject-file", "request.txt", "--records", "records.jsonl"], options].concat())
            .refused(saying);
    };
    refused(&[], "needs their key");
    write(at, "other", "0".repeat(64));
    refused(&["--key-file", "other"], "another key made these fingerprints");
    // Who is not among what a run told may be among what it had not told yet, or counted only.
    let told = std::fs::read_to_string(at.join("records.jsonl")).unwrap();
    let (lines, summary) = told.trim_end().rsplit_once('\n').unwrap();
    for (records, complete) in [
        (told.clone(), true),
        (format!("{lines}\n"), false),
        (String::new(), false),
        (told.replace("\"complete\":true", "\"complete\":false"), false),
        (format!("{lines}\n{}\n", summary.replacen('{', "{\"omitted\":{\"dk.cpr\":1},", 1)), false),
    ] {
        write(at, "records.jsonl", records);
        let run = asked(at, &["--format", "jsonl", "--key-file", "key", "--records", "records.jsonl"]);
        assert_eq!(run.all("summary")[0]["complete"], complete, "{}", run.out);
        assert_eq!(run.code == 3, !complete, "{}", run.code);
    }
    write(at, "records.jsonl", "{\"record\":\"finding\"}\n");
    refused(&["--key-file", "key"], "records.jsonl:1: this is no record of a scan");
}

#[test]
fn identifiers_are_never_echoed() {
    let (share, _) = share();
    let at = share.path();
    let refused = |options: &[&str], saying| {
        let run = sporhund(at, &[&["subject"], options, &["s"]].concat());
        run.refused(saying);
        assert!(!run.err.contains("hemmelig"));
    };
    refused(&[], "nobody to look for");
    refused(&["--email", "hemmelig"], "--email number 1");
    write(at, "bad.txt", "id: 010190-9992\nhemmelig\n");
    refused(&["--subject-file", "bad.txt"], "bad.txt:2: write `id:`");
    write(at, "marked.txt", "\u{FEFF}id: 010190-9992\n");
    let run = sporhund(at, &["subject", "--subject-file", "marked.txt", "--format", "jsonl", "s/id.txt"]);
    assert_eq!((run.err.as_str(), run.all("finding").len()), ("", 1));
    let run = sporhund(at, &["subject", "--phone", "+4532123456", "--format", "human", "s/phone.txt"]);
    assert!(run.out.contains("s/phone.txt") && !run.out.contains("3212"), "{}", run.out);
}

#[test]
fn what_is_private_is_named_and_not_quoted() {
    let (share, _) = share();
    write(share.path(), "p/Privat/a.txt", "brev til Søren Ågård om sommerhuset");
    let run = asked(share.path(), &["--format", "jsonl", "--show-values", "p"]);
    assert_eq!(run.items(), ["p/Privat/a.txt"]);
    assert!(!run.out.contains("sommerhuset") && !run.out.contains("Søren"), "{}", run.out);
}
