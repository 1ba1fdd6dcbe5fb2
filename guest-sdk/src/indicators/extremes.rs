//! The lowest and the highest of the latest prices.

use ringfence_core::Price;

/// The lowest and the highest of the latest `N` prices.
///
/// A price costs a few instructions on average, and `N` times that at worst.
///
/// ```
/// use ringfence_guest::{Extremes, prelude::*};
/// let mut extremes = Extremes::<2>::new();
/// for price in [90, 104, 100] {
///     extremes.add(Price(price));
/// }
/// assert_eq!((extremes.min(), extremes.max()), (Some(Price(100)), Some(Price(104))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes<const N: usize> {
    lowest: Row<N>,
    highest: Row<N>,
    added: u64,
}

impl<const N: usize> Extremes<N> {
    /// No prices yet.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N > 0, "a window holds something") };
        Self { lowest: Row::EMPTY, highest: Row::EMPTY, added: 0 }
    }

    /// Takes in a price; the oldest leaves where there are `N`.
    pub fn add(&mut self, price: Price) {
        self.lowest.add(self.added, price, |last| last >= price);
        self.highest.add(self.added, price, |last| last <= price);
        self.added += 1;
    }

    /// The lowest of them.
    #[must_use]
    pub const fn min(&self) -> Option<Price> {
        self.lowest.first()
    }

    /// The highest of them.
    #[must_use]
    pub const fn max(&self) -> Option<Price> {
        self.highest.first()
    }
}

impl<const N: usize> Default for Extremes<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The prices that can still be the extreme one, in the order in which they came: each is further
/// out than all behind it. A ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row<const N: usize> {
    prices: [(u64, Price); N],
    from: usize,
    len: usize,
}

impl<const N: usize> Row<N> {
    const EMPTY: Self = Self { prices: [(0, Price(0)); N], from: 0, len: 0 };

    /// Adds the `number`th price behind those that it does not make `obsolete`.
    fn add(&mut self, number: u64, price: Price, obsolete: impl Fn(Price) -> bool) {
        if self.len > 0 && self.prices[self.from].0 + N as u64 <= number {
            self.from = (self.from + 1) % N;
            self.len -= 1;
        }
        while self.len > 0 && obsolete(self.prices[(self.from + self.len - 1) % N].1) {
            self.len -= 1;
        }
        self.prices[(self.from + self.len) % N] = (number, price);
        self.len += 1;
    }

    const fn first(&self) -> Option<Price> {
        if self.len == 0 { None } else { Some(self.prices[self.from].1) }
    }
}
