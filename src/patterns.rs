//! Reads what is data: detectors, word lists, folder names and policies, built in (`patterns/`) or the user's own.
//!
//! In: a folder's name, and perhaps a user's folder with the same layout. Out: texts, and values parsed from them. A
//! mistake is `file:line: what is wrong`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};
use jiff::civil::Date;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/patterns");
/// The same as JSON, which is read sooner: made by `build.rs`.
static PARSED: Dir<'_> = include_dir!("$OUT_DIR/patterns");

/// A mistake in a pattern file, as a line for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", line.map(|n| format!(":{n}")).unwrap_or_default())]
pub struct Mistake {
    /// The file, as the user would name it.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A pattern file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name: `patterns/detectors/dk.toml` for a built-in one, the path for a user's.
    pub file: String,
    /// Its text.
    pub text: Cow<'static, str>,
}

impl Source {
    /// Reads a user's file.
    pub fn read(path: &Path) -> Result<Self, Mistake> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self { file, text: Cow::Owned(text) }),
            Err(error) => Err(Mistake { file, line: None, message: reason(&error).to_owned() }),
        }
    }

    /// The name of the file itself.
    pub fn name(&self) -> &str {
        self.file.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// Parses it as TOML.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Mistake> {
        if self.is_built_in()
            && let Some(json) = self.file.strip_prefix("patterns/").map(|path| Path::new(path).with_extension("json"))
            && let Some(parsed) = PARSED.get_file(json).and_then(|json| serde_json::from_slice(json.contents()).ok())
        {
            return Ok(parsed);
        }
        toml::from_str(&self.text).map_err(|error| {
            let line = error.span().map(|span| self.line(span.start));
            Mistake { file: self.file.clone(), line, message: error.message().replace('\n', " ") }
        })
    }

    /// It is part of the program, and known to be right: by tests.
    pub fn is_built_in(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    /// The line, from 1, of a byte.
    pub fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    /// A mistake in this file, at the first line that holds `near` (such as the id of an entry).
    pub fn mistake(&self, near: &str, message: impl Into<String>) -> Mistake {
        let line = self.text.find(near).filter(|_| !near.is_empty()).map(|at| self.line(at));
        Mistake { file: self.file.clone(), line, message: message.into() }
    }

    /// Its lines without comments (`# …` at the beginning) and empty ones: for word lists.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    }
}

/// All files with this ending in `patterns/<folder>`, then those of the user's folder of the same name, sorted by name.
pub fn files(folder: &str, ending: &str, user: Option<&Path>) -> Result<Vec<Source>, Mistake> {
    let mut found = Vec::new();
    for file in BUILT_IN.get_dir(folder).into_iter().flat_map(Dir::files) {
        if file.path().extension().is_some_and(|e| e == ending)
            && let Some(text) = file.contents_utf8()
        {
            found.push(Source { file: format!("patterns/{}", file.path().display()), text: Cow::Borrowed(text) });
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    if let Some(user) = user {
        found.extend(user_files(&user.join(folder), ending)?);
    }
    Ok(found)
}

/// Lists of words by name, from a built-in file; a user's file of the same name adds to them.
pub fn lists<T: DeserializeOwned>(path: &str, user: Option<&Path>) -> Result<T, Mistake> {
    let mut lists: BTreeMap<String, Vec<String>> = built_in(path).map_or(Ok(BTreeMap::new()), |file| file.parse())?;
    if let Some(file) = user.map(|user| user.join(path)).filter(|file| file.exists()) {
        let source = Source::read(&file)?;
        for (name, words) in source.parse::<BTreeMap<String, Vec<String>>>()? {
            let Some(list) = lists.get_mut(&name) else {
                let known: Vec<&str> = lists.keys().map(String::as_str).collect();
                return Err(
                    source.mistake(&name, format!("no list is called `{name}`: there are {}", known.join(", ")))
                );
            };
            list.extend(words);
        }
    }
    let lists = MapDeserializer::new(lists.into_iter());
    T::deserialize(lists).map_err(|error: serde::de::value::Error| Mistake {
        file: format!("patterns/{path}"),
        line: None,
        message: error.to_string(),
    })
}

/// A day, as a text or as TOML writes one: `until = 2027-01-01`.
pub fn day<'de, D: Deserializer<'de>>(written: D) -> Result<Date, D::Error> {
    let text = match toml::Value::deserialize(written)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(day) => day.to_string(),
        _ => String::new(),
    };
    text.parse().map_err(|_| D::Error::custom("this is no day: write 2027-01-31"))
}

/// A single built-in file.
pub fn built_in(path: &str) -> Option<Source> {
    let text = BUILT_IN.get_file(path)?.contents_utf8()?;
    Some(Source { file: format!("patterns/{path}"), text: Cow::Borrowed(text) })
}

fn user_files(folder: &Path, ending: &str) -> Result<Vec<Source>, Mistake> {
    let mistake = |error: io::Error| Mistake {
        file: folder.display().to_string(),
        line: None,
        message: reason(&error).to_owned(),
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(mistake)?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(mistake)?.path();
        if path.extension().is_some_and(|e| e == ending) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| Source::read(path)).collect()
}

fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file",
        io::ErrorKind::PermissionDenied => "it may not be read",
        io::ErrorKind::InvalidData => "it is not UTF-8",
        _ => "it cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_what_the_files_hold() {
        let mut compared = 0;
        for folder in ["detectors", "keywords", "names", "texts"] {
            for source in files(folder, "toml", None).unwrap() {
                let path = Path::new(source.file.strip_prefix("patterns/").unwrap()).with_extension("json");
                let json: serde_json::Value =
                    serde_json::from_slice(PARSED.get_file(path).unwrap().contents()).unwrap();
                let toml: serde_json::Value = toml::from_str(&source.text).unwrap();
                assert_eq!(json, toml, "{}", source.file);
                compared += 1;
            }
        }
        assert!(compared > 20);
    }
}
