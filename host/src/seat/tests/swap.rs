//! Strategies leave and are replaced.

use super::*;
use crate::sandbox::Cause;
use crate::seat::{
    FaultPolicy, HandOver, OpenOrders, SeatImage, SeatImageError, Standing, State, Successor,
    SwapError, Swapped,
};

/// Counts what it is told, bids once, and hands its count over.
#[derive(Debug, Default)]
struct Counter {
    counted: u8,
    wants: Option<u32>,
    fails: bool,
    ended: Arc<Mutex<u32>>,
    ends_badly: bool,
}

impl Guest for Counter {
    fn deliver(
        &mut self,
        _at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        if self.counted == 0 {
            out.extend(CommandRecord::from_command(&Command::New(order(1, Side::Buy, 5))));
        }
        self.counted += u8::try_from(mail.len()).expect("a few");
        if self.fails { Err(Fault::GuestError { code: -9 }) } else { Ok(()) }
    }

    fn export_state(&mut self) -> Result<Option<State>, Fault> {
        Ok(Some(State { version: 7, bytes: vec![self.counted] }))
    }

    fn import_state(&mut self, state: &State) -> Result<bool, Fault> {
        match self.wants {
            None => Ok(false),
            Some(version) if version == state.version => {
                self.counted = state.bytes[0];
                Ok(true)
            }
            Some(_) => Err(Fault::GuestError { code: -5 }),
        }
    }

    fn shutdown(&mut self) -> Result<(), Fault> {
        *self.ended.lock().expect("one thread") += 1;
        if self.ends_badly { Err(Fault::GuestError { code: -8 }) } else { Ok(()) }
    }

    fn log_tail(&self) -> Vec<String> {
        vec![self.counted.to_string()]
    }
}

fn seated(counter: Counter) -> Host {
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let subscription = Subscription::public(Interest::STATUS);
    host.seat(Seat::new("it".into(), 0, Box::new(counter), subscription));
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(&mut host, Command::Instrument(Box::new(spec)));
    host
}

fn successor(guest: Counter, orders: OpenOrders) -> Successor {
    let subscription = Subscription::public(Interest::TRADES);
    Successor { guest: Box::new(guest), subscription, orders }
}

/// What came of a hand-over where the last words were well said.
const fn quietly(state: HandOver) -> Swapped {
    Swapped { state, last_words: None }
}

fn bids(host: &Host) -> usize {
    host.engine().book(InstrumentId(1)).map_or(0, |book| book.orders(Side::Buy).count())
}

#[test]
fn a_new_version_takes_over_state_orders_account_and_ledger() {
    let ended = Arc::default();
    let mut host = seated(Counter { ended: Arc::clone(&ended), ..Counter::default() });
    assert_eq!(bids(&host), 1);
    let next = Counter { wants: Some(7), ..Counter::default() };
    let handed = host.replace(0, successor(next, OpenOrders::Keep)).expect("there is a seat");
    assert_eq!(handed, quietly(HandOver::Taken { bytes: 1 }));
    assert_eq!(*ended.lock().expect("one thread"), 1, "the old one said its last words");
    assert_eq!(host.seats()[0].guest().log_tail(), ["2"], "the phase and its order");
    turn(&mut host, Command::New(order(9, Side::Sell, 2)));
    assert_eq!(bids(&host), 1, "its order stayed");
    assert_eq!(host.seats()[0].ledger().lots(), 2);
    assert_eq!(host.seats()[0].guest().log_tail(), ["4"], "it hears trades now, and of its fill");
}

#[test]
fn the_orders_of_the_old_version_are_cancelled_before_the_next_command() {
    let mut host = seated(Counter::default());
    let handed = host
        .replace(0, successor(Counter { counted: 1, ..Counter::default() }, OpenOrders::Cancel));
    assert_eq!(handed, Ok(quietly(HandOver::Nothing)), "it takes over nothing");
    turn(&mut host, Command::New(order(9, Side::Sell, 2)));
    assert_eq!((bids(&host), host.seats()[0].ledger().lots()), (0, 0));
}

#[test]
fn a_version_that_refuses_the_state_does_not_take_the_place() {
    let ended = Arc::default();
    let mut host = seated(Counter { ended: Arc::clone(&ended), ..Counter::default() });
    let next = Counter { wants: Some(8), ..Counter::default() };
    let refused = host.replace(0, successor(next, OpenOrders::Cancel));
    assert_eq!(refused, Err(SwapError::Refused(Fault::GuestError { code: -5 })));
    turn(&mut host, Command::Time);
    assert_eq!((bids(&host), *ended.lock().expect("one thread")), (1, 0));
    assert!(host.seats()[0].is_running());
}

#[test]
fn a_strategy_that_failed_is_replaced_without_its_state() {
    let mut host = seated(Counter { fails: true, ..Counter::default() });
    assert_eq!(host.seats()[0].standing(), Standing::Stopped);
    let next = Counter { wants: Some(7), counted: 1, ..Counter::default() };
    let handed = host.replace(0, successor(next, OpenOrders::Keep));
    assert_eq!(handed, Ok(quietly(HandOver::Lost(Fault::GuestError { code: -9 }))));
    assert!(host.seats()[0].is_running());
    for (id, side) in [(8, Side::Buy), (9, Side::Sell)] {
        turn(&mut host, Command::New(order(id, side, 2)));
    }
    assert_eq!(host.seats()[0].guest().log_tail(), ["2"]);
}

fn version(guest: Counter) -> Seat {
    let subscription = Subscription::public(Interest::TRADES);
    Seat::new("next".into(), 0, Box::new(guest), subscription)
        .with("size=7\n".into())
        .within(crate::seat::Limits { orders_per_event: 3, ..crate::seat::Limits::default() })
        .under(FaultPolicy { restart: true, ..FaultPolicy::default() })
}

#[test]
fn a_new_version_brings_its_own_name_parameters_limits_and_policy() {
    let mut host = seated(Counter::default());
    let next = Counter { wants: Some(7), ..Counter::default() };
    let handed = host.renew(version(next), OpenOrders::Keep).expect("there is a seat");
    assert_eq!(handed, quietly(HandOver::Taken { bytes: 1 }));
    let seat = &host.seats()[0];
    assert_eq!((seat.name(), seat.params(), bids(&host)), ("next", "size=7\n", 1));
    assert_eq!((seat.limits().orders_per_event, seat.policy().restart), (3, true));
    let refused =
        host.renew(version(Counter { wants: Some(8), ..Counter::default() }), OpenOrders::Keep);
    assert_eq!(refused, Err(SwapError::Refused(Fault::GuestError { code: -5 })));
    host.unload(0, OpenOrders::Keep).expect("there is a seat");
    assert_eq!(host.renew(version(Counter::default()), OpenOrders::Keep), Err(SwapError::Left(0)));
}

#[test]
fn who_is_put_back_knows_what_it_knew_and_keeps_its_ledger() {
    let mut host = seated(Counter::default());
    turn(&mut host, Command::New(order(9, Side::Sell, 2)));
    let then = Counter { counted: 1, wants: Some(7), ..Counter::default() };
    host.put_back(version(then), OpenOrders::Cancel).expect("there is a seat");
    let seat = &host.seats()[0];
    assert_eq!(seat.guest().log_tail(), ["1"], "nothing was handed over");
    assert_eq!((seat.name(), seat.ledger().lots()), ("it", 2));
    turn(&mut host, Command::Time);
    assert_eq!((bids(&host), host.seats()[0].counts().open), (0, 0));
    assert!(host.seats()[0].is_running());
}

/// What is said of a strategy that fails in its last words, and what is known of it at its seat.
fn check_last_words(host: &Host, said: Option<&Fault>, count: u64) {
    let fault = Fault::GuestError { code: -8 };
    let expected = Fault::LastWords { cause: Cause::GuestError, said: fault.to_string() };
    assert_eq!(said, Some(&expected));
    let seat = &host.seats()[0];
    let failure = seat.failures().next_back().expect("it is kept");
    assert_eq!((failure.at, &failure.fault), (Time(77), &expected));
    assert_eq!(failure.log, ["2"], "what the one that left had logged");
    assert_eq!(host.fault_counts().of(Cause::GuestError), count);
}

#[test]
fn last_words_that_fail_are_told_and_kept_and_held_against_nobody() {
    let ends_badly = || Counter { ends_badly: true, counted: 2, ..Counter::default() };
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let policy = FaultPolicy { restart: true, quarantine_after: 3, ..FaultPolicy::default() };
    let seat = Seat::new("it".into(), 0, Box::new(ends_badly()), Subscription::NOTHING);
    host.seat(seat.under(policy));
    host.turn(Stamped { at: Time(77), command: Command::Time }, &mut ()).expect("no journal");

    let next = successor(ends_badly(), OpenOrders::Keep);
    let swapped = host.replace(0, next).expect("there is a seat");
    check_last_words(&host, swapped.last_words.as_ref(), 1);
    let swapped = host.renew(version(ends_badly()).under(policy), OpenOrders::Keep);
    check_last_words(&host, swapped.expect("there is a seat").last_words.as_ref(), 2);
    let fails = Counter { fails: true, ends_badly: true, ..Counter::default() };
    let said = host.put_back(version(fails), OpenOrders::Keep).expect("there is a seat");
    check_last_words(&host, said.as_ref(), 3);
    assert!(host.seats()[0].is_running(), "nothing else follows from it");

    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(&mut host, Command::Instrument(Box::new(spec)));
    for (id, side) in [(8, Side::Buy), (9, Side::Sell)] {
        turn(&mut host, Command::New(order(id, side, 2)));
    }
    assert_eq!(host.seats()[0].faults(), 4, "and its own first one");
    let stands = host.seats()[0].standing();
    assert!(matches!(stands, Standing::BacksOff { .. }), "{stands:?}: it is its first");
}

#[test]
fn what_was_not_held_against_anybody_is_not_after_a_restart_either() {
    let image = SeatImage::empty(3, Stamp { place: 9, at: Time(77) });
    let image = SeatImage { faults_in_last_words: 1, ..image };
    let read = SeatImage::read(&image.to_bytes()).expect("it is an image");
    assert_eq!(read.faults_in_last_words, 1);
    let policy = FaultPolicy { restart: true, quarantine_after: 2, ..FaultPolicy::default() };
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let fails = Counter { fails: true, ..Counter::default() };
    let seat = Seat::new("it".into(), 3, Box::new(fails), Subscription::public(Interest::STATUS));
    let read = SeatImage { standing: Standing::Running, ..read };
    host.seat_again(seat.under(policy), &read).expect("it is its seat");
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(&mut host, Command::Instrument(Box::new(spec)));
    let seat = &host.seats()[3];
    assert_eq!(seat.faults(), 2);
    assert!(matches!(seat.standing(), Standing::BacksOff { .. }), "{:?}", seat.standing());

    let senseless = SeatImage { faults_in_last_words: 2, ..image }.to_bytes();
    let what = "count of last words";
    assert_eq!(SeatImage::read(&senseless), Err(SeatImageError::Senseless { what }));
}

#[test]
fn who_is_unloaded_and_fails_in_its_last_words_is_told_of() {
    let ends_badly = Counter { ends_badly: true, counted: 2, ..Counter::default() };
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    host.seat(Seat::new("it".into(), 0, Box::new(ends_badly), Subscription::NOTHING));
    host.turn(Stamped { at: Time(77), command: Command::Time }, &mut ()).expect("no journal");
    let said = host.unload(0, OpenOrders::Cancel).expect("there is a seat");
    check_last_words(&host, said.as_ref(), 1);
    assert_eq!(host.seats()[0].standing(), Standing::Left);
    let last = crate::summary::last_words(&host);
    assert_eq!(last, "", "whoever unloaded it was told");
}

#[test]
fn who_was_unloaded_hears_nothing_and_does_not_come_back() {
    for (orders, left) in [(OpenOrders::Cancel, 0), (OpenOrders::Keep, 1)] {
        let mut host = seated(Counter::default());
        host.unload(0, orders).expect("there is a seat");
        turn(&mut host, Command::Time);
        assert_eq!((bids(&host), host.seats()[0].standing()), (left, Standing::Left));
        assert!(host.seats()[0].guest().log_tail().is_empty(), "its memory went with it");
        assert_eq!(host.seats()[0].counts().open, left as u64);
        assert_eq!(host.unload(0, orders), Err(SwapError::Left(0)));
        let next = successor(Counter::default(), OpenOrders::Keep);
        assert_eq!(host.replace(0, next), Err(SwapError::Left(0)));
        assert_eq!(host.unload(1, orders), Err(SwapError::NoSeat(1)));
    }
}

#[test]
fn open_orders_are_limited_by_the_engine() {
    let floods: Answer = |events| {
        let opens = events.iter().any(|event| event.kind == kind::PHASE);
        let ids = if opens { 1..6 } else { 0..0 };
        Ok(ids.map(|id| Command::New(order(id, Side::Buy, 1))).collect())
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(100));
    let guest = Box::new(Puppet { answer: floods, told: Arc::clone(&told) });
    let seat = Seat::new("it".into(), 0, guest, Subscription::public(Interest::STATUS));
    let limits = crate::seat::Limits { open_orders: Some(3), ..crate::seat::Limits::default() };
    host.seat(seat.within(limits).under(FaultPolicy::default()));
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(&mut host, Command::Instrument(Box::new(spec)));
    assert_eq!(bids(&host), 3);
    let reason = ringfence_core::Reject::MaxOpenOrders as u16;
    let told = told.lock().expect("one thread");
    let rejected = told.iter().filter(|event| event.kind == kind::REJECTED);
    let rejected: Vec<_> = rejected.map(|event| (event.order_id, event.flags)).collect();
    assert_eq!(rejected, [(4, reason), (5, reason)]);
}
