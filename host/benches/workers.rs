//! When workers pay: a turn with strategies that think for so long, on the venue's own thread and on
//! workers.
//!
//!     cargo bench -p ringfence-host --no-default-features --bench workers
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::hint::black_box;
use std::time::Instant;

use ringfence_core::wire::CommandRecord;
use ringfence_core::{Capacity, Command, InstrumentId, InstrumentSpec, NewOrder, Time};
use ringfence_core::{OrderId, Price, Qty, Side};
use ringfence_host::Host;
use ringfence_host::floor::{Mail, WorkerSettings, Workers};
use ringfence_host::journal::Journal;
use ringfence_host::sandbox::Fault;
use ringfence_host::seat::{Guest, Seat, Subscription};
use ringfence_host::sequencer::Stamped;

const ABC: InstrumentId = InstrumentId(1);
const SEATS: u16 = 8;
const ROUNDS: usize = 15;

/// Computes for so many steps, and asks for nothing.
#[derive(Debug)]
struct Thinks(u64);

impl Guest for Thinks {
    fn deliver(
        &mut self,
        at: Time,
        mail: Mail<'_>,
        _out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        think(at.0 ^ mail.len() as u64, self.0);
        Ok(())
    }
}

/// Workers, and whether they spin.
const FLOORS: [(u16, bool); 4] = [(0, false), (1, false), (2, false), (1, true)];

fn main() {
    println!(
        "a turn with {SEATS} strategies, dealt out to the workers and the venue's thread, in ns"
    );
    println!(
        "{:>24} {:>10} {:>10} {:>10} {:>20}",
        "each thinks for", "inline", "1", "2", "1 spinning"
    );
    for steps in [0, 300, 3_000, 30_000] {
        let mut times: [Vec<f64>; FLOORS.len()] = Default::default();
        let turns = (3_000_000 / (steps + 1_000)).max(50);
        for _ in 0..ROUNDS {
            for ((workers, spins), times) in FLOORS.into_iter().zip(&mut times) {
                // A worker that spins has a processor for as long as it lives.
                times.push(measure(&mut host(steps, workers, spins), turns));
            }
        }
        let [inline, one, two, spinning] = times.map(median);
        let thinks = time_of(steps);
        println!("{thinks:>21.0} ns {inline:>10.0} {one:>10.0} {two:>10.0} {spinning:>20.0}");
    }
}

fn host(steps: u64, workers: u16, spins: bool) -> Host {
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    if workers > 0 {
        let settings = WorkerSettings { count: workers, spins, ..WorkerSettings::default() };
        host.employ(Workers::start(&settings).expect("threads can be had"));
    }
    for number in 0..SEATS {
        let guest = Box::new(Thinks(steps));
        let seat = Seat::new("it".into(), number, guest, Subscription::EVERYTHING);
        let worker = number % (workers + 1);
        host.seat(if worker == workers { seat } else { seat.on_worker(worker) });
    }
    let define = Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC")));
    host.turn(Stamped { at: Time(1), command: define }, &mut ()).expect("nothing is kept");
    host
}

/// Nanoseconds a turn: every second order buys what the one before offered.
fn measure(host: &mut Host, turns: u64) -> f64 {
    let begun = Instant::now();
    for number in 0..turns {
        let side = if number % 2 == 0 { Side::Sell } else { Side::Buy };
        let order = NewOrder::limit(OrderId(1 + number % 2), side, Price(100), Qty(1));
        let command = Command::New(NewOrder { instrument: ABC, ..order });
        host.turn(Stamped { at: Time(0), command }, &mut ()).expect("nothing is kept");
    }
    begun.elapsed().as_nanos() as f64 / turns as f64
}

/// What so many steps take.
fn time_of(steps: u64) -> f64 {
    let begun = Instant::now();
    for number in 0..TIMES {
        think(number, steps);
    }
    begun.elapsed().as_nanos() as f64 / TIMES as f64
}

const TIMES: u64 = 1_000;

fn think(about: u64, steps: u64) {
    let mut thought = about;
    for _ in 0..steps {
        thought = black_box(thought.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(9));
    }
    black_box(thought);
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
