//! How long a strategy takes from its bytes to its first event.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use ringfence_core::Time;
use ringfence_core::wire::{EventRecord, kind};

use super::sample::median;
use crate::runtime::Engine;
use crate::sandbox::{Cache, LoadError, Program, Sandbox, SandboxConfig};

/// Cold starts on one engine.
#[derive(Debug)]
pub(super) struct Starts {
    pub(super) never_seen_ns: u64,
    /// With compiled code on disk; none where the engine keeps none.
    pub(super) kept_ns: Option<u64>,
    /// With compiled code in memory.
    pub(super) in_memory_ns: u64,
    /// Compiled code on disk.
    pub(super) code_bytes: Option<u64>,
    pub(super) pages: u32,
    pub(super) touched_bytes: u64,
}

impl Starts {
    pub(super) fn measure(
        engine: &dyn Engine,
        wasm: &[u8],
        config: &SandboxConfig,
        runs: u64,
    ) -> Result<Self, LoadError> {
        let none = Cache::disabled();
        let never_seen =
            (0..runs).map(|_| first_event(Sandbox::load(engine, &none, wasm, config)?));
        let never_seen = never_seen.collect::<Result<_, _>>()?;
        let program = Program::prepare(engine, &none, wasm, config)?;
        let in_memory = (0..runs * SHORT).map(|_| first_event(Sandbox::start(&program, config)?));
        let in_memory = in_memory.collect::<Result<_, _>>()?;
        let mut sandbox = Sandbox::start(&program, config)?;
        deliver_first(&mut sandbox);
        let (kept_ns, code_bytes) = kept(engine, wasm, config, runs)?;
        Ok(Self {
            never_seen_ns: median(never_seen),
            kept_ns,
            in_memory_ns: median(in_memory),
            code_bytes,
            pages: sandbox.stats().pages,
            touched_bytes: sandbox.touched_bytes(),
        })
    }
}

/// Starts without a compiler are short: they are measured so much more often.
const SHORT: u64 = 20;

/// The median start with compiled code on disk, and the code's bytes.
fn kept(
    engine: &dyn Engine,
    wasm: &[u8],
    config: &SandboxConfig,
    runs: u64,
) -> Result<(Option<u64>, Option<u64>), LoadError> {
    let folder = Folder::new();
    let cache = Cache::at(&folder.0);
    if !engine.keeps_artifacts() || cache.dir().is_none() {
        return Ok((None, None));
    }
    Sandbox::load(engine, &cache, wasm, config)?;
    let mut samples = Vec::new();
    for _ in 0..runs * SHORT {
        let sandbox = Sandbox::load(engine, &cache, wasm, config)?;
        if !sandbox.stats().from_cache {
            return Ok((None, None));
        }
        samples.push(first_event(sandbox)?);
    }
    let bytes = cache.dir().map(bytes_in);
    Ok((Some(median(samples)), bytes))
}

fn first_event(mut sandbox: Sandbox) -> Result<u64, LoadError> {
    deliver_first(&mut sandbox);
    Ok(u64::try_from(sandbox.stats().cold_start.as_nanos()).unwrap_or(u64::MAX))
}

/// A change of the best prices, to which any strategy may answer what it likes.
fn deliver_first(sandbox: &mut Sandbox) {
    let event = EventRecord { kind: kind::BBO, seq: 1, at_ns: 1, ..EventRecord::default() };
    // One that fails did so in that time; it fails again in the day's work, which tells of it.
    _ = sandbox.deliver(Time(1), &[event], &mut Vec::new());
}

fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// A folder of this run alone, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("ringfence-bench-{}", process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
