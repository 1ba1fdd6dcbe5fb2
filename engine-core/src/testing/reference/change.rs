//! What happens to orders that live: they are changed, cancelled, or their time is over.

use alloc::vec::Vec;

use super::Reference;
use super::book::{Order, is_dark};
use super::checks::Change;
use crate::command::{Cancel, Reduce, Replace, Scope, TimeInForce};
use crate::event::{CancelReason, Op, What};
use crate::id::OrderId;
use crate::quantity::Qty;
use crate::side::Side;

impl Reference {
    /// Ends a live order before it traded whole.
    pub(super) fn end(&mut self, at: usize, id: OrderId, reason: CancelReason) {
        let waits = self.listings[at].book.waits(id);
        let order = self.listings[at].book.take(id);
        self.tell_canceled(&order, reason);
        if !waits {
            self.tell_left(at, &order);
        }
        self.settle(at, &order, reason == CancelReason::Oco);
    }

    /// Its owner cancels an order.
    pub(super) fn cancel(&mut self, cancel: &Cancel) {
        match self.check_cancel(cancel) {
            Ok(at) => self.end(at, cancel.id, CancelReason::User),
            Err(reason) => {
                let who = (cancel.instrument, cancel.id, cancel.account);
                self.turn_away(Op::Cancel, who, reason);
            }
        }
    }

    /// Lowers what is open of an order where it is.
    pub(super) fn reduce(&mut self, reduce: &Reduce) {
        match self.check_reduce(reduce) {
            Ok(at) => self.take_off(at, reduce.id, reduce.by, CancelReason::User),
            Err(reason) => {
                let who = (reduce.instrument, reduce.id, reduce.account);
                self.turn_away(Op::Reduce, who, reason);
            }
        }
    }

    /// A live order loses `by` where it is; one that has no more than that ends.
    pub(super) fn take_off(&mut self, at: usize, id: OrderId, by: Qty, reason: CancelReason) {
        let waits = self.listings[at].book.waits(id);
        let order = self.listings[at].book.get_mut(id);
        if by >= order.open {
            return self.end(at, id, reason);
        }
        let shown = order.lose(by);
        let order = order.clone();
        self.tell_replaced(id, &order, true);
        if !waits {
            self.tell_shrunk(at, &order, shown);
        }
    }

    /// Gives an order another price, quantity or name.
    pub(super) fn replace(&mut self, replace: &Replace) {
        match self.check_replace(replace) {
            Err(reason) => {
                let who = (replace.instrument, replace.id, replace.account);
                self.turn_away(Op::Replace, who, reason);
            }
            Ok(change) => {
                self.change(replace, change);
                self.count_message(replace.account);
            }
        }
    }

    fn change(&mut self, replace: &Replace, (at, change): (usize, Change)) {
        match change {
            Change::End => self.end(at, replace.id, CancelReason::User),
            Change::Keep(new) => self.change_in_place(at, replace.id, new),
            Change::Enter(new) => {
                let old = self.listings[at].book.take(replace.id);
                self.tell_replaced(replace.id, &new, false);
                self.tell_left(at, &old);
                self.rename_parent(at, replace.id, new.terms.id);
                if new.is_pegged() {
                    return self.admit_pegged(at, new);
                }
                self.enter(at, new);
            }
        }
    }

    fn change_in_place(&mut self, at: usize, id: OrderId, mut new: Order) {
        let waits = self.listings[at].book.waits(id);
        let old = self.listings[at].book.get_mut(id).clone();
        // The reserve goes first.
        new.shown = old.shown.min(new.open);
        *self.listings[at].book.get_mut(id) = new.clone();
        self.rename_parent(at, id, new.terms.id);
        self.tell_replaced(id, &new, true);
        if waits || is_dark(&new.terms) {
            return;
        }
        self.tell_shrunk(at, &Order { terms: old.terms, ..new.clone() }, old.shown - new.shown);
        if new.terms.id != id {
            let (side, qty) = (new.terms.side, new.shown);
            let price = new.terms.price.expect("it rests");
            let what = What::Rename { id, new_id: new.terms.id, side, price, qty };
            self.tell(new.terms.instrument, what);
        }
    }

    /// Whoever waits for an order goes on waiting for it under its new name.
    fn rename_parent(&mut self, at: usize, old: OrderId, new: OrderId) {
        for child in &mut self.listings[at].book.waiting {
            if child.terms.parent != 0 && child.terms.parent == old.0 {
                child.terms.parent = new.0;
            }
        }
    }

    /// Ends all orders of a scope: by instrument, bids before asks, in the order of service, then
    /// those that wait.
    pub(super) fn end_all(&mut self, scope: Scope, reason: CancelReason) {
        for at in 0..self.listings.len() {
            let instrument = self.listings[at].spec.instrument;
            if scope.instrument.is_some_and(|wanted| wanted != instrument) {
                continue;
            }
            self.end_where(at, reason, |order| {
                scope.account.is_none_or(|account| account == order.terms.account)
                    && scope.side.is_none_or(|side| side == order.terms.side)
            });
        }
    }

    /// The trading day is over: the orders that were for it end.
    pub(super) fn end_day(&mut self, at: usize) {
        self.end_call(at);
        self.end_where(at, CancelReason::AuctionEnd, |order| {
            order.waits_for_auction() && order.terms.tif == TimeInForce::AtClose
        });
        self.end_where(at, CancelReason::Expired, |order| order.terms.tif == TimeInForce::Day);
    }

    fn end_where(&mut self, at: usize, reason: CancelReason, ends: impl Fn(&Order) -> bool) {
        let [bids, asks] = Side::BOTH.map(|side| self.listings[at].book.in_order_of_service(side));
        let all = bids.iter().chain(asks).chain(&self.listings[at].book.waiting);
        let ending: Vec<OrderId> =
            all.filter(|order| ends(order)).map(|order| order.terms.id).collect();
        for id in ending {
            // One of its group may have taken it along.
            if self.listings[at].book.get(id).is_some() {
                self.end(at, id, reason);
            }
        }
    }

    /// Ends every order whose time has come: the earliest first, then who entered first. Whether there
    /// was any, or an auction.
    pub(super) fn expire(&mut self) -> bool {
        let mut due = Vec::new();
        for (at, listing) in self.listings.iter().enumerate() {
            for order in listing.book.all() {
                let terms = &order.terms;
                if terms.tif == TimeInForce::Gtd && terms.expire_at <= self.now {
                    due.push((terms.expire_at, false, order.entry, at, terms.id));
                }
            }
        }
        // At one moment orders end first, then auctions.
        for (at, listing) in self.listings.iter().enumerate() {
            if let Some(until) = listing.until.filter(|&until| until <= self.now) {
                due.push((until, true, u64::from(listing.spec.instrument.0), at, OrderId(0)));
            }
        }
        due.sort_unstable();
        let any = !due.is_empty();
        for (_, is_auction, _, at, id) in due {
            if is_auction {
                self.end_interruption(at);
            } else if self.listings[at].book.get(id).is_some() {
                self.end(at, id, CancelReason::Expired);
            }
        }
        any
    }
}
