//! From bytes to the first event handled, with all that may be there already.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ringfence_core::quantity::Time;
use ringfence_host::runtime::{Engine, Tiered};
use ringfence_host::sandbox::{Cache, Fence, Program, Sandbox, admit_fenced};
use rustix::time::{ClockId, clock_gettime};

use super::engines::{Engines, NeverThere};
use super::feed::feed;
use super::sample::Sample;
use super::table::Table;
use super::{Feed, answering, config, micros};

/// The rows of one engine: `disk`, `memory` and `unseen`, or all of them.
pub(super) fn cold(
    engines: &Engines,
    wasm: &[u8],
    wants: &dyn Fn(&str) -> bool,
    table: &mut Table,
) {
    let folder = std::env::temp_dir().join(format!("ringfence-bench-{}", std::process::id()));
    let cache = Cache::at(&folder);
    let file = folder.join("guest.wasm");
    std::fs::write(&file, wasm).unwrap();
    drop(from_disk(&*engines.then, &file, &cache));
    let wants = |section| wants("cold") || wants(section);
    if wants("disk") {
        on_disk(engines, &file, &cache, table);
    }
    if wants("memory") {
        in_memory(engines, wasm, &cache, table);
    }
    if wants("unseen") {
        unseen(engines, &file, table);
        unseen_parts(engines, wasm, table);
    }
    _ = std::fs::remove_dir_all(&folder);
}

fn on_disk(engines: &Engines, file: &Path, cache: &Cache, table: &mut Table) {
    let cached = Starts::of(1_000, || from_disk(&*engines.then, file, cache));
    cached.row(table, engines.name, "cached on disk", Duration::from_micros(500));
}

fn in_memory(engines: &Engines, wasm: &[u8], cache: &Cache, table: &mut Table) {
    let limit = Duration::from_micros(50);
    let program = Program::prepare(&*engines.then, cache, wasm, &config()).unwrap();
    assert!(program.is_from_cache(), "it was kept");
    let ready = Starts::after(2_000, || program.keep_ready(1).unwrap(), || first_event(&program));
    ready.row(table, engines.name, "pre-instantiated", limit);
    let made = Starts::of(2_000, || first_event(&program));
    made.note(table, engines.name, "compiled in memory, instantiated now");
    if let Some(pooled) = engines.pooled {
        let program = Program::prepare(&*pooled(), cache, wasm, &config()).unwrap();
        let ready = Starts::of(2_000, || first_event(&program));
        ready.row(table, engines.name, "compiled in memory, instantiated now from a pool", limit);
    }
    let idle = answering("(i32.const 0)");
    let idle = Program::prepare(&*engines.then, cache, &idle, &config()).unwrap();
    let alone = Starts::of(2_000, || first_event(&idle));
    alone.note(table, engines.name, "compiled in memory, a guest whose start does nothing");
}

/// The compiler would run in another process; here it is never there, so that all starts are first.
fn unseen(engines: &Engines, file: &Path, table: &mut Table) {
    let never = Arc::new(NeverThere(Arc::clone(&engines.then)));
    let tiered = Tiered::new(Arc::clone(&engines.first), never).unwrap();
    let unseen = Starts::of(300, || from_disk(&tiered, file, &Cache::disabled()));
    unseen.row(table, engines.name, "never seen before", Duration::from_millis(5));
}

/// What a module that was never seen takes its time for.
fn unseen_parts(engines: &Engines, wasm: &[u8], table: &mut Table) {
    let mut parts: [Sample; 4] = Default::default();
    for _ in 0..300 {
        let begun = Instant::now();
        let admitted = admit_fenced(wasm, &config(), Fence::ALL).unwrap();
        let is_admitted = Instant::now();
        let program = Program::compile(&*engines.first, &admitted).unwrap();
        let is_read = Instant::now();
        let mut sandbox = Sandbox::start(&program, &config()).unwrap();
        let is_started = Instant::now();
        sandbox.deliver(Time(1), &FIRST, &mut Vec::new()).unwrap();
        parts[0].add(is_admitted - begun);
        parts[1].add(is_read - is_admitted);
        parts[2].add(is_started - is_read);
        parts[3].add(is_started.elapsed());
    }
    let [admission, reading, start, event] = parts.map(|mut part| micros(part.percentile(50.0)));
    table.note(
        engines.name,
        format!(
            "never seen before, medians: admission {admission:.0} µs, the interpreter reads it \
             {reading:.0} µs, start {start:.0} µs, first event {event:.0} µs"
        ),
    );
}

fn from_disk(engine: &dyn Engine, file: &Path, cache: &Cache) -> Sandbox {
    let wasm = std::fs::read(file).unwrap();
    first_event(&Program::prepare(engine, cache, &wasm, &config()).unwrap())
}

fn first_event(program: &Program) -> Sandbox {
    let mut sandbox = Sandbox::start(program, &config()).unwrap();
    sandbox.deliver(Time(1), &FIRST, &mut Vec::new()).unwrap();
    sandbox
}

static FIRST: LazyLock<Feed> = LazyLock::new(|| feed(1));

/// How long starts took.
struct Starts {
    clock: Sample,
    /// What this thread worked for it, whoever came between.
    worked: Sample,
}

impl Starts {
    fn of(times: u32, start: impl FnMut() -> Sandbox) -> Self {
        Self::after(times, || (), start)
    }

    /// As [`of`](Self::of), each after something that is not counted.
    fn after(times: u32, mut before: impl FnMut(), mut start: impl FnMut() -> Sandbox) -> Self {
        let (mut clock, mut worked) = (Sample::default(), Sample::default());
        for _ in 0..times {
            before();
            let (begun, had_worked) = (Instant::now(), work());
            let sandbox = start();
            worked.add(work() - had_worked);
            clock.add(begun.elapsed());
            drop(sandbox);
        }
        Self { clock, worked }
    }

    fn row(mut self, table: &mut Table, engine: &'static str, what: &str, limit: Duration) {
        table.at_most(engine, &format!("{what}, p99"), self.clock.percentile(99.0), limit);
        self.note(table, engine, what);
    }

    fn note(mut self, table: &mut Table, engine: &'static str, what: &str) {
        let of = |sample: &mut Sample| {
            [50.0, 90.0, 99.0].map(|percent| micros(sample.percentile(percent)))
        };
        let [median, p90, p99] = of(&mut self.clock);
        let [median_work, p90_work, p99_work] = of(&mut self.worked);
        table.note(
            engine,
            format!(
                "{what}: median {median:.1} µs, p90 {p90:.1}, p99 {p99:.1}; of processor time \
                 {median_work:.1}, {p90_work:.1}, {p99_work:.1}"
            ),
        );
    }
}

/// Processor time of this thread.
fn work() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
