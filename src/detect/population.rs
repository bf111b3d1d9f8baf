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
const FEW: u32 = 8;
/// Of real numbers, how many have a check digit that holds. (CPR numbers since 2007 need not.)
const REAL_VALID: f64 = 0.95;

impl Chance {
    /// What a verdict counts as in a column. Where there is no check digit, what is doubtful anyway (a range that
    /// random digits fall into often) proves nothing by being many.
    pub fn counted(&self, verdict: Verdict) -> Verdict {
        if self.check >= 1.0 && verdict == Verdict::Doubtful { Verdict::Invalid } else { verdict }
    }
}

impl Tally {
    /// Counts a token.
    pub fn add(&mut self, verdict: Verdict) {
        self.seen = self.seen.saturating_add(1);
        self.passed = self.passed.saturating_add(u32::from(verdict > Verdict::Invalid));
        self.valid = self.valid.saturating_add(u32::from(verdict == Verdict::Valid));
    }

    /// What takes the place of the check's own odds, and how much of it: `None` where the column is too short to say.
    ///
    /// The share of real numbers is estimated from how far the passing ones exceed chance (less two standard errors, so
    /// that luck does not count), once by the form's rules and once by the check digit; the smaller one holds. Then
    /// Bayes: share × P(pass | real) against (1 − share) × P(pass | random).
    pub fn odds(&self, chance: Chance, verdict: Verdict) -> Option<(f32, f32)> {
        if self.seen < FEW || chance.counted(verdict) == Verdict::Invalid {
            return None;
        }
        let by_form = excess(self.passed, self.seen, chance.form, 1.0);
        let share = if chance.check < 1.0 {
            by_form.min(excess(self.valid, self.passed, chance.check, REAL_VALID))
        } else {
            by_form
        };
        let share = share.clamp(1e-5, 0.999);
        let (real, random) = match verdict {
            _ if chance.check >= 1.0 => (1.0, chance.form),
            Verdict::Valid => (REAL_VALID, chance.form * chance.check),
            _ => (1.0 - REAL_VALID, chance.form * (1.0 - chance.check)),
        };
        let odds = (share / (1.0 - share) * real / random).ln().clamp(-8.0, 6.0);
        let weight = f64::from(self.seen) / f64::from(self.seen + FEW);
        Some((odds as f32, weight as f32))
    }
}

/// The share of real ones among `of`, of which `passed` pass, where random ones pass with `chance` and real ones with
/// `real`; cautiously.
fn excess(passed: u32, of: u32, chance: f64, real: f64) -> f64 {
    let n = f64::from(of.max(1));
    let luck = 2.0 * (chance * (1.0 - chance) / n).sqrt();
    (f64::from(passed) / n - chance - luck) / (real - chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPR: Chance = Chance { form: 0.031, check: 0.091 };

    fn odds(seen: u32, passed: u32, valid: u32, verdict: Verdict) -> f32 {
        Tally { seen, passed, valid }.odds(CPR, verdict).unwrap().0
    }

    #[test]
    fn a_column_of_order_numbers_convinces_nobody() {
        assert!(odds(100_000, 3_124, 284, Verdict::Valid) < -4.0);
        // ascending numbers with a constant prefix: every date holds, one check digit in eleven
        assert!(odds(500, 500, 46, Verdict::Valid) < -4.0);
    }

    #[test]
    fn a_column_of_real_numbers_convinces_of_all_its_values() {
        assert!(odds(1000, 1000, 930, Verdict::Valid) > 4.0);
        assert!(odds(1000, 1000, 930, Verdict::Doubtful) > 2.0);
        assert!(odds(50, 8, 6, Verdict::Valid) > 1.0, "a few real ones among others");
        assert!(Tally { seen: 3, passed: 3, valid: 3 }.odds(CPR, Verdict::Valid).is_none());
    }
}
