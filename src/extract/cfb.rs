//! Compound files (OLE 2): legacy Office, Outlook messages, encrypted new Office files, and embedded objects.
//!
//! In: bytes with the compound file's signature. The names in its root decide what it is. Out: what the format's reader
//! makes of it; of an embedded object the file in it. Deliberately elsewhere: what is inside each format.
//! Sources: MS-CFB, MS-OFFCRYPTO 2.3 (`EncryptedPackage`), MS-OLEDS 2.3.6 (`Ole10Native`).

use std::io::Read;

use cfb::CompoundFile;

use crate::extract::msg;
use crate::extract::package::locked;
use crate::extract::sheet::binary;
use crate::extract::{Child, Content, Format, Head, Match, Out, ReadSeek};
use crate::item::{Fault, Kind, Reason};

/// The container itself, and what it may turn out to be.
pub const FORMATS: &[Format] = &[
    Format { name: "ole", kind: Kind::Document, sniff, read },
    Format { name: "xls", kind: Kind::Document, sniff: |_| Match::No, read },
    Format { name: "doc", kind: Kind::Document, sniff: |_| Match::No, read },
    Format { name: "ppt", kind: Kind::Document, sniff: |_| Match::No, read },
];

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") { Match::ByContent } else { Match::No }
}

/// Tells what it is and reads it.
pub fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let reader = content.seekable()?;
    let mut file = CompoundFile::open(reader).map_err(|_| Fault::corrupt("its table of contents is damaged"))?;
    let names: Vec<String> = file.read_root_storage().map(|entry| entry.name().to_lowercase()).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    let unsupported = || Err(Fault::new(Reason::Unsupported, "there is no reader for this format yet"));

    if has("encryptedpackage") {
        let formats = [
            ("docx", ["docx", "docm", "dotx"]),
            ("pptx", ["pptx", "pptm", "potx"]),
            ("xlsx", ["xlsx", "xlsm", "xltx"]),
        ];
        let ending = out.name().rsplit('.').next().unwrap_or_default().to_lowercase();
        if let Some((format, _)) = formats.iter().find(|(_, endings)| endings.contains(&ending.as_str())) {
            out.is(format)?;
        }
        return Err(locked());
    }
    if has("\tdrmcontent") {
        return Err(Fault::new(Reason::Encrypted, "its rights are managed"));
    }
    if names.iter().any(|name| name.starts_with("__substg1.0_") || name == "__properties_version1.0") {
        out.is("msg")?;
        return msg::message(file, out);
    }
    if has("worddocument") {
        out.is("doc")?;
        return unsupported();
    }
    if has("powerpoint document") {
        out.is("ppt")?;
        return unsupported();
    }
    if has("workbook") || has("book") {
        out.is("xls")?;
        let book = stream_bytes(&mut file, if has("workbook") { "Workbook" } else { "Book" }, out)?;
        return binary::read_xls(file.into_inner(), &book, out);
    }
    for (stream, name) in [("Package", "package"), ("EmbeddedOdf", "package"), ("CONTENTS", "contents")] {
        if has(&stream.to_lowercase()) {
            let bytes = stream_bytes(&mut file, stream, out)?;
            return out.child(Child::new(name, Kind::Document, Content::bytes(bytes)));
        }
    }
    if has("\u{1}ole10native") {
        let bytes = stream_bytes(&mut file, "\u{1}Ole10Native", out)?;
        let (name, file) = native(&bytes).ok_or_else(|| Fault::corrupt("the embedded file is damaged"))?;
        return out.child(Child::new(name, Kind::Document, Content::bytes(file)));
    }
    unsupported()
}

fn stream_bytes<'a>(
    file: &mut CompoundFile<Box<dyn ReadSeek + 'a>>,
    name: &str,
    out: &Out<'_>,
) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let stream = file.open_stream(format!("/{name}")).map_err(Fault::io)?;
    stream.take(out.budget().limits().whole).read_to_end(&mut bytes).map_err(Fault::io)?;
    Ok(bytes)
}

/// A file in an `Ole10Native` stream: length, flags, label, path, more flags, the temporary path, then its bytes.
fn native(bytes: &[u8]) -> Option<(String, &[u8])> {
    let string = |at: usize| {
        let rest = bytes.get(at..)?;
        let end = memchr::memchr(0, rest)?;
        Some((rest.get(..end)?, at + end + 1))
    };
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize);
    let (label, at) = string(6)?;
    let (_, at) = string(at)?;
    let at = at.checked_add(8)?.checked_add(number(at.checked_add(4)?)?)?;
    let size = number(at)?;
    let begin = at.checked_add(4)?;
    let file = bytes.get(begin..begin.checked_add(size)?.min(bytes.len()))?;
    Some((crate::extract::charset::decode(label, None).into_owned(), file))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;
    use crate::extract::apart::{Seen, take_apart};

    fn read(streams: &[(&str, &[u8])], name: &str) -> Seen {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (stream, bytes) in streams {
            file.create_stream(format!("/{stream}")).unwrap().write_all(bytes).unwrap();
        }
        take_apart(file.into_inner().get_ref(), name)
    }

    fn told(seen: &Seen) -> (&str, Option<Reason>) {
        (seen.format, seen.ended.as_ref().map(|fault| fault.reason))
    }

    #[test]
    fn the_root_tells_what_it_is() {
        assert_eq!(
            told(&read(&[("EncryptedPackage", b"x"), ("EncryptionInfo", b"x")], "a.xlsx")),
            ("xlsx", Some(Reason::Encrypted))
        );
        assert_eq!(told(&read(&[("WordDocument", b"x")], "a")), ("doc", Some(Reason::Unsupported)));
        assert_eq!(told(&read(&[("__properties_version1.0", b"x")], "a")), ("msg", None));
        assert_eq!(told(&read(&[("Workbook", b"x")], "a")), ("xls", Some(Reason::Corrupt)));
        assert_eq!(told(&take_apart(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 cut", "a.doc")), ("ole", Some(Reason::Corrupt)));
    }

    #[test]
    fn an_embedded_file_is_found_by_its_label() {
        let mut bytes = b"\0\0\0\0\x02\0b\xE6r.txt\0C:\\b.txt\0\0\0\x03\0\x04\0\0\0tmp\0".to_vec();
        bytes.extend(5u32.to_le_bytes());
        bytes.extend(b"hello");
        let seen = read(&[("\u{1}Ole10Native", &bytes)], "oleObject1.bin");
        assert_eq!(seen.names(), ["bær.txt"]);
        assert_eq!(seen.children[0].1.as_ref().unwrap().text, "hello");
        let mut odd = bytes.clone();
        odd.truncate(20);
        assert_eq!(told(&read(&[("\u{1}Ole10Native", &odd)], "x")).1, Some(Reason::Corrupt));
    }
}
