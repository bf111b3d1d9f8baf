//! What calamine leaves out of a legacy workbook: number formats, comments, text boxes, headers and footers.
//!
//! In: the `Workbook` stream of an `xls` file (BIFF5 or 8). Out: which cells show their digits in a mask, so that a
//! number keeps its leading zeros, and the texts around the cells. Damage is passed over: calamine tells it.
//! Source: MS-XLS 2.1.4 (records), 2.4.

use std::collections::BTreeMap;

use crate::extract::charset;
use crate::extract::sheet::numbers::Shown;

/// Beside the cells.
#[derive(Default)]
pub struct Biff {
    /// It asks for a password: nothing else of it can be read.
    pub locked: bool,
    /// By sheet, in the order of the workbook.
    pub sheets: Vec<Sheet>,
    styles: Vec<Shown>,
}

/// Beside the cells of one sheet.
#[derive(Default)]
pub struct Sheet {
    masks: BTreeMap<(u32, u32), u16>,
    /// One behind the last row and column.
    size: (u64, u64),
    /// Texts, each with the part in which it stands.
    pub texts: Vec<(&'static str, String)>,
}

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const CONTINUE: u16 = 0x003C;

impl Biff {
    /// Reads the stream.
    pub fn read(stream: &[u8]) -> Self {
        let mut biff = Self::default();
        let mut codes: BTreeMap<u32, String> = BTreeMap::new();
        let mut formats = Vec::new();
        let mut sheets = Vec::new();
        let mut eight = true;
        for (kind, data) in records(stream, 0) {
            match kind {
                BOF => eight = u16_at(data, 0) == Some(0x0600),
                0x002F => return Self { locked: true, ..Self::default() },
                0x041E => {
                    let code = data.get(2..).map(|text| if eight { wide(text) } else { narrow(text) });
                    codes.extend(u16_at(data, 0).map(u32::from).zip(code));
                }
                0x00E0 => formats.push(u16_at(data, 2).unwrap_or(0)),
                0x0085 => sheets.extend(u32_at(data, 0)),
                _ => {}
            }
        }
        let shown = |id: u16| Shown::of(u32::from(id), codes.get(&u32::from(id)).map(String::as_str));
        biff.styles = formats.into_iter().map(shown).collect();
        biff.sheets = sheets.into_iter().map(|at| biff.sheet(stream, at as usize, eight)).collect();
        biff
    }

    fn sheet(&self, stream: &[u8], at: usize, eight: bool) -> Sheet {
        let mut sheet = Sheet::default();
        let mut text_follows = false;
        for (kind, data) in records(stream, at) {
            let cell = || Some((u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?)));
            if matches!(kind, 0x0006 | 0x0203..=0x0205 | 0x027E | 0x00BD | 0x00D6 | 0x00FD) {
                let (row, first) = cell().unwrap_or_default();
                let several = data.len().checked_sub(2).filter(|_| kind == 0x00BD).and_then(|at| u16_at(data, at));
                let column = first.max(several.map_or(0, u32::from));
                sheet.size = (sheet.size.0.max(u64::from(row) + 1), sheet.size.1.max(u64::from(column) + 1));
            }
            if kind == 0x0200 {
                // DIMENSIONS is a promise, but room is made for it.
                let at = if data.len() >= 14 {
                    (u32_at(data, 4), u16_at(data, 10))
                } else {
                    (u16_at(data, 2).map(u32::from), u16_at(data, 6))
                };
                let (rows, columns) = (at.0.map_or(0, u64::from), at.1.map_or(0, u64::from));
                sheet.size = (sheet.size.0.max(rows), sheet.size.1.max(columns));
            }
            match kind {
                // FORMULA, NUMBER, RK: row, column, style
                0x0006 | 0x0203 | 0x027E => {
                    if let Some((cell, style)) = cell().zip(u16_at(data, 4)) {
                        self.mask(&mut sheet, cell, style);
                    }
                }
                // MULRK: row, first column, then style and value of each
                0x00BD => {
                    let (row, first) = cell().unwrap_or_default();
                    let values = data.get(4..data.len().saturating_sub(2)).unwrap_or_default().chunks_exact(6);
                    for (value, column) in values.zip(first..) {
                        if let Some(style) = u16_at(value, 0) {
                            self.mask(&mut sheet, (row, column), style);
                        }
                    }
                }
                0x0014 | 0x0015 => sheet.texts.push(("header", if eight { wide(data) } else { narrow(data) })),
                0x01B6 => {
                    text_follows = true;
                    continue;
                }
                CONTINUE if text_follows => {
                    let text = data.split_first().map(|(flags, text)| decode(*flags, text)).unwrap_or_default();
                    sheet.texts.push(("comments", text));
                }
                _ => {}
            }
            text_follows = false;
        }
        sheet
    }

    fn mask(&self, sheet: &mut Sheet, cell: (u32, u32), style: u16) {
        if matches!(self.styles.get(usize::from(style)), Some(Shown::Mask(_))) {
            sheet.masks.insert(cell, style);
        }
    }

    /// How many cells the sheets have, empty ones too.
    pub fn area(&self) -> u64 {
        self.sheets.iter().fold(0, |area, sheet| sheet.size.0.saturating_mul(sheet.size.1).saturating_add(area))
    }

    /// How a cell shows its number.
    pub fn shown(&self, sheet: usize, row: u32, column: u32) -> &Shown {
        let style = self.sheets.get(sheet).and_then(|sheet| sheet.masks.get(&(row, column)));
        style.and_then(|style| self.styles.get(usize::from(*style))).unwrap_or(&Shown::General)
    }
}

/// The records of a substream: from a BOF to its EOF, with those of charts in it.
fn records(stream: &[u8], mut at: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut depth = 0usize;
    let mut ended = false;
    std::iter::from_fn(move || {
        let kind = u16_at(stream, at).filter(|_| !ended)?;
        let begin = at.checked_add(4)?;
        let end = begin.checked_add(usize::from(u16_at(stream, at + 2)?))?.min(stream.len());
        at = end;
        match kind {
            BOF => depth += 1,
            EOF => depth = depth.saturating_sub(1),
            _ => {}
        }
        ended = depth == 0;
        Some((kind, stream.get(begin..end)?))
    })
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A text of BIFF8: number of characters, flags, characters.
fn wide(data: &[u8]) -> String {
    let length = usize::from(u16_at(data, 0).unwrap_or(0));
    let flags = data.get(2).copied().unwrap_or(0);
    let rest = data.get(3..).unwrap_or_default();
    decode(flags, rest.get(..length << (flags & 1)).unwrap_or(rest))
}

/// A text of BIFF5: length, bytes.
fn narrow(data: &[u8]) -> String {
    let length = usize::from(data.first().copied().unwrap_or(0));
    let rest = data.get(1..).unwrap_or_default();
    charset::decode(rest.get(..length).unwrap_or(rest), None).into_owned()
}

/// Characters of two bytes, or the lower halves of them.
fn decode(flags: u8, text: &[u8]) -> String {
    if flags & 1 == 1 {
        encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned()
    } else {
        text.iter().map(|byte| char::from(*byte)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes(), &(data.len() as u16).to_le_bytes(), data].concat()
    }

    #[test]
    fn masks_and_comments_are_found() {
        let bof = record(BOF, &[0, 6, 5, 0]);
        let code = b"000000-0000";
        let format = record(0x041E, &[&[164, 0, 11, 0, 0], code.as_slice()].concat());
        let styles = [record(0xE0, &[0, 0, 0, 0]), record(0xE0, &[0, 0, 164, 0])].concat();
        let mut globals = [bof.clone(), format, styles].concat();
        let at = (globals.len() + 12 + 4) as u32;
        globals.extend(record(0x85, &[&at.to_le_bytes(), [0; 4].as_slice()].concat()));
        globals.extend(record(EOF, &[]));
        let number = record(0x0203, &[&[4, 0, 1, 0, 1, 0], 101901234f64.to_le_bytes().as_slice()].concat());
        let several = record(0xBD, &[5, 0, 1, 0, 0, 0, 9, 9, 9, 9, 1, 0, 9, 9, 9, 9, 2, 0]);
        let comment =
            [record(0x01B6, &[0; 18]), record(CONTINUE, b"\x01r\0e\0m\0"), record(CONTINUE, b"\0no")].concat();
        let header = record(0x14, &[&[5, 0, 0], b"&Lida".as_slice()].concat());
        let stream = [globals, bof, number, several, comment, header, record(EOF, &[]), record(0x14, b"x")].concat();

        let biff = Biff::read(&stream);
        assert_eq!(biff.shown(0, 4, 1).show("101901234", false), "010190-1234");
        assert_eq!((biff.shown(0, 5, 1), biff.shown(1, 4, 1)), (&Shown::General, &Shown::General));
        assert!(matches!(biff.shown(0, 5, 2), Shown::Mask(_)));
        assert_eq!(biff.sheets[0].texts, [("comments", "rem".to_owned()), ("header", "&Lida".to_owned())]);
        assert_eq!(biff.area(), 6 * 3);
        assert!(Biff::read(&[record(BOF, &[0, 6, 5, 0]), record(0x2F, &[1, 0])].concat()).locked);
        for cut in 0..stream.len() {
            Biff::read(&stream[..cut]);
        }
    }
}
