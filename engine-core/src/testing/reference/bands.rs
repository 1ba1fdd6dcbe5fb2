//! Price bands: what may be asked for, how far an order trades, and the auction where it would
//! trade further.

use super::book::Order;
use super::{Call, Listing, Reference};
use crate::command::{OrderType, Phase, TimeInForce};
use crate::event::{CancelReason, Reject};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// The lowest and the highest price of trades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corridor {
    low: Price,
    high: Price,
}

impl Corridor {
    /// Whether a taker of `side` that is limited to `limit` may trade at a price, and at all those
    /// that are better for it.
    pub(super) fn is_in_reach(self, side: Side, limit: Price, price: Price) -> bool {
        let edge = match side {
            Side::Buy => limit.min(self.high),
            Side::Sell => limit.max(self.low),
        };
        side.crosses(edge, price)
    }

    /// Whether a price is so good for a taker that it is outside.
    pub(super) fn is_too_good(self, side: Side, price: Price) -> bool {
        match side {
            Side::Buy => price < self.low,
            Side::Sell => price > self.high,
        }
    }
}

impl Listing {
    /// Why nobody may ask for a price, if so: outside the static band always, outside the dynamic
    /// one where an order would match at once and no auction is for that.
    pub(super) fn check_bands(&self, price: Option<Price>, at_once: bool) -> Result<(), Reject> {
        let Some(price) = price else { return Ok(()) };
        let dynamic = at_once
            && self.phase == Phase::Continuous
            && self.spec.volatility_auction_ns == 0
            && !self.is_in_dynamic_band(price);
        if dynamic || !self.is_in_static_band(price) { Err(Reject::PriceBand) } else { Ok(()) }
    }

    /// Between which prices an order that enters now may trade.
    pub(super) fn corridor(&self) -> Corridor {
        let mut corridor = Corridor { low: Price(i64::MIN), high: Price(i64::MAX) };
        let bands = [
            (self.spec.reference, self.spec.static_band),
            (self.last_trade.or(self.spec.reference), self.spec.dynamic_band),
        ];
        for (middle, width) in bands {
            if let (Some(middle), Some(width)) = (middle, width) {
                corridor.low = corridor.low.max(Price(middle.0.saturating_sub_unsigned(width)));
                corridor.high = corridor.high.min(Price(middle.0.saturating_add_unsigned(width)));
            }
        }
        corridor
    }

    fn is_in_static_band(&self, price: Price) -> bool {
        is_near(price, self.spec.reference, self.spec.static_band)
    }

    fn is_in_dynamic_band(&self, price: Price) -> bool {
        is_near(price, self.last_trade.or(self.spec.reference), self.spec.dynamic_band)
    }
}

fn is_near(price: Price, middle: Option<Price>, width: Option<u64>) -> bool {
    match (middle, width) {
        (Some(middle), Some(width)) => {
            (i128::from(price.0) - i128::from(middle.0)).unsigned_abs() <= u128::from(width)
        }
        _ => true,
    }
}

impl Reference {
    /// What an order would trade with next, if it may, is outside the bands: it stops there.
    pub(super) fn stop_at_the_edge(&mut self, at: usize, mut taker: Order) {
        let lasts = self.listings[at].spec.volatility_auction_ns;
        if lasts != 0 {
            self.begin_phase(at, Phase::Auction, Some(Call::Intraday));
            self.listings[at].until = Some(Time(self.now.0.saturating_add(lasts)));
        }
        let filled = !taker.filled.is_zero();
        if filled {
            taker.terms.min_qty = Qty::ZERO;
        }
        let kind = taker.terms.order_type;
        if taker.terms.tif == TimeInForce::Ioc && kind != OrderType::Market {
            return self.end_taker(at, &taker, CancelReason::Ioc);
        }
        if kind == OrderType::Market || (kind == OrderType::MarketToLimit && !filled) {
            return self.end_taker(at, &taker, CancelReason::NoLiquidity);
        }
        if kind == OrderType::MarketToLimit {
            taker.terms.order_type = OrderType::Limit;
            (taker.terms.price, taker.terms.limit) = (self.listings[at].last_trade, None);
            if lasts == 0 {
                return self.rest(at, taker);
            }
        }
        if lasts == 0 {
            return self.end_taker(at, &taker, CancelReason::NoLiquidity);
        }
        if taker.terms.reduce_only {
            return self.end_taker(at, &taker, CancelReason::ReduceOnly);
        }
        self.gather(at, taker);
    }

    /// Ends the volatility auction of an instrument, whose time is over.
    pub(super) fn end_interruption(&mut self, at: usize) {
        self.uncross(at, Phase::Continuous);
        self.begin_phase(at, Phase::Continuous, None);
    }
}
