//! The engine against its reference: on commands that proptest shrinks, and on a million random ones.

use proptest::prelude::*;
use ringfence_core::testing::differential::{Pair, check_agreement_of_seed};
use ringfence_core::testing::generate::{PlainCommands, TradingDay, small_auction};
use ringfence_core::testing::{check_agreement, check_agreement_of_bytes};
use ringfence_core::{Capacity, InstrumentId, Interest, Price, Time};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn they_agree_on_whatever_bytes_spell(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        check_agreement_of_bytes(&bytes);
    }

    #[test]
    fn they_agree_on_any_seed(seed: u64) {
        check_agreement_of_seed(seed, 300);
    }
}

// A million commands in two halves, so that two cores work on them.

#[test]
fn they_agree_on_half_a_million_commands() {
    check_seeds(0..100);
}

#[test]
fn they_agree_on_the_other_half_a_million() {
    check_seeds(100..200);
}

#[test]
fn they_agree_on_a_trading_day_with_a_deep_book() {
    let capacity =
        Capacity { orders: 4_096, levels: 1_024, instruments: 1, accounts: 32, positions: 32 };
    let mut pair = Pair::new(capacity, Interest::L1.and(Interest::TRADES));
    for (at, command) in TradingDay::new(7, InstrumentId(1), Price(50_000)).take(6_000) {
        pair.check_step(at, &command);
    }
}

/// What nobody hears of decides which way a plain order goes.
#[test]
fn they_agree_on_plain_orders_whoever_listens() {
    let capacity = Capacity { orders: 60, levels: 24, instruments: 2, accounts: 2, positions: 2 };
    let quiet = [Interest::NONE, Interest::PRIVATE.and(Interest::TRADES), Interest::L1];
    for seed in 0..90 {
        let interest = quiet[seed % quiet.len()];
        let mut pair = Pair::new(capacity, interest);
        for (at, command) in PlainCommands::new(seed as u64).take(1_500) {
            pair.check_step(at, &command);
        }
    }
}

/// Ties in volume and surplus are common in small auctions, and so is every rule that breaks them.
#[test]
fn they_agree_on_small_auctions() {
    for seed in 0..40_000 {
        let commands: Vec<_> = small_auction(seed).into_iter().map(|it| (Time(0), it)).collect();
        check_agreement(&commands);
    }
}

fn check_seeds(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        check_agreement_of_seed(seed, 5_000);
    }
}
