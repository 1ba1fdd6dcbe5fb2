//! One guest: its store, its memory, and its exports.

use std::fmt;

use wasmtime::{Global, Memory, Store, TypedFunc, Val, ValType};

use super::NAME;
use super::link::TurnedDown;
use crate::runtime::{
    Call, DEPTH_GLOBAL, EngineError, GAS_GLOBAL, Imports, Instance, MEMORY, PATH_GLOBAL, Returned,
    Trap, stack, state_global,
};

/// A guest that runs.
pub(super) struct Guest {
    store: Store<State>,
    instance: wasmtime::Instance,
    memory: Memory,
    gas: Global,
    depth: Global,
    path: Global,
    functions: Functions,
}

/// What host functions see. The memory is looked up once: a lookup by name at each call costs
/// five times what the call does.
pub(super) struct State {
    pub(super) imports: Imports,
    pub(super) memory: Option<Memory>,
}

impl State {
    pub(super) const fn new(imports: Imports) -> Self {
        Self { imports, memory: None }
    }
}

/// A function that answers, if the guest has it: what it returned, and the gas that is left.
type Answering<Args> = Option<TypedFunc<Args, (i32, i64)>>;

/// The guest's exports, each with gas in front of what it takes and behind what it returns; the
/// optional ones where it has them.
struct Functions {
    abi_version: Answering<i64>,
    io: Answering<i64>,
    init: Answering<(i64, u32, u32)>,
    on_events: Answering<(i64, u32, u32)>,
    timer: Option<TypedFunc<(i64, i64), i64>>,
    export: Answering<(i64, u32, u32)>,
    import: Answering<(i64, u32, u32, u32)>,
    shutdown: Option<TypedFunc<i64, i64>>,
}

impl Functions {
    fn of(instance: &wasmtime::Instance, store: &mut Store<State>) -> Self {
        /// The export of this call, if the guest has it.
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
    #[inline]
    fn call(&mut self, call: Call, gas: i64) -> Result<Returned, Trap> {
        // What comes back crosses the change of stacks in parts: as a whole it would be written in
        // small pieces and read in a large one, for which processors wait.
        let mut returned = Returned { answer: 0, gas: 0 };
        let trap = stack::on_guest_stack(|| match self.call_here(call, gas) {
            Ok(Returned { answer, gas }) => {
                (returned.answer, returned.gas) = (answer, gas);
                None
            }
            Err(trap) => Some(trap),
        });
        match trap {
            None => Ok(returned),
            Some(trap) => Err(trap),
        }
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

    fn grow_memory(&mut self, pages: u32) -> bool {
        let missing = u64::from(pages).saturating_sub(self.memory.size(&self.store));
        missing == 0 || self.memory.grow(&mut self.store, missing).is_ok()
    }

    fn globals(&mut self) -> Vec<u64> {
        let globals: Vec<Global> = self.state_globals().collect();
        globals.iter().map(|global| bits(&global.get(&mut self.store))).collect()
    }

    fn set_globals(&mut self, bits: &[u64]) {
        let globals: Vec<Global> = self.state_globals().collect();
        for (global, bits) in globals.iter().zip(bits) {
            let value = value(global.ty(&self.store).content(), *bits);
            global.set(&mut self.store, value).expect("the rewriter exports mutable ones alone");
        }
    }

    fn gas(&mut self) -> i64 {
        self.gas.get(&mut self.store).i64().expect("the rewriter made it an i64")
    }

    fn depth(&mut self) -> i32 {
        self.depth.get(&mut self.store).i32().expect("the rewriter made it an i32")
    }

    fn set_depth(&mut self, depth: i32) {
        let set = self.depth.set(&mut self.store, Val::I32(depth));
        set.expect("the rewriter made it a mutable i32");
    }

    fn path(&mut self) -> u64 {
        bits(&self.path.get(&mut self.store))
    }

    fn imports(&self) -> &Imports {
        &self.store.data().imports
    }

    fn imports_mut(&mut self) -> &mut Imports {
        &mut self.store.data_mut().imports
    }
}

impl Guest {
    pub(super) fn new(
        instance: wasmtime::Instance,
        mut store: Store<State>,
    ) -> Result<Self, EngineError> {
        let missing = |what: &str| EngineError {
            engine: NAME,
            doing: "cannot run the module",
            why: format!("it has no `{what}`"),
        };
        let memory = instance.get_memory(&mut store, MEMORY).ok_or_else(|| missing(MEMORY))?;
        let gas = instance.get_global(&mut store, GAS_GLOBAL);
        let depth = instance.get_global(&mut store, DEPTH_GLOBAL);
        let path = instance.get_global(&mut store, PATH_GLOBAL);
        store.data_mut().memory = Some(memory);
        Ok(Self {
            memory,
            gas: gas.ok_or_else(|| missing(GAS_GLOBAL))?,
            depth: depth.ok_or_else(|| missing(DEPTH_GLOBAL))?,
            path: path.ok_or_else(|| missing(PATH_GLOBAL))?,
            functions: Functions::of(&instance, &mut store),
            instance,
            store,
        })
    }

    /// Calls the guest on this stack.
    #[inline]
    fn call_here(&mut self, call: Call, gas: i64) -> Result<Returned, Trap> {
        let Self { functions, store, .. } = self;
        /// Calls a function, whose results are made into an answer and gas by `$returned`.
        macro_rules! call {
            ($function:ident, $args:expr, $returned:expr) => {
                match &functions.$function {
                    Some(function) => function.call(store, $args).map($returned),
                    None => return Err(Trap::NoSuchFunction),
                }
            };
        }
        let both = |(answer, gas)| Returned { answer, gas };
        let none = |gas| Returned { answer: 0, gas };
        let returned = match call {
            Call::OnEvents { events, count } => call!(on_events, (gas, events, count), both),
            Call::AbiVersion => call!(abi_version, gas, both),
            Call::Io => call!(io, gas, both),
            Call::Init { params, len } => call!(init, (gas, params, len), both),
            Call::Timer { at_ns } => call!(timer, (gas, at_ns), none),
            Call::Export { ptr, cap } => call!(export, (gas, ptr, cap), both),
            Call::Import { ptr, len, from_version } => {
                call!(import, (gas, ptr, len, from_version), both)
            }
            Call::Shutdown => call!(shutdown, gas, none),
        };
        returned.map_err(|error| trap(&error))
    }

    fn state_globals(&mut self) -> impl Iterator<Item = Global> {
        let Self { instance, store, .. } = self;
        (0..).map_while(|number| instance.get_global(&mut *store, &state_global(number)))
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").finish_non_exhaustive()
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(number) => number.cast_unsigned().into(),
        Val::I64(number) => number.cast_unsigned(),
        Val::F32(bits) => (*bits).into(),
        Val::F64(bits) => *bits,
        _ => unreachable!("admission refuses mutable globals that hold no number"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a 32-bit number fills the low half")]
fn value(ty: &ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32((bits as u32).cast_signed()),
        ValType::F32 => Val::F32(bits as u32),
        ValType::F64 => Val::F64(bits),
        _ => Val::I64(bits.cast_signed()),
    }
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
