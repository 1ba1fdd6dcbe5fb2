//! Price bands: no trade leaves the corridor, and what would is turned away, stopped, or gathers
//! for a volatility auction.

use super::desk::Desk;
use super::taker::Taker;
use crate::book::call::Kind;
use crate::book::order::Terms;
use crate::command::{OrderType, Phase, TimeInForce};
use crate::event::{CancelReason, EventSink, Reject};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// The prices from the first to the last.
type Corridor = (Price, Price);

/// All prices.
const ANYWHERE: Corridor = (Price(i64::MIN), Price(i64::MAX));

impl<S: EventSink> Desk<'_, S> {
    /// Whether an order may ask for this price; one that trades at once may not leave the dynamic
    /// band either, where no auction is for that.
    #[cold]
    pub(super) fn check_bands(&self, price: Option<Price>, at_once: bool) -> Result<(), Reject> {
        let Some(price) = price else { return Ok(()) };
        let turns_away = self.book.spec.volatility_auction_ns == 0;
        let dynamic = at_once && turns_away && self.book.phase == Phase::Continuous;
        let outside = |(low, high): Corridor| price < low || price > high;
        if outside(self.static_band()) || (dynamic && outside(self.dynamic_band())) {
            return Err(Reject::PriceBand);
        }
        Ok(())
    }

    fn static_band(&self) -> Corridor {
        around(self.book.spec.reference, self.book.spec.static_band)
    }

    fn dynamic_band(&self) -> Corridor {
        around(self.book.last_trade.or(self.book.spec.reference), self.book.spec.dynamic_band)
    }

    /// The worst price at which an order may trade now; none where the best one there is on the
    /// far side of the corridor already.
    fn reach(&self, taker: &Taker) -> Option<Price> {
        let (fixed, moving) = (self.static_band(), self.dynamic_band());
        let (low, high) = (fixed.0.max(moving.0), fixed.1.min(moving.1));
        let best = self.best_for(taker.side, taker.open);
        match taker.side {
            Side::Buy if best.is_some_and(|best| best < low) => None,
            Side::Buy => Some(taker.limit.min(high)),
            Side::Sell if best.is_some_and(|best| best > high) => None,
            Side::Sell => Some(taker.limit.max(low)),
        }
    }

    /// Has an order look no further than the corridor reaches; false where it may not trade at all.
    pub(super) fn hold_in(&self, taker: &mut Taker) -> bool {
        let reach = self.reach(taker);
        taker.asked = Some(taker.limit);
        taker.limit = reach.unwrap_or(taker.limit);
        reach.is_some()
    }

    /// Matches an order as far as the corridor reaches, and sees to what is left of it.
    #[cold]
    #[inline(never)]
    pub(super) fn enter_between_bands(&mut self, taker: &mut Taker) {
        let limit = taker.limit;
        let may_trade = self.hold_in(taker);
        let has_all = taker.open.is_zero() || (may_trade && self.can_fill(taker, taker.open));
        if taker.tif == TimeInForce::Fok && !has_all {
            return self.cancel_rest(taker, CancelReason::Fok);
        }
        let least = taker.special.min_qty;
        if !least.is_zero() && (least > taker.open || !(may_trade && self.can_fill(taker, least))) {
            return self.cancel_rest(taker, CancelReason::MinQty);
        }
        let whole = taker.terms.has(Terms::WHOLE);
        if may_trade
            && self.crosses(taker.side, taker.limit)
            && (!whole || self.can_fill(taker, taker.open))
            && !self.take(taker)
        {
            return;
        }
        (taker.limit, taker.asked) = (limit, None);
        if taker.open.is_zero() && !taker.filled.is_zero() {
            return self.free_children(taker.id, taker.filled);
        }
        let next = self.best_for(taker.side, taker.open);
        let stopped = !whole && !taker.open.is_zero();
        if stopped && next.is_some_and(|price| taker.side.crosses(limit, price)) {
            return self.stop_at_the_edge(taker);
        }
        self.rest_or_end(taker);
    }

    /// The next trade would leave the corridor.
    fn stop_at_the_edge(&mut self, taker: &mut Taker) {
        if !taker.filled.is_zero() {
            // The minimum was for the first match only.
            taker.special.min_qty = Qty::ZERO;
        }
        let lasts = self.book.spec.volatility_auction_ns;
        if lasts != 0 {
            self.begin_phase_as(Phase::Auction, Kind::Intraday);
            self.start_clock(Time(self.now.0.saturating_add(lasts)));
        }
        let stays = match (taker.order_type, taker.tif) {
            (OrderType::Market, _) => Err(CancelReason::NoLiquidity),
            (_, TimeInForce::Ioc | TimeInForce::Fok) => Err(CancelReason::Ioc),
            (OrderType::MarketToLimit, _) if taker.filled.is_zero() => {
                Err(CancelReason::NoLiquidity)
            }
            (OrderType::MarketToLimit, _) if lasts == 0 || !taker.special.reduce_only => {
                let last = self.book.last_trade.expect("it has traded");
                (taker.order_type, taker.limit) = (OrderType::Limit, last);
                Ok(())
            }
            _ if lasts == 0 => Err(CancelReason::NoLiquidity),
            _ if taker.special.reduce_only => Err(CancelReason::ReduceOnly),
            _ => Ok(()),
        };
        match stays {
            Err(reason) => self.cancel_rest(taker, reason),
            Ok(()) if lasts == 0 => _ = self.rest(taker),
            Ok(()) => self.join_call(taker),
        }
    }

    /// The auction that begins now ends at this time.
    fn start_clock(&mut self, until: Time) {
        self.book.call.until = Some(until);
        self.store.start_clock(until, self.book);
    }

    /// The auction that was to end at some time ends now, or is another one.
    pub(super) fn stop_clock(&mut self) {
        if let Some(until) = self.book.call.until.take() {
            self.store.stop_clock(until, self.book);
        }
    }

    /// The time of a volatility auction is over.
    #[cold]
    #[inline(never)]
    pub(super) fn end_interruption(&mut self) {
        self.enter_phase(Phase::Continuous);
    }
}

/// So many ticks around a price, if there are both.
fn around(middle: Option<Price>, width: Option<u64>) -> Corridor {
    let (Some(middle), Some(width)) = (middle, width) else { return ANYWHERE };
    (Price(middle.0.saturating_sub_unsigned(width)), Price(middle.0.saturating_add_unsigned(width)))
}
