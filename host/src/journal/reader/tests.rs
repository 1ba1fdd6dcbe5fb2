//! A journal is read while a venue goes on writing it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{Capacity, Discard};

use crate::Host;
use crate::host::Request;
use crate::journal::record::Record;
use crate::journal::{
    Ahead, Folder, Policy, Reader, Settings, SnapshotSettings, Storage, StoredFile, shelf,
};
use crate::recovery::{Past, recover};
use crate::sequencer::Stamped;

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

const COMMANDS: usize = 600;

/// A folder with a journal, which goes when this does.
struct Kept(PathBuf);

impl Kept {
    /// Many small segments, and two snapshots; what those cover is there still, or not.
    fn new(name: &str, truncates: bool) -> Self {
        let path = std::env::temp_dir().join(format!("ringfence-{name}-{}", std::process::id()));
        let snapshots = SnapshotSettings {
            every_commands: 90,
            every_ns: 0,
            kept: 2,
            truncates,
            has_thread: false,
        };
        let (policy, ahead) = (Policy::EveryTurn, Ahead::InTurns);
        let settings = Settings { policy, segment_len: 4_096, has_thread: false, ahead, snapshots };
        let storage = Box::new(Folder::open(&path).unwrap());
        let recovery = recover(storage, CAPACITY, settings, &mut ()).unwrap();
        let mut host = Host::resume(recovery.engine, recovery.sequencer);
        for (at, command) in RandomCommands::new(3).take(COMMANDS) {
            // One that no tape can hold is not taken.
            _ = host.turn_of([Request::from(Stamped { at, command })], &mut ());
        }
        host.settle(&mut ()).unwrap();
        host.wait_for_snapshot();
        drop(host);
        Self(path)
    }

    /// The folder as others see it, in which `happens` happens before the file is opened that comes
    /// behind `skipped` others whose names end so.
    fn busy(&self, end: &'static str, skipped: usize, happens: fn(&Path)) -> Busy {
        let folder = Folder::read(&self.0).unwrap();
        let path = self.0.clone();
        Busy { folder, path, end, skipped, happens: Some(happens), wrap: |file, _| file }
    }

    /// The state after the last command.
    fn hash(&self) -> u64 {
        hash_of(&mut Folder::read(&self.0).unwrap())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn hash_of(storage: &mut dyn Storage) -> u64 {
    let past = Past { until: u64::MAX, is_told: false };
    past.of(storage, &mut Discard).unwrap().state_hash()
}

/// The files whose names end so, oldest first.
fn files(path: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    files
}

fn remove(files: &[PathBuf]) {
    files.iter().for_each(|file| fs::remove_file(file).unwrap());
}

/// A folder in which something happens while it is read.
#[derive(Debug)]
struct Busy {
    folder: Folder,
    path: PathBuf,
    end: &'static str,
    skipped: usize,
    happens: Option<fn(&Path)>,
    /// What becomes of a file that is opened, and where it is.
    wrap: fn(Box<dyn StoredFile>, PathBuf) -> Box<dyn StoredFile>,
}

impl Storage for Busy {
    fn name(&self) -> String {
        self.folder.name()
    }

    fn share(&self) -> io::Result<Box<dyn Storage>> {
        self.folder.share()
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        self.folder.list()
    }

    fn create(&mut self, name: &str, len: u64) -> io::Result<Box<dyn StoredFile>> {
        self.folder.create(name, len)
    }

    fn open(&mut self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        match (name.ends_with(self.end), self.skipped) {
            (true, 0) => self.happens.take().into_iter().for_each(|happens| happens(&self.path)),
            (true, _) => self.skipped -= 1,
            (false, _) => {}
        }
        let file = self.folder.open(name)?;
        Ok((self.wrap)(file, self.path.join(name)))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.folder.remove(name)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.folder.rename(from, to)
    }
}

/// A file whose zeros at the end go once somebody has asked for its length.
#[derive(Debug)]
struct CutFile {
    file: Box<dyn StoredFile>,
    path: PathBuf,
}

impl StoredFile for CutFile {
    fn len(&mut self) -> io::Result<u64> {
        let len = self.file.len()?;
        let bytes = fs::read(&self.path)?;
        let written = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let whole = written.next_multiple_of(super::ALIGN) as u64;
        fs::OpenOptions::new().write(true).open(&self.path)?.set_len(whole)?;
        Ok(len)
    }

    fn read_exact_at(&mut self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(into, offset)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }
}

/// A file that is read for the first time while its first record is written: what comes behind is there.
#[derive(Debug)]
struct HalfWritten {
    file: Box<dyn StoredFile>,
    is_read: bool,
}

impl StoredFile for HalfWritten {
    fn len(&mut self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_exact_at(&mut self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(into, offset)?;
        if !std::mem::replace(&mut self.is_read, true) {
            let offsets = (0..into.len()).step_by(super::ALIGN);
            let mut records = offsets.filter(|&at| Record::read(&into[at..]).is_some());
            let (first, second) = (records.next().unwrap(), records.next().unwrap());
            into[first..second].fill(0);
        }
        Ok(())
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }
}

#[test]
fn segments_that_go_before_they_are_read_are_not_missed() {
    let kept = Kept::new("gone-before", false);
    let whole = Reader::open(&mut Folder::read(&kept.0).unwrap()).unwrap().end().unwrap();
    let mut busy = kept.busy(".journal", 0, |path| remove(&files(path, ".journal")[..2]));
    let reader = Reader::open(&mut busy).unwrap();
    assert!(reader.header().is_some_and(|header| header.first > 1));
    let end = reader.end().unwrap();
    assert_eq!((end.last, end.segments + 2), (whole.last, whole.segments));
}

#[test]
fn segments_that_go_while_they_are_read_are_read_to_their_end() {
    let kept = Kept::new("gone-while", false);
    let mut folder = Folder::read(&kept.0).unwrap();
    let whole = Reader::open(&mut folder).unwrap().end().unwrap();
    let mut reader = Reader::open(&mut folder).unwrap();
    reader.next_entry().unwrap().expect("there is one");
    let segments = files(&kept.0, ".journal");
    assert!((4..super::AHEAD_MAX).contains(&segments.len()), "{} segments", segments.len());
    remove(&segments[..segments.len() - 1]);
    assert_eq!(reader.end().unwrap(), whole);
}

#[test]
fn a_segment_that_is_cut_while_it_is_read_is_read_again() {
    let kept = Kept::new("cut-while", false);
    let whole = Reader::open(&mut Folder::read(&kept.0).unwrap()).unwrap().end().unwrap();
    for segment in files(&kept.0, ".journal") {
        let len = fs::metadata(&segment).unwrap().len();
        let file = fs::OpenOptions::new().write(true).open(&segment).unwrap();
        file.set_len(len + 65_536).unwrap();
    }
    let mut busy = kept.busy("", 0, |_| {});
    busy.wrap = |file, path| Box::new(CutFile { file, path });
    let end = Reader::open(&mut busy).unwrap().end().unwrap();
    assert_eq!((end.last, end.commands, end.torn), (whole.last, whole.commands, None));
}

#[test]
fn what_is_written_while_it_is_read_is_no_damage() {
    let kept = Kept::new("half-written", false);
    let segments = files(&kept.0, ".journal");
    remove(&segments[..segments.len() - 1]);
    let whole = Reader::open(&mut Folder::read(&kept.0).unwrap()).unwrap().end().unwrap();
    let mut busy = kept.busy("", 0, |_| {});
    busy.wrap = |file, _| Box::new(HalfWritten { file, is_read: false });
    assert_eq!(Reader::open(&mut busy).unwrap().end().unwrap(), whole);
}

/// The snapshot that is there goes, and the one that was set aside comes, with it what it covers goes.
fn retire(path: &Path) {
    remove(&files(path, ".snapshot"));
    let aside = files(path, ".aside").remove(0);
    let newest = aside.with_extension("");
    fs::rename(&aside, &newest).unwrap();
    let segments = files(path, ".journal");
    let begins_by = |at: &PathBuf| at.file_stem() <= newest.file_stem();
    let covered = segments.iter().filter(|at| begins_by(at)).count() - 1;
    remove(&segments[..covered]);
}

/// As before the newest snapshot came; its file.
fn set_newest_aside(kept: &Kept) -> PathBuf {
    let newest = files(&kept.0, ".snapshot").pop().expect("two are kept");
    fs::rename(&newest, newest.with_added_extension("aside")).unwrap();
    newest
}

#[test]
fn snapshots_that_go_are_no_damage_and_those_that_come_are_found() {
    let kept = Kept::new("snapshots", true);
    let newest = set_newest_aside(&kept);
    let mut seen = Vec::new();
    let look = |name: &str, snapshot: Result<_, String>| {
        snapshot.unwrap_or_else(|problem| panic!("{name} is damaged: {problem}"));
        seen.push(kept.0.join(name));
    };
    shelf::each(&mut kept.busy(".snapshot", 0, retire), CAPACITY, look).unwrap();
    assert_eq!(seen, [newest]);
}

/// Whatever goes between two steps.
#[test]
fn a_state_comes_back_from_what_is_there() {
    for (end, skipped) in [(".snapshot", 0), (".journal", 0), (".journal", 1), (".journal", 2)] {
        let kept = Kept::new("past", true);
        assert!(shelf::first(&mut Folder::read(&kept.0).unwrap()).unwrap() > Some(1));
        let hash = kept.hash();
        set_newest_aside(&kept);
        let mut busy = kept.busy(end, skipped, retire);
        assert_eq!(hash_of(&mut busy), hash, "{end}, {skipped}");
        assert!(busy.happens.is_none());
    }
}
