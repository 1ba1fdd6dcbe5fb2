//! The matching engine as a library: two offers, one bid that sweeps them, and what happened.
#![forbid(unsafe_code)]

use ringfence_core::{
    Capacity, Command, Engine, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty, Side,
    Time, What,
};

fn main() {
    let mut engine = Engine::new(Capacity::SMALL);
    let mut events = Vec::new();

    let instrument = InstrumentSpec::new(InstrumentId(0), "ACME");
    engine.apply(Time(0), &Command::Instrument(instrument.into()), &mut events);
    for (at, id, side, price, qty) in
        [(1, 1, Side::Sell, 101, 5), (2, 2, Side::Sell, 100, 5), (3, 3, Side::Buy, 101, 7)]
    {
        let order = NewOrder::limit(OrderId(id), side, Price(price), Qty(qty));
        engine.apply(Time(at), &Command::New(order), &mut events);
    }

    for event in &events {
        if let What::Trade { price, qty, buy_id, sell_id, .. } = event.what {
            println!("trade at {price}: {qty} lots, {buy_id} bought from {sell_id}");
        }
    }
    let best = engine.book(InstrumentId(0)).and_then(|book| book.best(Side::Sell));
    println!("left on offer: {best:?}; state {:016x}", engine.state_hash());
}
