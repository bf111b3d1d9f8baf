use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use cfb::CompoundFile;

use crate::extract::apart::{Seen, take_apart};
use crate::item::Reason;

const CORNERS: &[u8] = include_bytes!("../../../tests/extract/doc/corners.doc");
const OTHERS: [&[u8]; 2] = [
    include_bytes!("../../../tests/extract/ppt/corners.ppt"),
    include_bytes!("../../../tests/extract/xls/corners.xls"),
];

/// The document with some bytes of its stream changed.
fn changed(at: u64, bytes: &[u8]) -> Seen {
    let mut file = CompoundFile::open(Cursor::new(CORNERS.to_vec())).unwrap();
    let mut stream = file.open_stream("/WordDocument").unwrap();
    stream.seek(SeekFrom::Start(at)).unwrap();
    stream.write_all(bytes).unwrap();
    drop(stream);
    file.flush().unwrap();
    take_apart(file.into_inner().get_ref(), "a.doc")
}

#[test]
fn every_corner_has_its_place() {
    let seen = take_apart(CORNERS, "a.doc");
    assert_eq!((seen.format, &seen.ended, seen.damage.len()), ("doc", &None, 0));
    let found = |text: &str| seen.pieces.iter().find(|(piece, _)| piece.contains(text)).map(|(_, place)| place);
    for (text, line, part) in [
        ("Søren og Zażółć, body110190", Some(1), None),
        ("CPR 010190-1234 slut", Some(2), None),
        ("hidden110190", Some(5), None),
        ("mailto:link110190@example.dk", Some(7), None),
        ("last110190", Some(18), None),
        ("footnote110190", None, Some("footnotes")),
        ("endnote110190", None, Some("endnotes")),
        ("header110190", None, Some("header")),
        ("footer110190", None, Some("footer")),
        ("comment110190", None, Some("comments")),
        ("Karl Kommentator", None, Some("comments")),
        ("frame110190", None, Some("textbox")),
        ("shape110190", None, Some("textbox")),
        ("Rita Reviser", None, Some("properties")),
        ("title110190", None, Some("properties")),
    ] {
        let place = found(text).unwrap_or_else(|| panic!("{text} is not in {:?}", seen.text));
        assert_eq!((place.position.line, place.position.part.as_deref()), (line, part), "{text}");
    }
    assert!(seen.text.contains("Navn\tCPR\tTlf\nIda\t020290-1234\t55550101\nPer\t"), "{}", seen.text);
    assert_eq!(seen.place("020290-1234").label.as_deref(), Some("CPR"));
    assert_eq!(seen.place("55550102").label.as_deref(), Some("Tlf"));
    assert_eq!(seen.place("custom110190").label.as_deref(), Some("Sagsnummer"));
}

#[test]
fn a_password_is_told_and_damage_is_swept() {
    let locked = changed(11, &[0x13]);
    assert_eq!((locked.text.as_str(), locked.ended.map(|f| f.reason)), ("", Some(Reason::Encrypted)));
    for damaged in [changed(0, b"xx"), changed(0x1A2, &[0xFF; 8])] {
        assert!(damaged.text.contains("body110190") && damaged.text.contains("title110190"), "{}", damaged.text);
        assert_eq!(damaged.damage.first().map(|fault| fault.reason), Some(Reason::Corrupt));
    }
    let cut = take_apart(&CORNERS[..CORNERS.len() - 1024], "a.doc");
    assert!(cut.text.contains("body110190"), "{}", cut.text);
    assert_eq!((cut.format, cut.ended.map(|fault| fault.reason)), ("doc", Some(Reason::Corrupt)));
}

#[test]
fn objects_are_children() {
    let mut file = CompoundFile::open(Cursor::new(CORNERS.to_vec())).unwrap();
    let streams = ["WordDocument", "1Table"].map(|name| {
        let mut bytes = Vec::new();
        file.open_stream(format!("/{name}")).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    let packed = b"\0\0\0\0\x02\0b.txt\0C:\\b.txt\0\0\0\x03\0\x04\0\0\0tmp\0\x05\0\0\0hello";
    if !file.exists("/ObjectPool") {
        file.create_storage("/ObjectPool").unwrap();
    }
    for path in ["/ObjectPool/_1", "/ObjectPool/_2", "/ObjectPool/_3"] {
        file.create_storage(path).unwrap();
    }
    file.create_stream("/ObjectPool/_1/\u{1}Ole10Native").unwrap().write_all(packed).unwrap();
    for (name, bytes) in streams {
        file.create_stream(format!("/ObjectPool/_2/{name}")).unwrap().write_all(&bytes).unwrap();
    }
    file.create_stream("/ObjectPool/_3/\u{3}ObjInfo").unwrap().write_all(b"x").unwrap();
    file.flush().unwrap();
    let seen = take_apart(file.into_inner().get_ref(), "a.doc");
    assert_eq!(seen.names(), ["b.txt", "object2"]);
    let texts = seen.children.iter().map(|(_, child)| child.as_ref().unwrap());
    let texts: Vec<_> = texts.map(|child| (child.format, child.text.contains("body110190"))).collect();
    assert_eq!(texts, [("text", false), ("doc", true)]);
}

#[test]
fn a_document_of_word_2_is_read_in_its_code_page() {
    let text = b"S\xF8ren\rNavn\x07010190-1234\x07\x07slut";
    let mut bytes = b"\xDB\xA5\x2D\0\0\0\x06\x04".to_vec();
    bytes.resize(0x18, 0);
    bytes.extend(0x180u32.to_le_bytes());
    bytes.extend((0x180 + text.len() as u32).to_le_bytes());
    bytes.resize(0x180, 0);
    bytes.extend(text);
    let seen = take_apart(&bytes, "a.doc");
    assert_eq!((seen.format, seen.text.as_str()), ("doc", "Søren\nNavn\t010190-1234\nslut\n"));
}

#[test]
fn damaged_files_end_as_values() {
    let mut dice = 1u64;
    let mut roll = |below: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % below
    };
    for sample in OTHERS.into_iter().chain([CORNERS]) {
        for round in 0..40 {
            let mut bytes = sample.to_vec();
            if round % 10 == 0 {
                bytes.truncate(roll(sample.len()));
            }
            for _ in 0..round % 7 {
                let at = roll(bytes.len().max(1));
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << (at % 8));
            }
            let seen = take_apart(&bytes, "a");
            assert!(seen.ended.is_none_or(|fault| fault.reason != Reason::Crashed), "round {round}");
        }
    }
}

/// A bare document of Word 6, whose characters are in the code page of this character set of fonts.
fn word_6(flags: u16, font: u8, text: &[u8], count: u32) -> Vec<u8> {
    let mut file = vec![0; 0x300];
    let fonts = [0, 0, 9, 0, 0, 0, font, 0, b'A', b'r', b'i', 0];
    for (at, bytes) in [
        (0, &b"\xDC\xA5\x65\0\0\0\x09\x04"[..]),
        (10, &flags.to_le_bytes()),
        (0x18, &0x300u32.to_le_bytes()),
        (0x1C, &(0x300 + text.len() as u32).to_le_bytes()),
        (0x34, &count.to_le_bytes()),
        (0xD0, &0x200u32.to_le_bytes()),
        (0xD4, &(fonts.len() as u32).to_le_bytes()),
        (0x200, &fonts),
    ] {
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }
    file.extend_from_slice(text);
    file
}

#[test]
fn before_unicode_fonts_tell_the_code_page() {
    let russian = encoding_rs::WINDOWS_1251.encode("Четыре балла и семь лет, 010190-1234\r").0;
    let danish = encoding_rs::WINDOWS_1252.encode("Kære Søren, på din anmodning 010190-1234\r").0;
    let read = |text: &[u8]| take_apart(&word_6(0, 204, text, text.len() as u32), "a.doc").text;
    assert_eq!(read(&russian), "Четыре балла и семь лет, 010190-1234\n");
    assert_eq!(read(&danish), "Kære Søren, på din anmodning 010190-1234\n");
    // Two bytes for each character, the second one first.
    let korean = encoding_rs::EUC_KR.encode("새").0;
    let wide = [korean[1], korean[0], b' ', 0, b'1', 0, b'\r', 0];
    assert_eq!(take_apart(&word_6(0x1000, 129, &wide, 4), "a.doc").text, "새 1\n");
}
