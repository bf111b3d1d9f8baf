//! The file information block: where everything in a Word document lies.
//!
//! In: the `WordDocument` stream. Out: sizes of the texts and places of what is around them.
//! Sources: MS-DOC 2.5 (Word 97–2003); the Word 6 and Word 2 binary formats as Microsoft published them.

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::extract::bytes::{size_at, slice, u16_at, u32_at};
use crate::extract::{charset, mapi, rtf};

/// So much of a text is looked at to tell its code page.
const SAMPLE: usize = 64 << 10;
/// Where the place of the table of fonts stands before Word 97 (SttbfFfn).
const FONTS: usize = 0xD0;

/// A document's table of contents.
pub struct Fib {
    /// It asks for a password.
    pub locked: bool,
    /// Saved by appending: pieces lie anywhere, and what was deleted may still be there.
    pub fast: bool,
    /// Of Word 97 or later: UTF-16, a table stream, properties of two bytes.
    pub new: bool,
    /// The name of the stream in which the tables are; none of its own before Word 97.
    pub table: Option<&'static str>,
    /// Characters are of two bytes, though the pieces do not say so, and in a code page (Word 95 of the Far East).
    pub wide: bool,
    /// What bytes mean where they are not UTF-16.
    pub page: &'static Encoding,
    /// Where the text begins and ends, if it is in one piece.
    pub span: (usize, usize),
    /// Characters in each of the texts, in their order.
    pub counts: [u32; 8],
    pairs: usize,
    limit: usize,
}

/// Places and sizes of tables, by their number in FibRgFcLcb97.
#[derive(Debug, Clone, Copy)]
pub enum Table {
    /// PlcfHdd: where each header and footer begins.
    Headers = 11,
    /// PlcfBteChpx: pages with properties of characters.
    Characters = 12,
    /// PlcfBtePapx: pages with properties of paragraphs.
    Paragraphs = 13,
    /// SttbfAssoc: title, author and so on.
    Associated = 32,
    /// Clx: the pieces.
    Pieces = 33,
    /// GrpXstAtnOwners: who commented.
    Commenters = 36,
    /// FormFldSttbs and others of forms.
    Forms = 45,
    /// OfficeArtContent: drawings.
    Drawings = 50,
    /// SttbfRMark: who revised.
    Revisers = 51,
    /// StwUser: variables.
    Variables = 60,
    /// SttbSavedBy: who saved it last, and where.
    Savers = 71,
}

impl Fib {
    /// Reads it. `None`: it is none.
    pub fn read(stream: &[u8]) -> Option<Self> {
        let magic = u16_at(stream, 0)?;
        let version = u16_at(stream, 2)?;
        let flags = u16_at(stream, 10)?;
        let new = version > 105 && magic != 0xA5DB && magic != 0xA59B;
        if !matches!(magic, 0xA5EC | 0xA5DC | 0xA5DB | 0xA59B | 0xA697..=0xA699) {
            return None;
        }
        let two = matches!(magic, 0xA5DB | 0xA59B);
        let at = if new { 0x4C } else { 0x34 };
        let mut counts = [0; 8];
        for (n, count) in counts.iter_mut().enumerate().filter(|_| !two) {
            *count = u32_at(stream, at + n * 4)?;
        }
        let mac = u16_at(stream, 0x14) == Some(256);
        let wide = !new && !two && flags & 0x1000 != 0;
        let span = (size_at(stream, 0x18)?, size_at(stream, 0x1C)?);
        let page = if new {
            WINDOWS_1252
        } else if mac {
            encoding_rs::MACINTOSH
        } else {
            let fonts = if two { Vec::new() } else { font_pages(stream) };
            let text = slice(stream, span.0, span.1.saturating_sub(span.0).min(SAMPLE));
            let language = page(u16_at(stream, 6)?);
            chosen(language, &fonts, wide, text)
        };
        Some(Self {
            locked: flags & 0x0100 != 0,
            fast: flags & 0x0004 != 0,
            new,
            table: new.then_some(if flags & 0x0200 != 0 { "1Table" } else { "0Table" }),
            wide,
            page,
            span,
            counts,
            pairs: if new { 0x9A } else { 0x58 },
            limit: if new { usize::from(u16_at(stream, 0x98)?) } else { 0 },
        })
    }

    /// Where a table lies in its stream, and its size.
    pub fn table(&self, stream: &[u8], table: Table) -> Option<(usize, usize)> {
        let at = match table {
            // Word 6 has pairs of the same order with another beginning; only one of them is needed.
            _ if !self.new => matches!(table, Table::Pieces).then_some(0x160)?,
            table if (table as usize) < self.limit => self.pairs + table as usize * 8,
            _ => return None,
        };
        let (place, size) = (size_at(stream, at)?, size_at(stream, at + 4)?);
        (size > 0).then_some((place, size))
    }
}

/// The code page of the text: that of its language, or of a font, if the text looks like it. Programs of one language
/// wrote that language however the text was.
fn chosen(language: &'static Encoding, fonts: &[&'static Encoding], wide: bool, text: &[u8]) -> &'static Encoding {
    let any = || fonts.iter().find(|page| !page.is_single_byte());
    if let (true, true, Some(page)) = (wide, language.is_single_byte(), any()) {
        return page;
    }
    if fonts.is_empty() || text.is_ascii() {
        return language;
    }
    let likely = charset::likely(text);
    if fonts.contains(&likely) { likely } else { language }
}

/// The code pages of the fonts that are not Western. Source: MS-DOC 2.9.78 (FFN), of which Word 6 has an older one.
fn font_pages(stream: &[u8]) -> Vec<&'static Encoding> {
    let place = size_at(stream, FONTS).zip(size_at(stream, FONTS + 4));
    let mut fonts = place.map(|(at, size)| slice(stream, at + 2, size.saturating_sub(2))).unwrap_or_default();
    let mut pages = Vec::new();
    while let Some((size, font)) = fonts.split_first() {
        let page = font.get(3).and_then(|set| mapi::code_page(rtf::font_page(i32::from(*set))));
        pages.extend(page.and_then(|page| Encoding::for_label(page.as_bytes())).filter(|page| *page != WINDOWS_1252));
        fonts = font.get(usize::from(*size)..).unwrap_or_default();
    }
    pages
}

/// The code page of a language, for versions that know no Unicode.
fn page(language: u16) -> &'static Encoding {
    match language & 0x3FF {
        0x01 => encoding_rs::WINDOWS_1256,
        0x02 | 0x19 | 0x22 | 0x23 => encoding_rs::WINDOWS_1251,
        0x04 if language == 0x0404 => encoding_rs::BIG5,
        0x04 => encoding_rs::GBK,
        0x05 | 0x0E | 0x15 | 0x18 | 0x1A | 0x1B | 0x24 => encoding_rs::WINDOWS_1250,
        0x08 => encoding_rs::WINDOWS_1253,
        0x0D => encoding_rs::WINDOWS_1255,
        0x11 => encoding_rs::SHIFT_JIS,
        0x12 => encoding_rs::EUC_KR,
        0x1F => encoding_rs::WINDOWS_1254,
        0x25..=0x27 => encoding_rs::WINDOWS_1257,
        _ => WINDOWS_1252,
    }
}
