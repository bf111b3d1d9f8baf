//! How many findings an item has, by detector and by confidence.
//!
//! In: findings, one by one. Out: totals for records, and sums from a confidence up for rules. Few detectors find
//! something in one item: a sorted list is read, written and searched several times as fast as a tree.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize as Unpack, BorshSerialize as Pack};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many findings an item has: by detector, and by confidence for rules that ask for one.
#[derive(Debug, Default, Clone, PartialEq, Pack, Unpack)]
pub struct Counts(Vec<Count>);

/// So many findings of a detector have this confidence, in percent. Sorted by the two.
type Count = (String, u8, u64);

impl Counts {
    /// Counts one finding of a detector; `confidence` from 0 to 1.
    pub fn add(&mut self, detector: &str, confidence: f64) {
        self.add_many(detector, confidence, 1);
    }

    /// Counts `more` findings of a detector.
    pub fn add_many(&mut self, detector: &str, confidence: f64, more: u64) {
        self.more(detector, percent(confidence), more);
    }

    fn more(&mut self, detector: &str, percent: u8, more: u64) {
        let place = self.0.binary_search_by(|(of, at, _)| of.as_str().cmp(detector).then(at.cmp(&percent)));
        match place {
            Ok(place) => self.0.get_mut(place).into_iter().for_each(|(.., n)| *n += more),
            Err(place) => self.0.insert(place, (detector.to_owned(), percent, more)),
        }
    }

    /// Findings with at least this confidence, with their detectors, each of which may come several times.
    pub fn likely(&self, confidence: f64) -> impl Iterator<Item = (&str, u64)> {
        let least = percent(confidence);
        self.0.iter().filter(move |(_, at, _)| *at >= least).map(|(detector, _, n)| (detector.as_str(), *n))
    }

    /// Every detector that found something, with the number of findings, by name.
    pub fn totals(&self) -> impl Iterator<Item = (&str, u64)> {
        self.by_detector().map(|(detector, of)| (detector, of.iter().map(|(.., n)| n).sum()))
    }

    fn by_detector(&self) -> impl Iterator<Item = (&str, &[Count])> {
        let of = self.0.chunk_by(|(a, ..), (b, ..)| a == b);
        of.filter_map(|of| Some((of.first()?.0.as_str(), of)))
    }

    /// No findings.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what another item has.
    pub fn merge(&mut self, other: &Self) {
        for (detector, percent, n) in &other.0 {
            self.more(detector, *percent, *n);
        }
    }
}

fn percent(confidence: f64) -> u8 {
    (confidence * 100.0).round() as u8
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.totals())
    }
}

impl<'de> Deserialize<'de> for Counts {
    /// Totals come back as findings of full confidence: the record does not hold more.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let totals: BTreeMap<String, u64> = Deserialize::deserialize(deserializer)?;
        Ok(Self(totals.into_iter().map(|(detector, n)| (detector, 100, n)).collect()))
    }
}

/// [`Counts`] with every confidence, for pipes: a record holds totals only.
pub mod by_confidence {
    use super::{BTreeMap, Count, Counts, Deserialize, Deserializer, Serialize, Serializer};

    /// Percent → number, of one detector.
    struct Percents<'c>(&'c [Count]);

    impl Serialize for Percents<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(_, percent, n)| (percent, n)))
        }
    }

    /// Detector → percent → number.
    pub fn serialize<S: Serializer>(counts: &Counts, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(counts.by_detector().map(|(detector, of)| (detector, Percents(of))))
    }

    /// The same back.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Counts, D::Error> {
        let all: BTreeMap<String, BTreeMap<u8, u64>> = Deserialize::deserialize(deserializer)?;
        let mut counts = Counts::default();
        for (detector, of) in all {
            counts.0.extend(of.into_iter().map(|(percent, n)| (detector.clone(), percent, n)));
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_by_detector_and_confidence() {
        let (mut counts, mut other) = (Counts::default(), Counts::default());
        for (detector, confidence) in [("email", 0.9), ("dk.cpr", 0.87), ("email", 0.4), ("dk.cpr", 0.87)] {
            counts.add(detector, confidence);
        }
        other.add("dk.cpr", 0.5);
        other.add("phone", 1.0);
        counts.merge(&other);
        assert_eq!(counts.totals().collect::<Vec<_>>(), [("dk.cpr", 3), ("email", 2), ("phone", 1)]);
        assert_eq!(counts.likely(0.5).collect::<Vec<_>>(), [("dk.cpr", 1), ("dk.cpr", 2), ("email", 1), ("phone", 1)]);
        let mut piped = Vec::new();
        by_confidence::serialize(&counts, &mut serde_json::Serializer::new(&mut piped)).unwrap();
        let text = r#"{"dk.cpr":{"50":1,"87":2},"email":{"40":1,"90":1},"phone":{"100":1}}"#;
        assert_eq!(str::from_utf8(&piped).unwrap(), text);
        assert_eq!(by_confidence::deserialize(&mut serde_json::Deserializer::from_slice(&piped)).unwrap(), counts);
    }
}
