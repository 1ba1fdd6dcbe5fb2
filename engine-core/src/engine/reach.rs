//! Looking ahead: how much of an order could trade at once, before anything does.

use super::desk::Desk;
use super::matching::Taker;
use crate::book::order::Order;
use crate::book::pool::NONE;
use crate::command::Stp;
use crate::event::EventSink;
use crate::quantity::Qty;

impl<S: EventSink> Desk<'_, S> {
    /// Whether `wanted` of an order can trade at once.
    #[inline(never)]
    pub(super) fn can_fill(&self, taker: &Taker, wanted: Qty) -> bool {
        let mut missing = u128::from(wanted.0);
        // Where neither self-trade prevention nor groups matter, a level counts as a whole.
        let whole = !taker.prevents() && self.book.groups.is_empty();
        for key in self.book.side(taker.side.opposite()).levels(self.store) {
            let level = &self.store.levels[key];
            if !taker.side.crosses(taker.limit, level.price) {
                break;
            }
            if whole {
                missing = missing.saturating_sub(level.shown + level.dark);
            } else if !self.can_fill_at(taker, level.front(), &mut missing) {
                return missing == 0;
            }
            if missing == 0 {
                return true;
            }
        }
        missing == 0
    }

    /// Counts the orders of a level one by one; false where an order of the taker's own group
    /// ends the look ahead.
    fn can_fill_at(&self, taker: &Taker, front: u32, missing: &mut u128) -> bool {
        // An order of the own group is met when the tips of the icebergs before it are gone, and
        // their reserves stand behind it: so tips count first.
        let level = self.store.orders[front].level();
        let mut at = front;
        if self.book.shared && taker.stp != Stp::CancelMaker && self.shows_own(taker, at) {
            return false;
        }
        let mut reserves = 0;
        while at != NONE && *missing > 0 {
            let maker = &self.store.orders.order(at);
            let tip = if maker.is_dark() { maker.open } else { maker.shown };
            if taker.meets(maker) {
                if taker.stp != Stp::CancelMaker {
                    return false;
                }
            } else if maker.extra == NONE || self.is_sure(taker, at) {
                *missing = missing.saturating_sub(u128::from(tip.0));
                reserves += u128::from((maker.open - tip).0);
            }
            let next = self.store.levels[level].after(&self.store.orders, at);
            let leaves_shown = next == NONE || self.store.orders.is_dark(next);
            if leaves_shown && !maker.is_dark() {
                *missing = missing.saturating_sub(core::mem::take(&mut reserves));
            }
            at = next;
        }
        true
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
        let Some(group) = self.store.extra(key).map(|extra| extra.group) else { return true };
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

impl Taker {
    /// Whether it would not trade with this maker.
    pub(super) fn meets(&self, maker: &Order) -> bool {
        self.prevents() && self.stp_group == maker.stp_group
    }
}
