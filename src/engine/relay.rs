//! `sporhund worker --isolation process` from inside: jobs in and records out as a worker has them, but each is done by a
//! worker process of its own, which may crash, hang or be shot without harm. What a distributed engine runs.
//!
//! In: job lines. Out: the records of each job, and `done` after it. There is no `start`: nobody need know what is open,
//! since nothing can happen to it that is not a record. Deliberately elsewhere: what becomes of a crash (`child.rs`).

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::sync::atomic::Ordering;

use crate::engine::Workers;
use crate::engine::worker::LINE;
use crate::job::Job;
use crate::record::Record;
use crate::scan::Context;

/// Jobs that are passed on at once, so that the worker is busy while records are written.
const BATCH: usize = 64;

/// Does the jobs that come until there are no more. An error is one of reading or writing, or that all was stopped: then
/// jobs are left undone, and whoever sent them must know.
pub fn serve(input: impl Read, output: impl Write, workers: &Workers, ctx: &Context) -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let mut output = BufWriter::with_capacity(64 << 10, output);
    let mut line = Vec::new();
    loop {
        let mut jobs = Vec::new();
        // No more than what is there: the next job may be sent only when this one is done.
        while jobs.is_empty() || (jobs.len() < BATCH && input.buffer().contains(&b'\n')) {
            line.clear();
            if (&mut input).take(LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if !line.trim_ascii().is_empty() {
                jobs.push(Job::parse(&line));
            }
        }
        if jobs.is_empty() {
            return output.flush();
        }
        let mut written = Ok(());
        workers.run(jobs, ctx, &mut |record, closes| {
            if written.is_ok() {
                let done = |output: &mut _| if closes { Record::Done.write(output) } else { Ok(()) };
                written = record.write(&mut output).and_then(|()| done(&mut output));
                // Nobody listens: the rest need not be read.
                ctx.stop.fetch_or(written.is_err(), Ordering::Relaxed);
            }
        });
        written?;
        output.flush()?;
        if ctx.stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
}
