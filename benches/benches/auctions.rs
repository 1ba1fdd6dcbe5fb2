//! What an auction of 10,000 orders costs: its end, and an order that joins it.
//! `cargo bench -p ringfence-benches --bench auctions`.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ringfence_benches::scene::{ASK, Scene, above, ask, bid, shuffled, taker};
use ringfence_core::{Command, InstrumentId, Phase, What};

const ORDERS: u64 = 10_000;
const LOTS: u64 = 10;
const INSTRUMENT: InstrumentId = InstrumentId(0);

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("auction of 10,000 orders");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    for scene in scenes() {
        group.bench_function(scene.name, |bencher| {
            bencher.iter_custom(|times| scene.play(times));
        });
    }
    group.finish();
}

fn scenes() -> [Scene; 4] {
    let uncross = || Command::Uncross { instrument: INSTRUMENT, then: Phase::Continuous };
    [
        gathered("its end, 5,000 trades at one price", 1)
            .measures([uncross()])
            .shows(|seen| seen.trades() == ORDERS / 2 && seen.open() == 0),
        gathered("its end, 1,000 prices a side", 1_000)
            .measures([uncross()])
            .shows(|seen| seen.trades() > ORDERS / 5 && all_at_one_price(seen)),
        gathered("one more order, one price a side", 1)
            .measures([Command::New(bid(taker(0).0, ASK, LOTS))])
            .shows(|seen| seen.open() == ORDERS + 1),
        gathered("one more order, 1,000 prices a side", 1_000)
            .measures([Command::New(bid(taker(0).0, ASK, LOTS))])
            .shows(|seen| seen.open() == ORDERS + 1),
    ]
}

/// As many buyers as sellers, in no order, at the same so many prices.
fn gathered(name: &'static str, prices: u64) -> Scene {
    let phase = Command::Phase { instrument: INSTRUMENT, phase: Phase::Auction };
    let orders = shuffled(ORDERS, 7).into_iter().map(move |at| {
        let price = above(at / 2 % prices);
        let buys = at.is_multiple_of(2);
        Command::New(if buys { bid(1 + at, price, LOTS) } else { ask(1 + at, price, LOTS) })
    });
    Scene::new(name).room(1 << 14).after([phase]).after(orders)
}

fn all_at_one_price(seen: &ringfence_benches::scene::Seen) -> bool {
    let mut prices = seen.whats().filter_map(|what| match what {
        What::Trade { price, .. } => Some(*price),
        _ => None,
    });
    let first = prices.next();
    prices.all(|price| Some(price) == first)
}

criterion_group!(auctions, benches);
criterion_main!(auctions);
