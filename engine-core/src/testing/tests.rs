use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use std::sync::LazyLock;

use super::differential::CAPACITY;
use super::generate::{RandomCommands, TradingDay, commands_from_bytes};
use super::scenario::{command_line, parse_command};
use super::{Reference, Venue};
use crate::{
    Algo, CancelReason, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Liquidity,
    NewOrder, Op, OrderId, Price, Qty, Reject, Side, Time, WaitingView, What,
};

const NEW: [Reject; 24] = [
    Reject::UnknownInstrument,
    Reject::Blocked,
    Reject::Closed,
    Reject::Halted,
    Reject::Phase,
    Reject::ZeroQty,
    Reject::BadCombination,
    Reject::BadPrice,
    Reject::BadTick,
    Reject::BadLot,
    Reject::DuplicateOrderId,
    Reject::Capacity,
    Reject::PostOnly,
    Reject::UnknownOrder,
    Reject::PriceBand,
    Reject::Collar,
    Reject::MaxOrderQty,
    Reject::MaxOrderNotional,
    Reject::ReduceOnly,
    Reject::MaxOpenOrders,
    Reject::MaxOpenQty,
    Reject::MaxPosition,
    Reject::MaxMessages,
    Reject::InsufficientFunds,
];

const QUOTE: [Reject; 19] = [
    Reject::UnknownInstrument,
    Reject::Blocked,
    Reject::MaxMessages,
    Reject::Closed,
    Reject::Halted,
    Reject::ZeroQty,
    Reject::BadCombination,
    Reject::BadTick,
    Reject::BadLot,
    Reject::DuplicateOrderId,
    Reject::PriceBand,
    Reject::Collar,
    Reject::MaxOrderQty,
    Reject::MaxOrderNotional,
    Reject::MaxOpenOrders,
    Reject::MaxOpenQty,
    Reject::MaxPosition,
    Reject::InsufficientFunds,
    Reject::Capacity,
];

const KILL: [Reject; 2] = [Reject::UnknownInstrument, Reject::UnknownAccount];

const ACCOUNT: [Reject; 3] = [Reject::BadCombination, Reject::InsufficientFunds, Reject::Capacity];

const REPLACE: [Reject; 22] = [
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
    Reject::BadCombination,
    Reject::PriceBand,
    Reject::Collar,
    Reject::MaxOrderQty,
    Reject::MaxOrderNotional,
    Reject::ReduceOnly,
    Reject::MaxOpenOrders,
    Reject::MaxOpenQty,
    Reject::MaxPosition,
    Reject::MaxMessages,
    Reject::InsufficientFunds,
];

const CANCELS: [CancelReason; 18] = [
    CancelReason::User,
    CancelReason::Ioc,
    CancelReason::Fok,
    CancelReason::NoLiquidity,
    CancelReason::Stp,
    CancelReason::Mass,
    CancelReason::Kill,
    CancelReason::Expired,
    CancelReason::Oco,
    CancelReason::Parent,
    CancelReason::PostOnly,
    CancelReason::MinQty,
    CancelReason::Halted,
    CancelReason::Mmp,
    CancelReason::Quote,
    CancelReason::ReduceOnly,
    CancelReason::InsufficientFunds,
    CancelReason::AuctionEnd,
];

/// Every answer that random commands get.
#[derive(Default)]
struct Answers {
    rejects: BTreeSet<(Op, Reject)>,
    cancels: BTreeSet<CancelReason>,
    replaces: BTreeSet<bool>,
}

static ANSWERS: LazyLock<Answers> = LazyLock::new(|| {
    let mut answers = Answers::default();
    for seed in 0..160 {
        let mut venue = Reference::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            events.iter().for_each(|event| answers.note(&event.what));
        }
    }
    answers
});

impl Answers {
    fn note(&mut self, what: &What) {
        match *what {
            What::Rejected { op, reason, .. } => _ = self.rejects.insert((op, reason)),
            What::Canceled { reason, .. } => _ = self.cancels.insert(reason),
            What::Replaced { kept_priority, .. } => _ = self.replaces.insert(kept_priority),
            _ => {}
        }
    }

    fn check(&self, op: Op, reasons: &[Reject]) {
        for &reason in reasons {
            assert!(self.rejects.contains(&(op, reason)), "no {op:?} is {reason:?}");
        }
    }
}

/// What the differential test is worth: everything that can happen, does.
#[test]
fn random_commands_reach_every_answer() {
    ANSWERS.check(Op::New, &NEW);
    ANSWERS.check(Op::Replace, &REPLACE);
    ANSWERS.check(Op::Quote, &QUOTE);
    ANSWERS.check(Op::Account, &ACCOUNT);
    ANSWERS.check(Op::MassCancel, &KILL[..1]);
    ANSWERS.check(Op::Kill, &KILL);
    ANSWERS.check(Op::Unblock, &KILL);
    for reason in CANCELS {
        assert!(ANSWERS.cancels.contains(&reason), "no order ends as {reason:?}");
    }
    assert_eq!(ANSWERS.replaces.len(), 2, "replaces keep and lose their place");
}

/// The links between orders are worth as much: stops reach stops, tips follow tips, groups lose in
/// part, and parents are filled.
#[test]
fn random_commands_reach_every_link() {
    let (mut cascades, mut stops, mut tips, mut shrunk, mut followed) = (0, 0, 0, 0, 0);
    for seed in 0..30 {
        let mut venue = Reference::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            let before = waiting(&venue);
            venue.apply(at, &command, &mut events);
            let triggered =
                events.iter().filter(|event| matches!(event.what, What::Triggered { .. })).count();
            stops += usize::from(triggered > 0);
            cascades += usize::from(triggered > 2);
            tips += events.windows(2).filter(|pair| is_refill(pair)).count();
            let own = matches!(command, Command::Reduce(_) | Command::Replace(_));
            let lost = |event: &Event| matches!(event.what, What::Replaced { .. });
            shrunk += usize::from(!own && events.iter().any(lost));
            let after = waiting(&venue);
            let moved = |old: &WaitingView| {
                after.iter().any(|new| new.id == old.id && new.stop != old.stop)
            };
            followed += before.iter().filter(|old| moved(old)).count();
        }
    }
    assert!(stops > 300, "{stops} commands reach stops");
    assert!(cascades > 20, "{cascades} commands reach stops that reach stops");
    assert!(tips > 300, "{tips} tips follow tips");
    assert!(shrunk > 300, "{shrunk} commands make others lose a part");
    assert!(followed > 300, "{followed} trailing stops move");
}

/// Every algorithm trades, and shares a price out among orders that go on living.
#[test]
fn random_commands_share_out_by_every_algorithm() {
    let mut shared = BTreeMap::<Algo, (usize, usize)>::new();
    for seed in 0..60 {
        let mut algos = BTreeMap::new();
        let mut venue = Engine::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(3_000) {
            if let Command::Instrument(spec) = &command {
                algos.entry(spec.instrument).or_insert(spec.algo);
            }
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            for event in &events {
                let count = algos.get(&event.instrument).map(|algo| shared.entry(*algo));
                let Some(count) = count.map(|entry| entry.or_default()) else { continue };
                let What::Filled { price, leaves, liquidity, .. } = event.what else { continue };
                count.0 += 1;
                let mut before = events.iter().take_while(|other| other.seq < event.seq);
                let lives = |other: &Event| {
                    matches!(
                        other.what,
                        What::Filled { price: at, leaves, liquidity: Liquidity::Maker, .. }
                            if at == price && !leaves.is_zero() && other.instrument == event.instrument
                    )
                };
                let maker = liquidity == Liquidity::Maker && !leaves.is_zero();
                count.1 += usize::from(maker && before.any(lives));
            }
        }
    }
    for algo in Algo::ALL {
        let (fills, partly) = shared.get(algo).copied().unwrap_or_default();
        assert!(fills > 300, "{fills} fills of {algo:?}");
        let by_time = matches!(algo, Algo::Fifo | Algo::CmeF | Algo::Size);
        assert!(by_time || partly > 20, "{partly} of {algo:?} beside another that lives on");
    }
}

/// Pegged orders of random commands move, lose what they follow and find it again, at every step
/// of the book; and they stand in one another's way.
#[test]
fn random_commands_move_pegged_orders() {
    let (mut moved, mut lost, mut found, mut followers) = (0, 0, 0, 0);
    for seed in 0..20 {
        let mut venue = Reference::new(CAPACITY);
        let mut standing: BTreeSet<(InstrumentId, OrderId)> = BTreeSet::new();
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            let own = matches!(command, Command::Replace(_) | Command::Reduce(_));
            let before = (moved, lost, found);
            for event in events.iter().filter(|_| !own) {
                let What::Replaced { id, price, kept_priority: false, .. } = event.what else {
                    continue;
                };
                let stood = standing.contains(&(event.instrument, id));
                moved += u32::from(stood && price.is_some());
                lost += u32::from(price.is_none());
                found += u32::from(!stood && price.is_some());
            }
            followers += u32::from(moved + found > before.0 + before.2 + 1);
            standing.clear();
            for instrument in Venue::instruments(&venue) {
                for side in Side::BOTH {
                    let orders = venue.orders(instrument, side);
                    standing.extend(orders.into_iter().map(|order| (instrument, order.id)));
                }
            }
        }
    }
    assert!(moved > 1_000, "{moved} pegged orders move");
    assert!(lost > 300, "{lost} pegged orders lose what they follow");
    assert!(found > 300, "{found} pegged orders find a price");
    assert!(followers > 300, "{followers} commands move several");
}

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
        let full = Reject::Capacity;
        told.iter().any(|e| matches!(e.what, What::Rejected { reason, .. } if reason == full))
    };
    refused(Command::Instrument(InstrumentSpec::new(InstrumentId(0), "PEGS").into()));
    let limit = |id| NewOrder::limit(OrderId(id), Side::Buy, Price(10_000), Qty(1));
    let peg = |id| NewOrder { order_type: crate::OrderType::Pegged, price: None, ..limit(id) };
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
        let (instrument, account) = (InstrumentId(0), crate::AccountId(0));
        Command::Cancel(crate::Cancel { instrument, account, id: OrderId(id) })
    };
    assert!(!refused(cancel(2)));
    assert!(!refused(Command::New(peg(most + 1))));
    // All of them lose what they follow, and find it again.
    assert!(!refused(cancel(0)));
    assert!(!refused(Command::New(limit(0))));
    assert_eq!(engine.state_hash(), reference.state_hash());
    engine.check_invariants();
}

/// All-or-none orders are filled when they come in, by those that come in, and in between; never in
/// part, by what one command tells.
#[test]
fn random_commands_fill_all_or_none_orders() {
    let (mut entered, mut met, mut turned) = (0, 0, 0);
    for seed in 0..40 {
        let mut venue = Engine::new(CAPACITY);
        let mut wholes = BTreeSet::new();
        for (at, command) in RandomCommands::new(seed).take(3_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            let own = match &command {
                Command::New(order) => Some((order.instrument, order.id)),
                Command::Replace(replace) => Some((replace.instrument, replace.id)),
                _ => None,
            };
            for event in &events {
                let name = |id| (event.instrument, id);
                match event.what {
                    What::Accepted { id, .. } => match &command {
                        Command::New(order) if order.all_or_none => _ = wholes.insert(name(id)),
                        _ => _ = wholes.remove(&name(id)),
                    },
                    What::Replaced { id, new_id, .. } => {
                        if wholes.remove(&name(id)) {
                            wholes.insert(name(new_id));
                        } else {
                            wholes.remove(&name(new_id));
                        }
                    }
                    What::Filled { id, leaves, liquidity, .. } if wholes.contains(&name(id)) => {
                        let last = leaves.is_zero();
                        let lives = venue.book(event.instrument).and_then(|book| book.order(id));
                        assert!(
                            last || lives.is_none_or(|order| order.filled.is_zero()),
                            "{event:?}"
                        );
                        entered += usize::from(last && own == Some(name(id)));
                        met += usize::from(last && liquidity == Liquidity::Maker);
                        let turn = own != Some(name(id)) && liquidity == Liquidity::Taker;
                        turned += usize::from(last && turn);
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(entered > 100, "{entered} trade when they come in");
    assert!(met > 100, "{met} trade with one that comes in");
    assert!(turned > 100, "{turned} trade when others have come to rest");
}

/// So many all-or-none orders may live in an instrument, resting and waiting, that a command has a
/// bound.
#[test]
fn all_or_none_orders_are_few() {
    let mut pair = super::differential::Pair::new(Capacity::SMALL, crate::Interest::NONE);
    let mut venue = Engine::new(Capacity::SMALL);
    let mut is_refused = |command: Command| {
        pair.check_step(Time(0), &command);
        let mut events: Vec<Event> = Vec::new();
        venue.apply(Time(0), &command, &mut events);
        let full = Reject::Capacity;
        events.iter().any(|e| matches!(e.what, What::Rejected { reason, .. } if reason == full))
    };
    let spec = InstrumentSpec::new(InstrumentId(0), "WHOLE");
    assert!(!is_refused(Command::Instrument(spec.into())));
    let order = |id, price| {
        let plain = NewOrder::limit(OrderId(id), Side::Buy, Price(price), Qty(2));
        NewOrder { all_or_none: true, ..plain }
    };
    let most = u64::try_from(crate::limits::WHOLES_MAX).expect("few");
    for id in 1..most {
        let price = 100 + i64::try_from(id % 7).expect("small");
        assert!(!is_refused(Command::New(order(id, price))), "{id}");
    }
    let stop = crate::OrderType::StopLimit;
    let waits = NewOrder { order_type: stop, stop: Some(Price(500)), ..order(900, 100) };
    assert!(!is_refused(Command::New(waits)));
    assert!(is_refused(Command::New(order(901, 100))));
    assert!(is_refused(Command::New(NewOrder { id: OrderId(902), ..waits })));
    let ioc = crate::TimeInForce::Ioc;
    assert!(!is_refused(Command::New(NewOrder { tif: ioc, ..order(903, 100) })), "it never rests");
    assert!(!is_refused(Command::New(NewOrder::market(OrderId(904), Side::Sell, Qty(2)))));
    assert!(!is_refused(Command::New(order(905, 100))), "one has been filled");
    let (instrument, account) = (InstrumentId(0), crate::AccountId(0));
    let cancel = crate::Cancel { instrument, account, id: OrderId(900) };
    assert!(!is_refused(Command::Cancel(cancel)));
    assert!(!is_refused(Command::New(order(906, 100))), "one waits no more");
}

/// Auctions are worth as much: they trade, what they would come to changes on the way, and every
/// kind of order comes out of them in every way.
#[test]
fn random_commands_reach_every_end_of_an_auction() {
    let (mut changes, mut crossed, mut empty, mut markets, mut unfinished) = (0, 0, 0, 0, 0);
    let mut kept_apart = BTreeSet::new();
    for seed in 0..60 {
        let mut venue = Reference::new(CAPACITY);
        let mut phases = alloc::collections::BTreeMap::new();
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            for event in &events {
                match event.what {
                    What::Indicative { price, .. } => changes += usize::from(price.is_some()),
                    What::Uncrossed { price: Some(_), .. } => crossed += 1,
                    What::Uncrossed { price: None, .. } => empty += 1,
                    What::Filled { liquidity: crate::Liquidity::Auction, leaves, .. } => {
                        unfinished += usize::from(leaves != Qty(0));
                    }
                    What::Canceled { reason: CancelReason::NoLiquidity, .. } => {
                        let ends = matches!(command, Command::Uncross { .. });
                        markets += usize::from(ends);
                    }
                    What::Phase { phase } => _ = phases.insert(event.instrument, phase),
                    What::Canceled { reason, .. } => {
                        let gathers = phases.get(&event.instrument) == Some(&crate::Phase::Auction);
                        _ = gathers
                            && matches!(command, Command::New(_))
                            && kept_apart.insert(reason);
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(changes > 500, "{changes} changes of what an auction would come to");
    assert!(crossed > 100, "{crossed} auctions trade");
    assert!(empty > 50, "{empty} auctions do not");
    assert!(markets > 20, "{markets} market orders end with an auction");
    assert!(unfinished > 100, "{unfinished} fills in an auction leave something");
    for reason in [CancelReason::Stp, CancelReason::Oco] {
        assert!(kept_apart.contains(&reason), "no order of an auction ends as {reason:?}");
    }
}

fn waiting(venue: &Reference) -> Vec<WaitingView> {
    let instruments = Venue::instruments(venue);
    instruments.into_iter().flat_map(|instrument| venue.waiting(instrument)).collect()
}

fn is_refill(pair: &[Event]) -> bool {
    matches!(pair, [
        Event { what: What::Level { .. }, seq: before, .. },
        Event { what: What::Add { .. }, seq: after, .. },
    ] if before == after)
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

/// Chains of stops, of parents and of groups are loops too.
#[test]
fn chains_of_orders_fit_a_small_stack() {
    let chains = || {
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
                order_type: crate::OrderType::Stop,
                price: None,
                stop: Some(Price(price)),
                ..NewOrder::market(OrderId(id + 1_000), Side::Buy, Qty(1))
            }));
        }
        let cancel = |id| {
            let (instrument, account) = (InstrumentId(0), crate::AccountId(0));
            Command::Cancel(crate::Cancel { instrument, account, id: OrderId(id) })
        };
        assert!(apply(cancel(1)) > 499, "a chain of orphans ends");
        assert!(apply(cancel(777)) > 500, "a group ends");
        assert!(apply(Command::New(NewOrder::market(OrderId(1), Side::Buy, Qty(1)))) > 2_000);
    };
    let small = std::thread::Builder::new().stack_size(128 * 1024).spawn(chains);
    small.expect("a thread").join().expect("the chains");
}

/// The worst that someone may send on purpose: ten thousand prices, a stop and pegged orders at
/// every one, as many as there may be, and a sweep through all of it.
#[test]
fn ten_thousand_prices_with_stops_and_pegs_fit_a_small_stack() {
    let worst = || {
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
                order_type: crate::OrderType::Stop,
                stop: Some(Price(price * 100)),
                ..NewOrder::market(OrderId(id + 10_000), Side::Buy, Qty(1))
            }));
        }
        for (id, offset) in (20_001..20_001 + u64::from(crate::limits::PEGS_MAX)).zip(1..) {
            let pegged = crate::OrderType::Pegged;
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
    };
    let small = std::thread::Builder::new().stack_size(128 * 1024).spawn(worst);
    small.expect("a thread").join().expect("the worst case");
}

/// A level count and an order count that run out mid-way lose nothing.
#[test]
fn a_full_engine_refuses_and_forgets_nothing() {
    let capacity = Capacity { orders: 3, levels: 2, instruments: 1, accounts: 1, positions: 1 };
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

/// An order that waits has a level of its own put by, wherever it may come to rest.
#[test]
fn what_waits_finds_a_level() {
    let capacity = Capacity { orders: 9, levels: 2, instruments: 1, accounts: 1, positions: 1 };
    let mut pair = super::differential::Pair::new(capacity, crate::Interest::NONE);
    let spec = InstrumentSpec::new(InstrumentId(0), "ROOM");
    pair.check_step(Time(0), &Command::Instrument(spec.into()));
    let mut venue = Reference::new(capacity);
    let spec = InstrumentSpec::new(InstrumentId(0), "ROOM");
    venue.apply(Time(0), &Command::Instrument(spec.into()), &mut Vec::<Event>::new());
    let mut is_refused = |command: Command| {
        pair.check_step(Time(0), &command);
        let mut events: Vec<Event> = Vec::new();
        venue.apply(Time(0), &command, &mut events);
        let full = Reject::Capacity;
        events.iter().any(|e| matches!(e.what, What::Rejected { reason, .. } if reason == full))
    };
    let sell = |id, price| NewOrder::limit(OrderId(id), Side::Sell, Price(price), Qty(2));
    let buy = |id, price| NewOrder { side: Side::Buy, ..sell(id, price) };
    let stop = |order: NewOrder, stop| NewOrder {
        order_type: crate::OrderType::StopLimit,
        stop: Some(Price(stop)),
        ..order
    };
    assert!(!is_refused(Command::New(stop(buy(1, 100), 101))));
    assert!(!is_refused(Command::New(sell(2, 101))));
    assert!(is_refused(Command::New(sell(3, 102))), "the second level is the stop's");
    assert!(is_refused(Command::New(stop(sell(3, 101), 90))), "a level may be gone by its turn");
    let to_limit = NewOrder { order_type: crate::OrderType::MarketToLimit, ..buy(3, 101) };
    assert!(is_refused(Command::New(NewOrder { price: None, ..to_limit })), "it rests anywhere");
    assert!(!is_refused(Command::New(sell(4, 101))));
    // The trade at 101 reaches the stop, which rests at the level that was put by for it.
    assert!(!is_refused(Command::New(NewOrder::market(OrderId(5), Side::Buy, Qty(1)))));
    let slide = crate::PostOnly::Slide;
    assert!(!is_refused(Command::New(NewOrder { post_only: slide, ..buy(6, 100) })));
    let (instrument, account) = (InstrumentId(0), crate::AccountId(0));
    let (id, price, qty) = (OrderId(6), Some(Price(105)), crate::NewQty::Keep);
    let replace = crate::Replace { instrument, account, id, new_id: None, price, qty };
    assert!(is_refused(Command::Replace(replace)), "room is looked at where it asks to rest");
}
