//! The only place with threads and processes. Order holds by construction.

mod child;
mod journey;
pub mod limits;
pub mod relay;
mod watch;
pub mod worker;

pub use child::Workers;
pub use journey::{Emit, here};

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// How many jobs per worker may be ahead of the oldest one: one slow job stops nobody until these are used up.
const AHEAD: usize = 1024;
/// How much may wait, all jobs together, for the results of the oldest one: the parts of a mailbox say much, and a
/// worker that is ahead must not stop for it.
const HELD: usize = 2 << 10;
/// How long a worker that is too far ahead rests before it looks again.
const REST: Duration = Duration::from_millis(1);
/// The stack of a thread that scans.
pub const STACK: usize = 16 << 20;

/// Runs `work` for every job on `workers` threads and hands the results to `each` in the order of the jobs.
///
/// The queue holds the *receiving ends* in job order, so order needs no sorting. While much waits to be taken, workers
/// rest, those that are ahead sooner than the one at the oldest job. That is always running, because rayon starts what
/// a thread outside the pool spawns first-in-first-out; so none waits for ever. Nothing inside `work` may use this pool. `stop` ends
/// everything at the next chance; it is set when `each` breaks and when `work` panics. `weigh` says how much of the
/// memory that waiting results may take a result takes: 1 for most.
pub fn run<J: Send, R: Send>(
    jobs: impl Iterator<Item = J> + Send,
    workers: usize,
    stop: &AtomicBool,
    work: impl Fn(J, &mut dyn FnMut(R)) + Sync,
    weigh: impl Fn(&R) -> usize + Sync,
    mut each: impl FnMut(R) -> ControlFlow<()>,
) -> Result<(), rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).stack_size(STACK).build()?;
    let (queue, results) = sync_channel::<Receiver<R>>(workers * AHEAD);
    let (held, oldest) = (AtomicUsize::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let (pool, work, weigh, held, oldest) = (&pool, &work, &weigh, &held, &oldest);
        scope.spawn(move || {
            pool.in_place_scope_fifo(|tasks| {
                for (job, number) in jobs.zip(0..) {
                    let (send, receive) = channel();
                    if stop.load(Ordering::Relaxed) || queue.send(receive).is_err() {
                        break;
                    }
                    tasks.spawn_fifo(move |_| {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let mut emit = |record| {
                            // What the oldest waits for is its own records to be taken, never those of others.
                            let most = || if oldest.load(Ordering::Relaxed) == number { 2 * HELD } else { HELD };
                            let weight = weigh(&record).min(HELD);
                            let free = |held| (held < most()).then_some(held + weight);
                            while held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).is_err()
                                && !stop.load(Ordering::Relaxed)
                            {
                                thread::sleep(REST);
                            }
                            if send.send(record).is_err() {
                                stop.store(true, Ordering::Relaxed);
                            }
                        };
                        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(job, &mut emit))) {
                            stop.store(true, Ordering::Relaxed);
                            resume_unwind(panic);
                        }
                    });
                }
            });
        });
        for (records, number) in results.into_iter().zip(0..) {
            oldest.store(number, Ordering::Relaxed);
            for record in records {
                held.fetch_sub(weigh(&record).min(HELD), Ordering::Relaxed);
                if each(record).is_break() {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Runs jobs that take uneven time and say several things each.
    fn order(workers: usize, jobs: u64) -> Vec<(u64, u64)> {
        let stop = AtomicBool::new(false);
        let mut seen = Vec::new();
        run(
            0..jobs,
            workers,
            &stop,
            |job, emit| {
                thread::sleep(Duration::from_micros(job.wrapping_mul(2_654_435_761) % 300));
                (0..job % 40).for_each(|n| emit((job, n)));
            },
            |_| 1,
            |record| {
                seen.push(record);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        seen
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let expected: Vec<_> = (0..500).flat_map(|job| (0..job % 40).map(move |n| (job, n))).collect();
        for workers in [1, 2, 8] {
            assert_eq!(order(workers, 500), expected);
        }
    }

    /// While the first job is slow, the others say no more than may wait.
    #[test]
    fn what_is_heavy_waits_in_small_numbers() {
        let (stop, said) = (AtomicBool::new(false), AtomicUsize::new(0));
        let mut most = 0;
        run(
            0..200u64,
            4,
            &stop,
            |job, emit| {
                while job == 0 && said.load(Ordering::Relaxed) < 2 {
                    thread::sleep(REST);
                }
                thread::sleep(if job == 0 { 50 * REST } else { Duration::ZERO });
                said.fetch_add(1, Ordering::Relaxed);
                emit(job);
            },
            |_| HELD / 2,
            |job| {
                most = if job == 0 { said.load(Ordering::Relaxed) } else { most };
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        // Two lie there, each of four workers has one in hand, and some are free again by then.
        assert!(most < 50, "{most}");
    }

    #[test]
    fn a_break_ends_the_run() {
        let stop = AtomicBool::new(false);
        let mut seen = 0;
        run(
            0..1_000_000u64,
            4,
            &stop,
            |job, emit| emit(job),
            |_| 1,
            |_| {
                seen += 1;
                if seen == 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .unwrap();
        assert_eq!(seen, 100);
    }
}
