//! Where a text holds what a detector might find, for whoever changes the text.
//!
//! In: a text. Out: each place, without overlaps, with every reading of it and how probable the likeliest is by itself:
//! labels and columns, which only a whole item knows, have no say here.

use std::ops::Range;

use super::Detectors;
use super::confidence::probability;

/// A place that may hold personal data.
pub struct Place {
    /// Its bytes.
    pub at: Range<usize>,
    /// What it may be, likeliest first: detector and normal form.
    pub readings: Vec<(String, String)>,
    /// How probable the likeliest is.
    pub probability: f64,
}

impl Detectors {
    /// Every place, in order.
    pub fn places(&self, text: &str) -> Vec<Place> {
        let place = |span: super::span::Span| {
            let readings =
                span.readings.iter().filter_map(|r| Some((self.get(r.detector)?.id.clone(), r.normal.to_string())));
            Place {
                at: span.at.start..text.ceil_char_boundary(span.at.end),
                readings: readings.collect(),
                probability: probability(span.odds()),
            }
        };
        self.look(text).spans.into_iter().map(place).collect()
    }
}
