//! What a strategy holds, what it paid, and what that is worth at the market's middle.

use std::collections::BTreeMap;

use ringfence_core::event::Fee;
use ringfence_core::{Engine, InstrumentId, Notional, Price, Qty, Side};

/// Positions by instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    positions: BTreeMap<InstrumentId, Position>,
}

/// What is held of one instrument. Nothing goes beyond [`SUM_MAX`]: it stays there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Lots held; below zero: lots owed.
    pub lots: i128,
    /// Received less paid, fees included, in ticks × lots.
    pub cash: i128,
    /// Fees paid; below zero: received.
    pub fees: i128,
    /// Fills.
    pub fills: u64,
    /// Lots traded.
    pub volume: u128,
}

impl FromIterator<(InstrumentId, Position)> for Ledger {
    fn from_iter<I: IntoIterator<Item = (InstrumentId, Position)>>(positions: I) -> Self {
        Self { positions: positions.into_iter().collect() }
    }
}

impl Ledger {
    /// Books a fill.
    pub(super) fn settle(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
        qty: Qty,
        fee: Fee,
    ) {
        let position = self.positions.entry(instrument).or_default();
        let Notional(worth) = price * qty;
        let lots = i128::from(qty.0);
        let (lots, cash) = match side {
            Side::Buy => (lots, -worth),
            Side::Sell => (-lots, worth),
        };
        position.lots = sum(position.lots, lots);
        position.cash = sum(sum(position.cash, cash), fee.get().saturating_neg());
        position.fees = sum(position.fees, fee.get());
        position.fills += 1;
        let volume = position.volume.saturating_add(u128::from(qty.0));
        position.volume = volume.min(SUM_MAX.unsigned_abs());
    }

    /// Positions by instrument, those closed again included.
    pub fn positions(&self) -> impl Iterator<Item = (InstrumentId, Position)> + '_ {
        self.positions.iter().map(|(&instrument, &position)| (instrument, position))
    }

    /// Fills over all instruments.
    #[must_use]
    pub fn fills(&self) -> u64 {
        self.positions.values().map(|position| position.fills).sum()
    }

    /// Lots held over all instruments.
    #[must_use]
    pub fn lots(&self) -> i128 {
        self.positions.values().map(|position| position.lots).fold(0, sum)
    }

    /// Lots traded over all instruments.
    #[must_use]
    pub fn volume(&self) -> u128 {
        let volumes = self.positions.values().map(|position| position.volume);
        volumes.fold(0, u128::saturating_add).min(SUM_MAX.unsigned_abs())
    }

    /// Fees paid over all instruments.
    #[must_use]
    pub fn fees(&self) -> i128 {
        self.positions.values().map(|position| position.fees).fold(0, sum)
    }

    /// What all of it is worth, in ticks × lots: cash, and positions at the middle of the market.
    #[must_use]
    pub fn worth(&self, engine: &Engine) -> i128 {
        let worths = self.positions.iter().map(|(&instrument, position)| {
            let middle = middle_doubled(engine, instrument).unwrap_or(0);
            sum(position.cash, position.lots.saturating_mul(middle) / 2)
        });
        worths.fold(0, sum)
    }
}

/// The most that a sum is, above zero and below: one fill of the largest order at the highest price
/// is worth more. The difference of two such sums is a number still.
pub const SUM_MAX: i128 = (1 << 126) - 1;

/// Two sums together, which stay at their bound.
fn sum(one: i128, other: i128) -> i128 {
    one.saturating_add(other).clamp(-SUM_MAX, SUM_MAX)
}

/// Twice the middle of the market: bid plus ask; twice the last trade where one is missing.
#[must_use]
pub fn middle_doubled(engine: &Engine, instrument: InstrumentId) -> Option<i128> {
    let book = engine.book(instrument)?;
    let price = |side| book.best(side).map(|level| i128::from(level.price.0));
    match (price(Side::Buy), price(Side::Sell)) {
        (Some(bid), Some(ask)) => Some(bid + ask),
        _ => book.last_trade().map(|price| 2 * i128::from(price.0)),
    }
}
