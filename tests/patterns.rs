//! What pattern files say of themselves holds: every `match` and `no_match` of a detector.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod common;

use std::sync::Arc;

use sporhund::detect::Detectors;

#[test]
fn every_example_of_every_detector_holds() {
    let mut ctx = common::context(0.5);
    Arc::get_mut(&mut ctx.detectors).unwrap().select(&["*".to_owned()], &[]).unwrap();
    let mut wrong = Vec::new();
    for example in Detectors::examples(&sporhund::patterns::files("detectors", "toml", None).unwrap()).unwrap() {
        let findings = common::named("test", example.text.as_bytes(), &ctx);
        let found = findings.iter().any(|f| f.detector == example.detector);
        if found != example.found {
            let seen: Vec<_> =
                findings.iter().map(|f| format!("{} {} {:?} {:?}", f.detector, f.confidence, f.shown, f.why)).collect();
            wrong.push(format!(
                "{}: {:?} should be {}; found {seen:?}",
                example.detector,
                example.text,
                if example.found { "found" } else { "left alone" }
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
