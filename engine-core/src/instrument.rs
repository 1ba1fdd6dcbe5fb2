//! What an instrument is made of: its units, its allocation, its bands and its fees.

use arrayvec::{ArrayString, ArrayVec};

use crate::allocation::Allocation;
use crate::command::{Phase, vocabulary};
use crate::id::InstrumentId;
use crate::limits::{SYMBOL_LEN_MAX, TICK_RANGES_MAX};
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// The definition of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentSpec {
    /// Its number.
    pub instrument: InstrumentId,
    /// Its name for people.
    pub symbol: ArrayString<SYMBOL_LEN_MAX>,
    /// Decimal places of a tick, for the edges that show decimal text.
    pub scale: u8,
    /// Prices are multiples of this many ticks.
    pub tick: u64,
    /// Finer or coarser ticks from a price upwards: `(from_price, tick)`, rising.
    pub ticks: ArrayVec<(Price, u64), TICK_RANGES_MAX>,
    /// Quantities are multiples of this many lots.
    pub lot: u64,
    /// The least quantity of an order; 0 is no bound.
    pub min_qty: Qty,
    /// The greatest quantity of an order; 0 is no bound.
    pub max_qty: Qty,
    /// The greatest worth of an order, in ticks × lots; 0 is no bound.
    pub max_notional: u64,
    /// How a price level is shared out.
    pub algo: Algo,
    /// What the algorithm leaves open.
    pub allocation: Allocation,
    /// The reference price of bands and auctions.
    pub reference: Option<Price>,
    /// Half-width of the band around the reference price, in ticks.
    pub static_band: Option<u64>,
    /// Half-width of the band around the last trade, in ticks.
    pub dynamic_band: Option<u64>,
    /// How long a volatility auction lasts; 0: limit orders outside a band are turned away instead.
    pub volatility_auction_ns: u64,
    /// Fee of the resting side, in hundredths of a percent; negative is a rebate.
    pub maker_bps: i32,
    /// Fee of the incoming side, in hundredths of a percent.
    pub taker_bps: i32,
    /// How many orders may rest at once; 0: as many as the engine holds.
    pub max_orders: u32,
    /// What becomes of time priority when a replace asks for the same price and not more.
    pub replace_policy: ReplacePolicy,
    /// The phase it starts in.
    pub phase: Phase,
}

impl InstrumentSpec {
    /// A plain continuous market: tick 1, lot 1, price-time priority, no bands, no fees.
    ///
    /// # Panics
    ///
    /// Where `symbol` is longer than [`SYMBOL_LEN_MAX`] bytes.
    #[must_use]
    pub fn new(instrument: InstrumentId, symbol: &str) -> Self {
        Self {
            instrument,
            symbol: ArrayString::from(symbol).expect("a symbol within SYMBOL_LEN_MAX bytes"),
            scale: 0,
            tick: 1,
            ticks: ArrayVec::new(),
            lot: 1,
            min_qty: Qty::ZERO,
            max_qty: Qty::ZERO,
            max_notional: 0,
            algo: Algo::Fifo,
            allocation: Allocation::default(),
            reference: None,
            static_band: None,
            dynamic_band: None,
            volatility_auction_ns: 0,
            maker_bps: 0,
            taker_bps: 0,
            max_orders: 0,
            replace_policy: ReplacePolicy::Keep,
            phase: Phase::Continuous,
        }
    }

    /// The tick at a price.
    #[must_use]
    pub fn tick_at(&self, price: Price) -> u64 {
        let range = self.ticks.iter().rev().find(|(from, _)| *from <= price);
        range.map_or(self.tick, |&(_, tick)| tick)
    }

    /// The nearest price on a tick that asks no more of the other side: `price` itself, or the next
    /// lower one for a buyer, the next higher one for a seller. None beyond the range of prices.
    pub(crate) fn on_tick(&self, side: Side, price: Price) -> Option<Price> {
        let (mut price, mut on) = (price, false);
        while !on {
            let range = self.ticks.partition_point(|&(from, _)| from <= price);
            let from = range.checked_sub(1).map(|range| self.ticks[range].0);
            let end = self.ticks.get(range).map(|&(from, _)| from);
            let tick = self.tick_at(price).cast_signed();
            let over = price.0.rem_euclid(tick);
            on = over == 0;
            // Where the ticks change on the way, the search goes on from there.
            price = match (side, from, end) {
                _ if on => price,
                (Side::Buy, Some(from), _) if price.0.abs_diff(from.0) < over.cast_unsigned() => {
                    Price(from.0.checked_sub(1)?)
                }
                (Side::Buy, ..) => Price(price.0.checked_sub(over)?),
                (Side::Sell, _, Some(end))
                    if price.0.abs_diff(end.0) < (tick - over).cast_unsigned() =>
                {
                    end
                }
                (Side::Sell, ..) => Price(price.0.checked_add(tick - over)?),
            };
        }
        Some(price)
    }
}

vocabulary! {
    /// How a price level is shared out among its orders.
    Algo {
        /// First come, first served.
        Fifo = 0 "fifo",
        /// By size.
        ProRata = 1 "pro_rata",
        /// A percentage first come, first served, the rest by size.
        FifoProRata = 2 "fifo_pro_rata",
        /// The order that set the price first, the rest by size.
        TopProRata = 3 "top_pro_rata",
        /// The largest first.
        Size = 4 "size",
        /// CME's A: the order that set the price, by size.
        CmeA = 5 "cme_a",
        /// CME's C: by size.
        CmeC = 6 "cme_c",
        /// CME's F: first come, first served.
        CmeF = 7 "cme_f",
        /// CME's K: the order that set the price, market makers, a percentage first come, first
        /// served, by size, leveling.
        CmeK = 8 "cme_k",
        /// CME's O: the order that set the price within bounds, by size.
        CmeO = 9 "cme_o",
        /// CME's Q: as O, with market makers.
        CmeQ = 10 "cme_q",
        /// CME's S: the order that set the price, market makers, first come, first served.
        CmeS = 11 "cme_s",
        /// CME's T: market makers, first come, first served.
        CmeT = 12 "cme_t",
    }
}

vocabulary! {
    /// What becomes of time priority when a replace asks for the same price and not more.
    ReplacePolicy {
        /// It is kept.
        Keep = 0 "keep",
        /// It is lost, as with any other change.
        Lose = 1 "lose",
    }
}
