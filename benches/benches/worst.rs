//! The worst that somebody can send on purpose: one order through 10,000 prices, at each of which a
//! stop waits, with as many pegged orders as there may be behind the best bid.
//! `cargo bench -p ringfence-benches --bench worst`.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ringfence_benches::scene::{ASK, Scene, above, asks, bid, taker};
use ringfence_core::{CancelReason, Command, NewOrder, OrderType, Peg, Price, Qty, Side};

const LEVELS: u64 = 10_000;
const LOTS: u64 = 10;
/// As many pegged orders as an instrument may have.
const PEGS: u64 = 1_024;

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one order through 10,000 prices");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    for scene in scenes() {
        group.bench_function(scene.name, |bencher| {
            bencher.iter_custom(|times| scene.play(times));
        });
    }
    group.finish();
}

fn scenes() -> [Scene; 4] {
    let sweep = || Command::New(NewOrder::market(taker(0), Side::Buy, Qty(LOTS * LEVELS)));
    let alone = |name| {
        let mut scene = Scene::new(name).room(1 << 16).levels(1 << 15);
        scene = scene.after([Command::New(bid(taker(1).0, ASK - 5_000, LOTS))]);
        scene.after(asks(LEVELS, 1, LOTS))
    };
    let stopped = |seen: &ringfence_benches::scene::Seen| {
        seen.triggered() == LEVELS && seen.canceled(CancelReason::NoLiquidity) == LEVELS
    };
    [
        alone("nothing else").measures([sweep()]).shows(|seen| seen.trades() == LEVELS),
        alone("a stop at each price")
            .after((0..LEVELS).map(stop))
            .measures([sweep()])
            .shows(|seen| seen.trades() == LEVELS && stopped(seen)),
        alone("1,024 orders pegged to the middle")
            .after((0..PEGS).map(pegged))
            .measures([sweep()])
            .shows(|seen| seen.trades() == LEVELS),
        alone("a stop at each price and 1,024 orders pegged to the middle")
            .after((0..LEVELS).map(stop))
            .after((0..PEGS).map(pegged))
            .measures([sweep()])
            .shows(|seen| seen.trades() == LEVELS && stopped(seen)),
    ]
}

/// Buys once a trade is at its price.
fn stop(at: u64) -> Command {
    let order = bid(taker(10 + at).0, ASK, LOTS);
    let stop = Some(Price(above(at)));
    Command::New(NewOrder { order_type: OrderType::Stop, stop, price: None, ..order })
}

/// Stands ever further behind the middle: each at a price of its own.
fn pegged(at: u64) -> Command {
    let order = bid(taker(10 + LEVELS + at).0, ASK, LOTS);
    let offset = -1 - at.cast_signed();
    let (order_type, peg) = (OrderType::Pegged, Peg::Midpoint);
    Command::New(NewOrder { order_type, peg, offset, price: None, ..order })
}

criterion_group!(worst, benches);
criterion_main!(worst);
