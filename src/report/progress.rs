//! Progress on a terminal: items, bytes, rate, and where the scan is.

use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::{fit, harmless};

/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// A line on standard error, or nothing at all.
pub struct Progress {
    line: Option<ProgressBar>,
    started: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Nothing is drawn unless `wanted`, nor where standard error is no terminal.
    pub fn new(wanted: bool) -> Self {
        let line = wanted.then(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            line.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
            line
        });
        Self { line, started: Instant::now(), drawn: None }
    }

    /// So much was done, and it was here.
    pub fn show(&mut self, items: u64, bytes: u64, place: &str) {
        let Some(line) = &self.line else { return };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let rate = bytes as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let done = format!("{} items  {}  {}/s  ", HumanCount(items), HumanBytes(bytes), HumanBytes(rate as u64));
        let width = usize::from(console::Term::stderr().size().1).saturating_sub(1);
        let left = width.saturating_sub(done.len());
        line.set_message(fit(&format!("{done}{}", fit(&harmless(place), left)), width));
        line.tick();
    }

    /// The line goes: the report follows.
    pub fn clear(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}
