//! The guest: its exports, and what each attack does.

use core::cell::{Cell, UnsafeCell};
use core::hint::black_box;
use core::panic::PanicInfo;

use ringfence_core::wire::CommandRecord;
use ringfence_guest::Command;
use ringfence_guest::abi::{self, COMMAND_LEN, COMMANDS_CAP, EVENT_LEN, EVENTS_CAP, IoBlock, code};
use ringfence_guest::export::{Heap, panicked};
use ringfence_guest::prelude::{InstrumentId, NewOrder, OrderId, Price, Qty, Side};

use crate::{Attack, Orders};

mod raw {
    // SAFETY: the names, types and module are those of `docs/abi.md`. That what is
    // passed makes no sense is the point: the host has to find out.
    #[link(wasm_import_module = "ringfence_1")]
    unsafe extern "C" {
        pub(super) safe fn log(level: i32, ptr: u32, len: u32);
        pub(super) safe fn panic(ptr: u32, len: u32, line: i32, col: i32);
        pub(super) safe fn time_ns() -> i64;
        pub(super) safe fn rand64() -> i64;
        pub(super) safe fn metric(id: u32, value: i64);
        pub(super) safe fn submit(ptr: u32, len: u32) -> i32;
    }
}

static HOSTILE: Hostile = Hostile {
    buffers: UnsafeCell::new(Buffers {
        events: [[0; EVENT_LEN]; EVENTS_CAP],
        commands: [[0; COMMAND_LEN]; COMMANDS_CAP],
        io: IoBlock::new(0, 0),
    }),
    orders: Cell::new(None),
    sent: Cell::new(0),
};

#[global_allocator]
static HEAP: Heap<0> = Heap::new();

struct Hostile {
    buffers: UnsafeCell<Buffers>,
    orders: Cell<Option<Orders>>,
    /// Orders that it sent so far.
    sent: Cell<u64>,
}

#[repr(C, align(64))]
struct Buffers {
    events: [[u8; EVENT_LEN]; EVENTS_CAP],
    commands: [[u8; COMMAND_LEN]; COMMANDS_CAP],
    io: IoBlock,
}

// SAFETY: a guest has one thread.
unsafe impl Sync for Hostile {}

#[panic_handler]
fn on_panic(info: &PanicInfo<'_>) -> ! {
    panicked(info)
}

// SAFETY: of this and the names below: no other symbol of a guest begins `rf_`.
#[unsafe(no_mangle)]
extern "C" fn rf_abi_version() -> i32 {
    abi::VERSION.cast_signed()
}

#[unsafe(no_mangle)]
extern "C" fn rf_io() -> usize {
    // SAFETY: a guest has one thread, is not called while it runs, and keeps no reference between
    // two calls.
    let buffers = unsafe { &mut *HOSTILE.buffers.get() };
    buffers.io = IoBlock::new(at(&buffers.events), at(&buffers.commands));
    (&raw const buffers.io).addr()
}

#[unsafe(no_mangle)]
extern "C" fn rf_init(_params: usize, len: usize) -> i32 {
    // SAFETY: as in `rf_io`.
    let buffers = unsafe { &*HOSTILE.buffers.get() };
    let text = buffers.events.as_flattened().get(..len).and_then(|it| str::from_utf8(it).ok());
    let Some(orders) = text.and_then(Orders::parse) else {
        return code::BAD_PARAMS;
    };
    if orders.attack == Attack::LoopInit {
        spin();
    }
    HOSTILE.orders.set(Some(orders));
    code::OK
}

#[unsafe(no_mangle)]
extern "C" fn rf_on_events(_events: usize, count: usize) -> i32 {
    // SAFETY: as in `rf_io`.
    let buffers = unsafe { &mut *HOSTILE.buffers.get() };
    let Some(orders) = HOSTILE.orders.get() else {
        return code::NOT_READY;
    };
    attack(orders, buffers, count)
}

#[unsafe(no_mangle)]
extern "C" fn rf_timer(_at_ns: i64) {
    if HOSTILE.orders.get().is_some_and(|orders| orders.attack == Attack::LoopTimer) {
        spin();
    }
}

fn attack(orders: Orders, buffers: &mut Buffers, count: usize) -> i32 {
    let Orders { ptr, len, .. } = orders;
    match orders.attack {
        Attack::Calm => return return_orders(orders, buffers, count),
        Attack::LoopInit | Attack::LoopTimer => {}
        Attack::LoopEvent => spin(),
        Attack::LoopHost => loop {
            raw::metric(3, raw::rand64() ^ raw::time_ns());
        },
        Attack::Memory => take_all_memory(),
        Attack::Recursion => return recurse(black_box(1)),
        Attack::HeavyRecursion => return recurse_heavily(black_box(1)),
        Attack::Trap => core::arch::wasm32::unreachable(),
        Attack::Panic => panic!("an attack on the {count} events of a batch"),
        // SAFETY: none: it is an attack. Wasm traps.
        Attack::WildRead => return unsafe { (ptr as *const i32).read_volatile() },
        // SAFETY: as above.
        Attack::WildWrite => unsafe { (ptr as *mut u32).write_volatile(len) },
        Attack::WildLog => raw::log(abi::level::ERROR, ptr, len),
        Attack::WildPanic => raw::panic(ptr, len, -1, -1),
        Attack::PanicFlood => flood_with_panics(buffers),
        Attack::WildSubmit => return raw::submit(ptr, len).min(0),
        Attack::WildMetric => {
            for id in [64, u32::MAX, 1 << 31, 65] {
                raw::metric(id, i64::MIN);
            }
        }
        Attack::WildAnswer => return len.cast_signed(),
        Attack::Overwrite => overwrite(buffers),
        Attack::OrderFlood => {
            submit_orders(orders, buffers, usize::MAX);
            return return_orders(orders, buffers, COMMANDS_CAP);
        }
        Attack::OrderGreed => {
            submit_orders(orders, buffers, usize::MAX);
            return 1;
        }
        Attack::Nonsense => return nonsense(buffers),
        Attack::LogFlood => loop_log(),
        Attack::Nan => play_with_nans(count),
    }
    0
}

fn spin() {
    loop {
        black_box(0);
    }
}

/// Each of these bytes becomes three for whoever takes them for text.
fn flood_with_panics(buffers: &mut Buffers) {
    let text = buffers.events.as_flattened_mut();
    text.fill(0xff);
    loop {
        raw::panic(text.as_ptr().addr() as u32, text.len() as u32, 0, 0);
    }
}

/// Grows until its host says no, then writes to each page, the old ones apart.
fn take_all_memory() {
    let mut from = core::arch::wasm32::memory_size(0);
    while core::arch::wasm32::memory_grow(0, 1) != usize::MAX {}
    while core::arch::wasm32::memory_grow(0, 7) != usize::MAX {}
    let to = core::arch::wasm32::memory_size(0);
    while from < to {
        // SAFETY: the page is ours, and nothing else is in it.
        unsafe { ((from << 16) as *mut u64).write_volatile(u64::MAX) };
        from += 1;
    }
}

#[inline(never)]
fn recurse(depth: i32) -> i32 {
    if black_box(depth) == 0 { 0 } else { recurse(black_box(depth + 1)).wrapping_add(depth) }
}

#[inline(never)]
fn recurse_heavily(depth: i32) -> i32 {
    let own = black_box([depth; 256]);
    if depth == 0 {
        return 0;
    }
    recurse_heavily(black_box(depth + 1)).wrapping_add(own[depth.cast_unsigned() as usize & 255])
}

/// Everything that the host was told of, the block itself included, is garbage afterwards.
fn overwrite(buffers: &mut Buffers) {
    buffers.events.as_flattened_mut().fill(0xff);
    buffers.commands.as_flattened_mut().fill(0xff);
    buffers.io = IoBlock { events_off: u32::MAX, commands_off: u32::MAX, ..IoBlock::new(0, 0) };
    black_box(&buffers.io);
}

/// Submits up to `most` orders, until it is turned down.
fn submit_orders(orders: Orders, buffers: &mut Buffers, most: usize) {
    let mut sent = 0;
    while sent < most {
        let record = &mut buffers.commands[0];
        *record = order(orders);
        if raw::submit(at(record), COMMAND_LEN as u32) != 0 {
            return;
        }
        sent += 1;
    }
}

fn return_orders(orders: Orders, buffers: &mut Buffers, count: usize) -> i32 {
    let count = count.min(COMMANDS_CAP);
    for record in &mut buffers.commands[..count] {
        *record = order(orders);
    }
    count as i32
}

/// Another order to sell one lot, never at a price that trades with the last one.
fn order(orders: Orders) -> [u8; COMMAND_LEN] {
    let number = HOSTILE.sent.get() + 1;
    HOSTILE.sent.set(number);
    let price = Price(1_000 + number.cast_signed());
    let order = NewOrder::limit(OrderId(number), Side::Sell, price, Qty(1));
    let instrument = InstrumentId(orders.instrument);
    let command = Command::New(NewOrder { instrument, ..order });
    CommandRecord::from_command(&command).map_or([0; COMMAND_LEN], |record| record.to_bytes())
}

/// Records of random bytes.
fn nonsense(buffers: &mut Buffers) -> i32 {
    let (words, _) = buffers.commands.as_flattened_mut().as_chunks_mut::<8>();
    for word in words {
        *word = raw::rand64().to_le_bytes();
    }
    COMMANDS_CAP as i32
}

fn loop_log() {
    let text = "no end of it. ".as_bytes();
    for _ in 0..10_000 {
        raw::log(abi::level::INFO, text.as_ptr().addr() as u32, text.len() as u32);
    }
}

/// Bits that processors and compilers are free to choose, were they not made canonical.
fn play_with_nans(count: usize) {
    let zero = black_box(count as f64 - count as f64);
    let odd = black_box(f64::from_bits(0x7ff8_dead_beef_0001));
    let signed = black_box(f64::from_bits(0xfff0_0000_0000_0001));
    let small = black_box(f32::from_bits(0xffc0_1234));
    let made = [
        zero / zero,
        odd + signed,
        signed * odd,
        odd - odd,
        f64::from(small),
        f64::from(small + small),
        f64::from((odd * 2.0) as f32),
        zero / zero * -1.0,
        (f64::INFINITY - black_box(f64::INFINITY)).min(zero),
    ];
    for (id, number) in (0..).zip(made) {
        raw::metric(id, number.to_bits().cast_signed());
    }
    raw::metric(9, (odd as i64) ^ (f64::INFINITY as i64));
    raw::metric(10, i64::from(odd == odd) | i64::from(signed < zero) << 1);
}

fn at<T>(what: &T) -> u32 {
    core::ptr::from_ref(what).addr() as u32
}
