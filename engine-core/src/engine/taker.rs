//! An order while it matches.

use crate::book::order::Terms;
use crate::command::{OrderType, Stp, TimeInForce};
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// An order while it matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker {
    pub(super) id: OrderId,
    pub(super) account: AccountId,
    pub(super) side: Side,
    pub(super) order_type: OrderType,
    pub(super) tif: TimeInForce,
    pub(super) stp: Stp,
    pub(super) terms: Terms,
    pub(super) stp_group: u32,
    /// The worst price that it takes.
    pub(super) limit: Price,
    /// What it asked for, where bands hold its limit in for now.
    pub(super) asked: Option<Price>,
    pub(super) open: Qty,
    pub(super) filled: Qty,
    pub(super) special: Special,
}

/// What few incoming orders have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Special {
    /// The tip of an iceberg; 0 is all.
    pub(super) display: Qty,
    /// What the first match must reach.
    pub(super) min_qty: Qty,
    /// When what rests ends; 0 is never.
    pub(super) expire_at: Time,
    /// One-cancels-other group; 0 is none.
    pub(super) group: u64,
    /// Whether it is one side of a quote.
    pub(super) quote: bool,
    /// Whether it may only bring its account's position nearer to nothing.
    pub(super) reduce_only: bool,
}

impl Special {
    /// Nothing special.
    pub(super) const NONE: Self = Self {
        display: Qty::ZERO,
        min_qty: Qty::ZERO,
        expire_at: Time(0),
        group: 0,
        quote: false,
        reduce_only: false,
    };
}
