//! Personal data that can only print itself masked.
//!
//! In: values as found. Out: masks, and keyed fingerprints. `Debug`, `Display` and `Serialize` of [`Personal`] print
//! the mask, so that forgetting to mask cannot become a leak; only [`Personal::reveal`] opens it, for `--show-values`.

use std::fmt;
use std::io::{self, Read, Write};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Stands for a character that is not shown.
pub const MASKED: char = '•';

/// Personal data. Holds the value and its mask; prints the mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal {
    value: Option<Box<str>>,
    mask: Box<str>,
}

impl Personal {
    /// A value with the mask that [`mask()`] gives it.
    pub fn new(value: &str) -> Self {
        Self { value: Some(value.into()), mask: mask(value).into() }
    }

    /// A text of which only some parts are personal; the caller has masked them.
    pub fn with_mask(value: &str, masked: String) -> Self {
        Self { value: Some(value.into()), mask: masked.into() }
    }

    /// What may be shown to anybody.
    pub fn masked(&self) -> &str {
        &self.mask
    }

    /// The value itself, for `--show-values` and for comparing. `None` if it came from a record that held only the mask.
    pub fn reveal(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.mask, f)
    }
}

impl fmt::Display for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask)
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.mask)
    }
}

impl<'de> Deserialize<'de> for Personal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { value: None, mask: String::deserialize(deserializer)?.into() })
    }
}

impl borsh::BorshSerialize for Personal {
    fn serialize<W: Write>(&self, output: &mut W) -> io::Result<()> {
        borsh::BorshSerialize::serialize(&self.mask, output)
    }
}

impl borsh::BorshDeserialize for Personal {
    fn deserialize_reader<R: Read>(input: &mut R) -> io::Result<Self> {
        Ok(Self { value: None, mask: borsh::BorshDeserialize::deserialize_reader(input)? })
    }
}

/// Masks a value: the form stays, the content goes. Of letters and digits none is shown but the first letter of an
/// e-mail address or a word, so that two findings in a report can be told apart by a person who knows the file.
pub fn mask(value: &str) -> String {
    let mut shown = !value.starts_with(|c: char| c.is_alphabetic());
    let mut masked = String::with_capacity(value.len() * MASKED.len_utf8());
    for c in value.chars() {
        let hidden = shown && c.is_alphanumeric();
        shown |= c.is_alphanumeric();
        masked.push(if hidden { MASKED } else { c });
    }
    masked
}

/// Masks whatever in a text could be a number or an address, without knowing what was found in it: the net under
/// everything we quote.
pub fn mask_text(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| c.is_whitespace()) {
        let address = word.contains('@');
        for c in word.chars() {
            masked.push(if c.is_numeric() || (address && c.is_alphanumeric()) { MASKED } else { c });
        }
    }
    masked
}

/// The key of fingerprints: 32 bytes from `--key-file` or `SPORHUND_KEY`.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// What is wrong with records of another key.
pub const OTHER_KEY: &str = "another key made these fingerprints: give that one";

impl Key {
    /// Reads 64 hexadecimal digits; white space around them is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text.trim()).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// A new one, from the system's random numbers.
    pub fn random() -> std::io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// The 64 digits, for a worker's environment and for whoever asked for a key.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// The fingerprint of a normalised value: 32 hexadecimal digits, equal for the same value of the same kind however
    /// it was written. Keyed, because there are few enough CPR numbers to try them all.
    pub fn fingerprint(&self, kind: &str, normal: &str) -> String {
        let mut hasher = self.hasher(kind);
        hasher.update(normal.as_bytes());
        Self::digits(&hasher)
    }

    /// What tells it from other keys, and nothing else.
    pub fn name(&self) -> String {
        self.fingerprint("key", "").chars().take(8).collect()
    }

    /// A run says that a key of this name made its fingerprints, and it is another one.
    pub fn is_other(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| name != self.name())
    }

    /// A fingerprint of this kind to be, of what comes in pieces.
    pub fn hasher(&self, kind: &str) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(kind.as_bytes()).update(&[0]);
        hasher
    }

    /// The 32 digits of a fingerprint.
    pub fn digits(hasher: &blake3::Hasher) -> String {
        hasher.finalize().to_hex().as_str().chars().take(32).collect()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_prints_masked() {
        let value = Personal::new("010190-1234");
        assert_eq!(format!("{value} {value:?}"), "••••••-•••• \"••••••-••••\"");
        assert_eq!(serde_json::to_string(&value).unwrap(), "\"••••••-••••\"");
        assert_eq!(mask("anna.hansen@example.dk"), "a•••.••••••@•••••••.••");
    }

    #[test]
    fn quoted_text_shows_no_digit_and_no_address() {
        assert_eq!(mask_text("ring 12 34 til anna@x.dk nu"), "ring •• •• til ••••@•.•• nu");
    }

    #[test]
    fn fingerprints_need_a_key() {
        let key = Key::parse(&"ab".repeat(32)).unwrap();
        assert_eq!(key.fingerprint("national_id", "1"), key.fingerprint("national_id", "1"));
        assert_ne!(key.fingerprint("national_id", "1"), key.fingerprint("phone", "1"));
        assert!(Key::parse("12").is_none());
    }
}
