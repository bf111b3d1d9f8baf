//! Text → findings: one walk over the bytes finds where anything could start, and only there is evidence weighed.
//!
//! In: a piece of [`Text`]. Out: [`Sight`]s, held by [`Held`] until the item's text has been read. What is looked for
//! is data (`patterns/`); only check digits, and what makes a name or an address, are code.

pub mod checks;
mod cluster;
mod confidence;
mod contact;
mod detector;
mod form;
mod held;
mod nearby;
mod normal;
mod person;
mod population;
mod words;

pub use detector::{Detector, Example};
pub use held::Held;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use globset::Glob;
use jiff::civil::Date;

use crate::detect::checks::Verdict;
use crate::detect::cluster::Cluster;
use crate::detect::detector::{Chance, Confidence, File, List};
use crate::detect::form::{Form, Forms};
use crate::detect::nearby::{Hit, Nearby};
use crate::detect::normal::Normal;
use crate::detect::population::Tally;
use crate::detect::words::{Keywords, Words};
use crate::extract::{Place, Text};
use crate::item::{Mail, Sensitivity};
use crate::mask::{self, Personal};
use crate::patterns::{self, Mistake, Source};

/// All that is looked for, compiled.
pub struct Detectors {
    list: Vec<Detector>,
    forms: Forms,
    nearby: Nearby,
    words: Words,
    /// Patterns that are tried around a literal: the automaton of all literals, and whose each is.
    anchors: Option<(AhoCorasick, Vec<u16>)>,
    name: Option<u16>,
    today: Date,
}

/// What a value may be: one detector's view, with the evidence for it.
#[derive(Debug, Clone)]
pub struct Reading {
    detector: u16,
    form: u16,
    verdict: Verdict,
    /// Log-odds of the check's verdict: what a column can overrule.
    base: f32,
    /// Log-odds of everything else.
    odds: f32,
    normal: String,
    kind: &'static str,
    word: Option<usize>,
    label: bool,
    note: &'static str,
}

/// Something seen in a piece of text.
pub enum Sight<'t> {
    /// A token of a detector's form that cannot be what the detector looks for: it counts in its column.
    Failed {
        /// The detector.
        detector: u16,
        /// Its form.
        form: u16,
        /// The column.
        label: Option<Arc<str>>,
    },
    /// A value that may be something.
    Candidate(Candidate<'t>),
}

/// A value that may be something.
pub struct Candidate<'t> {
    /// What it may be, likeliest first.
    pub readings: &'t [Reading],
    /// The characters as found.
    pub value: &'t str,
    /// Where.
    pub place: Place,
    text: &'t str,
    at: Range<usize>,
    others: &'t [Range<usize>],
}

/// A value in the text, with what it may be.
struct Span {
    at: Range<usize>,
    readings: Vec<Reading>,
}

impl Span {
    fn odds(&self) -> f32 {
        self.readings.first().map_or(f32::MIN, |r| r.odds + r.base)
    }
}

/// How far around a literal its pattern is tried, in bytes.
const ANCHOR_REACH: (usize, usize) = (96, 288);
/// Readings below this are nothing.
const NOTHING: f32 = -9.0;
/// How much of the line is quoted on either side of a value, in bytes.
const QUOTE: usize = 48;

impl Detectors {
    /// Loads the built-in detectors and those of a user's folder. `today` decides what date of birth lies in the future.
    pub fn load(user: Option<&Path>, today: Date) -> Result<Self, Mistake> {
        let mut list: Vec<Detector> = Vec::new();
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |detector: Detector, source: &Source| {
            if let Some(other) = known.insert(detector.id.clone(), source.file.clone()) {
                let id = &detector.id;
                return Err(
                    source.mistake(&format!("\"{id}\""), format!("detector `{id}` is declared in {other} already"))
                );
            }
            list.push(detector);
            Ok(())
        };
        let files = patterns::files("detectors", "toml", user)?;
        for source in &files {
            let file: File = source.parse()?;
            for declared in file.detectors {
                add(declared.compile(source, &file.against)?, source)?;
            }
        }
        let mut words = Words::default();
        let mut keywords: Vec<(Source, Keywords)> = Vec::new();
        for source in patterns::files("keywords", "toml", user)? {
            let parsed: Keywords = source.parse()?;
            keywords.push((source, parsed));
        }
        for (source, parsed) in &keywords {
            add(keyword_detector(parsed), source)?;
        }
        for (_, parsed) in &keywords {
            if let Some(number) = list.iter().position(|d| d.id == parsed.id) {
                words.add_keywords(parsed, number as u16);
            }
        }
        words.add_names(user)?;

        let broken = |message: String| Mistake { file: "patterns/detectors".to_owned(), line: None, message };
        Self {
            nearby: Nearby::new(&list).map_err(broken)?,
            name: list.iter().position(|d| d.list == Some(List::Names)).map(|n| n as u16),
            list,
            forms: Forms::default(),
            words,
            anchors: None,
            today,
        }
        .arm(&files)
    }

    /// The examples of all detector files.
    pub fn examples(user: Option<&Path>) -> Result<Vec<Example>, Mistake> {
        let mut examples = Vec::new();
        for source in patterns::files("detectors", "toml", user)? {
            examples.extend(source.parse::<File>()?.detectors.iter().flat_map(detector::Declared::examples));
        }
        Ok(examples)
    }

    /// Uses only the detectors that these ids or globs (`dk.*`) name, and none that `without` names. An error is a
    /// line for people.
    pub fn select(&mut self, only: &[String], without: &[String]) -> Result<(), String> {
        let matcher = |written: &String| -> Result<_, String> {
            let glob =
                Glob::new(written).map_err(|_| format!("`{written}` is no detector id or glob"))?.compile_matcher();
            if !self.list.iter().any(|d| glob.is_match(&d.id)) {
                return Err(format!("no detector is called `{written}`: see `sporhund detectors`"));
            }
            Ok(glob)
        };
        let only = only.iter().map(matcher).collect::<Result<Vec<_>, _>>()?;
        let without = without.iter().map(matcher).collect::<Result<Vec<_>, _>>()?;
        for detector in &mut self.list {
            let wanted = if only.is_empty() { detector.on } else { only.iter().any(|g| g.is_match(&detector.id)) };
            detector.on = wanted && !without.iter().any(|g| g.is_match(&detector.id));
        }
        Ok(())
    }

    /// All detectors, used or not.
    pub fn list(&self) -> impl Iterator<Item = &Detector> {
        self.list.iter()
    }

    /// Detector id → category and the law's sensitivity, for policies.
    pub fn categories(&self) -> BTreeMap<String, (String, Sensitivity)> {
        self.list.iter().map(|d| (d.id.clone(), (d.category.clone(), d.sensitivity))).collect()
    }

    fn get(&self, number: u16) -> Option<&Detector> {
        self.list.get(usize::from(number))
    }

    fn chance(&self, number: u16) -> Option<Chance> {
        self.get(number).and_then(|d| d.chance)
    }

    /// Fills the tables of forms and anchors.
    fn arm(mut self, files: &[Source]) -> Result<Self, Mistake> {
        let (mut literals, mut owners) = (Vec::new(), Vec::new());
        for (detector, declared) in self.list.iter().enumerate() {
            for (number, (template, odds)) in declared.forms.iter().enumerate() {
                let form = Form { detector: detector as u16, number: number as u16, odds: *odds };
                self.forms.add(template, form).map_err(|message| {
                    let near = format!("\"{}\"", declared.id);
                    let file = files.iter().find(|f| f.text.contains(&near));
                    file.map_or_else(
                        || Mistake { file: declared.id.clone(), line: None, message: message.clone() },
                        |f| f.mistake(template, message.clone()),
                    )
                })?;
            }
            for anchor in &declared.anchors {
                literals.push(anchor.clone());
                owners.push(detector as u16);
            }
        }
        if !literals.is_empty() {
            let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&literals).ok();
            self.anchors = automaton.map(|a| (a, owners));
        }
        Ok(self)
    }

    /// Finds what a piece of text holds, in the order of the text.
    pub fn find(&self, text: &Text<'_>, found: &mut dyn FnMut(Sight<'_>)) {
        let mut failed = Vec::new();
        let narrow = narrow(text.str);
        let spans = self.spans(&narrow, &mut failed);
        for (at, detector, form) in failed {
            if text.own.contains(&at) {
                found(Sight::Failed { detector, form, label: (text.place)(at).label });
            }
        }
        let others: Vec<Range<usize>> = spans.iter().map(|s| s.at.clone()).collect();
        for span in &spans {
            if !text.own.contains(&span.at.start) {
                continue;
            }
            let place = (text.place)(span.at.start);
            let readings = self.labelled(&span.readings, place.label.as_deref());
            let at = span.at.start..text.str.ceil_char_boundary(span.at.end);
            let value = text.str.get(at.clone()).unwrap_or_default();
            found(Sight::Candidate(Candidate {
                readings: &readings,
                value,
                place,
                text: text.str,
                at,
                others: &others,
            }));
        }
    }

    /// The mail's facts with all that was found in its subject masked.
    pub fn mask_subject(&self, mut mail: Mail) -> Mail {
        if let Some(subject) = mail.subject.as_ref().and_then(Personal::reveal) {
            let spans: Vec<_> = self.spans(subject, &mut Vec::new()).into_iter().map(|s| s.at).collect();
            mail.subject = Some(Personal::with_mask(subject, quote(subject, 0..subject.len(), &spans)));
        }
        mail
    }

    /// What the label that a value stands under adds to each reading.
    fn labelled(&self, readings: &[Reading], label: Option<&str>) -> Vec<Reading> {
        let mut readings = readings.to_vec();
        if let Some(label) = label {
            let hits = self.nearby.in_label(label);
            for reading in &mut readings {
                let said = self.nearby.said(&hits, reading.detector);
                if said.word.is_some() && !reading.label {
                    reading.odds += said.odds;
                    (reading.word, reading.label) = (said.word, true);
                }
            }
            readings.sort_by(|a, b| (b.odds + b.base).total_cmp(&(a.odds + a.base)));
        }
        readings
    }

    /// Everything in a text, without overlaps: characters that two could claim belong to the likelier.
    fn spans(&self, text: &str, failed: &mut Vec<(usize, u16, u16)>) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut sights = Vec::new();
        self.walk(text, &mut spans, &mut sights, failed);
        self.patterns(text, &mut spans);
        spans.retain(|span: &Span| span.odds() > NOTHING);
        let mut spans = settle(spans);

        sights.sort_by_key(|s: &person::Sight| (s.at.start, s.at.end));
        let names = person::names(text, &sights);
        let mut people: Vec<Range<usize>> = spans
            .iter()
            .filter(|s| {
                s.odds() > 0.0
                    && s.readings
                        .first()
                        .and_then(|r| self.get(r.detector))
                        .is_some_and(|d| matches!(d.category.as_str(), "national_id" | "contact"))
            })
            .map(|s| s.at.clone())
            .chain(names.iter().filter(|n| n.odds > 0.0).map(|n| n.at.clone()))
            .collect();
        people.sort_by_key(|at| at.start);
        let before = spans.len();
        if let Some(detector) = self.name.filter(|n| self.get(*n).is_some_and(|d| d.on)) {
            spans.extend(names.iter().map(|name| self.word_span(text, &name.at, detector, name.odds, "name")));
        }
        for keyword in person::keywords(&sights, &people) {
            if self.get(keyword.detector).is_some_and(|d| d.on) {
                spans.push(self.word_span(text, &keyword.at, keyword.detector, keyword.odds, keyword.near));
            }
        }
        if spans.len() > before { settle(spans) } else { spans }
    }

    fn word_span(&self, text: &str, at: &Range<usize>, detector: u16, odds: f32, note: &'static str) -> Span {
        let normal = Normal::Words.of(text.get(at.clone()).unwrap_or_default());
        let reading = Reading {
            detector,
            form: 0,
            verdict: Verdict::Plausible,
            base: 0.0,
            odds,
            normal,
            kind: "",
            word: None,
            label: false,
            note,
        };
        Span { at: at.clone(), readings: vec![reading] }
    }

    /// The first pass: words to the dictionary, clusters of digits to the forms.
    fn walk(
        &self,
        text: &str,
        spans: &mut Vec<Span>,
        sights: &mut Vec<person::Sight>,
        failed: &mut Vec<(usize, u16, u16)>,
    ) {
        let bytes = text.as_bytes();
        let mut cluster = Cluster::default();
        let (mut at, mut least) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            match class(*byte) {
                Class::Other => at += 1,
                Class::Digit => {
                    at = cluster.read(text, at, least).max(at + 1);
                    least = at;
                    self.forms_of(text, &cluster, spans, failed);
                    if let Some(joined) = cluster.unboxed() {
                        self.forms_of(text, &joined, spans, failed);
                    }
                }
                Class::Letter => {
                    let length = bytes
                        .get(at..)
                        .unwrap_or_default()
                        .iter()
                        .take_while(|b| matches!(class(**b), Class::Letter))
                        .count();
                    self.word(text, at..at + length, sights);
                    at += length;
                }
            }
        }
    }

    /// A run of letters and of bytes outside ASCII: usually a word; where punctuation outside ASCII is in it, several.
    fn word(&self, text: &str, run: Range<usize>, sights: &mut Vec<person::Sight>) {
        let mut look = |word: Range<usize>| {
            self.words.look(text, word, &mut |at, meaning| sights.push(person::Sight { at, meaning }))
        };
        let Some(letters) = text.get(run.clone()) else { return };
        if !letters.bytes().any(|b| matches!(b, 0xC2 | 0xE2..=0xEF)) {
            return look(run);
        }
        let mut begin = None;
        for (i, c) in letters.char_indices().chain([(letters.len(), ' ')]) {
            match (c.is_alphabetic() || cluster::is_invisible(c), begin) {
                (true, None) => begin = Some(i),
                (false, Some(from)) => {
                    look(run.start + from..run.start + i);
                    begin = None;
                }
                _ => {}
            }
        }
    }

    /// The readings of a cluster by the forms it has.
    fn forms_of(&self, text: &str, cluster: &Cluster, spans: &mut Vec<Span>, failed: &mut Vec<(usize, u16, u16)>) {
        if cluster.plus.is_some() && self.international(text, cluster, spans) {
            return;
        }
        self.forms.look(cluster, |groups, forms| {
            let (Some(first), Some(last)) = (cluster.groups.get(groups.start), cluster.groups.get(groups.end - 1))
            else {
                return;
            };
            let Some(bounded) = bounds(cluster, &groups) else { return };
            let at = first.at.start..last.at.end;
            let mut hits = None;
            for form in forms {
                let Some(detector) = self.get(form.detector).filter(|d| d.on) else { continue };
                let ascii = cluster.ascii_of(groups.clone());
                let crowded = bounded.crowded && ascii.contains(' ');
                let odds = form.odds + if crowded { confidence::CROWDED } else { 0.0 };
                let hits = hits.get_or_insert_with(|| self.nearby.around(text, &at));
                let reading = self.reading(detector, *form, ascii, odds, hits);
                match reading {
                    Some(reading) => add(spans, at.clone(), reading),
                    None if detector.chance.is_some() => failed.push((at.start, form.detector, form.number)),
                    None => {}
                }
            }
        });
        self.glued(text, cluster, spans);
    }

    /// A label glued to its value: `CPR2111629997`. Only the label's word makes it one.
    fn glued(&self, text: &str, cluster: &Cluster, spans: &mut Vec<Span>) {
        let Some(first) = cluster.groups.first() else { return };
        let letters =
            text.get(first.at.clone()).unwrap_or_default().bytes().take_while(u8::is_ascii_alphabetic).count();
        if letters < 2 || letters >= first.in_ascii.len() {
            return;
        }
        let mut tail = Cluster {
            ascii: cluster.ascii.clone(),
            groups: cluster.groups.clone(),
            continued: cluster.continued,
            glued_after: cluster.glued_after,
            ..Cluster::default()
        };
        if let Some(first) = tail.groups.first_mut() {
            first.at.start += letters;
            first.in_ascii.start += letters;
        }
        self.forms.look(&tail, |groups, forms| {
            let (Some(first), Some(last)) = (tail.groups.get(groups.start), tail.groups.get(groups.end - 1)) else {
                return;
            };
            if groups.start > 0 || bounds(&tail, &groups).is_none() {
                return;
            }
            let at = first.at.start..last.at.end;
            let hits = self.nearby.around(text, &at);
            for form in forms {
                let Some(detector) = self.get(form.detector).filter(|d| d.on) else { continue };
                if let Some(reading) = self.reading(detector, *form, tail.ascii_of(groups.clone()), form.odds, &hits)
                    && reading.label
                    && reading.odds > 0.0
                {
                    add(spans, at.clone(), reading);
                }
            }
        });
    }

    /// A number behind a plus sign or 00: as many groups of the cluster as make a number of the country it names.
    fn international(&self, text: &str, cluster: &Cluster, spans: &mut Vec<Span>) -> bool {
        let (Some(begin), Some(number)) =
            (cluster.plus, self.list.iter().position(|d| d.normal == Normal::Phone && d.on))
        else {
            return false;
        };
        let Some(detector) = self.list.get(number) else { return false };
        let plus = text.get(begin..).is_some_and(|rest| !rest.starts_with('0'));
        for groups in (1..=cluster.groups.len()).rev() {
            let ascii = cluster.ascii_of(0..groups);
            if ascii.bytes().any(|b| b.is_ascii_alphabetic() || b == b'\n')
                || !(7..=17).contains(&ascii.bytes().filter(u8::is_ascii_digit).count())
            {
                continue;
            }
            let written = if plus { format!("+{ascii}") } else { ascii.to_owned() };
            let end = cluster.groups.get(groups - 1).map_or(begin, |g| g.at.end);
            let form = Form { detector: number as u16, number: u16::MAX, odds: 0.0 };
            if let Some(reading) = self.reading(detector, form, &written, 0.0, &[]) {
                add(spans, begin..end, reading);
                return true;
            }
        }
        plus
    }

    /// The patterns: around their literals, or over everything.
    fn patterns(&self, text: &str, spans: &mut Vec<Span>) {
        let mut take = |number: u16, detector: &Detector, at: Range<usize>| {
            let value = text.get(at.clone()).unwrap_or_default();
            let hits = self.nearby.around(text, &at);
            let form = Form { detector: number, number: 0, odds: 0.0 };
            if let Some(reading) = self.reading(detector, form, value, 0.0, &hits) {
                add(spans, at, reading);
            }
        };
        if let Some((automaton, owners)) = &self.anchors {
            for literal in automaton.find_iter(text) {
                let number = owners.get(literal.pattern().as_usize()).copied().unwrap_or_default();
                let Some(detector) = self.get(number).filter(|d| d.on) else { continue };
                let Some(pattern) = &detector.pattern else { continue };
                let from = text.floor_char_boundary(literal.start().saturating_sub(ANCHOR_REACH.0));
                let to = text.ceil_char_boundary((literal.end() + ANCHOR_REACH.1).min(text.len()));
                let window = text.get(from..to).unwrap_or_default();
                for found in pattern.find_iter(window) {
                    let at = from + found.start()..from + found.end();
                    if at.start <= literal.start() && literal.end() <= at.end {
                        take(number, detector, at);
                    }
                }
            }
        }
        for (number, detector) in self.list.iter().enumerate().filter(|(_, d)| d.on && d.anchors.is_empty()) {
            for found in detector.pattern.iter().flat_map(|p| p.find_iter(text)).filter(|f| !f.is_empty()) {
                take(number as u16, detector, found.range());
            }
        }
    }

    /// What one detector makes of a value. `None`: it cannot be.
    fn reading(&self, detector: &Detector, form: Form, value: &str, odds: f32, hits: &[Hit]) -> Option<Reading> {
        let one_line = value.replace('\n', " ");
        let checked = detector.check.map(|check| check(&one_line, self.today));
        let verdict = checked.map_or(Verdict::Plausible, |c| c.verdict);
        if verdict == Verdict::Invalid {
            return None;
        }
        let old = checked.and_then(|c| c.born).is_some_and(|born| self.today.year() - born > 110);
        let said = self.nearby.said(hits, form.detector);
        Some(Reading {
            detector: form.detector,
            form: form.number,
            verdict,
            base: detector.confidence.odds(verdict),
            odds: odds + said.odds + if old { confidence::OLD } else { 0.0 },
            normal: detector.normal.of(value),
            kind: checked.map_or("", |c| c.kind),
            word: said.word,
            label: said.label,
            note: match (old, checked.is_some_and(|c| c.test)) {
                (_, true) => "published test number",
                (true, _) => "born over 110 years ago",
                _ => "",
            },
        })
    }

    /// The evidence in one short line.
    fn why(&self, reading: &Reading, column: Option<Tally>) -> String {
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
            reasons.push(format!("`{}` {place}", self.nearby.word(word)));
        }
        if let Some(tally) = column.filter(|t| t.seen >= 8) {
            reasons.push(format!("{} of {} in its column pass", tally.passed, tally.seen));
        }
        if !reading.note.is_empty() {
            reasons.push(reading.note.to_owned());
        }
        reasons.join("; ")
    }
}

/// Full-width digits made narrow. Each is three bytes long and becomes a digit and a soft hyphen, which is three bytes
/// too and is not seen: every place in the text stays where it is.
fn narrow(text: &str) -> Cow<'_, str> {
    let wide = |c: char| matches!(c, '０'..='９');
    if memchr::memmem::find(text.as_bytes(), b"\xEF\xBC").is_none() || !text.contains(wide) {
        return Cow::Borrowed(text);
    }
    let mut narrow = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(u32::from('０')).filter(|_| wide(c)).and_then(|n| char::from_digit(n, 10)) {
            Some(digit) => narrow.extend([digit, '\u{AD}']),
            None => narrow.push(c),
        }
    }
    Cow::Owned(narrow)
}

/// A category of keywords as a detector.
fn keyword_detector(keywords: &Keywords) -> Detector {
    Detector {
        id: keywords.id.clone(),
        title: keywords.title.clone(),
        category: keywords.category.clone(),
        sensitivity: keywords.sensitivity,
        source: keywords.source.clone(),
        on: true,
        forms: Vec::new(),
        pattern: None,
        anchors: Vec::new(),
        list: Some(List::Keywords),
        check: None,
        normal: Normal::Words,
        confidence: Confidence::default(),
        chance: None,
        near: Vec::new(),
        against: Vec::new(),
    }
}

enum Class {
    Digit,
    Letter,
    Other,
}

fn class(byte: u8) -> Class {
    match byte {
        b'0'..=b'9' => Class::Digit,
        b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => Class::Letter,
        _ => Class::Other,
    }
}

/// Adds a reading to the span of the same characters, or makes one.
fn add(spans: &mut Vec<Span>, at: Range<usize>, reading: Reading) {
    match spans.iter_mut().rev().take(8).find(|span| span.at == at) {
        Some(span) => {
            span.readings.push(reading);
            span.readings.sort_by(|a, b| (b.odds + b.base).total_cmp(&(a.odds + a.base)));
        }
        None => spans.push(Span { at, readings: vec![reading] }),
    }
}

/// Of spans that overlap the likeliest stays; of equal ones the longer, then the first. In the order of the text.
fn settle(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.at.start.cmp(&b.at.start).then(b.at.end.cmp(&a.at.end)));
    let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        let rivals = kept.iter().rev().take_while(|k| k.at.end > span.at.start).count();
        let loses = kept.iter().rev().take(rivals).any(|k| k.odds() >= span.odds());
        if !loses {
            kept.truncate(kept.len() - rivals);
            kept.push(span);
        }
    }
    kept
}

/// What stands around some groups of a cluster.
struct Bounds {
    /// Further groups of digits stand beside them, parted by spaces.
    crowded: bool,
}

/// Whether these groups stand for themselves: nothing glued to them, and no digits joined to them by a hyphen, full
/// stop or slash.
fn bounds(cluster: &Cluster, groups: &Range<usize>) -> Option<Bounds> {
    let joins = |separator: u8| matches!(separator, b'-' | b'.' | b'/' | b'+');
    let before = cluster.groups.get(groups.start).map_or(0, |g| g.joined_by);
    let after = cluster.groups.get(groups.end).map_or(0, |g| g.joined_by);
    let first = groups.start == 0 && (cluster.glued_before || cluster.continues);
    let last = groups.end == cluster.groups.len() && (cluster.glued_after || cluster.continued);
    if first || last || joins(before) || joins(after) {
        return None;
    }
    Some(Bounds { crowded: before == b' ' || after == b' ' })
}

impl Candidate<'_> {
    /// The line around the value. Without `reveal` everything that was found in it is masked, and all that could be a
    /// number or an address.
    pub fn context(&self, reveal: bool) -> String {
        let from = self.text.floor_char_boundary(self.at.start.saturating_sub(QUOTE));
        let to = self.text.ceil_char_boundary((self.at.end + QUOTE).min(self.text.len()));
        let before = self.text.get(from..self.at.start).unwrap_or_default();
        let after = self.text.get(self.at.end..to).unwrap_or_default();
        let from = self.at.start - before.rsplit('\n').next().unwrap_or_default().len();
        let to = self.at.end + after.split('\n').next().unwrap_or_default().len();
        if reveal {
            return self.text.get(from..to).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        }
        let near = self.others.partition_point(|other| other.end <= from);
        let far = self.others.partition_point(|other| other.start < to);
        quote(self.text, from..to, self.others.get(near..far).unwrap_or_default())
    }
}

/// A part of a text with these places masked, and all that could be a number or an address.
fn quote(text: &str, part: Range<usize>, places: &[Range<usize>]) -> String {
    let mut quoted = String::new();
    let mut at = part.start;
    for place in places {
        let (start, end) = (place.start.clamp(at, part.end), place.end.clamp(at, part.end));
        quoted.push_str(&mask::mask_text(text.get(at..start).unwrap_or_default()));
        quoted.extend(
            text.get(start..end)
                .unwrap_or_default()
                .chars()
                .map(|c| if c.is_alphanumeric() { mask::MASKED } else { c }),
        );
        at = end;
    }
    quoted.push_str(&mask::mask_text(text.get(at..part.end).unwrap_or_default()));
    quoted.split_whitespace().collect::<Vec<_>>().join(" ")
}
