//! Written forms: how a value may look, as a template that anybody can read.
//!
//! `#` is a digit, `A` a letter, `#{1,3}` one to three digits; `-`, space, `.`, `/`, `+` are separators in any of
//! their spellings; `\n` is a line end. `######-####` is a CPR number. All forms of all detectors are one tree, so
//! that looking is one walk from group to group, however many detectors there are.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::RangeInclusive;

use crate::detect::cluster::{Cluster, GROUPS};
use crate::detect::key::{Filter, Ready, spread};

/// A form of a detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Form {
    /// The detector, by number.
    pub detector: u16,
    /// The form, by its number in the detector.
    pub number: u16,
    /// How much likelier (log-odds) this form makes the value than the detector's usual form.
    pub odds: f32,
}

/// Groups in the longest form.
const MOST_GROUPS: usize = 8;
/// Characters in the longest form.
const MOST: usize = 64;

/// Every form of every detector, as a tree: from each node one step for each group that a form may go on with.
#[derive(Debug)]
pub struct Forms {
    steps: HashMap<u64, u32, BuildHasherDefault<Ready>>,
    /// The forms that end at each node; the root is the first.
    ends: Vec<Vec<Form>>,
    /// Groups that are not all digits: where their letters stand, with a bit beyond the last → what they are in steps.
    mixed: HashMap<u64, Shape, BuildHasherDefault<Ready>>,
    /// Lengths of forms that are one group of digits.
    singles: u64,
    /// Forms that are one group with letters, as in `mixed`: most groups with letters end here.
    mixed_singles: Filter<64>,
}

impl Default for Forms {
    fn default() -> Self {
        Self {
            steps: HashMap::default(),
            ends: vec![Vec::new()],
            mixed: HashMap::default(),
            singles: 0,
            mixed_singles: Filter::new(),
        }
    }
}

/// The shape of a group, as a number; 0 is none that a form has.
type Shape = u16;

/// A run of letters and digits.
#[derive(Debug, Default, Clone, Copy)]
pub struct Run {
    /// Its bytes.
    pub length: u32,
    /// Which of them are no digits.
    pub letters: u64,
}

impl Run {
    /// That of these bytes. A longer one has no form, whatever it consists of.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.len() >= MOST {
            return Self { length: MOST as u32, letters: 0 };
        }
        let letters = bytes.iter().zip(0..).fold(0, |all, (b, i)| all | u64::from(!b.is_ascii_digit()) << i);
        Self { length: bytes.len() as u32, letters }
    }

    /// The letters that it begins with.
    pub fn label(self) -> u32 {
        self.letters.trailing_ones().min(self.length)
    }
}

/// What is wrong with a template, if anything is.
pub fn fault(template: &str) -> Option<String> {
    let form = Form { detector: 0, number: 0, odds: 0.0 };
    Forms::default().add(template, form).err()
}

impl Forms {
    /// Adds a template, with all that its `{m,n}` stand for. An error says what is wrong with it.
    pub fn add(&mut self, template: &str, form: Form) -> Result<(), String> {
        for shape in expand(template)? {
            let is_group = |b: &u8| matches!(b, b'#' | b'A');
            let groups = 1 + shape.iter().filter(|b| !is_group(b)).count();
            if groups > MOST_GROUPS || shape.len() >= MOST {
                return Err(format!("form `{template}` is longer than {MOST_GROUPS} groups or {MOST} characters"));
            }
            let mut node = 0;
            let mut separators = shape.iter().filter(|b| !is_group(b));
            for (i, group) in shape.split(|b| !is_group(b)).enumerate() {
                let (length, letters) = letters(group, b'#'..=b'#');
                if letters != 0 {
                    let number = (MOST + self.mixed.len())
                        .try_into()
                        .map_err(|_| format!("form `{template}`: there are too many forms with letters"))?;
                    self.mixed.entry(letters | 1 << length).or_insert(number);
                    self.mixed_singles.add(spread(letters | 1 << length));
                } else if groups == 1 {
                    self.singles |= 1 << length;
                }
                let separator = if i == 0 { 0 } else { separators.next().copied().unwrap_or_default() };
                let next = self.ends.len() as u32;
                node = *self.steps.entry(step(node, separator, self.shape(length, letters))).or_insert(next);
                if node == next {
                    self.ends.push(Vec::new());
                }
            }
            if let Some(forms) = self.ends.get_mut(node as usize) {
                forms.push(form);
            }
        }
        Ok(())
    }

    fn shape(&self, length: usize, letters: u64) -> Shape {
        if letters == 0 {
            return if length < MOST { length as Shape } else { 0 };
        }
        self.mixed.get(&(letters | 1 << length)).copied().unwrap_or(0)
    }

    fn next(&self, node: u32, separator: u8, shape: Shape) -> Option<u32> {
        if shape == 0 { None } else { self.steps.get(&step(node, separator, shape)).copied() }
    }

    /// Whether some form is no more than a run of letters and digits like this.
    #[inline]
    pub fn single(&self, run: Run) -> bool {
        if run.letters == 0 {
            return self.singles.checked_shr(run.length).is_some_and(|bits| bits & 1 == 1);
        }
        self.mixed_singles.has(spread(run.letters | 1 << run.length)) && self.joined(&[(0, run)])
    }

    /// Whether some form is these groups, each behind its separator.
    pub fn joined(&self, groups: &[(u8, Run)]) -> bool {
        let step = |node: u32, (separator, run): &(u8, Run)| {
            self.next(node, *separator, self.shape(run.length as usize, run.letters))
        };
        let node = groups.iter().try_fold(0, step);
        node.and_then(|node| self.ends.get(node as usize)).is_some_and(|forms| !forms.is_empty())
    }

    /// Calls `found` for every run of neighbouring groups that has a form: with the groups and the forms.
    pub fn look(&self, cluster: &Cluster, mut found: impl FnMut(std::ops::Range<usize>, &[Form])) {
        let mut shapes = [0; GROUPS];
        for (shape, group) in shapes.iter_mut().zip(&cluster.groups) {
            let ascii = cluster.ascii.get(group.in_ascii.clone()).unwrap_or_default();
            let (length, letters) = letters(ascii, b'0'..=b'9');
            *shape = self.shape(length, letters);
        }
        let groups = cluster.groups.iter().zip(&shapes);
        for first in 0..cluster.groups.len() {
            let mut node = 0;
            for (last, (group, shape)) in groups.clone().enumerate().skip(first) {
                let separator = if last > first { group.joined_by } else { 0 };
                let Some(next) = self.next(node, separator, *shape) else { break };
                node = next;
                if let Some(forms) = self.ends.get(node as usize).filter(|forms| !forms.is_empty()) {
                    found(first..last + 1, forms);
                }
            }
        }
    }
}

/// A step of the tree, as a key.
fn step(node: u32, separator: u8, shape: Shape) -> u64 {
    u64::from(node) << 32 | u64::from(separator) << 16 | u64::from(shape)
}

/// The length of a group, and which of its characters are not among these digits. Longer groups have no form.
fn letters(group: &[u8], digits: RangeInclusive<u8>) -> (usize, u64) {
    if group.len() >= MOST {
        return (MOST, 0);
    }
    (group.len(), group.iter().enumerate().fold(0, |all, (i, b)| all | u64::from(!digits.contains(b)) << i))
}

/// The shapes that a template stands for.
fn expand(template: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut shapes = vec![Vec::new()];
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if !matches!(c, '#' | 'A' | '-' | ' ' | '.' | '/' | '+' | '\n') {
            return Err(format!(
                "form `{template}`: `{c}` is neither `#`, `A` nor a separator (- space . / + or a line end)"
            ));
        }
        let (least, most) = match rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
            Some((times, behind)) => {
                rest = behind;
                let (least, most) = times.split_once(',').unwrap_or((times, times));
                match (least.trim().parse(), most.trim().parse()) {
                    (Ok(least), Ok(most)) if least <= most && most <= 32 => (least, most),
                    _ => return Err(format!("form `{template}`: write `{{3}}` or `{{1,3}}`, at most 32")),
                }
            }
            None => (1usize, 1usize),
        };
        shapes = shapes
            .iter()
            .flat_map(|shape| {
                (least..=most).map(|n| shape.iter().copied().chain(std::iter::repeat_n(c as u8, n)).collect())
            })
            .collect();
        if shapes.len() > 1000 || shapes.iter().any(|shape| shape.len() > 8 * MOST) {
            return Err(format!("form `{template}` stands for more than 1000 shapes"));
        }
    }
    Ok(shapes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_found_wherever_groups_have_their_shape() {
        let mut forms = Forms::default();
        forms.add("######-####", Form { detector: 7, number: 0, odds: 0.0 }).unwrap();
        forms.add("#{1,2}.#{1,3}", Form { detector: 8, number: 0, odds: 0.0 }).unwrap();
        let mut cluster = Cluster::default();
        let text = "12.345 010190-1234 5";
        cluster.read(text, 0, 0);
        let mut seen = Vec::new();
        forms.look(&cluster, |groups, found| seen.push((cluster.ascii_of(groups).to_owned(), found[0].detector)));
        assert_eq!(seen, [("12.345".to_owned(), 8), ("010190-1234".to_owned(), 7)]);
    }

    #[test]
    fn forms_with_letters_may_be_many() {
        let mut forms = Forms::default();
        for length in 1..=60 {
            for letter in 0..length {
                let template: String = (0..length).map(|i| if i == letter { 'A' } else { '#' }).collect();
                forms.add(&template, Form { detector: 1, number: 0, odds: 0.0 }).unwrap();
            }
        }
        let single = |run: &[u8]| forms.single(Run::of(run));
        assert!(single(b"1234B6") && single(&[b"1".repeat(58), b"X1".to_vec()].concat()));
        assert!(!single(b"12BB6"));
    }

    #[test]
    fn a_template_that_is_none_says_so() {
        assert!(expand("[0-9]").is_err());
        assert!(expand("#{3,1}").is_err());
        assert_eq!(expand("#{1,2}-A").unwrap(), [b"#-A".to_vec(), b"##-A".to_vec()]);
    }
}
