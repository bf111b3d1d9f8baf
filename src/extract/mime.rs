//! A message as a tree of parts: boundaries, transfer encodings, character sets.
//!
//! In: the bytes of a message. Out: [`Node`]s that borrow them; nothing is decoded before it is asked for, and a
//! message inside stays closed (it is an item of its own). Header fields are decoded by `mail-parser`; its tree is not
//! used, because it opens messages within messages without a limit. Sources: RFC 2045, 2046, 2231, 3676.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{ContentType, Header, HeaderName, MessageParser};
use memchr::memmem::Finder;

use crate::extract::{charset, uuencode};
use crate::item::{Fault, Reason};

/// How many parts may stand in one another, and how many a message may have.
const DEPTH: u32 = 32;
const PARTS: u32 = 10_000;

/// Header fields and what follows them.
pub struct Entity<'x> {
    /// The header fields, in UTF-8 where they do not say what else they are.
    pub head: Cow<'x, [u8]>,
    /// Lines among the fields that are none.
    pub stray: String,
    /// The rest.
    pub body: &'x [u8],
}

/// A part: one that holds others, or one that holds something to read.
pub enum Node<'x> {
    /// `multipart/…`.
    Many {
        /// The second half of its type, in lower case.
        subtype: String,
        /// What it holds.
        parts: Vec<Node<'x>>,
        /// What stands before, after and between the parts.
        loose: Vec<&'x [u8]>,
    },
    /// Anything else.
    Leaf(Leaf<'x>),
}

/// A part that holds no others.
pub struct Leaf<'x> {
    /// Its type, `text/plain`, in lower case.
    pub kind: String,
    /// Its number among the leaves of the message, from 1.
    pub number: u32,
    /// The name of the file that it is.
    pub name: Option<String>,
    /// It says that it is an attachment.
    pub attached: bool,
    /// `smime-type`, in lower case.
    pub smime: Option<String>,
    charset: Option<String>,
    flowed: Option<bool>,
    coding: Coding,
    body: &'x [u8],
}

#[derive(Clone, Copy)]
enum Coding {
    None,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl<'x> Entity<'x> {
    /// Parts the header fields from the rest, at the first empty line.
    pub fn new(raw: &'x [u8]) -> Self {
        let mut stray = String::new();
        let mut at = 0;
        let body = loop {
            let rest = raw.get(at..).unwrap_or_default();
            let line = rest.split_inclusive(|b| *b == b'\n').next().unwrap_or_default();
            if line.trim_ascii_end().is_empty() && !line.starts_with(b" ") && !line.starts_with(b"\t") {
                break rest.get(line.len()..).unwrap_or_default();
            }
            let fold = line.starts_with(b" ") || line.starts_with(b"\t");
            if !fold && field(line).is_none() && !line.starts_with(b"From ") && !line.starts_with(b">From ") {
                if at == 0 {
                    break raw;
                }
                stray.push_str(&charset::decode(line, None));
            }
            at += line.len();
        };
        let mut head = utf8(raw.get(..at).unwrap_or_default());
        if at > 0 {
            // The parser of the fields wants to see the empty line.
            head.to_mut().extend_from_slice(b"\n\n");
        }
        Self { head, stray, body }
    }

    /// The fields, decoded.
    pub fn fields(&self) -> Vec<Header<'_>> {
        let parsed = MessageParser::new().parse_headers(&*self.head);
        parsed.and_then(|message| message.parts.into_iter().next()).map(|part| part.headers).unwrap_or_default()
    }

    /// A field's value with its encoded words decoded, of a field that mail in general does not know.
    pub fn decoded(&self, field: &Header<'_>) -> String {
        let line = format!("Subject: {}\n\n", self.written(field));
        let subject = MessageParser::new().parse_headers(line.as_bytes());
        subject.and_then(|message| message.subject().map(str::to_owned)).unwrap_or_default()
    }

    /// A field's value as it was written.
    pub fn written(&self, field: &Header<'_>) -> Cow<'_, str> {
        let value = self.head.get(field.offset_start as usize..field.offset_end as usize).unwrap_or_default();
        String::from_utf8_lossy(value.trim_ascii())
    }
}

/// Header fields with letters outside ASCII are in UTF-8 (RFC 6532) or in whatever their writer used; what stands in an
/// encoded word (`=?iso-8859-1?Q?…?=`) has a charset already.
fn utf8(head: &[u8]) -> Cow<'_, [u8]> {
    if str::from_utf8(head).is_ok() {
        return Cow::Borrowed(head);
    }
    let (charset, _) = charset::guess(head);
    let line = |line| {
        let kept = str::from_utf8(line).is_ok() || memchr::memmem::find(line, b"=?").is_some();
        if kept { Cow::Borrowed(line) } else { Cow::Owned(charset.decode(line).into_owned().into_bytes()) }
    };
    Cow::Owned(head.split_inclusive(|b| *b == b'\n').flat_map(|one| line(one).into_owned()).collect())
}

/// The name of the header field on this line, if there is one.
pub fn field(line: &[u8]) -> Option<&[u8]> {
    let (name, _) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    let name = name.trim_ascii_end();
    (!name.is_empty() && name.iter().all(|b| (33..=126).contains(b))).then_some(name)
}

/// Takes a message apart. The fault says that it was not taken apart wholly: what is left over is in a leaf.
pub fn parts<'x>(fields: &[Header<'_>], body: &'x [u8]) -> (Node<'x>, Option<Fault>) {
    let mut walk = Walk { leaves: 0, parts: 0, fault: None };
    let root = walk.node(fields, body, "text/plain", 0);
    (root, walk.fault)
}

/// The parts between a boundary's lines, and what stands outside them.
type Sections<'x> = (Vec<&'x [u8]>, Vec<&'x [u8]>);

struct Walk {
    leaves: u32,
    parts: u32,
    fault: Option<Fault>,
}

impl Walk {
    fn node<'x>(&mut self, fields: &[Header<'_>], body: &'x [u8], default: &str, depth: u32) -> Node<'x> {
        let of = |name| last(fields, &name).and_then(|field| field.value.as_content_type());
        let kind = of(HeaderName::ContentType);
        let full = kind.map_or_else(|| default.to_owned(), full_type);
        if let Some(subtype) = full.strip_prefix("multipart/")
            && let Some(boundary) = kind.and_then(|kind| kind.attribute("boundary"))
        {
            if depth >= DEPTH {
                self.fault = Some(Fault::new(Reason::TooDeep, "its parts are nested deeper than the limit"));
            } else if let Some((sections, loose)) = self.sections(body, boundary.as_bytes()) {
                let default = if subtype == "digest" { "message/rfc822" } else { "text/plain" };
                let node = |section| {
                    let entity = Entity::new(section);
                    self.node(&entity.fields(), entity.body, default, depth + 1)
                };
                let parts = sections.into_iter().map(node).collect();
                return Node::Many { subtype: subtype.to_owned(), parts, loose };
            }
        }
        self.leaves += 1;
        let disposition = of(HeaderName::ContentDisposition);
        let coding = last(fields, &HeaderName::ContentTransferEncoding).and_then(|field| field.value.as_text());
        let flowed = kind
            .filter(|kind| kind.attribute("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")))
            .map(|kind| kind.attribute("delsp").is_some_and(|delete| delete.eq_ignore_ascii_case("yes")));
        Node::Leaf(Leaf {
            // A multipart that is none holds text.
            kind: if full.starts_with("multipart/") { "text/plain".to_owned() } else { full },
            number: self.leaves,
            name: disposition
                .and_then(|of| of.attribute("filename"))
                .or_else(|| kind.and_then(|of| of.attribute("name")))
                .map(base_name)
                .filter(|name| !name.is_empty()),
            attached: disposition.is_some_and(ContentType::is_attachment),
            smime: kind.and_then(|of| of.attribute("smime-type")).map(str::to_ascii_lowercase),
            charset: kind.and_then(|of| of.attribute("charset")).map(str::to_owned),
            flowed,
            coding: match coding.map(|coding| coding.trim().to_ascii_lowercase()).as_deref() {
                Some("base64") => Coding::Base64,
                Some("quoted-printable") => Coding::QuotedPrintable,
                Some("x-uuencode" | "uuencode" | "x-uue") => Coding::Uuencode,
                _ => Coding::None,
            },
            body,
        })
    }

    /// Cuts at the boundary's lines. `None`: there is none.
    fn sections<'x>(&mut self, body: &'x [u8], boundary: &[u8]) -> Option<Sections<'x>> {
        let line = [b"--", boundary].concat();
        let (mut sections, mut loose) = (Vec::new(), Vec::new());
        let (mut from, mut inside, mut met) = (0, false, false);
        for at in Finder::new(&line).find_iter(body) {
            if at > 0 && body.get(at - 1) != Some(&b'\n') {
                continue;
            }
            let rest = body.get(at + line.len()..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let tail = rest.get(..end).unwrap_or_default().trim_ascii();
            if !(tail.is_empty() || tail.starts_with(b"--")) {
                continue;
            }
            let before = without_newline(body.get(from..at).unwrap_or_default());
            if inside {
                sections.push(before)
            } else {
                loose.push(before)
            }
            met = true;
            inside = tail.is_empty();
            from = at + line.len() + end;
            self.parts += 1;
            if self.parts >= PARTS {
                self.fault = Some(Fault::new(Reason::Bomb, "it has more parts than the limit"));
                inside = false;
                break;
            }
        }
        let rest = body.get(from..).unwrap_or_default();
        if inside {
            sections.push(rest)
        } else {
            loose.push(rest)
        }
        loose.retain(|text| !text.trim_ascii().is_empty());
        met.then_some((sections, loose))
    }
}

impl<'x> Leaf<'x> {
    /// Its bytes, with the transfer encoding undone.
    pub fn bytes(&self) -> Cow<'x, [u8]> {
        match self.coding {
            Coding::None => Cow::Borrowed(self.body),
            Coding::QuotedPrintable => Cow::Owned(quoted_printable(self.body)),
            Coding::Uuencode => Cow::Owned(uuencode::decode(self.body)),
            Coding::Base64 if has_words(self.body) => Cow::Borrowed(self.body),
            Coding::Base64 => Cow::Owned(base64_decode(self.body).unwrap_or_else(|| {
                let of = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
                let clean: Vec<u8> = self.body.iter().copied().filter(of).collect();
                base64_decode(&clean).unwrap_or_default()
            })),
        }
    }

    /// Its text, with the soft line ends of `format=flowed` undone.
    pub fn text(&self) -> String {
        let bytes = self.bytes();
        let declared = self.charset.as_deref();
        let utf7 = declared.filter(|name| name.to_ascii_lowercase().ends_with("utf-7"));
        let text = match utf7.and_then(|_| charset_decoder(b"utf-7")) {
            Some(decode) => Cow::Owned(decode(&bytes)),
            None => charset::decode(&bytes, declared),
        };
        match self.flowed {
            Some(delete) => unflow(&text, delete),
            None => text.into_owned(),
        }
    }

    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }
}

/// What is said to be base64 and is plain text: there are blanks in its lines, as between words.
fn has_words(body: &[u8]) -> bool {
    let begin = body.get(..4 << 10).unwrap_or(body);
    let blanks = begin.split(|byte| *byte == b'\n').flat_map(|line| line.trim_ascii().iter().filter(|b| **b == b' '));
    blanks.count() * 16 > begin.len()
}

/// The field of this name that counts where there are several.
fn last<'h, 'x>(fields: &'h [Header<'x>], name: &HeaderName<'_>) -> Option<&'h Header<'x>> {
    fields.iter().rev().find(|field| field.name == *name)
}

fn full_type(of: &ContentType<'_>) -> String {
    match of.subtype() {
        Some(subtype) => format!("{}/{subtype}", of.ctype()).to_ascii_lowercase(),
        None if of.ctype().eq_ignore_ascii_case("text") => "text/plain".to_owned(),
        None => of.ctype().to_ascii_lowercase(),
    }
}

/// Old mail programs send the whole path of a file.
fn base_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_owned()
}

fn without_newline(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// Base64 as programs write it: over several lines, and with its padding or without. `None`: it is none.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(text).ok()
}

/// RFC 2045 6.7, and what is no escape stays as it is.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).map(|digit| digit as u8);
    let mut bytes = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii_end();
        let end: &[u8] = match line {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let (mut rest, soft) = match text.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (text, false),
        };
        while let Some(at) = memchr::memchr(b'=', rest) {
            let (before, escape) = rest.split_at(at);
            bytes.extend_from_slice(before);
            match (digit(escape.get(1)), digit(escape.get(2))) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = escape.get(3..).unwrap_or_default();
                }
                _ => {
                    bytes.push(b'=');
                    rest = escape.get(1..).unwrap_or_default();
                }
            }
        }
        bytes.extend_from_slice(rest);
        if !soft {
            bytes.extend_from_slice(end);
        }
    }
    bytes
}

/// RFC 3676: a line that ends with a space goes on in the next one; `delete` takes that space away. The line before a
/// signature (`-- `) does not.
fn unflow(text: &str, delete: bool) -> String {
    let mut whole = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        // Where a line was joined, what follows is no longer stuffed or quoted anew.
        let joined = !whole.is_empty() && !whole.ends_with('\n');
        whole.push_str(if joined { content.trim_start_matches('>').trim_start() } else { content });
        if !content.ends_with(' ') || content == "-- " {
            whole.push('\n');
        } else if delete {
            whole.pop();
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(raw: &str) -> (Node<'_>, Option<Fault>) {
        let (head, body) = raw.split_at(raw.find("\n\n").unwrap() + 2);
        let entity = Entity::new(head.as_bytes());
        parts(&entity.fields(), body.as_bytes())
    }

    /// The shape of a tree and the text of its leaves.
    fn shape(node: &Node<'_>) -> String {
        match node {
            Node::Many { subtype, parts, .. } => {
                format!("{subtype}({})", parts.iter().map(shape).collect::<Vec<_>>().join(", "))
            }
            Node::Leaf(leaf) => leaf.text().trim().to_owned(),
        }
    }

    #[test]
    fn parts_are_cut_at_their_own_boundary_only() {
        let raw = "Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\n\none\n--ab\nstill one\n--a\n\
                   Content-Type: multipart/alternative; boundary=ab\n\n--ab\n\ntwo\n--ab\n\nthree\n--a--\nepilogue\n";
        let (root, fault) = tree(raw);
        assert_eq!(shape(&root), "mixed(one\n--ab\nstill one, alternative(two, three))");
        assert!(fault.is_none());
        assert!(matches!(root, Node::Many { loose, .. } if loose == [&b"preamble"[..], b"epilogue\n"]));
    }

    #[test]
    fn a_multipart_without_its_boundary_is_text() {
        let (root, _) = tree("Content-Type: multipart/mixed; boundary=x\n\nhej\n");
        assert_eq!(shape(&root), "hej");
    }

    #[test]
    fn nesting_and_number_of_parts_have_a_limit() {
        let deep: String =
            (0..100).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n")).collect();
        assert_eq!(tree(&deep).1.unwrap().reason, Reason::TooDeep);
        let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(20_000));
        assert_eq!(tree(&wide).1.unwrap().reason, Reason::Bomb);
    }

    #[test]
    fn damaged_transfer_encodings_lose_only_what_is_damaged() {
        assert_eq!(quoted_printable(b"S=C3=B8ren =\r\n100 % = alt=XX  \r\n="), "Søren 100 % = alt=XX\r\n".as_bytes());
        let (root, _) = tree("Content-Transfer-Encoding: base64\n\nCPR 010190-1234 Ida Holm\n");
        assert!(matches!(root, Node::Leaf(leaf) if leaf.text() == "CPR 010190-1234 Ida Holm\n"));
        let (root, _) = tree("Content-Transfer-Encoding: base64\n\nMDEwMTkw!LTEyMzQ=\n\n-- \n");
        assert!(shape(&root).starts_with("010190-1234"));
    }

    #[test]
    fn flowed_lines_are_put_together() {
        assert_eq!(unflow("ring 12 34 \r\n56 78\r\n-- \r\nAnna", false), "ring 12 34 56 78\n-- \nAnna\n");
        assert_eq!(unflow("> 010190- \n> 1234", true), "> 010190-1234\n");
    }

    #[test]
    fn fields_end_at_the_empty_line_and_strays_are_kept() {
        let entity = Entity::new(b"Subject: a\n b\nhej med dig\nTo: x@y.dk\n\nkrop");
        assert_eq!((entity.stray.as_str(), entity.body), ("hej med dig\n", &b"krop"[..]));
        assert_eq!(entity.fields().len(), 2);
        assert_eq!(Entity::new(b"just text\n\nmore").body, b"just text\n\nmore");
        assert_eq!(Entity::new(b"\nbody").body, b"body");
        assert_eq!(Entity::new(b"Subject: no end").fields().len(), 1);
    }
}
