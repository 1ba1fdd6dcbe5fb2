//! The short way of plain orders in a plain book.
//!
//! It does what `place.rs` and `change.rs` do, and leaves out what plain orders have nothing of.
//! Whatever is not plain, is refused or needs more than one step takes the long way.

use super::desk::{Desk, Way};
use super::matching::{Special, Taker};
use crate::book::order::Terms;
use crate::book::{Spot, Vacancy};
use crate::command::{NewOrder, NewQty, OrderType, Reduce, Replace, Stp, TimeInForce};
use crate::event::{CancelReason, EventSink, Interest, What};
use crate::id::{AccountId, OrderId};
use crate::instrument::ReplacePolicy;
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl<S: EventSink> Desk<'_, S> {
    /// Whether nothing is switched on that a plain order would have to heed.
    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.book.heed.is_empty() && !self.accounts.watch
    }

    /// Places an order.
    #[inline(always)]
    pub(super) fn place(&mut self, order: &NewOrder) -> Way {
        let &NewOrder { id, account, side, qty, tif, .. } = order;
        if let Some(price) = order.plain_price()
            && self.is_plain()
        {
            if self.crosses(side, price) || tif == TimeInForce::Ioc {
                self.aside().cross(id, account, side, tif, price, qty);
                return Way::Long;
            }
            if let Some(spot) = self.book.spot(self.store, id, side, price) {
                self.seat(id, account, side, price, qty, spot);
                return Way::Short;
            }
        }
        // A copy, so that the order itself need not be in memory.
        let order = *order;
        self.aside().place_any(&order);
        Way::Long
    }

    /// A plain order that does not trade and for which there is a spot.
    #[inline(always)]
    fn seat(
        &mut self,
        id: OrderId,
        account: AccountId,
        side: Side,
        price: Price,
        qty: Qty,
        spot: Spot,
    ) {
        self.out.private(What::Accepted { id, account, side, qty, price: Some(price) });
        self.book.seat(self.store, spot, id, account, side, qty);
        self.tell_added(id, side, price, qty);
    }

    /// A plain order that trades or ends.
    #[inline(never)]
    fn cross(
        &mut self,
        id: OrderId,
        account: AccountId,
        side: Side,
        tif: TimeInForce,
        limit: Price,
        open: Qty,
    ) {
        let room = !self.store.orders.is_full() && !self.store.no_level_left();
        if !room || self.store.vacancy(self.book.position, id).is_none() {
            let order = NewOrder { account, tif, ..NewOrder::limit(id, side, limit, open) };
            return self.place_any(&order);
        }
        let price = Some(limit);
        self.out.private(What::Accepted { id, account, side, qty: open, price });
        self.enter(&mut Taker {
            id,
            account,
            side,
            order_type: OrderType::Limit,
            tif,
            stp: Stp::None,
            terms: Terms::default(),
            stp_group: 0,
            limit,
            asked: None,
            open,
            filled: Qty::ZERO,
            special: Special::NONE,
        });
    }

    /// The place in the index and the seat of a plain live order of this account.
    #[inline(always)]
    fn plain_order(&self, id: OrderId, account: AccountId) -> Option<(Vacancy, u32)> {
        if !self.is_plain() {
            return None;
        }
        let (at, key) = self.store.find_settled(self.book.position, id)?;
        let seat = &self.store.orders[key];
        (seat.account == account && !seat.is_special()).then_some((at, key))
    }

    /// Takes an order off the book.
    #[inline(always)]
    pub(super) fn cancel(&mut self, id: OrderId, account: AccountId) -> Way {
        let Some((at, key)) = self.plain_order(id, account) else {
            self.aside().cancel_any(id, account);
            return Way::Long;
        };
        let (qty, reason) = (self.store.orders[key].open, CancelReason::User);
        self.out.private(What::Canceled { id, account, qty, reason });
        self.take_off_plain(key);
        self.store.vacate(at, key);
        self.book.live -= 1;
        Way::Short
    }

    /// Takes a plain order off its level and tells so.
    #[inline(always)]
    fn take_off_plain(&mut self, key: u32) {
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            self.aside().take_off(key);
        } else {
            self.book.unlink_plain(self.store, key);
        }
    }

    /// Lowers what is open of an order, which keeps its place.
    #[inline(always)]
    pub(super) fn reduce(&mut self, reduce: &Reduce) -> Way {
        let &Reduce { id, account, by, .. } = reduce;
        match self.plain_order(id, account) {
            Some((_, key)) if !by.is_zero() && by < self.store.orders[key].open => {
                self.shrink(key, by);
                Way::Short
            }
            _ => {
                let reduce = *reduce;
                self.aside().reduce_any(&reduce);
                Way::Long
            }
        }
    }

    /// Gives an order another price, quantity or name.
    #[inline(always)]
    pub(super) fn replace(&mut self, replace: &Replace) -> Way {
        match self.plain_move(replace) {
            Some((key, price, open)) => {
                self.move_plain(key, price, open);
                Way::Short
            }
            None => {
                let replace = *replace;
                self.aside().replace_any(&replace);
                Way::Long
            }
        }
    }

    /// The order, price and open quantity of a replace that moves a plain order to where it does
    /// not trade.
    #[inline(always)]
    fn plain_move(&self, replace: &Replace) -> Option<(u32, Price, Qty)> {
        let &Replace { id, account, new_id, price, qty, .. } = replace;
        let (_, key) = self.plain_order(id, account)?;
        let seat = &self.store.orders[key];
        if seat.is_detailed() || new_id.is_some() || self.store.no_level_left() {
            return None;
        }
        let current = self.store.levels[seat.level()].price;
        let price = price.unwrap_or(current);
        let open = match qty {
            NewQty::Keep => seat.open,
            NewQty::Total(qty) | NewQty::Open(qty) => qty,
        };
        let keeps = price == current
            && open <= seat.open
            && self.book.spec.replace_policy == ReplacePolicy::Keep;
        let trades = self.crosses(seat.side(), price);
        (!open.is_zero() && !keeps && !trades).then_some((key, price, open))
    }

    /// Moves a plain order to the back of where it does not trade; its seat and its place in the
    /// index stay.
    #[inline(always)]
    fn move_plain(&mut self, key: u32, price: Price, open: Qty) {
        let seat = &self.store.orders[key];
        let (id, account, side) = (seat.id, seat.account, seat.side());
        self.out.private(What::Replaced {
            id,
            new_id: id,
            account,
            price: Some(price),
            qty: open,
            leaves: open,
            kept_priority: false,
        });
        self.take_off_plain(key);
        let level = self.book.level_for(self.store, side, price);
        self.book.reseat(self.store, key, level, open);
        self.tell_added(id, side, price, open);
    }
}

impl NewOrder {
    /// The price of a limit order that is good till cancelled or immediate, and nothing more.
    #[inline(always)]
    fn plain_price(&self) -> Option<Price> {
        let words = self.notional
            | self.trail
            | self.offset.cast_unsigned()
            | self.display.0
            | self.min_qty.0
            | self.expire_at.0
            | self.group
            | self.parent
            | u64::from(self.stp_group);
        let small = self.order_type as u8
            | self.post_only as u8
            | self.stp as u8
            | self.peg as u8
            | u8::from(self.hidden | self.all_or_none | self.reduce_only);
        let immediate = matches!(self.tif, TimeInForce::Gtc | TimeInForce::Ioc);
        let more = words != 0 || small != 0 || self.limit.is_some() || self.stop.is_some();
        if more || !immediate || self.qty.is_zero() { None } else { self.price }
    }
}

const _: () = {
    assert!(OrderType::Limit as u8 == 0 && Stp::None as u8 == 0);
    assert!(crate::command::PostOnly::No as u8 == 0 && crate::command::Peg::Primary as u8 == 0);
};

#[cfg(test)]
mod tests {
    use crate::command::{NewOrder, OrderType, Peg, PostOnly, Stp};
    use crate::id::OrderId;
    use crate::quantity::{Price, Qty, Time};
    use crate::side::Side;

    type Change = fn(&mut NewOrder);

    /// All that makes an order more than a plain one, with numbers that are the same where they can
    /// be: two of them do not undo each other.
    const CHANGES: [Change; 18] = [
        |order| order.notional = 1,
        |order| order.trail = 1,
        |order| order.offset = 1,
        |order| order.display = Qty(1),
        |order| order.min_qty = Qty(1),
        |order| order.expire_at = Time(1),
        |order| order.group = 1,
        |order| order.parent = 1,
        |order| order.stp_group = 1,
        |order| order.order_type = OrderType::Market,
        |order| order.post_only = PostOnly::Reject,
        |order| order.stp = Stp::CancelTaker,
        |order| order.peg = Peg::Market,
        |order| order.hidden = true,
        |order| order.all_or_none = true,
        |order| order.reduce_only = true,
        |order| order.limit = Some(Price(1)),
        |order| order.stop = Some(Price(1)),
    ];

    #[test]
    fn what_is_more_is_not_plain() {
        let plain = NewOrder::limit(OrderId(1), Side::Buy, Price(7), Qty(2));
        assert_eq!(plain.plain_price(), Some(Price(7)));
        for (at, one) in CHANGES.iter().enumerate() {
            for other in &CHANGES[at..] {
                let mut order = plain;
                one(&mut order);
                other(&mut order);
                assert_eq!(order.plain_price(), None, "{order:?}");
            }
        }
    }
}
