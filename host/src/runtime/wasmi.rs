//! Guests on wasmi: interpreted from the first call on, until an optimising engine is ready.
//!
//! Of what starts a module without compiling it first, it starts soonest: it translates a function
//! when that is called, unless that could fail. Winch and Pulley translate all of them before.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use wasmi::{
    Caller, CompilationMode, Config, Error, Func, Global, Linker, Memory, Store, TrapCode, Val,
};

use super::dialect;
use super::{
    Artifact, Call, DEPTH_GLOBAL, Engine, EngineError, GAS_GLOBAL, Import, Imports, Instance,
    MEMORY, Module, PATH_GLOBAL, Returned, Trap, Word, state_global,
};

/// wasmi.
pub struct Wasmi {
    /// Translates a function when it is first called.
    lazy: Linked,
    /// Translates all functions at once, and says so where it does not take one.
    eager: Linked,
}

struct Linked {
    engine: wasmi::Engine,
    linker: Arc<Linker<State>>,
}

impl Wasmi {
    /// Sets wasmi up. It validates a whole module first, as all engines do.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the host's functions cannot be defined.
    pub fn new() -> Result<Self, EngineError> {
        Self::with(CompilationMode::LazyTranslation)
    }

    /// Sets wasmi up to start strategies that [move on](super::Tiered) to an engine which validates
    /// the whole module. It validates a function when that is first called, a seventh of a start sooner:
    /// one that is not valid, which the fence never writes, would be a fault then.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn to_start_with() -> Result<Self, EngineError> {
        Self::with(CompilationMode::Lazy)
    }

    fn with(lazy: CompilationMode) -> Result<Self, EngineError> {
        Ok(Self { lazy: Linked::new(lazy)?, eager: Linked::new(CompilationMode::Eager)? })
    }
}

impl Linked {
    fn new(mode: CompilationMode) -> Result<Self, EngineError> {
        let mut config = Config::default();
        config
            .compilation_mode(mode)
            // The fence bounds how deeply guests nest, long before these do.
            .set_max_recursion_depth(RECURSION_MAX)
            .set_max_stack_height(STACK_LEN)
            .consume_fuel(false)
            .wasm_tail_call(false)
            .wasm_multi_memory(false);
        let engine = wasmi::Engine::new(&config);
        let linker = link(&engine).map_err(failed("cannot define the host's functions"))?;
        Ok(Self { engine, linker: Arc::new(linker) })
    }
}

impl Engine for Wasmi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fingerprint(&self) -> String {
        NAME.to_owned()
    }

    fn keeps_artifacts(&self) -> bool {
        false
    }

    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        let longest = longest_body(admitted).map_err(|error| refused(error.to_string()))?;
        let Linked { engine, linker } = if longest <= SURE_LEN { &self.lazy } else { &self.eager };
        let module = wasmi::Module::new(engine, admitted);
        let module = module.map_err(|error| refused(error.to_string()))?;
        Ok(Arc::new(Read { module, linker: Arc::clone(linker) }))
    }

    fn compile(&self, _admitted: &[u8], _path: &Path) -> Result<(), EngineError> {
        Err(none("cannot compile the module"))
    }

    fn open(&self, _artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        Err(none("cannot open the compiled module"))
    }
}

impl fmt::Debug for Wasmi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wasmi").finish_non_exhaustive()
    }
}

/// A validated module.
struct Read {
    module: wasmi::Module,
    linker: Arc<Linker<State>>,
}

impl Module for Read {
    fn instantiate(&self, imports: Imports) -> Result<Box<dyn Instance>, EngineError> {
        let mut store = Store::new(self.module.engine(), State { imports, memory: None });
        let instance = self
            .linker
            .instantiate_and_start(&mut store, &self.module)
            .map_err(failed("cannot make room for the guest"))?;
        let missing = |what: &str| EngineError {
            engine: NAME,
            doing: "cannot run the module",
            why: format!("it has no `{what}`"),
        };
        let memory = instance.get_memory(&store, MEMORY).ok_or_else(|| missing(MEMORY))?;
        store.data_mut().memory = Some(memory);
        let global = |name| instance.get_global(&store, name).ok_or_else(|| missing(name));
        Ok(Box::new(Guest {
            memory,
            gas: global(GAS_GLOBAL)?,
            depth: global(DEPTH_GLOBAL)?,
            path: global(PATH_GLOBAL)?,
            functions: Call::ALL.map(|call| instance.get_func(&store, call.export())),
            globals: (0..)
                .map_while(|number| instance.get_global(&store, &state_global(number)))
                .collect(),
            store,
        }))
    }
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").finish_non_exhaustive()
    }
}

/// A guest that runs.
struct Guest {
    store: Store<State>,
    memory: Memory,
    gas: Global,
    depth: Global,
    path: Global,
    globals: Vec<Global>,
    functions: [Option<Func>; Call::COUNT],
}

/// What host functions see.
struct State {
    imports: Imports,
    memory: Option<Memory>,
}

impl Instance for Guest {
    fn call(&mut self, call: Call, gas: i64) -> Result<Returned, Trap> {
        let Some(function) = self.functions[call.index()] else {
            return Err(Trap::NoSuchFunction);
        };
        let args = args(call, gas);
        let mut results = [Val::I32(0), Val::I64(0)];
        let (from, count) = (usize::from(!call.returns()), 1 + call.params().len());
        function
            .call(&mut self.store, &args[..count], &mut results[from..])
            .map_err(|error| trap(&error))?;
        match results {
            [Val::I32(answer), Val::I64(gas)] => Ok(Returned { answer, gas }),
            _ => Err(Trap::Other),
        }
    }

    fn exports(&self, call: Call) -> bool {
        self.functions[call.index()].is_some()
    }

    fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut self.store)
    }

    fn grow_memory(&mut self, pages: u32) -> bool {
        let missing = u64::from(pages).saturating_sub(self.memory.size(&self.store));
        missing == 0 || self.memory.grow(&mut self.store, missing).is_ok()
    }

    fn globals(&mut self) -> Vec<u64> {
        self.globals.iter().map(|global| bits(&global.get(&self.store))).collect()
    }

    fn set_globals(&mut self, bits: &[u64]) {
        for (global, bits) in self.globals.iter().zip(bits) {
            let value = like(&global.get(&self.store), *bits);
            global.set(&mut self.store, value).expect("the rewriter exports mutable ones alone");
        }
    }

    fn gas(&mut self) -> i64 {
        self.gas.get(&self.store).i64().expect("the rewriter made it an i64")
    }

    fn depth(&mut self) -> i32 {
        self.depth.get(&self.store).i32().expect("the rewriter made it an i32")
    }

    fn set_depth(&mut self, depth: i32) {
        let set = self.depth.set(&mut self.store, Val::I32(depth));
        set.expect("the rewriter made it a mutable i32");
    }

    fn path(&mut self) -> u64 {
        bits(&self.path.get(&self.store))
    }

    fn imports(&self) -> &Imports {
        &self.store.data().imports
    }

    fn imports_mut(&mut self) -> &mut Imports {
        &mut self.store.data_mut().imports
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").finish_non_exhaustive()
    }
}

/// Gas and the arguments of a call; how many are meant is up to the call.
fn args(call: Call, gas: i64) -> [Val; 4] {
    let of = |number: u32| Val::I32(number.cast_signed());
    let (first, second, third) = match call {
        Call::AbiVersion | Call::Io | Call::Shutdown => (of(0), 0, 0),
        Call::Init { params: ptr, len }
        | Call::OnEvents { events: ptr, count: len }
        | Call::Export { ptr, cap: len } => (of(ptr), len, 0),
        Call::Timer { at_ns } => (Val::I64(at_ns), 0, 0),
        Call::Import { ptr, len, from_version } => (of(ptr), len, from_version),
    };
    [Val::I64(gas), first, of(second), of(third)]
}

/// Defines every function of the ABI, whether a guest imports it or not.
fn link(engine: &wasmi::Engine) -> Result<Linker<State>, Error> {
    let mut linker = Linker::new(engine);
    for import in Import::ALL {
        let ty = |word: &Word| match word {
            Word::I32 => wasmi::ValType::I32,
            Word::I64 => wasmi::ValType::I64,
        };
        let ty =
            wasmi::FuncType::new(import.params().iter().map(ty), import.result().as_ref().map(ty));
        linker.func_new(
            import.module(),
            import.name(),
            ty,
            move |mut caller: Caller<'_, State>, params: &[Val], results: &mut [Val]| {
                let mut args = [0; 4];
                for (arg, param) in args.iter_mut().zip(params) {
                    *arg = bits(param);
                }
                let answer = serve(&mut caller, import, args)?;
                if let Some(result) = results.first_mut() {
                    *result = like(result, answer);
                }
                Ok(())
            },
        )?;
    }
    Ok(linker)
}

fn serve(caller: &mut Caller<'_, State>, import: Import, args: [u64; 4]) -> Result<u64, Error> {
    let Some(memory) = caller.data().memory else {
        // Only a start function could call before the memory is known, and none is admitted.
        return Err(Error::new("a host call before the guest's memory is known"));
    };
    let (bytes, state) = memory.data_and_store_mut(caller);
    state.imports.serve(import, args, bytes).map_err(|_| Error::host(TurnedDown))
}

/// How a host call stops a guest; [`Imports::fault`] says why.
#[derive(Debug, thiserror::Error)]
#[error("a host call turned the guest down")]
struct TurnedDown;

impl wasmi::errors::HostError for TurnedDown {}

/// What a number is in 64 bits, widened without sign.
fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(number) => number.cast_unsigned().into(),
        Val::I64(number) => number.cast_unsigned(),
        Val::F32(number) => number.to_bits().into(),
        Val::F64(number) => number.to_bits(),
        _ => unreachable!("admission lets through nothing but numbers here"),
    }
}

/// These bits as a number of the type that `value` has.
#[expect(clippy::cast_possible_truncation, reason = "a 32-bit number fills the low half")]
fn like(value: &Val, bits: u64) -> Val {
    match value {
        Val::I32(_) => Val::I32((bits as u32).cast_signed()),
        Val::F32(_) => Val::F32(wasmi::F32::from_bits(bits as u32)),
        Val::F64(_) => Val::F64(wasmi::F64::from_bits(bits)),
        _ => Val::I64(bits.cast_signed()),
    }
}

/// Bytes of the longest function.
fn longest_body(wasm: &[u8]) -> wasmparser::Result<u64> {
    let mut longest = 0;
    for payload in dialect::parser().parse_all(wasm) {
        if let wasmparser::Payload::CodeSectionEntry(body) = payload? {
            longest = longest.max(body.range().end - body.range().start);
        }
    }
    Ok(longest)
}

/// What stopped the guest, in our words.
fn trap(error: &Error) -> Trap {
    if error.downcast_ref::<TurnedDown>().is_some() {
        return Trap::HostCall;
    }
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Trap::NoSuchFunction,
        Some(TrapCode::BadSignature) => Trap::WrongFunctionType,
        Some(TrapCode::IntegerDivisionByZero) => Trap::DivideByZero,
        Some(TrapCode::IntegerOverflow) => Trap::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Trap::BadConversion,
        Some(TrapCode::StackOverflow) => Trap::StackExhausted,
        _ => Trap::Other,
    }
}

fn failed(doing: &'static str) -> impl Fn(Error) -> EngineError {
    move |error| EngineError { engine: NAME, doing, why: error.to_string() }
}

fn refused(why: String) -> EngineError {
    EngineError { engine: NAME, doing: "does not take the module", why }
}

fn none(doing: &'static str) -> EngineError {
    EngineError { engine: NAME, doing, why: "it interprets".to_owned() }
}

const NAME: &str = "wasmi";

/// Bytes of a function whose translation cannot fail: of the numbers that a function works with wasmi
/// counts 32,767, and each takes more than two bytes of it. Admission bounds the rest.
const SURE_LEN: u64 = 1 << 16;

/// Calls that may be open at once.
const RECURSION_MAX: usize = 1 << 20;

/// Bytes of a guest's values, as much as compiled guests have of native stack.
const STACK_LEN: usize = 16 << 20;
