//! Keeps `WasmEdge`'s signal handlers from breaking everybody else's, and makes calls cheap.
//!
//! Compiled guests find out that they left their memory by SIGSEGV. For that `WasmEdge` installs
//! handlers at each outermost call and sets them to the default afterwards: six system calls a
//! call, and the end of the process when a guest of wasmtime traps next. But it counts its calls:
//! while one runs, nothing is installed or taken away. So one thread makes a call that never
//! returns (the keeper), and then a handler of ours takes over that passes a signal to `WasmEdge`
//! where a guest of its own raised it, and to whoever was there before otherwise.
#![expect(unsafe_code, reason = "signal handlers are installed by the C library")]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;

use wasm_encoder as wasm;
use wasmedge_sys::ffi;

use super::raw::{Configuration, Syntax, check, some, with_name};
use super::{EngineError, failed};
use crate::runtime::{Trap, stack};

thread_local! {
    /// Whether this thread runs a guest of `WasmEdge`, and not a host function that it called.
    static IN_GUEST: Cell<bool> = const { Cell::new(false) };
    /// What ended the guest's last call, where the library cannot tell.
    static ENDED_BY: Cell<Option<Trap>> = const { Cell::new(None) };
}

/// Who handled the signals before, and who handles them for `WasmEdge`. Written once, before the
/// dispatcher is installed.
static HANDLERS: OnceLock<Handlers> = OnceLock::new();

struct Handlers {
    before: [libc::sigaction; SIGNALS.len()],
    wasmedge: [libc::sigaction; SIGNALS.len()],
}

/// Parks the keeper and installs the dispatcher, once for the process.
///
/// `compile` makes code of a module.
pub(super) fn settle(
    compile: impl FnOnce(&[u8]) -> Result<Syntax, EngineError>,
) -> Result<(), EngineError> {
    static SETTLED: OnceLock<Result<(), EngineError>> = OnceLock::new();
    SETTLED
        .get_or_init(|| {
            let before = SIGNALS.map(current);
            park_keeper(compile(&keeper_module())?)?;
            let wasmedge = SIGNALS.map(|signal| current(handled_as(signal)));
            let handlers = Handlers { before, wasmedge };
            if HANDLERS.set(handlers).is_ok() {
                SIGNALS.into_iter().try_for_each(install)?;
            }
            Ok(())
        })
        .clone()
}

/// Runs a guest: signals that it raises are `WasmEdge`'s.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> T {
    // Not by a guard that is dropped: a trap leaves the guest by a jump, but arrives in `run`'s
    // own call of the library, which returns as ever.
    let before = IN_GUEST.replace(true);
    ENDED_BY.set(None);
    let result = run();
    IN_GUEST.set(before);
    result
}

/// What ended the last guarded call of this thread, where a signal says more than the library.
pub(super) fn ended_by() -> Option<Trap> {
    ENDED_BY.get()
}

/// What a signal from a guest means that `WasmEdge` takes for an access beyond the memory: an
/// instruction that does not exist is what its compiler makes of an `unreachable` that it saw would
/// always be reached, and an access below the stack is a frame too many.
fn meaning(signal: c_int, info: *mut libc::siginfo_t) -> Option<Trap> {
    if signal == libc::SIGILL {
        return Some(Trap::Unreachable);
    }
    // SAFETY: the kernel passes what it knows of the signal to a handler with three arguments; for
    // these signals that is an address.
    let address = unsafe { (*info).si_addr() };
    stack::is_below(address.cast_const().cast()).then_some(Trap::StackExhausted)
}

/// The signal of `WasmEdge`'s that its handler is told: it has none for an instruction that does
/// not exist, and would let that end the process.
const fn handled_as(signal: c_int) -> c_int {
    if signal == libc::SIGILL { libc::SIGSEGV } else { signal }
}

/// Runs a host function that a guest called: signals are no longer the guest's.
pub(super) fn in_host<T>(run: impl FnOnce() -> T) -> T {
    let before = IN_GUEST.replace(false);
    let result = run();
    IN_GUEST.set(before);
    result
}

/// Compiles something: LLVM handles some twenty signals from its first output file on, in order to
/// remove that file when the process is killed. Whoever had them before gets them back.
pub(super) fn unchanged<T>(compile: impl FnOnce() -> T) -> T {
    let before: Vec<_> = ALL_SIGNALS.map(|signal| (signal, current(signal))).collect();
    let result = compile();
    for (signal, action) in &before {
        // SAFETY: the action was there before. The two that cannot be handled answer no, as ever.
        unsafe { libc::sigaction(*signal, action, ptr::null_mut()) };
    }
    result
}

/// Receives each of [`SIGNALS`].
extern "C" fn dispatch(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(handlers) = HANDLERS.get() else { return };
    let Some(at) = SIGNALS.iter().position(|known| *known == signal) else { return };
    if IN_GUEST.get() {
        ENDED_BY.set(meaning(signal, info));
        forward(handled_as(signal), &handlers.wasmedge[at], info, context);
    } else {
        forward(signal, &handlers.before[at], info, context);
    }
}

/// Does what the kernel would have done for `action`.
fn forward(
    signal: c_int,
    action: &libc::sigaction,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    match action.sa_sigaction {
        libc::SIG_IGN => {}
        libc::SIG_DFL => {
            // SAFETY: restoring what was there is allowed in a handler. The instruction that
            // raised the signal runs again when we return, and ends the process.
            unsafe { libc::sigaction(signal, action, ptr::null_mut()) };
        }
        handler if action.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: the kernel was told that this is a handler with three arguments.
            let handler = unsafe {
                std::mem::transmute::<usize, extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void)>(
                    handler,
                )
            };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: the kernel was told that this is a handler with one argument.
            let handler = unsafe { std::mem::transmute::<usize, extern "C" fn(c_int)>(handler) };
            handler(signal);
        }
    }
}

/// Who handles `signal` now.
fn current(signal: c_int) -> libc::sigaction {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asking changes nothing. All zeroes is a valid action, should the kernel not answer.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init()
    }
}

fn install(signal: c_int) -> Result<(), EngineError> {
    let mut action = current(signal);
    action.sa_sigaction = dispatch as *const () as usize;
    // On a stack of its own: the guest's may be what ran out.
    // Not held back while it runs, since `WasmEdge` leaves it by a jump.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: the handler has the type that the flags say and touches nothing but what is made for
    // it: a thread-local without a destructor and a value that is never written again.
    if unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) } == 0 {
        Ok(())
    } else {
        Err(failed("cannot handle signals", std::io::Error::last_os_error().to_string()))
    }
}

/// Starts a thread whose call into `WasmEdge` never returns, and waits until it is there.
fn park_keeper(syntax: Syntax) -> Result<(), EngineError> {
    let cannot = "cannot park a thread in a guest";
    let (sender, parked) = mpsc::channel();
    thread::Builder::new()
        .name("ringfence-keeper".to_owned())
        .spawn(move || {
            let failure = keep(&syntax, sender);
            // Not reached unless the call failed; whoever waits sees the channel close.
            drop(failure);
        })
        .map_err(|error| failed(cannot, error.to_string()))?;
    parked.recv().map_err(|_| failed(cannot, "its call returned"))
}

/// The keeper's call. What it makes is never freed: it is in use for ever.
fn keep(syntax: &Syntax, parked: Sender<()>) -> Result<(), EngineError> {
    let configuration = Configuration::new(false)?;
    let sender = Box::into_raw(Box::new(parked));
    // SAFETY: everything is made here, checked by `some` or `check` before it is used, and stays
    // alive because the last call does not return. Names and types are copied.
    unsafe {
        let executor = ffi::WasmEdge_ExecutorCreate(configuration.as_ptr(), ptr::null_mut());
        let store = ffi::WasmEdge_StoreCreate();
        let host = with_name(KEEPER, |name| ffi::WasmEdge_ModuleInstanceCreate(name));
        let ty = ffi::WasmEdge_FunctionTypeCreate(ptr::null(), 0, ptr::null(), 0);
        let function = ffi::WasmEdge_FunctionInstanceCreate(ty, Some(park), sender.cast(), 0);
        some(function, "cannot define a host function")?;
        with_name(KEEPER, |it| ffi::WasmEdge_ModuleInstanceAddFunction(host, it, function));
        check(ffi::WasmEdge_ExecutorRegisterImport(executor, store, host), "cannot park")?;
        let mut module = ptr::null_mut();
        let made =
            ffi::WasmEdge_ExecutorInstantiate(executor, &raw mut module, store, syntax.as_ptr());
        check(made, "cannot park")?;
        let run = with_name(KEEPER, |it| ffi::WasmEdge_ModuleInstanceFindFunction(module, it));
        let run = some(run, "cannot park")?.as_ptr();
        let over = ffi::WasmEdge_ExecutorInvoke(executor, run, ptr::null(), 0, ptr::null_mut(), 0);
        check(over, "cannot park")
    }
}

/// Says that it is there, and stays.
///
/// # Safety
///
/// `sender` is the boxed sender that `keep` gave out; it is used by this one call.
unsafe extern "C" fn park(
    sender: *mut c_void,
    _frame: *const ffi::WasmEdge_CallingFrameContext,
    _params: *const ffi::WasmEdge_Value,
    _returns: *mut ffi::WasmEdge_Value,
) -> ffi::WasmEdge_Result {
    // SAFETY: as above.
    let sender = unsafe { Box::from_raw(sender.cast::<Sender<()>>()) };
    _ = sender.send(());
    loop {
        thread::park();
    }
}

/// A module with one function, which calls the function that it imports.
fn keeper_module() -> Vec<u8> {
    let mut types = wasm::TypeSection::new();
    types.ty().function([], []);
    let mut imports = wasm::ImportSection::new();
    imports.import(KEEPER, KEEPER, wasm::EntityType::Function(0));
    let mut functions = wasm::FunctionSection::new();
    functions.function(0);
    let mut exports = wasm::ExportSection::new();
    exports.export(KEEPER, wasm::ExportKind::Func, 1);
    let mut body = wasm::Function::new([]);
    body.instruction(&wasm::Instruction::Call(0));
    body.instruction(&wasm::Instruction::End);
    let mut code = wasm::CodeSection::new();
    code.function(&body);
    let mut module = wasm::Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// Names of everything in the keeper's module.
const KEEPER: &str = "keeper";

/// The signals that `WasmEdge` handles, and the one that it should.
const SIGNALS: [c_int; 4] = [libc::SIGFPE, libc::SIGBUS, libc::SIGSEGV, libc::SIGILL];

/// Every signal that has a name; real-time signals are nobody's here.
const ALL_SIGNALS: std::ops::RangeInclusive<c_int> = 1..=31;
