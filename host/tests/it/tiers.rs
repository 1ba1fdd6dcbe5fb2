//! Strategies that move from one engine to another between two batches, and compilers elsewhere.

use std::ffi::OsString;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ringfence_core::quantity::Time;
use ringfence_host::runtime::{Artifact, Engine, EngineError, InChild, Module, Tiered};
use ringfence_host::sandbox::{Cache, LoadError, Program, Sandbox, SandboxConfig};

use crate::command::Folder;
use crate::guests::{Guest, echo, engines, events, run, run_moving, tight};
use crate::programs;

/// A guest runs the same whether it stays or moves at every batch, wherever it began.
#[track_caller]
fn check_moving(wasm: &[u8], config: &SandboxConfig, batches: usize) {
    let batches = vec![events(5); batches];
    let stayed = run(wasm, config, &batches);
    for first in 0..engines().len() {
        assert_eq!(run_moving(first, wasm, config, &batches), stayed, "from the {first}th on");
    }
}

#[test]
fn nobody_can_tell_that_a_strategy_moves_at_every_batch() {
    check_moving(&echo(), &SandboxConfig::default(), 8);
    for seed in [3, 17] {
        check_moving(&programs::module(seed, 8), &SandboxConfig::default(), 8);
    }
}

#[test]
fn memory_globals_numbers_and_what_the_host_keeps_move_along() {
    let guest = Guest {
        imports: r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))
                    (import "ringfence_1" "rand64" (func $rand (result i64)))
                    (import "ringfence_1" "metric" (func $metric (param i32 i64)))"#,
        more: "(global $a (mut i32) (i32.const -7)) (global $k i32 (i32.const 1))
               (global $b (mut i64) (i64.const 0x8000000000000001))
               (global $c (mut f32) (f32.const nan:0x1234))
               (global $d (mut f64) (f64.const -0.25))"
            .into(),
        on_events: "
            (drop (memory.grow (global.get $k)))
            (global.set $a (i32.sub (global.get $a) (memory.size)))
            (global.set $b (i64.mul (global.get $b) (i64.const 3)))
            (global.set $d (f64.mul (global.get $d) (f64.const 1.5)))
            (i64.store (i32.const 70000)
                (i64.add (i64.load (i32.const 70000)) (call $rand)))
            (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))
                (global.get $a))
            (call $log (i32.const 3) (i32.const 64) (i32.const 4))
            (call $metric (i32.const 1) (i64.load (i32.const 70000)))
            (i64.store (i32.const 4248) (i64.extend_i32_s (global.get $a)))
            (i64.store (i32.const 4264) (global.get $b))
            (i64.store (i32.const 4272) (i64.extend_i32_u (i32.reinterpret_f32 (global.get $c))))
            (f64.store (i32.const 4280) (global.get $d))
            (i32.const 1)"
            .into(),
        ..Guest::default()
    };
    let config = SandboxConfig { memory_pages: 6, seed: 5, ..SandboxConfig::default() };
    check_moving(&guest.wasm(), &config, 9);
}

#[test]
fn a_guest_that_fails_after_it_moved_fails_the_same_way() {
    // It runs out of gas in its fourth call.
    let guest = Guest {
        more: "(global $n (mut i32) (i32.const 0))".into(),
        on_events: "(global.set $n (i32.add (global.get $n) (i32.const 1)))
                    (loop $l (br_if $l (i32.eq (global.get $n) (i32.const 4)))) (i32.const 0)"
            .into(),
        ..Guest::default()
    };
    check_moving(&guest.wasm(), &tight(), 6);
}

#[test]
fn a_strategy_moves_to_code_of_its_own_module_alone() {
    let program = |wasm: &[u8], config: &SandboxConfig| {
        Program::prepare(&*engines()[0], &Cache::disabled(), wasm, config).unwrap()
    };
    let config = SandboxConfig::default();
    let mut sandbox = Sandbox::start(&program(&echo(), &config), &config).unwrap();
    let other = program(&Guest::doing("(i32.const 0)"), &config);
    assert_eq!(sandbox.move_to(&other), Err(LoadError::OtherModule));
    let less = SandboxConfig { memory_pages: 3, ..config.clone() };
    assert_eq!(sandbox.move_to(&program(&echo(), &less)), Err(LoadError::OtherModule));
    sandbox.move_to(&program(&echo(), &config)).unwrap();
    assert_eq!(sandbox.stats().moves, 1);
}

/// The engines that compile, each with its name for the program that compiles elsewhere.
fn compilers() -> Vec<(&'static str, Arc<dyn Engine>)> {
    let names = ["wasmtime", "wasmedge"];
    let find = |engine: &Arc<dyn Engine>| {
        let name = names.into_iter().find(|name| *name == engine.name())?;
        Some((name, Arc::clone(engine)))
    };
    engines().iter().filter_map(find).collect()
}

/// The engine that starts at once.
fn interpreter() -> Arc<dyn Engine> {
    #[cfg(feature = "wasmtime")]
    return Arc::new(ringfence_host::runtime::Wasmi::to_start_with().unwrap());
    #[cfg(not(feature = "wasmtime"))]
    return Arc::clone(engines().iter().find(|engine| !engine.keeps_artifacts()).unwrap());
}

/// Whoever validates all of it refuses what it never calls; the first of two engines leaves that to
/// the second, and validates what is called: a fault, and nothing else.
#[cfg(feature = "wasmtime")]
#[test]
fn the_first_of_two_engines_validates_what_is_called() {
    use ringfence_host::runtime::{Call, Imports, ImportsConfig, Trap, Wasmi};
    let wasm = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (global (export "rf:gas") (mut i64) (i64.const 0))
            (global (export "rf:depth") (mut i32) (i32.const 0))
            (global (export "rf:path") (mut i64) (i64.const 0))
            (func (export "rf_abi_version") (param i64) (result i32 i64) i32.const 1 local.get 0)
            (func (export "rf_shutdown") (param i64) (result i64) i32.const 1))"#,
    )
    .unwrap();
    Wasmi::new().unwrap().prepare(&wasm).unwrap_err();
    let module = Wasmi::to_start_with().unwrap().prepare(&wasm).unwrap();
    let nothing =
        ImportsConfig { submitted_max: 0, log_bytes_per_second: 0, log_bytes_kept: 0, seed: 0 };
    let mut guest = module.instantiate(Imports::new(nothing)).unwrap();
    assert_eq!(guest.call(Call::AbiVersion, 9).map(|returned| returned.gas), Ok(9));
    assert_eq!(guest.call(Call::Shutdown, 9).map(|returned| returned.gas), Err(Trap::Other));
}

fn in_child(name: &str, engine: Arc<dyn Engine>) -> Arc<dyn Engine> {
    let args = ["compile-guest", name].map(OsString::from);
    Arc::new(InChild::new(engine, env!("CARGO_BIN_EXE_ringfence"), args))
}

#[test]
fn a_module_never_seen_before_starts_at_once_and_moves_when_it_is_compiled() {
    let expected = run(&echo(), &SandboxConfig::default(), &vec![events(3); 2]);
    for (name, engine) in compilers() {
        let dir = Folder::new(&format!("tiers-{name}"));
        let cache = Cache::at(dir.path("").as_ref());
        let config = SandboxConfig::default();
        let tiered = Tiered::new(interpreter(), in_child(name, engine)).unwrap();
        let program = Program::prepare(&tiered, &cache, &echo(), &config).unwrap();
        assert!(!program.is_from_cache());
        let mut sandbox = Sandbox::start(&program, &config).unwrap();
        let mut out = Vec::new();
        sandbox.deliver(Time(1_000_000), &events(3), &mut out).unwrap();
        program.wait_until_compiled().unwrap();
        sandbox.deliver(Time(2_000_000), &events(3), &mut out).unwrap();
        assert_eq!(out, expected.asked(), "{name}");
        assert_eq!((sandbox.stats().gas, sandbox.stats().moves), (expected.gas, 1), "{name}");
        // The next one finds it compiled.
        let again = Program::prepare(&tiered, &cache, &echo(), &config).unwrap();
        assert!(again.is_from_cache(), "{name}");
    }
}

#[test]
fn without_a_cache_a_module_is_compiled_all_the_same_and_leaves_nothing() {
    for (name, engine) in compilers() {
        let dir = Folder::new(&format!("no-cache-{name}"));
        let cache = Cache::at(dir.path("").as_ref());
        let config = SandboxConfig { cache_enabled: false, ..SandboxConfig::default() };
        let tiered = Tiered::new(interpreter(), in_child(name, engine)).unwrap();
        for _ in 0..2 {
            let program = Program::prepare(&tiered, &cache, &echo(), &config).unwrap();
            assert!(!program.is_from_cache());
            program.wait_until_compiled().unwrap();
            let sandbox = Sandbox::start(&program, &config).unwrap();
            assert_eq!(sandbox.stats().moves, 0, "it starts compiled");
        }
        assert_eq!(std::fs::read_dir(cache.dir().unwrap()).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn what_stands_ready_in_slow_code_is_not_taken_once_there_is_faster_code() {
    for (name, engine) in compilers() {
        let tiered = Tiered::new(interpreter(), in_child(name, engine)).unwrap();
        let config = SandboxConfig::default();
        let program = Program::prepare(&tiered, &Cache::disabled(), &echo(), &config).unwrap();
        program.keep_ready(2).unwrap();
        program.wait_until_compiled().unwrap();
        let mut sandbox = Sandbox::start(&program, &config).unwrap();
        sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap();
        assert_eq!((program.ready(), sandbox.stats().moves), (0, 0), "{name}");
        // Nor does it count for what is to stand ready.
        let program = Program::prepare(&tiered, &Cache::disabled(), &echo(), &config).unwrap();
        program.keep_ready(2).unwrap();
        program.wait_until_compiled().unwrap();
        program.keep_ready(1).unwrap();
        assert_eq!(program.ready(), 1, "{name}");
    }
}

#[test]
fn a_compiler_that_fails_costs_speed_and_nothing_else() {
    let (_, engine) = compilers().swap_remove(0);
    let elsewhere = |program: &str| -> Arc<dyn Engine> {
        Arc::new(InChild::new(Arc::clone(&engine), program, []))
    };
    let other = in_child("no-such-engine", Arc::clone(&engine));
    for (broken, says) in [
        (elsewhere("/bin/false"), "exit status: 1"),
        (elsewhere("/nowhere"), "No such"),
        (other, "exit status: 2"),
    ] {
        let tiered = Tiered::new(interpreter(), broken).unwrap();
        let config = SandboxConfig::default();
        let program = Program::prepare(&tiered, &Cache::disabled(), &echo(), &config).unwrap();
        let error = program.wait_until_compiled().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        let mut sandbox = Sandbox::start(&program, &config).unwrap();
        let mut out = Vec::new();
        sandbox.deliver(Time(1), &events(2), &mut out).unwrap();
        assert_eq!((out.len(), sandbox.stats().moves), (2, 0));
    }
}

/// An engine whose compiler is at the module that it is handed first until it may go on.
#[derive(Debug)]
struct Slow {
    engine: Arc<dyn Engine>,
    first: Mutex<Option<(Sender<()>, Receiver<()>)>>,
}

impl Engine for Slow {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn fingerprint(&self) -> String {
        self.engine.fingerprint()
    }

    fn keeps_artifacts(&self) -> bool {
        self.engine.keeps_artifacts()
    }

    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        let first = self.first.lock().unwrap().take();
        if let Some((begins, go_on)) = first {
            begins.send(()).unwrap();
            _ = go_on.recv();
        }
        self.engine.prepare(admitted)
    }

    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError> {
        self.engine.compile(admitted, path)
    }

    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        self.engine.open(artifact)
    }
}

#[test]
fn a_module_that_takes_long_to_compile_leaves_nobody_in_the_interpreter() {
    for (_, engine) in compilers() {
        let ((begins, begun), (held, go_on)) = (channel(), channel());
        let first = Mutex::new(Some((begins, go_on)));
        let tiered = Tiered::new(interpreter(), Arc::new(Slow { engine, first })).unwrap();
        let prepare = |code: i32| {
            let wasm = Guest::doing(&format!("(i32.const {code})"));
            let config = SandboxConfig::default();
            Program::prepare(&tiered, &Cache::disabled(), &wasm, &config).unwrap()
        };
        let slow = prepare(0);
        begun.recv().unwrap();
        for program in [prepare(1), prepare(2)] {
            let until = Instant::now() + Duration::from_secs(4);
            while program.is_being_compiled() {
                assert!(Instant::now() < until, "it waits for the one before it");
                thread::sleep(Duration::from_millis(20));
            }
            program.wait_until_compiled().unwrap();
        }
        assert!(slow.is_being_compiled());
        drop(held);
        slow.wait_until_compiled().unwrap();
    }
}
