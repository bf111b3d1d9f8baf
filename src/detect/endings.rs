//! Lists of endings and of words, looked up by their last byte: a word has one, a list has dozens.

use compact_str::CompactString;
use serde::{Deserialize, Deserializer};

/// Endings by their last byte.
#[derive(Debug)]
pub struct Endings(Vec<Vec<Ending>>);

/// An ending: its last eight bytes, or as many as it has, as a number that a word's last bytes are compared with.
#[derive(Debug)]
struct Ending {
    text: CompactString,
    last: u64,
    mask: u64,
}

impl Endings {
    /// Of these.
    pub fn new<'e>(endings: impl IntoIterator<Item = &'e str>) -> Self {
        let mut all = Self::default();
        endings.into_iter().for_each(|text| all.add(text));
        all
    }

    /// Adds one.
    pub fn add(&mut self, text: &str) {
        let text = CompactString::from(text);
        let byte = text.bytes().next_back().unwrap_or_default();
        let mask = u64::MAX.checked_shl(64 - 8 * text.len().min(8) as u32).unwrap_or_default();
        if let Some(same) = self.0.get_mut(usize::from(byte)) {
            same.push(Ending { last: last(text.as_bytes()), mask, text });
        }
    }

    /// Those that a word has, in bytes of UTF-8.
    pub fn of<'s, W: AsRef<[u8]> + ?Sized>(&'s self, word: &'s W) -> impl Iterator<Item = &'s str> + 's {
        let word = word.as_ref();
        let byte = word.last().copied().unwrap_or_default();
        let same = self.0.get(usize::from(byte)).map_or(&[][..], Vec::as_slice);
        let there = if same.is_empty() { 0 } else { last(word) };
        let has = move |ending: &&Ending| {
            (there ^ ending.last) & ending.mask == 0
                && (ending.text.len() <= 8 || word.ends_with(ending.text.as_bytes()))
        };
        same.iter().filter(has).map(|ending| &*ending.text)
    }

    /// Whether it has any of them.
    pub fn end<W: AsRef<[u8]> + ?Sized>(&self, word: &W) -> bool {
        self.of(word).next().is_some()
    }

    /// Whether it is one of them.
    pub fn holds<W: AsRef<[u8]> + ?Sized>(&self, word: &W) -> bool {
        self.of(word).any(|ending| ending.len() == word.as_ref().len())
    }
}

impl<'de> Deserialize<'de> for Endings {
    fn deserialize<D: Deserializer<'de>>(list: D) -> Result<Self, D::Error> {
        let list = Vec::<CompactString>::deserialize(list)?;
        Ok(Self::new(list.iter().map(CompactString::as_str)))
    }
}

impl Default for Endings {
    fn default() -> Self {
        Self(std::iter::repeat_with(Vec::new).take(256).collect())
    }
}

/// The last eight bytes, the very last one on top; zeros before a shorter word.
fn last(word: &[u8]) -> u64 {
    match word.last_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => crate::eight::load(word).unbounded_shl(u64::BITS - 8 * word.len() as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_the_endings_that_it_ends_in() {
        let list = ["a", "ba", "cba", "bostadsrättsförening", "ättsförening", "\u{E6}", "ltåæ"];
        let endings = Endings::new(list);
        for word in ["", "a", "aa", "xcba", "cba", "ba", "ltåæ", "æ", "å", "rättsförening", "förening", "enförening"]
            .into_iter()
            .chain(["bostadsrättsförening"])
        {
            let there: Vec<&str> = endings.of(word).collect();
            let plain: Vec<&str> = list.into_iter().filter(|ending| word.ends_with(ending)).collect();
            assert_eq!(there, plain, "{word}");
            assert_eq!(endings.end(word), !plain.is_empty(), "{word}");
            assert_eq!(endings.holds(word), list.contains(&word), "{word}");
        }
    }
}
