//! Written forms: how a value may look, as a template that anybody can read.
//!
//! `#` is a digit, `A` a letter, `#{1,3}` one to three digits; `-`, space, `.`, `/`, `+` are separators in any of
//! their spellings; `\n` is a line end. `######-####` is a CPR number. All forms of all detectors are one table, so
//! that looking is one lookup, however many detectors there are.

use std::collections::HashMap;

use crate::detect::cluster::Cluster;

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

/// Every form of every detector, by its shape.
#[derive(Debug, Default)]
pub struct Forms {
    table: HashMap<Box<[u8]>, Vec<Form>>,
    most_groups: usize,
}

impl Forms {
    /// Adds a template, with all that its `{m,n}` stand for. An error says what is wrong with it.
    pub fn add(&mut self, template: &str, form: Form) -> Result<(), String> {
        for shape in expand(template)? {
            let groups = 1 + shape.iter().filter(|b| !matches!(b, b'#' | b'A')).count();
            if groups > MOST_GROUPS || shape.len() > MOST {
                return Err(format!("form `{template}` is longer than {MOST_GROUPS} groups or {MOST} characters"));
            }
            self.most_groups = self.most_groups.max(groups);
            self.table.entry(shape.into_boxed_slice()).or_default().push(form);
        }
        Ok(())
    }

    /// Calls `found` for every run of neighbouring groups that has a form: with the groups and the forms.
    pub fn look(&self, cluster: &Cluster, mut found: impl FnMut(std::ops::Range<usize>, &[Form])) {
        let mut shape = [0u8; MOST];
        for first in 0..cluster.groups.len() {
            let mut length = 0;
            for last in first..cluster.groups.len().min(first + self.most_groups) {
                let Some(group) = cluster.groups.get(last) else { break };
                let separator = (last > first).then_some(group.joined_by);
                let letters = cluster.ascii.get(group.in_ascii.clone()).unwrap_or_default();
                let room = shape.get_mut(length..).unwrap_or_default();
                let more = usize::from(separator.is_some()) + letters.len();
                if more > room.len() {
                    break;
                }
                let new =
                    separator.into_iter().chain(letters.iter().map(|b| if b.is_ascii_digit() { b'#' } else { b'A' }));
                room.iter_mut().zip(new).for_each(|(to, from)| *to = from);
                length += more;
                if let Some(forms) = shape.get(..length).and_then(|shape| self.table.get(shape)) {
                    found(first..last + 1, forms);
                }
            }
        }
    }
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
        if shapes.len() > 1000 {
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
    fn a_template_that_is_none_says_so() {
        assert!(expand("[0-9]").is_err());
        assert!(expand("#{3,1}").is_err());
        assert_eq!(expand("#{1,2}-A").unwrap(), [b"#-A".to_vec(), b"##-A".to_vec()]);
    }
}
