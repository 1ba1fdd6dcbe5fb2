//! Orders that wait for the market or follow it.

use ringfence_benches::scene::{
    ASK, COUNT, Scene, Seen, above, ask, asks, bid, market_buys, taker,
};
use ringfence_core::{Command, InstrumentId, NewOrder, OrderType, Price, Side};

/// Orders that follow.
const FOLLOWERS: u64 = 100;

/// How far a trailing stop stays behind, in ticks.
const TRAIL: u64 = 50;

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        Scene::new("stop, waits")
            .measures((0..COUNT).map(stop))
            .shows(|seen| waiting(seen) == COUNT),
        triggered("stop, is reached and takes; before each the trade that reaches it", stop),
        Scene::new("stop_limit, waits")
            .measures((0..COUNT).map(stop_limit))
            .shows(|seen| waiting(seen) == COUNT),
        triggered("stop_limit, is reached and takes; with the trade that reaches it", stop_limit),
        Scene::new("trailing_stop, waits")
            .measures((0..COUNT).map(trailing_stop))
            .shows(|seen| waiting(seen) == COUNT),
        Scene::new("trailing_stop, a hundred follow each trade")
            .after(asks(COUNT, 1, 10))
            .after((0..FOLLOWERS).map(trailing_stop))
            .measures(market_buys(10))
            .shows(|seen| seen.trades() == COUNT && all_trail(seen)),
        Scene::new("pegged, rests")
            .after([bid(1, ASK - 1, 10), ask(2, ASK, 10)].map(Command::New))
            .measures((0..COUNT).map(pegged))
            .shows(|seen| seen.best(Side::Buy) == Some((ASK - 1, COUNT + 1))),
        Scene::new("pegged, a hundred follow each better bid")
            .after([bid(1, ASK - 1, 10), ask(2, above(COUNT), 10)].map(Command::New))
            .after((0..FOLLOWERS).map(pegged))
            .measures((0..COUNT).map(|at| Command::New(bid(3 + at, above(at), 10))))
            .shows(|seen| {
                seen.replaced(false) == COUNT * FOLLOWERS
                    && seen.best(Side::Buy) == Some((above(COUNT - 1), FOLLOWERS + 1))
            }),
    ]
}

/// Each trade takes half of the only ask at its price, the stop that it reaches the other half.
fn triggered(name: &'static str, order: impl Fn(u64) -> Command) -> Scene {
    Scene::new(name)
        .after(asks(COUNT, 1, 10))
        .after((0..COUNT).map(order))
        .measures(market_buys(5))
        .shows(|seen| seen.triggered() == COUNT && seen.trades() == COUNT * 2 && seen.open() == 0)
}

fn stop(at: u64) -> Command {
    let stop = Some(Price(above(at)));
    Command::New(NewOrder { order_type: OrderType::Stop, stop, price: None, ..buys(at) })
}

fn stop_limit(at: u64) -> Command {
    let stop = Some(Price(above(at)));
    Command::New(NewOrder { order_type: OrderType::StopLimit, stop, price: stop, ..buys(at) })
}

fn trailing_stop(at: u64) -> Command {
    Command::New(NewOrder {
        order_type: OrderType::TrailingStop,
        side: Side::Sell,
        stop: Some(Price(ASK - 1 - at.cast_signed())),
        trail: TRAIL,
        price: None,
        ..buys(at)
    })
}

fn pegged(at: u64) -> Command {
    Command::New(NewOrder { order_type: OrderType::Pegged, price: None, ..buys(at) })
}

/// Five lots; named apart from those that take.
fn buys(at: u64) -> NewOrder {
    bid(taker(COUNT + at).0, ASK, 5)
}

fn waiting(seen: &Seen) -> u64 {
    seen.engine.book(InstrumentId(0)).map_or(0, |book| book.waiting().count() as u64)
}

/// Whether every trailing stop stands so far behind the last trade, at the highest ask.
fn all_trail(seen: &Seen) -> bool {
    let stop = Some(Price(above(COUNT - 1 - TRAIL)));
    let book = seen.engine.book(InstrumentId(0)).expect("it is defined");
    waiting(seen) == FOLLOWERS && book.waiting().all(|order| order.stop == stop)
}
