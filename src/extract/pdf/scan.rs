//! Pages that are pictures, and pictures on pages: what somebody is to read who can read pictures.
//!
//! In: a page, and what was told of it when its text was taken. Out: the page, or the pictures on it, in shades of
//! grey. `hayro` draws.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use hayro_interpret::font::GlyphRun;
use hayro_interpret::kurbo::{BezPath, Rect};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, SoftMask};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page};
use hayro_syntax::page::Page;

use super::text;
use crate::extract::Out;
use crate::item::{Fault, Reason};
use crate::ocr::{Grey, MOST, is_small, luma};
use crate::record::Position;

/// Dots of a drawn page for each point: 300 an inch.
const SCALE: f32 = 300.0 / 72.0;
/// A page with fewer visible glyphs than this and a picture over most of it was scanned and stamped.
const STAMP: u64 = 200;
/// What most of a page is.
const MOSTLY: f64 = 0.5;

type Each<'e> = &'e mut dyn FnMut(Grey) -> Result<(), Fault>;

/// Hands over what of this page is to be read as a picture, if anything is.
pub fn read(page: &Page<'_>, number: u32, drawn: &text::Page, garbled: bool, out: &mut Out<'_>) -> Result<(), Fault> {
    // Somebody has read it already, and written what it says where nobody sees it.
    let is_read = drawn.hidden > 0 && drawn.hidden * 2 > drawn.glyphs;
    let covered = drawn.covered > MOSTLY && drawn.glyphs - drawn.hidden < STAMP;
    let position = Position { page: Some(number), ..Position::default() };
    let budget = out.budget();
    if garbled || (drawn.pictures && !is_read && (drawn.glyphs == 0 || covered)) {
        let draw = || whole(page).and_then(|grey| budget.charge(4 * grey.pixels().len() as u64).map(|()| grey));
        return out.pictures(&position, &mut |each| each(draw()?));
    }
    if drawn.worthy && !is_read {
        return out.pictures(&position, &mut |each| {
            let mut pictures = Pictures { each, ended: Ok(()) };
            let cache = InterpreterCache::new();
            let (width, height) = page.render_dimensions();
            let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
            let settings = InterpreterSettings::default();
            let transform = page.initial_transform(true).to_kurbo();
            let mut context = Context::new(transform, bounds, &cache, page.xref(), settings);
            match catch_unwind(AssertUnwindSafe(|| interpret_page(page, &mut context, &mut pictures))) {
                Ok(()) => pictures.ended,
                Err(_) => Err(crashed()),
            }
        });
    }
    Ok(())
}

fn crashed() -> Fault {
    Fault::new(Reason::Crashed, "the reader of a page crashed")
}

/// The whole page.
fn whole(page: &Page<'_>) -> Result<Grey, Fault> {
    let (width, height) = page.render_dimensions();
    let unknown = || Fault::corrupt("a page has no size");
    if !(width >= 1.0 && height >= 1.0) {
        return Err(unknown());
    }
    let fits = (MOST as f32 / (width * height)).sqrt().min(f32::from(u16::MAX) / width.max(height));
    let scale = SCALE.min(fits);
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let draw = || {
        let cache = RenderCache::new();
        render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings)
    };
    let drawn = catch_unwind(AssertUnwindSafe(draw)).map_err(|_| crashed())?;
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    Grey::on_paper(width, height, drawn.data_as_u8_slice()).ok_or_else(unknown)
}

/// Is handed the pictures of a page, each as it lies in the file.
struct Pictures<'e> {
    each: Each<'e>,
    ended: Result<(), Fault>,
}

impl Device<'_> for Pictures<'_> {
    fn draw_image(&mut self, image: Image<'_, '_>, _: ImageDrawProps<'_>) {
        if self.ended.is_err() || is_small(image.width(), image.height()) {
            return;
        }
        let mut grey = None;
        match image {
            Image::Raster(raster) => raster.with_rgba(
                |data, _| {
                    grey = match data {
                        ImageData::Luma(data) => Grey::new(data.width, data.height, data.data),
                        ImageData::Rgb(data) => {
                            let pixels = data.data.as_chunks::<3>().0.iter().map(|[r, g, b]| luma(*r, *g, *b));
                            Grey::new(data.width, data.height, pixels.collect())
                        }
                    }
                },
                None,
            ),
            Image::Stencil(stencil) => stencil.with_stencil(
                |data, _| {
                    let ink = data.data.iter().map(|ink| 255 - ink).collect();
                    grey = Grey::new(data.width, data.height, ink);
                },
                None,
            ),
        }
        if let Some(grey) = grey {
            self.ended = (self.each)(grey);
        }
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, '_>, _: DrawProps<'_>, _: &DrawMode) {}
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
