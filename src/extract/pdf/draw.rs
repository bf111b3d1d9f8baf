//! Draws a page as far as its text goes.
//!
//! In: the instructions of a page (ISO 32000-2, 8.4 and 9), of the forms that it draws and of the appearances of its
//! annotations, parsed by `hayro-syntax`. Out: its glyphs and where they stand, and where pictures do, told to `text`.
//! Colours, paths, patterns and the outlines of glyphs are no concern of it; layers that are switched off are drawn too.

use std::collections::HashMap;

use hayro_font::UNITS_PER_EM;
use hayro_interpret::kurbo::{Affine, Point, Rect, Shape};
use hayro_interpret::{RectExt, TransformExt};
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use hayro_syntax::object::dict::keys;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Rect as Corners, Stream};
use hayro_syntax::page::{Page, Resources};

use super::fonts::{Fonts, Shared};
use super::text::{self, Glyph, TooMuch};

/// How deep forms may draw forms.
const DEPTH: u32 = 50;
/// A form costs as much as so many glyphs, also if it draws nothing.
const FORM: u64 = 16;
/// How many states are kept; those saved beyond are not.
const STATES: usize = 1 << 16;
/// Glyphs that are handed over at once.
const GLYPHS: usize = 1 << 16;
/// Annotations with these flags (12.5.3) are not drawn: hidden, not to be viewed.
const UNSEEN: u32 = 1 << 1 | 1 << 5;

/// Draws a page and its annotations.
pub fn page<'a>(page: &Page<'a>, fonts: &mut Fonts<'a>, to: &mut text::Page) -> Result<(), TooMuch> {
    let state = State::new(page.initial_transform(true).to_kurbo());
    let mut pen = Pen { fonts, to, state, saved: Vec::new(), unsaved: 0, depth: 0, glyphs: Vec::new() };
    let resources = page.resources();
    pen.run(page.typed_operations(), resources)?;
    for annotation in page.raw().get::<Array<'_>>(keys::ANNOTS).iter().flat_map(Array::iter::<Dict<'_>>) {
        pen.annotation(&annotation, resources)?;
    }
    Ok(())
}

/// The state of text and graphics (8.4, 9.3).
#[derive(Clone)]
struct State<'a> {
    /// From the units of the page to its place on the sheet.
    place: Affine,
    matrix: Affine,
    line: Affine,
    font: Option<Shared<'a>>,
    size: f32,
    letters: f32,
    words: f32,
    /// In percent.
    stretch: f32,
    leading: f32,
    rise: f32,
    hidden: bool,
}

impl State<'_> {
    fn new(place: Affine) -> Self {
        Self {
            place,
            matrix: Affine::IDENTITY,
            line: Affine::IDENTITY,
            font: None,
            size: 1.0,
            letters: 0.0,
            words: 0.0,
            stretch: 100.0,
            leading: 0.0,
            rise: 0.0,
            hidden: false,
        }
    }

    fn horizontal(&self) -> bool {
        self.font.as_ref().is_some_and(|font| font.borrow().horizontal)
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line *= Affine::translate((x, y));
        self.matrix = self.line;
    }

    /// From the units of a glyph to the sheet, but for where the glyph stands.
    fn scale(&self) -> Affine {
        let (size, stretch) = (f64::from(self.size), f64::from(self.stretch / 100.0));
        let text = self.matrix * Affine::new([size * stretch, 0.0, 0.0, size, 0.0, f64::from(self.rise)]);
        text * Affine::scale(1.0 / f64::from(UNITS_PER_EM))
    }
}

struct Pen<'p, 'a> {
    fonts: &'p mut Fonts<'a>,
    to: &'p mut text::Page,
    state: State<'a>,
    saved: Vec<State<'a>>,
    /// How often a state was to be saved beyond all that are kept.
    unsaved: usize,
    depth: u32,
    glyphs: Vec<Glyph>,
}

impl<'a> Pen<'_, 'a> {
    fn run(&mut self, mut ops: TypedIter<'_>, resources: &Resources<'a>) -> Result<(), TooMuch> {
        let outside = self.states();
        let mut named: HashMap<Vec<u8>, Option<Shared<'a>>> = HashMap::new();
        self.save();
        while let Some(op) = ops.next() {
            match op {
                Op::SaveState(_) => self.save(),
                Op::RestoreState(_) => self.restore(),
                Op::Transform(t) => self.state.place *= affine([t.0, t.1, t.2, t.3, t.4, t.5]),
                Op::SetGraphicsState(name) => {
                    let font = resources.get_ext_g_state(name.0).and_then(|state| state.get::<Array<'_>>(keys::FONT));
                    let mut font = font.iter().flat_map(Array::iter::<Object<'_>>);
                    if let (Some(Object::Dict(font)), Some(Object::Number(size))) = (font.next(), font.next()) {
                        self.state.font = self.fonts.of(&font);
                        self.state.size = size.as_f32();
                    }
                }
                Op::BeginText(_) => {
                    self.state.matrix = Affine::IDENTITY;
                    self.state.line = Affine::IDENTITY;
                }
                Op::SetTextMatrix(m) => {
                    self.state.line = affine([m.0, m.1, m.2, m.3, m.4, m.5]);
                    self.state.matrix = self.state.line;
                }
                Op::TextFont(font) => {
                    let name: &[u8] = font.0.as_ref();
                    self.state.size = font.1.as_f32();
                    self.state.font = match named.get(name) {
                        Some(known) => known.clone(),
                        None => {
                            let face = match resources.get_font(font.0) {
                                Some(font) => self.fonts.of(&font),
                                None => self.fonts.stand_in(),
                            };
                            named.entry(name.to_vec()).or_insert(face).clone()
                        }
                    };
                }
                Op::HorizontalScaling(stretch) => self.state.stretch = stretch.0.as_f32(),
                Op::TextLeading(leading) => self.state.leading = leading.0.as_f32(),
                Op::CharacterSpacing(spacing) => self.state.letters = spacing.0.as_f32(),
                Op::WordSpacing(spacing) => self.state.words = spacing.0.as_f32(),
                Op::TextRise(rise) => self.state.rise = rise.0.as_f32(),
                // Nothing but a part of what clips is not seen either.
                Op::TextRenderingMode(mode) => self.state.hidden = matches!(mode.0.as_i64(), 3 | 7),
                Op::NextLine(by) => self.state.next_line(by.0.as_f64(), by.1.as_f64()),
                Op::NextLineAndSetLeading(by) => {
                    self.state.leading = -by.1.as_f64() as f32;
                    self.state.next_line(by.0.as_f64(), by.1.as_f64());
                }
                Op::NextLineUsingLeading(_) => self.state.next_line(0.0, f64::from(-self.state.leading)),
                Op::ShowText(text) => {
                    self.needs_font();
                    self.string(text.0.as_bytes())?;
                    self.show()?;
                }
                Op::ShowTexts(texts) => {
                    self.needs_font();
                    for piece in texts.0.iter::<Object<'_>>() {
                        match piece {
                            Object::Number(by) => self.adjust(by.as_f32()),
                            Object::String(text) => self.string(text.as_bytes())?,
                            _ => {}
                        }
                    }
                    self.show()?;
                }
                Op::NextLineAndShowText(text) => {
                    self.state.next_line(0.0, f64::from(-self.state.leading));
                    self.string(text.0.as_bytes())?;
                    self.show()?;
                }
                Op::ShowTextWithParameters(text) => {
                    (self.state.words, self.state.letters) = (text.0.as_f32(), text.1.as_f32());
                    self.state.next_line(0.0, f64::from(-self.state.leading));
                    self.string(text.2.as_bytes())?;
                    self.show()?;
                }
                Op::XObject(name) => {
                    let Some(object) = resources.get_x_object(name.0) else { continue };
                    match object.dict().get::<Name<'_>>(keys::SUBTYPE).as_deref() {
                        Some(keys::IMAGE) => self.picture(object.dict())?,
                        Some(keys::FORM) => self.form(&object, resources)?,
                        _ => {}
                    }
                }
                Op::InlineImage(image) => self.picture(image.0.dict())?,
                Op::FillPathEvenOdd(_)
                | Op::FillPathNonZero(_)
                | Op::FillPathNonZeroCompatibility(_)
                | Op::FillAndStrokeEvenOdd(_)
                | Op::FillAndStrokeNonZero(_)
                | Op::CloseFillAndStrokeEvenOdd(_)
                | Op::CloseFillAndStrokeNonZero(_)
                | Op::CloseAndStrokePath(_)
                | Op::StrokePath(_)
                | Op::ClipNonZero(_)
                | Op::ClipEvenOdd(_)
                | Op::Shading(_) => self.to.step(1)?,
                _ => {}
            }
        }
        while self.states() > outside {
            self.restore();
        }
        Ok(())
    }

    fn states(&self) -> usize {
        self.saved.len() + self.unsaved
    }

    fn save(&mut self) {
        if self.saved.len() < STATES {
            self.saved.push(self.state.clone());
        } else {
            self.unsaved += 1;
        }
    }

    fn restore(&mut self) {
        if self.unsaved > 0 {
            self.unsaved -= 1;
        } else if let Some(state) = self.saved.pop() {
            self.state = state;
        }
    }

    /// Where none was chosen, other readers take Helvetica.
    fn needs_font(&mut self) {
        if self.state.font.is_none() {
            self.state.font = self.fonts.stand_in();
        }
    }

    fn adjust(&mut self, by: f32) {
        let horizontal = self.state.horizontal();
        let stretch = if horizontal { self.state.stretch / 100.0 } else { 1.0 };
        let by = -by / UNITS_PER_EM * self.state.size * stretch;
        self.state.matrix = advanced(self.state.matrix, by, horizontal);
    }

    /// Adds the glyphs of a string to those that are shown together.
    fn string(&mut self, text: &[u8]) -> Result<(), TooMuch> {
        let Some(face) = self.state.font.clone() else { return Ok(()) };
        let mut face = face.borrow_mut();
        let (shows, horizontal) = (face.shows(text), face.horizontal);
        let [a, b, c, d, ..] = self.state.scale().as_coeffs();
        // Where the glyph stands is all that changes from one to the next.
        let (state, mut matrix, mut at) = (&self.state, self.state.matrix, 0);
        while at < text.len() {
            let (code, length) = face.code(text, at);
            at += length;
            let spaced = if code.code == 32 && length == 1 { state.words } else { 0.0 };
            let by = code.advance / UNITS_PER_EM * state.size + state.letters + spaced;
            if shows {
                let base = matrix * Point::new(0.0, f64::from(state.rise));
                let (x, y) = (code.origin.x, code.origin.y);
                let at = state.place * Point::new(a * x + c * y + base.x, b * x + d * y + base.y);
                self.glyphs.push(Glyph { code, at });
            }
            matrix = advanced(matrix, if horizontal { by * (state.stretch / 100.0) } else { by }, horizontal);
            if self.glyphs.len() >= GLYPHS {
                hand(&mut self.glyphs, state, self.to, horizontal)?;
            }
        }
        self.state.matrix = matrix;
        Ok(())
    }

    fn show(&mut self) -> Result<(), TooMuch> {
        hand(&mut self.glyphs, &self.state, self.to, self.state.horizontal())
    }

    fn picture(&mut self, dictionary: &Dict<'_>) -> Result<(), TooMuch> {
        let size = |short: &[u8], long: &[u8]| dictionary.get::<u32>(short).or_else(|| dictionary.get::<u32>(long));
        let (width, height) = (size(keys::W, keys::WIDTH), size(keys::H, keys::HEIGHT));
        let (Some(width @ 1..), Some(height @ 1..)) = (width, height) else { return Ok(()) };
        let dots = Affine::new([1.0 / f64::from(width), 0.0, 0.0, -1.0 / f64::from(height), 0.0, 1.0]);
        self.to.picture(width, height, self.state.place * dots)
    }

    /// Draws a form (8.10).
    fn form(&mut self, form: &Stream<'a>, resources: &Resources<'a>) -> Result<(), TooMuch> {
        let dictionary = form.dict();
        let Ok(content) = form.decoded_data() else { return Ok(()) };
        if self.depth >= DEPTH || dictionary.get::<[f32; 4]>(keys::BBOX).is_none() {
            return Ok(());
        }
        self.to.step(FORM)?;
        self.depth += 1;
        self.save();
        self.state.place *= matrix(dictionary);
        let own = dictionary.get::<Dict<'_>>(keys::RESOURCES).map(Resources::new);
        self.run(TypedIter::new(&content), own.as_ref().unwrap_or(resources))?;
        self.restore();
        self.depth -= 1;
        Ok(())
    }

    /// Draws an annotation: its appearance, made to fit its rectangle (12.5.5).
    fn annotation(&mut self, annotation: &Dict<'a>, resources: &Resources<'a>) -> Result<(), TooMuch> {
        if annotation.get::<u32>(keys::F).unwrap_or(0) & UNSEEN != 0 {
            return Ok(());
        }
        let Some(form) = appearance(annotation) else { return Ok(()) };
        let (Some(rect), Some([x0, y0, x1, y1])) =
            (annotation.get::<Corners>(keys::RECT), form.dict().get::<[f32; 4]>(keys::BBOX))
        else {
            return Ok(());
        };
        let rect = rect.to_kurbo();
        let drawn = Rect::new(x0.into(), y0.into(), x1.into(), y1.into());
        let drawn = (matrix(form.dict()) * drawn.to_path(0.1)).bounding_box();
        let (wide, high) = (rect.width() / drawn.width(), rect.height() / drawn.height());
        self.save();
        self.state.place *= Affine::new([wide, 0.0, 0.0, high, rect.x0 - wide * drawn.x0, rect.y0 - high * drawn.y0]);
        self.form(&form, resources)?;
        self.restore();
        Ok(())
    }
}

/// The same further on in the direction of writing.
fn advanced(matrix: Affine, by: f32, horizontal: bool) -> Affine {
    let by = f64::from(by);
    let (x, y) = if horizontal { (by, 0.0) } else { (0.0, by) };
    matrix.with_translation((matrix * Point::new(x, y)).to_vec2())
}

/// Hands over glyphs that are shown together.
fn hand(glyphs: &mut Vec<Glyph>, state: &State<'_>, to: &mut text::Page, horizontal: bool) -> Result<(), TooMuch> {
    let [a, b, c, d, ..] = (state.place * state.scale()).as_coeffs();
    // One thousandth of the font size, in the direction of writing.
    let (along, across) = if horizontal { (Point::new(a, b), c.hypot(d)) } else { (Point::new(-c, -d), a.hypot(b)) };
    let drawn = to.glyphs(glyphs, along, 1000.0 * across, state.hidden);
    glyphs.clear();
    drawn
}

/// How an annotation looks, of its states the one that it is in.
fn appearance<'a>(annotation: &Dict<'a>) -> Option<Stream<'a>> {
    match annotation.get::<Dict<'_>>(keys::AP)?.get::<Object<'_>>(keys::N)? {
        Object::Stream(stream) => Some(stream),
        Object::Dict(states) => annotation
            .get::<Name<'_>>(keys::AS)
            .and_then(|state| states.get::<Stream<'_>>(state))
            .or_else(|| states.get::<Stream<'_>>(b"Off")),
        _ => None,
    }
}

fn matrix(form: &Dict<'_>) -> Affine {
    form.get::<[f64; 6]>(keys::MATRIX).map_or(Affine::IDENTITY, Affine::new)
}

fn affine(of: [Number; 6]) -> Affine {
    Affine::new(of.map(|number| number.as_f64()))
}
