//! How events travel.

use super::{EventRecord, event_flag, kind};
use crate::command::Phase;
use crate::event::{CancelReason, Event, Fee, Liquidity, Op, Reject, Surplus, Total, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

impl EventRecord {
    /// How an event that the command of time `at` caused travels.
    ///
    /// Sums that do not fit 64 bits are held at their ends.
    #[must_use]
    pub fn from_event(event: &Event, at: Time) -> Self {
        let mut record =
            Self { instrument: event.instrument.0, seq: event.seq, at_ns: at.0, ..Self::default() };
        record.set_what(&event.what);
        record
    }

    fn set_what(&mut self, what: &What) {
        match *what {
            What::Accepted { .. }
            | What::Rejected { .. }
            | What::Filled { .. }
            | What::Canceled { .. }
            | What::Replaced { .. }
            | What::Triggered { .. } => self.set_private(what),
            What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id: _ } => {
                self.kind = kind::TRADE;
                self.side = taker.map_or(0, |side| side as u8);
                self.flags = if taker.is_some() { event_flag::HAS_TAKER } else { 0 };
                (self.order_id, self.price, self.qty) = (buy_id.0, price.0, qty.0);
                (self.aux0, self.aux1) = (sell_id.0, trade_id);
            }
            What::Add { id, side, price, qty } => self.set_order(kind::ADD, id, side, price, qty),
            What::Execute { id, side, price, qty } => {
                self.set_order(kind::EXECUTE, id, side, price, qty);
            }
            What::Reduce { id, side, price, qty } => {
                self.set_order(kind::REDUCE, id, side, price, qty);
            }
            What::Delete { id, side, price, qty } => {
                self.set_order(kind::DELETE, id, side, price, qty);
            }
            What::Rename { id, new_id, side, price, qty } => {
                self.set_order(kind::RENAME, id, side, price, qty);
                self.aux0 = new_id.0;
            }
            What::Level { side, price, qty, orders } => {
                let qty = Qty(qty.saturating_u64());
                self.set_order(kind::LEVEL, OrderId(0), side, price, qty);
                self.aux0 = u64::from(orders);
            }
            What::Bbo { bid, ask } => {
                self.kind = kind::BBO;
                if let Some((price, qty)) = bid {
                    self.flags |= event_flag::HAS_PRICE;
                    (self.price, self.qty) = (price.0, qty.saturating_u64());
                }
                if let Some((price, qty)) = ask {
                    self.flags |= event_flag::HAS_ASK;
                    (self.aux0, self.aux1) = (price.0.cast_unsigned(), qty.saturating_u64());
                }
            }
            What::Phase { phase } => {
                (self.kind, self.flags) = (kind::PHASE, u16::from(phase as u8));
            }
            What::Indicative { price, qty, surplus } => {
                self.set_auction(kind::INDICATIVE, price, qty);
                let Surplus(halves) = surplus;
                [self.aux0, self.aux1] = halves;
            }
            What::Uncrossed { price, qty } => self.set_auction(kind::UNCROSSED, price, qty),
        }
    }

    fn set_private(&mut self, what: &What) {
        match *what {
            What::Accepted { id, side, qty, price, .. } => {
                self.set_order(kind::ACCEPTED, id, side, price.unwrap_or_default(), qty);
                self.flags = if price.is_some() { event_flag::HAS_PRICE } else { 0 };
            }
            What::Rejected { op, id, account, reason } => {
                (self.kind, self.order_id) = (kind::REJECTED, id.0);
                self.flags = u16::from(reason as u8);
                (self.aux0, self.aux1) = (u64::from(op as u8), u64::from(account.0));
            }
            What::Filled { id, price, qty, leaves, liquidity, fee, .. } => {
                self.kind = kind::FILLED;
                self.flags = u16::from(liquidity as u8) << event_flag::LIQUIDITY_SHIFT;
                (self.order_id, self.price, self.qty) = (id.0, price.0, qty.0);
                let fee = fee.get().clamp(i128::from(i64::MIN), i128::from(i64::MAX));
                let fee = i64::try_from(fee).unwrap_or_default();
                (self.aux0, self.aux1) = (leaves.0, fee.cast_unsigned());
            }
            What::Canceled { id, qty, reason, .. } => {
                (self.kind, self.order_id, self.qty) = (kind::CANCELED, id.0, qty.0);
                self.flags = u16::from(reason as u8);
            }
            What::Replaced { id, new_id, price, qty, leaves, kept_priority, .. } => {
                (self.kind, self.order_id, self.qty) = (kind::REPLACED, id.0, qty.0);
                self.price = price.unwrap_or_default().0;
                self.flags = if price.is_some() { event_flag::HAS_PRICE } else { 0 }
                    | if kept_priority { event_flag::KEPT_PRIORITY } else { 0 };
                (self.aux0, self.aux1) = (new_id.0, leaves.0);
            }
            What::Triggered { id, stop, .. } => {
                (self.kind, self.order_id, self.price) = (kind::TRIGGERED, id.0, stop.0);
            }
            _ => {}
        }
    }

    fn set_order(&mut self, kind: u8, id: OrderId, side: Side, price: Price, qty: Qty) {
        (self.kind, self.side) = (kind, side as u8);
        (self.order_id, self.price, self.qty) = (id.0, price.0, qty.0);
    }

    fn set_auction(&mut self, kind: u8, price: Option<Price>, qty: Total) {
        self.kind = kind;
        self.flags = if price.is_some() { event_flag::HAS_PRICE } else { 0 };
        (self.price, self.qty) = (price.unwrap_or_default().0, qty.saturating_u64());
    }

    /// The event, for the account it was sent to; `None` for a kind this version does not know.
    ///
    /// Does not give back what the record has no room for: cumulative quantity, the maker of a
    /// trade in an auction, sums beyond 64 bits.
    #[must_use]
    pub fn to_event(&self, account: AccountId) -> Option<Event> {
        let what = self.what(account)?;
        Some(Event { seq: self.seq, instrument: InstrumentId(self.instrument), what })
    }

    fn what(&self, account: AccountId) -> Option<What> {
        let id = OrderId(self.order_id);
        let side = if self.side == 0 { Side::Buy } else { Side::Sell };
        let (price, qty) = (Price(self.price), Qty(self.qty));
        let small = self.flags.to_le_bytes()[0];
        let optional = (self.flags & event_flag::HAS_PRICE != 0).then_some(price);
        let total = Total::new(u128::from(self.qty));
        Some(match self.kind {
            kind::ACCEPTED => What::Accepted { id, account, side, qty, price: optional },
            kind::REJECTED => What::Rejected {
                op: Op::from_wire(self.aux0.to_le_bytes()[0])?,
                id,
                account,
                reason: Reject::from_wire(small)?,
            },
            kind::FILLED => What::Filled {
                id,
                account,
                price,
                qty,
                leaves: Qty(self.aux0),
                cumulative: Qty::ZERO,
                liquidity: Liquidity::from_wire(self.flags.to_le_bytes()[1])?,
                fee: Fee::new(i128::from(self.aux1.cast_signed())),
            },
            kind::CANCELED => {
                What::Canceled { id, account, qty, reason: CancelReason::from_wire(small)? }
            }
            kind::REPLACED => What::Replaced {
                id,
                new_id: OrderId(self.aux0),
                account,
                price: optional,
                qty,
                leaves: Qty(self.aux1),
                kept_priority: self.flags & event_flag::KEPT_PRIORITY != 0,
            },
            kind::TRIGGERED => What::Triggered { id, account, stop: price },
            kind::TRADE => {
                let taker = (self.flags & event_flag::HAS_TAKER != 0).then_some(side);
                let (buy_id, sell_id) = (id, OrderId(self.aux0));
                let maker_id = taker.map(|taker| match taker {
                    Side::Buy => sell_id,
                    Side::Sell => buy_id,
                });
                What::Trade { trade_id: self.aux1, price, qty, taker, buy_id, sell_id, maker_id }
            }
            kind::ADD => What::Add { id, side, price, qty },
            kind::EXECUTE => What::Execute { id, side, price, qty },
            kind::REDUCE => What::Reduce { id, side, price, qty },
            kind::DELETE => What::Delete { id, side, price, qty },
            kind::RENAME => What::Rename { id, new_id: OrderId(self.aux0), side, price, qty },
            kind::LEVEL => {
                let orders = u32::try_from(self.aux0).unwrap_or(u32::MAX);
                What::Level { side, price, qty: total, orders }
            }
            kind::BBO => What::Bbo {
                bid: optional.map(|price| (price, total)),
                ask: (self.flags & event_flag::HAS_ASK != 0)
                    .then(|| (Price(self.aux0.cast_signed()), Total::new(u128::from(self.aux1)))),
            },
            kind::PHASE => What::Phase { phase: Phase::from_wire(small)? },
            kind::INDICATIVE => What::Indicative {
                price: optional,
                qty: total,
                surplus: Surplus([self.aux0, self.aux1]),
            },
            kind::UNCROSSED => What::Uncrossed { price: optional, qty: total },
            _ => return None,
        })
    }
}
