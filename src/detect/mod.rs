//! Text → findings: one walk over the bytes finds where anything could start, and only there is evidence weighed.
//!
//! In: a piece of [`Text`]. Out: [`Sight`]s, held by [`Held`] until the item's text has been read. What is looked for
//! is data (`patterns/`); only check digits, and what makes a name or an address, are code.
//!
//! What is looked for, as declared and compiled: `detector`, `form`, `keywords`, `checks`, `contact`, `plans`, `normal`,
//! `check`.
//!
//! The walk over the bytes: `pass`, by `classes`; clusters of digits by `number`, `cluster` and `candidates`; literals by
//! `windows` and `address`; words by `words`, `key`, `term` and `phrases`. Large texts are looked at `ahead`.
//!
//! What speaks for and against a value: `reading`, with the weights of `confidence`: words (`nearby`, `labels`), what
//! touches it (`beside`), other values (`neighbours`), the text's `language`; `span` settles who has which characters.
//!
//! What is no number: `person`, `street`, `postal`, `births`, `plates`, `special` (keywords, by `whose`) and `fields`, with
//! `endings` of words.
//!
//! Tables: `table`, `cells`, `aligned`; `held` waits for the item's end (`waiting`) and asks the columns (`population`);
//! in long tables `settled` knows by `sorts` what need not be read.
//!
//! For whoever changes a text or shows one: `places`, `strict`.

mod address;
mod ahead;
mod aligned;
mod beside;
mod births;
mod candidates;
mod cells;
pub mod check;
pub mod checks;
mod classes;
mod cluster;
mod confidence;
mod contact;
mod detector;
mod endings;
mod fields;
mod form;
mod held;
mod key;
mod keywords;
mod labels;
mod language;
mod nearby;
mod neighbours;
mod normal;
mod number;
mod pass;
mod pattern;
mod person;
mod phrases;
mod places;
mod plans;
mod plates;
mod population;
mod postal;
mod reading;
mod settled;
mod sorts;
mod span;
mod special;
mod street;
mod strict;
mod table;
mod term;
mod waiting;
mod whose;
mod windows;
mod words;

pub use ahead::Ahead;
pub use candidates::narrow;
pub use detector::{Detector, Example};
pub use held::Held;
pub use labels::Labels;
pub use normal::Normal;
pub use reading::Reading;
pub use span::Candidate;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use globset::Glob;
use jiff::civil::Date;

use crate::detect::checks::Verdict;
use crate::detect::detector::{Chance, Confidence, File, List};
use crate::detect::form::{Form, Forms};
use crate::detect::keywords::Keywords;
use crate::detect::nearby::Nearby;
use crate::detect::pass::{Anchors, Sights};
use crate::detect::pattern::Pattern;
use crate::detect::person::Shapes;
use crate::detect::reading::rank;
use crate::detect::span::{Span, covered, quote, settle};
use crate::detect::street::Streets;
use crate::detect::whose::Whose;
use crate::detect::words::Words;
use crate::extract::{CONTEXT, Text};
use crate::item::{Mail, Sensitivity};
use crate::mask::{MASKED, Personal};
use crate::patterns::{self, Mistake, Source};

/// All that is looked for, compiled.
pub struct Detectors {
    list: Vec<Detector>,
    keywords: Vec<Keywords>,
    /// Who only supervises workers never needs them.
    tables: OnceLock<Tables>,
    name: Option<u16>,
    address: Option<u16>,
    today: Date,
}

/// What a text is held against.
struct Tables {
    forms: Forms,
    nearby: Nearby,
    words: Words,
    whose: Whose,
    shapes: Shapes,
    streets: Streets,
    anchors: Anchors,
    /// What the label of a cell begins with whose value a detector's pattern is, in lower case, by its first byte.
    labels: BTreeMap<u8, Vec<(String, u16)>>,
}

/// What stands in a piece of text.
struct Spans {
    /// Values, without overlaps.
    spans: Vec<Span>,
    /// Where something stands whose detector is off: it is not shown around what is reported.
    hidden: Vec<Range<usize>>,
    /// Tokens that failed: where, the detector, its form.
    failed: Vec<(usize, u16, u16)>,
}

/// What is known of a piece of text before it is looked at.
#[derive(Default)]
struct Known {
    /// Cells whose column names a category.
    fields: Vec<fields::Field>,
    /// It is a message's: who wrote it is known.
    message: bool,
}

/// Something seen in a piece of text.
#[expect(clippy::large_enum_variant, reason = "it is handed on at once, never kept")]
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

/// Readings below this are nothing.
const NOTHING: f32 = -9.0;
/// Of a subject no more bytes are shown: a line of a header has at most 998 (RFC 5322, 2.1.1).
const SUBJECT: usize = 1000;
/// A name of such odds is near enough to one for a keyword beside it.
const ALMOST: f32 = -0.6;

impl Detectors {
    /// Loads the built-in detectors and those of a user's folder. `today` decides what date of birth lies in the future.
    pub fn load(user: Option<&Path>, today: Date) -> Result<Self, Mistake> {
        Self::of(&patterns::files("detectors", "toml", user)?, user, today)
    }

    /// Loads the detectors of these files, and keywords and names as [`load`](Self::load) does.
    pub fn of(files: &[Source], user: Option<&Path>, today: Date) -> Result<Self, Mistake> {
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
        for source in files {
            let file: File = source.parse()?;
            for declared in file.detectors {
                add(declared.compile(source, &file.against)?, source)?;
            }
        }
        let mut keywords: Vec<(Source, Keywords)> = Vec::new();
        for source in patterns::files("keywords", "toml", user)? {
            let parsed: Keywords = source.parse()?;
            keywords.push((source, parsed));
        }
        for (source, parsed) in &keywords {
            add(keyword_detector(parsed), source)?;
        }
        let detectors = Self {
            name: list.iter().position(|d| d.list == Some(List::Names)).map(|n| n as u16),
            address: list.iter().position(|d| d.list == Some(List::Streets)).map(|n| n as u16),
            list,
            keywords: keywords.into_iter().map(|(_, parsed)| parsed).collect(),
            tables: OnceLock::new(),
            today,
        };
        // Those built in are checked by a test.
        if user.is_some() || !files.iter().all(Source::is_built_in) {
            let _ = detectors.tables.set(detectors.compile(files, user)?);
        }
        Ok(detectors)
    }

    /// Compiled when the first text comes, or at once for a user's own, which may be wrong.
    #[expect(clippy::expect_used, reason = "no input: what is built in compiles, or no test passes")]
    fn tables(&self) -> &Tables {
        self.tables.get_or_init(|| self.compile(&[], None).expect("what is built in compiles"))
    }

    /// The examples of detector files.
    pub fn examples(files: &[Source]) -> Result<Vec<Example>, Mistake> {
        let mut examples = Vec::new();
        for source in files {
            examples.extend(source.parse::<File>()?.detectors.iter().flat_map(detector::Declared::examples));
        }
        Ok(examples)
    }

    /// Uses these detectors too.
    pub fn switch_on(&mut self, wanted: impl Fn(&str) -> bool) {
        self.list.iter_mut().filter(|d| wanted(&d.id)).for_each(|d| d.on = true);
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

    /// The one form of a detector's value: equal for the same value however written.
    pub fn normal(&self, id: &str, value: &str) -> Option<String> {
        self.list.iter().find(|d| d.id == id).map(|d| d.normal.of(value).into_string())
    }

    /// Detector id → category and the law's sensitivity, for policies.
    pub fn categories(&self) -> BTreeMap<String, (String, Sensitivity)> {
        self.list.iter().map(|d| (d.id.clone(), (d.category.clone(), d.sensitivity))).collect()
    }

    fn get(&self, number: u16) -> Option<&Detector> {
        self.list.get(usize::from(number))
    }

    /// The detector of what a span is likeliest to be.
    fn likeliest(&self, span: &Span) -> Option<&Detector> {
        span.readings.first().and_then(|reading| self.get(reading.detector))
    }

    fn chance(&self, number: u16) -> Option<Chance> {
        self.get(number).and_then(|d| d.chance)
    }

    /// Fills the tables.
    fn compile(&self, files: &[Source], user: Option<&Path>) -> Result<Tables, Mistake> {
        let mut tables = Tables {
            forms: Forms::default(),
            nearby: Nearby::new(&self.list),
            words: Words::default(),
            whose: Whose::load(user)?,
            shapes: patterns::lists("names/shapes.toml", user)?,
            streets: patterns::lists("streets.toml", user)?,
            anchors: Anchors::default(),
            labels: BTreeMap::new(),
        };
        for keywords in &self.keywords {
            if let Some(number) = self.list.iter().position(|d| d.id == keywords.id) {
                tables.words.add_keywords(keywords, number as u16);
            }
        }
        tables.words.add_names(user, self.name)?;
        for (detector, declared) in self.list.iter().enumerate() {
            for (number, (template, odds)) in declared.forms.iter().enumerate() {
                let form = Form { detector: detector as u16, number: number as u16, odds: *odds };
                tables.forms.add(template, form).map_err(|message| {
                    let near = format!("\"{}\"", declared.id);
                    let file = files.iter().find(|f| f.text.contains(&near));
                    file.map_or_else(
                        || Mistake { file: declared.id.clone(), line: None, message: message.clone() },
                        |f| f.mistake(template, message.clone()),
                    )
                })?;
            }
            for anchor in &declared.anchors {
                tables.anchors.add(anchor, detector as u16, &mut tables.words);
            }
            // The patterns of national numbers are about several cells.
            let single = declared.category != "national_id" || declared.forms.is_empty();
            if single && declared.pattern.as_ref().is_some_and(Pattern::is_grouped) {
                for anchor in &declared.anchors {
                    let begin = anchor.trim_end_matches('*').to_lowercase();
                    let first = begin.bytes().next().unwrap_or_default();
                    tables.labels.entry(first).or_default().push((begin, detector as u16));
                }
            }
        }
        Ok(tables)
    }

    /// What stands in a piece of text.
    fn look(&self, text: &str) -> Spans {
        self.spans(&narrow(text), Known::default())
    }

    /// What is likeliest this detector's.
    #[cfg(test)]
    fn spans_of(&self, text: &str, id: &str) -> Vec<Span> {
        let is = |span: &Span| self.likeliest(span).is_some_and(|d| d.id == id);
        self.spans(text, Known::default()).spans.into_iter().filter(is).collect()
    }

    /// Finds what a piece of text holds, in the order of the text; `ahead` has perhaps looked at it before. `labels` are
    /// those of its item, which may be a `message`.
    pub fn find(
        &self,
        text: &Text<'_>,
        labels: &Labels,
        message: bool,
        ahead: Option<&mut Ahead>,
        found: &mut dyn FnMut(Sight<'_>),
    ) {
        let looked = ahead.and_then(|ahead| ahead.take(text.str));
        let known = Known { fields: self.telling_cells(text, labels), message };
        // Who looked ahead knew nothing.
        let Spans { mut spans, hidden, failed } = match looked.filter(|_| known.fields.is_empty() && !message) {
            Some(looked) => looked,
            None => self.spans(&narrow(text.str), known),
        };
        let before = spans.len();
        self.cells(text, labels, &mut spans);
        if spans.len() > before {
            spans = settle(spans);
        }
        let mut aligned = aligned::Aligned::default();
        let others = covered(&spans, hidden);
        // In the order of the text: the place of the one is near that of the next.
        let mut failed = failed.into_iter().filter(|(at, ..)| text.own.contains(at)).peekable();
        let mut fail = |before: usize, found: &mut dyn FnMut(Sight<'_>)| {
            while let Some((at, detector, form)) = failed.next_if(|(at, ..)| *at < before) {
                found(Sight::Failed { detector, form, label: (text.place)(at).label });
            }
        };
        for span in spans {
            if !text.own.contains(&span.at.start) {
                continue;
            }
            fail(span.at.start, found);
            let place = (text.place)(span.at.start);
            let readings = match &place.label {
                Some(label) => self.labelled(span.readings, &labels.get(self, label).hits),
                None if self.likeliest(&span).is_none_or(|d| d.list.is_some()) => span.readings,
                None => match aligned.label(text.str, &span.at).map(|label| labels.get(self, &label)) {
                    Some(label) if !label.hits.is_empty() => self.labelled(span.readings, &label.hits),
                    _ => span.readings,
                },
            };
            let at = span.at.start..text.str.ceil_char_boundary(span.at.end);
            let value = text.str.get(at.clone()).unwrap_or_default();
            found(Sight::Candidate(Candidate { readings, value, place, text: text.str, at, others: &others }));
        }
        fail(usize::MAX, found);
    }

    /// The national numbers in a name.
    pub fn numbers_in(&self, name: &str) -> Vec<String> {
        let is = |span: &Span| span.odds() > 0.0 && self.likeliest(span).is_some_and(|d| d.category == "national_id");
        let spans = self.spans(name, Known::default()).spans;
        spans.into_iter().filter(is).filter_map(|span| name.get(span.at)).map(str::to_owned).collect()
    }

    /// The mail's facts with all that was found in its subject masked.
    pub fn mask_subject(&self, mut mail: Mail) -> Mail {
        if let Some(subject) = mail.subject.as_ref().and_then(Personal::reveal) {
            let until = |most: usize| subject.floor_char_boundary(most);
            // What is cut through is found all the same.
            let near = subject.get(..until(SUBJECT + CONTEXT)).unwrap_or_default();
            let Spans { spans, hidden, .. } = self.spans(near, Known::default());
            let (mut masked, shown) = (String::new(), until(SUBJECT));
            quote(near, 0..shown, &covered(&spans, hidden), MASKED, &mut masked);
            masked.push_str(if shown < subject.len() { "…" } else { "" });
            mail.subject = Some(Personal::with_mask(near, masked));
        }
        mail
    }

    /// Everything in a text, without overlaps: characters that two could claim belong to the likelier.
    fn spans(&self, text: &str, known: Known) -> Spans {
        let Known { mut fields, message } = known;
        let Sights { mut spans, words: mut sights, numbers, anchors, failed, lines } = self.walk(text);
        sights.sort_by_key(|s: &person::Sight| (s.at.start, s.at.end));
        self.patterns(text, &anchors, &lines, &mut spans);
        self.countries(text, &mut spans);
        spans.retain(|span: &Span| span.odds() > NOTHING);
        let mut spans = settle(spans);
        let (mut more, mut hidden) = (Vec::new(), Vec::new());
        let on = |number: Option<u16>| number.filter(|n| self.get(*n).is_some_and(|d| d.on));
        for address in self.tables().streets.addresses(text, &numbers) {
            match on(self.address) {
                Some(detector) => more.push(self.word_span(text, &address.at, detector, address.odds, address.note)),
                None => hidden.push(address.at),
            }
        }
        if !more.is_empty() {
            spans.append(&mut more);
            spans = settle(spans);
        }

        let mut people = self.people(&spans);
        let is_label = |word: &str| self.tables().nearby.speaks(word);
        let mut names = person::names(text, &sights, &people, &self.tables().shapes, &is_label);
        names.retain(|name| !named_otherwise(&sights, &name.at));
        self.behind_nouns(text, &sights, &mut spans);
        self.before_names(text, &names, &mut spans);
        self.beside_names(text, &names, &mut spans);
        self.births(text, &names, &mut more);
        self.plates(text, &anchors, &names, &spans, &mut more);
        self.beside_mail(text, &mut spans);
        self.beside_rows(text, &mut spans);
        people.extend(names.iter().filter(|n| n.odds > ALMOST).map(|n| n.at.clone()));
        people.sort_by_key(|at| at.start);
        fields::values(text, &mut sights, &people, self.name, &mut fields);
        let is_part = |field: &mut fields::Field| Some(field.detector) == self.name;
        let parts = fields.extract_if(.., is_part).filter_map(|field| person::part(text, &sights, field, &is_label));
        let parts: Vec<person::Name> = parts.collect();
        if !parts.is_empty() {
            people.extend(parts.iter().map(|part| part.at.clone()));
            people.sort_by_key(|at| at.start);
            names.extend(parts);
        }
        match on(self.name) {
            Some(detector) => {
                more.extend(names.iter().map(|name| self.word_span(text, &name.at, detector, name.odds, name.note)));
            }
            None => hidden.extend(names.iter().filter(|name| name.odds > 0.0).map(|name| name.at.clone())),
        }
        // `Volden 5` is no violence, Allan Jude no Jew, and `info@dementia.example` not ill.
        let mut places: Vec<Range<usize>> = spans.iter().filter(|s| s.odds() > 0.0).map(|s| s.at.clone()).collect();
        places.extend(names.iter().filter(|n| n.odds > ALMOST).map(|n| n.at.clone()));
        places.sort_by_key(|place| place.start);
        // As far as any that begins no later goes.
        places.iter_mut().fold(0, |reach, place| {
            place.end = place.end.max(reach);
            place.end
        });
        let Tables { whose, words, shapes, .. } = self.tables();
        let (sights, people, fields) = (&sights, &people, &fields);
        let piece = special::Piece { text, sights, people, fields, message, whose, words, shapes };
        for keyword in special::keywords(piece) {
            let before = places.partition_point(|place| place.start <= keyword.at.start);
            let part = before.checked_sub(1).and_then(|i| places.get(i)).is_some_and(|p| keyword.at.end <= p.end);
            match on(Some(keyword.detector)) {
                _ if part => {}
                Some(detector) => more.push(self.word_span(text, &keyword.at, detector, keyword.odds, keyword.near)),
                None => hidden.push(keyword.at),
            }
        }
        if !more.is_empty() {
            spans.append(&mut more);
            spans = settle(spans);
        }
        Spans { spans, hidden, failed }
    }

    /// The places of what tells people apart: national numbers, e-mail, phone.
    fn people(&self, spans: &[Span]) -> Vec<Range<usize>> {
        let personal = |span: &&Span| {
            let detector = self.likeliest(span);
            span.odds() > 0.0 && detector.is_some_and(|d| matches!(d.category.as_str(), "national_id" | "contact"))
        };
        spans.iter().filter(personal).map(|s| s.at.clone()).collect()
    }

    /// Weighs numbers by the language around them: many a number has the form of several countries'.
    fn countries(&self, text: &str, spans: &mut [Span]) {
        // A number that names no country, or a national one.
        let countries = |r: &Reading| -> (Option<language::Country>, &[language::Country]) {
            let Some(detector) = self.get(r.detector) else { return (None, &[]) };
            match detector.category.as_str() {
                "national_id" | "account" => (language::Country::of(&detector.id), &[]),
                "contact" if r.verdict == Verdict::Plausible => (None, contact::countries(r.kind)),
                _ => (None, &[]),
            }
        };
        let mut languages = language::Languages::new(text);
        for span in spans {
            if span.readings.iter().all(|r| countries(r) == (None, &[])) {
                continue;
            }
            let language = languages.around(span.at.start);
            for reading in &mut span.readings {
                let (own, some) = countries(reading);
                let best = own.iter().chain(some).map(|country| language.odds(*country)).reduce(f32::max);
                reading.odds += best.unwrap_or_default();
            }
            rank(&mut span.readings);
        }
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
            said: 0.0,
            note,
            rival: false,
            seen: "",
        };
        Span { at: at.clone(), readings: vec![reading] }
    }
}

/// A firm, an organisation or a set expression that has a person's name.
fn named_otherwise(sights: &[person::Sight], name: &Range<usize>) -> bool {
    let to = sights.partition_point(|sight| sight.at.start <= name.start);
    sights.iter().take(to).rev().take_while(|sight| sight.at.start + 96 > name.start).any(|sight| {
        sight.meaning == words::Meaning::Neutral && sight.at.start <= name.start && sight.at.end >= name.end
    })
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
        report: true,
        labelled: false,
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
