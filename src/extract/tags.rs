//! Sound and film: what is written about them. ID3 of MP3, WAV and AIFF, Vorbis comments of FLAC and Ogg, tags of MP4.
//!
//! In: the file, of which only the tags are read. Out: each on a line under its name, in the part `tags`. What is said
//! or shown is not read, and the item says so. The tags are taken apart by `lofty`.

use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::{AudioFile, FileType, TaggedFile, TaggedFileExt};
use lofty::id3::v2::Frame;
use lofty::mpeg::MpegFile;
use lofty::probe::Probe;
use lofty::tag::ItemValue;

use crate::extract::marked::{Marked, Place};
use crate::extract::{Child, Content, Out};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;

/// Reads the tags; the end is that `rest` cannot be read.
pub fn read(content: Content<'_>, out: &mut Out<'_>, rest: &'static str) -> Result<(), Fault> {
    let rest = Err(Fault::new(Reason::Unsupported, rest));
    // A film in an archive is larger than what may be held in memory: then it is as if it had no tags.
    let Ok(reader) = content.seekable() else { return rest };
    let options = ParseOptions::new().read_properties(false).parsing_mode(ParsingMode::Relaxed);
    let Ok(probe) = Probe::new(reader).options(options).guess_file_type() else { return rest };
    if probe.file_type().is_none() {
        return rest;
    }
    let mut text = Marked::new();
    let file = match probe.file_type() {
        // Fields with names of their own are lost in what all formats have in common.
        Some(FileType::Mpeg) => MpegFile::read_from(&mut probe.into_inner(), options).map(|file| {
            for frame in file.id3v2().into_iter().flatten() {
                if let Frame::UserText(field) = frame {
                    line(&mut text, field.description.to_lowercase(), &field.content);
                }
            }
            TaggedFile::from(file)
        }),
        _ => probe.read(),
    };
    let Ok(file) = file else { return Err(Fault::corrupt("its tags are damaged")) };
    for item in file.tags().iter().flat_map(|tag| tag.items()) {
        let (ItemValue::Text(value) | ItemValue::Locator(value)) = item.value() else { continue };
        let label = words(&format!("{:?}", item.key()));
        let label = if item.description().is_empty() { label } else { item.description().to_owned() };
        line(&mut text, label, value);
    }
    let mut covers = Vec::new();
    for cover in file.tags().iter().flat_map(|tag| tag.pictures()) {
        line(&mut text, "picture".to_owned(), cover.description().unwrap_or_default());
        covers.push(cover.data());
    }
    text.emit(out)?;
    for cover in covers {
        out.charge(cover.len() as u64)?;
        out.child(Child::new("cover", Kind::Document, Content::bytes(cover)))?;
    }
    rest
}

fn line(text: &mut Marked, label: String, value: &str) {
    let position = Position { part: Some("tags".into()), ..Position::default() };
    text.mark(Place { position, label: Some(label.into()) });
    text.line(value.trim_matches(['\0', ' ']));
}

/// `TrackTitle` → `track title`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;
    use crate::item::Reason;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/extract/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    const FILES: [(&str, &str); 7] = [
        ("a.mp3", "audio"),
        ("a.flac", "audio"),
        ("a.ogg", "audio"),
        ("a.opus", "audio"),
        ("a.wav", "audio"),
        ("a.m4a", "audio"),
        ("a.mp4", "video"),
    ];

    #[test]
    fn tags_of_sound_and_film_are_read() {
        for (name, format) in FILES {
            let seen = read("x", &fixture(name));
            assert_eq!((seen.format, seen.ended.as_ref().unwrap().reason), (format, Reason::Unsupported), "{name}");
            for (value, label) in [("Åse 010190-0001", "track artist"), ("samtale 020290-0001", "comment")] {
                let label = if seen.label(value) == "description" { "description" } else { label }; // of Vorbis comments
                assert_eq!(seen.label(value), label, "{name}: {:?}", seen.text);
                assert_eq!(seen.place(value).position.part.as_deref(), Some("tags"), "{name}");
            }
        }
    }

    #[test]
    fn damaged_files_do_no_harm() {
        for (name, _) in FILES {
            let bytes = fixture(name);
            for n in (0..bytes.len()).step_by(bytes.len() / 200 + 1) {
                let mut broken = bytes.clone();
                broken[n] ^= 1 << (n % 8);
                for bytes in [&broken[..], &bytes[..n]] {
                    let ended = read("x.bin", bytes).ended;
                    assert!(ended.is_none_or(|fault| fault.reason != Reason::Crashed), "{name} {n}");
                }
            }
        }
    }
}
