//! RAR archives, of every version from 1.3 to 7.
//!
//! In: the whole archive, within the limit for what is held in memory. Out: its files as children, unpacked one after the
//! other, which archives of one piece ("solid") ask for. Encrypted members, and those that go on in another file, are told
//! of. Taken apart by the crate `rars`: it is not the code of RAR's own program, whose licence is not free.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use rars::{ArchiveReadOptions, ArchiveReader, Error, ErrorKind, ExtractionDecision, ExtractionErrorAction};

use crate::extract::package::locked;
use crate::extract::{Child, Content, Format, Head, Match, Out, zip};
use crate::item::{Fault, Kind, Reason};

/// RAR.
pub const FORMATS: &[Format] = &[Format { name: "rar", kind: Kind::Container, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"Rar!\x1A\x07") || head.starts(b"RE~^") { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let limits = out.budget().limits();
    let options = ArchiveReadOptions::new()
        .with_max_header_count(limits.children.into())
        .with_max_header_bytes(limits.whole)
        .with_max_member_output_bytes(limits.whole)
        .with_max_total_output_bytes(limits.item)
        .with_rar50_dictionary_size_limit(limits.whole)
        .with_max_reader_workspace_bytes(limits.memory / 2);
    let archive =
        ArchiveReader::read_owned_with_options(content.whole()?.into_owned(), options).map_err(|e| fault(&e))?;
    let members = RefCell::new(Members { out, open: None, ended: Ok(()) });
    let unpacked = archive.extract_with_control_and_errors(
        options,
        |member| {
            let mut members = members.borrow_mut();
            members.close(None);
            if members.ended.is_err() {
                return Ok(ExtractionDecision::Stop);
            }
            let meta = &member.meta;
            if meta.is_directory {
                return Ok(ExtractionDecision::Skip);
            }
            let file = File::default();
            members.open = Some((zip::name(meta.name_bytes()), meta.modification_time(), file.clone()));
            let fault = match (meta.is_encrypted, meta.is_split_before || meta.is_split_after) {
                (true, _) => locked(),
                (_, true) => Fault::new(Reason::Unsupported, "a part of it lies in another file"),
                _ => return Ok(ExtractionDecision::Extract(Box::new(file))),
            };
            members.close(Some(fault));
            Ok(if member.is_solid() { ExtractionDecision::Stop } else { ExtractionDecision::Skip })
        },
        |_, error| {
            members.borrow_mut().close(Some(fault(error)));
            Ok(ExtractionErrorAction::Continue)
        },
    );
    let mut members = members.into_inner();
    match unpacked {
        Ok(_) => members.close(None),
        Err(error) => {
            members.close(Some(fault(&error)));
            members.ended = members.ended.and_then(|()| members.out.damage(fault(&error)));
        }
    }
    members.ended
}

/// Where a member is unpacked to.
#[derive(Clone, Default)]
struct File(Rc<RefCell<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The members, each handed over when the next one begins.
struct Members<'m, 'o> {
    out: &'m mut Out<'o>,
    open: Option<(String, Option<std::time::SystemTime>, File)>,
    ended: Result<(), Fault>,
}

impl Members<'_, '_> {
    fn close(&mut self, fault: Option<Fault>) {
        let Some((name, modified, file)) = self.open.take() else { return };
        let bytes = file.0.take();
        let size = bytes.len() as u64;
        let content = fault.map_or_else(|| Ok(Content::bytes(bytes)), Err);
        let modified = modified.and_then(|at| at.try_into().ok());
        let child = Child { content, modified, ..Child::new(name, Kind::Document, Content::bytes(&[][..])) };
        if self.ended.is_ok() {
            self.ended = self.out.charge(size).and_then(|()| self.out.child(child));
        }
    }
}

fn fault(error: &Error) -> Fault {
    // Even its table of contents is encrypted.
    if matches!(error, Error::FeatureDisabled { .. }) {
        return locked();
    }
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => locked(),
        ErrorKind::ResourceLimit => Fault::new(Reason::Bomb, "it unpacks to more than the limit"),
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => {
            Fault::new(Reason::Unsupported, "it is packed in a way that is not known")
        }
        _ => Fault::corrupt("the archive is damaged"),
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;
    use crate::item::Reason;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/archive/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn files_are_unpacked() {
        for name in ["two.15.rar", "two.29.rar", "two.50.rar", "solid.50.rar"] {
            let seen = read("x", &fixture(name));
            assert_eq!((seen.format, seen.ended), ("rar", None), "{name}");
            let names: Vec<_> =
                seen.children.iter().map(|(name, _, bytes)| (name.as_str(), bytes.as_deref().unwrap())).collect();
            let lines = "CPR 010190-0001\n".repeat(200);
            assert_eq!(names, [("mappe/en.txt", lines.as_bytes()), ("to.txt", b"020290-0001")], "{name}");
        }
    }

    #[test]
    fn encrypted_members_are_told() {
        let seen = read("x", &fixture("secret.50.rar"));
        let reason = |n: usize| seen.children[n].2.as_ref().err().map(|fault| fault.reason);
        assert_eq!((seen.children.len(), reason(0)), (2, Some(Reason::Encrypted)), "{:?}", seen.ended);
    }

    #[test]
    fn damage_harms_nobody() {
        for name in ["two.15.rar", "two.29.rar", "solid.50.rar"] {
            let bytes = fixture(name);
            for n in 0..bytes.len() {
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
