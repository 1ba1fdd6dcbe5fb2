//! What a Wasm engine does for a sandbox, whichever engine it is.
//!
//! Only the adapters below this module name an engine. They run nothing but what
//! [`admit`](crate::sandbox::admit) rewrote, so that a guest spends the same gas, fails at
//! the same instruction and computes the same bits on each of them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod child;
pub(crate) mod dialect;
mod imports;
mod lanes;
mod log;
pub(crate) mod pages;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod stack;
mod tiered;
#[cfg(feature = "wasmedge")]
mod wasmedge;
#[cfg(feature = "wasmtime")]
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
pub use child::{InChild, compile_as_child};
pub(crate) use imports::Kept;
pub use imports::{
    Import, ImportFault, Imports, ImportsConfig, METRICS_MAX, Panic, SUBMIT_BAD_LEN, SUBMIT_FULL,
    SUBMIT_NO_COMMAND, SUBMIT_NOT_NOW,
};
pub(crate) use log::KeptLog;
pub use log::LogLine;
pub use tiered::Tiered;
pub(crate) use tiered::{Better, moved};
#[cfg(feature = "wasmedge")]
pub use wasmedge::{Mode as WasmEdgeMode, WasmEdge};
#[cfg(feature = "wasmtime")]
pub use wasmi::Wasmi;
#[cfg(feature = "wasmtime")]
pub use wasmtime::{Compiler as WasmtimeCompiler, Wasmtime};

/// Turns admitted modules into something that runs.
pub trait Engine: fmt::Debug + Send + Sync {
    /// What people call it: `wasmtime`, `wasmedge`.
    fn name(&self) -> &'static str;

    /// Everything that makes an artifact of one engine useless to another: its name, version,
    /// configuration, and the processor it compiles for.
    fn fingerprint(&self) -> String;

    /// Whether artifacts are worth keeping. False for an interpreter.
    fn keeps_artifacts(&self) -> bool;

    /// Makes `admitted` ready to run, in memory.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the engine does not take the module.
    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError>;

    /// Compiles `admitted` and writes the artifact to `path`.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the engine does not take the module or the file cannot be written.
    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError>;

    /// Opens an artifact that [`compile`](Self::compile) wrote.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the artifact is of another engine or version.
    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError>;

    /// The two engines that it is made of, where strategies start on one and move to another.
    fn tiers(&self) -> Option<&Tiered> {
        None
    }
}

/// A module that is ready to run any number of times.
pub trait Module: fmt::Debug + Send + Sync {
    /// A fresh instance with its own memory, which calls `imports`.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where there is no memory left for it, or a data segment does not fit.
    fn instantiate(&self, imports: Imports) -> Result<Box<dyn Instance>, EngineError>;
}

/// One guest with its memory.
///
/// After a [`Trap`] an instance is spent: its owner drops it.
pub trait Instance: fmt::Debug + Send {
    /// Calls an export, which may use this much gas.
    ///
    /// # Errors
    ///
    /// [`Trap`], of the same kind on every engine. [`gas`](Self::gas) and [`depth`](Self::depth)
    /// say whether the fence was behind it.
    fn call(&mut self, call: Call, gas: i64) -> Result<Returned, Trap>;

    /// Whether the guest exports what `call` would call.
    fn exports(&self, call: Call) -> bool;

    /// The guest's memory, as large as it is now.
    fn memory(&self) -> &[u8];

    /// The guest's memory, to be written.
    fn memory_mut(&mut self) -> &mut [u8];

    /// Makes the guest's memory so large, if it is smaller. Whether it now is.
    fn grow_memory(&mut self, pages: u32) -> bool;

    /// What the guest's mutable globals hold, in order of their numbers, as bits.
    fn globals(&mut self) -> Vec<u64>;

    /// Writes what [`globals`](Self::globals) of an instance of the same module read.
    fn set_globals(&mut self, bits: &[u64]);

    /// Gas left by the last call that trapped; below zero if the guest ran out.
    fn gas(&mut self) -> i64;

    /// Stack left; below zero once the guest has nested too deeply.
    fn depth(&mut self) -> i32;

    /// Sets the stack that is left.
    fn set_depth(&mut self, depth: i32);

    /// Where the last call that trapped was, as the rewriter writes it.
    fn path(&mut self) -> u64;

    /// What the guest asked its host for.
    fn imports(&self) -> &Imports;

    /// The same, to be drained or reset.
    fn imports_mut(&mut self) -> &mut Imports;
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// What the guest answered; 0 where the export returns nothing.
    pub answer: i32,
    /// Gas left; below zero if the guest ran out in its last stretch.
    pub gas: i64,
}

/// A call into a guest: one of the ABI's exports with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `rf_abi_version`.
    AbiVersion,
    /// `rf_io`.
    Io,
    /// `rf_init`, with where the parameters are.
    Init {
        /// Offset of the text.
        params: u32,
        /// Bytes of it.
        len: u32,
    },
    /// `rf_on_events`, with where the events are.
    OnEvents {
        /// Offset of the first record.
        events: u32,
        /// How many there are.
        count: u32,
    },
    /// `rf_timer`, with the time.
    Timer {
        /// Command time.
        at_ns: i64,
    },
    /// `rf_export`: write the state there.
    Export {
        /// Offset.
        ptr: u32,
        /// Bytes there are.
        cap: u32,
    },
    /// `rf_import`: read the state of an older version from there.
    Import {
        /// Offset.
        ptr: u32,
        /// Bytes of it.
        len: u32,
        /// Version that wrote it.
        from_version: u32,
    },
    /// `rf_shutdown`.
    Shutdown,
}

impl Call {
    /// How many different exports there are.
    pub const COUNT: usize = 8;

    /// One call of each kind, in order of [`index`](Self::index).
    pub const ALL: [Self; Self::COUNT] = [
        Self::AbiVersion,
        Self::Io,
        Self::Init { params: 0, len: 0 },
        Self::OnEvents { events: 0, count: 0 },
        Self::Timer { at_ns: 0 },
        Self::Export { ptr: 0, cap: 0 },
        Self::Import { ptr: 0, len: 0, from_version: 0 },
        Self::Shutdown,
    ];

    /// Position of the export in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::AbiVersion => 0,
            Self::Io => 1,
            Self::Init { .. } => 2,
            Self::OnEvents { .. } => 3,
            Self::Timer { .. } => 4,
            Self::Export { .. } => 5,
            Self::Import { .. } => 6,
            Self::Shutdown => 7,
        }
    }

    /// Name of the export.
    #[must_use]
    pub const fn export(self) -> &'static str {
        match self {
            Self::AbiVersion => "rf_abi_version",
            Self::Io => "rf_io",
            Self::Init { .. } => "rf_init",
            Self::OnEvents { .. } => "rf_on_events",
            Self::Timer { .. } => "rf_timer",
            Self::Export { .. } => "rf_export",
            Self::Import { .. } => "rf_import",
            Self::Shutdown => "rf_shutdown",
        }
    }

    /// Whether a guest may leave the export out.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(
            self,
            Self::Timer { .. } | Self::Export { .. } | Self::Import { .. } | Self::Shutdown
        )
    }

    /// Types of its parameters.
    #[must_use]
    pub const fn params(self) -> &'static [Word] {
        match self {
            Self::AbiVersion | Self::Io | Self::Shutdown => &[],
            Self::Timer { .. } => &[Word::I64],
            Self::Init { .. } | Self::OnEvents { .. } | Self::Export { .. } => {
                &[Word::I32, Word::I32]
            }
            Self::Import { .. } => &[Word::I32, Word::I32, Word::I32],
        }
    }

    /// Whether it returns an `i32`; otherwise it returns nothing.
    #[must_use]
    pub const fn returns(self) -> bool {
        !matches!(self, Self::Timer { .. } | Self::Shutdown)
    }
}

/// What the ABI passes between a guest and its host: integers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}

/// Why a guest stopped in the middle of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// It executed `unreachable`: an assertion of its language failed, or its fence stopped it.
    Unreachable,
    /// It read or wrote beyond its memory.
    MemoryOutOfBounds,
    /// It read or wrote beyond a table.
    TableOutOfBounds,
    /// It called a function pointer that points at nothing.
    NoSuchFunction,
    /// It called a function pointer of another type.
    WrongFunctionType,
    /// It divided by zero.
    DivideByZero,
    /// A quotient does not fit its type.
    IntegerOverflow,
    /// It converted a float that no integer can hold.
    BadConversion,
    /// The engine's own stack ended before the fence's did.
    StackExhausted,
    /// A host call turned it down; [`Imports::fault`] says why.
    HostCall,
    /// Something else, which the engine could not name.
    Other,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "it executed `unreachable` (a panic or a failed assertion)",
            Self::MemoryOutOfBounds => "it read or wrote beyond its memory",
            Self::TableOutOfBounds => "it read or wrote beyond a table",
            Self::NoSuchFunction => "it called a function pointer that points at nothing",
            Self::WrongFunctionType => "it called a function pointer of another type",
            Self::DivideByZero => "it divided an integer by zero",
            Self::IntegerOverflow => "a quotient of integers does not fit its type",
            Self::BadConversion => "it converted a float that no integer can hold",
            Self::StackExhausted => "the engine's stack is exhausted",
            Self::HostCall => "a host call turned it down",
            Self::Other => "the engine stopped it for a reason that has no name",
        })
    }
}

/// Why an engine did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{engine} {doing}: {why}")]
pub struct EngineError {
    /// Which engine.
    pub engine: &'static str,
    /// What it was doing: `cannot compile the module`.
    pub doing: &'static str,
    /// What it said.
    pub why: String,
}

/// A compiled module on disk that is known to be exactly what its engine wrote.
///
/// Native code is executed as it stands, so only the [cache](crate::sandbox::Cache) makes one of
/// these, after it compared the file with its digest, in a folder that nobody else can write.
#[derive(Clone, Debug)]
pub struct Artifact {
    path: PathBuf,
}

impl Artifact {
    /// Vouches for the file at `path`.
    pub(crate) const fn vouched(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Held by whoever sets up or takes away signal handlers: those of an engine that is being made
/// and those of a compiler that is running must not be taken for each other's.
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn lock_signals() -> MutexGuard<'static, ()> {
    static SIGNALS: Mutex<()> = Mutex::new(());
    SIGNALS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Name of the exported global that holds the gas that is left.
pub const GAS_GLOBAL: &str = "rf:gas";

/// Name of the exported global that holds the stack that is left.
pub const DEPTH_GLOBAL: &str = "rf:depth";

/// Name of the exported global that holds the path of calls.
pub const PATH_GLOBAL: &str = "rf:path";

/// Name under which the guest's mutable global of this number, counted among those, is exported.
pub(crate) fn state_global(number: u32) -> String {
    format!("rf:global:{number}")
}

/// Name of the exported memory.
pub const MEMORY: &str = "memory";

/// Bytes of a page of Wasm memory.
pub(crate) const WASM_PAGE_LEN: usize = 1 << 16;
