//! Integration tests. `walk` is the one to read first.

mod cli;
mod command;
#[cfg(feature = "wasmtime")]
mod guests;
mod jsonl;
mod lobster;
#[cfg(feature = "wasmtime")]
mod strategies;
mod walk;
