//! The host functions that a guest calls, and what they work on.
#![expect(unsafe_code, reason = "the C library calls back with pointers into its own objects")]

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::slice;

use wasmedge_sys::ffi;

use super::numbers::{low, low32};
use crate::runtime::wasmedge::signals;
use crate::runtime::{Import, Imports, Word};

/// What one guest's host functions work on.
pub(super) struct Services {
    pub(super) imports: Imports,
    /// Which function each pointer stands for.
    pub(super) entries: [Service; Import::ALL.len()],
}

/// What the library hands to a host function.
pub(super) struct Service {
    import: Import,
    services: *mut Services,
}

impl Services {
    /// On the heap, where each entry knows the way back.
    pub(super) fn new(imports: Imports) -> NonNull<Self> {
        let entries = Import::ALL.map(|import| Service { import, services: ptr::null_mut() });
        let services = Box::into_raw(Box::new(Self { imports, entries }));
        // SAFETY: we just made it, and nobody else has it.
        unsafe {
            for at in 0..Import::ALL.len() {
                (*services).entries[at].services = services;
            }
            NonNull::new_unchecked(services)
        }
    }
}

/// Every host function: which one is meant is in `entry`.
///
/// # Safety
///
/// `entry` is what `Guest::define` gave out, `params` and `returns` are as long as its import's
/// type says, and no reference into its `Services` is alive: `Guest::call` sees to that.
pub(super) unsafe extern "C" fn serve(
    entry: *mut c_void,
    frame: *const ffi::WasmEdge_CallingFrameContext,
    params: *const ffi::WasmEdge_Value,
    returns: *mut ffi::WasmEdge_Value,
) -> ffi::WasmEdge_Result {
    signals::in_host(|| {
        // SAFETY: as above. The frame is the caller's, whose memory cannot grow while its host
        // function runs; without a memory there are no bytes.
        unsafe {
            let entry = &*entry.cast::<Service>();
            let import = entry.import;
            let memory = ffi::WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
            let bytes = if memory.is_null() {
                &[]
            } else {
                let (bytes, len) = memory_bytes(memory);
                slice::from_raw_parts(bytes.cast_const(), len)
            };
            let mut args = [0; 4];
            for (at, word) in import.params().iter().enumerate() {
                let number = (*params.add(at)).Value;
                args[at] = match word {
                    Word::I32 => low32(number).into(),
                    Word::I64 => low(number),
                };
            }
            match (*entry.services).imports.serve(import, args, bytes) {
                Ok(answer) => {
                    if import.result().is_some() {
                        (*returns).Value = answer.into();
                    }
                    ffi::WasmEdge_Result { Code: 0 }
                }
                Err(_) => {
                    ffi::WasmEdge_ResultGen(ffi::WasmEdge_ErrCategory_UserLevelError, TURNED_DOWN)
                }
            }
        }
    })
}

/// Where a memory is and how large.
///
/// # Safety
///
/// `memory` is alive.
#[inline]
pub(super) unsafe fn memory_bytes(
    memory: *mut ffi::WasmEdge_MemoryInstanceContext,
) -> (*mut u8, usize) {
    // SAFETY: by the caller. An empty memory has no address, but an empty slice needs one.
    unsafe {
        let len = ffi::WasmEdge_MemoryInstanceGetPageSize(memory) << 16;
        let bytes = ffi::WasmEdge_MemoryInstanceGetPointer(memory, 0, len);
        if bytes.is_null() { (NonNull::dangling().as_ptr(), 0) } else { (bytes, len as usize) }
    }
}

/// Our error code for a host call that turned the guest down.
const TURNED_DOWN: u32 = 1;
