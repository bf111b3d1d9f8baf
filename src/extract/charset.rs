//! Bytes → text: a byte order mark, then what the item declares, then UTF-8 if it is that, then a guess.
//!
//! Nothing is lost but the damaged characters, which become U+FFFD. Sources: WHATWG Encoding Standard (labels),
//! IBM code page 850 for DOS files (865 and 437 agree with it on the Nordic letters, but for ø and Ø in 437).

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes, from the first that is not ASCII, a guess looks at.
const SAMPLE: usize = 64 << 10;

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Charset {
    /// One of the WHATWG encodings.
    Known(&'static Encoding),
    /// DOS: code page 850.
    Dos,
    /// UTF-32, its most significant byte first or last.
    Utf32 {
        /// First.
        big: bool,
    },
}

/// What encoding a file is in, told by its first bytes (or all of them), and how many bytes of mark to pass over.
pub fn guess(head: &[u8]) -> (Charset, usize) {
    if let Some(found) = utf32(head) {
        return found;
    }
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return (Charset::Known(encoding), mark);
    }
    if let Some(encoding) = utf16(head) {
        return (Charset::Known(encoding), 0);
    }
    if utf8(head) {
        return (Charset::Known(UTF_8), 0);
    }
    let first = head.iter().position(|b| *b >= 0x80).unwrap_or_default().saturating_sub(64);
    let sample = head.get(first..).unwrap_or_default();
    (eight_bit(sample.get(..SAMPLE).unwrap_or(sample)), 0)
}

/// It is UTF-16 or UTF-32.
pub fn is_wide(head: &[u8]) -> bool {
    if utf32(head).is_some() {
        return true;
    }
    let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
    marked.or_else(|| utf16(head)).is_some_and(|encoding| encoding != UTF_8)
}

/// One byte a character, or an East Asian encoding. Nordic offices wrote Windows and ISO Latin, before that DOS or
/// Mac; a text with few odd bytes is not Cyrillic or Chinese.
fn eight_bit(sample: &[u8]) -> Charset {
    let windows = nordic(sample, Charset::Known(WINDOWS_1252));
    for older in [Charset::Dos, Charset::Known(MACINTOSH)] {
        let score = nordic(sample, older);
        if score > 0 && score > windows {
            return older;
        }
    }
    let guessed = likely(sample);
    let few = sample.iter().filter(|b| **b >= 0x80).count() * 5 < sample.len();
    let latin = ["windows-1252", "windows-1257", "ISO-8859-4", "ISO-8859-10", "ISO-8859-15"].contains(&guessed.name());
    Charset::Known(if windows > 0 && few && !latin { WINDOWS_1252 } else { guessed })
}

/// The likeliest encoding of a text in any language that is neither Unicode nor ASCII.
pub fn likely(sample: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// How well these bytes, read so, look like a Nordic text: letters where letters belong count for it, signs inside a
/// word and capitals behind small letters against it.
fn nordic(sample: &[u8], charset: Charset) -> i64 {
    let text = charset.decode(sample);
    let mut score = 0;
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        if !c.is_ascii() {
            let inside = before.is_alphabetic() && after.is_alphabetic();
            score += match c {
                'æ' | 'ø' | 'å' | 'ä' | 'ö' | 'é' | 'ü' | 'ð' | 'þ' | 'á' | 'í' | 'ó' | 'ú' | 'ý' => {
                    if before.is_uppercase() && after.is_uppercase() {
                        -2
                    } else {
                        2
                    }
                }
                'Æ' | 'Ø' | 'Å' | 'Ä' | 'Ö' | 'É' | 'Ü' | 'Ð' | 'Þ' | 'Á' | 'Í' | 'Ó' | 'Ú' | 'Ý' => {
                    if before.is_lowercase() {
                        -2
                    } else {
                        i64::from(after.is_alphabetic()) + 1
                    }
                }
                '\u{2019}' | '\u{B4}' | '\u{2013}' | '\u{AD}' => 0,
                _ if inside => -2,
                _ => 0,
            };
        }
        before = c;
    }
    score
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
        // Declared UTF-8 that is not: the guess knows better.
        Some(declared) if stateful(declared) || (!sure && declared != Charset::Known(UTF_8)) => declared,
        _ => guessed,
    };
    charset.decode(rest)
}

/// Looks like ASCII to a guesser, but isn't (ISO-2022-JP and the like): a declaration decides.
fn stateful(charset: Charset) -> bool {
    matches!(charset, Charset::Known(e) if !e.is_ascii_compatible() && e != UTF_16LE && e != UTF_16BE)
}

impl Charset {
    /// Its characters have two bytes or four each.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Utf32 { .. })
            || [UTF_16LE, UTF_16BE].into_iter().any(|encoding| self == Self::Known(encoding))
    }

    /// Decodes bytes that begin and end with a character.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Known(encoding) => match encoding.decode_without_bom_handling(bytes).0 {
                text if marked(&text) => {
                    let mut text = text.into_owned();
                    compose(&mut text, 0);
                    Cow::Owned(text)
                }
                text => text,
            },
            Self::Dos => Cow::Owned(bytes.iter().map(|b| dos_char(*b)).collect()),
            Self::Utf32 { big } => Cow::Owned(bytes.chunks(4).map(|four| utf32_char(four, big)).collect()),
        }
    }

    /// A decoder for bytes that come in blocks.
    pub fn decoder(self) -> Decoder {
        match self {
            Self::Known(encoding) => Decoder::Known(Box::new(encoding.new_decoder_without_bom_handling())),
            Self::Dos => Decoder::Dos,
            Self::Utf32 { big } => Decoder::Utf32 { big, cut: Vec::new() },
        }
    }
}

/// Decodes block by block.
pub enum Decoder {
    /// By `encoding_rs`.
    Known(Box<encoding_rs::Decoder>),
    /// By the DOS table.
    Dos,
    /// Four bytes a character; what is left of a block.
    Utf32 {
        /// The most significant first.
        big: bool,
        /// The beginning of a character.
        cut: Vec<u8>,
    },
}

impl Decoder {
    /// Decodes a block onto the end of `text`; `last` says that nothing follows.
    pub fn decode(&mut self, bytes: &[u8], last: bool, text: &mut String) {
        match self {
            Self::Known(decoder) => {
                let (start, mut bytes) = (text.len(), bytes);
                loop {
                    text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
                    let (result, read, _) = decoder.decode_to_string(bytes, text, last);
                    bytes = bytes.get(read..).unwrap_or_default();
                    if result == encoding_rs::CoderResult::InputEmpty {
                        break;
                    }
                }
                if text.get(start..).is_some_and(marked) {
                    compose(text, start);
                }
            }
            Self::Dos => text.extend(bytes.iter().map(|b| dos_char(*b))),
            Self::Utf32 { big, cut } => {
                cut.extend_from_slice(bytes);
                let whole = if last { cut.len() } else { cut.len() / 4 * 4 };
                text.extend(cut.drain(..whole).as_slice().chunks(4).map(|four| utf32_char(four, *big)));
            }
        }
    }
}

/// There may be a letter whose mark is a character of its own.
pub fn marked(text: &str) -> bool {
    memchr::memchr2(0xCC, 0xCD, text.as_bytes())
        .is_some_and(|at| text.get(at..).is_some_and(|rest| rest.contains(is_mark)))
}

/// Letters and marks set apart made one, from `start` on: what Apple's programs write as `a` and a ring is `å`.
fn compose(text: &mut String, start: usize) {
    let apart = text.split_off(start);
    for c in apart.chars() {
        let base = text.chars().next_back().filter(|base| is_mark(c) && text.len() > start && base.is_alphabetic());
        let one = base.and_then(|base| unicode_normalization::char::compose(base, c));
        if one.is_some() {
            text.pop();
        }
        text.push(one.unwrap_or(c));
    }
}

/// A mark over or under the letter before it.
pub fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

/// A character of UTF-32.
fn utf32_char(four: &[u8], big: bool) -> char {
    let code = four.try_into().map(if big { u32::from_be_bytes } else { u32::from_le_bytes });
    code.ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// UTF-32, by its mark (that of UTF-16 and two zeros) or because three of four bytes are zero.
fn utf32(head: &[u8]) -> Option<(Charset, usize)> {
    let fours = head.chunks_exact(4);
    let (n, big) = (fours.len(), head.first() == Some(&0));
    match head {
        [0xFF, 0xFE, 0, 0, ..] if n > 1 => return Some((Charset::Utf32 { big: false }, 4)),
        [0, 0, 0xFE, 0xFF, ..] => return Some((Charset::Utf32 { big: true }, 4)),
        [0, 0, 0, one, ..] | [one, 0, 0, 0, ..] if *one > 0 && n > 4 => {}
        _ => return None,
    }
    let text = |four: &[u8]| matches!(utf32_char(four, big), '\t' | '\n' | '\r' | ' '..='\u{24F}');
    let texts = fours.filter(|four| text(four)).count();
    (texts * 100 >= n * 98).then_some((Charset::Utf32 { big }, 0))
}

/// UTF-16 without a mark: every other byte is mostly zero.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.chunks_exact(2);
    let n = pairs.len();
    if n < 4 || memchr::memchr(0, head).is_none() {
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

/// UTF-8, give or take a character cut at the end and a few damaged ones: in other encodings its sequences hardly
/// ever come about by chance.
fn utf8(head: &[u8]) -> bool {
    if str::from_utf8(head).is_ok() {
        return true;
    }
    let (mut good, mut bad) = (0usize, 0usize);
    let mut chunks = head.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        match chunk.invalid() {
            [] => {}
            // The last character is cut: so begin the common ones, and no Nordic letter of another encoding.
            [0xC2 | 0xC3 | 0xE2, ..] if chunks.peek().is_none() => {}
            [_, _, ..] if chunks.peek().is_none() => {}
            _ => bad += 1,
        }
    }
    bad * 4 <= good
}

/// A character of code page 850.
fn dos_char(byte: u8) -> char {
    #[rustfmt::skip]
    const HIGH: [char; 128] = [
        'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
        'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', 'ø', '£', 'Ø', '×', 'ƒ',
        'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '®', '¬', '½', '¼', '¡', '«', '»',
        '░', '▒', '▓', '│', '┤', 'Á', 'Â', 'À', '©', '╣', '║', '╗', '╝', '¢', '¥', '┐',
        '└', '┴', '┬', '├', '─', '┼', 'ã', 'Ã', '╚', '╔', '╩', '╦', '╠', '═', '╬', '¤',
        'ð', 'Ð', 'Ê', 'Ë', 'È', 'ı', 'Í', 'Î', 'Ï', '┘', '┌', '█', '▄', '¦', 'Ì', '▀',
        'Ó', 'ß', 'Ô', 'Ò', 'õ', 'Õ', 'µ', 'þ', 'Þ', 'Ú', 'Û', 'Ù', 'ý', 'Ý', '¯', '´',
        '\u{AD}', '±', '‗', '¾', '¶', '§', '÷', '¸', '°', '¨', '·', '¹', '³', '²', '■', '\u{A0}',
    ];
    HIGH.get(usize::from(byte).wrapping_sub(0x80)).copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &[&str] = &[
        "Sygemeldt på grund af rygsmerter; møde torsdag. Smörgåsbord på Ærø, Østergade 12. Hyvää päivää, tänään.",
        "Søren",
        "på",
        "gå",
        "Ærø",
        "ØSTERGÅRD",
        "Jørgensen;010190-1234;Åboulevarden 7",
        "Personnummer för Åsa Öberg är 900101-2384",
        "Hän on syntynyt Jyväskylässä",
        "Fødselsnummer: 01019012345\r\nLønnstrinn: 41\r\n",
        "Ægir Þórðarson, Ísafjörður, kennitala 120174-3399",
    ];

    fn dos(text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| (0..=255u8).find(|b| dos_char(*b) == c)).collect()
    }

    /// WHATWG encoders write what they cannot as `&#…;`: such a text is not in that encoding.
    fn encoded(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
        let (bytes, _, failed) = encoding.encode(text);
        (!failed).then(|| bytes.into_owned())
    }

    #[test]
    fn four_bytes_a_character() {
        let text = "Kære Åse, 010190-1234 €\n";
        for big in [false, true] {
            let code = |c: char| if big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() };
            let marked: Vec<u8> = std::iter::once('\u{FEFF}').chain(text.chars()).flat_map(code).collect();
            assert_eq!(decode(&marked, None), text);
            assert!(is_wide(&marked) && is_wide(&marked[4..80]));
            let mut decoder = guess(&marked).0.decoder();
            let mut read = String::new();
            marked[4..].chunks(7).for_each(|block| decoder.decode(block, false, &mut read));
            decoder.decode(&[], true, &mut read);
            assert_eq!(read, text);
        }
        assert!(utf32(&[1, 0, 0, 0].repeat(8)).is_none() && utf32(b"\xFF\xFE\0\0").is_none());
    }

    #[test]
    fn nordic_text_is_read_in_every_encoding_of_the_office() {
        for text in TEXTS {
            assert_eq!(decode(text.as_bytes(), None), *text, "UTF-8");
            for encoding in [WINDOWS_1252, encoding_rs::ISO_8859_15] {
                assert_eq!(decode(&encoded(text, encoding).unwrap(), None), *text, "{}", encoding.name());
            }
            assert_eq!(decode(&dos(text).unwrap(), None), *text, "DOS");
            let letters = |c: char| "æøåäöÆØÅÄÖ".contains(c) || c.is_ascii();
            if text.chars().all(letters) {
                // encoding_rs has the Mac's letters and the labels, but the texts must tell by themselves.
                assert_eq!(decode(&encoded(text, MACINTOSH).unwrap(), None), *text, "Mac");
            }
        }
    }

    #[test]
    fn utf16_is_read_with_and_without_a_mark() {
        for text in TEXTS.iter().filter(|t| t.chars().count() > 4) {
            for mark in ["", "\u{FEFF}"] {
                let text = format!("{mark}{text}");
                let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
                assert_eq!(decode(&little, None), text.trim_start_matches('\u{FEFF}'));
                assert_eq!(decode(&big, None), text.trim_start_matches('\u{FEFF}'));
            }
        }
    }

    #[test]
    fn marks_of_their_own_join_their_letters() {
        let (apart, one) = ("A\u{30A}sa O\u{308}stro\u{308}m <\u{338} \u{301}e", "Åsa Öström <\u{338} \u{301}e");
        assert_eq!(decode(apart.as_bytes(), None), one);
        let mut read = "e".to_owned();
        Charset::Known(UTF_8).decoder().decode(apart.as_bytes(), true, &mut read);
        assert_eq!(read, format!("e{one}"));
    }

    #[test]
    fn a_wrong_declaration_is_noticed() {
        assert_eq!(decode("Ærø".as_bytes(), Some("iso-8859-1")), "Ærø");
        assert_eq!(decode(b"\xC6r\xF8", Some("utf-8")), "Ærø");
        assert_eq!(decode(b"\xC6r\xF8", Some("iso-8859-1")), "Ærø");
        assert_eq!(decode(b"\x91bler", Some("cp865")), "æbler");
    }

    #[test]
    fn one_damaged_character_loses_no_other() {
        assert_eq!(decode(b"S\xC3\xB8ren p\xC3\xA5 \xC3\x86r\xC3\xB8 \xFF slut", None), "Søren på Ærø \u{FFFD} slut");
    }

    #[test]
    fn a_head_may_end_inside_a_character() {
        let text = "Alle ord er ASCII til sidst, hvor der staar gr\u{E5}";
        assert_eq!(guess(&text.as_bytes()[..text.len() - 1]).0, Charset::Known(UTF_8));
        let euro = "Beløb: 100 €".as_bytes();
        assert_eq!(guess(&euro[..euro.len() - 1]).0, Charset::Known(UTF_8));
    }

    #[test]
    fn other_scripts_are_left_to_the_guesser() {
        let text = "Привет, это обычный русский текст о погоде и о людях в городе.";
        assert_eq!(decode(&encoded(text, encoding_rs::WINDOWS_1251).unwrap(), None), text);
    }
}
