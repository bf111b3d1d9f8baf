use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::budget::{Budget, Limits};
use crate::extract::{Part, Place, extract};

/// What came out of a file.
#[derive(Default)]
struct Read {
    ended: Option<Fault>,
    texts: Vec<(String, Place)>,
    children: Vec<(String, Vec<u8>)>,
    damage: Vec<Fault>,
    modified: Option<Timestamp>,
}

impl Read {
    fn all(&self) -> String {
        self.texts.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// The place of a text, asked at the text.
    fn place(&self, of: &str) -> Place {
        self.texts.iter().find(|(line, _)| line.contains(of)).map(|(_, place)| place.clone()).expect(of)
    }
}

fn read(bytes: &[u8]) -> Read {
    let budget = Budget::new(&Limits::default(), Arc::new(AtomicBool::new(false)));
    let mut read = Read::default();
    let ended = extract(Content::bytes(bytes), "a.pdf", None, &budget, &mut |_| (), &mut |part| {
        match part {
            Part::Text(text) => {
                assert!(read.children.is_empty(), "texts come before children");
                let mut at = text.own.start;
                for line in text.str[text.own.clone()].split_inclusive('\n') {
                    read.texts.push((line.to_owned(), (text.place)(at)));
                    at += line.len();
                }
            }
            Part::Child(child) => {
                read.children.push((child.name, child.content.map_or(Vec::new(), |c| c.whole().unwrap().into_owned())))
            }
            Part::Damage(fault) | Part::Unseen(fault) => read.damage.push(fault),
            Part::Modified(at) => read.modified = Some(at),
            Part::Format(_) | Part::Mail(_) | Part::Passed(_) | Part::Soon(_) | Part::Seen(..) => {}
        }
        Ok(())
    });
    read.ended = ended.err();
    read
}

/// A file of these objects, numbered from 1; the first is the catalog. `{n}` streams carry their own length.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.7\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (object, number) in objects.iter().zip(1..) {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        let _ = writeln!(file, "{number} 0 obj\n{object}\nendobj");
    }
    let (start, size) = (file.len(), objects.len() + 1);
    let _ = write!(
        file,
        "xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R/Info {} 0 R>>\nstartxref\n{start}\n%%EOF\n",
        objects.len()
    );
    file.into_bytes()
}

fn stream(dictionary: &str, content: &str) -> String {
    format!("<<{dictionary}/Length {}>>\nstream\n{content}\nendstream", content.len())
}

const INFO: &str = "<</Title(Liste)/Author(Ida S\\370rensen)/ModDate(D:20240203040506+01'00')>>";
const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

/// One page with this content; `page` is added to its dictionary, `catalog` to the catalog, `more` begins with object 6.
fn page(content: &str, page: &str, catalog: &str, more: &[&str]) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R{catalog}>>");
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>\
         /XObject<</X 6 0 R>>>>{page}>>"
    );
    let content = stream("", content);
    let mut objects = vec![&*catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", &page, &content, FONT];
    objects.extend(more);
    objects.push(INFO);
    pdf(&objects)
}

#[test]
fn words_come_together_by_their_gaps() {
    let mut content = String::from("BT /F 10 Tf 50 700 Td (CPR-nummer) Tj ET\n");
    // Digits are 5.56 wide; drawn one by one, and not in order.
    let number = "010190-1234";
    let mut x = 120.0;
    let mut glyphs: Vec<String> = Vec::new();
    for c in number.chars() {
        glyphs.push(format!("BT /F 10 Tf {x} 700 Td ({c}) Tj ET\n"));
        x += if c == '-' { 3.33 } else { 5.56 };
    }
    glyphs.rotate_left(4);
    content.extend(glyphs);
    content.push_str("BT /F 10 Tf 50 680 Td [(02)-20(0190)30(-)-40(1235)-300(S\\370ren)] TJ ET\n");
    content.push_str("BT /F 10 Tf 50 670 Td [(CPR)-130(010190)-130(12)-130(kr)] TJ ET\n");
    content.push_str("BT /F 10 Tf 50 660 Td (left) Tj 200 0 Td (right) Tj 0 3 Td 0 0 Td ET\n");
    let read = read(&page(&content, "", "", &[]));
    let lines: Vec<_> = read.texts.iter().map(|(line, _)| line.trim_end()).collect();
    assert_eq!(lines[..4], ["CPR-nummer\t010190-1234", "020190-1235 Søren", "CPR 01019012 kr", "left\tright"]);
    assert_eq!(read.texts[0].1.position, Position { page: Some(1), ..Position::default() });
    assert_eq!(read.damage, []);
}

#[test]
fn spaced_letters_and_fonts_of_other_widths_part_no_words() {
    let content = "BT /F 10 Tf 3 Tc 50 700 Td (Ida S\\370rensen) Tj 0 Tc ( bor) Tj 0 -20 Td [(f)-250(a)-250(f)] TJ ET
        /G 10 Tf BT 50 600 Td (010190-1234 MOMs WAGON) Tj ET";
    // Three times as wide as the letters of the font that is there instead, or a third.
    let widths = (32..127).map(|code| if code % 2 == 0 { "1500 " } else { "200 " }).collect::<String>();
    let font = format!(
        "<</Type/Font/Subtype/TrueType/BaseFont/Fantasy/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126/Widths[{widths}]\
         /FontDescriptor<</Type/FontDescriptor/FontName/Fantasy/Flags 32>>>>"
    );
    let read = read(&page(content, "/Resources<</Font<</F 5 0 R/G 7 0 R>>>>", "", &["null", &font]));
    assert!(read.all().starts_with("Ida Sørensen bor\nf a f\n010190-1234 MOMs WAGON\n"), "{}", read.all());
}

#[test]
fn accents_drawn_over_letters_are_part_of_them() {
    let content = "BT /F 10 Tf 50 700 Td [(Ren\\264)445(e d\\264Or O)555(\\250)-222(zt)] TJ ET";
    assert_eq!(read(&page(content, "", "", &[])).texts[0].0, "René d´Or Özt\n");
}

#[test]
fn lines_come_in_reading_order_whatever_the_order_of_drawing_and_the_rotation() {
    let content = "BT /F 10 Tf 50 600 Td (third) Tj ET BT /F 10 Tf 50 700 Td (first) Tj ET BT /F 10 Tf 50 650 Td (second) Tj ET\n\
                   BT /F 10 Tf 0 1 -1 0 30 100 Tm (up the margin) Tj ET";
    for rotate in ["", "/Rotate 180"] {
        assert!(read(&page(content, rotate, "", &[])).all().contains("up the margin\n"), "{rotate}");
    }
    assert!(read(&page(content, "", "", &[])).all().starts_with("first\nsecond\nthird\nup the margin\n"));
    let sideways = "BT /F 10 Tf 0 1 -1 0 100 50 Tm (first) Tj ET BT /F 10 Tf 0 1 -1 0 120 50 Tm (second) Tj ET";
    assert!(read(&page(sideways, "/Rotate 90", "", &[])).all().starts_with("first\nsecond\n"));
}

#[test]
fn words_broken_over_lines_come_together_in_their_column() {
    let content = "BT /F 10 Tf 12 TL 50 700 Td (diabe-) Tj T* (tes) Tj T* (010190-) Tj T* (1234) Tj ET";
    assert!(read(&page(content, "", "", &[])).all().starts_with("diabetes\n010190-\n1234\n"));
    let content = "BT /F 10 Tf 12 TL 50 700 Td (a dia-) Tj T* (betes) Tj ET BT /F 10 Tf 12 TL 90 700 Td (right) Tj T* (side) Tj ET";
    assert!(read(&page(content, "", "", &[])).all().starts_with("a diabetes\tright\nside\n"));
}

#[test]
fn numbers_broken_over_the_lines_of_a_cell_come_together() {
    let cell = |x: u32, y: u32, text: &str| format!("BT /F 10 Tf {x} {y} Td ({text}) Tj ET\n");
    let rows = [
        ["Anna Marie", "2111", "anna.holm-"],
        ["Holm", "62-", "vik@firma."],
        ["", "9997", "example.dk"],
        ["Bo Ek", "010190-", "bo@x.dk"],
        ["", "1234", "og 12 andre"],
        ["SE45 5000 7466", "12", "1,5"],
        ["5050-1055", "1234-5678", "2"],
        ["afd., cand.jur.", "skriv til bo@x.dk.", "BO@X.DK"],
        ["anna@x.dk", "ida@x.dk", "eva@x.dk"],
        ["cand.jur.", "7", "8"],
        ["ole@x.dk", "7", "8"],
        ["Ida Moe", "4711", "side-"],
        ["Ole Vik", "4712", "gaden"],
    ];
    let mut content = String::new();
    for (row, y) in rows.iter().zip((1..=70).rev().map(|n| n * 12)) {
        for (text, x) in row.iter().zip([50, 200, 320]).filter(|(text, _)| !text.is_empty()) {
            content.push_str(&cell(x, y, text));
        }
    }
    let all = read(&page(&content, "", "", &[])).all();
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(lines.first(), Some(&"Anna Marie\t211162-9997\tanna.holm-vik@firma.example.dk"), "{all}");
    assert_eq!(lines.get(2), Some(&"Bo Ek\t010190-1234\tbo@x.dk"), "{all}");
    assert!(all.contains("SE45 5000 7466\t12\t1,5\n5050-1055\t1234-5678\t2\n"), "{all}");
    assert!(all.contains("cand.jur.\tskriv til bo@x.dk.\tBO@X.DK\nanna@x.dk\tida@x.dk\teva@x.dk\n"), "{all}");
    assert!(all.contains("cand.jur.\t7\t8\nole@x.dk\t7\t8\n"), "{all}");
    assert!(all.contains("Ida Moe\t4711\tsidegaden\nOle Vik\t4712\n"), "{all}");
}

#[test]
fn columns_of_text_are_read_down_and_tables_across() {
    let words = [
        "det var en gang en mand som hed Ib",
        "og han boede i et hus ved fjorden 010190-",
        "1234 stod der i hans pas, og mere",
        "skal vi ikke fortælle her i dag",
    ];
    let column = |x: u32, y: u32, word: &str| -> String {
        words
            .iter()
            .zip(0..)
            .map(|(line, n)| format!("BT /F 8 Tf {x} {} Td ({word} {line}) Tj ET ", y - n * 12))
            .collect()
    };
    let title = "BT /F 8 Tf 50 720 Td (En overskrift som er lang og g\\345r tv\\346rs over begge spalter, saa den staar for sig selv) Tj ET ";
    // Level or not, and whichever was drawn first.
    for content in [
        format!("{title}{}{}", column(50, 700, "v"), column(320, 700, "h")),
        format!("{title}{}{}", column(320, 695, "h"), column(50, 700, "v")),
    ] {
        let text = read(&page(&content, "", "", &[])).all();
        let lines: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(lines[..9], ["En", "v", "v", "v", "v", "h", "h", "h", "h"], "{text}");
        assert!(text.contains("010190-\nv 1234"));
    }
    let row = |y: u32| {
        format!("BT /F 8 Tf 50 {y} Td (en lang tekst om en ting {y}) Tj 270 0 Td (og en lang tekst om {y}) Tj ET ")
    };
    let table: String = (0..5).map(|n| row(700 - 12 * n)).collect();
    assert!(
        read(&page(&table, "", "", &[])).all().starts_with("en lang tekst om en ting 700\tog en lang tekst om 700\n")
    );
    let labels: String = (0..5).map(|n| format!("BT /F 8 Tf 50 {} Td (Felt {n}) Tj ET ", 700 - 12 * n)).collect();
    let values: String =
        (0..5).map(|n| format!("BT /F 8 Tf 320 {} Td (en lang tekst om en ting {n}) Tj ET ", 700 - 12 * n)).collect();
    assert!(
        read(&page(&(labels + &values), "", "", &[])).all().starts_with("Felt 0\ten lang tekst om en ting 0\nFelt 1\t")
    );
}

#[test]
fn text_drawn_twice_is_read_once() {
    let content =
        "BT /F 10 Tf 2 Tr 50 700 Td (stroked) Tj ET BT 0 Tr /F 10 Tf 50 650 Td (bold) Tj 0.3 0 Td (bold) Tj ET";
    assert!(read(&page(content, "", "", &[])).all().starts_with("stroked\nbold\n"));
}

#[test]
fn form_xobjects_are_read_and_circles_end() {
    let form = stream(
        "/Type/XObject/Subtype/Form/BBox[0 0 500 800]/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>",
        "BT /F 10 Tf 50 500 Td (inside) Tj ET /X Do",
    );
    assert!(read(&page("/X Do", "", "", &[&form])).all().starts_with("inside\n"));
}

#[test]
fn states_are_saved_and_every_way_to_show_text_is_known() {
    let content = "BT q /G gs 50 700 Td 200 Tz (a) Tj (b) Tj Q 1 0 0 1 50 680 Tm /F 10 Tf 12 TL (c) ' 20 0 (d e) \" \
                   q 2 0 0 2 0 0 cm 1 0 0 1 25 300 Tm (f) Tj Q 1 0 0 1 50 580 Tm 3 Ts (g) Tj 0 Ts (h) Tj ET";
    let appearance = stream("/BBox[0 0 10 10]/Resources<</Font<</F 5 0 R>>>>", "BT /F 2 Tf 0 5 Td (seen) Tj ET");
    let annotations = [0, 2].map(|flags| format!("<</Rect[50 500 150 600]/F {flags}/AP<</N<</On 7 0 R>>>>/AS/On>>"));
    let resources = "/Resources<</Font<</F 5 0 R>>/ExtGState<</G<</Font[5 0 R 10]>>>>>>";
    let read =
        read(&page(content, &format!("/Annots[{}]{resources}", annotations.concat()), "", &["null", &appearance]));
    assert!(read.all().starts_with("ab\nc\nd\te\nf\ngh\nseen\n"), "{}", read.all());
    assert_eq!(read.all().matches("seen").count(), 1);
}

#[test]
fn what_stands_beside_the_pages() {
    let file = stream("/Type/EmbeddedFile", "the letter");
    let read = read(&page(
        "BT /F 10 Tf 50 700 Td (text) Tj ET",
        "/Annots[7 0 R 8 0 R 9 0 R]",
        "/AcroForm<</Fields[8 0 R 12 0 R]>>/Outlines 10 0 R/Names<</EmbeddedFiles<</Names[(a)<</F(x)/UF(brev.txt)/EF<</F 11 0 R>>>>]>>>>",
        &[
            "null",
            "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(a remark)/T(Bo Holm)>>",
            "<</Type/Annot/Subtype/Widget/FT/Tx/Rect[0 0 9 9]/T(cpr)/TU(CPR-nummer)/V<FEFF003000310030>>>",
            "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(mailto:ida@example.org)>>>>",
            "<</First 13 0 R>>",
            &file,
            "<</T(parent)/Kids[12 0 R 14 0 R]>>",
            "<</Title(chapter)/Next 13 0 R/First 10 0 R>>",
            "<</Parent 12 0 R/FT/Ch/V[(one)(two)]>>",
        ],
    ));
    assert_eq!(read.ended, None);
    let annotation = Position { page: Some(1), part: Some("annotations".into()), ..Position::default() };
    assert_eq!(read.place("a remark").position, annotation);
    assert_eq!(read.place("Bo Holm").position, annotation);
    assert_eq!(read.place("mailto:ida@example.org").position, annotation);
    let field = read.place("010\n");
    assert_eq!(field.position, Position { page: Some(1), part: Some("form".into()), ..Position::default() });
    assert_eq!(field.label.as_deref(), Some("CPR-nummer"));
    assert_eq!(read.place("two").label.as_deref(), Some("parent"));
    assert_eq!(read.place("chapter").position.part.as_deref(), Some("bookmarks"));
    assert_eq!(read.place("Ida Sørensen").label.as_deref(), Some("Author"));
    assert_eq!(read.modified, Some("2024-02-03T03:05:06Z".parse().unwrap()));
    assert_eq!(read.children, [("brev.txt".to_owned(), b"the letter".to_vec())]);
}

#[test]
fn forms_of_xml_add_what_the_fields_do_not_say() {
    let packet = stream("", "<d><navn>Ida</navn><cpr>010190-1234</cpr></d>");
    let form = "/AcroForm<</Fields[7 0 R]/XFA[(datasets) 8 0 R]>>";
    let read = read(&page("", "", form, &["null", "<</FT/Tx/T(navn)/V(Ida)>>", &packet]));
    assert_eq!(read.all().matches("Ida\n").count(), 1);
    assert_eq!(read.place("010190-1234").label.as_deref(), Some("cpr"));
}

#[test]
fn metadata_adds_what_the_properties_do_not_say() {
    let metadata = stream(
        "/Type/Metadata/Subtype/XML",
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:Description pdf:Producer=\"Press\" xmpMM:DocumentID=\"uuid:1\">\
         <dc:creator><rdf:Seq><rdf:li>Bo &amp; Ida</rdf:li></rdf:Seq></dc:creator>\
         <dc:title><rdf:Alt><rdf:li>Liste</rdf:li></rdf:Alt></dc:title></rdf:Description></x:xmpmeta>",
    );
    let read = read(&page("", "", "/Metadata 6 0 R", &[&metadata]));
    assert_eq!(read.place("Bo & Ida").label.as_deref(), Some("creator"));
    assert_eq!(read.place("Press").label.as_deref(), Some("Producer"));
    assert_eq!(read.all().matches("Liste").count(), 1);
    assert!(!read.all().contains("uuid"));
}

#[test]
fn a_scanned_page_is_told_of() {
    let picture = stream("/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "x");
    let read = read(&page("/X Do", "", "", &[&picture]));
    assert_eq!(read.damage.len(), 1);
    assert_eq!(read.damage[0].reason, Reason::Unsupported);
}

#[test]
fn fonts_that_do_not_say_are_guessed_and_told_of() {
    // Two bytes for each glyph and no ToUnicode: the codes say nothing.
    let mut bytes = page("BT /F 10 Tf 50 700 Td <014101420143> Tj ET", "", "", &[]);
    let font = "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[<</Type/Font\
                /Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>>>]>>";
    bytes = String::from_utf8(bytes).unwrap().replace(FONT, font).into_bytes();
    let read = read(&bytes);
    assert_eq!(read.damage.first().map(|fault| fault.reason), Some(Reason::Unsupported), "{:?}", read.all());
}

#[test]
fn a_bomb_ends_before_it_unpacks() {
    use std::io::Write;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..257 {
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let packed = packed.finish().unwrap();
    let mut file = b"%PDF-1.7\n4 0 obj\n<</Filter/FlateDecode>>\nstream\n".to_vec();
    file.extend(&packed);
    file.extend(b"\nendstream endobj");
    assert_eq!(read(&file).ended.map(|fault| fault.reason), Some(Reason::Bomb));
}

#[test]
fn encryption() {
    let open = include_bytes!("../../../tests/extract/pdf/empty-password.pdf");
    assert!(read(open).all().starts_with("CPR 010190-1234\n"));
    assert_eq!(read(open).place("Søren").label.as_deref(), Some("Author"));
    let locked = include_bytes!("../../../tests/extract/pdf/user-password.pdf");
    assert_eq!(read(locked).ended.map(|fault| fault.reason), Some(Reason::Encrypted));
}

#[test]
fn damage_is_survived_or_told_of() {
    let whole = page("BT /F 10 Tf 50 700 Td (text) Tj ET", "/Annots[6 0 R]", "", &["<</Contents(remark)>>"]);
    let table = whole.windows(5).position(|w| w == b"xref\n").unwrap();
    assert!(read(&whole[..table]).all().starts_with("text\nremark\n"));
    // The catalog is behind the page, and lost.
    let moved = String::from_utf8(whole.clone()).unwrap().replace("<</Type/Catalog/Pages 2 0 R>>", "null");
    let torn = read(moved.as_bytes());
    assert!(torn.all().starts_with("text\nremark\n"));
    assert_eq!(torn.damage[0].reason, Reason::Corrupt);
    assert_eq!(read(b"%PDF-1.7 and nothing else").ended.map(|fault| fault.reason), Some(Reason::Corrupt));

    let mut seed = 1u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..random(8) {
            let at = random(bytes.len());
            bytes[at] ^= 1 << random(8);
        }
        bytes.truncate(whole.len() - random(2) * random(whole.len()));
        let ended = read(&bytes).ended;
        assert_ne!(ended.map(|fault| fault.reason), Some(Reason::Crashed));
    }
}

#[test]
fn layers_that_are_off_are_read_also_with_a_packed_catalog() {
    let seen = read(include_bytes!("../../../tests/extract/pdf/layers.pdf"));
    assert_eq!((seen.ended.as_ref(), seen.damage.len()), (None, 0));
    assert_eq!(seen.place("skjult-plant41@firma.dk").position.page, Some(1));
    assert_eq!(seen.place("pdfxmp-plant42@firma.dk").position.part.as_deref(), Some("xmp"));
    assert_eq!(seen.all().matches("synlig side").count(), 1);
}
