//! Guests on `WasmEdge`, compiled or interpreted.
//!
//! Only this adapter and the modules below it touch the C library. The SDK compiles; running goes
//! through its C interface, because the SDK allocates at each call and cannot hand a host function
//! the memory without aliasing it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use wasmedge_sdk::config::{CommonConfigOptions, CompilerConfigOptions, ConfigBuilder};
use wasmedge_sdk::{CompilerOptimizationLevel, CompilerOutputFormat};

use self::guest::Guest;
use self::raw::{Configuration, Syntax};
use super::child::Folder;
use super::{Artifact, Engine, EngineError, Imports, Instance, Module, lock_signals};

mod guest;
mod raw;
mod signals;

/// `WasmEdge`, compiling or interpreting.
pub struct WasmEdge {
    configuration: Arc<Configuration>,
    mode: Mode,
    fingerprint: String,
}

/// How `WasmEdge` runs a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// From a shared library that its compiler made: slow to make, fast to run.
    Compiled,
    /// As it stands: there at once, a hundred times as slow.
    Interpreted,
}

impl WasmEdge {
    /// Sets `WasmEdge` up. The first that compiles parks a thread for good, so that the signal
    /// handlers of `WasmEdge` and of other engines stay out of each other's way.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where `WasmEdge` does not run on this machine.
    pub fn new(mode: Mode) -> Result<Self, EngineError> {
        let engine = Self::unsettled(mode)?;
        if mode == Mode::Compiled {
            signals::settle(|wasm| engine.compile_here(wasm))?;
        }
        Ok(engine)
    }

    /// Sets up what compiles guests and does not run them, for a process that ends then.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn compiler() -> Result<impl Engine, EngineError> {
        Self::unsettled(Mode::Compiled)
    }

    fn unsettled(mode: Mode) -> Result<Self, EngineError> {
        wasmedge_sdk::LogManager::log_off();
        let configuration = Arc::new(Configuration::new(mode == Mode::Interpreted)?);
        let fingerprint = format!("{NAME} {mode:?} {} {}", raw::version(), processor());
        Ok(Self { configuration, mode, fingerprint })
    }

    fn module(&self, syntax: Syntax) -> Arc<dyn Module> {
        Arc::new(Loaded {
            configuration: Arc::clone(&self.configuration),
            syntax: Arc::new(syntax),
        })
    }

    /// Compiles into a folder that is gone when this returns: the library stays mapped.
    fn compile_here(&self, admitted: &[u8]) -> Result<Syntax, EngineError> {
        let folder =
            Folder::new().map_err(|why| failed("cannot make a folder to compile in", why))?;
        let path = folder.path.join("guest.so");
        self.compile(admitted, &path)?;
        Syntax::from_library(&self.configuration, &path)
    }
}

impl Engine for WasmEdge {
    fn name(&self) -> &'static str {
        match self.mode {
            Mode::Compiled => NAME,
            Mode::Interpreted => "wasmedge-interpreter",
        }
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn keeps_artifacts(&self) -> bool {
        self.mode == Mode::Compiled
    }

    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        let syntax = match self.mode {
            Mode::Compiled => self.compile_here(admitted)?,
            Mode::Interpreted => Syntax::from_bytes(&self.configuration, admitted)?,
        };
        Ok(self.module(syntax))
    }

    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError> {
        let failed = |why: String| failed("cannot compile the module", why);
        let (Some(dir), Some(name)) = (path.parent(), path.file_stem().and_then(|it| it.to_str()))
        else {
            return Err(failed(format!("{} does not name a file", path.display())));
        };
        let options = CompilerConfigOptions::new()
            .out_format(CompilerOutputFormat::Native)
            .optimization_level(CompilerOptimizationLevel::O3);
        let config = ConfigBuilder::new(CommonConfigOptions::default())
            .with_compiler_config(options)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        // One at a time: the linker inside the compiler keeps global state, and two of them at once
        // end the process.
        let _alone = lock_signals();
        let written = signals::unchanged(|| {
            let compiler = wasmedge_sdk::Compiler::new(Some(&config));
            compiler.and_then(|it| it.compile_from_bytes(admitted, name, dir))
        });
        match written {
            Ok(written) if written == path => Ok(()),
            Ok(written) => Err(failed(format!("it wrote {} instead", written.display()))),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        Ok(self.module(Syntax::from_library(&self.configuration, artifact.path())?))
    }
}

impl fmt::Debug for WasmEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WasmEdge").field(&self.mode).finish()
    }
}

/// A validated module, from which instances are made.
#[derive(Debug)]
struct Loaded {
    configuration: Arc<Configuration>,
    syntax: Arc<Syntax>,
}

impl Module for Loaded {
    fn instantiate(&self, imports: Imports) -> Result<Box<dyn Instance>, EngineError> {
        Ok(Box::new(Guest::new(&self.configuration, &self.syntax, imports)?))
    }
}

/// The processor that code is compiled for: the first one's model and abilities.
fn processor() -> String {
    let all = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let first = all.split("\n\n").next().unwrap_or_default();
    let tells = |line: &&str| {
        ["vendor_id", "model name", "flags", "Features", "CPU implementer", "CPU part"]
            .iter()
            .any(|key| line.starts_with(key))
    };
    let told: Vec<&str> = first.lines().filter(tells).collect();
    format!("{} {}", std::env::consts::ARCH, blake3::hash(told.join("\n").as_bytes()))
}

fn failed(doing: &'static str, why: impl Into<String>) -> EngineError {
    EngineError { engine: NAME, doing, why: why.into() }
}

const NAME: &str = "wasmedge";
