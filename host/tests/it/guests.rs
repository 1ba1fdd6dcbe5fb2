//! Guests of the tests, written as text, and the engines that they run on.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ringfence_core::quantity::Time;
use ringfence_core::wire::{CommandRecord, EventRecord};
use ringfence_host::runtime::{Engine, LogLine, METRICS_MAX};
use ringfence_host::sandbox::{Cache, Fault, LoadError, Program, Sandbox, SandboxConfig, Stats};

/// A guest with the usual frame: two buffers, a start that says yes, and a body of its own.
pub struct Guest {
    /// Sections in front of everything: imports, types.
    pub imports: &'static str,
    /// Memory, as `initial maximum`.
    pub memory: &'static str,
    /// The block that `rf_io` points at, as words.
    pub io: [u32; 8],
    /// Where `rf_io` says that is.
    pub io_at: &'static str,
    /// `rf_abi_version`.
    pub version: &'static str,
    /// `rf_init`, with `$params` and `$len`.
    pub init: String,
    /// `rf_on_events`, with `$events`, `$count` and the local variables `$i`, `$n` and `$x`.
    pub on_events: String,
    /// Further functions, tables, data.
    pub more: String,
}

/// Where the usual frame has its events.
pub const EVENTS: u32 = 128;
/// How many of them.
pub const EVENTS_CAP: u32 = 64;
/// Where the usual frame has its commands.
pub const COMMANDS: u32 = EVENTS + EVENTS_CAP * 64;
/// How many of them.
pub const COMMANDS_CAP: u32 = 64;

impl Default for Guest {
    fn default() -> Self {
        Self {
            imports: "",
            memory: "2",
            io: [
                u32::from_le_bytes(*b"RFIO"),
                1,
                EVENTS,
                EVENTS_CAP,
                COMMANDS,
                COMMANDS_CAP,
                64 | 128 << 16,
                0,
            ],
            io_at: "(i32.const 64)",
            version: "(i32.const 0x10000)",
            init: "(i32.const 0)".to_owned(),
            on_events: "(i32.const 0)".to_owned(),
            more: String::new(),
        }
    }
}

impl Guest {
    /// The usual guest with this for `rf_on_events`.
    pub fn doing(on_events: &str) -> Vec<u8> {
        Self { on_events: on_events.to_owned(), ..Self::default() }.wasm()
    }

    /// The usual guest with these imports and this for `rf_on_events`.
    pub fn importing(imports: &'static str, on_events: &str) -> Vec<u8> {
        Self { imports, on_events: on_events.to_owned(), ..Self::default() }.wasm()
    }

    pub fn wasm(&self) -> Vec<u8> {
        let io: String = self
            .io
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        let Self { imports, memory, io_at, version, init, on_events, more, .. } = self;
        let text = format!(
            r#"(module
                {imports}
                (memory (export "memory") {memory})
                (data (i32.const 64) "{io}")
                (func (export "rf_abi_version") (result i32) {version})
                (func (export "rf_io") (result i32) {io_at})
                (func (export "rf_init") (param $params i32) (param $len i32) (result i32) {init})
                (func (export "rf_on_events") (param $events i32) (param $count i32) (result i32)
                    (local $i i32) (local $n i32) (local $x i64)
                    {on_events})
                {more})"#
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

/// A guest that answers each event with an order of its price and quantity.
pub fn echo() -> Vec<u8> {
    Guest::doing(ECHO)
}

pub const ECHO: &str = "
    (loop $next
        (if (i32.lt_u (local.get $i) (local.get $count)) (then
            (local.set $n (i32.add (i32.const 4224) (i32.mul (local.get $i) (i32.const 128))))
            (memory.fill (local.get $n) (i32.const 0) (i32.const 128))
            (i32.store8 (local.get $n) (i32.const 3))
            (i32.store offset=8 (local.get $n) (i32.load offset=4 (local.get $events)))
            (i64.store offset=24 (local.get $n) (i64.load offset=24 (local.get $events)))
            (i64.store offset=40 (local.get $n) (i64.load offset=32 (local.get $events)))
            (i64.store offset=48 (local.get $n) (i64.load offset=40 (local.get $events)))
            (local.set $events (i32.add (local.get $events) (i32.const 64)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next))))
    (local.get $i)";

/// A guest that buys the largest order at the highest price from itself, in each call.
pub fn colossus() -> Vec<u8> {
    let order = |side: u32| {
        format!(
            "(i64.store (i32.const 96) (i64.add (i64.load (i32.const 96)) (i64.const 1)))
            (memory.fill (local.get $n) (i32.const 0) (i32.const 128))
            (i32.store8 (local.get $n) (i32.const 3))
            (i32.store8 offset=1 (local.get $n) (i32.const {side}))
            (i32.store16 offset=4 (local.get $n) (i32.const 32))
            (i32.store offset=8 (local.get $n) (i32.const 1))
            (i64.store offset=24 (local.get $n) (i64.load (i32.const 96)))
            (i64.store offset=40 (local.get $n) (i64.const 0x7fffffffffffffff))
            (i64.store offset=48 (local.get $n) (i64.const -1))
            (local.set $n (i32.add (local.get $n) (i32.const 128)))"
        )
    };
    let on_events =
        format!("(local.set $n (i32.const {COMMANDS})) {} {} (i32.const 2)", order(0), order(1));
    Guest { on_events, ..Guest::default() }.wasm()
}

/// Events with different numbers in them.
pub fn events(count: u64) -> Vec<EventRecord> {
    (1..=count)
        .map(|seq| EventRecord {
            kind: 17,
            instrument: 7,
            seq,
            at_ns: seq * 1_000,
            order_id: 500 + seq,
            price: 10_000 - 3 * seq.cast_signed(),
            qty: 10 * seq,
            ..EventRecord::default()
        })
        .collect()
}

/// Every engine that this build has.
pub fn engines() -> &'static [Arc<dyn Engine>] {
    static ENGINES: OnceLock<Vec<Arc<dyn Engine>>> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let mut engines: Vec<Arc<dyn Engine>> = Vec::new();
        #[cfg(feature = "wasmtime")]
        {
            use ringfence_host::runtime::{Wasmi, Wasmtime, WasmtimeCompiler};
            engines.push(Arc::new(Wasmtime::new(WasmtimeCompiler::Optimised).unwrap()));
            #[cfg(feature = "winch")]
            engines.push(Arc::new(Wasmtime::new(WasmtimeCompiler::Baseline).unwrap()));
            #[cfg(feature = "pulley")]
            engines.push(Arc::new(Wasmtime::new(WasmtimeCompiler::Portable).unwrap()));
            engines.push(Arc::new(Wasmi::new().unwrap()));
        }
        #[cfg(feature = "wasmedge")]
        {
            use ringfence_host::runtime::{WasmEdge, WasmEdgeMode};
            engines.push(Arc::new(WasmEdge::new(WasmEdgeMode::Compiled).unwrap()));
            engines.push(Arc::new(WasmEdge::new(WasmEdgeMode::Interpreted).unwrap()));
        }
        engines
    })
}

/// Everything that may not depend on the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What came of each delivery, or that the guest did not start.
    pub delivered: Result<Vec<Result<Vec<CommandRecord>, Fault>>, LoadError>,
    pub gas: u64,
    pub calls: u64,
    pub events: u64,
    pub commands: u64,
    pub traps: u64,
    pub pages: u32,
    pub log: Vec<LogLine>,
    pub log_dropped: u64,
    pub metrics: Vec<i64>,
}

impl Outcome {
    /// The fault of the first delivery that failed.
    #[track_caller]
    pub fn fault(&self) -> &Fault {
        let delivered = self.delivered.as_ref().expect("the guest starts");
        delivered.iter().find_map(|it| it.as_ref().err()).expect("a delivery fails")
    }

    #[track_caller]
    pub fn load_error(&self) -> &LoadError {
        self.delivered.as_ref().expect_err("the guest does not start")
    }

    /// The commands of all deliveries.
    #[track_caller]
    pub fn asked(&self) -> Vec<CommandRecord> {
        let delivered = self.delivered.as_ref().expect("the guest starts");
        delivered.iter().flat_map(|it| it.as_ref().expect("no delivery fails").clone()).collect()
    }
}

/// Runs a guest on one engine.
pub fn run_on(
    engine: &dyn Engine,
    wasm: &[u8],
    config: &SandboxConfig,
    batches: &[Vec<EventRecord>],
) -> Outcome {
    match Sandbox::load(engine, &Cache::disabled(), wasm, config) {
        Ok(mut sandbox) => {
            let delivered = deliver_all(&mut sandbox, batches);
            outcome(Ok(delivered), &sandbox.stats(), Some(&sandbox))
        }
        Err(error) => outcome(Err(error), &Stats::default(), None),
    }
}

fn deliver_all(
    sandbox: &mut Sandbox,
    batches: &[Vec<EventRecord>],
) -> Vec<Result<Vec<CommandRecord>, Fault>> {
    let mut at = 0;
    let deliver = |batch: &Vec<EventRecord>| {
        at += 1_000_000;
        let mut out = Vec::new();
        sandbox.deliver(Time(at), batch, &mut out).map(|()| out)
    };
    batches.iter().map(deliver).collect()
}

/// Runs a guest that moves to the next engine before each batch, from the `first`th on.
pub fn run_moving(
    first: usize,
    wasm: &[u8],
    config: &SandboxConfig,
    batches: &[Vec<EventRecord>],
) -> Outcome {
    let prepare = |engine: &Arc<dyn Engine>| {
        Program::prepare(&**engine, &Cache::disabled(), wasm, config).unwrap()
    };
    let programs: Vec<Program> = engines().iter().map(prepare).collect();
    let mut on = programs.iter().cycle().skip(first);
    let mut sandbox = Sandbox::start(on.next().unwrap(), config).unwrap();
    let mut delivered = Vec::new();
    for (number, batch) in (1..).zip(batches) {
        if sandbox.fault().is_none() {
            sandbox.move_to(on.next().unwrap()).unwrap();
        }
        let mut out = Vec::new();
        let at = Time(number * 1_000_000);
        delivered.push(sandbox.deliver(at, batch, &mut out).map(|()| out));
    }
    outcome(Ok(delivered), &sandbox.stats(), Some(&sandbox))
}

fn outcome(
    delivered: Result<Vec<Result<Vec<CommandRecord>, Fault>>, LoadError>,
    stats: &Stats,
    sandbox: Option<&Sandbox>,
) -> Outcome {
    Outcome {
        delivered,
        gas: stats.gas,
        calls: stats.calls,
        events: stats.events,
        commands: stats.commands,
        traps: stats.traps,
        pages: stats.pages,
        log: sandbox.map(Sandbox::log_lines).unwrap_or_default(),
        log_dropped: sandbox.map(Sandbox::log_dropped).unwrap_or_default(),
        metrics: sandbox.map_or(vec![0; METRICS_MAX], |it| it.metrics().to_vec()),
    }
}

/// Runs a guest on every engine, and checks that none can be told from another.
#[track_caller]
pub fn run(wasm: &[u8], config: &SandboxConfig, batches: &[Vec<EventRecord>]) -> Outcome {
    let mut outcomes =
        engines().iter().map(|engine| (engine.name(), run_on(&**engine, wasm, config, batches)));
    let (first, expected) = outcomes.next().expect("there is an engine");
    for (name, found) in outcomes {
        assert_eq!(found, expected, "{name} (left) and {first} (right) differ");
    }
    expected
}

/// Small limits, so that hostile guests hit them soon on an interpreter too.
pub fn tight() -> SandboxConfig {
    SandboxConfig { gas_per_call: 200_000, gas_init: 400_000, ..SandboxConfig::default() }
}

/// Where `.ci/build-guests.sh` leaves a guest of `examples/`.
pub fn guest_file(name: &str) -> PathBuf {
    let folder = env::var_os("RINGFENCE_GUESTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests"),
        PathBuf::from,
    );
    folder.join(format!("{name}.wasm"))
}

/// Appends a custom section.
pub fn with_section(mut wasm: Vec<u8>, name: &str, contents: &[u8]) -> Vec<u8> {
    let mut len = name.len() + 1 + contents.len();
    wasm.push(0);
    while len >= 0x80 {
        wasm.push(u8::try_from(len & 0x7f).unwrap() | 0x80);
        len >>= 7;
    }
    wasm.push(u8::try_from(len).unwrap());
    wasm.push(u8::try_from(name.len()).unwrap());
    wasm.extend(name.as_bytes());
    wasm.extend(contents);
    wasm
}
