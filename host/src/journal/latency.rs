//! How long groups of commands wait for the journal's promise, in ranges that double.

/// How many ranges there are: the first is up to a microsecond, the last without end.
pub const LATENCY_RANGES: usize = 24;

/// The end of a range in nanoseconds; none of the last.
#[must_use]
pub const fn latency_bound_ns(range: usize) -> Option<u64> {
    if range + 1 < LATENCY_RANGES { Some(1_000 << range) } else { None }
}

/// Counts by range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    counts: [u64; LATENCY_RANGES],
    sum_ns: u64,
}

impl Latency {
    /// Counts one that took so long.
    #[inline]
    pub fn record(&mut self, took_ns: u64) {
        let microseconds = took_ns.saturating_sub(1) / 1_000;
        let range = (u64::BITS - microseconds.leading_zeros()) as usize;
        self.counts[range.min(LATENCY_RANGES - 1)] += 1;
        self.sum_ns = self.sum_ns.saturating_add(took_ns);
    }

    /// How many there were of each range.
    #[must_use]
    pub const fn counts(&self) -> [u64; LATENCY_RANGES] {
        self.counts
    }

    /// All of them together.
    #[must_use]
    pub const fn sum_ns(&self) -> u64 {
        self.sum_ns
    }
}

#[cfg(test)]
mod tests {
    use super::{LATENCY_RANGES, Latency, latency_bound_ns};

    /// Each lies in the first range whose end it does not pass.
    #[test]
    fn ranges_end_where_they_say() {
        for range in 0..LATENCY_RANGES - 1 {
            let bound = latency_bound_ns(range).expect("not the last");
            for (took_ns, expected) in [(bound, range), (bound + 1, range + 1)] {
                let mut latency = Latency::default();
                latency.record(took_ns);
                assert_eq!(latency.counts()[expected], 1, "{took_ns} ns");
            }
        }
        let mut latency = Latency::default();
        latency.record(u64::MAX);
        latency.record(0);
        assert_eq!((latency.counts()[LATENCY_RANGES - 1], latency.counts()[0]), (1, 1));
    }
}
