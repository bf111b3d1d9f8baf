//! HTML as people see it (WHATWG tokenizer): the text of each block on a line, cells parted by tabs, inline elements
//! joined, so that `<b>0101</b>90-1234` comes together. Comments and the values of attributes that people write are
//! read too; of scripts the strings, or data in JSON. Files in `data:` addresses are children.
//!
//! A cell's label is its column's `<th>`, or else its row's; an input's that of its `<label>`, or else its name.

use std::collections::HashSet;
use std::sync::Arc;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use crate::extract::marked::{Marked, Place, advance};
use crate::extract::{Child, Content, Format, Head, Match, Out, charset, quoted, text};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// HTML.
pub const FORMATS: &[Format] = &[Format { name: "html", kind: Kind::Document, sniff, read }];

/// Elements that stand inside a line; all others begin a new one.
const INLINE: &[&[u8]] = &[
    b"a", b"abbr", b"acronym", b"b", b"bdi", b"bdo", b"big", b"cite", b"code", b"data", b"del", b"dfn", b"em", b"font",
    b"i", b"img", b"input", b"ins", b"kbd", b"label", b"mark", b"meta", b"nobr", b"o:p", b"q", b"s", b"samp", b"small",
    b"span", b"strike", b"strong", b"sub", b"sup", b"time", b"tt", b"u", b"var", b"wbr",
];

/// A label or header longer than this is text.
const LABEL: usize = 200;
/// Columns of a table whose headers are remembered.
const COLUMNS: usize = 4096;
/// Tables within tables.
const TABLES: usize = 64;

fn sniff(head: &Head<'_>) -> Match {
    let Some(text) = head.text().filter(|text| text.contains('<')) else { return Match::No };
    let text = text.to_ascii_lowercase();
    let mut start = text.trim_start();
    while let Some((_, rest)) = start.strip_prefix("<!--").and_then(|s| s.split_once("-->")) {
        start = rest.trim_start();
    }
    if let Some((_, rest)) = start.strip_prefix("<?xml").and_then(|s| s.split_once("?>")) {
        start = rest.trim_start(); // XHTML
        return if begins(start, &["!doctype html", "html"]) { Match::ByContent } else { Match::No };
    }
    const PAGE: &[&str] = &["!doctype html", "html", "head"];
    const FIRST: &[&str] = &[
        "body", "meta", "title", "style", "script", "div", "p", "table", "span", "font", "br", "h1", "h2", "h3", "ul",
        "ol", "center", "a", "b", "pre", "img", "form",
    ];
    if begins(start, PAGE) || (begins(start, FIRST) && (text.contains("</") || text.matches('<').count() > 3)) {
        Match::ByContent
    } else if head.named(&["htm", "html", "xhtml", "mht", "aspx", "asp", "php", "jsp", "cshtml"])
        && text.contains('<')
        && text.contains('>')
    {
        Match::ByName
    } else {
        Match::No
    }
}

/// The text begins with one of these tags.
fn begins(text: &str, tags: &[&str]) -> bool {
    let Some(text) = text.strip_prefix('<') else { return false };
    tags.iter()
        .any(|tag| text.strip_prefix(tag).is_some_and(|rest| rest.starts_with(['>', ' ', '/', '\t', '\r', '\n'])))
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let bytes = match content.whole_or_flowing()? {
        Ok(bytes) => bytes,
        Err(content) => return text::stream(content, out, &|_, _, _| None),
    };
    let source = charset::decode(&bytes, declared(&bytes).as_deref());
    let mut marked = Marked::new();
    let mut files = Vec::new();
    let mut page = Page::new(&source, &mut marked);
    page.lines = Some(Cursor::new(&source));
    page.out = Some(out);
    page.files = Some(&mut files);
    page.run()?;
    marked.emit(out)?;
    // A list shows the same few signs over and over.
    let mut met = HashSet::new();
    for file in &files {
        let Some(bytes) = quoted::data(file).filter(|_| met.insert(file)) else { continue };
        let name = format!("data{}.{}", met.len(), quoted::ending(file));
        out.child(Child::new(name, Kind::Document, Content::bytes(bytes)))?;
    }
    Ok(())
}

/// The encoding that a `<meta>` names, in whichever of its two forms, or the XML declaration.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..4096).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, value) = head.split_once("charset=").or_else(|| head.split_once("encoding="))?;
    let value = value.trim_start_matches([' ', '"', '\'']);
    let end = value.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c))).unwrap_or(value.len());
    value.get(..end).map(str::to_owned)
}

/// Appends the text of an HTML body. Positions are the caller's; labels are added.
pub(super) fn push(html: &str, into: &mut Marked) {
    // Without `out`, nothing can fail.
    let _ = Page::new(html, into).run();
    into.end_line();
}

/// Offsets → lines and columns, walking forwards.
pub(super) struct Cursor<'s> {
    source: &'s str,
    at: usize,
    line: u64,
    column: u64,
}

impl<'s> Cursor<'s> {
    /// At the beginning.
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0, line: 1, column: 1 }
    }

    /// Line and column of an offset. One before the last that was asked for is where that was.
    pub(super) fn at(&mut self, offset: usize) -> (u64, u64) {
        let offset = self.source.floor_char_boundary(offset);
        if let Some(between) = self.source.get(self.at..offset) {
            let (lines, column) = advance(between);
            self.line += lines;
            self.column = if lines == 0 { self.column + column } else { 1 + column };
            self.at = offset;
        }
        (self.line, self.column)
    }
}

/// A table being read.
#[derive(Default)]
struct Table {
    headers: Vec<Option<Arc<str>>>,
    row_header: Option<Arc<str>>,
    column: usize,
    /// Where the open cell began.
    begin: usize,
    /// The text of an open `<th>`.
    header: Option<String>,
}

/// A start tag's attribute: name, value, and where the value stands.
type Attribute = (Vec<u8>, String, usize);

/// What is open, and where text goes.
struct Page<'p, 'o> {
    source: &'p str,
    into: &'p mut Marked,
    lines: Option<Cursor<'p>>,
    out: Option<&'p mut Out<'o>>,
    fault: Option<Fault>,
    tag: Vec<u8>,
    attributes: Vec<Attribute>,
    /// Contents that nobody sees are passed over up to the end of this element.
    hidden: Option<Vec<u8>>,
    tables: Vec<Table>,
    label: Option<Arc<str>>,
    /// The text of an open `<label>`, and of the last one.
    labelling: Option<String>,
    labelled: Option<Arc<str>>,
    /// Comments and attribute values of the open block: they follow it, so that they cut no number.
    asides: Vec<(String, Place)>,
    /// Addresses that hold files.
    files: Option<&'p mut Vec<String>>,
    /// White space that only counts if text follows on the same line.
    space: bool,
}

impl<'p, 'o> Page<'p, 'o> {
    fn new(source: &'p str, into: &'p mut Marked) -> Self {
        Self {
            source,
            into,
            lines: None,
            out: None,
            fault: None,
            tag: Vec::new(),
            attributes: Vec::new(),
            hidden: None,
            tables: Vec::new(),
            label: None,
            labelling: None,
            labelled: None,
            asides: Vec::new(),
            files: None,
            space: false,
        }
    }

    fn run(mut self) -> Result<(), Fault> {
        let source = self.source;
        let page = &mut self;
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
            page.event(event, span);
            page.fault.is_some().then_some(())
        });
        emitter.naively_switch_states(true);
        // The first token is a fault: see above.
        let _ = Tokenizer::new_with_emitter(source, emitter).next();
        self.block();
        self.fault.map_or(Ok(()), Err)
    }

    fn event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = name.to_vec();
                self.attributes.clear();
            }
            CallbackEvent::AttributeName { name } => self.attributes.push((name.to_vec(), String::new(), span.end)),
            CallbackEvent::AttributeValue { value } => {
                if let Some(last) = self.attributes.last_mut() {
                    (last.1, last.2) = (String::from_utf8_lossy(value).into_owned(), span.start);
                }
            }
            CallbackEvent::CloseStartTag { .. } => self.start(),
            CallbackEvent::EndTag { name } => self.end(name),
            CallbackEvent::String { value } if self.hidden.is_none() => {
                let text = String::from_utf8_lossy(value);
                self.text(&text, span);
            }
            CallbackEvent::String { value } if self.hidden.as_deref() == Some(b"script") => {
                let script = String::from_utf8_lossy(value);
                for (at, string) in quoted::strings(&script) {
                    self.aside(string.to_owned(), span.start + at, None, Some("script"));
                }
            }
            CallbackEvent::Comment { value } => {
                let text = String::from_utf8_lossy(value).into_owned();
                self.aside(text, span.start + "<!--".len(), None, Some("comment"));
            }
            _ => {}
        }
    }

    fn start(&mut self) {
        let tag = std::mem::take(&mut self.tag);
        match tag.as_slice() {
            b"script" | b"style" if !self.attribute(b"type").is_some_and(|kind| kind.contains("json")) => {
                self.hidden = Some(tag.clone());
            }
            b"table" if self.tables.len() < TABLES => {
                self.block();
                self.tables.push(Table::default());
            }
            b"tr" => {
                self.block();
                if let Some(table) = self.tables.last_mut() {
                    (table.column, table.row_header, table.header) = (0, None, None);
                }
            }
            b"td" | b"th" => self.cell(&tag),
            b"label" => self.labelling = Some(String::new()),
            b"dt" | b"dd" => self.block(),
            name if !INLINE.contains(&name) => self.block(),
            _ => {}
        }
        self.values(&tag);
        self.tag = tag;
    }

    fn end(&mut self, tag: &[u8]) {
        if self.hidden.as_deref() == Some(tag) {
            self.hidden = None;
        }
        match tag {
            b"td" | b"th" => self.end_cell(),
            b"label" => self.labelled = self.labelling.take().and_then(|text| named(&text)),
            b"table" => {
                self.block();
                self.tables.pop();
                self.name(None);
            }
            name if !INLINE.contains(&name) => self.block(),
            _ => {}
        }
    }

    /// A cell begins: its label is known now.
    fn cell(&mut self, tag: &[u8]) {
        self.end_cell();
        let Some(table) = self.tables.last_mut() else { return };
        if tag == b"th" {
            table.header = Some(String::new());
            self.name(None);
        } else {
            let label = table.headers.get(table.column).cloned().flatten().or_else(|| table.row_header.clone());
            self.name(label);
        }
        let span = self.attribute(b"colspan").and_then(|n| n.trim().parse::<usize>().ok()).unwrap_or(1).clamp(1, 1000);
        if let Some(table) = self.tables.last_mut() {
            table.begin = table.column;
            table.column = table.column.saturating_add(span);
        }
    }

    /// A cell ends. A header in it names its column, if nothing did yet, and its row.
    fn end_cell(&mut self) {
        let Some(table) = self.tables.last_mut() else { return };
        if let Some(text) = table.header.take() {
            let header = named(&text);
            let column = table.begin;
            if column < COLUMNS
                && table.headers.len() <= column
                && header.is_some()
                && table.row_header.is_none() | (table.headers.len() == column)
            {
                table.headers.resize(column, None);
                // Every column that it spans stands under it.
                table.headers.resize(table.column.clamp(column + 1, COLUMNS), header.clone());
            }
            table.row_header = header;
        }
        if table.column > 0 && !self.into.is_empty() && !self.into.text().ends_with(['\n', '\t']) {
            self.into.push("\t");
        }
        self.space = false;
        self.name(None);
    }

    fn attribute(&self, name: &[u8]) -> Option<&str> {
        self.attributes.iter().find(|(key, ..)| key == name).map(|(_, value, _)| value.as_str())
    }

    /// The attribute values that people write.
    fn values(&mut self, tag: &[u8]) {
        let name = self.attribute(b"name").or(self.attribute(b"property")).and_then(named);
        for (key, value, at) in std::mem::take(&mut self.attributes) {
            let label = match key.as_slice() {
                b"value" | b"placeholder"
                    if tag == b"input" || tag == b"option" || tag == b"button" || tag == b"data" =>
                {
                    self.labelled.clone().or_else(|| name.clone())
                }
                b"content" | b"value" => name.clone(),
                b"alt" | b"title" | b"placeholder" | b"summary" | b"label" | b"srcdoc" => None,
                b"href" | b"action" if is_contact(&value) || is_about_one(&value) => None,
                b"href" | b"src" | b"data" if value.starts_with("data:text/") => {
                    if let Some(text) = quoted::text(&value) {
                        self.aside(text, at, None, Some("data"));
                    }
                    continue;
                }
                b"href" | b"src" | b"data" if value.starts_with("data:") => {
                    if let Some(files) = &mut self.files {
                        files.push(value);
                    }
                    continue;
                }
                // A picture that is drawn of what is asked for: a letter's barcode.
                b"src" | b"data" | b"poster" | b"background"
                    if tag != b"script" && value.split_once('?').is_some_and(|(_, asked)| is_about_one(asked)) =>
                {
                    None
                }
                key if key.starts_with(b"aria-") || key.starts_with(b"data-") || key.starts_with(b"on") => None,
                _ => continue,
            };
            if !value.trim().is_empty() {
                self.aside(value, at, label, None);
            }
        }
        if tag == b"input" {
            self.labelled = None;
        }
    }

    fn place(&mut self, at: usize, label: Option<Arc<str>>, part: Option<&str>) -> Place {
        let (line, column) = self.lines.as_mut().map(|lines| lines.at(at)).unzip();
        Place { position: Position { line, column, part: part.map(Into::into), ..Position::default() }, label }
    }

    fn aside(&mut self, text: String, at: usize, label: Option<Arc<str>>, part: Option<&str>) {
        let place = self.place(at, label, part);
        self.asides.push((text, place));
    }

    /// Under what name the text that follows stands.
    fn name(&mut self, label: Option<Arc<str>>) {
        if self.label != label {
            self.label = label;
            if self.lines.is_none() {
                self.into.label(self.label.clone());
            }
        }
    }

    /// Text as the tokenizer decoded it, line by line of the source, so that line ends become the spaces they are.
    fn text(&mut self, text: &str, span: Span<usize>) {
        let mut at = span.start;
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                let source = self.source.as_bytes().get(at..).unwrap_or_default();
                // Each of the three kinds of line ends is one to the tokenizer.
                at += memchr::memchr2(b'\n', b'\r', source).map_or(0, |end| {
                    end + 1 + usize::from(source.get(end..).is_some_and(|rest| rest.starts_with(b"\r\n")))
                });
                self.space = true;
            }
            let trimmed = line.trim_start_matches([' ', '\t', '\r', '\x0C']);
            self.space |= trimmed.len() < line.len();
            let body = trimmed.trim_end_matches([' ', '\t', '\r', '\x0C']);
            if body.is_empty() {
                continue;
            }
            if self.space && !self.into.text().ends_with(['\n', '\t', ' ']) && !self.into.is_empty() {
                self.into.push(" ");
            }
            self.pieces(body, at + line.len() - trimmed.len());
            self.space = body.len() < trimmed.len();
            for open in
                [self.labelling.as_mut(), self.tables.last_mut().and_then(|t| t.header.as_mut())].into_iter().flatten()
            {
                if open.len() <= LABEL {
                    open.push_str(body);
                    open.push(' ');
                }
            }
        }
    }

    /// Part of one line, marked anew behind each character reference, which is longer than what it stands for.
    fn pieces(&mut self, text: &str, at: usize) {
        if self.lines.is_none() {
            return self.into.push(text);
        }
        let whole = self.source;
        let (mut text, mut source, mut at) = (text, whole.get(at..).unwrap_or_default(), at);
        while !text.is_empty() {
            let place = self.place(at, self.label.clone(), None);
            self.into.mark(place);
            // No farther than the text goes: the source goes on to the end of the page.
            let near = source.as_bytes().get(..text.len()).unwrap_or(source.as_bytes());
            let plain = memchr::memchr(b'&', near).unwrap_or(near.len());
            let (run, rest) = match text.split_at_checked(plain) {
                Some((run, rest)) if source.starts_with(run) => (run, rest),
                _ => (text, ""),
            };
            self.into.push(run);
            let Some(c) = rest.chars().next() else { return };
            self.into.push(rest.get(..c.len_utf8()).unwrap_or_default());
            text = rest.get(c.len_utf8()..).unwrap_or_default();
            let used = run.len() + reference(source.get(run.len()..).unwrap_or_default(), c);
            (source, at) = (source.get(used..).unwrap_or_default(), at + used);
        }
    }

    /// The line ends; what was put aside follows on lines of its own.
    fn block(&mut self) {
        self.space = false;
        self.into.end_line();
        if !self.asides.is_empty() {
            for (text, place) in std::mem::take(&mut self.asides) {
                match self.lines {
                    Some(_) => self.into.mark(place),
                    None => self.into.label(place.label),
                }
                self.into.line(&text);
            }
            if self.lines.is_none() {
                self.into.label(self.label.clone());
            }
        }
        if let Some(out) = self.out.as_mut().filter(|_| self.into.full() && self.fault.is_none()) {
            self.fault = self.into.emit(out).err();
        }
    }
}

/// How long the character reference is that stands for this character, or the ampersand alone.
fn reference(source: &str, c: char) -> usize {
    let body = source.get(1..).unwrap_or_default();
    let length = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(body.len());
    let name = body.get(..length).unwrap_or_default();
    if c == '&' && !["amp", "AMP", "#38", "#x26", "#X26"].contains(&name) {
        return 1;
    }
    1 + length + usize::from(body.get(length..).is_some_and(|rest| rest.starts_with(';')))
}

/// A header or label as a name: without the colon and star that forms put behind it.
fn named(text: &str) -> Option<Arc<str>> {
    let text = text.trim().trim_end_matches([':', '*', ' ']);
    (!text.is_empty() && text.len() <= LABEL).then(|| Arc::from(text))
}

/// A link to a person, not to a page.
fn is_contact(href: &str) -> bool {
    ["mailto:", "tel:", "sms:", "callto:"]
        .iter()
        .any(|scheme| href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// A link that may say of whom it is: `/sag?cpr=211162-9997`, `?til=bo@x.dk`.
fn is_about_one(href: &str) -> bool {
    /// Digits in a row of a number that tells people apart, at least.
    const DIGITS: usize = 6;
    let runs = || href.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    href.contains('@')
        || href.contains("%40")
        || runs().any(|run| run.len() >= DIGITS && run.first().is_some_and(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing::{find, read};

    #[test]
    fn inline_elements_join_and_blocks_part() {
        let source = "<html><body><p>CPR <b>0101</b>90-<i>1234</i>\n  og\n  mere</p><div>to</div>tre<br>fire</body>";
        let seen = read("a", source.as_bytes());
        assert_eq!(seen.format, "html");
        assert_eq!(seen.text, "CPR 010190-1234 og mere\nto\ntre\nfire\n");
        for word in ["0101", "90-", "og", "mere", "tre", "fire"] {
            assert_eq!(seen.at(word), find(word, source), "{word}");
        }
    }

    #[test]
    fn entities_are_decoded_and_positions_kept() {
        let source =
            "<p>S&oslash;ren&nbsp;&#197;gren &amp; co &lt;bo@x.dk&gt; a&b 010190&#8209;1234 æ x</p>\r\n<p>tail</p>";
        let seen = read("a.htm", source.as_bytes());
        assert_eq!(seen.text, "Søren\u{A0}Ågren & co <bo@x.dk> a&b 010190\u{2011}1234 æ x\ntail\n");
        for word in ["gren", "bo@", "&b", "010190", "1234", "æ x", "tail"] {
            assert_eq!(seen.at(word), find(word, source), "{word}");
        }
    }

    #[test]
    fn cells_stand_under_their_headers() {
        let text = "<table><tr><th>Navn</th><th>CPR</th></tr><tr><td>Bo</td><td>010190-1234</td></tr></table>\
                    <table><tr><th>Telefon:<td>12345678<tr><th>Mail<td>bo@x.dk</table><p>030390-1234";
        let seen = read("a.html", text.as_bytes());
        assert!(seen.text.contains("Bo\t010190-1234"), "{}", seen.text);
        assert_eq!((seen.label("Bo"), seen.label("010190")), ("Navn", "CPR"));
        assert_eq!((seen.label("12345678"), seen.label("bo@x.dk")), ("Telefon", "Mail"));
        assert_eq!(seen.label("030390"), "");
        let mut marked = Marked::new();
        push(text, &mut marked);
        assert_eq!(marked.text(), seen.text);
    }

    #[test]
    fn what_people_wrote_in_attributes_and_comments_is_read() {
        let text = "<div><label for=x>Personnummer</label><input id=x name=f1 value='010190-1234'><input name=tlf value=12345678>\
                    <a href='mailto:bo@x.dk' title='Ring 87654321' class=c>Bo</a><!-- 020290-1234 --><a href='http://x/'>x</a></div>\
                    <script>var a = 1;</script><style>p { }</style><meta name=author content='Anna'>";
        let seen = read("a.html", text.as_bytes());
        assert_eq!((seen.label("010190"), seen.label("12345678")), ("Personnummer", "tlf"));
        assert_eq!(seen.at("010190"), find("010190", text));
        assert_eq!(seen.label("Anna"), "author");
        assert!(seen.text.contains("mailto:bo@x.dk\n") && seen.text.contains("Ring 87654321"));
        assert_eq!(seen.place("020290").position.part.as_deref(), Some("comment"));
        let asked = "<p>Hej<img src='https://x.dk/qr?tekst=010190-1234'><img src='030390-1234.png?size=2'>\
                     <script src='a.js?v=202011221201'></script>";
        let seen = read("a.html", asked.as_bytes());
        assert!(seen.text.contains("tekst=010190-1234"), "{}", seen.text);
        assert!(!seen.text.contains("030390") && !seen.text.contains("a.js"), "{}", seen.text);
        let seen = read("a.html", "<html><img src='data:image/png;base64,aGVq'><p>x</p>".repeat(2).as_bytes());
        assert_eq!(seen.children, [("data1.png".to_owned(), Kind::Document, Ok(b"hej".to_vec()))]);
        assert!(
            !seen.text.contains("var a") && !seen.text.contains("p {") && !seen.text.contains("http"),
            "{}",
            seen.text
        );
    }

    #[test]
    fn declared_encodings_are_honoured() {
        let seen = read("a.html", b"<html><head><meta charset=\"iso-8859-1\"></head><p>\xC6r\xF8");
        assert!(seen.text.contains("Ærø"));
        let seen =
            read("a.html", b"<html><meta http-equiv=Content-Type content='text/html; charset=windows-1252'>\xC6r\xF8");
        assert!(seen.text.contains("Ærø"));
    }

    #[test]
    fn told_by_its_tags() {
        for text in
            ["<!DOCTYPE html><p>x", "<?xml version='1.0'?><html xmlns='x'>", "<p>Hej</p>", "<!-- x --><div>a</div>"]
        {
            assert_eq!(read("a", text.as_bytes()).format, "html", "{text}");
        }
        for text in ["Skriv <b>fedt</b>", "<bo@x.dk> skrev", "<a", "a < b"] {
            assert_eq!(read("a", text.as_bytes()).format, "text", "{text}");
        }
    }

    #[test]
    fn much_text_goes_out_in_pieces() {
        let seen = read("a.html", "<p>abc</p>".repeat(500_000).as_bytes());
        assert_eq!(seen.text.len(), 2_000_000);
    }
}
