//! What is admitted is taken by every engine: where one of them takes less than Wasm allows, or other
//! bytes for the same, admission says so or writes it otherwise before any sees the module.

use std::sync::Arc;

use ringfence_core::quantity::Time;
use ringfence_host::runtime::{Engine, Tiered};
use ringfence_host::sandbox::{Cache, LoadError, Program, Sandbox, SandboxConfig, admit};

use crate::guests::{Guest, engines, events};

/// The usual guest with a function of this body, which each call with events calls.
fn with(body: &str) -> Vec<u8> {
    Guest {
        on_events: "(call $big (local.get $count)) (i32.const 0)".into(),
        more: format!("(func $big (param i32) (local $x i64) (local $f f32) {body})"),
        ..Guest::default()
    }
    .wasm()
}

/// The sentence of the rule that refuses it.
#[track_caller]
fn refused(wasm: &[u8]) -> String {
    match admit(wasm, &SandboxConfig::default()) {
        Err(error @ LoadError::Refused(_)) => error.to_string(),
        Err(error) => panic!("not by a rule: {error}"),
        Ok(_) => panic!("it is admitted"),
    }
}

/// It is admitted, and runs on each of these engines as on the others.
#[track_caller]
fn taken(wasm: &[u8], engines: impl Iterator<Item = &'static dyn Engine>) {
    let config = SandboxConfig { depth: u32::MAX, ..SandboxConfig::default() };
    let admitted = admit(wasm, &config).unwrap();
    let mut gas = None;
    for engine in engines {
        let name = engine.name();
        let program = Program::compile(engine, &admitted);
        let program = program.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut sandbox = Sandbox::start(&program, &config).unwrap();
        let delivered = sandbox.deliver(Time(1), &events(1), &mut Vec::new());
        assert_eq!(delivered, Ok(()), "{name}");
        assert_eq!(*gas.get_or_insert(sandbox.stats().gas), sandbox.stats().gas, "{name}");
    }
}

/// Those that do not think long about long functions.
fn quick() -> impl Iterator<Item = &'static dyn Engine> {
    all().filter(|engine| !engine.keeps_artifacts())
}

fn all() -> impl Iterator<Item = &'static dyn Engine> {
    engines().iter().map(|engine| &**engine)
}

/// Jumps to so many places, turn by turn, and one for all other numbers.
fn table(targets: usize) -> Vec<u8> {
    let turns = "0 1 ".repeat(targets / 2);
    with(&format!("(block (block (br_table {turns} 1 (local.get 0))))"))
}

/// Puts so many values on the stack, opens a block, and takes them off again.
fn high(values: usize) -> Vec<u8> {
    let (put, off) = ("(local.get $x) ".repeat(values), "(drop) ".repeat(values));
    with(&format!("{put} (block (nop)) {off}"))
}

/// So many numbers, no two alike, and one more that says where they go.
fn numbers(count: usize) -> Vec<u8> {
    let all: String = (0..count)
        .map(|at| format!("(local.set $x (i64.const {}))", (1 << 40) + at * 77))
        .collect();
    with(&all)
}

/// So many jumps, all of them far, each over another distance.
fn jumps(count: usize) -> Vec<u8> {
    let all = "(br_if 0 (i32.lt_s (local.get 0) (local.get 0)))".repeat(count);
    let far = "(local.set $x (i64.add (local.get $x) (local.get $x)))".repeat(40_000);
    with(&format!("(block {all} {far})"))
}

#[test]
fn what_one_engine_counts_less_of_than_others_is_refused() {
    for (wasm, sentence) in [
        (table(65_002), "has 65002 targets of one br_table, but may have 65000"),
        (high(10_001), "has 10001 values on the stack of one function, but may have 10000"),
        (numbers(25_001), "has 25001 numbers and jumps of one function, but may have 25000"),
        (jumps(25_001), "has 25001 numbers and jumps of one function, but may have 25000"),
    ] {
        assert_eq!(refused(&wasm), sentence);
    }
}

#[test]
fn what_is_just_within_the_rules_every_engine_takes() {
    taken(&table(65_000), all());
    taken(&high(10_000), all());
    taken(&numbers(25_000), all());
    taken(&jumps(25_000), quick());
}

#[test]
fn a_function_that_outgrows_engines_with_its_fence_is_refused() {
    // Each of them becomes a jump and pays for itself: nine bytes.
    let returns = |count| with(&"(return) ".repeat(count));
    taken(&returns(850_000), all());
    assert_eq!(
        refused(&returns(1_000_000)),
        "has a function of 9000048 bytes once its fence is in, but engines take 7654321: split it, \
         or build with opt-level \"s\""
    );
}

#[test]
fn what_an_interpreter_turns_out_not_to_take_it_says_before_the_first_call() {
    // Of each number that it takes from a global it makes two that it keeps: none of that is counted,
    // as it depends on what wasmi works out beforehand.
    let step = "(global.get $k) i64.mul (local.tee $x) f64.convert_i64_u (local.tee $d) \
                i64.reinterpret_f64 ";
    let wasm = Guest {
        on_events: "(call $big) (i32.const 0)".into(),
        more: format!(
            "(global $k i64 (i64.const 0x123456789abcdef))
             (func $big (local $x i64) (local $d f64) (i64.const 1) {} drop)",
            step.repeat(20_000)
        ),
        ..Guest::default()
    }
    .wasm();
    let config = SandboxConfig::default();
    let admitted = admit(&wasm, &config).unwrap();
    for first in engines().iter().filter(|engine| engine.name() == "wasmi") {
        let error = Program::compile(&**first, &admitted).unwrap_err().to_string();
        assert!(error.starts_with("wasmi does not take the module: "), "{error}");
        // Where that is only the first of two engines, the second one is waited for.
        for then in engines().iter().filter(|engine| engine.name() == "wasmtime").take(1) {
            let tiered = Tiered::new(Arc::clone(first), Arc::clone(then)).unwrap();
            let program = Program::prepare(&tiered, &Cache::disabled(), &wasm, &config).unwrap();
            let mut sandbox = Sandbox::start(&program, &config).unwrap();
            assert_eq!(sandbox.deliver(Time(1), &events(1), &mut Vec::new()), Ok(()));
        }
    }
}
