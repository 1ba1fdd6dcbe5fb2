//! Once built, an engine allocates nothing while it stays within its capacity.

use std::iter;

use allocation_counter::measure;
use ringfence_core::testing::differential::CAPACITY;
use ringfence_core::testing::generate::{RandomCommands, TradingDay};
use ringfence_core::{
    Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty,
    Side, Time,
};

/// How often `engine` allocates while it applies `commands`, all events being wanted.
fn allocations(mut engine: Engine, commands: &[(Time, Command)]) -> u64 {
    let mut events: Vec<Event> = Vec::with_capacity(1 << 16);
    let mut told = 0;
    let count = measure(|| {
        for (at, command) in commands {
            events.clear();
            engine.apply(*at, command, &mut events);
            told += events.len();
        }
    });
    assert!(told > commands.len(), "something happens");
    count.count_total
}

#[test]
fn a_random_mix_of_every_command_allocates_nothing() {
    for seed in 0..20 {
        let commands: Vec<_> = RandomCommands::new(seed).take(5_000).collect();
        assert_eq!(allocations(Engine::new(CAPACITY), &commands), 0, "seed {seed}");
    }
}

/// Through two sizes of the index.
#[test]
fn a_book_that_grows_to_ten_thousand_orders_allocates_nothing() {
    let capacity =
        Capacity { orders: 1 << 14, levels: 1 << 12, instruments: 1, accounts: 32, positions: 32 };
    let define = Command::Instrument(InstrumentSpec::new(InstrumentId(0), "").into());
    let orders = (1..=10_000).map(|id| {
        let price = Price(i64::try_from(id % 3_000).expect("a small number") * 7);
        Command::New(NewOrder::limit(OrderId(id), Side::Buy, price, Qty(1)))
    });
    let commands: Vec<_> = iter::once(define).chain(orders).map(|it| (Time(0), it)).collect();
    assert_eq!(allocations(Engine::new(capacity), &commands), 0);
}

#[test]
fn a_trading_day_allocates_nothing() {
    let capacity =
        Capacity { orders: 1 << 14, levels: 1 << 12, instruments: 1, accounts: 32, positions: 32 };
    let commands: Vec<_> =
        TradingDay::new(7, InstrumentId(1), Price(50_000)).take(100_000).collect();
    assert_eq!(allocations(Engine::new(capacity), &commands), 0);
}

#[test]
fn an_allocation_is_counted() {
    assert_eq!(measure(|| drop(std::hint::black_box(Box::new(7_u64)))).count_total, 1);
}
