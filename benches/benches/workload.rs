//! The measuring workload through our engine and through the limit of what a book can be, side by
//! side in one run: `cargo bench -p ringfence-benches`.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringfence_benches::books::{Books, Fills, Limit, Ringfence};
use ringfence_benches::workload::Workload;

/// Runs the whole workload; returns the time that its commands took.
fn run<B: Books>(workload: &Workload) -> Duration {
    let mut books = B::new(workload);
    let mut fills = Fills::new(workload.books);
    for order in &workload.preload {
        books.apply(order, &mut fills);
    }
    let start = Instant::now();
    for order in &workload.commands {
        books.apply(order, &mut fills);
    }
    let took = start.elapsed();
    assert_eq!(fills.tally(), workload.expected, "{} matches in price-time order", B::NAME);
    took
}

fn benches(criterion: &mut Criterion) {
    for name in ["A", "B", "C"] {
        let workload = Workload::new(name, 42).expect("a variant");
        let mut group = criterion.benchmark_group(format!("workload {name}, 2,000,000 commands"));
        group.sample_size(10).throughput(Throughput::Elements(workload.commands.len() as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(Limit::NAME),
            &workload,
            |bencher, workload| {
                bencher.iter_custom(|times| (0..times).map(|_| run::<Limit>(workload)).sum());
            },
        );
        group.bench_with_input(
            BenchmarkId::from_parameter(Ringfence::NAME),
            &workload,
            |bencher, workload| {
                bencher.iter_custom(|times| (0..times).map(|_| run::<Ringfence>(workload)).sum());
            },
        );
        group.finish();
    }
}

criterion_group!(workload, benches);
criterion_main!(workload);
