//! A writer of small PST files for tests, in every layout there is, so that no test needs anybody's mailbox. Its files are
//! read by `pffexport` and `readpst` too (checked by hand when it was made).
//!
//! In: folders and messages as lists of properties. Out: the bytes of a file. Each node has one heap block; values
//! over 3000 bytes become nodes within it, and over 8000 bytes lists of blocks.

use std::io::Write as _;

use super::encoding::checksum;
use super::pages::Layout;

/// A property: number, type, value as it is stored.
pub type Value = (u16, u16, Vec<u8>);

/// UTF-16 text.
pub fn text(id: u16, value: &str) -> Value {
    (id, 0x1F, value.encode_utf16().flat_map(u16::to_le_bytes).collect())
}

/// A whole number.
pub fn number(id: u16, value: i32) -> Value {
    (id, 0x03, value.to_le_bytes().to_vec())
}

/// A moment.
pub fn time(id: u16, at: &str) -> Value {
    let at: jiff::Timestamp = at.parse().unwrap();
    (id, 0x40, ((at.as_second() + 11_644_473_600) * 10_000_000).to_le_bytes().to_vec())
}

/// The id of a folder, as the store keeps it.
pub fn entry(id: u16, folder: u32) -> Value {
    (id, 0x102, [&[0; 4][..], &UID, &folder.to_le_bytes()].concat())
}

const UID: [u8; 16] = *b"sporhund-fixture";

/// A message to be written.
#[derive(Default, Clone)]
pub struct Message {
    pub properties: Vec<Value>,
    pub recipients: Vec<Vec<Value>>,
    /// What is attached.
    pub attachments: Vec<Attachment>,
}

/// Properties, and data or a message.
pub type Attachment = (Vec<Value>, Option<Vec<u8>>, Option<Message>);

/// How blocks are encoded.
#[derive(Clone, Copy, PartialEq)]
pub enum Coded {
    No,
    Permuted,
    Cyclic,
}

/// A file being written.
pub struct Writer {
    file: Vec<u8>,
    blocks: Vec<(u64, u64, u16, u16)>,
    nodes: Vec<(u32, u64, u64, u32)>,
    next: u64,
    coded: Coded,
    layout: Layout,
    messages: u32,
}

/// The folder that a person sees as the top.
pub const TOP: u32 = 0x8022;

impl Writer {
    /// An empty file: the store, the root and the top folder are there.
    pub fn new(layout: Layout, coded: Coded, store: Vec<Value>) -> Self {
        let mut writer =
            Self { file: vec![0; 0x8000], blocks: vec![], nodes: vec![], next: 4, coded, layout, messages: 0 };
        let mut all = vec![
            (0x0FF9, 0x102, UID.to_vec()),
            text(0x3001, "Personal Folders"),
            number(0x35DF, 0x89),
            entry(0x35E0, TOP),
        ];
        all.extend(store);
        writer.node(0x21, 0, &all, vec![]);
        writer
    }

    /// The table of names: set, and number or string; they become 0x8000 and so on.
    pub fn names(&mut self, names: &[(Option<u32>, Result<u32, &str>)]) {
        let (mut guids, mut entries, mut strings) = (vec![], vec![], vec![]);
        for (at, (set, name)) in names.iter().enumerate() {
            let guid = match set {
                None => 2u16, // PS_PUBLIC_STRINGS
                Some(set) => {
                    guids.extend(set.to_le_bytes());
                    guids.extend([0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]);
                    (guids.len() / 16 + 2) as u16
                }
            };
            let (value, string) = match name {
                Ok(number) => (*number, 0),
                Err(name) => {
                    let begin = strings.len() as u32;
                    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    strings.extend((units.len() as u32).to_le_bytes());
                    strings.extend(units);
                    strings.resize(strings.len().next_multiple_of(4), 0);
                    (begin, 1)
                }
            };
            entries.extend(value.to_le_bytes());
            entries.extend((guid << 1 | string).to_le_bytes());
            entries.extend((at as u16).to_le_bytes());
        }
        let values = [number(1, 251), (2, 0x102, guids), (3, 0x102, entries), (4, 0x102, strings)];
        self.node(0x61, 0, &values, vec![]);
    }

    /// A folder with its three tables; `within` says below which, `messages` what its table of contents lists.
    pub fn folder(&mut self, id: u32, within: u32, properties: Vec<Value>, below: &[u32], messages: &[u32]) {
        let mut all = vec![number(0x3602, messages.len() as i32), number(0x3603, 0)];
        all.push((0x360A, 0x0B, vec![u8::from(!below.is_empty())]));
        all.extend(properties);
        self.node(id, within, &all, vec![]);
        for (kind, rows) in [(0x0D, below), (0x0E, messages), (0x0F, &[])] {
            let rows: Vec<Vec<Value>> = rows.iter().map(|id| vec![number(0x67F2, *id as i32)]).collect();
            let table = self.table(&[(0x67F2, 0x03), (0x67F3, 0x03)], &rows);
            let data = self.block(table, false);
            self.nodes.push((id & !0x1F | kind, data, 0, 0));
        }
    }

    /// A message in a folder; returns its number.
    pub fn message(&mut self, folder: u32, message: Message) -> u32 {
        let id = 0x20_0024 + 0x20 * self.messages;
        self.messages += 1;
        let (data, inner) = self.parts(message);
        self.nodes.push((id, data, inner, folder));
        id
    }

    /// The whole file.
    pub fn finish(mut self) -> Vec<u8> {
        self.nodes.sort();
        let nodes = std::mem::take(&mut self.nodes).into_iter().map(|(id, data, inner, parent)| {
            let mut entry = self.wide(&[u64::from(id), data, inner]);
            entry.extend(parent.to_le_bytes());
            entry.resize(4 * self.width(), 0);
            entry
        });
        let nodes = nodes.collect();
        let blocks = std::mem::take(&mut self.blocks).into_iter().map(|(id, at, size, unpacked)| {
            let mut entry = self.wide(&[id, at]);
            entry.extend(size.to_le_bytes());
            entry.extend(if self.layout == Layout::Large { unpacked } else { 2 }.to_le_bytes());
            entry.resize(3 * self.width(), 0);
            entry
        });
        let blocks = blocks.collect();
        self.file.resize(self.file.len().next_multiple_of(4096), 0);
        let nodes = self.tree(0x81, nodes);
        let blocks = self.tree(0x80, blocks);
        self.header(nodes, blocks);
        // A map of what is taken: all of it.
        let mut map = vec![0xFF; 496];
        let crc = checksum(&map);
        map.extend([0x84, 0x84, 0, 0]);
        map.extend(crc.to_le_bytes());
        map.extend(0x4400u64.to_le_bytes());
        self.file[0x4400..0x4600].copy_from_slice(&map);
        self.file
    }

    fn header(&mut self, nodes: (u64, u64), blocks: (u64, u64)) {
        let mut header = vec![0; 564];
        // Where the numbers of the root begin, the way of encoding, and the version.
        let (root, coded, version) = match self.layout {
            Layout::Ansi => (168, 461, 14),
            Layout::Unicode => (184, 513, 23),
            Layout::Large => (184, 513, 36),
        };
        let numbers = self.wide(&[self.file.len() as u64, 0x4400, 0, 0, nodes.0, nodes.1, blocks.0, blocks.1]);
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"!BDN");
        put(8, &[b'S', b'M', version, 0, 0x13, 0, 1, 1]);
        put(root, &numbers);
        put(root + numbers.len(), &[2]);
        put(coded - 1, &[0x80, self.coded as u8]);
        let partial = checksum(&header[8..479]);
        header[4..8].copy_from_slice(&partial.to_le_bytes());
        if self.layout != Layout::Ansi {
            let full = checksum(&header[8..524]);
            header[524..528].copy_from_slice(&full.to_le_bytes());
        }
        self.file[..564].copy_from_slice(&header);
    }

    fn width(&self) -> usize {
        if self.layout == Layout::Ansi { 4 } else { 8 }
    }

    /// Numbers as wide as the layout has them.
    fn wide(&self, numbers: &[u64]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()[..self.width()].to_vec()).collect()
    }

    /// Checksum and number, in the order of the layout.
    fn proof(&self, crc: [u8; 4], id: u64) -> Vec<u8> {
        let id = self.wide(&[id]);
        if self.layout == Layout::Ansi { [&id[..], &crc].concat() } else { [&crc[..], &id].concat() }
    }

    /// Writes a tree of pages, leaves first. Returns number and offset of the root.
    fn tree(&mut self, kind: u8, mut entries: Vec<Vec<u8>>) -> (u64, u64) {
        let room = match self.layout {
            Layout::Ansi => 496,
            Layout::Unicode => 488,
            Layout::Large => 4056,
        };
        let mut level = 0;
        loop {
            let size = entries.first().map_or(24, Vec::len);
            // A few only, so that small files have branches.
            let most = (room / size).min(12);
            let mut above = Vec::new();
            for some in entries.chunks(most) {
                let (id, at) = (self.next, self.file.len() as u64);
                self.next += 4;
                let mut page = some.concat();
                page.resize(room, 0);
                let facts = [some.len() as u8, most as u8, size as u8, level];
                match self.layout {
                    Layout::Ansi => page.extend(facts),
                    Layout::Unicode => page.extend([facts, [0; 4]].concat()),
                    Layout::Large => {
                        page.extend([facts[0], 0, facts[1], 0, facts[2], facts[3]]);
                        page.resize(4072, 0);
                    }
                }
                let crc = checksum(&page).to_le_bytes();
                page.extend([kind, kind]);
                page.extend(signature(at, id).to_le_bytes());
                page.extend(self.proof(crc, id));
                page.resize(page.len().next_multiple_of(512), 0);
                self.file.extend(page);
                above.push([&some[0][..self.width()], &self.wide(&[id, at])].concat());
            }
            if let [root] = above.as_slice() {
                let number = |at: usize| {
                    let mut bytes = [0; 8];
                    bytes[..self.width()].copy_from_slice(&root[at * self.width()..][..self.width()]);
                    u64::from_le_bytes(bytes)
                };
                return (number(1), number(2));
            }
            (entries, level) = (above, level + 1);
        }
    }

    /// Writes a block and returns its number. A list of blocks is not encoded.
    fn block(&mut self, mut bytes: Vec<u8>, list: bool) -> u64 {
        let id = self.next | if list { 2 } else { 0 };
        self.next += 4;
        if !list {
            encode(&mut bytes, self.coded, id);
        }
        let unpacked = bytes.len() as u16;
        if self.layout == Layout::Large && !list && bytes.len() > 200 {
            let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(&bytes).unwrap();
            bytes = packed.finish().unwrap();
        }
        let at = self.file.len() as u64;
        let (crc, size) = (checksum(&bytes).to_le_bytes(), bytes.len() as u16);
        self.blocks.push((id, at, size, unpacked));
        self.file.extend(bytes);
        let (trailer, unit) = match self.layout {
            Layout::Ansi => (12, 64),
            Layout::Unicode => (16, 64),
            Layout::Large => (24, 512),
        };
        self.file.resize((self.file.len() + trailer).next_multiple_of(unit) - trailer, 0);
        self.file.extend(size.to_le_bytes());
        self.file.extend(signature(at, id).to_le_bytes());
        let proof = self.proof(crc, id);
        self.file.extend(proof);
        if self.layout == Layout::Large {
            self.file.extend([0, unpacked, 0, 0].map(u16::to_le_bytes).concat());
        }
        id
    }

    /// Writes data of any size: one block, or a list of them, or a list of lists.
    fn data(&mut self, bytes: &[u8]) -> u64 {
        let mut parts: Vec<(u64, u32)> =
            bytes.chunks(8176).map(|chunk| (self.block(chunk.to_vec(), false), chunk.len() as u32)).collect();
        let mut level = 1;
        while parts.len() > 1 {
            // Short lists, so that small files have lists of lists.
            let mut lists = Vec::new();
            for some in parts.chunks(16) {
                let size: u32 = some.iter().map(|(_, size)| size).sum();
                let mut list = vec![1, level, some.len() as u8, 0];
                list.extend(size.to_le_bytes());
                list.extend(some.iter().flat_map(|(id, _)| self.wide(&[*id])));
                lists.push((self.block(list, true), size));
            }
            parts = lists;
            level += 1;
            assert!(level <= 3, "too much for a fixture");
        }
        parts.pop().map_or(0, |(id, _)| id)
    }

    fn node(&mut self, id: u32, parent: u32, properties: &[Value], inner: Vec<(u32, u64, u64)>) {
        let (data, inner) = self.properties(properties, inner, None);
        self.nodes.push((id, data, inner, parent));
    }

    fn parts(&mut self, message: Message) -> (u64, u64) {
        let mut inner = Vec::new();
        let columns = [(0x67F2, 0x03), (0x0C15, 0x03), (0x3001, 0x1F), (0x3002, 0x1F), (0x3003, 0x1F), (0x39FE, 0x1F)];
        if !message.recipients.is_empty() {
            // Readers want the number of a row in its first cell.
            let rows = message.recipients.into_iter().zip(0..);
            let rows: Vec<_> = rows.map(|(row, at)| [row, vec![number(0x67F2, at)]].concat()).collect();
            let table = self.table(&columns, &rows);
            inner.push((0x692, self.block(table, false), 0));
        }
        let mut rows = Vec::new();
        for (at, (properties, data, embedded)) in message.attachments.into_iter().enumerate() {
            let id = 0x8025 + 0x20 * at as u32;
            rows.push(vec![number(0x67F2, id as i32)]);
            let mut within = Vec::new();
            let mut object = None;
            if let Some(message) = embedded {
                let (data, inner) = self.parts(message);
                within.push((0x8004, data, inner));
                object = Some([0x8004u32, 100].map(u32::to_le_bytes).concat());
            }
            let mut properties = properties;
            properties.extend(data.map(|data| (0x3701, 0x102, data)));
            let (data, own) = self.properties(&properties, within, object);
            inner.push((id, data, own));
        }
        if !rows.is_empty() {
            let table = self.table(&[(0x67F2, 0x03), (0x67F3, 0x03)], &rows);
            inner.push((0x671, self.block(table, false), 0));
        }
        self.properties(&message.properties, inner, None)
    }

    /// Writes a list of properties. Returns the numbers of its data and of its inner nodes.
    fn properties(
        &mut self,
        properties: &[Value],
        mut inner: Vec<(u32, u64, u64)>,
        object: Option<Vec<u8>>,
    ) -> (u64, u64) {
        let mut heap = Heap::new(0xBC);
        let mut records = Vec::new();
        for (at, (id, kind, value)) in properties.iter().enumerate() {
            let number = match (kind, value.len()) {
                (0x03 | 0x0B | 0x02, _) => u32::from_le_bytes([&value[..], &[0; 4]].concat()[..4].try_into().unwrap()),
                (_, 0) => 0,
                (_, ..3000) => heap.add(value.clone()),
                _ => {
                    let id = (0x1_0000 * (at as u32 + 1)) | 0x1F;
                    inner.push((id, self.data(value), 0));
                    id
                }
            };
            records.push((*id, *kind, number));
        }
        if let Some(object) = object {
            records.push((0x3701, 0x0D, heap.add(object)));
        }
        records.sort();
        let records = records.into_iter().flat_map(|(id, kind, number)| {
            [&id.to_le_bytes()[..], &kind.to_le_bytes(), &number.to_le_bytes()].concat()
        });
        let records = heap.add(records.collect());
        heap.items[0] = [&[0xB5, 2, 6, 0][..], &records.to_le_bytes()].concat();
        let data = self.block(heap.finish(), false);
        inner.sort();
        if inner.is_empty() {
            return (data, 0);
        }
        let mut list = vec![2, 0, inner.len() as u8, 0];
        list.resize(self.width(), 0);
        for (id, data, inner) in inner {
            list.extend(self.wide(&[u64::from(id), data, inner]));
        }
        (data, self.block(list, true))
    }

    /// Makes the heap of a table. Columns are given in order; those of text are numbers of items.
    fn table(&mut self, columns: &[(u16, u16)], rows: &[Vec<Value>]) -> Vec<u8> {
        let mut heap = Heap::new(0x7C);
        let bits = columns.len() * 4;
        let size = bits + columns.len().div_ceil(8);
        let mut info = vec![0x7C, columns.len() as u8];
        for end in [bits, bits, bits, size] {
            info.extend((end as u16).to_le_bytes());
        }
        let (mut matrix, mut index) = (Vec::new(), Vec::new());
        for (at, row) in rows.iter().enumerate() {
            let mut cells = vec![0; size];
            let id = row
                .iter()
                .find(|(id, ..)| *id == 0x67F2)
                .map_or(at as u32, |(.., v)| u32::from_le_bytes(v[..4].try_into().unwrap()));
            for (column, (id, kind)) in columns.iter().enumerate() {
                let Some((_, _, value)) = row.iter().find(|(of, ..)| of == id) else { continue };
                let cell = if *kind == 0x03 { value.clone() } else { heap.add(value.clone()).to_le_bytes().to_vec() };
                cells[column * 4..column * 4 + 4].copy_from_slice(&cell);
                cells[bits + column / 8] |= 0x80 >> (column % 8);
            }
            matrix.extend(cells);
            index.extend(id.to_le_bytes());
            index.extend(&(at as u32).to_le_bytes()[..self.width() / 2]);
        }
        let index = if rows.is_empty() { 0 } else { heap.add(index) };
        let tree = heap.add([&[0xB5, 4, self.width() as u8 / 2, 0][..], &index.to_le_bytes()].concat());
        let matrix = if rows.is_empty() { 0 } else { heap.add(matrix) };
        info.extend([tree, matrix, 0].map(u32::to_le_bytes).concat());
        for (column, (id, kind)) in columns.iter().enumerate() {
            info.extend(kind.to_le_bytes());
            info.extend(id.to_le_bytes());
            info.extend((column as u16 * 4).to_le_bytes());
            info.extend([4, column as u8]);
        }
        heap.items[0] = info;
        heap.finish()
    }
}

/// A heap in one block. Its first item is the root.
struct Heap {
    kind: u8,
    items: Vec<Vec<u8>>,
}

impl Heap {
    fn new(kind: u8) -> Self {
        Self { kind, items: vec![Vec::new()] }
    }

    fn add(&mut self, item: Vec<u8>) -> u32 {
        self.items.push(item);
        (self.items.len() as u32) << 5
    }

    fn finish(self) -> Vec<u8> {
        let mut block = vec![0, 0, 0xEC, self.kind, 0x20, 0, 0, 0, 0, 0, 0, 0];
        let mut map = Vec::new();
        for item in &self.items {
            map.extend((block.len() as u16).to_le_bytes());
            block.extend(item);
        }
        map.extend((block.len() as u16).to_le_bytes());
        if block.len() % 2 == 1 {
            block.push(0);
        }
        let at = block.len() as u16;
        block[..2].copy_from_slice(&at.to_le_bytes());
        block.extend([self.items.len() as u16, 0].map(u16::to_le_bytes).concat());
        block.extend(map);
        assert!(block.len() <= 8176, "too much for one block");
        block
    }
}

/// `wSig` of blocks and pages (MS-PST 5.5).
fn signature(at: u64, id: u64) -> u16 {
    let mixed = at ^ id;
    (mixed >> 16) as u16 ^ mixed as u16
}

fn encode(bytes: &mut [u8], coded: Coded, id: u64) {
    use super::encoding::Encoding;
    match coded {
        Coded::No => {}
        // The cipher is its own inverse.
        Coded::Cyclic => Encoding::Cyclic.decode(bytes, id),
        Coded::Permuted => {
            let mut decoded: Vec<u8> = (0..=255).collect();
            Encoding::Permute.decode(&mut decoded, id);
            let mut encoded = [0; 256];
            decoded.iter().zip(0..=255).for_each(|(plain, code)| encoded[usize::from(*plain)] = code);
            bytes.iter_mut().for_each(|byte| *byte = encoded[usize::from(*byte)]);
        }
    }
}
