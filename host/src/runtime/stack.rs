//! The native stack that guests run on: their own, wherever they are called from.
//!
//! The fence bounds how deeply a guest nests, but not how large an engine makes one frame, and
//! compiled `WasmEdge` guests do not look where their stack ends. So each thread that runs guests
//! has a second stack for them, with so much forbidden memory below that no frame can step over
//! it: whoever leaves the stack traps.
#![expect(unsafe_code, reason = "stacks are mapped and switched below what the language knows")]

use std::cell::OnceCell;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};

thread_local! {
    static STACK: OnceCell<Option<Stack>> = const { OnceCell::new() };
}

/// Runs `call` on this thread's stack for guests.
///
/// Without memory for one it runs where it is, and has the depth limit alone. Calls may not nest:
/// a guest is never called from a host function.
#[inline]
pub(super) fn on_guest_stack<T>(call: impl FnOnce() -> T) -> T {
    let base =
        STACK.try_with(|stack| stack.get_or_init(Stack::map).as_ref().map(|stack| stack.lowest));
    let Ok(Some(lowest)) = base else { return call() };
    // A panic of ours must not unwind through the switch. It goes around the result, which is then
    // small where the call's is, and stays in registers.
    let mut panicked = None;
    let guarded = || match panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => Some(result),
        Err(payload) => {
            panicked = Some(payload);
            None
        }
    };
    // SAFETY: `LEN` bytes from `lowest` are mapped, writable and aligned to pages until the thread
    // ends, nothing else runs on them, and the closure returns whatever happens. Traps of
    // WasmEdge jump within it: they end in a call that it makes.
    let result = unsafe { psm::on_stack(lowest.as_ptr(), LEN, guarded) };
    match (result, panicked) {
        (Some(result), _) => result,
        (None, Some(payload)) => panic::resume_unwind(payload),
        (None, None) => unreachable!("it came back or it panicked"),
    }
}

/// Whether `address` is what lies below this thread's stack for guests. For signal handlers.
#[cfg(feature = "wasmedge")]
pub(super) fn is_below(address: *const u8) -> bool {
    let forbidden = STACK.try_with(|stack| {
        let stack = stack.get()?.as_ref()?;
        Some(stack.mapped.as_ptr().cast_const()..stack.lowest.as_ptr().cast_const())
    });
    forbidden.is_ok_and(|range| range.is_some_and(|range| range.contains(&address)))
}

/// A mapped stack.
struct Stack {
    /// Where forbidden memory begins.
    mapped: NonNull<u8>,
    /// Where the stack ends, growing downwards.
    lowest: NonNull<u8>,
}

impl Stack {
    fn map() -> Option<Self> {
        // SAFETY: a new mapping of memory that nobody may touch; the kernel chooses where.
        let mapped = unsafe {
            libc::mmap(
                ptr::null_mut(),
                FORBIDDEN + LEN,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return None;
        }
        let mapped = NonNull::new(mapped.cast::<u8>())?;
        // SAFETY: inside the mapping.
        let lowest = unsafe { mapped.add(FORBIDDEN) };
        let stack = Self { mapped, lowest };
        // SAFETY: the upper part of our own mapping, a multiple of a page.
        let allowed = unsafe {
            libc::mprotect(lowest.as_ptr().cast(), LEN, libc::PROT_READ | libc::PROT_WRITE)
        };
        (allowed == 0).then_some(stack)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the whole of our own mapping; the thread is ending and runs on another stack.
        unsafe { libc::munmap(self.mapped.as_ptr().cast(), FORBIDDEN + LEN) };
    }
}

/// Bytes of the stack. Only pages that are touched take memory.
const LEN: usize = 16 << 20;

/// What wasmtime lets a guest take of it, the rest being for host functions.
#[cfg(feature = "wasmtime")]
pub(super) const WASMTIME_LEN: usize = LEN - (1 << 20);

/// Bytes below the stack that nobody may touch: more than all instructions of a module of 8 MiB
/// together could hold.
const FORBIDDEN: usize = 64 << 20;
