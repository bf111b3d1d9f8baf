//! Norwegian numbers: of persons, organisations and accounts.

use jiff::civil::Date;

use crate::detect::checks::Verdict::{Doubtful, Valid};
use crate::detect::checks::digits::{
    ORGNR, Weights, birth, calendar, digits_or_lost, national, number, pairs, placeholder, remainder, varied,
};
use crate::detect::checks::{Checked, found};

/// Weights under which a valid number leaves 0.
const FNR_K2: Weights = (&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11); // also bank accounts

/// Weights under which a valid number leaves 0.
const FNR_K1: Weights = (&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1], 11);

/// Fødselsnummer, D-number and their relatives (folkeregisterforskriften § 2-2; NHN, "Felles
/// hjelpenummer"; NAV's and Skatteetaten's synthetic numbers): two control digits, modulus 11.
pub fn no_fodselsnummer(value: &str, today: Date) -> Option<Checked> {
    let d = digits_or_lost::<11>(value).filter(|d| !placeholder(d))?;
    if remainder(&d, FNR_K1) != 0 || remainder(&d, FNR_K2) != 0 {
        return None;
    }
    if d[0] >= 8 {
        return Some(found(Doubtful, "FH-number"));
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
    let published = &["15108695088", "30108299920", "29029600013"];
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
        let published = &["02013299997", "02013299903", "02013299806", "30108299939"];
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
