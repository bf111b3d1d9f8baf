//! Outlook's own files: PST, and OST, the copy of a mailbox on a server.
//!
//! In: the file, read where it is asked for and never changed. Out: its messages, folder by folder, each made only when
//! its turn comes, so that one is in memory at a time. What is damaged costs no more than itself.
//! The layers are those of MS-PST: `pages` (file), `blocks` (nodes), `heap` and `tables` (properties), `folders`.

mod blocks;
mod encoding;
mod folders;
mod heap;
pub(crate) mod pages;
mod tables;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod writer;

use std::fs::File;

use crate::extract::mapi::message::{Attachment, Message};
use crate::extract::mapi::names::Names;
use crate::extract::mapi::{Properties, id, kind};
use crate::extract::msg::missing;
use crate::extract::{Child, Content, Format, Head, Match, Out, Ranges};
use crate::item::{Fault, Kind, Mail};
use crate::job::Range;
use heap::Heap;
use pages::{Node, Store, u32_at};

/// PST and OST.
pub const FORMATS: &[Format] = &[Format { name: "pst", kind: Kind::Container, sniff, read }];

const NAMES: u32 = 0x61;
const RECIPIENTS: u32 = 0x692;
const ATTACHMENT: u32 = 0x05;
/// Jobs that share a file, at most.
const PARTS: u32 = 128;

fn sniff(head: &Head<'_>) -> Match {
    // An address book (`AB`) begins alike.
    let client = head.bytes.get(8..10);
    if head.starts(b"!BDN") && client != Some(b"AB") { Match::ByContent } else { Match::No }
}

/// Ranges of as many messages each: how large they are stands in too many places. Each costs a look at all folders, so
/// there are not too many.
pub fn split(file: File, bytes: u64) -> Ranges {
    let size = file.metadata().map_or(0, |meta| meta.len());
    let count = |content: Content<'_>| -> Result<usize, Fault> {
        let store = Store::open(content.seekable()?, 0)?;
        Ok(folders::read(&store, &store.nodes()).iter().map(|folder| folder.messages.len()).sum())
    };
    let messages = u32::try_from(count(Content::file(file, size)).unwrap_or(0)).unwrap_or(0);
    let parts = u32::try_from(size / bytes.max(1)).unwrap_or(u32::MAX).clamp(1, PARTS).min(messages);
    let bound = move |n: u32| (u64::from(n) * u64::from(messages) / u64::from(parts.max(1))) as u32;
    Box::new((0..parts).map(move |n| Range { first: bound(n), end: bound(n + 1), offset: 0 }))
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let limit = out.budget().limits().whole;
    let range = content.range().unwrap_or(Range { first: 0, end: u32::MAX, offset: 0 });
    let store = Store::open(content.seekable()?, limit)?;
    let nodes = store.nodes();
    let folders = folders::read(&store, &nodes);
    let names = names(&store, nodes.get(&NAMES));
    let owner = folders::owner(&store, &nodes);
    drop(nodes);
    let damaged = || Fault::corrupt("it is damaged: what was left of it was read");
    if folders.is_empty() && store.was_damaged() {
        return Err(damaged());
    }
    if store.was_damaged() {
        out.damage(damaged())?;
    }
    out.passed(range.first)?;
    let mut met = 0..range.end;
    for folder in folders {
        let mail = Mail { folder: folder.path, role: folder.role, ..Mail::default() };
        let path = mail.folder.as_deref().filter(|path| !path.is_empty()).map(|path| format!("{path}/"));
        for ((number, node), at) in folder.messages.into_iter().zip(met.by_ref()) {
            if at < range.first {
                continue;
            }
            let name = format!("{}{number:016x}", path.as_deref().unwrap_or_default());
            let (store, names) = (&store, &names);
            let content = Content::made("msg", move |out| message(store, &node, &[], None, names, out));
            let mut child = Child::new(name, Kind::Message, content);
            child.mail = Some(mail.clone());
            child.owner.clone_from(&owner);
            out.child(child)?;
        }
    }
    Ok(())
}

/// What named properties are called in this file.
fn names(store: &Store<'_>, node: Option<&Node>) -> Names {
    let heap = node.and_then(|node| Heap::open(store, node).ok());
    let properties = heap.and_then(|heap| tables::properties(&heap, |id| id <= 4).ok()).unwrap_or_default();
    let stream = |id| properties.bytes(id).unwrap_or_default();
    Names::new(stream(2), stream(3), stream(4))
}

/// Reads a message, from the file or within another.
///
/// `around` are the blocks of the messages that it lies in: in a damaged file one may lie in itself.
fn message(
    store: &Store<'_>,
    node: &Node,
    around: &[u64],
    page: Option<i64>,
    names: &Names,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    if around.contains(&node.data) {
        return Err(Fault::corrupt("it lies in itself"));
    }
    let around = &[around, &[node.data]].concat();
    store.turn();
    let heap = Heap::open(store, node)?;
    let mut properties = tables::properties(&heap, |_| true)?;
    properties.page = page;
    let page = properties.page();
    let mut recipients = Vec::new();
    if let Some(table) = heap.inner.get(&RECIPIENTS) {
        match Heap::open(store, table).and_then(|heap| tables::rows(&heap)) {
            Ok(rows) => recipients = rows,
            Err(_) => store.damage(),
        }
    }
    recipients.iter_mut().for_each(|one| one.page = page);
    // Their table says no more than they do themselves, and may be lost.
    let of = |number: &u32| number & 0x1F == ATTACHMENT;
    let inner = heap.inner.iter().filter(|(number, _)| of(number));
    let attachments = inner.map(|(_, node)| attachment(store, node, around, page, names)).collect();
    drop(heap);
    Message { properties, recipients, attachments, names }.emit(out)?;
    if store.was_damaged() {
        out.damage(Fault::corrupt("it is damaged: what was left of it was read"))?;
    }
    Ok(())
}

fn attachment<'m>(
    store: &'m Store<'_>,
    node: &Node,
    around: &'m [u64],
    page: Option<i64>,
    names: &'m Names,
) -> Attachment<'m> {
    let opened =
        Heap::open(store, node).and_then(|heap| Ok((tables::properties(&heap, |id| id != id::ATTACH_DATA)?, heap)));
    let (mut properties, heap) = match opened {
        Ok(opened) => opened,
        Err(fault) => return Attachment { properties: Properties::default(), content: Err(fault), embedded: false },
    };
    properties.page = page;
    let (mut content, mut embedded) = (Err(missing(&properties)), false);
    match tables::reference(&heap, id::ATTACH_DATA) {
        Some((kind::OBJECT, number)) => {
            // Behind the number stands another: that of the node.
            let number = heap.item(number).and_then(|item| u32_at(item, 0));
            let node = number.and_then(|number| heap.inner.get(&number)).copied();
            embedded = properties.number(id::ATTACH_METHOD) == Some(5);
            content = match node {
                Some(node) if embedded => {
                    Ok(Content::made("msg", move |out| message(store, &node, around, page, names, out)))
                }
                Some(node) => Ok(Content::stream(store.stream(node.data))),
                None => Err(Fault::corrupt("its data is missing")),
            };
        }
        Some((_, number)) if number & 0x1F != 0 => {
            if let Some(node) = heap.inner.get(&number) {
                content = Ok(Content::stream(store.stream(node.data)));
            }
        }
        Some((_, number)) => {
            if let Some(Ok(bytes)) = heap.value(number) {
                content = Ok(Content::bytes(bytes));
            }
        }
        None => {}
    }
    Attachment { properties, content, embedded }
}
