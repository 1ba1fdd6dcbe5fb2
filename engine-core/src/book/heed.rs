//! What orders in a book have to heed: one word that is zero while nothing special is switched on.

use super::Book;
use crate::command::Phase;

/// A set of things that are switched on in a book. Where it is empty, plain orders go a short way
/// that looks for none of them; whatever the short way does not do has a bit here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heed(u16);

impl Heed {
    /// Orders do not match as they come.
    pub(crate) const PHASE: Self = Self(1);
    /// There are ticks, lots or bounds.
    pub(crate) const UNITS: Self = Self(1 << 1);
    /// The book holds so many orders and no more.
    pub(crate) const ROOM: Self = Self(1 << 2);
    /// Orders wait for trades or for other orders.
    pub(crate) const WAITING: Self = Self(1 << 3);
    /// What a price shows is shared out.
    pub(crate) const SHARED: Self = Self(1 << 4);
    /// Orders follow the prices of others.
    pub(crate) const PEGS: Self = Self(1 << 5);
    /// All-or-none orders rest.
    pub(crate) const WHOLES: Self = Self(1 << 6);
    /// Bands hold prices in.
    pub(crate) const BANDS: Self = Self(1 << 7);
    /// More than price and time decides whom an incoming order meets.
    pub(crate) const PICKS: Self = Self(Self::SHARED.0 | Self::WHOLES.0);

    /// What is looked after when a command is finished.
    pub(crate) const AT_THE_END: Self = Self(Self::PEGS.0 | Self::WHOLES.0);

    /// Whether there is nothing to heed.
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any of `what` is to be heeded.
    #[inline]
    pub(crate) fn has(self, what: Self) -> bool {
        self.0 & what.0 != 0
    }

    /// Switches `what` on or off.
    pub(crate) fn set(&mut self, what: Self, on: bool) {
        self.0 = if on { self.0 | what.0 } else { self.0 & !what.0 };
    }

    /// What is to be heeded in a book.
    pub(crate) fn of(book: &Book) -> Self {
        let mut heed = Self::default();
        heed.set(Self::PHASE, book.phase != Phase::Continuous);
        heed.set(Self::UNITS, !book.plain);
        heed.set(Self::BANDS, book.spec.static_band.or(book.spec.dynamic_band).is_some());
        heed.set(Self::ROOM, book.spec.max_orders != 0);
        heed.set(Self::SHARED, book.shared);
        heed.set(Self::PEGS, book.pegged != 0);
        heed.set(Self::WAITING, !book.waiting.is_empty());
        heed.set(Self::WHOLES, !book.wholes.is_empty());
        heed
    }
}
