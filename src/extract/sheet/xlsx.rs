//! Excel workbooks in XML.
//!
//! In: a package with an `xl` folder. Out: the cells of every sheet, hidden ones too, as they are displayed; what
//! stands around them (headers, lists to choose from, tips of links); then comments, text boxes, charts, defined names
//! and caches of pivot tables and other workbooks. A sheet is never held whole. Source: ECMA-376 part 1, 18.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::extract::Out;
use crate::extract::flow::Flow;
use crate::extract::headers::cell_name;
use crate::extract::markup::{Known, Node, Tag};
use crate::extract::ooxml::{OFFICE, called, main, part, rest};
use crate::extract::package::Package;
use crate::extract::sheet::cells::Cells;
use crate::extract::sheet::numbers::Shown;
use crate::extract::sheet::plain::Plain;
use crate::item::{Fault, Reason};
use crate::record::Position;

/// Reads a workbook.
pub fn read(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let workbook = main(package, "xl/workbook.xml", out)?;
    if !package.has(&workbook) {
        out.damage(Fault::corrupt("it has no list of sheets"))?;
    }
    let mut flow = Flow::new(&OFFICE);
    flow.part(&OFFICE, part("names"), false);
    let mut book = Book::default();
    let mut sheets = Vec::new();
    let relations = package.relations(&workbook, out)?;
    let targets: BTreeMap<&str, &str> = relations.iter().map(|r| (r.id.as_str(), r.target.as_str())).collect();
    package.sweep(&workbook, out, &mut |node, out| {
        if let Node::Open(tag) = &node {
            match tag.name() {
                "sheet" => {
                    let target = tag.all("id").find_map(|id| targets.get(&*id));
                    let name = tag.get("name").unwrap_or_default().into_owned();
                    sheets.extend(target.map(|target| (name, (*target).to_owned())));
                }
                "workbookPr" => book.since_1904 = tag.get("date1904").is_some_and(|on| on == "1" || on == "true"),
                _ => {}
            }
        }
        flow.node(&node, out)
    })?;
    let of_kind = |kind: &str, usual: &str| {
        relations.iter().find(|r| r.kind == kind).map_or_else(|| usual.to_owned(), |relation| relation.target.clone())
    };
    book.strings(package, &of_kind("sharedStrings", "xl/sharedStrings.xml"), out)?;
    book.styles(package, &of_kind("styles", "xl/styles.xml"), out)?;

    for (name, sheet) in &sheets {
        if package.is_unread(sheet) {
            book.sheet(package, name, sheet, &mut flow, out)?;
        }
    }
    // Sheets that the list has lost: macro sheets, or what somebody hid well.
    for sheet in package.unread() {
        let name = sheet.to_lowercase();
        let folders = ["xl/worksheets/", "xl/macrosheets/"];
        if name.ends_with(".xml") && folders.iter().any(|folder| name.starts_with(folder)) {
            book.sheet(package, &called(&sheet), &sheet, &mut flow, out)?;
        }
    }
    book.unused(&mut flow, out)?;
    flow.part(&OFFICE, part("properties"), false);
    sheets.iter().for_each(|(name, _)| flow.line(name));
    rest(package, &mut flow, out)
}

/// What the cells of all sheets refer to.
#[derive(Default)]
struct Book {
    since_1904: bool,
    /// All shared strings, one behind the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    /// Which of them cells refer to.
    used: Vec<Cell<bool>>,
    styles: Vec<Shown>,
}

impl Book {
    fn strings(&mut self, package: &mut Package<'_>, name: &str, out: &mut Out<'_>) -> Result<(), Fault> {
        let limit = out.budget().limits().whole as usize;
        let (mut inside, mut phonetic) = (false, false);
        package.sweep(name, out, &mut |node, _| {
            match node {
                Node::Open(tag) => match tag.name() {
                    "rPh" => phonetic = true,
                    "t" => inside = !phonetic,
                    _ => {}
                },
                Node::Close("rPh") => phonetic = false,
                Node::Close("t") => inside = false,
                Node::Close("si") => self.ends.push(self.text.len()),
                Node::Text(text) if inside => self.text.push_str(text),
                _ => {}
            }
            if self.text.len() + self.ends.len() * (size_of::<usize>() + 1) > limit {
                return Err(Fault::new(Reason::TooLarge, "its shared texts are larger than the limit"));
            }
            Ok(())
        })?;
        self.used.resize(self.ends.len(), Cell::new(false));
        Ok(())
    }

    /// Shared texts that no cell refers to: some programs leave there what stood in cells before.
    fn unused(&self, flow: &mut Flow, out: &mut Out<'_>) -> Result<(), Fault> {
        flow.emit(out)?;
        flow.part(&OFFICE, part("strings"), false);
        for (index, _) in self.used.iter().enumerate().filter(|(_, used)| !used.get()) {
            flow.line(self.string(index).unwrap_or_default());
        }
        flow.emit(out)
    }

    fn string(&self, index: usize) -> Option<&str> {
        self.used.get(index)?.set(true);
        let begin = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(begin..*self.ends.get(index)?)
    }

    fn styles(&mut self, package: &mut Package<'_>, name: &str, out: &mut Out<'_>) -> Result<(), Fault> {
        let mut codes: BTreeMap<u32, String> = BTreeMap::new();
        let mut cells = false;
        package.sweep(name, out, &mut |node, _| {
            match node {
                Node::Open(tag) => {
                    let id = || tag.get("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    match tag.name() {
                        "numFmt" => {
                            codes.insert(id(), tag.get("formatCode").unwrap_or_default().into_owned());
                        }
                        "cellXfs" => cells = true,
                        "xf" if cells => self.styles.push(Shown::of(id(), codes.get(&id()).map(String::as_str))),
                        _ => {}
                    }
                }
                Node::Close("cellXfs") => cells = false,
                _ => {}
            }
            Ok(())
        })
    }

    /// One sheet, and what belongs to it.
    fn sheet(
        &self,
        package: &mut Package<'_>,
        name: &str,
        sheet: &str,
        flow: &mut Flow,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        flow.emit(out)?;
        let on = |part_name: &str| Position { sheet: Some(name.into()), ..part(part_name) };
        let reader = RefCell::new(Reader::new(self, name));
        let known = Known { begins: "<c r=\"", take: &mut |text, out| reader.borrow_mut().plain(text, out) };
        package.sweep_known(sheet, out, Some(known), &mut |node, out| reader.borrow_mut().node(node, out))?;
        let mut cells = reader.into_inner();
        cells.cells.emit(out)?;
        if cells.missing {
            out.damage(Fault::corrupt("cells refer to texts that are not there"))?;
        }
        for (part_name, cell, line) in &cells.around {
            flow.part(&OFFICE, Position { cell: cell.clone(), ..on(part_name) }, false);
            flow.line(line);
        }
        for relation in package.relations(sheet, out)? {
            if relation.external {
                flow.part(&OFFICE, on("links"), false);
                flow.line(&relation.target);
            } else if matches!(relation.kind.as_str(), "comments" | "threadedComment" | "drawing" | "vmlDrawing")
                && package.is_unread(&relation.target)
            {
                flow.part(&OFFICE, on(&called(&relation.target)), false);
                package.sweep(&relation.target, out, &mut |node, out| {
                    if let Node::Open(tag) = &node
                        && let Some(cell) = tag.get("ref")
                    {
                        flow.position().cell = Some(cell.into());
                    }
                    flow.node(&node, out)
                })?;
            }
        }
        Ok(())
    }
}

/// One sheet, while it goes by.
struct Reader<'b> {
    book: &'b Book,
    cells: Cells<'b>,
    row: u32,
    column: u32,
    kind: Kind,
    style: usize,
    value: String,
    formula: String,
    inside: Inside,
    around: Vec<(&'static str, Option<CompactString>, String)>,
    missing: bool,
}

/// What a cell's value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A number, also a date.
    Number,
    /// The number of a shared text.
    Shared,
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// What went wrong.
    Error,
}

impl Kind {
    fn of(written: &str) -> Self {
        match written {
            "s" => Self::Shared,
            "str" | "inlineStr" | "d" => Self::Text,
            "b" => Self::Bool,
            "e" => Self::Error,
            _ => Self::Number,
        }
    }
}

/// Whose text it is.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Nothing,
    Value,
    Formula,
    Around(&'static str),
}

impl<'b> Reader<'b> {
    fn new(book: &'b Book, name: &'b str) -> Self {
        Self {
            book,
            cells: Cells::new(name),
            row: 0,
            column: 0,
            kind: Kind::Number,
            style: 0,
            value: String::new(),
            formula: String::new(),
            inside: Inside::Nothing,
            around: Vec::new(),
            missing: false,
        }
    }

    fn node(&mut self, node: Node<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
        match node {
            Node::Open(tag) => self.open(tag),
            Node::Text(text) => match self.inside {
                Inside::Value | Inside::Around(_) => self.value.push_str(text),
                Inside::Formula => self.formula.push_str(text),
                Inside::Nothing => {}
            },
            Node::Close("c") => {
                self.cell(out)?;
                self.column = self.column.saturating_add(1);
            }
            Node::Close("row") => self.row = self.row.saturating_add(1),
            Node::Close(_) => {
                if let Inside::Around(what) = self.inside {
                    let line = std::mem::take(&mut self.value);
                    let line = if what == "header" { without_codes(&line) } else { line };
                    self.around.push((what, None, line));
                }
                self.inside = Inside::Nothing;
            }
        }
        Ok(())
    }

    /// Reads cells that are written as Excel writes nearly all of them, and says how much of the text they were. They
    /// come by the million: to tell each of their tags costs three times as much.
    fn plain(&mut self, text: &str, out: &mut Out<'_>) -> Result<usize, Fault> {
        let mut rest = text;
        while let Some((cell, after)) = Plain::read(rest) {
            self.column = cell.column;
            (self.style, self.kind) = (cell.style, cell.kind);
            self.formula.clear();
            self.value.clear();
            self.value.push_str(cell.value);
            self.cell(out)?;
            self.column += 1;
            rest = after;
        }
        Ok(text.len() - rest.len())
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            "row" => {
                self.column = 0;
                self.row = tag.get("r").and_then(|r| r.parse::<u32>().ok()).map_or(self.row, |r| r.saturating_sub(1));
            }
            "c" => {
                self.value.clear();
                self.formula.clear();
                (self.style, self.kind) = (0, Kind::Number);
                for (name, value) in tag.attributes() {
                    match name {
                        "r" => self.column = column(&value).unwrap_or(self.column),
                        "s" => self.style = value.parse().unwrap_or(0),
                        "t" => self.kind = Kind::of(&value),
                        _ => {}
                    }
                }
            }
            "v" | "t" => self.inside = Inside::Value,
            // In validations as well as in cells, and in those of newer Excel as `xm:f`.
            "f" => self.inside = Inside::Formula,
            "rPh" => self.inside = Inside::Nothing,
            "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter" => {
                self.around("header")
            }
            "formula1" | "formula2" => self.around("validation"),
            "formula" => self.around("format"),
            "cfRule" => self.tell(tag, "format", &["text"]),
            "filter" | "customFilter" => self.tell(tag, "filter", &["val"]),
            "scenario" => self.tell(tag, "scenario", &["name", "user", "comment"]),
            "inputCells" => self.tell(tag, "scenario", &["val"]),
            "dataValidation" => self.tell(tag, "validation", &["promptTitle", "prompt", "errorTitle", "error"]),
            "hyperlink" => self.tell(tag, "links", &["display", "tooltip", "location"]),
            _ => {}
        }
    }

    fn around(&mut self, what: &'static str) {
        self.value.clear();
        self.inside = Inside::Around(what);
    }

    fn tell(&mut self, tag: &Tag<'_>, what: &'static str, names: &[&str]) {
        self.around.extend(names.iter().filter_map(|name| Some((what, None, tag.get(name)?.into_owned()))));
    }

    /// Writes the cell that ends here.
    fn cell(&mut self, out: &mut Out<'_>) -> Result<(), Fault> {
        self.inside = Inside::Nothing;
        let book = self.book;
        let shown;
        let text = match self.kind {
            Kind::Shared => match index(&self.value).and_then(|index| book.string(index)) {
                Some(text) => {
                    // One text may stand in a million cells: it is paid for like any other unpacking.
                    out.charge(text.len() as u64)?;
                    text
                }
                None => {
                    self.missing |= !self.value.trim().is_empty();
                    ""
                }
            },
            Kind::Number if !self.value.is_empty() => {
                let general = Shown::General;
                shown = book.styles.get(self.style).unwrap_or(&general).show(&self.value, book.since_1904);
                &shown
            }
            // Without a stored result there is at least the formula.
            Kind::Number | Kind::Text if self.value.is_empty() => &self.formula,
            Kind::Number | Kind::Text => &self.value,
            Kind::Bool if self.value.trim() == "1" => "TRUE",
            Kind::Bool => "FALSE",
            Kind::Error => "",
        };
        self.cells.cell(self.row, self.column, text, out)?;
        // What is shown is told; the address behind it, and what a result was made of, is not.
        let texts = literals(&self.formula);
        if !texts.is_empty() && !self.value.is_empty() {
            out.charge(texts.len() as u64)?;
            self.around.push(("formula", Some(cell_name(self.row, self.column)), texts));
        }
        Ok(())
    }
}

/// The number of a shared text.
fn index(value: &str) -> Option<usize> {
    value.parse().or_else(|_| value.trim().parse()).ok()
}

/// The longer texts in a formula.
pub fn literals(formula: &str) -> String {
    if formula.is_empty() {
        return String::new(); // as in most cells
    }
    let texts = formula.split('"').skip(1).step_by(2).filter(|text| text.len() > 4);
    texts.collect::<Vec<_>>().join("\t")
}

/// The column of a cell's name, from 0.
fn column(name: &str) -> Option<u32> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let column = letters.fold(0u32, |n, letter| n * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    column.checked_sub(1)
}

/// A header or footer without what formats it: `&L&"Arial,Bold"&12 Ida &P` is `Ida`.
pub fn without_codes(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '&' {
            plain.push(char);
            continue;
        }
        match chars.next() {
            Some('&') => plain.push('&'),
            Some('L' | 'C' | 'R') => plain.push('\t'),
            Some('"') => {
                chars.by_ref().find(|c| *c == '"');
            }
            Some('K') => {
                chars.by_ref().take(6).for_each(drop);
            }
            // A size has at most three digits; more belong to the text.
            Some('0'..='9') => {
                for _ in 0..2 {
                    chars.next_if(char::is_ascii_digit);
                }
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::apart::{Seen, archive, take_apart};

    fn read(sheet: &str) -> Seen {
        take_apart(
            &archive(&[
                ("[Content_Types].xml", ""),
                (
                    "xl/workbook.xml",
                    "<w><sheet name='Løn' state='veryHidden' r:id='r1'/><definedName name='x'>named</definedName></w>",
                ),
                (
                    "xl/_rels/workbook.xml.rels",
                    "<R><Relationship Id='r1' Type='x/worksheet' Target='/xl/worksheets/sheet1.xml'/></R>",
                ),
                (
                    "xl/sharedStrings.xml",
                    "<sst><si><t>Navn</t></si><si><r><t>CPR</t></r><r><t>-nr.</t></r><rPh><t>x</t></rPh></si></sst>",
                ),
                (
                    "xl/styles.xml",
                    "<s><numFmt numFmtId='164' formatCode='000000-0000'/><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>\
                  <cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='14'/></cellXfs></s>",
                ),
                ("xl/worksheets/sheet1.xml", sheet),
                (
                    "xl/worksheets/_rels/sheet1.xml.rels",
                    "<R><Relationship Id='r1' Type='x/comments' Target='../comments1.xml'/></R>",
                ),
                (
                    "xl/comments1.xml",
                    "<c><comment ref='B3'><text><r><t>re</t></r><r><t>mark</t></r></text></comment></c>",
                ),
                (
                    "xl/revisions/revisionLog1.xml",
                    "<r><oc t='inlineStr'><is><t>before</t></is></oc><nc t='inlineStr'><is><t>after</t></is></nc></r>",
                ),
            ]),
            "x.zip",
        )
    }

    #[test]
    fn cells_are_shown_and_labelled() {
        let seen = read(
            "<worksheet><sheetData><row r='2'><c r='A2' t='s'><v>0</v></c><c r='B2' t='s'><v>1</v></c></row>\
             <row r='3'><c r='A3' t='inlineStr'><is><t>Ida</t></is></c><c r='B3' s='1'><f>1+1</f><v>101901234</v></c>\
             <c r='AA3' s='2'><v>32874</v></c><c t='b'><v>1</v></c></row></sheetData>\
             <headerFooter><oddHeader>&amp;L&amp;\"Arial,Bold\"&amp;12 secret</oddHeader></headerFooter></worksheet>",
        );
        assert_eq!(seen.format, "xlsx");
        assert!(seen.text.contains("Navn\tCPR-nr.\nIda\t010190-1234\t1990-01-01\tTRUE\n"), "{}", seen.text);
        let place = seen.place("010190-1234");
        assert_eq!((place.position.sheet.as_deref(), place.position.cell.as_deref()), (Some("Løn"), Some("B3")));
        assert_eq!(place.label.as_deref(), Some("CPR-nr."));
        assert_eq!(seen.place("TRUE").position.cell.as_deref(), Some("AB3"));
        assert_eq!(seen.place("remark").position.cell.as_deref(), Some("B3"));
        assert_eq!(seen.place("secret").position.part.as_deref(), Some("header"));
        assert_eq!(seen.place("Løn").position.part.as_deref(), Some("properties"));
        assert!(seen.text.contains("named") && seen.text.contains("before\nafter") && seen.damage.is_empty());
    }

    #[test]
    fn cells_read_whole_and_tag_by_tag_are_the_same() {
        let sheet = "<worksheet><row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"B2\" t=\"s\"><v>1</v></c></row>\
                     <row r=\"3\"><c r=\"B3\" s=\"1\"><v>101901234</v></c><c t=\"b\"><v>1</v></c><c r=\"F3\" t=\"str\"><v>a</v></c>\
                     <c r=\"G3\" t=\"str\"><v>b &amp; c</v></c><c r=\"H3\"><v> 2 </v></c>\
                     <c r=\"I3\" t=\"inlineStr\"><is><t>Ida </t></is></c></row><row><c r=\"A4\"><v>3</v></c></row></worksheet>";
        let (whole, tags) = (read(sheet), read(&sheet.replace("<c r", "<c  r")));
        assert!(whole.text.contains("Navn\tCPR-nr.\n010190-1234\tTRUE\ta\tb & c\t2\tIda \n3\n"), "{}", whole.text);
        assert_eq!((whole.text, whole.pieces), (tags.text, tags.pieces));
    }

    #[test]
    fn a_text_that_is_not_there_is_damage() {
        let seen = read("<s><row><c t='s'><v>7</v></c><c><v>5</v></c></row></s>");
        assert_eq!((seen.damage.len(), seen.ended), (1, None));
        assert!(seen.text.contains('5'));
    }

    #[test]
    fn a_text_that_no_cell_refers_to_is_read_once() {
        let seen = read("<s><row><c t='s'><v>0</v></c><c t='s'><v>0</v></c></row></s>");
        assert_eq!(seen.place("CPR-nr.").position.part.as_deref(), Some("strings"));
        assert_eq!((seen.text.matches("Navn").count(), seen.text.matches("CPR-nr.").count()), (2, 1));
    }

    #[test]
    fn one_text_in_many_cells_is_paid_for() {
        let cells = "<c t='s'><v>0</v></c>".repeat(10);
        let long = "x".repeat(1 << 20);
        let seen = take_apart(
            &archive(&[
                ("[Content_Types].xml", ""),
                ("xl/workbook.xml", "<w/>"),
                ("xl/sharedStrings.xml", &format!("<sst><si><t>{long}</t></si></sst>")),
                ("xl/worksheets/sheet1.xml", &format!("<s><row>{cells}</row></s>")),
            ]),
            "x",
        );
        assert_eq!(seen.ended.map(|fault| fault.reason), Some(Reason::Bomb));
    }

    #[test]
    fn headers_lose_their_codes() {
        assert_eq!(without_codes("&L&\"-,Bold\"&12Ida&C&K01+000x && y &P"), "\tIda\tx & y ");
    }
}
