//! Large containers become several jobs that follow each other, so that all workers share them.
//!
//! In: jobs. Out: the same, with what the file system says of their files; but for a mailbox or archive above the limit a job for each range of what is inside it, and
//! a last one for its own item, of which nothing is left to read. Ranges depend on the file and never on the number of
//! workers. Deliberately elsewhere: where a format may be cut (`extract::CUT`).

use std::borrow::Cow;
use std::fs::{self, Metadata};
use std::iter::{Peekable, once};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::iter::Either;

use crate::extract::{self, Content, Head, Ranges};
use crate::item::{Item, Kind};
use crate::job::{Input, Job};
use crate::source;

/// So many ranges are there of a file that is just above the limit.
const RANGES: u64 = 16;

/// A job, and its file as the walk met it: asked once, because a system is slow to answer.
pub struct Met {
    /// The job.
    pub job: Job,
    /// What the file system said of its file, where it has one.
    pub file: Option<Metadata>,
}

/// Jobs, of which those above so many bytes are shared if they can be.
pub fn cut(jobs: impl Iterator<Item = Job> + Send, above: u64) -> impl Iterator<Item = Met> + Send {
    jobs.flat_map(move |job| {
        let file = match &job.input {
            Input::Path(path) => fs::symlink_metadata(path).ok(),
            _ => None,
        };
        // Most files are small, and need not be opened for that to be known.
        let large = file.clone().filter(|file| file.len() > above).and_then(|file| {
            // A reader that panics here will panic where it costs no more than the item.
            catch_unwind(AssertUnwindSafe(|| Large::of(&job, file, above))).ok().flatten()
        });
        large.map_or_else(|| Either::Left(once(Met { job, file })), Either::Right)
    })
}

/// A container that is shared.
struct Large {
    ranges: Peekable<Ranges>,
    file: Metadata,
    /// The last job.
    own: Option<Job>,
}

impl Large {
    fn of(job: &Job, met: Metadata, above: u64) -> Option<Self> {
        let Input::Path(path) = &job.input else { return None };
        if job.container.is_some() || job.range.is_some() || job.resume.is_some() {
            return None;
        }
        let (file, meta) = source::open(path, false).ok().filter(|(_, meta)| !source::is_hollow(meta))?;
        let mut content = Content::file(file.try_clone().ok()?, met.len());
        let name = job.location.rsplit(['/', '\\']).next().unwrap_or_default();
        let format = extract::sniff(&Head::new(name, content.head().ok()?))?;
        let (_, split) = extract::CUT.iter().find(|(name, _)| *name == format.name)?;
        let mut ranges = split(file, above / RANGES).peekable();
        ranges.peek()?;
        let mut item = Item::new(job.location.clone(), Kind::Container);
        item.file = job.file.clone();
        source::facts(path, &meta, &mut item);
        let own = Job { container: Some(Cow::Borrowed(format.name)), file: item.file, size: item.size, ..again(job) };
        Some(Self { ranges, file: met, own: Some(own) })
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
    type Item = Met;

    fn next(&mut self) -> Option<Met> {
        let own = self.own.as_ref()?;
        let ranges = &mut self.ranges;
        let job = match catch_unwind(AssertUnwindSafe(|| ranges.next())).unwrap_or(None) {
            Some(range) => Job { range: Some(range), file: Default::default(), size: None, ..again(own) },
            None => self.own.take()?,
        };
        Some(Met { job, file: Some(self.file.clone()) })
    }
}
