//! PDF (ISO 32000-2): page text, forms, annotations, bookmarks, properties and embedded files.
//!
//! In: the whole file: where its objects stand is written at its end. Out: the text of each page with its number, then
//! the rest, then the embedded files. `hayro` reads pages and objects, and finds them again where the cross-reference
//! table is broken. An empty user password is tried, no other. Pages that are pictures, and
//! pictures on pages, are handed over to be read by others (`scan.rs`).

mod columns;
mod draw;
mod fonts;
mod lines;
mod objects;
mod rest;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod xml;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hayro_syntax::object::{Dict, FromBytes, ObjectIdentifier};
use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use jiff::Timestamp;

use crate::extract::{Content, Format, Head, Marked, Match, Out};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;
use fonts::Fonts;
use objects::Found;

/// PDF.
pub const FORMATS: &[Format] = &[Format { name: "pdf", kind: Kind::Document, sniff, read }];

/// What one stream of a file may unpack to.
const STREAM: usize = 256 << 20;
/// The longest text that stands for glyphs.
const TEXT: usize = 16 << 10;
/// How much any file may draw (glyphs, lines, forms), and how much more for each of its bytes.
const STEPS: u64 = 4 << 20;
const DRAWN: u64 = 16;
/// Deflate never packs tighter than this.
const DEFLATE: usize = 1032;

fn sniff(head: &Head<'_>) -> Match {
    // Readers take a header anywhere in the first 1024 bytes (Annex I of ISO 32000-1).
    let start = head.bytes.get(..1024).unwrap_or(head.bytes);
    if memchr::memmem::find(start, b"%PDF-").is_some() { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut bytes = content.whole()?.into_owned();
    show_layers(&mut bytes);
    let bytes = Arc::new(bytes);
    if bomb(&bytes) {
        return Err(Fault::new(Reason::Bomb, "it unpacks to more than the limit"));
    }
    let (pdf, damage) = open(&bytes)?;
    if let Some(at) = pdf.metadata().modification_date.and_then(timestamp) {
        out.modified(at)?;
    }
    let layers = all_layers(&pdf, &bytes);
    let found = pages(layers.as_ref().unwrap_or(&pdf), bytes.len() as u64, out)?;
    if let Some(damage) = damage {
        out.damage(damage)?;
    }
    objects::read(&pdf, &bytes, found, out)
}

/// Layers that are switched off are in the file all the same: without the list of what is off, all are shown.
fn show_layers(bytes: &mut [u8]) {
    const LIST: &[u8] = b"/OCProperties";
    let found: Vec<usize> = memchr::memmem::find_iter(bytes, LIST).collect();
    for at in found {
        if let Some(last) = bytes.get_mut(at + LIST.len() - 1) {
            *last = b'X';
        }
    }
}

/// The same where the list stands in a compressed object: the file with another catalog behind it (an incremental
/// update, 7.5.6) that knows of pages only. `None`: there is no such list.
fn all_layers(pdf: &Pdf, bytes: &[u8]) -> Option<Pdf> {
    const CATALOG: u32 = 8_388_606;
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).filter(|root| root.contains_key("OCProperties"))?;
    let pages = ObjectIdentifier::from(catalog.get_ref("Pages")?);
    let end = bytes.get(memchr::memmem::rfind(bytes, b"startxref")? + 9..)?.trim_ascii_start();
    let before: u64 = str::from_utf8(end.split(u8::is_ascii_whitespace).next()?).ok()?.parse().ok()?;
    let (number, generation) = (pages.obj_number, pages.gen_number);
    let object = format!("\n{CATALOG} 0 obj\n<</Type/Catalog/Pages {number} {generation} R>>\nendobj\n");
    let (at, table) = (bytes.len() + 1, bytes.len() + object.len());
    let update = format!(
        "{object}xref\n{CATALOG} 1\n{at:010} 00000 n \ntrailer\n<</Size {}/Root {CATALOG} 0 R/Prev {before}>>\nstartxref\n{table}\n%%EOF\n",
        CATALOG + 1,
    );
    let shown = Pdf::new([bytes, update.as_bytes()].concat()).ok()?;
    (shown.pages().len() == pdf.pages().len()).then_some(shown)
}

/// What is put behind a damaged file, so that `hayro` looks for its objects itself: a cross-reference table that is none,
/// and, where the end of the file is lost and with it the way to the pages, a catalog that leads nowhere.
const REPAIRS: [&[u8]; 2] = [
    b"\nstartxref\n0\n%%EOF\n",
    b"\n8388606 0 obj\n<</Type/Catalog/Pages 8388607 0 R>>\nendobj\ntrailer\n<</Root 8388606 0 R>>\nstartxref\n0\n%%EOF\n",
];

/// How much of a file's end is looked at: behind its mark (7.5.5) programs have put this and that.
const END: usize = 4 << 10;

/// Opens a file, with what is wrong with it where that was put right.
fn open(bytes: &Arc<Vec<u8>>) -> Result<(Pdf, Option<Fault>), Fault> {
    match Pdf::new(Arc::clone(bytes)) {
        Ok(pdf) => {
            // `hayro` puts much right by itself, and does not say so.
            let end = bytes.get(bytes.len().saturating_sub(END)..).unwrap_or_default();
            let cut = memchr::memmem::find(end, b"%%EOF").is_none();
            return Ok((pdf, cut.then(|| Fault::corrupt("its end is missing: it may have held more"))));
        }
        Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => {
            return Err(Fault::new(Reason::Encrypted, "it asks for a password"));
        }
        Err(LoadPdfError::Decryption(_)) => {
            return Err(Fault::new(Reason::Encrypted, "it is encrypted in a way that is not known"));
        }
        Err(LoadPdfError::Invalid) => {}
    }
    // Without its end an encrypted file cannot be told from noise.
    let repairs = if memchr::memmem::find(bytes, b"/Encrypt").is_some() { &REPAIRS[..1] } else { &REPAIRS };
    let repaired = repairs.iter().find_map(|end| Pdf::new([bytes, *end].concat()).ok());
    let corrupt = || Fault::corrupt("it is too damaged to be read as a PDF");
    let damage = Fault::corrupt("it is damaged: what was left of it was read");
    repaired.map(|pdf| (pdf, Some(damage))).ok_or_else(corrupt)
}

/// Does a stream unpack to more than the limit? Looked at before `hayro`, which unpacks all it meets, is let at it:
/// streams that are deflated and long enough, but for pictures, which are never unpacked.
fn bomb(bytes: &[u8]) -> bool {
    let mut from = 0;
    while let Some(rest) = bytes.get(from..)
        && let Some(at) = memchr::memmem::find(rest, b"stream")
    {
        let (before, stream) = rest.split_at(at + 6);
        let stream = stream.trim_ascii_start();
        let length = memchr::memmem::find(stream, b"endstream").unwrap_or(stream.len());
        let dictionary = before.get(before.len().saturating_sub(1024)..).unwrap_or_default();
        let dictionary = memchr::memmem::rfind(dictionary, b" obj").and_then(|at| dictionary.get(at..));
        let picture = dictionary.is_some_and(|dictionary| memchr::memmem::find(dictionary, b"/Image").is_some());
        if length > STREAM / DEFLATE && stream.first().is_some_and(|byte| byte & 0x0F == 8) && !picture {
            let mut unpacked = flate2::read::ZlibDecoder::new(stream).take(STREAM as u64 + 1);
            let mut block = [0; 16 << 10];
            while let Ok(1..) = unpacked.read(&mut block) {}
            if unpacked.limit() == 0 {
                return true;
            }
        }
        from = bytes.len() - stream.len() + length + 9;
    }
    false
}

/// The text and the annotations of all pages.
fn pages<'a>(pdf: &'a Pdf, size: u64, out: &mut Out<'_>) -> Result<Found<'a>, Fault> {
    let mut fonts = Fonts::new();
    let mut found = Found::default();
    let mut marked = Marked::new();
    let mut left = STEPS.saturating_add(size.saturating_mul(DRAWN));
    for (page, number) in pdf.pages().iter().zip(1u32..) {
        let unpacked = page.page_stream().map_or(0, <[u8]>::len);
        out.charge(unpacked as u64)?;

        let mut drawn = text::Page::of(page.render_dimensions(), left);
        let ended = catch_unwind(AssertUnwindSafe(|| draw::page(page, &mut fonts, &mut drawn)));

        let lines = drawn.lines();
        out.charge(lines.len() as u64)?;
        marked.at(Position { page: Some(number), ..Position::default() });
        marked.line(&lines);
        replaced(page, &lines, &mut marked);
        objects::annotations(page, number, &mut found, &mut marked);
        marked.emit(out)?;
        left = drawn.left;
        if left == 0 {
            return Err(Fault::new(Reason::Bomb, "it draws more than the limit"));
        }
        let garbled = drawn.unmapped * 2 > drawn.glyphs;
        if garbled && out.budget().ocr().is_none() {
            out.damage(Fault::new(
                Reason::Unsupported,
                "it has pages whose fonts do not say which characters they show",
            ))?;
        }
        scan::read(page, number, &drawn, garbled, out)?;
        for fault in faults(page, &drawn, ended.is_ok()) {
            out.damage(fault)?;
        }
    }
    Ok(found)
}

/// What glyphs stand for, where their page says so and they do not (14.9.4).
fn replaced(page: &Page<'_>, lines: &str, marked: &mut Marked) {
    const KEY: &[u8] = b"/ActualText";
    let content = page.page_stream().unwrap_or_default();
    for at in memchr::memmem::find_iter(content, KEY) {
        let after = content.get(at + KEY.len()..).unwrap_or_default().trim_ascii_start();
        let string = after.get(..after.len().min(TEXT)).and_then(hayro_syntax::object::String::from_bytes);
        let text = string.map(|string| objects::text(&string)).unwrap_or_default();
        if text.trim().chars().count() > 3 && !lines.contains(text.trim()) {
            marked.line(&text);
        }
    }
}

/// What of a page could not be read.
fn faults(page: &Page<'_>, drawn: &text::Page, whole: bool) -> impl Iterator<Item = Fault> {
    let broken =
        drawn.glyphs == 0 && !drawn.pictures && page.raw().contains_key("Contents") && page.page_stream().is_none();
    [
        broken.then(|| Fault::corrupt("it has a page whose content is damaged")),
        (!whole).then(|| Fault::new(Reason::Crashed, "the reader of a page crashed")),
        drawn.full.then(|| Fault::new(Reason::TooLarge, "it has a page with more text than the limit")),
    ]
    .into_iter()
    .flatten()
}

/// A date of the file as a moment.
fn timestamp(date: hayro_syntax::object::DateTime) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
        i8::try_from(date.hour).ok()?,
        i8::try_from(date.minute).ok()?,
        i8::try_from(date.second).ok()?,
        0,
    )
    .ok()?;
    let minutes = i32::from(date.utc_offset_minute) * if date.utc_offset_hour < 0 { -1 } else { 1 };
    let offset = jiff::tz::Offset::from_seconds(i32::from(date.utc_offset_hour) * 3600 + minutes * 60).ok()?;
    offset.to_timestamp(civil).ok()
}
