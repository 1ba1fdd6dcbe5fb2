//! What is asked of the engine, and whether it holds.

use super::record::Run;
use ringfence_benches::books::{Books, Limit, Ringfence};

/// One thing that is asked.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// What.
    pub(crate) asked: String,
    /// What was measured.
    pub(crate) measured: String,
    /// Whether it holds.
    pub(crate) holds: bool,
}

/// How many times faster than matchcore, by workload.
#[cfg(feature = "peers")]
const FASTER: [(&str, f64); 3] = [("A", 2.5), ("B", 4.0), ("C", 4.0)];
/// How many times the limit at most.
const OF_LIMIT: f64 = 1.8;
/// Percentile and the nanoseconds below which it is.
const LATENCIES: [(f64, u64); 2] = [(99.9, 500), (99.99, 5_000)];
/// Bytes an order at most.
const BYTES: f64 = 80.0;
/// How much of the logarithm's growth: what is deep is further away as well, in slower memory.
const OF_LOGARITHM: f64 = 8.0;

/// All of it.
pub(crate) fn of(run: &Run) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    #[cfg(feature = "peers")]
    for (workload, least) in FASTER {
        let peer = ringfence_benches::books::Matchcore::NAME;
        let times = median(run, peer, workload) / median(run, Ringfence::NAME, workload);
        verdicts.push(Verdict {
            asked: format!("{workload}: at least {least} times as fast as {peer}"),
            measured: format!("{times:.2}"),
            holds: times >= least,
        });
    }
    for workload in ["A", "B", "C"] {
        let times = median(run, Ringfence::NAME, workload) / median(run, Limit::NAME, workload);
        verdicts.push(Verdict {
            asked: format!("{workload}: at most {OF_LIMIT} times the limit with hashed ids"),
            measured: format!("{times:.2}"),
            holds: times <= OF_LIMIT,
        });
    }
    verdicts.extend(latencies(run));
    let ours = run.speeds.iter().filter(|speed| speed.book == Ringfence::NAME);
    let allocations: u64 = ours.map(|speed| speed.allocations).sum();
    verdicts.push(Verdict {
        asked: "no allocation after warm-up, A, B and C".into(),
        measured: allocations.to_string(),
        holds: allocations == 0,
    });
    verdicts.push(Verdict {
        asked: format!("{} orders rest, at most {BYTES} bytes each", run.memory.orders),
        measured: format!("{:.1}", run.memory.bytes),
        holds: run.memory.bytes <= BYTES,
    });
    verdicts.extend(depth(run));
    verdicts
}

fn latencies(run: &Run) -> impl Iterator<Item = Verdict> + '_ {
    LATENCIES.iter().map(|&(percentile, most)| {
        let found = run.latencies.percentiles.iter().find(|(at, _)| *at >= percentile);
        let ns = found.map_or(u64::MAX, |&(_, ns)| ns);
        Verdict {
            asked: format!("A: p{percentile} of single commands below {most} ns"),
            measured: format!("{ns} ns, {} of them the clock's", run.latencies.clock),
            holds: ns < most,
        }
    })
}

fn depth(run: &Run) -> Option<Verdict> {
    let (first, last) = (run.depths.first()?, run.depths.last()?);
    let logarithm = f64::from(last.orders).ln() / f64::from(first.orders).ln();
    let times = last.ns / first.ns;
    Some(Verdict {
        asked: format!(
            "from {} to {} orders a command costs at most {:.1} times as much",
            first.orders,
            last.orders,
            logarithm * OF_LOGARITHM
        ),
        measured: format!("{times:.2}"),
        holds: times <= logarithm * OF_LOGARITHM,
    })
}

fn median(run: &Run, book: &str, workload: &str) -> f64 {
    let speed = run.speeds.iter().find(|it| it.book == book && it.workload == workload);
    speed.expect("every book runs every workload").median()
}
