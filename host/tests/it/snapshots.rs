//! Snapshots in real files: written by their thread while trading goes on, come back from, cut.

use std::fs;
use std::path::{Path, PathBuf};

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{Capacity, Command, Discard, Engine, Event, Interest, Time};
use ringfence_host::Host;
use ringfence_host::host::Request;
use ringfence_host::journal::{
    Ahead, Entry, Folder as Storage, JournalError, Policy, Settings, SnapshotSettings,
};
use ringfence_host::recovery::{Findings, Past, Witness, recover};
use ringfence_host::replay::jsonl::{parse_line, write_command};
use ringfence_host::sequencer::Stamped;

use crate::command::{Folder, ringfence};

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

const COMMANDS: usize = 600;

/// So few that a snapshot is small, and enough for two.
const FEW: usize = 207;

fn settings(truncates: bool) -> Settings {
    Settings {
        policy: Policy::Os,
        segment_len: 4_096,
        has_thread: true,
        ahead: Ahead::ByThread,
        snapshots: SnapshotSettings {
            every_commands: 90,
            every_ns: 0,
            kept: 2,
            truncates,
            has_thread: true,
        },
    }
}

/// Commands that a journal takes.
fn commands() -> Vec<(Time, Command)> {
    let is_taken = |(at, command): &(Time, Command)| {
        let mut line = Vec::new();
        write_command(*at, command, &mut line).unwrap();
        parse_line(&String::from_utf8_lossy(&line)).is_ok_and(|read| read.command == *command)
    };
    RandomCommands::new(3).filter(is_taken).take(COMMANDS).collect()
}

/// A journal of all commands with snapshots, in turns of nine.
fn kept(path: &Path, truncates: bool) -> Host {
    kept_of(path, truncates, COMMANDS)
}

fn kept_of(path: &Path, truncates: bool, count: usize) -> Host {
    let storage = Box::new(Storage::open(path).unwrap());
    let recovery = recover(storage, CAPACITY, settings(truncates), &mut ()).unwrap();
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    for group in commands()[..count].chunks(9) {
        let requests = group
            .iter()
            .map(|(at, command)| Request::from(Stamped { at: *at, command: command.clone() }));
        host.turn_of(requests, &mut ()).unwrap();
        // Commands would be through before the first snapshot otherwise.
        if host.sequencer().last().place.is_multiple_of(45) {
            host.settle(&mut ()).unwrap();
            host.turn_of([], &mut ()).unwrap();
            host.wait_for_snapshot();
        }
    }
    host.settle(&mut ()).unwrap();
    host
}

/// The state after so many commands.
fn hash_after(count: usize) -> u64 {
    let mut engine = Engine::new(CAPACITY);
    for (at, command) in commands().iter().take(count) {
        engine.apply(*at, command, &mut Discard);
    }
    engine.state_hash()
}

fn recovered(path: &Path) -> Result<Findings, JournalError> {
    let storage = Box::new(Storage::open(path)?);
    Ok(recover(storage, CAPACITY, settings(true), &mut ())?.findings)
}

/// The files of a folder whose names end so, oldest first.
fn files(path: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    files
}

#[test]
fn a_venue_comes_back_from_a_snapshot_and_the_tail() {
    let folder = Folder::new("snapshot-tail");
    let path = PathBuf::from(folder.path("journal"));
    let mut host = kept(&path, true);
    let tally = host.wait_for_snapshot().unwrap().clone();
    assert!(tally.written >= 5 && tally.failed == 0, "{tally:?}");
    let hash = host.engine().state_hash();
    drop(host);
    assert_eq!(hash, hash_after(COMMANDS));
    assert_eq!(files(&path, ".snapshot").len(), 2, "as many as are kept");
    assert_eq!(files(&path, ".part").len(), 0);
    let first = files(&path, ".journal")[0].clone();
    assert!(!first.ends_with("00000000000000000001.journal"), "what is covered is gone");

    let findings = recovered(&path).unwrap();
    assert_eq!((findings.snapshot, findings.state_hash), (tally.newest, hash));
    assert_eq!(findings.commands, COMMANDS as u64 - tally.newest.place);
    assert!(findings.to_string().contains("recovered the snapshot of place"), "{findings}");

    let journal = path.to_string_lossy().into_owned();
    let verified = ringfence(&["journal", "verify", &journal]);
    assert_eq!(verified.status, 0, "{}", verified.err);
    assert!(verified.out.contains("sound snapshots of places"), "{}", verified.out);
    let stat = ringfence(&["journal", "stat", &journal]);
    assert!(
        stat.out.contains(&format!("snapshot of place {}", tally.newest.place)),
        "{}",
        stat.out
    );
    let replayed = ringfence(&["journal", "replay", "--hash", &journal]);
    assert!(replayed.out.contains(&format!("{hash:016x}")), "{}", replayed.out);
    ringfence(&["journal", "replay", "--until", "3", &journal]).refused(&["no sound snapshot"]);
}

/// Every state since the oldest snapshot that is kept.
#[test]
fn any_state_since_the_oldest_snapshot_comes_back() {
    let folder = Folder::new("snapshot-past");
    let path = PathBuf::from(folder.path("journal"));
    drop(kept(&path, true));
    let oldest = files(&path, ".snapshot")[0].clone();
    let oldest: usize = oldest.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let mut storage = Storage::read(&path).unwrap();
    for until in (oldest..=COMMANDS).step_by(7) {
        let past = Past { until: until as u64, is_told: until % 2 == 0 };
        let engine = past.of(&mut storage, &mut Discard).unwrap();
        assert_eq!(engine.state_hash(), hash_after(until), "until {until}");
    }
}

/// Whatever is left of the newest snapshot, the venue comes back as it was.
/// A venue starts behind the snapshot as well, and reads nothing of what that covers.
#[test]
fn damage_in_what_a_snapshot_covers_is_nobodys_concern() {
    let folder = Folder::new("snapshot-covers");
    let path = PathBuf::from(folder.path("journal"));
    kept(&path, false);
    let first = files(&path, ".journal").remove(0);
    let mut bytes = fs::read(&first).unwrap();
    bytes[20] ^= 1;
    fs::write(&first, bytes).unwrap();
    let journal = path.display().to_string();
    let replayed = ringfence(&["journal", "replay", "--hash", &journal]);
    assert_eq!(replayed.status, 0, "{}", replayed.err);
    assert!(replayed.out.contains(&format!("{:016x}", hash_after(COMMANDS))), "{}", replayed.out);
    let until = ringfence(&["journal", "replay", "--until", "50", "--hash", &journal]);
    until.refused(&["its head is not what was written"]);
    assert_eq!(ringfence(&["journal", "verify", &journal]).status, 1);
    recovered(&path).unwrap();
}

#[test]
fn a_snapshot_cut_at_any_byte_is_passed_over() {
    let folder = Folder::new("snapshot-cut");
    for truncates in [true, false] {
        let path = PathBuf::from(folder.path(if truncates { "cut" } else { "whole" }));
        drop(kept_of(&path, truncates, FEW));
        let newest = files(&path, ".snapshot").pop().unwrap();
        let bytes = fs::read(&newest).unwrap();
        let hash = hash_after(FEW);
        for cut in 0..bytes.len() {
            fs::write(&newest, &bytes[..cut]).unwrap();
            let mut storage = Storage::read(&path).unwrap();
            let past = Past { until: u64::MAX, is_told: false };
            let engine = past.of(&mut storage, &mut Discard).unwrap();
            assert_eq!(engine.state_hash(), hash, "cut at {cut}");
            if cut == bytes.len() / 2 {
                check_recovery_passes_over(&path, &newest);
            }
        }
    }
}

fn check_recovery_passes_over(path: &Path, newest: &Path) {
    let journal = path.to_string_lossy().into_owned();
    assert_eq!(ringfence(&["journal", "verify", &journal]).status, 1, "it is damage");
    let findings = recovered(path).unwrap();
    assert_eq!(findings.state_hash, hash_after(FEW));
    let name = newest.file_name().unwrap().to_string_lossy().into_owned();
    assert!(findings.to_string().contains(&format!("{name} was passed over")), "{findings}");
    assert!(!newest.exists(), "it is set aside");
    assert_eq!(files(path, ".damaged").len(), 1);
    fs::remove_file(&files(path, ".damaged")[0]).unwrap();
    // The one before is damaged as well: the journal from its beginning, or nothing.
    let before = files(path, ".snapshot").pop().unwrap();
    let sound = fs::read(&before).unwrap();
    fs::write(&before, b"RINGSHOT").unwrap();
    let is_whole = files(path, ".journal")[0].ends_with("00000000000000000001.journal");
    match recovered(path) {
        Ok(findings) => {
            assert!(is_whole && findings.snapshot.place == 0, "{findings}");
            assert_eq!(findings.state_hash, hash_after(FEW));
        }
        Err(error) => {
            assert!(!is_whole && error.to_string().contains("no sound snapshot"), "{error}");
        }
    }
    _ = fs::remove_file(path.join(format!("{}.damaged", before.display())));
    fs::write(&before, sound).unwrap();
}

/// The journal cut at every byte of its last two records: behind a snapshot what was cut is lost
/// and no more; what a snapshot has must be there.
#[test]
fn a_journal_cut_behind_a_snapshot_loses_what_was_cut() {
    let folder = Folder::new("snapshot-journal-cut");
    let path = PathBuf::from(folder.path("journal"));
    let mut host = kept(&path, true);
    let newest = usize::try_from(host.wait_for_snapshot().unwrap().newest.place).unwrap();
    drop(host);
    let segment = files(&path, ".journal").pop().unwrap();
    let bytes = fs::read(&segment).unwrap();
    let used = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    assert!(COMMANDS - newest >= 2, "the last two records are behind the snapshot");
    let mut least = COMMANDS;
    for cut in (0..used).rev() {
        fs::write(&segment, &bytes[..cut]).unwrap();
        let mut storage = Storage::read(&path).unwrap();
        let mut reader = ringfence_host::journal::Reader::open(&mut storage).unwrap();
        while reader.next_entry().unwrap().is_some() {}
        let there = usize::try_from(reader.end().unwrap().last.place).unwrap();
        if there + 2 < COMMANDS {
            break;
        }
        assert!(least - there <= 1, "cut at {cut}");
        least = there;
        let engine =
            Past { until: u64::MAX, is_told: false }.of(&mut storage, &mut Discard).unwrap();
        assert_eq!(engine.state_hash(), hash_after(there), "cut at {cut}");
    }
    assert_eq!(least + 2, COMMANDS);
}

#[test]
fn a_journal_that_ends_before_its_snapshot_is_damaged() {
    let folder = Folder::new("snapshot-ahead");
    let path = PathBuf::from(folder.path("journal"));
    let mut host = kept(&path, true);
    host.snapshot(&()).unwrap();
    let newest = host.wait_for_snapshot().unwrap().newest;
    assert_eq!(newest.place, COMMANDS as u64, "asked for by name");
    drop(host);
    let segment = files(&path, ".journal").pop().unwrap();
    let bytes = fs::read(&segment).unwrap();
    let used = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    fs::write(&segment, &bytes[..used - 10]).unwrap();
    let error = recovered(&path).unwrap_err();
    assert!(error.is_damage(), "{error}");
    assert!(error.to_string().contains("held place 600 when a snapshot was taken"), "{error}");
    assert_eq!(ringfence(&["journal", "verify", &path.to_string_lossy()]).status, 1);
}

/// What is read by one thread and applied by another is seen in order, and all of it.
#[test]
fn a_long_journal_comes_back_whole() {
    struct Seen(u64);
    impl Witness for Seen {
        fn interest(&self) -> Interest {
            Interest::NONE
        }

        fn see(&mut self, entry: &Entry, _events: &[Event]) {
            assert_eq!(entry.stamp.place, self.0 + 1, "places have no gap");
            self.0 = entry.stamp.place;
        }
    }
    let folder = Folder::new("snapshot-long");
    let path = PathBuf::from(folder.path("journal"));
    let snapshots = SnapshotSettings::NEVER;
    let settings = Settings { segment_len: 1 << 16, snapshots, ..settings(false) };
    let open = |witness: &mut Seen| {
        recover(Box::new(Storage::open(&path).unwrap()), CAPACITY, settings, witness)
    };
    let recovery = open(&mut Seen(0)).unwrap();
    let mut host = Host::resume(recovery.engine, recovery.sequencer);
    let commands = commands();
    for _ in 0..10 {
        let requests = commands
            .iter()
            .map(|(at, command)| Request::from(Stamped { at: *at, command: command.clone() }));
        host.turn_of(requests, &mut ()).unwrap();
    }
    host.settle(&mut ()).unwrap();
    let hash = host.engine().state_hash();
    drop(host);
    let mut seen = Seen(0);
    let recovery = open(&mut seen).unwrap();
    assert_eq!((seen.0, recovery.findings.commands), (6_000, 6_000));
    assert_eq!(recovery.findings.state_hash, hash);
    drop(recovery);
    // Damage in the middle is found by the thread that reads.
    let segment = files(&path, ".journal")[3].clone();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&segment, bytes).unwrap();
    assert!(open(&mut Seen(0)).unwrap_err().is_damage());
}
