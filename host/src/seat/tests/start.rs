//! Strategies take seats in a venue that has a past.

use ringfence_core::{AccountSpec, Engine, OrderType};

use super::*;
use crate::seat::Limits;
use crate::sequencer::{Sequencer, Stamp};

/// A host after a restart: of the account of seat 0 and of a client an order each is left, and what
/// the account was given.
fn restarted(given: AccountSpec) -> Host {
    let mut engine = Engine::new(Capacity::SMALL);
    let mut place = 0;
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    let own = AccountId(FIRST_ACCOUNT);
    let [left, clients] = [(own, 1 << 62 | 1), (AccountId(7), 1)]
        .map(|(account, id)| Command::New(NewOrder { account, ..order(id, Side::Buy, 3) }));
    let given = Command::Account(Box::new(AccountSpec { account: own, ..given }));
    for command in [Command::Instrument(Box::new(spec)), given, left, clients] {
        place += 1;
        engine.apply(Time(place), &command, &mut ringfence_core::Discard);
    }
    let last = Stamp { place, at: Time(place) };
    Host::resume(engine, Sequencer::resume(last, Journal::in_memory(100)))
}

fn seat(open_orders: Option<u32>) -> Seat {
    let guest = Box::new(Puppet { answer: |_| Ok(Vec::new()), told: Arc::default() });
    let limits = Limits { open_orders, ..Limits::default() };
    Seat::new("it".into(), 0, guest, Subscription::NOTHING).within(limits)
}

fn orders(host: &Host) -> Vec<u64> {
    let book = host.engine().book(InstrumentId(1)).expect("it is defined");
    book.orders(Side::Buy).map(|order| order.id.0).collect()
}

#[test]
fn orders_of_an_earlier_run_are_cancelled_ahead_of_everything() {
    let mut host = restarted(AccountSpec::default());
    host.seat(seat(None));
    assert_eq!(orders(&host), [1 << 62 | 1, 1]);
    host.cancel_left_over(0);
    assert!(host.is_waiting());
    turn(&mut host, Command::Time);
    assert_eq!(orders(&host), [1], "the client's stays");
    let first = &host.sequencer().journal().entries()[0];
    assert!(
        matches!(first.command, Command::MassCancel(scope) if scope.account == Some(AccountId(FIRST_ACCOUNT)))
    );
    assert_eq!(first.stamp, Stamp { place: 5, at: Time(4) }, "at the time of the command before");
}

#[test]
fn without_an_earlier_run_or_a_seat_there_is_nothing_to_cancel() {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(100));
    host.seat(seat(None));
    host.cancel_left_over(0);
    assert!(!host.is_waiting());
    let mut host = restarted(AccountSpec::default());
    host.cancel_left_over(0);
    assert!(!host.is_waiting());
}

#[test]
fn orders_of_seats_that_there_are_no_more_are_cancelled() {
    let mut host = restarted(AccountSpec::default());
    host.cancel_orphans();
    turn(&mut host, Command::Time);
    assert_eq!(orders(&host), [1], "the client's stays");
    // An order that waits for its price, of the fifth seat, while somebody sits at the first.
    let mut host = restarted(AccountSpec::default());
    let stop = NewOrder {
        account: AccountId(FIRST_ACCOUNT + 4),
        order_type: OrderType::Stop,
        price: None,
        stop: Some(Price(50)),
        ..order(1 << 62 | 4 << 40 | 1, Side::Buy, 1)
    };
    turn(&mut host, Command::New(stop));
    let waiting = |host: &Host| host.engine().book(InstrumentId(1)).map(|it| it.waiting().count());
    assert_eq!(waiting(&host), Some(1));
    host.seat(seat(None));
    host.cancel_orphans();
    turn(&mut host, Command::Time);
    assert_eq!((orders(&host).len(), waiting(&host)), (2, Some(0)));
    host.cancel_orphans();
    assert!(!host.is_waiting(), "there is none any more");
}

#[test]
fn a_limit_is_sequenced_where_the_account_has_another_one_and_nothing_else_changes() {
    let given =
        AccountSpec { max_open_orders: Some(5), max_long: Some(9), ..AccountSpec::default() };
    for (wanted, expected, commands) in [(None, 5, 0), (Some(5), 5, 0), (Some(6), 6, 1)] {
        let mut host = restarted(given.clone());
        host.seat(seat(wanted));
        host.settle(&mut ()).expect("the journal has room");
        let account = host.engine().account(AccountId(FIRST_ACCOUNT)).expect("it is known");
        let limits = (account.spec().max_open_orders, account.spec().max_long);
        assert_eq!(limits, (Some(expected), Some(9)), "{wanted:?}");
        assert_eq!(account.open_orders(), 1);
        assert_eq!(host.sequencer().journal().entries().len(), commands, "{wanted:?}");
    }
}
