//! The short way of plain orders in a plain book.
//!
//! It does what `place.rs` and `change.rs` do, and leaves out what plain orders have nothing of.
//! Whatever is not plain or is refused takes the long way: each function says whether the whole
//! command is done, and has done nothing where it is not.

use super::desk::Desk;
use super::matching::Maker;
use super::taker::{Special, Taker};
use crate::book::Spot;
use crate::book::order::Terms;
use crate::book::orders::Seat;
use crate::command::{Cancel, NewOrder, NewQty, OrderType, Reduce, Replace, Stp, TimeInForce};
use crate::event::{CancelReason, EventSink, Interest, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::ReplacePolicy;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// An order that was found by its name.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// The place of its entry in the index.
    at: usize,
    key: u32,
    seat: Seat,
}

/// A command about one order that may go the short way.
pub(super) trait Short {
    /// Whose book it is for.
    fn instrument(&self) -> InstrumentId;

    /// Does the whole of it, or nothing; which.
    fn go<S: EventSink>(&self, desk: &mut Desk<'_, S>) -> bool;
}

/// What the desk does with a command of this kind.
macro_rules! short {
    ($command:ty, $does:ident) => {
        impl Short for $command {
            #[inline(always)]
            fn instrument(&self) -> InstrumentId {
                self.instrument
            }

            #[inline(always)]
            fn go<S: EventSink>(&self, desk: &mut Desk<'_, S>) -> bool {
                desk.$does(self)
            }
        }
    };
}

short!(Plain, place);
short!(Cancel, cancel);
short!(Reduce, reduce);
short!(Replace, replace);

impl<S: EventSink> Desk<'_, S> {
    /// Places an order.
    #[inline(always)]
    fn place(&mut self, order: &Plain) -> bool {
        let &Plain { id, account, side, tif, price, qty, .. } = order;
        if self.crosses(side, price) || tif == TimeInForce::Ioc {
            return self.cross(order);
        }
        let Some(spot) = self.book.spot(self.store, id, side, price) else { return false };
        self.seat(id, account, side, price, qty, spot);
        true
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

    /// Places an order that trades or ends, and may rest.
    #[inline(never)]
    fn cross(&mut self, order: &Plain) -> bool {
        let &Plain { id, account, side, tif, price: limit, qty: open, .. } = order;
        let room = !self.store.orders.is_full() && !self.store.no_level_left();
        if !room || !self.store.has_room(self.book.position, id) {
            return false;
        }
        self.out.private(What::Accepted { id, account, side, qty: open, price: Some(limit) });
        let mut taker = Taker {
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
        };
        if !self.out.wants(Interest::L2.and(Interest::L3)) {
            self.trade_plain(&mut taker);
        }
        if !taker.open.is_zero() {
            self.enter(&mut taker);
        }
        true
    }

    /// Trades with plain orders, one after the other, up to the first that is more than that.
    #[inline(always)]
    fn trade_plain(&mut self, taker: &mut Taker) {
        let side = taker.side.opposite();
        while !taker.open.is_zero() {
            let level = self.book.side(side).best();
            let Some(place) = self.store.levels.find(level) else { return };
            let (price, maker) = (place.price, place.front());
            if !taker.side.crosses(taker.limit, price) {
                return;
            }
            let seat = self.store.orders[maker];
            if seat.is_special() {
                return;
            }
            let Seat { id, account, open, .. } = seat;
            let qty = taker.open.min(open);
            self.pass(taker, account, qty);
            taker.open -= qty;
            taker.filled += qty;
            let leaves = open - qty;
            let filled = if leaves.is_zero() {
                let filled = self.store.orders.filled(maker) + qty;
                self.leave(maker, &seat);
                filled
            } else {
                self.fill_part(level, maker, leaves, qty)
            };
            self.book.trades += 1;
            self.book.last_trade = Some(price);
            self.tell_trade(taker, id, price, qty);
            self.tell_fills(taker, Maker { id, account, leaves, filled }, price, qty);
        }
    }

    /// A plain order that was filled leaves its level, the index and its seat.
    #[inline(always)]
    fn leave(&mut self, key: u32, seat: &Seat) {
        let position = self.store.position_of(self.book.position, key);
        let emptied = self.book.leave_plain(self.store, seat);
        self.store.release(position, key);
        self.book.live -= 1;
        if emptied {
            self.book.drop_level(self.store, seat);
        }
    }

    /// A plain live order of this account.
    #[inline(always)]
    fn plain_order(&self, id: OrderId, account: AccountId) -> Option<Found> {
        let found = self.plain_somewhere(id, account)?;
        self.book.level_of(self.store, &found.seat).is_some().then_some(found)
    }

    /// A plain live order of this account that rests, or waits, in this book or in another.
    #[inline(always)]
    fn plain_somewhere(&self, id: OrderId, account: AccountId) -> Option<Found> {
        let (at, key, seat) = self.store.find_likely(self.book.position, id)?;
        let plain = seat.account == account && !seat.is_special();
        plain.then_some(Found { at, key, seat })
    }

    /// Takes an order off the book.
    #[inline(always)]
    fn cancel(&mut self, cancel: &Cancel) -> bool {
        let &Cancel { id, account, .. } = cancel;
        let Some(Found { at, key, seat }) = self.plain_somewhere(id, account) else { return false };
        let Some(level) = self.book.level_of_mut(&mut self.store.levels, &seat) else {
            return false;
        };
        let canceled = What::Canceled { id, account, qty: seat.open, reason: CancelReason::User };
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            self.out.private(canceled);
            self.take_off(key);
            self.store.vacate(at, key);
        } else {
            let emptied = level.leave(self.store.orders.seats_mut(), &seat);
            self.store.vacate(at, key);
            if emptied {
                self.book.drop_level(self.store, &seat);
            }
            self.out.private(canceled);
        }
        self.book.live -= 1;
        true
    }

    /// Lowers what is open of an order, which keeps its place.
    #[inline(always)]
    fn reduce(&mut self, reduce: &Reduce) -> bool {
        let &Reduce { id, account, by, .. } = reduce;
        let Some(Found { key, seat, .. }) = self.plain_order(id, account) else { return false };
        if by.is_zero() || by >= seat.open || seat.is_detailed() {
            return false;
        }
        let leaves = seat.open - by;
        self.store.orders[key].open = leaves;
        let place = &mut self.store.levels[seat.level()];
        place.shown -= by;
        self.out.private(What::Replaced {
            id,
            new_id: id,
            account,
            price: Some(place.price),
            qty: leaves,
            leaves,
            kept_priority: true,
        });
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            self.tell_reduced(key, by);
        }
        true
    }

    /// Gives an order another price or quantity.
    #[inline(always)]
    fn replace(&mut self, replace: &Replace) -> bool {
        let Some((key, seat, price, open)) = self.plain_move(replace) else { return false };
        self.move_plain(key, &seat, price, open);
        true
    }

    /// The order, its seat, price and open quantity of a replace that moves a plain order to where
    /// it does not trade.
    #[inline(always)]
    fn plain_move(&self, replace: &Replace) -> Option<(u32, Seat, Price, Qty)> {
        let &Replace { id, account, new_id, price, qty, .. } = replace;
        let Found { key, seat, .. } = self.plain_order(id, account)?;
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
        (!open.is_zero() && !keeps && !trades).then_some((key, seat, price, open))
    }

    /// Moves a plain order to the back of where it does not trade; its seat and its place in the
    /// index stay.
    #[inline(always)]
    fn move_plain(&mut self, key: u32, seat: &Seat, price: Price, open: Qty) {
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
        if self.out.wants(Interest::L2.and(Interest::L3)) {
            self.take_off(key);
        } else if self.book.leave_plain(self.store, seat) {
            self.book.drop_level(self.store, seat);
        }
        let level = self.book.level_for(self.store, side, price);
        self.book.reseat(self.store, key, level, open);
        self.tell_added(id, side, price, open);
    }
}

/// A limit order that is good till cancelled or immediate, and nothing more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    pub(super) instrument: InstrumentId,
    pub(super) id: OrderId,
    pub(super) account: AccountId,
    pub(super) side: Side,
    pub(super) tif: TimeInForce,
    pub(super) price: Price,
    pub(super) qty: Qty,
}

impl Plain {
    /// An order that is no more than that.
    #[inline(always)]
    pub(super) fn of(order: &NewOrder) -> Option<Self> {
        let price = order.plain_price()?;
        let &NewOrder { instrument, id, account, side, tif, qty, .. } = order;
        Some(Self { instrument, id, account, side, tif, price, qty })
    }

    /// The same as any order.
    pub(super) fn whole(self) -> NewOrder {
        let Self { instrument, id, account, side, tif, price, qty } = self;
        NewOrder { instrument, account, tif, ..NewOrder::limit(id, side, price, qty) }
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
