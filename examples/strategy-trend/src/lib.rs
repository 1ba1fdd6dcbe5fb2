//! Follows a trend, and lets the exchange end it: enters where the market trades beyond all that it has
//! lately traded at, and protects what it holds with a trailing stop.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

use ringfence_guest::{Extremes, OwnOrder, prelude::*};

ringfence_guest::export!(Trend);

/// The trend follower: out and waiting for a breakout, or in behind a stop.
#[derive(Debug)]
pub struct Trend {
    instrument: InstrumentId,
    size: i64,
    trail: u64,
    lately: Extremes<TRADES>,
    trades: usize,
    /// Which way the market has just broken out.
    breakout: Option<Side>,
    bbo: Option<Bbo>,
    taker: Taker,
    target: i64,
    /// After it was stopped out.
    rest: Pause,
    /// After it asked for a stop, which may have been turned away.
    retry: Pause,
}

/// How many trades a breakout must go beyond.
pub const TRADES: usize = 20;

impl Strategy for Trend {
    const NAME: &'static str = "trend";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const PARAMS: &'static [Param] = &[
        Param::u64("instrument", "0", "The instrument to trade."),
        Param::u64("size", "100", "Lots that it buys or sells on a breakout."),
        Param::u64("trail", "1500", "How far the market may come back before it is out, in ticks."),
        Param::u64("slip", "500", "How far through the best price it takes, in ticks."),
        Param::u64("pause_ms", "1000", "Least time between out and in again."),
    ];
    const SUBSCRIPTIONS: Interest = Interest::TRADES.and(Interest::L1);

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let instrument = params.instrument("instrument")?;
        Ok(Self {
            instrument,
            size: params.qty("size", NUMBER_MAX)?.0.cast_signed(),
            trail: params.u64_in("trail", 1, NUMBER_MAX)?,
            lately: Extremes::new(),
            trades: 0,
            breakout: None,
            bbo: None,
            taker: Taker::new(instrument, params.u64_in("slip", 0, NUMBER_MAX)?),
            target: 0,
            rest: Pause::of_ns(params.ms("pause_ms")?),
            retry: Pause::of_ns(Taker::RETRY_NS),
        })
    }

    fn on_bbo(&mut self, bbo: &Bbo, _context: &mut Context<'_>) {
        if bbo.instrument == self.instrument {
            self.bbo = Some(*bbo);
        }
    }

    fn on_trade(&mut self, trade: &Trade, _context: &mut Context<'_>) {
        if trade.instrument != self.instrument {
            return;
        }
        if self.trades >= TRADES {
            self.breakout = match (self.lately.min(), self.lately.max()) {
                (_, Some(highest)) if trade.price > highest => Some(Side::Buy),
                (Some(lowest), _) if trade.price < lowest => Some(Side::Sell),
                _ => None,
            };
        }
        self.lately.add(trade.price);
        self.trades += 1;
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        let Some(bbo) = self.bbo else { return };
        let held = context.position(self.instrument);
        // What has no room now is asked for again after the next batch.
        _ = if let Some(side) = held.side() {
            self.protect(side.opposite(), held.size(), context)
        } else if self.target != 0 && !self.taker.is_busy(context) {
            // It was stopped out, or got nothing.
            self.target = 0;
            self.rest.begin(context);
            Ok(())
        } else {
            self.enter(&bbo, context)
        };
    }
}

impl Trend {
    /// Goes with a breakout, unless it has only just come out.
    fn enter(&mut self, bbo: &Bbo, context: &mut Context<'_>) -> Result<(), Full> {
        let is_ready = self.target == 0 && self.rest.is_over(context);
        if let (Some(side), true) = (self.breakout.take(), is_ready) {
            self.target = if side == Side::Buy { self.size } else { -self.size };
            self.taker.bring_to(context, bbo, self.target)?;
        }
        Ok(())
    }

    /// Keeps a stop for all that is held; one that was turned away is asked for again, but seldom.
    fn protect(&mut self, side: Side, qty: Qty, context: &mut Context<'_>) -> Result<(), Full> {
        // It sells nothing else while it holds something, so the stop of an earlier version counts.
        let is_stop = |order: &OwnOrder| order.instrument == self.instrument && order.side == side;
        if !context.orders().iter().any(is_stop) && self.retry.is_over(context) {
            self.retry.begin(context);
            context.trailing_stop(self.instrument, side, self.trail, qty)?;
        }
        Ok(())
    }
}

/// The largest parameter.
const NUMBER_MAX: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
