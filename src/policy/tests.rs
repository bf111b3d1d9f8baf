//! The built-in policies judged whole, and what a file can get wrong.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::item::{Counts, Kind, Mail, Role};
use crate::record::Severity;

/// Knows what the examples in the built-in policies speak of.
const ORGANISATION: &str = r#"
[organisation]
domains      = ["example.dk"]
case_systems = ["ESDH/**"]
departed     = ["dorte@example.dk"]

[[place]]
path   = ["share/hr/**"]
owner  = "hr"
allows = ["national_id", "name", "contact", "health"]
[[place]]
path   = ["share/sales/**"]
allows = ["contact"]
keep   = "5 years from path_date"
[[place]]
path       = ["share/bokföring/**"]
keep       = "7 years from path_date"
keep_until = "2026-11-20"
[[place]]
path    = ["share/kamera/**"]
purpose = "Tv-overvågning"
[[place]]
path    = ["share/lejere/**"]
purpose = "lejeforhold"
[[place]]
path    = ["share/fraflyttet/**"]
purpose = "lejeforhold"
end     = "2021-11-19"
[[place]]
path    = ["share/reservationer/**"]
purpose = "reservationsliste"
end     = "2026-11-18"
[[place]]
path    = ["share/innmelding/**"]
purpose = "avbrutt innmelding"
"#;

fn categories() -> Categories {
    let of = |category: &str, sensitivity| (category.to_owned(), sensitivity);
    [
        ("dk.cpr", of("national_id", Sensitivity::Confidential)),
        ("se.personnummer", of("national_id", Sensitivity::Confidential)),
        ("email", of("contact", Sensitivity::Ordinary)),
        ("phone", of("contact", Sensitivity::Ordinary)),
        ("name", of("name", Sensitivity::Ordinary)),
        ("iban", of("account", Sensitivity::Confidential)),
        ("keyword.health", of("health", Sensitivity::Special)),
        ("keyword.union", of("union", Sensitivity::Special)),
    ]
    .into_iter()
    .map(|(detector, of)| (detector.to_owned(), of))
    .collect()
}

fn builtin(name: &str) -> Policies {
    Policies::load(&[name.to_owned()], None, &categories()).unwrap()
}

/// Loads a file with this text.
fn load(text: &str) -> Result<Policies, Mistake> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    fs::write(&path, text).unwrap();
    Policies::load(&[path.display().to_string()], None, &categories())
}

/// The mistake that a file with this text is, after its file name.
fn mistake(text: &str) -> String {
    let mistake = load(text).unwrap_err();
    assert_eq!(PathBuf::from(&mistake.file).file_name().unwrap(), "own.toml");
    format!("{}: {}", mistake.line.unwrap_or_default(), mistake.message)
}

fn message(role: Role, received: &str) -> Item {
    let mut item = Item::new("anna.mbox!/17".to_owned(), Kind::Message);
    item.mail = Some(Mail {
        folder: Some("Indbakke".to_owned()),
        role: Some(role),
        received: Some(received.parse().unwrap()),
        ..Mail::default()
    });
    item
}

fn found(item: &mut Item, detector: &str, confidence: f64) {
    item.counts.add(detector, confidence);
}

fn judge(policies: &Policies, item: &Item) -> Vec<String> {
    let now = "2026-11-20T00:00+01[Europe/Copenhagen]".parse().unwrap();
    let rule = |record| match record {
        Record::Breach(breach) => breach.rule,
        Record::Undecided { rule } => format!("{rule}?"),
        other => panic!("{other:?}"),
    };
    policies.judge(item, &now).into_iter().map(rule).collect()
}

#[test]
fn the_examples_of_every_built_in_policy_come_out_as_they_say() {
    let all = Policies::built_in().unwrap();
    assert_eq!(
        all.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>(),
        ["dke", "huseierne", "ikano-bolig", "lazuli", "nordic-gdpr", "sangea"]
    );
    for BuiltIn { id, title, source, .. } in all {
        let policies = load(&format!("extends = \"{id}\"\n{ORGANISATION}")).unwrap();
        assert_eq!(policies.examples(), Vec::<String>::new(), "{id}");
        assert!(policies.sleeping().is_empty(), "{:?}", policies.sleeping());
        assert!(!title.is_empty() && !source.is_empty());
        for policy in policies.iter() {
            assert_eq!(policy.id, id);
            for rule in &policy.rules {
                let rule_id = rule.id.get_ref();
                assert!(!rule.breach.is_empty() && !rule.fine.is_empty() && rule.reference.is_some(), "{id}/{rule_id}");
                assert_eq!(rule.message_en.is_none(), policy.language == "en", "{id}/{rule_id}");
            }
        }
    }
}

#[test]
fn an_example_that_comes_out_otherwise_is_told() {
    let rule = |fine| {
        format!(
            "id = 'x'\n[[rule]]\nid = 'r'\nwhen = {{ kind = ['message'] }}\nseverity = 'low'\nmessage = 'm'\n\
             breach = [{{ kind = 'message' }}]\nfine = [{{ kind = '{fine}' }}]"
        )
    };
    assert_eq!(load(&rule("document")).unwrap().examples().len(), 0);
    assert_eq!(load(&rule("message")).unwrap().examples().len(), 1);
}

#[test]
fn a_breach_says_what_where_and_since_when() {
    let now = "2026-11-20T00:00+01[Europe/Copenhagen]".parse().unwrap();
    let records = builtin("ikano-bolig").judge(&message(Role::Inbox, "2026-05-19T12:00:00Z"), &now);
    let [Record::Breach(breach)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((breach.policy.as_str(), breach.rule.as_str()), ("ikano-bolig", "mail-standard-folder-age"));
    assert_eq!((breach.severity, breach.reference.as_deref()), (Severity::Medium, Some("Bilag 1, 1.1")));
    assert_eq!(breach.message, "Mail i Indbakke fra 2026-05-19 skulle være slettet eller arkiveret før 2026-11-20");
    assert_eq!(breach.since.unwrap().to_string(), "2026-11-20");
}

#[test]
fn policies_differ_in_what_a_standard_folder_is() {
    let (nordic, ikano) = (builtin("nordic-gdpr"), builtin("ikano-bolig"));
    let age = ["mail-standard-folder-age"].as_slice();
    for (role, by_nordic, by_ikano) in [
        (Role::Inbox, age, age),
        (Role::Sent, age, &[]),
        (Role::Outbox, age, age),
        (Role::Trash, age, age),
        (Role::Junk, age, &[]),
        (Role::Drafts, &[], &[]),
        (Role::Archive, &[], &[]),
        (Role::User, &[], &[]),
    ] {
        let old = message(role, "2020-01-01T00:00:00Z");
        assert_eq!(
            (judge(&nordic, &old).as_slice(), judge(&ikano, &old).as_slice()),
            (&*own(by_nordic), &*own(by_ikano))
        );
    }
}

fn own(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}

#[test]
fn an_unknown_date_is_undecided_only_where_all_else_holds() {
    let nordic = builtin("nordic-gdpr");
    for nonsense in ["2027-01-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        assert_eq!(judge(&nordic, &message(Role::Inbox, nonsense)), ["mail-standard-folder-age?"]);
        assert_eq!(judge(&nordic, &message(Role::User, nonsense)), [""; 0]);
    }
}

#[test]
fn findings_count_by_confidence_and_attachments_with_their_message() {
    let nordic = builtin("nordic-gdpr");
    let mut mail = message(Role::Inbox, "2026-11-01T00:00:00Z");
    found(&mut mail, "dk.cpr", 0.49);
    found(&mut mail, "email", 1.0);
    found(&mut mail, "unheard.of", 1.0);
    assert_eq!(judge(&nordic, &mail), [""; 0]);
    mail.attached = Counts::default();
    mail.attached.add("dk.cpr", 0.5);
    assert_eq!(judge(&nordic, &mail), ["mail-unprotected"]);
}

#[test]
fn without_the_organisation_rules_sleep_and_say_what_for() {
    let nordic = builtin("nordic-gdpr");
    let sleeping = nordic.sleeping();
    assert_eq!(
        sleeping.keys().collect::<Vec<_>>(),
        [
            "nordic-gdpr/id-outside-case-system",
            "nordic-gdpr/mail-outside",
            "nordic-gdpr/mail-outside-eea",
            "nordic-gdpr/owner-missing",
            "nordic-gdpr/place-category",
            "nordic-gdpr/place-unregistered",
            "nordic-gdpr/retention-expired",
        ]
    );
    assert!(sleeping["nordic-gdpr/id-outside-case-system"].contains("case_systems"));
    let mut document = Item::new("share/a.txt".to_owned(), Kind::Document);
    found(&mut document, "dk.cpr", 0.9);
    assert_eq!(judge(&nordic, &document), [""; 0]);
    found(&mut document, "keyword.health", 0.9);
    assert_eq!(judge(&nordic, &document), ["special-category"]);

    let own = load("extends = 'nordic-gdpr'\n[organisation]\ncase_systems = ['ESDH']").unwrap();
    assert_eq!(own.sleeping().len(), 6);
    assert_eq!(judge(&own, &document), ["id-outside-case-system", "special-category"]);
    document.location = "share/ESDH/old.zip!/a.txt".to_owned();
    assert_eq!(judge(&own, &document), ["special-category"]);
}

#[test]
fn a_file_extends_overrides_and_does_without() {
    let own = load(
        "id = 'ours'\nextends = 'ikano-bolig'\nwithout = ['mail-unprotected']\n[sensitivity]\nphone = 'special'\n\
         [[rule]]\nid = 'mail-standard-folder-age'\nwhen = { folder = ['user'] }\nage = '1 day from received'\n\
         severity = 'critical'\nmessage = '{count} {since}'",
    )
    .unwrap();
    let mut old = message(Role::User, "2026-11-18T12:00:00Z");
    found(&mut old, "dk.cpr", 1.0);
    assert_eq!(judge(&own, &old), ["mail-standard-folder-age"]);
    assert_eq!(judge(&own, &message(Role::Inbox, "2020-01-01T00:00:00Z")), [""; 0]);
    assert_eq!(own.sensitivity("phone"), Some(Sensitivity::Special));
    assert_eq!(own.sensitivity("dk.cpr"), None);
    assert!(own.sleeping().keys().all(|rule| rule.starts_with("ours/")));

    let two =
        Policies::load(&["dke".to_owned(), "ikano-bolig".to_owned(), "dke".to_owned()], None, &categories()).unwrap();
    assert_eq!(two.iter().count(), 2);
    assert_eq!(two.sensitivity("dk.cpr"), Some(Sensitivity::Special));
}

#[test]
fn a_chain_of_files_and_a_circle() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("a.toml", "extends = 'b.toml'");
    write("b.toml", "extends = 'lazuli'\nid = 'b'");
    write("c.toml", "extends = 'c.toml'");
    let load = |name| Policies::load(&[folder.path().join(name).display().to_string()], None, &categories());
    assert_eq!(load("a.toml").unwrap().iter().next().unwrap().id, "b");
    assert!(load("c.toml").unwrap_err().message.contains("circle"));

    fs::create_dir(folder.path().join("policies")).unwrap();
    write("policies/ours.toml", "id = 'ours'");
    assert!(Policies::load(&["ours".to_owned()], Some(folder.path()), &categories()).is_ok());
}

#[test]
fn a_mistake_has_its_line_and_says_what_to_do() {
    let unknown = Policies::load(&["nordic".to_owned()], None, &categories()).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "--policy nordic: there is no policy of this name: use dke, huseierne, ikano-bolig, lazuli, nordic-gdpr, sangea, \
         or the path of a file"
    );
    let gone = Policies::load(&["./gone.toml".to_owned()], None, &categories()).unwrap_err();
    assert_eq!(gone.to_string(), "./gone.toml: there is no such file");

    let rule = |line: &str| {
        mistake(&format!("id = 'x'\n[[rule]]\nid = 'r'\n{line}\nwhen = {{}}\nseverity = 'low'\nmessage = 'm'"))
    };
    assert!(
        rule("whne = 1").starts_with("4: there is no key `whne` here: did you mean `when`?"),
        "{}",
        rule("whne = 1")
    );
    assert!(rule("age = '6 moons'").starts_with("4: a period is written as `6 months from received`"));
    assert!(
        rule("unless = [{ folder = ['indbox'] }]").starts_with("4: `indbox` means nothing here: did you mean `inbox`?")
    );
    assert!(rule("unless = [{ path = ['a['] }]").starts_with("4: `a[` is no path glob"));
    assert!(rule("message_en = 'at {place}'").starts_with("4: there is no placeholder `{place}`"));
    assert!(rule("unless = [{ confidence = 80.0 }]").starts_with("4: a confidence lies from 0 to 1"));
    assert!(rule("message_en = '{since}'").starts_with("3: the message of `r` says {since}"));
    assert_eq!(mistake("id = 'x'\n[[rule]]\nid = 'r'"), "2: `when` is missing: add it");
    let dire = mistake("id = 'x'\n[[rule]]\nid = 'r'\nwhen = {}\nmessage = 'm'\nseverity = 'dire'");
    assert!(dire.starts_with("6: `dire` means nothing here: use low"), "{dire}");
    let two = "id = 'x'\n[[rule]]\nid = 'r'\nwhen = {}\nseverity = 'low'\nmessage = 'm'\n";
    let two = mistake(&format!("{two}{}", two.replace("id = 'x'\n", "")));
    assert_eq!(two, "8: there are two rules `r`: give one of them another id");
    assert!(mistake("title = 'x'").starts_with("0: a policy needs an `id`"));
    assert!(mistake("\nextends = 'ikano'").starts_with("2: `ikano`: there is no policy of this name"));
    assert!(mistake("extends = 'dke'\nwithout = ['x']").starts_with("2: there is no rule `x`"));
    assert!(mistake("id = 'x'\n[sensitivity]\nemail = 'high'").starts_with("3:"));
    assert!(mistake("id = 'x'\n[[place]]\npath = ['a']\nend = '2026-02-30'").starts_with("4:"));
}
