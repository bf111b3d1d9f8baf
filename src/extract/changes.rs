//! Text that was deleted while changes were tracked, whole with the words that it was cut from: of `211162-9997` perhaps
//! the last four digits only.
//!
//! In: a paragraph's text as it is now, what of it was added, and what was deleted where. Out: what was deleted, with what
//! stood right before and behind it.

use std::ops::Range;

/// Of the words that a deletion begins and ends in as much is told with it, in bytes; longer ones are none.
const AROUND: usize = 64;
/// And so many pieces of what was added are looked behind.
const PIECES: usize = 64;

/// The changes of a paragraph.
#[derive(Default)]
pub struct Changes {
    /// Where the paragraph begins in the text, and what of it was added.
    begin: usize,
    added: Vec<Range<usize>>,
    /// So many elements of what was added are open.
    adding: usize,
    was: Option<Was>,
}

/// What was deleted, with what stood around it; deletions side by side are one.
struct Was {
    text: String,
    /// How much of what follows may belong to it.
    left: usize,
    /// How long it is by itself, if it is told elsewhere so.
    alone: Option<usize>,
}

impl Changes {
    /// A paragraph begins here.
    pub fn begin(&mut self, at: usize) {
        self.begin = at;
        self.added.clear();
    }

    /// What was added begins here, or ends.
    pub fn added(&mut self, begins: bool, at: usize) {
        if begins && self.adding == 0 {
            self.added.push(at..at);
        }
        self.adding = if begins { self.adding + 1 } else { self.adding.saturating_sub(1) };
        if self.adding == 0 {
            self.added.last_mut().into_iter().for_each(|added| added.end = at);
        }
    }

    /// This was deleted at the end of what there is; by itself it is `told` elsewhere, or not.
    pub fn deleted(&mut self, text: &str, deleted: &str, told: bool) {
        let (mut was, alone) = match self.was.take() {
            Some(was) => (was.text, was.alone),
            None => (self.before(text, deleted), told.then_some(deleted.len())),
        };
        was.push_str(deleted);
        self.was = Some(Was { text: was, left: AROUND, alone });
    }

    /// Takes in what follows in the paragraph; says whether a deletion is whole now.
    pub fn follow(&mut self, text: &str) -> bool {
        let Some(was) = self.was.as_mut().filter(|_| self.adding == 0) else { return false };
        let word = text.find(char::is_whitespace).unwrap_or(text.len());
        let behind = text.get(..text.floor_char_boundary(word.min(was.left))).unwrap_or_default();
        was.text.push_str(behind);
        was.left -= behind.len();
        behind.len() < text.len()
    }

    /// What was deleted, if it is told here.
    pub fn take(&mut self) -> Option<String> {
        self.was.take().filter(|was| was.alone.is_none_or(|alone| was.text.len() > alone)).map(|was| was.text)
    }

    /// The word, or the groups of digits before another, that stood before what was deleted.
    fn before(&self, text: &str, deleted: &str) -> String {
        if deleted.starts_with(char::is_whitespace) {
            return String::new();
        }
        // What has been handed over already is not there any more.
        let begin = text.ceil_char_boundary(self.begin.min(text.len()));
        let (mut old, mut end) = (String::new(), text.len());
        let first = begin..begin;
        for added in self.added.iter().rev().take(PIECES).chain([&first]) {
            let piece = text.get(added.end.max(begin)..end.max(begin)).unwrap_or_default();
            let from = piece.ceil_char_boundary(piece.len().saturating_sub(AROUND));
            old.insert_str(0, piece.get(from..).unwrap_or_default());
            end = added.start;
            if old.len() >= AROUND {
                break;
            }
        }
        let in_group = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.');
        let grouped = deleted.starts_with(|c: char| c.is_ascii_digit()) && old.ends_with(in_group);
        let from = if grouped {
            // `DK50 0040 `
            old.trim_end_matches(in_group).trim_end_matches(char::is_alphanumeric).len()
        } else {
            old.trim_end_matches(|c: char| !c.is_whitespace()).len()
        };
        if from == 0 && old.len() >= AROUND { String::new() } else { old.split_off(from) }
    }
}
