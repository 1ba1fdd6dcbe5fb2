//! Loads strategies and gives each its seat.

use std::fmt::Write as _;
use std::path::PathBuf;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;

use super::tell;
use crate::admin::Loads;
use crate::config::{Config, Parameter, RuntimeName, StrategyConfig};
use crate::error::RunError;
use crate::floor::{SEATS_MAX, Workers};
use crate::host::Host;
use crate::ordinary;
use crate::plain::plain;
use crate::processors::Processors;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use crate::runtime::Tiered;
use crate::runtime::{Engine, EngineError, LogLine};
use crate::sandbox::{Cache, ImageError, LoadError, Programs, Sandbox, SandboxConfig};
use crate::seat::{Guest, OpenOrders, Seat, SeatImage, Subscription};
use crate::watchdog::Watchdog;

/// What runs the guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Runtime {
    /// Compiled by wasmtime
    Wasmtime,
    /// Compiled by WasmEdge
    Wasmedge,
}

impl From<RuntimeName> for Runtime {
    fn from(name: RuntimeName) -> Self {
        match name {
            RuntimeName::Wasmtime => Self::Wasmtime,
            RuntimeName::Wasmedge => Self::Wasmedge,
        }
    }
}

impl From<Runtime> for RuntimeName {
    fn from(runtime: Runtime) -> Self {
        match runtime {
            Runtime::Wasmtime => Self::Wasmtime,
            Runtime::Wasmedge => Self::Wasmedge,
        }
    }
}

/// Seats the strategies of `config` at `host`, with its workers and under its watchdog, which ends
/// the process where it is told so; `runtime` is for those that name none.
pub(super) fn take_seats(
    host: &mut Host,
    config: &Config,
    runtime: Option<Runtime>,
    ends_process: bool,
) -> Result<(), RunError> {
    take_the_floor(host, config, ends_process)?;
    let mut loader = Loader::new(config.cache_enabled.0, runtime);
    for (number, strategy) in (0..).zip(&config.strategies) {
        host.seat(loader.seat(strategy, number)?);
        if strategy.orders_at_start == OpenOrders::Cancel {
            host.cancel_left_over(number);
        }
    }
    host.cancel_orphans();
    Ok(())
}

/// Starts the workers and the watchdog that `config` has for its strategies.
pub(super) fn take_the_floor(
    host: &mut Host,
    config: &Config,
    ends_process: bool,
) -> Result<(), RunError> {
    let strategies = &config.strategies;
    if strategies.len() > SEATS_MAX {
        return Err(RunError::Usage(format!("more than {SEATS_MAX} strategies; leave some out")));
    }
    let left = Processors(&config.cpu_affinity).left();
    if let Some(settings) = config.workers.settings(left) {
        let workers = Workers::start(&settings);
        host.employ(workers.map_err(|error| RunError::Usage(format!("[workers]: {error}")))?);
    }
    let limit_ms = config.watchdog_ms.0.get();
    if limit_ms > 0 {
        host.watch(Watchdog::new(Duration::from_millis(limit_ms), ends_process));
    }
    Ok(())
}

/// What the levels of log lines are called.
const LEVELS: [&str; 5] = ["?", "error", "warn", "info", "debug"];

/// Which strategies trade along in a replay.
#[derive(Debug, clap::Args)]
pub(super) struct Crew {
    /// A TOML file with `[[strategies]]`, `[workers]` and `watchdog_ms`, as a venue's has them: its
    /// strategies trade along
    #[arg(long = "strategies", value_name = "FILE.toml", help_heading = "Strategies")]
    pub(super) crew_file: Option<PathBuf>,
    /// What runs the strategies that do not say so [default: wasmtime]
    #[arg(long, value_enum, help_heading = "Strategies")]
    pub(super) runtime: Option<Runtime>,
    /// Write to standard error, at the end, what the strategies logged last
    #[arg(long, help_heading = "Strategies")]
    pub(super) logs: bool,
}

impl Crew {
    /// Says what the strategies logged, where that is asked for: what their logs still hold.
    pub(super) fn tell_logs(&self, host: &Host) {
        if !self.logs {
            return;
        }
        let mut text = String::new();
        for seat in host.seats() {
            for LogLine { at_ns, level, text: line } in seat.log() {
                let level = LEVELS.get(usize::from(level)).unwrap_or(&"?");
                let (name, line) = (plain(seat.name()), plain(&line));
                writeln!(text, "{name} {at_ns} {level}: {line}").expect("a string takes any text");
            }
        }
        tell(&text);
    }

    /// Seats them at `host`: those of the file, or those that are `asked` for.
    pub(super) fn take_seats(&self, host: &mut Host, asked: &[String]) -> Result<(), RunError> {
        let config = match &self.crew_file {
            // A replay comes to the same wherever it runs.
            Some(file) => Config { cpu_affinity: Vec::new(), ..Config::read(file)? },
            None => Config { strategies: asked_for(asked)?, ..Config::default() },
        };
        if config.strategies.is_empty() {
            return self.crew_file.as_ref().map_or(Ok(()), |file| {
                let problem = "names no strategy; add a [[strategies]], or leave --strategies out";
                let file = file.display().to_string();
                Err(RunError::File { file, problem: problem.to_owned() })
            });
        }
        take_seats(host, &config, self.runtime, false)
    }
}

/// What `--strategy` asks for, in that order.
fn asked_for(asked: &[String]) -> Result<Vec<StrategyConfig>, RunError> {
    let strategy = |asked: &String| {
        let (file, lines) = file_and_params(asked)?;
        let mut strategy = StrategyConfig::new(PathBuf::from(file));
        for line in lines.lines() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = Parameter::new(value).expect("it is one line");
            if strategy.parameters.insert(key.to_owned(), value).is_some() {
                let problem = format!("its parameter `{key}` is there twice; leave one out");
                return Err(RunError::Strategy { file: file.to_owned(), problem });
            }
        }
        Ok(strategy)
    };
    asked.iter().map(strategy).collect()
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
        if param.contains(['\n', '\r']) {
            return Err(failed(format!("its parameter {param:?} is more than a line; write one")));
        }
        lines += param;
        lines.push('\n');
    }
    Ok((file, lines))
}

/// Loads strategies, with one engine for all that name the same, and one program for all of a file.
pub(super) struct Loader {
    programs: Programs,
    cache_enabled: bool,
    runtime: Option<Runtime>,
    engines: Vec<(Option<Runtime>, Box<dyn Engine>)>,
}

impl Loader {
    /// Strategies that name no runtime run on `runtime`.
    pub(super) fn new(cache_enabled: bool, runtime: Option<Runtime>) -> Self {
        let programs = Programs::new(Cache::from_env());
        Self { programs, cache_enabled, runtime, engines: Vec::new() }
    }

    /// Loads a strategy for the seat of this number.
    pub(super) fn seat(
        &mut self,
        strategy: &StrategyConfig,
        number: u16,
    ) -> Result<Seat, RunError> {
        let config = strategy.sandbox(number, self.cache_enabled);
        let wasm = read(strategy, &config)?;
        let at = self.engine_of(strategy)?;
        let loaded = self.programs.load(&*self.engines[at].1, &wasm, &config);
        Ok(seat_of(strategy, number, loaded.map_err(|error| unusable(strategy, &error))?))
    }

    /// Loads a strategy that goes on from an image, at the image's seat.
    pub(super) fn seat_again(
        &mut self,
        strategy: &StrategyConfig,
        image: &SeatImage,
    ) -> Result<Seat, RunError> {
        let config = strategy.sandbox(image.number(), self.cache_enabled);
        let wasm = read(strategy, &config)?;
        let at = self.engine_of(strategy)?;
        let program = self.programs.prepare(&*self.engines[at].1, &wasm, &config);
        let restored = program.and_then(|program| match image.guest() {
            Some(guest) => Sandbox::restore(program, &config, guest),
            None => Sandbox::start(program, &config),
        });
        let sandbox = restored.map_err(|error| unusable(strategy, &error))?;
        if Guest::module(&sandbox).as_ref() != Some(image.module()) {
            return Err(unusable(strategy, &LoadError::Image(ImageError::OtherModule)));
        }
        Ok(seat_of(strategy, image.number(), sandbox))
    }

    /// Where the engine is that a strategy runs on.
    fn engine_of(&mut self, strategy: &StrategyConfig) -> Result<usize, RunError> {
        let wanted = strategy.runtime.map(Runtime::from).or(self.runtime);
        let known = self.engines.iter().position(|(runtime, _)| *runtime == wanted);
        known.map_or_else(
            || {
                self.engines.push((wanted, engine(wanted)?));
                Ok(self.engines.len() - 1)
            },
            Ok,
        )
    }
}

impl Loads for Loader {
    fn seat(&mut self, strategy: &StrategyConfig, number: u16) -> Result<Seat, RunError> {
        Self::seat(self, strategy, number)
    }

    fn seat_again(
        &mut self,
        strategy: &StrategyConfig,
        image: &SeatImage,
    ) -> Result<Seat, RunError> {
        Self::seat_again(self, strategy, image)
    }
}

/// The one way in which a strategy gets its seat, however it was loaded.
fn seat_of(strategy: &StrategyConfig, number: u16, sandbox: Sandbox) -> Seat {
    let subscription = strategy.subscription(Subscription::of(&sandbox));
    let name = format!("{} {}", number + 1, strategy.name());
    let seat = Seat::new(name, number, Box::new(sandbox), subscription)
        .with(strategy.lines())
        .within(strategy.limits.seat())
        .under((&strategy.on_fault).into());
    match strategy.worker() {
        Some(worker) => seat.on_worker(worker),
        None => seat,
    }
}

/// The bytes of its module, of which there are no more than are looked at.
fn read(strategy: &StrategyConfig, config: &SandboxConfig) -> Result<Vec<u8>, RunError> {
    ordinary::module(&strategy.file, config.module_bytes_max).map(|(wasm, _)| wasm)
}

fn unusable(strategy: &StrategyConfig, error: &LoadError) -> RunError {
    let file = strategy.file.display().to_string();
    RunError::Strategy { file, problem: error.to_string() }
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
            use crate::runtime::{Wasmtime, WasmtimeCompiler};
            let first = soonest().map_err(failed)?;
            let then = Wasmtime::new(WasmtimeCompiler::Optimised).map_err(failed)?;
            tiered(runtime, first, Arc::new(then)).map_err(failed)
        }
        #[cfg(feature = "wasmedge")]
        Runtime::Wasmedge => {
            use crate::runtime::{WasmEdge, WasmEdgeMode};
            let first = soonest().map_err(failed)?;
            let then = WasmEdge::new(WasmEdgeMode::Compiled).map_err(failed)?;
            tiered(runtime, first, Arc::new(then)).map_err(failed)
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

/// What starts a module soonest that was never seen, of what is built in: wasmi takes three fifths of
/// the time of WasmEdge's interpreter.
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn soonest() -> Result<Arc<dyn Engine>, EngineError> {
    #[cfg(feature = "wasmtime")]
    return Ok(Arc::new(crate::runtime::Wasmi::to_start_with()?));
    #[cfg(not(feature = "wasmtime"))]
    return Ok(Arc::new(crate::runtime::WasmEdge::new(crate::runtime::WasmEdgeMode::Interpreted)?));
}

/// Starts on `first`, and moves to `then`, whose compiler is this program in a process of its own.
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn tiered(
    runtime: Runtime,
    first: Arc<dyn Engine>,
    then: Arc<dyn Engine>,
) -> Result<Box<dyn Engine>, EngineError> {
    let then = match super::compile::in_child(runtime, Arc::clone(&then)) {
        Ok(in_child) => Arc::new(in_child),
        Err(_) => then,
    };
    Ok(Box::new(Tiered::new(first, then)?))
}
