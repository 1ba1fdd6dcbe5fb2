//! What is kept of a strategy that failed.

use ringfence_core::Time;

use crate::sandbox::{Cause, Fault};

/// How a strategy failed, and what was known then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When, in command time.
    pub at: Time,
    /// Why.
    pub fault: Fault,
    /// Where it was, innermost call first: the names of its functions, where the module has them, as
    /// [`Sandbox::backtrace`](crate::sandbox::Sandbox::backtrace) gives them. Empty where no call was
    /// cut off: it returned nonsense, or was stopped for the time that it took.
    pub backtrace: Vec<String>,
    /// What it logged last, oldest first.
    pub log: Vec<String>,
}

/// Failures by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    counts: [u64; Cause::ALL.len()],
}

impl FaultCounts {
    /// Counts one.
    pub(crate) fn add(&mut self, cause: Cause) {
        self.counts[cause as usize] += 1;
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.counts.iter_mut().zip(others.counts).for_each(|(sum, count)| *sum += count);
        self
    }

    /// How many there were of a cause.
    #[must_use]
    pub const fn of(&self, cause: Cause) -> u64 {
        self.counts[cause as usize]
    }

    /// The counts of all causes, in the order of [`Cause::ALL`].
    pub(super) const fn counts(&self) -> [u64; Cause::ALL.len()] {
        self.counts
    }

    pub(super) const fn of_counts(counts: [u64; Cause::ALL.len()]) -> Self {
        Self { counts }
    }

    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The causes that there were, with how many of each.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        Cause::ALL.into_iter().map(|cause| (cause, self.of(cause))).filter(|&(_, count)| count > 0)
    }
}

/// Failures of one strategy that are kept: the latest.
pub(super) const FAILURES_KEPT: usize = 8;
