//! The XML inside a PDF: XMP metadata (ISO 16684-1) and the values of XFA forms.
//!
//! In: a packet. Out: the text of each element and attribute under its name, without what the packet repeats and
//! without identifiers, dates and thumbnails, which say nothing of people but look like numbers that do.

use std::collections::HashSet;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::extract::{Marked, Place};
use crate::record::Position;

/// Writes what a packet says beyond `said`.
pub fn read(packet: &[u8], part: &str, said: &mut HashSet<String>, marked: &mut Marked) {
    let packet = encoding_rs::UTF_8.decode(packet).0;
    let mut reader = Reader::from_str(&packet);
    let position = Position { part: Some(part.into()), ..Position::default() };
    let mut name = String::new();
    let mut value = String::new();
    let mut write = |name: &str, value: &str| {
        let value = value.trim();
        if !value.is_empty() && !silent(name) && said.insert(value.to_owned()) {
            marked.mark(Place { position: position.clone(), label: Some(Arc::from(name)) });
            marked.line(value);
        }
    };
    // What follows a mistake in the markup is lost with it: the packet is a copy of what the document shows.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => {
                value.clear();
                let tag_name = tag.local_name();
                // Items of a list (`rdf:Alt`, `rdf:li`) belong to the element around them.
                if !matches!(tag_name.as_ref(), "Alt" | "Bag" | "Seq" | "li") {
                    tag_name.as_ref().clone_into(&mut name);
                }
                for attribute in tag.attributes().flatten() {
                    let key = attribute.key;
                    if !matches!(key.prefix().as_ref().map(AsRef::as_ref), Some("xmlns" | "rdf" | "xml" | "x") | None) {
                        write(key.local_name().as_ref(), &attribute.value);
                    }
                }
            }
            Event::Text(text) => value.push_str(&text),
            Event::CData(text) => value.push_str(&text),
            Event::GeneralRef(reference) => {
                let named = match &*reference {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                value.extend(named);
            }
            Event::End(_) => {
                write(&name, &value);
                value.clear();
            }
            _ => {}
        }
    }
}

fn silent(name: &str) -> bool {
    name.ends_with("ID") || name.ends_with("Date") || matches!(name, "image" | "format" | "when" | "instanceID")
}
