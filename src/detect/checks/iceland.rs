//! Icelandic and Faroese numbers of persons.

use jiff::civil::Date;

use crate::detect::checks::Verdict::{Doubtful, Plausible, Valid};
use crate::detect::checks::digits::{ORGNR, birth, national, number, pairs, remainder};
use crate::detect::checks::{Checked, found};

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
    let published = &[
        "1201743399",
        "1201603389",
        "2811913049",
        "0209804299",
        "0404044400",
        "1005148220",
        "2412198560",
        "3003228340",
    ];
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
