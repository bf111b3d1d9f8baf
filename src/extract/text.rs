//! Plain text of any size, in any encoding, piece by piece; and the streaming that line-based formats share.

use std::cell::Cell;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use crate::extract::charset;
use crate::extract::marked::{CONTEXT, PIECE, Place, Text, Walk, advance};
use crate::extract::{Content, Format, HEAD, Head, Match, Out};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Plain text: whatever is text and nothing else.
pub const FORMATS: &[Format] = &[Format { name: "text", kind: Kind::Document, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    if is_text(head.bytes) { Match::ByName } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    stream(content, out, &|_, _| None)
}

/// Text: no control bytes but white space (and a few that old programs leave), or UTF-16. An empty file is text.
pub fn is_text(head: &[u8]) -> bool {
    let (charset, _) = charset::guess(head);
    if matches!(charset, charset::Charset::Known(e) if !e.is_ascii_compatible()) {
        return true;
    }
    let odd = head.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    odd == 0 || (odd * 200 < head.len() && !head.contains(&0))
}

/// What a line-based format knows of a value: from its line and where it begins there, the label it stands under.
pub type Label<'l> = &'l dyn Fn(&str, usize) -> Option<Arc<str>>;

/// Reads text of any size and hands it over in pieces that end with a line where lines are not absurdly long.
/// Positions are line and column.
pub fn stream(mut content: Content<'_>, out: &mut Out<'_>, label: Label<'_>) -> Result<(), Fault> {
    let head = content.head()?;
    let (charset, mark) = charset::guess(head);
    let mut decoder = charset.decoder();
    let mut reader = content.reader();
    std::io::copy(&mut reader.by_ref().take(mark as u64), &mut std::io::sink()).map_err(Fault::io)?;

    let mut block = vec![0; HEAD.max(64 << 10)];
    let mut text = String::with_capacity(PIECE + 4 * block.len());
    let mut window = Window { start: 0, line: 1, column: 1 };
    loop {
        let n = match reader.read(&mut block) {
            Ok(n) => n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                window.hand(&mut text, true, label, out)?;
                return Err(Fault::io(error));
            }
        };
        decoder.decode(block.get(..n).unwrap_or_default(), n == 0, &mut text);
        if n == 0 || text.len() - window.start >= PIECE + CONTEXT {
            window.hand(&mut text, n == 0, label, out)?;
        }
        if n == 0 {
            return Ok(());
        }
    }
}

/// The buffer's bookkeeping: what has been handed over already, and where in the file the rest begins.
struct Window {
    start: usize,
    line: u64,
    column: u64,
}

impl Window {
    /// Hands over whole pieces, all of the text if it is the last, and drops what is no longer needed.
    fn hand(&mut self, text: &mut String, last: bool, label: Label<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        while self.start < text.len() && (last || text.len() - self.start >= PIECE + CONTEXT) {
            let end = self.cut(text, last);
            let from = text.floor_char_boundary(self.start.saturating_sub(CONTEXT));
            let to = text.ceil_char_boundary((end + CONTEXT).min(text.len()));
            let piece = text.get(from..to).unwrap_or_default();
            let own = self.start - from..end - from;
            let (walk, line) = (Walk::default(), Cell::new(0..0));
            let place = |at: usize| self.place(piece, own.start, at, label, &walk, &line);
            out.text(Text { str: piece, own: own.clone(), place: &place })?;

            let (lines, column) = advance(text.get(self.start..end).unwrap_or_default());
            self.line += lines;
            self.column = if lines == 0 { self.column + column } else { 1 + column };
            self.start = end;
        }
        let keep = text.floor_char_boundary(self.start.saturating_sub(CONTEXT));
        text.drain(..keep);
        self.start -= keep;
        Ok(())
    }

    /// Where the next piece ends: after a line if one ends near, else anywhere between two characters.
    fn cut(&self, text: &str, last: bool) -> usize {
        let most = (self.start + PIECE).min(text.len());
        if last && most == text.len() {
            return most;
        }
        let near = most.saturating_sub(64 << 10).max(self.start);
        match text.as_bytes().get(near..most).and_then(|tail| memchr::memrchr(b'\n', tail)) {
            Some(at) => near + at + 1,
            None => text.ceil_char_boundary(most),
        }
    }

    /// The place of a byte of a piece. `walk` and `line` remember what the last answer took to find.
    fn place(
        &self,
        piece: &str,
        own: usize,
        at: usize,
        label: Label<'_>,
        walk: &Walk,
        line: &Cell<Range<usize>>,
    ) -> Place {
        let (lines, column) = walk.to(piece, own, at);
        let mut around = line.take();
        if !around.contains(&at) {
            let bytes = piece.as_bytes();
            let begin = bytes.get(..at).and_then(|b| memchr::memrchr(b'\n', b)).map_or(0, |i| i + 1);
            let end = bytes.get(at..).and_then(|b| memchr::memchr(b'\n', b)).map_or(piece.len(), |i| at + i);
            around = begin..end;
        }
        line.set(around.clone());
        Place {
            position: Position {
                line: Some(self.line + lines),
                column: Some(if lines == 0 { self.column + column } else { 1 + column }),
                ..Position::default()
            },
            label: label(piece.get(around.clone()).unwrap_or_default(), at - around.start),
        }
    }
}
