//! `sporhund redact`: the structure stays, the values go, and a scan of the copy finds nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use serde_json::Value;
use support::{KEY, sporhund, write};

/// Copies a file, and scans the copy.
fn redacted(folder: &Path, name: &str, options: &[&str]) -> Vec<u8> {
    let copy = format!("copy/{name}");
    write(folder, &copy, "");
    let run = sporhund(folder, &[&["redact", "-o", &copy], options, &[name]].concat());
    assert_eq!(run.code, 0, "{name}: {}", run.err);
    assert!(run.err.starts_with("sporhund: taken out: ") && run.out.is_empty(), "{}", run.err);
    let scan = sporhund(folder, &["scan", "--format", "jsonl", "--fail-on", "finding", "--policy", "lazuli", &copy]);
    assert_eq!(
        scan.all("finding"),
        Vec::<Value>::new(),
        "{name}: {}",
        fs::read_to_string(folder.join(&copy)).unwrap_or_default()
    );
    fs::read(folder.join(copy)).unwrap()
}

fn text(folder: &Path, name: &str, options: &[&str]) -> String {
    String::from_utf8(redacted(folder, name, options)).unwrap()
}

#[test]
fn a_text_keeps_all_but_the_values() {
    let here = tempfile::tempdir().unwrap();
    write(
        here.path(),
        "a.txt",
        "Kære Mette Jensen\r\nDit CPR-nummer 010190-9992 og mail mette@firma.dk\r\nHilsen æøå\r\n",
    );
    assert_eq!(
        text(here.path(), "a.txt", &[]),
        "Kære ***** ******\r\nDit CPR-nummer ******-**** og mail *****@*****.**\r\nHilsen æøå\r\n"
    );
    let latin: Vec<u8> =
        "Kære Søren Ågård\nCPR-nummer: 010190-9992, løn på kontoen\n".chars().map(|c| c as u8).collect();
    write(here.path(), "latin.txt", &latin);
    let copy = redacted(here.path(), "latin.txt", &[]);
    let copy: String = copy.iter().map(|b| char::from(*b)).collect();
    assert_eq!(copy, "Kære ***** *****\nCPR-nummer: ******-****, løn på kontoen\n");
    let wide: Vec<u8> = "\u{feff}CPR 010190-9992 ø\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    write(here.path(), "wide.txt", &wide);
    let expected: Vec<u8> = "\u{feff}CPR ******-**** ø\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(redacted(here.path(), "wide.txt", &[]), expected);
}

/// What one program writes and another one adds to in UTF-16 is masked wholly, or there is no copy.
#[test]
fn parts_in_another_encoding_are_not_handed_over() {
    let here = tempfile::tempdir().unwrap();
    let wide: Vec<u8> = "CPR 211162-9997\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    write(here.path(), "a.log", [&b"nothing here\n".repeat(20_000)[..], &wide].concat());
    write(here.path(), "b.txt", b"\xFF\xFE CPR 211162-9997\n".repeat(9));
    for name in ["a.log", "b.txt"] {
        sporhund(here.path(), &["redact", "-o", "copy", name]).refused("another encoding");
        assert!(!here.path().join("copy").exists(), "{name}");
    }
}

#[test]
fn pseudonyms_join_and_count_as_the_values_did() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "key", KEY);
    let rows: String = (0..300)
        .map(|n| format!("{n};{};a{}@firma.dk;{}\n", ["010190-9992", "0101909992", "020280-1113"][n % 3], n % 5, n * 7))
        .collect();
    write(here.path(), "a.csv", format!("nr;cpr;mail;beløb\n{rows}"));
    let copy = text(here.path(), "a.csv", &["--pseudonyms", "--key-file", "key"]);
    let cells: Vec<Vec<&str>> = copy.lines().map(|line| line.split(';').collect()).collect();
    assert!(cells.iter().all(|row| row.len() == 4) && cells.len() == 301);
    let column = |n: usize| cells[1..].iter().map(|row| row[n]).collect::<BTreeSet<_>>();
    assert_eq!((column(1).len(), column(2).len(), column(3).len()), (2, 5, 300), "{copy}");
    assert_eq!(cells[1][1], cells[2][1]);
    assert!(cells[1][1].starts_with("national_id_"));
    assert_eq!(copy, text(here.path(), "a.csv", &["--pseudonyms", "--key-file", "key"]));
    sporhund(here.path(), &["redact", "--pseudonyms", "a.csv"]).refused("--pseudonyms needs a key");
}

#[test]
fn json_stays_json() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "key", KEY);
    let json = r#"{"personer":[{"navn":"S\u00f8ren \u00c5g\u00e5rd","cpr":"010190-9992","note":"linje\nMette Jensen \"x\"","n":17},
        {"tlf":32123456,"mail":"anna@firma.dk","ok":true}]}"#;
    write(here.path(), "a.json", json);
    for options in [&[][..], &["--pseudonyms", "--key-file", "key"]] {
        let copy = text(here.path(), "a.json", options);
        let value: Value = serde_json::from_str(&copy).unwrap_or_else(|e| panic!("{e}: {copy}"));
        let (first, second) = (&value["personer"][0], &value["personer"][1]);
        assert_eq!((&first["n"], &second["ok"]), (&17.into(), &true.into()));
        assert!(second["tlf"].is_u64() && second["tlf"] != 32_123_456, "{copy}");
        for gone in ["ren", "c5", "Mette", "Jensen", "010190", "anna"] {
            assert!(!copy.contains(gone), "{gone}: {copy}");
        }
        assert!(first["note"].as_str().unwrap().starts_with("linje\n"), "{copy}");
    }
}

#[test]
fn numbers_of_json_join_and_count_as_the_values_did() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "key", KEY);
    write(here.path(), "a.json", r#"[{"cpr":101909992,"tlf":28345678},{"cpr":202801113,"tlf":28345678}]"#);
    let told = |options: &[&str]| serde_json::from_str::<Value>(&text(here.path(), "a.json", options)).unwrap();
    let people = told(&["--pseudonyms", "--key-file", "key"]);
    assert!(people[0]["cpr"].is_u64() && people[0]["cpr"] != people[1]["cpr"], "{people}");
    assert!(people[0]["tlf"] == people[1]["tlf"] && people[0]["tlf"] != people[0]["cpr"], "{people}");
    assert_eq!(told(&[])[0]["cpr"], 1_000_000_000);
}

#[test]
fn xml_keeps_its_tags() {
    let here = tempfile::tempdir().unwrap();
    let xml = "<?xml version=\"1.0\"?>\n<kunder><kunde cpr=\"010190-9992\" nr=\"17\"><navn>S&#248;ren <b>Ågård</b></navn>\
        <mail>anna@firma.dk</mail> &amp; co</kunde></kunder>\n";
    write(here.path(), "a.xml", xml);
    let copy = text(here.path(), "a.xml", &[]);
    let tags = |text: &str| -> Vec<String> {
        text.split('<').skip(1).map(|tag| tag.split([' ', '>']).next().unwrap().to_owned()).collect()
    };
    assert_eq!(tags(&copy), tags(xml), "{copy}");
    assert!(
        copy.contains("cpr=\"******-****\" nr=\"17\"") && copy.contains("&amp; co") && !copy.contains("gård"),
        "{copy}"
    );
}

#[test]
fn mail_keeps_its_parts() {
    let here = tempfile::tempdir().unwrap();
    let encoded = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let one = format!(
        "From: =?utf-8?q?S=C3=B8ren_=C3=85g=C3=A5rd?= <soren@firma.dk>\nTo: \"Jensen, Mette\" <mette@firma.dk>,\n kopi@firma.dk\n\
         Subject: =?utf-8?q?L=C3=B8n_til_Mette_Jensen?=\nMessage-ID: <abc@firma.dk>\nDate: Mon, 2 Nov 2026 10:00:00 +0100\n\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1\"\n\n--b1\nContent-Type: multipart/alternative; boundary=b2\n\n\
         --b2\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
         Mette Jensen, CPR 010190=\n-9992 f=C3=A5r l=C3=B8n\n--b2\nContent-Type: text/html; charset=utf-8\n\n\
         <p>Mette <b>Jensen</b>, CPR 010190-9992</p>\n--b2--\n--b1\nContent-Type: text/csv; name=l.csv\n\
         Content-Disposition: attachment; filename=\"l.csv\"\nContent-Transfer-Encoding: base64\n\n{}\n--b1\n\
         Content-Type: application/octet-stream; name=x.bin\nContent-Transfer-Encoding: base64\n\n{}\n--b1--\n",
        encoded(b"cpr;navn\n010190-9992;Mette Jensen\n"),
        encoded(&b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50)),
    );
    write(here.path(), "a.eml", &one);
    let copy = text(here.path(), "a.eml", &[]);
    for gone in ["Mette", "Jensen", "mette@", "soren@", "kopi@", "010190", &encoded(b"cpr;navn\n010190-9992")[..16]] {
        assert!(!copy.contains(gone), "{gone}: {copy}");
    }
    for kept in
        ["Message-ID: <abc@firma.dk>", "--b2--", "--b1--", "Date: Mon, 2 Nov", "boundary=\"b1\"", "f=C3=A5r l=C3=B8n"]
    {
        assert!(copy.contains(kept), "{kept}: {copy}");
    }
    assert!(copy.contains("<p>***** <b>******</b>, CPR ******-****</p>"), "{copy}");
    assert!(copy.contains(&encoded(b"cpr;navn\n******-****;***** ******\n")), "{copy}");

    let mbox = format!(
        "From mette@firma.dk Mon Nov  2 10:00:00 2026\n{one}\nFrom bo@firma.dk Mon Nov  2 10:00:00 2026\n{one}\n"
    );
    write(here.path(), "a.mbox", &mbox);
    let copy = text(here.path(), "a.mbox", &[]);
    assert!(!copy.contains("mette@") && !copy.contains("010190"), "{copy}");
    let items = |name: &str| {
        let run = sporhund(here.path(), &["scan", "--format", "jsonl", "--fail-on", "never", name]);
        run.items()
            .iter()
            .map(|item| item.split_once("!/").map_or(String::new(), |(_, inside)| inside.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(items("copy/a.mbox").len(), items("a.mbox").len());
}

#[test]
fn a_large_file_is_copied_in_pieces() {
    let here = tempfile::tempdir().unwrap();
    let mut csv = String::from("nr;navn;cpr;note\n");
    for n in 0..35_000 {
        csv.push_str(&format!("{n};Mette Jensen;010190-9992;æøå {n}\n"));
    }
    write(here.path(), "a.csv", &csv);
    let copy = text(here.path(), "a.csv", &[]);
    assert_eq!(copy, csv.replace("Mette Jensen;010190-9992", "***** ******;******-****"));
    let json = format!("[{}]", vec![r#"{"cpr":"010190-9992","n":101}"#; 35_000].join(","));
    write(here.path(), "a.json", &json);
    assert_eq!(text(here.path(), "a.json", &[]), json.replace("010190-9992", "******-****"));
}

#[test]
fn what_cannot_be_copied_is_refused_and_nothing_is_written() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "a.bin", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    sporhund(here.path(), &["redact", "-o", "copy.bin", "a.bin"]).refused("a.bin: redact copies text, CSV");
    assert!(!here.path().join("copy.bin").exists());
    sporhund(here.path(), &["redact", "gone.txt"]).refused("gone.txt: it cannot be read");
    let piped = support::fed(here.path(), &["redact", "-"], b"CPR-nummer: 010190-9992\n");
    assert_eq!(
        (piped.out.as_str(), piped.err.as_str()),
        ("CPR-nummer: ******-****\n", "sporhund: taken out: dk.cpr 1\n")
    );
}

/// What is no plain file is read once, and written as it is.
#[cfg(unix)]
#[test]
fn pipes_are_read_and_written() {
    use std::os::unix::fs::FileTypeExt;
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "a.txt", "CPR-nummer: 010190-9992\n");
    let (from, to) = (here.path().join("from"), here.path().join("to"));
    for pipe in [&from, &to] {
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let writer = std::thread::spawn({
        let from = from.clone();
        move || std::fs::write(from, "CPR-nummer: 010190-9992\n").unwrap()
    });
    let reader = std::thread::spawn({
        let to = to.clone();
        move || std::fs::read_to_string(to).unwrap()
    });
    sporhund(here.path(), &["redact", "-o", "to", "from"]);
    writer.join().unwrap();
    assert!(std::fs::metadata(&to).unwrap().file_type().is_fifo());
    assert_eq!(reader.join().unwrap(), "CPR-nummer: ******-****\n");
    let printed = sporhund(here.path(), &["redact", "-o", "-", "a.txt"]);
    assert_eq!(printed.out, "CPR-nummer: ******-****\n");
}

/// What was an encoded word is one again.
#[test]
fn subjects_keep_their_letters() {
    let here = tempfile::tempdir().unwrap();
    for newline in ["\n", "\r\n"] {
        let subject = "=?utf-8?q?Lejem=C3=A5l_og_n=C3=B8gle_til_den_store_sal_CPR_010190-9992_p=C3=A5_m=C3=B8det?=";
        let mail =
            ["From: a@firma.dk", &format!("Subject: {subject}"), "Date: Mon, 2 Nov 2026 10:00:00 +0100", "", "hej", ""];
        write(here.path(), "a.eml", mail.join(newline));
        let copy = text(here.path(), "a.eml", &[]);
        let parsed = mail_parser::MessageParser::new().parse(copy.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("Lejemål og nøgle til den store sal CPR ******-**** på mødet"), "{copy}");
        assert!(copy.is_ascii() && copy.lines().all(|line| line.len() <= 78), "{copy}");
        assert_eq!(copy.matches('\n').count(), copy.matches(newline).count(), "{copy:?}");
    }
}
