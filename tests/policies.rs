//! Policies as the program applies them: to mail and files, by the records that come out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Run, sporhund, write};
use tempfile::TempDir;

const OWN: &str = r#"
extends = "ikano-bolig"
exempt  = [
    { path = ["undtaget/**"], rule = ["id-outside-case-system"], reason = "aftale 7", until = "2026-11-20" },
    { path = ["udløbet/**"], reason = "aftale 1", until = "2026-11-19" },
]
[notify]
contact = "dpo@example.dk"
[organisation]
domains      = ["example.dk"]
case_systems = ["ESDH/**"]
restricted   = ["share/sag 7/**"]
[[place]]
path       = ["share/gammelt/**"]
keep       = "1 year from path_date"
keep_until = "2027-01-01"
reason     = "bogføringsloven § 12"
[[rule]]
id       = "many"
when     = { persons = 3 }
severity = "low"
message  = "mange"
[[rule]]
id       = "marked"
when     = { mark = ["restricted"], detector = ["*"] }
severity = "low"
message  = "begrænset"
"#;

fn share() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "own.toml", OWN);
    folder
}

fn judged(folder: &Path, options: &[&str]) -> Run {
    let fixed = ["scan", "--policy", "own.toml", "--now", "2026-11-20", "--format", "jsonl", "--fail-on", "never"];
    let run = sporhund(folder, &[&fixed, options].concat());
    assert_eq!(run.err, "");
    run
}

/// The rules that an item breaks.
fn broken(run: &Run, location: &str) -> Vec<String> {
    let of = |breach: &Value| breach["location"].as_str().unwrap() == location;
    run.all("breach").iter().filter(|b| of(b)).map(|b| b["rule"].as_str().unwrap().to_owned()).collect()
}

fn mail(folder: &Path, name: &str, from: &str, to: &str, body: &str) {
    let head =
        format!("From: {from}\nTo: {to}\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <1@x>\nSubject: Hej\n");
    write(folder, name, format!("{head}Content-Type: text/plain; charset=utf-8\n\n{body}\n"));
}

#[test]
fn a_mail_that_mentions_others() {
    let share = share();
    let at = share.path();
    let (anna, bo) = ("Anna Hansen <ah@example.dk>", "bo.jensen@example.dk");
    mail(at, "m/own.eml", anna, bo, "Kære Bo Jensen\n\nVi ses. Skriv til bo.jensen@example.dk\n\nHilsen Anna Hansen");
    mail(at, "m/name.eml", anna, bo, "Kære Bo\n\nKirsten Nielsen har ringet.\n\nHilsen Anna Hansen");
    mail(at, "m/id.eml", anna, bo, "CPR-nummer: 010190-9992");
    mail(at, "m/address.eml", anna, bo, "Skriv til kirsten.nielsen@firma.dk");
    let run = judged(at, &["m"]);
    let third = |name: &str| broken(&run, name).iter().any(|rule| rule == "mail-third-party");
    assert!(!third("m/own.eml"), "{}", run.out);
    for name in ["m/name.eml", "m/id.eml", "m/address.eml"] {
        assert!(third(name), "{name}: {}", run.out);
    }
}

#[test]
fn the_day_that_now_names_is_no_future_to_its_end() {
    let share = share();
    let dated = |name: &str, date: &str| {
        write(
            share.path(),
            name,
            format!("From: a@example.dk\nTo: b@example.dk\nDate: {date}\nMessage-ID: <1@x>\n\nHej\n"),
        );
    };
    dated("m/morning.eml", "Fri, 20 Nov 2026 08:00:00 +0100");
    dated("m/evening.eml", "Fri, 20 Nov 2026 23:59:59 +0100");
    dated("m/tomorrow.eml", "Sat, 21 Nov 2026 00:00:00 +0100");
    let run = judged(share.path(), &["m"]);
    let received = |name: &str| run.item(name)["received"].is_string();
    assert!(received("m/morning.eml") && received("m/evening.eml") && !received("m/tomorrow.eml"), "{}", run.out);
}

#[test]
fn what_is_private_is_counted_and_not_shown() {
    let share = share();
    let text = "CPR-nummer: 010190-9992 anna.hansen@firma.dk";
    write(share.path(), "s/Privat/a.txt", text);
    write(share.path(), "s/privat.txt", text);
    write(share.path(), "s/a.txt", text);
    let run = judged(share.path(), &["--show-values", "s"]);
    for (location, marks) in [("s/Privat/a.txt", 1), ("s/privat.txt", 1), ("s/a.txt", 0)] {
        let item = run.item(location);
        assert_eq!(item["marks"].as_array().map_or(0, Vec::len), marks, "{location}");
        assert_eq!(item["counts"]["dk.cpr"], 1);
        for finding in run.all("finding").iter().filter(|f| f["location"] == location) {
            let shown = !finding["context"].as_str().unwrap().is_empty() || finding["value"].is_string();
            assert_eq!(shown, marks == 0, "{finding}");
            assert_eq!(
                finding["masked"].as_str().unwrap().starts_with('a'),
                marks == 0 && finding["detector"] == "email"
            );
        }
    }
    let asked = judged(share.path(), &["--show-values", "--show-private", "s"]);
    assert!(asked.all("finding").iter().all(|f| f["value"].is_string()), "{}", asked.out);
}

#[test]
fn dispensations_hold_until_their_day_and_are_told() {
    let share = share();
    for folder in ["undtaget", "udløbet"] {
        write(share.path(), &format!("s/{folder}/a.txt"), "CPR-nummer: 010190-9992");
    }
    write(share.path(), "share/gammelt/2020/a.txt", "x");
    let run = judged(share.path(), &["s", "share"]);
    assert!(!broken(&run, "s/undtaget/a.txt").contains(&"id-outside-case-system".to_owned()));
    assert!(broken(&run, "s/udløbet/a.txt").contains(&"id-outside-case-system".to_owned()));
    assert_eq!(broken(&run, "share/gammelt/2020/a.txt"), [""; 0]);
    let exempt = &run.all("summary")[0]["exempt"];
    assert_eq!(exempt["id-outside-case-system, aftale 7, until 2026-11-20"], 1, "{exempt}");
    assert_eq!(exempt["retention-expired, bogføringsloven § 12, until 2027-01-01"], 1, "{exempt}");
    let later = sporhund(
        share.path(),
        &["scan", "--policy", "own.toml", "--now", "2027-01-02", "--format", "jsonl", "s", "share"],
    );
    assert!(broken(&later, "s/undtaget/a.txt").contains(&"id-outside-case-system".to_owned()));
    assert_eq!(broken(&later, "share/gammelt/2020/a.txt"), ["retention-expired"]);
}

#[test]
fn critical_breaches_say_whom_to_tell() {
    let share = share();
    mail(share.path(), "m/a.eml", "anna@example.dk", "x@firma.us", "CPR-nummer: 010190-9992");
    let run = judged(share.path(), &["m"]);
    let breaches = run.all("breach");
    let critical: Vec<_> = breaches.iter().filter(|b| b["severity"] == "critical").collect();
    assert_eq!(critical.len(), 1);
    assert!(critical[0]["message"].as_str().unwrap().ends_with(". Meld det straks til dpo@example.dk"));
    assert!(critical[0]["message_en"].as_str().unwrap().ends_with(". Report it at once to dpo@example.dk"));
    assert!(breaches.iter().filter(|b| b["severity"] != "critical").all(|b| !b.to_string().contains("dpo@")));
}

#[test]
fn persons_are_counted_and_restricted_places_marked() {
    let share = share();
    let ids = ["010190-9992", "020280-1113", "030370-1115"];
    write(share.path(), "s/two.txt", format!("CPR {}\nCPR {0}\nCPR {}\n", ids[0], ids[1]));
    write(share.path(), "s/mail.txt", "a.b@firma.dk\nc.d@firma.dk\ne.f@firma.dk\n");
    write(share.path(), "share/sag 7/a.txt", "a.b@firma.dk");
    let run = judged(share.path(), &["s", "share"]);
    assert!(!broken(&run, "s/two.txt").contains(&"many".to_owned()));
    assert!(broken(&run, "s/mail.txt").contains(&"many".to_owned()), "{}", run.out);
    assert!(broken(&run, "share/sag 7/a.txt").contains(&"marked".to_owned()));
    assert_eq!(run.item("share/sag 7/a.txt")["marks"][0], "restricted");
}

/// Ten mistakes, each with the line that it stands on.
const MISTAKEN: &str = r#"id       = "x"
tittle   = "a key that is not there"
language = "da"
[organisation]
domains  = "example.dk"
[sensitivity]
"dk.cprr" = "special"
[[rule]]
id       = "one"
when     = { folder = ["indbox"], whne = 1 }
age      = "6 moons from received"
severity = "dire"
message  = "{place}"
[[rule]]
id       = "two"
when     = { category = ["helth"], path = ["a["] }
severity = "low"
[[rule]]
id       = "three"
when     = { kind = ["message"] }
severity = "low"
message  = "m"
breach   = [{ kind = "message" }, { kind = "document" }]
fine     = [{ kind = "document" }]
"#;

#[test]
fn ten_mistakes_are_told_at_once() {
    let share = share();
    write(share.path(), "bad.toml", MISTAKEN);
    let run = sporhund(share.path(), &["policies", "check", "bad.toml"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let expected = [
        (2, "there is no key `tittle` here: did you mean `title`?"),
        (5, "this is a text, and a list, `[…]`, is expected"),
        (7, "no detector is called `dk.cprr`: did you mean `dk.cpr`?"),
        (10, "`indbox` means nothing here: did you mean `inbox`?"),
        (10, "there is no key `whne` here: use kind, format"),
        (11, "a period is written as `6 months from received`"),
        (12, "`dire` means nothing here: use low, medium, high, critical"),
        (13, "there is no placeholder `{place}`"),
        (14, "`message` is missing: add it"),
        (16, "`a[` is no path glob"),
        (16, "no detector finds `helth`: did you mean `health`?"),
        (23, "this example should break `three` on 2026-11-20"),
    ];
    let lines: Vec<&str> = run.out.lines().collect();
    for (line, message) in expected {
        let told = format!("bad.toml:{line}: {message}");
        assert!(lines.iter().any(|l| l.starts_with(&told)), "{told}\n{}", run.out);
    }
    assert_eq!(lines.len(), expected.len(), "{}", run.out);
}

#[test]
fn what_a_file_says_of_the_one_it_extends_is_checked_too() {
    let share = share();
    let check = |text: &str| {
        write(share.path(), "bad.toml", text);
        sporhund(share.path(), &["policies", "check", "bad.toml"])
    };
    assert_eq!(sporhund(share.path(), &["policies", "check", "own.toml"]).out, "own.toml: no mistakes\n");
    let run = check("extends = 'ikano-bolig'\nwithout = ['mail-unprotect']\n[[rule]]\nid = 'a'\nwhne = 1\n");
    assert!(run.out.contains("bad.toml:2: there is no rule `mail-unprotect`: did you mean `mail-unprotected`?"));
    assert_eq!(run.out.lines().count(), 5, "{}", run.out);
    assert!(check("extends = 'ikano'").out.starts_with("bad.toml:1: `ikano`: there is no policy of this name"));
    let broken = check("id = 'x'\nid = 'y'\n[organisation]\ndomain = ['a']\nshared = [\n").out;
    assert!(
        broken.contains("bad.toml:2: duplicate key") && broken.contains(":4: there is no key `domain`"),
        "{broken}"
    );
    assert!(check("id = 'x'\n").out.starts_with("bad.toml: it judges nothing"));
    sporhund(share.path(), &["policies", "check", "gone.toml"]).refused("gone.toml: there is no such file");
}

#[test]
fn the_rules_of_a_policy_and_what_they_wait_for() {
    let share = share();
    let out = sporhund(share.path(), &["policies", "--policy", "own.toml"]).out;
    let line =
        |id: &str| out.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("{id}: {out}")).to_owned();
    assert!(line("ikano-bolig/mail-outside ").ends_with("awake"));
    let default = sporhund(share.path(), &["policies", "--policy", "nordic-gdpr"]).out;
    assert!(default.contains("asleep, for want of `domains` in [organisation]"), "{default}");
    assert!(out.contains("has run out, until 2026-11-19: aftale 1"), "{out}");
    assert_eq!(sporhund(share.path(), &["policies"]).out.lines().count(), 6);
}

/// Does a value agree with a schema, as far as the schema of policies goes?
fn agrees(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(path) = schema["$ref"].as_str() {
        return agrees(root, root.pointer(path.trim_start_matches('#')).unwrap(), value);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(any) = schema[key].as_array() {
            let ok = any.iter().any(|schema| agrees(root, schema, value).is_ok());
            return ok.then_some(()).ok_or(format!("{value} is none of {any:?}"));
        }
    }
    if let Some(known) = schema.get("enum").and_then(Value::as_array) {
        return known.contains(value).then_some(()).ok_or(format!("{value} is none of {known:?}"));
    }
    if let Some(one) = schema.get("const") {
        return (one == value).then_some(()).ok_or(format!("{value} is not {one}"));
    }
    let name = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_u64() => "integer",
        _ => "number",
    };
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => return Ok(()),
        one => vec![one.clone()],
    };
    if !types.iter().any(|t| t == name) {
        return Err(format!("{value} is no {types:?}"));
    }
    for item in value.as_array().into_iter().flatten() {
        agrees(root, &schema["items"], item)?;
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    for key in schema["required"].as_array().into_iter().flatten() {
        object.get(key.as_str().unwrap()).ok_or(format!("{key} is missing"))?;
    }
    for (key, value) in object {
        match schema["properties"]
            .get(key)
            .or(schema["additionalProperties"].as_object().map(|_| &schema["additionalProperties"]))
        {
            Some(schema) => agrees(root, schema, value).map_err(|error| format!("{key}: {error}"))?,
            None => return Err(format!("there is no {key}")),
        }
    }
    Ok(())
}

#[test]
fn the_schema_agrees_with_the_policies_and_not_with_mistakes() {
    let share = share();
    let schema: Value = serde_json::from_str(&sporhund(share.path(), &["policies", "schema"]).out).unwrap();
    let says = |text: &str| agrees(&schema, &schema, &toml::from_str::<Value>(text).unwrap());
    says(OWN).unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir("patterns/policies").unwrap() {
        let path = entry.unwrap().path();
        says(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        files += 1;
    }
    assert_eq!(files, 6);
    assert!(says("id = 'x'\ntittle = 'y'").is_err());
    assert!(says("id = 'x'\n[[rule]]\nid = 'r'\nwhen = {}\nseverity = 'dire'\nmessage = 'm'").is_err());
    assert!(says("id = 'x'\n[[rule]]\nid = 'r'").is_err());
}

#[test]
fn the_inventory_says_what_is_where_and_what_for() {
    let share = share();
    let own = "extends = 'ikano-bolig'\n[[place]]\npath = ['s/salg/**']\npurpose = 'købsaftale'\nbasis = 'aftale'\n\
        owner = 'salg'\nkeep_until = '2027-01-01'\nreason = 'bogføringsloven'\n[[place]]\npath = ['tomt/**']\n";
    write(share.path(), "own.toml", own);
    write(share.path(), "s/salg/a.txt", "CPR-nummer: 010190-9992, a.b@firma.dk");
    write(share.path(), "s/salg/b.txt", "CPR-nummer: 010190-9992");
    write(share.path(), "s/andet/dybt/c.txt", "CPR-nummer: 010190-9992");
    let run = judged(share.path(), &["s"]);
    let rows = run.all("inventory");
    let row = |place: &str, category: &str| {
        rows.iter()
            .find(|r| r["location"] == place && r["category"] == category)
            .unwrap_or_else(|| panic!("{}", run.out))
    };
    let sold = row("s/salg/**", "national_id");
    assert_eq!((&sold["count"], &sold["items"]), (&Value::from(2), &Value::from(2)));
    assert_eq!(
        (&sold["owner"], &sold["purpose"], &sold["basis"]),
        (&"salg".into(), &"købsaftale".into(), &"aftale".into())
    );
    assert_eq!(sold["retention"], "10 years from end; until 2027-01-01 (bogføringsloven)");
    assert!(sold["oldest"].is_string());
    assert_eq!(row("s/salg/**", "contact")["count"], 1);
    assert_eq!(row("s/andet", "national_id")["count"], 1);
    assert_eq!(rows.len(), 3);
    let summary = &run.all("summary")[0];
    assert_eq!(summary["uncovered"][0], "tomt/**");
    assert!(summary["idle"].as_array().unwrap().contains(&"ikano-bolig/mail-standard-folder-age".into()), "{summary}");
    let human = sporhund(share.path(), &["scan", "--policy", "own.toml", "--format", "human", "s"]).out;
    assert!(
        human.contains("Inventory") && human.contains("national_id in 2 items") && human.contains("s/salg/**"),
        "{human}"
    );
    assert!(human.contains("registered, and nothing there: tomt/**"), "{human}");

    // Who answers for a place has it on their list, whoever owns the files.
    write(share.path(), "records.jsonl", &run.out);
    let theirs = sporhund(share.path(), &["report", "--format", "jsonl", "--owner", "salg", "records.jsonl"]);
    let places: Vec<String> =
        theirs.all("item").iter().map(|item| item["location"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(places, ["s/salg/a.txt", "s/salg/b.txt"]);
    assert!(theirs.all("item").iter().all(|item| item["responsible"] == "salg" && item["owner"] != "salg"));
    assert!(sporhund(share.path(), &["report", "--split-by", "owner", "-o", "list.csv", "records.jsonl"]).code == 0);
    let list = std::fs::read_to_string(share.path().join("list-salg.csv")).unwrap();
    assert!(list.contains("s/salg/a.txt") && list.contains("\"salg\"") && !list.contains("andet"), "{list}");
}
