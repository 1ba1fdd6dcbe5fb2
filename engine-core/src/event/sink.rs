//! Where events go, and which of them are asked for.

use super::Event;
use crate::id::InstrumentId;

/// Where the engine puts what happened.
pub trait EventSink {
    /// Which events to make. Asked often: answer with a constant where possible.
    #[inline]
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    /// Which events of one instrument to make; of those that [`interest`](Self::interest) names,
    /// as many as somebody asks for there.
    #[inline]
    fn interest_in(&self, instrument: InstrumentId) -> Interest {
        _ = instrument;
        self.interest()
    }

    /// Takes one event.
    fn push(&mut self, event: Event);
}

impl EventSink for alloc::vec::Vec<Event> {
    #[inline(always)]
    fn push(&mut self, event: Event) {
        Self::push(self, event);
    }
}

impl<S: EventSink> EventSink for &mut S {
    #[inline]
    fn interest(&self) -> Interest {
        (**self).interest()
    }

    #[inline]
    fn interest_in(&self, instrument: InstrumentId) -> Interest {
        (**self).interest_in(instrument)
    }

    #[inline]
    fn push(&mut self, event: Event) {
        (**self).push(event);
    }
}

/// A sink that wants nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl EventSink for Discard {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    #[inline]
    fn push(&mut self, _event: Event) {}
}

/// Which classes of events a consumer wants; what nobody wants is not made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest(pub u8);

impl Interest {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Accepted, rejected, filled, canceled, replaced, triggered.
    pub const PRIVATE: Self = Self(1);
    /// Trades.
    pub const TRADES: Self = Self(2);
    /// Best prices.
    pub const L1: Self = Self(4);
    /// Price levels.
    pub const L2: Self = Self(8);
    /// Displayed orders.
    pub const L3: Self = Self(16);
    /// Phases, indicative prices and uncrossings.
    pub const STATUS: Self = Self(32);
    /// Everything.
    pub const ALL: Self = Self(63);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is wanted.
    #[must_use]
    #[inline]
    pub const fn wants(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
