//! Tape archives (POSIX ustar and pax, GNU, old V7): files as children, streamed in the order in which they stand.
//! Folders hold nothing; links and devices point elsewhere: neither is an item. What pax headers say of a file beside
//! its name and times (comments, the system's further attributes) is a child beside it.

use std::cell::Cell;
use std::io::{self, Read};

use jiff::Timestamp;
use tar::{Archive, EntryType, PaxExtensions};

use crate::extract::{Child, Content, Format, Head, Match, Out, charset};
use crate::item::{Fault, Kind};

/// Tar.
pub const FORMATS: &[Format] = &[Format { name: "tar", kind: Kind::Container, sniff, read }];

/// Headers and long names before one entry may take this many bytes: the crate holds them in memory.
const HEADERS: u64 = 1 << 20;

/// A header that adds up. The signature `ustar` is younger than the format.
fn sniff(head: &Head<'_>) -> Match {
    let Some((header, _)) = head.bytes.split_first_chunk::<512>() else { return Match::No };
    let field = header.get(148..156).unwrap_or_default();
    let told = str::from_utf8(field).ok().and_then(|sum| u32::from_str_radix(sum.trim_matches([' ', '\0']), 8).ok());
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    let blank: u32 = field.iter().map(|b| u32::from(*b)).sum();
    if header.first() != Some(&0) && told == Some(sum - blank + 8 * 32) { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let left = Cell::new(HEADERS);
    let mut archive = Archive::new(Gate { inner: content.reader(), left: &left });
    // Archives are put one behind the other, and a block of zeros may be damage.
    archive.set_ignore_zeros(true);
    for entry in archive.entries().map_err(Fault::io)? {
        let mut entry = entry.map_err(Fault::io)?;
        left.set(u64::MAX);
        let kind = entry.header().entry_type();
        let name = charset::decode(&entry.path_bytes(), None).into_owned();
        let mut remarks = String::new();
        if kind == EntryType::XGlobalHeader {
            let mut header = Vec::new();
            entry.by_ref().take(HEADERS).read_to_end(&mut header).map_err(Fault::io)?;
            remarks = said(PaxExtensions::new(&header));
        } else if let Some(extensions) = entry.pax_extensions().map_err(Fault::io)? {
            remarks = said(extensions);
        }
        if !remarks.is_empty() {
            let content = Content::bytes(remarks.into_bytes());
            out.child(Child::new(format!("PaxHeaders/{name}"), Kind::Document, content))?;
        }
        // What is of no known type is a file (POSIX pax, typeflag).
        let file = !matches!(
            kind,
            EntryType::Link
                | EntryType::Symlink
                | EntryType::Char
                | EntryType::Block
                | EntryType::Directory
                | EntryType::Fifo
                | EntryType::XGlobalHeader
        );
        if file && !name.ends_with('/') {
            let modified = entry.header().mtime().ok().and_then(|at| Timestamp::from_second(at.try_into().ok()?).ok());
            let size = entry.size();
            let child = Child::new(name, Kind::Document, Content::stream(&mut entry).sized(size));
            out.child(Child { modified, ..child })?;
        }
        io::copy(&mut entry, &mut io::sink()).map_err(Fault::io)?;
        left.set(HEADERS);
    }
    Ok(())
}

/// The comments and attributes in a pax header, a line each; not the hash with which git marks its archives.
fn said(extensions: PaxExtensions<'_>) -> String {
    let mut lines = String::new();
    for extension in extensions.flatten() {
        let (Ok(key), Ok(value)) = (extension.key(), extension.value()) else { continue };
        let hash = value.bytes().all(|byte| byte.is_ascii_hexdigit());
        if (key == "comment" || key.contains("xattr")) && !hash && !value.contains(char::is_control) {
            lines.extend([key, "=", value, "\n"]);
        }
    }
    lines
}

/// Lets only so many bytes through, zeros aside: there are as many behind an archive as its tape takes at once.
struct Gate<'g, R> {
    inner: R,
    left: &'g Cell<u64>,
}

impl<R: Read> Read for Gate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if buffer.iter().take(n).all(|byte| *byte == 0) {
            return Ok(n);
        }
        let left = self.left.get().checked_sub(n as u64);
        self.left.set(left.ok_or_else(|| Fault::corrupt("a name in the archive is larger than any name"))?);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing;

    fn archive(entries: &[(&[u8], EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name);
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            header.set_mtime(1_700_000_000);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn files_are_children_and_nothing_else_is() {
        let bytes = archive(&[
            (b"a/", EntryType::Directory, b""),
            ("a/løn.txt".as_bytes(), EntryType::Regular, b"one"),
            (b"S\xF8ren", EntryType::Regular, b"two"),
            (b"link", EntryType::Symlink, b""),
            (b"tty", EntryType::Char, b""),
        ]);
        let seen = testing::read("x.bin", &bytes);
        assert_eq!((seen.format, seen.ended), ("tar", None));
        let names: Vec<_> = seen.children.iter().map(|(name, _, bytes)| (name.as_str(), bytes.as_deref())).collect();
        assert_eq!(names, [("a/løn.txt", Ok(&b"one"[..])), ("Søren", Ok(&b"two"[..]))]);
    }

    #[test]
    fn zeros_and_types_of_others_hide_nothing() {
        let one = archive(&[(b"a", EntryType::Regular, b"one"), (b"b", EntryType::new(b'Z'), b"two")]);
        let other = archive(&[(b"c", EntryType::Regular, b"three")]);
        // Twice: one behind the other, and with more zeros than a name may have letters.
        for zeros in [0, 2 << 20] {
            let seen = testing::read("x.tar", &[&one[..], &vec![0; zeros], &other].concat());
            let names: Vec<_> = seen.children.iter().map(|(name, ..)| name.as_str()).collect();
            assert_eq!((names, seen.ended), (vec!["a", "b", "c"], None), "{zeros}");
        }
    }

    #[test]
    fn remarks_in_pax_headers_are_read() {
        let hash = format!("52 comment={}\n", "a1".repeat(20));
        let bytes = archive(&[
            (b"pax_global_header", EntryType::XGlobalHeader, hash.as_bytes()),
            (b"g", EntryType::XGlobalHeader, "21 comment=l\u{f8}n 2024\n".as_bytes()),
            (b"x", EntryType::XHeader, b"12 path=a.b\n30 SCHILY.xattr.user.x=Ida H.\n"),
            (b"a", EntryType::Regular, b"one"),
        ]);
        let seen = testing::read("x.tar", &bytes);
        let children: Vec<_> = seen.children.iter().map(|(name, _, bytes)| (name.as_str(), bytes.as_deref())).collect();
        assert_eq!(
            children,
            [
                ("PaxHeaders/g", Ok("comment=løn 2024\n".as_bytes())),
                ("PaxHeaders/a.b", Ok(&b"SCHILY.xattr.user.x=Ida H.\n"[..])),
                ("a.b", Ok(&b"one"[..]))
            ]
        );
    }

    #[test]
    fn long_names_are_whole_and_absurd_ones_end_it() {
        let long = "n".repeat(300);
        for (name, ok) in [(long.into_bytes(), true), (vec![b'n'; 2 << 20], false)] {
            let bytes =
                archive(&[(b"././@LongLink", EntryType::GNULongName, &name), (b"short", EntryType::Regular, b"x")]);
            let seen = testing::read("x.tar", &bytes);
            assert_eq!(seen.ended.is_none(), ok);
            assert_eq!(seen.children.first().map(|c| c.0.as_bytes()), ok.then_some(name.as_slice()));
        }
    }

    #[test]
    fn a_cut_archive_is_told() {
        let bytes = archive(&[(b"a", EntryType::Regular, &[b'x'; 2000]), (b"b", EntryType::Regular, b"x")]);
        assert!(testing::read("x.tar", &bytes[..1500]).ended.is_some());
    }
}
