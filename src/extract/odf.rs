//! OpenDocument: texts, spreadsheets, presentations and drawings of LibreOffice.
//!
//! In: an open [`Package`]. Out: the text as it is displayed (a cell holds its formatted value), with its sheet and
//! cell, slide or page; notes, comments, deleted text; headers and footers; properties; embedded files.
//! Source: OASIS OpenDocument 1.3 part 3.

use std::collections::{HashMap, HashSet};

use mail_parser::decoders::base64::base64_decode;

use crate::extract::flow::{ANY, Flow, Role, Vocabulary};
use crate::extract::headers::cell_name;
use crate::extract::markup::{self, Node, Tag};
use crate::extract::ooxml::part;
use crate::extract::package::{Package, locked};
use crate::extract::sheet::xlsx::literals;
use crate::extract::{Child, Content, Format, Head, Match, Out};
use crate::item::{Fault, Kind, Reason};
use crate::record::Position;

/// Told by the archive's `mimetype` (`zip`); by itself, each is a document in one piece of XML.
pub const FORMATS: &[Format] = &[
    Format { name: "odt", kind: Kind::Document, sniff: |head| flat(head, "odt"), read: read_flat },
    Format { name: "ods", kind: Kind::Document, sniff: |head| flat(head, "ods"), read: read_flat },
    Format { name: "odp", kind: Kind::Document, sniff: |head| flat(head, "odp"), read: read_flat },
    Format { name: "odg", kind: Kind::Document, sniff: |head| flat(head, "odg"), read: read_flat },
];

/// The root element says what it is.
fn flat(head: &Head<'_>, is: &str) -> Match {
    if !head.holds(b"<office:document") {
        return Match::No;
    }
    // A text may speak of it.
    let root = head.text().filter(|text| text.trim_start().starts_with('<'));
    let root = root.and_then(|text| text.split_once("<office:document"));
    let root = root.and_then(|(_, root)| root.split_once('>'));
    let kind = root
        .and_then(|(root, _)| root.split_once("office:mimetype="))
        .and_then(|(_, kind)| kind.split(['"', '\'']).nth(1));
    if kind.and_then(format) == Some(is) { Match::ByContent } else { Match::No }
}

/// Reads a document in one piece.
fn read_flat(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut flow = Flow::new(&FLAT);
    let (mut place, mut changes) = (Place::default(), Tracked::default());
    // Pictures and objects stand between the texts and are items behind them.
    let (mut files, mut inside, mut masters) = (Vec::new(), false, false);
    let mut room = out.budget().limits().whole;
    markup::sweep(content.reader(), out, None, &mut |node, out| {
        match &node {
            Node::Open(tag) if tag.name() == "binary-data" => {
                inside = true;
                files.push(String::new());
            }
            Node::Close("binary-data") => inside = false,
            Node::Text(text) if inside => {
                let Some(left) = room.checked_sub(text.len() as u64) else {
                    inside = false;
                    return out
                        .damage(Fault::new(Reason::TooLarge, "its pictures are larger than may be held in memory"));
                };
                room = left;
                if let Some(file) = files.last_mut() {
                    file.extend(text.chars().filter(|c| !c.is_whitespace()));
                }
            }
            Node::Open(tag) if tag.name() == "meta" => flow.position().part = Some("properties".into()),
            Node::Open(tag) if tag.name() == "master-styles" => {
                masters = true;
                flow.position().part = Some(MASTER.into());
            }
            Node::Close("master-styles") => {
                masters = false;
                flow.position().part = None;
            }
            Node::Close("meta") => flow.position().part = None,
            node if masters => margin(node, &mut flow),
            _ => {}
        }
        place.follow(&node, &mut flow);
        changes.follow(&node, &mut flow);
        flow.node(&node, out)
    })?;
    flow.part(&ANY, part("properties"), false);
    place.names.iter().for_each(|name| flow.line(name));
    flow.emit(out)?;
    for (file, number) in files.iter().zip(1u32..) {
        let bytes = base64_decode(file.as_bytes()).ok_or_else(|| Fault::corrupt("an embedded file is damaged"));
        let child = Child::new(format!("object{number}"), Kind::Document, Content::bytes(&[][..]));
        out.child(Child { content: bytes.map(Content::bytes), ..child })?;
    }
    Ok(())
}

/// In one piece, properties stand before the text.
static FLAT: Vocabulary = Vocabulary {
    role: |name| match name {
        "keyword" | "subject" | "description" | "user-defined" | "initial-creator" => Role::Note,
        name => role(name),
    },
    told,
};

/// The format of a media type, with its templates and masters.
pub fn format(media_type: &str) -> Option<&'static str> {
    let kind = media_type
        .strip_prefix("application/vnd.oasis.opendocument.")
        .or_else(|| media_type.strip_prefix("application/vnd.sun.xml."))?;
    match kind.split('-').next()?.split('.').next()? {
        "text" | "writer" => Some("odt"),
        "spreadsheet" | "calc" => Some("ods"),
        "presentation" | "impress" => Some("odp"),
        "graphics" | "draw" => Some("odg"),
        _ => None,
    }
}

static OPEN_DOCUMENT: Vocabulary = Vocabulary { role, told };

fn role(name: &str) -> Role {
    match name {
        // What stands in the margins of slides is declared.
        "p" | "h" | "creator" | "header-decl" | "footer-decl" | "date-time-decl" => Role::Line,
        "table" => Role::Table,
        "table-row" => Role::Row,
        "table-cell" | "covered-table-cell" => Role::Cell,
        "s" => Role::Write(" "),
        "tab" => Role::Write("\t"),
        "line-break" => Role::Write("\n"),
        "note" | "annotation" | "text-box" | "custom-shape" => Role::Aside,
        "desc" | "title" => Role::Note,
        "date" | "note-citation" | "font-face-decls" | "automatic-styles" | "forms-extension" | "binary-data" => {
            Role::Skip
        }
        _ => Role::None,
    }
}

fn told(name: &str) -> &'static [&'static str] {
    match name {
        "a" => &["href", "title"],
        "named-range" | "show" => &["name"],
        "named-expression" => &["name", "expression"],
        "filter-condition" | "filter-set-item" => &["value"],
        "data-pilot-member" => &["name"],
        "scenario" => &["comment"],
        "condition" => &["value"],
        "label" | "list-item" => &["value", "display-text"],
        "param" => &["value"],
        "text" | "textarea" | "formatted-text" | "combobox" | "hidden" => &["current-value", "value"],
        "item" | "option" | "button" | "checkbox" | "radio" | "fixed-text" | "frame" => &["label"],
        // What fields hold and do not show.
        "hidden-text" | "user-field-decl" => &["string-value"],
        "conditional-text" => &["string-value-if-true", "string-value-if-false"],
        "placeholder" | "text-input" => &["description"],
        "alphabetical-index-mark" => &["string-value", "key1", "key2"],
        "event-listener" => &["href"],
        "content-validation" => &["condition"],
        _ => &[],
    }
}

/// What all pages or slides have in common.
const MASTER: &str = "master";

/// Headers and footers stand on the master page.
fn margin(node: &Node<'_>, flow: &mut Flow) {
    let (name, opened) = match node {
        Node::Open(tag) => (tag.name(), true),
        Node::Close(name) => (*name, false),
        Node::Text(_) => return,
    };
    let part = match name {
        "header" | "header-left" | "header-first" => "header",
        "footer" | "footer-left" | "footer-first" => "footer",
        _ => return,
    };
    flow.position().part = Some(if opened { part } else { MASTER }.into());
}

/// Reads a document.
pub fn read(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    if encrypted(package, out)? {
        return Err(locked());
    }
    if !package.has("content.xml") {
        out.damage(Fault::corrupt("it has no content"))?;
    }
    let mut flow = Flow::new(&OPEN_DOCUMENT);
    let (mut place, mut changes) = (Place::default(), Tracked::default());
    package.sweep("content.xml", out, &mut |node, out| {
        place.follow(&node, &mut flow);
        changes.follow(&node, &mut flow);
        flow.node(&node, out)
    })?;

    flow.part(&OPEN_DOCUMENT, part(MASTER), false);
    package.sweep("styles.xml", out, &mut |node, out| {
        margin(&node, &mut flow);
        flow.node(&node, out)
    })?;
    flow.part(&ANY, part("properties"), false);
    place.names.iter().for_each(|name| flow.line(name));
    let mut modified = None;
    package.sweep("meta.xml", out, &mut |node, out| {
        match &node {
            Node::Open(tag) if tag.name() == "date" => modified = Some(String::new()),
            Node::Text(text) => {
                if let Some(date) = modified.as_mut().filter(|date| date.is_empty()) {
                    date.push_str(text.trim());
                }
            }
            _ => {}
        }
        flow.node(&node, out)
    })?;
    if let Some(at) = modified.and_then(|date| timestamp(&date)) {
        out.modified(at)?;
    }

    let mut files = Vec::new();
    for name in package.unread() {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
        let furniture = ["Thumbnails", "ObjectReplacements", "META-INF", "Configurations2", "Fonts", "Basic"];
        if furniture.contains(&folder.split('/').next().unwrap_or_default())
            || matches!(file, "mimetype" | "settings.xml" | "manifest.rdf" | "layout-cache" | "meta.xml")
        {
            package.pass(&name);
        } else if file.ends_with(".xml") {
            flow.part(&OPEN_DOCUMENT, part("object"), false);
            package.sweep(&name, out, &mut |node, out| flow.node(&node, out))?;
        } else {
            files.push(name);
        }
    }
    flow.emit(out)?;
    package.children(&files, out)
}

/// Times in OpenDocument have no zone, or any.
fn timestamp(date: &str) -> Option<jiff::Timestamp> {
    let local = || date.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    date.parse().ok().or_else(|| Some(local()?.timestamp()))
}

/// The manifest says how parts are encrypted, if they are.
fn encrypted(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<bool, Fault> {
    let mut encrypted = false;
    package.sweep("META-INF/manifest.xml", out, &mut |node, _| {
        encrypted |= matches!(node, Node::Open(tag) if matches!(tag.name(), "encryption-data" | "encrypted-key"));
        Ok(())
    })?;
    Ok(encrypted)
}

/// Sheets and cells, slides, pages, counted while they go by.
#[derive(Default)]
struct Place {
    sheets: bool,
    row: u32,
    rows: u32,
    column: u32,
    columns: u32,
    /// What the sheets are called.
    names: Vec<String>,
    /// The value of a cell that has no text, as some programs write it.
    value: Option<String>,
    /// The texts in its formula.
    formula: String,
}

/// What was changed while changes were tracked: deleted text stands before all other, and a mark where it stood
/// (OpenDocument 1.3, part 3, 5.5).
#[derive(Default)]
struct Tracked {
    /// The change that is being told.
    region: String,
    /// Inside of what it deleted, and of who did when.
    deleting: bool,
    info: bool,
    texts: HashMap<String, String>,
    added: HashSet<String>,
    /// Bytes of all of them.
    size: usize,
}

/// Of what was deleted so much is put where it stood, in bytes; all of it stands at the beginning.
const DELETED: usize = 1 << 20;

impl Tracked {
    fn follow(&mut self, node: &Node<'_>, flow: &mut Flow) {
        match node {
            Node::Open(tag) => {
                let id = || tag.get("change-id").unwrap_or_default();
                match tag.name() {
                    "changed-region" => self.region = tag.get("id").unwrap_or_default().into_owned(),
                    "insertion" if self.size < DELETED => {
                        self.size += self.region.len();
                        self.added.insert(self.region.clone());
                    }
                    "deletion" => self.deleting = true,
                    "change-info" => self.info = true,
                    "change" => {
                        if let Some(text) = self.texts.get(&*id()) {
                            flow.deleted(text, true);
                        }
                    }
                    "change-start" if self.added.contains(&*id()) => flow.added(true),
                    "change-end" if self.added.contains(&*id()) => flow.added(false),
                    _ => {}
                }
            }
            Node::Close("change-info") => self.info = false,
            Node::Close("deletion") => self.deleting = false,
            Node::Text(text) if self.deleting && !self.info && self.size < DELETED => {
                self.size += text.len();
                self.texts.entry(self.region.clone()).or_default().push_str(text.trim_matches(['\n', '\r']));
            }
            _ => {}
        }
    }
}

impl Place {
    fn follow(&mut self, node: &Node<'_>, flow: &mut Flow) {
        match node {
            Node::Open(tag) => self.open(tag, flow),
            // What is shown says it, but for `1,23E+09` and `###`.
            Node::Text(text) if !text.contains("E+") && !text.contains("##") && !text.trim().is_empty() => {
                self.value = None
            }
            Node::Close("notes") => flow.position().part = None,
            Node::Close("table") if self.sheets => *flow.position() = Position::default(),
            Node::Close("table-row") => self.row = self.row.saturating_add(self.rows),
            Node::Close("table-cell" | "covered-table-cell") => {
                if let Some(value) = self.value.take().filter(|_| self.sheets) {
                    flow.line(&value);
                }
                flow.line_in(Some("formula"), &std::mem::take(&mut self.formula));
                self.column = self.column.saturating_add(self.columns);
            }
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>, flow: &mut Flow) {
        let repeated = |name| tag.get(name).and_then(|n| n.parse().ok()).unwrap_or(1u32).max(1);
        match tag.name() {
            "spreadsheet" => self.sheets = true,
            "table" if self.sheets => {
                (self.row, self.column) = (0, 0);
                let name = tag.get("name").map(|name| name.into_owned());
                self.names.extend(name.clone());
                flow.position().sheet = name.map(Into::into);
            }
            "table-row" => {
                (self.rows, self.column) = (repeated("number-rows-repeated"), 0);
            }
            "table-cell" | "covered-table-cell" => {
                self.columns = repeated("number-columns-repeated");
                flow.span(self.columns);
                if self.sheets {
                    flow.position().cell = Some(cell_name(self.row, self.column));
                    let value = ["string-value", "date-value", "value"].iter().find_map(|name| tag.get(name));
                    self.value = value.map(|value| value.into_owned());
                    self.formula = tag.get("formula").map(|formula| literals(&formula)).unwrap_or_default();
                }
            }
            "page" => {
                let slide = &mut flow.position().slide;
                *slide = Some(slide.unwrap_or(0).saturating_add(1));
            }
            "notes" => flow.position().part = Some("notes".into()),
            "note" => flow.aside(if tag.get("note-class").is_some_and(|class| class == "endnote") {
                "endnotes"
            } else {
                "footnotes"
            }),
            "annotation" => flow.aside("comments"),
            "soft-page-break" => {
                let page = &mut flow.position().page;
                *page = Some(page.unwrap_or(1).saturating_add(1));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::{Seen, archive, take_apart};
    use crate::item::Reason;

    fn read(kind: &str, content: &str, manifest: &str) -> Seen {
        let kind = format!("application/vnd.oasis.opendocument.{kind}");
        let meta = "<m><dc:date>2020-01-02T03:04:05.6</dc:date><meta:keyword>word</meta:keyword></m>";
        take_apart(
            &archive(&[
                ("mimetype", kind.as_str()),
                ("content.xml", content),
                ("meta.xml", meta),
                ("META-INF/manifest.xml", manifest),
            ]),
            "x",
        )
    }

    #[test]
    fn notes_remarks_and_margins_are_parts() {
        let styles = "<s><style:master-page><style:header><text:p>above</text:p></style:header>\
                      <style:footer><text:p>below</text:p></style:footer><draw:frame><text:p>behind</text:p></draw:frame>\
                      </style:master-page></s>";
        let content = "<t><text:p>a<text:note text:note-class='endnote'><text:p>last</text:p></text:note>\
                       <text:note text:note-class='footnote'><text:p>foot</text:p></text:note>\
                       <office:annotation><dc:creator>Ida</dc:creator><text:p>remark</text:p></office:annotation>b</text:p>\
                       <table:table><table:table-row><table:table-cell table:formula='of:=&quot;hidden&quot;&amp;A2'>\
                       <text:p>shown</text:p></table:table-cell></table:table-row></table:table></t>";
        let mimetype = "application/vnd.oasis.opendocument.text";
        let parts = [("mimetype", mimetype), ("content.xml", content), ("styles.xml", styles)];
        let seen = take_apart(&archive(&parts), "x");
        let part = |text: &str| seen.place(text).position.part.clone();
        assert_eq!(
            (part("ab"), part("last").as_deref(), part("foot").as_deref()),
            (None, Some("endnotes"), Some("footnotes"))
        );
        assert_eq!((part("Ida").as_deref(), part("remark").as_deref()), (Some("comments"), Some("comments")));
        assert_eq!((part("above").as_deref(), part("below").as_deref()), (Some("header"), Some("footer")));
        assert_eq!((part("behind").as_deref(), part("shown")), (Some("master"), None));
        let sheet = content.replace("<table:table>", "<office:spreadsheet><table:table table:name='Ark1'>");
        let kind = "application/vnd.oasis.opendocument.spreadsheet";
        let seen = take_apart(&archive(&[("mimetype", kind), ("content.xml", &sheet)]), "x");
        let position = &seen.place("hidden").position;
        assert_eq!((position.cell.as_deref(), position.part.as_deref()), (Some("A1"), Some("formula")));
    }

    #[test]
    fn text_is_joined_and_notes_follow() {
        let seen = read(
            "text",
            "<t>\n <text:p>0101<text:span>90</text:span>-12<text:note><text:note-citation>1</text:note-citation>\
             <text:p>note</text:p></text:note>34<text:s/>x</text:p>\n<text:h>head</text:h></t>",
            "",
        );
        assert_eq!(
            (seen.format, seen.text.as_str()),
            ("odt", "010190-1234 x\nnote\nhead\n2020-01-02T03:04:05.6\nword\n")
        );
        assert_eq!(seen.modified.as_deref(), Some("2020-01-02T03:04:05.6Z"));
    }

    #[test]
    fn a_number_of_which_a_part_was_deleted_is_whole() {
        let region = |id: &str, what: &str| format!("<text:changed-region text:id='{id}'>{what}</text:changed-region>");
        let info = "<office:change-info><dc:creator>Ida</dc:creator></office:change-info>";
        let changes = region("a", &format!("<text:deletion>{info}<text:p>1234</text:p></text:deletion>"))
            + &region("b", &format!("<text:insertion>{info}</text:insertion>"))
            + &region("c", &format!("<text:deletion>{info}<text:p>alone</text:p></text:deletion>"));
        let text = "<text:p>CPR 010190-<text:change text:change-id='a'/><text:change-start text:change-id='b'/>XXXX\
                    <text:change-end text:change-id='b'/>, by <text:change text:change-id='c'/> nu</text:p>";
        let seen = read("text", &format!("<t><text:tracked-changes>{changes}</text:tracked-changes>{text}</t>"), "");
        assert!(seen.text.contains("CPR 010190-XXXX, by  nu\nCPR 010190-1234,\n"), "{}", seen.text);
        assert_eq!(seen.text.matches("alone").count(), 1);
    }

    #[test]
    fn what_fields_hold_and_do_not_show_counts() {
        let seen = read(
            "text",
            "<t><form:combobox form:current-value='chosen'/><form:checkbox form:label='tick'/>\
             <text:user-field-decl text:name='n' office:string-value='declared'/>\
             <presentation:footer-decl presentation:name='f'>margin</presentation:footer-decl><text:p>\
             <text:conditional-text text:string-value-if-true='yes' text:string-value-if-false='no'>yes</text:conditional-text>\
             <text:hidden-text text:string-value='hidden'/></text:p></t>",
            "",
        );
        for said in ["chosen", "tick", "declared", "margin", "yes", "no", "hidden"] {
            assert!(seen.text.lines().any(|line| line == said), "{said}: {}", seen.text);
        }
    }

    #[test]
    fn cells_have_names_and_labels() {
        let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
        let content = format!(
            "<office:spreadsheet><table:table table:name='Ark1'><table:table-row table:number-rows-repeated='3'/>\
             <table:table-row>{}<table:table-cell table:number-columns-repeated='2'/>{}</table:table-row>\
             <table:table-row>{}<table:table-cell table:number-columns-repeated='2'/>{}<table:table-cell office:value='7'/>\
             </table:table-row></table:table></office:spreadsheet>",
            cell("Navn"),
            cell("CPR"),
            cell("Ida"),
            cell("010190-1234"),
        );
        let seen = read("spreadsheet", &content, "");
        let place = seen.place("010190-1234");
        assert_eq!((place.position.sheet.as_deref(), place.position.cell.as_deref()), (Some("Ark1"), Some("D5")));
        assert_eq!(place.label.as_deref(), Some("CPR"));
        assert_eq!(seen.place("7").position.cell.as_deref(), Some("E5"));
    }

    #[test]
    fn what_a_picture_is_called_is_not_what_it_shows() {
        let frame = "<d:frame><svg:title>Ida</svg:title><svg:desc>foto</svg:desc></d:frame>";
        let seen = read("text", &format!("<o:text><t:p>hej{frame}</t:p></o:text>"), "");
        assert!(seen.text.starts_with("hej\nIda\nfoto\n"), "{:?}", seen.text);
    }

    #[test]
    fn what_is_filtered_by_is_read() {
        let filter = "<t:filter-condition t:value='Ida'><t:filter-set-item t:value='Bo Ek'/></t:filter-condition>";
        let pivot = "<t:data-pilot-member t:name='Ea'/>";
        let seen = read("spreadsheet", &format!("<o:spreadsheet><t:table/>{filter}{pivot}</o:spreadsheet>"), "");
        assert!(["Ida", "Bo Ek", "Ea"].iter().all(|name| seen.text.contains(name)), "{:?}", seen.text);
    }

    #[test]
    fn a_number_too_long_for_its_cell_is_read() {
        let cell = |shown: &str| format!("<t:table-cell o:value='1508462731'><t:p>{shown}</t:p></t:table-cell>");
        for (shown, text) in [
            ("1,51E+09", "1,51E+09\n1508462731\n"),
            ("###", "###\n1508462731\n"),
            ("", "1508462731\n"),
            ("150846-2731", "150846-2731\n"),
        ] {
            let row = format!("<t:table-row>{}</t:table-row>", cell(shown));
            let seen = read("spreadsheet", &format!("<o:spreadsheet><t:table>{row}</t:table></o:spreadsheet>"), "");
            assert!(seen.text.starts_with(&(text.to_owned() + "2020")), "{:?}", seen.text);
        }
    }

    #[test]
    fn a_comment_follows_its_cell() {
        let cell = "<t:table-cell><o:annotation><t:p>note</t:p></o:annotation><t:p>value</t:p></t:table-cell>";
        let content = format!(
            "<o:spreadsheet><t:table t:name='A'><t:table-row>{cell}{cell}</t:table-row></t:table></o:spreadsheet>"
        );
        let seen = read("spreadsheet", &content, "");
        assert!(seen.text.starts_with("value\nnote\tvalue\nnote\n"), "{:?}", seen.text);
    }

    #[test]
    fn a_document_in_one_piece_has_cells_too() {
        let flat = |kind: &str, body: &str| {
            let text = format!(
                "<?xml version='1.0'?>\n<office:document xmlns:office='o' office:version='1.3' \
                 office:mimetype='application/vnd.oasis.opendocument.{kind}'><office:meta><dc:title>titel 1</dc:title>\
                 <meta:keyword>ord 2</meta:keyword></office:meta><office:body>{body}</office:body></office:document>"
            );
            take_apart(text.as_bytes(), "x")
        };
        let seen = flat(
            "spreadsheet",
            "<office:spreadsheet><t:table t:name='Ark1'><t:table-row><t:table-cell><t:p>CPR</t:p></t:table-cell><t:table-cell>\
             <t:p>Navn</t:p></t:table-cell></t:table-row><t:table-row><t:table-cell><t:p>010190-1234</t:p></t:table-cell>\
             <t:table-cell><t:p>Åse</t:p></t:table-cell></t:table-row></t:table></office:spreadsheet>",
        );
        assert_eq!((seen.format, seen.ended.clone()), ("ods", None));
        let place = seen.place("010190-1234");
        assert_eq!((place.position.cell.as_deref(), place.label.as_deref()), (Some("A2"), Some("CPR")));
        assert_eq!(seen.place("ord 2").position.part.as_deref(), Some("properties"));
        let seen = flat(
            "text",
            "<t:p>0101<t:span>90-12</t:span>34<d:image><office:binary-data>QUJD</office:binary-data></d:image></t:p>",
        );
        assert_eq!((seen.format, seen.place("010190-1234").position.part.clone()), ("odt", None));
        assert!(!seen.text.contains("QUJD"));
        assert_eq!(seen.children.len(), 1);
        assert_eq!(seen.children[0].0, "object1");
    }

    #[test]
    fn encrypted_is_told() {
        let seen = read("text", "", "<m><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></m>");
        assert_eq!(seen.ended.map(|fault| fault.reason), Some(Reason::Encrypted));
    }
}
