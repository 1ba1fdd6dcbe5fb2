//! A small venue from a seed, and one strategy in it.

use std::sync::{Arc, Mutex};

use ringfence_core::testing::generate::TradingDay;
use ringfence_core::wire::kind;
use ringfence_core::{Capacity, InstrumentId, Price};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::sandbox::{LoadError, SandboxConfig};
use ringfence_host::seat::{
    Counts, Failure, FaultPolicy, Limits, OpenOrders, Seat, Standing, Subscription,
};
use ringfence_host::sequencer::Stamped;
use ringfence_host::testing::Random;

use super::lanes::{Player, Recorded, Shown, Tape};

/// What a strategy is allowed, and what becomes of it when it fails.
#[derive(Clone, Debug)]
pub struct Conditions {
    gas_per_call: u64,
    gas_per_second: u64,
    commands_per_batch: u32,
    limits: Limits,
    policy: FaultPolicy,
    timer_ns: Option<u64>,
}

impl Conditions {
    /// For strategies that mean well: enough of everything, most of the time.
    pub fn of_seed(random: &mut Random) -> Self {
        let ample = SandboxConfig::default();
        let little = 1_500 + random.below(30_000);
        let is_tight = random.once_in(4);
        Self {
            gas_per_call: if is_tight { little } else { ample.gas_per_call },
            gas_per_second: if random.once_in(8) { 40 * little } else { ample.gas_per_second },
            commands_per_batch: ample.commands_per_batch,
            limits: limits(random),
            policy: policy(random),
            timer_ns: None,
        }
    }

    /// For those that do not: little of everything, so that interpreters are done soon.
    pub fn of_attack(random: &mut Random) -> Self {
        let gas_per_call = 20_000 + random.below(100_000);
        Self {
            gas_per_call,
            gas_per_second: gas_per_call * (1 + random.below(9)),
            commands_per_batch: random.one_of(&[8, 100, 1_024]),
            timer_ns: Some(1 + random.below(1_000_000_000)),
            ..Self::of_seed(random)
        }
    }

    pub fn config(&self) -> SandboxConfig {
        SandboxConfig {
            gas_per_call: self.gas_per_call,
            gas_per_second: self.gas_per_second,
            gas_init: GAS_INIT,
            commands_per_batch: self.commands_per_batch,
            memory_pages: PAGES,
            ..SandboxConfig::default()
        }
    }
}

/// Enough for a book with room for thousands of orders.
const GAS_INIT: u64 = 10_000_000;

/// Enough for a book with room for thousands of orders.
const PAGES: u32 = 96;

fn limits(random: &mut Random) -> Limits {
    Limits {
        orders_per_event: random.one_of(&[1, 2, 16]),
        orders_per_second: random.one_of(&[5, 10_000]),
        open_orders: random.one_of(&[None, None, Some(1), Some(40)]),
    }
}

fn policy(random: &mut Random) -> FaultPolicy {
    FaultPolicy {
        orders: random.one_of(&[OpenOrders::Cancel, OpenOrders::Keep]),
        restart: random.once_in(2),
        back_off_ns: random.below(100_000),
        ..FaultPolicy::default()
    }
}

/// A day in two instruments, one after the other as time goes by.
pub fn day(seed: u64, commands: usize) -> Vec<Stamped> {
    let mut days = [0, 1].map(|instrument| {
        let price = Price(10_000 + 500 * i64::from(instrument));
        TradingDay::new(seed ^ u64::from(instrument) << 40, InstrumentId(instrument), price)
            .peekable()
    });
    let earliest = |_| {
        let [first, second] = days.each_mut().map(|day| day.peek().expect("it has no end").0);
        let (at, command) = days[usize::from(second < first)].next()?;
        Some(Stamped { at, command })
    };
    (0..commands).filter_map(earliest).collect()
}

/// How a play went: whatever may not depend on what it was played on.
#[derive(Debug, PartialEq)]
pub struct Played {
    pub tape: Vec<super::Delivery>,
    pub shown: Shown,
    pub counts: Counts,
    pub standing: Standing,
    pub failures: Vec<Failure>,
    pub state: u64,
}

impl Played {
    pub fn fills(&self) -> u64 {
        let heard = self.tape.iter().flat_map(|it| &it.heard);
        heard.filter(|event| event.kind == kind::FILLED).count() as u64
    }
}

/// Lets one strategy take part in a day.
pub fn play<P: Player>(
    day: &[Stamped],
    script: &P::Script,
    conditions: &Conditions,
) -> Result<Played, LoadError> {
    let tape = Arc::new(Mutex::new(Tape::default()));
    let guest = Recorded::<P>::new(script, &tape)?;
    let wished = guest.subscription();
    let timer_ns = conditions.timer_ns.unwrap_or(wished.timer_ns);
    let seat = Seat::new("player".into(), 0, Box::new(guest), Subscription { timer_ns, ..wished });
    let mut host = Host::new(CAPACITY, Journal::in_memory(1 << 20));
    host.seat(seat.within(conditions.limits).under(conditions.policy));
    for command in day {
        host.turn(command.clone(), &mut ()).expect("memory has room");
    }
    host.finish(&mut ()).expect("memory has room");
    let seat = &host.seats()[0];
    let tape = std::mem::take(&mut *tape.lock().unwrap());
    Ok(Played {
        tape: tape.deliveries,
        shown: tape.shown,
        counts: seat.counts(),
        standing: seat.standing(),
        failures: seat.failures().cloned().collect(),
        state: host.engine().state_hash(),
    })
}

const CAPACITY: Capacity =
    Capacity { orders: 1 << 11, levels: 1 << 10, instruments: 4, accounts: 32, positions: 32 };
