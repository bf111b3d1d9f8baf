//! Progress on standard error: items, bytes, rate, and where the scan is; or each item by name.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::item::Item;
use crate::report::{fit, harmless};

/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// What standard error tells while a scan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
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
}

impl Progress {
    /// Tells what is wanted.
    pub fn new(told: Told) -> Self {
        let line = (told == Told::Line).then(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            line.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
            line
        });
        Self { each: told == Told::Each, line, started: Instant::now(), drawn: None }
    }

    /// So much was done, and this item last.
    pub fn show(&mut self, items: u64, bytes: u64, item: &Item) {
        if self.each {
            let reason = item.reason.map(|reason| format!(" ({})", reason.word())).unwrap_or_default();
            // Nobody reading standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{}{reason}: {}", item.status.word(), harmless(&item.location));
        }
        let Some(line) = &self.line else { return };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let rate = bytes as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let done = format!("{} items  {}  {}/s  ", HumanCount(items), HumanBytes(bytes), HumanBytes(rate as u64));
        let width = usize::from(console::Term::stderr().size().1).saturating_sub(1);
        let left = width.saturating_sub(done.len());
        line.set_message(fit(&format!("{done}{}", fit(&harmless(&item.location), left)), width));
        line.tick();
    }

    /// The line goes: the report follows.
    pub fn clear(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}
