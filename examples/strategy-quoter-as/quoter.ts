// The market maker of examples/strategy-quoter, in AssemblyScript: the same decisions on the same
// market.
//
// It quotes both sides, never better than everybody else's best price, and leans against what it
// holds. Orders are replaced in place. Built by .ci/build-guests.sh; manifest.mjs adds manifest.json
// to the module. All that it keeps is static: nothing is allocated.
import * as rf from "../../guest-sdk/include/ringfence";

const EVENTS_CAP: u32 = 64;
const COMMANDS_CAP: u32 = 64;

// The largest parameter: the product of any two fits an i64.
const NUMBER_MAX: i64 = 1_000_000_000;

// How long it waits before it asks again for what was turned away.
const RETRY_NS: u64 = 100_000_000;

// What `rf_init` answers to parameters that are wrong.
const BAD_PARAMS: i32 = -3;

const EVENTS = memory.data(64 * 64, 64);
const COMMANDS = memory.data(64 * 128, 64);
const IO = memory.data(32, 64);

// Its order on a side, while `known`; and what was asked for last: of which order (0: a new one),
// which price and quantity (0: none), and when.
@unmanaged
class Order {
  known: bool;
  live: bool;
  waiting: bool;
  hasPrice: bool;
  asked: bool;
  id: u64;
  lastId: u64;
  price: i64;
  open: u64;
  filled: u64;
  askedOf: u64;
  askedPrice: i64;
  askedQty: u64;
  askedAtNs: u64;
}

const ORDER_LEN: usize = 128;
const ORDERS = memory.data(256, 64);

// Everybody's best price on a side, and what is shown there; nothing where `qty` is 0.
@unmanaged
class Best {
  price: i64;
  qty: u64;
}

const BESTS = memory.data(32, 64);

let instrument: i64 = 0;
let size: i64 = 100;
let positionMax: i64 = 500;
let halfSpread: i64 = 500;
let skew: i64 = 400;
let tick: i64 = 100;

let lots: i64 = 0;
let nextId: u64 = 1;
let latestFill: u64 = 0;
let hasBbo = false;
let nowNs: u64 = 0;
let commandCount: u32 = 0;

export function rf_abi_version(): i32 {
  return rf.RF_VERSION;
}

export function rf_io(): usize {
  const block = changetype<rf.IoBlock>(IO);
  block.magic = rf.RF_MAGIC;
  block.major = rf.RF_MAJOR;
  block.minor = rf.RF_MINOR;
  block.events_off = <u32>EVENTS;
  block.events_cap = EVENTS_CAP;
  block.commands_off = <u32>COMMANDS;
  block.commands_cap = COMMANDS_CAP;
  block.event_stride = rf.RF_EVENT_LEN;
  block.command_stride = rf.RF_COMMAND_LEN;
  block.flags = 0;
  return IO;
}

// Parameters: lines of key=value.

// A whole number of at most NUMBER_MAX; negative where it is none.
function number(from: usize, to: usize): i64 {
  if (from == to) return -1;
  let value: i64 = 0;
  for (let at = from; at < to; at++) {
    const digit = <i64>load<u8>(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
    if (value > NUMBER_MAX) return -1;
  }
  return value;
}

// Whether the text from `from` to `to` is this, given as its length and its static bytes.
function is(from: usize, to: usize, word: usize, len: usize): bool {
  return to - from == len && memory.compare(from, word, len) == 0;
}

const INSTRUMENT = memory.data<u8>([105, 110, 115, 116, 114, 117, 109, 101, 110, 116]);
const SIZE = memory.data<u8>([115, 105, 122, 101]);
const MAX_POSITION = memory.data<u8>([109, 97, 120, 95, 112, 111, 115, 105, 116, 105, 111, 110]);
const SPREAD = memory.data<u8>([115, 112, 114, 101, 97, 100]);
const SKEW = memory.data<u8>([115, 107, 101, 119]);
const TICK = memory.data<u8>([116, 105, 99, 107]);

// Sets the parameter of a line; false where there is none of that name, or the value is wrong.
function set(from: usize, equals: usize, value: i64): bool {
  if (is(from, equals, INSTRUMENT, 10)) {
    instrument = value;
    return value >= 0;
  }
  if (is(from, equals, SIZE, 4)) {
    size = value;
    return value >= 1;
  }
  if (is(from, equals, MAX_POSITION, 12)) {
    positionMax = value;
    return value >= 1;
  }
  if (is(from, equals, SPREAD, 6)) {
    halfSpread = (value + 1) / 2;
    return value >= 0;
  }
  if (is(from, equals, SKEW, 4)) {
    skew = value;
    return value >= 0;
  }
  if (is(from, equals, TICK, 4)) {
    tick = value;
    return value >= 1;
  }
  return false;
}

export function rf_init(text: usize, len: u32): i32 {
  const end = text + len;
  let from = text;
  while (from < end) {
    let to = from;
    let equals: usize = 0;
    for (; to < end && load<u8>(to) != 10; to++) {
      if (load<u8>(to) == 61 && equals == 0) equals = to;
    }
    if (to > from) {
      if (equals == 0) return BAD_PARAMS;
      if (!set(from, equals, number(equals + 1, to))) return BAD_PARAMS;
    }
    from = to + 1;
  }
  return 0;
}

// Its own books, from its private events.

function orderAt(side: u8): Order {
  return changetype<Order>(ORDERS + <usize>side * ORDER_LEN);
}

function best(side: u8): Best {
  return changetype<Best>(BESTS + <usize>side * 16);
}

function left(order: Order, open: u64): void {
  order.open = open;
  if (open == 0) order.known = false;
}

function settle(event: rf.Event): void {
  if (event.kind == rf.RF_KIND_FILLED) latestFill = 0;
  for (let side: u8 = rf.RF_BUY; side <= rf.RF_SELL; side++) {
    const order = orderAt(side);
    if (order.known && order.id == event.order_id) return settleOrder(side, order, event);
  }
}

function settleOrder(side: u8, order: Order, event: rf.Event): void {
  switch (event.kind) {
    case rf.RF_KIND_ACCEPTED:
      order.live = true;
      order.waiting = false;
      order.filled = 0;
      order.hasPrice = (event.flags & rf.RF_EVENT_HAS_PRICE) != 0;
      order.price = event.price;
      order.open = event.qty;
      break;
    case rf.RF_KIND_REJECTED:
      order.waiting = false;
      if (event.aux0 == rf.RF_OP_NEW && !order.live) order.known = false;
      break;
    case rf.RF_KIND_FILLED:
      order.filled += event.qty;
      lots += side == rf.RF_BUY ? <i64>event.qty : -(<i64>event.qty);
      latestFill = event.order_id;
      left(order, event.aux0);
      break;
    case rf.RF_KIND_CANCELED:
      order.waiting = false;
      left(order, order.open > event.qty ? order.open - event.qty : 0);
      break;
    case rf.RF_KIND_REPLACED:
      order.waiting = false;
      order.id = event.aux0;
      order.hasPrice = (event.flags & rf.RF_EVENT_HAS_PRICE) != 0;
      order.price = event.price;
      order.filled = event.qty - event.aux1;
      left(order, event.aux1);
      break;
    default:
      break;
  }
}

// What it wants.

function remainderOf(value: i64, by: i64): i64 {
  const over = value % by;
  return over < 0 ? over + by : over;
}

function midpoint(a: i64, b: i64): i64 {
  return (a & b) + ((a ^ b) >> 1);
}

function wantedQty(side: u8): u64 {
  const held = side == rf.RF_BUY ? lots : -lots;
  const qty = min(positionMax - held, size);
  return qty > 0 ? <u64>qty : 0;
}

function wantedPrice(side: u8): i64 {
  const bid = best(rf.RF_BUY).price;
  const ask = best(rf.RF_SELL).price;
  const middle = midpoint(bid, ask) - (skew * lots) / positionMax;
  if (side == rf.RF_BUY) {
    const price = min(middle - halfSpread, bid);
    return price - remainderOf(price, tick);
  }
  const price = max(middle + halfSpread, ask);
  return price + remainderOf(-price, tick);
}

// Whether somebody else stands at the best price of a side.
function othersThere(side: u8): bool {
  const order = orderAt(side);
  const isThere =
    order.known && order.live && order.hasPrice && order.price == best(side).price;
  return best(side).qty > (isThere ? order.open : 0);
}

// What it asks for.

function command(op: u8, id: u64): rf.Command {
  const at = COMMANDS + <usize>commandCount * <usize>rf.RF_COMMAND_LEN;
  commandCount++;
  memory.fill(at, 0, <usize>rf.RF_COMMAND_LEN);
  const record = changetype<rf.Command>(at);
  record.op = op;
  record.instrument = <u32>instrument;
  record.id = id;
  return record;
}

function isFine(order: Order, price: i64, qty: u64): bool {
  if (!order.known || qty == 0) return !order.known && qty == 0;
  const enough = order.open <= qty && order.open >= qty / 2 + (qty % 2);
  return order.hasPrice && order.price == price && enough;
}

function quoteSide(side: u8, price: i64, qty: u64): void {
  const order = orderAt(side);
  if ((order.known && order.waiting) || isFine(order, price, qty)) return;
  const which = order.known ? order.id : 0;
  const isSame =
    order.asked && order.askedOf == which && order.askedQty == qty && order.askedPrice == price;
  const hasTraded = latestFill != 0 && latestFill == order.lastId;
  if (isSame && !hasTraded && nowNs - order.askedAtNs < RETRY_NS) return;
  if (!order.known) {
    order.known = true;
    order.live = false;
    order.waiting = true;
    order.filled = 0;
    order.id = order.lastId = nextId++;
    order.hasPrice = true;
    order.price = price;
    order.open = qty;
    const record = command(rf.RF_OP_NEW, order.id);
    record.side = side;
    record.price = price;
    record.qty = qty;
    record.flags = rf.RF_COMMAND_HAS_PRICE | rf.RF_COMMAND_POST_ONLY;
  } else if (qty == 0) {
    command(rf.RF_OP_CANCEL, order.id);
    order.waiting = true;
  } else {
    const record = command(rf.RF_OP_REPLACE, order.id);
    record.price = price;
    record.qty = order.filled + qty;
    record.flags = rf.RF_COMMAND_HAS_PRICE | rf.RF_COMMAND_QTY_TOTAL;
    order.waiting = true;
  }
  order.asked = true;
  order.askedOf = which;
  order.askedPrice = price;
  order.askedQty = qty;
  order.askedAtNs = nowNs;
}

// One side, with a market on both; `both`: somebody else stands at both best prices.
function decideSide(side: u8, both: bool): void {
  if (both) {
    const qty = wantedQty(side);
    return quoteSide(side, qty == 0 ? 0 : wantedPrice(side), qty);
  }
  const order = orderAt(side);
  if (!othersThere(side) || !order.known || !order.hasPrice) return quoteSide(side, 0, 0);
  quoteSide(side, order.price, order.open);
}

function decide(): void {
  if (!hasBbo) return;
  if (best(rf.RF_BUY).qty == 0 || best(rf.RF_SELL).qty == 0) {
    quoteSide(rf.RF_BUY, 0, 0);
    quoteSide(rf.RF_SELL, 0, 0);
    return;
  }
  const both = othersThere(rf.RF_BUY) && othersThere(rf.RF_SELL);
  decideSide(rf.RF_BUY, both);
  decideSide(rf.RF_SELL, both);
}

export function rf_on_events(events: usize, count: u32): i32 {
  commandCount = 0;
  for (let number: u32 = 0; number < count; number++) {
    const event = changetype<rf.Event>(events + <usize>number * <usize>rf.RF_EVENT_LEN);
    nowNs = event.at_ns;
    if (event.kind <= rf.RF_KIND_TRIGGERED) settle(event);
    if (event.kind != rf.RF_KIND_BBO || <i64>event.instrument != instrument) continue;
    hasBbo = true;
    best(rf.RF_BUY).price = event.price;
    best(rf.RF_BUY).qty = (event.flags & rf.RF_EVENT_HAS_PRICE) != 0 ? event.qty : 0;
    best(rf.RF_SELL).price = <i64>event.aux0;
    best(rf.RF_SELL).qty = (event.flags & rf.RF_EVENT_HAS_ASK) != 0 ? event.aux1 : 0;
  }
  decide();
  return <i32>commandCount;
}
