//! What single commands take, in percentiles, on workload A.

use std::time::Instant;

use hdrhistogram::Histogram;
use ringfence_benches::books::{Books, Fills, Ringfence};
use ringfence_benches::workload::Workload;

/// Percentiles of single commands, what it takes to look at the clock included.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    /// What it takes to look at the clock, in nanoseconds.
    pub(crate) clock: u64,
    /// Percentile and nanoseconds.
    pub(crate) percentiles: Vec<(f64, u64)>,
}

const PERCENTILES: [f64; 6] = [50.0, 90.0, 99.0, 99.9, 99.99, 100.0];

/// Of three runs the one with the best 99.99th percentile: what else runs on the machine can make
/// a command slower, never faster.
pub(crate) fn measure(workload: &Workload) -> Latencies {
    let runs = (0..3).map(|_| run(workload));
    runs.min_by_key(|run| run.percentiles[4].1).expect("there are three")
}

fn run(workload: &Workload) -> Latencies {
    let mut books = Ringfence::new(workload);
    let mut fills = Fills::new(workload.books);
    for order in &workload.preload {
        books.apply(order, &mut fills);
    }
    let mut histogram = empty();
    for order in &workload.commands {
        let start = Instant::now();
        books.apply(order, &mut fills);
        histogram.saturating_record(elapsed(start));
    }
    let value = |percentile| (percentile, histogram.value_at_percentile(percentile));
    Latencies { clock: clock(), percentiles: PERCENTILES.map(value).to_vec() }
}

/// What two looks at the clock in a row are apart, mostly.
fn clock() -> u64 {
    let mut histogram = empty();
    for _ in 0..100_000 {
        histogram.saturating_record(elapsed(Instant::now()));
    }
    histogram.value_at_percentile(50.0)
}

fn elapsed(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 1_000_000_000, 3).expect("sound bounds")
}
