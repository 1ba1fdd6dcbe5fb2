//! The average price by volume since some moment.

use ringfence_core::{Price, Qty};

/// The average price by volume of all trades since it began.
///
/// For the latest trades alone there is [`Window`](crate::Window).
///
/// ```
/// use ringfence_guest::{Vwap, prelude::*};
/// let mut vwap = Vwap::new();
/// vwap.add(Price(100), Qty(1));
/// vwap.add(Price(104), Qty(3));
/// assert_eq!((vwap.price(), vwap.volume()), (Some(Price(103)), 4));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vwap {
    worth: i128,
    volume: u128,
}

impl Vwap {
    /// No trades yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { worth: 0, volume: 0 }
    }

    /// Takes in a trade. Sums are held at their ends, which no day reaches.
    pub fn add(&mut self, price: Price, qty: Qty) {
        self.worth = self.worth.saturating_add((price * qty).0);
        self.volume = self.volume.saturating_add(u128::from(qty.0));
    }

    /// Lots traded.
    #[must_use]
    pub const fn volume(&self) -> u128 {
        self.volume
    }

    /// The average price, rounded down; none while nothing has volume.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        let volume = i128::try_from(self.volume).ok().filter(|volume| *volume > 0)?;
        i64::try_from(self.worth.div_euclid(volume)).ok().map(Price)
    }
}
