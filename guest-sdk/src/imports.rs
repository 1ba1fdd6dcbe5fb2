//! What a guest can ask of its host: the functions of `ringfence_1`, but for `time_ns`, as each
//! event carries its time.
//!
//! On Wasm each is an import, which the linker drops where nothing calls it. Elsewhere they do
//! nothing, or, with the feature `testing`, what the host of the test says.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{log, metric, rand64, submit};
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::{log, metric, panic, rand64, submit};

#[cfg(target_arch = "wasm32")]
mod wasm {
    pub(crate) mod raw {
        // SAFETY: the names, types and module are those of `docs/abi.md`, which the
        // host checks before it links the guest. The host reads `len` bytes from `ptr`, keeps no
        // address and writes nothing, so that any slice's parts may be passed.
        #[link(wasm_import_module = "ringfence_1")]
        unsafe extern "C" {
            pub(super) fn log(level: i32, ptr: *const u8, len: usize);
            pub(super) fn panic(ptr: *const u8, len: usize, line: i32, col: i32);
            pub(crate) safe fn rand64() -> i64;
            pub(crate) safe fn metric(id: i32, value: i64);
            pub(super) fn submit(ptr: *const u8, len: usize) -> i32;
        }
    }

    pub(crate) use raw::{metric, rand64};

    pub(crate) fn log(level: i32, text: &[u8]) {
        // SAFETY: address and length are those of one slice, borrowed for the whole call.
        unsafe { raw::log(level, text.as_ptr(), text.len()) }
    }

    pub(crate) fn panic(text: &[u8], line: i32, col: i32) {
        // SAFETY: address and length are those of one slice, borrowed for the whole call.
        unsafe { raw::panic(text.as_ptr(), text.len(), line, col) }
    }

    pub(crate) fn submit(record: &[u8]) -> i32 {
        // SAFETY: address and length are those of one slice, borrowed for the whole call.
        unsafe { raw::submit(record.as_ptr(), record.len()) }
    }
}

#[cfg(all(not(target_arch = "wasm32"), feature = "testing"))]
mod native {
    pub(crate) use crate::testing::fake::{log, metric, rand64, submit};
}

#[cfg(all(not(target_arch = "wasm32"), not(feature = "testing")))]
mod native {
    pub(crate) fn log(_level: i32, _text: &[u8]) {}

    pub(crate) fn rand64() -> i64 {
        0
    }

    pub(crate) fn metric(_id: i32, _value: i64) {}

    pub(crate) fn submit(_record: &[u8]) -> i32 {
        -1
    }
}
