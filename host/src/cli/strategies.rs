//! Loads strategies for a replay and gives each its seat.

use std::path::Path;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use std::sync::Arc;

use clap::ValueEnum;

use crate::config::{Config, RuntimeName, StrategyConfig};
use crate::error::RunError;
use crate::runtime::{Engine, EngineError};
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use crate::runtime::{InChild, Tiered};
use crate::sandbox::{Cache, Sandbox, SandboxConfig};
use crate::seat::{Seat, Subscription};

/// What runs the guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Runtime {
    /// Compiled by wasmtime
    Wasmtime,
    /// Compiled by WasmEdge
    Wasmedge,
}

/// More strategies than any machine has cores for.
const SEATS_MAX: usize = 1_024;

/// A strategy that is asked for.
struct Wanted {
    file: String,
    /// Its parameters, a line each.
    params: String,
    runtime: Option<Runtime>,
}

/// Loads what `--strategy` named, in that order.
pub(super) fn seats(asked: &[String], runtime: Option<Runtime>) -> Result<Vec<Seat>, RunError> {
    let wanted = |asked: &String| {
        let (file, params) = file_and_params(asked)?;
        Ok(Wanted { file: file.to_owned(), params, runtime })
    };
    load(&asked.iter().map(wanted).collect::<Result<Vec<_>, RunError>>()?, true)
}

/// Loads what a configuration names, in that order.
pub(super) fn seats_of(config: &Config) -> Result<Vec<Seat>, RunError> {
    let wanted = |strategy: &StrategyConfig| Wanted {
        file: strategy.file.display().to_string(),
        params: strategy.lines(),
        runtime: strategy.runtime.map(|runtime| match runtime {
            RuntimeName::Wasmtime => Runtime::Wasmtime,
            RuntimeName::Wasmedge => Runtime::Wasmedge,
        }),
    };
    load(&config.strategies.iter().map(wanted).collect::<Vec<_>>(), config.cache_enabled.0)
}

fn load(wanted: &[Wanted], cache_enabled: bool) -> Result<Vec<Seat>, RunError> {
    if wanted.len() > SEATS_MAX {
        return Err(RunError::Usage(format!("more than {SEATS_MAX} strategies; leave some out")));
    }
    let cache = Cache::from_env();
    let mut engines: Vec<(Option<Runtime>, Box<dyn Engine>)> = Vec::new();
    let mut seats = Vec::new();
    for (number, wanted) in wanted.iter().enumerate() {
        let known = engines.iter().position(|(runtime, _)| *runtime == wanted.runtime);
        let at = match known {
            Some(at) => at,
            None => {
                engines.push((wanted.runtime, engine(wanted.runtime)?));
                engines.len() - 1
            }
        };
        seats.push(seat(wanted, number, &*engines[at].1, &cache, cache_enabled)?);
    }
    Ok(seats)
}

/// The file of a `FILE.wasm[,key=value…]`, and its parameters as lines.
pub(super) fn file_and_params(asked: &str) -> Result<(&str, String), RunError> {
    let (file, params) = asked.split_once(',').unwrap_or((asked, ""));
    let failed = |problem: String| RunError::Strategy { file: file.to_owned(), problem };
    let mut lines = String::new();
    for param in params.split(',').filter(|param| !param.is_empty()) {
        if !param.contains('=') {
            return Err(failed(format!("its parameter `{param}` has no value; write {param}=…")));
        }
        lines += param;
        lines.push('\n');
    }
    Ok((file, lines))
}

fn seat(
    wanted: &Wanted,
    number: usize,
    engine: &dyn Engine,
    cache: &Cache,
    cache_enabled: bool,
) -> Result<Seat, RunError> {
    let file = wanted.file.as_str();
    let failed = |problem: String| RunError::Strategy { file: file.to_owned(), problem };
    let wasm =
        std::fs::read(file).map_err(|source| RunError::Open { file: file.to_owned(), source })?;
    let number = u16::try_from(number).expect("under SEATS_MAX");
    let (params, seed) = (wanted.params.clone(), u64::from(number));
    let config = SandboxConfig { params, seed, cache_enabled, ..SandboxConfig::default() };
    let sandbox =
        Sandbox::load(engine, cache, &wasm, &config).map_err(|error| failed(error.to_string()))?;
    let subscription = Subscription::of(&sandbox);
    let stem = Path::new(file).file_stem().map_or(file.into(), |stem| stem.to_string_lossy());
    let name = format!("{} {}", number + 1, stem);
    Ok(Seat::new(name, number, Box::new(sandbox), subscription))
}

fn engine(runtime: Option<Runtime>) -> Result<Box<dyn Engine>, RunError> {
    let runtime = runtime.unwrap_or(if cfg!(feature = "wasmtime") {
        Runtime::Wasmtime
    } else {
        Runtime::Wasmedge
    });
    let failed =
        |error: EngineError| RunError::Usage(format!("the runtime does not start: {error}"));
    match runtime {
        #[cfg(feature = "wasmtime")]
        Runtime::Wasmtime => {
            use crate::runtime::{Wasmi, Wasmtime, WasmtimeCompiler};
            let first = Wasmi::new().map_err(failed)?;
            let then = Wasmtime::new(WasmtimeCompiler::Optimised).map_err(failed)?;
            tiered(runtime, Arc::new(first), Arc::new(then)).map_err(failed)
        }
        #[cfg(feature = "wasmedge")]
        Runtime::Wasmedge => {
            use crate::runtime::{WasmEdge, WasmEdgeMode};
            let first = WasmEdge::new(WasmEdgeMode::Interpreted).map_err(failed)?;
            let then = WasmEdge::new(WasmEdgeMode::Compiled).map_err(failed)?;
            tiered(runtime, Arc::new(first), Arc::new(then)).map_err(failed)
        }
        #[cfg(not(all(feature = "wasmtime", feature = "wasmedge")))]
        missing => {
            let name = missing.to_possible_value().map(|value| value.get_name().to_owned());
            let name = name.unwrap_or_default();
            _ = failed;
            Err(RunError::Usage(format!(
                "this ringfence was built without {name}; build it with --features {name}"
            )))
        }
    }
}

/// Starts on `first`, and moves to `then`, whose compiler is this program in a process of its own.
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn tiered(
    runtime: Runtime,
    first: Arc<dyn Engine>,
    then: Arc<dyn Engine>,
) -> Result<Box<dyn Engine>, EngineError> {
    let then = match std::env::current_exe() {
        Ok(program) => Arc::new(InChild::new(then, program, super::compile::args(runtime))),
        Err(_) => then,
    };
    Ok(Box::new(Tiered::new(first, then)?))
}
