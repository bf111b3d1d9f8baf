//! The reference vectors, base rates of random strings, and inputs made to break a check.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::Verdict::{Doubtful, Plausible, Valid};
use super::*;

const TODAY: Date = date(2026, 11, 20);

fn check(name: &str) -> Check {
    let found = CHECKS.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no check {name}")).1
}

fn judge(name: &str, value: &str) -> Checked {
    check(name)(value, TODAY)
}

// ------------------------------------------------------------------------------ vectors

/// Undoes the escapes of vectors.tsv.
fn unescape(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let length = if after.starts_with('u') { 5 } else { 1 };
        let (code, tail) = after.split_at(length);
        out.push(match code {
            "n" => '\n',
            "r" => '\r',
            "t" => '\t',
            code => char::from_u32(u32::from_str_radix(&code[1..], 16).unwrap()).unwrap(),
        });
        rest = tail;
    }
    out + rest
}

/// What the caller does before a check.
fn normalise(value: &str) -> String {
    let mut out: String = unescape(value)
        .replace("\r\n", "\n")
        .chars()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
            '\n' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
            '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
            c => c.to_ascii_uppercase(),
        })
        .collect();
    for spaced in [" - ", "- ", " -"] {
        out = out.replace(spaced, "-");
    }
    out
}

/// Whether a normalised value holds nothing that the scheme does not write: no label, no context.
fn bare(name: &str, value: &str) -> bool {
    let letters = match name {
        "dk.cvr" => "DK",
        "se.orgnr" => "SE",
        "no.orgnr" => "NOMVA",
        "fi.ytunnus" => "FI",
        "isbn" | "issn" => "X",
        "ipv4" | "ipv6" | "mac" => "ABCDEF:",
        "dk.ecpr" | "se.reservnummer" | "fi.hetu" | "gb.nino" | "iban" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        _ => "",
    };
    value.chars().all(|c| c.is_ascii_digit() || " -./+".contains(c) || letters.contains(c))
}

/// Rows that expect "invalid" for reasons no check can see: the form, the case or the boundaries of
/// the token, a label, or another detector that takes the value first.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("dk.cpr", "211162/9997", "form: slash only with a label"),
    ("dk.cpr", "10.0102.0399", "form: decimal groups"),
    ("dk.cpr", "1234.010203.9999", "boundary: dotted sequence"),
    ("dk.cpr", "0102 039999", "form: 4+6 is an account"),
    ("dk.ecpr", "2304851ab1", "case: lower case only with a label"),
    ("fi.hetu", "131052308T", "only a label makes it one"),
    ("dk.konto", "0400 211162 9999", "form: 4+6+4 is no account"),
    ("no.kontonummer", "1234 567 8903", "form: grouped as a phone number"),
];

#[test]
fn vectors_hold() {
    let table = include_str!("../../../tests/vectors.tsv");
    let mut tested = BTreeMap::<&str, usize>::new();
    let (mut wrong, mut skipped, mut excused) = (Vec::new(), Vec::new(), Vec::new());
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let (detector, value, expect) = (fields[0], fields[1], fields[2]);
        let name = match detector {
            "be.bis" => "be.nn",
            "ip" if value.contains(':') => "ipv6",
            "ip" => "ipv4",
            name => name,
        };
        let Some((name, check)) = CHECKS.iter().find(|(known, _)| *known == name) else {
            continue;
        };
        let normal = normalise(value);
        if !bare(name, &normal) {
            skipped.push((*name, value));
            continue;
        }
        *tested.entry(name).or_default() += 1;
        let verdict = check(&normal, TODAY).verdict;
        if let Some(excuse) = ELSEWHERE.iter().find(|e| (e.0, e.1) == (*name, value)) {
            assert_eq!(expect, "invalid", "{excuse:?}");
            excused.push(excuse);
        } else if (verdict != Invalid) != (expect == "valid") {
            wrong.push(format!("{detector}\t{value}\t{expect}\t{}\t{verdict:?}", fields[3]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(excused.len(), ELSEWHERE.len(), "exceptions without a row");
    println!("tested {tested:?}\nskipped {skipped:?}");
    assert!(tested.values().sum::<usize>() > 600, "{tested:?}");
    assert!(skipped.len() < 45, "{} {skipped:?}", skipped.len());
}

// ------------------------------------------------------------------------------ verdicts

#[test]
fn cpr_verdicts() {
    for (value, verdict, born) in [
        ("211162-9997", Valid, Some(1962)),
        ("010165-9999", Plausible, Some(1965)),
        ("010161-9999", Doubtful, Some(1961)),
        ("120463-9999", Doubtful, Some(1963)),
        ("150358-5991", Valid, Some(1858)),
        ("150337-9992", Valid, Some(1937)),
        ("21111962-9997", Valid, Some(1962)),
        ("21112062-9997", Invalid, None),
        ("211162-0000", Invalid, None),
        ("010101-0101", Invalid, None),
        ("123456-7890", Invalid, None),
        ("111111-1111", Invalid, None),
    ] {
        let checked = judge("dk.cpr", value);
        assert_eq!((checked.verdict, checked.born), (verdict, born), "{value}");
    }
}

#[test]
fn kinds_are_told() {
    for (name, value, verdict, kind, test) in [
        ("dk.cpr", "1111111118", Valid, "CPR", true),
        ("dk.ecpr", "0203291WQ3", Plausible, "X-eCPR", true),
        ("dk.ecpr", "2304850AB1", Plausible, "D-eCPR", false),
        ("se.personnummer", "191212121212", Valid, "personnummer", true),
        ("se.personnummer", "900106+9815", Valid, "personnummer", true),
        ("se.personnummer", "701063-2391", Plausible, "coordination number", true),
        ("se.personnummer", "121212-1212", Invalid, "invalid", false),
        ("no.fodselsnummer", "13922947702", Valid, "synthetic (Skatteetaten)", true),
        ("no.fodselsnummer", "15418549928", Valid, "H-number or synthetic (NAV)", false),
        ("no.fodselsnummer", "55507608360", Valid, "D-number, synthetic (NAV)", true),
        ("no.fodselsnummer", "15218549931", Valid, "NPID", false),
        ("no.fodselsnummer", "81234567802", Doubtful, "FH-number", false),
        ("no.fodselsnummer.2032", "30108299939", Doubtful, "fødselsnummer (2032)", true),
        ("no.kontonummer", "8601 00 17947", Doubtful, "internal account", false),
        ("fi.hetu", "131052-308T", Valid, "henkilötunnus", true),
        ("fi.hetu", "150485Y901W", Valid, "temporary", false),
        ("is.kennitala", "450401-3150", Valid, "organisation", false),
        ("is.kennitala", "281191-3049", Plausible, "person", true),
        ("is.kennitala", "150485-1409", Plausible, "synthetic (Þjóðskrá)", true),
        ("is.kennitala", "892350-1739", Doubtful, "kerfiskennitala", false),
        ("se.reservnummer", "19810829M071", Valid, "Västra Götaland", false),
        ("se.reservnummer", "19810829M072", Doubtful, "Västra Götaland", false),
        ("se.reservnummer", "19810829SU3A", Plausible, "Värmland", false),
        ("se.reservnummer", "22810829AB12", Plausible, "national reserve number", false),
        ("lv.pk", "331234-56789", Plausible, "personas kods without date", false),
        ("be.nn", "98.47.28-997.65", Valid, "bis number", true),
        ("nl.bsn", "999990019", Valid, "BSN", true),
        ("iban", "FR14 2004 1010 0505 0001 3M02 606", Valid, "IBAN", false),
        ("card", "4571 1000 0000 0009", Valid, "Visa/Dankort", true),
        ("isbn", "0-8044-2957-X", Valid, "ISBN-10", false),
        ("issn", "2434-561X", Valid, "ISSN", false),
        ("ipv4", "203.0.113.7", Plausible, "documentation", true),
        ("ipv6", "2001:DB8::1", Plausible, "documentation", true),
        ("ipv6", "FE80::1%ETH0", Doubtful, "link-local", false),
        ("mac", "02-1B-44-11-3A-B7", Plausible, "locally administered", false),
    ] {
        let checked = judge(name, value);
        let found = (checked.verdict, checked.kind, checked.test);
        assert_eq!(found, (verdict, kind, test), "{name} {value}");
    }
}

#[test]
fn what_lies_ahead_depends_on_today() {
    let born_2032 = "02013299997";
    assert_eq!(judge("no.fodselsnummer", born_2032).verdict, Invalid);
    let later = check("no.fodselsnummer")(born_2032, date(2032, 1, 2));
    assert_eq!((later.verdict, later.born), (Valid, Some(2032)));
    let next = check("no.fodselsnummer.2032")("02013299903", date(2032, 1, 2));
    assert_eq!((next.verdict, next.born), (Valid, None));
    // `-` without century: the latest year that is not ahead.
    assert_eq!(judge("se.personnummer", "261231-9802").born, Some(1926));
    let later = check("se.personnummer")("261231-9802", date(2026, 12, 31));
    assert_eq!(later.born, Some(2026));
    // Two digits of the year: told only where one century is possible.
    assert_eq!(judge("fo.ptal", "150485-123").born, Some(1985));
    assert_eq!(judge("fo.ptal", "150405-123").born, None);
}

#[test]
fn names_are_unique() {
    let names: Vec<_> = CHECKS.iter().map(|(name, _)| *name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len());
}

// ------------------------------------------------------------------------------ random strings

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn pick(&mut self, from: &str, length: usize) -> String {
        let from: Vec<char> = from.chars().collect();
        (0..length).map(|_| from[self.below(from.len())]).collect()
    }
}

#[test]
fn nothing_panics() {
    let mut random = Random(1);
    let alphabets = [
        "0123456789",
        "0123456789 -./+",
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "0123456789ABCDEFX:%-. ",
        "09X-æ\u{2013}🦊 \0",
    ];
    let odd = ["", " ", "-", "X", "DK", "SE01", "NOMVA", "æøå", "131052-308Æ", "%", "::"];
    for (name, check) in CHECKS {
        for value in odd {
            assert_eq!(check(value, TODAY).verdict, Invalid, "{name} {value:?}");
        }
        for alphabet in alphabets {
            for length in 0..40 {
                for today in [TODAY, Date::MIN, Date::MAX] {
                    for _ in 0..4 {
                        check(&random.pick(alphabet, length), today);
                    }
                }
            }
        }
        for length in 0..40 {
            for digit in ["0", "9"] {
                check(&digit.repeat(length), TODAY);
            }
        }
        check(&"1234567890".repeat(1000), TODAY);
    }
}

/// Measured rates: shape (`d` digit, `n` digit but 0, `L` letter), and
/// which answers count.
#[test]
fn base_rates_hold() {
    let any = |c: Checked| c.verdict != Invalid;
    let valid = |c: Checked| c.verdict == Valid;
    let ordinary =
        |c: Checked| matches!(c.kind, "fødselsnummer" | "D-number" | "fødselsnummer (2032)" | "D-number (2032)");
    let person = |c: Checked| matches!(c.kind, "person" | "synthetic (Þjóðskrá)");
    let cpr = |c: Checked| c.verdict >= Plausible && c.born.is_some_and(|year| year >= 1910);
    type Counts = fn(Checked) -> bool;
    let rates: &[(&str, &str, f64, Counts)] = &[
        ("dk.cpr", "dddddddddd", 0.03124, any),
        ("dk.cpr", "dddddddddd", 0.00220, cpr),
        ("dk.cpr.replacement", "dddddddddd", 0.0317, any),
        ("dk.ecpr", "dddddddLLd", 0.0129, any),
        ("dk.cvr", "nddddddd", 0.091, any),
        ("se.personnummer", "dddddddddd", 0.00744, any),
        ("se.personnummer", "dddddddddddd", 1.45e-4, any),
        ("se.orgnr", "dddddddddd", 0.0727, any),
        ("se.bankgiro", "dddddddd", 0.10, any),
        ("no.fodselsnummer", "ddddddddddd", 4.75e-4, ordinary),
        ("no.fodselsnummer", "ddddddddddd", 0.00400, any),
        ("no.fodselsnummer.2032", "ddddddddddd", 0.00252, ordinary),
        ("no.orgnr", "ddddddddd", 0.0172, any),
        ("no.kontonummer", "ddddddddddd", 0.091, valid),
        ("fi.hetu", "dddddd-dddd", 0.00118, any),
        ("fi.ytunnus", "dddddddd", 0.091, any),
        ("is.kennitala", "dddddddddd", 0.00853, person),
        ("fo.ptal", "ddddddddd", 0.0365, any),
        ("ee.ik", "ddddddddddd", 0.00168, any),
        ("lt.asmens", "ddddddddddd", 9.0e-4, |c| c.born.is_some()),
        ("lv.pk", "ddddddddddd", 8.0e-4, valid),
        ("lv.pk", "ddddddddddd", 0.079, any),
        ("de.idnr", "ddddddddddd", 0.00328, any),
        ("nl.bsn", "ddddddddd", 0.091, any),
        ("pl.pesel", "ddddddddddd", 0.00838, any),
        ("be.nn", "ddddddddddd", 0.00161, any),
        ("gb.nhs", "dddddddddd", 0.091, any),
        ("gb.nino", "LLddddddL", 0.085, any),
        ("card", "dddddddddddddddd", 0.0238, any),
        ("luhn", "dddddddddddddddd", 0.10, any),
        ("ean", "ddddddddddddd", 0.10, any),
        ("imei", "ddddddddddddddd", 0.10, any),
    ];
    let mut random = Random(7);
    let mut wrong = Vec::new();
    for &(name, shape, expected, counts) in rates {
        let check = check(name);
        let draws = ((200.0 / expected) as usize).clamp(3_000, 400_000);
        let mut value = shape.to_owned().into_bytes();
        let mut hits = 0;
        for _ in 0..draws {
            for (place, shape) in value.iter_mut().zip(shape.bytes()) {
                *place = match shape {
                    b'd' => b'0' + random.below(10) as u8,
                    b'n' => b'1' + random.below(9) as u8,
                    b'L' => b'A' + random.below(26) as u8,
                    other => other,
                };
            }
            hits += usize::from(counts(check(std::str::from_utf8(&value).unwrap(), TODAY)));
        }
        let rate = hits as f64 / draws as f64;
        println!("{name} {shape} {rate:.6} expected {expected}");
        if !(expected / 1.4..expected * 1.4).contains(&rate) {
            wrong.push(format!("{name} {shape}: {rate:.6}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
