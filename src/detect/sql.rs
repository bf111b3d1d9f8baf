//! Columns of SQL dumps: `INSERT INTO people (id, name, account) VALUES (1, 'Anna Holm', '3570 4182488')`.
//!
//! In: a text. Out: the name of the column that a value of such a statement belongs to.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

/// So many statements are remembered.
const STATEMENTS: usize = 256;
/// A statement's head, and one row of it, are no longer.
const HEAD: usize = 2048;
/// A table has no more columns.
const COLUMNS: usize = 128;

/// The statements of a text that name their columns.
pub struct Inserts(Vec<Insert>);

struct Insert {
    rows: Range<usize>,
    columns: Vec<Arc<str>>,
}

impl Inserts {
    /// Those of a text; most have none.
    pub fn of(text: &str) -> Self {
        let mut all: Vec<Insert> = Vec::new();
        for word in ["INSERT INTO ", "insert into "] {
            for at in memmem::find_iter(text.as_bytes(), word).take(STATEMENTS) {
                all.extend(insert(text, at + word.len()));
            }
        }
        all.sort_by_key(|insert| insert.rows.start);
        Self(all)
    }

    /// The column of the value at `at`.
    pub fn column(&self, text: &str, at: usize) -> Option<Arc<str>> {
        let before = self.0.partition_point(|insert| insert.rows.start <= at);
        let insert = self.0.get(before.checked_sub(1)?).filter(|insert| at < insert.rows.end)?;
        let from = text.floor_char_boundary(at.saturating_sub(HEAD).max(insert.rows.start));
        let before = text.get(from..at)?;
        // Rows begin lines, or stand on one line.
        let line = before.get(before.rfind("\n(").map_or(0, |end| end + 1)..)?;
        let (mut quoted, mut depth, mut number) = (false, 0usize, 0usize);
        for byte in line.bytes() {
            match byte {
                b'\'' => quoted = !quoted,
                _ if quoted => {}
                b'(' => {
                    number = if depth == 0 { 0 } else { number };
                    depth += 1;
                }
                b')' => depth = depth.saturating_sub(1),
                b',' if depth == 1 => number += 1,
                _ => {}
            }
        }
        insert.columns.get(number).filter(|_| depth > 0).map(Arc::clone)
    }
}

fn insert(text: &str, at: usize) -> Option<Insert> {
    let head = text.get(at..text.floor_char_boundary((at + HEAD).min(text.len())))?;
    let open = head.find('(')?;
    let close = open + head.get(open..)?.find(')')?;
    let values = head.get(close + 1..)?.trim_start();
    if !values.get(..6)?.eq_ignore_ascii_case("values") || head.get(..open)?.split_whitespace().count() > 1 {
        return None;
    }
    let names = head.get(open + 1..close)?.split(',').take(COLUMNS);
    let columns = names.map(|name| Arc::from(name.trim_matches(|c: char| !c.is_alphanumeric()))).collect();
    let start = at + close + 1;
    let end = text.get(start..)?.find(";\n").map_or(text.len(), |end| start + end);
    Some(Insert { rows: start..end, columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_statements() {
        let text =
            "INSERT INTO k (id, navn, konto) VALUES\n(1,'Holm, Anna','35'),\n(2,'Vik (jr.)','88');\n(3,'x','99')";
        let inserts = Inserts::of(text);
        let column = |value: &str| inserts.column(text, text.find(value).unwrap()).map(|name| name.to_string());
        assert_eq!(column("35").as_deref(), Some("konto"));
        assert_eq!(column("88").as_deref(), Some("konto"));
        assert_eq!(column("Vik").as_deref(), Some("navn"));
        assert_eq!(column("99"), None);
        assert_eq!(Inserts::of("INSERT INTO k VALUES (1,'35');").column("INSERT INTO k VALUES (1,'35');", 25), None);
    }
}
