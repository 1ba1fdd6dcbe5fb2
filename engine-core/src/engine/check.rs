//! Reasons to turn an order away, in the order in which they are looked for.

use super::desk::Desk;
use super::limits::{refuse, worth_at};
use super::taker::{Special, Taker};
use crate::book::heed::Heed;
use crate::book::order::Terms;
use crate::book::pool::NONE;
use crate::command::{NewOrder, OrderType, Peg, Phase, PostOnly, TimeInForce};
use crate::event::{EventSink, Reject};
use crate::limits::ICEBERG_TIPS_MAX;
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// The first reason to turn an order away, or the worst price at which it trades or rests.
    #[inline]
    pub(super) fn check(&self, order: &NewOrder) -> Result<Price, Reject> {
        if self.accounts.watch {
            self.check_sender(order.account)?;
        }
        if self.book.phase != Phase::Continuous || order.tif.is_for_auctions() {
            self.check_suits_phase(order)?;
        }
        if order.qty.is_zero() && order.notional == 0 {
            return Err(Reject::ZeroQty);
        }
        check_combination(order, self.now)?;
        let limit = match (order.order_type.has_price(), order.price) {
            (true, Some(price)) => price,
            (true, None) => return Err(Reject::BadPrice),
            _ => order.limit.unwrap_or(order.side.any_price()),
        };
        if !self.book.plain {
            self.check_units(order, limit)?;
        }
        if self.store.find(self.book.position, order.id).is_some() {
            return Err(Reject::DuplicateOrderId);
        }
        if order.parent != 0 {
            self.check_parent(order)?;
        }
        if self.book.heed.has(Heed::BANDS) {
            self.check_bands(order.price, !order.stands_apart() && !order.tif.is_for_auctions())?;
        }
        if self.accounts.watch | order.reduce_only {
            self.check_limits(order, limit)?;
        }
        if order.can_rest() || self.book.call.gathers {
            self.check_room(order, limit)?;
        }
        let waits = order.stands_apart() || order.tif.is_for_auctions();
        if order.post_only == PostOnly::No || waits || self.book.call.gathers {
            return Ok(limit);
        }
        self.stand_off(order.side, limit, order.post_only, order.qty)
    }

    /// Whether the phase takes changes.
    #[inline]
    pub(super) fn check_phase(&self) -> Result<(), Reject> {
        self.book.phase.rules().refuses.map_or(Ok(()), Err)
    }

    /// Whether prices and quantities are what the instrument counts in, and within its bounds.
    #[inline(never)]
    pub(super) fn check_units(&self, order: &NewOrder, limit: Price) -> Result<(), Reject> {
        for price in [order.price, order.limit, order.stop] {
            self.check_price(price)?;
        }
        let whole = |qty: Qty| qty.0.is_multiple_of(self.book.spec.lot);
        if !whole(order.display) || !whole(order.min_qty) {
            return Err(Reject::BadLot);
        }
        if order.notional == 0 {
            self.check_qty(order.qty)?;
        }
        self.check_worth(|| match order.price {
            Some(_) => worth_at(order.price, order.qty),
            None => self.wish_for(order, limit).worth(),
        })
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
        if !qty.0.is_multiple_of(spec.lot) || qty < spec.min_qty {
            return Err(Reject::BadLot);
        }
        refuse(!spec.max_qty.is_zero() && qty > spec.max_qty, Reject::MaxOrderQty)
    }

    /// Whether what is asked for is worth no more than the instrument allows.
    #[inline]
    pub(super) fn check_worth(&self, worth: impl FnOnce() -> u128) -> Result<(), Reject> {
        let most = u128::from(self.book.spec.max_notional);
        refuse(most != 0 && worth() > most, Reject::MaxOrderNotional)
    }

    /// Whether the order that this one waits for lives and is of the same account.
    #[cold]
    fn check_parent(&self, order: &NewOrder) -> Result<(), Reject> {
        let parent = crate::id::OrderId(order.parent);
        match self.store.find(self.book.position, parent) {
            Some((_, key)) if self.store.orders[key].account == order.account => Ok(()),
            _ => Err(Reject::UnknownOrder),
        }
    }

    /// Whether there is room for one more order: at its limit, or anywhere where it may come to
    /// rest at another price or at another time.
    #[inline]
    fn check_room(&self, order: &NewOrder, limit: Price) -> Result<(), Reject> {
        let most = self.book.spec.max_orders;
        let crowded = order.all_or_none && !self.has_room_for_whole();
        if crowded || self.store.orders.is_full() || (most != 0 && self.book.live >= most) {
            return Err(Reject::Capacity);
        }
        if self.store.no_level_left() {
            self.check_level_left(order, limit)?;
        }
        Ok(())
    }

    /// Whether there is a level for one more order, all places being taken or put by.
    #[cold]
    fn check_level_left(&self, order: &NewOrder, limit: Price) -> Result<(), Reject> {
        let market = !order.order_type.has_price();
        let anywhere = market
            || order.stands_apart()
            || order.tif.is_for_auctions()
            || self.slides(order.side, limit, order.post_only, order.qty);
        let level = self.book.side(order.side).find(self.store, limit);
        if anywhere || !self.book.is_held(self.store, level, NONE) {
            return Err(Reject::Capacity);
        }
        Ok(())
    }

    /// Whether an order rests elsewhere than where it asks to.
    #[cold]
    pub(super) fn slides(&self, side: Side, price: Price, post_only: PostOnly, open: Qty) -> bool {
        let crosses = |best| side.crosses(price, best);
        let may_take = post_only == PostOnly::Slide && !self.book.call.gathers;
        may_take && self.best_for(side, open).is_some_and(crosses)
    }

    /// Where an order that may not take rests.
    #[inline(never)]
    pub(super) fn stand_off(
        &self,
        side: Side,
        price: Price,
        post_only: PostOnly,
        open: Qty,
    ) -> Result<Price, Reject> {
        let Some(best) = self.best_for(side, open) else {
            return Ok(price);
        };
        if !side.crosses(price, best) {
            return Ok(price);
        }
        if post_only == PostOnly::Reject {
            return Err(Reject::PostOnly);
        }
        let behind = side.checked_behind(best, 1);
        behind.and_then(|price| self.book.spec.on_tick(side, price)).ok_or(Reject::BadPrice)
    }
}

impl OrderType {
    /// Whether an order of this type has a price.
    #[inline]
    pub(super) const fn has_price(self) -> bool {
        matches!(self, Self::Limit | Self::Iceberg | Self::StopLimit | Self::TrailingStopLimit)
    }
}

impl NewOrder {
    /// Whether it may be live after its command: it rests, or it waits.
    #[inline]
    pub(super) fn can_rest(&self) -> bool {
        let immediate = matches!(self.tif, TimeInForce::Ioc | TimeInForce::Fok);
        let market = self.order_type == OrderType::Market && !self.tif.is_for_auctions();
        self.stands_apart() || (!market && !immediate)
    }

    /// Whether it does not enter the book as it is: it waits for a stop or another order, or it is
    /// pegged.
    #[inline]
    pub(super) fn stands_apart(&self) -> bool {
        self.order_type.stands_apart() || self.parent != 0
    }
}

/// An order as it enters.
#[inline]
pub(super) fn taker(order: &NewOrder, limit: Price) -> Taker {
    let mut terms = Terms::default().with_post_only(order.post_only);
    if order.hidden {
        terms.0 |= Terms::DARK;
    }
    if order.all_or_none {
        // Nothing of it is shown: the book may look crossed against it.
        terms.0 |= Terms::DARK | Terms::WHOLE;
    }
    let order_type = match order.order_type {
        OrderType::Iceberg => OrderType::Limit,
        other => other,
    };
    Taker {
        id: order.id,
        account: order.account,
        side: order.side,
        order_type,
        tif: order.tif,
        stp: order.stp,
        terms,
        stp_group: order.stp_group,
        limit,
        asked: None,
        open: order.qty,
        filled: Qty::ZERO,
        special: Special {
            display: order.display,
            min_qty: order.min_qty,
            expire_at: order.expire_at,
            group: order.group,
            quote: false,
            reduce_only: order.reduce_only,
        },
    }
}

/// Whether an iceberg that shows `display` of `open` is done after a bounded number of trades.
pub(super) fn has_few_tips(display: Qty, open: Qty) -> bool {
    open.0 <= display.0.saturating_mul(ICEBERG_TIPS_MAX)
}

/// Whether the parts of an order go together.
#[inline]
fn check_combination(order: &NewOrder, now: Time) -> Result<(), Reject> {
    let plain = matches!(order.order_type, OrderType::Limit | OrderType::Market);
    let sizes = order.display.0 | order.min_qty.0 | order.notional;
    let links = order.parent | order.trail | order.offset.cast_unsigned();
    let flags = order.hidden | order.all_or_none | order.reduce_only | order.stop.is_some();
    let pegged = order.peg != Peg::Primary;
    if (!plain | ((sizes | links) != 0) | flags | pegged) && !is_sound(order) {
        return Err(Reject::BadCombination);
    }
    let timed = match order.tif {
        TimeInForce::Gtd => order.expire_at > now,
        _ => order.expire_at == Time(0),
    };
    let immediate = matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
    let posts = order.post_only != PostOnly::No;
    let priced = if order.order_type.has_price() {
        order.limit.is_none() && !(immediate && posts)
    } else {
        order.price.is_none() && (!posts || order.order_type == OrderType::Pegged)
    };
    if timed && priced { Ok(()) } else { Err(Reject::BadCombination) }
}

/// Whether the parts of an order that is more than a plain limit or market order go together.
#[cold]
fn is_sound(order: &NewOrder) -> bool {
    use OrderType as T;
    let kind = order.order_type;
    let pegged = kind == T::Pegged;
    let rests =
        matches!(kind, T::Limit | T::Iceberg | T::StopLimit | T::TrailingStopLimit | T::Pegged);
    let trailing = matches!(kind, T::TrailingStop | T::TrailingStopLimit);
    let stopped = matches!(kind, T::Stop | T::StopLimit);
    let immediate = matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
    let display = if order.display.is_zero() {
        kind != T::Iceberg
    } else {
        let whole = order.display <= order.qty && has_few_tips(order.display, order.qty);
        matches!(kind, T::Iceberg | T::Pegged) && whole && !immediate
    };
    let hidden = !order.hidden || (rests && order.display.is_zero());
    let stop = if stopped { order.stop.is_some() } else { trailing || order.stop.is_none() };
    let trail = if trailing { order.trail.cast_signed() > 0 } else { order.trail == 0 };
    let worth =
        order.notional == 0 || (kind == T::Market && order.qty.is_zero() && order.parent == 0);
    let least = order.min_qty <= order.qty
        && (order.min_qty.is_zero() || (order.post_only == PostOnly::No && order.notional == 0));
    let follows = if pegged {
        !immediate && order.min_qty.is_zero()
    } else {
        order.offset == 0 && order.peg == Peg::Primary
    };
    let whole = !order.all_or_none
        || (order.display.is_zero()
            && order.min_qty.is_zero()
            && order.notional == 0
            && !pegged
            && order.post_only == PostOnly::No);
    let own_parent = order.parent != 0 && order.parent == order.id.0;
    let at_once = !order.min_qty.is_zero() || order.notional != 0;
    let apart = at_once || pegged || order.all_or_none || order.reduce_only;
    let links = follows && !(order.tif.is_for_auctions() && apart) && !own_parent;
    whole && display && hidden && stop && trail && worth && least && links
}
