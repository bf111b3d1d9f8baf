//! A detector's regular expression: compiled when it is asked for, and where in a text it is worth trying.
//!
//! In: a pattern as written. Out: its matches and their values. Automata made of its syntax tree tell most places from those
//! where it may match, at a fraction of the cost.

use std::iter;
use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::{self, BuildError, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, PatternID};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};

use crate::eight::{self, within};

/// Upper limits above this are none to the automaton that tells where a pattern may match.
const COUNTED: u32 = 8;
/// Bytes of a pattern that is compiled, and of what an automaton remembers: with half as much that for the labels of number
/// plates forgets its states as it makes them.
const SIZE: usize = 1 << 22;
/// Groups within groups.
const NESTED: u32 = 64;
/// A class with a range of more characters takes all that are outside ASCII there.
const WORLD: u32 = 1000;

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
    /// One that is right.
    pub fn new(written: &str) -> Self {
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
        let mut boundaries = part.clone().filter(|at| text.is_char_boundary(*at));
        if self.begin().is_some_and(|begin| begin.is_label) {
            // Few labels are none, and most of those at their first letter.
            return boundaries
                .map(|at| Input::new(text).range(at..).anchored(Anchored::Yes))
                .find_map(|at| self.search(at));
        }
        let (from, near) = (boundaries.next()?, text.get(..end)?);
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

    /// Compiled at once: a user's own, which may be wrong. An error is a line for people.
    pub fn compiled(written: &str) -> Result<Self, String> {
        let regex = Self::compile(written)?;
        Ok(Self { compiled: OnceLock::from(Some(regex)), ..Self::new(written) })
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
