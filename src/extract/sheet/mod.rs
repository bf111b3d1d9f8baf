//! Spreadsheets: Excel's XML and binary workbooks.
//!
//! In: a package with an `xl` folder (`xlsx.rs`; `binary.rs` and `xlsb.rs` for `xlsb`), or a legacy workbook (`binary.rs`, `biff.rs`).
//! Out: cells with their sheet, name and the label of their column, as they are displayed.
//! Deliberately elsewhere: OpenDocument (`odf.rs`), which stores what it displays.

mod biff;
pub mod binary;
mod cells;
pub mod numbers;
mod plain;
mod room;
mod xlsb;
pub mod xlsx;

use crate::extract::{Format, Match, zip};
use crate::item::Kind;

/// Told by the archive's directory: [`zip::read`].
pub const FORMATS: &[Format] = &[
    Format { name: "xlsx", kind: Kind::Document, sniff: |_| Match::No, read: zip::read },
    Format { name: "xlsb", kind: Kind::Document, sniff: |_| Match::No, read: zip::read },
];
