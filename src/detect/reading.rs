//! What one detector makes of a value, and the evidence for it.

use std::cell::LazyCell;

use compact_str::CompactString;

use crate::detect::Detectors;
use crate::detect::checks::{self, Verdict};
use crate::detect::confidence;
use crate::detect::detector::Detector;
use crate::detect::form::Form;
use crate::detect::nearby::{Hit, Said};
use crate::detect::normal::Normal;
use crate::detect::population::Tally;

/// Twelve digits that begin with a day of so many years back are rather a stamp or a running number.
const YOUNG: i16 = 12;

/// What a value may be: one detector's view, with the evidence for it.
#[derive(Debug, Clone)]
pub struct Reading {
    pub(super) detector: u16,
    pub(super) form: u16,
    pub(super) verdict: Verdict,
    /// Log-odds of the check's verdict: what a column can overrule.
    pub(super) base: f32,
    /// Log-odds of everything else.
    pub(super) odds: f32,
    pub(super) normal: CompactString,
    pub(super) kind: &'static str,
    pub(super) word: Option<usize>,
    pub(super) label: bool,
    /// Log-odds of the words around it, part of `odds`.
    pub(super) said: f32,
    pub(super) note: &'static str,
    /// It is as well a stamp or a phone, and no word said otherwise.
    pub(super) rival: bool,
    /// How it was read, where that makes a difference.
    pub(super) seen: &'static str,
}

/// The likeliest first; of equal ones in the order in which they were found.
pub(super) fn rank(readings: &mut [Reading]) {
    readings.sort_by(|a, b| (b.odds + b.base).total_cmp(&(a.odds + a.base)));
}

impl Detectors {
    /// What the words of the label that a value stands under add to each reading. Words in the value's neighbourhood
    /// may belong to other cells.
    pub(super) fn labelled(&self, mut readings: Vec<Reading>, hits: &[Hit]) -> Vec<Reading> {
        for reading in readings.iter_mut().filter(|r| !r.label) {
            let said = self.tables().nearby.said(hits, reading.detector);
            if said.word.is_some() {
                let odds = self.weigh(reading.detector, reading.kind, &reading.normal, &said);
                if std::mem::take(&mut reading.rival) && odds > 0.0 {
                    reading.odds -= confidence::STAMP;
                }
                reading.odds += odds - reading.said;
                (reading.said, reading.word, reading.label) = (odds, said.word, true);
            } else if reading.said > 0.0 {
                reading.odds -= reading.said / 2.0;
                reading.said /= 2.0;
            }
        }
        rank(&mut readings);
        readings
    }

    /// What words say, as log-odds: for a detector that needs its label nothing else counts. An address inside a network
    /// is somebody's if it is called an IP address, and a machine's behind `host`.
    fn weigh(&self, detector: u16, kind: &str, value: &str, said: &Said) -> f32 {
        let called = || said.word.is_some_and(|word| self.tables().nearby.word(word).starts_with("ip"));
        match self.get(detector) {
            _ if checks::INSIDE.contains(&kind) && said.odds > 0.0 && !called() => 0.0,
            // No version is written so.
            _ if said.odds < 0.0 && kind == "public" && value.contains(':') => 0.0,
            Some(detector) if detector.labelled && !(said.label && said.odds > 0.0) => {
                said.odds.min(0.0) - confidence::LABEL
            }
            _ => said.odds,
        }
    }

    /// What one detector makes of a value. `None`: it cannot be.
    /// `odds` is what its form and its neighbours say, `hits` are the words around it: both are looked for only if the
    /// check lets it pass.
    pub(super) fn reading<F: FnOnce() -> Vec<Hit>>(
        &self,
        detector: &Detector,
        form: Form,
        value: &str,
        odds: impl FnOnce() -> f32,
        hits: &LazyCell<Vec<Hit>, F>,
    ) -> Option<Reading> {
        if value.bytes().any(|b| matches!(b, b'\n' | b'\t')) {
            let line = value.replace('\t', "").replace('\n', " ");
            self.line_reading(detector, form, value, &line, odds, hits)
        } else {
            self.line_reading(detector, form, value, value, odds, hits)
        }
    }

    /// The same for a value whose characters stand on one line as `line` has them.
    pub(super) fn line_reading<F: FnOnce() -> Vec<Hit>>(
        &self,
        detector: &Detector,
        form: Form,
        value: &str,
        line: &str,
        odds: impl FnOnce() -> f32,
        hits: &LazyCell<Vec<Hit>, F>,
    ) -> Option<Reading> {
        let checked = detector.check.map(|check| check(line, self.today));
        let verdict = checked.map_or(Verdict::Plausible, |c| c.verdict);
        if verdict == Verdict::Invalid {
            return None;
        }
        let old = checked.and_then(|c| c.born).is_some_and(|born| self.today.year() - born > 110);
        let synthetic = checked.is_some_and(|c| c.test && (c.kind.contains("Skatteetaten") || c.kind.contains("NAV")));
        let young = || checked.and_then(|c| c.born).is_some_and(|born| self.today.year() - born < YOUNG);
        let rival = match line.len() {
            12 => line.starts_with("20") && young(),
            // Mobile phones of Sweden and Finland, and those of Stockholm, begin so; people born in as many years do.
            10 if detector.normal == Normal::Personnummer => {
                matches!(line.get(..2), Some("04" | "05" | "07" | "08"))
            }
            _ => false,
        };
        let rival = rival && verdict != Verdict::Doubtful && line.bytes().all(|b| b.is_ascii_digit());
        let nearby = &self.tables().nearby;
        let lost = verdict != Verdict::Valid && checked.is_some_and(|c| c.kind == checks::ZERO_LOST);
        let heard = !lost && nearby.has_words(form.detector);
        let said = if heard { nearby.said(hits, form.detector) } else { Said::default() };
        let odds_said = self.weigh(form.detector, checked.map_or("", |c| c.kind), value, &said);
        let rival = rival && odds_said <= 0.0;
        Some(Reading {
            detector: form.detector,
            form: form.number,
            verdict,
            base: detector.confidence.odds(verdict),
            said: odds_said,
            odds: odds()
                + odds_said
                + if old { confidence::OLD } else { 0.0 }
                + if rival { confidence::STAMP } else { 0.0 }
                + if synthetic { confidence::SYNTHETIC } else { 0.0 },
            normal: detector.normal.of(value),
            kind: checked.map_or("", |c| c.kind),
            word: said.word,
            label: said.label,
            rival,
            note: match (old, checked.is_some_and(|c| c.test)) {
                (_, true) => "published test number",
                (true, _) => "born over 110 years ago",
                _ => "",
            },
            seen: "",
        })
    }

    /// The evidence in one short line.
    pub(super) fn why(&self, reading: &Reading, column: Option<Tally>) -> String {
        let mut reasons: Vec<String> = Vec::new();
        let has_check = self.get(reading.detector).is_some_and(|d| d.check.is_some());
        if has_check {
            let verdict = match reading.verdict {
                Verdict::Valid => "all checks hold",
                Verdict::Plausible => "form and range hold",
                _ => "the check does not vouch for it",
            };
            reasons.push(if reading.kind.is_empty() {
                verdict.to_owned()
            } else {
                format!("{}: {verdict}", reading.kind)
            });
        }
        if let Some(word) = reading.word {
            let place = if reading.label { "stands before it" } else { "stands near it" };
            reasons.push(format!("`{}` {place}", self.tables().nearby.word(word)));
        }
        if let Some(tally) = column.filter(|t| t.seen >= 8) {
            reasons.push(format!("{} of {} in its column pass", tally.passed, tally.seen));
        }
        if !reading.note.is_empty() {
            reasons.push(reading.note.to_owned());
        }
        if !reading.seen.is_empty() {
            reasons.push(reading.seen.to_owned());
        }
        reasons.join("; ")
    }
}
