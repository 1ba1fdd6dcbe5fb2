//! What an account may do: limits that are checked before the book is touched.

pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod hold;
pub(crate) mod standings;

use crate::id::AccountId;

/// The limits of an account; what is `None` is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSpec {
    /// Its number.
    pub account: AccountId,
    /// Most lots in one order.
    pub max_order_qty: Option<u64>,
    /// Most worth in one order, in ticks × lots.
    pub max_order_notional: Option<u64>,
    /// Most orders open at once.
    pub max_open_orders: Option<u32>,
    /// Most lots open on one side.
    pub max_open_qty: Option<u64>,
    /// Longest position, open orders counted as filled.
    pub max_long: Option<u64>,
    /// Shortest position, open orders counted as filled.
    pub max_short: Option<u64>,
    /// Greatest distance of a price from the reference price, in ticks.
    pub collar: Option<u64>,
    /// Most commands within `per_ns`.
    pub max_messages: Option<u32>,
    /// The interval of `max_messages`.
    pub per_ns: u64,
    /// Market-maker protection: lots filled within `mmp_ns` that trip it.
    pub mmp_qty: Option<u64>,
    /// Market-maker protection: fills within `mmp_ns` that trip it.
    pub mmp_fills: Option<u32>,
    /// The interval of market-maker protection.
    pub mmp_ns: u64,
    /// Spot ledger: all its cash from now on, held or free, in ticks × lots.
    pub cash: Option<i64>,
    /// What it owns of each instrument that it has not dealt in yet, in lots.
    pub position: i64,
}

impl AccountSpec {
    /// Whether its parts go together: every interval that a limit needs is given, and whoever has
    /// cash owes neither cash nor lots.
    pub(crate) const fn is_sound(&self) -> bool {
        let messages = self.max_messages.is_none() || self.per_ns > 0;
        let protected = self.mmp_qty.is_some() || self.mmp_fills.is_some();
        let owes = match self.cash {
            Some(cash) => cash < 0 || self.position < 0,
            None => false,
        };
        messages && (!protected || self.mmp_ns > 0) && !owes
    }
}
