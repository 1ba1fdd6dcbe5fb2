//! What is asked of the engine, and whether it holds.

use super::record::Run;
use ringfence_benches::books::{Books, Limit, Ringfence, RingfenceInGroups};

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
/// One by one, and told of each group of sixteen before.
const OURS: [&str; 2] = [Ringfence::NAME, RingfenceInGroups::NAME];
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
    for ours in OURS {
        for (workload, least) in FASTER {
            let peer = ringfence_benches::books::Matchcore::NAME;
            let times = median(run, peer, workload) / median(run, ours, workload);
            verdicts.push(Verdict {
                asked: format!("{workload}, {ours}: at least {least} times as fast as {peer}"),
                measured: format!("{times:.2}"),
                holds: times >= least,
            });
        }
    }
    for ours in OURS {
        for workload in ["A", "B", "C"] {
            let times = median(run, ours, workload) / median(run, Limit::NAME, workload);
            verdicts.push(Verdict {
                asked: format!("{workload}, {ours}: at most {OF_LIMIT} times the limit"),
                measured: format!("{times:.2}"),
                holds: times <= OF_LIMIT,
            });
        }
    }
    verdicts.extend(latencies(run));
    let ours = run.speeds.iter().filter(|speed| OURS.contains(&speed.book));
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

fn depth(run: &Run) -> Vec<Verdict> {
    let (Some(first), Some(last)) = (run.depths.first(), run.depths.last()) else {
        return Vec::new();
    };
    let logarithm = f64::from(last.orders).ln() / f64::from(first.orders).ln();
    let verdict = |how, times: f64| Verdict {
        asked: format!(
            "from {} to {} orders a command costs at most {:.1} times as much, {how}",
            first.orders,
            last.orders,
            logarithm * OF_LOGARITHM
        ),
        measured: format!("{times:.2}"),
        holds: times <= logarithm * OF_LOGARITHM,
    };
    vec![
        verdict("one by one", last.ns / first.ns),
        verdict("in groups", last.ns_in_groups / first.ns_in_groups),
    ]
}

fn median(run: &Run, book: &str, workload: &str) -> f64 {
    let speed = run.speeds.iter().find(|it| it.book == book && it.workload == workload);
    speed.expect("every book runs every workload").median()
}
