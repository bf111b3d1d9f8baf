//! The pieces of a large text, looked at by several threads ahead of their turn.
//!
//! In: pieces, in the order in which they will be asked for. Out: what stands in each, which is the same whoever looked.
//! Who asks for a piece that nobody has finished helps meanwhile. Deliberately elsewhere: where values stand and what
//! their column says, which goes in the order of the text (`held`).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::detect::{Detectors, Spans};

/// Pieces of one text.
pub struct Ahead {
    detectors: Arc<Detectors>,
    /// How many threads help.
    helpers: usize,
    shared: Option<Arc<Shared>>,
}

/// What its threads share.
#[derive(Default)]
struct Shared {
    pieces: Mutex<Pieces>,
    changed: Condvar,
}

#[derive(Default)]
struct Pieces {
    /// Those that were announced and not asked for yet, in their order.
    all: VecDeque<Piece>,
    /// Nobody asks any more.
    over: bool,
}

struct Piece {
    text: Arc<str>,
    state: State,
}

enum State {
    Waiting,
    UnderWay,
    /// `None`: whoever looked at it broke down.
    Done(Option<Spans>),
}

impl Ahead {
    /// With so many threads besides the one that asks; they start with the first piece.
    pub fn new(detectors: Arc<Detectors>, helpers: usize) -> Self {
        Self { detectors, helpers, shared: None }
    }

    /// This piece will be asked for.
    pub fn add(&mut self, text: Arc<str>) {
        if self.helpers == 0 {
            return;
        }
        let shared = self.shared.get_or_insert_with(|| {
            let shared = Arc::<Shared>::default();
            for _ in 0..self.helpers {
                let (shared, detectors) = (Arc::clone(&shared), Arc::clone(&self.detectors));
                // One that cannot be started is not needed.
                let _ = thread::Builder::new().spawn(move || shared.help(&detectors));
            }
            shared
        });
        shared.lock().all.push_back(Piece { text, state: State::Waiting });
        shared.changed.notify_one();
    }

    /// What stands in a piece. `None`: it was not announced, and is to be looked at where it is.
    pub(super) fn take(&mut self, text: &str) -> Option<Spans> {
        let shared = self.shared.as_ref()?;
        let mut pieces = shared.lock();
        pieces.all.front().filter(|piece| *piece.text == *text)?;
        loop {
            if pieces.all.front().is_some_and(|piece| matches!(piece.state, State::Done(_))) {
                return match pieces.all.pop_front()?.state {
                    State::Done(spans) => spans,
                    _ => None,
                };
            }
            pieces = match shared.look(pieces, &self.detectors) {
                Ok(pieces) => pieces,
                Err(pieces) => shared.changed.wait(pieces).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.lock().over = true;
            shared.changed.notify_all();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the next piece that waits. `Err`: none does.
    fn look<'s>(
        &'s self,
        mut pieces: MutexGuard<'s, Pieces>,
        detectors: &Detectors,
    ) -> Result<MutexGuard<'s, Pieces>, MutexGuard<'s, Pieces>> {
        let waiting = |piece: &&mut Piece| matches!(piece.state, State::Waiting);
        let Some(piece) = pieces.all.iter_mut().find(waiting) else { return Err(pieces) };
        piece.state = State::UnderWay;
        let text = Arc::clone(&piece.text);
        drop(pieces);
        let spans = catch_unwind(AssertUnwindSafe(|| detectors.look(&text))).ok();
        let mut pieces = self.lock();
        if let Some(piece) = pieces.all.iter_mut().find(|piece| Arc::ptr_eq(&piece.text, &text)) {
            piece.state = State::Done(spans);
        }
        self.changed.notify_all();
        Ok(pieces)
    }

    fn help(&self, detectors: &Detectors) {
        let mut pieces = self.lock();
        while !pieces.over {
            pieces = match self.look(pieces, detectors) {
                Ok(pieces) => pieces,
                Err(pieces) => self.changed.wait(pieces).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
