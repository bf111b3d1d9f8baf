//! Spreadsheets: Excel's XML and binary workbooks.
//!
//! In: a package with an `xl` folder (`xlsx.rs`, `xlsb` through calamine), or a legacy workbook (`legacy.rs`). Out: cells with sheet, name and the label of
//! their column. Deliberately elsewhere: OpenDocument (`odf.rs`), which stores what it displays.

mod biff;
pub mod binary;
mod cells;
pub mod numbers;
pub mod xlsx;

use crate::extract::{Format, Match, zip};
use crate::item::Kind;

/// Told by the archive's directory: [`zip::read`].
pub const FORMATS: &[Format] = &[
    Format { name: "xlsx", kind: Kind::Document, sniff: |_| Match::No, read: zip::read },
    Format { name: "xlsb", kind: Kind::Document, sniff: |_| Match::No, read: zip::read },
];
