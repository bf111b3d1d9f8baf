//! Data inside the markup of a page: strings in its scripts, texts and files that stand in an address (`data:`, RFC 2397).

use mail_parser::decoders::base64::base64_decode;

use crate::extract::charset;

/// The shortest string of a script that says something.
const STRING: usize = 6;

/// What is quoted in a script, and where: data that a page was made with. A quote in a comment or an expression takes
/// what follows for a string, up to the end of its line.
pub fn strings(script: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = script.get(at..)?;
            let begin = rest.find(['"', '\'', '`'])?;
            let quote = rest.as_bytes().get(begin).copied()?;
            let string = rest.get(begin + 1..)?;
            let mut escaped = false;
            let end = string.bytes().position(|byte| {
                let ends = !escaped && (byte == quote || (byte == b'\n' && quote != b'`'));
                escaped = byte == b'\\' && !escaped;
                ends
            });
            let from = at + begin + 1;
            let end = end.unwrap_or(string.len());
            at = from + end + 1;
            let string = string.get(..end)?;
            if end >= STRING && string.contains(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '@')) {
                return Some((from, string));
            }
        }
    })
}

/// The text in an address that holds one.
pub fn text(url: &str) -> Option<String> {
    Some(charset::decode(&data(url)?, None).into_owned())
}

/// The bytes in an address that holds them.
pub fn data(url: &str) -> Option<Vec<u8>> {
    let (head, data) = url.split_once(',')?;
    Some(if head.ends_with(";base64") { base64_decode(data.as_bytes())? } else { percent(data) })
}

/// What kind of file an address holds, as names end: `png` of `data:image/png;base64,…`.
pub fn ending(url: &str) -> &str {
    let kind = url.strip_prefix("data:").and_then(|kind| kind.split([';', ',']).next()).unwrap_or_default();
    let ending = kind.rsplit(['/', '.', '-']).next().unwrap_or_default();
    ending.split('+').next().unwrap_or_default()
}

/// Bytes written as `%2C` (RFC 3986, 2.1).
fn percent(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let coded = after.get(..2).filter(|_| *first == b'%').and_then(|hex| str::from_utf8(hex).ok());
        let byte = coded.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stand_between_quotes() {
        let script = r#"var a = "Ole Hansen", b = 'x@y.dk'; // it's
f("short"); g(`a
12 b`, "a \" 12"); "open 1"#;
        let found: Vec<_> = strings(script).map(|(at, string)| (&script[at..at + 1], string)).collect();
        let expected = ["Ole Hansen", "x@y.dk", "a\n12 b", "a \\\" 12", "open 1"];
        assert_eq!(found.iter().map(|(_, string)| *string).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|(first, string)| string.starts_with(first)));
    }

    #[test]
    fn addresses_hold_texts() {
        assert_eq!(text("data:text/plain;base64,b2xlQHguZGs=").as_deref(), Some("ole@x.dk"));
        assert_eq!(text("data:text/plain,%C3%85se%20%zz%").as_deref(), Some("Åse %zz%"));
        assert_eq!(text("data:text/plain"), None);
        assert_eq!(data("data:image/png;base64,iVBO").as_deref(), Some(&b"\x89PN"[..]));
        assert_eq!(["data:image/svg+xml,<", "data:image/x-png;base64,", "data:,"].map(ending), ["svg", "png", ""]);
    }
}
