//! S/MIME that is signed and not encrypted (RFC 8551 3.5.2; CMS, RFC 5652 5): the seal is opened, not checked.
//!
//! In: the CMS structure, in BER, as a mail or Outlook attaches it (`smime.p7m`). Out: what was signed, as a child: a
//! MIME entity, or whatever else it is. Deliberately elsewhere: encrypted messages, told of where they are met.

use crate::extract::{Child, Content, Format, Head, Match, Out, eml};
use crate::item::{Fault, Kind};

/// A signed message.
pub const FORMATS: &[Format] = &[Format { name: "p7m", kind: Kind::Container, sniff, read }];

/// Constructed strings within constructed strings.
const DEPTH: u8 = 16;
const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
/// `[0]`, constructed.
const CONTENT: u8 = 0xA0;
const OCTETS: u8 = 0x04;
/// OCTET STRING in pieces.
const PIECES: u8 = 0x24;
/// id-signedData, 1.2.840.113549.1.7.2.
const SIGNED: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

fn sniff(head: &Head<'_>) -> Match {
    let begins = || Some(Ber(Ber(head.bytes).next()?.enter(SEQUENCE)?).next()?.enter(OID)? == SIGNED);
    if begins() == Some(true) { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = content.whole()?;
    let signed = signed(&bytes).ok_or(Fault::corrupt("what was signed is damaged"))?;
    if signed.is_empty() {
        // A seal alone: what it seals stands beside it.
        return Ok(());
    }
    out.child(Child::new("signed", Kind::Attachment, entity(Content::bytes(signed))?))
}

/// A MIME entity without the fields that tell a mail is read as one nevertheless.
pub fn entity(mut content: Content<'_>) -> Result<Content<'_>, Fault> {
    let head = content.head()?.trim_ascii_start();
    let mime = head.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"))
        || head.get(..12).is_some_and(|start| start.eq_ignore_ascii_case(b"mime-version"));
    Ok(if mime { Content::made("eml", move |out| eml::read(content.under(out.budget()), out)) } else { content })
}

/// ContentInfo → SignedData → EncapsulatedContentInfo → its content.
fn signed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut info = Ber(Ber(bytes).next()?.enter(SEQUENCE)?);
    info.next()?;
    let mut data = Ber(Ber(info.next()?.enter(CONTENT)?).next()?.enter(SEQUENCE)?);
    let (_version, _digests) = (data.next()?, data.next()?);
    let mut inner = Ber(data.next()?.enter(SEQUENCE)?);
    inner.next()?;
    let mut octets = Vec::new();
    if let Some(content) = inner.next() {
        collect(content.enter(CONTENT)?, DEPTH, &mut octets)?;
    }
    Some(octets)
}

/// Puts a string together that may be in pieces.
fn collect(bytes: &[u8], depth: u8, into: &mut Vec<u8>) -> Option<()> {
    let mut pieces = Ber(bytes);
    while let Some(piece) = pieces.next() {
        match piece.tag {
            OCTETS => into.extend_from_slice(piece.value),
            PIECES => collect(piece.value, depth.checked_sub(1)?, into)?,
            _ => return None,
        }
    }
    Some(())
}

/// Elements of BER after each other.
struct Ber<'b>(&'b [u8]);

struct Element<'b> {
    tag: u8,
    value: &'b [u8],
}

impl<'b> Element<'b> {
    /// The value, if the element has this tag.
    fn enter(&self, tag: u8) -> Option<&'b [u8]> {
        (self.tag == tag).then_some(self.value)
    }
}

impl<'b> Ber<'b> {
    /// The next element. What is cut short ends where the bytes do.
    fn next(&mut self) -> Option<Element<'b>> {
        let (tag, length, rest) = header(self.0)?;
        // The end of what has no length.
        if tag == 0 {
            self.0 = &[];
            return None;
        }
        let value = match length {
            Some(length) => rest.get(..length).unwrap_or(rest),
            None => rest.get(..unbounded(rest)).unwrap_or(rest),
        };
        let end = if length.is_none() { value.len() + 2 } else { value.len() };
        self.0 = rest.get(end..).unwrap_or_default();
        Some(Element { tag, value })
    }
}

/// Tag and length of an element, and what follows them. `None` for the length: it ends with two zeros.
fn header(bytes: &[u8]) -> Option<(u8, Option<usize>, &[u8])> {
    let [tag, first, rest @ ..] = bytes else { return None };
    match first {
        0x80 => Some((*tag, None, rest)),
        0..0x80 => Some((*tag, Some(usize::from(*first)), rest)),
        _ => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = length.iter().try_fold(0usize, |n, byte| Some(n.checked_mul(256)? + usize::from(*byte)))?;
            Some((*tag, Some(length), rest))
        }
    }
}

/// How long an element without a length is: up to the two zeros that are its own. Goes over the elements in it without
/// entering those that have a length.
fn unbounded(bytes: &[u8]) -> usize {
    let (mut at, mut open) = (0, 1usize);
    while let Some((tag, length, rest)) = bytes.get(at..).and_then(header) {
        let value = bytes.len() - rest.len();
        match (tag, length) {
            (0, _) => {
                open -= 1;
                if open == 0 {
                    return at;
                }
                at = value;
            }
            (_, None) => {
                open += 1;
                at = value;
            }
            (_, Some(length)) => at = value.saturating_add(length).min(bytes.len()),
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing::{read, texts};

    fn element(tag: u8, value: &[u8]) -> Vec<u8> {
        let size = (value.len() as u16).to_be_bytes();
        [&[tag, 0x82][..], &size, value].concat()
    }

    fn endless(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[tag, 0x80][..], value, &[0, 0]].concat()
    }

    fn seal(wrap: fn(u8, &[u8]) -> Vec<u8>, content: &[u8]) -> Vec<u8> {
        let data = [&[OID, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1][..], &wrap(CONTENT, content)].concat();
        let signed = [&[2, 1, 1, 0x31, 0][..], &wrap(SEQUENCE, &data), &[0x31, 0]].concat();
        let info = [&[OID, 9], SIGNED, &wrap(CONTENT, &wrap(SEQUENCE, &signed))].concat();
        wrap(SEQUENCE, &info)
    }

    const MESSAGE: &[u8] = b"Content-Type: text/plain; charset=utf-8\r\n\r\nCPR 010190-1234\r\n";

    #[test]
    fn what_was_signed_is_read() {
        let (one, two) = MESSAGE.split_at(50);
        let pieces = [element(OCTETS, one), element(OCTETS, two)].concat();
        for file in [
            seal(element, &element(OCTETS, MESSAGE)),
            seal(endless, &endless(PIECES, &pieces)),
            seal(endless, &element(OCTETS, MESSAGE)),
        ] {
            assert_eq!(read("smime.p7m", &file).format, "p7m");
            assert_eq!(texts(&file), ["", "CPR 010190-1234\n"]);
        }
    }

    #[test]
    fn a_seal_alone_and_damage_are_told_apart() {
        let bare = seal(element, b"");
        assert!(read("smime.p7s", &bare).ended.is_none());
        let whole = seal(element, &element(OCTETS, MESSAGE));
        for end in 20..whole.len() {
            read("smime.p7m", &whole[..end]);
        }
        assert!(texts(&whole[..whole.len() - 5])[1].contains("CPR 010190"));
        assert_ne!(read("a", b"0\x82\x01\x02 not BER").format, "p7m");
    }
}
