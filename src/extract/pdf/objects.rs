//! What a PDF holds beside its pages: annotations, form fields, bookmarks, properties, embedded files.
//!
//! In: the objects of the document (ISO 32000-2: 12.3.3 outlines, 12.5 annotations, 12.7 forms, 14.3 metadata, 7.11.4
//! embedded files). Out: text with its part and label, then children. Every tree is walked with the objects that were
//! seen in mind: in a hostile file it is a circle.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use encoding_rs::WINDOWS_1252;
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier, Stream, String as Bytes};
use hayro_syntax::page::Page;
use hayro_syntax::xref::XRef;

use crate::extract::pdf::rest::{self, Said};
use crate::extract::pdf::xml;
use crate::extract::{Child, Content, Marked, Out, Place};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Objects of one kind in one document that are read: fields, bookmarks, embedded files, annotations of a page.
const MOST: usize = 100_000;

/// What pages tell of the objects on them.
#[derive(Default)]
pub struct Found<'a> {
    /// The page of a page object or an annotation.
    pages: HashMap<ObjectIdentifier, u32>,
    /// Files attached to a place on a page.
    files: Vec<Dict<'a>>,
    said: Said,
}

/// The annotations of one page: comments, links, notes. Form fields are only noted down.
pub fn annotations<'a>(page: &Page<'a>, number: u32, found: &mut Found<'a>, marked: &mut Marked) {
    let raw = page.raw();
    found.pages.extend(raw.obj_id().map(|id| (id, number)));
    let position = Position { page: Some(number), part: Some("annotations".into()), ..Position::default() };
    let from = marked.len();
    for annotation in dicts(raw, "Annots", page.xref()) {
        found.pages.extend(annotation.obj_id().map(|id| (id, number)));
        let kind = annotation.get::<Name<'_>>("Subtype");
        let kind = kind.as_deref().unwrap_or_default();
        if kind == b"Widget" || kind == b"Popup" {
            continue;
        }
        marked.end_line();
        marked.at(position.clone());
        // Free text shows its contents on the page, where they are read already.
        if kind != b"FreeText" || !annotation.contains_key("AP") {
            line(&annotation, "Contents", marked);
        }
        for key in ["T", "Subj"] {
            line(&annotation, key, marked);
        }
        if let Some(action) = annotation.get::<Dict<'_>>("A") {
            line(&action, "URI", marked);
        }
        if kind == b"FileAttachment" && found.files.len() < MOST {
            found.files.extend(annotation.get::<Dict<'_>>("FS"));
        }
    }
    found.said.add(marked.text().get(from..).unwrap_or_default());
}

/// The rest of the document: texts first, then the embedded files.
pub fn read<'a>(pdf: &'a Pdf, bytes: &[u8], mut found: Found<'a>, out: &mut Out<'_>) -> Result<(), Fault> {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).unwrap_or_default();
    let mut marked = Marked::new();
    form(&catalog, pdf.xref(), &found.pages, &mut marked);
    found.said.add(marked.text());
    marked.emit(out)?;
    bookmarks(&catalog, &mut marked);
    found.said.add(marked.text());
    marked.emit(out)?;
    properties(pdf, bytes, &catalog, &mut marked);
    found.said.add(marked.text());
    marked.emit(out)?;
    rest::read(pdf, &found.pages, &mut found.said, &mut marked);
    marked.emit(out)?;
    files(&catalog, pdf.xref(), found.files, out)
}

/// Values of form fields, each under its label.
fn form<'a>(catalog: &Dict<'a>, xref: &'a XRef, pages: &HashMap<ObjectIdentifier, u32>, marked: &mut Marked) {
    let Some(form) = catalog.get::<Dict<'_>>("AcroForm") else { return };
    let mut seen = Seen::default();
    // Fields to visit, the next one last, each with the label of what is above it.
    let mut open: Vec<(Dict<'_>, Option<Arc<str>>)> = Vec::new();
    open.extend(dicts(&form, "Fields", xref).into_iter().rev().map(|field| (field, None)));
    while let Some((field, above)) = open.pop() {
        if !seen.first(&field) {
            continue;
        }
        let label = string(&field, "TU").or_else(|| string(&field, "T")).map(Arc::from).or(above);
        let kids = dicts(&field, "Kids", xref);
        if let Some(value) = field.get::<Object<'_>>("V").map(value).filter(|value| !value.is_empty()) {
            let on = |dict: &Dict<'_>| {
                let page = dict.get_ref("P").and_then(|page| pages.get(&page.into()));
                dict.obj_id().and_then(|id| pages.get(&id)).or(page).copied()
            };
            let page = on(&field).or_else(|| kids.iter().find_map(on));
            let position = Position { page, part: Some("form".into()), ..Position::default() };
            marked.end_line();
            marked.mark(Place { position, label: label.clone() });
            marked.line(&value);
        }
        open.extend(kids.into_iter().rev().map(|kid| (kid, label.clone())));
    }
    // A form of the XML Forms Architecture keeps its values in a packet of XML; often the fields repeat them.
    let mut said: HashSet<String> = marked.text().lines().map(str::to_owned).collect();
    for stream in packets(&form) {
        if let Ok(packet) = stream.decoded() {
            xml::read(&packet, "form", &mut said, marked);
        }
    }
}

/// The XFA packet with the values, or the packets' one stream.
fn packets<'a>(form: &Dict<'a>) -> Vec<Stream<'a>> {
    if let Some(stream) = form.get::<Stream<'_>>("XFA") {
        return vec![stream];
    }
    let Some(parts) = form.get::<Array<'_>>("XFA") else { return Vec::new() };
    let mut parts = parts.iter::<Object<'_>>();
    let mut packets = Vec::new();
    while let (Some(name), Some(part)) = (parts.next(), parts.next()) {
        if name.into_string().is_some_and(|name| name.as_bytes() == b"datasets") {
            packets.extend(part.into_stream());
        }
    }
    packets
}

/// A field's value: text, the name of a choice, several of them, or text in a stream.
fn value(value: Object<'_>) -> String {
    match value {
        Object::String(string) => text(&string),
        Object::Name(name) if &*name != b"Off" => text(&name),
        Object::Array(values) => {
            values.iter::<Bytes<'_>>().take(MOST).map(|value| text(&value)).collect::<Vec<_>>().join("\n")
        }
        Object::Stream(stream) => stream.decoded().map(|bytes| text(&bytes)).unwrap_or_default(),
        _ => String::new(),
    }
}

fn bookmarks(catalog: &Dict<'_>, marked: &mut Marked) {
    let Some(outlines) = catalog.get::<Dict<'_>>("Outlines") else { return };
    marked.at(part("bookmarks"));
    let mut seen = Seen::default();
    let mut open: Vec<_> = outlines.get::<Dict<'_>>("First").into_iter().collect();
    while let Some(entry) = open.pop() {
        if seen.first(&entry) {
            line(&entry, "Title", marked);
            open.extend(entry.get::<Dict<'_>>("Next"));
            open.extend(entry.get::<Dict<'_>>("First"));
        }
    }
}

/// The information dictionary, and the metadata stream for what it says beyond that.
fn properties(pdf: &Pdf, bytes: &[u8], catalog: &Dict<'_>, marked: &mut Marked) {
    let mut said = HashSet::new();
    let info = information(bytes).and_then(|id| pdf.xref().get::<Dict<'_>>(id)).unwrap_or_default();
    for (key, _) in info.entries().take(MOST) {
        let key = key.as_str();
        if let Some(value) = string(&info, key).filter(|value| !value.starts_with("D:")) {
            marked.mark(Place { label: Some(Arc::from(key)), position: part("properties") });
            marked.line(&value);
            said.insert(value);
        }
    }
    if let Some(Ok(packet)) = catalog.get::<Stream<'_>>("Metadata").map(|stream| stream.decoded()) {
        xml::read(&packet, "properties", &mut said, marked);
    }
}

/// The number of the information dictionary: the last trailer or cross-reference stream that names one. They stand in
/// the file as they are, also in an encrypted one.
fn information(bytes: &[u8]) -> Option<ObjectIdentifier> {
    let at = memchr::memmem::rfind(bytes, b"/Info")?;
    let after = bytes.get(at + 5..)?;
    let mut words = after.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut number = || std::str::from_utf8(words.next()?).ok();
    Some(ObjectIdentifier::new(number()?.parse().ok()?, number()?.parse().ok()?))
}

/// Embedded files become children: those of the document by name, those it is associated with, those on its pages.
fn files<'a>(catalog: &Dict<'a>, xref: &'a XRef, on_pages: Vec<Dict<'a>>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut files = Vec::new();
    let mut seen = Seen::default();
    let names = catalog.get::<Dict<'_>>("Names").and_then(|names| names.get::<Dict<'_>>("EmbeddedFiles"));
    let mut open: Vec<_> = names.into_iter().collect();
    while let Some(node) = open.pop() {
        if seen.first(&node) {
            open.extend(dicts(&node, "Kids", xref).into_iter().rev());
            files.extend(dicts(&node, "Names", xref)); // between them stand their names
        }
    }
    files.extend(dicts(catalog, "AF", xref));
    files.extend(on_pages);

    let mut seen = HashSet::new();
    for file in files.into_iter().take(MOST) {
        let embedded = file.get::<Dict<'_>>("EF").unwrap_or_default();
        let Some(stream) = ["UF", "F"].iter().find_map(|key| embedded.get::<Stream<'_>>(key)) else { continue };
        if !seen.insert(stream.obj_id()) {
            continue;
        }
        let name = string(&file, "UF").or_else(|| string(&file, "F")).unwrap_or_else(|| "file".to_owned());
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let content = match stream.decoded() {
            Ok(bytes) => {
                out.charge(bytes.len() as u64)?;
                Ok(Content::bytes(bytes))
            }
            Err(_) => Err(Fault::corrupt("the embedded file is damaged")),
        };
        out.child(Child { name, kind: Kind::Document, content, modified: None, mail: None, owner: None })?;
    }
    Ok(())
}

/// The dictionaries in an array. (`Array::iter` would end at the first entry that is none.)
fn dicts<'a>(dict: &Dict<'a>, key: &str, xref: &'a XRef) -> Vec<Dict<'a>> {
    let array = dict.get::<Array<'_>>(key);
    let entries = array.iter().flat_map(Array::raw_iter).take(MOST);
    let resolve = |entry| match entry {
        MaybeRef::Ref(at) => xref.get::<Dict<'_>>(ObjectIdentifier::from(at)),
        MaybeRef::NotRef(object) => Object::into_dict(object),
    };
    entries.filter_map(resolve).collect()
}

/// Objects that were visited, and a limit to how many.
#[derive(Default)]
struct Seen(HashSet<ObjectIdentifier>, usize);

impl Seen {
    /// Is it met for the first time? Objects without a number stand in their parent, so they make no circle.
    fn first(&mut self, dict: &Dict<'_>) -> bool {
        self.1 += 1;
        self.1 <= MOST && dict.obj_id().is_none_or(|id| self.0.insert(id))
    }
}

/// Writes an entry of a dictionary as a line, if it is text.
fn line(dict: &Dict<'_>, key: &str, marked: &mut Marked) {
    if let Some(text) = string(dict, key) {
        marked.line(&text);
    }
}

/// An entry of a dictionary, if it is text that says something.
fn string(dict: &Dict<'_>, key: &str) -> Option<String> {
    let text = text(&dict.get::<Bytes<'_>>(key)?);
    if text.trim().is_empty() { None } else { Some(text) }
}

/// A text string (7.9.2.2): UTF-16 or UTF-8 by its mark, else `PDFDocEncoding`.
pub fn text(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0xEF, 0xBB, 0xBF, ..] => {
            WINDOWS_1252.decode(bytes).0.into_owned() // goes by the mark
        }
        _ => bytes.iter().map(|byte| doc_encoding(*byte)).collect(),
    };
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A character of `PDFDocEncoding` (annex D.3).
fn doc_encoding(byte: u8) -> char {
    const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{FFFD}', '€',
    ];
    let at = |table: &[char], from: u8| table.get(usize::from(byte - from)).copied().unwrap_or('\u{FFFD}');
    match byte {
        0x18..=0x1F => at(&LOW, 0x18),
        0x80..=0xA0 => at(&HIGH, 0x80),
        byte => char::from(byte),
    }
}

fn part(name: &str) -> Position {
    Position { part: Some(name.into()), ..Position::default() }
}
