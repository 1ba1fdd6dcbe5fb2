//! Cancel, reduce, replace and mass cancel.

use super::check::has_few_tips;
use super::desk::Desk;
use super::limits::worth_at;
use super::taker::{Special, Taker};
use crate::book::Extra;
use crate::book::heed::Heed;
use crate::book::index::Position;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::command::{NewQty, OrderType, PostOnly, Reduce, Replace, Scope};
use crate::event::{CancelReason, EventSink, Interest, Op, Reject, What};
use crate::id::{AccountId, OrderId};
use crate::instrument::ReplacePolicy;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// What a replace asks for, checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) position: Position,
    pub(super) key: u32,
    pub(super) id: OrderId,
    /// Where it is limited to, or what bounds it.
    pub(super) price: Price,
    pub(super) open: Qty,
    keeps: bool,
}

impl<S: EventSink> Desk<'_, S> {
    /// A live order of this account; another account's is as unknown as none.
    #[inline]
    fn find(&self, id: OrderId, account: AccountId) -> Result<(Position, u32), Reject> {
        match self.store.find(self.book.position, id) {
            Some((position, key)) if self.store.orders[key].account == account => {
                Ok((position, key))
            }
            _ => Err(Reject::UnknownOrder),
        }
    }

    /// Takes any order off the book.
    #[inline(never)]
    pub(super) fn cancel_any(&mut self, id: OrderId, account: AccountId) {
        match self.find(id, account) {
            Ok((position, key)) => self.end_at(position, key, CancelReason::User),
            Err(reason) => self.reject(Op::Cancel, id, account, reason),
        }
    }

    /// Lowers what is open of any order, which keeps its place.
    #[inline(never)]
    pub(super) fn reduce_any(&mut self, reduce: &Reduce) {
        let &Reduce { id, account, by, .. } = reduce;
        match self.find(id, account).and_then(|found| self.check_by(by).map(|()| found)) {
            Err(reason) => self.reject(Op::Reduce, id, account, reason),
            Ok((position, key)) if by >= self.store.orders[key].open => {
                self.end_at(position, key, CancelReason::User);
            }
            Ok((_, key)) => self.shrink(key, by),
        }
    }

    #[inline]
    fn check_by(&self, by: Qty) -> Result<(), Reject> {
        if by.is_zero() {
            return Err(Reject::ZeroQty);
        }
        if by.0.is_multiple_of(self.book.spec.lot) { Ok(()) } else { Err(Reject::BadLot) }
    }

    /// Gives any order another price, quantity or name.
    #[inline(never)]
    pub(super) fn replace_any(&mut self, replace: &Replace) {
        match self.check_replace(replace) {
            Err(reason) => return self.reject(Op::Replace, replace.id, replace.account, reason),
            Ok(change) if change.open.is_zero() => {
                self.end_at(change.position, change.key, CancelReason::User);
            }
            Ok(change) if change.keeps => self.change_in_place(change),
            Ok(change) if self.store.orders.is_pegged(change.key) => {
                self.peg_again(change);
            }
            Ok(change) => self.enter_again(change),
        }
        if self.accounts.watch {
            self.count_message(replace.account);
        }
    }

    /// The first reason to turn a replace away, or what it comes to.
    #[inline]
    fn check_replace(&self, replace: &Replace) -> Result<Change, Reject> {
        let (position, key) = self.find(replace.id, replace.account)?;
        if self.accounts.watch {
            self.check_sender(replace.account)?;
        }
        self.check_phase()?;
        let order = &self.store.orders[key];
        let filled = self.store.orders.filled(key);
        let open = match replace.qty {
            NewQty::Keep => order.open,
            NewQty::Total(Qty::ZERO) | NewQty::Open(Qty::ZERO) => return Err(Reject::ZeroQty),
            NewQty::Total(total) => total.saturating_sub(filled),
            NewQty::Open(open) => open,
        };
        let waits = order.waits();
        let current = self.limit_of(key);
        if current.is_none() && replace.price.is_some() {
            return Err(Reject::BadCombination);
        }
        if let Some(extra) = self.store.extra(key) {
            let display = extra.display;
            if !display.is_zero() && !has_few_tips(display, open) {
                return Err(Reject::BadCombination);
            }
        }
        let price = replace.price.or(current);
        if !self.book.plain {
            self.check_price(replace.price)?;
        }
        let total = match replace.qty {
            NewQty::Total(total) => total,
            _ => Qty(filled.0.checked_add(open.0).ok_or(Reject::BadLot)?),
        };
        if !self.book.plain {
            if replace.qty != NewQty::Keep {
                self.check_qty(total)?;
            }
            if replace.qty != NewQty::Keep || replace.price.is_some() {
                let bound = || price.or_else(|| self.bound_of(key));
                self.check_worth(|| worth_at(bound(), total))?;
            }
        }
        let id = replace.new_id.filter(|id| id.0 != 0).unwrap_or(replace.id);
        if id != replace.id && self.store.find(self.book.position, id).is_some() {
            return Err(Reject::DuplicateOrderId);
        }
        if self.book.heed.has(Heed::BANDS) {
            self.check_bands(replace.price, !waits)?;
        }
        let reduces = self.store.extra(key).is_some_and(|extra| extra.reduce_only);
        if (self.accounts.watch || reduces) && !open.is_zero() {
            self.check_limits_again(key, price, total, open)?;
        }
        let keeps = (waits && !self.gathers_at_no_price(key))
            || (price == current
                && open <= order.open
                && self.book.spec.replace_policy == ReplacePolicy::Keep);
        let mut change =
            Change { position, key, id, price: price.unwrap_or_default(), open, keeps };
        if !keeps && !open.is_zero() {
            change.price = self.check_again(key, change.price, open)?;
        }
        Ok(change)
    }

    /// The limit or the protection that a replace changes, where an order has one.
    #[inline]
    fn limit_of(&self, key: u32) -> Option<Price> {
        let order = &self.store.orders[key];
        if order.is_special() && (order.waits() || self.store.orders.is_pegged(key)) {
            self.store.extra(key).and_then(|extra| extra.limit)
        } else {
            Some(self.store.levels[order.level()].price)
        }
    }

    /// Whether a live order can enter again at `price`, and where it then stands.
    #[inline]
    fn check_again(&self, key: u32, price: Price, open: Qty) -> Result<Price, Reject> {
        let order = &self.store.orders[key];
        let terms = self.store.orders.detail(key).terms;
        if terms.has(Terms::PEGGED) || order.waits() {
            return Ok(price);
        }
        if self.store.no_level_left() {
            self.check_level(price, key, open)?;
        }
        match terms.post_only() {
            PostOnly::No => Ok(price),
            _ if self.book.call.gathers => Ok(price),
            post_only => self.stand_off(order.side(), price, post_only, open),
        }
    }

    /// Whether there is a level for an order that moves, all places being taken: one at its new
    /// price, or its own, which it leaves empty.
    #[cold]
    fn check_level(&self, price: Price, key: u32, open: Qty) -> Result<(), Reject> {
        let (level, side) = (self.store.orders[key].level(), self.store.orders[key].side());
        let post_only = self.store.orders.detail(key).terms.post_only();
        let alone = !self.book.is_held(self.store, level, key);
        let there = self.book.side(side).find(self.store, price);
        let slides = self.slides(side, price, post_only, open);
        if alone || (!slides && self.book.is_held(self.store, there, NONE)) {
            Ok(())
        } else {
            Err(Reject::Capacity)
        }
    }

    /// A change that keeps the order's place in the queue, or among the waiting.
    #[inline(never)]
    fn change_in_place(&mut self, change: Change) {
        let Change { position, key, id, price, open, .. } = change;
        let old_id = self.store.orders[key].id;
        let waits = self.store.orders[key].waits();
        let mut shown = Qty::ZERO;
        if self.accounts.watch {
            self.closing(key);
        }
        if waits {
            if self.gathers_at_no_price(key) {
                self.shrink_market(key, self.store.orders[key].open - open);
            }
            self.store.orders[key].open = open;
            let extra = self.store.extra_mut(key);
            extra.limit = extra.limit.map(|_| price);
        } else {
            let by = self.store.orders[key].open - open;
            shown = self.book.shrink(self.store, key, by);
        }
        if id != old_id {
            self.store.rename(position, self.book.position, key, id);
            self.rename_parent(old_id, id);
        }
        if self.accounts.watch {
            self.opened(key);
        }
        let order = &self.store.orders.order(key);
        let (side, left, dark) = (order.side, order.shown, order.is_dark());
        // A pegged order does not stand at what bounds it.
        let price = self.price_of(key).unwrap_or(price);
        self.out.private(What::Replaced {
            id: old_id,
            new_id: id,
            account: order.account,
            price: self.price_of(key),
            qty: order.total(),
            leaves: open,
            kept_priority: true,
        });
        if !shown.is_zero() {
            self.out.tell(Interest::L3, What::Reduce { id: old_id, side, price, qty: shown });
            self.tell_level(side, price);
        }
        if id != old_id && !dark && !waits {
            let what = What::Rename { id: old_id, new_id: id, side, price, qty: left };
            self.out.tell(Interest::L3, what);
        }
    }

    /// A change after which the order stands at the back, or trades at once.
    #[inline]
    fn enter_again(&mut self, change: Change) {
        let Change { position, key, id, price, open, .. } = change;
        let order = self.store.orders.order(key);
        let at_no_price = order.level == NONE;
        self.out.private(What::Replaced {
            id: order.id,
            new_id: id,
            account: order.account,
            price: (!at_no_price).then_some(price),
            qty: order.filled + open,
            leaves: open,
            kept_priority: false,
        });
        let taker = if at_no_price {
            let (order, extra) = self.free(key);
            Taker { order_type: extra.order_type, ..self.taker_of(&order, Some(&extra)) }
        } else {
            self.lift(position, key)
        };
        if id != order.id && !self.book.children.is_empty() {
            self.rename_parent(order.id, id);
        }
        let limit = if at_no_price { order.side.any_price() } else { price };
        self.enter(&mut Taker { id, limit, open, ..taker });
    }

    /// Takes a resting order out of the book, to enter again.
    pub(super) fn lift(&mut self, position: Position, key: u32) -> Taker {
        if self.accounts.watch {
            self.closing(key);
        }
        let taker = self.as_taker(key);
        self.take_off(key);
        if self.store.orders.extra(key) != NONE {
            self.unlink_extra(key);
        }
        self.store.release(position, key);
        self.book.live -= 1;
        taker
    }

    /// A resting order as it would enter.
    pub(super) fn as_taker(&self, key: u32) -> Taker {
        let order = self.store.orders.order(key);
        let limit = self.store.levels[order.level].price;
        Taker { limit, ..self.taker_of(&order, self.store.extra(key)) }
    }

    /// A live order as it would enter, at whatever price.
    fn taker_of(&self, order: &Order, extra: Option<&Extra>) -> Taker {
        let special = extra.map_or(Special::NONE, Special::of);
        Taker {
            id: order.id,
            account: order.account,
            side: order.side,
            order_type: extra.map_or(OrderType::Limit, |extra| extra.order_type),
            tif: order.tif,
            stp: order.stp,
            terms: Terms(order.terms.0 & !Terms::TOP),
            stp_group: order.stp_group,
            limit: order.side.any_price(),
            asked: None,
            open: order.open,
            filled: order.filled,
            special: Special { min_qty: Qty::ZERO, ..special },
        }
    }

    /// Cancels this book's orders in a scope: bids before asks, in the order of service.
    pub(super) fn mass_cancel(&mut self, scope: Scope, reason: CancelReason) {
        self.end_where(reason, |order| {
            scope.account.is_none_or(|wanted| wanted == order.account)
                && scope.side.is_none_or(|wanted| wanted == order.side)
        });
    }

    /// Ends the orders that `which` picks: bids before asks, in the order of service, then those
    /// that wait.
    pub(super) fn end_where(&mut self, reason: CancelReason, which: impl Fn(&Order) -> bool) {
        for side in Side::BOTH {
            let mut level = self.book.side(side).best();
            while level != NONE {
                let mut key = self.store.levels[level].front();
                while key != NONE {
                    let order = &self.store.orders.order(key);
                    if which(order) {
                        debug_assert!(self.store.ending.len() < self.store.ending.capacity());
                        self.store.ending.push(order.id);
                    }
                    key = self.store.levels[level].after(&self.store.orders, key);
                }
                level = self.book.side(side).after(self.store, level);
            }
        }
        // By name, since the end of one may be the end of others of its group.
        for at in 0..self.store.ending.len() {
            let id = self.store.ending[at];
            if let Some((position, key)) = self.store.find(self.book.position, id) {
                self.end_at(position, key, reason);
            }
        }
        self.store.ending.clear();
        self.end_waiting_where(reason, which);
    }
}
