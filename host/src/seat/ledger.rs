//! What a strategy holds, what it paid, and what that is worth at the market's middle.

use std::collections::BTreeMap;

use ringfence_core::event::Fee;
use ringfence_core::{Engine, Event, InstrumentId, Notional, OrderId, Price, Qty, Side, What};

/// Positions by instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    positions: BTreeMap<InstrumentId, Position>,
    /// Sides of its live orders: a fill does not say whether it bought.
    sides: BTreeMap<(InstrumentId, OrderId), Side>,
}

/// Orders remembered before those that ended are forgotten.
const SIDES_MAX: usize = 1 << 16;

/// What is held of one instrument.
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

impl Ledger {
    /// Books a fill.
    pub(super) fn settle(
        &mut self,
        instrument: InstrumentId,
        id: OrderId,
        price: Price,
        qty: Qty,
        fee: Fee,
    ) {
        let Some(&side) = self.sides.get(&(instrument, id)) else { return };
        let position = self.positions.entry(instrument).or_default();
        let Notional(worth) = price * qty;
        let lots = i128::from(qty.0);
        let (lots, cash) = match side {
            Side::Buy => (lots, -worth),
            Side::Sell => (-lots, worth),
        };
        position.lots += lots;
        position.cash += cash - fee.get();
        position.fees += fee.get();
        position.fills += 1;
        position.volume += u128::from(qty.0);
    }

    /// Keeps up with which orders live and on which side.
    pub(super) fn follow(&mut self, event: &Event) {
        let instrument = event.instrument;
        match event.what {
            What::Accepted { id, side, .. } => {
                self.sides.insert((instrument, id), side);
            }
            What::Filled { id, leaves: Qty(0), .. } => {
                self.sides.remove(&(instrument, id));
            }
            What::Replaced { id, new_id, .. } if id != new_id => {
                if let Some(side) = self.sides.remove(&(instrument, id)) {
                    self.sides.insert((instrument, new_id), side);
                }
            }
            _ => {}
        }
    }

    /// Forgets orders that no longer live, once many are remembered.
    pub(super) fn forget_ended(&mut self, engine: &Engine) {
        if self.sides.len() > SIDES_MAX {
            let lives = |&(instrument, id): &(InstrumentId, OrderId)| {
                engine.book(instrument).is_some_and(|book| book.order(id).is_some())
            };
            self.sides.retain(|order, _| lives(order));
        }
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
        self.positions.values().map(|position| position.lots).sum()
    }

    /// What all of it is worth, in ticks × lots: cash, and positions at the middle of the market.
    #[must_use]
    pub fn worth(&self, engine: &Engine) -> i128 {
        let worths = self.positions.iter().map(|(&instrument, position)| {
            let middle = middle_doubled(engine, instrument).unwrap_or(0);
            position.cash + position.lots * middle / 2
        });
        worths.sum()
    }
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
