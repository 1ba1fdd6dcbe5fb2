//! What the author of a strategy sees: one trait, one macro, and a market to test in.
//!
//! A strategy is a type that implements [`Strategy`]; [`export!`] makes a Wasm guest of it. No
//! allocator, no clock, no floating point: a guest of some 35 KB that decides the same everywhere.
//! With the feature `testing`, `testing::Market` runs it natively against the real engine.
#![cfg_attr(not(any(test, feature = "testing")), no_std)]
#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a test that fails may panic"
    )
)]

pub mod abi;
mod blotter;
mod context;
#[allow(unsafe_code, reason = "one of the two homes of unsafe: statics of a guest")]
#[doc(hidden)]
pub mod export;
#[allow(unsafe_code, reason = "one of the two homes of unsafe: functions of the host")]
mod imports;
mod indicators;
#[doc(hidden)]
pub mod manifest;
mod params;
mod pause;
mod position;
mod quoting;
mod session;
mod state;
mod strategy;
mod taking;
#[cfg(feature = "testing")]
pub mod testing;

pub use blotter::{INSTRUMENTS_MAX, ORDERS_MAX, OwnOrder};
pub use context::{Context, Full, LogLevel, SubmitError};
pub use indicators::{Ewma, Extremes, Vwap, Window};
pub use params::{Param, ParamError, ParamKind, Params, Problem};
pub use pause::Pause;
pub use position::Position;
pub use quoting::QuotePair;
pub use ringfence_core::{
    AccountId, CancelReason, Command, InstrumentSpec, Liquidity, Op, OrderType, PostOnly, Quote,
    Reject, Replace, TimeInForce,
};
#[cfg(feature = "alloc")]
pub use ringfence_core::{Capacity, market_data::BookReplica};
pub use session::Session;
pub use state::{StateError, StateReader, StateWriter};
pub use strategy::{
    Bbo, Cancellation, Fill, Level, Rejection, Strategy, Trade, dispatch, midpoint,
};
pub use taking::Taker;

/// What most strategies use: `use ringfence_guest::prelude::*`.
pub mod prelude {
    pub use ringfence_core::{
        Event, InstrumentId, Interest, NewOrder, Notional, OrderId, Phase, Price, Qty, Side, Time,
    };

    pub use crate::log;
    pub use crate::{
        Bbo, Cancellation, Context, Fill, Full, Level, Param, ParamError, Params, Pause, Position,
        QuotePair, Rejection, StateError, StateReader, StateWriter, Strategy, Taker, Trade,
    };
}

/// The examples of the README are compiled and run with those of this crate.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
