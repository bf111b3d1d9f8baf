//! XML as a stream of what matters here: elements by their local names, and text.
//!
//! In: bytes of one part, in any encoding, however damaged. Out: [`Node`]s, until the first thing that is not XML.
//! Namespaces are passed over (transitional and strict Office files differ in nothing else); custom entities are never
//! expanded, so a small file stays small. Source: XML 1.0.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::extract::Out;
use crate::extract::charset::{self, Decoder};
use crate::item::{Fault, Reason};

/// The largest single text or tag, in bytes. Only a bomb has a larger one.
const LONGEST: usize = 64 << 20;
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

/// The beginning of an element.
pub struct Tag<'e>(BytesStart<'e>);

impl Tag<'_> {
    /// The name without its prefix.
    pub fn name(&self) -> &str {
        self.0.name().local_name().into_inner()
    }

    /// The value of an attribute, by its local name.
    pub fn get<'t>(&'t self, name: &'t str) -> Option<Cow<'t, str>> {
        self.all(name).next()
    }

    /// The values of all attributes of this local name: `id` and `r:id`.
    pub fn all<'t>(&'t self, name: &'t str) -> impl Iterator<Item = Cow<'t, str>> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes
            .flatten()
            .filter(move |a| a.key.local_name().into_inner() == name)
            .map(|a| a.normalized_value(XmlVersion::Implicit1_0).unwrap_or_else(|_| Cow::Owned(a.value.to_string())))
    }
}

/// Reads XML from beginning to end. Damage in it is told, and what stands before it counts.
/// `Err` is what `on` says, or a limit.
pub fn sweep(
    reader: impl Read,
    out: &mut Out<'_>,
    on: &mut dyn FnMut(Node<'_>, &mut Out<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut xml = Reader::from_reader(Decoded::new(reader));
    let config = xml.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut depth = 0usize;
    loop {
        buffer.clear();
        xml.get_mut().since = 0;
        match xml.read_event_into(&mut buffer) {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth > DEEPEST {
                    return out.damage(Fault::corrupt("its XML is nested too deeply"));
                }
                on(Node::Open(&Tag(start)), out)?;
            }
            Ok(Event::End(end)) => {
                depth = depth.saturating_sub(1);
                on(Node::Close(end.name().local_name().into_inner()), out)?;
            }
            Ok(Event::Text(text)) => on(Node::Text(&text.xml10_content()), out)?,
            Ok(Event::CData(text)) => on(Node::Text(&text.xml10_content()), out)?,
            Ok(Event::GeneralRef(entity)) => {
                let mut bytes = [0; 4];
                match entity.resolve_char_ref() {
                    Ok(Some(char)) => on(Node::Text(char.encode_utf8(&mut bytes)), out)?,
                    _ => on(Node::Text(resolve_predefined_entity(&entity).unwrap_or("\u{FFFD}")), out)?,
                }
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(_) => {
                return match out.budget().hit() {
                    Some(fault) => Err(fault),
                    None => out.damage(Fault::corrupt("a part of it is damaged")),
                };
            }
        }
    }
}

/// Bytes in any encoding as UTF-8. What is damaged becomes U+FFFD.
struct Decoded<R> {
    inner: R,
    decoder: Option<Decoder>,
    text: String,
    at: usize,
    since: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    fn new(inner: R) -> Self {
        Self { inner, decoder: None, text: String::new(), at: 0, since: 0, ended: false }
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > LONGEST {
            return Err(Fault::new(Reason::Bomb, "one text in it is longer than the limit").into());
        }
        while self.at >= self.text.len() && !self.ended {
            let mut block = [0; 16 << 10];
            let n = match self.inner.read(&mut block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                n => n?,
            };
            let mut bytes = block.get(..n).unwrap_or_default();
            self.text.clear();
            self.at = 0;
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
            decoder.decode(bytes, n == 0, &mut self.text);
            self.ended = n == 0;
        }
        Ok(self.text.as_bytes().get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        self.since += amount;
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
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
