//! Drawings in Word, PowerPoint and Excel of 97–2003: the texts that are properties of shapes.
//!
//! In: a run of OfficeArt records. Out: WordArt, alternative texts, tooltips, addresses of links; and pictures. Deliberately
//! elsewhere: the text of text boxes, which each program stores in its own way. Source: MS-ODRAW 2.2, 2.3.

use flate2::read::ZlibDecoder;

use crate::extract::bytes::{size_at, slice, u16_at, utf16};
use crate::extract::{Child, Content, Out, sweep};
use crate::item::{Fault, Kind};

/// Walks records of two numbers and a size, containers and what is in them in their order: a container's first record
/// follows its header, so nothing nests. Calls `on` with instance, kind and data.
pub fn records<'a>(data: &'a [u8], mut on: impl FnMut(u16, u16, &'a [u8])) {
    let mut at = 0;
    while let (Some(head), Some(kind), Some(size)) = (u16_at(data, at), u16_at(data, at + 2), size_at(data, at + 4)) {
        let inside = slice(data, at + 8, size);
        on(head >> 4, kind, inside);
        // PowerPoint's BinaryTagDataBlob holds records, though it does not say so.
        at = if head & 0xF == 0xF || kind == 0x138B { at + 8 } else { at + 8 + inside.len() };
    }
}

/// The texts of all shapes in these records.
pub fn texts(data: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    records(data, |count, kind, table| {
        if matches!(kind, 0xF00B | 0xF121 | 0xF122) {
            shape(usize::from(count), table, &mut texts);
        }
    });
    texts
}

/// One table of properties: six bytes for each, then the data of those that are longer.
fn shape(count: usize, table: &[u8], texts: &mut Vec<String>) {
    let mut data = count.saturating_mul(6);
    for at in (0..count).map(|n| n * 6) {
        let (Some(id), Some(size)) = (u16_at(table, at), size_at(table, at + 2)) else { return };
        if id & 0x8000 == 0 {
            continue;
        }
        let value = slice(table, data, size);
        data = data.saturating_add(size);
        let text = match id & 0x3FFF {
            // gtextUNICODE, wzDescription, wzTooltip
            0x00C0 | 0x0381 | 0x038D => utf16(value).trim_end_matches('\0').replace('\r', "\n"),
            // pihlShape
            0x0382 => sweep::wide(value),
            _ => continue,
        };
        texts.push(text);
    }
}

/// The pictures in these records (2.2.23), as files: those that other programs know, wherever they begin.
pub fn pictures(data: &[u8]) -> Vec<&[u8]> {
    let mut pictures = Vec::new();
    // JPEG, PNG, TIFF, and JPEG of CMYK. The kind ends in F0, which few other bytes are.
    for at in memchr::memchr_iter(0xF0, data) {
        let kind = at.checked_sub(1).and_then(|at| u16_at(data, at));
        let (Some(0xF01D | 0xF01E | 0xF029 | 0xF02A), Some(size)) = (kind, size_at(data, at + 1)) else { continue };
        let blip = slice(data, at + 5, size);
        // One or two hashes and a tag stand before it.
        let file = [17, 33].into_iter().filter_map(|hashes| blip.get(hashes..));
        let known = |file: &&[u8]| {
            [&b"\xFF\xD8\xFF"[..], b"\x89PNG", b"II*\0", b"MM\0*"].iter().any(|mark| file.starts_with(mark))
        };
        pictures.extend(file.into_iter().find(known));
    }
    pictures
}

/// The pictures that are drawn by commands (2.2.23: EMF, WMF), and whether they are packed.
fn drawings(data: &[u8]) -> Vec<(&[u8], bool)> {
    let mut drawings = Vec::new();
    for at in memchr::memchr_iter(0xF0, data) {
        let kind = at.checked_sub(1).and_then(|at| u16_at(data, at));
        let (Some(0xF01A | 0xF01B), Some(size)) = (kind, size_at(data, at + 1)) else { continue };
        let instance = at.checked_sub(3).and_then(|at| u16_at(data, at)).unwrap_or_default() >> 4;
        // One or two hashes, then sizes, and how it is packed. The same bytes stand in photographs by chance.
        let hashes = match instance {
            0x3D4 | 0x216 => 16,
            0x3D5 | 0x217 => 32,
            _ => continue,
        };
        let blip = slice(data, at + 5, size);
        let header = slice(blip, hashes, 34);
        let (Some(length), Some(packed @ (0 | 0xFE)), Some(0xFE)) =
            (size_at(header, 28), header.get(32), header.get(33))
        else {
            continue;
        };
        drawings.push((slice(blip, hashes + 34, length), *packed == 0));
    }
    drawings
}

/// Hands over the pictures in these records.
pub fn children(data: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
    let mut number = 0u32;
    let mut name = || {
        number = number.saturating_add(1);
        format!("picture{number}")
    };
    for picture in pictures(data) {
        out.child(Child::new(name(), Kind::Document, Content::bytes(picture)))?;
    }
    for (drawing, packed) in drawings(data) {
        let content = if packed { Content::stream(ZlibDecoder::new(drawing)) } else { Content::bytes(drawing) };
        out.child(Child::new(name(), Kind::Document, content))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_told_from_bytes_that_look_like_one() {
        let record = |instance: u16, hashes: usize, marks: [u8; 2]| {
            let mut blip = vec![0; hashes + 28];
            blip.extend(3u32.to_le_bytes());
            blip.extend(marks);
            blip.extend(b"emf");
            let mut record = (instance << 4).to_le_bytes().to_vec();
            record.extend(0xF01Au16.to_le_bytes());
            record.extend((blip.len() as u32).to_le_bytes());
            [record, blip].concat()
        };
        let found = |data: &[u8]| {
            drawings(data).into_iter().map(|(bytes, packed)| (bytes.to_vec(), packed)).collect::<Vec<_>>()
        };
        assert_eq!(found(&record(0x3D4, 16, [0xFE, 0xFE])), [(b"emf".to_vec(), false)]);
        assert_eq!(found(&record(0x3D5, 32, [0, 0xFE])), [(b"emf".to_vec(), true)]);
        assert!(found(&record(0x123, 16, [0, 0xFE])).is_empty() && found(&record(0x3D4, 16, [7, 0xFE])).is_empty());
    }
}
