//! The proven escape: native code that hides in a module, alone in its process because it calls
//! `WasmEdge`'s compiler past the host, whose linker does not bear a second one beside it.
#![cfg(feature = "wasmedge")]
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test that fails may panic")]

use wasmedge_sdk::config::{CommonConfigOptions, CompilerConfigOptions, ConfigBuilder};
use wasmedge_sdk::{Compiler, CompilerOutputFormat};

use crate::guests::{Guest, events, run, tight};

#[path = "it/guests.rs"]
#[allow(dead_code, reason = "one test needs few of them")]
mod guests;

/// `WasmEdge`'s compiler can put native code into a custom section of a module. Its loader trusts
/// that more than the bytecode, so a guest could bring its own.
#[test]
fn native_code_in_a_custom_section_is_never_executed() {
    let evil = Guest::doing("(i32.const -666)");
    let config = ConfigBuilder::new(CommonConfigOptions::default())
        .with_compiler_config(CompilerConfigOptions::new().out_format(CompilerOutputFormat::Wasm))
        .build()
        .unwrap();
    let dir = std::env::temp_dir();
    let name = format!("ringfence-smuggle-{}", std::process::id());
    let compiler = Compiler::new(Some(&config)).unwrap();
    let path = compiler.compile_from_bytes(&evil, &name, &dir).unwrap();
    let universal = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let section = wasmparser::Parser::new(0)
        .parse_all(&universal)
        .find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CustomSection(it) if it.name() == "wasmedge" => Some(it.data()),
            _ => None,
        })
        .expect("the compiler puts its code there");

    let honest = Guest::doing("(i32.const 0)");
    let smuggled = guests::with_section(honest, "wasmedge", section);
    let outcome = run(&smuggled, &tight(), &[events(1)]);
    assert_eq!(outcome.asked(), [], "the bytecode ran, which returns 0 and not -666");
}
