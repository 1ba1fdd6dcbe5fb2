//! What an account owns and holds, kept up with every order that comes, shrinks, trades and goes.
//!
//! Nothing here is called while no account has limits.

use super::desk::Desk;
use super::limits::{Wish, unbounded};
use super::taker::Taker;
use super::waiting::entrant;
use crate::book::order::Order;
use crate::book::pool::NONE;
use crate::book::{Book, Store};
use crate::command::OrderType;
use crate::event::{CancelReason, EventSink, Fee};
use crate::id::AccountId;
use crate::quantity::{Price, Qty};
use crate::risk::accounts::reducible;
use crate::risk::hold::{Hold, hold_at, paid};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// An order has come to rest or to wait.
    #[cold]
    #[inline(never)]
    pub(super) fn opened(&mut self, key: u32) {
        let order = &self.store.orders[key];
        let (number, side, open) = (order.account, order.side(), order.open);
        let Some(account) = self.accounts.get_mut(number) else { return };
        account.open_orders += 1;
        let ledger = account.cash.is_some();
        self.count_open(number, side, open, true);
        if !ledger {
            return;
        }
        match self.group_of(key) {
            0 => self.hold(number, Hold::NONE, self.hold_of(key)),
            group => self.regroup(number, group),
        }
    }

    /// A live order is about to lose `by` of what is open.
    #[cold]
    #[inline(never)]
    pub(super) fn lowering(&mut self, key: u32, by: Qty) {
        let order = &self.store.orders[key];
        let (number, side, open) = (order.account, order.side(), order.open);
        let Some(account) = self.accounts.get(number) else { return };
        let ledger = account.cash.is_some();
        self.count_open(number, side, by, false);
        if ledger && self.group_of(key) == 0 {
            let before = self.hold_of(key);
            let left = hold_at(&self.book.spec, side, self.bound_of(key), open - by);
            self.hold(number, before, if before == Hold::NONE { Hold::NONE } else { left });
        }
    }

    /// A live order has lost some of what was open, and what its group holds is to be seen to.
    #[cold]
    #[inline(never)]
    pub(super) fn lowered(&mut self, key: u32) {
        let group = self.group_of(key);
        if group != 0 {
            self.regroup(self.store.orders[key].account, group);
        }
    }

    /// A live order is about to leave, for good or to enter again.
    #[cold]
    #[inline(never)]
    pub(super) fn closing(&mut self, key: u32) {
        let (number, open) = (self.store.orders[key].account, self.store.orders[key].open);
        self.lowering(key, open);
        let Some(account) = self.accounts.get_mut(number) else { return };
        account.open_orders -= 1;
        if self.group_of(key) != 0 {
            let share = core::mem::take(&mut self.store.extra_mut(key).held);
            self.hold(number, share, Hold::NONE);
        }
    }

    /// A trade is about to happen between an incoming and a resting order.
    #[cold]
    #[inline(never)]
    pub(super) fn settle(&mut self, taker: &Taker, maker: u32, price: Price, qty: Qty) {
        let fees = self.fees(price, qty);
        let order = &self.store.orders[maker];
        let (account, side) = (order.account, order.side());
        let quoted = self.store.extra(maker).is_some_and(|extra| extra.quote);
        self.settle_maker(maker, qty);
        self.book_fill((account, side, quoted), price, qty, fees[0]);
        let taking = (taker.account, taker.side, taker.special.quote);
        self.book_fill(taking, price, qty, fees[1]);
    }

    /// Lots change hands: what both accounts own that have no limits.
    #[inline(always)]
    pub(super) fn pass(&mut self, taker: &Taker, maker: AccountId, qty: Qty) {
        if taker.account == maker {
            return;
        }
        match taker.side {
            Side::Buy => self.hand_over(maker, taker.account, qty),
            Side::Sell => self.hand_over(taker.account, maker, qty),
        }
    }

    /// Lots go from one account to another.
    #[inline(never)]
    pub(super) fn hand_over(&mut self, seller: AccountId, buyer: AccountId, qty: Qty) {
        let (instrument, lots) = (self.book.spec.instrument, i128::from(qty.0));
        self.accounts.stand(seller, instrument, -lots);
        self.accounts.stand(buyer, instrument, lots);
    }

    /// A live order is about to trade `qty`.
    pub(super) fn settle_maker(&mut self, key: u32, qty: Qty) {
        if qty == self.store.orders[key].open {
            self.closing(key);
        } else {
            self.lowering(key, qty);
        }
    }

    /// Books one side of a trade: lots, money, and what market-maker protection counts.
    pub(super) fn book_fill(
        &mut self,
        (number, side, quoted): (AccountId, Side, bool),
        price: Price,
        qty: Qty,
        fee: Fee,
    ) {
        let (now, instrument) = (self.now, self.book.spec.instrument);
        let Some(place) = self.accounts.find(number) else { return };
        let account = self.accounts.at_mut(place);
        if let Some(cash) = &mut account.cash {
            // Beyond any real money the sums stay at the ends of 128 bits.
            let worth = paid(side, price) * i128::from(qty.0);
            *cash = cash.saturating_sub(worth).saturating_sub(fee.get());
            self.accounts.fees = self.accounts.fees.saturating_add(fee.get());
        }
        if quoted && self.accounts.at_mut(place).count_fill(now, qty) {
            self.accounts.tripped.push(place);
        }
        if let Some(holding) = self.accounts.holding_mut(number, instrument) {
            holding.position += match side {
                Side::Buy => i128::from(qty.0),
                Side::Sell => -i128::from(qty.0),
            };
        }
    }

    /// An order was taken: its command counts, and what its account owns is kept from now on.
    #[cold]
    #[inline(never)]
    pub(super) fn admit(&mut self, account: AccountId) {
        self.count_message(account);
        _ = self.accounts.holding_mut(account, self.book.spec.instrument);
    }

    /// Counts a command that was taken.
    pub(super) fn count_message(&mut self, number: AccountId) {
        let now = self.now;
        if let Some(account) = self.accounts.get_mut(number) {
            account.count_message(now);
        }
    }

    /// Bounds an order without a price, of an account with a ledger, by what it meets: it goes no
    /// further than what was held for.
    #[cold]
    #[inline(never)]
    pub(super) fn protect(&mut self, taker: &mut Taker) {
        let ledger = self.accounts.get(taker.account).is_some_and(|of| of.cash.is_some());
        if taker.order_type.sweeps() && ledger && self.matches_now(taker) {
            let worst = self.sweep(taker, taker.open).0;
            taker.limit = worst.unwrap_or(taker.limit);
        }
    }

    /// Whether an order whose wait is over may enter: it does not open a position if it must not,
    /// and is paid for. If not it ends here; if so it has left what it held.
    #[cold]
    #[inline(never)]
    pub(super) fn may_enter(&mut self, key: u32) -> bool {
        let extra = self.store.extra_mut(key);
        if extra.reduce_only && !self.trim_order(key) {
            return false;
        }
        let wish = self.wish_of_turn(key);
        let account = self.accounts.get(wish.account);
        if account.is_some_and(|account| self.check_funds(account, &wish).is_err()) {
            self.end(key, CancelReason::InsufficientFunds);
            return false;
        }
        if self.accounts.watch {
            self.closing(key);
        }
        true
    }

    /// What a waiting order asks for at its turn: to wait for its stop, or to enter.
    fn wish_of_turn(&self, key: u32) -> Wish {
        let wish = Wish { child: false, ..self.wish_of(key) };
        let Some(extra) = self.store.extra(key) else { return wish };
        let waits_on = extra.parent != 0 && extra.order_type.is_stop();
        let taker = entrant(&self.store.orders.order(key), extra);
        if taker.order_type == OrderType::Pegged {
            return Wish { cost: unbounded(wish.bound), ..wish };
        }
        if waits_on || !taker.order_type.sweeps() {
            return wish;
        }
        let mut wish = Wish { bound: extra.limit, ..wish };
        self.bound_sweep(&taker, &mut wish);
        wish
    }

    /// Two accounts have traded: their reduce-only orders are looked at.
    pub(super) fn trim_both(&mut self, taker: AccountId, maker: AccountId) {
        if !self.book.reducers.is_empty() {
            self.trim(maker);
            self.trim(taker);
        }
    }

    /// An auction has traded: whoever's position changed, reduce-only orders are looked at, by
    /// account, then oldest first.
    pub(super) fn trim_all(&mut self) {
        let mut from = (i64::MIN, 0, 0);
        while let Some((at, key)) = self.book.reducers.at_or_above(&self.store.nodes, from) {
            from = (at.0, at.1, at.2 + 1);
            if self.store.extra(key).is_some_and(|extra| extra.parent == 0) {
                self.trim_order(key);
            }
        }
    }

    /// The position of an account has changed: its reduce-only orders in this book lose what would
    /// turn it, oldest first.
    #[cold]
    #[inline(never)]
    pub(super) fn trim(&mut self, number: AccountId) {
        let mut from = 0;
        while let Some(((account, _, entry), key)) =
            self.book.reducers.at_or_above(&self.store.nodes, (number.0.into(), 0, from))
        {
            if account != i64::from(number.0) {
                break;
            }
            from = entry + 1;
            if self.store.extra(key).is_some_and(|extra| extra.parent == 0) {
                self.trim_order(key);
            }
        }
    }

    /// Takes off a reduce-only order what would turn its account's position; whether some is left.
    pub(super) fn trim_order(&mut self, key: u32) -> bool {
        let order = &self.store.orders[key];
        let (open, side) = (order.open, order.side());
        let position = self.accounts.position(order.account, self.book.spec.instrument);
        let most = reducible(position, side);
        let most = Qty(u64::try_from(most).unwrap_or(u64::MAX));
        if most.is_zero() {
            self.end(key, CancelReason::ReduceOnly);
        } else if open > most {
            self.shrink(key, open - most);
        }
        !most.is_zero()
    }

    /// Whether an order is all that its account asks for on its side: no other's fill can take any
    /// of it off.
    pub(super) fn is_all_that_is_open(&self, order: &Order) -> bool {
        let account = self.accounts.get(order.account);
        account.is_some_and(|account| {
            let holding = self.accounts.holding(account, self.book.spec.instrument);
            holding.open[order.side.index()] == u128::from(order.open.0)
        })
    }

    /// What a live order holds: of a group its share.
    pub(super) fn hold_of(&self, key: u32) -> Hold {
        match self.store.extra(key) {
            Some(extra) if extra.group != 0 => extra.held,
            _ => hold_of(self.store, self.book, key),
        }
    }

    /// The worst price of a live order, where it is known.
    pub(super) fn bound_of(&self, key: u32) -> Option<Price> {
        bound_of(self.store, key)
    }

    /// What the live orders of a group hold together.
    pub(super) fn group_shares(&self, account: AccountId, group: u64) -> Hold {
        let (mut sum, mut from) = (Hold::NONE, 0);
        while let Some((entry, key)) = self.member(account, group, from) {
            from = entry + 1;
            let held = self.store.extra(key).map_or(Hold::NONE, |extra| extra.held);
            sum = Hold { cash: sum.cash + held.cash, lots: sum.lots + held.lots };
        }
        sum
    }

    /// What a group must hold, with the order that is wished for or without: as one order per side,
    /// of the greatest quantity at the worst price, since a fill of one takes as much off the
    /// others.
    pub(super) fn pooled(&self, account: AccountId, group: u64, wish: Option<&Wish>) -> Hold {
        let mut most = [(None, Qty::ZERO); 2];
        let mut take = |side: Side, bound: Option<Price>, open: Qty| {
            let (worst, qty) = &mut most[side.index()];
            *qty = open.max(*qty);
            let worse = |a: Price, b: Price| paid(side, a) > paid(side, b);
            if bound.is_some_and(|bound| worst.is_none_or(|worst| worse(bound, worst))) {
                *worst = bound;
            }
        };
        let leaving = wish.map_or(NONE, |wish| wish.leaving);
        let mut from = 0;
        while let Some((entry, key)) = self.member(account, group, from) {
            from = entry + 1;
            let order = &self.store.orders[key];
            if key != leaving && self.store.extra(key).is_some_and(|extra| extra.parent == 0) {
                take(order.side(), self.bound_of(key), order.open);
            }
        }
        let mut exact = 0;
        if let Some(wish) = wish {
            take(wish.side, wish.bound, wish.open);
            exact = wish.cost.unwrap_or(0);
        }
        let [buys, sells] = Side::BOTH.map(|side| {
            let (worst, qty) = most[side.index()];
            hold_at(&self.book.spec, side, worst, qty)
        });
        Hold { cash: buys.cash.saturating_add(sells.cash).max(exact), lots: sells.lots }
    }

    /// Holds for a group what it needs now, under the name of its oldest order.
    pub(super) fn regroup(&mut self, number: AccountId, group: u64) {
        if self.accounts.get(number).is_none_or(|account| account.cash.is_none()) {
            return;
        }
        let (old, new) = (self.group_shares(number, group), self.pooled(number, group, None));
        let (mut share, mut from) = (new, 0);
        while let Some((entry, key)) = self.member(number, group, from) {
            from = entry + 1;
            self.store.extra_mut(key).held = core::mem::take(&mut share);
        }
        self.hold(number, old, new);
    }

    fn group_of(&self, key: u32) -> u64 {
        self.store.extra(key).map_or(0, |extra| extra.group)
    }

    /// Holds `new` instead of `old`.
    fn hold(&mut self, number: AccountId, old: Hold, new: Hold) {
        let instrument = self.book.spec.instrument;
        if let Some(account) = self.accounts.get_mut(number) {
            account.held = (account.held - old.cash).saturating_add(new.cash);
        }
        if let Some(holding) = self.accounts.holding_mut(number, instrument) {
            holding.held = holding.held - old.lots + new.lots;
        }
    }

    fn count_open(&mut self, number: AccountId, side: Side, qty: Qty, more: bool) {
        let instrument = self.book.spec.instrument;
        if let Some(holding) = self.accounts.holding_mut(number, instrument) {
            let open = &mut holding.open[side.index()];
            *open = if more { *open + u128::from(qty.0) } else { *open - u128::from(qty.0) };
        }
    }
}

/// What a live order holds that is of no group; nothing while it waits for another.
pub(super) fn hold_of(store: &Store, book: &Book, key: u32) -> Hold {
    let order = &store.orders[key];
    if store.extra(key).is_some_and(|extra| extra.parent != 0) {
        return Hold::NONE;
    }
    hold_at(&book.spec, order.side(), bound_of(store, key), order.open)
}

/// The worst price of a live order, where it is known: the one it rests at, else its limit, else its
/// stop if that does not move.
fn bound_of(store: &Store, key: u32) -> Option<Price> {
    let order = &store.orders[key];
    // A pegged order moves, but never beyond its limit.
    if !order.waits() && !store.orders.is_pegged(key) {
        return Some(store.levels[order.level()].price);
    }
    let extra = store.extra(key)?;
    extra.limit.or(if extra.trail == 0 { extra.stop } else { None })
}
