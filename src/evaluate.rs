//! How good the detectors are, measured on labelled texts: precision, recall and F1 of each, and whether a confidence
//! means what it says.
//!
//! In: JSON Lines `{"text": "…", "lang": "da", "spans": [{"start": 9, "end": 20, "detector": "dk.cpr"}]}`, where `start`
//! and `end` count characters; `"name"` may give the file name that its format is told by. Out: tables for people. A finding is right if its value stands where a span of its
//! detector is, or is the same value written otherwise; a span is found if such a finding exists. Spans with
//! `"optional": true` count neither way. Calibration: Guo et al., "On Calibration of Modern Neural Networks" (2017).

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::ops::Range;

use serde::Deserialize;

use crate::job::{Input, Job};
use crate::mask::mask;
use crate::record::{Finding, Record};
use crate::scan::{Context, scan};

/// A finding counts from this confidence on, whatever is reported below it.
pub const REPORTED: f64 = 0.5;
/// Below this confidence nothing is looked at, not even for calibration.
const FAINT: f64 = 0.05;
/// Worst misses and false alarms that are listed.
const WORST: usize = 25;
/// Bins of the reliability table.
const BINS: usize = 10;

/// A labelled text.
#[derive(Debug, Deserialize)]
struct Labelled {
    text: String,
    #[serde(default)]
    lang: String,
    #[serde(default = "unnamed")]
    name: String,
    spans: Vec<Span>,
}

fn unnamed() -> String {
    "labelled".to_owned()
}

/// A value in a labelled text, in characters.
#[derive(Debug, Deserialize)]
struct Span {
    start: usize,
    end: usize,
    detector: String,
    #[serde(default)]
    optional: bool,
}

/// What was counted for one detector.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Score {
    /// Findings that are right.
    pub right: u64,
    /// Findings that are not.
    pub wrong: u64,
    /// Spans that were found.
    pub found: u64,
    /// Spans that were not.
    pub missed: u64,
    /// The sum of the findings' confidences.
    pub promised: f64,
}

impl Score {
    /// Of the findings, how many are right; 1 without findings.
    pub fn precision(&self) -> f64 {
        share(self.right, self.wrong)
    }

    /// Of the spans, how many were found; 1 without spans.
    pub fn recall(&self) -> f64 {
        share(self.found, self.missed)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    }
}

fn share(good: u64, bad: u64) -> f64 {
    if good + bad == 0 { 1.0 } else { good as f64 / (good + bad) as f64 }
}

/// Findings of about the same confidence.
#[derive(Debug, Default, Clone, Copy)]
struct Bin {
    findings: u64,
    right: u64,
    confidence: f64,
}

impl Bin {
    /// How far what is promised lies from what is so.
    fn gap(&self) -> f64 {
        let n = self.findings.max(1) as f64;
        (self.confidence / n - self.right as f64 / n).abs()
    }
}

/// All that was counted, and what it is counted with.
pub struct Evaluation {
    /// By detector.
    pub detectors: BTreeMap<String, Score>,
    /// By language, all detectors together.
    pub languages: BTreeMap<String, Score>,
    /// Texts read.
    pub texts: u64,
    bins: [Bin; BINS],
    misses: Vec<String>,
    alarms: Vec<(f64, String)>,
    reveal: bool,
    ctx: Context,
}

impl Evaluation {
    /// Nothing counted yet. With `ctx.reveal` misses and false alarms are listed as they stand, else masked.
    pub fn new(ctx: Context) -> Self {
        Self {
            detectors: BTreeMap::new(),
            languages: BTreeMap::new(),
            texts: 0,
            bins: [Bin::default(); BINS],
            misses: Vec::new(),
            alarms: Vec::new(),
            reveal: ctx.reveal,
            ctx: Context { min_confidence: FAINT, reveal: true, explain: true, ..ctx },
        }
    }

    /// Scans labelled texts and counts. A line that is none ends it.
    pub fn read(&mut self, labelled: impl BufRead) -> io::Result<()> {
        for (number, line) in labelled.lines().enumerate() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let labelled: Labelled = serde_json::from_str(&line).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, format!("line {} is no labelled text", number + 1))
            })?;
            self.count(&labelled, number + 1);
        }
        Ok(())
    }

    /// The expected calibration error of what is reported: the mean distance of confidence and truth.
    pub fn calibration_error(&self) -> f64 {
        let reported = self.bins.iter().skip(BINS / 2);
        let all: u64 = reported.clone().map(|bin| bin.findings).sum();
        reported.map(|bin| bin.gap() * bin.findings as f64).sum::<f64>() / all.max(1) as f64
    }

    /// The detectors whose ids begin like this, together.
    pub fn together(&self, ids: &[&str]) -> Score {
        let mut sum = Score::default();
        for (_, score) in self.detectors.iter().filter(|(id, _)| ids.iter().any(|start| id.starts_with(start))) {
            sum.right += score.right;
            sum.wrong += score.wrong;
            sum.found += score.found;
            sum.missed += score.missed;
            sum.promised += score.promised;
        }
        sum
    }
}

impl Evaluation {
    fn count(&mut self, labelled: &Labelled, line: usize) {
        self.texts += 1;
        let offsets: Vec<usize> = labelled.text.char_indices().map(|(at, _)| at).chain([labelled.text.len()]).collect();
        let bytes = |span: &Span| {
            offsets.get(span.start).copied().unwrap_or_default()..offsets.get(span.end).copied().unwrap_or_default()
        };
        let spans: Vec<(Range<usize>, &Span)> = labelled.spans.iter().map(|span| (bytes(span), span)).collect();
        let mut findings: Vec<Finding> = Vec::new();
        let job = Job::new(labelled.name.clone(), Input::Bytes(labelled.text.clone().into_bytes()));
        scan(job, &self.ctx, &mut |record| {
            if let Record::Finding(finding) = record {
                findings.push(finding);
            }
        });

        let mut found = vec![false; spans.len()];
        for finding in &findings {
            let value = finding.value.reveal().unwrap_or_default();
            let places: Vec<Range<usize>> =
                labelled.text.match_indices(value).map(|(at, _)| at..at + value.len()).collect();
            let normal = self.ctx.detectors.normal(&finding.detector, value);
            let (mut right, mut optional) = (false, false);
            for ((at, span), found) in spans.iter().zip(&mut found).filter(|((_, s), _)| s.detector == finding.detector)
            {
                let written = labelled.text.get(at.clone()).unwrap_or_default();
                let here = places.iter().any(|place| place.start < at.end && at.start < place.end)
                    || self.ctx.detectors.normal(&finding.detector, written) == normal;
                if here {
                    right |= !span.optional;
                    optional |= span.optional;
                    *found |= finding.confidence >= REPORTED;
                }
            }
            if optional && !right {
                continue;
            }
            let bin = (finding.confidence * BINS as f64) as usize;
            if let Some(bin) = self.bins.get_mut(bin.min(BINS - 1)) {
                bin.findings += 1;
                bin.right += u64::from(right);
                bin.confidence += finding.confidence;
            }
            if finding.confidence >= REPORTED {
                for score in self.scores(&finding.detector, &labelled.lang) {
                    *(if right { &mut score.right } else { &mut score.wrong }) += 1;
                    score.promised += finding.confidence;
                }
                if !right {
                    let why = finding.why.as_deref().unwrap_or_default();
                    let value = if self.reveal { &finding.context } else { finding.value.masked() };
                    let shown = format!("line {line}: {} {value} ({why})", finding.detector);
                    self.alarms.push((finding.confidence, shown));
                }
            }
        }
        for ((at, span), found) in spans.iter().zip(found).filter(|((_, span), _)| !span.optional) {
            for score in self.scores(&span.detector, &labelled.lang) {
                *(if found { &mut score.found } else { &mut score.missed }) += 1;
            }
            if !found {
                let around = labelled.text.floor_char_boundary(at.start.saturating_sub(40))..at.end;
                let value = if self.reveal {
                    labelled.text.get(around).unwrap_or_default().replace('\n', "⏎")
                } else {
                    mask(labelled.text.get(at.clone()).unwrap_or_default())
                };
                self.misses.push(format!("line {line}: {} {value}", span.detector));
            }
        }
    }

    fn scores(&mut self, detector: &str, language: &str) -> [&mut Score; 2] {
        [self.detectors.entry(detector.to_owned()).or_default(), self.languages.entry(language.to_owned()).or_default()]
    }

    /// How many misses and false alarms are listed: all of them to those who may see the values.
    fn listed(&self) -> usize {
        if self.reveal { usize::MAX } else { WORST }
    }

    /// Writes the tables.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} texts; a finding counts from confidence {REPORTED}\n", self.texts)?;
        writeln!(
            out,
            "{:24} {:>6} {:>6} {:>9} {:>7} {:>6}",
            "detector", "spans", "found", "precision", "recall", "F1"
        )?;
        for (name, score) in self.detectors.iter().chain(&self.languages) {
            let (spans, findings) = (score.found + score.missed, score.right + score.wrong);
            let (p, r, f1) = (score.precision(), score.recall(), score.f1());
            let promised = score.promised / findings.max(1) as f64;
            writeln!(out, "{name:24} {spans:6} {findings:6} {p:9.3} {r:7.3} {f1:6.3} {promised:9.3}")?;
        }
        writeln!(out, "\n{:12} {:>8} {:>11} {:>6}", "confidence", "findings", "mean", "right")?;
        for (number, bin) in self.bins.iter().enumerate().filter(|(_, bin)| bin.findings > 0) {
            let n = bin.findings as f64;
            let (low, high) = (number as f64 / BINS as f64, (number + 1) as f64 / BINS as f64);
            let (mean, right) = (bin.confidence / n, bin.right as f64 / n);
            writeln!(out, "{low:.1} to {high:.1}   {:8} {mean:11.3} {right:6.3}", bin.findings)?;
        }
        writeln!(out, "expected calibration error of what is reported: {:.3}", self.calibration_error())?;

        let mut alarms: Vec<_> = self.alarms.iter().collect();
        alarms.sort_by(|a, b| b.0.total_cmp(&a.0));
        writeln!(out, "\nfalse alarms ({}), surest first", alarms.len())?;
        for (confidence, alarm) in alarms.iter().take(self.listed()) {
            writeln!(out, "  {confidence:.2} {alarm}")?;
        }
        writeln!(out, "\nmisses ({})", self.misses.len())?;
        for miss in self.misses.iter().take(self.listed()) {
            writeln!(out, "  {miss}")?;
        }
        Ok(())
    }
}
