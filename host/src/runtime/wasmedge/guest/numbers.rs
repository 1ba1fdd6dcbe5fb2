//! Numbers in the library's own form.

use wasmedge_sys::ffi;

use crate::runtime::Word;

/// The library's marks for numbers, made once.
#[derive(Clone, Copy)]
pub(super) struct Types {
    pub(super) i32: ffi::WasmEdge_ValType,
    pub(super) i64: ffi::WasmEdge_ValType,
}

impl Types {
    #[inline]
    pub(super) const fn of(self, word: Word) -> ffi::WasmEdge_ValType {
        match word {
            Word::I32 => self.i32,
            Word::I64 => self.i64,
        }
    }

    #[inline]
    pub(super) fn of32(self, number: u32) -> ffi::WasmEdge_Value {
        ffi::WasmEdge_Value { Value: number.into(), Type: self.i32 }
    }

    #[inline]
    pub(super) fn of64(self, number: i64) -> ffi::WasmEdge_Value {
        ffi::WasmEdge_Value { Value: number.cast_unsigned().into(), Type: self.i64 }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a 64-bit number fills the low half")]
#[inline]
pub(super) const fn low(value: u128) -> u64 {
    value as u64
}

#[expect(clippy::cast_possible_truncation, reason = "a 32-bit number fills the low quarter")]
#[inline]
pub(super) const fn low32(value: u128) -> u32 {
    value as u32
}
