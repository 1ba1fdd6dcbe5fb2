//! What is damaged in a journal that nothing vouches for but its end, or nothing at all.

use ringfence_core::Capacity;

use super::{SECTOR_LEN, used};
use crate::host::Host;
use crate::journal::record::{ALIGN, Record};
use crate::journal::seal::{SEAL_LEN, Seal};
use crate::journal::{
    Ahead, End, Header, JournalError, Policy, Reader, Settings, SnapshotSettings,
};
use crate::recovery::{Findings, recover};
use crate::sequencer::{Stamp, Stamped};
use crate::testing::{Random, SimulatedDisk, commands};

const FIRST: &str = "00000000000000000001.journal";

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

/// No place is synced before the end: time does not pass so far.
const LAX: [Policy; 2] = [Policy::Os, Policy::Interval(u64::MAX)];

/// The venue comes up, takes so many commands, and ends: in order, or not.
fn live(disk: &SimulatedDisk, policy: Policy, count: usize, in_order: bool) -> Findings {
    let settings = Settings {
        policy,
        segment_len: 1 << 23,
        has_thread: false,
        ahead: Ahead::InTurns,
        snapshots: SnapshotSettings::NEVER,
    };
    let recovery = recover(Box::new(disk.clone()), CAPACITY, settings, &mut ()).unwrap();
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    for (at, command) in commands(5).take(count) {
        host.turn(Stamped { at, command }, &mut ()).unwrap();
    }
    if in_order {
        host.sync().unwrap();
    }
    recovery.findings
}

fn end(disk: &SimulatedDisk) -> Result<End, JournalError> {
    Reader::open(&mut disk.clone()).and_then(Reader::end)
}

/// A disk with this one segment.
fn with(bytes: &[u8]) -> SimulatedDisk {
    let disk = SimulatedDisk::new(1);
    disk.put(FIRST, bytes);
    disk
}

/// Where records begin in a segment that is whole.
fn places(bytes: &[u8]) -> Vec<usize> {
    let mut at = Header::read(bytes).unwrap().1;
    let mut places = Vec::new();
    while let Some(record) = Record::read(&bytes[at..]) {
        places.push(at);
        at += record.len();
    }
    places
}

/// The same with two bytes changed within this record, none of which was zero, or is.
fn with_two_changed(bytes: &[u8], at: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let len = Record::read(&bytes[at..]).unwrap().len();
    let filled: Vec<_> = (at..at + len).filter(|&at| ![0, 0xff].contains(&bytes[at])).collect();
    let first = usize::try_from(random.below(filled.len() as u64 - 1)).unwrap();
    for at in [filled[first], filled[first + 1]] {
        bytes[at] ^= 0xff;
    }
    bytes
}

fn with_zeros(bytes: &[u8], at: usize, len: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + len].fill(0);
    bytes
}

#[test]
fn what_is_missing_before_a_seal_was_damaged_under_every_policy() {
    let mut random = Random::new(7);
    for policy in [LAX[0], LAX[1], Policy::EveryTurn] {
        let disk = SimulatedDisk::new(1);
        live(&disk, policy, 120, true);
        let bytes = disk.bytes(FIRST).unwrap();
        let whole = end(&disk).unwrap();
        assert!(whole.is_sealed && whole.torn.is_none() && whole.commands == 120, "{whole:?}");
        let places = places(&bytes);
        for &at in &places {
            let changed = with(&with_two_changed(&bytes, at, &mut random));
            assert!(end(&changed).unwrap_err().is_damage(), "{policy:?}, changed at {at}");
            let rest =
                whole.open.as_ref().map_or(0, |(_, end)| usize::try_from(*end).unwrap()) - at;
            let missing = with(&with_zeros(&bytes, at, rest.min(SECTOR_LEN)));
            let error = end(&missing).unwrap_err();
            assert!(error.is_damage(), "{policy:?}, missing at {at}");
        }
        let error = end(&with(&with_zeros(&bytes, places[0], 8 * SECTOR_LEN))).unwrap_err();
        assert!(error.to_string().contains("ended in order with place 120"), "{error}");
    }
}

#[test]
fn a_seal_is_wiped_before_the_journal_goes_on() {
    for policy in [LAX[0], Policy::EveryTurn] {
        let disk = SimulatedDisk::new(1);
        live(&disk, policy, 40, true);
        live(&disk, policy, 0, false);
        assert!(end(&disk).unwrap().is_sealed, "nothing came behind it");
        live(&disk, policy, 3, false);
        let on = end(&disk).unwrap();
        assert!(!on.is_sealed && on.torn.is_none() && on.commands == 43, "{on:?}");
        live(&disk, policy, 2, true);
        let on = end(&disk).unwrap();
        assert!(on.is_sealed && on.torn.is_none() && on.commands == 45, "{on:?}");
    }
}

/// A process was killed, or the power failed; nothing vouches for anything.
#[test]
fn changed_bytes_are_damage_and_missing_sectors_may_be_torn() {
    let mut random = Random::new(9);
    for policy in LAX {
        let disk = SimulatedDisk::new(1);
        live(&disk, policy, 120, false);
        let bytes = disk.bytes(FIRST).unwrap();
        let places = places(&bytes);
        for &at in &places {
            let changed = with(&with_two_changed(&bytes, at, &mut random));
            match end(&changed) {
                Err(error) => assert!(error.is_damage(), "{policy:?}, at {at}: {error}"),
                // Its length may have been what was changed, and nothing comes behind it.
                Ok(end) => assert_eq!((end.commands, at), (119, places[119]), "{policy:?}"),
            }
        }
        let sector = places[60].next_multiple_of(SECTOR_LEN);
        let torn = end(&with(&with_zeros(&bytes, sector, SECTOR_LEN))).unwrap().torn.unwrap();
        let behind = places.iter().filter(|&&at| at >= sector + SECTOR_LEN).count() as u64;
        assert_eq!(torn.commands, behind, "{policy:?}");
        assert_eq!(torn.to, used(&bytes) as u64);
    }
}

#[test]
fn whole_commands_that_are_cut_are_kept_and_not_more_often_than_that() {
    let disk = SimulatedDisk::new(1);
    live(&disk, Policy::Os, 40, false);
    let mut kept = Vec::new();
    for _ in 0..12 {
        live(&disk, Policy::Os, 40, false);
        let bytes = disk.bytes(FIRST).unwrap();
        let sector = places(&bytes)[45].next_multiple_of(SECTOR_LEN);
        disk.put(FIRST, &with_zeros(&bytes, sector, SECTOR_LEN));
        let torn = end(&disk).unwrap().torn.unwrap();
        let range = usize::try_from(torn.from).unwrap()..usize::try_from(torn.to).unwrap();
        let cut = disk.bytes(FIRST).unwrap()[range].to_vec();
        let findings = live(&disk, Policy::Os, 0, false);
        let name = findings.kept.clone().expect("commands are whole among it");
        assert_eq!(disk.bytes(&name).as_ref(), Some(&cut), "{name}");
        let line = findings.to_string();
        assert!(line.contains("somebody may have been") && line.contains(&name), "{line}");
        assert_eq!(end(&disk).unwrap().torn, None);
        kept.push(name);
    }
    let mut there = disk.names();
    there.retain(|name| name.ends_with(".torn"));
    kept.sort_by_key(|name| name.len());
    assert_eq!(there.len(), 8);
    assert!(there.iter().all(|name| kept[4..].contains(name)), "{there:?} of {kept:?}");
}

/// With `os` the disk takes what was written now and then.
#[test]
fn what_the_disk_took_meanwhile_is_vouched_for() {
    let disk = SimulatedDisk::new(1);
    live(&disk, Policy::Os, 40_000, false);
    let bytes = disk.bytes(FIRST).unwrap();
    let places = places(&bytes);
    assert!(places[39_999] > 3 << 20, "{} bytes", places[39_999]);
    let page = |place: usize| places[place].next_multiple_of(SECTOR_LEN);
    let early = end(&with(&with_zeros(&bytes, page(2_000), 4_096))).unwrap_err();
    assert!(early.to_string().contains("was written after it"), "{early}");
    let late = end(&with(&with_zeros(&bytes, page(39_000), 4_096))).unwrap();
    assert!(late.torn.is_some_and(|torn| torn.commands > 800));
}

#[test]
fn a_seal_holds_for_its_own_place_alone() {
    let last = Stamp { place: 9, ..Stamp::default() };
    let seal = Seal::after(last, 77, 64);
    let mut bytes = [0; 3 * SEAL_LEN];
    bytes[64..].copy_from_slice(&seal.to_bytes());
    assert_eq!(Seal::read(&bytes, 64), Some(seal));
    let moved = [&[0; ALIGN], &bytes[..]].concat();
    assert_eq!(Seal::read(&moved, 64 + ALIGN), None);
    for bit in 0..SEAL_LEN * 8 {
        bytes[64 + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Seal::read(&bytes, 64), None, "bit {bit}");
        bytes[64 + bit / 8] ^= 1 << (bit % 8);
    }
}
