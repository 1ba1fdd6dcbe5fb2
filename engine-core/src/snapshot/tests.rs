use alloc::vec::Vec;

use proptest::prelude::*;

use super::{HEADER_LEN, SnapshotError, checksum};
use crate::testing::Venue;
use crate::testing::differential::CAPACITY;
use crate::testing::generate::{RandomCommands, TradingDay};
use crate::{
    Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty,
    SEMANTICS_VERSION, Side, Time,
};

fn played(seed: u64, count: usize) -> Engine {
    let mut engine = Engine::new(CAPACITY);
    for (at, command) in RandomCommands::new(seed).take(count) {
        engine.apply(at, &command, &mut Vec::<Event>::new());
    }
    engine
}

fn again(engine: &Engine) -> Engine {
    let again = Engine::restore(&engine.snapshot(), None).expect("a snapshot just taken");
    again.check_invariants();
    assert_eq!(again.state_hash(), engine.state_hash());
    assert_eq!(Venue::accounts(&again), Venue::accounts(engine));
    assert_eq!(again.snapshot(), engine.snapshot(), "the same bytes");
    assert_eq!(engine.image().snapshot(), engine.snapshot(), "an image has them too");
    again
}

/// Restored now and then, an engine goes on as if nothing had happened.
#[test]
fn a_restored_engine_goes_on() {
    for seed in 0..60 {
        let mut engine = Engine::new(CAPACITY);
        let mut other = Engine::new(CAPACITY);
        for (step, (at, command)) in RandomCommands::new(seed).take(2_000).enumerate() {
            if step % 97 == 0 {
                other = again(&engine);
            }
            let (mut told, mut expected): (Vec<Event>, Vec<Event>) = (Vec::new(), Vec::new());
            engine.apply(at, &command, &mut expected);
            other.apply(at, &command, &mut told);
            assert_eq!(told, expected, "seed {seed}, step {step}");
            assert_eq!(other.state_hash(), engine.state_hash(), "seed {seed}, step {step}");
        }
        other.check_invariants();
    }
}

#[test]
fn a_trading_day_is_restored() {
    let mut engine = Engine::new(Capacity { orders: 1 << 14, levels: 1 << 12, ..Capacity::SMALL });
    for (at, command) in TradingDay::new(7, InstrumentId(1), Price(50_000)).take(20_000) {
        engine.apply(at, &command, &mut Vec::<Event>::new());
    }
    _ = again(&engine);
}

#[test]
fn what_is_wrong_is_said() {
    let bytes = played(1, 500).snapshot();
    let restored = |bytes: &[u8]| Engine::restore(bytes, None).map(|_| ()).unwrap_err();
    assert_eq!(restored(&[]), SnapshotError::NotASnapshot);
    assert_eq!(restored(&bytes[..bytes.len() - 1]), SnapshotError::NotASnapshot);
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        restored(&bytes)
    };
    assert_eq!(changed(0, b'X'), SnapshotError::NotASnapshot);
    assert_eq!(changed(8, 9), SnapshotError::Format(9));
    assert_eq!(changed(12, 99), SnapshotError::Semantics(99));
    assert_eq!(changed(HEADER_LEN + 3, bytes[HEADER_LEN + 3] ^ 1), SnapshotError::Checksum);
    let other = changed(24, bytes[24] ^ 1);
    assert!(matches!(other, SnapshotError::Inconsistent(_)), "{other}");
    let small = Capacity { orders: 1, ..CAPACITY };
    let small = Engine::restore(&bytes, Some(small)).map(|_| ()).unwrap_err();
    assert_eq!(small, SnapshotError::Capacity("orders"));
    assert_eq!(SEMANTICS_VERSION, u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]));
}

/// Room for more than there is memory for is said, and does not end the process. Where the system
/// promises any memory, there is an engine.
#[test]
fn a_capacity_without_memory_for_it_is_no_harm() {
    let Capacity { orders, levels, instruments, accounts, positions } = CAPACITY;
    let words = [orders, levels, instruments, accounts, positions].map(u32::to_le_bytes).concat();
    let bytes = Engine::new(CAPACITY).snapshot();
    let places = bytes.windows(words.len()).filter(|window| *window == words);
    assert_eq!(places.count(), 1, "the capacity is in there");
    let at = bytes.windows(words.len()).position(|window| window == words).unwrap_or(0);
    for field in 2..5 {
        let mut bytes = bytes.clone();
        bytes[at + field * 4..][..4].fill(0xff);
        let sum = checksum(&bytes[HEADER_LEN..]);
        bytes[16..24].copy_from_slice(&sum.to_le_bytes());
        let restored = Engine::restore(&bytes, None).map(|_| ());
        assert!(matches!(restored, Ok(()) | Err(SnapshotError::Memory)), "{restored:?}");
    }
}

/// Prints how long it takes; no test depends on that.
#[test]
#[expect(clippy::print_stderr, clippy::disallowed_types, reason = "a figure for people")]
fn two_hundred_thousand_orders_are_restored() {
    let mut engine = Engine::new(Capacity::default());
    let spec = InstrumentSpec::new(InstrumentId(1), "MANY");
    engine.apply(Time(0), &Command::Instrument(spec.into()), &mut Vec::<Event>::new());
    for id in 1..=200_000_u64 {
        let price = Price(i64::try_from(id % 5_000).expect("a small number"));
        let order = NewOrder::limit(OrderId(id), Side::Buy, price, Qty(id));
        let order = NewOrder { instrument: InstrumentId(1), ..order };
        engine.apply(Time(0), &Command::New(order), &mut crate::Discard);
    }
    let start = std::time::Instant::now();
    let image = engine.image();
    let copied = start.elapsed();
    let bytes = image.snapshot();
    let written = start.elapsed();
    std::eprintln!("200,000 orders: an image in {copied:?}, the snapshot in {written:?}");
    let start = std::time::Instant::now();
    let restored = Engine::restore(&bytes, None).expect("a snapshot just taken");
    let took = start.elapsed();
    std::eprintln!("200,000 orders, {} bytes: restored in {took:?}", bytes.len());
    assert_eq!(restored.orders(), 200_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Engine::restore(&bytes, None).is_err());
    }

    /// Bytes are changed and the checksum is made to fit: whatever comes out is an engine or a
    /// reason.
    #[test]
    fn changed_bytes_are_read_without_harm(
        seed in 0..20_u64,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = played(seed, 400).snapshot();
        for (at, to) in changes {
            let at = HEADER_LEN + at.index(bytes.len() - HEADER_LEN);
            bytes[at] = to;
        }
        prop_assert!(Engine::restore(&bytes, Some(CAPACITY)).map(|engine| engine.orders()).is_err()
            || !bytes.is_empty());
        let sum = checksum(&bytes[HEADER_LEN..]);
        bytes[16..24].copy_from_slice(&sum.to_le_bytes());
        if let Ok(mut engine) = Engine::restore(&bytes, Some(CAPACITY)) {
            engine.apply(Time(u64::MAX), &Command::Time, &mut Vec::<Event>::new());
        }
    }
}
