//! Bytes → text: a byte order mark, then what the item declares, then UTF-8 if it is that, then a guess.
//!
//! Nothing is lost but the damaged characters, which become U+FFFD. Sources: WHATWG Encoding Standard (labels),
//! code pages 437, 850 and 865 of IBM for DOS files.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Charset {
    /// One of the WHATWG encodings.
    Known(&'static Encoding),
    /// A DOS code page: the Nordic letters of 437, 850 and 865, which agree on them but for ø and Ø.
    Dos,
}

/// What encoding a file is in, told by its first bytes (or all of them), and how many bytes of mark to pass over.
pub fn guess(head: &[u8]) -> (Charset, usize) {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return (Charset::Known(encoding), mark);
    }
    if let Some(encoding) = utf16(head) {
        return (Charset::Known(encoding), 0);
    }
    if utf8(head) {
        return (Charset::Known(UTF_8), 0);
    }
    if dos(head) {
        return (Charset::Dos, 0);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    // Nordic offices wrote Windows and ISO Latin; a short text with one odd byte is not Cyrillic or Chinese.
    let latin = [
        "windows-1252",
        "ISO-8859-2",
        "windows-1250",
        "windows-1257",
        "ISO-8859-4",
        "ISO-8859-10",
        "ISO-8859-15",
        "macintosh",
    ];
    let few = head.iter().filter(|b| **b >= 0x80).count() * 5 < head.len();
    let encoding = if few && !latin.contains(&guessed.name()) { WINDOWS_1252 } else { guessed };
    (Charset::Known(encoding), 0)
}

/// The encoding with this declared name, if it is one.
pub fn named(label: &str) -> Option<Charset> {
    let label = label.trim().trim_matches(['"', '\'']);
    if ["cp850", "cp865", "cp437", "ibm850", "ibm865", "ibm437", "850", "865", "437"]
        .iter()
        .any(|dos| label.eq_ignore_ascii_case(dos))
    {
        return Some(Charset::Dos);
    }
    Encoding::for_label(label.as_bytes()).map(Charset::Known)
}

/// Decodes a whole text. A declared encoding counts if the bytes do not speak against it: a mark, UTF-16, and valid
/// UTF-8 with letters outside ASCII outrank it.
pub fn decode<'a>(bytes: &'a [u8], declared: Option<&str>) -> Cow<'a, str> {
    let (guessed, mark) = guess(bytes);
    let rest = bytes.get(mark..).unwrap_or_default();
    let sure = mark > 0
        || (guessed == Charset::Known(UTF_8))
        || matches!(guessed, Charset::Known(e) if e == UTF_16LE || e == UTF_16BE);
    let charset = match declared.and_then(named) {
        // Declared UTF-8 that is none is what somebody's template says.
        Some(declared) if (!sure && declared != Charset::Known(UTF_8)) || stateful(declared) => declared,
        _ => guessed,
    };
    charset.decode(rest)
}

/// Looks like ASCII to a guesser, but isn't (ISO-2022-JP and the like): a declaration decides.
fn stateful(charset: Charset) -> bool {
    matches!(charset, Charset::Known(e) if !e.is_ascii_compatible() && e != UTF_16LE && e != UTF_16BE)
}

impl Charset {
    /// Decodes bytes that begin and end with a character.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Known(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Self::Dos => Cow::Owned(bytes.iter().map(|b| dos_char(*b)).collect()),
        }
    }

    /// A decoder for bytes that come in blocks.
    pub fn decoder(self) -> Decoder {
        match self {
            Self::Known(encoding) => Decoder::Known(Box::new(encoding.new_decoder_without_bom_handling())),
            Self::Dos => Decoder::Dos,
        }
    }
}

/// Decodes block by block.
pub enum Decoder {
    /// By `encoding_rs`.
    Known(Box<encoding_rs::Decoder>),
    /// By the DOS table.
    Dos,
}

impl Decoder {
    /// Decodes a block onto the end of `text`; `last` says that nothing follows.
    pub fn decode(&mut self, bytes: &[u8], last: bool, text: &mut String) {
        match self {
            Self::Known(decoder) => {
                let mut bytes = bytes;
                loop {
                    text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
                    let (result, read, _) = decoder.decode_to_string(bytes, text, last);
                    bytes = bytes.get(read..).unwrap_or_default();
                    if result == encoding_rs::CoderResult::InputEmpty {
                        return;
                    }
                }
            }
            Self::Dos => text.extend(bytes.iter().map(|b| dos_char(*b))),
        }
    }
}

/// UTF-16 without a mark: every other byte is mostly zero.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.chunks_exact(2);
    let n = pairs.len();
    if n < 4 {
        return None;
    }
    let (mut high, mut low) = (0, 0);
    for pair in pairs {
        high += usize::from(pair.first() == Some(&0));
        low += usize::from(pair.last() == Some(&0));
    }
    if low * 10 > n * 7 && high * 10 < n {
        Some(UTF_16LE)
    } else if high * 10 > n * 7 && low * 10 < n {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Valid UTF-8, give or take a character cut at the end of the head, and a few damaged ones in a long text.
fn utf8(head: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    let mut chunks = head.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        let cut = chunks.peek().is_none() && chunk.invalid().len() < 4;
        bad += usize::from(!chunk.invalid().is_empty() && !cut);
        if cut && chunk.invalid().first().is_some_and(|b| *b < 0xC2 || good == 0 && head.len() < super::HEAD) {
            bad += 1;
        }
    }
    bad == 0 || bad * 20 < good
}

/// DOS: the bytes of æ å ø ä ö (0x91 0x86 0x9B 0x84 0x94) and their capitals, where Windows-1252 has quotes and daggers
/// that hardly ever stand between letters.
fn dos(head: &[u8]) -> bool {
    let (mut inside, mut windows) = (0, 0);
    for three in head.windows(3) {
        let [before, b, after] = three else { continue };
        if *b < 0x80 {
            continue;
        }
        let letters = usize::from(before.is_ascii_alphabetic()) + usize::from(after.is_ascii_lowercase());
        match b {
            0x91 | 0x86 | 0x9B | 0x84 | 0x94 | 0x92 | 0x8F | 0x9D | 0x8E | 0x99 if letters == 2 && *b != 0x92 => {
                inside += 1
            }
            0xC0..=0xFF if letters > 0 => windows += 1,
            _ => {}
        }
    }
    inside > 0 && inside > windows * 2
}

/// Code page 865 for ø and Ø, 850 for the other letters; 865 has ø at 0x9B and Ø at 0x9D, and so has 850.
fn dos_char(byte: u8) -> char {
    const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}";
    if byte < 0x80 { char::from(byte) } else { HIGH.chars().nth(usize::from(byte) - 0x80).unwrap_or('\u{FFFD}') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nordic_text_is_read_in_every_encoding_of_the_office() {
        let text =
            "Sygemeldt på grund af rygsmerter; møde torsdag. Smörgåsbord på Ærø, Østergade 12. Hyvää päivää, tänään.";
        let (latin, _, _) = WINDOWS_1252.encode(text);
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let dos: Vec<u8> = text.chars().map(|c| (0..=255u8).find(|b| dos_char(*b) == c).unwrap()).collect();
        assert_eq!(decode(text.as_bytes(), None), text);
        assert_eq!(decode(&latin, None), text);
        assert_eq!(decode(&utf16, None), text);
        assert_eq!(decode(&dos, None), text);
    }

    #[test]
    fn a_wrong_declaration_is_noticed() {
        assert_eq!(decode("Ærø".as_bytes(), Some("iso-8859-1")), "Ærø");
        assert_eq!(decode(b"\xC6r\xF8", Some("utf-8")), "Ærø");
        assert_eq!(decode(b"\xC6r\xF8", Some("iso-8859-1")), "Ærø");
    }

    #[test]
    fn one_damaged_character_loses_no_other() {
        let mut bytes =
            "Søren Kierkegaard, født i København på Nytorv, gik på Østre Borgerdyd; åh æbler, æg, øl, år og gråd"
                .repeat(3)
                .into_bytes();
        bytes.push(0xFF);
        bytes.extend_from_slice(" og så videre".as_bytes());
        assert!(decode(&bytes, None).ends_with("\u{FFFD} og så videre"));
    }
}
