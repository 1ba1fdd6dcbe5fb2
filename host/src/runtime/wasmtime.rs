//! Guests on wasmtime.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, InstancePre, Linker, OptLevel,
    PoolingAllocationConfig, Store, Strategy,
};

use self::guest::{Guest, State};
use super::{Artifact, Engine, EngineError, Imports, Instance, Module, lock_signals, stack};

mod guest;
mod link;

/// wasmtime, with one of its compilers.
pub struct Wasmtime {
    engine: wasmtime::Engine,
    linker: Linker<State>,
    compiler: Compiler,
    fingerprint: String,
}

/// Which of wasmtime's compilers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// Cranelift: code that runs fast.
    Optimised,
    /// Winch: code that is there fast.
    #[cfg(feature = "winch")]
    Baseline,
    /// Cranelift for Pulley: code for a machine that is interpreted, on any processor.
    #[cfg(feature = "pulley")]
    Portable,
}

impl Wasmtime {
    /// Sets wasmtime up. One is enough for a process.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where wasmtime does not run on this machine.
    pub fn new(compiler: Compiler) -> Result<Self, EngineError> {
        Self::configured(compiler, configuration(compiler))
    }

    /// As [`new`](Self::new), with address space reserved for `strategies` that live at once: they
    /// start in a third of the time, and one more is an error.
    ///
    /// Each takes 4 GiB of address space, and no memory until it is used.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where there is not so much address space.
    pub fn pooled(compiler: Compiler, strategies: u32) -> Result<Self, EngineError> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(strategies)
            .total_memories(strategies)
            .total_tables(strategies)
            .max_memories_per_module(1)
            .max_tables_per_module(1)
            .table_elements(TABLE_ELEMENTS_MAX)
            .max_core_instance_size(INSTANCE_LEN_MAX)
            .linear_memory_keep_resident(KEEP_RESIDENT)
            // Where the system can tell which pages were written, those are kept, and not the first.
            .pagemap_scan(Enabled::Auto)
            .table_keep_resident(KEEP_RESIDENT);
        let mut config = configuration(compiler);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        Self::configured(compiler, config)
    }

    fn configured(compiler: Compiler, config: Config) -> Result<Self, EngineError> {
        let engine = {
            let _alone = lock_signals();
            wasmtime::Engine::new(&config).map_err(failed("cannot start"))?
        };
        let linker = link::link(&engine).map_err(failed("cannot define the host's functions"))?;
        let fingerprint = fingerprint(&engine, compiler);
        Ok(Self { engine, linker, compiler, fingerprint })
    }

    fn module(&self, module: &wasmtime::Module) -> Result<Arc<dyn Module>, EngineError> {
        let pre = self.linker.instantiate_pre(module).map_err(failed("cannot link the module"))?;
        Ok(Arc::new(Linked { pre }))
    }
}

impl Engine for Wasmtime {
    fn name(&self) -> &'static str {
        match self.compiler {
            Compiler::Optimised => NAME,
            #[cfg(feature = "winch")]
            Compiler::Baseline => "winch",
            #[cfg(feature = "pulley")]
            Compiler::Portable => "pulley",
        }
    }

    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn keeps_artifacts(&self) -> bool {
        true
    }

    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        let module = wasmtime::Module::from_binary(&self.engine, admitted)
            .map_err(failed("cannot compile the module"))?;
        self.module(&module)
    }

    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError> {
        let artifact =
            self.engine.precompile_module(admitted).map_err(failed("cannot compile the module"))?;
        fs::write(path, artifact).map_err(|error| EngineError {
            engine: NAME,
            doing: "cannot write the compiled module",
            why: error.to_string(),
        })
    }

    #[expect(unsafe_code, reason = "native code from a file is executed as it stands")]
    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        // SAFETY: an `Artifact` is made by the cache alone, after it compared the file with the
        // keyed digest that it wrote behind `compile`'s output, in a folder that only we can
        // write. Files there are replaced by renaming, so the mapping never changes under us.
        let module = unsafe { wasmtime::Module::deserialize_file(&self.engine, artifact.path()) };
        self.module(&module.map_err(failed("cannot open the compiled module"))?)
    }
}

impl fmt::Debug for Wasmtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wasmtime").field(&self.compiler).finish()
    }
}

/// A module with its imports resolved.
struct Linked {
    pre: InstancePre<State>,
}

impl Module for Linked {
    fn instantiate(&self, imports: Imports) -> Result<Box<dyn Instance>, EngineError> {
        let mut store = Store::new(self.pre.module().engine(), State::new(imports));
        let instance =
            self.pre.instantiate(&mut store).map_err(failed("cannot make room for the guest"))?;
        Ok(Box::new(Guest::new(instance, store)?))
    }
}

impl fmt::Debug for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

fn configuration(compiler: Compiler) -> Config {
    let mut config = Config::new();
    config
        .strategy(match compiler {
            #[cfg(feature = "winch")]
            Compiler::Baseline => Strategy::Winch,
            _ => Strategy::Cranelift,
        })
        .cranelift_opt_level(OptLevel::Speed)
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .max_wasm_stack(stack::WASMTIME_LEN)
        // Nothing is asynchronous here, but this bounds the line above.
        .async_stack_size(stack::WASMTIME_LEN)
        // The fence bounds gas, stack, memory and floats; what it lets through is plain Wasm.
        .consume_fuel(false)
        .wasm_backtrace_max_frames(None)
        .epoch_interruption(false)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_tail_call(false);
    #[cfg(feature = "pulley")]
    if compiler == Compiler::Portable {
        // The only target that it can have: 64 bits, like every machine that this runs on.
        _ = config.target("pulley64");
    }
    config
}

fn failed(doing: &'static str) -> impl Fn(wasmtime::Error) -> EngineError {
    move |error| EngineError { engine: NAME, doing, why: format!("{error:#}") }
}

/// wasmtime's own hash of its version, settings, target and the processor's features.
fn fingerprint(engine: &wasmtime::Engine, compiler: Compiler) -> String {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{NAME} {compiler:?} {:016x} {}", hasher.finish(), std::env::consts::ARCH)
}

const NAME: &str = "wasmtime";

/// Elements that the table of a pooled strategy may have: what admission lets through.
const TABLE_ELEMENTS_MAX: usize = 2_500;

/// Bytes that wasmtime may keep for one pooled strategy besides its memory and table: enough for
/// all the functions and globals that admission lets through.
const INSTANCE_LEN_MAX: usize = 1 << 20;

/// Bytes of a memory that are cleared rather than given back when a pooled strategy ends.
const KEEP_RESIDENT: usize = 128 << 10;
