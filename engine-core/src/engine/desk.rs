//! Where one instrument's commands are worked on: its book, the store, and the way out for events.

use super::links::Ending;
use crate::book::heed::Heed;
use crate::book::index::Position;
use crate::book::pool::NONE;
use crate::book::{Book, Store};
use crate::event::{CancelReason, Event, EventSink, Interest, Op, Reject, Total, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::risk::accounts::Accounts;
use crate::side::Side;

/// The way out for events of one instrument: numbers them and drops what nobody wants.
#[derive(Debug)]
pub(super) struct Out<'a, S> {
    seq: &'a mut u64,
    sink: &'a mut S,
    instrument: InstrumentId,
}

impl<'a, S: EventSink> Out<'a, S> {
    #[inline(always)]
    pub(super) fn new(seq: &'a mut u64, sink: &'a mut S, instrument: InstrumentId) -> Self {
        Self { seq, sink, instrument }
    }

    /// Whether any of these are wanted.
    #[inline(always)]
    pub(super) fn wants(&self, interest: Interest) -> bool {
        self.sink.interest_in(self.instrument).wants(interest)
    }

    /// A private event: takes the next number.
    #[inline(always)]
    pub(super) fn private(&mut self, what: What) {
        self.numbered(Interest::PRIVATE, what);
    }

    /// A trade: takes the next number.
    #[inline(always)]
    pub(super) fn trade(&mut self, what: What) {
        self.numbered(Interest::TRADES, what);
    }

    /// A phase, indicative price or uncrossing: takes the next number.
    pub(super) fn status(&mut self, what: What) {
        self.numbered(Interest::STATUS, what);
    }

    #[inline(always)]
    fn numbered(&mut self, class: Interest, what: What) {
        *self.seq += 1;
        self.tell(class, what);
    }

    /// A change of the displayed book: carries the number of what caused it.
    #[inline(always)]
    pub(super) fn tell(&mut self, class: Interest, what: What) {
        if self.wants(class) {
            self.sink.push(Event { seq: *self.seq, instrument: self.instrument, what });
        }
    }
}

/// One instrument's desk.
#[derive(Debug)]
pub(super) struct Desk<'a, S> {
    pub(super) store: &'a mut Store,
    pub(super) book: &'a mut Book,
    pub(super) accounts: &'a mut Accounts,
    pub(super) now: Time,
    pub(super) out: Out<'a, S>,
}

impl<S: EventSink> Desk<'_, S> {
    /// Does one command's work, then lets the orders enter that it set free, then has the pegged
    /// orders follow, and then tells the best prices, if anybody wants them; the last two unless
    /// other instruments' come first.
    #[inline(always)]
    pub(super) fn work(mut self, tells: bool, command: impl FnOnce(&mut Self)) {
        command(&mut self);
        self.finish_long(tells);
    }

    /// The end of a command that did not go the short way.
    #[inline(never)]
    fn finish_long(&mut self, tells: bool) {
        if !self.store.pending.is_empty() | self.book.heed.has(Heed::AT_THE_END) {
            self.finish(tells);
        }
        if tells && self.accounts.tripped.is_empty() {
            if !self.book.heed.is_empty() && self.book.call.gathers {
                self.tell_indicative();
            }
            if self.out.wants(Interest::L1) {
                self.tell_best();
            }
        }
    }

    /// What a command leaves to be done.
    #[cold]
    #[inline(never)]
    fn finish(&mut self, follows: bool) {
        self.enter_pending();
        if !follows {
            return;
        }
        while self.accounts.tripped.is_empty() {
            if !self.book.pegs.is_empty() {
                self.follow();
            }
            if self.book.wholes.is_empty() || !self.fill_a_whole() {
                break;
            }
            self.enter_pending();
        }
    }

    #[cold]
    pub(super) fn reject(&mut self, op: Op, id: OrderId, account: AccountId, reason: Reject) {
        self.out.private(What::Rejected { op, id, account, reason });
    }

    /// Ends a live order.
    #[inline(never)]
    pub(super) fn end(&mut self, key: u32, reason: CancelReason) {
        let position = self.store.position_of(self.book.position, key);
        self.end_at(position, key, reason);
    }

    /// Ends a live order whose place in the index is known.
    #[inline(never)]
    pub(super) fn end_at(&mut self, position: Position, key: u32, reason: CancelReason) {
        if self.accounts.watch {
            self.closing(key);
        }
        let order = &self.store.orders[key];
        let (id, account, open, waits) = (order.id, order.account, order.open, order.waits());
        self.out.private(What::Canceled { id, account, qty: open, reason });
        if !waits {
            self.take_off(key);
        }
        let ending = if reason == CancelReason::Oco { Ending::ByGroup } else { Ending::Canceled };
        self.let_go_at(position, key, ending);
    }

    /// Takes an order off its level and tells so; it stays alive.
    #[inline]
    pub(super) fn take_off(&mut self, key: u32) {
        if !self.out.wants(Interest::L2.and(Interest::L3)) {
            return self.book.unlink(self.store, key);
        }
        let order = &self.store.orders[key];
        let (id, side) = (order.id, order.side());
        let price = self.store.levels[order.level()].price;
        let (shown, dark) = (self.store.orders.shown(key), self.store.orders.is_dark(key));
        self.book.unlink(self.store, key);
        if !dark {
            self.out.tell(Interest::L3, What::Delete { id, side, price, qty: shown });
            self.tell_level(side, price);
        }
    }

    /// Tells what is shown at a price now.
    #[inline]
    pub(super) fn tell_level(&mut self, side: Side, price: Price) {
        if !self.out.wants(Interest::L2) {
            return;
        }
        let level = self.book.side(side).find(self.store, price);
        let (qty, orders) = if level == NONE {
            (0, 0)
        } else {
            let level = &self.store.levels[level];
            (level.shown.get(), level.orders)
        };
        self.out.tell(Interest::L2, What::Level { side, price, qty: Total::new(qty), orders });
    }

    /// Tells that a displayed order lost `qty` without trading.
    pub(super) fn tell_reduced(&mut self, key: u32, qty: Qty) {
        let order = &self.store.orders[key];
        let (id, side) = (order.id, order.side());
        let price = self.store.levels[order.level()].price;
        if !qty.is_zero() {
            self.out.tell(Interest::L3, What::Reduce { id, side, price, qty });
            self.tell_level(side, price);
        }
    }

    /// Tells the best prices if they are not what was told last.
    pub(super) fn tell_best(&mut self) {
        let mut best = Side::BOTH.map(|side| self.book.best_shown(self.store, side));
        if let [Some((bid, _)), Some((ask, _))] = best
            && bid >= ask
        {
            // Nobody can trade at the best prices of a crossed book.
            best = [None; 2];
        }
        if best != self.book.told {
            self.book.told = best;
            self.out.tell(Interest::L1, What::Bbo { bid: best[0], ask: best[1] });
        }
    }
}
