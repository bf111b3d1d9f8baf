//! Evidence → probability: log-odds that add up, the same arithmetic and the same weights for every detector.
//!
//! The weights are natural log-odds, fitted by hand on the training part of tests/labelled; `sporhund evaluate` is what they are
//! measured by.

/// A word of the detector stands right before the value, or is its label.
pub const LABEL: f32 = 4.6;
/// A word of the detector stands near.
pub const NEAR: f32 = 2.8;
/// A word of the detector stands near, and somebody's name right before it.
pub const BOTH: f32 = 3.8;
/// A word of the detector stands near, on another line.
pub const OTHER_LINE: f32 = 1.0;
/// A word against the detector stands right before the value, or is its label.
pub const AGAINST_LABEL: f32 = -5.8;
/// A word against it stands near.
pub const AGAINST: f32 = -1.8;
/// The number would belong to somebody over 110 years old.
pub const OLD: f32 = -2.0;
/// A form written with spaces stands amid further groups of digits.
pub const CROWDED: f32 = -1.5;
/// A phone that further groups stand beside in its own cell.
pub const PART: f32 = -5.0;
/// Groups of one or two digits stand right beside it: bytes, measures.
pub const AMID: f32 = -2.5;

/// An international number in one piece, behind 00.
pub const BARE: f32 = -6.0;
/// The same with the code of a Nordic country.
pub const BARE_NORDIC: f32 = -4.4;
/// Letters that a program saw in a picture were taken for digits, or blanks for none.
pub const MISREAD: f32 = 0.7;
/// A slash stands before it: it is part of a path.
pub const PATH: f32 = -2.0;
/// Groups with full stops stand behind a product's name and a slash, or before a hyphen and letters: a version.
pub const VERSION: f32 = -6.0;
/// Digits in one piece stand behind a key (`started: `, `backup=`) that no detector knows.
pub const KEYED: f32 = -1.6;
/// A word for a number that no detector knows stands right before it.
pub const NUMBERED: f32 = -2.0;
/// A noun stands right before a national number that no check digit vouches for.
pub const NOUN: f32 = -1.2;
/// Decimals stand behind it.
pub const AMOUNT: f32 = -5.0;
/// Digits in one piece that are rather a stamp of the last few years, or a phone, and no word says otherwise.
pub const STAMP: f32 = -3.0;
/// A number that is given out for tests only.
pub const SYNTHETIC: f32 = -2.5;
/// A phone's hyphen has a space before it: rather a range, or a row of negative numbers.
pub const RANGE: f32 = -2.0;
/// A weak keyword begins with a capital, beside another word that does: rather a name.
pub const NAMELIKE: f32 = -3.0;
/// A label stands right before a phone that is in no plan.
pub const LABELLED: f32 = 0.6;
/// A name stands right before a national number.
pub const SOMEBODY: f32 = 1.6;

/// Evidence in favour that adds up is worth more than its sum: fitted on the training part, where of findings at 0.7 to 0.9
/// nearly all were right.
const SURER: f32 = 1.25;

/// Probability → log-odds.
pub fn logit(probability: f64) -> f32 {
    let p = probability.clamp(0.001, 0.999);
    (p / (1.0 - p)).ln() as f32
}

/// Log-odds → probability, two decimals, never quite 0 or 1.
pub fn probability(odds: f32) -> f64 {
    let odds = f64::from(if odds > 0.0 { SURER * odds } else { odds });
    let p = 1.0 / (1.0 + (-odds).exp());
    (p.clamp(0.01, 0.99) * 100.0).round() / 100.0
}
