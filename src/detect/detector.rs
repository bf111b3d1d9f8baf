//! A detector: as declared in `patterns/detectors/*.toml`, and checked.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::{self, BuildError, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, PatternID};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};
use serde::Deserialize;

use crate::detect::checks::{CHECKS, Check, Verdict};
use crate::detect::confidence::logit;
use crate::detect::contact;
use crate::detect::form;
use crate::detect::normal::Normal;
use crate::eight::{self, within};
use crate::item::Sensitivity;
use crate::patterns::{Mistake, Source};

/// Letters in a word of `near` or `against`.
const WORD: usize = 80;
/// Words in one list of a detector.
const WORDS: usize = 1000;
/// Upper limits above this are none to the automaton that tells where a pattern may match.
const COUNTED: u32 = 8;
/// Bytes of a pattern that is compiled, and of what an automaton remembers: with half as much that for the labels of number
/// plates forgets its states as it makes them.
const SIZE: usize = 1 << 22;
/// Groups within groups.
const NESTED: u32 = 64;
/// A class with a range of more characters takes all that are outside ASCII there.
const WORLD: u32 = 1000;

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

/// A pattern that is compiled when a text first asks for it: few runs need all of them, and compiling them is most of
/// what a start costs.
#[derive(Debug)]
pub struct Pattern {
    written: String,
    parsed: OnceLock<Option<Hir>>,
    compiled: OnceLock<Option<Regex>>,
    begin: OnceLock<Option<Begin>>,
    /// Nothing without a digit matches.
    numeric: OnceLock<bool>,
    /// What its value looks like, if each match has one, and that a digit: it is cheaper to look for than the words
    /// around it.
    value: OnceLock<Option<Value>>,
}

/// Where matches of a pattern may begin.
#[derive(Debug)]
struct Begin {
    automaton: Regex,
    /// It finds what they begin with; or else what could be all of one.
    is_label: bool,
}

/// The value of a pattern.
#[derive(Debug)]
struct Value {
    automaton: Regex,
    /// How far before it a match begins at most, and how far behind its begin one ends, in bytes.
    reach: Option<(usize, usize)>,
}

impl Pattern {
    pub(super) fn new(written: &str) -> Self {
        Self {
            written: written.to_owned(),
            parsed: OnceLock::new(),
            compiled: OnceLock::new(),
            begin: OnceLock::new(),
            numeric: OnceLock::new(),
            value: OnceLock::new(),
        }
    }

    /// Whether a text has a digit, if what matches has one.
    pub fn has_digits(&self, text: &str) -> bool {
        let numeric = self.numeric.get_or_init(|| self.parsed().is_some_and(needs_digit));
        !*numeric || text.as_bytes().chunks(8).any(|part| within(eight::load(part), b'0', b'9') != 0)
    }

    /// Where its matches may begin in a text: in which parts, one behind the other. Most places are no match, and this says
    /// so at a fraction of the cost: boundaries of words outside ASCII are what an automaton that never goes back cannot do.
    pub fn may_begin(&self, text: &str) -> Vec<Range<usize>> {
        let parts = self.around_values(text);
        if parts.is_empty() {
            return parts;
        }
        let Some(begin) = self.begin() else { return parts };
        let found = parts.into_iter().flat_map(|part| begin.automaton.find_iter(Input::new(text).range(part)));
        found.map(|found| found.range()).collect()
    }

    fn begin(&self) -> Option<&Begin> {
        let begin = self.begin.get_or_init(|| {
            let pattern = self.parsed()?;
            let label = label_of(pattern);
            let is_label = label.is_some();
            let automaton = automaton(&label.unwrap_or_else(|| loosened(pattern)))?;
            Some(Begin { automaton, is_label })
        });
        begin.as_ref()
    }

    /// The parts of a text that matches stand in: around values with digits, if what matches has one. Most words that a
    /// pattern is tried around have none near them, and the words are what makes patterns slow.
    fn around_values(&self, text: &str) -> Vec<Range<usize>> {
        let value = self.value.get_or_init(|| {
            let automaton = automaton(&value_of(self.parsed()?).filter(needs_digit)?)?;
            Some(Value { automaton, reach: reach(self.parsed()?) })
        });
        let all = iter::once(0..text.len());
        let Some(Value { automaton, reach }) = value else { return all.collect() };
        let Some((before, behind)) = reach else { return all.filter(|_| automaton.is_match(text)).collect() };
        let mut parts: Vec<Range<usize>> = Vec::new();
        for value in automaton.find_iter(text) {
            // One that is found may hide another, which begins in it.
            let part = value.start().saturating_sub(*before)..(value.end() + behind).min(text.len());
            match parts.last_mut().filter(|last| part.start <= last.end) {
                Some(last) => last.end = part.end,
                None => parts.push(part),
            }
        }
        parts
    }

    fn parsed(&self) -> Option<&Hir> {
        self.parsed.get_or_init(|| regex_syntax::parse(&lean(&self.written)).ok()).as_ref()
    }

    /// Compiled; `None` only for one that is wrong, which nobody loads but a test.
    pub fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Self::compile(&self.written).ok()).as_ref()
    }

    /// Its first match in a text: the whole, and its value, which is a named group if there is one (of several the one that
    /// took part).
    pub fn find(&self, text: &str) -> Option<(Range<usize>, Range<usize>)> {
        self.search(Input::new(text))
    }

    /// The same for its first match that begins in a part of a text, one of those where it may. No more is looked at than
    /// up to `end`, but where a match goes on there.
    pub fn find_in(&self, text: &str, part: Range<usize>, end: usize) -> Option<(Range<usize>, Range<usize>)> {
        let boundaries = part.clone().filter(|at| text.is_char_boundary(*at));
        if self.begin().is_some_and(|begin| begin.is_label) {
            // Few labels are none, and most of those at their first letter.
            return boundaries
                .map(|at| Input::new(text).range(at..).anchored(Anchored::Yes))
                .find_map(|at| self.search(at));
        }
        let (from, near) = (boundaries.min()?, text.get(..end)?);
        let found = self.search(Input::new(near).range(from..));
        let cut = end < text.len() && found.as_ref().is_some_and(|(whole, _)| whole.end == end);
        let found = if cut { self.search(Input::new(text).range(from..)) } else { found };
        found.filter(|(whole, _)| whole.start < part.end)
    }

    fn search(&self, input: Input<'_>) -> Option<(Range<usize>, Range<usize>)> {
        let regex = self.regex()?;
        let mut caught = regex.create_captures();
        regex.captures(input, &mut caught);
        let whole = caught.get_match()?.range();
        let names = caught.group_info().pattern_names(PatternID::ZERO).enumerate();
        let value = names.filter(|(_, name)| name.is_some()).find_map(|(group, _)| caught.get_group(group));
        Some((whole.clone(), value.map_or(whole, |value| value.range())))
    }

    /// Its value is a group of it, the rest a label.
    pub fn is_grouped(&self) -> bool {
        self.written.contains("(?P<") || self.written.contains("(?<")
    }

    /// Of a size and a cost that a scan can bear, whoever wrote it. (It never backtracks.)
    fn compile(written: &str) -> Result<Regex, String> {
        let limits = meta::Config::new().nfa_size_limit(Some(SIZE)).hybrid_cache_capacity(SIZE);
        let syntax = syntax::Config::new().nest_limit(NESTED);
        let built = meta::Builder::new().configure(limits).syntax(syntax).build(&lean(written));
        let regex = built.map_err(|error| format!("its pattern does not compile: {}", one_line(&error)))?;
        if regex.is_match("") {
            return Err("its pattern matches nothing at all, everywhere".to_owned());
        }
        Ok(regex)
    }
}

fn automaton(pattern: &Hir) -> Option<Regex> {
    meta::Builder::new()
        .configure(meta::Config::new().utf8_empty(false).hybrid_cache_capacity(SIZE))
        .build_from_hir(pattern)
        .ok()
}

/// What the named groups of a pattern match, loosened, if each match has one of them.
fn value_of(pattern: &Hir) -> Option<Hir> {
    match pattern.kind() {
        HirKind::Capture(group) if group.name.is_some() => Some(loosened(&group.sub)),
        HirKind::Capture(group) => value_of(&group.sub),
        HirKind::Concat(parts) => parts.iter().find_map(value_of),
        HirKind::Alternation(parts) => parts.iter().map(value_of).collect::<Option<_>>().map(Hir::alternation),
        HirKind::Repetition(times) if times.min > 0 => value_of(&times.sub),
        _ => None,
    }
}

/// What matches of a pattern begin with, [`loosened`]: what stands before its values and before what may be anything. It is
/// looked for near values only, and behind it automata would have to know how far each label has come. `None` where that
/// is next to nothing.
fn label_of(pattern: &Hir) -> Option<Hir> {
    let is_gap = |part: &Hir| matches!(part.kind(), HirKind::Repetition(times) if wide_class(&times.sub).is_some());
    let label = match pattern.kind() {
        HirKind::Capture(group) if group.name.is_none() => label_of(&group.sub)?,
        HirKind::Concat(parts) => {
            let label = parts.iter().take_while(|part| value_of(part).is_none() && !is_gap(part));
            // One without end would be tried from each of its letters on.
            let mut lengths = label.clone().map(|part| part.properties().maximum_len());
            lengths.all(|most| most.is_some()).then(|| Hir::concat(label.map(loosened).collect()))?
        }
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(label_of).collect::<Option<_>>()?),
        _ => return None,
    };
    label.properties().minimum_len().is_some_and(|shortest| shortest > 1).then_some(label)
}

/// How far before the begin of what [`value_of`] tells a match begins at most, and how far behind it one ends, in bytes.
fn reach(pattern: &Hir) -> Option<(usize, usize)> {
    match pattern.kind() {
        HirKind::Capture(group) if group.name.is_some() => Some((0, group.sub.properties().maximum_len()?)),
        HirKind::Capture(group) => reach(&group.sub),
        HirKind::Concat(parts) => {
            let at = parts.iter().position(|part| value_of(part).is_some())?;
            let longest =
                |parts: &[Hir]| parts.iter().map(|part| part.properties().maximum_len()).sum::<Option<usize>>();
            let (before, behind) = reach(parts.get(at)?)?;
            Some((longest(parts.get(..at)?)? + before, behind + longest(parts.get(at + 1..)?)?))
        }
        HirKind::Alternation(parts) => {
            let both = |(a, b): (usize, usize), (c, d): (usize, usize)| (a.max(c), b.max(d));
            parts.iter().map(reach).try_fold((0, 0), |most, reach| Some(both(most, reach?)))
        }
        _ => None,
    }
}

/// A pattern without its groups and boundaries of words, that knows no upper limits above [`COUNTED`] and takes any bytes
/// outside ASCII for classes of more than [`WORLD`] characters: where the pattern's matches begin, one of its own begins
/// or goes on. What is counted to 60 in all scripts has so many states that an automaton forgets them faster than it makes
/// them.
fn loosened(pattern: &Hir) -> Hir {
    let all = |parts: &[Hir]| parts.iter().map(loosened).collect();
    match pattern.kind() {
        HirKind::Look(Look::Start | Look::End | Look::StartLF | Look::EndLF) => pattern.clone(),
        HirKind::Look(_) => Hir::empty(),
        HirKind::Capture(group) => loosened(&group.sub),
        HirKind::Repetition(times) => match wide_class(&times.sub) {
            Some(bytes) => Hir::repetition(Repetition { max: None, ..times.with(Hir::class(bytes)) }),
            None => {
                let max = times.max.filter(|max| *max <= COUNTED);
                Hir::repetition(Repetition { max, ..times.with(loosened(&times.sub)) })
            }
        },
        HirKind::Concat(parts) => Hir::concat(all(parts)),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)),
        HirKind::Class(_) => wide_class(pattern).map_or_else(
            || pattern.clone(),
            |bytes| {
                let (sub, max) = (Box::new(Hir::class(bytes)), Some(char::MAX_LEN_UTF8 as u32));
                Hir::repetition(Repetition { min: 1, max, greedy: true, sub })
            },
        ),
        HirKind::Empty | HirKind::Literal(_) => pattern.clone(),
    }
}

/// The bytes of a class of more than [`WORLD`] characters: those of ASCII, and all others.
fn wide_class(pattern: &Hir) -> Option<Class> {
    let HirKind::Class(Class::Unicode(class)) = pattern.kind() else { return None };
    let ascii = class.iter().filter_map(|range| {
        let end = u8::try_from(range.end()).unwrap_or(u8::MAX).min(0x7F);
        Some(ClassBytesRange::new(u8::try_from(range.start()).ok().filter(u8::is_ascii)?, end))
    });
    let wide = class.iter().any(|range| u32::from(range.end()) - u32::from(range.start()) > WORLD);
    wide.then(|| Class::Bytes(ClassBytes::new(ascii.chain([ClassBytesRange::new(0x80, 0xFF)]))))
}

/// Nothing that has no digit matches.
fn needs_digit(pattern: &Hir) -> bool {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.iter().any(u8::is_ascii_digit),
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().all(|range| range.start().is_ascii_digit() && range.end().is_ascii_digit())
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().all(|range| range.start().is_ascii_digit() && range.end().is_ascii_digit())
        }
        HirKind::Repetition(times) => times.min > 0 && needs_digit(&times.sub),
        HirKind::Capture(group) => needs_digit(&group.sub),
        HirKind::Concat(parts) => parts.iter().any(needs_digit),
        HirKind::Alternation(parts) => parts.iter().all(needs_digit),
    }
}

/// A pattern with letters and digits by blocks of scripts: Unicode's own lists, where each sign between two letters is
/// an exception, make automata of a hundred times the size, and compiling one cost more than reading a mailbox.
fn lean(written: &str) -> String {
    // Without × and ÷, and with gaps between what has capitals and what has none: the latter need not be folded one by one.
    const LETTERS: &str = concat!(
        r"[A-Za-z\x{AA}\x{B5}\x{BA}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2AF}\x{370}-\x{588}\x{590}-\x{109F}",
        r"\x{1100}-\x{1380}\x{1400}-\x{1C7F}\x{1E00}-\x{1FFF}\x{3040}-\x{A63E}\x{AC00}-\x{D7A3}]"
    );
    written.replace(r"\p{L}", LETTERS).replace(r"\p{N}", "[0-9]").replace(r"\d", "[0-9]")
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
        if let Some(Err(message)) = self.pattern.as_deref().map(Pattern::compile) {
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
        let mut pattern = self.pattern.as_deref().map(Pattern::new);
        if let Some(pattern) = pattern.as_mut().filter(|_| !file.is_built_in()) {
            let compiled = Pattern::compile(&pattern.written)
                .map_err(|message| file.mistake("pattern", format!("detector `{}`: {message}", self.id)))?;
            pattern.compiled = OnceLock::from(Some(compiled));
        }
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

/// What the library says of a pattern, on one line.
fn one_line(error: &BuildError) -> String {
    let told = match (error.syntax_error(), error.size_limit()) {
        (Some(error), _) => error.to_string(),
        (None, Some(limit)) => format!("it is larger than {limit} bytes"),
        (None, None) => error.to_string(),
    };
    let last = told.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detectors;
    use crate::random::random;

    #[test]
    fn built_in_patterns_compile() {
        let detectors = Detectors::load(None, jiff::civil::date(2026, 11, 20)).unwrap();
        let patterns: Vec<_> = detectors.list().filter_map(|d| Some((&d.id, d.pattern.as_ref()?))).collect();
        assert!(patterns.len() > 3);
        for (id, pattern) in patterns {
            assert!(pattern.regex().is_some(), "{id}");
        }
    }

    #[test]
    fn wherever_a_pattern_matches_the_automaton_before_it_does() {
        let patterns = [
            r"(?xi) \b (?: (?:ind)? reg (?:nr)? | k[øo]retøj (?:et)? | ökutæki (?:ð)? | på ) \b [^\n\d]{1,60}? \b (?P<v> [A-Z]{2} \s? \d{2,3} ) \b",
            r"(?i) \b (?: bil (?:en|å)? | é+ )? \b (?P<v> \d{2} \p{L}{2,30} )",
        ];
        let parts = [
            "reg",
            "indreg",
            "nr",
            "køretøj",
            "KORETØJET",
            "ökutækið",
            "på",
            "bil",
            "bilen",
            "bilå",
            "é",
            " ",
            " ",
            ". ",
            "–",
            "AB",
            "ab",
            "12",
            "345",
            "å",
            "x",
            "\u{212A}oretøj",
            "\n",
            "_",
            "日本",
        ];
        let mut random = random(5);
        let patterns = patterns.map(Pattern::new);
        let mut matched = 0;
        for _ in 0..20_000 {
            let mut text: String = (0..random(14)).map(|_| parts[random(parts.len())]).collect();
            if random(2) == 0 {
                for parts in [&parts[..11], &parts[11..15], &parts[15..17], &parts[17..19], &parts[11..]] {
                    text.push_str(parts[random(parts.len())]);
                }
            }
            for pattern in &patterns {
                let spots = pattern.may_begin(&text);
                for found in pattern.regex().unwrap().find_iter(&text) {
                    let within = |spot: &Range<usize>| spot.start <= found.start() && found.start() < spot.end;
                    assert!(spots.iter().any(within), "{text:?}: {found:?} is in none of {spots:?}");
                    matched += 1;
                }
            }
        }
        assert!(matched > 500, "{matched}");
    }

    #[test]
    fn most_places_are_no_match() {
        let pattern = Pattern::new(
            r"(?i) \b (?: (?:last)? bil (?:en)? ) \b [^\n\d]{1,60}? (?P<v> [A-Z]{2} \d{2} )".replace(' ', "").as_str(),
        );
        assert_eq!(pattern.may_begin("lastbilen AB12, bilen 12, bil CD34"), [0..9, 16..21, 26..29]);
        assert!(pattern.may_begin("bus AB12").is_empty());
        assert!(pattern.may_begin("bilen 12").is_empty());
        let far = format!("bilen AB12{}bilen AB12", " ".repeat(1000));
        assert_eq!(pattern.around_values(&far), [0..18, 766..1020]);
    }
}
