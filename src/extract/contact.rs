//! Calendars and address books: iCalendar (RFC 5545) and vCard (RFC 6350, and its predecessors 2.1 and 3.0 with
//! quoted-printable values).
//!
//! In: content lines, folded. Out: each value on a line of its own under what a person calls it, at the line where it
//! begins; what participants are called besides; pictures and attached files as children. What only programs read
//! (identifiers, time zones, recurrence) is left out.

use std::borrow::Cow;
use std::sync::Arc;

use crate::extract::charset::{self, Charset};
use crate::extract::marked::{Marked, Place};
use crate::extract::{Child, Content, Format, Head, Match, Out, bytes, mime, text};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Calendars and address books.
pub const FORMATS: &[Format] = &[
    Format { name: "ics", kind: Kind::Document, sniff: |head| begins(head, b"BEGIN:VCALENDAR"), read },
    Format { name: "vcf", kind: Kind::Document, sniff: |head| begins(head, b"BEGIN:VCARD"), read },
];

fn begins(head: &Head<'_>, with: &[u8]) -> Match {
    let begin = head.text().and_then(|text| text.trim_start().as_bytes().get(..with.len()));
    if begin.is_some_and(|begin| begin.eq_ignore_ascii_case(with)) { Match::ByContent } else { Match::No }
}

/// What programs write for programs.
const PASSED: &[&str] =
    &["BEGIN", "END", "VERSION", "PRODID", "UID", "DTSTAMP", "RRULE", "EXDATE", "TZOFFSETFROM", "TZOFFSETTO", "TZID"];

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = match content.whole_or_flowing()? {
        Ok(bytes) => bytes,
        Err(content) => return text::stream(content, out, &|_, _, _| None),
    };
    let (charset, mark) = charset::guess(&bytes);
    let wide = matches!(charset, Charset::Known(encoding) if !encoding.is_ascii_compatible());
    let bytes = bytes.get(mark..).unwrap_or_default();
    let (bytes, charset) = match wide {
        true => (Cow::Owned(charset.decode(bytes).into_owned().into_bytes()), Charset::Known(encoding_rs::UTF_8)),
        false => (Cow::Borrowed(bytes), charset),
    };

    let mut marked = Marked::new();
    let (mut files, mut modified) = (Vec::new(), None);
    let bytes = bytes::lines(&bytes);
    let mut lines = Lines { rest: &bytes, next: 1 };
    while let Some((number, raw)) = lines.next() {
        let Some(line) = Line::of(&raw, charset) else {
            marked.mark(place(number, 1, None));
            marked.line(&charset.decode(&raw));
            continue;
        };
        if matches!(line.name.as_str(), "LAST-MODIFIED" | "REV") {
            modified = modified.max(moment(&line.value));
        }
        if line.base64 {
            if !line.value.is_empty() {
                files.push((line.file_name(files.len() + 1), line.value));
            }
            continue;
        }
        for name in line.called {
            marked.mark(place(number, 1, Some("Name")));
            marked.line(&name);
        }
        if PASSED.contains(&line.name.as_str()) {
            continue;
        }
        let label = label(&line.name);
        for part in shown(&line.name, &line.value).split('\n') {
            marked.mark(place(number, line.column, Some(&label)));
            marked.line(part);
        }
        if marked.full() {
            marked.emit(out)?;
        }
    }
    if let Some(at) = modified {
        out.modified(at)?;
    }
    marked.emit(out)?;
    for (name, text) in files {
        let content = mime::base64(&text).map(Content::bytes);
        let content = content.ok_or(Fault::corrupt("its encoding is damaged"));
        out.child(Child { content, ..Child::new(name, Kind::Attachment, Content::bytes(&[][..])) })?;
    }
    Ok(())
}

fn place(line: u64, column: u64, label: Option<&str>) -> Place {
    let position = Position { line: Some(line), column: Some(column), ..Position::default() };
    Place { position, label: label.map(Arc::from) }
}

/// Logical lines: what begins with white space goes on, as does what ends in a soft line end of quoted-printable.
struct Lines<'b> {
    rest: &'b [u8],
    next: u64,
}

impl<'b> Lines<'b> {
    fn next(&mut self) -> Option<(u64, Cow<'b, [u8]>)> {
        let number = self.next;
        let mut line = Cow::Borrowed(self.physical()?);
        let head = line.get(..line.iter().position(|b| *b == b':').unwrap_or(0)).unwrap_or_default();
        let quoted = head.to_ascii_uppercase().windows(16).any(|part| part == b"QUOTED-PRINTABLE");
        while !self.rest.is_empty() {
            if quoted && line.ends_with(b"=") {
                line.to_mut().extend_from_slice(b"\r\n");
            } else if self.rest.starts_with(b" ") || self.rest.starts_with(b"\t") {
                self.rest = self.rest.get(1..).unwrap_or_default();
            } else {
                break;
            }
            let more = self.physical().unwrap_or_default();
            line.to_mut().extend_from_slice(more);
        }
        Some((number, line))
    }

    fn physical(&mut self) -> Option<&'b [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let line = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.next += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// A property: its name without group and `X-`, its value decoded but not unescaped.
struct Line {
    name: String,
    value: String,
    column: u64,
    /// The names of participants.
    called: Vec<String>,
    base64: bool,
    file: Option<String>,
}

impl Line {
    /// `None`: it is no property.
    fn of(raw: &[u8], charset: Charset) -> Option<Self> {
        let mut quoted = false;
        let colon = raw.iter().position(|b| {
            quoted ^= *b == b'"';
            *b == b':' && !quoted
        })?;
        let head = charset.decode(raw.get(..colon)?);
        let mut parts = split(&head, ';').into_iter();
        let name = parts.next()?;
        let name = name.rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return None;
        }
        let (mut called, mut base64, mut printable, mut declared, mut file) = (Vec::new(), false, false, None, None);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or(("ENCODING", part));
            let value = value.trim_matches('"');
            match (key.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
                ("ENCODING", "B" | "BASE64") => base64 = true,
                ("ENCODING", "QUOTED-PRINTABLE") => printable = true,
                ("CHARSET", _) => declared = Some(value.to_owned()),
                ("CN" | "EMAIL", _) => called.push(value.to_owned()),
                ("X-FILENAME" | "FILENAME" | "X-APPLE-FILENAME", _) => file = Some(value.to_owned()),
                _ => {}
            }
        }
        let body = raw.get(colon + 1..)?;
        let value = if printable {
            charset::decode(&mime::quoted_printable(body), declared.as_deref()).into_owned()
        } else {
            charset.decode(body).into_owned()
        };
        // vCard 4.0 and newer calendars hold pictures as data URLs.
        if let Some((_, data)) = value.split_once(";base64,").filter(|_| value.starts_with("data:")) {
            return Some(Self { name, value: data.to_owned(), column: 1, called, base64: true, file });
        }
        let column = head.chars().count() as u64 + 2;
        Some(Self { name, value, column, called, base64, file })
    }

    fn file_name(&self, number: usize) -> String {
        self.file.clone().unwrap_or_else(|| format!("{}{number}", self.name.to_ascii_lowercase()))
    }
}

/// Cuts where the separator is neither quoted nor escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|c: char| {
        quoted ^= c == '"' && !escaped;
        let cut = c == separator && !quoted && !escaped;
        escaped = c == '\\' && !escaped;
        cut
    })
    .collect()
}

/// What a person calls a property.
fn label(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(match name {
        "FN" | "N" | "NICKNAME" => "Name",
        "TEL" => "Phone",
        "EMAIL" => "E-mail",
        "ADR" | "LABEL" => "Address",
        "BDAY" => "Birthday",
        "ORG" => "Organisation",
        name => return Cow::Owned(name.strip_prefix("X-").unwrap_or(name).to_ascii_lowercase()),
    })
}

/// A value as people write it: names and addresses in their order, dates with hyphens, escapes undone.
fn shown(name: &str, value: &str) -> String {
    let parts = || split(value, ';').into_iter().map(unescape).collect::<Vec<_>>();
    let join = |order: &[usize], between: &str| {
        let parts = parts();
        let of = order.iter().filter_map(|n| parts.get(*n)).filter(|part| !part.trim().is_empty());
        of.map(String::as_str).collect::<Vec<_>>().join(between)
    };
    match name {
        "N" => join(&[3, 1, 2, 0, 4], " "),
        "ADR" => {
            let town = join(&[5, 3], " ");
            let lines = [join(&[0], ""), join(&[1], ""), join(&[2], ""), town, join(&[4], ""), join(&[6], "")];
            lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
        }
        "BDAY" if value.len() == 8 && value.bytes().all(|b| b.is_ascii_digit()) => {
            [value.get(..4), value.get(4..6), value.get(6..)].map(Option::unwrap_or_default).join("-")
        }
        "ORG" | "CATEGORIES" => parts().join(", "),
        _ => unescape(value),
    }
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(c) => text.push(c),
                None => {}
            },
            '\r' => {}
            c => text.push(c),
        }
    }
    text
}

/// A moment in either notation of ISO 8601.
fn moment(value: &str) -> Option<jiff::Timestamp> {
    let value = value.trim().trim_end_matches('Z');
    let civil: jiff::civil::DateTime = value.parse().ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;
    use crate::item::Kind;

    #[test]
    fn an_event_tells_its_people_and_its_text() {
        let seen = read(
            "x",
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1-2@x.dk\r\nATTENDEE;CN=\"Sørensen; Åse\";ROLE=REQ:mailto:aase@x.dk\r\n\
             DESCRIPTION:Samtale om cpr\\n0101\r\n 90-1234\\, og mere\r\nLAST-MODIFIED:20260102T030405Z\r\n\
             ATTACH;ENCODING=BASE64;X-FILENAME=a.txt:aGVq\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
                .as_bytes(),
        );
        assert_eq!((seen.format, seen.ended.clone()), ("ics", None));
        assert_eq!((seen.label("Sørensen; Åse"), seen.label("mailto:aase")), ("Name", "attendee"));
        assert_eq!((seen.label("010190-1234, og"), seen.at("010190-1234")), ("description", (5, 13)));
        assert!(!seen.text.contains("1-2@x.dk"));
        assert_eq!(seen.children, [("a.txt".to_owned(), Kind::Attachment, Ok(b"hej".to_vec()))]);
    }

    #[test]
    fn cards_of_every_version_are_read() {
        let seen = read(
            "x",
            b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:S=C3=B8rensen;=C3=85s=\ne\n\
              ADR;HOME:;;Algade 1;Aarhus;;8000;Danmark\nNOTE;ENCODING=QUOTED-PRINTABLE:linje =\n\
              to 020290-1234\nBDAY:19900101\nEND:VCARD\n\
              BEGIN:VCARD\nVERSION:4.0\nitem1.TEL;TYPE=home:+45 12 34 56 78\nPHOTO:data:image/png;base64,aGVq\nEND:VCARD\n",
        );
        assert_eq!(seen.format, "vcf");
        assert_eq!((seen.label("Åse Sørensen"), seen.at("Åse")), ("Name", (3, 43)));
        assert_eq!(seen.label("Algade 1, 8000 Aarhus, Danmark"), "Address");
        assert_eq!(seen.label("1990-01-01"), "Birthday");
        assert!(seen.text.contains("linje to 020290-1234\n"), "{:?}", seen.text);
        assert_eq!((seen.label("+45 12"), seen.at("+45 12")), ("Phone", (12, 21)));
        assert_eq!(seen.children[0].2, Ok(b"hej".to_vec()));
    }

    #[test]
    fn what_is_no_property_is_text_and_old_encodings_are_told() {
        let seen = read("x", b"BEGIN:VCARD\r\nFN:S\xF8ren\r\n 010190-1234\r\nhvad er det\r\nNOTE:x 020290-1234");
        assert!(seen.text.contains("Søren010190-1234\nhvad er det\n"), "{:?}", seen.text);
        assert_eq!(seen.at("020290"), (5, 8));
        let wide: Vec<u8> = "\u{FEFF}BEGIN:VCARD\r\nFN:Åse\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("x", &wide).text, "Åse\n");
    }
}
