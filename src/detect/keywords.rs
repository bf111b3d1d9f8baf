//! Files of keywords, `patterns/keywords/*.toml`, as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::item::Sensitivity;

/// A file of keywords.
#[derive(Debug, Deserialize)]
pub struct Keywords {
    /// The detector's id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The category.
    pub category: String,
    /// How sensitive the law holds it to be.
    pub sensitivity: Sensitivity,
    /// The law.
    pub source: String,
    /// Phrases that hold a keyword but mean no person.
    #[serde(default)]
    pub neutral: Vec<String>,
    /// Terms by language.
    #[serde(flatten)]
    pub languages: BTreeMap<String, Terms>,
}

/// The terms of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// On its own such a word says something about a person.
    #[serde(default)]
    pub strong: Vec<String>,
    /// It does so near a person or an id only.
    #[serde(default)]
    pub weak: Vec<String>,
    /// It does so in a sentence with one of `ties`: names of unions and parties that are ordinary words too.
    #[serde(default)]
    pub members: Vec<String>,
    /// What ties a member to what it is one of.
    #[serde(default)]
    pub ties: Vec<String>,
    /// Fields and columns whose every value says something about a person.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Fields and columns in which a weak term is as good as a strong one.
    #[serde(default)]
    pub hints: Vec<String>,
}

impl Terms {
    /// Keywords, strong or weak, or members.
    pub fn of(&self, kind: Option<bool>) -> &[String] {
        match kind {
            Some(true) => &self.strong,
            Some(false) => &self.weak,
            None => &self.members,
        }
    }
}
