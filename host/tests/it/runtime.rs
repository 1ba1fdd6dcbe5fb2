//! One suite for every engine: the same guests, the same answers, the same gas.

use ringfence_host::sandbox::{Fault, SandboxConfig};

use crate::guests::{COMMANDS_CAP, EVENTS_CAP, Guest, echo, events, run, tight};
use crate::programs;

#[test]
fn a_guest_answers_each_event_with_an_order() {
    let outcome = run(&echo(), &SandboxConfig::default(), &[events(3), vec![], events(1)]);
    let asked: Vec<_> =
        outcome.asked().iter().map(|it| (it.op, it.instrument, it.id, it.price, it.qty)).collect();
    assert_eq!(
        asked,
        [
            (3, 7, 501, 9_997, 10),
            (3, 7, 502, 9_994, 20),
            (3, 7, 503, 9_991, 30),
            (3, 7, 501, 9_997, 10)
        ]
    );
    assert_eq!((outcome.events, outcome.commands, outcome.traps), (4, 4, 0));
    // Version, block, init, and a call for each batch that is not empty.
    assert_eq!(outcome.calls, 5);
    assert!(outcome.gas > 0, "instructions are paid for");
}

#[test]
fn more_events_than_fit_take_several_calls() {
    let batch = u64::from(EVENTS_CAP) * 2 + 5;
    let outcome = run(&echo(), &SandboxConfig::default(), &[events(batch)]);
    let ids: Vec<u64> = outcome.asked().iter().map(|it| it.id).collect();
    assert_eq!(ids, (501..=500 + batch).collect::<Vec<_>>());
    assert_eq!(outcome.calls, 3 + 3);
}

#[test]
fn parameters_reach_init_as_text() {
    let init = "(i32.sub (i32.const 0) (i32.load8_u (i32.add (local.get $params) (i32.const 4))))";
    let guest = Guest { init: init.to_owned(), ..Guest::default() };
    let config = SandboxConfig { params: "qty=7\n".to_owned(), ..SandboxConfig::default() };
    let error = run(&guest.wasm(), &config, &[]).load_error().to_string();
    // It returns what it read, the character 7, as its own error code.
    assert!(error.contains("code -55"), "{error}");
}

#[test]
fn every_host_call_answers() {
    let wasm = Guest::importing(
        r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))
           (import "ringfence_1" "time_ns" (func $time (result i64)))
           (import "ringfence_1" "rand64" (func $rand (result i64)))
           (import "ringfence_1" "metric" (func $metric (param i32 i64)))
           (import "ringfence_1" "submit" (func $submit (param i32 i32) (result i32)))"#,
        r#"(i64.store (i32.const 20000) (i64.const 0x6f6c6c6568))
           (call $log (i32.const 2) (i32.const 20000) (i32.const 5))
           (call $metric (i32.const 0) (call $time))
           (call $metric (i32.const 1) (call $rand))
           (call $metric (i32.const 2) (i64.const -5))
           (call $metric (i32.const 64) (i64.const 1))
           (i32.store8 (i32.const 30000) (i32.const 4))
           (i64.store (i32.const 30024) (i64.const 77))
           (call $metric (i32.const 3)
               (i64.extend_i32_s (call $submit (i32.const 30000) (i32.const 128))))
           (call $metric (i32.const 4)
               (i64.extend_i32_s (call $submit (i32.const 30000) (i32.const 127))))
           (i64.store (i32.const 4248) (i64.const 78))
           (i32.const 1)"#,
    );
    let config = SandboxConfig { seed: 42, ..SandboxConfig::default() };
    let outcome = run(&wasm, &config, &[events(1)]);
    // What was submitted goes ahead of what was returned.
    assert_eq!(outcome.asked().iter().map(|it| it.id).collect::<Vec<_>>(), [77, 78]);
    assert_eq!(outcome.log.len(), 1);
    assert_eq!((outcome.log[0].text.as_str(), outcome.log[0].level), ("hello", 2));
    assert_eq!(outcome.log[0].at_ns, 1_000_000);
    let [time, rand, negative, submitted, short, ..] = outcome.metrics[..] else { unreachable!() };
    assert_eq!((time, negative, submitted, short), (1_000_000, -5, 0, -2));
    // The first number of SplitMix64 from 42.
    assert_eq!(rand.cast_unsigned(), 0xbdd7_3226_2feb_6e95);
}

#[test]
fn memory_keeps_what_a_guest_writes_and_grows_to_its_limit() {
    // Returns how many pages it got in all; each call asks for one more.
    let wasm = Guest::doing(
        "(drop (memory.grow (i32.const 1)))
         (i32.store (i32.const 40000) (i32.add (i32.load (i32.const 40000)) (i32.const 1)))
         (i64.store (i32.const 4248) (i64.extend_i32_u (memory.size)))
         (i64.store (i32.const 4264) (i64.extend_i32_u (i32.load (i32.const 40000))))
         (i32.const 1)",
    );
    let config = SandboxConfig { memory_pages: 4, ..SandboxConfig::default() };
    let outcome = run(&wasm, &config, &vec![events(1); 5]);
    let seen: Vec<_> = outcome.asked().iter().map(|it| (it.id, it.price)).collect();
    assert_eq!(seen, [(3, 1), (4, 2), (4, 3), (4, 4), (4, 5)]);
    assert_eq!(outcome.pages, 4);
}

#[test]
fn floats_that_are_not_numbers_have_the_same_bits_everywhere() {
    let wasm = Guest::doing(
        "(f64.store (i32.const 4248) (f64.add
            (f64.reinterpret_i64 (i64.const 0x7ff8000000000abc))
            (f64.reinterpret_i64 (i64.const 0xfff8000000000def))))
         (f64.store (i32.const 4264) (f64.div (f64.const 0) (f64.const 0)))
         (f64.store (i32.const 4272) (f64.sqrt (f64.const -1)))
         ;; A copy, a sign and a payload are no arithmetic: bits stay as they are.
         (f64.store (i32.const 4280)
            (f64.neg (f64.reinterpret_i64 (i64.const 0x7ff8000000000abc))))
         (f64.store (i32.const 4288)
            (f64.promote_f32 (f32.demote_f64 (f64.reinterpret_i64 (i64.const 0xfff8000000000abc)))))
         (f64.store (i32.const 4296) (f64.copysign (f64.const 1)
            (f64.mul (f64.const -1) (f64.sub (f64.const inf) (f64.const inf)))))
         (i32.const 1)",
    );
    let asked = run(&wasm, &SandboxConfig::default(), &[events(1)]).asked()[0];
    let canonical = 0x7ff8_0000_0000_0000_u64;
    assert_eq!(asked.id, canonical);
    assert_eq!(asked.price.cast_unsigned(), canonical);
    assert_eq!(asked.qty, canonical);
    assert_eq!(asked.trigger.cast_unsigned(), 0xfff8_0000_0000_0abc);
    assert_eq!(asked.limit.cast_unsigned(), canonical);
    assert_eq!(f64::from_bits(asked.display), 1.0);
}

#[test]
fn gas_is_a_property_of_the_module() {
    // A number to hold on to: a change here changes what every recorded run cost.
    let outcome = run(&echo(), &SandboxConfig::default(), &[events(64)]);
    assert_eq!(outcome.gas, 5_964, "gas of 64 echoed events, start included");
}

#[test]
fn random_programs_compute_the_same_and_cost_the_same() {
    // RINGFENCE_SEEDS=1000 takes minutes, most of them in WasmEdge's compiler.
    let seeds = std::env::var("RINGFENCE_SEEDS").map_or(6, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        let wasm = programs::module(seed, 24);
        let outcome = run(&wasm, &SandboxConfig::default(), &vec![events(24); 3]);
        let asked = outcome.asked();
        assert_eq!(asked.len(), 72, "seed {seed}: an answer for each event");
        assert!(
            asked.iter().any(|it| it.qty != asked[0].qty),
            "seed {seed}: they depend on events"
        );
    }
}

#[test]
fn random_programs_run_out_at_the_same_instruction() {
    let wasm = programs::module(99, 24);
    let whole = run(&wasm, &SandboxConfig::default(), &[events(24)]).gas;
    for part in 1..8 {
        let config = SandboxConfig { gas_per_call: whole * part / 8, ..SandboxConfig::default() };
        let outcome = run(&wasm, &config, &[events(24)]);
        let last = outcome.delivered.as_ref().unwrap().last().unwrap();
        if let Err(fault) = last {
            assert_eq!(*fault, Fault::OutOfGas { limit: config.gas_per_call });
        }
    }
    let config = SandboxConfig { gas_per_call: whole / 8, ..SandboxConfig::default() };
    assert!(run(&wasm, &config, &[events(24)]).delivered.unwrap()[0].is_err());
}

#[test]
fn a_call_may_ask_for_as_much_as_its_buffer_holds() {
    let wasm = Guest::doing(&format!("(i32.const {COMMANDS_CAP})"));
    let outcome = run(&wasm, &tight(), &[events(1)]);
    assert_eq!(outcome.asked().len(), COMMANDS_CAP as usize);
}

/// Given a compiled file that it does not like, `WasmEdge` may interpret what is in it and say
/// nothing.
#[cfg(feature = "wasmedge")]
#[test]
fn compiled_guests_are_not_interpreted_in_silence() {
    use std::time::{Duration, Instant};

    use ringfence_core::quantity::Time;
    use ringfence_host::runtime::{WasmEdge, WasmEdgeMode};
    use ringfence_host::sandbox::{Cache, Sandbox};

    let wasm = Guest::doing("(loop $l (br $l)) (i32.const 0)");
    let config = SandboxConfig { gas_per_call: 5_000_000, ..SandboxConfig::default() };
    let took = |mode| -> Duration {
        let engine = WasmEdge::new(mode).unwrap();
        let mut sandbox = Sandbox::load(&engine, &Cache::disabled(), &wasm, &config).unwrap();
        let begun = Instant::now();
        let fault = sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap_err();
        assert_eq!(fault, Fault::OutOfGas { limit: 5_000_000 });
        begun.elapsed()
    };
    let (compiled, interpreted) = (took(WasmEdgeMode::Compiled), took(WasmEdgeMode::Interpreted));
    assert!(compiled * 5 < interpreted, "compiled {compiled:?}, interpreted {interpreted:?}");
}
