//! What each kind of event costs on workload A; what nobody asks for is not made:
//! `cargo bench -p ringfence-benches --bench feeds`.

use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ringfence_benches::books::tell;
use ringfence_benches::scene::Buffer;
use ringfence_benches::workload::{Order, Workload};
use ringfence_core::{
    AccountId, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Interest, Time, What,
};

fn benches(criterion: &mut Criterion) {
    let workload = Workload::new("A", 42).expect("a variant");
    let mut group = criterion.benchmark_group("feeds, workload A");
    group.sample_size(10).throughput(Throughput::Elements(workload.commands.len() as u64));
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    measure::<{ Interest::NONE.0 }>("nothing", &workload, &mut group);
    measure::<{ Interest::PRIVATE.0 }>("private", &workload, &mut group);
    measure::<{ Interest::L1.0 }>("L1", &workload, &mut group);
    measure::<{ Interest::L2.0 }>("L2", &workload, &mut group);
    measure::<{ Interest::L3.0 }>("L3", &workload, &mut group);
    measure::<{ Interest::ALL.0 }>("everything", &workload, &mut group);
    group.finish();
}

/// Measures what those cost that `WANTED` asks for.
fn measure<const WANTED: u8>(
    name: &str,
    workload: &Workload,
    group: &mut BenchmarkGroup<'_, WallTime>,
) {
    check::<WANTED>(name, workload);
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| run::<WANTED>(workload)).sum());
    });
}

/// Asserts that what is asked for is told, nothing else, and that the same trades happen.
fn check<const WANTED: u8>(name: &str, workload: &Workload) {
    let mut engine = stage(workload);
    let mut heard = Buffer::<WANTED>::default();
    let trades_before = trades(&engine);
    let mut told = 0;
    for order in &workload.commands {
        heard.0.clear();
        tell(&mut engine, AccountId(0), order, &mut heard);
        told |= heard.0.iter().fold(0, |sum, event| sum | event.what.class().0);
    }
    // A plain market changes no phase.
    assert_eq!(told, WANTED & !Interest::STATUS.0, "{name}: what is asked for is told");
    assert_eq!(trades(&engine) - trades_before, workload.expected.trades, "{name}: trades");
}

fn run<const WANTED: u8>(workload: &Workload) -> Duration {
    let mut engine = stage(workload);
    let mut heard = Buffer::<WANTED>(Vec::with_capacity(1 << 14));
    let begun = Instant::now();
    for order in &workload.commands {
        heard.0.clear();
        tell(&mut engine, AccountId(0), order, &mut heard);
    }
    begun.elapsed()
}

/// The engine after the preload.
fn stage(workload: &Workload) -> Engine {
    let mut engine = Engine::new(Capacity::default());
    let mut heard = Buffer::<{ Interest::PRIVATE.0 }>::default();
    let spec = InstrumentSpec::new(InstrumentId(0), "");
    engine.apply(Time(0), &Command::Instrument(spec.into()), &mut heard);
    workload
        .preload
        .iter()
        .for_each(|order: &Order| tell(&mut engine, AccountId(0), order, &mut heard));
    let accepted = |event: &Event| matches!(event.what, What::Accepted { .. });
    assert!(heard.0.iter().any(accepted), "orders are there before");
    engine
}

fn trades(engine: &Engine) -> u64 {
    engine.book(InstrumentId(0)).expect("it is defined").trades()
}

criterion_group!(feeds, benches);
criterion_main!(feeds);
