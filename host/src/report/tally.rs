//! What each strategy's trades come to, counted as they happen.

use std::collections::BTreeSet;

use ringfence_core::{OrderId, Qty, Side};

/// What one strategy traded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lots held over all instruments.
    pub lots: i128,
    /// The most it held.
    pub longest: i128,
    /// The least it held; below zero: the most it owed.
    pub shortest: i128,
    /// Lots that it traded with orders that rested, auctions included.
    pub made: u128,
    /// Lots that it traded with orders that came in.
    pub taken: u128,
    traded: BTreeSet<OrderId>,
}

impl Tally {
    /// Books one side of a trade.
    pub(super) fn book(&mut self, id: OrderId, side: Side, qty: Qty, taker: Option<Side>) {
        let lots = i128::from(qty.0);
        self.lots += if side == Side::Buy { lots } else { -lots };
        self.longest = self.longest.max(self.lots);
        self.shortest = self.shortest.min(self.lots);
        let part = if taker == Some(side) { &mut self.taken } else { &mut self.made };
        *part += u128::from(qty.0);
        self.traded.insert(id);
    }

    /// How many of its orders traded, in part or whole; one that was given another name counts
    /// once under each.
    #[must_use]
    pub fn orders_traded(&self) -> u64 {
        self.traded.len() as u64
    }
}

#[cfg(test)]
mod tests;
