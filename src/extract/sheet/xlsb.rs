//! What calamine leaves out of a binary workbook (`xlsb`): number formats, comments, headers and footers, links,
//! validations, and what pivot tables and links to other books keep.
//!
//! In: the binary parts of the package. Out: which cells show their digits in a mask, and the texts around the cells.
//! Damage is passed over: calamine tells it. Source: MS-XLSB 2.1.4 (records), 2.3.2 (their numbers).

use std::collections::BTreeMap;

use crate::extract::bytes::{slice, u8_at, u16_at, u32_at, utf16};
use crate::extract::ooxml::called;
use crate::extract::package::Package;
use crate::extract::sheet::biff::Beside;
use crate::extract::sheet::numbers::Shown;
use crate::extract::{Out, sweep};
use crate::item::Fault;

/// A workbook beside its cells.
#[derive(Default)]
pub struct Book {
    styles: Vec<Shown>,
    /// By name, in the order of the workbook.
    pub sheets: Vec<(String, Sheet)>,
    /// Beside all sheets.
    pub texts: Vec<Beside>,
}

/// A sheet beside its cells.
#[derive(Default)]
pub struct Sheet {
    masks: BTreeMap<(u32, u32), u16>,
    /// Texts beside the cells.
    pub texts: Vec<Beside>,
}

impl Book {
    /// Reads the parts.
    pub fn read(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<Self, Fault> {
        let mut book = Self { styles: styles(&package.bytes("xl/styles.bin", out)?), ..Self::default() };
        let relations = package.relations("xl/workbook.bin", out)?;
        for (kind, data) in records(&package.bytes("xl/workbook.bin", out)?) {
            if kind == 156 {
                let (id, after) = string(slice(data, 8, data.len()));
                let target =
                    relations.iter().find(|relation| relation.id == id).map(|relation| relation.target.clone());
                let sheet = target.map_or(Ok(Sheet::default()), |target| Sheet::read(package, &target, &book, out))?;
                book.sheets.push((string(after).0, sheet));
            }
        }
        for name in package.names() {
            let part = called(&name);
            if name.ends_with(".bin") && matches!(part.as_str(), "pivot" | "external" | "connections") {
                let texts = sweep::wide(&package.bytes(&name, out)?);
                let part = if part == "external" { "external" } else { "pivot" };
                book.texts.push(Beside { part, cell: None, text: texts });
            }
        }
        Ok(book)
    }

    /// How a cell shows its number.
    pub fn shown(&self, sheet: &str, cell: (u32, u32)) -> &Shown {
        let sheet = self.sheets.iter().find(|(name, _)| name == sheet);
        let style = sheet.and_then(|(_, sheet)| sheet.masks.get(&cell));
        style.and_then(|style| self.styles.get(usize::from(*style))).unwrap_or(&Shown::General)
    }
}

impl Sheet {
    fn read(package: &mut Package<'_>, name: &str, book: &Book, out: &mut Out<'_>) -> Result<Self, Fault> {
        let (mut sheet, mut row) = (Self::default(), 0);
        for (kind, data) in records(&package.bytes(name, out)?) {
            match kind {
                0 => row = u32_at(data, 0).unwrap_or(0),
                // A number as such, packed, and of a formula: column, style
                2 | 5 | 9 => {
                    let style = u16_at(data, 4)
                        .filter(|style| matches!(book.styles.get(usize::from(*style)), Some(Shown::Mask(_))));
                    sheet.masks.extend(u32_at(data, 0).zip(style).map(|(column, style)| ((row, column), style)));
                }
                // Header and footer, of odd, even and first pages
                479 => {
                    let mut rest = slice(data, 2, data.len());
                    for part in ["header", "footer"].into_iter().cycle().take(6) {
                        let (text, after) = string(rest);
                        sheet.tell(part, None, text);
                        rest = after;
                    }
                }
                // A link: its cells, the number of its relation, place, tip, text
                494 => {
                    let (_, mut rest) = string(slice(data, 16, data.len()));
                    for _ in 0..3 {
                        let (text, after) = string(rest);
                        sheet.tell("links", cell(data, 0), text);
                        rest = after;
                    }
                }
                // What may be written into cells
                64 => sheet.tell("validation", None, sweep::wide(data)),
                _ => {}
            }
        }
        for relation in package.relations(name, out)? {
            if relation.external {
                sheet.tell("links", None, relation.target);
            } else if relation.kind == "comments" {
                sheet.comments(&package.bytes(&relation.target, out)?);
            }
        }
        Ok(sheet)
    }

    fn comments(&mut self, part: &[u8]) {
        let mut at = None;
        for (kind, data) in records(part) {
            match kind {
                632 => self.tell("comments", None, string(data).0),
                635 => at = cell(data, 4),
                637 => self.tell("comments", at, string(slice(data, 1, data.len())).0),
                _ => {}
            }
        }
    }

    fn tell(&mut self, part: &'static str, cell: Option<(u32, u32)>, text: String) {
        if !text.trim().is_empty() {
            self.texts.push(Beside { part, cell, text });
        }
    }
}

/// How cells of each style show numbers.
fn styles(part: &[u8]) -> Vec<Shown> {
    let (mut codes, mut styles, mut inside) = (BTreeMap::new(), Vec::new(), false);
    for (kind, data) in records(part) {
        match kind {
            44 => {
                codes.extend(u16_at(data, 0).map(|id| (id, string(slice(data, 2, data.len())).0)));
            }
            617 => inside = true,
            618 => inside = false,
            47 if inside => {
                let id = u16_at(data, 2).unwrap_or(0);
                styles.push(Shown::of(u32::from(id), codes.get(&id).map(String::as_str)));
            }
            _ => {}
        }
    }
    styles
}

/// The first cell of a range: first and last row, first and last column.
fn cell(data: &[u8], at: usize) -> Option<(u32, u32)> {
    u32_at(data, at).zip(u32_at(data, at + 8))
}

/// A string, and what follows it: number of UTF-16 units (all ones: none), units.
fn string(data: &[u8]) -> (String, &[u8]) {
    let units = u32_at(data, 0).filter(|units| *units != u32::MAX).map_or(0, |units| units as usize);
    let end = units.saturating_mul(2).saturating_add(4);
    (utf16(slice(data, 4, end.saturating_sub(4).min(data.len()))), data.get(end..).unwrap_or_default())
}

/// The records of a part: number and length in bytes of seven bits, data.
fn records(part: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut number = |bytes: usize| {
            let mut value = 0u32;
            for n in 0..bytes {
                let byte = u8_at(part, at)?;
                at += 1;
                value |= u32::from(byte & 0x7F) << (7 * n);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            Some(value)
        };
        let (kind, length) = (number(2)?, number(4)? as usize);
        let data = slice(part, at, length.min(part.len()));
        at = at.saturating_add(length);
        Some((kind as u16, data))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let kind = if kind < 0x80 { vec![kind as u8] } else { vec![kind as u8 & 0x7F | 0x80, (kind >> 7) as u8] };
        [kind, vec![data.len() as u8], data.to_vec()].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&(units.len() as u32 / 2).to_le_bytes()[..], &units].concat()
    }

    #[test]
    fn formats_and_comments_are_read() {
        let format = record(44, &[&[164, 0][..], &text("000000-0000")].concat());
        let part = [
            format,
            record(47, &[0, 0, 0, 0]),
            record(617, &[]),
            record(47, &[0; 4]),
            record(47, &[0, 0, 164, 0]),
            record(618, &[]),
        ];
        let styles = styles(&part.concat());
        assert_eq!(styles.len(), 2);
        assert_eq!(styles[1].show("101901234", false), "010190-1234");

        let range = [0u8, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
        let comments = [
            record(632, &text("Åse")),
            record(635, &range),
            record(637, &[&[0][..], &text("ring 010190-1234")].concat()),
        ]
        .concat();
        let mut sheet = Sheet::default();
        sheet.comments(&comments);
        let told: Vec<_> = sheet.texts.iter().map(|t| (t.cell, t.text.as_str())).collect();
        assert_eq!(told, [(None, "Åse"), (Some((4, 1)), "ring 010190-1234")]);
        for cut in 0..comments.len() {
            Sheet::default().comments(&comments[..cut]);
        }
    }
}
