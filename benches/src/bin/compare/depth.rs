//! Large books: what a command costs and what an order takes of memory.

use std::process::Command;
use std::time::Instant;

use ringfence_core::{
    AccountId, Ahead, Cancel, Capacity, Command as Order, Discard, Engine, InstrumentId,
    InstrumentSpec, NewOrder, OrderId, Price, Qty, Side, Time,
};

/// What a command costs at a depth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    /// So many orders rest.
    pub(crate) orders: u32,
    /// At so many prices of each side, anywhere in 64 bits.
    pub(crate) prices: u32,
    /// Nanoseconds a command: a cancel of any order, or a new one at any of the prices.
    pub(crate) ns: f64,
    /// The same where the engine is told of each group of cancels before.
    pub(crate) ns_in_groups: f64,
}

/// What an order takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// So many orders rest, at a thousandth as many prices.
    pub(crate) orders: u32,
    /// Bytes an order, index and levels included, as the machine's memory has it.
    pub(crate) bytes: f64,
}

const COMMANDS: u32 = 200_000;

/// So many orders are cancelled and placed again in a group.
const GROUP: u32 = 16;

/// What a command costs from a thousand orders to `most`.
pub(crate) fn measure(most: u32) -> Vec<Depth> {
    let sizes = std::iter::successors(Some(1_000), |size: &u32| size.checked_mul(10));
    sizes.take_while(|&size| size <= most).map(cost).collect()
}

/// What an order takes where `orders` rest: what the program `memory`, built beside this one, says.
/// Here the allocator that counts would touch what is only set aside.
pub(crate) fn memory(orders: u32) -> Memory {
    let program = std::env::current_exe().expect("a program has a file").with_file_name("memory");
    let output = Command::new(program).arg(orders.to_string()).output();
    let output =
        output.expect("`memory` is built: cargo build --profile bench -p ringfence-benches");
    let text = String::from_utf8_lossy(&output.stdout);
    Memory { orders, bytes: text.trim().parse().expect("a number") }
}

/// A book of `orders`; then, again and again, any order is cancelled and another one placed.
fn cost(orders: u32) -> Depth {
    let prices = (orders / 10).max(100);
    let mut engine = engine(orders, prices * 2);
    for id in 1..=orders {
        place(&mut engine, id, anywhere(id % prices, id));
    }
    assert_eq!(engine.orders(), orders, "all of them rest");
    let mut best = [f64::INFINITY; 2];
    for round in 0..6 {
        let in_groups = round % 2 == 1;
        let start = Instant::now();
        for group in (0..COMMANDS / 2).step_by(GROUP as usize) {
            let ids =
                (group..group + GROUP).map(|step| 1 + mixed(step + round * COMMANDS) % orders);
            again(&mut engine, ids, prices, in_groups);
        }
        let ns = start.elapsed().as_nanos() as f64 / f64::from(COMMANDS);
        let best = &mut best[usize::from(in_groups)];
        *best = best.min(ns);
    }
    assert_eq!(engine.orders(), orders, "each was placed again");
    Depth { orders, prices, ns: best[0], ns_in_groups: best[1] }
}

/// Cancels each order and places it at another price.
fn again(engine: &mut Engine, ids: impl Iterator<Item = u32> + Clone, prices: u32, looks: bool) {
    let instrument = InstrumentId(0);
    let name = |id: u32| OrderId(u64::from(id));
    if looks {
        engine.look_ahead(ids.clone().map(|id| Ahead { instrument, id: name(id) }));
    }
    for id in ids {
        let cancel = Cancel { instrument, account: AccountId(0), id: name(id) };
        engine.cancel(Time(0), &cancel, &mut Discard);
        place(engine, id, anywhere(mixed(id) % prices, id));
    }
}

fn engine(orders: u32, levels: u32) -> Engine {
    let mut engine = Engine::new(Capacity { orders, levels, ..Capacity::SMALL });
    let spec = InstrumentSpec::new(InstrumentId(0), "");
    engine.apply(Time(0), &Order::Instrument(spec.into()), &mut Discard);
    engine
}

fn place(engine: &mut Engine, id: u32, (side, price): (Side, Price)) {
    let order = NewOrder::limit(OrderId(u64::from(id)), side, price, Qty(u64::from(id % 90) + 1));
    engine.place(Time(0), &order, &mut Discard);
}

/// A price that is a long way from any other: sellers above zero, buyers below.
fn anywhere(at: u32, id: u32) -> (Side, Price) {
    let price = 1 + (i64::from(mixed(at)) << 31);
    if id.is_multiple_of(2) { (Side::Sell, Price(price)) } else { (Side::Buy, Price(-price)) }
}

/// Numbers in no order: a permutation of 32 bits.
fn mixed(number: u32) -> u32 {
    let number = (number ^ number >> 16).wrapping_mul(0x7FEB_352D);
    let number = (number ^ number >> 15).wrapping_mul(0x846C_A68B);
    number ^ number >> 16
}
