//! Records of a snapshot as the values that they are of.

use arrayvec::ArrayString;

use super::{Checked, must, odd};
use crate::allocation::Allocation;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::book::{Extra, Waits};
use crate::command::{OrderType, Peg, Phase, Stp, TimeInForce};
use crate::engine::seldom::is_sound;
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::{Algo, InstrumentSpec, ReplacePolicy};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;
use crate::snapshot::record::{ExtraRecord, OrderRecord, SpecRecord};

pub(super) fn rebuild_order(
    record: &OrderRecord,
    book: u32,
    extra: Option<&Extra>,
) -> Checked<Order> {
    let &OrderRecord { id, open, shown, filled, price, account, stp_group, small, .. } = record;
    let [side, tif, stp, terms] = small;
    let order = Order {
        id: OrderId(id),
        open: Qty(open),
        shown: Qty(shown),
        filled: Qty(filled),
        level: NONE,
        book,
        account: AccountId(account),
        stp_group,
        extra: NONE,
        side: *Side::BOTH.get(side as usize).ok_or(odd("a side"))?,
        tif: TimeInForce::from_wire(tif).ok_or(odd("a time in force"))?,
        stp: Stp::from_wire(stp).ok_or(odd("a self-trade mode"))?,
        terms: Terms(terms),
    };
    must(open > 0 && shown <= open && open.checked_add(filled).is_some(), "what is open")?;
    must(terms < 3 << 4, "the terms of an order")?;
    let display = extra.map_or(Qty::ZERO, |extra| extra.display);
    let dark = order.is_dark();
    let shows = match price {
        None => shown == 0,
        Some(_) if dark => shown == 0 && display.is_zero(),
        Some(_) if display.is_zero() => shown == open,
        Some(_) => shown > 0,
    };
    must(shows, "what is shown")?;
    must(dark || !order.terms.has(Terms::WHOLE), "an all-or-none order is shown")?;
    let pegged = extra.is_some_and(|extra| extra.order_type == OrderType::Pegged);
    must(pegged == order.terms.has(Terms::PEGGED), "what is pegged")?;
    let waits = extra.map_or(Waits::No, |extra| extra.waits);
    must(price.is_some() == (waits == Waits::No), "where an order waits")?;
    must(waits != Waits::Auction || order.tif.is_for_auctions(), "what an order waits for")?;
    Ok(order)
}

pub(super) fn rebuild_extra(record: &ExtraRecord) -> Checked<Extra> {
    let [order_type, waits, peg, quote, reduce_only, for_call] = record.small;
    let order_type = OrderType::from_wire(order_type).ok_or(odd("a type of order"))?;
    let waits = match waits {
        0 => Waits::No,
        1 if order_type.is_stop() => Waits::Stop,
        2 if record.parent != 0 => Waits::Parent,
        waits if waits == Waits::Price as u8 && order_type == OrderType::Pegged => Waits::Price,
        waits if waits == Waits::Auction as u8 => Waits::Auction,
        waits if waits == Waits::Call as u8 && order_type.sweeps() && for_call == 1 => Waits::Call,
        _ => return Err(odd("what an order waits for")),
    };
    must(quote <= 1 && reduce_only <= 1 && for_call <= 1, "a mark of an order")?;
    Ok(Extra {
        expire_at: Time(record.expire_at),
        entry: record.entry,
        display: Qty(record.display),
        group: record.group,
        order_type,
        limit: record.limit.map(Price),
        stop: record.stop.map(Price),
        trail: record.trail,
        moved_by: record.moved_by.map(Price),
        min_qty: Qty(record.min_qty),
        parent: record.parent,
        quote: quote == 1,
        reduce_only: reduce_only == 1,
        for_call: for_call == 1,
        waits,
        peg: Peg::from_wire(peg).ok_or(odd("what an order follows"))?,
        offset: record.offset,
        ..Extra::default()
    })
}

pub(super) fn rebuild_spec(record: &SpecRecord) -> Checked<InstrumentSpec> {
    let [scale, algo, policy, phase] = record.small;
    let [lot, min_qty, max_qty, max_notional, volatility_auction_ns] = record.bounds;
    let [pro_rata_min, top_min, top_max] = record.shares.map(|share| share.map(Qty));
    let mut allocation = Allocation { pro_rata_min, top_min, top_max, ..Allocation::default() };
    (allocation.fifo_percent, allocation.leveling) = (record.fifo_percent, record.leveling);
    for &(account, percent) in &record.makers {
        let fits = allocation.makers.try_push((AccountId(account), percent)).is_ok();
        must(fits, "the makers of an instrument")?;
    }
    let mut spec = InstrumentSpec {
        symbol: ArrayString::from(&record.symbol).map_err(|_| odd("a symbol"))?,
        scale,
        tick: record.tick,
        lot,
        min_qty: Qty(min_qty),
        max_qty: Qty(max_qty),
        max_notional,
        algo: Algo::from_wire(algo).ok_or(odd("an algorithm"))?,
        allocation,
        reference: record.reference.map(Price),
        static_band: record.bands[0],
        dynamic_band: record.bands[1],
        volatility_auction_ns,
        maker_bps: record.bps[0],
        taker_bps: record.bps[1],
        max_orders: record.max_orders,
        replace_policy: ReplacePolicy::from_wire(policy).ok_or(odd("a replace policy"))?,
        phase: Phase::from_wire(phase).ok_or(odd("a phase"))?,
        ..InstrumentSpec::new(InstrumentId(record.instrument), "")
    };
    for &(from, tick) in &record.ticks {
        must(spec.ticks.try_push((Price(from), tick)).is_ok(), "a tick table")?;
    }
    must(is_sound(&spec), "the definition of an instrument")?;
    Ok(spec)
}
