//! Why a command was not sent.

use core::fmt;

use ringfence_core::Reject;

/// Why a command was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The batch has as many commands as fit; the next one has room again.
    Commands,
    /// [`ORDERS_MAX`](crate::ORDERS_MAX) orders are open, or
    /// [`INSTRUMENTS_MAX`](crate::INSTRUMENTS_MAX) instruments traded.
    Orders,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commands => "this batch has no room for another command",
            Self::Orders => "there is no room to follow another order or instrument",
        })
    }
}

impl core::error::Error for Full {}

/// Why [`Context::submit`](crate::Context::submit) did not send an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// There is no room to follow it.
    Full(Full),
    /// A limit forbids it.
    Rejected(Reject),
    /// The host does not take it.
    Refused,
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(full) => full.fmt(f),
            Self::Rejected(reason) => f.write_str(reason.name()),
            Self::Refused => f.write_str("the host does not take it"),
        }
    }
}

impl core::error::Error for SubmitError {}
