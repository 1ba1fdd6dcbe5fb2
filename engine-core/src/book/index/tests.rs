use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::{Form, Index, Name, Names, Table};
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

/// The name that is multiplied to these halves: what somebody would send who wants names to meet.
fn of_mix(mix: u32, rest: u32) -> Name {
    // Each step has twice as many bits right.
    let inverse = (0..6).fold(1u64, |x, _| {
        x.wrapping_mul(2u64.wrapping_sub(x.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    });
    let folded = (u64::from(mix) << 32 | u64::from(rest)).wrapping_mul(inverse);
    let name = in_book(folded ^ folded >> 32);
    assert_eq!(name.mix(), mix);
    name
}

/// Ids that all have one mix.
fn of_one_mix(place: u32) -> Name {
    of_mix(7, place)
}

/// Each a few times the mixes of the last positions.
fn of_few_mixes(place: u32) -> Name {
    of_mix(u32::MAX - place % 8 * 5, place / 8)
}

/// How far behind their first positions entries stand at most.
fn longest(index: &Index, names: impl Names) -> usize {
    let table = &index.table;
    let taken = table.entries.iter().enumerate().filter(|&(_, &entry)| entry != 0);
    let away = taken.map(|(at, &entry)| {
        let name = names.name_of(index.form.place(entry));
        at.wrapping_sub(table.home(index.form.mix(name))) & table.mask()
    });
    away.max().unwrap_or(0)
}

/// Whoever chooses names to meet makes runs long until some are found to be; then no more.
#[test]
fn names_that_were_chosen_to_meet_meet_no_more() {
    for secret in [None, Some(0), Some(0x0123_4567_89AB_CDEF)] {
        let names = By(of_one_mix);
        let mut index = Index::new(20_000);
        if let Some(secret) = secret {
            index.set_secret(secret, names);
        }
        for place in 0..20_000 {
            index.insert(names.name_of(place), place, names);
            assert_eq!(index.form.key != 0, place > 512, "{place}");
        }
        assert!(longest(&index, names) < 64, "{}", longest(&index, names));
        index.set_secret(5, names);
        assert_eq!(index.form.key, 5, "another secret holds at once");
        assert_eq!(index.count(), 20_000);
        for place in (0..20_000).rev() {
            let (position, found) = index.find(names.name_of(place), names).expect("it is there");
            assert_eq!(found, place);
            index.remove(position, names);
        }
        assert_eq!(index.count(), 0);
    }
}

/// Names that mean no harm never are found to: orders that count up, and in steps.
#[test]
fn names_that_count_up_are_left_alone() {
    for step in [1, 2, 3, 64, 1_000, 1 << 32, (1 << 40) + 1] {
        let (form, mut table) = (Form::new(100_000), Table::new(1 << 18));
        for place in 0..100_000 {
            let away = table.insert(form, in_book(u64::from(place) * step), place);
            assert!(away < 64, "step {step}: {away}");
        }
    }
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
