//! Check digits, dates and ranges of numbers, by the name that detector files use.
//!
//! In: a value whose written form a detector has already matched, normalised, and today's date.
//! Out: a [`Checked`]. Elsewhere on purpose: written forms and grouping, token boundaries, labels,
//! scores, and what a test number means for the report.
//! Sources: the law, authority or standard that each check names.

mod denmark;
mod digits;
mod finland;
mod iceland;
mod neighbours;
mod norway;
mod payment;
mod sweden;
mod things;

use jiff::civil::Date;

/// What a check says of a value whose form already fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

use Verdict::Invalid;
pub use denmark::ZERO_LOST;
pub use things::{INSIDE, PAIRS};

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
    fn among(self, value: &str, list: &[&str]) -> Self {
        let written = value.bytes().filter(u8::is_ascii_alphanumeric).rev();
        // Told apart by their last byte mostly.
        let last = written.clone().next();
        let matches = |known: &&str| {
            known.bytes().next_back() == last && known.bytes().rev().eq(written.clone().take(known.len()))
        };
        Self { test: self.test || list.iter().any(matches), ..self }
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
    ("dk.cpr", |v, t| settle(denmark::dk_cpr(v, t))),
    ("dk.cpr.replacement", |v, t| settle(denmark::dk_cpr_replacement(v, t))),
    ("dk.ecpr", |v, t| settle(denmark::dk_ecpr(v, t))),
    ("dk.cvr", |v, _| settle(denmark::dk_cvr(v))),
    ("dk.konto", |v, _| settle(denmark::dk_konto(v))),
    ("se.personnummer", |v, t| settle(sweden::se_personnummer(v, t))),
    ("se.orgnr", |v, _| settle(sweden::se_orgnr(v))),
    ("se.reservnummer", |v, t| settle(sweden::se_reservnummer(v, t))),
    ("se.bankgiro", |v, _| settle(sweden::se_bankgiro(v))),
    ("se.plusgiro", |v, _| settle(sweden::se_plusgiro(v))),
    ("no.fodselsnummer", |v, t| settle(norway::no_fodselsnummer(v, t))),
    ("no.fodselsnummer.2032", |v, t| settle(norway::no_fodselsnummer_2032(v, t))),
    ("no.orgnr", |v, _| settle(norway::no_orgnr(v))),
    ("no.kontonummer", |v, _| settle(norway::no_kontonummer(v))),
    ("fi.hetu", |v, t| settle(finland::fi_hetu(v, t))),
    ("fi.satu", |v, _| settle(finland::fi_satu(v))),
    ("fi.ytunnus", |v, _| settle(finland::fi_ytunnus(v))),
    ("is.kennitala", |v, t| settle(iceland::is_kennitala(v, t))),
    ("fo.ptal", |v, t| settle(iceland::fo_ptal(v, t))),
    ("ee.ik", |v, t| settle(neighbours::ee_ik(v, t))),
    ("lt.asmens", |v, t| settle(neighbours::lt_asmens(v, t))),
    ("lv.pk", |v, t| settle(neighbours::lv_pk(v, t))),
    ("de.idnr", |v, _| settle(neighbours::de_idnr(v))),
    ("nl.bsn", |v, _| settle(neighbours::nl_bsn(v))),
    ("pl.pesel", |v, t| settle(neighbours::pl_pesel(v, t))),
    ("be.nn", |v, t| settle(neighbours::be_nn(v, t))),
    ("gb.nhs", |v, _| settle(neighbours::gb_nhs(v))),
    ("gb.nino", |v, _| settle(neighbours::gb_nino(v))),
    ("iban", |v, _| settle(payment::iban(v))),
    ("luhn", |v, _| settle(payment::luhn(v))),
    ("card", |v, _| settle(payment::card(v))),
    ("imei", |v, _| settle(things::imei(v))),
    ("ean", |v, _| settle(things::ean(v))),
    ("isbn", |v, _| settle(things::isbn(v))),
    ("issn", |v, _| settle(things::issn(v))),
    ("ip", |v, _| settle(things::ipv4(v).or_else(|| things::ipv6(v)))),
    ("ipv4", |v, _| settle(things::ipv4(v))),
    ("ipv6", |v, _| settle(things::ipv6(v))),
    ("mrz", |v, _| settle(things::mrz(v))),
    ("mac", |v, _| settle(things::mac(v))),
    ("masked", |v, _| settle(things::masked(v))),
    ("plate", |v, _| settle(things::plate(v))),
];

/// A check answers `None` where the value cannot be such a number.
fn settle(checked: Option<Checked>) -> Checked {
    checked.unwrap_or(found(Invalid, "invalid"))
}

#[cfg(test)]
mod tests;
