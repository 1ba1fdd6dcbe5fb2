//! Cancel, reduce, replace and mass cancel.

use super::desk::Desk;
use super::place::Taker;
use crate::book::index::Position;
use crate::book::order::Order;
use crate::book::pool::NONE;
use crate::command::{NewQty, PostOnly, Reduce, Replace, Scope};
use crate::event::{CancelReason, EventSink, Interest, Op, Reject, What};
use crate::id::{AccountId, OrderId};
use crate::instrument::ReplacePolicy;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// What a replace asks for, checked.
#[derive(Clone, Copy, Debug)]
struct Change {
    position: Position,
    key: u32,
    id: OrderId,
    price: Price,
    open: Qty,
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

    /// Takes an order off the book.
    #[inline]
    pub(super) fn cancel(&mut self, id: OrderId, account: AccountId) {
        match self.find(id, account) {
            Ok((position, key)) => self.end_at(position, key, CancelReason::User),
            Err(reason) => self.reject(Op::Cancel, id, account, reason),
        }
    }

    /// Lowers what is open of an order, which keeps its place.
    #[inline]
    pub(super) fn reduce(&mut self, reduce: &Reduce) {
        let &Reduce { id, account, by, .. } = reduce;
        match self.find(id, account).and_then(|found| self.check_by(by).map(|()| found)) {
            Err(reason) => self.reject(Op::Reduce, id, account, reason),
            Ok((position, key)) if by >= self.store.orders[key].open => {
                self.end_at(position, key, CancelReason::User);
            }
            Ok((_, key)) => {
                let shown = self.book.shrink(self.store, key, by);
                self.tell_shrunk(key);
                if self.out.wants(Interest::L2.and(Interest::L3)) {
                    self.tell_reduced(key, shown);
                }
            }
        }
    }

    #[inline]
    fn check_by(&self, by: Qty) -> Result<(), Reject> {
        if by.is_zero() {
            return Err(Reject::ZeroQty);
        }
        if by.0.is_multiple_of(self.book.spec.lot) { Ok(()) } else { Err(Reject::BadLot) }
    }

    /// Gives an order another price, quantity or name.
    #[inline]
    pub(super) fn replace(&mut self, replace: &Replace) {
        match self.check_replace(replace) {
            Err(reason) => self.reject(Op::Replace, replace.id, replace.account, reason),
            Ok(change) if change.open.is_zero() => {
                self.end_at(change.position, change.key, CancelReason::User);
            }
            Ok(change) if change.keeps => self.change_in_place(change),
            Ok(change) => self.enter_again(change),
        }
    }

    /// The first reason to turn a replace away, or what it comes to.
    #[inline]
    fn check_replace(&self, replace: &Replace) -> Result<Change, Reject> {
        let (position, key) = self.find(replace.id, replace.account)?;
        if !self.blocked.is_empty() {
            self.check_blocked(replace.account)?;
        }
        self.check_phase()?;
        let order = &self.store.orders[key];
        let open = match replace.qty {
            NewQty::Keep => order.open,
            NewQty::Total(Qty::ZERO) | NewQty::Open(Qty::ZERO) => return Err(Reject::ZeroQty),
            NewQty::Total(total) => total.saturating_sub(order.filled),
            NewQty::Open(open) => open,
        };
        let current = self.store.levels[order.level].price;
        let mut price = replace.price.unwrap_or(current);
        let total = match replace.qty {
            NewQty::Total(total) => total,
            _ => Qty(order.filled.0.checked_add(open.0).ok_or(Reject::BadLot)?),
        };
        if !self.book.plain {
            self.check_price(replace.price)?;
            if replace.qty != NewQty::Keep {
                self.check_qty(total)?;
            }
            if replace.qty != NewQty::Keep || replace.price.is_some() {
                self.check_worth(total, Some(price))?;
            }
        }
        let id = replace.new_id.filter(|id| id.0 != 0).unwrap_or(replace.id);
        if id != replace.id && self.store.find(self.book.position, id).is_some() {
            return Err(Reject::DuplicateOrderId);
        }
        let keeps = price == current
            && open <= order.open
            && self.book.spec.replace_policy == ReplacePolicy::Keep;
        if !keeps && !open.is_zero() && price != current && self.store.levels.is_full() {
            self.check_level(order.side, price, key)?;
        }
        let post_only = order.terms.post_only();
        if !keeps && !open.is_zero() && post_only != PostOnly::No {
            price = self.stand_off(order.side, price, post_only)?;
        }
        Ok(Change { position, key, id, price, open, keeps })
    }

    /// Whether there is a level for an order that moves, all places being taken: one at its new
    /// price, or its own, which it leaves empty.
    #[cold]
    fn check_level(&self, side: Side, price: Price, key: u32) -> Result<(), Reject> {
        let level = &self.store.levels[self.store.orders[key].level];
        let alone = level.front() == key && level.after(&self.store.orders, key) == NONE;
        let there = self.book.side(side).find(self.store, price) != NONE;
        if alone || there { Ok(()) } else { Err(Reject::Capacity) }
    }

    /// A change that keeps the order's place in the queue.
    #[inline(never)]
    fn change_in_place(&mut self, change: Change) {
        let Change { position, key, id, price, open, .. } = change;
        let old_id = self.store.orders[key].id;
        let by = self.store.orders[key].open - open;
        let shown = self.book.shrink(self.store, key, by);
        if id != old_id {
            self.store.rename(position, key, id);
        }
        let order = &self.store.orders[key];
        let (side, left, dark) = (order.side, order.shown, order.is_dark());
        self.out.private(What::Replaced {
            id: old_id,
            new_id: id,
            account: order.account,
            price: Some(price),
            qty: order.total(),
            leaves: open,
            kept_priority: true,
        });
        if !shown.is_zero() {
            self.out.tell(Interest::L3, What::Reduce { id: old_id, side, price, qty: shown });
            self.tell_level(side, price);
        }
        if id != old_id && !dark {
            self.out.tell(
                Interest::L3,
                What::Rename { id: old_id, new_id: id, side, price, qty: left },
            );
        }
    }

    /// A change after which the order stands at the back, or trades at once.
    #[inline]
    fn enter_again(&mut self, change: Change) {
        let Change { key, id, price, open, .. } = change;
        let order = self.store.orders[key].clone();
        self.out.private(What::Replaced {
            id: order.id,
            new_id: id,
            account: order.account,
            price: Some(price),
            qty: order.filled + open,
            leaves: open,
            kept_priority: false,
        });
        self.take_off(key);
        let mut taker = Taker {
            id,
            account: order.account,
            side: order.side,
            limit: price,
            price: Some(price),
            open,
            filled: order.filled,
            stp_group: order.stp_group,
            stp: order.stp,
        };
        let lives = !self.crosses(order.side, price) || self.take(&mut taker);
        if !lives || taker.open.is_zero() {
            // Matching may have moved entries of the index, so the position is looked up again.
            let found = self.store.find(self.book.position, order.id);
            let (position, _) = found.expect("the order kept its name while it matched");
            self.store.release(position, key);
            self.book.live -= 1;
            return;
        }
        if id != order.id {
            self.rename(key, id);
        }
        let place = &mut self.store.orders[key];
        (place.open, place.shown, place.filled) = (taker.open, taker.open, taker.filled);
        self.book.relink(self.store, key, price);
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            let (side, qty) = (order.side, taker.open);
            self.out.tell(Interest::L3, What::Add { id, side, price, qty });
            self.tell_level(side, price);
        }
    }

    #[cold]
    fn rename(&mut self, key: u32, id: OrderId) {
        let old = self.store.orders[key].id;
        let (position, _) =
            self.store.find(self.book.position, old).expect("a live order is indexed");
        self.store.rename(position, key, id);
    }

    /// Cancels this book's orders in a scope: bids before asks, in the order of service.
    pub(super) fn mass_cancel(&mut self, scope: Scope, reason: CancelReason) {
        for side in Side::BOTH {
            if scope.side.is_none_or(|wanted| wanted == side) {
                self.end_where(side, reason, |order| {
                    scope.account.is_none_or(|wanted| wanted == order.account)
                });
            }
        }
    }

    /// Ends the orders of a side that `which` picks, in the order of service.
    pub(super) fn end_where(
        &mut self,
        side: Side,
        reason: CancelReason,
        which: impl Fn(&Order) -> bool,
    ) {
        let mut level = self.book.side(side).best();
        while level != NONE {
            let next_level = self.book.side(side).after(self.store, level);
            let mut key = self.store.levels[level].front();
            while key != NONE {
                let next = self.store.levels[level].after(&self.store.orders, key);
                if which(&self.store.orders[key]) {
                    self.end(key, reason);
                }
                key = next;
            }
            level = next_level;
        }
    }
}
