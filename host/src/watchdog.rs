//! One coarse look at the wall clock, for what gas should have caught.
//!
//! Gas decides what a strategy may do, by counting; this only notices when an answer, which may be
//! many calls, takes longer than any should, because a limit was set too high or the machine is in
//! trouble. The strategy is then stopped like one that failed. What follows from that are commands,
//! which are journalled, so a replay of the journal comes to the same state without looking at a clock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Watches over calls into guests, from a thread of its own.
#[derive(Debug)]
pub struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    limit: Duration,
    ends_process: bool,
    stops: AtomicBool,
    watches: Mutex<Vec<Arc<Watch>>>,
}

/// What is known of the calls of one thread. Being watched costs two plain stores a call.
#[derive(Debug)]
pub(crate) struct Watch {
    limit_ms: u64,
    /// Odd while a call runs, another odd number for each call.
    call: AtomicU64,
    /// The call that was found to take too long.
    late: AtomicU64,
}

/// Looks within the time that a call may take.
const LOOKS: u32 = 4;

/// A call that takes so many times as long as it may does not come back.
const STUCK: u32 = 10;

impl Watchdog {
    /// Starts to watch. No answer, all its calls together, may take longer than `limit`.
    ///
    /// With `ends_process`, a call that has not come back after ten times as long ends the process
    /// with a sentence: native code that loops cannot be stopped in any other way, and its journal
    /// is whole. Without, nothing is done about such a call.
    #[must_use]
    pub fn new(limit: Duration, ends_process: bool) -> Self {
        let watches = Mutex::default();
        let shared = Shared { limit, ends_process, stops: AtomicBool::new(false), watches };
        let shared = Arc::new(shared);
        let seen = Arc::clone(&shared);
        let watch = move || seen.watch();
        // Without a thread there is no watchdog, and gas alone does what it does anyway.
        let thread = thread::Builder::new().name("watchdog".into()).spawn(watch).ok();
        Self { shared, thread }
    }

    /// Somebody new to be watched.
    pub(crate) fn watch(&self) -> Arc<Watch> {
        let limit_ms = u64::try_from(self.shared.limit.as_millis()).unwrap_or(u64::MAX);
        let (call, late) = (AtomicU64::new(0), AtomicU64::new(0));
        let watch = Arc::new(Watch { limit_ms, call, late });
        self.shared.watches().push(Arc::clone(&watch));
        watch
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            _ = thread.join();
        }
    }
}

impl Shared {
    fn watches(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Watch>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        // For each watch the call that was seen last, and how often.
        let mut seen: Vec<(u64, u32)> = Vec::new();
        while !self.stops.load(Ordering::Relaxed) {
            thread::park_timeout((self.limit / LOOKS).max(Duration::from_millis(1)));
            let watches = self.watches();
            seen.resize(watches.len(), (0, 0));
            for (watch, (call, looks)) in watches.iter().zip(&mut seen) {
                let now = watch.call.load(Ordering::Relaxed);
                *looks = if now == *call { looks.saturating_add(1) } else { 0 };
                *call = now;
                if now % 2 == 0 {
                    continue;
                }
                if *looks >= LOOKS {
                    watch.late.store(now, Ordering::Relaxed);
                }
                if self.ends_process && *looks >= LOOKS * STUCK {
                    eprintln!("ringfence: a strategy's call does not come back; the process ends");
                    std::process::abort();
                }
            }
        }
    }
}

impl Watch {
    /// A call begins.
    #[inline]
    pub(crate) fn enter(&self) {
        // Only this thread writes it.
        let call = self.call.load(Ordering::Relaxed);
        self.call.store(call + 1, Ordering::Relaxed);
    }

    /// Whether the call that runs was found to take too long.
    #[inline]
    pub(crate) fn is_late(&self) -> bool {
        self.late.load(Ordering::Relaxed) == self.call.load(Ordering::Relaxed)
    }

    /// The call has ended; the limit in milliseconds where it took longer.
    #[inline]
    pub(crate) fn leave(&self) -> Option<u64> {
        let call = self.call.load(Ordering::Relaxed);
        self.call.store(call + 1, Ordering::Relaxed);
        (self.late.load(Ordering::Relaxed) == call).then_some(self.limit_ms)
    }
}

#[cfg(test)]
mod tests;
