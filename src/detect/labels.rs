//! What labels say: columns and keys come again and again, and each is read once.
//!
//! In: labels of one item. Out: the words of detectors in them, and what they make of the cells below them.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::detect::Detectors;
use crate::detect::nearby::Hit;
use crate::detect::table::Column;

/// So many labels are remembered.
const LABELS: usize = 1024;

/// The labels of one item.
#[derive(Default)]
pub struct Labels(RefCell<HashMap<Box<str>, Rc<Label>, RandomState>>);

/// A label.
pub struct Label {
    /// The words of detectors in it.
    pub hits: Vec<Hit>,
    column: OnceCell<Column>,
    telling: OnceCell<Option<u16>>,
}

impl Labels {
    /// What a label says.
    pub fn get(&self, detectors: &Detectors, label: &str) -> Rc<Label> {
        let mut known = self.0.borrow_mut();
        if let Some(known) = known.get(label) {
            return Rc::clone(known);
        }
        if known.len() >= LABELS {
            known.clear();
        }
        let hits = detectors.tables().nearby.in_label(label);
        let new = Rc::new(Label { hits, column: OnceCell::new(), telling: OnceCell::new() });
        known.insert(label.into(), Rc::clone(&new));
        new
    }
}

impl Label {
    /// What it makes of the cells below it; `label` is itself.
    pub fn column(&self, detectors: &Detectors, label: &str) -> &Column {
        self.column.get_or_init(|| detectors.column(label, &self.hits))
    }

    /// The category of keywords whose values stand below it.
    pub fn telling(&self, detectors: &Detectors, label: &str) -> Option<u16> {
        *self.telling.get_or_init(|| detectors.labelled_by(label))
    }
}
