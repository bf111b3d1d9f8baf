//! Memos of dBase and FoxPro tables (`.dbt`, `.fpt`): long texts that lie in a file beside the table.
//!
//! In: the file: blocks with texts and, by version, their lengths. Out: each run of text on a line, in the part `memo`.
//! Which row a memo belongs to only the table knows; deleted ones are still there, and are read.

use crate::extract::marked::Marked;
use crate::extract::ooxml::part;
use crate::extract::{Content, Format, Head, Match, Out, charset};
use crate::item::{Fault, Kind};

/// Memos, told by their name: they have no mark of their own.
pub const FORMATS: &[Format] = &[Format { name: "dbt", kind: Kind::Document, sniff, read }];

/// A shorter run is a length or a number of a block.
const SHORTEST: usize = 4;

fn sniff(head: &Head<'_>) -> Match {
    // The number of the next free block comes first, and much of the first block is empty.
    let block = head.bytes.get(4..8).is_some() && head.bytes.contains(&0);
    if block && head.named(&["dbt", "fpt"]) { Match::ByName } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = content.whole()?;
    let charset = charset::guess(&bytes).0;
    let mut text = Marked::new();
    text.at(part("memo"));
    let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n');
    for run in bytes.split(control).filter(|run| run.len() >= SHORTEST) {
        text.line(&charset.decode(run));
        if text.full() {
            text.emit(out)?;
            text.at(part("memo"));
        }
    }
    text.emit(out)
}

#[cfg(test)]
mod tests {
    use crate::extract::testing::read;

    #[test]
    fn memos_are_read() {
        let mut bytes = vec![2, 0, 0, 0];
        bytes.resize(512, 0);
        bytes.extend(b"S\xF8ren 010190-0001\r\nlinje\x1A\x1A");
        bytes.resize(1024, 0);
        let seen = read("folk.dbt", &bytes);
        assert_eq!((seen.format, seen.ended.clone()), ("dbt", None));
        assert_eq!(seen.place("010190-0001").position.part.as_deref(), Some("memo"));
        assert!(seen.text.contains("Søren"), "{}", seen.text);
    }
}
