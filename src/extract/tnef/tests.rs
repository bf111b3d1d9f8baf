use crate::extract::testing::{read, texts};
use crate::item::{Kind, Reason};

fn attribute(level: u8, id: u32, value: &[u8]) -> Vec<u8> {
    let sum = value.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    [&[level][..], &id.to_le_bytes(), &(value.len() as u32).to_le_bytes(), value, &sum.to_le_bytes()].concat()
}

/// A property of varying size with one value.
fn text(tag: u32, name: &[u8], value: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let size = bytes.len() as u32;
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    [&tag.to_le_bytes()[..], name, &1u32.to_le_bytes(), &size.to_le_bytes(), &bytes].concat()
}

fn properties(all: &[Vec<u8>]) -> Vec<u8> {
    [&(all.len() as u32).to_le_bytes()[..], &all.concat()].concat()
}

fn stream(attributes: &[Vec<u8>]) -> Vec<u8> {
    [b"\x78\x9F\x3E\x22\x01\0", attributes.concat().as_slice()].concat()
}

fn sample() -> Vec<u8> {
    // A property that a user named, in PS_PUBLIC_STRINGS.
    let mut name = [&0x0002_0329u32.to_le_bytes()[..], &[0; 12], &1u32.to_le_bytes(), &8u32.to_le_bytes()].concat();
    name.extend("CPR\0".encode_utf16().flat_map(u16::to_le_bytes));
    let inside = stream(&[attribute(1, 0x1_8004, b"Inden i\0"), attribute(1, 0x2_800C, b"010190-1234\0")]);
    let mut object = 0x3701_000Du32.to_le_bytes().to_vec();
    object.extend(1u32.to_le_bytes());
    object.extend((inside.len() as u32 + 16).to_le_bytes());
    object.extend([0; 16]);
    object.extend(&inside);
    object.resize(object.len().next_multiple_of(4), 0);
    stream(&[
        attribute(1, 0x6_9007, &1252u64.to_le_bytes()),
        attribute(1, 0x1_8004, b"Emne fra f\xF8r\0"),
        attribute(1, 0x3_8006, &[0xEA, 7, 5, 0, 19, 0, 8, 0, 0, 0, 5, 0, 2, 0]),
        attribute(
            1,
            0x6_9003,
            &properties(&[text(0x1000_001F, b"", "Brødtekst 020290-2345"), text(0x8000_001F, &name, "030390-3456")]),
        ),
        attribute(2, 0x6_9002, &[1; 14]),
        attribute(2, 0x1_8010, b"CV~1.TXT\0"),
        attribute(2, 0x6_800F, b"040490-4567"),
        attribute(2, 0x6_9005, &properties(&[text(0x3707_001F, b"", "Mit CV.txt")])),
        attribute(2, 0x6_9002, &[1; 14]),
        attribute(2, 0x6_9005, &properties(&[object])),
    ])
}

#[test]
fn properties_attributes_and_attachments_are_read() {
    let seen = read("winmail.dat", &sample());
    assert_eq!((seen.format, seen.ended), ("tnef", None));
    assert_eq!(seen.text, "Emne fra før\n030390-3456\nBrødtekst 020290-2345\n");
    let children: Vec<_> = seen.children.iter().map(|(name, kind, _)| (name.as_str(), *kind)).collect();
    assert_eq!(children, [("Mit CV.txt", Kind::Attachment), ("part2", Kind::Message)]);
    assert_eq!(seen.children[0].2.as_deref(), Ok(&b"040490-4567"[..]));
}

#[test]
fn a_message_within_is_read_from_the_same_bytes() {
    assert!(texts(&sample()).iter().any(|text| text.contains("Inden i\n010190-1234")));
}

#[test]
fn a_cut_anywhere_keeps_what_came_before() {
    let whole = sample();
    for end in 6..whole.len() {
        let seen = read("winmail.dat", &whole[..end]);
        assert!(seen.ended.is_none(), "{end}");
    }
    let seen = read("winmail.dat", &whole[..whole.len() - 30]);
    assert!(seen.text.contains("020290-2345"));
    assert_eq!(seen.damage[0].reason, Reason::Corrupt);
    assert_eq!(read("a", &whole[..5]).ended.unwrap().reason, Reason::Corrupt);
}
