//! A large mailbox in ranges of messages, so that several workers read it at once.
//!
//! In: the file. Out: where each range begins, and the numbers of its messages. The numbers need every message to be
//! counted, which is one look for `From ` at the speed of memory, ahead of the workers, who then find what was read in
//! the page cache. A message begins where `mbox.rs` says it does: after an empty line, with a date.

use std::fs::File;
use std::io::Read;

use crate::extract::{Ranges, mbox};
use crate::job::Range;

/// How much is read at once.
const BLOCK: usize = 1 << 20;
/// What is kept of what was read: a `From ` line, and the empty line before it, are shorter than half of this.
const KEPT: usize = mbox::LINE as usize * 2;

/// The ranges of a mailbox, each as many messages as fill so many bytes.
pub fn split(file: File, bytes: u64) -> Ranges {
    Box::new(Starts::new(file, bytes))
}

/// Goes through the file from one range to the next.
struct Starts<R> {
    reader: R,
    bytes: u64,
    /// What was read last, where in the file it stands, and up to where in it it was looked at.
    block: Vec<u8>,
    at: u64,
    seen: usize,
    /// The messages met, and how many of them and which bytes come before the range that is open.
    met: u32,
    first: u32,
    begin: u64,
    ended: bool,
}

impl<R: Read> Starts<R> {
    fn new(reader: R, bytes: u64) -> Self {
        Self { reader, bytes, block: Vec::new(), at: 0, seen: 0, met: 0, first: 0, begin: 0, ended: false }
    }

    /// Reads on. False: there is no more, or no more can be read; whoever reads the last range will say so.
    fn more(&mut self) -> bool {
        let drop = self.seen.saturating_sub(KEPT);
        self.block.drain(..drop);
        (self.at, self.seen) = (self.at + drop as u64, self.seen - drop);
        matches!(self.reader.by_ref().take(BLOCK as u64).read_to_end(&mut self.block), Ok(1..))
    }

    /// Where the next message begins.
    fn next_start(&mut self) -> Option<u64> {
        loop {
            // A line that may go on is looked at when more is there.
            let whole = if self.ended { self.block.len() } else { self.block.len().saturating_sub(KEPT / 2) };
            let first = self.at == 0 && self.seen == 0;
            let look = self.block.get(self.seen..whole).unwrap_or_default();
            let found = if first && look.starts_with(FROM) {
                Some(0)
            } else {
                // From the byte before on: the line end that a message begins after was seen, perhaps.
                let from = self.seen.saturating_sub(1);
                let look = self.block.get(from..whole).unwrap_or_default();
                memchr::memmem::find(look, AFTER).map(|at| from + at + 1)
            };
            match found {
                Some(at) => {
                    self.seen = at + FROM.len();
                    if self.is_message(at) {
                        return Some(self.at + at as u64);
                    }
                }
                None if self.ended => return None,
                None => {
                    self.seen = self.seen.max(whole.saturating_sub(FROM.len()));
                    self.ended = !self.more();
                }
            }
        }
    }

    /// The line here has a date, and the one before it is empty.
    fn is_message(&self, at: usize) -> bool {
        let rest = self.block.get(at..).unwrap_or_default();
        let line = rest.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let before = self.block.get(..at.saturating_sub(1)).unwrap_or_default();
        let begin = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let before = before.get(begin..).unwrap_or_default();
        before.trim_ascii().is_empty() && mbox::from_line(line.get(..mbox::LINE as usize).unwrap_or(line)).is_some()
    }

    fn close(&mut self, offset: u64) -> Range {
        let range = Range { first: self.first, end: self.met, offset: self.begin };
        (self.first, self.begin) = (self.met, offset);
        range
    }
}

const FROM: &[u8] = b"From ";
const AFTER: &[u8] = b"\nFrom ";

impl<R: Read> Iterator for Starts<R> {
    type Item = Range;

    fn next(&mut self) -> Option<Range> {
        while let Some(start) = self.next_start() {
            if start - self.begin >= self.bytes && self.met > self.first {
                let range = self.close(start);
                self.met += 1;
                return Some(range);
            }
            self.met += 1;
        }
        (self.met > self.first).then(|| self.close(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing::Drops;

    #[test]
    fn ranges_follow_each_other_and_begin_with_a_message() {
        let message = |n: usize| {
            let gap = if n.is_multiple_of(3) { "\r\n" } else { " \n" };
            let text = "From nobody\n>From x\nabc\n".repeat(1 + n * 37 % 4000);
            format!(
                "From a@x.dk Sat Nov 20 10:00:00 2021\nSubject: {n}\n\n{text}From x Sat Nov 20 10:00:00 2021\n{gap}"
            )
        };
        let whole: Vec<String> = (0..300).map(message).collect();
        let starts: Vec<u64> =
            whole.iter().scan(0, |at, one| Some(std::mem::replace(at, *at + one.len() as u64))).collect();
        let text = whole.concat();
        for bytes in [1, 1000, 100_000, 1 << 20, 1 << 40] {
            let ranges: Vec<Range> = Starts::new(Drops(text.as_bytes()), bytes).collect();
            assert_eq!((ranges[0].first, ranges.last().unwrap().end), (0, 300), "{bytes}");
            for range in &ranges {
                assert_eq!(range.offset, starts[range.first as usize], "{bytes}");
            }
            assert!(ranges.windows(2).all(|two| two[0].end == two[1].first));
            assert_eq!(ranges.len() == 1, bytes == 1 << 40);
        }
    }
}
