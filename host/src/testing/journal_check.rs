//! Whatever a journal's files hold, reading them does no harm and passes over nothing.

use ringfence_core::{Capacity, Engine, Event, Interest};

use super::disk::SimulatedDisk;
use crate::host::{Host, Request};
use crate::journal::{Ahead, Entry, JournalError, Policy, Reader, Settings, SnapshotSettings};
use crate::publisher::Outlet;
use crate::recovery::recover;
use crate::sequencer::{Stamp, Stamped};

/// The first segment of every journal.
const FIRST: &str = "00000000000000000001.journal";

/// Room for what a few hundred commands need.
const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

/// Small segments.
const SETTINGS: Settings = Settings {
    policy: Policy::EveryTurn,
    segment_len: 16_384,
    has_thread: false,
    ahead: Ahead::InTurns,
    snapshots: SnapshotSettings::NEVER,
};

/// Any bytes as a segment: they are refused, or read.
pub fn check_journal_bytes(bytes: &[u8]) {
    let disk = SimulatedDisk::new(1);
    disk.put(FIRST, bytes);
    _ = read(&disk);
    _ = recover(Box::new(disk), CAPACITY, SETTINGS, &mut ());
}

/// A sound journal into which `edits` (an offset of three bytes and a byte to write, each) were
/// made is refused, or gives commands that were in it, from the first on. One edit costs the last
/// command at most: later ones vouch for all others.
///
/// # Panics
///
/// Where it gives others.
pub fn check_journal_edits(seed: u64, edits: &[u8]) {
    let (disk, entries) = journal(seed, 24);
    let mut bytes = disk.bytes(FIRST).expect("it was written");
    for edit in edits.chunks_exact(4).take(8) {
        let offset = usize::from(edit[0]) << 16 | usize::from(edit[1]) << 8 | usize::from(edit[2]);
        let len = bytes.len();
        bytes[offset % len] = edit[3];
    }
    disk.put(FIRST, &bytes);
    if let Ok(there) = read(&disk) {
        assert_eq!(there, entries[..there.len()], "seed {seed}: other commands, {edits:?}");
        let lost = entries.len() - there.len();
        assert!(edits.len() >= 8 || lost <= 1, "seed {seed}: {lost} commands lost, {edits:?}");
    }
}

/// A journal of this seed, cut at every byte of its last two records, loses at most what was cut,
/// and goes on.
///
/// # Panics
///
/// Where it loses more, or does not.
pub fn check_cut_journal(seed: u64) {
    let (disk, entries) = journal(seed, 12);
    let bytes = disk.bytes(FIRST).expect("it was written");
    let used = bytes.iter().rposition(|&byte| byte != 0).expect("it holds commands") + 1;
    // A record ends with a whole word, which may end with zeros.
    let used = used.next_multiple_of(8);
    let mut lens = Vec::new();
    for cut in (0..=used).rev() {
        let disk = SimulatedDisk::new(seed);
        disk.put(FIRST, &bytes[..cut]);
        let there = read(&disk).expect("what was cut is no damage");
        assert_eq!(there, entries[..there.len()], "seed {seed}, cut at {cut}");
        check_going_on(&disk, &there);
        lens.push(there.len());
        if there.len() + 3 == entries.len() {
            break;
        }
    }
    assert_eq!(lens.first(), Some(&entries.len()), "seed {seed}: nothing was cut");
    assert!(lens.windows(2).all(|pair| pair[0] - pair[1] <= 1), "seed {seed}: {lens:?}");
}

/// A journal that a thread writes holds what was admitted, and everybody is told of it in order; a
/// disk that fails under it stops intake, and what was told is there.
///
/// # Panics
///
/// Where it does not, or is not.
pub fn check_thread_of_seed(seed: u64) {
    let disk = SimulatedDisk::new(seed);
    // The fault is the journal's own: what is made ahead may fail unseen.
    let settings = Settings { has_thread: true, ahead: Ahead::Never, ..SETTINGS };
    let recovery = recover(Box::new(disk.clone()), CAPACITY, settings, &mut ());
    let recovery = recovery.expect("an empty disk is an empty journal");
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    let mut told = Places::default();
    let mut requests =
        super::commands(seed).map(|(at, command)| Request::from(Stamped { at, command }));
    for _ in 0..30 {
        host.turn_of(requests.by_ref().take(9), &mut told).expect("the disk has no faults");
    }
    host.settle(&mut told).expect("the disk has no faults");
    assert_eq!(told.0, (1..=270).collect::<Vec<_>>(), "seed {seed}");
    disk.fail_in(3 + seed % 9, std::io::ErrorKind::StorageFull);
    let stopped = (0..50).find_map(|_| {
        let turned = host.turn_of(requests.by_ref().take(9), &mut told);
        turned.and_then(|()| host.settle(&mut told)).err()
    });
    assert!(matches!(stopped, Some(JournalError::Io { .. })), "seed {seed}: {stopped:?}");
    drop(host);
    disk.restart();
    let there = read(&disk).expect("a disk that is full is no damage");
    assert!(there.len() >= told.0.len(), "seed {seed}: {} told of", told.0.len());
}

/// The places that the world was told of.
#[derive(Default)]
struct Places(Vec<u64>);

impl Outlet for Places {
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    fn tell(&mut self, stamp: Stamp, _events: &[Event]) {
        self.0.push(stamp.place);
    }
}

/// A journal that was cut is recovered, takes one more command, and is whole.
fn check_going_on(disk: &SimulatedDisk, there: &[Entry]) {
    let recovery = recover(Box::new(disk.clone()), CAPACITY, SETTINGS, &mut ());
    let recovery = recovery.expect("what was cut is no damage");
    let mut engine = Engine::new(CAPACITY);
    for entry in there {
        engine.apply(entry.stamp.at, &entry.command, &mut ringfence_core::Discard);
    }
    assert_eq!(recovery.findings.state_hash, engine.state_hash());
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    let (at, command) = super::commands(7).next().expect("there is no end of them");
    host.turn(Stamped { at, command }, &mut ()).expect("the disk has no faults");
    let after = read(disk).expect("it is whole");
    assert_eq!(after.len(), there.len() + 1);
    assert_eq!(after[..there.len()], *there);
}

/// A journal of random commands on a disk without faults, and what it holds.
fn journal(seed: u64, commands: usize) -> (SimulatedDisk, Vec<Entry>) {
    let disk = SimulatedDisk::new(seed);
    let recovery = recover(Box::new(disk.clone()), CAPACITY, SETTINGS, &mut ());
    let recovery = recovery.expect("an empty disk is an empty journal");
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    for (at, command) in super::commands(seed).take(commands) {
        host.turn(Stamped { at, command }, &mut ()).expect("the disk has no faults");
    }
    let entries = read(&disk).expect("it is sound");
    assert_eq!(entries.len(), commands, "seed {seed}: a command is missing");
    (disk, entries)
}

fn read(disk: &SimulatedDisk) -> Result<Vec<Entry>, JournalError> {
    let mut storage = disk.clone();
    let mut reader = Reader::open(&mut storage)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        entries.push(entry);
    }
    reader.end().map(|_| entries)
}
