//! What a strategy did so far, in numbers.

use std::time::Duration;

/// Counts of one sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls into the guest, those of the start included.
    pub calls: u64,
    /// Calls with events that were timed: one in 64, because reading the clock twice costs a
    /// good part of a short call.
    pub timed_calls: u64,
    /// Nanoseconds that the timed calls took.
    pub timed_ns: u64,
    /// Gas it used. A call that failed costs all the gas it was given.
    pub gas: u64,
    /// Events it was handed.
    pub events: u64,
    /// Commands it asked for.
    pub commands: u64,
    /// Those of them that came by `submit`.
    pub submitted: u64,
    /// Calls that failed.
    pub traps: u64,
    /// Pages of 64 KiB its memory has.
    pub pages: u32,
    /// From the module's bytes to the return of its first call with events; until that call, to
    /// the end of the start.
    pub cold_start: Duration,
    /// Times it moved to other code of the same module.
    pub moves: u32,
    /// Whether its code came from the cache.
    pub from_cache: bool,
    /// Calls with events.
    pub(super) batches: u64,
    /// Whether one of them has returned.
    pub(super) warm: bool,
}

impl Stats {
    /// Nanoseconds of a call with events, averaged over those that were timed.
    #[must_use]
    pub const fn ns_per_call(&self) -> Option<u64> {
        self.timed_ns.checked_div(self.timed_calls)
    }

    /// These counts and `earlier` ones of another sandbox together; what is not a count is of this
    /// one.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        let mut sums = self.sums();
        sums.iter_mut().zip(earlier.sums()).for_each(|(sum, earlier)| *sum += earlier);
        self.set_sums(sums);
        self
    }

    /// What is counted, however often a strategy is put down and taken up.
    pub(super) const fn counts(&self) -> [u64; Self::COUNTS] {
        [self.calls, self.gas, self.events, self.commands, self.submitted, self.traps]
    }

    pub(super) const fn set_counts(&mut self, counts: [u64; Self::COUNTS]) {
        [self.calls, self.gas, self.events, self.commands, self.submitted, self.traps] = counts;
    }

    pub(super) const COUNTS: usize = 6;

    /// What is left of these counts without those of a `later` sandbox.
    pub(crate) fn before(&self, later: &Self) -> Self {
        let (mut sums, later) = (self.sums(), later.sums());
        sums.iter_mut().zip(later).for_each(|(sum, later)| *sum = sum.saturating_sub(later));
        Self::of_sums(sums)
    }

    /// All that [`after`](Self::after) adds up, to be written down.
    pub(crate) const fn sums(&self) -> [u64; 8] {
        let [calls, gas, events, commands, submitted, traps] = self.counts();
        [calls, gas, events, commands, submitted, traps, self.timed_calls, self.timed_ns]
    }

    /// Those of somebody who sat there before, as they were written down.
    pub(crate) fn of_sums(sums: [u64; 8]) -> Self {
        let mut stats = Self::default();
        stats.set_sums(sums);
        stats
    }

    fn set_sums(&mut self, sums: [u64; 8]) {
        let [counts @ .., timed_calls, timed_ns] = sums;
        self.set_counts(counts);
        (self.timed_calls, self.timed_ns) = (timed_calls, timed_ns);
    }

    /// Counts a call with events, and says whether it is to be timed.
    pub(super) const fn wants_time(&mut self) -> bool {
        self.batches += 1;
        self.batches % TIMED_EVERY == 1
    }

    pub(super) fn time(&mut self, took: Duration) {
        self.timed_calls += 1;
        self.timed_ns += u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    }

    /// Whether no call with events has returned yet.
    pub(super) const fn is_cold(&self) -> bool {
        !self.warm
    }

    pub(super) fn warm_up(&mut self, took: Duration) {
        self.warm = true;
        self.cold_start += took;
    }
}

/// One in this many calls with events is timed.
const TIMED_EVERY: u64 = 64;
