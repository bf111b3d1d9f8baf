use std::io::{Cursor, Write as _};

use ::cfb::CompoundFile;

use crate::extract::testing::{read, texts};
use crate::item::{Kind, Reason};

type File = CompoundFile<Cursor<Vec<u8>>>;

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn put(file: &mut File, path: &str, bytes: &[u8]) {
    let (storage, _) = path.rsplit_once('/').unwrap();
    if !storage.is_empty() {
        file.create_storage_all(storage).unwrap();
    }
    file.create_stream(path).unwrap().write_all(bytes).unwrap();
}

/// Values of fixed size, each with type, number and eight bytes.
fn fixed(header: usize, values: &[(u16, u16, u64)]) -> Vec<u8> {
    let mut bytes = vec![0; header];
    for (kind, id, value) in values {
        bytes.extend(kind.to_le_bytes());
        bytes.extend(id.to_le_bytes());
        bytes.extend([6, 0, 0, 0]);
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

fn sample() -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let names = "/__nameid_version1.0";
    put(&mut file, &format!("{names}/__substg1.0_00020102"), &[]);
    put(&mut file, &format!("{names}/__substg1.0_00030102"), &[0, 0, 0, 0, 5, 0, 0, 0]);
    put(&mut file, &format!("{names}/__substg1.0_00040102"), &[&6u32.to_le_bytes()[..], &utf16("CPR")].concat());
    let at = 134_236_368_000_000_000;
    put(&mut file, "/__properties_version1.0", &fixed(32, &[(0x40, 0x0E06, at), (3, 0x0036, 3), (3, 0x3FFD, 1252)]));
    put(&mut file, "/__substg1.0_001A001E", b"IPM.Note");
    put(&mut file, "/__substg1.0_0037001E", b"M\xF8de");
    put(&mut file, "/__substg1.0_1000001F", &utf16("Ring 20 30 40 50\r\n"));
    put(&mut file, "/__substg1.0_8000001F", &utf16("010190-1234"));
    // Several values: a stream of sizes, then each.
    put(&mut file, "/__substg1.0_3A58101F", &[8, 0, 0, 0, 6, 0, 0, 0]);
    put(&mut file, "/__substg1.0_3A58101F-00000000", &utf16("Ida\0"));
    put(&mut file, "/__substg1.0_3A58101F-00000001", &utf16("Bo\0"));
    put(&mut file, "/__recip_version1.0_#00000000/__properties_version1.0", &fixed(8, &[(3, 0x0C15, 1)]));
    put(&mut file, "/__recip_version1.0_#00000000/__substg1.0_39FE001F", &utf16("Bo@Example.dk"));
    let one = "/__attach_version1.0_#00000000";
    put(&mut file, &format!("{one}/__properties_version1.0"), &fixed(8, &[(3, 0x3705, 1)]));
    put(&mut file, &format!("{one}/__substg1.0_3707001F"), &utf16("cv.txt"));
    put(&mut file, &format!("{one}/__substg1.0_37010102"), b"CV: 020290-2345");
    let two = "/__attach_version1.0_#00000001";
    put(&mut file, &format!("{two}/__properties_version1.0"), &fixed(8, &[(3, 0x3705, 5)]));
    put(&mut file, &format!("{two}/__substg1.0_3701000D/__properties_version1.0"), &fixed(24, &[]));
    put(&mut file, &format!("{two}/__substg1.0_3701000D/__substg1.0_1000001E"), b"inden i: \xE6\xF8\xE5");
    let three = "/__attach_version1.0_#00000002";
    put(&mut file, &format!("{three}/__properties_version1.0"), &fixed(8, &[(3, 0x3705, 2)]));
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn a_message_is_read_with_what_is_attached() {
    let seen = read("a.msg", &sample());
    assert_eq!((seen.format, &seen.ended), ("msg", &None));
    assert_eq!(seen.text, "Møde\nIda\nBo\n010190-1234\nRing 20 30 40 50\n");
    assert_eq!((seen.label("Ida"), seen.label("010190-1234")), ("Children's names", "CPR"));
    let children: Vec<_> = seen.children.iter().map(|(name, kind, _)| (name.as_str(), *kind)).collect();
    assert_eq!(children, [("cv.txt", Kind::Attachment), ("part2", Kind::Message), ("part3", Kind::Attachment)]);
    assert_eq!(seen.children[0].2.as_deref(), Ok(&b"CV: 020290-2345"[..]));
    assert_eq!(seen.children[2].2.as_ref().unwrap_err().reason, Reason::Missing);
    assert!(texts(&sample()).iter().any(|text| text == "inden i: æøå\n"), "in the code page of the outer one");
}

#[test]
fn damage_crashes_nothing() {
    let whole = sample();
    for end in (0..whole.len()).step_by(101) {
        read("a.msg", &whole[..end]);
        let mut flipped = whole.clone();
        flipped[end] ^= 0x10;
        let seen = read("a.msg", &flipped);
        assert!(seen.ended.is_none_or(|fault| fault.reason != Reason::Crashed), "{end}");
    }
}
