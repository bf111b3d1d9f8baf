//! A term of the dictionary against the text that it may stand in.
//!
//! In: a term, and where its first word stands. Out: where it ends. Which terms may stand there, `words` tells.

use compact_str::CompactString;

use crate::detect::cluster::is_invisible;
use crate::detect::words::Meaning;
use crate::eight::{self, CASE};

/// A term.
#[derive(Debug)]
pub struct Term {
    /// Case folded, but for `exact` ones.
    pub text: CompactString,
    /// Bytes before its first word.
    pub lead: usize,
    /// It is the beginning of words.
    pub prefix: bool,
    /// Its case counts.
    pub exact: bool,
    /// One word of letters whose case is one bit of one byte: it is compared as bytes.
    pub plain: bool,
    /// What it means.
    pub meaning: Meaning,
}

impl Term {
    /// A plain term against the bytes of a word. The bit of the case is the same in ASCII and in the second byte of
    /// Latin-1 letters.
    pub fn is(&self, there: &[u8]) -> bool {
        let wanted = self.text.as_bytes();
        let case = if self.exact { 0 } else { CASE };
        // Bytes may differ by the bit of the case where the term's has it: C3, which a letter begins with, has not.
        let same = |(a, b): (u64, u64)| (a ^ b) & !(b & case) == 0;
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        if there.len() != wanted.len() {
            return false;
        }
        let (Some(last), Some(last_wanted)) = (there.last_chunk(), wanted.last_chunk()) else {
            return same((eight::load(there), eight::load(wanted)));
        };
        let (whole, _) = there.as_chunks();
        let (whole_wanted, _) = wanted.as_chunks();
        whole.iter().map(number).zip(whole_wanted.iter().map(number)).all(same)
            && same((number(last), number(last_wanted)))
    }

    /// What [`ends`](Self::ends) says, where bytes tell; `Err` where characters must be looked at.
    fn ends_simply(&self, bytes: &[u8], begin: usize) -> Result<Option<usize>, ()> {
        let mut at = begin;
        for wanted in self.text.bytes() {
            let Some(there) = bytes.get(at) else { return Ok(None) };
            if *there != wanted {
                if !there.is_ascii() || wanted == b' ' && !there.is_ascii_graphic() {
                    return Err(());
                }
                if self.exact || !there.is_ascii_uppercase() || there.to_ascii_lowercase() != wanted {
                    return Ok(None);
                }
            } else if wanted == b' ' && !bytes.get(at + 1).is_some_and(|next| matches!(next, b'!'..=b'~' | 0xC3)) {
                return Err(());
            }
            at += 1;
        }
        while self.prefix && bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
        }
        match bytes.get(at) {
            Some(behind) if !behind.is_ascii() => Err(()),
            Some(behind) if !self.prefix && behind.is_ascii_alphanumeric() => Ok(None),
            _ => Ok(Some(at)),
        }
    }

    /// Where the term ends in `text`, if it stands there with its first word at `at`.
    pub fn ends(&self, text: &str, at: usize) -> Option<usize> {
        let begin = at.checked_sub(self.lead)?;
        if self.lead > 0 && text.get(..begin)?.chars().next_back().is_some_and(char::is_alphanumeric) {
            return None;
        }
        if let Ok(end) = self.ends_simply(text.as_bytes(), begin) {
            return end;
        }
        let rest = text.get(begin..)?;
        let mut there = rest.char_indices().filter(|(_, c)| !is_invisible(*c)).peekable();
        for wanted in self.text.chars() {
            let (_, c) = there.next()?;
            if wanted == ' ' {
                // Any white space, one line end among it.
                if !c.is_whitespace() {
                    return None;
                }
                while there.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            } else if c == '’' && wanted == '\'' {
                // As word processors write it.
            } else if c != wanted && (self.exact || !c.to_lowercase().eq([wanted])) {
                return None;
            }
        }
        if self.prefix {
            while there.next_if(|(_, c)| c.is_alphabetic()).is_some() {}
        } else if there.peek().is_some_and(|(_, c)| c.is_alphanumeric()) {
            return None;
        }
        Some(begin + there.peek().map_or(rest.len(), |(i, _)| *i))
    }
}

/// Where the first word of a term stands.
pub fn first_word(text: &str) -> Option<(usize, usize)> {
    if text.is_ascii() {
        let lead = text.bytes().position(|byte| byte.is_ascii_alphabetic())?;
        let letters = text.bytes().skip(lead).take_while(u8::is_ascii_alphabetic).count();
        return Some((lead, lead + letters));
    }
    let lead = text.find(char::is_alphabetic)?;
    let letters = text.get(lead..)?.chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum::<usize>();
    Some((lead, lead + letters))
}

/// Certainly in lower case: letters of ASCII, and of Latin-1, whose second byte in UTF-8 tells.
pub fn is_lower(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0..=b'@' | b'['..=0x7F | 0xC3 | 0x9F..=0xBF))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    #[test]
    fn bytes_are_compared_as_one_by_one() {
        let mut random = random(3);
        let mut same = 0;
        for _ in 0..200_000 {
            let letters = ["a", "z", "é", "ø", "A", "-", " "];
            let text: String = (0..1 + random(12)).map(|_| letters[random(letters.len())]).collect();
            let exact = random(2) == 0;
            let mut there = text.clone().into_bytes();
            for _ in 0..random(3) {
                let at = random(there.len());
                there[at] ^= [0x20, 0x20, 0x20, 0x01][random(4)];
            }
            let plainly = |(a, b): (&u8, &u8)| a == b || (!exact && *b != 0xC3 && a | 0x20 == *b);
            let plainly = there.iter().zip(text.as_bytes()).all(plainly);
            let term =
                Term { text: text.into(), lead: 0, prefix: false, exact, plain: true, meaning: Meaning::Neutral };
            assert_eq!(term.is(&there), plainly, "{there:?} {term:?}");
            assert!(!term.is(&there[1..]));
            same += usize::from(plainly && there != term.text.as_bytes());
        }
        assert!(same > 1_000, "{same}");
    }
}
