//! What is written about films in AVI and Matroska (MKV, WebM).
//!
//! In: the file, of which only what is not picture or sound is read. Out: titles, tags, chapters and names, each under its
//! label, in the part `tags`; attached files as children. Sources: Microsoft RIFF (AVI, INFO lists), RFC 8794 (EBML),
//! RFC 9559 (Matroska).

use std::io::{Read, SeekFrom};

use crate::extract::charset;
use crate::extract::marked::{Marked, Place};
use crate::extract::{Child, Content, Out, ReadSeek};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;

/// The longest text, and the largest attached file.
const TEXT: u64 = 1 << 20;
const FILE: u64 = 64 << 20;
/// Elements of one file that are looked at.
const MOST: u32 = 1 << 20;

/// Reads an AVI.
pub fn avi(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut file = content.seekable()?;
    let mut text = Marked::new();
    let _ = chunks(&mut file, &mut text);
    text.emit(out)?;
    rest()
}

/// Reads a Matroska file.
pub fn matroska(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut file = content.seekable()?;
    let mut found = Found::default();
    let _ = elements(&mut file, &mut found);
    found.text.emit(out)?;
    for (name, bytes) in found.files {
        out.charge(bytes.len() as u64)?;
        out.child(Child::new(name, Kind::Document, Content::bytes(bytes)))?;
    }
    rest()
}

fn rest() -> Result<(), Fault> {
    Err(Fault::new(Reason::Unsupported, "film is not watched"))
}

fn line(text: &mut Marked, label: &str, value: &[u8]) {
    let position = Position { part: Some("tags".into()), ..Position::default() };
    text.mark(Place { position, label: Some(label.into()) });
    text.line(charset::decode(value, None).trim_matches(['\0', ' ']));
}

fn take(file: &mut dyn ReadSeek, size: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.take(size).read_to_end(&mut bytes).ok()?;
    (read as u64 == size).then_some(bytes)
}

fn skip(file: &mut dyn ReadSeek, size: u64) -> Option<()> {
    file.seek(SeekFrom::Current(i64::try_from(size).ok()?)).ok().map(drop)
}

/// Walks the chunks of an AVI, lists and what is in them in their order. `None`: it has ended.
fn chunks(file: &mut Box<dyn ReadSeek + '_>, text: &mut Marked) -> Option<()> {
    skip(file, 12)?;
    for _ in 0..MOST {
        let head: [u8; 8] = take(file, 8)?.try_into().ok()?;
        let [a, b, c, d, sizes @ ..] = head;
        let size = u64::from(u32::from_le_bytes(sizes));
        match &[a, b, c, d] {
            b"LIST" => {
                let kind = take(file, 4)?;
                if kind == b"movi" {
                    skip(file, size.saturating_sub(4) + size % 2)?;
                }
            }
            name @ [b'I', ..] | name @ b"strn" if size <= TEXT => {
                let value = take(file, size)?;
                line(text, &charset::decode(name, None).to_lowercase(), &value);
                skip(file, size % 2)?;
            }
            _ => skip(file, size + size % 2)?,
        }
    }
    Some(())
}

#[derive(Default)]
struct Found {
    text: Marked,
    /// The name of the tag whose text comes next.
    label: String,
    name: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    bytes: u64,
}

/// Walks the elements of a Matroska file. `None`: it has ended.
fn elements(file: &mut Box<dyn ReadSeek + '_>, found: &mut Found) -> Option<()> {
    for _ in 0..MOST {
        let id = number(file, false)?;
        let size = number(file, true)?;
        match id {
            // What holds other elements: they follow.
            0x1853_8067 | 0x1549_A966 | 0x1254_C367 | 0x7373 | 0x67C8 | 0x1941_A469 | 0x61A7 | 0x1043_A770 | 0x45B9
            | 0xB6 | 0x80 | 0x1654_AE6B | 0xAE => {}
            0x45A3 if size <= TEXT => found.label = charset::decode(&take(file, size)?, None).to_lowercase(),
            0x4487 if size <= TEXT => line(&mut found.text, &found.label, &take(file, size)?),
            0x7BA9 | 0x85 | 0x536E | 0x467E if size <= TEXT => {
                let label = if id == 0x85 { "chapter" } else { "title" };
                line(&mut found.text, label, &take(file, size)?);
            }
            0x466E if size <= TEXT => {
                let name = take(file, size)?;
                line(&mut found.text, "file name", &name);
                found.name = Some(charset::decode(&name, None).into_owned());
            }
            0x465C if size <= FILE - found.bytes.min(FILE) => {
                found.bytes += size;
                let name = found.name.take().unwrap_or_else(|| "file".to_owned());
                found.files.push((name, take(file, size)?));
            }
            _ => skip(file, size)?,
        }
    }
    Some(())
}

/// An id, or a size: how many bytes it has the first one says.
fn number(file: &mut Box<dyn ReadSeek + '_>, marked: bool) -> Option<u64> {
    let first = *take(file, 1)?.first()?;
    let more = first.leading_zeros();
    if more > 7 {
        return None;
    }
    let first = if marked { u64::from(first) & (0x7F >> more) } else { u64::from(first) };
    let rest = take(file, more.into())?;
    Some(rest.iter().fold(first, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    #[test]
    fn what_is_written_about_films_is_read() {
        let chunk = |name: &[u8], value: &[u8]| {
            [name, &(value.len() as u32).to_le_bytes(), value, &[0][..value.len() % 2]].concat()
        };
        let info = [&b"INFO"[..], &chunk(b"ICMT", "møde 010190-0001".as_bytes())].concat();
        let body = [&b"AVI "[..], &chunk(b"LIST", b"moviICMTxxxx"), &chunk(b"LIST", &info)].concat();
        let seen = read("x", &chunk(b"RIFF", &body));
        assert_eq!((seen.format, seen.label("010190-0001")), ("video", "icmt"));

        let element = |id: &[u8], value: &[u8]| [id, &[0x40, value.len() as u8], value].concat();
        let tag = [element(b"\x45\xA3", b"COMMENT"), element(b"\x44\x87", b"020290-0001")].concat();
        let tags = element(b"\x12\x54\xC3\x67", &element(b"\x73\x73", &element(b"\x67\xC8", &tag)));
        let file = [element(b"\x46\x6E", b"a.txt"), element(b"\x46\x5C", b"indhold")].concat();
        let files = element(b"\x19\x41\xA4\x69", &element(b"\x61\xA7", &file));
        let film = [element(b"\x1A\x45\xDF\xA3", b""), element(b"\x18\x53\x80\x67", &[tags, files].concat())].concat();
        let seen = read("x", &film);
        assert_eq!((seen.format, seen.label("020290-0001")), ("video", "comment"));
        assert_eq!(
            seen.children.first().map(|(name, _, bytes)| (name.as_str(), bytes.as_deref())),
            Some(("a.txt", Ok(&b"indhold"[..])))
        );
        for n in 0..film.len() {
            read("x", &film[..n]);
        }
    }
}
