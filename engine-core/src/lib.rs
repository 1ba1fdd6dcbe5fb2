//! A deterministic limit order book and matching engine.
//!
//! (state, command) → (state, events): no clock, no randomness, no floating point, no allocation
//! within the configured capacity, and the same answers natively and in Wasm.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "testing"))]
extern crate std;

pub mod allocation;
mod book;
pub mod command;
pub mod engine;
pub mod event;
pub mod id;
pub mod instrument;
pub mod limits;
pub mod market_data;
pub mod quantity;
pub mod risk;
pub mod side;
#[cfg(feature = "snapshot")]
pub mod snapshot;
pub mod state_hash;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod wire;

pub use allocation::Allocation;
pub use command::{
    Cancel, Command, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Quote, Reduce, Replace,
    Scope, Stp, TimeInForce,
};
#[cfg(feature = "snapshot")]
pub use engine::Image;
pub use engine::{
    AHEAD_MAX, AccountView, Ahead, BookView, Engine, HoldingView, IndicativeView, LevelView,
    OrderView, WaitingView,
};
pub use event::{CancelReason, Discard, Event, EventSink, Interest, Liquidity, Op, Reject, What};
pub use id::{AccountId, InstrumentId, OrderId};
pub use instrument::{Algo, InstrumentSpec, ReplacePolicy};
pub use limits::Capacity;
pub use quantity::{Notional, Price, Qty, Time};
pub use risk::AccountSpec;
pub use side::Side;
#[cfg(feature = "snapshot")]
pub use snapshot::SnapshotError;

/// The version of what the engine decides: raised whenever any golden tape tells other events than
/// it did.
pub const SEMANTICS_VERSION: u32 = 4;
