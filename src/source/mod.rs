//! Where jobs come from.
pub mod maildir;

use crate::item::{Fault, Item};
use std::fs::{File, Metadata};
use std::path::Path;
/// Opens.
pub fn open(path: &Path) -> Result<File, Fault> {
    File::open(path).map_err(Fault::io)
}
/// Facts.
pub fn facts(meta: &Metadata, item: &mut Item) {
    item.size = Some(meta.len());
}
