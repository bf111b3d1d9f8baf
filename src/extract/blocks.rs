//! A file that is sought through, each block of which is read once, when something in it is asked for.
//!
//! In: a file of known size. Out: the same bytes, in any order. An archive's pictures need not come off the disk, nor
//! its table of contents three times.

use std::io::{self, Read, Seek, SeekFrom};

const BLOCK: u64 = 16 << 10;

/// A file, and the blocks of it that were read.
pub struct Blocks<F> {
    file: F,
    size: u64,
    /// Empty: not read yet.
    blocks: Vec<Vec<u8>>,
    /// Where the reader stands, and where the file does.
    at: u64,
    stands: u64,
}

impl<F: Read + Seek> Blocks<F> {
    /// A file at its beginning, of so many bytes.
    pub fn new(file: F, size: u64) -> Self {
        Self { file, size, blocks: vec![Vec::new(); size.div_ceil(BLOCK) as usize], at: 0, stands: 0 }
    }

    /// What is left of the block in which the reader stands; empty at the end.
    fn rest(&mut self) -> io::Result<&[u8]> {
        let Some(block) = self.blocks.get_mut((self.at / BLOCK) as usize) else { return Ok(&[]) };
        if block.is_empty() {
            let from = self.at - self.at % BLOCK;
            if self.stands != from {
                self.stands = self.file.seek(SeekFrom::Start(from))?;
            }
            // As many as there are, in one call: `read_to_end` would begin with half of them.
            let mut read = vec![0; BLOCK.min(self.size.saturating_sub(from)) as usize];
            let mut filled = 0;
            while let Some(empty) = read.get_mut(filled..).filter(|empty| !empty.is_empty()) {
                match self.file.read(empty) {
                    Ok(0) => break,
                    Ok(more) => filled += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        // Nobody knows where the file stands now.
                        self.stands = u64::MAX;
                        return Err(error);
                    }
                }
            }
            read.truncate(filled);
            self.stands = from + filled as u64;
            *block = read;
        }
        Ok(block.get((self.at % BLOCK) as usize..).unwrap_or_default())
    }
}

impl<F: Read + Seek> Read for Blocks<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest()?.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Read + Seek> Seek for Blocks<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Counts what is read of a file.
    struct Counted<'a>(Cursor<&'a [u8]>, &'a mut u64);

    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(buffer)?;
            *self.1 += read as u64;
            Ok(read)
        }
    }

    impl Seek for Counted<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn the_bytes_are_the_files_own_in_any_order_and_each_is_read_once() {
        let mut random = crate::random::random(7);
        for size in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 77] {
            let bytes: Vec<u8> = (0..size).map(|_| random(256) as u8).collect();
            let mut count = 0;
            let mut plain = Cursor::new(&bytes[..]);
            let mut blocks = Blocks::new(Counted(plain.clone(), &mut count), size);
            for _ in 0..300 {
                let to = match random(3) {
                    0 => SeekFrom::Start(random(size as usize + 3) as u64),
                    1 => SeekFrom::End(-(random(size as usize + 1) as i64)),
                    _ => SeekFrom::Current(random(18_000) as i64 - 9_000),
                };
                assert_eq!(blocks.seek(to).ok(), plain.seek(to).ok());
                let most = random(2 * BLOCK as usize) as u64;
                let (mut here, mut there) = (Vec::new(), Vec::new());
                blocks.by_ref().take(most).read_to_end(&mut here).unwrap();
                plain.by_ref().take(most).read_to_end(&mut there).unwrap();
                assert_eq!(here, there);
            }
            drop(blocks);
            assert!(count <= size, "{count} bytes of {size}");
        }
    }

    #[test]
    fn a_file_that_was_cut_meanwhile_ends_where_it_does() {
        let mut blocks = Blocks::new(Cursor::new(vec![7; 20_000]), 40_000);
        let mut all = Vec::new();
        blocks.read_to_end(&mut all).unwrap();
        assert_eq!(all, vec![7; 20_000]);
    }
}
