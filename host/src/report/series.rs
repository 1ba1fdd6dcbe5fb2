//! What a run looked like over time, thinned out so that a day and a minute fit the same page.

use ringfence_core::{Event, InstrumentId, Interest, Side, What};

use super::tally::Tally;
use crate::host::Host;
use crate::seat::{middle_doubled, seat_of};
use crate::sequencer::Stamp;

/// Prices, trades, positions and results over time, of the first instrument that traded or was
/// defined.
#[derive(Clone, Debug, Default)]
pub struct Series {
    instrument: Option<InstrumentId>,
    pub(super) points: Thinned<Point>,
    pub(super) trades: Thinned<Trade>,
    pub(super) fills: Thinned<Fill>,
    /// What each seat traded, in all instruments; none where it never did.
    tallies: Vec<Tally>,
}

/// The market and the strategies at one moment.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) at_ns: u64,
    /// Twice the middle of the market.
    pub(super) middle_doubled: Option<i128>,
    /// Of each seat: lots held, and what all it has is worth.
    pub(super) seats: Vec<(i128, i128)>,
}

/// One trade.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trade {
    pub(super) at_ns: u64,
    pub(super) price: i64,
    pub(super) taker: Option<Side>,
}

/// One side of a trade that was a strategy's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    pub(super) at_ns: u64,
    pub(super) price: i64,
    pub(super) side: Side,
    pub(super) seat: usize,
}

impl Series {
    /// The events that it wants.
    pub const INTEREST: Interest = Interest::TRADES;

    /// Takes what one command caused.
    pub fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        for event in events {
            let What::Trade { price, qty, taker, buy_id, sell_id, .. } = event.what else {
                continue;
            };
            for (id, side) in [(buy_id, Side::Buy), (sell_id, Side::Sell)] {
                if let Some(seat) = seat_of(id) {
                    self.tally_of(seat).book(id, side, qty, taker);
                }
            }
            if *self.instrument.get_or_insert(event.instrument) != event.instrument {
                continue;
            }
            let (at_ns, price) = (stamp.at.0, price.0);
            self.trades.push(|| Trade { at_ns, price, taker });
            for (id, side) in [(buy_id, Side::Buy), (sell_id, Side::Sell)] {
                if let Some(seat) = seat_of(id) {
                    self.fills.push(|| Fill { at_ns, price, side, seat });
                }
            }
        }
    }

    /// Looks at the market and the strategies after a turn.
    pub fn sample(&mut self, host: &Host) {
        let engine = host.engine();
        let instrument = self.instrument.or_else(|| engine.instruments().next());
        self.instrument = instrument;
        self.points.push(|| Point {
            at_ns: host.sequencer().last().at.0,
            middle_doubled: instrument.and_then(|instrument| middle_doubled(engine, instrument)),
            seats: host
                .seats()
                .iter()
                .map(|seat| (seat.ledger().lots(), seat.ledger().worth(engine)))
                .collect(),
        });
    }

    /// What a seat traded.
    #[must_use]
    pub fn tally(&self, seat: usize) -> Tally {
        self.tallies.get(seat).cloned().unwrap_or_default()
    }

    /// A seat over time: when, lots held, and what all it has is worth.
    pub fn curve(&self, seat: usize) -> impl Iterator<Item = (u64, i128, i128)> + '_ {
        let points = self.points.kept().iter();
        points.filter_map(move |point| {
            let &(lots, worth) = point.seats.get(seat)?;
            Some((point.at_ns, lots, worth))
        })
    }

    fn tally_of(&mut self, seat: usize) -> &mut Tally {
        if self.tallies.len() <= seat {
            self.tallies.resize_with(seat + 1, Tally::default);
        }
        &mut self.tallies[seat]
    }

    /// How many trades there were.
    #[must_use]
    pub const fn trade_count(&self) -> u64 {
        self.trades.given()
    }

    /// Which instrument's prices are shown.
    #[must_use]
    pub const fn instrument(&self) -> Option<InstrumentId> {
        self.instrument
    }
}

/// A list that keeps every nth of what it is given, and doubles n when it is full.
#[derive(Clone, Debug)]
pub(super) struct Thinned<T> {
    kept: Vec<T>,
    every: u64,
    given: u64,
}

/// More points than a wide screen has columns.
const KEPT_MAX: usize = 4_096;

impl<T> Default for Thinned<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), every: 1, given: 0 }
    }
}

impl<T> Thinned<T> {
    pub(super) fn push(&mut self, make: impl FnOnce() -> T) {
        if self.given.is_multiple_of(self.every) {
            if self.kept.len() == KEPT_MAX {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.every *= 2;
            }
            self.kept.push(make());
        }
        self.given += 1;
    }

    pub(super) fn kept(&self) -> &[T] {
        &self.kept
    }

    /// How many there were.
    pub(super) const fn given(&self) -> u64 {
        self.given
    }

    /// 1 where all were kept, 2 where every second was, …
    pub(super) const fn every(&self) -> u64 {
        self.every
    }
}

#[cfg(test)]
mod tests;
