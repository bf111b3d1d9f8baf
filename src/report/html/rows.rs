//! The rows of the tables, as JSON that is safe inside a page.
//!
//! In: items with their findings and breaches. Out: arrays, in the order that `page.js` reads them in; names that come
//! again and again are numbers into lists. Every name is made harmless, `<` cannot end the script that holds the rows.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use crate::item::Item;
use crate::report::join::About;
use crate::report::place::{folder, position};
use crate::report::{Setting, harmless};

/// Findings and items that the tables hold.
pub const MOST: usize = 200_000;

/// Rows under construction.
#[derive(Debug, Default)]
pub struct Rows {
    /// Items, each an array, with commas between them.
    json: String,
    /// Lists that rows refer to.
    pub places: List,
    /// Owners; the first one met is number 0.
    owners: List,
    rules: List,
    detectors: List,
    held: usize,
    /// Something was left out.
    pub capped: bool,
}

/// Values by number.
#[derive(Debug, Default)]
pub struct List {
    values: Vec<Value>,
    numbers: HashMap<String, usize>,
}

impl List {
    fn number(&mut self, value: Value) -> usize {
        let key = value.to_string();
        *self.numbers.entry(key).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

impl Rows {
    /// Adds an item, unless there are enough.
    pub fn item(&mut self, item: &Item, about: &About, date: Option<Date>, setting: &Setting) {
        if self.held >= MOST {
            self.capped = true;
            return;
        }
        self.held += 1 + about.findings.len();
        self.capped |= about.more > 0 || !item.omitted.is_empty();
        let place = self.places.number(json!(harmless(folder(&item.location))));
        let owner = self.owners.number(json!(item.whose().map(harmless).unwrap_or_default()));
        let findings: Vec<Value> = about
            .findings
            .iter()
            .map(|f| {
                let id = f.detector.as_ref();
                let title = setting.texts.detector(id).or(setting.detectors.get(id).map(|known| known.title.as_str()));
                let detector = self.detectors.number(json!([id, title.unwrap_or(id), f.category, f.sensitivity as u8]));
                let value = f.shown.as_deref().unwrap_or(f.value.masked());
                let percent = (f.confidence * 100.0).round();
                json!([
                    detector,
                    harmless(value),
                    percent as u8,
                    f.count,
                    harmless(&position(&f.position)),
                    harmless(&f.context),
                    f.why.as_deref().map(harmless)
                ])
            })
            .collect();
        let breaches: Vec<Value> = about
            .breaches
            .iter()
            .map(|b| {
                let texts = &setting.texts;
                let rule =
                    json!([b.policy, b.rule, b.severity as u8, b.reference, texts.rule(&b.rule), texts.todo(&b.rule)]);
                json!([self.rules.number(rule), b.since, harmless(&b.message)])
            })
            .collect();
        let mail = item.mail.as_ref();
        let row = json!([
            harmless(&item.location),
            item.kind.word(),
            item.format,
            item.status.word(),
            item.reason.map(|reason| reason.word()),
            owner,
            place,
            date,
            item.sensitivity as u8,
            mail.and_then(|mail| mail.subject.as_ref()).map(|subject| harmless(subject.masked())),
            findings,
            breaches,
            about.more,
        ]);
        if !self.json.is_empty() {
            self.json.push_str(",\n");
        }
        self.json.push_str(&inline(&row));
    }

    /// The lists and the rows, as members of an object.
    pub fn members(&self) -> String {
        let list = |list: &List| inline(&list.values);
        format!(
            "\"places\":{},\"owners\":{},\"rules\":{},\"detectors\":{},\"items\":[\n{}\n]",
            list(&self.places),
            list(&self.owners),
            list(&self.rules),
            list(&self.detectors),
            self.json
        )
    }
}

/// JSON that is safe in a script element: nothing in it is markup.
pub fn inline(value: &impl Serialize) -> String {
    // What is serialised here is made of texts and numbers: that cannot fail.
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}
