//! MAPI properties, as Outlook's own files (`pst`), its message files (`msg`) and `winmail.dat` (`tnef`) hold them.
//!
//! In: properties by number, each with its type and raw bytes. Out: texts, numbers, times; in `message.rs` the facts
//! and the text of a message. Deliberately elsewhere: how each kind of file stores them.
//! Sources: MS-OXPROPS (numbers), MS-OXCDATA 2.11 (types), MS-OXCMSG (messages).

pub mod labels;
pub mod message;
pub mod names;

use encoding_rs::UTF_16LE;
use jiff::{SignedDuration, Timestamp};

use crate::extract::charset;

/// Property types (MS-OXCDATA 2.11.1).
pub mod kind {
    /// PtypString8: text in a code page.
    pub const STRING8: u16 = 0x1E;
    /// PtypString: text in UTF-16.
    pub const UNICODE: u16 = 0x1F;
    /// PtypTime: 100 nanoseconds since 1601.
    pub const TIME: u16 = 0x40;
    /// PtypBinary.
    pub const BINARY: u16 = 0x102;
    /// PtypObject: an embedded message or an OLE object.
    pub const OBJECT: u16 = 0x0D;
    /// Added to a type: there are several values.
    pub const MULTIPLE: u16 = 0x1000;

    /// The size of a value of this type in bytes. `None`: it varies.
    pub fn size(kind: u16) -> Option<usize> {
        Some(match kind {
            0x01 => 0,
            0x02 | 0x0B => 2,
            0x03 | 0x04 | 0x0A => 4,
            0x05..=0x07 | 0x14 | TIME => 8,
            0x48 => 16,
            _ => return None,
        })
    }
}

/// Property numbers that more than one reader needs (MS-OXPROPS).
pub mod id {
    /// PidTagDisplayName: of a folder, a contact, an attachment.
    pub const DISPLAY_NAME: u16 = 0x3001;
    /// PidTagAttachDataBinary, PidTagAttachDataObject.
    pub const ATTACH_DATA: u16 = 0x3701;
    /// PidTagAttachMethod.
    pub const ATTACH_METHOD: u16 = 0x3705;
    /// The first number that has no meaning but through [`super::names::Names`].
    pub const NAMED: u16 = 0x8000;
}

/// One value of a property.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its number.
    pub id: u16,
    /// The type of the value.
    pub kind: u16,
    /// The value as it is stored.
    pub bytes: Vec<u8>,
}

impl Property {
    /// It is text of either kind.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, kind::STRING8 | kind::UNICODE)
    }
}

/// The properties of one thing: a message, a recipient, an attachment, a folder.
#[derive(Debug, Clone, Default)]
pub struct Properties {
    list: Vec<Property>,
    /// The code page of their texts, where it is not told by a property.
    pub page: Option<i64>,
}

impl Properties {
    /// None yet, of something whose texts are in this code page.
    pub fn on(page: Option<i64>) -> Self {
        Self { list: Vec::new(), page }
    }

    /// Adds a value. A property with several values is added several times.
    pub fn push(&mut self, id: u16, kind: u16, bytes: Vec<u8>) {
        self.list.push(Property { id, kind, bytes });
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = &Property> {
        self.list.iter()
    }

    /// All values of one property.
    pub fn all(&self, id: u16) -> impl Iterator<Item = &Property> {
        self.list.iter().filter(move |property| property.id == id)
    }

    /// The raw value of a property.
    pub fn bytes(&self, id: u16) -> Option<&[u8]> {
        self.all(id).next().map(|property| property.bytes.as_slice())
    }

    /// A text, if it is one and says something.
    pub fn text(&self, id: u16) -> Option<String> {
        self.all(id).find(|property| property.is_text()).map(|property| self.decode(property)).filter(|t| !t.is_empty())
    }

    /// A whole number or a truth value.
    pub fn number(&self, id: u16) -> Option<i64> {
        let property = self.all(id).next()?;
        let bytes = &property.bytes;
        match property.kind {
            0x02 => bytes.first_chunk().map(|b| i64::from(i16::from_le_bytes(*b))),
            0x03 => bytes.first_chunk().map(|b| i64::from(i32::from_le_bytes(*b))),
            0x0B => bytes.first().map(|b| i64::from(*b != 0)),
            0x14 => bytes.first_chunk().map(|b| i64::from_le_bytes(*b)),
            _ => None,
        }
    }

    /// A moment.
    pub fn time(&self, id: u16) -> Option<Timestamp> {
        self.all(id).find(|property| property.kind == kind::TIME).and_then(|property| filetime(&property.bytes))
    }

    /// A property's text, without what pads it.
    pub fn decode(&self, property: &Property) -> String {
        let mut text = match property.kind {
            kind::UNICODE => utf16(&property.bytes),
            _ => charset::decode(&property.bytes, self.charset().as_deref()).into_owned(),
        };
        // Text ends at its first zero.
        if let Some(end) = memchr::memchr(0, text.as_bytes()) {
            text.truncate(end);
        }
        text
    }

    /// The code page of texts, by number: PidTagMessageCodepage, else PidTagInternetCodepage.
    pub fn page(&self) -> Option<i64> {
        self.number(0x3FFD).or_else(|| self.number(0x3FDE)).or(self.page)
    }

    fn charset(&self) -> Option<String> {
        self.page().and_then(code_page)
    }
}

/// The name of a Windows code page, as `charset` knows it.
pub fn code_page(number: i64) -> Option<String> {
    Some(match number {
        437 | 850 | 865 => number.to_string(),
        874 | 1250..=1258 => format!("windows-{number}"),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        1200 => "utf-16le".to_owned(),
        10000 => "macintosh".to_owned(),
        20127 => "windows-1252".to_owned(),
        20866 => "koi8-r".to_owned(),
        21866 => "koi8-u".to_owned(),
        28591..=28606 => format!("iso-8859-{}", number - 28590),
        50220..=50222 => "iso-2022-jp".to_owned(),
        51932 => "euc-jp".to_owned(),
        54936 => "gb18030".to_owned(),
        65001 => "utf-8".to_owned(),
        _ => return None,
    })
}

/// UTF-16, little-endian; a half character at the end is dropped.
pub fn utf16(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    UTF_16LE.decode_without_bom_handling(units.as_flattened()).0.into_owned()
}

/// 100 nanoseconds since 1601. Zero and the year 4501 mean that there is none.
pub fn filetime(bytes: &[u8]) -> Option<Timestamp> {
    let ticks = i64::from_le_bytes(*bytes.first_chunk()?);
    let seconds = ticks / 10_000_000 - 11_644_473_600;
    let nanos = i32::try_from(ticks % 10_000_000 * 100).ok()?;
    let at = Timestamp::from_duration(SignedDuration::new(seconds, nanos)).ok()?;
    (ticks > 0 && seconds < 64_060_588_800).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_type() {
        let mut properties = Properties::on(Some(1252));
        properties.push(1, kind::UNICODE, "Ærø\0".encode_utf16().flat_map(u16::to_le_bytes).collect());
        properties.push(2, kind::STRING8, b"S\xF8ren\0rest".to_vec());
        properties.push(3, 0x03, 7i32.to_le_bytes().to_vec());
        properties.push(4, 0x0B, vec![1, 0]);
        properties.push(5, kind::BINARY, b"text".to_vec());
        assert_eq!(properties.text(1).as_deref(), Some("Ærø"));
        assert_eq!(properties.text(2).as_deref(), Some("Søren"));
        assert_eq!((properties.number(3), properties.number(4)), (Some(7), Some(1)));
        assert_eq!((properties.text(5), properties.number(1), properties.text(9)), (None, None, None));
        assert_eq!(utf16(&[0x41, 0, 0x00, 0xD8, 0x42]), "A\u{FFFD}");
    }

    #[test]
    fn a_code_page_of_the_message_outranks_that_of_its_container() {
        let mut properties = Properties::on(Some(1252));
        properties.push(0x3FFD, 0x03, 1251i32.to_le_bytes().to_vec());
        properties.push(2, kind::STRING8, b"\xCF\xF0\xE8\xE2\xE5\xF2".to_vec());
        assert_eq!(properties.text(2).as_deref(), Some("Привет"));
    }

    #[test]
    fn times_count_from_1601() {
        let at = |ticks: i64| filetime(&ticks.to_le_bytes());
        assert_eq!(at(116_444_736_000_000_000), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(at(132_818_616_000_000_001).unwrap().to_string(), "2021-11-20T06:00:00.0000001Z");
        for none in [0, -1, i64::MAX, 0x0CB3_4557_A3DD_4000] {
            assert_eq!(at(none), None);
        }
    }
}
