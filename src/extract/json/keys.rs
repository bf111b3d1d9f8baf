//! The keys that JSON's values stand under, and the steps from one value to the next: most of a file says the same
//! again and again between its values.
//!
//! In: keys, and what stood between two values. Out: numbers of keys, and the step that probably comes next.

use std::sync::Arc;

use crate::extract::marked::advance;

/// A longer key is data, not a name.
const KEY: usize = 200;
/// So many keys are told apart without looking further.
const RECENT: usize = 256;
/// White space of JSON, and that of one line.
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];
const BLANK: [char; 2] = [' ', '\t'];

/// A key by its number.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Key(u32);

impl Key {
    /// No key.
    pub const NONE: Self = Self(0);

    /// Its place among the labels.
    pub fn index(self) -> Option<usize> {
        (self.0 as usize).checked_sub(1)
    }
}

/// The step from one value to the next: what stands between them in the file, and what is written of it.
pub struct Step {
    /// From behind a value to the next one, or its quote: `,"name": `, or `}` and a new object's first key.
    pub raw: Box<str>,
    /// `name: `
    pub written: Box<str>,
    /// What follows stands under this key.
    pub key: Key,
    /// So many lines and characters on, or of the last line, stands the key;
    pub lines: u64,
    /// and
    pub column: u64,
    /// so many characters behind its begin the value or its quote.
    pub behind: u64,
    /// It leads from an object to the next one.
    pub object: bool,
}

impl Step {
    /// What this leads to, which stands before a value under `label`. `None`: it opens or ends more than an object.
    fn of(raw: &str, key: Key, label: &str) -> Option<Self> {
        let rest = raw.trim_start_matches(WHITE);
        let (object, rest) = match rest.strip_prefix('}') {
            None => (false, rest.strip_prefix(',')?),
            Some(rest) => {
                let rest = rest.trim_start_matches(WHITE);
                let rest = rest.strip_prefix(',').unwrap_or(rest);
                (true, rest.trim_start_matches(WHITE).strip_prefix('{')?)
            }
        };
        let named = rest.trim_start_matches(WHITE).strip_prefix('"')?;
        let (before, behind) = raw.split_at_checked(raw.len() - named.len())?;
        // A key with escapes is not written as it stands.
        let value = named.strip_prefix(label)?.strip_prefix("\"")?.trim_start_matches(BLANK).strip_prefix(':')?;
        let simple = raw.len() <= 2 * KEY && value.trim_start_matches(BLANK).is_empty();
        let (lines, column) = advance(before);
        let behind = behind.chars().count() as u64;
        simple.then(|| Self {
            raw: raw.into(),
            written: format!("{label}: ").into(),
            key,
            lines,
            column,
            behind,
            object,
        })
    }
}

/// What is known to come behind a key.
#[derive(Default)]
struct Next {
    key: Key,
    step: Option<Box<Step>>,
}

/// The keys that were met. The same ones come again and again; one that is forgotten is told twice, which does no harm.
pub struct Keys {
    labels: Vec<Arc<str>>,
    /// The number of the last key of each hash.
    recent: Vec<Key>,
    /// The key that came last, and behind each, none among them, the one that came then: they come in one order.
    last: Key,
    next: Vec<Next>,
    /// The one before the last, if the last one came behind it before.
    before: Option<Key>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            labels: Vec::new(),
            recent: vec![Key::NONE; RECENT],
            last: Key::NONE,
            next: vec![Next::default()],
            before: None,
        }
    }
}

impl Keys {
    /// The number of a key. What is too long for one has none.
    #[inline]
    pub fn of(&mut self, key: &str) -> Key {
        let next = self.next.get(self.last.0 as usize).map_or(Key::NONE, |next| next.key);
        if self.get(next).is_none_or(|label| **label != *key) {
            self.before = None;
            return self.other(key);
        }
        self.before = Some(self.last);
        self.last = next;
        next
    }

    /// One that did not come behind the last one before.
    fn other(&mut self, key: &str) -> Key {
        let recent = self.recent.get_mut(hash(key.as_bytes()));
        let Some(recent) = recent.filter(|_| !key.is_empty() && key.len() <= KEY) else { return Key::NONE };
        let before = (recent.0 as usize).checked_sub(1).and_then(|at| self.labels.get(at));
        if before.is_none_or(|label| **label != *key) {
            self.labels.push(key.into());
            self.next.push(Next::default());
            *recent = Key(self.labels.len() as u32);
        }
        let found = *recent;
        if let Some(next) = self.next.get_mut(self.last.0 as usize) {
            *next = Next { key: found, step: None };
        }
        self.last = found;
        found
    }

    /// The step that came behind the last key before.
    #[inline]
    pub fn step(&self) -> Option<&Step> {
        self.next.get(self.last.0 as usize)?.step.as_deref()
    }

    /// That step was taken.
    #[inline]
    pub fn take(&mut self, key: Key) {
        self.last = key;
    }

    /// This stood between the last two values. It is remembered when the same keys come for the second time.
    #[inline]
    pub fn learn(&mut self, raw: &str) {
        if let Some(before) = self.before.take() {
            self.remember(before, raw);
        }
    }

    fn remember(&mut self, before: Key, raw: &str) {
        let Some(label) = self.get(self.last) else { return };
        let step = Step::of(raw, self.last, label).map(Box::new);
        if let Some(next) = self.next.get_mut(before.0 as usize) {
            next.step = step;
        }
    }

    fn get(&self, key: Key) -> Option<&Arc<str>> {
        key.index().and_then(|at| self.labels.get(at))
    }

    /// All of them, in the order of their numbers.
    pub fn labels(&self) -> impl Iterator<Item = &Arc<str>> {
        self.labels.iter()
    }

    /// A key by its number.
    pub fn label(&self, key: Key) -> Option<Arc<str>> {
        self.get(key).cloned()
    }

    /// More than are worth keeping.
    pub fn are_many(&self) -> bool {
        self.labels.len() >= 4 * RECENT
    }

    /// Forgets all but those in use.
    pub fn renew<'k>(&mut self, used: impl Iterator<Item = &'k mut Key>) {
        let before = std::mem::take(self);
        for key in used {
            if let Some(label) = before.label(*key) {
                self.labels.push(label);
                self.next.push(Next::default());
                *key = Key(self.labels.len() as u32);
            }
        }
    }
}

/// One of [`RECENT`] numbers, by its ends and its length.
#[inline]
fn hash(key: &[u8]) -> usize {
    let ends = match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23),
        _ => key.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)),
    };
    ((ends ^ key.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - RECENT.ilog2())) as usize
}
