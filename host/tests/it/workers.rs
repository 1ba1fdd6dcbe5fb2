//! Guests answer on threads of their own, and nobody outside can tell.

use std::time::Duration;

use ringfence_core::wire::{CommandRecord, EventRecord};
use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Interest,
    NewOrder, OrderId, Price, Qty, Side, Time,
};
use ringfence_host::Host;
use ringfence_host::floor::{Mail, WorkerSettings, Workers};
use ringfence_host::journal::{Entry, Journal};
use ringfence_host::sandbox::{Fault, LoadError};
use ringfence_host::seat::{
    FaultPolicy, Guest, OpenOrders, Seat, State, Subscription, Successor, is_strategys,
};
use ringfence_host::sequencer::{Stamp, Stamped};
use ringfence_host::watchdog::Watchdog;

use crate::told::Tape;

const ABC: InstrumentId = InstrumentId(1);
const SEATS: u16 = 12;
const COMMANDS: u64 = 4_000;

/// A strategy whose every answer depends on all that it was told so far.
#[derive(Clone, Debug)]
struct Erratic {
    number: u64,
    told: u64,
    orders: u64,
    takes_rings: bool,
    /// Every so many answers it fails; 0: never.
    fails_every: u64,
    /// It thinks so long, now and then.
    thinks: Duration,
}

impl Erratic {
    fn new(number: u16) -> Self {
        let number = u64::from(number);
        let takes_rings = number.is_multiple_of(2);
        let fails_every = if number % 4 == 3 { 53 } else { 0 };
        let thinks = Duration::from_micros(if number.is_multiple_of(5) { 60 } else { 0 });
        Self { number, told: number, orders: 0, takes_rings, fails_every, thinks }
    }

    fn learn(&mut self, word: u64) {
        self.told = (self.told ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    }

    fn answer(&mut self, out: &mut Vec<CommandRecord>) -> Result<(), Fault> {
        if self.told.is_multiple_of(8) && !self.thinks.is_zero() {
            std::thread::sleep(self.thinks);
        }
        if self.told % 8 < 3 {
            self.orders += 1;
            let id = OrderId(self.orders);
            let side = if self.told & 64 == 0 { Side::Buy } else { Side::Sell };
            let price = Price(95 + i64::try_from(self.told >> 8 & 7).unwrap());
            let order = NewOrder::limit(id, side, price, Qty(1 + (self.told >> 16 & 7)));
            let order = NewOrder { instrument: ABC, ..order };
            out.extend(CommandRecord::from_command(&Command::New(order)));
            if let Some(old) = self.orders.checked_sub(6) {
                let (instrument, account, id) = (ABC, AccountId(0), OrderId(old));
                let cancel = Cancel { instrument, account, id };
                out.extend(CommandRecord::from_command(&Command::Cancel(cancel)));
            }
        }
        match self.told.checked_rem(self.fails_every) {
            Some(0) => Err(Fault::GuestError { code: -3 }),
            _ => Ok(()),
        }
    }
}

impl Guest for Erratic {
    fn deliver(
        &mut self,
        at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        self.learn(at.0);
        for EventRecord { kind, seq, order_id, price, qty, .. } in mail.records() {
            for word in [kind.into(), seq, order_id, price.cast_unsigned(), qty] {
                self.learn(word);
            }
        }
        self.answer(out)
    }

    fn takes_rings(&self) -> bool {
        self.takes_rings
    }

    fn ring(&mut self, at: Time, out: &mut Vec<CommandRecord>) -> Result<(), Fault> {
        self.learn(!at.0);
        self.answer(out)
    }

    fn again(&self) -> Option<Result<Box<dyn Guest>, LoadError>> {
        let fresh = Self { told: self.number, ..self.clone() };
        Some(Ok(Box::new(fresh)))
    }

    fn export_state(&mut self) -> Result<Option<State>, Fault> {
        Ok(Some(State { version: 1, bytes: self.told.to_le_bytes().into() }))
    }

    fn import_state(&mut self, state: &State) -> Result<bool, Fault> {
        self.told = u64::from_le_bytes(state.bytes.as_slice().try_into().unwrap());
        // Ids of its own, behind those of the one before.
        self.orders = 1_000_000 + (self.told >> 40);
        Ok(true)
    }

    fn log_tail(&self) -> Vec<String> {
        vec![self.told.to_string()]
    }
}

/// What may not depend on workers.
#[derive(Debug, PartialEq)]
struct Outcome {
    commands: Vec<Entry>,
    events: Vec<(Stamp, Event)>,
    hash: u64,
    seats: Vec<String>,
}

/// A host with so many workers, or none, and seats from `seat`.
fn host(workers: u16, seats: impl IntoIterator<Item = Seat>) -> Host {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(1_000_000));
    if workers > 0 {
        let settings = WorkerSettings { count: workers, ..WorkerSettings::default() };
        host.employ(Workers::start(&settings).unwrap());
    }
    for (number, seat) in (0..).zip(seats) {
        // The last of all workers is the venue's own thread.
        let worker = number % (workers + 1);
        host.seat(if worker == workers { seat } else { seat.on_worker(worker) });
    }
    host
}

/// So many commands, seeded; `between` is done before each turn.
fn play(mut host: Host, commands: u64, mut between: impl FnMut(u64, &mut Host)) -> Outcome {
    let mut tape = Tape::default();
    let define = Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC")));
    host.turn(Stamped { at: Time(1), command: define }, &mut tape).unwrap();
    let mut random = 7_u64;
    for number in 1..=commands {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(number);
        between(number, &mut host);
        let side = if random & 1 << 40 == 0 { Side::Buy } else { Side::Sell };
        let price = Price(95 + i64::try_from(random >> 50 & 7).unwrap());
        let order = NewOrder::limit(OrderId(number), side, price, Qty(1 + (random >> 60)));
        let command = Command::New(NewOrder { instrument: ABC, ..order });
        host.turn(Stamped { at: Time(number * 1_000), command }, &mut tape).unwrap();
    }
    host.finish(&mut tape).unwrap();
    let seat = |seat: &Seat| {
        let failures: Vec<_> = seat.failures().collect();
        let (counts, ledger, standing) = (seat.counts(), seat.ledger(), seat.standing());
        format!("{counts:?} {ledger:?} {standing:?} {} {failures:?}", seat.faults())
    };
    Outcome {
        commands: host.sequencer().journal().entries().to_vec(),
        events: tape.0,
        hash: host.engine().state_hash(),
        seats: host.seats().iter().map(seat).collect(),
    }
}

fn erratic_seats() -> impl Iterator<Item = Seat> {
    (0..SEATS).map(|number| {
        let interest = [Interest::ALL, Interest::TRADES, Interest::NONE][usize::from(number % 3)];
        let timer_ns = if number % 6 == 1 { 0 } else { 7_000 + u64::from(number) };
        let subscription = Subscription { timer_ns, ..Subscription::public(interest) };
        let policy = FaultPolicy {
            restart: true,
            back_off_ns: 20_000,
            back_off_max_ns: 100_000,
            quarantine_after: 40,
            orders: if number % 8 == 3 { OpenOrders::Cancel } else { OpenOrders::Keep },
        };
        let guest = Box::new(Erratic::new(number));
        Seat::new(number.to_string(), number, guest, subscription).under(policy)
    })
}

/// Now and then a strategy is replaced, and one leaves.
fn life_goes_on(number: u64, host: &mut Host) {
    if number.is_multiple_of(97) {
        let seat = u16::try_from(number / 97 % u64::from(SEATS)).unwrap();
        let orders = if number.is_multiple_of(2) { OpenOrders::Keep } else { OpenOrders::Cancel };
        let subscription = host.seats()[usize::from(seat)].subscription().clone();
        let guest = Box::new(Erratic::new(seat));
        _ = host.replace(seat, Successor { guest, subscription, orders });
    }
    if number == COMMANDS / 2 {
        host.unload(5, OpenOrders::Cancel).unwrap();
    }
}

#[test]
fn what_is_sequenced_does_not_depend_on_how_many_workers_there_are() {
    let expected = play(host(0, erratic_seats()), COMMANDS, life_goes_on);
    let asked = expected.commands.iter().filter(|entry| match &entry.command {
        Command::New(order) => is_strategys(order.id),
        _ => false,
    });
    assert!(asked.count() > 4_000, "strategies ask for something");
    let faults = expected.seats.iter().filter(|seat| seat.contains("GuestError")).count();
    assert!(faults >= 3, "those fail that should: {:?}", expected.seats);
    for workers in [1, 2, 4] {
        let found = play(host(workers, erratic_seats()), COMMANDS, life_goes_on);
        let differs = found.commands.iter().zip(&expected.commands).find(|(a, b)| a != b);
        assert_eq!(differs, None, "{workers} workers");
        assert!(found == expected, "{workers} workers");
    }
    let mut engine = Engine::new(Capacity::SMALL);
    for Entry { stamp, command, .. } in &expected.commands {
        engine.apply(stamp.at, command, &mut Vec::new());
    }
    assert_eq!(engine.state_hash(), expected.hash, "the journal alone comes to the same state");
}

/// Fails by its own hand, not by a fault: a bug of the host.
#[derive(Debug)]
struct Buggy;

impl Guest for Buggy {
    fn deliver(
        &mut self,
        _at: Time,
        _mail: Mail<'_>,
        _out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        panic!("a bug of the host");
    }
}

#[test]
#[should_panic(expected = "a bug of the host")]
fn a_panic_on_a_worker_goes_on_in_the_venues_thread() {
    let seat = Seat::new("buggy".into(), 0, Box::new(Buggy), Subscription::EVERYTHING);
    play(host(1, [seat]), 1, |_, _| ());
}

/// Answers after a while.
#[derive(Debug)]
struct Slow(Duration);

impl Guest for Slow {
    fn deliver(
        &mut self,
        _at: Time,
        _mail: Mail<'_>,
        _out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        std::thread::sleep(self.0);
        Ok(())
    }
}

#[test]
fn calls_on_workers_are_watched_whoever_comes_first() {
    for workers_first in [true, false] {
        let limit = Duration::from_millis(20);
        let mut host = Host::new(Capacity::SMALL, Journal::none());
        let workers =
            || Workers::start(&WorkerSettings { count: 2, ..Default::default() }).unwrap();
        if workers_first {
            host.employ(workers());
        }
        host.watch(Watchdog::new(limit, false));
        if !workers_first {
            host.employ(workers());
        }
        for (number, time) in [limit * 10, Duration::ZERO].into_iter().enumerate() {
            let number = u16::try_from(number).unwrap();
            let guest = Box::new(Slow(time));
            let seat = Seat::new("it".into(), number, guest, Subscription::EVERYTHING);
            host.seat(seat.on_worker(number));
        }
        let define = Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC")));
        host.turn(Stamped { at: Time(1), command: define }, &mut ()).unwrap();
        let faults: Vec<_> = host.seats().iter().map(Seat::fault).collect();
        assert_eq!(faults, [Some(&Fault::Overtime { limit_ms: 20 }), None]);
    }
}

#[test]
fn workers_are_bound_to_processors_and_may_spin() {
    let settings = WorkerSettings { count: 2, processors: vec![0], spins: true };
    let mut spinning = host(0, erratic_seats().map(|seat| seat.on_worker(0)));
    spinning.employ(Workers::start(&settings).unwrap());
    let expected = play(host(0, erratic_seats()), 50, |_, _| ());
    assert!(play(spinning, 50, |_, _| ()) == expected);
    let nowhere = WorkerSettings { count: 1, processors: vec![1_023], spins: false };
    let error = Workers::start(&nowhere).unwrap_err().to_string();
    assert!(error.contains("processor 1023"), "{error}");
}

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod guests {
    use std::sync::Arc;

    use ringfence_host::runtime::Engine;
    use ringfence_host::sandbox::{Cache, Sandbox, SandboxConfig};

    use super::*;
    use crate::allocations::answers_trades;
    use crate::guests::engines;

    /// Reads beyond its memory when it is told of an event whose number is a multiple of 41.
    const STEPS_OUT: &str = "
        (if (i64.eqz (i64.rem_u (i64.load offset=8 (local.get $events)) (i64.const 41)))
            (then (drop (i32.load (i32.const -16)))))";

    /// Three seats on each engine: their guests meet on the same threads.
    fn seats() -> impl Iterator<Item = Seat> {
        let wasm = answers_trades(STEPS_OUT);
        let sit = move |(number, engine): (u16, &Arc<dyn Engine>)| {
            let config = SandboxConfig::default();
            let sandbox = Sandbox::load(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
            let subscription = Subscription::public(Interest::TRADES.and(Interest::L1));
            let policy = FaultPolicy {
                restart: true,
                back_off_ns: 2_000,
                quarantine_after: 1_000,
                ..FaultPolicy::default()
            };
            Seat::new(number.to_string(), number, Box::new(sandbox), subscription).under(policy)
        };
        let each = engines().iter().cycle().take(3 * engines().len());
        (0..).zip(each).map(sit)
    }

    #[test]
    fn guests_of_all_engines_trap_on_workers_as_they_do_on_the_venues_thread() {
        let expected = play(host(0, seats()), 400, |_, _| ());
        let trapped = expected.seats.iter().filter(|seat| seat.contains("MemoryOutOfBounds"));
        assert_eq!(trapped.count(), expected.seats.len(), "each traps: {:?}", expected.seats);
        for workers in [1, 2, 4] {
            assert!(play(host(workers, seats()), 400, |_, _| ()) == expected, "{workers} workers");
        }
    }
}
