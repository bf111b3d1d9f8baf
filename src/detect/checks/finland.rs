//! Finnish numbers: of persons and companies.

use jiff::civil::Date;

use crate::detect::checks::Verdict::{Plausible, Valid};
use crate::detect::checks::digits::{Weights, birth, digits, number, pairs, placeholder, remainder, values, varied};
use crate::detect::checks::{Checked, found};

/// Weights under which a valid number leaves 0.
const YTUNNUS: Weights = (&[7, 9, 10, 5, 8, 4, 2, 1], 11);

/// Check characters, by the remainder modulus 31.
const CHECKS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// Sähköinen asiointitunnus, SATU (DVV): eight digits and the check character of a henkilötunnus over them.
pub fn fi_satu(value: &str) -> Option<Checked> {
    let [.., check] = <[u8; 9]>::try_from(value.as_bytes()).ok()?;
    let number = number(&digits::<8>(value.get(..8)?)?);
    let holds = CHECKS.get(usize::try_from(number % 31).ok()?) == Some(&check.to_ascii_uppercase());
    holds.then(|| found(Valid, "electronic identification number"))
}

/// Henkilötunnus (valtioneuvoston asetus väestötietojärjestelmästä 128/2010, as of 2023-01-01;
/// DVV): the intermediate character gives the century and tells numbers apart. Exports drop it: those are plausible.
pub fn fi_hetu(value: &str, today: Date) -> Option<Checked> {
    let (before, tail) = value.split_at_checked(value.len().checked_sub(4)?)?;
    let [s1, s2, s3, check] = <[u8; 4]>::try_from(tail.as_bytes()).ok()?;
    let serial = number(&values([s1, s2, s3])?);
    let (century, verdict) = match before.bytes().next_back()? {
        b'+' => (1800, Valid),
        b'-' | b'U'..=b'Y' => (1900, Valid),
        b'A'..=b'F' => (2000, Valid),
        b' ' | b'0'..=b'9' => (1900, Plausible),
        _ => return None,
    };
    let d = digits::<6>(before.trim_end_matches(|c: char| !c.is_ascii_digit()))?;
    let [day, month, year] = pairs(&d);
    // What is cheap and seldom holds comes first.
    let remainder = usize::try_from((number(&d) * 1000 + serial) % 31).ok()?;
    if CHECKS.get(remainder) != Some(&check) {
        return None;
    }
    let date = birth(century + year, month, day, today)?;
    let stand_in = digits::<10>(value).is_some_and(|d| placeholder(&d));
    let kind = match (serial, verdict) {
        (0 | 1, _) => return None,
        (_, Plausible) => "henkilötunnus without its intermediate character",
        (900.., _) => "temporary",
        _ => "henkilötunnus",
    };
    let checked = found(verdict, kind).born(date);
    (!stand_in).then(|| checked.among(value, &["131052308T"]))
}

/// Y-tunnus (yritys- ja yhteisötietolaki 244/2001; PRH and Verohallinto): modulus 11, where
/// remainder 1 is unused; also with six digits before the hyphen, and as a VAT number with FI.
pub fn fi_ytunnus(value: &str) -> Option<Checked> {
    let d = varied::<8>(value.strip_prefix("FI").unwrap_or(value), 7)?;
    let holds = !placeholder(&d) && remainder(&d, YTUNNUS) == 0;
    holds.then(|| found(Valid, "company"))
}
