//! The contract's lines, as they are.

use std::io::{self, Write};

use crate::record::Record;
use crate::report::{Reporter, Screen, Setting};

struct Lines(Box<dyn Write + Send>);

/// A report of JSON lines.
pub fn make(output: Box<dyn Write + Send>, _: Screen, _: &Setting) -> Box<dyn Reporter> {
    Box::new(Lines(output))
}

impl Reporter for Lines {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        record.write(&mut self.0)?;
        if matches!(record, Record::Summary(_)) { self.0.flush() } else { Ok(()) }
    }
}
