//! What an author writes: a value that reacts to events.

use ringfence_core::{
    CancelReason, Event, InstrumentId, Interest, Liquidity, Op, OrderId, Phase, Price, Qty, Reject,
    Side, What,
};

use crate::context::Context;
use crate::params::{Param, ParamError, Params};
use crate::state::{StateError, StateReader, StateWriter};

/// A trading strategy.
///
/// Every `on_…` method has a default that does nothing (of [`on_event`](Self::on_event): that
/// calls the method for the event), so that a strategy states only what it cares about.
///
/// ```
/// use ringfence_guest::prelude::*;
///
/// /// Joins the best bid once and stays there.
/// struct Joiner {
///     size: Qty,
///     joined: bool,
/// }
///
/// impl Strategy for Joiner {
///     const NAME: &'static str = "joiner";
///     const VERSION: &'static str = "1.0.0";
///     const PARAMS: &'static [Param] = &[Param::u64("size", "100", "Lots to bid for.")];
///     const SUBSCRIPTIONS: Interest = Interest::L1;
///
///     fn new(params: &Params<'_>) -> Result<Self, ParamError> {
///         Ok(Self { size: Qty(params.u64("size")?), joined: false })
///     }
///
///     fn on_bbo(&mut self, bbo: &Bbo, context: &mut Context<'_>) {
///         if let (false, Some((price, _))) = (self.joined, bbo.bid) {
///             self.joined = context.limit(bbo.instrument, Side::Buy, price, self.size).is_ok();
///         }
///     }
/// }
///
/// ringfence_guest::export!(Joiner);
/// # fn main() {}
/// ```
pub trait Strategy: Sized {
    /// Its name for operators, in lower case.
    const NAME: &'static str;
    /// Its version.
    const VERSION: &'static str;
    /// The parameters that it takes.
    const PARAMS: &'static [Param] = &[];
    /// The public events that it wants. Its own private events always come.
    const SUBSCRIPTIONS: Interest;
    /// How often it wants [`on_timer`](Self::on_timer), by the time of commands; 0: never.
    const TIMER_NS: u64 = 0;
    /// The version of what [`on_export`](Self::on_export) writes.
    const STATE_VERSION: u32 = 0;
    /// Whether it uses [`Context::submit`].
    const SUBMITS: bool = false;

    /// Makes one from its parameters.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where a parameter is wrong; the strategy is then not started, and the
    /// operator reads why.
    fn new(params: &Params<'_>) -> Result<Self, ParamError>;

    /// Runs once, before the first event.
    fn on_start(&mut self, context: &mut Context<'_>) {
        _ = context;
    }

    /// Runs for every event. Who overrides it gets no other call for events but
    /// [`on_timer`](Self::on_timer), except through [`dispatch`].
    fn on_event(&mut self, event: &Event, context: &mut Context<'_>) {
        dispatch(self, event, context);
    }

    /// One of its orders traded.
    fn on_fill(&mut self, fill: &Fill, context: &mut Context<'_>) {
        _ = (fill, context);
    }

    /// One of its orders was taken in, reduced, replaced or triggered; [`Context::order`] has the outcome.
    fn on_update(&mut self, id: OrderId, context: &mut Context<'_>) {
        _ = (id, context);
    }

    /// One of its commands was turned away.
    fn on_reject(&mut self, rejection: &Rejection, context: &mut Context<'_>) {
        _ = (rejection, context);
    }

    /// One of its orders ended: what was open of it is taken off. One that only lost a part comes
    /// by [`on_update`](Self::on_update).
    fn on_cancel(&mut self, cancellation: &Cancellation, context: &mut Context<'_>) {
        _ = (cancellation, context);
    }

    /// Two orders traded, maybe its own.
    fn on_trade(&mut self, trade: &Trade, context: &mut Context<'_>) {
        _ = (trade, context);
    }

    /// The best prices changed. What the strategy itself shows is in them.
    fn on_bbo(&mut self, bbo: &Bbo, context: &mut Context<'_>) {
        _ = (bbo, context);
    }

    /// A price level changed.
    fn on_level(&mut self, level: &Level, context: &mut Context<'_>) {
        _ = (level, context);
    }

    /// A displayed order changed (L3). The event is what `BookReplica` wants.
    fn on_order(&mut self, event: &Event, context: &mut Context<'_>) {
        _ = (event, context);
    }

    /// An instrument entered a phase.
    fn on_phase(&mut self, instrument: InstrumentId, phase: Phase, context: &mut Context<'_>) {
        _ = (instrument, phase, context);
    }

    /// [`TIMER_NS`](Self::TIMER_NS) went by.
    fn on_timer(&mut self, context: &mut Context<'_>) {
        _ = context;
    }

    /// The events that came together have all been handled: the place to decide once.
    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        _ = context;
    }

    /// Another version is to take its place: writes what that has to know, and changes nothing.
    ///
    /// Its books, that is open orders, positions and the names of orders, are handed over without
    /// its doing.
    fn on_export(&self, state: &mut StateWriter<'_>) {
        _ = state;
    }

    /// It takes the place of another version: reads what that wrote, before its first event.
    /// `version` is the other's [`STATE_VERSION`](Self::STATE_VERSION). What is not read is dropped.
    ///
    /// # Errors
    ///
    /// [`StateError`] where it cannot go on from there; the other version then stays.
    fn on_import(&mut self, state: &mut StateReader<'_>, version: u32) -> Result<(), StateError> {
        _ = (state, version);
        Ok(())
    }

    /// Runs last. Commands are no longer taken.
    fn on_stop(&mut self, context: &mut Context<'_>) {
        _ = context;
    }
}

/// A trade of one of the strategy's own orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Where.
    pub instrument: InstrumentId,
    /// The order.
    pub id: OrderId,
    /// Whether it bought or sold.
    pub side: Side,
    /// At which price.
    pub price: Price,
    /// How much.
    pub qty: Qty,
    /// What is left open of the order.
    pub leaves: Qty,
    /// Whether the order rested or came in.
    pub liquidity: Liquidity,
    /// The fee in ticks × lots, held at the ends of `i64`; negative is a rebate.
    pub fee: i64,
}

/// A command of the strategy's that was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Where.
    pub instrument: InstrumentId,
    /// Which command.
    pub op: Op,
    /// The order that it named, or 0.
    pub id: OrderId,
    /// Why.
    pub reason: Reject,
}

/// An order of the strategy's that ended without trading, or whose rest did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Where.
    pub instrument: InstrumentId,
    /// The order.
    pub id: OrderId,
    /// What was open of it, all of which was taken off.
    pub qty: Qty,
    /// Why.
    pub reason: CancelReason,
}

/// A trade of anybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Where.
    pub instrument: InstrumentId,
    /// At which price.
    pub price: Price,
    /// How much.
    pub qty: Qty,
    /// The side that came in; none in an auction.
    pub taker: Option<Side>,
}

/// The best prices and what is shown there, held at the end of `u64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bbo {
    /// Where.
    pub instrument: InstrumentId,
    /// Best bid.
    pub bid: Option<(Price, Qty)>,
    /// Best ask.
    pub ask: Option<(Price, Qty)>,
}

impl Bbo {
    /// The best price of a side and what is shown there.
    #[must_use]
    pub const fn best(&self, side: Side) -> Option<(Price, Qty)> {
        match side {
            Side::Buy => self.bid,
            Side::Sell => self.ask,
        }
    }

    /// The middle between the two, rounded down.
    #[must_use]
    pub const fn mid(&self) -> Option<Price> {
        match (self.bid, self.ask) {
            (Some((bid, _)), Some((ask, _))) => Some(midpoint(bid, ask)),
            _ => None,
        }
    }
}

/// The middle between two prices, rounded down.
#[must_use]
pub const fn midpoint(a: Price, b: Price) -> Price {
    // Half of what differs plus all that is common: it cannot overflow.
    Price((a.0 & b.0) + ((a.0 ^ b.0) >> 1))
}

/// A price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Where.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// What is shown there now; 0: it is gone. Held at the end of `u64`.
    pub qty: Qty,
    /// How many orders show it.
    pub orders: u32,
}

/// Calls the method of `strategy` that is for `event`.
pub fn dispatch<S: Strategy>(strategy: &mut S, event: &Event, context: &mut Context<'_>) {
    if event.what.class() == Interest::PRIVATE {
        dispatch_own(strategy, event, context);
    } else {
        dispatch_public(strategy, event, context);
    }
}

fn dispatch_own<S: Strategy>(strategy: &mut S, event: &Event, context: &mut Context<'_>) {
    let instrument = event.instrument;
    match event.what {
        What::Accepted { id, .. } | What::Triggered { id, .. } => strategy.on_update(id, context),
        What::Replaced { new_id, .. } => strategy.on_update(new_id, context),
        What::Rejected { op, id, reason, .. } => {
            strategy.on_reject(&Rejection { instrument, op, id, reason }, context);
        }
        What::Filled { .. } => {
            if let Some(fill) = context.latest_fill() {
                strategy.on_fill(&fill, context);
            }
        }
        What::Canceled { id, qty, reason, .. } => {
            strategy.on_cancel(&Cancellation { instrument, id, qty, reason }, context);
        }
        _ => {}
    }
}

fn dispatch_public<S: Strategy>(strategy: &mut S, event: &Event, context: &mut Context<'_>) {
    let instrument = event.instrument;
    match event.what {
        What::Trade { price, qty, taker, .. } => {
            strategy.on_trade(&Trade { instrument, price, qty, taker }, context);
        }
        What::Level { side, price, qty, orders } => {
            let qty = Qty(qty.saturating_u64());
            strategy.on_level(&Level { instrument, side, price, qty, orders }, context);
        }
        What::Bbo { bid, ask } => {
            let bid = bid.map(|(price, qty)| (price, Qty(qty.saturating_u64())));
            let ask = ask.map(|(price, qty)| (price, Qty(qty.saturating_u64())));
            strategy.on_bbo(&Bbo { instrument, bid, ask }, context);
        }
        What::Phase { phase } => strategy.on_phase(instrument, phase, context),
        _ if event.what.class() == Interest::L3 => strategy.on_order(event, context),
        _ => {}
    }
}
