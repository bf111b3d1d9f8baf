//! Swedish numbers: of persons, organisations and giro accounts.

use jiff::civil::Date;

use crate::detect::checks::Verdict::{Doubtful, Plausible, Valid};
use crate::detect::checks::digits::{
    birth, compact, digits_or_lost, luhn_holds, luhn_number, national, number, pairs, placeholder, values,
};
use crate::detect::checks::{Checked, found};

/// The numbers of Skatteverket's test list that a serial does not give away, and its example of a
/// coordination number.
const SE_PUBLISHED: &[&str] = &[
    "4408139089",
    "9006022397",
    "9107172380",
    "9610202385",
    "0104132386",
    "0001052380",
    "9312172381",
    "5711212893",
    "6107293059",
    "7912309296",
    "0001022391",
    "0001042399",
    "1212121212",
    "9912282382",
    "0304302383",
    "0512312398",
    "7010632391",
];

/// Personnummer and samordningsnummer (folkbokföringslagen 1991:481, 18–18 b §§): ten digits, or
/// twelve with the century; `+` from the year of the hundredth birthday. Luhn over the last ten.
pub fn se_personnummer(value: &str, today: Date) -> Option<Checked> {
    let (century, d) = match national::<12>(value) {
        Some([c1, c2, d @ ..]) => (Some(number(&[c1, c2])), d),
        None => (None, digits_or_lost::<10>(value).filter(|d| !placeholder(d))?),
    };
    // What is cheap and seldom holds comes first.
    if !luhn_holds(&d) {
        return None;
    }
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
    let verdict = match () {
        () if clock && i64::from(today.year()) - year < 18 => Doubtful,
        // As many other countries' numbers have such a day; with the century in full they have not.
        () if written > 60 && century.is_none() => Plausible,
        () => Valid,
    };
    let checked = Checked { verdict, ..checked };
    (serial > 0).then(|| checked.among(value, SE_PUBLISHED))
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
    let checked = luhn_number::<8>(value, 7, "bankgiro")?;
    // Eight digits begin with 5; what else has the form is mostly years (`2003-2009`).
    let eight = value.bytes().filter(u8::is_ascii_digit).count() == 8;
    Some(if eight && !value.starts_with('5') { Checked { verdict: Doubtful, ..checked } } else { checked })
}

/// Plusgiro number (Nordea): two to eight digits, Luhn.
pub fn se_plusgiro(value: &str) -> Option<Checked> {
    luhn_number::<8>(value, 2, "plusgiro")
}
