//! `sporhund policies check`: every mistake of a policy file at once.
//!
//! In: the file. Out: mistakes, each with its line and what to do. The parser stops at the first one; so what it refuses
//! is noted, taken out of the parsed tree, and the rest is parsed again. Then come the mistakes that no parser sees:
//! names that mean nothing, and examples that come out otherwise than they say.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use globset::Glob;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue, Deserializer};

use super::file::{self, File};
use super::{Categories, Policy, example};
use crate::patterns::{Mistake, Source};

/// More mistakes than a person reads at once.
const MOST: usize = 200;

/// All mistakes of a policy file, by line.
pub fn check(path: &Path, user: Option<&Path>, categories: &Categories) -> Result<Vec<Mistake>, Mistake> {
    let source = Source::read(path)?;
    let mut check = Check { source: &source, mistakes: Vec::new() };
    let file = check.parse(categories);
    if let Some(file) = file {
        check.mistakes.extend(file.check(&source));
        if file.is_idle() && file.id.is_some() && check.mistakes.is_empty() {
            let message =
                "it judges nothing: write a [[rule]], or `extends = \"…\"` with a policy that has some".to_owned();
            check.mistakes.push(Mistake { file: source.file.clone(), line: None, message });
        }
        check.together(file, user, categories);
    }
    let mut mistakes = check.mistakes;
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes.dedup();
    Ok(mistakes)
}

/// What a library says of a mistake, in words that say what to do.
pub fn explain(message: &str) -> String {
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        let kind = found.split([' ', ',']).next().unwrap_or_default();
        let word = |kind| match kind {
            "string" | "a string" => "a text",
            "map" | "a map" => "a table",
            "sequence" | "a sequence" => "a list, `[…]`,",
            "integer" | "floating" => "a number",
            "boolean" | "a boolean" => "true or false",
            other => other,
        };
        return format!("this is {}, and {} is expected", word(kind), word(expected));
    }
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let Some((wrong, known)) = quoted.split_first() else { return message.replace('\n', " ") };
    let near = nearest(wrong, known.iter().copied());
    let instead = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use {}", known.join(", ")),
    };
    if message.starts_with("unknown field") {
        format!("there is no key `{wrong}` here: {instead}")
    } else if message.starts_with("unknown variant") {
        format!("`{wrong}` means nothing here: {instead}")
    } else if message.starts_with("missing field") {
        format!("`{wrong}` is missing: add it")
    } else {
        message.replace('\n', " ")
    }
}

/// The known word that was meant, if one is near.
fn nearest<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let close = known.map(|word| (strsim::jaro_winkler(wrong, word), word)).max_by(|a, b| a.0.total_cmp(&b.0));
    close.filter(|(alike, _)| *alike > 0.8).map(|(_, word)| word)
}

struct Check<'s> {
    source: &'s Source,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn add(&mut self, at: usize, message: impl Into<String>) {
        let line = Some(self.source.line(at));
        self.mistakes.push(Mistake { file: self.source.file.clone(), line, message: message.into() });
    }

    /// Parses as much of the file as can be understood.
    fn parse(&mut self, categories: &Categories) -> Option<File> {
        let (mut tree, errors) = DeTable::parse_recoverable(&self.source.text);
        let broken = !errors.is_empty();
        for error in errors.into_iter().take(MOST) {
            self.add(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "));
        }
        self.names(tree.get_ref(), "", categories);
        for _ in 0..MOST {
            let error = match File::deserialize(Deserializer::from(tree.clone())) {
                Ok(file) => return Some(file),
                Err(error) => error,
            };
            let repair = Repair::of(error.message(), error.span()?);
            // What the recovery of broken syntax left out is not missing.
            let line = Some(self.source.line(repair.at.start));
            let told = self.mistakes.iter().any(|mistake| mistake.line == line);
            if !broken || !(told || repair.missing.is_some()) {
                self.add(repair.at.start, explain(error.message()));
            }
            let whole = tree.span();
            if !repair.table(tree.get_mut(), &whole) {
                return None;
            }
        }
        None
    }

    /// Names of detectors and categories that mean nothing: such a condition would never hold.
    fn names(&mut self, table: &DeTable<'_>, within: &str, categories: &Categories) {
        let all: BTreeSet<&str> = categories.values().map(|(category, _)| category.as_str()).collect();
        for (key, value) in table {
            let key = key.get_ref().as_ref();
            match (key, value.get_ref()) {
                ("detector" | "except", DeValue::Array(list)) => {
                    for (name, at) in list.iter().filter_map(text) {
                        let glob = Glob::new(name).map(|glob| glob.compile_matcher());
                        if glob.is_ok_and(|glob| !categories.keys().any(|id| glob.is_match(id))) {
                            let meant = meant(name, categories.keys().map(String::as_str));
                            self.add(at, format!("no detector is called `{name}`: {meant}see `sporhund detectors`"));
                        }
                    }
                }
                ("category" | "allows", DeValue::Array(list)) => {
                    for (name, at) in list.iter().filter_map(text).filter(|(name, _)| !all.contains(name)) {
                        let known: Vec<&str> = all.iter().copied().collect();
                        let meant = meant(name, all.iter().copied());
                        self.add(at, format!("no detector finds `{name}`: {meant}use {}", known.join(", ")));
                    }
                }
                ("found" | "attached" | "others" | "sensitivity", DeValue::Table(table))
                    if key != "sensitivity" || within.is_empty() =>
                {
                    for (name, _) in table.iter().filter(|(name, _)| !categories.contains_key(name.get_ref().as_ref()))
                    {
                        let meant = meant(name.get_ref(), categories.keys().map(String::as_str));
                        let message =
                            format!("no detector is called `{}`: {meant}see `sporhund detectors`", name.get_ref());
                        self.add(name.span().start, message);
                    }
                }
                (_, DeValue::Table(table)) => self.names(table, key, categories),
                (_, DeValue::Array(list)) => {
                    for table in list.iter().filter_map(|item| item.get_ref().as_table()) {
                        self.names(table, key, categories);
                    }
                }
                _ => {}
            }
        }
    }

    /// What shows only when the file stands together with the policy that it extends.
    fn together(&mut self, mut file: File, user: Option<&Path>, categories: &Categories) {
        let starts: Vec<usize> = file.rule.iter().map(|rule| rule.id.span().start).collect();
        let own: BTreeSet<String> = file.rule.iter().map(|rule| rule.id.get_ref().clone()).collect();
        let base = match file.base(user, self.source) {
            Some(Err(mistake)) => return self.mistakes.push(mistake),
            Some(Ok(base)) => Some(base),
            None => None,
        };
        let known: BTreeSet<&str> = own
            .iter()
            .map(String::as_str)
            .chain(base.iter().flat_map(|base| base.rule.iter().map(|rule| rule.id.get_ref().as_str())))
            .collect();
        let named = file.without.iter().chain(file.exempt.iter().flat_map(|exemption| &exemption.rule));
        for rule in named.filter(|rule| !known.contains(rule.get_ref().as_str())) {
            let meant = meant(rule.get_ref(), known.iter().copied());
            self.add(rule.span().start, format!("there is no rule `{}`: {meant}leave it out", rule.get_ref()));
        }
        file.without.retain(|rule| known.contains(rule.get_ref().as_str()));
        let whole = match base {
            Some(base) => file.over(base, self.source),
            None => Ok(file),
        };
        let policy = match whole {
            Ok(whole) => Policy::new(whole, categories),
            Err(mistake) => return self.mistakes.push(mistake),
        };
        let Ok(policy) = policy else { return self.add(0, file::TOO_LARGE) };
        for (at, rule, should) in policy.examples() {
            let id = rule.id.get_ref();
            if own.contains(id) && !self.tainted(rule.id.span().start, &starts) {
                let message = format!("this example {should} `{id}` on {}: correct it or the rule", example::TODAY);
                self.add(at, message);
            }
        }
    }

    /// Is there a mistake in the rule that begins here? Then what its examples show is no mistake of theirs.
    fn tainted(&self, rule: usize, starts: &[usize]) -> bool {
        let next = starts.iter().filter(|start| **start > rule).min().copied().unwrap_or(self.source.text.len());
        let lines = self.source.line(rule).saturating_sub(1)..self.source.line(next);
        self.mistakes.iter().any(|mistake| mistake.line.is_some_and(|line| lines.contains(&line)))
    }
}

/// `did you mean …? Else `, or nothing.
fn meant<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> String {
    nearest(wrong, known).map(|near| format!("did you mean `{near}`? Else ")).unwrap_or_default()
}

fn text<'v>(value: &'v Spanned<DeValue<'_>>) -> Option<(&'v str, usize)> {
    Some((value.get_ref().as_str()?, value.span().start))
}

/// What is done to the tree so that the rest of it can be parsed: a key that is missing is added, what is refused is
/// taken out. Where a key cannot be missed, something harmless takes its place.
struct Repair<'e> {
    missing: Option<&'e str>,
    at: Range<usize>,
}

impl<'e> Repair<'e> {
    fn of(message: &'e str, at: Range<usize>) -> Self {
        let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        Self { missing, at }
    }

    /// Repairs a table, or what is in it. False: the place is not here.
    fn table(&self, table: &mut DeTable<'_>, own: &Range<usize>) -> bool {
        if let Some(key) = self.missing {
            if *own == self.at {
                let Some(value) = harmless(key, own.start) else { return false };
                let key = Spanned::new(own.clone(), Cow::Owned(key.to_owned()));
                return table.insert(key, Spanned::new(own.clone(), value)).is_none();
            }
        } else if let Some(key) = self.refused(table) {
            table.remove(&key);
            if let Some(value) = harmless(key.get_ref(), own.start).filter(|_| key.span() != self.at) {
                let own = own.clone();
                table.insert(
                    Spanned::new(own.clone(), Cow::Owned(key.into_inner().into_owned())),
                    Spanned::new(own, value),
                );
            }
            return true;
        }
        table.iter_mut().any(|(_, value)| self.value(value))
    }

    /// The key that stands at the place, or whose value does.
    fn refused<'t>(&self, table: &DeTable<'t>) -> Option<Spanned<DeString<'t>>> {
        table.iter().find(|(key, value)| key.span() == self.at || value.span() == self.at).map(|(key, _)| key.clone())
    }

    fn value(&self, value: &mut Spanned<DeValue<'_>>) -> bool {
        let own = value.span();
        match value.get_mut() {
            DeValue::Table(table) => self.table(table, &own),
            DeValue::Array(list) => match list.iter().position(|item| item.span() == self.at) {
                Some(at) if self.missing.is_none() => {
                    let items = std::mem::replace(list, DeArray::new()).into_iter().enumerate();
                    items.filter(|(n, _)| *n != at).for_each(|(_, item)| list.push(item));
                    true
                }
                _ => list.iter_mut().any(|item| self.value(item)),
            },
            _ => false,
        }
    }
}

/// A value that can stand in for any of this key.
fn harmless(key: &str, at: usize) -> Option<DeValue<'static>> {
    let text = |text: &str| Some(DeValue::String(text.to_owned().into()));
    match key {
        "id" | "name" => text(&format!("line {at}")),
        "message" | "reason" => text("-"),
        "severity" => text("low"),
        "kind" => text("container"),
        "until" => text("2000-01-01"),
        "when" => Some(DeValue::Table(DeTable::new())),
        "path" => DeValue::parse("[\"**\"]").ok().map(Spanned::into_inner),
        _ => None,
    }
}
