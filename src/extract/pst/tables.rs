//! Properties and tables on a heap (MS-PST 2.3.3, 2.3.4).
//!
//! In: a heap. Out: `Properties`, of one thing or of each row. A value that cannot be read is left out, and the damage
//! remembered; a row that is too short loses what it lacks.

use super::heap::Heap;
use super::pages::{Layout, u16_at, u32_at};
use crate::extract::mapi::{Properties, kind};
use crate::item::Fault;

const PROPERTIES: u8 = 0xBC;
const TABLE: u8 = 0x7C;
/// Rows of one table.
const ROWS: usize = 1 << 20;

/// The properties that a heap holds, but for those that are not wanted.
pub fn properties(heap: &Heap<'_, '_>, wanted: impl Fn(u16) -> bool) -> Result<Properties, Fault> {
    if heap.kind != PROPERTIES {
        return Err(Fault::corrupt("its properties are damaged"));
    }
    let mut properties = Properties::default();
    for record in heap.records(heap.root)? {
        let (Some(id), Some(kind), Some(value)) = (u16_at(record, 0), u16_at(record, 2), record.get(4..8)) else {
            continue;
        };
        if wanted(id) {
            push(heap, id, kind, value, &mut properties)?;
        }
    }
    Ok(properties)
}

/// The number behind a property's value, where it is one (`PtypObject` and large values).
pub fn reference(heap: &Heap<'_, '_>, id: u16) -> Option<(u16, u32)> {
    let records = heap.records(heap.root).ok()?;
    let record = records.into_iter().find(|record| u16_at(record, 0) == Some(id))?;
    Some((u16_at(record, 2)?, u32_at(record, 4)?))
}

/// The rows of the table that a heap holds.
pub fn rows(heap: &Heap<'_, '_>) -> Result<Vec<Properties>, Fault> {
    let damaged = || Fault::corrupt("a table of it is damaged");
    let info = heap.item(heap.root).filter(|_| heap.kind == TABLE).ok_or_else(damaged)?;
    let [TABLE, count, ..] = *info else { return Err(damaged()) };
    let number = |at: usize| u16_at(info, at).map(usize::from).ok_or_else(damaged);
    // Where the cells of four and eight, two and one bytes end, and where the bits that say which cells there are.
    let (bits, size) = (number(6)?, number(8)?);
    let (index, matrix) = (u32_at(info, 10).ok_or_else(damaged)?, u32_at(info, 14).ok_or_else(damaged)?);
    let (columns, _) = info.get(22..).unwrap_or_default().as_chunks::<8>();
    if size == 0 || bits > size {
        return Err(damaged());
    }

    let mut all = Vec::new();
    for block in matrix_blocks(heap, matrix) {
        all.extend(block.chunks_exact(size).map(<[u8]>::to_vec));
        if all.len() > ROWS {
            return Err(damaged());
        }
    }
    // The index says which rows count. Without it all do.
    let at = |record: &&[u8]| match heap.store.layout {
        Layout::Ansi => u16_at(record, 4).map(usize::from),
        _ => u32_at(record, 4).map(|at| at as usize),
    };
    let counted: Option<Vec<usize>> = heap.records(index).ok().map(|records| records.iter().filter_map(at).collect());
    let counted = counted.filter(|rows| !rows.is_empty()).unwrap_or_else(|| (0..all.len()).collect());

    let mut rows = Vec::new();
    for row in counted.into_iter().filter_map(|row| all.get(row)).take(ROWS) {
        let mut properties = Properties::default();
        for column in columns.iter().take(usize::from(count)) {
            let [kind0, kind1, id0, id1, at0, at1, width, bit] = *column;
            let (at, width) = (usize::from(u16::from_le_bytes([at0, at1])), usize::from(width));
            let there = row.get(bits + usize::from(bit / 8)).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
            let Some(value) = row.get(at..at + width).filter(|_| there) else { continue };
            push(heap, u16::from_le_bytes([id0, id1]), u16::from_le_bytes([kind0, kind1]), value, &mut properties)?;
        }
        rows.push(properties);
    }
    Ok(rows)
}

/// The rows of a table, in runs: none goes over the end of a block.
fn matrix_blocks(heap: &Heap<'_, '_>, id: u32) -> Vec<Vec<u8>> {
    if id & 0x1F == 0 {
        return heap.item(id).map(<[u8]>::to_vec).into_iter().collect();
    }
    let Some(node) = heap.inner.get(&id) else {
        if id != 0 {
            heap.store.damage();
        }
        return Vec::new();
    };
    let load = |id| {
        heap.store.load(id).unwrap_or_else(|_| {
            heap.store.damage();
            Vec::new()
        })
    };
    heap.store.data(node.data).unwrap_or_default().into_iter().map(load).collect()
}

/// Adds a property by what stands in its record or cell: the value, or the number behind which it is.
fn push(heap: &Heap<'_, '_>, id: u16, kind: u16, value: &[u8], into: &mut Properties) -> Result<(), Fault> {
    let base = kind & !kind::MULTIPLE;
    let several = kind & kind::MULTIPLE != 0;
    let size = kind::size(base);
    if let (Some(size), false) = (size, several)
        && (size <= 4 || size <= value.len())
    {
        // Truth values have a byte in a table, two in a list of properties.
        into.push(id, base, value.get(..size).unwrap_or(value).to_vec());
        return Ok(());
    }
    let number = u32_at(value, 0).unwrap_or(0);
    if number == 0 {
        return Ok(());
    }
    let bytes = match heap.value(number) {
        Some(Ok(bytes)) => bytes,
        // What is too large to hold is lost; so is what leads nowhere.
        Some(Err(_)) | None => {
            heap.store.damage();
            return Ok(());
        }
    };
    match size {
        _ if !several => into.push(id, base, bytes),
        Some(size @ 1..) => bytes.chunks_exact(size).for_each(|one| into.push(id, base, one.to_vec())),
        _ => values(&bytes).for_each(|one| into.push(id, base, one.to_vec())),
    }
    Ok(())
}

/// Several values of varying size: their number, where each begins, then they.
fn values(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let count = u32_at(bytes, 0).unwrap_or(0) as usize;
    let begin = move |at: usize| u32_at(bytes, 4 + 4 * at).map(|at| at as usize);
    (0..count.min(bytes.len() / 4)).filter_map(move |at| {
        let end = if at + 1 < count { begin(at + 1)? } else { bytes.len() };
        bytes.get(begin(at)?..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_values_are_parted_by_where_they_begin() {
        let bytes = [&2u32.to_le_bytes()[..], &12u32.to_le_bytes(), &15u32.to_le_bytes(), b"abcde"].concat();
        assert_eq!(values(&bytes).collect::<Vec<_>>(), [&b"abc"[..], b"de"]);
        let lies = [&u32::MAX.to_le_bytes()[..], &90u32.to_le_bytes(), b"abc"].concat();
        assert_eq!(values(&lies).count(), 0);
    }
}
