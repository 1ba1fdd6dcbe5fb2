//! Orders that rest as they are, or take at once.

use ringfence_benches::scene::{ASK, COUNT, Scene, above, ask, asks, bid, market_buys, taker};
use ringfence_core::{
    CancelReason, Command, NewOrder, OrderType, PostOnly, Qty, Reject, Side, TimeInForce,
};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        Scene::new("limit, rests")
            .measures(
                (0..COUNT).map(|at| Command::New(bid(1 + at, ASK - (at % 100).cast_signed(), 10))),
            )
            .shows(|seen| seen.open() == COUNT && seen.trades() == 0),
        Scene::new("limit, takes")
            .after(asks(COUNT, 10, 10))
            .measures(buys(|order| order))
            .shows(|seen| seen.open() == 0 && seen.trades() == COUNT),
        Scene::new("market, takes")
            .after(asks(COUNT, 10, 10))
            .measures(market_buys(10))
            .shows(|seen| seen.open() == 0 && seen.trades() == COUNT),
        market_to_limit(),
        post_only("post_only, turned away", PostOnly::Reject)
            .shows(|seen| seen.rejected(Reject::PostOnly) == COUNT),
        post_only("post_only, slides", PostOnly::Slide)
            .shows(|seen| seen.best(Side::Buy) == Some((ASK - 1, COUNT)) && seen.trades() == 0),
        ioc(),
        fok("fok, takes five orders", COUNT * 5)
            .shows(|seen| seen.trades() == COUNT * 5 && seen.open() == 0),
        fok("fok, a hundredth of it is there", 1).shows(|seen| {
            seen.canceled(CancelReason::Fok) == COUNT && seen.trades() == 0 && seen.open() == 1
        }),
        min_qty("min_qty, met", 5).shows(|seen| seen.trades() == COUNT && seen.open() == COUNT),
        min_qty("min_qty, not met", 6)
            .shows(|seen| seen.canceled(CancelReason::MinQty) == COUNT && seen.trades() == 0),
    ]
}

/// An ask, and a market-to-limit order that takes it and rests with as much again.
fn market_to_limit() -> Scene {
    let pairs = (0..COUNT).flat_map(|at| {
        let to_limit = NewOrder {
            order_type: OrderType::MarketToLimit,
            price: None,
            ..bid(taker(at).0, ASK, 10)
        };
        [ask(1 + at, above(at), 5), to_limit].map(Command::New)
    });
    Scene::new("market_to_limit, takes and rests; before each the ask that it takes")
        .measures(pairs)
        .shows(|seen| seen.trades() == COUNT && seen.best(Side::Buy) == Some((above(999), 1)))
}

fn post_only(name: &'static str, post_only: PostOnly) -> Scene {
    Scene::new(name)
        .after(asks(1, 1, 10))
        .measures(buys(move |order| NewOrder { post_only, ..order }))
}

/// Each takes the only ask up to its price, which is half of what it asks for.
fn ioc() -> Scene {
    let ioc = |at| NewOrder { tif: TimeInForce::Ioc, ..bid(taker(at).0, above(at), 10) };
    Scene::new("ioc, takes half, the rest is cancelled")
        .after(asks(COUNT, 1, 5))
        .measures((0..COUNT).map(ioc).map(Command::New))
        .shows(|seen| seen.trades() == COUNT && seen.canceled(CancelReason::Ioc) == COUNT)
}

/// Of `sellers` with two lots each, ten lots, or two hundred where there is but one.
fn fok(name: &'static str, sellers: u64) -> Scene {
    let qty = Qty(if sellers == 1 { 200 } else { 10 });
    Scene::new(name).after(asks(sellers, 50, 2)).measures(buys(move |order| NewOrder {
        tif: TimeInForce::Fok,
        qty,
        ..order
    }))
}

/// Each finds five lots up to its price.
fn min_qty(name: &'static str, least: u64) -> Scene {
    let order = move |at| NewOrder { min_qty: Qty(least), ..bid(taker(at).0, above(at), 10) };
    let missed = least > 5;
    Scene::new(name)
        .after(asks(if missed { 1 } else { COUNT }, 1, 5))
        .measures((0..COUNT).map(order).map(Command::New))
}

/// Orders to buy ten lots up to a price that takes all of a hundred levels.
fn buys(change: impl Fn(NewOrder) -> NewOrder) -> impl Iterator<Item = Command> {
    (0..COUNT).map(move |at| Command::New(change(bid(taker(at).0, above(99), 10))))
}
