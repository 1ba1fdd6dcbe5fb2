//! Averages that an author expects, in whole numbers: the same on every engine.

mod extremes;
mod vwap;

pub use extremes::Extremes;
use ringfence_core::{Price, Qty};
pub use vwap::Vwap;

/// An exponentially weighted average of prices, with 16 binary digits after the point.
///
/// Exact to the last of these digits for prices within ±2^46; held at the ends beyond.
///
/// ```
/// use ringfence_guest::{Ewma, prelude::*};
/// let mut average = Ewma::of_span(3);
/// assert_eq!(average.price(), None);
/// average.add(Price(100));
/// average.add(Price(200));
/// assert_eq!(average.price(), Some(Price(150)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ewma {
    fixed: Option<i64>,
    divisor: i64,
}

impl Ewma {
    /// Digits after the point in [`fixed`](Self::fixed).
    pub const POINT: u32 = 16;

    /// The average in which a new price weighs 2 ÷ (`span` + 1), like one over `span` prices.
    #[must_use]
    pub const fn of_span(span: u32) -> Self {
        Self { fixed: None, divisor: span as i64 + 1 }
    }

    /// Takes in a price; the first is the average.
    pub fn add(&mut self, price: Price) {
        let new = price.0.saturating_mul(1 << Self::POINT);
        self.fixed = Some(match self.fixed {
            None => new,
            Some(old) => {
                let step = new.saturating_sub(old).saturating_mul(2) / self.divisor;
                old.saturating_add(step)
            }
        });
    }

    /// The average in units of 2^-[`POINT`](Self::POINT) ticks.
    #[must_use]
    pub const fn fixed(&self) -> Option<i64> {
        self.fixed
    }

    /// The average in ticks, rounded down.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        self.fixed.map(|fixed| Price(fixed >> Self::POINT))
    }
}

/// The latest `N` trades, or [samples](Self::sample): their average, their average by volume and
/// how far they scatter.
///
/// Exact while prices stay within ±2^56 and `N` within 2^14.
///
/// ```
/// use ringfence_guest::{Window, prelude::*};
/// let mut window = Window::<2>::new();
/// for (price, qty) in [(90, 1), (100, 1), (104, 3)] {
///     window.add(Price(price), Qty(qty));
/// }
/// assert_eq!(window.mean(), Some(Price(102)));
/// assert_eq!(window.vwap(), Some(Price(103)));
/// assert_eq!(window.deviation(), Some(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<const N: usize> {
    trades: [(Price, Qty); N],
    next: usize,
    len: usize,
    /// Sums of prices, of their squares, of quantities and of worths.
    prices: i128,
    squares: i128,
    qty: u128,
    worth: i128,
}

impl<const N: usize> Window<N> {
    /// An empty window.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N > 0 && N <= 1 << 14, "a window holds something, and its sums fit") };
        Self {
            trades: [(Price(0), Qty::ZERO); N],
            next: 0,
            len: 0,
            prices: 0,
            squares: 0,
            qty: 0,
            worth: 0,
        }
    }

    /// Takes in a trade; the oldest leaves a full window.
    pub fn add(&mut self, price: Price, qty: Qty) {
        // Sums wrap, so that what leaves takes off exactly what it put on.
        let (old_price, old_qty) = if self.is_full() { self.trades[self.next] } else { NOTHING };
        let (new, old) = (i128::from(price.0), i128::from(old_price.0));
        self.prices = self.prices.wrapping_add(new).wrapping_sub(old);
        let squares = (new.wrapping_mul(new), old.wrapping_mul(old));
        self.squares = self.squares.wrapping_add(squares.0).wrapping_sub(squares.1);
        self.qty = self.qty.wrapping_add(u128::from(qty.0)).wrapping_sub(u128::from(old_qty.0));
        let worths = ((price * qty).0, (old_price * old_qty).0);
        self.worth = self.worth.wrapping_add(worths.0).wrapping_sub(worths.1);
        self.trades[self.next] = (price, qty);
        self.next = (self.next + 1) % N;
        self.len = N.min(self.len + 1);
    }

    /// Takes in a price without a volume: a middle, or the difference between two prices.
    pub fn sample(&mut self, price: Price) {
        self.add(price, Qty::ZERO);
    }

    /// How many trades or samples are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the next trade makes the oldest leave.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len == N
    }

    /// The average price, rounded down.
    #[must_use]
    pub fn mean(&self) -> Option<Price> {
        let count = i128::try_from(self.len).ok().filter(|count| *count > 0)?;
        i64::try_from(self.prices.div_euclid(count)).ok().map(Price)
    }

    /// The average price by volume, rounded down; none while nothing has volume.
    #[must_use]
    pub fn vwap(&self) -> Option<Price> {
        let qty = i128::try_from(self.qty).ok().filter(|qty| *qty > 0)?;
        i64::try_from(self.worth.div_euclid(qty)).ok().map(Price)
    }

    /// The standard deviation of the prices in ticks, rounded down.
    #[must_use]
    pub fn deviation(&self) -> Option<u64> {
        let count = i128::try_from(self.len).ok().filter(|count| *count > 0)?;
        // n·Σx² − (Σx)² is n² times the variance, without a rounding in between.
        let scatter = self.squares.wrapping_mul(count).wrapping_sub(self.prices.wrapping_pow(2));
        let scatter = u128::try_from(scatter).unwrap_or(0);
        u64::try_from(scatter.isqrt() / count.unsigned_abs()).ok()
    }
}

impl<const N: usize> Default for Window<N> {
    fn default() -> Self {
        Self::new()
    }
}

const NOTHING: (Price, Qty) = (Price(0), Qty::ZERO);

#[cfg(test)]
mod tests;
