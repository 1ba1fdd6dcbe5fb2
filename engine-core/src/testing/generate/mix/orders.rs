//! New orders of every kind, and some that are none.

use super::{LEDGER, Mix, account, id, instrument, position, price, qty, side};
use crate::command::{NewOrder, OrderType, Peg, Phase, PostOnly, Stp, TimeInForce};
use crate::id::AccountId;
use crate::quantity::{Price, Qty, Time};
use crate::testing::generate::Choice;

impl Mix {
    pub(super) fn order(&self, choice: &mut impl Choice) -> NewOrder {
        let instrument = instrument(choice);
        let side = side(choice);
        let mut order = NewOrder {
            instrument,
            account: account(choice),
            tif: tif(choice),
            stp_group: u32::try_from(choice.below(6).saturating_sub(3)).expect("below 3"),
            stp: choice.pick(Stp::ALL),
            ..NewOrder::limit(id(choice), side, price(choice, instrument), qty(choice, 30))
        };
        let gathers = position(instrument)
            .is_some_and(|book| matches!(self.phases[book], Some(Phase::PreOpen | Phase::Auction)));
        if choice.chance(8) {
            order.reduce_only = true;
            order.account = choice.pick(&[LEDGER, LEDGER, AccountId(1)]);
        }
        if gathers && choice.chance(80) {
            // Most of what is for at once is refused.
            order.tif = choice.pick(&[
                TimeInForce::Gtc,
                TimeInForce::Gtc,
                TimeInForce::Day,
                TimeInForce::Auction,
                TimeInForce::AtOpen,
                TimeInForce::AtClose,
            ]);
        }
        match choice.below(100) {
            0..=11 => sweeping(choice, &mut order),
            12..=20 => {
                order.order_type = OrderType::Iceberg;
                order.display = Qty(2 + 2 * choice.below(2));
                if choice.chance(5) {
                    order.display = Qty(order.qty.0 / 4 * 2);
                }
            }
            21..=26 => order.hidden = true,
            27..=46 => stopped(choice, &mut order),
            47..=58 => pegged(choice, &mut order),
            _ => {}
        }
        let may_post = order.price.is_some() || order.order_type == OrderType::Pegged;
        if may_post && choice.chance(15) {
            order.post_only = choice.pick(&[PostOnly::Reject, PostOnly::Slide]);
        }
        let may = order.display.is_zero()
            && order.post_only == PostOnly::No
            && order.order_type != OrderType::Pegged;
        order.all_or_none = may && choice.chance(12);
        self.link(choice, &mut order);
        if order.tif == TimeInForce::Gtd {
            order.expire_at = Time(self.now + choice.below(48));
        }
        if choice.chance(4) {
            spoil(choice, &mut order);
        }
        order
    }

    /// Ties an order to others: to a group, or to one that it waits for.
    fn link(&self, choice: &mut impl Choice, order: &mut NewOrder) {
        if choice.chance(18) {
            order.group = 1 + choice.below(3);
        }
        if order.notional == 0 && choice.chance(9) {
            let (account, parent) = choice.pick(&self.latest);
            order.parent = parent.0;
            if choice.chance(90) {
                order.account = account;
            }
        }
        let may_take = order.post_only == PostOnly::No && order.order_type != OrderType::Pegged;
        if order.notional == 0 && may_take && choice.chance(8) {
            order.min_qty = Qty(2 + 2 * choice.below(4));
        }
    }
}

/// Makes an order one that takes any price, or any up to a limit.
fn sweeping(choice: &mut impl Choice, order: &mut NewOrder) {
    *order = NewOrder { order_type: OrderType::Market, price: None, ..*order };
    order.limit = choice.chance(50).then(|| price(choice, order.instrument));
    if choice.chance(70) {
        order.tif = TimeInForce::Gtc;
    }
    match choice.below(5) {
        0 => (order.qty, order.notional) = (Qty(0), 1 + choice.below(3_000)),
        1 => order.order_type = OrderType::MarketToLimit,
        _ => {}
    }
}

/// Makes an order one that waits for a stop.
fn stopped(choice: &mut impl Choice, order: &mut NewOrder) {
    use OrderType as T;
    let kind =
        choice.pick(&[T::Stop, T::StopLimit, T::TrailingStop, T::TrailingStopLimit, T::StopLimit]);
    order.order_type = kind;
    let trails = matches!(kind, T::TrailingStop | T::TrailingStopLimit);
    if !trails || choice.chance(30) {
        order.stop = Some(price(choice, order.instrument));
    }
    if trails {
        order.trail = 1 + choice.below(6);
        if choice.below(64) == 0 {
            order.trail = (u64::MAX >> choice.below(2)) - choice.below(2);
        }
    }
    if matches!(kind, T::Stop | T::TrailingStop) {
        order.price = None;
        order.limit = choice.chance(40).then(|| price(choice, order.instrument));
    } else {
        order.hidden = choice.chance(10);
    }
    if choice.chance(60) {
        order.tif = TimeInForce::Gtc;
    }
}

/// Makes an order one that follows a price.
fn pegged(choice: &mut impl Choice, order: &mut NewOrder) {
    order.order_type = OrderType::Pegged;
    order.price = None;
    order.peg = choice.pick(Peg::ALL);
    order.offset = match choice.below(16) {
        0..=5 => 0,
        6 => choice.pick(&[i64::MIN, i64::MAX, i64::MIN + 9, 20 - i64::MAX]),
        _ => i64::try_from(choice.below(13)).expect("small") - 6,
    };
    order.limit = choice.chance(40).then(|| price(choice, order.instrument));
    if choice.chance(80) {
        order.tif = choice.pick(&[TimeInForce::Gtc, TimeInForce::Gtc, TimeInForce::Gtd]);
    }
    match choice.below(8) {
        0 => order.hidden = true,
        1 => order.display = Qty(2 + 2 * choice.below(2)),
        _ => {}
    }
}

fn tif(choice: &mut impl Choice) -> TimeInForce {
    match choice.below(32) {
        0..=14 => TimeInForce::Gtc,
        15..=18 => TimeInForce::Day,
        19..=22 => TimeInForce::Gtd,
        23..=26 => TimeInForce::Ioc,
        27..=29 => TimeInForce::Fok,
        _ => choice.pick(&[TimeInForce::AtOpen, TimeInForce::AtClose, TimeInForce::Auction]),
    }
}

/// Makes an order wrong, or at least unusual, in one way.
fn spoil(choice: &mut impl Choice, order: &mut NewOrder) {
    let one = 1 + choice.below(3);
    match choice.below(18) {
        0 => order.price = None,
        1 => order.price = Some(Price(7)),
        2 => order.limit = Some(Price(100)),
        3 => order.stop = Some(Price(100)),
        4 => order.trail = one,
        5 => order.offset = -1,
        6 => order.display = Qty(one),
        7 => order.min_qty = Qty(one),
        8 => order.all_or_none = true,
        9 => order.hidden = true,
        10 => order.reduce_only = true,
        11 => order.group = one,
        12 => order.parent = one,
        13 => order.notional = one,
        14 => order.expire_at = Time(one),
        15 => order.peg = Peg::Midpoint,
        16 => order.post_only = PostOnly::Reject,
        _ => order.order_type = choice.pick(OrderType::ALL),
    }
}
