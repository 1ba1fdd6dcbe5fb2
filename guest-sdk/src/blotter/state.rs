//! A strategy's books as bytes, for the version that takes its place.

use ringfence_core::{InstrumentId, OrderId, Price, Qty, Side};

use super::{Blotter, OwnOrder};
use crate::position::Position;
use crate::state::{StateError, StateReader, StateWriter};

/// The first bytes of books: `RFBOOKS` and the version of their layout, which is of words alone so
/// that guests stay small.
const LAYOUT: u64 = u64::from_le_bytes(*b"RFBOOKS2");

impl Blotter {
    /// Writes orders, positions and the next free name.
    #[cold]
    #[inline(never)]
    pub(crate) fn export(&self, out: &mut StateWriter<'_>) {
        let (orders, positions) = (self.orders.len() as u64, self.positions.len() as u64);
        out.words(&[LAYOUT, self.next_id, orders, positions]);
        self.orders.iter().for_each(|order| out.words(&order_words(order)));
        self.positions.iter().for_each(|(instrument, position)| {
            out.words(&position_words(*instrument, position));
        });
    }

    /// Reads what [`export`](Self::export) wrote. The latest fill is not among it.
    #[cold]
    #[inline(never)]
    pub(crate) fn import(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        let mut head = [0; 4];
        from.words(&mut head)?;
        let [layout, next_id, orders, positions] = head;
        if layout != LAYOUT {
            return Err(StateError::Unfit(
                "is not of a strategy of this kit's version: unload the old one and load this one",
            ));
        }
        (self.latest_fill, self.next_id) = (None, next_id);
        self.orders.clear();
        self.positions.clear();
        let mut words = [0; ORDER_WORDS];
        for _ in 0..orders {
            from.words(&mut words)?;
            self.orders.try_push(order(words)).map_err(|_| TOO_MUCH)?;
        }
        let mut words = [0; POSITION_WORDS];
        for _ in 0..positions {
            from.words(&mut words)?;
            self.positions.try_push(position(words)).map_err(|_| TOO_MUCH)?;
        }
        Ok(())
    }
}

const TOO_MUCH: StateError = StateError::Unfit("has more orders or positions than there is room");

/// Words of an order, and of a position.
const ORDER_WORDS: usize = 5;
const POSITION_WORDS: usize = 10;

/// Bits beside an order's instrument.
const SELLS: u64 = 1 << 32;
const HAS_PRICE: u64 = 2 << 32;
const LIVE: u64 = 4 << 32;
const WAITING: u64 = 8 << 32;

fn order_words(order: &OwnOrder) -> [u64; ORDER_WORDS] {
    let flag = |is_set: bool, bit: u64| if is_set { bit } else { 0 };
    let first = u64::from(order.instrument.0)
        | flag(order.side == Side::Sell, SELLS)
        | flag(order.price.is_some(), HAS_PRICE)
        | flag(order.live, LIVE)
        | flag(order.waiting, WAITING);
    let price = order.price.map_or(0, |price| price.0.cast_unsigned());
    [first, order.id.0, price, order.open.0, order.filled.0]
}

fn order([first, id, price, open, filled]: [u64; ORDER_WORDS]) -> OwnOrder {
    let has = |bit: u64| first & bit != 0;
    OwnOrder {
        id: OrderId(id),
        instrument: InstrumentId(low(first)),
        side: if has(SELLS) { Side::Sell } else { Side::Buy },
        price: has(HAS_PRICE).then_some(Price(price.cast_signed())),
        open: Qty(open),
        filled: Qty(filled),
        live: has(LIVE),
        waiting: has(WAITING),
    }
}

fn position_words(instrument: InstrumentId, position: &Position) -> [u64; POSITION_WORDS] {
    let &Position { lots, cash, fees, cost, bought, sold } = position;
    let [[a, b], [c, d], [e, f]] = [cash, fees, cost].map(halves);
    [u64::from(instrument.0), lots.cast_unsigned(), a, b, c, d, e, f, bought, sold]
}

fn position(words: [u64; POSITION_WORDS]) -> (InstrumentId, Position) {
    let [instrument, lots, a, b, c, d, e, f, bought, sold] = words;
    let (cash, fees, cost) = (whole([a, b]), whole([c, d]), whole([e, f]));
    let lots = lots.cast_signed();
    (InstrumentId(low(instrument)), Position { lots, cash, fees, cost, bought, sold })
}

/// The low and the high half.
#[expect(clippy::cast_possible_truncation, reason = "halves of a number")]
const fn halves(number: i128) -> [u64; 2] {
    let bits = number.cast_unsigned();
    [bits as u64, (bits >> 64) as u64]
}

fn whole([low, high]: [u64; 2]) -> i128 {
    (u128::from(high) << 64 | u128::from(low)).cast_signed()
}

#[expect(clippy::cast_possible_truncation, reason = "the number below the flags")]
const fn low(word: u64) -> u32 {
    word as u32
}
