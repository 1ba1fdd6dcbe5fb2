//! Long chains of what causes what fit a small stack.

use alloc::vec::Vec;

use crate::testing::Venue;
use crate::{
    AccountId, Cancel, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder,
    OrderId, OrderType, Price, Qty, Side, Time, What,
};

/// Five thousand fills of one order are a loop, not five thousand frames of the stack.
#[test]
fn a_sweep_of_five_thousand_orders_fits_a_small_stack() {
    on_a_small_stack(|| {
        let mut venue = Engine::new(Capacity { orders: 6_000, levels: 6_000, ..Capacity::SMALL });
        let mut events: Vec<Event> = Vec::new();
        let spec = InstrumentSpec::new(InstrumentId(0), "SWEEP");
        venue.apply(Time(0), &Command::Instrument(spec.into()), &mut events);
        for id in 1..=5_000 {
            let price = Price(1_000 + i64::try_from(id / 2).expect("a small number"));
            let order = NewOrder::limit(OrderId(id), Side::Sell, price, Qty(1));
            venue.apply(Time(0), &Command::New(order), &mut events);
        }
        events.clear();
        let order = NewOrder::market(OrderId(9_999), Side::Buy, Qty(5_000));
        venue.apply(Time(0), &Command::New(order), &mut events);
        let trades = events.iter().filter(|event| matches!(event.what, What::Trade { .. }));
        assert_eq!(trades.count(), 5_000);
        assert!(Venue::orders(&venue, InstrumentId(0), Side::Sell).is_empty());
        venue.check_invariants();
    });
}

/// Chains of stops, of parents and of groups are loops too.
#[test]
fn chains_of_orders_fit_a_small_stack() {
    on_a_small_stack(|| {
        let mut venue = Engine::new(Capacity { orders: 9_000, levels: 9_000, ..Capacity::SMALL });
        let mut apply = |command: Command| {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(Time(0), &command, &mut events);
            venue.check_invariants();
            let refused = |event: &Event| matches!(event.what, What::Rejected { .. });
            assert!(!events.iter().any(refused), "{command:?}");
            events.len()
        };
        apply(Command::Instrument(InstrumentSpec::new(InstrumentId(0), "CHAIN").into()));
        let order = |id, price| NewOrder::limit(OrderId(id), Side::Sell, Price(price), Qty(1));
        apply(Command::New(order(1, 100)));
        for id in 2..500 {
            apply(Command::New(NewOrder { parent: id - 1, ..order(id, 100) }));
        }
        apply(Command::New(NewOrder { group: 7, ..order(600, 200) }));
        for id in 601..1_100 {
            apply(Command::New(NewOrder { group: 7, ..order(id, 200) }));
        }
        for id in 2_000..2_500_u64 {
            let price = 300 + i64::try_from(id).expect("a small number");
            apply(Command::New(order(id, price)));
            apply(Command::New(NewOrder {
                order_type: OrderType::Stop,
                price: None,
                stop: Some(Price(price)),
                ..NewOrder::market(OrderId(id + 1_000), Side::Buy, Qty(1))
            }));
        }
        let cancel = |id| {
            let (instrument, account) = (InstrumentId(0), AccountId(0));
            Command::Cancel(Cancel { instrument, account, id: OrderId(id) })
        };
        assert!(apply(cancel(1)) > 499, "a chain of orphans ends");
        assert!(apply(cancel(777)) > 500, "a group ends");
        assert!(apply(Command::New(NewOrder::market(OrderId(1), Side::Buy, Qty(1)))) > 2_000);
    });
}

/// The worst that someone may send on purpose: ten thousand prices, a stop and pegged orders at
/// every one, as many as there may be, and a sweep through all of it.
#[test]
fn ten_thousand_prices_with_stops_and_pegs_fit_a_small_stack() {
    on_a_small_stack(|| {
        let capacity = Capacity { orders: 40_000, levels: 40_000, ..Capacity::SMALL };
        let mut venue = Engine::new(capacity);
        let mut apply = |command: Command| {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(Time(0), &command, &mut events);
            let refused = |event: &Event| matches!(event.what, What::Rejected { .. });
            assert!(!events.iter().any(refused), "{command:?}");
            events
        };
        apply(Command::Instrument(InstrumentSpec::new(InstrumentId(0), "WORST").into()));
        let sell = |id, price| NewOrder::limit(OrderId(id), Side::Sell, Price(price), Qty(1));
        for (id, price) in (1..=10_000).zip(1..) {
            apply(Command::New(sell(id, price * 100)));
            apply(Command::New(NewOrder {
                order_type: OrderType::Stop,
                stop: Some(Price(price * 100)),
                ..NewOrder::market(OrderId(id + 10_000), Side::Buy, Qty(1))
            }));
        }
        for (id, offset) in (20_001..20_001 + u64::from(crate::limits::PEGS_MAX)).zip(1..) {
            let pegged = OrderType::Pegged;
            let offset = offset * 900;
            apply(Command::New(NewOrder {
                order_type: pegged,
                price: None,
                offset,
                ..sell(id, 0)
            }));
        }
        let moved = apply(Command::New(sell(30_001, 50)));
        let is_move = |event: &&Event| matches!(event.what, What::Replaced { .. });
        assert_eq!(moved.iter().filter(is_move).count(), 1_024, "all of them follow");
        let swept = apply(Command::New(NewOrder::market(OrderId(30_002), Side::Buy, Qty(20_000))));
        let count = |which: fn(&What) -> bool| swept.iter().filter(|e| which(&e.what)).count();
        assert_eq!(count(|what| matches!(what, What::Trade { .. })), 11_025);
        assert_eq!(count(|what| matches!(what, What::Triggered { .. })), 10_000);
        assert!(swept.len() < 11_025 * 5 + 10_000 * 2 + 10, "{} events", swept.len());
        venue.check_invariants();
    });
}

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let small = std::thread::Builder::new().stack_size(128 * 1024).spawn(work);
    small.expect("a thread").join().expect("it fits");
}
