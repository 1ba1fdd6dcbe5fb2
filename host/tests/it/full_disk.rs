//! A disk that is really full: an image mounted for the purpose, where that is permitted.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use ringfence_core::testing::generate::TradingDay;
use ringfence_core::{
    Capacity, Command, Discard, Engine, Event, InstrumentId, Interest, Price, Time,
};
use ringfence_host::Host;
use ringfence_host::host::Request;
use ringfence_host::journal::{
    Ahead, Folder as Storage, JournalError, Policy, Settings, SnapshotSettings,
};
use ringfence_host::publisher::Outlet;
use ringfence_host::recovery::recover;
use ringfence_host::sequencer::{Stamp, Stamped};

use crate::command::Folder;

const CAPACITY: Capacity =
    Capacity { orders: 1 << 12, levels: 1 << 10, instruments: 4, accounts: 16, positions: 64 };

const SETTINGS: Settings = Settings {
    policy: Policy::EveryTurn,
    segment_len: 1 << 20,
    has_thread: false,
    ahead: Ahead::ByThread,
    snapshots: SnapshotSettings {
        every_commands: 20_000,
        every_ns: 0,
        kept: 2,
        truncates: false,
        has_thread: true,
    },
};

/// A disk of so many megabytes in a file; unmounted in the end.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: &Folder, megabytes: u64) -> Result<Self, String> {
        let image = folder.path("image");
        fs::File::create(&image).and_then(|file| file.set_len(megabytes << 20)).unwrap();
        let at = folder.path("disk");
        fs::create_dir(&at).unwrap();
        run("mkfs.ext4", &["-q", "-F", &image])?;
        run("mount", &["-o", "loop", &image, &at])?;
        Ok(Self(PathBuf::from(at)))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = run("umount", &[&self.0.to_string_lossy()]);
    }
}

fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let output = Process::new(program).args(args).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let problem = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {problem}")) }
}

/// The places that the world was told of.
#[derive(Default)]
struct Told(u64);

impl Outlet for Told {
    fn interest(&self) -> Interest {
        Interest::PRIVATE
    }

    fn tell(&mut self, stamp: Stamp, _events: &[Event]) {
        assert_eq!(stamp.place, self.0 + 1, "places have no gap");
        self.0 = stamp.place;
    }
}

fn day() -> impl Iterator<Item = (Time, Command)> {
    TradingDay::new(1, InstrumentId(1), Price(50_000))
}

fn come_back(path: &Path) -> Result<(Host, u64), JournalError> {
    let storage = Box::new(Storage::open(path)?);
    let recovery = recover(storage, CAPACITY, SETTINGS, &mut ())?;
    let hash = recovery.findings.state_hash;
    Ok((Host::resume(recovery.engine, recovery.sequencer), hash))
}

/// Trades until the disk says no, and gives back what it says.
fn trade_until_full(host: &mut Host, told: &mut Told) -> JournalError {
    let from = usize::try_from(told.0).unwrap();
    let mut requests = day().skip(from).map(|(at, command)| Request::from(Stamped { at, command }));
    loop {
        if let Err(error) = host.turn_of(requests.by_ref().take(500), told) {
            return error;
        }
        assert!(told.0 < 1_000_000, "the disk is never full");
    }
}

fn hash_after(count: u64) -> u64 {
    let mut engine = Engine::new(CAPACITY);
    for (at, command) in day().take(usize::try_from(count).unwrap()) {
        engine.apply(at, &command, &mut Discard);
    }
    engine.state_hash()
}

#[test]
fn a_full_disk_stops_intake_and_loses_nothing() {
    let folder = Folder::new("full-disk");
    let disk = match Disk::mount(&folder, 16) {
        Ok(disk) => disk,
        Err(problem) => {
            // Written past the test harness, which would swallow it.
            _ = writeln!(std::io::stderr(), "skipped: a full disk: cannot mount one: {problem}");
            return;
        }
    };
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1; 4 << 20]).unwrap();
    let path = disk.0.join("journal");
    let mut told = Told::default();
    let (mut host, _) = come_back(&path).unwrap();
    let error = trade_until_full(&mut host, &mut told);
    let JournalError::Io { kind, .. } = &error else { panic!("{error}") };
    assert_eq!(*kind, ErrorKind::StorageFull, "{error}");
    assert!(error.to_string().contains("make room"), "{error}");
    assert!(told.0 > 50_000, "{} commands were told of", told.0);
    let again = host.turn(Stamped { at: Time(0), command: Command::Time }, &mut told);
    assert_eq!(again, Err(error), "it takes nothing more");
    drop(host);

    // What was told is there, on the disk that is still full.
    let (host, hash) = come_back(&path).unwrap();
    let last = host.sequencer().last().place;
    assert!(last >= told.0, "{last} are there, and {} were told of", told.0);
    assert_eq!(hash, hash_after(last));
    drop(host);

    // Room is made, and the venue goes on.
    fs::remove_file(&ballast).unwrap();
    let (mut host, _) = come_back(&path).unwrap();
    let mut more = Told(last);
    trade_until_full(&mut host, &mut more);
    assert!(more.0 > last + 10_000, "only {} more", more.0 - last);
    drop(host);
    let (host, hash) = come_back(&path).unwrap();
    assert_eq!(hash, hash_after(host.sequencer().last().place));
}
