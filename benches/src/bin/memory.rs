//! Bytes of the machine's memory that an order takes, index and levels included:
//! `cargo run --release -p ringfence-benches --bin memory -- 10000000`.
#![forbid(unsafe_code)]

use ringfence_core::{
    Capacity, Command, Discard, Engine, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price,
    Qty, Side, Time,
};

fn main() {
    let orders: u32 =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000_000);
    let capacity = Capacity { orders, levels: orders / 500 + 4, ..Capacity::SMALL };
    let mut engine = Engine::new(capacity);
    let spec = InstrumentSpec::new(InstrumentId(0), "");
    engine.apply(Time(0), &Command::Instrument(spec.into()), &mut Discard);
    let before = resident();
    for id in 1..=orders {
        let (side, price) = near(id, orders / 1_000 + 1);
        let qty = Qty(u64::from(id % 90) + 1);
        let order = NewOrder::limit(OrderId(u64::from(id)), side, price, qty);
        engine.place(Time(0), &order, &mut Discard);
    }
    assert_eq!(engine.orders(), orders, "all of them rest");
    let tenths = (resident() - before) * 10 / u64::from(orders);
    println!("{}.{}", tenths / 10, tenths % 10);
}

/// One of so many prices around zero: sellers above, buyers below.
fn near(id: u32, prices: u32) -> (Side, Price) {
    let at = i64::from(mixed(id) % prices);
    if id.is_multiple_of(2) { (Side::Sell, Price(1 + at)) } else { (Side::Buy, Price(-at)) }
}

/// Numbers in no order: a permutation of 32 bits.
fn mixed(number: u32) -> u32 {
    let number = (number ^ number >> 16).wrapping_mul(0x7FEB_352D);
    let number = (number ^ number >> 15).wrapping_mul(0x846C_A68B);
    number ^ number >> 16
}

/// Bytes of memory that this process has touched; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
