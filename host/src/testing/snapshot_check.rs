//! Whatever a snapshot holds, a venue comes back from something sound, or says why not.

use super::disk::SimulatedDisk;
use super::random::Random;
use crate::host::Host;
use crate::journal::{Ahead, Policy, Settings, SnapshotSettings};
use crate::recovery::recover;
use crate::sequencer::Stamped;
use ringfence_core::Capacity;

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

const SETTINGS: Settings = Settings {
    policy: Policy::EveryTurn,
    segment_len: 16_384,
    has_thread: false,
    ahead: Ahead::InTurns,
    snapshots: SnapshotSettings {
        every_commands: 20,
        every_ns: 0,
        kept: 2,
        truncates: false,
        has_thread: false,
    },
};

/// Any bytes as the newest snapshot: they are passed over.
///
/// # Panics
///
/// Where the venue does not come back as it was.
pub fn check_snapshot_bytes(bytes: &[u8]) {
    let (disk, hash, newest) = venue(1);
    if disk.bytes(&newest).as_deref() == Some(bytes) {
        return;
    }
    disk.put(&newest, bytes);
    check(&disk, hash, 1);
}

/// A sound snapshot into which `edits` (an offset of three bytes and a byte to write, each) were made
/// is passed over, unless they changed nothing.
///
/// # Panics
///
/// Where the venue does not come back as it was.
pub fn check_snapshot_edits(seed: u64, edits: &[u8]) {
    let (disk, hash, newest) = venue(seed);
    let sound = disk.bytes(&newest).expect("it was written");
    let mut bytes = sound.clone();
    for edit in edits.chunks_exact(4).take(8) {
        let offset = usize::from(edit[0]) << 16 | usize::from(edit[1]) << 8 | usize::from(edit[2]);
        let len = bytes.len();
        bytes[offset % len] = edit[3];
    }
    disk.put(&newest, &bytes);
    check(&disk, hash, usize::from(bytes != sound));
}

fn check(disk: &SimulatedDisk, hash: u64, passed_over: usize) {
    match recover(Box::new(disk.clone()), CAPACITY, SETTINGS, &mut ()) {
        Ok(recovery) => {
            assert_eq!(recovery.findings.state_hash, hash, "another state came back");
            assert_eq!(recovery.findings.passed_over.len(), passed_over);
        }
        // Only a head that is whole, and of other times or another place, is more than damage.
        Err(error) => assert!(!error.is_damage(), "{error}"),
    }
}

/// A venue with two snapshots, its state, and the name of the newest.
fn venue(seed: u64) -> (SimulatedDisk, u64, String) {
    let mut random = Random::new(seed);
    let disk = SimulatedDisk::new(seed);
    let recovery = recover(Box::new(disk.clone()), CAPACITY, SETTINGS, &mut ());
    let recovery = recovery.expect("an empty disk is an empty journal");
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    let count = 60 + usize::try_from(random.below(40)).expect("a few");
    for (at, command) in super::commands(seed % 16).take(count) {
        host.turn(Stamped { at, command }, &mut ()).expect("the disk has no faults");
    }
    host.wait_for_snapshot();
    let mut names = disk.names();
    names.retain(|name| name.ends_with(".snapshot"));
    assert_eq!(names.len(), 2, "seed {seed}: {names:?}");
    (disk, host.engine().state_hash(), names.pop().expect("there are two"))
}
