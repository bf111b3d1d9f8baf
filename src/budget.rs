//! The limits of one job: bytes, depth, silence, and the wish to stop.
//!
//! Two levels: the innermost open item pays for all that is unpacked meanwhile, so a bomb ends its own item and not
//! its container; the job pays for everything, so that many bombs end too. Cells, because a reader charges while its
//! extractor holds it.

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::item::{Fault, Reason};
use crate::ocr::Ocr;

/// What one job may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes that one item may unpack to.
    pub item: u64,
    /// Bytes that everything inside one job may unpack to.
    pub job: u64,
    /// Bytes that are held in memory at once for formats that cannot be streamed.
    pub whole: u64,
    /// Containers within containers.
    pub depth: u32,
    /// Items in one container; in a job, at whatever depth, four times as many.
    pub children: u32,
    /// Findings of each detector that are told of one item; beyond it they are counted only.
    pub findings: u64,
    /// Bytes above which a container is shared by several workers.
    pub cut_above: u64,
    /// Bytes of memory that a worker may use.
    pub memory: u64,
    /// Threads that may look at one large text.
    pub threads: usize,
    /// Files that lie elsewhere may be fetched.
    pub fetch: bool,
    /// How long a reader may work without handing anything over.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            item: 1 << 30,
            job: 64 << 30,
            whole: 256 << 20,
            depth: 24,
            children: 10_000_000,
            findings: 10_000,
            cut_above: 64 << 20,
            memory: 1 << 30,
            threads: 1,
            fetch: false,
            silence: Duration::from_secs(120),
        }
    }
}

/// What one job has used.
pub struct Budget {
    limits: Limits,
    stop: Arc<AtomicBool>,
    item: Cell<u64>,
    /// What the open item may unpack to.
    most: Cell<u64>,
    /// How much text the open item has made, and may make.
    told: Cell<u64>,
    most_told: Cell<u64>,
    job: Cell<u64>,
    depth: Cell<u32>,
    items: Cell<u64>,
    heard: Cell<Instant>,
    beat: Cell<Instant>,
    first: Cell<Option<Reason>>,
    cut: Cell<Option<Fault>>,
    ocr: Option<Arc<Ocr>>,
}

/// How many more items a job may have than one container in it.
const DEEP: u64 = 4;

/// One compressed file may unpack to so many times its size, whatever the limit: it is read as it flows. Logs come to
/// some twenty times, bombs to a thousand.
const RATIO: u64 = 100;

/// A document may make so many times its size of text, or [`LITTLE`]: it can refer to one text, or draw one page, a
/// million times. What documents say comes to twenty times at most, packed and all.
const SAID: u64 = 100;
/// So much text is little, however small the document is.
const LITTLE: u64 = 64 << 20;

/// How many unpacked bytes go by between two looks at the clock.
const TICK: u64 = 4 << 10;

/// What [`Budget::enter`] put aside.
#[derive(Debug)]
pub struct Outer {
    item: u64,
    most: u64,
    told: u64,
    most_told: u64,
    first: Option<Reason>,
    cut: Option<Fault>,
}

impl Budget {
    /// A fresh budget. `stop` is the run's: once it is set, everything ends at the next check.
    pub fn new(limits: &Limits, stop: Arc<AtomicBool>) -> Self {
        Self {
            limits: limits.clone(),
            stop,
            item: Cell::new(0),
            most: Cell::new(limits.item),
            told: Cell::new(0),
            most_told: Cell::new(u64::MAX),
            job: Cell::new(0),
            depth: Cell::new(0),
            items: Cell::new(0),
            heard: Cell::new(Instant::now()),
            beat: Cell::new(Instant::now()),
            first: Cell::new(None),
            cut: Cell::new(None),
            ocr: None,
        }
    }

    /// The same with somebody who reads pictures.
    pub fn with_ocr(self, ocr: Option<Arc<Ocr>>) -> Self {
        Self { ocr, ..self }
    }

    /// Who reads pictures; none: nobody asked for it, or nobody can.
    pub fn ocr(&self) -> Option<&Ocr> {
        self.ocr.as_deref()
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Opens an item inside the current one.
    pub fn enter(&self) -> Result<Outer, Fault> {
        if self.depth.get() >= self.limits.depth {
            return Err(Fault::new(Reason::TooDeep, "it is nested deeper than the limit"));
        }
        self.depth.set(self.depth.get() + 1);
        Ok(Outer {
            item: self.item.replace(0),
            most: self.most.replace(self.limits.item),
            told: self.told.replace(0),
            most_told: self.most_told.replace(u64::MAX),
            first: self.first.take(),
            cut: self.cut.take(),
        })
    }

    /// One more item was met, at whatever depth: an archive of archives would never end.
    pub fn count(&self) -> Result<(), Fault> {
        self.items.set(self.items.get() + 1);
        if self.items.get() > u64::from(self.limits.children) * DEEP {
            return Err(Fault::new(Reason::Bomb, "it holds more items than the limit"));
        }
        Ok(())
    }

    /// Closes it again.
    pub fn leave(&self, outer: Outer) {
        self.depth.set(self.depth.get().saturating_sub(1));
        self.item.set(outer.item);
        self.most.set(outer.most);
        self.told.set(outer.told);
        self.most_told.set(outer.most_told);
        self.first.set(outer.first);
        self.cut.set(outer.cut);
    }

    /// The open item flows out of so many packed bytes.
    pub fn flows(&self, packed: u64) {
        self.most.set(self.limits.item.max(packed.saturating_mul(RATIO)));
    }

    /// The open item is so large: what it says may not be out of all proportion.
    pub fn sized(&self, bytes: u64) {
        self.most_told.set(bytes.saturating_mul(SAID).max(LITTLE));
    }

    /// So many bytes of text came out of the open item.
    pub fn tell(&self, bytes: u64) -> Result<(), Fault> {
        self.told.set(self.told.get().saturating_add(bytes));
        if self.told.get() > self.most_told.get() {
            return Err(self.over(Fault::new(Reason::Bomb, "it unpacks to more than the limit")));
        }
        Ok(())
    }

    /// Pays for unpacked bytes.
    pub fn charge(&self, bytes: u64) -> Result<(), Fault> {
        let before = self.item.get();
        self.item.set(before.saturating_add(bytes));
        self.job.set(self.job.get().saturating_add(bytes));
        if self.item.get() > self.most.get() || self.job.get() > self.limits.job {
            return Err(self.over(Fault::new(Reason::Bomb, "it unpacks to more than the limit")));
        }
        // The clock is not asked for every cell.
        if before / TICK == self.item.get() / TICK { Ok(()) } else { self.check() }
    }

    /// Something was handed over: may it go on? Silence is counted anew.
    pub fn heard(&self) -> Result<(), Fault> {
        self.check()?;
        self.heard.set(Instant::now());
        Ok(())
    }

    /// Whoever waits for this job should be told that it goes on: once a second.
    pub fn beat(&self) -> bool {
        let due = self.heard.get().duration_since(self.beat.get()) >= Duration::from_secs(1);
        if due {
            self.beat.set(self.heard.get());
        }
        due
    }

    /// Runs something whose time is not the item's: waiting for whoever reads the records.
    pub fn pause<T>(&self, wait: impl FnOnce() -> T) -> T {
        let before = Instant::now();
        let result = wait();
        if let Some(later) = self.heard.get().checked_add(before.elapsed()) {
            self.heard.set(later);
        }
        result
    }

    /// The first limit that was hit in the open item: what a library made of it afterwards does not count.
    pub fn hit(&self) -> Option<Fault> {
        self.first.get().map(|reason| match reason {
            Reason::Bomb => Fault::new(reason, "it unpacks to more than the limit"),
            Reason::Interrupted => Fault::new(reason, "the scan was stopped"),
            _ => Fault::new(reason, "it took longer than the limit"),
        })
    }

    /// The bytes of the open item ended here, too early; those before are being read.
    pub fn cut(&self, fault: Fault) {
        self.cut.set(Some(fault));
    }

    /// What cut the open item short, once.
    pub fn take_cut(&self) -> Option<Fault> {
        self.cut.take()
    }

    fn check(&self) -> Result<(), Fault> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(self.over(Fault::new(Reason::Interrupted, "the scan was stopped")));
        }
        if self.heard.get().elapsed() > self.limits.silence {
            return Err(self.over(Fault::new(Reason::Timeout, "it took longer than the limit")));
        }
        Ok(())
    }

    fn over(&self, fault: Fault) -> Fault {
        if self.first.get().is_none() {
            self.first.set(Some(fault.reason));
        }
        fault
    }
}

/// A reader that pays for what it reads.
pub struct Metered<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<'a, R> Metered<'a, R> {
    /// Meters a reader.
    pub fn new(inner: R, budget: &'a Budget) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.budget.charge(n as u64)?;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Metered<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        // A limit hit here is told at the next read.
        let _ = self.budget.charge(amount as u64);
    }
}

impl<R: Seek> Seek for Metered<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_in_proportion_to_what_says_it() {
        let budget = Budget::new(&Limits::default(), Arc::default());
        // Nobody knows how large it is.
        assert!(budget.tell(LITTLE * 2).is_ok());
        let outer = budget.enter().unwrap();
        budget.sized(1_000);
        assert!(budget.tell(LITTLE).is_ok());
        assert_eq!(budget.tell(1).map_err(|fault| fault.reason), Err(Reason::Bomb));
        budget.leave(outer);
        budget.sized(LITTLE);
        assert!(budget.tell(LITTLE * (SAID - 2)).is_ok() && budget.tell(1).is_err());
        assert_eq!(budget.hit().map(|fault| fault.reason), Some(Reason::Bomb));
    }
}
