//! Our engine: full validation, private events and trades delivered to a buffer.

use ringfence_core::{
    AccountId, Ahead, Cancel, Capacity, Command, Engine, Event, EventSink, InstrumentId,
    InstrumentSpec, Interest, NewOrder, NewQty, OrderId, Price, Qty, Reduce, Replace, Side, Time,
    TimeInForce, What,
};

use super::{Books, Fills};
use crate::workload::{Kind, Order, Workload};

/// Our engine.
#[derive(Debug)]
pub struct Ringfence {
    engine: Engine,
    events: Vec<Event>,
}

/// A buffer of what accounts and a trade feed hear; trades are noted as they come.
#[derive(Debug)]
struct Buffer<'a> {
    events: &'a mut Vec<Event>,
    book: u16,
    fills: &'a mut Fills,
}

impl EventSink for Buffer<'_> {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::PRIVATE.and(Interest::TRADES)
    }

    #[inline(always)]
    fn push(&mut self, event: Event) {
        if let What::Trade { price, qty, taker, buy_id, sell_id, .. } = event.what {
            let (taker, maker) =
                if taker == Some(Side::Buy) { (buy_id, sell_id) } else { (sell_id, buy_id) };
            self.fills.fill(self.book, taker.0, maker.0, price.0, qty.0);
        }
        self.events.push(event);
    }
}

impl Books for Ringfence {
    const NAME: &'static str = "ringfence";

    fn new(workload: &Workload) -> Self {
        let mut engine = Engine::new(Capacity::default());
        let mut events = Vec::with_capacity(1 << 14);
        for book in 0..u32::from(workload.books) {
            let spec = InstrumentSpec::new(InstrumentId(book), "");
            engine.apply(Time(0), &Command::Instrument(spec.into()), &mut events);
        }
        Self { engine, events }
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        self.apply_of(AccountId(0), order, fills);
    }
}

impl Ringfence {
    #[inline(always)]
    fn apply_of(&mut self, account: AccountId, order: &Order, fills: &mut Fills) {
        self.events.clear();
        let mut buffer = Buffer { events: &mut self.events, book: order.book, fills };
        tell(&mut self.engine, account, order, &mut buffer);
    }
}

/// Our engine, its orders of 64 accounts, whose positions it keeps.
#[derive(Debug)]
pub struct RingfenceOfMany(Ringfence);

impl Books for RingfenceOfMany {
    const NAME: &'static str = "ringfence, 64 accounts";

    fn new(workload: &Workload) -> Self {
        Self(Ringfence::new(workload))
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        self.0.apply_of(AccountId((order.id % 64) as u32), order, fills);
    }
}

/// Our engine, told of groups of orders before they come, as a gateway can.
#[derive(Debug)]
pub struct RingfenceInGroups(Ringfence);

impl Books for RingfenceInGroups {
    const NAME: &'static str = "ringfence, in groups";

    fn new(workload: &Workload) -> Self {
        Self(Ringfence::new(workload))
    }

    #[inline]
    fn look_ahead(&self, orders: &[Order]) {
        self.0.engine.look_ahead(orders.iter().map(|order| Ahead {
            instrument: InstrumentId(u32::from(order.book)),
            id: OrderId(order.id),
        }));
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        self.0.apply(order, fills);
    }
}

/// Gives the engine one order of the workload, as an account's.
#[inline]
pub fn tell(engine: &mut Engine, account: AccountId, order: &Order, events: &mut impl EventSink) {
    let instrument = InstrumentId(u32::from(order.book));
    let id = OrderId(order.id);
    let (price, qty) = (Price(order.price), Qty(u64::from(order.qty)));
    let now = Time(0);
    match order.kind {
        Kind::Add | Kind::Aggress => {
            let side = if order.buys { Side::Buy } else { Side::Sell };
            let tif = if order.kind == Kind::Add { TimeInForce::Gtc } else { TimeInForce::Ioc };
            let limit =
                NewOrder { instrument, account, tif, ..NewOrder::limit(id, side, price, qty) };
            engine.place(now, &limit, events);
        }
        Kind::Cancel => engine.cancel(now, &Cancel { instrument, account, id }, events),
        Kind::Reduce => engine.reduce(now, &Reduce { instrument, account, id, by: qty }, events),
        Kind::Replace => {
            let (price, qty) = (Some(price), NewQty::Open(qty));
            let replace = Replace { instrument, account, id, new_id: None, price, qty };
            engine.replace(now, &replace, events);
        }
    }
}
