//! Lines of text that run slightly up or down, as from a scanner's glass or feeder: words in them fall apart. In: a
//! picture. Out: the same with level lines.
//!
//! The angle is the one at which the ink falls together into the sharpest rows (or columns, on a page that lies on its
//! side): Postl's projection profiles, with the squares of the sums as their sharpness.

use crate::ocr::Grey;

/// Angles are looked for up to this, either way, in degrees; more than this and nobody would have scanned it so.
const WIDEST: f32 = 3.0;
/// First in steps of this, then between the best one and its neighbours.
const STEP: f32 = 0.25;
const FINE: f32 = 0.05;
/// Lines that are as level as this are left alone.
const LEVEL: f32 = 0.2;
/// Ink is so much darker, or brighter, than most of the picture.
const INK: u8 = 50;
/// A picture is looked at in so many pixels across at most, and at so much of its ink.
const ACROSS: u32 = 1000;
const POINTS: usize = 60_000;
/// Rows of text are so much sharper when level than on average, as a picture of anything else is at no angle.
const SHARP: f32 = 1.1;

/// The picture with its lines level.
pub fn level(picture: Grey) -> Grey {
    let Some((paper, angle)) = skew(&picture) else { return picture };
    if angle.abs() < LEVEL { picture } else { turned(&picture, angle.to_radians(), paper) }
}

/// How bright the paper is, and by how many degrees the lines run down to the right. `None`: there are no lines.
fn skew(picture: &Grey) -> Option<(u8, f32)> {
    let (width, height) = picture.size();
    let times = (width.max(height) / ACROSS).max(1);
    let paper = median(picture.pixels());
    let mut ink = Vec::new();
    for y in 0..height / times {
        for x in 0..width / times {
            if picture.mean(x * times, y * times, times).abs_diff(paper) > INK {
                ink.push((x as f32, y as f32));
            }
        }
    }
    let every = ink.len() / POINTS + 1;
    let ink: Vec<_> = ink.into_iter().step_by(every).collect();
    let on_its_side: Vec<_> = ink.iter().map(|(x, y)| (-y, *x)).collect();
    let (angle, sharp) = [sharpest(&ink), sharpest(&on_its_side)].into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (sharp >= SHARP).then_some((paper, angle))
}

/// The angle at which these points fall into the sharpest rows, and how much sharper those are than at the average angle.
fn sharpest(ink: &[(f32, f32)]) -> (f32, f32) {
    let best = |angles: &[f32]| {
        let scores = angles.iter().map(|angle| (*angle, sharpness(ink, *angle)));
        scores.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
    };
    let angles = |from: f32, to: f32, step: f32| -> Vec<f32> {
        let steps = ((to - from) / step).round() as u16;
        (0..=steps).map(|n| from + f32::from(n) * step).collect()
    };
    let coarse = angles(-WIDEST, WIDEST, STEP);
    let average = coarse.iter().map(|angle| sharpness(ink, *angle)).sum::<f32>() / coarse.len() as f32;
    let (near, _) = best(&coarse);
    let (angle, sharp) = best(&angles(near - STEP, near + STEP, FINE));
    (angle, sharp / average.max(1.0))
}

fn sharpness(ink: &[(f32, f32)], angle: f32) -> f32 {
    let slope = angle.to_radians().tan();
    let rows = || ink.iter().map(|(x, y)| y - x * slope);
    let top = rows().fold(f32::MAX, f32::min);
    let mut sums = vec![0f32; 4 * ACROSS as usize];
    for row in rows() {
        if let Some(sum) = sums.get_mut((row - top) as usize) {
            *sum += 1.0;
        }
    }
    sums.iter().map(|sum| sum * sum).sum()
}

/// The picture turned about its middle, against lines that run down by this angle; each pixel from the four that it
/// falls between.
fn turned(picture: &Grey, angle: f32, paper: u8) -> Grey {
    let (width, height) = picture.size();
    let (sin, cos) = angle.sin_cos();
    let (middle, half) = (width as f32 / 2.0, height as f32 / 2.0);
    let mut pixels = Vec::with_capacity(picture.pixels().len());
    for y in 0..height {
        let down = y as f32 - half;
        for x in 0..width {
            let right = x as f32 - middle;
            let (from, row) = (right * cos - down * sin + middle, right * sin + down * cos + half);
            let (left, top) = (from.floor(), row.floor());
            let (u, v) = (from - left, row - top);
            let at = |dx: f32, dy: f32| f32::from(picture.at(left + dx, top + dy).unwrap_or(paper));
            let upper = at(0.0, 0.0) * (1.0 - u) + at(1.0, 0.0) * u;
            let lower = at(0.0, 1.0) * (1.0 - u) + at(1.0, 1.0) * u;
            pixels.push((upper * (1.0 - v) + lower * v) as u8);
        }
    }
    Grey::new(width, height, pixels).unwrap_or_else(Grey::none)
}

/// The brightness that half of these are at most.
fn median(pixels: &[u8]) -> u8 {
    let mut counts = [0usize; 256];
    for pixel in pixels {
        if let Some(count) = counts.get_mut(usize::from(*pixel)) {
            *count += 1;
        }
    }
    let mut below = 0;
    let half = counts.iter().position(|count| {
        below += count;
        below * 2 >= pixels.len()
    });
    half.and_then(|half| u8::try_from(half).ok()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of letters, which run down to the right by this many degrees.
    fn page(angle: f32, on_its_side: bool) -> Grey {
        let slope = angle.to_radians().tan();
        let ink = |x: u32, y: u32| {
            let (x, y) = if on_its_side { (y, 600 - x) } else { (x, y) };
            let (x, y) = (x as f32 + y as f32 * slope, y as f32 - x as f32 * slope);
            let word = (x as u32 / 7).wrapping_mul(2_654_435_761) >> 28 > 4;
            (60.0..540.0).contains(&x) && (60.0..540.0).contains(&y) && y as u32 % 20 < 8 && x as u32 % 7 < 4 && word
        };
        let pixels = (0..600 * 600).map(|n| if ink(n % 600, n / 600) { 20 } else { 240 }).collect();
        Grey::new(600, 600, pixels).unwrap()
    }

    #[test]
    fn lines_become_level() {
        for (angle, on_its_side) in [(-2.0, true), (-0.5, false), (1.3, true), (2.5, false)] {
            let (paper, found) = skew(&page(angle, on_its_side)).unwrap();
            assert!((found - angle).abs() < 0.15 && paper == 240, "{angle}: {found}");
            let (_, left) = skew(&level(page(angle, on_its_side))).unwrap();
            assert!(left.abs() < LEVEL, "{angle}: {left} is left");
        }
    }

    #[test]
    fn what_is_level_or_no_text_stays() {
        let page = page(0.0, false);
        let before = page.pixels().to_vec();
        assert_eq!(level(page).pixels(), before);
        let noise: Vec<u8> = (0..300 * 300u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(level(Grey::new(300, 300, noise.clone()).unwrap()).pixels(), noise);
        assert!(skew(&Grey::new(0, 0, Vec::new()).unwrap()).is_none());
    }
}
