//! A new order: checked, matched, and what is left of it rested or cancelled.

use super::desk::Desk;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::command::{NewOrder, OrderType, Peg, Phase, PostOnly, Stp, TimeInForce};
use crate::event::{CancelReason, EventSink, Fee, Interest, Liquidity, Op, Reject, What};
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// An order while it matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker {
    pub(super) id: OrderId,
    pub(super) account: AccountId,
    pub(super) side: Side,
    /// The worst price that it takes.
    pub(super) limit: Price,
    /// The price that it has, if its type has one.
    pub(super) price: Option<Price>,
    pub(super) open: Qty,
    pub(super) filled: Qty,
    pub(super) stp_group: u32,
    pub(super) stp: Stp,
}

impl<S: EventSink> Desk<'_, S> {
    /// Places an order.
    #[inline]
    pub(super) fn place(&mut self, order: &NewOrder) {
        let limit = match self.check(order) {
            Ok(limit) => limit,
            Err(reason) => return self.reject(Op::New, order.id, order.account, reason),
        };
        let &NewOrder { id, account, side, qty, tif, .. } = order;
        let price = order.price.map(|_| limit);
        self.out.private(What::Accepted { id, account, side, qty, price });
        let mut taker = Taker {
            id,
            account,
            side,
            limit,
            price,
            open: qty,
            filled: Qty::ZERO,
            stp_group: order.stp_group,
            stp: order.stp,
        };
        if tif == TimeInForce::Fok && !self.can_fill(&taker) {
            return self.cancel_rest(&taker, CancelReason::Fok);
        }
        if self.crosses(side, limit) && !self.take(&mut taker) {
            return;
        }
        if taker.open.is_zero() {
            return;
        }
        match (order.order_type, tif) {
            (OrderType::Market, _) => self.cancel_rest(&taker, CancelReason::NoLiquidity),
            (_, TimeInForce::Ioc | TimeInForce::Fok) => self.cancel_rest(&taker, CancelReason::Ioc),
            _ => {
                let terms = Terms::default().with_post_only(order.post_only);
                let key = self.rest(&taker, tif, terms);
                if tif == TimeInForce::Gtd {
                    self.store.set_timer(key, order.expire_at);
                }
            }
        }
    }

    /// The first reason to turn an order away, or the worst price at which it trades or rests.
    #[inline]
    fn check(&self, order: &NewOrder) -> Result<Price, Reject> {
        if !self.blocked.is_empty() {
            self.check_blocked(order.account)?;
        }
        self.check_phase()?;
        if order.qty.is_zero() && order.notional == 0 {
            return Err(Reject::ZeroQty);
        }
        check_combination(order, self.now)?;
        let limit = match (order.order_type, order.price) {
            (OrderType::Limit, Some(price)) => price,
            (OrderType::Limit, None) => return Err(Reject::BadPrice),
            _ => order.limit.unwrap_or(order.side.any_price()),
        };
        if !self.book.plain {
            let price = order.price.or(order.limit);
            self.check_price(price)?;
            self.check_qty(order.qty)?;
            self.check_worth(order.qty, price)?;
        }
        if self.store.find(self.book.position, order.id).is_some() {
            return Err(Reject::DuplicateOrderId);
        }
        let rests = order.order_type == OrderType::Limit
            && !matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
        if rests {
            self.check_room(order.side, limit)?;
        }
        if order.post_only == PostOnly::No {
            Ok(limit)
        } else {
            self.stand_off(order.side, limit, order.post_only)
        }
    }

    /// Whether the account may trade.
    #[cold]
    pub(super) fn check_blocked(&self, account: AccountId) -> Result<(), Reject> {
        match self.blocked.binary_search(&account) {
            Ok(_) => Err(Reject::Blocked),
            Err(_) => Ok(()),
        }
    }

    /// Whether the phase takes new orders.
    #[inline]
    pub(super) fn check_phase(&self) -> Result<(), Reject> {
        match self.book.phase {
            Phase::Continuous => Ok(()),
            Phase::Closed => Err(Reject::Closed),
            Phase::Halted => Err(Reject::Halted),
            Phase::PreOpen | Phase::Auction => Err(Reject::Phase),
        }
    }

    /// Whether a price is on a tick.
    #[inline(never)]
    pub(super) fn check_price(&self, price: Option<Price>) -> Result<(), Reject> {
        let Some(price) = price else { return Ok(()) };
        let tick = self.book.spec.tick_at(price).cast_signed();
        if price.0.rem_euclid(tick) == 0 { Ok(()) } else { Err(Reject::BadTick) }
    }

    /// Whether a quantity is of whole lots and within the instrument's bounds.
    #[inline(never)]
    pub(super) fn check_qty(&self, qty: Qty) -> Result<(), Reject> {
        let spec = &self.book.spec;
        let bounded = spec.max_qty.is_zero() || qty <= spec.max_qty;
        if qty.0.is_multiple_of(spec.lot) && qty >= spec.min_qty && bounded {
            Ok(())
        } else {
            Err(Reject::BadLot)
        }
    }

    /// Whether what is asked for is worth no more than the instrument allows.
    #[inline(never)]
    pub(super) fn check_worth(&self, qty: Qty, price: Option<Price>) -> Result<(), Reject> {
        let most = u128::from(self.book.spec.max_notional);
        let worth = price.map_or(0, |price| (price * qty).0.unsigned_abs());
        if most == 0 || worth <= most { Ok(()) } else { Err(Reject::BadLot) }
    }

    /// Whether there is room for one more order at `price`.
    #[inline]
    pub(super) fn check_room(&self, side: Side, price: Price) -> Result<(), Reject> {
        let store = &*self.store;
        let limit = self.book.spec.max_orders;
        if store.orders.is_full() || (limit != 0 && self.book.live >= limit) {
            return Err(Reject::Capacity);
        }
        if store.levels.is_full() && self.book.side(side).find(store, price) == NONE {
            return Err(Reject::Capacity);
        }
        Ok(())
    }

    /// Where an order that may not take rests.
    #[inline(never)]
    pub(super) fn stand_off(
        &self,
        side: Side,
        price: Price,
        post_only: PostOnly,
    ) -> Result<Price, Reject> {
        let Some(best) = self.book.best_price(self.store, side.opposite()) else {
            return Ok(price);
        };
        if !side.crosses(price, best) {
            return Ok(price);
        }
        if post_only == PostOnly::Reject {
            return Err(Reject::PostOnly);
        }
        let tick = self.book.spec.tick_at(best).cast_signed();
        side.checked_behind(best, tick).ok_or(Reject::BadPrice)
    }

    /// Whether an order limited to `limit` would trade.
    #[inline]
    pub(super) fn crosses(&self, side: Side, limit: Price) -> bool {
        let best = self.book.side(side.opposite()).best();
        best != NONE && side.crosses(limit, self.store.levels[best].price)
    }

    /// Whether an order can trade whole at once.
    #[inline(never)]
    fn can_fill(&self, taker: &Taker) -> bool {
        let mut missing = u128::from(taker.open.0);
        let prevents = taker.stp != Stp::None && taker.stp_group != 0;
        for key in self.book.side(taker.side.opposite()).levels(self.store) {
            let level = &self.store.levels[key];
            if !taker.side.crosses(taker.limit, level.price) {
                break;
            }
            if !prevents {
                missing = missing.saturating_sub(level.shown + level.dark);
            } else if !self.can_fill_at(taker, level.front(), &mut missing) {
                return missing == 0;
            }
            if missing == 0 {
                return true;
            }
        }
        false
    }

    /// Counts the orders of a level one by one; false where an order of the taker's own group
    /// ends the look ahead.
    fn can_fill_at(&self, taker: &Taker, front: u32, missing: &mut u128) -> bool {
        let mut at = front;
        while at != NONE && *missing > 0 {
            let maker = &self.store.orders[at];
            if maker.stp_group != taker.stp_group {
                *missing = missing.saturating_sub(u128::from(maker.open.0));
            } else if taker.stp != Stp::CancelMaker {
                return false;
            }
            at = self.store.levels[maker.level].after(&self.store.orders, at);
        }
        true
    }

    /// Matches an order against the other side; false where self-trade prevention ended it.
    #[inline]
    pub(super) fn take(&mut self, taker: &mut Taker) -> bool {
        let side = taker.side.opposite();
        let prevents = taker.stp != Stp::None && taker.stp_group != 0;
        while !taker.open.is_zero() {
            let level = self.book.side(side).best();
            if level == NONE {
                break;
            }
            let price = self.store.levels[level].price;
            if !taker.side.crosses(taker.limit, price) {
                break;
            }
            let maker = self.store.levels[level].front();
            if prevents && self.store.orders[maker].stp_group == taker.stp_group {
                if !self.prevent(taker, maker) {
                    return false;
                }
                continue;
            }
            self.trade(taker, level, maker, price);
        }
        true
    }

    /// One trade between an incoming and a resting order.
    #[inline]
    fn trade(&mut self, taker: &mut Taker, level: u32, maker: u32, price: Price) {
        let order = &mut self.store.orders[maker];
        let dark = order.is_dark();
        let qty = taker.open.min(if dark { order.open } else { order.shown });
        order.open -= qty;
        order.filled += qty;
        taker.open -= qty;
        taker.filled += qty;
        let place = &mut self.store.levels[level];
        if dark {
            place.dark -= u128::from(qty.0);
        } else {
            order.shown -= qty;
            place.shown -= u128::from(qty.0);
        }
        let order = order.clone();
        self.book.trades += 1;
        self.book.last_trade = Some(price);
        self.tell_trade(taker, &order, price, qty);
        if order.open.is_zero() {
            let found = self.store.find(self.book.position, order.id);
            let (position, _) = found.expect("a live order is indexed");
            self.book.remove(self.store, position, maker);
        }
        if !dark && self.out.wants(Interest::L2.and(Interest::L3)) {
            let (id, side) = (order.id, order.side);
            self.out.tell(Interest::L3, What::Execute { id, side, price, qty });
            self.tell_level(side, price);
        }
    }

    /// Tells of a trade: the trade itself, the maker's fill, the taker's fill.
    #[inline]
    fn tell_trade(&mut self, taker: &Taker, maker: &Order, price: Price, qty: Qty) {
        let trade_id = self.book.trades;
        let (buy_id, sell_id) = match taker.side {
            Side::Buy => (taker.id, maker.id),
            Side::Sell => (maker.id, taker.id),
        };
        let (maker_id, side) = (Some(maker.id), Some(taker.side));
        self.out.trade(What::Trade {
            trade_id,
            price,
            qty,
            taker: side,
            buy_id,
            sell_id,
            maker_id,
        });
        let [maker_fee, taker_fee] = self.fees(price, qty);
        self.out.private(What::Filled {
            id: maker.id,
            account: maker.account,
            price,
            qty,
            leaves: maker.open,
            cumulative: maker.filled,
            liquidity: Liquidity::Maker,
            fee: maker_fee,
        });
        self.out.private(What::Filled {
            id: taker.id,
            account: taker.account,
            price,
            qty,
            leaves: taker.open,
            cumulative: taker.filled,
            liquidity: Liquidity::Taker,
            fee: taker_fee,
        });
    }

    /// The maker's and the taker's fee of a trade.
    #[inline]
    fn fees(&self, price: Price, qty: Qty) -> [Fee; 2] {
        let spec = &self.book.spec;
        if spec.maker_bps == 0 && spec.taker_bps == 0 {
            return [Fee::ZERO; 2];
        }
        let worth = (price * qty).0.abs();
        [spec.maker_bps, spec.taker_bps].map(|bps| Fee::new(fee(worth, bps)))
    }

    /// Two orders of one group met; false where the incoming one has ended.
    #[inline(never)]
    fn prevent(&mut self, taker: &mut Taker, maker: u32) -> bool {
        match taker.stp {
            Stp::None => {}
            Stp::CancelMaker => self.end(maker, CancelReason::Stp),
            Stp::CancelTaker => {
                self.cancel_rest(taker, CancelReason::Stp);
                return false;
            }
            Stp::CancelBoth => {
                self.end(maker, CancelReason::Stp);
                self.cancel_rest(taker, CancelReason::Stp);
                return false;
            }
            Stp::Decrement => return self.decrement(taker, maker),
        }
        true
    }

    /// Both lose the smaller open quantity; false where the incoming order has ended.
    fn decrement(&mut self, taker: &mut Taker, maker: u32) -> bool {
        let open = self.store.orders[maker].open;
        if open <= taker.open {
            self.end(maker, CancelReason::Stp);
        } else {
            let shown = self.book.shrink(self.store, maker, taker.open);
            self.tell_shrunk(maker);
            self.tell_reduced(maker, shown);
        }
        if open >= taker.open {
            self.cancel_rest(taker, CancelReason::Stp);
            return false;
        }
        taker.open -= open;
        self.out.private(What::Replaced {
            id: taker.id,
            new_id: taker.id,
            account: taker.account,
            price: taker.price,
            qty: taker.open + taker.filled,
            leaves: taker.open,
            kept_priority: true,
        });
        true
    }

    /// Tells that a resting order has less to trade and kept its place.
    pub(super) fn tell_shrunk(&mut self, key: u32) {
        let order = &self.store.orders[key];
        self.out.private(What::Replaced {
            id: order.id,
            new_id: order.id,
            account: order.account,
            price: Some(self.store.levels[order.level].price),
            qty: order.total(),
            leaves: order.open,
            kept_priority: true,
        });
    }

    /// Cancels what is left of an incoming order.
    #[inline(never)]
    pub(super) fn cancel_rest(&mut self, taker: &Taker, reason: CancelReason) {
        let &Taker { id, account, open, .. } = taker;
        self.out.private(What::Canceled { id, account, qty: open, reason });
    }

    /// Rests what is left of an incoming order.
    #[inline]
    pub(super) fn rest(&mut self, taker: &Taker, tif: TimeInForce, terms: Terms) -> u32 {
        let order = Order {
            id: taker.id,
            open: taker.open,
            shown: taker.open,
            filled: taker.filled,
            book: self.book.position,
            account: taker.account,
            stp_group: taker.stp_group,
            side: taker.side,
            tif,
            stp: taker.stp,
            terms,
            ..Order::default()
        };
        let key = self.book.rest(self.store, taker.limit, order);
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            let &Taker { id, side, limit: price, open: qty, .. } = taker;
            self.out.tell(Interest::L3, What::Add { id, side, price, qty });
            self.tell_level(side, price);
        }
        key
    }
}

/// Whether the parts of an order go together.
#[inline]
fn check_combination(order: &NewOrder, now: Time) -> Result<(), Reject> {
    let sizes = order.display.0 | order.min_qty.0 | order.notional;
    let links = order.group | order.parent | order.trail | order.offset.cast_unsigned();
    let flags = order.hidden | order.all_or_none | order.reduce_only | order.stop.is_some();
    if (sizes | links) != 0 || flags {
        return Err(Reject::BadCombination);
    }
    if order.peg != Peg::Primary {
        return Err(Reject::BadCombination);
    }
    let timed = match order.tif {
        TimeInForce::Gtd => order.expire_at > now,
        TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Ioc | TimeInForce::Fok => {
            order.expire_at == Time(0)
        }
        TimeInForce::AtOpen | TimeInForce::AtClose | TimeInForce::Auction => false,
    };
    let immediate = matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
    let priced = match order.order_type {
        OrderType::Limit => {
            order.limit.is_none() && !(immediate && order.post_only != PostOnly::No)
        }
        OrderType::Market => order.price.is_none() && order.post_only == PostOnly::No,
        _ => false,
    };
    if timed && priced { Ok(()) } else { Err(Reject::BadCombination) }
}

/// A fee in hundredths of a percent of what was traded, rounded toward zero.
#[inline(never)]
fn fee(worth: i128, bps: i32) -> i128 {
    // Twice 64 bits and 32 more do not fit 128: the whole part first, then the rest.
    let (whole, rest) = (worth / 10_000, worth % 10_000);
    let bps = i128::from(bps);
    whole.saturating_mul(bps).saturating_add(rest * bps / 10_000)
}
