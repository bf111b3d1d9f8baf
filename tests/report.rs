//! Reports: what each format holds, that no name in them does harm, and that records make the same ones again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::fs;
use std::path::Path;

use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use serde_json::Value;
use support::{IN_BREACH, KEY, Run, VALUE, command, fed, sporhund, write};
use tempfile::TempDir;

const MARKUP: &str = "<img src=x onerror=alert(1)>";
const SCRIPT: &str = "<!--<script>";
const FORMULA: &str = "=cmd|' ,=1";

/// Files whose names would like to be more, each in breach, and one that cannot be read.
fn hostile() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in [MARKUP, SCRIPT, FORMULA, "løn.txt", "esc\u{1b}[2J\r\n=1"] {
        write(folder.path(), name, IN_BREACH);
    }
    write(folder.path(), "sub/x.bin", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    folder
}

/// A report of everything in a folder.
fn report(folder: &Path, name: &str, more: &[&str]) -> String {
    let all = [&["scan", "--now", "2026-11-20", "-o", name, "."], more].concat();
    let run = sporhund(folder, &all);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let text = fs::read_to_string(folder.join(name)).unwrap();
    fs::remove_file(folder.join(name)).unwrap();
    text
}

#[test]
fn every_format_masks_values_unless_they_are_to_be_shown() {
    let share = hostile();
    for name in ["r.html", "r.csv", "r.sarif", "r.xml", "r.txt", "r.jsonl"] {
        assert!(!report(share.path(), name, &["--explain"]).contains(VALUE), "{name}");
        // Findings are no failures of a pipeline.
        assert_eq!(report(share.path(), name, &["--show-values"]).contains(VALUE), name != "r.xml", "{name}");
    }
}

#[test]
fn csv_has_a_row_for_each_breach_finding_and_unread_item() {
    let share = hostile();
    let text = report(share.path(), "r.csv", &[]);
    let rows: Vec<Vec<&str>> = text
        .strip_prefix('\u{feff}')
        .unwrap()
        .split_terminator("\r\n")
        .map(|row| row.strip_prefix('"').unwrap().strip_suffix('"').unwrap().split("\";\"").collect())
        .collect();
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "a row for each line, and as many cells in each");
    let count = |record: &str| rows.iter().filter(|row| row[0] == record).count();
    assert!(count("finding") >= 5 && count("breach") >= 5 && count("item") == 1, "{text}");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !cell.contains(",="), "{cell}");
        assert!(!cell.contains(char::is_control), "{cell}");
    }
    let comma = report(share.path(), "r.csv", &["--separator", ","]);
    assert!(comma.starts_with("\u{feff}\"record\",\"location\""));
}

#[test]
fn sarif_names_rules_levels_and_places() {
    let share = hostile();
    let report: Value = serde_json::from_str(&report(share.path(), "r.sarif", &[])).unwrap();
    let run = &report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let mut told = Vec::new();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
        told.push((result["ruleId"].as_str().unwrap().to_owned(), uri, result["level"].as_str().unwrap().to_owned()));
    }
    let is = |rule: &str, level: &str| told.contains(&(rule.to_owned(), "./l%C3%B8n.txt".to_owned(), level.to_owned()));
    assert!(is("dk.cpr", "note") && is("nordic-gdpr/special-category", "error"), "{told:?}");
    let unread = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(unread["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "./sub/x.bin");
}

#[test]
fn junit_counts_what_it_holds() {
    let share = hostile();
    let text = report(share.path(), "r.xml", &[]);
    let number = |name: &str| {
        let rest = text.split_once(&format!("{name}=\"")).unwrap().1;
        rest.split('"').next().unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(number("tests"), text.matches("<testcase ").count());
    assert_eq!(number("failures"), text.matches("<failure ").count());
    assert_eq!(number(" skipped") + number("errors"), 1);
    assert!(!text.contains("<img") && !text.contains('\u{1b}') && text.contains("&lt;img"));
}

/// Whose pipeline fails on a finding sees which one in it.
#[test]
fn findings_are_failures_where_they_fail() {
    let share = tempfile::tempdir().unwrap();
    write(share.path(), "a.csv", "navn;cpr\nAnna Holm;211162-9997\n");
    let scan = ["scan", "--no-detector", "name", "--fail-on", "finding", "--max-findings", "1"];
    let run = sporhund(share.path(), &[&scan[..], &["-o", "r.xml", "-o", "r.sarif", "a.csv"]].concat());
    assert_eq!(run.code, 1, "{}", run.err);
    let junit = fs::read_to_string(share.path().join("r.xml")).unwrap();
    assert!(junit.contains("failures=\"2\"") && junit.contains("classname=\"sporhund.finding.dk.cpr\""), "{junit}");
    let sarif: Value = serde_json::from_str(&fs::read_to_string(share.path().join("r.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "error");
}

/// A report that shows a part says so, and of what is not there there is none.
#[test]
fn what_was_left_out_is_told() {
    let share = tempfile::tempdir().unwrap();
    write(share.path(), "a.txt", IN_BREACH);
    write(share.path(), "key", KEY);
    let scan = |more: &[&str]| sporhund(share.path(), &[&["scan", "--key-file", "key"], more, &["a.txt"]].concat());
    scan(&["-o", "1.jsonl"]);
    let found = scan(&["-o", "all.html"]);
    assert_eq!(found.code, 1);
    let run = scan(&["--min-confidence", "0.999", "--no-detector", "dk.*"]);
    let narrowed = &run.all("summary")[0]["narrowed"];
    assert_eq!(narrowed, &serde_json::json!(["--min-confidence 0.999", "--no-detector dk.*"]));
    let known = scan(&["--baseline", "1.jsonl"]);
    assert!(known.all("summary")[0]["known"].as_u64() > Some(1), "{}", known.out);
    for (more, told) in
        [(&["--baseline", "1.jsonl"][..], "Not told again"), (&["--min-confidence", "1"], "Only a part")]
    {
        scan(&[more, &["--lang", "en", "-o", "r.html", "-o", "r.txt"]].concat());
        assert!(fs::read_to_string(share.path().join("r.html")).unwrap().contains(told), "{told}");
        let text = fs::read_to_string(share.path().join("r.txt")).unwrap();
        assert!(text.to_lowercase().contains(&told.to_lowercase()), "{text}");
    }
    let report = |more: &[&str]| sporhund(share.path(), &[&["report", "--format", "jsonl", "1.jsonl"], more].concat());
    report(&["--owner", "nobody at all"]).refused("owners are: ");
    report(&["--place", "elsewhere"]).refused("no such place");
    let critical = report(&["--severity", "critical"]);
    assert_eq!(critical.all("summary")[0]["narrowed"], serde_json::json!(["--severity critical"]));
}

#[test]
fn of_nothing_no_good_is_told() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("empty")).unwrap();
    let run = sporhund(here.path(), &["scan", "--lang", "en", "-o", "r.html", "-o", "r.txt", "empty"]);
    assert!(run.code == 0 && run.err.contains("nothing was looked at"), "{}", run.err);
    for name in ["r.html", "r.txt"] {
        assert!(fs::read_to_string(here.path().join(name)).unwrap().contains("Nothing was looked at"), "{name}");
    }
}

/// The page is about the person, and of no rules, which were not judged.
#[test]
fn a_page_about_one_person_is_about_one() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "s/a.txt", IN_BREACH);
    write(here.path(), "who", "name: Anna Holm\nid: 211162-9997\n");
    let run = sporhund(
        here.path(),
        &["subject", "--subject-file", "who", "--request-date", "2026-11-01", "--lang", "da", "-o", "r.html", "s"],
    );
    assert!(run.code < 2, "{}", run.err);
    let page = fs::read_to_string(here.path().join("r.html")).unwrap();
    assert!(page.contains("<title>Alt om én person") && page.contains("Omtaler af personen: "));
    assert!(page.contains("01.12.2026"), "the last day to answer");
    assert!(!page.contains("<h2>Ingen brud") && !page.contains("<p>Regler, der ikke"));
}

#[test]
fn parquet_holds_every_record_and_nothing_else() {
    let share = hostile();
    let told = report(share.path(), "r.jsonl", &["--explain"]);
    let run = sporhund(share.path(), &["scan", "--now", "2026-11-20", "--explain", "-o", "r.parquet", "."]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let table = SerializedFileReader::new(fs::File::open(share.path().join("r.parquet")).unwrap()).unwrap();
    let mut again = String::new();
    for row in table {
        let mut record = serde_json::Map::new();
        for (name, field) in row.unwrap().into_columns() {
            let cell = match field {
                Field::Null => continue,
                // What was no text is JSON.
                Field::Str(text) if text.starts_with('{') => serde_json::from_str(&text).unwrap(),
                Field::Str(text) => text.into(),
                Field::Long(n) => n.into(),
                Field::Double(n) => n.into(),
                other => panic!("{other}"),
            };
            match (name.as_str(), cell) {
                ("more", Value::Object(more)) => record.extend(more),
                (name, cell) => drop(record.insert(name.to_owned(), cell)),
            }
        }
        again.push_str(&format!("{}\n", Value::Object(record)));
    }
    // Both by the same way: the order of fields is no matter; nor are timings.
    let plain = |text: &str| -> Vec<Value> {
        let record = |line: &str| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            record.as_object_mut().unwrap().remove("seconds");
            record
        };
        text.lines().map(record).collect()
    };
    assert_eq!(plain(&again), plain(&told));
}

#[test]
fn the_page_runs_nothing_but_its_own_script_and_loads_nothing() {
    let share = hostile();
    let page = report(share.path(), "r.html", &["--explain"]);
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains('\u{1b}'), "a name is markup");
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    for loading in [" src=", "url(", "@import", "<link", "http://", "https://", " style=", " onclick="] {
        let own = page.replace(MARKUP, "").replace("\\u003cimg src=x", "").replace("&lt;img src=x", "");
        assert!(!own.contains(loading), "{loading}");
    }
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    let items = data["items"].as_array().unwrap();
    assert_eq!(items.len(), 6);
    assert!(items.iter().any(|item| item[0] == format!("./{MARKUP}")), "the name is there, as text");
}

/// What turns text round, clears a screen, sets a title or a link, in C0 and C1, or hides.
const COMMANDS: [char; 14] = [
    '\u{1b}', '\u{7}', '\u{8}', '\r', '\u{7f}', '\u{9b}', '\u{9d}', '\u{85}', '\u{202a}', '\u{202e}', '\u{2066}',
    '\u{2069}', '\u{200f}', '\u{2028}',
];

#[test]
fn names_subjects_and_contents_command_no_terminal_and_no_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let odd: String = COMMANDS.iter().collect();
    let link = format!("\u{1b}]8;;http://x{odd}\u{1b}\\a");
    let name = link.replace('/', "");
    write(at, &format!("s/{name}/Inbox/={name}.txt"), format!("{odd}{IN_BREACH}{odd} =1+1 {MARKUP}"));
    let subject = format!("Subject: =1+1 {} {VALUE}", odd.replace('\r', ""));
    let mail = format!("From: {MARKUP} <a@b.dk>\nTo: c@d.dk\n{subject}\n\n{IN_BREACH}\n");
    write(at, &format!("s/{name}/Inbox/@1.eml"), mail);
    write(at, "s/-a.csv", format!("=1+1{odd};@cpr;{MARKUP}\n+1;{VALUE};\"=1\t+1\"\n-1;{odd}{VALUE};\t=2\n"));
    write(at, "s/own", b"\x00\x01\x02\xff\xfe\x00\x00\x9c\x00\x03".repeat(50));
    for name in ["r.html", "r.csv", "r.xml", "r.txt"] {
        for more in [&["--explain"][..], &["--explain", "--show-values"]] {
            let mut told = report(at, name, more);
            if name == "r.csv" {
                told = told.replace("\r\n", "\n");
                let cells = told.lines().flat_map(|line| line.trim_matches('"').split("\";\""));
                for cell in cells.skip(1) {
                    assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
                }
            }
            for command in COMMANDS {
                assert!(!told.contains(command), "{name} {more:?}: {:?}", command);
            }
            // In a table it is text like any other.
            assert!(name == "r.csv" || !told.contains("<img"), "{name} {more:?}");
        }
    }
    // Nor what is told beside the report.
    let run = sporhund(at, &["scan", "--verbose", "-o", "r.jsonl", "s", &format!("gone{name}")]);
    let each = sporhund(at, &["scan", "--verbose", "-o", "r.jsonl", "s"]);
    assert!(each.err.contains(".txt"), "each item is told: {}", each.err);
    for command in COMMANDS {
        assert!(!run.err.contains(command) && !each.err.contains(command), "{command:?}");
    }
}

#[cfg(unix)]
#[test]
fn reports_are_their_owners_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s/a.txt", IN_BREACH);
    let mut shell = std::process::Command::new("sh");
    let files = ["r.html", "r.csv", "r.sarif", "r.jsonl", "r.txt", "r.xml", "r.parquet", "st"];
    let outputs: String = files[..7].iter().map(|name| format!(" -o {name}")).collect();
    let line = format!("umask 0; exec {} scan --state st{outputs} s", env!("CARGO_BIN_EXE_sporhund"));
    let ended = shell.arg("-c").arg(line).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    for name in files {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

#[test]
fn the_page_speaks_the_language_asked_for_or_that_of_the_policy() {
    let share = hostile();
    assert!(report(share.path(), "r.html", &[]).contains("<html lang=\"en\">"));
    assert!(
        report(share.path(), "r.html", &["--policy", "ikano-bolig", "--policy", "nordic-gdpr"])
            .contains("Hvad der skal gøres")
    );
    for (language, says) in [
        ("sv", "Vad som ska göras"),
        ("nb", "Hva som må gjøres"),
        ("fi", "Mitä on tehtävä"),
        ("en", "What must be done"),
    ] {
        let page =
            report(share.path(), "r.html", &["--policy", "ikano-bolig", "--policy", "nordic-gdpr", "--lang", language]);
        assert!(page.contains(says), "{language}");
    }
}

#[test]
fn records_make_the_same_reports_again() {
    let share = hostile();
    let at = share.path();
    let scanned = ["-o", "a.html", "-o", "a.csv", "-o", "a.sarif", "-o", "a.xml", "-o", "a.txt", "-o", "r.jsonl"];
    sporhund(at, &[&["scan", "--now", "2026-11-20", "."], &scanned[..]].concat());
    let again = ["-o", "b.html", "-o", "b.csv", "-o", "b.sarif", "-o", "b.xml", "-o", "b.txt", "-o", "b.jsonl"];
    let run = sporhund(at, &[&["report", "--now", "2026-11-20", "r.jsonl"], &again[..]].concat());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for ending in ["html", "csv", "sarif", "xml", "txt"] {
        let read = |name: &str| fs::read_to_string(at.join(format!("{name}.{ending}"))).unwrap();
        assert_eq!(read("a"), read("b"), "{ending}");
    }
    let read = |name: &str| fs::read_to_string(at.join(name)).unwrap();
    assert_eq!(read("r.jsonl"), read("b.jsonl"));
}

/// Records of two owners, as two runs wrote them; the second one broke off.
fn runs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let of = |location: &str, owner: &str, rule: &str, severity: &str| {
        format!(
            r#"{{"record":"finding","location":"{location}","detector":"dk.cpr","category":"national_id","sensitivity":"confidential","confidence":0.9,"masked":"••••••-••••","count":1,"position":{{"line":1}},"context":"x"}}
{{"record":"breach","location":"{location}","policy":"p","rule":"{rule}","severity":"{severity}","message":"m"}}
{{"record":"item","location":"{location}","kind":"document","format":"text","status":"scanned","owner":"{owner}","size":7,"sensitivity":"confidential","counts":{{"dk.cpr":1}}}}
"#
        )
    };
    let summary = r#"{"record":"summary","items":{"scanned":2},"findings":{"dk.cpr":2},"breaches":{"old":1,"open":1},"undecided":{"old":3},"bytes":14,"seconds":1.5,"complete":true}"#;
    let (first, second) = (of("s/hr/a.txt", "anna", "old", "high"), of("s/it/b.txt", "../bo", "open", "low"));
    write(folder.path(), "1.jsonl", format!("{first}{second}{{\"record\":\"later\",\"x\":1}}\n{summary}\n"));
    write(folder.path(), "2.jsonl", of("s/hr/c.txt", "anna", "open", "medium"));
    folder
}

#[test]
fn runs_are_merged_in_order_and_added_up() {
    let folder = runs();
    let run = sporhund(folder.path(), &["report", "--format", "jsonl", "1.jsonl", "2.jsonl"]);
    assert_eq!(run.items(), ["s/hr/a.txt", "s/it/b.txt", "s/hr/c.txt"]);
    let summary = run.records().pop().unwrap();
    assert_eq!(summary["items"]["scanned"], 3);
    assert_eq!(summary["breaches"], serde_json::json!({"old": 1, "open": 2}));
    assert_eq!((&summary["bytes"], &summary["seconds"]), (&21.into(), &1.5.into()));
    assert_eq!((&summary["undecided"]["old"], &summary["complete"]), (&3.into(), &false.into()));
    let whole = sporhund(folder.path(), &["report", "--format", "jsonl", "1.jsonl"]);
    assert_eq!(whole.records().pop().unwrap()["complete"], true);
}

/// A rule that broke in one of several runs is not one that applied to nothing.
#[test]
fn what_broke_somewhere_was_not_idle() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "s/a.txt", IN_BREACH);
    write(here.path(), "t/b.txt", "intet");
    for (folder, records) in [("s", "s.jsonl"), ("t", "t.jsonl")] {
        sporhund(here.path(), &["scan", "--now", "2026-11-20", "-o", records, folder]);
    }
    for records in [["s.jsonl", "t.jsonl"], ["t.jsonl", "s.jsonl"]] {
        let run = sporhund(here.path(), &[&["report", "--format", "jsonl"], &records[..]].concat());
        let summary = &run.all("summary")[0];
        assert_eq!(summary["breaches"]["special-category"], 1, "{summary}");
        let idle = summary["idle"].as_array().cloned().unwrap_or_default();
        assert!(!idle.contains(&"nordic-gdpr/special-category".into()), "{summary}");
        assert!(idle.contains(&"nordic-gdpr/mail-standard-folder-age".into()), "{summary}");
    }
}

#[test]
fn filters_let_through_what_all_of_them_do() {
    let folder = runs();
    let told = |filter: &[&str]| {
        let run = sporhund(folder.path(), &[&["report", "--format", "jsonl", "1.jsonl", "2.jsonl"], filter].concat());
        assert_eq!(run.err, "");
        let of = |record: &str| run.all(record).len();
        assert_eq!((of("finding"), of("breach")), (run.items().len(), run.items().len()), "{filter:?}");
        assert_eq!(run.records().pop().unwrap()["items"]["scanned"], run.items().len(), "{filter:?}");
        run.items().iter().map(|location| location[2..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&["--owner", "anna"]), ["hr/a.txt", "hr/c.txt"]);
    assert_eq!(told(&["--place", "s/hr"]), ["hr/a.txt", "hr/c.txt"]);
    assert_eq!(told(&["--rule", "open"]), ["it/b.txt", "hr/c.txt"]);
    assert_eq!(told(&["--rule", "p/old", "--rule", "x/open"]), ["hr/a.txt"]);
    assert_eq!(told(&["--severity", "medium"]), ["hr/a.txt", "hr/c.txt"]);
    assert_eq!(told(&["--rule", "open", "--owner", "anna"]), ["hr/c.txt"]);
}

#[test]
fn an_owners_list_holds_only_their_own() {
    let folder = runs();
    let run = sporhund(folder.path(), &["report", "--split-by", "owner", "-o", "list.jsonl", "1.jsonl", "2.jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let anna = read("list-anna.jsonl");
    assert!(anna.contains("s/hr/a.txt") && anna.contains("s/hr/c.txt") && !anna.contains("s/it"));
    assert!(read("list-___bo.jsonl").contains("s/it/b.txt"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "two lists, two runs");
    sporhund(folder.path(), &["report", "--split-by", "owner", "1.jsonl"]).refused("--output");
}

#[test]
fn records_come_from_standard_input_and_mistakes_are_not_quoted() {
    let folder = runs();
    let lines = fs::read(folder.path().join("1.jsonl")).unwrap();
    let run = fed(folder.path(), &["report", "--format", "jsonl", "--owner", "anna", "-"], &lines);
    assert_eq!(run.items(), ["s/hr/a.txt"]);
    write(folder.path(), "bad.jsonl", "{\"record\":\"later\"}\nCPR 010190-9992\n");
    let run = sporhund(folder.path(), &["report", "--format", "csv", "bad.jsonl"]);
    assert_eq!((run.code, run.err.as_str()), (2, "sporhund: bad.jsonl:2: this is no record of a scan\n"));
    write(folder.path(), "empty.jsonl", "");
    for arguments in [&["1.jsonl", "empty.jsonl"][..], &["empty.jsonl"], &["--owner", "anna", "1.jsonl", "empty.jsonl"]]
    {
        let run = sporhund(folder.path(), &[&["report", "--format", "jsonl"], arguments].concat());
        assert_eq!(run.records().pop().unwrap()["complete"], false, "a run that never began: {arguments:?}");
    }
    sporhund(folder.path(), &["report", "gone.jsonl"]).refused("gone.jsonl");
    sporhund(folder.path(), &["report", "."]).refused("folder");
}

#[test]
fn a_reason_of_a_newer_version_is_some_other_reason() {
    let here = tempfile::tempdir().unwrap();
    let item = r#"{"record":"item","location":"s/a.txt","kind":"document","format":"text","status":"skipped",
        "reason":"quarantined","message":"it was set aside","sensitivity":"none","counts":{}}"#;
    write(here.path(), "1.jsonl", item.replace('\n', ""));
    let run = sporhund(here.path(), &["report", "--format", "jsonl", "1.jsonl"]);
    let told = run.item("s/a.txt");
    assert_eq!((run.err.as_str(), &told["status"], &told["reason"]), ("", &"skipped".into(), &"other".into()));
    assert_eq!(told["message"], "it was set aside");
}

#[test]
fn one_cv_in_many_places_is_one_thing() {
    let here = tempfile::tempdir().unwrap();
    let attached = format!(
        "Subject: CV\nFrom: a@x.dk\nDate: Fri, 20 Nov 2026 10:00:00 +0100\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nse cv\n\
         --x\nContent-Disposition: attachment; filename=cv.txt\nContent-Type: text/plain\n\n{IN_BREACH}\n--x--\n"
    );
    write(here.path(), "s/anna.eml", &attached);
    write(here.path(), "s/bent.eml", &attached);
    write(here.path(), "s/cv.txt", IN_BREACH);
    write(here.path(), "s/other.txt", format!("{IN_BREACH}.."));
    write(here.path(), "s/tom.txt", "intet");
    let scan = |key: Option<&str>, options: &[&str]| {
        let mut command = command(here.path());
        let command = command.envs(key.map(|key| ("SPORHUND_KEY", key))).arg("scan").args(options).arg("s");
        Run::of(command.output().unwrap())
    };
    let run = scan(Some(KEY), &[]);
    let content = |name: &str| run.item(name)["content"].as_str().map(str::to_owned);
    assert!(content("s/cv.txt").is_some());
    assert_eq!(content("s/anna.eml!/cv.txt"), content("s/cv.txt"));
    assert_ne!(content("s/other.txt"), content("s/cv.txt"));
    assert_eq!((content("s/tom.txt"), content("s/anna.eml")), (None, None));
    assert!(!scan(None, &[]).out.contains("\"content\""), "without a key there is no fingerprint");

    let told = scan(Some(KEY), &["--format", "human"]).out;
    let told = told.split("The same content in several places").nth(1).unwrap();
    let lines: Vec<&str> = told.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
    assert_eq!(lines, ["3  s/anna.eml!/cv.txt", "s/bent.eml!/cv.txt", "s/cv.txt"]);

    let page = scan(Some(KEY), &["--format", "html"]).out;
    let row = page.split("id=\"same\"").nth(1).unwrap().split("<tr><th scope=\"row\">").nth(1).unwrap();
    let places = "s/anna.eml!/cv.txt<br>s/bent.eml!/cv.txt<br>s/cv.txt</th><td class=\"n\">3</td>";
    assert!(row.starts_with(places), "{row:.300}");
    assert!(!scan(None, &["--format", "html"]).out.contains("id=\"same\""));
}
