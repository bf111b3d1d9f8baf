//! The classes of bytes, 64 at a time, as bit masks: what the first pass finds its way by.
//!
//! In: bytes. Out: for each block of 64 a [`Block`]. AVX2 and NEON where the processor has them, a table elsewhere; the
//! test compares them bit by bit. Technique: Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019), § 3.1.

/// Bytes in a block.
pub const BLOCK: usize = 64;

/// The bytes of one block by class: bit `i` is byte `i`. Bytes beyond the end are in no class.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Block {
    /// ASCII digits.
    pub digits: u64,
    /// ASCII letters, and everything outside ASCII.
    pub letters: u64,
    /// Everything outside ASCII.
    pub wide: u64,
    /// Bytes that begin punctuation or invisible characters outside ASCII: a run of letters may be more than a word.
    pub odd: u64,
    /// Bytes of the caller's set.
    pub chosen: u64,
}

/// A block between two others: what stands around each of its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Between<'b> {
    /// The block before it, or one of nothing.
    pub before: &'b Block,
    /// Itself.
    pub block: &'b Block,
    /// The block behind it, or one of nothing.
    pub behind: &'b Block,
}

impl Between<'_> {
    /// The bits of a class from byte `at` on, 64 of them.
    #[inline(always)]
    pub fn from(&self, at: u32, class: impl Fn(&Block) -> u64) -> u64 {
        (two(class(self.block), class(self.behind)) >> (at % 64)) as u64
    }

    /// Where runs of letters begin in the block.
    #[inline(always)]
    pub fn begins(&self) -> u64 {
        self.block.letters & !(self.block.letters << 1 | self.before.letters >> 63)
    }

    /// How many letters stand in a row from byte `at` on, which is one; from 64 on perhaps more than are seen.
    #[inline(always)]
    pub fn letters(&self, at: u32) -> u32 {
        match (!self.block.letters >> at).trailing_zeros() {
            // It goes on in the next block.
            u64::BITS => u64::BITS - at + self.behind.letters.trailing_ones(),
            length => length,
        }
    }

    /// The bits of a class up to byte `at`: the one before it is the highest bit.
    #[inline(always)]
    pub fn up_to(&self, at: u32, class: impl Fn(&Block) -> u64) -> u64 {
        (two(class(self.before), class(self.block)) >> (at % 64)) as u64
    }
}

/// Two words as one.
#[inline(always)]
fn two(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// A set of ASCII bytes: which high halves (as bits) go with each low half.
#[derive(Debug, Default, Clone)]
pub struct Set([u8; 16]);

impl Set {
    /// Adds a byte; those outside ASCII cannot be in a set.
    pub fn add(&mut self, byte: u8) {
        if let Some(highs) = self.0.get_mut(usize::from(byte & 15)).filter(|_| byte.is_ascii()) {
            *highs |= 1 << (byte >> 4);
        }
    }

    fn has(&self, byte: u8) -> bool {
        byte.is_ascii() && self.0.get(usize::from(byte & 15)).is_some_and(|highs| highs >> (byte >> 4) & 1 == 1)
    }
}

/// Classifies all bytes; the last block may be short.
pub fn classify(bytes: &[u8], chosen: &Set, blocks: &mut Vec<Block>) {
    blocks.clear();
    let (whole, rest) = bytes.as_chunks::<BLOCK>();
    each(whole, chosen, blocks);
    if rest.is_empty() {
        return;
    }
    // The last ones as a whole block: zeros are in no class but the caller's, perhaps.
    let mut last = [0; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
    each(&[last], chosen, blocks);
    if let Some(block) = blocks.last_mut() {
        block.chosen &= (1 << rest.len()) - 1;
    }
}

/// Classifies whole blocks, which are added to those there.
fn each(whole: &[[u8; BLOCK]], chosen: &Set, blocks: &mut Vec<Block>) {
    #[cfg(target_arch = "x86_64")]
    let fast = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(target_arch = "aarch64")]
    let fast = std::arch::is_aarch64_feature_detected!("neon");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let fast = false;
    if fast {
        // SAFETY: the processor has the instructions: asked one line above.
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        #[allow(
            unsafe_code,
            reason = "every byte of a scan passes here; benches/throughput.rs compares it with the portable one"
        )]
        unsafe {
            simd::classify(whole, chosen, blocks);
        }
    } else {
        blocks.extend(whole.iter().map(|block| portable(block, chosen)));
    }
}

fn portable(bytes: &[u8], chosen: &Set) -> Block {
    let mut block = Block::default();
    for (i, &byte) in bytes.iter().enumerate() {
        let bit = |is: bool| u64::from(is) << i;
        block.digits |= bit(byte.is_ascii_digit());
        block.letters |= bit(byte.is_ascii_alphabetic() || !byte.is_ascii());
        block.wide |= bit(!byte.is_ascii());
        block.odd |= bit(matches!(byte, 0xC2 | 0xE2..=0xEF));
        block.chosen |= bit(chosen.has(byte));
    }
    block
}

#[cfg(target_arch = "x86_64")]
mod simd {
    use std::arch::x86_64::*;

    use super::{BLOCK, Block, Set};

    /// Two times 32 bytes a block.
    #[target_feature(enable = "avx2")]
    pub fn classify(bytes: &[[u8; BLOCK]], chosen: &Set, blocks: &mut Vec<Block>) {
        let (lows, highs) = (twice(&chosen.0), twice(&[1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0]));
        // Not `extend`, whose closure is called for every block; and `push` may call, which costs even more here.
        let first = blocks.len();
        blocks.resize(first + bytes.len(), Block::default());
        for (to, block) in blocks.iter_mut().skip(first).zip(bytes) {
            let ([low, high], _) = block.as_chunks::<32>() else { continue };
            let (low, high) = (half(load(low), lows, highs), half(load(high), lows, highs));
            let both = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
            *to = Block {
                digits: both(low.digits, high.digits),
                letters: both(low.letters, high.letters),
                wide: both(low.wide, high.wide),
                odd: both(low.odd, high.odd),
                chosen: !both(low.others, high.others),
            };
        }
    }

    /// The classes of 32 bytes, and those that were not chosen.
    struct Half {
        digits: u32,
        letters: u32,
        wide: u32,
        odd: u32,
        others: u32,
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn half(v: __m256i, lows: __m256i, highs: __m256i) -> Half {
        let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
        let bits = |mask| _mm256_movemask_epi8(mask).cast_unsigned();
        let within = |v, from: u8, to: u8| {
            let above = _mm256_sub_epi8(v, all(from));
            _mm256_cmpeq_epi8(_mm256_min_epu8(above, all(to - from)), above)
        };
        let letters = within(_mm256_or_si256(v, all(0x20)), b'a', b'z');
        let odd = _mm256_or_si256(_mm256_cmpeq_epi8(v, all(0xC2)), within(v, 0xE2, 0xEF));
        let high = _mm256_and_si256(_mm256_srli_epi16(v, 4), all(15));
        let both = _mm256_and_si256(_mm256_shuffle_epi8(lows, v), _mm256_shuffle_epi8(highs, high));
        Half {
            digits: bits(within(v, b'0', b'9')),
            // The sign bit says that a byte lies outside ASCII.
            letters: bits(_mm256_or_si256(v, letters)),
            wide: bits(v),
            odd: bits(odd),
            others: bits(_mm256_cmpeq_epi8(both, _mm256_setzero_si256())),
        }
    }

    #[target_feature(enable = "avx2")]
    #[allow(unsafe_code, reason = "the only way to load a vector")]
    fn load(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: reads 32 bytes from a reference to 32 bytes; needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2")]
    fn twice(bytes: &[u8; 16]) -> __m256i {
        let mut both = [0; 32];
        both.iter_mut().zip(bytes.iter().cycle()).for_each(|(to, from)| *to = *from);
        load(&both)
    }
}

#[cfg(target_arch = "aarch64")]
mod simd {
    use std::arch::aarch64::*;

    use super::{BLOCK, Block, Set};

    /// Four times 16 bytes a block.
    #[target_feature(enable = "neon")]
    pub fn classify(bytes: &[[u8; BLOCK]], chosen: &Set, blocks: &mut Vec<Block>) {
        const HIGHS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];
        let (lows, highs) = (load(&chosen.0), load(&HIGHS));
        let at_most = |v, most: u8| vcleq_u8(v, vdupq_n_u8(most));
        let less = |v, by: u8| vsubq_u8(v, vdupq_n_u8(by));
        blocks.extend(bytes.iter().map(|block| {
            let mut masks = Block::default();
            let (quarters, _) = block.as_chunks::<16>();
            for (i, quarter) in quarters.iter().enumerate() {
                let v = load(quarter);
                let bits = |mask| u64::from(movemask(mask)) << (16 * i);
                let folded = vorrq_u8(v, vdupq_n_u8(0x20));
                masks.digits |= bits(at_most(less(v, b'0'), 9));
                let wide = vcgeq_u8(v, vdupq_n_u8(0x80));
                masks.wide |= bits(wide);
                masks.letters |= bits(vorrq_u8(wide, at_most(less(folded, b'a'), 25)));
                masks.odd |= bits(vorrq_u8(vceqq_u8(v, vdupq_n_u8(0xC2)), at_most(less(v, 0xE2), 0xEF - 0xE2)));
                let low = vqtbl1q_u8(lows, vandq_u8(v, vdupq_n_u8(15)));
                masks.chosen |= bits(vtstq_u8(low, vqtbl1q_u8(highs, vshrq_n_u8(v, 4))));
            }
            masks
        }));
    }

    /// The top bit of each byte of a mask of all ones or all zeros.
    #[target_feature(enable = "neon")]
    fn movemask(mask: uint8x16_t) -> u16 {
        const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        let bits = vandq_u8(mask, load(&BITS));
        u16::from(vaddv_u8(vget_low_u8(bits))) | u16::from(vaddv_u8(vget_high_u8(bits))) << 8
    }

    #[target_feature(enable = "neon")]
    #[allow(unsafe_code, reason = "the only way to load a vector")]
    fn load(bytes: &[u8; 16]) -> uint8x16_t {
        // SAFETY: reads 16 bytes from a reference to 16 bytes; needs no alignment.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_classifying_says_the_same() {
        let mut set = Set::default();
        b"@%&([{_\0\x7f".iter().for_each(|b| set.add(*b));
        let mut state = 1u64;
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend((0..10_000).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        }));
        let mut blocks = Vec::new();
        for length in [0, 1, 63, 64, 65, 127, 256, bytes.len()] {
            classify(&bytes[..length], &set, &mut blocks);
            let plain: Vec<Block> = bytes[..length].chunks(BLOCK).map(|block| portable(block, &set)).collect();
            assert_eq!(blocks, plain, "{length} bytes");
        }
    }
}
