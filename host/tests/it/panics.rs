//! What a guest says when it gives up, and that nobody goes on who did.

use std::time::{Duration, Instant};

use ringfence_core::quantity::Time;
use ringfence_host::runtime::{Engine, Panic};
use ringfence_host::sandbox::{Cache, Fault, LoadError, Program, Sandbox, SandboxConfig};

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
fn a_call_ends_with_its_first_panic() {
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
fn nobody_goes_on_after_a_panic() {
    let panic = "(call $panic (i32.const 20000) (i32.const 5) (i32.const 7) (i32.const 8))";
    let abort = "(call $abort (i32.const 20017) (i32.const 0) (i32.const 7) (i32.const 8))";
    for (said, text) in [(panic, "first"), (abort, "hi")] {
        let fault = Fault::Panicked(Panic { text: text.to_owned(), line: 7, column: 8 });
        let wasm = guest(&format!("{said} (i32.const 0)"));
        assert_eq!(*run(&wasm, &tight(), &[events(1), events(1)]).fault(), fault);
        let init = format!("{said} (i32.const 0)");
        let more = r#"(data (i32.const 20000) "first second \04\00\00\00h\00i\00")"#.to_owned();
        let starts = Guest { imports: IMPORTS, init, more, ..Guest::default() };
        let outcome = run(&starts.wasm(), &tight(), &[]);
        let LoadError::Start { export: "rf_init", fault: found, .. } = outcome.load_error() else {
            panic!("{outcome:?}")
        };
        assert_eq!(*found, fault);
        in_every_other_call(said, &fault);
    }
}

/// A guest that gives up in each call beside the start and those with events.
fn in_every_other_call(said: &str, fault: &Fault) {
    let export = |name: &str, head: &str, result: &str| {
        format!(r#"(func (export "{name}") {head} {said} {result})"#)
    };
    let more = [
        r#"(data (i32.const 20000) "first second \04\00\00\00h\00i\00")"#.to_owned(),
        export("rf_timer", "(param i64)", ""),
        export("rf_export", "(param i32 i32) (result i32)", "(i32.const 0)"),
        export("rf_import", "(param i32 i32 i32) (result i32)", "(i32.const 0)"),
        export("rf_shutdown", "", ""),
    ];
    let wasm = Guest { imports: IMPORTS, more: more.concat(), ..Guest::default() }.wasm();
    for engine in engines() {
        let gas = [0, 1, 2, 3].map(|call| {
            let cache = Cache::disabled();
            let mut sandbox = Sandbox::load(&**engine, &cache, &wasm, &tight()).unwrap();
            let failed = match call {
                0 => sandbox.call_timer(Time(1), &mut Vec::new()),
                1 => sandbox.export_state().map(drop),
                2 => sandbox.import_state(&[], 1).map(drop),
                _ => sandbox.shutdown(),
            };
            assert_eq!(failed.as_ref(), Err(fault), "{} in call {call}", engine.name());
            assert_eq!(sandbox.deliver(Time(2), &events(1), &mut Vec::new()).as_ref(), Err(fault));
            sandbox.stats().gas
        });
        assert!(gas.iter().all(|&it| it == gas[0]), "a call that fails costs all it may: {gas:?}");
    }
}

/// The least time in which a loop of this host call uses up its gas.
fn flood(engine: &dyn Engine, call: &str) -> Duration {
    let config = SandboxConfig { gas_per_call: 500_000, ..SandboxConfig::default() };
    let wasm = guest(&format!(
        "(memory.fill (i32.const 65536) (i32.const 0xff) (i32.const 8192))
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
        let [plain, lines] =
            ["(drop (call $rand))", "(call $log (i32.const 1) (i32.const 65536) (i32.const 4096))"]
                .map(|call| flood(&**engine, call));
        println!("{}: {plain:?}, {lines:?}", engine.name());
        let most = plain * 10 + Duration::from_micros(500);
        assert!(lines < most, "{}: log took {lines:?} of {most:?}", engine.name());
    }
}
