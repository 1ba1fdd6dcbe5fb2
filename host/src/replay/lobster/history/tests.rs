use ringfence_core::wire::{CommandRecord, kind};
use ringfence_core::{Capacity, Command, NewOrder, OrderId, Price, Qty, Side, Time};

use super::{Counts, History, INSTRUMENT};
use crate::floor::Mail;
use crate::host::Host;
use crate::journal::Journal;
use crate::replay::lobster::{Day, Message};
use crate::replay::run::Run;
use crate::sandbox::Fault;
use crate::seat::{Guest, Seat, Subscription};

/// Sends one order when the market opens.
#[derive(Debug)]
struct Sends(NewOrder);

impl Guest for Sends {
    fn deliver(
        &mut self,
        _at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        if mail.records().any(|event| event.kind == kind::PHASE) {
            let order = NewOrder { instrument: INSTRUMENT, ..self.0 };
            out.extend(CommandRecord::from_command(&Command::New(order)));
        }
        Ok(())
    }
}

/// Follows `messages` with a strategy that sends `order` after the first.
fn follow(order: NewOrder, messages: &str) -> (Run, Counts) {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(1_000));
    let guest = Box::new(Sends(order));
    host.seat(Seat::new("sends".into(), 0, guest, Subscription::EVERYTHING));
    let mut run = Run::new(host, None, false);
    let mut history = History::new(Day { tick: 100, ..Day::default() }.instrument());
    let messages: Vec<_> =
        messages.lines().map(|row| Message::parse(row).expect("a message")).collect();
    history.seed(None, &messages[0], &mut run).expect("the journal has room");
    for message in &messages {
        history.follow(message, &mut run).expect("the journal has room");
    }
    (run, history.counts())
}

fn rests(run: &Run, side: Side) -> Vec<(u64, u64)> {
    let book = run.host.engine().book(INSTRUMENT).expect("it was defined");
    book.orders(side).map(|order| (order.price.0.unsigned_abs(), order.open.0)).collect()
}

fn filled(run: &Run) -> i128 {
    run.host.seats()[0].ledger().lots()
}

#[test]
fn a_strategy_ahead_is_filled_first_and_history_stays_in_step() {
    let bid = NewOrder::limit(OrderId(1), Side::Buy, Price(1_000_100), Qty(3));
    let (run, counts) = follow(bid, "1,1,11,5,1000000,1\n2,4,11,4,1000000,1\n");
    assert_eq!(filled(&run), 3);
    assert_eq!(rests(&run, Side::Buy), [(1_000_000, 1)], "one of five, as in the file");
    assert_eq!((counts.at_head, counts.with_another), (1, 0));
    assert_eq!((counts.met_strategies, counts.met_strategies_qty), (1, 3));
}

#[test]
fn a_strategy_that_could_take_it_all_leaves_history_in_step() {
    let bid = NewOrder::limit(OrderId(1), Side::Buy, Price(1_000_100), Qty(9));
    let (run, counts) = follow(bid, "1,1,11,5,1000000,1\n2,4,11,5,1000000,1\n");
    assert_eq!(filled(&run), 5);
    assert_eq!(rests(&run, Side::Buy), [(1_000_100, 4)], "the named order is gone, as in the file");
    assert_eq!((counts.at_head, counts.with_another), (1, 0));
}

#[test]
fn a_strategy_behind_is_not_filled() {
    let bid = NewOrder::limit(OrderId(1), Side::Buy, Price(1_000_000), Qty(3));
    let (run, counts) = follow(bid, "1,1,11,5,1000000,1\n2,4,11,5,1000000,1\n");
    assert_eq!((filled(&run), counts.met_strategies), (0, 0));
    assert_eq!(rests(&run, Side::Buy), [(1_000_000, 3)]);
}

#[test]
fn an_order_that_a_strategy_took_is_missed_by_nobody() {
    let sell = NewOrder::limit(OrderId(1), Side::Sell, Price(1_000_000), Qty(5));
    let (run, counts) =
        follow(sell, "1,1,11,5,1000000,1\n2,4,11,3,1000000,1\n3,3,11,2,1000000,1\n");
    assert_eq!(filled(&run), -5);
    assert_eq!((counts.of_unknown, counts.nowhere, counts.strayed), (0, 0, 2));
    assert!(rests(&run, Side::Buy).is_empty());
}

#[test]
fn an_order_of_history_may_trade_with_a_strategy_when_it_arrives() {
    let bid = NewOrder::limit(OrderId(1), Side::Buy, Price(1_000_100), Qty(3));
    let (run, counts) =
        follow(bid, "1,1,11,5,1000000,1\n2,1,12,4,1000100,-1\n3,4,12,4,1000100,-1\n");
    assert_eq!(filled(&run), 3);
    assert!(rests(&run, Side::Sell).is_empty(), "the one lot left was executed");
    assert_eq!((counts.stale, counts.rejected), (0, 0));
}
