//! One thread that watches all workers: whoever is waited for beyond its deadline is killed.

use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How often it looks.
const EVERY: Duration = Duration::from_millis(50);
/// How long what is in flight may take to finish once all is stopped.
const GRACE: Duration = Duration::from_secs(2);

/// A worker's process, and until when it may be silent.
pub struct Watched {
    process: Mutex<Child>,
    born: Instant,
    /// Milliseconds after its birth; 0: nobody waits for it.
    deadline: AtomicU64,
    killed: AtomicBool,
}

impl Watched {
    /// A process that nobody waits for yet.
    pub fn new(process: Child) -> Self {
        Self {
            process: Mutex::new(process),
            born: Instant::now(),
            deadline: AtomicU64::new(0),
            killed: AtomicBool::new(false),
        }
    }

    /// Waits for the process inside `wait`: it may be silent for so long.
    pub fn within<T>(&self, silence: Duration, wait: impl FnOnce() -> T) -> T {
        let deadline = (self.born.elapsed() + silence).as_millis();
        self.deadline.store(u64::try_from(deadline).unwrap_or(u64::MAX), Ordering::Relaxed);
        let result = wait();
        self.deadline.store(0, Ordering::Relaxed);
        result
    }

    /// It was killed for its silence.
    pub fn was_silent(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    /// Ends the process, if it has not ended, and says how it ended.
    pub fn end(&self) -> Option<ExitStatus> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(Some(status)) = process.try_wait() {
            return Some(status);
        }
        let _ = process.kill();
        process.wait().ok()
    }

    fn look(&self, stop: bool) {
        let deadline = self.deadline.load(Ordering::Relaxed);
        let late = u128::from(deadline) < self.born.elapsed().as_millis();
        if deadline != 0 && (late || stop) {
            self.killed.fetch_or(!stop, Ordering::Relaxed);
            let _ = self.process.lock().unwrap_or_else(PoisonError::into_inner).kill();
        }
    }
}

/// The thread. It ends when this is dropped.
pub struct Watch(Sender<Weak<Watched>>);

impl Watch {
    /// Begins to watch. A moment after `stop` is set, whoever is still waited for is killed.
    pub fn begin(stop: Arc<AtomicBool>) -> Self {
        let (send, receive) = channel::<Weak<Watched>>();
        thread::spawn(move || {
            let mut watched = Vec::new();
            let mut stopped: Option<Instant> = None;
            loop {
                match receive.recv_timeout(EVERY) {
                    Ok(new) => watched.push(new),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                if stop.load(Ordering::Relaxed) {
                    stopped = stopped.or_else(|| Some(Instant::now()));
                }
                let over = stopped.is_some_and(|at| at.elapsed() > GRACE);
                watched.retain(|process| match process.upgrade() {
                    Some(process) => {
                        process.look(over);
                        true
                    }
                    None => false,
                });
            }
        });
        Self(send)
    }

    /// Watches this one too.
    pub fn add(&self, process: &Arc<Watched>) {
        let _ = self.0.send(Arc::downgrade(process));
    }
}
