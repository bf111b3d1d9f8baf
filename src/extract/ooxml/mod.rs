//! Office Open XML: what Word, PowerPoint and Excel files have in common.
//!
//! In: an open [`Package`]. Out: the text of every part that a person may see, whatever its name, and embedded files.
//! Transitional and strict files, documents and templates, with and without macros are the same here.
//! Source: ECMA-376 part 1.

pub mod docx;
pub mod pptx;

use encoding_rs::UTF_8;

use crate::extract::bytes::size_at;
use crate::extract::charset::Charset;
use crate::extract::flow::{ANY, Flow, Role, Vocabulary};
use crate::extract::markup::Node;
use crate::extract::package::Package;
use crate::extract::{Child, Content, Format, Match, Out, macros, mime, sweep, zip};
use crate::item::{Fault, Kind};
use crate::record::Position;

/// Told by the archive's directory: [`zip::read`].
pub const FORMATS: &[Format] = &[
    Format { name: "docx", kind: Kind::Document, sniff: |_| Match::No, read: zip::read },
    Format { name: "pptx", kind: Kind::Document, sniff: |_| Match::No, read: zip::read },
];

/// WordprocessingML and DrawingML agree on the names of what matters, but for what only one of them has.
pub static OFFICE: Vocabulary = Vocabulary { role, told };

fn role(name: &str) -> Role {
    match name {
        // `font` in the drawings of buttons and boxes.
        "t" | "delText" | "text" | "font" => Role::Text,
        // `oc` and `nc`: what stood in a cell before a change, and what stands there now.
        "p" | "ser" | "comment" | "threadedComment" | "cm" | "oc" | "nc" => Role::Paragraph,
        "author" | "definedName" | "v" => Role::Line,
        "tbl" => Role::Table,
        "tr" => Role::Row,
        "tc" | "pt" => Role::Cell,
        "tab" | "ptab" => Role::Write("\t"),
        "br" | "cr" => Role::Write("\n"),
        "noBreakHyphen" => Role::Write("-"),
        "sym" => Role::Write(" "),
        "txbxContent" => Role::Aside,
        // What was deleted must not run into what took its place.
        "del" | "moveFrom" => Role::Deleted,
        "ins" | "moveTo" => Role::Inserted,
        "instrText" | "delInstrText" => Role::Piece,
        "fldChar" => Role::Between,
        // Properties hold no text but tab stops, which look like tabs; a fallback repeats what is there already.
        "pPr" | "rPr" | "sectPr" | "Fallback" | "rPh" | "phoneticPr" => Role::Skip,
        _ => Role::None,
    }
}

fn told(name: &str) -> &'static [&'static str] {
    match name {
        "docPr" | "cNvPr" => &["descr", "title", "name"],
        "prSet" => &["phldrT"],
        "shape" | "rect" | "imagedata" => &["alt", "title", "href"],
        "textpath" => &["string"],
        "docVar" => &["name", "val"],
        "default" | "listEntry" | "helpText" | "statusText" | "alias" | "tag" | "description" | "query"
        | "connectString" | "udl" | "inputCells" | "customFilter" | "sheetName" | "tblCaption"
        // `attr`: of smart tags and of markup of somebody's own; `name`: of building blocks and form fields.
        | "tblDescription" | "attr" | "name" | "title" => &["val"],
        "listItem" => &["displayText", "value"],
        "hyperlink" | "hlinkClick" | "hlinkHover" | "hlinkMouseOver" => &["tooltip"],
        // Who wrote, and who changed it.
        "comment" | "ins" | "del" | "moveFrom" | "moveTo" => &["author"],
        "person" => &["displayName", "author", "userId"],
        "presenceInfo" => &["userId"],
        // What somebody is asked to do, and who: in comments of Word and of PowerPoint.
        "Title" => &["title"],
        "Attribution" | "Assign" | "Unassign" => &["userName", "userId"],
        "author" => &["name", "userId"],
        "pivotCacheDefinition" => &["refreshedBy"],
        "fileSharing" => &["userName"],
        "cmAuthor" | "section" | "custShow" | "queryTable" | "pivotField" | "dataField" => &["name"],
        "slicer" => &["caption"],
        "slicerCacheDefinition" => &["name", "sourceName"],
        "pivotTableDefinition" => &["dataCaption", "rowHeaderCaption", "colHeaderCaption", "grandTotalCaption"],
        "definedName" => &["comment", "refersTo"],
        "connection" => &["name", "description"],
        "dbPr" => &["connection", "command"],
        "webPr" => &["url", "post"],
        "parameter" => &["string", "prompt"],
        "table" => &["comment", "altText", "altTextSummary"],
        // What people are called in pivot tables, slicers and what is filtered by.
        "item" | "selection" => &["n"],
        "filter" => &["val", "stringValue1", "stringValue2"],
        "textPr" => &["sourceFile"],
        "scenario" => &["name", "user", "comment"],
        "fldSimple" => &["instr"],
        // Pivot caches keep what their source held, also after it was deleted.
        "s" | "n" | "d" | "e" => &["v"],
        "cacheField" => &["name"],
        _ => &[],
    }
}

/// Charts of Office 2016 and later (MS-ODRAWXML 2.24.3): their points are texts themselves.
static CHARTS: Vocabulary = Vocabulary { role: |name| if name == "pt" { Role::Line } else { role(name) }, told };

/// The properties, but for what the program counts.
static PROPERTIES: Vocabulary = Vocabulary {
    role: |name| match name {
        "Pages"
        | "Words"
        | "Characters"
        | "CharactersWithSpaces"
        | "Lines"
        | "Paragraphs"
        | "TotalTime"
        | "AppVersion"
        | "Slides"
        | "Notes"
        | "HiddenSlides"
        | "MMClips"
        | "DocSecurity"
        | "created"
        | "modified"
        | "revision"
        | "i4"
        | "bool"
        | "HLinks"
        | "ScaleCrop"
        | "LinksUpToDate"
        | "SharedDoc"
        | "HyperlinksChanged" => Role::Skip,
        _ => Role::Line,
    },
    told: |name| if name == "property" { &["name"] } else { &[] },
};

/// Adds data of somebody's own making, attributes too. (What they are called nobody knows.) Queries of Power Query stand
/// there as base64, which is returned.
fn custom(package: &mut Package<'_>, name: &str, flow: &mut Flow, out: &mut Out<'_>) -> Result<Vec<String>, Fault> {
    let (mut mashups, mut inside): (Vec<String>, _) = (Vec::new(), false);
    package.sweep(name, out, &mut |node, out| {
        match &node {
            Node::Open(tag) if tag.name() == "DataMashup" => {
                inside = true;
                mashups.push(String::new());
            }
            Node::Close("DataMashup") => inside = false,
            Node::Text(text) if inside => {
                out.charge(text.len() as u64)?;
                mashups.last_mut().into_iter().for_each(|mashup| mashup.push_str(text));
            }
            _ if inside => {}
            _ => flow.node(&node, out)?,
        }
        if let Node::Open(tag) = &node {
            let names = |value: &str| value.starts_with("http://") || value.starts_with("urn:");
            tag.attributes().filter(|(_, value)| !names(value)).for_each(|(_, value)| flow.line(&value));
        }
        Ok(())
    })?;
    mashups.retain(|mashup| !mashup.trim().is_empty());
    Ok(mashups)
}

/// The package of queries (MS-QDEFF 2.2: a version, its size, the package), and the rest: permissions and metadata.
fn queries(mashup: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let bytes = mime::base64(mashup)?;
    let rest = bytes.get(8 + size_at(&bytes, 4)?..)?;
    let package = bytes.get(8..bytes.len() - rest.len()).filter(|package| package.starts_with(b"PK"))?;
    Some((package.to_vec(), rest.to_vec()))
}

/// A position in a named part.
pub fn part(name: &str) -> Position {
    Position { part: Some(name.into()), ..Position::default() }
}

/// Adds a whole part to the flow.
pub fn add(package: &mut Package<'_>, name: &str, flow: &mut Flow, out: &mut Out<'_>) -> Result<(), Fault> {
    package.sweep(name, out, &mut |node, out| flow.node(&node, out))
}

/// The main part of a package, which its relationships name.
pub fn main(package: &mut Package<'_>, usual: &str, out: &mut Out<'_>) -> Result<String, Fault> {
    let relations = package.relations("", out)?;
    let main =
        relations.into_iter().find(|relation| relation.kind == "officeDocument" && package.has(&relation.target));
    Ok(main.map_or_else(|| usual.to_owned(), |main| main.target))
}

/// All that was not read yet: properties, headers, notes, comments, charts, and parts that nobody has heard of; then
/// the addresses of links, and at last embedded files.
pub fn rest(package: &mut Package<'_>, flow: &mut Flow, out: &mut Out<'_>) -> Result<(), Fault> {
    let (mut links, mut files, mut projects, mut packages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for name in package.unread() {
        let lower = name.to_lowercase();
        if lower.ends_with(".rels") {
            let part = lower.strip_suffix(".rels").unwrap_or_default().replacen("_rels/", "", 1);
            links.extend(package.relations(&part, out)?.into_iter().filter(|r| r.external).map(|r| r.target));
        } else if lower.contains("/activex/") && lower.ends_with(".bin") {
            // What was typed into a control stands in a stream of its own ([MS-OFORMS] 2.1): the strings of it are enough.
            let text = sweep::runs(&package.bytes(&name, out)?, Charset::Known(encoding_rs::WINDOWS_1252));
            flow.part(&ANY, part("control"), false);
            text.lines().for_each(|line| flow.line(line));
        } else if macros::is_project(&name) {
            projects.push(package.bytes(&name, out)?);
        } else if furniture(&lower) {
            package.pass(&name);
        } else if lower.ends_with(".xml") || lower.ends_with(".vml") {
            if lower == "docprops/core.xml" {
                modified(package, &name, out)?;
            }
            let vocabulary = match lower.split_once('/') {
                Some(("docprops", _)) => &PROPERTIES,
                Some((_, part)) if part.starts_with("charts/chartex") => &CHARTS,
                Some(("word" | "ppt" | "xl", _)) => &OFFICE,
                _ => &ANY,
            };
            flow.part(vocabulary, part(&called(&name)), false);
            if lower.starts_with("customxml/item") {
                for mashup in custom(package, &name, flow, out)? {
                    match queries(&mashup) {
                        Some((package, rest)) => {
                            flow.part(&ANY, part("queries"), false);
                            sweep::runs(&rest, Charset::Known(UTF_8)).lines().for_each(|line| flow.line(line));
                            packages.push(package);
                        }
                        None => out.damage(Fault::corrupt("its queries are damaged"))?,
                    }
                }
            } else {
                add(package, &name, flow, out)?;
            }
        } else {
            files.push(name);
        }
    }
    links.sort();
    links.dedup();
    flow.part(&ANY, part("links"), false);
    for link in links {
        flow.line(&link);
    }
    flow.emit(out)?;
    projects.into_iter().try_for_each(|project| macros::file(project, out))?;
    for package in packages {
        out.child(Child::new("queries.zip".to_owned(), Kind::Document, Content::bytes(package)))?;
    }
    package.children(&files, out)
}

/// When the document says it was modified.
fn modified(package: &mut Package<'_>, name: &str, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut date = None;
    package.sweep(name, out, &mut |node, _| {
        match node {
            Node::Open(tag) if tag.name() == "modified" => date = Some(String::new()),
            Node::Text(text) => {
                if let Some(date) = date.as_mut().filter(|date| date.len() < 64 && !date.ends_with('Z')) {
                    date.push_str(text.trim());
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    match date.and_then(|date| date.parse().ok()) {
        Some(at) => out.modified(at),
        None => Ok(()),
    }
}

/// Parts in which nobody writes: looks, settings of the program.
fn furniture(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let stem = file.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    let ending = file.rsplit('.').next().unwrap_or_default();
    file == "[content_types].xml"
        || (matches!(stem, "styles" | "styleswitheffects" | "fonttable" | "websettings" | "numbering" | "presprops")
            || matches!(stem, "viewprops" | "tablestyles" | "calcchain" | "theme" | "themeoverride" | "colors"))
        || (matches!(stem, "quickstyle" | "layout" | "style" | "colorsdef") && folder.ends_with("diagrams"))
        || (matches!(stem, "style") && folder.ends_with("charts"))
        || ["theme", "fonts", "printersettings", "activex", "thumbnails", "_xmlsignatures"]
            .iter()
            .any(|f| folder.ends_with(f))
        || (stem.starts_with("thumbnail") && folder == "docprops")
        || matches!(stem, "vbaprojectsignature" | "vbadata")
        || matches!(ending, "sigs")
}

/// What a person calls a part: `word/header2.xml` is `header`.
pub fn called(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let folder = folder.rsplit('/').next().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    match folder.to_lowercase().as_str() {
        "docprops" => "properties",
        "charts" | "chartex" => "chart",
        "diagrams" => "diagram",
        "notesslides" => "notes",
        "slidelayouts" => "layout",
        "slidemasters" | "notesmasters" | "handoutmasters" => "master",
        "comments" | "threadedcomments" => "comments",
        "drawings" => "drawing",
        "pivotcache" | "pivottables" => "pivot",
        "externallinks" => "external",
        "glossary" => "glossary",
        _ => stem,
    }
    .to_owned()
}
