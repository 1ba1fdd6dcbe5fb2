//! Auctions: orders gather, and trade at one price.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::book::{Order, is_dark};
use super::clearing::{Outcome, outcome, partners};
use super::matching::fee;
use super::{Call, Reference};
use crate::command::{NewOrder, OrderType, Phase, Stp, TimeInForce};
use crate::event::{CancelReason, Liquidity, Surplus, Total, What};
use crate::id::OrderId;
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl Reference {
    /// An order comes in while orders gather: it meets nobody, and rests whatever it crosses.
    pub(super) fn gather(&mut self, at: usize, mut order: Order) {
        let NewOrder { tif, min_qty, .. } = order.terms;
        match tif {
            TimeInForce::Ioc => return self.end_taker(at, &order, CancelReason::Ioc),
            TimeInForce::Fok => return self.end_taker(at, &order, CancelReason::Fok),
            _ if !min_qty.is_zero() => return self.end_taker(at, &order, CancelReason::MinQty),
            _ if !self.listings[at].call.admits(tif) => return self.wait_for_auction(at, order),
            _ => {}
        }
        if order.terms.all_or_none {
            // It takes no part in the auction.
            let ends = is_market(&order);
            return if ends {
                self.end_taker(at, &order, CancelReason::NoLiquidity);
            } else {
                self.rest(at, order);
            };
        }
        if self.crosses_its_group(at, &order) {
            self.tell_canceled(&order, CancelReason::Oco);
            return self.settle(at, &order, true);
        }
        while let Some(own) = self.crosses_itself(at, &order) {
            if self.keep_apart(at, &mut order, &own).is_break() {
                return;
            }
        }
        order.for_call = is_market(&order) || is_for_auctions(tif);
        forget_no_limit(&mut order);
        // What bounds a market order is its price until the auction.
        order.terms.price = order.terms.price.or(order.terms.limit.take());
        if order.terms.price.is_none() {
            return self.wait(at, Order { gathered: true, ..order });
        }
        self.rest(at, order);
    }

    /// An order that is for another auction than the present one, if there is one, waits for it.
    pub(super) fn wait_for_auction(&mut self, at: usize, mut order: Order) {
        if order.terms.tif == TimeInForce::AtOpen {
            return self.end_taker(at, &order, CancelReason::AuctionEnd);
        }
        forget_no_limit(&mut order);
        self.wait(at, order);
    }

    fn wait(&mut self, at: usize, mut order: Order) {
        self.entries += 1;
        order.entry = self.entries;
        self.listings[at].book.waiting.push(order);
    }

    /// Whether an order would trade with one of its own OCO group.
    fn crosses_its_group(&self, at: usize, order: &Order) -> bool {
        let NewOrder { account, group, .. } = order.terms;
        let others = self.listings[at].book.gathered(order.terms.side.opposite());
        let own = |other: &&Order| !other.terms.all_or_none && other.is_of(account, group);
        others.into_iter().filter(own).any(|other| cross(order, other))
    }

    /// The first order that self-trade prevention keeps an incoming one from.
    fn crosses_itself(&self, at: usize, order: &Order) -> Option<Order> {
        let NewOrder { side, stp, stp_group, .. } = order.terms;
        if stp == Stp::None || stp_group == 0 {
            return None;
        }
        let others = self.listings[at].book.gathered(side.opposite());
        let own = |other: &&&Order| {
            !other.terms.all_or_none && other.terms.stp_group == stp_group && cross(order, other)
        };
        others.iter().find(own).copied().cloned()
    }

    /// Orders gather from now on, but no reduce-only orders.
    pub(super) fn end_reducers(&mut self, at: usize) {
        let mut ending = Vec::new();
        for order in self.listings[at].book.all().filter(|order| order.terms.reduce_only) {
            let waits = self.listings[at].book.waits(order.terms.id);
            if !waits || (order.is_pegged() && order.terms.parent == 0) {
                ending.push((order.terms.account, order.entry, order.terms.id));
            }
        }
        ending.sort_unstable();
        for (_, _, id) in ending {
            if self.listings[at].book.get(id).is_some() {
                self.end(at, id, CancelReason::ReduceOnly);
            }
        }
    }

    /// Those that waited for the auction that begins have their turn.
    pub(super) fn admit(&mut self, at: usize) {
        let listing = &self.listings[at];
        let waiting = listing.book.waiting.iter().filter(|order| {
            order.waits_for_auction()
                && order.turn.is_none()
                && listing.call.admits(order.terms.tif)
        });
        let admitted: Vec<OrderId> = waiting.map(|order| order.terms.id).collect();
        for id in admitted {
            let turn = self.next_turn(false);
            self.listings[at].book.get_mut(id).turn = Some(turn);
        }
    }

    /// The auction ends: all that can trade does, at one price.
    pub(super) fn uncross(&mut self, at: usize, then: Phase) {
        if then == Phase::Closed && self.listings[at].call != Call::Closing {
            self.listings[at].call = Call::Closing;
            self.bring_in_closing_orders(at);
        }
        let Outcome { price, qty, .. } = outcome(&self.listings[at]);
        if let Some(price) = price {
            let mut traded = BTreeSet::new();
            while let Some((buyer, seller)) = self.next_pair(at, price) {
                traded.extend([buyer.terms.account, seller.terms.account]);
                self.trade_in_auction(at, buyer, seller, price);
            }
            self.show_tips(at);
            for account in traded {
                self.trim(at, account);
            }
            self.watch(at, price);
        }
        self.end_tripped_quotes(at);
        let instrument = self.listings[at].spec.instrument;
        self.tell(instrument, What::Uncrossed { price, qty: Total::new(qty) });
        self.end_call(at);
        self.listings[at].gathers = false;
        self.listings[at].call = Call::Intraday;
    }

    /// An auction that leads to the close is one, even if nobody knew before.
    fn bring_in_closing_orders(&mut self, at: usize) {
        let waiting = self.listings[at].book.waiting.iter();
        let closing = waiting
            .filter(|o| o.waits_for_auction() && o.terms.tif == TimeInForce::AtClose)
            .map(|order| order.terms.id);
        for id in closing.collect::<Vec<_>>() {
            // Self-trade prevention may have ended it with another.
            if self.listings[at].book.get(id).is_some() {
                let order = self.listings[at].book.take(id);
                self.gather(at, order);
            }
        }
    }

    /// The buyer and the seller that are served first of those that take the price.
    fn next_pair(&self, at: usize, price: Price) -> Option<(Order, Order)> {
        let [buyer, seller] = Side::BOTH.map(|side| {
            let orders = partners(&self.listings[at], side);
            orders.into_iter().find(|order| takes(order, price)).cloned()
        });
        Some((buyer?, seller?))
    }

    fn trade_in_auction(&mut self, at: usize, mut buy: Order, mut sell: Order, price: Price) {
        let qty = buy.open.min(sell.open);
        let listing = &mut self.listings[at];
        let bps = listing.spec.taker_bps;
        listing.last_trade = Some(price);
        listing.trades += 1;
        let (instrument, trade_id) = (listing.spec.instrument, listing.trades);
        let (buy_id, sell_id) = (buy.terms.id, sell.terms.id);
        let (taker, maker_id) = (None, None);
        let mut shown = [Qty::ZERO; 2];
        for (order, shown) in [&mut buy, &mut sell].into_iter().zip(&mut shown) {
            order.open -= qty;
            order.filled += qty;
            *shown = order.shown.min(qty);
            order.shown -= *shown;
            if order.open.is_zero() {
                listing.book.take(order.terms.id);
            } else {
                *listing.book.get_mut(order.terms.id) = order.clone();
            }
        }
        self.pass(&buy, &sell, qty);
        for order in [&buy, &sell] {
            self.book_fill(order, price, qty, fee(price * qty, bps));
        }
        self.tell(
            instrument,
            What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id },
        );
        for (order, qty) in [&buy, &sell].into_iter().zip(shown) {
            let NewOrder { id, side, price, .. } = order.terms;
            if let (Some(price), false) = (price, qty.is_zero()) {
                self.tell(instrument, What::Execute { id, side, price, qty });
                self.tell_level(at, side, price);
            }
        }
        for order in [&buy, &sell] {
            self.tell_filled(order, price, qty, Liquidity::Auction, bps);
        }
        for order in [&buy, &sell] {
            if order.open.is_zero() {
                self.settle(at, order, false);
            } else {
                self.reduce_group(at, order, qty);
            }
        }
    }

    /// The icebergs of which the auction took the tip and left something show the next one.
    fn show_tips(&mut self, at: usize) {
        for side in Side::BOTH {
            let orders = self.listings[at].book.in_order_of_service(side).iter();
            let bare = orders.filter(|order| order.shown.is_zero() && !is_dark(&order.terms));
            for id in bare.map(|order| order.terms.id).collect::<Vec<_>>() {
                self.refill(at, id);
            }
        }
    }

    /// Those that were for this auction only end with it.
    pub(super) fn end_call(&mut self, at: usize) {
        let mut only: Vec<&Order> =
            self.listings[at].book.all().filter(|order| order.for_call).collect();
        only.sort_by_key(|order| order.entry);
        for id in only.into_iter().map(|order| order.terms.id).collect::<Vec<_>>() {
            let Some(order) = self.listings[at].book.get(id).cloned() else {
                continue; // One of its group took it along.
            };
            let to_limit =
                order.terms.order_type == OrderType::MarketToLimit && !order.filled.is_zero();
            if is_market(&order) && !to_limit {
                self.end(at, id, CancelReason::NoLiquidity);
            } else if is_for_auctions(order.terms.tif) {
                self.end(at, id, CancelReason::AuctionEnd);
            } else {
                self.become_limit(at, id);
            }
        }
    }

    /// What is left of a market-to-limit order rests at the price of the auction.
    fn become_limit(&mut self, at: usize, id: OrderId) {
        let waited = self.listings[at].book.waits(id);
        let mut order = self.listings[at].book.take(id);
        if !waited {
            self.tell_left(at, &order);
        }
        order.terms.order_type = OrderType::Limit;
        order.terms.price = self.listings[at].last_trade;
        (order.gathered, order.for_call) = (false, false);
        self.rest(at, order);
    }

    /// What the auctions would come to, where that is not what was told last.
    pub(super) fn tell_indicative(&mut self) {
        for at in 0..self.listings.len() {
            let listing = &self.listings[at];
            if listing.phase != Phase::Auction {
                continue;
            }
            let now = outcome(listing);
            if listing.indicated == now {
                continue;
            }
            self.listings[at].indicated = now;
            let (qty, surplus) = (Total::new(now.qty), Surplus::new(now.surplus));
            let what = What::Indicative { price: now.price, qty, surplus };
            self.tell(self.listings[at].spec.instrument, what);
        }
    }
}

pub(super) fn price_of(order: &Order) -> Price {
    order.terms.price.unwrap_or(order.terms.side.any_price())
}

/// Whether an order that gathers trades at a price.
pub(super) fn takes(order: &Order, price: Price) -> bool {
    order.gathered || order.terms.side.crosses(price_of(order), price)
}

/// Whether an incoming order would trade with one of the other side that gathers.
fn cross(order: &Order, other: &Order) -> bool {
    let limit = order.limit().unwrap_or_else(|| order.terms.side.any_price());
    other.gathered || order.terms.side.crosses(limit, price_of(other))
}

pub(super) fn is_market(order: &Order) -> bool {
    matches!(order.terms.order_type, OrderType::Market | OrderType::MarketToLimit)
}

/// Whether this time in force names auctions.
pub(super) const fn is_for_auctions(tif: TimeInForce) -> bool {
    matches!(tif, TimeInForce::AtOpen | TimeInForce::AtClose | TimeInForce::Auction)
}

/// A limit that bounds nothing is none.
fn forget_no_limit(order: &mut Order) {
    let any = order.terms.side.any_price();
    order.terms.limit = order.terms.limit.filter(|&limit| limit != any);
    // What bounded a market order has become its price, and may have been replaced since.
    if is_market(order) {
        order.terms.price = order.terms.price.filter(|&price| price != any);
    }
}
