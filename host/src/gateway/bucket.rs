//! A token bucket: how many commands an account may send now.

/// Fills by the time that passes; each command takes one out.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Commands a second; 0 is no limit.
    rate: u64,
    burst: u64,
    /// In billionths of a command.
    level: u128,
    filled_at: u64,
}

const BILLION: u64 = 1_000_000_000;

impl Bucket {
    pub(super) fn new(rate: u64, burst: u64) -> Self {
        Self { rate, burst, level: full(burst), filled_at: 0 }
    }

    /// Takes one command out, where there is one at `now`.
    #[inline]
    pub(super) fn take(&mut self, now: u64) -> bool {
        if self.rate == 0 {
            return true;
        }
        let passed = now.saturating_sub(self.filled_at);
        if passed > 0 {
            let more = u128::from(passed) * u128::from(self.rate);
            self.level = (self.level + more).min(full(self.burst));
            self.filled_at = now;
        }
        match self.level.checked_sub(u128::from(BILLION)) {
            Some(level) => {
                self.level = level;
                true
            }
            None => false,
        }
    }
}

fn full(burst: u64) -> u128 {
    u128::from(burst) * u128::from(BILLION)
}
