//! Follows the weight of the book: takes toward the side that shows much less near the market, out of
//! the position when the two are even again.
//!
//! It holds the engine's own book, rebuilt order by order from the L3 events that it hears.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

use ringfence_guest::{BookReplica, Capacity, LogLevel, prelude::*};

// The replica takes its memory once, from a heap that is a static of the guest's.
ringfence_guest::export!(Imbalance, heap: 3 << 19);

/// The weigher. It has at most one order on its way, and none resting.
#[derive(Debug)]
pub struct Imbalance {
    book: BookReplica,
    instrument: InstrumentId,
    levels: usize,
    ratio: u64,
    size: i64,
    position_max: i64,
    cooldown_ns: u64,
    took_at: Option<Time>,
    is_broken: bool,
}

impl Strategy for Imbalance {
    const NAME: &'static str = "imbalance";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const PARAMS: &'static [Param] = &[
        Param::u64("instrument", "0", "The instrument to trade."),
        Param::u64("levels", "5", "How many of the best prices of each side are weighed."),
        Param::u64("ratio", "300", "How much heavier one side must be to open, in percent."),
        Param::u64("size", "100", "Most lots of one order."),
        Param::u64("max_position", "500", "Most lots held, long or short."),
        Param::u64("cooldown_ms", "1000", "Least time between two orders."),
    ];
    const SUBSCRIPTIONS: Interest = Interest::L3;

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let number = |name, least| params.u64_in(name, least, NUMBER_MAX).map(u64::cast_signed);
        let instrument = params.instrument("instrument")?;
        let levels = params.u64_in("levels", 1, 1_000)?;
        Ok(Self {
            book: BookReplica::new(instrument, CAPACITY),
            instrument,
            levels: usize::try_from(levels).unwrap_or(usize::MAX),
            ratio: params.u64_in("ratio", 100, NUMBER_MAX)?,
            size: number("size", 1)?,
            position_max: number("max_position", 1)?,
            cooldown_ns: params.u64_in("cooldown_ms", 1, NUMBER_MAX)? * 1_000_000,
            took_at: None,
            is_broken: false,
        })
    }

    fn on_order(&mut self, event: &Event, context: &mut Context<'_>) {
        if self.is_broken {
            return;
        }
        if let Err(wrong) = self.book.apply(event) {
            self.is_broken = true;
            context.log(LogLevel::Error, format_args!("{wrong}; not trading any more"));
        }
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        if self.is_broken {
            return;
        }
        let weights = Side::BOTH.map(|side| self.weight(side));
        for (id, weight) in [METRIC_BIDS, METRIC_ASKS].into_iter().zip(weights) {
            context.metric(id, i64::try_from(weight).unwrap_or(i64::MAX));
        }
        let cools = self.took_at.is_some_and(|at| context.time().0 - at.0 < self.cooldown_ns);
        if cools || !context.orders().is_empty() {
            return;
        }
        let lots = context.position(self.instrument).lots;
        let Some((side, qty)) = self.wanted(weights, lots) else { return };
        let Some(best) = self.book.best(side.opposite()) else { return };
        if context.ioc(self.instrument, side, best.price, qty).is_ok() {
            self.took_at = Some(context.time());
        }
    }
}

impl Imbalance {
    /// The book that it holds.
    #[must_use]
    pub const fn book(&self) -> &BookReplica {
        &self.book
    }

    /// What the best levels of a side show.
    fn weight(&self, side: Side) -> u128 {
        self.book.levels(side).take(self.levels).map(|level| level.qty).sum()
    }

    /// What to take with `lots` held: the lighter side while one is, out of the position once
    /// neither is.
    fn wanted(&self, [bids, asks]: [u128; 2], lots: i64) -> Option<(Side, Qty)> {
        let is_heavier = |a: u128, b: u128| {
            a.saturating_mul(100) > b.saturating_mul(u128::from(self.ratio)) && b > 0
        };
        let (side, qty) = if is_heavier(bids, asks) {
            (Side::Buy, self.size.min(self.position_max - lots))
        } else if is_heavier(asks, bids) {
            (Side::Sell, self.size.min(self.position_max + lots))
        } else if lots > 0 {
            (Side::Sell, self.size.min(lots))
        } else {
            (Side::Buy, self.size.min(-lots))
        };
        u64::try_from(qty).ok().filter(|qty| *qty > 0).map(|qty| (side, Qty(qty)))
    }
}

/// What is shown at the best bids, for whoever watches.
pub const METRIC_BIDS: i32 = 0;

/// What is shown at the best asks.
pub const METRIC_ASKS: i32 = 1;

/// Room for the displayed orders of one instrument on a lively day.
const CAPACITY: Capacity =
    Capacity { orders: 1 << 13, levels: 1 << 11, instruments: 1, accounts: 0, positions: 0 };

/// The largest parameter: in nanoseconds it fits.
const NUMBER_MAX: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
