//! RTF: documents, and the bodies of messages.
//!
//! In: a document. Out: its text, and embedded files as children. Deliberately elsewhere: compressed RTF (`lzfu.rs`),
//! and what becomes of HTML that was in it.
//! Sources: Rich Text Format 1.9.1, MS-OLEDS 2.2.5 (embedded objects).

mod text;
mod tokens;

use crate::extract::{Child, Content, Format, Head, Marked, Match, Out, charset, html, marked, ooxml};
use crate::item::{Fault, Kind};
use crate::record::Position;
pub use text::{DULL, Document, font_page, read as body};

/// RTF.
pub const FORMATS: &[Format] = &[Format { name: "rtf", kind: Kind::Document, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    let start = head.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head.bytes).trim_ascii_start();
    if start.starts_with(b"{\\rt") { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let Document { html, text, parts, objects } = body(&content.whole()?);
    let mut marked = Marked::new();
    if html {
        marked.at(Position { line: Some(1), column: Some(1), ..Position::default() });
        html::push(&text, &mut marked);
    } else {
        push(&text, &parts, &mut marked);
    }
    drop(text);
    marked.emit(out)?;
    for (at, bytes) in objects.iter().enumerate() {
        let (name, file) = object(bytes).unwrap_or((None, bytes));
        let name = name.unwrap_or_else(|| format!("object{}", at + 1));
        out.child(Child::new(name, Kind::Document, Content::bytes(file)))?;
    }
    Ok(())
}

/// The text in its parts: lines are those of the body, whatever stands between.
fn push(text: &str, parts: &[(usize, &'static str)], marked: &mut Marked) {
    let (mut line, mut column) = (1, 1);
    let ends = parts.iter().map(|(at, _)| *at).chain([text.len()]);
    for ((at, part), end) in [(0, "")].iter().chain(parts).zip(ends) {
        let piece = text.get(*at..end).unwrap_or_default();
        if part.is_empty() {
            marked.at(Position { line: Some(line), column: Some(column), ..Position::default() });
            let (lines, along) = marked::advance(piece);
            (line, column) = (line + lines, if lines == 0 { column + along } else { 1 + along });
        } else {
            marked.at(ooxml::part(part));
        }
        marked.push(piece);
    }
}

/// The file in an embedded object (OLE 1): version, kind, three names, then the data; a `Package` names its file.
fn object(bytes: &[u8]) -> Option<(Option<String>, &[u8])> {
    fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
        let (number, rest) = bytes.split_first_chunk()?;
        Some((u32::from_le_bytes(*number) as usize, rest))
    }
    fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let (size, rest) = number(bytes)?;
        rest.split_at_checked(size)
    }
    fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let end = memchr::memchr(0, bytes)?;
        Some((bytes.get(..end)?, bytes.get(end + 1..)?))
    }
    let (class, rest) = counted(bytes.get(8..)?)?;
    let (_topic, rest) = counted(rest)?;
    let (_item, rest) = counted(rest)?;
    let (size, rest) = number(rest)?;
    let data = rest.get(..size).unwrap_or(rest);
    if !class.starts_with(b"Package") {
        return Some((None, data));
    }
    // Label, path, four bytes, the temporary path with its size, then the file with its size.
    let (label, rest) = string(data.get(2..)?)?;
    let (_path, rest) = string(rest)?;
    let (_temporary, rest) = counted(rest.get(4..)?)?;
    let (size, rest) = number(rest)?;
    Some((Some(charset::decode(label, None).into_owned()), rest.get(..size).unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::take_apart;
    use crate::extract::testing::read;

    #[test]
    fn a_document_is_told_by_its_first_word_and_has_lines() {
        let seen = read("a.doc", b"{\\rtf1\\ansi S\\'f8ren\\par CPR: 010190-1234}");
        assert_eq!(seen.format, "rtf");
        assert_eq!(seen.text, "Søren\nCPR: 010190-1234");
        assert_eq!(seen.at("010190"), (2, 6));
    }

    #[test]
    fn parts_have_their_names_and_no_lines_of_the_body() {
        let seen = take_apart(
            b"{\\rtf1{\\info{\\title Titel}}{\\header Hoved}a{\\footnote note}{\\footnote\\ftnalt slut}{\\*\\annotation kommentar}\\par b{\\shp{\\shptxt boks}} c}",
            "a.rtf",
        );
        for (text, line, part) in [
            ("Titel", None, Some("properties")),
            ("Hoved", None, Some("header")),
            ("note", None, Some("footnotes")),
            ("slut", None, Some("endnotes")),
            ("kommentar", None, Some("comments")),
            ("b", Some(2), None),
            ("boks", None, Some("textbox")),
            (" c", Some(2), None),
        ] {
            let place = seen.place(text);
            assert_eq!((place.position.line, place.position.part.as_deref()), (line, part), "{text}");
        }
    }

    #[test]
    fn a_packaged_file_is_a_child_with_its_name() {
        let mut data = b"\x02\0b.txt\0C:\\b.txt\0\0\0\x03\0\x04\0\0\0tmp\0\x05\0\0\0hello".to_vec();
        let mut object = b"\x01\x05\0\0\x02\0\0\0\x08\0\0\0Package\0\0\0\0\0\0\0\0\0".to_vec();
        object.extend((data.len() as u32).to_le_bytes());
        object.append(&mut data);
        let hex: String = object.iter().map(|b| format!("{b:02x}")).collect();
        let seen = read("a.rtf", format!("{{\\rtf1{{\\object{{\\*\\objdata {hex}}}}}}}").as_bytes());
        let (name, _, bytes) = &seen.children[0];
        assert_eq!((name.as_str(), bytes.as_deref()), ("b.txt", Ok(&b"hello"[..])));
    }
}
