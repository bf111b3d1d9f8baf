//! A heap on a node, and the B-tree on it (MS-PST 2.3.1, 2.3.2): where small values live.
//!
//! In: a node. Out: items by number, and the records of a tree. All blocks of the heap are held; values that are large
//! are nodes of their own.

use super::blocks::Inner;
use super::encoding::Encoding;
use super::pages::{Layout, Node, Store, u16_at, u32_at};
use crate::item::{Fault, Reason};

/// Levels of a tree on a heap.
const LEVELS: u8 = 8;
/// Records of one tree.
const RECORDS: usize = 1 << 20;

/// An open heap.
pub struct Heap<'s, 'a> {
    /// The file.
    pub store: &'s Store<'a>,
    /// The nodes within its node.
    pub inner: Inner,
    /// What the heap is for: `bClientSig`.
    pub kind: u8,
    /// Its first item: `hidUserRoot`.
    pub root: u32,
    blocks: Vec<Vec<u8>>,
}

impl<'s, 'a> Heap<'s, 'a> {
    /// Reads a heap.
    pub fn open(store: &'s Store<'a>, node: &Node) -> Result<Self, Fault> {
        let damaged = || Fault::corrupt("a table of it is damaged");
        let mut blocks = Vec::new();
        let mut size = 0;
        for id in store.data(node.data)? {
            // A block that is lost leaves a gap, so that the numbers of the others stay right.
            let mut block = store.load(id).unwrap_or_else(|_| {
                store.damage();
                Vec::new()
            });
            size += block.len() as u64;
            if size > store.limit {
                return Err(Fault::new(Reason::TooLarge, "a table is larger than may be held in memory"));
            }
            // Some programs encode and do not say so.
            if blocks.is_empty() && block.get(2) != Some(&0xEC) && store.encoding.get() == Encoding::None {
                Encoding::Permute.decode(&mut block, id);
                if block.get(2) == Some(&0xEC) {
                    store.encoding.set(Encoding::Permute);
                }
            }
            blocks.push(block);
        }
        let first = blocks.first().ok_or_else(damaged)?;
        let [_, _, 0xEC, kind, ..] = *first.as_slice() else { return Err(damaged()) };
        let root = u32_at(first, 4).ok_or_else(damaged)?;
        Ok(Self { store, inner: store.inner(node.inner), kind, root, blocks })
    }

    /// An item by its number (HID).
    pub fn item(&self, id: u32) -> Option<&[u8]> {
        let (block, at) = match self.store.layout {
            Layout::Large => (id >> 19, (id & 0x7_FFFF) >> 5),
            _ => (id >> 16, (id & 0xFFFF) >> 5),
        };
        let block = self.blocks.get(block as usize)?;
        // A map at the end says where each item begins, and then where the last ends.
        let map = usize::from(u16_at(block, 0)?);
        let count = u32::from(u16_at(block, map)?);
        if at == 0 || at > count {
            return None;
        }
        let begin = map + 2 + 2 * at as usize;
        block.get(usize::from(u16_at(block, begin)?)..usize::from(u16_at(block, begin + 2)?))
    }

    /// The bytes behind a number that is an item or an inner node (HNID). `None`: it leads nowhere.
    pub fn value(&self, id: u32) -> Option<Result<Vec<u8>, Fault>> {
        match id {
            0 => Some(Ok(Vec::new())),
            _ if id & 0x1F == 0 => self.item(id).map(|item| Ok(item.to_vec())),
            _ => self.inner.get(&id).map(|node| self.store.whole(node.data)),
        }
    }

    /// The records of the tree at an item, in order: key and data together.
    pub fn records(&self, tree: u32) -> Result<Vec<&[u8]>, Fault> {
        let damaged = || Fault::corrupt("a table of it is damaged");
        let header = self.item(tree).ok_or_else(damaged)?;
        let [0xB5, key, data, levels, ..] = *header else { return Err(damaged()) };
        let root = u32_at(header, 4).ok_or_else(damaged)?;
        if levels > LEVELS || key == 0 {
            return Err(damaged());
        }
        let mut records = Vec::new();
        if root != 0 {
            self.level(root, usize::from(key), usize::from(data), levels, &mut records)?;
        }
        Ok(records)
    }

    fn level<'h>(
        &'h self,
        id: u32,
        key: usize,
        data: usize,
        level: u8,
        records: &mut Vec<&'h [u8]>,
    ) -> Result<(), Fault> {
        let Some(item) = self.item(id) else {
            self.store.damage();
            return Ok(());
        };
        if level == 0 {
            records.extend(item.chunks_exact(key + data));
        } else {
            for entry in item.chunks_exact(key + 4) {
                self.level(u32_at(entry, key).unwrap_or(0), key, data, level - 1, records)?;
            }
        }
        // A tree that leads to itself grows until here.
        if records.len() > RECORDS { Err(Fault::corrupt("a table of it is damaged")) } else { Ok(()) }
    }
}
