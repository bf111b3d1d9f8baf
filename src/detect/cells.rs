//! What fills a cell of a line: in tables of plain text, in lists, records and signatures.
//!
//! In: a text and where something stands in it. Out: whether a cell begins before it and ends behind it, and which cell of
//! its line it begins. One set of rules: cells are parted by delimiters, spaced dashes, quotes, brackets, a label's
//! colon, line ends, or two spaces. The cells of files that have them are `table`'s.

use std::ops::Range;

/// Gaps are looked through so far, in bytes.
const GAP: usize = 64;
/// Lines are read so far back.
pub const LINE: usize = 512;

/// What parts two cells.
const DELIMITERS: [char; 9] = [';', ',', '|', '\t', '·', '–', '—', '\n', '\r'];
/// What one begins behind, and ends before.
const OPENING: [char; 6] = ['(', '[', '{', ':', '=', '>'];
/// See [`OPENING`].
const CLOSING: [char; 4] = [')', ']', '}', '<'];
const QUOTES: [char; 2] = ['"', '\''];
const SPACES: [char; 2] = [' ', '\u{A0}'];

/// A cell begins here.
pub fn begins(text: &str, at: usize) -> bool {
    let before = text.get(text.floor_char_boundary(at.saturating_sub(GAP))..at).unwrap_or_default();
    let bare = before.trim_end_matches(SPACES);
    let spaced = bare.len() < before.len();
    bare.is_empty()
        || before.ends_with("  ")
        || bare.ends_with(QUOTES) && !spaced
        || bare.ends_with(DELIMITERS)
        || bare.ends_with(OPENING)
        || spaced && bare.ends_with(" -")
}

/// A cell ends here.
pub fn ends(text: &str, at: usize) -> bool {
    let rest = text.get(at..text.floor_char_boundary((at + GAP).min(text.len()))).unwrap_or_default();
    let bare = rest.trim_start_matches(SPACES);
    let spaced = bare.len() < rest.len();
    bare.is_empty()
        || rest.starts_with("  ")
        || bare.starts_with(QUOTES) && !spaced
        || bare.starts_with(DELIMITERS)
        || bare.starts_with(CLOSING)
        || spaced && bare.starts_with("- ")
}

/// It fills a cell.
pub fn fills(text: &str, at: &Range<usize>) -> bool {
    begins(text, at.start) && ends(text, at.end)
}

/// What stands on the line before `at`, as far as `reach` bytes back.
pub fn line_before(text: &str, at: usize, reach: usize) -> &str {
    let before = text.get(text.floor_char_boundary(at.saturating_sub(reach))..at).unwrap_or_default();
    before.get(memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |end| end + 1)..).unwrap_or_default()
}

/// A cell of a line: what parts it from the one before, and its number.
#[derive(Debug, PartialEq)]
pub struct Cell {
    /// The delimiter; a line end for the first cell, a space for two of them.
    pub delimiter: u8,
    /// How many stand before it.
    pub number: usize,
}

/// The cell that begins at `at`, if it is known how the cells of its line are parted.
pub fn cell(text: &str, at: usize) -> Option<Cell> {
    let line = line_before(text, at, LINE);
    let bare = line.trim_end_matches(['"', '(', '+']);
    let Some(last) = bare.bytes().next_back() else { return Some(Cell { delimiter: b'\n', number: 0 }) };
    let by = |delimiter: u8| {
        let number = memchr::memchr_iter(delimiter, line.as_bytes()).count();
        Some(Cell { delimiter, number })
    };
    match last {
        b';' | b'\t' | b'|' | b',' => by(last),
        b' ' if bare.ends_with("  ") => {
            let number = line.trim_end().split("  ").filter(|part| !part.is_empty()).count();
            Some(Cell { delimiter: b' ', number })
        }
        b' ' => match bare.trim_end_matches(' ').bytes().next_back()? {
            bar @ (b'|' | b';') => by(bar),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> bool {
        let start = text.find('X').unwrap();
        fills(text, &(start..start + 1))
    }

    #[test]
    fn what_fills_a_cell() {
        for text in [
            "X",
            "a;X;b",
            "a; X ;b",
            "a,X",
            "a\tX\tb",
            "a | X | b",
            "|X|",
            "a – X – b",
            "a - X - b",
            "a — X",
            "a · X",
            "a  X  b",
            "\"a\",\"X\"",
            "('a', 'X')",
            "a (X)",
            "a\nX\r\nb",
            "nr.: X",
            "<a>X</a>",
            "{\"a\":\"X\"}",
            "a=X;",
        ] {
            assert!(filled(text), "{text:?}");
        }
        for text in ["a X;", "; X b", "a-X-b", "a -X;", "a.X", "x' X", "/X/", "X."] {
            assert!(!filled(text), "{text:?}");
        }
    }

    #[test]
    fn which_cell_of_a_line() {
        let cell = |text: &str| super::cell(text, text.find('X').unwrap()).map(|cell| (cell.delimiter, cell.number));
        assert_eq!(cell("a;b;c\na;\"X\""), Some((b';', 1)));
        assert_eq!(cell("X"), Some((b'\n', 0)));
        assert_eq!(cell("a  b   X"), Some((b' ', 2)));
        assert_eq!(cell("| a | X"), Some((b'|', 2)));
        assert_eq!(cell("a X"), None);
    }
}
