use ringfence_core::{Capacity, Engine, Time};

use super::{BadSnapshot, Shot, Snapshot, damaged_name, file_name, is_part, part_name, place_of};
use crate::sequencer::Stamp;

const CAPACITY: Capacity =
    Capacity { orders: 16, levels: 16, instruments: 2, accounts: 4, positions: 4 };

fn file(notes: &[u8]) -> Vec<u8> {
    let mut engine = Engine::new(CAPACITY);
    engine.apply(Time(9), &ringfence_core::Command::Time, &mut ringfence_core::Discard);
    let last = Stamp { place: 7, at: Time(9) };
    let shot =
        Shot { image: engine.image(), last, chain: 5, capacity: CAPACITY, notes: notes.to_vec() };
    shot.to_bytes()
}

#[test]
fn what_was_written_is_read() {
    for len in 0..40 {
        let notes: Vec<u8> = (1..=len).collect();
        let read = Snapshot::read(&file(&notes), CAPACITY).expect("it was just written");
        assert_eq!((read.last, read.chain), (Stamp { place: 7, at: Time(9) }, 5));
        assert_eq!(read.notes, notes);
    }
}

/// Every bit counts, and every byte.
#[test]
fn whatever_is_changed_or_cut_is_found() {
    let whole = file(b"notes");
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let read = Snapshot::read(&bytes, CAPACITY).map(|read| read.last);
            assert!(read.is_err(), "bit {bit} of byte {at}");
        }
        let read = Snapshot::read(&whole[..at], CAPACITY).map(|read| read.last);
        assert!(matches!(read, Err(BadSnapshot::Damaged(_))), "cut at {at}");
    }
}

#[test]
fn another_capacity_is_named() {
    let other = Capacity { orders: 8, ..CAPACITY };
    let read = Snapshot::read(&file(b""), other).map(|read| read.last);
    let Err(BadSnapshot::Foreign(problem)) = read else { panic!("{read:?}") };
    assert!(problem.contains("room for 16 orders"), "{problem}");
}

#[test]
fn names_tell_what_a_file_is() {
    assert_eq!(place_of(&file_name(12)), Some(12));
    for other in ["12.snapshot", "00000000000000000012.journal", &part_name(12), "x.snapshot"] {
        assert_eq!(place_of(other), None, "{other}");
    }
    assert_eq!(place_of(&damaged_name(&file_name(12))), None);
    assert!(is_part(&part_name(12)) && !is_part(&file_name(12)) && !is_part("x.part"));
}
