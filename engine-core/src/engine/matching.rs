//! Matching: an incoming order against the orders of the other side, best price first.

use super::desk::Desk;
use super::links::Ending;
use super::taker::Taker;
use crate::book::Waits;
use crate::book::heed::Heed;
use crate::book::order::Terms;
use crate::book::orders::Seat;
use crate::book::pool::NONE;
use crate::event::{CancelReason, EventSink, Fee, Interest, Liquidity, What};
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// What is told of a resting order that traded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maker {
    pub(super) id: OrderId,
    pub(super) account: AccountId,
    pub(super) leaves: Qty,
    pub(super) filled: Qty,
}

impl<S: EventSink> Desk<'_, S> {
    /// Whether an order limited to `limit` would trade.
    #[inline]
    pub(super) fn crosses(&self, side: Side, limit: Price) -> bool {
        self.book.side(side.opposite()).crosses(limit)
    }

    /// Matches an order against the other side; false where self-trade prevention ended it.
    #[inline]
    pub(super) fn take(&mut self, taker: &mut Taker) -> bool {
        if self.book.heed.has(Heed::PICKS) {
            return self.take_picking(taker);
        }
        let side = taker.side.opposite();
        let prevents = taker.prevents();
        while !taker.open.is_zero() {
            let level = self.book.side(side).best();
            if level == NONE {
                break;
            }
            let price = self.store.levels[level].price;
            if !taker.side.crosses(taker.limit, price) {
                break;
            }
            let maker = self.store.levels[level].front();
            if prevents && self.store.orders.detail(maker).stp_group == taker.stp_group {
                if !self.prevent(taker, maker) {
                    return false;
                }
                continue;
            }
            self.trade(taker, level, maker, price, Qty::MAX);
        }
        true
    }

    /// One trade between an incoming and a resting order, of `most` at most.
    #[inline]
    pub(super) fn trade(
        &mut self,
        taker: &mut Taker,
        level: u32,
        maker: u32,
        price: Price,
        most: Qty,
    ) {
        let &Seat { id, account, open, .. } = &self.store.orders[maker];
        if self.store.orders[maker].is_special() {
            return self.trade_special(taker, level, maker, price, most);
        }
        let qty = taker.open.min(open).min(most);
        if self.accounts.watch {
            self.settle(taker, maker, price, qty);
        }
        self.pass(taker, account, qty);
        taker.open -= qty;
        taker.filled += qty;
        let leaves = open - qty;
        let filled = if leaves.is_zero() {
            self.store.orders.filled(maker) + qty
        } else {
            self.fill_part(level, maker, leaves, qty)
        };
        self.book.trades += 1;
        self.book.last_trade = Some(price);
        self.tell_trade(taker, id, price, qty);
        if leaves.is_zero() {
            self.book.unlink(self.store, maker);
        }
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            let side = taker.side.opposite();
            self.out.tell(Interest::L3, What::Execute { id, side, price, qty });
            self.tell_level(side, price);
        }
        self.tell_fills(taker, Maker { id, account, leaves, filled }, price, qty);
        if leaves.is_zero() {
            self.let_go(maker, Ending::Filled);
        }
        if taker.special.group != 0 {
            self.fill_group(taker, qty);
        }
        self.trim_both(taker.account, account);
        if self.book.watches() {
            self.watch(price);
        }
    }

    /// A plain resting order at a level loses `qty` to a trade and keeps its place; returns what is
    /// filled of it by now.
    #[inline(always)]
    pub(super) fn fill_part(&mut self, level: u32, maker: u32, leaves: Qty, qty: Qty) -> Qty {
        self.store.orders[maker].open = leaves;
        self.store.levels[level].shown -= qty;
        self.store.orders.note_fill(maker, self.book.position, qty)
    }

    /// A trade with a resting order that is more than a plain one.
    #[cold]
    #[inline(never)]
    fn trade_special(
        &mut self,
        taker: &mut Taker,
        level: u32,
        maker: u32,
        price: Price,
        most: Qty,
    ) {
        let orders = &self.store.orders;
        let dark = orders.is_dark(maker);
        let tip = if dark { orders[maker].open } else { orders.shown(maker) };
        let qty = taker.open.min(most).min(tip);
        if self.accounts.watch {
            self.settle(taker, maker, price, qty);
        }
        self.pass(taker, self.store.orders[maker].account, qty);
        let orders = &mut self.store.orders;
        orders[maker].open -= qty;
        orders.note_fill(maker, self.book.position, qty);
        taker.open -= qty;
        taker.filled += qty;
        let place = &mut self.store.levels[level];
        if dark {
            place.dark -= qty;
        } else {
            if orders[maker].is_special() {
                orders.show(maker, tip - qty);
            }
            place.shown -= qty;
        }
        let order = orders.order(maker);
        self.book.trades += 1;
        self.book.last_trade = Some(price);
        let (leaves, filled) = (order.open, order.filled);
        self.tell_trade(taker, order.id, price, qty);
        if order.open.is_zero() {
            self.book.unlink(self.store, maker);
        } else if order.shown.is_zero() && !dark {
            // Until the next tip is shown, nothing of an iceberg is.
            self.store.levels[level].orders -= 1;
        }
        if !dark && self.out.wants(Interest::L2.and(Interest::L3)) {
            let (id, side) = (order.id, order.side);
            self.out.tell(Interest::L3, What::Execute { id, side, price, qty });
            self.tell_level(side, price);
        }
        if order.shown.is_zero() && !order.open.is_zero() && !dark {
            let display = self.store.extras[order.extra].display;
            self.refill(maker, display);
        }
        let told = Maker { id: order.id, account: order.account, leaves, filled };
        self.tell_fills(taker, told, price, qty);
        if order.open.is_zero() {
            self.let_go(maker, Ending::Filled);
        } else if order.extra != NONE {
            let group = self.store.extras[order.extra].group;
            if group != 0 {
                self.reduce_group(order.account, group, maker, qty);
            }
        }
        if taker.special.group != 0 {
            self.fill_group(taker, qty);
        }
        self.trim_both(taker.account, order.account);
        if self.book.watches() {
            self.watch(price);
        }
    }

    /// Shows the next tip of an iceberg, at the back of its price.
    pub(super) fn refill(&mut self, key: u32, display: Qty) {
        let order = &self.store.orders[key];
        let tip = order.open.min(display);
        let (id, side, level) = (order.id, order.side(), order.level());
        self.store.orders.show(key, tip);
        // It stands at the back now.
        self.store.orders.mark(key, self.book.position, Terms::TOP, false);
        let place = &mut self.store.levels[level];
        place.dark -= tip;
        place.shown += tip;
        place.orders += 1;
        place.requeue(&mut self.store.orders, key);
        let price = place.price;
        self.out.tell(Interest::L3, What::Add { id, side, price, qty: tip });
        self.tell_level(side, price);
    }

    /// Tells of a trade; what it does to the displayed book comes next, with its number.
    #[inline(always)]
    pub(super) fn tell_trade(&mut self, taker: &Taker, maker: OrderId, price: Price, qty: Qty) {
        let trade_id = self.book.trades;
        let (buy_id, sell_id) = match taker.side {
            Side::Buy => (taker.id, maker),
            Side::Sell => (maker, taker.id),
        };
        let (maker_id, side) = (Some(maker), Some(taker.side));
        self.out.trade(What::Trade {
            trade_id,
            price,
            qty,
            taker: side,
            buy_id,
            sell_id,
            maker_id,
        });
    }

    /// Tells of the maker's fill and of the taker's.
    #[inline(always)]
    pub(super) fn tell_fills(&mut self, taker: &Taker, maker: Maker, price: Price, qty: Qty) {
        let [maker_fee, taker_fee] = self.fees(price, qty);
        self.out.private(What::Filled {
            id: maker.id,
            account: maker.account,
            price,
            qty,
            leaves: maker.leaves,
            cumulative: maker.filled,
            liquidity: Liquidity::Maker,
            fee: maker_fee,
        });
        self.out.private(What::Filled {
            id: taker.id,
            account: taker.account,
            price,
            qty,
            leaves: taker.open,
            cumulative: taker.filled,
            liquidity: Liquidity::Taker,
            fee: taker_fee,
        });
    }

    /// The maker's and the taker's fee of a trade.
    #[inline]
    pub(super) fn fees(&self, price: Price, qty: Qty) -> [Fee; 2] {
        let spec = &self.book.spec;
        if spec.maker_bps == 0 && spec.taker_bps == 0 {
            return [Fee::ZERO; 2];
        }
        let worth = (price * qty).0.abs();
        [spec.maker_bps, spec.taker_bps].map(|bps| Fee::new(fee(worth, bps)))
    }

    /// Takes `by`, less than is open, off a live order that keeps its place, and tells so.
    #[inline]
    pub(super) fn shrink(&mut self, key: u32, by: Qty) {
        self.shrink_member(key, by);
        if self.accounts.watch {
            self.lowered(key);
        }
    }

    /// The same for one of a group whose others follow.
    pub(super) fn shrink_member(&mut self, key: u32, by: Qty) {
        if self.accounts.watch {
            self.lowering(key, by);
        }
        if self.store.orders[key].waits() {
            self.lose_waiting(key, by);
            self.tell_shrunk(key);
            return;
        }
        let shown = self.book.shrink(self.store, key, by);
        self.tell_shrunk(key);
        if !shown.is_zero() && self.out.wants(Interest::L2.and(Interest::L3)) {
            self.tell_reduced(key, shown);
        }
    }

    /// Takes `by` off an order that is on no level.
    pub(super) fn lose_waiting(&mut self, key: u32, by: Qty) {
        if self.gathers_at_no_price(key) {
            self.shrink_market(key, by);
        }
        self.store.orders[key].open -= by;
    }

    /// Tells that a live order has less to trade and kept its place.
    #[inline]
    fn tell_shrunk(&mut self, key: u32) {
        let &Seat { id, account, open: leaves, .. } = &self.store.orders[key];
        self.out.private(What::Replaced {
            id,
            new_id: id,
            account,
            price: self.price_of(key),
            qty: Qty(leaves.0.saturating_add(self.store.orders.filled(key).0)),
            leaves,
            kept_priority: true,
        });
    }

    /// The price of a live order, where it has one.
    #[inline]
    pub(super) fn price_of(&self, key: u32) -> Option<Price> {
        let order = &self.store.orders[key];
        if order.waits() {
            let extra = self.store.extra(key).filter(|extra| extra.waits != Waits::Price);
            extra.and_then(|extra| extra.limit)
        } else {
            Some(self.store.levels[order.level()].price)
        }
    }

    /// Cancels what is left of an incoming order.
    #[inline(never)]
    pub(super) fn cancel_rest(&mut self, taker: &Taker, reason: CancelReason) {
        let &Taker { id, account, open, .. } = taker;
        self.out.private(What::Canceled { id, account, qty: open, reason });
        if taker.special.group != 0 && reason != CancelReason::Oco {
            self.end_group(account, taker.special.group);
        }
        self.free_children(id, taker.filled);
    }
}

/// A fee in hundredths of a percent of what was traded, rounded toward zero.
#[inline(never)]
fn fee(worth: i128, bps: i32) -> i128 {
    // Twice 64 bits and 32 more do not fit 128: the whole part first, then the rest.
    let (whole, rest) = (worth / 10_000, worth % 10_000);
    let bps = i128::from(bps);
    whole.saturating_mul(bps).saturating_add(rest * bps / 10_000)
}
