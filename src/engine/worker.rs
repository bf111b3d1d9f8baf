//! `sporhund worker` from inside: jobs in, one JSON line each; records out, and `done` after each job.
//!
//! A supervisor must know at any moment which item is open, because the next one may kill this process: so what is
//! written goes out before an item is opened and after it is closed. Deliberately elsewhere: the limits that a worker
//! puts on itself (`limits.rs`), and the supervisor (`child.rs`).

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::sync::atomic::Ordering;

use crate::job::Job;
use crate::record::Record;
use crate::scan::{Context, scan};

/// The longest job line. A job that holds its bytes may be as long as a format that is read whole.
const LINE: u64 = 1 << 30;

/// Does the job that is standard input itself, or else those that come on it until there are no more. An error is one
/// of writing or reading: nobody is there any more.
pub fn serve(job: Option<Job>, input: impl Read, output: impl Write, ctx: &Context) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(64 << 10, output);
    if let Some(job) = job {
        perform(job, &mut output, ctx)?;
        return output.flush();
    }
    let mut input = BufReader::with_capacity(64 << 10, input);
    let mut line = Vec::new();
    while (&mut input).take(LINE).read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            perform(Job::parse(&line), &mut output, ctx)?;
            // With the next job at hand, this goes out with its start.
            if !input.buffer().contains(&b'\n') {
                output.flush()?;
            }
        }
        line.clear();
    }
    Ok(())
}

fn perform(job: Job, output: &mut BufWriter<impl Write>, ctx: &Context) -> io::Result<()> {
    let mut written = Ok(());
    scan(job, ctx, &mut |record| {
        if written.is_ok() {
            written = tell(&record, output);
            // Nobody listens: the item need not be read to its end.
            ctx.stop.fetch_or(written.is_err(), Ordering::Relaxed);
        }
    });
    written?;
    Record::Done.write(output)
}

fn tell(record: &Record, output: &mut BufWriter<impl Write>) -> io::Result<()> {
    record.write(output)?;
    match record {
        Record::Start { .. } | Record::Alive => output.flush(),
        // The job's own is followed by `done` at once.
        Record::Item(item) if item.location.contains(crate::item::INSIDE) => output.flush(),
        _ => Ok(()),
    }
}
