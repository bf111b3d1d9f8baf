//! What stands right beside a number and makes it part of something else: a path, a dump of bytes, an area code.
//!
//! In: a text and where a number stands in it. Asked for candidates only.

use std::ops::Range;

/// Forms of companies.
pub const FIRMS: &[&str] = &[
    "Ltd", "Ltd.", "Inc.", "Inc", "A/S", "ApS", "AS", "ASA", "AB", "Oy", "Oyj", "ehf.", "GmbH", "I/S", "P/S", "LLC",
    "plc",
];

/// What words for numbers end in.
const NUMBERED: &[&str] =
    &["nr", "nro", "nummer", "numero", "number", "nummeret", "numret", "tunnus", "koodi", "kode", "kod", "code"];

/// A company stands before the bracket that it stands in: `Pebble Bay Tours Ltd (2328 4049)`.
pub fn behind_firm(text: &str, start: usize) -> bool {
    let before = text.get(..start).and_then(|t| t.strip_suffix('(')).and_then(|t| t.strip_suffix(' '));
    before.and_then(|t| t.rsplit(char::is_whitespace).next()).is_some_and(|word| FIRMS.contains(&word))
}

/// Bytes of an area's code, and of a word in brackets, at most.
const AREA: usize = 64;

/// Words that could be bytes of a dump.
const HEX_WORDS: &[&str] = &["ad", "af", "be", "da", "de", "ed"];

/// Short groups with digits stand beside it: a dump of bytes, a row of measures.
pub fn amid_groups(text: &str, at: &Range<usize>) -> bool {
    let short = |token: Option<&str>| {
        token.is_some_and(|token| {
            matches!(token.len(), 1 | 2)
                && token.bytes().all(|b| b.is_ascii_hexdigit())
                && (token.bytes().any(|b| b.is_ascii_digit()) || token.len() == 2 && !HEX_WORDS.contains(&token))
        })
    };
    let apart = |c: char| c.is_whitespace() || matches!(c, '\'' | '"');
    let before = text.get(..at.start).and_then(|t| t.strip_suffix(' ')).and_then(|t| t.rsplit(apart).next());
    let after = text.get(at.end..).and_then(|t| t.strip_prefix(' ')).and_then(|t| t.split(apart).next());
    short(before) || short(after)
}

/// A slash, or a hyphen with a letter before it, stands before it: it is part of a path or a name.
pub fn in_path(bytes: &[u8], start: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).and_then(|i| bytes.get(i));
    let slash = before(1) == Some(&b'/') && before(2) != Some(&b'/');
    slash || (before(1) == Some(&b'-') && before(2).is_some_and(|b| b.is_ascii_alphabetic() || *b == b')'))
}

/// It is the version of what stands before it (`Chrome/84.37.176.87`, `x==21.3.15.9`), or goes on in letters
/// (`11.80.120.114-generic`).
pub fn is_version(bytes: &[u8], at: &Range<usize>) -> bool {
    let before = |back: usize| at.start.checked_sub(back).and_then(|i| bytes.get(i)).copied();
    let product = before(1) == Some(b'/') && before(2).is_some_and(|b| b.is_ascii_alphabetic());
    let pinned =
        matches!((before(2), before(1)), (Some(b'=' | b'~' | b'>' | b'<'), Some(b'=')) | (Some(b'~'), Some(b'>')));
    let marked = before(1).is_some_and(|b| matches!(b, b'v' | b'V' | b'^' | b'~'));
    let suffix = matches!(bytes.get(at.end), Some(b'-' | b'_' | b'+'))
        && bytes.get(at.end + 1).is_some_and(u8::is_ascii_alphabetic);
    product || pinned || marked || suffix
}

/// A key in lower case, as configurations and logs have them, stands right before it: `started: 1604699246`.
pub fn behind_key(text: &str, start: usize) -> bool {
    let before = text.get(text.floor_char_boundary(start.saturating_sub(40))..start).unwrap_or_default();
    let before = before.trim_end_matches([' ', '"', '\'']);
    let Some(key) = before.strip_suffix([':', '=']) else { return false };
    let key = key.trim_end_matches(['"', '\'']);
    let name =
        key.rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).next().unwrap_or_default();
    name.len() > 1 && name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// What looks like an address is the name of a message: `Message-ID: <20250505.ABC123@mail.firma.dk>`, and those that it
/// answers, which may go on in further lines (RFC 5322 § 3.6.4).
pub fn is_message_id(text: &str, start: usize) -> bool {
    let before = text.get(text.floor_char_boundary(start.saturating_sub(MESSAGE_IDS))..start).unwrap_or_default();
    let Some((before, begin)) = before.rsplit_once('<') else { return false };
    if begin.contains(|c: char| c.is_whitespace() || c == '>') {
        return false;
    }
    let begins = |line: &str, name: &str| line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    let logged = "message-id=";
    if before.len().checked_sub(logged.len()).and_then(|at| before.get(at..)).is_some_and(|end| begins(end, logged)) {
        return true;
    }
    let head = before.rsplit('\n').find(|line| !line.is_empty() && !line.starts_with([' ', '\t']));
    let head = head.unwrap_or_default().trim_start_matches(['>', ' ']);
    ["message-id:", "in-reply-to:", "references:"].iter().any(|name| begins(head, name))
}

/// How far before one of many names of messages their header may begin, in bytes.
const MESSAGE_IDS: usize = 1 << 10;

/// A letter by itself that means a phone in signatures and on cards (`M 97 12 63 07 | D: 77880337`) stands right
/// before it, where a line or a part of it begins.
pub fn behind_letter(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    if before.trim_end_matches([' ', ':', '\u{FE0F}', '\u{A0}']).ends_with(['☎', '✆', '📞', '📱', '📲']) {
        return true;
    }
    let label = before.trim_end_matches([' ', ':', '.', '(']);
    let Some(rest) = label.strip_suffix(['T', 'M', 'D', 'P', 't', 'm', 'p']).filter(|_| label.len() < before.len())
    else {
        return false;
    };
    let bare = rest.trim_end_matches(' ');
    // `Anna Larsen T: 28903317 M: 40112233`
    let colon = || before.trim_end().ends_with(':') && label.ends_with(|c: char| c.is_uppercase());
    bare.is_empty()
        || rest.ends_with(' ') && colon()
        || rest.ends_with("  ")
        || bare.ends_with(['\n', '\t', '|', ',', '/', '·', '•'])
}

/// It ends the line of a payment slip: `+71 <5619782153429233 +68254539<`.
pub fn in_payment(text: &str, start: usize) -> bool {
    let before = text.get(text.floor_char_boundary(start.saturating_sub(32))..start).unwrap_or_default();
    let digits = before.trim_end_matches([' ', '+']).trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    digits.len() < before.len() && digits.ends_with('<')
}

/// What a word that no detector knows calls its number stands right before it: `Garantibevis nr. 411282-4554`.
pub fn behind_numbered(text: &str, start: usize) -> bool {
    let before = text.get(text.floor_char_boundary(start.saturating_sub(40))..start).unwrap_or_default();
    let label = before.trim_end_matches([' ', '.', ':', '#']);
    let letter = |c: char| !c.is_alphabetic();
    let word = label.rsplit(letter).next().filter(|word| word.len() > 1 && label.len() < before.len());
    let Some(word) = word else { return false };
    let folded = word.to_lowercase();
    let Some(end) = NUMBERED.iter().filter(|end| folded.ends_with(**end)).max_by_key(|end| end.len()) else {
        return false;
    };
    // `Barnet har nummer …` says nothing of what the number is.
    let noun = label.strip_suffix(word).unwrap_or_default().trim_end_matches([' ', '-', '.']).rsplit(letter).next();
    folded.len() > end.len() || noun.is_some_and(|noun| noun.len() >= 5)
}

/// Decimals stand behind it: `90 526 075,00 kroner`. What goes on behind two digits is a cell of its own:
/// `4571 4543 7057 7520,06/28,`.
pub fn is_amount(bytes: &[u8], end: usize) -> bool {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let joined = match bytes.get(end + 3) {
        Some(b',' | b'/') => true,
        Some(b'-' | b'.' | b':' | b' ') => digit(end + 4),
        _ => false,
    };
    matches!(bytes.get(end), Some(b',')) && digit(end + 1) && digit(end + 2) && !digit(end + 3) && !joined
}

/// Brackets stand right before it: `(415)492-9861`, `(show)3951 2700`. A country's code (`(+45)`) is no area's.
pub fn behind_area(text: &str, start: usize) -> bool {
    let Some(bare) = text.get(..start).and_then(|before| before.strip_suffix(')')) else { return false };
    let near = bare.get(bare.ceil_char_boundary(bare.len().saturating_sub(AREA))..).unwrap_or_default();
    let inside = near.rsplit('(').next().unwrap_or_default();
    matches!(inside.len(), 2..=5) && inside.bytes().all(|b| b.is_ascii_digit())
        || inside.ends_with(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_other_things() {
        let at = |text: &str, part: &str| {
            let start = text.find(part).unwrap();
            start..start + part.len()
        };
        let dump = "'F5 48 76 76 24 24 4B'";
        assert!(amid_groups(dump, &at(dump, "48 76 76 24")));
        assert!(!amid_groups("ring 48 76 76 24 nu", &(5..16)) && !amid_groups("48 76 76 24 25.10.2023", &(0..11)));
        for line in ["M 71985092", "x |  D: 71985092", "Anna, t. 71985092"] {
            assert!(behind_letter(line, line.len() - 8), "{line}");
        }
        assert!(!behind_letter("form 71985092", 5) && !behind_letter("5 m 71985092", 4));
        assert!(behind_numbered("Garantibevis nr. 4112824554", 17) && behind_numbered("Avtalenummer: 4112824554", 14));
        assert!(is_amount(b"90 526 075,00 kr", 10) && !is_amount(b"90 52 60 75, 12", 11) && !is_amount(b"1,234", 1));
        assert!(!behind_numbered("hun har nummer 4112824554", 15));
        assert!(!behind_numbered("Anna 4112824554", 5) && !behind_numbered("nr4112824554", 2));
        let slip = "+71 <561978215342923 +68254539<";
        assert!(in_payment(slip, 21) && !in_payment("<b>Anna</b> +45 32123456", 12));
        assert!(in_path(b"fuzzer-5521982557782016", 7) && in_path(b"detail/5521", 7) && !in_path(b"nr. 5521", 4));
        assert!(!in_path(b"http://84.37.176.87", 7));
        for version in ["Chrome/84.37.176.87", "x==84.37.176.87", "84.37.176.87-generic", "v84.37.176.87"] {
            assert!(is_version(version.as_bytes(), &at(version, "84.37.176.87")), "{version}");
        }
        assert!(!is_version(b"http://84.37.176.87/", &(7..19)) && !is_version(b"a 84.37.176.87 - -", &(2..14)));
        assert!(
            behind_key("started: 1604699246", 9) && behind_key("{\"ts\":1604699246", 6) && behind_key("backup=1", 7)
        );
        assert!(!behind_key("Anna Holm: 0101011234", 11) && !behind_key("nr 0101011234", 3));
        assert!(
            behind_area("(415)492-9861", 5) && !behind_area("(+45)3212 3456", 5) && behind_area("(show)3951 2700", 6)
        );
    }
}
