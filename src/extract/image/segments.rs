//! JPEG and PNG: what stands between the segments that are the picture itself, which are passed over.
//!
//! In: a file that can be sought through; a share has more photographs than anything else, and of one of 5 MB some 50 KB
//! are read. Out: properties, and the picture's size. Sources: ITU T.81 annex B, W3C PNG 3.

use std::io::{self, Read, SeekFrom};

use flate2::read::ZlibDecoder;

use super::{Notes, iptc};
use crate::budget::{Budget, Metered};
use crate::extract::{ReadSeek, charset};

/// Less than so much is read over, not sought over: the reader has it in its buffer, and a search would empty that.
const NEAR: u64 = 32 << 10;
/// What one segment may say, in bytes.
pub const LONGEST: u64 = 64 << 20;
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const XMP_MORE: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";

/// A file's pieces, one after the other. Where the file ends in one, it is an error of that kind.
struct Pieces<'a>(&'a mut dyn ReadSeek);

impl Pieces<'_> {
    fn some<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn take(&mut self, length: u64) -> io::Result<Vec<u8>> {
        if length > LONGEST {
            // If there is so much at all.
            self.pass(length)?;
            self.some::<1>()?;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::new();
        self.0.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn pass(&mut self, length: u64) -> io::Result<()> {
        match length {
            0..NEAR => io::copy(&mut self.0.take(length), &mut io::sink()).map(drop),
            _ => self.0.seek(SeekFrom::Current(i64::try_from(length).unwrap_or(i64::MAX))).map(drop),
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
    let mut pieces = Pieces(file);
    let mut more = Vec::new();
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
            0xD9 | 0xDA => break,
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes(pieces.some()?)).checked_sub(2).ok_or_else(damaged)?;
        if !matches!(marker, 0xC0..=0xCF | 0xE1 | 0xED | 0xFE) {
            pieces.pass(length)?;
            continue;
        }
        let segment = pieces.take(length)?;
        let told = match marker {
            0xE1 if segment.starts_with(b"Exif\0") => segment.get(6..).map(|tiff| notes.exif(tiff)).transpose()?,
            0xE1 if segment.starts_with(XMP) => {
                notes.xmp.extend(segment.get(XMP.len()..).map(<[u8]>::to_vec));
                Some(())
            }
            // A longer packet in pieces: its name (32), its length and the offset of the piece (4 each).
            0xE1 if segment.starts_with(XMP_MORE) => {
                more.extend_from_slice(segment.get(XMP_MORE.len() + 40..).unwrap_or_default());
                Some(())
            }
            0xED if segment.starts_with(b"Photoshop 3.0\0") => {
                segment.get(14..).and_then(|resources| iptc::resources(resources, notes))
            }
            0xFE => {
                notes.line("comment", "comment", &charset::decode(&segment, None));
                Some(())
            }
            // Tables of codes, and what they call arithmetic; all others of this row begin a frame.
            0xC4 | 0xC8 | 0xCC | 0xE1 | 0xED => Some(()),
            _ => segment.get(1..5).map(|size| {
                let [a, b, c, d] = [0, 1, 2, 3].map(|at| u32::from(size.get(at).copied().unwrap_or(0)));
                notes.size = Some((c << 8 | d, a << 8 | b));
            }),
        };
        told.ok_or_else(damaged)?;
    }
    if !more.is_empty() {
        notes.xmp.push(more);
    }
    Ok(())
}

/// Reads a PNG. Errors as of a JPEG.
pub fn png(file: &mut dyn ReadSeek, notes: &mut Notes, budget: &Budget) -> io::Result<()> {
    let mut pieces = Pieces(file);
    pieces.pass(PNG.len() as u64)?;
    loop {
        let length = u64::from(u32::from_be_bytes(pieces.some()?));
        let kind: [u8; 4] = pieces.some()?;
        if !matches!(&kind, b"IHDR" | b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt" | b"IEND") {
            // With its checksum.
            pieces.pass(length + 4)?;
            continue;
        }
        let data = pieces.take(length)?;
        match &kind {
            b"IEND" => {
                // An archive compares its checksum at the end.
                pieces.pass(4)?;
                return pieces.0.read(&mut [0]).map(drop);
            }
            b"IHDR" => {
                let (width, height) = data.split_first_chunk().ok_or_else(damaged)?;
                let height = height.first_chunk().ok_or_else(damaged)?;
                notes.size = Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)));
            }
            b"eXIf" => notes.exif(&data)?,
            _ => {
                let (key, data, packed) = text(&kind, &data).ok_or_else(damaged)?;
                let mut text = Vec::new();
                if packed {
                    let ended = Metered::new(ZlibDecoder::new(data), budget).read_to_end(&mut text);
                    if let (Err(error), Some(_)) = (ended, budget.hit()) {
                        return Err(error);
                    }
                } else {
                    text.extend_from_slice(data);
                }
                match key {
                    b"XML:com.adobe.xmp" => notes.xmp.push(text),
                    key => notes.line("comment", &charset::decode(key, None), &charset::decode(&text, None)),
                }
            }
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
    fn the_picture_itself_is_not_read() {
        let fixture =
            |name| std::fs::read(format!("{}/tests/extract/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let large = vec![0; 4 << 20];
        let (mut notes, photo) = (Notes::default(), fixture("photo.jpg"));
        jpeg(&mut fenced([&photo[..], &large].concat()), &mut notes).unwrap();
        let mut plain = image::ImageReader::open("tests/extract/media/photo.jpg").unwrap();
        plain.set_format(image::ImageFormat::Jpeg);
        assert_eq!(notes.size, plain.into_dimensions().ok());
        assert!(!notes.xmp.is_empty());

        let (mut notes, picture) = (Notes::default(), fixture("text.png"));
        let (begin, rest) = picture.split_at(PNG.len() + 25);
        let chunk = [&(large.len() as u32).to_be_bytes()[..], b"IDAT", &large, b"sum!"].concat();
        let budget = Budget::new(&crate::budget::Limits::default(), Default::default());
        png(&mut fenced([begin, &chunk, rest].concat()), &mut notes, &budget).unwrap();
        assert_eq!(notes.size, image::image_dimensions("tests/extract/media/text.png").ok());
    }
}
