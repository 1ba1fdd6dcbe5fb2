//! Every reason to say no, as flat lists in the order in which they are looked at.

use super::allotment::allocation_fits;
use super::auction::is_for_auctions;
use super::book::Order;
use super::limits::Wish;
use super::pegs::{on_tick as on_tick_for, place};
use super::waiting::is_stop;
use super::{Call, Listing, Reference};
use crate::command::{
    Cancel, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Reduce, Replace, TimeInForce,
};
use crate::event::Reject;
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::{InstrumentSpec, ReplacePolicy};
use crate::limits::{ICEBERG_TIPS_MAX, PEGS_MAX, SCALE_MAX, WHOLES_MAX};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// What a replace comes down to once nothing speaks against it.
pub(super) enum Change {
    /// The order ends: its new total is filled already.
    End,
    /// It keeps its place and becomes this.
    Keep(Order),
    /// It leaves its place and enters again as this.
    Enter(Order),
}

impl Reference {
    pub(super) fn check_instrument(&self, spec: &InstrumentSpec) -> Result<(), Reject> {
        let full = self.listings.len() as u64 >= u64::from(self.capacity.instruments);
        refuse(self.position(spec.instrument).is_some(), Reject::BadCombination)?;
        refuse(full, Reject::Capacity)?;
        refuse(!is_sound(spec), Reject::BadCombination)
    }

    pub(super) fn check_phase(&self, instrument: InstrumentId) -> Result<usize, Reject> {
        let at = self.position(instrument).ok_or(Reject::UnknownInstrument)?;
        Ok(at)
    }

    /// Whether orders gather, so that an auction can end.
    pub(super) fn check_uncross(&self, instrument: InstrumentId) -> Result<usize, Reject> {
        let at = self.position(instrument).ok_or(Reject::UnknownInstrument)?;
        let gathers = matches!(self.listings[at].phase, Phase::PreOpen | Phase::Auction);
        refuse(!gathers, Reject::Phase)?;
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
        self.check_sender(order.account)?;
        check_phase(listing)?;
        self.check_suits_phase(order, listing)?;
        refuse(order.qty.is_zero() && order.notional == 0, Reject::ZeroQty)?;
        refuse(!self.combines(order), Reject::BadCombination)?;
        refuse(has_price(order) && order.price.is_none(), Reject::BadPrice)?;
        self.check_units(at, order)?;
        refuse(listing.book.get(order.id).is_some(), Reject::DuplicateOrderId)?;
        let parent = listing.book.get(OrderId(order.parent));
        let known = parent.is_some_and(|parent| parent.terms.account == order.account);
        refuse(order.parent != 0 && !known, Reject::UnknownOrder)?;
        let apart = waits(order) || order.order_type == OrderType::Pegged;
        listing.check_bands(order.price, !apart && !is_for_auctions(order.tif))?;
        let stays = waits(order) || is_for_auctions(order.tif);
        let may_rest = stays
            || listing.gathers
            || (order.order_type != OrderType::Market && !is_immediate(order));
        let mut asked = Order::new(*order);
        if order.notional != 0 {
            asked.open = self.affordable(at, &asked);
        }
        let (leaving, coming) = (&[][..], None);
        self.check_limits(&Wish { at, order: &asked, leaving, coming, may_rest })?;
        self.check_position_room(order)?;
        if may_rest {
            let anywhere = stays || slides(listing, order, order.qty);
            let price = if anywhere { None } else { order.price };
            let many = listing.book.whole_count() >= WHOLES_MAX;
            refuse(order.all_or_none && many, Reject::Capacity)?;
            self.check_room(at, order.side, price, None)?;
        }
        let pegs_full = listing.book.pegged_count() >= u64::from(PEGS_MAX);
        refuse(order.order_type == OrderType::Pegged && pegs_full, Reject::Capacity)?;
        if order.order_type == OrderType::Pegged && !waits(order) {
            asked.terms.price = place(listing, order);
        } else if !waits(order) {
            asked.terms.price = check_post_only(listing, order, order.qty)?;
        }
        Ok((at, asked))
    }

    /// Whether all prices are on ticks, and all quantities of whole lots and within bounds.
    pub(super) fn check_units(&self, at: usize, order: &NewOrder) -> Result<(), Reject> {
        let spec = &self.listings[at].spec;
        for price in [order.price, order.limit, order.stop] {
            refuse(!on_tick(spec, price), Reject::BadTick)?;
        }
        for qty in [order.qty, order.display, order.min_qty] {
            refuse(!qty.0.is_multiple_of(spec.lot), Reject::BadLot)?;
        }
        if order.notional == 0 {
            check_qty(spec, order.qty)?;
        }
        self.check_worth(at, &Order::new(*order), order.qty)
    }

    /// Whether so much of an order is worth no more than the instrument allows.
    fn check_worth(&self, at: usize, order: &Order, total: Qty) -> Result<(), Reject> {
        let most = u128::from(self.listings[at].spec.max_notional);
        refuse(most != 0 && self.worth(at, order, total) > most, Reject::MaxOrderNotional)
    }

    pub(super) fn check_cancel(&self, cancel: &Cancel) -> Result<usize, Reject> {
        Ok(self.find_own(cancel.instrument, cancel.account, cancel.id)?.0)
    }

    pub(super) fn check_reduce(&self, reduce: &Reduce) -> Result<usize, Reject> {
        let (at, _) = self.find_own(reduce.instrument, reduce.account, reduce.id)?;
        refuse(reduce.by.is_zero(), Reject::ZeroQty)?;
        let lot = self.listings[at].spec.lot;
        refuse(!reduce.by.0.is_multiple_of(lot), Reject::BadLot)?;
        Ok(at)
    }

    pub(super) fn check_replace(&self, replace: &Replace) -> Result<(usize, Change), Reject> {
        let (at, order) = self.find_own(replace.instrument, replace.account, replace.id)?;
        let listing = &self.listings[at];
        self.check_sender(replace.account)?;
        check_phase(listing)?;
        let zero = matches!(replace.qty, NewQty::Total(Qty::ZERO) | NewQty::Open(Qty::ZERO));
        refuse(zero, Reject::ZeroQty)?;
        let has_none = order.limit().is_none() && replace.price.is_some();
        refuse(has_none, Reject::BadCombination)?;
        let open = match replace.qty {
            NewQty::Keep => order.open,
            NewQty::Total(total) => total.saturating_sub(order.filled),
            NewQty::Open(open) => open,
        };
        let shows_part = !order.terms.display.is_zero();
        let many = tips(open, order.terms.display) > u128::from(ICEBERG_TIPS_MAX);
        refuse(shows_part && many, Reject::BadCombination)?;
        refuse(!on_tick(&listing.spec, replace.price), Reject::BadTick)?;
        let total = match replace.qty {
            NewQty::Keep => order.total(),
            NewQty::Total(total) => total,
            NewQty::Open(open) => Qty(order.filled.0.checked_add(open.0).ok_or(Reject::BadLot)?),
        };
        let price = replace.price.or(order.limit());
        let mut new = order.clone();
        if order.terms.price.is_some() && !order.is_pegged() {
            new.terms.price = price;
        } else {
            new.terms.limit = price;
        }
        if replace.qty != NewQty::Keep {
            check_qty(&listing.spec, total)?;
        }
        if replace.qty != NewQty::Keep || replace.price.is_some() {
            self.check_worth(at, &new, total)?;
        }
        let id = replace.new_id.filter(|&id| id != OrderId(0)).unwrap_or(order.terms.id);
        let taken = id != order.terms.id && listing.book.get(id).is_some();
        refuse(taken, Reject::DuplicateOrderId)?;
        listing.check_bands(replace.price, !listing.book.waits(replace.id))?;

        if total <= order.filled {
            return Ok((at, Change::End));
        }
        new.terms.id = id;
        new.open = total - order.filled;
        let leaving = &[order.terms.id][..];
        self.check_limits(&Wish { at, order: &new, leaving, coming: None, may_rest: true })?;
        let same_place = price == order.limit() && new.open <= order.open;
        let policy = listing.spec.replace_policy;
        let waits = listing.book.waits(replace.id) && !order.gathered;
        if waits || (same_place && policy == ReplacePolicy::Keep) {
            return Ok((at, Change::Keep(new)));
        }
        if order.is_pegged() {
            new.terms.price = place(listing, &new.terms);
            return Ok((at, Change::Enter(new)));
        }
        if !order.gathered {
            let price = price.filter(|_| !slides(listing, &new.terms, new.open));
            self.check_room(at, order.terms.side, price, Some(order))?;
        }
        new.terms.price = check_post_only(listing, &new.terms, new.open)?;
        Ok((at, Change::Enter(new)))
    }

    /// Another account's order is as unknown as one that is not there.
    fn find_own(
        &self,
        instrument: InstrumentId,
        account: AccountId,
        id: OrderId,
    ) -> Result<(usize, &Order), Reject> {
        let at = self.position(instrument).ok_or(Reject::UnknownInstrument)?;
        let order = self.listings[at].book.get(id).ok_or(Reject::UnknownOrder)?;
        refuse(order.terms.account != account, Reject::UnknownOrder)?;
        Ok((at, order))
    }

    /// Whether an order is one for the present phase: at once only where orders match, at the open
    /// only before it, reduce-only not where it would gather.
    fn check_suits_phase(&self, order: &NewOrder, listing: &Listing) -> Result<(), Reject> {
        let enters = !waits(order) && order.order_type != OrderType::Pegged;
        let at_once =
            is_immediate(order) || order.notional != 0 || (!order.min_qty.is_zero() && enters);
        let sweeps = matches!(order.order_type, OrderType::Market | OrderType::MarketToLimit);
        let at_once = at_once || (order.all_or_none && sweeps && enters);
        let reduces = order.reduce_only && !waits(order);
        refuse(listing.phase != Phase::Continuous && (at_once || reduces), Reject::Phase)?;
        let opens = listing.gathers && listing.call == Call::Opening;
        refuse(order.tif == TimeInForce::AtOpen && !opens, Reject::Phase)
    }

    /// Whether the parts of an order go together, and are all known here.
    fn combines(&self, order: &NewOrder) -> bool {
        let time_fits = match order.tif {
            TimeInForce::Gtd => order.expire_at > self.now,
            _ => order.expire_at == Time(0),
        };
        let prices_fit =
            if has_price(order) { order.limit.is_none() } else { order.price.is_none() };
        let may_rest_at_a_price = has_price(order) || order.order_type == OrderType::Pegged;
        let may_post = may_rest_at_a_price && !is_immediate(order);
        let post_only_fits = order.post_only == PostOnly::No || may_post;
        let itself = order.parent != 0 && order.parent == order.id.0;
        let at_once = order.notional != 0 || !order.min_qty.is_zero();
        let pegged = order.order_type == OrderType::Pegged;
        let apart = at_once || pegged || order.all_or_none || order.reduce_only;
        let auction_fits = !is_for_auctions(order.tif) || !apart;
        let links_fit = post_only_fits && !itself && auction_fits;
        time_fits && prices_fit && links_fit && parts_fit(order)
    }

    /// Whether one more order may live, once `leaving` has left: one that rests at `price`, or one
    /// that may need a level anywhere.
    fn check_room(
        &self,
        at: usize,
        side: Side,
        price: Option<Price>,
        leaving: Option<&Order>,
    ) -> Result<(), Reject> {
        let book = &self.listings[at].book;
        let old = leaving.and_then(|order| order.terms.price);
        let empties = old.filter(|&old| book.count_at(side, old) == 1);
        let orders_gone = u64::from(leaving.is_some());
        let stands = price.is_some_and(|price| book.count_at(side, price) > 0);
        let needs_level = !stands && empties.is_none();
        let max_orders = u64::from(self.listings[at].spec.max_orders);
        let full = self.order_count() - orders_gone >= u64::from(self.capacity.orders)
            || (max_orders != 0 && book.order_count() - orders_gone >= max_orders)
            || (needs_level && self.level_count() >= u64::from(self.capacity.levels));
        refuse(full, Reject::Capacity)
    }
}

/// Whether the phase takes orders.
fn check_phase(listing: &Listing) -> Result<(), Reject> {
    refuse(listing.phase == Phase::Closed, Reject::Closed)?;
    refuse(listing.phase == Phase::Halted, Reject::Halted)
}

/// Whether an order waits, for a stop or for another order.
pub(super) const fn waits(order: &NewOrder) -> bool {
    is_stop(order.order_type) || order.parent != 0
}

const fn has_price(order: &NewOrder) -> bool {
    use OrderType as T;
    matches!(order.order_type, T::Limit | T::Iceberg | T::StopLimit | T::TrailingStopLimit)
}

const fn is_immediate(order: &NewOrder) -> bool {
    matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok)
}

/// How many tips an iceberg shows one after the other.
fn tips(open: Qty, display: Qty) -> u128 {
    u128::from(open.0).div_ceil(u128::from(display.0.max(1)))
}

/// Whether an order has what its type needs, and nothing that its type has not.
fn parts_fit(order: &NewOrder) -> bool {
    use OrderType as T;
    let kind = order.order_type;
    let few = tips(order.qty, order.display) <= u128::from(ICEBERG_TIPS_MAX);
    let shows_part = (1..=order.qty.0).contains(&order.display.0) && few && !is_immediate(order);
    let display_fits = match kind {
        T::Iceberg => shows_part,
        T::Pegged => shows_part || order.display == Qty(0),
        _ => order.display == Qty(0),
    };
    let may_hide = (has_price(order) || kind == T::Pegged) && order.display == Qty(0);
    let peg_fits = match kind {
        T::Pegged => !is_immediate(order) && order.min_qty == Qty(0),
        _ => order.peg == Peg::Primary && order.offset == 0,
    };
    let trails = matches!(kind, T::TrailingStop | T::TrailingStopLimit);
    let stop_fits = match kind {
        T::Stop | T::StopLimit => order.stop.is_some(),
        T::TrailingStop | T::TrailingStopLimit => true,
        _ => order.stop.is_none(),
    };
    let worth_fits =
        order.notional == 0 || (kind == T::Market && order.qty == Qty(0) && order.parent == 0);
    let least_fits = order.min_qty == Qty(0)
        || (order.min_qty <= order.qty && order.post_only == PostOnly::No && order.notional == 0);
    let whole_fits = !order.all_or_none
        || (!matches!(kind, T::Iceberg | T::Pegged)
            && order.min_qty == Qty(0)
            && order.notional == 0
            && order.post_only == PostOnly::No);
    display_fits
        && whole_fits
        && (may_hide || !order.hidden)
        && stop_fits
        && if trails { order.trail.cast_signed() > 0 } else { order.trail == 0 }
        && worth_fits
        && least_fits
        && peg_fits
}

/// `reason`, if it is so.
const fn refuse(is_so: bool, reason: Reject) -> Result<(), Reject> {
    if is_so { Err(reason) } else { Ok(()) }
}

/// Whether the parts of a definition make sense.
fn is_sound(spec: &InstrumentSpec) -> bool {
    let is_tick = |tick: u64| (1..=i64::MAX.unsigned_abs()).contains(&tick);
    let ticks_fit = is_tick(spec.tick)
        && spec.ticks.iter().all(|&(_, tick)| is_tick(tick))
        && spec.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let least = spec.min_qty.max(Qty(spec.lot));
    let fees_fit = spec.maker_bps <= 10_000 && spec.taker_bps <= 10_000;
    let qty_fits = spec.lot != 0 && (spec.max_qty.is_zero() || spec.max_qty >= least);
    let sizes_fit = ticks_fit && qty_fits && allocation_fits(spec);
    sizes_fit && fees_fit && spec.scale <= SCALE_MAX
}

fn on_tick(spec: &InstrumentSpec, price: Option<Price>) -> bool {
    price.is_none_or(|price| i128::from(price.0) % i128::from(spec.tick_at(price)) == 0)
}

/// Whether a total is of whole lots and within bounds.
fn check_qty(spec: &InstrumentSpec, qty: Qty) -> Result<(), Reject> {
    refuse(!qty.0.is_multiple_of(spec.lot), Reject::BadLot)?;
    refuse(qty < spec.min_qty, Reject::BadLot)?;
    refuse(!spec.max_qty.is_zero() && qty > spec.max_qty, Reject::MaxOrderQty)
}

/// Whether an order would slide to another price than it asks for.
fn slides(listing: &Listing, order: &NewOrder, open: Qty) -> bool {
    let rests = check_post_only(listing, order, open);
    order.post_only == PostOnly::Slide && rests != Ok(order.price)
}

/// The price at which the order rests, or why it cannot: a post-only order never takes.
pub(super) fn check_post_only(
    listing: &Listing,
    order: &NewOrder,
    open: Qty,
) -> Result<Option<Price>, Reject> {
    let &NewOrder { side, price, post_only, .. } = order;
    let best = listing.book.best_price_for(side.opposite(), open);
    let (Some(limit), Some(best)) = (price, best) else {
        return Ok(price);
    };
    // Nobody takes while orders gather, nor who waits for that.
    let gathers = listing.gathers || is_for_auctions(order.tif);
    if post_only == PostOnly::No || gathers || !side.crosses(limit, best) {
        return Ok(price);
    }
    refuse(post_only == PostOnly::Reject, Reject::PostOnly)?;
    let step = if side == Side::Buy { -1 } else { 1 };
    let behind = on_tick_for(&listing.spec, side, i128::from(best.0) + step);
    Ok(Some(behind.ok_or(Reject::BadPrice)?))
}
