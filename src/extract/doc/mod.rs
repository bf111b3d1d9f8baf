//! Word documents from before the XML: Word 97–2003, and the text of Word 6, 95 and 2.
//!
//! In: a storage with a `WordDocument` stream, or a bare file of Word 2. Out: the body with its paragraph as line, then
//! notes, headers, comments and text boxes under their names, properties, and embedded files. Inserted, deleted and
//! hidden text counts: whoever has the file has it. Where the tables are damaged, a sweep finds the text.
//! Source: MS-DOC.

mod fib;
mod pieces;
mod runs;
mod text;

use self::fib::{Fib, Table};
use self::pieces::Piece;
use self::runs::Runs;
use self::text::Writer;
use crate::extract::bytes::{size_at, slice, u16_at, u32_at, utf16};
use crate::extract::cfb::{self, Storage, swept};
use crate::extract::package::locked;
use crate::extract::{Content, Format, Head, Match, Out, art, charset, macros, ooxml, summary, sweep};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Word documents; those of Word 2 are told by their first bytes, others by the names in a compound file.
pub const FORMATS: &[Format] = &[Format { name: "doc", kind: Kind::Document, sniff, read: bare }];

/// Names of the texts, in their order. The body has none, and that of macros is not used.
const PARTS: [&str; 8] = ["", "footnotes", "header", "macros", "comments", "endnotes", "textbox", "textbox"];

/// Names in one list, drawings in one document, that are looked at.
const MANY: usize = 100_000;

fn sniff(head: &Head<'_>) -> Match {
    let old = [b"\xDB\xA5\x2D\0".as_slice(), b"\x9B\xA5\x21\0", b"\xDC\xA5\x65\0", b"\xDC\xA5\x68\0"];
    if old.iter().any(|magic| head.starts(magic)) { Match::ByContent } else { Match::No }
}

/// A file that is nothing but the stream.
fn bare(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    document(&content.whole()?, &[], &[], out)
}

/// Reads the document in a storage.
pub fn read(storage: &Storage<'_, '_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let stream = storage.bytes("WordDocument", out)?.unwrap_or_default();
    let name = Fib::read(&stream).and_then(|fib| fib.table);
    let table = match name {
        Some(name) => storage.bytes(name, out)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let data = storage.bytes("Data", out)?.unwrap_or_default();
    let ended = document(&stream, &table, &data, out);
    if let Err(fault) = ended {
        if fault.reason != crate::item::Reason::Corrupt {
            return Err(fault);
        }
        out.damage(fault)?;
    }
    summary::read(storage, out)?;
    macros::read(&storage.inside("Macros"), out)?;
    art::children(&data, out)?;
    cfb::objects(&storage.inside("ObjectPool"), "", out)
}

fn document(stream: &[u8], table: &[u8], data: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
    let Some(fib) = Fib::read(stream) else {
        swept(stream, out)?;
        return Err(Fault::corrupt("its beginning is damaged: only some of its text was found"));
    };
    if fib.locked {
        return Err(locked());
    }
    let document = Document { stream, table: if fib.table.is_some() { table } else { stream }, data, fib };
    let runs = Runs::read(stream, document.part(Table::Characters), document.part(Table::Paragraphs));
    let Some(pieces) = document.pieces() else {
        swept(stream, out)?;
        return Err(Fault::corrupt("its pieces are not listed: only some of its text was found"));
    };
    let mut writer = Writer::new(&runs);
    let whole = document.texts(&pieces, &mut writer, out)?;
    document.around(&runs, &mut writer);
    if document.fib.fast {
        document.leftover(&pieces, &runs, &mut writer);
    }
    writer.emit(out)?;
    if whole { Ok(()) } else { Err(Fault::corrupt("some of its text is not where it should be")) }
}

struct Document<'a> {
    stream: &'a [u8],
    table: &'a [u8],
    data: &'a [u8],
    fib: Fib,
}

impl Document<'_> {
    fn part(&self, table: Table) -> &[u8] {
        self.fib.table(self.stream, table).map(|(at, size)| slice(self.table, at, size)).unwrap_or_default()
    }

    /// The pieces of the text; before Word 97 it may be in one.
    fn pieces(&self) -> Option<Vec<Piece>> {
        let listed = pieces::read(self.part(Table::Pieces), self.fib.new, self.fib.wide);
        if listed.is_some() || self.fib.new || self.fib.fast {
            return listed;
        }
        let (from, to) = self.fib.span;
        let to = to.min(self.stream.len());
        let bytes = to.checked_sub(from).filter(|bytes| *bytes > 0)?;
        let count = u32::try_from(if self.fib.wide { bytes / 2 } else { bytes }).ok()?;
        Some(vec![Piece { from: 0, to: count, at: from, wide: self.fib.wide }])
    }

    /// Writes the body and the other texts. False: not all of it was there.
    fn texts(&self, pieces: &[Piece], writer: &mut Writer<'_>, out: &mut Out<'_>) -> Result<bool, Fault> {
        let mut whole = true;
        let mut from = 0u32;
        let end = pieces.last().map_or(0, |piece| piece.to);
        for (n, (count, name)) in self.fib.counts.iter().zip(PARTS).enumerate() {
            let to = from.saturating_add(*count).min(end);
            whole &= from.saturating_add(*count) <= end;
            if name == "header" {
                for (name, begin, stop) in self.headers(from, to) {
                    writer.part(ooxml::part(name), false);
                    whole &= self.range(pieces, begin, stop, writer, out)?;
                }
            } else if from < to {
                let position = if n == 0 { Position::default() } else { ooxml::part(name) };
                writer.part(position, n == 0);
                whole &= self.range(pieces, from, to, writer, out)?;
            }
            from = to;
        }
        // What no text claims is text all the same.
        if from < end {
            writer.part(Position::default(), false);
            whole &= self.range(pieces, from, end, writer, out)?;
        }
        Ok(whole)
    }

    /// Headers and footers: six separators of notes, then six texts for each section. Source: MS-DOC 2.3.3.
    fn headers(&self, from: u32, to: u32) -> Vec<(&'static str, u32, u32)> {
        let table = self.part(Table::Headers);
        let starts: Vec<u32> = (0..table.len() / 4).filter_map(|n| u32_at(table, n * 4)).collect();
        let mut texts = Vec::new();
        let mut at = from;
        for (n, start) in starts.iter().enumerate().skip(1).take(MANY) {
            let next = from.saturating_add(*start).min(to);
            let name = match (n - 1).checked_sub(6).map(|n| n % 6) {
                None => "footnotes",
                Some(2 | 3 | 5) => "footer",
                Some(_) => "header",
            };
            if at < next {
                texts.push((name, at, next));
                at = next;
            }
        }
        if at < to {
            texts.push(("header", at, to));
        }
        texts
    }

    /// Writes the characters from one number to another.
    fn range(
        &self,
        pieces: &[Piece],
        from: u32,
        to: u32,
        writer: &mut Writer<'_>,
        out: &mut Out<'_>,
    ) -> Result<bool, Fault> {
        let mut whole = true;
        let first = pieces.partition_point(|piece| piece.to <= from);
        for piece in pieces.get(first..).unwrap_or_default().iter().take_while(|piece| piece.from < to) {
            let (begin, end) = (from.max(piece.from), to.min(piece.to));
            let width = piece.width();
            let Some(skipped) = begin.checked_sub(piece.from) else { continue };
            let mut at = piece.at.saturating_add(skipped as usize * width);
            let mut left = end.saturating_sub(begin) as usize * width;
            // By blocks, so that a text in memory is not there thrice.
            while left > 0 {
                let block = slice(self.stream, at, left.min(64 << 10));
                out.charge(block.len() as u64)?;
                if block.is_empty() {
                    whole = false;
                    break;
                }
                if piece.wide && self.fib.wide {
                    paged(block, self.fib.page, at, writer);
                } else if piece.wide {
                    wide(block, at, writer);
                } else {
                    let text = self.fib.page.decode_without_bom_handling(block).0;
                    text.chars().enumerate().for_each(|(n, char)| writer.char(char, at + n));
                }
                writer.flow(out)?;
                (at, left) = (at.saturating_add(block.len()), left - block.len());
            }
        }
        Ok(whole)
    }

    /// What is not text, but has some: people, variables, forms, drawings.
    fn around(&self, runs: &Runs, writer: &mut Writer<'_>) {
        writer.part(ooxml::part("comments"), false);
        let mut owners = self.part(Table::Commenters);
        while let Some(count) = u16_at(owners, 0).map(usize::from) {
            writer.line(&utf16(slice(owners, 2, count * 2)));
            owners = owners.get(2 + count * 2..).unwrap_or_default();
        }
        writer.part(ooxml::part("properties"), false);
        for table in [Table::Associated, Table::Revisers, Table::Savers] {
            strings(self.part(table)).iter().for_each(|text| writer.line(text));
        }
        for table in [Table::Variables, Table::Forms] {
            writer.line(&sweep::wide(self.part(table)));
        }
        writer.part(ooxml::part("drawing"), false);
        // A group for all drawings, then those of the body and of headers, each after a byte that tells which.
        let mut drawings = self.part(Table::Drawings);
        while let Some(size) = size_at(drawings, 4).filter(|size| *size > 0) {
            art::texts(slice(drawings, 0, size.saturating_add(8))).iter().for_each(|text| writer.line(text));
            drawings = drawings.get(size.saturating_add(9)..).unwrap_or_default();
        }
        for at in runs.data.iter().take(MANY) {
            let Some(size) = size_at(self.data, *at) else { continue };
            let block = slice(self.data, *at, size);
            let header = usize::from(u16_at(block, 4).unwrap_or(0));
            let rest = block.get(header..).unwrap_or_default();
            match u16_at(block, 6) {
                Some(0x64) => art::texts(rest).iter().for_each(|text| writer.line(text)),
                Some(0x66) => {
                    // The picture's name comes first.
                    let name = rest.first().map_or(0, |length| usize::from(*length) + 1);
                    art::texts(rest.get(name..).unwrap_or_default()).iter().for_each(|text| writer.line(text));
                }
                // Form fields and links.
                _ => writer.line(&sweep::wide(rest)),
            }
        }
    }

    /// Text that earlier savings left between the pieces.
    fn leftover(&self, pieces: &[Piece], runs: &Runs, writer: &mut Writer<'_>) {
        let ranges = pieces.iter().map(|p| (p.at, p.at.saturating_add((p.to - p.from) as usize * p.width())));
        let mut used: Vec<(usize, usize)> = ranges.chain(runs.pages.iter().map(|page| (*page, page + 512))).collect();
        used.sort_unstable();
        writer.part(ooxml::part("leftover"), false);
        let page = charset::Charset::Known(self.fib.page);
        let (mut at, end) = (self.fib.span.0.max(512), self.fib.span.1.min(self.stream.len()));
        for (from, to) in used.into_iter().chain([(end, end)]) {
            let gap = slice(self.stream, at, from.min(end).saturating_sub(at));
            writer.line(&sweep::runs(gap, page));
            at = at.max(to);
        }
    }
}

/// UTF-16, of which half a pair may stand at a block's end.
fn wide(block: &[u8], at: usize, writer: &mut Writer<'_>) {
    let units = block.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    let mut place = at;
    for char in char::decode_utf16(units) {
        let char = char.unwrap_or(char::REPLACEMENT_CHARACTER);
        writer.char(char, place);
        place += char.len_utf16() * 2;
    }
}

/// Characters of a code page, two bytes each: those of one byte end with a zero, of others the second byte comes first.
fn paged(block: &[u8], page: &'static encoding_rs::Encoding, at: usize, writer: &mut Writer<'_>) {
    for (n, [last, first]) in block.as_chunks::<2>().0.iter().enumerate() {
        let both = [*first, *last];
        let bytes = if *first == 0 { &both[1..] } else { &both[..] };
        page.decode_without_bom_handling(bytes).0.chars().for_each(|char| writer.char(char, at + n * 2));
    }
}

/// A list of texts (STTB): two bytes for each character, or one.
fn strings(table: &[u8]) -> Vec<String> {
    let wide = u16_at(table, 0) == Some(0xFFFF);
    let mut at = if wide { 2 } else { 0 };
    let extra = u16_at(table, at + 2).map_or(0, usize::from);
    let count = u16_at(table, at).map_or(0, usize::from);
    at += 4;
    let mut texts = Vec::new();
    for _ in 0..count {
        let length = if wide { u16_at(table, at).map(usize::from) } else { table.get(at).map(|n| usize::from(*n)) };
        let Some(length) = length else { break };
        let (begin, bytes) = if wide { (at + 2, length * 2) } else { (at + 1, length) };
        let text = slice(table, begin, bytes);
        texts.push(if wide { utf16(text) } else { text.iter().map(|byte| char::from(*byte)).collect() });
        at = begin + bytes + extra;
    }
    texts
}

#[cfg(test)]
mod tests;
