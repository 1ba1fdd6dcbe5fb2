//! One guest: its executor, its memory, and the host functions that it calls.
#![expect(unsafe_code, reason = "the C library hands out pointers into its own objects")]

mod numbers;
mod services;

use std::fmt;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use wasmedge_sys::ffi;

use super::raw::{Configuration, Syntax, check, some, with_name};
use super::{EngineError, failed, signals};
use crate::runtime::{
    Call, DEPTH_GLOBAL, GAS_GLOBAL, Import, Imports, Instance, MEMORY, PATH_GLOBAL, Returned, Trap,
    stack, state_global,
};
use numbers::{Types, low, low32};
use services::{Services, memory_bytes, serve};

/// A guest that runs.
///
/// Fields are dropped by hand, in the order in which they refer to each other.
pub(super) struct Guest {
    executor: *mut ffi::WasmEdge_ExecutorContext,
    store: *mut ffi::WasmEdge_StoreContext,
    /// The modules that it imports from.
    hosts: Vec<*mut ffi::WasmEdge_ModuleInstanceContext>,
    module: *mut ffi::WasmEdge_ModuleInstanceContext,
    memory: *mut ffi::WasmEdge_MemoryInstanceContext,
    gas: *mut ffi::WasmEdge_GlobalInstanceContext,
    depth: *mut ffi::WasmEdge_GlobalInstanceContext,
    path: *mut ffi::WasmEdge_GlobalInstanceContext,
    functions: [*mut ffi::WasmEdge_FunctionInstanceContext; Call::COUNT],
    /// What host functions are handed. The library holds pointers to these, so they do not move.
    services: NonNull<Services>,
    types: Types,
    /// Its code.
    _syntax: Arc<Syntax>,
}

// SAFETY: the guest is the only owner of all that it points at, apart from its code, which is only
// read; the library ties none of it to a thread between two calls.
unsafe impl Send for Guest {}

impl Guest {
    pub(super) fn new(
        configuration: &Configuration,
        syntax: &Arc<Syntax>,
        imports: Imports,
    ) -> Result<Self, EngineError> {
        let services = Services::new(imports);
        // SAFETY: plain functions without preconditions. The configuration is alive; statistics
        // are optional.
        let (executor, store, types) = unsafe {
            (
                ffi::WasmEdge_ExecutorCreate(configuration.as_ptr(), ptr::null_mut()),
                ffi::WasmEdge_StoreCreate(),
                Types { i32: ffi::WasmEdge_ValTypeGenI32(), i64: ffi::WasmEdge_ValTypeGenI64() },
            )
        };
        let mut guest = Self {
            executor,
            store,
            hosts: Vec::with_capacity(2),
            module: ptr::null_mut(),
            memory: ptr::null_mut(),
            gas: ptr::null_mut(),
            depth: ptr::null_mut(),
            path: ptr::null_mut(),
            functions: [ptr::null_mut(); Call::COUNT],
            services,
            types,
            _syntax: Arc::clone(syntax),
        };
        some(executor, "cannot make an executor")?;
        some(store, "cannot make a store")?;
        guest.link("ringfence_1")?;
        guest.link("env")?;
        guest.instantiate(syntax)?;
        Ok(guest)
    }

    /// Registers the host functions of one module.
    fn link(&mut self, module: &str) -> Result<(), EngineError> {
        // SAFETY: the name is copied.
        let host = with_name(module, |name| unsafe { ffi::WasmEdge_ModuleInstanceCreate(name) });
        let host = some(host, "cannot define the host's functions")?.as_ptr();
        self.hosts.push(host);
        for (at, import) in Import::ALL.into_iter().enumerate() {
            if import.module() == module {
                self.define(host, at, import)?;
            }
        }
        // SAFETY: all three are alive; the store refers to the module until either is deleted.
        let registered =
            unsafe { ffi::WasmEdge_ExecutorRegisterImport(self.executor, self.store, host) };
        check(registered, "cannot register the host's functions")
    }

    fn define(
        &self,
        host: *mut ffi::WasmEdge_ModuleInstanceContext,
        at: usize,
        import: Import,
    ) -> Result<(), EngineError> {
        let params: Vec<_> = import.params().iter().map(|word| self.types.of(*word)).collect();
        let results: Vec<_> = import.result().iter().map(|word| self.types.of(*word)).collect();
        let len = |list: &[ffi::WasmEdge_ValType]| u32::try_from(list.len()).unwrap_or(u32::MAX);
        // SAFETY: the lists and their lengths belong together and are copied. The entry lives as
        // long as `services`, which outlives the function: see `drop`. The type is copied too.
        let function = unsafe {
            let ty = ffi::WasmEdge_FunctionTypeCreate(
                params.as_ptr(),
                len(&params),
                results.as_ptr(),
                len(&results),
            );
            let entry = &raw mut (*self.services.as_ptr()).entries[at];
            let made = ffi::WasmEdge_FunctionInstanceCreate(ty, Some(serve), entry.cast(), 0);
            ffi::WasmEdge_FunctionTypeDelete(ty);
            made
        };
        let function = some(function, "cannot define a host function")?.as_ptr();
        with_name(import.name(), |name| {
            // SAFETY: both are alive; the module takes the function over, and copies the name.
            unsafe { ffi::WasmEdge_ModuleInstanceAddFunction(host, name, function) }
        });
        Ok(())
    }

    fn instantiate(&mut self, syntax: &Syntax) -> Result<(), EngineError> {
        let mut module = ptr::null_mut();
        // SAFETY: all are alive, and `module` is a place for a pointer.
        let made = unsafe {
            ffi::WasmEdge_ExecutorInstantiate(
                self.executor,
                &raw mut module,
                self.store,
                syntax.as_ptr(),
            )
        };
        check(made, "cannot make room for the guest")?;
        self.module = some(module, "cannot make room for the guest")?.as_ptr();
        // SAFETY: the module is alive; what it gives out lives as long as it does, and null stands
        // for what it does not export.
        unsafe {
            let module = self.module;
            let find_global =
                |name| with_name(name, |it| ffi::WasmEdge_ModuleInstanceFindGlobal(module, it));
            self.memory =
                with_name(MEMORY, |it| ffi::WasmEdge_ModuleInstanceFindMemory(module, it));
            self.gas = find_global(GAS_GLOBAL);
            self.depth = find_global(DEPTH_GLOBAL);
            self.path = find_global(PATH_GLOBAL);
            for call in Call::ALL {
                self.functions[call.index()] = with_name(call.export(), |it| {
                    ffi::WasmEdge_ModuleInstanceFindFunction(module, it)
                });
            }
        }
        let fence = [self.gas, self.depth, self.path];
        if self.memory.is_null() || fence.iter().any(|global| global.is_null()) {
            return Err(failed("cannot run the module", "it has no memory, or no fence"));
        }
        Ok(())
    }

    /// Gas and the arguments of a call in the library's own form; how many are meant is up to the
    /// call.
    fn args(&self, call: Call, gas: i64) -> [ffi::WasmEdge_Value; 4] {
        let of32 = |number: u32| self.types.of32(number);
        let (gas, none) = (self.types.of64(gas), of32(0));
        match call {
            Call::AbiVersion | Call::Io | Call::Shutdown => [gas, none, none, none],
            Call::Init { params: ptr, len }
            | Call::OnEvents { events: ptr, count: len }
            | Call::Export { ptr, cap: len } => [gas, of32(ptr), of32(len), none],
            Call::Timer { at_ns } => [gas, self.types.of64(at_ns), none, none],
            Call::Import { ptr, len, from_version } => {
                [gas, of32(ptr), of32(len), of32(from_version)]
            }
        }
    }

    fn state_globals(&self) -> impl Iterator<Item = *mut ffi::WasmEdge_GlobalInstanceContext> {
        (0..).map_while(|number| {
            // SAFETY: the module is alive; what it does not export is null.
            let global = with_name(&state_global(number), |it| unsafe {
                ffi::WasmEdge_ModuleInstanceFindGlobal(self.module, it)
            });
            (!global.is_null()).then_some(global)
        })
    }

    /// The guest's memory: where it is now, and how large.
    fn bytes(&self) -> (*mut u8, usize) {
        // SAFETY: the memory is alive. Admission keeps it below 4 GiB.
        unsafe { memory_bytes(self.memory) }
    }

    fn number(&self, global: *mut ffi::WasmEdge_GlobalInstanceContext) -> u64 {
        // SAFETY: the global is alive.
        let value = unsafe { ffi::WasmEdge_GlobalInstanceGetValue(global) };
        low(value.Value)
    }

    fn set_number(
        &self,
        global: *mut ffi::WasmEdge_GlobalInstanceContext,
        value: ffi::WasmEdge_Value,
    ) {
        // SAFETY: the global is alive, mutable and of the value's type: the rewriter made it.
        let set = unsafe { ffi::WasmEdge_GlobalInstanceSetValue(global, value) };
        debug_assert!(check(set, "cannot set a global").is_ok(), "the rewriter made it mutable");
    }
}

impl Instance for Guest {
    fn call(&mut self, call: Call, gas: i64) -> Result<Returned, Trap> {
        let function = self.functions[call.index()];
        if function.is_null() {
            return Err(Trap::NoSuchFunction);
        }
        let args = self.args(call, gas);
        let count = 1 + u32::try_from(call.params().len()).unwrap_or(u32::MAX);
        let mut answers = [self.types.of64(0); 2];
        let answered = 1 + u32::from(call.returns());
        let result = stack::on_guest_stack(|| {
            signals::guarded(|| {
                // SAFETY: executor and function are alive, and nobody else calls them: we are
                // borrowed mutably. There are as many arguments and answers as the entry's type
                // says, which the rewriter made. Host functions take what they need from
                // `services`, to which no reference is alive here.
                unsafe {
                    ffi::WasmEdge_ExecutorInvoke(
                        self.executor,
                        function,
                        args.as_ptr(),
                        count,
                        answers.as_mut_ptr(),
                        answered,
                    )
                }
            })
        });
        // SAFETY: a plain function of a plain number.
        if unsafe { ffi::WasmEdge_ResultOK(result) } {
            let gas = low(answers[usize::from(call.returns())].Value).cast_signed();
            let answer = if call.returns() { low32(answers[0].Value).cast_signed() } else { 0 };
            Ok(Returned { answer, gas })
        } else {
            Err(trap(result))
        }
    }

    fn exports(&self, call: Call) -> bool {
        !self.functions[call.index()].is_null()
    }

    fn memory(&self) -> &[u8] {
        let (bytes, len) = self.bytes();
        // SAFETY: the library keeps `len` bytes there until the guest grows its memory, which it
        // cannot while we are borrowed.
        unsafe { slice::from_raw_parts(bytes, len) }
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        let (bytes, len) = self.bytes();
        // SAFETY: as above, and we are borrowed mutably, so nobody else reads or writes it.
        unsafe { slice::from_raw_parts_mut(bytes, len) }
    }

    fn grow_memory(&mut self, pages: u32) -> bool {
        // SAFETY: the memory is alive, and nobody holds a part of it: we are borrowed mutably.
        unsafe {
            let missing =
                pages.saturating_sub(ffi::WasmEdge_MemoryInstanceGetPageSize(self.memory));
            missing == 0
                || ffi::WasmEdge_ResultOK(ffi::WasmEdge_MemoryInstanceGrowPage(
                    self.memory,
                    missing,
                ))
        }
    }

    fn globals(&mut self) -> Vec<u64> {
        self.state_globals().map(|global| self.number(global)).collect()
    }

    fn set_globals(&mut self, bits: &[u64]) {
        for (global, bits) in self.state_globals().zip(bits) {
            // SAFETY: the global is alive.
            let now = unsafe { ffi::WasmEdge_GlobalInstanceGetValue(global) };
            self.set_number(global, ffi::WasmEdge_Value { Value: u128::from(*bits), ..now });
        }
    }

    fn gas(&mut self) -> i64 {
        self.number(self.gas).cast_signed()
    }

    fn depth(&mut self) -> i32 {
        low32(self.number(self.depth).into()).cast_signed()
    }

    fn set_depth(&mut self, depth: i32) {
        self.set_number(self.depth, self.types.of32(depth.cast_unsigned()));
    }

    fn path(&mut self) -> u64 {
        self.number(self.path)
    }

    fn imports(&self) -> &Imports {
        // SAFETY: the guest owns them. Host functions write to them only during `call`, which
        // borrows the guest mutably.
        unsafe { &(*self.services.as_ptr()).imports }
    }

    fn imports_mut(&mut self) -> &mut Imports {
        // SAFETY: as above, and we are borrowed mutably.
        unsafe { &mut (*self.services.as_ptr()).imports }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // SAFETY: we own all of them, deleting null does nothing, and each goes before what it
        // refers to: the guest, the functions that it calls, the store and the executor that know
        // both, and at last what the functions work on.
        unsafe {
            ffi::WasmEdge_ModuleInstanceDelete(self.module);
            for host in self.hosts.drain(..) {
                ffi::WasmEdge_ModuleInstanceDelete(host);
            }
            ffi::WasmEdge_StoreDelete(self.store);
            ffi::WasmEdge_ExecutorDelete(self.executor);
            drop(Box::from_raw(self.services.as_ptr()));
        }
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").finish_non_exhaustive()
    }
}

/// What stopped the guest, in our words.
fn trap(result: ffi::WasmEdge_Result) -> Trap {
    // SAFETY: plain functions of a plain number.
    let (category, code) =
        unsafe { (ffi::WasmEdge_ResultGetCategory(result), ffi::WasmEdge_ResultGetCode(result)) };
    if category == ffi::WasmEdge_ErrCategory_UserLevelError {
        return Trap::HostCall;
    }
    if let Some(trap) = signals::ended_by() {
        return trap;
    }
    match code {
        ffi::WasmEdge_ErrCode_Unreachable => Trap::Unreachable,
        ffi::WasmEdge_ErrCode_MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        ffi::WasmEdge_ErrCode_TableOutOfBounds | ffi::WasmEdge_ErrCode_UndefinedElement => {
            Trap::TableOutOfBounds
        }
        ffi::WasmEdge_ErrCode_UninitializedElement | ffi::WasmEdge_ErrCode_AccessNullFunc => {
            Trap::NoSuchFunction
        }
        ffi::WasmEdge_ErrCode_IndirectCallTypeMismatch => Trap::WrongFunctionType,
        ffi::WasmEdge_ErrCode_DivideByZero => Trap::DivideByZero,
        ffi::WasmEdge_ErrCode_IntegerOverflow => Trap::IntegerOverflow,
        ffi::WasmEdge_ErrCode_InvalidConvToInt => Trap::BadConversion,
        _ => Trap::Other,
    }
}
