//! National numbers of neighbouring countries.

use jiff::civil::Date;

use crate::detect::checks::Verdict::{Plausible, Valid};
use crate::detect::checks::digits::{
    Weights, birth, compact, national, number, pairs, placeholder, remainder, values, varied,
};
use crate::detect::checks::{Checked, found};

/// Weights that the check digit is computed with.
const LATVIAN: Weights = (&[10, 5, 8, 4, 2, 1, 6, 3, 7, 9], 11);

/// Weights that the check digit is computed with.
const BALTIC_2: Weights = (&[3, 4, 5, 6, 7, 8, 9, 1, 2, 3], 11);

/// Weights that the check digit is computed with.
const BALTIC_1: Weights = (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1], 11);

/// Weights under which a valid number leaves 0.
const PESEL: Weights = (&[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], 10);

/// Weights under which a valid number leaves 0.
const NHS: Weights = (&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 11);

/// Weights under which a valid number leaves 0.
const BSN: Weights = (&[9, 8, 7, 6, 5, 4, 3, 2, 10], 11);

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
    let published = &["38001085718", "60001019906", "50001029996", "60001017716"];
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
    (remainder(&d, BSN) == 0).then(|| checked.among(value, &["111222333", "123456782"]))
}

/// PESEL (ustawa o ewidencji ludności, 2010): the month carries the century.
pub fn pl_pesel(value: &str, today: Date) -> Option<Checked> {
    let d = national::<11>(value)?;
    let [year, month, day] = pairs(&d);
    let century = 1800 + (month / 20 + 1) % 5 * 100;
    let date = birth(century + year, month % 20, day, today)?;
    let checked = found(Valid, "PESEL").born(date);
    let holds = remainder(&d, PESEL) == 0;
    holds.then(|| checked.among(value, &["44051401359", "02070803628"]))
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
    let published = &["85073003328", "17073003384", "98472899765"];
    Some(found(verdict, kind).born(date).among(value, published))
}

/// NHS number (NHS Data Dictionary): modulus 11; 999 first is for tests.
pub fn gb_nhs(value: &str) -> Option<Checked> {
    let d = national::<10>(value).filter(|d| remainder(d, NHS) == 0)?;
    let checked = found(Valid, "NHS number").test(d.starts_with(&[9; 3]));
    Some(checked.among(value, &["9434765870"]))
}

/// National Insurance number (HMRC, NIM39110): two letters, six digits, one letter A to D.
pub fn gb_nino(value: &str) -> Option<Checked> {
    let [p1, p2, middle @ .., suffix] = compact::<9>(value, 9)?;
    let _: [u8; 6] = values(middle)?;
    let letters = b"ABCEGHJKLMNOPRSTWXYZ";
    let unused = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[p1, p2]);
    let prefix = letters.contains(&p1) && letters.contains(&p2) && p2 != b'O' && !unused;
    let fits = prefix && matches!(suffix, b'A'..=b'D');
    fits.then(|| found(Plausible, "NINO").among(value, &["AB123456C"]))
}
