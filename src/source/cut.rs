//! Large containers become several jobs that follow each other, so that all workers share them.
//!
//! In: jobs. Out: the same; but for a mailbox or archive above the limit a job for each range of what is inside it, and
//! a last one for its own item, of which nothing is left to read. Ranges depend on the file and never on the number of
//! workers. Deliberately elsewhere: where a format may be cut (`extract::CUT`).

use std::borrow::Cow;
use std::iter::{Peekable, once};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::extract::{self, Content, Head, Ranges};
use crate::item::{Item, Kind};
use crate::job::{Input, Job};
use crate::source::{self, Jobs};

/// So many ranges are there of a file that is just above the limit.
const RANGES: u64 = 16;

/// Jobs, of which those above so many bytes are shared if they can be.
pub fn cut(jobs: impl Iterator<Item = Job> + Send, above: u64) -> impl Iterator<Item = Job> + Send {
    jobs.flat_map(move |job| parts(job, above))
}

fn parts(job: Job, above: u64) -> Jobs {
    // A reader that panics here will panic where it costs no more than the item.
    match catch_unwind(AssertUnwindSafe(|| Large::of(&job, above))) {
        Ok(Some(large)) => Box::new(large),
        _ => Box::new(once(job)),
    }
}

/// A container that is shared.
struct Large {
    ranges: Peekable<Ranges>,
    /// The last job.
    own: Option<Job>,
}

impl Large {
    fn of(job: &Job, above: u64) -> Option<Self> {
        let Input::Path(path) = &job.input else { return None };
        if job.container.is_some() || job.range.is_some() || job.resume.is_some() {
            return None;
        }
        // Most files are small, and need not be opened for that to be known.
        let size = std::fs::symlink_metadata(path).ok()?.len();
        if size <= above {
            return None;
        }
        let (file, meta) = source::open(path, false).ok().filter(|(_, meta)| !source::is_hollow(meta))?;
        let mut content = Content::file(file.try_clone().ok()?, size);
        let name = job.location.rsplit(['/', '\\']).next().unwrap_or_default();
        let format = extract::sniff(&Head::new(name, content.head().ok()?))?;
        let (_, split) = extract::CUT.iter().find(|(name, _)| *name == format.name)?;
        let mut ranges = split(file, above / RANGES).peekable();
        ranges.peek()?;
        let mut item = Item::new(job.location.clone(), Kind::Container);
        item.file = job.file.clone();
        source::facts(path, &meta, &mut item);
        let own = Job { container: Some(Cow::Borrowed(format.name)), file: item.file, size: item.size, ..again(job) };
        Some(Self { ranges, own: Some(own) })
    }
}

/// The same job once more.
fn again(job: &Job) -> Job {
    let input = match &job.input {
        Input::Path(path) => Input::Path(path.clone()),
        _ => Input::Bytes(Vec::new()),
    };
    Job { mail: job.mail.clone(), file: job.file.clone(), size: job.size, ..Job::new(job.location.clone(), input) }
}

impl Iterator for Large {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        let own = self.own.as_ref()?;
        let ranges = &mut self.ranges;
        match catch_unwind(AssertUnwindSafe(|| ranges.next())).unwrap_or(None) {
            Some(range) => {
                let part = again(own);
                Some(Job { range: Some(range), file: Default::default(), size: None, ..part })
            }
            None => self.own.take(),
        }
    }
}
