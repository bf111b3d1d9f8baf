//! What fields and columns make of their values: parts of names, and numbers that a program took for ones to reckon with.
#![allow(clippy::unwrap_used, reason = "clippy does not see that helpers are tests")]

mod common;

use sporhund::scan::Context;

/// Detector and value of all that is found.
fn found(name: &str, text: &str) -> Vec<(String, String)> {
    let value = |finding: &sporhund::record::Finding| finding.value.reveal().unwrap_or_default().to_owned();
    let findings = common::named(name, text.as_bytes(), &common::context(0.5));
    findings.iter().map(|finding| (finding.detector.to_string(), value(finding))).collect()
}

fn names(name: &str, text: &str) -> Vec<String> {
    found(name, text).into_iter().filter(|(detector, _)| detector == "name").map(|(_, value)| value).collect()
}

#[test]
fn parts_of_names_in_fields_of_their_own_are_names() {
    let table = "id;Fornavn;Efternavn;By\n1;Jens;Hansen;Odense\n2;Xqrta;Blomquist;Vejle\n3;Ukendt;;Vejle\n";
    assert_eq!(names("kunder.csv", table), ["Jens", "Hansen", "Xqrta", "Blomquist"]);
    assert_eq!(names("kunde.json", r#"{"firstName":"Jens","lastName":"Hansen","city":"Odense"}"#), ["Jens", "Hansen"]);
    assert_eq!(names("blanket.txt", "Förnamn: Eva\nEfternamn: Ström\nOrt: Umeå\n"), ["Eva", "Ström"]);
    assert_eq!(names("blanket.txt", "Etunimi: Matti\nSukunimi: Virtanen\n"), ["Matti", "Virtanen"]);
    // A form that nobody filled in, and a whole name, which is one finding.
    assert!(names("blanket.txt", "Fornavn\nEfternavn\nAdresse\nTelefon\n").is_empty());
    assert_eq!(names("blanket.txt", "Fornavn: Jens Peter Hansen\n"), ["Jens Peter Hansen"]);
}

#[test]
fn keywords_beside_parts_of_names_are_somebodys() {
    let table = "Fornavn;Efternavn;Diagnose\nJens;Hansen;Diabetes\nKaren;Holm;Depression\n";
    let health: Vec<_> =
        found("syge.csv", table).into_iter().filter(|(detector, _)| detector == "keyword.health").collect();
    assert_eq!(health.len(), 2, "{health:?}");
}

#[test]
fn numbers_that_lost_their_zero_or_got_a_fraction() {
    let one = |detector: &str, value: &str| (detector.to_owned(), value.to_owned());
    let norway = found("ansatte.csv", "id;Fødselsnummer\n1;6026324074\n2;7039508510\n");
    assert_eq!(norway, [one("no.fodselsnummer", "6026324074"), one("no.fodselsnummer", "7039508510")]);
    let sweden = found("anställda.csv", "id;Personnummer\n1;106159387\n");
    assert_eq!(sweden, [one("se.personnummer", "106159387")]);
    let pandas = found("ansatte.csv", "id,cpr\n1,2512590082.0\n2,601981645.0\n3,\n");
    assert_eq!(pandas, [one("dk.cpr", "2512590082"), one("dk.cpr", "601981645")]);
    // No column of theirs.
    assert!(found("salg.csv", "id,beløb\n1,2512590082.0\n2,601981645.0\n").is_empty());
}

#[test]
fn what_is_not_looked_for_is_masked_all_the_same() {
    let Context { mut detectors, .. } = common::context(0.5);
    let only = vec!["email".to_owned()];
    std::sync::Arc::get_mut(&mut detectors).unwrap().select(&only, &[]).unwrap();
    let ctx = Context { detectors, reveal: false, ..common::context(0.5) };
    let text = "Karen Holm bor Elmevej 12, 5000 Odense C og har leukæmi: kh@nordfirma.dk\n";
    let findings = common::named("brev.txt", text.as_bytes(), &ctx);
    let contexts: Vec<&str> = findings.iter().map(|finding| finding.context.as_str()).collect();
    let [context] = contexts.as_slice() else { panic!("{contexts:?}") };
    for shown in ["Karen", "Holm", "Elmevej", "leukæmi"] {
        assert!(!context.contains(shown), "{context}");
    }
    assert!(context.contains("bor"), "{context}");
}

#[test]
fn a_family_name_behind_a_title_is_somebody() {
    for (text, name) in [
        ("Fru Holm er dement.", "Holm"),
        ("Mrs Johnson has dementia and lives alone.", "Johnson"),
        ("Rouva Virtanen sairastaa diabetesta.", "Virtanen"),
        ("Kære hr. Yilmaz, du er dømt for vold.", "Yilmaz"),
    ] {
        let found = found("a.txt", text);
        assert!(found.contains(&("name".to_owned(), name.to_owned())), "{text}: {found:?}");
        assert!(found.iter().any(|(detector, _)| detector.starts_with("keyword.")), "{text}: {found:?}");
    }
    for text in ["Fru Holms Gade er lukket.", "Fru Justitia er blind.", "Hr. Nielsen A/S har lukket."] {
        assert!(names("a.txt", text).is_empty(), "{text}: {:?}", names("a.txt", text));
    }
}

/// Words of other languages, and words that only begin like one of a category, say nothing of who is named beside them.
#[test]
fn ordinary_words_say_nothing_of_anybody() {
    for text in [
        "For eksempel har Lone Kragh været med til at udvikle kurset.",
        "Diskussion af budgettet v/ kasserer Ulla Dam Sørensen.",
        "Hyresgästen Anna Svensson drabbades av en vattenskada.",
        "Vald revisor: Anna Karin Svensson, omval på ett år.",
        "Skab 14 er tildelt Ida Toft, nøgle udleveret.",
        "Niels Peter Kjær stammer fra Odense.",
        "Utredning av vattenläckan utförs av Per Olsson",
        "Anna Svensson är inlagd i schemat på torsdag.",
        "Matti Korhonen asuu Varkauden keskustassa.",
        "murtolujuus 510 MPa, tarkastaja Matti Korhonen",
        "Maija Virtanen on ääninäyttelijä.",
        "Oireet: tulostin ei toimi. Asentaja: Matti Korhonen",
        "Symptoms: screen flickers. User: John Williams",
        "I sagen BS-18273/2025-RAN mellem sagsøger Henning Frost",
        "Jens Hansen delte linket https://www.sundhed.dk/borger/depression/",
        "Four-stroke engine, seller John Williams.",
        "John Williams was charged 450 SEK",
    ] {
        let said: Vec<_> = found("a.txt", text).into_iter().filter(|(id, _)| id.starts_with("keyword.")).collect();
        assert!(said.is_empty(), "{text}: {said:?}");
    }
}

#[test]
fn names_of_messages_are_no_addresses() {
    for text in [
        "Message-ID: <20250505101112.ABC123@mail.firma.dk>",
        "References: <a1b2@x.firma.dk>\n <CAJx4=ab12cd34@mail.gmail.com>",
        "postfix/cleanup[2231]: 3D5F2: message-id=<ab12.34@mail.gmail.com>",
    ] {
        assert_eq!(found("a.txt", text), [], "{text}");
    }
    assert_eq!(found("a.txt", "Til: <ole.holm@firma.dk>").len(), 1);
}
