//! Who a message is between, and whether what is found in it is about somebody else.
//!
//! In: an item's own findings as they pass, and the addresses and names of sender and recipients. Out: [`Counts`] of the
//! findings about others. A name is a party's if its words are those of the party's name, or if a party's address was
//! made of it (`anna.hansen@`, `ahansen@`, `ah@`); a national id cannot be told to be anybody's, and so is another's.

use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::item::{Counts, Mail};
use crate::record::Record;

/// Names and addresses that are held to be compared; a message with more of them is about others.
const HELD: usize = 256;

/// The findings of one item as they pass: what rules need to know of their values.
#[derive(Default)]
pub struct Passing {
    veil: bool,
    named: Vec<Named>,
    others: Counts,
}

/// A name or an address that may be a party's.
struct Named {
    detector: CompactString,
    category: CompactString,
    confidence: f64,
    /// In lower case.
    value: String,
}

impl Passing {
    /// Of an item of which what is found is counted and, if `veil`, not shown.
    pub fn new(veil: bool) -> Self {
        Self { veil, ..Self::default() }
    }

    /// Looks at a record of the item's own, and hands it on.
    pub fn look(&mut self, record: Record) -> Record {
        if let Record::Omitted { people, .. } = &record {
            self.others.merge(people);
        }
        let Record::Finding(mut finding) = record else { return record };
        let value = finding.value.reveal().unwrap_or_default();
        match &*finding.category {
            "name" | "address" | "contact" if self.named.len() < HELD => {
                let (detector, category) = (finding.detector.clone(), finding.category.clone());
                let (confidence, value) = (finding.confidence, value.to_lowercase());
                self.named.push(Named { detector, category, confidence, value });
            }
            "name" | "address" | "contact" | "national_id" => self.others.add(&finding.detector, finding.confidence),
            _ => {}
        }
        if self.veil {
            finding.veil();
        }
        Record::Finding(finding)
    }

    /// The findings that are about neither the sender nor a recipient.
    pub fn others(mut self, mail: &Mail) -> Counts {
        let parties = Parties::new(mail);
        for named in &self.named {
            if !parties.include(&named.category, &named.value) {
                self.others.add(&named.detector, named.confidence);
            }
        }
        self.others
    }
}

/// Sender and recipients of a message.
struct Parties<'m> {
    addresses: Vec<&'m str>,
    /// The words of each name, folded.
    names: Vec<BTreeSet<String>>,
}

impl<'m> Parties<'m> {
    fn new(mail: &'m Mail) -> Self {
        let addresses: Vec<&str> = mail.from.iter().chain(&mail.to).map(String::as_str).collect();
        let locals = addresses.iter().filter_map(|address| address.split('@').next());
        let names = mail.names.iter().map(String::as_str).chain(locals).map(words).filter(|words| words.len() > 1);
        Self { names: names.collect(), addresses }
    }

    /// Is this value, in lower case, one of theirs? An address of a street is compared with nothing: it is another's.
    fn include(&self, category: &str, value: &str) -> bool {
        match category {
            "name" => {
                let name = words(value);
                self.names.iter().any(|party| party.is_subset(&name) || name.is_subset(party))
                    || self.addresses.iter().any(|address| made_of(address, value))
            }
            _ => self.addresses.contains(&value),
        }
    }
}

/// Was the address made of this name: `ahansen`, `annah`, `ah`, `anna`, `hansen`?
fn made_of(address: &str, name: &str) -> bool {
    let name: Vec<String> = name.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).map(fold).collect();
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return false };
    let local = fold(&address.split('@').next().unwrap_or_default().to_lowercase());
    let local: String = local.chars().filter(|c| c.is_alphabetic()).collect();
    let letter = |word: &str| word.chars().next().map(String::from).unwrap_or_default();
    let initials: String = name.iter().map(|word| letter(word)).collect();
    [
        first.clone(),
        last.clone(),
        name.concat(),
        format!("{first}{last}"),
        format!("{}{last}", letter(first)),
        format!("{first}{}", letter(last)),
        initials,
    ]
    .contains(&local)
}

/// The words of a name, without case and accents; initials say too little to tell people apart.
fn words(name: &str) -> BTreeSet<String> {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1).map(fold).collect()
}

/// Nordic letters as addresses spell them: `sørensen`, `soerensen` and `sorensen` are one.
pub fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'ø' | 'ö' => folded.push('o'),
            'å' | 'ä' | 'á' | 'æ' => folded.push('a'),
            'é' => folded.push('e'),
            'í' => folded.push('i'),
            'ü' | 'ú' => folded.push('u'),
            'ð' => folded.push('d'),
            // `oe`, `ae` and `aa` are how the others are spelt without them.
            'e' if folded.ends_with(['o', 'a']) => {}
            'a' if folded.ends_with('a') => {}
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_of_the_parties_are_not_of_others() {
        let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let mail = Mail {
            from: own(&["ah@example.dk"]),
            to: own(&["soeren.aagaard@example.dk", "x1@example.dk"]),
            names: own(&["Jensen, Mette Marie"]),
            ..Mail::default()
        };
        let parties = Parties::new(&mail);
        for name in ["anna hansen", "søren ågaard", "mette jensen", "mette marie holm jensen"] {
            assert!(parties.include("name", name), "{name}");
        }
        for name in ["bo hansen", "kirsten nielsen", "mette holm"] {
            assert!(!parties.include("name", name), "{name}");
        }
        assert!(parties.include("contact", "ah@example.dk") && !parties.include("contact", "bo@example.dk"));
    }
}
