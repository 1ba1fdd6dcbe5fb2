//! The engine inside wasmtime against itself natively, on the measuring workload:
//! `cargo bench -p ringfence-benches --features wasm --bench wasm`.
//!
//! Needs `target/guests/guest-engine.wasm`: run `.ci/build-guests.sh` first. Runs alternate; each
//! starts with fresh books, and both must come to the same fills.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ringfence_benches::books::{Books, Fills, Ringfence};
use ringfence_benches::workload::Workload;
use wasmtime::{Engine, Instance, Module, Store, TypedFunc};

const COMMANDS: u32 = 500_000;
const RUNS: usize = 7;

/// At least so much of native speed: the acceptance of the issue "The engine".
const SHARE_MIN: f64 = 0.60;

fn main() -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests/guest-engine.wasm");
    let Ok(bytes) = std::fs::read(&file) else {
        eprintln!("{} is not there: run .ci/build-guests.sh", file.display());
        return ExitCode::from(2);
    };
    let engine = Engine::default();
    let module = Module::new(&engine, &bytes).expect("wasmtime compiles the guest");
    let mut holds = true;
    println!("workload  native ns/command  wasmtime ns/command  share of native speed");
    for (variant, name) in (0..).zip(["A", "B", "C"]) {
        let mut workload = Workload::new(name, 42).expect("a variant");
        workload.commands.truncate(COMMANDS as usize);
        let (mut native, mut guest) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let (took, hash) = run_natively(&workload);
            native.push(took);
            let (took, guest_hash) = run_in_wasm(&engine, &module, variant);
            guest.push(took);
            assert_eq!(hash, guest_hash, "{name}: the same fills");
        }
        let (native, guest) = (median(native), median(guest));
        let share = native.as_secs_f64() / guest.as_secs_f64();
        let verdict = if share >= SHARE_MIN { "holds" } else { "FAILS" };
        holds &= share >= SHARE_MIN;
        println!(
            "{name:<9} {:>17.1}  {:>19.1}  {:>20.0} %  {verdict}: at least {:.0} %",
            per_command(native),
            per_command(guest),
            share * 100.0,
            SHARE_MIN * 100.0
        );
    }
    ExitCode::from(u8::from(!holds))
}

fn run_natively(workload: &Workload) -> (Duration, u64) {
    let mut books = Ringfence::new(workload);
    let mut fills = Fills::new(workload.books);
    for order in &workload.preload {
        books.apply(order, &mut fills);
    }
    let mut fills = Fills::new(workload.books);
    let begun = Instant::now();
    for order in &workload.commands {
        books.apply(order, &mut fills);
    }
    (begun.elapsed(), fills.tally().fill_hash)
}

fn run_in_wasm(engine: &Engine, module: &Module, variant: u32) -> (Duration, u64) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).expect("it imports nothing");
    let prepare: TypedFunc<(u32, u32), u32> =
        instance.get_typed_func(&mut store, "workload_prepare").expect("it exports this");
    let run: TypedFunc<(), u64> =
        instance.get_typed_func(&mut store, "workload_run").expect("it exports this");
    let len = prepare.call(&mut store, (variant, COMMANDS)).expect("it is made ready");
    assert_eq!(len, COMMANDS, "all commands are there");
    let begun = Instant::now();
    let hash = run.call(&mut store, ()).expect("it runs");
    (begun.elapsed(), hash)
}

fn median(mut of: Vec<Duration>) -> Duration {
    of.sort();
    of[of.len() / 2]
}

fn per_command(took: Duration) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(COMMANDS)
}
