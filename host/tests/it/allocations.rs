//! A turn in steady state allocates nothing, strategies that answer included.

mod gateway;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use ringfence_core::wire::CommandRecord;
use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, Interest, NewOrder, OrderId, Price, Qty, Side,
    Time, TimeInForce,
};
use ringfence_host::Host;
use ringfence_host::floor::{Mail, WorkerSettings, Workers};
use ringfence_host::journal::Journal;
use ringfence_host::runtime::Engine;
use ringfence_host::sandbox::{Cache, Fault, Sandbox, SandboxConfig, Stats};
use ringfence_host::seat::{self, Seat, Subscription};
use ringfence_host::sequencer::Stamped;

use crate::guests::{COMMANDS, Guest, engines};

const ABC: InstrumentId = InstrumentId(1);

/// A guest that does something first, and answers a trade with an order that finds nothing and ends
/// at once.
pub fn answers_trades(first: &str) -> Vec<u8> {
    let order = NewOrder::limit(OrderId(9), Side::Buy, Price(1), Qty(1));
    let order = NewOrder { instrument: ABC, tif: TimeInForce::Ioc, ..order };
    let record = CommandRecord::from_command(&Command::New(order)).expect("it has a record");
    let bytes: String = record.to_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let on_events = format!(
        "{first} (i32.eq (i32.load8_u (local.get $events)) (i32.const {}))",
        ringfence_core::wire::kind::TRADE
    );
    let more = format!("(data (i32.const {COMMANDS}) \"{bytes}\")");
    Guest { on_events, more, ..Guest::default() }.wasm()
}

/// A sandbox whose allocations are counted, on whichever thread it answers.
#[derive(Debug)]
struct Counted {
    sandbox: Sandbox,
    allocations: Arc<AtomicU64>,
}

impl seat::Guest for Counted {
    fn deliver(
        &mut self,
        at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let mut delivered = Ok(());
        let counted = measure(|| delivered = self.sandbox.deliver_mail(at, mail, out));
        self.allocations.fetch_add(counted.count_total, Ordering::Relaxed);
        delivered
    }

    fn stats(&self) -> Stats {
        self.sandbox.stats()
    }

    fn log_tail(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn a_turn_with_strategies_that_answer_allocates_nothing() {
    for engine in engines() {
        for workers in [0, 2] {
            check(&**engine, workers);
        }
    }
}

/// Five strategies, on so many workers or on this thread, whose own allocations are counted in
/// `beside`.
fn take_seats(host: &mut Host, engine: &dyn Engine, workers: u16, beside: &Arc<AtomicU64>) {
    let wasm = answers_trades("");
    if workers > 0 {
        let settings = WorkerSettings { count: workers, ..WorkerSettings::default() };
        host.employ(Workers::start(&settings).unwrap());
    }
    for number in 0..5 {
        let cache = Cache::disabled();
        let config = SandboxConfig::default();
        let sandbox = Sandbox::load(engine, &cache, &wasm, &config).unwrap();
        let guest = Box::new(Counted { sandbox, allocations: Arc::clone(beside) });
        let interest = [Interest::TRADES, Interest::NONE, Interest::ALL][usize::from(number % 3)];
        let subscription = Subscription { timer_ns: 7, ..Subscription::public(interest) };
        let seat = Seat::new("it".into(), number, guest, subscription);
        host.seat(if workers > 0 { seat.on_worker(number % workers) } else { seat });
    }
}

/// What was allocated here, and on workers.
#[track_caller]
fn expect_few(engine: &dyn Engine, workers: u16, here: u64, beside: &AtomicU64) {
    // A thread that waits on a channel for the first time makes what it sleeps with, and keeps it;
    // that may be in any turn. What each turn made would be hundreds here.
    let firsts = 2 * u64::from(workers);
    assert!(here <= firsts, "{}, {workers} workers: {here} allocations", engine.name());
    // wasmi makes another stack when two guests run at once for the first time, and keeps it.
    let stacks = if engine.name() == "wasmi" { 2 * u64::from(workers) } else { 0 };
    let beside = beside.load(Ordering::Relaxed);
    assert!(beside <= stacks, "{}: {beside} on workers", engine.name());
}

fn check(engine: &dyn Engine, workers: u16) {
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let beside = Arc::new(AtomicU64::new(0));
    take_seats(&mut host, engine, workers, &beside);
    turn(&mut host, 1, Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC"))));
    trade(&mut host, 100);
    let calls = host.seats()[2].guest().stats().calls;
    beside.store(0, Ordering::Relaxed);
    let counted = measure(|| trade(&mut host, 200));
    expect_few(engine, workers, counted.count_total, &beside);
    let seat = &host.seats()[0];
    assert_eq!(seat.fault(), None, "{}", engine.name());
    assert_eq!(seat.counts().orders, 300, "it answered each trade: {:?}", seat.counts());
    assert!(host.seats()[2].guest().stats().calls > calls);
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
