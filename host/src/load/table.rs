//! The report as people read it.

use std::fmt;

use super::Report;
use crate::metrics::{Grouped, Span};

/// Percentiles, in thousandths of a percent.
const PERCENTILES: [(&str, u32); 9] = [
    ("p50", 50_000),
    ("p75", 75_000),
    ("p90", 90_000),
    ("p95", 95_000),
    ("p99", 99_000),
    ("p99.9", 99_900),
    ("p99.99", 99_990),
    ("p99.999", 99_999),
    ("most", 100_000),
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, accepted, rejected, fills, events, took, .. } = self;
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let rate = u128::from(accepted + rejected) * 1_000_000_000 / u128::from(ns.max(1));
        writeln!(f, "orders            {:>16}", Grouped(*sent))?;
        writeln!(f, "accepted          {:>16}", Grouped(*accepted))?;
        writeln!(f, "rejected          {:>16}", Grouped(*rejected))?;
        writeln!(f, "trades            {:>16}", Grouped(fills / 2))?;
        writeln!(f, "events            {:>16}", Grouped(*events))?;
        writeln!(f, "time              {:>16}", Span(ns).to_string())?;
        writeln!(f, "orders a second   {:>16}", Grouped(rate))?;
        writeln!(f, "latency from the intended time")?;
        for (name, thousandths) in PERCENTILES {
            let value = self.latency_ns.value_at_quantile(f64::from(thousandths) / 100_000.0);
            writeln!(f, "  {name:<8}        {:>16}", Span(value).to_string())?;
        }
        if !self.is_complete {
            writeln!(f, "not every order was answered")?;
        }
        Ok(())
    }
}
