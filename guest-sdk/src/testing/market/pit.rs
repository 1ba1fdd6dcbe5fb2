//! One instrument of a market.

use std::vec::Vec;

use ringfence_core::{
    AccountId, Cancel, Command, InstrumentId, NewOrder, OrderId, OrderView, Price, Qty, Side,
    TimeInForce, WaitingView,
};

use super::{Market, ORDER_IDS_FROM};
use crate::position::Position;
use crate::strategy::{Bbo, Strategy};

/// One instrument of a [`Market`]: [`Market::at`] gives it.
///
/// ```
/// # use ringfence_guest::{prelude::*, testing::Market};
/// # struct Idle;
/// # impl Strategy for Idle {
/// #     const NAME: &'static str = "idle";
/// #     const VERSION: &'static str = "1.0.0";
/// #     const SUBSCRIPTIONS: Interest = Interest::L1;
/// #     fn new(_: &Params<'_>) -> Result<Self, ParamError> { Ok(Self) }
/// # }
/// use ringfence_guest::InstrumentSpec;
/// let mut market = Market::<Idle>::open("");
/// let other = InstrumentId(1);
/// market.list(InstrumentSpec::new(other, "OTHER"));
/// market.at(other).sell(250, 10);
/// assert_eq!(market.at(other).bbo().ask, Some((Price(250), Qty(10))));
/// assert_eq!(market.bbo().ask, None);
/// ```
#[derive(Debug)]
pub struct Pit<'a, S> {
    market: &'a mut Market<S>,
    instrument: InstrumentId,
}

impl<'a, S: Strategy> Pit<'a, S> {
    pub(super) fn new(market: &'a mut Market<S>, instrument: InstrumentId) -> Self {
        Self { market, instrument }
    }

    /// Somebody else bids `qty` lots at `price` ticks, good till cancelled.
    pub fn buy(&mut self, price: i64, qty: u64) -> OrderId {
        self.order(NewOrder::limit(OrderId(0), Side::Buy, Price(price), Qty(qty)))
    }

    /// Somebody else offers `qty` lots at `price` ticks, good till cancelled.
    pub fn sell(&mut self, price: i64, qty: u64) -> OrderId {
        self.order(NewOrder::limit(OrderId(0), Side::Sell, Price(price), Qty(qty)))
    }

    /// Somebody else buys or sells up to a price, the limit included; what is left is cancelled.
    pub fn take(&mut self, side: Side, price: i64, qty: u64) -> OrderId {
        let order = NewOrder::limit(OrderId(0), side, Price(price), Qty(qty));
        self.order(NewOrder { tif: TimeInForce::Ioc, ..order })
    }

    /// Somebody else places an order; an `id` of 0 gets a name.
    ///
    /// # Panics
    ///
    /// Where the name is of the range that the strategy's orders have.
    pub fn order(&mut self, order: NewOrder) -> OrderId {
        let market = &mut *self.market;
        let id = if order.id.0 == 0 { OrderId(market.next_id) } else { order.id };
        assert!(id.0 < ORDER_IDS_FROM, "names from here on are the strategy's");
        market.next_id = market.next_id.max(id.0 + 1);
        market.apply(&Command::New(NewOrder { id, instrument: self.instrument, ..order }));
        id
    }

    /// Somebody else cancels.
    pub fn cancel(&mut self, id: OrderId) {
        let (instrument, account) = (self.instrument, AccountId(0));
        self.market.apply(&Command::Cancel(Cancel { instrument, account, id }));
    }

    /// The best prices, the strategy's own orders included.
    #[must_use]
    pub fn bbo(&self) -> Bbo {
        self.market.bbo_in(self.instrument)
    }

    /// What the strategy holds and made here, as the engine saw it.
    #[must_use]
    pub fn position(&self) -> Position {
        self.market.holding(self.instrument).position
    }

    /// The largest position that the strategy ever held here, on whichever side.
    #[must_use]
    pub fn largest_position(&self) -> Qty {
        self.market.holding(self.instrument).largest
    }

    /// The strategy's open orders, bids first, each side in the order in which it would trade. Stops
    /// that wait are not among them.
    #[must_use]
    pub fn open_orders(&self) -> Vec<OrderView> {
        self.market.open_orders_in(self.instrument)
    }

    /// The strategy's stops that wait, oldest first.
    #[must_use]
    pub fn waiting_orders(&self) -> Vec<WaitingView> {
        self.market.waiting_orders_in(self.instrument)
    }

    /// Asserts how many lots the strategy holds.
    ///
    /// # Panics
    ///
    /// Where it holds another number.
    #[track_caller]
    pub fn assert_position(&self, lots: i64) {
        self.market.check_position(self.instrument, lots);
    }

    /// Asserts the strategy's open orders: side, price, open quantity; bids first, best first.
    ///
    /// # Panics
    ///
    /// Where it has others.
    #[track_caller]
    pub fn assert_open(&self, expected: &[(Side, i64, u64)]) {
        self.market.check_open(self.instrument, expected);
    }
}
