//! What the end of an order means for others: its group, and the orders that wait for it.

use super::desk::Desk;
use super::taker::Taker;
use crate::book::index::Position;
use crate::book::order::Order;
use crate::book::pool::NONE;
use crate::book::{Extra, Waits};
use crate::command::OrderType;
use crate::event::{CancelReason, EventSink};
use crate::id::{AccountId, OrderId};
use crate::quantity::Qty;

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was filled whole.
    Filled,
    /// It was cancelled.
    Canceled,
    /// It was cancelled since another of its group ended: that one sees to the rest of the group.
    ByGroup,
}

impl<S: EventSink> Desk<'_, S> {
    /// Forgets a live order that stands on no level, and sees to those that are linked to it.
    #[inline]
    pub(super) fn let_go(&mut self, key: u32, ending: Ending) {
        let position = self.store.position_of(self.book.position, key);
        self.let_go_at(position, key, ending);
    }

    /// The same for an order whose place in the index is known.
    #[inline]
    pub(super) fn let_go_at(&mut self, position: Position, key: u32, ending: Ending) {
        if self.store.orders.extra(key) != NONE || !self.book.children.is_empty() {
            return self.let_go_linked(position, key, ending);
        }
        self.store.release(position, key);
        self.book.live -= 1;
    }

    #[cold]
    #[inline(never)]
    fn let_go_linked(&mut self, position: Position, key: u32, ending: Ending) {
        let order = self.store.orders.order(key);
        let group = if order.extra == NONE { 0 } else { self.unlink_extra(key) };
        self.store.release(position, key);
        self.book.live -= 1;
        if group != 0 && ending != Ending::ByGroup {
            self.end_group(order.account, group);
        }
        // What the last fill took counts as open still.
        let filled = if ending == Ending::Filled { order.total() } else { order.filled };
        self.free_children(order.id, filled);
    }

    /// Takes an order out of every set that its extra put it in; returns its group.
    pub(super) fn unlink_extra(&mut self, key: u32) -> u64 {
        let rests = !self.store.orders[key].waits();
        if !rests {
            self.stop_waiting(key);
        }
        let Order { account, side, .. } = self.store.orders.order(key);
        let extra = self.store.detach(key);
        if extra.order_type == OrderType::Pegged {
            self.forget_pegged(extra.entry, rests);
        }
        if extra.for_call {
            self.book.call.only.remove(&mut self.store.nodes, (0, 0, extra.entry));
        }
        if extra.group != 0 {
            let at = (extra.group.cast_signed(), account.0, extra.entry);
            self.book.groups.remove(&mut self.store.nodes, at);
        }
        if extra.quote {
            let at = (account.0.into(), side as u32, 0);
            self.book.quotes.remove(&mut self.store.nodes, at);
        }
        if extra.reduce_only {
            let at = (account.0.into(), 0, extra.entry);
            self.book.reducers.remove(&mut self.store.nodes, at);
        }
        extra.group
    }

    /// Enters an order into the sets that it is found in by what it is: its group, the quotes, the
    /// reduce-only orders.
    pub(super) fn join(&mut self, key: u32) {
        let Order { account, side, .. } = self.store.orders.order(key);
        let extra = self.store.extra_mut(key);
        let Extra { group, entry, quote, reduce_only, .. } = *extra;
        let nodes = &mut self.store.nodes;
        if group != 0 {
            self.book.groups.insert(nodes, (group.cast_signed(), account.0, entry), key);
        }
        if quote {
            self.book.quotes.insert(nodes, (account.0.into(), side as u32, 0), key);
        }
        if reduce_only {
            self.book.reducers.insert(nodes, (account.0.into(), 0, entry), key);
        }
    }

    /// A fill of an incoming order: the others of its group lose as much, or end with it.
    #[cold]
    pub(super) fn fill_group(&mut self, taker: &Taker, qty: Qty) {
        if taker.open.is_zero() {
            self.end_group(taker.account, taker.special.group);
        } else {
            self.reduce_group(taker.account, taker.special.group, NONE, qty);
        }
    }

    /// Takes `qty` off every order of a group but one.
    pub(super) fn reduce_group(&mut self, account: AccountId, group: u64, but: u32, qty: Qty) {
        let mut from = 0;
        while let Some((entry, key)) = self.member(account, group, from) {
            from = entry + 1;
            if key == but {
                continue;
            }
            if self.store.orders[key].open <= qty {
                self.end(key, CancelReason::Oco);
            } else {
                self.shrink_member(key, qty);
            }
        }
        if self.accounts.watch {
            self.regroup(account, group);
        }
    }

    /// Ends every order of a group.
    pub(super) fn end_group(&mut self, account: AccountId, group: u64) {
        while let Some((_, key)) = self.member(account, group, 0) {
            self.end(key, CancelReason::Oco);
        }
    }

    /// The oldest order of a group that is not older than `from`.
    pub(super) fn member(&self, account: AccountId, group: u64, from: u64) -> Option<(u64, u32)> {
        let group = group.cast_signed();
        let found = self.book.groups.at_or_above(&self.store.nodes, (group, account.0, from));
        let ((of, whose, entry), key) = found?;
        (of == group && whose == account.0).then_some((entry, key))
    }

    /// An order has ended: those that wait for it enter when the command is finished, for no more
    /// than it was filled; if it was not filled at all they end then.
    #[inline]
    pub(super) fn free_children(&mut self, parent: OrderId, filled: Qty) {
        if !self.book.children.is_empty() {
            self.free_children_of(parent, filled);
        }
    }

    #[cold]
    #[inline(never)]
    fn free_children_of(&mut self, parent: OrderId, filled: Qty) {
        let id = parent.0.cast_signed();
        while let Some((at, key)) = self.book.children.at_or_above(&self.store.nodes, (id, 0, 0)) {
            if at.0 != id {
                break;
            }
            self.book.children.remove(&mut self.store.nodes, at);
            let open = self.store.orders[key].open;
            self.give_turn(key, if filled.is_zero() { Waits::End } else { Waits::Turn });
            if !filled.is_zero() && open > filled {
                self.shrink(key, open - filled);
            }
        }
    }

    /// The orders that wait for one that has got another name wait for that name.
    #[cold]
    pub(super) fn rename_parent(&mut self, old: OrderId, new: OrderId) {
        let (old, new_key) = (old.0.cast_signed(), new.0.cast_signed());
        while let Some((at, key)) = self.book.children.at_or_above(&self.store.nodes, (old, 0, 0)) {
            if at.0 != old {
                break;
            }
            self.book.children.remove(&mut self.store.nodes, at);
            self.book.children.insert(&mut self.store.nodes, (new_key, 0, at.2), key);
            self.store.extra_mut(key).parent = new.0;
        }
    }
}
