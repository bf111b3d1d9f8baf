//! How good the detectors are: on the held-out part of `tests/labelled`, and on whole columns of numbers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::fs::File;
use std::io::BufReader;

use sporhund::evaluate::Evaluation;
use sporhund::scan::Context;

/// The part of this name, in all languages.
fn part(name: &str) -> Evaluation {
    let mut files: Vec<_> = std::fs::read_dir("tests/labelled").unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name));
    files.sort();
    assert_eq!(files.len(), 6, "six languages");
    let mut evaluation = Evaluation::new(Context { reveal: false, ..common::context(0.5) });
    for path in files {
        evaluation.read(BufReader::new(File::open(path).unwrap())).unwrap();
    }
    evaluation
}

#[test]
fn held_out_texts_are_understood() {
    let evaluation = part("heldout");
    let mut tables = Vec::new();
    evaluation.write(&mut tables).unwrap();
    let tables = String::from_utf8(tables).unwrap();
    for (what, ids, least) in [
        ("national numbers", &["dk.cpr", "se.personnummer", "no.fodselsnummer", "fi.hetu", "is.kennitala"][..], 0.99),
        ("e-mail, phone, IBAN, card", &["email", "phone", "iban", "payment_card"], 0.98),
        (
            "addresses, accounts, plates",
            &["address", "plate", "dk.konto", "no.kontonummer", "se.bankgiro", "se.plusgiro"],
            0.95,
        ),
        ("keywords", &["keyword."], 0.95),
        ("names", &["name"], 0.9),
        ("IP addresses, birth dates", &["ip", "birth_date"], 0.98),
    ] {
        let score = evaluation.together(ids);
        assert!(score.precision() >= least && score.recall() >= least, "{what}: {score:?}\n{tables}");
    }
    assert!(evaluation.calibration_error() <= 0.03, "{tables}");
}

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A CPR number of the highest serials of its day, with a check digit that holds in nineteen of twenty.
fn cpr(random: &mut Random) -> String {
    let unchecked = random.below(20) == 0;
    loop {
        let (day, month, year) = (1 + random.below(28), 1 + random.below(12), 40 + random.below(60));
        let number = format!("{day:02}{month:02}{year:02}{}", 9000 + random.below(1000));
        let sum: u32 = number.bytes().zip([4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).map(|(d, w)| u32::from(d - b'0') * w).sum();
        if sum.is_multiple_of(11) != unchecked {
            return number;
        }
    }
}

/// A column in each of the ways that columns come.
fn columns(header: &str, values: &[String]) -> Vec<(&'static str, String)> {
    let mut csv = format!("{header};antal\n");
    let mut json = String::from("[");
    for (i, value) in values.iter().enumerate() {
        csv.push_str(&format!("{value};{}\n", i % 7));
        json.push_str(&format!(
            "{}{{\"{header}\": \"{value}\", \"antal\": {}}}",
            if i > 0 { ",\n" } else { "" },
            i % 7
        ));
    }
    json.push(']');
    let plain = format!("{header}\n{}\n", values.join("\n"));
    vec![("a.csv", csv), ("a.json", json), ("a.txt", plain)]
}

fn found(name: &str, text: &str, wanted: &dyn Fn(&str) -> bool) -> usize {
    let ctx = common::context(0.5);
    common::named(name, text.as_bytes(), &ctx).iter().filter(|f| wanted(&f.detector)).count()
}

#[test]
fn a_column_of_order_numbers_is_nobody() {
    let mut random = Random(20_261_120);
    let values: Vec<String> = (0..100_000).map(|_| format!("{:010}", random.below(10_000_000_000))).collect();
    // Under the plain header in each way that columns come; under others in one.
    for (header, ways) in [("Nummer", 3), ("Ordrenr", 1), ("x", 1)] {
        for (name, text) in columns(header, &values).into_iter().rev().take(ways) {
            let found = found(name, &text, &|_| true);
            assert!(found <= 5, "{found} findings among order numbers under `{header}` in {name}");
        }
    }
}

#[test]
fn a_column_of_cpr_numbers_is_found_whatever_its_header() {
    let mut random = Random(4711);
    let compact: Vec<String> = (0..1000).map(|_| cpr(&mut random)).collect();
    let written: Vec<String> = compact.iter().map(|n| format!("{}-{}", &n[..6], &n[6..])).collect();
    for values in [&compact, &written] {
        let distinct = values.iter().collect::<std::collections::BTreeSet<_>>().len();
        for header in ["Nummer", "Felt1"] {
            for (name, text) in columns(header, values) {
                let found = found(name, &text, &|id| id == "dk.cpr");
                assert!(found * 1000 >= distinct * 990, "{found} of {distinct} under `{header}` in {name}");
            }
        }
    }
}

#[test]
fn numbers_that_a_spreadsheet_or_a_line_end_has_broken() {
    let dk = |id: &str| id == "dk.cpr";
    assert_eq!(found("a.csv", "Navn;CPR\nBo;101900000\nIb;991629997\nUlla;351629997\n", &dk), 0, "no such dates");
    // 021162-9991 without its zero
    assert_eq!(found("a.csv", "Navn;CPR-nr\nBo;211629991\nIb;211162-9997\n", &dk), 2);
    assert_eq!(found("a.txt", "CPR-nummer: 211162-\n9997", &dk), 1);
    assert_eq!(found("a.txt", "CPR-nummer: 211162\n9997", &dk), 1);
}
