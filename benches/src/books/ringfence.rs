//! Our engine: full validation, private events and trades delivered to a buffer.

use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Engine, Event, EventSink, InstrumentId, InstrumentSpec,
    Interest, NewOrder, NewQty, OrderId, Price, Qty, Reduce, Replace, Side, Time, TimeInForce,
    What,
};

use super::{Books, Fills};
use crate::workload::{Kind, Order};

/// Our engine.
#[derive(Debug)]
pub struct Ringfence {
    engine: Engine,
    events: Buffer,
}

/// A buffer of what an account and a trade feed hear.
#[derive(Debug)]
struct Buffer(Vec<Event>);

impl EventSink for Buffer {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::PRIVATE.and(Interest::TRADES)
    }

    #[inline]
    fn push(&mut self, event: Event) {
        self.0.push(event);
    }
}

impl Books for Ringfence {
    const NAME: &'static str = "ringfence";

    fn new(books: u16, _prices: (i64, i64)) -> Self {
        let mut engine = Engine::new(Capacity::default());
        let mut events = Buffer(Vec::with_capacity(1 << 14));
        for book in 0..u32::from(books) {
            let spec = InstrumentSpec::new(InstrumentId(book), "");
            engine.apply(Time(0), &Command::Instrument(spec.into()), &mut events);
        }
        Self { engine, events }
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        self.events.0.clear();
        self.engine.apply(Time(0), &command(order), &mut self.events);
        for event in &self.events.0 {
            if let What::Trade { price, qty, taker, buy_id, sell_id, .. } = event.what {
                let (taker, maker) =
                    if taker == Some(Side::Buy) { (buy_id, sell_id) } else { (sell_id, buy_id) };
                fills.fill(order.book, taker.0, maker.0, price.0, qty.0);
            }
        }
    }
}

#[inline]
fn command(order: &Order) -> Command {
    let instrument = InstrumentId(u32::from(order.book));
    let (account, id) = (AccountId(0), OrderId(order.id));
    let side = if order.buys { Side::Buy } else { Side::Sell };
    let (price, qty) = (Price(order.price), Qty(u64::from(order.qty)));
    let limit = NewOrder { instrument, ..NewOrder::limit(id, side, price, qty) };
    match order.kind {
        Kind::Add => Command::New(limit),
        Kind::Aggress => Command::New(NewOrder { tif: TimeInForce::Ioc, ..limit }),
        Kind::Cancel => Command::Cancel(Cancel { instrument, account, id }),
        Kind::Reduce => Command::Reduce(Reduce { instrument, account, id, by: qty }),
        Kind::Replace => Command::Replace(Replace {
            instrument,
            account,
            id,
            new_id: None,
            price: Some(price),
            qty: NewQty::Open(qty),
        }),
    }
}
