//! Text out of bytes whose structure is lost or unknown: what `strings` does, for UTF-16 and for single bytes.
//!
//! In: a damaged document, or a block of one. Out: runs of characters that people write, one to a line. Deliberately
//! elsewhere: whether it was worth it; whoever sweeps a damaged item says so.

use crate::extract::charset::Charset;

/// Shorter runs come about by chance. Eight digits in a row hardly do.
const WIDE: usize = 4;
const NARROW: usize = 6;

/// All runs in the bytes; single bytes are of this code page.
pub fn runs(bytes: &[u8], page: Charset) -> String {
    let mut text = String::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let wide = rest.as_chunks::<2>().0.iter().take_while(|pair| written(u16::from_le_bytes(**pair))).count();
        if wide >= WIDE {
            let run = rest.get(..wide * 2).unwrap_or_default();
            push(&encoding_rs::UTF_16LE.decode_without_bom_handling(run).0, &mut text);
            at += wide * 2;
            continue;
        }
        let narrow = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x7E | 0x80..=0xFF | b'\t' | b'\r' | b'\n'));
        let mut narrow = narrow.count();
        // Its last byte may be the first of UTF-16.
        let next = rest.get(narrow + 1).is_some_and(|byte| *byte != 0);
        if rest.get(narrow) == Some(&0) && next && rest.get(narrow + 2) == Some(&0) {
            narrow = narrow.saturating_sub(1);
        }
        let run = rest.get(..narrow).unwrap_or_default();
        // Noise is mostly high bytes.
        if narrow >= NARROW && run.iter().filter(|byte| byte.is_ascii()).count() * 4 >= narrow * 3 {
            push(&page.decode(run), &mut text);
        }
        at += if narrow < NARROW { 1 } else { narrow };
    }
    text
}

/// Only the runs of UTF-16.
pub fn wide(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let units = rest.as_chunks::<2>().0.iter().take_while(|pair| written(u16::from_le_bytes(**pair))).count();
        if units >= WIDE {
            push(
                &encoding_rs::UTF_16LE.decode_without_bom_handling(rest.get(..units * 2).unwrap_or_default()).0,
                &mut text,
            );
        }
        at += if units >= WIDE { units * 2 } else { 1 };
    }
    text
}

fn push(run: &str, text: &mut String) {
    for line in run.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
        text.push_str(line);
        text.push('\n');
    }
}

/// Latin letters, digits, signs: what Nordic texts are made of.
fn written(unit: u16) -> bool {
    matches!(unit, 0x20..=0x7E | 0xA0..=0x17F | 0x2010..=0x2026 | 0x20AC | 0x09 | 0x0A | 0x0D)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::charset;

    #[test]
    fn runs_of_both_widths_are_found() {
        let wide_text: Vec<u8> = "Søren 1\r2".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bytes = [b"\x01\x02J\xF8rgen 010190\0\0\0\xFF\xFE\x90".as_slice(), &wide_text, b"\0\0\x05abc\0"].concat();
        let page = charset::named("windows-1252").unwrap();
        assert_eq!(runs(&bytes, page), "Jørgen 010190\nSøren 1\n2\n");
        assert_eq!(wide(&bytes), "Søren 1\n2\n");
    }
}
