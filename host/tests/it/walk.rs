//! The test to read first: one order on its way through the host, and a strategy that answers.

use ringfence_core::wire::{CommandRecord, kind};
use ringfence_core::{
    Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Interest, NewOrder, OrderId,
    Price, Qty, Side, Time, TimeInForce, What,
};
use ringfence_host::Host;
use ringfence_host::floor::Mail;
use ringfence_host::journal::{Journal, JournalError};
use ringfence_host::publisher::Outlet;
use ringfence_host::sandbox::Fault;
use ringfence_host::seat::{FIRST_ACCOUNT, Guest, Seat, Subscription, is_strategys};
use ringfence_host::sequencer::{Stamp, Stamped};

const ABC: InstrumentId = InstrumentId(1);

#[test]
fn one_order_walks_through_the_host() {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(100));
    let mut world = World::default();
    host.turn(define(), &mut world).expect("the journal has room");

    // A strategy takes its seat. It is told of trades, and of what happens to its own orders.
    let subscription = Subscription::public(Interest::TRADES);
    host.seat(Seat::new("follower".into(), 0, Box::new(Follower), subscription));

    // Somebody offers ten lots; somebody else buys four of them.
    host.turn(order(20, 1, Side::Sell, 10), &mut world).expect("the journal has room");
    host.turn(order(30, 2, Side::Buy, 4), &mut world).expect("the journal has room");

    // 1. Each command has its place and its time, and is in the journal: the definition, the two
    //    orders, and the order that the strategy answered with, at the time of what it answered to.
    let journal = host.sequencer().journal().entries();
    let stamps: Vec<_> =
        journal.iter().map(|entry| (entry.stamp.place, entry.stamp.at.0)).collect();
    assert_eq!(stamps, [(1, 10), (2, 20), (3, 30), (4, 30)]);
    let Command::New(answer) = &journal[3].command else { panic!("the strategy sent an order") };
    assert!(is_strategys(answer.id));
    assert_eq!((answer.account.0, answer.tif), (FIRST_ACCOUNT, TimeInForce::Ioc));

    // 2. The engine traded, at the price of the order that rested.
    let book = host.engine().book(ABC).expect("it was defined");
    let rests = book.orders(Side::Sell).next().expect("what nobody bought");
    assert_eq!((rests.id, rests.price, rests.open), (OrderId(1), Price(100), Qty(5)));

    // 3. The world was told, in one sequence without gaps.
    let told: Vec<_> = world
        .told
        .iter()
        .filter_map(|event| match event.what {
            What::Trade { buy_id, sell_id, qty, .. } => Some((buy_id, sell_id, qty)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(OrderId(2), OrderId(1), Qty(4)), (answer.id, OrderId(1), Qty(1))]);
    let mut seqs: Vec<_> = world.told.iter().map(|event| event.seq).collect();
    seqs.dedup();
    assert_eq!(seqs, (1..=host.engine().seq()).collect::<Vec<_>>());

    // 4. The strategy's answer came in by the same door, and its ledger knows what it bought.
    let ledger = host.seats()[0].ledger();
    assert_eq!((ledger.lots(), ledger.fills()), (1, 1));

    // The journal alone, without the strategy, gives the same events and the same state.
    let mut again = Engine::new(Capacity::SMALL);
    let mut events: Vec<Event> = Vec::new();
    for entry in journal {
        again.apply(entry.stamp.at, &entry.command, &mut events);
    }
    assert_eq!(events, world.told);
    assert_eq!(again.state_hash(), host.engine().state_hash());
}

#[test]
fn a_full_journal_admits_nothing_more() {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(2));
    host.turn(define(), &mut ()).expect("room for the first");
    host.turn(order(20, 1, Side::Sell, 10), &mut ()).expect("room for the second");
    let before = host.engine().state_hash();
    let full = host.turn(order(30, 2, Side::Buy, 4), &mut ()).expect_err("no room for the third");
    assert_eq!(full, JournalError::Full { entries_max: 2 });
    assert_eq!(host.engine().state_hash(), before);
}

#[test]
fn time_never_goes_back() {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(100));
    host.turn(define(), &mut ()).expect("the journal has room");
    host.turn(order(5, 1, Side::Sell, 10), &mut ()).expect("the journal has room");
    assert_eq!(host.sequencer().last(), Stamp { place: 2, at: Time(10) });
}

/// Buys one lot whenever others trade.
#[derive(Debug)]
struct Follower;

impl Guest for Follower {
    fn deliver(
        &mut self,
        _at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let is_own = mail.records().any(|event| event.kind == kind::FILLED);
        for trade in mail.records().filter(|event| event.kind == kind::TRADE && !is_own) {
            // Its own id, its own account unknown to it: the seat makes both the exchange's.
            let order = NewOrder {
                instrument: InstrumentId(trade.instrument),
                tif: TimeInForce::Ioc,
                ..NewOrder::limit(OrderId(1), Side::Buy, Price(trade.price), Qty(1))
            };
            out.extend(CommandRecord::from_command(&Command::New(order)));
        }
        Ok(())
    }
}

/// Remembers everything it is told.
#[derive(Default)]
struct World {
    told: Vec<Event>,
}

impl Outlet for World {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn tell(&mut self, _stamp: Stamp, events: &[Event]) {
        self.told.extend_from_slice(events);
    }
}

fn define() -> Stamped {
    let command = Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC")));
    Stamped { at: Time(10), command }
}

fn order(at: u64, id: u64, side: Side, qty: u64) -> Stamped {
    let order =
        NewOrder { instrument: ABC, ..NewOrder::limit(OrderId(id), side, Price(100), Qty(qty)) };
    Stamped { at: Time(at), command: Command::New(order) }
}
