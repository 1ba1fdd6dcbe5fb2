//! Puts the matching engine to work: sequences and journals commands, applies them, tells the
//! world, and runs each trading strategy as a Wasm guest in its own ring fence.
//!
//! [`Host`] is the whole of it without sockets, for a program that has the book in itself;
//! [`venue`] is a process that others reach by TCP, and [`client`] their end of it. A strategy
//! beside a book:
//!
//! ```no_run
//! # #[cfg(feature = "wasmtime")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ringfence_core::*;
//! use ringfence_host::Host;
//! use ringfence_host::journal::Journal;
//! use ringfence_host::runtime::{Wasmtime, WasmtimeCompiler};
//! use ringfence_host::sandbox::{Cache, Sandbox, SandboxConfig};
//! use ringfence_host::seat::{Seat, Subscription};
//! use ringfence_host::sequencer::Stamped;
//!
//! let mut host = Host::new(Capacity::SMALL, Journal::in_memory(10_000));
//! let abc = InstrumentId(1);
//! let command = Command::Instrument(InstrumentSpec::new(abc, "ABC").into());
//! host.turn(Stamped { at: Time(10), command }, &mut ())?;
//!
//! // Admitted, compiled or found compiled, and started, within these limits.
//! let engine = Wasmtime::new(WasmtimeCompiler::Optimised)?;
//! let params = "instrument=1\nsize=5\n".to_owned();
//! let config = SandboxConfig { params, ..SandboxConfig::default() };
//! let wasm = std::fs::read("my_first.wasm")?;
//! let strategy = Sandbox::load(&engine, &Cache::from_env(), &wasm, &config)?;
//! // It is told what its manifest asks for.
//! let subscription = Subscription::of(&strategy);
//! host.seat(Seat::new("my-first".to_owned(), 0, Box::new(strategy), subscription));
//!
//! // This order and what the strategy asks for in answer are journalled, applied and told: here to
//! // nobody, else to a `publisher::Outlet`.
//! let offer = NewOrder::limit(OrderId(1), Side::Sell, Price(100), Qty(5));
//! let command = Command::New(NewOrder { instrument: abc, ..offer });
//! host.turn(Stamped { at: Time(20), command }, &mut ())?;
//! let seat = &host.seats()[0];
//! println!("{:?} with {} lots", seat.standing(), seat.ledger().lots());
//! # Ok(()) }
//! # #[cfg(not(feature = "wasmtime"))]
//! # fn main() {}
//! ```
//!
//! | feature | brings |
//! |---|---|
//! | `wasmtime`, the default | guests on wasmtime, compiled by Cranelift; they start in wasmi. No library of the system's |
//! | `winch` | wasmtime's baseline compiler besides: compiles ten times as fast, runs half as fast |
//! | `pulley` | wasmtime's portable code besides, for processors that Cranelift has no back end for |
//! | `wasmedge` | guests on WasmEdge, compiled or interpreted, by the system's libwasmedge 0.14 |
//! | `testing` | `testing`: a disk that fails, networks that break, checks for fuzz targets |
//!
//! All of them together build too; with none there is everything but engines for guests.
#![deny(unsafe_code)]

pub mod admin;
pub mod cli;
pub mod client;
pub mod comeback;
pub mod config;
mod descriptors;
pub mod error;
pub mod feed;
pub mod floor;
pub mod gateway;
pub mod host;
pub mod http;
pub mod journal;
pub mod keeper;
pub mod load;
pub mod metrics;
mod ordinary;
mod plain;
mod processors;
pub mod publisher;
pub mod recovery;
pub mod replay;
pub mod report;
pub mod runtime;
pub mod sandbox;
pub mod seat;
pub mod sequencer;
mod slice;
pub mod summary;
#[cfg(feature = "testing")]
pub mod testing;
pub mod venue;
pub mod watchdog;

pub use host::Host;
