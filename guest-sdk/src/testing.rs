//! A market to test a strategy in: natively, against the real engine, in a unit test.
//!
//! What reaches the strategy here is what reaches it in a venue: events in the same order, in the
//! same batches, through the same 64-byte records; its commands come back through the same 128-byte
//! records, are decoded and checked the same way, and enter the same engine. Its orders have names
//! of their own range there, and its private events carry the names that it chose.
//!
//! ```
//! use ringfence_guest::{prelude::*, testing::Market};
//!
//! /// Bids once what was traded first.
//! struct Echo {
//!     done: bool,
//! }
//!
//! impl Strategy for Echo {
//!     const NAME: &'static str = "echo";
//!     const VERSION: &'static str = "1.0.0";
//!     const SUBSCRIPTIONS: Interest = Interest::TRADES;
//!
//!     fn new(_: &Params<'_>) -> Result<Self, ParamError> {
//!         Ok(Self { done: false })
//!     }
//!
//!     fn on_trade(&mut self, trade: &Trade, context: &mut Context<'_>) {
//!         if !self.done {
//!             let bid = context.limit(trade.instrument, Side::Buy, trade.price, trade.qty);
//!             self.done = bid.is_ok();
//!         }
//!     }
//! }
//!
//! let mut market = Market::<Echo>::open("");
//! market.sell(100, 5);
//! market.buy(100, 4);
//! market.assert_fills(&[(Side::Buy, 100, 1)]);
//! market.assert_open(&[(Side::Buy, 100, 3)]);
//! market.assert_position(1);
//! ```

mod crowd;
pub(crate) mod fake;
mod market;

pub use crowd::Crowd;
pub use fake::LogLine;
pub use market::{Market, ORDER_IDS_FROM, Pit, STRATEGY, SwapError};

#[cfg(test)]
mod tests;
