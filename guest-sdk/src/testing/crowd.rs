//! Everybody else: seeded random orders around a price that wanders.

use std::vec::Vec;

use ringfence_core::{InstrumentId, OrderId, Price, Side};

use super::fake::next_random;
use super::market::Market;
use crate::strategy::Strategy;

/// Random participants of a [`Market`]: the same seed, the same orders.
///
/// They keep some ten levels around a middle that wanders in trends, cancel as often as they
/// place, and take now and then. Whole numbers only.
///
/// ```
/// # use ringfence_guest::{prelude::*, testing::{Crowd, Market}};
/// # struct Idle;
/// # impl Strategy for Idle {
/// #     const NAME: &'static str = "idle";
/// #     const VERSION: &'static str = "1.0.0";
/// #     const SUBSCRIPTIONS: Interest = Interest::L1;
/// #     fn new(_: &Params<'_>) -> Result<Self, ParamError> { Ok(Self) }
/// # }
/// let mut market = Market::<Idle>::open("");
/// let mut crowd = Crowd::new(7, 10_000, 5);
/// market.run(&mut crowd, 500);
/// assert!(market.bbo().mid().is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Crowd {
    instrument: InstrumentId,
    random: u64,
    mid: Price,
    tick: i64,
    trend: Side,
    live: Vec<OrderId>,
}

impl Crowd {
    /// A crowd in instrument 0 around a price, on a grid of `tick`.
    ///
    /// # Panics
    ///
    /// Where `tick` is not positive.
    #[must_use]
    pub fn new(seed: u64, mid: i64, tick: i64) -> Self {
        assert!(tick > 0, "prices lie on a grid");
        let mid = Price(mid.div_euclid(tick) * tick);
        let instrument = InstrumentId(0);
        Self { instrument, random: seed, mid, tick, trend: Side::Buy, live: Vec::new() }
    }

    /// The same crowd in another instrument of the market.
    #[must_use]
    pub fn of(self, instrument: InstrumentId) -> Self {
        Self { instrument, ..self }
    }

    /// The middle that it trades around now.
    #[must_use]
    pub const fn mid(&self) -> Price {
        self.mid
    }

    /// One of them does something, 1 to 20 ms later.
    pub fn step<S: Strategy>(&mut self, market: &mut Market<S>) {
        market.advance(1_000_000 * (1 + self.below(20)));
        match self.below(100) {
            0..45 => self.place(market),
            45..80 => self.cancel(market),
            80..92 => self.take(market),
            92..94 => self.trend = self.side(),
            _ => self.mid = Price(self.price(self.trend.opposite(), 1)),
        }
    }

    fn place<S: Strategy>(&mut self, market: &mut Market<S>) {
        let side = self.side();
        let away = 2 + self.below(8);
        let price = self.price(side, away);
        let qty = 10 * (1 + self.below(20));
        let id = match side {
            Side::Buy => market.at(self.instrument).buy(price, qty),
            Side::Sell => market.at(self.instrument).sell(price, qty),
        };
        self.live.push(id);
    }

    /// Cancels one of the older half, so that the book stays some 60 orders deep; an order that
    /// has traded meanwhile is turned away, which hurts nobody.
    fn cancel<S: Strategy>(&mut self, market: &mut Market<S>) {
        if self.live.len() < 60 {
            return self.place(market);
        }
        let half = u64::try_from(self.live.len() / 2).unwrap_or(u64::MAX);
        let at = usize::try_from(self.below(half)).unwrap_or(0);
        let id = self.live.remove(at);
        market.at(self.instrument).cancel(id);
    }

    fn take<S: Strategy>(&mut self, market: &mut Market<S>) {
        let side = if self.below(3) == 0 { self.trend.opposite() } else { self.trend };
        let price = self.price(side.opposite(), 12);
        let qty = 10 * (1 + self.below(30));
        market.at(self.instrument).take(side, price, qty);
    }

    /// The price so many ticks behind the middle.
    fn price(&self, side: Side, away: u64) -> i64 {
        let away = i64::try_from(away).unwrap_or(i64::MAX);
        let behind = side.checked_behind(self.mid, away.saturating_mul(self.tick));
        behind.unwrap_or(self.mid).0
    }

    fn side(&mut self) -> Side {
        Side::BOTH[usize::from(self.below(2) == 1)]
    }

    fn below(&mut self, end: u64) -> u64 {
        next_random(&mut self.random) % end
    }
}
