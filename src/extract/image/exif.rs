//! EXIF, which is TIFF without a picture: directories of tags. Source: CIPA DC-008 (EXIF 3.0), TIFF 6.0.

use std::collections::HashSet;
use std::io::{self, Read, SeekFrom};

use super::segments::{LONGEST, damaged};
use super::{Notes, iptc};
use crate::extract::{ReadSeek, charset};

/// Directories in one file: each page of a scan has one.
const DIRECTORIES: usize = 1 << 14;
/// What a line costs besides its text, in bytes: directories may lie over one another.
const LINE: u64 = 128;

/// The tags whose values people write, or that say whose picture it is.
const TAGS: &[(u16, &str)] = &[
    (0x010D, "document name"),
    (0x010E, "description"),
    (0x010F, "make"),
    (0x0110, "model"),
    (0x011D, "page name"),
    (0x0131, "software"),
    (0x013B, "artist"),
    (0x013C, "host computer"),
    (0x8298, "copyright"),
    (0x9286, "comment"),
    (0x9C9B, "title"),
    (0x9C9C, "comment"),
    (0x9C9D, "author"),
    (0x9C9E, "keywords"),
    (0x9C9F, "subject"),
    (0xA430, "camera owner"),
    (0xA431, "camera serial number"),
    (0xA436, "title"),
    (0xA437, "photographer"),
    (0xA438, "editor"),
];

/// What a directory tells of.
#[derive(Clone, Copy, PartialEq)]
enum About {
    /// A picture of the file; others follow it.
    Picture,
    /// How it was taken.
    Camera,
    /// Where.
    Place,
}

/// Reads all directories, in a file of which nothing else is read. Errors as of [`segments`](super::segments).
pub fn read(file: &mut dyn ReadSeek, notes: &mut Notes) -> io::Result<()> {
    let mut tiff = Tiff { begins: file.stream_position()?, file, left: LONGEST, big: false };
    tiff.big = tiff.bytes(0, 2)? == b"MM";
    let first = tiff.bytes(4, 4)?;
    let mut ahead = vec![(tiff.long(&first, 0)?, About::Picture)];
    let (mut met, mut whole) = (HashSet::new(), Ok(()));
    while let Some((at, about)) = ahead.pop() {
        // They may point in circles.
        if at == 0 || !met.insert(at) {
            continue;
        }
        if met.len() > DIRECTORIES {
            return Err(damaged());
        }
        whole = whole.and(directory(&mut tiff, at.into(), about, &mut ahead, notes));
    }
    whole
}

fn directory(
    tiff: &mut Tiff<'_>,
    at: u64,
    about: About,
    ahead: &mut Vec<(u32, About)>,
    notes: &mut Notes,
) -> io::Result<()> {
    let count = tiff.bytes(at, 2)?;
    let entries = usize::from(tiff.short(&count, 0)?);
    // All at once; where the file ends among them, those before.
    let table = tiff.some(at + 2, 12 * entries as u64 + 4)?;
    let (mut place, mut whole) = (Place::default(), Ok(()));
    for at in (0..entries).map(|n| 12 * n) {
        let Some(bytes) = table.get(at..at + 12) else {
            whole = whole.and(Err(damaged()));
            break;
        };
        // What is wrong with one value does not cost those behind it.
        whole = whole.and(entry(tiff, bytes, about, ahead, &mut place, notes));
    }
    if let (Some(north), Some(east)) = (place.north, place.east) {
        let (north, east) = (if place.south { -north } else { north }, if place.west { -east } else { east });
        notes.line("exif", "GPS position", &format!("{north:.6}, {east:.6}"));
    }
    if about == About::Picture {
        // The next picture in the file. Some programs save the four bytes that say there is none.
        ahead.push((tiff.long(&table, 12 * entries).unwrap_or(0), About::Picture));
    }
    whole
}

/// One entry of a directory.
fn entry(
    tiff: &mut Tiff<'_>,
    entry: &[u8],
    about: About,
    ahead: &mut Vec<(u32, About)>,
    place: &mut Place,
    notes: &mut Notes,
) -> io::Result<()> {
    let (tag, kind) = (tiff.short(entry, 0)?, tiff.short(entry, 2)?);
    let (count, offset) = (tiff.long(entry, 4)?, tiff.long(entry, 8)?);
    let size = u64::from(count) * unit(kind);
    let value = &mut || {
        tiff.left = tiff.left.checked_sub(LINE).ok_or(io::ErrorKind::FileTooLarge)?;
        match (size, entry.get(8..12)) {
            (0..=4, Some(value)) => Ok(value.get(..size as usize).unwrap_or_default().to_vec()),
            _ => tiff.bytes(offset.into(), size),
        }
    };
    match (about == About::Place, tag) {
        (true, 1) => place.south = value()?.first() == Some(&b'S'),
        (true, 2) if count == 3 => place.north = tiff.degrees(offset)?,
        (true, 3) => place.west = value()?.first() == Some(&b'W'),
        (true, 4) if count == 3 => place.east = tiff.degrees(offset)?,
        (true, 27 | 28) => {
            let value = value()?;
            notes.line("exif", "GPS", &comment(&value, tiff.big));
        }
        (true, _) => {}
        (_, 0x8769 | 0xA005) => ahead.push((offset, About::Camera)),
        (_, 0x8825) => ahead.push((offset, About::Place)),
        (_, 0x0132) if notes.modified.is_none() => notes.modified = value().ok().and_then(|value| moment(&value)),
        (_, 700) => notes.xmp.push(value()?),
        (_, 33723) => iptc::read(&value()?, notes).ok_or_else(damaged)?,
        (_, 34377) => iptc::resources(&value()?, notes).ok_or_else(damaged)?,
        (_, tag) => {
            let Some((_, label)) = TAGS.iter().find(|(known, _)| *known == tag) else { return Ok(()) };
            let value = value()?;
            let text = match tag {
                0x9286 => comment(&value, tiff.big),
                0x9C9B..=0x9C9F => encoding_rs::UTF_16LE.decode_without_bom_handling(&value).0.into_owned(),
                _ => charset::decode(&value, None).into_owned(),
            };
            notes.line("exif", label, &text);
        }
    }
    Ok(())
}

/// Where a picture was taken, as far as its entries were read: degrees, and their signs.
#[derive(Default)]
struct Place {
    north: Option<f64>,
    east: Option<f64>,
    south: bool,
    west: bool,
}

/// How many bytes a value of this type has.
fn unit(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 1,
    }
}

/// A comment begins with the name of its character set, in eight bytes.
fn comment(value: &[u8], big: bool) -> String {
    let (charset, text) = value.split_at_checked(8).unwrap_or((value, &[]));
    match charset {
        b"UNICODE\0" => {
            let encoding = if big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
            encoding.decode_without_bom_handling(text).0.into_owned()
        }
        _ => charset::decode(text, None).into_owned(),
    }
}

/// `2026:11:20 10:00:00`, in no zone.
fn moment(value: &[u8]) -> Option<jiff::Timestamp> {
    let text = str::from_utf8(value.get(..19)?).ok()?;
    let civil = jiff::civil::DateTime::strptime("%Y:%m:%d %H:%M:%S", text).ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

struct Tiff<'f> {
    file: &'f mut dyn ReadSeek,
    /// Where in it: offsets count from here.
    begins: u64,
    /// How many bytes of values may yet be read.
    left: u64,
    big: bool,
}

impl Tiff<'_> {
    /// As many of these bytes as there are.
    fn some(&mut self, at: u64, size: u64) -> io::Result<Vec<u8>> {
        let (mut bytes, most) = (Vec::new(), size.min(self.left));
        self.file.seek(SeekFrom::Start(self.begins + at))?;
        self.file.take(most).read_to_end(&mut bytes)?;
        // All of them may be said in the same place, again and again.
        self.left -= bytes.len() as u64;
        if bytes.len() as u64 == most && most < size {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    fn bytes(&mut self, at: u64, size: u64) -> io::Result<Vec<u8>> {
        let bytes = self.some(at, size)?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(damaged()) }
    }

    fn short(&self, bytes: &[u8], at: usize) -> io::Result<u16> {
        let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or_else(damaged)?;
        Ok(if self.big { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) })
    }

    fn long(&self, bytes: &[u8], at: usize) -> io::Result<u32> {
        let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or_else(damaged)?;
        Ok(if self.big { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    }

    /// Degrees, minutes and seconds, each a fraction. `None`: they are not there.
    fn degrees(&mut self, at: u32) -> io::Result<Option<f64>> {
        let bytes = self.some(at.into(), 24)?;
        let fraction = |n: usize| {
            let (over, under) = (f64::from(self.long(&bytes, 8 * n)?), f64::from(self.long(&bytes, 8 * n + 4)?));
            io::Result::Ok(if under == 0.0 { 0.0 } else { over / under })
        };
        let parts = || Ok(fraction(0)? + fraction(1)? / 60.0 + fraction(2)? / 3600.0);
        Ok(io::Result::ok(parts()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing;
    use crate::item::Reason;
    use std::io::Cursor;

    /// A scan: pages of this size behind each other, each with an artist who stands at the end.
    fn scan(pages: u32, size: u32, entries: u16, artist: &str) -> Vec<u8> {
        let each = size + 2 + 12 * u32::from(entries) + 4;
        let mut bytes = [b"II*\0".to_vec(), (8 + size).to_le_bytes().to_vec()].concat();
        for page in 1..=pages {
            bytes.resize(bytes.len() + size as usize, 0);
            bytes.extend(entries.to_le_bytes());
            for _ in 0..entries {
                let entry = [0x0002_013B, artist.len() as u32, 8 + pages * each];
                bytes.extend(entry.into_iter().flat_map(u32::to_le_bytes));
            }
            bytes.extend(if page == pages { 0 } else { 8 + page * each + size }.to_le_bytes());
        }
        [bytes, artist.as_bytes().to_vec()].concat()
    }

    #[test]
    fn every_page_of_a_scan_is_looked_at_and_no_picture_is_read() {
        struct Fenced(Cursor<Vec<u8>>, u64);
        impl Read for Fenced {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let read = self.0.read(buffer)?;
                self.1 -= read as u64;
                Ok(read)
            }
        }
        impl io::Seek for Fenced {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0.seek(to)
            }
        }
        let bytes = scan(200, 10_000, 1, "Mette Hansen 010190-0001");
        let mut notes = Notes::default();
        read(&mut Fenced(Cursor::new(bytes.clone()), 20_000), &mut notes).unwrap();
        let seen = testing::read("x", &bytes);
        assert_eq!(seen.text.matches("010190-0001").count(), 200);
        assert_eq!(seen.damage.iter().map(|fault| fault.reason).collect::<Vec<_>>(), [Reason::Unsupported]);
    }

    #[test]
    fn what_is_said_again_and_again_ends() {
        let mut circle = scan(2, 0, 1, "Mette Hansen 010190-0001");
        let last = circle.len() - 24 - 4;
        circle[last] = 8;
        assert_eq!(testing::read("x", &circle).text.matches("010190-0001").count(), 2);
        let seen = testing::read("x", &scan(1, 0, u16::MAX, &"Mette Hansen 010190-0001 ".repeat(10_000)));
        assert!(seen.damage.iter().any(|fault| fault.reason == Reason::TooLarge), "{:?}", seen.damage);
        // Directories over one another, of values that stand in them: each begins one entry further on.
        let mut bytes = b"II*\0\x08\0\0\0cd".to_vec();
        bytes.extend([0x3B, 0x01, 0x02, 0x00, 4, 0, 0, 0, b'a', b'b', b'c', b'd'].repeat(u16::MAX.into()));
        let mut tiff = Tiff { file: &mut Cursor::new(&bytes), begins: 0, left: LONGEST, big: false };
        let (mut notes, mut ended) = (Notes::default(), Ok(()));
        for n in 0..200 {
            ended = ended.and(directory(&mut tiff, 8 + 12 * n, About::Camera, &mut Vec::new(), &mut notes));
        }
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(notes.text.len() < (5 * LONGEST / LINE) as usize, "{}", notes.text.len());
    }

    #[test]
    fn damage_in_one_value_does_not_cost_the_others() {
        let mut bytes = scan(2, 0, 2, "Mette Hansen 010190-0001");
        // Where the first of its values lies.
        bytes[8 + 2 + 8..][..4].fill(0xFF);
        let seen = testing::read("x", &bytes);
        assert_eq!(seen.text.matches("010190-0001").count(), 3);
        assert_eq!(seen.damage.first().map(|fault| fault.reason), Some(Reason::Corrupt));
    }
}
