//! A strategy's books as bytes, for the version that takes its place.

use ringfence_core::{InstrumentId, Price, Qty, Side};

use super::{Blotter, OwnOrder};
use crate::position::Position;
use crate::state::{StateError, StateReader, StateWriter};

/// The first bytes of books: `RFB` and the version of their layout.
const LAYOUT: u32 = u32::from_le_bytes(*b"RFB1");

impl Blotter {
    /// Writes orders, positions and the next free name.
    #[cold]
    #[inline(never)]
    pub(crate) fn export(&self, out: &mut StateWriter<'_>) {
        out.u32(LAYOUT);
        out.u64(self.next_id);
        out.u32(count(self.orders.len()));
        for order in &self.orders {
            write_order(order, out);
        }
        out.u32(count(self.positions.len()));
        for (instrument, position) in &self.positions {
            out.u32(instrument.0);
            out.i64(position.lots);
            out.i128(position.cash);
            out.i128(position.fees);
            out.i128(position.cost);
            out.u64(position.bought);
            out.u64(position.sold);
        }
    }

    /// Reads what [`export`](Self::export) wrote. The latest fill is not among it.
    #[cold]
    #[inline(never)]
    pub(crate) fn import(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        if from.u32()? != LAYOUT {
            return Err(StateError::Unfit("is not of a strategy of this kit"));
        }
        (self.latest_fill, self.next_id) = (None, from.u64()?);
        self.orders.clear();
        self.positions.clear();
        for _ in 0..from.u32()? {
            let order = read_order(from)?;
            self.orders.try_push(order).map_err(|_| TOO_MUCH)?;
        }
        for _ in 0..from.u32()? {
            let instrument = InstrumentId(from.u32()?);
            let position = Position {
                lots: from.i64()?,
                cash: from.i128()?,
                fees: from.i128()?,
                cost: from.i128()?,
                bought: from.u64()?,
                sold: from.u64()?,
            };
            self.positions.try_push((instrument, position)).map_err(|_| TOO_MUCH)?;
        }
        Ok(())
    }
}

const TOO_MUCH: StateError = StateError::Unfit("has more orders or positions than there is room");

/// Bits of an order's flags.
const SELLS: u8 = 1;
const HAS_PRICE: u8 = 2;
const LIVE: u8 = 4;
const WAITING: u8 = 8;

fn write_order(order: &OwnOrder, out: &mut StateWriter<'_>) {
    let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    out.u8(flag(order.side == Side::Sell, SELLS)
        | flag(order.price.is_some(), HAS_PRICE)
        | flag(order.live, LIVE)
        | flag(order.waiting, WAITING));
    out.u32(order.instrument.0);
    out.order_id(order.id);
    out.i64(order.price.map_or(0, |price| price.0));
    out.u64(order.open.0);
    out.u64(order.filled.0);
}

fn read_order(from: &mut StateReader<'_>) -> Result<OwnOrder, StateError> {
    let flags = from.u8()?;
    let has = |bit: u8| flags & bit != 0;
    let instrument = InstrumentId(from.u32()?);
    let id = from.order_id()?;
    let price = Price(from.i64()?);
    Ok(OwnOrder {
        id,
        instrument,
        side: if has(SELLS) { Side::Sell } else { Side::Buy },
        price: has(HAS_PRICE).then_some(price),
        open: Qty(from.u64()?),
        filled: Qty(from.u64()?),
        live: has(LIVE),
        waiting: has(WAITING),
    })
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
