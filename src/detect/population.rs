//! What a whole column says of its values: do more of them pass than chance would have it?
//!
//! In: how many tokens of a form stood under one label (or in one item without labels), how many passed the form's
//! rules, and how many the check digit too. Out: log-odds that one which passed is real.

use crate::detect::checks::Verdict;
use crate::detect::detector::Chance;

/// Tokens of one form under one label.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Tally {
    /// All of them.
    pub seen: u32,
    /// Those whose date and ranges hold.
    pub passed: u32,
    /// Those whose check digit holds too.
    pub valid: u32,
}

/// Fewer tokens than this say nothing.
const FEW: u32 = 5;
/// A column of this many tokens says as much against its values as the check does, and for them: one after the other
/// that passes by chance is rarer than some that fail.
const HALF: [u32; 2] = [7, 3];
/// Of real numbers, how many have a check digit that holds. (CPR numbers since 2007 need not.)
const REAL_VALID: f64 = 0.95;
/// Of the cells of a column of real numbers, how many hold something else.
const OTHER: f64 = 0.02;
/// How often a column holds random digits, some or all of them behind a date, real numbers only, and some among others.
const PRIOR: [f64; 4] = [0.6, 0.17, 0.2, 0.03];
/// Steps by which the share of real ones among others is tried.
const STEPS: u32 = 20;

impl Chance {
    /// What a verdict counts as in a column. Where there is no check digit, what is doubtful anyway (a range that
    /// random digits fall into often) proves nothing by being many.
    pub fn counted(&self, verdict: Verdict) -> Verdict {
        if self.check >= 1.0 && verdict == Verdict::Doubtful { Verdict::Invalid } else { verdict }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            seen: sum.seen.saturating_add(one.seen),
            passed: sum.passed.saturating_add(one.passed),
            valid: sum.valid.saturating_add(one.valid),
        })
    }
}

impl Tally {
    /// It is enough to say something.
    pub fn tells(self) -> bool {
        self.seen >= FEW
    }

    /// Counts a token.
    pub fn add(&mut self, verdict: Verdict) {
        self.seen = self.seen.saturating_add(1);
        self.passed = self.passed.saturating_add(u32::from(verdict > Verdict::Invalid));
        self.valid = self.valid.saturating_add(u32::from(verdict == Verdict::Valid));
    }

    /// What takes the place of the check's own odds, and how much of it: `None` where the column is too short to say.
    ///
    /// Four things a column can be: random digits, some or all of them behind a date, real numbers, or some real
    /// ones among random ones. Each makes what was counted more or less likely; Bayes tells how likely a value of this
    /// verdict is a real one. What is `named` as such a number is no order number that begins with a date.
    pub fn odds(&self, chance: Chance, verdict: Verdict, named: bool) -> Option<(f32, f32)> {
        let one_check = chance.check >= 1.0;
        // What is doubtful by itself, as a time of day is, goes with nearly all the others or says nothing.
        let alone = chance.counted(verdict) == Verdict::Invalid && self.passed * 5 < self.seen * 4;
        if !self.tells() || alone {
            return None;
        }
        let valid = match verdict {
            _ if one_check => 1.0,
            // A known exception (plausible) is hit by chance still more rarely than the check.
            Verdict::Valid | Verdict::Plausible => chance.check,
            _ => 1.0 - chance.check,
        };
        let real = match verdict {
            _ if one_check => 1.0,
            Verdict::Valid | Verdict::Plausible => REAL_VALID,
            _ => 1.0 - REAL_VALID,
        };
        let few = |share: f64, form: f64| Share { share, form, check: chance.check };
        let mut seen: Vec<(f64, f64)> = Vec::new(); // log-likelihood with prior, and P(real | this verdict)
        let mut hypothesis = |prior: f64, of: Share| {
            let (yes, no) = (of.share * real, (1.0 - of.share) * of.form * valid);
            seen.push((prior.ln() + self.likelihood(of, one_check), yes / (yes + no)));
        };
        let [random, dated, whole, mixed] = PRIOR;
        hypothesis(random, few(0.0, chance.form));
        hypothesis(whole, few(1.0 - OTHER, chance.form));
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            if !named {
                hypothesis(dated / f64::from(STEPS), few(0.0, chance.form + share * (chance.dated - chance.form)));
            }
            hypothesis(mixed / f64::from(STEPS), few(share * (1.0 - OTHER), chance.form));
        }
        let most = seen.iter().map(|(log, _)| *log).fold(f64::MIN, f64::max);
        let (sum, yes) = seen.iter().fold((0.0, 0.0), |(sum, yes), (log, real)| {
            let weight = (log - most).exp();
            (sum + weight, yes + weight * real)
        });
        let share = (yes / sum).clamp(1e-4, 0.998);
        let says = (share / (1.0 - share)).ln();
        let [against, by] = HALF;
        let weight = f64::from(self.seen) / f64::from(self.seen + if says > 0.0 { by } else { against });
        Some((says as f32, weight as f32))
    }

    /// How likely what was counted is (the logarithm, but for a constant).
    fn likelihood(&self, of: Share, one_check: bool) -> f64 {
        let Share { share, form, check } = of;
        let times = |n: u32, p: f64| f64::from(n) * p.max(1e-12).ln();
        let passes = share + (1.0 - share) * form;
        let failed = times(self.seen - self.passed.min(self.seen), 1.0 - passes);
        if one_check {
            return failed + times(self.passed, passes);
        }
        let valid = share * REAL_VALID + (1.0 - share) * form * check;
        let doubtful = share * (1.0 - REAL_VALID) + (1.0 - share) * form * (1.0 - check);
        failed + times(self.valid, valid) + times(self.passed - self.valid.min(self.passed), doubtful)
    }
}

/// What a column may hold: a share of real numbers, and how often the others pass the form and then the check.
#[derive(Clone, Copy)]
struct Share {
    share: f64,
    form: f64,
    check: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPR: Chance = Chance { form: 0.031, check: 0.091, dated: 1.0 };

    fn odds(seen: u32, passed: u32, valid: u32, verdict: Verdict) -> f32 {
        Tally { seen, passed, valid }.odds(CPR, verdict, false).unwrap().0
    }

    #[test]
    fn a_column_of_order_numbers_convinces_nobody() {
        assert!(odds(100_000, 3_124, 284, Verdict::Valid) < -4.0);
        // ascending numbers with a constant prefix: every date holds, one check digit in eleven
        assert!(odds(500, 500, 46, Verdict::Valid) < -4.0);
    }

    #[test]
    fn luck_and_dates_convince_nobody() {
        let swedish = Chance { form: 0.0074, check: 1.0, dated: 0.1 };
        let odds = |seen, passed| Tally { seen, passed, valid: passed }.odds(swedish, Verdict::Valid, false).unwrap().0;
        assert!(odds(12, 1) < -2.0, "one of twelve passes by luck");
        assert!(odds(200, 20) < -2.0, "one in ten: dates and running numbers");
        assert!(odds(200, 196) > 4.0);
        assert!(super::tests::odds(14, 4, 2, Verdict::Valid) < 0.0);
    }

    #[test]
    fn a_column_of_real_numbers_convinces_of_all_its_values() {
        assert!(odds(1000, 1000, 930, Verdict::Valid) > 4.0);
        assert!(odds(1000, 1000, 930, Verdict::Doubtful) > 2.0);
        assert!(odds(50, 8, 6, Verdict::Valid) > 1.0, "a few real ones among others");
        assert!(odds(12, 12, 11, Verdict::Valid) > 4.0);
        assert!(Tally { seen: 3, passed: 3, valid: 3 }.odds(CPR, Verdict::Valid, false).is_none());
    }

    #[test]
    fn a_column_called_so_needs_no_check_digits() {
        let named = |passed, valid, verdict| Tally { seen: 500, passed, valid }.odds(CPR, verdict, true).unwrap().0;
        assert!(named(500, 46, Verdict::Doubtful) > 2.0);
        assert!(named(16, 2, Verdict::Doubtful) < -2.0, "order numbers under a wrong name");
    }
}
