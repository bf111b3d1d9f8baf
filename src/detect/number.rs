//! Numbers that have no form: most of a text's, told without reading them as clusters.
//!
//! In: the place of a digit, and the classes of the bytes around it. Out: where what it stands in ends, if nothing that
//! is looked for has that shape. In doubt it is read by [`cluster`](crate::detect::cluster).

use std::ops::Range;

use crate::detect::classes::{BLOCK, Between};
use crate::detect::cluster::{self, Follows};
use crate::detect::form::{Forms, Run};

/// Groups that are looked at before it is read.
const GROUPS: usize = 8;

/// What has no form.
pub enum Nothing {
    /// A run of letters and digits by itself, which ends here.
    Run(usize),
    /// Several with separators between them.
    Cluster(usize),
}

impl Forms {
    /// Whether what the digit at `at` stands in has certainly no form: byte `by` of a block. It begins at `least` or
    /// behind it.
    #[inline(always)]
    pub fn none(&self, bytes: &[u8], at: usize, least: usize, around: Between<'_>, by: u32) -> Option<Nothing> {
        let (at, first) = run(bytes, at, least, around, by)?;
        if !cluster::begins_simply(bytes, &at) {
            return None;
        }
        match cluster::follows(bytes, &at) {
            Follows::Unsure => None,
            Follows::Nothing => {
                // A label is perhaps glued to it: `CPR2111629997`.
                let label = first.label();
                let behind = Run { length: first.length - label, letters: first.letters.unbounded_shr(label) };
                let none = !self.single(first) && (label < 2 || !self.single(behind));
                none.then_some(Nothing::Run(at.end))
            }
            Follows::Run(joint, next) => self.none_joined(bytes, first, joint, next),
        }
    }

    /// The same for a run with others joined to it. Parts of such a cluster are no values: what joins them belongs to
    /// them.
    fn none_joined(&self, bytes: &[u8], first: Run, mut joint: u8, mut at: Range<usize>) -> Option<Nothing> {
        let (mut groups, mut count) = ([(0, first); GROUPS], 1);
        loop {
            *groups.get_mut(count)? = (joint, Run::of(bytes.get(at.clone())?));
            count += 1;
            (joint, at) = match cluster::follows(bytes, &at) {
                Follows::Unsure => return None,
                Follows::Nothing => {
                    let groups = groups.get(..count)?;
                    let lengths = groups.iter().map(|(joint, run)| (*joint, run.length as usize));
                    let none = first.label() < 2 && !self.joined(groups) && !cluster::is_list(lengths);
                    return none.then_some(Nothing::Cluster(at.end));
                }
                Follows::Run(joint, next) => (joint, next),
            };
        }
    }
}

/// The run of letters and digits around a digit. `None`: it is glued to something outside ASCII.
#[inline(always)]
fn run(bytes: &[u8], at: usize, least: usize, around: Between<'_>, by: u32) -> Option<(Range<usize>, Run)> {
    let back = around.up_to(by, |b| b.digits | b.letters).leading_ones() as usize;
    let length = around.from(by, |b| b.digits | b.letters).trailing_ones() as usize;
    if back + length >= BLOCK {
        let at = cluster::run_around(bytes, at, least);
        return Some((at.clone(), Run::of(bytes.get(at)?)));
    }
    let wide = around.up_to(by, |b| b.wide).leading_zeros() as usize;
    if wide < back || (around.from(by, |b| b.wide).trailing_zeros() as usize) < length {
        return None;
    }
    let back = back.min(at - least);
    let before = around.up_to(by, |b| b.letters).unbounded_shr((BLOCK - back) as u32);
    let letters = (before | around.from(by, |b| b.letters) << back) & ((1 << (back + length)) - 1);
    Some((at - back..at + length, Run { length: (back + length) as u32, letters }))
}
