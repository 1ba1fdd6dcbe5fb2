//! Buy and sell: every comparison that depends on the side stands here.

use crate::quantity::Price;

/// Which side of the book an order stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// A bid.
    Buy = 0,
    /// An ask.
    Sell = 1,
}

impl Side {
    /// Both sides, the buyers first.
    pub const BOTH: [Self; 2] = [Self::Buy, Self::Sell];

    /// The other side.
    #[must_use]
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// 0 for buy, 1 for sell.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether `a` is served before `b` on this side.
    #[must_use]
    #[inline]
    pub const fn is_better(self, a: Price, b: Price) -> bool {
        match self {
            Self::Buy => a.0 > b.0,
            Self::Sell => a.0 < b.0,
        }
    }

    /// The one of two prices that is served last on this side.
    #[must_use]
    pub(crate) const fn worse(self, a: Price, b: Price) -> Price {
        if self.is_better(a, b) { b } else { a }
    }

    /// Whether an order on this side, limited to `limit`, trades with a maker at `maker`.
    #[must_use]
    #[inline]
    pub const fn crosses(self, limit: Price, maker: Price) -> bool {
        !self.is_better(maker, limit)
    }

    /// The price `ticks` further from the other side, held at the ends of the range.
    #[must_use]
    pub const fn behind(self, price: Price, ticks: i64) -> Price {
        match self {
            Self::Buy => Price(price.0.saturating_sub(ticks)),
            Self::Sell => Price(price.0.saturating_add(ticks)),
        }
    }

    /// The price `ticks` further from the other side; none beyond the range of prices.
    #[must_use]
    pub const fn checked_behind(self, price: Price, ticks: i64) -> Option<Price> {
        let behind = match self {
            Self::Buy => price.0.checked_sub(ticks),
            Self::Sell => price.0.checked_add(ticks),
        };
        match behind {
            Some(price) => Some(Price(price)),
            None => None,
        }
    }

    /// The limit of an order on this side that takes any price.
    #[must_use]
    pub const fn any_price(self) -> Price {
        match self {
            Self::Buy => Price::MAX,
            Self::Sell => Price::MIN,
        }
    }
}
