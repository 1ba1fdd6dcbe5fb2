//! Money and lots are conserved to the last unit where every account has a ledger.

use proptest::prelude::*;
use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{
    AccountId, AccountSpec, Capacity, Command, Engine, Event, InstrumentId, Time, What,
};

const ACCOUNTS: u32 = 4;

/// An engine in which every account of the random commands has cash and lots.
fn engine(cash: i64, position: i64) -> Engine {
    let mut engine = Engine::new(Capacity::SMALL);
    for account in (0..ACCOUNTS).map(AccountId) {
        let spec = AccountSpec { account, cash: Some(cash), position, ..AccountSpec::default() };
        engine.apply(Time(0), &Command::Account(spec.into()), &mut Vec::<Event>::new());
    }
    engine
}

/// All cash and all fees together, and all lots of each instrument.
fn sums(engine: &Engine, instruments: &[InstrumentId]) -> (i128, Vec<i128>) {
    let cash: i128 = engine.accounts().filter_map(|account| account.cash()).sum();
    let lots = instruments.iter().map(|&instrument| {
        engine.accounts().map(|account| account.position(instrument)).sum::<i128>()
    });
    (cash + engine.fees(), lots.collect())
}

/// Plays random commands and returns how many trades there were.
fn check(seed: u64, count: usize, cash: i64, position: i64) -> usize {
    let mut engine = engine(cash, position);
    let (mut instruments, mut before, mut trades) = (Vec::new(), None, 0);
    for (at, command) in RandomCommands::new(seed).take(count) {
        if matches!(command, Command::Account(_)) {
            continue;
        }
        let mut events: Vec<Event> = Vec::new();
        engine.apply(at, &command, &mut events);
        engine.check_invariants();
        let known: Vec<InstrumentId> = engine.instruments().collect();
        if known != instruments {
            (instruments, before) = (known, None);
        }
        let now = sums(&engine, &instruments);
        let was = before.get_or_insert_with(|| now.clone());
        assert_eq!(*was, now, "seed {seed}: {command:?} made or lost some");
        trades += events.iter().filter(|event| matches!(event.what, What::Trade { .. })).count();
    }
    trades
}

#[test]
fn money_and_lots_are_conserved() {
    let trades: usize = (0..20).map(|seed| check(seed, 3_000, 100_000, 500)).sum();
    assert!(trades > 4_000, "{trades} trades");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_they_began_with(
        seed: u64,
        cash in prop_oneof![0..2_000_i64, 0..=i64::MAX],
        position in prop_oneof![0..50_i64, 0..1_i64 << 40],
    ) {
        check(seed, 300, cash, position);
    }
}
