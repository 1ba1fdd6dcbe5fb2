//! The figures of the ring fence, each beside what it may be at most.
//!
//!     cargo bench --profile release -p ringfence-host --features wasmedge --bench fence
//!
//! prints the table and writes `benches/record/fence-….json`. Needs `.ci/build-guests.sh`. Names of
//! sections (`call`, `fence`, `cold` or its parts `disk`, `memory` and `unseen`, `many`, `loop`) and
//! of engines after `--` leave out the others.
#![allow(clippy::unwrap_used, missing_docs, reason = "a program that measures may panic")]

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
#[path = "fence/all.rs"]
mod all;

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn main() {
    all::main();
}

#[cfg(not(any(feature = "wasmtime", feature = "wasmedge")))]
fn main() {
    println!("this build has no engine: nothing is fenced");
}
