//! The values that a scan has found, in memory of a fixed size: a Bloom filter.
//!
//! It forgets none. With more than some tens of millions of values it begins to remember a few that it never met; then a
//! little too much is taken out, which harms nobody. Source: B. H. Bloom, CACM 13(7), 1970.

/// Bits: 32 MB of memory.
const BITS: usize = 1 << 28;
const HASHES: usize = 4;

/// The set.
pub struct Seen(Vec<u64>);

impl Seen {
    /// An empty one.
    pub fn new() -> Self {
        Self(vec![0; BITS / 64])
    }

    /// Remembers a detector's value.
    pub fn add(&mut self, detector: &str, normal: &str) {
        for bit in bits(detector, normal) {
            if let Some(word) = self.0.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }

    /// Was it met? True of what was not, very rarely.
    pub fn has(&self, detector: &str, normal: &str) -> bool {
        bits(detector, normal).iter().all(|bit| self.0.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1))
    }
}

fn bits(detector: &str, normal: &str) -> [usize; HASHES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(detector.as_bytes()).update(&[0]).update(normal.as_bytes());
    let mut bytes = [0; HASHES * 8];
    hasher.finalize_xof().fill(&mut bytes);
    let mut bits = [0; HASHES];
    for (bit, chunk) in bits.iter_mut().zip(bytes.chunks_exact(8)) {
        *bit = chunk.iter().fold(0usize, |n, byte| n << 8 | usize::from(*byte)) % BITS;
    }
    bits
}
