//! Orders gather for an auction: they meet nobody, and rest whatever they cross.

use super::desk::Desk;
use super::taker::{Special, Taker};
use crate::book::call::Kind;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::book::{Extra, Waits};
use crate::command::{OrderType, TimeInForce};
use crate::event::{CancelReason, EventSink};
use crate::quantity::Qty;

impl<S: EventSink> Desk<'_, S> {
    /// An order comes in while orders gather.
    pub(super) fn join_call(&mut self, taker: &mut Taker) {
        match taker.tif {
            TimeInForce::Ioc => return self.cancel_rest(taker, CancelReason::Ioc),
            TimeInForce::Fok => return self.cancel_rest(taker, CancelReason::Fok),
            _ if !taker.special.min_qty.is_zero() => {
                return self.cancel_rest(taker, CancelReason::MinQty);
            }
            tif if !self.book.call.takes(tif) => return self.wait_for_auction(taker),
            _ => {}
        }
        if taker.terms.has(Terms::WHOLE) {
            // It takes no part in the auction.
            return if taker.is_market() {
                self.cancel_rest(taker, CancelReason::NoLiquidity);
            } else {
                _ = self.rest(taker);
            };
        }
        if taker.special.group != 0 && self.crosses_its_group(taker) {
            self.cancel_rest(taker, CancelReason::Oco);
            if self.accounts.watch {
                self.regroup(taker.account, taker.special.group);
            }
            return;
        }
        while taker.prevents()
            && let Some(own) = self.own_across(taker)
        {
            if !self.prevent(taker, own) {
                return;
            }
        }
        if taker.is_market() && taker.bound().is_none() {
            let key = self.park_as(taker, Waits::Call);
            return self.end_with_call(key);
        }
        let key = self.rest(taker);
        if taker.is_market() || taker.tif.is_for_auctions() {
            self.end_with_call_from_level(key, taker);
        }
    }

    /// An order that is for another auction than the present one, if there is one, waits for it.
    pub(super) fn wait_for_auction(&mut self, taker: &Taker) {
        if taker.tif == TimeInForce::AtOpen {
            return self.cancel_rest(taker, CancelReason::AuctionEnd);
        }
        self.park_as(taker, Waits::Auction);
    }

    /// Takes in what waits without a stop and without a parent.
    fn park_as(&mut self, taker: &Taker, waits: Waits) -> u32 {
        let order = Order {
            id: taker.id,
            open: taker.open,
            filled: taker.filled,
            book: self.book.position,
            account: taker.account,
            stp_group: taker.stp_group,
            side: taker.side,
            tif: taker.tif,
            stp: taker.stp,
            terms: taker.terms,
            ..Order::default()
        };
        let extra = Extra {
            order_type: taker.order_type,
            limit: taker.bound(),
            waits,
            ..taker.special.extra()
        };
        let key = self.park_any(&order, extra);
        if waits == Waits::Call {
            let entry = self.store.extra_mut(key).entry;
            let (side, open) = (taker.side.index(), u128::from(taker.open.0));
            self.book.call.markets[side].insert(&mut self.store.nodes, (0, 0, entry), key);
            self.book.call.market_qty[side] += open;
        }
        if self.accounts.watch {
            self.opened(key);
        }
        key
    }

    /// Has a live order end with the auction.
    fn end_with_call(&mut self, key: u32) {
        let extra = self.store.extra_mut(key);
        extra.for_call = true;
        let at = (0, 0, extra.entry);
        self.book.call.only.insert(&mut self.store.nodes, at, key);
    }

    /// The same for one that rests, which may have no extra yet.
    fn end_with_call_from_level(&mut self, key: u32, taker: &Taker) {
        if self.store.orders.extra(key) == NONE {
            self.store.attach(self.book.position, key, Extra::default());
        }
        self.store.extra_mut(key).order_type = taker.order_type;
        self.end_with_call(key);
    }

    /// A market order that gathers has `by` less to trade.
    pub(super) fn shrink_market(&mut self, key: u32, by: Qty) {
        let side = self.store.orders[key].side().index();
        self.book.call.market_qty[side] -= u128::from(by.0);
    }

    /// Whether a live order is a market order that gathers.
    pub(super) fn gathers_at_no_price(&self, key: u32) -> bool {
        self.store.orders[key].waits()
            && self.store.extra(key).is_some_and(|extra| extra.waits == Waits::Call)
    }

    /// Whether an order would trade with one of its own group.
    fn crosses_its_group(&self, taker: &Taker) -> bool {
        let mut from = 0;
        while let Some((entry, key)) = self.member(taker.account, taker.special.group, from) {
            from = entry + 1;
            let order = &self.store.orders[key];
            if order.side() == taker.side || self.store.orders.is_whole(key) {
                continue;
            }
            let crosses = if order.waits() {
                self.gathers_at_no_price(key)
            } else {
                taker.side.crosses(taker.limit, self.store.levels[order.level()].price)
            };
            if crosses {
                return true;
            }
        }
        false
    }

    /// The first order of the other side that self-trade prevention keeps an incoming one from.
    fn own_across(&self, taker: &Taker) -> Option<u32> {
        let side = taker.side.opposite();
        let own = |key: &u32| {
            let detail = self.store.orders.detail(*key);
            detail.stp_group == taker.stp_group && !detail.terms.has(Terms::WHOLE)
        };
        if let Some(key) = self.markets(side).find(own) {
            return Some(key);
        }
        for level in self.book.side(side).levels(self.store) {
            let level = &self.store.levels[level];
            if !taker.side.crosses(taker.limit, level.price) {
                return None;
            }
            if let Some(key) = level.keys(&self.store.orders).find(own) {
                return Some(key);
            }
        }
        None
    }

    /// Market orders that gather, oldest first.
    pub(super) fn markets(&self, side: crate::Side) -> impl Iterator<Item = u32> + '_ {
        let (tree, nodes) = (self.book.call.markets[side.index()], &self.store.nodes);
        let from = move |entry| tree.at_or_above(nodes, (0, 0, entry));
        core::iter::successors(from(0), move |&((.., entry), _)| from(entry + 1))
            .map(|(_, key)| key)
    }

    /// Those that waited for the auction that begins have their turn, oldest first.
    pub(super) fn let_in(&mut self) {
        self.each_waiting_for_auction(|desk, key, tif| {
            if desk.book.call.takes(tif) {
                desk.give_turn(key, Waits::Turn);
            }
        });
    }

    /// Orders gather from now on: reduce-only orders, of which a trade of another may take some off,
    /// end where they would; by account, then oldest first.
    #[cold]
    pub(super) fn end_reducers(&mut self) {
        let mut from = (i64::MIN, 0, 0);
        while let Some((at, key)) = self.book.reducers.at_or_above(&self.store.nodes, from) {
            from = (at.0, at.1, at.2 + 1);
            if !self.store.orders[key].waits()
                || self.store.extra(key).is_some_and(|extra| extra.waits == Waits::Price)
            {
                self.end(key, CancelReason::ReduceOnly);
            }
        }
    }

    /// An auction leads to the close: those that waited for that gather now.
    pub(super) fn bring_in_closing_orders(&mut self) {
        self.book.call.kind = Kind::Closing;
        self.each_waiting_for_auction(|desk, key, tif| {
            if tif == TimeInForce::AtClose {
                let (order, extra) = desk.free(key);
                desk.enter_freed(&order, &extra);
            }
        });
    }

    /// Nothing that waited for the close of this day waits for the next one.
    pub(super) fn end_waiting_for_close(&mut self) {
        self.each_waiting_for_auction(|desk, key, tif| {
            if tif == TimeInForce::AtClose {
                desk.end(key, CancelReason::AuctionEnd);
            }
        });
    }

    /// Does something with every order that waits for an auction, oldest first; it may end others.
    fn each_waiting_for_auction(&mut self, mut work: impl FnMut(&mut Self, u32, TimeInForce)) {
        let newest = self.store.newest_entry();
        let mut from = 0;
        while let Some(((.., entry), key)) =
            self.book.waiting.at_or_above(&self.store.nodes, (0, 0, from))
        {
            if entry > newest {
                break;
            }
            from = entry + 1;
            if self.store.extra_mut(key).waits == Waits::Auction {
                let tif = self.store.orders.detail(key).tif;
                work(self, key, tif);
            }
        }
    }

    /// The auction is over: those that were for it only end, oldest first.
    pub(super) fn end_call(&mut self) {
        let mut from = 0;
        while let Some(((.., entry), key)) =
            self.book.call.only.at_or_above(&self.store.nodes, (0, 0, from))
        {
            from = entry + 1;
            let kind = self.store.extra_mut(key).order_type;
            let traded = !self.store.orders.filled(key).is_zero();
            match kind {
                OrderType::MarketToLimit if traded => {}
                OrderType::Market | OrderType::MarketToLimit => {
                    self.end(key, CancelReason::NoLiquidity);
                    continue;
                }
                _ => {}
            }
            if self.store.orders.detail(key).tif.is_for_auctions() {
                self.end(key, CancelReason::AuctionEnd);
            } else {
                self.become_limit(key);
            }
        }
    }

    /// What is left of a market-to-limit order rests at the price of the auction.
    fn become_limit(&mut self, key: u32) {
        if !self.store.orders[key].waits() {
            self.take_off(key);
        }
        let (order, extra) = self.free(key);
        let limit = self.book.last_trade.expect("it has traded");
        self.rest(&Taker {
            id: order.id,
            account: order.account,
            side: order.side,
            order_type: OrderType::Limit,
            tif: order.tif,
            stp: order.stp,
            terms: order.terms,
            stp_group: order.stp_group,
            limit,
            asked: None,
            open: order.open,
            filled: order.filled,
            special: Special::of(&extra),
        });
    }

    /// Takes a live order that is on no level out of everything, for it to enter as another.
    pub(super) fn free(&mut self, key: u32) -> (Order, Extra) {
        if self.accounts.watch {
            self.closing(key);
        }
        let (order, extra) = (self.store.orders.order(key), self.store.extra_mut(key).clone());
        let position = self.store.position_of(self.book.position, key);
        self.unlink_extra(key);
        self.store.release(position, key);
        self.book.live -= 1;
        (order, extra)
    }
}

impl Taker {
    /// Whether it takes any price, or any up to a bound.
    pub(super) fn is_market(&self) -> bool {
        self.order_type.sweeps()
    }

    /// Its price, or what bounds it; none where nothing does.
    fn bound(&self) -> Option<crate::Price> {
        (!self.is_market() || self.limit != self.side.any_price()).then_some(self.limit)
    }
}

impl Special {
    /// What is still to be seen to of an order that enters once more.
    pub(super) fn of(extra: &Extra) -> Self {
        Self {
            display: extra.display,
            min_qty: extra.min_qty,
            expire_at: extra.expire_at,
            group: extra.group,
            quote: extra.quote,
            reduce_only: extra.reduce_only,
        }
    }
}
