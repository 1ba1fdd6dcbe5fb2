//! What a command takes: each book in turn, again and again, and the median of its runs.

use std::time::Instant;

use ringfence_benches::books::{
    Books, Fills, Limit, Ringfence, RingfenceInGroups, RingfenceOfMany,
};
#[cfg(feature = "peers")]
use ringfence_benches::books::{Lobster, Matchcore, OrderbookRs};
use ringfence_benches::workload::Workload;
use ringfence_core::AHEAD_MAX;

/// One book's runs of one workload.
#[derive(Clone, Debug)]
pub(crate) struct Speed {
    /// The book.
    pub(crate) book: &'static str,
    /// A, B or C.
    pub(crate) workload: &'static str,
    /// Nanoseconds a command, of each run, rising.
    pub(crate) runs: Vec<f64>,
    /// Allocations while the commands ran.
    pub(crate) allocations: u64,
    /// Why the tally is not the expected one, where it is not.
    pub(crate) differs: Option<&'static str>,
}

impl Speed {
    /// The middle one of the runs.
    pub(crate) fn median(&self) -> f64 {
        self.runs[self.runs.len() / 2]
    }
}

/// A run: nanoseconds a command, allocations, and whether the tally is the expected one.
type Run = (f64, u64, bool);

struct Contender {
    name: &'static str,
    excuse: &'static str,
    run: fn(&Workload) -> Run,
}

const fn contender<B: Books>() -> Contender {
    Contender { name: B::NAME, excuse: B::EXCUSE, run: run::<B> }
}

const CONTENDERS: &[Contender] = &[
    contender::<Limit>(),
    contender::<Ringfence>(),
    contender::<RingfenceInGroups>(),
    contender::<RingfenceOfMany>(),
    #[cfg(feature = "peers")]
    contender::<Matchcore>(),
    #[cfg(feature = "peers")]
    contender::<Lobster>(),
    #[cfg(feature = "peers")]
    contender::<OrderbookRs>(),
];

/// Runs every book through every workload, `rounds` times, alternating.
///
/// # Panics
///
/// Where a book's tally is not the expected one and it has no excuse.
pub(crate) fn measure(workloads: &[Workload], rounds: usize, only: Option<&str>) -> Vec<Speed> {
    let mut speeds = Vec::new();
    let wanted = |it: &&Contender| only.is_none_or(|only| it.name == only);
    for workload in workloads {
        let from = speeds.len();
        speeds.extend(CONTENDERS.iter().filter(wanted).map(|contender| Speed {
            book: contender.name,
            workload: workload.name,
            runs: Vec::new(),
            allocations: 0,
            differs: None,
        }));
        for round in 0..rounds {
            for (contender, speed) in CONTENDERS.iter().filter(wanted).zip(&mut speeds[from..]) {
                // One that takes microseconds a command is known well enough after a few runs.
                if round >= 3 && speed.runs.iter().any(|&ns| ns > 1_000.0) {
                    continue;
                }
                let (ns, allocations, agrees) = (contender.run)(workload);
                assert!(agrees || !contender.excuse.is_empty(), "{} is wrong", contender.name);
                speed.runs.push(ns);
                speed.allocations = allocations;
                speed.differs = (!agrees).then_some(contender.excuse);
            }
        }
        for speed in &mut speeds[from..] {
            speed.runs.sort_by(f64::total_cmp);
            println!("{} {:22} {:9.1} ns a command", speed.workload, speed.book, speed.median());
        }
    }
    speeds
}

fn run<B: Books>(workload: &Workload) -> Run {
    let mut books = B::new(workload);
    let mut fills = Fills::new(workload.books);
    for order in &workload.preload {
        books.apply(order, &mut fills);
    }
    let mut ns = 0.0;
    let allocations = allocation_counter::measure(|| ns = timed(&mut books, workload, &mut fills));
    (ns, allocations.count_total, fills.tally() == workload.expected)
}

/// The commands of a workload, timed. A function of its own, so that a profiler can be told to look
/// at nothing else.
#[inline(never)]
#[expect(clippy::cast_precision_loss, reason = "a time in floating point")]
fn timed<B: Books>(books: &mut B, workload: &Workload, fills: &mut Fills) -> f64 {
    let start = Instant::now();
    for group in workload.commands.chunks(AHEAD_MAX) {
        books.look_ahead(group);
        for order in group {
            books.apply(order, fills);
        }
    }
    start.elapsed().as_nanos() as f64 / workload.commands.len() as f64
}
