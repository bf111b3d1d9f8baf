//! The layout of a policy file, and how one `extends` another.
//!
//! In: a name or a path. Out: one [`File`] with everything it inherits; or a mistake with its line.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check;
use super::period::Within;
use super::places::{Exemption, Notify, Organisation, Place, Purpose};
use super::rule::Rule;
use crate::item::Sensitivity;
use crate::patterns::{self, Mistake, Source};

/// A chain of `extends` longer than this goes round in circles.
const CHAIN: usize = 8;

/// Globs that together make more than can be compiled.
pub const TOO_LARGE: &str = "the paths of its register are too large together: use fewer or simpler globs";

/// A policy file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its name in breaches; that of the extended policy if left out.
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Where the text that it follows is found, or who wrote it.
    pub source: Option<String>,
    /// The language of its messages.
    pub language: Option<String>,
    /// Another policy, of which this one says what is different.
    extends: Option<String>,
    /// Rules of the extended policy that do not apply.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub without: Vec<toml::Spanned<String>>,
    /// What only the organisation knows.
    #[serde(default)]
    pub organisation: Organisation,
    /// Sensitivity by detector, where this text sees it otherwise than the law.
    #[serde(default)]
    pub sensitivity: BTreeMap<String, Sensitivity>,
    /// The register.
    #[serde(default)]
    pub place: Vec<Place>,
    /// Dispensations.
    #[serde(default)]
    pub exempt: Vec<Exemption>,
    /// What is to be done at once about a critical breach.
    #[serde(default)]
    pub notify: Notify,
    /// How long a request about a person may wait for its answer: `30 days`; a month if left out.
    pub answer_within: Option<Within>,
    /// How long data is kept for a purpose.
    #[serde(default)]
    pub purpose: Vec<Purpose>,
    /// The rules.
    #[serde(default)]
    pub rule: Vec<Rule>,
    /// The file as it is, and those that it extends.
    #[serde(skip)]
    pub text: String,
}

impl File {
    /// Reads a policy, by name or by path, with all that it extends.
    pub fn load(name: &str, user: Option<&Path>) -> Result<Self, Mistake> {
        Self::load_within(name, user, None, CHAIN)
    }

    fn load_within(name: &str, user: Option<&Path>, from: Option<&Source>, chain: usize) -> Result<Self, Mistake> {
        let source = find(name, user, from)?;
        let parsed: Result<Self, Mistake> = source.parse();
        let mut file = parsed.map_err(|mistake| Mistake { message: check::explain(&mistake.message), ..mistake })?;
        file.text = source.text.to_string();
        match file.check(&source).into_iter().next() {
            Some(mistake) => Err(mistake),
            None => match file.base_within(user, &source, chain) {
                Some(base) => file.over(base?, &source),
                None => Ok(file),
            },
        }
    }

    /// The policy that it extends.
    pub fn base(&self, user: Option<&Path>, source: &Source) -> Option<Result<Self, Mistake>> {
        self.base_within(user, source, CHAIN)
    }

    fn base_within(&self, user: Option<&Path>, source: &Source, chain: usize) -> Option<Result<Self, Mistake>> {
        let base = self.extends.as_ref()?;
        Some(match chain.checked_sub(1) {
            Some(chain) => Self::load_within(base, user, Some(source), chain),
            None => {
                Err(source.mistake("extends", "it extends itself, round a circle: name the policy that it builds on"))
            }
        })
    }

    /// Mistakes that the parser cannot see.
    pub fn check(&self, source: &Source) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut mistake = |at: usize, message: String| {
            mistakes.push(Mistake { file: source.file.clone(), line: Some(source.line(at)), message });
        };
        let mut ids = BTreeSet::new();
        for rule in &self.rule {
            let (id, at) = (rule.id.get_ref(), rule.id.span().start);
            if !ids.insert(id) {
                mistake(at, format!("there are two rules `{id}`: give one of them another id"));
            }
            let since = rule.message.tells_since() || rule.message_en.as_ref().is_some_and(|m| m.tells_since());
            if since && rule.age.is_none() {
                mistake(at, format!("the message of `{id}` says {{since}}, but the rule has no `age`"));
            }
        }
        if self.id.is_none() && self.extends.is_none() {
            let message = "a policy needs an `id`, or `extends = \"…\"` with the policy that it builds on".to_owned();
            mistakes.push(Mistake { file: source.file.clone(), line: None, message });
        }
        mistakes
    }

    /// It has no rules and no register, nor a policy to take them from.
    pub fn is_idle(&self) -> bool {
        self.extends.is_none() && self.rule.is_empty() && self.place.is_empty() && self.purpose.is_empty()
    }

    /// This file's word over that of the policy that it extends: its rules replace those of the same id, its places and
    /// purposes come first.
    pub fn over(self, base: Self, source: &Source) -> Result<Self, Mistake> {
        let mut rule = base.rule;
        for without in &self.without {
            let before = rule.len();
            rule.retain(|rule| rule.id.get_ref() != without.get_ref());
            if rule.len() == before {
                let line = Some(source.line(without.span().start));
                let message = format!("there is no rule `{}` to do without", without.get_ref());
                return Err(Mistake { file: source.file.clone(), line, message });
            }
        }
        for mine in self.rule {
            match rule.iter_mut().find(|rule| rule.id.get_ref() == mine.id.get_ref()) {
                Some(inherited) => *inherited = mine,
                None => rule.push(mine),
            }
        }
        let mut sensitivity = base.sensitivity;
        sensitivity.extend(self.sensitivity);
        Ok(Self {
            id: self.id.or(base.id),
            title: self.title.or(base.title),
            source: self.source.or(base.source),
            language: self.language.or(base.language),
            extends: None,
            without: Vec::new(),
            organisation: self.organisation.or(base.organisation),
            sensitivity,
            place: self.place.into_iter().chain(base.place).collect(),
            exempt: self.exempt.into_iter().chain(base.exempt).collect(),
            notify: self.notify.or(base.notify),
            answer_within: self.answer_within.or(base.answer_within),
            purpose: self.purpose.into_iter().chain(base.purpose).collect(),
            rule,
            text: self.text + &base.text,
        })
    }
}

/// A built-in policy, for people to read.
#[derive(Debug, Clone)]
pub struct BuiltIn {
    /// What `--policy` takes.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where the text that it follows is found, or who wrote it.
    pub source: String,
    /// Its file, as text.
    pub text: Cow<'static, str>,
}

/// All built-in policies, by name.
pub fn built_in() -> Result<Vec<BuiltIn>, Mistake> {
    let read = |source: Source| {
        let file: File = source.parse()?;
        Ok(BuiltIn {
            id: stem(&source).to_owned(),
            title: file.title.unwrap_or_default(),
            source: file.source.unwrap_or_default(),
            text: source.text,
        })
    };
    patterns::files("policies", "toml", None)?.into_iter().map(read).collect()
}

/// The source of a policy: a name, or else a file, beside the file that extends it.
fn find(name: &str, user: Option<&Path>, from: Option<&Source>) -> Result<Source, Mistake> {
    let known = patterns::files("policies", "toml", user)?;
    if let Some(named) = known.iter().rfind(|source| stem(source) == name) {
        return Ok(named.clone());
    }
    let beside = from.and_then(|source| Path::new(&source.file).parent()).unwrap_or_else(|| Path::new(""));
    let path = beside.join(name);
    if path.is_file() || name.ends_with(".toml") || name.contains(['/', '\\']) {
        return Source::read(&path);
    }
    let names: Vec<&str> = known.iter().map(stem).collect();
    let message = format!("there is no policy of this name: use {}, or the path of a file", names.join(", "));
    Err(match from {
        Some(source) => source.mistake("extends", format!("`{name}`: {message}")),
        None => Mistake { file: format!("--policy {name}"), line: None, message },
    })
}

fn stem(source: &Source) -> &str {
    Path::new(&source.file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}
