//! Cabinets of Windows: files as children. Source: MS-CAB; unpacked by the crate `cab`.
//!
//! The crate reaches a file by unpacking all that stands before it in its folder. What that comes to is counted, and
//! from a limit on files are told as too large instead.

use std::io::{self, ErrorKind, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use cab::{Cabinet, CompressionType};

use crate::extract::{Child, Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind, Reason};

/// Cabinets.
pub const FORMATS: &[Format] = &[Format { name: "cab", kind: Kind::Container, sniff, read }];

/// How often the whole item limit may be unpacked only to reach what is behind it.
const TIMES: u64 = 8;

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"MSCF\0\0\0\0") { Match::ByContent } else { Match::No }
}

/// What the table of contents says of a file.
struct File {
    name: String,
    before: u64,
    size: u64,
    supported: bool,
    modified: Option<jiff::Timestamp>,
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut cabinet = Cabinet::new(content.seekable()?).map_err(Fault::io)?;
    let mut files = Vec::new();
    for folder in cabinet.folder_entries() {
        let supported = !matches!(folder.compression_type(), CompressionType::Quantum(..));
        let mut before = 0;
        for file in folder.file_entries() {
            let size = u64::from(file.uncompressed_size());
            let time = file.datetime().map(|time| time.assume_utc().unix_timestamp());
            let modified = time.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            files.push(File { name: file.name().to_owned(), before, size, supported, modified });
            before += size;
        }
    }
    let mut left = out.budget().limits().item.saturating_mul(TIMES);
    for file in files {
        left = left.saturating_sub(file.before);
        let child = Child::new(file.name.replace('\\', "/"), Kind::Document, Content::bytes(&[][..]));
        let fault = if !file.supported {
            Fault::new(Reason::Unsupported, "its compression is not supported")
        } else if left == 0 {
            Fault::new(Reason::TooLarge, "too much has to be unpacked to reach it")
        } else {
            hand(&mut cabinet, file, child, out)?;
            continue;
        };
        out.child(Child { content: Err(fault), modified: file.modified, ..child })?;
    }
    Ok(())
}

fn hand<R: Read + Seek>(
    cabinet: &mut Cabinet<R>,
    file: File,
    child: Child<'_>,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let mut reader = caught(move || cabinet.read_file(&file.name));
    let content = match &mut reader {
        Ok(reader) => Ok(Content::stream(reader).sized(file.size)),
        Err(_) => Err(Fault::corrupt("the archive is damaged here")),
    };
    out.child(Child { name: child.name, kind: child.kind, content, modified: file.modified, mail: None, owner: None })
}

/// The crate panics over a file that begins behind the end of its folder.
fn caught<T>(open: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| Err(ErrorKind::InvalidData.into()))
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::take_apart;
    use crate::item::Reason;

    fn fixture() -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/archive/two.cab", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn files_are_children() {
        let seen = take_apart(&fixture(), "x");
        assert_eq!((seen.format, seen.ended.clone(), seen.names()), ("cab", None, vec!["løn.txt", "one.txt"]));
        assert_eq!(seen.children[0].1.as_ref().unwrap().text, "cpr 020290-0002\n");
        assert_eq!(seen.children[1].1.as_ref().unwrap().text, "cpr 010190-0001\n");
    }

    #[test]
    fn a_file_behind_the_end_of_its_folder_costs_itself() {
        let mut bytes = fixture();
        bytes[40..42].fill(0); // blocks of the folder
        let seen = take_apart(&bytes, "x.cab");
        let fault = |(_, child): &(_, Result<_, crate::item::Fault>)| child.as_ref().err().map(|fault| fault.reason);
        assert_eq!((seen.ended.clone(), seen.children.len()), (None, 2));
        assert_eq!(seen.children.iter().filter_map(fault).collect::<Vec<_>>(), [Reason::Corrupt]);
    }

    #[test]
    fn damaged_ones_are_told() {
        let bytes = fixture();
        for cut in [20, 60, bytes.len() - 10] {
            let seen = take_apart(&bytes[..cut], "x.cab");
            let faults = seen.children.iter().filter_map(|(_, child)| {
                child.as_ref().map_or_else(|fault| Some(fault.clone()), |seen| seen.ended.clone())
            });
            let reasons: Vec<Reason> = seen.ended.iter().cloned().chain(faults).map(|fault| fault.reason).collect();
            assert!(reasons.contains(&Reason::Corrupt), "{cut}: {reasons:?}");
        }
    }
}
