//! Cells of Excel's XML as nearly all of them are written.
//!
//! In: the text of a sheet where a cell begins. Out: the cell, if it has a reference, a style and a type in this order, and
//! a value that stands for nothing but itself. All other cells are read tag by tag (xlsx.rs), with the same result.

use crate::extract::sheet::xlsx::Kind;

/// More columns and styles than a workbook has.
const COLUMNS: u32 = 1 << 15;
const STYLES: usize = 1 << 20;

/// What stands before a value and behind it, and what it is.
const WAYS: [(&[u8], &[u8], Kind); 5] = [
    (b"><v>", b"</v></c>", Kind::Number),
    (b" t=\"s\"><v>", b"</v></c>", Kind::Shared),
    (b" t=\"n\"><v>", b"</v></c>", Kind::Number),
    (b" t=\"str\"><v>", b"</v></c>", Kind::Text),
    (b" t=\"inlineStr\"><is><t>", b"</t></is></c>", Kind::Text),
];

/// A cell with its value, and nothing else: `<c r="B2" s="1" t="s"><v>7</v></c>`, or, as programs write that keep no list
/// of texts, `<c r="B2" t="inlineStr"><is><t>Ida</t></is></c>`.
pub struct Plain<'x> {
    /// Its column, from 0.
    pub column: u32,
    /// The number of its style.
    pub style: usize,
    /// What its value is.
    pub kind: Kind,
    /// Its value as it stands there.
    pub value: &'x str,
}

impl<'x> Plain<'x> {
    /// The cell that stands here, and what stands behind it. `None`: it is written in another way, or does not end here.
    pub fn read(text: &'x str) -> Option<(Self, &'x str)> {
        let mut rest = text.as_bytes().strip_prefix(b"<c r=\"")?;
        let mut column = 0u32;
        while let [letter @ b'A'..=b'Z', after @ ..] = rest {
            column = column * 26 + u32::from(letter - b'A') + 1;
            rest = after;
            if column > COLUMNS {
                return None;
            }
        }
        while let [b'0'..=b'9', after @ ..] = rest {
            rest = after;
        }
        rest = rest.strip_prefix(b"\"")?;
        let mut style = 0;
        if let Some(after) = rest.strip_prefix(b" s=\"") {
            rest = after;
            while let [digit @ b'0'..=b'9', after @ ..] = rest {
                style = 10 * style + usize::from(digit - b'0');
                rest = after;
                if style > STYLES {
                    return None;
                }
            }
            rest = rest.strip_prefix(b"\"")?;
        }
        let of_type = WAYS.iter().find_map(|(begins, ends, kind)| Some((rest.strip_prefix(*begins)?, *ends, *kind)));
        let (value, ends, kind) = of_type?;
        let length = value.iter().position(|b| matches!(b, b'<' | b'&' | b'\r'))?;
        let rest = value.get(length..)?.strip_prefix(ends)?;
        let start = text.len() - value.len();
        let value = text.get(start..start + length)?;
        Some((Self { column: column.checked_sub(1)?, style, kind, value }, text.get(text.len() - rest.len()..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u32, usize, Kind, &str, &str)> {
        Plain::read(text).map(|(cell, after)| (cell.column, cell.style, cell.kind, cell.value, after))
    }

    #[test]
    fn cells_are_read_whole_or_left() {
        assert_eq!(read("<c r=\"AB12\" s=\"3\" t=\"s\"><v>7</v></c><c"), Some((27, 3, Kind::Shared, "7", "<c")));
        assert_eq!(read("<c r=\"A1\"><v>1.5</v></c>"), Some((0, 0, Kind::Number, "1.5", "")));
        assert_eq!(read("<c r=\"C1\" t=\"str\"><v>Søren ></v></c>"), Some((2, 0, Kind::Text, "Søren >", "")));
        let inline = "<c r=\"D4\" s=\"2\" t=\"inlineStr\"><is><t>Ida Holm</t></is></c></row>";
        assert_eq!(read(inline), Some((3, 2, Kind::Text, "Ida Holm", "</row>")));
        for other in [
            "<c r=\"A1\"/>",
            "<c r=\"A1\" t=\"inlineStr\"><is><t>a</t><t>b</t></is></c>",
            "<c r=\"A1\" t=\"inlineStr\"><is><t>S&#248;ren</t></is></c>",
            "<c r=\"A1\" t=\"inlineStr\"><is><r><t>a</t></r></is></c>",
            "<c r=\"A1\" t=\"inlineStr\"><v>a</v></c>",
            "<c r=\"\"><v>1</v></c>",
            "<c r=\"1\"><v>1</v></c>",
            "<c r=\"a1\"><v>1</v></c>",
            "<c r=\"ZZZZZZZZ1\"><v>1</v></c>",
            "<c r=\"A1\" s=\"99999999999999999999\"><v>1</v></c>",
            "<c r=\"A1\" t=\"b\"><v>1</v></c>",
            "<c r=\"A1\" t=\"s\" s=\"1\"><v>1</v></c>",
            "<c r=\"A1\"><f>B1</f><v>1</v></c>",
            "<c r=\"A1\" t=\"str\"><v>a &amp; b</v></c>",
            "<c r=\"A1\"><v>1</v>",
            "<c r=\"A1\"><v>1",
            "<c r=\"A",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
