//! The same content in several places: one CV in forty mailboxes is one thing with forty places.
//!
//! In: items whose records hold the fingerprint of their text. Out: groups, the most places first. Without a key there
//! are no fingerprints, and no groups.

use std::collections::HashMap;

use crate::item::Item;

/// Contents that are told apart; what comes after them is not grouped.
const CONTENTS: usize = 200_000;
/// Places that are named.
const PLACES: usize = 3;

/// Contents by fingerprint.
#[derive(Debug, Default)]
pub struct Same(HashMap<String, Group>);

/// Items with the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub places: Vec<String>,
    /// Findings in each.
    pub findings: u64,
}

impl Same {
    /// Counts an item.
    pub fn add(&mut self, item: &Item) {
        let Some(content) = &item.content else { return };
        if !self.0.contains_key(content) && self.0.len() >= CONTENTS {
            return;
        }
        let findings = item.counts.totals().map(|(_, n)| n).sum();
        let new = || Group { count: 0, places: Vec::new(), findings };
        let group = self.0.entry(content.clone()).or_insert_with(new);
        group.count += 1;
        if group.places.len() < PLACES {
            group.places.push(item.location.clone());
        }
    }

    /// The groups of more than one.
    pub fn groups(&self) -> Vec<&Group> {
        #[allow(clippy::iter_over_hash_type, reason = "sorted below")]
        let mut groups: Vec<&Group> = self.0.values().filter(|group| group.count > 1).collect();
        groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.places.cmp(&b.places)));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Kind;

    #[test]
    fn equal_content_is_one_thing() {
        let mut same = Same::default();
        for (location, content) in [("a", Some("1")), ("b", None), ("c", Some("2")), ("d", Some("1")), ("e", None)] {
            let mut item = Item::new(location.to_owned(), Kind::Attachment);
            item.content = content.map(str::to_owned);
            item.counts.add("dk.cpr", 1.0);
            same.add(&item);
        }
        let expected = Group { count: 2, places: vec!["a".to_owned(), "d".to_owned()], findings: 1 };
        assert_eq!(same.groups(), [&expected]);
    }
}
