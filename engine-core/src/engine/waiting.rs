//! Orders that are live but on no level: stops, trailing stops, and orders that wait for another.

use super::desk::Desk;
use super::taker::{Special, Taker};
use crate::book::heed::Heed;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::book::tree::Key;
use crate::book::{Extra, Waits};
use crate::command::{OrderType, PostOnly};
use crate::event::{CancelReason, EventSink, What};
use crate::quantity::Price;
use crate::risk::hold::Hold;
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Takes in an order that waits: for its parent, or for its stop.
    pub(super) fn park(&mut self, order: Order, extra: Extra) {
        let key = self.park_any(&order, extra);
        let Extra { entry, parent, order_type, .. } = *self.store.extra_mut(key);
        if order_type == OrderType::Pegged {
            self.count_pegged();
        }
        if parent == 0 {
            self.wait_for_stop(key);
        } else {
            self.store.extra_mut(key).waits = Waits::Parent;
            let at = (parent.cast_signed(), 0, entry);
            self.book.children.insert(&mut self.store.nodes, at, key);
        }
        if self.accounts.watch {
            self.opened(key);
        }
    }

    /// Takes in an order that waits, for whatever that is.
    pub(super) fn park_any(&mut self, order: &Order, extra: Extra) -> u32 {
        let (key, whole) = (self.store.insert(order), order.terms.has(Terms::WHOLE));
        self.book.live += 1;
        self.store.waiting += 1;
        self.book.wholes_waiting += u32::from(whole);
        self.store.attach(self.book.position, key, Extra { held: Hold::NONE, ..extra });
        self.join(key);
        let entry = self.store.extra_mut(key).entry;
        self.book.waiting.insert(&mut self.store.nodes, (0, 0, entry), key);
        self.book.heed.set(Heed::WAITING, true);
        key
    }

    /// Has a waiting order wait for its stop; one that is reached already has its turn.
    fn wait_for_stop(&mut self, key: u32) {
        let side = self.store.orders[key].side();
        let last = self.book.last_trade;
        let extra = self.store.extra_mut(key);
        extra.waits = Waits::Stop;
        let (entry, trails) = (extra.entry, extra.trail != 0);
        if trails && let Some(last) = last {
            extra.stop = Some(trailed(side, extra.stop, last, extra.trail));
        }
        let stop = extra.stop;
        if stop.is_some_and(|stop| last.is_some_and(|last| is_reached(side, stop, last))) {
            return self.give_turn(key, Waits::Turn);
        }
        if let Some(stop) = stop {
            self.book.stops[side.index()].insert(&mut self.store.nodes, (stop.0, 0, entry), key);
        }
        if trails {
            self.store.extra_mut(key).moved_by = last;
            let at = trail_key(side, last, entry);
            self.book.trails[side.index()].insert(&mut self.store.nodes, at, key);
        }
    }

    /// Has a waiting order enter, or end, when the command is finished.
    pub(super) fn give_turn(&mut self, key: u32, waits: Waits) {
        let pending = &self.store.pending;
        debug_assert!(pending.len() < pending.capacity(), "at most two turns an order");
        let turn = u32::try_from(self.store.pending.len()).expect("at most two turns an order");
        let extra = self.store.extra_mut(key);
        (extra.waits, extra.turn) = (waits, turn);
        self.store.pending.push(key);
    }

    /// Takes a waiting order out of whatever it waits in.
    pub(super) fn stop_waiting(&mut self, key: u32) {
        let side = self.store.orders[key].side();
        let extra = self.store.extra_mut(key);
        let (entry, waits, parent, turn) = (extra.entry, extra.waits, extra.parent, extra.turn);
        match waits {
            Waits::No => return,
            Waits::Price | Waits::Auction => {}
            Waits::Call => {
                self.shrink_market(key, self.store.orders[key].open);
                let markets = &mut self.book.call.markets[side.index()];
                markets.remove(&mut self.store.nodes, (0, 0, entry));
            }
            Waits::Stop => self.stop_watching(key, side),
            Waits::Parent => {
                let at = (parent.cast_signed(), 0, entry);
                self.book.children.remove(&mut self.store.nodes, at);
            }
            Waits::Turn | Waits::End => {
                self.store.pending[turn as usize] = NONE;
            }
        }
        self.book.waiting.remove(&mut self.store.nodes, (0, 0, entry));
        self.book.heed.set(Heed::WAITING, !self.book.waiting.is_empty());
        self.store.waiting -= 1;
        let whole = self.store.orders.detail(key).terms.has(Terms::WHOLE);
        self.book.wholes_waiting -= u32::from(whole);
    }

    fn stop_watching(&mut self, key: u32, side: Side) {
        let Extra { entry, stop, trail, moved_by, .. } = *self.store.extra_mut(key);
        if let Some(stop) = stop {
            self.book.stops[side.index()].remove(&mut self.store.nodes, (stop.0, 0, entry));
        }
        if trail != 0 {
            let at = trail_key(side, moved_by, entry);
            self.book.trails[side.index()].remove(&mut self.store.nodes, at);
        }
    }

    /// A trade happened: trailing stops follow it, and stops that it reaches have their turn,
    /// the nearest to its price first, then the oldest.
    #[cold]
    #[inline(never)]
    pub(super) fn watch(&mut self, price: Price) {
        for side in Side::BOTH {
            self.trail(side, price);
        }
        while let Some(key) = self.nearest_reached(price) {
            let side = self.store.orders[key].side();
            self.stop_watching(key, side);
            self.give_turn(key, Waits::Turn);
        }
    }

    /// Moves the trailing stops of a side that a trade at `price` moves.
    fn trail(&mut self, side: Side, price: Price) {
        let moved = trail_key(side, Some(price), 0);
        while let Some((at, key)) = self.book.trails[side.index()].first(&self.store.nodes) {
            if at >= moved {
                break;
            }
            let extra = self.store.extra_mut(key);
            let (old, entry) = (extra.stop, extra.entry);
            let stop = trailed(side, old, price, extra.trail);
            (extra.stop, extra.moved_by) = (Some(stop), Some(price));
            let nodes = &mut self.store.nodes;
            self.book.trails[side.index()].remove(nodes, at);
            self.book.trails[side.index()].insert(nodes, (moved.0, moved.1, entry), key);
            if let Some(old) = old {
                self.book.stops[side.index()].remove(nodes, (old.0, 0, entry));
            }
            self.book.stops[side.index()].insert(nodes, (stop.0, 0, entry), key);
        }
    }

    /// The stop reached by a trade at `price` that is nearest to it, then oldest.
    fn nearest_reached(&self, price: Price) -> Option<u32> {
        let nodes = &self.store.nodes;
        let [buys, sells] = &self.book.stops;
        let buy = buys.at_or_below(nodes, (price.0, u32::MAX, u64::MAX));
        // Of several at one stop price the oldest: the first at that price.
        let buy = buy.and_then(|((stop, ..), _)| buys.at_or_above(nodes, (stop, 0, 0)));
        let sell = sells.at_or_above(nodes, (price.0, 0, 0));
        let rank = |found: &((i64, u32, u64), u32)| (found.0.0.abs_diff(price.0), found.0.2);
        buy.into_iter().chain(sell).min_by_key(rank).map(|(_, key)| key)
    }

    /// Lets the orders enter that a command set free, and those that they set free in turn.
    #[cold]
    #[inline(never)]
    pub(super) fn enter_pending(&mut self) {
        loop {
            let mut turn = 0;
            while let Some(&key) = self.store.pending.get(turn) {
                turn += 1;
                if key != NONE {
                    self.take_turn(key);
                }
            }
            self.store.pending.clear();
            if self.book.wholes.is_empty() || !self.fill_a_whole() {
                break;
            }
        }
    }

    /// The turn of an order whose wait is over.
    pub(super) fn take_turn(&mut self, key: u32) {
        let extra = self.store.extra_mut(key).clone();
        if extra.waits == Waits::End {
            return self.end(key, CancelReason::Parent);
        }
        if self.book.phase.rules().refuses.is_some() {
            return self.end(key, CancelReason::Halted);
        }
        let waits_on = extra.parent != 0 && extra.order_type.is_stop();
        if extra.reduce_only && self.book.call.gathers && !waits_on {
            return self.end(key, CancelReason::ReduceOnly);
        }
        if (self.accounts.watch | extra.reduce_only) && !self.may_enter(key) {
            return;
        }
        let order = self.store.orders.order(key);
        self.unlink_extra(key);
        let found = self.store.find(self.book.position, order.id);
        let (position, _) = found.expect("a live order is indexed");
        self.store.release(position, key);
        self.book.live -= 1;
        let was_child = extra.parent != 0;
        if was_child && extra.order_type.is_stop() {
            let order = Order { extra: NONE, ..order };
            return self.park(order, Extra { parent: 0, ..extra });
        }
        if extra.order_type == OrderType::Pegged {
            let order = Order { extra: NONE, ..order };
            return self.admit_pegged(order, Extra { parent: 0, ..extra }, None);
        }
        if let Some(stop) = extra.stop {
            self.out.private(What::Triggered { id: order.id, account: order.account, stop });
        }
        self.enter_freed(&order, &extra);
    }

    /// Has a waiting order enter the book as what it becomes.
    pub(super) fn enter_freed(&mut self, order: &Order, extra: &Extra) {
        let mut taker = entrant(order, extra);
        if self.accounts.watch {
            self.protect(&mut taker);
        }
        let post_only = order.terms.post_only();
        let waits_on = order.tif.is_for_auctions() || self.book.call.gathers;
        if post_only != PostOnly::No && !waits_on {
            match self.stand_off(order.side, taker.limit, post_only, order.open) {
                Ok(limit) => taker.limit = limit,
                Err(_) => return self.cancel_rest(&taker, CancelReason::PostOnly),
            }
        }
        self.enter(&mut taker);
    }

    /// Ends the waiting orders that `which` picks, oldest first.
    pub(super) fn end_waiting_where(
        &mut self,
        reason: CancelReason,
        which: impl Fn(&Order) -> bool,
    ) {
        let mut from = 0;
        while let Some(((.., entry), key)) =
            self.book.waiting.at_or_above(&self.store.nodes, (0, 0, from))
        {
            from = entry + 1;
            if which(&self.store.orders.order(key)) {
                self.end(key, reason);
            }
        }
    }
}

impl OrderType {
    /// Whether it waits for a stop.
    pub(crate) const fn is_stop(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit | Self::TrailingStop | Self::TrailingStopLimit)
    }

    /// Whether it takes any price, or any up to a bound.
    pub(super) const fn sweeps(self) -> bool {
        matches!(self, Self::Market | Self::MarketToLimit)
    }

    /// Whether it does not enter the book as it is: it waits for a stop, or it is pegged.
    #[inline]
    pub(super) const fn stands_apart(self) -> bool {
        self.is_stop() || matches!(self, Self::Pegged)
    }
}

/// A waiting order as it enters.
pub(super) fn entrant(order: &Order, extra: &Extra) -> Taker {
    let order_type = match extra.order_type {
        OrderType::Stop | OrderType::TrailingStop => OrderType::Market,
        OrderType::StopLimit | OrderType::TrailingStopLimit => OrderType::Limit,
        other => other,
    };
    Taker {
        id: order.id,
        account: order.account,
        side: order.side,
        order_type,
        tif: order.tif,
        stp: order.stp,
        terms: order.terms,
        stp_group: order.stp_group,
        limit: extra.limit.unwrap_or(order.side.any_price()),
        asked: None,
        open: order.open,
        filled: order.filled,
        special: Special::of(extra),
    }
}

/// Whether a trade at `last` reaches a stop.
fn is_reached(side: Side, stop: Price, last: Price) -> bool {
    match side {
        Side::Buy => last >= stop,
        Side::Sell => last <= stop,
    }
}

/// Where a trailing stop stands after a trade: at its distance, but never further from the market
/// than it stood.
fn trailed(side: Side, stop: Option<Price>, last: Price, trail: u64) -> Price {
    match side {
        Side::Buy => {
            let price = Price(last.0.saturating_add_unsigned(trail));
            stop.map_or(price, |stop| stop.min(price))
        }
        Side::Sell => {
            let price = Price(last.0.saturating_sub_unsigned(trail));
            stop.map_or(price, |stop| stop.max(price))
        }
    }
}

/// Where a trailing stop stands among those of its side: by the price that moved it last, such
/// that those which the next trade moves come first (sellers from the lowest, buyers from the
/// highest, and before them all those that no trade has moved yet).
pub(super) fn trail_key(side: Side, moved_by: Option<Price>, entry: u64) -> Key {
    match (side, moved_by) {
        (_, None) => (i64::MIN, 0, entry),
        (Side::Sell, Some(last)) => (last.0, 1, entry),
        (Side::Buy, Some(last)) => (!last.0, 1, entry),
    }
}
