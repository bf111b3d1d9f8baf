//! PowerPoint presentations.
//!
//! In: a package with a `ppt` folder. Out: the slides in the order in which they are shown, hidden ones too, each
//! followed by its notes, comments, charts and diagrams; then masters, layouts, properties and links; then embedded
//! files. Source: ECMA-376 part 1, 19.

use std::collections::BTreeMap;

use crate::extract::Out;
use crate::extract::flow::Flow;
use crate::extract::markup::Node;
use crate::extract::ooxml::{OFFICE, add, called, main, part, rest};
use crate::extract::package::Package;
use crate::item::Fault;
use crate::record::Position;

/// Reads a presentation.
pub fn read(package: &mut Package<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let presentation = main(package, "ppt/presentation.xml", out)?;
    if !package.has(&presentation) {
        out.damage(Fault::corrupt("it has no list of slides"))?;
    }
    let mut slides: BTreeMap<String, String> =
        package.relations(&presentation, out)?.into_iter().map(|relation| (relation.id, relation.target)).collect();
    let mut order = Vec::new();
    let mut flow = Flow::new(&OFFICE);
    flow.part(&OFFICE, part("presentation"), false);
    package.sweep(&presentation, out, &mut |node, out| {
        if let Node::Open(tag) = &node
            && tag.name() == "sldId"
        {
            // Its own number is called `id` as well, but for the prefix.
            order.extend(tag.all("id").find_map(|id| slides.remove(&*id)));
        }
        flow.node(&node, out)
    })?;
    for (slide, number) in order.iter().zip(1..) {
        if !package.is_unread(slide) {
            continue;
        }
        flow.part(&OFFICE, Position { slide: Some(number), ..Position::default() }, false);
        add(package, slide, &mut flow, out)?;
        let mut links = Vec::new();
        for relation in package.relations(slide, out)? {
            let with = matches!(
                relation.kind.as_str(),
                "notesSlide" | "comments" | "chart" | "chartEx" | "diagramData" | "vmlDrawing" | "tags"
            );
            if relation.external {
                links.push(relation.target);
            } else if with && package.is_unread(&relation.target) {
                flow.part(&OFFICE, Position { slide: Some(number), ..part(&called(&relation.target)) }, false);
                add(package, &relation.target, &mut flow, out)?;
            }
        }
        flow.part(&OFFICE, Position { slide: Some(number), ..part("links") }, false);
        for link in links {
            flow.line(&link);
        }
    }
    rest(package, &mut flow, out)
}

#[cfg(test)]
mod tests {
    use crate::extract::apart::{archive, take_apart};

    #[test]
    fn slides_come_as_shown_with_their_notes() {
        let slide = |text: &str| format!("<p:sld><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>");
        let relation = |id: &str, kind: &str, target: &str| {
            format!("<Relationship Id='{id}' Type='http://x/{kind}' Target='{target}'/>")
        };
        let slides = relation("r1", "slide", "slides/slide1.xml") + &relation("r2", "slide", "slides/slide2.xml");
        let seen = take_apart(
            &archive(&[
                ("[Content_Types].xml", ""),
                ("ppt/presentation.xml", "<p><p:sldId id='256' r:id='r2'/><p:sldId id='257' r:id='r1'/></p>"),
                ("ppt/_rels/presentation.xml.rels", &format!("<R>{slides}</R>")),
                ("ppt/slides/slide1.xml", &slide("second")),
                ("ppt/slides/slide2.xml", &slide("first")),
                ("ppt/slides/slide3.xml", &slide("lost")),
                ("ppt/slides/_rels/slide1.xml.rels", &relation("r1", "notesSlide", "../notesSlides/notesSlide9.xml")),
                ("ppt/notesSlides/notesSlide9.xml", &slide("note")),
            ]),
            "x",
        );
        assert_eq!((seen.format, seen.text.as_str()), ("pptx", "first\nsecond\nnote\nlost\n"));
        let position = &seen.place("note").position;
        assert_eq!((position.slide, position.part.as_deref()), (Some(2), Some("notes")));
    }
}
