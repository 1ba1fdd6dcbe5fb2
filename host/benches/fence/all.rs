//! What is measured, in the order of the table.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ringfence_core::quantity::Time;
use ringfence_core::wire::EventRecord;
use ringfence_host::sandbox::{Cache, Fence, Program, Sandbox, SandboxConfig, admit_fenced};

use self::engines::{Engines, engines};
use self::feed::feed;
use self::sample::{Sample, resident};
use self::table::Table;

mod cold;
mod engines;
mod feed;
mod sample;
mod table;

pub(super) fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let engines = engines();
    let (named, asked): (Vec<_>, Vec<_>) =
        asked.iter().partition(|word| engines.iter().any(|engines| engines.name == *word));
    for word in &asked {
        let known = SECTIONS.contains(&word.as_str());
        assert!(known, "`{word}` is neither an engine of this build nor one of {SECTIONS:?}");
    }
    let wants = |section: &str| asked.is_empty() || asked.iter().any(|it| *it == section);
    let wasm = guest();
    let mut table = Table::default();
    let is_named = |name: &str| named.is_empty() || named.iter().any(|it| *it == name);
    for engines in engines.iter().filter(|engines| is_named(engines.name)) {
        if wants("call") {
            calls(engines, &mut table);
        }
        if wants("fence") {
            fence(engines, &wasm, &mut table);
        }
        if COLD.iter().any(|section| wants(section)) {
            cold::cold(engines, &wasm, &wants, &mut table);
        }
        if wants("many") {
            many(engines, &wasm, &mut table);
        }
        if wants("loop") {
            endless(engines, &mut table);
        }
    }
    table.print(wasm.len());
    table.record(wasm.len());
}

/// The guest of 60 KB that keeps a whole book.
fn guest() -> Vec<u8> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/guests");
    let folder = std::env::var_os("RINGFENCE_GUESTS").map_or_else(beside, PathBuf::from);
    let path = folder.join("strategy-imbalance.wasm");
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run .ci/build-guests.sh", path.display()))
}

/// The usual limits.
fn config() -> SandboxConfig {
    SandboxConfig { params: "instrument=0\n".to_owned(), ..SandboxConfig::default() }
}

/// A call of a guest that returns at once: all of it is overhead.
fn calls(engines: &Engines, table: &mut Table) {
    let program = Program::prepare(
        &*engines.then,
        &Cache::disabled(),
        &answering("(i32.const 0)"),
        &config(),
    )
    .unwrap();
    let mut sandbox = Sandbox::start(&program, &config()).unwrap();
    let feed = feed(64);
    let mut out = Vec::new();
    for (count, (row, limit)) in [1, 64].into_iter().zip(engines.call_limits) {
        let mut sample = Sample::default();
        for _ in 0..400 {
            sample.add(per_turn(500, |_| {
                sandbox.deliver(Time(1), &feed[..count], &mut out).unwrap();
            }));
        }
        table.at_most(engines.name, row, sample.percentile(50.0), limit);
    }
}

/// A guest with the usual buffers and this for its answer to events.
fn answering(body: &str) -> Vec<u8> {
    let text = r#"(module
        (memory (export "memory") 2)
        (data (i32.const 64) "RFIO\01\00\00\00\80\00\00\00\40\00\00\00\80\10\00\00\40\00\00\00\40\00\80\00\00\00\00\00")
        (func (export "rf_abi_version") (result i32) (i32.const 0x10000))
        (func (export "rf_io") (result i32) (i32.const 64))
        (func (export "rf_init") (param i32 i32) (result i32) (i32.const 0))
        (func (export "rf_on_events") (param i32 i32) (result i32) (local $n i32) BODY))"#;
    wat::parse_str(text.replace("BODY", body)).unwrap()
}

/// A whole strategy with its fence, and without one, in turns.
fn fence(engines: &Engines, wasm: &[u8], table: &mut Table) {
    let start = |fence| {
        let admitted = admit_fenced(wasm, &config(), fence).unwrap();
        let program = Program::compile(&*engines.then, &admitted).unwrap();
        Sandbox::start(&program, &config()).unwrap()
    };
    let parts = [
        Fence::NONE,
        Fence { gas: true, ..Fence::NONE },
        Fence { depth: true, ..Fence::NONE },
        Fence { nan: true, ..Fence::NONE },
        Fence { path: true, ..Fence::NONE },
        Fence::ALL,
    ];
    let mut sandboxes = parts.map(start);
    let mut samples = parts.map(|_| Sample::default());
    let feed = feed(64 * 300);
    let mut out = Vec::new();
    for (turn, batch) in feed.chunks(64).enumerate() {
        // Whoever goes first finds the batch in no cache, so each does in turn.
        for at in (0..parts.len()).map(|at| (at + turn) % parts.len()) {
            let (sandbox, sample) = (&mut sandboxes[at], &mut samples[at]);
            out.clear();
            let begun = Instant::now();
            sandbox.deliver(Time(1), batch, &mut out).unwrap();
            sample.add(begun.elapsed());
        }
    }
    let [none, gas, depth, nan, path, all] =
        samples.map(|mut sample| sample.percentile(50.0).as_nanos());
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let over = |with: u128| (with as f64 / none as f64 - 1.0) * 100.0;
    table.note(engines.name, format!("64 events without a fence: {none} ns, with it: {all} ns"));
    table.note(
        engines.name,
        format!(
            "gas {:+.1} %, depth {:+.1} %, NaN {:+.1} %, path {:+.1} %",
            over(gas),
            over(depth),
            over(nan),
            over(path)
        ),
    );
    table.percent_at_most(engines.name, "fence on a full strategy", over(all), 25.0);
}

/// A thousand strategies of one module, each of which has seen 64 events.
fn many(engines: &Engines, wasm: &[u8], table: &mut Table) {
    let admitted = admit_fenced(wasm, &config(), Fence::ALL).unwrap();
    let program = Program::compile(&*engines.then, &admitted).unwrap();
    let feed = feed(64);
    let untouched = Sandbox::start(&program, &config()).unwrap();
    drop(untouched);
    let before = resident();
    let mut sandboxes = Vec::new();
    let mut out = Vec::new();
    for _ in 0..1_000 {
        let mut sandbox = Sandbox::start(&program, &config()).unwrap();
        sandbox.deliver(Time(1), &feed, &mut out).unwrap();
        out.clear();
        sandboxes.push(sandbox);
    }
    let taken = resident().saturating_sub(before);
    let touched: u64 = sandboxes.iter().map(Sandbox::touched_bytes).sum();
    table.note(
        engines.name,
        format!(
            "1,000 strategies: {} MiB resident, {} MiB of it touched pages",
            taken >> 20,
            touched >> 20
        ),
    );
    table.mib_at_most(
        engines.name,
        "1,000 strategies beyond touched pages",
        taken.saturating_sub(touched),
        128,
    );
}

/// How long a loop without end takes, beside one that ends just before its gas does.
fn endless(engines: &Engines, table: &mut Table) {
    let gas = 10_000_000_u64;
    let config = SandboxConfig { gas_per_call: gas, ..config() };
    let until = |end: &str| {
        answering(&format!(
            "(loop $l
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $l {end}))
            (i32.const 0)"
        ))
    };
    let took = |wasm: &[u8], ends: bool| {
        let program = Program::prepare(&*engines.then, &Cache::disabled(), wasm, &config).unwrap();
        let mut sample = Sample::default();
        for _ in 0..50 {
            let mut sandbox = Sandbox::start(&program, &config).unwrap();
            let begun = Instant::now();
            let delivered = sandbox.deliver(Time(1), &feed(1), &mut Vec::new());
            sample.add(begun.elapsed());
            assert_eq!(delivered.is_ok(), ends, "{delivered:?}");
        }
        sample.percentile(50.0)
    };
    // A turn of the one that ends costs 12: four instructions to count, three to compare, a branch,
    // and what every turn of a loop costs.
    let turns = gas / 12 - 2;
    let within = took(&until(&format!("(i32.lt_u (local.get $n) (i32.const {turns}))")), true);
    let endless = took(&until("(i32.lt_u (local.get $n) (i32.const -1))"), false);
    table.note(engines.name, format!("{gas} gas of a loop: {:.1} µs", micros(within)));
    table.at_most(engines.name, "a loop without end", endless, within * 2);
}

fn per_turn(turns: u32, mut turn: impl FnMut(u32)) -> Duration {
    let begun = Instant::now();
    for number in 0..turns {
        turn(number);
    }
    begun.elapsed() / turns
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// All that is measured, by name.
const SECTIONS: [&str; 8] = ["call", "fence", "cold", "disk", "memory", "unseen", "many", "loop"];

/// Of these all starts, and their parts.
const COLD: [&str; 4] = ["cold", "disk", "memory", "unseen"];

/// What engines are fed.
pub(super) type Feed = Vec<EventRecord>;
