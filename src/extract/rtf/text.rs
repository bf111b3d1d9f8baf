//! RTF → text, or the HTML that Outlook wrapped into it.
//!
//! In: tokens. Out: the text of the document with its notes, comments, headers and properties; paragraphs end with a
//! newline, cells with a tab. Hidden and deleted text is text: it is in the file. With `\fromhtml` the HTML source.
//! Sources: Rich Text Format 1.9.1; MS-OXRTFEX (HTML in RTF).

use std::collections::HashMap;

use super::tokens::{Token, Tokens};
use crate::extract::{charset, mapi};

/// Groups within groups; what is deeper shares the state of the last.
const DEPTH: usize = 10_000;

/// Fields whose instructions say nothing.
pub const DULL: [&str; 9] = ["", "PAGE", "PAGEREF", "NUMPAGES", "TOC", "SEQ", "EMBED", "SHAPE", "REF"];

/// A document's content.
#[derive(Default)]
pub struct Document {
    /// It was HTML, and so is the text.
    pub html: bool,
    /// The text.
    pub text: String,
    /// Where which part begins: `footnotes`, `comments`; that of the body has no name.
    pub parts: Vec<(usize, &'static str)>,
    /// The data of embedded objects (`\objdata`), as bytes.
    pub objects: Vec<Vec<u8>>,
}

/// What becomes of the text of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    Text,
    Skipped,
    Fonts,
    Info,
    /// What a field shows is computed from this: its links are kept.
    Field,
    Object,
    /// A piece of the HTML source.
    Tag,
}

#[derive(Debug, Clone, Copy)]
struct State {
    destination: Destination,
    /// How many characters stand in for one that is given by number.
    fallback: usize,
    font: i32,
    /// RTF that repeats what the HTML says.
    repeats: bool,
    /// The text of this group stands on lines of its own.
    block: bool,
    /// The part that the text belongs to.
    part: &'static str,
    /// The text of this group was deleted.
    deleted: bool,
}

struct Reader {
    state: State,
    outer: Vec<State>,
    /// Open groups beyond [`DEPTH`].
    deeper: usize,
    page: i64,
    default_font: i32,
    fonts: HashMap<i32, i64>,
    /// Bytes whose code page is known but which are not decoded yet.
    pending: Vec<u8>,
    /// The first half of a character outside the basic plane.
    half: Option<u16>,
    /// Characters to pass over.
    pass: usize,
    field: String,
    /// Instructions of the paragraph's fields.
    aside: String,
    hex: Option<u8>,
    document: Document,
}

/// Reads a document.
pub fn read(document: &[u8]) -> Document {
    let state = State {
        destination: Destination::Text,
        fallback: 1,
        font: -1,
        repeats: false,
        block: false,
        part: "",
        deleted: false,
    };
    let mut reader = Reader {
        state,
        outer: Vec::new(),
        deeper: 0,
        page: 1252,
        default_font: -1,
        fonts: HashMap::new(),
        pending: Vec::new(),
        half: None,
        pass: 0,
        field: String::new(),
        aside: String::new(),
        hex: None,
        document: Document::default(),
    };
    let mut tokens = Tokens::new(document);
    let mut begins = false; // a group
    let mut starred = false; // `\*`: may be passed over if it is not known
    while let Some(token) = tokens.next() {
        let (first, star) = (begins, starred);
        (begins, starred) = (false, false);
        match token {
            Token::Open => {
                reader.open();
                begins = true;
            }
            Token::Close => reader.close(),
            Token::Symbol(b'*') if first => starred = true,
            Token::Word("bin", size) => {
                let raw = tokens.raw(size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0));
                if let (Destination::Object, Some(object)) =
                    (reader.state.destination, reader.document.objects.last_mut())
                {
                    object.extend_from_slice(raw);
                }
            }
            _ if reader.passes(token) => {}
            Token::Word(word, number) => {
                reader.flush();
                if !((first || star) && reader.destination(word, star)) {
                    reader.word(word, number);
                }
            }
            Token::Symbol(symbol) => reader.symbol(symbol),
            Token::Byte(byte) | Token::Text(byte) => reader.byte(byte),
        }
    }
    reader.flush();
    reader.end_aside();
    reader.document
}

impl Reader {
    fn open(&mut self) {
        self.flush();
        self.pass = 0;
        if self.outer.len() < DEPTH {
            self.outer.push(self.state);
            (self.state.block, self.state.deleted) = (false, false);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self) {
        self.flush();
        self.pass = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(outer) = self.outer.pop() else { return };
        let ended = std::mem::replace(&mut self.state, outer);
        if ended.block {
            self.end_line();
            self.begin_part(outer.part);
        } else if outer.block && outer.part == "properties" {
            self.end_line(); // the name and the value of a variable, those who changed the text
        }
        if ended.deleted {
            self.apart();
            self.state.deleted = outer.deleted;
        }
        if ended.destination == Destination::Field && outer.destination != Destination::Field {
            self.field();
        }
    }

    /// What a field is told: a link is shown, a symbol is a character, other instructions follow the paragraph. Numbers
    /// of pages and the like are of no interest.
    fn field(&mut self) {
        let field = std::mem::take(&mut self.field);
        let mut words = field.split_whitespace();
        match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "HYPERLINK" => {
                let link = field.split('"').nth(1).unwrap_or_default();
                let link = link.strip_prefix("mailto:").unwrap_or(link);
                // It belongs to no word.
                if self.document.text.ends_with(char::is_alphanumeric) {
                    self.push(" ");
                }
                self.push(link);
                self.push(" ");
            }
            "SYMBOL" => {
                let code = words.next().unwrap_or_default();
                let code = code.strip_prefix("0x").map_or(code.parse(), |hex| u32::from_str_radix(hex, 16));
                let (code, mut text) = (code.unwrap_or_default(), [0; 4]);
                match u8::try_from(code) {
                    Ok(byte) if byte >= b' ' => self.push(&encoding_rs::WINDOWS_1252.decode(&[byte]).0),
                    Ok(_) => {}
                    Err(_) => self.push(char::from_u32(code).unwrap_or('\u{FFFD}').encode_utf8(&mut text)),
                }
            }
            kind if DULL.contains(&kind) => {}
            _ => {
                self.aside.push_str(field.trim());
                self.aside.push('\n');
            }
        }
    }

    /// What interrupted a paragraph follows it.
    fn end_aside(&mut self) {
        if !self.aside.is_empty() {
            let aside = std::mem::take(&mut self.aside);
            self.end_line();
            self.document.text.push_str(&aside);
        }
    }

    /// A group's first word says what is in it. False: it says nothing of that kind.
    fn destination(&mut self, word: &str, star: bool) -> bool {
        use Destination::*;
        if word == "sectd" && self.state.destination == Skipped {
            // A table before the text was never closed.
            let states = self.outer.iter_mut().chain([&mut self.state]);
            states.for_each(|state| state.destination = Text);
            return true;
        }
        if self.state.destination == Object && star {
            self.state.destination = Skipped;
        }
        if matches!(self.state.destination, Skipped | Object)
            && !matches!(word, "pngblip" | "jpegblip" | "emfblip" | "wmetafile")
        {
            return true;
        }
        self.state.destination = match word {
            "fonttbl" => Fonts,
            "htmltag" => Tag,
            "fldinst" => Field,
            "objdata" => {
                self.document.objects.push(Vec::new());
                self.hex = None;
                Object
            }
            "info" | "userprops" => Info,
            "title" | "subject" | "author" | "manager" | "company" | "category" | "keywords" | "comment"
            | "doccomm" | "operator" | "propname" | "staticval"
                if self.state.destination == Info =>
            {
                self.state.font = -1; // in the document's code page
                self.block("properties")
            }
            "footnote" => self.block("footnotes"),
            "ftnalt" => self.block("endnotes"),
            "annotation" | "atnauthor" | "atnid" => self.block("comments"),
            "header" | "headerl" | "headerr" | "headerf" => self.block("header"),
            "footer" | "footerl" | "footerr" | "footerf" => self.block("footer"),
            "shptxt" | "dptxbxtext" => self.block("textbox"),
            "sv" => self.block("drawing"),
            "docvar" | "revtbl" | "template" | "protusertbl" => self.block("properties"),
            // Whom a letter goes to, of all that a source has.
            "mailmerge" | "mmodso" | "mmconnectstr" | "mmquery" | "mmdatasource" | "mmheadersource"
            | "mmmailsubject" | "mmodsoudl" | "mmodsosrc" | "mmodsotable" | "mmodsofilter" => self.block("properties"),
            "bkmkstart" | "rxe" | "tc" | "xmlattrvalue" | "ffl" => self.block(self.state.part),
            "shpinst" | "sp" | "do" | "formfield" | "ffdeftext" | "ffhelptext" | "ffstattext" => Text,
            "colortbl" | "stylesheet" | "pict" | "nonshppict" | "sn" | "filetbl" | "listtable"
            | "listoverridetable" | "rsidtbl" | "xmlnstbl" | "private" | "bkmkend" | "fldtype" | "objclass"
            | "objname" => Skipped,
            _ if star => Skipped,
            _ => return false,
        };
        true
    }

    /// The text of this group stands on lines of its own, in this part.
    fn block(&mut self, part: &'static str) -> Destination {
        self.begin_part(part);
        self.end_line();
        self.state.block = true;
        self.state.part = part;
        Destination::Text
    }

    fn begin_part(&mut self, part: &'static str) {
        if self.document.parts.last().map_or("", |(_, part)| part) != part {
            self.document.parts.push((self.document.text.len(), part));
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let n = number.unwrap_or_default();
        match word {
            "par" | "sect" | "row" => {
                self.push("\n");
                if self.state.destination == Destination::Text {
                    self.end_aside();
                }
            }
            "line" | "page" | "nestrow" | "softline" | "column" => self.push("\n"),
            "tab" | "cell" | "nestcell" => self.push("\t"),
            "emdash" => self.push("—"),
            "endash" => self.push("–"),
            "lquote" => self.push("‘"),
            "rquote" => self.push("’"),
            "ldblquote" => self.push("“"),
            "rdblquote" => self.push("”"),
            "bullet" => self.push("•"),
            "emspace" | "enspace" | "qmspace" => self.push(" "),
            // Pictures that other programs know.
            "pngblip" | "jpegblip" | "emfblip" | "wmetafile" if self.state.destination == Destination::Skipped => {
                self.document.objects.push(Vec::new());
                self.hex = None;
                self.state.destination = Destination::Object;
            }
            "ftnalt" if self.state.part == "footnotes" => {
                self.begin_part("endnotes");
                self.state.part = "endnotes";
            }
            // What was deleted must not run into what took its place.
            "deleted" if number != Some(0) => self.apart(),
            "u" => {
                self.character(n as u16);
                self.pass = self.state.fallback;
            }
            "uc" => self.state.fallback = usize::try_from(n).unwrap_or(1),
            "f" => {
                self.state.font = n;
                if self.state.destination == Destination::Fonts {
                    self.fonts.insert(n, 0);
                }
            }
            "fcharset" if self.state.destination == Destination::Fonts => {
                self.fonts.insert(self.state.font, font_page(n));
            }
            "cpg" if self.state.destination == Destination::Fonts => {
                self.fonts.insert(self.state.font, i64::from(n));
            }
            "plain" => self.state.font = self.default_font,
            "deff" => {
                self.default_font = n;
                self.state.font = n;
            }
            "ansicpg" if n > 0 => self.page = i64::from(n),
            "mac" => self.page = 10000,
            "pc" => self.page = 437,
            "pca" => self.page = 850,
            "htmlrtf" => self.state.repeats = number != Some(0),
            // Only in the beginning: text may say so too.
            "fromhtml" if self.outer.len() == 1 => self.document.html = true,
            _ => {}
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'{' | b'}' | b'\\' => self.byte(symbol),
            b'\r' | b'\n' => {
                self.flush();
                self.push("\n");
            }
            b'~' => {
                self.flush();
                self.push("\u{A0}");
            }
            b'_' => self.byte(b'-'),
            _ => {} // An optional hyphen parts no number.
        }
    }

    fn byte(&mut self, byte: u8) {
        match self.state.destination {
            Destination::Object => {
                let Some(digit) = char::from(byte).to_digit(16).map(|digit| digit as u8) else { return };
                match (self.hex.take(), self.document.objects.last_mut()) {
                    (Some(high), Some(object)) => object.push(high << 4 | digit),
                    _ => self.hex = Some(digit),
                }
            }
            Destination::Skipped | Destination::Fonts | Destination::Info => {}
            _ => self.pending.push(byte),
        }
    }

    /// Passes over what stands in for a character given by number. A word does not, whatever the specification says:
    /// rather a character too many than a paragraph too few.
    fn passes(&mut self, token: Token<'_>) -> bool {
        if matches!(token, Token::Word(..)) {
            self.pass = 0;
        }
        let passes = self.pass > 0;
        self.pass = self.pass.saturating_sub(1);
        passes
    }

    /// A UTF-16 unit.
    fn character(&mut self, unit: u16) {
        let mut text = [0; 4];
        match (self.half.take(), unit) {
            (None, 0xD800..=0xDBFF) => self.half = Some(unit),
            (Some(high), 0xDC00..=0xDFFF) => {
                let c = char::decode_utf16([high, unit]).next().and_then(Result::ok).unwrap_or('\u{FFFD}');
                self.push(c.encode_utf8(&mut text));
            }
            _ => self.push(char::from_u32(u32::from(unit)).unwrap_or('\u{FFFD}').encode_utf8(&mut text)),
        }
    }

    /// Decodes what is pending.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        let page = match self.fonts.get(&self.state.font) {
            // The source of HTML is in the document's code page, whatever the font.
            Some(page) if *page > 0 && self.state.destination != Destination::Tag => *page,
            _ => self.page,
        };
        let text = charset::decode(&bytes, mapi::code_page(page).as_deref());
        self.push(&text);
    }

    fn push(&mut self, text: &str) {
        let html = self.document.html;
        match self.state.destination {
            Destination::Tag => self.document.text.push_str(text),
            Destination::Text if html && self.state.repeats => {}
            Destination::Text => self.document.text.push_str(text),
            Destination::Field if !html => self.field.push_str(text),
            _ => {}
        }
    }

    /// What follows is another word.
    fn apart(&mut self) {
        self.state.deleted = !self.outer.is_empty();
        if !self.document.html && !self.document.text.ends_with(char::is_whitespace) {
            self.push(" ");
        }
    }

    fn end_line(&mut self) {
        if !self.document.html && !self.document.text.is_empty() && !self.document.text.ends_with('\n') {
            self.document.text.push('\n');
        }
    }
}

/// The code page of a font's character set. 0: the document's.
pub fn font_page(charset: i32) -> i64 {
    match charset {
        0 => 1252,
        77 => 10000,
        128 => 932,
        129 | 130 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> String {
        read(document.as_bytes()).text
    }

    #[test]
    fn characters_are_read_however_they_are_written() {
        let fonts = "{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}{\\f1\\fcharset204 Arial Cyr;}{\\f2\\fcharset128 MS;}}";
        for (body, expected) in [
            ("S\\'f8ren \\u198?r\\u248?", "Søren Ærø"),
            ("\\uc2\\u198\\'3f\\'3fr\\uc0\\u248 x", "Ærøx"),
            ("\\u-10179?\\u-8704?", "😀"),
            ("{\\f1 \\'cf\\'f0\\'e8}\\'e6", "Приæ"),
            ("\\f2 \\'83\\'65\\'83\\'58", "テス"),
            ("0101\\-90\\_1234\\~x\\{\\}\\\\", "010190-1234\u{A0}x{}\\"),
            ("a\\par b\\line c\\cell d\\row", "a\nb\nc\td\n"),
            ("\\u8364{\\b x}", "€x"),
        ] {
            assert_eq!(text(&format!("{{\\rtf1\\ansi\\ansicpg1252\\deff0{fonts}{body}}}")), expected, "{body}");
        }
        assert_eq!(text("{\\rtf1\\mac \\'be}"), "æ");
        assert_eq!(text("{\\rtf1\\ansi Ærø}"), "Ærø");
    }

    #[test]
    fn what_letters_are_merged_from_is_read() {
        let merge = "{\\*\\mailmerge\\mmlinktoquery{\\mmconnectstr DSN=Borgere}{\\mmquery cpr = '010190-1234'}\
                     {\\*\\mmodso{\\mmodsotable Syge}{\\*\\mmodsouniquetag 0102}}}";
        assert_eq!(text(&format!("{{\\rtf1{merge}Hej\\par}}")), "DSN=Borgere\ncpr = '010190-1234'\nSyge\nHej\n");
    }

    #[test]
    fn what_can_be_chosen_in_a_form_is_read() {
        let list = "{\\*\\ffl Mette Lund}{\\*\\ffl 010190-1234}";
        let form = format!(
            "{{\\rtf1 CPR {{\\field{{\\*\\fldinst FORMDROPDOWN {{\\*\\formfield{{\\fftype2{list}}}}}}}{{\\fldrslt x}}}}\\par}}"
        );
        let text = text(&form);
        for line in ["Mette Lund", "010190-1234"] {
            assert!(text.lines().any(|read| read == line), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_text_is_passed_over_and_what_is_hidden_is_not() {
        let document = "{\\rtf1{\\colortbl;\\red0;}{\\stylesheet{\\s0 Normal;}}{\\info{\\title Titel}{\\author Anna}{\\creatim\\yr2020}}\
                        {\\*\\unknown {no}}a{\\v hidden}{\\pict 0102}{\\bin3 }}}b{\\footnote note}{\\*\\annotation comment}\
                        {\\*\\docvar{name}{value}}{\\field{\\*\\fldinst HYPERLINK \"mailto:anna@example.dk\"}{\\fldrslt Anna}}}";
        assert_eq!(text(document), "Titel\nAnna\nahiddenb\nnote\ncomment\nname\nvalue\nanna@example.dk Anna");
    }

    #[test]
    fn what_a_field_is_told_follows_its_paragraph() {
        let field = |told: &str| format!("{{\\field{{\\*\\fldinst {told}}}{{\\fldrslt x}}}}");
        for (told, expected) in [
            ("PAGE", "ax b\nc"),
            ("SYMBOL 64 \\\\f \"Symbol\"", "a@x b\nc"),
            ("SYMBOL 8364", "a€x b\nc"),
            ("INCLUDETEXT \"anna.docx\"", "ax b\nINCLUDETEXT \"anna.docx\"\nc"),
        ] {
            assert_eq!(text(&format!("{{\\rtf1 a{} b\\par c}}", field(told))), expected, "{told}");
        }
        assert_eq!(text(&format!("{{\\rtf1 a{}}}", field("ASK name"))), "ax\nASK name\n");
    }

    #[test]
    fn html_comes_out_of_its_wrapping() {
        let document = "{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag19 <html>}{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 \
                        S\\'f8ren{\\*\\htmltag84 &nbsp;}\\htmlrtf \\'a0\\htmlrtf0 x\\htmlrtf\\par}\\htmlrtf0\r\n\
                        {\\*\\htmltag72 </p>}{\\*\\mhtmltag72 <img>}}";
        let read = read(document.as_bytes());
        assert!(read.html);
        assert_eq!(read.text, "<html><p>Søren&nbsp;x</p>");
    }

    #[test]
    fn damage_loses_only_what_is_damaged() {
        assert_eq!(text("{\\rtf1 a}}}b{\\b c"), "abc");
        assert_eq!(text("{\\rtf1{\\stylesheet{\\s0 Normal;}{\\sectd a\\par b}"), "a\nb");
        let deep = format!("{{\\rtf1 {}x{}y", "{".repeat(50_000), "}".repeat(50_000));
        assert_eq!(text(&deep), "xy");
        assert_eq!(text("{\\rtf1 a\\bin999999999 b"), "a");
    }

    #[test]
    fn objects_are_handed_over_as_bytes() {
        let read = read(b"{\\rtf1{\\object{\\*\\objclass Package}{\\*\\objdata 01 05\r\n0\n0}{\\result shown}}}");
        assert_eq!(read.objects, [[1, 5, 0]]);
        assert_eq!(read.text, "shown");
    }
}
