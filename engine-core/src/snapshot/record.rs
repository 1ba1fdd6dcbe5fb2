//! The records of a snapshot: what is known, not how it is kept. Fields are appended only together
//! with a new format.

use alloc::string::String;
use alloc::vec::Vec;

use rkyv::{Archive, Deserialize, Serialize};

/// All of an engine.
#[derive(Archive, Serialize, Deserialize)]
pub(crate) struct State {
    /// Orders, levels, instruments, accounts, positions.
    pub(crate) capacity: [u32; 5],
    pub(crate) seq: u64,
    pub(crate) now: u64,
    pub(crate) entries: u64,
    pub(crate) blocked: Vec<u32>,
    pub(crate) accounts: Vec<AccountRecord>,
    /// Account, instrument and position of accounts without limits, rising.
    pub(crate) standings: Vec<(u32, u32, i128)>,
    pub(crate) fees: i128,
    pub(crate) books: Vec<BookRecord>,
}

/// An account and what it owns.
#[derive(Archive, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    pub(crate) account: u32,
    /// Order quantity, order worth, open quantity, long, short, collar, protected lots.
    pub(crate) limits: [Option<u64>; 7],
    /// Open orders, messages, protected fills.
    pub(crate) counts: [Option<u32>; 3],
    pub(crate) per_ns: u64,
    pub(crate) mmp_ns: u64,
    pub(crate) opening_cash: Option<i64>,
    pub(crate) opening_position: i64,
    pub(crate) cash: Option<i128>,
    /// Begin, count and lots, of messages and of fills.
    pub(crate) windows: [(u64, u64, u128); 2],
    pub(crate) is_tripped: bool,
    pub(crate) positions: Vec<(u32, i128)>,
}

/// A book and its orders.
#[derive(Archive, Serialize, Deserialize)]
pub(crate) struct BookRecord {
    pub(crate) spec: SpecRecord,
    pub(crate) phase: u8,
    pub(crate) last_trade: Option<i64>,
    pub(crate) trades: u64,
    pub(crate) told: [Option<(i64, u128)>; 2],
    /// Which auction comes next, and whether orders gather for it.
    pub(crate) call: (u8, bool),
    /// When the auction ends by itself.
    pub(crate) until: Option<u64>,
    /// Price, volume and surplus of the auction as they were told last.
    pub(crate) indicated: (Option<i64>, u128, i128),
    /// Those that rest: bids, then asks, in the order of service; then those that wait.
    pub(crate) orders: Vec<OrderRecord>,
    pub(crate) extras: Vec<ExtraRecord>,
}

/// An instrument.
#[derive(Archive, Serialize, Deserialize)]
pub(crate) struct SpecRecord {
    pub(crate) instrument: u32,
    pub(crate) symbol: String,
    /// Scale, algorithm, replace policy, phase at first.
    pub(crate) small: [u8; 4],
    pub(crate) tick: u64,
    pub(crate) ticks: Vec<(i64, u64)>,
    /// Lot, least and greatest quantity, greatest worth, length of a volatility auction.
    pub(crate) bounds: [u64; 5],
    pub(crate) reference: Option<i64>,
    pub(crate) bands: [Option<u64>; 2],
    pub(crate) bps: [i32; 2],
    pub(crate) max_orders: u32,
    pub(crate) fifo_percent: Option<u8>,
    /// Least share by size, least and most of the top order.
    pub(crate) shares: [Option<u64>; 3],
    pub(crate) leveling: bool,
    pub(crate) makers: Vec<(u32, u8)>,
}

/// An order.
#[derive(Archive, Serialize, Deserialize)]
pub(crate) struct OrderRecord {
    pub(crate) id: u64,
    pub(crate) open: u64,
    pub(crate) shown: u64,
    pub(crate) filled: u64,
    /// Where it rests.
    pub(crate) price: Option<i64>,
    pub(crate) account: u32,
    pub(crate) stp_group: u32,
    /// Its extra among those of the book, counted from 1; 0: it has none.
    pub(crate) extra: u32,
    /// Side, time in force, self-trade mode, terms.
    pub(crate) small: [u8; 4],
}

/// What few orders have.
#[derive(Archive, Serialize, Deserialize)]
pub(crate) struct ExtraRecord {
    pub(crate) expire_at: u64,
    pub(crate) entry: u64,
    pub(crate) display: u64,
    pub(crate) group: u64,
    pub(crate) limit: Option<i64>,
    pub(crate) stop: Option<i64>,
    pub(crate) trail: u64,
    pub(crate) moved_by: Option<i64>,
    pub(crate) min_qty: u64,
    pub(crate) parent: u64,
    pub(crate) offset: i64,
    /// Type, what it waits for, what it follows, quote, reduce-only, whether it ends with the auction.
    pub(crate) small: [u8; 6],
}
