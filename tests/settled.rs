//! Long tables: rows that are like those before them are counted and not read, and nothing is lost by it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;

use sporhund::budget::Limits;
use sporhund::job::{Input, Job};
use sporhund::record::Record;
use sporhund::scan::{Context, scan};

/// Rows of the table, and where something stands that stands in no other.
const ROWS: usize = 30_000;
const ODD: [usize; 3] = [21_003, 25_500, 29_998];

/// So many findings of each detector are reported.
const REPORTED: u64 = 100;

fn context() -> Context {
    let context = common::context(0.5);
    Context { limits: Limits { findings: REPORTED, ..context.limits }, ..context }
}

/// A civil registration number whose check digit holds, if the serial number can have one; and what stands in such a
/// column too: a few without, a personnummer, what is no number at all.
fn cpr(n: usize) -> Option<String> {
    match n % 200 {
        7 => return Some(format!("{:02}{:02}{:02}-{:04}", 1 + n % 28, 1 + n % 12, 8 + n % 10, 5000 + n % 999)),
        51 => return Some("811228-9874".to_owned()),
        99 => return Some(format!("{:06}-{:04}", 400_000 + 17 * n, n % 10_000)),
        _ => {}
    }
    let (day, month, year, serial) = (1 + n % 28, 1 + n / 28 % 12, 50 + n / 336 % 40, n / 13_440);
    let digits = format!("{day:02}{month:02}{year:02}{:03}", 100 + serial);
    let sum: usize = digits.bytes().zip([4, 3, 2, 7, 6, 5, 4, 3, 2]).map(|(d, w)| usize::from(d - b'0') * w).sum();
    let check = (11 - sum % 11) % 11;
    (check < 10).then(|| format!("{}-{}{check}", &digits[..6], &digits[6..]))
}

const HEADER: &str = "kundenr;navn;cpr;email;telefon;by;note\n";

fn row(n: usize) -> String {
    let given = ["Anna", "Mette", "Søren", "Lars", "Kirsten", "Jens"][n % 6];
    let family = ["Hansen", "Jensen", "Nielsen", "Sørensen", "Lindqvist"][n / 6 % 5];
    let note = match ODD.iter().position(|odd| *odd == n) {
        Some(0) => "se også 131052-308T",
        Some(1) => "hun har fået konstateret leukæmi",
        Some(_) => "skriv til ny.adresse@nordfirma.no",
        None => ["", "rykket", "ok"][n % 3],
    };
    let phone = 20_100_000 + 7 * n;
    let cpr = cpr(n).unwrap_or_default();
    format!("{};{given} {family};{cpr};bruger{n}@nordfirma.dk;{phone};Odense;{note}\n", 900 + n)
}

/// How many findings of each detector a table has, and those that are reported.
fn scanned(rows: impl IntoIterator<Item = usize>, ctx: &Context) -> (BTreeMap<String, u64>, Vec<(String, String)>) {
    let mut table = HEADER.to_owned();
    rows.into_iter().for_each(|n| write!(table, "{}", row(n)).unwrap());
    let (mut counts, mut values) = (BTreeMap::new(), Vec::new());
    scan(Job::new("kunder.csv".to_owned(), Input::Bytes(table.into_bytes())), ctx, &mut |record| match record {
        Record::Finding(finding) => {
            values.push((finding.detector.to_string(), finding.value.reveal().unwrap_or_default().to_owned()));
        }
        Record::Item(item) => {
            counts.extend(item.counts.totals().map(|(detector, n)| (detector.to_owned(), n)));
        }
        _ => {}
    });
    (counts, values)
}

#[test]
fn what_is_not_read_is_counted_and_what_is_odd_is_read() {
    let ctx = context();
    let (counts, values) = scanned(0..ROWS, &ctx);

    // Short tables are read row by row.
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for part in 0..ROWS / 3000 {
        for (detector, n) in scanned(part * 3000..(part + 1) * 3000, &ctx).0 {
            *expected.entry(detector).or_default() += n;
        }
    }
    for detector in ["dk.cpr", "email", "phone"] {
        assert_eq!(counts.get(detector), expected.get(detector), "{detector}");
    }
    assert_eq!(counts["email"], ROWS as u64 + 1);

    for (detector, value) in [("fi.hetu", "131052-308T"), ("keyword.health", "leukæmi")] {
        assert!(values.contains(&(detector.to_owned(), value.to_owned())), "{value}: {values:?}");
    }
    let reported = |wanted: &str| values.iter().filter(|(detector, _)| detector == wanted).count() as u64;
    assert_eq!((reported("email"), reported("phone")), (REPORTED, REPORTED));
}

#[test]
fn what_stands_there_again_far_below_is_counted_once() {
    let ctx = context();
    let (once, _) = scanned(0..ROWS, &ctx);
    let (twice, _) = scanned((0..ROWS).chain(0..ROWS), &ctx);
    for detector in ["dk.cpr", "email", "phone"] {
        assert_eq!(once.get(detector), twice.get(detector), "{detector}");
    }
}

#[test]
fn the_same_every_time() {
    let ctx = context();
    assert_eq!(scanned(0..20_000, &ctx), scanned(0..20_000, &ctx));
}
