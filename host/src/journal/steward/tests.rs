use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Ahead, Steward};
use crate::journal::porter::SPARE;
use crate::journal::{Folder, Storage};
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
    assert!(!steward.write_back("any", 1, 1));
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
    assert!(steward.write_back("gone", 1, 1));
    assert!(!steward.write_back("gone", 1, 1), "one at a time");
    for _ in 0..3 {
        steward.tend().unwrap();
    }
    assert_eq!(disk.bytes("left").unwrap().len(), 40);
    assert!(steward.write_back("left", 1, 1));
}

#[test]
fn a_disk_that_takes_nothing_is_told_of() {
    let mut disk = SimulatedDisk::new(1);
    disk.create("segment", 100).unwrap().write_all_at(b"records", 0).unwrap();
    let mut steward = Steward::new(&disk, Ahead::InTurns, LEN).unwrap();
    disk.fail_in(1, ErrorKind::Other);
    steward.write_back("segment", 1, 1);
    let error = steward.tend().unwrap_err().to_string();
    assert!(error.contains("segment"), "{error}");
}

/// Whether a byte of a file lies in the system's cache, where the system tells.
fn is_cached(path: &std::path::Path, at: u64) -> rustix::io::Result<bool> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    let file = std::fs::File::open(path).unwrap();
    let mut byte = [0];
    let into = &mut [std::io::IoSliceMut::new(&mut byte)];
    match preadv2(&file, into, at, ReadWriteFlags::NOWAIT) {
        Ok(_) => Ok(true),
        Err(Errno::AGAIN) => Ok(false),
        Err(error) => Err(error),
    }
}

#[test]
fn the_cache_forgets_what_the_disk_has() {
    const LEN: u64 = 1 << 20;
    let path = std::env::temp_dir().join(format!("ringfence-steward-{}", std::process::id()));
    let mut folder = Folder::open(&path).unwrap();
    for name in ["left", "written"] {
        let mut file = folder.create(name, LEN).unwrap();
        // What is written at once may be forgotten only at once.
        for at in (0..LEN).step_by(1 << 12) {
            file.write_all_at(&[1; 1 << 12], at).unwrap();
        }
    }
    let mut steward = Steward::new(&folder, Ahead::InTurns, LEN).unwrap();
    let [left, written] = ["left", "written"].map(|name| path.join(name));
    if is_cached(&left, 0) != Ok(true) {
        eprintln!("skipped: what is cached of {} is not told", path.display());
        return std::fs::remove_dir_all(path).unwrap();
    }
    let file = folder.open("left").unwrap();
    steward.cut("left".into(), file, LEN / 2).unwrap();
    assert!(steward.write_back("written", LEN / 2, 1));
    for _ in 0..2 {
        steward.tend().unwrap();
    }
    assert_eq!(is_cached(&left, 0), Ok(false), "it is whole on the disk");
    assert_eq!(is_cached(&written, 0), Ok(false), "so is its first half");
    assert_eq!(is_cached(&written, LEN - 1), Ok(true), "it is written to there");
    std::fs::remove_dir_all(path).unwrap();
}
