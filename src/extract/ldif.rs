//! Directories as text: LDIF (RFC 2849), as Active Directory and OpenLDAP export their people.
//!
//! In: entries of attributes; long lines are folded, and what is not ASCII stands there in base64. Out: each value on a
//! line of its own under its attribute's name, at the line where it begins; photos as children. What only programs read
//! (identifiers, certificates) is left out.

use std::sync::Arc;

use crate::extract::marked::{Marked, Place};
use crate::extract::{Child, Content, Format, Head, Match, Out, mime, text};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Directories.
pub const FORMATS: &[Format] = &[Format { name: "ldif", kind: Kind::Document, sniff, read }];

/// A line that is longer is cut.
const LONGEST: usize = 16 << 20;

/// How pictures of people begin: JPEG and PNG.
const PICTURES: [&[u8]; 2] = [b"\xFF\xD8\xFF", b"\x89PNG"];

fn sniff(head: &Head<'_>) -> Match {
    let Some(text) = head.text() else { return Match::No };
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', ' ']));
    let first = lines.find(|line| !line.starts_with("version:")).unwrap_or_default();
    let (attribute, name) = first.split_once(':').unwrap_or_default();
    let entry = attribute.eq_ignore_ascii_case("dn") && (name.starts_with(": ") || name.contains('='));
    if entry { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let (mut marked, mut number, mut photos) = (Marked::new(), 1, 0);
    text::blocks(content, &mut |text, last| {
        let end = if last { text.len() } else { whole(text) };
        let mut lines = text.get(..end).unwrap_or_default().split_inclusive('\n').peekable();
        while let Some(first) = lines.next() {
            let (at, mut line) = (number, first.trim_end_matches(['\r', '\n']).to_owned());
            number += 1;
            while let Some(more) = lines.next_if(|next| next.starts_with(' ')) {
                line.push_str(more.get(1..).unwrap_or_default().trim_end_matches(['\r', '\n']));
                number += 1;
            }
            if let Some(photo) = add(&line, at, &mut marked) {
                photos += 1;
                let name = format!("photo{photos}");
                out.child(Child::new(name, Kind::Attachment, Content::bytes(photo)))?;
            }
            if marked.full() {
                marked.emit(out)?;
            }
        }
        text.drain(..end);
        Ok(())
    })?;
    marked.emit(out)
}

/// Where the last line begins that may go on: all before it is whole.
fn whole(text: &str) -> usize {
    let mut ends = memchr::memrchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
    let begin = ends.find(|end| text.as_bytes().get(*end).is_some_and(|next| *next != b' '));
    begin.unwrap_or(if text.len() > LONGEST { text.len() } else { 0 })
}

/// Adds a line with what it was folded over. A picture is returned.
fn add(line: &str, number: u64, marked: &mut Marked) -> Option<Vec<u8>> {
    let attribute = line.split_once(':').filter(|(name, _)| !name.starts_with('#') && !name.contains(' '));
    let mut mark = |column, label: Option<&str>, value: &str| {
        let position = Position { line: Some(number), column: Some(column), ..Position::default() };
        marked.mark(Place { position, label: label.map(Arc::from) });
        marked.push(value);
        marked.push("\n");
    };
    let Some((name, value)) = attribute else {
        mark(1, None, line);
        return None;
    };
    // `description;lang-da`
    let label = name.split(';').next().unwrap_or_default();
    let Some(packed) = value.strip_prefix(':') else {
        let shown = value.trim_start_matches(' ');
        mark((line.len() - shown.len()) as u64 + 1, Some(label), &lines_of(label, shown));
        return None;
    };
    let Some(bytes) = mime::base64(packed) else {
        mark(1, None, line);
        return None;
    };
    if PICTURES.iter().any(|picture| bytes.starts_with(picture)) {
        return Some(bytes);
    }
    if text::is_text(&bytes)
        && let Ok(value) = str::from_utf8(&bytes)
    {
        value.lines().for_each(|value| mark(1, Some(label), &lines_of(label, value)));
    }
    None
}

/// The lines of an address are parted by a dollar sign (RFC 4517, 3.3.28).
fn lines_of(label: &str, value: &str) -> String {
    if label.to_ascii_lowercase().ends_with("address") { value.replace('$', ", ") } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::extract::apart::take_apart;

    #[test]
    fn what_is_folded_or_in_base64_is_read() {
        let packed = |value: &str| STANDARD.encode(value);
        let (who, note) = (packed("CN=Søren Kjær,DC=x"), packed("Ring til Åse\r\nCPR 211162-9997"));
        let photo = STANDARD.encode(b"\xFF\xD8\xFF\xE0 picture");
        let ldif = format!(
            "# people\nversion: 1\n\ndn: CN=Bo,DC=x\ncn;lang-da: Bo\ndescription: CPR 2111\n 62-9997 is\r\n  his\n\
             homePostalAddress: Vej 1$2770 Kastrup\n\ndn:: {who}\ndescription:: {}\n {}\nobjectSid:: AQUAAAA=\n\
             jpegPhoto:: {photo}\ninfo:: not base64!\n",
            &note[..9],
            &note[9..]
        );
        let seen = take_apart(ldif.as_bytes(), "x");
        assert_eq!(seen.format, "ldif");
        assert_eq!(
            seen.text,
            "# people\n1\n\nCN=Bo,DC=x\nBo\nCPR 211162-9997 is his\nVej 1, 2770 Kastrup\n\nCN=Søren Kjær,DC=x\n\
             Ring til Åse\nCPR 211162-9997\ninfo:: not base64!\n"
        );
        let bo = seen.place("Bo");
        assert_eq!((bo.label.as_deref(), bo.position.line, bo.position.column), (Some("cn"), Some(5), Some(13)));
        assert_eq!(seen.place("Ring til Åse").position.line, Some(12));
        assert_eq!(seen.place("CN=Søren Kjær,DC=x").label.as_deref(), Some("dn"));
        assert_eq!(seen.names(), ["photo1"]);
        assert_eq!(take_apart(b"dn: a sentence\n", "x").format, "text");
    }

    #[test]
    fn large_ones_are_read_block_by_block() {
        let entry = |n: usize| format!("dn: CN=p{n},DC=x\ndescription: {n} is folded\n  here {n}\n\n");
        let ldif: String = (0..20_000).map(entry).collect();
        let seen = take_apart(ldif.as_bytes(), "x.ldif");
        for n in [0, 9_999, 19_999] {
            let said = format!("{n} is folded here {n}");
            assert_eq!(seen.place(&said).position.line, Some(n as u64 * 4 + 2));
        }
        assert_eq!(seen.text.matches(" is folded here ").count(), 20_000);
    }
}
