//! What it costs to change and to cancel what rests, one by one and in storms:
//! `cargo bench -p ringfence-benches --bench changes`.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ringfence_benches::scene::{COUNT, Scene, above, asks, shuffled};
use ringfence_core::{
    AccountId, Cancel, CancelReason, Command, InstrumentId, NewQty, OrderId, Price, Qty, Reduce,
    Reject, Replace, Scope,
};

/// Orders of a storm.
const STORM: u64 = 100_000;

const INSTRUMENT: InstrumentId = InstrumentId(0);
const ACCOUNT: AccountId = AccountId(0);

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("changes");
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    for scene in single() {
        group.throughput(Throughput::Elements(COUNT));
        group.bench_function(scene.name, |bencher| {
            bencher.iter_custom(|times| scene.play(times));
        });
    }
    group.sample_size(10);
    for scene in storms() {
        group.throughput(Throughput::Elements(STORM));
        group.bench_function(scene.name, |bencher| {
            bencher.iter_custom(|times| scene.play(times));
        });
    }
    group.finish();
}

/// A thousand commands each, about a thousand orders at a hundred prices, in random order.
fn single() -> [Scene; 7] {
    let rest = |name| Scene::new(name).after(asks(COUNT, 10, 10));
    let elsewhere = |at| Some(Price(above(100 + at % 100)));
    [
        rest("cancel")
            .measures(cancels(COUNT))
            .shows(|seen| seen.canceled(CancelReason::User) == COUNT && seen.open() == 0),
        Scene::new("cancel, unknown")
            .measures(cancels(COUNT))
            .shows(|seen| seen.rejected(Reject::UnknownOrder) == COUNT),
        rest("reduce")
            .measures(names(COUNT).map(|id| {
                let (instrument, account, by) = (INSTRUMENT, ACCOUNT, Qty(1));
                Command::Reduce(Reduce { instrument, account, id, by })
            }))
            .shows(|seen| seen.replaced(true) + seen.canceled(CancelReason::User) == COUNT),
        rest("replace, less: keeps its place")
            .measures(names(COUNT).map(|id| replace(id, None, NewQty::Open(Qty(9)))))
            .shows(|seen| seen.replaced(true) == COUNT),
        rest("replace, more: loses its place")
            .measures(names(COUNT).map(|id| replace(id, None, NewQty::Open(Qty(11)))))
            .shows(|seen| seen.replaced(false) == COUNT && seen.open() == COUNT),
        rest("replace, another price: loses its place")
            .measures(names(COUNT).map(|id| replace(id, elsewhere(id.0), NewQty::Keep)))
            .shows(|seen| seen.replaced(false) == COUNT && seen.trades() == 0),
        rest("replace, another name: keeps its place")
            .measures(names(COUNT).map(|id| {
                let new_id = Some(OrderId(id.0 + COUNT));
                Command::Replace(Replace { new_id, ..plain(id) })
            }))
            .shows(|seen| seen.replaced(true) == COUNT && seen.open() == COUNT),
    ]
}

/// A hundred thousand orders at a thousand prices.
fn storms() -> [Scene; 2] {
    let rest = |name| Scene::new(name).room(1 << 17).after(asks(STORM, 100, 10));
    [
        rest("cancel storm: 100,000 orders, in random order")
            .measures(cancels(STORM))
            .shows(|seen| seen.canceled(CancelReason::User) == STORM && seen.open() == 0),
        rest("mass cancel of 100,000 orders")
            .measures([Command::MassCancel(Scope { account: Some(ACCOUNT), ..Scope::default() })])
            .shows(|seen| seen.canceled(CancelReason::Mass) == STORM && seen.open() == 0),
    ]
}

fn cancels(count: u64) -> impl Iterator<Item = Command> {
    names(count).map(|id| Command::Cancel(Cancel { instrument: INSTRUMENT, account: ACCOUNT, id }))
}

fn replace(id: OrderId, price: Option<Price>, qty: NewQty) -> Command {
    Command::Replace(Replace { price, qty, ..plain(id) })
}

fn plain(id: OrderId) -> Replace {
    let (instrument, account) = (INSTRUMENT, ACCOUNT);
    Replace { instrument, account, id, new_id: None, price: None, qty: NewQty::Keep }
}

/// The names of those that rest, in random order.
fn names(count: u64) -> impl Iterator<Item = OrderId> {
    shuffled(count, 42).into_iter().map(|at| OrderId(1 + at))
}

criterion_group!(changes, benches);
criterion_main!(changes);
