//! The contract's lines, as they are.

use std::io::{self, Write};

use crate::record::Record;
use crate::report::{Reporter, Screen, Setting};

/// So much is written at once.
const AT_ONCE: usize = 64 << 10;
/// So much memory is kept for what comes next: a long record, or many that are told at once.
const MOST: usize = 1 << 20;

struct Lines {
    output: Box<dyn Write + Send>,
    waiting: Vec<u8>,
}

/// A report of JSON lines.
pub fn make(output: Box<dyn Write + Send>, _: Screen, _: &Setting) -> Box<dyn Reporter> {
    Box::new(Lines { output, waiting: Vec::with_capacity(AT_ONCE) })
}

impl Reporter for Lines {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        record.line(&mut self.waiting)?;
        let last = matches!(record, Record::Summary(_));
        if last || self.waiting.len() >= AT_ONCE {
            self.output.write_all(&self.waiting)?;
            self.waiting.clear();
            self.waiting.shrink_to(MOST);
        }
        if last { self.output.flush() } else { Ok(()) }
    }
}
