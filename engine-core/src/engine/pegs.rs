//! Pegged orders: how they enter, and how they follow the prices that they are pegged to.
//!
//! They never take, so that following causes no trade: between two commands each one stands as
//! near to its aim as the other side lets it.

use super::change::Change;
use super::desk::Desk;
use crate::book::heed::Heed;
use crate::book::order::{Order, Terms};
use crate::book::peg::Marks;
use crate::book::pool::NONE;
use crate::book::{Extra, Waits};
use crate::event::{EventSink, Reject, What};
use crate::id::OrderId;
use crate::limits::PEGS_MAX;
use crate::quantity::{Price, Qty};
use crate::risk::hold::Hold;
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Whether there is room for one more pegged order.
    pub(super) fn check_pegs(&self) -> Result<(), Reject> {
        if self.book.pegged < PEGS_MAX { Ok(()) } else { Err(Reject::Capacity) }
    }

    /// Takes in a pegged order that is on no level, and puts it at a price, where it has one; where
    /// it has none yet, it looks for one when the command is finished.
    pub(super) fn admit_pegged(&mut self, order: Order, extra: Extra, price: Option<Price>) {
        let key = self.store.insert(&order);
        self.book.live += 1;
        self.book.marked = None;
        self.store.waiting += 1;
        self.count_pegged();
        self.store.attach(self.book.position, key, Extra { held: Hold::NONE, ..extra });
        self.join(key);
        if self.accounts.watch {
            self.opened(key);
        }
        let entry = self.store.extra_mut(key).entry;
        self.book.pegs.insert(&mut self.store.nodes, (0, 0, entry), key);
        self.set_down(key, price);
    }

    /// Counts one more pegged order.
    pub(super) fn count_pegged(&mut self) {
        self.book.pegged += 1;
        self.book.heed.set(Heed::PEGS, true);
        self.store.pegged += 1;
    }

    /// Forgets a pegged order that ends, or that leaves to enter again.
    #[cold]
    pub(super) fn forget_pegged(&mut self, entry: u64, rests: bool) {
        // One that waits for its parent is not among them yet.
        self.book.pegs.remove(&mut self.store.nodes, (0, 0, entry));
        self.book.pegged -= 1;
        self.book.heed.set(Heed::PEGS, self.book.pegged != 0);
        self.store.pegged -= 1;
        self.store.waiting -= u32::from(rests);
    }

    /// A replace after which a pegged order stands at the back of its price.
    #[cold]
    #[inline(never)]
    pub(super) fn peg_again(&mut self, change: Change) {
        let Change { position, key, id, price, open, .. } = change;
        if self.accounts.watch {
            self.closing(key);
        }
        let order = self.store.orders.order(key);
        let mut extra = self.store.extra_mut(key).clone();
        extra.limit = extra.limit.map(|_| price);
        let place = self.peg_place(order.side, &extra);
        self.tell_pegged(key, id, open, place);
        self.take_off(key);
        self.unlink_extra(key);
        self.store.release(position, key);
        self.book.live -= 1;
        if id != order.id {
            self.rename_parent(order.id, id);
        }
        let terms = Terms(order.terms.0 & !Terms::TOP);
        let none = Order { level: NONE, shown: Qty::ZERO, extra: NONE, terms, ..order };
        self.admit_pegged(Order { id, open, ..none }, extra, place);
    }

    /// Has the pegged orders follow what moved, oldest first: those that step back, since they
    /// leave room, then those that step forward.
    #[cold]
    #[inline(never)]
    pub(super) fn follow(&mut self) {
        let marks = self.book.marks(self.store);
        if self.book.marked == Some(marks) {
            return;
        }
        self.each_pegged(|desk, key| desk.step_back(key, &marks));
        self.each_pegged(|desk, key| desk.step_forward(key, &marks));
        self.book.marked = Some(marks.moved(self.book, self.store));
    }

    fn each_pegged(&mut self, step: impl Fn(&mut Self, u32)) {
        let mut from = 0;
        while let Some(((.., entry), key)) =
            self.book.pegs.at_or_above(&self.store.nodes, (0, 0, from))
        {
            from = entry + 1;
            step(self, key);
        }
    }

    /// Moves a pegged order that stands nearer to the other side than it aims at.
    fn step_back(&mut self, key: u32, marks: &Marks) {
        let order = &self.store.orders[key];
        if order.waits() {
            return;
        }
        let (side, price) = (order.side(), self.store.levels[order.level()].price);
        let extra = self.store.extra_mut(key).clone();
        let aim = marks.aim(&self.book.spec, side, &extra);
        if aim.is_none_or(|aim| side.is_better(price, aim)) {
            self.move_pegged(key, aim);
        }
    }

    /// Moves a pegged order that can stand nearer to what it aims at.
    fn step_forward(&mut self, key: u32, marks: &Marks) {
        let order = &self.store.orders[key];
        let side = order.side();
        let price = (!order.waits()).then(|| self.store.levels[order.level()].price);
        let extra = self.store.extra_mut(key).clone();
        let best = self.book.best_plain(self.store, side.opposite());
        let place = marks.place(&self.book.spec, side, &extra, best);
        if place != price {
            self.move_pegged(key, place);
        }
    }

    /// Where a pegged order would stand in the book as it is.
    pub(super) fn peg_place(&self, side: Side, extra: &Extra) -> Option<Price> {
        let best = self.book.best_plain(self.store, side.opposite());
        self.book.marks(self.store).place(&self.book.spec, side, extra, best)
    }

    /// Moves a pegged order to the back of a price, or off the book where there is none.
    fn move_pegged(&mut self, key: u32, to: Option<Price>) {
        let order = &self.store.orders[key];
        let (id, open, waits) = (order.id, order.open, order.waits());
        self.tell_pegged(key, id, open, to);
        if waits {
            let entry = self.store.extra_mut(key).entry;
            self.book.waiting.remove(&mut self.store.nodes, (0, 0, entry));
            self.book.heed.set(Heed::WAITING, !self.book.waiting.is_empty());
        } else {
            self.take_off(key);
            self.store.orders.mark(key, self.book.position, Terms::TOP, false);
        }
        self.set_down(key, to);
    }

    /// Puts a pegged order at the back of a price, or among the waiting where there is none.
    fn set_down(&mut self, key: u32, at: Option<Price>) {
        let order = &self.store.orders[key];
        let (id, side, open) = (order.id, order.side(), order.open);
        let dark = self.store.orders.is_dark(key);
        let extra = self.store.extra_mut(key);
        let (entry, display) = (extra.entry, extra.display);
        extra.waits = if at.is_some() { Waits::No } else { Waits::Price };
        let Some(price) = at else {
            self.store.orders.settle(key, NONE, Qty::ZERO);
            self.book.heed.set(Heed::WAITING, true);
            return self.book.waiting.insert(&mut self.store.nodes, (0, 0, entry), key);
        };
        let shown = match display {
            _ if dark => Qty::ZERO,
            Qty::ZERO => open,
            tip => tip.min(open),
        };
        self.book.stand(self.store, key, price, shown);
        if self.book.shared && !dark {
            self.note_top(key);
        }
        if !dark {
            self.tell_added(id, side, price, shown);
        }
    }

    /// Tells the owner of a pegged order where it stands from now on, and as what.
    fn tell_pegged(&mut self, key: u32, new_id: OrderId, leaves: Qty, price: Option<Price>) {
        let Order { id, account, filled, .. } = self.store.orders.order(key);
        let qty = filled + leaves;
        let kept_priority = false;
        self.out.private(What::Replaced { id, new_id, account, price, qty, leaves, kept_priority });
    }
}
