//! Every reason to say no, as flat lists in the order in which they are looked at.

use super::book::{Order, Place};
use super::{Listing, Reference};
use crate::command::{
    Cancel, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Reduce, Replace, TimeInForce,
};
use crate::event::Reject;
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::{Algo, InstrumentSpec};
use crate::limits::SCALE_MAX;
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// What a replace comes down to once nothing speaks against it.
pub(super) enum Change {
    /// The order ends: its new total is filled already.
    End(Place),
    /// It keeps its place and becomes this.
    Keep(Place, Order),
    /// It leaves its place and enters again as this.
    Enter(Place, Order),
}

impl Reference {
    pub(super) fn check_instrument(&self, spec: &InstrumentSpec) -> Result<(), Reject> {
        let full = self.listings.len() as u64 >= u64::from(self.capacity.instruments);
        refuse(self.position(spec.instrument).is_some(), Reject::BadCombination)?;
        refuse(full, Reject::Capacity)?;
        refuse(!is_sound(spec), Reject::BadCombination)
    }

    pub(super) fn check_phase(
        &self,
        instrument: InstrumentId,
        phase: Phase,
    ) -> Result<usize, Reject> {
        let at = self.position(instrument).ok_or(Reject::UnknownInstrument)?;
        refuse(matches!(phase, Phase::PreOpen | Phase::Auction), Reject::BadCombination)?;
        Ok(at)
    }

    /// Whether there is room to block one more account.
    pub(super) fn check_block(&self, account: AccountId) -> Result<(), Reject> {
        let full = self.blocked.len() as u64 >= u64::from(self.capacity.accounts);
        refuse(full && !self.blocked.contains(&account), Reject::Capacity)
    }

    /// Where the order's book is, and the order as it will enter (a sliding one at its price).
    pub(super) fn check_new(&self, order: &NewOrder) -> Result<(usize, Order), Reject> {
        let at = self.position(order.instrument).ok_or(Reject::UnknownInstrument)?;
        let listing = &self.listings[at];
        self.check_may_trade(order.account, listing)?;
        refuse(order.qty.is_zero() && order.notional == 0, Reject::ZeroQty)?;
        refuse(!self.combines(order), Reject::BadCombination)?;
        refuse(order.order_type == OrderType::Limit && order.price.is_none(), Reject::BadPrice)?;
        refuse(!on_tick(&listing.spec, order.price.or(order.limit)), Reject::BadTick)?;
        check_qty(&listing.spec, order.qty)?;
        check_worth(&listing.spec, order.price.or(order.limit), order.qty)?;
        refuse(listing.book.find(order.id).is_some(), Reject::DuplicateOrderId)?;
        let may_rest = order.order_type == OrderType::Limit
            && !matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
        if may_rest {
            let (side, price) = (order.side, order.price.expect("checked above"));
            self.check_room(at, side, price, None)?;
        }
        let price = check_post_only(listing, order.side, order.price, order.post_only, None)?;
        Ok((at, Order::new(NewOrder { price, ..*order })))
    }

    pub(super) fn check_cancel(&self, cancel: &Cancel) -> Result<(usize, Place), Reject> {
        self.find_own(cancel.instrument, cancel.account, cancel.id)
    }

    pub(super) fn check_reduce(&self, reduce: &Reduce) -> Result<(usize, Place), Reject> {
        let (at, place) = self.find_own(reduce.instrument, reduce.account, reduce.id)?;
        refuse(reduce.by.is_zero(), Reject::ZeroQty)?;
        let lot = self.listings[at].spec.lot;
        refuse(!reduce.by.0.is_multiple_of(lot), Reject::BadLot)?;
        Ok((at, place))
    }

    pub(super) fn check_replace(&self, replace: &Replace) -> Result<(usize, Change), Reject> {
        let (at, place) = self.find_own(replace.instrument, replace.account, replace.id)?;
        let listing = &self.listings[at];
        let order = listing.book.at(place);
        self.check_may_trade(replace.account, listing)?;
        let zero = matches!(replace.qty, NewQty::Total(Qty::ZERO) | NewQty::Open(Qty::ZERO));
        refuse(zero, Reject::ZeroQty)?;
        refuse(!on_tick(&listing.spec, replace.price), Reject::BadTick)?;
        let total = match replace.qty {
            NewQty::Keep => order.terms.qty,
            NewQty::Total(total) => total,
            NewQty::Open(open) => Qty(order.filled.0.checked_add(open.0).ok_or(Reject::BadLot)?),
        };
        let price = replace.price.unwrap_or(place.price);
        if replace.qty != NewQty::Keep {
            check_qty(&listing.spec, total)?;
        }
        if replace.qty != NewQty::Keep || replace.price.is_some() {
            check_worth(&listing.spec, Some(price), total)?;
        }
        let id = replace.new_id.filter(|&id| id != OrderId(0)).unwrap_or(order.terms.id);
        let taken = id != order.terms.id && listing.book.find(id).is_some();
        refuse(taken, Reject::DuplicateOrderId)?;

        if total <= order.filled {
            return Ok((at, Change::End(place)));
        }
        let mut new = order.clone();
        new.terms.id = id;
        new.terms.qty = total;
        new.open = total - order.filled;
        let same_place = price == place.price && new.open <= order.open;
        if same_place && listing.spec.replace_policy == crate::ReplacePolicy::Keep {
            return Ok((at, Change::Keep(place, new)));
        }
        let side = place.side;
        self.check_room(at, side, price, Some(place))?;
        let mode = order.terms.post_only;
        new.terms.price = check_post_only(listing, side, Some(price), mode, Some(place))?;
        Ok((at, Change::Enter(place, new)))
    }

    /// Another account's order is as unknown as one that is not there.
    fn find_own(
        &self,
        instrument: InstrumentId,
        account: AccountId,
        id: OrderId,
    ) -> Result<(usize, Place), Reject> {
        let at = self.position(instrument).ok_or(Reject::UnknownInstrument)?;
        let book = &self.listings[at].book;
        let place = book.find(id).ok_or(Reject::UnknownOrder)?;
        refuse(book.at(place).terms.account != account, Reject::UnknownOrder)?;
        Ok((at, place))
    }

    fn check_may_trade(&self, account: AccountId, listing: &Listing) -> Result<(), Reject> {
        refuse(self.blocked.contains(&account), Reject::Blocked)?;
        refuse(listing.phase == Phase::Closed, Reject::Closed)?;
        refuse(listing.phase == Phase::Halted, Reject::Halted)
    }

    /// Whether the parts of an order go together, and are all known here.
    fn combines(&self, order: &NewOrder) -> bool {
        let not_yet = order.peg != Peg::Primary
            || order.hidden
            || order.all_or_none
            || order.reduce_only
            || order.notional != 0
            || order.stop.is_some()
            || order.trail != 0
            || order.offset != 0
            || !order.display.is_zero()
            || !order.min_qty.is_zero()
            || order.group != 0
            || order.parent != 0;
        let time_fits = match order.tif {
            TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Ioc | TimeInForce::Fok => {
                order.expire_at == Time(0)
            }
            TimeInForce::Gtd => order.expire_at > self.now,
            TimeInForce::AtOpen | TimeInForce::AtClose | TimeInForce::Auction => false,
        };
        let prices_fit = match order.order_type {
            OrderType::Limit => order.limit.is_none(),
            OrderType::Market => order.price.is_none(),
            _ => false,
        };
        let never_rests = order.order_type == OrderType::Market
            || matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok);
        let post_only_fits = order.post_only == PostOnly::No || !never_rests;
        !not_yet && time_fits && prices_fit && post_only_fits
    }

    /// Whether one more order may rest at `price` once the one at `leaving` has left.
    fn check_room(
        &self,
        at: usize,
        side: Side,
        price: Price,
        leaving: Option<Place>,
    ) -> Result<(), Reject> {
        let listing = &self.listings[at];
        let leaves_level =
            leaving.filter(|place| listing.book.level(place.side, place.price).orders == 1);
        let orders_gone = u64::from(leaving.is_some());
        let levels_gone = u64::from(leaves_level.is_some());
        let stands = listing.book.has_level(side, price)
            && leaves_level.is_none_or(|place| place.price != price);
        let max_orders = u64::from(listing.spec.max_orders);
        let full = self.order_count() - orders_gone >= u64::from(self.capacity.orders)
            || (max_orders != 0 && listing.book.order_count() - orders_gone >= max_orders)
            || (!stands && self.level_count() - levels_gone >= u64::from(self.capacity.levels));
        refuse(full, Reject::Capacity)
    }
}

/// `reason`, if it is so.
const fn refuse(is_so: bool, reason: Reject) -> Result<(), Reject> {
    if is_so { Err(reason) } else { Ok(()) }
}

/// Whether the parts of a definition make sense, and are all known here.
fn is_sound(spec: &InstrumentSpec) -> bool {
    let not_yet = spec.algo != Algo::Fifo
        || spec.static_band.is_some()
        || spec.dynamic_band.is_some()
        || spec.volatility_auction_ns != 0
        || matches!(spec.phase, Phase::PreOpen | Phase::Auction);
    let is_tick = |tick: u64| (1..=i64::MAX.unsigned_abs()).contains(&tick);
    let ticks_fit = is_tick(spec.tick)
        && spec.ticks.iter().all(|&(_, tick)| is_tick(tick))
        && spec.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let least = spec.min_qty.max(Qty(spec.lot));
    let qty_fits = spec.lot != 0 && (spec.max_qty.is_zero() || spec.max_qty >= least);
    !not_yet && ticks_fit && qty_fits && spec.scale <= SCALE_MAX
}

fn on_tick(spec: &InstrumentSpec, price: Option<Price>) -> bool {
    price.is_none_or(|price| i128::from(price.0) % i128::from(spec.tick_at(price)) == 0)
}

fn check_qty(spec: &InstrumentSpec, qty: Qty) -> Result<(), Reject> {
    refuse(!qty.0.is_multiple_of(spec.lot), Reject::BadLot)?;
    refuse(qty < spec.min_qty, Reject::BadLot)?;
    refuse(!spec.max_qty.is_zero() && qty > spec.max_qty, Reject::BadLot)
}

fn check_worth(spec: &InstrumentSpec, price: Option<Price>, qty: Qty) -> Result<(), Reject> {
    let worth = price.map_or(0, |price| (price * qty).0.unsigned_abs());
    refuse(spec.max_notional != 0 && worth > u128::from(spec.max_notional), Reject::BadLot)
}

/// The price at which the order rests, or why it cannot: a post-only order never takes.
fn check_post_only(
    listing: &Listing,
    side: Side,
    price: Option<Price>,
    post_only: PostOnly,
    leaving: Option<Place>,
) -> Result<Option<Price>, Reject> {
    let (Some(limit), Some(best)) = (price, listing.book.best(side.opposite())) else {
        return Ok(price);
    };
    debug_assert!(leaving.is_none_or(|place| place.side == side), "it leaves its own side");
    if post_only == PostOnly::No || !side.crosses(limit, best.price) {
        return Ok(price);
    }
    refuse(post_only == PostOnly::Reject, Reject::PostOnly)?;
    let tick = i128::from(listing.spec.tick_at(best.price));
    let behind = match side {
        Side::Buy => i128::from(best.price.0) - tick,
        Side::Sell => i128::from(best.price.0) + tick,
    };
    let behind = i64::try_from(behind).map_err(|_| Reject::BadPrice)?;
    Ok(Some(Price(behind)))
}
