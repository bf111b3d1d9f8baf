//! Formats that are recognised but not read: such an item ends `skipped`, `unsupported`, under its true name. Of sound
//! and film the tags are read.
//!
//! Told by their signatures only (the magic files of `file(1)` and the formats' own specifications).

use crate::extract::{Format, Head, Match, film, tags};
use crate::item::{Fault, Kind, Reason};

type Sniff = fn(&Head<'_>) -> Match;

/// Sound, film, archives, databases, programs.
pub const FORMATS: &[Format] = &[
    sound(|head| {
        any(
            head,
            0,
            &[b"ID3\x02", b"ID3\x03", b"ID3\x04", b"fLaC", b"\xFF\xFB", b"\xFF\xF3", b"\xFF\xF2", b"#!AMR", b"MThd\0"],
        )
    }),
    sound(|head| {
        found(
            riff(head, b"WAVE")
                || head.starts(b"FORM") && any(head, 8, &[b"AIF"]) == Match::ByContent
                || any(head, 4, &[b"ftypM4A", b"ftypM4B"]) == Match::ByContent,
        )
    }),
    sound(|head| found(head.starts(b"OggS") && !head.holds(b"theora"))),
    Format { name: "video", kind: Kind::Document, sniff: |head| found(riff(head, b"AVI ")), read: film::avi },
    Format {
        name: "video",
        kind: Kind::Document,
        sniff: |head| found(head.starts(b"\x1A\x45\xDF\xA3")),
        read: film::matroska,
    },
    film(|head| found(head.starts(b"OggS"))),
    film(|head| any(head, 0, &[b"FLV\x01", b"\0\0\x01\xBA", b"\0\0\x01\xB3", b"\x30\x26\xB2\x75\x8E\x66\xCF\x11"])),
    film(|head| found(head.starts(b"\0") && any(head, 4, &[b"ftyp", b"moov", b"mdat", b"wide"]) == Match::ByContent)),
    archive("lz4", |head| any(head, 0, &[b"\x04\x22\x4D\x18"])),
    archive("ar", |head| any(head, 0, &[b"!<arch>\n"])),
    archive("iso", |head| {
        found(head.named(&["iso"]) && head.bytes.len() == super::HEAD && head.bytes.iter().all(|b| *b == 0))
    }),
    database("ese", |head| found(any(head, 4, &[b"\xEF\xCD\xAB\x89"]) == Match::ByContent)),
    program("exe", |head| found(executable(head))),
    program("exe", |head| {
        any(head, 0, &[b"\x7FELF", b"\xCF\xFA\xED\xFE", b"\xCE\xFA\xED\xFE", b"\xCA\xFE\xBA\xBE", b"\0asm"])
    }),
    program("font", |head| any(head, 0, &[b"\0\x01\0\0\0", b"OTTO\0", b"wOFF", b"wOF2", b"ttcf\0"])),
];

const fn sound(sniff: Sniff) -> Format {
    Format {
        name: "audio",
        kind: Kind::Document,
        sniff,
        read: |content, out| tags::read(content, out, "sound is not listened to"),
    }
}

const fn film(sniff: Sniff) -> Format {
    Format {
        name: "video",
        kind: Kind::Document,
        sniff,
        read: |content, out| tags::read(content, out, "film is not watched"),
    }
}

const fn archive(name: &'static str, sniff: Sniff) -> Format {
    Format { name, kind: Kind::Container, sniff, read: |_, _| not("archives of this format are not unpacked") }
}

const fn database(name: &'static str, sniff: Sniff) -> Format {
    Format { name, kind: Kind::Document, sniff, read: |_, _| not("databases of this format are not read") }
}

const fn program(name: &'static str, sniff: Sniff) -> Format {
    Format { name, kind: Kind::Document, sniff, read: |_, _| not("programs and fonts are not read") }
}

fn not(message: &'static str) -> Result<(), Fault> {
    Err(Fault::new(Reason::Unsupported, message))
}

fn found(found: bool) -> Match {
    if found { Match::ByContent } else { Match::No }
}

/// One of these signatures stands here.
fn any(head: &Head<'_>, at: usize, signatures: &[&[u8]]) -> Match {
    let bytes = head.bytes.get(at..).unwrap_or_default();
    found(signatures.iter().any(|s| bytes.starts_with(s)))
}

fn riff(head: &Head<'_>, form: &[u8]) -> bool {
    head.starts(b"RIFF") && any(head, 8, &[form]) == Match::ByContent
}

/// `MZ` could begin a text: no text has zeros in its first 64 bytes.
fn executable(head: &Head<'_>) -> bool {
    head.starts(b"MZ") && head.bytes.get(..64).is_some_and(|b| b.contains(&0))
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;
    use crate::item::Reason;

    #[test]
    fn a_signature_gives_its_name() {
        let exe = [b"MZ\x90".as_slice(), &[0; 80]].concat();
        for (bytes, format) in [(&b"ID3\x03\0\0\0"[..], "audio"), (b"RIFF\0\0\0\0WAVEfmt ", "audio"), (&exe, "exe")] {
            let seen = read("a.txt", bytes);
            assert_eq!((seen.format, seen.ended.map(|f| f.reason)), (format, Some(Reason::Unsupported)));
        }
    }

    #[test]
    fn text_with_such_a_beginning_stays_text() {
        for text in [
            "BM er en forkortelse",
            "MZ",
            "BZh er ikke noget",
            "FORMULAR til sygemelding",
            "ID3 er en standard for musik",
            "The wide world",
        ] {
            assert_eq!(read("a.txt", text.as_bytes()).format, "text", "{text}");
        }
    }
}
