//! Danish numbers: of persons, companies and accounts.

use jiff::civil::Date;

use crate::detect::checks::Verdict::{Doubtful, Plausible, Valid};
use crate::detect::checks::digits::{
    Weights, birth, compact, count, digits, digits_or_lost, national, number, pairs, placeholder, remainder, values,
    varied,
};
use crate::detect::checks::{Checked, found};

/// Weights under which a valid number leaves 0.
const CVR: Weights = (&[2, 7, 6, 5, 4, 3, 2, 1], 11);

/// Weights under which a valid number leaves 0.
const CPR: Weights = (&[4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11);

/// Years whose 1 January has CPR numbers without modulus 11: the CPR office's list of 2023-05-10,
/// by its own word not exhaustive.
const CPR_WITHOUT_MOD11: [i16; 26] = [
    1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978, 1980, 1981, 1982, 1983, 1984, 1985, 1986, 1987,
    1988, 1989, 1990, 1991, 1992, 1994, 1995,
];

/// The kind of a number that a spreadsheet took for one to reckon with: if the check does not vouch for it, only its
/// column makes it more.
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
    let (d, full_year) = match digits_or_lost(value) {
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
    let published = &["2110625629", "2512489996", "0707614285", "1111111118"];
    let kind = if count(value) == 9 { ZERO_LOST } else { "CPR" };
    Some(found(verdict, kind).born(date).among(value, published))
}

/// Erstatningspersonnummer (CPR-kontoret, "Erstatningspersonnumre i eksterne systemer"): a CPR
/// number with the day raised by 60, without check digit.
pub fn dk_cpr_replacement(value: &str, today: Date) -> Option<Checked> {
    let d = national(value)?;
    // A day from 61 on: most others are told apart by that.
    let date = (d[0] >= 6).then(|| cpr_birth(&d, 60, today))??;
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
    fits.then(|| checked.among(value, &["0203291WQ3", "1308781OS6", "3101057JC9"]))
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
