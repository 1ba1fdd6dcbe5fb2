//! Quotes: both sides of an account's market in one command, and how protection ends them.

use super::check::taker;
use super::desk::Desk;
use super::limits::{Beside, Wish, refuse};
use super::taker::Special;
use crate::book::heed::Heed;
use crate::book::pool::NONE;
use crate::command::{NewOrder, Quote};
use crate::event::{CancelReason, EventSink, Op, Reject, What};
use crate::id::{AccountId, OrderId};
use crate::risk::hold::{Hold, hold_at};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Replaces an account's quote: by all the sides that are given, or not at all.
    pub(super) fn quote(&mut self, quote: &Quote) {
        let orders = match self.check_quote(quote) {
            Ok(orders) => orders,
            Err(reason) => return self.reject(Op::Quote, quote.id, quote.account, reason),
        };
        self.end_quotes(quote.account, CancelReason::Quote);
        let mut takers = orders.map(|order| order.map(|order| taker(&order, order.limit_price())));
        if takers.iter().any(Option::is_some) && self.accounts.watch {
            self.count_message(quote.account);
            _ = self.accounts.holding_mut(quote.account, self.book.spec.instrument);
        }
        for taker in takers.iter_mut().flatten() {
            taker.special = Special { quote: true, ..Special::NONE };
            let (id, account, side, qty) = (taker.id, taker.account, taker.side, taker.open);
            let price = Some(taker.limit);
            self.out.private(What::Accepted { id, account, side, qty, price });
        }
        for taker in takers.iter_mut().flatten() {
            if self.accounts.get(taker.account).is_some_and(|account| account.is_tripped) {
                self.cancel_rest(taker, CancelReason::Mmp);
            } else {
                self.enter(taker);
            }
        }
    }

    /// The first reason to turn a quote away, or its orders.
    fn check_quote(&self, quote: &Quote) -> Result<[Option<NewOrder>; 2], Reject> {
        let orders = sides(quote);
        if quote.bid.is_none() && quote.ask.is_none() {
            return Ok([None; 2]);
        }
        if self.accounts.watch {
            self.check_sender(quote.account)?;
            let account = self.accounts.get(quote.account);
            refuse(account.is_some_and(|account| account.is_tripped), Reject::Blocked)?;
        }
        self.check_phase()?;
        refuse(orders.iter().flatten().any(|order| order.qty.is_zero()), Reject::ZeroQty)?;
        let crossed = matches!((quote.bid, quote.ask), (Some(bid), Some(ask)) if bid.0 >= ask.0);
        let unnamed = quote.id.0 == u64::MAX && quote.ask.is_some();
        refuse(crossed || unnamed, Reject::BadCombination)?;
        let old = Side::BOTH.map(|side| self.quoted(quote.account, side));
        let mut beside = Beside::default();
        for key in old.into_iter().filter(|&key| key != NONE) {
            let order = &self.store.orders[key];
            beside.add(order.side(), order.open.0, self.hold_of(key), -1);
        }
        for order in orders.iter().flatten() {
            self.check_side(order, old, &mut beside)?;
        }
        self.check_quote_room(&orders, old)?;
        Ok(orders)
    }

    /// The first reason to turn one side of a quote away.
    fn check_side(
        &self,
        order: &NewOrder,
        old: [u32; 2],
        beside: &mut Beside,
    ) -> Result<(), Reject> {
        if !self.book.plain {
            self.check_units(order, order.price.unwrap_or_default())?;
        }
        let taken = self.store.find(self.book.position, order.id);
        let taken = taken.is_some_and(|(_, key)| !old.contains(&key));
        refuse(taken, Reject::DuplicateOrderId)?;
        if self.book.heed.has(Heed::BANDS) {
            self.check_bands(order.price, true)?;
        }
        if !self.accounts.watch {
            return Ok(());
        }
        let wish = Wish {
            account: order.account,
            side: order.side,
            total: order.qty,
            open: order.qty,
            price: order.price,
            bound: order.price,
            worth: None,
            cost: None,
            group: 0,
            rests: true,
            child: false,
            reduce_only: false,
            leaving: NONE,
            beside: *beside,
        };
        self.check_wish(&wish)?;
        self.check_holding(order.account)?;
        let hold = hold_at(&self.book.spec, order.side, order.price, order.qty);
        beside.add(order.side, order.qty.0, hold, 1);
        Ok(())
    }

    /// Whether there is room for a quote once the old one is gone, each side resting whole.
    fn check_quote_room(
        &self,
        orders: &[Option<NewOrder>; 2],
        old: [u32; 2],
    ) -> Result<(), Reject> {
        let (mut live, mut total) = (self.book.live, self.store.orders.len());
        let mut levels = self.store.levels.len() + self.store.waiting;
        for side in Side::BOTH {
            let key = old[side.index()];
            let mut emptied = NONE;
            if key != NONE {
                (live, total) = (live - 1, total - 1);
                let place = self.store.orders[key].level();
                let level = &self.store.levels[place];
                if level.front() == key && level.after(&self.store.orders, key) == NONE {
                    (levels, emptied) = (levels - 1, place);
                }
            }
            if let Some(order) = &orders[side.index()] {
                (live, total) = (live + 1, total + 1);
                let place = self.book.side(side).find(self.store, order.limit_price());
                levels += u32::from(place == NONE || place == emptied);
            }
        }
        let most = self.book.spec.max_orders;
        let full = total > self.store.orders.capacity()
            || (most != 0 && live > most)
            || levels > self.store.levels.capacity();
        refuse(full, Reject::Capacity)
    }

    /// The quote of an account on one side.
    fn quoted(&self, account: AccountId, side: Side) -> u32 {
        let at = (account.0.into(), side as u32, 0);
        self.book.quotes.find(&self.store.nodes, at).unwrap_or(NONE)
    }

    /// Ends an account's quote in this book, the bid first.
    fn end_quotes(&mut self, account: AccountId, reason: CancelReason) {
        for side in Side::BOTH {
            let key = self.quoted(account, side);
            if key != NONE {
                self.end(key, reason);
            }
        }
    }

    /// Ends the quotes in this book of the accounts whose protection tripped in this command.
    #[cold]
    #[inline(never)]
    pub(super) fn end_tripped_quotes(&mut self) {
        for at in 0..self.accounts.tripped.len() {
            let place = self.accounts.tripped[at];
            let account = self.accounts.at_mut(place).spec.account;
            self.end_quotes(account, CancelReason::Mmp);
        }
    }
}

impl Beside {
    /// One more order, or one less.
    fn add(&mut self, side: Side, open: u64, hold: Hold, sign: i64) {
        let signed = |number: u128| i128::try_from(number).unwrap_or(i128::MAX) * i128::from(sign);
        self.orders += sign;
        self.open[side.index()] += signed(open.into());
        self.cash = self.cash.saturating_add(signed(hold.cash));
        self.lots += signed(hold.lots);
    }
}

impl NewOrder {
    /// The price of an order that has one.
    fn limit_price(&self) -> crate::quantity::Price {
        self.price.unwrap_or(self.side.any_price())
    }
}

/// The orders of a quote.
fn sides(quote: &Quote) -> [Option<NewOrder>; 2] {
    let order = |id, side, part: Option<_>| {
        part.map(|(price, qty)| NewOrder {
            instrument: quote.instrument,
            account: quote.account,
            ..NewOrder::limit(id, side, price, qty)
        })
    };
    let ask_id = OrderId(quote.id.0.wrapping_add(1));
    [order(quote.id, Side::Buy, quote.bid), order(ask_id, Side::Sell, quote.ask)]
}
