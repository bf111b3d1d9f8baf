//! The source of macros: people write data into it, passwords and whom a report goes to.
//!
//! In: the storage of a VBA project, in a legacy document or as `vbaProject.bin` in a package. Out: the text of its
//! modules by line as the editor counts them, and what stands on its forms. A module that was compiled and stripped of
//! its source has none.
//! Source: MS-OVBA 2.3.4 (storages and the `dir` stream), 2.4.1 (compression).

use std::collections::{HashMap, HashSet};
use std::io::Cursor;

use encoding_rs::WINDOWS_1252;

use crate::extract::bytes::{size_at, slice, u16_at, utf16};
use crate::extract::cfb::{Compound, Storage};
use crate::extract::{Marked, Out, charset, mapi, sweep};
use crate::item::Fault;
use crate::record::Position;

/// What a position in macros is called.
const PART: &str = "macro";
/// What a chunk unpacks to.
const CHUNK: usize = 4096;
/// The storage of the modules.
const CODE: &str = "VBA";
/// So many bytes of source are read of a project.
const MOST: usize = 16 << 20;
/// Frames in frames of a form that are gone into.
const DEPTH: u32 = 16;
/// Records of the `dir` stream.
const CODE_PAGE: u16 = 0x0003;
const VERSION: u16 = 0x0009;
const STREAM_NAME: u16 = 0x001A;
const WIDE_STREAM_NAME: u16 = 0x0032;
const SOURCE_AT: u16 = 0x0031;

/// A part of a package is a project.
pub fn is_project(name: &str) -> bool {
    name.to_lowercase().ends_with("vbaproject.bin")
}

/// Hands over the macros of a project that is a file by itself.
pub fn file(bytes: Vec<u8>, out: &mut Out<'_>) -> Result<(), Fault> {
    match cfb::CompoundFile::open(Box::new(Cursor::new(bytes)) as Box<_>) {
        Ok(file) if file.is_storage("/VBA") => read(&Storage::new(&Compound::new(file), String::new()), out),
        _ => out.damage(damaged()),
    }
}

/// Hands over the macros of the project in a storage, if there is one. What is damaged in it is told, and takes nothing
/// else with it.
pub fn read(project: &Storage<'_, '_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let storages = project.list(false);
    if !storages.iter().any(|name| name == CODE) {
        return Ok(());
    }
    let code = project.inside(CODE);
    let (mut left, mut whole, mut text) = (MOST, true, Marked::new());
    let dir = code.bytes("dir", out)?.and_then(|packed| Source::of(&packed, &mut left));
    whole &= dir.as_ref().is_some_and(|dir| dir.whole);
    let modules = dir.map_or_else(Modules::default, |dir| Modules::of(&dir.text));
    let streams = code.list(true);
    let there: HashSet<String> = streams.iter().map(|name| name.to_lowercase()).collect();
    whole &= modules.sources.keys().all(|module| there.contains(module));
    for name in streams {
        if name == "dir" || name == "_VBA_PROJECT" || name.starts_with("__SRP_") {
            continue;
        }
        let stream = code.bytes(&name, out)?.unwrap_or_default();
        let at = modules.sources.get(&name.to_lowercase()).copied();
        let packed = at.and_then(|at| stream.get(at..));
        // One that was stripped of its source has nothing there.
        if packed.is_some_and(<[u8]>::is_empty) {
            continue;
        }
        let source = Source::of(packed.unwrap_or_default(), &mut left);
        whole &= source.as_ref().is_some_and(|source| source.whole);
        if let Some(source) = source {
            out.charge(source.text.len() as u64)?;
            module(&charset::decode(&source.text, modules.page.as_deref()), &mut text);
            text.emit(out)?;
        }
    }
    for name in storages.iter().filter(|name| *name != CODE) {
        form(&project.inside(name), DEPTH, &mut text, out)?;
    }
    text.emit(out)?;
    if whole { Ok(()) } else { out.damage(damaged()) }
}

fn position(line: Option<u64>) -> Position {
    Position { line, part: Some(PART.into()), ..Position::default() }
}

/// The lines of a module that the editor shows; behind them those that it does not, where people may have described it.
fn module(source: &str, text: &mut Marked) {
    let hidden = |line: &&str| line.starts_with("Attribute ") && line.contains("VB_");
    text.at(position(Some(1)));
    for line in source.lines().filter(|line| !hidden(line)) {
        text.push(line);
        text.push("\n");
    }
    text.at(position(None));
    source.lines().filter(hidden).for_each(|line| text.line(line));
}

/// Captions and what was typed ([MS-OFORMS] 2.1), frames in frames: the strings of it are enough.
fn form(form: &Storage<'_, '_>, depth: u32, text: &mut Marked, out: &mut Out<'_>) -> Result<(), Fault> {
    for stream in ["f", "o"] {
        let bytes = form.bytes(stream, out)?.unwrap_or_default();
        text.at(position(None));
        text.push(&sweep::runs(&bytes, charset::Charset::Known(WINDOWS_1252)));
        text.end_line();
    }
    if text.full() {
        text.emit(out)?;
    }
    let inside = if depth > 0 { form.list(false) } else { Vec::new() };
    inside.iter().try_for_each(|name| self::form(&form.inside(name), depth - 1, text, out))
}

fn damaged() -> Fault {
    Fault::corrupt("its macros are damaged")
}

/// What the `dir` stream tells of the modules.
#[derive(Default)]
struct Modules {
    /// The name of the code page of their sources.
    page: Option<String>,
    /// Where in a stream its source begins, by the stream's name in lower case.
    sources: HashMap<String, usize>,
}

impl Modules {
    /// Of an unpacked stream: records of a kind, a size and so many bytes.
    fn of(dir: &[u8]) -> Self {
        let (mut modules, mut name, mut at) = (Self::default(), None, 0);
        while let (Some(kind), Some(size)) = (u16_at(dir, at), size_at(dir, at + 2)) {
            let value = slice(dir, at + 6, size);
            match kind {
                CODE_PAGE => modules.page = u16_at(value, 0).and_then(|page| mapi::code_page(page.into())),
                STREAM_NAME => name = Some(charset::decode(value, modules.page.as_deref()).to_lowercase()),
                WIDE_STREAM_NAME if !value.is_empty() => name = Some(utf16(value).to_lowercase()),
                SOURCE_AT => modules.sources.extend(name.take().zip(size_at(value, 0))),
                _ => {}
            }
            // Its size does not count the last two bytes.
            at += 6 + value.len() + if kind == VERSION { 2 } else { 0 };
        }
        modules
    }
}

/// What a container holds.
struct Source {
    text: Vec<u8>,
    /// All of it could be unpacked.
    whole: bool,
}

impl Source {
    /// Unpacks a container as far as may be unpacked in all; `None` if it is none. Chunks do not depend on each other.
    fn of(container: &[u8], left: &mut usize) -> Option<Self> {
        let mut rest = container.strip_prefix(&[1])?;
        let mut source = Self { text: Vec::new(), whole: true };
        while let Some(head) = u16_at(rest, 0) {
            if source.text.len() >= *left || head >> 12 & 7 != 3 {
                break;
            }
            let size = usize::from(head & 0xFFF) + 1;
            let chunk = slice(rest, 2, size);
            source.whole &= chunk.len() == size;
            if head >> 15 == 0 {
                source.text.extend(chunk);
            } else {
                source.whole &= unpack(chunk, &mut source.text).is_some();
            }
            rest = rest.get(2 + chunk.len()..).unwrap_or_default();
        }
        source.whole &= rest.iter().all(|byte| *byte == 0);
        *left = left.saturating_sub(source.text.len());
        Some(source)
    }
}

/// Unpacks a chunk onto the end of a text. `None` if it is damaged: what comes before that is there.
fn unpack(mut chunk: &[u8], text: &mut Vec<u8>) -> Option<()> {
    let start = text.len();
    while let Some((flags, tokens)) = chunk.split_first() {
        chunk = tokens;
        for bit in 0..8 {
            if chunk.is_empty() || text.len() - start >= CHUNK {
                break;
            }
            if flags >> bit & 1 == 0 {
                let (byte, others) = chunk.split_first()?;
                text.push(*byte);
                chunk = others;
                continue;
            }
            let token = usize::from(u16_at(chunk, 0)?);
            chunk = chunk.get(2..)?;
            // The further into the chunk, the more bits say how far back it is copied from.
            let there = text.len() - start;
            let bits = there.next_power_of_two().trailing_zeros().clamp(4, 12);
            let back = (token >> (16 - bits)) + 1;
            let length = (token & (0xFFFF >> bits)) + 3;
            let from = text.len().checked_sub(back).filter(|from| *from >= start)?;
            for at in from..from + length.min(CHUNK - there) {
                text.push(*text.get(at)?);
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::extract::apart::{archive, take_apart};

    /// Packs without copying anything.
    fn packed(text: &[u8]) -> Vec<u8> {
        let mut container = vec![1];
        for chunk in text.chunks(3000) {
            let mut tokens = Vec::new();
            for eight in chunk.chunks(8) {
                tokens.push(0);
                tokens.extend(eight);
            }
            container.extend((0xB000 | (tokens.len() as u16 - 1)).to_le_bytes());
            container.extend(tokens);
        }
        container
    }

    fn record(kind: u16, value: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(value.len() as u32).to_le_bytes(), value].concat()
    }

    /// A project of one module, and a form.
    fn project(under: &str, others: &[(&str, &[u8])]) -> Vec<u8> {
        let version = [&record(VERSION, &[1, 0, 0, 0])[..], &[1, 0]].concat();
        let dir = [
            record(1, &[3, 0, 0, 0]),
            record(CODE_PAGE, &1252u16.to_le_bytes()),
            version,
            record(STREAM_NAME, b"in some code page"),
            record(WIDE_STREAM_NAME, &"Modul\u{E6}1".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
            record(SOURCE_AT, &7u32.to_le_bytes()),
        ];
        let source = b"Attribute VB_Name = \"Modul\xE61\"\r\nSub Send()\r\nAttribute Send.VB_Description = \"Bo\"\r\n\
            ' K\xF8res for Mette Hansen\r\nEnd Sub\r\n";
        let module = [&b"p-code."[..], &packed(source)].concat();
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for storage in ["VBA", "UserForm1/i02"] {
            file.create_storage_all(format!("/{under}/{storage}")).unwrap();
        }
        for (stream, bytes) in others {
            file.create_stream(format!("/{stream}")).unwrap().write_all(bytes).unwrap();
        }
        let streams: [(&str, &[u8]); 4] = [
            ("VBA/dir", &packed(&dir.concat())),
            ("VBA/_VBA_PROJECT", b"cache"),
            ("VBA/Modul\u{E6}1", &module),
            ("UserForm1/i02/o", b"\0\x02Ring til Jens Holm\0\0"),
        ];
        for (stream, bytes) in streams {
            file.create_stream(format!("/{under}/{stream}")).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    fn unpacks(container: &[u8]) -> Option<Vec<u8>> {
        Source::of(container, &mut (1 << 20)).map(|source| source.text)
    }

    #[test]
    fn what_is_repeated_is_copied_from_before() {
        // MS-OVBA 3.2.2 and 3.2.3.
        let normal =
            b"\x01\x2F\xB0\x00\x23aaabcde\x82f\x00paghij\x018\x08akl\x000mnop\x06q\x02p\x04\x10rstuv\x10wxyz\x00<";
        assert_eq!(unpacks(normal).unwrap(), b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa");
        assert_eq!(unpacks(b"\x01\x03\xB0\x02aE\x00").unwrap(), [b'a'; 73]);
        assert_eq!(unpacks(b"no container"), None);
        let long: Vec<u8> = (0..9000).map(|n| b'a' + (n % 23) as u8).collect();
        assert_eq!(unpacks(&packed(&long)).unwrap(), long);
        assert_eq!(unpacks(b"\x01\x03\xB0\x02aE\x90").unwrap(), b"a", "from before the beginning");
        let read =
            |container: &[u8]| Source::of(container, &mut 10_000).map(|source| (source.text.len(), source.whole));
        assert_eq!(read(&[&b"\x01"[..], &b"\x03\xB0\x02a\xFF\x0F".repeat(1000)].concat()), Some((12_288, false)));
        let torn = [&packed(b"first")[..], b"\x02\xB0\x01\xFF\xFF", packed(b"third").get(1..).unwrap()].concat();
        assert_eq!(read(&torn), Some((10, false)), "the others are whole");
        assert_eq!(read(packed(b"first").split_last().unwrap().1), Some((4, false)));
    }

    #[test]
    fn modules_and_forms_of_documents_are_read() {
        let seen = take_apart(&project("_VBA_PROJECT_CUR", &[("Workbook", b"x")]), "a.xls");
        assert!(seen.text.contains("Sub Send()\n' Køres for Mette Hansen\nEnd Sub\n"), "{:?}", seen.text);
        assert!(seen.text.contains("Ring til Jens Holm") && seen.text.contains("= \"Bo\""), "{:?}", seen.text);
        let seen = take_apart(&project("Macros", &[("WordDocument", b"x")]), "a.doc");
        assert!(seen.text.contains("' Køres for Mette Hansen"), "{:?}", seen.text);
        let package = |macros: &[u8]| {
            let body = b"<w:document><w:body><w:p><w:r><w:t>brev</w:t></w:r></w:p></w:body></w:document>";
            let parts: [(&str, &[u8]); 3] =
                [("[Content_Types].xml", b""), ("word/document.xml", body), ("word/vbaProject.bin", macros)];
            take_apart(&archive(&parts), "a.docm")
        };
        let seen = package(&project("", &[]));
        let position = &seen.place("' Køres for Mette Hansen").position;
        assert_eq!((position.line, position.part.as_deref(), seen.damage.len()), (Some(2), Some("macro"), 0));
        let seen = package(b"no project");
        assert_eq!((seen.text.as_str(), seen.damage.len()), ("brev\n", 1));
    }

    #[test]
    fn what_is_damaged_leaves_the_rest() {
        let seen = take_apart(&project("Macros", &[("WordDocument", b"x"), ("Macros/VBA/Modul0", b"torn")]), "a.doc");
        assert!(seen.text.contains("' Køres for Mette Hansen"), "{:?}", seen.text);
        assert_eq!(seen.damage.iter().filter(|fault| fault.message.contains("macros")).count(), 1);
    }
}
