//! ZIP archives, and the door to every format that is one inside: Office Open XML and OpenDocument.
//!
//! In: bytes that begin as a ZIP does. The names in the central directory decide what it is, never the file's own name.
//! Out: the members as children, in the directory's order, unpacked while they are read. Where the directory is
//! damaged, a new one is made (`repair.rs`). Zstandard is unpacked by ours: the crate's is C. Source: PKWARE APPNOTE 6.3.10.

mod repair;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use zip::extra_fields::ExtraField;
use zip::read::{Config, ZipFile};
use zip::result::ZipError;
// Not yet promised by the crate, but its index keeps one of two members with the same name, and all of millions in memory.
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, DateTime, SUPPORTED_COMPRESSION_METHODS, ZipReadOptions};

use crate::extract::bytes::{u16_at, u32_at};
use crate::extract::marked::Marked;
use crate::extract::ooxml::{docx, part, pptx};
use crate::extract::package::Package;
use crate::extract::sheet::{binary, xlsx};
use crate::extract::zstd::Frames;
use crate::extract::{Child, Content, Format, Head, Match, Out, Ranges, ReadSeek, charset, epub, odf};
use crate::item::{Fault, Kind, Reason};
use crate::job::Range;
use repair::repair;

/// The archive itself; what it may turn out to be stands in `ooxml`, `sheet` and `odf`.
pub const FORMATS: &[Format] = &[Format { name: "zip", kind: Kind::Container, sniff, read }];

const LOCAL: &[u8] = b"PK\x03\x04";
/// A local header has no fewer bytes.
const LOCAL_LENGTH: u64 = 30;
/// The end of the table of contents, and with its comment no more bytes than this.
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const LONGEST_END: u64 = END_LENGTH as u64 + u16::MAX as u64;
const USUAL_END: u64 = 1 << 10;
/// Before the end of a large archive's stands where its other end is.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LENGTH: usize = 20;
/// How many times the archive's own length its members may be: one may be listed twice.
const OVERLAP: u64 = 4;
/// Parts of one document.
const PARTS: usize = 1 << 17;
/// Jobs that share an archive, at most: each reads the whole directory.
const PARTS_OF_ARCHIVE: u64 = 128;

fn sniff(head: &Head<'_>) -> Match {
    // An empty archive has only an end; a part of a split one, or one written for splitting, has a mark first.
    let begins = [LOCAL, b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"];
    if begins.iter().any(|begin| head.starts(begin)) { Match::ByContent } else { Match::No }
}

/// Reads an archive or the document that it is.
pub fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let range = content.range();
    let mut reader = content.seekable()?;
    match inside(&mut reader) {
        Ok(inside) => take_apart(inside, reader, range, out),
        Err(ZipError::Io(error)) if !damaged(&error) => Err(Fault::io(error)),
        Err(_) => {
            let mut bytes = Vec::new();
            reader.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
            reader.take(out.budget().limits().whole).read_to_end(&mut bytes).map_err(Fault::io)?;
            let mut repaired: Box<dyn ReadSeek> = Box::new(Cursor::new(repair(bytes, out)?));
            let inside = inside(&mut repaired).map_err(|error| fault(&error))?;
            take_apart(inside, repaired, range, out)?;
            out.damage(Fault::corrupt("its table of contents is damaged"))
        }
    }
}

fn inside(reader: &mut Box<dyn ReadSeek + '_>) -> Result<Inside, ZipError> {
    has_own_end(reader)?;
    ZipIterable::try_new(reader, Config::default()).and_then(|mut zip| look(&mut zip))
}

fn take_apart<'a>(
    inside: Inside,
    mut reader: Box<dyn ReadSeek + 'a>,
    range: Option<Range>,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let format = match inside {
        Inside::Archive => return members(&mut reader, range, out),
        Inside::Document(format) => format,
    };
    out.is(format)?;
    if format == "xlsb" {
        return binary::read_xlsb(reader, out);
    }
    let package = &mut Package::open(reader)?;
    match format {
        "docx" => docx::read(package, out),
        "pptx" => pptx::read(package, out),
        "xlsx" => xlsx::read(package, out),
        "epub" => epub::read(package, out),
        _ => odf::read(package, out),
    }
}

/// An error if the last end of a table of contents is not this archive's: of one that was cut off inside of it, or put
/// behind it, whose members the crate would take for all there are. The file begins with a member, so what the table's
/// place is counted from is the file's beginning.
fn has_own_end(reader: &mut (impl Read + Seek)) -> Result<(), ZipError> {
    let (tail, from) = tail(reader)?;
    reader.seek(SeekFrom::Start(0))?;
    let Some(end) = memchr::memmem::rfind(&tail, END) else { return Ok(()) };
    // Large archives have another end before it, with larger numbers.
    let large = end.checked_sub(LOCATOR_LENGTH).and_then(|at| tail.get(at..)).is_some_and(|at| at.starts_with(LOCATOR));
    let number = |at| u32_at(&tail, end + at).map(u64::from);
    let (Some(size), Some(offset)) = (number(12), number(16)) else { return Ok(()) };
    let gap = (from + end as u64).checked_sub(offset.saturating_add(size));
    if large || gap.is_some_and(|gap| gap < LOCAL_LENGTH) {
        return Ok(());
    }
    Err(ZipError::InvalidArchive("its table of contents is another archive's".into()))
}

/// The last bytes of a file, in which the end of its table of contents is, and where they begin.
fn tail(reader: &mut (impl Read + Seek)) -> io::Result<(Vec<u8>, u64)> {
    let size = reader.seek(SeekFrom::End(0))?;
    let mut last = |length| {
        let from = reader.seek(SeekFrom::Start(size.saturating_sub(length)))?;
        let mut tail = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut tail)?;
        io::Result::Ok((tail, from))
    };
    // Hardly any has a long comment.
    let (tail, from) = last(USUAL_END)?;
    let found = memchr::memmem::rfind(&tail, END).is_some_and(|end| end >= LOCATOR_LENGTH);
    if found { Ok((tail, from)) } else { last(LONGEST_END) }
}

/// Ranges of members of about so many bytes each, packed. One with a name twice is not cut: what the second is called
/// depends on the first.
pub fn split(file: File, bytes: u64) -> Ranges {
    let size = file.metadata().map_or(0, |meta| meta.len());
    let ranges = ranges(io::BufReader::new(file), bytes.max(size / PARTS_OF_ARCHIVE));
    Box::new(ranges.unwrap_or_default().into_iter())
}

fn ranges(mut reader: impl Read + Seek, bytes: u64) -> Result<Vec<Range>, ZipError> {
    has_own_end(&mut reader)?;
    let mut zip = ZipIterable::try_new(&mut reader, Config::default())?;
    let Inside::Archive = look(&mut zip)? else { return Ok(Vec::new()) };
    let (mut names, mut ranges, mut full) = (HashSet::new(), Vec::new(), 0u64);
    let mut open = Range { first: 0, end: 0, offset: 0 };
    for entry in zip.files()? {
        let entry = entry?;
        if entry.is_dir() {
            continue;
        }
        let name = name(entry.name_raw());
        if name.contains(char::is_control) || !names.insert(name) {
            return Ok(Vec::new());
        }
        if full >= bytes {
            ranges.push(open);
            (open.first, full) = (open.end, 0);
        }
        open.end += 1;
        full = full.saturating_add(entry.compressed_size());
    }
    ranges.extend((open.end > open.first).then_some(open));
    Ok(ranges)
}

/// What an archive is.
enum Inside {
    Archive,
    Document(&'static str),
}

/// Looks at every name. A document's index is held in memory, so an archive of that many files stays an archive.
fn look<R: Read + Seek>(zip: &mut ZipIterable<R>) -> Result<Inside, ZipError> {
    let (mut package, mut office, mut open, mut manifest, mut book) = (false, None, None, false, false);
    let few = zip.len() <= PARTS;
    let files = zip.files()?;
    while let Some(entry) = files.next() {
        let entry = entry?;
        let name = name(entry.name_raw()).to_lowercase();
        match name.split_once('/') {
            None if name == "[content_types].xml" => package = true,
            // Its manifest may be what was cut off.
            None if name == "content.xml" => manifest = true,
            None if name == "mimetype" && entry.size() < 256 => {
                let mut kind = String::new();
                if let Ok(mut file) = entry.with_reader(files.reader_mut(), ZipReadOptions::new())
                    && file.read_to_string(&mut kind).is_ok()
                {
                    open = odf::format(kind.trim());
                    book = kind.trim() == "application/epub+zip";
                }
            }
            Some(("_rels", ".rels")) => package = true,
            Some(("word", _)) => office = office.or(Some("docx")),
            Some(("ppt", _)) => office = office.or(Some("pptx")),
            Some(("xl", "workbook.bin")) => office = Some("xlsb"),
            Some(("xl", _)) => office = office.or(Some("xlsx")),
            Some(("meta-inf", "manifest.xml")) => manifest = true,
            _ => {}
        }
    }
    let document = office.filter(|_| package).or(open.filter(|_| manifest)).or(book.then_some("epub"));
    Ok(document.filter(|_| few).map_or(Inside::Archive, Inside::Document))
}

fn damaged(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | InvalidData | InvalidInput)
}

/// Hands over the members that the central directory lists, or those that are asked for.
fn members(reader: &mut Box<dyn ReadSeek + '_>, range: Option<Range>, out: &mut Out<'_>) -> Result<(), Fault> {
    let range = range.unwrap_or(Range { first: 0, end: u32::MAX, offset: 0 });
    out.passed(range.first)?;
    if range.contains(0) {
        comment(reader, out)?;
    }
    let mut number = 0;
    // Members of their own are no longer together than the archive: a few bytes can be those of a million.
    let mut packed = reader.seek(SeekFrom::End(0)).map_err(Fault::io)?.saturating_mul(OVERLAP);
    let mut zip = ZipIterable::try_new(reader, Config::default()).map_err(|error| fault(&error))?;
    let files = zip.files().map_err(|error| fault(&error))?;
    while let Some(entry) = files.next() {
        let entry = entry.map_err(|error| fault(&error))?;
        if entry.is_dir() {
            continue;
        }
        number += 1;
        if !range.contains(number - 1) {
            continue;
        }
        let Some(left) = packed.checked_sub(entry.compressed_size()) else {
            return Err(Fault::new(Reason::Bomb, "its members lie over one another"));
        };
        packed = left;
        let (name, time, encrypted) = (name(entry.name_raw()), entry.last_modified(), entry.encrypted());
        // What the crate hands out it reads to the end, also where nobody wants the rest.
        let method = entry.compression();
        let plain = matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated);
        if !encrypted && (method == CompressionMethod::ZSTD || plain && is_picture(&name)) {
            let (start, packed, size) = (entry.header_start(), entry.compressed_size(), entry.size());
            let window = out.budget().limits().whole;
            let (content, exact) = match data(files.reader_mut(), start, packed) {
                Err(error) => (Err(Fault::io(error)), None),
                Ok((data, exact)) => (
                    Ok(match method {
                        CompressionMethod::Stored => Content::stretch(data),
                        CompressionMethod::Deflated => Content::stream(DeflateDecoder::new(data)),
                        _ => Content::stream(Frames::new(BufReader::new(data), window)),
                    }),
                    exact,
                ),
            };
            let content = content.map(|content| content.sized(size));
            let modified = exact.or_else(|| time.and_then(dos_time));
            out.child(Child { content, modified, ..closed(name, locked()) })?;
            continue;
        }
        match entry.with_reader(files.reader_mut(), ZipReadOptions::new()) {
            Ok(mut file) => hand(&mut file, out)?,
            Err(error) => {
                let fault = if encrypted { locked() } else { fault(&error) };
                out.child(Child { modified: time.and_then(dos_time), ..closed(name, fault) })?;
            }
        }
    }
    Ok(())
}

/// The largest table of contents that is looked through for comments.
const DIRECTORY: u32 = 16 << 20;

/// What somebody wrote about the whole archive, at the end of the file, and about its members, in its table of contents.
fn comment(reader: &mut (impl Read + Seek), out: &mut Out<'_>) -> Result<(), Fault> {
    let (tail, _) = tail(reader).map_err(Fault::io)?;
    let Some(end) = memchr::memmem::rfind(&tail, END).and_then(|end| tail.get(end..)) else { return Ok(()) };
    let mut text = Marked::new();
    text.at(part("comment"));
    let mut tell = |written: &[u8]| {
        if crate::extract::text::is_text(written) && !text.full() {
            text.line(&charset::decode(written, None));
        }
    };
    tell(end.get(END_LENGTH..).unwrap_or_default());
    let (size, start) = (u32_at(end, 12).unwrap_or(0), u32_at(end, 16).unwrap_or(0));
    if size <= DIRECTORY {
        reader.seek(SeekFrom::Start(start.into())).map_err(Fault::io)?;
        let mut directory = Vec::new();
        reader.take(size.into()).read_to_end(&mut directory).map_err(Fault::io)?;
        remarks(&directory, &mut tell);
    }
    text.emit(out)
}

/// The comments of the members in a central directory.
fn remarks(mut directory: &[u8], tell: &mut dyn FnMut(&[u8])) {
    while let Some(header) = directory.get(..46).filter(|header| header.starts_with(b"PK\x01\x02")) {
        let length = |at| usize::from(u16_at(header, at).unwrap_or(0));
        let from = 46 + length(28) + length(30);
        let to = from + length(32);
        if to > from {
            tell(directory.get(from..to).unwrap_or_default());
        }
        directory = directory.get(to..).unwrap_or_default();
    }
}

/// The bytes of a member that the crate does not unpack: they follow its local header. With the exact time when it was
/// modified, if one was written there (Info-ZIP's extra field `UT`).
fn data<R: Read + Seek>(reader: &mut R, start: u64, packed: u64) -> io::Result<(io::Take<&mut R>, Option<Timestamp>)> {
    let mut header = [0; 30];
    reader.seek(SeekFrom::Start(start))?;
    reader.read_exact(&mut header)?;
    if !header.starts_with(LOCAL) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let [.., a, b, c, d] = header;
    reader.seek(SeekFrom::Current(u16::from_le_bytes([a, b]).into()))?;
    let mut extra = vec![0; u16::from_le_bytes([c, d]).into()];
    reader.read_exact(&mut extra)?;
    Ok((reader.take(packed), exact_time(&extra)))
}

/// The time of modification in extra fields.
fn exact_time(mut extra: &[u8]) -> Option<Timestamp> {
    while let Some(length) = u16_at(extra, 2) {
        let field = extra.get(4..4 + usize::from(length))?;
        // A flag says that it is there.
        if let (b"UT", Some(1)) = (extra.get(..2)?, field.first().map(|flags| flags & 1)) {
            return Timestamp::from_second(i64::from(u32_at(field, 1)? as i32)).ok();
        }
        extra = extra.get(4 + field.len()..)?;
    }
    None
}

/// A picture, by its name. Only what is written about it need be read; its checksum is not looked at then.
pub fn is_picture(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["png", "jpg", "jpeg", "jpe", "jfif"].iter().any(|picture| ending.eq_ignore_ascii_case(picture))
}

fn hand<R: Read>(file: &mut ZipFile<'_, R>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut child = Child::new(name(file.name_raw()), Kind::Document, Content::bytes(&[][..]));
    child.modified = modified(file);
    let size = file.size();
    let method = file.compression();
    child.content = match SUPPORTED_COMPRESSION_METHODS.contains(&method) || method == CompressionMethod::LZMA {
        true => Ok(Content::stream(&mut *file).sized(size)),
        false => Err(fault(&ZipError::CompressionMethodNotSupported(0))),
    };
    out.child(child)
}

/// A member of which only the name can be read.
fn closed(name: String, fault: Fault) -> Child<'static> {
    Child { content: Err(fault), ..Child::new(name, Kind::Document, Content::bytes(&[][..])) }
}

/// A member's name: UTF-8 if it is that, else what DOS or Windows wrote.
pub fn name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.replace('\\', "/"),
        Err(_) => charset::decode(raw, None).replace('\\', "/"),
    }
}

/// When a member was modified: the exact time where one was written, else the DOS time, which has no zone and is
/// taken as UTC.
fn modified<R: Read>(file: &ZipFile<'_, R>) -> Option<Timestamp> {
    let exact = file.extra_data_fields().find_map(|field| match field {
        ExtraField::ExtendedTimestamp(time) => time.mod_time(),
        _ => None,
    });
    match exact {
        Some(seconds) => Timestamp::from_second(i64::from(seconds)).ok(),
        None => file.last_modified().and_then(dos_time),
    }
}

fn dos_time(time: DateTime) -> Option<Timestamp> {
    let small = |n: u8| i8::try_from(n).ok();
    jiff::civil::DateTime::new(
        i16::try_from(time.year()).ok()?,
        small(time.month())?,
        small(time.day())?,
        small(time.hour())?,
        small(time.minute())?,
        small(time.second())?,
        0,
    )
    .ok()?
    .to_zoned(TimeZone::UTC)
    .ok()
    .map(|zoned| zoned.timestamp())
}

fn locked() -> Fault {
    Fault::new(Reason::Encrypted, "it asks for a password")
}

/// What a library error is to us; its own words stay behind.
pub fn fault(error: &ZipError) -> Fault {
    match error {
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => locked(),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Fault::new(Reason::Unsupported, "its compression is not supported")
        }
        _ => Fault::corrupt("the archive is damaged here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::apart::{archive, take_apart};

    fn find(bytes: &[u8], what: &[u8]) -> usize {
        memchr::memmem::find(bytes, what).unwrap()
    }

    #[test]
    fn members_come_in_order_and_archives_nest() {
        let inner = archive(&[("b.txt", "inner")]);
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .last_modified_time(DateTime::from_date_and_time(2019, 3, 4, 5, 6, 8).unwrap());
        for (name, bytes) in [("z\\x.txt", b"first".as_slice()), ("old.zip", &inner), ("../a.txt", b"last")] {
            zip.start_file(name, options).unwrap();
            io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.add_directory("empty", options).unwrap();
        let seen = take_apart(&zip.finish().unwrap().into_inner(), "x.docx");
        assert_eq!((seen.format, seen.ended), ("zip", None));
        let names: Vec<&str> = seen.children.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z/x.txt", "old.zip", "../a.txt"]);
        let old = seen.children[1].1.as_ref().unwrap();
        assert_eq!((old.format, old.names()), ("zip", vec!["b.txt"]));
        assert_eq!(old.children[0].1.as_ref().unwrap().text, "inner");
    }

    #[test]
    fn names_of_windows_and_dos_are_decoded() {
        assert_eq!(name("lønliste.txt".as_bytes()), "lønliste.txt");
        assert_eq!(name(b"l\xF8nliste p\xE5 medarbejdere.txt"), "lønliste på medarbejdere.txt");
        assert_eq!(name(b"m\x91rke p\x86 g\x86rden.txt"), "mærke på gården.txt");
    }

    #[test]
    fn a_name_met_twice_is_two_members() {
        let mut bytes = archive(&[("a.txt", "one"), ("b.txt", "two")]);
        while let Some(at) = memchr::memmem::find(&bytes, b"b.txt") {
            bytes[at] = b'a';
        }
        let seen = take_apart(&bytes, "x.zip");
        assert_eq!(seen.names(), ["a.txt", "a.txt"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
        let mut bytes = archive(&[("secret.txt", "one"), ("odd.txt", "two"), ("b.txt", "three")]);
        for signature in [b"PK\x03\x04", b"PK\x01\x02"] {
            let at = find(&bytes, signature);
            bytes[at + if signature[2] == 3 { 6 } else { 8 }] |= 1;
            let at = at + 4 + find(&bytes[at + 4..], signature);
            bytes[at + if signature[2] == 3 { 8 } else { 10 }] = 97;
        }
        let seen = take_apart(&bytes, "x.zip");
        let reason = |n: usize| seen.children[n].1.as_ref().err().map(|fault| fault.reason);
        assert_eq!((reason(0), reason(1), reason(2)), (Some(Reason::Encrypted), Some(Reason::Unsupported), None));
        assert_eq!(seen.children[2].1.as_ref().unwrap().text, "three");
    }

    #[test]
    fn members_are_found_without_a_directory() {
        let whole = archive(&[("a.txt", "one"), ("b.txt", "two")]);
        let seen = take_apart(&whole[..find(&whole, b"PK\x01\x02") + 10], "x.zip");
        assert_eq!((seen.names(), seen.damage.len()), (vec!["a.txt", "b.txt"], 1));
        assert_eq!(seen.children[1].1.as_ref().unwrap().text, "two");
        let streamed = [&whole[..6], &[8], &whole[7..]].concat();
        let seen = take_apart(&streamed[..find(&streamed, b"PK\x01\x02") + 10], "x.zip");
        assert_eq!(seen.names(), ["a.txt", "b.txt"]);
        assert_eq!(seen.children[0].1.as_ref().unwrap().text, "one");
        assert_eq!(take_apart(b"PK\x03\x04 nothing else", "x.zip").ended.map(|f| f.reason), Some(Reason::Corrupt));
    }

    /// The last table of contents in a file may be that of an archive inside of it, or of another one.
    #[test]
    fn another_archives_contents_are_not_taken_for_its_own() {
        let inner = archive(&[("inner.txt", "little")]);
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, bytes) in [("a.txt", b"one".as_slice()), ("inner.zip", &inner), ("c.txt", b"three")] {
            zip.start_file(name, options).unwrap();
            io::Write::write_all(&mut zip, bytes).unwrap();
        }
        let whole = zip.finish().unwrap().into_inner();
        let seen = take_apart(&whole, "x.zip");
        assert_eq!((seen.names(), seen.damage.len()), (vec!["a.txt", "inner.zip", "c.txt"], 0));
        let seen = take_apart(&whole[..find(&whole, b"three") + 2], "x.zip");
        assert_eq!((seen.names(), seen.damage.len()), (vec!["a.txt", "inner.zip", "c.txt"], 1));
        let seen = take_apart(&[whole, archive(&[("d.txt", "four")])].concat(), "x.zip");
        assert_eq!((seen.names(), seen.damage.len()), (vec!["a.txt", "inner.zip", "c.txt", "d.txt"], 1));
    }

    /// D. Fifield, "A better zip bomb" (2019): one stream, listed again and again.
    #[test]
    fn members_that_lie_over_one_another_are_a_bomb() {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file("a.txt", stored).unwrap();
        io::Write::write_all(&mut zip, "one ".repeat(900).as_bytes()).unwrap();
        let whole = zip.finish().unwrap().into_inner();
        let (directory, end) = (find(&whole, b"PK\x01\x02"), find(&whole, b"PK\x05\x06"));
        let mut bytes = [&whole[..directory], &whole[directory..end].repeat(90), &whole[end..]].concat();
        let last = find(&bytes, b"PK\x05\x06");
        bytes[last + 8..last + 12].copy_from_slice(&[90, 0, 90, 0]);
        bytes[last + 12..last + 16].copy_from_slice(&((end - directory) as u32 * 90).to_le_bytes());
        let seen = take_apart(&bytes, "x.zip");
        assert_eq!(seen.ended.map(|fault| fault.reason), Some(Reason::Bomb));
        assert!((1..20).contains(&seen.children.len()), "{}", seen.children.len());
    }

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/archive/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    /// Of what is stored only a part is read, if its name is a picture's; whatever it is, what it says is found.
    #[test]
    fn pictures_that_are_not_packed_say_what_they_say_elsewhere() {
        let media = format!("{}/tests/extract/media", env!("CARGO_MANIFEST_DIR"));
        let [jpeg, png] = ["photo.jpg", "photo.png"].map(|name| std::fs::read(format!("{media}/{name}")).unwrap());
        let nested = archive(&[("inner.txt", "no picture 020290-0001")]);
        let members: [(&str, &[u8]); 5] = [
            ("a.JPG", &jpeg),
            ("b.png", &png),
            ("c.png", b"no picture 010190-0001"),
            ("d.jpeg", &nested),
            ("e.jpg", &jpeg[..jpeg.len() / 4]),
        ];
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            for (name, bytes) in members {
                zip.start_file(name, options).unwrap();
                io::Write::write_all(&mut zip, bytes).unwrap();
            }
            let seen = take_apart(&zip.finish().unwrap().into_inner(), "x.zip");
            assert_eq!(seen.names(), members.map(|(name, _)| name));
            for ((name, bytes), (_, child)) in members.iter().zip(&seen.children) {
                let (child, alone) = (child.as_ref().unwrap(), take_apart(bytes, name));
                assert_eq!((&child.text, child.format), (&alone.text, alone.format), "{name}");
                assert_eq!((&child.damage, &child.ended), (&alone.damage, &alone.ended), "{name}");
                assert_eq!(child.names(), alone.names());
            }
        }
    }

    #[test]
    fn every_method_that_programs_write_is_unpacked() {
        for method in ["deflate64", "bzip2", "lzma", "ppmd", "xz", "zstd"] {
            let seen = take_apart(&fixture(&format!("{method}.zip")), "x");
            let child = seen.children[0].1.as_ref().unwrap();
            assert!(child.text.ends_with("line 60 of æøå 010190-0001\n"), "{method}: {:?}", child.ended);
        }
    }

    #[test]
    fn a_password_costs_its_own_member_only() {
        for name in ["aes.zip", "zipcrypto.zip"] {
            let seen = take_apart(&fixture(name), "x");
            assert_eq!(seen.children[0].1.as_ref().err().map(|fault| fault.reason), Some(Reason::Encrypted), "{name}");
            assert_eq!(seen.children[1].1.as_ref().unwrap().text, "cpr 010190-0001\n", "{name}");
        }
    }

    #[test]
    fn a_bomb_ends_itself_only() {
        let seen = take_apart(&archive(&[("a.txt", "0".repeat(9 << 20).as_str()), ("b.txt", "two")]), "x.zip");
        assert_eq!(seen.children[0].1.as_ref().unwrap().ended.as_ref().unwrap().reason, Reason::Bomb);
        assert_eq!(seen.children[1].1.as_ref().unwrap().text, "two");
    }
}
