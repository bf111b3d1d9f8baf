//! A mail or a mailbox (mbox) with personal data taken out of its fields and texts; what is neither is taken out whole.
//!
//! In: lines. Out: lines: the same fields, parts and boundaries. Texts are decoded, changed and encoded as they were
//! (RFC 2045); a part that is no text, or larger than is held at once, leaves a note in its place. `Message-ID` and what
//! refers to it stay, so that threads stay together.

use std::io::{self, BufRead, Read as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::masker::Masker;
use super::view::Form;
use super::{form_of, stream};
use crate::extract::charset;
use crate::extract::mime;

/// The largest part that is held, in bytes.
const PART: usize = 64 << 20;
/// The longest header.
const HEADER: usize = 1 << 20;
/// Mails within mails.
const DEPTH: usize = 16;
const NOTE: &[u8] = b"Taken out by sporhund: no text that could be redacted.\n";
/// Fields whose every word is about people.
const PEOPLE: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "sender",
    "reply-to",
    "return-path",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "resent-from",
    "resent-to",
    "disposition-notification-to",
    "x-sender",
    "x-envelope-from",
    "errors-to",
];
/// Fields that are the machine's own.
const KEPT: &[&str] = &[
    "message-id",
    "in-reply-to",
    "references",
    "content-id",
    "mime-version",
    "content-transfer-encoding",
    "date",
    "dkim-signature",
    "arc-seal",
    "arc-message-signature",
];

/// Changes a mail, or all mails of a mailbox.
pub fn mail(input: impl BufRead, output: &mut dyn Write, piece: usize, masker: &mut Masker<'_>) -> io::Result<()> {
    let mut mail = Mail { input, output, piece, masker, next: None };
    mail.advance()?;
    let mbox = mail.next.as_deref().is_some_and(|line| line.starts_with(b"From "));
    while mail.next.is_some() {
        if mbox {
            mail.envelope()?;
        }
        mail.entity(&mut Vec::new(), mbox)?;
        if !mbox && mail.next.is_some() {
            // What stands behind the last part of a mail is text.
            mail.body(&Leaf::default(), &[], mbox)?;
        }
    }
    Ok(())
}

struct Mail<'m, 'd, R> {
    input: R,
    output: &'m mut dyn Write,
    piece: usize,
    masker: &'m mut Masker<'d>,
    /// The line that comes next; `None` at the end.
    next: Option<Vec<u8>>,
}

/// What the header of a part says of its body.
#[derive(Debug, Default)]
struct Leaf {
    boundary: Option<Vec<u8>>,
    message: bool,
    encoding: String,
    charset: Option<String>,
    named: String,
}

impl<R: BufRead> Mail<'_, '_, R> {
    fn advance(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        self.input.by_ref().take(1 << 20).read_until(b'\n', &mut line)?;
        self.next = (!line.is_empty()).then_some(line);
        Ok(())
    }

    /// The line that separates the mails of a mailbox: its address goes, its date stays.
    fn envelope(&mut self) -> io::Result<()> {
        if let Some(line) = self.next.take() {
            let text = String::from_utf8_lossy(&line).into_owned();
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            if let Some(address) = words.get_mut(1).filter(|word| word.contains('@')) {
                *address = self.masker.address(address);
            }
            self.output.write_all(words.join(" ").as_bytes())?;
        }
        self.advance()
    }

    /// Does the next line end what is being read: a boundary of an outer part, or the next mail?
    fn ends(&self, boundaries: &[Vec<u8>], mbox: bool) -> bool {
        let Some(line) = &self.next else { return true };
        mbox && line.starts_with(b"From ") || at_boundary(line, boundaries).is_some()
    }

    /// A header and its body, with all the parts that are in it.
    fn entity(&mut self, boundaries: &mut Vec<Vec<u8>>, mbox: bool) -> io::Result<()> {
        let leaf = self.header(boundaries, mbox)?;
        match &leaf.boundary {
            Some(boundary) if boundaries.len() < DEPTH => {
                boundaries.push(boundary.clone());
                self.body(&Leaf::default(), boundaries, mbox)?;
                while let Some(line) = self.next.clone() {
                    let Some((level, last)) = at_boundary(&line, boundaries) else { break };
                    if level + 1 < boundaries.len() {
                        break;
                    }
                    self.output.write_all(&line)?;
                    self.advance()?;
                    if last {
                        break;
                    }
                    self.entity(boundaries, mbox)?;
                }
                boundaries.pop();
                self.body(&Leaf::default(), boundaries, mbox)
            }
            None if leaf.message && leaf.encoding != "base64" && boundaries.len() < DEPTH => {
                self.entity(boundaries, mbox)
            }
            _ => self.body(&leaf, boundaries, mbox),
        }
    }

    /// The fields, down to the empty line.
    fn header(&mut self, boundaries: &[Vec<u8>], mbox: bool) -> io::Result<Leaf> {
        let mut leaf = Leaf::default();
        let mut field: Vec<u8> = Vec::new();
        let mut first = true;
        loop {
            let line = if self.ends(boundaries, mbox && !first) { None } else { self.next.clone() };
            first = false;
            let more = line.as_ref().is_some_and(|line| line.starts_with(b" ") || line.starts_with(b"\t"));
            if !field.is_empty() && (!more || field.len() >= HEADER) {
                leaf.read(&field);
                let changed = self.field(&field);
                self.output.write_all(&changed)?;
                field.clear();
            }
            let Some(line) = line else { return Ok(leaf) };
            self.advance()?;
            if line.trim_ascii().is_empty() {
                self.output.write_all(&line)?;
                return Ok(leaf);
            }
            field.extend(line);
        }
    }

    fn field(&mut self, raw: &[u8]) -> Vec<u8> {
        let name = mime::field(raw).map(|name| String::from_utf8_lossy(name).to_ascii_lowercase()).unwrap_or_default();
        if KEPT.contains(&name.as_str()) {
            return raw.to_vec();
        }
        let mut end = raw.len();
        while raw.get(..end).is_some_and(|raw| raw.ends_with(b"\n") || raw.ends_with(b"\r")) {
            end -= 1;
        }
        let (line, newline) = raw.split_at(end);
        let text = charset::decode(line, None).into_owned();
        let (head, value) = text.split_at(if name.is_empty() { 0 } else { (name.len() + 1).min(text.len()) });
        let changed = if PEOPLE.contains(&name.as_str()) {
            // Punctuation outside ASCII is all that is left.
            self.people(value).chars().map(|c| if c.is_ascii() { c } else { '*' }).collect()
        } else {
            let told = decoded(value);
            match self.masker.text(head, &told, Form::Plain, false) {
                None => return raw.to_vec(),
                Some(changed) => encoded(&changed, if newline.starts_with(b"\r") { "\r\n" } else { "\n" }),
            }
        };
        [head.as_bytes(), changed.as_bytes(), newline].concat()
    }

    /// Addresses as they are taken out everywhere, and all else that is a word masked.
    fn people(&mut self, value: &str) -> String {
        let told = decoded(value);
        let address = |c: char| c.is_alphanumeric() || "@.!#$%&'*+-/=?^_`{|}~".contains(c);
        let mut changed = String::new();
        let mut rest = told.as_str();
        while !rest.is_empty() {
            let (word, after) = rest.split_at(rest.find(|c| !address(c)).unwrap_or(rest.len()));
            changed.push_str(&if word.contains('@') { self.masker.address(word) } else { self.masker.all(word) });
            let mut chars = after.chars();
            changed.extend(chars.next());
            rest = chars.as_str();
        }
        changed
    }

    /// A body up to the line that ends it.
    fn body(&mut self, leaf: &Leaf, boundaries: &[Vec<u8>], mbox: bool) -> io::Result<()> {
        let mut raw = Vec::new();
        let mut large = false;
        while !self.ends(boundaries, mbox) {
            let line = self.next.take().unwrap_or_default();
            if raw.len() + line.len() <= PART {
                raw.extend(line);
            } else {
                large = true;
            }
            self.advance()?;
        }
        if raw.is_empty() {
            return Ok(());
        }
        let crlf = raw.split(|b| *b == b'\n').next().is_some_and(|line| line.ends_with(b"\r"));
        let bytes = match leaf.encoding.as_str() {
            "base64" => unbase64(&raw),
            "quoted-printable" => mime::quoted_printable(&raw),
            _ => raw.clone(),
        };
        let mut changed = Vec::new();
        match form_of(&leaf.named, &bytes).filter(|_| !large) {
            Some(Some(form)) => {
                let declared = leaf.charset.as_deref().and_then(charset::named);
                stream::text(bytes.as_slice(), &mut changed, form, declared, self.piece, self.masker)?;
            }
            Some(None) => mail(bytes.as_slice(), &mut changed, self.piece, self.masker)?,
            None => {
                changed = NOTE.to_vec();
                *self.masker.changed.entry("attachment".to_owned()).or_default() += 1;
            }
        }
        if changed == bytes {
            return self.output.write_all(&raw);
        }
        let written = match leaf.encoding.as_str() {
            "base64" => base64(&changed, crlf),
            "quoted-printable" => quoted_printable(&changed),
            _ => changed,
        };
        self.output.write_all(&written)
    }
}

impl Leaf {
    /// Takes in what a field says of the body.
    fn read(&mut self, field: &[u8]) {
        let text = String::from_utf8_lossy(field).replace(['\r', '\n'], " ");
        let Some((name, value)) = text.split_once(':') else { return };
        let lower = value.trim().to_ascii_lowercase();
        match name.trim().to_ascii_lowercase().as_str() {
            "content-transfer-encoding" => self.encoding = lower,
            "content-type" => {
                let boundary = parameter(value, "boundary").filter(|_| lower.starts_with("multipart/"));
                self.boundary = boundary.map(String::into_bytes);
                self.message = lower.starts_with("message/rfc822") || lower.starts_with("message/global");
                self.charset = parameter(value, "charset");
                let name = parameter(value, "name");
                self.named = name.unwrap_or_else(|| std::mem::take(&mut self.named));
                if lower.starts_with("text/html") && self.named.is_empty() {
                    self.named = "body.html".to_owned();
                }
            }
            "content-disposition" => {
                self.named = parameter(value, "filename").unwrap_or_else(|| std::mem::take(&mut self.named));
            }
            _ => {}
        }
    }
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The innermost part that a boundary belongs to, and whether it is the last one.
fn at_boundary(line: &[u8], boundaries: &[Vec<u8>]) -> Option<(usize, bool)> {
    let rest = line.strip_prefix(b"--")?.trim_ascii_end();
    boundaries.iter().enumerate().rev().find_map(|(level, boundary)| {
        let rest = rest.strip_prefix(boundary.as_slice())?;
        (rest.is_empty() || rest == b"--").then_some((level, !rest.is_empty()))
    })
}

/// Encoded words (RFC 2047) read.
fn decoded(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    let field = format!("Subject:{value}\r\n\r\n");
    let parsed =
        mail_parser::MessageParser::new().parse_headers(field.as_bytes()).and_then(|m| m.subject().map(str::to_owned));
    parsed.map_or_else(|| value.to_owned(), |text| format!(" {text}"))
}

/// A field's value as it may be written: if it is not ASCII, as encoded words (RFC 2047 § 2), each on a line.
fn encoded(value: &str, newline: &str) -> String {
    /// Bytes of a word: with most fields' names before it, its line has no more than 76 (RFC 2047 § 2).
    const WORD: usize = 39;
    if value.is_ascii() {
        return value.to_owned();
    }
    let text = value.trim_start();
    let mut words = vec![String::new()];
    for c in text.chars() {
        match words.last_mut().filter(|word| word.len() + c.len_utf8() <= WORD) {
            Some(word) => word.push(c),
            None => words.push(c.into()),
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect();
    format!(" {}", words.join(&format!("{newline} ")))
}

fn unbase64(raw: &[u8]) -> Vec<u8> {
    let clean: Vec<u8> =
        raw.iter().copied().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).collect();
    let whole = clean.get(..clean.len() - usize::from(clean.len() % 4 == 1)).unwrap_or_default();
    base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    )
    .decode(whole)
    .unwrap_or_default()
}

fn base64(bytes: &[u8], crlf: bool) -> Vec<u8> {
    let text = STANDARD.encode(bytes);
    let newline: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    text.as_bytes().chunks(76).flat_map(|line| [line, newline].concat()).collect()
}

/// RFC 2045 6.7: lines of at most 76 characters.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut written: Vec<u8> = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let (text, newline) = match line {
            [text @ .., b'\r', b'\n'] => (text, &b"\r\n"[..]),
            [text @ .., b'\n'] => (text, &b"\n"[..]),
            text => (text, &b""[..]),
        };
        let mut width = 0;
        for (n, byte) in text.iter().enumerate() {
            let last = n + 1 == text.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || matches!(byte, b' ' | b'\t') && !last;
            let encoded = if plain { vec![*byte] } else { format!("={byte:02X}").into_bytes() };
            if width + encoded.len() > 75 {
                written.extend_from_slice(if newline == b"\r\n" { b"=\r\n" } else { b"=\n" });
                width = 0;
            }
            width += encoded.len();
            written.extend(encoded);
        }
        written.extend_from_slice(newline);
    }
    written
}
