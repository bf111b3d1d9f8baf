//! Text strings of a PDF that stand where nobody looks: names and tips of form fields, replaced and rich texts,
//! descriptions of figures, signatures, scripts, names of layers, whatever programs leave for themselves.
//!
//! In: all objects of the document, and what was told of it already. Out: each string that is new, in a part named by
//! what it belongs to, and on its page where that is known.

use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier, Stream, String as Bytes};

use super::objects::text;
use super::xml;
use crate::extract::Marked;
use crate::record::Position;

/// Strings that are no text: keys, dates, fonts, appearances.
const NO_TEXT: &[&str] = &[
    "ID",
    "O",
    "U",
    "OE",
    "UE",
    "Perms",
    "CheckSum",
    "DA",
    "DS",
    "M",
    "ModDate",
    "CreationDate",
    "LastModified",
    "Cert",
    "Registry",
    "Ordering",
    "CharSet",
    "Panose",
    "Lang",
    "Lookup",
    "FontFamily",
    "Identifier",
    "OutputConditionIdentifier",
];
/// Objects within objects.
const DEEPEST: u32 = 16;
/// Objects that are looked at.
const MOST: usize = 1_000_000;

/// What was told, line by line.
#[derive(Default)]
pub struct Said(HashSet<Box<str>>);

impl Said {
    /// All of this was told.
    pub fn add(&mut self, text: &str) {
        self.0.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Box::from));
    }

    fn knows(&self, text: &str) -> bool {
        text.lines().map(str::trim).all(|line| line.is_empty() || self.0.contains(line))
    }
}

/// Writes what was not told.
pub fn read(pdf: &Pdf, pages: &HashMap<ObjectIdentifier, u32>, said: &mut Said, marked: &mut Marked) {
    let mut reader = Rest { pages, said, marked };
    for object in pdf.objects().into_iter().take(MOST) {
        match &object {
            Object::Dict(dict) => reader.dict(dict, &Position::default(), 0),
            Object::Stream(stream) => reader.metadata(stream),
            _ => {}
        }
    }
}

struct Rest<'r> {
    pages: &'r HashMap<ObjectIdentifier, u32>,
    said: &'r mut Said,
    marked: &'r mut Marked,
}

impl Rest<'_> {
    fn dict(&mut self, dict: &Dict<'_>, outer: &Position, depth: u32) {
        if depth > DEEPEST || self.marked.full() {
            return;
        }
        let at = self.place(dict).unwrap_or_else(|| outer.clone());
        for (key, value) in dict.entries() {
            let key = key.as_str();
            // What a signature signs is no text either, nor is what a font or a picture says of itself.
            if NO_TEXT.contains(&key) || (key == "Contents" && dict.contains_key("ByteRange")) {
                continue;
            }
            match value {
                MaybeRef::NotRef(Object::String(string)) => self.tell(&text(&string), &at),
                MaybeRef::NotRef(Object::Dict(inside)) => self.dict(&inside, &at, depth + 1),
                MaybeRef::NotRef(Object::Array(array)) => self.array(&array, &at, depth + 1),
                MaybeRef::Ref(_) if matches!(key, "JS" | "RV" | "RC" | "V" | "DV") => {
                    let stream = dict.get::<Stream<'_>>(key).and_then(|stream| stream.decoded().ok());
                    let string = || dict.get::<Bytes<'_>>(key).map(|string| text(&string));
                    let said = stream.map(|bytes| text(&bytes)).or_else(string);
                    said.into_iter().for_each(|said| self.tell(&said, &at));
                }
                _ => {}
            }
        }
    }

    /// What is written about a picture, a font or a page (XMP).
    fn metadata(&mut self, stream: &Stream<'_>) {
        let is = |key, name: &[u8]| stream.dict().get::<Name<'_>>(key).is_some_and(|is| &*is == name);
        if !is("Type", b"Metadata") || self.marked.full() {
            return;
        }
        let mut packet = Marked::new();
        xml::read(&stream.decoded().unwrap_or_default(), "", &mut HashSet::new(), &mut packet);
        let at = Position { part: Some("xmp".into()), ..Position::default() };
        packet.text().lines().for_each(|line| self.tell(line, &at));
    }

    fn array(&mut self, array: &Array<'_>, at: &Position, depth: u32) {
        if depth > DEEPEST {
            return;
        }
        // Colours of an indexed picture are a string behind a name.
        let mut entries = array.raw_iter().peekable();
        if matches!(entries.peek(), Some(MaybeRef::NotRef(Object::Name(name))) if &**name == b"Indexed") {
            return;
        }
        for entry in entries.take(MOST) {
            match entry {
                MaybeRef::NotRef(Object::String(string)) => self.tell(&text(&string), at),
                MaybeRef::NotRef(Object::Dict(inside)) => self.dict(&inside, at, depth + 1),
                MaybeRef::NotRef(Object::Array(array)) => self.array(&array, at, depth + 1),
                _ => {}
            }
        }
    }

    /// What a dictionary is a part of, where it says so.
    fn place(&self, dict: &Dict<'_>) -> Option<Position> {
        let name = |key| dict.get::<Name<'_>>(key).map(|name| String::from_utf8_lossy(&name).into_owned());
        let kind = name("Type").unwrap_or_default();
        let part = match kind.as_str() {
            _ if dict.contains_key("FT") || name("Subtype").as_deref() == Some("Widget") => "form",
            "Annot" => "annotations",
            "Sig" => "signature",
            "Filespec" | "F" => "attachments",
            "OCG" | "OCMD" => "layers",
            "StructElem" | "StructTreeRoot" => "structure",
            "Page" | "Pages" => "page",
            _ if dict.contains_key("JS") => "script",
            _ if dict.obj_id().is_some() => "objects",
            _ => return None,
        };
        let page = |id: ObjectIdentifier| self.pages.get(&id).copied();
        let by = |key| dict.get_ref(key).and_then(|at| page(at.into()));
        let page = dict.obj_id().and_then(page).or_else(|| ["P", "Pg", "Parent"].iter().find_map(|key| by(*key)));
        Some(Position { page, part: Some(part.into()), ..Position::default() })
    }

    fn tell(&mut self, text: &str, at: &Position) {
        let garbage = |c: char| c.is_control() && !c.is_whitespace() || c == '\u{FFFD}';
        let short = text.trim().chars().count() < 4;
        if short || text.starts_with("D:") || text.contains(garbage) || self.said.knows(text) {
            return;
        }
        self.said.add(text);
        self.marked.end_line();
        self.marked.at(at.clone());
        self.marked.line(text);
    }
}
