//! What an order of an account with a ledger keeps from other uses: cash and lots.

use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// Cash in ticks × lots, and lots of the instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) cash: u128,
    pub(crate) lots: u128,
}

impl Hold {
    /// Nothing.
    pub(crate) const NONE: Self = Self { cash: 0, lots: 0 };
}

/// What an order holds; the price is the worst at which it may trade, where it is known.
pub(crate) fn hold_at(spec: &InstrumentSpec, side: Side, price: Option<Price>, qty: Qty) -> Hold {
    let cash = price.map_or(0, |price| cost(side, price, qty, worst_bps(spec)));
    Hold { cash, lots: if side == Side::Sell { qty.0.into() } else { 0 } }
}

/// What `qty` at `price` or better costs at most: the worth and the worst fee. Whoever buys below
/// zero, or sells above it, is paid, and no fee is more than the payment.
pub(crate) fn cost(side: Side, price: Price, qty: Qty, worst_bps: u32) -> u128 {
    let worth = u128::try_from(paid(side, price)).unwrap_or(0) * u128::from(qty.0);
    worth + fee_on(worth, worst_bps)
}

/// What is paid for a lot; negative where one is paid.
pub(crate) const fn paid(side: Side, price: Price) -> i128 {
    match side {
        Side::Buy => price.0 as i128,
        Side::Sell => -(price.0 as i128),
    }
}

/// A fee of at most the whole worth, rounded toward zero: the fees of parts never exceed it.
pub(crate) fn fee_on(worth: u128, bps: u32) -> u128 {
    let bps = u128::from(bps);
    worth / 10_000 * bps + worth % 10_000 * bps / 10_000
}

/// The fee to be ready for: makers' or takers', whichever is higher; rebates do not count.
pub(crate) fn worst_bps(spec: &InstrumentSpec) -> u32 {
    u32::try_from(spec.maker_bps.max(spec.taker_bps)).unwrap_or(0)
}
