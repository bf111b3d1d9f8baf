//! What words are looked up by: keys, their hashes, and filters in which most of them end.
//!
//! In: a word's place in a text. Out: numbers. What stands under them is elsewhere (`words.rs`, `language.rs`).

use std::hash::Hasher;

use crate::detect::classes::BLOCK;
use crate::eight::{self, CASE};

/// Bytes that a prefix is looked up by: as many as it has. A shorter one stands for itself only.
pub const STEMS: [usize; 3] = [4, 6, 8];

/// What a word is looked up by: its first and its last eight bytes, and its length. Case is folded by one bit, which is
/// right for ASCII and for Latin-1 letters in UTF-8, and too much for others: exactness comes with the comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Its first eight bytes.
    pub first: u64,
    last: u64,
    /// Its bytes.
    pub length: u64,
}

impl Key {
    /// The key of the word at `start..end`.
    #[inline]
    pub fn of(bytes: &[u8], start: usize, end: usize) -> Self {
        let length = end - start;
        let first = (load(bytes, start) | CASE) & low(length);
        // Read in any case: whether a word is long is not to be foreseen.
        let last = load(bytes, end.saturating_sub(8)) | CASE;
        Self { first, last: if length > 8 { last } else { 0 }, length: length as u64 }
    }

    /// The key of a word of `length` bytes at `by` in a [`Window`]'s block. No place in the window is checked: the
    /// compiler sees that there is none beyond it.
    #[inline(always)]
    pub fn within(window: &Window, by: usize, length: usize) -> Self {
        let (by, length) = (by % BLOCK, length % BLOCK);
        let first = (eight(window, BEFORE + by) | CASE) & low(length);
        // The last one begins eight bytes before the word's end: what stands before the block are eight.
        let last = eight(window, by + length) | CASE;
        Self { first, last: if length > 8 { last } else { 0 }, length: length as u64 }
    }

    /// A hash of it. Neither factor is 0: the lowest byte of a word has the bit of the case, and so has its last one.
    #[inline]
    pub fn hash(self) -> u64 {
        fold(self.first ^ 0x9E37_79B9_7F4A_7C15, self.last ^ self.length ^ 0xD6E8_FEB8_6659_FD93)
    }

    /// Perhaps a name that a father's or mother's name makes: it ends as such.
    pub fn may_be_patronymic(self) -> bool {
        [*b"....sson", *b"....ttir"].into_iter().any(|end| self.last >> 32 == u64::from_le_bytes(end) >> 32)
    }

    /// What a stem of this many bytes is looked up by. Of a shorter word it is no stem's.
    #[inline]
    pub fn stem(self, length: usize) -> u64 {
        self.first & low(length)
    }
}

/// The bits of the first `length` bytes.
#[inline]
pub fn low(length: usize) -> u64 {
    LOW.get(length).copied().unwrap_or(u64::MAX)
}

/// The bits of no byte, of one, and so on, for as many bytes as a block has.
#[expect(clippy::indexing_slicing, reason = "the compiler runs it")]
static LOW: [u64; BLOCK] = {
    let (mut table, mut length) = ([u64::MAX; BLOCK], 0);
    while length < 8 {
        table[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    table
};

/// A block and what stands around it, as far as the words go that begin in it, with zeros beyond the text's ends.
pub type Window = [u8; BEFORE + 2 * BLOCK + 8];

/// Bytes of a [`Window`] before its block.
pub const BEFORE: usize = 8;

/// The window of the block at `base`: the text's own bytes, or in `edge`, all zeros, if it reaches beyond them.
#[inline(always)]
pub fn window<'w>(bytes: &'w [u8], base: usize, edge: &'w mut Window) -> &'w Window {
    let own = base.checked_sub(BEFORE).and_then(|from| bytes.get(from..)?.first_chunk());
    own.unwrap_or_else(|| at_edge(bytes, base, edge))
}

#[cold]
fn at_edge<'w>(bytes: &[u8], base: usize, edge: &'w mut Window) -> &'w Window {
    let (first, end) = (base.saturating_sub(BEFORE), (base + 2 * BLOCK + 8).min(bytes.len()));
    let there = bytes.get(first..end).unwrap_or_default();
    let to = first + BEFORE - base;
    if let Some(to) = edge.get_mut(to..to + there.len()) {
        to.copy_from_slice(there);
    }
    edge
}

/// The byte that a word in a window's block begins with, and the four behind it.
#[inline(always)]
pub fn edges(window: &Window, by: usize, length: usize) -> (u8, [u8; 4]) {
    let (by, length) = (by % BLOCK, length % BLOCK);
    let behind = BEFORE + by + length;
    let four = window.get(behind..behind + 4).and_then(|four| four.first_chunk());
    (window.get(BEFORE + by).copied().unwrap_or_default(), four.copied().unwrap_or_default())
}

/// Eight bytes of a window.
#[inline(always)]
fn eight(window: &Window, at: usize) -> u64 {
    window.get(at..at + 8).and_then(|eight| eight.first_chunk()).map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// Eight bytes, or as many as there are.
#[inline]
fn load(bytes: &[u8], at: usize) -> u64 {
    eight::load(bytes.get(at..).unwrap_or_default())
}

/// The top bits of the result depend on all that go in.
#[inline]
pub fn spread(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Every bit of the result depends on every bit that goes in.
#[inline]
fn mix(x: u64) -> u64 {
    fold(x ^ 0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93)
}

/// The halves of a product, one upon the other.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// The keys are numbers.
#[derive(Debug, Default, Clone, Copy)]
pub struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, key: u64) {
        self.0 = mix(key);
    }
}

/// A bit for each value of the top bits of a hash, in so many words. Its size is known when it is compiled, so that no
/// place in it is checked.
#[derive(Debug)]
pub struct Filter<const WORDS: usize>(Box<[u64; WORDS]>);

impl<const WORDS: usize> Filter<WORDS> {
    const SHIFT: u32 = 64 - 6 - WORDS.ilog2();

    /// Has none.
    pub fn new() -> Self {
        Self(Box::new([0; WORDS]))
    }

    /// Adds a hash.
    pub fn add(&mut self, hash: u64) {
        let bit = hash >> Self::SHIFT;
        if let Some(bits) = self.0.get_mut(bit as usize / 64) {
            *bits |= 1 << (bit % 64);
        }
    }

    /// Whether it was added, or another one with the same top bits.
    #[inline(always)]
    pub fn has(&self, hash: u64) -> bool {
        let bit = hash >> Self::SHIFT;
        self.0.get(bit as usize / 64).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    #[test]
    fn a_word_in_a_window_has_the_key_it_has_in_the_text() {
        let mut random = random(1);
        for size in [1, 7, 8, 9, 63, 64, 65, 135, 136, 137, 200, 400] {
            let bytes: Vec<u8> = (0..size).map(|_| random(256) as u8).collect();
            for base in (0..size).step_by(BLOCK) {
                let mut edge = [0; size_of::<Window>()];
                let window = window(&bytes, base, &mut edge);
                for _ in 0..500 {
                    let by = random(BLOCK.min(size - base));
                    let (start, most) = (base + by, (size - base - by).min(BLOCK - 1));
                    let length = 1 + random(most);
                    assert_eq!(Key::within(window, by, length), Key::of(&bytes, start, start + length));
                    let there = |at: usize| bytes.get(at).copied().unwrap_or_default();
                    let behind = start + length;
                    let four = [there(behind), there(behind + 1), there(behind + 2), there(behind + 3)];
                    assert_eq!(edges(window, by, length), (bytes[start], four));
                }
            }
        }
    }
}
