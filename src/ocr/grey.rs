//! A picture in shades of grey: what is read, and how large it must be and may be.

use std::io::{self, Write};

/// The most pixels of a picture: A3 at 600 dots an inch.
pub const MOST: u64 = 72_000_000;
/// A line of text is at least this high, and a word this wide.
const LINE: u32 = 12;
/// Pictures of fewer pixels than this are icons.
const ICON: u64 = 64 * 64;
/// Letters on screens are too small for a program that was trained on scans: pictures of fewer pixels across are
/// enlarged; a page of 110 dots an inch twice.
const SCREEN: u32 = 2600;
/// But not more often than this.
const TIMES: u32 = 3;

/// It is too small to hold a line of text.
pub fn is_small(width: u32, height: u32) -> bool {
    width.min(height) < LINE || u64::from(width) * u64::from(height) <= ICON
}

/// A picture, a byte for each pixel, row by row.
pub struct Grey {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Grey {
    /// A picture of this size; `None` if these are not its pixels, or too many.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let size = u64::from(width) * u64::from(height);
        (size <= MOST && size == pixels.len() as u64).then_some(Self { width, height, pixels })
    }

    /// Of red, green, blue and opacity, as it looks on white paper.
    pub fn on_paper(width: u32, height: u32, rgba: &[u8]) -> Option<Self> {
        let pixels = rgba.as_chunks::<4>().0.iter();
        Self::new(width, height, pixels.map(|[r, g, b, a]| paper(luma(*r, *g, *b), *a)).collect())
    }

    /// No picture at all.
    pub fn none() -> Self {
        Self { width: 0, height: 0, pixels: Vec::new() }
    }

    /// The pixel at this place.
    pub fn at(&self, x: f32, y: f32) -> Option<u8> {
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
        inside.then(|| self.pixels.get(y as usize * self.width as usize + x as usize).copied()).flatten()
    }

    /// How bright a square of so many pixels across is.
    pub fn mean(&self, x: u32, y: u32, across: u32) -> u8 {
        let (x, across) = (x as usize, across as usize);
        let rows = self.pixels.chunks_exact(self.width.max(1) as usize).skip(y as usize).take(across);
        let sum: u32 = rows.flat_map(|row| row.get(x..x + across).unwrap_or_default()).map(|p| u32::from(*p)).sum();
        (sum / (across * across).max(1) as u32) as u8
    }

    /// Its pixels.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// How wide and how high it is.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The same, enlarged if its letters are likely too small.
    pub fn readable(self) -> Self {
        let times = (SCREEN / self.width.max(self.height).max(1)).min(TIMES);
        let size = u64::from(self.width) * u64::from(self.height) * u64::from(times * times);
        if times < 2 || size > MOST {
            return self;
        }
        let Some(image) = image::GrayImage::from_raw(self.width, self.height, self.pixels) else {
            return Self::none();
        };
        let (width, height) = (self.width * times, self.height * times);
        let large = image::imageops::resize(&image, width, height, image::imageops::FilterType::CatmullRom);
        Self { width, height, pixels: large.into_raw() }
    }

    /// Writes it as a portable graymap.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        write!(output, "P5\n{} {}\n255\n", self.width, self.height)?;
        output.write_all(&self.pixels)
    }
}

/// How bright a colour is (ITU-R BT.601).
pub fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000) as u8
}

/// How bright it is on white paper.
fn paper(luma: u8, opacity: u8) -> u8 {
    let (luma, opacity) = (u32::from(luma), u32::from(opacity));
    ((luma * opacity + 255 * (255 - opacity)) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_is_white() {
        let grey = Grey::on_paper(3, 1, &[0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255]).unwrap();
        assert_eq!(grey.pixels(), [255, 0, 255]);
        assert!(Grey::on_paper(3, 1, &[0; 8]).is_none());
    }

    #[test]
    fn small_letters_are_enlarged_and_icons_are_none() {
        let grey = |w: u32, h: u32| Grey::new(w, h, vec![255; (w * h) as usize]).unwrap().readable().size();
        assert_eq!((grey(600, 400), grey(1000, 10), grey(2480, 3508)), ((1800, 1200), (2000, 20), (2480, 3508)));
        assert!(is_small(64, 64) && is_small(1000, 8) && !is_small(300, 20));
    }
}
