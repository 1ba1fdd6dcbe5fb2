//! The one binary encoding: 64-byte events and 128-byte commands, little-endian, integers only.
//!
//! Guests, the gateway and the market-data feed all speak it. Offsets are those of
//! `docs/abi.md`.

mod command;
mod event;

use core::fmt;

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
    /// Number of the [`Op`](crate::Op).
    pub op: u8,
    /// 0 buy, 1 sell; the phase of phase and uncross.
    pub side: u8,
    /// Number of the [`OrderType`](crate::command::OrderType).
    pub order_type: u8,
    /// Number of the [`TimeInForce`](crate::command::TimeInForce).
    pub tif: u8,
    /// See [`command_flag`].
    pub flags: u16,
    /// Number of the [`Stp`](crate::command::Stp) mode.
    pub stp: u8,
    /// Number of the [`Peg`](crate::command::Peg).
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

#[cfg(test)]
mod tests;
