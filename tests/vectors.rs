//! The reference vectors (`tests/vectors.tsv`): with its label in front every valid value is found, and no invalid one
//! is found on its own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::sync::Arc;

use sporhund::scan::Context;

/// `\n`, `\r` and `\uXXXX` as characters.
fn unescape(written: &str) -> String {
    let mut parts = written.split("\\u");
    let mut text = parts.next().unwrap().replace("\\n", "\n").replace("\\r", "\r");
    for part in parts {
        text.push(char::from_u32(u32::from_str_radix(&part[..4], 16).unwrap()).unwrap());
        text.push_str(&part[4..].replace("\\n", "\n"));
    }
    text
}

fn found(detector: &str, text: &str, ctx: &Context) -> Option<String> {
    let findings = common::named("test", text.as_bytes(), ctx);
    let seen = || findings.iter().map(|f| format!("{} {}", f.detector, f.confidence)).collect::<Vec<_>>().join(", ");
    (!findings.iter().any(|f| f.detector == detector)).then(seen)
}

#[test]
fn every_row_holds() {
    let mut ctx = common::context(0.5);
    Arc::get_mut(&mut ctx.detectors).unwrap().select(&["*".to_owned()], &["no.fodselsnummer.2032".to_owned()]).unwrap();
    // The rule of 2032 is off: it would claim what today's rule rejects.
    let mut then = common::context(0.5);
    Arc::get_mut(&mut then.detectors).unwrap().select(&["no.fodselsnummer.2032".to_owned()], &[]).unwrap();
    let near: std::collections::BTreeMap<String, String> =
        ctx.detectors.list().map(|d| (d.id.clone(), d.near.first().cloned().unwrap_or_default())).collect();
    let unreported: std::collections::BTreeSet<String> =
        ctx.detectors.list().filter(|d| !d.report).map(|d| d.id.to_string()).collect();
    let (mut rows, mut wrong) = (0, Vec::new());
    for row in include_str!("vectors.tsv").lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let (detector, value, valid, reason) = (cells[0], unescape(cells[1]), cells[2] == "valid", cells[3]);
        let detector = match detector {
            "card" => "payment_card",
            phone if phone.ends_with(".phone") => "phone",
            other => other,
        };
        let Some(label) = near.get(detector) else { continue };
        // Low by decision: a role's address is nobody's.
        if reason.contains("role address") {
            continue;
        }
        rows += 1;
        let ctx = if detector.ends_with("2032") { &then } else { &ctx };
        let text = if valid { format!("{label}: {value}") } else { value.clone() };
        if unreported.contains(detector) {
            // It explains, so that nobody else claims it.
            let findings = common::named("test", text.as_bytes(), ctx);
            if let Some(other) = findings.first().filter(|f| valid && f.category == "national_id") {
                wrong.push(format!("{text:?} was taken for {} ({reason})", other.detector));
            }
        } else if let Some(seen) = found(detector, &text, ctx).filter(|_| valid) {
            wrong.push(format!("{detector} {text:?} should be found ({reason}); found: {seen}"));
        } else if !valid && found(detector, &text, ctx).is_none() {
            wrong.push(format!("{detector} {text:?} should be left alone ({reason})"));
        }
    }
    assert!(rows > 600, "only {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows}\n{}", wrong.len(), wrong.join("\n"));
}
