//! What a test sees of its market.

use std::vec::Vec;

use ringfence_core::{Engine, InstrumentId, OrderId, OrderView, Qty, Side, Time, WaitingView};

use super::{Holding, Market, ORDER_IDS_FROM, STRATEGY};
use crate::position::Position;
use crate::strategy::{Bbo, Cancellation, Fill, Rejection, Strategy};
use crate::testing::fake::{LogLine, host};

impl<S: Strategy> Market<S> {
    /// The strategy.
    pub const fn strategy(&self) -> &S {
        self.session.strategy()
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The time.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// What the strategy holds and made in the first instrument, as the engine saw it.
    pub fn position(&self) -> Position {
        self.holding(self.instrument).position
    }

    /// The largest position that the strategy ever held in the first instrument, on whichever side.
    pub fn largest_position(&self) -> Qty {
        self.holding(self.instrument).largest
    }

    /// The strategy's trades so far.
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// What was turned away of the strategy's commands so far.
    pub fn rejections(&self) -> &[Rejection] {
        &self.rejections
    }

    /// What was taken off of the strategy's orders so far.
    pub fn cancellations(&self) -> &[Cancellation] {
        &self.cancellations
    }

    /// How many commands the strategy has sent so far.
    pub const fn commands(&self) -> usize {
        self.commands_seen
    }

    /// What the strategy has logged so far.
    pub fn logs(&self) -> Vec<LogLine> {
        host(|host| host.logs.clone())
    }

    /// The gauges that the strategy has set so far, in order.
    pub fn metrics(&self) -> Vec<(i32, i64)> {
        host(|host| host.metrics.clone())
    }

    /// The strategy's open orders in the first instrument, bids first, each side in the order in
    /// which it would trade. Stops that wait are not among them.
    pub fn open_orders(&self) -> Vec<OrderView> {
        self.open_orders_in(self.instrument)
    }

    /// The strategy's stops that wait in the first instrument, oldest first.
    pub fn waiting_orders(&self) -> Vec<WaitingView> {
        self.waiting_orders_in(self.instrument)
    }

    /// The best prices of the first instrument, the strategy's own orders included.
    pub fn bbo(&self) -> Bbo {
        self.bbo_in(self.instrument)
    }

    /// Asserts how many lots the strategy holds of the first instrument.
    ///
    /// # Panics
    ///
    /// Where it holds another number.
    #[track_caller]
    pub fn assert_position(&self, lots: i64) {
        self.check_position(self.instrument, lots);
    }

    /// Asserts the strategy's open orders in the first instrument: side, price, open quantity; bids first, best first.
    ///
    /// # Panics
    ///
    /// Where it has others.
    #[track_caller]
    pub fn assert_open(&self, expected: &[(Side, i64, u64)]) {
        self.check_open(self.instrument, expected);
    }

    /// Asserts all of the strategy's trades so far, in whichever instrument: side, price, quantity.
    ///
    /// # Panics
    ///
    /// Where it had others.
    #[track_caller]
    pub fn assert_fills(&self, expected: &[(Side, i64, u64)]) {
        let fills: Vec<_> = self.fills.iter().map(|f| (f.side, f.price.0, f.qty.0)).collect();
        assert_eq!(fills, expected, "the strategy's trades");
    }

    pub(super) fn holding(&self, instrument: InstrumentId) -> Holding {
        self.holdings.get(&instrument).copied().unwrap_or(Holding::NONE)
    }

    pub(super) fn open_orders_in(&self, instrument: InstrumentId) -> Vec<OrderView> {
        let Some(book) = self.engine.book(instrument) else { return Vec::new() };
        let mut own: Vec<_> = Vec::new();
        for side in Side::BOTH {
            own.extend(book.orders(side).filter(|order| order.account == STRATEGY));
        }
        for order in &mut own {
            order.id.0 -= ORDER_IDS_FROM;
        }
        own
    }

    pub(super) fn waiting_orders_in(&self, instrument: InstrumentId) -> Vec<WaitingView> {
        let Some(book) = self.engine.book(instrument) else { return Vec::new() };
        let mut own: Vec<_> = book.waiting().filter(|order| order.account == STRATEGY).collect();
        for order in &mut own {
            order.id.0 -= ORDER_IDS_FROM;
        }
        own
    }

    pub(super) fn bbo_in(&self, instrument: InstrumentId) -> Bbo {
        let best = |side| {
            let level = self.engine.book(instrument)?.best(side)?;
            Some((level.price, Qty(u64::try_from(level.qty).unwrap_or(u64::MAX))))
        };
        Bbo { instrument, bid: best(Side::Buy), ask: best(Side::Sell) }
    }

    /// Name, side and open quantity of all that the strategy has in the engine.
    pub(super) fn open_in_the_engine(&self, instrument: InstrumentId) -> Vec<(OrderId, Side, Qty)> {
        let resting = self.open_orders_in(instrument).into_iter().map(|o| (o.id, o.side, o.open));
        let waiting =
            self.waiting_orders_in(instrument).into_iter().map(|o| (o.id, o.side, o.open));
        resting.chain(waiting).collect()
    }

    #[track_caller]
    pub(super) fn check_position(&self, instrument: InstrumentId, lots: i64) {
        let held = self.holding(instrument).position.lots;
        assert_eq!(held, lots, "lots held of {instrument}; fills: {:#?}", self.fills);
    }

    #[track_caller]
    pub(super) fn check_open(&self, instrument: InstrumentId, expected: &[(Side, i64, u64)]) {
        let open = self.open_orders_in(instrument);
        let open: Vec<_> = open.iter().map(|o| (o.side, o.price.0, o.open.0)).collect();
        assert_eq!(open, expected, "the strategy's open orders in {instrument}");
    }
}
