//! How much room calamine makes for the cells of a legacy workbook, before it is asked to: memory that is not there ends
//! the program, and no panic tells of it.
//!
//! In: the `Workbook` stream. Out: the same without the sizes that its sheets claim to have, for which room would be
//! made, and the number of cells that it will be laid out as: each sheet is a full rectangle. Records are walked as
//! calamine (`xls.rs`) walks them, also where they are damaged. Source: MS-XLS 2.4.

use crate::extract::bytes::{u16_at, u32_at};

const BOF: u16 = 0x0809;
const EOF: u16 = 0x000A;
const BOUND_SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
/// A cell without a value, of which calamine takes no notice.
const BLANK: u16 = 0x0201;

/// Takes out what sheets say of their size, and says how many cells are laid out.
pub fn make(stream: &mut [u8]) -> u64 {
    let sheets: Vec<usize> = records(stream, 0)
        .take_while(|(_, kind, _)| *kind != EOF)
        .filter(|(_, kind, _)| *kind == BOUND_SHEET)
        .filter_map(|(_, _, data)| u32_at(data, 0))
        .map(|at| at as usize)
        .collect();
    for sheet in &sheets {
        let sizes: Vec<usize> =
            own(stream, *sheet).filter(|(_, kind, _)| *kind == DIMENSIONS).map(|(at, ..)| at).collect();
        for at in sizes {
            if let Some(kind) = stream.get_mut(at..at.saturating_add(2)) {
                kind.copy_from_slice(&BLANK.to_le_bytes());
            }
        }
    }
    // Where sheets overlap, a size may be left, or have come to be.
    sheets.iter().fold(0, |cells, sheet| area(stream, *sheet).saturating_add(cells))
}

/// The cells of one sheet.
fn area(stream: &[u8], sheet: usize) -> u64 {
    let (mut rows, mut columns) = ((u64::MAX, 0), (u64::MAX, 0));
    for (_, kind, data) in own(stream, sheet) {
        let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else { continue };
        let last = match kind {
            DIMENSIONS => return u64::MAX,
            // FORMULA, NUMBER, LABEL, BOOLERR, RK, RSTRING, LABELSST
            0x0006 | 0x0203..=0x0205 | 0x027E | 0x00D6 | 0x00FD => u64::from(first),
            // MULRK
            0x00BD => u64::from(first) + data.len() as u64 / 6,
            _ => continue,
        };
        rows = (rows.0.min(row.into()), rows.1.max(u64::from(row) + 1));
        columns = (columns.0.min(first.into()), columns.1.max(last + 1));
    }
    // STRING, the result of a formula that there is none of, stands in the first cell.
    let strays = own(stream, sheet).find_map(|(_, kind, _)| match kind {
        0x0006 => Some(false),
        0x0207 => Some(true),
        _ => None,
    });
    if strays == Some(true) {
        (rows.0, columns.0) = (0, 0);
        (rows.1, columns.1) = (rows.1.max(1), columns.1.max(1));
    }
    rows.1.saturating_sub(rows.0).saturating_mul(columns.1.saturating_sub(columns.0))
}

/// The records of a sheet, without those of charts inside it.
fn own(stream: &[u8], sheet: usize) -> impl Iterator<Item = (usize, u16, &[u8])> {
    let (mut begun, mut inside) = (false, 0usize);
    records(stream, sheet)
        .map_while(move |record| {
            match record.1 {
                BOF if begun => inside += 1,
                BOF => begun = true,
                EOF if inside == 0 => return None,
                EOF => {
                    inside -= 1;
                    return Some(None);
                }
                _ => {}
            }
            Some((inside == 0).then_some(record))
        })
        .flatten()
}

/// Where each record begins, its kind and its data.
fn records(stream: &[u8], mut at: usize) -> impl Iterator<Item = (usize, u16, &[u8])> {
    std::iter::from_fn(move || {
        let (begin, kind) = (at, u16_at(stream, at)?);
        let data = at.checked_add(4)?;
        at = data.checked_add(u16_at(stream, at + 2)?.into())?;
        Some((begin, kind, stream.get(data..at)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u16]) -> Vec<u8> {
        let length = data.len() as u16 * 2;
        [kind, length].iter().chain(data).flat_map(|word| word.to_le_bytes()).collect()
    }

    fn workbook(sheet: &[Vec<u8>]) -> Vec<u8> {
        let head = [record(BOF, &[0x0600, 5]), record(BOUND_SHEET, &[24, 0, 0, 0]), record(EOF, &[])].concat();
        assert_eq!(head.len(), 24);
        [head, sheet.concat()].concat()
    }

    #[test]
    fn room_is_made_for_what_is_there_and_not_for_what_is_claimed() {
        let sheet = [
            record(BOF, &[0x0600, 0x10]),
            record(DIMENSIONS, &[9, 0, 3, 0, 0, 256, 0]),
            record(0x0203, &[7, 2, 0, 0, 0, 0, 0]),
            record(BOF, &[0x0600, 0x20]),
            record(0x0203, &[60_000, 2, 0, 0, 0, 0, 0]),
            record(EOF, &[]),
            record(0x00BD, &[8, 1, 0, 0, 0, 0, 0, 0, 2]),
        ];
        let mut stream = workbook(&sheet);
        let before = stream.clone();
        assert_eq!(make(&mut stream), 2 * 4);
        assert_eq!(before.iter().zip(&stream).filter(|(a, b)| a != b).count(), 1);
        // Not even a beginning is needed for cells to be read.
        let mut stream = workbook(&sheet[1..2].iter().chain(&sheet[2..3]).cloned().collect::<Vec<_>>());
        assert_eq!(make(&mut stream), 1);
        let far = record(0x0203, &[65_535, 65_535, 0, 0, 0, 0, 0]);
        assert_eq!(make(&mut workbook(&[sheet[2].clone(), far])), 65_529 * 65_534);
        assert_eq!(make(&mut workbook(&[record(0x0207, &[0, 0]), sheet[2].clone()])), 8 * 3);
        assert_eq!(make(&mut workbook(&[])), 0);
    }
}
