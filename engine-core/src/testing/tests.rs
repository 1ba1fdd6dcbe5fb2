use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::differential::CAPACITY;
use super::generate::{RandomCommands, TradingDay, commands_from_bytes};
use super::scenario::{command_line, parse_command};
use super::{Reference, Venue};
use crate::{
    CancelReason, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder, Op,
    OrderId, Price, Qty, Reject, Side, Time, What,
};

/// What the differential test is worth: everything that can happen, does.
#[test]
fn random_commands_reach_every_answer() {
    let (mut rejects, mut cancels, mut kinds) =
        <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
    for seed in 0..20 {
        let mut venue = Reference::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            for event in events {
                match event.what {
                    What::Rejected { op, reason, .. } => _ = rejects.insert((op, reason)),
                    What::Canceled { reason, .. } => _ = cancels.insert(reason),
                    What::Replaced { kept_priority, .. } => _ = kinds.insert(kept_priority),
                    _ => {}
                }
            }
        }
    }
    for reason in [
        Reject::UnknownInstrument,
        Reject::Blocked,
        Reject::Closed,
        Reject::Halted,
        Reject::ZeroQty,
        Reject::BadCombination,
        Reject::BadPrice,
        Reject::BadTick,
        Reject::BadLot,
        Reject::DuplicateOrderId,
        Reject::Capacity,
        Reject::PostOnly,
    ] {
        assert!(rejects.contains(&(Op::New, reason)), "no new order is {reason:?}");
    }
    for reason in [
        Reject::UnknownInstrument,
        Reject::UnknownOrder,
        Reject::Blocked,
        Reject::Closed,
        Reject::Halted,
        Reject::ZeroQty,
        Reject::BadTick,
        Reject::BadLot,
        Reject::DuplicateOrderId,
        Reject::Capacity,
        Reject::PostOnly,
    ] {
        assert!(rejects.contains(&(Op::Replace, reason)), "no replace is {reason:?}");
    }
    for reason in [
        CancelReason::User,
        CancelReason::Ioc,
        CancelReason::Fok,
        CancelReason::NoLiquidity,
        CancelReason::Stp,
        CancelReason::Mass,
        CancelReason::Kill,
        CancelReason::Expired,
    ] {
        assert!(cancels.contains(&reason), "no order ends as {reason:?}");
    }
    assert_eq!(kinds.len(), 2, "replaces keep and lose their place");
}

#[test]
fn the_same_seed_gives_the_same_commands() {
    let commands = |seed| RandomCommands::new(seed).take(500).collect::<Vec<_>>();
    assert_eq!(commands(3), commands(3));
    assert_ne!(commands(3), commands(4));
    let day =
        |seed| TradingDay::new(seed, InstrumentId(1), Price(100)).take(500).collect::<Vec<_>>();
    assert_eq!(day(3), day(3));
    assert_ne!(day(3), day(4));
}

#[test]
fn a_trading_day_trades_and_keeps_a_book() {
    let mut venue = Engine::new(Capacity::default());
    let (mut trades, mut refused) = (0_u32, 0_u32);
    for (at, command) in TradingDay::new(1, InstrumentId(1), Price(10_000)).take(50_000) {
        let mut events: Vec<Event> = Vec::new();
        venue.apply(at, &command, &mut events);
        for event in &events {
            trades += u32::from(matches!(event.what, What::Trade { .. }));
            refused += u32::from(matches!(event.what, What::Rejected { .. }));
        }
    }
    let open: usize =
        Side::BOTH.map(|side| Venue::orders(&venue, InstrumentId(1), side).len()).iter().sum();
    assert!((2_000..20_000).contains(&trades), "{trades} trades");
    assert_eq!(refused, 0, "commands refused");
    assert!((200..4_000).contains(&open), "{open} orders in the book");
    for side in Side::BOTH {
        let levels = venue.levels(InstrumentId(1), side).len();
        assert!((10..500).contains(&levels), "{levels} levels {side:?}");
    }
}

#[test]
fn no_bytes_are_still_commands() {
    assert!(!commands_from_bytes(&[]).is_empty());
    assert!(commands_from_bytes(&[0xA5; 4_000]).len() > 100);
}

#[test]
fn every_command_is_printed_and_read_as_itself() {
    for (at, command) in RandomCommands::new(11).take(20_000) {
        let line = command_line(at, &command);
        let read = parse_command(&line).unwrap_or_else(|bad| panic!("{line}: {bad}"));
        // A command that happens at time 0 and one without a time are written alike.
        assert_eq!(read, (at, command), "{line}");
    }
}

#[test]
fn lines_that_are_no_commands_are_refused() {
    for line in [
        "",
        "[]",
        r#"{"op":"fly"}"#,
        r#"{"instrument":1}"#,
        r#"{"op":"cancel","instrument":1}"#,
        r#"{"op":"cancel","instrument":1,"id":1,"side":"buy"}"#,
        r#"{"op":"cancel","instrument":-1,"id":1}"#,
        r#"{"op":"cancel","instrument":1,"id":1.5}"#,
        r#"{"op":"new","instrument":1,"id":1,"side":"bid","qty":1}"#,
        r#"{"op":"new","instrument":1,"id":1,"side":"buy","qty":"1"}"#,
        r#"{"op":"new","instrument":1,"id":1,"side":"buy","qty":1,"post_only":"maybe"}"#,
        r#"{"op":"replace","instrument":1,"id":1,"qty":1,"open":1}"#,
        r#"{"op":"quote","instrument":1,"id":1,"bid":1}"#,
        r#"{"op":"time","now":1} x"#,
    ] {
        assert!(parse_command(line).is_err(), "taken: {line}");
    }
}

/// Five thousand fills of one order are a loop, not five thousand frames of the stack.
#[test]
fn a_sweep_of_five_thousand_orders_fits_a_small_stack() {
    let sweep = || {
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
    };
    let small = std::thread::Builder::new().stack_size(128 * 1024).spawn(sweep);
    small.expect("a thread").join().expect("the sweep");
}

/// A level count and an order count that run out mid-way lose nothing.
#[test]
fn a_full_engine_refuses_and_forgets_nothing() {
    let capacity = Capacity { orders: 3, levels: 2, instruments: 1, accounts: 1 };
    let mut pair = super::differential::Pair::new(capacity, crate::Interest::NONE);
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
            let replace = crate::Replace {
                instrument: InstrumentId(0),
                account: crate::AccountId(0),
                id: OrderId(id),
                new_id: None,
                price: Some(Price(price)),
                qty: crate::NewQty::Keep,
            };
            pair.check_step(Time(0), &Command::Replace(replace));
        }
    }
    for account in [1, 2, 1] {
        let account = Some(crate::AccountId(account));
        let scope = crate::Scope { account, ..crate::Scope::default() };
        pair.check_step(Time(0), &Command::Kill(scope));
    }
}
