//! The edits of a presentation: each saving may append one, and the newest says where every object lies now.
//!
//! In: the `PowerPoint Document` stream. Out: objects by number. Source: MS-PPT 2.1.2, 2.3.3 (UserEditAtom), 2.3.4.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::bytes::{size_at, slice, u16_at, u32_at};

/// Where objects lie.
#[derive(Default)]
pub struct Edits {
    /// Objects of the newest edit, and of earlier ones what it did not replace.
    pub objects: BTreeMap<u32, usize>,
    /// The number of the document.
    pub document: Option<u32>,
    /// It asks for a password.
    pub locked: bool,
}

impl Edits {
    /// Follows the edits from the newest, or from wherever the last one in the stream is. `None`: there is none.
    pub fn read(stream: &[u8], newest: Option<usize>) -> Option<Self> {
        let is_edit = |at: &usize| u16_at(stream, at.saturating_add(2)) == Some(0x0FF5);
        let mut next = newest.filter(is_edit).or_else(|| last(stream));
        let mut met = BTreeSet::new();
        let mut edits = Self::default();
        while let Some(at) = next.filter(is_edit).filter(|at| met.insert(*at)) {
            let edit = slice(stream, at + 8, size_at(stream, at + 4)?);
            edits.locked |= edit.len() >= 32 && u32_at(edit, 28).is_some_and(|id| id > 0);
            edits.document = edits.document.or(u32_at(edit, 16));
            if let Some(directory) = size_at(edit, 12) {
                edits.directory(slice(stream, directory, stream.len()));
            }
            next = size_at(edit, 8).filter(|at| *at > 0);
        }
        (!edits.objects.is_empty()).then_some(edits)
    }

    /// Runs of objects: the number of the first, how many, then the place of each.
    fn directory(&mut self, record: &[u8]) {
        if u16_at(record, 2) != Some(0x1772) {
            return;
        }
        let mut list = slice(record, 8, size_at(record, 4).unwrap_or(0));
        while let Some(run) = u32_at(list, 0) {
            let (first, count) = (run & 0xF_FFFF, run >> 20);
            for n in 0..count {
                if let Some(at) = size_at(list, 4 + n as usize * 4) {
                    self.objects.entry(first + n).or_insert(at);
                }
            }
            list = list.get(4 + count as usize * 4..).unwrap_or_default();
        }
    }
}

/// The last edit among the records of the stream.
fn last(stream: &[u8]) -> Option<usize> {
    let (mut at, mut found) = (0usize, None);
    while let (Some(kind), Some(size)) = (u16_at(stream, at + 2), size_at(stream, at + 4)) {
        if kind == 0x0FF5 {
            found = Some(at);
        }
        at = at.checked_add(8)?.saturating_add(size);
    }
    found
}
