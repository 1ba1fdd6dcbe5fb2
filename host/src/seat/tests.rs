mod faults;
mod limits;
mod start;
mod swap;

use std::sync::{Arc, Mutex};

use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{
    AccountId, Cancel, Capacity, Command, InstrumentId, InstrumentSpec, Interest, NewOrder,
    OrderId, Phase, Price, Qty, Side, Time,
};

use super::{FIRST_ACCOUNT, Guest, Seat, Subscription, is_strategys, seat_of};
use crate::floor::Mail;
use crate::host::{Host, ROUNDS_MAX};
use crate::journal::Journal;
use crate::sandbox::Fault;
use crate::sequencer::{Stamp, Stamped};

type Answer = fn(&[EventRecord]) -> Result<Vec<Command>, Fault>;

/// A guest that answers as a function says, and keeps what it was told.
#[derive(Debug)]
struct Puppet {
    answer: Answer,
    told: Arc<Mutex<Vec<EventRecord>>>,
}

impl Guest for Puppet {
    fn deliver(
        &mut self,
        _at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let events: Vec<_> = mail.records().collect();
        self.told.lock().expect("one thread").extend_from_slice(&events);
        let commands = (self.answer)(&events)?;
        out.extend(commands.iter().filter_map(CommandRecord::from_command));
        Ok(())
    }
}

fn host(answer: Answer) -> (Host, Arc<Mutex<Vec<EventRecord>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(1_000));
    for number in 0..2 {
        // The first only listens, so that ids of a later seat are seen to be different.
        let answer: Answer = if number == 0 { |_| Ok(Vec::new()) } else { answer };
        let told = if number == 0 { Arc::default() } else { Arc::clone(&told) };
        let guest = Box::new(Puppet { answer, told });
        host.seat(Seat::new(format!("{number}"), number, guest, Subscription::EVERYTHING));
    }
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(&mut host, Command::Instrument(Box::new(spec)));
    (host, told)
}

fn turn(host: &mut Host, command: Command) {
    host.turn(Stamped { at: Time(5), command }, &mut ()).expect("the journal has room");
}

fn order(id: u64, side: Side, qty: u64) -> NewOrder {
    NewOrder {
        instrument: InstrumentId(1),
        ..NewOrder::limit(OrderId(id), side, Price(10), Qty(qty))
    }
}

/// Bids once, when the phase is announced.
fn bids_at_the_opening(events: &[EventRecord]) -> Result<Vec<Command>, Fault> {
    let opens = events.iter().any(|event| event.kind == kind::PHASE);
    Ok(if opens { vec![Command::New(order(1, Side::Buy, 5))] } else { Vec::new() })
}

#[test]
fn a_strategys_order_has_its_account_and_an_id_of_its_own_range() {
    let (host, told) = host(bids_at_the_opening);
    let book = host.engine().book(InstrumentId(1)).expect("it was defined");
    let order = book.orders(Side::Buy).next().expect("the bid");
    assert_eq!(order.account, AccountId(FIRST_ACCOUNT + 1));
    assert!(is_strategys(order.id));
    assert_eq!(seat_of(order.id), Some(1));
    let told = told.lock().expect("one thread");
    let accepted = told.iter().find(|event| event.kind == kind::ACCEPTED);
    assert_eq!(accepted.expect("its own private event").order_id, 1, "under the name it chose");
    assert_eq!(host.seats()[0].counts().orders, 0);
    assert_eq!(host.seats()[1].counts().orders, 1);
}

#[test]
fn fills_come_to_a_position_and_a_result() {
    let (mut host, _) = host(bids_at_the_opening);
    turn(&mut host, Command::New(order(1, Side::Sell, 3)));
    let ledger = host.seats()[1].ledger();
    let (_, position) = ledger.positions().next().expect("it traded");
    assert_eq!((position.lots, position.cash, position.fills), (3, -30, 1));
    // No ask: the last trade stands for the middle.
    assert_eq!(ledger.worth(host.engine()), 0);
}

#[test]
fn what_is_not_a_guests_to_ask_for_is_refused_and_counted() {
    fn oversteps(events: &[EventRecord]) -> Result<Vec<Command>, Fault> {
        let instrument = InstrumentId(1);
        let halt = Command::Phase { instrument, phase: Phase::Halted };
        let foreign = Cancel { instrument, account: AccountId(0), id: OrderId(1 << 40) };
        _ = events;
        Ok(vec![halt, Command::Time, Command::Cancel(foreign)])
    }
    let (host, _) = host(oversteps);
    assert_eq!(host.seats()[1].counts().refused, 3);
    let book = host.engine().book(InstrumentId(1)).expect("it was defined");
    assert_eq!(book.phase(), Phase::Continuous);
}

#[test]
fn a_guest_that_fails_is_disabled_and_its_orders_are_cancelled() {
    fn fails_at_its_fill(events: &[EventRecord]) -> Result<Vec<Command>, Fault> {
        let filled = events.iter().any(|event| event.kind == kind::FILLED);
        if filled { Err(Fault::OutOfGas { limit: 7 }) } else { bids_at_the_opening(events) }
    }
    let (mut host, told) = host(fails_at_its_fill);
    turn(&mut host, Command::New(order(1, Side::Sell, 3)));
    let book = host.engine().book(InstrumentId(1)).expect("it was defined");
    assert_eq!(book.orders(Side::Buy).count(), 0, "what was left of its bid");
    assert!(host.seats()[1].fault().expect("it failed").to_string().contains("gas"));
    assert_eq!(host.seats()[0].fault(), None);
    let count = told.lock().expect("one thread").len();
    turn(&mut host, Command::New(order(2, Side::Sell, 3)));
    assert_eq!(told.lock().expect("one thread").len(), count, "it is told nothing more");
}

#[test]
fn a_strategy_that_answers_itself_for_ever_does_not_stop_the_market() {
    fn never_rests(events: &[EventRecord]) -> Result<Vec<Command>, Fault> {
        let id = events.iter().map(|event| event.seq).max().unwrap_or(0);
        Ok(vec![Command::New(order(id, Side::Buy, 1))])
    }
    let (mut host, _) = host(never_rests);
    let orders = |host: &Host| {
        host.engine().book(InstrumentId(1)).map_or(0, |book| book.orders(Side::Buy).count())
    };
    let after_one = orders(&host);
    assert_eq!(after_one, ROUNDS_MAX as usize - 1, "the answer of the last round waits");
    turn(&mut host, Command::Time);
    assert_eq!(orders(&host), after_one + ROUNDS_MAX as usize);
}

#[test]
fn the_last_turn_drops_nothing_that_was_asked_for() {
    fn never_rests(events: &[EventRecord]) -> Result<Vec<Command>, Fault> {
        let id = events.iter().map(|event| event.seq).max().unwrap_or(0);
        Ok(vec![Command::New(order(id, Side::Buy, 1))])
    }
    let (mut quiet, _) = host(|_| Ok(Vec::new()));
    let (mut host, _) = host(never_rests);
    let orders = |host: &Host| {
        host.engine().book(InstrumentId(1)).map_or(0, |book| book.orders(Side::Buy).count())
    };
    let before = orders(&host);
    host.finish(&mut ()).expect("the journal has room");
    // What waited, and the answers of all rounds, the last included.
    assert_eq!(orders(&host), before + 1 + ROUNDS_MAX as usize);
    let place = host.sequencer().last().place;
    quiet.finish(&mut ()).expect("the journal has room");
    assert_eq!(quiet.sequencer().last().place, 1, "where nobody asks, nothing is sequenced");
    assert_eq!(place, 1 + 2 * u64::from(ROUNDS_MAX), "the definition, and two turns of orders");
}

#[test]
fn a_strategy_hears_of_the_instruments_it_named_and_of_its_own_orders_everywhere() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let answer: Answer = |events| {
        let opens = events.iter().any(|event| event.instrument == 2 && event.kind == kind::BBO);
        let bid = NewOrder { instrument: InstrumentId(1), ..order(1, Side::Buy, 5) };
        Ok(if opens { vec![Command::New(bid)] } else { Vec::new() })
    };
    let guest = Box::new(Puppet { answer, told: Arc::clone(&told) });
    let subscription = Subscription {
        instruments: vec![InstrumentId(2)],
        ..Subscription::public(Interest::L1.and(Interest::TRADES))
    };
    host.seat(Seat::new("2".into(), 0, guest, subscription));
    for instrument in [1, 2] {
        let spec = InstrumentSpec::new(InstrumentId(instrument), "ABC");
        turn(&mut host, Command::Instrument(Box::new(spec)));
    }
    turn(&mut host, Command::New(order(7, Side::Sell, 3)));
    turn(
        &mut host,
        Command::New(NewOrder { instrument: InstrumentId(2), ..order(7, Side::Sell, 3) }),
    );
    let told = told.lock().expect("one thread");
    let heard: Vec<_> = told.iter().map(|event| (event.instrument, event.kind)).collect();
    assert_eq!(heard, [(2, kind::BBO), (1, kind::ACCEPTED), (1, kind::FILLED)]);
}

#[test]
fn a_timer_rings_by_command_time() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let guest = Box::new(Puppet { answer: |_| Ok(Vec::new()), told: Arc::clone(&told) });
    let subscription = Subscription { timer_ns: 10, ..Subscription::NOTHING };
    host.seat(Seat::new("timer".into(), 0, guest, subscription));
    for at in [5, 14, 15, 16, 40, 41, 50, u64::MAX, u64::MAX] {
        let request = Stamped { at: Time(at), command: Command::Time };
        host.turn(request, &mut ()).expect("nothing is kept");
    }
    let rang: Vec<_> = told.lock().expect("one thread").iter().map(|event| event.at_ns).collect();
    assert_eq!(rang, [15, 40, 50, u64::MAX], "first armed, then one ring for what was missed");
}
