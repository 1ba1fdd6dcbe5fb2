//! Units: what a price, a quantity, a worth and a time are counted in.

use core::fmt;
use core::ops::{Add, AddAssign, Mul, Sub, SubAssign};

/// A price in ticks. May be zero or negative (spreads, energy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Price(pub i64);

/// A quantity in lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Qty(pub u64);

/// What a trade is worth, in ticks × lots.
///
/// Wide enough that a [`Price`] times a [`Qty`] cannot overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Notional(pub i128);

/// A moment in nanoseconds since the Unix epoch. Comes with a command; nothing here reads a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Time(pub u64);

impl Price {
    /// The lowest price there is.
    pub const MIN: Self = Self(i64::MIN);
    /// The highest price there is.
    pub const MAX: Self = Self(i64::MAX);

    /// This price moved by `ticks`, held at the ends of the range.
    #[must_use]
    pub const fn saturating_add(self, ticks: i64) -> Self {
        Self(self.0.saturating_add(ticks))
    }

    /// How many ticks lie between two prices, whichever is higher.
    #[must_use]
    pub const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }
}

impl Qty {
    /// No lots.
    pub const ZERO: Self = Self(0);
    /// The largest quantity there is.
    pub const MAX: Self = Self(u64::MAX);

    /// Whether there are no lots.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The difference, or zero where `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Qty {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Qty {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Qty {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for Qty {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Mul<Qty> for Price {
    type Output = Notional;

    #[inline]
    fn mul(self, qty: Qty) -> Notional {
        Notional(i128::from(self.0) * i128::from(qty.0))
    }
}

impl Add for Notional {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Notional {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Notional {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

macro_rules! display_as_number {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
display_as_number!(Price, Qty, Notional, Time);

/// Adding a price to a quantity is not a thing one can do:
///
/// ```compile_fail
/// use ringfence_core::{Price, Qty};
/// let nonsense = Price(100) + Qty(5);
/// ```
#[cfg(doctest)]
struct PricesAndQuantitiesDoNotMix;
