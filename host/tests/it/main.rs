//! Integration tests. `walk` is the one to read first.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that fails may panic, and its modules share helpers"
)]

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod abi;
#[cfg(feature = "wasmtime")]
mod admin;
mod admin_bytes;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod allocations;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod attacks;
#[cfg(feature = "wasmtime")]
mod backtest;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod backtraces;
mod cli;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod comeback;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod comeback_asks;
mod command;
mod config;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod conformance;
mod contract;
mod descriptors;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod every_engine;
mod full_disk;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod guests;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod hand_over;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod hostile;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod images;
mod journal;
mod journal_ends;
mod journal_files;
mod jsonl;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod kept_ready;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod limits;
mod lobster;
mod network;
#[cfg(feature = "wasmtime")]
mod ordinary;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod panics;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod programs;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod quoters;
mod ready;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod replica;
mod run;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod runtime;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod sandbox;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod scenarios;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod seat_images;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod shared_programs;
mod snapshots;
#[cfg(feature = "wasmtime")]
mod strategies;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod strategy_bench;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod strategy_cli;
#[cfg(feature = "wasmtime")]
mod strategy_guide;
#[cfg(feature = "wasmtime")]
mod strategy_new;
mod tapes;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod tiers;
mod told;
mod venue;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod venue_strategies;
mod walk;
mod workers;
