//! Guests that try to break out, and what becomes of each: a fault, the same on every engine.

mod calls;
mod modules;

use ringfence_core::quantity::Time;
use ringfence_host::runtime::Trap;
use ringfence_host::sandbox::{Cache, Fault, LoadError, Sandbox, SandboxConfig};

use crate::guests::{Guest, Outcome, echo, engines, events, run, run_on, tight};

/// Runs a guest that does this with its events, and expects this fault.
#[track_caller]
fn check(on_events: &str, expected: &Fault) {
    check_guest(&Guest { on_events: on_events.to_owned(), ..Guest::default() }, expected);
}

#[track_caller]
fn check_guest(guest: &Guest, expected: &Fault) -> Outcome {
    let config = tight();
    let outcome = run(&guest.wasm(), &config, &[events(2), events(1)]);
    assert_eq!(outcome.fault(), expected);
    let delivered = outcome.delivered.as_ref().unwrap();
    assert_eq!(delivered[0], delivered[1], "a spent sandbox gives the same answer");
    assert_eq!((outcome.commands, outcome.traps), (0, 1));
    assert!(outcome.gas >= config.gas_per_call, "a call that fails costs all it was given");
    outcome
}

const OUT_OF_GAS: Fault = Fault::OutOfGas { limit: 200_000 };
const TOO_DEEP: Fault = Fault::TooDeep { limit: 1_024 };

#[test]
fn a_loop_without_end_runs_out_of_gas() {
    check("(loop $l (br $l)) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $l (br_if $l (i32.const 1))) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $l (br_table $l $l (i32.const 0))) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $a (loop $b (br $a))) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $l (if (i32.const 1) (then (br $l)) (else (nop)))) (i32.const 0)", &OUT_OF_GAS);
    let guest = Guest {
        on_events: "(loop $l (call $leaf) (br $l)) (i32.const 0)".to_owned(),
        more: "(func $leaf)".to_owned(),
        ..Guest::default()
    };
    check_guest(&guest, &OUT_OF_GAS);
}

#[test]
fn a_loop_without_end_in_the_start_is_no_start() {
    let fault = Fault::OutOfGas { limit: 400_000 };
    for (guest, export, function) in [
        (
            Guest { init: "(loop $l (br $l)) (i32.const 0)".into(), ..Guest::default() },
            "rf_init",
            2,
        ),
        (Guest { io_at: "(loop $l (br $l)) (i32.const 64)", ..Guest::default() }, "rf_io", 1),
        (
            Guest { version: "(loop $l (br $l)) (i32.const 1)", ..Guest::default() },
            "rf_abi_version",
            0,
        ),
    ] {
        let outcome = run(&guest.wasm(), &tight(), &[]);
        let backtrace = vec![format!("function {function}")];
        let error = LoadError::Start { export, fault: fault.clone(), backtrace };
        assert_eq!(*outcome.load_error(), error);
    }
}

#[test]
fn a_loop_without_end_in_a_timer_runs_out_of_gas() {
    let guest = Guest {
        more: r#"(func (export "rf_timer") (param i64) (loop $l (br $l)))"#.into(),
        ..Guest::default()
    };
    for engine in engines() {
        let mut sandbox =
            Sandbox::load(&**engine, &Cache::disabled(), &guest.wasm(), &tight()).unwrap();
        let mut out = Vec::new();
        assert_eq!(sandbox.call_timer(Time(5), &mut out), Err(OUT_OF_GAS), "{}", engine.name());
        assert_eq!(sandbox.deliver(Time(6), &events(1), &mut out), Err(OUT_OF_GAS));
        assert_eq!(sandbox.fault(), Some(&OUT_OF_GAS));
    }
}

#[test]
fn bulk_operations_cost_by_length() {
    // Twelve instructions a turn, but 32 KiB.
    check(
        "(loop $l (memory.fill (i32.const 65536) (i32.const 1) (i32.const 32768)) (br $l))
         (i32.const 0)",
        &OUT_OF_GAS,
    );
    let turns = "(loop $l
        (memory.copy (i32.const 65536) (i32.const 66000) (i32.const {len}))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
        (i32.const 0)";
    let gas =
        |len: &str| run(&Guest::doing(&turns.replace("{len}", len)), &tight(), &[events(1)]).gas;
    assert_eq!(gas("32000") - gas("0"), 10 * 32_000 / 4);
    // A length beyond the memory is charged before the engine looks at it.
    check("(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (i32.const 0)", &OUT_OF_GAS);
}

#[test]
fn calls_without_end_run_out_of_stack() {
    let recursion = |more: &str| Guest {
        on_events: "(call $deeper (local.get $count))".to_owned(),
        more: more.to_owned(),
        ..Guest::default()
    };
    check_guest(
        &recursion(
            "(func $deeper (param i32) (result i32)
                (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))",
        ),
        &TOO_DEEP,
    );
    check_guest(
        &recursion(
            "(table funcref (elem $deeper)) (type $f (func (param i32) (result i32)))
             (func $deeper (param i32) (result i32)
                (i32.xor (call_indirect (type $f) (local.get 0) (i32.const 0)) (local.get 0)))",
        ),
        &TOO_DEEP,
    );
    check_guest(
        &recursion(
            "(func $deeper (param i32) (result i32) (i32.add (call $b (local.get 0)) (i32.const 1)))
             (func $b (param i32) (result i32) (i32.mul (call $deeper (local.get 0)) (i32.const 3)))",
        ),
        &TOO_DEEP,
    );
}

/// Each of its frames holds hundreds of values across the call that goes deeper.
fn heavy_recursion() -> Guest {
    let count = 900;
    let locals = "(local i64)".repeat(count);
    let set: String = (1..=count)
        .map(|at| format!("(local.set {at} (i64.load offset={} (local.get 0)))", at * 8))
        .collect();
    let used: String = (1..=count).map(|at| format!("(local.get {at}) i64.xor ")).collect();
    Guest {
        on_events: "(i32.wrap_i64 (call $deeper (i32.const 65536)))".into(),
        more: format!(
            "(func $deeper (param i32) (result i64) {locals} {set}
                (call $deeper (i32.add (local.get 0) (i32.const 8))) {used})"
        ),
        ..Guest::default()
    }
}

#[test]
fn heavy_frames_run_out_of_stack_sooner_and_never_take_the_process_along() {
    let guest = heavy_recursion();
    check_guest(&guest, &TOO_DEEP);
    // On a thread whose stack is far too small for it.
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let small = thread.spawn(move || check_guest(&guest, &TOO_DEEP)).unwrap();
    small.join().unwrap();
}

#[test]
fn the_end_of_the_native_stack_is_a_fault_where_the_depth_limit_fails() {
    let guest = Guest {
        on_events: "(call $deeper (local.get $count))".into(),
        more: "(func $deeper (param i32) (result i32)
                (i32.rotl (call $deeper (i32.add (local.get 0) (i32.const 1))) (local.get 0)))"
            .into(),
        ..Guest::default()
    };
    let gas_per_call = 1_000_000_000;
    let config = SandboxConfig { depth: u32::MAX, gas_per_call, ..SandboxConfig::default() };
    // An interpreter keeps its frames elsewhere.
    for engine in engines().iter().filter(|engine| engine.keeps_artifacts()) {
        for _ in 0..3 {
            let outcome = run_on(&**engine, &guest.wasm(), &config, &[events(1)]);
            let name = engine.name();
            assert_eq!(*outcome.fault(), Fault::Trapped(Trap::StackExhausted), "{name}");
            let outcome = run_on(&**engine, &echo(), &config, &[events(1)]);
            assert_eq!(outcome.asked().len(), 1, "{name} goes on");
        }
    }
}

#[test]
fn every_trap_has_the_same_name_everywhere() {
    for (body, trap) in [
        ("unreachable", Trap::Unreachable),
        ("(i32.load (i32.const -4))", Trap::MemoryOutOfBounds),
        ("(i32.load offset=4294967295 (local.get $events))", Trap::MemoryOutOfBounds),
        ("(i64.store (i32.const 131065) (i64.const 1)) (i32.const 0)", Trap::MemoryOutOfBounds),
        (
            "(memory.copy (i32.const 131000) (i32.const 0) (i32.const 1000)) (i32.const 0)",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(memory.fill (i32.const 131000) (i32.const 0) (i32.const 1000)) (i32.const 0)",
            Trap::MemoryOutOfBounds,
        ),
        ("(i32.div_s (i32.const 1) (local.get $i))", Trap::DivideByZero),
        ("(i32.rem_u (i32.const 1) (local.get $i))", Trap::DivideByZero),
        (
            "(i32.div_s (i32.const 0x80000000) (i32.sub (local.get $i) (i32.const 1)))",
            Trap::IntegerOverflow,
        ),
        ("(i32.trunc_f64_s (f64.div (f64.const 0) (f64.const 0)))", Trap::BadConversion),
        ("(i32.trunc_f64_s (f64.const 1e300))", Trap::IntegerOverflow),
        ("(call_indirect (type $f) (i32.const 9))", Trap::TableOutOfBounds),
        ("(call_indirect (type $f) (i32.const 1))", Trap::NoSuchFunction),
        ("(call_indirect (type $f) (i32.const 0))", Trap::WrongFunctionType),
    ] {
        let guest = Guest {
            on_events: body.to_owned(),
            more: "(type $f (func (result i32))) (table 3 funcref) (elem (i32.const 0) $other)
                   (func $other (param f32))"
                .to_owned(),
            ..Guest::default()
        };
        check_guest(&guest, &Fault::Trapped(trap));
    }
}

#[test]
fn memory_grows_to_its_limit_and_no_further() {
    let wasm = Guest::doing(
        "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (drop (memory.grow (i32.const -1)))
         (drop (memory.grow (i32.const 65535)))
         (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65536))
         (i32.const 0)",
    );
    let config = SandboxConfig { memory_pages: 9, ..SandboxConfig::default() };
    let outcome = run(&wasm, &config, &[events(1), events(1)]);
    assert_eq!(outcome.pages, 9);
    assert_eq!(outcome.asked(), []);
    // What it declares itself counts where it is less.
    let modest = Guest {
        memory: "2 3",
        on_events: "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
                    (i32.const 0)"
            .into(),
        ..Guest::default()
    };
    assert_eq!(run(&modest.wasm(), &config, &[events(1)]).pages, 3);
    // Pages are paid for.
    let outcome = run(&wasm, &SandboxConfig { memory_pages: 256, ..tight() }, &[events(1)]);
    assert_eq!(*outcome.fault(), OUT_OF_GAS);
}

#[test]
fn guests_of_both_engines_trap_side_by_side() {
    let trap = Guest::doing("(i32.load (i32.const -4))");
    let fine = echo();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (trap, fine) = (trap.clone(), fine.clone());
            std::thread::spawn(move || {
                for _ in 0..20 {
                    for engine in engines() {
                        let load = |wasm: &[u8]| {
                            Sandbox::load(&**engine, &Cache::disabled(), wasm, &tight()).unwrap()
                        };
                        let (mut bad, mut good) = (load(&trap), load(&fine));
                        let mut out = Vec::new();
                        let fault = bad.deliver(Time(1), &events(1), &mut out).unwrap_err();
                        assert_eq!(fault, Fault::Trapped(Trap::MemoryOutOfBounds));
                        good.deliver(Time(1), &events(9), &mut out).unwrap();
                        assert_eq!(out.len(), 9);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
