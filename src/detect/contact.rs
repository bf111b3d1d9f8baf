//! E-mail addresses and phone numbers: what makes one, and its one form.
//!
//! Sources: RFC 5321 § 4.5.3.1 (lengths), RFC 5322 § 3.4.1 (dot-atom), RFC 6531 (internationalised), RFC 2606 and 6761
//! (reserved names); number plans by libphonenumber's metadata.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use compact_str::{CompactString, CompactStringExt};
use foldhash::fast::FixedState;
use jiff::civil::Date;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use crate::detect::checks::{Check, Checked, Verdict};
use crate::detect::language::Country;
use crate::detect::normal::Normal;
use crate::detect::plans;
use crate::patterns::{self, Source};

/// The checks of this file, by the name that detector files use.
pub static CHECKS: &[(&str, Check)] = &[("email", email), ("phone", phone)];

/// Local parts that are a role's, not a person's.
static ROLES: LazyLock<Roles> = LazyLock::new(Roles::new);

/// What stands before the `@` of a role's address.
struct Roles {
    whole: HashSet<String, FixedState>,
    /// By their first byte, a bit for each length that one of them has: most other words end there.
    lengths: [u64; 256],
    /// What compounds end in that name a role, `elservice@`, by its last byte. People's names have none of them.
    ends: [Vec<String>; 256],
}

impl Roles {
    fn new() -> Self {
        let mut roles = Self { whole: HashSet::default(), lengths: [0; 256], ends: [const { Vec::new() }; 256] };
        for entry in entries("names/roles.txt") {
            let Some(end) = entry.strip_prefix('*') else {
                roles.lengths.get_mut(first_byte(&entry)).into_iter().for_each(|all| *all |= length(&entry));
                roles.whole.insert(entry);
                continue;
            };
            let last = end.bytes().next_back().unwrap_or_default();
            roles.ends.get_mut(usize::from(last)).into_iter().for_each(|ends| ends.push(end.to_owned()));
        }
        roles
    }

    /// It is a role.
    fn has(&self, part: &str) -> bool {
        self.lengths.get(first_byte(part)).is_some_and(|lengths| lengths & length(part) != 0)
            && self.whole.contains(part)
    }

    /// It ends as compounds do that name a role.
    fn end(&self, part: &str) -> bool {
        let last = part.bytes().next_back().unwrap_or_default();
        let ends = self.ends.get(usize::from(last)).map_or(&[][..], Vec::as_slice);
        ends.iter().any(|end| part.len() > end.len() + 2 && part.ends_with(end.as_str()))
    }
}

fn first_byte(part: &str) -> usize {
    part.bytes().next().map_or(0, usize::from)
}

/// A bit for a length; all long ones have the same.
fn length(part: &str) -> u64 {
    1 << part.len().min(63)
}

/// Phones of authorities that every privacy notice names, as E.164, and how their addresses begin.
pub static AUTHORITIES: LazyLock<HashSet<String, FixedState>> =
    LazyLock::new(|| entries("names/authorities.txt").into_iter().collect());

fn entries(file: &str) -> Vec<String> {
    patterns::built_in(file).iter().flat_map(Source::entries).map(str::to_owned).collect()
}

/// A top-level domain: letters, and no ending of files, which looks like one in `logo@2x.png`.
#[rustfmt::skip]
fn is_top(top: &[u8]) -> bool {
    let letters = || str::from_utf8(top).is_ok_and(|top| top.chars().count() >= 2 && top.chars().all(char::is_alphabetic));
    let plain = top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    let file = || matches!(
        top,
        b"png" | b"jpg" | b"jpeg" | b"gif" | b"svg" | b"webp" | b"css" | b"js" | b"ts" | b"html" | b"htm" | b"pdf"
            | b"docx" | b"xlsx" | b"json" | b"xml" | b"yml" | b"yaml" | b"md" | b"txt" | b"git" | b"local"
    );
    (plain || top.starts_with(b"xn--") || letters()) && !file()
}

/// An address: `Valid` for a person's, `Doubtful` for a role's, `Invalid` for what only looks like one.
pub fn email(value: &str, _today: Date) -> Checked {
    let address = if is_normal(value) { Cow::Borrowed(value) } else { Cow::Owned(String::from(normal_email(value))) };
    let checked = |verdict, kind, test| Checked { verdict, kind, born: None, test };
    let no = checked(Verdict::Invalid, "no address", false);
    let at = memchr::memrchr(b'@', address.as_bytes()).and_then(|at| address.split_at_checked(at));
    let Some((local, domain)) = at.and_then(|(local, rest)| Some((local, rest.get(1..)?))) else { return no };
    let (mut labels, mut second, mut top) = (0, &b""[..], &b""[..]);
    for label in domain.as_bytes().split(|byte| *byte == b'.') {
        if !(1..=63).contains(&label.len()) || label.first() == Some(&b'-') || label.last() == Some(&b'-') {
            return no;
        }
        (labels, second, top) = (labels + 1, top, label);
    }
    // `hr-oslo@`, `info.dk@`, but not `it.ansvarlig.holm@`
    let (mut first, mut before) = (None, b'.');
    let mut fits = labels > 1 && (1..=64).contains(&local.len()) && address.len() <= 254 && is_top(top);
    for (at, byte) in local.bytes().enumerate() {
        match (byte, first) {
            (b'.' | b'-' | b'_' | b'+', None) => first = Some(at),
            (b'.' | b'-' | b'_', _) => first = Some(0),
            _ => {}
        }
        fits &= (byte, before) != (b'.', b'.');
        before = byte;
    }
    if !fits || before == b'.' || local == "git" {
        return no;
    }
    let first = first.and_then(|at| local.get(..at)).unwrap_or_default();
    let reserved = second == b"example" || matches!(top, b"test" | b"invalid" | b"localhost" | b"example");
    let roles = &*ROLES;
    if [&*address, local, first].into_iter().any(|part| roles.has(part)) || roles.end(local) || roles.end(first) {
        return checked(Verdict::Doubtful, "role address", reserved);
    }
    checked(Verdict::Valid, "address", reserved)
}

/// It is in its one form already: small letters, of Latin-1 at most, digits, and what stands between them.
fn is_normal(value: &str) -> bool {
    // No letter outside ASCII begins with another byte than C3, and small ones go on with A0 or more.
    let normal = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'+' | 0xC3 | 0xA0..=0xBF);
    value.bytes().fold(true, |all, byte| all & normal(byte)) && memchr::memchr(b'@', value.as_bytes()).is_some()
}

/// Lower case, with everything that stands for `@` and dots put back.
pub fn normal_email(value: &str) -> CompactString {
    if is_normal(value) {
        return value.into();
    }
    // Most are written plainly, and need none of this.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'.' | b'-' | b'+' | 0x80..=0xCF);
    let plain = memchr::memchr(b'@', value.as_bytes()).is_some() && value.bytes().all(plain);
    let mut address = if value.is_ascii() {
        let mut address = CompactString::new(value);
        address.make_ascii_lowercase();
        address
    } else {
        value.to_lowercase().into()
    };
    if plain {
        return address;
    }
    for (written, meant) in [
        ("mailto:", ""),
        ("%40", "@"),
        ("&#64;", "@"),
        ("＠", "@"),
        ("[at]", "@"),
        ("(at)", "@"),
        ("{at}", "@"),
        ("(a)", "@"),
        ("(snabel-a)", "@"),
        ("snabel-a", "@"),
        ("snabela", "@"),
        ("krøllalfa", "@"),
        ("alfakrøll", "@"),
        ("kanelbulle", "@"),
        ("miukumauku", "@"),
        ("_at_", "@"),
        (" at ", "@"),
        (" ät ", "@"),
        ("[dot]", "."),
        ("(dot)", "."),
        (" dot ", "."),
        (" punktum ", "."),
        (" punkt ", "."),
        (" piste ", "."),
        (" prik ", "."),
    ] {
        if address.contains(written) {
            address = address.replace(written, meant).into();
        }
    }
    address.retain(|c| !c.is_whitespace());
    address
}

/// The countries whose national numbers are looked for, in the order in which they are asked.
const REGIONS: &[(Region, &str, &[Country])] = &[
    (Region::DK, "Danish number", &[Country::Denmark]),
    (Region::NO, "Norwegian number", &[Country::Norway]),
    (Region::SE, "Swedish number", &[Country::Sweden]),
    (Region::FI, "Finnish number", &[Country::Finland]),
    (Region::IS, "Icelandic number", &[Country::Iceland]),
    (Region::GB, "British number", &[]),
];
/// Kinds of numbers that two plans have in common.
const EITHER: &str = "Danish or Norwegian number";
const TRUNK: &str = "Swedish or Finnish number";
/// What exports write: `4520304051`.
pub const UNSIGNED: &str = "international number without its plus sign";
/// Codes of the Nordic countries.
const CODES: [&str; 7] = ["45", "46", "47", "354", "358", "298", "299"];

/// The countries that a kind of phone number may be of.
pub fn countries(kind: &str) -> &'static [Country] {
    match kind {
        EITHER => &[Country::Denmark, Country::Norway],
        TRUNK => &[Country::Sweden, Country::Finland],
        _ => REGIONS.iter().find(|(_, of, _)| *of == kind).map_or(&[], |(.., countries)| countries),
    }
}

/// A phone number: `Valid` if it is in the plan of the country it names, `Plausible` if in that of a Nordic one.
pub fn phone(value: &str, _today: Date) -> Checked {
    let checked = |verdict, kind| Checked { verdict, kind, born: None, test: false };
    if counted(value) {
        return checked(Verdict::Invalid, "no number");
    }
    read(value, |phone| match phone {
        Some(phone) if is_authority(phone) => checked(Verdict::Invalid, "an authority's"),
        Some(Phone { kind, named: true, .. }) => checked(Verdict::Valid, *kind),
        Some(Phone { kind, .. }) if *kind == UNSIGNED || is_day(value) => checked(Verdict::Doubtful, *kind),
        Some(Phone { kind, .. }) => checked(Verdict::Plausible, *kind),
        None if short(value) => checked(Verdict::Doubtful, "Faroese or Greenlandic number"),
        None => match possible(value) {
            Some(true) => checked(Verdict::Plausible, "international number in no plan"),
            Some(false) => checked(Verdict::Doubtful, "number in no plan"),
            None => checked(Verdict::Invalid, "no number"),
        },
    })
}

/// The last two digits of [`AUTHORITIES`], a bit each: most other numbers end there.
static ENDS: LazyLock<u128> = LazyLock::new(|| AUTHORITIES.iter().fold(0, |all, number| all | ending(number)));

fn ending(number: &str) -> u128 {
    let last = number.bytes().rev().take(2).map(|byte| u32::from(byte.wrapping_sub(b'0')));
    1 << (last.zip([1, 10]).map(|(digit, by)| digit * by).sum::<u32>() % 128)
}

/// Eight digits without a country were read as Danish ones, and may be Norwegian.
fn is_authority(phone: &Phone) -> bool {
    if *ENDS & ending(&phone.digits) == 0 {
        return false;
    }
    let number = phone.number();
    let rest = number.strip_prefix("+45").filter(|_| !phone.named);
    let norwegian = rest.map(|rest| ["+47", rest].concat_compact());
    AUTHORITIES.contains(&*number) || norwegian.is_some_and(|number| AUTHORITIES.contains(&*number))
}

/// As long as a Nordic number, though in no plan: plans change. Whether it names its country.
fn possible(value: &str) -> Option<bool> {
    let digits = digits(value);
    let international = value.contains('+') || digits.starts_with("00");
    if !international {
        let trunk = digits.starts_with('0') && (8..=10).contains(&digits.len()) && !digits.starts_with("00");
        let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
        let years = value.split_once([' ', '-']).is_some_and(|(from, to)| year(from) && year(to));
        let short = match digits.len() {
            8 => digits.starts_with(|c| c >= '2') && !is_day(value) && !years,
            7 => digits.starts_with(|c| c >= '4'),
            _ => false,
        };
        return (trunk || short).then_some(false);
    }
    let number = digits.trim_start_matches('0');
    let rest = |code: &str| number.strip_prefix(code).map_or(0, |rest| rest.trim_start_matches('0').len());
    let fits = matches!(rest("45") | rest("47"), 8)
        || rest("354") == 7
        || (7..=9).contains(&rest("46"))
        || (6..=10).contains(&rest("358"));
    let nordic = ["45", "46", "47", "354", "358"].iter().any(|code| number.starts_with(code));
    let elsewhere = value.starts_with('+') && !nordic && (9..=14).contains(&digits.len());
    (fits || elsewhere).then_some(fits)
}

/// Pairs that count, up or down (`01 02 03 04`), or are nothing but zeros behind the first.
fn counted(value: &str) -> bool {
    let parted = value.bytes().skip(2).step_by(3).all(|b| b == b' ');
    if value.len() < 11 || value.len() % 3 != 2 || !parted {
        return false;
    }
    let Some(pairs) = value.split(' ').map(|pair| pair.parse::<u8>().ok()).collect::<Option<Vec<u8>>>() else {
        return false;
    };
    let each = pairs.iter().zip(pairs.iter().skip(1));
    let counts = each.clone().all(|(a, b)| *b == a + 1) || each.clone().all(|(a, b)| *a == b + 1);
    counts || pairs.iter().skip(1).all(|pair| *pair == 0)
}

/// Eight digits that are a day: `20220924`, `24092022`.
fn is_day(value: &str) -> bool {
    // Most do not have the century of a year that is near.
    if !matches!(
        value.as_bytes(),
        [b'1', b'9', ..] | [b'2', b'0', ..] | [_, _, _, _, b'1', b'9', ..] | [_, _, _, _, b'2', b'0', ..]
    ) {
        return false;
    }
    let part = |from: usize, to: usize| value.get(from..to).and_then(|p| p.parse::<i16>().ok()).unwrap_or_default();
    let day = |year: i16, month: i16, day: i16| {
        (1900..2040).contains(&year)
            && jiff::civil::Date::new(year, month.try_into().unwrap_or(0), day.try_into().unwrap_or(0)).is_ok()
    };
    value.len() == 8
        && value.bytes().all(|b| b.is_ascii_digit())
        && (day(part(0, 4), part(4, 6), part(6, 8)) || day(part(4, 8), part(2, 4), part(0, 2)))
}

/// Six digits of a Faroese or Greenlandic number: much else is written so.
fn short(value: &str) -> bool {
    value.bytes().filter(u8::is_ascii_digit).count() == 6 && value.starts_with(['2', '3', '4', '5', '6', '7', '8', '9'])
}

/// E.164, or the digits if it is no number.
pub fn normal_phone(value: &str) -> CompactString {
    read(value, |phone| phone.as_ref().map_or_else(|| digits(value), Phone::number))
}

/// A number that there is.
struct Phone {
    /// E.164: with its country's code, or behind it.
    code: &'static str,
    digits: CompactString,
    kind: &'static str,
    /// It names its country.
    named: bool,
}

impl Phone {
    fn number(&self) -> CompactString {
        if self.code.is_empty() { self.digits.clone() } else { [self.code, &self.digits].concat_compact() }
    }
}

thread_local! {
    /// The last number and what it was: it is asked for by the check, and again for its one form.
    static LAST: RefCell<(String, Option<Phone>)> = RefCell::default();
}

/// The digits of a number.
fn digits(value: &str) -> CompactString {
    Normal::Digits.of(value)
}

fn read<T>(value: &str, take: impl FnOnce(&Option<Phone>) -> T) -> T {
    LAST.with_borrow_mut(|(last, phone)| {
        if last != value {
            value.clone_into(last);
            *phone = parse(value);
        }
        take(phone)
    })
}

fn parse(value: &str) -> Option<Phone> {
    let valid = |text: &str, region: Option<Region>| {
        let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
        let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
        valid.then(|| CompactString::from(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164)))
    };
    let digits = digits(value);
    let written = digits.len() < value.len();
    let bare = if written && value.contains('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    if let Some(bare) = bare {
        let number = ["+", bare].concat_compact();
        let number = match plans::international(bare) {
            Some(known) => known.then_some(number),
            None => valid(&number, None),
        };
        return number.map(|digits| Phone { code: "", digits, kind: "international number", named: true });
    }
    // `2024 2025`, `2019-2025`
    let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    // `0621 0652`
    let codes = |from: &str, to: &str| from.len() == 4 && to.len() == 4 && from.starts_with('0');
    if written && value.split_once([' ', '-']).is_some_and(|(from, to)| year(from) && year(to) || codes(from, to)) {
        return None;
    }
    // A trunk zero is Swedish or Finnish, eight digits are Danish or Norwegian, seven Icelandic.
    let fits = |region: &Region| match region {
        Region::DK | Region::NO => digits.len() == 8,
        Region::IS => digits.len() == 7,
        Region::GB => digits.len() == 11 && digits.starts_with('0'),
        _ => digits.starts_with('0'),
    };
    // Of many a number only the language around it tells the country: by what both plans have in common.
    let norwegian = matches!(digits.as_bytes(), [b'2'..=b'7' | b'9', ..]);
    let finnish = matches!(digits.len(), 9 | 10) && (digits.starts_with("04") || digits.starts_with("05"));
    let national = REGIONS.iter().filter(|(region, ..)| fits(region)).find_map(|(region, kind, _)| {
        let kind = match region {
            Region::DK if norwegian => EITHER,
            Region::SE if finnish => TRUNK,
            _ => *kind,
        };
        let (code, digits) = match plans::national(*region, &digits) {
            Some(known) => known.map(|(code, digits)| (code, digits.into()))?,
            None => ("", valid(&digits, Some(*region))?),
        };
        Some(Phone { code, digits, kind, named: false })
    });
    let unsigned = || {
        let nordic = (10..=12).contains(&digits.len()) && CODES.iter().any(|code| digits.starts_with(code));
        let number = nordic.then(|| ["+", digits.as_str()].concat_compact())?;
        let known = plans::international(&digits).unwrap_or_else(|| valid(&number, None).is_some());
        known.then_some(Phone { code: "", digits: number, kind: UNSIGNED, named: false })
    };
    national.or_else(unsigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 20);

    #[test]
    fn addresses_of_people_of_roles_and_none() {
        for address in [
            "anna.hansen@example.dk",
            "søren@eksempel.dk",
            "åsa@räksmörgås.se",
            "a.b+tag@sub.example.se",
            "navn snabel-a example punktum dk",
        ] {
            assert_eq!(email(address, TODAY).verdict, Verdict::Valid, "{address}");
        }
        assert_eq!(email("info@xn--rksmrgs-5wao1o.se", TODAY).verdict, Verdict::Doubtful);
        for none in ["user@localhost", "a@b.c", "image@2x.png", ".anna@example.dk", "git@github.com", "Hansen@dk"] {
            assert_eq!(email(none, TODAY).verdict, Verdict::Invalid, "{none}");
        }
    }

    #[test]
    fn an_address_has_one_form_in_any_case() {
        for address in ["åsa.öst-9+x@räksmörgås.se", "ÅSA@RÄKSMÖRGÅS.SE", "÷À@x.dk", "Āß@x.dk", "þÞ@X.is"]
        {
            assert_eq!(normal_email(address), address.to_lowercase());
        }
    }

    #[test]
    fn an_authority_s_phone_is_nobody_s() {
        for phone_of_one in
            ["33 19 32 00", "+45 33193200", "08-657 61 00", "22 39 69 00", "+47 22 39 69 00", "510 9600"]
        {
            assert_eq!(phone(phone_of_one, TODAY).verdict, Verdict::Invalid, "{phone_of_one}");
        }
        for somebodys in ["+45 22 39 69 00", "25 10 96 00", "+47 33 19 32 00"] {
            assert_ne!(phone(somebodys, TODAY).verdict, Verdict::Invalid, "{somebodys}");
        }
    }

    #[test]
    fn numbers_of_five_countries() {
        for number in ["+45 32 12 34 56", "0045 32123456", "+46 70 174 06 05"] {
            assert_eq!(phone(number, TODAY).verdict, Verdict::Valid, "{number}");
        }
        for number in ["32 12 34 56", "070-174 06 05", "08-465 004 00", "406 12 345", "041-234 5678", "410 1234"] {
            assert_eq!(phone(number, TODAY).verdict, Verdict::Plausible, "{number}");
        }
        for exported in ["4520304051", "46703182219", "4791234567", "45 86 12 34 56", "358401234567"] {
            assert_eq!(phone(exported, TODAY).verdict, Verdict::Doubtful, "{exported}");
            assert!(normal_phone(exported).starts_with('+'), "{exported}");
        }
        assert_eq!(phone("4512345678", TODAY).verdict, Verdict::Invalid);
        assert_eq!(phone("+45 71 00 91 11", TODAY).verdict, Verdict::Plausible);
        for none in ["12345678", "+45 3212 345", "1234567", "112"] {
            assert_eq!(phone(none, TODAY).verdict, Verdict::Invalid, "{none}");
        }
    }
}
