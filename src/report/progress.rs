//! Progress on standard error: items, bytes, rate, and where the scan is; or each item by name.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::item::Item;
use crate::report::{fit, harmless};

/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// How long a scan has run before its rate says how long it will take.
const SURE: Duration = Duration::from_secs(3);

/// What standard error tells while a scan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing.
    Nothing,
    /// One line that is drawn over and over, where standard error is a terminal.
    Line,
    /// Each item, with how reading it ended.
    Each,
}

/// A line on standard error, or nothing at all.
pub struct Progress {
    each: bool,
    line: Option<ProgressBar>,
    started: Instant,
    drawn: Option<Instant>,
    /// Tells, once it is counted, how many bytes there are to do.
    counted: Option<Receiver<u64>>,
    total: Option<u64>,
}

impl Progress {
    /// Tells what is wanted. `count` is how many bytes there are to do, if that can be told: it is asked beside the
    /// scan, for the line only.
    pub fn new(told: Verbosity, count: impl FnOnce() -> Option<u64> + Send + 'static) -> Self {
        let line = (told == Verbosity::Line).then(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            line.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
            line
        });
        let counted = line.is_some().then(|| {
            let (send, receive) = channel();
            // Nobody waits for it: the scan may be done first.
            thread::spawn(move || count().map(|bytes| send.send(bytes)));
            receive
        });
        Self { each: told == Verbosity::Each, line, started: Instant::now(), drawn: None, counted, total: None }
    }

    /// So much was done, and this item last.
    pub fn show(&mut self, items: u64, bytes: u64, item: &Item) {
        if self.each {
            let reason = item.reason.map(|reason| format!(" ({})", reason.word())).unwrap_or_default();
            // Nobody reading standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{}{reason}: {}", item.status.word(), harmless(&item.location));
        }
        self.at(items, bytes, &item.location);
    }

    /// So much was done, and the item of this location last.
    pub fn at(&mut self, items: u64, bytes: u64, location: &str) {
        let Some(line) = &self.line else { return };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.total = self.total.or_else(|| self.counted.as_ref()?.try_recv().ok());
        let elapsed = self.started.elapsed();
        let rate = bytes as f64 / elapsed.as_secs_f64().max(0.001);
        let left = self.total.map(|total| left(bytes, total, elapsed)).unwrap_or_default();
        let done = format!("{} items  {}  {}/s  {left}", HumanCount(items), HumanBytes(bytes), HumanBytes(rate as u64));
        let width = usize::from(console::Term::stderr().size().1).saturating_sub(1);
        let left = width.saturating_sub(done.len());
        line.set_message(fit(&format!("{done}{}", fit(&harmless(location), left)), width));
        line.tick();
    }

    /// The line goes: the report follows.
    pub fn clear(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

/// How far it is, and how long it will take at this rate; that once there is a rate to speak of.
fn left(bytes: u64, total: u64, elapsed: Duration) -> String {
    let part = bytes as f64 / total.max(1) as f64;
    if part >= 1.0 {
        return String::new(); // something grew
    }
    let percent = format!("{:.0} %  ", part * 100.0);
    if part < 0.01 || elapsed < SURE {
        return percent;
    }
    let left = Duration::try_from_secs_f64(elapsed.as_secs_f64() * (1.0 / part - 1.0)).unwrap_or(Duration::MAX);
    format!("{percent}{} left  ", HumanDuration(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_once_it_can_be() {
        assert_eq!(left(0, 100, SURE), "0 %  ");
        assert_eq!(left(25, 100, Duration::from_secs(1)), "25 %  ");
        assert_eq!(left(25, 100, Duration::from_secs(60)), "25 %  3 minutes left  ");
        assert_eq!(left(200, 100, SURE), "");
        assert_eq!(left(0, 0, SURE), "0 %  ");
    }
}
