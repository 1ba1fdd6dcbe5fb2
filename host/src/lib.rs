//! Puts the matching engine to work: sequences and journals commands, applies them, tells the
//! world, and runs each trading strategy as a Wasm guest in its own ring fence.
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
