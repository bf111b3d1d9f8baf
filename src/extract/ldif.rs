//! Directories as text: LDIF (RFC 2849), as Active Directory and OpenLDAP export their people.
//!
//! In: entries of attributes; long lines are folded, and what is not ASCII stands there in base64. Out: each attribute
//! with its value on a line of its own, under its name, at the line where it begins; pictures and other files as
//! children. What is nothing that anybody could read stays as it is written.

use std::borrow::Cow;
use std::sync::Arc;

use crate::extract::marked::{Marked, Place};
use crate::extract::{self, Child, Content, Format, Head, Match, Out, charset, mime, text};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;

/// Directories.
pub const FORMATS: &[Format] = &[Format { name: "ldif", kind: Kind::Document, sniff, read }];

/// A line that is longer is cut.
const LONGEST: usize = 32 << 20;
/// So many bytes of files are held until all text was handed over.
const HELD: usize = 64 << 20;
/// Lines that tell the format.
const TELLING: usize = 64;

/// An entry's name comes first, and every line is an attribute, goes on with one, is a comment or ends a change.
fn sniff(head: &Head<'_>) -> Match {
    let Some(text) = head.text() else { return Match::No };
    // The last line may be cut.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let (mut named, mut goes_on) = (false, false);
    for line in whole.lines().map(|line| line.trim_end_matches('\r')).take(TELLING) {
        let attribute = line.split_once(':').filter(|(name, _)| is_attribute(name));
        match (line.as_bytes().first(), attribute) {
            (None | Some(b'-'), _) => goes_on = false,
            (Some(b'#'), _) => goes_on = true,
            (Some(b' ' | b'\t'), _) if goes_on => {}
            (_, Some((name, value))) if named || name.eq_ignore_ascii_case("dn") && is_name(value) => {
                (named, goes_on) = (true, !value.trim().is_empty());
            }
            (_, Some(("version", _))) => {}
            _ => return Match::No,
        }
    }
    if named { Match::ByContent } else { Match::No }
}

/// `cn`, `description;lang-da`, `2.5.4.3`
fn is_attribute(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.;".contains(&byte))
}

/// Names begin with an attribute: `cn=Mette`. The root has none.
fn is_name(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || value.starts_with(':') || value.split_once('=').is_some_and(|(name, _)| is_attribute(name))
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let (mut marked, mut number, mut looked, mut cut) = (Marked::new(), 1, 0, false);
    let (mut files, mut held) = (Vec::new(), 0);
    text::blocks(content, &mut |text, last| {
        let end = if last { text.len() } else { whole(text, looked) };
        let mut lines = text.get(..end).unwrap_or_default().split_inclusive('\n').peekable();
        while let Some(first) = lines.next() {
            let (at, mut line) = (number, Cow::Borrowed(first.trim_end_matches(['\r', '\n'])));
            let mut ended = first.ends_with('\n');
            number += u64::from(ended);
            while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
                line.to_mut().push_str(more.get(1..).unwrap_or_default().trim_end_matches(['\r', '\n']));
                ended = more.ends_with('\n');
                number += u64::from(ended);
            }
            cut |= !ended && !last;
            if let Some(file) = add(&line, at, &mut marked) {
                held += file.len();
                files.extend((held <= HELD).then_some(file));
            }
            if marked.full() {
                marked.emit(out)?;
            }
        }
        text.drain(..end);
        looked = text.len();
        Ok(())
    })?;
    marked.emit(out)?;
    if cut {
        out.damage(Fault::new(Reason::TooLarge, "a line of it is longer than may be held in memory"))?;
    }
    if held > HELD {
        out.damage(Fault::new(Reason::TooLarge, "it has more pictures and files than may be held in memory"))?;
    }
    for (file, number) in files.into_iter().zip(1..) {
        out.child(Child::new(format!("file{number}"), Kind::Attachment, Content::bytes(file)))?;
    }
    Ok(())
}

/// Where the last line begins that may go on: all before it is whole. Up to `looked` there is none.
fn whole(text: &str, looked: usize) -> usize {
    let from = looked.saturating_sub(1);
    let new = text.as_bytes().get(from..).unwrap_or_default();
    let mut ends = memchr::memrchr_iter(b'\n', new).map(|end| from + end + 1);
    let begin = ends.find(|end| text.as_bytes().get(*end).is_some_and(|next| !matches!(next, b' ' | b'\t')));
    begin.unwrap_or(if text.len() > LONGEST { text.len() } else { 0 })
}

/// Adds a line with what it was folded over. A file in it is returned.
fn add(line: &str, number: u64, marked: &mut Marked) -> Option<Vec<u8>> {
    let mut put = |column: usize, label: Option<&str>, text: &str| {
        let position = Position { line: Some(number), column: Some(column as u64), ..Position::default() };
        marked.mark(Place { position, label: label.map(Arc::from) });
        marked.push(text);
    };
    let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_attribute(name)) else {
        put(1, None, &format!("{line}\n"));
        return None;
    };
    // `description;lang-da`
    let label = name.split(';').next().unwrap_or_default();
    let mut tell = |before: &str, value: &str| {
        put(1, None, before);
        // The lines of an address are parted by a dollar sign (RFC 4517, 3.3.28).
        let address = label.to_ascii_lowercase().ends_with("address");
        let value = if address { value.replace('$', ",") } else { value.to_owned() };
        put(before.len() + 1, Some(label), &format!("{value}\n"));
    };
    let packed = value.strip_prefix(':');
    let bytes = packed.and_then(mime::base64).unwrap_or_default();
    let zeros = if charset::is_wide(&bytes) { 0 } else { bytes.iter().rev().take_while(|byte| **byte == 0).count() };
    let read = bytes.get(..bytes.len() - zeros).filter(|bytes| !bytes.is_empty() && text::is_text(bytes));
    if read.is_none() && extract::sniff(&Head::new("", &bytes)).is_some_and(|format| format.name != "text") {
        return Some(bytes);
    }
    // What is text in another encoding than the one that should be is perhaps no base64 at all.
    if read.is_none_or(|bytes| str::from_utf8(bytes).is_err()) {
        let written = packed.unwrap_or(value).trim_start_matches(' ');
        tell(line.get(..line.len() - written.len()).unwrap_or_default(), written);
    }
    for value in read.map(|bytes| charset::decode(bytes, None)).unwrap_or_default().lines() {
        tell(&format!("{name}: "), value);
    }
    None
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::extract::testing::read;

    #[test]
    fn what_is_folded_or_in_base64_is_read() {
        let packed = |value: &str| STANDARD.encode(value);
        let (who, note) = (packed("CN=Søren Kjær,DC=x"), packed("Ring til Åse\r\nCPR 211162-9997\0"));
        let photo = STANDARD.encode(b"GIF89a\0\0 picture");
        let latin = STANDARD.encode(b"Bj\xF8rn Dahl");
        let ldif = format!(
            "# people\nversion: 1\n\ndn: CN=Bo,DC=x\ncn;lang-da: Bo\ndescription: CPR 2111\n 62-9997 is\n  his\n\
             homePostalAddress: Vej 1$2770 Kastrup\n\ndn:: {who}\ndescription:: {}\n {}\nobjectSid:: AQUAAAA=\n\
             jpegPhoto:: {photo}\ninfo:: not base64!\nsn:: {latin}\ncpr:: 2111629997\n",
            &note[..9],
            &note[9..]
        );
        let seen = read("x", ldif.as_bytes());
        assert_eq!(seen.format, "ldif");
        for said in [
            "# people\nversion: 1\n\ndn: CN=Bo,DC=x\ncn;lang-da: Bo\ndescription: CPR 211162-9997 is his\n",
            "\nhomePostalAddress: Vej 1,2770 Kastrup\n\ndn: CN=Søren Kjær,DC=x\ndescription: Ring til Åse\n",
            "\ndescription: CPR 211162-9997\nobjectSid:: AQUAAAA=\ninfo:: not base64!\n",
            "\nsn: Bjørn Dahl\n",
            "\ncpr:: 2111629997\n",
        ] {
            assert!(seen.text.contains(said), "{said}: {}", seen.text);
        }
        let place = |before: &str| &seen.places[&(seen.text.find(before).unwrap() + before.len())];
        let bo = place("lang-da: ");
        assert_eq!((bo.label.as_deref(), bo.position.line, bo.position.column), (Some("cn"), Some(5), Some(13)));
        assert_eq!(place("description: Ring til Åse\ndescription: ").position.line, Some(12));
        assert_eq!(place("dn: CN=Bo,DC=x\ncn;lang-da: Bo\ndescription: ").label.as_deref(), Some("description"));
        assert_eq!(seen.children.iter().map(|(name, ..)| name).collect::<Vec<_>>(), ["file1"]);
    }

    #[test]
    fn what_only_looks_like_one_is_text() {
        let format = |text: &str| read("x", text.as_bytes()).format;
        assert_eq!(format("dn: cn=a\ncn: a\nmember: b\n  c\n\ndn: cn=b\nchangetype: modify\n-\nsn: x\n"), "ldif");
        assert_eq!(format("dn:\nobjectClass: top\n"), "ldif");
        assert_eq!(format("# a com\n ment\ndn: cn=a\ncn: a\n"), "ldif");
        assert_eq!(format("dn: cn=a\r\ncn: a\r\n\r\n"), "ldif");
        for text in [
            "dn: a sentence\n",
            "dn: dc=firma,dc=dk\ncprs:\n - 211162-9997\n",
            "dn: 10 = 5\n\nTelefonliste\n  20 12 34 56\n",
            "DN: a = b\n\n indented\n",
            "dn: cn=a\nand a sentence: here\n",
        ] {
            assert_eq!(format(text), "text", "{text}");
        }
    }

    #[test]
    fn large_ones_are_read_block_by_block() {
        let entry = |n: usize| format!("dn: CN=p{n},DC=x\ndescription: {n} is folded\n  here {n}\n\n");
        let ldif: String = (0..20_000).map(entry).collect();
        let seen = read("x.ldif", ldif.as_bytes());
        for n in [0, 9_999, 19_999] {
            let at = seen.text.find(&format!("{n} is folded here {n}\n")).unwrap();
            assert_eq!(seen.places[&at].position.line, Some(n as u64 * 4 + 2));
        }
        assert_eq!(seen.text.matches(" is folded here ").count(), 20_000);
    }
}
