//! Two orders, one on each side, kept where they are wanted: replaced in place, not sent anew.

use ringfence_core::{InstrumentId, OrderId, Price, Qty, Side, Time};

use crate::blotter::OwnOrder;
use crate::context::{Context, Full};
use crate::state::{StateError, StateReader, StateWriter};

/// A bid and an ask of one strategy's.
///
/// Tell it at each [`on_batch_end`](crate::Strategy::on_batch_end) what is wanted: it sends what is
/// missing to get there, and nothing while an earlier request is unanswered. Its orders never
/// take.
///
/// ```
/// # use ringfence_guest::{QuotePair, Full, prelude::*};
/// # fn example(context: &mut Context<'_>) -> Result<(), Full> {
/// let mut pair = QuotePair::new(InstrumentId(0));
/// pair.set(context, Some((Price(99), Qty(10))), Some((Price(101), Qty(10))))?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotePair {
    instrument: InstrumentId,
    ids: [OrderId; 2],
    asked: [Option<(Time, Request)>; 2],
}

/// What is asked of one side: the order to change, or none for a new one, and what is wanted.
type Request = (Option<OrderId>, Option<(Price, Qty)>);

impl QuotePair {
    /// How long it waits before it asks again for what was turned away: 100 ms, so that a halted
    /// market is not flooded.
    pub const RETRY_NS: u64 = 100_000_000;

    /// Nothing quoted yet.
    #[must_use]
    pub const fn new(instrument: InstrumentId) -> Self {
        Self { instrument, ids: [OrderId(0); 2], asked: [None; 2] }
    }

    /// Brings both sides to price and quantity, or off the book.
    ///
    /// An order at the wanted price that has at least half of the wanted quantity, and not more
    /// than it, is left alone: topping it up would cost its place in the queue. What was turned
    /// away is asked for again after [`RETRY_NS`](Self::RETRY_NS), or when something else is
    /// wanted.
    ///
    /// # Errors
    ///
    /// [`Full`] where a command has no room; call it again at the next batch.
    pub fn set(
        &mut self,
        context: &mut Context<'_>,
        bid: Option<(Price, Qty)>,
        ask: Option<(Price, Qty)>,
    ) -> Result<(), Full> {
        self.set_side(context, Side::Buy, bid)?;
        self.set_side(context, Side::Sell, ask)
    }

    /// The order of a side, while it is open or on its way.
    #[must_use]
    pub fn order<'a>(&self, context: &'a Context<'_>, side: Side) -> Option<&'a OwnOrder> {
        context.order(self.ids[side.index()])
    }

    /// Writes which orders are its own, for the version that takes the strategy's place.
    pub fn export(&self, state: &mut StateWriter<'_>) {
        for id in self.ids {
            state.order_id(id);
        }
    }

    /// The pair whose orders an earlier version wrote by [`export`](Self::export).
    ///
    /// # Errors
    ///
    /// [`StateError::CutShort`].
    pub fn import(
        instrument: InstrumentId,
        state: &mut StateReader<'_>,
    ) -> Result<Self, StateError> {
        Ok(Self { ids: [state.order_id()?, state.order_id()?], ..Self::new(instrument) })
    }

    fn set_side(
        &mut self,
        context: &mut Context<'_>,
        side: Side,
        wanted: Option<(Price, Qty)>,
    ) -> Result<(), Full> {
        let wanted = wanted.filter(|(_, qty)| !qty.is_zero());
        let order = self.order(context, side).copied();
        if order.is_some_and(|order| order.waiting) || is_fine(order, wanted) {
            return Ok(());
        }
        let request = (order.map(|order| order.id), wanted);
        if self.was_turned_away(context, side, request) {
            return Ok(());
        }
        match (order, wanted) {
            (None, None) => {}
            (None, Some((price, qty))) => {
                self.ids[side.index()] = context.post_only(self.instrument, side, price, qty)?;
            }
            (Some(order), None) => context.cancel(self.instrument, order.id)?,
            (Some(order), Some((price, qty))) => {
                context.replace(self.instrument, order.id, price, qty)?;
            }
        }
        self.asked[side.index()] = Some((context.time(), request));
        Ok(())
    }

    /// Whether this was asked for only just now, and it is not that the order traded since.
    fn was_turned_away(&self, context: &Context<'_>, side: Side, request: Request) -> bool {
        let id = self.ids[side.index()];
        let traded = context.latest_fill().is_some_and(|fill| fill.id == id);
        let asked = self.asked[side.index()].filter(|(_, earlier)| *earlier == request);
        let is_new = |at: Time| context.time().0.saturating_sub(at.0) < Self::RETRY_NS;
        !traded && asked.is_some_and(|(at, _)| is_new(at))
    }
}

/// Whether an order is where and what it should be, as nearly as is worth a request.
fn is_fine(order: Option<OwnOrder>, wanted: Option<(Price, Qty)>) -> bool {
    match (order, wanted) {
        (None, None) => true,
        (Some(order), Some((price, qty))) => {
            let enough = order.open <= qty && order.open.0 >= qty.0.div_ceil(2);
            order.price == Some(price) && enough
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
