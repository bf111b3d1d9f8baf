//! `sporhund worker` from inside: jobs in, one JSON line each; records out, and `done` after each job.
//!
//! A supervisor must know which item is open, because the next one may kill this process: so what is written goes out
//! before an item is opened and after it is closed. The one exception saves half the cost of isolation: while more jobs
//! wait, one that says little is told as a whole and not before. After a death that nothing was told of, the supervisor
//! sends jobs one by one. Deliberately elsewhere: the limits that a worker puts on itself (`limits.rs`), and the
//! supervisor (`child.rs`).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::atomic::Ordering;

use crate::item::INSIDE;
use crate::job::Job;
use crate::record::Record;
use crate::scan::{Context, scan};

/// The longest job line. A job that holds its bytes may be as long as a format that is read whole.
pub(super) const LINE: u64 = 1 << 30;

/// How much is kept before it is written.
const KEPT: usize = 64 << 10;

/// Does the job that is standard input itself, or else those that come on it until there are no more. An error is one
/// of writing or reading: nobody is there any more.
pub fn serve(job: Option<Job>, input: impl Read, output: impl Write, ctx: &Context) -> io::Result<()> {
    let mut output = Buffered { output, kept: Vec::new(), alone: true, begun: false };
    if let Some(job) = job {
        return perform(job, &mut output, ctx);
    }
    let mut input = BufReader::with_capacity(64 << 10, input);
    let mut line = Vec::new();
    while (&mut input).take(LINE).read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            output.alone = !input.buffer().contains(&b'\n');
            perform(Job::parse(&line), &mut output, ctx)?;
        }
        line.clear();
    }
    Ok(())
}

fn perform(job: Job, output: &mut Buffered<impl Write>, ctx: &Context) -> io::Result<()> {
    let mut written = Ok(());
    output.begun = false;
    scan(job, ctx, &mut |record| {
        if written.is_ok() {
            written = output.tell(&record);
            // Nobody listens: the item need not be read to its end.
            ctx.stop.fetch_or(written.is_err(), Ordering::Relaxed);
        }
    });
    written?;
    output.tell(&Record::Done)
}

/// Where records are written.
struct Buffered<W> {
    output: W,
    kept: Vec<u8>,
    /// No other job waits.
    alone: bool,
    /// Something of the job was written.
    begun: bool,
}

impl<W: Write> Buffered<W> {
    fn tell(&mut self, record: &Record) -> io::Result<()> {
        record.line(&mut self.kept)?;
        if let Record::Found(found) = record {
            found.write_sums(&mut self.kept)?;
        }
        let due = match record {
            Record::Start { at, .. } => !at.is_empty() || self.alone,
            Record::Item(item) => item.location.contains(INSIDE),
            Record::Alive => true,
            // What was begun is ended before the next job: who dies over that one is not taken for this one.
            Record::Done => self.begun || self.alone,
            _ => false,
        };
        if due || self.kept.len() > KEPT {
            self.output.write_all(&self.kept)?;
            self.output.flush()?;
            self.kept.clear();
            self.begun = true;
        }
        Ok(())
    }
}
