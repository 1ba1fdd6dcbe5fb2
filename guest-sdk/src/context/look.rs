//! What a strategy sees of itself.

use ringfence_core::{InstrumentId, OrderId, Price, Qty, Side, Time};

use super::Context;
use crate::blotter::OwnOrder;
use crate::position::Position;

impl Context<'_> {
    /// The time of the command that caused the event at hand.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time
    }

    /// One of the strategy's own open orders.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&OwnOrder> {
        self.blotter.orders().iter().find(|order| order.id == id)
    }

    /// The strategy's own orders that are open or on their way, oldest first.
    #[must_use]
    pub fn orders(&self) -> &[OwnOrder] {
        self.blotter.orders()
    }

    /// What the strategy shows at a price.
    #[must_use]
    pub fn shown_at(&self, instrument: InstrumentId, side: Side, price: Price) -> Qty {
        let own = self.blotter.orders().iter().filter(|order| {
            order.live
                && (order.instrument, order.side, order.price) == (instrument, side, Some(price))
        });
        Qty(own.fold(0, |sum: u64, order| sum.saturating_add(order.open.0)))
    }

    /// What the strategy holds of an instrument.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId) -> Position {
        self.blotter.position(instrument)
    }

    /// How many more commands this batch has room for.
    #[must_use]
    pub fn commands_left(&self) -> usize {
        self.commands.len() - self.count
    }
}
