//! Strategies that start from an instance which was made beforehand.

use std::thread;
use std::time::{Duration, Instant};

use ringfence_core::quantity::Time;
use ringfence_core::{Capacity, Command, InstrumentId, InstrumentSpec, Interest};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::sandbox::{Cache, Program, Sandbox, SandboxConfig};
use ringfence_host::seat::{FaultPolicy, Seat, Standing, Subscription};
use ringfence_host::sequencer::Stamped;

use crate::guests::{Guest, engines, events};
use crate::images::{config, remembers};

/// All that a strategy shows of itself over a few batches.
fn shown(mut sandbox: Sandbox) -> impl PartialEq + std::fmt::Debug {
    let mut out = Vec::new();
    let answers: Vec<_> = (1..6)
        .map(|batch| sandbox.deliver(Time(batch * 400_000_000), &events(batch), &mut out))
        .collect();
    let stats = sandbox.stats();
    let used = (stats.gas, stats.calls, stats.events, stats.commands, stats.pages, stats.moves);
    (answers, out, used, sandbox.log_lines(), sandbox.log_dropped(), *sandbox.metrics())
}

#[test]
fn what_stands_ready_is_taken_first_and_does_as_a_fresh_one_does() {
    for engine in engines() {
        let (wasm, config) = (remembers(), config());
        let program = Program::prepare(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
        let fresh = shown(Sandbox::start(&program, &config).unwrap());
        program.keep_ready(2).unwrap();
        program.keep_ready(1).unwrap();
        assert_eq!(program.ready(), 2, "{}", engine.name());
        for left in [1, 0, 0] {
            let sandbox = Sandbox::start(&program, &config).unwrap();
            assert_eq!(program.ready(), left, "{}", engine.name());
            assert!(shown(sandbox) == fresh, "{}", engine.name());
        }
    }
}

#[test]
fn what_stands_ready_has_the_pages_that_those_before_it_wrote() {
    let fill = "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 40960)) (i32.const 0)";
    let wasm = Guest { on_events: fill.to_owned(), ..Guest::default() }.wasm();
    for engine in engines().iter().filter(|engine| engine.keeps_artifacts()) {
        let config = SandboxConfig::default();
        let program = Program::prepare(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
        // They are made before anybody knows which pages those are.
        program.keep_ready(3).unwrap();
        let touched = [(); 3].map(|()| {
            let mut sandbox = Sandbox::start(&program, &config).unwrap();
            let at_start = sandbox.touched_bytes();
            sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap();
            (at_start, sandbox.touched_bytes())
        });
        let first = touched[0];
        assert_eq!(touched, [first, first, (first.1, first.1)], "{}", engine.name());
    }
}

#[test]
fn a_strategy_that_waits_for_its_next_start_has_an_instance_ready() {
    for engine in engines() {
        let config = SandboxConfig::default();
        let wasm = Guest::doing("(unreachable)");
        let program = Program::prepare(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
        let mut host = Host::new(Capacity::SMALL, Journal::none());
        let sandbox = Sandbox::start(&program, &config).unwrap();
        let subscription = Subscription { timer_ns: 1, ..Subscription::public(Interest::TRADES) };
        let policy = FaultPolicy { restart: true, back_off_ns: 10, ..FaultPolicy::default() };
        host.seat(Seat::new("fails".into(), 0, Box::new(sandbox), subscription).under(policy));
        let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
        turn(&mut host, 1, Command::Instrument(Box::new(spec)));
        assert_eq!(program.ready(), 0, "one that is well takes no more than it needs");
        turn(&mut host, 2, Command::Time);
        assert_eq!(host.seats()[0].standing(), Standing::BacksOff { until: Time(12) });
        wait_for(|| program.ready() == 1);
        turn(&mut host, 12, Command::Time);
        assert_eq!((program.ready(), host.seats()[0].counts().restarts), (0, 1));
    }
}

fn turn(host: &mut Host, at: u64, command: Command) {
    host.turn(Stamped { at: Time(at), command }, &mut ()).unwrap();
}

#[track_caller]
fn wait_for(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never comes");
        thread::sleep(Duration::from_millis(1));
    }
}
