//! HEIF and AVIF, as telephones save photographs: an ISO base media file, whose table of contents says where what is
//! written about them lies. Nothing else is read.
//!
//! In: a file that can be sought through. Out: properties. Sources: ISO/IEC 14496-12 (8.11), ISO/IEC 23008-12 (annex A).

use std::collections::HashMap;
use std::io::{self, Read, SeekFrom};
use std::iter;

use super::Notes;
use super::segments::{LONGEST, damaged};
use crate::extract::ReadSeek;

/// What an item of the file says.
#[derive(Clone, Copy)]
enum Says {
    Exif,
    Xmp,
}

/// Where an item lies: in the file, or in the table of contents.
struct Lies {
    item: u32,
    inside: bool,
    extents: Vec<(u64, u64)>,
}

/// Reads the table of contents, and what it says of who wrote what. Errors as of [`segments`](super::segments).
pub fn read(file: &mut dyn ReadSeek, notes: &mut Notes) -> io::Result<()> {
    let meta = contents(file)?;
    let part = |name: &[u8; 4]| boxes(&meta).find(|(kind, _)| kind == name).map(|(_, inside)| inside);
    // Without these two it has pictures only.
    let (Some(items), Some(places)) = (part(b"iinf"), part(b"iloc")) else { return Ok(()) };
    let (items, places) = (said(items).ok_or_else(damaged)?, places_of(places).ok_or_else(damaged)?);
    let (own, mut left, mut whole) = (part(b"idat").unwrap_or_default(), LONGEST, Ok(()));
    for place in places {
        let Some(says) = items.get(&place.item) else { continue };
        let mut bytes = Vec::new();
        for (offset, length) in place.extents {
            // All of them may lie in the same place.
            left = left.checked_sub(length).ok_or(io::ErrorKind::FileTooLarge)?;
            let before = bytes.len() as u64;
            match place.inside {
                true => {
                    let own = usize::try_from(offset).ok().and_then(|offset| own.get(offset..)).unwrap_or_default();
                    own.take(length).read_to_end(&mut bytes)?;
                }
                false => {
                    file.seek(SeekFrom::Start(offset))?;
                    file.take(length).read_to_end(&mut bytes)?;
                }
            }
            whole = whole.and(if bytes.len() as u64 - before == length { Ok(()) } else { Err(damaged()) });
        }
        match says {
            Says::Xmp => notes.xmp.push(bytes),
            Says::Exif => whole = whole.and(exif(&bytes, notes)),
        }
    }
    whole
}

/// Its data begins with how far behind these four bytes the TIFF begins.
fn exif(bytes: &[u8], notes: &mut Notes) -> io::Result<()> {
    let (offset, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let tiff = rest.get(u32::from_be_bytes(*offset) as usize..).ok_or_else(damaged)?;
    notes.exif(tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff))
}

/// What is in the box of the file's own table of contents.
fn contents(file: &mut dyn ReadSeek) -> io::Result<Vec<u8>> {
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let [a, b, c, d, kind @ ..] = head;
        let (mut size, mut header) = (u64::from(u32::from_be_bytes([a, b, c, d])), 8);
        if size == 1 {
            file.read_exact(&mut head)?;
            (size, header) = (u64::from_be_bytes(head), 16);
        }
        // One that goes to the end is the last.
        let size = size.checked_sub(header).ok_or_else(damaged)?;
        if &kind != b"meta" {
            file.seek(SeekFrom::Current(i64::try_from(size).map_err(|_| damaged())?))?;
            continue;
        }
        if size > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut meta = Vec::new();
        file.take(size).read_to_end(&mut meta)?;
        // Its version.
        return meta.get(4..).map(<[u8]>::to_vec).ok_or_else(damaged);
    }
}

/// Boxes that follow each other: what kind each is of, and what is in it.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    iter::from_fn(move || {
        let (size, tail) = rest.split_first_chunk()?;
        let (kind, _) = tail.split_first_chunk()?;
        let size = match u32::from_be_bytes(*size) as usize {
            0 => rest.len(),
            size => size,
        };
        let inside = rest.get(8..size)?;
        rest = rest.get(size..)?;
        Some((*kind, inside))
    })
}

/// Takes a number of so many bytes.
fn number(bytes: &mut &[u8], size: usize) -> Option<u64> {
    let (number, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    Some(number.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}

/// The items that say something (`iinf`, 8.11.6).
fn said(mut iinf: &[u8]) -> Option<HashMap<u32, Says>> {
    let version = number(&mut iinf, 4)? >> 24;
    number(&mut iinf, if version == 0 { 2 } else { 4 })?;
    let mut said = HashMap::new();
    for (_, mut item) in boxes(iinf).filter(|(kind, _)| kind == b"infe") {
        let id = match number(&mut item, 4)? >> 24 {
            0 | 1 => continue,
            2 => number(&mut item, 2)?,
            _ => number(&mut item, 4)?,
        };
        number(&mut item, 2)?;
        let (kind, names) = item.split_first_chunk()?;
        let says = match kind {
            b"Exif" => Says::Exif,
            b"mime" if names.split(|b| *b == 0).nth(1) == Some(b"application/rdf+xml") => Says::Xmp,
            _ => continue,
        };
        said.insert(u32::try_from(id).ok()?, says);
    }
    Some(said)
}

/// Where all items lie (`iloc`, 8.11.3), those in other files left out.
fn places_of(mut iloc: &[u8]) -> Option<Vec<Lies>> {
    let version = number(&mut iloc, 4)? >> 24;
    let sizes = number(&mut iloc, 2)? as usize;
    let [for_offset, for_length, for_base, for_index] = [12, 8, 4, 0].map(|shift| sizes >> shift & 0xF);
    let wide = if version < 2 { 2 } else { 4 };
    let mut places = Vec::new();
    for _ in 0..number(&mut iloc, wide)? {
        let item = u32::try_from(number(&mut iloc, wide)?).ok()?;
        let method = if version == 0 { 0 } else { number(&mut iloc, 2)? & 0xF };
        let elsewhere = number(&mut iloc, 2)? != 0;
        let base = number(&mut iloc, for_base)?;
        let mut extents = Vec::new();
        for _ in 0..number(&mut iloc, 2)? {
            if version > 0 {
                number(&mut iloc, for_index)?;
            }
            let offset = base.checked_add(number(&mut iloc, for_offset)?)?;
            extents.push((offset, number(&mut iloc, for_length)?));
        }
        if method < 2 && !elsewhere {
            places.push(Lies { item, inside: method == 1, extents });
        }
    }
    Some(places)
}
