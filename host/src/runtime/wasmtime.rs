//! Guests on wasmtime.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use wasmtime::{
    Caller, Config, Global, InstanceAllocationStrategy, InstancePre, Linker, Memory, OptLevel,
    Store, Strategy, TypedFunc, Val,
};

use super::{
    Artifact, Call, DEPTH_GLOBAL, Engine, EngineError, GAS_GLOBAL, Import, Imports, Instance,
    MEMORY, Module, Trap, lock_signals, stack,
};

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
}

impl Wasmtime {
    /// Sets wasmtime up. One is enough for a process.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where wasmtime does not run on this machine.
    pub fn new(compiler: Compiler) -> Result<Self, EngineError> {
        let mut config = Config::new();
        config
            .strategy(match compiler {
                Compiler::Optimised => Strategy::Cranelift,
                #[cfg(feature = "winch")]
                Compiler::Baseline => Strategy::Winch,
            })
            .cranelift_opt_level(OptLevel::Speed)
            .allocation_strategy(InstanceAllocationStrategy::OnDemand)
            .max_wasm_stack(stack::WASMTIME_LEN)
            // Nothing is asynchronous here, but this bounds the line above.
            .async_stack_size(stack::WASMTIME_LEN)
            // The fence bounds gas, stack, memory and floats; what it lets through is plain Wasm.
            .consume_fuel(false)
            .epoch_interruption(false)
            .wasm_simd(false)
            .wasm_relaxed_simd(false)
            .wasm_multi_memory(false)
            .wasm_memory64(false)
            .wasm_tail_call(false);
        let engine = {
            let _alone = lock_signals();
            wasmtime::Engine::new(&config).map_err(failed("cannot start"))?
        };
        let linker = link(&engine).map_err(failed("cannot define the host's functions"))?;
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
        let state = State { imports, memory: None };
        let mut store = Store::new(self.pre.module().engine(), state);
        let instance =
            self.pre.instantiate(&mut store).map_err(failed("cannot make room for the guest"))?;
        let missing = |what: &str| EngineError {
            engine: NAME,
            doing: "cannot run the module",
            why: format!("it has no `{what}`"),
        };
        let memory = instance.get_memory(&mut store, MEMORY).ok_or_else(|| missing(MEMORY))?;
        let gas = instance.get_global(&mut store, GAS_GLOBAL);
        let depth = instance.get_global(&mut store, DEPTH_GLOBAL);
        store.data_mut().memory = Some(memory);
        let functions = Functions::of(&instance, &mut store);
        Ok(Box::new(Guest {
            memory,
            gas: gas.ok_or_else(|| missing(GAS_GLOBAL))?,
            depth: depth.ok_or_else(|| missing(DEPTH_GLOBAL))?,
            functions,
            store,
        }))
    }
}

impl fmt::Debug for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked").finish_non_exhaustive()
    }
}

/// A guest that runs.
struct Guest {
    store: Store<State>,
    memory: Memory,
    gas: Global,
    depth: Global,
    functions: Functions,
}

/// What host functions see. The memory is looked up once: a lookup by name at each call costs
/// five times what the call does.
struct State {
    imports: Imports,
    memory: Option<Memory>,
}

/// The guest's exports; the optional ones where it has them.
struct Functions {
    abi_version: Option<TypedFunc<(), i32>>,
    io: Option<TypedFunc<(), i32>>,
    init: Option<TypedFunc<(u32, u32), i32>>,
    on_events: Option<TypedFunc<(u32, u32), i32>>,
    timer: Option<TypedFunc<i64, ()>>,
    export: Option<TypedFunc<(u32, u32), i32>>,
    import: Option<TypedFunc<(u32, u32, u32), i32>>,
    shutdown: Option<TypedFunc<(), ()>>,
}

impl Functions {
    fn of(instance: &wasmtime::Instance, store: &mut Store<State>) -> Self {
        /// The export of this call, if the guest has it with the ABI's type.
        macro_rules! function {
            ($call:expr) => {
                instance.get_typed_func(&mut *store, $call.export()).ok()
            };
        }
        Self {
            abi_version: function!(Call::AbiVersion),
            io: function!(Call::Io),
            init: function!(Call::Init { params: 0, len: 0 }),
            on_events: function!(Call::OnEvents { events: 0, count: 0 }),
            timer: function!(Call::Timer { at_ns: 0 }),
            export: function!(Call::Export { ptr: 0, cap: 0 }),
            import: function!(Call::Import { ptr: 0, len: 0, from_version: 0 }),
            shutdown: function!(Call::Shutdown),
        }
    }
}

impl Instance for Guest {
    fn call(&mut self, call: Call) -> Result<i32, Trap> {
        stack::on_guest_stack(|| self.call_here(call))
    }

    fn exports(&self, call: Call) -> bool {
        match call {
            Call::AbiVersion => self.functions.abi_version.is_some(),
            Call::Io => self.functions.io.is_some(),
            Call::Init { .. } => self.functions.init.is_some(),
            Call::OnEvents { .. } => self.functions.on_events.is_some(),
            Call::Timer { .. } => self.functions.timer.is_some(),
            Call::Export { .. } => self.functions.export.is_some(),
            Call::Import { .. } => self.functions.import.is_some(),
            Call::Shutdown => self.functions.shutdown.is_some(),
        }
    }

    fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut self.store)
    }

    fn gas(&mut self) -> i64 {
        self.gas.get(&mut self.store).i64().expect("the rewriter made it an i64")
    }

    fn set_gas(&mut self, gas: i64) {
        self.gas.set(&mut self.store, Val::I64(gas)).expect("the rewriter made it a mutable i64");
    }

    fn depth(&mut self) -> i32 {
        self.depth.get(&mut self.store).i32().expect("the rewriter made it an i32")
    }

    fn set_depth(&mut self, depth: i32) {
        let set = self.depth.set(&mut self.store, Val::I32(depth));
        set.expect("the rewriter made it a mutable i32");
    }

    fn imports(&self) -> &Imports {
        &self.store.data().imports
    }

    fn imports_mut(&mut self) -> &mut Imports {
        &mut self.store.data_mut().imports
    }
}

impl Guest {
    /// Calls the guest on this stack.
    fn call_here(&mut self, call: Call) -> Result<i32, Trap> {
        let Self { functions, store, .. } = self;
        /// Calls a function that returns a number.
        macro_rules! answer {
            ($function:ident, $args:expr) => {
                match &functions.$function {
                    Some(function) => function.call(store, $args),
                    None => return Err(Trap::NoSuchFunction),
                }
            };
        }
        let answer = match call {
            Call::OnEvents { events, count } => answer!(on_events, (events, count)),
            Call::AbiVersion => answer!(abi_version, ()),
            Call::Io => answer!(io, ()),
            Call::Init { params, len } => answer!(init, (params, len)),
            Call::Timer { at_ns } => answer!(timer, at_ns).map(|()| 0),
            Call::Export { ptr, cap } => answer!(export, (ptr, cap)),
            Call::Import { ptr, len, from_version } => answer!(import, (ptr, len, from_version)),
            Call::Shutdown => answer!(shutdown, ()).map(|()| 0),
        };
        answer.map_err(|error| trap(&error))
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").finish_non_exhaustive()
    }
}

/// Defines every function of the ABI, whether a guest imports it or not.
fn link(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    for import in Import::ALL {
        let (module, name) = (import.module(), import.name());
        match import {
            Import::TimeNs | Import::Rand64 => {
                linker.func_wrap(module, name, move |mut caller: Caller<'_, State>| {
                    serve(&mut caller, import, [0; 4])
                })?;
            }
            Import::Submit => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, ptr: u32, len: u32| {
                        serve(&mut caller, import, [ptr.into(), len.into(), 0, 0]).map(low)
                    },
                )?;
            }
            Import::Log => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, level: u32, ptr: u32, len: u32| {
                        serve(&mut caller, import, [level.into(), ptr.into(), len.into(), 0])
                            .map(drop)
                    },
                )?;
            }
            Import::Metric => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, id: u32, value: u64| {
                        serve(&mut caller, import, [id.into(), value, 0, 0]).map(drop)
                    },
                )?;
            }
            Import::Panic | Import::Abort => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, a: u32, b: u32, c: u32, d: u32| {
                        serve(&mut caller, import, [a.into(), b.into(), c.into(), d.into()])
                            .map(drop)
                    },
                )?;
            }
        }
    }
    Ok(linker)
}

fn serve(caller: &mut Caller<'_, State>, import: Import, args: [u64; 4]) -> wasmtime::Result<u64> {
    let Some(memory) = caller.data().memory else {
        // Only a start function could call before the memory is known, and none is admitted.
        return Err(wasmtime::Error::msg("a host call before the guest's memory is known"));
    };
    let (bytes, state) = memory.data_and_store_mut(caller);
    state.imports.serve(import, args, bytes).map_err(|_| wasmtime::Error::new(TurnedDown))
}

/// How a host call stops a guest; [`Imports::fault`] says why.
#[derive(Debug, thiserror::Error)]
#[error("a host call turned the guest down")]
struct TurnedDown;

#[expect(clippy::cast_possible_truncation, reason = "the high half of a 32-bit answer is zero")]
const fn low(answer: u64) -> u32 {
    answer as u32
}

/// What stopped the guest, in our words.
fn trap(error: &wasmtime::Error) -> Trap {
    if error.is::<TurnedDown>() {
        return Trap::HostCall;
    }
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::UnreachableCodeReached) => Trap::Unreachable,
        Some(wasmtime::Trap::MemoryOutOfBounds | wasmtime::Trap::HeapMisaligned) => {
            Trap::MemoryOutOfBounds
        }
        Some(wasmtime::Trap::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(wasmtime::Trap::IndirectCallToNull) => Trap::NoSuchFunction,
        Some(wasmtime::Trap::BadSignature) => Trap::WrongFunctionType,
        Some(wasmtime::Trap::IntegerDivisionByZero) => Trap::DivideByZero,
        Some(wasmtime::Trap::IntegerOverflow) => Trap::IntegerOverflow,
        Some(wasmtime::Trap::BadConversionToInteger) => Trap::BadConversion,
        Some(wasmtime::Trap::StackOverflow) => Trap::StackExhausted,
        _ => Trap::Other,
    }
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
