//! What a `CREATE TABLE` says of the columns: their names, and the order in which a table without row numbers stores
//! them (its key first). Source: <https://www.sqlite.org/lang_createtable.html>

use std::sync::Arc;

/// A table.
pub struct Table {
    /// Its name.
    pub name: String,
    /// Where its tree begins.
    pub root: u32,
    /// What its columns are called.
    pub columns: Vec<Arc<str>>,
    /// Which column is stored first, second, …
    pub order: Vec<usize>,
}

/// The names of the columns, and the order in which they are stored.
pub fn columns(statement: &str) -> (Vec<String>, Vec<usize>) {
    let words = words(statement);
    let Some(begin) = words.iter().position(|word| word == &Word::Sign('(')) else { return Default::default() };
    let (mut columns, mut keys): (Vec<String>, Vec<String>) = Default::default();
    let (mut depth, mut at, mut definition) = (0usize, begin, Vec::new());
    while let Some(word) = words.get(at) {
        at += 1;
        match word {
            Word::Sign('(') => depth += 1,
            Word::Sign(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = depth == 0 || depth == 1 && word == &Word::Sign(',');
        if !ends {
            if depth > 1 || !(definition.is_empty() && word == &Word::Sign('(')) {
                definition.push(word);
            }
            continue;
        }
        define(&definition, &mut columns, &mut keys);
        definition.clear();
        if depth == 0 {
            break;
        }
    }
    let apart =
        words.get(at..).unwrap_or_default().windows(2).any(|two| two.iter().map(Word::text).eq(["without", "rowid"]));
    let position = |key: &String| columns.iter().position(|column| column.eq_ignore_ascii_case(key));
    let mut order: Vec<usize> = if apart { keys.iter().filter_map(position).collect() } else { Vec::new() };
    for n in 0..columns.len() {
        if !order.contains(&n) {
            order.push(n);
        }
    }
    (columns, order)
}

/// Takes in the definition of a column or of a constraint.
fn define(words: &[&Word], columns: &mut Vec<String>, keys: &mut Vec<String>) {
    let Some(first) = words.first() else { return };
    let constraint = matches!(first, Word::Plain(_))
        && ["constraint", "primary", "unique", "check", "foreign"].contains(&first.text().as_str());
    let primary = words.windows(2).position(|two| two.iter().map(|w| w.text()).eq(["primary", "key"]));
    if !constraint {
        columns.push(first.name().to_owned());
        keys.extend(primary.map(|_| first.name().to_owned()));
    } else if let Some(at) = primary {
        let list = words.get(at + 3..).unwrap_or_default();
        let mut first = true;
        for word in list.iter().take_while(|word| ***word != Word::Sign(')')) {
            if first && !matches!(word, Word::Sign(_)) {
                keys.push(word.name().to_owned());
            }
            first = **word == Word::Sign(',');
        }
    }
}

/// A word of SQL.
#[derive(Debug, PartialEq)]
enum Word {
    Plain(String),
    Quoted(String),
    Sign(char),
}

impl Word {
    fn name(&self) -> &str {
        match self {
            Self::Plain(name) | Self::Quoted(name) => name,
            Self::Sign(_) => "",
        }
    }

    /// A keyword, in lower case.
    fn text(&self) -> String {
        match self {
            Self::Plain(name) => name.to_lowercase(),
            _ => String::new(),
        }
    }
}

fn words(statement: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '-' if after.starts_with('-') => after.split_once('\n').map_or("", |(_, rest)| rest),
            '/' if after.starts_with('*') => after.split_once("*/").map_or("", |(_, rest)| rest),
            '"' | '`' | '\'' | '[' => {
                let close = if first == '[' { ']' } else { first };
                let (mut name, mut chars) = (String::new(), after.char_indices().peekable());
                let mut end = after.len();
                while let Some((at, c)) = chars.next() {
                    if c == close && (close == ']' || chars.next_if(|(_, next)| *next == close).is_none()) {
                        end = at + 1;
                        break;
                    }
                    name.push(c);
                }
                words.push(Word::Quoted(name));
                after.get(end..).unwrap_or_default()
            }
            c if c.is_whitespace() => after,
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                words.push(Word::Plain(rest.get(..end).unwrap_or_default().to_owned()));
                rest.get(end..).unwrap_or_default()
            }
            c => {
                words.push(Word::Sign(c));
                after
            }
        };
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_they_were_made() {
        let (names, order) = columns(
            "CREATE TABLE \"folk (alle)\" -- (x)\n(id INTEGER PRIMARY KEY, [cpr nr] TEXT DEFAULT ('a,b'), \"a\"\"b\" NUMERIC(10,2), \
             /* , */ tlf, CHECK (tlf > 0), FOREIGN KEY (id) REFERENCES x(y))",
        );
        assert_eq!(names, ["id", "cpr nr", "a\"b", "tlf"]);
        assert_eq!(order, [0, 1, 2, 3]);
    }

    #[test]
    fn a_table_without_row_numbers_has_its_key_first() {
        let (names, order) = columns("create table t(a, b, c, primary key (c, a)) without rowid");
        assert_eq!((names.len(), order), (3, vec![2, 0, 1]));
        assert_eq!(columns("create table t(a, b text primary key) without rowid").1, [1, 0]);
        assert_eq!(columns("create table").0, Vec::<String>::new());
    }
}
