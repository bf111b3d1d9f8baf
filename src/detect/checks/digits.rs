//! What checks are put together from: digits of a value, dates, weighted sums, Luhn's formula.

use jiff::civil::Date;

use crate::detect::checks::Verdict::Valid;
use crate::detect::checks::{Checked, found};

/// What may stand between the digits of a value.
fn parts(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/' | b'+')
}

/// The letters and digits of a value without separators: `least` to `N` of them, right-aligned
/// behind zeros.
pub fn compact<const N: usize>(value: &str, least: usize) -> Option<[u8; N]> {
    let mut found = [b'0'; N];
    let mut count = 0;
    for byte in value.bytes() {
        if byte.is_ascii_digit() || byte.is_ascii_uppercase() {
            *found.get_mut(count)? = byte;
            count += 1;
        } else if !parts(byte) {
            return None;
        }
    }
    found.rotate_right(N - count);
    (count >= least).then_some(found)
}

/// The values of digits written in ASCII.
pub fn values<const N: usize>(ascii: [u8; N]) -> Option<[u8; N]> {
    let all = ascii.iter().all(u8::is_ascii_digit);
    all.then(|| ascii.map(|byte| byte.wrapping_sub(b'0')))
}

/// Exactly `N` digits.
#[inline]
pub fn digits<const N: usize>(value: &str) -> Option<[u8; N]> {
    // Nearly all that are too few.
    if value.len() < N {
        return None;
    }
    let mut found = [0; N];
    let mut places = found.iter_mut();
    for byte in value.bytes() {
        match byte.wrapping_sub(b'0') {
            digit @ 0..=9 => *places.next()? = digit,
            _ if parts(byte) => {}
            _ => return None,
        }
    }
    places.next().is_none().then_some(found)
}

/// Exactly `N` digits, or one fewer: a spreadsheet has dropped the leading zero.
pub fn digits_or_lost<const N: usize>(value: &str) -> Option<[u8; N]> {
    digits(value).or_else(|| values(compact(value, N - 1)?))
}

/// `least` to `N` digits, right-aligned, that are not all the same.
pub fn varied<const N: usize>(value: &str, least: usize) -> Option<[u8; N]> {
    let mut written = value.bytes().filter(u8::is_ascii_digit);
    let first = written.next()?;
    written.find(|&digit| digit != first)?;
    values(compact(value, least)?)
}

/// Exactly `N` digits that nobody would write as a stand-in for a number.
pub fn national<const N: usize>(value: &str) -> Option<[u8; N]> {
    digits(value).filter(|d| !placeholder(d))
}

/// All the same digit, an ascending or descending run, or a period of two digits.
#[inline]
pub fn placeholder(digits: &[u8]) -> bool {
    // The first three tell most.
    if let [a, b, c, ..] = digits
        && a != c
        && (10 + b - a) % 10 != (10 + c - b) % 10
    {
        return false;
    }
    let stepped = |w: &[u8], by| matches!(w, [a, b] if (a + by) % 10 == *b);
    let steps = |by: u8| digits.windows(2).all(|w| stepped(w, by));
    let mut pairs = digits.iter().zip(digits.iter().skip(2));
    steps(0) || steps(1) || steps(9) || pairs.all(|(a, b)| a == b)
}

/// How many digits are written in a value.
pub fn count(value: &str) -> usize {
    value.bytes().filter(u8::is_ascii_digit).count()
}

/// The number that up to 18 digits spell.
pub fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |n, &d| n * 10 + i64::from(d))
}

/// The numbers that the first three pairs of digits spell, as in a date.
#[inline]
pub fn pairs(digits: &[u8]) -> [i64; 3] {
    let pair = |tens: u8, ones: u8| i64::from(tens) * 10 + i64::from(ones);
    if let [a, b, c, d, e, f, ..] = *digits {
        return [pair(a, b), pair(c, d), pair(e, f)];
    }
    let mut pairs = digits.chunks(2).map(number);
    [(); 3].map(|()| pairs.next().unwrap_or(0))
}

/// A date of the calendar.
pub fn calendar(year: i64, month: i64, day: i64) -> Option<Date> {
    let (month, day) = (month.try_into().ok()?, day.try_into().ok()?);
    Date::new(year.try_into().ok()?, month, day).ok()
}

/// A date of birth: of the calendar, and not in the future.
pub fn birth(year: i64, month: i64, day: i64, today: Date) -> Option<Date> {
    calendar(year, month, day).filter(|&date| date <= today)
}

/// The weights of a scheme and its modulus.
pub type Weights = (&'static [u8], u32);

/// What the weighted sum of digits leaves modulo the scheme's modulus.
#[inline]
pub fn remainder(digits: &[u8], (weights, modulus): Weights) -> u32 {
    let pairs = digits.iter().zip(weights);
    pairs.map(|(&d, &w)| u32::from(d) * u32::from(w)).sum::<u32>() % modulus
}

/// Luhn's formula (ISO/IEC 7812-1, annex B) over digits that end with the check digit.
#[inline]
pub fn luhn_holds(digits: &[u8]) -> bool {
    let doubled = |digit: u8| u32::from(2 * digit) - if digit > 4 { 9 } else { 0 };
    let sum = digits.rchunks(2).map(|two| match *two {
        [other, one] => doubled(other) + u32::from(one),
        _ => two.iter().map(|one| u32::from(*one)).sum(),
    });
    sum.sum::<u32>().is_multiple_of(10)
}

/// `least` to `N` digits that satisfy Luhn's formula.
pub fn luhn_number<const N: usize>(value: &str, least: usize, kind: &'static str) -> Option<Checked> {
    let holds = luhn_holds(&varied::<N>(value, least)?);
    holds.then(|| found(Valid, kind))
}

/// GS1's check digit: weights 1 and 3 from the right, modulus 10.
pub fn ean_holds(digits: &[u8; 14]) -> bool {
    remainder(digits, EAN) == 0
}

/// GS1's weights.
pub const EAN: Weights = (&[3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1], 10);
/// Weights of Norwegian organisation numbers and of kennitölur.
pub const ORGNR: Weights = (&[3, 2, 7, 6, 5, 4, 3, 2, 1], 11); // also kennitala

#[cfg(test)]
mod tests {
    use super::*;

    /// What the shortcuts of [`placeholder`] and [`luhn_holds`] leave out, for all that has five digits.
    #[test]
    fn shortcuts_decide_as_the_rules_do() {
        for n in 0..100_000u32 {
            let digits: Vec<u8> = (0..5).map(|place| (n / 10u32.pow(place) % 10) as u8).collect();
            let step = |by: u8| digits.windows(2).all(|two| (two[0] + by) % 10 == two[1]);
            let period = digits.iter().zip(&digits[2..]).all(|(a, b)| a == b);
            assert_eq!(placeholder(&digits), [0, 1, 9].into_iter().any(step) || period, "{digits:?}");
            let doubled = |at: usize, digit: u32| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit };
            let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| doubled(at, u32::from(*digit))).sum();
            assert_eq!(luhn_holds(&digits), sum.is_multiple_of(10), "{digits:?}");
        }
    }
}
