//! An order enters: it trades with the best order of the other side until it must rest or end.

use alloc::vec::Vec;

use super::Reference;
use super::allotment::is_shared;
use super::auction::is_for_auctions;
use super::bands::Corridor;
use super::book::{Order, is_dark};
use super::checks::waits;
use super::prevention::same_group;
use crate::command::{NewOrder, OrderType, Stp, TimeInForce};
use crate::event::{CancelReason, Fee, Liquidity, Op, What};
use crate::id::OrderId;
use crate::quantity::{Notional, Price, Qty};
use crate::side::Side;

impl Reference {
    /// A new order.
    pub(super) fn place(&mut self, new: &NewOrder) {
        let (at, mut order) = match self.check_new(new) {
            Ok(checked) => checked,
            Err(reason) => {
                return self.turn_away(Op::New, (new.instrument, new.id, new.account), reason);
            }
        };
        self.count_message(new.account);
        self.keep_position(new.account, new.instrument);
        if !waits(new) {
            self.protect(at, &mut order);
        }
        let NewOrder { id, account, side, price, .. } = order.terms;
        let price = if waits(new) { order.limit() } else { price };
        self.tell(new.instrument, What::Accepted { id, account, side, qty: order.open, price });
        if waits(new) {
            self.park(at, order);
        } else if order.is_pegged() {
            self.admit_pegged(at, order);
        } else {
            self.enter(at, order);
        }
    }

    /// Lets an order that was accepted trade; then it rests, or what is left of it ends.
    pub(super) fn enter(&mut self, at: usize, mut taker: Order) {
        taker.top = false;
        if self.listings[at].gathers {
            self.gather(at, taker);
        } else if is_for_auctions(taker.terms.tif) {
            self.wait_for_auction(at, taker);
        } else {
            self.match_or_rest(at, taker);
        }
        self.end_tripped_quotes(at);
    }

    fn match_or_rest(&mut self, at: usize, mut taker: Order) {
        let corridor = self.listings[at].corridor();
        let reach = self.in_reach(at, &taker, corridor).min(u128::from(taker.open.0));
        let fok = taker.terms.tif == TimeInForce::Fok;
        if fok && reach < u128::from(taker.open.0) {
            return self.end_taker(at, &taker, CancelReason::Fok);
        }
        if reach < u128::from(taker.terms.min_qty.0) {
            return self.end_taker(at, &taker, CancelReason::MinQty);
        }
        taker.terms.min_qty = Qty::ZERO;
        let shared = is_shared(&self.listings[at].spec);
        let waits = taker.terms.all_or_none && reach < u128::from(taker.open.0);
        while !taker.open.is_zero() && !waits {
            let Some(maker) = self.next_maker(at, &taker, corridor) else {
                break;
            };
            let price = maker.terms.price.expect("it rests");
            if shared && !maker.shown.is_zero() {
                if self.take_round(at, &mut taker, price).is_break() {
                    return;
                }
            } else if same_group(&taker, &maker) && taker.terms.stp != Stp::None {
                if self.keep_apart(at, &mut taker, &maker).is_break() {
                    return;
                }
            } else {
                self.trade(at, &mut taker, maker, Qty::MAX);
            }
        }
        if taker.open.is_zero() && !taker.filled.is_zero() {
            return self.settle(at, &taker, true);
        }
        let next = self.next_that_trades(at, &taker);
        let stopped = !waits && !taker.open.is_zero();
        if stopped && next.is_some_and(|price| taker.terms.side.crosses(limit_of(&taker), price)) {
            return self.stop_at_the_edge(at, taker);
        }
        let whole = fok || (taker.terms.all_or_none && !waits);
        assert!(!whole || taker.open.is_zero(), "filled in part: {taker:?}");
        match (taker.terms.order_type, taker.terms.tif) {
            (OrderType::Market, _) => self.end_taker(at, &taker, CancelReason::NoLiquidity),
            (_, TimeInForce::Ioc) => self.end_taker(at, &taker, CancelReason::Ioc),
            (OrderType::MarketToLimit, _) if taker.filled.is_zero() => {
                self.end_taker(at, &taker, CancelReason::NoLiquidity);
            }
            (OrderType::MarketToLimit, _) => {
                taker.terms.order_type = OrderType::Limit;
                (taker.terms.price, taker.terms.limit) = (self.listings[at].last_trade, None);
                self.rest(at, taker);
            }
            _ => self.rest(at, taker),
        }
    }

    /// What is left of an order that came in is cancelled.
    pub(super) fn end_taker(&mut self, at: usize, taker: &Order, reason: CancelReason) {
        self.tell_canceled(taker, reason);
        self.settle(at, taker, false);
    }

    /// The order that the taker meets next, if it meets one within its limit and the corridor.
    fn next_maker(&self, at: usize, taker: &Order, corridor: Corridor) -> Option<Order> {
        let side = taker.terms.side;
        let mut orders = self.listings[at].book.in_order_of_service(side.opposite()).iter();
        let maker = orders.find(|maker| maker.trades_with(taker.open))?;
        let price = maker.terms.price.expect("it rests");
        let may = corridor.is_in_reach(side, limit_of(taker), price)
            && !corridor.is_too_good(side, price);
        may.then(|| maker.clone())
    }

    /// The price of the order that the taker would meet next without limit or corridor.
    fn next_that_trades(&self, at: usize, taker: &Order) -> Option<Price> {
        let side = taker.terms.side.opposite();
        let mut orders = self.listings[at].book.in_order_of_service(side).iter();
        orders.find(|maker| maker.trades_with(taker.open))?.terms.price
    }

    /// How much a taker could trade if it took all it can reach, self-trade prevention and groups
    /// considered.
    pub(super) fn in_reach(&self, at: usize, taker: &Order, corridor: Corridor) -> u128 {
        let book = &self.listings[at].book;
        let side = taker.terms.side.opposite();
        let first = self.next_that_trades(at, taker);
        if first.is_some_and(|price| corridor.is_too_good(taker.terms.side, price)) {
            return 0;
        }
        // What it trades for certain, and what it trades at most.
        let (mut reach, mut most) = (0, 0);
        let open = u128::from(taker.open.0);
        for price in book.prices(side) {
            if !corridor.is_in_reach(taker.terms.side, limit_of(taker), price) {
                break;
            }
            let orders = book.in_order_of_service(side).iter();
            let orders = orders.filter(|order| order.terms.price == Some(price));
            let (hidden, displayed): (Vec<_>, Vec<_>) = orders.partition(|o| is_dark(&o.terms));
            // Where prices are shared out, whoever shows is met before anybody trades.
            let meets = !matches!(taker.terms.stp, Stp::None | Stp::CancelMaker)
                && displayed.iter().any(|maker| same_group(taker, maker));
            if is_shared(&self.listings[at].spec) && meets {
                break;
            }
            // Tips first, then what is behind them, then what is hidden.
            let tips = displayed.iter().map(|&order| (order, order.shown));
            let reserves = displayed.iter().map(|&order| (order, order.open - order.shown));
            let pieces =
                tips.chain(reserves).chain(hidden.iter().map(|&order| (order, order.open)));
            for (maker, qty) in pieces {
                let qty = u128::from(qty.0);
                let (least_left, most_left) =
                    (open.saturating_sub(most), open.saturating_sub(reach));
                let whole = maker.terms.all_or_none;
                let certain = !whole || qty <= least_left;
                // What is too large may get smaller by its group.
                let shrinks = maker.terms.group != 0 || maker.terms.reduce_only;
                if whole && qty > most_left && !shrinks {
                    continue;
                }
                match taker.terms.stp {
                    Stp::CancelMaker if same_group(taker, maker) => {}
                    Stp::CancelTaker | Stp::CancelBoth | Stp::Decrement
                        if same_group(taker, maker) =>
                    {
                        return reach;
                    }
                    _ => {
                        most += qty;
                        reach += if certain && self.is_sure(at, taker, maker) { qty } else { 0 };
                    }
                }
            }
        }
        reach
    }

    /// Whether what is open of a maker is there for the taker whatever its group does: of several
    /// of a group on that side the smallest, if self-trade prevention ends none of them.
    fn is_sure(&self, at: usize, taker: &Order, maker: &Order) -> bool {
        let NewOrder { side, account, group, .. } = maker.terms;
        if taker.is_of(account, group) {
            return false;
        }
        let own = self.listings[at]
            .book
            .all()
            .filter(|order| (order.terms.account, order.terms.side) == (account, side));
        let limited = self.accounts.contains_key(&account);
        if maker.terms.reduce_only && (!limited || own.count() > 1) {
            return false;
        }
        let orders = self.listings[at].book.in_order_of_service(side).iter();
        let group: Vec<&Order> = orders.filter(|order| order.is_of(account, group)).collect();
        let ends = taker.terms.stp != Stp::None && group.iter().any(|o| same_group(taker, o));
        let smallest = group.iter().map(|order| (order.open, order.entry)).min();
        smallest.is_none_or(|smallest| smallest == (maker.open, maker.entry)) && !ends
    }

    /// How many whole lots the worth of an order buys or sells at once.
    pub(super) fn affordable(&self, at: usize, taker: &Order) -> Qty {
        let listing = &self.listings[at];
        let (mut left, mut lots, mut most) = (i128::from(taker.terms.notional), 0, i128::MAX);
        for maker in listing.book.in_order_of_service(taker.terms.side.opposite()) {
            let price = maker.terms.price.expect("it rests");
            if !taker.terms.side.crosses(limit_of(taker), price) {
                break;
            }
            let (each, there) = (i128::from(price.0), i128::from(maker.open.0));
            let mut here = there.min(most);
            if each > 0 {
                here = here.min(left / each);
            }
            if maker.terms.all_or_none && here < there {
                // It is passed over, and must not be met when the order comes to it.
                most = most.min(there - 1);
                continue;
            }
            left -= here * each.max(0);
            most -= here;
            lots += here;
            if here < there {
                break;
            }
        }
        let lots = lots.unsigned_abs();
        let lots = lots.min(u128::from(u64::MAX));
        let whole = lots - lots % u128::from(listing.spec.lot);
        Qty(u64::try_from(whole).expect("held above"))
    }

    /// One trade, at the price of the order that rests, of `most` at most.
    pub(super) fn trade(&mut self, at: usize, taker: &mut Order, mut maker: Order, most: Qty) {
        let price = maker.terms.price.expect("it rests");
        let hidden = is_dark(&maker.terms);
        let qty = taker.open.min(most).min(if hidden { maker.open } else { maker.shown });
        let listing = &mut self.listings[at];
        let (maker_bps, taker_bps) = (listing.spec.maker_bps, listing.spec.taker_bps);
        listing.last_trade = Some(price);
        listing.trades += 1;
        let (instrument, trade_id) = (listing.spec.instrument, listing.trades);

        for order in [&mut *taker, &mut maker] {
            order.open -= qty;
            order.filled += qty;
        }
        if !hidden {
            maker.shown -= qty;
        }
        let id = maker.terms.id;
        if maker.open.is_zero() {
            listing.book.take(id);
        } else {
            *listing.book.get_mut(id) = maker.clone();
        }

        self.pass(taker, &maker, qty);
        self.book_fill(&maker, price, qty, fee(price * qty, maker_bps));
        self.book_fill(taker, price, qty, fee(price * qty, taker_bps));
        let taker_id = taker.terms.id;
        let (buy_id, sell_id) = match taker.terms.side {
            Side::Buy => (taker_id, id),
            Side::Sell => (id, taker_id),
        };
        let (side, maker_id) = (Some(taker.terms.side), Some(id));
        let trade = What::Trade { trade_id, price, qty, taker: side, buy_id, sell_id, maker_id };
        self.tell(instrument, trade);
        if !hidden {
            let side = maker.terms.side;
            self.tell(instrument, What::Execute { id, side, price, qty });
            self.tell_level(at, side, price);
            if maker.shown.is_zero() && !maker.open.is_zero() {
                self.refill(at, id);
            }
        }
        self.tell_filled(&maker, price, qty, Liquidity::Maker, maker_bps);
        self.tell_filled(taker, price, qty, Liquidity::Taker, taker_bps);
        self.after_trade(at, taker, &maker, qty);
        self.trim(at, maker.terms.account);
        self.trim(at, taker.terms.account);
        self.watch(at, price);
    }

    /// What a trade means for groups.
    fn after_trade(&mut self, at: usize, taker: &Order, maker: &Order, qty: Qty) {
        if maker.open.is_zero() {
            self.settle(at, maker, false);
        } else {
            self.reduce_group(at, maker, qty);
        }
        if taker.open.is_zero() {
            self.end_group(at, taker.terms.account, taker.terms.group);
        } else {
            self.reduce_group(at, taker, qty);
        }
    }

    /// The tip of an iceberg is gone: the next one is shown at the back of its price.
    pub(super) fn refill(&mut self, at: usize, id: OrderId) {
        let mut order = self.listings[at].book.take(id);
        (order.shown, order.top) = (order.tip(), false);
        self.listings[at].book.rest(order.clone());
        self.tell_added(at, &order);
    }

    pub(super) fn tell_filled(
        &mut self,
        order: &Order,
        price: Price,
        qty: Qty,
        part: Liquidity,
        bps: i32,
    ) {
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

    /// Puts what is left of an order at the back of its price.
    pub(super) fn rest(&mut self, at: usize, mut order: Order) {
        self.entries += 1;
        order.entry = self.entries;
        order.shown = order.tip();
        self.crown(at, &mut order);
        self.listings[at].book.rest(order.clone());
        self.tell_added(at, &order);
    }
}

/// The worst price that an order accepts.
fn limit_of(order: &Order) -> Price {
    order.limit().unwrap_or_else(|| order.terms.side.any_price())
}

/// Hundredths of a percent of what a trade is worth, truncated toward zero.
///
/// Whole and remaining ten-thousandths apart: the product itself may not fit 128 bits.
pub(super) fn fee(worth: Notional, bps: i32) -> i128 {
    let (worth, bps) = (worth.0.abs(), i128::from(bps));
    let whole = (worth / 10_000).saturating_mul(bps);
    whole.saturating_add(worth % 10_000 * bps / 10_000)
}
