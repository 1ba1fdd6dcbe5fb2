use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::Index;

proptest! {
    /// Few distinct mixes, so that runs collide, wrap around the end and are closed again.
    #[test]
    fn an_index_is_a_map(steps in prop::collection::vec((any::<bool>(), 0u32..24), 1..300)) {
        let mix = |place: u32| 0xFFFF_FFF0u32.wrapping_add(place / 3).wrapping_mul(1);
        let (mut index, mut map) = (Index::new(24), BTreeMap::new());
        for (insert, place) in steps {
            let found = index.find(mix(place), |at| at == place);
            prop_assert_eq!(found.map(|(_, place)| place), map.get(&place).copied());
            match (insert, found) {
                (true, None) => {
                    index.insert(mix(place), place);
                    map.insert(place, place);
                }
                (false, Some((position, _))) => {
                    index.remove(position);
                    map.remove(&place);
                }
                _ => {}
            }
            prop_assert_eq!(index.count(), map.len());
            for &place in map.keys() {
                prop_assert!(index.find(mix(place), |at| at == place).is_some());
            }
        }
    }
}

#[test]
fn an_absent_name_is_not_found() {
    let mut index = Index::new(4);
    index.insert(Index::mix(0, 7), 0);
    assert!(index.find(Index::mix(0, 8), |_| true).is_none());
    assert!(index.find(Index::mix(1, 7), |_| true).is_none(), "books do not share names");
}

/// Through all sizes, with removals while entries are on the move.
#[test]
fn an_index_grows_without_losing_anything() {
    let (mut index, mut live) = (Index::new(100_000), Vec::new());
    let mix = |place: u32| Index::mix(0, u64::from(place) * 3);
    for place in 0..100_000 {
        index.insert(mix(place), place);
        live.push(place);
        if place % 3 == 0 {
            let gone = live.swap_remove((place as usize * 7919) % live.len());
            let (position, _) = index.find(mix(gone), |at| at == gone).expect("it is there");
            index.remove(position);
        }
    }
    assert_eq!(index.count(), live.len());
    for &place in &live {
        assert!(index.find(mix(place), |at| at == place).is_some(), "{place}");
    }
}
