use std::vec::Vec;

use super::{Allocation, Share, Step, share_out, steps};
use crate::id::{AccountId, OrderId};
use crate::instrument::Algo;
use crate::quantity::Qty;
use crate::testing::generate::{Choice, Random};

/// Shares of accounts 0, 1, 2, 0, … that show `shown`, the first of which set the price.
fn shares(shown: &[u64]) -> Vec<Share> {
    let share = |(place, &left): (usize, &u64)| {
        let place = u32::try_from(place).expect("a short list");
        Share {
            id: OrderId(u64::from(place)),
            key: place,
            account: AccountId(place % 3),
            top: place == 0,
            place,
            left: Qty(left),
            got: Qty::ZERO,
            passed: false,
        }
    };
    shown.iter().enumerate().map(share).collect()
}

fn shared(shown: &[u64], qty: u64, algo: Algo, given: &Allocation, lot: u64) -> Vec<u64> {
    let mut shares = shares(shown);
    share_out(&mut shares, Qty(qty), &steps(algo, given), &given.makers, lot);
    shares.iter().map(|share| share.got.0).collect()
}

/// Whatever the algorithm: all of it is given, nobody gets more than he shows, and lots stay whole.
#[test]
fn everything_is_given_and_nobody_gets_more_than_he_shows() {
    let mut random = Random::new(5);
    for round in 0..40_000 {
        let lot = 1 + random.below(3);
        let most = random.pick(&[3, 40, 1_000_000, u64::MAX / 3]);
        let shown: Vec<u64> =
            (0..=random.below(9)).map(|_| lot * (1 + random.below(most / lot + 1))).collect();
        let all: u128 = shown.iter().map(|&qty| u128::from(qty)).sum();
        let bound = u64::try_from(all.min(u128::from(u64::MAX))).expect("held to 64 bits");
        let qty = random.below(bound) / lot * lot;
        let some = |random: &mut Random| random.chance(50).then(|| Qty(random.below(9)));
        let given = Allocation {
            fifo_percent: random.chance(50).then_some(30),
            pro_rata_min: some(&mut random),
            top_min: some(&mut random),
            top_max: some(&mut random),
            leveling: random.chance(50),
            makers: [(AccountId(1), 40), (AccountId(2), 33)].into_iter().collect(),
        };
        for &algo in Algo::ALL {
            let got = shared(&shown, qty, algo, &given, lot);
            let case = (round, algo, &shown, qty, &given, &got);
            assert_eq!(got.iter().sum::<u64>(), qty, "{case:?}");
            assert!(got.iter().zip(&shown).all(|(got, shown)| got <= shown), "{case:?}");
            assert!(got.iter().all(|got| got.is_multiple_of(lot)), "{case:?}");
        }
    }
}

#[test]
fn the_largest_quantities_are_shared_exactly() {
    let given = Allocation::default();
    let got = shared(&[u64::MAX, u64::MAX, 2], u64::MAX, Algo::ProRata, &given, 1);
    assert_eq!(got, [u64::MAX / 2 + 1, u64::MAX / 2, 0]);
    let given = Allocation { fifo_percent: Some(100), ..Allocation::default() };
    let got = shared(&[u64::MAX, 7], u64::MAX, Algo::FifoProRata, &given, 1);
    assert_eq!(got, [u64::MAX, 0]);
}

#[test]
fn every_algorithm_ends_by_giving_away_the_rest() {
    for &algo in Algo::ALL {
        let steps = steps(algo, &Allocation::default());
        assert!(matches!(steps.last(), Some(Step::Fifo | Step::Largest)), "{algo:?}");
    }
}
