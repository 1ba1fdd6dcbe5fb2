//! Orders that wait, and what one order's end or fill means for others.

use alloc::vec::Vec;

use super::Reference;
use super::book::{Order, Turn};
use super::checks::check_post_only;
use super::limits::Wish;
use crate::command::{NewOrder, OrderType, Phase};
use crate::event::{CancelReason, What};
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl Reference {
    /// Takes in an order that waits: for its parent, or for its stop.
    pub(super) fn park(&mut self, at: usize, mut order: Order) {
        self.entries += 1;
        order.entry = self.entries;
        order.turn = None;
        if let Some(last) = self.listings[at].last_trade
            && waits_for_stop(&order)
        {
            follow(&mut order.terms, last);
            if is_reached(&order.terms, last) {
                order.turn = Some(self.next_turn(false));
            }
        }
        self.listings[at].book.waiting.push(order);
    }

    pub(super) fn next_turn(&mut self, orphaned: bool) -> Turn {
        self.turns += 1;
        Turn { number: self.turns, orphaned }
    }

    /// A trade at `price`: trailing stops follow it, and the stops that it reaches have their turn.
    pub(super) fn watch(&mut self, at: usize, price: Price) {
        let mut reached = Vec::new();
        for order in &mut self.listings[at].book.waiting {
            if order.turn.is_none() && waits_for_stop(order) {
                follow(&mut order.terms, price);
                if is_reached(&order.terms, price) {
                    let stop = order.terms.stop.expect("one that is reached");
                    reached.push((stop.distance(price), order.entry, order.terms.id));
                }
            }
        }
        reached.sort_unstable();
        for (_, _, id) in reached {
            let turn = self.next_turn(false);
            self.listings[at].book.get_mut(id).turn = Some(turn);
        }
    }

    /// The command is finished: those whose wait is over have their turn, one after the other.
    pub(super) fn take_turns(&mut self) {
        loop {
            let mut turns = Vec::new();
            for (at, listing) in self.listings.iter().enumerate() {
                for order in &listing.book.waiting {
                    turns.extend(order.turn.map(|turn| (turn.number, at, order.terms.id, turn)));
                }
            }
            let Some(&(_, at, id, turn)) = turns.iter().min_by_key(|(number, ..)| *number) else {
                // Nobody waits any more: now those have a turn that can trade whole at last.
                let Some((at, order)) = self.fillable() else {
                    return;
                };
                self.listings[at].book.take(order.terms.id);
                self.enter(at, order);
                continue;
            };
            if turn.orphaned {
                self.end(at, id, CancelReason::Parent);
            } else if matches!(self.listings[at].phase, Phase::Closed | Phase::Halted) {
                self.end(at, id, CancelReason::Halted);
            } else if self.reduces_in_a_call(at, id) {
                self.end(at, id, CancelReason::ReduceOnly);
            } else if self.may_enter(at, id) {
                let order = self.listings[at].book.take(id);
                self.take_turn(at, order);
            }
        }
    }

    /// The first all-or-none order that can trade whole: by instrument, bids before asks, in the
    /// order of service.
    pub(super) fn fillable(&self) -> Option<(usize, Order)> {
        for (at, listing) in self.listings.iter().enumerate() {
            if listing.phase != Phase::Continuous {
                continue;
            }
            let [bids, asks] = Side::BOTH.map(|side| listing.book.in_order_of_service(side));
            for order in bids.iter().chain(asks).filter(|order| order.terms.all_or_none) {
                if self.in_reach(at, order, listing.corridor()) >= u128::from(order.open.0) {
                    return Some((at, order.clone()));
                }
            }
        }
        None
    }

    /// Whether a reduce-only order would gather.
    fn reduces_in_a_call(&self, at: usize, id: OrderId) -> bool {
        let listing = &self.listings[at];
        listing.book.get(id).is_some_and(|order| {
            let waits_on = order.terms.parent != 0 && is_stop(order.terms.order_type);
            listing.gathers && order.terms.reduce_only && !waits_on
        })
    }

    /// Whether an order whose turn has come does not open a position if it must not, and can be paid
    /// for; if not it ends.
    fn may_enter(&mut self, at: usize, id: OrderId) -> bool {
        let reduce_only = self.listings[at].book.get_mut(id).terms.reduce_only;
        if reduce_only && !self.trim_order(at, id) {
            return false;
        }
        let mut order = self.listings[at].book.get_mut(id).clone();
        if order.terms.parent == 0 || !is_stop(order.terms.order_type) {
            order.terms.order_type = entering_type(order.terms.order_type);
        }
        order.terms.parent = 0;
        let wish = Wish { at, order: &order, leaving: &[id], coming: None, may_rest: true };
        let account = self.accounts.get(&order.terms.account);
        if account.is_none_or(|account| self.can_pay(account, &wish)) {
            return true;
        }
        self.end(at, id, CancelReason::InsufficientFunds);
        false
    }

    fn take_turn(&mut self, at: usize, mut order: Order) {
        let NewOrder { id, account, instrument, parent, order_type, .. } = order.terms;
        order.turn = None;
        order.terms.parent = 0;
        if is_stop(order_type) && parent != 0 {
            return self.park(at, order);
        }
        if order.is_pegged() {
            return self.admit_pegged(at, order);
        }
        if let (true, Some(stop)) = (is_stop(order_type), order.terms.stop) {
            self.tell(instrument, What::Triggered { id, account, stop });
        }
        order.terms.order_type = entering_type(order_type);
        // What it was is not what it waits for from now on.
        (order.terms.stop, order.terms.trail) = (None, 0);
        self.protect(at, &mut order);
        match check_post_only(&self.listings[at], &order.terms, order.open) {
            Ok(price) => order.terms.price = price,
            Err(_) => return self.end_taker(at, &order, CancelReason::PostOnly),
        }
        self.enter(at, order);
    }

    /// An order that was live, or came in, has ended: what that means for its group and for those
    /// that wait for it.
    pub(super) fn settle(&mut self, at: usize, order: &Order, by_group: bool) {
        let NewOrder { id, account, group, .. } = order.terms;
        if !by_group {
            self.end_group(at, account, group);
        }
        let waiting = &self.listings[at].book.waiting;
        let children = waiting.iter().filter(|child| {
            child.terms.parent != 0 && child.terms.parent == id.0 && child.turn.is_none()
        });
        let children: Vec<_> = children.map(|child| child.terms.id).collect();
        for child in children {
            let turn = self.next_turn(order.filled.is_zero());
            let child_order = self.listings[at].book.get_mut(child);
            child_order.turn = Some(turn);
            if !turn.orphaned && child_order.open > order.filled {
                child_order.open = order.filled;
                let now = child_order.clone();
                self.tell_replaced(child, &now, true);
            }
        }
    }

    /// Ends what lives of a group.
    pub(super) fn end_group(&mut self, at: usize, account: AccountId, group: u64) {
        for id in self.listings[at].book.members(account, group) {
            self.end(at, id, CancelReason::Oco);
        }
    }

    /// An order was filled in part: the others of its group lose as much.
    pub(super) fn reduce_group(&mut self, at: usize, filled: &Order, qty: Qty) {
        let NewOrder { id, account, group, .. } = filled.terms;
        for other in self.listings[at].book.members(account, group) {
            if other != id {
                self.take_off(at, other, qty, CancelReason::Oco);
            }
        }
    }
}

/// What an order of this type is when it enters.
const fn entering_type(order_type: OrderType) -> OrderType {
    use OrderType as T;
    match order_type {
        T::Stop | T::TrailingStop => T::Market,
        T::StopLimit | T::TrailingStopLimit => T::Limit,
        other => other,
    }
}

/// Whether an order of this type waits for a stop.
pub(super) const fn is_stop(order_type: OrderType) -> bool {
    use OrderType as T;
    matches!(order_type, T::Stop | T::StopLimit | T::TrailingStop | T::TrailingStopLimit)
}

fn waits_for_stop(order: &Order) -> bool {
    is_stop(order.terms.order_type) && order.terms.parent == 0
}

/// Moves a trailing stop toward a trade; never away from the market.
fn follow(terms: &mut NewOrder, last: Price) {
    if terms.trail == 0 {
        return;
    }
    let (last, trail) = (i128::from(last.0), i128::from(terms.trail));
    let held = |price: i128| {
        let range = (i128::from(i64::MIN), i128::from(i64::MAX));
        Price(i64::try_from(price.clamp(range.0, range.1)).expect("held in range"))
    };
    terms.stop = Some(match (terms.side, terms.stop) {
        (Side::Buy, None) => held(last + trail),
        (Side::Buy, Some(stop)) => stop.min(held(last + trail)),
        (Side::Sell, None) => held(last - trail),
        (Side::Sell, Some(stop)) => stop.max(held(last - trail)),
    });
}

fn is_reached(terms: &NewOrder, last: Price) -> bool {
    match terms.side {
        Side::Buy => terms.stop.is_some_and(|stop| last >= stop),
        Side::Sell => terms.stop.is_some_and(|stop| last <= stop),
    }
}
