//! What subscribers and the feed say to each other besides events: records of the same 64 bytes.

use ringfence_core::wire::{EVENT_LEN, EventRecord};

/// Numbers of the records that only the feed sends.
pub mod kind {
    /// A snapshot begins. `side`: depth; `order_id`: epoch; `qty`: number of the line's latest
    /// record; `aux0`: how many records follow before the end; `seq`, `at_ns`: of the latest event.
    pub const SNAPSHOT_BEGIN: u8 = 64;
    /// It ends; same fields.
    pub const SNAPSHOT_END: u8 = 65;
    /// Records again. `qty`: number of the first; `aux0`: how many follow.
    pub const REPEAT_BEGIN: u8 = 66;
    /// All is well. `qty`: number of the line's latest record; instrument and depth 0: no line.
    pub const HEARTBEAT: u8 = 67;
    /// A request was refused. `flags`: reason; `side`, `instrument`: its own; `aux0`: its kind.
    pub const REFUSED: u8 = 68;
    /// A line ends until its next snapshot: the subscriber is behind.
    pub const BEHIND: u8 = 69;
    /// Subscribe. `side`: depth; `qty`: the first number wanted, 0: with a snapshot; `order_id`:
    /// epoch that the number is of.
    pub const SUBSCRIBE: u8 = 128;
    /// Subscribe no more.
    pub const UNSUBSCRIBE: u8 = 129;
    /// Send again. `qty`: from this number; `aux0`: so many; `order_id`: epoch.
    pub const REPEAT: u8 = 130;
    /// The subscriber lives.
    pub const ALIVE: u8 = 131;
}

/// How much of a book a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Depth {
    /// Price levels.
    Levels = 2,
    /// Displayed orders.
    Orders = 3,
}

/// Why a request was refused. Append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Refusal {
    /// There is no such instrument.
    UnknownInstrument = 1,
    /// There is no such depth.
    UnknownDepth = 2,
    /// The line is not subscribed to.
    NotSubscribed = 3,
    /// The instrument is subscribed to at the other depth: orders have all that levels have.
    OtherDepth = 4,
    /// No more lines for this subscriber.
    TooMany = 5,
}

/// What a subscriber asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The number of its kind, one of [`kind`].
    pub kind: u8,
    /// Its depth, as it was sent.
    pub depth: u8,
    /// Which instrument.
    pub instrument: u32,
    /// Which times its number is of.
    pub epoch: u64,
    /// From which number on.
    pub from: u64,
    /// How many.
    pub count: u64,
}

impl Depth {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Levels, Self::Orders];

    /// Which has this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            2 => Some(Self::Levels),
            3 => Some(Self::Orders),
            _ => None,
        }
    }

    /// Its place among both.
    pub(super) const fn index(self) -> usize {
        self as usize - 2
    }
}

impl Request {
    /// Reads a request; nothing where no request begins so. Fields that it has no use for are not
    /// looked at.
    #[must_use]
    pub fn read(bytes: &[u8; EVENT_LEN]) -> Option<Self> {
        let record = EventRecord::from_bytes(bytes);
        matches!(record.kind, kind::SUBSCRIBE..=kind::ALIVE).then_some(Self {
            kind: record.kind,
            depth: record.side,
            instrument: record.instrument,
            epoch: record.order_id,
            from: record.qty,
            count: record.aux0,
        })
    }

    /// The record that says so.
    #[must_use]
    pub fn to_bytes(self) -> [u8; EVENT_LEN] {
        let Self { kind, depth, instrument, epoch, from, count } = self;
        let record = EventRecord { kind, side: depth, instrument, ..EventRecord::default() };
        EventRecord { order_id: epoch, qty: from, aux0: count, ..record }.to_bytes()
    }
}
