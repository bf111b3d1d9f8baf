//! Numbers that money moves by: IBAN, cards, and Luhn's formula.

use crate::detect::checks::Verdict::Valid;
use crate::detect::checks::digits::{compact, count, luhn_holds, luhn_number, varied};
use crate::detect::checks::{Checked, found};

/// Country and length of the SWIFT IBAN registry.
const IBAN_LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 \
    CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 \
    IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 \
    MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 \
    SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20";

/// The registry's own examples.
const IBAN_PUBLISHED: &[&str] = &[
    "DK5000400440116243",
    "SE4550000000058398257466",
    "NO9386011117947",
    "FI2112345600000785",
    "IS140159260076545510730339",
    "FO6264600001631634",
    "GL8964710001000206",
    "EE382200221020145685",
    "LV80BANK0000435195001",
    "LT121000011101001000",
    "DE89370400440532013000",
    "NL91ABNA0417164300",
    "PL61109010140000071219812874",
    "BE68539007547034",
    "GB29NWBK60161331926819",
];

/// IBAN (ISO 13616; lengths of the SWIFT registry): ISO 7064 mod 97,10.
pub fn iban(value: &str) -> Option<Checked> {
    let a = compact::<34>(value, 15)?;
    let length = value.bytes().filter(u8::is_ascii_alphanumeric).count();
    let written = || a.iter().skip(34 - length);
    let known = IBAN_LENGTHS.split(' ').any(|entry| {
        let (country, expected) = entry.split_at(2);
        country.bytes().eq(written().take(2).copied()) && expected.parse() == Ok(length)
    });
    let rotated = written().skip(4).chain(written().take(4));
    let remainder = rotated.fold(0_u32, |n, &byte| match byte {
        b'0'..=b'9' => (n * 10 + u32::from(byte - b'0')) % 97,
        _ => (n * 100 + u32::from(byte) + 10 - u32::from(b'A')) % 97,
    });
    let holds = known && remainder == 1 && written().skip(2).take(2).all(u8::is_ascii_digit);
    holds.then(|| found(Valid, "IBAN").among(value, IBAN_PUBLISHED))
}

/// Luhn's formula alone, over 2 to 32 digits (OCR references, ICCID, KID).
pub fn luhn(value: &str) -> Option<Checked> {
    luhn_number::<32>(value, 2, "Luhn")
}

/// Card numbers that payment processors publish for tests.
const CARD_PUBLISHED: &[&str] = &[
    "4111111111111111",
    "4012888888881881",
    "4242424242424242",
    "4000056655665556",
    "4222222222222",
    "4571100000000009",
    "5019100000000006",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "2223000048400011",
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "30569309025904",
    "38520000023237",
    "36227206271667",
    "3530111333300000",
    "3566002020360505",
    "6011111111111117",
    "6011000990139424",
];

/// Payment card (ISO/IEC 7812): the issuer's range, its lengths, and Luhn.
pub fn card(value: &str) -> Option<Checked> {
    let d = varied::<19>(value, 12).filter(|d| luhn_holds(d))?;
    let length = count(value);
    let issuer = d.iter().skip(19 - length).take(4);
    let kind = match (issuer.fold(0_u16, |n, &d| n * 10 + u16::from(d)), length) {
        (4571, 16) => "Visa/Dankort",
        (4000..=4999, 13 | 16 | 19) => "Visa",
        (5019, 16) => "Dankort",
        (5100..=5599 | 2221..=2720, 16) => "Mastercard",
        (3400..=3499 | 3700..=3799, 15) => "American Express",
        (3000..=3059 | 3090..=3099 | 3600..=3699 | 3800..=3999, 14) => "Diners Club",
        (3528..=3589, 16) => "JCB",
        (6011 | 6440..=6599, 16..=19) => "Discover",
        (6200..=6299, 16..=19) => "UnionPay",
        (5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763, _) => "Maestro",
        _ => return None,
    };
    Some(found(Valid, kind).among(value, CARD_PUBLISHED))
}
