//! The piece table: which bytes are the text, in which order.
//!
//! In: the `Clx` of a document. Out: pieces, by character position. Source: MS-DOC 2.8.35 (PlcPcd), 2.9.38 (Clx).

use crate::extract::bytes::{size_at, slice, u8_at, u16_at, u32_at};

/// A run of characters that lie one after another in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// The first character's number.
    pub from: u32,
    /// One behind the last.
    pub to: u32,
    /// Where the first lies in the stream.
    pub at: usize,
    /// Two bytes for each.
    pub wide: bool,
}

impl Piece {
    /// Bytes for each character.
    pub fn width(&self) -> usize {
        if self.wide { 2 } else { 1 }
    }
}

/// All pieces of a Clx. `None`: it has no piece table. `new`: a place tells the width of what is there.
pub fn read(clx: &[u8], new: bool, wide: bool) -> Option<Vec<Piece>> {
    let mut at = 0;
    // Properties that pieces refer to stand before the table.
    while u8_at(clx, at)? == 1 {
        at += 3 + usize::from(u16_at(clx, at + 1)?);
    }
    if u8_at(clx, at)? != 2 {
        return None;
    }
    let table = slice(clx, at + 5, size_at(clx, at + 1)?);
    let count = table.len().checked_sub(4)? / 12;
    let piece = |n: usize| {
        let (from, to) = (u32_at(table, n * 4)?, u32_at(table, n * 4 + 4)?);
        let place = u32_at(table, (count + 1) * 4 + n * 8 + 2)?;
        let narrow = new && place & 0x4000_0000 != 0;
        let at = (place & 0x3FFF_FFFF) as usize / if narrow { 2 } else { 1 };
        (from < to).then_some(Piece { from, to, at, wide: if new { !narrow } else { wide } })
    };
    let pieces: Vec<Piece> = (0..count).map_while(piece).collect();
    (!pieces.is_empty()).then_some(pieces)
}
