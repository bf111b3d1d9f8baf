//! Speed as ratios to a floor of the same run: how many times as long as looking for an absent byte (`memchr`) does it
//! take to scan prose, a dense table, and logs? Machines differ and are busy; ratios hardly move.
//!
//! `cargo bench --bench throughput`; the whole program against its peers: `benches/peers.sh`.

#![allow(missing_docs, clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sporhund::detect::Detectors;
use sporhund::job::{Input, Job};
use sporhund::record::Record;
use sporhund::scan::{Context, scan};

/// Bytes of each text.
const SIZE: usize = 4 << 20;

/// The detectors of each measurement: what each group costs beside the first pass.
const GROUPS: &[(&str, &[&str])] = &[
    ("all", &[]),
    ("ids", &["dk.*", "se.*", "no.*", "fi.*", "is.*"]),
    ("email", &["email"]),
    ("phone", &["phone"]),
    ("words", &["name", "keyword.*"]),
];

fn context(only: &[&str]) -> Context {
    let now: jiff::Zoned = "2026-11-20T12:00:00[Europe/Copenhagen]".parse().expect("a moment");
    let mut detectors = Detectors::load(None, now.date()).expect("the built-in patterns");
    let only: Vec<String> = only.iter().map(ToString::to_string).collect();
    detectors.select(&only, &[]).expect("built-in detectors");
    Context::new(detectors, now)
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn of<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }
}

const WORDS: &[&str] = &[
    "og",
    "i",
    "at",
    "det",
    "er",
    "kommunen",
    "mødet",
    "sagen",
    "lejemålet",
    "vandet",
    "varmen",
    "regningen",
    "betaling",
    "brev",
    "aftale",
    "kontrakten",
    "ejendommen",
    "bygningen",
    "vinduet",
    "døren",
    "vejen",
    "området",
    "projektet",
    "planen",
    "budgettet",
    "rapporten",
    "referatet",
    "bestyrelsen",
    "formanden",
    "beboerne",
    "afdelingen",
    "udvalget",
];
const GIVEN: &[&str] = &["Anna", "Mette", "Søren", "Lars", "Åse", "Peter", "Kirsten", "Jens"];
const FAMILY: &[&str] = &["Hansen", "Jensen", "Nielsen", "Sørensen", "Lindqvist", "Virtanen"];

fn cpr(random: &mut Random) -> String {
    let (day, month) = (1 + random.below(28), 1 + random.below(12));
    format!("{day:02}{month:02}{:02}-{:04}", random.below(100), random.below(10_000))
}

fn text(mut line: impl FnMut(&mut Random, &mut String)) -> Vec<u8> {
    let (mut text, mut random) = (String::new(), Random(1));
    while text.len() < SIZE {
        line(&mut random, &mut text);
        text.push('\n');
    }
    text.into_bytes()
}

fn texts() -> Vec<(&'static str, Vec<u8>)> {
    let prose = text(|random, text| {
        for _ in 0..14 {
            match random.below(400) {
                0..=1 => text.push_str(&format!("{} {}", random.of(GIVEN), random.of(FAMILY))),
                2 => text.push_str(&cpr(random)),
                _ => text.push_str(random.of(WORDS)),
            }
            text.push(' ');
        }
    });
    let table = text(|random, text| {
        let (given, family) = (random.of(GIVEN), random.of(FAMILY));
        let (id, phone) = (random.below(9_999_999), 20_000_000 + random.below(79_999_999));
        text.push_str(&format!("{id};{};{given} {family};n{id}@example.dk;{phone};Odense", cpr(random)));
    });
    let logs = text(|random, text| {
        text.push_str(&format!(
            "2026-11-20T12:{:02}:{:02}.{:03} INFO request done id={:016x} path=/api/v1/items/{} ms={} host=srv{:02}.internal",
            random.below(60),
            random.below(60),
            random.below(1000),
            random.below(usize::MAX) as u64 * 0x9E37_79B9,
            random.below(99_999),
            random.below(900),
            random.below(40)
        ));
    });
    vec![("prose", prose), ("table", table), ("logs", logs)]
}

fn throughput(criterion: &mut Criterion) {
    for (name, bytes) in texts() {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(10);
        group.bench_function("floor: memchr", |b| b.iter(|| memchr::memchr(0, black_box(&bytes))));
        for (detectors, only) in GROUPS {
            let ctx = context(only);
            group.bench_with_input(BenchmarkId::new("scan", detectors), &bytes, |b, bytes| {
                b.iter(|| {
                    let mut written = 0;
                    let job = Job::new(format!("{name}.txt"), Input::Bytes(bytes.clone()));
                    scan(job, &ctx, &mut |record: Record| {
                        let mut line = Vec::new();
                        record.write(&mut line).expect("memory takes everything");
                        written += line.len();
                    });
                    written
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, throughput);
criterion_main!(benches);
