//! An archive without its table of contents: a download that ended early, a damaged disk.
//!
//! In: bytes with local headers somewhere. Out: the same bytes with a new central directory behind them, which the
//! ordinary reader takes, so that a document with parts stays one. Source: PKWARE APPNOTE 6.3.10, 4.3.7 to 4.3.16.

use std::io::{self, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::extract::Out;
use crate::item::Fault;

const LOCAL: &[u8] = b"PK\x03\x04";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// Longer than any local header without its name.
const HEADER: usize = 30;
/// What the end of a directory without ZIP64 can count.
const MEMBERS: usize = u16::MAX as usize - 1;

/// Puts a directory behind the members that can be found. An error: there are none.
pub fn repair(mut bytes: Vec<u8>, out: &Out<'_>) -> Result<Vec<u8>, Fault> {
    let mut directory = Vec::new();
    let (mut members, mut at) = (0, 0);
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memmem::find(rest, LOCAL))
        && members < MEMBERS
    {
        at += next;
        match Member::at(&bytes, at, out)? {
            Some(member) => {
                member.list(&bytes, at, &mut directory);
                members += 1;
                at = member.data + member.packed;
            }
            None => at += LOCAL.len(),
        }
    }
    if members == 0 {
        return Err(Fault::corrupt("its table of contents is damaged"));
    }
    let start = bytes.len();
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        bytes.extend_from_slice(&(members as u16).to_le_bytes());
    }
    bytes.extend_from_slice(&number(directory.len()));
    bytes.extend_from_slice(&number(start));
    bytes.extend_from_slice(&[0, 0]);
    Ok(bytes)
}

fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// A member as its local header has it, or as its bytes show.
struct Member {
    /// Where its bytes begin.
    data: usize,
    /// How many there are.
    packed: usize,
    size: u32,
    crc: u32,
}

impl Member {
    /// The member whose header stands here. `None`: it is no header after all.
    fn at(bytes: &[u8], at: usize, out: &Out<'_>) -> Result<Option<Self>, Fault> {
        let Some(header) = bytes.get(at..) else { return Ok(None) };
        let fields = || {
            let lengths = usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
            let (flags, method) = (u16_at(header, 6)?, u16_at(header, 8)?);
            let data = header.get(HEADER + lengths..)?;
            let named = u16_at(header, 26)? > 0 && method <= 99;
            named.then_some((flags, method, lengths, data))
        };
        let Some((flags, method, lengths, data)) = fields() else { return Ok(None) };
        let begin = at + HEADER + lengths;
        let told = |at| u32_at(header, at).unwrap_or_default();
        let known = Self { data: begin, packed: told(18) as usize, size: told(22), crc: told(14) };
        // Lengths that are told elsewhere: behind the bytes, or in a field for sizes that do not fit.
        if flags & 8 == 0 && told(18) != u32::MAX {
            return Ok(Some(Self { packed: known.packed.min(data.len()), ..known }));
        }
        if let Some(described) = described(begin, data) {
            return Ok(Some(described));
        }
        if method == 8 && flags & 1 == 0 {
            let mut unpacked = DeflateDecoder::new(data);
            let (mut crc, mut block) = (Crc::new(), [0; 16 << 10]);
            loop {
                match unpacked.read(&mut block) {
                    Ok(0) => break,
                    Ok(n) => {
                        out.charge(n as u64)?;
                        crc.update(block.get(..n).unwrap_or_default());
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            let packed = (unpacked.total_in() as usize).min(data.len());
            return Ok(Some(Self { data: begin, packed, size: crc.amount(), crc: crc.sum() }));
        }
        let end = |signature| memchr::memmem::find(data, signature);
        let packed = [end(LOCAL), end(b"PK\x01\x02")].into_iter().flatten().min().unwrap_or(data.len());
        let mut crc = Crc::new();
        crc.update(data.get(..packed).unwrap_or_default());
        Ok(Some(Self { data: begin, packed, size: number_of(packed), crc: crc.sum() }))
    }

    /// Writes its entry of the directory.
    fn list(&self, bytes: &[u8], at: usize, directory: &mut Vec<u8>) {
        let field = |from: usize, to: usize| bytes.get(at + from..at + to).unwrap_or_default();
        let name = usize::from(u16_at(field(26, 28), 0).unwrap_or_default());
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(field(4, 6));
        // The lengths stand here now.
        directory.push(field(6, 7).first().copied().unwrap_or_default() & !8);
        directory.extend_from_slice(field(7, 14));
        directory.extend_from_slice(&self.crc.to_le_bytes());
        directory.extend_from_slice(&number(self.packed));
        directory.extend_from_slice(&self.size.to_le_bytes());
        directory.extend_from_slice(field(26, 28));
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&number(at));
        directory.extend_from_slice(field(HEADER, HEADER + name));
    }
}

fn number_of(length: usize) -> u32 {
    u32::from_le_bytes(number(length))
}

/// A member whose lengths stand behind it, and say where they stand.
fn described(begin: usize, data: &[u8]) -> Option<Member> {
    memchr::memmem::find_iter(data, DESCRIPTOR).find_map(|end| {
        let field = |at| u32_at(data, end + at);
        let wide = || data.get(end + 20..end + 24) == Some(&[0; 4]);
        let size = if field(12)? == 0 && wide() { field(16)? } else { field(12)? };
        (field(8)? == number_of(end)).then_some(Member { data: begin, packed: end, size, crc: field(4)? })
    })
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::{archive, take_apart};

    const DOCUMENT: &str = "<w:document xmlns:w='urn:w'><w:body><w:p><w:r><w:t>0101</w:t></w:r><w:r><w:t>90-1234</w:t></w:r>\
                            </w:p></w:body></w:document>";

    /// Without the central directory, and with its beginning only.
    fn cut(bytes: &[u8], extra: usize) -> Vec<u8> {
        bytes[..memchr::memmem::find(bytes, b"PK\x01\x02").unwrap() + extra].to_vec()
    }

    #[test]
    fn a_document_without_a_directory_stays_a_document() {
        let relations = "<Relationships><Relationship Id='1' Type='x/officeDocument' Target='word/document.xml'/>\
                         </Relationships>";
        let whole = archive(&[
            ("[Content_Types].xml", "<Types/>"),
            ("_rels/.rels", relations),
            ("word/document.xml", DOCUMENT),
        ]);
        for extra in [0, 10, 60] {
            let seen = take_apart(&cut(&whole, extra), "x.docx");
            assert_eq!((seen.format, seen.ended.clone(), seen.damage.len()), ("docx", None, 1));
            assert!(seen.text.contains("010190-1234"), "{:?}", seen.text);
        }
        // And one whose last part breaks off.
        let at = memchr::memmem::find(&whole, b"word/document.xml").unwrap();
        let seen = take_apart(&whole[..at + 17 + 90], "x.docx");
        assert_eq!(seen.format, "docx");
        assert!(seen.text.contains("0101"), "{:?}", seen.text);
    }

    #[test]
    fn streamed_members_are_told_by_what_stands_behind_them() {
        for name in ["streamed.zip", "streamed-stored.zip"] {
            let path = format!("{}/tests/extract/archive/{name}", env!("CARGO_MANIFEST_DIR"));
            let whole = std::fs::read(path).unwrap();
            let seen = take_apart(&cut(&whole, 0), "x.zip");
            assert_eq!(seen.names(), ["one.txt", "two.txt"], "{name}");
            for (child, text) in seen.children.iter().zip(["cpr 010190-0001\n", "cpr 020290-0002\n"]) {
                let child = child.1.as_ref().unwrap();
                assert_eq!((child.text.as_str(), &child.ended), (text, &None), "{name}");
            }
            // Nothing but the first member, without its descriptor.
            let end = memchr::memmem::find(&whole, b"PK\x07\x08").unwrap();
            let seen = take_apart(&whole[..end], "x.zip");
            assert_eq!(seen.children[0].1.as_ref().unwrap().text, "cpr 010190-0001\n", "{name}");
        }
    }
}
