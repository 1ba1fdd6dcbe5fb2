//! Times, and the memory of this process.

use std::time::Duration;

/// Times of one thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample(Vec<Duration>);

impl Sample {
    pub(super) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    pub(super) fn percentile(&mut self, percent: f64) -> Duration {
        self.0.sort_unstable();
        let place = (self.0.len() as f64 * percent / 100.0) as usize;
        self.0[place.min(self.0.len() - 1)]
    }
}

/// Bytes of memory that this process has for itself.
pub(super) fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
