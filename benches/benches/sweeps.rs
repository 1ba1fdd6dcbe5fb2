//! What one command costs that takes 5,000 orders over 1,000 prices:
//! `cargo bench -p ringfence-benches --bench sweeps`.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ringfence_benches::scene::{ASK, Scene, above, ask, asks, bid, taker};
use ringfence_core::{Command, NewOrder, OrderType, Qty, Side, TimeInForce};

const ORDERS: u64 = 5_000;
const LEVELS: u64 = 1_000;
const LOTS: u64 = 10;

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sweep of 5,000 orders over 1,000 prices");
    group.throughput(Throughput::Elements(ORDERS)).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    for scene in scenes() {
        group.bench_function(scene.name, |bencher| {
            bencher.iter_custom(|times| scene.play(times));
        });
    }
    group.finish();
}

fn scenes() -> [Scene; 5] {
    let all = bid(taker(0).0, above(LEVELS), LOTS * ORDERS);
    let more = NewOrder { qty: Qty(LOTS * ORDERS + 1), ..all };
    let shown = || asks(ORDERS, ORDERS / LEVELS, LOTS);
    let sweep = |name, order| Scene::new(name).after(shown()).measures([Command::New(order)]);
    [
        sweep("market", NewOrder::market(taker(0), Side::Buy, Qty(LOTS * ORDERS)))
            .shows(|seen| seen.trades() == ORDERS && seen.open() == 0),
        sweep("limit, rests with what is left", more).shows(|seen| {
            seen.trades() == ORDERS && seen.best(Side::Buy) == Some((above(LEVELS), 1))
        }),
        sweep("ioc", NewOrder { tif: TimeInForce::Ioc, ..all })
            .shows(|seen| seen.trades() == ORDERS && seen.open() == 0),
        sweep("fok", NewOrder { tif: TimeInForce::Fok, ..all })
            .shows(|seen| seen.trades() == ORDERS && seen.open() == 0),
        Scene::new("market, 1,000 icebergs of five tips")
            .after((0..LEVELS).map(|at| {
                let (order_type, display) = (OrderType::Iceberg, Qty(LOTS));
                let seller = ask(1 + at, ASK + at.cast_signed(), LOTS * 5);
                Command::New(NewOrder { order_type, display, ..seller })
            }))
            .measures([Command::New(NewOrder::market(taker(0), Side::Buy, Qty(LOTS * ORDERS)))])
            .shows(|seen| seen.trades() == ORDERS && seen.open() == 0),
    ]
}

criterion_group!(sweeps, benches);
criterion_main!(sweeps);
