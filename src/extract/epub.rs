//! EPUB books: the text of every page, properties, and what else is in the package.
//!
//! In: an open [`Package`]. Out: pages in the order of their names, each a part; tables with their headers. Styles
//! and fonts are passed over, as in other documents. Source: W3C EPUB 3.3, OCF.

use crate::extract::flow::{ANY, Flow, Role, Vocabulary};
use crate::extract::markup::Node;
use crate::extract::ooxml::part;
use crate::extract::package::{Package, locked};
use crate::extract::{Format, Match, Out, zip};
use crate::item::{Fault, Kind};

/// Told by the archive's `mimetype`: [`zip::read`].
pub const FORMATS: &[Format] = &[Format { name: "epub", kind: Kind::Document, sniff: |_| Match::No, read: zip::read }];

/// What elements of XHTML mean to the text.
static PAGE: Vocabulary = Vocabulary {
    role: |name| match name {
        "script" | "style" => Role::Skip,
        "table" => Role::Table,
        "tr" => Role::Row,
        "td" | "th" => Role::Cell,
        "br" => Role::Write("\n"),
        "body" | "title" => Role::Text,
        "p" | "div" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt" | "dd" | "section" | "blockquote"
        | "figcaption" | "aside" | "pre" | "header" | "footer" | "caption" => Role::Line,
        _ => Role::None,
    },
    told: |name| match name {
        "a" => &["href"],
        "img" => &["alt", "title"],
        _ => &[],
    },
};

/// What elements of a table of contents are (NCX, of EPUB 2).
static CONTENTS: Vocabulary =
    Vocabulary { role: |name| if name == "text" { Role::Line } else { Role::None }, told: |_| &[] };

/// Reads a book.
pub fn read(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let mut encrypted = false;
    package.sweep("META-INF/encryption.xml", out, &mut |node, _| {
        // Fonts may be obfuscated: that hides no text.
        if let Node::Open(tag) = &node {
            encrypted |= tag.name() == "CipherReference"
                && tag.get("URI").is_some_and(|uri| uri.rsplit('.').next().is_some_and(|e| PAGES.contains(&e)));
        }
        Ok(())
    })?;
    if encrypted {
        return Err(locked());
    }
    let mut flow = Flow::new(&PAGE);
    let mut files = Vec::new();
    for name in package.unread() {
        let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            ending if PAGES.contains(&ending) => {
                flow.part(&PAGE, part(&name), false);
                package.sweep(&name, out, &mut |node, out| flow.node(&node, out))?;
            }
            "opf" => {
                flow.part(&ANY, part("properties"), false);
                package.sweep(&name, out, &mut |node, out| flow.node(&node, out))?;
            }
            "ncx" => {
                flow.part(&CONTENTS, part("contents"), false);
                package.sweep(&name, out, &mut |node, out| flow.node(&node, out))?;
            }
            "css" | "ttf" | "otf" | "woff" | "woff2" | "js" | "smil" | "mimetype" => package.pass(&name),
            _ if name.starts_with("META-INF/") => package.pass(&name),
            _ => files.push(name),
        }
    }
    flow.emit(out)?;
    package.children(&files, out)
}

/// Endings of pages.
const PAGES: &[&str] = &["xhtml", "html", "htm", "xml"];

#[cfg(test)]
mod tests {
    use crate::extract::apart::{archive, take_apart};

    #[test]
    fn pages_tables_and_properties_are_read() {
        let page = "<html><head><title>Kapitel</title><style>p{}</style></head><body><p>0101<b>90</b>-1234</p>\
                    <table><tr><th>Navn</th><th>CPR</th></tr><tr><td>Åse</td><td>020290-1234</td></tr></table></body></html>";
        let seen = take_apart(
            &archive(&[
                ("mimetype", "application/epub+zip"),
                ("META-INF/container.xml", "<c/>"),
                ("OEBPS/content.opf", "<package><metadata><dc:creator>Bo Ek</dc:creator></metadata></package>"),
                ("OEBPS/1.xhtml", page),
                ("OEBPS/toc.ncx", "<ncx><navPoint><navLabel><text>Om Ida</text></navLabel></navPoint></ncx>"),
                ("OEBPS/data.csv", "a;b\n1;2\n"),
            ]),
            "x",
        );
        assert_eq!((seen.format, seen.ended.clone(), seen.names()), ("epub", None, vec!["OEBPS/data.csv"]));
        assert_eq!(seen.place("010190-1234").position.part.as_deref(), Some("OEBPS/1.xhtml"));
        assert_eq!(seen.place("020290-1234").label.as_deref(), Some("CPR"));
        assert_eq!(seen.place("Bo Ek").position.part.as_deref(), Some("properties"));
        assert_eq!(seen.place("Om Ida").position.part.as_deref(), Some("contents"));
        assert!(!seen.text.contains("p{}"));
    }
}
