//! Any XML (XML 1.0): text, attribute values, comments and CDATA, each under the name of its element or attribute.
//!
//! In memory, with a lenient reader; what is malformed is handed over as text from there on, and what is larger than
//! fits, as text altogether. Entities of HTML are known too. Formats with an XML of their own (OOXML, ODF) are elsewhere.

use std::borrow::Cow;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::{resolve_html5_entity, unescape_with};
use quick_xml::events::{BytesStart, Event};

use crate::extract::html::Cursor;
use crate::extract::marked::{Marked, Place};
use crate::extract::{Content, Format, Head, Match, Out, charset, text};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// XML.
pub const FORMATS: &[Format] = &[Format { name: "xml", kind: Kind::Document, sniff, read }];

/// Names of elements are remembered down to this depth.
const DEPTH: usize = 4096;

/// Elements that stand inside a word as well as round one, in whatever vocabulary.
const INLINE: &[&str] = &["span", "a", "b", "i", "u", "em", "strong", "sub", "sup", "tspan", "emphasis", "font"];

fn sniff(head: &Head<'_>) -> Match {
    let Some(text) = head.text().map(str::trim_start) else { return Match::No };
    let named = head.named(&[
        "xml", "svg", "kml", "gpx", "rss", "atom", "xsd", "xsl", "xslt", "fodt", "fods", "fodp", "wsdl", "plist",
    ]);
    if text.starts_with("<?xml") {
        Match::ByContent
    } else if named && text.starts_with('<') {
        Match::ByName
    } else if root(text).is_some_and(|name| text.contains(&format!("</{name}>")) || text.contains("xmlns")) {
        Match::ByContent
    } else {
        Match::No
    }
}

/// The name of the element that the text begins with.
fn root(text: &str) -> Option<&str> {
    let (tag, _) = text.strip_prefix('<')?.split_once('>')?;
    let name = tag.split([' ', '\t', '\r', '\n', '/']).next()?;
    is_name(name).then_some(name)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c))
}

/// Reads any XML.
pub(super) fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = match content.whole_or_flowing()? {
        Ok(bytes) => bytes,
        Err(content) => return text::stream(content, out, &|_, _, _| None),
    };
    let source = charset::decode(&bytes, declared(&bytes).as_deref());
    let mut sweep = Sweep { cursor: Cursor::new(&source), open: Vec::new(), deeper: 0, marked: Marked::new() };
    let ended = sweep.run(&source, out)?;
    sweep.marked.emit(out)?;
    ended.map_or(Ok(()), |fault| out.damage(fault))
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes));
    let (declaration, _) = head.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.split(quote).nth(1).map(str::to_owned)
}

/// What is open, and what was written.
struct Sweep<'s> {
    cursor: Cursor<'s>,
    open: Vec<Arc<str>>,
    deeper: u64,
    marked: Marked,
}

impl Sweep<'_> {
    /// Reads all; a fault if the rest had to be read as text.
    fn run(&mut self, source: &str, out: &mut Out<'_>) -> Result<Option<Fault>, Fault> {
        let mut reader = Reader::from_str(source);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let at = reader.buffer_position() as usize;
            let Ok(event) = reader.read_event() else {
                self.marked.end_line();
                self.push(source.get(at..).unwrap_or_default(), at, None, None);
                return Ok(Some(Fault::corrupt("its XML is malformed; from there on it was read as text")));
            };
            match event {
                Event::Start(tag) => {
                    self.tag(&tag, at, source);
                    if self.open.len() < DEPTH {
                        self.open.push(Arc::from(tag.local_name().into_inner()));
                    } else {
                        self.deeper += 1;
                    }
                }
                Event::Empty(tag) => self.tag(&tag, at, source),
                Event::End(tag) => {
                    if self.deeper > 0 {
                        self.deeper -= 1;
                    } else {
                        self.open.pop();
                    }
                    self.part(tag.local_name().into_inner());
                }
                Event::Text(text) => {
                    let text = text.into_inner();
                    // White space between elements says nothing; between inline ones it parts words.
                    if !text.trim().is_empty() || !self.marked.text().ends_with(['\n', ' ']) {
                        self.push(&text, at, self.open.last().cloned(), None);
                    }
                }
                Event::CData(text) => {
                    self.push(&text.into_inner(), at + "<![CDATA[".len(), self.open.last().cloned(), None)
                }
                Event::GeneralRef(name) => {
                    let number = name.resolve_char_ref().ok().flatten();
                    let raw = source.get(at..reader.buffer_position() as usize).unwrap_or_default();
                    let text = match number {
                        Some(c) => Cow::Owned(c.to_string()),
                        None => Cow::Borrowed(resolve_html5_entity(&name).unwrap_or(raw)),
                    };
                    self.push(&text, at, self.open.last().cloned(), None);
                }
                Event::Comment(text) => self.aside(&text.into_inner(), at + "<!--".len(), Some("comment")),
                Event::DocType(text) => self.aside(&text.into_inner(), at + "<!DOCTYPE".len(), None),
                Event::PI(text) => self.aside(text.content(), at + "<?".len(), None),
                Event::Decl(_) => {}
                Event::Eof => return Ok(None),
            }
            if self.marked.full() && self.marked.text().ends_with('\n') {
                self.marked.emit(out)?;
            }
        }
    }

    /// The attributes of a tag, each on a line of its own; what is no tag after all, as text.
    fn tag(&mut self, tag: &BytesStart<'_>, at: usize, source: &str) {
        let name = tag.local_name().into_inner();
        self.part(name);
        let rest = tag.attributes_raw();
        if rest.trim().is_empty() && is_name(tag.name().into_inner()) {
            return;
        }
        let begin = at + 1 + tag.name().into_inner().len();
        let mut broken = !is_name(tag.name().into_inner());
        let mut found: Vec<(String, Cow<'_, str>, usize)> = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            match attribute {
                Ok(attribute) => {
                    let offset = (attribute.value.as_ptr() as usize).wrapping_sub(rest.as_ptr() as usize);
                    let offset = if offset <= rest.len() { offset } else { 0 };
                    found.push((attribute.key.local_name().into_inner().to_owned(), attribute.value, begin + offset));
                }
                Err(_) => broken = true,
            }
        }
        if broken {
            let end = begin + rest.len();
            self.aside(source.get(at..end).unwrap_or_default(), at, None);
            return;
        }
        for (name, value, at) in found {
            if name == "xmlns" || value.is_empty() {
                continue;
            }
            let text = unescape_with(&value, resolve_html5_entity).unwrap_or(Cow::Borrowed(&value));
            self.marked.end_line();
            self.push(&text, at, Some(Arc::from(name)), None);
            self.marked.end_line();
        }
    }

    /// A line of its own.
    fn aside(&mut self, text: &str, at: usize, part: Option<&str>) {
        self.marked.end_line();
        self.push(text, at, None, part);
        self.marked.end_line();
    }

    /// The boundary of an element: a new line, unless such elements stand inside words.
    fn part(&mut self, name: &str) {
        if !INLINE.contains(&name) {
            self.marked.end_line();
        }
    }

    fn push(&mut self, text: &str, at: usize, label: Option<Arc<str>>, part: Option<&str>) {
        let (line, column) = self.cursor.at(at);
        let position =
            Position { line: Some(line), column: Some(column), part: part.map(Into::into), ..Position::default() };
        self.marked.mark(Place { position, label });
        self.marked.push(text);
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::{find, read};

    #[test]
    fn text_and_attributes_stand_under_their_names() {
        let text = "<?xml version=\"1.0\"?>\n<p:person xmlns:p=\"urn:x\" cpr='010190-1234' tlf=\"a&amp;b 12345678\">\n  \
                    <navn>S&#248;ren &oslash; 87654321</navn>\n<![CDATA[020290-1234]]><!-- 030390-1234 --></p:person>";
        let seen = read("a", text.as_bytes());
        assert_eq!((seen.format, &seen.ended, seen.damage.len()), ("xml", &None, 0));
        assert_eq!((seen.label("010190"), seen.at("010190")), ("cpr", find("010190", text)));
        assert_eq!(seen.label("12345678"), "tlf");
        assert!(seen.text.contains("Søren ø 87654321\n"), "{}", seen.text);
        assert_eq!((seen.label("87654321"), seen.at("87654321")), ("navn", find("87654321", text)));
        assert_eq!((seen.label("020290"), seen.at("020290")), ("person", find("020290", text)));
        assert_eq!(seen.place("030390").position.part.as_deref(), Some("comment"));
    }

    #[test]
    fn the_declared_encoding_is_honoured() {
        let seen = read("a.xml", b"<?xml version='1.0' encoding='iso-8859-1'?><r>\xC6r\xF8</r>");
        assert_eq!(seen.text, "Ærø\n");
        let utf16: Vec<u8> = "\u{FEFF}<?xml version='1.0' encoding='utf-16'?><r>Ærø</r>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read("a.xml", &utf16).text, "Ærø\n");
    }

    #[test]
    fn inline_elements_do_not_cut_a_number() {
        let seen = read("a.fodt", b"<text:p xmlns:text='t'><text:span>0101</text:span>90-1234</text:p>");
        assert!(seen.text.contains("010190-1234"));
    }

    #[test]
    fn nothing_malformed_is_lost() {
        for text in [
            "<?xml version='1.0'?><a>x <b 010190-1234",
            "<?xml version='1.0'?><a>alder < 40, cpr 010190-1234 > 3</a>",
            "<?xml version='1.0'?><a x=010190-1234>",
            "<?xml version='1.0'?><a><!-- 010190-1234 </a>",
            "<?xml version='1.0'?></b></b><a>&ukendt; 010190-1234 & co",
            "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY n '010190-1234'>]><a>&n;</a>",
        ] {
            assert!(read("a.xml", text.as_bytes()).text.contains("010190-1234"), "{text}");
        }
        assert_eq!(read("a.xml", b"<?xml version='1.0'?><a>x <b 01").damage.len(), 1);
    }

    #[test]
    fn text_that_begins_with_a_bracket_stays_text() {
        for text in ["<bo@x.dk> skrev:", "<3 dig", "< 40 aar", "<navn> skal udfyldes"] {
            assert_eq!(read("a.txt", text.as_bytes()).format, "text", "{text}");
        }
        assert_eq!(read("a.txt", b"<rows><row>1</row></rows>").format, "xml");
    }

    #[test]
    fn places_in_a_long_text_are_near() {
        let text = format!("<?xml version='1.0'?><r>{}<b", "x\n 010190-1234 æ ".repeat(100_000));
        let seen = read("a.xml", text.as_bytes());
        let last = seen.text.rfind("010190").unwrap();
        let position = &seen.places[&last].position;
        assert_eq!((position.line, position.column), (Some(100_001), Some(2)));
    }
}
