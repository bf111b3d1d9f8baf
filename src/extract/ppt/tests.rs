use std::io::{Cursor, Write};

use crate::extract::apart::{Seen, take_apart};
use crate::item::Reason;

const CORNERS: &[u8] = include_bytes!("../../../tests/extract/ppt/corners.ppt");

fn record(version: u16, instance: u16, kind: u16, data: &[u8]) -> Vec<u8> {
    let head = version | instance << 4;
    [&head.to_le_bytes(), &kind.to_le_bytes(), &(data.len() as u32).to_le_bytes()[..], data].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn presentation(stream: &[u8], edit: u32, token: u32) -> Seen {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/PowerPoint Document").unwrap().write_all(stream).unwrap();
    let user = record(0, 0, 0x0FF6, &numbers(&[20, token, edit]));
    file.create_stream("/Current User").unwrap().write_all(&user).unwrap();
    take_apart(file.into_inner().get_ref(), "a.ppt")
}

/// A presentation of which one slide was deleted, in a second saving: with the place of its last edit.
fn edited() -> (Vec<u8>, u32) {
    let slide = |text: &str| record(15, 0, 0x03EE, &record(0, 0, 0x0FA8, text.as_bytes()));
    let listed = |objects: &[u32]| {
        let list: Vec<u8> =
            objects.iter().flat_map(|id| record(0, 0, 0x03F3, &numbers(&[*id, 0, 0, 256 + id, 0]))).collect();
        record(15, 0, 0x03E8, &record(15, 0, 0x0FF0, &list))
    };
    let edit = |before: u32, directory: u32| record(0, 0, 0x0FF5, &numbers(&[0, 0, before, directory, 1, 9, 0]));
    let mut stream = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let at = stream.len() as u32;
        stream.extend(bytes);
        at
    };
    let (kept, gone, document) = (add(slide("kept 1")), add(slide("gone 2")), add(listed(&[2, 3])));
    let directory = add(record(0, 0, 0x1772, &numbers(&[1 | 3 << 20, document, kept, gone])));
    let first = add(edit(0, directory));
    let document = add(listed(&[2]));
    let directory = add(record(0, 0, 0x1772, &numbers(&[1 | 1 << 20, document])));
    let last = add(edit(first, directory));
    (stream, last)
}

#[test]
fn every_corner_has_its_place() {
    let seen = take_apart(CORNERS, "a.ppt");
    assert_eq!((seen.format, &seen.ended, seen.damage.len()), ("ppt", &None, 0));
    for (piece, slide, part) in [
        ("slide1text110190 på ærø", Some(1), None),
        ("slide2text110190 på ærø", Some(2), None),
        ("slide3text110190 på ærø", Some(3), None),
        ("020290-1234", Some(2), None),
        ("notes3text110190", Some(3), Some("notes")),
        ("comment110190", Some(1), Some("comments")),
        ("mailto:link110190@example.dk", None, Some("links")),
        ("title110190", None, Some("properties")),
    ] {
        let position = &seen.place(piece).position;
        assert_eq!((position.slide, position.part.as_deref()), (slide, part), "{piece}");
    }
    assert_eq!(seen.place("custom110190").label.as_deref(), Some("Sag"));
}

#[test]
fn a_deleted_slide_is_told_apart() {
    let (stream, last) = edited();
    let seen = presentation(&stream, last, 0xE391_C05F);
    assert_eq!(seen.text, "kept 1\ngone 2\n");
    assert_eq!(seen.place("kept 1").position.slide, Some(1));
    let gone = &seen.place("gone 2").position;
    assert_eq!((gone.slide, gone.part.as_deref()), (None, Some("earlier")));
}

#[test]
fn without_a_list_its_texts_are_found_and_with_a_password_not() {
    let (stream, _) = edited();
    let seen = presentation(&stream[..40], 0, 0);
    assert_eq!((seen.text.as_str(), seen.damage.len()), ("kept 1\ngo\n", 1));
    let seen = presentation(&stream, 0, 0xF3D1_C4DF);
    assert_eq!(seen.ended.map(|fault| fault.reason), Some(Reason::Encrypted));
}
