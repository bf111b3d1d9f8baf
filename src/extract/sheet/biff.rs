//! What calamine leaves out of a legacy workbook: number formats, comments, text boxes, headers and footers, links,
//! validations.
//!
//! In: the `Workbook` stream of an `xls` file (BIFF5 or 8). Out: which cells show their digits in a mask, so that a
//! number keeps its leading zeros, and the texts around the cells. Damage is passed over: calamine tells it.
//! Source: MS-XLS 2.1.4 (records), 2.4.

use std::collections::BTreeMap;

use crate::extract::bytes::{slice, u16_at, u32_at};
use crate::extract::charset::{self, Charset};
use crate::extract::sheet::numbers::Shown;
use crate::extract::{art, sweep};

/// Beside the cells.
#[derive(Default)]
pub struct Biff {
    /// It asks for a password: nothing else of it can be read.
    pub locked: bool,
    /// By sheet, in the order of the workbook.
    pub sheets: Vec<Sheet>,
    /// Texts of the whole workbook.
    pub texts: Vec<Beside>,
    styles: Vec<Shown>,
}

/// Beside the cells of one sheet.
#[derive(Default)]
pub struct Sheet {
    masks: BTreeMap<(u32, u32), u16>,
    /// Texts beside the cells.
    pub texts: Vec<Beside>,
}

/// A text beside the cells.
#[derive(Debug, PartialEq)]
pub struct Beside {
    /// The part in which it stands.
    pub part: &'static str,
    /// Row and column of the cell that it belongs to.
    pub cell: Option<(u32, u32)>,
    /// What it says.
    pub text: String,
}

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const CONTINUE: u16 = 0x003C;

/// The group of all drawings (`MsoDrawingGroup`), which is cut into records.
pub fn drawings(stream: &[u8]) -> Vec<u8> {
    let (mut group, mut inside) = (Vec::new(), false);
    for (kind, data) in records(stream, 0) {
        inside = kind == 0x00EB || (inside && kind == 0x003C);
        if inside {
            group.extend_from_slice(data);
        }
    }
    group
}

impl Biff {
    /// Reads the stream.
    pub fn read(stream: &[u8]) -> Self {
        let mut biff = Self::default();
        let mut codes: BTreeMap<u32, String> = BTreeMap::new();
        let mut formats = Vec::new();
        let mut sheets = Vec::new();
        let mut eight = true;
        let mut tell = |part, text: String| biff.texts.push(Beside { part, cell: None, text });
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
                // SUPBOOK, EXTERNNAME, CRN: another workbook, its names, and the values of its cells
                0x01AE | 0x0023 | 0x005A => tell("external", runs(data)),
                // NAME: what a name stands for, where that is a text
                0x0018 => tell("names", runs(data)),
                // FILESHARING, WRITEACCESS: who keeps others from writing, who wrote
                0x005B => tell("properties", runs(data)),
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
        let mut text = Boxed::default();
        let mut boxes: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        let mut drawing = Vec::new();
        for (kind, data) in records(stream, at) {
            let cell = || Some((u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?)));
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
                0x0014 => sheet.tell("header", None, if eight { wide(data) } else { narrow(data) }),
                0x0015 => sheet.tell("footer", None, if eight { wide(data) } else { narrow(data) }),
                // OBJ: what the next text is in; TXO: how long it is; then the text
                0x005D => text = Boxed { kind: u16_at(data, 4), id: u16_at(data, 6), left: 0 },
                0x01B6 => {
                    text.left = usize::from(u16_at(data, 10).unwrap_or(0));
                    boxes.entry(text.id.unwrap_or(0)).or_default().push(sheet.texts.len());
                    let part = if text.kind == Some(0x19) { "comments" } else { "drawing" };
                    sheet.texts.push(Beside { part, cell: None, text: String::new() });
                }
                CONTINUE if text.left > 0 => {
                    if let (Some((flags, chars)), Some(last)) = (data.split_first(), sheet.texts.last_mut()) {
                        last.text.push_str(&decode(*flags, chars));
                        text.left = text.left.saturating_sub(chars.len() >> (flags & 1));
                    }
                }
                // NOTE: cell, flags, the box with its text, who wrote it; before BIFF8, length and text
                0x001C if eight => {
                    let numbers = boxes.get(&u16_at(data, 6).unwrap_or(0)).into_iter().flatten();
                    for number in numbers {
                        if let Some(comment) = sheet.texts.get_mut(*number) {
                            comment.cell = cell();
                        }
                    }
                    sheet.tell("comments", cell(), wide(data.get(8..).unwrap_or_default()));
                }
                0x001C => sheet.tell("comments", cell(), charset::decode(slice(data, 6, data.len()), None).into()),
                // HLINK, HLINKTOOLTIP: first and last row, first and last column
                0x01B8 | 0x0800 => {
                    let at = if kind == 0x0800 { 2 } else { 0 };
                    let cell = u16_at(data, at).map(u32::from).zip(u16_at(data, at + 4).map(u32::from));
                    sheet.tell("links", cell, sweep::wide(slice(data, at + 8, data.len())));
                }
                // DV: flags, four texts, then what is allowed
                0x01BE => {
                    let mut rest = data.get(4..).unwrap_or_default();
                    for _ in 0..4 {
                        sheet.tell("validation", None, wide(rest));
                        let wide = rest.get(2).copied().unwrap_or(0) & 1;
                        rest = rest.get(3 + (usize::from(u16_at(rest, 0).unwrap_or(0)) << wide)..).unwrap_or_default();
                    }
                    sheet.tell("validation", None, runs(rest));
                }
                // SERIESTEXT of charts
                0x100D if eight => {
                    let flags = data.get(3).copied().unwrap_or(0);
                    sheet.tell("chart", None, decode(flags, data.get(4..).unwrap_or_default()));
                }
                // SCENARIO: its name, who made it, the remark, values
                0x00AF => sheet.tell("scenario", None, runs(data)),
                // CF, CF12: what a cell is compared with to be formatted
                0x01B1 | 0x087A => sheet.tell("format", None, runs(data)),
                // AUTOFILTER, AUTOFILTER12: what is filtered by
                0x009E | 0x087E => sheet.tell("filter", None, runs(data)),
                0x00EC => drawing.extend_from_slice(data),
                _ => {}
            }
        }
        art::texts(&drawing).into_iter().for_each(|text| sheet.tell("drawing", None, text));
        sheet
    }

    fn mask(&self, sheet: &mut Sheet, cell: (u32, u32), style: u16) {
        if matches!(self.styles.get(usize::from(style)), Some(Shown::Mask(_))) {
            sheet.masks.insert(cell, style);
        }
    }

    /// How a cell shows its number.
    pub fn shown(&self, sheet: usize, row: u32, column: u32) -> &Shown {
        let style = self.sheets.get(sheet).and_then(|sheet| sheet.masks.get(&(row, column)));
        style.and_then(|style| self.styles.get(usize::from(*style))).unwrap_or(&Shown::General)
    }
}

impl Sheet {
    fn tell(&mut self, part: &'static str, cell: Option<(u32, u32)>, text: String) {
        let text = text.trim_matches('\0');
        if !text.is_empty() {
            self.texts.push(Beside { part, cell, text: text.to_owned() });
        }
    }
}

/// The text box that is open: the kind and number of its object, and how many characters are still to come.
#[derive(Default)]
struct Boxed {
    kind: Option<u16>,
    id: Option<u16>,
    left: usize,
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

/// The texts in a record whose make-up does not matter.
fn runs(data: &[u8]) -> String {
    sweep::runs(data, Charset::Known(encoding_rs::WINDOWS_1252))
}

/// The texts that a pivot table keeps of its source, also after they were deleted there (SXSTRING).
pub fn pivot(stream: &[u8]) -> Vec<Beside> {
    let (mut texts, mut at) = (Vec::new(), 0);
    while let Some((kind, length)) = u16_at(stream, at).zip(u16_at(stream, at + 2)) {
        let data = slice(stream, at + 4, length.into());
        if kind == 0x00CD {
            texts.push(Beside { part: "pivot", cell: None, text: wide(data) });
        }
        at += 4 + usize::from(length);
    }
    texts
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
        let comment = [
            record(0x5D, &[0x15, 0, 0x12, 0, 0x19, 0, 7, 0]),
            record(0x01B6, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0]),
            record(CONTINUE, b"\x01r\0e\0m\0"),
            record(CONTINUE, b"\0ar"),
            record(CONTINUE, b"\0no"),
            record(0x1C, &[4, 0, 1, 0, 0, 0, 7, 0, 3, 0, 0, b'I', b'd', b'a']),
        ]
        .concat();
        let header = record(0x14, &[&[5, 0, 0], b"&Lida".as_slice()].concat());
        let stream = [globals, bof, number, several, comment, header, record(EOF, &[]), record(0x14, b"x")].concat();

        let biff = Biff::read(&stream);
        assert_eq!(biff.shown(0, 4, 1).show("101901234", false), "010190-1234");
        assert_eq!((biff.shown(0, 5, 1), biff.shown(1, 4, 1)), (&Shown::General, &Shown::General));
        assert!(matches!(biff.shown(0, 5, 2), Shown::Mask(_)));
        let texts: Vec<_> = biff.sheets[0].texts.iter().map(|t| (t.part, t.cell, t.text.as_str())).collect();
        let cell = Some((4, 1));
        assert_eq!(texts, [("comments", cell, "remar"), ("comments", cell, "Ida"), ("header", None, "&Lida")]);
        assert!(Biff::read(&[record(BOF, &[0, 6, 5, 0]), record(0x2F, &[1, 0])].concat()).locked);
        for cut in 0..stream.len() {
            Biff::read(&stream[..cut]);
        }
    }
}
