use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::{Form, Index, Name, Names};
use crate::id::OrderId;

/// What is at a place is named by a function of it.
#[derive(Clone, Copy)]
struct By(fn(u32) -> Name);

impl Names for By {
    fn is_it(self, place: u32, name: Name) -> bool {
        (self.0)(place) == name
    }

    fn may_be(self, place: u32, name: Name) -> bool {
        (self.0)(place).id == name.id
    }

    fn name_of(self, place: u32) -> Name {
        (self.0)(place)
    }
}

fn in_book(id: u64) -> Name {
    Name { book: 0, id: OrderId(id) }
}

/// Ids that all have one mix: the halves of each fold to the same.
fn of_one_mix(place: u32) -> Name {
    in_book(u64::from(place) << 32 | u64::from(place))
}

/// Each a few times the mix of the last position of a small table.
fn of_few_mixes(place: u32) -> Name {
    let half = u64::from(place / 8);
    in_book(half << 32 | (half ^ u64::from(place % 8 * 5 + 1)))
}

proptest! {
    /// Names that meet: runs collide, wrap around the end, go too far to be told, are closed again.
    #[test]
    fn an_index_is_a_map(meet: bool, steps in prop::collection::vec((any::<bool>(), 0u32..48), 1..400)) {
        let names = By(if meet { of_one_mix } else { of_few_mixes });
        let (mut index, mut map) = (Index::new(48), BTreeMap::new());
        for (insert, place) in steps {
            let name = names.name_of(place);
            let found = index.find(name, names);
            prop_assert_eq!(found.map(|(_, place)| place), map.get(&place).copied());
            match (insert, found) {
                (true, None) => {
                    index.insert(name, place, names);
                    map.insert(place, place);
                }
                (false, Some((position, _))) => {
                    index.remove(position, names);
                    map.remove(&place);
                }
                _ => {}
            }
            prop_assert_eq!(index.count(), map.len());
            for &place in map.keys() {
                let found = index.find(names.name_of(place), names);
                prop_assert_eq!(found.map(|(_, place)| place), Some(place));
            }
        }
    }
}

#[test]
fn an_absent_name_is_not_found() {
    let names = By(|_| in_book(7));
    let mut index = Index::new(4);
    index.insert(in_book(7), 0, names);
    assert!(index.find(in_book(7), names).is_some());
    assert!(index.find(in_book(8), names).is_none());
    let elsewhere = Name { book: 1, id: OrderId(7) };
    assert!(index.find(elsewhere, names).is_none(), "books do not share names");
}

/// The largest capacity leaves bits for how far, and none for the mix.
#[test]
fn an_entry_has_room_for_the_last_place() {
    for capacity in [1, 2, 3, 1 << 20, crate::Capacity::ORDERS_MAX] {
        let form = Form::new(capacity);
        let entry = form.first(u32::MAX) | capacity;
        assert_eq!((form.place(entry), form.tag(entry)), (capacity - 1, form.first(u32::MAX)));
        assert_eq!(Form::further(entry) - entry, Form::STEP, "the place is left alone");
    }
}

/// Through all sizes, with removals while entries are on the move.
#[test]
fn an_index_grows_without_losing_anything() {
    let (mut index, mut live) = (Index::new(100_000), Vec::new());
    let names = By(|place| in_book(u64::from(place) * 3));
    for place in 0..100_000 {
        index.insert(names.name_of(place), place, names);
        live.push(place);
        if place % 3 == 0 {
            let gone = live.swap_remove((place as usize * 7919) % live.len());
            let (position, _) = index.find(names.name_of(gone), names).expect("it is there");
            index.remove(position, names);
        }
    }
    assert_eq!(index.count(), live.len());
    for &place in &live {
        assert!(index.find(names.name_of(place), names).is_some(), "{place}");
    }
}
