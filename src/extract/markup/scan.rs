//! XML, one piece after the other.
//!
//! In: a text that begins where a piece does. Out: the piece, and how long it is. Nearly all that Office writes is plain
//! tags and text, and is scanned for brackets: five times as fast as a parser. Whatever is more than that (declarations,
//! comments, CDATA, odd names, entities of HTML) is asked of quick-xml, one event at a time; a test compares the two.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesText, Event};

use super::Taken;

/// What stands at some place of an XML text.
#[derive(Debug, PartialEq)]
pub enum Piece<'x> {
    /// An element begins: what stands between its brackets, the length of its name, and whether it ends at once.
    Open { content: &'x str, name: usize, empty: bool },
    /// The element of this name ends.
    Close(&'x str),
    /// Text as it stands there.
    Text(&'x str),
    /// Text that stands there in other words.
    Made(String),
    /// What says nothing here: a comment, a declaration.
    Nothing,
}

/// A tag, text, or one of XML's own entities. `None`: it is something else, or does not end here.
pub fn plain(rest: &str) -> Option<(Piece<'_>, usize)> {
    match rest.as_bytes() {
        [b'<', b'/', ..] => {
            let name = length(rest.as_bytes().get(2..)?);
            let ends = rest.as_bytes().get(2 + name) == Some(&b'>');
            (name > 0 && ends).then_some((Piece::Close(rest.get(2..2 + name)?), name + 3))
        }
        [b'<', ..] => open(rest),
        [b'&', ..] => {
            let named = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")];
            named.iter().find(|(name, _)| rest.starts_with(name)).map(|(name, char)| (Piece::Text(char), name.len()))
        }
        bytes => match memchr::memchr3(b'<', b'&', b'\r', bytes) {
            Some(at) if bytes.get(at) == Some(&b'\r') => {
                let end = memchr::memchr2(b'<', b'&', bytes).unwrap_or(bytes.len());
                let text = BytesText::from_escaped(rest.get(..end)?).xml10_content().into_owned();
                Some((Piece::Made(text), end))
            }
            found => {
                let end = found.unwrap_or(bytes.len());
                Some((Piece::Text(rest.get(..end)?), end))
            }
        },
    }
}

fn open(rest: &str) -> Option<(Piece<'_>, usize)> {
    let bytes = rest.as_bytes();
    let name = length(bytes.get(1..)?);
    if name == 0 {
        return None;
    }
    let mut end = name + 1;
    if bytes.get(end) != Some(&b'>') {
        end += memchr::memchr(b'>', bytes.get(end..)?)?;
        // Most often as many quotes open as close before it, all of one kind.
        let (double, single) = bytes.get(name..end)?.iter().fold((0u8, 0u8), |(double, single), byte| {
            (double ^ u8::from(*byte == b'"'), single | u8::from(*byte == b'\''))
        });
        if double | single != 0 {
            end = bracket(bytes, name + 1)?;
        }
    }
    let content = rest.get(1..end)?;
    let empty = content.as_bytes().last() == Some(&b'/');
    let content = content.get(..content.len() - usize::from(empty))?;
    let ends = matches!(content.as_bytes().get(name), None | Some(b' ' | b'\t' | b'\n' | b'\r'));
    ends.then_some((Piece::Open { content, name, empty }, end + 1))
}

/// The attributes of a tag, names and values as they stand there. What is written plainly is scanned for quotes; from
/// the first that is not, quick-xml is asked.
pub struct Attributes<'x> {
    content: &'x str,
    at: usize,
    odd: Option<quick_xml::events::attributes::Attributes<'x>>,
}

impl<'x> Attributes<'x> {
    /// Those of a tag whose name ends at `at`.
    pub fn new(content: &'x str, at: usize) -> Self {
        Self { content, at, odd: None }
    }

    fn plain(&mut self) -> Option<(&'x str, &'x str)> {
        let rest = self.content.get(self.at..)?;
        let blank = rest.bytes().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'))?;
        let name = rest.get(blank..)?;
        let name = name.get(..length(name.as_bytes()))?;
        let value = rest.get(blank + name.len()..)?;
        let (quote @ (b'"' | b'\''), b'=') = (*value.as_bytes().get(1)?, *value.as_bytes().first()?) else {
            return None;
        };
        let value = value.get(2..)?;
        let value = value.get(..memchr::memchr(quote, value.as_bytes())?)?;
        if blank == 0 || name.is_empty() {
            return None;
        }
        self.at += blank + name.len() + value.len() + 3;
        Some((name, value))
    }
}

impl<'x> Iterator for Attributes<'x> {
    type Item = (&'x str, Cow<'x, str>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.odd.is_none() {
            if let Some((name, value)) = self.plain() {
                return Some((name, Cow::Borrowed(value)));
            }
            let mut odd = quick_xml::events::attributes::Attributes::new(self.content, self.at);
            odd.with_checks(false);
            self.odd = Some(odd);
        }
        self.odd.as_mut()?.by_ref().flatten().next().map(|a| (a.key.into_inner(), a.value))
    }
}

/// Where the tag ends: a bracket in quotes is none.
fn bracket(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'>' => return Some(at),
            quote => at += 2 + memchr::memchr(*quote, bytes.get(at + 1..)?)?,
        }
    }
}

/// What a name is made of, where it is no odd one.
#[allow(clippy::indexing_slicing, reason = "a constant: it compiles or does not")]
const OF_NAME: [bool; 256] = {
    let mut of = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        of[byte] = c.is_ascii_alphanumeric() || matches!(c, b':' | b'_' | b'-' | b'.');
        byte += 1;
    }
    of
};

/// How long the name is that stands at the beginning; 0: it is none, or an odd one.
fn length(text: &[u8]) -> usize {
    if !text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
        return 0;
    }
    text.iter().position(|b| !OF_NAME.get(usize::from(*b)).is_some_and(|of| *of)).unwrap_or(text.len())
}

fn reader(rest: &str) -> Reader<&[u8]> {
    let mut xml = Reader::from_str(rest);
    let config = xml.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    xml
}

/// Whatever there is. `None`: it is no XML, or does not end here.
pub fn any(rest: &str) -> Option<(Piece<'_>, usize)> {
    let mut xml = reader(rest);
    let event = xml.read_event().ok()?;
    let length = xml.buffer_position() as usize;
    let here = |inner: &str| -> Option<&str> {
        let at = rest.find(inner)?;
        rest.get(at..at + inner.len())
    };
    let piece = match event {
        Event::Start(start) | Event::Empty(start) => {
            let (content, name) = (&*start, start.name().into_inner().len());
            let empty = rest.get(..length)?.ends_with("/>");
            Piece::Open { content: here(content)?, name, empty }
        }
        Event::End(end) => Piece::Close(here(end.name().into_inner())?),
        Event::Text(text) => Piece::Made(text.xml10_content().into_owned()),
        Event::CData(text) => Piece::Made(text.xml10_content().into_owned()),
        Event::GeneralRef(entity) => Piece::Made(match entity.resolve_char_ref() {
            Ok(Some(char)) => char.to_string(),
            _ => resolve_predefined_entity(&entity).unwrap_or("\u{FFFD}").to_owned(),
        }),
        Event::Eof => return None,
        _ => Piece::Nothing,
    };
    Some((piece, length))
}

/// What neither could be read: something that goes on behind the text, from here on, or no XML.
pub fn goes_on(rest: &str, at: usize) -> Taken {
    match reader(rest).read_event() {
        Err(Error::Syntax(error)) if error != SyntaxError::InvalidBangMarkup => Taken::Until(at),
        _ => Taken::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text comes to: tags, between them texts as one, and where it ends to be XML.
    #[derive(Debug, Default, PartialEq)]
    struct Told(Vec<String>, String, usize);

    impl Told {
        fn tag(&mut self, tag: String) {
            self.0.push(std::mem::take(&mut self.1));
            self.0.push(tag);
        }
    }

    fn scanned(text: &str) -> Told {
        let (mut rest, mut told) = (text, Told::default());
        while let Some((piece, length)) = plain(rest).filter(|_| !rest.is_empty()).or_else(|| any(rest)) {
            match piece {
                Piece::Text(text) => told.1.push_str(text),
                Piece::Made(text) => told.1.push_str(&text),
                Piece::Open { content, name, empty } => told.tag(format!("{content} {name} {empty}")),
                Piece::Close(name) => told.tag(format!("/{name}")),
                Piece::Nothing => {}
            }
            assert!(length > 0, "{rest}");
            rest = &rest[length..];
        }
        told.2 = text.len() - rest.len();
        told
    }

    fn parsed(text: &str) -> Told {
        let (mut xml, mut told) = (reader(text), Told::default());
        loop {
            told.2 = xml.buffer_position() as usize;
            let Ok(event) = xml.read_event() else { return told };
            let empty = matches!(event, Event::Empty(_));
            match event {
                Event::Eof => return told,
                Event::Start(tag) | Event::Empty(tag) => {
                    told.tag(format!("{} {} {empty}", &*tag, tag.name().into_inner().len()));
                }
                Event::End(end) => told.tag(format!("/{}", end.name().into_inner())),
                Event::Text(text) => told.1.push_str(&text.xml10_content()),
                Event::CData(text) => told.1.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                    Ok(Some(char)) => told.1.push(char),
                    _ => told.1.push_str(resolve_predefined_entity(&entity).unwrap_or("\u{FFFD}")),
                },
                _ => {}
            }
        }
    }

    #[test]
    fn attributes_are_the_same() {
        let pieces = [
            " ",
            "\n",
            "  ",
            "r",
            "xml:id",
            "æ",
            "=",
            "=\"",
            "='",
            "\"",
            "'",
            "1",
            "a&amp;b",
            ">",
            "/",
            " r=\"A1\"",
            " s='2'",
            "-",
        ];
        let mut dice = 7u64;
        for _ in 0..40_000 {
            let mut tag = "c".to_owned();
            for _ in 0..=(dice >> 40) % 10 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                tag.push_str(pieces[(dice >> 33) as usize % pieces.len()]);
            }
            let mut parsed = quick_xml::events::attributes::Attributes::new(&tag, 1);
            let parsed = parsed.with_checks(false).flatten().map(|a| (a.key.into_inner(), a.value));
            assert!(Attributes::new(&tag, 1).eq(parsed), "{tag:?}");
        }
    }

    #[test]
    fn scanned_and_parsed_are_the_same() {
        let pieces = [
            "<a",
            "<w:t",
            ">",
            "/>",
            "</a>",
            "</w:t",
            "</",
            " ",
            "\n",
            "\r\n",
            "\t",
            " x=\"1\"",
            " r:id='a>b'",
            "=",
            "\"",
            "'",
            "/",
            "text",
            "æøå",
            "&amp;",
            "&lt;",
            "&oslash;",
            "&#65;",
            "&#x1F600;",
            "&",
            ";",
            "&nosuch;",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]>",
            "<?xml version='1.0'?>",
            "<?",
            "?>",
            "<",
            "<!",
            "!",
            "<1",
            "<a.b-c:d",
            "<æ>",
            "\u{feff}",
            "\0",
        ];
        let mut dice = 7u64;
        for _ in 0..60_000 {
            let mut text = String::new();
            for _ in 0..=(dice >> 40) % 12 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(dice >> 33) as usize % pieces.len()]);
            }
            if text.starts_with('\u{feff}') {
                continue;
            }
            assert_eq!(scanned(&text), parsed(&text), "{text:?}");
        }
    }
}
