//! What a book knows of the auction that its orders gather for.

use super::tree::Tree;
use crate::command::{Phase, TimeInForce};
use crate::event::{Surplus, Total};
use crate::quantity::{Price, Time};

/// The auction of a book: the present one, or the next.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Which one it is.
    pub(crate) kind: Kind,
    /// Whether orders gather, or did and nothing matched since: the book may be crossed.
    pub(crate) gathers: bool,
    /// Orders that end with it, oldest first.
    pub(crate) only: Tree,
    /// Orders that gather at no price, of buyers and of sellers, oldest first.
    pub(crate) markets: [Tree; 2],
    /// What is open of those.
    pub(crate) market_qty: [u128; 2],
    /// What it would come to, as it was told last.
    pub(crate) told: Outcome,
    /// When it ends by itself, as a volatility auction does.
    pub(crate) until: Option<Time>,
}

/// Which auction it is, for those orders that are for one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first of a trading day: it follows `closed` or `pre_open`.
    Opening = 0,
    /// Neither: it follows `halted`, another auction, or a volatility interruption.
    Intraday = 1,
    /// It was called out of `continuous`, or `closed` follows it.
    Closing = 2,
}

/// What an auction would come to if it ended now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The price; none where nothing would trade.
    pub(crate) price: Option<Price>,
    /// The volume.
    pub(crate) qty: Total,
    /// What would be left at that price, of buyers or of sellers.
    pub(crate) surplus: Surplus,
}

impl Call {
    /// That of an instrument that begins in `phase`.
    pub(crate) fn new(phase: Phase) -> Self {
        Self {
            kind: if phase == Phase::Continuous { Kind::Intraday } else { Kind::Opening },
            gathers: matches!(phase, Phase::PreOpen | Phase::Auction),
            only: Tree::default(),
            markets: [Tree::default(); 2],
            market_qty: [0; 2],
            told: Outcome::default(),
            until: None,
        }
    }

    /// Whether orders gather that are meant for the auction that an order with `tif` is for.
    pub(crate) fn takes(&self, tif: TimeInForce) -> bool {
        self.gathers
            && match tif {
                TimeInForce::AtOpen => self.kind == Kind::Opening,
                TimeInForce::AtClose => self.kind == Kind::Closing,
                _ => true,
            }
    }
}

impl Kind {
    /// The one with this number.
    #[cfg(feature = "snapshot")]
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Opening),
            1 => Some(Self::Intraday),
            2 => Some(Self::Closing),
            _ => None,
        }
    }

    /// The next auction, where an instrument goes from one phase to another.
    pub(crate) fn after(self, from: Phase, to: Phase) -> Self {
        use Phase as P;
        match (from, to) {
            (_, P::Closed) | (P::Closed | P::Continuous, P::PreOpen) => Self::Opening,
            (P::Continuous, P::Auction) => Self::Closing,
            (P::Continuous, P::Halted) | (_, P::Continuous) => Self::Intraday,
            _ => self,
        }
    }
}

impl TimeInForce {
    /// Whether it names auctions.
    #[inline]
    pub(crate) const fn is_for_auctions(self) -> bool {
        self as u8 >= Self::AtOpen as u8
    }
}
