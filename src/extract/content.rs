//! The bytes of one item, whole or flowing, and never more of them than the budget allows.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::mem;

use crate::budget::{Budget, Metered};
use crate::extract::Out;
use crate::extract::blocks::Blocks;
use crate::item::{Fault, Reason};
use crate::job::Range;

/// How many bytes are looked at to tell the format.
pub const HEAD: usize = 8 << 10;
const BLOCK: usize = 256 << 10;
/// Of a file that is sought through.
const BUFFER: usize = 32 << 10;
/// A file of this size at most is read at once, not here and there.
const SMALL: u64 = 64 << 10;
/// And of one of this size what was read is kept: archives are sought through for each of their members.
const KEPT: u64 = 1 << 20;

/// Reads and seeks.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

enum Source<'a> {
    File(Box<dyn ReadSeek + 'a>),
    Stretch(Box<dyn ReadSeek + 'a>),
    Bytes(Cow<'a, [u8]>),
    Stream(Box<dyn Read + 'a>),
    Made(&'static str, Box<Make<'a>>),
}

/// A stream that passes over bytes by reading them, and how many it has passed.
struct Forward<R>(R, u64);

impl<R: Read> Read for Forward<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1 += read as u64;
        Ok(read)
    }
}

impl<R: Read> Seek for Forward<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // It would have to be held.
        let SeekFrom::Current(by @ 0..) = to else { return Err(io::ErrorKind::FileTooLarge.into()) };
        io::copy(&mut self.by_ref().take(by.unsigned_abs()), &mut io::sink())?;
        Ok(self.1)
    }
}

/// What is left of a stream that broke off: why.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Hands over the parts of an item that is no run of bytes.
pub type Make<'a> = dyn FnOnce(&mut Out<'_>) -> Result<(), Fault> + 'a;

/// The bytes of one item. Consumed by exactly one extractor.
pub struct Content<'a> {
    source: Source<'a>,
    head: Vec<u8>,
    budget: Option<&'a Budget>,
    size: Option<u64>,
    /// It is all that is packed in so many bytes; 0: nobody knows.
    packed: u64,
    range: Option<Range>,
}

impl<'a> Content<'a> {
    /// An open file. It is not metered: its size is on the disk, not in an archive's promise.
    pub fn file(file: impl Read + Seek + 'a, size: u64) -> Self {
        Self {
            source: Source::File(Box::new(file)),
            head: Vec::new(),
            budget: None,
            size: Some(size),
            packed: 0,
            range: None,
        }
    }

    /// Bytes in memory, borrowed from the container or owned.
    pub fn bytes(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        let size = Some(bytes.len() as u64);
        Self { source: Source::Bytes(bytes), head: Vec::new(), budget: None, size, packed: 0, range: None }
    }

    /// A stretch of a container that holds the item as it is, such as a picture that an archive did not pack. Metered:
    /// many members may lie in the same place.
    pub fn stretch(reader: impl Read + Seek + 'a) -> Self {
        Self {
            source: Source::Stretch(Box::new(reader)),
            head: Vec::new(),
            budget: None,
            size: None,
            packed: 0,
            range: None,
        }
    }

    /// A stream, such as an entry of an open archive. Metered.
    pub fn stream(reader: impl Read + 'a) -> Self {
        Self {
            source: Source::Stream(Box::new(reader)),
            head: Vec::new(),
            budget: None,
            size: None,
            packed: 0,
            range: None,
        }
    }

    /// An item that is no run of bytes, but many records of its container: a message in a PST. `format` is the name of
    /// its format, `make` hands over its parts; it runs where a format's reader would, so that it is as lazy and a panic
    /// in it ends only this item.
    pub fn made(format: &'static str, make: impl FnOnce(&mut Out<'_>) -> Result<(), Fault> + 'a) -> Self {
        Self {
            source: Source::Made(format, Box::new(make)),
            head: Vec::new(),
            budget: None,
            size: None,
            packed: 0,
            range: None,
        }
    }

    /// What makes it, if it is no run of bytes.
    pub(crate) fn maker(self) -> Result<(&'static str, Box<Make<'a>>), Self> {
        match self.source {
            Source::Made(format, make) => Ok((format, make)),
            _ => Err(self),
        }
    }

    /// The same content, with the size that its container promises.
    pub fn sized(self, size: u64) -> Self {
        Self { size: Some(size), ..self }
    }

    /// The same content, which is all that is packed in so many bytes.
    pub fn unpacked_from(self, packed: Option<u64>) -> Self {
        Self { packed: packed.unwrap_or(0), ..self }
    }

    /// How many bytes there are, where they are there and not only promised.
    pub fn measured(&self) -> Option<u64> {
        self.size.filter(|_| matches!(self.source, Source::File(_) | Source::Bytes(_)))
    }

    /// The same content, of which only these children are asked for.
    pub fn part(self, range: Option<Range>) -> Self {
        Self { range, ..self }
    }

    /// The children that are asked for; none: all. A format that can goes to them at once and says how many it
    /// [passed](Out::passed); of another all are handed over and not read.
    pub fn range(&self) -> Option<Range> {
        self.range
    }

    /// The size in bytes, where it is known before reading.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// The first [`HEAD`] bytes, or all there are.
    pub fn head(&mut self) -> Result<&[u8], Fault> {
        if self.head.is_empty() && !matches!(self.source, Source::Bytes(_)) {
            // With room for it all and one byte more it is read at once.
            self.head.reserve_exact(self.size.unwrap_or(HEAD as u64).min(HEAD as u64) as usize + 1);
        }
        if let (Source::File(file), true) = (&mut self.source, self.head.is_empty()) {
            file.by_ref().take(HEAD as u64).read_to_end(&mut self.head).map_err(Fault::io)?;
            if self.head.len() < HEAD {
                // That was all of it: most files are small, and to ask for their bytes again costs more than to read them.
                self.source = Source::Bytes(Cow::Owned(mem::take(&mut self.head)));
            } else {
                file.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
            }
        }
        if let (Source::Stretch(reader), true) = (&mut self.source, self.head.is_empty()) {
            reader.by_ref().take(HEAD as u64).read_to_end(&mut self.head).map_err(Fault::io)?;
            reader.seek(SeekFrom::Start(0)).map_err(Fault::io)?;
        }
        if let (Source::Stream(reader), true) = (&mut self.source, self.head.is_empty()) {
            match reader.take(HEAD as u64).read_to_end(&mut self.head) {
                // What comes before the end of a stream that breaks off is read first.
                Err(error) if !self.head.is_empty() => self.source = Source::Stream(Box::new(Broken(Some(error)))),
                Err(error) => return Err(Fault::io(error)),
                Ok(read) if read < HEAD => self.size = Some(read as u64),
                Ok(_) => {}
            }
        }
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.get(..HEAD).unwrap_or(bytes)),
            Source::File(_) | Source::Stretch(_) | Source::Stream(_) => Ok(&self.head),
            Source::Made(..) => Ok(&[]),
        }
    }

    /// A reader from the beginning to the end, in blocks; of a part, from where in the file it begins.
    pub fn reader(self) -> Box<dyn BufRead + 'a> {
        let offset = self.range.map_or(0, |range| range.offset);
        // Most files and attachments are small.
        let block = self.size.map_or(BLOCK, |size| size.clamp(HEAD as u64, BLOCK as u64) as usize);
        match self.source {
            Source::File(mut file) => {
                // What goes wrong here goes wrong again at the first read.
                let _ = (offset > 0).then(|| file.seek(SeekFrom::Start(offset)));
                Box::new(BufReader::with_capacity(block, file))
            }
            Source::Bytes(bytes) => {
                let mut bytes = Cursor::new(bytes);
                bytes.set_position(offset);
                Box::new(bytes)
            }
            Source::Stretch(reader) => buffered(reader, self.budget, block),
            Source::Stream(reader) => buffered(Cursor::new(self.head).chain(reader), self.budget, block),
            Source::Made(..) => Box::new(std::io::empty()),
        }
    }

    /// All bytes at once, up to the limit for formats that cannot be streamed; more is `too_large`. Where a stream
    /// breaks off, what came before is all there is, and the item is told to be damaged when it has been read.
    pub fn whole(self) -> Result<Cow<'a, [u8]>, Fault> {
        let too_large =
            || Fault::new(Reason::TooLarge, "it is larger than the limit for a format that has to be held in memory");
        let limit = self.budget.map_or(u64::MAX, |budget| budget.limits().whole);
        if self.size.is_some_and(|size| size > limit) {
            return Err(too_large());
        }
        if let Source::Bytes(bytes) = self.source {
            return Ok(bytes);
        }
        let mut bytes = Vec::with_capacity(self.size.unwrap_or(0).min(limit).min(BLOCK as u64) as usize);
        let budget = self.budget;
        match self.source {
            Source::File(mut file) if self.range.is_none() => fill(&mut file, limit, budget, &mut bytes)?,
            // Straight to where it will be: a buffer between costs more than a small picture does.
            Source::Stream(reader) => {
                let mut all = Cursor::new(self.head).chain(reader);
                match budget {
                    Some(budget) => fill(&mut Metered::new(all, budget), limit, Some(budget), &mut bytes)?,
                    None => fill(&mut all, limit, None, &mut bytes)?,
                }
            }
            _ => fill(&mut self.reader(), limit, budget, &mut bytes)?,
        }
        if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(Cow::Owned(bytes)) }
    }

    /// All bytes at once if the limit allows it; else the same content again, for those who can make do with a stream.
    pub fn whole_or_flowing(self) -> Result<Result<Cow<'a, [u8]>, Self>, Fault> {
        let limit = self.budget.map_or(u64::MAX, |budget| budget.limits().whole);
        if self.size.is_some_and(|size| size > limit) {
            return Ok(Err(self));
        }
        if let Source::Bytes(bytes) = self.source {
            return Ok(Ok(bytes));
        }
        let size = self.size;
        let budget = self.budget;
        let mut reader = self.reader();
        let mut bytes = Vec::with_capacity(size.unwrap_or(0).min(limit).min(BLOCK as u64) as usize);
        fill(&mut reader, limit, budget, &mut bytes)?;
        // The reader is metered already, so the new stream is not.
        Ok(if bytes.len() as u64 > limit {
            Err(Self::stream(Cursor::new(bytes).chain(reader)))
        } else {
            Ok(Cow::Owned(bytes))
        })
    }

    /// Random access: the file itself if it is large, or what is asked for of it; or else all bytes in memory.
    pub fn seekable(self) -> Result<Box<dyn ReadSeek + 'a>, Fault> {
        let limit = self.budget.map_or(u64::MAX, |budget| budget.limits().whole);
        let size = self.size.unwrap_or(u64::MAX);
        match self.source {
            Source::File(file) if size > KEPT.min(limit) => Ok(Box::new(BufReader::with_capacity(BUFFER, file))),
            Source::File(file) if size > SMALL => Ok(Box::new(Blocks::new(file, size))),
            // Who goes to and fro in a stretch would pay for the same bytes again.
            source => Ok(Box::new(Cursor::new(Self { source, ..self }.whole()?))),
        }
    }

    /// The same for who passes over bytes, but never goes back: a stream is read no further than is asked for. To go
    /// back in one is an error.
    pub fn forward(self) -> Result<Box<dyn ReadSeek + 'a>, Fault> {
        match (self.source, self.budget) {
            (Source::Stream(reader), budget) => {
                Ok(Box::new(Forward(buffered(Cursor::new(self.head).chain(reader), budget, BUFFER), 0)))
            }
            (Source::Stretch(file), Some(budget)) => {
                Ok(Box::new(BufReader::with_capacity(BUFFER, Metered::new(file, budget))))
            }
            (source, _) => Self { source, ..self }.seekable(),
        }
    }

    /// The same content, metered by this budget.
    pub fn under<'b>(self, budget: &'b Budget) -> Content<'b>
    where
        'a: 'b,
    {
        if self.packed > 0 {
            budget.flows(self.packed);
        }
        if let Some(size) = self.measured() {
            budget.sized(size);
        }
        Content { budget: Some(budget), ..self }
    }
}

/// A stream in blocks, metered.
fn buffered<'a>(reader: impl Read + 'a, budget: Option<&'a Budget>, block: usize) -> Box<dyn BufRead + 'a> {
    match budget {
        Some(budget) => Box::new(BufReader::with_capacity(block, Metered::new(reader, budget))),
        None => Box::new(BufReader::with_capacity(block, reader)),
    }
}

/// Reads up to one byte more than the limit. A fault behind some bytes is left with the budget, for later.
fn fill(reader: &mut dyn Read, limit: u64, budget: Option<&Budget>, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    let ended = reader.take(limit.saturating_add(1)).read_to_end(bytes);
    if let Some(budget) = budget.filter(|_| bytes.len() as u64 <= limit) {
        budget.sized(bytes.len() as u64);
    }
    let Err(error) = ended else { return Ok(()) };
    let fault = budget.and_then(Budget::hit).unwrap_or_else(|| Fault::io(error));
    match budget {
        Some(budget) if !bytes.is_empty() && !matches!(fault.reason, Reason::Timeout | Reason::Interrupted) => {
            budget.cut(fault);
            Ok(())
        }
        _ => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Limits;

    #[test]
    fn who_goes_to_and_fro_pays_once() {
        let budget = Budget::new(&Limits { item: 200_000, ..Limits::default() }, Default::default());
        let mut content = Content::stretch(Cursor::new(vec![7; 150_000])).under(&budget);
        content.head().unwrap();
        let mut file = content.seekable().unwrap();
        for n in 0..100 {
            file.seek(SeekFrom::Start(149_000 * (n % 2))).unwrap();
            file.read_exact(&mut [0; 8]).unwrap();
        }
        assert_eq!(budget.hit(), None);
    }
}
