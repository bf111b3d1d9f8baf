//! EXIF, which is TIFF without a picture: directories of tags. Source: CIPA DC-008 (EXIF 3.0), TIFF 6.0.

use super::{Notes, iptc};
use crate::extract::charset;

/// Directories in one file: they may point in circles.
const DIRECTORIES: usize = 64;

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

/// Reads all directories. `None`: something was damaged.
pub fn read(tiff: &[u8], notes: &mut Notes) -> Option<()> {
    let tiff = Tiff { bytes: tiff, big: tiff.starts_with(b"MM") };
    let mut ahead = vec![(tiff.long(4)?, About::Picture)];
    let (mut met, mut whole) = (0, Some(()));
    while let Some((at, about)) = ahead.pop() {
        met += 1;
        if at == 0 {
            continue;
        }
        if met > DIRECTORIES {
            return None;
        }
        whole = whole.and(directory(&tiff, at as usize, about, &mut ahead, notes));
    }
    whole
}

fn directory(tiff: &Tiff<'_>, at: usize, about: About, ahead: &mut Vec<(u32, About)>, notes: &mut Notes) -> Option<()> {
    let gps = about == About::Place;
    let entries = usize::from(tiff.short(at)?);
    let (mut north, mut east, mut south, mut west) = (None, None, false, false);
    for n in 0..entries {
        let entry = at + 2 + 12 * n;
        let (tag, kind, count) = (tiff.short(entry)?, tiff.short(entry + 2)?, tiff.long(entry + 4)? as usize);
        let size = count.checked_mul(match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => 1,
        })?;
        let from = if size <= 4 { entry + 8 } else { tiff.long(entry + 8)? as usize };
        let value = || tiff.bytes.get(from..from.checked_add(size)?);
        match (gps, tag) {
            (true, 1) => south = value()?.first() == Some(&b'S'),
            (true, 2) if count == 3 => north = tiff.degrees(from),
            (true, 3) => west = value()?.first() == Some(&b'W'),
            (true, 4) if count == 3 => east = tiff.degrees(from),
            (true, 27 | 28) => notes.line("exif", "GPS", &comment(value()?, tiff.big)),
            (true, _) => {}
            (_, 0x8769 | 0xA005) => ahead.push((tiff.long(entry + 8)?, About::Camera)),
            (_, 0x8825) => ahead.push((tiff.long(entry + 8)?, About::Place)),
            (_, 0x0132) => notes.modified = notes.modified.or_else(|| moment(value()?)),
            (_, 700) => notes.xmp.push(value()?.to_vec()),
            (_, 33723) => iptc::read(value()?, notes)?,
            (_, 34377) => iptc::resources(value()?, notes)?,
            (_, tag) => {
                let Some((_, label)) = TAGS.iter().find(|(known, _)| *known == tag) else { continue };
                let text = match tag {
                    0x9286 => comment(value()?, tiff.big),
                    0x9C9B..=0x9C9F => encoding_rs::UTF_16LE.decode_without_bom_handling(value()?).0.into_owned(),
                    _ => charset::decode(value()?, None).into_owned(),
                };
                notes.line("exif", label, &text);
            }
        }
    }
    if let (Some(north), Some(east)) = (north, east) {
        let (north, east) = (if south { -north } else { north }, if west { -east } else { east });
        notes.line("exif", "GPS position", &format!("{north:.6}, {east:.6}"));
    }
    if about == About::Picture {
        // The next picture in the file. Some programs save the four bytes that say there is none.
        ahead.push((tiff.long(at + 2 + 12 * entries).unwrap_or(0), About::Picture));
    }
    Some(())
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

struct Tiff<'b> {
    bytes: &'b [u8],
    big: bool,
}

impl Tiff<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// Degrees, minutes and seconds, each a fraction.
    fn degrees(&self, at: usize) -> Option<f64> {
        let fraction = |n: usize| {
            let (over, under) = (f64::from(self.long(at + 8 * n)?), f64::from(self.long(at + 8 * n + 4)?));
            Some(if under == 0.0 { 0.0 } else { over / under })
        };
        Some(fraction(0)? + fraction(1)? / 60.0 + fraction(2)? / 3600.0)
    }
}
