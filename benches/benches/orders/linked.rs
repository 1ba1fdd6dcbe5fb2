//! Orders that hang together: one-cancels-other pairs, children and quotes.

use ringfence_benches::scene::{ASK, COUNT, Scene, above, ask, asks, bid, market_buys};
use ringfence_core::{
    AccountId, CancelReason, Command, InstrumentId, NewOrder, OrderId, Price, Qty, Quote, Side,
};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        Scene::new("oco, a pair rests")
            .measures(pairs())
            .shows(|seen| seen.open() == COUNT * 2 && seen.trades() == 0),
        Scene::new("oco, one is filled, the other cancelled")
            .after(pairs())
            .measures(market_buys(10))
            .shows(|seen| {
                seen.trades() == COUNT
                    && seen.canceled(CancelReason::Oco) == COUNT
                    && seen.open() == 0
            }),
        Scene::new("oto, a child waits")
            .after(asks(COUNT, 10, 10))
            .measures(children())
            .shows(|seen| seen.open() == COUNT * 2 && seen.best(Side::Buy).is_none()),
        Scene::new("oto, the parent is filled, the child rests")
            .after(asks(COUNT, 10, 10))
            .after(children())
            .measures(market_buys(10))
            .shows(|seen| seen.trades() == COUNT && seen.best(Side::Buy) == Some((ASK - 1, COUNT))),
        Scene::new("quote, takes the place of the one before")
            .measures((0..COUNT).map(quote))
            .shows(|seen| {
                seen.canceled(CancelReason::Quote) == (COUNT - 1) * 2 && seen.open() == 2
            }),
    ]
}

/// A seller and a buyer of one group, again and again.
fn pairs() -> impl Iterator<Item = Command> {
    (0..COUNT).flat_map(|at| {
        let group = 1 + at;
        let sells = ask(1 + 2 * at, above(at / 10), 10);
        let buys = bid(2 + 2 * at, ASK - 1 - (at / 10).cast_signed(), 10);
        [sells, buys].map(|order| Command::New(NewOrder { group, ..order }))
    })
}

/// A buyer that waits for each of the sellers.
fn children() -> impl Iterator<Item = Command> {
    (0..COUNT)
        .map(|at| Command::New(NewOrder { parent: 1 + at, ..bid(1 + COUNT + at, ASK - 1, 10) }))
}

/// Each a tick away from the one before.
fn quote(at: u64) -> Command {
    let price = above(at % 2);
    Command::Quote(Quote {
        instrument: InstrumentId(0),
        account: AccountId(1),
        id: OrderId(1 + 2 * at),
        bid: Some((Price(price - 2), Qty(10))),
        ask: Some((Price(price), Qty(10))),
    })
}
