//! The compilers' work: one module after another, and past one that takes long.
//!
//! How long a module takes shows only while it does: twenty thousand loops in a hundred kilobytes take
//! minutes, an engine of six hundred takes seconds. So nothing is sorted by size. What waits is taken in
//! order by the first lane, and by the next one while all before it have been at one module for long.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Something to compile.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// Threads that compile, and what waits for them.
pub(super) struct Lanes(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// How long a lane may be at one job before the next one helps out.
    patience: Duration,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Since when each lane has been at its job.
    busy: [Option<Instant>; LANES],
    /// Nothing more comes.
    is_closed: bool,
}

impl Lanes {
    /// Lanes that do what is handed in, even after they are dropped. A process that ends does not wait
    /// for them.
    pub(super) fn start(patience: Duration) -> io::Result<Self> {
        let queue = Mutex::new(Queue::default());
        let lanes = Self(Arc::new(Shared { queue, changed: Condvar::new(), patience }));
        for lane in 0..LANES {
            let shared = Arc::clone(&lanes.0);
            let work = move || {
                while let Some(job) = shared.next(lane) {
                    job();
                }
            };
            thread::Builder::new().name(format!("ringfence-compiler-{lane}")).spawn(work)?;
        }
        Ok(lanes)
    }

    /// Has a job done when its turn comes; gives it back where too many wait.
    pub(super) fn take(&self, job: Job) -> Result<(), Job> {
        let mut queue = self.0.lock();
        if queue.jobs.len() == JOBS_MAX {
            return Err(job);
        }
        queue.jobs.push_back(job);
        self.0.changed.notify_all();
        Ok(())
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    /// Waits for the next job of a lane, which is not at one any more; `None` where there will be none.
    fn next(&self, lane: usize) -> Option<Job> {
        let mut queue = self.lock();
        queue.busy[lane] = None;
        loop {
            let wait = queue.wait_of(lane, self.patience);
            if queue.jobs.is_empty() {
                if queue.is_closed {
                    return None;
                }
            } else if wait == Some(Duration::ZERO) {
                queue.busy[lane] = Some(Instant::now());
                // Whoever helps out counts from now on.
                self.changed.notify_all();
                return queue.jobs.pop_front();
            } else if let Some(wait) = wait {
                let waited = self.changed.wait_timeout(queue, wait);
                queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// How long a lane has to wait until all before it have been at their jobs for long; `None` while
    /// one of them is free to take what waits.
    fn wait_of(&self, lane: usize, patience: Duration) -> Option<Duration> {
        self.busy[..lane].iter().try_fold(Duration::ZERO, |wait, since| {
            Some(wait.max(patience.saturating_sub((*since)?.elapsed())))
        })
    }
}

/// Two, so that compilers take no more than twice the memory and processors of one. What two modules
/// hold up at once waits until a compiler's own limits end one of them.
const LANES: usize = 2;

/// Modules that may wait: one for each seat that there can be.
const JOBS_MAX: usize = crate::floor::SEATS_MAX;

/// How long one module keeps the others waiting: most take less than a second.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
