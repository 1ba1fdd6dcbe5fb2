//! A turn in steady state allocates nothing, strategies that answer included.

use allocation_counter::measure;
use ringfence_core::wire::CommandRecord;
use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, Interest, NewOrder, OrderId, Price, Qty, Side,
    Time, TimeInForce,
};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::sandbox::{Cache, Sandbox, SandboxConfig};
use ringfence_host::seat::{Seat, Subscription};
use ringfence_host::sequencer::Stamped;

use crate::guests::{COMMANDS, Guest, engines};

const ABC: InstrumentId = InstrumentId(1);

/// A guest that answers a trade with an order that finds nothing and ends at once.
fn answers_trades() -> Vec<u8> {
    let order = NewOrder::limit(OrderId(9), Side::Buy, Price(1), Qty(1));
    let order = NewOrder { instrument: ABC, tif: TimeInForce::Ioc, ..order };
    let record = CommandRecord::from_command(&Command::New(order)).expect("it has a record");
    let bytes: String = record.to_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let on_events = format!(
        "(i32.eq (i32.load8_u (local.get $events)) (i32.const {}))",
        ringfence_core::wire::kind::TRADE
    );
    let more = format!("(data (i32.const {COMMANDS}) \"{bytes}\")");
    Guest { on_events, more, ..Guest::default() }.wasm()
}

#[test]
fn a_turn_with_strategies_that_answer_allocates_nothing() {
    for engine in engines() {
        let mut host = Host::new(Capacity::SMALL, Journal::none());
        let wasm = answers_trades();
        for number in 0..5 {
            let cache = Cache::disabled();
            let config = SandboxConfig::default();
            let sandbox = Sandbox::load(&**engine, &cache, &wasm, &config).unwrap();
            let interest = [Interest::TRADES, Interest::NONE, Interest::ALL][number % 3];
            let subscription = Subscription { timer_ns: 7, ..Subscription::public(interest) };
            let number = u16::try_from(number).unwrap();
            host.seat(Seat::new("it".into(), number, Box::new(sandbox), subscription));
        }
        turn(&mut host, 1, Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC"))));
        trade(&mut host, 100);
        let calls = host.seats()[2].guest().stats().calls;
        let counted = measure(|| trade(&mut host, 200));
        assert_eq!(counted.count_total, 0, "{}", engine.name());
        let seat = &host.seats()[0];
        assert_eq!(seat.fault(), None, "{}", engine.name());
        assert_eq!(seat.counts().orders, 300, "it answered each trade: {:?}", seat.counts());
        assert!(host.seats()[2].guest().stats().calls > calls);
    }
}

/// So many trades, one after the other.
fn trade(host: &mut Host, times: u64) {
    for time in 0..times {
        for (id, side) in [(1, Side::Sell), (2, Side::Buy)] {
            let order = NewOrder::limit(OrderId(id), side, Price(100), Qty(1));
            let at = host.engine().now().0 + time;
            turn(host, at, Command::New(NewOrder { instrument: ABC, ..order }));
        }
    }
}

fn turn(host: &mut Host, at: u64, command: Command) {
    host.turn(Stamped { at: Time(at), command }, &mut ()).expect("nothing is kept");
}
