//! How the reference tells what happened: numbers, and the three depths of market data.

use super::Reference;
use super::book::{Order, is_dark};
use crate::command::NewOrder;
use crate::event::{CancelReason, Event, Interest, Op, Reject, Total, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl Reference {
    /// Tells one thing. Market data carries the number of what came before it; all else counts on.
    pub(super) fn tell(&mut self, instrument: InstrumentId, what: What) {
        let market_data = Interest::L1.and(Interest::L2).and(Interest::L3);
        if !market_data.wants(what.class()) {
            self.seq += 1;
        }
        self.told.push(Event { seq: self.seq, instrument, what });
    }

    /// Says no; nothing but the count of events changes.
    pub(super) fn turn_away(
        &mut self,
        op: Op,
        (instrument, id, account): (InstrumentId, OrderId, AccountId),
        reason: Reject,
    ) {
        self.tell(instrument, What::Rejected { op, id, account, reason });
    }

    /// Tells that an order ended without trading what was open of it.
    pub(super) fn tell_canceled(&mut self, order: &Order, reason: CancelReason) {
        let terms = &order.terms;
        let (id, account) = (terms.id, terms.account);
        self.tell(terms.instrument, What::Canceled { id, account, qty: order.open, reason });
    }

    /// Tells that an order was changed; `order` is as it is now.
    pub(super) fn tell_replaced(&mut self, id: OrderId, order: &Order, kept_priority: bool) {
        let terms = &order.terms;
        let at = self.position(terms.instrument).expect("it is in a book, or enters one");
        // While it waits, what protects it is what can be replaced.
        let waits = self.listings[at].book.waits(terms.id);
        let is_waiting_protection = waits && (!order.is_pegged() || terms.parent != 0);
        let what = What::Replaced {
            id,
            new_id: terms.id,
            account: terms.account,
            price: if is_waiting_protection { order.limit() } else { terms.price },
            qty: order.total(),
            leaves: order.open,
            kept_priority,
        };
        self.tell(terms.instrument, what);
    }

    /// L2: what is shown at a price now.
    pub(super) fn tell_level(&mut self, at: usize, side: Side, price: Price) {
        let listing = &self.listings[at];
        let level = listing.book.level(side, price);
        let (qty, orders) = (Total::new(level.qty), level.orders);
        self.tell(listing.spec.instrument, What::Level { side, price, qty, orders });
    }

    /// L3 and L2 of an order that came to the back of its price, if it shows.
    pub(super) fn tell_added(&mut self, at: usize, order: &Order) {
        let NewOrder { id, side, instrument, price, .. } = order.terms;
        if let (false, Some(price)) = (is_dark(&order.terms), price) {
            self.tell(instrument, What::Add { id, side, price, qty: order.shown });
            self.tell_level(at, side, price);
        }
    }

    /// L3 and L2 of an order that left its price, if it showed.
    pub(super) fn tell_left(&mut self, at: usize, order: &Order) {
        let NewOrder { id, side, instrument, price, .. } = order.terms;
        if let (false, Some(price)) = (is_dark(&order.terms), price) {
            self.tell(instrument, What::Delete { id, side, price, qty: order.shown });
            self.tell_level(at, side, price);
        }
    }

    /// L3 and L2 of an order that shows `qty` less where it stands.
    pub(super) fn tell_shrunk(&mut self, at: usize, order: &Order, qty: Qty) {
        let NewOrder { id, side, instrument, price, .. } = order.terms;
        if let (false, Some(price)) = (qty.is_zero(), price) {
            self.tell(instrument, What::Reduce { id, side, price, qty });
            self.tell_level(at, side, price);
        }
    }

    /// L1, once for every instrument whose best prices are not what was told last.
    pub(super) fn tell_best(&mut self) {
        for at in 0..self.listings.len() {
            let listing = &mut self.listings[at];
            let mut best = Side::BOTH.map(|side| listing.book.best_shown(side));
            if let [Some(bid), Some(ask)] = best
                && bid.price >= ask.price
            {
                best = [None, None];
            }
            let shown = |best: [Option<crate::LevelView>; 2]| {
                best.map(|level| level.map(|level| (level.price, Total::new(level.qty))))
            };
            let [bid, ask] = shown(best);
            let changed = shown(listing.best_told) != [bid, ask];
            listing.best_told = best;
            let instrument = listing.spec.instrument;
            if changed {
                self.tell(instrument, What::Bbo { bid, ask });
            }
        }
    }
}
