//! Whom an incoming order meets where price and time alone do not say: in books that share prices
//! out, or in which all-or-none orders rest.

use super::desk::Desk;
use super::taker::Taker;
use crate::book::pool::NONE;
use crate::event::EventSink;
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Matches an order against the other side; false where self-trade prevention ended it.
    #[cold]
    #[inline(never)]
    pub(super) fn take_picking(&mut self, taker: &mut Taker) -> bool {
        while !taker.open.is_zero() {
            let Some(maker) = self.next_maker(taker.side, taker.limit, taker.open) else {
                break;
            };
            let level = self.store.orders[maker].level();
            let price = self.store.levels[level].price;
            let goes_on = if self.book.shared && !self.store.orders.is_dark(maker) {
                self.take_round(taker, level, price)
            } else if taker.meets(&self.store.orders.order(maker)) {
                self.prevent(taker, maker)
            } else {
                self.trade(taker, level, maker, price, Qty::MAX);
                true
            };
            if !goes_on {
                return false;
            }
        }
        true
    }

    /// The order that one with `open` lots meets next: the first in the order of service, but for
    /// all-or-none orders that it cannot fill.
    pub(super) fn next_maker(&self, side: Side, limit: Price, open: Qty) -> Option<u32> {
        for key in self.book.side(side.opposite()).levels(self.store) {
            let level = &self.store.levels[key];
            if !side.crosses(limit, level.price) {
                return None;
            }
            let mut maker = level.front();
            while maker != NONE {
                if !self.store.orders.is_whole(maker) || self.store.orders[maker].open <= open {
                    return Some(maker);
                }
                maker = level.after(&self.store.orders, maker);
            }
        }
        None
    }

    /// The best price at which one with `open` lots would trade.
    #[inline]
    pub(super) fn best_for(&self, side: Side, open: Qty) -> Option<Price> {
        if self.book.wholes.is_empty() {
            return self.book.best_price(self.store, side.opposite());
        }
        let maker = self.next_maker(side, side.any_price(), open)?;
        Some(self.store.levels[self.store.orders[maker].level()].price)
    }
}
