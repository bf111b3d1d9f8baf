//! Check digits, dates and ranges of numbers, by the name that detector files use.
//!
//! In: a value whose written form a detector has already matched, normalised, and today's date.
//! Out: a [`Checked`]. Elsewhere on purpose: written forms and grouping, token boundaries, labels,
//! scores, and what a test number means for the report.
//! Sources: the law, authority or standard that each check names.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::civil::Date;

/// What a check says of a value whose form already fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Cannot be such a number: impossible date, forbidden range, or a failed check digit where
    /// every issued number has one.
    Invalid,
    /// Everything but the check digit holds, and the authority issues such numbers only rarely or
    /// on other dates.
    Doubtful,
    /// Everything holds that can be checked, but the scheme has no check digit (or, as for a CPR
    /// number born on a listed date, is known to lack it).
    Plausible,
    /// Date, ranges and check digit hold.
    Valid,
}

use Verdict::{Doubtful, Invalid, Plausible, Valid};

/// A verdict and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// What the check says.
    pub verdict: Verdict,
    /// The kind within the scheme, for `--explain`: "CPR", "coordination number", "D-number",
    /// "synthetic (Skatteetaten)", "organisation", …
    pub kind: &'static str,
    /// Some(year) of birth where the number tells it.
    pub born: Option<i16>,
    /// A documented test number, a synthetic range or a placeholder-like published example.
    pub test: bool,
}

impl Checked {
    fn born(self, date: Date) -> Self {
        let born = Some(date.year());
        Self { born, ..self }
    }

    fn test(self, test: bool) -> Self {
        Self { test, ..self }
    }

    /// A test number where `value` ends in one of the published numbers in `list`.
    fn among(self, value: &str, list: &str) -> Self {
        let written = value.bytes().filter(u8::is_ascii_alphanumeric).rev();
        let matches = |known: &str| known.bytes().rev().eq(written.clone().take(known.len()));
        let test = self.test || list.split(' ').any(matches);
        Self { test, ..self }
    }
}

fn found(verdict: Verdict, kind: &'static str) -> Checked {
    Checked { verdict, kind, born: None, test: false }
}

/// Judges a value. `value` is ASCII: digits, upper-case letters and the separators as normalised
/// by the caller (every hyphen-like character is `-`, every space-like one ` `, soft hyphens gone,
/// ` - ` and line breaks after a hyphen already `-`; `.`, `/` and `+` as written). `today` decides
/// what lies in the future.
pub type Check = fn(value: &str, today: Date) -> Checked;

/// Every check, by the name that detector files use.
pub static CHECKS: &[(&str, Check)] = &[
    ("dk.cpr", |v, t| settle(dk_cpr(v, t))),
    ("dk.cpr.replacement", |v, t| settle(dk_cpr_replacement(v, t))),
    ("dk.ecpr", |v, t| settle(dk_ecpr(v, t))),
    ("dk.cvr", |v, _| settle(dk_cvr(v))),
    ("dk.konto", |v, _| settle(dk_konto(v))),
    ("se.personnummer", |v, t| settle(se_personnummer(v, t))),
    ("se.orgnr", |v, _| settle(se_orgnr(v))),
    ("se.reservnummer", |v, t| settle(se_reservnummer(v, t))),
    ("se.bankgiro", |v, _| settle(se_bankgiro(v))),
    ("se.plusgiro", |v, _| settle(se_plusgiro(v))),
    ("no.fodselsnummer", |v, t| settle(no_fodselsnummer(v, t))),
    ("no.fodselsnummer.2032", |v, t| settle(no_fodselsnummer_2032(v, t))),
    ("no.orgnr", |v, _| settle(no_orgnr(v))),
    ("no.kontonummer", |v, _| settle(no_kontonummer(v))),
    ("fi.hetu", |v, t| settle(fi_hetu(v, t))),
    ("fi.ytunnus", |v, _| settle(fi_ytunnus(v))),
    ("is.kennitala", |v, t| settle(is_kennitala(v, t))),
    ("fo.ptal", |v, t| settle(fo_ptal(v, t))),
    ("ee.ik", |v, t| settle(ee_ik(v, t))),
    ("lt.asmens", |v, t| settle(lt_asmens(v, t))),
    ("lv.pk", |v, t| settle(lv_pk(v, t))),
    ("de.idnr", |v, _| settle(de_idnr(v))),
    ("nl.bsn", |v, _| settle(nl_bsn(v))),
    ("pl.pesel", |v, t| settle(pl_pesel(v, t))),
    ("be.nn", |v, t| settle(be_nn(v, t))),
    ("gb.nhs", |v, _| settle(gb_nhs(v))),
    ("gb.nino", |v, _| settle(gb_nino(v))),
    ("iban", |v, _| settle(iban(v))),
    ("luhn", |v, _| settle(luhn(v))),
    ("card", |v, _| settle(card(v))),
    ("imei", |v, _| settle(imei(v))),
    ("ean", |v, _| settle(ean(v))),
    ("isbn", |v, _| settle(isbn(v))),
    ("issn", |v, _| settle(issn(v))),
    ("ip", |v, _| settle(ipv4(v).or_else(|| ipv6(v)))),
    ("ipv4", |v, _| settle(ipv4(v))),
    ("ipv6", |v, _| settle(ipv6(v))),
    ("mac", |v, _| settle(mac(v))),
];

/// A check answers `None` where the value cannot be such a number.
fn settle(checked: Option<Checked>) -> Checked {
    checked.unwrap_or(found(Invalid, "invalid"))
}

// ---------------------------------------------------------------------------- parts of numbers

/// The letters and digits of a value without separators: `least` to `N` of them, right-aligned
/// behind zeros.
fn compact<const N: usize>(value: &str, least: usize) -> Option<[u8; N]> {
    let mut found = [b'0'; N];
    let mut count = 0;
    for byte in value.bytes().filter(|b| !matches!(b, b' ' | b'-' | b'.' | b'/' | b'+')) {
        if !(byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            return None;
        }
        *found.get_mut(count)? = byte;
        count += 1;
    }
    found.rotate_right(N - count);
    (count >= least).then_some(found)
}

/// The values of digits written in ASCII.
fn values<const N: usize>(ascii: [u8; N]) -> Option<[u8; N]> {
    let all = ascii.iter().all(u8::is_ascii_digit);
    all.then(|| ascii.map(|byte| byte.wrapping_sub(b'0')))
}

/// Exactly `N` digits.
fn digits<const N: usize>(value: &str) -> Option<[u8; N]> {
    values(compact(value, N)?)
}

/// `least` to `N` digits, right-aligned, that are not all the same.
fn varied<const N: usize>(value: &str, least: usize) -> Option<[u8; N]> {
    let mut written = value.bytes().filter(u8::is_ascii_digit);
    let first = written.next()?;
    written.find(|&digit| digit != first)?;
    values(compact(value, least)?)
}

/// Exactly `N` digits that nobody would write as a stand-in for a number.
fn national<const N: usize>(value: &str) -> Option<[u8; N]> {
    digits(value).filter(|d| !placeholder(d))
}

/// All the same digit, an ascending or descending run, or a period of two digits.
fn placeholder(digits: &[u8]) -> bool {
    let stepped = |w: &[u8], by| matches!(w, [a, b] if (a + by) % 10 == *b);
    let steps = |by: u8| digits.windows(2).all(|w| stepped(w, by));
    let mut pairs = digits.iter().zip(digits.iter().skip(2));
    steps(0) || steps(1) || steps(9) || pairs.all(|(a, b)| a == b)
}

/// How many digits are written in a value.
fn count(value: &str) -> usize {
    value.bytes().filter(u8::is_ascii_digit).count()
}

/// The number that up to 18 digits spell.
fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |n, &d| n * 10 + i64::from(d))
}

/// The numbers that the first three pairs of digits spell, as in a date.
fn pairs(digits: &[u8]) -> [i64; 3] {
    let mut pairs = digits.chunks(2).map(number);
    [(); 3].map(|()| pairs.next().unwrap_or(0))
}

/// A date of the calendar.
fn calendar(year: i64, month: i64, day: i64) -> Option<Date> {
    let (month, day) = (month.try_into().ok()?, day.try_into().ok()?);
    Date::new(year.try_into().ok()?, month, day).ok()
}

/// A date of birth: of the calendar, and not in the future.
fn birth(year: i64, month: i64, day: i64, today: Date) -> Option<Date> {
    calendar(year, month, day).filter(|&date| date <= today)
}

/// The weights of a scheme and its modulus.
type Weights = (&'static [u8], u32);

/// What the weighted sum of digits leaves modulo the scheme's modulus.
fn remainder(digits: &[u8], (weights, modulus): Weights) -> u32 {
    let pairs = digits.iter().zip(weights);
    pairs.map(|(&d, &w)| u32::from(d) * u32::from(w)).sum::<u32>() % modulus
}

/// Luhn's formula (ISO/IEC 7812-1, annex B) over digits that end with the check digit.
fn luhn_holds(digits: &[u8]) -> bool {
    let doubled = |(d, w): (&u8, &u8)| u32::from(d * w / 10 + d * w % 10);
    let weighted = digits.iter().rev().zip([1, 2].iter().cycle());
    weighted.map(doubled).sum::<u32>().is_multiple_of(10)
}

/// `least` to `N` digits that satisfy Luhn's formula.
fn luhn_number<const N: usize>(value: &str, least: usize, kind: &'static str) -> Option<Checked> {
    let holds = luhn_holds(&varied::<N>(value, least)?);
    holds.then(|| found(Valid, kind))
}

/// GS1's check digit: weights 1 and 3 from the right, modulus 10.
fn ean_holds(digits: &[u8; 14]) -> bool {
    remainder(digits, EAN) == 0
}

// A valid number leaves 0, its check digit being part of the sum.
const CPR: Weights = (&[4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11);
const CVR: Weights = (&[2, 7, 6, 5, 4, 3, 2, 1], 11);
const FNR_K1: Weights = (&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1], 11);
const FNR_K2: Weights = (&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11); // also bank accounts
const ORGNR: Weights = (&[3, 2, 7, 6, 5, 4, 3, 2, 1], 11); // also kennitala
const YTUNNUS: Weights = (&[7, 9, 10, 5, 8, 4, 2, 1], 11);
const BSN: Weights = (&[9, 8, 7, 6, 5, 4, 3, 2, 10], 11);
const NHS: Weights = (&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 11);
const PESEL: Weights = (&[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], 10);
const EAN: Weights = (&[3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1], 10);
// Elsewhere the check digit is computed from what these leave.
const BALTIC_1: Weights = (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1], 11);
const BALTIC_2: Weights = (&[3, 4, 5, 6, 7, 8, 9, 1, 2, 3], 11);
const LATVIAN: Weights = (&[10, 5, 8, 4, 2, 1, 6, 3, 7, 9], 11);

// ---------------------------------------------------------------------------- Denmark

/// Years whose 1 January has CPR numbers without modulus 11: the CPR office's list of 2023-05-10,
/// by its own word not exhaustive.
const CPR_WITHOUT_MOD11: [i16; 26] = [
    1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978, 1980, 1981, 1982, 1983, 1984, 1985, 1986, 1987,
    1988, 1989, 1990, 1991, 1992, 1994, 1995,
];

/// The kind of a number that a spreadsheet took for one to reckon with: only its column makes it more.
pub const ZERO_LOST: &str = "CPR without its leading zero";

/// The date of birth in a CPR number whose day is raised by `raised`: the seventh digit and the
/// year give the century. Serial 0000 is a placeholder.
fn cpr_birth(d: &[u8; 10], raised: i64, today: Date) -> Option<Date> {
    let [day, month, year] = pairs(d);
    let century = match (d[6], year) {
        (0..=3, _) | (4 | 9, 37..) => 1900,
        (4 | 9, _) | (_, ..=57) => 2000,
        _ => 1800,
    };
    let issued = number(&d[6..10]) > 0;
    birth(century + year, month, day - raised, today).filter(|_| issued)
}

/// Personnummer (CPR-loven, lov 646/2000; CPR-kontoret, "Opbygning af CPR-nummeret"): since
/// 2007-10-01 modulus 11 is no condition. Also with the year in full, which must be the resolved one.
pub fn dk_cpr(value: &str, today: Date) -> Option<Checked> {
    // Nine digits: a spreadsheet has dropped the leading zero.
    let (d, full_year) = match digits(value).or_else(|| values(compact::<10>(value, 9)?)) {
        Some(d) => (d, None),
        None => {
            let [d1, d2, m1, m2, c1, c2, y1, y2, s1, s2, s3, s4] = digits(value)?;
            let short = [d1, d2, m1, m2, y1, y2, s1, s2, s3, s4];
            (short, Some(number(&[c1, c2, y1, y2])))
        }
    };
    let date = cpr_birth(&d, 0, today).filter(|_| !placeholder(&d))?;
    if full_year.is_some_and(|year| year != i64::from(date.year())) {
        return None;
    }
    let listed = date.month() == 1 && date.day() == 1 && CPR_WITHOUT_MOD11.contains(&date.year());
    let verdict = match remainder(&d, CPR) {
        0 => Valid,
        _ if listed => Plausible,
        _ => Doubtful,
    };
    let published = "2110625629 2512489996 0707614285 1111111118";
    let kind = if count(value) == 9 { ZERO_LOST } else { "CPR" };
    Some(found(verdict, kind).born(date).among(value, published))
}

/// Erstatningspersonnummer (CPR-kontoret, "Erstatningspersonnumre i eksterne systemer"): a CPR
/// number with the day raised by 60, without check digit.
pub fn dk_cpr_replacement(value: &str, today: Date) -> Option<Checked> {
    let date = cpr_birth(&national(value)?, 60, today)?;
    Some(found(Plausible, "replacement number").born(date))
}

/// eCPR of the health sector (Sundhedsdatastyrelsen, national eCPR): `DDMMYYCAAG`, C the century
/// and whether the number is national (X-eCPR) or local (D-eCPR).
pub fn dk_ecpr(value: &str, today: Date) -> Option<Checked> {
    let [date @ .., c, a1, a2, g] = compact::<10>(value, 10)?;
    let [day, month, year] = pairs(&values(date)?);
    let (century, kind) = match c {
        b'1' => (1900, "X-eCPR"),
        b'7' => (2000, "X-eCPR"),
        b'0' => (1900, "D-eCPR"),
        b'5' => (1800, "D-eCPR"),
        b'6' => (2000, "D-eCPR"),
        _ => return None,
    };
    let date = birth(century + year, month, day, today)?;
    let fits = a1.is_ascii_uppercase() && a2.is_ascii_uppercase() && g.is_ascii_digit();
    let checked = found(Plausible, kind).born(date);
    fits.then(|| checked.among(value, "0203291WQ3 1308781OS6 3101057JC9"))
}

/// CVR-nummer (CVR-loven; Erhvervsstyrelsen): eight digits, modulus 11, or a VAT number with DK.
pub fn dk_cvr(value: &str) -> Option<Checked> {
    let d = national::<8>(value.strip_prefix("DK").unwrap_or(value))?;
    let holds = d[0] > 0 && remainder(&d, CVR) == 0;
    holds.then(|| found(Valid, "company"))
}

/// Registration number and account, which have no public check digit: only the length is known.
pub fn dk_konto(value: &str) -> Option<Checked> {
    // A label may stand between the two: `0400 Konto 0440116243`.
    let digits: String =
        value.chars().filter(|c| !c.is_ascii_alphabetic() && !matches!(c, ',' | ';' | ':' | '|')).collect();
    varied::<14>(&digits, 5)?;
    Some(found(Plausible, "account"))
}

// ---------------------------------------------------------------------------- Sweden

/// The numbers of Skatteverket's test list that a serial does not give away, and its example of a
/// coordination number.
const SE_PUBLISHED: &str = "4408139089 9006022397 9107172380 9610202385 0104132386 0001052380 \
    9312172381 5711212893 6107293059 7912309296 0001022391 0001042399 1212121212 9912282382 \
    0304302383 0512312398 7010632391";

/// Personnummer and samordningsnummer (folkbokföringslagen 1991:481, 18–18 b §§): ten digits, or
/// twelve with the century; `+` from the year of the hundredth birthday. Luhn over the last ten.
pub fn se_personnummer(value: &str, today: Date) -> Option<Checked> {
    let (century, d) = match national::<12>(value) {
        Some([c1, c2, d @ ..]) => (Some(number(&[c1, c2])), d),
        None => (None, national::<10>(value)?),
    };
    let [short, month, written] = pairs(&d);
    let (day, kind) = match written {
        61.. => (written - 60, "coordination number"),
        _ => (written, "personnummer"),
    };
    let year = match century {
        Some(century) if (18..=20).contains(&century) => century * 100 + short,
        Some(_) => return None,
        None => {
            let now = [today.year(), today.month().into(), today.day().into()].map(i64::from);
            let recent = now[0] - now[0] % 100 + short;
            let ahead = [recent, month, day] > now;
            recent - 100 * i64::from(ahead) - 100 * i64::from(value.contains('+'))
        }
    };
    let date = birth(year, month, day, today)?;
    let serial = number(&d[6..9]);
    let listed = year <= 1900 && matches!(serial, 980 | 981);
    let checked = found(Valid, kind).born(date).test(listed);
    // Twelve digits that end in a time of day, of somebody not yet grown up: rather a point in time.
    let clock = century.is_some() && !value.contains('-') && number(&d[6..8]) < 24 && number(&d[8..10]) < 60;
    let verdict = if clock && i64::from(today.year()) - year < 18 { Doubtful } else { Valid };
    let checked = Checked { verdict, ..checked };
    (serial > 0 && luhn_holds(&d)).then(|| checked.among(value, SE_PUBLISHED))
}

/// Organisationsnummer (lagen 1974:174): the third digit is 2 or more, Luhn. Also with 16 in front
/// or as a VAT number (`SE…01`). Sole traders use their personnummer, which is not this check's.
pub fn se_orgnr(value: &str) -> Option<Checked> {
    let vat = value.strip_prefix("SE").and_then(|v| v.strip_suffix("01"));
    let d = match national::<12>(value) {
        Some([1, 6, d @ ..]) => d,
        _ => national::<10>(vat.unwrap_or(value))?,
    };
    let holds = d[0] > 0 && d[2] >= 2 && luhn_holds(&d);
    holds.then(|| found(Valid, "organisation"))
}

/// Regional and national reserve numbers of health care (Inera, "Lokala reservidn"; "Nationellt
/// reservidformat"): twelve characters, of which only some issuers' have a known check digit.
pub fn se_reservnummer(value: &str, today: Date) -> Option<Checked> {
    let all = compact::<12>(value, 12)?;
    let [head @ .., t1, t2, t3, t4] = all;
    let h @ [_, _, y1, y2, m1, m2, d1, d2]: [u8; 8] = values(head)?;
    let (century, month, day) = (number(&h[0..2]), number(&h[4..6]), number(&h[6..8]));
    if let Some(d) = values(all) {
        // One of Inera's two test numbers for Stockholm counts the century in, the other does not.
        let from_century = luhn_holds(&d[2..12]);
        return match (number(&d[2..6]), century, month, day) {
            (1900..=2299, 99, ..) if luhn_holds(&d[4..12]) => Some(found(Valid, "Stockholm")),
            (2000..=2299, 99, ..) if from_century => Some(found(Doubtful, "Stockholm")),
            (_, 18..=20, 1..=12, 32..=59) if from_century => Some(found(Valid, "Carelink")),
            _ => None,
        };
    }
    if matches!((century, month, day), (0 | 21..=25, ..=12, ..=31)) {
        let letters = b"ABCDEFGHJKLMNPRSTUXYZ";
        let fits = letters.contains(&t1) && letters.contains(&t2) && t3.is_ascii_digit();
        return fits.then(|| found(Plausible, "national reserve number"));
    }
    let date = birth(number(&h[0..4]), month, day, today).filter(|_| century >= 18)?;
    let g = match t1 {
        b'K' => 5,
        b'M' => 7,
        b'X' => 8,
        _ => 0,
    };
    let checked = match values([t2, t3, t4]) {
        Some([n1, n2, c]) if g > 0 => {
            let holds = luhn_holds(&[y1, y2, m1, m2, d1, d2, g, n1, n2, c]);
            let issued = matches!(number(&[n1, n2]), 6..=89);
            let verdict = if holds && issued { Valid } else { Doubtful };
            found(verdict, "Västra Götaland")
        }
        _ if b"FUXPL".contains(&t2) && t3.is_ascii_digit() => found(Plausible, "Värmland"),
        _ => found(Plausible, "Skåne"),
    };
    Some(checked.born(date))
}

/// Bankgiro number (Bankgirot): seven or eight digits, Luhn.
pub fn se_bankgiro(value: &str) -> Option<Checked> {
    luhn_number::<8>(value, 7, "bankgiro")
}

/// Plusgiro number (Nordea): two to eight digits, Luhn.
pub fn se_plusgiro(value: &str) -> Option<Checked> {
    luhn_number::<8>(value, 2, "plusgiro")
}

// ---------------------------------------------------------------------------- Norway

/// Fødselsnummer, D-number and their relatives (folkeregisterforskriften § 2-2; NHN, "Felles
/// hjelpenummer"; NAV's and Skatteetaten's synthetic numbers): two control digits, modulus 11.
pub fn no_fodselsnummer(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value)?;
    if remainder(&d, FNR_K1) != 0 || remainder(&d, FNR_K2) != 0 {
        return None;
    }
    if d[0] >= 8 {
        return Some(found(Valid, "FH-number"));
    }
    let [day, month, year] = pairs(&d);
    let d_number = day > 40;
    let raised = (month - 1).max(0) / 20 * 20;
    let (kind, test) = match (raised, d_number) {
        (80, false) => ("synthetic (Skatteetaten)", true),
        (80, true) => ("D-number, synthetic (Skatteetaten)", true),
        (60, _) => ("NPID, synthetic (NAV)", true),
        (40, true) => ("D-number, synthetic (NAV)", true),
        (40, false) => ("H-number or synthetic (NAV)", false),
        (20, _) => ("NPID", false),
        (_, true) => ("D-number", false),
        (_, false) => ("fødselsnummer", false),
    };
    let century = match (number(&d[6..9]), year) {
        (..=499, _) | (900.., 40..) => 1900,
        (_, ..=39) => 2000,
        (..=749, 54..) => 1800,
        _ => return None,
    };
    let day = day - 40 * i64::from(d_number);
    let date = birth(century + year, month - raised, day, today)?;
    let published = "15108695088 30108299920 29029600013";
    let checked = found(Valid, kind).born(date).test(test);
    Some(checked.among(value, published))
}

/// Fødselsnummer and D-number as issued from 2032-01-01 (Skatteetaten, "Nye fødselsnummer fra
/// 2032"): the first control digit may leave 0 to 3, and the number no longer tells the century.
pub fn no_fodselsnummer_2032(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value)?;
    let [day, month, year] = pairs(&d);
    let holds = remainder(&d, FNR_K1) <= 3 && remainder(&d, FNR_K2) == 0;
    no_fodselsnummer(value, today).or_else(|| {
        let (day, kind) = match day {
            41.. => (day - 40, "D-number (2032)"),
            _ => (day, "fødselsnummer (2032)"),
        };
        calendar(2000 + year, month, day).filter(|_| holds)?;
        let verdict = if today.year() < 2032 { Doubtful } else { Valid };
        let published = "02013299997 02013299903 02013299806 30108299939";
        Some(found(verdict, kind).among(value, published))
    })
}

/// Organisasjonsnummer (enhetsregisterforskriften; Brønnøysundregistrene): nine digits from 8 or
/// 9, modulus 11, also as a VAT number (`NO… MVA`).
pub fn no_orgnr(value: &str) -> Option<Checked> {
    let bare = value.strip_prefix("NO").unwrap_or(value);
    let d = national::<9>(bare.strip_suffix("MVA").unwrap_or(bare))?;
    let holds = d[0] >= 8 && remainder(&d, ORGNR) == 0;
    holds.then(|| found(Valid, "organisation"))
}

/// Bank account (Bits, kontonummer): eleven digits, modulus 11; the group 00 marks banks' internal
/// accounts, which need not satisfy it.
pub fn no_kontonummer(value: &str) -> Option<Checked> {
    let d = varied::<11>(value, 11)?;
    match (remainder(&d, FNR_K2), &d[4..6]) {
        (0, _) => Some(found(Valid, "account")),
        (_, [0, 0]) => Some(found(Doubtful, "internal account")),
        _ => None,
    }
}

// ---------------------------------------------------------------------------- Finland

/// Henkilötunnus (valtioneuvoston asetus väestötietojärjestelmästä 128/2010, as of 2023-01-01;
/// DVV): the intermediate character gives the century and tells numbers apart.
pub fn fi_hetu(value: &str, today: Date) -> Option<Checked> {
    let [.., c, _, _, _, check] = <[u8; 11]>::try_from(value.as_bytes()).ok()?;
    let d = digits::<6>(value.get(..6)?)?;
    let serial = number(&digits::<3>(value.get(7..10)?)?);
    let [day, month, year] = pairs(&d);
    let century = match c {
        b'+' => 1800,
        b'-' | b'U'..=b'Y' => 1900,
        b'A'..=b'F' => 2000,
        _ => return None,
    };
    let date = birth(century + year, month, day, today)?;
    let remainder = usize::try_from((number(&d) * 1000 + serial) % 31).ok()?;
    let holds = b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(remainder) == Some(&check);
    let stand_in = digits::<10>(value).is_some_and(|d| placeholder(&d));
    let kind = match serial {
        0 | 1 => return None,
        900.. => "temporary",
        _ => "henkilötunnus",
    };
    let checked = found(Valid, kind).born(date);
    (holds && !stand_in).then(|| checked.among(value, "131052308T"))
}

/// Y-tunnus (yritys- ja yhteisötietolaki 244/2001; PRH and Verohallinto): modulus 11, where
/// remainder 1 is unused; also with six digits before the hyphen, and as a VAT number with FI.
pub fn fi_ytunnus(value: &str) -> Option<Checked> {
    let d = varied::<8>(value.strip_prefix("FI").unwrap_or(value), 7)?;
    let holds = !placeholder(&d) && remainder(&d, YTUNNUS) == 0;
    holds.then(|| found(Valid, "company"))
}

// ---------------------------------------------------------------------------- Iceland, Faroes

/// Kennitala (lög 140/2019; Þjóðskrá): since 2026-02-18 persons are issued numbers without a
/// computed check digit; organisations (day + 40) have one. 8 or 9 first is a system number.
pub fn is_kennitala(value: &str, today: Date) -> Option<Checked> {
    let d = national::<10>(value).filter(|d| number(&d[6..10]) > 0)?;
    if d[0] >= 8 {
        return Some(found(Doubtful, "kerfiskennitala"));
    }
    let century = match d[9] {
        8 => 1800,
        9 => 1900,
        0 => 2000,
        _ => return None,
    };
    let [written, month, year] = pairs(&d);
    let organisation = written > 40;
    let day = written - 40 * i64::from(organisation);
    let date = birth(century + year, month, day, today)?;
    let holds = remainder(&d, ORGNR) == 0;
    if organisation {
        return holds.then(|| found(Valid, "organisation"));
    }
    let (kind, synthetic, unchecked) = match d[6..8] {
        [1, 4 | 5] => ("synthetic (Þjóðskrá)", true, Plausible),
        [0 | 1, _] => ("person", false, Doubtful), // assigned from 20 upwards
        _ => ("person", false, Plausible),
    };
    let verdict = if holds { Valid } else { unchecked };
    let published = "1201743399 1201603389 2811913049 0209804299 0404044400 1005148220 2412198560 \
        3003228340";
    let checked = found(verdict, kind).born(date).test(synthetic);
    Some(checked.among(value, published))
}

/// P-tal (Umhvørvisstovan, landsfólkayvirlitið): a date and three digits, no public check digit.
pub fn fo_ptal(value: &str, today: Date) -> Option<Checked> {
    let d = national::<9>(value)?;
    let [day, month, year] = pairs(&d);
    let in_century = |century: i64| birth(century + year, month, day, today);
    let checked = found(Plausible, "P-tal");
    match (in_century(1900), in_century(2000)) {
        (Some(date), None) | (None, Some(date)) => Some(checked.born(date)),
        (Some(_), Some(_)) => Some(checked),
        (None, None) => None,
    }
}

// ---------------------------------------------------------------------------- neighbours

/// The check digit that Estonia and Lithuania share: a second row of weights where the first
/// leaves 10.
fn baltic_holds(d: &[u8; 11]) -> bool {
    let first = remainder(d, BALTIC_1);
    let second = remainder(d, BALTIC_2);
    u32::from(d[10]) == if first < 10 { first } else { second % 10 }
}

/// The date of birth that follows a digit for sex and century.
fn baltic_birth(d: &[u8; 11], today: Date) -> Option<Date> {
    let century = 1800 + (i64::from(d[0]) - 1) / 2 * 100;
    let [year, month, day] = pairs(&d[1..7]);
    birth(century + year, month, day, today)
}

/// Isikukood (Eesti standard EVS 585).
pub fn ee_ik(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value).filter(|d| matches!(d[0], 1..=8) && baltic_holds(d))?;
    let published = "38001085718 60001019906 50001029996 60001017716";
    let checked = found(Valid, "isikukood").born(baltic_birth(&d, today)?);
    Some(checked.among(value, published))
}

/// Asmens kodas (Gyventojų registro įstatymas): 3 to 6 first, or 9 where the birth is unknown.
pub fn lt_asmens(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value).filter(baltic_holds)?;
    match d[0] {
        9 => Some(found(Plausible, "asmens kodas without birth data")),
        3..=6 => Some(found(Valid, "asmens kodas").born(baltic_birth(&d, today)?)),
        _ => None,
    }
}

/// Personas kods (Fizisko personu reģistra likums): dated with a check digit, or, since
/// 2017-07-01, random after 3 and 2 to 9.
pub fn lv_pk(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value)?;
    if d[0] == 3 && d[1] >= 2 {
        return Some(found(Plausible, "personas kods without date"));
    }
    let [day, month, year] = pairs(&d);
    let date = birth(1800 + 100 * i64::from(d[6]) + year, month, day, today)?;
    let check = (1 + remainder(&d, LATVIAN)) % 11 % 10;
    (u32::from(d[10]) == check).then(|| found(Valid, "personas kods").born(date))
}

/// Steuerliche Identifikationsnummer (Abgabenordnung § 139b; BZSt): of the first ten digits
/// exactly one comes twice or thrice, never three in a row; ISO 7064 mod 11,10.
pub fn de_idnr(value: &str) -> Option<Checked> {
    let d = national::<11>(value).filter(|d| d[0] > 0)?;
    let body = &d[0..10];
    let count = |digit| body.iter().filter(|&&d| d == digit).count();
    let repeated = || (0..10).map(count).filter(|&n| n > 1);
    let same = |w: &[u8]| matches!(w, [a, b, c] if a == b && b == c);
    let in_a_row = body.windows(3).any(same);
    let doubled = |product: u8, digit: &u8| match (product + digit) % 10 {
        0 => 20 % 11,
        sum => sum * 2 % 11,
    };
    let product = body.iter().fold(10, doubled);
    let holds = (repeated().eq([2]) || repeated().eq([3])) && !in_a_row;
    (holds && (product + d[10]) % 10 == 1).then(|| found(Valid, "IdNr"))
}

/// Burgerservicenummer (Wet algemene bepalingen burgerservicenummer; RvIG): the eleven test, also
/// without the leading zero; 9999 first is for tests.
pub fn nl_bsn(value: &str) -> Option<Checked> {
    let d = varied::<9>(value, 8).filter(|d| !placeholder(d))?;
    let checked = found(Valid, "BSN").test(d.starts_with(&[9; 4]));
    (remainder(&d, BSN) == 0).then(|| checked.among(value, "111222333 123456782"))
}

/// PESEL (ustawa o ewidencji ludności, 2010): the month carries the century.
pub fn pl_pesel(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value)?;
    let [year, month, day] = pairs(&d);
    let century = 1800 + (month / 20 + 1) % 5 * 100;
    let date = birth(century + year, month % 20, day, today)?;
    let checked = found(Valid, "PESEL").born(date);
    let holds = remainder(&d, PESEL) == 0;
    holds.then(|| checked.among(value, "44051401359 02070803628"))
}

/// Rijksregisternummer and bis number (Wet Rijksregister 1983; KB 8 February 1991): 97 minus the
/// first nine digits modulo 97, with a 2 in front for births from 2000; unknown parts are 00.
pub fn be_nn(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value)?;
    let sum = |prefix| (prefix + number(&d[0..9])) % 97 + number(&d[9..11]);
    let century = match (sum(0), sum(2_000_000_000)) {
        (97, _) => 1900,
        (_, 97) => 2000,
        _ => return None,
    };
    let [year, month, day] = pairs(&d);
    let (month, kind) = match month {
        40.. => (month - 40, "bis number"),
        20.. => (month - 20, "bis number"),
        _ => (month, "national number"),
    };
    let date = birth(century + year, month.max(1), day.max(1), today)?;
    let verdict = if month > 0 && day > 0 { Valid } else { Plausible };
    let published = "85073003328 17073003384 98472899765";
    Some(found(verdict, kind).born(date).among(value, published))
}

/// NHS number (NHS Data Dictionary): modulus 11; 999 first is for tests.
pub fn gb_nhs(value: &str) -> Option<Checked> {
    let d = national::<10>(value).filter(|d| remainder(d, NHS) == 0)?;
    let checked = found(Valid, "NHS number").test(d.starts_with(&[9; 3]));
    Some(checked.among(value, "9434765870"))
}

/// National Insurance number (HMRC, NIM39110): two letters, six digits, one letter A to D.
pub fn gb_nino(value: &str) -> Option<Checked> {
    let [p1, p2, middle @ .., suffix] = compact::<9>(value, 9)?;
    let _: [u8; 6] = values(middle)?;
    let letters = b"ABCEGHJKLMNOPRSTWXYZ";
    let unused = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[p1, p2]);
    let prefix = letters.contains(&p1) && letters.contains(&p2) && p2 != b'O' && !unused;
    let fits = prefix && matches!(suffix, b'A'..=b'D');
    fits.then(|| found(Plausible, "NINO").among(value, "AB123456C"))
}

// ---------------------------------------------------------------------------- payment

/// Country and length of the SWIFT IBAN registry.
const IBAN_LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 \
    CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 \
    IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 \
    MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 \
    SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20";

/// The registry's own examples.
const IBAN_PUBLISHED: &str = "DK5000400440116243 SE4550000000058398257466 NO9386011117947 \
    FI2112345600000785 IS140159260076545510730339 FO6264600001631634 GL8964710001000206 \
    EE382200221020145685 LV80BANK0000435195001 LT121000011101001000 DE89370400440532013000 \
    NL91ABNA0417164300 PL61109010140000071219812874 BE68539007547034 GB29NWBK60161331926819";

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
const CARD_PUBLISHED: &str = "4111111111111111 4012888888881881 4242424242424242 4000056655665556 \
    4222222222222 4571100000000009 5019100000000006 5555555555554444 5105105105105100 \
    5200828282828210 2223003122003222 2223000048400011 378282246310005 371449635398431 \
    378734493671000 30569309025904 38520000023237 36227206271667 3530111333300000 3566002020360505 \
    6011111111111117 6011000990139424";

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

// ---------------------------------------------------------------------------- things

/// IMEI (3GPP TS 23.003): fifteen digits, Luhn.
pub fn imei(value: &str) -> Option<Checked> {
    let checked = luhn_number::<15>(value, 15, "IMEI")?;
    Some(checked.among(value, "490154203237518"))
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

/// IPv4 address (RFC 791; ranges of RFC 6890). What can only be this host, a group or nobody is
/// rejected.
pub fn ipv4(value: &str) -> Option<Checked> {
    let address: Ipv4Addr = value.parse().ok()?;
    let kind = match address.octets() {
        [0 | 127 | 224.., ..] => return None,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "documentation",
        _ if address.is_private() => "private",
        _ if address.is_link_local() => "link-local",
        _ => "public",
    };
    // `7.4.7.2` is rather a version.
    let [first, others @ ..] = address.octets();
    let version = first < 10 && others.iter().all(|octet| *octet < 10) && others.iter().any(|octet| *octet != first);
    let verdict = if version { Doubtful } else { Plausible };
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
    Some(found(Plausible, kind).test(kind == "documentation"))
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

#[cfg(test)]
mod tests;
