//! A rule's message: text with `{placeholders}`, which are facts of the item and never personal values.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::rule::Case;
use super::when::When;

/// Stands for a fact that is not known.
const UNKNOWN: &str = "?";

/// A message, parsed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Message(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Folder,
    Received,
    Since,
    Count,
    Location,
}

impl Message {
    /// Does it tell since when?
    pub fn tells_since(&self) -> bool {
        self.0.contains(&Piece::Since)
    }

    /// The message about one item; `when` says which of its findings count.
    pub fn fill(&self, case: &Case<'_>, since: Option<Date>, when: &When) -> String {
        let mail = case.item.mail.as_ref();
        let day = |at: Timestamp| at.to_zoned(case.now.time_zone().clone()).date().to_string();
        let mut text = String::new();
        for piece in &self.0 {
            let fact: Option<Cow<'_, str>> = match piece {
                Piece::Text(words) => Some(words.into()),
                Piece::Folder => mail.and_then(|mail| mail.folder.as_deref()).map(Cow::from),
                Piece::Received => mail.and_then(|mail| mail.received).map(day).map(Cow::from),
                Piece::Since => since.map(|since| since.to_string().into()),
                Piece::Count => Some(when.findings(case.item).to_string().into()),
                Piece::Location => Some(case.item.location.as_str().into()),
            };
            text.push_str(fact.as_deref().unwrap_or(UNKNOWN));
        }
        text
    }
}

impl TryFrom<String> for Message {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        for (n, part) in text.split('{').enumerate() {
            let mut words = part;
            if n > 0 {
                let (name, rest) =
                    part.split_once('}').ok_or("a `{` in a message begins a placeholder: close it with `}`")?;
                pieces.push(match name {
                    "folder" => Piece::Folder,
                    "received" => Piece::Received,
                    "since" => Piece::Since,
                    "count" => Piece::Count,
                    "location" => Piece::Location,
                    other => {
                        return Err(format!(
                            "there is no placeholder `{{{other}}}`: use folder, received, since, count or location"
                        ));
                    }
                });
                words = rest;
            }
            if !words.is_empty() {
                pieces.push(Piece::Text(words.to_owned()));
            }
        }
        if pieces.is_empty() {
            return Err("a message says what is wrong: it must not be empty".to_owned());
        }
        Ok(Self(pieces))
    }
}
