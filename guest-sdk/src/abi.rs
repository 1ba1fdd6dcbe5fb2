//! The contract between a host and a guest, as a guest has it.
//!
//! The host does not compile this file. It names the same things itself (`runtime.rs`,
//! `runtime/imports.rs`, `sandbox/io_block.rs` and `sandbox/admission/manifest.rs` of
//! `ringfence-host`), and a test holds both equal (`host/tests/it/contract.rs`). Records are those
//! of [`ringfence_core::wire`], which both compile.
//!
//! A guest is a core Wasm module with one memory. It exports the functions named here and imports
//! nothing but what [`IMPORTS`] names.
//!
//! # Parameters
//!
//! Before it calls [`EXPORT_INIT`], the host copies the parameters into the guest's events buffer
//! as UTF-8 text, one `key=value` a line, at most [`PARAMS_LEN_MAX`] bytes, and passes their
//! address and length.
//!
//! # Manifest
//!
//! The custom section [`MANIFEST_SECTION`] is one JSON object. The host reads it and strips it:
//!
//! ```json
//! {"abi":"1.0","name":"quoter","version":"0.1.0",
//!  "params":[{"name":"size","type":"u64","default":"100","about":"Lots on each side."}],
//!  "subscriptions":["trades","l1"],"timer_ns":0,
//!  "imports":["log","panic","rand64","metric"]}
//! ```
//!
//! A parameter's `type` is `i64`, `u64`, `bool`, `side` (`buy` or `sell`) or `text`; its default
//! is written as in the parameters' text. `subscriptions` are of `trades`, `l1`, `l2`, `l3`,
//! `phase` and `timer`; private events always come. `timer_ns` is how often a guest that
//! subscribed to `timer` wants a [`kind::TIMER`](ringfence_core::wire::kind::TIMER) event, by the
//! time of commands. `imports` are those that the guest may use: one that it imports and does not
//! list here is refused.

pub use ringfence_core::wire::{COMMAND_LEN, EVENT_LEN};

/// First half of the version. A host refuses a guest of another one.
pub const MAJOR: u16 = 1;

/// Second half of the version. A host takes guests of an earlier one.
pub const MINOR: u16 = 0;

/// What [`EXPORT_ABI_VERSION`] returns.
pub const VERSION: u32 = (MAJOR as u32) << 16 | MINOR as u32;

/// First field of an [`IoBlock`]: the bytes `RFIO`.
pub const MAGIC: u32 = u32::from_le_bytes(*b"RFIO");

/// The linear memory.
pub const EXPORT_MEMORY: &str = "memory";
/// `() -> i32`: [`VERSION`].
pub const EXPORT_ABI_VERSION: &str = "rf_abi_version";
/// `() -> i32`: the address of the [`IoBlock`].
pub const EXPORT_IO: &str = "rf_io";
/// `(params_ptr, params_len) -> i32`: called once; 0, or an error code.
pub const EXPORT_INIT: &str = "rf_init";
/// `(events_ptr, count) -> i32`: the number of commands written, or a negative error code.
pub const EXPORT_ON_EVENTS: &str = "rf_on_events";
/// `(i64)`: optional. Guests of this SDK take timers as events instead, and can answer them.
pub const EXPORT_TIMER: &str = "rf_timer";
/// `(ptr, cap) -> i32`: optional. Writes the state that a newer version can take over.
pub const EXPORT_EXPORT: &str = "rf_export";
/// `(ptr, len, from_version) -> i32`: optional. Takes over the state of an older version; 0, or an
/// error code, by which it refuses.
pub const EXPORT_IMPORT: &str = "rf_import";
/// `()`: optional. Called last.
pub const EXPORT_SHUTDOWN: &str = "rf_shutdown";

/// The functions that every guest exports, besides its memory.
pub const EXPORTS_REQUIRED: [&str; 4] =
    [EXPORT_ABI_VERSION, EXPORT_IO, EXPORT_INIT, EXPORT_ON_EVENTS];
/// The functions that a guest may export.
pub const EXPORTS_OPTIONAL: [&str; 4] =
    [EXPORT_TIMER, EXPORT_EXPORT, EXPORT_IMPORT, EXPORT_SHUTDOWN];

/// The module that a guest imports from.
pub const IMPORT_MODULE: &str = "ringfence_1";
/// `(level, ptr, len)`: a line for the host's log; see [`level`].
pub const IMPORT_LOG: &str = "log";
/// `(ptr, len, line, col)`: the message of a panic. The call ends there: it does not return.
pub const IMPORT_PANIC: &str = "panic";
/// `() -> i64`: the time of the batch's command, the same on replay.
pub const IMPORT_TIME_NS: &str = "time_ns";
/// `() -> i64`: a random number from a seed of this guest's, the same on replay.
pub const IMPORT_RAND64: &str = "rand64";
/// `(id: i32, value: i64)`: sets a gauge of this guest's.
pub const IMPORT_METRIC: &str = "metric";
/// `(ptr, len) -> i32`: hands over one command record now. 0: it will be sequenced, and risk is asked
/// then; negative, one of [`submit`]: it is not taken. A host answers nothing else.
pub const IMPORT_SUBMIT: &str = "submit";

/// Why a host does not take what [`IMPORT_SUBMIT`] hands over.
pub mod submit {
    /// A call may ask for no more commands.
    pub const FULL: i32 = -1;
    /// It has not the length of a record.
    pub const BAD_LEN: i32 = -2;
    /// It is never a command: an operation that there is not, a number that means nothing, something
    /// in a part that the command does not use, or an order for no lots.
    pub const NO_COMMAND: i32 = -3;
    /// Commands are taken in calls with events or timers only.
    pub const NOT_NOW: i32 = -4;
}

/// Everything that a guest may import from [`IMPORT_MODULE`].
pub const IMPORTS: [&str; 6] =
    [IMPORT_LOG, IMPORT_PANIC, IMPORT_TIME_NS, IMPORT_RAND64, IMPORT_METRIC, IMPORT_SUBMIT];

/// The custom section that holds the manifest.
pub const MANIFEST_SECTION: &str = "ringfence.manifest";

/// How many events the buffer of a guest of this SDK holds: at 64, the cost of a call has been
/// shared out so far that more would not show.
pub const EVENTS_CAP: usize = 64;

/// How many commands a guest of this SDK can send in one batch: one for each event.
pub const COMMANDS_CAP: usize = 64;

/// The longest text of parameters: what the events buffer has room for.
pub const PARAMS_LEN_MAX: usize = EVENTS_CAP * EVENT_LEN;

/// The longest line that a guest of this SDK logs, in bytes; a longer one is cut.
pub const LOG_LEN_MAX: usize = 256;

/// Levels of [`IMPORT_LOG`].
pub mod level {
    /// Something is wrong.
    pub const ERROR: i32 = 1;
    /// Something may be wrong.
    pub const WARN: i32 = 2;
    /// What an operator wants to know.
    pub const INFO: i32 = 3;
    /// What an author wants to know.
    pub const DEBUG: i32 = 4;
}

/// What the exports of this SDK return where they fail.
pub mod code {
    /// [`super::EXPORT_INIT`]: done.
    pub const OK: i32 = 0;
    /// Events came before [`super::EXPORT_INIT`] succeeded, or it was called twice.
    pub const NOT_READY: i32 = -1;
    /// An address or a count that is not that of the guest's buffer.
    pub const BAD_BUFFER: i32 = -2;
    /// The parameters are wrong; the log says how.
    pub const BAD_PARAMS: i32 = -3;
    /// The guest was called while it ran.
    pub const RE_ENTERED: i32 = -4;
    /// [`super::EXPORT_EXPORT`] or [`super::EXPORT_IMPORT`]: the log says why not.
    pub const BAD_STATE: i32 = -5;
}

/// Where a guest's buffers are. A static of the guest's; the host reads it once.
///
/// Addresses are offsets into the guest's memory. Both buffers start at a multiple of 64 and do
/// not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct IoBlock {
    /// [`MAGIC`].
    pub magic: u32,
    /// [`MAJOR`].
    pub major: u16,
    /// [`MINOR`].
    pub minor: u16,
    /// Where the host writes events.
    pub events_off: u32,
    /// How many events there is room for.
    pub events_cap: u32,
    /// Where the guest writes commands.
    pub commands_off: u32,
    /// How many commands there is room for.
    pub commands_cap: u32,
    /// Bytes from one event to the next.
    pub event_stride: u16,
    /// Bytes from one command to the next.
    pub command_stride: u16,
    /// Zero.
    pub flags: u32,
}

/// Bytes of an [`IoBlock`].
pub const IO_BLOCK_LEN: usize = size_of::<IoBlock>();

/// What both buffers are aligned to: a cache line.
pub const BUFFER_ALIGN: usize = 64;

#[expect(clippy::cast_possible_truncation, reason = "asserted below to be 64, 128, 64 and 64")]
impl IoBlock {
    /// The block of a guest of this SDK whose buffers are at these addresses.
    #[must_use]
    pub const fn new(events_off: u32, commands_off: u32) -> Self {
        Self {
            magic: MAGIC,
            major: MAJOR,
            minor: MINOR,
            events_off,
            events_cap: EVENTS_CAP as u32,
            commands_off,
            commands_cap: COMMANDS_CAP as u32,
            event_stride: EVENT_LEN as u16,
            command_stride: COMMAND_LEN as u16,
            flags: 0,
        }
    }

    /// The block in these bytes, as a host finds it in a guest's memory; any bytes are one.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; IO_BLOCK_LEN]) -> Self {
        Self {
            magic: word(bytes, 0),
            major: half(bytes, 4),
            minor: half(bytes, 6),
            events_off: word(bytes, 8),
            events_cap: word(bytes, 12),
            commands_off: word(bytes, 16),
            commands_cap: word(bytes, 20),
            event_stride: half(bytes, 24),
            command_stride: half(bytes, 26),
            flags: word(bytes, 28),
        }
    }
}

const fn word(bytes: &[u8; IO_BLOCK_LEN], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

const fn half(bytes: &[u8; IO_BLOCK_LEN], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

const _: () = {
    use core::mem::offset_of;
    assert!(EVENT_LEN == 64 && COMMAND_LEN == 128);
    assert!(EVENTS_CAP == 64 && COMMANDS_CAP == 64);
    assert!(size_of::<IoBlock>() == 32 && align_of::<IoBlock>() == 4);
    assert!(offset_of!(IoBlock, magic) == 0);
    assert!(offset_of!(IoBlock, major) == 4 && offset_of!(IoBlock, minor) == 6);
    assert!(offset_of!(IoBlock, events_off) == 8 && offset_of!(IoBlock, events_cap) == 12);
    assert!(offset_of!(IoBlock, commands_off) == 16 && offset_of!(IoBlock, commands_cap) == 20);
    assert!(offset_of!(IoBlock, event_stride) == 24 && offset_of!(IoBlock, command_stride) == 26);
    assert!(offset_of!(IoBlock, flags) == 28);
};

#[cfg(test)]
mod tests;
