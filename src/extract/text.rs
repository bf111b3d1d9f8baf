//! Plain text of any size, in any encoding, piece by piece; and the streaming that line-based formats share.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use encoding_rs::UTF_8;

use crate::extract::charset::{self, Charset};
use crate::extract::marked::{CONTEXT, PIECE, Place, Text, Walk, advance};
use crate::extract::{Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// How much is read and decoded at once, in bytes.
const BLOCK: usize = 256 << 10;

/// A text has a control byte on so many others at most.
const FEW: usize = 16;

/// Plain text: whatever is text and nothing else.
pub const FORMATS: &[Format] = &[Format { name: "text", kind: Kind::Document, sniff, read }];

fn sniff(head: &Head<'_>) -> Match {
    if head.text().is_some() { Match::ByName } else { Match::No }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    stream(content, out, &|_, _, _| None)
}

/// Text: UTF-16, or hardly any control bytes but white space and what separates records (28 to 31). An empty file is
/// text. Zeros in a row count as one byte: a log that was emptied while it was written begins with thousands. Zeros and
/// the Ctrl-Z of DOS at the end are no part of the text.
pub fn is_text(head: &[u8]) -> bool {
    let odd = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 127);
    if charset::is_wide(head) || !head.iter().any(odd) {
        return true;
    }
    let end = head.iter().rposition(|byte| !matches!(byte, 0 | 0x1A)).map_or(0, |last| last + 1);
    let text = head.get(..end).unwrap_or_default();
    let (mut others, mut strange, mut before) = (0, 0, 1);
    for byte in text {
        strange += usize::from(odd(byte) && (*byte > 0 || before > 0));
        others += usize::from(*byte > 0);
        before = *byte;
    }
    // Outside UTF-8 any byte above 127 is a letter: there a control byte says more. The last character may be cut.
    let sure = || str::from_utf8(text).map_or_else(|error| error.error_len().is_none(), |_| true);
    others >= FEW && (strange * 200 < others || strange * FEW <= others && sure())
}

/// What a line-based format knows of a value: from its line and where it begins there, the label it stands under. The
/// flag says that the line is another one than the last time.
/// The line is whole but for one longer than a piece, whose end may be missing; where its beginning is, nobody asks.
pub type Label<'l> = &'l dyn Fn(&str, usize, bool) -> Option<Arc<str>>;

/// Reads text of any size and hands it over in pieces that end with a line where lines are not absurdly long.
/// Positions are line and column.
pub fn stream(content: Content<'_>, out: &mut Out<'_>, label: Label<'_>) -> Result<(), Fault> {
    let ahead = out.ahead();
    windows(content, out, Reads::Lines(label, None), ahead)
}

/// The cells of whole lines that stand under labels that are wanted.
pub type LineCells<'l> = &'l dyn Fn(&str, &dyn Fn(&str) -> bool, &mut dyn FnMut(Range<usize>, &Arc<str>));

/// [`stream`] for lines of cells. Nothing is announced: what is found in a table is so much that handing it from one
/// thread to another costs what a second thread brings.
pub fn table(content: Content<'_>, out: &mut Out<'_>, label: Label<'_>, cells: LineCells<'_>) -> Result<(), Fault> {
    windows(content, out, Reads::Lines(label, Some(cells)), 0)
}

/// All that stands under labels in the next piece, in its order.
pub type PieceCells<'c> = &'c dyn Fn(&str) -> Vec<(Range<usize>, Arc<str>)>;

/// [`stream`] for what is neither lines nor cells of lines: each piece is asked about once, in the order of the text.
pub fn placed(content: Content<'_>, out: &mut Out<'_>, cells: PieceCells<'_>) -> Result<(), Fault> {
    windows(content, out, Reads::Pieces(cells), 0)
}

/// How a format tells labels.
#[derive(Clone, Copy)]
enum Reads<'r> {
    /// By the line that a value stands on.
    Lines(Label<'r>, Option<LineCells<'r>>),
    /// By the piece.
    Pieces(PieceCells<'r>),
}

fn windows(content: Content<'_>, out: &mut Out<'_>, reads: Reads<'_>, ahead: usize) -> Result<(), Fault> {
    let mut window = Window { start: 0, line: 1, column: 1, ahead, announced: VecDeque::new() };
    blocks(content, &mut |text, last| {
        if last || text.len() - window.start >= PIECE + CONTEXT { window.hand(text, last, reads, out) } else { Ok(()) }
    })
}

/// Decodes text of any size block by block onto the end of a buffer, which `each` takes from as it likes; the second
/// argument says that nothing follows. What stands before a read error is handed over too.
pub fn blocks(
    mut content: Content<'_>,
    each: &mut dyn FnMut(&mut String, bool) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (charset, mark) = charset::guess(content.head()?);
    // An encoding that shows itself late: so long as all is ASCII, nothing is decided.
    let mut decoder =
        (mark > 0 || !content.head()?.is_ascii() || charset != Charset::Known(UTF_8)).then(|| charset.decoder());
    let mut reader = content.reader();
    std::io::copy(&mut reader.by_ref().take(mark as u64), &mut std::io::sink()).map_err(Fault::io)?;

    let mut block = Vec::with_capacity(BLOCK);
    let mut text = String::new();
    loop {
        block.clear();
        let ended = reader.by_ref().take(BLOCK as u64).read_to_end(&mut block);
        let last = block.len() < BLOCK;
        if !charset.is_wide() {
            narrow(&mut block);
        }
        if decoder.is_none() && !block.is_ascii() {
            decoder = Some(charset::guess(&block).0.decoder());
        }
        match &mut decoder {
            Some(decoder) => decoder.decode(&block, last, &mut text),
            None => text.push_str(str::from_utf8(&block).unwrap_or_default()),
        }
        each(&mut text, last || ended.is_err())?;
        ended.map_err(Fault::io)?;
        if last {
            return Ok(());
        }
    }
}

/// Characters of two bytes amid text of single bytes, as where PowerShell adds to a log: the zeros between their letters
/// are dropped. Other zeros stay.
fn narrow(block: &mut Vec<u8>) {
    /// So many follow each other, with a letter between each two.
    const ROW: usize = 4;
    let Some(first) = memchr::memchr(0, block) else { return };
    let zero = |at: usize| block.get(at) == Some(&0);
    let alternates = |at: usize| {
        let before = (1..ROW).take_while(|n| at.checked_sub(2 * n).is_some_and(|at| zero(at) && !zero(at + 1)));
        let behind = (1..ROW).take_while(|n| zero(at + 2 * n) && !zero(at + 2 * n - 1));
        before.count() + behind.count() + 1 >= ROW
    };
    let kept = (first..block.len()).filter(|at| !(zero(*at) && alternates(*at)));
    let rest: Vec<u8> = kept.filter_map(|at| block.get(at).copied()).collect();
    block.truncate(first);
    block.extend(rest);
}

/// The buffer's bookkeeping: what has been cut into pieces already, and where in the file the next piece begins that is
/// handed over. Pieces of a large text are announced before they are handed over.
struct Window {
    /// Where in the buffer the next piece begins.
    start: usize,
    line: u64,
    column: u64,
    /// So many pieces are announced before the first of them is handed over.
    ahead: usize,
    announced: VecDeque<(Arc<str>, Range<usize>)>,
}

impl Window {
    /// Cuts whole pieces off, all of the text if it is the last, hands over what is due, and drops what is no longer
    /// needed.
    fn hand(&mut self, text: &mut String, last: bool, reads: Reads<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let ahead = self.ahead;
        while self.start < text.len() && (last || text.len() - self.start >= PIECE + CONTEXT) {
            let end = self.cut(text, last);
            let from = text.floor_char_boundary(self.start.saturating_sub(CONTEXT));
            let to = text.ceil_char_boundary((end + CONTEXT).min(text.len()));
            let piece = text.get(from..to).unwrap_or_default();
            let own = self.start - from..end - from;
            self.start = end;
            let small = last && end == text.len() && self.announced.is_empty();
            if ahead == 0 || small {
                self.give(piece, own, reads, out)?;
                continue;
            }
            let piece: Arc<str> = piece.into();
            out.soon(&piece)?;
            self.announced.push_back((piece, own));
            self.give_all_but(ahead, reads, out)?;
        }
        if last {
            self.give_all_but(0, reads, out)?;
        }
        let keep = text.floor_char_boundary(self.start.saturating_sub(CONTEXT));
        text.drain(..keep);
        self.start -= keep;
        Ok(())
    }

    /// Hands over those announced first.
    fn give_all_but(&mut self, rest: usize, reads: Reads<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        while self.announced.len() > rest {
            let Some((piece, own)) = self.announced.pop_front() else { break };
            self.give(&piece, own, reads, out)?;
        }
        Ok(())
    }

    /// Hands over a piece.
    fn give(&mut self, piece: &str, own: Range<usize>, reads: Reads<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        let (walk, line) = (Walk::default(), Cell::new(None));
        let part = piece.get(own.clone()).unwrap_or_default();
        let known = match reads {
            Reads::Pieces(cells) => cells(part),
            Reads::Lines(..) => Vec::new(),
        };
        let rows = !matches!(reads, Reads::Lines(_, None));
        let place = |at: usize| {
            let label: Label<'_> = match reads {
                Reads::Lines(label, _) => label,
                Reads::Pieces(_) => &|_, _, _| {
                    let at = at.checked_sub(own.start)?;
                    let (cell, label) = known.get(known.partition_point(|(cell, _)| cell.end <= at))?;
                    (cell.start <= at).then(|| Arc::clone(label))
                },
            };
            self.place(piece, own.start, at, label, &walk, &line)
        };
        let lines = |part: &Range<usize>, wanted: &dyn Fn(&str) -> bool, each: &mut dyn FnMut(_, &Arc<str>)| match reads
        {
            Reads::Lines(_, None) => {}
            Reads::Lines(_, Some(cells)) => {
                let mut each =
                    |at: Range<usize>, label: &Arc<str>| each(part.start + at.start..part.start + at.end, label);
                cells(piece.get(part.clone()).unwrap_or_default(), wanted, &mut each);
            }
            Reads::Pieces(_) => {
                let first = known.partition_point(|(at, _)| own.start + at.end <= part.start);
                let within = known.iter().skip(first).take_while(|(at, _)| own.start + at.start < part.end);
                for (at, label) in within.filter(|(_, label)| wanted(label)) {
                    each(own.start + at.start..own.start + at.end, label);
                }
            }
        };
        out.text(Text { str: piece, own: own.clone(), place: &place, cells: &lines, rows })?;
        let (lines, column) = advance(part);
        self.line += lines;
        self.column = if lines == 0 { self.column + column } else { 1 + column };
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
        line: &Cell<Option<Line>>,
    ) -> Place {
        let same = line.take().filter(|line| line.stands <= at && line.around.contains(&at));
        let new = same.is_none();
        let mut here = same.unwrap_or_else(|| self.line_at(piece, own, at, walk));
        here.along += piece.get(here.stands..at).unwrap_or_default().chars().count() as u64;
        here.stands = at;
        let position = Position {
            line: Some(self.line + here.down),
            column: Some(if here.down == 0 { self.column + here.along } else { 1 + here.along }),
            ..Position::default()
        };
        let text = piece.get(here.around.clone()).filter(|_| here.whole);
        let label = text.and_then(|text| label(text, at - here.around.start, new));
        line.set(Some(here));
        Place { position, label }
    }

    fn line_at(&self, piece: &str, own: usize, at: usize, walk: &Walk) -> Line {
        let (down, along) = walk.to(piece, own, at);
        let bytes = piece.as_bytes();
        let begin = bytes.get(..at).and_then(|b| memchr::memrchr(b'\n', b)).map(|i| i + 1);
        let end = bytes.get(at..).and_then(|b| memchr::memchr(b'\n', b)).map_or(piece.len(), |i| at + i);
        // Without a line end before it, the line begins with the piece or (a very long one) before it.
        let whole = begin.is_some() || advance(piece.get(..own).unwrap_or_default()).1 + 1 == self.column;
        Line { around: begin.unwrap_or(0)..end, whole, down, stands: at, along }
    }
}

/// The line of a piece that was asked for last.
struct Line {
    around: Range<usize>,
    /// Its beginning is there.
    whole: bool,
    /// How many lines below the beginning of the piece's own part.
    down: u64,
    /// The last place asked for, and how many characters that is from there, or from the line's beginning.
    stands: usize,
    along: u64,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::budget::{Budget, Limits};
    use crate::extract::Part;
    use crate::extract::testing::Drops;

    const MARKER: &str = "¤PLANTED¤";

    /// The line and column of every marker, in the order in which they are handed over; and the longest piece.
    fn planted(content: Content<'_>) -> (Vec<(u64, u64)>, usize) {
        let budget = Budget::new(&Limits::default(), Arc::new(AtomicBool::new(false)));
        let (mut seen, mut longest) = (Vec::new(), 0);
        let mut push = |part: Part<'_>| {
            if let Part::Text(text) = part {
                longest = longest.max(text.str.len());
                for (at, _) in text.str.match_indices(MARKER).filter(|(at, _)| text.own.contains(at)) {
                    let position = (text.place)(at).position;
                    seen.push((position.line.unwrap(), position.column.unwrap()));
                }
            }
            Ok(())
        };
        stream(content, &mut Out::new(&budget, "a.txt", None, &mut push), &|_, _, _| None).unwrap();
        (seen, longest)
    }

    /// A text of this size with a marker about every 997 bytes, and where they stand.
    fn text(size: usize, line: usize) -> (String, Vec<(u64, u64)>) {
        let (mut text, mut expected) = (String::new(), Vec::new());
        let (mut row, mut column, mut next) = (1, 1, 997);
        let filler = ['a', 'æ', '€', '😀', ' '];
        let mut n = 0usize;
        while text.len() < size {
            if text.len() >= next {
                expected.push((row, column));
                text.push_str(MARKER);
                column += MARKER.chars().count() as u64;
                next += 997;
            }
            n += 1;
            if n.is_multiple_of(line) {
                text.push('\n');
                (row, column) = (row + 1, 1);
            } else {
                text.push(filler[n * 7 % 5]);
                column += 1;
            }
        }
        (text, expected)
    }

    #[test]
    fn pieces_lose_and_double_nothing() {
        for line in [61, 5003, 200_003, usize::MAX] {
            let (text, expected) = text(5 << 20, line);
            assert_eq!(planted(Content::bytes(text.as_bytes())).0, expected, "lines of {line}");
            assert_eq!(planted(Content::stream(Drops(text.as_bytes()))).0, expected, "lines of {line}, in drops");
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(planted(Content::bytes([b"\xFF\xFE", utf16.as_slice()].concat())).0, expected, "UTF-16");
        }
    }

    #[test]
    fn a_line_of_50_mb_is_handed_over_in_small_pieces() {
        let line = "abcdefg ".repeat(6 << 20);
        let with = [line.as_bytes(), MARKER.as_bytes(), line.as_bytes()].concat();
        let (seen, longest) = planted(Content::bytes(with));
        assert_eq!(seen, [(1, line.len() as u64 + 1)]);
        assert!(longest <= PIECE + 2 * CONTEXT + 8);
    }

    #[test]
    fn an_encoding_that_shows_itself_late_is_found() {
        let mut bytes = "plain ASCII line\n".repeat(60_000).into_bytes();
        bytes.extend_from_slice(b"S\xF8ren p\xE5 \xC6r\xF8\n");
        let budget = Budget::new(&Limits::default(), Arc::new(AtomicBool::new(false)));
        let mut all = String::new();
        let mut push = |part: Part<'_>| {
            if let Part::Text(text) = part {
                all.push_str(&text.str[text.own]);
            }
            Ok(())
        };
        stream(Content::bytes(bytes), &mut Out::new(&budget, "", None, &mut push), &|_, _, _| None).unwrap();
        assert!(all.ends_with("Søren på Ærø\n"));
    }

    #[test]
    fn binary_is_not_text() {
        assert!(is_text(b""));
        assert!(is_text("Kære Åse\r\n\tHej\u{1B}[0m".as_bytes()));
        assert!(!is_text(b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"));
        // Numbers, records of a program, a picture.
        assert!(!is_text(b"A\0\0\0") && !is_text(&[0; 4096]) && !is_text(&[0x1A; 40]));
        assert!(!is_text(&b"Jens Hansen\0\0\0\0\0 251259-0082\0\0\0\0\0\x01\0\0\0".repeat(100)));
        assert!(!is_text(&[b"\x89PN\0\r\n".as_slice(), &b"\xFE\x91\x03\xB2\xC7\x55".repeat(200)].concat()));
    }

    #[test]
    fn letters_of_two_bytes_amid_others_are_read() {
        let mut mixed = [
            &b"log\0\0\0a\0b\n"[..],
            &"CPR 010190-1234\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        ]
        .concat();
        narrow(&mut mixed);
        assert_eq!(mixed, b"log\0\0\0a\0b\nCPR 010190-1234\r\n");
    }

    #[test]
    fn text_with_a_few_control_bytes_is_text() {
        let line = "2026-03-02 10:00:00 INFO opslag cpr=251259-0082 bruger=søren\n";
        let [utf8, latin] = [line.as_bytes().to_vec(), line.chars().map(|c| c as u8).collect()];
        for line in [utf8.as_slice(), &latin] {
            let many = line.repeat(60);
            for log in [
                [&many, b"\0".as_slice(), &many].concat(),
                [&[0; 4096], many.as_slice()].concat(),
                [&many, [0; 900].as_slice(), &many].concat(),
                [line, b"\0"].concat(),
                [line, &[0; 512]].concat(),
                [line, b"\x1A"].concat(),
                [line, &[0x1A; 128]].concat(),
                [b"\x0BMSH|^~\\&|A\r", line, b"\x1C\r"].concat().repeat(3),
            ] {
                assert!(is_text(&log), "{:?}", String::from_utf8_lossy(&log));
            }
        }
        assert!(is_text("Søren\x07 251259-0082".as_bytes()) && !is_text(b"S\xF8ren\x07 251259-0082"));
        assert!(is_text(b"NAVN=Jens Hansen\0CPR=251259-0082\0ROD=/home/jens\0"));
    }
}
