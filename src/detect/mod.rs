//! Text → findings.
use crate::extract::{Place, Text};
use crate::item::{Item, Mail};
use crate::record::Record;
use crate::scan::Context;

/// A stand-in until the detectors land.
pub struct Detectors;
/// A candidate.
pub struct Candidate<'t> {
    pub value: &'t str,
    pub place: Place,
}
/// Held.
#[derive(Default)]
pub struct Held;
impl Detectors {
    pub fn find(&self, text: &Text<'_>, found: &mut dyn FnMut(Candidate<'_>)) {
        for (at, word) in text.str.match_indices("PLANTED") {
            if text.own.contains(&at) {
                found(Candidate { value: word, place: (text.place)(at) });
            }
        }
    }
    pub fn mask_subject(&self, mail: Mail) -> Mail {
        mail
    }
}
impl Held {
    pub fn add(&mut self, _c: Candidate<'_>, item: &mut Item, _ctx: &Context, _emit: &mut dyn FnMut(Record)) {
        item.counts.add("planted", 1.0);
    }
    pub fn flush(&mut self, _item: &mut Item, _ctx: &Context, _emit: &mut dyn FnMut(Record)) {}
}
