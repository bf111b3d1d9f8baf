//! Compressed RTF, as MAPI stores bodies (MS-OXRTFCP): a small LZ77 with a dictionary that begins with common RTF, or
//! bytes as they are (`MELA`).
//!
//! In: the whole property. Out: RTF. Sizes in the header are hints only, and the checksum is not looked at: real files
//! have wrong ones.

use crate::extract::Out;
use crate::item::Fault;

const START: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW: usize = 4096;

/// Unpacks a property and pays for it. What stands before a damaged end is kept.
pub fn unpack(packed: &[u8], out: &Out<'_>) -> Result<Vec<u8>, Fault> {
    let (header, packed) = packed.split_first_chunk::<16>().ok_or(Fault::corrupt("its RTF body is cut short"))?;
    let [_, _, _, _, s0, s1, s2, s3, kind @ .., _, _, _, _] = header;
    let size = u32::from_le_bytes([*s0, *s1, *s2, *s3]) as usize;
    match kind {
        b"MELA" => Ok(packed.get(..size).unwrap_or(packed).to_vec()),
        b"LZFu" => {
            // Two bytes make seventeen at most.
            out.charge(size.min(packed.len().saturating_mul(9)) as u64)?;
            Ok(lzfu(packed, size))
        }
        _ => Err(Fault::corrupt("its RTF body is packed in a way that is not known")),
    }
}

/// Groups of eight tokens, each group under a byte of flags: a literal, or offset (12 bits) and length (4 bits).
fn lzfu(packed: &[u8], size: usize) -> Vec<u8> {
    let mut window = [0u8; WINDOW];
    for (to, from) in window.iter_mut().zip(START) {
        *to = *from;
    }
    let mut at = START.len();
    let mut text = Vec::with_capacity(size.min(packed.len().saturating_mul(9)));
    let mut put = |byte: u8, at: &mut usize, window: &mut [u8; WINDOW]| {
        text.push(byte);
        if let Some(slot) = window.get_mut(*at) {
            *slot = byte;
        }
        *at = (*at + 1) % WINDOW;
        text.len() < size
    };
    let mut input = packed.iter().copied();
    'all: while let Some(flags) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else { break 'all };
            if flags >> bit & 1 == 0 {
                if !put(first, &mut at, &mut window) {
                    break 'all;
                }
                continue;
            }
            let Some(second) = input.next() else { break 'all };
            let token = usize::from(first) << 8 | usize::from(second);
            let (from, length) = (token >> 4, (token & 0xF) + 2);
            if from == at {
                break 'all;
            }
            for step in 0..length {
                let byte = window.get((from + step) % WINDOW).copied().unwrap_or_default();
                if !put(byte, &mut at, &mut window) {
                    break 'all;
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, Limits};

    fn unpacked(packed: &[u8]) -> Result<String, Fault> {
        let budget = Budget::new(&Limits::default(), Default::default());
        let mut push = |_: crate::extract::Part<'_>| Ok(());
        let out = Out::new(&budget, "", None, &mut push);
        unpack(packed, &out).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// The two examples of MS-OXRTFCP 4.1.
    const HELLO: &[u8] = b"\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125\x42\x32\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
    const WXYZ: &[u8] =
        b"\x1a\x00\x00\x00\x1c\x00\x00\x00LZFu\xe2\xd4\x4b\x51\x41\x00\x04\x20WXYZ\x0d\x6e}\x01\x0e\xb0";

    #[test]
    fn the_examples_of_the_specification_are_unpacked() {
        assert_eq!(unpacked(HELLO).unwrap(), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        assert_eq!(unpacked(WXYZ).unwrap(), "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    }

    #[test]
    fn a_cut_or_a_lie_about_the_size_loses_only_what_is_missing() {
        assert_eq!(unpacked(&HELLO[..40]).unwrap(), "{\\rtf1\\ansi\\ansicpg1252\\pard hello w");
        let mut lie = WXYZ.to_vec();
        lie[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(unpacked(&lie).unwrap(), "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        assert!(unpacked(&HELLO[..15]).is_err());
    }

    #[test]
    fn bytes_as_they_are() {
        assert_eq!(unpacked(b"\x20\0\0\0\xFF\0\0\0MELA\0\0\0\0{\\rtf1 a}").unwrap(), "{\\rtf1 a}");
        assert!(unpacked(b"\x20\0\0\0\xFF\0\0\0NONE\0\0\0\0{\\rtf1 a}").is_err());
    }
}
