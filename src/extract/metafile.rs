//! Pictures that are drawn by commands (EMF, EMF+, WMF): the texts in them. Office programs keep such previews of tables
//! and documents beside what they embed, and go on keeping them when that changes.
//!
//! In: a file, or a picture in a document. Out: lines, put together from the pieces that are drawn side by side.
//! Deliberately elsewhere: bitmaps in them are not looked at. Sources: MS-EMF 2.3.5, 2.2.5; MS-EMFPLUS 2.3.4; MS-WMF 2.3.3.

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::extract::bytes::{slice, u8_at, u16_at, u32_at, utf16};
use crate::extract::{Content, Format, Head, Marked, Match, Out, mapi, rtf};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Metafiles.
pub const FORMATS: &[Format] = &[Format { name: "metafile", kind: Kind::Document, sniff, read }];

const PLACEABLE: &[u8] = b"\xD7\xCD\xC6\x9A";
/// The characters are numbers of glyphs.
const GLYPHS: u32 = 0x10;
/// No rectangle stands before a small text.
const NO_RECTANGLE: u32 = 0x100;
/// A small text has one byte for each character.
const NARROW: u32 = 0x200;
/// A piece that begins so many of the last one's characters behind its end is another word.
const SPACE: f64 = 0.25;
/// And so many, another cell.
const CELL: f64 = 2.0;

fn sniff(head: &Head<'_>) -> Match {
    let enhanced = head.starts(b"\x01\0\0\0") && head.bytes.get(40..44) == Some(b" EMF");
    let plain = matches!(head.bytes, [1 | 2, 0, 9, 0, 0, 1 | 3, ..]);
    if enhanced || plain || head.starts(PLACEABLE) { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = content.whole()?;
    let (mut lines, mut more) = (Lines::default(), Lines::default());
    let whole = if bytes.get(40..44) == Some(b" EMF") {
        enhanced(&bytes, &mut lines, &mut more)
    } else {
        plain(&bytes, &mut lines)
    };
    // Most programs that write EMF+ write the same as EMF too.
    for line in more.text.lines() {
        if !lines.text.contains(line) {
            lines.line(line);
        }
    }
    let mut text = Marked::new();
    text.at(Position { line: Some(1), ..Position::default() });
    text.push(lines.text.trim_start_matches('\n'));
    text.emit(out)?;
    if whole.is_some() { Ok(()) } else { out.damage(Fault::corrupt("the picture breaks off")) }
}

/// The records of an EMF. `None`: one of them is damaged, or the last is missing.
fn enhanced(bytes: &[u8], lines: &mut Lines, more: &mut Lines) -> Option<()> {
    let mut at = 0;
    loop {
        let (kind, size) = (u32_at(bytes, at)?, u32_at(bytes, at + 4)? as usize);
        let record = bytes.get(at..at.checked_add(size.max(8))?)?;
        match kind {
            14 => return Some(()),
            83 | 84 => piece(record, 36, kind == 84, lines).unwrap_or_default(),
            96 | 97 => {
                let count = (u32_at(record, 36)? as usize).min(record.len() / 40);
                for n in 0..count {
                    piece(record, 40 + n * 40, kind == 97, lines);
                }
            }
            108 => small(record, lines).unwrap_or_default(),
            70 if record.get(12..16) == Some(b"EMF+") => plus(record.get(16..)?, more).unwrap_or_default(),
            _ => {}
        }
        at += size.max(8);
    }
}

/// A text with the place where it is described in its record (EmrText).
fn piece(record: &[u8], at: usize, wide: bool, lines: &mut Lines) -> Option<()> {
    let number = |place: usize| u32_at(record, at + place);
    let (x, y, count) = (number(0)? as i32, number(4)? as i32, number(8)? as usize);
    if number(16)? & GLYPHS != 0 {
        return None;
    }
    let text = slice(record, number(12)? as usize, count.checked_mul(if wide { 2 } else { 1 })?);
    let text = if wide { utf16(text) } else { WINDOWS_1252.decode_without_bom_handling(text).0.into_owned() };
    let widths = slice(record, number(36)? as usize, count.checked_mul(4)?);
    let width = widths.as_chunks::<4>().0.iter().map(|width| i64::from(i32::from_le_bytes(*width))).sum();
    lines.add(x.into(), y.into(), width, &text);
    Some(())
}

fn small(record: &[u8], lines: &mut Lines) -> Option<()> {
    let number = |at: usize| u32_at(record, at);
    let (x, y, count, options) = (number(8)? as i32, number(12)? as i32, number(16)? as usize, number(20)?);
    if options & GLYPHS == 0 {
        let at = if options & NO_RECTANGLE == 0 { 52 } else { 36 };
        let text = match options & NARROW {
            0 => utf16(slice(record, at, count.checked_mul(2)?)),
            _ => slice(record, at, count).iter().map(|byte| char::from(*byte)).collect(),
        };
        lines.add(x.into(), y.into(), 0, &text);
    }
    Some(())
}

/// The records of EMF+ in a comment.
fn plus(mut records: &[u8], lines: &mut Lines) -> Option<()> {
    loop {
        let (kind, size) = (u16_at(records, 0)?, u32_at(records, 4)? as usize);
        let data = slice(records, 12, size.checked_sub(12)?);
        match kind {
            // DrawString: each is a text by itself.
            0x401C => lines.line(&utf16(slice(data, 28, (u32_at(data, 8)? as usize).checked_mul(2)?))),
            // DrawDriverString: characters, if they are not glyphs.
            0x4036 if u32_at(data, 4)? & 1 != 0 => {
                lines.line(&utf16(slice(data, 16, (u32_at(data, 12)? as usize).checked_mul(2)?)));
            }
            _ => {}
        }
        records = records.get(size..)?;
    }
}

/// The records of a WMF.
fn plain(bytes: &[u8], lines: &mut Lines) -> Option<()> {
    let mut at = if bytes.starts_with(PLACEABLE) { 22 + 18 } else { 18 };
    let mut page = WINDOWS_1252;
    let short = |record: &[u8], at: usize| u16_at(record, at).map(|n| i64::from(n as i16));
    loop {
        let (size, kind) = ((u32_at(bytes, at)? as usize).checked_mul(2)?.max(6), u16_at(bytes, at + 4)?);
        let record = bytes.get(at + 6..at.checked_add(size)?)?;
        match kind {
            0 => return Some(()),
            // The font that is made last is mostly the one that is used.
            0x02FB => page = u8_at(record, 13).map_or(page, |set| page_of(set, page)),
            0x0521 => {
                let count = usize::from(u16_at(record, 0)?);
                let place = 2 + count.next_multiple_of(2);
                let text = page.decode_without_bom_handling(slice(record, 2, count)).0;
                lines.add(short(record, place + 2)?, short(record, place)?, 0, &text);
            }
            0x0A32 => {
                let (y, x, count) = (short(record, 0)?, short(record, 2)?, usize::from(u16_at(record, 4)?));
                let options = u16_at(record, 6)?;
                let place = if options & 6 == 0 { 8 } else { 16 };
                let text = page.decode_without_bom_handling(slice(record, place, count)).0;
                let widths = slice(record, place + count.next_multiple_of(2), count * 2);
                let width = widths.as_chunks::<2>().0.iter().map(|width| i64::from(i16::from_le_bytes(*width))).sum();
                if u32::from(options) & GLYPHS == 0 {
                    lines.add(x, y, width, &text);
                }
            }
            _ => {}
        }
        at += size;
    }
}

/// The code page of a character set of fonts.
fn page_of(set: u8, before: &'static Encoding) -> &'static Encoding {
    let page = mapi::code_page(rtf::font_page(i32::from(set)));
    page.and_then(|page| Encoding::for_label(page.as_bytes())).unwrap_or(before)
}

/// Pieces of text that become lines.
#[derive(Default)]
struct Lines {
    text: String,
    /// Where the last piece ended, its baseline, and the width of its characters.
    last: Option<(i64, i64, f64)>,
}

impl Lines {
    /// A piece on a baseline. Width 0: it is not known.
    fn add(&mut self, x: i64, y: i64, width: i64, text: &str) {
        let clean = text.replace(['\r', '\n', '\0'], " ");
        let each = width as f64 / clean.chars().count().max(1) as f64;
        match self.last {
            Some((end, base, before)) if base == y && x >= end.saturating_sub(before.abs() as i64) => {
                let gap = (x - end) as f64 / if before > 0.0 { before } else { 1.0 };
                let apart = if gap > CELL {
                    "\t"
                } else if gap > SPACE {
                    " "
                } else {
                    ""
                };
                self.text.push_str(apart);
            }
            Some(_) => self.text.push('\n'),
            None => {}
        }
        self.text.push_str(&clean);
        self.last = Some((x.saturating_add(width), y, each));
    }

    fn line(&mut self, text: &str) {
        self.text.push('\n');
        self.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::take_apart;

    fn record(kind: u32, rest: &[u8]) -> Vec<u8> {
        let size = (8 + rest.len()) as u32;
        [&kind.to_le_bytes()[..], &size.to_le_bytes(), rest].concat()
    }

    /// A text of characters that are ten units wide.
    fn text(x: i32, y: i32, text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0]).collect();
        let units = &units[..(units.len() - 2).next_multiple_of(4).min(units.len())];
        let count = text.encode_utf16().count() as u32;
        let mut rest = vec![0; 28];
        for number in [x as u32, y as u32, count, 76, 0, 0, 0, 0, 0, 76 + units.len() as u32] {
            rest.extend(number.to_le_bytes());
        }
        rest.extend_from_slice(units);
        (0..count).for_each(|_| rest.extend(10u32.to_le_bytes()));
        record(84, &rest)
    }

    fn emf(records: &[Vec<u8>]) -> Vec<u8> {
        let mut header = vec![0; 80];
        header[32..36].copy_from_slice(b" EMF");
        [record(1, &header), records.concat(), record(14, &[0; 12])].concat()
    }

    #[test]
    fn pieces_on_a_line_are_put_together() {
        let pieces =
            [text(0, 5, "0101"), text(40, 5, "90-1234"), text(120, 5, "Åse"), text(300, 5, "x"), text(0, 25, "y")];
        let seen = take_apart(&emf(&pieces), "a.emf");
        assert_eq!((seen.format, seen.text.as_str()), ("metafile", "010190-1234 Åse\tx\ny"));
        assert_eq!(seen.place("y").position.line, Some(2));
        assert!(seen.damage.is_empty());
    }

    #[test]
    fn what_both_kinds_of_records_say_is_there_once() {
        let draw = |said: &str| {
            let units: Vec<u8> = said.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut data =
                [[0; 8].to_vec(), (units.len() as u32 / 2).to_le_bytes().to_vec(), vec![0; 16], units].concat();
            data.resize(data.len().next_multiple_of(4), 0);
            let size = (12 + data.len()) as u32;
            let drawn =
                [&[0x1C, 0x40, 0, 0][..], &size.to_le_bytes(), &(data.len() as u32).to_le_bytes(), &data].concat();
            record(70, &[&(4 + drawn.len() as u32).to_le_bytes()[..], b"EMF+", &drawn].concat())
        };
        let seen = take_apart(&emf(&[draw("både og"), draw("kun her"), text(0, 0, "både og")]), "a.emf");
        assert_eq!(seen.text, "både og\nkun her");
    }

    #[test]
    fn windows_metafiles_are_read_in_the_code_page_of_their_font() {
        let record = |kind: u16, rest: &[u8]| {
            [&(3 + rest.len() as u32 / 2).to_le_bytes()[..], &kind.to_le_bytes(), rest].concat()
        };
        let mut font = [0; 18];
        font[13] = 204;
        let russian = encoding_rs::WINDOWS_1251.encode("Анна").0;
        let drawn = [&[9, 0, 0, 0, 4, 0, 0, 0][..], &russian].concat();
        let header = [&[1, 0, 9, 0, 0, 3][..], &[0; 12]].concat();
        let wmf = [
            header,
            record(0x0521, b"\x03\0Bo \0\0\0\0\0"),
            record(0x02FB, &font),
            record(0x0A32, &drawn),
            record(0, &[]),
        ]
        .concat();
        assert_eq!(take_apart(&wmf, "a.wmf").text, "Bo \nАнна");
        let cut = take_apart(&wmf[..wmf.len() - 8], "a.wmf");
        assert_eq!(cut.damage.len(), 1);
        let placeable = [b"\xD7\xCD\xC6\x9A".as_slice(), &[0; 18], &wmf].concat();
        assert_eq!(take_apart(&placeable, "a").text, "Bo \nАнна");
    }
}
