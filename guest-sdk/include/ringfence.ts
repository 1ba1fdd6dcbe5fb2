// The Ringfence guest ABI, version 1.0, for authors of strategies in AssemblyScript.
//
// A strategy is a core WebAssembly module that exports `memory` and the functions rf_abi_version,
// rf_io, rf_init and rf_on_events, and imports nothing but the functions declared below; `abort`,
// which AssemblyScript brings along, counts as a panic. Build it with `--runtime stub`, without
// objects of the language's own: records and state live in static memory, so nothing is allocated
// and nothing is collected. Checked against guest-sdk/src/abi.rs by a test.

export const RF_MAJOR: u16 = 1;
export const RF_MINOR: u16 = 0;
export const RF_VERSION: i32 = 65536;
export const RF_MAGIC: u32 = 1330202194; // "RFIO"
export const RF_EVENT_LEN: u16 = 64;
export const RF_COMMAND_LEN: u16 = 128;
export const RF_BUFFER_ALIGN: i32 = 64;
export const RF_IO_BLOCK_LEN: i32 = 32;

// What kind of event: `rf_event.kind`. Pass over those that you do not know.
export const RF_KIND_ACCEPTED: u8 = 1;
export const RF_KIND_REJECTED: u8 = 2;
export const RF_KIND_FILLED: u8 = 3;
export const RF_KIND_CANCELED: u8 = 4;
export const RF_KIND_REPLACED: u8 = 5;
export const RF_KIND_TRIGGERED: u8 = 6;
export const RF_KIND_TRADE: u8 = 16;
export const RF_KIND_ADD: u8 = 17;
export const RF_KIND_EXECUTE: u8 = 18;
export const RF_KIND_REDUCE: u8 = 19;
export const RF_KIND_DELETE: u8 = 20;
export const RF_KIND_LEVEL: u8 = 21;
export const RF_KIND_BBO: u8 = 22;
export const RF_KIND_PHASE: u8 = 23;
export const RF_KIND_INDICATIVE: u8 = 24;
export const RF_KIND_UNCROSSED: u8 = 25;
export const RF_KIND_RENAME: u8 = 26;
export const RF_KIND_TIMER: u8 = 32;

// Bits of `rf_event.flags`, where they are not a number.
export const RF_EVENT_HAS_PRICE: u16 = 1;
export const RF_EVENT_HAS_ASK: u16 = 2;
export const RF_EVENT_KEPT_PRIORITY: u16 = 4;
export const RF_EVENT_HAS_TAKER: u16 = 8;
export const RF_EVENT_LIQUIDITY_SHIFT: u16 = 8;

// What a command asks for: `rf_command.op`.
export const RF_OP_NEW: u8 = 3;
export const RF_OP_CANCEL: u8 = 4;
export const RF_OP_REDUCE: u8 = 5;
export const RF_OP_REPLACE: u8 = 6;
export const RF_OP_QUOTE: u8 = 7;
export const RF_OP_MASS_CANCEL: u8 = 8;
export const RF_OP_KILL: u8 = 9;

export const RF_BUY: u8 = 0;
export const RF_SELL: u8 = 1;

// `rf_command.order_type`
export const RF_TYPE_LIMIT: u8 = 0;
export const RF_TYPE_MARKET: u8 = 1;
export const RF_TYPE_MARKET_TO_LIMIT: u8 = 2;
export const RF_TYPE_STOP: u8 = 3;
export const RF_TYPE_STOP_LIMIT: u8 = 4;
export const RF_TYPE_TRAILING_STOP: u8 = 5;
export const RF_TYPE_TRAILING_STOP_LIMIT: u8 = 6;
export const RF_TYPE_PEGGED: u8 = 7;
export const RF_TYPE_ICEBERG: u8 = 8;

// `rf_command.tif`
export const RF_TIF_GTC: u8 = 0;
export const RF_TIF_DAY: u8 = 1;
export const RF_TIF_GTD: u8 = 2;
export const RF_TIF_IOC: u8 = 3;
export const RF_TIF_FOK: u8 = 4;
export const RF_TIF_AT_OPEN: u8 = 5;
export const RF_TIF_AT_CLOSE: u8 = 6;
export const RF_TIF_AUCTION: u8 = 7;

// `rf_command.stp`
export const RF_STP_NONE: u8 = 0;
export const RF_STP_CANCEL_TAKER: u8 = 1;
export const RF_STP_CANCEL_MAKER: u8 = 2;
export const RF_STP_CANCEL_BOTH: u8 = 3;
export const RF_STP_DECREMENT: u8 = 4;

// `rf_command.peg`
export const RF_PEG_PRIMARY: u8 = 0;
export const RF_PEG_MARKET: u8 = 1;
export const RF_PEG_MIDPOINT: u8 = 2;

// `flags` of RF_KIND_REJECTED: why
export const RF_REJECT_DUPLICATE_ORDER_ID: u8 = 1;
export const RF_REJECT_UNKNOWN_ORDER: u8 = 2;
export const RF_REJECT_UNKNOWN_INSTRUMENT: u8 = 3;
export const RF_REJECT_UNKNOWN_ACCOUNT: u8 = 4;
export const RF_REJECT_ZERO_QTY: u8 = 5;
export const RF_REJECT_BAD_PRICE: u8 = 6;
export const RF_REJECT_BAD_TICK: u8 = 7;
export const RF_REJECT_BAD_LOT: u8 = 8;
export const RF_REJECT_BAD_COMBINATION: u8 = 9;
export const RF_REJECT_POST_ONLY: u8 = 10;
export const RF_REJECT_PRICE_BAND: u8 = 11;
export const RF_REJECT_COLLAR: u8 = 12;
export const RF_REJECT_MAX_ORDER_QTY: u8 = 13;
export const RF_REJECT_MAX_ORDER_NOTIONAL: u8 = 14;
export const RF_REJECT_MAX_OPEN_ORDERS: u8 = 15;
export const RF_REJECT_MAX_OPEN_QTY: u8 = 16;
export const RF_REJECT_MAX_POSITION: u8 = 17;
export const RF_REJECT_MAX_MESSAGES: u8 = 18;
export const RF_REJECT_INSUFFICIENT_FUNDS: u8 = 19;
export const RF_REJECT_BLOCKED: u8 = 20;
export const RF_REJECT_HALTED: u8 = 21;
export const RF_REJECT_CLOSED: u8 = 22;
export const RF_REJECT_PHASE: u8 = 23;
export const RF_REJECT_CAPACITY: u8 = 24;
export const RF_REJECT_REDUCE_ONLY: u8 = 25;

// `flags` of RF_KIND_CANCELED: why
export const RF_REASON_USER: u8 = 1;
export const RF_REASON_IOC: u8 = 2;
export const RF_REASON_FOK: u8 = 3;
export const RF_REASON_NO_LIQUIDITY: u8 = 4;
export const RF_REASON_STP: u8 = 5;
export const RF_REASON_OCO: u8 = 6;
export const RF_REASON_PARENT: u8 = 7;
export const RF_REASON_MASS: u8 = 8;
export const RF_REASON_KILL: u8 = 9;
export const RF_REASON_MMP: u8 = 10;
export const RF_REASON_QUOTE: u8 = 11;
export const RF_REASON_EXPIRED: u8 = 12;
export const RF_REASON_POST_ONLY: u8 = 13;
export const RF_REASON_MIN_QTY: u8 = 14;
export const RF_REASON_HALTED: u8 = 15;
export const RF_REASON_AUCTION_END: u8 = 16;
export const RF_REASON_REDUCE_ONLY: u8 = 17;
export const RF_REASON_INSUFFICIENT_FUNDS: u8 = 18;

// `flags` of RF_KIND_PHASE
export const RF_PHASE_CLOSED: u8 = 0;
export const RF_PHASE_PRE_OPEN: u8 = 1;
export const RF_PHASE_AUCTION: u8 = 2;
export const RF_PHASE_CONTINUOUS: u8 = 3;
export const RF_PHASE_HALTED: u8 = 4;

// `flags` of RF_KIND_FILLED, shifted right by RF_EVENT_LIQUIDITY_SHIFT
export const RF_LIQUIDITY_MAKER: u8 = 0;
export const RF_LIQUIDITY_TAKER: u8 = 1;
export const RF_LIQUIDITY_AUCTION: u8 = 2;

// Bits of `rf_command.flags`.
export const RF_COMMAND_HIDDEN: u16 = 1;
export const RF_COMMAND_ALL_OR_NONE: u16 = 2;
export const RF_COMMAND_POST_ONLY: u16 = 4;
export const RF_COMMAND_SLIDE: u16 = 8;
export const RF_COMMAND_REDUCE_ONLY: u16 = 16;
export const RF_COMMAND_HAS_PRICE: u16 = 32;
export const RF_COMMAND_HAS_LIMIT: u16 = 64;
export const RF_COMMAND_NOTIONAL: u16 = 128;
export const RF_COMMAND_QTY_TOTAL: u16 = 256;
export const RF_COMMAND_QTY_OPEN: u16 = 512;
export const RF_COMMAND_HAS_ACCOUNT: u16 = 1024;
export const RF_COMMAND_HAS_INSTRUMENT: u16 = 2048;
export const RF_COMMAND_HAS_SIDE: u16 = 4096;
export const RF_COMMAND_HAS_TRIGGER: u16 = 8192;

// `level` of `rf_log`.
export const RF_LEVEL_ERROR: i32 = 1;
export const RF_LEVEL_WARN: i32 = 2;
export const RF_LEVEL_INFO: i32 = 3;
export const RF_LEVEL_DEBUG: i32 = 4;


// Where the buffers are: static memory of the guest's, which the host reads once.
@unmanaged
export class IoBlock {
  magic: u32; // RF_MAGIC
  major: u16; // RF_MAJOR
  minor: u16; // RF_MINOR
  events_off: u32;
  events_cap: u32; // in records
  commands_off: u32;
  commands_cap: u32; // in records
  event_stride: u16; // RF_EVENT_LEN
  command_stride: u16; // RF_COMMAND_LEN
  flags: u32; // 0
}

// What happened. Pass over kinds that you do not know.
@unmanaged
export class Event {
  kind: u8;
  side: u8;
  flags: u16;
  instrument: u32;
  seq: u64;
  at_ns: u64;
  order_id: u64;
  price: i64;
  qty: u64;
  aux0: u64;
  aux1: u64;
}

// What is asked for. What a command does not use is zero.
@unmanaged
export class Command {
  op: u8;
  side: u8;
  order_type: u8;
  tif: u8;
  flags: u16;
  stp: u8;
  peg: u8;
  instrument: u32;
  account: u32; // ignored from a guest
  stp_group: u32;
  reserved: u32;
  id: u64;
  new_id: u64;
  price: i64;
  qty: u64;
  trigger: i64;
  limit: i64;
  display: u64;
  min_qty: u64;
  offset: i64;
  expire_at_ns: u64;
  group: u64;
  parent: u64;
  tag: u64;
}

// What the host offers. The manifest lists those that the guest uses.

@external("ringfence_1", "log")
export declare function rf_log(level: i32, text: usize, len: u32): void;
@external("ringfence_1", "panic")
export declare function rf_panic(text: usize, len: u32, line: i32, col: i32): void;
@external("ringfence_1", "time_ns")
export declare function rf_time_ns(): i64;
@external("ringfence_1", "rand64")
export declare function rf_rand64(): i64;
@external("ringfence_1", "metric")
export declare function rf_metric(id: i32, value: i64): void;
// 0: queued. -1: the call may ask for no more; -2: not one record; -3: never a command (unknown operation,
// unused parts that are not 0, an order for no lots); -4: not in a call with events or a timer.
@external("ringfence_1", "submit")
export declare function rf_submit(command: usize, len: u32): i32;
