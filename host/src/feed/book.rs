//! What can be asked about a book: the instrument, its phase, its best levels.

use ringfence_core::{
    IndicativeView, InstrumentSpec, LevelView, OrderId, Phase, Price, Qty, Side, Time,
};

/// An instrument as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// How it is defined.
    pub spec: InstrumentSpec,
    /// Its phase.
    pub phase: Phase,
    /// The price of the last trade.
    pub last_trade: Option<Price>,
    /// What its auction would come to; none in a phase that tells of no such thing.
    pub indicative: Option<IndicativeView>,
}

/// The best levels of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookDepth {
    /// The instrument.
    pub listing: Listing,
    /// All events up to this number are in it, and no later one.
    pub seq: u64,
    /// Time of that event's command.
    pub at: Time,
    /// Bids and asks, best first.
    pub levels: [Vec<LevelView>; 2],
}

/// All that is public of a book, as the engine has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBook {
    /// The instrument.
    pub listing: Listing,
    /// Number of the venue's latest event.
    pub seq: u64,
    /// Time of the venue's latest command.
    pub at: Time,
    /// Displayed orders of both sides, in the order of service.
    pub orders: Vec<(OrderId, Side, Price, Qty)>,
}
