//! Looking ahead: how much of an order could trade at once, before anything does.

use super::desk::Desk;
use super::taker::Taker;
use crate::book::Extra;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::command::Stp;
use crate::event::EventSink;
use crate::quantity::Qty;

impl<S: EventSink> Desk<'_, S> {
    /// Whether `wanted` of an order can trade at once.
    #[inline(never)]
    pub(super) fn can_fill(&self, taker: &Taker, wanted: Qty) -> bool {
        let wanted = u128::from(wanted.0);
        let mut reach = Reach { open: u128::from(taker.open.0), sure: 0, maybe: 0 };
        // Where all of it is there for the taker, a level counts as a whole.
        let plain = !taker.prevents() && self.book.is_sure();
        for key in self.book.side(taker.side.opposite()).levels(self.store) {
            let level = &self.store.levels[key];
            if !taker.side.crosses(taker.limit, level.price) {
                break;
            }
            if plain && (level.is_lit() || self.book.wholes.is_empty()) {
                reach.count(level.open());
            } else if !self.can_fill_at(taker, level.front(), wanted, &mut reach) {
                break;
            }
            if reach.sure >= wanted {
                break;
            }
        }
        reach.sure >= wanted
    }

    /// Counts the orders of a level one by one; false where an order of the taker's own group
    /// ends the look ahead.
    fn can_fill_at(&self, taker: &Taker, front: u32, wanted: u128, reach: &mut Reach) -> bool {
        // An order of the own group is met when the tips of the icebergs before it are gone, and
        // their reserves stand behind it: so tips count first.
        let level = self.store.orders[front].level();
        let mut at = front;
        if self.book.shared && taker.stp != Stp::CancelMaker && self.shows_own(taker, at) {
            return false;
        }
        let mut reserves = Reach::default();
        while at != NONE && reach.sure < wanted {
            let maker = &self.store.orders.order(at);
            let tip = if maker.is_dark() { maker.open } else { maker.shown };
            let fit = self.fit(maker, at, reach);
            if taker.meets(maker) {
                if taker.stp != Stp::CancelMaker && fit != Fit::Never {
                    return false;
                }
            } else {
                let sure = fit == Fit::Always && (maker.extra == NONE || self.is_sure(taker, at));
                if fit != Fit::Never {
                    reach.meet(tip, sure);
                    reserves.meet(maker.open - tip, sure);
                }
            }
            let next = self.store.levels[level].after(&self.store.orders, at);
            let leaves_shown = next == NONE || self.store.orders.is_dark(next);
            if leaves_shown && !maker.is_dark() {
                reach.sure += reserves.sure;
                reach.maybe += reserves.maybe;
            }
            at = next;
        }
        true
    }

    /// Whether the taker will have enough left for a maker that trades whole or not at all.
    fn fit(&self, maker: &Order, key: u32, reach: &Reach) -> Fit {
        if !maker.terms.has(Terms::WHOLE) {
            return Fit::Always;
        }
        let open = u128::from(maker.open.0);
        let shrinks = |extra: &Extra| extra.group != 0 || extra.reduce_only;
        let linked = self.store.extra(key).is_some_and(shrinks);
        if open <= reach.open.saturating_sub(reach.maybe) {
            Fit::Always
        } else if open <= reach.open.saturating_sub(reach.sure) || linked {
            Fit::Perhaps
        } else {
            Fit::Never
        }
    }

    /// Whether an order of the taker's own group shows something among those from `front` on.
    #[cold]
    fn shows_own(&self, taker: &Taker, front: u32) -> bool {
        let mut at = front;
        while at != NONE && !self.store.orders.is_dark(at) {
            if taker.meets(&self.store.orders.order(at)) {
                return true;
            }
            at = self.store.orders[at].next;
        }
        false
    }

    /// Whether what is open of a maker is there for the taker whatever its group does: of several
    /// of a group on that side the smallest, if self-trade prevention ends none of them.
    #[cold]
    fn is_sure(&self, taker: &Taker, key: u32) -> bool {
        let maker = &self.store.orders.order(key);
        let Some(extra) = self.store.extra(key) else { return true };
        if extra.reduce_only && !self.is_all_that_is_open(maker) {
            return false;
        }
        let group = extra.group;
        if group == 0 {
            return true;
        }
        if taker.special.group == group && taker.account == maker.account {
            return false;
        }
        let (mut from, mut passed) = (0, false);
        while let Some((entry, other)) = self.member(maker.account, group, from) {
            from = entry + 1;
            let order = &self.store.orders.order(other);
            if order.side != maker.side || order.level == NONE {
                continue;
            }
            passed |= other == key;
            let smaller = order.open < maker.open || (order.open == maker.open && !passed);
            if smaller || taker.meets(order) {
                return false;
            }
        }
        true
    }
}

/// What a look ahead has counted.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    /// What the taker has open.
    open: u128,
    /// What it surely trades.
    sure: u128,
    /// What it trades at most.
    maybe: u128,
}

/// Whether an order that trades whole or not at all will be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Whatever happens before.
    Always,
    /// If less happens before than might, or its group takes something off it.
    Perhaps,
    /// It is too large.
    Never,
}

impl Reach {
    fn count(&mut self, qty: u128) {
        self.sure += qty;
        self.maybe += qty;
    }

    fn meet(&mut self, qty: Qty, sure: bool) {
        self.maybe += u128::from(qty.0);
        if sure {
            self.sure += u128::from(qty.0);
        }
    }
}

impl Taker {
    /// Whether it would not trade with this maker.
    pub(super) fn meets(&self, maker: &Order) -> bool {
        self.prevents() && self.stp_group == maker.stp_group
    }
}
