//! A position brought to where it is wanted, by taking.

use ringfence_core::{InstrumentId, OrderId, Price, Qty, Side};

use crate::blotter::OwnOrder;
use crate::context::{Context, Full};
use crate::pause::Pause;
use crate::strategy::Bbo;

/// Brings the position in one instrument to a target: takes what is lacking from the best prices,
/// with one order on its way at a time, none of which rests.
///
/// Tell it at each [`on_batch_end`](crate::Strategy::on_batch_end) what is wanted. What was not to
/// be had is asked for again after [`RETRY_NS`](Self::RETRY_NS), so that an empty or a halted market
/// is not flooded.
///
/// ```
/// # use ringfence_guest::{Full, Taker, prelude::*};
/// # fn example(bbo: &Bbo, context: &mut Context<'_>) -> Result<(), Full> {
/// // At most 5 ticks through the best price.
/// let mut taker = Taker::new(InstrumentId(0), 5);
/// // Sells what is held, and 100 lots besides.
/// taker.bring_to(context, bbo, -100)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taker {
    instrument: InstrumentId,
    slip: u64,
    order: OrderId,
    pause: Pause,
}

impl Taker {
    /// How long it waits before it asks again for what was not to be had: 100 ms.
    pub const RETRY_NS: u64 = 100_000_000;

    /// One that takes at most `slip` ticks through the best price; any price, where there is none
    /// so far behind it.
    #[must_use]
    pub const fn new(instrument: InstrumentId, slip: u64) -> Self {
        let pause = Pause::of_ns(Self::RETRY_NS);
        Self { instrument, slip, order: OrderId(0), pause }
    }

    /// Takes what the position lacks of `target` lots, below zero to be short, where there is a best
    /// price to take from. `bbo` is that of its instrument.
    ///
    /// # Errors
    ///
    /// [`Full`] where the order has no room; call it again at the next batch.
    pub fn bring_to(
        &mut self,
        context: &mut Context<'_>,
        bbo: &Bbo,
        target: i64,
    ) -> Result<(), Full> {
        let lacking = target.saturating_sub(context.position(self.instrument).lots);
        if lacking == 0 {
            self.pause.end();
            return Ok(());
        }
        if self.is_busy(context) || !self.pause.is_over(context) {
            return Ok(());
        }
        let side = if lacking > 0 { Side::Buy } else { Side::Sell };
        let Some(limit) = self.limit(bbo, side) else { return Ok(()) };
        self.order = context.ioc(self.instrument, side, limit, Qty(lacking.unsigned_abs()))?;
        self.pause.begin(context);
        Ok(())
    }

    /// Whether an order of its is on its way, or one in its instrument that another version of the
    /// strategy sent.
    #[must_use]
    pub fn is_busy(&self, context: &Context<'_>) -> bool {
        let is_on_its_way = |order: &OwnOrder| {
            order.id == self.order || (order.instrument == self.instrument && !order.live)
        };
        context.orders().iter().any(is_on_its_way)
    }

    /// The worst price at which it takes on a side.
    fn limit(&self, bbo: &Bbo, side: Side) -> Option<Price> {
        let from = side.opposite();
        let (best, _) = bbo.best(from)?;
        let slip = i64::try_from(self.slip).ok();
        Some(slip.and_then(|slip| from.checked_behind(best, slip)).unwrap_or(side.any_price()))
    }
}

#[cfg(test)]
mod tests;
