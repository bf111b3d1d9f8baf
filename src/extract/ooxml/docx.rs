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

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::extract::apart::{Seen, archive, take_apart};

    const RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="word/document.xml"/></Relationships>"#;

    fn read(body: &str, more: &[(&str, &str)]) -> Seen {
        let body = format!("<?xml version='1.0'?><w:document><w:body>{body}</w:body></w:document>");
        let mut parts =
            vec![("[Content_Types].xml", "<Types/>"), ("_rels/.rels", RELATIONS), ("word/document.xml", &body)];
        parts.extend(more);
        take_apart(&archive(&parts), "x.docx")
    }

    #[test]
    fn runs_are_joined_and_paragraphs_end() {
        let seen = read(
            "<w:p><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t>0101</w:t></w:r>\n  <w:r><w:t>90</w:t>\
             <w:noBreakHyphen/><w:t>12</w:t><w:softHyphen/></w:r><w:r><w:t>34</w:t><w:tab/><w:t>&#230;&amp;</w:t></w:r></w:p>\
             <w:p><w:r><w:lastRenderedPageBreak/><w:t>next</w:t></w:r></w:p>",
            &[],
        );
        assert_eq!((seen.format, seen.text.as_str()), ("docx", "010190-1234\tæ&\nnext\n"));
        assert_eq!((seen.place("010190-1234").position.line, seen.place("next").position.page), (Some(1), Some(2)));
    }

    #[test]
    fn what_interrupts_a_paragraph_follows_it() {
        let seen = read(
            "<w:p><w:r><w:t>0101</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p>\
             </w:txbxContent></mc:Choice><mc:Fallback><w:t>box</w:t></mc:Fallback></mc:AlternateContent></w:r>\
             <w:del><w:r><w:delText>89</w:delText></w:r></w:del><w:ins><w:r><w:t>90</w:t></w:r></w:ins>\
             <w:r><w:instrText>MERGEFIELD Navn</w:instrText><wp:docPr id='1' descr='a photo'/></w:r></w:p>",
            &[],
        );
        assert_eq!(seen.text, "010190\nbox\nMERGEFIELD Navn\na photo\n010189\n");
    }

    #[test]
    fn tasks_and_the_points_of_newer_charts_are_read() {
        let tasks = "<t:Tasks><t:Task id='{1}'><t:History><t:Event id='{2}'>\
                     <t:Attribution userId='S::ida@x.dk::1' userName='Ida Holm' userProvider='AD'/>\
                     <t:Title title='Ring til Bo, 010190-1234'/></t:Event></t:History></t:Task></t:Tasks>";
        let chart = "<cx:chartSpace><cx:chartData><cx:data id='0'><cx:strDim type='cat'><cx:f>_xlchart.v1.0</cx:f>\
                     <cx:lvl ptCount='2'><cx:pt idx='0'>Mette Lund</cx:pt><cx:pt idx='1'>020290-1234</cx:pt></cx:lvl>\
                     </cx:strDim></cx:data></cx:chartData></cx:chartSpace>";
        let parts = [("word/documenttasks/documenttasks1.xml", tasks), ("word/charts/chartEx1.xml", chart)];
        let seen = read("<w:p><w:r><w:t>a</w:t></w:r></w:p>", &parts);
        for line in ["S::ida@x.dk::1", "Ida Holm", "Ring til Bo, 010190-1234", "Mette Lund", "020290-1234"] {
            assert!(seen.text.lines().any(|read| read == line), "{line} in {:?}", seen.text);
        }
    }

    #[test]
    fn what_a_field_does_is_whole() {
        let run = |inside: &str| format!("<w:r><w:rPr><w:b/></w:rPr>{inside}</w:r>");
        let does = |text: &str| run(&format!("<w:instrText xml:space='preserve'>{text}</w:instrText>"));
        let char = |kind: &str| run(&format!("<w:fldChar w:fldCharType='{kind}'/>"));
        let field = |first: &str, second: &str| char("begin") + &does(first) + &does(second) + &char("end");
        let seen = read(&format!("<w:p>{}{}</w:p>", field(" QUOTE CPR ", "0101"), field("90-1234", " PAGE")), &[]);
        assert_eq!(seen.text, "QUOTE CPR 0101\n90-1234 PAGE\n");
        let seen = read(&format!("<w:p>{}{}{}</w:p>", does("a"), run("<w:t>text</w:t>"), does("b")), &[]);
        assert_eq!(seen.text, "text\na\nb\n");
    }

    #[test]
    fn what_was_typed_into_a_control_counts() {
        let wide: String = "010190-1234".chars().flat_map(|c| [c, '\0']).collect();
        let seen = read("<w:p/>", &[("word/activeX/activeX1.bin", &format!("\0\u{2}\u{1}\0{wide}\0\0Calibri"))]);
        assert_eq!(seen.place("010190-1234").position.part.as_deref(), Some("control"));
    }

    #[test]
    fn a_number_of_which_a_part_was_deleted_is_whole() {
        let run = |text: &str| format!("<w:r><w:t>{text}</w:t></w:r>");
        let del = |text: &str| format!("<w:del><w:r><w:delText>{text}</w:delText></w:r></w:del>");
        let ins = |text: &str| format!("<w:ins>{}</w:ins>", run(text));
        for (changed, text) in [
            (run("CPR: 010190-") + &del("1234") + &ins("XXXX") + &run(", Odense"), "010190-1234,"),
            (run("CPR: ") + &ins("X") + &del("010190-12") + &run("34."), "010190-1234."),
            (run("CPR 010190 ") + &del("1234") + &run(" ny"), "CPR 010190 1234"),
            (run("Tlf. 28 90 33 ") + &del("17") + &run(" ny"), "Tlf. 28 90 33 17"),
            (run("IBAN DK50 0040 0440 ") + &del("1162") + &run(" ny"), "DK50 0040 0440 1162"),
            (run("Bo Ek 020290-1234 ") + &del("er syg") + &run(" i dag"), "er syg"),
            (run("010") + &del("1") + &ins("2") + &run("9") + &del("0-1") + &run("234"), "010190-1234"),
        ] {
            let seen = read(&format!("<w:p>{changed}</w:p><w:p>{}</w:p>", run("efter")), &[]);
            assert!(seen.text.lines().any(|line| line == text) && seen.text.ends_with("efter\n"), "{}", seen.text);
        }
    }

    #[test]
    fn deleted_rows_and_deletions_outside_of_paragraphs_swallow_nothing() {
        let cell = |text: &str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
        let row = "<w:tr><w:trPr><w:del w:id='1'/></w:trPr>";
        let table = format!("<w:tbl><w:tr>{}</w:tr>{row}{}</w:tr></w:tbl>", cell("28903317"), cell("010190-1234"));
        assert_eq!(read(&table, &[]).text, "28903317\n010190-1234\n");
        let loose = "<w:p><w:r><w:t>Bo</w:t></w:r></w:p><w:del><w:r><w:delText>010190-1234</w:delText></w:r></w:del>";
        assert_eq!(read(loose, &[]).text, "Bo\n010190-1234\n");
    }

    #[test]
    fn what_people_write_into_attributes_counts() {
        let seen = read(
            "<w:p><w:smartTag w:element='x'><w:smartTagPr><w:attr w:name='n' w:val='Ida'/></w:smartTagPr><w:r><w:t>text</w:t></w:r>\
             </w:smartTag></w:p><w:tbl><w:tblPr><w:tblStyle w:val='Grid'/><w:tblCaption w:val='Hold B'/></w:tblPr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>",
            &[
                ("xl/slicers/slicer1.xml", "<slicers><slicer name='s' caption='Medarbejder'/></slicers>"),
                (
                    "xl/pivotTables/pivotTable1.xml",
                    "<pivotTableDefinition dataCaption='Løn'><pivotField name='Bo'/></pivotTableDefinition>",
                ),
            ],
        );
        for said in ["Ida", "text", "Hold B", "Medarbejder", "Løn", "Bo"] {
            assert!(seen.text.contains(said), "{said}: {}", seen.text);
        }
        assert!(!seen.text.contains("Grid"));
    }

    #[test]
    fn cells_stand_under_the_first_row() {
        let cell = |text: &str| format!("<w:tc><w:tcPr/><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
        let row = |a: &str, b: &str| format!("<w:tr>{}{}</w:tr>", cell(a), cell(b));
        let table =
            format!("<w:tbl>{}{}</w:tbl><w:p><w:t>after</w:t></w:p>", row("Navn", "CPR"), row("Ida", "010190-1234"));
        let seen = read(&table, &[]);
        assert_eq!(seen.text, "Navn\tCPR\nIda\t010190-1234\nafter\n");
        assert_eq!(seen.place("010190-1234").label.as_deref(), Some("CPR"));
        assert_eq!((seen.place("CPR").label.clone(), seen.place("after").label.clone()), (None, None));
    }

    #[test]
    fn every_part_counts_and_embedded_files_come_last() {
        let seen = read(
            "<w:p><w:t>body</w:t></w:p>",
            &[
                ("word/header2.xml", "<w:hdr><w:p><w:t>head</w:t></w:p></w:hdr>"),
                ("word/comments.xml", "<w:comments><w:comment><w:p><w:t>note</w:t></w:p></w:comment></w:comments>"),
                (
                    "word/_rels/document.xml.rels",
                    "<R><Relationship Type='x/hyperlink' Target='mailto:a@b.dk' TargetMode='External'/></R>",
                ),
                (
                    "docProps/core.xml",
                    "<c><dc:creator>Ida</dc:creator><dcterms:modified>2020-01-02T03:04:05Z</dcterms:modified></c>",
                ),
                ("docProps/app.xml", "<P><Characters>101901234</Characters><Company>Firma</Company></P>"),
                ("customXml/item1.xml", "<a><b>custom</b></a>"),
                ("word/styles.xml", "<w:styles><w:t>no</w:t></w:styles>"),
                ("word/embeddings/a.txt", "inside"),
            ],
        );
        let part = |piece: &str| seen.place(piece).position.part.clone().unwrap();
        assert_eq!(
            [part("head"), part("note"), part("Ida"), part("mailto:a@b.dk")],
            ["header", "comments", "properties", "links"]
        );
        assert!(seen.text.contains("Firma") && seen.text.contains("custom") && !seen.text.contains("no\n"));
        assert!(!seen.text.contains("101901234"));
        assert_eq!(seen.modified.as_deref(), Some("2020-01-02T03:04:05Z"));
        assert_eq!(seen.names(), ["word/embeddings/a.txt"]);
    }

    #[test]
    fn queries_are_read_out_of_their_package() {
        let queries = archive(&[("Formulas/Section1.m", "shared Medlemmer = #table({\"CPR\"}, {{\"010190-1234\"}});")]);
        let size = u32::try_from(queries.len()).unwrap();
        let mashup = STANDARD.encode([&[0; 4][..], &size.to_le_bytes(), &queries, &[0; 12]].concat());
        let item =
            format!("\u{FEFF}<DataMashup xmlns=\"http://schemas.microsoft.com/DataMashup\">{mashup}</DataMashup>");
        let wide: Vec<u8> = item.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let document = "<w:document><w:body><w:p><w:t>body</w:t></w:p></w:body></w:document>";
        let file = |item: &[u8]| {
            let parts: [(&str, &[u8]); 3] = [
                ("[Content_Types].xml", b""),
                ("word/document.xml", document.as_bytes()),
                ("customXml/item1.xml", item),
            ];
            take_apart(&archive(&parts), "a.docx")
        };
        let seen = file(&wide);
        let Ok(inside) = &seen.children[0].1 else { panic!("{:?}", seen.names()) };
        assert_eq!(
            (seen.text.as_str(), seen.names(), inside.names()),
            ("body\n", vec!["queries.zip"], vec!["Formulas/Section1.m"])
        );
        assert!(inside.children[0].1.as_ref().unwrap().text.contains("010190-1234"));
        let seen = file(b"<DataMashup>torn!</DataMashup>");
        assert_eq!((seen.text.as_str(), seen.children.len(), seen.damage.len()), ("body\n", 0, 1));
    }

    #[test]
    fn a_broken_part_is_damage_and_entities_stay_small() {
        let seen =
            read("<w:p><w:t>&bomb; body</w:t></w:p>", &[("word/header1.xml", "<w:p><w:t>head</w:t></w:p><!-- never")]);
        assert_eq!(seen.text, "\u{FFFD} body\nhead\n");
        assert_eq!((seen.damage.len(), seen.ended), (1, None));
    }
}
