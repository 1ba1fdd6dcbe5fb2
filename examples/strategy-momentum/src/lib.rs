//! Follows the trend: takes in the direction in which a fast average of trade prices has left a slow
//! one, and out again when they have crossed.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

use ringfence_guest::{Ewma, prelude::*};

ringfence_guest::export!(Momentum);

/// The trend follower. It has at most one order on its way, and none resting.
#[derive(Debug)]
pub struct Momentum {
    instrument: InstrumentId,
    fast: Ewma,
    slow: Ewma,
    warm_up: u64,
    threshold: i64,
    size: i64,
    position_max: i64,
    slip: i64,
    cooldown: Pause,
    trades: u64,
    bbo: Option<Bbo>,
}

impl Strategy for Momentum {
    const NAME: &'static str = "momentum";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const PARAMS: &'static [Param] = &[
        Param::u64("instrument", "0", "The instrument to trade."),
        Param::u64("fast", "20", "Span of the fast average, in trades."),
        Param::u64("slow", "100", "Span of the slow average, in trades; trading starts after it."),
        Param::u64("threshold", "300", "How far apart they must be to open, in ticks."),
        Param::u64("size", "100", "Most lots of one order."),
        Param::u64("max_position", "500", "Most lots held, long or short."),
        Param::u64("slip", "500", "How far through the best price it takes, in ticks."),
        Param::u64("cooldown_ms", "1000", "Least time between two orders."),
    ];
    const SUBSCRIPTIONS: Interest = Interest::TRADES.and(Interest::L1);

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let number = |name, least| params.u64_in(name, least, NUMBER_MAX).map(u64::cast_signed);
        let span = |name| {
            let span = params.u64_in(name, 1, SPAN_MAX)?;
            Ok(u32::try_from(span).unwrap_or(u32::MAX))
        };
        let (fast, slow) = (span("fast")?, span("slow")?);
        if fast >= slow {
            return Err(ParamError::unfit("fast", "must be shorter than slow"));
        }
        Ok(Self {
            instrument: params.instrument("instrument")?,
            fast: Ewma::of_span(fast),
            slow: Ewma::of_span(slow),
            warm_up: u64::from(slow),
            threshold: number("threshold", 0)?,
            size: number("size", 1)?,
            position_max: number("max_position", 1)?,
            slip: number("slip", 0)?,
            cooldown: Pause::of_ns(params.u64_in("cooldown_ms", 1, NUMBER_MAX)? * 1_000_000),
            trades: 0,
            bbo: None,
        })
    }

    fn on_trade(&mut self, trade: &Trade, _context: &mut Context<'_>) {
        if trade.instrument == self.instrument {
            self.fast.add(trade.price);
            self.slow.add(trade.price);
            self.trades += 1;
        }
    }

    fn on_bbo(&mut self, bbo: &Bbo, _context: &mut Context<'_>) {
        if bbo.instrument == self.instrument {
            self.bbo = Some(*bbo);
        }
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        let cools = !self.cooldown.is_over(context);
        if cools || self.trades < self.warm_up || !context.orders().is_empty() {
            return;
        }
        let lots = context.position(self.instrument).lots;
        let Some((side, qty)) = self.wanted(lots) else {
            return;
        };
        let other_side = side.opposite();
        let best = self.bbo.and_then(|bbo| bbo.best(other_side));
        let Some((best, _)) = best else { return };
        let Some(limit) = other_side.checked_behind(best, self.slip) else {
            return;
        };
        if context.ioc(self.instrument, side, limit, qty).is_ok() {
            self.cooldown.begin(context);
        }
    }
}

impl Momentum {
    /// What to take with `lots` held: into the trend while there is one, out of the position once
    /// the averages have crossed.
    fn wanted(&self, lots: i64) -> Option<(Side, Qty)> {
        let gap = self.fast.fixed()?.saturating_sub(self.slow.fixed()?);
        let (side, held) = if gap > 0 { (Side::Buy, lots) } else { (Side::Sell, -lots) };
        let is_trend = gap.abs() > self.threshold << Ewma::POINT;
        let qty = if is_trend {
            self.size.min(self.position_max - held)
        } else if gap != 0 {
            self.size.min(-held)
        } else {
            0
        };
        u64::try_from(qty).ok().filter(|qty| *qty > 0).map(|qty| (side, Qty(qty)))
    }
}

/// The largest parameter: in 16 binary digits after the point, and in nanoseconds, it fits.
const NUMBER_MAX: u64 = 1_000_000_000;

/// The longest average.
const SPAN_MAX: u64 = 1_000_000;

#[cfg(test)]
mod tests;
