//! Orders that show a part of themselves, or nothing.

use ringfence_benches::scene::{ASK, COUNT, Scene, above, ask, asks, bid, market_buys, taker};
use ringfence_core::limits::WHOLES_MAX;
use ringfence_core::{Command, NewOrder, OrderType, Qty, Side};

/// All-or-none orders of an instrument.
const WHOLES: u64 = WHOLES_MAX as u64;

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        Scene::new("iceberg, rests")
            .measures(bids(COUNT, |order| iceberg(order, 2)))
            .shows(|seen| seen.open() == COUNT && seen.trades() == 0),
        Scene::new("iceberg, a tip is taken and the next shown")
            .after([Command::New(iceberg(ask(1, ASK, 5 * COUNT), 5))])
            .measures(market_buys(5))
            .shows(|seen| seen.trades() == COUNT && seen.open() == 0),
        Scene::new("hidden, rests")
            .measures(bids(COUNT, |order| NewOrder { hidden: true, ..order }))
            .shows(|seen| seen.open() == COUNT && seen.best(Side::Buy).is_none()),
        Scene::new("hidden, is taken")
            .after((0..COUNT).map(|at| {
                Command::New(NewOrder { hidden: true, ..ask(1 + at, above(at / 10), 10) })
            }))
            .measures(market_buys(10))
            .shows(|seen| seen.trades() == COUNT && seen.open() == 0),
        Scene::new("all_or_none, takes two orders")
            .after(asks(COUNT * 2, 20, 5))
            .measures((0..COUNT).map(|at| {
                Command::New(NewOrder { all_or_none: true, ..bid(taker(at).0, above(99), 10) })
            }))
            .shows(|seen| seen.trades() == COUNT * 2 && seen.open() == 0),
        Scene::new("all_or_none, the 64 that may rest")
            .measures(bids(WHOLES, |order| NewOrder { all_or_none: true, ..order }))
            .shows(|seen| seen.open() == WHOLES && seen.trades() == 0),
    ]
}

fn iceberg(order: NewOrder, display: u64) -> NewOrder {
    NewOrder { order_type: OrderType::Iceberg, display: Qty(display), ..order }
}

/// Orders to buy at a hundred prices, one after the other.
fn bids(count: u64, change: impl Fn(NewOrder) -> NewOrder) -> impl Iterator<Item = Command> {
    (0..count).map(move |at| {
        Command::New(change(bid(taker(at).0, ASK - 1 - (at % 100).cast_signed(), 10)))
    })
}
