//! A new order: checked, matched, and what is left of it rested or cancelled.

use super::check::taker;
use super::desk::Desk;
use super::taker::{Special, Taker};
use crate::book::heed::Heed;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::book::{Extra, Waits};
use crate::command::{NewOrder, OrderType, TimeInForce};
use crate::event::{CancelReason, EventSink, Interest, Op, What};
use crate::id::OrderId;
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Places any order.
    #[inline(never)]
    pub(super) fn place_any(&mut self, order: &NewOrder) {
        let limit = match self.check(order) {
            Ok(limit) => limit,
            Err(reason) => return self.reject(Op::New, order.id, order.account, reason),
        };
        let mut taker = taker(order, limit);
        if order.notional != 0 {
            taker.open = self.affordable(&taker, order.notional);
        }
        if order.stands_apart() {
            return self.park_new(order, &taker);
        }
        if self.accounts.watch {
            self.admit(taker.account);
            self.protect(&mut taker);
        }
        let Taker { id, account, side, open: qty, .. } = taker;
        let price = order.price.map(|_| taker.limit);
        self.out.private(What::Accepted { id, account, side, qty, price });
        self.enter(&mut taker);
    }

    /// Matches an order that comes in, and rests or cancels what is left of it.
    #[inline]
    pub(super) fn enter(&mut self, taker: &mut Taker) {
        self.enter_book(taker);
        if self.accounts.watch {
            self.end_tripped_quotes();
        }
    }

    #[inline]
    fn enter_book(&mut self, taker: &mut Taker) {
        if self.book.call.gathers || taker.tif.is_for_auctions() {
            return self.enter_unusually(taker);
        }
        if self.book.heed.has(Heed::BANDS) {
            return self.enter_between_bands(taker);
        }
        if taker.tif == TimeInForce::Fok && !self.can_fill(taker, taker.open) {
            return self.cancel_rest(taker, CancelReason::Fok);
        }
        let least = taker.special.min_qty;
        if !least.is_zero() && (least > taker.open || !self.can_fill(taker, least)) {
            return self.cancel_rest(taker, CancelReason::MinQty);
        }
        let whole = taker.terms.has(Terms::WHOLE);
        if self.crosses(taker.side, taker.limit)
            && (!whole || self.can_fill(taker, taker.open))
            && !self.take(taker)
        {
            return;
        }
        if taker.open.is_zero() && !taker.filled.is_zero() {
            return self.free_children(taker.id, taker.filled);
        }
        self.rest_or_end(taker);
    }

    /// Rests what is left of an order that has traded what it can, or ends it.
    #[inline(always)]
    pub(super) fn rest_or_end(&mut self, taker: &mut Taker) {
        match (taker.order_type, taker.tif) {
            (OrderType::Market, _) => self.cancel_rest(taker, CancelReason::NoLiquidity),
            (_, TimeInForce::Ioc | TimeInForce::Fok) => self.cancel_rest(taker, CancelReason::Ioc),
            (OrderType::MarketToLimit, _) => self.rest_at_last(taker),
            _ => _ = self.rest(taker),
        }
    }

    /// Lets an order enter where orders gather, or one that is for an auction.
    #[cold]
    #[inline(never)]
    fn enter_unusually(&mut self, taker: &mut Taker) {
        if self.book.call.gathers { self.join_call(taker) } else { self.wait_for_auction(taker) }
    }

    /// Rests what is left of a market-to-limit order at the price of its last fill.
    #[cold]
    fn rest_at_last(&mut self, taker: &mut Taker) {
        match self.book.last_trade {
            Some(last) if !taker.filled.is_zero() => {
                (taker.order_type, taker.limit) = (OrderType::Limit, last);
                self.rest(taker);
            }
            _ => self.cancel_rest(taker, CancelReason::NoLiquidity),
        }
    }

    /// Rests what is left of an incoming order.
    #[inline]
    pub(super) fn rest(&mut self, taker: &Taker) -> u32 {
        // The minimum was for the first match only.
        let special = Special { min_qty: Qty::ZERO, ..taker.special };
        let dark = taker.terms.has(Terms::DARK);
        let qty = if dark {
            Qty::ZERO
        } else if special.display.is_zero() {
            taker.open
        } else {
            taker.open.min(special.display)
        };
        let level = self.book.level_for(self.store, taker.side, taker.limit);
        let key = self.book.rest(
            self.store,
            &Order {
                id: taker.id,
                open: taker.open,
                shown: qty,
                filled: taker.filled,
                level,
                book: self.book.position,
                account: taker.account,
                stp_group: taker.stp_group,
                extra: NONE,
                side: taker.side,
                tif: taker.tif,
                stp: taker.stp,
                terms: taker.terms,
            },
        );
        if special != Special::NONE {
            self.store.attach(self.book.position, key, special.extra());
            self.join(key);
        }
        if self.accounts.watch {
            self.opened(key);
        }
        if self.book.shared && !dark {
            self.note_top(key);
        }
        if !dark {
            self.tell_added(taker.id, taker.side, taker.limit, qty);
        }
        key
    }

    /// Tells that an order joined the back of its level.
    #[inline]
    pub(super) fn tell_added(&mut self, id: OrderId, side: Side, price: Price, qty: Qty) {
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            self.out.tell(Interest::L3, What::Add { id, side, price, qty });
            self.tell_level(side, price);
        }
    }

    /// Takes in a new order that waits for a stop or for another order, or that is pegged.
    #[cold]
    fn park_new(&mut self, order: &NewOrder, taker: &Taker) {
        let &Taker { id, account, side, open: qty, .. } = taker;
        let is_pegged = order.order_type == OrderType::Pegged;
        if is_pegged && let Err(reason) = self.check_pegs() {
            return self.reject(Op::New, id, account, reason);
        }
        if self.accounts.watch {
            self.admit(account);
        }
        let extra = Extra {
            order_type: taker.order_type,
            limit: order.price.or(order.limit),
            stop: order.stop,
            trail: order.trail,
            parent: order.parent,
            peg: order.peg,
            offset: order.offset,
            ..taker.special.extra()
        };
        let enters = is_pegged && order.parent == 0;
        let price = if enters { self.peg_place(side, &extra) } else { extra.limit };
        self.out.private(What::Accepted { id, account, side, qty, price });
        let terms = if is_pegged { taker.terms.0 | Terms::PEGGED } else { taker.terms.0 };
        let parked = Order {
            id: taker.id,
            open: taker.open,
            book: self.book.position,
            account: taker.account,
            stp_group: taker.stp_group,
            side: taker.side,
            tif: taker.tif,
            stp: taker.stp,
            terms: Terms(terms),
            ..Order::default()
        };
        if enters {
            self.admit_pegged(parked, extra, price);
        } else {
            self.park(parked, extra);
        }
    }
}

impl Special {
    /// What is kept of it while the order is live.
    pub(super) fn extra(self) -> Extra {
        Extra {
            display: self.display,
            min_qty: self.min_qty,
            expire_at: self.expire_at,
            group: self.group,
            quote: self.quote,
            reduce_only: self.reduce_only,
            waits: Waits::No,
            ..Extra::default()
        }
    }
}
