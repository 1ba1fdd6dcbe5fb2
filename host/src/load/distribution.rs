//! The distribution of latencies as HdrHistogram's plotters read it.

use std::io::{self, Write};

use super::Report;

/// Steps for each halving of what is left above.
const STEPS: u32 = 5;

impl Report {
    /// Writes the distribution in HdrHistogram's percentile format (`.hgrm`), in µs.
    ///
    /// # Errors
    ///
    /// Where `to` fails.
    pub fn write_distribution(&self, to: &mut impl Write) -> io::Result<()> {
        let latency = &self.latency_ns;
        writeln!(
            to,
            "{:>12} {:>14} {:>10} {:>14}\n",
            "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
        )?;
        let mut total = 0;
        for step in latency.iter_quantiles(STEPS) {
            total += step.count_since_last_iteration();
            let quantile = step.quantile_iterated_to();
            write!(to, "{:>12} {quantile:>2.12} {total:>10}", micros(step.value_iterated_to()))?;
            if quantile < 1.0 {
                writeln!(to, " {:>14.2}", 1.0 / (1.0 - quantile))?
            } else {
                writeln!(to)?
            }
        }
        let (mean, deviation) = (latency.mean() / 1_000.0, latency.stdev() / 1_000.0);
        writeln!(to, "#[Mean    = {mean:>12.3}, StdDeviation   = {deviation:>12.3}]")?;
        let max = micros(latency.max());
        writeln!(to, "#[Max     = {max:>12}, Total count    = {:>12}]", latency.len())?;
        let (buckets, halves) = (latency.buckets(), latency.distinct_values());
        writeln!(to, "#[Buckets = {buckets:>12}, Values         = {halves:>12}]")
    }
}

/// Nanoseconds as microseconds with three places.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hdrhistogram::Histogram;

    use crate::load::Report;

    #[test]
    fn every_latency_is_counted_once() {
        let mut latency_ns = Histogram::new(3).unwrap();
        for us in 1..=1_000 {
            latency_ns.record(us * 1_000).unwrap();
        }
        let report = Report {
            sent: 1_000,
            accepted: 1_000,
            rejected: 0,
            fills: 0,
            events: 0,
            took: Duration::from_secs(1),
            latency_ns,
            is_complete: true,
        };
        let mut text = Vec::new();
        report.write_distribution(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let rows: Vec<Vec<f64>> = text
            .lines()
            .skip(2)
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_whitespace().map(|word| word.parse().unwrap()).collect())
            .collect();
        let half = rows.iter().find(|row| (row[1] - 0.5).abs() < 1e-9).expect("a median");
        assert!((half[0] - 500.0).abs() < 1.0 && (half[2] - 500.0).abs() < 1.5, "{half:?}");
        let last = rows.last().expect("rows");
        assert!((last[1] - 1.0).abs() < 1e-12 && (last[2] - 1_000.0).abs() < 0.5, "{last:?}");
        assert!(rows.windows(2).all(|pair| pair[0][0] <= pair[1][0] && pair[0][2] <= pair[1][2]));
        assert!(text.contains("Total count    =         1000"), "{text}");
    }
}
