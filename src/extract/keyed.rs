//! Text whose lines say what they hold: YAML, INI and its relatives (properties, `.env`, TOML), and Markdown with its
//! tables. The text stays as it stands; each value is under its key or column, where a list or a folded value goes on,
//! too.
//!
//! Told by the name only: nothing in such a file says what it is. Malformed files lose labels, never text.

use std::sync::Arc;

use crate::extract::marked::{Marked, Place};
use crate::extract::{Content, Format, Head, Match, Out, charset, text};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// YAML, INI, Markdown.
pub const FORMATS: &[Format] = &[
    Format {
        name: "yaml",
        kind: Kind::Document,
        sniff: |head| named(head, &["yaml", "yml"]),
        read: |content, out| read(content, out, &mut Yaml::default()),
    },
    Format {
        name: "ini",
        kind: Kind::Document,
        sniff: |head| named(head, &["ini", "cfg", "conf", "cnf", "properties", "env", "toml", "reg", "desktop", "inf"]),
        read: |content, out| read(content, out, &mut Ini::default()),
    },
    Format {
        name: "markdown",
        kind: Kind::Document,
        sniff: |head| named(head, &["md", "markdown", "mdown"]),
        read: |content, out| read(content, out, &mut Table::default()),
    },
];

/// A key longer than this is a sentence.
const KEY: usize = 100;

fn named(head: &Head<'_>, endings: &[&str]) -> Match {
    if head.named(endings) && head.text().is_some() { Match::ByName } else { Match::No }
}

/// Where values begin on a line, and what they are called.
type Values = Vec<(usize, Option<Arc<str>>)>;

/// What a notation remembers from line to line.
trait Notation {
    fn line(&mut self, line: &str) -> Values;
}

fn read(content: Content<'_>, out: &mut Out<'_>, notation: &mut dyn Notation) -> Result<(), Fault> {
    let bytes = match content.whole_or_flowing()? {
        Ok(bytes) => bytes,
        Err(content) => return text::stream(content, out, &|_, _, _| None),
    };
    let source = charset::decode(&bytes, None);
    let mut marked = Marked::new();
    for (number, line) in (1..).zip(source.split_inclusive('\n')) {
        let mut from = 0;
        let mut label = None;
        for (at, next) in notation.line(line.trim_end_matches(['\r', '\n'])) {
            push(&mut marked, line, number, from, at, label);
            (from, label) = (at, next);
        }
        push(&mut marked, line, number, from, line.len(), label);
        if marked.full() {
            marked.emit(out)?;
        }
    }
    marked.emit(out)
}

fn push(marked: &mut Marked, line: &str, number: u64, from: usize, to: usize, label: Option<Arc<str>>) {
    let Some(piece) = line.get(from..to).filter(|piece| !piece.is_empty()) else { return };
    let column = line.get(..from).unwrap_or_default().chars().count() as u64 + 1;
    let position = Position { line: Some(number), column: Some(column), ..Position::default() };
    marked.mark(Place { position, label });
    marked.push(piece);
}

/// A key, if these characters could be one.
fn key(text: &str) -> Option<Arc<str>> {
    let text = text.trim().trim_matches(['"', '\'']);
    let fits = !text.is_empty() && text.len() <= KEY && text.chars().any(char::is_alphabetic);
    (fits && !text.contains(['{', '[', '#'])).then(|| Arc::from(text))
}

/// Keys by their indentation.
#[derive(Default)]
struct Yaml {
    open: Vec<(usize, Arc<str>)>,
}

impl Notation for Yaml {
    fn line(&mut self, line: &str) -> Values {
        let content = line.trim_start_matches([' ', '\t']);
        if content.is_empty() || content.starts_with('#') {
            return Vec::new();
        }
        let indent = line.len() - content.len();
        let item = content.trim_start_matches("- ").trim_start();
        let begin = line.len() - item.len();
        let cut = item.find(": ").or_else(|| item.ends_with(':').then(|| item.len() - 1));
        let named = cut.and_then(|at| Some((at, key(item.get(..at)?)?)));
        // A list may stand as far left as the key that it is under.
        let listed = content.starts_with('-');
        self.open.retain(|(depth, _)| *depth < indent || listed && *depth == indent && named.is_none());
        match named {
            Some((at, key)) => {
                self.open.retain(|(depth, _)| *depth < begin);
                self.open.push((begin, key.clone()));
                vec![(begin + at + 1, Some(key))]
            }
            None => vec![(begin, self.open.last().map(|(_, key)| key.clone()))],
        }
    }
}

/// The key of the line before, whose value may go on.
#[derive(Default)]
struct Ini {
    key: Option<Arc<str>>,
}

impl Notation for Ini {
    fn line(&mut self, line: &str) -> Values {
        let content = line.trim_start();
        let indented = content.len() < line.len();
        if content.is_empty() || content.starts_with(['#', ';', '[']) {
            self.key = None;
            return Vec::new();
        }
        let at = line.find(['=', ':']).and_then(|at| Some((at, key(line.get(..at)?)?)));
        match at {
            Some((at, key)) => {
                self.key = Some(key.clone());
                vec![(at + 1, Some(key))]
            }
            None if indented => vec![(0, self.key.clone())],
            None => Vec::new(),
        }
    }
}

/// The header of the table that is open, and the row that may turn out to be one.
#[derive(Default)]
struct Table {
    before: Vec<Option<Arc<str>>>,
    header: Vec<Option<Arc<str>>>,
}

impl Notation for Table {
    fn line(&mut self, line: &str) -> Values {
        if !line.contains('|') {
            (self.before, self.header) = (Vec::new(), Vec::new());
            return Vec::new();
        }
        let lead = line.len() - line.trim_start().trim_start_matches('|').len();
        let mut cells: Vec<(usize, &str)> = Vec::new();
        let mut at = lead;
        for cell in line.get(lead..).unwrap_or_default().split('|') {
            cells.push((at, cell));
            at += cell.len() + 1;
        }
        let rule = |cell: &str| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':' | ' '));
        if cells.iter().all(|(_, cell)| rule(cell) || cell.is_empty()) {
            self.header = std::mem::take(&mut self.before);
            return Vec::new();
        }
        self.before = cells.iter().map(|(_, cell)| key(cell)).collect();
        let label = |n: usize| self.header.get(n).cloned().flatten();
        cells.iter().enumerate().map(|(n, (at, _))| (*at, label(n))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::{find, read};

    #[test]
    fn yaml_values_stand_under_their_keys() {
        let text = "# note 070790-1234\nperson:\n  cpr: 010190-1234\n  'tlf nr': \"12345678\"\nbørn:\n- 020290-1234\n\
                    - navn: Åse\n  cpr: 030390-1234\nnote: |\n  første\n  040490-1234\n";
        let seen = read("a.yaml", text.as_bytes());
        assert_eq!((seen.format, seen.text.as_str()), ("yaml", text));
        for (value, label) in [
            ("070790", ""),
            ("010190", "cpr"),
            ("12345678", "tlf nr"),
            ("020290", "børn"),
            ("030390", "cpr"),
            ("040490", "note"),
        ] {
            assert_eq!((seen.label(value), seen.at(value)), (label, find(value, text)), "{value}");
        }
    }

    #[test]
    fn ini_values_stand_under_their_keys() {
        let text =
            "[Bo]\r\ncpr=010190-1234\r\n; 020290-1234\r\nE-mail: bo@x.dk,\r\n  030390-1234\r\nløs 040490-1234\r\n";
        let seen = read("a.ini", text.as_bytes());
        assert_eq!((seen.format, seen.text.as_str()), ("ini", text));
        for (value, label) in
            [("010190", "cpr"), ("020290", ""), ("bo@x.dk", "E-mail"), ("030390", "E-mail"), ("040490", "")]
        {
            assert_eq!((seen.label(value), seen.at(value)), (label, find(value, text)), "{value}");
        }
    }

    #[test]
    fn tables_of_markdown_have_headers() {
        let text = "# Ansatte\n\n| Navn | CPR |\n|------|-----|\n| Åse | 010190-1234 |\n\nog 020290-1234\n";
        let seen = read("a.md", text.as_bytes());
        assert_eq!((seen.format, seen.text.as_str()), ("markdown", text));
        assert_eq!((seen.label("010190"), seen.at("010190")), ("CPR", (5, 9)));
        assert_eq!((seen.label("020290"), seen.at("020290")), ("", (7, 4)));
    }
}
