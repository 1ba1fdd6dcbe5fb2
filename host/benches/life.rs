//! How long the venue's thread is held by a step in a strategy's life.
//!
//!     cargo bench -p ringfence-host --bench life
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::time::{Duration, Instant};

use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty, Side, Time,
};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::runtime::{Wasmtime, WasmtimeCompiler};
use ringfence_host::sandbox::{Cache, Program, Sandbox, SandboxConfig};
use ringfence_host::seat::{OpenOrders, Seat, Subscription};
use ringfence_host::sequencer::Stamped;

const ABC: InstrumentId = InstrumentId(1);
const ROUNDS: u16 = 1_000;

fn main() {
    let file = std::env::var_os("RINGFENCE_GUESTS").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests").into(),
        std::path::PathBuf::from,
    );
    let Ok(wasm) = std::fs::read(file.join("strategy-quoter.wasm")) else {
        println!("there is no strategy-quoter.wasm; .ci/build-guests.sh builds it");
        return;
    };
    let engine = Wasmtime::new(WasmtimeCompiler::Optimised).expect("wasmtime runs here");
    let params = "instrument=1\nspread=2\ntick=1\n".to_owned();
    let config = SandboxConfig { params, ..SandboxConfig::default() };
    let program =
        Program::prepare(&engine, &Cache::disabled(), &wasm, &config).expect("it is admitted");
    let fresh = |number| {
        let sandbox = Sandbox::start(&program, &config).expect("it starts");
        let subscription = Subscription::of(&sandbox);
        Seat::new("quoter".into(), number, Box::new(sandbox), subscription)
    };
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    turn(&mut host, Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC"))));
    let [mut seats, mut images, mut swaps, mut backs, mut leaves] = [const { Vec::new() }; 5];
    let mut bytes = 0;
    for number in 0..ROUNDS {
        let seat = fresh(number);
        time(&mut seats, || host.seat(seat));
        trade(&mut host, number);
        let image = time(&mut images, || host.image(number)).expect("it is sound");
        bytes = image.to_bytes().len();
        let next = fresh(number);
        time(&mut swaps, || host.renew(next, OpenOrders::Keep)).expect("it takes over");
        let guest = image.guest().expect("it runs");
        let guest = Sandbox::restore(&program, &config, guest).expect("it is its own");
        let subscription = Subscription::of(&guest);
        let back = Seat::new("quoter".into(), number, Box::new(guest), subscription);
        time(&mut backs, || host.put_back(back, OpenOrders::Cancel)).expect("it is there");
        time(&mut leaves, || host.unload(number, OpenOrders::Cancel)).expect("it is there");
        turn(&mut host, Command::Time);
    }
    println!("the venue's thread is held, a quoter on wasmtime, {ROUNDS} times: median, p99");
    for (what, times) in [
        ("load", seats),
        ("image", images),
        ("replace, with its state", swaps),
        ("restore", backs),
        ("unload", leaves),
    ] {
        let [median, late] = percentiles(times);
        println!("  {what:<24} {:>8.1} µs {:>8.1} µs", micros(median), micros(late));
    }
    println!("an image has {bytes} bytes");
}

fn turn(host: &mut Host, command: Command) {
    host.turn(Stamped { at: Time(0), command }, &mut ()).expect("nothing is kept");
}

/// A market in which the strategy quotes.
fn trade(host: &mut Host, number: u16) {
    for (at, side, price) in [(0, Side::Buy, 90), (1, Side::Sell, 110), (2, Side::Buy, 91)] {
        let id = OrderId(1 + u64::from(number) * 4 + at);
        let order = NewOrder::limit(id, side, Price(price), Qty(1));
        turn(host, Command::New(NewOrder { instrument: ABC, ..order }));
    }
}

fn time<T>(times: &mut Vec<Duration>, step: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = step();
    times.push(begun.elapsed());
    done
}

fn percentiles(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1_000.0
}
