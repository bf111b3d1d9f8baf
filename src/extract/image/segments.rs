//! JPEG and PNG: what stands between the segments that are the picture itself, which are passed over.
//!
//! In: a file that can be sought through; a share has more photographs than anything else, and of one of 5 MB some 50 KB
//! are read. Out: properties, and the picture's size. Sources: ITU T.81 annex B, W3C PNG 3.

use std::io::{self, Read, SeekFrom};

use flate2::read::ZlibDecoder;

use super::{Frame, Notes, iptc};
use crate::budget::{Budget, Metered};
use crate::extract::{ReadSeek, charset};

/// Less than so much is read over, not sought over: the reader has it in its buffer, and a search would empty that.
const NEAR: u64 = 32 << 10;
/// What may be written about one picture, in bytes.
pub const LONGEST: u64 = 64 << 20;
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const XMP_MORE: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// A file's pieces, one after the other. Where the file ends in one, it is an error of that kind.
struct Pieces<'a> {
    file: &'a mut dyn ReadSeek,
    /// How many more bytes may be taken.
    left: u64,
    /// What went wrong first in what was passed.
    whole: io::Result<()>,
}

impl<'a> Pieces<'a> {
    fn new(file: &'a mut dyn ReadSeek) -> Self {
        Self { file, left: LONGEST, whole: Ok(()) }
    }

    fn some<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The next bytes; of too many the first.
    fn take(&mut self, length: u64) -> io::Result<Vec<u8>> {
        let (mut bytes, most) = (Vec::new(), length.min(self.left));
        self.file.take(most).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < most {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= most;
        if length > most {
            // If there is so much at all.
            self.pass(length - most - 1)?;
            self.some::<1>()?;
            self.went(Err(io::ErrorKind::FileTooLarge.into()));
        }
        Ok(bytes)
    }

    /// What these bytes unpack to; of too much the beginning, and of what is damaged what comes before.
    fn unpack(&mut self, packed: &[u8], budget: &Budget) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let ended = Metered::new(ZlibDecoder::new(packed), budget).take(self.left + 1).read_to_end(&mut bytes);
        if let (Err(error), Some(_)) = (ended, budget.hit()) {
            return Err(error);
        }
        let most = bytes.len().min(self.left as usize);
        if bytes.len() > most {
            bytes.truncate(most);
            self.went(Err(io::ErrorKind::FileTooLarge.into()));
        }
        self.left -= most as u64;
        Ok(bytes)
    }

    fn pass(&mut self, length: u64) -> io::Result<()> {
        match length {
            0..NEAR => io::copy(&mut self.file.take(length), &mut io::sink()).map(drop),
            _ => self.file.seek(SeekFrom::Current(i64::try_from(length).unwrap_or(i64::MAX))).map(drop),
        }
    }

    /// What is wrong in one piece does not cost those behind it.
    fn went(&mut self, piece: io::Result<()>) {
        if self.whole.is_ok() {
            self.whole = piece;
        }
    }
}

/// Something is not what it should be.
pub fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Reads a JPEG up to the picture. An error of the kinds `UnexpectedEof` and `InvalidData`: it is damaged there;
/// `FileTooLarge`: more is said there than is read.
pub fn jpeg(file: &mut dyn ReadSeek, notes: &mut Notes) -> io::Result<()> {
    let (mut pieces, mut more) = (Pieces::new(file), Vec::new());
    let ended = segments(&mut pieces, &mut more, notes);
    if !more.is_empty() {
        notes.xmp.push(more);
    }
    pieces.whole.and(ended)
}

/// The segments of a JPEG up to the picture; `more` is what is in several of them.
fn segments(pieces: &mut Pieces<'_>, more: &mut Vec<u8>, notes: &mut Notes) -> io::Result<()> {
    pieces.some::<2>()?;
    loop {
        let [mark] = pieces.some()?;
        if mark != 0xFF {
            return Err(damaged());
        }
        let mut marker = 0xFF;
        while marker == 0xFF {
            [marker] = pieces.some()?;
        }
        match marker {
            // Without a length: restarts. The picture itself, or the end: nothing is told behind it.
            0x01 | 0xD0..=0xD8 => continue,
            0xD9 | 0xDA => return Ok(()),
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes(pieces.some()?)).checked_sub(2).ok_or_else(damaged)?;
        if !matches!(marker, 0xC0..=0xCF | 0xE1 | 0xED | 0xFE) {
            pieces.pass(length)?;
            continue;
        }
        let segment = pieces.take(length)?;
        pieces.went(segment_of(marker, &segment, more, notes));
    }
}

fn segment_of(marker: u8, segment: &[u8], more: &mut Vec<u8>, notes: &mut Notes) -> io::Result<()> {
    match marker {
        0xE1 if segment.starts_with(b"Exif\0") => notes.exif(segment.get(6..).ok_or_else(damaged)?)?,
        0xE1 if segment.starts_with(XMP) => notes.xmp.extend(segment.get(XMP.len()..).map(<[u8]>::to_vec)),
        // In pieces: its name (32), its length and the offset of the piece (4 each).
        0xE1 if segment.starts_with(XMP_MORE) => {
            more.extend_from_slice(segment.get(XMP_MORE.len() + 40..).unwrap_or_default());
        }
        0xED if segment.starts_with(b"Photoshop 3.0\0") => {
            let resources = segment.get(14..).unwrap_or_default();
            iptc::resources(resources, notes).ok_or_else(damaged)?;
        }
        0xFE => notes.line("comment", "comment", &charset::decode(segment, None)),
        // Tables of codes, and what they call arithmetic; all others of this row begin a frame.
        0xC4 | 0xC8 | 0xCC | 0xE1 | 0xED => {}
        _ => {
            let [bits, a, b, c, d] = *segment.first_chunk().ok_or_else(damaged)?;
            let (width, height) = (u16::from_be_bytes([c, d]), u16::from_be_bytes([a, b]));
            // Eight bits, coded as Huffman did, and as high as it says: a height of 0 is told behind the picture.
            notes.frame = match (marker, bits, height) {
                (0xC0..=0xC2, 8, 1..) => Frame::Sized(width.into(), height.into()),
                _ => Frame::Strange,
            };
        }
    }
    Ok(())
}

/// Reads a PNG. Errors as of a JPEG.
pub fn png(file: &mut dyn ReadSeek, notes: &mut Notes, budget: &Budget) -> io::Result<()> {
    let mut pieces = Pieces::new(file);
    pieces.pass(PNG.len() as u64)?;
    loop {
        let length = u64::from(u32::from_be_bytes(pieces.some()?));
        let kind: [u8; 4] = pieces.some()?;
        if !matches!(&kind, b"IHDR" | b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt" | b"IEND") {
            // Apple's own kind is packed in another way, and says so first.
            if &kind == b"CgBI" {
                notes.frame = Frame::Strange;
            }
            // With its checksum.
            pieces.pass(length + 4)?;
            continue;
        }
        let data = pieces.take(length)?;
        match &kind {
            b"IEND" => {
                // An archive compares its checksum at the end.
                pieces.pass(4)?;
                let behind = pieces.file.read(&mut [0]).map(drop);
                return pieces.whole.and(behind);
            }
            b"IHDR" => match data.as_chunks().0 {
                [width, height, ..] if notes.frame != Frame::Strange => {
                    notes.frame = Frame::Sized(u32::from_be_bytes(*width), u32::from_be_bytes(*height));
                }
                [_, _, ..] => {}
                _ => pieces.went(Err(damaged())),
            },
            b"eXIf" => pieces.went(notes.exif(&data)),
            _ => match text(&kind, &data) {
                None => pieces.went(Err(damaged())),
                Some((key, data, packed)) => {
                    let text = if packed { pieces.unpack(data, budget)? } else { data.to_vec() };
                    match key {
                        b"XML:com.adobe.xmp" => notes.xmp.push(text),
                        key => notes.line("comment", &charset::decode(key, None), &charset::decode(&text, None)),
                    }
                }
            },
        }
        pieces.pass(4)?;
    }
}

/// The key of a text in PNG, its bytes, and whether they are compressed.
fn text<'d>(kind: &[u8], data: &'d [u8]) -> Option<(&'d [u8], &'d [u8], bool)> {
    let mut parts = data.splitn(2, |b| *b == 0);
    let (key, text) = (parts.next()?, parts.next()?);
    Some(match kind {
        b"tEXt" => (key, text, false),
        b"zTXt" => (key, text.get(1..)?, true),
        // Compressed?, method, language, translated key, text.
        _ => (key, text.get(2..)?.splitn(3, |b| *b == 0).nth(2)?, text.first() == Some(&1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Cursor, Seek};

    /// A file in whose middle nothing is read.
    struct Fenced(Cursor<Vec<u8>>);

    impl Read for Fenced {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (at, size) = (self.0.position(), self.0.get_ref().len() as u64);
            assert!(at < 128 << 10 || at + (128 << 10) > size, "{at} of {size}");
            self.0.read(buffer)
        }
    }

    impl Seek for Fenced {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn fenced(bytes: Vec<u8>) -> BufReader<Fenced> {
        BufReader::with_capacity(NEAR as usize, Fenced(Cursor::new(bytes)))
    }

    #[test]
    fn of_too_much_the_beginning_is_taken() {
        let mut file = Cursor::new(vec![7; 100]);
        let mut pieces = Pieces { left: 30, ..Pieces::new(&mut file) };
        assert_eq!((pieces.take(20).unwrap(), pieces.whole.is_ok()), (vec![7; 20], true));
        assert_eq!(pieces.take(50).unwrap(), vec![7; 10]);
        assert_eq!(pieces.file.stream_position().unwrap(), 70);
        assert_eq!(pieces.whole.as_ref().unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(pieces.take(31).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);

        let mut file = Cursor::new(Vec::new());
        let mut pieces = Pieces { left: 30, ..Pieces::new(&mut file) };
        let mut packed = Vec::new();
        let mut zeros = flate2::read::ZlibEncoder::new(io::repeat(b'0').take(50), flate2::Compression::fast());
        zeros.read_to_end(&mut packed).unwrap();
        let budget = Budget::new(&crate::budget::Limits::default(), Default::default());
        assert_eq!(pieces.unpack(&packed, &budget).unwrap(), vec![b'0'; 30]);
        assert_eq!(pieces.whole.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn the_picture_itself_is_not_read() {
        let fixture =
            |name| std::fs::read(format!("{}/tests/extract/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let large = vec![0; 4 << 20];
        let (mut notes, photo) = (Notes::default(), fixture("photo.jpg"));
        jpeg(&mut fenced([&photo[..], &large].concat()), &mut notes).unwrap();
        let mut plain = image::ImageReader::open("tests/extract/media/photo.jpg").unwrap();
        plain.set_format(image::ImageFormat::Jpeg);
        let (width, height) = plain.into_dimensions().unwrap();
        assert_eq!(notes.frame, Frame::Sized(width, height));
        assert!(!notes.xmp.is_empty());

        let (mut notes, picture) = (Notes::default(), fixture("text.png"));
        let (begin, rest) = picture.split_at(PNG.len() + 25);
        let chunk = [&(large.len() as u32).to_be_bytes()[..], b"IDAT", &large, b"sum!"].concat();
        let budget = Budget::new(&crate::budget::Limits::default(), Default::default());
        png(&mut fenced([begin, &chunk, rest].concat()), &mut notes, &budget).unwrap();
        let (width, height) = image::image_dimensions("tests/extract/media/text.png").unwrap();
        assert_eq!(notes.frame, Frame::Sized(width, height));
    }
}
