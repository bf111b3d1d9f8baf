//! Text → records, by every detector and the default policy.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sporhund::detect::Detectors;
use sporhund::job::{Input, Job};
use sporhund::policy::Policies;
use sporhund::record::Record;
use sporhund::scan::{Context, scan};

static CONTEXT: LazyLock<Context> = LazyLock::new(|| {
    let now: jiff::Zoned = "2026-11-20T12:00:00[UTC]".parse().unwrap();
    let mut detectors = Detectors::load(None, now.date()).unwrap();
    let categories = detectors.categories();
    detectors.select(&["*".to_owned()], &[]).unwrap();
    Context {
        policies: Policies::load(&["nordic-gdpr".to_owned()], None, &categories).unwrap(),
        min_confidence: 0.0,
        explain: true,
        facts: true,
        ..Context::new(detectors, now)
    }
});

fuzz_target!(|bytes: &[u8]| {
    let mut items = 0;
    let job = Job::new("a.txt".to_owned(), Input::Bytes(bytes.to_vec()));
    scan(job, &CONTEXT, &mut |record| {
        items += u32::from(matches!(&record, Record::Item(item) if item.location == "a.txt"));
        if record.is_reported() || matches!(record, Record::Facts(_)) {
            // What is written can be read again, and is then written the same.
            let (mut line, mut again) = (Vec::new(), Vec::new());
            record.write(&mut line).unwrap();
            Record::parse(&line).unwrap().write(&mut again).unwrap();
            assert_eq!(String::from_utf8_lossy(&line), String::from_utf8_lossy(&again));
        }
    });
    assert_eq!(items, 1);
});
