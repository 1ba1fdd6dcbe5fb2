//! A two-sided market maker: quotes around the middle of everybody else's book, leans against what
//! it holds, and replaces in place.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

use ringfence_guest::{midpoint, prelude::*};

ringfence_guest::export!(Quoter);

/// The market maker.
///
/// It never quotes better than everybody else's best price. So where its own order stands alone at
/// the best price, everybody else has left that price, although the best prices do not show where
/// to: it then takes that order off to see, and comes back behind them.
#[derive(Debug)]
pub struct Quoter {
    instrument: InstrumentId,
    size: i64,
    position_max: i64,
    half_spread: i64,
    skew: i64,
    tick: i64,
    pair: QuotePair,
    bbo: Option<Bbo>,
}

impl Strategy for Quoter {
    const NAME: &'static str = "quoter";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const PARAMS: &'static [Param] = &[
        Param::u64("instrument", "0", "The instrument to quote."),
        Param::u64("size", "100", "Lots on each side."),
        Param::u64("max_position", "500", "Most lots held, long or short."),
        Param::u64("spread", "1000", "Least distance between its bid and its ask, in ticks."),
        Param::u64("skew", "400", "How far a full position moves both prices, in ticks."),
        Param::u64("tick", "100", "Prices are multiples of this."),
    ];
    const SUBSCRIPTIONS: Interest = Interest::L1;
    const STATE_VERSION: u32 = 1;

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let instrument = params.instrument("instrument")?;
        let number = |name, least| params.u64_in(name, least, NUMBER_MAX).map(u64::cast_signed);
        Ok(Self {
            instrument,
            size: number("size", 1)?,
            position_max: number("max_position", 1)?,
            half_spread: (number("spread", 0)? + 1) / 2,
            skew: number("skew", 0)?,
            tick: number("tick", 1)?,
            pair: QuotePair::new(instrument),
            bbo: None,
        })
    }

    fn on_bbo(&mut self, bbo: &Bbo, _context: &mut Context<'_>) {
        if bbo.instrument == self.instrument {
            self.bbo = Some(*bbo);
        }
    }

    fn on_export(&self, state: &mut StateWriter<'_>) {
        state.u32(self.instrument.0);
        self.pair.export(state);
    }

    fn on_import(&mut self, state: &mut StateReader<'_>, version: u32) -> Result<(), StateError> {
        if version != Self::STATE_VERSION {
            return Err(StateError::Unfit("is not a quoter's"));
        }
        if state.u32()? != self.instrument.0 {
            return Err(StateError::Unfit("is of quotes in another instrument"));
        }
        self.pair = QuotePair::import(self.instrument, state)?;
        Ok(())
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        let Some(bbo) = self.bbo else { return };
        let [bid, ask] = match Side::BOTH.map(|side| self.others(side, &bbo, context)) {
            [Others::At(bid), Others::At(ask)] => {
                let lots = context.position(self.instrument).lots;
                Side::BOTH.map(|side| self.wanted(side, bid, ask, lots))
            }
            [Others::Nobody, _] | [_, Others::Nobody] => [None; 2],
            [bid, ask] => [self.kept(Side::Buy, bid, context), self.kept(Side::Sell, ask, context)],
        };
        // What has no room now is asked for again after the next batch.
        _ = self.pair.set(context, bid, ask);
    }
}

/// Everybody else's best price on a side.
#[derive(Clone, Copy, Debug)]
enum Others {
    At(Price),
    /// Behind its own order, which stands alone in front.
    Behind,
    Nobody,
}

impl Quoter {
    fn others(&self, side: Side, bbo: &Bbo, context: &Context<'_>) -> Others {
        match bbo.best(side) {
            None => Others::Nobody,
            Some((best, shown)) if shown > context.shown_at(self.instrument, side, best) => {
                Others::At(best)
            }
            Some(_) => Others::Behind,
        }
    }

    /// What stays of a side while the other one, or itself, is taken off to see who stands behind.
    fn kept(&self, side: Side, others: Others, context: &Context<'_>) -> Option<(Price, Qty)> {
        match others {
            Others::At(_) => self.pair.order(context, side).and_then(|o| Some((o.price?, o.open))),
            Others::Behind | Others::Nobody => None,
        }
    }

    /// The price and quantity to quote on a side with `lots` held and everybody else's best prices
    /// at `bid` and `ask`; none where the position is full.
    fn wanted(&self, side: Side, bid: Price, ask: Price, lots: i64) -> Option<(Price, Qty)> {
        let (others, held) = match side {
            Side::Buy => (bid, lots),
            Side::Sell => (ask, -lots),
        };
        let qty = self.size.min(self.position_max - held);
        let qty = Qty(u64::try_from(qty).ok().filter(|qty| *qty > 0)?);

        let lean = self.skew * lots / self.position_max;
        let middle = midpoint(bid, ask).saturating_add(-lean);
        let wanted = side.checked_behind(middle, self.half_spread)?;
        let price = if side.is_better(wanted, others) { others } else { wanted };
        Some((self.on_grid(side, price)?, qty))
    }

    /// The multiple of the tick at a price or behind it.
    fn on_grid(&self, side: Side, price: Price) -> Option<Price> {
        let over = match side {
            Side::Buy => price.0.rem_euclid(self.tick),
            Side::Sell => price.0.wrapping_neg().rem_euclid(self.tick),
        };
        side.checked_behind(price, over)
    }
}

/// The largest parameter: the product of any two fits an `i64`.
const NUMBER_MAX: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
