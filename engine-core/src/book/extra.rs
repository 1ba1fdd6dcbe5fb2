//! What few orders have.

use super::pool::{NONE, Pooled};
use crate::command::{OrderType, Peg};
use crate::quantity::{Price, Qty, Time};
use crate::risk::hold::Hold;

/// What few orders have.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    /// When the order ends; 0 is never.
    pub(crate) expire_at: Time,
    /// Which came first, among those that wait for the same thing.
    pub(crate) entry: u64,
    /// The tip of an iceberg; 0 is all.
    pub(crate) display: Qty,
    /// One-cancels-other group; 0 is none.
    pub(crate) group: u64,
    /// What the order becomes when it enters.
    pub(crate) order_type: OrderType,
    /// The price at which it will be limited, if any.
    pub(crate) limit: Option<Price>,
    /// The stop that it waits for.
    pub(crate) stop: Option<Price>,
    /// The distance of its stop from the best trade price since; 0: the stop does not move.
    pub(crate) trail: u64,
    /// The trade price that its trailing stop was last moved by.
    pub(crate) moved_by: Option<Price>,
    /// Where its turn stands among those pending.
    pub(crate) turn: u32,
    /// What its first match must reach.
    pub(crate) min_qty: Qty,
    /// The order whose end it waits for; 0 is none.
    pub(crate) parent: u64,
    /// Whether it is one side of a quote.
    pub(crate) quote: bool,
    /// Whether it may only bring its account's position nearer to nothing.
    pub(crate) reduce_only: bool,
    /// What it holds for its group, where its account has a ledger.
    pub(crate) held: Hold,
    /// Where it is while it is not on a level.
    pub(crate) waits: Waits,
    /// What a pegged order follows.
    pub(crate) peg: Peg,
    /// How far from what it follows a pegged order stands.
    pub(crate) offset: i64,
    /// Whether it ends with the auction that it gathers for.
    pub(crate) for_call: bool,
    /// The next free place, while this one is free.
    pub(crate) link: u32,
}

/// Where a live order is that is not on a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Nowhere: it rests on a level.
    No,
    /// For its stop.
    Stop,
    /// For its parent.
    Parent,
    /// For the auction that it is for.
    Auction,
    /// Nowhere: it gathers for the present auction at no price.
    Call,
    /// For the command to finish that set it free.
    Turn,
    /// For the command to finish that ended its parent unfilled.
    End,
    /// For a price to follow.
    Price,
}

impl Default for Extra {
    fn default() -> Self {
        Self {
            expire_at: Time(0),
            entry: 0,
            display: Qty::ZERO,
            group: 0,
            order_type: OrderType::Limit,
            limit: None,
            stop: None,
            trail: 0,
            moved_by: None,
            turn: NONE,
            min_qty: Qty::ZERO,
            parent: 0,
            quote: false,
            reduce_only: false,
            held: Hold::NONE,
            waits: Waits::No,
            peg: Peg::Primary,
            offset: 0,
            for_call: false,
            link: NONE,
        }
    }
}

impl Pooled for Extra {
    fn link(&mut self) -> &mut u32 {
        &mut self.link
    }
}
