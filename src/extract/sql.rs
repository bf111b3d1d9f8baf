//! Dumps of databases as SQL: rows of `INSERT INTO … VALUES`, and of PostgreSQL's `COPY … FROM stdin`. Any size, in
//! pieces.
//!
//! The text is handed over as it stands; a value's label is its column's name, from the statement itself or from the
//! table's `CREATE TABLE` before it. A statement whose head is cut by the end of a piece has no labels, never wrong ones.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::extract::{Content, Format, Head, Match, Out, text};
use crate::item::{Fault, Kind};

/// SQL.
pub const FORMATS: &[Format] = &[Format { name: "sql", kind: Kind::Document, sniff, read }];

/// Columns of a table, at most: the limit of SQLite is 2,000, of PostgreSQL 1,600, of MySQL 4,096.
const COLUMNS: usize = 4096;
/// Tables that are remembered.
const TABLES: usize = 4096;
/// Bytes between the beginning of a statement and its rows.
const LONGEST_HEAD: usize = 256 << 10;
/// What the lines of a table's definition begin with that are no columns.
const NO_COLUMNS: &[&str] =
    &["primary", "key", "unique", "constraint", "index", "foreign", "check", "fulltext", "spatial", "exclude", "like"];

fn sniff(head: &Head<'_>) -> Match {
    let named = head.named(&["sql", "psql", "pgsql", "mysql", "dump"]);
    let is_one = || head.text().is_some_and(|text| text.lines().any(|line| statement(line).is_some()));
    if named && is_one() { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let rows = RefCell::new(Rows::default());
    text::placed(content, out, &|piece| rows.borrow_mut().cells(piece))
}

/// Statements that say how rows are made up.
#[derive(Clone, Copy, PartialEq)]
enum Statement {
    Create,
    Insert,
    Copy,
}

/// The statement that begins on this line, if it is one of those.
fn statement(line: &str) -> Option<(Statement, &str)> {
    let line = line.trim_start();
    let begins = |words: &str| {
        let (first, rest) = line.split_at_checked(words.len())?;
        first.eq_ignore_ascii_case(words).then_some(rest)
    };
    let is = |kind: Statement, words: &'static [&'static str]| {
        words.iter().find_map(|words| begins(words)).map(|rest| (kind, rest))
    };
    is(Statement::Create, &["create table if not exists ", "create table "])
        .or_else(|| is(Statement::Insert, &["insert into ", "insert ignore into ", "replace into ", "insert "]))
        .or_else(|| is(Statement::Copy, &["copy "]))
}

type Columns = Arc<[Option<Arc<str>>]>;

/// Where in a dump the text stands.
#[derive(Default)]
enum State {
    #[default]
    Between,
    /// Among the rows of an `INSERT`. `cell`: in a row, at this column; `quoted`: within the quotes of its value.
    Values { columns: Columns, cell: Option<usize>, quoted: bool },
    /// Among lines of cells parted by tabs.
    Lines { columns: Columns },
}

/// What is known of a dump.
#[derive(Default)]
struct Rows {
    tables: HashMap<String, Columns>,
    state: State,
}

type Cells = Vec<(Range<usize>, Arc<str>)>;

impl Rows {
    /// The cells of the next piece that stand under a name.
    fn cells(&mut self, piece: &str) -> Cells {
        let (mut cells, mut at) = (Vec::new(), 0);
        while at < piece.len() {
            at = match std::mem::take(&mut self.state) {
                State::Between => self.head(piece, at),
                State::Values { columns, cell, quoted } => self.values(piece, at, (columns, cell, quoted), &mut cells),
                State::Lines { columns } => self.line(piece, at, columns, &mut cells),
            };
        }
        cells
    }

    /// A line between rows: perhaps the head of a statement. Where it ends.
    fn head(&mut self, piece: &str, at: usize) -> usize {
        let rest = piece.get(at..).unwrap_or_default();
        let next = at + rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = rest.split('\n').next().unwrap_or_default();
        let Some((kind, behind)) = statement(line) else { return next };
        let begin = at + line.len() - behind.len();
        let head =
            piece.get(begin..piece.floor_char_boundary((begin + LONGEST_HEAD).min(piece.len()))).unwrap_or_default();
        let (table, named) = name(head);
        let list = named.trim_start();
        let (items, behind) = match list.strip_prefix('(').map(items) {
            Some(Some(items)) => items,
            // What does not end is passed over as a whole: it may begin a thousand times.
            Some(None) => return begin + head.len(),
            None => (Vec::new(), list),
        };
        let names = items.into_iter().filter_map(column).take(COLUMNS);
        let columns: Columns = names.map(|name| (!name.is_empty()).then(|| Arc::from(name))).collect();
        let columns = match self.tables.get(&table) {
            Some(known) if columns.is_empty() => Arc::clone(known),
            _ => columns,
        };
        let place = |rest: &str| piece.len().min(begin + (head.len() - rest.len()));
        match kind {
            Statement::Create => {
                if self.tables.len() < TABLES && !columns.is_empty() {
                    self.tables.insert(table, columns);
                }
                place(behind)
            }
            Statement::Insert => {
                let rows = behind.trim_start();
                let Some((values, rows)) = rows.split_at_checked("values".len()) else { return next };
                if columns.is_empty() || !values.eq_ignore_ascii_case("values") {
                    return next;
                }
                self.state = State::Values { columns, cell: None, quoted: false };
                place(rows)
            }
            Statement::Copy => {
                let line = behind.split('\n').next().unwrap_or_default();
                if !columns.is_empty() && line.to_ascii_lowercase().contains("from stdin") {
                    self.state = State::Lines { columns };
                }
                next
            }
        }
    }

    /// Rows in brackets, up to the semicolon or the end of the piece. Where they end.
    fn values(
        &mut self,
        piece: &str,
        mut at: usize,
        (columns, mut cell, mut quoted): (Columns, Option<usize>, bool),
        cells: &mut Cells,
    ) -> usize {
        let bytes = piece.as_bytes();
        let mut begin = at;
        while let Some(byte) = bytes.get(at) {
            if quoted {
                let rest = bytes.get(at..).unwrap_or_default();
                let Some(end) = memchr::memchr2(b'\'', b'\\', rest) else { break };
                at += end;
                match (bytes.get(at), bytes.get(at + 1)) {
                    (Some(b'\\'), _) | (Some(b'\''), Some(b'\'')) => at += 2,
                    _ => {
                        take(&columns, cell, begin..at, cells);
                        quoted = false;
                        at += 1;
                        begin = at;
                    }
                }
                continue;
            }
            match (cell, byte) {
                (None, b'(') => (cell, begin) = (Some(0), at + 1),
                (None, b';') => return at + 1,
                (Some(_), b'\'') => (quoted, begin) = (true, at + 1),
                (Some(number), b',' | b')') => {
                    let bare = piece.get(begin..at).unwrap_or_default();
                    let from = begin + (bare.len() - bare.trim_start().len());
                    if !bare.trim().is_empty() {
                        take(&columns, cell, from..from + bare.trim().len(), cells);
                    }
                    cell = (*byte == b',').then_some(number + 1);
                    begin = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        self.state = State::Values { columns, cell, quoted };
        piece.len()
    }

    /// A line of cells parted by tabs. Where it ends.
    fn line(&mut self, piece: &str, at: usize, columns: Columns, cells: &mut Cells) -> usize {
        let line = piece.get(at..).unwrap_or_default().split('\n').next().unwrap_or_default();
        if line.trim_end() == "\\." {
            return at + line.len() + 1;
        }
        let mut begin = at;
        for (number, value) in line.split('\t').enumerate() {
            take(&columns, Some(number), begin..begin + value.len(), cells);
            begin += value.len() + 1;
        }
        self.state = State::Lines { columns };
        at + line.len() + 1
    }
}

/// A value, under the name of its column if that has one.
fn take(columns: &Columns, cell: Option<usize>, at: Range<usize>, cells: &mut Cells) {
    let name = cell.and_then(|cell| columns.get(cell)).and_then(Option::as_ref);
    cells.extend(name.filter(|_| !at.is_empty()).map(|name| (at, Arc::clone(name))));
}

/// A table's name, without its schema and quotes, in lower case; and what follows it.
fn name(text: &str) -> (String, &str) {
    let end = text.find(|c: char| c == '(' || c.is_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (bare(name.rsplit('.').next().unwrap_or_default()).to_lowercase(), rest)
}

/// Without quotes.
fn bare(name: &str) -> &str {
    name.trim_matches(['`', '"', '[', ']', '\''])
}

/// The column that an item of a list names; `None` if it names none.
fn column(item: &str) -> Option<&str> {
    let item = item.trim();
    let quoted = item.strip_prefix(['`', '"', '[']).and_then(|rest| rest.split(['`', '"', ']']).next());
    let name = quoted.or_else(|| item.split(|c: char| c.is_whitespace() || c == '(').next()).map(bare)?;
    let other = quoted.is_none() && NO_COLUMNS.iter().any(|word| name.eq_ignore_ascii_case(word));
    (!other).then_some(name)
}

/// What stands between the commas of a list in brackets, and what follows it. `None`: it does not end.
fn items(list: &str) -> Option<(Vec<&str>, &str)> {
    let (mut items, mut begin, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (at, byte) in list.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') if depth > 0 => depth -= 1,
            (None, b',' | b')') if depth == 0 => {
                items.push(list.get(begin..at)?);
                begin = at + 1;
                if byte == b')' {
                    return Some((items, list.get(begin..)?));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    #[test]
    fn rows_of_inserts_have_the_names_of_their_columns() {
        let text = "-- dump\nINSERT INTO `kunder` (`id`, `navn`, cpr, konto) VALUES\n(1,'Bo O''Hara; (x)','010190-1234','3570 4182488'),\n(2,NULL, 20290 ,'8836');\nSELECT 1;\nINSERT INTO x VALUES ('y');\n";
        let seen = read("a.sql", text.as_bytes());
        assert_eq!(seen.format, "sql");
        for (value, label) in
            [("Bo O", "navn"), ("010190", "cpr"), ("3570 4182488", "konto"), ("20290", "cpr"), ("y'", "")]
        {
            assert_eq!(seen.label(value), label, "{value}");
        }
        assert_eq!(seen.at("010190-1234"), (3, 23));
    }

    #[test]
    fn the_table_may_tell_the_columns() {
        let text = "CREATE TABLE IF NOT EXISTS `crm`.`folk` (\n  `id` int(11) NOT NULL DEFAULT '0, (1',\n  `tlf` varchar(20),\n  PRIMARY KEY (`id`),\n  KEY x (`tlf`)\n) ENGINE=InnoDB;\nINSERT INTO `folk` VALUES (1,'32123456'),(2,'32123457');\n";
        let seen = read("a.sql", text.as_bytes());
        assert_eq!((seen.label("32123456"), seen.label("32123457")), ("tlf", "tlf"));
    }

    #[test]
    fn lines_of_postgresql() {
        let text = "COPY public.folk (id, navn, \"fødselsdato\") FROM stdin;\n1\tBo Holm\t1990-01-01\n\\.\n\n2\tx\t1991-01-01\n";
        let seen = read("a.sql", text.as_bytes());
        assert_eq!((seen.label("Bo Holm"), seen.label("1990-01-01"), seen.label("1991")), ("navn", "fødselsdato", ""));
    }
}
