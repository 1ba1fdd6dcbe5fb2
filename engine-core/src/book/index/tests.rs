use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::{Form, Index, Mixer, Name, Names, Table};
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

/// The id that the golden ratio takes to these halves: what somebody would send who wants ids to
/// meet where everybody knows what they are multiplied by.
fn of_mix(mix: u32, rest: u32) -> Name {
    // Each step has twice as many bits right.
    let inverse = (0..6).fold(1u64, |x, _| {
        x.wrapping_mul(2u64.wrapping_sub(x.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    });
    let folded = (u64::from(mix) << 32 | u64::from(rest)).wrapping_mul(inverse);
    let name = in_book(folded ^ folded >> 32);
    assert_eq!(Mixer::GOLDEN.mix(name), mix);
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

/// How far behind their first positions entries of so many names come to stand at most, in a table
/// of so many.
fn longest(mixer: Mixer, len: usize, names: impl Iterator<Item = Name>) -> usize {
    let (form, mut table) = (Form::new(1 << 27, mixer), Table::new(len));
    names.zip(0..).map(|(name, place)| table.insert(&form, name, place)).max().unwrap_or(0)
}

/// A run of ids that each stand first, one behind another, is as bad as ids that all meet.
fn in_a_row(place: u32) -> Name {
    of_mix(place << 14, place)
}

/// Whoever knows the golden ratio and not the key cannot make runs long.
#[test]
fn names_that_were_chosen_to_meet_do_not_meet_under_a_key() {
    let few = |names: fn(u32) -> Name| (0..1_000).map(names);
    assert_eq!(longest(Mixer::GOLDEN, 1 << 18, few(of_one_mix)), 999);
    for key in 0..200 {
        let mixer = Mixer::of_key(key);
        for names in [of_one_mix, in_a_row] {
            let away = longest(mixer, 1 << 18, (0..100_000).map(names));
            assert!(away < 128, "key {key}: {away}");
        }
    }
}

/// Names that count up, and names of many accounts that do, stand close to where they should, in a
/// table as full as the last one may be; so does whatever comes.
#[test]
fn names_that_count_up_spread_evenly() {
    for mixer in [Mixer::GOLDEN, Mixer::of_key(0), Mixer::of_key(1), Mixer::of_key(u64::MAX)] {
        let full = 3u64 << 16;
        for step in [1, 2, 3, 1_000] {
            let names = (1..=full).map(|at| in_book(at * step));
            let away = longest(mixer, 1 << 18, names);
            assert!(away < 128, "{mixer:?} by {step}: {away}");
        }
        let names = (0..full).map(|at| in_book((at % 64) << 40 | (at / 64)));
        let away = longest(mixer, 1 << 18, names);
        assert!(away < 256, "{mixer:?} of accounts: {away}");
        let names = (0..full).map(|at| in_book(super::mixer::shuffled(at)));
        let away = longest(mixer, 1 << 18, names);
        assert!(away < 512, "{mixer:?} at random: {away}");
    }
}

proptest! {
    /// Names that meet: runs collide, wrap around the end, go too far to be told, are closed again.
    #[test]
    fn an_index_is_a_map(meet: bool, steps in prop::collection::vec((any::<bool>(), 0u32..48), 1..400)) {
        let names = By(if meet { of_one_mix } else { of_few_mixes });
        let (mut index, mut map) = (Index::new(48, Mixer::GOLDEN), BTreeMap::new());
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
    let mut index = Index::new(4, Mixer::of_key(4));
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
        let form = Form::new(capacity, Mixer::GOLDEN);
        let entry = form.first(u32::MAX) | capacity;
        assert_eq!((form.place(entry), form.tag(entry)), (capacity - 1, form.first(u32::MAX)));
        assert_eq!(Form::further(entry) - entry, Form::STEP, "the place is left alone");
    }
}

/// Through all sizes, with removals while entries are on the move.
#[test]
fn an_index_grows_without_losing_anything() {
    let (mut index, mut live) = (Index::new(100_000, Mixer::GOLDEN), Vec::new());
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
