//! So much in a second of command time: a second gives back what a second allows, and never more
//! than that is saved up.

/// What may still be used, to the last part of it: steps of any length earn the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    per_second: u64,
    left: u64,
    /// Billionths of one more, so that a nanosecond earns `per_second` of them.
    parts: u64,
    refilled_ns: u64,
}

/// Billionths of what is counted, and nanoseconds of a second.
const PARTS: u64 = 1_000_000_000;

impl Allowance {
    pub(crate) const fn new(per_second: u64) -> Self {
        Self { per_second, left: per_second, parts: 0, refilled_ns: 0 }
    }

    /// What is left, in billionths, and when that was reckoned.
    pub(crate) const fn parts(&self) -> (u128, u64) {
        (self.left as u128 * PARTS as u128 + self.parts as u128, self.refilled_ns)
    }

    /// One that goes on with what was left.
    pub(crate) fn resume(per_second: u64, left: u128, refilled_ns: u64) -> Self {
        let mut allowance = Self { left: 0, refilled_ns, ..Self::new(per_second) };
        allowance.earn(left);
        allowance
    }

    /// How much of `wanted` there is at `at_ns`.
    #[inline]
    pub(crate) fn offer(&mut self, at_ns: u64, wanted: u64) -> u64 {
        if at_ns > self.refilled_ns {
            let passed = (at_ns - self.refilled_ns).min(PARTS);
            self.refilled_ns = at_ns;
            self.earn(u128::from(passed) * u128::from(self.per_second));
        }
        wanted.min(self.left)
    }

    /// Uses up so much, or what there is.
    #[inline]
    pub(crate) fn spend(&mut self, used: u64) {
        match self.left.checked_sub(used) {
            Some(left) => self.left = left,
            None => (self.left, self.parts) = (0, 0),
        }
    }

    /// Adds so many billionths, up to what a second allows.
    #[inline]
    fn earn(&mut self, parts: u128) {
        let parts = parts.saturating_add(u128::from(self.parts));
        // Mostly there are few enough for a division of 64 bits, which is much shorter.
        let (whole, rest) = match u64::try_from(parts) {
            Ok(parts) => (parts / PARTS, parts % PARTS),
            Err(_) => divided(parts),
        };
        self.left = self.left.saturating_add(whole);
        self.parts = rest;
        if self.left >= self.per_second {
            (self.left, self.parts) = (self.per_second, 0);
        }
    }
}

#[cold]
fn divided(parts: u128) -> (u64, u64) {
    let low = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
    (low(parts / u128::from(PARTS)), low(parts % u128::from(PARTS)))
}

#[cfg(test)]
mod tests;
