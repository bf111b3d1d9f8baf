//! Pictures: what is written about them. EXIF with the place where they were taken, IPTC, XMP, and the comments of JPEG, PNG
//! and GIF.
//!
//! In: the file. Out: each property on a line under its name, in the part `exif`, `iptc`, `xmp` or `comment`. What is
//! in the picture itself is read by others (`ocr`), if somebody asks for it. Sources: ITU T.81, W3C PNG 3, CIPA DC-008 (EXIF),
//! IPTC IIM 4.2, Adobe XMP part 3.

mod exif;
mod heif;
mod iptc;
mod segments;

use std::borrow::Cow;
use std::io::{self, BufReader, Cursor, ErrorKind, Read, SeekFrom};

use crate::budget::Budget;
use crate::extract::marked::{Marked, Place, Text};
use crate::extract::{Content, Format, Head, Match, Out, Part, ReadSeek, charset, picture, xml};
use crate::item::{Fault, Kind, Reason};
use crate::ocr::is_small;
use crate::record::Position;

/// Pictures.
pub const FORMATS: &[Format] = &[Format { name: "image", kind: Kind::Document, sniff, read }];

/// Brands of the HEIF family in an ISO base media file.
const HEIF: &[&[u8]] = &[b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypavif", b"ftypheim"];
const TIFF: [&[u8]; 2] = [b"II*\0", b"MM\0*"];
const JPEG: &[u8] = b"\xFF\xD8\xFF";
const BEGINNINGS: &[&[u8]] =
    &[b"GIF87a", b"GIF89a", b"8BPS", b"\0\0\x01\0\x01\0", b"\xFF\x0A\xFF", b"\0\0\0\x0CjP  ", b"\0\0\0\x0CJXL "];

fn sniff(head: &Head<'_>) -> Match {
    let inside =
        |at: usize, any: &[&[u8]]| any.iter().any(|mark| head.bytes.get(at..).is_some_and(|b| b.starts_with(mark)));
    let webp = head.starts(b"RIFF") && inside(8, &[b"WEBP"]);
    // `BM` could begin a text: the size of its second header must be one that exists.
    let bitmap = head.starts(b"BM") && inside(15, &[b"\0\0\0"]);
    let bare = head.starts(b"\xFF\x0A") && head.named(&["jxl"]);
    if bare || Sought::of(head.bytes).is_some() || inside(0, BEGINNINGS) || webp || bitmap {
        Match::ByContent
    } else {
        Match::No
    }
}

/// Pictures that say where what is written about them stands, so that no more of them is read.
#[derive(Clone, Copy, PartialEq)]
enum Sought {
    Jpeg,
    Png,
    Tiff,
    Heif,
}

impl Sought {
    /// It is read from its beginning, over what is passed, and never back.
    fn goes_on(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }

    fn of(begin: &[u8]) -> Option<Self> {
        let is = |at: usize, any: &[&[u8]]| begin.get(at..).is_some_and(|b| any.iter().any(|mark| b.starts_with(mark)));
        Some(match () {
            () if is(0, &[JPEG]) => Self::Jpeg,
            () if is(0, &[segments::PNG]) => Self::Png,
            () if is(0, &TIFF) => Self::Tiff,
            () if is(4, HEIF) => Self::Heif,
            () => return None,
        })
    }
}

fn read(mut content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut notes = Notes::default();
    let sought = Sought::of(content.head()?);
    let drawn = out.budget().ocr().is_some();
    // All of it, where all is looked at or who draws it wants it; else the file.
    let held = match sought {
        None => Ok(content.whole()?),
        Some(sought) if drawn && sought != Sought::Heif => content.whole_or_flowing()?,
        Some(_) => Err(content),
    };
    let mut bytes = Cow::default();
    let mut file: Box<dyn ReadSeek + '_> = match held {
        Ok(held) => {
            bytes = held;
            Box::new(Cursor::new(&bytes[..]))
        }
        Err(content) if sought.is_some_and(Sought::goes_on) => content.forward()?,
        Err(content) => content.seekable()?,
    };
    let ended = match (sought, bytes.get(..4).unwrap_or_default()) {
        (Some(Sought::Jpeg), _) => segments::jpeg(&mut file, &mut notes),
        (Some(Sought::Png), _) => segments::png(&mut file, &mut notes, out.budget()),
        (Some(Sought::Tiff), _) => exif::read(&mut file, &mut notes),
        (Some(Sought::Heif), _) => heif::read(&mut file, &mut notes, out.budget()),
        (None, b"RIFF") => riff(&bytes, &mut notes).ok_or_else(segments::damaged),
        (None, b"GIF8") => gif(&bytes, &mut notes).ok_or_else(segments::damaged),
        (None, _) => search(&bytes, &mut notes).ok_or_else(segments::damaged),
    };
    let damage = ended.err().map(|error| damage(error, out.budget())).transpose()?;
    if let Some(at) = notes.modified {
        out.modified(at)?;
    }
    notes.text.emit(out)?;
    for packet in std::mem::take(&mut notes.xmp) {
        xmp(&packet, out)?;
    }
    if let Some(fault) = damage {
        out.damage(fault)?;
    }
    // Of what is not held: a stream cannot go back.
    let frame = Some(notes.frame).filter(|_| bytes.is_empty() && sought.is_some_and(Sought::goes_on));
    draw(&bytes, &mut file, frame, out)
}

/// Has whoever reads text in pictures read it, or tells that nobody did.
fn draw(bytes: &[u8], file: &mut dyn ReadSeek, frame: Option<Frame>, out: &mut Out<'_>) -> Result<(), Fault> {
    let pages = match frame {
        Some(Frame::Unknown) => Some(vec![0]),
        Some(Frame::Sized(width, height)) => Some(if is_small(width, height) { Vec::new() } else { vec![0] }),
        Some(Frame::Strange) => None,
        None => {
            file.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
            picture::pages(BufReader::new(&mut *file))
        }
    };
    let Some(pages) = pages else {
        return (out.push)(Part::Unseen(Fault::new(Reason::Unsupported, "text in pictures of this kind is not read")));
    };
    let budget = out.budget();
    let many = pages.last().is_some_and(|last| *last > 0);
    let mut held = Cow::Borrowed(bytes);
    for page in pages {
        let number = many.then_some(page + 1);
        let position = Position { page: number, part: Some("picture".into()), ..Position::default() };
        out.pictures(&position, &mut |each| {
            if held.is_empty() {
                held = all(file, budget).map_err(Fault::io)?.into();
            }
            picture::draw(&held, page, budget)?.map_or(Ok(()), &mut *each)
        })?;
    }
    Ok(())
}

/// All bytes of a file, from its beginning. They are paid for already, or lie on the disk.
fn all(file: &mut dyn ReadSeek, budget: &Budget) -> io::Result<Vec<u8>> {
    let (mut bytes, limit) = (Vec::new(), budget.limits().whole);
    file.seek(SeekFrom::Start(0))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// What an error in a segment is. What was said before it stays said, but where a limit was hit.
fn damage(error: io::Error, budget: &Budget) -> Result<Fault, Fault> {
    Ok(match (budget.hit(), error.kind()) {
        (Some(fault), _) => return Err(fault),
        // Invalid input: to go to where there is nothing.
        (None, ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
            Fault::corrupt("what is written about the picture is damaged")
        }
        (None, ErrorKind::FileTooLarge) => {
            Fault::new(Reason::TooLarge, "what is written about the picture is over the limit")
        }
        (None, _) => Fault::io(error),
    })
}

/// What was found so far.
#[derive(Default)]
struct Notes {
    text: Marked,
    xmp: Vec<Vec<u8>>,
    modified: Option<jiff::Timestamp>,
    /// What JPEG and PNG say of the picture itself.
    frame: Frame,
}

/// What is known of a picture that is not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Frame {
    /// Nothing, because of damage.
    #[default]
    Unknown,
    /// Its width and height in pixels.
    Sized(u32, u32),
    /// Nobody here can draw it.
    Strange,
}

impl Notes {
    fn line(&mut self, part: &str, label: &str, text: &str) {
        let text = text.trim_matches([' ', '\0', '\r', '\n', '\t']);
        if !text.is_empty() {
            let position = Position { part: Some(part.into()), ..Position::default() };
            self.text.mark(Place { position, label: Some(label.into()) });
            self.text.line(text);
        }
    }

    fn are_none(&self) -> bool {
        self.text.is_empty() && self.xmp.is_empty()
    }

    /// Takes over what was not found yet.
    fn complete(&mut self, found: Self) {
        if self.text.is_empty() {
            self.text = found.text;
            self.modified = self.modified.or(found.modified);
        }
        if self.xmp.is_empty() {
            self.xmp = found.xmp;
        }
    }

    fn exif(&mut self, tiff: &[u8]) -> io::Result<()> {
        exif::read(&mut Cursor::new(tiff), self)
    }
}

/// A packet of XMP: XML, whose lines nobody can go to.
fn xmp(packet: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
    let push = &mut *out.push;
    let mut pushed = |part: Part<'_>| match part {
        Part::Text(Text { str, own, place, cells, rows }) => {
            let place = |at| {
                let position = Position { part: Some("xmp".into()), ..Position::default() };
                Place { position, ..place(at) }
            };
            push(Part::Text(Text { str, own, place: &place, cells, rows }))
        }
        part => push(part),
    };
    xml::read(Content::bytes(packet), &mut Out::new(out.budget, out.name, None, &mut pushed))
}

/// WebP. This and the following functions return `None` where something was damaged.
fn riff(bytes: &[u8], notes: &mut Notes) -> Option<()> {
    let mut rest = bytes.get(12..)?;
    while rest.len() >= 8 {
        let length = u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?) as usize;
        let data = rest.get(8..length.checked_add(8)?)?;
        match rest.get(..4)? {
            b"EXIF" => notes.exif(data.strip_prefix(b"Exif\0\0").unwrap_or(data)).ok()?,
            b"XMP " => notes.xmp.push(data.to_vec()),
            _ => {}
        }
        rest = rest.get(8 + length + length % 2..).unwrap_or_default();
    }
    Some(())
}

/// Comments and XMP stand in extensions between the pictures.
fn gif(bytes: &[u8], notes: &mut Notes) -> Option<()> {
    let table = |flags: u8| if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 };
    let mut rest = bytes.get(13 + table(*bytes.get(10)?)..)?;
    /// The blocks up to an empty one, joined.
    fn blocks(rest: &mut &[u8]) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let (length, tail) = rest.split_first()?;
            let (block, tail) = tail.split_at_checked(usize::from(*length))?;
            *rest = tail;
            if block.is_empty() {
                return Some(all);
            }
            all.extend_from_slice(block);
        }
    }
    loop {
        match rest {
            [0x3B, ..] => return Some(()),
            // XMP is not cut into blocks; a trailer makes it look as if it were.
            [0x21, 0xFF, 11, tail @ ..] if tail.starts_with(b"XMP DataXMP") => {
                let packet = tail.get(11..)?;
                let end = memchr::memmem::find(packet, b"<?xpacket end")? + 19;
                notes.xmp.push(packet.get(..end)?.to_vec());
                rest = packet.get(end..)?;
                blocks(&mut rest)?;
            }
            [0x21, kind, tail @ ..] => {
                rest = tail;
                let text = blocks(&mut rest)?;
                if *kind == 0xFE {
                    notes.line("comment", "comment", &charset::decode(&text, None));
                }
            }
            [0x2C, ..] => {
                rest = rest.get(11 + table(*rest.get(9)?)..)?;
                blocks(&mut rest)?;
            }
            _ => return None,
        }
    }
}

/// Containers that are not taken apart (JPEG 2000, JPEG XL, Photoshop and others) hold the same blocks somewhere.
fn search(bytes: &[u8], notes: &mut Notes) -> Option<()> {
    let find = |from: usize, what: &[u8]| memchr::memmem::find(bytes.get(from..)?, what).map(|at| from + at);
    for mark in [b"Exif\0\0II*\0", b"Exif\0\0MM\0*"] {
        if let Some(at) = find(0, mark) {
            notes.exif(bytes.get(at + 6..)?).ok()?;
        }
    }
    let mut from = 0;
    while let Some(begin) = find(from, b"<x:xmpmeta") {
        let end = find(begin, b"</x:xmpmeta>").map_or(bytes.len(), |end| end + 12);
        notes.xmp.push(bytes.get(begin..end)?.to_vec());
        from = end;
    }
    if bytes.starts_with(b"8BPS") {
        let colours = u32::from_be_bytes(bytes.get(26..30)?.try_into().ok()?) as usize;
        iptc::resources(bytes.get(colours.checked_add(34)?..)?, notes);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;
    use crate::item::Reason;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn what_is_written_about_a_picture_is_read() {
        for name in ["photo.jpg", "photo.png", "photo.webp", "photo.tif", "photo.heic", "photo.avif"] {
            let seen = read("x", &fixture(name));
            // Text in the pictures of telephones is not read.
            let damaged = seen.damage.iter().any(|fault| fault.reason != Reason::Unsupported);
            assert_eq!((seen.format, damaged, &seen.ended), ("image", false, &None), "{name}");
            for (value, part, label) in [
                ("Åse Sørensen 010190-0001", "exif", "artist"),
                ("kommentar 020290-0001", "exif", "comment"),
                ("ejer 030390-0001", "exif", "camera owner"),
                ("billede 040490-0001", "xmp", "li"),
            ] {
                let place = seen.place(value);
                assert_eq!((place.position.part.as_deref(), seen.label(value)), (Some(part), label), "{name}");
            }
            assert_eq!(seen.label("55.676111, -12.568333"), "GPS position", "{name}: {}", seen.text);
            if name.ends_with("jpg") || name.ends_with("tif") {
                assert_eq!(seen.label("billedtekst 050590-0001"), "caption", "{name}");
            }
        }
        let seen = read("x", &fixture("photo.jpg"));
        assert_eq!(seen.label("løs 060690-0001"), "comment");
        assert_eq!(read("x", &fixture("photo.gif")).label("løs 060690-0001"), "comment");
        let seen = read("x", &fixture("text.png"));
        assert_eq!((seen.label("tekst 070790-0001"), seen.label("pakket 080890-0001")), ("Author", "Comment"));
        assert_eq!(seen.label("æøå 090990-0001"), "Description");
    }

    #[test]
    fn who_could_read_the_picture_itself_is_told() {
        let (jpg, png) = (fixture("photo.jpg"), fixture("text.png"));
        let frame = memchr::memmem::find(&jpg, b"\xFF\xC0").unwrap();
        let with = |at: usize, byte: u8| [&jpg[..at], &[byte], &jpg[at + 1..]].concat();
        // Its height is told behind it; 12 bits; arithmetic; as Apple packs it.
        let mut high = with(frame + 6, 0);
        high[frame + 5] = 0;
        let apple = [&png[..8], b"\0\0\0\x04CgBI\0\0\0\0\0\0\0\0", &png[8..]].concat();
        for strange in [high, with(frame + 4, 12), with(frame + 1, 0xC9), apple] {
            let seen = read("x", &strange);
            assert!(seen.damage.iter().any(|fault| fault.message.contains("of this kind")), "{:?}", seen.damage);
            assert!(seen.text.contains("0001"), "{}", seen.text);
        }
        // What is wrong before it: nobody knows yet.
        let second = memchr::memmem::find(&jpg, b"\xFF\xED").unwrap();
        let seen = read("x", &with(second, 0));
        assert!(seen.damage.iter().any(|fault| fault.message.contains("--ocr only")), "{:?}", seen.damage);
    }

    #[test]
    fn damage_in_one_segment_does_not_cost_the_others() {
        let jpg = fixture("photo.jpg");
        let exif = memchr::memmem::find(&jpg, b"Exif\0\0").unwrap();
        let broken = [&jpg[..exif + 10], &[0xFF; 4], &jpg[exif + 14..]].concat();
        let seen = read("x", &broken);
        assert!(!seen.text.contains("010190-0001"), "{}", seen.text);
        for value in ["billede 040490-0001", "billedtekst 050590-0001", "løs 060690-0001"] {
            assert!(seen.text.contains(value), "{value} in {}", seen.text);
        }
        assert_eq!(seen.damage.first().map(|fault| fault.reason), Some(Reason::Corrupt));
    }

    #[test]
    fn a_picture_about_which_nothing_is_written_is_told() {
        let seen = read("x", b"\x89PNG\r\n\x1A\n\0\0\0\0IEND\xAE\x42\x60\x82");
        assert_eq!((seen.text.as_str(), seen.damage.first().unwrap().reason), ("", Reason::Unsupported));
    }

    #[test]
    fn damage_is_told_and_costs_what_is_behind_it() {
        let more = ["photo.heic", "photo.avif", "photo.gif", "text.png"];
        for name in ["photo.jpg", "photo.png", "photo.webp", "photo.tif"].into_iter().chain(more) {
            let bytes = fixture(name);
            for n in (1..bytes.len()).step_by(bytes.len() / 100 + 1) {
                let mut broken = bytes.clone();
                broken[n] ^= 1 << (n % 8);
                for bytes in [&broken[..], &bytes[..n]] {
                    let ended = read("x.bin", bytes).ended;
                    assert!(ended.is_none_or(|fault| fault.reason != Reason::Crashed), "{name} {n}");
                }
            }
        }
    }
}
