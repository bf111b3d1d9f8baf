//! Pages packed with Zstandard, which the crate `parquet` unpacks with a library in C only.
//!
//! In: a row group. Out: the same, read as if nothing in it were packed so: the crate hands its pages over as they are, and
//! goes on with what becomes of them here. Format: <https://parquet.apache.org/docs/file-format/data-pages/compression/>.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::RowGroupReader;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::record::reader::RowIter;
use parquet::schema::types::Type;

use crate::extract::zstd::Frames;

/// A row group with columns that are packed so.
pub struct Packed {
    file: Arc<Bytes>,
    group: RowGroupMetaData,
    most: u64,
}

impl Packed {
    /// A group of a file. A page that unpacks to more than `most` bytes is an error.
    pub fn new(file: Bytes, group: RowGroupMetaData, most: u64) -> Self {
        Self { file: Arc::new(file), group, most }
    }
}

impl RowGroupReader for Packed {
    fn metadata(&self) -> &RowGroupMetaData {
        &self.group
    }

    fn num_columns(&self) -> usize {
        self.group.num_columns()
    }

    fn get_column_page_reader(&self, column: usize) -> Result<Box<dyn PageReader>> {
        let column = self.group.column(column);
        let rows = usize::try_from(self.group.num_rows())?;
        let pages = |column| SerializedPageReader::new(Arc::clone(&self.file), column, rows, None);
        if !matches!(column.compression(), Compression::ZSTD(_)) {
            return Ok(Box::new(pages(column)?));
        }
        let plain = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        Ok(Box::new(Pages { pages: pages(&plain)?, most: self.most }))
    }

    fn get_column_bloom_filter(&self, _: usize) -> Option<&Sbbf> {
        None
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_row_group(projection, self)
    }
}

/// Pages of a column, unpacked one by one.
struct Pages {
    pages: SerializedPageReader<Bytes>,
    most: u64,
}

impl Pages {
    fn unpack(&self, mut page: Page) -> Result<Page> {
        match &mut page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => *buf = self.unpacked(buf, 0)?,
            // Its levels are never packed, and stand in front.
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, is_compressed: true, .. } => {
                let levels = def_levels_byte_len.saturating_add(*rep_levels_byte_len);
                *buf = self.unpacked(buf, levels as usize)?;
            }
            Page::DataPageV2 { .. } => {}
        }
        Ok(page)
    }

    /// What stands there with all but its first bytes unpacked.
    fn unpacked(&self, packed: &[u8], levels: usize) -> Result<Bytes> {
        let Some((levels, values)) = packed.split_at_checked(levels) else {
            return Err(ParquetError::EOF("a page ends within its levels".to_owned()));
        };
        let mut page = levels.to_vec();
        Frames::new(values, self.most).take(self.most + 1).read_to_end(&mut page)?;
        if page.len() as u64 > self.most {
            return Err(ParquetError::General("a page unpacks to more than the limit".to_owned()));
        }
        Ok(page.into())
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.map(|page| self.unpack(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }
}
