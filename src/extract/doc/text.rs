//! Word's characters → running text: paragraphs, tables, fields, and what was deleted.
//!
//! In: characters, each with its place in the file. Out: marked text, in which cells end with a tab, rows and paragraphs
//! with a newline, and what interrupts a paragraph (a field's instruction, a deletion) follows it.
//! Source: MS-DOC 2.4 (document content), 2.8.25 (fields).

use crate::extract::headers::Headers;
use crate::extract::rtf::DULL;
use crate::extract::{Marked, Out, Place};
use crate::item::Fault;
use crate::record::Position;

use super::runs::Runs;

/// Fields within fields that are told apart.
const DEPTH: usize = 32;

/// Text under construction.
pub struct Writer<'r> {
    runs: &'r Runs,
    text: Marked,
    position: Position,
    /// Paragraphs so far, where they are counted.
    paragraph: Option<u64>,
    moved: bool,
    gap: Option<char>,
    /// Instructions of open fields; none where the result has begun.
    fields: Vec<Option<String>>,
    deleted: String,
    aside: String,
    headers: Headers,
    column: u32,
    cell: String,
    /// The last character ended a cell.
    ended: bool,
}

impl<'r> Writer<'r> {
    /// An empty one.
    pub fn new(runs: &'r Runs) -> Self {
        Self {
            runs,
            text: Marked::new(),
            position: Position::default(),
            paragraph: None,
            moved: true,
            gap: None,
            fields: Vec::new(),
            deleted: String::new(),
            aside: String::new(),
            headers: Headers::default(),
            column: 0,
            cell: String::new(),
            ended: false,
        }
    }

    /// What follows is another part. With `numbered`, paragraphs are counted as lines.
    pub fn part(&mut self, position: Position, numbered: bool) {
        self.end_row();
        self.paragraph = numbered.then_some(1);
        self.position = position;
        self.fields.clear();
        self.headers = Headers::default();
    }

    /// A line of its own.
    pub fn line(&mut self, text: &str) {
        self.gap = Some('\n');
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.put(line);
            self.gap = Some('\n');
        }
        self.moved = true;
    }

    /// Hands over what there is when it is much.
    pub fn flow(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        if !self.text.full() {
            return Ok(());
        }
        self.moved = true;
        self.text.emit(out)
    }

    /// Hands over all.
    pub fn emit(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        self.end_row();
        self.text.end_line();
        self.gap = None;
        self.text.emit(out)
    }

    /// Takes in a character.
    pub fn char(&mut self, char: char, at: usize) {
        let ended = std::mem::take(&mut self.ended);
        match char {
            '\u{07}' => self.end_cell(ended, at),
            '\r' | '\u{0C}' | '\u{0E}' => self.end_paragraph(),
            '\u{0B}' => self.write('\n', at),
            '\u{1E}' => self.write('-', at),
            '\u{13}' if self.fields.len() < DEPTH => self.fields.push(Some(String::new())),
            '\u{14}' => {
                if let Some(instruction) = self.fields.last_mut().and_then(Option::take) {
                    self.instruction(&instruction);
                }
            }
            '\u{15}' => {
                if let Some(Some(instruction)) = self.fields.pop() {
                    self.instruction(&instruction);
                }
            }
            '\t' => self.write('\t', at),
            '\0'..='\u{1F}' => {}
            char => self.write(char, at),
        }
    }

    fn write(&mut self, char: char, at: usize) {
        if !self.runs.deleted.is_empty() && self.runs.deleted.hold(at) {
            self.deleted.push(char);
            return;
        }
        if !self.deleted.is_empty() {
            self.end_deletion();
        }
        match self.fields.last_mut() {
            Some(Some(instruction)) => instruction.push(char),
            _ => self.put(char.encode_utf8(&mut [0; 4])),
        }
    }

    /// What was deleted comes after the paragraph, whole with the beginning of the word that it was cut from.
    fn end_deletion(&mut self) {
        let word = self.text.text().rsplit(char::is_whitespace).next().filter(|_| self.gap.is_none() && !self.moved);
        if !self.deleted.starts_with(char::is_whitespace) {
            self.aside.push_str(word.unwrap_or_default());
        }
        self.aside.push_str(&std::mem::take(&mut self.deleted));
        self.aside.push('\n');
    }

    /// What a field shows comes after; of what it is told, numbers of pages are of no interest.
    fn instruction(&mut self, text: &str) {
        let text = text.trim();
        let kind = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        if !DULL.contains(&kind.as_str()) {
            self.aside.push_str(text);
            self.aside.push('\n');
        }
    }

    fn end_paragraph(&mut self) {
        self.gap = Some('\n');
        self.count();
        if self.column == 0 {
            self.end_aside();
            // Only a mark of a cell tells that this was in one.
            self.cell.clear();
        }
    }

    /// The mark of a cell, or of a row. Where nothing describes the paragraphs, a second mark ends the row.
    fn end_cell(&mut self, ended: bool, at: usize) {
        let row = if self.runs.described { self.runs.rows.hold(at) } else { ended };
        if row {
            self.end_row();
            self.moved = true;
            return;
        }
        self.ended = true;
        self.headers.cell(self.column, &self.cell);
        self.cell.clear();
        self.column = self.column.saturating_add(1);
        self.gap = Some('\t');
        self.count();
    }

    fn end_row(&mut self) {
        if self.column > 0 {
            self.headers.end_row();
            self.column = 0;
        }
        self.cell.clear();
        self.gap = Some('\n');
        self.end_aside();
    }

    fn count(&mut self) {
        self.moved = true;
        self.paragraph = self.paragraph.map(|n| n.saturating_add(1));
    }

    fn end_aside(&mut self) {
        if !self.deleted.is_empty() {
            self.end_deletion();
        }
        if let Some(Some(open)) = self.fields.last_mut()
            && open.len() > 1 << 12
        {
            // It never ends: no field, but text after a stray mark.
            let text = std::mem::take(open);
            self.aside.push_str(&text);
        }
        if !self.aside.is_empty() {
            let aside = std::mem::take(&mut self.aside);
            self.line(&aside);
        }
    }

    fn put(&mut self, text: &str) {
        if let Some(gap) = self.gap.take().filter(|_| !self.text.is_empty() && !self.text.text().ends_with('\n')) {
            self.text.push(gap.encode_utf8(&mut [0; 4]));
        }
        if std::mem::take(&mut self.moved) {
            let position = Position { line: self.paragraph, ..self.position.clone() };
            let label = self.headers.label(self.column);
            self.text.mark(Place { position, label });
        }
        self.text.push(text);
        if self.cell.len() < 256 {
            self.cell.push_str(text);
        }
    }
}
