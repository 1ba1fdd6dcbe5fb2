//! A disk in memory that does what disks do at the worst moment.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use super::random::Random;
use crate::journal::{Storage, StoredFile};

/// A disk that forgets what was not synced, tears writes between sectors, runs full, returns errors
/// and flips bits, all from one seed. Clones are the same disk.
///
/// A sector is written whole or not at all; which of the sectors that were not synced survive a
/// crash is random. Making, removing and renaming a file are durable when they return.
#[derive(Clone, Debug)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: Random,
    files: BTreeMap<String, Content>,
    /// Bytes that all files together may have.
    room: u64,
    /// Operations so far that change something.
    operations: u64,
    /// The operation at which the power fails.
    crash_at: Option<u64>,
    /// The operation that fails, and how.
    fault_at: Option<(u64, ErrorKind)>,
    /// Grows with each crash: what was opened before is gone.
    lives: u64,
    is_off: bool,
}

/// A file as programs see it, and as the disk has it.
#[derive(Clone, Debug, Default)]
struct Content {
    seen: Vec<u8>,
    stored: Vec<u8>,
    /// Sectors that differ, or may.
    dirty: BTreeSet<usize>,
}

/// Bytes that are written whole or not at all.
const SECTOR_LEN: usize = 512;

impl SimulatedDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State {
            random: Random::new(seed),
            files: BTreeMap::new(),
            room: u64::MAX,
            operations: 0,
            crash_at: None,
            fault_at: None,
            lives: 0,
            is_off: false,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Puts a file there, as a disk that was found in some state.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let content =
            Content { seen: bytes.to_vec(), stored: bytes.to_vec(), dirty: BTreeSet::new() };
        self.lock().files.insert(name.to_owned(), content);
    }

    /// What a file holds, as programs see it.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().files.get(name).map(|content| content.seen.clone())
    }

    /// The names of all files, rising.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().files.keys().cloned().collect()
    }

    /// Limits what all files together may have.
    pub fn set_room(&self, bytes: u64) {
        self.lock().room = bytes;
    }

    /// Lets the power fail at so many operations from now.
    pub fn crash_in(&self, operations: u64) {
        let mut state = self.lock();
        state.crash_at = Some(state.operations + operations);
    }

    /// Lets the operation that is so many from now fail.
    pub fn fail_in(&self, operations: u64, kind: ErrorKind) {
        let mut state = self.lock();
        state.fault_at = Some((state.operations + operations, kind));
    }

    /// Whether the power has failed.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.lock().is_off
    }

    /// The power fails now, if it has not, and comes back: of what was not synced, some sectors
    /// are there and some are not. No faults wait any more.
    pub fn restart(&self) {
        let mut state = self.lock();
        let State { random, files, .. } = &mut *state;
        // Disks that keep everything, nothing, or any part.
        let kept_of_8 = [0, 1, 4, 7, 8][usize::try_from(random.below(5)).expect("below 5")];
        for content in files.values_mut() {
            for sector in std::mem::take(&mut content.dirty) {
                if random.below(8) < kept_of_8 {
                    content.store(sector);
                }
            }
            content.seen.clone_from(&content.stored);
        }
        (state.is_off, state.crash_at, state.fault_at) = (false, None, None);
        state.lives += 1;
    }

    /// Flips one bit of what the files have, zeros behind their ends left out, and says where.
    pub fn flip_a_bit(&self) -> Option<(String, u64)> {
        let mut state = self.lock();
        let State { random, files, .. } = &mut *state;
        let used = |content: &Content| {
            content.stored.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1) as u64
        };
        let total: u64 = files.values().map(used).sum();
        let mut at = if total == 0 { return None } else { random.below(total) };
        let bit = 1 << random.below(8);
        for (name, content) in files {
            let used = used(content);
            if at >= used {
                at -= used;
                continue;
            }
            let place = usize::try_from(at).expect("within a file in memory");
            content.stored[place] ^= bit;
            content.seen[place] ^= bit;
            return Some((name.clone(), at));
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }
}

impl State {
    /// Counts an operation; it fails where one should.
    fn operate(&mut self) -> io::Result<()> {
        self.check_power()?;
        self.operations += 1;
        if self.crash_at == Some(self.operations) {
            self.is_off = true;
            return Err(io::Error::other("the power failed"));
        }
        match self.fault_at {
            Some((at, kind)) if at == self.operations => Err(kind.into()),
            _ => Ok(()),
        }
    }

    /// Whether what the power failed in happened all the same, every other time.
    fn is_off_by_chance(&mut self) -> bool {
        self.crash_at == Some(self.operations) && self.random.once_in(2)
    }

    fn check_power(&self) -> io::Result<()> {
        if self.is_off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn used(&self) -> u64 {
        self.files.values().map(|content| content.seen.len() as u64).sum()
    }
}

impl Content {
    fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if end > self.seen.len() {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(bytes);
        self.dirty.extend(offset / SECTOR_LEN..=end.saturating_sub(1) / SECTOR_LEN);
    }

    /// Puts one sector where the disk has it.
    fn store(&mut self, sector: usize) {
        let begin = (sector * SECTOR_LEN).min(self.seen.len());
        let end = (begin + SECTOR_LEN).min(self.seen.len());
        if self.stored.len() < end {
            self.stored.resize(end, 0);
        }
        self.stored[begin..end].copy_from_slice(&self.seen[begin..end]);
    }
}

impl Storage for SimulatedDisk {
    fn name(&self) -> String {
        "the simulated disk".into()
    }

    fn share(&self) -> io::Result<Box<dyn Storage>> {
        Ok(Box::new(self.clone()))
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        let state = self.lock();
        state.check_power()?;
        Ok(state.files.keys().cloned().collect())
    }

    fn create(&mut self, name: &str, len: u64) -> io::Result<Box<dyn StoredFile>> {
        let mut state = self.lock();
        if state.files.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        if state.used() + len > state.room {
            return Err(ErrorKind::StorageFull.into());
        }
        let made = state.operate();
        // A crash in the middle leaves the file or does not.
        if made.is_ok() || state.is_off_by_chance() {
            let zeros = vec![0; usize::try_from(len).expect("a small disk")];
            let content = Content { seen: zeros.clone(), stored: zeros, ..Content::default() };
            state.files.insert(name.to_owned(), content);
        }
        made?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), name: name.into(), life: state.lives }))
    }

    fn open(&mut self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        let state = self.lock();
        state.check_power()?;
        if !state.files.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(Box::new(SimulatedFile { disk: self.clone(), name: name.into(), life: state.lives }))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        let allowed = state.operate();
        // A crash in the middle leaves the file or does not.
        if allowed.is_ok() || state.is_off_by_chance() {
            state.files.remove(name).ok_or(ErrorKind::NotFound)?;
        }
        allowed
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        let allowed = state.operate();
        if allowed.is_ok() || state.is_off_by_chance() {
            let content = state.files.remove(from).ok_or(ErrorKind::NotFound)?;
            state.files.insert(to.to_owned(), content);
        }
        allowed
    }
}

/// An open file of the simulated disk.
#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    name: String,
    life: u64,
}

impl SimulatedFile {
    /// Does something with the content; `changes` counts it as an operation.
    fn with<T>(
        &self,
        changes: bool,
        act: impl FnOnce(&mut Content, &mut Random, io::Result<()>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.disk.lock();
        if state.lives != self.life {
            return Err(io::Error::other("it was opened before the power failed"));
        }
        state.check_power()?;
        let allowed = if changes { state.operate() } else { Ok(()) };
        let State { files, random, .. } = &mut *state;
        let content = files.get_mut(&self.name).ok_or(ErrorKind::NotFound)?;
        act(content, random, allowed)
    }
}

impl StoredFile for SimulatedFile {
    fn len(&mut self) -> io::Result<u64> {
        self.with(false, |content, _, _| Ok(content.seen.len() as u64))
    }

    fn read_exact_at(&mut self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.with(false, |content, _, _| {
            let there = content.seen.get(offset..).and_then(|rest| rest.get(..into.len()));
            into.copy_from_slice(there.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).expect("a small disk");
        self.with(true, |content, random, allowed| {
            let written = match allowed {
                Ok(()) => bytes.len(),
                // Any part of it was written.
                Err(_) => usize::try_from(random.below(bytes.len() as u64 + 1)).expect("a part"),
            };
            content.write(&bytes[..written], offset);
            allowed
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.with(true, |content, random, allowed| {
            let dirty = std::mem::take(&mut content.dirty);
            for sector in dirty {
                // What a failed sync did not write is never written: nobody knows it any more.
                if allowed.is_ok() || random.once_in(2) {
                    content.store(sector);
                }
            }
            allowed
        })
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).expect("a small disk");
        self.with(true, |content, _, allowed| {
            allowed?;
            content.seen.truncate(len);
            content.stored.truncate(len);
            content.dirty.retain(|&sector| sector * SECTOR_LEN < len);
            Ok(())
        })
    }
}
