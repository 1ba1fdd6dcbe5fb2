//! The one binary encoding: 64-byte events and 128-byte commands, little-endian, integers only.
//!
//! Guests, the gateway and the market-data feed all speak it. Offsets are those of
//! `shared/spec/guest-abi.md`.

use core::fmt;

use crate::command::{
    Cancel, Command, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Quote, Reduce, Replace,
    Scope, Stp, TimeInForce,
};
use crate::event::{CancelReason, Event, Fee, Liquidity, Op, Reject, Surplus, Total, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// Bytes of an event record.
pub const EVENT_LEN: usize = 64;

/// Bytes of a command record.
pub const COMMAND_LEN: usize = 128;

/// Numbers of the event kinds. Append, never renumber.
pub mod kind {
    /// An order was taken in.
    pub const ACCEPTED: u8 = 1;
    /// A command was turned away. `flags`: reason; `aux0`: command; `aux1`: account.
    pub const REJECTED: u8 = 2;
    /// One side of a trade. `aux0`: leaves; `aux1`: fee.
    pub const FILLED: u8 = 3;
    /// An order ended without trading. `flags`: reason.
    pub const CANCELED: u8 = 4;
    /// An order was changed. `aux0`: new name; `aux1`: leaves.
    pub const REPLACED: u8 = 5;
    /// A stop was reached.
    pub const TRIGGERED: u8 = 6;
    /// Two orders traded. `order_id`: buyer; `aux0`: seller; `aux1`: trade number.
    pub const TRADE: u8 = 16;
    /// A displayed order joined its level.
    pub const ADD: u8 = 17;
    /// A displayed order traded.
    pub const EXECUTE: u8 = 18;
    /// A displayed order shrank.
    pub const REDUCE: u8 = 19;
    /// A displayed order left.
    pub const DELETE: u8 = 20;
    /// A price level changed. `aux0`: orders.
    pub const LEVEL: u8 = 21;
    /// The best prices changed. `price`, `qty`: bid; `aux0`, `aux1`: ask; `flags`: which there are.
    pub const BBO: u8 = 22;
    /// The phase changed. `flags`: phase.
    pub const PHASE: u8 = 23;
    /// The indicative price changed. `aux0`, `aux1`: surplus, low and high half.
    pub const INDICATIVE: u8 = 24;
    /// An auction ended.
    pub const UNCROSSED: u8 = 25;
    /// A displayed order changed its name. `aux0`: new name.
    pub const RENAME: u8 = 26;
    /// A timer of the guest is due. `order_id`: its number.
    pub const TIMER: u8 = 32;
}

/// Bits of an event's `flags`, where they are not a number.
pub mod event_flag {
    /// `price` means something.
    pub const HAS_PRICE: u16 = 1;
    /// BBO: there is an ask.
    pub const HAS_ASK: u16 = 2;
    /// Replaced: priority was kept.
    pub const KEPT_PRIORITY: u16 = 4;
    /// Trade: there is a taker, on `side`.
    pub const HAS_TAKER: u16 = 8;
    /// Filled: liquidity is in the bits from this one on.
    pub const LIQUIDITY_SHIFT: u32 = 8;
}

/// Bits of a command's `flags`.
pub mod command_flag {
    /// Never shown.
    pub const HIDDEN: u16 = 1;
    /// All or none.
    pub const ALL_OR_NONE: u16 = 1 << 1;
    /// Post only: turned away if it would take.
    pub const POST_ONLY: u16 = 1 << 2;
    /// Post only: slides if it would take.
    pub const SLIDE: u16 = 1 << 3;
    /// Never opens or grows a position.
    pub const REDUCE_ONLY: u16 = 1 << 4;
    /// `price` is given; in a quote, there is a bid.
    pub const HAS_PRICE: u16 = 1 << 5;
    /// `limit` is given; in a quote, there is an ask.
    pub const HAS_LIMIT: u16 = 1 << 6;
    /// `qty` is a worth in ticks × lots.
    pub const NOTIONAL: u16 = 1 << 7;
    /// Replace: `qty` is the new total.
    pub const QTY_TOTAL: u16 = 1 << 8;
    /// Replace: `qty` is the new open quantity.
    pub const QTY_OPEN: u16 = 1 << 9;
    /// Mass cancel, kill, unblock: of `account`.
    pub const HAS_ACCOUNT: u16 = 1 << 10;
    /// Mass cancel, kill, unblock: of `instrument`.
    pub const HAS_INSTRUMENT: u16 = 1 << 11;
    /// Mass cancel, kill, unblock: of `side`.
    pub const HAS_SIDE: u16 = 1 << 12;
    /// `trigger` is given.
    pub const HAS_TRIGGER: u16 = 1 << 13;
}

/// An event as it travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventRecord {
    /// See [`kind`].
    pub kind: u8,
    /// 0 buy, 1 sell.
    pub side: u8,
    /// Bits or a number, by kind.
    pub flags: u16,
    /// Which instrument.
    pub instrument: u32,
    /// Position in the stream.
    pub seq: u64,
    /// Time of the command that caused it.
    pub at_ns: u64,
    /// Which order.
    pub order_id: u64,
    /// Price in ticks.
    pub price: i64,
    /// Quantity in lots.
    pub qty: u64,
    /// By kind.
    pub aux0: u64,
    /// By kind.
    pub aux1: u64,
}

/// A command as it travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommandRecord {
    /// Number of the [`Op`].
    pub op: u8,
    /// 0 buy, 1 sell; the phase of phase and uncross.
    pub side: u8,
    /// Number of the [`OrderType`].
    pub order_type: u8,
    /// Number of the [`TimeInForce`].
    pub tif: u8,
    /// See [`command_flag`].
    pub flags: u16,
    /// Number of the [`Stp`] mode.
    pub stp: u8,
    /// Number of the [`Peg`].
    pub peg: u8,
    /// Which instrument.
    pub instrument: u32,
    /// Whose; ignored from a guest.
    pub account: u32,
    /// Self-trade group.
    pub stp_group: u32,
    /// Zero.
    pub reserved: u32,
    /// The order.
    pub id: u64,
    /// Its new name.
    pub new_id: u64,
    /// Price; bid of a quote.
    pub price: i64,
    /// Quantity; bid quantity of a quote; the amount of a reduce.
    pub qty: u64,
    /// Stop price, or distance of a trailing stop.
    pub trigger: i64,
    /// Protection or bound; ask of a quote.
    pub limit: i64,
    /// Shown part; ask quantity of a quote.
    pub display: u64,
    /// Minimum of the first match.
    pub min_qty: u64,
    /// Offset of a peg.
    pub offset: i64,
    /// End of a gtd order.
    pub expire_at_ns: u64,
    /// One-cancels-other group.
    pub group: u64,
    /// Order waited for.
    pub parent: u64,
    /// Whatever the sender likes; not looked at.
    pub tag: u64,
}

/// Why bytes are not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// No command has this number.
    UnknownOp(u8),
    /// A field holds a number that means nothing there.
    BadField {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
    /// A field or flag that the command does not use is not zero.
    NotZero,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOp(op) => write!(f, "no command has the number {op}"),
            Self::BadField { field, value } => write!(f, "{value} means nothing in `{field}`"),
            Self::NotZero => f.write_str("a field or flag that this command does not use is not 0"),
        }
    }
}

impl core::error::Error for WireError {}

/// Writes and reads the fields of a record in order.
macro_rules! record {
    ($name:ident, $len:ident, { $($field:ident : $ty:ty),* $(,)? }) => {
        impl $name {
            /// The bytes.
            #[must_use]
            #[inline]
            pub fn to_bytes(&self) -> [u8; $len] {
                let mut bytes = [0; $len];
                let mut at = 0;
                $(
                    bytes[at..at + size_of::<$ty>()].copy_from_slice(&self.$field.to_le_bytes());
                    at += size_of::<$ty>();
                )*
                debug_assert_eq!(at, $len, "every byte is a field's");
                bytes
            }

            /// From the bytes; any bytes are a record.
            #[must_use]
            #[inline]
            pub fn from_bytes(bytes: &[u8; $len]) -> Self {
                let mut at = 0;
                let mut next = |len: usize| {
                    at += len;
                    at - len
                };
                Self {
                    $($field: {
                        let from = next(size_of::<$ty>());
                        let mut field = [0; size_of::<$ty>()];
                        field.copy_from_slice(&bytes[from..from + size_of::<$ty>()]);
                        <$ty>::from_le_bytes(field)
                    },)*
                }
            }
        }

        const _: () = assert!(0 $(+ size_of::<$ty>())* == $len);
    };
}

record!(EventRecord, EVENT_LEN, {
    kind: u8, side: u8, flags: u16, instrument: u32, seq: u64, at_ns: u64, order_id: u64,
    price: i64, qty: u64, aux0: u64, aux1: u64,
});

record!(CommandRecord, COMMAND_LEN, {
    op: u8, side: u8, order_type: u8, tif: u8, flags: u16, stp: u8, peg: u8, instrument: u32,
    account: u32, stp_group: u32, reserved: u32, id: u64, new_id: u64, price: i64, qty: u64,
    trigger: i64, limit: i64, display: u64, min_qty: u64, offset: i64, expire_at_ns: u64,
    group: u64, parent: u64, tag: u64,
});

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

impl CommandRecord {
    /// How a command travels; `None` for the two that define instruments and accounts, which
    /// are configuration and do not.
    #[must_use]
    pub fn from_command(command: &Command) -> Option<Self> {
        use command_flag as flag;
        let mut record = Self::default();
        match *command {
            Command::Instrument(_) | Command::Account(_) => return None,
            Command::New(ref order) => record.set_new(order),
            Command::Cancel(Cancel { instrument, account, id }) => {
                record.set_target(Op::Cancel, instrument, account, id);
            }
            Command::Reduce(Reduce { instrument, account, id, by }) => {
                record.set_target(Op::Reduce, instrument, account, id);
                record.qty = by.0;
            }
            Command::Replace(Replace { instrument, account, id, new_id, price, qty }) => {
                record.set_target(Op::Replace, instrument, account, id);
                record.new_id = new_id.unwrap_or_default().0;
                record.set_price(price);
                match qty {
                    NewQty::Keep => {}
                    NewQty::Total(qty) => {
                        (record.qty, record.flags) = (qty.0, record.flags | flag::QTY_TOTAL)
                    }
                    NewQty::Open(qty) => {
                        (record.qty, record.flags) = (qty.0, record.flags | flag::QTY_OPEN)
                    }
                }
            }
            Command::Quote(Quote { instrument, account, id, bid, ask }) => {
                record.set_target(Op::Quote, instrument, account, id);
                record.set_price(bid.map(|(price, _)| price));
                record.set_limit(ask.map(|(price, _)| price));
                record.qty = bid.map_or(0, |(_, qty)| qty.0);
                record.display = ask.map_or(0, |(_, qty)| qty.0);
            }
            Command::MassCancel(scope) => record.set_scope(Op::MassCancel, scope),
            Command::Kill(scope) => record.set_scope(Op::Kill, scope),
            Command::Unblock(scope) => record.set_scope(Op::Unblock, scope),
            Command::Phase { instrument, phase } => {
                record.set_target(Op::Phase, instrument, AccountId(0), OrderId(0));
                record.side = phase as u8;
            }
            Command::Uncross { instrument, then } => {
                record.set_target(Op::Uncross, instrument, AccountId(0), OrderId(0));
                record.side = then as u8;
            }
            Command::Time => record.op = Op::Time as u8,
        }
        Some(record)
    }

    fn set_target(&mut self, op: Op, instrument: InstrumentId, account: AccountId, id: OrderId) {
        self.op = op as u8;
        (self.instrument, self.account, self.id) = (instrument.0, account.0, id.0);
    }

    fn set_price(&mut self, price: Option<Price>) {
        if let Some(price) = price {
            self.price = price.0;
            self.flags |= command_flag::HAS_PRICE;
        }
    }

    fn set_limit(&mut self, limit: Option<Price>) {
        if let Some(limit) = limit {
            self.limit = limit.0;
            self.flags |= command_flag::HAS_LIMIT;
        }
    }

    fn set_scope(&mut self, op: Op, scope: Scope) {
        self.op = op as u8;
        if let Some(account) = scope.account {
            self.account = account.0;
            self.flags |= command_flag::HAS_ACCOUNT;
        }
        if let Some(instrument) = scope.instrument {
            self.instrument = instrument.0;
            self.flags |= command_flag::HAS_INSTRUMENT;
        }
        if let Some(side) = scope.side {
            self.side = side as u8;
            self.flags |= command_flag::HAS_SIDE;
        }
    }

    fn set_new(&mut self, order: &NewOrder) {
        use command_flag as flag;
        self.set_target(Op::New, order.instrument, order.account, order.id);
        self.side = order.side as u8;
        self.order_type = order.order_type as u8;
        self.tif = order.tif as u8;
        self.stp = order.stp as u8;
        self.peg = order.peg as u8;
        self.stp_group = order.stp_group;
        self.set_price(order.price);
        self.set_limit(order.limit);
        let trailing =
            matches!(order.order_type, OrderType::TrailingStop | OrderType::TrailingStopLimit);
        if trailing {
            self.trigger = order.trail.cast_signed();
        } else if let Some(stop) = order.stop {
            self.trigger = stop.0;
            self.flags |= flag::HAS_TRIGGER;
        }
        self.qty = if order.notional == 0 { order.qty.0 } else { order.notional };
        for (set, bit) in [
            (order.notional != 0, flag::NOTIONAL),
            (order.hidden, flag::HIDDEN),
            (order.all_or_none, flag::ALL_OR_NONE),
            (order.reduce_only, flag::REDUCE_ONLY),
            (order.post_only == PostOnly::Reject, flag::POST_ONLY),
            (order.post_only == PostOnly::Slide, flag::SLIDE),
        ] {
            self.flags |= if set { bit } else { 0 };
        }
        (self.display, self.min_qty) = (order.display.0, order.min_qty.0);
        (self.offset, self.expire_at_ns) = (order.offset, order.expire_at.0);
        (self.group, self.parent) = (order.group, order.parent);
    }

    /// The command.
    ///
    /// # Errors
    ///
    /// [`WireError`] where a number means nothing or a field that the command does not use is not
    /// zero. `tag` is not looked at.
    pub fn to_command(&self) -> Result<Command, WireError> {
        let op = Op::from_wire(self.op).ok_or(WireError::UnknownOp(self.op))?;
        let (instrument, account) = (InstrumentId(self.instrument), AccountId(self.account));
        let id = OrderId(self.id);
        let price = self.flagged(command_flag::HAS_PRICE, Price(self.price));
        let command = match op {
            Op::Instrument | Op::Account => return Err(WireError::UnknownOp(self.op)),
            Op::New => Command::New(self.to_new()?),
            Op::Cancel => Command::Cancel(Cancel { instrument, account, id }),
            Op::Reduce => Command::Reduce(Reduce { instrument, account, id, by: Qty(self.qty) }),
            Op::Replace => {
                let new_id = (self.new_id != 0).then_some(OrderId(self.new_id));
                let qty = if self.flags & command_flag::QTY_TOTAL != 0 {
                    NewQty::Total(Qty(self.qty))
                } else if self.flags & command_flag::QTY_OPEN != 0 {
                    NewQty::Open(Qty(self.qty))
                } else {
                    NewQty::Keep
                };
                Command::Replace(Replace { instrument, account, id, new_id, price, qty })
            }
            Op::Quote => Command::Quote(Quote {
                instrument,
                account,
                id,
                bid: price.map(|price| (price, Qty(self.qty))),
                ask: self
                    .flagged(command_flag::HAS_LIMIT, Price(self.limit))
                    .map(|price| (price, Qty(self.display))),
            }),
            Op::MassCancel => Command::MassCancel(self.to_scope()?),
            Op::Kill => Command::Kill(self.to_scope()?),
            Op::Unblock => Command::Unblock(self.to_scope()?),
            Op::Phase => Command::Phase { instrument, phase: self.to_phase()? },
            Op::Uncross => Command::Uncross { instrument, then: self.to_phase()? },
            Op::Time => Command::Time,
        };
        let canonical = Self::from_command(&command).map(|record| Self { tag: self.tag, ..record });
        if canonical == Some(*self) { Ok(command) } else { Err(WireError::NotZero) }
    }

    fn flagged<T>(&self, bit: u16, value: T) -> Option<T> {
        (self.flags & bit != 0).then_some(value)
    }

    fn to_side(self) -> Result<Side, WireError> {
        match self.side {
            0 => Ok(Side::Buy),
            1 => Ok(Side::Sell),
            other => Err(WireError::BadField { field: "side", value: u64::from(other) }),
        }
    }

    fn to_phase(self) -> Result<Phase, WireError> {
        let bad = WireError::BadField { field: "side (phase)", value: u64::from(self.side) };
        Phase::from_wire(self.side).ok_or(bad)
    }

    fn to_scope(self) -> Result<Scope, WireError> {
        Ok(Scope {
            account: self.flagged(command_flag::HAS_ACCOUNT, AccountId(self.account)),
            instrument: self.flagged(command_flag::HAS_INSTRUMENT, InstrumentId(self.instrument)),
            side: self.flagged(command_flag::HAS_SIDE, self.to_side()?),
        })
    }

    fn to_new(self) -> Result<NewOrder, WireError> {
        use command_flag as flag;
        let bad = |field, value: u8| WireError::BadField { field, value: u64::from(value) };
        let order_type = OrderType::from_wire(self.order_type);
        let order_type = order_type.ok_or(bad("order_type", self.order_type))?;
        let trailing = matches!(order_type, OrderType::TrailingStop | OrderType::TrailingStopLimit);
        let is = |bit: u16| self.flags & bit != 0;
        let by_worth = is(flag::NOTIONAL);
        Ok(NewOrder {
            id: OrderId(self.id),
            instrument: InstrumentId(self.instrument),
            account: AccountId(self.account),
            side: self.to_side()?,
            order_type,
            tif: TimeInForce::from_wire(self.tif).ok_or(bad("tif", self.tif))?,
            post_only: match (is(flag::POST_ONLY), is(flag::SLIDE)) {
                (true, _) => PostOnly::Reject,
                (false, true) => PostOnly::Slide,
                (false, false) => PostOnly::No,
            },
            stp: Stp::from_wire(self.stp).ok_or(bad("stp", self.stp))?,
            peg: Peg::from_wire(self.peg).ok_or(bad("peg", self.peg))?,
            hidden: is(flag::HIDDEN),
            all_or_none: is(flag::ALL_OR_NONE),
            reduce_only: is(flag::REDUCE_ONLY),
            stp_group: self.stp_group,
            price: self.flagged(flag::HAS_PRICE, Price(self.price)),
            qty: Qty(if by_worth { 0 } else { self.qty }),
            notional: if by_worth { self.qty } else { 0 },
            limit: self.flagged(flag::HAS_LIMIT, Price(self.limit)),
            stop: self.flagged(flag::HAS_TRIGGER, Price(self.trigger)),
            trail: if trailing { self.trigger.cast_unsigned() } else { 0 },
            offset: self.offset,
            display: Qty(self.display),
            min_qty: Qty(self.min_qty),
            expire_at: Time(self.expire_at_ns),
            group: self.group,
            parent: self.parent,
        })
    }
}

#[cfg(test)]
mod tests;
