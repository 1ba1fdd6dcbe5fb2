//! A strategy's own books: its open orders and its positions, kept from its private events.

mod state;

use arrayvec::ArrayVec;
use ringfence_core::{Event, InstrumentId, Interest, Op, OrderId, Price, Qty, Side, What};

use crate::position::Position;
use crate::strategy::Fill;

/// How many orders a strategy can have open or on their way: a quoter needs two, a ladder of 16
/// levels on two instruments 64.
pub const ORDERS_MAX: usize = 64;

/// How many instruments a strategy can trade in.
pub const INSTRUMENTS_MAX: usize = 16;

/// One of the strategy's own orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnOrder {
    /// Its name.
    pub id: OrderId,
    /// Which book.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// Its price, where it has one.
    pub price: Option<Price>,
    /// What is open of it.
    pub open: Qty,
    /// What is filled of it.
    pub filled: Qty,
    /// Whether the engine has taken it in.
    pub live: bool,
    /// Whether something that was asked of it has not been answered yet.
    pub waiting: bool,
}

/// A strategy's open orders and positions.
#[derive(Debug)]
pub(crate) struct Blotter {
    orders: ArrayVec<OwnOrder, ORDERS_MAX>,
    positions: ArrayVec<(InstrumentId, Position), INSTRUMENTS_MAX>,
    latest_fill: Option<Fill>,
    next_id: u64,
}

impl Blotter {
    pub(crate) const fn new() -> Self {
        Self {
            orders: ArrayVec::new_const(),
            positions: ArrayVec::new_const(),
            latest_fill: None,
            next_id: 1,
        }
    }

    /// `count` names in a row that no earlier order had; of which the first is `wanted` unless
    /// that is 0.
    pub(crate) fn name(&mut self, wanted: OrderId, count: u64) -> OrderId {
        let first = if wanted.0 == 0 { self.next_id } else { wanted.0 };
        self.next_id = self.next_id.max(first.saturating_add(count));
        OrderId(first)
    }

    /// Whether `orders` more orders of `instrument` can be followed.
    pub(crate) fn has_room(&mut self, instrument: InstrumentId, orders: usize) -> bool {
        let known = self.positions.iter().any(|(known, _)| *known == instrument)
            || self.positions.try_push((instrument, Position::FLAT)).is_ok();
        known && self.orders.remaining_capacity() >= orders
    }

    /// Notes an order that is being sent; [`has_room`](Self::has_room) was asked.
    pub(crate) fn sent(&mut self, order: OwnOrder) {
        if self.find(order.id).is_none() {
            _ = self.orders.try_push(order);
        }
    }

    /// Notes that something is being asked of an order.
    pub(crate) fn asked(&mut self, id: OrderId) {
        if let Some(order) = self.find(id) {
            order.waiting = true;
        }
    }

    /// Takes in a private event.
    pub(crate) fn settle(&mut self, event: &Event) {
        if event.what.class() != Interest::PRIVATE {
            return;
        }
        match event.what {
            What::Accepted { id, side, qty, price, .. } => {
                self.accepted(event.instrument, id, side, qty, price);
            }
            What::Rejected { op, id, .. } => self.rejected(op, id),
            What::Filled { .. } => self.filled(event),
            What::Canceled { id, qty, .. } => {
                if let Some(order) = self.find(id) {
                    order.waiting = false;
                    let left = order.open.saturating_sub(qty);
                    self.left(id, left);
                }
            }
            What::Replaced { id, new_id, price, qty, leaves, .. } => {
                if let Some(order) = self.find(id) {
                    (order.id, order.price, order.waiting) = (new_id, price, false);
                    order.filled = qty.saturating_sub(leaves);
                    self.left(new_id, leaves);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn latest_fill(&self) -> Option<Fill> {
        self.latest_fill
    }

    pub(crate) fn orders(&self) -> &[OwnOrder] {
        &self.orders
    }

    pub(crate) fn position(&self, instrument: InstrumentId) -> Position {
        let held = self.positions.iter().find(|(known, _)| *known == instrument);
        held.map_or(Position::FLAT, |(_, position)| *position)
    }

    fn accepted(
        &mut self,
        instrument: InstrumentId,
        id: OrderId,
        side: Side,
        open: Qty,
        price: Option<Price>,
    ) {
        let filled = Qty::ZERO;
        let order =
            OwnOrder { id, instrument, side, price, open, filled, live: true, waiting: false };
        if let Some(known) = self.find(id) {
            *known = order;
        } else if self.has_room(instrument, 1) {
            // A quote sent again: its earlier orders of the same names have just ended.
            _ = self.orders.try_push(order);
        }
    }

    fn rejected(&mut self, op: Op, id: OrderId) {
        // The second order of a quote has the next name, and is turned away with the first.
        let last = if op == Op::Quote { OrderId(id.0.saturating_add(1)) } else { id };
        for order in self.orders.iter_mut().filter(|order| (id..=last).contains(&order.id)) {
            order.waiting = false;
        }
        if matches!(op, Op::New | Op::Quote) {
            self.orders.retain(|order| order.live || !(id..=last).contains(&order.id));
        }
    }

    fn filled(&mut self, event: &Event) {
        self.latest_fill = None;
        let What::Filled { id, price, qty, leaves, liquidity, fee, .. } = event.what else {
            return;
        };
        let Some(order) = self.find(id) else { return };
        order.filled = Qty(order.filled.0.saturating_add(qty.0));
        let side = order.side;
        self.left(id, leaves);
        let fee = fee.get().clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        let fee = i64::try_from(fee).unwrap_or_default();
        let instrument = event.instrument;
        if let Some((_, held)) = self.positions.iter_mut().find(|(at, _)| *at == instrument) {
            held.add(side, price, qty, fee);
        }
        self.latest_fill = Some(Fill { instrument, id, side, price, qty, leaves, liquidity, fee });
    }

    /// Notes what is open of an order now; with nothing left it is gone.
    fn left(&mut self, id: OrderId, open: Qty) {
        if let Some(at) = self.orders.iter().position(|order| order.id == id) {
            if open.is_zero() {
                _ = self.orders.pop_at(at);
            } else {
                self.orders[at].open = open;
            }
        }
    }

    fn find(&mut self, id: OrderId) -> Option<&mut OwnOrder> {
        self.orders.iter_mut().find(|order| order.id == id)
    }
}

#[cfg(test)]
mod tests;
