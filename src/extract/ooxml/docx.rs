//! Word documents.
//!
//! In: a package with a `word` folder. Out: the body with its paragraph as line and its page where Word has laid it
//! out, then headers, footers, notes, comments, properties and links under their names, then embedded files.
//! Inserted, deleted and hidden text counts: whoever has the file has it. Source: ECMA-376 part 1, 17.

use crate::extract::Out;
use crate::extract::flow::Flow;
use crate::extract::markup::Node;
use crate::extract::ooxml::{OFFICE, main, rest};
use crate::extract::package::Package;
use crate::item::Fault;
use crate::record::Position;

/// Reads a document.
pub fn read(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let body = main(package, "word/document.xml", out)?;
    if !package.has(&body) {
        out.damage(Fault::corrupt("it has no body"))?;
    }
    let mut flow = Flow::new(&OFFICE);
    flow.part(&OFFICE, Position::default(), true);
    package.sweep(&body, out, &mut |node, out| {
        if let Node::Open(tag) = &node {
            match tag.name() {
                "lastRenderedPageBreak" => {
                    let page = &mut flow.position().page;
                    *page = Some(page.unwrap_or(1).saturating_add(1));
                }
                "gridSpan" => flow.span(tag.get("val").and_then(|n| n.parse().ok()).unwrap_or(1)),
                _ => {}
            }
        }
        flow.node(&node, out)
    })?;
    rest(package, &mut flow, out)
}
