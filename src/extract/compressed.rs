//! One compressed file: a container with one child, unpacked as it is read. Gzip (RFC 1952), bzip2, XZ and its
//! predecessor LZMA, Zstandard (RFC 8878, in `zstd.rs`).
//!
//! Members one after the other are one file, as all of these programs hold it. Of what breaks off, what came before is
//! read. Dictionaries larger than what may be held in memory are refused.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::{LzmaReader, XzReader};

use crate::extract::zstd::Frames;
use crate::extract::{Child, Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind};

/// What the programs of this name make.
pub const FORMATS: &[Format] = &[
    Format { name: "gzip", kind: Kind::Container, sniff: |head| found(head.starts(b"\x1F\x8B\x08")), read: gzip },
    Format { name: "bzip2", kind: Kind::Container, sniff: |head| found(is_bzip2(head)), read: bzip2 },
    Format { name: "xz", kind: Kind::Container, sniff: |head| found(head.starts(b"\xFD7zXZ\0")), read: xz },
    Format { name: "lzma", kind: Kind::Container, sniff: |head| found(is_lzma(head)), read: lzma },
    Format { name: "zstd", kind: Kind::Container, sniff: |head| found(is_zstd(head)), read: zstd },
];

fn found(found: bool) -> Match {
    if found { Match::ByContent } else { Match::No }
}

fn is_bzip2(head: &Head<'_>) -> bool {
    let block = head.bytes.get(4..10);
    head.starts(b"BZh") && matches!(block, Some(b"1AY&SY" | b"\x17rE8P\x90"))
}

/// LZMA has no signature: the name must say so too.
fn is_lzma(head: &Head<'_>) -> bool {
    let size = head.bytes.get(5..13).and_then(|size| size.try_into().ok()).map(u64::from_le_bytes);
    head.named(&["lzma", "tlz"])
        && head.starts(b"\x5D\0\0")
        && size.is_some_and(|size| size == u64::MAX || size < 1 << 40)
}

/// A frame, or one to skip that some programs write first.
fn is_zstd(head: &Head<'_>) -> bool {
    head.starts(b"\x28\xB5\x2F\xFD") || matches!(head.bytes, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

fn gzip(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let packed = content.measured();
    let trailed = Cell::new(false);
    hand(Members { open: Some(GzDecoder::new(content.reader())), trailed: &trailed }, packed, out)?;
    if trailed.get() { out.damage(Fault::corrupt("behind its end stands what is no gzip")) } else { Ok(()) }
}

/// The members of a gzip file. As gzip(1) has it, zeros behind them fill a block of the medium, and what else stands
/// there is no part of the file.
struct Members<'t, R> {
    open: Option<GzDecoder<R>>,
    /// Something else stands there.
    trailed: &'t Cell<bool>,
}

impl<R: BufRead> Read for Members<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.open {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(mut behind) = self.open.take().map(GzDecoder::into_inner) else { break };
            match after_zeros(&mut behind)? {
                None => {}
                Some(0x1F) => self.open = Some(GzDecoder::new(behind)),
                Some(_) => self.trailed.set(true),
            }
        }
        Ok(0)
    }
}

/// The first byte that is not zero; it stays unread.
fn after_zeros(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let ready = reader.fill_buf()?;
        let zeros = ready.iter().take_while(|byte| **byte == 0).count();
        match ready.get(zeros) {
            Some(byte) => {
                let byte = *byte;
                reader.consume(zeros);
                return Ok(Some(byte));
            }
            None if zeros == 0 => return Ok(None),
            None => reader.consume(zeros),
        }
    }
}

fn bzip2(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let packed = content.measured();
    hand(MultiBzDecoder::new(content.reader()), packed, out)
}

fn xz(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let packed = content.measured();
    hand(XzReader::new_mem_limit(content.reader(), true, kilobytes(out)), packed, out)
}

fn lzma(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let packed = content.measured();
    hand(LzmaReader::new_mem_limit(content.reader(), kilobytes(out), None).map_err(Fault::io)?, packed, out)
}

fn zstd(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let window = out.budget().limits().whole;
    let packed = content.measured();
    hand(Frames::new(content.reader(), window), packed, out)
}

fn kilobytes(out: &Out<'_>) -> u32 {
    u32::try_from(out.budget().limits().whole >> 10).unwrap_or(u32::MAX)
}

fn hand(unpacked: impl Read, packed: Option<u64>, out: &mut Out<'_>) -> Result<(), Fault> {
    let name = inside(out.name());
    out.child(Child::new(name, Kind::Document, Content::stream(unpacked).unpacked_from(packed)))
}

/// The name of what is inside, by that of the file: `a.csv.gz` → `a.csv`, `a.tgz` → `a.tar`.
fn inside(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => match ending.to_ascii_lowercase().as_str() {
            "gz" | "z" | "gzip" | "bz2" | "bz" | "bzip2" | "xz" | "lzma" | "zst" | "zstd" => stem.to_owned(),
            "tgz" | "taz" | "tbz" | "tbz2" | "tb2" | "txz" | "tlz" | "tzst" => format!("{stem}.tar"),
            "svgz" => format!("{stem}.svg"),
            _ => name.to_owned(),
        },
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::extract::apart::take_apart;
    use crate::extract::testing;
    use crate::item::Reason;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    }

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/archive/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn all_members_are_one_child() {
        let seen = testing::read("løn.csv.gz", &[packed(b"one "), packed(b"two")].concat());
        assert_eq!(seen.format, "gzip");
        assert_eq!(seen.children, [("løn.csv".to_owned(), Kind::Document, Ok(b"one two".to_vec()))]);
        assert_eq!(inside("a.TGZ"), "a.tar");
        assert_eq!(inside(".gz"), ".gz");
    }

    #[test]
    fn what_stands_behind_the_last_member() {
        let whole = [packed(b"one "), packed(b"two")].concat();
        for (behind, fault) in [
            (&[0; 700][..], None),
            (&[0; 300_000], None),
            (b"\n", Some(Reason::Corrupt)),
            (b"\0\0other", Some(Reason::Corrupt)),
        ] {
            let seen = testing::read("a.gz", &[&whole, behind].concat());
            assert_eq!(seen.children, [("a".to_owned(), Kind::Document, Ok(b"one two".to_vec()))]);
            assert_eq!((seen.ended, seen.damage.first().map(|fault| fault.reason)), (None, fault));
        }
        let padded = [packed(b"one "), vec![0; 9], packed(b"two")].concat();
        assert_eq!(testing::read("a.gz", &padded).children[0].2, Ok(b"one two".to_vec()));
    }

    #[test]
    fn a_cut_file_is_told() {
        let whole = packed(&b"some text ".repeat(1000));
        let seen = testing::read("a.gz", &whole[..whole.len() - 12]);
        assert_eq!(seen.children[0].2.as_ref().unwrap_err().reason, Reason::Corrupt);
    }

    #[test]
    fn what_comes_before_a_cut_is_read_of_a_short_file_too() {
        let lines: String = (0..150).map(|n| format!("line {n}: {}\n", n * 7919 % 1009)).collect();
        let whole = packed(lines.as_bytes());
        let seen = take_apart(&whole[..whole.len() * 2 / 3], "a.gz");
        let inner = seen.children[0].1.as_ref().unwrap();
        assert!(inner.text.starts_with("line 0: 0\nline 1: 856\n"), "{:?}", inner.text);
        let told = inner.ended.iter().chain(&inner.damage).map(|fault| fault.reason);
        assert_eq!(told.collect::<Vec<_>>(), [Reason::Corrupt]);
    }

    #[test]
    fn what_the_programs_make_is_read_whole() {
        for (name, format) in
            [("lines.txt.bz2", "bzip2"), ("lines.txt.xz", "xz"), ("lines.txt.lzma", "lzma"), ("lines.txt.zst", "zstd")]
        {
            let bytes = fixture(name);
            let seen = take_apart(&bytes, name);
            assert_eq!((seen.format, seen.names()), (format, vec!["lines.txt"]));
            let lines = seen.children[0].1.as_ref().unwrap();
            assert!(lines.text.starts_with("line 1 of æøå 010190-0001\n"), "{name}");
            assert!(lines.text.ends_with("line 30000 of æøå 010190-30000\n"), "{name}");
            assert_eq!(lines.ended, None, "{name}");
            if format != "lzma" {
                // Files one after the other are one, for all but LZMA.
                let seen = take_apart(&bytes.repeat(2), name);
                let twice = seen.children[0].1.as_ref().unwrap();
                assert_eq!(twice.text, lines.text.repeat(2), "{name}");
            }
        }
    }

    #[test]
    fn of_what_breaks_off_the_beginning_is_read() {
        for name in ["lines.txt.bz2", "lines.txt.xz", "lines.txt.lzma", "lines.txt.zst"] {
            let bytes = fixture(name);
            let seen = take_apart(&bytes[..bytes.len() * 2 / 3], name);
            let lines = seen.children[0].1.as_ref().unwrap();
            assert!(lines.text.starts_with("line 1 of æøå 010190-0001\n"), "{name}: {:?}", lines.ended);
            let fault = lines.ended.as_ref().or(lines.damage.first());
            assert_eq!(fault.map(|fault| fault.reason), Some(Reason::Corrupt), "{name}");
        }
    }

    #[test]
    fn archives_in_them_are_archives() {
        for name in ["two.tar.bz2", "two.tar.xz", "two.tar.zst"] {
            let seen = take_apart(&fixture(name), name);
            let tar = seen.children[0].1.as_ref().unwrap();
            assert_eq!((tar.format, tar.names()), ("tar", vec!["a/one.txt", "a/løn.txt"]), "{name}");
            assert_eq!(tar.children[1].1.as_ref().unwrap().text, "cpr 020290-0002\n");
        }
    }

    #[test]
    fn a_bomb_is_a_bomb_in_every_format() {
        for name in ["bomb.txt.bz2", "bomb.txt.xz", "bomb.txt.zst"] {
            let seen = take_apart(&fixture(name), name);
            let inside = seen.children[0].1.as_ref().unwrap();
            assert_eq!(inside.ended.as_ref().map(|fault| fault.reason), Some(Reason::Bomb), "{name}");
        }
    }

    #[test]
    fn a_dictionary_larger_than_memory_is_refused() {
        let mut huge = fixture("lines.txt.lzma");
        huge[1..5].copy_from_slice(&[0, 0, 0, 0xF0]);
        assert_eq!(take_apart(&huge, "a.lzma").ended.map(|fault| fault.reason), Some(Reason::TooLarge));
        let mut huge = fixture("lines.txt.zst");
        // The window descriptor: 2 to the power of 10 + its upper five bits.
        huge[5] = 0xF8;
        let seen = take_apart(&huge, "a.zst");
        let inside = seen.children[0].1.as_ref().unwrap();
        assert_eq!(inside.ended.as_ref().map(|fault| fault.reason), Some(Reason::TooLarge));
    }
}
