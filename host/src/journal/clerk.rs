//! Writes one snapshot, step by step: each step is whole when it returns, and a crash between any
//! two leaves a folder from which the venue comes back.

use ringfence_core::Capacity;

use super::archivist::SnapshotSettings;
use super::error::JournalError;
use super::segment;
use super::shelf;
use super::snapshot::{self, Shot};
use super::storage::{Storage, StoredFile};
use crate::sequencer::Stamp;

/// Writes snapshots.
#[derive(Debug)]
pub(super) struct Clerk {
    storage: Box<dyn Storage>,
    kept: usize,
    truncates: bool,
    task: Option<Task>,
}

/// Why a snapshot was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: JournalError,
    /// It was the journal's own file that the disk failed to write: what it holds is not known any
    /// more, and a later sync might not tell.
    pub(super) is_journals: bool,
}

/// A snapshot that is being written.
#[derive(Debug)]
struct Task {
    last: Stamp,
    capacity: Capacity,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The journal has to be on the disk as far as the snapshot reaches: a snapshot must not be
    /// ahead of it after a crash.
    Journal(Shot),
    /// Its bytes have to be written.
    Write(Shot),
    /// They have to be on the disk, and get the name that counts.
    Publish(Box<dyn StoredFile>),
    /// It has to be read again before anything goes that it stands for.
    Check,
    /// These files go, the last one first.
    Retire(Vec<String>),
}

impl Clerk {
    pub(super) fn new(storage: Box<dyn Storage>, settings: SnapshotSettings) -> Self {
        let kept = (settings.kept as usize).max(1);
        Self { storage, kept, truncates: settings.truncates, task: None }
    }

    pub(super) fn begin(&mut self, shot: Shot) {
        let (last, capacity) = (shot.last, shot.capacity);
        self.task = Some(Task { last, capacity, stage: Stage::Journal(shot) });
    }

    /// Does one step. Gives back the command after which the snapshot was taken, once it is whole
    /// and what it covers is gone.
    pub(super) fn step(&mut self) -> Result<Option<Stamp>, Failure> {
        let Some(Task { last, capacity, stage }) = self.task.take() else { return Ok(None) };
        let place = last.place;
        let is_journals = matches!(stage, Stage::Journal(_));
        let next = match stage {
            Stage::Journal(shot) => self.sync_journal(place).map(|()| Some(Stage::Write(shot))),
            Stage::Write(shot) => self.write(&shot).map(|file| Some(Stage::Publish(file))),
            Stage::Publish(file) => self.publish(place, file).map(|()| Some(Stage::Check)),
            Stage::Check => self.check(place, capacity).map(Some),
            Stage::Retire(names) => self.retire(names),
        };
        match next {
            Ok(Some(stage)) => {
                self.task = Some(Task { last, capacity, stage });
                Ok(None)
            }
            Ok(None) => Ok(Some(last)),
            Err(error) => {
                // A part would be in the way of the next try; a disk that fails keeps it until the
                // venue comes back.
                _ = self.storage.remove(&snapshot::part_name(place));
                Err(Failure { error, is_journals })
            }
        }
    }

    /// Segments before the one that holds `place` were on the disk when they were left.
    fn sync_journal(&mut self, place: u64) -> Result<(), JournalError> {
        let names = shelf::segment_names(&mut *self.storage)?;
        let begins_by = |name: &&String| segment::first_of(name).is_some_and(|at| at <= place);
        let Some(name) = names.iter().rfind(begins_by) else { return Ok(()) };
        let synced = self.storage.open(name).and_then(|mut file| file.sync());
        synced.map_err(|error| JournalError::io(name, "sync", &error))
    }

    fn write(&mut self, shot: &Shot) -> Result<Box<dyn StoredFile>, JournalError> {
        let name = snapshot::part_name(shot.last.place);
        let bytes = shot.to_bytes();
        let mut file = self
            .storage
            .create(&name, bytes.len() as u64)
            .map_err(|error| JournalError::io(&name, "make", &error))?;
        file.write_all_at(&bytes, 0).map_err(|error| JournalError::io(&name, "write", &error))?;
        Ok(file)
    }

    fn publish(&mut self, place: u64, mut file: Box<dyn StoredFile>) -> Result<(), JournalError> {
        let (part, name) = (snapshot::part_name(place), snapshot::file_name(place));
        file.sync().map_err(|error| JournalError::io(&part, "sync", &error))?;
        drop(file);
        let renamed = self.storage.rename(&part, &name);
        renamed.map_err(|error| JournalError::io(&part, "rename", &error))
    }

    fn check(&mut self, place: u64, capacity: Capacity) -> Result<Stage, JournalError> {
        let name = snapshot::file_name(place);
        let problem = match shelf::open(&mut *self.storage, &name, capacity)? {
            Ok(_) => {
                self.release(&name);
                return self.covered().map(Stage::Retire);
            }
            Err(problem) => format!("was written and is no snapshot: {problem}; check the disk"),
        };
        // It must not count among those that are kept.
        _ = self.storage.rename(&name, &snapshot::damaged_name(&name));
        Err(JournalError::unusable(&name, problem))
    }

    /// A snapshot that is whole is not read before the next start.
    fn release(&mut self, name: &str) {
        if let Ok(mut file) = self.storage.open(name)
            && let Ok(len) = file.len()
        {
            file.release(len);
        }
    }

    /// What is not needed any more, in the order in which nothing is lost by a crash, reversed:
    /// snapshots beyond those that are kept, then segments that end before the command after which
    /// the oldest kept one was taken: its record stays, and vouches for it.
    fn covered(&mut self) -> Result<Vec<String>, JournalError> {
        let mut names = shelf::names(&mut *self.storage)?;
        let Some(beyond) = names.len().checked_sub(self.kept) else { return Ok(Vec::new()) };
        let oldest = snapshot::place_of(&names[beyond]).unwrap_or_default();
        names.truncate(beyond);
        if self.truncates {
            let segments = shelf::segment_names(&mut *self.storage)?;
            let firsts = segments.iter().skip(1).map(|name| segment::first_of(name));
            let covered = firsts.take_while(|first| first.is_some_and(|at| at <= oldest)).count();
            names.extend(segments.into_iter().take(covered));
        }
        names.reverse();
        Ok(names)
    }

    fn retire(&mut self, mut names: Vec<String>) -> Result<Option<Stage>, JournalError> {
        let Some(name) = names.pop() else { return Ok(None) };
        self.storage.remove(&name).map_err(|error| JournalError::io(&name, "remove", &error))?;
        Ok(Some(Stage::Retire(names)))
    }
}
