//! An auction ends: all that can trade does, at one price.

use super::desk::Desk;
use super::links::Ending;
use crate::book::pool::NONE;
use crate::command::Phase;
use crate::event::{EventSink, Fee, Interest, Liquidity, What};
use crate::id::OrderId;
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Trades what can trade, tells so, and ends what was for this auction only.
    #[cold]
    #[inline(never)]
    pub(super) fn uncross(&mut self, then: Phase) {
        if self.turns_into_closing(then) {
            self.bring_in_closing_orders();
        }
        let outcome = self.outcome();
        if let Some(price) = outcome.price {
            self.trade_all(price);
            self.trim_all();
            if self.book.watches() {
                self.watch(price);
            }
        }
        if self.accounts.watch {
            self.end_tripped_quotes();
        }
        self.out.status(What::Uncrossed { price: outcome.price, qty: outcome.qty });
        self.end_call();
        self.book.call.gathers = false;
        self.book.call.kind = crate::book::call::Kind::Intraday;
    }

    /// Market orders first, then price, then displayed before hidden, then time.
    fn trade_all(&mut self, price: Price) {
        let mut cut = [NONE; 2];
        while let (Some(buy), Some(sell)) =
            (self.first_taking(Side::Buy, price), self.first_taking(Side::Sell, price))
        {
            let pair = [buy, sell];
            let filled = self.trade_pair(pair, price);
            for side in [0, 1] {
                cut[side] = if filled[side] { NONE } else { pair[side] };
            }
        }
        for key in cut {
            self.show_next_tip(key);
        }
    }

    /// The order of a side that is served first of those that take `price`.
    fn first_taking(&self, side: Side, price: Price) -> Option<u32> {
        let takes_part = |key: &u32| self.takes_part(*key);
        if let Some(key) = self.markets(side).find(takes_part) {
            return Some(key);
        }
        for level in self.book.side(side).levels(self.store) {
            let level = &self.store.levels[level];
            if !side.crosses(level.price, price) {
                return None;
            }
            if let Some(key) = level.keys(&self.store.orders).find(takes_part) {
                return Some(key);
            }
        }
        None
    }

    /// One trade between a buyer and a seller; tells which of them it filled whole.
    fn trade_pair(&mut self, pair: [u32; 2], price: Price) -> [bool; 2] {
        let open = pair.map(|key| self.store.orders[key].open);
        let qty = open[0].min(open[1]);
        let filled = open.map(|open| open == qty);
        if self.accounts.watch {
            self.settle_pair(pair, price, qty);
        }
        let [buyer, seller] = pair.map(|key| self.store.orders[key].account);
        if buyer != seller {
            self.hand_over(seller, buyer, qty);
        }
        self.book.trades += 1;
        self.book.last_trade = Some(price);
        let shown = pair.map(|key| self.take_from(key, qty));
        self.tell_pair(pair, price, qty);
        for (key, shown) in pair.into_iter().zip(shown) {
            self.leave_level(key, shown);
        }
        // Nobody makes the other wait: both pay what a taker pays.
        let [_, fee] = self.fees(price, qty);
        for key in pair {
            self.tell_auction_fill(key, price, qty, fee);
        }
        for (key, filled) in pair.into_iter().zip(filled) {
            if filled {
                self.let_go(key, Ending::Filled);
            } else if let Some(extra) = self.store.extra(key)
                && extra.group != 0
            {
                let (account, group) = (self.store.orders[key].account, extra.group);
                self.reduce_group(account, group, key, qty);
            }
        }
        filled
    }

    /// Books a trade for both accounts, before it happens; both pay what a taker pays.
    #[cold]
    #[inline(never)]
    fn settle_pair(&mut self, pair: [u32; 2], price: Price, qty: Qty) {
        let [_, fee] = self.fees(price, qty);
        for key in pair {
            let order = &self.store.orders[key];
            let (account, side) = (order.account, order.side());
            let quoted = self.store.extra(key).is_some_and(|extra| extra.quote);
            self.settle_maker(key, qty);
            self.book_fill((account, side, quoted), price, qty, fee);
        }
    }

    /// Takes what trades off an order and the sums it is in; returns what was shown of it.
    fn take_from(&mut self, key: u32, qty: Qty) -> Qty {
        self.store.orders.note_fill(key, self.book.position, qty);
        if self.store.orders[key].waits() {
            self.shrink_market(key, qty);
            self.store.orders[key].open -= qty;
            return Qty::ZERO;
        }
        let before = self.store.orders.shown(key);
        let shown = before.min(qty);
        let order = &mut self.store.orders[key];
        order.open -= qty;
        let level = &mut self.store.levels[order.level()];
        level.shown -= shown;
        level.dark -= qty - shown;
        if order.is_special() {
            self.store.orders.show(key, before - shown);
        }
        shown
    }

    /// Tells of a trade in an auction.
    fn tell_pair(&mut self, pair: [u32; 2], price: Price, qty: Qty) {
        let [buy_id, sell_id] = pair.map(|key| self.store.orders[key].id);
        let (trade_id, taker, maker_id) = (self.book.trades, None, None::<OrderId>);
        self.out.trade(What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id });
    }

    fn tell_auction_fill(&mut self, key: u32, price: Price, qty: Qty, fee: Fee) {
        let order = &self.store.orders[key];
        self.out.private(What::Filled {
            id: order.id,
            account: order.account,
            price,
            qty,
            leaves: order.open,
            cumulative: self.store.orders.filled(key),
            liquidity: Liquidity::Auction,
            fee,
        });
    }

    /// Takes an order that is filled off its level, and tells what is no longer shown there.
    fn leave_level(&mut self, key: u32, shown: Qty) {
        let order = &self.store.orders[key];
        if order.waits() {
            return;
        }
        let (id, side, level, open) = (order.id, order.side(), order.level(), order.open);
        let bare = self.store.orders.shown(key).is_zero() && !self.store.orders.is_dark(key);
        let price = self.store.levels[level].price;
        // Until its next tip is shown, an order is none of those that the level shows.
        if bare && shown.is_zero() {
            self.store.levels[level].orders += 1;
        }
        if open.is_zero() {
            self.book.unlink(self.store, key);
        } else if bare {
            self.store.levels[level].orders -= 1;
        }
        if !shown.is_zero() && self.out.wants(Interest::L2.and(Interest::L3)) {
            self.out.tell(Interest::L3, What::Execute { id, side, price, qty: shown });
            self.tell_level(side, price);
        }
    }

    /// The next tip of an iceberg of which the auction took the last one.
    fn show_next_tip(&mut self, key: u32) {
        if key == NONE || self.store.orders[key].waits() || self.store.orders.is_dark(key) {
            return;
        }
        if self.store.orders.shown(key).is_zero()
            && let Some(extra) = self.store.extra(key)
        {
            let display = extra.display;
            self.refill(key, display);
        }
    }
}
