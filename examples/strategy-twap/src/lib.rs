//! Buys or sells a quantity in equal slices over a time: rests at its side's best price, and takes
//! what a slice still lacks at its end.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

use ringfence_guest::prelude::*;

ringfence_guest::export!(Twap);

/// The parent order and how far it has come.
#[derive(Debug)]
pub struct Twap {
    instrument: InstrumentId,
    side: Side,
    qty: u64,
    start_ns: u64,
    duration_ns: u64,
    slices: u64,
    slip: i64,
    pair: QuotePair,
    first_at: Option<Time>,
    took_at: Option<Time>,
    done: u64,
    bbo: Option<Bbo>,
}

impl Strategy for Twap {
    const NAME: &'static str = "twap";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const PARAMS: &'static [Param] = &[
        Param::u64("instrument", "0", "The instrument to trade."),
        Param::side("side", "buy", "Whether it buys or sells."),
        Param::u64("qty", "3000", "Lots in all."),
        Param::u64("start_s", "0", "Seconds from the first event to the first slice."),
        Param::u64("duration_s", "1800", "Seconds from the first slice to the end of the last."),
        Param::u64("slices", "30", "How many slices."),
        Param::u64("slip", "500", "How far through the best price it takes, in ticks."),
    ];
    const SUBSCRIPTIONS: Interest = Interest::L1.and(Interest::TRADES);

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let instrument = params.instrument("instrument")?;
        let number = |name, least| params.u64_in(name, least, NUMBER_MAX);
        let (qty, slices) = (number("qty", 1)?, number("slices", 1)?);
        if slices > qty {
            return Err(ParamError::unfit("slices", "must not be more than qty"));
        }
        Ok(Self {
            instrument,
            side: params.side("side")?,
            qty,
            start_ns: number("start_s", 0)? * NS_PER_S,
            duration_ns: number("duration_s", 1)? * NS_PER_S,
            slices,
            slip: number("slip", 0)?.cast_signed(),
            pair: QuotePair::new(instrument),
            first_at: None,
            took_at: None,
            done: 0,
            bbo: None,
        })
    }

    fn on_start(&mut self, context: &mut Context<'_>) {
        self.first_at = Some(context.time());
    }

    fn on_bbo(&mut self, bbo: &Bbo, _context: &mut Context<'_>) {
        if bbo.instrument == self.instrument {
            self.bbo = Some(*bbo);
        }
    }

    fn on_fill(&mut self, fill: &Fill, context: &mut Context<'_>) {
        self.done += fill.qty.0;
        if self.done == self.qty {
            log!(context, "all {} lots done", self.qty);
        }
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        let Some((due, wanted)) = self.schedule(context.time()) else {
            return;
        };
        // What has no room now is asked for again after the next batch.
        if self.done < due {
            _ = self.catch_up(due - self.done, context);
        } else {
            _ = self.rest(wanted - self.done, context);
        }
    }
}

impl Twap {
    /// How many lots have to be done at a time, and how many the slice at hand adds up to; none
    /// before the first slice.
    fn schedule(&self, now: Time) -> Option<(u64, u64)> {
        let elapsed = now.0.checked_sub(self.first_at?.0)?.checked_sub(self.start_ns)?;
        let share =
            |time: u64, of: u64| u128::from(time) * u128::from(self.slices) / u128::from(of);
        let slice = u64::try_from(share(elapsed, self.duration_ns)).unwrap_or(u64::MAX);
        let lots = |slices: u64| self.qty * slices.min(self.slices) / self.slices;
        Some((lots(slice), lots(slice.saturating_add(1))))
    }

    /// Takes `lots`, once nothing of its own rests: both might trade.
    fn catch_up(&mut self, lots: u64, context: &mut Context<'_>) -> Result<(), Full> {
        if !context.orders().is_empty() {
            return self.pair.set(context, None, None);
        }
        let other_side = self.side.opposite();
        let best = self.bbo.and_then(|bbo| bbo.best(other_side));
        let limit = best.and_then(|(best, _)| other_side.checked_behind(best, self.slip));
        let waits = self.took_at.is_some_and(|at| context.time().0 - at.0 < RETRY_NS);
        if let (Some(limit), false) = (limit, waits) {
            context.ioc(self.instrument, self.side, limit, Qty(lots))?;
            self.took_at = Some(context.time());
        }
        Ok(())
    }

    /// Rests `lots` at the best price of its side.
    fn rest(&mut self, lots: u64, context: &mut Context<'_>) -> Result<(), Full> {
        let best = self.bbo.and_then(|bbo| bbo.best(self.side));
        let order = best.map(|(price, _)| (price, Qty(lots)));
        match self.side {
            Side::Buy => self.pair.set(context, order, None),
            Side::Sell => self.pair.set(context, None, order),
        }
    }
}

const NS_PER_S: u64 = 1_000_000_000;

/// How long it waits where taking did not get it all: 100 ms.
const RETRY_NS: u64 = 100_000_000;

/// The largest parameter: the product of any two fits a `u64`, seconds fit in nanoseconds.
const NUMBER_MAX: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
