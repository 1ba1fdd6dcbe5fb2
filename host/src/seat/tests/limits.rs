//! What a strategy may ask for.

use super::*;
use crate::sandbox::ANSWER_COMMANDS_MAX;
use crate::seat::Limits;

/// A host with one seat under these limits, and an instrument.
fn limited(answer: Answer, limits: Limits) -> (Host, Arc<Mutex<Vec<EventRecord>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let guest = Box::new(Puppet { answer, told: Arc::clone(&told) });
    let subscription = Subscription::public(Interest::TRADES.and(Interest::STATUS));
    host.seat(Seat::new("it".into(), 0, guest, subscription).within(limits));
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(&mut host, Command::Instrument(Box::new(spec)));
    (host, told)
}

/// The reasons of the rejections among what it was told, with the order's name.
fn rejections(told: &Mutex<Vec<EventRecord>>) -> Vec<(u64, u16)> {
    let told = told.lock().expect("one thread");
    let rejected = told.iter().filter(|event| event.kind == kind::REJECTED);
    rejected.map(|event| (event.order_id, event.flags)).collect()
}

fn orders(ids: std::ops::Range<u64>) -> Vec<Command> {
    ids.map(|id| Command::New(order(id, Side::Buy, 1))).collect()
}

#[test]
fn an_answer_to_one_event_holds_so_many_commands() {
    let floods: Answer = |events| {
        let opens = events.iter().any(|event| event.kind == kind::PHASE);
        Ok(if opens { orders(1..8) } else { Vec::new() })
    };
    let limits = Limits { orders_per_event: 5, ..Limits::default() };
    let (mut host, told) = limited(floods, limits);
    turn(&mut host, Command::Time);
    assert_eq!((host.seats()[0].counts().orders, host.seats()[0].counts().limited), (5, 2));
    let reason = ringfence_core::Reject::MaxMessages as u16;
    assert_eq!(rejections(&told), [(6, reason), (7, reason)], "it is told which");
}

#[test]
fn an_answer_of_the_hosts_own_code_holds_as_much_as_a_sandboxs() {
    let floods: Answer = |_| Ok(orders(0..u64::from(ANSWER_COMMANDS_MAX) + 1));
    let (host, _) = limited(floods, Limits::default());
    let asked = u64::from(ANSWER_COMMANDS_MAX) + 1;
    let fault = Fault::TooManyCommands { asked, limit: ANSWER_COMMANDS_MAX };
    assert_eq!(host.seats()[0].fault(), Some(&fault));
    assert_eq!(host.seats()[0].counts().orders, 0);
}

#[test]
fn a_second_holds_so_many_orders_and_any_number_of_cancels() {
    let trades: Answer = |events| {
        let trades = events.iter().filter(|event| event.kind == kind::TRADE).count() as u64;
        let (instrument, account) = (InstrumentId(1), AccountId(0));
        let cancels = (1..3).map(|id| Cancel { instrument, account, id: OrderId(id) });
        let cancels = cancels.map(Command::Cancel);
        let ids = events[0].seq * 100..events[0].seq * 100 + 2 * trades;
        Ok(if trades == 0 { Vec::new() } else { orders(ids).into_iter().chain(cancels).collect() })
    };
    let limits = Limits { orders_per_second: 3, ..Limits::default() };
    let (mut host, told) = limited(trades, limits);
    let second = 1_000_000_000;
    for (at, taken, limited) in [(0, 2, 0), (1, 3, 1), (2, 3, 3), (second, 5, 3)] {
        for (id, side) in [(at * 10 + 1, Side::Sell), (at * 10 + 2, Side::Buy)] {
            let order = NewOrder { price: Some(Price(50)), ..order(id, side, 1) };
            let command = Command::New(order);
            host.turn(Stamped { at: Time(at), command }, &mut ()).expect("nothing is kept");
        }
        let counts = host.seats()[0].counts();
        assert_eq!((counts.orders, counts.limited), (taken, limited), "at {at}");
    }
    let cancels = rejections(&told).into_iter().filter(|(id, _)| *id < 3).count();
    assert_eq!(cancels, 8, "cancels reach the engine, which knows no such orders");
}
