//! `report --compare`: the records of an earlier and of a later run in, what is new, moved and gone out.
//!
//! In: two inputs of records. Out: a `change` for each finding and breach that only one of them has. A finding is known
//! by its place, detector and fingerprint (without fingerprints by place and detector), a breach by its place, policy
//! and rule. What is gone from one place and new in another is moved: findings by their fingerprint, breaches along with
//! the findings of their item. Only hashes are kept of what did not change.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::baseline::hash;
use crate::cli::UsageError;
use crate::merge::{Input, Line, each};
use crate::record::{Record, Severity, Summary};

/// What became of a finding or a breach from one run to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Only the later run has it.
    New,
    /// The later run has it elsewhere.
    Moved,
    /// Only the earlier run has it.
    Gone,
}

impl How {
    /// The record's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Moved => "moved",
            Self::Gone => "gone",
        }
    }
}

/// A finding or a breach that only one of two runs has, or that is elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What became of it.
    pub change: How,
    /// The item; of what is moved, where it is now.
    pub location: String,
    /// Where it was, if it is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Of a finding: who found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<String>,
    /// Of a finding: its value, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
    /// Of a finding: its fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Of a breach: its policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Of a breach: its rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Of a breach: how bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

impl Change {
    fn of(record: &Record, change: How) -> Option<Self> {
        let none = Self {
            change,
            location: String::new(),
            from: None,
            detector: None,
            masked: None,
            fingerprint: None,
            policy: None,
            rule: None,
            severity: None,
        };
        match record {
            Record::Finding(finding) => Some(Self {
                location: finding.location.clone(),
                detector: Some(finding.detector.to_string()),
                masked: Some(finding.value.masked().to_owned()),
                fingerprint: finding.fingerprint.clone(),
                ..none
            }),
            Record::Breach(breach) => Some(Self {
                location: breach.location.clone(),
                policy: Some(breach.policy.clone()),
                rule: Some(breach.rule.clone()),
                severity: Some(breach.severity),
                ..none
            }),
            _ => None,
        }
    }

    /// What it is, wherever it is. `None`: nothing that could be told apart from its like.
    fn what(&self) -> Option<Hash> {
        match (&self.fingerprint, &self.policy) {
            (Some(print), _) => Some(hash(&["finding", self.detector.as_deref().unwrap_or_default(), print])),
            (None, Some(policy)) => Some(hash(&["breach", policy, self.rule.as_deref().unwrap_or_default()])),
            (None, None) => None,
        }
    }

    /// What it is, and where.
    fn key(&self) -> Hash {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let parts = [&self.detector, &self.fingerprint, &self.policy, &self.rule].map(part);
        hash(&[&self.location, &parts[0], &parts[1], &parts[2], &parts[3]])
    }
}

type Hash = [u8; 16];

/// Places that one value may have come from, at most.
const CANDIDATES: usize = 64;

/// All that changed: what is new and moved in the order of the later run, then what is gone in that of the earlier one.
/// And whether both runs were complete: of one that was not, nothing is gone for certain.
pub fn compare(old: &Input, new: &Input) -> Result<(Vec<Change>, bool), UsageError> {
    let (before, of_old) = keys(old)?;
    let (after, of_new) = keys(new)?;
    let (whole, whole_too) = (of_old.complete, of_new.complete);
    if let (Some(one), Some(other)) = (of_old.key, of_new.key)
        && one != other
    {
        return Err(UsageError("two keys made these fingerprints: scan both times with the same one".to_owned()));
    }
    let mut gone = changes(old, How::Gone, &after)?;
    let mut changes = changes(new, How::New, &before)?;
    moved(&mut changes, &mut gone, |change| change.fingerprint.is_some(), |_, _| true);
    // Where the findings of an item went, its breaches went too.
    let mut ways: HashSet<(String, String)> = HashSet::new();
    for change in &changes {
        ways.extend(change.from.clone().map(|from| (from, change.location.clone())));
    }
    let along = |from: &str, to: &str| ways.contains(&(from.to_owned(), to.to_owned()));
    moved(&mut changes, &mut gone, |change| change.policy.is_some(), along);
    changes.extend(gone);
    Ok((changes, whole && whole_too))
}

/// Joins what is new with what is gone, where both are the same and the way is allowed.
fn moved(
    new: &mut [Change],
    gone: &mut Vec<Change>,
    wanted: impl Fn(&Change) -> bool,
    way: impl Fn(&str, &str) -> bool,
) {
    let mut places: HashMap<Hash, VecDeque<usize>> = HashMap::new();
    for (number, change) in gone.iter().enumerate().filter(|(_, change)| wanted(change)) {
        places.entry(change.what().unwrap_or_default()).or_default().push_back(number);
    }
    // Of several places it may come from, the one that most of its place came from.
    let from = |number: usize| gone.get(number).map_or("", |gone| gone.location.as_str());
    let candidates = |numbers: &VecDeque<usize>, to: &str| -> Vec<(usize, Hash)> {
        let ways = numbers.iter().map(|number| from(*number)).enumerate().filter(|(_, from)| way(from, to));
        ways.map(|(at, from)| (at, hash(&[from, to]))).take(CANDIDATES).collect()
    };
    let mut votes: HashMap<Hash, u32> = HashMap::new();
    for change in new.iter().filter(|change| change.change == How::New && wanted(change)) {
        let numbers = change.what().and_then(|what| places.get(&what));
        for (_, way) in numbers.map(|numbers| candidates(numbers, &change.location)).unwrap_or_default() {
            *votes.entry(way).or_default() += 1;
        }
    }
    let mut taken = HashSet::new();
    for change in new.iter_mut().filter(|change| change.change == How::New && wanted(change)) {
        let Some(numbers) = change.what().and_then(|what| places.get_mut(&what)) else { continue };
        let fit = candidates(numbers, &change.location);
        let most = fit.into_iter().max_by_key(|(at, way)| (votes.get(way).copied().unwrap_or_default(), Reverse(*at)));
        if let Some(number) = most.and_then(|(at, _)| numbers.remove(at)) {
            (change.change, change.from) = (How::Moved, Some(from(number).to_owned()));
            taken.insert(number);
        }
    }
    let mut number = 0..;
    gone.retain(|_| number.next().is_none_or(|number| !taken.contains(&number)));
}

/// What an input holds, and its sums.
fn keys(input: &Input) -> Result<(HashSet<Hash>, Summary), UsageError> {
    let (mut keys, mut sum) = (HashSet::new(), Summary { complete: true, ..Summary::default() });
    each(std::slice::from_ref(input), |line| {
        match line {
            Line::Record(Record::Summary(summary)) => sum.add(&summary),
            Line::Record(record) => keys.extend(Change::of(&record, How::New).map(|change| change.key())),
            Line::End { complete, empty } => sum.complete &= complete && !empty,
        }
        Ok(())
    })?;
    Ok((keys, sum))
}

/// What this input has and the other has not; each once.
fn changes(input: &Input, change: How, other: &HashSet<Hash>) -> Result<Vec<Change>, UsageError> {
    let (mut changes, mut seen) = (Vec::new(), HashSet::new());
    each(std::slice::from_ref(input), |line| {
        if let Line::Record(record) = line
            && let Some(change) = Change::of(&record, change)
        {
            let key = change.key();
            if !other.contains(&key) && seen.insert(key) {
                changes.push(change);
            }
        }
        Ok(())
    })?;
    Ok(changes)
}

/// How many of each.
pub fn sums(changes: &[Change]) -> BTreeMap<How, u64> {
    let mut sums = BTreeMap::new();
    changes.iter().for_each(|change| *sums.entry(change.change).or_default() += 1);
    sums
}
