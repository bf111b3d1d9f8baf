//! The words of reports for people: `patterns/texts/<language>.toml`, every language with the same keys.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::patterns::{self, Mistake, Source};

/// What is said in one language.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// The language: `da`.
    pub language: String,
    date: String,
    group: String,
    word: Words,
    severity: Words,
    sensitivity: Words,
    status: Words,
    kind: Words,
    reason: Words,
    category: Words,
    detector: Words,
    rule: BTreeMap<String, Rule>,
}

type Words = BTreeMap<String, String>;

/// What a rule says, and what to do about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    title: String,
    todo: String,
}

impl Texts {
    /// The words of this language; `None`: there are none.
    pub fn load(language: &str) -> Result<Option<Self>, Mistake> {
        if language.is_empty() || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Ok(None);
        }
        patterns::built_in(&format!("texts/{language}.toml")).as_ref().map(Source::parse).transpose()
    }

    /// A word or sentence of the report itself.
    pub fn word<'a>(&'a self, key: &'a str) -> &'a str {
        named(&self.word, key)
    }

    /// A contract word of one of the lists: `severity`, `sensitivity`, `status`, `kind`, `reason`, `category`.
    pub fn of<'a>(&'a self, list: &str, word: &'a str) -> &'a str {
        match list {
            "severity" => named(&self.severity, word),
            "sensitivity" => named(&self.sensitivity, word),
            "status" => named(&self.status, word),
            "kind" => named(&self.kind, word),
            "reason" => named(&self.reason, word),
            "category" => named(&self.category, word),
            _ => word,
        }
    }

    /// A detector's title, where this language has its own.
    pub fn detector(&self, id: &str) -> Option<&str> {
        self.detector.get(id).map(String::as_str)
    }

    /// What a rule says; a rule that is not known, its id.
    pub fn rule<'a>(&'a self, id: &'a str) -> &'a str {
        self.rule.get(id).map_or(id, |rule| &rule.title)
    }

    /// What to do about a breach of a rule.
    pub fn todo(&self, id: &str) -> &str {
        self.rule.get(id).or_else(|| self.rule.get("other")).map_or("", |rule| &rule.todo)
    }

    /// A date as it is written.
    pub fn date(&self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        self.date
            .replace("YYYY", &format!("{year:04}"))
            .replace("MM", &format!("{month:02}"))
            .replace("DD", &format!("{day:02}"))
            .replace('M', &month.to_string())
            .replace('D', &day.to_string())
    }

    /// A number in groups of three digits.
    pub fn number(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut number = String::new();
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                number.push_str(&self.group);
            }
            number.push(digit);
        }
        number
    }
}

/// The words that were asked for, else those of the policy's language, else of the locale's; else English ones. Many a
/// policy is in English though nobody here is: its language alone does not outweigh the locale.
pub fn choose(asked: Option<&Texts>, policy: &str, locale: Option<&Texts>) -> Result<Texts, Mistake> {
    let policy = if policy == "en" { None } else { Texts::load(policy)? };
    if let Some(texts) = asked.cloned().or(policy).or_else(|| locale.cloned()) {
        return Ok(texts);
    }
    let missing = || Mistake { file: "patterns/texts/en.toml".into(), line: None, message: "it is missing".into() };
    Texts::load("en")?.ok_or_else(missing)
}

fn named<'a>(words: &'a Words, key: &'a str) -> &'a str {
    words.get(key).map_or(key, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Reason;

    fn keys(texts: &Texts) -> Vec<String> {
        let all = serde_json::to_value(texts).unwrap();
        let tables = all.as_object().unwrap().iter().filter_map(|(name, table)| Some((name, table.as_object()?)));
        tables.flat_map(|(name, table)| table.keys().map(move |key| format!("{name}.{key}"))).collect()
    }

    #[test]
    fn every_language_says_the_same() {
        let english = Texts::load("en").unwrap().unwrap();
        for language in ["da", "sv", "nb", "fi"] {
            let texts = Texts::load(language).unwrap().unwrap();
            assert_eq!(keys(&texts), keys(&english), "{language}");
        }
        assert!(Reason::ALL.iter().all(|reason| english.reason.contains_key(reason.word())));
        assert!(Texts::load("../x").unwrap().is_none() && Texts::load("xx").unwrap().is_none());
    }

    #[test]
    fn dates_and_numbers_are_written_as_people_do() {
        let texts = |language| Texts::load(language).unwrap().unwrap();
        let day = jiff::civil::date(2026, 3, 9);
        assert_eq!((texts("da").date(day), texts("da").number(1_234_567)), ("09.03.2026".into(), "1.234.567".into()));
        assert_eq!((texts("fi").date(day), texts("en").number(999)), ("9.3.2026".into(), "999".into()));
    }
}
