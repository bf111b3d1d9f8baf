//! Compound files (OLE 2): legacy Office, Outlook messages, encrypted new Office files, and embedded objects.
//!
//! In: bytes with the compound file's signature, or a storage in one. The names in it decide what it is. Out: what the
//! format's reader makes of it; of an embedded object the file in it; of a file whose directory is lost, the text that a
//! sweep finds. Deliberately elsewhere: what is inside each format.
//! Sources: MS-CFB, MS-OFFCRYPTO 2.3 (`EncryptedPackage`), MS-OLEDS 2.3.6 (`Ole10Native`).

use std::cell::RefCell;
use std::io::{Read, Seek, SeekFrom};

use cfb::CompoundFile;

use crate::extract::bytes::size_at;
use crate::extract::package::locked;
use crate::extract::sheet::binary;
use crate::extract::{Child, Content, Format, Head, Marked, Match, Out, ReadSeek};
use crate::extract::{charset, doc, msg, ppt, summary, sweep};
use crate::item::{Fault, Kind, Reason};

/// The container itself, and what it may turn out to be.
pub const FORMATS: &[Format] = &[
    Format { name: "ole", kind: Kind::Document, sniff, read },
    Format { name: "xls", kind: Kind::Document, sniff: |_| Match::No, read },
    Format { name: "ppt", kind: Kind::Document, sniff: |_| Match::No, read },
];

/// Objects in one document that are looked at.
const MANY: usize = 100_000;

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") { Match::ByContent } else { Match::No }
}

/// An open compound file, which readers of what is in it share.
pub type Compound<'a> = RefCell<CompoundFile<Box<dyn ReadSeek + 'a>>>;

/// A storage in a compound file: its root, or an object embedded in a document.
pub struct Storage<'f, 'a> {
    file: &'f Compound<'a>,
    path: String,
}

impl<'f, 'a> Storage<'f, 'a> {
    /// The storage of this path; the root's is empty.
    pub fn new(file: &'f Compound<'a>, path: String) -> Self {
        Self { file, path }
    }

    /// A storage in this one.
    pub fn inside(&self, name: &str) -> Self {
        Self { file: self.file, path: format!("{}/{name}", self.path) }
    }

    /// The streams or the storages in it, sorted.
    pub fn list(&self, streams: bool) -> Vec<String> {
        let file = self.file.borrow();
        let Ok(entries) = file.read_storage(if self.path.is_empty() { "/" } else { &self.path }) else {
            return Vec::new();
        };
        let mut names: Vec<String> =
            entries.filter(|entry| entry.is_stream() == streams).map(|entry| entry.name().to_owned()).collect();
        names.sort();
        names
    }

    /// There is such a stream.
    pub fn has(&self, name: &str) -> bool {
        self.file.borrow().is_stream(format!("{}/{name}", self.path))
    }

    /// A whole stream, if there is such a one. Of a damaged one, what can be read.
    pub fn bytes(&self, name: &str, out: &mut Out<'_>) -> Result<Option<Vec<u8>>, Fault> {
        if !self.has(name) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let limit = out.budget().limits().whole;
        let stream = self.file.borrow_mut().open_stream(format!("{}/{name}", self.path));
        let read = stream.and_then(|stream| stream.take(limit.saturating_add(1)).read_to_end(&mut bytes));
        if bytes.len() as u64 > limit {
            return Err(Fault::new(Reason::TooLarge, "a stream of it is larger than may be held in memory"));
        }
        if read.is_err() {
            out.damage(Fault::corrupt("a stream of it is damaged"))?;
        }
        out.charge(bytes.len() as u64)?;
        Ok(Some(bytes))
    }
}

/// Tells what it is and reads it.
pub fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut reader = content.seekable()?;
    if CompoundFile::open(&mut reader).is_err() {
        return lost(reader, out);
    }
    reader.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
    let file = CompoundFile::open(reader).map_err(|_| Fault::corrupt("its table of contents is damaged"))?;
    storage(&Storage::new(&RefCell::new(file), String::new()), out)
}

/// A file whose table of contents cannot be read: its streams lie in it somewhere.
fn lost<'a>(mut reader: Box<dyn ReadSeek + 'a>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    reader.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
    reader.take(out.budget().limits().whole).read_to_end(&mut bytes).map_err(Fault::io)?;
    out.charge(bytes.len() as u64)?;
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let names = [("doc", "WordDocument"), ("ppt", "PowerPoint Document"), ("xls", "Workbook")];
    let named = |(format, _): &&(&str, _)| Head::new(out.name(), &[]).named(&[format]);
    let found = names.iter().find(|(_, name)| memchr::memmem::find(&bytes, &wide(name)).is_some());
    if let Some((format, _)) = found.or_else(|| names.iter().find(named)) {
        out.is(format)?;
    }
    swept(&bytes, out)?;
    Err(Fault::corrupt("its table of contents is damaged: only some of its text was found"))
}

/// Hands over whatever looks like text.
pub fn swept(bytes: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
    let page = charset::Charset::Known(encoding_rs::WINDOWS_1252);
    let mut text = Marked::new();
    text.push(&sweep::runs(bytes, page));
    text.emit(out)
}

/// Reads what is in a storage.
pub fn storage(storage: &Storage<'_, '_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let has = |name: &str| storage.has(name);
    if has("EncryptedPackage") {
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
    if has("\tDRMContent") {
        return Err(Fault::new(Reason::Encrypted, "its rights are managed"));
    }
    if has("__properties_version1.0") || storage.list(true).iter().any(|name| name.starts_with("__substg1.0_")) {
        out.is("msg")?;
        return msg::message(storage.file, out);
    }
    if has("WordDocument") {
        out.is("doc")?;
        return doc::read(storage, out);
    }
    if has("PowerPoint Document") || has("PP40") {
        out.is("ppt")?;
        return ppt::read(storage, out);
    }
    if has("Workbook") || has("Book") {
        out.is("xls")?;
        return binary::read_xls(storage, out);
    }
    if let Some((name, file)) = payload(storage, "package", out)? {
        return out.child(Child::new(name, Kind::Document, Content::bytes(file)));
    }
    summary::read(storage, out)?;
    Err(Fault::new(Reason::Unsupported, "there is no reader for this format yet"))
}

/// There is a reader for what is in a storage.
pub fn is_known(storage: &Storage<'_, '_>) -> bool {
    let streams = ["WordDocument", "PowerPoint Document", "Workbook", "Book", "Package", "\u{1}Ole10Native"];
    streams.iter().any(|name| storage.has(name))
}

/// The file that an embedded object is, with its name where it has one.
fn payload(object: &Storage<'_, '_>, name: &str, out: &mut Out<'_>) -> Result<Option<(String, Vec<u8>)>, Fault> {
    for stream in ["Package", "EmbeddedOdf", "package_stream", "CONTENTS"] {
        if let Some(bytes) = object.bytes(stream, out)? {
            return Ok(Some((name.to_owned(), bytes)));
        }
    }
    let Some(bytes) = object.bytes("\u{1}Ole10Native", out)? else { return Ok(None) };
    Ok(Some(match native(&bytes) {
        Some((label, file)) => (label, file.to_vec()),
        None if bytes.get(4..6) == Some(&[2, 0]) => return Err(Fault::corrupt("the embedded file is damaged")),
        // Not of the packager: size, then the data of some program.
        None => (name.to_owned(), bytes.get(4..).unwrap_or_default().to_vec()),
    }))
}

/// Hands over an embedded object: the file that it is, or the storage as an item.
pub fn embedded(object: Storage<'_, '_>, name: &str, out: &mut Out<'_>) -> Result<(), Fault> {
    match payload(&object, name, out) {
        Ok(Some((name, file))) => out.child(Child::new(name, Kind::Document, Content::bytes(file))),
        // A control or a picture: nothing that a person has written is in it but what the document shows.
        Ok(None) if object.list(true).iter().all(|name| name.starts_with(['\u{1}', '\u{3}'])) => Ok(()),
        Ok(None) => {
            let content = Content::made("ole", move |out| storage(&object, out));
            out.child(Child::new(name, Kind::Document, content))
        }
        Err(fault) => {
            out.child(Child { content: Err(fault), ..Child::new(name, Kind::Document, Content::bytes(&[][..])) })
        }
    }
}

/// Hands over all objects in a storage of them, those of a name that begins with `prefix`.
pub fn objects(pool: &Storage<'_, '_>, prefix: &str, out: &mut Out<'_>) -> Result<(), Fault> {
    let names = pool.list(false).into_iter().filter(|name| name.starts_with(prefix)).take(MANY);
    for (at, name) in names.enumerate() {
        embedded(pool.inside(&name), &format!("object{}", at + 1), out)?;
    }
    Ok(())
}

/// A file in an `Ole10Native` stream: length, flags, label, path, more flags, the temporary path, then its bytes.
fn native(bytes: &[u8]) -> Option<(String, &[u8])> {
    let string = |at: usize| {
        let rest = bytes.get(at..)?;
        let end = memchr::memchr(0, rest)?;
        Some((rest.get(..end)?, at + end + 1))
    };
    let (label, at) = string(6)?;
    let (_, at) = string(at)?;
    let at = at.checked_add(8)?.checked_add(size_at(bytes, at.checked_add(4)?)?)?;
    let size = size_at(bytes, at)?;
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
        let seen = read(&[("WordDocument", b"x")], "a");
        assert_eq!((told(&seen), seen.damage.len()), (("doc", None), 1));
        assert_eq!(told(&read(&[("__properties_version1.0", b"x")], "a")), ("msg", None));
        let seen = read(&[("Workbook", b"x")], "a");
        assert_eq!((told(&seen), seen.damage.len()), (("xls", None), 1));
        assert_eq!(told(&take_apart(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 cut", "a.doc")), ("doc", Some(Reason::Corrupt)));
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
