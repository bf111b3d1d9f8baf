//! The bytes of a picture → shades of grey, for whoever reads text in pictures.
//!
//! In: a file as it lies on a disk or in a document. Out: its pages, drawn on white paper and turned as the camera was
//! held. Sizes are looked at before anything is unpacked. Deliberately elsewhere: what is written about pictures
//! (`image/`), and the reading (`ocr`).

use std::io::{BufRead, Cursor, Seek};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};

use crate::budget::Budget;
use crate::item::{Fault, Reason};
use crate::ocr::{Grey, MOST, is_small};

/// Pages of one file that are read.
const PAGES: u32 = 10_000;

/// The pages of a picture file that could hold text, counted from 0; `None`: nothing here can draw it.
pub fn pages(mut picture: impl BufRead + Seek) -> Option<Vec<u32>> {
    if is_tiff(picture.fill_buf().ok()?) {
        let mut file = Decoder::new(picture).ok()?;
        let mut pages = Vec::new();
        for page in 0..PAGES {
            let (width, height) = file.dimensions().ok()?;
            pages.extend((!is_small(width, height)).then_some(page));
            if !file.more_images() || file.next_image().is_err() {
                break;
            }
        }
        return Some(pages);
    }
    let (width, height) = ImageReader::new(picture).with_guessed_format().ok()?.into_dimensions().ok()?;
    Some(if is_small(width, height) { Vec::new() } else { vec![0] })
}

fn is_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II") || bytes.starts_with(b"MM")
}

/// Draws one page, counted from 0. `None`: it is an icon.
pub fn draw(bytes: &[u8], page: u32, budget: &Budget) -> Result<Option<Grey>, Fault> {
    if is_tiff(bytes) {
        return sheet(bytes, page, budget);
    }
    let damaged = |_| Fault::corrupt("a picture is damaged");
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Fault::io)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(budget.limits().memory / 2);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if is_small(width, height) {
        return Ok(None);
    }
    fits(width, height, decoder.total_bytes(), budget)?;
    let turned = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(turned);
    let (width, height) = (image.width(), image.height());
    Ok(if image.color().has_alpha() {
        Grey::on_paper(width, height, image.into_rgba8().as_raw())
    } else {
        Grey::new(width, height, image.into_luma8().into_raw())
    })
}

/// Pays for what is unpacked, if it may be.
fn fits(width: u32, height: u32, bytes: u64, budget: &Budget) -> Result<(), Fault> {
    if u64::from(width) * u64::from(height) > MOST {
        return Err(Fault::new(Reason::TooLarge, "a picture has more pixels than the limit"));
    }
    budget.charge(bytes)
}

/// A page of a TIFF.
fn sheet(bytes: &[u8], page: u32, budget: &Budget) -> Result<Option<Grey>, Fault> {
    let damaged = |_| Fault::corrupt("a picture is damaged, or packed in a way that is not known");
    let mut file = Decoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = usize::try_from(budget.limits().memory / 2).unwrap_or(usize::MAX);
    file = file.with_limits(limits);
    for _ in 0..page {
        file.next_image().map_err(damaged)?;
    }
    let (width, height) = file.dimensions().map_err(damaged)?;
    if is_small(width, height) {
        return Ok(None);
    }
    let colours = file.colortype().map_err(damaged)?;
    let samples = usize::from(colours.num_samples());
    fits(width, height, u64::from(width) * u64::from(height) * samples as u64, budget)?;
    let bits = colours.bit_depth();
    let samples_of = |data: DecodingResult| -> Option<Vec<u8>> {
        Some(match data {
            DecodingResult::U8(data) if bits == 8 => data,
            // Rows begin at whole bytes.
            DecodingResult::U8(data) if bits < 8 => {
                let row = (width as usize * samples * usize::from(bits)).div_ceil(8);
                let most = (1u16 << bits) - 1;
                let of = |row: &[u8], n: usize| {
                    let at = n * usize::from(bits);
                    let byte = row.get(at / 8).copied().unwrap_or_default();
                    let value = byte >> (8 - usize::from(bits) - at % 8) & most as u8;
                    (u16::from(value) * 255 / most) as u8
                };
                data.chunks(row.max(1)).flat_map(|row| (0..width as usize * samples).map(move |n| of(row, n))).collect()
            }
            DecodingResult::U16(data) => data.into_iter().map(|value| (value >> 8) as u8).collect(),
            _ => return None,
        })
    };
    let unknown = || Fault::new(Reason::Unsupported, "a picture has colours of a kind that is not read");
    let data = samples_of(file.read_image().map_err(damaged)?).ok_or_else(unknown)?;
    let drawn = match colours {
        ColorType::Gray(_) => Grey::new(width, height, data),
        ColorType::GrayA(_) => Grey::new(width, height, data.chunks(2).filter_map(|p| p.first().copied()).collect()),
        ColorType::CMYK(_) => {
            let ink = |p: &[u8; 4]| {
                let [c, m, y, k] = p.map(|ink| 255 - u32::from(ink));
                ((c * 299 + m * 587 + y * 114) / 1000 * k / 255) as u8
            };
            Grey::new(width, height, data.as_chunks::<4>().0.iter().map(ink).collect())
        }
        ColorType::RGBA(_) => Grey::on_paper(width, height, &data),
        ColorType::RGB(_) | ColorType::YCbCr(_) => {
            let bright = |p: &[u8; 3]| crate::ocr::luma(p[0], p[1], p[2]);
            Grey::new(width, height, data.as_chunks::<3>().0.iter().map(bright).collect())
        }
        // An index into colours: its order is mostly that of brightness, which serves.
        _ => Grey::new(width, height, data.chunks(samples.max(1)).filter_map(|p| p.first().copied()).collect()),
    };
    drawn.map(Some).ok_or_else(unknown)
}
