//! XML as a stream of what matters here: elements by their local names, and text.
//!
//! In: bytes of one part, in any encoding, however damaged. Out: [`Node`]s, until the first thing that is not XML.
//! Namespaces are passed over (transitional and strict Office files differ in nothing else); custom entities are never
//! expanded, so a small file stays small. Source: XML 1.0.

mod scan;

use std::borrow::Cow;
use std::io::{self, Read};

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::name::QName;

use crate::extract::Out;
use crate::extract::charset::{self, Decoder};
use crate::extract::markup::scan::{Attributes, Piece};
use crate::item::{Fault, Reason};

/// The largest single text or tag, in bytes. Only a bomb has a larger one.
const LONGEST: usize = 64 << 20;
/// How much is unpacked and taken apart at once, in bytes: at first, as most parts are small, and at most.
const FIRST: usize = 4 << 10;
const BLOCK: usize = 64 << 10;
/// Elements within elements.
const DEEPEST: usize = 4096;

/// What an XML stream consists of.
pub enum Node<'e> {
    /// An element begins.
    Open(&'e Tag<'e>),
    /// The element of this local name ends.
    Close(&'e str),
    /// Text, unescaped. One text may come in several.
    Text(&'e str),
}

/// Takes at once what stands at the beginning of a text: whole elements, so and so written. Says how much of the text it
/// took; what it leaves comes as [`Node`]s.
pub struct Known<'k> {
    /// What it may take begins with this.
    pub begins: &'k str,
    /// Takes it.
    pub take: &'k mut dyn FnMut(&str, &mut Out<'_>) -> Result<usize, Fault>,
}

/// The beginning of an element: what stands between its brackets, and how long its name is.
pub struct Tag<'e> {
    content: &'e str,
    name: usize,
}

impl Tag<'_> {
    /// The name without its prefix.
    pub fn name(&self) -> &str {
        local(self.content.get(..self.name).unwrap_or_default())
    }

    /// The value of an attribute, by its local name.
    pub fn get<'t>(&'t self, name: &'t str) -> Option<Cow<'t, str>> {
        self.all(name).next()
    }

    /// The values of all attributes of this local name: `id` and `r:id`.
    pub fn all<'t>(&'t self, name: &'t str) -> impl Iterator<Item = Cow<'t, str>> {
        self.attributes().filter(move |(of, _)| *of == name).map(|(_, value)| value)
    }

    /// All attributes: local name and value.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        Attributes::new(self.content, self.name).map(|(name, value)| {
            // Nothing in it stands for something else.
            let plain = |b: &u8| *b != b'&' && *b >= b' ';
            let value = match value {
                Cow::Borrowed(value) if value.as_bytes().iter().all(plain) => Cow::Borrowed(value),
                value => normal(value),
            };
            (local(name), value)
        })
    }
}

/// A value with its entities and white space as XML means them.
fn normal(value: Cow<'_, str>) -> Cow<'_, str> {
    let attribute = Attribute { key: QName(""), value };
    let normal = attribute.normalized_value(XmlVersion::Implicit1_0).map(|normal| normal.into_owned());
    normal.map_or(attribute.value, Cow::Owned)
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    let prefix = name.bytes().position(|byte| byte == b':').map_or(0, |at| at + 1);
    name.get(prefix..).unwrap_or_default()
}

/// Reads XML from beginning to end. Damage in it is told, and what stands before it counts.
/// `Err` is what `on` says, or a limit.
pub fn sweep(
    reader: impl Read,
    out: &mut Out<'_>,
    mut known: Option<Known<'_>>,
    on: &mut dyn FnMut(Node<'_>, &mut Out<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut source = Source { reader, decoder: None, block: vec![0; FIRST] };
    let (mut text, mut depth, mut wanted) = (String::new(), 0, BLOCK);
    loop {
        let read = source.read(&mut text, wanted);
        let last = !matches!(read, Ok(true));
        // What ends with a bracket is cut in no word, and in no entity.
        let end = if last { text.len() } else { memchr::memrchr(b'>', text.as_bytes()).map_or(0, |at| at + 1) };
        match nodes(text.get(..end).unwrap_or_default(), last, &mut depth, out, &mut known, on)? {
            Taken::All if !last => drop(text.drain(..end)),
            Taken::Until(at) => drop(text.drain(..at)),
            Taken::TooDeep => return out.damage(Fault::corrupt("its XML is nested too deeply")),
            Taken::All if read.is_ok() => return Ok(()),
            Taken::All | Taken::Damaged => {
                return match out.budget().hit() {
                    Some(fault) => Err(fault),
                    None => out.damage(Fault::corrupt("a part of it is damaged")),
                };
            }
        }
        if text.len() > LONGEST {
            return out.damage(Fault::new(Reason::Bomb, "one text in it is longer than the limit"));
        }
        // Something long is looked at again only when there is twice as much of it.
        wanted = text.len().max(BLOCK);
    }
}

/// How much of a text was XML.
enum Taken {
    All,
    /// What begins here goes on behind the text.
    Until(usize),
    Damaged,
    TooDeep,
}

/// Takes a text apart. What it begins and does not end is damage only if it is the `last`.
fn nodes(
    text: &str,
    last: bool,
    depth: &mut usize,
    out: &mut Out<'_>,
    known: &mut Option<Known<'_>>,
    on: &mut dyn FnMut(Node<'_>, &mut Out<'_>) -> Result<(), Fault>,
) -> Result<Taken, Fault> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        if let Some(Known { begins, take }) = known
            && rest.starts_with(*begins)
            && *depth < DEEPEST / 2
        {
            let taken = take(rest, out)?;
            if taken > 0 {
                rest = rest.get(taken..).unwrap_or_default();
                continue;
            }
        }
        let (piece, length) = match scan::plain(rest).or_else(|| scan::any(rest)) {
            Some(known) => known,
            None if last => return Ok(Taken::Damaged),
            None => return Ok(scan::goes_on(rest, text.len() - rest.len())),
        };
        match piece {
            Piece::Open { content, name, empty } => {
                if *depth >= DEEPEST {
                    return Ok(Taken::TooDeep);
                }
                let tag = Tag { content, name };
                on(Node::Open(&tag), out)?;
                if empty {
                    on(Node::Close(tag.name()), out)?;
                } else {
                    *depth += 1;
                }
            }
            Piece::Close(name) => {
                *depth = depth.saturating_sub(1);
                on(Node::Close(local(name)), out)?;
            }
            Piece::Text(text) => on(Node::Text(text), out)?,
            Piece::Made(text) => on(Node::Text(&text), out)?,
            Piece::Nothing => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(Taken::All)
}

/// Bytes in any encoding as UTF-8. What is damaged becomes U+FFFD.
struct Source<R> {
    reader: R,
    decoder: Option<Decoder>,
    block: Vec<u8>,
}

impl<R: Read> Source<R> {
    /// Adds at least so many bytes to a text; `false`: there are no more.
    fn read(&mut self, text: &mut String, wanted: usize) -> io::Result<bool> {
        let enough = text.len() + wanted;
        while text.len() < enough {
            let n = match self.reader.read(&mut self.block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                n => n?,
            };
            let mut bytes = self.block.get(..n).unwrap_or_default();
            let decoder = match &mut self.decoder {
                Some(decoder) => decoder,
                slot => {
                    let declared = declared(bytes);
                    let (charset, mark) = charset::guess(bytes);
                    bytes = bytes.get(mark..).unwrap_or_default();
                    let charset = declared.filter(|_| mark == 0).unwrap_or(charset);
                    slot.insert(charset.decoder())
                }
            };
            decoder.decode(bytes, n == 0, text);
            if n == 0 {
                return Ok(false);
            }
            if n == self.block.len() && n < BLOCK {
                self.block.resize(4 * n, 0);
            }
        }
        Ok(true)
    }
}

/// What the declaration says; without one it is UTF-8. UTF-16 shows by itself.
fn declared(bytes: &[u8]) -> Option<charset::Charset> {
    let utf16 = bytes.iter().take(64).any(|byte| *byte == 0);
    if utf16 {
        return None;
    }
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(200)).unwrap_or_default());
    let value = head.split_once("?>").and_then(|(declaration, _)| declaration.split_once("encoding="));
    let value = value.and_then(|(_, value)| value.get(1..)?.split(['"', '\'']).next());
    charset::named(value.unwrap_or("utf-8")).or_else(|| charset::named("utf-8"))
}
