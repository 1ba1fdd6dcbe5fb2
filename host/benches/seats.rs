//! What strategies that are told nothing cost, and what one that does nothing costs an event.
//!
//!     cargo bench -p ringfence-host --bench seats
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::time::Instant;

use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, Interest, NewOrder, OrderId, Price, Qty, Side,
    Time,
};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::runtime::{Wasmtime, WasmtimeCompiler};
use ringfence_host::sandbox::{Cache, Program, Sandbox, SandboxConfig};
use ringfence_host::seat::{Seat, Subscription};
use ringfence_host::sequencer::Stamped;

const ABC: InstrumentId = InstrumentId(1);
const ROUNDS: usize = 31;
const TURNS: u64 = 20_032;

fn main() {
    let engine = Wasmtime::new(WasmtimeCompiler::Optimised).expect("wasmtime runs here");
    let wasm = wat::parse_str(NOTHING).expect("it is Wasm");
    let config = SandboxConfig { gas_per_second: u64::MAX, ..SandboxConfig::default() };
    let program =
        Program::prepare(&engine, &Cache::disabled(), &wasm, &config).expect("it is admitted");
    let all = Interest::L1.and(Interest::TRADES);
    let mut hosts = [
        host(&program, &config, &[(10, all)]),
        host(&program, &config, &[(10, all), (990, Interest::NONE)]),
        host(&program, &config, &[]),
        host(&program, &config, &[(1, Interest::ALL)]),
    ];
    let mut turns: [Vec<f64>; 4] = Default::default();
    let mut batched: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        for (at, host) in hosts.iter_mut().enumerate() {
            turns[at].push(measure(host, 1));
            batched[at].push(measure(host, 64));
        }
    }
    let [alone, loaded, none, one] = turns.map(median);
    let [.., none_batched, one_batched] = batched.map(median);
    let events = hosts[3].seats()[0].stats().events as f64 / (2 * ROUNDS as u64 * TURNS) as f64;
    let more = (loaded / alone - 1.0) * 100.0;
    println!("a turn, 10 strategies subscribed: {alone:.0} ns of 10, {loaded:.0} ns of 1,000");
    println!("  {more:+.1} %, at most 5 %: {}", verdict(more <= 5.0));
    println!("a command without strategies: {none:.0} ns, {none_batched:.0} ns in groups of 64");
    let (single, grouped) = (one - none, one_batched - none_batched);
    println!(
        "one that does nothing, told all {events:.1} events of a command: {single:.0} ns more"
    );
    println!("  in groups of 64 {grouped:.0} ns more, {:.1} ns an event", grouped / events);
    println!("  less than a command: {}", verdict(grouped < none_batched));
}

/// A host with so many strategies of each kind, and an instrument.
fn host(program: &Program, config: &SandboxConfig, kinds: &[(u16, Interest)]) -> Host {
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    let mut number = 0;
    for &(count, interest) in kinds {
        for _ in 0..count {
            let sandbox = Sandbox::start(program, config).expect("it starts");
            let subscription = Subscription::public(interest);
            host.seat(Seat::new("it".into(), number, Box::new(sandbox), subscription));
            number += 1;
        }
    }
    let define = Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC")));
    host.turn(Stamped { at: Time(1), command: define }, &mut ()).expect("nothing is kept");
    host
}

/// Nanoseconds a command: every second order buys what the one before offered. Strategies answer
/// once for every `group` of commands.
fn measure(host: &mut Host, group: u64) -> f64 {
    let begun = Instant::now();
    for number in 0..TURNS {
        let side = if number % 2 == 0 { Side::Sell } else { Side::Buy };
        let order = NewOrder::limit(OrderId(1 + number % 2), side, Price(100), Qty(1));
        let command = Command::New(NewOrder { instrument: ABC, ..order });
        let request = Stamped { at: Time(0), command };
        let done = if (number + 1).is_multiple_of(group) {
            host.turn(request, &mut ())
        } else {
            host.prepare(request, &mut ())
        };
        done.expect("nothing is kept");
    }
    begun.elapsed().as_nanos() as f64 / TURNS as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn verdict(holds: bool) -> &'static str {
    if holds { "pass" } else { "FAIL" }
}

/// A guest that takes everything in and wants nothing.
const NOTHING: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 64) "RFIO\01\00\00\00\80\00\00\00\40\00\00\00\80\10\00\00\40\00\00\00\40\00\80\00\00\00\00\00")
    (func (export "rf_abi_version") (result i32) (i32.const 0x10000))
    (func (export "rf_io") (result i32) (i32.const 64))
    (func (export "rf_init") (param i32 i32) (result i32) (i32.const 0))
    (func (export "rf_on_events") (param i32 i32) (result i32) (i32.const 0)))"#;
