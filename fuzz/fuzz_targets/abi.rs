//! Guests of arbitrary host calls and answers, on two engines: no panic, and no difference.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringfence_host::runtime::{Wasmi, Wasmtime, WasmtimeCompiler};
use ringfence_host::testing::check_abi_bytes;

static ENGINES: LazyLock<(Wasmi, Wasmtime)> = LazyLock::new(|| {
    let wasmi = Wasmi::new().expect("it runs anywhere");
    (wasmi, Wasmtime::new(WasmtimeCompiler::Optimised).expect("it runs on this machine"))
});

fuzz_target!(|bytes: &[u8]| {
    let (wasmi, wasmtime) = &*ENGINES;
    check_abi_bytes(bytes, &[wasmi, wasmtime]);
});
