//! Every bound of the core, in one place, each with its reason.

/// Bytes of a symbol: the longest in use (OCC option symbols) have 21.
pub const SYMBOL_LEN_MAX: usize = 24;

/// Ranges of a tick table: MiFID II's tables have at most 19 price ranges.
pub const TICK_RANGES_MAX: usize = 20;

/// Decimal places of a tick: 10^18 is the largest power of ten in an `i64`.
pub const SCALE_MAX: u8 = 18;

/// Tips that an iceberg shows one after the other: bounds the trades of one order in a sweep, which
/// may be 2⁶⁴ otherwise. Xetra asks for tips of a twentieth of the order at least.
pub const ICEBERG_TIPS_MAX: u64 = 10_000;

/// All-or-none orders that live in one instrument: each may have to be looked at with every command.
pub const WHOLES_MAX: usize = 64;

/// Market makers of one instrument that are due a share: CME names a handful a product.
pub const MAKERS_MAX: usize = 8;

/// Pegged orders that live in one instrument: whoever moves the best price moves all of them, in one
/// command.
pub const PEGS_MAX: u32 = 1_024;

/// What an engine has room for; all of it is taken when the engine is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Orders that live at once, over all instruments.
    pub orders: u32,
    /// Price levels that live at once, over all instruments and both sides.
    pub levels: u32,
    /// Instruments.
    pub instruments: u32,
    /// Accounts that have limits.
    pub accounts: u32,
    /// Positions of accounts that have limits: as many as pairs of such an account and an
    /// instrument in which it ever had an order. And as many of accounts that have none and have
    /// traded with another.
    pub positions: u32,
}

impl Capacity {
    /// The most orders that an engine can hold: an entry of the index has 28 bits for a seat's
    /// number, and one value means none.
    pub const ORDERS_MAX: u32 = (1 << 28) - 1;

    /// The most levels that an engine can hold: a seat has 29 bits for its level's number, and one
    /// value means none.
    pub const LEVELS_MAX: u32 = (1 << 29) - 1;

    /// Enough for a test or a strategy.
    pub const SMALL: Self =
        Self { orders: 1 << 12, levels: 1 << 10, instruments: 16, accounts: 64, positions: 256 };
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            orders: 1 << 20,
            levels: 1 << 17,
            instruments: 1 << 10,
            accounts: 1 << 12,
            positions: 1 << 16,
        }
    }
}

const _: () = assert!(Capacity::SMALL.levels <= Capacity::SMALL.orders);
