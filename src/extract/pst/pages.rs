//! The file itself: header, and the two B-trees of pages that say where nodes and blocks are (MS-PST 2.2.2).
//!
//! In: a file that can be read anywhere. Out: entries by number, or all of them. What is damaged is told, not fatal:
//! checksums that do not fit are remembered, and where a tree cannot be followed, its leaves are gathered from the
//! whole file. The pages of OST files of 2013 and later are not in MS-PST; their layout is libpff's.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::rc::Rc;

use super::encoding::{Encoding, checksum};
use crate::extract::ReadSeek;
use crate::item::{Fault, Reason};

/// How wide numbers are, and how large a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Outlook 97 to 2002: 32 bits.
    Ansi,
    /// Outlook 2003 and later: 64 bits.
    Unicode,
    /// OST files of Outlook 2013 and later: 64 bits, large pages, packed blocks.
    Large,
}

/// Which of the two trees: the type of its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// Blocks: where they are.
    Blocks = 0x80,
    /// Nodes: which blocks they have.
    Nodes = 0x81,
}

/// A node's entry, or that of a node within a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The number of the block that has its data, or lists the blocks that have.
    pub data: u64,
    /// The number of the block that lists the nodes within it; 0 if there are none.
    pub inner: u64,
    /// The folder that it is in.
    pub parent: u32,
}

/// Where a block is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Offset in the file.
    pub at: u64,
    /// Bytes in the file.
    pub size: usize,
}

/// A page of a tree.
struct Page {
    level: u8,
    entry: usize,
    entries: Vec<u8>,
    /// The page's own number: of two copies the higher is the later.
    id: u64,
}

/// Entries of a tree by their numbers.
type Entries = BTreeMap<u64, Vec<u8>>;

/// Bytes that are read at once where the whole file is gone through.
const RUN: u64 = 1 << 20;
/// Pages that are kept.
const CACHED: usize = 2048;
/// Bytes that one message may cost in a file that holds none.
const SPENT: u64 = 64 << 20;
/// The deepest that a tree can be: each level holds ten times more than the one below.
const LEVELS: u8 = 16;

/// An open file.
pub struct Store<'a> {
    reader: RefCell<Box<dyn ReadSeek + 'a>>,
    /// How it is laid out.
    pub layout: Layout,
    /// How its blocks are encoded.
    pub encoding: Cell<Encoding>,
    /// What may be held in memory of one thing.
    pub limit: u64,
    roots: [u64; 2],
    /// Bytes of the file.
    pub size: u64,
    /// By offset and tree.
    pages: RefCell<HashMap<(u64, u8), Rc<Page>>>,
    gathered: RefCell<Option<Rc<Entries>>>,
    damaged: Cell<bool>,
    /// Bytes that were read for the message at hand.
    spent: Cell<u64>,
}

impl<'a> Store<'a> {
    /// Reads the header.
    pub fn open(mut reader: Box<dyn ReadSeek + 'a>, limit: u64) -> Result<Self, Fault> {
        let size = reader.seek(SeekFrom::End(0)).map_err(Fault::io)?;
        reader.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
        let mut header = Vec::new();
        reader.by_ref().take(564).read_to_end(&mut header).map_err(Fault::io)?;
        let short = || Fault::corrupt("its header is cut short");
        let layout = match u16_at(&header, 10).ok_or_else(short)? {
            14 | 15 => Layout::Ansi,
            36.. => Layout::Large,
            _ => Layout::Unicode,
        };
        let (nodes, blocks, encoding) = match layout {
            Layout::Ansi => (u32_at(&header, 188).map(u64::from), u32_at(&header, 196).map(u64::from), 461),
            _ => (u64_at(&header, 224), u64_at(&header, 240), 513),
        };
        let roots = [blocks.ok_or_else(short)?, nodes.ok_or_else(short)?];
        let encoding = match header.get(encoding).ok_or_else(short)? {
            0 => Encoding::None,
            1 => Encoding::Permute,
            2 => Encoding::Cyclic,
            _ => return Err(Fault::new(Reason::Encrypted, "it is encrypted by the system it was made on")),
        };
        Ok(Self {
            reader: RefCell::new(reader),
            layout,
            encoding: Cell::new(encoding),
            limit,
            roots,
            size,
            pages: RefCell::default(),
            gathered: RefCell::default(),
            damaged: Cell::new(false),
            spent: Cell::new(0),
        })
    }

    /// Something is damaged; reading goes on.
    pub fn damage(&self) {
        self.damaged.set(true);
    }

    /// Was something damaged since this was last asked?
    pub fn was_damaged(&self) -> bool {
        self.damaged.take()
    }

    /// Another message begins.
    pub fn turn(&self) {
        self.spent.set(0);
    }

    /// Counts what is read for one message. Where that is far more than there is, the same is read again and again.
    pub fn spend(&self, bytes: usize) -> Result<(), Fault> {
        let spent = self.spent.get().saturating_add(bytes as u64);
        self.spent.set(spent);
        if spent > self.size.saturating_mul(2).saturating_add(SPENT) {
            return Err(Fault::corrupt("its tables lead in circles"));
        }
        Ok(())
    }

    /// Bytes of the file.
    pub fn bytes(&self, at: u64, size: usize) -> Result<Vec<u8>, Fault> {
        if at.checked_add(size as u64).is_none_or(|end| end > self.size) {
            return Err(Fault::corrupt("a part of it lies behind its end"));
        }
        let mut bytes = vec![0; size];
        let mut reader = self.reader.borrow_mut();
        reader.seek(SeekFrom::Start(at)).map_err(Fault::io)?;
        reader.read_exact(&mut bytes).map_err(Fault::io)?;
        Ok(bytes)
    }

    /// Where a block is. `None`: nowhere.
    pub fn block(&self, id: u64) -> Option<Place> {
        // The lowest bit says nothing.
        let id = id & !1;
        let entry = match self.find(id) {
            Ok(Some(entry)) => entry,
            _ => self.gathered(Tree::Blocks).get(&id).cloned()?,
        };
        let (at, size) = match self.layout {
            Layout::Ansi => (u64::from(u32_at(&entry, 4)?), u16_at(&entry, 8)?),
            _ => (u64_at(&entry, 8)?, u16_at(&entry, 16)?),
        };
        Some(Place { at, size: usize::from(size) })
    }

    /// All nodes of the file, by number.
    pub fn nodes(&self) -> BTreeMap<u32, Node> {
        let mut nodes = BTreeMap::new();
        let mut add = |entry: &[u8]| {
            if let Some((id, node)) = self.node(entry) {
                nodes.insert(id, node);
            }
        };
        if self.walk(Tree::Nodes, &mut add).is_err() {
            self.damage();
            // What the tree still leads to is newer than what is found lying about.
            let mut found: BTreeMap<u32, Node> =
                self.gathered(Tree::Nodes).values().filter_map(|entry| self.node(entry)).collect();
            found.append(&mut nodes);
            return found;
        }
        nodes
    }

    fn node(&self, entry: &[u8]) -> Option<(u32, Node)> {
        Some(match self.layout {
            Layout::Ansi => {
                let number = |at| u32_at(entry, at).map(u64::from);
                (u32_at(entry, 0)?, Node { data: number(4)?, inner: number(8)?, parent: u32_at(entry, 12)? })
            }
            _ => {
                let node = Node { data: u64_at(entry, 8)?, inner: u64_at(entry, 16)?, parent: u32_at(entry, 24)? };
                (u32_at(entry, 0)?, node)
            }
        })
    }

    /// The entry of a block.
    fn find(&self, id: u64) -> Result<Option<Vec<u8>>, Fault> {
        let [mut at, _] = self.roots;
        let mut above = LEVELS;
        loop {
            let page = self.page(at, Tree::Blocks, above)?;
            let mut entries = page.entries.chunks_exact(page.entry);
            let key = |entry: &[u8]| self.wide(entry, 0).unwrap_or(u64::MAX);
            if page.level == 0 {
                return Ok(entries.find(|entry| key(entry) & !1 == id).map(<[u8]>::to_vec));
            }
            let Some(below) = entries.take_while(|entry| key(entry) <= id).last() else { return Ok(None) };
            at = self.below(below).ok_or(Fault::corrupt("a page of its index is damaged"))?;
            above = page.level;
        }
    }

    /// Every entry of the leaves, in order.
    fn walk(&self, tree: Tree, each: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
        let [_, root] = self.roots;
        let mut open = vec![(root, LEVELS)];
        let mut seen = HashSet::new();
        let mut ended = Ok(());
        while let Some((at, above)) = open.pop() {
            if !seen.insert(at) {
                ended = Err(Fault::corrupt("its index leads in a circle"));
                continue;
            }
            match self.page(at, tree, above) {
                Ok(page) if page.level == 0 => page.entries.chunks_exact(page.entry).for_each(&mut *each),
                Ok(page) => {
                    let below = page.entries.chunks_exact(page.entry).rev().filter_map(|entry| self.below(entry));
                    open.extend(below.map(|at| (at, page.level)));
                }
                Err(fault) => ended = Err(fault),
            }
        }
        ended
    }

    /// The page that an entry of a branch leads to.
    fn below(&self, entry: &[u8]) -> Option<u64> {
        self.wide(entry, if self.layout == Layout::Ansi { 8 } else { 16 })
    }

    fn wide(&self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.layout == Layout::Ansi { u32_at(bytes, at).map(u64::from) } else { u64_at(bytes, at) }
    }

    /// Reads a page of a tree, one level or more below another.
    fn page(&self, at: u64, tree: Tree, above: u8) -> Result<Rc<Page>, Fault> {
        let damaged = || Fault::corrupt("a page of its index is damaged");
        // However it is come by: a page that leads to itself leads nowhere.
        let below = |page: Rc<Page>| if page.level < above { Ok(page) } else { Err(damaged()) };
        if let Some(page) = self.pages.borrow().get(&(at, tree as u8)) {
            return below(Rc::clone(page));
        }
        let bytes = self.bytes(at, self.page_size())?;
        let (page, sound) = self.parse(&bytes, tree).ok_or_else(damaged)?;
        let page = below(Rc::new(page))?;
        if !sound {
            self.damage();
        }
        let mut pages = self.pages.borrow_mut();
        if pages.len() >= CACHED {
            pages.clear();
        }
        pages.insert((at, tree as u8), Rc::clone(&page));
        Ok(page)
    }

    fn page_size(&self) -> usize {
        if self.layout == Layout::Large { 4096 } else { 512 }
    }

    /// A page, and whether its checksum fits. `None`: it is no page of this tree.
    fn parse(&self, bytes: &[u8], tree: Tree) -> Option<(Page, bool)> {
        // How many entries, their size, the level; where the trailer begins, and in it the checksum and the number.
        let (count, facts, trailer, crc, id) = match self.layout {
            Layout::Ansi => (usize::from(*bytes.get(496)?), 498, 500, 508, 504),
            Layout::Unicode => (usize::from(*bytes.get(488)?), 490, 496, 500, 504),
            Layout::Large => (usize::from(u16_at(bytes, 4056)?), 4060, 4072, 4076, 4080),
        };
        let (entry, level) = (usize::from(*bytes.get(facts)?), *bytes.get(facts + 1)?);
        let kind = tree as u8;
        if bytes.get(trailer..trailer + 2)? != [kind, kind] || entry < 8 {
            return None;
        }
        let entries = bytes.get(..count.checked_mul(entry)?)?.to_vec();
        let sound = u32_at(bytes, crc)? == checksum(bytes.get(..trailer)?);
        Some((Page { level, entry, entries, id: self.wide(bytes, id)? }, sound))
    }

    /// The entries of all leaves of a tree that lie in the file, by number. Of pages that hold the same number the
    /// latest counts.
    fn gathered(&self, tree: Tree) -> Rc<Entries> {
        if tree == Tree::Blocks
            && let Some(found) = &*self.gathered.borrow()
        {
            return Rc::clone(found);
        }
        self.damage();
        let mut found: BTreeMap<u64, (u64, Vec<u8>)> = BTreeMap::new();
        let mut at = 0;
        while at < self.size {
            let run = (self.size - at).min(RUN);
            let Ok(bytes) = self.bytes(at, run as usize) else { break };
            at += run;
            let pages = bytes.chunks_exact(self.page_size()).filter_map(|bytes| self.parse(bytes, tree));
            for (page, _) in pages.filter(|(page, sound)| *sound && page.level == 0) {
                for entry in page.entries.chunks_exact(page.entry) {
                    let Some(key) = self.wide(entry, 0) else { continue };
                    // In the tree of nodes only the lower half is the number.
                    let key = if tree == Tree::Nodes { key & 0xFFFF_FFFF } else { key & !1 };
                    if found.get(&key).is_none_or(|(id, _)| *id < page.id) {
                        found.insert(key, (page.id, entry.to_vec()));
                    }
                }
            }
        }
        let found = Rc::new(found.into_iter().map(|(key, (_, entry))| (key, entry)).collect());
        if tree == Tree::Blocks {
            *self.gathered.borrow_mut() = Some(Rc::clone(&found));
        }
        found
    }
}

/// Two bytes as a number.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

/// Four bytes as a number.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

/// Eight bytes as a number.
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}
