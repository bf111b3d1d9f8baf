//! One compressed file (RFC 1952): a container with one child, unpacked as it is read. Members one after the other
//! are one file, as `gzip` holds it.

use flate2::read::MultiGzDecoder;

use crate::extract::{Child, Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind};

/// Gzip.
pub const FORMATS: &[Format] = &[Format { name: "gzip", kind: Kind::Container, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    if head.starts(b"\x1F\x8B\x08") { Match::ByContent } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let name = inside(out.name());
    out.child(Child::new(name, Kind::Document, Content::stream(MultiGzDecoder::new(content.reader()))))
}

/// The name of what is inside, by that of the file: `a.csv.gz` → `a.csv`, `a.tgz` → `a.tar`.
fn inside(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => match ending.to_ascii_lowercase().as_str() {
            "gz" | "z" | "gzip" => stem.to_owned(),
            "tgz" | "taz" => format!("{stem}.tar"),
            "svgz" => format!("{stem}.svg"),
            _ => name.to_owned(),
        },
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::extract::testing;
    use crate::item::Reason;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    }

    #[test]
    fn all_members_are_one_child() {
        let seen = testing::read("løn.csv.gz", &[packed(b"one "), packed(b"two")].concat());
        assert_eq!(seen.format, "gzip");
        assert_eq!(seen.children, [("løn.csv".to_owned(), Kind::Document, Ok(b"one two".to_vec()))]);
        assert_eq!(inside("a.TGZ"), "a.tar");
        assert_eq!(inside(".gz"), ".gz");
    }

    #[test]
    fn a_cut_file_is_told() {
        let whole = packed(&b"some text ".repeat(1000));
        let seen = testing::read("a.gz", &whole[..whole.len() - 12]);
        assert_eq!(seen.children[0].2.as_ref().unwrap_err().reason, Reason::Corrupt);
    }
}
