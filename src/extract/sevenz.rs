//! 7z archives, solid ones too: files as children, in the archive's order, unpacked while they are read.
//!
//! In: bytes that begin as a 7z does; the index stands at their end. A block with an unknown, encrypted or damaged
//! coder costs its own files, which are told one by one; an encrypted index costs all. Dictionaries larger than what may be
//! held in memory are refused. Source: 7zFormat.txt of 7-Zip.

use std::io;

use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Error, Password};

use crate::budget::Metered;
use crate::extract::{Child, Content, Format, Head, Match, Out, mapi};
use crate::item::{Fault, Kind, Reason};

/// 7z.
pub const FORMATS: &[Format] = &[Format { name: "7z", kind: Kind::Container, sniff, read }];

const LZMA: &[u8] = &[3, 1, 1];
const LZMA2: &[u8] = &[0x21];
const PPMD: &[u8] = &[3, 4, 1];

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"7z\xBC\xAF\x27\x1C") { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut reader = content.seekable()?;
    let password = Password::empty();
    let archive = Archive::read(&mut reader, &password).map_err(fault)?;
    for block in 0..archive.blocks.len() {
        let decoder = BlockDecoder::new(1, block, &archive, &password, &mut reader);
        let files: Vec<File> = decoder.entries().iter().filter(|entry| entry.has_stream).map(File::of).collect();
        let large = archive.blocks.get(block).is_some_and(|block| memory(block) > out.budget().limits().whole);
        let mut met = 0;
        let mut ended = Err(Fault::new(Reason::TooLarge, "unpacking it takes more memory than the limit"));
        if !large {
            ended = unpack(decoder, &files, &mut met, out)?;
        }
        if let Err(fault) = ended {
            for file in files.into_iter().skip(met) {
                out.child(file.child(Err(fault.clone())))?;
            }
        }
    }
    // Empty files are in no block.
    let empty = |entry: &&ArchiveEntry| !entry.has_stream && !entry.is_directory && !entry.is_anti_item;
    for entry in archive.files.iter().filter(empty) {
        out.child(File::of(entry).child(Ok(Content::bytes(&[][..]))))?;
    }
    Ok(())
}

/// Hands over the files of one block and counts them. The outer error ends the archive, the inner one the block.
fn unpack<R: io::Read + io::Seek>(
    decoder: BlockDecoder<'_, R>,
    files: &[File],
    met: &mut usize,
    out: &mut Out<'_>,
) -> Result<Result<(), Fault>, Fault> {
    let mut stopped = None;
    let ended = decoder.for_each_entries(&mut |entry, data| {
        let Some(file) = files.get(*met).filter(|_| entry.has_stream) else { return Ok(true) };
        *met += 1;
        let mut data = Fused { data, broken: false };
        let child = file.clone().child(Ok(Content::stream(&mut data).sized(entry.size)));
        stopped = out.child(child).err();
        if stopped.is_some() {
            return Ok(false);
        }
        // What a child has left over stands before the next one: the archive pays for it.
        io::copy(&mut Metered::new(data, out.budget()), &mut io::sink())?;
        Ok(true)
    });
    match stopped {
        Some(fault) => Err(fault),
        None => Ok(ended.map(|_| ()).map_err(|error| out.budget().hit().unwrap_or_else(|| fault(error)))),
    }
}

/// Bytes that are asked for no more once they have failed: some decoders never return from that.
struct Fused<R> {
    data: R,
    broken: bool,
}

impl<R: io::Read> io::Read for Fused<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = self.data.read(buffer);
        self.broken = read.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        read
    }
}

/// What the index says of a file.
#[derive(Clone)]
struct File {
    name: String,
    modified: Option<jiff::Timestamp>,
}

impl File {
    fn of(entry: &ArchiveEntry) -> Self {
        let ticks = u64::from(entry.last_modified_date);
        let modified = entry.has_last_modified_date.then(|| mapi::filetime(&ticks.to_le_bytes())).flatten();
        Self { name: entry.name.replace('\\', "/"), modified }
    }

    fn child<'a>(self, content: Result<Content<'a>, Fault>) -> Child<'a> {
        Child { name: self.name, kind: Kind::Document, content, modified: self.modified, mail: None, owner: None }
    }
}

/// How many bytes the coders of a block hold in memory: their dictionaries and models.
fn memory(block: &sevenz_rust2::Block) -> u64 {
    let number = |bytes: Option<&[u8]>| bytes.and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
    let of = |coder: &sevenz_rust2::Coder| {
        let properties = coder.properties();
        match coder.encoder_method_id() {
            LZMA | PPMD => u64::from(number(properties.get(1..5))),
            LZMA2 => properties.first().map_or(0, |bits| {
                let bits = u64::from(*bits).min(40);
                (2 | (bits & 1)) << (bits / 2 + 11)
            }),
            _ => 0,
        }
    };
    block.coders.iter().map(of).sum()
}

/// What a library error is to us; its own words stay behind.
fn fault(error: Error) -> Fault {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Fault::new(Reason::Encrypted, "it asks for a password"),
        // Without a password to try, decryption is not even built in.
        Error::UnsupportedCompressionMethod(method) if method.starts_with("AES") => {
            Fault::new(Reason::Encrypted, "it asks for a password")
        }
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::ExternalUnsupported => {
            Fault::new(Reason::Unsupported, "its compression is not supported")
        }
        Error::MaxMemLimited { .. } => Fault::new(Reason::TooLarge, "unpacking it takes more memory than the limit"),
        Error::Io(error, _) => Fault::io(error),
        _ => Fault::corrupt("the archive is damaged here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::apart::{Seen, take_apart};

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/archive/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn texts<'a>(seen: &'a Seen) -> Vec<(&'a str, Result<&'a str, Reason>)> {
        let child = |(name, child): &'a (String, Result<Seen, Fault>)| {
            (name.as_str(), child.as_ref().map(|seen| seen.text.as_str()).map_err(|fault| fault.reason))
        };
        seen.children.iter().map(child).collect()
    }

    const TWO: [(&str, Result<&str, Reason>); 2] =
        [("a/løn.txt", Ok("cpr 020290-0002\n")), ("a/one.txt", Ok("cpr 010190-0001\n"))];

    #[test]
    fn every_method_of_the_program_is_read() {
        for name in ["lzma2.7z", "lzma.7z", "bzip2.7z", "ppmd.7z", "deflate.7z", "copy.7z", "bcj.7z", "apart.7z"] {
            let seen = take_apart(&fixture(name), "x");
            assert_eq!((seen.format, &seen.ended), ("7z", &None), "{name}");
            let mut seen = texts(&seen);
            seen.sort();
            let empty = ("a/tom.txt", Ok(""));
            assert_eq!(seen, [TWO[0], TWO[1], empty], "{name}");
        }
    }

    #[test]
    fn encrypted_files_are_told_one_by_one() {
        let seen = take_apart(&fixture("locked-content.7z"), "x.7z");
        let locked = |name| (name, Err(Reason::Encrypted));
        assert_eq!(texts(&seen), [locked("a/løn.txt"), locked("a/one.txt"), ("a/tom.txt", Ok(""))]);
        let seen = take_apart(&fixture("locked-header.7z"), "x.7z");
        assert_eq!(seen.ended.map(|fault| fault.reason), Some(Reason::Encrypted));
    }

    #[test]
    fn damage_costs_what_stands_behind_it_in_its_block() {
        let mut bytes = fixture("apart.7z");
        // The first block, of stored bytes.
        bytes[40] ^= 1;
        let seen = take_apart(&bytes, "x.7z");
        assert_eq!(seen.children.len(), 3);
        let damaged = seen.children[0].1.as_ref().unwrap();
        assert_eq!(damaged.ended.as_ref().map(|fault| fault.reason), Some(Reason::Corrupt));
        assert!(texts(&seen).contains(&TWO[1]));
        assert_eq!(take_apart(&bytes[..bytes.len() / 2], "x.7z").ended.map(|f| f.reason), Some(Reason::Corrupt));
    }

    /// Found by fuzzing: its decoder, asked again after an error, never answers.
    #[test]
    fn a_decoder_that_failed_is_not_asked_again() {
        let mut bytes = fixture("lzma2.7z");
        (bytes[37], bytes[51]) = (0x26, 0x33);
        let seen = take_apart(&bytes, "x.7z");
        assert_eq!(texts(&seen)[1].1, Err(Reason::Corrupt));
    }

    #[test]
    fn a_bomb_ends_itself_and_what_cannot_be_reached_without_it() {
        let seen = take_apart(&fixture("bomb.7z"), "x.7z");
        let bomb = seen.children[0].1.as_ref().unwrap();
        assert_eq!(bomb.ended.as_ref().map(|fault| fault.reason), Some(Reason::Bomb));
        assert_eq!(texts(&seen)[1], ("z.txt", Err(Reason::Bomb)));
    }
}
