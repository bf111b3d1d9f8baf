//! Item + counts → breaches.
use crate::item::Item;
use crate::record::Record;
use jiff::Zoned;
/// A stand-in until the policies land.
pub struct Policies;
impl Policies {
    /// Judges.
    pub fn judge(&self, _item: &Item, _now: &Zoned) -> Vec<Record> {
        Vec::new()
    }
    /// Sensitivity.
    pub fn sensitivity(&self, _detector: &str) -> Option<crate::item::Sensitivity> {
        None
    }
}
