//! Why a command was not sent.

use core::fmt;

use crate::abi::submit;

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
    /// This call may ask for no more commands ([`submit::FULL`]); the next one may again.
    NoMore,
    /// It is never a command, as an order for no lots is not ([`submit::NO_COMMAND`]).
    NoCommand,
    /// Commands are taken in calls with events or timers only ([`submit::NOT_NOW`]): not in
    /// [`on_stop`](crate::Strategy::on_stop).
    NotNow,
    /// The host answered another number.
    Other(i32),
}

impl SubmitError {
    /// What a host that does not take a command answered.
    pub(super) const fn from_answer(answer: i32) -> Self {
        match answer {
            submit::FULL => Self::NoMore,
            submit::NO_COMMAND => Self::NoCommand,
            submit::NOT_NOW => Self::NotNow,
            _ => Self::Other(answer),
        }
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(full) => full.fmt(f),
            Self::NoMore => f.write_str("this call may ask for no more commands"),
            Self::NoCommand => f.write_str("it is never a command"),
            Self::NotNow => f.write_str("commands are taken in calls with events or timers only"),
            Self::Other(answer) => write!(f, "the host does not take it, and answers {answer}"),
        }
    }
}

impl core::error::Error for SubmitError {}
