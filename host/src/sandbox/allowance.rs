//! So much in a second of command time: a second gives back what a second allows, and never more
//! than that is saved up.

/// What may still be used, to the last part of it: steps of any length earn the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    per_second: u64,
    /// In billionths, so that a nanosecond earns `per_second` of them.
    left: u128,
    refilled_ns: u64,
}

/// Billionths of what is counted, and nanoseconds of a second.
const PARTS: u128 = 1_000_000_000;

impl Allowance {
    pub(crate) const fn new(per_second: u64) -> Self {
        Self { per_second, left: per_second as u128 * PARTS, refilled_ns: 0 }
    }

    /// What is left, in billionths, and when that was reckoned.
    pub(crate) const fn parts(&self) -> (u128, u64) {
        (self.left, self.refilled_ns)
    }

    /// One that goes on with what was left.
    pub(crate) fn resume(per_second: u64, left: u128, refilled_ns: u64) -> Self {
        let left = left.min(u128::from(per_second) * PARTS);
        Self { per_second, left, refilled_ns }
    }

    /// How much of `wanted` there is at `at_ns`.
    #[inline]
    pub(crate) fn offer(&mut self, at_ns: u64, wanted: u64) -> u64 {
        let passed = u128::from(at_ns.saturating_sub(self.refilled_ns)).min(PARTS);
        let full = u128::from(self.per_second) * PARTS;
        self.left = (self.left + passed * u128::from(self.per_second)).min(full);
        self.refilled_ns = self.refilled_ns.max(at_ns);
        if self.left >= u128::from(wanted) * PARTS {
            return wanted;
        }
        u64::try_from(self.left / PARTS).unwrap_or(wanted)
    }

    /// Uses up so much, or what there is.
    #[inline]
    pub(crate) fn spend(&mut self, used: u64) {
        self.left = self.left.saturating_sub(u128::from(used) * PARTS);
    }
}

#[cfg(test)]
mod tests;
