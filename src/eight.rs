//! Eight bytes of text at once, in one number: what is too short for a vector search to pay.
//!
//! In: eight bytes, the first the lowest. Out: the top bit of each byte of which something holds.

/// A one in each byte: multiplied by a byte it is that byte eight times.
pub const EACH: u64 = u64::from_ne_bytes([1; 8]);
/// The top bit of each byte.
pub const TOPS: u64 = EACH << 7;

/// The case of ASCII letters.
pub const CASE: u64 = EACH << 5;

/// The bytes that are this one.
#[inline(always)]
pub fn same(eight: u64, byte: u8) -> u64 {
    let differs = eight ^ (u64::from(byte) * EACH);
    !(((differs & !TOPS) + !TOPS) | differs) & TOPS
}

/// The same for the first such byte, in fewer steps: bits behind it may be set too.
#[inline(always)]
pub fn first(eight: u64, byte: u8) -> u64 {
    let differs = eight ^ (u64::from(byte) * EACH);
    differs.wrapping_sub(EACH) & !differs & TOPS
}

/// The bytes of ASCII from one on and up to another.
#[inline(always)]
pub fn within(eight: u64, from: u8, to: u8) -> u64 {
    let ascii = eight & !TOPS;
    (ascii + u64::from(0x80 - from) * EACH) & !(ascii + u64::from(0x7F - to) * EACH) & !eight & TOPS
}

/// All bits of the bytes whose top bit is set.
#[inline(always)]
pub fn whole(tops: u64) -> u64 {
    (tops << 1).wrapping_sub(tops >> 7)
}

/// The first eight bytes of these; what is missing is 0.
#[inline(always)]
pub fn load(bytes: &[u8]) -> u64 {
    // Fewer are read twice where the middle is, which does no harm.
    let shift = 8 * bytes.len() as u32;
    match (bytes.first_chunk(), bytes.first_chunk(), bytes.last_chunk(), bytes) {
        (Some(eight), ..) => u64::from_le_bytes(*eight),
        (_, Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (shift - 32)
        }
        (.., [first, middle @ .., last]) => {
            let middle = middle.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
            u64::from(*first) | middle << 8 | u64::from(*last) << (shift - 8)
        }
        (.., [one]) => u64::from(*one),
        _ => 0,
    }
}

/// Whether two short texts are the same.
#[inline]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    let (Some(last), Some(last_other)) = (one.last_chunk(), other.last_chunk()) else {
        return one.len() == other.len() && load(one) == load(other);
    };
    one.len() == other.len()
        && one.as_chunks::<8>().0.iter().eq(other.as_chunks().0)
        && u64::from_le_bytes(*last) == u64::from_le_bytes(*last_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_asked_as_if_alone() {
        let mut state = 7u64;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Bytes near the bounds, too.
            let bytes =
                (state ^ state >> 29).to_le_bytes().map(|byte| if byte % 3 == 0 { b'0' + byte % 16 } else { byte });
            let eight = u64::from_le_bytes(bytes);
            let tops = |holds: &dyn Fn(u8) -> bool| load(&bytes.map(|byte| if holds(byte) { 0x80 } else { 0 }));
            assert_eq!(same(eight, b'5'), tops(&|byte| byte == b'5'));
            assert_eq!(within(eight, b'0', b'9'), tops(&|byte| byte.is_ascii_digit()));
            assert_eq!(whole(within(eight, b'0', b'9')), tops(&|byte| byte.is_ascii_digit()) / 128 * 255);
            assert_eq!(first(eight, b'5').trailing_zeros(), same(eight, b'5').trailing_zeros());
            let length = state as usize >> 61;
            assert_eq!(load(&bytes[..length]), eight & ((1 << (8 * length)) - 1));
        }
    }
}
