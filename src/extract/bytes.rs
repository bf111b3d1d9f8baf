//! Numbers and texts at places in bytes, little-endian, as Microsoft's binary formats store them. What lies outside is
//! `None` or empty: input is hostile.

use std::borrow::Cow;

/// Lines that end as everywhere else where they ended as on the first Macintoshes, with a carriage return alone.
pub fn lines(data: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', data).is_some() || memchr::memchr(b'\r', data).is_none() {
        return Cow::Borrowed(data);
    }
    Cow::Owned(data.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// A number of one byte.
pub fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// A number of two bytes.
pub fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// A number of four bytes.
pub fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A number of four bytes, as a place or a size.
pub fn size_at(data: &[u8], at: usize) -> Option<usize> {
    u32_at(data, at).map(|n| n as usize)
}

/// A floating-point number.
pub fn f64_at(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// So many bytes from a place on, or as many of them as there are.
pub fn slice(data: &[u8], at: usize, size: usize) -> &[u8] {
    let end = at.saturating_add(size).min(data.len());
    data.get(at.min(end)..end).unwrap_or_default()
}

/// UTF-16 as text.
pub fn utf16(data: &[u8]) -> String {
    encoding_rs::UTF_16LE.decode_without_bom_handling(data).0.into_owned()
}
