//! What the formatting of a document means to its text: what was deleted, where rows of tables end, where pictures are.
//!
//! In: the pages of properties (FKP) in the `WordDocument` stream. Out: ranges of places in that stream.
//! Source: MS-DOC 2.9.33 (ChpxFkp), 2.9.174 (PapxFkp), 2.6 (sprms).

use crate::extract::bytes::{size_at, slice, u8_at, u16_at, u32_at};

/// A page.
const PAGE: usize = 512;

/// Ranges of places that have a property, sorted.
#[derive(Default)]
pub struct Ranges(Vec<(usize, usize)>);

impl Ranges {
    /// This place is in one of them.
    pub fn hold(&self, at: usize) -> bool {
        let before = self.0.partition_point(|(from, _)| *from <= at);
        before.checked_sub(1).and_then(|n| self.0.get(n)).is_some_and(|(_, to)| at < *to)
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What was found on the pages.
#[derive(Default)]
pub struct Runs {
    /// Text that was deleted while changes were tracked.
    pub deleted: Ranges,
    /// Marks that end a row, not a cell.
    pub rows: Ranges,
    /// Paragraphs were described at all.
    pub described: bool,
    /// Places in the `Data` stream.
    pub data: Vec<usize>,
    /// Where the pages themselves lie.
    pub pages: Vec<usize>,
}

impl Runs {
    /// Reads the pages that these tables list.
    pub fn read(stream: &[u8], characters: &[u8], paragraphs: &[u8]) -> Self {
        let mut runs = Self::default();
        let (mut deleted, mut rows) = (Vec::new(), Vec::new());
        for page in pages(characters) {
            runs.pages.push(page);
            let page = slice(stream, page, PAGE);
            each(page, 1, |range, at| {
                let properties = slice(page, at + 1, usize::from(u8_at(page, at).unwrap_or(0)));
                sprms(properties, |sprm, value| match sprm {
                    0x0800 if u8_at(value, 0) == Some(1) => deleted.push(range),
                    0x6A03 => runs.data.extend(size_at(value, 0)),
                    _ => {}
                });
            });
        }
        for page in pages(paragraphs) {
            runs.pages.push(page);
            runs.described = true;
            let page = slice(stream, page, PAGE);
            each(page, 13, |range, at| {
                // The size is in words; zero says that it follows in a byte of its own.
                let (from, size) = match u8_at(page, at) {
                    Some(0) => (at + 2, usize::from(u8_at(page, at + 1).unwrap_or(0)) * 2),
                    Some(words) => (at + 1, (usize::from(words) * 2).saturating_sub(1)),
                    None => return,
                };
                // First the number of a style.
                sprms(slice(page, from + 2, size.saturating_sub(2)), |sprm, value| {
                    if sprm == 0x2417 && u8_at(value, 0) == Some(1) {
                        rows.push(range);
                    }
                });
            });
        }
        deleted.sort_unstable();
        rows.sort_unstable();
        runs.data.sort_unstable();
        runs.data.dedup();
        (runs.deleted, runs.rows) = (Ranges(deleted), Ranges(rows));
        runs
    }
}

/// The places of the pages that a table lists.
fn pages(table: &[u8]) -> impl Iterator<Item = usize> {
    let count = table.len().saturating_sub(4) / 8;
    (0..count)
        .filter_map(move |n| u32_at(table, (count + 1) * 4 + n * 4))
        .map(|page| (page & 0x3F_FFFF) as usize * PAGE)
}

/// Every run on a page that has properties: its range, and where on the page they are. `size` is that of an entry.
fn each(page: &[u8], size: usize, mut on: impl FnMut((usize, usize), usize)) {
    let count = usize::from(u8_at(page, PAGE - 1).unwrap_or(0));
    for n in 0..count {
        let (Some(from), Some(to)) = (size_at(page, n * 4), size_at(page, n * 4 + 4)) else { return };
        let at = u8_at(page, (count + 1) * 4 + n * size).map_or(0, |half| usize::from(half) * 2);
        if at > 0 && from < to {
            on((from, to), at);
        }
    }
}

/// Every property modifier with its operand.
fn sprms(mut list: &[u8], mut on: impl FnMut(u16, &[u8])) {
    while let Some(sprm) = u16_at(list, 0) {
        let size = match (sprm, sprm >> 13) {
            (0xD608, _) => 1 + usize::from(u16_at(list, 2).unwrap_or(0)),
            (_, 0 | 1) => 1,
            (_, 2 | 4 | 5) => 2,
            (_, 3) => 4,
            (_, 7) => 3,
            _ => 1 + usize::from(u8_at(list, 2).unwrap_or(0)),
        };
        on(sprm, slice(list, 2, size));
        list = list.get(2 + size..).unwrap_or_default();
    }
}
