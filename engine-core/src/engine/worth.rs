//! Orders by worth: how much of it a book buys or sells at once.

use super::desk::Desk;
use super::taker::Taker;
use crate::book::pool::NONE;
use crate::event::EventSink;
use crate::quantity::Qty;

/// What is counted so far.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// The worth that is left.
    left: u128,
    lots: u128,
    /// Fewer lots than an all-or-none order that was passed over has: else it would be met.
    most: u128,
}

impl<S: EventSink> Desk<'_, S> {
    /// How many whole lots a worth buys or sells at once.
    #[cold]
    pub(super) fn affordable(&self, taker: &Taker, notional: u64) -> Qty {
        let mut count = Count { left: u128::from(notional), lots: 0, most: u128::MAX };
        for key in self.book.side(taker.side.opposite()).levels(self.store) {
            let level = &self.store.levels[key];
            if !taker.side.crosses(taker.limit, level.price) {
                break;
            }
            // At a price of zero or less a worth buys without end.
            let each = u128::try_from(level.price.0).unwrap_or(0);
            let goes_on = if level.is_lit() || self.book.wholes.is_empty() {
                count.take(level.open(), each)
            } else {
                self.afford_each(level.front(), each, &mut count)
            };
            if !goes_on {
                break;
            }
        }
        let lots = u64::try_from(count.lots).unwrap_or(u64::MAX);
        Qty(lots - lots % self.book.spec.lot)
    }

    /// Counts the orders of a level one by one; false where the worth is used up.
    fn afford_each(&self, front: u32, each: u128, count: &mut Count) -> bool {
        let level = self.store.orders[front].level();
        let mut at = front;
        while at != NONE {
            let open = u128::from(self.store.orders[at].open.0);
            if self.store.orders.is_whole(at) && !count.affords(open, each) {
                count.most = count.most.min(open - 1);
            } else if !count.take(open, each) {
                return false;
            }
            at = self.store.levels[level].after(&self.store.orders, at);
        }
        true
    }
}

impl Count {
    /// Whether all of `there` can be had at `each`.
    fn affords(&self, there: u128, each: u128) -> bool {
        there <= self.most && self.left.checked_div(each).is_none_or(|most| there <= most)
    }

    /// Counts what can be had of `there`; false where that is not all of it.
    fn take(&mut self, there: u128, each: u128) -> bool {
        let here = self.left.checked_div(each).map_or(there, |most| most.min(there));
        let here = here.min(self.most);
        self.left -= here * each;
        self.lots += here;
        self.most -= here;
        here == there
    }
}
