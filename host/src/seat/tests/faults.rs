//! What becomes of a strategy that fails.

use super::*;
use crate::sandbox::{Cause, LoadError, Stats};
use crate::seat::{FaultPolicy, OpenOrders, Standing};

/// Bids at each timer, and fails at each trade. May be started again.
#[derive(Debug)]
struct Fragile {
    starts: bool,
}

impl Guest for Fragile {
    fn deliver(
        &mut self,
        at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        if mail.records().any(|event| event.kind == kind::TRADE) {
            return Err(Fault::GuestError { code: -1 });
        }
        if mail.records().any(|event| event.kind == kind::TIMER) {
            out.extend(CommandRecord::from_command(&Command::New(order(at.0, Side::Buy, 1))));
        }
        Ok(())
    }

    fn again(&self) -> Option<Result<Box<dyn Guest>, LoadError>> {
        let again = Self { starts: self.starts };
        Some(if self.starts {
            Ok(Box::new(again))
        } else {
            Err(LoadError::InitRefused { code: 3, said: String::new() })
        })
    }

    fn backtrace(&self) -> Vec<String> {
        vec!["fragile::on_trade".to_owned()]
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        stats.calls = 1;
        stats
    }

    fn log_tail(&self) -> Vec<String> {
        vec!["oh".to_owned()]
    }
}

fn fragile(policy: FaultPolicy, starts: bool) -> Host {
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let subscription = Subscription { timer_ns: 10, ..Subscription::public(Interest::TRADES) };
    let seat = Seat::new("fragile".into(), 0, Box::new(Fragile { starts }), subscription);
    host.seat(seat.under(policy));
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    at(&mut host, 1, Command::Instrument(Box::new(spec)));
    host
}

fn at(host: &mut Host, at: u64, command: Command) {
    host.turn(Stamped { at: Time(at), command }, &mut ()).expect("nothing is kept");
}

/// Two others trade, at a price of their own.
fn trade(host: &mut Host, time: u64) {
    for (id, side) in [(1 << 50, Side::Sell), (1 << 51, Side::Buy)] {
        let order = NewOrder { price: Some(Price(90)), ..order(id, side, 1) };
        at(host, time, Command::New(order));
    }
}

fn bids(host: &Host) -> usize {
    host.engine().book(InstrumentId(1)).map_or(0, |book| book.orders(Side::Buy).count())
}

const RESTARTS: FaultPolicy = FaultPolicy {
    orders: OpenOrders::Cancel,
    restart: true,
    back_off_ns: 100,
    back_off_max_ns: 150,
    quarantine_after: 3,
};

#[test]
fn orders_are_cancelled_or_kept_as_the_policy_says() {
    for (orders, left) in [(OpenOrders::Cancel, 0), (OpenOrders::Keep, 1)] {
        let mut host = fragile(FaultPolicy { orders, ..FaultPolicy::default() }, true);
        at(&mut host, 11, Command::Time);
        assert_eq!(bids(&host), 1);
        trade(&mut host, 12);
        assert_eq!((bids(&host), host.seats()[0].standing()), (left, Standing::Stopped));
        at(&mut host, 1_000_000_000_000, Command::Time);
        assert_eq!(host.seats()[0].standing(), Standing::Stopped, "it stays out");
        // What is kept still trades, and is booked.
        at(&mut host, 1_000_000_000_001, Command::New(order(1 << 52, Side::Sell, 1)));
        assert_eq!(host.seats()[0].ledger().lots(), i128::try_from(left).expect("small"));
    }
}

#[test]
fn what_was_known_of_a_fault_is_kept() {
    let mut host = fragile(FaultPolicy::default(), true);
    trade(&mut host, 12);
    let failure = host.seats()[0].failures().next_back().expect("it failed");
    assert_eq!((failure.at, &failure.fault), (Time(12), &Fault::GuestError { code: -1 }));
    assert_eq!(failure.backtrace, ["fragile::on_trade"]);
    assert_eq!(failure.log, ["oh"]);
    assert_eq!(host.fault_counts().of(Cause::GuestError), 1);
    assert_eq!(host.fault_counts().total(), 1);
}

#[test]
fn it_is_started_again_with_a_growing_wait_and_quarantined_at_last() {
    let mut host = fragile(RESTARTS, true);
    let standing = |host: &Host| host.seats()[0].standing();
    trade(&mut host, 20);
    assert_eq!(standing(&host), Standing::BacksOff { until: Time(120) });
    trade(&mut host, 119);
    assert_eq!(host.seats()[0].faults(), 1, "it hears nothing while it waits");
    at(&mut host, 120, Command::Time);
    assert_eq!(standing(&host), Standing::Running);
    assert_eq!(host.seats()[0].stats().calls, 2, "both guests' counts together");
    at(&mut host, 131, Command::Time);
    assert_eq!(bids(&host), 1, "its timer runs again, once");
    trade(&mut host, 132);
    assert_eq!(standing(&host), Standing::BacksOff { until: Time(282) }, "not 332: at most 150");
    assert_eq!(bids(&host), 0);
    at(&mut host, 300, Command::Time);
    trade(&mut host, 301);
    assert_eq!(standing(&host), Standing::Quarantined);
    at(&mut host, u64::MAX, Command::Time);
    assert_eq!(standing(&host), Standing::Quarantined);
    assert_eq!(host.fault_counts().of(Cause::GuestError), 3);
}

#[test]
fn one_that_does_not_start_again_fails_again() {
    let mut host = fragile(RESTARTS, false);
    trade(&mut host, 20);
    at(&mut host, 120, Command::Time);
    let seat = &host.seats()[0];
    assert_eq!((seat.faults(), seat.is_running()), (2, false));
    assert!(seat.fault().is_some_and(|fault| fault.to_string().contains("did not start again")));
    assert_eq!(host.fault_counts().of(Cause::Start), 1);
}
