//! How fast a run was: commands, time, and the latency of each command.

use std::fmt;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Counts and times of a run.
#[derive(Debug)]
pub struct Metrics {
    begun: Instant,
    latency_ns: Histogram<u64>,
}

/// The percentiles that are shown, in hundredths of a percent.
pub const PERCENTILES: [(&str, u16); 5] =
    [("p50", 5_000), ("p90", 9_000), ("p99", 9_900), ("p99.9", 9_990), ("p99.99", 9_999)];

/// The longest latency that is told apart from longer ones: ten minutes.
const LATENCY_MAX_NS: u64 = 600_000_000_000;

/// Decimal digits that a latency keeps.
const LATENCY_DIGITS: u8 = 3;

impl Default for Metrics {
    fn default() -> Self {
        let latency_ns = Histogram::new_with_max(LATENCY_MAX_NS, LATENCY_DIGITS)
            .expect("the bounds are in range");
        Self { begun: Instant::now(), latency_ns }
    }
}

impl Metrics {
    /// Starts the clock again: what came before was preparation.
    pub fn begin(&mut self) {
        self.begun = Instant::now();
    }

    /// Counts one command that took so long.
    pub fn record(&mut self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.latency_ns.saturating_record(nanoseconds);
    }

    /// How many commands there were.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.latency_ns.len()
    }

    /// Time since the clock started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Latency in ns below which so many hundredths of a percent of the commands lie.
    #[must_use]
    pub fn percentile_ns(&self, hundredths: u16) -> u64 {
        self.latency_ns.value_at_quantile(f64::from(hundredths) / 10_000.0)
    }

    /// The longest latency.
    #[must_use]
    pub fn max_ns(&self) -> u64 {
        self.latency_ns.max()
    }

    /// How many commands took from `from_ns` to under `to_ns`.
    #[must_use]
    pub fn count_between(&self, from_ns: u64, to_ns: u64) -> u64 {
        self.latency_ns.count_between(from_ns, to_ns.saturating_sub(1).max(from_ns))
    }

    /// Commands per second over `elapsed`.
    #[must_use]
    pub fn per_second(&self, elapsed: Duration) -> u64 {
        let nanoseconds = elapsed.as_nanos().max(1);
        let rate = u128::from(self.commands()) * 1_000_000_000 / nanoseconds;
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

/// A whole number in groups of three digits.
#[derive(Clone, Copy, Debug)]
pub struct Grouped<T>(pub T);

impl<T: fmt::Display> fmt::Display for Grouped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let (sign, digits) = text.strip_prefix('-').map_or(("", &*text), |digits| ("-", digits));
        let mut grouped = String::from(sign);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&grouped)
    }
}

/// A time span in the unit that suits it, with three digits.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit_ns, unit) = match self.0 {
            0..1_000 => return f.pad(&format!("{} ns", self.0)),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let thousandths = self.0 / (unit_ns / 1_000);
        let (whole, part) = (thousandths / 1_000, thousandths % 1_000);
        let text = match whole {
            0..10 => format!("{whole}.{:02} {unit}", part / 10),
            10..100 => format!("{whole}.{} {unit}", part / 100),
            _ => format!("{whole} {unit}"),
        };
        f.pad(&text)
    }
}

/// A worth in ticks × lots as decimal text, where a tick has `scale` decimal places.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// Ticks, or ticks × lots.
    pub units: i128,
    /// Decimal places of a tick.
    pub scale: u8,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u128.pow(u32::from(self.scale));
        let sign = if self.units < 0 { "-" } else { "" };
        let (whole, part) = (self.units.unsigned_abs() / unit, self.units.unsigned_abs() % unit);
        let whole = Grouped(whole);
        match self.scale {
            0 => f.pad(&format!("{sign}{whole}")),
            scale => f.pad(&format!("{sign}{whole}.{part:0width$}", width = usize::from(scale))),
        }
    }
}

#[cfg(test)]
mod tests;
