//! Text → findings. A stand-in until the detectors land.
#![allow(missing_docs)]
use std::path::Path;

use crate::extract::{Place, Text};
use crate::item::{Item, Mail, Sensitivity};
use crate::patterns::Mistake;
use crate::record::Record;
use crate::scan::Context;

pub struct Detectors(Vec<Detector>);
pub struct Detector {
    pub id: String,
    pub title: String,
    pub category: String,
    pub sensitivity: Sensitivity,
    pub source: String,
}
pub struct Candidate<'t> {
    pub value: &'t str,
    pub place: Place,
}
#[derive(Default)]
pub struct Held;
impl Detectors {
    pub fn load(_user: Option<&Path>) -> Result<Self, Mistake> {
        Ok(Self(vec![Detector {
            id: "planted".into(),
            title: "Stand-in".into(),
            category: "contact".into(),
            sensitivity: Sensitivity::Ordinary,
            source: "nowhere".into(),
        }]))
    }
    pub fn select(&mut self, only: &[String], without: &[String]) -> Result<(), String> {
        let fits = |glob: &String| glob == "planted" || glob == "*";
        match only.iter().chain(without).find(|glob| !fits(glob)) {
            Some(glob) => Err(format!("no detector is called '{glob}'")),
            None if without.is_empty() => Ok(()),
            None => {
                self.0.clear();
                Ok(())
            }
        }
    }
    pub fn list(&self) -> impl Iterator<Item = &Detector> {
        self.0.iter()
    }
    pub fn find(&self, text: &Text<'_>, found: &mut dyn FnMut(Candidate<'_>)) {
        for (at, word) in text.str.match_indices("PLANTED") {
            if text.own.contains(&at) && !self.0.is_empty() {
                found(Candidate { value: word, place: (text.place)(at) });
            }
        }
    }
    pub fn mask_subject(&self, mail: Mail) -> Mail {
        mail
    }
}
impl Held {
    pub fn add(&mut self, c: Candidate<'_>, item: &mut Item, ctx: &Context, emit: &mut dyn FnMut(Record)) {
        item.counts.add("planted", 1.0);
        item.sensitivity = Sensitivity::Ordinary;
        let value = crate::mask::Personal::new(c.value);
        emit(Record::Finding(crate::record::Finding {
            location: item.location.clone(),
            detector: "planted".into(),
            category: "contact".into(),
            sensitivity: Sensitivity::Ordinary,
            confidence: 1.0,
            shown: ctx.reveal.then(|| c.value.to_owned()),
            fingerprint: ctx.key.as_ref().map(|key| key.fingerprint("planted", c.value)),
            value,
            count: 1,
            position: c.place.position,
            context: String::new(),
            why: ctx.explain.then(|| "planted".to_owned()),
        }));
    }
    pub fn flush(&mut self, _item: &mut Item, _ctx: &Context, _emit: &mut dyn FnMut(Record)) {}
}
