//! Text as a reader of its format sees it, with the way back to the bytes that stand for it.
//!
//! In: raw text of a format. Out: a [`View`]: escapes decoded, and tags left out where wanted. Changes are made to the
//! raw text, character by character, so that what stands between stays as it is.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::escape::resolve_html5_entity;

use crate::extract::charset;

/// How raw text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it stands.
    Plain,
    /// Fields and separators.
    Csv,
    /// Strings with backslashes.
    Json,
    /// Entities and tags.
    Markup,
}

impl Form {
    /// Characters that hold the format together: what stands in for a value must not swallow them.
    pub fn holds(self, c: char) -> bool {
        match self {
            Self::Plain => matches!(c, '\n' | '\r'),
            Self::Csv => matches!(c, '\n' | '\r' | '\t' | ',' | ';' | '|' | '"'),
            Self::Json => matches!(c, '\n' | '\r' | '"' | '\\' | ',' | ':' | '{' | '}' | '[' | ']'),
            Self::Markup => matches!(c, '\n' | '\r' | '<' | '>' | '&' | '"' | '\'' | '='),
        }
    }
}

/// Elements that stand inside a word as well as round one.
const INLINE: &[&str] =
    &["span", "a", "b", "i", "u", "em", "strong", "sub", "sup", "tspan", "emphasis", "font", "wbr", "small", "mark"];

/// A text, and where its characters stand in the raw one.
pub struct View<'r> {
    /// The text.
    pub text: Cow<'r, str>,
    /// Places in the text from which on the raw text runs alongside.
    anchors: Vec<(usize, usize)>,
}

impl<'r> View<'r> {
    /// The text with its escapes decoded; tags stay.
    pub fn new(raw: &'r str, form: Form) -> Self {
        match form {
            Form::Json if raw.contains('\\') => Self::decoded(raw, |rest| rest.find('\\'), backslash),
            Form::Markup if raw.contains('&') => Self::decoded(raw, |rest| rest.find('&'), entity),
            _ if charset::marked(raw) => Self::decoded(raw, letter_with_mark, composed),
            _ => Self { text: Cow::Borrowed(raw), anchors: vec![(0, 0)] },
        }
    }

    /// Markup without its tags: those that stand in a line of text are as nothing, others end it.
    pub fn untagged(raw: &'r str) -> Self {
        Self::decoded(
            raw,
            |rest| rest.find(['<', '&']),
            |rest| {
                if rest.starts_with('&') {
                    return entity(rest);
                }
                let end = rest.find('>')? + 1;
                let name = rest.trim_start_matches(['<', '/']).split(|c: char| !c.is_alphanumeric()).next()?;
                let inline = INLINE.iter().any(|inline| inline.eq_ignore_ascii_case(name));
                Some((if inline { String::new() } else { "\n".to_owned() }, end))
            },
        )
    }

    fn decoded(
        raw: &str,
        find: impl Fn(&str) -> Option<usize>,
        decode: impl Fn(&str) -> Option<(String, usize)>,
    ) -> Self {
        let (mut text, mut anchors) = (String::with_capacity(raw.len()), vec![(0, 0)]);
        let mut at = 0;
        while let Some(next) = raw.get(at..).and_then(&find).map(|n| at + n) {
            text.push_str(raw.get(at..next).unwrap_or_default());
            let rest = raw.get(next..).unwrap_or_default();
            let (shown, length) = decode(rest).unwrap_or_else(|| (rest.chars().take(1).collect(), 1));
            anchors.push((text.len(), next));
            text.push_str(&shown);
            at = next + length;
            anchors.push((text.len(), at));
        }
        text.push_str(raw.get(at..).unwrap_or_default());
        Self { text: Cow::Owned(text), anchors }
    }

    /// The raw bytes of one character of the text, which begins at `at` and is `length` bytes long.
    pub fn raw(&self, at: usize, length: usize) -> Range<usize> {
        let from = self.anchors.partition_point(|(text, _)| *text <= at);
        let (text, raw) = from.checked_sub(1).and_then(|n| self.anchors.get(n)).copied().unwrap_or_default();
        let start = raw + (at - text);
        // What an escape stands for ends where the escape does.
        match self.anchors.get(from) {
            Some((next, end)) if *next == at + length => start..*end.max(&(start + length)),
            _ => start..start + length,
        }
    }
}

/// Where a letter stands with its mark behind it, as a character of its own.
fn letter_with_mark(text: &str) -> Option<usize> {
    let mark = text.find(charset::is_mark)?;
    Some(text.get(..mark)?.char_indices().next_back().map_or(mark, |(letter, _)| letter))
}

/// A letter and its mark as one, or as they are.
fn composed(rest: &str) -> Option<(String, usize)> {
    let mut chars = rest.chars();
    let (letter, mark) = (chars.next()?, chars.next());
    let length = letter.len_utf8() + mark.map_or(0, char::len_utf8);
    let one = mark.and_then(|mark| unicode_normalization::char::compose(letter, mark));
    Some((one.map_or_else(|| rest.get(..length).unwrap_or_default().to_owned(), String::from), length))
}

fn backslash(rest: &str) -> Option<(String, usize)> {
    let unit = |at: usize| u16::from_str_radix(rest.get(at..at + 4)?, 16).ok();
    let sign = rest.chars().nth(1)?;
    let shown = match sign {
        'n' | 'r' => '\n',
        't' => '\t',
        'b' | 'f' => ' ',
        '"' | '\\' | '/' => sign,
        'u' => {
            let first = unit(2)?;
            let second = rest.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| unit(8));
            return match char::decode_utf16([first]).next()? {
                Ok(c) => Some((c.to_string(), 6)),
                Err(_) => char::decode_utf16([first, second?]).next()?.ok().map(|c| (c.to_string(), 12)),
            };
        }
        _ => return None,
    };
    Some((shown.to_string(), 2))
}

fn entity(rest: &str) -> Option<(String, usize)> {
    let name = rest.strip_prefix('&')?;
    let end = name.get(..name.floor_char_boundary(32.min(name.len())))?.find(';')?;
    let name = name.get(..end)?;
    let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => n.parse().ok(),
    });
    let shown = match number {
        Some(number) => char::from_u32(number)?.to_string(),
        None => resolve_html5_entity(name)?.to_owned(),
    };
    Some((shown, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_their_bytes_known() {
        let raw = r#"{"navn":"S\u00f8ren\n\ud83d\ude00x"}"#;
        let view = View::new(raw, Form::Json);
        assert_eq!(view.text, "{\"navn\":\"Søren\n😀x\"}");
        let at = view.text.find('ø').unwrap();
        assert_eq!(&raw[view.raw(at, 2)], "\\u00f8");
        assert_eq!(&raw[view.raw(at + 2, 1)], "r");
        let x = view.text.find('x').unwrap();
        assert_eq!((&raw[view.raw(x, 1)], &raw[view.raw(x - 4, 4)]), ("x", "\\ud83d\\ude00"));

        let raw = "<p>S&oslash;ren <b>Å</b>g&#229;rd</p>";
        assert_eq!(View::new(raw, Form::Markup).text, "<p>Søren <b>Å</b>gård</p>");
        let view = View::untagged("<p>Søren <b>Å</b>gård</p>");
        assert_eq!(view.text, "\nSøren Ågård\n");
        assert_eq!(View::new("R&D & x &nope; \\", Form::Markup).text, "R&D & x &nope; \\");
        let raw = "\u{301}S O\u{308}stro\u{308}m\u{301}";
        let view = View::new(raw, Form::Plain);
        assert_eq!(view.text, "\u{301}S Öström\u{301}".replace("m\u{301}", "ḿ"));
        assert_eq!((&raw[view.raw(4, 2)], &raw[view.raw(6, 1)]), ("O\u{308}", "s"));
        assert_eq!(View::new("\\q \\u12", Form::Json).text, "\\q \\u12");
    }
}
