//! What an engine has no room for is refused, and nothing is forgotten.

use alloc::vec::Vec;

use crate::testing::differential::Pair;
use crate::testing::{Reference, Venue};
use crate::{
    AccountId, Cancel, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Interest,
    NewOrder, NewQty, OrderId, OrderType, PostOnly, Price, Qty, Reject, Replace, Scope, Side, Time,
    TimeInForce, What,
};

/// An instrument holds so many pegged orders and no more, wherever they are.
#[test]
fn pegged_orders_have_a_bound() {
    let capacity = Capacity { orders: 1_100, levels: 2_200, ..Capacity::SMALL };
    let (mut engine, mut reference) = (Engine::new(capacity), Reference::new(capacity));
    let mut refused = |command: Command| {
        let (mut told, mut expected): (Vec<Event>, Vec<Event>) = (Vec::new(), Vec::new());
        engine.apply(Time(0), &command, &mut told);
        Venue::apply(&mut reference, Time(0), &command, &mut expected);
        assert_eq!(told, expected);
        is_full(&told)
    };
    refused(Command::Instrument(InstrumentSpec::new(InstrumentId(0), "PEGS").into()));
    let limit = |id| NewOrder::limit(OrderId(id), Side::Buy, Price(10_000), Qty(1));
    let peg = |id| NewOrder { order_type: OrderType::Pegged, price: None, ..limit(id) };
    assert!(!refused(Command::New(limit(0))));
    let most = u64::from(crate::limits::PEGS_MAX);
    assert!(!refused(Command::New(NewOrder { parent: 0, ..peg(1) })));
    for id in 2..=most {
        let offset = -i64::try_from(id % 500).expect("small");
        let parent = u64::from(id % 3 == 0);
        assert!(!refused(Command::New(NewOrder { offset, parent, ..peg(id) })), "{id}");
    }
    assert!(refused(Command::New(peg(most + 1))), "one that stands");
    assert!(refused(Command::New(NewOrder { parent: 1, ..peg(most + 1) })), "one that waits");
    let cancel = |id| {
        let (instrument, account) = (InstrumentId(0), AccountId(0));
        Command::Cancel(Cancel { instrument, account, id: OrderId(id) })
    };
    assert!(!refused(cancel(2)));
    assert!(!refused(Command::New(peg(most + 1))));
    // All of them lose what they follow, and find it again.
    assert!(!refused(cancel(0)));
    assert!(!refused(Command::New(limit(0))));
    assert_eq!(engine.state_hash(), reference.state_hash());
    engine.check_invariants();
}

/// So many all-or-none orders may live in an instrument, resting and waiting, that a command has a
/// bound.
#[test]
fn all_or_none_orders_are_few() {
    let mut room = Room::of(Capacity::SMALL);
    let mut is_refused = |command| room.is_refused(command);
    let order = |id, price| {
        let plain = NewOrder::limit(OrderId(id), Side::Buy, Price(price), Qty(2));
        NewOrder { all_or_none: true, ..plain }
    };
    let most = u64::try_from(crate::limits::WHOLES_MAX).expect("few");
    for id in 1..most {
        let price = 100 + i64::try_from(id % 7).expect("small");
        assert!(!is_refused(Command::New(order(id, price))), "{id}");
    }
    let stop = OrderType::StopLimit;
    let waits = NewOrder { order_type: stop, stop: Some(Price(500)), ..order(900, 100) };
    assert!(!is_refused(Command::New(waits)));
    assert!(is_refused(Command::New(order(901, 100))));
    assert!(is_refused(Command::New(NewOrder { id: OrderId(902), ..waits })));
    let ioc = TimeInForce::Ioc;
    assert!(!is_refused(Command::New(NewOrder { tif: ioc, ..order(903, 100) })), "it never rests");
    assert!(!is_refused(Command::New(NewOrder::market(OrderId(904), Side::Sell, Qty(2)))));
    assert!(!is_refused(Command::New(order(905, 100))), "one has been filled");
    let (instrument, account) = (InstrumentId(0), AccountId(0));
    let cancel = Cancel { instrument, account, id: OrderId(900) };
    assert!(!is_refused(Command::Cancel(cancel)));
    assert!(!is_refused(Command::New(order(906, 100))), "one waits no more");
}

/// A level count and an order count that run out mid-way lose nothing.
#[test]
fn a_full_engine_refuses_and_forgets_nothing() {
    let capacity = Capacity { orders: 3, levels: 2, instruments: 1, accounts: 1, positions: 1 };
    let mut pair = Pair::new(capacity, Interest::NONE);
    let spec = InstrumentSpec::new(InstrumentId(0), "FULL");
    pair.check_step(Time(0), &Command::Instrument(spec.clone().into()));
    let other = InstrumentSpec { instrument: InstrumentId(1), ..spec };
    pair.check_step(Time(0), &Command::Instrument(other.into()));
    for (id, side, price) in [
        (1, Side::Sell, 100),
        (2, Side::Sell, 101),
        (3, Side::Sell, 102),
        (4, Side::Sell, 101),
        (5, Side::Sell, 101),
        (6, Side::Buy, 100),
        (7, Side::Buy, 99),
    ] {
        let order = NewOrder::limit(OrderId(id), side, Price(price), Qty(2));
        pair.check_step(Time(0), &Command::New(order));
    }
    for price in [102, 101, 100, 99] {
        for id in [1, 2, 4] {
            let replace = Replace {
                instrument: InstrumentId(0),
                account: AccountId(0),
                id: OrderId(id),
                new_id: None,
                price: Some(Price(price)),
                qty: NewQty::Keep,
            };
            pair.check_step(Time(0), &Command::Replace(replace));
        }
    }
    for account in [1, 2, 1] {
        let account = Some(AccountId(account));
        let scope = Scope { account, ..Scope::default() };
        pair.check_step(Time(0), &Command::Kill(scope));
    }
}

/// An order that waits has a level of its own put by, wherever it may come to rest.
#[test]
fn what_waits_finds_a_level() {
    let capacity = Capacity { orders: 9, levels: 2, instruments: 1, accounts: 1, positions: 1 };
    let mut room = Room::of(capacity);
    let mut is_refused = |command| room.is_refused(command);
    let sell = |id, price| NewOrder::limit(OrderId(id), Side::Sell, Price(price), Qty(2));
    let buy = |id, price| NewOrder { side: Side::Buy, ..sell(id, price) };
    let stop = |order: NewOrder, stop| NewOrder {
        order_type: OrderType::StopLimit,
        stop: Some(Price(stop)),
        ..order
    };
    assert!(!is_refused(Command::New(stop(buy(1, 100), 101))));
    assert!(!is_refused(Command::New(sell(2, 101))));
    assert!(is_refused(Command::New(sell(3, 102))), "the second level is the stop's");
    assert!(is_refused(Command::New(stop(sell(3, 101), 90))), "a level may be gone by its turn");
    let to_limit = NewOrder { order_type: OrderType::MarketToLimit, ..buy(3, 101) };
    assert!(is_refused(Command::New(NewOrder { price: None, ..to_limit })), "it rests anywhere");
    assert!(!is_refused(Command::New(sell(4, 101))));
    // The trade at 101 reaches the stop, which rests at the level that was put by for it.
    assert!(!is_refused(Command::New(NewOrder::market(OrderId(5), Side::Buy, Qty(1)))));
    let slide = PostOnly::Slide;
    assert!(!is_refused(Command::New(NewOrder { post_only: slide, ..buy(6, 100) })));
    let (instrument, account) = (InstrumentId(0), AccountId(0));
    let (id, price, qty) = (OrderId(6), Some(Price(105)), NewQty::Keep);
    let replace = Replace { instrument, account, id, new_id: None, price, qty };
    assert!(is_refused(Command::Replace(replace)), "room is looked at where it asks to rest");
}

/// An engine with one instrument, its specification beside it.
struct Room {
    pair: Pair,
    engine: Engine,
}

impl Room {
    fn of(capacity: Capacity) -> Self {
        let pair = Pair::new(capacity, Interest::NONE);
        let mut room = Self { pair, engine: Engine::new(capacity) };
        let spec = InstrumentSpec::new(InstrumentId(0), "ROOM");
        assert!(!room.is_refused(Command::Instrument(spec.into())));
        room
    }

    /// Whether there is no room for what a command asks for.
    fn is_refused(&mut self, command: Command) -> bool {
        self.pair.check_step(Time(0), &command);
        let mut events: Vec<Event> = Vec::new();
        self.engine.apply(Time(0), &command, &mut events);
        is_full(&events)
    }
}

/// Whether something was refused for want of room.
fn is_full(events: &[Event]) -> bool {
    let full = Reject::Capacity;
    events.iter().any(|e| matches!(e.what, What::Rejected { reason, .. } if reason == full))
}
