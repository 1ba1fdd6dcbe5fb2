use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Ahead, Steward};
use crate::journal::Storage;
use crate::journal::porter::SPARE;
use crate::testing::SimulatedDisk;

/// More than a part.
const LEN: u64 = (1 << 20) + 4_096;

fn is_there(disk: &SimulatedDisk) -> bool {
    disk.bytes(SPARE).is_some_and(|bytes| bytes.len() as u64 == LEN)
}

/// Tends until there is a file.
fn taken(steward: &mut Steward) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        steward.tend().unwrap();
        if steward.take(LEN) {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn a_file_is_made_ahead_and_taken_once() {
    for ahead in [Ahead::InTurns, Ahead::ByThread] {
        let disk = SimulatedDisk::new(1);
        let mut steward = Steward::new(&disk, ahead, LEN).unwrap();
        assert!(!steward.take(LEN), "none was asked for");
        for _ in 0..2 {
            steward.prepare(false);
            steward.prepare(false);
            assert!(!steward.take(LEN + 1), "of another length");
            assert!(taken(&mut steward), "{ahead:?}");
            assert!(is_there(&disk));
            assert!(!steward.take(LEN), "it was taken");
        }
    }
}

#[test]
fn the_thread_takes_away_what_nobody_needs() {
    let disk = SimulatedDisk::new(1);
    let mut steward = Steward::new(&disk, Ahead::ByThread, LEN).unwrap();
    steward.prepare(false);
    assert!(taken(&mut steward));
    drop(steward);
    assert_eq!(disk.names(), Vec::<String>::new());
}

#[test]
fn whoever_makes_none_has_none() {
    let disk = SimulatedDisk::new(1);
    let mut steward = Steward::new(&disk, Ahead::Never, LEN).unwrap();
    steward.prepare(false);
    steward.tend().unwrap();
    assert!(!steward.take(LEN));
    assert!(!steward.write_back("any"));
}

#[test]
fn where_there_is_no_room_the_next_try_may_find_some() {
    let disk = SimulatedDisk::new(1);
    let mut steward = Steward::new(&disk, Ahead::InTurns, LEN).unwrap();
    disk.set_room(LEN - 1);
    steward.prepare(false);
    steward.tend().unwrap();
    assert!(!steward.take(LEN));
    disk.set_room(LEN);
    steward.prepare(false);
    assert!(taken(&mut steward));
}

#[test]
fn a_part_that_fails_leaves_nothing() {
    for operation in 1..=5 {
        let disk = SimulatedDisk::new(operation);
        let mut steward = Steward::new(&disk, Ahead::InTurns, LEN).unwrap();
        disk.fail_in(operation, ErrorKind::Other);
        steward.prepare(false);
        for _ in 0..4 {
            steward.tend().unwrap();
        }
        assert!(!steward.take(LEN), "operation {operation}");
        assert_eq!(disk.names(), Vec::<String>::new(), "operation {operation}");
    }
}

#[test]
fn what_was_left_is_cut_and_what_is_gone_is_no_matter() {
    let mut disk = SimulatedDisk::new(1);
    let file = disk.create("left", 100).unwrap();
    let gone = disk.open("left").unwrap();
    let mut steward = Steward::new(&disk, Ahead::InTurns, LEN).unwrap();
    steward.cut("left".into(), file, 40).unwrap();
    steward.cut("gone".into(), gone, 40).unwrap();
    assert!(steward.write_back("gone"));
    assert!(!steward.write_back("gone"), "one at a time");
    for _ in 0..3 {
        steward.tend().unwrap();
    }
    assert_eq!(disk.bytes("left").unwrap().len(), 40);
    assert!(steward.write_back("left"));
}

#[test]
fn a_disk_that_takes_nothing_is_told_of() {
    let mut disk = SimulatedDisk::new(1);
    disk.create("segment", 100).unwrap().write_all_at(b"records", 0).unwrap();
    let mut steward = Steward::new(&disk, Ahead::InTurns, LEN).unwrap();
    disk.fail_in(1, ErrorKind::Other);
    steward.write_back("segment");
    let error = steward.tend().unwrap_err().to_string();
    assert!(error.contains("segment"), "{error}");
}
