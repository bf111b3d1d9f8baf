//! HEIF and AVIF, as telephones save photographs: an ISO base media file, whose table of contents says where what is
//! written about them lies. Nothing else is read.
//!
//! In: a file that can be sought through. Out: properties. Sources: ISO/IEC 14496-12 (8.11), ISO/IEC 23008-12 (annex A).

use std::collections::HashMap;
use std::io::{self, Read, SeekFrom};
use std::iter;

use super::Notes;
use super::segments::{LONGEST, damaged};
use crate::budget::Budget;
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

/// The name of a box of XMP (Adobe XMP part 3, 1.3.2).
const XMP: [u8; 16] = *b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";

/// Reads what the table of contents says is written about the picture; where that is damaged, says nothing, or does
/// not account for all of the file, what can be found in it. Errors as of [`segments`](super::segments).
pub fn read(file: &mut dyn ReadSeek, notes: &mut Notes, budget: &Budget) -> io::Result<()> {
    let mut left = LONGEST;
    let whole = contents(file, &mut left, notes).and_then(|contents| {
        items(file, &contents.meta, left, notes)?;
        Ok(contents.all)
    });
    if !matches!(whole, Ok(true)) || notes.are_none() {
        let mut found = Notes::default();
        let _ = super::search(&super::all(file, budget)?, &mut found);
        notes.complete(found);
    }
    whole.map(drop)
}

/// What its items say.
fn items(file: &mut dyn ReadSeek, meta: &[u8], mut left: u64, notes: &mut Notes) -> io::Result<()> {
    // Behind its version.
    let meta = meta.get(4..).unwrap_or_default();
    let part = |name: &[u8; 4]| boxes(meta).find(|(kind, _)| kind == name).map(|(_, inside)| inside);
    // Without these two it has pictures only.
    let (Some(items), Some(places)) = (part(b"iinf"), part(b"iloc")) else { return Ok(()) };
    let (items, places) = (said(items).ok_or_else(damaged)?, places_of(places).ok_or_else(damaged)?);
    let (own, mut whole) = (part(b"idat").unwrap_or_default(), Ok(()));
    for place in places {
        let Some(says) = items.get(&place.item) else { continue };
        let mut bytes = Vec::new();
        for (offset, length) in place.extents {
            let before = bytes.len() as u64;
            // To the end, if it does not say how many.
            let most = if length == 0 { left } else { length.min(left) };
            match place.inside {
                true => {
                    let own = usize::try_from(offset).ok().and_then(|offset| own.get(offset..)).unwrap_or_default();
                    own.take(most).read_to_end(&mut bytes)?;
                }
                false => {
                    file.seek(SeekFrom::Start(offset))?;
                    file.take(most).read_to_end(&mut bytes)?;
                }
            }
            let read = bytes.len() as u64 - before;
            // All of them may lie in the same place.
            left -= read;
            whole = whole.and(match read {
                0 => Err(damaged()),
                read if read == most && most < length => Err(io::ErrorKind::FileTooLarge.into()),
                read if read < length => Err(damaged()),
                _ => Ok(()),
            });
        }
        match says {
            _ if bytes.is_empty() => {}
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

/// The file's own table of contents.
#[derive(Default)]
struct Contents {
    /// Empty: there is none.
    meta: Vec<u8>,
    /// Boxes are all there is in the file: some programs put something of their own behind them.
    all: bool,
}

/// Finds the table of contents. XMP may have a box of its own.
fn contents(file: &mut dyn ReadSeek, left: &mut u64, notes: &mut Notes) -> io::Result<Contents> {
    let mut contents = Contents::default();
    let ends = file.seek(SeekFrom::End(0))?;
    let mut at = file.seek(SeekFrom::Start(0))?;
    while at < ends {
        let mut head = Vec::new();
        file.take(8).read_to_end(&mut head)?;
        let [size, kind] = head.as_chunks().0 else { return Ok(contents) };
        let begins = at;
        at = match u32::from_be_bytes(*size) {
            0 => ends,
            1 => {
                let mut size = [0; 8];
                file.read_exact(&mut size)?;
                begins.saturating_add(u64::from_be_bytes(size))
            }
            size => begins + u64::from(size),
        };
        let inside = at.saturating_sub(file.stream_position()?);
        if at > ends || at < begins + 8 {
            return Ok(contents);
        }
        match kind {
            b"meta" if contents.meta.is_empty() => {
                if inside > LONGEST {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                file.take(inside).read_to_end(&mut contents.meta)?;
            }
            b"uuid" => {
                let mut name = Vec::new();
                file.take(inside.min(XMP.len() as u64)).read_to_end(&mut name)?;
                if name == XMP {
                    let mut packet = Vec::new();
                    file.take((inside - XMP.len() as u64).min(*left)).read_to_end(&mut packet)?;
                    *left -= packet.len() as u64;
                    notes.xmp.push(packet);
                }
            }
            _ => {}
        }
        file.seek(SeekFrom::Start(at))?;
    }
    contents.all = true;
    Ok(contents)
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
            // `application/rdf+xml`; some call it XML only.
            b"mime" if names.split(|b| *b == 0).nth(1).is_some_and(|kind| kind.ends_with(b"xml")) => Says::Xmp,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing;

    const XMP_TEXT: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>020290-0001</a></x:xmpmeta>";

    fn boxed(kind: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        [&(inside.len() as u32 + 8).to_be_bytes()[..], kind, inside].concat()
    }

    /// EXIF of one artist.
    fn artist() -> Vec<u8> {
        let text = b"010190-0001";
        let mut bytes = b"\0\0\0\0II*\0\x08\0\0\0\x01\0\x3B\x01\x02\0".to_vec();
        bytes.extend([text.len() as u32, 26, 0].into_iter().flat_map(u32::to_le_bytes));
        [&bytes[..], text].concat()
    }

    /// A file of items, each with its kind, what it says, and how long it is said to be; `more` stands behind.
    fn file(items: &[(&[u8], &[u8], u32)], more: &[u8]) -> Vec<u8> {
        let count = items.len() as u16;
        let table = |from: u32| {
            let (mut infos, mut places) = (count.to_be_bytes().to_vec(), count.to_be_bytes().to_vec());
            let mut at = from;
            for (n, (kind, bytes, length)) in (1u16..).zip(items) {
                infos.extend(boxed(b"infe", &[b"\x02\0\0\0", &n.to_be_bytes()[..], b"\0\0", kind].concat()));
                places.extend([n, 0, 1].into_iter().flat_map(u16::to_be_bytes));
                places.extend([at, *length].into_iter().flat_map(u32::to_be_bytes));
                at += bytes.len() as u32;
            }
            let infos = boxed(b"iinf", &[&[0; 4][..], &infos].concat());
            let places = boxed(b"iloc", &[b"\0\0\0\0\x44\0", &places[..]].concat());
            [boxed(b"ftyp", b"heic\0\0\0\0heicmif1"), boxed(b"meta", &[&[0; 4][..], &infos, &places].concat())].concat()
        };
        let from = table(0).len() as u32 + 8;
        let data: Vec<u8> = items.iter().flat_map(|(_, bytes, _)| bytes.iter().copied()).collect();
        [&table(from)[..], &boxed(b"mdat", &data), more].concat()
    }

    #[test]
    fn what_it_says_is_found_once_wherever_it_stands() {
        let (exif, xmp) = (artist(), XMP_TEXT.as_bytes());
        let all = exif.len() as u32;
        let kind: &[u8] = b"mime\0application/rdf+xml\0";
        let own = boxed(b"uuid", &[&XMP[..], xmp].concat());
        let wide = [b"\0\0\0\x01uuid", &(own.len() as u64 + 8).to_be_bytes()[..], &own[8..]].concat();
        for (name, bytes) in [
            ("as telephones do", file(&[(b"Exif\0", &exif, all), (kind, xmp, xmp.len() as u32)], &[])),
            ("called XML", file(&[(b"Exif\0", &exif, all), (b"mime\0text/xml\0", xmp, xmp.len() as u32)], &[])),
            ("a box of its own", file(&[(b"Exif\0", &exif, all)], &own)),
            ("a wide box", file(&[(b"Exif\0", &exif, all)], &wide)),
            ("to the end", file(&[(b"Exif\0", &exif, all), (kind, xmp, 0)], &[])),
            ("nowhere", file(&[(b"Exif\0", &exif, all), (kind, &[], 0)], xmp)),
            ("behind the boxes", file(&[(b"Exif\0", &exif, all)], &[b"made by nobody", xmp].concat())),
        ] {
            let seen = testing::read("x", &bytes);
            let count = |value: &str| seen.text.matches(value).count();
            assert_eq!((count("010190-0001"), count("020290-0001")), (1, 1), "{name}: {}", seen.text);
        }
    }

    #[test]
    fn a_length_that_is_not_there_is_damage() {
        for length in [200_000_000, u32::MAX] {
            let seen = testing::read("x", &file(&[(b"Exif\0", &artist(), length)], &[]));
            assert_eq!(seen.damage.first().map(|fault| fault.reason), Some(crate::item::Reason::Corrupt));
            assert!(seen.text.contains("010190-0001"));
        }
    }
}
