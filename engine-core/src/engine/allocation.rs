//! Rounds: what a price shows is shared out among the orders that show it.

use super::desk::Desk;
use super::taker::Taker;
use crate::allocation::{Share, share_out};
use crate::book::level::Level;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::command::Phase;
use crate::event::EventSink;
use crate::quantity::{Price, Qty};

impl<S: EventSink> Desk<'_, S> {
    /// One round at a price that shows something. Orders of the taker's own self-trade group are
    /// met first, whatever would be due to them; what then is left of the taker is shared out
    /// among what is shown now: later tips of icebergs have their part in the next round.
    pub(super) fn take_round(&mut self, taker: &mut Taker, level: u32, price: Price) -> bool {
        if taker.prevents() && !self.keep_apart(taker, level) {
            return false;
        }
        // Those that are kept apart may have been all.
        if self.book.side(taker.side.opposite()).find(self.store, price) != level {
            return true;
        }
        let linked = !self.book.is_sure();
        let shown = self.store.levels[level].shown.get();
        self.gather(level, |_| true);
        let shares = &mut self.store.shares[..];
        if u128::from(taker.open.0) < shown {
            let spec = &self.book.spec;
            let makers = &spec.allocation.makers;
            share_out(shares, taker.open, &self.book.steps, makers, spec.lot);
        } else {
            shares.iter_mut().for_each(|share| share.got = share.left);
        }
        for at in 0..self.store.shares.len() {
            let Share { key, got, .. } = self.store.shares[at];
            if !got.is_zero() && !taker.open.is_zero() && self.still_shows(at, linked) {
                self.trade(taker, level, key, price, got);
            }
        }
        true
    }

    /// Meets the orders of the taker's own group that show something at a price, oldest first.
    fn keep_apart(&mut self, taker: &mut Taker, level: u32) -> bool {
        let (own, linked) = (*taker, !self.book.is_sure());
        self.gather(level, |order| own.meets(order));
        for at in 0..self.store.shares.len() {
            if self.still_shows(at, linked) && !self.prevent(taker, self.store.shares[at].key) {
                return false;
            }
        }
        true
    }

    /// Lists what is shown at a price, oldest first.
    fn gather(&mut self, level: u32, which: impl Fn(&Order) -> bool) {
        self.store.shares.clear();
        let (mut key, mut place) = (self.store.levels[level].queues[0].head, 0);
        while key != NONE {
            let order = self.store.orders.order(key);
            if which(&order) {
                debug_assert!(self.store.shares.len() < self.store.shares.capacity());
                self.store.shares.push(Share {
                    id: order.id,
                    key,
                    account: order.account,
                    top: order.terms.has(Terms::TOP),
                    place,
                    left: order.shown,
                    got: Qty::ZERO,
                    passed: false,
                });
            }
            (key, place) = (self.store.orders[key].next, place + 1);
        }
    }

    /// Whether an order that was listed lives: what came before it in a book with linked orders may
    /// have ended it.
    fn still_shows(&self, at: usize, linked: bool) -> bool {
        let Share { id, key, .. } = self.store.shares[at];
        !linked || self.store.find(self.book.position, id).is_some_and(|(_, found)| found == key)
    }

    /// An order has come to rest and shows something: if it alone shows the best price of its
    /// side, it has set that price, and the one that had set it before has been bettered.
    #[cold]
    #[inline(never)]
    pub(super) fn note_top(&mut self, key: u32) {
        let (side, level) = (self.store.orders[key].side(), self.store.orders[key].level());
        let Level { price, orders, .. } = self.store.levels[level];
        let best = self.book.best_shown(self.store, side).map(|(price, _)| price);
        if orders != 1 || best != Some(price) {
            return;
        }
        let old = core::mem::replace(&mut self.book.tops[side.index()], NONE);
        if old != NONE {
            let theirs = (self.store.orders.detail(old).book, self.store.orders[old].side());
            if theirs == (self.book.position, side) {
                self.store.orders.mark(old, self.book.position, Terms::TOP, false);
            }
        }
        if self.book.phase == Phase::Continuous {
            self.store.orders.mark(key, self.book.position, Terms::TOP, true);
            self.book.tops[side.index()] = key;
        }
    }
}
