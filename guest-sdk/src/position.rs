//! What a strategy holds and what it made, in whole numbers.

use ringfence_core::{Notional, Price, Qty, Side};

/// A position in one instrument.
///
/// ```
/// use ringfence_guest::{Position, prelude::*};
/// let mut position = Position::FLAT;
/// position.add(Side::Buy, Price(100), Qty(3), 0);
/// position.add(Side::Sell, Price(110), Qty(1), 0);
/// assert_eq!((position.lots, position.average()), (2, Some(Price(100))));
/// assert_eq!(position.profit(Price(105)), Notional(10 + 2 * 5));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Lots held; negative: sold short.
    pub lots: i64,
    /// What selling brought in, less what buying cost and less the fees, in ticks × lots.
    pub cash: i128,
    /// The fees paid, in ticks × lots.
    pub fees: i128,
    /// What the lots held were bought (or sold) for, in ticks × lots; has the sign of `lots`.
    pub cost: i128,
    /// All lots ever bought.
    pub bought: u64,
    /// All lots ever sold.
    pub sold: u64,
}

impl Position {
    /// Nothing held, nothing made.
    pub const FLAT: Self = Self { lots: 0, cash: 0, fees: 0, cost: 0, bought: 0, sold: 0 };

    /// Takes in a trade. A position beyond `i64` is held at its ends.
    pub fn add(&mut self, side: Side, price: Price, qty: Qty, fee: i64) {
        let lots = i64::try_from(qty.0).unwrap_or(i64::MAX);
        let worth = (price * qty).0;
        self.fees = self.fees.wrapping_add(i128::from(fee));
        self.cash = self.cash.wrapping_sub(i128::from(fee));
        let change = match side {
            Side::Buy => {
                self.bought = self.bought.saturating_add(qty.0);
                self.cash = self.cash.wrapping_sub(worth);
                lots
            }
            Side::Sell => {
                self.sold = self.sold.saturating_add(qty.0);
                self.cash = self.cash.wrapping_add(worth);
                lots.saturating_neg()
            }
        };
        self.cost = self.cost_after(change, price);
        self.lots = self.lots.saturating_add(change);
    }

    /// What is held, with its sign turned into a side; `None` when flat.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self.lots {
            0 => None,
            1.. => Some(Side::Buy),
            _ => Some(Side::Sell),
        }
    }

    /// How much is held, on whichever side.
    #[must_use]
    pub fn size(&self) -> Qty {
        Qty(self.lots.unsigned_abs())
    }

    /// The average price of what is held, rounded down.
    #[must_use]
    pub fn average(&self) -> Option<Price> {
        if self.lots == 0 {
            return None;
        }
        // Both with the sign of a bought position, so that the division rounds down.
        let cost = if self.lots < 0 { self.cost.wrapping_neg() } else { self.cost };
        let average = cost.div_euclid(i128::from(self.lots.unsigned_abs()));
        Some(Price(i64::try_from(average).unwrap_or(if average < 0 { i64::MIN } else { i64::MAX })))
    }

    /// What was made, with what is held valued at `mark`; fees are paid.
    #[must_use]
    pub fn profit(&self, mark: Price) -> Notional {
        Notional(self.cash.wrapping_add(i128::from(mark.0) * i128::from(self.lots)))
    }

    /// What was made with the lots that are no longer held; fees are paid.
    ///
    /// With [`unrealised`](Self::unrealised) it is [`profit`](Self::profit).
    #[must_use]
    pub const fn realised(&self) -> Notional {
        Notional(self.cash.wrapping_add(self.cost))
    }

    /// What would be made, before fees, if the lots that are held were given away at `mark`.
    ///
    /// ```
    /// use ringfence_guest::{Position, prelude::*};
    /// let mut position = Position::FLAT;
    /// position.add(Side::Buy, Price(100), Qty(3), 0);
    /// position.add(Side::Sell, Price(110), Qty(1), 2);
    /// assert_eq!(position.realised(), Notional(10 - 2));
    /// assert_eq!(position.unrealised(Price(95)), Notional(2 * -5));
    /// ```
    #[must_use]
    pub fn unrealised(&self, mark: Price) -> Notional {
        let worth = i128::from(mark.0) * i128::from(self.lots);
        Notional(worth.wrapping_sub(self.cost))
    }

    /// The cost of what is held after `change` lots traded at `price`: what is closed leaves at
    /// the average, what is opened comes in at the price.
    fn cost_after(&self, change: i64, price: Price) -> i128 {
        let worth = |lots: i64| i128::from(price.0) * i128::from(lots);
        let grows = self.lots == 0 || (self.lots > 0) == (change > 0);
        if grows {
            self.cost.wrapping_add(worth(change))
        } else if change.unsigned_abs() >= self.lots.unsigned_abs() {
            worth(self.lots.saturating_add(change))
        } else {
            let left = i128::from(self.lots) + i128::from(change);
            self.cost.wrapping_mul(left) / i128::from(self.lots)
        }
    }
}

#[cfg(test)]
mod tests;
