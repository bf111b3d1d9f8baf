//! A large text looked at by several threads tells the same, in the same order, as by one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::fmt::Write;

use sporhund::job::{Input, Job};
use sporhund::record::Record;
use sporhund::scan::scan;

fn told(name: &str, text: &str, threads: usize) -> Vec<String> {
    let mut ctx = common::context(0.1);
    ctx.limits.threads = threads;
    let mut lines = Vec::new();
    let job = Job::new(name.to_owned(), Input::Bytes(text.as_bytes().to_vec()));
    scan(job, &ctx, &mut |record| {
        if !matches!(record, Record::Alive) {
            lines.extend(serde_json::to_string(&record));
        }
    });
    lines
}

#[test]
fn threads_change_nothing() {
    let mut table = "nr;cpr;navn;email\n".to_owned();
    let (mut letter, mut log) = (String::new(), String::new());
    let mut number = 1u64;
    while table.len() < 700 << 10 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (day, month, year) = (number >> 33 & 31, number >> 40 & 15, number >> 45 & 63);
        let rest = number >> 50 & 8191;
        writeln!(table, "{};{day:02}{month:02}{year:02}-{rest:04};Anna Hansen;a{rest}@example.dk", number >> 55)
            .unwrap();
        writeln!(log, r#"{{"nr":{number},"who":{{"mail":"a{rest}@example.dk"}},"msg":"CPR {day:02}{month:02}{year:02}-{rest:04}"}}"#)
            .unwrap();
        write!(letter, "Kære Anna Hansen, dit CPR-nr. er {day:02}{month:02}{year:02}-{rest:04} og ").unwrap();
        letter.push_str(if number & 7 == 0 { "så videre.\n" } else { "meget andet, " });
    }
    for (name, text) in [("a.csv", &table), ("a.txt", &letter), ("a.log", &log)] {
        let one = told(name, text, 1);
        assert!(one.len() > 1000, "{name}: {}", one.len());
        let several = told(name, text, 3);
        let other = several.iter().zip(&one).find(|(a, b)| a != b);
        assert!(several.len() == one.len() && other.is_none(), "{name}: {other:?}");
    }
}
