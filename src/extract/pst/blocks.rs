//! Blocks: the data of nodes, in pieces, and the nodes within nodes (MS-PST 2.2.2.8).
//!
//! In: the number of a block. Out: the bytes of a node, whole or flowing, and its inner nodes. Lists of blocks are
//! followed two levels deep, as deep as they go.

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use super::encoding::checksum;
use super::pages::{Layout, Node, Store, u16_at, u32_at, u64_at};
use crate::item::{Fault, Reason};

/// Blocks of one node, or nodes in one: as many as two levels of lists can name.
const MANY: usize = 1 << 20;
/// What looking for a block costs.
const PAGE: usize = 512;
/// What the smallest block takes of the file.
const SMALLEST: u64 = 64;
/// The bit of a block's number that says that it holds a list.
const LIST: u64 = 2;

/// The nodes within a node, by number.
pub type Inner = BTreeMap<u32, Node>;

impl<'a> Store<'a> {
    /// The bytes of a block.
    pub fn load(&self, id: u64) -> Result<Vec<u8>, Fault> {
        self.spend(PAGE)?;
        let place = self.block(id).ok_or(Fault::corrupt("a block of it is missing"))?;
        let trailer = match self.layout {
            Layout::Ansi => 12,
            Layout::Unicode => 16,
            Layout::Large => 24,
        };
        let unit = if self.layout == Layout::Large { 512 } else { 64 };
        let end = (place.size + trailer).next_multiple_of(unit);
        self.spend(end)?;
        let mut bytes = self.bytes(place.at, end)?;
        let trailer = bytes.split_off(end - trailer);
        bytes.truncate(place.size);
        let (crc, unpacked) = match self.layout {
            Layout::Ansi => (u32_at(&trailer, 8), None),
            Layout::Unicode => (u32_at(&trailer, 4), None),
            Layout::Large => (u32_at(&trailer, 4), u16_at(&trailer, 18)),
        };
        if crc != Some(checksum(&bytes)) {
            self.damage();
        }
        if let Some(size) = unpacked.map(usize::from).filter(|size| *size > 0 && *size != place.size) {
            let mut whole = Vec::with_capacity(size);
            // What comes out before an error is kept.
            if ZlibDecoder::new(&bytes[..]).take(size as u64).read_to_end(&mut whole).is_err() {
                self.damage();
            }
            bytes = whole;
        }
        if id & LIST == 0 {
            self.encoding.get().decode(&mut bytes, id & !1);
        }
        Ok(bytes)
    }

    /// The numbers of the blocks that hold a node's data, in order.
    pub fn data(&self, id: u64) -> Result<Vec<u64>, Fault> {
        let mut data = Vec::new();
        if id & !1 != 0 {
            self.list(id, 3, &mut self.blocks(), &mut data)?;
        }
        Ok(data)
    }

    /// How many blocks there can be: a list that names more leads in circles.
    fn blocks(&self) -> usize {
        usize::try_from(self.size / SMALLEST).unwrap_or(MANY).min(MANY)
    }

    fn list(&self, id: u64, above: u8, left: &mut usize, data: &mut Vec<u64>) -> Result<(), Fault> {
        let damaged = || Fault::corrupt("a list of its blocks is damaged");
        *left = left.checked_sub(1).ok_or_else(damaged)?;
        if id & LIST == 0 {
            data.push(id);
            return Ok(());
        }
        let block = self.load(id)?;
        let [1, level @ 1..=2, ..] = *block.as_slice() else { return Err(damaged()) };
        let count = usize::from(u16_at(&block, 2).ok_or_else(damaged)?);
        if level >= above {
            return Err(damaged());
        }
        for entry in block.get(8..).unwrap_or_default().chunks_exact(self.width()).take(count) {
            let below = self.number(entry, 0).ok_or_else(damaged)?;
            // A list that cannot be read loses what is in it.
            if self.list(below, level, left, data).is_err() {
                self.damage();
                if *left == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The nodes within a node.
    pub fn inner(&self, id: u64) -> Inner {
        let mut inner = Inner::new();
        if id & !1 != 0 && self.entries(id, 2, &mut self.blocks(), &mut inner).is_err() {
            self.damage();
        }
        inner
    }

    fn entries(&self, id: u64, above: u8, left: &mut usize, inner: &mut Inner) -> Result<(), Fault> {
        let damaged = || Fault::corrupt("a list of inner nodes is damaged");
        *left = left.checked_sub(1).ok_or_else(damaged)?;
        let block = self.load(id)?;
        let [2, level @ 0..=1, ..] = *block.as_slice() else { return Err(damaged()) };
        let count = usize::from(u16_at(&block, 2).ok_or_else(damaged)?);
        if level >= above || inner.len() > MANY {
            return Err(damaged());
        }
        let width = self.width();
        let begin = if self.layout == Layout::Ansi { 4 } else { 8 };
        let size = if level == 0 { 3 * width } else { 2 * width };
        for entry in block.get(begin..).unwrap_or_default().chunks_exact(size).take(count) {
            let first = self.number(entry, width).ok_or_else(damaged)?;
            if level == 0 {
                let node = Node { data: first, inner: self.number(entry, 2 * width).unwrap_or(0), parent: 0 };
                inner.insert(u32_at(entry, 0).ok_or_else(damaged)?, node);
            } else if self.entries(first, level, left, inner).is_err() {
                self.damage();
            }
        }
        Ok(())
    }

    /// All bytes of a node.
    pub fn whole(&self, id: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        for block in self.data(id)? {
            match self.load(block) {
                Ok(mut block) => bytes.append(&mut block),
                Err(_) => self.damage(),
            }
            if bytes.len() as u64 > self.limit {
                return Err(Fault::new(Reason::TooLarge, "a property is larger than may be held in memory"));
            }
        }
        Ok(bytes)
    }

    /// The bytes of a node, block by block.
    pub fn stream(&self, id: u64) -> Stream<'_, 'a> {
        Stream { store: self, id: Some(id), blocks: Vec::new().into_iter(), block: io::Cursor::default() }
    }

    fn width(&self) -> usize {
        if self.layout == Layout::Ansi { 4 } else { 8 }
    }

    fn number(&self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.layout == Layout::Ansi { u32_at(bytes, at).map(u64::from) } else { u64_at(bytes, at) }
    }
}

/// Reads a node's data.
pub struct Stream<'s, 'a> {
    store: &'s Store<'a>,
    /// Whose blocks have not been asked for yet.
    id: Option<u64>,
    blocks: std::vec::IntoIter<u64>,
    block: io::Cursor<Vec<u8>>,
}

impl Read for Stream<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(id) = self.id.take() {
            self.blocks = self.store.data(id)?.into_iter();
        }
        loop {
            let n = self.block.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            let Some(next) = self.blocks.next() else { return Ok(0) };
            self.block = io::Cursor::new(self.store.load(next)?);
        }
    }
}
