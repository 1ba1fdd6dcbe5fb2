//! What a guest says when it gives up, and guests that say so and go on.

use std::time::{Duration, Instant};

use ringfence_core::quantity::Time;
use ringfence_host::runtime::{Engine, Panic, Trap};
use ringfence_host::sandbox::{Cache, Fault, Program, Sandbox, SandboxConfig};

use crate::guests::{Guest, engines, events, run, tight};

const IMPORTS: &str = r#"(import "ringfence_1" "panic" (func $panic (param i32 i32 i32 i32)))
    (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
    (import "ringfence_1" "rand64" (func $rand (result i64)))
    (import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#;

/// A guest with texts at 20,000, which handles events like this.
fn guest(on_events: &str) -> Vec<u8> {
    Guest {
        imports: IMPORTS,
        on_events: on_events.to_owned(),
        more: r#"(data (i32.const 20000) "first second \04\00\00\00h\00i\00")"#.into(),
        ..Guest::default()
    }
    .wasm()
}

#[test]
fn the_first_panic_of_a_call_is_the_one_that_counts() {
    let first = "(call $panic (i32.const 20000) (i32.const 5) (i32.const 7) (i32.const 8))";
    let second = "(call $panic (i32.const 20006) (i32.const 6) (i32.const 9) (i32.const 9))";
    let abort = "(call $abort (i32.const 20017) (i32.const 0) (i32.const 2) (i32.const 3))";
    let (hi, said) = (("hi", 2, 3), ("first", 7, 8));
    for (calls, (text, line, column)) in
        [([first, second], said), ([first, abort], said), ([abort, first], hi)]
    {
        let wasm = guest(&format!("{} unreachable", calls.concat()));
        let panic = Panic { text: text.to_owned(), line, column };
        assert_eq!(*run(&wasm, &tight(), &[events(1)]).fault(), Fault::Panicked(panic));
    }
}

#[test]
fn what_went_on_after_a_panic_is_not_blamed_for_it_later() {
    // The first call with events gives up and goes on; the second one traps.
    let said = "(call $panic (i32.const 20000) (i32.const 5) (i32.const 7) (i32.const 8))";
    let once = format!(
        "(if (i32.load (i32.const 30000)) (then unreachable))
         (i32.store (i32.const 30000) (i32.const 1)) {said} (i32.const 0)"
    );
    let trapped = Fault::Trapped(Trap::Unreachable);
    assert_eq!(*run(&guest(&once), &tight(), &[events(1), events(1)]).fault(), trapped);
    // In one delivery that takes two calls, too.
    assert_eq!(*run(&guest(&once), &tight(), &[events(65)]).fault(), trapped);
    let export = |name: &str, head: &str, result: &str| {
        format!(r#"(func (export "{name}") {head} {said} {result})"#)
    };
    let more = [
        export("rf_timer", "(param i64)", ""),
        export("rf_export", "(param i32 i32) (result i32)", "(i32.const 0)"),
        export("rf_import", "(param i32 i32 i32) (result i32)", "(i32.const 0)"),
    ];
    let wasm = Guest {
        imports: IMPORTS,
        init: format!("{said} (i32.const 0)"),
        on_events: "unreachable".into(),
        more: more.concat(),
        ..Guest::default()
    }
    .wasm();
    for engine in engines() {
        for call in 0..4 {
            let cache = Cache::disabled();
            let mut sandbox = Sandbox::load(&**engine, &cache, &wasm, &tight()).unwrap();
            match call {
                0 => {}
                1 => sandbox.call_timer(Time(1), &mut Vec::new()).unwrap(),
                2 => _ = sandbox.export_state().unwrap(),
                _ => _ = sandbox.import_state(&[], 1).unwrap(),
            }
            let fault = sandbox.deliver(Time(2), &events(1), &mut Vec::new()).unwrap_err();
            assert_eq!(fault, trapped, "{} after call {call}", engine.name());
        }
    }
}

/// The least time in which a loop of this host call uses up its gas.
fn flood(engine: &dyn Engine, call: &str) -> Duration {
    let config = SandboxConfig { gas_per_call: 500_000, ..SandboxConfig::default() };
    let wasm = guest(&format!(
        "(memory.fill (i32.const 65536) (i32.const 0xff) (i32.const 8192))
         (i32.store (i32.const 69632) (i32.const 4096))
         (loop $l {call} (br $l)) (i32.const 0)"
    ));
    let program = Program::prepare(engine, &Cache::disabled(), &wasm, &config).unwrap();
    let mut least = Duration::MAX;
    for _ in 0..5 {
        let mut sandbox = Sandbox::start(&program, &config).unwrap();
        let begun = Instant::now();
        let fault = sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap_err();
        least = least.min(begun.elapsed());
        assert_eq!(fault, Fault::OutOfGas { limit: 500_000 });
    }
    least
}

#[test]
fn gas_bounds_the_time_of_host_calls_whatever_they_are_handed() {
    for engine in engines() {
        let [plain, panics, aborts, lines] = [
            "(drop (call $rand))",
            "(call $panic (i32.const 65536) (i32.const 4096) (i32.const 0) (i32.const 0))",
            "(call $abort (i32.const 69636) (i32.const 0) (i32.const 0) (i32.const 0))",
            "(call $log (i32.const 1) (i32.const 65536) (i32.const 4096))",
        ]
        .map(|call| flood(&**engine, call));
        println!("{}: {plain:?}, {panics:?}, {aborts:?}, {lines:?}", engine.name());
        // What is decoded and kept is a few texts, and not one for each call: 2,000 of them.
        let most = plain * 10 + Duration::from_micros(500);
        for (what, took) in [("panic", panics), ("abort", aborts), ("log", lines)] {
            assert!(took < most, "{}: {what} took {took:?} of {most:?}", engine.name());
        }
    }
}
