//! The text of a page, in reading order.
//!
//! In: what is drawn, glyph by glyph (draw.rs). Out: lines; words by the gaps between glyphs, cells and columns parted by
//! a tab. Glyphs are put into runs as they are drawn, so nothing is kept for each glyph; lines.rs makes lines of runs.

use std::ops::Range;
use std::rc::Rc;

use encoding_rs::WINDOWS_1252;
use hayro_interpret::kurbo::{Affine, Point};

use super::fonts::{Code, Meaning};
use super::lines;
use crate::ocr::is_small;

/// A gap this wide is a space. All distances are in units of the font size.
pub const SPACE: f64 = 0.17;
/// A gap this wide is one in a line that was squeezed, where the word before it is set tight; not inside of a number:
/// digits may be kerned.
const NARROW: f64 = 0.1;
/// A gap of this width at most is none.
const TIGHT: f64 = 0.03;
/// A gap this wide parts cells or columns.
pub const CELL: f64 = 1.7;
/// How far a glyph may step back and still belong to the run: kerning.
pub const BACK: f64 = 0.5;
/// A sign that steps back further than this stands over or under the one before it.
const OVER: f64 = 0.1;
/// Letters are drawn this far apart at most where they are spaced out.
const SPACED: f64 = 0.6;
/// And so many of them follow each other: fewer are words of one letter.
const ALIKE: usize = 3;
/// Shown for a glyph of which nothing is known: it keeps what stands around it apart.
const UNKNOWN: char = '\u{FFFD}';
/// Text of a page beyond this is not kept.
const MOST: usize = 16 << 20;

/// Glyphs that follow each other on one baseline.
pub struct Run {
    /// Direction of writing in whole degrees; every direction has lines of its own.
    pub angle: i32,
    /// Where it begins and ends along the direction.
    pub u: Range<f64>,
    /// Its baseline, across the direction.
    pub v: f64,
    /// The baseline of its last glyph: superscripts and skewed scans move it.
    last: f64,
    /// The gap before its last glyph.
    gap: f64,
    /// The font's.
    pub size: f64,
    /// Where it stands in the page's text.
    pub text: Range<usize>,
}

/// Collects what is drawn.
#[derive(Default)]
pub struct Page {
    text: String,
    runs: Vec<Run>,
    /// How many glyphs were drawn.
    pub glyphs: u64,
    /// How many of them have no known character, so that theirs was guessed or is missing.
    pub unmapped: u64,
    /// How many of them nobody sees: what a program read in the picture above.
    pub hidden: u64,
    /// Pictures were drawn.
    pub pictures: bool,
    /// One of them could hold text.
    pub worthy: bool,
    /// How much of the page the largest of them covers, from 0 to 1.
    pub covered: f64,
    area: f64,
    /// How far apart the letters of what was drawn last were spaced.
    spaced: f64,
    /// There was more text than is kept.
    pub full: bool,
    /// How much more may be drawn: forms draw forms, each many times over.
    pub left: u64,
    drawn: Option<Drawn>,
}

/// A glyph that is drawn, and where.
pub struct Glyph {
    /// What it is.
    pub code: Rc<Code>,
    /// Where it stands on the sheet.
    pub at: Point,
}

/// More was drawn than may be.
pub struct TooMuch;

/// What glyphs that are drawn together have in common.
struct Frame {
    /// The direction of writing, in whole degrees.
    angle: i32,
    /// The same, one thousandth of the font size long.
    along: Point,
    /// One thousandth of the font size in that direction.
    unit: f64,
    /// The font's size.
    size: f64,
}

/// What tells a run of glyphs from the one before it, to notice text that is drawn twice.
#[derive(Clone, Copy)]
struct Drawn {
    at: Point,
    size: f64,
    glyphs: usize,
    codes: (u32, u32),
}

impl Drawn {
    /// The same glyphs in nearly the same place: filled and stroked, or made bold by drawing twice.
    fn again(&self, other: &Self) -> bool {
        self.glyphs == other.glyphs
            && self.codes == other.codes
            && self.at.distance(other.at) < 0.1 * self.size.max(other.size)
    }
}

impl Page {
    /// Draws glyphs of one font that follow each other; `along` is the direction of writing, one thousandth of the font
    /// size long.
    pub fn glyphs(&mut self, glyphs: &[Glyph], along: Point, size: f64, hidden: bool) -> Result<(), TooMuch> {
        self.step(glyphs.len() as u64)?;
        let (Some(first), Some(last)) = (glyphs.first(), glyphs.last()) else { return Ok(()) };
        let drawn = Drawn { at: first.at, size, glyphs: glyphs.len(), codes: (first.code.code, last.code.code) };
        let again = self.drawn.replace(drawn).is_some_and(|before| before.again(&drawn));
        if again || !(along.is_finite() && size.is_finite() && size > 0.0) {
            return Ok(());
        }
        let frame = Frame { angle: angle(along), along, unit: along.to_vec2().hypot(), size };
        let spaced = spacing(glyphs, &frame);
        for glyph in glyphs.iter().filter(|glyph| glyph.at.is_finite()) {
            // In tagged files every word has a hidden space, somewhere. Where nothing else is drawn there is a gap.
            if hidden && self.hidden * 2 < self.glyphs && glyph.code.is_blank() {
                continue;
            }
            self.glyphs += 1;
            self.hidden += u64::from(hidden);
            self.add(glyph, &frame);
            self.spaced = spaced;
        }
        Ok(())
    }

    /// Draws a picture of so many dots, which this maps to the sheet.
    pub fn picture(&mut self, width: u32, height: u32, transform: Affine) -> Result<(), TooMuch> {
        self.step(1)?;
        self.pictures = true;
        self.worthy |= !is_small(width, height);
        let area = transform.determinant().abs() * f64::from(width) * f64::from(height);
        if self.area > 0.0 {
            self.covered = self.covered.max(area / self.area);
        }
        Ok(())
    }
}

/// The gap that is between all glyphs of a run alike: their spacing (9.3.2), which parts no words. None, in most runs,
/// but in titles and in what programs that read pictures put under them.
fn spacing(glyphs: &[Glyph], frame: &Frame) -> f64 {
    let (mut gaps, mut least, mut most) = (0, SPACED, NARROW);
    for (one, next) in glyphs.iter().zip(glyphs.iter().skip(1)) {
        let gone = (next.at - one.at).dot(frame.along.to_vec2()) / frame.unit;
        let gap = (gone - one.code.width * frame.unit) / frame.size;
        if gap <= NARROW {
            return 0.0;
        }
        if !one.code.is_blank() && !next.code.is_blank() {
            gaps += 1;
            (least, most) = (least.min(gap), most.max(gap));
        }
    }
    if gaps >= ALIKE && most - least < TIGHT { least } else { 0.0 }
}

/// The direction in whole degrees from 0 to 359; what is nearly straight is straight.
fn angle(along: Point) -> i32 {
    let degrees = (along.y.atan2(along.x).to_degrees().round() as i32).rem_euclid(360);
    let straight = (degrees + 45) / 90 * 90;
    if (degrees - straight).abs() <= 3 { straight % 360 } else { degrees }
}

/// A point in the coordinates of a direction: along it, and across it downwards.
fn turn(at: Point, angle: i32) -> (f64, f64) {
    match angle {
        0 => (at.x, at.y),
        90 => (at.y, -at.x),
        180 => (-at.x, -at.y),
        270 => (-at.y, at.x),
        _ => {
            let (sin, cos) = f64::from(angle).to_radians().sin_cos();
            (at.x * cos + at.y * sin, at.y * cos - at.x * sin)
        }
    }
}

impl Page {
    /// An empty page of this size, on which so much may be drawn.
    pub fn of((width, height): (f32, f32), left: u64) -> Self {
        Self { area: f64::from(width) * f64::from(height), left, ..Self::default() }
    }

    /// Something is drawn.
    pub fn step(&mut self, steps: u64) -> Result<(), TooMuch> {
        self.left = self.left.saturating_sub(steps);
        if self.left == 0 { Err(TooMuch) } else { Ok(()) }
    }

    /// Adds a glyph to the run that was begun, or begins another.
    fn add(&mut self, glyph: &Glyph, frame: &Frame) {
        if self.text.len() >= MOST {
            self.full = true;
            return;
        }
        let Frame { angle, size, .. } = *frame;
        let (u, v) = turn(glyph.at, angle);
        let end = u + glyph.code.width * frame.unit;
        // Asked for only where a glyph steps back or stands apart, as few do.
        let first = || match &glyph.code.meaning {
            Some(Meaning::Char(c)) => Some(*c),
            Some(Meaning::Text(text)) => text.chars().next(),
            None => None,
        };
        let before = |text: &str| text.chars().next_back();
        let marked = |text: &str| before(text).and_then(mark).is_some() || first().and_then(mark).is_some();
        let over = |gap: f64| gap > -2.0 * BACK && marked(&self.text);
        let near = self.runs.last_mut().and_then(|run| {
            let gap = (u - run.u.end) / size - self.spaced;
            let fits = run.angle == angle
                && (v - run.last).abs() < 0.5 * run.size.max(size)
                && (gap > -BACK || over(gap))
                && gap < CELL;
            fits.then_some((run, gap))
        });
        match near {
            Some((run, gap)) => {
                if gap < -OVER
                    && let Some(c) = before(&self.text).zip(first()).and_then(accented)
                {
                    self.text.pop();
                    self.text.push(c);
                    (run.u.end, run.text.end) = (run.u.end.max(end), self.text.len());
                    return;
                }
                let shifted = (v - run.last).abs() > 0.1 * size && (size / run.size - 1.0).abs() > 0.1;
                let squeezed = gap > NARROW
                    && run.gap.abs() < TIGHT
                    && !(self.text.ends_with(numeral) && first().is_none_or(numeral));
                if shifted || squeezed || gap > SPACE {
                    space(&mut self.text, run.text.start);
                } else {
                    run.gap = gap;
                }
                run.u.end = end;
                run.last = v;
                run.size = size;
            }
            None => {
                let text = self.text.len()..self.text.len();
                self.runs.push(Run { angle, u: u..end, v, last: v, gap: 1.0, size, text });
            }
        }
        let Some(run) = self.runs.last_mut() else { return };
        let known = match &glyph.code.meaning {
            Some(Meaning::Char(c)) => write(*c, &mut self.text, run.text.start),
            Some(Meaning::Text(text)) => {
                text.chars().fold(false, |known, c| write(c, &mut self.text, run.text.start) | known)
            }
            None => false,
        };
        if !known {
            self.unmapped += 1;
            self.text.push(guess(glyph.code.code));
        }
        run.text.end = self.text.len();
    }

    /// The page's lines, upright text first.
    pub fn lines(&mut self) -> String {
        lines::write(&mut self.runs, &self.text)
    }
}

/// The letter that a letter and an accent are which stand in one place, in either order: TeX draws them so.
fn accented((before, after): (char, char)) -> Option<char> {
    let (letter, mark) = mark(before).map_or_else(|| Some((before, mark(after)?)), |mark| Some((after, mark)))?;
    let letter = match letter {
        'ı' => 'i',
        'ȷ' => 'j',
        letter => letter,
    };
    unicode_normalization::char::compose(letter, mark)
}

/// The mark that an accent is which stands for itself.
fn mark(c: char) -> Option<char> {
    Some(match c {
        '`' => '\u{300}',
        '´' => '\u{301}',
        '^' | 'ˆ' => '\u{302}',
        '~' | '˜' => '\u{303}',
        '¯' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' | '°' => '\u{30A}',
        '˝' => '\u{30B}',
        'ˇ' => '\u{30C}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}

/// It may stand inside of a number.
fn numeral(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '/' | '+' | '(' | ')')
}

/// A space, unless one is there or nothing stands before it.
fn space(text: &mut String, start: usize) {
    if text.len() > start && !text.ends_with(' ') {
        text.push(' ');
    }
}

/// Writes a character as a reader sees it. False if it says nothing: control and private characters.
fn write(c: char, text: &mut String, start: usize) -> bool {
    match c {
        '!'..='~' => text.push(c),
        c if c.is_whitespace() => space(text, start),
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | UNKNOWN => return false,
        // Fonts of symbols keep the code in the private area.
        '\u{F020}'..='\u{F0FF}' => text.push(guess(u32::from(c) & 0xFF)),
        '\u{E000}'..='\u{F8FF}' => return false,
        // What is drawn is a hyphen: older programs map it so.
        '\u{AD}' => text.push('-'),
        '\u{300}'..='\u{36F}' => {
            let base = text.get(start..).and_then(|text| text.chars().next_back());
            let one = base.and_then(|base| unicode_normalization::char::compose(base, c));
            if one.is_some() {
                text.pop();
            }
            text.push(one.unwrap_or(c));
        }
        '\u{FB00}' => text.push_str("ff"),
        '\u{FB01}' => text.push_str("fi"),
        '\u{FB02}' => text.push_str("fl"),
        '\u{FB03}' => text.push_str("ffi"),
        '\u{FB04}' => text.push_str("ffl"),
        '\u{FB05}' | '\u{FB06}' => text.push_str("st"),
        c => text.push(c),
    }
    true
}

/// The character of a code whose font does not say: most such fonts keep to `WinAnsiEncoding`.
fn guess(code: u32) -> char {
    match u8::try_from(code) {
        Ok(byte @ 0x20..=0x7E) => char::from(byte),
        Ok(byte @ 0x80..) => {
            WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().find(|c| !c.is_control()).unwrap_or(UNKNOWN)
        }
        _ => UNKNOWN,
    }
}
