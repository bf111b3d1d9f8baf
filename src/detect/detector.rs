//! A detector: as declared in `patterns/detectors/*.toml`, and checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::detect::checks::{CHECKS, Check, Verdict};
use crate::detect::confidence::logit;
use crate::detect::contact;
use crate::detect::form;
use crate::detect::normal::Normal;
use crate::detect::pattern::Pattern;
use crate::item::Sensitivity;
use crate::patterns::{Mistake, Source};

/// Letters in a word of `near` or `against`.
const WORD: usize = 80;
/// Words in one list of a detector.
const WORDS: usize = 1000;

/// What a detector file holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Words that speak against every detector of this file.
    #[serde(default)]
    pub against: Vec<String>,
    /// The detectors.
    #[serde(default, rename = "detector")]
    pub detectors: Vec<Declared>,
}

/// A detector as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    id: String,
    title: String,
    category: String,
    sensitivity: Sensitivity,
    source: String,
    #[serde(default = "yes")]
    on: bool,
    #[serde(default = "yes")]
    report: bool,
    #[serde(default)]
    labelled: bool,
    #[serde(default)]
    forms: BTreeMap<String, f32>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    anchors: Vec<String>,
    #[serde(default)]
    list: Option<List>,
    #[serde(default)]
    check: Option<String>,
    #[serde(default)]
    normal: Normal,
    #[serde(default)]
    confidence: Confidence,
    #[serde(default)]
    chance: Option<Chance>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    against: Vec<String>,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default)]
    no_match: Vec<String>,
}

/// A text of a detector's own file in which it must find something, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The detector.
    pub detector: String,
    /// The text.
    pub text: String,
    /// The beginning of the text as it stands in the file: where to point to.
    pub written: String,
    /// Whether something is to be found.
    pub found: bool,
}

impl Declared {
    /// Its id as it stands in the file.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.id)
    }

    /// It is never reported: it explains digits.
    pub fn explains(&self) -> bool {
        !self.report
    }

    /// The texts that the declaration brings along.
    pub fn examples(&self) -> impl Iterator<Item = Example> {
        let example = |found| {
            move |text: &String| Example {
                detector: self.id.clone(),
                text: text.clone(),
                written: text.split(['\n', '"', '\\']).max_by_key(|part| part.len()).unwrap_or_default().to_owned(),
                found,
            }
        };
        self.matches.iter().map(example(true)).chain(self.no_match.iter().map(example(false)))
    }
}

/// A list that values are put together from, where neither forms nor a pattern can say it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// `patterns/names`
    Names,
    /// Streets, by the endings of their names
    Streets,
    /// `patterns/keywords`
    Keywords,
}

fn yes() -> bool {
    true
}

/// How probable a value in its usual form is, in neutral surroundings, by what the check says of it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confidence {
    valid: f64,
    plausible: f64,
    doubtful: f64,
}

impl Default for Confidence {
    fn default() -> Self {
        Self { valid: 0.8, plausible: 0.6, doubtful: 0.3 }
    }
}

impl Confidence {
    /// The log-odds of a value of this verdict.
    pub fn odds(&self, verdict: Verdict) -> f32 {
        logit(match verdict {
            Verdict::Valid => self.valid,
            Verdict::Plausible => self.plausible,
            Verdict::Doubtful => self.doubtful,
            Verdict::Invalid => 0.001,
        })
    }
}

/// How often random digits of the right length pass: what a whole column is measured against.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    /// … the form: date, century, ranges.
    pub form: f64,
    /// … the check digit, once the form holds. 1 where the form's chance includes it.
    #[serde(default = "one")]
    pub check: f64,
    /// … the form and what it includes, if they begin with a date: as numbers do that are given out by the day.
    #[serde(default = "one")]
    pub dated: f64,
}

fn one() -> f64 {
    1.0
}

/// What is looked for, and how sure one can be of it.
#[derive(Debug)]
pub struct Detector {
    /// Its name: `dk.cpr`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The kind of data: `national_id`, `contact`, …
    pub category: String,
    /// How sensitive the law holds it to be.
    pub sensitivity: Sensitivity,
    /// The authority or standard it rests on.
    pub source: String,
    /// Whether it is used.
    pub on: bool,
    /// Whether its values are reported. If not it only explains what else a number is.
    pub report: bool,
    /// Its values count right behind or under a word that speaks for it, and nowhere else.
    pub labelled: bool,
    /// Written forms, with what each adds to the log-odds.
    pub forms: Vec<(String, f32)>,
    /// A pattern, where forms cannot say it.
    pub pattern: Option<Pattern>,
    /// Literals, one of which stands in every match of the pattern: the pattern is tried around them only.
    pub anchors: Vec<String>,
    /// The list that its values come from.
    pub list: Option<List>,
    /// The check of a value.
    pub check: Option<Check>,
    /// How values are made one.
    pub normal: Normal,
    /// How probable a value is.
    pub confidence: Confidence,
    /// How often random digits pass.
    pub chance: Option<Chance>,
    /// Words that speak for it.
    pub near: Vec<String>,
    /// Words that speak against it.
    pub against: Vec<String>,
}

impl Declared {
    /// Everything that is wrong with it.
    pub fn mistakes(&self, file: &Source) -> Vec<Mistake> {
        let mut mistakes = self.plain_mistakes(file);
        if let Some(Err(message)) = self.pattern.as_deref().map(Pattern::compiled) {
            mistakes.push(file.mistake("pattern", format!("detector `{}`: {message}", self.id)));
        }
        mistakes
    }

    /// Those that show without compiling its pattern.
    fn plain_mistakes(&self, file: &Source) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut wrong = |near: &str, message: String| {
            mistakes.push(file.mistake(near, format!("detector `{}`: {message}", self.id)));
        };
        if self.pattern.is_none() && self.forms.is_empty() && self.list.is_none() {
            wrong(&self.quoted(), "give it `forms` or a `pattern`".to_owned());
        }
        for (template, message) in self.forms.keys().filter_map(|t| Some((t, form::fault(t)?))) {
            wrong(&format!("\"{}\"", template.escape_default()), message);
        }
        if let Some(name) = self.check.as_deref().filter(|name| find_check(name).is_none()) {
            let known: Vec<_> = all_checks().map(|(known, _)| *known).collect();
            wrong(&format!("\"{name}\""), format!("there is no check `{name}`; there are: {}", known.join(", ")));
        }
        for anchor in self.anchors.iter().filter(|anchor| everywhere(anchor)) {
            wrong(
                "anchors",
                format!("the anchor `{anchor}` stands everywhere: its pattern would be tried all the time"),
            );
        }
        for word in self.near.iter().chain(&self.against).filter(|word| !(1..=WORD).contains(&word.trim().len())) {
            wrong(word, format!("a word of `near` or `against` is of 1 to {WORD} letters"));
        }
        if self.near.len().max(self.against.len()) > WORDS {
            wrong(&self.quoted(), format!("it has more than {WORDS} words in `near` or `against`"));
        }
        if self.source.trim().is_empty() {
            wrong(&self.quoted(), "`source` names the authority or standard it rests on".to_owned());
        }
        mistakes
    }

    /// Checks a declaration.
    pub fn compile(self, file: &Source, against: &[String]) -> Result<Detector, Mistake> {
        if !file.is_built_in()
            && let Some(mistake) = self.plain_mistakes(file).into_iter().next()
        {
            return Err(mistake);
        }
        let wrong = |message| file.mistake("pattern", format!("detector `{}`: {message}", self.id));
        let pattern = match self.pattern.as_deref() {
            Some(written) if !file.is_built_in() => Some(Pattern::compiled(written).map_err(wrong)?),
            written => written.map(Pattern::new),
        };
        let check = self.check.as_deref().and_then(find_check);
        Ok(Detector {
            forms: self.forms.into_iter().collect(),
            against: self
                .against
                .into_iter()
                .chain(against.iter().filter(|word| !self.near.contains(word)).cloned())
                .collect(),
            id: self.id,
            title: self.title,
            category: self.category,
            sensitivity: self.sensitivity,
            source: self.source,
            pattern,
            anchors: self.anchors,
            list: self.list,
            on: self.on,
            report: self.report,
            labelled: self.labelled,
            check,
            normal: self.normal,
            confidence: self.confidence,
            chance: self.chance,
            near: self.near,
        })
    }
}

fn all_checks() -> impl Iterator<Item = &'static (&'static str, Check)> {
    CHECKS.iter().chain(contact::CHECKS)
}

fn find_check(name: &str) -> Option<Check> {
    all_checks().find(|(known, _)| *known == name).map(|(_, check)| *check)
}

/// A literal that texts are full of: one letter or digit, or a sign of every sentence.
fn everywhere(anchor: &str) -> bool {
    let mut chars = anchor.trim_end_matches('*').chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => only.is_alphanumeric() || only.is_whitespace() || ".,;:-/()\"'".contains(only),
        (first, _) => first.is_none() || anchor.trim().is_empty(),
    }
}
