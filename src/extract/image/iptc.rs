//! What press agencies and Photoshop write about a picture. Source: IPTC Information Interchange Model 4.2; Adobe
//! Photoshop File Formats (image resources).

use super::Notes;
use crate::extract::charset;

/// Datasets of record 2 that people write.
const SETS: &[(u8, &str)] = &[
    (5, "title"),
    (25, "keywords"),
    (80, "author"),
    (90, "city"),
    (92, "place"),
    (95, "province"),
    (101, "country"),
    (105, "headline"),
    (110, "credit"),
    (115, "source"),
    (116, "copyright"),
    (118, "contact"),
    (120, "caption"),
    (122, "writer"),
];

/// Image resources, one of which holds the datasets. `None`: they are damaged.
pub fn resources(bytes: &[u8], notes: &mut Notes) -> Option<()> {
    let mut rest = bytes;
    while let Some(tail) = rest.strip_prefix(b"8BIM") {
        let id = u16::from_be_bytes(*tail.first_chunk()?);
        // A name with its length before it, even altogether.
        let name = (usize::from(*tail.get(2)?) + 2) & !1;
        let tail = tail.get(2 + name..)?;
        let length = u32::from_be_bytes(*tail.first_chunk()?) as usize;
        let data = tail.get(4..length.checked_add(4)?)?;
        if id == 0x0404 {
            read(data, notes)?;
        }
        rest = tail.get(4 + length + length % 2..).unwrap_or_default();
    }
    Some(())
}

/// Datasets. `None`: they are damaged.
pub fn read(bytes: &[u8], notes: &mut Notes) -> Option<()> {
    let mut rest = bytes;
    while let [0x1C, record, set, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes(*tail.first_chunk()?));
        let value = tail.get(2..length.checked_add(2)?)?;
        if let (2, Some((_, label))) = (record, SETS.iter().find(|(known, _)| known == set)) {
            notes.line("iptc", label, &charset::decode(value, None));
        }
        rest = tail.get(2 + length..)?;
    }
    Some(())
}
