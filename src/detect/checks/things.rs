//! Numbers of devices, goods and books, and addresses of the net.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::detect::checks::Verdict::{Doubtful, Plausible, Valid};
use crate::detect::checks::digits::{count, ean_holds, luhn_number, varied};
use crate::detect::checks::{Checked, found};

/// IMEI (3GPP TS 23.003): fifteen digits, Luhn.
pub fn imei(value: &str) -> Option<Checked> {
    let checked = luhn_number::<15>(value, 15, "IMEI")?;
    Some(checked.among(value, &["490154203237518"]))
}

/// GTIN and GLN (GS1 General Specifications): 8, 12, 13 or 14 digits, modulus 10.
pub fn ean(value: &str) -> Option<Checked> {
    let d = varied::<14>(value, 8)?;
    let holds = matches!(count(value), 8 | 12..=14) && ean_holds(&d);
    holds.then(|| found(Valid, "EAN"))
}

/// Whether `length` digits weighted 1, 2, 3, … from the right, the last perhaps X for ten, sum to
/// a multiple of 11.
fn book_holds(value: &str, length: usize) -> bool {
    let (stem, x) = match value.strip_suffix('X') {
        Some(stem) => (stem, 1),
        None => (value, 0),
    };
    varied::<10>(stem, length - x).is_some_and(|d| {
        let weighted = d.iter().rev().zip(1 + x..);
        let sum: usize = weighted.map(|(&d, weight)| usize::from(d) * weight).sum();
        count(stem) + x == length && (sum + 10 * x).is_multiple_of(11)
    })
}

/// ISBN (ISO 2108): ten characters, modulus 11, or an EAN of 978 or 979.
pub fn isbn(value: &str) -> Option<Checked> {
    if book_holds(value, 10) {
        return Some(found(Valid, "ISBN-10"));
    }
    let d = varied(value, 13).filter(|d| matches!(d[0..4], [0, 9, 7, 8 | 9]))?;
    ean_holds(&d).then(|| found(Valid, "ISBN-13"))
}

/// ISSN (ISO 3297): eight characters, modulus 11.
pub fn issn(value: &str) -> Option<Checked> {
    book_holds(value, 8).then(|| found(Valid, "ISSN"))
}

/// What an address is called that is written as a phone may be.
pub const PAIRS: &str = "public, written as a phone may be";

/// What addresses are called that hold inside a network only.
pub const INSIDE: &[&str] = &["private", "link-local"];

/// IPv4 address (RFC 791; ranges of RFC 6890). What can only be this host, a group or nobody is
/// rejected.
pub fn ipv4(value: &str) -> Option<Checked> {
    let address: Ipv4Addr = value.parse().ok()?;
    let kind = match address.octets() {
        [0 | 127 | 224.., ..] => return None,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "documentation",
        // Everybody asks these for names.
        [8, 8, 8, 8] | [8, 8, 4, 4] | [1, 1, 1, 1] | [1, 0, 0, 1] | [9, 9, 9, 9] => "public resolver",
        _ if address.is_private() => "private",
        _ if address.is_link_local() => "link-local",
        _ => "public",
    };
    // `7.4.7.2` and `1.4.0.14` are rather versions, `10.3.2.4` a section. Inside a network, everybody has the same.
    let [first, others @ ..] = address.octets();
    let version = first < 10 && others.iter().all(|octet| *octet < 100) && others.iter().any(|octet| *octet != first);
    // `53.41.38.83` is as well a phone.
    let pairs = first >= 20 && address.octets().iter().all(|octet| (10..100).contains(octet));
    let kind = if pairs && kind == "public" { PAIRS } else { kind };
    let verdict =
        if version || pairs || INSIDE.contains(&kind) || kind == "public resolver" { Doubtful } else { Plausible };
    Some(found(verdict, kind).test(kind == "documentation"))
}

/// IPv6 address (RFC 4291; IANA's address space registry), perhaps with a zone. Space that is not
/// allocated, loopback and groups are rejected.
pub fn ipv6(value: &str) -> Option<Checked> {
    let address: Ipv6Addr = value.split('%').next()?.parse().ok()?;
    let kind = match address.segments() {
        [0x2001, 0x0db8, ..] | [0x3fff, 0..0x1000, ..] => "documentation",
        [0x2000..0x4000, ..] => "public",
        [0xfc00..0xfe00, ..] => "private",
        [0xfe80..0xfec0, ..] => "link-local",
        [0, 0, 0, 0, 0, 0xffff, 1..=0xffff, _] | [0x64, 0xff9b, ..] => "mapped IPv4",
        _ => return None,
    };
    let verdict = if INSIDE.contains(&kind) { Doubtful } else { Plausible };
    Some(found(verdict, kind).test(kind == "documentation"))
}

/// MAC address (IEEE 802, EUI-48): twelve hexadecimal digits, neither all zero nor all one.
pub fn mac(value: &str) -> Option<Checked> {
    let mut hex = value.chars().filter(|c| !":-.".contains(*c));
    let (address, length) = hex.try_fold((0_u64, 0), |(address, length), c| {
        let digit = u64::from(c.to_digit(16)?);
        (length < 12).then_some((address << 4 | digit, length + 1))
    })?;
    let (verdict, kind) = match (address >> 40) & 3 {
        0 => (Plausible, "device"),
        2 => (Plausible, "locally administered"),
        _ => (Doubtful, "group address"),
    };
    let fits = length == 12 && address != 0 && address != 0xffff_ffff_ffff;
    fits.then(|| found(verdict, kind))
}

/// Days that templates are filled with.
const TEMPLATES: &[&str] = &["010101", "010203", "010190", "020304", "111111", "121212", "311299", "010170", "010180"];

/// A national number of which only the day is left: not a template's.
pub fn masked(value: &str) -> Option<Checked> {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    (value.ends_with(['x', 'X']) && digits.len() >= 6 && !TEMPLATES.contains(&digits.as_str()))
        .then(|| found(Plausible, "date of birth"))
}

/// Letters that stand before digits on no car: makes and models, standards, currencies.
const NO_PLATES: &[&str] = &[
    "ABS", "AMG", "AWD", "BMW", "CDI", "CHF", "CNG", "CPR", "CRD", "CVE", "CVR", "CVT", "CWE", "DCI", "DCT", "DIN",
    "DKK", "DSG", "DVD", "EAN", "ESP", "EUR", "FAX", "FWD", "GBP", "GTD", "GTE", "GTI", "HDI", "INT", "ISK", "ISO",
    "KIA", "KTM", "LED", "LPG", "MAN", "MPV", "NOK", "PLN", "RFC", "RSA", "RWD", "SEK", "SHA", "SUV", "TCE", "TDI",
    "TEL", "TLF", "TSI", "USB", "USD", "VAT",
];

/// The same with a hyphen, as Finnish plates have one: `CRC-32`.
const NO_HYPHENS: &[&str] = &[
    "AES", "CRC", "EN", "EUR", "GB", "GMT", "ID", "IP", "ISO", "KB", "MB", "NR", "PC", "PKG", "RFC", "RSC", "SHA",
    "UTC", "UTF",
];

/// Number plate of a Nordic country: only the form is known. Swedish ones leave out I, Q and V.
pub fn plate(value: &str) -> Option<Checked> {
    let letters = value.chars().take_while(|c| !c.is_ascii_digit()).filter(char::is_ascii_alphabetic);
    let letters: String = letters.map(|c| c.to_ascii_uppercase()).collect();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let hyphen = value.contains('-');
    let fits = match letters.len() {
        2 => (if hyphen { 1 } else { 3 }..=5).contains(&digits),
        3 => (1..=3).contains(&digits),
        _ => false,
    };
    let other = if hyphen { NO_HYPHENS } else { NO_PLATES };
    (fits && !other.contains(&letters.as_str())).then(|| found(Plausible, ""))
}

/// Machine-readable zone (ICAO Doc 9303, parts 3 to 6): two lines of 44 or three of 30, check digits with weights 7, 3, 1
/// over number, birth, expiry and all of them.
pub fn mrz(value: &str) -> Option<Checked> {
    let lines: Vec<&str> = value.split_ascii_whitespace().collect();
    let (parts, all): (Vec<(&str, &str)>, String) = match *lines.as_slice() {
        [_, data] if data.len() == 44 => {
            let part = |from, to| Some((data.get(from..to)?, data.get(to..to + 1)?));
            let all = format!("{}{}{}", data.get(..10)?, data.get(13..20)?, data.get(21..43)?);
            (vec![part(0, 9)?, part(13, 19)?, part(21, 27)?, ("", data.get(43..)?)], all)
        }
        [first, data, _] if first.len() == 30 && data.len() == 30 => {
            let all = format!("{}{}{}{}", first.get(5..)?, data.get(..7)?, data.get(8..15)?, data.get(18..29)?);
            (
                vec![
                    (first.get(5..14)?, first.get(14..15)?),
                    (data.get(..6)?, data.get(6..7)?),
                    (data.get(8..14)?, data.get(14..15)?),
                    ("", data.get(29..)?),
                ],
                all,
            )
        }
        _ => return None,
    };
    let holds = parts.iter().all(|(part, digit)| {
        let part = if part.is_empty() { all.as_str() } else { part };
        digit.parse() == Ok(zone_digit(part))
    });
    holds.then(|| found(Valid, "MRZ"))
}

/// The check digit of a part of a machine-readable zone.
fn zone_digit(part: &str) -> u32 {
    let value = |byte: u8| char::from(byte).to_digit(36).unwrap_or(0);
    part.bytes().zip([7, 3, 1].iter().cycle()).map(|(byte, weight)| value(byte) * weight).sum::<u32>() % 10
}
