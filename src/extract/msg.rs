//! A message as Outlook saves it (MSG), and a template for one (OFT): a compound file with a stream for each property.
//!
//! In: the whole file, or a stream's seeking reader. Out: what `mapi::message` makes of it; messages within it are read
//! from the same file. Source: MS-OXMSG.

use std::io::Read;

use crate::extract::cfb::{self, Compound, Storage};
use crate::extract::mapi::message::{Attachment, Message};
use crate::extract::mapi::names::Names;
use crate::extract::mapi::{Properties, id, kind};
use crate::extract::{Child, Content, Format, Match, Out};
use crate::item::{Fault, Kind, Reason};

/// A message; told by the names in a compound file, and read from there (`cfb.rs`).
pub const FORMATS: &[Format] = &[Format { name: "msg", kind: Kind::Message, sniff: |_| Match::No, read: cfb::read }];

/// Storages of recipients, or of attachments, that are looked at in one message.
const MANY: usize = 100_000;

/// Reads the message that a compound file is.
pub fn message(file: &Compound<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let file = File { file };
    let stream = |name: &str| file.bytes(&format!("/__nameid_version1.0/__substg1.0_{name}"), out).unwrap_or_default();
    let names = Names::new(&stream("00020102"), &stream("00030102"), &stream("00040102"));
    file.message("", 32, None, &names, out)
}

struct File<'f, 'a> {
    file: &'f Compound<'a>,
}

impl File<'_, '_> {
    /// Reads the message in a storage. `header` is how many bytes its stream of properties begins with.
    fn message(
        &self,
        storage: &str,
        header: usize,
        page: Option<i64>,
        names: &Names,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        let properties = self.properties(storage, header, page, &|_| true, out)?;
        let page = properties.page();
        let (mut recipients, mut attachments) = (Vec::new(), Vec::new());
        for name in self.list(storage, false)?.into_iter().take(MANY) {
            let inside = format!("{storage}/{name}");
            if name.starts_with("__recip_version1.0") {
                recipients.push(self.properties(&inside, 8, page, &|_| true, out)?);
            } else if name.starts_with("__attach_version1.0") {
                let properties = self.properties(&inside, 8, page, &|id| id != id::ATTACH_DATA, out)?;
                attachments.push(self.attachment(inside, properties, page, names));
            }
        }
        Message { properties, recipients, attachments, names }.emit(out)
    }

    fn attachment<'m>(
        &'m self,
        storage: String,
        properties: Properties,
        page: Option<i64>,
        names: &'m Names,
    ) -> Attachment<'m> {
        let data = |kind: u16| format!("{storage}/__substg1.0_{:04X}{kind:04X}", id::ATTACH_DATA);
        let object = data(kind::OBJECT);
        let is_storage = self.file.borrow().is_storage(&object);
        let embedded = is_storage && properties.number(id::ATTACH_METHOD).is_none_or(|method| method == 5);
        let content = if embedded {
            Ok(Content::made("msg", move |out| self.message(&object, 24, page, names, out)))
        } else if is_storage {
            Ok(Content::made("ole", move |out| self.object(&object, out)))
        } else {
            let stream = self.file.borrow_mut().open_stream(data(kind::BINARY));
            stream.map(Content::stream).map_err(|_| missing(&properties))
        };
        Attachment { properties, content, embedded }
    }

    /// An OLE object: a document of its own, or else streams that are children.
    fn object(&self, storage: &str, out: &mut Out<'_>) -> Result<(), Fault> {
        let object = Storage::new(self.file, storage.to_owned());
        if cfb::is_known(&object) {
            return cfb::storage(&object, out);
        }
        for name in self.list(storage, true)?.into_iter().take(MANY) {
            let stream = self.file.borrow_mut().open_stream(format!("{storage}/{name}"));
            let content = stream.map(Content::stream).map_err(|_| Fault::corrupt("a stream is damaged"));
            let mut child = Child::new(name, Kind::Document, Content::bytes(Vec::new()));
            child.content = content;
            out.child(child)?;
        }
        Ok(())
    }

    /// The streams or the storages in a storage, sorted.
    fn list(&self, storage: &str, streams: bool) -> Result<Vec<String>, Fault> {
        let file = self.file.borrow();
        let entries = file.read_storage(if storage.is_empty() { "/" } else { storage });
        let entries = entries.map_err(|_| Fault::corrupt("its table of contents is damaged"))?;
        let mut names: Vec<String> =
            entries.filter(|entry| entry.is_stream() == streams).map(|entry| entry.name().to_owned()).collect();
        names.sort();
        Ok(names)
    }

    /// All properties of a storage that are wanted: those of fixed size from one stream, the others each from its own.
    fn properties(
        &self,
        storage: &str,
        header: usize,
        page: Option<i64>,
        wanted: &dyn Fn(u16) -> bool,
        out: &mut Out<'_>,
    ) -> Result<Properties, Fault> {
        let mut properties = Properties::on(page);
        let fixed = self.bytes(&format!("{storage}/__properties_version1.0"), out).unwrap_or_default();
        let (entries, _) = fixed.get(header..).unwrap_or_default().as_chunks::<16>();
        for [kind0, kind1, id0, id1, _, _, _, _, value @ ..] in entries {
            let kind = u16::from_le_bytes([*kind0, *kind1]);
            if let Some(size @ 1..=8) = kind::size(kind) {
                let id = u16::from_le_bytes([*id0, *id1]);
                properties.push(id, kind, value.get(..size).unwrap_or_default().to_vec());
            }
        }
        for name in self.list(storage, true)? {
            let Some((id, kind, part)) = stream_name(&name) else { continue };
            if !wanted(id) {
                continue;
            }
            let base = kind & !kind::MULTIPLE;
            // Several values of varying size: a stream of their sizes, and one for each.
            if kind & kind::MULTIPLE != 0 && part.is_none() && kind::size(base).is_none() {
                continue;
            }
            match self.bytes(&format!("{storage}/{name}"), out) {
                Ok(bytes) => match kind::size(base) {
                    Some(size @ 1..) if kind & kind::MULTIPLE != 0 => {
                        bytes.chunks_exact(size).for_each(|value| properties.push(id, base, value.to_vec()));
                    }
                    _ => properties.push(id, base, bytes),
                },
                Err(fault) => out.damage(fault)?,
            }
        }
        Ok(properties)
    }

    /// A whole stream.
    fn bytes(&self, path: &str, out: &Out<'_>) -> Result<Vec<u8>, Fault> {
        let limit = out.budget().limits().whole;
        let damaged = |_| Fault::corrupt("a property is damaged");
        let stream = self.file.borrow_mut().open_stream(path).map_err(damaged)?;
        let mut bytes = Vec::new();
        stream.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(damaged)?;
        if bytes.len() as u64 > limit {
            return Err(Fault::new(Reason::TooLarge, "a property is larger than may be held in memory"));
        }
        Ok(bytes)
    }
}

/// Why an attachment has no data.
pub fn missing(properties: &Properties) -> Fault {
    match properties.number(id::ATTACH_METHOD) {
        Some(2..=4 | 7) => Fault::new(Reason::Missing, "it is a link: the file is elsewhere"),
        _ => Fault::corrupt("its data is missing"),
    }
}

/// Number, type, and which of several values: `__substg1.0_3A58101F-00000002`.
fn stream_name(name: &str) -> Option<(u16, u16, Option<u32>)> {
    let rest = name.strip_prefix("__substg1.0_")?;
    let hex = |part: Option<&str>| part.and_then(|part| u32::from_str_radix(part, 16).ok());
    let tag = hex(rest.get(..8))?;
    let part = rest.get(8..).and_then(|rest| rest.strip_prefix('-'));
    Some(((tag >> 16) as u16, tag as u16, hex(part)))
}

#[cfg(test)]
mod tests;
