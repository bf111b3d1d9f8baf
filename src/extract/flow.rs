//! A document's XML → running text: paragraphs, tables, and what stands apart from them.
//!
//! In: [`Node`]s and a [`Vocabulary`], which says what an element means to the text. Out: marked text, in which runs are
//! joined, cells end with a tab, rows and paragraphs with a newline, and what interrupts a paragraph (a text box, a
//! field's instruction, an alternative text) follows it. So a number is whole however it was formatted.

use crate::extract::Out;
use crate::extract::changes::Changes;
use crate::extract::headers::Headers;
use crate::extract::marked::{Marked, PIECE, Place};
use crate::extract::markup::{Node, Tag};
use crate::item::Fault;
use crate::record::Position;

/// What an element means to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing by itself.
    None,
    /// The text in it counts.
    Text,
    /// A paragraph.
    Paragraph,
    /// A paragraph with its text directly in it.
    Line,
    /// A table.
    Table,
    /// A row of a table.
    Row,
    /// A cell of a row.
    Cell,
    /// Paragraphs that interrupt another one.
    Aside,
    /// Text that interrupts a paragraph.
    Note,
    /// A piece of such text, which goes on in the next one: what a field does is cut into runs, as text is.
    Piece,
    /// A piece does not go on behind it.
    Between,
    /// Text of a paragraph that was deleted while changes were tracked.
    Deleted,
    /// Text of a paragraph that was added then.
    Inserted,
    /// These characters.
    Write(&'static str),
    /// Neither it nor anything in it counts.
    Skip,
}

/// What the elements of a format mean.
pub struct Vocabulary {
    /// The role of an element.
    pub role: fn(&str) -> Role,
    /// The attributes of an element that a person reads: alternative texts and the like.
    pub told: fn(&str) -> &'static [&'static str],
}

/// Every element is a line: for XML of which nothing is known.
pub static ANY: Vocabulary = Vocabulary { role: |_| Role::Line, told: |_| &[] };

/// Text under construction, from one or several parts.
pub struct Flow {
    vocabulary: &'static Vocabulary,
    position: Position,
    numbered: bool,
    paragraph: u64,
    text: Marked,
    moved: bool,
    gap: Option<char>,
    open: Vec<Role>,
    skipped: usize,
    counted: usize,
    paragraphs: usize,
    asides: Vec<Aside>,
    /// What waits for the end of the paragraph, and in what part it stands.
    apart: Vec<(Option<&'static str>, String)>,
    /// The last of them may go on.
    goes_on: bool,
    named: Option<&'static str>,
    tables: Vec<Table>,
    changes: Changes,
}

/// What interrupts a paragraph, while it goes by.
struct Aside {
    text: String,
    gap: Option<char>,
    part: Option<&'static str>,
}

#[derive(Default)]
struct Table {
    headers: Headers,
    column: u32,
    span: u32,
    cell: String,
}

impl Flow {
    /// An empty one.
    pub fn new(vocabulary: &'static Vocabulary) -> Self {
        Self {
            vocabulary,
            position: Position::default(),
            numbered: false,
            paragraph: 0,
            text: Marked::new(),
            moved: true,
            gap: None,
            open: Vec::new(),
            skipped: 0,
            counted: 0,
            paragraphs: 0,
            asides: Vec::new(),
            apart: Vec::new(),
            goes_on: false,
            named: None,
            tables: Vec::new(),
            changes: Changes::default(),
        }
    }

    /// What follows is another part, at this position. With `numbered`, paragraphs are counted as lines.
    pub fn part(&mut self, vocabulary: &'static Vocabulary, position: Position, numbered: bool) {
        self.end();
        *self = Self { text: std::mem::take(&mut self.text), position, numbered, ..Self::new(vocabulary) };
    }

    /// Where the reader is now, for what the vocabulary cannot know: pages, slides, sheets.
    pub fn position(&mut self) -> &mut Position {
        self.moved = true;
        &mut self.position
    }

    /// The cell that is open takes up this many columns.
    pub fn span(&mut self, columns: u32) {
        if let Some(table) = self.tables.last_mut() {
            table.span = columns.saturating_sub(1);
        }
    }

    /// Takes in a node; hands over what there is when it is much.
    pub fn node(&mut self, node: &Node<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        match node {
            Node::Open(tag) => self.open(tag),
            Node::Close(_) => self.close(),
            Node::Text(text) if self.skipped == 0 && self.counted > 0 => self.put(text),
            Node::Text(_) => {}
        }
        if self.text.len() < PIECE {
            return Ok(());
        }
        self.moved = true;
        self.text.emit(out)
    }

    /// What interrupts the paragraph next stands in this part.
    pub fn aside(&mut self, part: &'static str) {
        self.named = Some(part);
    }

    /// A line of its own, or behind the paragraph or into the cell that is open.
    pub fn line(&mut self, text: &str) {
        self.line_in(None, text);
    }

    /// The same in a part of its own.
    pub fn line_in(&mut self, part: Option<&'static str>, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if self.paragraphs > 0 || !self.tables.is_empty() {
            self.goes_on = false;
            self.apart.push((part, text.to_owned()));
        } else {
            self.gap('\n');
            self.put_in(part, text);
            self.gap('\n');
        }
    }

    /// Hands over what was taken in.
    pub fn emit(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        self.end();
        self.moved = true;
        self.text.emit(out)
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let name = tag.name();
        let role = (self.vocabulary.role)(name);
        match role {
            Role::Skip => {
                self.skipped = 1;
                return;
            }
            Role::Write(text) => self.put(text),
            Role::Between => self.goes_on = false,
            Role::Text => self.counted += 1,
            Role::Paragraph | Role::Line => {
                self.counted += usize::from(role == Role::Line);
                if self.asides.is_empty() {
                    self.paragraph += 1;
                    self.paragraphs += 1;
                    self.moved = true;
                    self.changes.begin(self.text.len());
                }
                self.begin();
            }
            Role::Table => self.tables.push(Table::default()),
            Role::Row => {}
            Role::Cell => self.moved = true,
            Role::Inserted => self.added(true),
            Role::Aside | Role::Note | Role::Piece | Role::Deleted => {
                self.counted += usize::from(matches!(role, Role::Note | Role::Piece));
                self.asides.push(Aside { text: String::new(), gap: None, part: self.named.take() });
            }
            Role::None => {}
        }
        self.open.push(role);
        for told in (self.vocabulary.told)(name) {
            if let Some(text) = tag.get(told) {
                self.line(&text);
            }
        }
    }

    fn close(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match self.open.pop() {
            Some(Role::Text) => self.counted -= 1,
            Some(role @ (Role::Paragraph | Role::Line)) => {
                self.counted -= usize::from(role == Role::Line);
                self.gap('\n');
                if self.asides.is_empty() {
                    self.tell_deleted();
                    self.paragraphs -= 1;
                    self.tell_apart();
                }
            }
            Some(Role::Cell) => {
                self.tell_apart();
                self.gap('\t');
                self.moved = true;
                if let Some(table) = self.tables.last_mut() {
                    table.headers.cell(table.column, &table.cell);
                    table.cell.clear();
                    table.column = table.column.saturating_add(1 + std::mem::take(&mut table.span));
                }
            }
            Some(Role::Row) => {
                self.gap('\n');
                if let Some(table) = self.tables.last_mut() {
                    table.headers.end_row();
                    table.column = 0;
                }
            }
            Some(Role::Table) => {
                self.gap('\n');
                self.tables.pop();
                self.moved = true;
            }
            Some(Role::Deleted) if self.asides.len() == 1 => {
                if let Some(ended) = self.asides.pop() {
                    self.deleted(&ended.text, false);
                }
            }
            Some(Role::Inserted) => self.added(false),
            Some(role @ (Role::Aside | Role::Note | Role::Piece | Role::Deleted)) => {
                self.counted -= usize::from(matches!(role, Role::Note | Role::Piece));
                if let Some(ended) = self.asides.pop() {
                    match self.asides.last_mut() {
                        Some(outer) => {
                            outer.text.push('\n');
                            outer.text.push_str(&ended.text);
                            outer.gap = Some('\n');
                        }
                        None if role == Role::Piece => self.piece(&ended.text),
                        None => self.line_in(ended.part, &ended.text),
                    }
                }
            }
            Some(Role::Write(_) | Role::Between | Role::None | Role::Skip) | None => {}
        }
    }

    /// A piece ended, which may go on where the last one ended.
    fn piece(&mut self, text: &str) {
        match self.apart.last_mut() {
            Some((_, last)) if self.goes_on => last.push_str(text),
            _ => {
                let before = self.apart.len();
                self.line(text);
                if let Some((_, last)) = self.apart.get_mut(before) {
                    // With the space that it may end in.
                    *last = text.trim_start().to_owned();
                    self.goes_on = true;
                }
            }
        }
    }

    /// This was deleted here while changes were tracked; by itself it is `told` elsewhere, or not.
    pub fn deleted(&mut self, text: &str, told: bool) {
        // Rows of tables are deleted too, without a text.
        if self.paragraphs > 0 && !text.is_empty() {
            self.changes.deleted(self.text.text(), text, told);
        } else if !told {
            self.line(text);
        }
    }

    /// What was added then begins here, or ends.
    pub fn added(&mut self, begins: bool) {
        self.changes.added(begins, self.text.len());
    }

    /// What was deleted, with what stood around it, follows its paragraph.
    fn tell_deleted(&mut self) {
        if let Some(was) = self.changes.take() {
            self.line(&was);
        }
    }

    /// Writes what waited for the end of the paragraph.
    fn tell_apart(&mut self) {
        if self.paragraphs == 0 && !self.apart.is_empty() {
            // Whatever it is, it stands in this paragraph: its own lines are not counted.
            for (part, text) in std::mem::take(&mut self.apart) {
                for line in text.lines() {
                    self.moved = true;
                    self.put_in(part, line);
                    self.gap('\n');
                }
            }
        }
    }

    /// A part may end before its elements do.
    fn end(&mut self) {
        while !self.open.is_empty() {
            self.skipped = 0;
            self.close();
        }
        self.tell_deleted();
        self.tell_apart();
        self.text.end_line();
        self.gap = None;
    }

    /// A paragraph begins: on a new line, unless something else stands between it and what was written.
    fn begin(&mut self) {
        let gap = self.asides.last_mut().map_or(&mut self.gap, |aside| &mut aside.gap);
        gap.get_or_insert('\n');
    }

    /// What follows stands apart from what was written. The last word counts: inside a cell a paragraph ends with the
    /// cell's tab, and the last cell with the row's newline.
    fn gap(&mut self, gap: char) {
        *self.asides.last_mut().map_or(&mut self.gap, |aside| &mut aside.gap) = Some(gap);
    }

    fn put_in(&mut self, part: Option<&'static str>, text: &str) {
        let Some(part) = part else { return self.put(text) };
        let around = self.position.part.replace(part.into());
        self.moved = true;
        self.put(text);
        self.position.part = around;
        self.moved = true;
    }

    fn put(&mut self, text: &str) {
        if let Some(Aside { text: aside, gap, .. }) = self.asides.last_mut() {
            if let Some(gap) = gap.take().filter(|_| !aside.is_empty() && !aside.ends_with('\n')) {
                aside.push(gap);
            }
            aside.push_str(text);
            return;
        }
        self.goes_on = false;
        if let Some(gap) = self.gap.take().filter(|_| !self.text.is_empty() && !self.text.text().ends_with('\n')) {
            self.text.push(gap.encode_utf8(&mut [0; 4]));
        }
        if std::mem::take(&mut self.moved) {
            let mut position = self.position.clone();
            if self.numbered {
                position.line = Some(self.paragraph.max(1));
            }
            let label = self.tables.last().and_then(|table| table.headers.label(table.column));
            self.text.mark(Place { position, label });
        }
        self.text.push(text);
        if self.changes.follow(text) {
            self.tell_deleted();
        }
        if let Some(table) = self.tables.last_mut()
            && table.cell.len() < 256
        {
            table.cell.push_str(text);
        }
    }
}
