//! An instrument, and which of its auctions is next.

use super::book::Book;
use super::clearing::Outcome;
use crate::command::{Phase, TimeInForce};
use crate::engine::LevelView;
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Time};

/// An instrument and all that belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) spec: InstrumentSpec,
    pub(super) phase: Phase,
    pub(super) last_trade: Option<Price>,
    pub(super) trades: u64,
    pub(super) book: Book,
    /// The best prices that were told last.
    pub(super) best_told: [Option<LevelView>; 2],
    /// Which auction orders gather for, or would.
    pub(super) call: Call,
    /// Whether they do, or did and nothing matched since.
    pub(super) gathers: bool,
    /// What the auction would come to, as it was told last.
    pub(super) indicated: Outcome,
    /// When the auction ends by itself.
    pub(super) until: Option<Time>,
}

/// Which auction it is, for those orders that are for one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Opening = 0,
    Intraday = 1,
    Closing = 2,
}

impl Call {
    /// Whether an order with this time in force takes part.
    pub(super) const fn admits(self, tif: TimeInForce) -> bool {
        match tif {
            TimeInForce::AtOpen => matches!(self, Self::Opening),
            TimeInForce::AtClose => matches!(self, Self::Closing),
            _ => true,
        }
    }

    /// The next one, where an instrument goes from one phase to another.
    pub(super) const fn after(self, from: Phase, to: Phase) -> Self {
        match (from, to) {
            (_, Phase::Closed) | (Phase::Closed | Phase::Continuous, Phase::PreOpen) => {
                Self::Opening
            }
            (Phase::Continuous, Phase::Auction) => Self::Closing,
            (Phase::Continuous, Phase::Halted) | (_, Phase::Continuous) => Self::Intraday,
            _ => self,
        }
    }
}
