//! Strategies of one module share what is compiled of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_core::quantity::Time;
use ringfence_host::runtime::{Artifact, Engine, EngineError, Module};
use ringfence_host::sandbox::{Cache, Program, Programs, Sandbox, SandboxConfig};

use crate::guests::{Guest, echo, engines, events};

/// An engine that counts what it is asked to make ready.
#[derive(Debug)]
struct Counting {
    engine: Arc<dyn Engine>,
    prepared: AtomicU64,
}

impl Engine for Counting {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn fingerprint(&self) -> String {
        self.engine.fingerprint()
    }

    fn keeps_artifacts(&self) -> bool {
        false
    }

    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        self.prepared.fetch_add(1, Ordering::Relaxed);
        self.engine.prepare(admitted)
    }

    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError> {
        self.engine.compile(admitted, path)
    }

    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        self.engine.open(artifact)
    }
}

/// Answers with as many orders as it was called times.
fn counter() -> Vec<u8> {
    let on_events =
        "(global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls)";
    let more = "(global $calls (mut i32) (i32.const 0))".to_owned();
    Guest { on_events: on_events.to_owned(), more, ..Guest::default() }.wasm()
}

#[test]
fn a_module_is_made_ready_once_and_each_strategy_has_its_own_memory() {
    for engine in engines() {
        let engine = Counting { engine: Arc::clone(engine), prepared: AtomicU64::new(0) };
        let mut programs = Programs::new(Cache::disabled());
        let config = |seed| {
            let params = format!("size={seed}\n");
            SandboxConfig {
                seed,
                params,
                gas_per_call: 1_000_000 + seed,
                ..SandboxConfig::default()
            }
        };
        let mut sandboxes: Vec<_> =
            (0..5).map(|seed| programs.load(&engine, &counter(), &config(seed)).unwrap()).collect();
        assert_eq!(engine.prepared.load(Ordering::Relaxed), 1, "{}", engine.name());
        for (number, sandbox) in (1..).zip(&mut sandboxes) {
            let mut out = Vec::new();
            (0..number).for_each(|_| {
                out.clear();
                sandbox.deliver(Time(1), &events(1), &mut out).unwrap();
            });
            assert_eq!(out.len(), number, "{}", engine.name());
        }
        // Another module, or one that may have another memory, is another program.
        let other = programs.load(&engine, &echo(), &config(0)).unwrap();
        let small = SandboxConfig { memory_pages: 2, ..config(0) };
        let smaller = programs.load(&engine, &counter(), &small).unwrap();
        assert_eq!((programs.len(), engine.prepared.load(Ordering::Relaxed)), (3, 3));
        // What is too long for one is so though another one is of it.
        let short = SandboxConfig { module_bytes_max: 10, ..config(0) };
        let error = programs.load(&engine, &counter(), &short).unwrap_err().to_string();
        assert!(error.contains("10"), "{error}");
        // What nobody runs any more is not kept.
        drop((other, smaller, sandboxes));
        programs.load(&engine, &echo(), &config(0)).unwrap();
        assert_eq!(programs.len(), 1, "{}", engine.name());
    }
}

#[test]
fn the_third_of_a_program_has_the_pages_beforehand_that_the_second_one_wrote() {
    let fill = "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 40960)) (i32.const 0)";
    let wasm = Guest { on_events: fill.to_owned(), ..Guest::default() }.wasm();
    // Of the memory of other engines not even the first page begins where one does.
    for engine in engines().iter().filter(|engine| engine.keeps_artifacts()) {
        let config = SandboxConfig::default();
        let program = Program::prepare(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
        let touched = [(); 4].map(|()| {
            let mut sandbox = Sandbox::start(&program, &config).unwrap();
            let at_start = sandbox.touched_bytes();
            sandbox.deliver(Time(1), &events(1), &mut Vec::new()).unwrap();
            (at_start, sandbox.touched_bytes())
        });
        let first = touched[0];
        assert_eq!(first.0 + 40_960, first.1, "{}", engine.name());
        let all = (first.1, first.1);
        assert_eq!(touched, [first, first, all, all], "{}", engine.name());
    }
}
