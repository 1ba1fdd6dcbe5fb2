//! An order enters: it trades with the best order of the other side until it must rest or end.

use core::ops::ControlFlow;

use super::Reference;
use super::book::{Order, Place};
use crate::command::{NewOrder, OrderType, Stp, TimeInForce};
use crate::event::{CancelReason, Fee, Liquidity, Op, What};
use crate::quantity::{Notional, Price, Qty};
use crate::side::Side;

impl Reference {
    /// A new order.
    pub(super) fn place(&mut self, new: &NewOrder) {
        match self.check_new(new) {
            Err(reason) => self.turn_away(Op::New, (new.instrument, new.id, new.account), reason),
            Ok((at, order)) => {
                let NewOrder { id, account, side, qty, price, .. } = order.terms;
                self.tell(new.instrument, What::Accepted { id, account, side, qty, price });
                self.enter(at, order);
            }
        }
    }

    /// Lets an order that was accepted trade; then it rests, or what is left of it ends.
    pub(super) fn enter(&mut self, at: usize, mut taker: Order) {
        if taker.terms.tif == TimeInForce::Fok
            && self.in_reach(at, &taker) < u128::from(taker.open.0)
        {
            return self.tell_canceled(&taker, CancelReason::Fok);
        }
        while !taker.open.is_zero() {
            let Some(maker) = self.next_maker(at, &taker) else {
                break;
            };
            let resting = self.listings[at].book.at(maker);
            if same_group(&taker, resting) && taker.terms.stp != Stp::None {
                if self.keep_apart(at, &mut taker, maker).is_break() {
                    return;
                }
            } else {
                self.trade(at, &mut taker, maker);
            }
        }
        if taker.open.is_zero() {
            return;
        }
        match (taker.terms.order_type, taker.terms.tif) {
            (OrderType::Market, _) => self.tell_canceled(&taker, CancelReason::NoLiquidity),
            (_, TimeInForce::Ioc) => self.tell_canceled(&taker, CancelReason::Ioc),
            _ => self.rest(at, taker),
        }
    }

    /// The order that the taker meets next, if it meets one within its limit.
    fn next_maker(&self, at: usize, taker: &Order) -> Option<Place> {
        let side = taker.terms.side.opposite();
        let best = self.listings[at].book.best(side)?;
        let place = Place { side, price: best.price, rank: 0 };
        taker.terms.side.crosses(limit_of(taker), best.price).then_some(place)
    }

    /// How much a taker could trade if it took all it can reach, its own orders considered.
    fn in_reach(&self, at: usize, taker: &Order) -> u128 {
        let mut reach = 0;
        let makers = self.listings[at].book.in_order_of_service(taker.terms.side.opposite());
        for (price, maker) in makers {
            if !taker.terms.side.crosses(limit_of(taker), price) {
                break;
            }
            match taker.terms.stp {
                Stp::CancelMaker if same_group(taker, maker) => continue,
                Stp::CancelTaker | Stp::CancelBoth | Stp::Decrement if same_group(taker, maker) => {
                    break;
                }
                _ => reach += u128::from(maker.open.0),
            }
        }
        reach
    }

    /// One trade, at the price of the order that rests.
    fn trade(&mut self, at: usize, taker: &mut Order, place: Place) {
        let listing = &mut self.listings[at];
        let (instrument, price) = (listing.spec.instrument, place.price);
        let (maker_bps, taker_bps) = (listing.spec.maker_bps, listing.spec.taker_bps);
        listing.last_trade = Some(price);
        listing.trades += 1;
        let trade_id = listing.trades;

        let maker = listing.book.at_mut(place);
        let qty = taker.open.min(maker.open);
        for order in [&mut *taker, &mut *maker] {
            order.open -= qty;
            order.filled += qty;
        }
        let maker = maker.clone();
        if maker.open.is_zero() {
            listing.book.take(place);
        }

        let (maker_id, taker_id) = (maker.terms.id, taker.terms.id);
        let (buy_id, sell_id) = match taker.terms.side {
            Side::Buy => (taker_id, maker_id),
            Side::Sell => (maker_id, taker_id),
        };
        let (side, maker_id) = (Some(taker.terms.side), Some(maker_id));
        let trade = What::Trade { trade_id, price, qty, taker: side, buy_id, sell_id, maker_id };
        self.tell(instrument, trade);
        self.tell_filled(&maker, price, qty, Liquidity::Maker, maker_bps);
        self.tell_filled(taker, price, qty, Liquidity::Taker, taker_bps);
        let (id, side) = (maker.terms.id, place.side);
        self.tell(instrument, What::Execute { id, side, price, qty });
        self.tell_level(at, side, price);
    }

    fn tell_filled(&mut self, order: &Order, price: Price, qty: Qty, part: Liquidity, bps: i32) {
        let filled = What::Filled {
            id: order.terms.id,
            account: order.terms.account,
            price,
            qty,
            leaves: order.open,
            cumulative: order.filled,
            liquidity: part,
            fee: Fee::new(fee(price * qty, bps)),
        };
        self.tell(order.terms.instrument, filled);
    }

    /// Two orders of one group meet; the taker's mode decides. Breaks where the taker has ended.
    fn keep_apart(&mut self, at: usize, taker: &mut Order, place: Place) -> ControlFlow<()> {
        match taker.terms.stp {
            Stp::None => unreachable!("orders without a mode trade"),
            Stp::CancelTaker => {
                self.tell_canceled(taker, CancelReason::Stp);
                ControlFlow::Break(())
            }
            Stp::CancelMaker => {
                self.end(at, place, CancelReason::Stp);
                ControlFlow::Continue(())
            }
            Stp::CancelBoth => {
                self.end(at, place, CancelReason::Stp);
                self.tell_canceled(taker, CancelReason::Stp);
                ControlFlow::Break(())
            }
            Stp::Decrement => self.decrement(at, taker, place),
        }
    }

    /// Both orders lose the smaller of what is open of them; one that is left with nothing ends.
    fn decrement(&mut self, at: usize, taker: &mut Order, place: Place) -> ControlFlow<()> {
        let maker = self.listings[at].book.at_mut(place);
        let qty = taker.open.min(maker.open);
        if maker.open == qty {
            self.end(at, place, CancelReason::Stp);
        } else {
            maker.open -= qty;
            maker.terms.qty -= qty;
            let maker = maker.clone();
            self.tell_replaced(maker.terms.id, &maker, true);
            self.tell_shrunk(at, place.price, &maker, qty);
        }
        if taker.open == qty {
            self.tell_canceled(taker, CancelReason::Stp);
            return ControlFlow::Break(());
        }
        taker.open -= qty;
        taker.terms.qty -= qty;
        self.tell_replaced(taker.terms.id, taker, true);
        ControlFlow::Continue(())
    }

    /// Puts what is left of an order at the back of its price.
    fn rest(&mut self, at: usize, mut order: Order) {
        if order.entry == 0 {
            self.entries += 1;
            order.entry = self.entries;
        }
        let price = order.terms.price.expect("only limit orders rest");
        let (id, side, qty) = (order.terms.id, order.terms.side, order.shown());
        let instrument = order.terms.instrument;
        self.listings[at].book.rest(price, order);
        self.tell(instrument, What::Add { id, side, price, qty });
        self.tell_level(at, side, price);
    }
}

/// The worst price that an order accepts.
fn limit_of(order: &Order) -> Price {
    let terms = &order.terms;
    terms.price.or(terms.limit).unwrap_or_else(|| terms.side.any_price())
}

fn same_group(taker: &Order, maker: &Order) -> bool {
    taker.terms.stp_group != 0 && taker.terms.stp_group == maker.terms.stp_group
}

/// Hundredths of a percent of what a trade is worth, truncated toward zero.
///
/// Whole and remaining ten-thousandths apart: the product itself may not fit 128 bits.
fn fee(worth: Notional, bps: i32) -> i128 {
    let (worth, bps) = (worth.0.abs(), i128::from(bps));
    let whole = (worth / 10_000).saturating_mul(bps);
    whole.saturating_add(worth % 10_000 * bps / 10_000)
}
