//! What happens to orders that rest: they are changed, cancelled, or their time is over.

use alloc::vec::Vec;

use super::Reference;
use super::book::{Order, Place};
use super::checks::Change;
use crate::command::{Cancel, Reduce, Replace, Scope, TimeInForce};
use crate::event::{CancelReason, Op, What};
use crate::id::OrderId;
use crate::side::Side;

impl Reference {
    /// Takes an order off the book before it traded whole.
    pub(super) fn end(&mut self, at: usize, place: Place, reason: CancelReason) {
        let order = self.listings[at].book.take(place);
        self.tell_canceled(&order, reason);
        self.tell_left(at, place.price, &order);
    }

    /// Its owner cancels an order.
    pub(super) fn cancel(&mut self, cancel: &Cancel) {
        match self.check_cancel(cancel) {
            Ok((at, place)) => self.end(at, place, CancelReason::User),
            Err(reason) => {
                let who = (cancel.instrument, cancel.id, cancel.account);
                self.turn_away(Op::Cancel, who, reason);
            }
        }
    }

    /// Lowers what is open of an order where it stands.
    pub(super) fn reduce(&mut self, reduce: &Reduce) {
        let (at, place) = match self.check_reduce(reduce) {
            Ok(found) => found,
            Err(reason) => {
                let who = (reduce.instrument, reduce.id, reduce.account);
                return self.turn_away(Op::Reduce, who, reason);
            }
        };
        let order = self.listings[at].book.at_mut(place);
        if reduce.by >= order.open {
            return self.end(at, place, CancelReason::User);
        }
        order.open -= reduce.by;
        order.terms.qty -= reduce.by;
        let order = order.clone();
        self.tell_replaced(order.terms.id, &order, true);
        self.tell_shrunk(at, place.price, &order, reduce.by);
    }

    /// Gives an order another price, quantity or name.
    pub(super) fn replace(&mut self, replace: &Replace) {
        match self.check_replace(replace) {
            Err(reason) => {
                let who = (replace.instrument, replace.id, replace.account);
                self.turn_away(Op::Replace, who, reason);
            }
            Ok((at, Change::End(place))) => self.end(at, place, CancelReason::User),
            Ok((at, Change::Keep(place, new))) => self.change_in_place(at, place, &new),
            Ok((at, Change::Enter(place, new))) => {
                let old = self.listings[at].book.take(place);
                self.tell_replaced(old.terms.id, &new, false);
                self.tell_left(at, place.price, &old);
                self.enter(at, new);
            }
        }
    }

    fn change_in_place(&mut self, at: usize, place: Place, new: &Order) {
        let old = core::mem::replace(self.listings[at].book.at_mut(place), new.clone());
        let (id, new_id) = (old.terms.id, new.terms.id);
        self.tell_replaced(id, new, true);
        if new.open < old.open {
            self.tell_shrunk(at, place.price, &old, old.open - new.open);
        }
        if new_id != id {
            let Place { side, price, .. } = place;
            let qty = new.shown();
            self.tell(new.terms.instrument, What::Rename { id, new_id, side, price, qty });
        }
    }

    /// Ends all orders of a scope: by instrument, bids before asks, in the order of service.
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
        self.end_where(at, CancelReason::Expired, |order| order.terms.tif == TimeInForce::Day);
    }

    fn end_where(&mut self, at: usize, reason: CancelReason, ends: impl Fn(&Order) -> bool) {
        for side in Side::BOTH {
            let orders = self.listings[at].book.in_order_of_service(side);
            let ending: Vec<OrderId> =
                orders.filter(|(_, order)| ends(order)).map(|(_, order)| order.terms.id).collect();
            for id in ending {
                let place = self.listings[at].book.find(id).expect("it was just seen");
                self.end(at, place, reason);
            }
        }
    }

    /// Ends every order whose time has come: the earliest first, then who entered first.
    pub(super) fn expire(&mut self) {
        let mut due = Vec::new();
        for (at, listing) in self.listings.iter().enumerate() {
            for side in Side::BOTH {
                for (_, order) in listing.book.in_order_of_service(side) {
                    let terms = &order.terms;
                    if terms.tif == TimeInForce::Gtd && terms.expire_at <= self.now {
                        due.push((terms.expire_at, order.entry, at, terms.id));
                    }
                }
            }
        }
        due.sort_unstable();
        for (_, _, at, id) in due {
            let place = self.listings[at].book.find(id).expect("it was just seen");
            self.end(at, place, CancelReason::Expired);
        }
    }
}
