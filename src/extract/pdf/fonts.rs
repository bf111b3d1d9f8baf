//! What the codes of a font stand for, and how wide they are.
//!
//! In: the dictionary of a font (ISO 32000-2, 9.5 to 9.10), which `hayro-font` reads. Out: its codes, one after the other
//! out of the strings that are shown. Each is looked up once for each font of a file: glyphs by their names, several
//! times for each letter drawn, were half of a page's time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use hayro_font::{CMapResolverFn, Font, FontCache, FontGlyph, FontResolverFn, GlyphId, StandardFont};
use hayro_interpret::hayro_cmap::{BfString, load_embedded};
use hayro_interpret::kurbo::Vec2;
use hayro_syntax::object::Dict;

/// How many codes beyond those of one byte are kept for one font.
const KEPT: usize = 1 << 16;
/// How wide a glyph is that does not say.
const WIDTH: f32 = 500.0;

/// A font as it is shared by all that is drawn with it.
pub type Shared<'a> = Rc<RefCell<Face<'a>>>;

/// A code of a font. Lengths are in thousandths of the font size.
pub struct Code {
    /// The code itself.
    pub code: u32,
    /// The text that it stands for, if the font says.
    pub meaning: Option<Meaning>,
    /// How wide its glyph is.
    pub width: f64,
    /// How far it moves what comes next, in the direction of writing.
    pub advance: f32,
    /// Where its glyph stands, seen from where it is drawn.
    pub origin: Vec2,
}

/// What a code stands for.
pub enum Meaning {
    /// One character.
    Char(char),
    /// Several.
    Text(String),
}

impl Code {
    fn of(font: &Font<'_>, code: u32) -> Rc<Self> {
        let (meaning, width) = match font.glyph(GlyphId::NOTDEF, code) {
            FontGlyph::Outline(glyph) => (glyph.as_unicode(), glyph.advance_width()),
            FontGlyph::Type3(glyph) => (glyph.as_unicode(), Some(glyph.advance_width())),
        };
        let meaning = meaning.map(|meaning| match meaning {
            BfString::Char(c) => Meaning::Char(c),
            BfString::String(text) => Meaning::Text(text),
        });
        let advance = font.code_advance(code);
        let advance = if font.is_horizontal() { advance.x } else { advance.y };
        let (width, advance) = (f64::from(width.unwrap_or(WIDTH)), advance as f32);
        Rc::new(Self { code, meaning, width, advance, origin: font.origin_displacement(code) })
    }

    /// It is a space.
    pub fn is_blank(&self) -> bool {
        matches!(self.meaning, Some(Meaning::Char(c)) if c.is_whitespace())
    }
}

/// A font.
pub struct Face<'a> {
    font: Font<'a>,
    stands_in: bool,
    /// It is written from left to right, not from top to bottom.
    pub horizontal: bool,
    low: [Option<Rc<Code>>; 256],
    high: HashMap<u32, Rc<Code>, foldhash::fast::RandomState>,
}

impl<'a> Face<'a> {
    fn new(font: Font<'a>, stands_in: bool) -> Shared<'a> {
        let horizontal = font.is_horizontal();
        let (low, high) = ([const { None }; 256], HashMap::default());
        Rc::new(RefCell::new(Self { font, stands_in, horizontal, low, high }))
    }

    /// With what stands in for a font that nobody knows only plain letters are shown, as other readers do.
    pub fn shows(&self, text: &[u8]) -> bool {
        !self.stands_in || text.is_ascii()
    }

    /// The code at a place in a string that is shown, and its length.
    pub fn code(&mut self, text: &[u8], at: usize) -> (Rc<Code>, usize) {
        let (code, length) = self.font.read_code(text, at);
        let length = length.max(1);
        if let Some(slot) = self.low.get_mut(code as usize) {
            return (Rc::clone(slot.get_or_insert_with(|| Code::of(&self.font, code))), length);
        }
        if self.high.len() >= KEPT {
            self.high.clear();
        }
        (Rc::clone(self.high.entry(code).or_insert_with(|| Code::of(&self.font, code))), length)
    }
}

/// The fonts of a file.
pub struct Fonts<'a> {
    cache: FontCache<'a>,
    programs: FontResolverFn,
    cmaps: CMapResolverFn,
    faces: HashMap<&'a [u8], Option<Shared<'a>>>,
    stand_in: Option<Shared<'a>>,
}

impl<'a> Fonts<'a> {
    /// None yet.
    pub fn new() -> Self {
        let font = Arc::new(no_font());
        Self {
            cache: FontCache::new(),
            programs: Arc::new(move |_| Some((font.clone(), 0))),
            cmaps: Arc::new(load_embedded),
            faces: HashMap::new(),
            stand_in: None,
        }
    }

    /// The font of this dictionary.
    pub fn of(&mut self, font: &Dict<'a>) -> Option<Shared<'a>> {
        if let Some(face) = self.faces.get(font.data()) {
            return face.clone();
        }
        let read = self.cache.font(font, &self.programs, &self.cmaps);
        let face = read.map(|font| Face::new(font, false)).or_else(|| self.stand_in());
        self.faces.insert(font.data(), face.clone());
        face
    }

    /// What stands in for a font that there is none of, or that cannot be read.
    pub fn stand_in(&mut self) -> Option<Shared<'a>> {
        if self.stand_in.is_none() {
            let font = self.cache.standard_font(StandardFont::Helvetica, &self.programs);
            self.stand_in = font.map(|font| Face::new(font, true));
        }
        self.stand_in.clone()
    }
}

/// What is drawn with where a file brings no font of its own: a TrueType font of one glyph that has no width. Only what
/// the file itself tells of its letters is asked for.
fn no_font() -> Vec<u8> {
    let mut head = [0; 54];
    head[18..20].copy_from_slice(&1000u16.to_be_bytes()); // units to the em
    let mut hhea = [0; 36];
    hhea[35] = 1; // widths that follow
    let hmtx = [0; 4];
    let maxp = [0, 0, 0x50, 0, 0, 1]; // glyphs: one
    let tables: [(&[u8; 4], &[u8]); 4] = [(b"head", &head), (b"hhea", &hhea), (b"hmtx", &hmtx), (b"maxp", &maxp)];
    let mut font = vec![0, 1, 0, 0, 0, tables.len() as u8, 0, 0, 0, 0, 0, 0];
    let mut at = font.len() + 16 * tables.len();
    for (name, table) in tables {
        font.extend(name);
        font.extend([0; 4]);
        font.extend((at as u32).to_be_bytes());
        font.extend((table.len() as u32).to_be_bytes());
        at += table.len();
    }
    font.extend(tables.iter().flat_map(|(_, table)| *table));
    font
}
