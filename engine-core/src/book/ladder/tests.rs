use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::Ladder;
use crate::book::Store;
use crate::book::index::Mixer;
use crate::book::pool::NONE;
use crate::limits::Capacity;
use crate::quantity::Price;
use crate::side::Side;

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 256, instruments: 1, accounts: 1, positions: 1 };

/// Prices next to each other, a page apart, and at the ends of the range.
fn price() -> impl Strategy<Value = i64> {
    prop_oneof![
        -70i64..70,
        (-5i64..5).prop_map(|page| page * 64),
        i64::MIN..i64::MIN + 3,
        i64::MAX - 3..=i64::MAX
    ]
}

proptest! {
    #[test]
    fn a_ladder_is_a_sorted_map(sell: bool, steps in prop::collection::vec((any::<bool>(), price()), 1..250)) {
        let side = if sell { Side::Sell } else { Side::Buy };
        let (mut store, mut ladder) = (Store::new(CAPACITY, Mixer::GOLDEN), Ladder::new(side, 0));
        let mut map = BTreeMap::new();
        for (add, price) in steps {
            let found = ladder.find(&store, Price(price));
            prop_assert_eq!(map.get(&price).copied().unwrap_or(NONE), found);
            if add {
                let level = ladder.find_or_add(&mut store, Price(price));
                prop_assert!(found == NONE || found == level);
                map.insert(price, level);
            } else if map.remove(&price).is_some() {
                ladder.remove(&mut store, found);
            }
            let mut expected: Vec<u32> = map.values().copied().collect();
            if side == Side::Buy {
                expected.reverse();
            }
            let levels: Vec<u32> = ladder.levels(&store).collect();
            prop_assert_eq!(levels, expected);
            prop_assert_eq!(store.levels.len() as usize, map.len());
        }
    }
}
